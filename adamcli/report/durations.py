"""Durations in words: estimates in round numbers, what was measured in three digits."""

from __future__ import annotations

_UNITS = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"))
"""Units of time in seconds, each used from two of them on."""

LONG = 1_000.0
"""Seconds from which on a measured time is told in longer units."""


def about(seconds: float) -> str:
    """Return an estimate, such as `0.02 s`, `45 s` or `3 hours`."""
    for unit, name in _UNITS:
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def lasted(seconds: float) -> str:
    """Return a measured time, such as `0.0213 s` or `3.21 hours`."""
    if seconds < LONG:
        return f"{seconds:.3g} s"
    unit, name = next((unit, name) for unit, name in _UNITS if seconds >= 2 * unit)
    return f"{float(f'{seconds / unit:.3g}'):,g} {name}"
