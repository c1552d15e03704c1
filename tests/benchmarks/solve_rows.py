"""The other targets of `solve` and of fits: whole processes, many variables, steps, errors."""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from adamcli.config.checking import checked
from adamcli.config.load import read_keys
from adamcli.config.standard import load
from tests.benchmarks import nist, solvers
from tests.benchmarks.measure import Target, aligned, paired, process
from tests.benchmarks.moved import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PYTHON = sys.executable
COMMAND = [str(Path(PYTHON).with_name("adamcli"))]

ROWS = 100_000
"""The rows of the fit whose steps are measured."""

MISRA1A = """\
y,x
10.07,77.6
14.73,114.9
17.94,141.1
23.93,190.8
29.61,239.9
35.18,289.0
40.02,332.8
44.82,378.4
50.76,434.8
55.05,477.3
61.01,536.8
66.40,593.1
75.47,689.1
81.78,760.0
"""

LMFIT = """\
import sys
import numpy as np
from lmfit.models import ExpressionModel
y, x = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1).T
model = ExpressionModel("b1*(1 - exp(-b2*x))")
print(model.fit(y, x=x, b1=500, b2=0.0001).fit_report())
"""


def ratio(what: str, ours: float, peer: float, found: float, most: float) -> Target:
    """Return the target of a ratio, with both times."""
    figure = f"{found:.3g} ({ours * 1e3:.4g} ms / {peer * 1e3:.4g} ms)"
    return Target(what, figure, f"<= {most:g}", found <= most)


def one_function(folder: Path) -> Iterator[Target]:
    """Compare a whole process that solves a function of two variables with an import of SciPy."""
    config = folder / "branin.yaml"
    config.write_text("objective: branin\n")
    ours = process([*COMMAND, "solve", str(config)])
    peer = process([PYTHON, "-c", "import scipy.optimize"])
    what = "branin, whole process / import scipy.optimize"
    yield ratio(what, *paired(ours, peer, 11), 1.5)


def one_fit(folder: Path) -> Iterator[Target]:
    """Compare a whole process that fits Misra1a with one that does so by lmfit."""
    data = folder / "misra1a.csv"
    data.write_text(MISRA1A)
    model = ["--model", "y ~ b1*(1 - exp(-b2*x))", "--data", str(data)]
    ours = process([*COMMAND, "solve", *model, "-b", "b1=0,1000", "-b", "b2=0,1"])
    peer = process([PYTHON, "-c", LMFIT, str(data)])
    yield ratio("Misra1a, whole process / lmfit", *paired(ours, peer, 7), 0.3)


def many_variables(_: Path) -> Iterator[Target]:
    """Compare Rosenbrock's function of 1000 variables with one descent of L-BFGS-B."""
    from scipy.optimize import minimize

    problem = moved(load("rosenbrock"), 1000)
    task = solvers.Task(problem, np.inf, 0)
    outcomes = []

    def ours() -> None:
        outcomes.append(solvers.ours(problem, 0))

    def peer() -> None:
        limits = {"ftol": 0.0, "gtol": 1e-8, "maxiter": 10**6, "maxfun": 10**6}
        minimize(
            task.value_and_gradient,
            task.drawn(),
            jac=True,
            method="L-BFGS-B",
            bounds=task.pairs,
            options=limits,
        )

    figures = paired(cpu(ours), cpu(peer), 3)
    score = max(outcome.score for outcome in outcomes)
    solved = problem.is_solved(score, 1e-10)
    yield Target("Rosenbrock, d = 1000: solved to 1e-10", f"{score:.3g}", "<= 1e-10", solved)
    yield ratio("Rosenbrock, d = 1000: time / L-BFGS-B from one start", *figures, 3)


def a_step(_: Path) -> Iterator[Target]:
    """Compare a step of Levenberg-Marquardt with MINPACK's, both with exact Jacobians."""
    from scipy.optimize import least_squares

    from adamcli.fit.levenberg import descend

    random = np.random.default_rng(0)
    t = np.linspace(0, 10, ROWS)
    true, start = np.array([3.0, 4.0, 0.5, 2.0, 1.0]), np.array([2.0, 3.0, 0.4, 2.1, 0.5])
    y = true[0] * np.exp(-t / true[1]) + true[2] * np.sin(true[3] * t) + true[4]
    y += 0.05 * random.standard_normal(ROWS)

    def residuals(p: np.ndarray) -> np.ndarray:
        return p[0] * np.exp(-t / p[1]) + p[2] * np.sin(p[3] * t) + p[4] - y

    def jacobian(p: np.ndarray) -> np.ndarray:
        decay, phase = np.exp(-t / p[1]), p[3] * t
        columns = decay, p[0] * decay * t / p[1] ** 2, np.sin(phase), p[2] * t * np.cos(phase)
        return np.stack([*columns, np.ones(ROWS)], axis=1)

    keys = {
        "model": "y ~ p[0]*exp(-t/p[1]) + p[2]*sin(p[3]*t) + p[4]",
        "data": {"t": t.tolist(), "y": y.tolist()},
        "bounds": {"p": {"low": -9, "high": 9, "shape": 5}},
    }
    ours_residuals = checked(read_keys(keys, "fit")).objective.residuals
    free = np.full(5, np.inf)

    def ours() -> float:
        began = process_time()
        found = descend(ours_residuals, start[:, None], -free, free)
        return (process_time() - began) / int(found.njev[0])

    def peer() -> float:
        began = process_time()
        found = least_squares(residuals, start, jacobian, method="lm")
        return (process_time() - began) / found.njev

    yield ratio(f"LM step, {ROWS} rows x 5 / least_squares(lm)", *paired(ours, peer, 7), 1.0)


def standard_errors(_: Path) -> Iterator[Target]:
    """Count the right digits of the standard errors of every NIST set at hand."""
    lines = [("right digits of the standard errors", *nist.FITTERS)]
    worst = 99.0
    for one in nist.data_sets():
        digits = dict.fromkeys(nist.FITTERS, 0.0)
        for name, fitter in nist.FITTERS.items():
            # A fit that fails has no digit right.
            with warnings.catch_warnings(), np.errstate(all="ignore"), suppress(Exception):
                warnings.simplefilter("ignore")
                digits[name] = one.digits(fitter(one))
        if one.name != "Lanczos1":
            # Its residuals, of 1e-13, are themselves rounding errors of the data.
            worst = min(worst, digits["adamcli"])
        lines.append((one.name, *(f"{value:.1f}" for value in digits.values())))
    print(f"\n{aligned(lines, left=(0,))}")
    what = f"NIST, {len(lines) - 1} sets but Lanczos1: right digits of the standard errors"
    yield Target(what, f"{worst:.1f}", ">= 9", 99.0 > worst >= 9)


def cpu(function: Callable[[], None]) -> Callable[[], float]:
    """Return a function that calls `function` and returns its seconds of CPU time."""

    def run() -> float:
        began = process_time()
        function()
        return process_time() - began

    return run


PARTS = (one_function, one_fit, many_variables, a_step, standard_errors)


def targets() -> Iterator[Target]:
    """Yield all targets; one that cannot be measured is missed, and says why."""
    for part in PARTS:
        with TemporaryDirectory() as folder:
            try:
                yield from part(Path(folder))
            except Exception as error:
                why = f"failed: {type(error).__name__}: {error}".splitlines()[0][:60]
                yield Target(part.__name__.replace("_", " "), why, "", False)
