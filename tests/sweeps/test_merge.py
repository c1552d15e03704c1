"""Stores of all parts of a sweep become the store of the whole, or nothing at all."""

import os
import random
import shutil
import sqlite3
from contextlib import closing

import pytest

import adamcli.sweeps.merge as merge_module
from adamcli.errors import FileError, UsageError
from adamcli.sweeps.merge import merge
from tests.sweeps.test_store import contents, left_by_a_kill, left_unfinished, picky_config


@pytest.fixture
def parts(cli, tmp_path, article):
    """Return a function that makes the stores of all of `n` parts, and one that makes a store."""

    def store(name: str, *options: str, seeds: str = "0..19") -> str:
        sweep = ["sweep", article, "-p", f"seed={seeds}", "-p", "alpha=0.02,0.2", *options]
        path = str(tmp_path / name)
        assert cli(*sweep, "--set", "n_iter=3", "--store", path, "-q").code == 0
        return path

    def split(n: int) -> list[str]:
        return [store(f"{k}-of-{n}.db", "--shard", f"{k}/{n}") for k in range(1, n + 1)]

    return split, store


def refused(paths, target, kind=UsageError) -> str:
    """Return why stores are not put together; nothing in the folder of the target changes."""
    before = files_beside(target)
    with pytest.raises(kind) as caught:
        merge(paths, target, 10)
    assert files_beside(target) == before
    return str(caught.value)


def files_beside(target: str) -> list[str]:
    """Return what is in a folder; the journal of a commit that was broken off may be undone."""
    names = os.listdir(os.path.dirname(target))
    return sorted(name for name in names if not name.endswith("-journal"))


@pytest.mark.parametrize("n", range(1, 9))
def test_parts_in_any_order_give_the_whole(tmp_path, parts, n) -> None:
    split, store = parts
    paths, whole, target = split(n), store("whole.db"), str(tmp_path / "all.db")
    for seed in range(3):
        random.Random(seed).shuffle(paths)
        merged = merge(paths, target, 5)
        assert contents(target) == contents(whole)
        assert merged.runs == 40
    assert sorted(os.listdir(tmp_path)) == sorted(
        [*map(os.path.basename, paths), "whole.db", "all.db"]
    )


def test_more_parts_than_sqlite_attaches_at_once_are_no_trouble(tmp_path, parts) -> None:
    split, store = parts
    merge(split(40), str(tmp_path / "all.db"), 5)
    assert contents(tmp_path / "all.db") == contents(store("whole.db"))


def test_a_merged_store_is_indexed_and_its_best_runs_are_sorted(tmp_path, parts) -> None:
    split, _ = parts
    target = str(tmp_path / "all.db")
    merged = merge(split(3), target, 7)
    scores = [row[merged.names.index("best.score")] for row in merged.best]
    with closing(sqlite3.connect(target)) as db:
        (indexes,) = db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql")
        every = db.execute('SELECT "best.score" FROM runs ORDER BY 1').fetchmany(7)
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master")]
    assert indexes == (0,)
    assert "by_score" in names
    assert [(score,) for score in scores] == every


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([2, 3, 4], ["  runs 0 to 9: missing"]),
        ([1, 2, 4], ["  runs 20 to 29: missing"]),
        ([1, 2, 3], ["  runs 30 to 39: missing"]),
        ([2], ["  runs 0 to 9: missing", "  runs 20 to 39: missing"]),
    ],
)
def test_missing_parts_are_named(tmp_path, parts, there, told) -> None:
    split, _ = parts
    paths = split(4)
    why = refused([paths[k - 1] for k in there], str(tmp_path / "all.db"))
    first, *rest = why.splitlines()
    assert "40 runs" in first
    assert rest == told


def test_a_single_missing_run_is_named(tmp_path, parts) -> None:
    split, _ = parts
    paths = split(40)
    why = refused([path for path in paths if "/8-of" not in path], str(tmp_path / "all.db"))
    assert why.splitlines()[1:] == ["  run 7: missing"]


def test_a_part_that_is_there_twice_is_named(tmp_path, parts) -> None:
    split, _ = parts
    paths = split(4)
    copy = str(tmp_path / "copy.db")
    shutil.copy(paths[1], copy)
    why = refused([*paths, copy], str(tmp_path / "all.db"))
    (line,) = why.splitlines()[1:]
    assert line.startswith("  runs 10 to 19: in ")
    assert copy in line
    assert paths[1] in line


def test_parts_that_overlap_are_named_with_the_runs_of_both(tmp_path, parts) -> None:
    split, _ = parts
    halves, quarters = split(2), split(4)
    why = refused([halves[0], *quarters[1:]], str(tmp_path / "all.db"))
    assert why.splitlines()[1:] == [f"  runs 10 to 19: in {halves[0]} and in {quarters[1]}"]


def test_of_three_stores_that_overlap_the_right_two_are_named(tmp_path, parts) -> None:
    split, store = parts
    whole, quarters = store("whole.db"), split(4)
    why = refused([whole, quarters[0], quarters[2]], str(tmp_path / "all.db"))
    assert why.splitlines()[1:] == [
        f"  runs 0 to 9: in {quarters[0]} and in {whole}",
        f"  runs 20 to 29: in {whole} and in {quarters[2]}",
    ]


@pytest.mark.parametrize("gone", [1, 4])
def test_a_part_that_is_not_finished_is_refused(tmp_path, parts, gone) -> None:
    split, _ = parts
    paths = split(4)
    left_unfinished(paths[2], (20, 30 - gone))
    why = refused(paths, str(tmp_path / "all.db"))
    assert why.startswith(f"{paths[2]}: is not finished, {gone} of 10 runs left to do\n")


def test_a_part_whose_sweep_was_killed_in_a_commit_is_not_finished(cli, tmp_path, article) -> None:
    paths = [str(tmp_path / name) for name in ("1.db", "2.db")]
    for k, path in enumerate(paths, 1):
        sweep = ["sweep", article, "-p", "seed=0..3999", "--set", "n_iter=3", "-q"]
        assert cli(*sweep, "--shard", f"{k}/2", "--store", path).code == 0
    left_unfinished(paths[1], (2000, 3990))
    left_by_a_kill(paths[1])
    why = refused(paths, str(tmp_path / "all.db"))
    assert why.startswith(f"{paths[1]}: is not finished, 10 of 2,000 runs left to do\n")


def test_the_parts_of_another_sweep_are_refused_with_the_difference(tmp_path, parts) -> None:
    split, store = parts
    first = split(2)[0]
    other = store("other.db", "--shard", "2/2", "--set", "beta1=0.5")
    why = refused([first, other], str(tmp_path / "all.db"))
    assert why.splitlines() == [
        f"{first} and {other} belong to different sweeps",
        f"  config.beta1: 0.8 in {first}, 0.5 in {other}",
    ]


def test_the_parts_of_another_plan_are_refused_with_the_difference(tmp_path, parts) -> None:
    split, store = parts
    first, other = split(2)[0], store("other.db", "--shard", "2/2", seeds="0..20")
    why = refused([first, other], str(tmp_path / "all.db"))
    assert f"  axis.seed: 0..19 in {first}, 0..20 in {other}" in why


def test_parts_with_and_without_points_do_not_fit(tmp_path, parts) -> None:
    split, store = parts
    first, other = split(2)[0], store("other.db", "--shard", "2/2", "--no-points")
    assert "points" in refused([first, other], str(tmp_path / "all.db"))


@pytest.mark.parametrize("axes", [["alpha=0.1,0.2", "seed=0..4"], ["alpha=0.1,0.2", "eps=1e-8,1"]])
def test_axes_in_another_order_are_another_sweep(cli, tmp_path, article, axes) -> None:
    paths = [str(tmp_path / "a.db"), str(tmp_path / "b.db")]
    for k, path in enumerate(paths, 1):
        order = [part for axis in axes[:: 3 - 2 * k] for part in ("-p", axis)]
        sweep = ["sweep", article, *order, "--shard", f"{k}/2", "--store", path, "-q"]
        assert cli(*sweep).code == 0
    why = refused(paths, str(tmp_path / "all.db"))
    assert "belong to different sweeps" in why
    assert "points" not in why
    assert "alpha" in why


@pytest.mark.parametrize("kind", ["text", "database", "folder", "missing"])
def test_what_is_no_store_is_an_error(tmp_path, parts, kind) -> None:
    split, _ = parts
    path = tmp_path / "other.db"
    if kind == "text":
        path.write_text("index,seed\n" * 100)
    elif kind == "database":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE runs (a)")
    elif kind == "folder":
        path.mkdir()
    why = refused([*split(2), str(path)], str(tmp_path / "all.db"), FileError)
    assert why.startswith(f"{path}: ")
    assert "\n" not in why


@pytest.mark.parametrize("error", [sqlite3.OperationalError("database or disk is full"), OSError()])
def test_a_file_that_was_there_stays_until_the_new_one_is_complete(
    tmp_path, parts, monkeypatch, error
) -> None:
    split, _ = parts
    paths, target = split(2), tmp_path / "all.db"
    target.write_text("old")

    def full(_):
        assert target.read_text() == "old"
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(merge_module, "index_by_score", full)
        why = refused(paths, str(target), FileError)
    assert str(target) in why
    assert ".part" not in why
    assert target.read_text() == "old"
    merge(paths, str(target), 5)
    assert len(contents(target)["runs"]) == 40


def test_a_file_that_was_there_stays_when_parts_are_missing(tmp_path, parts) -> None:
    split, _ = parts
    target = tmp_path / "all.db"
    target.write_text("old")
    refused(split(2)[:1], str(target))
    assert target.read_text() == "old"


def test_a_link_stays_a_link(tmp_path, parts) -> None:
    split, _ = parts
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    merge(split(2), str(tmp_path / "link.db"), 5)
    assert (tmp_path / "link.db").is_symlink()
    assert len(contents(tmp_path / "real.db")["runs"]) == 40


@pytest.mark.parametrize("name", ["missing/all.db", "."])
def test_a_target_that_cannot_be_written_is_an_error(tmp_path, parts, name) -> None:
    split, _ = parts
    with pytest.raises(FileError) as caught:
        merge(split(2), str(tmp_path / name), 5)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert not [left for left in os.listdir(tmp_path.parent) if left.endswith(".part")]


def test_messages_of_all_parts_come_along(cli, tmp_path) -> None:
    sweep = ["sweep", picky_config(tmp_path), "-p", "seed=0..19", "--allow-python", "-q"]
    sweep += ["--fail-on", "never"]
    paths = [str(tmp_path / f"{k}.db") for k in range(1, 4)]
    for k, path in enumerate(paths, 1):
        assert cli(*sweep, "--shard", f"{k}/3", "--store", path).code == 0
    cli(*sweep, "--store", str(tmp_path / "whole.db"))
    merge(paths[::-1], str(tmp_path / "all.db"), 5)
    found = contents(tmp_path / "all.db")
    assert len(found["messages"]) > 1
    assert found == contents(tmp_path / "whole.db")
