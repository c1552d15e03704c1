"""Files are written next to their targets, by nobody else's leave."""

import os
import stat

import pytest

from adamcli.errors import FileError
from adamcli.files import part_of
from adamcli.report.sinks import FileSink


def test_a_planted_link_is_not_followed(tmp_path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "out.csv"
    victim.write_text("precious")
    os.symlink(victim, part_of(str(target)))
    sink = FileSink(str(target))
    sink.write("new")
    sink.close()
    assert victim.read_text() == "precious"
    assert target.read_text() == "new"
    assert not target.is_symlink()
    assert sorted(tmp_path.iterdir()) == [target, victim]


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    target.chmod(0o640)
    sink = FileSink(str(target))
    sink.write("new")
    sink.close()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_the_name_of_a_folder_is_no_file(tmp_path) -> None:
    with pytest.raises(FileError, match="is a directory"):
        FileSink(f"{tmp_path}/o.csv/")
    assert not list(tmp_path.iterdir())


def test_a_store_with_the_name_of_rows_is_refused(cli, tmp_path) -> None:
    store = str(tmp_path / "s.csv")
    ended = cli("sweep", "configs/article.yaml", "-p", "alpha=1,2", "--store", store)
    assert ended.code == 2
    assert f"use -o {store} for the rows" in ended.stderr
    assert not list(tmp_path.iterdir())


def test_modules_of_the_working_directory_are_not_imported(process, tmp_path, monkeypatch) -> None:
    (tmp_path / "yaml.py").write_text("raise SystemExit('imported from the working directory')\n")
    monkeypatch.chdir(tmp_path)
    ended = process("run", "sphere", "--dim", "2", "--format", "none")
    assert (ended.code, "imported" in ended.stderr) == (0, False)
