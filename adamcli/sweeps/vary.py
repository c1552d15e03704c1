"""From a config and the options of a sweep to its variations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adamcli.config.sweep import SweepSettings, combined, read_parameters, read_plan
from adamcli.files import decoded, read_bytes
from adamcli.sweeps.plan import make_plan
from adamcli.sweeps.variations import Variations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.axis_values import Axis
    from adamcli.config.expectations import Expectation
    from adamcli.config.load import ConfigFile


class SweepOptions(NamedTuple):
    """How runs are varied, computed and kept; None where the config or the machine decides.

    `parameters` are axes as `-p` takes them, and `plan` is a file of runs. `zip`, `samples`,
    `sampler` and `sample_seed` say how axes are combined and drawn. `shard`, such as `3/8`, is the
    part of the runs to compute, by `jobs` processes or on the cluster of a `scheduler`. A `store`
    keeps what is done. Without `points` only scores are kept. `top` is how many of the best runs
    and settings are reported.
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


def vary(file: ConfigFile, options: SweepOptions, axes: Sequence[Axis] = ()) -> Variations:
    """Return the checked variations of a config; `axes` are varied in addition to the options'.

    Raises `ConfigError`, `UsageError` or `FileError` for anything that does not fit.
    """
    if file.problems:
        # This raises them together with all others.
        file.config()
    settings = file.sweep or SweepSettings()
    own = (*read_parameters(options.parameters), *axes)
    given = {key: getattr(options, key) for key in ("samples", "sampler", "sample_seed")}
    given["zipped"] = options.zip
    settings = settings._replace(**{k: v for k, v in given.items() if v is not None})
    if options.plan is None:
        settings = settings._replace(axes=combined(settings.axes, own))
    else:
        # A file of runs replaces the axes of the config.
        table = read_plan(decoded(read_bytes(options.plan), options.plan), options.plan)
        combined((), (*table, *own))
        settings = settings._replace(axes=own, table=table)
    variations = Variations(file, make_plan(settings), allow_python=options.allow_python)
    variations.check()
    return variations


def sweep_expectations(
    variations: Variations, texts: Sequence[str], *, whole: bool
) -> list[Expectation]:
    """Return the expectations of the best run and of the counts: the config's and `texts`.

    Those of the config apply only to a `whole` sweep, not to a part of one.

    Raises `ConfigError` for a name that a sweep does not have.
    """
    own = variations.file.expect if whole else ()
    if not (own or texts):
        return []
    from adamcli.config.expectations import over_fields, parse_expectations, sweep_fields

    comparisons = [*own, *parse_expectations(texts)]
    return over_fields(comparisons, sweep_fields(variations.first.variables))
