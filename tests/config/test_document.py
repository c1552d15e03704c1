"""YAML 1.2's numbers, positions, and everything a config file must not hold."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config.document import MAX_CHARACTERS, List, Mapping, Scalar, read_mapping
from adamcli.diagnostics import ConfigError, Problems, Source


@pytest.fixture(params=["libyaml", "pure Python"])
def loader(request, monkeypatch):
    """Run a test with both of PyYAML's parsers."""
    if request.param == "pure Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    return request.param


def value_of(text: str):
    node = read_mapping(Source("c", f"k: {text}\n"), Problems()).get("k")
    assert isinstance(node, Scalar)
    return node.value


NUMBERS = {
    "1e-8": 1e-8,
    "1e3": 1e3,
    "1e+3": 1e3,
    "1.0e3": 1e3,
    "1.e-8": 1e-8,
    ".5": 0.5,
    "5.": 5.0,
    "-1E5": -1e5,
    "+3": 3,
    "010": 10,
    "0o10": 8,
    "0x1F": 31,
    ".inf": float("inf"),
    "-.INF": float("-inf"),
    "12": 12,
    "-0": 0,
    "-0.0": 0.0,
}


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.usefixtures("loader")
def test_numbers_are_those_of_yaml_1_2(text) -> None:
    value = value_of(text)
    assert value == NUMBERS[text]
    assert type(value) is type(NUMBERS[text])


TEXTS = [
    "no",
    "on",
    "Off",
    "y",
    "1:30",
    "1_000",
    "2024-01-01",
    "1,5",
    "inf",
    "nan",
    "1e",
    "e5",
    "0b11",
    "695e",
    "- 1",
    "1 2",
    "'1e-8'",
    '"5"',
    "0o9",
    "0xg",
    "1.2.3",
    "+-1",
]


@pytest.mark.parametrize("text", [t for t in TEXTS if t != "- 1"])
@pytest.mark.usefixtures("loader")
def test_everything_else_is_text(text) -> None:
    assert value_of(text) == text.strip("'\"")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("False", False), ("null", None), ("~", None), ("", None)]
)
def test_truth_and_nothing(text, value) -> None:
    assert value_of(text) is value


def problem_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_strictly(text)
    return str(caught.value)


def read_strictly(text: str) -> None:
    problems = Problems()
    read_mapping(Source("c.yaml", text), problems)
    problems.raise_if_any()


REFUSED = {
    "a: 1\nb: 2\na: 3\n": "c.yaml:3:1: `a` is given twice\n    a: 3\n    ^\n  first on line 1",
    "a: &x 1\nb: *x\n": "c.yaml:1:4: anchors (&name) are not allowed in a config",
    "a: *x\n": "c.yaml:1:4: aliases (*name) are not allowed in a config",
    "a: !!python/object:os.system 1\n": "c.yaml:1:4: tags (tag:yaml.org,2002:python/object",
    "a: 1\n---\nb: 2\n": "c.yaml:2:1: expected one YAML document, found a second",
    "- 1\n- 2\n": "c.yaml:1:1: expected keys and values, found a list of 2",
    "text\n": "c.yaml:1:1: expected keys and values, found the text `text`",
    "": "c.yaml:1:1: the config is empty",
    "# only a comment\n": "c.yaml:1:1: the config is empty",
    "a: [1, 2\n": "c.yaml:",
    "a: @x\n": "if the value is a formula, quote it: a: '...'",
    "a: `x`\n": "if the value is a formula, quote it: a: '...'",
    "a: %x\n": "if the value is a formula, quote it: a: '...'",
    "a: b: c\n": "if the value is a formula, quote it: a: '...'",
    "a:\n\t- 1\n": "indent with spaces, not with a tab",
    "[1, 2]: 3\n": "c.yaml:1:1: expected a name as key, found a list of 2",
    "a: \x01\n": "c.yaml:1:4: this is not valid YAML",
    "a: " + "[" * 3000: "nested more than 12 levels deep",
    "a: " + "{a: " * 3000: "nested more than 12 levels deep",
    "<<: {a: 1}\n<<: {b: 2}\n": "`<<` is given twice",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:25]))
@pytest.mark.usefixtures("loader")
def test_what_a_config_must_not_hold(text) -> None:
    assert REFUSED[text] in problem_of(text)


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    assert "anchors" in problem_of("\n".join(lines))


def test_a_text_beyond_the_limit_is_refused() -> None:
    assert "the most is 1,000,000" in problem_of("a: " + "x" * MAX_CHARACTERS)


@pytest.mark.usefixtures("loader")
def test_positions_are_those_of_the_file() -> None:
    text = "ä: 'ü'\nbounds:\n  x: [-1, 1]\n"
    tree = read_mapping(Source("c", text), Problems())
    bounds = tree.get("bounds")
    assert isinstance(bounds, Mapping)
    pair = bounds.get("x")
    assert isinstance(pair, List)
    assert str(pair.span) == "c:3:6"
    assert text[pair.items[1].span.start : pair.items[1].span.end] == "1"


EXCERPTS = [
    "'a + b'",
    '"a + b"',
    "a + b",
    "|\n  a +\n  b\n",
    ">\n  a +\n  b\n",
    "a +\n  b",
    "'a +\n b'",
]


@pytest.mark.parametrize("value", EXCERPTS)
@pytest.mark.usefixtures("loader")
def test_a_formula_knows_where_its_characters_stand(value) -> None:
    text = f"k: {value}\nz: 1\n"
    node = read_mapping(Source("c", text), Problems()).get("k")
    excerpt = node.excerpt()
    for character in "a+b":
        span = excerpt.span(excerpt.text.index(character), excerpt.text.index(character) + 1)
        assert text[span.start : span.end] == character


def test_a_formula_with_escapes_points_at_what_is_written() -> None:
    node = read_mapping(Source("c", 'k: "\\x61 + b"\n'), Problems()).get("k")
    assert str(node.excerpt().span(4, 5)) == "c:1:12"


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        (r'"x**2 \u002b* 2"', 1, 24),
        (r'"\x78**2 +\U0000002a 2"', 1, 22),
        (r'"x + \"a\" * * 2"', 1, 25),
        ("'x + ''a'' * * 2'", 1, 25),
        ('"x**2 \\\n   \\x2b* 2"', 2, 8),
        ('"\\x78 + (\n\n  y* \n  * 2)"', 4, 3),
    ],
)
def test_a_letter_is_where_it_is_written_between_quotes(written, line, column) -> None:
    from adamcli.config.load import parse_config

    with pytest.raises(ConfigError) as caught:
        parse_config(f"objective: {written}\nbounds: {{x: [0, 1]}}\n", "c.yaml")
    first = str(caught.value).splitlines()[0]
    assert first == f"c.yaml:{line}:{column}: expected a value, found `*`"


@given(st.text(alphabet="ab '\"\\\t\n:é𝛼", max_size=12), st.sampled_from("'\""), st.integers(1, 9))
def test_letters_of_any_quoted_text_are_found(text, style, width) -> None:
    raw = yaml.dump(text, default_style=style, allow_unicode=False, width=width)
    scalar = read_mapping(Source("c.yaml", f"a: {raw}"), Problems()).entries[0][1]
    letters = scalar._letters()
    assert [k for k, _ in letters] == list(range(len(text)))
    places = [place for _, place in letters]
    assert places == sorted(places)
    source = scalar.span.source.text
    for letter, place in zip(text, places, strict=True):
        # A letter stands for itself, or an escape or a break of lines does.
        assert source[place] == letter or source[place] in "\\' \t\n", (letter, source[place:])
    assert len(set(places)) >= len(text) - text.count("\n")
