"""A run of ten million variables in its own process, beside the same steps by hand in NumPy."""

from __future__ import annotations

import sys
from statistics import median

from tests.benchmarks.measure import Row, paired, peak_memory, process

DIM, STEPS = 10**7, 10

OURS = [sys.executable, "-m", "adamcli", "run", "sphere", "--dim", str(DIM), "-q"]
OURS += ["--set", f"n_iter={STEPS}"]

BY_HAND = f"""
import numpy as np

np.random.seed(0)
x = -5.12 + np.random.rand({DIM}) * 10.24
best, m, v, work = x.copy(), np.zeros({DIM}), np.zeros({DIM}), np.empty({DIM})
lowest = (x**2).sum()
for t in range(1, {STEPS} + 1):
    g = 2 * x
    m *= 0.9
    m += np.multiply(g, 0.1, out=work)
    np.multiply(g, g, out=g)
    v *= 0.999
    v += np.multiply(g, 0.001, out=g)
    np.sqrt(np.divide(v, 1 - 0.999**t, out=work), out=work)
    work += 1e-8
    np.divide(m, work, out=work)
    x -= np.multiply(work, 0.001 / (1 - 0.9**t), out=work)
    np.clip(x, -5.12, 5.12, out=x)
    score = np.multiply(x, x, out=work).sum()
    if score < lowest:
        lowest, best[:] = score, x
"""


def rows() -> list[Row]:
    """Return the time beside that by hand, and the memory above that of an interpreter."""
    by_hand = [sys.executable, "-c", BY_HAND]
    ours, bare = peak_memory(OURS), peak_memory([sys.executable, "-c", "import numpy"])
    above = median(ours() - bare() for _ in range(3)) * 2**20 / 10**6
    return [
        Row(
            "a run of 10**7 variables, 10 steps / by hand in NumPy",
            *paired(process(OURS), process(by_hand), 5),
            1.5,
            "ms",
        ),
        Row("its peak memory above NumPy's: 6 arrays", above, None, above, 6 * 80, "MB"),
    ]
