"""The results of a sweep: one row a run, kept as columns."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from adamcli.optimizer.result import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from adamcli.objective.variables import Variables
    from adamcli.sweeps.plan import Column, Plan

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_Cell = TypeVar("_Cell")

STATUS_TEXTS = tuple(status.value for status in STATUSES)


class Rows(NamedTuple):
    """What became of some runs; every array has a place for each of `runs`, their numbers.

    `status` has positions in `STATUSES`. The points have the shape (coordinates, runs), with NaN
    where a run has no such variable; they are None where only scores were asked for. `messages`
    tells by the number of a run why it failed.
    """

    runs: IntArray
    seed: IntArray
    status: NDArray[np.int8]
    nit: IntArray
    best_score: FloatArray
    last_score: FloatArray
    best_x: FloatArray | None = None
    last_x: FloatArray | None = None
    messages: dict[int, str] = {}  # noqa: RUF012 - never changed

    def taken(self, places: IntArray) -> Rows:
        """Return the rows at some places."""
        return Rows(
            self.runs[places],
            self.seed[places],
            self.status[places],
            self.nit[places],
            self.best_score[places],
            self.last_score[places],
            None if self.best_x is None else self.best_x[:, places],
            None if self.last_x is None else self.last_x[:, places],
        )


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one behind the other."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(part[:8] for part in parts), strict=True)
    arrays = [None if c[0] is None else np.concatenate(c, axis=-1) for c in columns]
    messages = {run: text for part in parts for run, text in part.messages.items()}
    return Rows._make([*arrays, messages])


def in_order(parts: Sequence[Rows], runs: IntArray) -> Rows:
    """Return the rows of all parts in the order of `runs`, each of which is in one of them."""
    if len(parts) == 1:
        return parts[0]
    rows = joined(parts)
    rank = np.argsort(np.argsort(runs, kind="stable"), kind="stable")
    return rows.taken(np.argsort(rows.runs, kind="stable")[rank])._replace(messages=rows.messages)


class Table:
    """The columns that rows are written in: the index, what is varied, and what came out.

    `variables` are those of all runs, None if they differ. A key that is varied has a column of its
    name; `seed` is there in any case. The others are called as the fields of `--expect` are:
    `status`, `nit`, `best.score`, `best.x.NAME`, and so on.
    """

    def __init__(
        self,
        plan: Plan,
        coordinates: Sequence[str],
        variables: Variables | None = None,
        points: bool = True,
    ) -> None:
        self.coordinates = list(coordinates) if points else []
        self._variables = variables
        self.parameters = [column for column in plan.columns if column.key != "seed"]
        self.names = [
            "index",
            *(column.key for column in self.parameters),
            "seed",
            "status",
            "nit",
            "best.score",
            *(f"best.x.{name}" for name in self.coordinates),
            "last.score",
            *(f"last.x.{name}" for name in self.coordinates),
        ]
        texts = ["text" if c.values.numbers is None else _kind(c) for c in self.parameters]
        points_kinds = ["real"] * (1 + len(self.coordinates))
        self.kinds = ["integer", *texts, "integer", "text", "integer", *points_kinds * 2]

    def nested(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the values of all coordinates by variable, or by coordinate if runs differ."""
        if not self.coordinates or self._variables is None:
            return dict(zip(self.coordinates, values, strict=True))
        return self._variables.unpack(values)

    @property
    def sql_names(self) -> list[str]:
        """The names for SQL, which takes x and X for the same: the second one is numbered."""
        taken: set[str] = set()
        found = []
        for name in self.names:
            numbered = (f"{name}_{k}" for k in count(2))
            free = next(c for c in chain([name], numbered) if c.casefold() not in taken)
            taken.add(free.casefold())
            found.append(free)
        return found

    def columns(self, rows: Rows) -> list[list[Any]]:
        """Return the columns as lists of Python's numbers and texts, in the order of `names`."""
        return self.written(rows, self._parameter, list, STATUS_TEXTS, list)

    def written(
        self,
        rows: Rows,
        parameter: Callable[[Column, IntArray], list[_Cell]],
        wholes: Callable[[list[int]], list[_Cell]],
        statuses: Sequence[_Cell],
        reals: Callable[[list[float]], list[_Cell]],
    ) -> list[list[_Cell]]:
        """Return the columns in the order of `names`, each kind written by a function of its own.

        `statuses` has what is written for each code of a status.
        """
        assert not self.coordinates or rows.best_x is not None
        count = len(self.coordinates)
        points = [[] if x is None else x[:count].tolist() for x in (rows.best_x, rows.last_x)]
        return [
            wholes(rows.runs.tolist()),
            *(parameter(column, rows.runs) for column in self.parameters),
            wholes(rows.seed.tolist()),
            [statuses[code] for code in rows.status.tolist()],
            wholes(rows.nit.tolist()),
            reals(rows.best_score.tolist()),
            *map(reals, points[0]),
            reals(rows.last_score.tolist()),
            *map(reals, points[1]),
        ]

    def _parameter(self, column: Column, runs: IntArray) -> list[Any]:
        places = column.places(runs)
        numbers = column.values.numbers
        if numbers is not None:
            taken = numbers[places]
            listed: list[Any] = (taken.astype(np.int64) if column.values.whole else taken).tolist()
            return listed
        return [column.values.plain(i) for i in places.tolist()]


def _kind(column: Column) -> str:
    return "integer" if column.values.whole else "real"
