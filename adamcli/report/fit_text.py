"""What a fit says, for a person: parameters with errors, in the style of gnuplot."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adamcli.fit.statistics import Estimate, Fit

MOST_SHOWN = 20
"""Of more parameters, only the first ones are shown."""

_LEAST_CORRELATION = 0.1
"""Weaker correlations are not shown."""

SCALES = {
    "known": "errors: from the known errors of the data (sigma), not rescaled",
    "estimated": "errors: scaled by the scatter of the residuals, as the data have no known errors",
}
"""Where the scale of the errors comes from, in a sentence."""


def fit_rows(fit: Fit) -> list[tuple[str, str]]:
    """Return the rows of a summary: label and text."""
    shown = {**fit.parameters, **fit.derived}
    rows = [("fit", _quality(fit))]
    rows += [(name, estimate_text(shown[name])) for name in list(shown)[:MOST_SHOWN]]
    if any(isfinite(estimate.stderr) for estimate in shown.values()):
        rows.append(("", SCALES[fit.scale]))
    correlations = _correlations(fit)
    if correlations:
        rows.append(("correlation", correlations))
    return [*rows, *(("note", note) for note in fit.notes)]


def estimate_text(estimate: Estimate) -> str:
    """Return `238.942 +/- 2.707 (1.13%)`; without an error only the value."""
    value, error = estimate.value, estimate.stderr
    if not (isfinite(value) and isfinite(error)):
        return f"{value:.10g}"
    relative = f" ({100 * estimate.relative:.3g}%)" if isfinite(estimate.relative) else ""
    return f"{value:.{_digits(value, error)}g} +/- {error:.4g}{relative}"


def _digits(value: float, error: float) -> int:
    """Return how many digits show a value down to the third digit of its error."""
    if not value or not error:
        return 10
    return min(16, max(6, 3 + floor(log10(abs(value))) - floor(log10(error))))


def _quality(fit: Fit) -> str:
    parts = {
        "residual sd": fit.residual_sd,
        "rss": fit.rss,
        "reduced chi2": fit.reduced_chi2,
        "p": fit.p_value,
        "R²": fit.r_squared,
        "AICc": fit.aicc,
    }
    numbers = (f"{name} {value:.7g}" for name, value in parts.items() if isfinite(value))
    counts = f"{fit.points:,} points, {fit.dof:,} degrees of freedom"
    return ", ".join([counts, *numbers])


def _correlations(fit: Fit) -> str:
    names = list(fit.correlation)[:MOST_SHOWN]
    pairs = [
        (fit.correlation[a][b], f"{a}, {b}: {fit.correlation[a][b]:.3f}")
        for k, a in enumerate(names)
        for b in names[k + 1 :]
        if abs(fit.correlation[a].get(b, 0.0)) >= _LEAST_CORRELATION
    ]
    strongest = sorted(pairs, key=lambda pair: -abs(pair[0]))
    return "; ".join(text for _, text in strongest[:10])
