"""The result of a sweep, for Python, JSON, tables and expectations."""

from __future__ import annotations

from functools import cached_property
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from adamcli.counted import counted
from adamcli.errors import UsageError
from adamcli.experiment import run_config
from adamcli.fields import COUNTED, ROW_FIELDS, SWEEP_FIELDS, Kind, json_text, numbers_of
from adamcli.names import normal
from adamcli.optimizer.result import Point
from adamcli.paths import with_more
from adamcli.results import provenance
from adamcli.sweeps.scores import Groups, is_grouped

if TYPE_CHECKING:
    from collections.abc import Collection

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from adamcli.arrays import Array
    from adamcli.fields import Field
    from adamcli.optimizer.status import Status
    from adamcli.results import Result
    from adamcli.sweeps.rows import RowLayout, Rows
    from adamcli.sweeps.scores import Scoreboard, Setting
    from adamcli.sweeps.variations import Variations


class SweepResult:
    """The result of a sweep that has finished, or was stopped, after `seconds`.

    `columns` holds one array per column of the rows, by name: `index`, every key that was varied,
    `seed`, `status`, `nit`, `best.score`, `best.x.NAME` and so on; `result["best.score"]` is one of
    them. `stop` is the status with which the sweep was stopped, else None.
    """

    def __init__(
        self,
        variations: Variations,
        board: Scoreboard,
        *,
        top: int,
        seconds: float,
        stop: Status | None,
        layout: RowLayout,
        rows: Rows | None,
    ) -> None:
        self.variations, self.board, self.top = variations, board, top
        self.seconds, self.stop = seconds, stop
        self._layout, self._rows = layout, rows

    @cached_property
    def columns(self) -> dict[str, Array]:
        """The columns of all rows, arrays of shape (runs,); raises `UsageError` if not kept."""
        if self._rows is None:
            raise UsageError("the rows of this sweep were not kept")
        return {column.name: column.array(self._rows) for column in self._layout.columns}

    def __getitem__(self, name: str) -> Array:
        return self.columns[normal(name)]

    @cached_property
    def leaders(self) -> Rows | None:
        """The best runs with their points, best first; None if no run has a finite score."""
        rows = self.board.leaders
        return rows if rows is None or rows.has_points else self.variations.compute(rows.runs)

    @cached_property
    def best(self) -> Result | None:
        """The result of the best run, which is repeated for it; None if no score is finite."""
        if self.board.leaders is None:
            return None
        config = self.variations.config(int(self.board.leaders.runs[0]))
        return run_config(config, allow_python=self.variations.allow_python)

    @property
    def closing(self) -> Point | None:
        """The point for the last line, which is the best one; None if there is none."""
        if (rows := self.leaders) is None:
            return None
        score = float(rows.columns["best.score"][0])
        return Point(0, tuple(point_of(rows, "best.x", 0)), score)

    @cached_property
    def settings(self) -> list[Setting]:
        """The settings with the best means over seeds and starts; none unless these are varied."""
        plan, direction = self.variations.plan, self.variations.first.direction
        return Groups(self.board, plan, direction).top(self.top) if is_grouped(plan) else []

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are done, in total and by status."""
        return {"runs": self.board.done, **{s.value: self.board.count(s) for s in COUNTED}}

    def plot(self, kind: str | None = None, *, ax: Axes | None = None, **settings: Any) -> Figure:
        """Return a figure of the sweep; `kind` and the `settings` are those of `adamcli.plot`."""
        from adamcli import plot

        return plot(self, kind, ax=ax, **settings)

    def numbers(self, wanted: Collection[str] | None = None) -> dict[str, float]:
        """Return every number an expectation may name; NaN if no run has a finite score."""
        variables = self.variations.first.variables
        own = {
            **numbers_of(SWEEP_FIELDS, lambda field: field.of(self), variables),
            **numbers_of(ROW_FIELDS, self._best_value, variables, wanted),
        }
        return with_more(own, self.to_dict, wanted)

    def _best_value(self, field: Field) -> Any:
        """Return a field of the best run, NaN if there is none."""
        names = self.variations.first.variables.coordinate_names()
        if self.leaders is None:
            nothing: dict[Kind, Any] = {
                Kind.POINT: [nan] * len(names),
                Kind.MEASURES: dict.fromkeys(self.variations.measures, nan),
            }
            return nothing.get(field.kind, nan)
        if field.kind is Kind.MEASURES:
            own = ((n, self.leaders.columns[f"{field.name}.{n}"]) for n in self.variations.measures)
            return {name: float(values[0]) for name, values in own}
        found = self.leaders.columns[field.name][..., 0]
        if field.kind is not Kind.POINT:
            return found
        places = {name: k for k, name in enumerate(self.variations.coordinates)}
        return [found[places[name]] for name in names]

    def to_dict(self) -> dict[str, Any]:
        """Return the counts, the best runs and settings, the config and the versions."""
        span, plan, rows = self.board.span, self.variations.plan, self.leaders
        layout = self.variations.layout()
        return {
            **{field.name: field.of(self) for field in SWEEP_FIELDS},
            "plan": {"runs": plan.size, "first": span.first, "end": span.end},
            "axes": plan.describe(),
            "top": [layout.record(rows, k) for k in range(len(rows.runs))] if rows else [],
            "groups": [setting._asdict() for setting in self.settings],
            "messages": {str(run): text for run, text in self.board.messages.items()},
            **provenance(self.variations.first),
        }

    def to_json(self) -> str:
        """Return `to_dict` as strict JSON; numbers that are not finite are null."""
        return json_text(self.to_dict())

    def __repr__(self) -> str:
        keys, rows = ", ".join(self.variations.plan.keys), self.board.leaders
        best = "no finite score"
        if rows is not None:
            best = f"best score {rows.columns['best.score'][0]:.6g} in run {rows.runs[0]}"
        return f"<SweepResult of {counted(self.board.done, 'run')} over {keys}: {best}>"


def point_of(rows: Rows, name: str, k: int) -> list[float]:
    """Return a point of a run, without the coordinates that only others have."""
    return [value for value in rows.columns[name][:, k].tolist() if not isnan(value)]
