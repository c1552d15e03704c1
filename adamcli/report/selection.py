"""Which outputs a run gets: from `--format`, `-o`, `--every`, `--fields` and `--quiet`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from adamcli.diagnostics import did_you_mean
from adamcli.errors import UsageError
from adamcli.optimizer.result import RECORD_FIELDS
from adamcli.report.formats import FORMATS, RUN_FILES, format_of
from adamcli.report.outputs import Outputs, RecordsFile
from adamcli.report.sinks import (
    FileSink,
    StreamSink,
    inputs_of,
    refuse_clashes,
    refuse_special,
    standard_output,
)
from adamcli.report.step_text import StepLayout

if TYPE_CHECKING:
    from adamcli.config.model import Config


class Choice(NamedTuple):
    """What the user asked for; `form` is None where no format was named."""

    form: str | None = None
    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    every: str = "1"
    quiet: bool = False


def select_outputs(choice: Choice, config: Config) -> Outputs:
    """Return the outputs of a run; files are opened now, before any work is done.

    Raises `UsageError` for what does not exist and `FileError` for a file that cannot be written.
    """
    for name in choice.fields:
        if name not in RECORD_FIELDS:
            hint = did_you_mean(name, RECORD_FIELDS)
            raise UsageError(f"--fields: unknown field `{name}`\n  {hint}")
    layout = StepLayout(
        config.variables,
        tuple(dict.fromkeys(choice.fields)),
        n_iter=config.n_iter,
        direction=config.direction,
    )
    refuse_clashes(inputs_of(config.name, config.files), **{"-o": choice.files})
    outputs = Outputs(_every(choice.every))
    formats = [format_of(path, RUN_FILES) for path in choice.files]
    if choice.form is not None or not choice.quiet:
        stream = standard_output()
        form = FORMATS[choice.form or "table"]
        outputs.add(form.step_text(layout, stream), StreamSink(stream))
    with ExitStack() as opened:
        for path, form in zip(choice.files, formats, strict=True):
            if form.file is not None:
                refuse_special(path)
                file = RecordsFile(form.file(path, layout), layout)
                outputs.add(file, file)
            else:
                outputs.add(form.step_text(layout), FileSink(path))
            opened.callback(outputs.discard)
        opened.pop_all()
    return outputs


def _every(every: str) -> int | None:
    if every == "log":
        return None
    if every.isascii() and every.isdigit() and len(every) <= 18 and int(every) >= 1:
        return int(every)
    raise UsageError(f"--every: expected a whole number from 1, or log, found {every!r}")
