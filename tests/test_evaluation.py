"""Expressions of the lines of a formula on new rows; NumPy by hand is the oracle."""

from pathlib import Path

import numpy as np
import pytest

import adamcli
from tests.conftest import same_bits

RANDOM = np.random.default_rng(11)
TRAIN = RANDOM.normal([5, 50, -3], [2, 10, 0.5], (40, 3))
LABELS = (TRAIN[:, 0] + RANDOM.normal(size=40) > 5).astype(float)
NEW = RANDOM.normal([9, 20, -1], [1, 3, 2], (6, 3))
W = np.array([1.5, -0.75, 0.5])

CONFIG = """\
objective: |
  z = X @ w + b
  mean((y - sigmoid(z))**2)
data: {X: {file: train.csv, columns: COLUMNS, standardize: STANDARDIZE}, y: train.csv:y}
bounds: {w: {shape: [3], init: glorot}, b: {shape: [], init: zeros}}
n_iter: 5
"""


def table(path: str, names: str, *columns: np.ndarray) -> None:
    np.savetxt(path, np.column_stack(columns), "%.17g", ",", header=names, comments="")


def config(columns: str = "x1..x3", standardize: str = "true", count: int = 3) -> None:
    text = CONFIG.replace("COLUMNS", columns).replace("STANDARDIZE", standardize)
    Path("c.yaml").write_text(text.replace("[3]", f"[{count}]"))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table("train.csv", "x1,x2,x3,y", TRAIN, LABELS)
    # Another order, and another column in between.
    table("new.csv", "x3,id,x1,x2", NEW[:, 2], np.arange(6), NEW[:, :2])
    config()
    return tmp_path


def run():
    return adamcli.run_config(adamcli.load_config("c.yaml"))


def z_by_hand(result, rows: np.ndarray = NEW) -> np.ndarray:
    standard = (rows - TRAIN.mean(0)) / TRAIN.std(0)
    return standard @ result["w"] + result["b"]


def test_new_rows_are_standardised_as_those_of_the_training() -> None:
    result = run()
    z = result.evaluate("z", "new.csv")
    np.testing.assert_allclose(z, z_by_hand(result), rtol=1e-11, atol=1e-13)
    own = (NEW - NEW.mean(0)) / NEW.std(0) @ result["w"] + result["b"]
    assert abs(z - own).max() > 0.1


@pytest.mark.parametrize("columns", ["x1..x3", "[x1, x2, x3]", "[x1, x2..x3]"])
@pytest.mark.parametrize("standardize", ["true", "false"])
def test_files_of_weights_need_no_training_rows(cli, folder, columns, standardize) -> None:
    config(columns, standardize)
    assert cli("run", "c.yaml", "-q", "-o", "w.npz").code == 0
    expected = run().evaluate("z", "new.csv")
    (folder / "train.csv").unlink()
    found = adamcli.evaluate("c.yaml", "z", weights="w.npz", data="new.csv")
    assert same_bits(found, expected)
    with np.load("w.npz") as arrays:
        w, b = arrays["w"], arrays["b"]
    rows = (NEW - TRAIN.mean(0)) / TRAIN.std(0) if standardize == "true" else NEW
    np.testing.assert_allclose(found, rows @ w + b, rtol=1e-11, atol=1e-13)


def test_all_columns_are_those_of_the_training() -> None:
    """Else the order of the new file would silently be another one."""
    config('"*"', "false", 4)
    result = run()
    table("all.csv", "y,x3,x2,x1", np.ones(6), NEW[:, ::-1])
    expected = np.column_stack([NEW, np.ones(6)]) @ result["w"] + result["b"]
    np.testing.assert_allclose(result.evaluate("z", "all.csv"), expected, rtol=1e-11, atol=1e-13)


def test_weights_of_another_program_take_the_means_from_the_config_s_own_file() -> None:
    np.savez("w.npz", w=W, b=np.array(0.5))
    found = adamcli.evaluate("c.yaml", "z", weights="w.npz", data="new.csv")
    expected = (NEW - TRAIN.mean(0)) / TRAIN.std(0) @ W + 0.5
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)
    weights = {"w": W, "b": 0.5}
    assert same_bits(adamcli.evaluate("c.yaml", "z", weights=weights, data="new.csv"), found)


def test_a_start_from_a_file_of_weights_is_the_point(cli) -> None:
    cli("run", "c.yaml", "-q", "-o", "w.npz")
    loaded = adamcli.load_config("c.yaml", ["start=w.npz"])
    found = adamcli.evaluate(loaded, "z", data="new.csv")
    assert same_bits(found, run().evaluate("z", "new.csv"))
    # What the file says of the data does not disturb a start.
    assert adamcli.run_config(loaded).start.x == run().best.x


def test_columns_in_memory_are_rows_of_the_file() -> None:
    result = run()
    data = {"x1": NEW[:, 0], "x2": NEW[:, 1].tolist(), "x3": NEW[:, 2]}
    assert same_bits(result.evaluate("z", data), result.evaluate("z", "new.csv"))
    # By its name in the formula an array is taken as it is.
    found = result.evaluate("z", {"X": NEW})
    np.testing.assert_allclose(found, NEW @ result["w"] + result["b"], rtol=1e-11, atol=1e-13)
    with pytest.raises(adamcli.ConfigError, match="data has no column `x2`; it has x1"):
        result.evaluate("z", {"x1": NEW[:, 0]})


def test_arrays_that_the_config_writes_out_are_replaced_by_name() -> None:
    result = adamcli.minimize(
        "f = a*x + c\nsum((y - f)**2)",
        {"a": (-5, 5), "c": (-5, 5)},
        data={"x": [0, 1, 2], "y": [1, 3, 5]},
        n_iter=3,
    )
    x = np.array([10.0, 20.0])
    assert same_bits(result.evaluate("f", {"x": x}), result["a"] * x + result["c"])
    assert same_bits(result.evaluate("f"), result["a"] * np.arange(3.0) + result["c"])
    assert result.evaluate("a*2") == 2 * result["a"]
    assert [np.shape(a) for a in result.evaluate(["f", "f > 1", "c"])] == [(3,), (3,), ()]
    with pytest.raises(adamcli.UsageError, match="the config has no data `xx`"):
        result.evaluate("f", {"xx": x})
    with pytest.raises(adamcli.UsageError, match="names no file"):
        result.evaluate("f", "new.csv")


def test_what_a_new_file_has_besides_hides_nothing() -> None:
    """Columns called like a variable or a line are no data of the formula."""
    table("t.csv", "x,y", [1.0, 2.0], [1.0, 2.0])
    table("n.csv", "z,a,x", [7.0, 7.0], [8.0, 8.0], [1.0, 3.0])
    keys = {"objective": "z = a*x\nsum((z - y)**2)", "bounds": {"a": [0, 9]}, "data": "t.csv"}
    found = adamcli.evaluate(keys, "z", weights={"a": 2.0}, data="n.csv")
    assert found.tolist() == [2, 6]
    with pytest.raises(adamcli.ConfigError, match=r"n\.csv has no column `y`; it has z, a, x"):
        adamcli.evaluate(keys, "z - y", weights={"a": 2.0}, data="n.csv")


def test_bounds_that_take_their_names_from_the_formula() -> None:
    """Without the column y in the new rows it might be taken for a variable."""
    table("t.csv", "x,y", [1.0, 2.0], [1.0, 2.0])
    table("n.csv", "x", [4.0])
    keys = {"objective": "z = a*x + b\nsum((z - y)**2)", "bounds": [-9, 9], "data": "t.csv"}
    found = adamcli.evaluate(keys, "z", weights={"a": 2.0, "b": 1.0}, data="n.csv")
    assert found.tolist() == [9]


def test_a_constant_column_of_the_training_keeps_its_mean() -> None:
    table("train.csv", "x1,x2,x3,y", TRAIN[:, :2], np.full(40, 0.1), LABELS)
    result = run()
    rows = (NEW - [*TRAIN[:, :2].mean(0), 0.1]) / [*TRAIN[:, :2].std(0), 1]
    expected = rows @ result["w"] + result["b"]
    np.testing.assert_allclose(result.evaluate("z", "new.csv"), expected, rtol=1e-11, atol=1e-13)


def bad_weights(**arrays: np.ndarray) -> str:
    np.savez("bad.npz", **arrays)
    return "bad.npz"


TWO = {"w": np.ones(3), "b": np.array(0.0)}

MATRIX = {"data.X.columns": np.array(["x1", "x2", "x3"])}

WRONG = {
    "`w` has the shape (2,), expected (3,)": {**TWO, "w": np.ones(2)},
    "there is no variable `b`": {"w": np.ones(3)},
    "`c` is not a variable": {**TWO, "c": np.ones(2)},
    "`b` has entries that are not finite": {**TWO, "b": np.array(np.nan)},
    "data.X: the weights are those of columns that were not standardised": {**TWO, **MATRIX},
    "expected 2 columns, as many as the weights know means of, found 3": {
        **TWO,
        **MATRIX,
        "data.X.means": np.ones(2),
        "data.X.deviations": np.ones(2),
    },
    "what it says of the data cannot be read: is not an array of texts": {
        **TWO,
        "data.X.columns": np.ones(2),
    },
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_weights(message) -> None:
    path = bad_weights(**WRONG[message])
    with pytest.raises(adamcli.AdamcliError) as caught:
        adamcli.evaluate("c.yaml", "z", weights=path, data="new.csv")
    assert message in str(caught.value)


def test_columns_of_the_config_that_are_not_those_of_the_weights(cli) -> None:
    cli("run", "c.yaml", "-q", "-o", "w.npz")
    config("[x2, x1, x3]")
    message = "the weights are those of x1, x2, x3, found x2, x1, x3"
    with pytest.raises(adamcli.ConfigError, match=message):
        adamcli.evaluate("c.yaml", "z", weights="w.npz", data="new.csv")


def test_the_objective_has_to_be_a_formula() -> None:
    with pytest.raises(adamcli.UsageError, match="expected a formula, but the objective is Python"):
        adamcli.evaluate({"objective": {"python": "f.py:f"}, "bounds": {"x": [0, 1]}}, "x")
    with pytest.raises(adamcli.UsageError, match="expected weights, as `start` does not give"):
        adamcli.evaluate({"objective": "x**2", "bounds": {"x": [0, 1]}}, "x")


def test_without_means_the_file_of_the_training_is_needed(folder) -> None:
    weights = {"w": W, "b": 0.5}
    (folder / "train.csv").unlink()
    with pytest.raises(adamcli.ConfigError) as caught:
        adamcli.evaluate("c.yaml", "z", weights=weights, data="new.csv")
    assert len(caught.value.problems) == 2
    assert "train.csv: No such file" in str(caught.value)
    assert "data.X: the weights do not say what its columns were made of" in str(caught.value)


def test_what_is_no_number_is_named() -> None:
    for where in ({"weights": {"w": "a", "b": 0}}, {"data": {"w": [[1], [2, 3]]}}):
        with pytest.raises(adamcli.UsageError, match=r"(weights|data): `w`: expected numbers"):
            adamcli.evaluate("c.yaml", "z", **where)


def test_results_of_sweeps_and_searches_evaluate_too() -> None:
    keys = {"objective": "f = k*x\n(f - 3)**2", "bounds": {"x": [-5, 5]}, "constants": {"k": 1}}
    best = adamcli.sweep({**keys, "alpha": 0.1}, {"constants.k": [2.0, 5.0]}).best
    k, f = best.evaluate(["k", "f"])
    assert k in (2, 5)
    assert f == k * best["x"]
    solution = adamcli.solve(keys)
    assert solution.evaluate("f") == pytest.approx(3, rel=1e-9)


def test_damaged_weights_are_no_traceback(cli, folder) -> None:
    cli("run", "c.yaml", "-q", "-o", "w.npz")
    whole, codes = (folder / "w.npz").read_bytes(), set()
    for k in range(0, len(whole), 13):
        (folder / "w.npz").write_bytes(whole[:k] + bytes([whole[k] ^ 0x55]) + whole[k + 1 :])
        arguments = ("--weights", "w.npz", "--data", "new.csv", "--show", "z", "-q")
        codes.add(cli("predict", "c.yaml", *arguments).code)
    assert codes <= {0, 2, 4}
