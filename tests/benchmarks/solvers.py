"""Who solves: ours, and what a user would pick instead, at its defaults on the same formulas."""

from __future__ import annotations

import warnings
from contextlib import suppress
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.standard import load
from tests.benchmarks.moved import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.moved import Problem

EVALUATIONS = 4000
"""The evaluations for each variable of a solver that never ends by itself.

`dual_annealing` makes 2000, and those of its local searches.
"""

LOOKS = 64
"""The evaluations between two looks at the clock."""


class OutOfTime(Exception):  # noqa: N818 -- it ends a search and is no error
    """The budget of a solver is spent."""


class Outcome(NamedTuple):
    """The lowest point that a solver found in the box, and what it claims about it."""

    score: float
    x: np.ndarray
    verdict: str = ""


class Task:
    """A problem as a peer sees it: a compiled formula of one point, and the box.

    It keeps the best point of the box that was ever evaluated, so that nothing a peer saw is lost,
    and raises `OutOfTime` when this process has had `budget` seconds of CPU time since the task was
    made. What is not a number counts as infinite.
    """

    def __init__(self, problem: Problem, budget: float, seed: int) -> None:
        config = problem.config()
        self.low, self.high = config.bounds.box
        self.dim, self.seed = problem.dim, seed
        self.pairs = list(zip(self.low.tolist(), self.high.tolist(), strict=True))
        self.best = Outcome(np.inf, np.full(self.dim, np.nan))
        self.random = np.random.default_rng(seed)
        objective = config.objective.make()
        self._x, self._f = np.empty((self.dim, 1)), np.empty(1)
        self._g = np.empty((self.dim, 1))
        self._calls = objective.bind(self._x, self._f, self._g).calls
        self._value_calls = objective.bind_values(self._x, self._f)
        self._count, self._end = 0, process_time() + budget

    def drawn(self, _: object = None) -> np.ndarray:
        """Return a random point of the box."""
        return self.low + (self.high - self.low) * self.random.random(self.dim)

    def value(self, x: np.ndarray, *_: object) -> float:
        return self._evaluate(x, self._value_calls)

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        return self._evaluate(x, self._calls), self._g[:, 0].copy()

    def value_for_nlopt(self, x: np.ndarray, gradient: np.ndarray) -> float:
        if not gradient.size:
            return self.value(x)
        value, gradient[:] = self.value_and_gradient(x)
        return value

    def _evaluate(self, x: np.ndarray, calls: list[Callable[[], object]]) -> float:
        self._count += 1
        if self._count % LOOKS == 0 and process_time() > self._end:
            raise OutOfTime
        self._x[:, 0] = x
        for call in calls:
            call()
        value = float(self._f[0])
        if value < self.best.score and np.all((self.low <= x) & (x <= self.high)):
            self.best = Outcome(value, np.array(x))
        return value if value == value else np.inf


def dual_annealing(task: Task) -> None:
    from scipy.optimize import dual_annealing

    dual_annealing(task.value, task.pairs, rng=task.seed)


def differential_evolution(task: Task) -> None:
    from scipy.optimize import differential_evolution

    differential_evolution(task.value, task.pairs, rng=task.seed)


def basinhopping(task: Task) -> None:
    from scipy.optimize import basinhopping

    local = {"method": "L-BFGS-B", "jac": True, "bounds": task.pairs}
    basinhopping(task.value_and_gradient, task.drawn(), minimizer_kwargs=local, rng=task.seed)


def direct(task: Task) -> None:
    from scipy.optimize import direct

    direct(task.value, task.pairs)


def shgo(task: Task) -> None:
    from scipy.optimize import shgo

    shgo(task.value, task.pairs)


def bipop(task: Task) -> None:
    """Run CMA-ES with nine restarts, each from a random point, first steps a quarter of the box.

    It refuses a single variable, so that it gets a second one without effect.
    """
    import cma

    more = max(0, 2 - task.dim)
    low, high = (
        np.concatenate([end, np.full(more, k)]) for end, k in ((task.low, 0), (task.high, 1))
    )
    options = {
        "bounds": [low, high],
        "CMA_stds": high - low,
        "seed": task.seed + 1,
        "verbose": -9,
    }
    cma.fmin2(
        lambda x: task.value(x[: task.dim]),
        lambda *_: np.append(task.drawn(), [0.5] * more),
        0.25,
        options,
        restarts=9,
        bipop=True,
    )


def direct_l(task: Task) -> None:
    """Run NLopt's DIRECT-L, and its L-BFGS from the best point of that."""
    import nlopt

    _nlopt(task, nlopt.GN_DIRECT_L)
    _nlopt(task, nlopt.LD_LBFGS)


def crs2(task: Task) -> None:
    import nlopt

    _nlopt(task, nlopt.GN_CRS2_LM)


def _nlopt(task: Task, algorithm: int) -> None:
    import nlopt

    nlopt.srand(task.seed + 1)
    search = nlopt.opt(algorithm, task.dim)
    search.set_min_objective(task.value_for_nlopt)
    search.set_lower_bounds(task.low)
    search.set_upper_bounds(task.high)
    search.set_maxeval(EVALUATIONS * task.dim)
    search.optimize(task.best.x if np.isfinite(task.best.score) else task.drawn())


class Peer(NamedTuple):
    """A solver to compare with, and the most variables that it is asked about."""

    search: Callable[[Task], None]
    most: float = np.inf


PEERS = {
    "scipy dual_annealing": Peer(dual_annealing),
    "scipy differential_evolution": Peer(differential_evolution),
    "scipy basinhopping": Peer(basinhopping),
    "scipy direct": Peer(direct),
    "scipy shgo": Peer(shgo, 2),
    "cma BIPOP": Peer(bipop),
    "nlopt DIRECT-L, L-BFGS": Peer(direct_l),
    "nlopt CRS2": Peer(crs2),
}

OURS = "adamcli solve"
REFERENCE = "scipy dual_annealing"


def ours(problem: Problem, seed: int) -> Outcome:
    """Return what `adamcli.solve` finds, from the keys of a config on."""
    import adamcli

    result = adamcli.solve(problem.keys, seed=seed)
    return Outcome(result.best.score, np.array(result.best.x), result.verdict.code.value)


def told(problem: Problem, seed: int) -> Outcome:
    """Return what ours finds; if it fails, why, in place of a verdict."""
    try:
        return ours(problem, seed)
    except Exception as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        return Outcome(np.inf, np.full(problem.dim, np.nan), why[:60])


def ready(name: str, problem: Problem, seed: int, budget: float) -> Callable[[], Outcome]:
    """Return a call that solves: ours from the keys on, a peer from the compiled formula on.

    The budget is for peers.
    """
    if name == OURS:
        return lambda: told(problem, seed)
    task = Task(problem, budget, seed)
    return lambda: run(PEERS[name].search, task)


def run(search: Callable[[Task], None], task: Task) -> Outcome:
    """Return the best point that a peer evaluates until it ends, fails or is out of time."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), suppress(Exception):
        warnings.simplefilter("ignore")
        search(task)
    return task.best


def most_variables(name: str) -> float:
    """Return the most variables that a solver is asked about."""
    return np.inf if name == OURS else PEERS[name].most


def warm_up(names: Sequence[str]) -> None:
    """Let each solver solve something small, so that its imports are not measured."""
    problem = moved(load("sphere"), 2)
    for name in names:
        ready(name, problem, 0, 0.5)()
