"""What a fit says, for a person: parameters with errors, in the style of gnuplot."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import TYPE_CHECKING, TextIO

from adamcli.counted import counted
from adamcli.report.drawing import DIGITS, draw
from adamcli.report.folding import fitted

if TYPE_CHECKING:
    from adamcli.fit.statistics import Estimate, Fit
    from adamcli.solution import Solution

MOST_SHOWN = 20
"""Of more parameters, only the first ones are shown."""

_LEAST_CORRELATION = 0.1
"""Weaker correlations are not shown."""

_INTERVALS = [(f"{name} low", f"{name} high") for name in ("95%", "bootstrap", "profile")]
"""The columns of each kind of interval, which are shown together."""

_SCALES = {
    "known": "from the known errors of the data (sigma), not rescaled",
    "estimated": "scaled by the scatter of the residuals, as the data have no known errors",
    "relative": "scaled by sqrt(reduced chi2), as the weights of an objective are relative; "
    "sigma of a model is absolute",
}
"""Where the scale of the errors comes from, in words."""


def fit_rows(fit: Fit) -> list[tuple[str, str]]:
    """Return the rows of a summary: label and text."""
    shown = {**fit.parameters, **fit.derived}
    rows = [("fit", _quality(fit))]
    rows += [(name, estimate_text(shown[name])) for name in list(shown)[:MOST_SHOWN]]
    if any(isfinite(estimate.stderr) for estimate in shown.values()):
        rows.append(("", _scale(fit)))
    correlations = _correlations(fit)
    if correlations:
        rows.append(("correlation", correlations))
    return [*rows, *(("note", note) for note in fit.notes)]


def print_fit(result: Solution, stream: TextIO) -> None:
    """Write the table of the parameters with their errors, and what else is known of the fit."""
    fit = result.fit
    assert fit is not None
    draw(
        lambda digits: _table(result, fit, digits),
        stream,
        title="fit",
        dispensable=(("relative",), *_INTERVALS),
        vital=("value", "stderr"),
    )
    stream.write(fitted("\n" + "".join(f"{line}\n" for line in _facts(fit)), stream))


def _table(result: Solution, fit: Fit, digits: int) -> dict[str, list[str]]:
    shown = {**fit.parameters, **fit.derived}
    estimates = list(shown.values())
    columns = {
        "parameter": list(shown),
        "value": [f"{e.value:.{10 if digits > DIGITS[-1] else 6}g}" for e in estimates],
        "stderr": [_number(e.stderr, 4) for e in estimates],
        "relative": [_percent(e.relative) for e in estimates],
        "95% low": [_number(e.low, min(6, digits)) for e in estimates],
        "95% high": [_number(e.high, min(6, digits)) for e in estimates],
    }
    for name, found in (("bootstrap", result.bootstrap), ("profile", result.profile)):
        if found is not None:
            own = [found.parameters.get(parameter) for parameter in shown]
            for end in ("low", "high"):
                cells = ["" if e is None else _number(getattr(e, end), 6) for e in own]
                columns[f"{name} {end}"] = cells
    return columns


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}g}" if isfinite(value) else "-"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%" if isfinite(share) else "-"


def _facts(fit: Fit) -> list[str]:
    """Return lines on the quality of the fit, its errors, correlations and what is to be noted."""
    rows = [_quality(fit)]
    if any(isfinite(estimate.stderr) for estimate in fit.parameters.values()):
        rows.append(_scale(fit))
    correlations = _correlations(fit)
    rows += [f"correlation: {correlations}"] if correlations else []
    return [*rows, *(f"note: {note}" for note in fit.notes)]


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


def _scale(fit: Fit) -> str:
    is_relative = fit.scale == "estimated" and isfinite(fit.chi2)
    return f"errors: {_SCALES['relative' if is_relative else fit.scale]}"


def _quality(fit: Fit) -> str:
    parts = {
        "residual sd": fit.residual_sd,
        "chi2" if isfinite(fit.chi2) else "rss": fit.rss,
        "reduced chi2": fit.reduced_chi2,
        "p": fit.p_value,
        "R²": fit.r_squared,
        "AICc": fit.aicc,
    }
    numbers = (f"{name} {value:.7g}" for name, value in parts.items() if isfinite(value))
    counts = f"{counted(fit.points, 'point')}, {counted(fit.dof, 'degree')} of freedom"
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
