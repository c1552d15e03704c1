"""What alpha and n_iter to try: a short probe of many step sizes, each judged as a run would be.

The runs of a probe start where the config starts. Constant step sizes go through the core together,
for more and more steps, until one of them is at a minimum and none is lower; then those that fall
to 0. A run has the same bits in a probe and alone, so a proposal that is followed keeps its word.
"""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.checking import checked
from adamcli.config.overrides import apply_overrides
from adamcli.diagnostics import Problems
from adamcli.experiment import prepare, start_of, starts_of
from adamcli.optimizer.loop import minimize_batch
from adamcli.optimizer.status import Code
from adamcli.optimizer.stopping import Stop
from adamcli.optimizer.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.config.model import Config, ConfigFile
    from adamcli.optimizer.loop import Task
    from adamcli.optimizer.result import BatchResult
    from adamcli.optimizer.verdict import Verdict

MANTISSAS = (1.0, 1.6, 2.5, 4.0, 6.3)
"""Step sizes of one decade; they are short to write and evenly spaced to a tenth."""

DECADES = 6
"""Decades of step sizes, up to the width of the bounds."""

STEPS = (100, 300, 1000, 3000, 10_000, 30_000, 100_000)

SECONDS = 2.0
"""A probe takes about so long at most."""

FALLING = 8
"""How many of the best step sizes are tried as the first of steps that fall to 0."""

OTHER_STARTS = 16
"""Seeds from which a proposal is tried as well."""

WORTHY = 0.25
"""A minimum that is not the lowest counts if it gains this part of what the lowest does."""

CANDIDATES = 8
"""How many settings at a minimum are tried from other starts,"""

ENOUGH = 0.75
"""until one reaches a minimum from this part of them."""

LEVEL = 1e-4
"""Scores are level if they differ by at most this part of what the best run gained."""


class Trial(NamedTuple):
    """A setting that was tried: `alpha` as a config has it, and what `n_iter` steps of it gave.

    Of two merits the lower is the better.
    """

    alpha: float | str
    n_iter: int
    score: float
    merit: float
    verdict: Verdict

    @property
    def reached(self) -> bool:
        """Whether the run ended at a minimum."""
        return self.verdict.code is Code.MINIMUM


class Proposal(NamedTuple):
    """A setting, and the `trials` it is the best of; from `others` of `starts` it does as well."""

    best: Trial
    trials: tuple[Trial, ...]
    others: int = 0
    starts: int = 0


class _Family(NamedTuple):
    """Step sizes that go through the core together.

    `texts` are what a config says for each; `values` are (runs,), or (dim, runs) where variables
    differ.
    """

    texts: list[float | str]
    values: FloatArray


def propose(config: Config, step_seconds: float, *, allow_python: bool = False) -> Proposal | None:
    """Return what to try, or None if no run has a finite score, or steps take too long to try any.

    Raises `UsageError` if the objective is code and code is not allowed.
    """
    task = prepare(config, allow_python=allow_python)._replace(stop=Stop())
    return _Probe(config, task, step_seconds).search()


class _Probe:
    def __init__(self, config: Config, task: Task, step_seconds: float) -> None:
        assert config.file is not None
        self._config, self._task, self._file = config, task, config.file
        self._start = start_of(config)[:, np.newaxis]
        self._names = config.variables.coordinate_names()
        self._until = perf_counter() + SECONDS
        # Formulas take little longer for many runs than for one.
        self._apart = 1 if task.objective.cheap else self._spacing(step_seconds)
        self._pace = 0.0

    @staticmethod
    def _spacing(step_seconds: float) -> int:
        """Return how far apart the step sizes are that there is time for, 1 for all, 0 for none."""
        affordable = SECONDS / (STEPS[0] * step_seconds)
        return ceil(DECADES * len(MANTISSAS) / affordable) if affordable >= DECADES else 0

    def search(self) -> Proposal | None:
        """Return the first setting at a minimum that no other is below, else the best of all."""
        if not self._apart:
            return None
        family, trials = self._family(), list[Trial]()
        reached, proposals = list[Trial](), list[Proposal]()
        for n_iter in STEPS:
            if trials and not self._affords(n_iter * (len(family.texts) + FALLING)):
                break
            trials = self._constant(family, n_iter)
            if not trials:
                return None
            if not _level(trials):
                trials += self._falling(trials, n_iter)
            reached += [trial for trial in trials if trial.reached]
            proposals += [self._proposal(trial, trials) for trial in _spread(_level(trials))]
            if any(found.others >= ENOUGH * found.starts for found in proposals):
                break
        if proposals:
            return max(proposals, key=lambda found: found.others)
        lowest = min(trials, key=lambda trial: trial.merit)
        worthy = lowest.merit + (1 - WORTHY) * lowest.verdict.gained
        reached = [trial for trial in reached if trial.merit <= worthy]
        return self._proposal(min(reached or [lowest], key=lambda trial: trial.merit), trials)

    def _proposal(self, trial: Trial, trials: list[Trial]) -> Proposal:
        others = self._others(trial) if trial.reached else (0, 0)
        return Proposal(trial, tuple(trials), *others)

    def _others(self, trial: Trial) -> tuple[int, int]:
        """Return from how many of some other starts the setting reaches a minimum."""
        config = self._config
        if not np.isnan(config.start).any() or not self._affords(trial.n_iter * OTHER_STARTS):
            return 0, 0
        seeds = (config.seed + 1 + np.arange(OTHER_STARTS)) % 2**32
        task = self._with_alpha(trial.alpha)._replace(n_iter=trial.n_iter)
        batch = minimize_batch(task, starts_of(config, seeds, {}))
        verdicts = [self._judged(task, batch.only(k)) for k in range(OTHER_STARTS)]
        return sum(v.code is Code.MINIMUM for v in verdicts), OTHER_STARTS

    def _affords(self, steps: int) -> bool:
        return perf_counter() + steps * self._pace < self._until

    def _family(self) -> _Family:
        """Return step sizes up to the width of the bounds, alike or in its proportions."""
        width = self._task.bounds.width
        finite = np.isfinite(width) & (width > 0)
        largest = float(width[finite].max()) if finite.any() else 1.0
        numbers = _round_numbers(floor(log10(largest)) + 1)[:: self._apart]
        if not finite.all() or width.min() > 0.5 * largest:
            return _Family([*numbers], np.array(numbers))
        shares = np.array(_round_numbers(0)[:: self._apart])
        alike = np.broadcast_to(numbers, (len(width), len(numbers)))
        texts: list[float | str] = [*numbers, *(f"{share:g}*width" for share in shares.tolist())]
        return _Family(texts, np.concatenate([alike, width[:, np.newaxis] * shares], axis=1))

    def _constant(self, family: _Family, n_iter: int) -> list[Trial]:
        """Return what the step sizes give, those with a finite score, best first."""
        runs = len(family.texts)
        settings = self._task.hyperparameters._replace(alpha=family.values)
        task = self._task._replace(n_iter=n_iter, hyperparameters=settings)
        began = perf_counter()
        batch = minimize_batch(task, np.repeat(self._start, runs, axis=1))
        self._pace = max(self._pace, (perf_counter() - began) / (n_iter * runs))
        return self._trials(family.texts, n_iter, lambda k: batch.only(k))

    def _falling(self, trials: list[Trial], n_iter: int) -> list[Trial]:
        """Return what the best step sizes give if they fall to 0."""
        best = sorted(trials, key=lambda trial: trial.merit)[:FALLING]
        texts: list[float | str] = [f"{trial.alpha}*(1 - t/n_iter)" for trial in best]
        tasks = [self._with_alpha(text)._replace(n_iter=n_iter) for text in texts]
        return self._trials(texts, n_iter, lambda k: minimize_batch(tasks[k], self._start))

    def _trials(
        self,
        texts: list[float | str],
        n_iter: int,
        run_of: Callable[[int], BatchResult],
    ) -> list[Trial]:
        """Return what each alpha of `texts` gave, if that is finite; `run_of` is its only run."""
        found = []
        for k, text in enumerate(texts):
            run, task = run_of(k), self._with_alpha(text)._replace(n_iter=n_iter)
            score = float(run.best.score[0])
            if isfinite(score):
                merit, verdict = task.direction.merit(score), self._judged(task, run)
                found.append(Trial(text, n_iter, score, merit, verdict))
        return found

    def _judged(self, task: Task, run: BatchResult) -> Verdict:
        return judge(task, run, self._names, code=not task.objective.cheap)

    def _with_alpha(self, alpha: float | str) -> Task:
        """Return the task with another alpha, where it is a formula read as from a config."""
        if isinstance(alpha, float):
            settings = self._task.hyperparameters._replace(alpha=alpha)
            return self._task._replace(hyperparameters=settings)
        changed = checked(with_settings(self._file, alpha))
        settings = self._task.hyperparameters._replace(alpha=changed.hyperparameters.alpha)
        return self._task._replace(hyperparameters=settings)


def with_settings(file: ConfigFile, alpha: float | str, n_iter: int | None = None) -> ConfigFile:
    """Return the config with another alpha, and another n_iter if it is given."""
    changes = [f"alpha={alpha}", *([] if n_iter is None else [f"n_iter={n_iter}"])]
    return file._replace(tree=apply_overrides(file.tree, changes, Problems()))


def _round_numbers(top: int) -> list[float]:
    """Return the step sizes of the decades below 10**top, and 10**top itself."""
    decades = range(top - DECADES, top)
    return [*(float(f"{m}e{k}") for k in decades for m in MANTISSAS), float(f"1e{top}")]


def _level(trials: list[Trial]) -> list[Trial]:
    """Return the trials at a minimum, if they are as low as any other."""
    best = min(trials, key=lambda trial: trial.merit)
    level = best.merit + LEVEL * best.verdict.gained
    return [trial for trial in trials if trial.reached and trial.merit <= level]


def _spread(trials: list[Trial]) -> list[Trial]:
    """Return at most `CANDIDATES` of the trials, evenly spread."""
    apart = ceil(len(trials) / CANDIDATES)
    return trials[apart // 2 :: apart] if trials else []
