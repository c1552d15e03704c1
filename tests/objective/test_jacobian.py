"""The columns of a Jacobian have all their digits; the oracle is mpmath with 50 of them."""

import numpy as np
import pytest
from mpmath import mp, mpf

from adamcli.config.load import parse_config

X = [0.5, 1.0, 2.5, 4.0]
A, B, C = 1.3, 0.7, -0.4

MODELS = {
    "a*exp(-b*x) + c": lambda a, b, c, x: a * mp.exp(-b * x) + c,
    "a/(1 + exp(b - c*x))": lambda a, b, c, x: a / (1 + mp.exp(b - c * x)),
    "a*x**b + c**2": lambda a, b, c, x: a * x**b + c**2,
    "a*sin(b*x + c)/sqrt(1 + x)": lambda a, b, c, x: a * mp.sin(b * x + c) / mp.sqrt(1 + x),
    "where(x > 1, a*x, b*log(x - 0.4)) + c": lambda a, b, c, x: (
        (a * x if x > 1 else b * mp.log(x - mpf(0.4))) + c
    ),
    "s = exp(a + b)\n  s*arctan(x/c) + 1/s": lambda a, b, c, x: (
        mp.exp(a + b) * mp.atan(x / c) + 1 / mp.exp(a + b)
    ),
    # The sums run over rows, so the columns come from complex steps.
    "cumsum(a*exp(-b*x)) + c*x": lambda a, b, c, x: (
        mp.fsum(a * mp.exp(-b * mpf(t)) for t in X if t <= x) + c * x
    ),
    "a*x + b*sum(tanh(c*x))": lambda a, b, c, x: (
        a * x + b * mp.fsum(mp.tanh(c * mpf(t)) for t in X)
    ),
}


@pytest.mark.parametrize("formula", MODELS)
def test_derivatives_have_all_digits(formula) -> None:
    lines = formula.split("\n  ")
    lines[-1] = f"y ~ {lines[-1]}"
    text = "\n  ".join(lines)
    config = parse_config(
        f"model: |\n  {text}\nbounds: {{a: [-3, 3], b: [-3, 3], c: [-3, 3]}}\n"
        f"data: {{x: {X}, y: [1, 2, 3, 4]}}\n"
    )
    residuals = config.objective.residuals
    x = np.array([[A], [B], [C]])
    system = residuals.system(x, residuals.values(x).copy())[..., 0]
    mp.dps = 50
    for row, t in enumerate(X):
        for k in range(3):

            def along(s, k=k, t=t):
                point = [mpf(A), mpf(B), mpf(C)]
                point[k] = s
                return -MODELS[formula](*point, mpf(t))

            exact = float(mp.diff(along, mpf([A, B, C][k])))
            assert system[k, row] == pytest.approx(exact, rel=1e-14, abs=1e-15)


def test_entries_of_an_array_are_columns_of_their_own() -> None:
    config = parse_config(
        "model: y ~ w[0] + w[1]*x + w[-1]*x**2\nbounds: {w: {low: -3, high: 3, shape: 3}}\n"
        f"data: {{x: {X}, y: [1, 2, 3, 4]}}\n"
    )
    residuals = config.objective.residuals
    x = np.ones((3, 1))
    system = residuals.system(x, residuals.values(x).copy())[:3, :, 0]
    assert np.array_equal(system, -np.vander(X, 3, increasing=True).T)
