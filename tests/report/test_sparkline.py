"""The curve in one line: its characters, and that it covers all steps of a run of any length."""

from math import inf, nan

import pytest

from adamcli.report.sparkline import ASCII, BLOCKS, MOST, Trace, sparkline

CURVES = {
    "powers of ten are equally far apart": ([10.0**-k for k in range(8)], "█▇▆▅▄▃▂▁"),
    "with a negative score the axis is linear": ([4.0, 3.0, 1.0, 0.0, -3.0, -4.0], "██▆▅▂▁"),
    "zero is as low as the least": ([1.0, 1e-4, 0.0], "█▁▁"),
    "scores that do not change": ([3.0, 3.0, 3.0], "▁▁▁"),
    "zeros alone": ([0.0, 0.0], "▁▁"),
    "what is not finite is blank": ([nan, 8.0, inf, 1.0, -inf], " █ ▁ "),
    "nothing that is finite": ([nan, nan], "  "),
    "the ends of the floats": ([1.7e308, 0.0, -1.7e308], "█▅▁"),
    "the smallest floats": ([5e-324, 0.0], "▁▁"),
    "no scores": ([], ""),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_has_the_characters_of_its_scores(name) -> None:
    scores, curve = CURVES[name]
    assert sparkline(scores, BLOCKS) == curve


def test_a_curve_of_ascii() -> None:
    assert sparkline([1e3, 1e2, 1e1, 1e0], ASCII) == "'-._"


def test_columns_are_equal_numbers_of_steps() -> None:
    trace = Trace()
    for t, score in ((-1, 9.0), (1, 7.0), (2, 6.0), (50, 5.0), (99, 4.0)):
        trace.add(t, score)
    # Up to steps 25, 50 and 75, and now.
    assert trace.columns(4, 100, 3.0) == [6.0, 5.0, 5.0, 3.0]


@pytest.mark.parametrize("count", [1, 10, MOST - 1, MOST, MOST + 1, 50 * MOST])
def test_a_trace_stays_small_and_even(count) -> None:
    trace = Trace()
    for t in range(count):
        trace.add(t, float(t))
    assert len(trace._kept.entries()) <= MOST + 1
    # The score is the step here: a column shows the step at its end, but for what was left out.
    shown = trace.columns(10, count, float(count))
    for column, score in enumerate(shown):
        end = count * (column + 1) / 10
        assert end - 2 * count / MOST - 1 <= score <= max(end, 0)
