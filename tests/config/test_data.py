"""Data from CSV and npz files: what is read, and what is refused."""

import numpy as np
import pytest

from adamcli.config.load import parse_config
from adamcli.diagnostics import ConfigError
from adamcli.experiment import run_config
from tests.conftest import ROOT, evaluate

PLAIN = "x,y\n1,2.5\n2,3.5\n3,5\n"


def config_with(folder, data: str, formula: str = "mean((y - a*x - b)**2)", more: str = ""):
    text = f"objective: {formula!r}\nbounds: {{a: [-9, 9], b: [-9, 9]}}\ndata: {data}\n{more}"
    return parse_config(text, "c.yaml", folder=folder)


def problem_of(folder, data: str, formula: str = "mean((y - a*x - b)**2)") -> str:
    with pytest.raises(ConfigError) as caught:
        config_with(folder, data, formula)
    return str(caught.value)


def value_at(config, a: float, b: float) -> float:
    return evaluate(config.objective.make(), np.array([[a], [b]]))[0][0]


VARIANTS = {
    "plain": PLAIN,
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", " | "),
    "byte order mark": "\ufeff" + PLAIN,
    "windows": PLAIN.replace("\n", "\r\n"),
    "quoted": '"x","y"\n"1","2.5"\n"2","3.5"\n3,5\n',
    "spaces": "x, y\n1,  2.5\n 2, 3.5 \n3, 5\n",
    "empty lines": "x,y\n\n1,2.5\n2,3.5\n,\n3,5\n\n",
    "exponents": "x,y\n1e0,25e-1\n+2,3.5\n3.0,5\n",
    "no end of line": PLAIN[:-1],
    "other columns": "name,x,y,note\nA,1,2.5,\nB,2,3.5,ok\nC,3,5,n/a\n",
}


@pytest.mark.parametrize("name", VARIANTS)
def test_columns_are_names_in_the_formula(tmp_path, name) -> None:
    (tmp_path / "d.csv").write_text(VARIANTS[name], encoding="utf-8", newline="")
    expected = np.mean((np.array([2.5, 3.5, 5]) - 2 * np.array([1, 2, 3]) - 0.5) ** 2)
    assert value_at(config_with(tmp_path, "d.csv"), 2.0, 0.5) == pytest.approx(expected, rel=1e-15)


BROKEN = {
    "a missing value": (
        "x,y\n1,2\n,3\n4,5\n",
        "d.csv:3: column `x`: expected a number, found nothing",
    ),
    "a word": ("x,y\n1,2\n2,ab\n", "d.csv:3: column `y`: expected a number, found `ab`"),
    "nan": ("x,y\n1,2\n2,nan\n", "d.csv:3: column `y`: expected a number, found `nan`"),
    "underscores": ("x,y\n1_0,2\n", "d.csv:2: column `x`: expected a number, found `1_0`"),
    "a short row": ("x,y\n1,2\n3\n", "line 3: expected 2 values, found 1"),
    "a long row": ("x,y\n1,2,3\n", "line 2: expected 2 values, found 3"),
    "no rows": ("x,y\n", "expected a line of column names and at least one row"),
    "nothing": ("", "expected a line of column names and at least one row"),
    "no header": ("1,2\n3,4\n", "the first line must hold the names of the columns"),
    "two columns of a name": ("x,x\n1,2\n", "two columns are called `x`"),
    "an open quote": ('x,y\n"1,2\n', "unexpected end of data"),
    "a decimal comma": ("x;y\n1,5;2\n", "d.csv:2: column `x`: expected a number, found `1,5`"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_with_their_line(tmp_path, name) -> None:
    text, message = BROKEN[name]
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    assert message in problem_of(tmp_path, "d.csv")


def test_a_bad_column_matters_only_if_it_is_used(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("x,y,z\n1,2,\n3,4,5\n")
    config_with(tmp_path, "d.csv")
    assert "d.csv:2: column `z`" in problem_of(tmp_path, "d.csv", "mean((y - a*z - b)**2)")


def test_single_columns_get_names_of_their_own(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("time (s),level\n1,2.5\n2,3.5\n3,5\n")
    config = config_with(tmp_path, '{x: "d.csv:time (s)", y: "d.csv:level"}')
    (tmp_path / "e.csv").write_text(PLAIN)
    assert value_at(config, 1.0, 2.0) == value_at(config_with(tmp_path, "e.csv"), 1.0, 2.0)
    message = problem_of(tmp_path, '{x: "d.csv:tim (s)", y: "d.csv:level"}')
    assert "d.csv has no column `tim (s)`" in message
    assert "did you mean `time (s)`?" in message


def test_npz_files(tmp_path) -> None:
    np.savez(tmp_path / "d.npz", x=np.arange(6).reshape(2, 3), y=np.ones((2, 3), dtype=np.float32))
    config = config_with(tmp_path, "d.npz", "sum((y - a*x - b)**2)")
    assert value_at(config, 2.0, 1.0) == np.sum((2.0 * np.arange(6)) ** 2)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00"])
def test_broken_npz_files_are_refused(tmp_path, content) -> None:
    (tmp_path / "d.npz").write_bytes(content)
    assert "data: d.npz: " in problem_of(tmp_path, "d.npz")


def test_a_single_array_is_not_an_npz_file(tmp_path) -> None:
    np.save(tmp_path / "d.npy", np.ones(3))
    (tmp_path / "d.npy").rename(tmp_path / "d.npz")
    assert "is not an npz file" in problem_of(tmp_path, "d.npz")


@pytest.mark.parametrize("array", [np.ones(0), np.ones(3, dtype=complex)])
def test_empty_and_complex_arrays_are_refused(tmp_path, array) -> None:
    np.savez(tmp_path / "d.npz", x=array, y=np.ones(3))
    assert "d.npz: `x` is not an array of real numbers" in problem_of(tmp_path, "d.npz")


def test_columns_never_change_the_meaning_of_a_name(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("x,y,sin,t\n1,2,9,9\n3,4,9,9\n")
    config = config_with(tmp_path, "d.csv", "sum(y*sin(pi/6)*a*x) + b", "alpha: 0.1/t\n")
    assert value_at(config, 1.0, 0.0) == pytest.approx(7.0)
    assert config.hyperparameters.alpha(np.array([1, 2]), 5).tolist() == [0.1, 0.05]


def test_npz_files_never_unpickle(tmp_path) -> None:
    np.savez(tmp_path / "d.npz", x=np.array([{"a": 1}], dtype=object), y=np.ones(1))
    assert "x" in problem_of(tmp_path, "d.npz")


def test_arrays_that_are_not_finite_are_refused(tmp_path) -> None:
    np.savez(tmp_path / "d.npz", x=np.array([1.0, np.nan]), y=np.ones(2))
    assert "d.npz: `x` has entries that are not finite" in problem_of(tmp_path, "d.npz")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("d.csv", "data: d.csv: No such file or directory"),
        (
            "d.xlsx",
            "that ends in .csv, .tsv, .txt, .dat, .npz, .parquet, .feather or .arrow",
        ),
        (
            "{x: text, y: [1]}",
            "data.x: expected numbers, or file.csv:column, found the text `text`",
        ),
    ],
)
def test_bad_data_is_named(tmp_path, data, message) -> None:
    assert message in problem_of(tmp_path, data)


def test_shapes_of_data_are_checked_when_the_config_is_read(tmp_path) -> None:
    message = problem_of(tmp_path, "{x: [1, 2, 3], y: [1, 2]}")
    assert "the shapes (2,) and (3,) do not fit each other" in message


def test_a_curve_is_fitted_by_adam_to_the_certified_digits() -> None:
    text = (ROOT / "configs" / "fit.yaml").read_text(encoding="utf-8")
    steps = ["bounds={b1: [100, 500], b2: [1e-4, 1e-3]}", "alpha=0.02*width/(1 + t/2000)"]
    config = parse_config(text, overrides=[*steps, "n_iter=20000"], folder=ROOT / "configs")
    result = run_config(config)
    assert result.x[0] == pytest.approx(2.3894212918e02, rel=1e-9)
    assert result.x[1] == pytest.approx(5.5015643181e-04, rel=1e-9)
    fit = result.fit
    assert fit.points == 14
    assert fit.rss == pytest.approx(1.2455138894e-01, rel=1e-10)
    # The certified residual standard deviation divides by 12 degrees of freedom.
    assert fit.rmse * (14 / 12) ** 0.5 == pytest.approx(1.0187876330e-01, rel=1e-9)


def fit_of(formula: str):
    config = parse_config(
        f"objective: {formula!r}\nbounds: {{a: [2, 2], b: [0.5, 0.5]}}\nn_iter: 0\n"
        "data: {x: [1, 2, 3], y: [2.5, 3.5, 5]}\n"
    )
    return run_config(config).fit


@pytest.mark.parametrize(
    "formula",
    [
        "sum((y - a*x - b)**2)",
        "mean((y - (a*x + b))**2)",
        "0.5*sum((a*x + b - y)**2)/7",
        "sum(square(y - a*x - b))",
    ],
)
def test_the_fit_is_known_for_every_sum_of_squares(formula) -> None:
    fit = fit_of(formula)
    residuals = np.array([2.5, 3.5, 5]) - 2 * np.array([1.0, 2, 3]) - 0.5
    assert fit.rss == pytest.approx(np.sum(residuals**2), rel=1e-14)
    assert fit.rmse == pytest.approx(np.sqrt(np.mean(residuals**2)), rel=1e-14)
    if formula.startswith(("mean", "0.5")):
        total = np.sum((np.array([2.5, 3.5, 5]) - 11 / 3) ** 2)
        expected = 1 - np.sum(residuals**2) / total
        assert np.isnan(fit.r_squared) or fit.r_squared == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("formula", ["sum(abs(y - a*x - b))", "(a - 2)**2", "max((y - a*x)**2)"])
def test_other_objectives_have_no_fit(formula) -> None:
    assert fit_of(formula) is None
