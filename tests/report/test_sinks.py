"""Files are complete or absent; streams pass on slow rows at once and fast ones in batches."""

import errno
import os

import pytest

import adamcli.report.sinks as sinks
from adamcli.errors import FileError
from adamcli.report.sinks import FileSink, StreamSink


def test_a_file_appears_when_it_is_complete(tmp_path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    sink = FileSink(str(path))
    sink.write("new")
    assert path.read_text() == "old"
    sink.close()
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_discarded_file_leaves_no_trace(tmp_path) -> None:
    sink = FileSink(str(tmp_path / "out.csv"))
    sink.write("new")
    sink.discard()
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(tmp_path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    sink = FileSink(str(tmp_path / "link.csv"))
    sink.write("new")
    sink.close()
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_a_device_is_written_in_place() -> None:
    sink = FileSink(os.devnull)
    sink.write("new")
    sink.close()
    assert os.path.exists(os.devnull)


@pytest.mark.parametrize("name", ["missing/out.csv", "."])
def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path, name) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        FileSink(str(tmp_path / name))


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    sink = FileSink(str(tmp_path / "out.csv"))
    sink.write("new")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sinks.os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        sink.close()
    assert os.listdir(tmp_path) == []


class Stream:
    """A stream that counts its flushes."""

    def __init__(self) -> None:
        self.text, self.flushes = "", 0

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        self.flushes += 1


def test_fast_rows_are_written_together_and_slow_ones_at_once(monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(sinks, "monotonic", lambda: clock[0])
    stream = Stream()
    sink = StreamSink(stream)
    for _ in range(100):
        clock[0] += 0.0001
        sink.write("fast\n")
    assert stream.text == ""
    clock[0] += 0.5
    sink.write("slow\n")
    assert stream.text == "fast\n" * 100 + "slow\n"
    sink.write("last\n")
    sink.close()
    assert stream.text.endswith("slow\nlast\n")
    assert stream.flushes == 2


def test_what_waits_is_bounded() -> None:
    stream = Stream()
    sink = StreamSink(stream)
    for _ in range(10 * sinks.BATCH):
        sink.write("x")
    assert len(stream.text) >= 9 * sinks.BATCH


def test_a_closed_pipe_is_not_disguised() -> None:
    class Closed(Stream):
        def flush(self) -> None:
            raise BrokenPipeError

    sink = StreamSink(Closed())
    sink.write("x")
    with pytest.raises(BrokenPipeError):
        sink.close()
    sink.discard()
