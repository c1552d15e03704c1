"""What it costs to know whether a run arrived, to stop when it has, and to step otherwise."""

from __future__ import annotations

import sys

import numpy as np

from adamcli.config.load import parse_config
from adamcli.experiment import prepare, start_of, starts_of
from adamcli.optimizer.loop import Task, minimize_batch
from adamcli.optimizer.methods import METHODS
from tests.benchmarks.measure import Row, loop, paired, process
from tests.benchmarks.peers import torch_method

HEAD = "objective: x**2 + y**2\nbounds: {x: [-1, 1], y: [-1, 1]}\n"

RUNS, STEPS = 10_000, 60

RULES = ("score < -1", "gradient < -1", "predicted_decrease < -1", "patience: 1000000")
"""Rules that never end a run."""

JUDGED = "import adamcli.optimizer.verdict as v\n"
UNJUDGED = JUDGED + "v.judge = lambda *_, **__: v.Verdict(v.Code.UNKNOWN, '')\n"


def rows(article: str) -> list[Row]:
    return [*_methods(), *_verdict(article), *_rules(article), _leaving()]


def _task(keys: str) -> Task:
    return prepare(parse_config(HEAD + keys))


def _methods() -> list[Row]:
    found, few = [], 2000
    for name in METHODS:
        config = parse_config(HEAD + f"method: {name}\nn_iter: {10 * few}\n")
        task, start = prepare(config), start_of(config)[:, None]
        ours = loop(lambda task=task, start=start: minimize_batch(task, start), 10 * few)
        peer = loop(lambda name=name: torch_method(name, few), few)
        found.append(
            Row(f"a step of {name}, D = 2 / torch.optim", *paired(ours, peer, 5), 0.2, "us")
        )
    starts = starts_of(parse_config(HEAD), np.arange(RUNS), {})

    def batch(name: str):
        task = _task(f"method: {name}\nn_iter: {STEPS}\n")
        return loop(lambda: minimize_batch(task, starts, points=False), STEPS)

    adam = batch("adam")
    for name in [*METHODS][1:]:
        what = f"a step of {name}, 10,000 runs / adam"
        found.append(Row(what, *paired(batch(name), adam, 15), 1.3, "us"))
    return found


def _program(before: str, *arguments: str) -> list[str]:
    code = f"{before}import sys\nfrom adamcli.__main__ import main\nsys.argv[0] = 'adamcli'\nmain()"
    return [sys.executable, "-c", code, *arguments]


def _verdict(article: str) -> list[Row]:
    judged = process(_program(JUDGED, "run", article))
    unjudged = process(_program(UNJUDGED, "run", article))
    return [
        Row(
            "the article's run with its verdict / without",
            *paired(judged, unjudged, 41),
            1.03,
            "ms",
        )
    ]


def _rules(article: str) -> list[Row]:
    run = [sys.executable, "-m", "adamcli", "run", article, "--format", "none"]
    run += ["--set", "n_iter=10000"]
    none = process(run)
    found = []
    for rule in RULES:
        what = f"10,000 steps, --stop '{rule}' / none"
        found.append(Row(what, *paired(process([*run, "--stop", rule]), none, 21), 1.05, "ms"))
    return found


def _leaving() -> Row:
    """Measure 10**5 runs, of which nine in ten stop after a tenth of the steps."""
    runs, n_iter = 10 * RUNS, 600
    starts = np.tile(start_of(parse_config(HEAD))[:, None], (1, runs))
    stay = np.arange(runs) % 10 == 0
    starts[0, stay] = 1.0
    # The tenth that stays oscillates about its minimum, and never comes as close.
    alpha = np.where(stay, 1e-9, 0.01)

    def sweep(stop: str):
        task = _task(f"n_iter: {n_iter}\n{stop}")
        settings = task.hyperparameters._replace(alpha=alpha)
        task = task._replace(hyperparameters=settings)
        return lambda: minimize_batch(task, starts)

    stopping = sweep("stop: score < 1e-4\n")
    outcome = stopping()
    stopped = outcome.nit[~stay]
    assert (outcome.nit[stay] == n_iter).all()
    assert (abs(stopped - n_iter / 10) < n_iter / 50).all(), stopped
    what = f"10**5 runs, 9 in 10 stop after {int(stopped[0])} of {n_iter} steps / none stops"
    return Row(what, *paired(loop(stopping, 1), loop(sweep(""), 1), 7), 0.3, "ms")
