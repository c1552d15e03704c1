"""What came out of a sweep: the counts, the best runs, the groups; for people and as JSON."""

from __future__ import annotations

from functools import cached_property
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from adamcli.optimizer.result import STATUSES, Status
from adamcli.provenance import provenance
from adamcli.report.outcome import finite
from adamcli.sweeps.groups import Groups, is_repeat

if TYPE_CHECKING:
    from adamcli.sweeps.groups import GroupRow
    from adamcli.sweeps.rows import Rows, Table
    from adamcli.sweeps.scores import Scoreboard
    from adamcli.sweeps.study import Study

SIGNIFICANT = 0.05
"""Means that differ by chance with a smaller probability than this one differ really."""


class SweepSummary:
    """The results of a sweep that has ended, or was stopped, after `seconds`."""

    def __init__(self, study: Study, board: Scoreboard, top: int, seconds: float) -> None:
        self.study, self.board, self.top, self.seconds = study, board, top, seconds
        self.keys = study.plan.keys

    @cached_property
    def _table(self) -> Table:
        return self.study.table()

    @cached_property
    def leaders(self) -> Rows | None:
        """The best runs with their points; runs of which only scores were kept are made again."""
        rows = self.board.leaders
        if rows is not None and rows.best_x is None:
            return self.study.compute(rows.runs)
        return rows

    @cached_property
    def groups(self) -> list[GroupRow]:
        """The best groups; none if no seed and no start is varied."""
        groups = Groups.of(self.board, self.study.plan, maximize=self.study.first.maximize)
        return groups.top(self.top) if groups is not None else []

    def group_texts(self, group: GroupRow) -> list[tuple[str, str]]:
        """Return the keys that a group has in common, each with its value."""
        texts = zip(self.keys, self.study.plan.texts(group.example), strict=True)
        return [(key, text) for key, text in texts if not is_repeat(key)]

    def counts(self) -> dict[str, int]:
        """Return how many runs were made, and how many of them ended how."""
        statuses = (Status.FINISHED, Status.DIVERGED, Status.FAILED)
        return {"runs": self.board.done, **{s.value: self.board.count(s) for s in statuses}}

    def counts_text(self) -> str:
        """Return the counts in words."""
        counts = self.counts()
        rate = counts["runs"] / self.seconds if self.seconds > 0 else 0.0
        ended = ", ".join(f"{n:,} {s}" for s, n in counts.items() if n and s != "runs")
        missing = self.board.span.size - counts["runs"]
        if not ended:
            return f"no run in {self.seconds:.3g} s; {missing:,} were not made"
        rest = f"; {missing:,} were not made" if missing else ""
        return (
            f"{counts['runs']:,} runs in {self.seconds:.3g} s, {rate:,.0f} a second: {ended}{rest}"
        )

    def verdict(self) -> str:
        """Return whether the first groups differ really; nothing if that is not known."""
        known = [(k, g.p) for k, g in enumerate(self.groups[1:], 2) if not isnan(g.p)]
        if not known:
            return ""
        alike = [str(k) for k, p in known if p >= SIGNIFICANT]
        if not alike:
            return f"the first differs really from all others shown (p < {SIGNIFICANT})"
        which = f"number {alike[0]}" if len(alike) == 1 else f"numbers {', '.join(alike)}"
        return f"the first does not differ really from {which} (p >= {SIGNIFICANT})"

    def fields(self) -> dict[str, float]:
        """Return every field an expectation may name; NaN where no run has a finite score."""
        fields = {**{k: float(n) for k, n in self.counts().items()}, "seconds": self.seconds}
        rows, variables = self.leaders, self.study.first.variables
        fields["nit"] = float(rows.nit[0]) if rows is not None else nan
        names = variables.coordinate_names()
        places = {name: k for k, name in enumerate(self.study.coordinates)}
        for label in ("best", "last"):
            score = getattr(rows, f"{label}_score")[0] if rows is not None else nan
            fields[f"{label}.score"] = float(score)
            for k, name in enumerate(names):
                x = getattr(rows, f"{label}_x", None)
                value = float(x[places[name], 0]) if x is not None else nan
                fields[f"{label}.x[{k}]"] = fields[f"{label}.x.{name}"] = value
        return fields

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON can hold it; what is not finite is None."""
        span, plan = self.board.span, self.study.plan
        rows = self.leaders
        found: dict[str, Any] = finite(
            {
                **self.counts(),
                "seconds": round(self.seconds, 6),
                "plan": {"runs": plan.size, "first": span.first, "end": span.end},
                "axes": plan.describe(),
                "top": [self._run(rows, k) for k in range(len(rows.runs))] if rows else [],
                "groups": [
                    {"parameters": self._parameters(g.example, repeats=False), **g._asdict()}
                    for g in self.groups
                ],
                "messages": {str(run): text for run, text in self.board.messages.items()},
                **provenance(self.study.first),
            }
        )
        return found

    def _run(self, rows: Rows, k: int) -> dict[str, Any]:
        run = int(rows.runs[k])
        return {
            "index": run,
            "parameters": self._parameters(run, repeats=True),
            "seed": int(rows.seed[k]),
            "status": STATUSES[rows.status[k]].value,
            "nit": int(rows.nit[k]),
            "best": self._point(rows.best_score[k], rows.best_x, k),
            "last": self._point(rows.last_score[k], rows.last_x, k),
        }

    def _parameters(self, run: int, *, repeats: bool) -> dict[str, Any]:
        """Return what a run has at each key but the seed; `repeats` keeps starts as well."""
        values = self.study.plan.values(run).items()
        return {k: v for k, v in values if k != "seed" and (repeats or not is_repeat(k))}

    def _point(self, score: Any, x: Any, k: int) -> dict[str, Any]:
        return {"score": float(score), "x": self._table.nested(x[:, k].tolist())}
