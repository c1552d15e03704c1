"""Examples of parts of results as JSON has them, with every number that can be in them.

What `--expect` may name is known before a run only from these.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.listed import MOST_LISTED, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from adamcli.objective.residuals import Residuals
    from adamcli.objective.variables import Variables


class Known(NamedTuple):
    """What decides which numbers a result has: variables, what is fitted, what is measured.

    `more` has what else stands in its JSON, as it is or as an example. `unsure` names the parts of
    a result of which a mistake in the config hides what is in them; `best.*` is what stands in
    `best` besides what all results have there.
    """

    variables: Variables
    fitted: Residuals | None = None
    measures: Sequence[str] = ()
    more: Mapping[str, Any] = MappingProxyType({})
    unsure: Collection[str] = ()


def stop(known: Known) -> dict[str, Any]:
    """Return which rule ended a run."""
    return {"code": "", "rule": ""}


def fit(known: Known) -> dict[str, Any]:
    """Return what a fit says."""
    if known.fitted is None:
        return {}
    from adamcli.fit.statistics import example

    return example(known.fitted, known.variables.coordinate_names())


def bootstrap(known: Known) -> dict[str, Any]:
    """Return what a bootstrap says of a fit."""
    if known.fitted is None:
        return {}
    from adamcli.fit.bootstrap import example

    return example(known.variables.coordinate_names())


def profile(known: Known) -> dict[str, Any]:
    """Return the profile intervals of a fit."""
    if known.fitted is None:
        return {}
    from adamcli.fit.profile import example

    return example(known.variables.coordinate_names())


def minima(known: Known) -> list[Any]:
    """Return the minima of a search, of which there is one at least."""
    return [{"x": point(known), "score": 0.0, "descents": 0}]


def divergence(known: Known) -> dict[str, Any]:
    """Return where a run diverged."""
    return {"t": 0, "x": point(known)}


def active_bounds(known: Known) -> dict[str, Any]:
    """Return the active bounds: of many, how many they are."""
    return {"lower": 0, "upper": 0} if known.variables.dim > MOST_LISTED else {}


def point(known: Known) -> dict[str, Any]:
    """Return an example of a point as JSON has it."""
    import numpy as np

    return listed(known.variables, np.zeros(known.variables.dim).tolist())
