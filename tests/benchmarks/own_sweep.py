"""Our sweep from the inside, without imports and reports; as a program it prints its seconds."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

from adamcli.optimizer.loop import Control
from adamcli.sweeps.blocks import Block
from adamcli.sweeps.options import SweepOptions
from adamcli.sweeps.runner import Sweep, default_jobs
from adamcli.sweeps.scores import Scoreboard
from adamcli.sweeps.setup import make_study

if TYPE_CHECKING:
    from adamcli.sweeps.study import Study


def study_of(config: str, parameters: list[str]) -> Study:
    return make_study(config, [], SweepOptions(tuple(parameters)))


def make_all(study: Study, jobs: int | None = None) -> Scoreboard:
    """Make all runs of a study and keep the scores; workers are started and ended."""
    span = Block(0, study.plan.size)
    board = Scoreboard(span, maximize=study.first.maximize, top=10)
    jobs = jobs or default_jobs(study, span)
    Sweep(study, span, board, points=False, jobs=jobs).run(Control())
    assert board.done == span.size
    return board


def main() -> None:
    jobs, config, *parameters = sys.argv[1:]
    study = study_of(config, parameters)
    make_all(study, int(jobs))
    began = perf_counter()
    make_all(study, int(jobs))
    print(perf_counter() - began)


if __name__ == "__main__":
    main()
