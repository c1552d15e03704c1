"""From what a user asks for to variations: a config with its `sweep` key, options, a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.sweep import SweepSettings, combined, read_parameters, read_plan
from adamcli.files import decoded, read_bytes
from adamcli.sweeps.plan import make_plan
from adamcli.sweeps.variations import Variations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.axis_values import Axis
    from adamcli.config.expectations import Expectation
    from adamcli.config.load import ConfigFile
    from adamcli.sweeps.options import SweepOptions


def vary(file: ConfigFile, options: SweepOptions, axes: Sequence[Axis] = ()) -> Variations:
    """Return the checked variations of a config that has been read.

    `axes` are varied beside those that the options name.

    Raises `ConfigError`, `UsageError` or `FileError` for whatever does not fit.
    """
    if file.problems:
        # It raises them with all others.
        file.config()
    settings = file.sweep or SweepSettings()
    own = (*read_parameters(options.parameters), *axes)
    given = {key: getattr(options, key) for key in ("samples", "sampler", "sample_seed")}
    given["zipped"] = options.zip
    settings = settings._replace(**{k: v for k, v in given.items() if v is not None})
    if options.plan is None:
        settings = settings._replace(axes=combined(settings.axes, own))
    else:
        # A plan that is a file takes the place of the axes in the config.
        table = read_table(options.plan)
        combined((), (*table, *own))
        settings = settings._replace(axes=own, table=table)
    variations = Variations(file, make_plan(settings), allow_python=options.allow_python)
    variations.check()
    return variations


def read_table(path: str) -> tuple[Axis, ...]:
    """Return the columns of a plan that is a file.

    Raises `FileError` if it cannot be read, `ConfigError` that points into it.
    """
    return read_plan(decoded(read_bytes(path), path), path)


def sweep_expectations(
    variations: Variations, texts: Sequence[str], *, whole: bool
) -> list[Expectation]:
    """Return what is expected of the best run and of the counts, by the config and otherwise.

    What the config expects can only be said of a `whole` sweep, not of a part of it.

    Raises `ConfigError` for what is not known of a sweep.
    """
    own = variations.file.expect if whole else ()
    if not (own or texts):
        return []
    from adamcli.config.expectations import over_fields, parse_expectations, sweep_fields

    comparisons = [*own, *parse_expectations(texts)]
    return over_fields(comparisons, sweep_fields(variations.first.variables))
