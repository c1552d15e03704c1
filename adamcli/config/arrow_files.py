"""Columns of Parquet, Feather and Arrow files, which pyarrow reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.data_files import UnreadableError, refuse_twins
from adamcli.diagnostics import cited
from adamcli.errors import install_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns, Room


def read_parquet(path: Path, name: str, room: Room) -> Columns:
    """Return the columns of a Parquet file; raises `UnreadableError` or `OSError`."""

    def tables(stream: Any) -> Any:
        import pyarrow.parquet as pq

        with pq.ParquetFile(stream) as file:
            room.check(file.metadata.num_rows * file.metadata.num_columns)
            return file.read()

    return _read(path, name, tables)


def read_arrow(path: Path, name: str, room: Room) -> Columns:
    """Return the columns of a file in Arrow's format, which is Feather 2, or of a stream of it.

    Raises `UnreadableError` or `OSError`.
    """

    def tables(stream: Any) -> Any:
        import pyarrow as pa

        is_file = stream.read(6) == b"ARROW1"
        stream.seek(0)
        with (pa.ipc.open_file if is_file else pa.ipc.open_stream)(stream) as reader:
            batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
            kept, entries = [], 0
            for batch in batches:
                kept.append(batch)
                entries += batch.num_rows * batch.num_columns
                room.check(entries)
            return pa.Table.from_batches(kept, schema=reader.schema)

    return _read(path, name, tables)


def _read(path: Path, name: str, table_of: Callable[[Any], Any]) -> Columns:
    try:
        import pyarrow as pa
    except ImportError:
        message = "needs the package pyarrow"
        raise UnreadableError(message, install_command("pyarrow", "parquet")) from None
    with path.open("rb") as stream:
        try:
            table = table_of(stream)
        except pa.ArrowException as error:
            raise UnreadableError(str(error).partition("\n")[0]) from None
    refuse_twins(table.column_names)
    if not table.num_rows:
        raise UnreadableError("has no rows")
    columns = zip(table.column_names, table.columns, strict=True)
    return {title: _column(name, title, column) for title, column in columns}


def _column(name: str, title: str, column: Any) -> FloatArray | str:
    """Return a column, or the reason why it is not all numbers."""
    import pyarrow as pa

    kinds, where = pa.types, f"{name}: column `{cited(title)}`"
    numeric = (kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_decimal)
    if not any(is_kind(column.type) for is_kind in numeric):
        return f"{where}: expected numbers, found {column.type}"
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy()))
        return f"{where}: expected a number in row {row + 1}, found nothing"
    if kinds.is_decimal(column.type):
        # Arrow's own cast does not round to the nearest float.
        found = np.array([float(value) for value in column.to_pylist()])
    else:
        found = np.ascontiguousarray(column.to_numpy(), dtype=float)
    finite = np.isfinite(found)
    if not finite.all():
        row = int(np.argmin(finite))
        return f"{where}: expected a number in row {row + 1}, found `{found[row]}`"
    return found
