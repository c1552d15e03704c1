"""Pictures of what a user has: a config, a result, or a file of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamcli.errors import UsageError
from adamcli.pictures.kinds import picture_of
from adamcli.pictures.subject import Wish
from adamcli.plotting.sources import subject_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot(
    source: Any,
    kind: str | None = None,
    *,
    ax: Axes | None = None,
    x: str | None = None,
    y: str | None = None,
    variables: str | Sequence[str] = (),
    allow_python: bool = False,
) -> Figure:
    """Return a figure of a result, a config, or a file of either.

    `source` is a result of `minimize`, `run_config`, `solve` or `sweep`; a config, or a mapping of
    its keys, which is run; the path of a config, of a result as JSON, of rows or of a store; or a
    list of several, whose scores are compared. `kind` is an entry of `adamcli.pictures.kinds.KINDS`
    such as "path", by default the one that fits. `x` and `y` name the coordinates, or the axes of a
    sweep, that are shown, and `variables` the coordinates of "state". With `ax` only the first
    panel is drawn, into these axes.

    Raises `UsageError` if matplotlib is not installed, or the kind cannot be drawn of the source.
    """
    from adamcli.pictures.figures import draw_into, figure_of, require_matplotlib

    require_matplotlib("plot")
    named = (variables,) if isinstance(variables, str) else variables
    wish = Wish(kind, x, y, tuple(named))
    # A config is a named tuple, and one source.
    sources = [*source] if type(source) in (list, tuple) else [source]
    if not sources:
        raise UsageError("plot: expected a source, found none")
    subjects = [subject_of(each, wish, allow_python=allow_python) for each in sources]
    picture = picture_of(subjects, wish)
    return figure_of(picture) if ax is None else draw_into(ax, picture)
