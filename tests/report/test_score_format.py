"""How scores are written: the article's decimals where they can be read, else what can."""

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.errors import UsageError
from adamcli.experiment import prepare, run_config, start_of
from adamcli.objective.variables import Variables
from adamcli.optimizer.prospect import prospect_of
from adamcli.optimizer.result import Record
from adamcli.report.formats import FORMATS
from adamcli.report.run_outputs import Outputs
from adamcli.report.score_format import ScoreFormat, parse_score_format
from adamcli.report.sinks import StreamSink
from adamcli.report.step_text import StepLayout
from tests.conftest import Terminal, config_of, evaluate


def rows(name: str, scores: list[float], asked: str | None = None, stream=None) -> list[str]:
    layout = StepLayout(Variables([("x", ())]), steps=9, score_format=asked)
    text = FORMATS[name].step_text(layout, stream)
    text.start(scores[0], scores[0])
    return [text.row(Record(t, (0.5,), score)) for t, score in enumerate(scores)]


@pytest.mark.parametrize("first", [0.0, 1e-3, -0.5, 99999.0, -99999.0, float("inf"), float("nan")])
@pytest.mark.parametrize("prospect", [0.0, 1e-3, 0.5, 9e4, float("inf"), float("nan")])
def test_a_usual_score_has_the_decimals_of_the_article(first: float, prospect: float) -> None:
    assert ScoreFormat.of(None, first, prospect) == (".5f", ".6f", 12)


@pytest.mark.parametrize("first", [5e-324, 9.99e-4, -1e-9, 1e5, -1e20, 1e308])
def test_another_has_digits_that_can_be_read(first: float) -> None:
    step, closing, width = ScoreFormat.of(None, first, abs(first))
    assert step == closing
    assert float(format(first, step)) == pytest.approx(first, rel=1e-4)
    assert len(format(first, step)) <= width == 12


sizes = st.floats(-300, 300).map(lambda power: 10.0**power)


@given(st.one_of(st.just(0.0), sizes, sizes.map(lambda size: -size)), sizes)
def test_changes_can_be_read_wherever_the_scores_are(first: float, prospect: float) -> None:
    step, _, width = ScoreFormat.of(None, first, prospect)
    # A score has sixteen digits; those of a change that are lost in it cannot be shown.
    change = min(max(0.01 * prospect, 1e-15 * abs(first)), 0.5 * abs(first) or prospect)
    for score in (first, first + change, first - change):
        assert len(format(score, step)) <= width
    if prospect > 1e-13 * abs(first):
        assert len({format(first + k * change, step) for k in range(-1, 2)}) == 3


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_constant_does_not_hide_how_the_score_falls(sign: float) -> None:
    scores = [sign * (1e6 + each) for each in (6.3083, 1.25, 0.0312, 0.0001)]
    layout = StepLayout(Variables([("x", ())]), steps=9)
    text = FORMATS["table"].step_text(layout, None)
    text.start(scores[0], 5.0)
    shown = [text.row(Record(0, (0.5,), score)).split()[-1] for score in scores]
    assert shown == [f"{score:.4f}" for score in scores]


@pytest.mark.parametrize(
    ("formula", "start", "row", "closing"),
    [
        ("(x - 3)**2", 0, ".5f", ".6f"),
        ("-x", 0, ".5f", ".6f"),
        ("-1e20*x", 0, ".4e", ".4e"),
        ("1e-9*x**2 - 1e-9*x", 0, ".4e", ".4e"),
        ("1e-9*x**2 - 1e-9*x", 1, ".4e", ".4e"),
        ("(x - 3)**2 + 250000", 0, ".5f", ".5f"),
        ("(x - 3)**2 + 12345678.9", 0, ".5f", ".5f"),
        ("1 - 1e-9*x", 0, ".14f", ".14f"),
        ("2 - 1e30*x", 0, ".4e", ".4e"),
    ],
)
def test_the_last_line_is_as_the_rows_are(cli, formula, start, row, closing) -> None:
    config = ["run", "-e", formula, "-b", "x=-5,5", "--set", f"start.x={start}"]
    score = json.loads(cli(*config, "--format", "json").stdout)["last"]["score"]
    *_, last, _, below = cli(*config, "--format", "table").stdout.splitlines()
    assert last.split()[-1] == f"{score:{row}}"
    assert below.split()[-1] == f"{score:{closing}}"
    assert cli(*config, "--format", "none").stdout == f"{below}\n"
    *_, last, _, below = cli(*config, "--format", "lines").stdout.splitlines()
    assert (last.split()[-1], below.split()[-1]) == (f"{score:.5f}", f"{score:.6f}")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        # The slope is 2 and -6: a hundred steps of 0.001 each.
        ({}, 0.1 * 2 + 0.1 * 6),
        ({"n_iter": 0}, 0.0),
        ({"alpha": "0.001*(1 - t/n_iter)"}, 0.05 * 8),
        # They cannot leave the box, unless it is no limit.
        ({"alpha": 1.0}, 10.0 * 2 + 4.0 * 6),
        ({"alpha": 1.0, "bounds_mode": "start"}, 100.0 * 8),
        ({"method": "sgd"}, 0.1 * 2**2 + 0.1 * 6**2),
        ({"direction": "maximize"}, 0.8),
    ],
)
def test_what_the_start_says_of_changes(keys, expected) -> None:
    box = "{x: [-5, 5], y: [-2, 2]}"
    config = config_of("x**2 + y**2*3", box, **{"start": "{x: 1, y: -1}", **keys})
    _, slope = evaluate(config.objective.make(), start_of(config)[:, None])
    assert prospect_of(prepare(config), slope[:, 0]) == pytest.approx(expected, rel=0.02)


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
    with pytest.raises(UsageError, match=r"--score-format: expected a format .*\n  use") as caught:
        parse_score_format(text)
    # Python's own words speak of codes, specifiers and objects of types.
    assert "object" not in str(caught.value)


def test_it_is_checked_before_any_work(tmp_path) -> None:
    command = [sys.executable, "-m", "adamcli", "run", "sphere", "--score-format", "d"]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "r.json")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("formula", ["(x - 3)**2 + 1e12", "-1e20*x", "(x - 3)**2 + 1e6"])
@pytest.mark.parametrize("width", [40, 60, 80])
def test_every_row_of_a_run_is_one_line(monkeypatch, formula, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    config, stream = config_of(formula, "{x: [-5, 5]}", start="{x: 0}", n_iter=20), Terminal()
    text = FORMATS["table"].step_text(StepLayout(config.variables, steps=20), stream)
    outputs, sink = Outputs(), StreamSink(stream)
    outputs.add(text, sink)
    outputs.begin()
    outputs.end(run_config(config, watch=outputs.watch()))
    framed = [line for line in stream.getvalue().splitlines() if line.startswith("│")]
    assert len(framed) == 1 + 20
    assert len({len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in framed}) == 1
