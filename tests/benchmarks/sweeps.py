"""Sweeps of the article's problem, 60 steps a run, against JAX, PyTorch and Optuna."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.benchmarks.measure import (
    Row,
    loop,
    paired,
    peak_memory_of_all,
    process,
    reported,
)
from tests.benchmarks.own_sweep import make_all, variations_of
from tests.benchmarks.peers import article_loop, torch_loop

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON = sys.executable
HERE = Path(__file__).parent
ARTICLE = str(HERE.parents[1] / "configs" / "article.yaml")
SWEEP = [str(Path(PYTHON).with_name("adamcli")), "sweep", ARTICLE]
STEPS = 60

ALPHA, BETA1 = (1e-4, 1e-1), (0.5, 0.95)

MILLION = 10**6


def axes(*sizes: int) -> list[str]:
    """Return the axes of a plan with so many values for alpha, beta1, start.x and start.y."""
    ranges = ("alpha=log(1e-4,1e-1", "beta1=lin(0.5,0.95", "start.x=lin(-1,1", "start.y=lin(-0.9,1")
    return [f"{text},{size})" for text, size in zip(ranges, sizes, strict=False)]


def command(parameters: list[str], *options: str) -> list[str]:
    varied = [part for parameter in parameters for part in ("-p", parameter)]
    return [*SWEEP, *varied, *options]


GRID = axes(100, 100, 10, 10)
"""10**6 runs."""

SMALL = axes(100, 100)
"""10**4 runs."""


def against_jax() -> list[Row]:
    program = [PYTHON, str(HERE / "jax_sweep.py")]
    whole = process(command(GRID))
    inside = reported([PYTHON, str(HERE / "own_sweep.py"), "2", ARTICLE, *GRID])
    imports = process([PYTHON, "-c", "import numpy, typer, yaml"])
    what = "sweep of 10**6 runs"
    return [
        Row(f"{what}, process / JAX", *paired(whole, process(program), 7), 0.3, "ms"),
        Row(
            f"{what}, process / JAX in blocks",
            *paired(whole, process([*program, "--blocks"]), 3),
            float("inf"),
            "ms",
        ),
        Row(f"{what}, process / imports", *paired(whole, imports, 7), 4.0, "ms"),
        Row(
            f"{what}, inside, two workers / JAX, warm",
            *paired(inside, reported([*program, "--warm"]), 5),
            1.25,
            "ms",
        ),
        Row(
            f"{what}, inside, two workers / JAX in blocks, warm",
            *paired(inside, reported([*program, "--blocks", "--warm"]), 3),
            float("inf"),
            "ms",
        ),
    ]


def optuna_grid(trials: int) -> Callable[[], None]:
    """Return the first trials of a grid of 10**4, each of them a run of the article's code.

    Later trials take longer, as the sampler looks at all that were before.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {
        name: [low + (high - low) * k / 99 for k in range(100)]
        for name, (low, high) in (("alpha", ALPHA), ("beta1", BETA1))
    }

    def objective(trial: optuna.Trial) -> float:
        alpha, beta1 = trial.suggest_float("alpha", *ALPHA), trial.suggest_float("beta1", *BETA1)
        return article_loop(STEPS, alpha, beta1)

    def run() -> None:
        variations = optuna.create_study(sampler=optuna.samplers.GridSampler(space, seed=1))
        variations.optimize(objective, n_trials=trials)

    return run


def against_loops() -> list[Row]:
    variations = variations_of(ARTICLE, SMALL)
    runs, few, trials = variations.plan.size, 50, 50
    inside = loop(lambda: make_all(variations), runs)
    whole = process(command(SMALL))

    def one_by_one() -> None:
        for _ in range(few):
            torch_loop(STEPS)

    found = []
    for name, peer, target in (
        ("torch.optim.Adam, one by one", loop(one_by_one, few), 1 / 2000),
        ("Optuna's grid", loop(optuna_grid(trials), trials), 1 / 1000),
    ):
        found += [
            Row(f"a run of 10**4, inside / {name}", *paired(inside, peer, 9), target, "us"),
            Row(
                f"a run of 10**4, process / {name}",
                *paired(lambda: whole() / runs, peer, 5),
                float("inf"),
                "us",
            ),
        ]
    return found


def files() -> list[Row]:
    """Measure what a row costs in a file, as the difference of two whole processes.

    It has the points too, which are not kept where nothing is written.
    """
    found = []
    base = process(command(GRID))
    with TemporaryDirectory() as folder:
        for name, extension in (("SQLite", "db"), ("CSV", "csv")):
            written = process(command(GRID, "-o", f"{folder}/rows.{extension}"))
            written()
            cost = median([(written() - base()) / MILLION for _ in range(3)])
            found.append(
                Row(f"a row of 10**6 in {name}, above its run", cost, None, cost, 4e-6, "us")
            )
    return found


def memory() -> list[Row]:
    with TemporaryDirectory() as folder:
        many = command(axes(100, 100, 40, 25), "-o", f"{folder}/rows.db")
        parent, *workers = peak_memory_of_all(many)
    what, total = "peak memory, 10**7 runs into SQLite", parent + sum(workers)
    return [
        Row(f"{what}, parent", parent, None, parent, 500, "MB"),
        Row(f"{what}, all {1 + len(workers)} processes", total, None, total, 500, "MB"),
    ]


def growth() -> list[Row]:
    """Measure what a run costs above a plan of 10**4 runs, for plans of ten times and more."""
    first, *sizes = (10_000, 100_000, 200_000, 500_000, MILLION)
    measured = {
        size: process(
            command(
                ["alpha=log(1e-4,1e-1,100)", f"beta1=lin(0.5,0.95,{size // 1000})", "seed=0..9"],
                *("-j", "2"),
            )
        )
        for size in (first, *sizes)
    }
    rounds = [{size: run() for size, run in measured.items()} for _ in range(12)][1:]
    took = {size: median(times[size] for times in rounds) for size in measured}
    costs = [(took[size] - took[first]) / (size - first) for size in sizes]
    high, low = max(costs), min(costs)
    what = "a run of 10**5 to 10**6 above 10**4, dearest / cheapest size"
    return [Row(what, high, low, high / low, 1.1, "us")]


def rows() -> list[Row]:
    return [*against_jax(), *against_loops(), *files(), *memory(), *growth()]
