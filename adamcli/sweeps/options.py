"""What is asked of a sweep, beside its config."""

from __future__ import annotations

from typing import NamedTuple


class SweepOptions(NamedTuple):
    """How runs are varied, computed and kept; None where the config or the machine decides.

    `parameters` are axes as `-p` takes them, and `plan` is a file that holds the runs. `zip`,
    `samples`, `sampler` and `sample_seed` say how axes are combined and drawn.

    Of all runs, those of part `shard` (such as `3/8`) are computed by `jobs` processes, or on the
    cluster of a `scheduler`. A `store` keeps what is done. Without `points` only scores are kept,
    not where they were. `top` is how many of the best runs and settings are looked at.
    """

    parameters: tuple[str, ...] = ()
    zip: bool | None = None
    samples: int | None = None
    sampler: str | None = None
    sample_seed: int | None = None
    plan: str | None = None
    shard: str | None = None
    jobs: int | None = None
    scheduler: str | None = None
    store: str | None = None
    points: bool = True
    top: int = 10
    allow_python: bool = False
