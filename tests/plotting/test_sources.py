"""Sources of pictures: what is read from files is what was written, and what is run again too."""

import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

import adamcli
from adamcli.errors import FileError, UsageError
from adamcli.optimizer.result import Direction
from adamcli.pictures.subject import Wish
from adamcli.plotting.sources import is_data, subject_of
from tests.conftest import QUIET_ENVIRONMENT, ROOT, config_of, same_bits

PROBLEMS = {
    "valley": config_of("(1 - x)**2 + 100*(y - x**2)**2", alpha=0.1, n_iter=80),
    "array": config_of("sum(w**2) + a", "{w: {low: -1, high: 1, shape: 3}, a: [0, 1]}", n_iter=30),
    "maximize": config_of("-x**2 + y", direction="maximize", n_iter=30),
    "diverged": config_of("log(x) + y", start="{x: 0.2}", alpha=0.1),
    "noise": config_of("x**2 + y**2", method="nadam", seed=7, weight_decay=0.01),
}


def steps_of(course) -> tuple[np.ndarray, ...]:
    return course.t, course.x, course.score


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_run_is_repeated_from_its_json_bit_by_bit(tmp_path, name) -> None:
    result = adamcli.run_config(PROBLEMS[name], history=True)
    path = tmp_path / "run.json"
    path.write_text(result.to_json())
    found = subject_of(str(path), Wish("score"))
    records = result.history
    assert list(found.course.t) == [record.t for record in records]
    assert same_bits(found.course.x, np.array([record.x for record in records]))
    assert same_bits(found.course.score, np.array([record.score for record in records]))
    # As texts, since a score that is not a number is not equal to itself.
    points = (result.best, result.last, result.start)
    assert repr((found.best, found.last, found.start)) == repr(points)
    assert found.direction is PROBLEMS[name].direction
    assert found.diverged == (name == "diverged")
    assert found.name == str(path)


@pytest.mark.parametrize("extension", ["csv", "tsv", "jsonl", "ndjson", "parquet"])
@pytest.mark.parametrize("name", ["valley", "array"])
def test_the_rows_of_a_run_are_its_course(cli, tmp_path, extension, name) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(PROBLEMS[name].given))
    path = tmp_path / f"rows.{extension}"
    assert cli("run", str(config), "-q", "-o", str(path)).code == 0
    found, ran = subject_of(str(path), Wish()), subject_of(PROBLEMS[name], Wish("score"))
    assert found.names == ran.names
    for one, two in zip(steps_of(found.course), steps_of(ran.course), strict=True):
        assert same_bits(one, two)
    assert (found.best.x, found.best.score) == (ran.best.x, ran.best.score)
    assert found.config is None


def test_a_history_is_used_where_there_is_one(monkeypatch) -> None:
    result = adamcli.run_config(PROBLEMS["valley"], history=True)
    monkeypatch.setattr("adamcli.plotting.subjects.run_config", None)
    found = subject_of(result, Wish("path"))
    assert list(found.course.t) == [record.t for record in result.history]


def test_every_form_of_a_config_is_the_same_run(tmp_path, article) -> None:
    config = adamcli.load_config(article)
    forms = [config, config.file, dict(config.given), article, adamcli.run_config(config)]
    courses = [subject_of(form, Wish("score")).course for form in forms]
    assert all(same_bits(course.x, courses[0].x) for course in courses)
    assert len(courses[0].t) == 60


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet", "db"])
def test_the_runs_of_a_sweep_are_read_back(cli, tmp_path, article, extension) -> None:
    path = tmp_path / f"rows.{extension}"
    axes = {"alpha": [0.001, 0.01, 0.1], "seed": [1, 2]}
    given = ["-p", "alpha=0.001,0.01,0.1", "-p", "seed=1,2"]
    assert cli("sweep", article, *given, "-q", "-o", str(path)).code == 0
    found = subject_of(str(path), Wish())
    direct = subject_of(adamcli.sweep(article, axes), Wish())
    assert same_bits(found.table.score, direct.table.score)
    assert [axis.key for axis in found.table.axes] == [axis.key for axis in direct.table.axes]
    assert found.table.total == direct.table.total == 6


def test_a_sweep_in_a_config_is_swept_unless_a_run_is_wished_for() -> None:
    keys = {"objective": "x**2", "bounds": {"x": [-1, 1]}, "n_iter": 9, "sweep": {"seed": [1, 2]}}
    assert subject_of(keys, Wish()).table.total == 2
    assert subject_of(keys, Wish("repeats")).table.total == 2
    for wish in (Wish("path"), Wish(variables=("x",))):
        found = subject_of(keys, wish)
        assert found.table is None
        assert len(found.course.t) == 9


def test_maximisation_is_known_from_a_result_and_from_a_store(cli, tmp_path) -> None:
    config = tmp_path / "c.json"
    config.write_text(json.dumps(PROBLEMS["maximize"].given))
    files = [str(tmp_path / name) for name in ("s.db", "s.csv")]
    outputs = [word for path in files for word in ("-o", path)]
    # Runs that end below their best show in their rows that higher is better.
    coarse = ["--set", "alpha=0.5", "-p", "seed=0..5"]
    assert cli("sweep", str(config), *coarse, "-q", *outputs).code == 0
    for path in files:
        assert subject_of(path, Wish()).direction is Direction.MAXIMIZE


def test_the_minima_of_a_search_are_read_back(tmp_path) -> None:
    result = adamcli.solve_config(config_of("(x**2 - 0.25)**2 + y**2"))
    path = tmp_path / "solved.json"
    path.write_text(result.to_json())
    found = subject_of(str(path), Wish())
    assert found.best.x == result.minima[0].x
    assert found.places == tuple(minimum.x for minimum in result.minima[1:])


def test_data_are_looked_for_where_the_config_was_and_then_beside_the_result(
    cli, tmp_path, monkeypatch
) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    shutil.copytree(ROOT / "configs" / "data", home / "data")
    shutil.copy(ROOT / "configs" / "fit.yaml", home / "fit.yaml")
    away.mkdir()
    monkeypatch.chdir(tmp_path)
    assert cli("solve", "home/fit.yaml", "-q", "-o", "away/fit.json").code == 0
    measured = subject_of("away/fit.json", Wish()).config.fitted.column("x")
    assert len(measured) == 14
    # Away from both the data may stand beside the result.
    shutil.copytree(home / "data", away / "data")
    shutil.rmtree(home)
    monkeypatch.chdir(away)
    assert same_bits(subject_of("fit.json", Wish()).config.fitted.column("x"), measured)
    shutil.rmtree(away / "data")
    with pytest.raises(adamcli.AdamcliError, match=r"misra1a\.csv"):
        subject_of("fit.json", Wish())


def test_the_result_of_a_function_of_pythons_is_refused(tmp_path) -> None:
    path = tmp_path / "function.json"
    result = adamcli.minimize(lambda x: (x - 1) ** 2, {"x": [-2, 2]}, n_iter=3)
    path.write_text(result.to_json())
    with pytest.raises(UsageError, match=r"(?s)function of Python's.*result\.plot\(\)"):
        subject_of(str(path), Wish())


def test_what_is_data_and_what_may_be_a_config(tmp_path) -> None:
    config, result = tmp_path / "config.json", tmp_path / "result.json"
    config.write_text('{"objective": "x**2", "bounds": {"x": [0, 1]}}')
    result.write_text(adamcli.run_config(PROBLEMS["valley"]).to_json())
    known = {str(config): False, str(result): True, "a.yaml": False, "-": False}
    known |= {f"missing.{end}": True for end in ("csv", "TSV", "jsonl", "ndjson", "parquet", "db")}
    known |= {"missing.json": False, "x" * 5000 + ".json": False, "\0.json": False}
    assert {path: is_data(path) for path in known} == known


def test_a_sweep_that_was_killed_shows_the_runs_it_has(tmp_path, article) -> None:
    store = tmp_path / "killed.db"
    axes = ["-p", "alpha=log(1e-3,1e-1,10)", "-p", "seed=0..9999", "--set", "n_iter=2000"]
    running = subprocess.Popen(
        [sys.executable, "-m", "adamcli", "sweep", article, *axes, "-q", "--store", str(store)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=QUIET_ENVIRONMENT,
    )
    try:
        until = time.monotonic() + 30
        found = None
        # While it is being written, it is read; an empty one has no scores yet.
        while found is None or not len(found.table.score):
            assert time.monotonic() < until
            try:
                found = subject_of(str(store), Wish())
            except FileError:
                time.sleep(0.02)
        assert running.poll() is None
    finally:
        running.kill()
        running.wait()
    left = subject_of(str(store), Wish())
    assert 0 < len(found.table.score) <= len(left.table.score) < left.table.total == 100_000
    assert same_bits(left.table.score[: len(found.table.score)], found.table.score)
