"""Everything wrong is reported at once, and nothing that only follows from a mistake."""

import pytest

from adamcli.config.checking import checked
from adamcli.config.expectations import solution_fields
from adamcli.config.load import parse_config, read_config
from adamcli.diagnostics import ConfigError


def problems_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "c")
    return str(caught.value)


WRONG = "expect: best.scor < 1\nstop: scroe < 1\nbta: 2\nalpha: -1\n"

TOLD = ["no field `best.scor`", "no field `scroe`", "unknown key `bta`", "alpha: expected a number"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("objective: x**2 + foo\nbounds: {x: [2, 1]}", ["above the upper", "name `foo`"]),
        ("objective: x**2\nbounds: {x: [0, 1], y: [0, .nan]}\nstart: {z: 1}", ["`z`", "bounds.y"]),
        ("objective: x[2]\nbounds: {x: {low: 2, high: 1, shape: 3}}", ["above the upper one"]),
        ("objective: x**2", ["`bounds` is missing"]),
        ("objective: x[1]\nbounds: {x: [[0, 1], [0, 1], [0, 1]]}", ["bounds.x: expected a pair"]),
        ("objective: x[1]\nbounds: {x: {low: 0, high: 1, shape: z}}", ["bounds.x.shape"]),
        ("objective: x\nbounds: {x: [0, 1]}\ndata: missing.csv", ["missing.csv: No such file"]),
        ("objective: x\nbounds: {x: [1, 0]}\ndata: {y: 'm.csv:y'}", ["m.csv: No such", "bounds.x"]),
        ("objective: sum((y - a*t)**2)\nbounds: [[0, 1]]\ndata: m.csv", ["m.csv: No such file"]),
        ("objective: sinn(x)\nbounds: {x: [1, 0]}", ["function `sinn`", "above the upper one"]),
    ],
)
def test_no_mistake_hides_another(text, told) -> None:
    shown = problems_of(f"{text}\n{WRONG}")
    for part in (*told, *TOLD):
        assert part in shown
    assert shown.count("c:") == len(told) + len(TOLD)


@pytest.mark.parametrize(
    "expected",
    ["best.x.z == 1", "gradient.x < 1", "best.x[4] < 1", "fit.rss < 1", "minima[0].x.y < 1"],
)
def test_what_only_the_variables_tell_is_left_to_them(expected) -> None:
    file = read_config(f"objective: x**2\nexpect: {expected}\n", "c")
    with pytest.raises(ConfigError) as caught:
        checked(file, solution_fields if "minima" in expected else None)
    assert "no field" not in str(caught.value)


def test_a_variable_with_wrong_bounds_is_known() -> None:
    text = "objective: x**2\nbounds: {x: [2, 1]}\nexpect: [best.x.x < 1, best.x.z < 1]\n"
    shown = problems_of(text)
    assert "no field `best.x.z`" in shown
    assert "no field `best.x.x`" not in shown


def test_formulas_of_alpha_may_name_what_could_not_be_read() -> None:
    text = "objective: x\nbounds: {x: [0, 1]}\ndata: m.csv\nalpha: k*0.1\nbeta1: 7\n"
    shown = problems_of(text)
    assert "unknown name" not in shown
    assert "beta1: expected" in shown


def test_metrics_are_checked_though_bounds_are_wrong() -> None:
    shown = problems_of("objective: x**2\nbounds: {x: [2, 1]}\nmetrics: {z: foo}\n")
    assert "unknown name `foo`" in shown
    assert "add it to bounds" not in shown


def test_everything_wrong_in_a_formula_is_reported_together() -> None:
    shown = problems_of(
        "objective: |\n  sin = 1\n  q = log(x, 10) + np.sin(foo(x)) % 2\n"
        "  x ^ 2 + min(x, 1) + [1]\nbounds: {x: [0, 1]}\n"
    )
    for part in ("`sin` already", "`log` takes 1", "can be called", "`foo`", "`%`", "`^`"):
        assert part in shown
    for part in ("`min` takes 1", "lists are not"):
        assert part in shown


SWEPT = "objective: x**2\nbounds: {x: [2, 1]}\nexpect: best.scor < 1\nstop: scroe < 1\n"


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        ("bta1=1,2", ["`bta1` is not a key", "bounds.x", "`scroe`"]),
        ("beta1=0.1,0.2", ["bounds.x", "`scroe`"]),
        # Without its values the config could seem wrong where it is right.
        ("constants.q=", ["constants.q"]),
    ],
)
def test_a_sweep_reports_everything_together(cli, tmp_path, axis, told) -> None:
    (tmp_path / "c.yaml").write_text(SWEPT)
    shown = cli("sweep", str(tmp_path / "c.yaml"), "-p", axis, "--expect", "nitt < 3").stderr
    for part in (*told, "`best.scor`", "`nitt`"):
        assert part in shown
    assert ("`scroe`" in shown) == ("`scroe`" in told)
