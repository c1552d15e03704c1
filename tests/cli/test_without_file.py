"""A config without a file: options that write its keys, names of functions, `--print-config`."""

import json
import math
import os
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from adamcli.cli.app import app
from adamcli.config.checking import checked
from adamcli.config.document import Mapping, plain
from adamcli.config.load import load_config, open_config, parse_config
from adamcli.config.overrides import OPTIONS, apply_overrides
from adamcli.config.places import TYPED
from adamcli.diagnostics import Problems, Source
from tests.conftest import ROOT

VALLEY = "(1-x)**2 + 100*(y-x**2)**2"
PLANE = ["-e", VALLEY, "-b", "x=-2,2", "-b", "y=-2,2"]
FILE = f"objective: {VALLEY}\nbounds: {{x: [-2, 2], y: [-2, 2]}}\nalpha: 0.05\n"

FORMS = [
    ([*PLANE, "--set", "alpha=0.05"], FILE),
    (["--objective", "x**2", "--bounds", "x=-1,1"], "{objective: x**2, bounds: {x: [-1, 1]}}"),
    (["-e", "x**2", "-b", " x = -1 , 1 "], "{objective: x**2, bounds: {x: [-1, 1]}}"),
    (["-e", "x*y", "-b", "-5,5"], "{objective: x*y, bounds: [-5, 5]}"),
    (["-e", "x*y", "-b", "[[-5, 5], [0, 1]]"], "{objective: x*y, bounds: [[-5, 5], [0, 1]]}"),
    (
        ["-e", "x*y", "-b", "{x: [0, 1], y: [2, 3]}"],
        "objective: x*y\nbounds: {x: [0, 1], y: [2, 3]}",
    ),
    (
        ["-e", "sum(x**2)", "-b", "-5,5", "--dim", "3"],
        "{objective: sum(x**2), bounds: [-5, 5], dim: 3}",
    ),
    (
        ["-e", "sum(W**2)", "-b", "W={low: -1, high: 1, shape: 3}"],
        "{objective: sum(W**2), bounds: {W: {low: -1, high: 1, shape: 3}}}",
    ),
    (
        ["-e", "x**2", "-b", "x=-inf,1e3", "--set", "start={x: 2}"],
        "{objective: x**2, bounds: {x: [-.inf, 1000]}, start: {x: 2}}",
    ),
    (
        ["-e", "r = x - 1\nr**2", "-b", "x=-1,1"],
        "objective: |\n  r = x - 1\n  r**2\nbounds: {x: [-1, 1]}",
    ),
    (
        ["-e", "\n    r = x - 1\n    r**2\n", "-b", "x=-1,1"],
        "objective: |\n  r = x - 1\n  r**2\nbounds: {x: [-1, 1]}",
    ),
    (["rastrigin", "--dim", "10"], "{objective: rastrigin, dim: 10}"),
    (["rastrigin", "--dim", "3", "-b", "-1,4"], "{objective: rastrigin, dim: 3, bounds: [-1, 4]}"),
    (["-e", "rosenbrock"], "objective: rosenbrock"),
    (
        ["-e", "sum((k*t - s)**2)", "--data", "t.csv", "-b", "k=0,9"],
        "{objective: sum((k*t - s)**2), data: t.csv, bounds: {k: [0, 9]}}",
    ),
    (
        [*PLANE, "--set", "n_iter=7", "--set", "alpha=0.05", "--stop", "score < 1"],
        f"{FILE}n_iter: 7\nstop: ['score < 1']\n",
    ),
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder that holds a data file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("t,s\n1,2\n2,4.5\n3,5.5\n")
    return tmp_path


def result_of(cli, *arguments: str) -> dict:
    """Return the JSON of a command, without its time and the name of its file."""
    ended = cli(*arguments, "--format", "json")
    assert ended.code in (0, 3), ended.stderr
    found = json.loads(ended.stdout)
    found.pop("seconds")
    found.pop("config_file")
    return found


@pytest.mark.parametrize(("options", "text"), FORMS, ids=[" ".join(o) for o, _ in FORMS])
def test_a_run_is_that_of_the_file(cli, folder, options, text) -> None:
    (folder / "same.yaml").write_text(text)
    result = result_of(cli, "run", *options)
    assert result == result_of(cli, "run", "same.yaml")
    assert result["config_hash"].startswith("sha256:")


@pytest.mark.parametrize(("options", "text"), FORMS, ids=[" ".join(o) for o, _ in FORMS])
def test_the_config_that_is_printed_is_that_of_the_file(cli, folder, options, text) -> None:
    printed = cli("run", *options, "--print-config")
    assert (printed.stderr, printed.code) == ("", 0)
    assert "#" not in printed.stdout
    assert parse_config(printed.stdout).resolved() == parse_config(text).resolved()
    (folder / "printed.yaml").write_text(printed.stdout)
    assert result_of(cli, "run", "printed.yaml") == result_of(cli, "run", *options)


def test_what_is_printed_is_what_a_person_would_write(cli) -> None:
    printed = cli("run", *PLANE, "--set", "alpha=0.05", "--stop", "score < 1e-6", "--print-config")
    assert printed.stdout == (
        "objective: (1-x)**2 + 100*(y-x**2)**2\n"
        "bounds:\n"
        "  x: [-2, 2]\n"
        "  y: [-2, 2]\n"
        "alpha: 0.05\n"
        'stop: ["score < 1e-6"]\n'
    )


def test_a_sweep_and_a_check_are_those_of_the_file(cli, folder) -> None:
    (folder / "same.yaml").write_text(FILE)
    options = [*PLANE, "--set", "alpha=0.05"]
    axes = ["-p", "alpha=0.01,0.1", "-p", "seed=0..4"]
    rows = [cli("sweep", *source, *axes, "--format", "csv") for source in (options, ["same.yaml"])]
    assert rows[0] == rows[1]
    assert rows[0].stdout.count("\n") == 11
    assert rows[0].code == 0
    found = [cli("check", *s, "--no-probe", "--format", "json") for s in (options, ["same.yaml"])]
    mine, theirs = (json.loads(ended.stdout) for ended in found)
    other = {"step_seconds": 0, "estimated_seconds": 0, "config_file": None}
    assert mine | other == theirs | other
    assert mine["passed"]


def test_a_search_is_that_of_the_file(cli, folder) -> None:
    (folder / "same.yaml").write_text(FILE)
    found = result_of(
        cli, "solve", *PLANE, "--set", "alpha=0.05", "--starts", "16", "--rounds", "1"
    )
    assert found == result_of(cli, "solve", "same.yaml", "--starts", "16", "--rounds", "1")
    assert found["best"]["x"] == {"x": 1.0, "y": 1.0}


def test_a_fit_is_that_of_the_file(cli, folder) -> None:
    (folder / "fit.yaml").write_text(
        "{model: s ~ k*t + c, data: t.csv, bounds: {k: [0, 9], c: [-9, 9]}}"
    )
    options = ["--model", "s ~ k*t + c", "--data", "t.csv", "-b", "k=0,9", "-b", "c=-9,9"]
    found = result_of(cli, "solve", *options, "--starts", "16")
    assert found == result_of(cli, "solve", "fit.yaml", "--starts", "16")
    # The line through (1, 2), (2, 4.5) and (3, 5.5): k = cov(t, s)/var(t), c = mean(s) - k*mean(t).
    assert found["best"]["x"] == pytest.approx({"k": 1.75, "c": 0.5})
    assert parse_config(cli("run", *options, "--print-config").stdout).resolved() == (
        load_config("fit.yaml").resolved()
    )


def test_a_store_of_the_file_goes_on_without_it(cli, folder) -> None:
    (folder / "same.yaml").write_text(FILE)
    common = ["-p", "seed=0..4", "--store", "runs.db", "-q"]
    assert cli("sweep", "same.yaml", *common).code == 0
    with sqlite3.connect("runs.db") as store:
        before = list(store.execute("select * from sqlite_master"))
    assert cli("sweep", *PLANE, "--set", "alpha=0.05", *common) == ("", "", 0)
    with sqlite3.connect("runs.db") as store:
        assert list(store.execute("select * from sqlite_master")) == before


def test_check_writes_a_config_that_needs_no_options(cli) -> None:
    assert cli("check", "-e", "(x-3)**2", "-b", "x=-5,5", "--write", "near.yaml", "-q").code == 0
    assert cli("run", "near.yaml", "-q", "--expect", "verdict == minimum").code == 0


def test_the_file_then_its_options_then_set(cli, folder) -> None:
    (folder / "base.yaml").write_text(FILE)
    options = ["base.yaml", "-b", "x=0,1", "-e", "x**2 + y**2", "--set", "bounds.y=[3, 4]"]
    config = result_of(cli, "run", *options)["config"]
    assert config["bounds"] == {"x": [0.0, 1.0], "y": [3.0, 4.0]}
    assert config["objective"] == "x**2 + y**2"
    assert config["alpha"] == 0.05
    last = result_of(cli, "run", *PLANE, "--set", "objective=x*y", "--set", "bounds.x=[8, 9]")
    assert last["config"]["objective"] == "x*y"
    assert last["config"]["bounds"] == {"x": [8.0, 9.0], "y": [-2.0, 2.0]}


def test_a_config_is_printed_with_what_is_set(cli, folder) -> None:
    (folder / "swept.yaml").write_text(FILE + "sweep: {seed: 0..3, alpha: [0.1, 1]}\n")
    printed = cli("sweep", "swept.yaml", "-b", "x=0,1", "--print-config").stdout
    assert printed == (
        "objective: (1-x)**2 + 100*(y-x**2)**2\n"
        "bounds:\n"
        "  x: [0, 1]\n"
        "  y: [-2, 2]\n"
        "alpha: 0.05\n"
        'sweep: {seed: "0..3", alpha: [0.1, 1]}\n'
    )
    (folder / "again.yaml").write_text(printed)
    rows = [
        cli("sweep", *source, "--format", "csv")
        for source in (["swept.yaml", "-b", "x=0,1"], ["again.yaml"])
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_config_of_the_gallery_is_printed_as_it_is(cli, path, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    ended = cli("run", str(path.relative_to(ROOT)), "--print-config")
    assert (ended.stderr, ended.code) == ("", 0)
    again, before = parse_config(ended.stdout), load_config(str(path))
    moved = {"data": None, "objective": None, "gradient": None}
    assert again.resolved() | moved == before.resolved() | moved
    assert _axes(again) == _axes(before)


def _axes(config) -> list[str]:
    """Return the keys that a config varies."""
    section = config.file.sweep
    return [axis.key for axis in section.axes] if section is not None else []


def test_data_is_found_from_the_working_directory(cli, folder) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "fit.yaml").write_text(
        "{objective: sum((k*t - s)**2), data: own.csv, bounds: {k: [0, 9]}}"
    )
    (inner / "own.csv").write_text("t,s\n1,1\n2,2\n")
    options = ["inner/fit.yaml", "--data", "t.csv"]
    assert result_of(cli, "run", *options)["fit"]["points"] == 3
    assert result_of(cli, "run", "inner/fit.yaml")["fit"]["points"] == 2
    absolute = [options[0], "--data", str(folder / "t.csv")]
    assert result_of(cli, "run", *absolute)["fit"]["points"] == 3
    printed = cli("run", *options, "--print-config").stdout
    assert "data: t.csv\n" in printed.replace('"', "")
    ended = cli("run", "inner/fit.yaml", "--data", "none.csv")
    assert ended.stderr.startswith("--data:1:1: data: ../none.csv: No such file or directory\n")
    assert ended.code == 2


def test_data_is_not_overwritten(cli) -> None:
    options = ["-e", "sum((k*t - s)**2)", "--data", "t.csv", "-b", "k=0,9"]
    ended = cli("run", *options, "-o", "t.csv")
    assert "is a file that the config names, which would be lost" in ended.stderr
    assert ended.code == 2


ERRORS = {
    ("-e", "x**2 + sinn(y)", "-b", "x=-1,1", "-b", "y=-1,1"): (
        "-e:1:8: unknown function `sinn`\n"
        "    x**2 + sinn(y)\n"
        "           ^^^^\n"
        "  did you mean `sin`?\n"
    ),
    ("-e", "r = x\nr + q", "-b", "x=-1,1"): (
        "-e:2:5: unknown name `q`\n    r + q\n        ^\n  variables: x\n"
        "  if it is a variable, add -b q=LOW,HIGH\n"
    ),
    ("-e", "x**2", "-b", "x=1,foo"): (
        "-b:1:5: bounds.x: expected a number, found the text `foo`\n    x=1,foo\n        ^^^\n"
    ),
    ("-e", "x**2", "-b", "x=2,1"): (
        "-b:1:3: bounds.x: the lower bound 2.0 is above the upper one, 1.0\n"
        "    x=2,1\n"
        "      ^^^\n"
        "  write [1.0, 2.0]\n"
    ),
    ("-e", "x**2", "-b", "x=1,2,3"): (
        "-b:1:3: bounds.x: expected a pair [low, high], found the text `1,2,3`\n"
        "    x=1,2,3\n"
        "      ^^^^^\n"
    ),
    ("-e", "x**2", "-b", "x="): (
        "-b:1:2: bounds.x: expected a pair [low, high], found nothing\n    x=\n     ^\n"
    ),
    ("-e", "x**2", "-b", "x=[1, 2"): (
        "-b:1:3: this `[` has no closing `]`\n    x=[1, 2\n      ^\n"
    ),
    ("-e", "x**2", "-b", "sin=1,2"): (
        "-b:1:1: `sin` is a function of the formula language\n"
        "    sin=1,2\n"
        "    ^^^\n"
        "  choose another name\n"
    ),
    ("-e", "x**2", "-b", "x"): (
        "-b:1:1: expected NAME=LOW,HIGH\n    x\n    ^\n  write, for example, -b x=-2,2\n"
    ),
    ("-e", "x**2", "-b", "2x=1,2"): (
        "-b:1:1: `2x` is not a name that formulas can use\n    2x=1,2\n    ^^\n"
        "  names are made of letters of any script, digits and _, with no digit at the beginning\n"
    ),
    ("-e", "x*y", "-b", "0,1", "-b", "2,3"): (
        "-b:1:1: `bounds` is given twice\n"
        "    2,3\n"
        "    ^^^\n"
        "  write NAME=LOW,HIGH for each variable\n"
    ),
    ("-e", "x*y", "-b", "x=0,1", "-b", "2,3"): (
        "-b:1:1: `bounds` is given twice\n"
        "    2,3\n"
        "    ^^^\n"
        "  write NAME=LOW,HIGH for each variable\n"
    ),
    ("-e", "x", "-b", "x=0,1", "-b", "x=0,2"): (
        "-b:1:1: `bounds.x` is given twice\n    x=0,2\n    ^\n"
    ),
    ("-e", "x*y", "-b", "0,1", "-b", "x=2,3"): (
        "-b:1:1: `bounds` holds a list of 2, so it has no `x`\n"
        "    x=2,3\n"
        "    ^\n"
        "  set all of it: --set 'bounds=...'\n"
    ),
    ("-e", "sum(x)", "-b", "0,1", "--dim", "ten"): (
        "--dim:1:1: dim: expected a whole number from 1 to 10000000, found the text `ten`\n"
        "    ten\n"
        "    ^^^\n"
    ),
    ("-e", "x**2", "-b", "x=-1,1", "--set", "bounds.x=[0, inf]"): (
        "--set:1:10: `x` has no finite bounds to draw a start from\n"
        "    bounds.x=[0, inf]\n"
        "             ^^^^^^^^\n"
        "  add --set start.x=1, or write the bounds as '{low: 0, high: inf, draw: [1, 2]}'\n"
    ),
    ("-e", "x*y", "-b", "[[0, 1], [0, inf]]"): (
        "-b:1:10: `y` has no finite bounds to draw a start from\n"
        "    [[0, 1], [0, inf]]\n"
        "             ^^^^^^^^\n"
        "  add --set start.y=1, or write the bounds as '{low: 0, high: inf, draw: [1, 2]}'\n"
    ),
    ("-e", "sum(x)", "-b", "0,inf", "--dim", "3"): (
        "-b:1:1: `x[0]` has no finite bounds to draw a start from\n"
        "    0,inf\n"
        "    ^^^^^\n"
        "  let x have the bounds {low: 0, high: inf, shape: 3, draw: [1, 2]}\n"
    ),
    ("-e", "sum(x)", "-b", "x=-3,3", "--dim", "5"): (
        "--dim:1:1: dim: goes with a list of bounds, not with names\n"
        "    5\n"
        "    ^\n"
        "  write -b -3,3 --dim 5\n"
    ),
    ("-e", "sum(w)", "-b", "w=-3,3", "--dim", "5"): (
        "--dim:1:1: dim: goes with a list of bounds, not with names\n"
        "    5\n"
        "    ^\n"
        "  remove dim, and let w be {low: -3, high: 3, shape: 5}\n"
    ),
    ("-e", "sum(x*x[0])", "-b", "0,1"): (
        "-b:1:1: bounds: one pair for a vector needs its length\n"
        "    0,1\n"
        "    ^^^\n"
        "  add, for example, --dim 10\n"
    ),
    ("-e", "x", "-b", "x={low: 1, high: 3}", "--set", "bounds.x.low=4"): (
        "--set:1:14: bounds.x: the lower bound 4.0 is above the upper one, 3.0\n"
        "    bounds.x.low=4\n"
        "                 ^\n"
        "  write [3.0, 4.0]\n"
    ),
    ("-e", "x*y", "-b", "x=0,1", "-b", "y=0,1", "--set", "constants.y=3"): (
        "--set:1:11: `y` is a variable and a constant\n    constants.y=3\n              ^\n"
        "  rename one of them\n"
    ),
    ("-e", "x", "-b", "x=0,1", "--data", "no.csv"): (
        "--data:1:1: data: no.csv: No such file or directory\n    no.csv\n    ^^^^^^\n"
    ),
    ("-e", "x + y"): (
        "-e:1:1: `bounds` is missing\n    x + y\n    ^\n  write, for example, -b x=-1,1 -b y=-1,1\n"
    ),
    ("-e", "sum(x*x[0])"): (
        "-e:1:1: `bounds` is missing\n"
        "    sum(x*x[0])\n"
        "    ^\n"
        "  write, for example, -b -1,1 --dim 10\n"
    ),
    ("-e", "a + W[0]"): (
        "-e:1:1: `bounds` is missing\n"
        "    a + W[0]\n"
        "    ^\n"
        "  write, for example, -b a=-1,1 -b 'W={low: -1, high: 1, shape: 3}'\n"
    ),
    ("-e", "a+b+c+d+f+g+h"): (
        "-e:1:1: `bounds` is missing\n"
        "    a+b+c+d+f+g+h\n"
        "    ^\n"
        "  write, for example, -b a=-1,1 -b b=-1,1 -b c=-1,1 -b d=-1,1 -b f=-1,1 -b g=-1,1 ...\n"
    ),
    ("-e", ""): (
        "-e:1:1: objective: expected a formula such as x**2 + y**2, found an empty text\n"
        "    \n"
        "    ^\n"
        "-e:1:1: `bounds` is missing\n"
        "    \n"
        "    ^\n"
        "  write, for example, -b x=-1,1\n"
    ),
    ("-e", "{python: f.py:f}", "-b", "x=0,1", "--allow-python"): (
        "-e:1:1: expected a formula such as x**2 + y**2\n"
        "    {python: f.py:f}\n"
        "    ^^^^^^^^^^^^^^^^\n"
        "  only a file can name a Python function: objective: {python: file.py:name}\n"
    ),
    ("rosenbrock", "--dim", "1"): (
        "--dim:1:1: rosenbrock has at least 2 variables, found 1\n    1\n    ^\n  write --dim 5\n"
    ),
    ("-e", "x", "-b", "x=0,1", "--set", "alpah=1"): (
        "--set:1:1: unknown key `alpah`\n    alpah=1\n    ^^^^^\n  did you mean `alpha`?\n"
    ),
    (): (
        "expected CONFIG, a YAML file or the name of a test function, or else a formula\n"
        "  write, for example, config.yaml, or rastrigin --dim 10,\n"
        "  or -e 'x**2 + y**2' -b x=-1,1 -b y=-1,1\n"
    ),
    ("-b", "x=0,1", "--dim", "3", "--print-config"): (
        "expected CONFIG, a YAML file or the name of a test function, or else a formula\n"
        "  write, for example, config.yaml, or rastrigin --dim 10,\n"
        "  or -e 'x**2 + y**2' -b x=-1,1 -b y=-1,1\n"
    ),
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_an_error_in_an_option_points_into_its_text(cli, arguments) -> None:
    expected = ("", ERRORS[arguments], 2)
    assert cli("run", *arguments) == expected
    assert cli("check", *arguments) == expected
    assert cli("solve", *arguments) == expected
    assert cli("sweep", *arguments, "-p", "seed=1,2") == expected
    assert cli("run", *arguments, "--print-config") == expected


def test_the_bounds_of_an_axis_are_shown_where_they_are(cli) -> None:
    axis = ["-p", "bounds.x=[0,1],[0,inf]"]
    ended = cli("sweep", "-e", "x**2", "-b", "x=-1,1", *axis)
    assert ended.stderr.startswith("-p:1:16: `x` has no finite bounds to draw a start from\n")


@pytest.mark.parametrize(
    "more",
    [
        ["-b", "x=0,inf", "--set", "start.x=1"],
        ["-b", "x={low: 0, high: inf, draw: [1, 2]}"],
        ["-b", "x={low: 0, high: inf, shape: 3, draw: [1, 2]}"],
    ],
)
def test_what_is_to_be_written_for_a_start_can_be(cli, more) -> None:
    assert cli("run", "-e", "sum(x)", *more, "-q").code == 0


NEITHER = {
    "rastrgin": "there is no file `rastrgin`, and no test function `rastrgin`\n"
    "  did you mean `rastrigin`?\n",
    "zzz": "there is no file `zzz`, and no test function `zzz`\n  adamcli functions lists them\n",
    "inner": "there is no file but a folder `inner`, and no test function `inner`\n"
    "  did you mean `pinter`?\n",
    "rastrigin.yaml": "rastrigin.yaml: cannot be read: No such file or directory\n",
    "inner/ackley": "inner/ackley: cannot be read: No such file or directory\n",
}


@pytest.mark.parametrize("name", NEITHER)
def test_a_name_that_is_neither_gets_one_error(cli, folder, name) -> None:
    (folder / "inner").mkdir()
    assert cli("run", name) == ("", NEITHER[name], 4)


def test_a_file_comes_before_a_test_function_and_a_folder_does_not(cli, folder) -> None:
    (folder / "rastrigin").write_text("{objective: x**2, bounds: {x: [1, 2]}}")
    (folder / "sphere").mkdir()
    assert result_of(cli, "run", "rastrigin")["config"]["objective"] == "x**2"
    assert result_of(cli, "run", "sphere")["config"]["objective"] == "sphere"


def test_a_pipe_of_such_a_name_is_read(cli, folder) -> None:
    os.mkfifo(folder / "ackley")
    writer = os.open(folder / "ackley", os.O_RDWR)
    os.write(writer, b"{objective: x**2, bounds: {x: [1, 2]}}")
    with pytest.MonkeyPatch.context() as patch:
        # The end of a pipe comes when its last writer is gone.
        patch.setattr("adamcli.config.load.read_bytes", lambda path, most: os.read(writer, 1000))
        assert load_config("ackley").name == "ackley"
    os.close(writer)


def test_the_config_is_called_after_the_command_line(cli) -> None:
    assert open_config(None, [Source("-e", "x")]).name == "<command line>"
    assert load_config("sphere").name == "<command line>"
    ended = cli("run", "-e", "x", "-b", "x=0,1", "--set", "objective={python: f.py:f}")
    assert ended.stderr.startswith("<command line>: the objective is Python code (f.py:f)\n")
    assert ended.code == 2


def test_every_option_writes_its_key() -> None:
    texts = {
        "CONFIG": ("sphere", {"objective": "sphere"}),
        "-e": ("[x] @ [1]", {"objective": "[x] @ [1]"}),
        "--model": ("y ~ a*x", {"model": "y ~ a*x"}),
        "--data": ("a: b#1.csv", {"data": "a: b#1.csv"}),
        "-b": ("W.shape=[2, 3]", {"bounds": {"W": {"shape": [2, 3]}}}),
        "--dim": ("1e1", {"dim": 10.0}),
        "--set": ("start.x=.5", {"start": {"x": 0.5}}),
    }
    assert texts.keys() == OPTIONS.keys() == set(TYPED) - {"-p"}
    for name, (text, expected) in texts.items():
        source = Source(name, text)
        tree = apply_overrides(Mapping((), source.span(0, 1)), [source], Problems())
        assert plain(tree) == expected, name


numbers = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e9, 1e9, allow_subnormal=True), st.just(math.inf)
)
terms = st.sampled_from(
    ["x**2", "(y - 1)**4", "sum(W*W)", "exp(-x*x)", "-y", "1e-3*x", "abs(y)", "(W @ W)*k"]
)
names = st.sampled_from(["x", "y"])


@st.composite
def formulas(draw) -> str:
    parts = draw(st.lists(terms, min_size=1, max_size=4))
    used = draw(st.sampled_from([" + ", "+", "  -  ", " +\t"])).join([*parts, "x*y*W[0]"])
    layout = draw(st.sampled_from(["{}", " {} ", "q = {}\nq", "q = x  # a remark: 'so'\n\nq*({})"]))
    return layout.format(used)


@st.composite
def command_lines(draw) -> list[str]:
    """Return options that stand for a config of x, y and the vector W."""
    found = ["-e", draw(formulas())]
    shape = draw(st.integers(1, 3))
    for name in ("x", "y", "W"):
        low, high = sorted((draw(numbers), draw(numbers)))
        ends = [f"-{high}" if low == high == math.inf else str(low), str(high)]
        if name == "W":
            low_high = [end.replace("inf", ".inf") for end in ends]
            text = f"{{low: {low_high[0]}, high: {low_high[1]}, shape: {shape}}}"
        else:
            text = draw(st.sampled_from(["{},{}", " {} , {}"])).format(*ends)
        found += ["-b", f"{name}={text}"]
    start = {"x": draw(numbers.filter(math.isfinite)), "y": 0}
    found += ["--set", f"start={json.dumps({**start, 'W': [0.5] * shape})}"]
    found += ["--set", "bounds_mode=start"]
    if draw(st.booleans()):
        found += [
            "--set",
            f"alpha={draw(st.sampled_from(['0.1/sqrt(t)', '1e-3', '{x: 1, y: 2, W: 3}']))}",
        ]
    found += ["--set", f"constants.k={draw(numbers.filter(math.isfinite))}"]
    if draw(st.booleans()):
        found += [
            "--stop",
            draw(st.sampled_from(["score < 1e-8", "patience: {steps: 5}", "[t > 3]"])),
        ]
    return found


@given(command_lines())
@settings(max_examples=60)
def test_what_is_printed_resolves_to_the_same_config(options) -> None:
    printed = CliRunner().invoke(app, ["check", *options, "--print-config"])
    assert printed.exit_code == 0, printed.stderr
    pairs = list(zip(options[::2], options[1::2], strict=True))
    written = [Source(name, text) for name, text in pairs if name != "--stop"]
    config = checked(open_config(None, written, [text for name, text in pairs if name == "--stop"]))
    assert parse_config(printed.stdout).resolved() == config.resolved()
