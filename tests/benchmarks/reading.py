"""What it costs to read data: files beside NumPy's reader, and arrays from Python."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from adamcli.config.checking import checked
from adamcli.config.data import DataReader
from adamcli.config.load import read_config, read_keys
from adamcli.config.values import KeyReader
from adamcli.diagnostics import Problems
from tests.benchmarks.measure import Row, loop, paired, peak_memory

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 1_000_000

CONFIG = """\
objective: mean((y - a*x - b)**2)
bounds: {a: [-5, 5], b: [-5, 5]}
data: d.csv
"""


def rows() -> list[Row]:
    table = np.random.default_rng(0).standard_normal((ROWS, 2))
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "d.csv"
        with path.open("w") as file:
            file.write("x,y\n")
            file.writelines(f"{x!r},{y!r}\n" for x, y in table.tolist())
        peer = loop(lambda: np.loadtxt(path, delimiter=",", skiprows=1), 1)
        time = paired(loop(_reading(folder), 1), peer, 7)
        return [
            Row("reading 10**6 x 2 CSV / numpy.loadtxt", *time, 1.2, "ms"),
            _memory(path, table.nbytes / 2**20),
            _in_memory(table),
        ]


def _reading(folder: Path) -> Callable[[], object]:
    file = read_config(CONFIG, folder=folder)
    return lambda: DataReader(KeyReader(Problems(), file.tree, file.folder)).read()


def _memory(path: Path, array: float) -> Row:
    """Measure the largest resident size of a process that reads, above one that does not."""
    code = "from adamcli.config import data_files, delimited; import numpy, sys, pathlib\n"
    reading = f"{code}data_files.read_columns(sys.argv[1])"
    with_it, without = (
        peak_memory([sys.executable, "-c", text, str(path)])() for text in (reading, code)
    )
    used = with_it - without
    return Row("memory of reading it / the array", used, array, used / array, 4.0, "MB")


def _in_memory(table: np.ndarray) -> Row:
    """Measure what data of 10**6 rows cost as an argument from Python, beside a copy of them."""
    formula, bounds = "mean((y - a*x - b)**2)", {"a": [-5, 5], "b": [-5, 5]}
    keys = {"objective": formula, "bounds": bounds, "data": {"x": table[:, 0], "y": table[:, 1]}}
    began = perf_counter()
    checked(read_keys(keys, "<minimize>"))
    seconds = perf_counter() - began
    return Row("data=... of 10**6 x 2 from Python", seconds, None, seconds, 0.2, "ms")
