"""One thing is one thing, in everything that is said."""

import re

import pytest

from adamcli.counted import all_taken, counted
from adamcli.experiment import run_config
from adamcli.inspection import inspect_config
from adamcli.report.check_report import CheckReport
from adamcli.report.solution_report import solution_rows
from adamcli.report.summary import summary_rows
from adamcli.solving import SolveOptions, solve_config
from tests.conftest import config_of

ONE = re.compile(r"(?<![\d,.])1 (?!is|was|in|of)\w+s\b")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (12_345, "12,345 runs")]
)
def test_only_one_is_singular(number, text) -> None:
    assert counted(number, "run") == text


def test_nothing_is_said_of_one_things() -> None:
    config = config_of("(x - 1)**2", "{x: [-1, 3]}", n_iter=1)
    found = solve_config(config, SolveOptions(starts=1, rounds=0))
    report = CheckReport(inspect_config(config), config).to_text()
    said = [text for _, text in (*summary_rows(run_config(config)), *solution_rows(found))]
    said += [report, repr(run_config(config)), repr(found)]
    assert "1 step in" in report
    assert "1 start in" in "".join(said)
    assert [found for text in said for found in ONE.findall(text) if "all 1" not in text] == []


def test_all_of_some() -> None:
    assert all_taken(0, "step") == "no step was asked for"
    assert all_taken(1, "step") == "the only step was taken"
    assert all_taken(2, "round") == "all 2 rounds were taken"
    assert all_taken(100_000, "step") == "all 100000 steps were taken"
