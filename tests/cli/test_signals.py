"""Signals, at any moment: the right code, no traceback, no process, all files or none."""

import os
import random

import pytest

from tests.fuzz.signals import COMMANDS, Trials


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="processes are found in /proc")
@pytest.mark.parametrize("command", COMMANDS)
def test_random_signals_leave_no_trace(command) -> None:
    trials, rng = Trials(command), random.Random(13)
    for _ in range(8):
        trials.run(rng)
    trials.close()
    assert not trials.found
    assert set(trials.codes) <= {0, 130, 143}
