"""Our sweep from the inside, without imports and reports; as a program it prints its seconds."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

from adamcli.config.load import open_config
from adamcli.optimizer.loop import Control
from adamcli.sweeps.job import SweepJob
from adamcli.sweeps.variations import SweepOptions, vary

if TYPE_CHECKING:
    from adamcli.sweeps.scores import Scoreboard
    from adamcli.sweeps.variations import Variations


def variations_of(config: str, parameters: list[str]) -> Variations:
    return vary(open_config(config), SweepOptions(tuple(parameters)))


def make_all(variations: Variations, jobs: int | None = None) -> Scoreboard:
    """Make all runs of some variations and keep the scores; workers are started and ended."""
    with SweepJob(variations, SweepOptions(points=False, jobs=jobs)) as job:
        job.run((), Control())
    assert job.board.done == job.span.size
    return job.board


def main() -> None:
    jobs, config, *parameters = sys.argv[1:]
    variations = variations_of(config, parameters)
    make_all(variations, int(jobs))
    began = perf_counter()
    make_all(variations, int(jobs))
    print(perf_counter() - began)


if __name__ == "__main__":
    main()
