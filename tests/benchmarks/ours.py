"""Our side of a comparison: the steps of a config, without what a command does around them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from adamcli import load_config
from adamcli.experiment import prepare, start_of
from adamcli.optimizer.loop import minimize_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adamcli import Config

DATA = "data.npz"
"""The file of the arrays, as a config names it."""


def steps_of(config: Config) -> Callable[[], object]:
    """Return a function that takes all steps of a config."""
    task, start = prepare(config), start_of(config)[:, None]
    return lambda: minimize_batch(task, start)


def steps_on(data: Mapping[str, np.ndarray], lines: Sequence[str]) -> Callable[[], object]:
    """Return a function that takes all steps of a config of some lines on named arrays."""
    with TemporaryDirectory() as folder:
        np.savez(Path(folder) / DATA, **data)
        named = (f"  {name}: {DATA}:{name}" for name in data)
        path = Path(folder) / "config.yaml"
        path.write_text("\n".join([*lines, "data:", *named]), encoding="utf-8")
        return steps_of(load_config(str(path)))
