"""Our sweep from the inside, without imports and reports; as a program it prints its seconds."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

from adamcli.config.load import open_config
from adamcli.optimizer.loop import Control
from adamcli.sweeps.blocks import Block
from adamcli.sweeps.job import Sweep, default_jobs
from adamcli.sweeps.scores import Scoreboard
from adamcli.sweeps.vary import SweepOptions, vary

if TYPE_CHECKING:
    from adamcli.sweeps.variations import Variations


def variations_of(config: str, parameters: list[str]) -> Variations:
    return vary(open_config(config), SweepOptions(tuple(parameters)))


def make_all(variations: Variations, jobs: int | None = None) -> Scoreboard:
    """Make all runs of some variations and keep the scores; workers are started and ended."""
    span = Block(0, variations.plan.size)
    board = Scoreboard(span, maximize=variations.first.maximize, top=10)
    jobs = jobs or default_jobs(variations, span)
    Sweep(variations, span, board, points=False, jobs=jobs).run(Control())
    assert board.done == span.size
    return board


def main() -> None:
    jobs, config, *parameters = sys.argv[1:]
    variations = variations_of(config, parameters)
    make_all(variations, int(jobs))
    began = perf_counter()
    make_all(variations, int(jobs))
    print(perf_counter() - began)


if __name__ == "__main__":
    main()
