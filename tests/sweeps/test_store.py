"""A store keeps every bit of what was done, belongs to one sweep at a time, and says what is wrong
with a file that is none."""

import math
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from adamcli.config.load import open_config
from adamcli.errors import FileError
from adamcli.sweeps import database
from adamcli.sweeps.blocks import RunRange
from adamcli.sweeps.checksums import message_hashes, row_hashes, total
from adamcli.sweeps.rows import Rows
from adamcli.sweeps.store import Store
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import QUIET_ENVIRONMENT, ROOT, assert_same_columns

ARTICLE = str(ROOT / "configs" / "article.yaml")

PICKY = """\
import os
import time

def f(x):
    with open(os.environ.get("CALLS", os.devnull), "a") as calls:
        calls.write(f"{x!r}\\n")
    time.sleep(float(os.environ.get("NAP", "0")))
    if x > 0.5:
        raise ValueError("too far")
    return x * x

def g(x):
    return 2 * x
"""

PICKY_CONFIG = """\
objective: {python: picky.py:f}
gradient: {python: picky.py:g}
bounds: {x: [-1, 1]}
n_iter: 3
"""


def contents(path) -> dict[str, list[tuple]]:
    """Return all rows of all tables of a store in order, floats with all their bits."""
    orders = {"runs": '"index"', "messages": '"index"', "meta": "key", "blocks": "first"}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
        return {
            table: [
                tuple(v.hex() if isinstance(v, float) else v for v in row)
                for row in db.execute(f"SELECT * FROM {table} ORDER BY {order}")
            ]
            for table, order in orders.items()
        }


def left_unfinished(path, *blocks: tuple[int, int]) -> None:
    """Make of a complete store one whose sweep was killed when these blocks of runs were done."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM meta WHERE key = 'complete'")
        db.execute("DELETE FROM blocks")
        db.execute("DROP INDEX by_score")
        db.execute("UPDATE runs SET nit = -nit - 1")
        for block in blocks:
            inside = 'WHERE "index" >= ? AND "index" < ?'
            db.execute(f"UPDATE runs SET nit = -nit - 1 {inside}", block)
            rows = db.execute(f'SELECT * FROM runs {inside} ORDER BY "index"', block).fetchall()
            messages = db.execute(f"SELECT * FROM messages {inside}", block).fetchall()
            hashes = row_hashes(list(zip(*rows, strict=True))), message_hashes(dict(messages))
            db.execute("INSERT INTO blocks VALUES (?, ?, ?)", (*block, f"{total(*hashes):016x}"))
        db.execute('DELETE FROM messages WHERE "index" IN (SELECT "index" FROM runs WHERE nit < 0)')
        db.execute("DELETE FROM runs WHERE nit < 0")


def restated(path, **changed: str) -> None:
    """Let a store say something else of itself."""
    with closing(sqlite3.connect(path)) as db, db:
        meta = dict(db.execute("SELECT * FROM meta")) | changed
        meta["seal"] = database.seal_of(meta)
        db.executemany("REPLACE INTO meta VALUES (?, ?)", meta.items())


def picky_config(folder) -> str:
    """Write a config whose Python objective logs its calls, may be slow, and fails beyond 0.5."""
    (folder / "picky.py").write_text(PICKY)
    (folder / "picky.yaml").write_text(PICKY_CONFIG)
    return str(folder / "picky.yaml")


def variations_of(
    *parameters: str, config: str = ARTICLE, n_iter: int = 5, allow_python: bool = False
):
    """Return variations of a few steps."""
    options = SweepOptions(parameters or ("seed=0..99",), allow_python=allow_python)
    return vary(open_config(config, [f"n_iter={n_iter}"]), options)


def open_store(path, variations, *, points: bool = True, span: RunRange | None = None) -> Store:
    """Return the store of some variations at a path."""
    return Store(
        str(path),
        variations,
        variations.layout(points=points),
        span or RunRange(0, variations.plan.size),
    )


def rows_of(variations, block: RunRange) -> Rows:
    """Return the rows of a block."""
    return variations.compute(np.arange(*block))


def test_rows_come_back_in_order_with_all_their_bits(tmp_path) -> None:
    variations = variations_of()
    with closing(open_store(tmp_path / "s.db", variations)) as store:
        for block in (RunRange(60, 100), RunRange(0, 25), RunRange(25, 60)):
            store.write(rows_of(variations, block), block)
        (read,) = store.read(RunRange(10, 90))
    wanted = rows_of(variations, RunRange(10, 90))
    assert_same_columns(read, wanted)
    assert read.columns["best.score"].tobytes() == wanted.columns["best.score"].tobytes()
    assert read.columns["last.x"].tobytes() == wanted.columns["last.x"].tobytes()


def test_scores_alone_come_back_without_points(tmp_path) -> None:
    variations = variations_of()
    block = RunRange(0, 100)
    with closing(open_store(tmp_path / "s.db", variations, points=False)) as store:
        store.write(variations.compute(np.arange(*block), points=False), block)
        (read,) = store.read(block)
    assert not read.has_points
    assert (
        read.columns["best.score"].tobytes()
        == rows_of(variations, block).columns["best.score"].tobytes()
    )


def test_missing_are_exactly_the_runs_that_were_not_written(tmp_path) -> None:
    variations, path = variations_of(), tmp_path / "s.db"
    chance = random.Random(5)
    cuts = [0, *sorted(chance.sample(range(1, 100), 12)), 100]
    blocks = [RunRange(*pair) for pair in pairwise(cuts)]
    written = chance.sample(blocks, 6)
    with closing(open_store(path, variations)) as store:
        assert store.missing() == [RunRange(0, 100)]
        for block in written:
            store.write(rows_of(variations, block), block)
    with closing(open_store(path, variations)) as store:
        missing = store.missing()
    there = {run for block in written for run in range(*block)}
    assert [run for block in missing for run in range(*block)] == sorted({*range(100)} - there)


def test_what_is_not_committed_is_not_there_after_a_crash(tmp_path) -> None:
    variations, path = variations_of(), tmp_path / "s.db"
    with closing(open_store(path, variations)) as store:
        store.write(rows_of(variations, RunRange(0, 10)), RunRange(0, 10))
        store.commit()
        store.write(rows_of(variations, RunRange(10, 30)), RunRange(10, 30))
        found = contents(path)
    assert [row[0] for row in found["runs"]] == [*range(10)]
    assert [block[:2] for block in found["blocks"]] == [(0, 10)]


def test_a_finished_store_misses_nothing_and_has_one_block(tmp_path) -> None:
    variations, path = variations_of(), tmp_path / "s.db"
    with closing(open_store(path, variations)) as store:
        store.write(rows_of(variations, RunRange(0, 100)), RunRange(0, 100))
        store.finish()
        store.finish()
        assert store.missing() == []
    assert [block[:2] for block in contents(path)["blocks"]] == [(0, 100)]
    assert ("complete", "true") in contents(path)["meta"]


def test_a_store_that_misses_runs_is_not_finished(tmp_path) -> None:
    variations = variations_of()
    with closing(open_store(tmp_path / "s.db", variations)) as store:
        store.write(rows_of(variations, RunRange(0, 99)), RunRange(0, 99))
        with pytest.raises(FileError, match=r"has 99 runs, expected 100"):
            store.finish()


def test_no_run_can_be_written_twice(tmp_path) -> None:
    variations = variations_of()
    with closing(open_store(tmp_path / "s.db", variations)) as store:
        store.write(rows_of(variations, RunRange(0, 20)), RunRange(0, 20))
        with pytest.raises(FileError, match="UNIQUE"):
            store.write(rows_of(variations, RunRange(10, 30)), RunRange(10, 30))


class Interrupted(dict):
    """Messages that Ctrl-C meets while they are written."""

    def items(self):
        raise KeyboardInterrupt


def test_a_block_that_was_interrupted_half_way_is_not_there_at_all(tmp_path) -> None:
    variations, path = variations_of(), tmp_path / "s.db"
    store = open_store(path, variations)
    store.write(rows_of(variations, RunRange(0, 10)), RunRange(0, 10))
    rows = rows_of(variations, RunRange(10, 20))._replace(messages=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        store.write(rows, RunRange(10, 20))
    store.close()
    with closing(open_store(path, variations)) as store:
        missing = store.missing()
        assert missing in ([RunRange(0, 100)], [RunRange(10, 100)])
        for block in missing:
            store.write(rows_of(variations, block), block)
        store.finish()


@pytest.mark.parametrize("where", ["objective: log(x)", "objective: log(x) - 1/(x - x)"])
def test_scores_that_are_not_numbers_are_null_and_come_back(cli, tmp_path, where) -> None:
    config, path = tmp_path / "c.yaml", tmp_path / "s.db"
    config.write_text(f"{where}\nbounds: {{x: [-1, 1]}}\nn_iter: 3\n")
    arguments = ["sweep", str(config), "-p", "seed=0..19", "--store", str(path), "--format", "csv"]
    first, second = cli(*arguments), cli(*arguments)
    assert "nan" in first.stdout
    assert second.stdout == first.stdout
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute('SELECT "last.score" FROM runs ORDER BY "index"').fetchall()
    shown = [line.split(",")[-2] for line in first.stdout.splitlines()[1:]]
    assert [text == "nan" for text in shown] == [score is None for (score,) in rows]
    assert [float(t) for t in shown if t != "nan"] == [s for (s,) in rows if s is not None]


def test_infinities_keep_their_sign(tmp_path) -> None:
    variations, block = variations_of(), RunRange(0, 4)
    rows = rows_of(variations, block)
    scores = np.array([math.inf, -math.inf, 0.0, math.nan])
    with closing(open_store(tmp_path / "s.db", variations)) as store:
        store.write(Rows({**rows.columns, "best.score": scores}, {}), block)
        (read,) = store.read(block)
    assert list(map(repr, read.columns["best.score"].tolist())) == ["inf", "-inf", "0.0", "nan"]


def test_a_zero_keeps_its_sign_though_sqlite_knows_but_one(cli, tmp_path) -> None:
    config, path = tmp_path / "c.yaml", tmp_path / "s.db"
    config.write_text("objective: -(x**2)\nbounds: {x: [0, 1]}\nstart: {x: 0}\nn_iter: 2\n")
    arguments = ["sweep", str(config), "-p", "seed=0..3", "--store", str(path), "--format", "csv"]
    first, second = cli(*arguments), cli(*arguments)
    assert "-0.0" in first.stdout
    assert second.stdout == first.stdout


@pytest.mark.parametrize("names", ["x X", "x X X_2", "x_2 x X"])
def test_variables_that_differ_in_case_alone_have_columns_of_their_own(
    cli, tmp_path, names
) -> None:
    config, path = tmp_path / "c.yaml", tmp_path / "s.db"
    variables = names.split()
    objective = " + ".join(f"({v} - {k}/7)**2" for k, v in enumerate(variables))
    bounds = ", ".join(f"{v}: [-1, 1]" for v in variables)
    config.write_text(f"objective: {objective}\nbounds: {{{bounds}}}\nn_iter: 4\n")
    arguments = ["sweep", str(config), "-p", "seed=0..9", "--store", str(path), "--format", "csv"]
    first, second = cli(*arguments), cli(*arguments)
    assert (first.code, first.stderr) == (0, "")
    assert first.stdout.startswith("index,seed,status,nit,best.score,best.x." + variables[0])
    assert second.stdout == first.stdout


def test_failed_runs_are_in_messages_and_come_back(cli, tmp_path) -> None:
    path = tmp_path / "s.db"
    arguments = ["sweep", picky_config(tmp_path), "-p", "seed=0..9", "--allow-python"]
    arguments += ["--store", str(path)]
    first, second = cli(*arguments), cli(*arguments)
    assert (first.code, second.code) == (3, 3)
    found = contents(path)
    failed = [row[0] for row in found["runs"] if row[2] == "failed"]
    assert 0 < len(failed) < 10
    assert [run for run, _ in found["messages"]] == failed
    assert all("ValueError: too far" in message for _, message in found["messages"])
    told = f"run {failed[0]} failed: {found['messages'][0][1]}"
    assert told in first.stderr
    assert told in second.stderr
    assert second.stdout == first.stdout


def test_a_second_sweep_is_refused_while_one_writes(tmp_path) -> None:
    variations, path = variations_of(), tmp_path / "s.db"
    with closing(open_store(path, variations)):
        with pytest.raises(FileError, match="another sweep is writing to it") as caught:
            open_store(path, variations)
        assert caught.value.exit_code == 4
    assert os.listdir(tmp_path) == []
    open_store(path, variations).close()


def test_a_second_sweep_is_refused_by_another_name_of_the_file_too(tmp_path) -> None:
    variations, path = variations_of(), tmp_path / "s.db"
    (tmp_path / "link.db").symlink_to(path)
    with (
        closing(open_store(path, variations)),
        pytest.raises(FileError, match="another sweep is writing to it"),
    ):
        open_store(tmp_path / "link.db", variations)


def test_a_lock_file_that_was_left_does_no_harm(cli, tmp_path, article) -> None:
    (tmp_path / "s.db-lock").write_text("12345")
    ended = cli("sweep", article, "-p", "seed=0..3", "--store", str(tmp_path / "s.db"), "-q")
    assert (ended.code, ended.stderr) == (0, "")
    assert os.listdir(tmp_path) == ["s.db"]


def left_by_a_kill(path) -> None:
    """Make of a store what a kill in a commit leaves: half a change, and a journal."""
    copy = str(path) + "-copy"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("UPDATE runs SET nit = -1, status = 'a text that takes its place'")
        shutil.copy(path, copy)
        shutil.copy(f"{path}-journal", f"{copy}-journal")
        db.execute("ROLLBACK")
    os.replace(copy, path)
    os.replace(f"{copy}-journal", f"{path}-journal")


def test_a_commit_that_was_killed_half_way_is_undone(cli, tmp_path, article) -> None:
    path, whole = tmp_path / "s.db", tmp_path / "whole.db"
    sweep = ["sweep", article, "-p", "seed=0..1999", "--set", "n_iter=3", "-q", "--store"]
    assert cli(*sweep, str(whole)).code == 0
    shutil.copy(whole, path)
    left_by_a_kill(path)
    ended = cli(*sweep, str(path))
    assert (ended.stderr, ended.code) == ("", 0)
    assert contents(path) == contents(whole)
    assert sorted(os.listdir(tmp_path)) == ["s.db", "whole.db"]


def no_store(tmp_path, kind: str) -> str:
    """Return the path of something that cannot be a store."""
    path = tmp_path / "s.db"
    if kind == "a text":
        path.write_text("index,seed\n0,0\n" * 100)
    elif kind in ("another database", "a table meta", "empty meta"):
        tables = {"a table meta": "meta (a)", "empty meta": "meta (key, value)"}
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"CREATE TABLE {tables.get(kind, 'other (a)')}")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "in a missing folder":
        path = tmp_path / "missing" / "s.db"
    elif kind == "in a read-only folder":
        path = tmp_path / "shut" / "s.db"
        path.parent.mkdir(mode=0o555)
        if os.access(path.parent, os.W_OK):
            # Nothing is read-only for root but what the system itself keeps.
            return "/proc/s.db"
    return str(path)


@pytest.mark.parametrize(
    "kind",
    [
        "a text",
        "another database",
        "a table meta",
        "empty meta",
        "a folder",
        "in a missing folder",
        "in a read-only folder",
    ],
)
def test_what_is_no_store_is_an_error_of_one_line(cli, tmp_path, article, kind) -> None:
    path = no_store(tmp_path, kind)
    before = sorted(tmp_path.rglob("*"))
    content = Path(path).read_bytes() if os.path.isfile(path) else None
    ended = cli("sweep", article, "-p", "seed=0..3", "--store", path)
    assert (ended.stdout, ended.code) == ("", 4)
    assert ended.stderr.startswith(f"{path}: ")
    assert len(ended.stderr.splitlines()) == 1
    assert "no such column" not in ended.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert content is None or Path(path).read_bytes() == content


def test_a_full_disk_is_an_error_and_what_was_done_is_kept(tmp_path, cli, article) -> None:
    path, whole = tmp_path / "s.db", tmp_path / "whole.db"
    arguments = ["sweep", article, "--set", "n_iter=3", "-p", "seed=0..19999", "-q", "-j", "1"]
    ended = subprocess.run(
        [sys.executable, "-m", "adamcli", *arguments, "--store", str(path)],
        capture_output=True,
        text=True,
        env=QUIET_ENVIRONMENT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, 1_200_000)),
        timeout=60,
        check=False,
    )
    assert ended.returncode == 4
    assert ended.stderr.startswith(f"{path}: ")
    assert len(ended.stderr.splitlines()) == 1
    assert 0 < len(contents(path)["runs"]) < 20_000
    assert cli(*arguments, "--store", str(path)).code == 0
    assert cli(*arguments, "--store", str(whole)).code == 0
    assert contents(path) == contents(whole)


def test_more_columns_than_a_table_can_have_are_refused(cli, tmp_path) -> None:
    config, path = tmp_path / "c.yaml", tmp_path / "s.db"
    config.write_text("objective: sum(x**2)\nbounds: [-1, 1]\ndim: 600\nn_iter: 2\n")
    arguments = ["sweep", str(config), "-p", "seed=0..3", "--store", str(path), "-q"]
    refused = cli(*arguments)
    assert refused.code == 2
    assert "--no-points" in refused.stderr
    assert not path.exists()
    assert cli(*arguments, "--no-points").code == 0


def test_rows_are_read_in_pieces(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(database, "READ_AT_ONCE", 7)
    variations = variations_of()
    with closing(open_store(tmp_path / "s.db", variations)) as store:
        store.write(rows_of(variations, RunRange(0, 100)), RunRange(0, 100))
        pieces = [rows.runs.tolist() for rows in store.read(RunRange(0, 100))]
    assert max(map(len, pieces)) == 7
    assert [run for piece in pieces for run in piece] == [*range(100)]
