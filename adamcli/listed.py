"""What JSON says of many numbers: a summary in place of more than 10,000 of them.

NumPy is imported where it is needed, as the list of test functions does without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.objective.variables import Variables

MOST_LISTED = 10_000
"""The most numbers of a variable, and the most active bounds, that are listed one by one."""


def listed(variables: Variables, x: Sequence[float], file: str | None = None) -> dict[str, Any]:
    """Return the flat point `x` (dim,) by variable name: nested lists, or summaries of large ones.

    `file` is where the numbers are that are not listed.
    """
    found: dict[str, Any] = {}
    for v in variables.all:
        if v.size <= MOST_LISTED:
            found[v.name] = v.nested(x)
            continue
        import numpy as np

        part = np.asarray(x, dtype=float)[v.offset : v.offset + v.size]
        place = {"file": file} if file is not None else {}
        found[v.name] = {"shape": list(v.shape), **_summary(part), **place}
    return found


def _summary(values: FloatArray) -> dict[str, float]:
    import numpy as np

    with np.errstate(all="ignore"):
        return {
            "min": float(values.min()),
            "max": float(values.max()),
            "mean": float(values.mean()),
            "norm": float(np.linalg.norm(values)),
        }


def listed_bounds(active: Mapping[str, str]) -> dict[str, Any]:
    """Return the active bounds by coordinate; of many, how many are `lower` and `upper`."""
    from adamcli.optimizer.pushed import Pushed

    if isinstance(active, Pushed) and len(active) > MOST_LISTED:
        return dict(active.counts())
    return dict(active)


def note(variables: Variables, form: str | None, files: Sequence[str]) -> str:
    """Return what to tell of the numbers that the outputs of a command lack, if they do."""
    names = [f"{v.name}, {v.size:,} numbers" for v in variables.all if v.size > MOST_LISTED]
    wants = form == "json" or any(path.lower().endswith(".json") for path in files)
    if not (names and wants) or saved_in(files) is not None:
        return ""
    return f"the JSON has a summary of {', and of '.join(names)}; -o x.npz keeps them"


def saved_in(files: Sequence[str]) -> str | None:
    """Return the first of the files that holds the best point as arrays."""
    return next((path for path in files if path.lower().endswith(".npz")), None)
