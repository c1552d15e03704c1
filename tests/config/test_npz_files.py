"""Reading npz files: what headers may be, and how much memory reading takes."""

import io
import struct
import tracemalloc
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config.data_files import Room, UnreadableError, read_columns, read_file
from adamcli.config.npz_files import _header, read_texts
from tests.conftest import same_bits

GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
NOT_REAL = "d.npz: `t` is not an array of real numbers"

DAMAGED = {
    "no bracket": GOOD.replace(")", " "),
    "cut": GOOD[: GOOD.index("3") + 1],
    "braces": "{{{" + GOOD,
    "quotes": "'''",
    "too deep": "-" * 9000 + "1",
    "brackets": "(" * 9000,
    "a list as a key": "{[]: 1}",
    "a set": "{1, 'a'}",
    "a shape of texts": GOOD.replace("3", "'a'"),
    "a negative shape": GOOD.replace("3", "-3"),
    "a shape beyond numbers": GOOD.replace("3", "3" * 5000),
    "a number as a shape": GOOD.replace("(3,)", "3"),
    "a key twice": GOOD.replace("shape", "descr"),
    "no such type": GOOD.replace("<f8", "<f3"),
    "objects": GOOD.replace("<f8", "|O"),
    "a structure": GOOD.replace("'<f8'", "[('x', '<f8')]"),
    "nothing": "",
    "a code": "__import__('os').getpid()",
}


def member(header: str, body: bytes, version: int = 1) -> bytes:
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + body


def write(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for title, content in members.items():
            archive.writestr(f"{title}.npy", content)
    return path


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("version", [1, 2])
def test_a_damaged_header_is_no_array_of_real_numbers(tmp_path, name, version) -> None:
    body = np.arange(3.0).tobytes()
    content = member(DAMAGED[name], body, version)
    path = write(tmp_path / "d.npz", t=content, y=member(GOOD, body))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_file(path, "d.npz", Room())
        with pytest.raises(ValueError, match="is not an array of texts"):
            read_texts(path, "t")
    assert found["t"] == NOT_REAL
    assert found["y"].tolist() == [0, 1, 2]


def test_a_damaged_header_is_an_error_of_the_file(cli, tmp_path) -> None:
    path = write(tmp_path / "d.npz", t=member(DAMAGED["no bracket"], bytes(24)))
    data = cli("run", "-e", "sum((a*t)**2)", "-b", "a=-9,9", "--data", str(path), "-q")
    fit = cli("solve", "--model", "t ~ a", "-b", "a=-9,9", "--data", str(path), "-q")
    start = cli("run", "-e", "t**2", "-b", "t=-9,9", "--set", f"start={path}", "-q")
    for ended in (data, fit, start):
        assert ended.code == 2
        assert NOT_REAL in " ".join(ended.stderr.split())


@given(
    st.lists(st.integers(0, 3), max_size=4).map(tuple),
    st.sampled_from(["<f8", ">i2", "|b1", "<f2", "|u1", "<U3"]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 80), st.sampled_from(" ,'(){}:L3\n#-")), max_size=2),
    st.permutations(["descr", "fortran_order", "shape"]),
)
def test_headers_are_read_as_by_numpy_or_refused(shape, descr, fortran, changes, order) -> None:
    values = {"descr": descr, "fortran_order": fortran, "shape": shape}
    text = repr({key: values[key] for key in order})
    whole = text
    for place, letter in changes:
        text = text[:place] + letter + text[place + 1 :]
    found = _header(io.BytesIO(member(text, b"")))
    assert found is not None or text != whole
    if found is not None:
        file = io.BytesIO(member(text, b""))
        np.lib.format.read_magic(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.lib.format.read_array_header_1_0(file)
        assert (found.shape, found.fortran, found.dtype) == expected


def test_a_header_that_promises_too_much(tmp_path) -> None:
    path = write(tmp_path / "d.npz", t=member(GOOD.replace("3", "9"), bytes(24)))
    reason = "d.npz: `t` has fewer entries than its header says"
    assert read_file(path, "d.npz", Room())["t"] == reason
    path = write(tmp_path / "d.npz", t=member(GOOD.replace("3,", "1," * 31), bytes(8)))
    assert read_file(path, "d.npz", Room())["t"] == "d.npz: `t` has 31 axes; the most is 30"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path, method) -> None:
    path = write(tmp_path / "d.npz", method, t=member(GOOD, bytes(24)))
    assert read_file(path, "d.npz", Room())["t"] == NOT_REAL


def test_a_file_that_is_cut_off(tmp_path) -> None:
    path = write(tmp_path / "d.npz", t=member(GOOD, bytes(24)))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UnreadableError):
        read_file(path, "d.npz", Room())


def test_a_file_of_python_2(tmp_path) -> None:
    path = write(tmp_path / "d.npz", t=member(GOOD.replace("3,", "3L,"), bytes(24)))
    assert read_columns(str(path))["t"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_many_blocks(tmp_path, order) -> None:
    array = np.asarray(np.random.default_rng(0).standard_normal((300, 2, 500)), order=order)
    np.savez(tmp_path / "d.npz", x=array)
    found = read_columns(str(tmp_path / "d.npz"))["x"]
    assert same_bits(found, array)
    assert found.flags.c_contiguous


def zeros(count: int) -> bytes:
    return member(GOOD.replace("<f8", "|i1").replace("3", str(count)), bytes(count))


def peak_of(path: Path) -> int:
    """Return the most bytes that reading takes, also if it is refused."""
    tracemalloc.start()
    with suppress(UnreadableError):
        read_file(path, "d.npz", Room())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_all_arrays_of_a_file_are_counted_before_one_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "16MB")
    content = zeros(800_000)
    path = write(tmp_path / "d.npz", **{f"t{k}": content for k in range(3)})
    with pytest.raises(UnreadableError, match=r"needs 19\.2 MB of memory; the most is 16 MB"):
        read_file(path, "d.npz", Room())
    assert peak_of(path) < 2e6


@pytest.mark.parametrize("order", ["C", "F"])
def test_reading_takes_no_more_than_the_limit(tmp_path, monkeypatch, order) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "16MB")
    array = np.zeros((1000, 2000), dtype="i1", order=order)
    np.savez_compressed(tmp_path / "d.npz", x=array)
    assert 16e6 < peak_of(tmp_path / "d.npz") < 18e6
