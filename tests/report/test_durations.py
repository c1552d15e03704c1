"""Durations in words."""

import pytest

from adamcli.report.durations import about, lasted


@pytest.mark.parametrize(
    ("seconds", "estimate", "measured"),
    [
        (0.0, "0 s", "0 s"),
        (0.02134, "0.021 s", "0.0213 s"),
        (9.94, "9.9 s", "9.94 s"),
        (45.4, "45 s", "45.4 s"),
        (119.0, "119 s", "119 s"),
        (125.0, "2 minutes", "125 s"),
        (1_500.0, "25 minutes", "25 minutes"),
        (11_000.0, "3 hours", "3.06 hours"),
        (170_000.0, "47 hours", "47.2 hours"),
        (1e6, "12 days", "11.6 days"),
        (1e9, "11,574 days", "11,600 days"),
    ],
)
def test_durations(seconds, estimate, measured) -> None:
    assert (about(seconds), lasted(seconds)) == (estimate, measured)
