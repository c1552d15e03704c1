"""`python -m tests.benchmarks.solving`: which solver finds the minima of the moved functions.

Each solver gets each problem with each seed, all of them in turn, and its CPU time is that of this
process. Ours begins with the keys of a config, and its compilation counts; peers get a formula that
is compiled already, and are stopped when their budget is spent. A problem is solved to a tolerance
if the score at the point found, which has to be in the box, is above the known minimum by no more
than tolerance * max(1, |minimum|). For a peer that is the best point it ever evaluated.
"""

from __future__ import annotations

import json
import platform
from argparse import ArgumentParser, Namespace
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import adamcli
from tests.benchmarks import solvers
from tests.benchmarks.measure import Target, aligned, show_targets
from tests.benchmarks.moved import Problem, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

GROUPS = {"2": 2, "10": 10, "30": 30, "own": None}
"""The dimensions, as they are asked for; `own` are functions of one dimension that is not 2."""

TOLERANCES = (1e-4, 1e-10)

SHARES = {1e-4: 0.97, 1e-10: 0.93}
"""The shares of the functions of two variables to be solved."""

CPU_RATIO = 0.25
"""The most CPU time of ours, as a part of that of `dual_annealing`."""

PACKAGES = ("numpy", "scipy", "cma", "nlopt")


class Found(NamedTuple):
    """What a solver found of a problem with a seed, in how many seconds of CPU time."""

    group: str
    problem: str
    solver: str
    seed: int
    score: float
    seconds: float
    x: list[float]
    verdict: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.group, self.problem, self.solver, self.seed


def budget_of(dim: int, asked: float | None) -> float:
    """Return the seconds of CPU time of a peer: about ten times those of `dual_annealing`."""
    return 1.0 + 0.25 * dim if asked is None else asked


def measured(group: str, problem: Problem, name: str, seed: int, budget: float) -> Found:
    """Return what a solver finds and how long that takes."""
    solve = solvers.ready(name, problem, seed, budget)
    began = process_time()
    with np.errstate(all="ignore"):
        outcome = solve()
    seconds = process_time() - began
    score = float(problem.scores(outcome.x[None])[0])
    x = outcome.x.tolist()
    return Found(group, problem.name, name, seed, score, seconds, x, outcome.verdict)


def all_found(options: Namespace, known: dict[tuple[str, str, str, int], Found]) -> Iterator[Found]:
    """Yield what is known already or else measured, problem by problem and solver by solver."""
    for group in options.dims:
        for problem in chosen(group, options.only):
            for seed in range(options.seeds):
                for name in options.solvers:
                    if problem.dim > solvers.most_variables(name):
                        continue
                    done = known.get((group, problem.name, name, seed))
                    budget = budget_of(problem.dim, options.budget)
                    yield done or measured(group, problem, name, seed, budget)


def chosen(group: str, only: Sequence[str]) -> list[Problem]:
    """Return the problems of a group, or those of the given names."""
    return [one for one in problems(GROUPS[group]) if not only or one.name in only]


@cache
def problems_by_name() -> dict[tuple[str, str], Problem]:
    """Return all problems, by group and name."""
    return {(group, one.name): one for group, dim in GROUPS.items() for one in problems(dim)}


def solved(found: Iterable[Found], tolerance: float) -> list[Found]:
    """Return what is solved to a tolerance."""
    by_name = problems_by_name()
    return [one for one in found if by_name[one.group, one.problem].is_solved(one.score, tolerance)]


def of(found: Iterable[Found], group: str, name: str) -> list[Found]:
    return [one for one in found if (one.group, one.solver) == (group, name)]


def seconds(found: Iterable[Found]) -> float:
    return sum(one.seconds for one in found)


def table(found: Sequence[Found], options: Namespace) -> str:
    """Return what each solver solves in each group, and its CPU time."""
    head = ["variables", "solver", "runs", *(f"to {tolerance:g}" for tolerance in TOLERANCES)]
    lines = [[*head, "CPU", "/ dual_annealing"]]
    for group in options.dims:
        reference = seconds(of(found, group, solvers.REFERENCE))
        for name in options.solvers:
            runs = of(found, group, name)
            if runs:
                counts = [str(len(solved(runs, tolerance))) for tolerance in TOLERANCES]
                took = seconds(runs)
                ratio = f"{took / reference:.3g}" if reference else "-"
                lines.append([group, name, str(len(runs)), *counts, f"{took:.1f} s", ratio])
    return aligned(lines, left=(0, 1))


def targets(found: Sequence[Found], groups: Sequence[str]) -> list[Target]:
    """Return the targets of what is solved, beside their figures."""
    return [
        *chain.from_iterable(most_solved(found, group) for group in groups if group != "own"),
        *chain.from_iterable(share_solved(found, group) for group in groups if group == "2"),
        *chain.from_iterable(cpu_ratio(found, group) for group in groups),
    ]


def most_solved(found: Sequence[Found], group: str) -> Iterator[Target]:
    peers = {one.solver for one in found} - {solvers.OURS}
    runs = of(found, group, solvers.OURS)
    for tolerance in TOLERANCES if peers and runs else ():
        counts = {name: len(solved(of(found, group, name), tolerance)) for name in peers}
        best = max(counts, key=lambda name: counts[name])
        count = len(solved(runs, tolerance))
        what = f"d = {group}: solved to {tolerance:g}, more than every peer"
        yield Target(what, str(count), f"> {counts[best]} ({best})", count > counts[best])


def share_solved(found: Sequence[Found], group: str) -> Iterator[Target]:
    runs = of(found, group, solvers.OURS)
    for tolerance, least in SHARES.items() if runs else ():
        share = len(solved(runs, tolerance)) / len(runs)
        what = f"d = {group}: solved to {tolerance:g}"
        yield Target(what, f"{share:.1%}", f">= {least:.0%}", share >= least)


def cpu_ratio(found: Sequence[Found], group: str) -> Iterator[Target]:
    took, reference = (
        seconds(of(found, group, name)) for name in (solvers.OURS, solvers.REFERENCE)
    )
    if took and reference:
        ratio = took / reference
        what = f"d = {group}: CPU time / dual_annealing"
        yield Target(what, f"{ratio:.3g}", f"<= {CPU_RATIO:g}", ratio <= CPU_RATIO)


def unsolved(found: Sequence[Found]) -> str:
    """Return a line for each run of ours that is not solved to the last tolerance, worst first."""
    runs = [one for one in found if one.solver == solvers.OURS]
    rough, fine = ({one.key for one in solved(runs, tolerance)} for tolerance in TOLERANCES)
    lines = [("not solved by ours", "variables", "seed", "to", "score", "verdict")]
    for one in sorted(runs, key=lambda one: one.key in rough):
        if one.key not in fine:
            to = TOLERANCES[one.key in rough]
            seed, score = str(one.seed), f"{one.score:.12g}"
            lines.append((one.problem, one.group, seed, f"{to:g}", score, one.verdict))
    return aligned(lines, left=(0, 5))


def read(path: Path | None) -> dict[tuple[str, str, str, int], Found]:
    """Return what a file holds of peers, none if there is no such file; ours may have changed."""
    if path is None or not path.exists():
        return {}
    every = (Found(*json.loads(line)) for line in path.read_text().splitlines())
    return {one.key: one for one in every if one.solver != solvers.OURS}


def kept(found: Iterator[Found], path: Path | None, known: Iterable[object]) -> list[Found]:
    """Return all that is found; what is new is appended to the file, one line each, at once."""
    every, before = [], set(known)
    for one in found:
        every.append(one)
        if path is not None and one.key not in before:
            with path.open("a") as file:
                file.write(json.dumps(one) + "\n")
    return every


def arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.benchmarks.solving", description=__doc__)
    several: Callable[[str], list[str]] = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--dims", type=several, default=list(GROUPS), help="of 2,10,30,own")
    parser.add_argument("--peers", type=several, default=[""], help="parts of their names; or none")
    parser.add_argument("--no-ours", action="store_true", help="only peers")
    parser.add_argument("--only", type=several, default=[], help="functions")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each problem and solver")
    parser.add_argument("--budget", type=float, help="CPU seconds of a peer for a problem")
    parser.add_argument("--results", type=Path, help="keep results in this file, and use them")
    parser.add_argument("--no-rows", action="store_true", help="only the moved functions")
    options = parser.parse_args()
    peers = [one for one in solvers.PEERS if any(part in one for part in options.peers)]
    options.solvers = [*([] if options.no_ours else [solvers.OURS]), *peers]
    return options


def claims(found: Sequence[Found]) -> tuple[Target, list[str]]:
    """Return the target of wrong claims of ours, and a line for each."""
    from tests.benchmarks.claims import wrong_claims

    by_name = problems_by_name()
    ours = [one for one in found if one.solver == solvers.OURS]
    return wrong_claims(
        [(by_name[one.group, one.problem], one.score, np.array(one.x), one.verdict) for one in ours]
    )


def main() -> None:
    options = arguments()
    solvers.warm_up(options.solvers)
    known = read(options.results)
    found = kept(all_found(options, known), options.results, known)
    print(table(found, options))
    if not options.no_ours:
        claim, wrong = claims(found)
        every = [*targets(found, options.dims), claim]
        if not options.no_rows:
            from tests.benchmarks import solve_rows

            every += solve_rows.targets()
        print(f"\n{show_targets(every)}\n\n{unsolved(found)}")
        print("\n".join(["", "wrong claims", *wrong] if wrong else []))
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(
        f"\nadamcli {adamcli.__version__}, Python {platform.python_version()}, {versions}, "
        f"{platform.machine()}"
    )


if __name__ == "__main__":
    main()
