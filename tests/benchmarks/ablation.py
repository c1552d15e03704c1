"""`python -m tests.benchmarks.ablation`: what each part of a search is good for.

Every line leaves one part out; the moved test functions are solved with what is left.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from time import process_time
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from adamcli.search import rounds, starts
from adamcli.search.descent import Descended, QuasiNewton
from adamcli.solving import SolveOptions, solve_config
from tests.benchmarks.moved import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.search.evaluator import Evaluator

DIMS = (2, None, 10, 30)


def _no_steps(task: Any, evaluate: Evaluator, some: starts.Starts, _: int) -> Any:
    return some.y, evaluate.values(some.y), None


def _stay(self: QuasiNewton, evaluate: Evaluator, y: FloatArray, _: float) -> Descended:
    return Descended(y, evaluate.values(y), np.zeros(y.shape[1], dtype=bool))


def _uniform(space: Any, first: int, count: int, seed: int, chance: Any) -> starts.Starts:
    return starts.Starts(space.between(chance.uniform(space.dim, count)), np.full(count, 0.05))


def _unrounded(evaluate: Evaluator, places: FloatArray) -> Any:
    return places, evaluate.values(places)


PARTS: dict[str, list[Callable[[], Any]]] = {
    "all of it": [],
    "one round": [],
    "without the steps of Adam": [lambda: patch.object(rounds, "explored", _no_steps)],
    "without descents in rounds": [lambda: patch.object(QuasiNewton, "short", _stay)],
    "without hops from elites": [
        lambda: patch.object(starts, "FRESH", 1.0),
        lambda: patch.object(rounds, "FRESH", 0.999),
    ],
    "without the axis scan": [lambda: patch.object(rounds, "can_scan", lambda _: False)],
    "random starts, not Sobol's": [lambda: patch.object(rounds, "even", _uniform)],
    "without last descents": [lambda: patch.object(QuasiNewton, "last", _stay)],
    "without rounding": [lambda: patch.object(rounds, "rounded", _unrounded)],
}


def line(name: str, dim: int | None) -> str:
    """Return how many problems are solved to 1e-4 and to 1e-10, and the CPU time."""
    options = SolveOptions(rounds=0) if name == "one round" else SolveOptions()
    solved, began = [0, 0], process_time()
    with ExitStack() as stack:
        for change in PARTS[name]:
            stack.enter_context(change())
        for problem in problems(dim):
            score = solve_config(problem.config(), options).best.score
            for k, tolerance in enumerate((1e-4, 1e-10)):
                solved[k] += problem.is_solved(score, tolerance)
    return f"{solved[0]} / {solved[1]} in {process_time() - began:.1f} s"


def main() -> None:
    """Print a table for docs/solve.md."""
    counts = [len(problems(dim)) for dim in DIMS]
    titles = [
        f"{'own' if d is None else f'd = {d}'} ({n})" for d, n in zip(DIMS, counts, strict=True)
    ]
    print("| search | " + " | ".join(titles) + " |")
    print("| --- " * (len(DIMS) + 1) + "|")
    for name in PARTS:
        print(f"| {name} | " + " | ".join(line(name, dim) for dim in DIMS) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
