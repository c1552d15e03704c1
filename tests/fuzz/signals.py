"""Signals at random moments: `python -m tests.fuzz.signals [COUNT [SEED]]`, for each command.

From the first line of a command to its last, a signal ends it with the right code, without a
traceback, and leaves no process and no file, or all files.
"""

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.conftest import QUIET_ENVIRONMENT, ROOT

ARTICLE = str(ROOT / "configs" / "article.yaml")

SWEEP = ["sweep", ARTICLE, "-p", "seed=0..20000", "-j", "2", "-q"]

COMMANDS = {
    "run": ["run", ARTICLE, "--set", "n_iter=4000", "-q", "-o", "o.csv", "-o", "o.json"],
    "sweep": [*SWEEP, "-o", "o.csv", "-o", "o.json", "-o", "o.db", "--save-best", "b.yaml"],
    "store": [*SWEEP, "-o", "o.csv", "--store", "s.db"],
    "solve": ["solve", ARTICLE, "-q", "-o", "o.csv", "-o", "o.json", "--save-best", "b.yaml"],
    "merge": ["merge", "a.db", "b.db", "-o", "m.db", "-q"],
    "check": ["check", ARTICLE, "--write", "w.yaml"],
}

MAIN = """
from adamcli.signals import handle_signals
handle_signals()
print("ready", flush=True)
from adamcli.__main__ import main
main()
"""
"""The program from its first line on."""

OURS = str(ROOT / "adamcli")
"""What the interpreter shows of itself, before the first line, is a traceback without this.

It is cut off where a second signal comes at once.
"""

PARTS = [["sweep", ARTICLE, "-p", "seed=0..20000", "-q", "--shard", f"{k}/2"] for k in (1, 2)]


class Trials:
    """Runs of one command, each of which gets signals.

    `found` lists what they did wrong; `codes` counts how they ended.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._folder = Path(tempfile.mkdtemp())
        if command == "merge":
            for part, name in zip(PARTS, ("a.db", "b.db"), strict=True):
                running = self._started(self._folder, [*part, "--store", name])
                running.communicate()
                assert running.returncode == 0
        self._before = {path.name for path in self._folder.iterdir()}
        self._seconds, self._after = self._whole()
        self.found: list[str] = []
        self.codes: dict[int, int] = {}

    def close(self) -> None:
        """Remove what they have written."""
        shutil.rmtree(self._folder)

    def run(self, rng: random.Random) -> None:
        """Let one run get a signal, or two, from its first line on."""
        folder = self._copy()
        self._signal(self._started(folder), folder, rng, self._seconds)

    def start(self, rng: random.Random) -> None:
        """Let one run get a signal, or two, while it starts."""
        folder = self._copy()
        running = process(folder, "-m", "adamcli", *COMMANDS[self._command])
        self._signal(running, folder, rng, self._start, starts=True)

    def _signal(
        self, running: Any, folder: Path, rng: random.Random, most: float, *, starts: bool = False
    ) -> None:
        number = rng.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
        at, gap = rng.random() * most, rng.choice([None, 0.0005, 0.003, 0.02, 0.1, 0.6])
        time.sleep(at)
        running.send_signal(number)
        if gap is not None:
            time.sleep(gap)
            running.send_signal(number)
        _, complaints = running.communicate(timeout=60)
        self.codes[running.returncode] = self.codes.get(running.returncode, 0) + 1
        interpreter = running.returncode == -number or (
            running.returncode == 1 and OURS not in complaints
        )
        wrong = [] if starts and interpreter else self._said(running, number, complaints)
        wrong += self._left(running, folder)
        self.found += [f"{number.name} after {at:.3f} s, then {gap}: {one}" for one in wrong]
        shutil.rmtree(folder)

    def _said(self, running: Any, number: signal.Signals, complaints: str) -> list[str]:
        wrong = []
        if running.returncode not in (0, 130 if number == signal.SIGINT else 143):
            wrong.append(f"code {running.returncode}")
        if any(word in complaints for word in ("Traceback", "bug", "Error", "Exception")):
            wrong.append(complaints)
        return wrong

    def _left(self, running: Any, folder: Path) -> list[str]:
        wrong = []
        left = {path.name for path in folder.iterdir()}
        if left not in (self._before, self._after, *self._resumable()):
            wrong.append(f"left {sorted(left - self._before)}")
        if living(running.pid):
            time.sleep(1)
        return wrong + [f"process {one} lives" for one in living(running.pid)]

    def _resumable(self) -> list[set[str]]:
        """Return what a store leaves besides all or nothing: what was done until then."""
        return [{"s.db"}] if self._command == "store" else []

    def _whole(self) -> tuple[float, set[str]]:
        """Return how long the command takes alone, and the files that are there afterwards."""
        folder, began = self._copy(), time.monotonic()
        running = self._started(folder)
        self._start = time.monotonic() - began
        running.communicate()
        assert running.returncode == 0
        names = {path.name for path in folder.iterdir()}
        shutil.rmtree(folder)
        return time.monotonic() - began, names

    def _copy(self) -> Path:
        return Path(shutil.copytree(self._folder, tempfile.mkdtemp(), dirs_exist_ok=True))

    def _started(self, folder: Path, line: list[str] | None = None) -> Any:
        """Return the process, whose first line has been reached."""
        running = process(folder, "-c", MAIN, *(line or COMMANDS[self._command]))
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        return running


def process(folder: Path, *line: str) -> Any:
    """Return a new process of the interpreter in a folder."""
    return subprocess.Popen(
        [sys.executable, *line],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**QUIET_ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        # Under nohup it would be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )


def living(group: int) -> list[int]:
    """Return the processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = path.read_text().partition(" ")
        except OSError:
            continue
        state, _, of_group = rest.rpartition(")")[2].split()[:3]
        if int(of_group) == group and state not in "ZX":
            found.append(int(number))
    return found


def main(count: int = 100, seed: int = 0) -> int:
    """Print what was found wrong, and return how much."""
    total = 0
    for command in COMMANDS:
        trials, rng = Trials(command), random.Random(seed)
        for _ in range(count):
            trials.run(rng)
            trials.start(rng)
        trials.close()
        codes = ", ".join(f"{code}: {times}" for code, times in sorted(trials.codes.items()))
        print(
            f"{command}: {count} random signals, {count} at the start; exit codes {codes}",
            flush=True,
        )
        print(*(f"  {one}" for one in trials.found), sep="\n", end="\n" if trials.found else "")
        total += len(trials.found)
    return total


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
