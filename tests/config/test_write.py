"""A config that is written as YAML: the same values, wherever its files are."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config.checking import checked
from adamcli.config.document import plain, read_mapping
from adamcli.config.load import load_config, open_config, parse_config, read_config
from adamcli.config.sweep import read_parameters
from adamcli.config.write import flow, yaml_of
from adamcli.diagnostics import Problems, Source
from adamcli.errors import UsageError
from adamcli.names import normal
from tests.conftest import ROOT, config_of, evaluate, same_bits

CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
HERE = Path()


def tree_of(text: str):
    problems = Problems()
    tree = read_mapping(Source("c.yaml", text), problems)
    problems.raise_if_any()
    return tree


def values_of(text: str) -> dict:
    return {key.text: plain(node) for key, node in tree_of(text).entries}


def written(text: str) -> str:
    return yaml_of(tree_of(text), HERE, HERE)


def test_there_are_configs() -> None:
    assert len(CONFIGS) > 10


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_the_same_once_written(path) -> None:
    file = open_config(str(path))
    text = yaml_of(file.tree, path.parent, path.parent)
    given = values_of(path.read_text(encoding="utf-8"))
    assert values_of(text) == {key: value for key, value in given.items() if key != "sweep"}
    again = parse_config(text, folder=path.parent)
    assert again.resolved() == checked(file).resolved()
    assert [e.text for e in again.expect] == [e.text for e in checked(file).expect]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_but_code_can_be_written_to_another_folder(path, tmp_path) -> None:
    file = open_config(str(path))
    if path.stem == "python":
        with pytest.raises(UsageError, match=r"python_objective.py, so the config must stay"):
            yaml_of(file.tree, path.parent, tmp_path)
        return
    (tmp_path / "c.yaml").write_text(yaml_of(file.tree, path.parent, tmp_path), encoding="utf-8")
    again, config = load_config(str(tmp_path / "c.yaml")), checked(file)
    without = {"data"}
    assert {k: v for k, v in again.resolved().items() if k not in without} == {
        k: v for k, v in config.resolved().items() if k not in without
    }
    there, here = tmp_path, path.parent
    assert [(there / n).resolve() for n in again.files] == [
        (here / n).resolve() for n in config.files
    ]


def test_what_was_set_is_written() -> None:
    file = read_config("objective: x**2\nbounds: {x: [-1, 1]}\nalpha: 1\nsweep: {seed: 0..9}\n")
    (alpha,) = read_parameters(["alpha=lin(0,1,11)"])
    tree = file.with_values([("alpha", alpha.values.node(3), alpha.span)]).tree
    assert yaml_of(tree, HERE, HERE) == ("objective: x**2\nbounds:\n  x: [-1, 1]\nalpha: 0.3\n")


def test_a_text_that_looks_like_something_else_keeps_its_quotes() -> None:
    for text in (
        "5",
        "1e3",
        "null",
        "true",
        ".inf",
        "~",
        "",
        "- a",
        "a: b",
        "a #b",
        "[1",
        "{",
        "*a",
    ):
        for key in ("objective", "alpha"):
            source = f"{key}: '{text}'\n"
            assert values_of(written(source)) == {key: text}


def test_a_plain_objective_is_written_without_quotes() -> None:
    assert written('objective: "(x - 1)**2 + max(x, y)"\n') == "objective: (x - 1)**2 + max(x, y)\n"


TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(str.strip)
PRINTABLE = st.text(st.sampled_from("ab01 .,:;#'\"\\*&!%@`|>-+?(){}[]\t\u00e4\u2212")).map(
    str.strip
)


def quoted(text: str) -> str:
    # Written with YAML's own escapes, independently of JSON.
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


@given(text=PRINTABLE, key=st.sampled_from(["objective", "alpha", "expect", "gradient", "data"]))
def test_any_text_on_one_line_is_the_same_once_written(text, key) -> None:
    source = f"{key}: {quoted(text)}\n"
    assert values_of(source) == {key: text}
    assert values_of(written(source)) == {key: text}


@given(lines=st.lists(PRINTABLE, min_size=2), indents=st.lists(st.integers(0, 3), min_size=9))
def test_any_lines_are_the_same_once_written(lines, indents) -> None:
    spaced = (" " * indent + line for indent, line in zip(indents, lines, strict=False))
    text = "\n".join(spaced).strip()
    source = f"objective: {quoted(text)}\n"
    assert values_of(written(source)) == {"objective": text}


@given(text=TEXT)
def test_texts_of_any_characters_are_the_same_once_written(text) -> None:
    source = f"data: {quoted(text)}\nbounds: {{x: {quoted(text)}}}\n"
    assert values_of(written(source)) == {"data": text, "bounds": {"x": text}}


def test_a_path_beyond_the_basic_plane_is_the_same_once_written() -> None:
    assert values_of(written("data: \U0001f600.csv\n")) == {"data": "\U0001f600.csv"}


@pytest.mark.parametrize("key", ["constants", "start", "data"])
def test_an_empty_mapping_is_the_same_once_written(key) -> None:
    assert values_of(written(f"{key}: {{}}\n")) == {key: {}}


def test_a_config_with_empty_mappings_can_be_loaded_again() -> None:
    config = config_of("x + y", constants="{}", start="{}")
    text = "objective: x + y\nbounds: {x: [-1, 1], y: [-1, 1]}\nconstants: {}\nstart: {}\n"
    assert parse_config(written(text)).resolved() == config.resolved()


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.booleans(), st.none()
)
TREES = st.recursive(
    st.one_of(NUMBERS, PRINTABLE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.from_regex(r"[A-Za-z_]\w{0,3}", fullmatch=True).map(normal), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(tree=TREES)
def test_numbers_texts_lists_and_mappings_survive_bit_for_bit(tree) -> None:
    found = values_of(f"k: {flow(tree)}\n")["k"]
    assert repr(found) == repr(tree)
    if tree != {}:
        again = values_of(written(f"bounds: {{x: {flow(tree)}}}\nstart: {flow(tree)}\n"))
        assert repr(again) == repr({"bounds": {"x": tree}, "start": tree})


def test_flow_takes_arrays_and_what_is_not_finite() -> None:
    assert flow(np.array([[1.5, -0.0], [np.inf, 2]])) == "[[1.5, -0.0], [.inf, 2.0]]"
    assert flow((1, float("nan"), -float("inf"))) == "[1, .nan, -.inf]"
    assert flow({"a": True, "b": None, "c": "x: y"}) == '{a: true, b: null, c: "x: y"}'


DATA = "objective: sum((x - u)**2)\nbounds: {x: [-1, 1]}\n"


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "in" / "data").mkdir(parents=True)
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "data" / "d.csv").write_text("u,v\n0.5,1\n0.25,2\n")
    return tmp_path / "in", tmp_path / "out" / "deep"


@pytest.mark.parametrize(
    "data", ["data/d.csv", "{u: data/d.csv:u}", "{w: [1, 2], u: 'data/d.csv:v'}"]
)
def test_paths_are_found_from_the_new_folder(folders, data) -> None:
    source, target = folders
    file = read_config(f"{DATA}data: {data}\n", folder=source)
    text = yaml_of(file.tree, source, target)
    assert "../../in/data/d.csv" in text
    (target / "c.yaml").write_text(text)
    again = load_config(str(target / "c.yaml"))
    assert [(target / name).resolve() for name in again.files] == [source / "data" / "d.csv"]
    column = {"data/d.csv": ":u", "{u: data/d.csv:u}": ":u"}.get(data, ":v")
    assert (column in text) == (data != "data/d.csv")
    assert yaml_of(again_tree(target), target, target) == text


def again_tree(folder: Path):
    return open_config(str(folder / "c.yaml")).tree


def test_absolute_paths_and_numbers_are_found_from_the_new_folder(folders) -> None:
    source, target = folders
    for data in (str(source / "data" / "d.csv"), "{u: [0.5, 0.25]}"):
        file = read_config(f"{DATA}data: {data}\n", folder=source)
        again = parse_config(yaml_of(file.tree, source, target), folder=target)
        x = np.full((again.variables.dim, 1), 0.25)
        both = (config.objective.make() for config in (again, checked(file)))
        for mine, theirs in zip(*(evaluate(objective, x) for objective in both), strict=True):
            assert same_bits(mine, theirs)


def test_paths_are_kept_where_the_folder_is_the_same(folders) -> None:
    source, _ = folders
    tree = tree_of(f"{DATA}data: data/../data/d.csv\n")
    assert 'data: "data/../data/d.csv"\n' in yaml_of(tree, source, source / ".." / "in")


def test_paths_are_found_from_a_folder_that_is_a_link(folders, tmp_path) -> None:
    source, target = folders
    os.symlink(target, tmp_path / "link")
    file = read_config(f"{DATA}data: data/d.csv\n", folder=source)
    text = yaml_of(file.tree, source, tmp_path / "link")
    (target / "c.yaml").write_text(text)
    again = load_config(str(tmp_path / "link" / "c.yaml"))
    assert [(target / name).resolve() for name in again.files] == [source / "data" / "d.csv"]


PYTHON = "objective: {python: code.py:f}\ngradient: {python: sub/code.py:g}\nbounds: {x: [0, 1]}\n"


@pytest.mark.parametrize("key", ["objective", "gradient"])
def test_python_code_outside_the_new_folder_is_refused(tmp_path, key) -> None:
    tree = tree_of(f"{key}: {{python: code.py:f}}\n")
    for target in (tmp_path / "sub", tmp_path.parent / "other", tmp_path / ".." / "x"):
        with pytest.raises(UsageError) as caught:
            yaml_of(tree, tmp_path, target)
        assert str(caught.value) == (
            f"the {key} is Python code in code.py, so the config must stay in its folder"
        )


def test_python_code_inside_the_new_folder_is_named_from_there(tmp_path) -> None:
    (tmp_path / "sub").mkdir()
    text = yaml_of(tree_of(PYTHON), tmp_path / "sub", tmp_path)
    assert values_of(text)["objective"] == {"python": f"{Path('sub/code.py')}:f"}
    assert values_of(text)["gradient"] == {"python": f"{Path('sub/sub/code.py')}:g"}
    again = parse_config(text, folder=tmp_path)
    (tmp_path / "sub" / "sub").mkdir()
    (tmp_path / "sub" / "code.py").write_text("def f(x):\n    return 3 * x\n")
    (tmp_path / "sub" / "sub" / "code.py").write_text("def g(x):\n    return 3.0\n")
    value, slope = evaluate(again.objective.make(), np.array([[2.0]]))
    assert (value.tolist(), slope.tolist()) == ([6.0], [[3.0]])


def test_python_code_keeps_its_other_keys_and_stays_in_its_own_folder(tmp_path) -> None:
    source = "objective: {python: code.py:f, vectorized: true}\nbounds: {x: [0, 1]}\n"
    for folder in (tmp_path, tmp_path / "sub"):
        text = yaml_of(tree_of(source), folder, tmp_path)
        assert values_of(text)["objective"]["vectorized"] is True
    assert values_of(yaml_of(tree_of(source), tmp_path, tmp_path)) == values_of(source)


def test_formulas_of_a_gradient_are_not_code() -> None:
    source = "gradient: {x: 2*x, y: 'a = y\n\n  2*a'}\n"
    assert values_of(yaml_of(tree_of(source), HERE, Path("/elsewhere"))) == values_of(source)
