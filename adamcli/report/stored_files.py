"""The rows of stores as a file: the bytes that the sweep itself would have written with `-o`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.report.sinks import FileSink, refuse_special

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.report.formats import Format
    from adamcli.sweeps.stored_rows import Records, StoredLayout


def write_stored(path: str, form: Format, layout: StoredLayout, parts: Iterable[Records]) -> None:
    """Write rows, some at a time, to the file at `path`, which is complete or absent."""
    if form.file is not None:
        refuse_special(path)
        file = form.file(path, layout)
        try:
            for records in parts:
                file.add(layout.values(records))
        except BaseException:
            file.discard()
            raise
        file.close()
        return
    assert form.rows is not None
    sink, rows = FileSink(path), form.rows(layout)
    try:
        sink.write(rows.header())
        for records in parts:
            sink.write(rows.lines(layout.texts(records, rows.encoding)))
    except BaseException:
        sink.discard()
        raise
    sink.close()
