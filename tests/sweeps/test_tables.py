"""The table of a sweep is the same from its result, from every file of rows and from its store."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from adamcli.api import sweep
from adamcli.config.checking import checked
from adamcli.config.load import open_config
from adamcli.errors import FileError, UsageError
from adamcli.experiment import run_config
from adamcli.optimizer.result import Direction
from adamcli.pictures.table import Table
from adamcli.sweeps.job import SweepJob
from adamcli.sweeps.tables import read_rows, read_store, table_of
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import same_bits
from tests.sweeps.test_store import left_unfinished

BOWL = """\
objective: {objective}
bounds: {{x: [-1, 1], X: [-1, 1], w: {{low: -1, high: 1, shape: [1, 2]}}}}
n_iter: 5
direction: {direction}
"""

AXES = {
    "product": ("-p", "alpha=0.1,0.01,1e-5", "-p", "method=rmsprop,adam", "-p", "seed=3..5"),
    "seeds": ("-p", "seed=0..4"),
    "one seed": ("-p", "seed=4", "-p", "n_iter=10,2"),
    "zip": ("-p", "alpha=0.3,0.2,0.1", "-p", "beta1=0.5,0.9,0.7", "--zip"),
    "drawn": (
        "-p",
        "alpha=loguniform(1e-4,1)",
        "-p",
        "method=choice(adam,nadam)",
        "--samples",
        "8",
    ),
    "words": ("-p", "bounds.x=[-1,1],[-2,2]", "-p", "start.x=0.5,-0.5"),
    "formulas": ("-p", "alpha=0.1,0.1/(1 + t),0.1*0.9**t"),
    "cases": ("-p", "start.X=0,1", "-p", "start.x=0.25,0"),
    "lost": ("-p", "alpha=1e300,0.1,1e308"),
}

FORMATS = ("csv", "tsv", "jsonl", "ndjson", "parquet", "db")


@pytest.fixture
def config(tmp_path) -> str:
    return written(tmp_path, "x**2 + X**2 + sum(w**2)", "minimize")


def written(folder: Path, objective: str, direction: str) -> str:
    path = folder / "config.yaml"
    path.write_text(BOWL.format(objective=objective, direction=direction))
    return str(path)


def of_result(config: str, *arguments: str, **options) -> Table:
    """Return the table of the result of a sweep with the arguments of a command line."""
    chosen = {"parameters": tuple(arguments[1::2])}
    if "--zip" in arguments:
        chosen = {"parameters": tuple(a for a in arguments if "=" in a), "zip": True}
    if "--samples" in arguments:
        chosen = {"parameters": tuple(a for a in arguments if "=" in a), "samples": 8}
    result = sweep(config, **chosen, **options)
    return table_of(result.board, result.variations.plan)


def read(path: str):
    return read_store(path) if path.endswith(".db") else read_rows(path)


def assert_same(table: Table, other: Table) -> None:
    assert [axis.key for axis in table.axes] == [axis.key for axis in other.axes]
    for axis, its in zip(table.axes, other.axes, strict=True):
        assert axis.repeats == its.repeats
        assert axis.words == its.words
        assert (axis.numbers is None) == (its.numbers is None)
        if axis.numbers is not None:
            assert same_bits(axis.numbers, its.numbers)
        assert axis.places.tolist() == its.places.tolist()
    assert same_bits(table.score, other.score)
    assert table.total == other.total


@pytest.mark.parametrize("name", AXES)
def test_every_source_has_the_same_table(cli, config, tmp_path, name: str) -> None:
    files = [str(tmp_path / f"rows.{extension}") for extension in FORMATS]
    outputs = [part for file in files for part in ("-o", file)]
    ended = cli("sweep", config, "-q", *AXES[name], *outputs)
    assert ended.code == 0, ended.stderr
    expected = of_result(config, *AXES[name])
    assert len(expected.score) > 1
    for file in files:
        found = read(file)
        assert found.course is None
        assert found.direction is Direction.MINIMIZE
        assert_same(found.table, expected)


def test_the_table_has_the_level_and_the_score_of_each_run(config) -> None:
    arguments = ("-p", "method=nadam,adam", "-p", "seed=3..5", "-p", "alpha=0.2,0.1")
    result = sweep(config, parameters=arguments[1::2])
    table = table_of(result.board, result.variations.plan)
    assert [axis.key for axis in table.axes] == ["method", "alpha", "seed"]
    assert table.score.tolist() == result["best.score"].tolist()
    method, alpha, seed = table.axes
    assert [method.words[k] for k in method.places] == result["method"].tolist()
    assert alpha.numbers[alpha.places].tolist() == result["alpha"].tolist()
    assert seed.numbers[seed.places].tolist() == result["seed"].tolist()
    assert [axis.repeats for axis in table.axes] == [False, False, True]


def test_a_part_has_its_own_total(config) -> None:
    table = of_result(config, "-p", "alpha=0.1,0.2,0.3,0.4,0.5,0.6", shard="2/3")
    assert table.total == len(table.score) == 2
    assert table.axes[0].numbers.tolist() == [0.3, 0.4]


def test_runs_that_are_not_done_are_left_out(config) -> None:
    options = SweepOptions(("alpha=0.1,0.2,0.3,0.4",))
    variations = vary(open_config(config), options)
    with SweepJob(variations, options) as job:
        board = job.board
        board.add(variations.compute(np.array([3, 1]), points=False))
        table = table_of(board, variations.plan)
    assert table.total == 4
    assert table.axes[0].numbers[table.axes[0].places].tolist() == [0.2, 0.4]
    assert np.isfinite(table.score).all()


def test_the_direction_is_told_from_best_and_last_scores(cli, tmp_path) -> None:
    config = written(tmp_path, "'-(x - 0.1)**2 - X**2 - sum(w**2)'", "maximize")
    files = [str(tmp_path / f"rows.{extension}") for extension in FORMATS]
    outputs = [part for file in files for part in ("-o", file)]
    assert cli("sweep", config, "-q", "-p", "alpha=0.5,2", *outputs).code == 0
    for file in files:
        assert read(file).direction is Direction.MAXIMIZE


def test_rows_that_fit_no_direction_are_taken_to_be_minimised(tmp_path) -> None:
    path = tmp_path / "rows.csv"
    for pairs in ("1,2", "2,1"), ("1,1", "nan,inf"):
        path.write_text(HEADER + "".join(f"{k},1,2,failed,5,{p}\n" for k, p in enumerate(pairs)))
        assert read_rows(str(path)).direction is Direction.MINIMIZE


def test_a_store_has_the_config(cli, config, tmp_path) -> None:
    store = str(tmp_path / "sweep.db")
    cli("sweep", config, "-q", "-p", "alpha=0.1,0.2", "--store", store)
    found = read_store(store).config
    assert found["n_iter"] == 5
    assert found["objective"] == "x**2 + X**2 + sum(w**2)"


@pytest.fixture
def unfinished(cli, config, tmp_path) -> str:
    """Return the path of a store in which runs 2 and 3 of 6 are missing."""
    store = str(tmp_path / "sweep.db")
    cli("sweep", config, "-q", "-p", "alpha=1,2,3,4,5,6", "--store", store)
    left_unfinished(store, (0, 2), (4, 6))
    return store


def test_an_unfinished_store_has_what_is_done(unfinished) -> None:
    table = read_store(unfinished).table
    assert table.total == 6
    assert table.axes[0].numbers.tolist() == [1, 2, 5, 6]


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE runs SET "best.score" = 0 WHERE "index" = 4',
        'UPDATE runs SET "last.score" = "last.score" * 2 WHERE "index" = 0',
        "UPDATE runs SET alpha = 'x' WHERE \"index\" = 1",
        "UPDATE runs SET status = 7",
        'UPDATE runs SET "index" = 2 WHERE "index" = 1',
    ],
)
def test_a_store_that_was_changed_is_not_believed(unfinished, change) -> None:
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
        db.execute(change)
    with pytest.raises(FileError, match="are not those that were stored"):
        read_store(unfinished)


def test_a_store_is_read_in_blocks(unfinished, monkeypatch) -> None:
    whole = read_store(unfinished).table
    monkeypatch.setattr("adamcli.sweeps.database.READ_AT_ONCE", 3)
    assert_same(read_store(unfinished).table, whole)


def test_a_store_is_read_while_a_sweep_writes_to_it(unfinished) -> None:
    before = Path(unfinished).read_bytes()
    with closing(sqlite3.connect(unfinished)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM runs")
        assert len(read_store(unfinished).table.score) == 4
        db.rollback()
    assert Path(unfinished).read_bytes() == before
    assert os.listdir(Path(unfinished).parent).count("sweep.db-lock") == 0


def test_a_store_without_permission_to_write_is_read(unfinished) -> None:
    os.chmod(unfinished, 0o444)
    os.chmod(Path(unfinished).parent, 0o555)
    try:
        assert len(read_store(unfinished).table.score) == 4
    finally:
        os.chmod(Path(unfinished).parent, 0o755)


def test_what_a_kill_left_half_committed_is_not_read(unfinished, tmp_path) -> None:
    killed = tmp_path / "killed.db"
    with closing(sqlite3.connect(unfinished)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("PRAGMA cache_spill = ON")
        db.execute("BEGIN IMMEDIATE")
        names = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
        row = f"INSERT INTO runs VALUES ({', '.join('?' * len(names))})"
        db.executemany(row, ([k] + [0.5] * (len(names) - 1) for k in range(100, 9000)))
        # The file and its journal as a kill would leave them: some pages are new.
        for suffix in ("", "-journal"):
            Path(f"{killed}{suffix}").write_bytes(Path(f"{unfinished}{suffix}").read_bytes())
        db.rollback()
    assert killed.stat().st_size > Path(unfinished).stat().st_size
    assert_same(read_store(str(killed)).table, read_store(unfinished).table)


def test_a_store_without_runs_has_an_empty_table(unfinished) -> None:
    with closing(sqlite3.connect(unfinished)) as db:
        db.execute("DELETE FROM runs")
        db.execute("DELETE FROM blocks")
        db.commit()
    table = read_store(unfinished).table
    assert (len(table.score), table.total) == (0, 6)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "cannot be read: there is no such file"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: path.write_bytes(b"index,seed\n" * 500), "file is not a database"),
        (lambda path: path.write_bytes(b""), "is empty; a store has something once its first"),
        (
            lambda path: sqlite3.connect(path).execute("CREATE TABLE runs (a)").connection.close(),
            "is an SQLite file, but not the store of a sweep",
        ),
    ],
)
def test_other_files_are_no_stores(tmp_path, make, reason: str) -> None:
    path = tmp_path / "other.db"
    make(path)
    with pytest.raises(FileError, match=reason):
        read_store(str(path))


STEPS = """\
objective: (t - 0.5)**2 + (score - 1)**2 + sum(w**2) + x**2
bounds: {t: [-1, 1], score: [-1, 1], w: {low: -1, high: 1, shape: [1, 2]}, x: [-1, 1]}
n_iter: 30
"""


@pytest.mark.parametrize("extension", [e for e in FORMATS if e != "db"])
def test_the_steps_of_a_run_are_its_course(cli, tmp_path, extension: str) -> None:
    path, file = tmp_path / "run.yaml", str(tmp_path / f"steps.{extension}")
    path.write_text(STEPS)
    ended = cli("run", str(path), "-q", "--fields", "gradient_norm,alpha", "-o", file)
    assert ended.code == 0, ended.stderr
    found = read_rows(file)
    assert found.table is None
    config = checked(open_config(str(path)))
    records = run_config(config, history=True).history
    assert found.names == tuple(config.variables.coordinate_names())
    assert found.course.t.tolist() == [r.t for r in records]
    assert same_bits(found.course.x, [r.x for r in records])
    assert same_bits(found.course.score, [r.score for r in records])
    assert np.isfinite(found.course.norm).all()


def test_steps_without_a_finite_score_are_read(tmp_path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text("t,x,score\n0,1.5,2.0\n1,nan,inf\n2,-inf,nan\n")
    course = read_rows(str(path)).course
    assert same_bits(course.x[:, 0], [1.5, np.nan, -np.inf])
    assert same_bits(course.score, [2.0, np.inf, np.nan])
    assert np.isnan(course.norm).all()
    lines = [{"t": 0, "x": {"x": None}, "score": None}, {"t": 1, "x": {"x": 1}, "score": 2}]
    rows = tmp_path / "steps.jsonl"
    rows.write_text("\n".join(map(json.dumps, lines)))
    assert same_bits(read_rows(str(rows)).course.score, [np.nan, 2.0])


HEADER = "index,alpha,seed,status,nit,best.score,last.score\n"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", "", r"expected the columns of a sweep .* or of a run .*, found nothing"),
        ("a.csv", "name,age\nx,1\n", "found name, age"),
        ("a.csv", "t,t,score\n1,1,1\n", "found t, t, score"),
        ("a.csv", HEADER, "has no rows"),
        ("a.csv", "t,x,score\n", "has no rows"),
        ("a.csv", HEADER + "0,1,2,finished,5,1.0\n", "row 2 has 6 cells, expected 7"),
        ("a.csv", HEADER + "0,1,2,finished,5,abc,1\n", "column best.score: expected numbers"),
        ("a.csv", "t,x,score\n0,a,1\n", "row 1: expected numbers: .*'a'"),
        ("a.csv", 'index,"seed\n', "cannot be read"),
        ("a.tsv", HEADER + "0,1,2,finished,5,1,1\n", "found index,alpha"),
        ("a.jsonl", "", "found nothing"),
        ("a.jsonl", "[1, 2]\n", "a.jsonl:1: expected a JSON object"),
        ("a.jsonl", '{"t": 0, "score"', "a.jsonl:1: expected a JSON object"),
        (
            "a.jsonl",
            '{"t": 0, "score": 1}\n{"t": 1}\n',
            "row 2 does not have the keys of the first",
        ),
        ("a.jsonl", '{"t": 0, "x": {"w": [1]}, "score": 1}\n{"t": 1, "x": 3, "score": 1}', "row 2"),
        ("a.parquet", "t,x,score", "is not a Parquet file"),
    ],
)
def test_other_files_are_no_rows(tmp_path, name: str, text: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FileError, match=reason):
        read_rows(str(path))


def test_files_that_cannot_be_read(tmp_path) -> None:
    for extension in FORMATS[:-1]:
        with pytest.raises(FileError, match="cannot be read: No such file"):
            read_rows(str(tmp_path / f"none.{extension}"))
    (tmp_path / "a.csv").write_bytes(b"t,x,score\n0,\xff,1\n")
    with pytest.raises(FileError, match="is not UTF-8 text"):
        read_rows(str(tmp_path / "a.csv"))
    with pytest.raises(UsageError, match=r"expected a file \.csv, .*, found `\.txt`"):
        read_rows(str(tmp_path / "a.txt"))


def test_rows_that_a_spreadsheet_saved_are_read(tmp_path) -> None:
    text = HEADER + '0,"0.10",2,finished,5,,\n1,1e-1,2,finished,5,2.5,3\n\n'
    for encoding in ("utf-8-sig", "utf-16"):
        path = tmp_path / "rows.csv"
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
        table = read_rows(str(path)).table
        assert table.axes[0].numbers.tolist() == [0.1]
        assert same_bits(table.score, [np.nan, 2.5])
