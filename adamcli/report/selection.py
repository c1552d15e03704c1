"""Which outputs a run gets: from `--format`, `-o`, `--every`, `--fields` and `--quiet`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, TextIO

from adamcli.diagnostics import did_you_mean
from adamcli.errors import UsageError
from adamcli.report.formats import EXTENSIONS, FIELDS, FORMATS, ColouredLines, Layout
from adamcli.report.outputs import Outputs, Thinning
from adamcli.report.sinks import FileSink, StreamSink, inputs_of, refuse_clashes, standard_output

if TYPE_CHECKING:
    from adamcli.config.model import Config
    from adamcli.report.formats import Format


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
        if name not in FIELDS:
            raise UsageError(f"--fields: unknown field `{name}`\n  {did_you_mean(name, FIELDS)}")
    layout = Layout(config.variables, tuple(dict.fromkeys(choice.fields)))
    refuse_clashes(inputs_of(config.name, config.files), **{"-o": choice.files})
    outputs = Outputs(_thinning(choice.every))
    formats = [_of_extension(path, layout) for path in choice.files]
    if choice.form is not None or not choice.quiet:
        stream = standard_output()
        form = _for_stream(choice.form or "table", layout, config, stream)
        outputs.add(form, StreamSink(stream))
    with ExitStack() as opened:
        for path, form in zip(choice.files, formats, strict=True):
            sink = FileSink(path)
            opened.callback(sink.discard)
            outputs.add(form, sink)
        opened.pop_all()
    return outputs


def _for_stream(name: str, layout: Layout, config: Config, stream: TextIO) -> Format:
    if name != "table":
        return FORMATS[name](layout)
    from adamcli.report.terminal import has_colour, is_terminal

    if is_terminal(stream):
        from adamcli.report.table import Table

        return Table(layout, config.n_iter, config.maximize, stream)
    if has_colour(stream):
        return ColouredLines(layout, config.maximize)
    return FORMATS["lines"](layout)


def _of_extension(path: str, layout: Layout) -> Format:
    name = EXTENSIONS.get(PurePath(path).suffix.lower())
    if name is None:
        raise UsageError(
            f"-o {path}: the extension picks the format\n  use one of {', '.join(EXTENSIONS)}"
        )
    return FORMATS[name](layout)


def _thinning(every: str) -> Thinning:
    if every == "log":
        return Thinning(None)
    if every.isascii() and every.isdigit() and len(every) <= 18 and int(every) >= 1:
        return Thinning(int(every))
    raise UsageError(f"--every: expected a whole number from 1, or log, found {every!r}")
