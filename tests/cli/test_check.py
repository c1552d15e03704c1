"""`adamcli check`: everything short of a run, for people and for scripts."""

import json
import re

import pytest

from tests.conftest import ROOT

HEAD = "bounds: {x: [-1, 1], y: [-1, 1]}\n"
ARRAYS = "data: {t: [1, 2, 3], u: [1, 2, 4], s: [1, 1, 2]}\n"


def checked(cli, text: str, *arguments: str):
    ended = cli("check", "-", "--format", "json", *arguments, stdin=text + HEAD)
    return json.loads(ended.stdout, parse_constant=pytest.fail), ended.code


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "configs").glob("*.yaml")))
def test_every_config_of_the_gallery_passes(cli, name) -> None:
    ended = cli("check", str(ROOT / "configs" / name), "--allow-python")
    assert ended.code == 0, ended.stdout
    assert ended.stdout.startswith("result: passed\n")


@pytest.mark.parametrize("gradient", ["derived", "2-point", "3-point", "complex-step"])
def test_a_right_gradient_passes(cli, gradient) -> None:
    found, code = checked(cli, f"objective: sin(3*x)*exp(y)\ngradient: {gradient}\n")
    assert (found["passed"], code) == (True, 0)
    assert found["gradient"]["worst"]["relative_error"] < 1e-5
    assert found["gradient"]["method"] == "complex step"


@pytest.mark.parametrize("wrong", ["['2*x', '2.01*y']", "{x: 2*x, y: -2*y}", "[x, y]"])
def test_a_wrong_gradient_is_found(cli, wrong) -> None:
    found, code = checked(cli, f"objective: x**2 + y**2\ngradient: {wrong}\n")
    assert (found["passed"], code) == (False, 3)
    worst = found["gradient"]["worst"]
    assert worst["relative_error"] > 0.004
    assert worst["coordinate"] in ("x", "y")
    assert worst["reference"] == pytest.approx(2 * worst["x"][worst["coordinate"]])


def test_a_maximised_objective_has_the_gradient_of_its_formula(cli) -> None:
    found, code = checked(
        cli, "objective: -x**2 + y\ndirection: maximize\ngradient: {x: -2*x, y: 1}\n"
    )
    assert code == 0
    assert found["gradient"]["worst"]["relative_error"] < 1e-12


def test_values_that_are_not_finite_are_counted(cli) -> None:
    found, code = checked(cli, "objective: log(x + 0.5) + y\nstart: {x: 0.5}\n")
    assert code == 0
    assert 20 < found["not_finite"]["points"] < 120
    assert found["not_finite"]["example"]["x"] <= -0.5
    assert found["start_is_finite"] is True


def test_a_start_that_is_not_finite_fails(cli) -> None:
    found, code = checked(cli, "objective: log(x) + y\nstart: {x: -0.5}\n")
    assert (found["start_is_finite"], code) == (False, 3)
    assert found["step_seconds"] is None


def test_variables_that_are_not_used_are_named(cli) -> None:
    found, _ = checked(cli, "objective: x**2 + 0*y\n")
    assert found["ignored"] == ["y"]


def test_constants_that_nothing_names_are_told(cli) -> None:
    text = "constants: {k: 2, kk: 3, rate: 0.1}\nalpha: rate\nobjective: x**2 + y**2 + kk\n"
    found, code = checked(cli, text)
    assert (found["unused"], found["passed"], code) == (["k"], True, 0)
    shown = cli("check", "-", "--no-probe", stdin=text + HEAD).stdout
    assert "unused: k: not needed by any formula\n" in shown


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("objective: |\n  q = k*2\n  x**2 + y\nconstants: {k: 2}\n", ["q", "k"]),
        ("objective: |\n  q = k*2\n  r = q + 1\n  x**2 + y\nconstants: {k: 2}\n", ["q", "r", "k"]),
        ("objective: |\n  q = k*2\n  x**2 + y + q\nconstants: {k: 2}\n", []),
        ("objective: 'x**2 + y  # k is 2'\nconstants: {k: 2}\n", ["k"]),
        ("objective: x**2 + y\nconstants: {k: 2}\nexpect: config.constants.k == 2\n", ["k"]),
        ("objective: x**2 + y\nconstants: {k: 2}\nalpha: 0.1*k\n", []),
        ("objective: x**2 + y\nconstants: {k: 2}\nalpha: {x: 0.1, y: 0.1/k}\n", []),
        ("objective: x**2 + y\nconstants: {k: 2}\ngradient: {x: k*x, y: 1*1}\n", []),
        ("objective: |\n  q = k*x\n  x**2 + y\nconstants: {k: 2}\nmetrics: {m: q}\n", []),
        ("objective: x**2 + sum(t) + y\ndata: {t: [1, 2], u: [3, 4], c: 5}\n", ["u", "c"]),
        ("objective: x**2 + y\ndata: {'signal (V)': [1, 2]}\n", ["signal"]),
        ("model: |\n  q = k*t\n  t ~ x*u + y\nconstants: {k: 2}\n" + ARRAYS, ["q", "k", "s"]),
        ("model: t ~ x*u + y\nsigma: s*k\nconstants: {k: 2}\n" + ARRAYS, []),
        ("objective: x**2 + µ + y\nconstants: {µ: 2, μ_: 3}\n", ["μ_"]),
    ],
)
def test_what_no_formula_needs_is_told(cli, text, unused) -> None:
    found, _ = checked(cli, text)
    assert found["unused"] == unused


def test_a_file_may_have_more_columns_than_are_used(cli, tmp_path) -> None:
    (tmp_path / "d.csv").write_text("t,u\n1,2\n2,3\n")
    found, _ = checked(cli, f"objective: x**2 + y + sum(t)\ndata: {tmp_path}/d.csv\n")
    assert found["unused"] == []


@pytest.mark.parametrize(
    ("objective", "result"),
    [
        ("x**2 + y**2", "passed"),
        ("log(x + 0.5) + y", "passed, with doubts: see values"),
        ("log(x + 0.5) + 0*y", "passed, with doubts: see values and ignored"),
    ],
)
def test_the_result_says_where_to_look(cli, objective, result) -> None:
    text = f"objective: {objective}\nstart: {{x: 0.5}}\n{HEAD}"
    ended = cli("check", "-", "--no-probe", stdin=text)
    assert (ended.stdout.splitlines()[0], ended.code) == (f"result: {result}", 0)


def test_the_cost_is_estimated(cli) -> None:
    found, _ = checked(cli, "objective: x**2 + y**2\nn_iter: 1000000\n")
    assert 0 < found["step_seconds"] < 0.1
    assert found["estimated_seconds"] == pytest.approx(1e6 * found["step_seconds"])


PYTHON = """
def f(x, y):
    return (x - 0.3)**4 + 2.0**x * y

def right(x, y):
    return [4*(x - 0.3)**3 + 0.6931471805599453 * 2.0**x * y, 2.0**x]

def wrong(x, y):
    return [4*(x - 0.3)**3, 2.0**x]

def broken(x, y):
    raise ValueError("out of fuel")
"""


@pytest.mark.parametrize(
    ("name", "gradient", "code"),
    [("f", "right", 0), ("f", "wrong", 3), ("broken", "right", 3), ("f", None, 0)],
)
def test_python_objectives_are_compared_with_extrapolated_differences(
    cli, tmp_path, name, gradient, code
) -> None:
    (tmp_path / "code.py").write_text(PYTHON)
    path = tmp_path / "c.yaml"
    text = f"objective: {{python: code.py:{name}}}\n{HEAD}"
    path.write_text(text + (f"gradient: {{python: code.py:{gradient}}}\n" if gradient else ""))
    assert cli("check", str(path)).code == 2
    ended = cli("check", str(path), "--allow-python")
    assert ended.code == code
    if name == "broken":
        assert "the objective raised ValueError: out of fuel" in ended.stdout
    elif gradient == "wrong":
        assert "DISAGREES with extrapolated differences; worst at x: " in ended.stdout


def test_many_variables_are_sampled(cli) -> None:
    config = "objective: sum((x[1:] - x[:-1]**2)**2)\nbounds: [-1, 1]\ndim: 5000\n"
    ended = cli("check", "-", stdin=config)
    assert ended.code == 0
    assert "variables: 5,000 coordinates" in ended.stdout


def test_errors_of_the_config_end_in_two(cli) -> None:
    ended = cli("check", "-", stdin="objective: x^2\nbounds: {x: [1, 0]}\n")
    assert (ended.code, ended.stdout) == (2, "")
    assert "`^` is not a power" in ended.stderr
    assert "the lower bound" in ended.stderr


def test_quiet_keeps_the_exit_code(cli) -> None:
    assert cli("check", "-", "-q", stdin="objective: x**2\nbounds: {x: [0, 1]}\n") == ("", "", 0)


def rows_of(text: str) -> list[tuple[str, str]]:
    """Return the pairs of name and number below the other lines of a check."""
    return re.findall(r"^  (x\[\d+\]): (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize(("dim", "named"), [(4, False), (5, True), (40, True), (41, False)])
def test_a_point_of_many_variables_has_a_line_for_each(cli, dim, named) -> None:
    """The point at which a value is not finite, and the one at which a gradient is wrong."""
    for keys, key in (
        ("objective: sum(log(x))", "not_finite"),
        (f"objective: sum(x**2)\ngradient: {{x: {['x[0]'] * dim}}}", "gradient"),
    ):
        text = f"{keys}\nbounds: [-1, 2]\ndim: {dim}\nstart: {[1] * dim}\n"
        shown = rows_of(cli("check", "-", "--no-probe", stdin=text).stdout)
        found = json.loads(cli("check", "-", "--no-probe", "--format", "json", stdin=text).stdout)
        known = found[key]["example"] if key == "not_finite" else found[key]["worst"]["x"]
        expected = [(f"x[{k}]", f"{x:.10g}") for k, x in enumerate(known["x"])]
        assert shown == expected * named
