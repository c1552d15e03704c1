"""Rows as a Parquet file."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adamcli.errors import needs_extra
from adamcli.fields import Kind
from adamcli.files import Part, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.fields import Layout


class ParquetFile:
    """A Parquet file that is written next to its target, and replaces it when it is complete.

    Raises `UsageError` without pyarrow, `FileError` if the file cannot be opened.
    """

    def __init__(self, path: str, layout: Layout) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise needs_extra(path, "pyarrow", "parquet") from None
        self._path, self._layout, self._pa = path, layout, pa
        fields = [(column.name, getattr(pa, column.kind.arrow)()) for column in layout.columns]
        self._schema = pa.schema(fields)
        with writing(path):
            self._part = Part(path)
        with writing(path, self._part.remove):
            self._writer = pq.ParquetWriter(self._part.file, self._schema)

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Take the values of some rows, column by column."""
        arrays = [
            self._pa.array(
                list(map(str, values)) if column.kind is Kind.TEXT else values, type=field.type
            )
            for column, values, field in zip(
                self._layout.columns, columns, self._schema, strict=True
            )
        ]
        with writing(self._path):
            self._writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))

    def finish(self) -> None:
        """Write what is left."""
        with writing(self._path, self.discard):
            self._writer.close()
            self._part.file.flush()

    def close(self) -> None:
        """Replace the target by the complete file."""
        self.finish()
        with writing(self._path, self.discard):
            self._part.place()

    def discard(self) -> None:
        """Remove what was written."""
        with suppress(OSError):
            self._writer.close()
        self._part.remove()
