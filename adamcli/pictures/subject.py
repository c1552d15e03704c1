"""What pictures are drawn of: what is known of a run, a search or a sweep, wherever it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.optimizer.result import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.model import Config
    from adamcli.optimizer.result import Point
    from adamcli.pictures.course import Course
    from adamcli.pictures.inside import Inside
    from adamcli.pictures.table import Table


class Subject(NamedTuple):
    """What is known of a result; None, or empty, where something is not.

    `name` is what it is called, and `about` says how it came about: "60 steps of adam". `names` are
    those of the coordinates. `start`, `best` and `last` are points, `places` other minima that a
    search found. `course` has the steps of a run, `inside` what happened in its method; `diverged`
    says how it ended. `table` has the runs of a sweep. The `config` is evaluated where a picture
    shows the objective. `outcome` is the result itself, for what is said beside a picture.
    """

    name: str
    about: str = ""
    direction: Direction = Direction.MINIMIZE
    names: tuple[str, ...] = ()
    config: Config | None = None
    start: Point | None = None
    best: Point | None = None
    last: Point | None = None
    places: tuple[Sequence[float], ...] = ()
    course: Course | None = None
    inside: Inside | None = None
    diverged: bool = False
    table: Table | None = None
    outcome: Any = None

    @property
    def path(self) -> Course | None:
        """The course, if it has points; that of a search has none."""
        return self.course if self.course is not None and self.course.x.shape[1] else None

    @property
    def title(self) -> str:
        """The name, and how it came about."""
        return f"{self.name}: {self.about}" if self.about else self.name


class Wish(NamedTuple):
    """What the user wants to see: the kind, two coordinates or axes, the `variables` of `state`."""

    kind: str | None = None
    x: str | None = None
    y: str | None = None
    variables: tuple[str, ...] = ()
