"""`adamcli plot` as a user meets it: what it draws, what it refuses, and how it ends."""

import json
import os
import shutil
import sys

import pytest

from tests.conftest import ROOT

FIT = str(ROOT / "configs" / "fit.yaml")
COMMAND = [sys.executable, "-m", "adamcli"]
ENDLESS = ["--set", "n_iter=1e12"]
SWEEP = ["-p", "alpha=log(1e-3,1e-1,3)", "-p", "beta1=0.8,0.9"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with what every command writes."""
    from typer.testing import CliRunner

    from adamcli.cli.app import app

    folder = tmp_path_factory.mktemp("made")
    shutil.copy(ROOT / "configs" / "article.yaml", folder / "a.yaml")
    config = str(folder / "a.yaml")
    for command, names in (
        (["run", config], "run.json run.csv run.tsv run.jsonl run.ndjson run.parquet"),
        (["sweep", config, *SWEEP], "sweep.json sweep.csv sweep.jsonl sweep.parquet sweep.db"),
        (["solve", config], "solved.json"),
        (["solve", FIT], "fit.json"),
    ):
        files = [word for name in names.split() for word in ("-o", str(folder / name))]
        assert CliRunner().invoke(app, [*command, "-q", *files]).exit_code == 0
    return folder


def title(ended) -> str:
    assert ended.code == 0, ended
    return ended.stdout.splitlines()[0].strip()


# Sources.


@pytest.mark.parametrize(
    ("name", "shown", "in_key"),
    [
        ("a.yaml", "60 steps of adam", "bounds"),
        ("run.json", "60 steps of adam", "bounds"),
        ("run.csv", "run.csv", "★ best"),
        ("run.tsv", "run.tsv", "★ best"),
        ("run.jsonl", "run.jsonl", "★ best"),
        ("run.ndjson", "run.ndjson", "★ best"),
        ("run.parquet", "run.parquet", "★ best"),
        ("sweep.csv", "best scores", "beta1"),
        ("sweep.jsonl", "best scores", "beta1"),
        ("sweep.parquet", "best scores", "beta1"),
        ("sweep.db", "best scores", "beta1"),
        ("solved.json", "solved", "★ best"),
        ("fit.json", "y ~ b1*(1 - exp(-b2*x))", "95% confidence"),
    ],
)
def test_every_file_that_is_written_can_be_plotted(cli, made, name, shown, in_key) -> None:
    ended = cli("plot", str(made / name))
    assert shown in title(ended)
    assert in_key in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "stdin", "shown"),
    [
        (["-"], "objective: x**2\nbounds: {x: [-1, 1]}\n", "x**2: 100 steps"),
        (["rastrigin", "--dim", "3"], None, "rastrigin: 100 steps"),
        (["-e", "x**2 + y**2", "-b", "x=-1,1", "-b", "y=-1,1"], None, "x**2 + y**2: 100 steps"),
        (["rosenbrock", "--set", "n_iter=7"], None, "rosenbrock: 7 steps"),
        (["rosenbrock", "--stop", "t >= 4"], None, "steps of adam"),
        (["rosenbrock", "--set", "method=nadam"], None, "100 steps of nadam"),
    ],
)
def test_a_config_is_run_as_its_options_say(cli, arguments, stdin, shown) -> None:
    assert shown in title(cli("plot", *arguments, stdin=stdin))


def test_a_model_and_data_are_fitted(cli) -> None:
    data = str(ROOT / "configs" / "data" / "misra1a.csv")
    bounds = ["-b", "b1=0,1000", "-b", "b2=0,1"]
    ended = cli("plot", "--model", "y ~ b1*(1-exp(-b2*x))", "--data", data, *bounds)
    assert title(ended) == "y ~ b1*(1-exp(-b2*x))"


def test_python_code_needs_leave(cli) -> None:
    python = str(ROOT / "configs" / "python.yaml")
    refused = cli("plot", python)
    assert refused.code == 2
    assert "--allow-python" in refused.stderr
    assert "2,000 steps" in title(cli("plot", python, "--allow-python"))


def test_several_sources_are_compared_by_their_scores(cli, made) -> None:
    paths = [str(made / name) for name in ("a.yaml", "run.json", "run.csv")]
    ended = cli("plot", *paths)
    assert title(ended) == "the best so far of 3 runs"


def test_what_cannot_be_compared_is_refused_with_the_reason(cli, made) -> None:
    ended = cli("plot", str(made / "run.csv"), str(made / "sweep.csv"))
    assert ended.code == 2
    assert "sweep.csv: several sources are drawn as score, which needs the steps" in ended.stderr
    assert "\n  what can be drawn of it alone: " in ended.stderr
    ended = cli("plot", str(made / "run.csv"), str(made / "run.json"), "--kind", "path")
    assert (ended.code, ended.stderr) == (2, "path: expected one source, found 2\n")


def test_the_result_of_a_sweep_says_what_to_plot_instead(cli, made) -> None:
    ended = cli("plot", str(made / "sweep.json"))
    assert ended.code == 2
    assert "-o rows.csv" in ended.stderr
    assert "--store sweep.db" in ended.stderr


def test_the_data_of_a_result_are_found_where_its_config_was(cli, made, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "configs" / "data", folder / "data")
    shutil.copy(FIT, folder / "fit.yaml")
    monkeypatch.chdir(folder)
    assert cli("solve", "fit.yaml", "-q", "-o", "fit.json").code == 0
    assert title(cli("plot", "fit.json")).startswith("y ~ b1")
    monkeypatch.chdir(tmp_path)
    assert title(cli("plot", "work/fit.json")).startswith("y ~ b1")
    moved = tmp_path / "alone" / "fit.json"
    moved.parent.mkdir()
    shutil.copy(folder / "fit.json", moved)
    ended = cli("plot", str(moved))
    assert ended.code in (2, 4)
    assert "misra1a.csv" in ended.stderr


def test_options_that_change_a_config_are_refused_beside_a_result(cli, made) -> None:
    for option, value in (("--set", "alpha=1"), ("--stop", "t > 3"), ("-e", "x"), ("--dim", "2")):
        ended = cli("plot", str(made / "run.csv"), option, value)
        assert ended.code == 2
        assert f"{option}: changes a config" in ended.stderr


# Kinds and what they show.


@pytest.mark.parametrize(
    ("name", "kind", "reason", "others"),
    [
        ("a.yaml", "fit", "needs an objective that compares data", "path"),
        ("a.yaml", "heatmap", "needs a sweep", "adamcli sweep"),
        ("run.csv", "state", "needs a config", "path, score"),
        ("run.csv", "heatmap", "needs a sweep", "path, score"),
        ("sweep.csv", "path", "needs the course of a run", "heatmap, slices"),
        ("sweep.db", "repeats", "vary the seed", "heatmap, slices"),
        ("solved.json", "score", "needs the steps", "path"),
    ],
)
def test_a_kind_that_does_not_fit_is_refused(cli, made, name, kind, reason, others) -> None:
    ended = cli("plot", str(made / name), "--kind", kind)
    assert (ended.code, ended.stdout) == (2, "")
    assert f"{kind} {reason}" in ended.stderr or reason in ended.stderr
    assert others in ended.stderr


def test_unknown_kinds_are_refused_before_any_work(cli, made) -> None:
    ended = cli("plot", str(made / "a.yaml"), *ENDLESS, "--kind", "scor")
    assert ended == ("", "unknown kind of picture `scor`\n  did you mean `score`?\n", 2)
    assert cli("plot", "missing.csv", "--kind", "scor") == ended


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "score", "--x", "x"], "score: `x` does not change it"),
        (["--kind", "path", "--vars", "x"], "path: `variables` does not change it"),
        (["--x", "x", "--vars", "x"], "no kind of picture takes all of x, variables"),
    ],
)
def test_what_a_picture_would_ignore_is_refused_before_any_work(cli, made, arguments, message):
    ended = cli("plot", str(made / "a.yaml"), *ENDLESS, *arguments)
    assert ended.code == 2
    assert message in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--x", "z"], "`z` is not a coordinate", "known: x, y"),
        (["--x", "x", "--y", "x"], "x and y are both `x`", ""),
        (["--kind", "state", "--vars", "z"], "`z` is not a variable", "known: x, y"),
    ],
)
def test_wrong_names_are_refused(cli, made, arguments, message, hint) -> None:
    ended = cli("plot", str(made / "a.yaml"), *arguments)
    assert ended.code == 2
    assert message in ended.stderr
    assert hint in ended.stderr


def test_wrong_names_of_axes_are_refused(cli, made) -> None:
    ended = cli("plot", str(made / "sweep.csv"), "--x", "alpa")
    assert ended == ("", "`alpa` was not varied in this sweep\n  did you mean `alpha`?\n", 2)


def test_what_to_show_chooses_the_kind(cli, made) -> None:
    sliced = cli("plot", "rastrigin", "--dim", "5", "--x", "x[3]", "--y", "x[1]")
    assert "along x[3] and" in title(sliced)
    inside = cli("plot", str(made / "a.yaml"), "--vars", "y")
    assert "m̂ / (√v̂ + eps)" in inside.stdout
    axes = [line for line in inside.stdout.splitlines() if line.startswith("y ")]
    assert axes
    assert not [line for line in inside.stdout.splitlines() if line.startswith("x ")]


def test_a_config_with_an_error_is_shown_with_its_place(cli, made) -> None:
    path = made / "broken.yaml"
    path.write_text("objective: x**2 + z\nbounds: {x: [-1, 1]}\n")
    ended = cli("plot", str(path))
    assert ended.code == 2
    assert ended.stderr.startswith(f"{path}:1:19: unknown name `z`\n")
    assert ended.stderr.splitlines()[2].strip() == "^"


@pytest.mark.parametrize("options", [[], ["--set", "alpha=3"], ["--kind", "path"]])
def test_without_a_source_all_that_can_be_one_is_named(cli, options) -> None:
    ended = cli("plot", *options)
    assert ended.code == 2
    for word in ("SOURCE", "a config", ".json", ".csv", ".jsonl", ".db", "-e 'x**2"):
        assert word in ended.stderr


def test_standard_input_is_read_once(cli) -> None:
    ended = cli("plot", "-", "-", stdin="objective: x**2\nbounds: {x: [-1, 1]}\n")
    assert ended == ("", "-: standard input can be read only once\n", 2)


# Hostile files.

GARBAGE = bytes(range(255, 0, -1)) * 20
EXTENSIONS = ("csv", "tsv", "jsonl", "ndjson", "parquet", "db", "json", "yaml")


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("content", [GARBAGE, b"", b"a,b\n1,2\n", b"\x00" * 4096, None])
def test_a_broken_file_is_an_error_that_names_it(cli, tmp_path, extension, content) -> None:
    path = tmp_path / f"broken.{extension}"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    ended = cli("plot", str(path))
    # What may be a config is one with an error in it; data are a file that cannot be read.
    assert ended.code == 4 or (ended.code == 2 and extension in ("json", "yaml"))
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"{path}")


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("stem", ["missing", "x" * 300])
def test_a_file_that_is_not_there_is_named(cli, extension, stem) -> None:
    ended = cli("plot", f"{stem}.{extension}")
    assert (ended.code, ended.stdout) == (4, "")
    assert f"{stem}.{extension}" in ended.stderr
    assert "output" not in ended.stderr


@pytest.mark.parametrize("extension", ["csv", "parquet", "db"])
def test_a_pipe_is_no_file_of_rows(cli, tmp_path, extension) -> None:
    path = tmp_path / f"pipe.{extension}"
    os.mkfifo(path)
    ended = cli("plot", str(path))
    assert (ended.code, ended.stdout) == (4, "")
    assert "is not a file" in ended.stderr


@pytest.mark.parametrize("name", ["run.jsonl", "run.json", "run.parquet", "sweep.db"])
def test_a_truncated_file_is_an_error(cli, made, tmp_path, name) -> None:
    whole = (made / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: len(whole) * 2 // 3])
    ended = cli("plot", str(path))
    assert ended.code in (2, 4)
    assert ended.stderr.startswith(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "t,x,y,score\n0,1,2\n",
        "t,x,y,score\nnan,1,2,3\n",
        "t,x,y,score\n0,a,2,3\n",
        "t,x,y,score\n99999999999999999999,1,2,3\n",
        "t,t,x,score\n0,1,2,3\n",
        "t,x,y,score\n",
        "index,seed,status,best.score,last.score\n0,0,finished,a,b\n",
        "index,seed,status,best.score,last.score\n",
    ],
)
def test_rows_with_wrong_cells_are_an_error(cli, tmp_path, text) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    ended = cli("plot", str(path))
    assert (ended.code, ended.stdout) == (4, "")
    assert ended.stderr.startswith(f"{path}: ")


@pytest.mark.parametrize("kind", ["path", "score"])
def test_numbers_at_the_ends_of_floats_are_drawn(cli, tmp_path, kind) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "t,x,y,score\n0,1e308,1e308,1e308\n1,-1e308,-1e308,-1e308\n2,nan,inf,nan\n3,0,0,5e-324\n"
    )
    assert title(cli("plot", str(path), "--kind", kind)).startswith(str(path)[:20])


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("run.json", {"config": 3}, 4),
        ("run.json", {"config": {}}, 2),
        ("run.json", {"config_file": 7}, 4),
        ("run.json", {"config_file": "x" * 5000}, 0),
        ("run.json", {"config_file": "\0"}, 0),
        ("solved.json", {"minima": 3}, 4),
        ("solved.json", {"minima": [3]}, 4),
        ("solved.json", {"minima": [{"x": {"x": 1}, "score": 1}]}, 4),
        ("solved.json", {"minima": [{"x": {"x": 1, "y": [1, 2]}, "score": 1}]}, 4),
        ("solved.json", {"minima": [{"x": {"x": 1, "y": 1}, "score": "a"}]}, 4),
        ("solved.json", {"minima": [{"x": {"x": 1, "y": 1}, "score": 1, "t": 1e999}]}, 4),
        ("solved.json", {"minima": []}, 3),
    ],
)
def test_a_result_that_was_tampered_with_is_no_traceback(cli, made, tmp_path, name, change, code):
    result = json.loads((made / name).read_text())
    path = tmp_path / name
    path.write_text(json.dumps(result | change))
    ended = cli("plot", str(path))
    assert ended.code == code
    assert ended.stderr.startswith(str(path)) or code == 0


# Endings.


def test_what_has_no_score_ends_as_the_run_does(cli) -> None:
    source = ["-e", "sqrt(x - 10)", "-b", "x=-1,1"]
    ended = cli("plot", *source)
    assert ended == ("", "sqrt(x - 10): there is no finite score to draw\n", 3)
    assert cli("run", *source, "-q").code == 3


@pytest.mark.parametrize("steps", ["0", "1", "2"])
@pytest.mark.parametrize("kind", [None, "path"])
def test_a_short_run_is_drawn(cli, article, steps, kind) -> None:
    kinds = ["--kind", kind] if kind else []
    unit = "step" if steps == "1" else "steps"
    ended = cli("plot", article, "--set", f"n_iter={steps}", *kinds)
    assert f"{steps} {unit} of adam" in title(ended)


def test_a_diverged_run_is_drawn_and_says_so(cli) -> None:
    start = ["--set", "start={x: 0.01, y: 0}", "--set", "alpha=0.1"]
    ended = cli("plot", "-e", "log(x) + y", "-b", "x=-1,1", "-b", "y=-1,1", *start)
    assert "diverged" in title(ended)
