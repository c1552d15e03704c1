"""Worker processes: how they begin, and how they end with their parent."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

SWITCH_SECONDS = 0.0002
"""How long a thread that looks at busy work waits before it asks for its turn. NumPy gives the turn
away for an instant every millisecond; each time the thread would wake too late and begin to wait
its usual 5 ms again, and could not look for seconds."""

FORKS = sys.platform.startswith("linux")
"""Whether a worker is forked, and so has everything at once. Where the system's own threads make a
fork unsafe, it begins anew."""


def worker_context() -> Any:
    """Return the context of `multiprocessing` in which workers are made."""
    # Importing it takes longer than many sweeps.
    import multiprocessing

    return multiprocessing.get_context("fork" if FORKS else "spawn")


def become_worker(*, prints: bool) -> None:
    """Leave the signals of a terminal to the parent, and end with it.

    What a worker `prints` must not mix with the data on standard output.
    """
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prints:
        os.dup2(2, 1)
    # A thread of the parent may have held the locks of its streams.
    with suppress(OSError):
        sys.stdout = sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")


def _end_with_parent() -> None:
    import multiprocessing

    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(0)
