"""Columns of text files: separated by commas, semicolons, tabs, bars or spaces.

There are two readers. NumPy's reads tables that are numbers alone. Ours reads whatever NumPy's
refuses, and says which cell is wrong. Both round every number to the nearest float, so that a table
has the same bits either way.
"""

from __future__ import annotations

import csv
import re
from array import array
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.comments import is_comment, without_comments
from adamcli.diagnostics import cited
from adamcli.pipes import is_pipe, read_pipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns, Room

ENCODING = "utf-8-sig"

DELIMITERS = ",;\t|"
"""What may separate columns, besides spaces; of several the one that the first line has most of."""


CHARACTERS = 25
"""As many as a number has at most, with what separates it from the next."""


class _Dialect(NamedTuple):
    """How lines are separated into cells: by `delimiter`, or by any white space if that is None."""

    delimiter: str | None

    @classmethod
    def of(cls, first: str, second: str) -> _Dialect:
        """Return the dialect of a file by its first line, and by the first of its rows.

        It is separated by spaces if the first line has no delimiter, and as many words as the row,
        at least two. So a single column may have spaces in its name.
        """
        outside_quotes = "".join(first.split('"')[::2])
        delimiter = max(DELIMITERS, key=outside_quotes.count)
        if delimiter not in outside_quotes:
            spaced = cls(None)
            try:
                words = spaced.header(first), spaced.cells(second)
            except csv.Error:
                return cls(delimiter)
            if len(words[0]) == len(words[1]) > 1:
                return spaced
        return cls(delimiter)

    def header(self, first: str) -> list[str]:
        """Return the names of the columns; raises `csv.Error` for a quote that is not closed."""
        # NumPy's `savetxt` writes names as a comment.
        first = first.lstrip().removeprefix("#" if self.delimiter is None else "# ")
        return _titles(next(self.rows([first]), (0, []))[1])

    def cells(self, row: str) -> list[str]:
        """Return the cells of one row, which may end with a comment; raises `csv.Error`."""
        return next(self.rows([without_comments(row, self.delimiter)]), (0, []))[1]

    def rows(self, lines: Iterable[str], skipped: int = 0) -> Iterator[tuple[int, list[str]]]:
        """Yield the cells of each row with the number of its last line; raises `csv.Error`.

        So many lines of the file have been `skipped`.
        """
        if self.delimiter is None:
            for number, line in enumerate(lines, skipped + 1):
                yield number, line.split() if '"' not in line else _quoted_words(line)
            return
        reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)
        try:
            for row in reader:
                yield skipped + reader.line_num, row
        except csv.Error as error:
            raise csv.Error(f"line {skipped + reader.line_num}: {error}") from None


class _Top(NamedTuple):
    """The line with the names of the columns, those `skipped` before it, and the first row."""

    skipped: int
    names: str
    row: str

    @classmethod
    def of(cls, lines: Iterator[str]) -> _Top:
        """Return the top of a file, which may begin with comments.

        The names are in the line after them, or in the last one of them if numbers follow it.
        """
        comments, line = list[str](), next(lines, "")
        while is_comment(line):
            comments.append(line)
            line = next(lines, "")
        if comments and any(_number(cell.strip('"')) is not None for cell in _CELLS.findall(line)):
            return cls(len(comments) - 1, comments[-1], line)
        rows = (row for row in lines if row.strip() and not is_comment(row))
        return cls(len(comments), line, next(rows, ""))


_CELLS = re.compile(rf"[^{DELIMITERS}\s]+")


def _titles(row: list[str]) -> list[str]:
    return [title.strip() for title in row]


def _quoted_words(line: str) -> list[str]:
    return next(csv.reader([line.strip()], delimiter=" ", skipinitialspace=True, strict=True), [])


def read_delimited(path: Path, name: str, room: Room) -> Columns:
    """Return the columns of a file, which is called `name` in errors.

    Raises `OSError`, and `ValueError` for what is no table or does not fit into the `room`.
    """
    # What is not a regular file, such as a pipe, can be read only once.
    found = read_fast(path, room) if path.is_file() else None
    return read_carefully(path, name, room) if found is None else found


def read_fast(path: Path, room: Room) -> Columns | None:
    """Return the columns of a file by NumPy's reader; None for a file that needs ours.

    Raises `ValueError` if the columns do not fit into the `room`.
    """
    try:
        with path.open(encoding=ENCODING) as file:
            top = _Top.of(file)
        dialect = _Dialect.of(top.names, top.row)
        header, row = dialect.header(top.names), dialect.cells(top.row)
    except (csv.Error, UnicodeDecodeError):
        return None
    if _wrong_header(header) or len(row) != len(header):
        return None
    # A number needs two characters, one of them to separate it.
    if path.stat().st_size // 2 + 1 > room.entries:
        room.check(_rows(path) * len(header))
    try:
        table = np.loadtxt(
            str(path.resolve()),
            delimiter=dialect.delimiter,
            comments="#",
            skiprows=top.skipped + 1,
            ndmin=2,
            encoding=ENCODING,
        )
    except ValueError:
        return None
    if table.shape[1] != len(header) or not np.isfinite(table).all():
        return None
    return dict(zip(header, np.ascontiguousarray(table.T), strict=True))


def _rows(path: Path) -> int:
    """Return the least number of rows that a file without empty lines can have."""
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(1 << 20), b"")
        return max(1, sum(block.count(b"\n") for block in blocks) - 1)


def _wrong_header(header: list[str]) -> str:
    """Return what is wrong with the names of columns, if anything."""
    if not header:
        return "expected a line of column names and at least one row"
    if all(_number(title) is not None for title in header):
        return "the first line must hold the names of the columns, found numbers"
    if len(set(header)) < len(header):
        twice = next(title for title in header if header.count(title) > 1)
        return f"two columns are called `{cited(twice)}`"
    return ""


def read_carefully(path: Path, name: str, room: Room) -> Columns:
    """Return the columns of a file by our own reader; the reason for each that is not numbers.

    Raises `OSError`, and `ValueError` with the line for what is no table.
    """
    text = _text_of(path, room)
    top = _Top.of(_lines_of(text))
    dialect = _Dialect.of(top.names, top.row)
    rows = dialect.rows(islice(_lines_of(text), top.skipped, None), top.skipped)
    try:
        # A name may go on in the next line.
        last, cells = next(rows, (0, []))
        header = dialect.header(top.names) if is_comment(top.names) else _titles(cells)
        start = _end_of(text, last)
        if has_comments := text.find("#", start) >= 0:
            below = without_comments(text[start:], dialect.delimiter)
            rows = dialect.rows(_lines_of(below), last)
        if len(text) // 2 + 1 > room.entries:
            room.check(max(1, text.count("\n") - 1) * len(header))
        table = _Table(name, header, strict="_" in text, has_comments=has_comments)
        # What the whole file breaks is told before what is wrong with one of its rows.
        for line, row in rows:
            table.add(line, row)
    except csv.Error as error:
        raise ValueError(str(error)) from None
    return table.columns()


def _text_of(path: Path, room: Room) -> str:
    """Return the text of a file, or of a pipe, which may never end."""
    most, size, blocks = CHARACTERS * room.entries, 0, []
    if is_pipe(path):
        raw = read_pipe(path, most)
        if len(raw) > most:
            room.check(len(raw) // CHARACTERS + 1)
        # As in a file, the two ends of a line are one.
        return raw.decode(ENCODING).replace("\r\n", "\n").replace("\r", "\n")
    with path.open(encoding=ENCODING) as file:
        while block := file.read(1 << 20):
            blocks.append(block)
            size += len(block)
            if size > most:
                room.check(size // CHARACTERS + 1)
    return "".join(blocks)


def _end_of(text: str, line: int) -> int:
    """Return where a line ends, of those counted from 1."""
    end = 0
    for _ in range(line):
        end = text.find("\n", end) + 1 or len(text)
    return end


def _lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a text one by one; a stream of it would take four times its memory."""
    return (match[0] for match in re.finditer(r"[^\n]*\n|[^\n]+", text))


class _Table:
    """The columns of a table, to which rows are added.

    With `strict`, numbers may have a `_`; `has_comments` says that some lines may be no rows.
    """

    def __init__(self, name: str, header: list[str], *, strict: bool, has_comments: bool) -> None:
        self._name, self._header, self._strict = name, header, strict
        self._has_comments = has_comments
        self._numbers = {k: array("d") for k in range(len(header))}
        self._reasons: dict[int, str] = {}
        self._wrong_length = ""
        self._has_rows = False

    def add(self, line: int, row: list[str]) -> None:
        """Take the cells of a row that ends in `line`."""
        if len(row) == len(self._header) and not self._strict:
            try:
                values = [float(row[k]) for k in self._numbers]
            except ValueError:
                pass
            else:
                if isfinite(sum(values)):
                    self._has_rows = True
                    for numbers, value in zip(self._numbers.values(), values, strict=True):
                        numbers.append(value)
                    return
        self._add_slowly(line, row)

    def _add_slowly(self, line: int, row: list[str]) -> None:
        if not any(cell.strip() for cell in row):
            return
        self._has_rows = True
        if len(row) != len(self._header):
            found = f"line {line}: expected {len(self._header)} values, found {len(row)}"
            self._wrong_length = self._wrong_length or found
            return
        for k in list(self._numbers):
            value, cell = _number(row[k]), row[k].strip()
            if value is None:
                found = f"`{cited(cell)}`" if cell else "nothing"
                where = f"{self._name}:{line}: column `{cited(self._header[k])}`"
                self._reasons[k] = f"{where}: expected a number, found {found}"
                del self._numbers[k]
            else:
                self._numbers[k].append(value)

    def columns(self) -> Columns:
        """Return the columns; raises `ValueError` for what is no table."""
        wrong = "" if self._has_rows else "expected a line of column names and at least one row"
        wrong += ", found comments" if wrong and self._has_comments else ""
        wrong = wrong or _wrong_header(self._header) or self._wrong_length
        if wrong:
            raise ValueError(wrong)
        return {
            title: self._reasons[k] if k in self._reasons else _as_array(self._numbers[k])
            for k, title in enumerate(self._header)
        }


def _as_array(numbers: array[float]) -> FloatArray:
    return np.frombuffer(numbers, dtype=float)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) and "_" not in cell else None
