"""Signals, at any moment: the right code, no traceback, no process, all files or none."""

import json
import os
import random
import subprocess
import sys
import sysconfig

import pytest

from tests.conftest import QUIET_ENVIRONMENT, ROOT
from tests.fuzz.signals import COMMANDS, Trials

PACKAGES = sysconfig.get_path("purelib")

EARLY = """
import json, os, runpy, signal, sys

def started(count):
    left = [count]
    def hook(event, _):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGINT)
    sys.argv = ["adamcli", "--version"]
    sys.addaudithook(hook)
    runpy.run_module("adamcli", run_name="__main__", alter_sys=True)

found = []
for count in range(1, 61):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(theirs, 2)
        try:
            started(count)
        finally:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    os.close(theirs)
    with open(ours) as said:
        complaints = said.read()
    found.append([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), complaints])
print(json.dumps(found))
"""
"""Ctrl-C at each of the first things that the interpreter does for a command, as an import."""


def test_ctrl_c_from_the_first_line_on_is_no_traceback() -> None:
    # Without its site, which has imported nothing then.
    done = subprocess.run(
        [sys.executable, "-S", "-c", EARLY],
        capture_output=True,
        text=True,
        env={**QUIET_ENVIRONMENT, "PYTHONPATH": os.pathsep.join([str(ROOT), PACKAGES])},
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    # Until the first file is there, the interpreter alone is at work.
    assert 0 < sum(code == 1 for code, _ in found) < 20
    assert found.count([130, ""]) > 30
    for code, complaints in found:
        assert code == 130 or str(ROOT / "adamcli") not in complaints


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="processes are found in /proc")
@pytest.mark.parametrize("command", COMMANDS)
def test_random_signals_leave_no_trace(command) -> None:
    trials, rng = Trials(command), random.Random(13)
    for _ in range(6):
        trials.run(rng)
    trials.close()
    assert not trials.found
