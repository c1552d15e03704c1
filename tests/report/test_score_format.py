"""How scores are written: the article's decimals where they can be read, else what can."""

import subprocess
import sys

import pytest

from adamcli.errors import UsageError
from adamcli.objective.variables import Variables
from adamcli.optimizer.result import Record
from adamcli.report.formats import FORMATS
from adamcli.report.score_format import ScoreFormat, parse_score_format
from adamcli.report.step_text import StepLayout
from tests.conftest import Terminal


def rows(name: str, scores: list[float], asked: str | None = None, stream=None) -> list[str]:
    layout = StepLayout(Variables([("x", ())]), steps=9, score_format=asked)
    text = FORMATS[name].step_text(layout, stream)
    text.start(Record(-1, (0.5,), scores[0]))
    return [text.row(Record(t, (0.5,), score)) for t, score in enumerate(scores)]


@pytest.mark.parametrize("first", [0.0, 1e-3, -0.5, 99999.0, -99999.0, float("inf"), float("nan")])
def test_a_usual_score_has_the_decimals_of_the_article(first: float) -> None:
    assert ScoreFormat.of(None, first) == (".5f", ".6f")


@pytest.mark.parametrize("first", [5e-324, 9.99e-4, -1e-9, 1e5, -1e20, 1e308])
def test_another_has_digits_that_can_be_read(first: float) -> None:
    step = ScoreFormat.of(None, first).step
    assert float(format(first, step)) == pytest.approx(first, rel=1e-4)
    assert len(format(first, step)) <= 12


def test_the_score_of_the_start_decides_for_all() -> None:
    assert [row.split()[-1] for row in rows("table", [1e-9, 1.0])] == ["1.0000e-09", "1.0000e+00"]
    assert [row.split()[-1] for row in rows("table", [1.0, 1e-9])] == ["1.00000", "0.00000"]
    assert [row.split()[-1] for row in rows("lines", [1e-9, 1.0])] == ["0.00000", "1.00000"]


@pytest.mark.parametrize("name", ["table", "lines"])
def test_what_is_asked_for_holds_in_every_format(name: str) -> None:
    assert [row.split()[-1] for row in rows(name, [2.5, 1e-9], ".1e")] == ["2.5e+00", "1.0e-09"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("score", "asked"), [(-1.5e20, None), (-0.25, ".20f"), (1e-9, ".30e")])
def test_no_row_of_a_table_is_wrapped(score: float, asked: str | None) -> None:
    (row,) = rows("table", [score], asked, Terminal())
    assert row.count("\n") == 1


@pytest.mark.parametrize("text", ["q", ".5d", "x", ".5", ".5f}", "99999f", "\n>20", ".2147483648f"])
def test_what_is_no_format_is_refused(text: str) -> None:
    if text == ".5":
        assert parse_score_format(text) == ".5"
        return
    with pytest.raises(UsageError, match=r"--score-format: expected a Python format.*\n  use one"):
        parse_score_format(text)


def test_it_is_checked_before_any_work(tmp_path) -> None:
    command = [sys.executable, "-m", "adamcli", "run", "sphere", "--score-format", "d"]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "r.json")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert not list(tmp_path.iterdir())
