"""`adamcli merge` as a user meets it."""

import os
import shutil

import pytest

from tests.sweeps.test_store import contents


@pytest.fixture
def stores(cli, tmp_path, article) -> list[str]:
    """Return the stores of three parts of a sweep, by names with spaces and odd characters."""
    paths = [str(tmp_path / name) for name in ("part 1.db", "part?2.db", "100%#3.db")]
    for k, path in enumerate(paths, 1):
        assert cli(*sweep_of(article), "--shard", f"{k}/3", "--store", path, "-q").code == 0
    return paths


def sweep_of(article: str) -> list[str]:
    return ["sweep", article, "-p", "alpha=log(1e-3,1e-1,4)", "-p", "beta1=0.7,0.8,0.9"]


def test_the_best_runs_of_all_parts_are_shown(cli, tmp_path, stores) -> None:
    ended = cli("merge", *stores, "-o", str(tmp_path / "all.db"), "--top", "3")
    lines = ended.stdout.splitlines()
    assert (ended.stderr, ended.code) == ("", 0)
    assert lines[0].split()[:4] == ["#", "index", "alpha", "beta1"]
    assert [line.split()[0] for line in lines[1:-1]] == ["1", "2", "3"]
    assert lines[-1] == "12 runs"
    best = min(contents(tmp_path / "all.db")["runs"], key=lambda row: float.fromhex(row[6]))
    assert lines[1].split()[1] == str(best[0])


def test_quiet_shows_nothing(cli, tmp_path, stores) -> None:
    assert cli("merge", *stores, "-o", str(tmp_path / "all.db"), "-q") == ("", "", 0)
    assert len(contents(tmp_path / "all.db")["runs"]) == 12


def test_of_a_maximum_the_highest_scores_are_shown(cli, tmp_path, article) -> None:
    paths = [str(tmp_path / f"{k}.db") for k in (1, 2)]
    for k, path in enumerate(paths, 1):
        upwards = ["--set", "direction=maximize", "--shard", f"{k}/2", "--store", path, "-q"]
        assert cli(*sweep_of(article), *upwards).code == 0
    shown = cli("merge", *paths, "-o", str(tmp_path / "all.db")).stdout.splitlines()
    at = shown[0].split().index("best.score")
    scores = [float(line.split()[at]) for line in shown[1:-1]]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)


def test_a_sweep_goes_on_from_the_merged_store_and_shows_what_it_always_did(
    cli, tmp_path, article, stores
) -> None:
    target = str(tmp_path / "all.db")
    cli("merge", *stores, "-o", target)
    before = contents(target)
    whole = cli(*sweep_of(article), "--store", str(tmp_path / "whole.db"), "--format", "csv")
    merged = cli(*sweep_of(article), "--store", target, "--format", "csv")
    assert merged == whole
    assert contents(target) == before == contents(tmp_path / "whole.db")


def test_what_is_missing_ends_with_2_and_no_file(cli, tmp_path, stores) -> None:
    before = sorted(os.listdir(tmp_path))
    ended = cli("merge", stores[0], stores[2], "-o", str(tmp_path / "all.db"))
    assert (ended.stdout, ended.code) == ("", 2)
    assert "runs 4 to 7: missing" in ended.stderr
    assert sorted(os.listdir(tmp_path)) == before


def test_what_is_double_ends_with_2_and_no_file(cli, tmp_path, stores) -> None:
    shutil.copy(stores[0], tmp_path / "copy.db")
    before = sorted(os.listdir(tmp_path))
    ended = cli("merge", *stores, str(tmp_path / "copy.db"), "-o", str(tmp_path / "all.db"))
    assert (ended.stdout, ended.code) == ("", 2)
    assert "runs 0 to 3: in " in ended.stderr
    assert sorted(os.listdir(tmp_path)) == before


def test_a_store_that_is_named_twice_is_refused(cli, tmp_path, stores) -> None:
    ended = cli("merge", *stores, stores[0], "-o", str(tmp_path / "all.db"))
    assert ended.code == 2
    assert "is named twice" in ended.stderr
    assert stores[0] in ended.stderr


def test_a_part_is_never_the_target(cli, stores) -> None:
    before = contents(stores[0])
    ended = cli("merge", *stores, "-o", stores[0])
    assert ended.code == 2
    assert "is named twice" in ended.stderr
    assert contents(stores[0]) == before


def test_the_other_sweep_is_named_with_2(cli, tmp_path, article, stores) -> None:
    other = str(tmp_path / "other.db")
    cli(*sweep_of(article), "--set", "n_iter=9", "--shard", "3/3", "--store", other, "-q")
    ended = cli("merge", *stores[:2], other, "-o", str(tmp_path / "all.db"))
    assert ended.code == 2
    assert "config.n_iter: 60 in " in ended.stderr
    assert f", 9 in {other}" in ended.stderr
    assert not (tmp_path / "all.db").exists()


@pytest.mark.parametrize("content", [None, "index,seed\n"])
def test_what_is_no_store_ends_with_4(cli, tmp_path, stores, content) -> None:
    path = tmp_path / "other.db"
    if content is not None:
        path.write_text(content)
    ended = cli("merge", *stores, str(path), "-o", str(tmp_path / "all.db"))
    assert (ended.stdout, ended.code) == ("", 4)
    assert ended.stderr.startswith(f"{path}: ")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["a.db"], ["-o", "all.db"]])
def test_stores_and_a_target_must_be_given(cli, arguments) -> None:
    assert cli("merge", *arguments).code == 2
