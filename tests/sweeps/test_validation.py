"""A store is believed only if its tables, counts and checksums are right; else it is an error that
says what is wrong, in a sweep and in a merge alike."""

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.sweeps.checksums import added, message_hashes, row_hashes, total
from tests.sweeps.test_store import contents, left_unfinished, picky_config

RECURSION = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k"

DAMAGES = {
    "a row less": (
        'DELETE FROM runs WHERE "index" = 7',
        "expected 20 rows in `runs`, found 19",
    ),
    "a block that ends too early": (
        'DELETE FROM runs WHERE "index" = 19; UPDATE blocks SET "end" = 19',
        "is marked as complete, but lacks 1 run",
    ),
    "a row more": (
        (
            "INSERT INTO runs SELECT 20, alpha, seed, status, nit, [best.score], [best.x.x], "
            "[best.x.y], [last.score], [last.x.x], [last.x.y] FROM runs WHERE [index] = 3"
        ),
        "expected 20 rows in `runs`, found 21",
    ),
    "a row elsewhere": (
        'UPDATE runs SET "index" = 20 WHERE "index" = 4',
        "the rows of runs 0 to 19 are not those that were stored",
    ),
    "another score": (
        'UPDATE runs SET "best.score" = 2 * "best.score" WHERE "index" = 5',
        "the rows of runs 0 to 19 are not those that were stored",
    ),
    "two rows exchanged": (
        (
            'UPDATE runs SET "index" = -1 WHERE "index" = 2;'
            'UPDATE runs SET "index" = 2 WHERE "index" = 3;'
            'UPDATE runs SET "index" = 3 WHERE "index" = -1'
        ),
        "the rows of runs 0 to 19 are not those that were stored",
    ),
    "another status": (
        "UPDATE runs SET status = 'failed' WHERE seed = 1",
        "the rows of runs 0 to 19 are not those that were stored",
    ),
    "a text for a number": (
        "UPDATE runs SET nit = 'many' WHERE seed = 1",
        "the rows of runs 0 to 19 are not those that were stored",
    ),
    "a message": (
        "INSERT INTO messages VALUES (3, 'no reason')",
        "the rows of runs 0 to 19 are not those that were stored",
    ),
    "a message of no run": (
        "INSERT INTO messages VALUES (99, 'no reason')",
        "expected 0 rows in `messages`, found 1",
    ),
    "no blocks": ("DELETE FROM blocks", "expected 0 rows in `runs`, found 20"),
    "a block outside": (
        'UPDATE blocks SET "end" = 21',
        "a block of runs from 0 to 21 cannot be there",
    ),
    "a block of text": (
        "UPDATE blocks SET \"end\" = 'all'",
        "a block of runs from 0 to all cannot be there",
    ),
    "another checksum": ("UPDATE blocks SET checksum = 'x'", "'x' is not the checksum of a block"),
    "a missing key": ("DELETE FROM meta WHERE key = 'identity'", "its table `meta` lacks identity"),
    "missing keys": (
        "DELETE FROM meta WHERE key IN ('runs', 'seal')",
        "its table `meta` lacks runs, seal",
    ),
    "no number": (
        "UPDATE meta SET value = 'many' WHERE key = 'end'",
        "its table `meta` is not what was stored",
    ),
    "no JSON": (
        "UPDATE meta SET value = '{' WHERE key = 'surroundings'",
        "its table `meta` is not what was stored",
    ),
    "bytes": (
        "UPDATE meta SET value = x'ff' WHERE key = 'direction'",
        "its table `meta` is not what was stored",
    ),
    "a column more": (
        'ALTER TABLE runs ADD COLUMN "extra"',
        "the table `runs` does not have the columns of this sweep",
    ),
    "a generated column": (
        "ALTER TABLE runs ADD COLUMN extra AS (nit + 1)",
        "the table `runs` is not as it was created",
    ),
    "a column less": (
        "ALTER TABLE runs DROP COLUMN nit",
        "the table `runs` does not have the columns of this sweep",
    ),
    "no scores": (
        'DROP INDEX by_score; ALTER TABLE runs RENAME COLUMN "best.score" TO score',
        "the table `runs` lacks best.score",
    ),
    "a view of runs": (
        f"ALTER TABLE runs RENAME TO kept; CREATE VIEW runs AS {RECURSION} FROM n",
        "expected a table `runs`, found a view",
    ),
    "a view of messages": (
        f'DROP TABLE messages; CREATE VIEW messages AS {RECURSION} AS "index" FROM n',
        "expected a table `messages`, found a view",
    ),
    "no messages": ("DROP TABLE messages", "expected a table `messages`, found nothing"),
    "other blocks": (
        "DROP TABLE blocks; CREATE TABLE blocks (a)",
        "the table `blocks` is not as it was created",
    ),
    "a trigger": (
        "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END",
        "expected no triggers, found `t`",
    ),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the command of a sweep and its complete store."""
    from typer.testing import CliRunner

    from adamcli.cli.app import app
    from tests.conftest import ROOT

    path = tmp_path_factory.mktemp("whole") / "s.db"
    sweep = ["sweep", str(ROOT / "configs" / "article.yaml"), "--set", "n_iter=3"]
    sweep += ["-p", "alpha=0.02,0.2", "-p", "seed=0..9", "-q"]
    assert CliRunner().invoke(app, [*sweep, "--store", str(path)]).exit_code == 0
    return sweep, path


def damaged(path, script: str) -> None:
    """Change a store by some statements of SQL."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(script)


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_damaged_is_an_error_that_says_what_is_wrong(cli, tmp_path, whole, name) -> None:
    (sweep, before), path = whole, tmp_path / "s.db"
    shutil.copy(before, path)
    script, what = DAMAGES[name]
    damaged(path, script)
    content = path.read_bytes()
    hint = "take a copy of it, or remove it and run its sweep again"
    for command in ([*sweep, "--store"], ["merge", "-q", "-o", str(tmp_path / "all.db")]):
        ended = cli(*command, str(path), "--top", "3")
        expected = f"{path}: the store is damaged: {what}\n  {hint}\n"
        why = "the table `runs` does not have the columns of this sweep"
        other = f"{path}: the store is damaged: {why}"
        assert ended.code == 4
        assert ended.stdout == ""
        assert ended.stderr in (expected, f"{other}\n  {hint}\n")
        assert ended.stderr == expected or "column" in name
        assert path.read_bytes() == content
        assert [file.name for file in tmp_path.iterdir()] == ["s.db"]


def test_a_view_that_never_ends_is_not_asked(cli, tmp_path, whole) -> None:
    (sweep, before), path = whole, tmp_path / "s.db"
    shutil.copy(before, path)
    damaged(path, f"DROP TABLE meta; CREATE VIEW meta AS {RECURSION} AS key, k AS value FROM n")
    told = f"{path}: is an SQLite file, but not the store of a sweep\n"
    assert cli(*sweep, "--store", str(path)) == ("", told, 4)
    assert cli("merge", str(path), "-o", str(tmp_path / "all.db")) == ("", told, 4)
    assert cli("plot", str(path)) == ("", told, 4)


def test_every_flipped_bit_of_a_score_is_found(cli, tmp_path, whole) -> None:
    (sweep, before), path = whole, tmp_path / "s.db"
    with closing(sqlite3.connect(before)) as db:
        ((score,),) = db.execute('SELECT "best.score" FROM runs WHERE "index" = 11').fetchall()
    content = before.read_bytes()
    stored = np.array([score], dtype=">f8").tobytes()
    # Once in its row, once in the index, whose copy is not read.
    places = [k for k in range(len(content)) if content.startswith(stored, k)]
    assert 1 <= len(places) <= 3
    chance = np.random.default_rng(5)
    for bit in chance.choice(52, 6, replace=False).tolist():
        changed = bytearray(content)
        for place in places:
            changed[place + 7 - bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        ended = cli(*sweep, "--store", str(path))
        assert (ended.stdout, ended.code) == ("", 4)
        assert "runs 0 to 19 are not those that were stored" in ended.stderr


def test_an_unfinished_store_is_checked_block_by_block(cli, tmp_path, whole) -> None:
    (sweep, before), path = whole, tmp_path / "s.db"
    shutil.copy(before, path)
    left_unfinished(path, (0, 5), (5, 9), (12, 20))
    good = path.read_bytes()
    assert cli(*sweep, "--store", str(path)).code == 0
    assert contents(path) == contents(before)
    for run, told in [(4, "0 to 4"), (5, "5 to 8"), (8, "5 to 8"), (12, "12 to 19")]:
        path.write_bytes(good)
        damaged(path, f'UPDATE runs SET "last.score" = 0 WHERE "index" = {run}')
        ended = cli(*sweep, "--store", str(path))
        assert f"the rows of runs {told} are not those that were stored" in ended.stderr
        assert ended.code == 4


def test_what_a_user_adds_beside_the_tables_does_no_harm(cli, tmp_path, whole) -> None:
    (sweep, before), path = whole, tmp_path / "s.db"
    shutil.copy(before, path)
    damaged(path, "CREATE VIEW mine AS SELECT seed FROM runs; CREATE INDEX own ON runs (seed)")
    assert cli(*sweep, "--store", str(path)) == ("", "", 0)


def test_a_damaged_message_is_found(cli, tmp_path) -> None:
    path = tmp_path / "s.db"
    sweep = ["sweep", picky_config(tmp_path), "-p", "seed=0..9", "--allow-python", "-q"]
    sweep += ["--fail-on", "never", "--store", str(path)]
    assert cli(*sweep).code == 0
    assert cli(*sweep).code == 0
    damaged(path, "UPDATE messages SET message = message || '.'")
    assert cli(*sweep).code == 4


def test_the_store_of_an_older_version_is_told_as_such(cli, tmp_path, whole) -> None:
    (sweep, before), path = whole, tmp_path / "s.db"
    shutil.copy(before, path)
    damaged(path, "UPDATE meta SET value = 'adamcli sweep 1' WHERE key = 'format'")
    ended = cli(*sweep, "--store", str(path))
    assert ended.code == 4
    assert ended.stderr == (
        f"{path}: is the store of another version of adamcli: "
        "expected `adamcli sweep 2`, found `adamcli sweep 1`\n"
    )


def test_both_parts_of_a_merge_are_checked(cli, tmp_path, whole) -> None:
    sweep, _ = whole
    paths = [str(tmp_path / f"{k}.db") for k in (1, 2)]
    for k, path in enumerate(paths, 1):
        assert cli(*sweep, "--shard", f"{k}/2", "--store", path).code == 0
    damaged(paths[1], 'UPDATE runs SET "last.x.x" = 0 WHERE "index" = 15')
    ended = cli("merge", *paths, "-o", str(tmp_path / "all.db"))
    assert ended.code == 4
    assert ended.stderr.startswith(f"{paths[1]}: the store is damaged: the rows of runs 10 to 19 ")
    assert not (tmp_path / "all.db").exists()


VALUES = st.one_of(
    st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1), st.text(max_size=9), st.none()
)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12), st.data())
def test_a_checksum_is_that_of_its_parts_and_of_no_other_rows(rows, data) -> None:
    def checksum(some) -> int:
        return total(row_hashes(list(zip(*some, strict=True)))) if some else 0

    cut = data.draw(st.integers(0, len(rows)))
    assert added([checksum(rows[:cut]), checksum(rows[cut:])]) == checksum(rows)
    place, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 1))
    changed = [list(row) for row in rows]
    changed[place][column] = data.draw(VALUES)
    same = repr(changed[place]) == repr(list(rows[place]))
    assert (checksum([tuple(row) for row in changed]) == checksum(rows)) == same


def test_what_sqlite_returns_has_the_checksum_of_what_it_got() -> None:
    numbers = np.array([0.0, -0.0, np.nan, -np.nan, np.inf, 5e-324])
    returned = [0.0, -0.0, None, None, np.inf, 5e-324]
    assert row_hashes([numbers]).tolist() == row_hashes([returned]).tolist()
    assert len(set(row_hashes([numbers]).tolist())) == 5
    assert row_hashes([[True, 3]]).tolist() == row_hashes([[1, 3]]).tolist()
    assert total(message_hashes({})) == 0
