"""Names in letters of any script: the same everywhere as names in Latin letters."""

from __future__ import annotations

import ast
import json
import sqlite3
import unicodedata
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli
from adamcli.config.load import parse_config
from adamcli.diagnostics import ConfigError, Source
from adamcli.names import is_letter, is_name, normal, words_of
from adamcli.objective.syntax import parse

GREEK = """\
objective: |
  ρ = sqrt((α - 1)**2 + (β[0] - κ)**2)
  mean((ρ + 0.1*β[1]**2 + 0*τ)**2)
constants: {κ: 2}
data: {τ: rows.csv:τ}
bounds:
  α: [-3, 3]
  β: {low: -1, high: 4, shape: 2}
n_iter: 5
alpha: {α: 0.1, β: 0.05}
start: {α: 2}
"""

LATIN = str.maketrans("ρακβτ", "rakbt")


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Return a function that makes a folder with the config in one of both scripts, current."""

    def make(greek: bool):
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        for old in folder.iterdir():
            old.unlink()
        for name, text in {"c.yaml": GREEK, "rows.csv": "τ,σ\n1,2\n3,4\n"}.items():
            own = text if greek else text.translate(LATIN)
            (folder / name).write_text(own, encoding="utf-8")
        return folder

    return make


COMMANDS = [
    ("run", "c.yaml"),
    ("run", "c.yaml", "--format", "csv", "--expect", "best.x.α < -9"),
    ("run", "c.yaml", "--format", "jsonl", "--set", "bounds.α=[-2, 2]"),
    ("run", "c.yaml", "--summary", "--format", "table"),
    ("run", "-e", "(α - β)**2", "-b", "α=-1,2", "-b", "β=0,1", "--set", "start.α=0.5"),
    ("run", "-e", "(α - β)**2", "-b", "α=-1,2", "-b", "β=0,1", "--print-config"),
    ("sweep", "c.yaml", "-p", "constants.κ=1,2", "-p", "start.α=1..3", "--format", "csv"),
    ("sweep", "c.yaml", "-p", "constants.κ=1,2", "-p", "start.α=1..3"),
    ("sweep", "c.yaml", "-p", "constants.κ=1,2", "--dry-run", "--save-plan", "-"),
    ("plot", "c.yaml", "--kind", "score"),
    ("run", "c.yaml", "--set", "objective=α + λ + ρ*(β[0] +"),
    ("run", "c.yaml", "--set", "objective=(α + β[0]) * κκκ + β[7]"),
    ("run", "c.yaml", "--set", "bounds.α=[3, -3]", "--set", "start.β=7"),
    ("run", "c.yaml", "--expect", "best.x.ακ < 3"),
    ("sweep", "c.yaml", "-p", "bounds.α=[-1,1],[3,2]"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_greek_letters_are_shown_as_latin_ones_are(cli, folders, command) -> None:
    folders(greek=True)
    shown = cli(*command)
    folders(greek=False)
    latin = cli(*(word.translate(LATIN) for word in command))
    hidden = ("evaluations", "steps", "seconds")

    def lines(text: str) -> list[str]:
        kept = [x for x in text.translate(LATIN).split("\n") if not x.strip().startswith(hidden)]
        return [line for line in kept if "time" not in line]

    assert [lines(text) for text in shown[:2]] == [lines(text) for text in latin[:2]]
    assert shown.code == latin.code


def files_of(folder) -> dict[str, str]:
    """Return all that the outputs hold, without what depends on time."""
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in TEXT}
    for name in ("o.json", "s.json"):
        kept = {
            k: v for k, v in json.loads(found[name]).items() if k not in ("seconds", "config_hash")
        }
        assert r"\u" not in found[name]
        found[name] = json.dumps(kept, ensure_ascii=False, default=str)
    with np.load(folder / "w.npz") as arrays:
        found["w.npz"] = str({name: arrays[name].tolist() for name in arrays})
    with sqlite3.connect(folder / "s.db") as store:
        found["s.db"] = str(store.execute("select * from runs").description)
    return found


TEXT = (".csv", ".jsonl", ".yaml", ".json")


def test_greek_letters_are_written_as_latin_ones_are(cli, folders) -> None:
    written = []
    for greek in (True, False):
        folder = folders(greek)
        files = ("o.csv", "o.jsonl", "o.json", "w.npz")
        assert cli("run", "c.yaml", "-q", *(x for f in files for x in ("-o", f))).code == 0
        axis = "start.α=1..3" if greek else "start.a=1..3"
        files = ("s.csv", "s.jsonl", "s.db")
        outputs = [x for f in files for x in ("-o", f)]
        done = cli(
            "sweep", "c.yaml", "-p", axis, *outputs, "--save-best", "b.yaml", "--format", "json"
        )
        assert done.code == 0
        (folder / "s.json").write_text(done.stdout, encoding="utf-8")
        assert cli("run", "b.yaml", "--set", "start=w.npz").code == 0
        written.append(files_of(folder))
    greek, latin = written
    assert "α" in greek["o.csv"]
    assert {name: text.translate(LATIN) for name, text in greek.items()} == latin


@pytest.mark.parametrize(
    ("one", "other"), [("µ", "μ"), ("ϕ", "φ"), ("ﬁ", "fi"), ("𝑥", "x"), ("\N{OHM SIGN}", "Ω")]
)
def test_names_are_the_same_where_python_takes_them_for_the_same(cli, tmp_path, one, other) -> None:
    assert one != other
    rows = tmp_path / "rows.csv"
    rows.write_text(f"{one}{one}\n0.5\n", encoding="utf-8")
    config = tmp_path / "c.yaml"
    config.write_text(
        f"objective: ({one} - k{other})**2 + sum({other}{other})\nbounds: {{{other}: [-1, 1]}}\n"
        f"constants: {{k{one}: 0.5}}\ndata: rows.csv\nstart: {{{one}: 0}}\nn_iter: 2\n",
        encoding="utf-8",
    )
    assert cli("check", str(config)).code == 0
    ran = cli("run", str(config), "--set", f"bounds.{one}=[-2, 2]", "--format", "csv")
    assert ran.stdout.startswith(f"t,{other},score\n")
    swept = cli("sweep", str(config), "-p", f"start.{one}=0,0.5", "--format", "csv")
    assert f"start.{other}," in swept.stdout
    result = adamcli.run_config(adamcli.load_config(str(config)))
    assert result[one] == result[other] == result.x[one]


def test_a_name_that_is_given_twice_in_two_spellings_is_refused() -> None:
    with pytest.raises(ConfigError, match="`ϕ` is given twice"):
        parse_config("objective: φ\nbounds: {φ: [0, 1], ϕ: [0, 1]}\n")


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=4))
def test_a_name_is_what_the_parser_of_python_takes_for_one(text: str) -> None:
    if is_name(text):
        (statement,) = ast.parse(text).body
        assert statement.value.id == normal(text) == unicodedata.normalize("NFKC", text)
        assert parse(Source("f", text).whole()).value.name == normal(text)
        assert words_of(text) == [normal(text)]
        assert text.isprintable()


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=9), st.integers(0, 9))
def test_errors_never_fail_whatever_the_text(text: str, k: int) -> None:
    with suppress(ConfigError):
        parse(Source("f", text[:k] + "α*" + text[k:]).whole())


@given(st.lists(st.sampled_from(["α", "ββ", "x", "漢", "é", "é"]), min_size=1, max_size=5))
def test_places_are_counted_in_characters_not_in_bytes(names: list[str]) -> None:
    text = (
        "\n".join(f"v{k} = {name} + 1" for k, name in enumerate(names)) + "\n" + " + ".join(names)
    )
    found = parse(Source("f", text).whole())
    for target, value in found.assignments:
        assert text[target.start : target.end] == target.name
        assert normal(text[value.args[0].start : value.args[0].end]) == value.args[0].name
        assert text[value.at[0] : value.at[1]] == "+"
    last = found.value
    while hasattr(last, "args"):
        assert normal(text[last.args[1].start : last.args[1].end]) == last.args[1].name
        last = last.args[0]


def test_carets_stand_below_letters_of_any_width() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("objective: x + 漢字*γγ + e\u0301\u0301*q\nbounds: {x: [0, 1]}\n", "f")
    places = [line for line in str(caught.value).split("\n") if line.startswith(("f:", "    "))]
    assert places[0::3] == [
        "f:1:16: unknown name `漢字`",
        "f:1:19: unknown name `γγ`",
        "f:1:24: unknown name `é\u0301`",
        "f:1:28: unknown name `q`",
    ]
    # Each of the Chinese letters is two columns wide, and accents have none.
    assert [line.index("^") - 4 for line in places[2::3]] == [15, 20, 25, 27]
    assert [line.count("^") for line in places[2::3]] == [4, 2, 1, 1]


HINTS = {
    "·": "write `*`",
    "²": "write `**2`",
    "₁": "write `_1`",
    "＋": "write `+`",
    "≤": "write `<=`",
    "∆": "write `Δ`, the Greek letter",
    "\u00a0": "write a plain space",
    "\u200b": "remove it: it cannot be seen",
    "\u3164": "remove it: it cannot be seen",
    "\u202e": "remove it: it cannot be seen",
    "☃": "names are made of letters of any script, digits and _, with no digit at the beginning",
}


@pytest.mark.parametrize("character", HINTS)
def test_other_characters_are_refused_with_what_to_type(character: str) -> None:
    assert not is_letter(character)
    with pytest.raises(ConfigError) as caught:
        parse(Source("f", f"α {character}β").whole())
    assert str(caught.value).endswith(f"  {HINTS[character]}")
    assert str(caught.value).startswith("f:1:3: ")
    assert "\u202e" not in str(caught.value)


def test_comments_may_have_any_visible_character() -> None:
    assert parse(Source("f", "# Größe² → ☃\nα  # ×").whole()).value.name == "α"


def test_pi_has_its_own_letter() -> None:
    config = parse_config(
        "objective: (α - π)**2\nbounds: {α: [π, 2*π]}\nstart: {α: pi}\nn_iter: 0\n"
    )
    assert adamcli.run_config(config).fun == 0.0


@pytest.mark.parametrize("key", ["lambda", "in", "not"])
def test_words_of_the_grammar_are_no_names(key: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s)`{key}` has a meaning in formulas.*such as {key}_"):
        parse_config(f"objective: x\nbounds: {{x: [0, 1], {key}: [0, 1]}}\n")


def test_a_word_of_the_grammar_in_a_formula_is_named() -> None:
    with pytest.raises(ConfigError, match="`lambda` is no name here"):
        parse(Source("f", "2*lambda + 1").whole())


def test_a_stream_that_lacks_letters_has_their_numbers(process, tmp_path) -> None:
    words = ("solve", "-e", "(α - 1)**2", "-b", "α=0,2")
    ended = process(*words, env={"PYTHONIOENCODING": "ascii"})
    assert ended.code == 0
    assert "\\u03b1" in ended.stdout
