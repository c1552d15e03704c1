"""Matrices from the columns of a file, standardised or not, and what a result says of them."""

import json

import numpy as np
import pytest

from adamcli.config.checking import checked
from adamcli.config.document import plain
from adamcli.config.load import load_config, open_config, parse_config
from adamcli.config.write import yaml_of
from adamcli.diagnostics import ConfigError
from adamcli.experiment import minimize, run_config
from tests.conftest import same_bits

TABLE = np.random.default_rng(4).normal(5, 3, (30, 4))
NAMES = ["x1", "x2", "x3", "y"]

TEXT = """\
objective: mean((y - X @ w)**2)
bounds: {{w: {{low: -9, high: 9, shape: {count}}}}}
data: {{X: {{file: d.csv, columns: {columns}{more}}}, y: "d.csv:y"}}
n_iter: 3
"""


@pytest.fixture
def folder(tmp_path):
    np.savetxt(tmp_path / "d.csv", TABLE, "%.17g", ",", header=",".join(NAMES), comments="")
    return tmp_path


def config_of(folder, columns: str, count: int, more: str = ""):
    text = TEXT.format(columns=columns, count=count, more=more)
    return parse_config(text, "c.yaml", folder=folder)


def problem_of(folder, columns: str, more: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        config_of(folder, columns, 3, more)
    return str(caught.value)


def array_in(config, name: str = "X") -> np.ndarray:
    return config.objective.residuals._source[1].constants[name].array


@pytest.mark.parametrize(
    ("columns", "places"),
    [
        ("[x1, x2, x3]", [0, 1, 2]),
        ("[x3, x1]", [2, 0]),
        ("x1..x3", [0, 1, 2]),
        ("x2 .. y", [1, 2, 3]),
        ("[y, x1..x2]", [3, 0, 1]),
        ("[x2]", [1]),
        ('"*"', [0, 1, 2, 3]),
    ],
)
def test_columns_of_a_matrix(folder, columns, places) -> None:
    config = config_of(folder, columns, len(places))
    assert same_bits(array_in(config), TABLE[:, places])
    assert config.files == ("d.csv",)


def test_the_name_of_one_column_is_that_column(folder) -> None:
    text = TEXT.replace("X @ w", "X*w[0]").format(columns="x2", count=1, more="")
    config = parse_config(text, folder=folder)
    assert same_bits(array_in(config), TABLE[:, 1])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("[x1, x4]", "data.X.columns: d.csv has no column `x4`\n"),
        ("x1..x9", "data.X.columns: d.csv has no column `x9`"),
        ("x3..x1", "expected first..last, in the order of the file, found `x3..x1`"),
        ("x1..x2..x3", "expected first..last"),
        ("[x1, x1..x2]", "data.X.columns: `x1` is named twice"),
        ("[]", "data.X.columns: expected at least one column, found an empty list"),
        ("{a: 1}", 'data.X.columns: expected names, a range such as x1..x9, or "*"'),
    ],
)
def test_columns_that_are_not_there(folder, columns, message) -> None:
    assert message in problem_of(folder, columns)


def test_wrong_keys_are_named(folder) -> None:
    assert "data.X: unknown key `colums`" in problem_of(folder, "x1..x3", ", colums: 3")
    assert "data.X.standardize: expected true or false" in problem_of(
        folder, "x1..x3", ", standardize: maybe"
    )
    with pytest.raises(ConfigError, match=r"data.X: `columns` is missing"):
        parse_config("objective: x\nbounds: {x: [0, 1]}\ndata: {X: {file: d.csv}}", folder=folder)
    with pytest.raises(ConfigError, match=r"data: e.csv: No such file"):
        parse_config(
            "objective: x\nbounds: {x: [0, 1]}\ndata: {X: {file: e.csv, columns: '*'}}",
            folder=folder,
        )


def test_errors_point_at_the_cell_and_the_column(folder) -> None:
    message = problem_of(folder, "[x1, x9]")
    assert "c.yaml:3:39: data.X.columns: d.csv has no column `x9`" in message
    (folder / "d.csv").write_text("x1,x2,x3,y\n1,2,3,4\n1,ab,3,4\n")
    assert "d.csv:3: column `x2`: expected a number, found `ab`" in problem_of(folder, "x1..x3")


def test_standardized_columns(folder) -> None:
    config = config_of(folder, "x1..x3", 3, ", standardize: true")
    found, own = array_in(config), TABLE[:, :3]
    np.testing.assert_allclose(found, (own - own.mean(0)) / own.std(0), rtol=1e-12, atol=1e-14)
    result = run_config(config)
    told = json.loads(result.to_json())["standardized"]["X"]
    assert list(told) == ["x1", "x2", "x3"]
    for k, name in enumerate(told):
        assert told[name]["mean"] == pytest.approx(own[:, k].mean(), rel=1e-13)
        assert told[name]["deviation"] == pytest.approx(own[:, k].std(), rel=1e-13)
        # New rows that are treated as the result says are what the fit has seen.
        again = (own[:, k] - told[name]["mean"]) / told[name]["deviation"]
        assert same_bits(again, np.ascontiguousarray(found[:, k]))


def test_results_without_it_do_not_mention_it(folder) -> None:
    assert "standardized" not in run_config(config_of(folder, "x1..x3", 3)).to_dict()


def test_a_constant_column_becomes_zeros(folder) -> None:
    (folder / "d.csv").write_text("x1,x2,x3,y\n1,0.1,3,4\n2,0.1,7,4\n3,0.1,9,4\n")
    config = config_of(folder, "x1..x3", 3, ", standardize: true")
    assert array_in(config)[:, 1].tolist() == [0, 0, 0]
    told = config.standardized[0].to_dict()["x2"]
    assert told == {"mean": 0.1, "deviation": 1.0}


def test_arrays_of_npz_files(tmp_path) -> None:
    np.savez(tmp_path / "d.npz", a=np.arange(3.0), b=np.ones(3), M=np.arange(6.0).reshape(3, 2))
    head = "objective: mean((X @ w)**2)\nbounds: {w: {low: -1, high: 1, shape: 2}}\ndata: "
    config = parse_config(head + "{X: {file: d.npz, columns: [b, a]}}", folder=tmp_path)
    assert array_in(config).tolist() == [[1, 0], [1, 1], [1, 2]]
    config = parse_config(
        head + "{X: {file: d.npz, columns: M, standardize: true}}", folder=tmp_path
    )
    assert list(config.standardized[0].to_dict()) == ["M[0]", "M[1]"]
    np.testing.assert_allclose(array_in(config).mean(0), 0, atol=1e-15)
    with pytest.raises(ConfigError, match=r"`M` has the shape \(3, 2\), expected one axis"):
        parse_config(head + "{X: {file: d.npz, columns: [a, M]}}", folder=tmp_path)


def test_files_move_with_the_config(folder, tmp_path_factory) -> None:
    (folder / "c.yaml").write_text(
        TEXT.format(columns="[x1, x2..x3]", count=3, more=", standardize: true")
    )
    file = open_config(str(folder / "c.yaml"))
    target = tmp_path_factory.mktemp("other")
    (target / "c.yaml").write_text(yaml_of(file.tree, folder, target))
    again = load_config(str(target / "c.yaml"))
    assert (target / again.files[0]).resolve() == folder / "d.csv"
    assert same_bits(array_in(again), array_in(checked(file)))


def test_a_result_can_be_read_back(folder) -> None:
    config = config_of(folder, "x1..x3", 3, ", standardize: true")
    keys = json.loads(json.dumps(config.resolved()))
    again = parse_config(json.dumps(keys), folder=folder)
    assert again.resolved() == config.resolved()
    assert run_config(again) == run_config(config)


LARGE = np.random.default_rng(1).random(2000)


@pytest.mark.parametrize(
    "array",
    [
        LARGE,
        LARGE.astype(np.float32),
        np.arange(2000),
        LARGE.tolist(),
        list(range(2000)),
        tuple(LARGE.tolist()),
        LARGE.reshape(1000, 2),
        LARGE.reshape(1000, 2).tolist(),
        [*LARGE[:-1].tolist(), 3],
        [LARGE, LARGE],
    ],
    ids=lambda a: f"{type(a).__name__}-{np.shape(a)}",
)
def test_arrays_from_python_are_what_they_would_be_as_text(array, monkeypatch) -> None:
    """They stay arrays, but nothing that a result says depends on that."""
    formula, bounds = "sum((x*a - 1)**2)", {"a": [-1, 1]}

    def run():
        return minimize(formula, bounds, data={"x": array}, n_iter=3)

    kept = run()
    monkeypatch.setattr("adamcli.config.in_memory.MOST_WRITTEN", 10**9)
    text = run()
    assert kept == text
    mine, theirs = (json.loads(result.to_json()) for result in (kept, text))
    assert {**mine, "seconds": 0} == {**theirs, "seconds": 0}


def test_a_change_of_the_array_does_not_reach_the_result() -> None:
    x = LARGE.copy()
    result = minimize("sum((x*a - 1)**2)", {"a": [-1, 1]}, data={"x": x}, n_iter=3)
    x[:] = 0
    assert result.fit.rss > 0
    assert same_bits(array_in(result.config, "x"), LARGE)


def test_arrays_from_python_that_are_not_numbers_are_named() -> None:
    x = LARGE.reshape(1000, 2).copy()
    x[7, 1] = np.nan
    with pytest.raises(ConfigError, match=r"data.x: expected a number, found `nan` at \[7, 1\]"):
        minimize("sum((x*a - 1)**2)", {"a": [-1, 1]}, data={"x": x})


def test_a_text_is_never_taken_for_an_array() -> None:
    data = {"x": LARGE, "y": "<array-0-of-2000>"}
    with pytest.raises(ConfigError, match=r"data.y: expected numbers, or file.csv:column"):
        minimize("sum((x*a - 1)**2)", {"a": [-1, 1]}, data=data)


def test_arrays_in_a_config_can_be_pickled() -> None:
    import pickle

    from adamcli.config.load import read_keys

    keys = {"objective": "sum((x*a - 1)**2)", "bounds": {"a": [-1, 1]}, "data": {"x": LARGE}}
    file = pickle.loads(pickle.dumps(read_keys(keys, "<f>")))
    assert same_bits(array_in(checked(file), "x"), LARGE)
    node = file.tree.get("data").get("x")
    assert same_bits(plain(node), LARGE)
    assert [item.value for item in node.items] == LARGE.tolist()
