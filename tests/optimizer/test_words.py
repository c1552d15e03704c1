"""What is said of a maximised score is what is said of its opposite, with the opposite words."""

from __future__ import annotations

import json
import re

import pytest

import adamcli
from adamcli.optimizer.result import Direction
from tests.optimizer.verdict_cases import all_cases

OPPOSITE = {
    "minimum": "maximum",
    "descending": "ascending",
    "fell": "rose",
    "falls": "rises",
    "fall": "rise",
    "rose": "fell",
    "lower": "higher",
    "above": "below",
    "down": "up",
}


def turned(text: str) -> str:
    return re.sub(r"\w+", lambda word: OPPOSITE.get(word[0], word[0]), text)


def formulas():
    """Return every fifth case of a formula that is minimised."""
    chosen = [
        case
        for case in all_cases()
        if isinstance(case.fun, str)
        and re.search(r"\W", case.fun)
        and not case.settings.keys() & {"direction", "jac", "data"}
        and case.settings.get("n_iter", 0) <= 2000
    ][::5]
    return pytest.mark.parametrize("case", chosen, ids=[case.name for case in chosen])


@formulas()
def test_verdicts_on_maxima(case) -> None:
    *lines, value = case.fun.strip().split("\n")
    opposite = "\n".join([*lines, f"-({value})"])
    low = adamcli.minimize(case.fun, case.bounds, **case.settings)
    high = adamcli.minimize(opposite, case.bounds, direction="maximize", **case.settings)
    assert high.verdict.code is low.verdict.code
    assert high.verdict.remedy == low.verdict.remedy
    assert high.verdict.word == turned(low.verdict.word)
    if low.verdict.word != "diverged":
        assert high.verdict.message == turned(low.verdict.message)


def test_the_cases_have_every_word() -> None:
    words = Direction.MINIMIZE.words._asdict(), Direction.MAXIMIZE.words._asdict()
    for low, high in zip(*(each.values() for each in words), strict=True):
        assert turned(low) == high or (low, high) == ("minima", "maxima")


SEARCHED = {
    "several": "sin(3*x) + x**2/9",
    "a kink": "abs(x - 1)",
    "a saddle": "where(abs(x) < 0.5, 0, x**2)",
    "pits below the resolution": "x + 0.3*sin(1e9*x)",
}


@pytest.mark.parametrize("formula", SEARCHED.values(), ids=SEARCHED)
def test_a_search_of_maxima_says_so(cli, formula: str) -> None:
    options = ["-b", "x=-3,4", "--rounds", "2", "--summary"]
    low = cli("solve", "-e", formula, *options)
    high = cli("solve", "-e", f"-({formula})", *options, "--set", "direction=maximize")
    assert verdict_of(high.stderr) == turned(verdict_of(low.stderr))
    assert not re.search("minim|lower|descending", high.stdout + high.stderr)
    words = re.findall(r"(?:minimum|descending)$", low.stdout, re.MULTILINE)
    assert re.findall(r"(?:maximum|ascending)$", high.stdout, re.MULTILINE) == [
        OPPOSITE[word] for word in words
    ]


def verdict_of(summary: str) -> str:
    lines = [" ".join(line.split()) for line in summary.splitlines()]
    first = next(k for k, line in enumerate(lines) if line.startswith("verdict"))
    last = next(k for k, line in enumerate(lines) if k > first and line.startswith("active"))
    return " ".join(lines[first:last])


def test_codes_are_the_same_in_both_directions(cli) -> None:
    formula = ["-e", "-(x - 1)**2", "-b", "x=-3,4", "--set", "direction=maximize"]
    found = json.loads(cli("solve", *formula, "--format", "json").stdout)
    assert found["verdict"]["code"] == found["minima"][0]["verdict"] == "minimum"
    assert found["verdict"]["message"].startswith("the maximum near here is at most ")
    assert found["message"] == "3 rounds in a row found nothing higher"
    assert cli("solve", *formula, "--format", "csv").stdout.endswith(",minimum\n")
    assert cli("solve", *formula, "-q", "--expect", "verdict == minimum").code == 0


def test_check_proposes_what_reaches_a_maximum(cli) -> None:
    found = cli("check", "-e", "-(x - 1)**2", "-b", "x=-3,4", "--set", "direction=maximize")
    assert "reaches a maximum of " in found.stdout
    assert "minimum" not in found.stdout


def test_epochs_of_a_maximised_score_rise() -> None:
    data = {"x": [0.1 * k for k in range(40)], "y": [0.3 * k for k in range(40)]}
    formulas = "mean((y - a*x)**2)", "-mean((y - a*x)**2)"
    keys = {"data": data, "batches": {"rows": ["x", "y"], "size": 8}, "epochs": 9, "alpha": 0.02}
    low, high = (
        adamcli.minimize(formula, {"a": (-5, 5)}, direction=direction, **keys)
        for formula, direction in zip(formulas, ("minimize", "maximize"), strict=True)
    )
    assert str(low.verdict).startswith("descending: the score fell by ")
    assert str(high.verdict) == turned(str(low.verdict))
