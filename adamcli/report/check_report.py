"""The findings of `adamcli check`, for people and as JSON."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.counted import counted
from adamcli.fields import json_text
from adamcli.listed import listed
from adamcli.report.durations import about
from adamcli.report.summary import by_name
from adamcli.report.text import array_text
from adamcli.results import provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.model import Config
    from adamcli.inspection import Inspection
    from adamcli.proposal import Proposal, Trial

SHOWN = 8
"""About how many trials are shown to people."""


def check_rows(found: Inspection, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the findings as pairs of label and text; `names` are those of the coordinates."""
    if found.failure:
        return [("result", "failed"), ("objective", found.failure)]
    start = "finite" if found.start_is_finite else "the value or the gradient is not finite"
    rows = [
        ("result", _result(found)),
        ("variables", counted(found.dim, "coordinate")),
        ("gradient", _gradient(found)),
        *(_named(names, found.worst.x) if found.worst is not None and not _agrees(found) else ()),
        ("start", start),
        ("values", _values(found)),
        *(_named(names, found.example) if found.not_finite else ()),
    ]
    if found.ignored:
        rows.append(("ignored", ", ".join(found.ignored) + ": not used by the objective"))
    if found.unused:
        rows.append(("unused", ", ".join(found.unused) + ": not needed by any formula"))
    if isfinite(found.step_seconds):
        step, whole = found.step_seconds * 1e6, about(found.step_seconds * found.n_iter)
        rows.append(("a step", f"{step:.3g} us, {counted(found.n_iter, 'step')} in about {whole}"))
    return rows


def _named(names: Sequence[str], x: Sequence[float] | None) -> list[tuple[str, str]]:
    """Return a point with a line for each coordinate, where a list is hard to read."""
    return [(f"  {name}", text) for name, text in by_name(names, x)] if x is not None else []


def _result(found: Inspection) -> str:
    if not found.passed:
        return "failed"
    doubts = {"values": found.not_finite, "ignored": found.ignored, "unused": found.unused}
    named = [label for label, doubt in doubts.items() if doubt]
    return f"passed, with doubts: see {' and '.join(named)}" if named else "passed"


def proposal_text(proposal: Proposal) -> str:
    """Return what to try, and what it gives."""
    best = proposal.best
    text = f"alpha: {best.alpha}, n_iter: {best.n_iter} "
    if not best.reached:
        return f"{text}is the best of what was tried, but gives {best.score:.6g}, {best.verdict}"
    text += f"reaches a {best.verdict.word} of {best.score:.6g}"
    if proposal.starts:
        text += f", and reaches one from {proposal.others} of {proposal.starts} other starts"
    return text


def proposal_rows(proposal: Proposal) -> list[tuple[str, str]]:
    """Return what to try and what was tried as pairs of label and text."""
    trials = proposal.trials
    shown = trials[:: max(1, len(trials) // SHOWN)]
    if proposal.best in trials and proposal.best not in shown:
        shown = tuple(t for t in trials if t in shown or t is proposal.best)
    return [
        ("proposal", proposal_text(proposal)),
        (
            "tried",
            f"{len(trials)} values of alpha, for {counted(trials[0].n_iter, 'step')} each, such as",
        ),
        *((f"  alpha: {t.alpha}", f"{t.score:.6g}, {t.verdict.word}") for t in shown),
    ]


class CheckReport(NamedTuple):
    """The findings with their config, and the proposal if there is one."""

    found: Inspection
    config: Config
    proposal: Proposal | None = None

    def to_text(self) -> str:
        """Return the findings as lines `label: text`."""
        rows = check_rows(self.found, self.config.variables.coordinate_names())
        rows += proposal_rows(self.proposal) if self.proposal else []
        return "".join(f"{label}: {text}\n" for label, text in rows)

    def to_json(self) -> str:
        """Return the findings as JSON."""
        return json_text(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the findings by name, points by their variables, with the config and versions."""
        found, unpack = self.found, partial(listed, self.config.variables)
        worst: dict[str, Any] | None = None
        if found.worst is not None:
            worst = {**found.worst._asdict(), "x": unpack(found.worst.x)}
        return {
            "passed": found.passed,
            "failure": found.failure or None,
            "dim": found.dim,
            "n_iter": found.n_iter,
            "gradient": {"method": found.method, "tolerance": found.tolerance, "worst": worst},
            "start_is_finite": found.start_is_finite,
            "not_finite": {
                "points": found.not_finite,
                "of": found.samples,
                "example": unpack(found.example) if found.example is not None else None,
            },
            "ignored": list(found.ignored),
            "unused": list(found.unused),
            "step_seconds": found.step_seconds,
            "estimated_seconds": found.step_seconds * found.n_iter,
            "proposal": _proposal_dict(self.proposal) if self.proposal else None,
            **provenance(self.config),
        }


def _proposal_dict(proposal: Proposal) -> dict[str, Any]:
    def entry(trial: Trial) -> dict[str, Any]:
        return {
            "alpha": trial.alpha,
            "n_iter": trial.n_iter,
            "score": trial.score,
            "verdict": trial.verdict.code.value,
        }

    return {
        **entry(proposal.best),
        "others": proposal.others,
        "starts": proposal.starts,
        "trials": [entry(trial) for trial in proposal.trials],
    }


def _gradient(found: Inspection) -> str:
    worst = found.worst
    if worst is None:
        return "not compared: no point has a finite value"
    right = _agrees(found)
    verdict = "agrees with" if right else "DISAGREES with"
    text = f"{verdict} {found.method}; worst at {worst.coordinate}: "
    text += f"{worst.gradient!r} for {worst.reference!r}, relative error {worst.relative_error:.2g}"
    return text if right else f"{text}, at x = {array_text(worst.x, 12)}"


def _agrees(found: Inspection) -> bool:
    return found.worst is not None and found.worst.relative_error <= found.tolerance


def _values(found: Inspection) -> str:
    if not found.not_finite:
        return f"finite at all of {found.samples} points"
    assert found.example is not None
    where = array_text(found.example, 12)
    return f"not finite at {found.not_finite} of {found.samples} points, such as x = {where}"
