"""`adamcli predict`: what lines of a formula are on new rows, with weights found before."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from adamcli.cli.guard import exit_codes, write_error
from adamcli.cli.options import (
    Bounds,
    ConfigPath,
    Dim,
    Model,
    Objective,
    Overrides,
    Quiet,
    format_option,
    output_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.report.formats import PREDICT_FORMATS, PREDICTION_FILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.model import ConfigFile
    from adamcli.config.weights import Weights


def predict(
    config: ConfigPath = None,
    objective: Objective = None,
    model: Model = None,
    bounds: Bounds = None,
    dim: Dim = None,
    overrides: Overrides = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="FILE.npz", help="The variables, as run -o FILE.npz writes them."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data",
            metavar="[OLD=]FILE",
            help="New rows, in place of the files of the config, or of OLD. Repeatable.",
        ),
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]EXPR",
            help="Show this of each row, e.g. 'p=sigmoid(z)'. Repeatable. [default: a model's fit]",
        ),
    ] = None,
    form: Annotated[str | None, format_option(PREDICT_FORMATS, default="table")] = None,
    output: Annotated[list[str] | None, output_option(PREDICTION_FILES)] = None,
    quiet: Quiet = False,
) -> None:
    """Evaluate lines of CONFIG's formula on new rows, with weights found before."""
    with exit_codes():
        from adamcli.evaluation import open_lines, shown_of, table_of
        from adamcli.report.evaluation_report import EvaluationLayout
        from adamcli.report.formats import FORMATS, format_of
        from adamcli.report.sinks import close_all, refuse_clashes

        source = ConfigSource(config, objective, model, None, bounds, dim, overrides, None, False)
        file, files = source.open(), output or []
        formats = [format_of(path, PREDICTION_FILES) for path in files]
        refuse_clashes(_inputs(file, weights, data or ()), **{"-o": files})
        lines = open_lines(file, _read(file, weights, quiet=quiet), data or ())
        layout = EvaluationLayout(table_of(lines, shown_of(show or (), lines)))
        shown = form or ("none" if quiet else "table")
        sink = layout.output(FORMATS[shown]) if shown != "none" else None
        with ExitStack() as undo:
            written = []
            for path, each in zip(files, formats, strict=True):
                written.append(layout.write(path, each))
                undo.callback(written[-1].discard)
            close_all(written)
            undo.pop_all()
        if sink is not None:
            layout.show(FORMATS[shown], sink)


def _read(file: ConfigFile, path: str | None, *, quiet: bool) -> Weights | None:
    """Return the weights in a file; without one those of the start, and say so."""
    from adamcli.config.weights import read_weights

    if path is not None:
        return read_weights(path)
    if file.tree.get("start") is not None and not quiet:
        write_error("note: without --weights the variables are those of the config's start")
    return None


def _inputs(file: ConfigFile, weights: str | None, data: Sequence[str]) -> dict[str, str]:
    """Return the files that are read, by path, each with what it is."""
    from adamcli.config.other_rows import named_files, paths_of
    from adamcli.report.sinks import inputs_of

    known = named_files(file)
    new = [*paths_of(file, data).values()] if data and known else data
    return {
        **inputs_of(file.name, known),
        **dict.fromkeys(new, "a file of new rows"),
        **({weights: "the file of weights"} if weights is not None else {}),
    }
