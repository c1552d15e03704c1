"""What is shown of a run that is still going, from glances at known times."""

from math import nan

import pytest

from adamcli.optimizer.result import Glance
from adamcli.report.run_view import RunView

FIRST, NOW = Glance(0, 40.0, 40.0), Glance(12_299, 2.1e-5, 1.234e-5)


def view_of(*glances: Glance, seconds: float = 0.3, n_iter: int = 100_000) -> RunView:
    """Return a view after glances that lie `seconds` apart."""
    view = RunView(n_iter)
    for number, glance in enumerate(glances):
        view.add(glance, 100.0 + seconds * number)
    return view


SHOWN = {
    80: [
        "step  12,300/100,000   12%  41,000 steps/s  ETA 0:00:02",
        "best 1.234e-05   score 2.1e-05     " + "█" * 44 + "▁",
    ],
    120: [
        "step  12,300/100,000   12%  41,000 steps/s  ETA 0:00:02",
        "best 1.234e-05   score 2.1e-05     " + "█" * 47 + "▁",
    ],
    41: ["step  12,300/100,000   12%  ETA 0:00:02", "best 1.234e-05   score 2.1e-05"],
    20: ["step  12,300/100,000", "best 1.234e-05"],
    5: [" 12%", ""],
}
"""The two lines by the width of the terminal."""


@pytest.mark.parametrize("width", SHOWN)
def test_two_lines_of_figures_and_a_curve(width) -> None:
    lines = view_of(FIRST, NOW).text(width).plain.split("\n")
    assert [line.rstrip() for line in lines] == SHOWN[width]


@pytest.mark.parametrize("n_iter", [1, 99, 10**6, 10**18])
@pytest.mark.parametrize("score", [0.0, -1.2345e-105, nan])
def test_no_line_is_wider_than_the_terminal(n_iter, score) -> None:
    view = view_of(*(Glance(t, score, score) for t in (0, n_iter - 1)), n_iter=n_iter)
    for width in range(1, 200):
        assert max(map(len, view.text(width, ascii_only=True).plain.split("\n"))) <= width


def test_where_the_encoding_has_no_blocks_the_curve_is_ascii() -> None:
    text = view_of(FIRST, NOW).text(80, ascii_only=True).plain
    assert text.isascii()
    assert text.endswith("'" * 44 + "_")


def test_a_run_that_is_in_its_first_step_has_no_rate_yet() -> None:
    assert view_of(FIRST, FIRST).figures() == ["step       1/100,000", "  0%"]


@pytest.mark.parametrize(
    ("t", "seconds", "rate", "left"),
    [
        (1, 4.0, "0.25 steps/s", "4.6 days"),
        (3, 0.1, "30 steps/s", "0:55:33"),
        (98_000, 0.7, "140,000 steps/s", "0:00:00"),
        (1, 10_000.0, "0.0001 steps/s", "11,573.8 days"),
    ],
)
def test_the_rate_and_the_time_left(t, seconds, rate, left) -> None:
    *_, shown_rate, shown_left = view_of(FIRST, FIRST._replace(t=t), seconds=seconds).figures()
    assert shown_rate == rate
    assert shown_left.startswith(f"ETA {left}")
