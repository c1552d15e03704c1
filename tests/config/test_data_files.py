"""Reading files of data: NumPy's reader and ours read the same, and nothing is read too much."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.config.data_files import Room, UnreadableError, read_columns, read_file
from adamcli.config.delimited import read_carefully, read_fast
from adamcli.errors import FileError
from tests.conftest import same_bits

numbers = st.floats(allow_nan=False, allow_infinity=False)
written = st.one_of(
    numbers.map(repr),
    numbers.map(lambda value: f"{value:.3g}"),
    st.integers(-(10**25), 10**25).map(str),
    st.from_regex(r"[-+]?[0-9]{1,25}\.?[0-9]{0,25}([eE][-+]?[0-9]{1,3})?", fullmatch=True),
)
odd = st.one_of(
    written,
    st.sampled_from(
        ["", " ", "nan", "inf", "1e999", "1_0", "0x10", "1,5", '"1"', "ab", "1 2", "١"]
    ),
    st.text(alphabet='0123456789.eE+-_ ",;|\t#x\xa0\x0b', max_size=8),
)
titles = st.sampled_from(["x", "y", "z1", "time (s)", '"a,b"', "# n", "3", "level "])


@st.composite
def texts(draw, cells):
    """Return a file with any number of columns, in any dialect, also with what is wrong in it."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", " ", ", ", "  ", " | "]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    count = draw(st.integers(1, 4))
    header = draw(st.lists(titles, min_size=count, max_size=count))
    rows = draw(st.lists(st.lists(cells, min_size=count, max_size=count), max_size=5))
    lines = [delimiter.join(row) for row in [header, *rows]]
    for _ in range(draw(st.integers(0, 2))):
        lines.insert(
            draw(st.integers(0, len(lines))), draw(st.sampled_from(["", " ", ",", "#", "1"]))
        )
    return (
        draw(st.sampled_from(["", "\ufeff"])) + end.join(lines) + draw(st.sampled_from(["", end]))
    )


def both(path: Path, text: str):
    path.write_bytes(text.encode())
    try:
        careful = read_carefully(path, path.name, Room())
    except ValueError as error:
        careful = str(error)
    return read_fast(path, Room()), careful


def assert_same(fast, careful) -> None:
    assert fast.keys() == careful.keys()
    for name, column in fast.items():
        assert not isinstance(careful[name], str), careful[name]
        assert same_bits(column, careful[name])


@given(text=st.one_of(texts(written), texts(odd)))
@settings(max_examples=400, deadline=None)
def test_both_readers_read_the_same(text, tmp_path_factory) -> None:
    fast, careful = both(tmp_path_factory.getbasetemp() / "any.csv", text)
    if fast is not None:
        assert not isinstance(careful, str), careful
        assert_same(fast, careful)


@given(
    table=st.integers(1, 3).flatmap(
        lambda k: st.lists(st.lists(written, min_size=k, max_size=k), min_size=1, max_size=6)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|", " "]),
)
@settings(max_examples=200, deadline=None)
def test_tables_of_numbers_have_the_bits_of_python(table, delimiter, tmp_path_factory) -> None:
    """Tables of finite numbers go the fast way; Python's own float is the oracle."""
    names = [f"c{k}" for k in range(len(table[0]))]
    text = "\n".join(delimiter.join(row) for row in [names, *table])
    fast, careful = both(tmp_path_factory.getbasetemp() / "numbers.csv", text)
    expected = np.array([[float(cell) for cell in row] for row in table])
    if np.isfinite(expected).all():
        assert fast is not None
        assert_same(fast, careful)
        assert same_bits(np.stack(list(fast.values()), axis=1), expected)
    else:
        assert fast is None


SPACED = {
    "one space": "x y\n1 2.5\n2 3.5\n",
    "aligned": "   x     y\n   1   2.5\n   2   3.5\n",
    "at the end": "x y \n1 2.5 \n2 3.5  \n",
    "as savetxt writes it": "# x y\n1.0 2.5\n2.0 3.5\n",
    "quoted": '"x" "y"\n1 2.5\n2 3.5\n',
    "a quoted number": 'x y\n1 "2.5"\n2 3.5\n',
    "empty lines": "x y\n\n1 2.5\n  \n2 3.5\n",
    "after comments": "# measured today\n#by hand\n# x y\n1 2.5\n2 3.5\n",
    "comments, then names": "# measured, today\n#by hand\nx y\n1 2.5\n2 3.5\n",
    "comments, then names and commas": "# measured today\nx,y\n1,2.5\n2,3.5\n",
    "savetxt with commas": "# of a table\n# x,y\n1.0,2.5\n2.0,3.5\n",
}


@pytest.mark.parametrize("name", SPACED)
@pytest.mark.parametrize("suffix", ["dat", "txt", "csv"])
def test_columns_may_be_separated_by_spaces(tmp_path, name, suffix) -> None:
    path = tmp_path / f"d.{suffix}"
    path.write_text(SPACED[name])
    found = read_columns(str(path))
    assert {k: v.tolist() for k, v in found.items()} == {"x": [1, 2], "y": [2.5, 3.5]}


def test_a_file_of_savetxt_is_read_back(tmp_path) -> None:
    table = np.random.default_rng(0).standard_normal((20, 3))
    np.savetxt(tmp_path / "d.dat", table, fmt="%.17g", header="a b c")
    found = read_columns(str(tmp_path / "d.dat"))
    assert same_bits(np.stack([found[k] for k in "abc"], axis=1), table)


def test_a_name_may_begin_with_a_number_sign(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("#id,x\n1,2\n3,4\n")
    assert set(read_columns(str(tmp_path / "d.csv"))) == {"#id", "x"}


def test_lines_are_counted_from_the_first_comment(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("# one\n# two\nx,y\n1,2\n3,4,5\n")
    with pytest.raises(FileError, match="line 5: expected 2 values, found 3"):
        read_columns(str(tmp_path / "d.csv"))


def test_a_single_column_may_have_spaces_in_its_name(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("time (s)\n1\n2\n")
    assert read_columns(str(tmp_path / "d.csv"))["time (s)"].tolist() == [1, 2]


def test_errors_in_files_with_spaces_name_the_line(tmp_path) -> None:
    (tmp_path / "d.dat").write_text("x y\n1 2\n3 4 5\n")
    with pytest.raises(FileError, match="line 3: expected 2 values, found 3"):
        read_columns(str(tmp_path / "d.dat"))
    (tmp_path / "d.dat").write_text("x y\n1 2\n3 ab\n")
    found = read_file(tmp_path / "d.dat", "d.dat", Room())
    assert found["y"] == "d.dat:3: column `y`: expected a number, found `ab`"


def test_a_pipe_is_read_once(tmp_path) -> None:
    import os
    import threading

    path = tmp_path / "d.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text("x,y\n1,2\n"))
    writer.start()
    found = read_columns(str(path))
    writer.join()
    assert found["y"].tolist() == [2.0]


def columns_of_arrow():
    pa = pytest.importorskip("pyarrow")
    from decimal import Decimal

    return pa, {
        "x": pa.array([1.5, 2.5, -0.0]),
        "n": pa.array([1, 2, 2**53 + 1], pa.int64()),
        "half": pa.array(np.array([1, 2, 3], np.float16)),
        "flag": pa.array([True, False, True]),
        "price": pa.array([Decimal("1.10"), Decimal("2.20"), Decimal("3.30")]),
        "name": pa.array(["a", "b", "c"]),
        "gap": pa.array([1.0, None, 3.0]),
        "nan": pa.array([1.0, 2.0, float("nan")]),
    }


def write_arrow(pa, path: Path, columns) -> None:
    table = pa.table(columns)
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = table.drop_columns("half")
        pq.write_table(table, path, row_group_size=2)
    elif path.suffix == ".feather":
        import pyarrow.feather

        pyarrow.feather.write_feather(table, str(path), chunksize=2)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=2)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
def test_parquet_and_arrow(tmp_path, suffix) -> None:
    pa, columns = columns_of_arrow()
    path = tmp_path / f"d{suffix}"
    write_arrow(pa, path, columns)
    found = read_file(path, path.name, Room())
    assert same_bits(found["x"], np.array([1.5, 2.5, -0.0]))
    assert found["n"].tolist() == [1.0, 2.0, float(2**53 + 1)]
    assert found["flag"].tolist() == [1.0, 0.0, 1.0]
    assert found["price"].tolist() == [1.1, 2.2, 3.3]
    assert found["name"] == f"d{suffix}: column `name`: expected numbers, found string"
    assert found["gap"] == f"d{suffix}: column `gap`: expected a number in row 2, found nothing"
    assert found["nan"] == f"d{suffix}: column `nan`: expected a number in row 3, found `nan`"
    assert all(c.dtype == float for c in found.values() if not isinstance(c, str))


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
@pytest.mark.parametrize("content", [b"", b"no arrow file", b"PAR1broken", b"ARROW1\0\0broken"])
def test_broken_arrow_files_are_refused(tmp_path, suffix, content) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / f"d{suffix}").write_bytes(content)
    with pytest.raises(UnreadableError):
        read_file(tmp_path / f"d{suffix}", "d", Room())


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch) -> None:
    import sys

    (tmp_path / "d.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FileError, match=r"needs the package pyarrow\n  pip install 'adamcli\[parq"):
        read_columns(str(tmp_path / "d.parquet"))


def bomb(path: Path, shape: tuple[int, ...]) -> None:
    """Write an npz whose header promises an array of zeros that a few bytes stand for."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", head.getvalue() + bytes(800))


def test_no_more_is_allocated_than_the_limit_allows(tmp_path, monkeypatch) -> None:
    bomb(tmp_path / "d.npz", (10**9, 1000))
    with pytest.raises(FileError) as caught:
        read_columns(str(tmp_path / "d.npz"))
    assert "needs 8 TB of memory; the most is 4 GB, see ADAMCLI_MAX_DATA" in str(caught.value)
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "80")
    (tmp_path / "d.csv").write_text("x,y\n" + "1,2\n" * 6)
    with pytest.raises(FileError, match="needs 96 B of memory; the most is 80 B"):
        read_columns(str(tmp_path / "d.csv"))
    (tmp_path / "d.csv").write_text("x,y\n" + "1,2\n" * 5)
    assert len(read_columns(str(tmp_path / "d.csv"))["x"]) == 5
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "much")
    with pytest.raises(Exception, match="ADAMCLI_MAX_DATA: expected a size such as 16GB"):
        read_columns(str(tmp_path / "d.csv"))


def test_all_files_of_a_config_share_the_limit(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "100")
    np.savez(tmp_path / "d.npz", x=np.zeros(8))
    room = Room()
    read_file(tmp_path / "d.npz", "d", room)
    with pytest.raises(UnreadableError, match="with the data before it needs 128 B"):
        read_file(tmp_path / "d.npz", "d", room)


@pytest.mark.parametrize(
    ("text", "size"), [("80", 80), ("2kb", 2000), ("1.5 MB", 1.5e6), ("16G", 16e9), ("", 4e9)]
)
def test_sizes_of_the_limit(monkeypatch, text, size) -> None:
    from adamcli.objective.limits import data_limit

    monkeypatch.setenv("ADAMCLI_MAX_DATA", text)
    assert data_limit().bytes == size


def test_members_of_an_archive_that_are_no_arrays_are_told_when_used(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("notes.txt", "hello")
        archive.writestr("short.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 10))
    found = read_file(tmp_path / "d.npz", "d.npz", Room())
    assert found["notes.txt"] == "d.npz: `notes.txt` is not an array of real numbers"
    assert "is not an array" in found["short"]


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", "i1", "u8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_any_kind_keep_their_values(tmp_path, dtype, order) -> None:
    array = np.asarray(np.arange(6).reshape(2, 3) % 2, dtype=dtype, order=order)
    np.savez_compressed(tmp_path / "d.npz", x=array, one=array[0, 1])
    found = read_columns(str(tmp_path / "d.npz"))
    assert found["x"].tolist() == [[0, 1, 0], [1, 0, 1]]
    assert found["one"].shape == ()
    assert found["x"].dtype == float


COMMENTS = {
    "between rows": "x,y\n1,2\n# in the middle\n3,4\n",
    "below the names": "x,y\n# units\n1,2\n3,4\n",
    "after a row": "x,y\n1,2 # the first\n3,4# and the last\n",
    "at the end": "x,y\n1,2\n3,4\n# 5,6\n  #\n",
    "everywhere": "#\nx,y\n#\n1,2#,,\n\n  # a\n3,4 # b # c\n#",
    "with a quote": 'x,y\n# 5" pipe\n1,2 # "\n3,4\n',
}


@pytest.mark.parametrize("name", COMMENTS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
def test_comments_are_read_as_numpy_reads_them(tmp_path, name, delimiter) -> None:
    text, path = COMMENTS[name].replace(",", delimiter), tmp_path / "d.csv"
    # With a delimiter NumPy takes the space before an indented comment for a cell; we do not.
    below = io.StringIO(text.partition(f"x{delimiter}y\n")[2].replace("  #", "#"))
    expected = np.loadtxt(below, delimiter=None if delimiter == " " else delimiter)
    fast, careful = both(path, text)
    assert (fast is None) == ("  #" in text and delimiter != " ")
    for found in (fast or careful, careful):
        assert not isinstance(found, str), found
        assert np.stack([found["x"], found["y"]], axis=1).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sample #,y\n1,2\n3,4\n", {"sample #": [1, 3], "y": [2, 4]}),
        ('"x # 1","y"\n1,2 # c\n3,4\n', {"x # 1": [1, 3], "y": [2, 4]}),
        ('x,"y\n# 2"\n1,2\n# no\n3,4\n', {"x": [1, 3], "y\n# 2": [2, 4]}),
        ('x,note\n1,"a # b"\n3,"c\n# d"\n', {"x": [1, 3]}),
        ('x,note\n1,"say ""#"""\n3,b # c\n', {"x": [1, 3]}),
        ("x,colour\n1,#ff0000\n3, #00ff00 # green\n", {"x": [1, 3]}),
        ('id,x\n"#1",1\n"#2",3\n', {"x": [1, 3]}),
        ('x y\n1 "2" # "\n3 4\n', {"x": [1, 3], "y": [2, 4]}),
    ],
)
def test_a_number_sign_in_a_cell_or_a_name_is_no_comment(tmp_path, text, found) -> None:
    (tmp_path / "d.csv").write_text(text)
    columns = read_columns(str(tmp_path / "d.csv"))
    assert {title: column.tolist() for title, column in columns.items()} == found


def test_a_cell_that_begins_with_a_number_sign_is_cited(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("x,colour\n1,#ff0000\n")
    found = read_file(tmp_path / "d.csv", "d.csv", Room())
    assert found["colour"] == "d.csv:2: column `colour`: expected a number, found `#ff0000`"


def test_lines_are_counted_with_their_comments(tmp_path) -> None:
    (tmp_path / "d.dat").write_text("x y\n1 2\n# c\n3 4 5 # d\n")
    with pytest.raises(FileError, match="line 4: expected 2 values, found 3"):
        read_columns(str(tmp_path / "d.dat"))


def test_a_table_of_comments_alone_is_told_as_such(tmp_path) -> None:
    (tmp_path / "d.csv").write_text("colour,x\n#ff0000,1\n#00ff00,2\n")
    with pytest.raises(FileError, match="at least one row, found comments"):
        read_columns(str(tmp_path / "d.csv"))
