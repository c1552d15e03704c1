"""How things are measured: in turn, so that a machine whose speed drifts is fair to both sides."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Row(NamedTuple):
    """A line of the table: two figures, their ratio, and what the ratio must not exceed.

    A row without peer has an absolute figure in place of a ratio.
    """

    what: str
    ours: float
    peer: float | None
    ratio: float
    target: float
    unit: str

    @property
    def met(self) -> bool:
        return self.ratio <= self.target


class Target(NamedTuple):
    """A figure of any kind, beside what it has to be."""

    what: str
    figure: str
    target: str
    met: bool


def paired(ours: Callable[[], float], peer: Callable[[], float], runs: int) -> tuple[float, ...]:
    """Return the medians of ours, of the peer's and of their ratio, measured A B A B ...."""
    ours(), peer()
    pairs = [(ours(), peer()) for _ in range(runs)]
    return (
        median(a for a, _ in pairs),
        median(b for _, b in pairs),
        median(a / b for a, b in pairs),
    )


def process(command: Sequence[str]) -> Callable[[], float]:
    """Return a function that runs a command into a pipe and returns its seconds."""

    def run() -> float:
        began = perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return perf_counter() - began

    return run


def peak_memory(command: Sequence[str]) -> Callable[[], float]:
    """Return a function that runs a command and returns its largest resident size in MB."""

    # A child begins with the size of its parent, so a small process has to be the parent.
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )

    def run() -> float:
        done = subprocess.run(
            [sys.executable, "-S", "-c", code, *command], capture_output=True, check=True
        )
        return int(done.stdout) / 1024

    return run


def reported(command: Sequence[str]) -> Callable[[], float]:
    """Return a function that runs a program and returns the seconds that it prints."""

    def run() -> float:
        return float(subprocess.run(command, capture_output=True, check=True).stdout)

    return run


def peak_memory_of_all(command: Sequence[str]) -> list[float]:
    """Run a command and return the largest resident sizes in MB: its own, and each child's.

    What they share is counted in each of them.
    """
    peaks: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        while running.poll() is None:
            # Whatever ends in between has left no files.
            with suppress(OSError):
                for pid in (running.pid, *map(int, children.read_text().split())):
                    status = Path(f"/proc/{pid}/status").read_text()
                    found = re.search(r"VmHWM:\s*(\d+) kB", status)
                    if found:
                        peaks[pid] = int(found[1]) / 1024
            sleep(0.05)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    return [peaks.pop(running.pid), *peaks.values()]


def loop(function: Callable[[], object], count: int) -> Callable[[], float]:
    """Return a function that calls `function` once and returns the seconds per `count`."""

    def run() -> float:
        began = perf_counter()
        function()
        return (perf_counter() - began) / count

    return run


def in_a_row(function: Callable[[], object], calls: int, count: int) -> Callable[[], float]:
    """Return a function that makes several calls in a row and returns the seconds per `count`.

    The first call is not measured: threads of the other side may still be spinning in wait of more
    work, and our own have to wake up.
    """

    def run() -> float:
        function()
        began = perf_counter()
        for _ in range(calls):
            function()
        return (perf_counter() - began) / (calls * count)

    return run


def show(rows: Sequence[Row]) -> str:
    """Return the rows as a table of plain text."""
    head = ("what", "ours", "peer", "ratio", "target", "")
    lines = [head]
    for row in rows:
        scale = {"ms": 1e3, "us": 1e6, "ns": 1e9, "MB": 1.0, "%": 100.0}[row.unit]
        peer = f"{row.peer * scale:.4g} {row.unit}" if row.peer is not None else "-"
        ratio = (
            f"{row.ratio:.3g}" if row.peer is not None else f"{row.ratio * scale:.3g} {row.unit}"
        )
        target = (
            f"{row.target:.3g}" if row.peer is not None else f"{row.target * scale:.3g} {row.unit}"
        )
        verdict = "met" if row.met else "MISSED"
        lines.append(
            (row.what, f"{row.ours * scale:.4g} {row.unit}", peer, ratio, f"<= {target}", verdict)
        )
    return aligned(lines, left=(0, 5))


def show_targets(targets: Sequence[Target]) -> str:
    """Return targets beside their figures, as a table of plain text."""
    lines = [("what", "ours", "target", "")]
    lines += [(one.what, one.figure, one.target, "met" if one.met else "MISSED") for one in targets]
    return aligned(lines, left=(0, 2, 3))


def aligned(lines: Sequence[Sequence[str]], left: Sequence[int]) -> str:
    """Return lines of cells as columns, those numbered in `left` aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k in left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
