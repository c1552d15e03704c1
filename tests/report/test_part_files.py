"""Files are written next to their targets, by nobody else's leave."""

import fcntl
import os
import stat
import subprocess
import sys

import pytest

from adamcli.errors import FileError
from adamcli.files import Part
from adamcli.report.sinks import FileSink


def test_a_planted_link_is_not_followed(tmp_path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "out.csv"
    victim.write_text("precious")
    os.symlink(victim, f"{target}.adamcli.part")
    sink = FileSink(str(target))
    sink.write("new")
    sink.close()
    assert victim.read_text() == "precious"
    assert target.read_text() == "new"
    assert not target.is_symlink()
    assert sorted(tmp_path.iterdir()) == [target, victim]


def test_a_planted_link_is_not_followed_by_a_store_either(cli, tmp_path) -> None:
    (tmp_path / "victim").write_text("precious")
    for end in ("", "-journal"):
        os.symlink(tmp_path / "victim", f"{tmp_path}/o.db.adamcli.part{end}")
    ended = cli("sweep", "configs/article.yaml", "-p", "seed=0,1", "-q", "-o", f"{tmp_path}/o.db")
    assert (ended.code, ended.stderr) == (0, "")
    assert (tmp_path / "victim").read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["o.db", "victim"]


KILLED = """
import os, sys
from adamcli.files import Part
part = Part(sys.argv[1], ("-journal",))
open(part.path + "-journal", "w").close()
print("written", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(tmp_path) -> None:
    target = str(tmp_path / "o.db")
    writers = []
    for _ in range(2):
        running = subprocess.Popen(
            [sys.executable, "-c", KILLED, target], stdin=-1, stdout=-1, text=True
        )
        writers.append(running)
        assert running.stdout.readline() == "written\n"
    first, second = f"{target}.adamcli.part", f"{target}.adamcli-2.part"
    left = sorted(name + end for name in (first, second) for end in ("", "-journal"))
    assert sorted(map(str, tmp_path.iterdir())) == left
    with writers[0] as running:
        running.kill()
    part = Part(target, ("-journal",))
    assert part.path == first
    assert {*map(str, tmp_path.iterdir())} == {first, second, f"{second}-journal"}
    part.remove()
    with writers[1] as running:
        running.kill()
    part = Part(target, ("-journal",))
    assert {*map(str, tmp_path.iterdir())} == {first}
    other = Part(target, ("-journal",))
    assert (part.path, other.path) == (first, second)
    other.place()
    part.remove()
    assert os.listdir(tmp_path) == ["o.db"]


def test_all_that_killed_processes_left_of_a_file_is_removed(cli, tmp_path) -> None:
    target, others = str(tmp_path / "o.csv"), ["o.csv.adamcli-x.part", "p.csv.adamcli.part"]
    for end in ("", "-2", "-5", "-17"):
        (tmp_path / f"o.csv.adamcli{end}.part").touch()
    for name in others:
        (tmp_path / name).touch()
    with open(f"{target}.adamcli-3.part", "w") as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        assert cli("run", "configs/article.yaml", "-q", "-o", target).code == 0
        assert sorted(os.listdir(tmp_path)) == sorted(["o.csv", "o.csv.adamcli-3.part", *others])
    assert cli("run", "configs/article.yaml", "-q", "-o", target).code == 0
    assert sorted(os.listdir(tmp_path)) == sorted(["o.csv", *others])


def test_a_folder_that_cannot_be_listed_takes_files_too(cli, tmp_path, monkeypatch) -> None:
    (tmp_path / "o.csv.adamcli.part").touch()

    def refuse(_: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    assert cli("run", "configs/article.yaml", "-q", "-o", str(tmp_path / "o.csv")).code == 0
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["o.csv"]


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


SWEEP = ["sweep", "configs/article.yaml", "-q", "-p", "seed=0,1"]
NAMED_FOLDERS = [
    *(["run", "configs/article.yaml", "-q", "-o", name] for name in ("o.csv", "o.npz", "o.html")),
    *([*SWEEP, "-o", name] for name in ("o.csv", "o.db", "o.parquet", "o.json")),
    *([*SWEEP, option, "o.yaml"] for option in ("--save-best", "--save-setting")),
    [*SWEEP, "--save-plan", "o.csv"],
    [*SWEEP, "--store", "o.db"],
    ["solve", "configs/article.yaml", "-q", "-o", "o.json"],
    ["merge", "DB", "-q", "-o", "o.db"],
    ["merge", "DB", "-q", "-o", "o.csv"],
    ["check", "configs/article.yaml", "--write", "o.yaml"],
    ["plot", "configs/article.yaml", "-o", "o.html"],
]


@pytest.mark.parametrize("end", ["/", "/."])
@pytest.mark.parametrize("command", NAMED_FOLDERS, ids=lambda command: " ".join(command[::3]))
def test_what_only_a_folder_can_be_called_is_refused(cli, tmp_path, command, end) -> None:
    *words, name = command
    if "DB" in words:
        (tmp_path / "stores").mkdir()
        words[words.index("DB")] = store = str(tmp_path / "stores" / "s.db")
        assert cli(*SWEEP, "--store", store).code == 0
    before = sorted(tmp_path.rglob("*"))
    ended = cli(*words, f"{tmp_path}/{name}{end}")
    assert ended.stderr == f"{tmp_path}/{name}{end}: cannot be written: is a directory\n"
    assert ended.code == 4
    assert sorted(tmp_path.rglob("*")) == before


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
