"""`python -m tests.benchmarks`: every target beside its figure, as ratios measured in one run."""

from __future__ import annotations

import platform
import sys
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np

import adamcli
from adamcli import initialize_adam, load_config, update_parameters_with_adam
from adamcli.experiment import prepare, start_of
from adamcli.optimizer.loop import minimize_batch
from tests.benchmarks.measure import Row, in_a_row, loop, paired, peak_memory, process, show

ARTICLE = str(Path(__file__).parents[2] / "configs" / "article.yaml")
PYTHON = sys.executable
COMMAND = [str(Path(PYTHON).with_name("adamcli"))]
RUN = [*COMMAND, "run", ARTICLE]

STEPS = 20_000
ROWS = 100_000

LAYERS = [(2000, 2000), (2000, 1), (2000, 2000), (2000, 1), (998, 2000), (998, 1)]
"""Weights and biases of three layers, 10**7 numbers in all."""


def start_up() -> list[Row]:
    def against(what: str, command: list[str], imports: str, target: float) -> Row:
        peer = [PYTHON, "-c", f"import {imports}"]
        return Row(what, *paired(process(command), process(peer), 21), target, "ms")

    plain = "numpy, typer, yaml"
    return [
        against(
            "run, table into a pipe / imports with rich",
            RUN,
            f"{plain}, rich.console, rich.table",
            1.25,
        ),
        *(
            against(f"run --format {form} / imports", [*RUN, "--format", form], plain, 1.15)
            for form in ("lines", "jsonl", "none")
        ),
        against("--version / import typer", [*COMMAND, "--version"], "typer", 1.3),
    ]


def steps() -> list[Row]:
    from tests.benchmarks.peers import article_loop, torch_loop

    config = load_config(ARTICLE, [f"n_iter={STEPS}"])
    task, start = prepare(config), start_of(config)[:, None]
    ours = loop(lambda: minimize_batch(task, start), STEPS)
    few = STEPS // 10
    return [
        Row(
            "a step, D = 2 / torch.optim.Adam",
            *paired(ours, loop(lambda: torch_loop(few), few), 9),
            0.15,
            "us",
        ),
        Row(
            "a step, D = 2 / the article's loop",
            *paired(ours, loop(lambda: article_loop(STEPS), STEPS), 15),
            1.6,
            "us",
        ),
    ]


def rows() -> list[Row]:
    """Measure what a row costs above its step, as the difference of two whole processes."""
    found = []
    base = process([*RUN, "--set", f"n_iter={ROWS}", "--format", "none"])
    for form, target in (("lines", 8e-6), ("table", 25e-6)):
        shown = process([*RUN, "--set", f"n_iter={ROWS}", "--format", form])
        cost = median([(shown() - base()) / ROWS for _ in range(5)])
        found.append(
            Row(f"a row of {form} in a pipe, above its step", cost, None, cost, target, "us")
        )
    return found


def memory() -> list[Row]:
    found = []
    for form in ("lines", "none"):
        many, few = (
            peak_memory([*RUN, "--format", form, "--set", f"n_iter={n}"]) for n in (10**6, 10**3)
        )
        found.append(
            Row(
                f"peak memory, --format {form}, n_iter 10**6 / 10**3",
                *paired(many, few, 3),
                1.05,
                "MB",
            )
        )
    return found


def layers() -> list[Row]:
    from tests.benchmarks.peers import TorchLayers

    random = np.random.default_rng(1)
    names = [f"{kind}{n}" for n in range(1, len(LAYERS) // 2 + 1) for kind in "Wb"]
    parameters = {n: random.standard_normal(s) for n, s in zip(names, LAYERS, strict=True)}
    grads = {f"d{n}": random.standard_normal(s) for n, s in zip(names, LAYERS, strict=True)}
    v, s = initialize_adam(parameters)
    size, t = sum(a.size for a in parameters.values()), count(1)

    def step() -> None:
        update_parameters_with_adam(parameters, grads, v, s, next(t))

    ours = in_a_row(step, 5, size)
    found = []
    for label, target in (("fused", 1.7), ("foreach", 0.35)):
        peer = TorchLayers(LAYERS, **{label: True})
        found.append(
            Row(
                f"an entry of 10**7 in layers / torch Adam({label})",
                *paired(ours, in_a_row(peer.step, 5, size), 15),
                target,
                "ns",
            )
        )
    return found


def main() -> None:
    import torch

    # The rows about formulas come last: JAX and its threads are loaded for them.
    table = [*start_up(), *steps(), *rows(), *memory(), *layers()]
    from tests.benchmarks import functions

    table += functions.rows()
    from tests.benchmarks import arrival

    table += arrival.rows(ARTICLE)
    from tests.benchmarks import pictures

    table += pictures.rows()
    from tests.benchmarks import sweeps

    table += sweeps.rows()
    from tests.benchmarks import reading

    table += reading.rows()
    from tests.benchmarks import large

    table += large.rows()
    from tests.benchmarks import products

    table += products.rows()
    from tests.benchmarks import epochs

    table += epochs.rows()

    from tests.benchmarks import columns

    table += columns.rows()
    from tests.benchmarks import programs

    print(show([*table, *programs.rows()]))
    print(
        f"\nadamcli {adamcli.__version__}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, torch {torch.__version__}, {platform.machine()}"
    )


if __name__ == "__main__":
    main()
