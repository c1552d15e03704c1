"""`adamcli sweep` from the outside: what it shows, writes and ends with."""

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys

import pytest

from adamcli.config.load import load_config
from tests.conftest import GOLDEN, QUIET_ENVIRONMENT, ROOT, on_a_terminal

ARTICLE = str(ROOT / "configs" / "article.yaml")
GRID = ("-p", "alpha=log(1e-3,1e-1,3)", "-p", "seed=0..9")


def rows_of(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


def test_the_table_in_a_pipe_is_bare(cli) -> None:
    shown = cli("sweep", ARTICLE, *GRID)
    assert shown == ((GOLDEN / "sweep_groups.txt").read_text(encoding="utf-8"), "", 0)


def test_without_repeats_the_runs_are_ranked(cli) -> None:
    shown = cli("sweep", ARTICLE, "-p", "alpha=0.01,0.1", "-p", "beta1=0.5,0.8", "--top", "3")
    assert shown == ((GOLDEN / "sweep_runs.txt").read_text(encoding="utf-8"), "", 0)


def test_on_a_terminal_the_table_is_framed_and_counted() -> None:
    shown, code = on_a_terminal("sweep", ARTICLE, *GRID)
    assert code == 0
    assert "╭" in shown
    assert "settings with the best means" in shown
    assert "30 runs in " in shown
    assert "runs/s" not in shown


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_a_long_sweep_shows_progress_on_a_terminal(env) -> None:
    grid = ("-p", "alpha=log(1e-3,1e-1,40)", "-p", "seed=0..499", "--set", "n_iter=12000")
    shown, code = on_a_terminal("sweep", ARTICLE, *grid, env={"COLUMNS": "120", **env})
    assert code == 0
    assert "/20,000" in shown
    assert "runs/s" in shown


def test_a_quiet_sweep_shows_nothing_on_a_terminal() -> None:
    assert on_a_terminal("sweep", ARTICLE, *GRID, "--quiet") == ("", 0)


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
def test_standard_output_and_files_hold_the_same(cli, tmp_path, form) -> None:
    path = tmp_path / f"out.{form}"
    shown = cli("sweep", ARTICLE, *GRID, "--format", form, "-o", str(path))
    written = path.read_text(encoding="utf-8")
    assert shown.code == 0
    if form == "json":
        assert {**json.loads(shown.stdout), "seconds": 0} == {**json.loads(written), "seconds": 0}
    else:
        assert shown.stdout == written


def test_all_files_hold_the_same_rows(cli, tmp_path) -> None:
    import pyarrow.parquet as pq

    names = [str(tmp_path / f"out.{form}") for form in ("csv", "tsv", "jsonl", "parquet", "db")]
    options = [part for name in names for part in ("-o", name)]
    axes = ("-p", "bounds.x=[-1,1],[0,2]", "-p", "n_iter=10,20", "-p", "seed=3,1")
    assert cli("sweep", ARTICLE, *axes, *options).code == 0
    with open(names[0], encoding="utf-8") as file:
        rows = rows_of(file.read())
    with open(names[1], encoding="utf-8") as file:
        assert rows_of(file.read(), "\t") == rows
    assert [row["bounds.x"] for row in rows] == ["[-1, 1]"] * 4 + ["[0, 2]"] * 4
    assert [row["nit"] for row in rows] == ["10", "10", "20", "20"] * 2
    assert [row["seed"] for row in rows] == ["3", "1"] * 4
    with open(names[2], encoding="utf-8") as file:
        objects = [json.loads(line) for line in file]
    flat = [
        {
            "index": o["index"],
            **{key: value for key, value in o["parameters"].items() if key != "seed"},
            "seed": o["seed"],
            "status": o["status"],
            "nit": o["nit"],
            "best.score": o["best"]["score"],
            **{f"best.x.{name}": value for name, value in o["best"]["x"].items()},
            "last.score": o["last"]["score"],
            **{f"last.x.{name}": value for name, value in o["last"]["x"].items()},
        }
        for o in objects
    ]
    assert [{key: str(value) for key, value in row.items()} for row in flat] == rows
    assert pq.read_table(names[3]).to_pylist() == flat
    with sqlite3.connect(names[4]) as db:
        db.row_factory = sqlite3.Row
        assert [dict(row) for row in db.execute('SELECT * FROM runs ORDER BY "index"')] == flat
    db.close()


@pytest.mark.parametrize("jobs", ["1", "2", "3"])
def test_any_number_of_workers_writes_the_same_bytes(process, jobs) -> None:
    axes = ("-p", "alpha=log(1e-3,1e-1,50)", "-p", "beta1=0.5,0.9", "-p", "seed=0..99")
    alone = process("sweep", ARTICLE, *axes, "--format", "csv", "-j", "1")
    assert process("sweep", ARTICLE, *axes, "--format", "csv", "-j", jobs) == alone
    assert len(alone.stdout.splitlines()) == 10_001


def test_the_best_run_is_reproduced_bit_for_bit(cli, tmp_path) -> None:
    best = tmp_path / "best.yaml"
    axes = ("-p", "alpha=loguniform(1e-3,0.5)", "-p", "beta1=uniform(0,0.99)", "--samples", "50")
    swept = cli("sweep", ARTICLE, *axes, "--save-best", str(best), "--format", "json")
    alone = cli("run", str(best), "--format", "json")
    found, wanted = json.loads(alone.stdout), json.loads(swept.stdout)["top"][0]
    for label in ("best", "last"):
        assert found[label]["score"] == wanted[label]["score"]
        assert found[label]["x"] == wanted[label]["x"]
    assert found["nit"] == wanted["nit"]


def test_a_plan_is_saved_and_taken_again(cli, tmp_path) -> None:
    path = tmp_path / "plan.csv"
    axes = ("-p", "alpha=uniform(0,1)", "--samples", "5", "-p", "objective=x**2+y**2,abs(x)+y**2")
    first = cli("sweep", ARTICLE, *axes, "--save-plan", str(path), "--format", "csv")
    assert path.read_text(encoding="utf-8").startswith("alpha,objective\n")
    again = cli("sweep", ARTICLE, "--plan", str(path), "--format", "csv")
    assert again == first
    assert len(first.stdout.splitlines()) == 11


def test_a_plan_that_is_a_file_takes_the_place_of_the_axes_in_the_config(cli, tmp_path) -> None:
    config, plan = str(ROOT / "configs" / "sweep.yaml"), tmp_path / "plan.csv"
    first = cli("sweep", config, "--save-plan", str(plan), "--format", "csv", "--fail-on", "never")
    assert cli("sweep", config, "--plan", str(plan), "--format", "csv") == first
    doubled = cli("sweep", config, "--plan", str(plan), "-p", "n_iter=1,2", "--dry-run")
    assert "runs: 400" in doubled.stdout
    assert cli("sweep", config, "--plan", str(plan), "-p", "seed=1,2").code == 2


def test_a_dry_run_shows_the_plan_and_runs_nothing(cli, tmp_path) -> None:
    store = tmp_path / "s.db"
    shown = cli("sweep", ARTICLE, *GRID, "-p", "n_iter=10,20", "--dry-run", "--store", str(store))
    lines = shown.stdout.splitlines()
    assert lines[:5] == [
        "alpha: 3 values: 0.001, 0.01, 0.1",
        "seed: 10 values: 0, 1, 2, ..., 9",
        "n_iter: 2 values: 10, 20",
        "runs: 60",
        "programs: 2",
    ]
    assert lines[6].startswith("time: about ")
    assert not store.exists()
    assert cli("sweep", ARTICLE, *GRID, "--dry-run", "--shard", "2/7").stdout.splitlines()[2] == (
        "runs: 30, 4 in this part"
    )


def test_the_config_can_hold_the_sweep_and_the_command_line_changes_it(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "objective: x**2\nbounds: {x: [-1, 1]}\nn_iter: 3\n"
        "sweep:\n  alpha: [0.1, 0.2]\n  seed: 0..2\n"
    )
    assert len(rows_of(cli("sweep", str(path), "--format", "csv").stdout)) == 6
    shown = cli("sweep", str(path), "-p", "alpha=0.3", "-p", "beta1=0.5,0.6", "--format", "csv")
    rows = rows_of(shown.stdout)
    assert len(rows) == 6
    assert {row["alpha"] for row in rows} == {"0.3"}
    zipped = cli("sweep", str(path), "-p", "alpha=1..3", "--zip", "--format", "csv")
    assert [(r["alpha"], r["seed"]) for r in rows_of(zipped.stdout)] == [
        ("1", "0"),
        ("2", "1"),
        ("3", "2"),
    ]


def test_a_part_of_a_small_plan_may_be_empty(cli, tmp_path) -> None:
    stores = [str(tmp_path / f"{k}.db") for k in (1, 2, 3)]
    for k, store in enumerate(stores, 1):
        shown = cli("sweep", ARTICLE, "-p", "seed=0,1", "--shard", f"{k}/3", "--store", store, "-q")
        assert shown == ("", "", 0)
    merged = cli("merge", *stores, "-o", str(tmp_path / "all.db"))
    assert merged.stdout.splitlines()[-1] == "2 runs"


def test_diverged_runs_are_rows_and_fail_only_if_asked(cli) -> None:
    axes = ("-p", "objective=x**2+y**2,x**2+1/(y-y)", "--format", "csv")
    shown = cli("sweep", ARTICLE, *axes)
    rows = rows_of(shown.stdout)
    assert [row["status"] for row in rows] == ["finished", "diverged"]
    assert [row["nit"] for row in rows] == ["60", "0"]
    assert rows[1]["best.score"] == "inf" or rows[1]["best.score"] == "nan"
    assert shown.code == 0
    assert "1 diverged" in shown.stderr
    assert cli("sweep", ARTICLE, *axes, "--fail-on", "diverged").code == 3
    assert cli("sweep", ARTICLE, *axes, "--fail-on", "never").code == 0


def test_failed_runs_are_told_and_fail(cli, tmp_path) -> None:
    (tmp_path / "f.py").write_text(
        "def f(x):\n    if x > 0.9:\n        raise ValueError('too far')\n    return x*x\n"
    )
    path = tmp_path / "c.yaml"
    path.write_text("objective: {python: f.py:f}\nbounds: {x: [-2, 2]}\nn_iter: 3\n")
    axes = ("-p", "start.x=0.5,1,0.25")
    refused = cli("sweep", str(path), *axes)
    assert refused.code == 2
    assert "--allow-python" in refused.stderr
    shown = cli("sweep", str(path), *axes, "--allow-python", "--format", "csv")
    assert [row["status"] for row in rows_of(shown.stdout)] == ["finished", "failed", "finished"]
    assert "run 1 failed: at the start, the objective raised ValueError: too far" in shown.stderr
    assert shown.code == 3
    never = cli("sweep", str(path), *axes, "--allow-python", "-q", "--fail-on", "never")
    assert never.code == 0


def test_what_a_python_objective_prints_stays_out_of_the_data(process, tmp_path) -> None:
    (tmp_path / "f.py").write_text("def f(x):\n    print('chatter')\n    return x*x\n")
    path = tmp_path / "c.yaml"
    path.write_text("objective: {python: f.py:f}\nbounds: {x: [-2, 2]}\nn_iter: 3\n")
    for jobs in ("1", "2"):
        shown = process(
            "sweep", str(path), "-p", "seed=0..5", "--allow-python", "--format", "csv", "-j", jobs
        )
        assert shown.code == 0
        assert "chatter" not in shown.stdout
        assert "chatter" in shown.stderr


@pytest.mark.parametrize(
    ("expectation", "code"),
    [
        ("best.score < 1e-6", 0),
        ("best.score < 1e-12", 1),
        ("runs == 30", 0),
        ("finished == runs", 0),
        ("diverged > 0", 1),
        ("abs(best.x.y) < 0.01", 0),
        ("nfev > 0", 2),
    ],
)
def test_expectations_are_of_the_best_run_and_of_the_counts(cli, expectation, code) -> None:
    ended = cli("sweep", ARTICLE, *GRID, "-q", "--expect", expectation)
    assert ended.stdout == ""
    assert ended.code == code
    assert ("expected" in ended.stderr) == (code == 1)


def test_a_field_that_only_a_run_has_is_found_where_the_config_names_it(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    text = "objective: x**2\nbounds: {x: [-1, 1]}\nexpect:\n  - nit == 100\n  - nfev < 1000\n"
    path.write_text(text)
    assert cli("check", str(path)).code == 0
    ended = cli("sweep", str(path), "-p", "seed=0..3")
    assert ended.code == 2
    assert ended.stderr.startswith(f"{path}:5:5: a result has no field `nfev`\n    ")
    path.write_text(text + "sweep: {seed: 0..3}\n")
    assert cli("check", str(path)).stderr == ended.stderr


def test_what_the_config_expects_is_expected_of_the_best_run(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    text = "objective: x**2\nbounds: {x: [-1, 1]}\nn_iter: 3\nexpect: best.score < 1e-9\n"
    path.write_text(text)
    assert cli("sweep", str(path), "-p", "seed=0..3", "-q").code == 1
    # A part cannot tell what the best of all is.
    assert cli("sweep", str(path), "-p", "seed=0..3", "-q", "--shard", "1/2").code == 0
    path.write_text(text.replace("best.score", "nfev"))
    ended = cli("sweep", str(path), "-p", "seed=0..3", "-q")
    assert ended.code == 2
    assert "a result has no field `nfev`" in ended.stderr


def test_top_says_how_many_are_shown(cli) -> None:
    for top in (1, 2):
        shown = cli("sweep", ARTICLE, "-p", "alpha=0.01,0.1,0.2", "--top", str(top))
        assert len(shown.stdout.splitlines()) == top + 2


def test_scores_without_points(cli) -> None:
    with_points = cli("sweep", ARTICLE, *GRID, "--format", "csv")
    without = cli("sweep", ARTICLE, *GRID, "--format", "csv", "--no-points")
    rows, bare = rows_of(with_points.stdout), rows_of(without.stdout)
    assert [row["best.score"] for row in rows] == [row["best.score"] for row in bare]
    assert list(bare[0])[-2:] == ["best.score", "last.score"]


def test_none_prints_the_best_point_alone(cli) -> None:
    shown = cli("sweep", ARTICLE, *GRID, "--format", "none")
    assert shown.stdout == "f([ 1.69539332e-04 -6.83488535e-05]) = 0.000000\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-p", "alpha"),
        ("-p", "alpah=1,2"),
        ("-p", "alpha="),
        ("-p", "alpha=0.1,0.2,1e-1"),
        ("-p", "seed=0..9..0"),
        ("-p", "seed=0..10..3"),
        ("-p", "seed=0..1e9"),
        ("-p", "alpha=lin(0.1,1)"),
        ("-p", "alpha=0.1,-1"),
        ("-p", "seed=1", "-p", "seed=2"),
        ("-p", "bounds=[-1,1]", "-p", "bounds.x=[-1,1]"),
        ("-p", "start.x=0,3"),
        ("-p", "alpha=0.1,0.2", "-p", "seed=1,2,3", "--zip"),
        ("-p", "alpha=uniform(0,1)"),
        ("-p", "alpha=0.1,0.2", "--samples", "4"),
        ("-p", "seed=0..9", "--shard", "9/8"),
        ("-p", "seed=0..9", "-o", "x.xlsx"),
        ("-p", "seed=0..9", "-j", "2", "--scheduler", "tcp://127.0.0.1:1"),
        ("-p", "seed=0..9", "-o", "a.csv", "-o", "a.csv"),
        ("-p", "seed=0..9", "--plan", "no-such.csv"),
        ("-p", "seed=0..9", "-o", "no-such-folder/x.csv"),
        ("-p", "alpha=log(1e-5,1,1000000)", "-p", "seed=0..9999"),
    ],
    ids=" ".join,
)
def test_errors_say_what_to_type(cli, arguments) -> None:
    ended = cli("sweep", ARTICLE, *arguments)
    golden = (GOLDEN / "sweep_errors.txt").read_text(encoding="utf-8")
    case = f"$ adamcli sweep configs/article.yaml {' '.join(arguments)}\n{ended.stderr}"
    case += f"exit code {ended.code}\n"
    assert ended.stdout == ""
    assert case in golden


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    command = f"{sys.executable} -m adamcli sweep {ARTICLE} -p seed=0..99999 --format csv"
    script = f"set -o pipefail; {command} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=QUIET_ENVIRONMENT, check=False
    )
    assert done.stdout.startswith("index,seed,status")
    assert (done.stderr, done.returncode) == ("", 141)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_device_is_one_message(process, tmp_path) -> None:
    (tmp_path / "full.csv").symlink_to("/dev/full")
    path = str(tmp_path / "full.csv")
    ended = process("sweep", ARTICLE, "-p", "seed=0..9999", "-o", path, "-q")
    assert ended.code == 4
    assert ended.stderr == f"{path}: cannot be written: No space left on device\n"


def test_a_file_is_complete_or_absent(cli, tmp_path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("from before")
    (tmp_path / "f.py").write_text("import os\ndef f(x):\n    os._exit(9)\n")
    config = tmp_path / "c.yaml"
    config.write_text("objective: {python: f.py:f}\nbounds: {x: [-2, 2]}\nn_iter: 3\n")
    ended = cli(
        "sweep", str(config), "-p", "seed=0..9", "-j", "2", "--allow-python", "-o", str(path)
    )
    assert ended.code == 3
    assert "workers keep dying: one ended with code 9" in ended.stderr
    assert path.read_text() == "from before"
    names = {p.name for p in tmp_path.iterdir()} - {"__pycache__"}
    assert names == {"c.yaml", "f.py", "out.csv"}


def test_packages_that_are_missing_are_named(cli, monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = cli("sweep", ARTICLE, *GRID, "-o", str(tmp_path / "x.parquet"))
    assert ended.code == 2
    assert "pip install 'adamcli[parquet]'" in ended.stderr
    ended = cli("sweep", ARTICLE, *GRID, "--scheduler", "tcp://127.0.0.1:1")
    assert ended.code == 2
    assert "pip install 'adamcli[dask]'" in ended.stderr
    (tmp_path / "d.csv").write_text("t,n\n1,2\n2,3\n3,5\n")
    fit = ["solve", "--model", "n ~ a*t", "--data", str(tmp_path / "d.csv"), "-b", "a=0,9"]
    path = str(tmp_path / "p.parquet")
    for option in ("--predict", "-o"):
        ended = cli(*fit, option, path, "-q")
        assert ended.stderr.startswith(f"{option} {path}: needs the package pyarrow\n")


def test_a_small_sweep_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys\nfrom adamcli.cli.app import app\n"
        f"sys.argv = ['adamcli', 'sweep', {ARTICLE!r}, '-p', 'seed=0..9', '--format', 'none']\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        "unwanted = {'rich.console', 'sqlite3', 'multiprocessing', 'distributed', 'pyarrow'}\n"
        "print(sorted(unwanted & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("option", ["-o", "--store", "--save-best", "--save-plan"])
def test_files_that_are_read_are_never_overwritten(cli, tmp_path, option) -> None:
    for name in ("fit.yaml", "d.csv", "plan.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n2,4\n")
    config = tmp_path / "fit.yaml"
    config.write_text("objective: mean((y - a*x)**2)\nbounds: {a: [0, 3]}\ndata: d.csv\n")
    (tmp_path / "plan.csv").write_text("alpha\n0.1\n")
    before = {p.name: p.read_text() for p in tmp_path.iterdir()}
    for name in before:
        plan = ("--plan", str(tmp_path / "plan.csv"))
        ended = cli("sweep", str(config), *plan, option, str(tmp_path / name))
        assert ended.code == 2
        assert "which would be lost" in ended.stderr
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == before
    assert cli("run", str(config), "-o", str(tmp_path / "d.csv")).code == 2


def test_a_number_among_formulas_keeps_its_digits_everywhere(cli, tmp_path) -> None:
    path = tmp_path / "x.db"
    axis = ("-p", "alpha=0.012345678901234567,0.1/t,1e-10", "-q")
    assert cli("sweep", ARTICLE, *axis, "-o", str(path)).code == 0
    db = sqlite3.connect(path)
    wanted = [0.012345678901234567, "0.1/t", 1e-10]
    assert [row[0] for row in db.execute("SELECT alpha FROM runs")] == wanted
    db.close()
    shown = cli("sweep", ARTICLE, *axis, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["parameters"]["alpha"] for line in shown] == wanted


def test_a_best_config_that_cannot_be_written_is_told_before_the_runs(cli, tmp_path) -> None:
    ended = cli("sweep", ARTICLE, *GRID, "--save-best", str(tmp_path / "no" / "b.yaml"))
    assert (ended.stdout, ended.code) == ("", 4)


def test_without_a_score_there_is_no_best_config(cli, tmp_path) -> None:
    path = tmp_path / "best.yaml"
    path.write_text("old")
    axes = ("--set", "objective=log(-1-x*x)+y", "-p", "seed=0..3", "-q")
    ended = cli("sweep", ARTICLE, *axes, "--save-best", str(path))
    assert ended.code == 3
    assert "no run has a finite score" in ended.stderr
    assert path.read_text() == "old"


def test_settings_whose_runs_fail_are_ranked_behind_and_told(cli, tmp_path) -> None:
    (tmp_path / "f.py").write_text(
        "def f(x, k):\n    if k > 1 and x < 0:\n        raise ValueError\n    return x*x - k\n"
    )
    path = tmp_path / "c.yaml"
    path.write_text("objective: {python: f.py:f}\nbounds: {x: [-2, 2], k: [0, 3]}\nn_iter: 3\n")
    axes = ("-p", "bounds.k=[0.5,0.5],[2,2]", "-p", "seed=0..5", "--fail-on", "never")
    shown = cli("sweep", str(path), *axes, "--allow-python")
    header, first, second = (line.split("  ") for line in shown.stdout.splitlines()[:3])
    assert "failed" in [cell.strip() for cell in header]
    assert "[0.5, 0.5]" in [cell.strip() for cell in first]
    assert "0.0%" in [cell.strip() for cell in first]
    assert any(cell.strip().endswith("%") and cell.strip() != "0.0%" for cell in second)


def test_a_vectorized_function_that_sums_over_the_runs_is_not_believed(cli, tmp_path) -> None:
    (tmp_path / "f.py").write_text("def f(x):\n    return (x*x).sum()\n")
    path = tmp_path / "c.yaml"
    text = "objective: {python: f.py:f, vectorized: true}\nbounds: {x: [-2, 2]}\nn_iter: 3\n"
    path.write_text(text)
    shown = cli("sweep", str(path), "-p", "seed=0..3", "--allow-python", "--format", "csv")
    assert {row["status"] for row in rows_of(shown.stdout)} == {"failed"}
    assert "expected an array of shape" in shown.stderr


def test_check_looks_at_the_sweep_as_well(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    text = "objective: x**2\nbounds: {x: [-1, 1]}\nsweep: {alpha: [0.1, -1]}\n"
    path.write_text(text)
    ended = cli("check", str(path))
    assert ended.code == 2
    assert "alpha: expected a number, 0 or above" in ended.stderr
    path.write_text(text.replace("[0.1, -1]", "[0.1, 1]"))
    assert cli("check", str(path)).code == 0


@pytest.mark.parametrize("columns", ["50", "80", "120"])
def test_tables_fit_the_terminal(columns) -> None:
    for axes in (
        ("configs/sweep.yaml",),
        ("configs/article.yaml", "-p", "alpha=log(1e-4,1e-1,9)", "-p", "beta1=lin(0.5,0.9,9)"),
    ):
        path = str(ROOT / axes[0])
        shown, code = on_a_terminal("sweep", path, *axes[1:], env={"COLUMNS": columns})
        assert code == 0
        framed = [line for line in shown.splitlines() if "│" in line or "╭" in line]
        plain = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in framed]
        assert all(len(line) <= int(columns) for line in plain), plain


def test_a_stale_journal_does_not_spoil_a_new_store(cli, tmp_path) -> None:
    path = tmp_path / "x.db"
    (tmp_path / "x.db-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\0" * 600)
    assert cli("sweep", ARTICLE, *GRID, "-q", "-o", str(path)).code == 0
    assert not (tmp_path / "x.db-journal").exists()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_device_is_not_replaced_by_a_file(cli, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.db")
    for command in (("sweep", ARTICLE, *GRID), ("merge", str(tmp_path / "a.db"))):
        ended = cli(*command, "-o", str(tmp_path / "pipe.db"))
        assert ended.code == 2
        assert "is not a regular file" in ended.stderr
    assert cli("merge", str(tmp_path / "a.db"), "-o", str(tmp_path / "all.xyz")).code == 2


def test_workers_have_one_thread_of_blas_each(process, tmp_path) -> None:
    (tmp_path / "f.py").write_text(
        "import os\ndef f(x):\n    print(os.environ['OPENBLAS_NUM_THREADS'])\n    return x*x\n"
    )
    path = tmp_path / "c.yaml"
    path.write_text("objective: {python: f.py:f}\nbounds: {x: [-2, 2]}\nn_iter: 0\n")
    shown = process("sweep", str(path), "-p", "seed=0..5", "--allow-python", "-q", "-j", "2")
    assert set(shown.stderr.split()) == {"1"}


def test_the_winning_setting_is_saved_apart_from_the_best_run(cli, tmp_path) -> None:
    """The luckiest seed belongs to a setting whose mean is not the best."""
    config = tmp_path / "c.yaml"
    config.write_text(
        "objective: (x**2 - 1)**2 + 0.3*x\nbounds: {x: [-2, 2]}\nn_iter: 60\nseed: 5\n"
    )
    files = [tmp_path / "run.yaml", tmp_path / "setting.yaml"]
    options = ["--save-best", str(files[0]), "--save-setting", str(files[1])]
    axes = ["-p", "alpha=0.02,0.05,1.5", "-p", "seed=0..9"]
    shown = cli("sweep", str(config), *axes, *options).stdout
    first = shown.splitlines()[1].split()
    assert f"best setting: alpha={first[1]}, mean = {first[3]}\n" in shown
    setting, run = load_config(str(files[1])), load_config(str(files[0]))
    assert setting.hyperparameters.alpha == float(first[1])
    assert setting.seed == 5
    number = 10 * [0.02, 0.05, 1.5].index(run.hyperparameters.alpha) + run.seed
    assert f"best: run {number}, " in shown
    assert run.hyperparameters.alpha != setting.hyperparameters.alpha


@pytest.mark.parametrize(
    "axes", [["-p", "alpha=1,2"], ["-p", "alpha=1,2", "-p", "seed=3,4", "--zip"], ["-p", "seed=3"]]
)
def test_a_setting_needs_repeats(cli, tmp_path, axes) -> None:
    ended = cli("sweep", ARTICLE, *axes, "--save-setting", str(tmp_path / "s.yaml"))
    assert ended.code == 2
    assert "each setting has one run" in ended.stderr
    assert "use --save-best" in ended.stderr
    assert not (tmp_path / "s.yaml").exists()


@pytest.mark.parametrize("axis", ["seed=0..3", "start.x=0,1,2"])
def test_the_one_setting_of_repeats_is_the_config(cli, tmp_path, axis) -> None:
    config, saved = tmp_path / "c.yaml", tmp_path / "s.yaml"
    config.write_text("objective: (x - 1)**2\nbounds: {x: [-3, 3]}\nseed: 5\n")
    assert cli("sweep", str(config), "-p", axis, "-q", "--save-setting", str(saved)).code == 0
    assert load_config(str(saved)).resolved() == load_config(str(config)).resolved()


MANY = ["--set", "objective=sum((x - 1)**2)", "--set", "bounds=[-1, 3]", "--set", "n_iter=20"]


@pytest.mark.parametrize(("dim", "named"), [(4, False), (5, True), (40, True), (41, False)])
def test_at_a_terminal_many_variables_of_the_best_run_are_named(process, dim, named) -> None:
    arguments = ["sweep", *MANY, "--dim", str(dim), "-p", "alpha=0.1,0.2"]
    shown, _ = on_a_terminal(*arguments, env={"NO_COLOR": "1"})
    lines = re.findall(r"^  x\[(\d+)\] = (.*)$", shown.replace("\r", ""), re.MULTILINE)
    assert [int(place) for place, _ in lines] == [*range(dim)] * named
    rows = map(json.loads, process(*arguments, "--format", "jsonl").stdout.splitlines())
    x = min((row["best"] for row in rows), key=lambda best: best["score"])["x"]["x"]
    assert [text for _, text in lines] == [f"{value:.10g}" for value in x] * named
    assert "  x[" not in process(*arguments).stdout


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ("x", "x"),
        ("b", "b"),
        ("score", "x.score"),
        ("mass speed temperature", "mass, speed, ..."),
        ("a_name_of_some_length_that_fits_nowhere", "a_name_o...s_nowhere"),
    ],
)
def test_points_are_named_by_their_variables(cli, names, title) -> None:
    formula = "+".join(f"{name}**2" for name in names.split())
    bounds = [part for name in names.split() for part in ("-b", f"{name}=-3,3")]
    header = cli("sweep", "-e", formula, *bounds, "-p", "alpha=0.1,0.2").stdout.splitlines()[0]
    assert header.rpartition("    ")[2].strip() == title


def test_where_no_mean_is_finite_no_setting_is_the_best(cli) -> None:
    axes = ["-p", "seed=0..3", "-p", "alpha=0.1,0.2"]
    shown = cli("sweep", "-e", "log(x)", "-b", "x=-2,-1", *axes).stdout.splitlines()
    assert shown[-2:] == ["no setting has a finite mean", "no run has a finite score"]
