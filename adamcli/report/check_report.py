"""The findings of `adamcli check`, for people and as JSON."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.fields import json_text
from adamcli.report.text import array_text
from adamcli.results import provenance

if TYPE_CHECKING:
    from adamcli.config.model import Config
    from adamcli.inspection import Inspection


def check_rows(found: Inspection) -> list[tuple[str, str]]:
    """Return the findings as pairs of label and text."""
    if found.failure:
        return [("result", "failed"), ("objective", found.failure)]
    start = "finite" if found.start_is_finite else "the value or the gradient is not finite"
    rows = [
        ("result", "passed" if found.passed else "failed"),
        ("variables", f"{found.dim:,} coordinates"),
        ("gradient", _gradient(found)),
        ("start", start),
        ("values", _values(found)),
    ]
    if found.ignored:
        rows.append(("ignored", ", ".join(found.ignored) + ": not used by the objective"))
    if isfinite(found.step_seconds):
        step, seconds = found.step_seconds * 1e6, found.step_seconds * found.n_iter
        rows.append(("a step", f"{step:.3g} us, {found.n_iter:,} steps in about {seconds:.2g} s"))
    return rows


class CheckReport(NamedTuple):
    """The findings with their config."""

    found: Inspection
    config: Config

    def to_text(self) -> str:
        """Return the findings as lines `label: text`."""
        return "".join(f"{label}: {text}\n" for label, text in check_rows(self.found))

    def to_json(self) -> str:
        """Return the findings as JSON."""
        return json_text(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the findings by name, points by their variables, with the config and versions."""
        found, unpack = self.found, self.config.variables.unpack
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
            "step_seconds": found.step_seconds,
            "estimated_seconds": found.step_seconds * found.n_iter,
            **provenance(self.config),
        }


def _gradient(found: Inspection) -> str:
    worst = found.worst
    if worst is None:
        return "not compared: no point has a finite value"
    right = worst.relative_error <= found.tolerance
    verdict = "agrees with" if right else "DISAGREES with"
    text = f"{verdict} {found.method}; worst at {worst.coordinate}: "
    text += f"{worst.gradient!r} for {worst.reference!r}, relative error {worst.relative_error:.2g}"
    return text if right else f"{text}, at x = {array_text(worst.x, 12)}"


def _values(found: Inspection) -> str:
    if not found.not_finite:
        return f"finite at all of {found.samples} points"
    assert found.example is not None
    where = array_text(found.example, 12)
    return f"not finite at {found.not_finite} of {found.samples} points, such as x = {where}"
