"""`adamcli solve` as a user meets it: what goes where, and with which exit code it ends."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from adamcli.config.load import load_config, parse_config
from adamcli.optimizer.status import Code
from adamcli.optimizer.verdict import Verdict
from tests.conftest import GOLDEN, QUIET_ENVIRONMENT, left_on_screen, on_a_terminal

# The lowest minimum is at (1, 0.5); the other one is where 4x(x + 1) + 0.02 = 0.
VALLEYS = "(x**2 - 1)**2 + (x - 1)**2/100 + (y - 0.5)**2"
WELLS = ["-e", VALLEYS, "-b", "x=-2,2", "-b", "y=-2,2"]
SHORT = [*WELLS, "--starts", "8", "--rounds", "0"]
SOLVED = (GOLDEN / "solve.txt").read_text(encoding="utf-8")
LESS = ["--starts", "32", "--rounds", "1"]
NOWHERE = ["-e", "log(-1 - x**2)", "-b", "x=-1,1"]
ROWS = "x,y\n1,2.1\n2,3.9\n3,6.2\n4,7.8\n"
LINE = ["--model", "y ~ a*x + c", "--data", "d.csv", "-b", "a=-9,9", "-b", "c=-9,9", *LESS]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder that holds a data file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text(ROWS)
    return tmp_path


# What is shown.


@pytest.mark.parametrize("form", [[], ["--format", "table"]])
def test_into_a_pipe_goes_the_table_and_the_best_in_all_digits(process, form) -> None:
    assert process("solve", *SHORT, *form) == (SOLVED, "", 0)


def test_a_terminal_gets_frame_colour_and_summary() -> None:
    shown, code = on_a_terminal("solve", *SHORT)
    assert code == 0
    for expected in ("╭─", "\x1b[32mminimum", "agreement", "x     = 1.0"):
        assert expected in shown
    bare, _ = on_a_terminal("solve", *SHORT, env={"NO_COLOR": "1"})
    assert re.sub(r"\x1b\[\d*m", "", shown).count("│") == bare.count("│")
    assert "\x1b[" not in bare
    labels = [line.strip().split("  ")[0] for line in bare.splitlines()[-7:]]
    assert labels == [
        *("status", "verdict", "gradient", "active bounds", "agreement", "search", "evaluations")
    ]


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("dim", [1, 4, 20])
def test_a_table_fits_its_terminal(columns, dim) -> None:
    arguments = ["solve", "rastrigin", "--dim", str(dim), *LESS]
    shown, code = on_a_terminal(*arguments, env={"COLUMNS": str(columns), "NO_COLOR": "1"})
    lines = shown.replace("\r", "").splitlines()
    assert code == 0
    assert max(map(len, lines)) <= columns
    table = [line for line in lines if line.startswith("│")]
    assert [cell.strip() for cell in table[0].split("│")[1:-1]][-2:] == ["descents", "verdict"]
    assert len(table) >= 2
    assert sum(line.startswith("x[") for line in lines) == dim


def test_a_table_of_some_coordinates_fits_a_terminal_of_80_columns() -> None:
    shown, _ = on_a_terminal("solve", "rastrigin", "--dim", "6", *LESS, env={"NO_COLOR": "1"})
    lines = shown.replace("\r", "").splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("│") for line in lines)


def test_the_evaluations_that_are_stated_are_a_range_or_one_number(cli, folder) -> None:
    ended = cli("solve", python_config(folder), *LESS, "--allow-python", "--format", "none")
    assert re.match(r"note: about [\d,]+ evaluations of the objective, 3 for each", ended.stderr)


@pytest.mark.parametrize("columns", ["0", "1", "30", "1000"])
def test_odd_widths_are_no_trouble(columns) -> None:
    shown, code = on_a_terminal("solve", *SHORT, env={"COLUMNS": columns, "NO_COLOR": "1"})
    assert code == 0
    assert "score = 0.0" in shown


def test_a_dumb_terminal_gets_bare_lines() -> None:
    shown, _ = on_a_terminal("solve", *SHORT, env={"TERM": "dumb"})
    assert shown.replace("\r\n", "\n").startswith(SOLVED)
    assert "\x1b" not in shown


def test_quiet_shows_nothing_on_a_terminal() -> None:
    assert on_a_terminal("solve", *WELLS, "--quiet", "--set", "alpha=1") == ("", 0)


def test_the_progress_of_a_slow_search_is_shown_and_gone_afterwards(folder) -> None:
    slow = python_config(folder, "import time\n", "    time.sleep(0.0003)\n")
    few = ["--starts", "16", "--rounds", "0", "--allow-python"]
    shown, code = on_a_terminal("solve", slow, *few, env={"NO_COLOR": "1"})
    assert code == 0
    assert re.search(r"round 1  (best \S+  )?[\d,]+ evaluations", shown)
    assert not [line for line in left_on_screen(shown) if line.startswith("round ")]


def test_the_summary_of_a_pipe(cli) -> None:
    ended = cli("solve", *WELLS, "--summary", "--format", "none")
    assert ended.stdout == "f([1.  0.5]) = 0.000000\n"
    rows = dict(re.findall(r"^ *(\w[\w ]*?)  (.*?) *$", ended.stderr, re.MULTILINE))
    found = json.loads(cli("solve", *WELLS, "--format", "json").stdout)
    assert rows["status"] == f"finished: {found['message']}"
    assert rows["verdict"].startswith("minimum: ")
    assert rows["active bounds"] == "none"
    hits, descents = found["minima"][0]["descents"], found["descents"]
    assert rows["agreement"] == f"{hits} of {descents} descents ended at the best minimum"
    assert rows["search"].startswith(f"{found['starts']:,} starts in {found['rounds']} rounds, ")
    assert rows["evaluations"] == (
        f"{found['nfev']:,} of the objective, {found['njev']:,} of its gradient"
    )
    bound = cli("solve", "-e", "x + y", "-b", "x=0,1", "-b", "y=2,3", "--summary", "-q").stderr
    assert "x (lower), y (lower)" in bound
    assert "active bounds aside" in bound


def test_formats_on_standard_output(cli) -> None:
    def shown(form: str) -> str:
        ended = cli("solve", *SHORT, "--format", form)
        assert (ended.stderr, ended.code) == ("", 0)
        return ended.stdout

    whole = json.loads(shown("json"))
    rows = [json.loads(row) for row in shown("jsonl").splitlines()]
    assert [{k: v for k, v in row.items() if k != "rank"} for row in rows] == whole["minima"]
    assert [row["rank"] for row in rows] == [*range(1, len(rows) + 1)]
    table = list(csv.DictReader(shown("csv").splitlines()))
    assert list(table[0]) == ["rank", "score", "x", "y", "descents", "verdict"]
    for row, minimum in zip(table, whole["minima"], strict=True):
        assert (float(row["x"]), float(row["y"])) == tuple(minimum["x"].values())
        assert float(row["score"]) == minimum["score"]
        assert (int(row["descents"]), row["verdict"]) == (minimum["descents"], minimum["verdict"])
    assert shown("tsv") == shown("csv").replace(",", "\t")
    assert whole["best"]["x"] == {"x": 1, "y": 0.5}
    assert whole["verdict"]["code"] == "minimum"


def test_columns_are_told_apart_from_variables_of_their_names(cli) -> None:
    wells = ["-e", "rank**2 + score**2 + verdict**2"]
    bounds = [part for name in ("rank", "score", "verdict") for part in ("-b", f"{name}=-1,2")]
    shown = cli("solve", *wells, *bounds, *LESS, "--format", "csv").stdout
    assert shown.splitlines()[0] == "rank,score,x.rank,x.score,x.verdict,descents,verdict"
    assert "x.score" in cli("solve", *wells, *bounds, *LESS).stdout.splitlines()[0]


def test_a_format_that_is_asked_for_is_shown_even_if_quiet(cli) -> None:
    ended = cli("solve", *SHORT, "-q", "--format", "table")
    assert ended == (SOLVED, "", 0)


def test_a_fit_shows_its_parameters_like_gnuplot(cli) -> None:
    ended = cli("solve", *LINE, "--bootstrap", "20", "--profile")
    assert (ended.stderr, ended.code) == ("", 0)
    lines = ended.stdout.splitlines()
    assert re.split(r" {2,}", lines[0]) == [
        *("parameter", "value", "stderr", "relative", "95% low", "95% high"),
        *("bootstrap low", "bootstrap high", "profile low", "profile high"),
    ]
    # The line through the data: a = 9.7/5, c = 5 - 2.5*a; rss = 0.082, t(2) = 4.302653.
    a, c = lines[1].split(), lines[2].split()
    assert a[:6] == ["a", "1.94", "0.09055", "4.67%", "1.55038", "2.32962"]
    assert c[:4] == ["c", "0.15", "0.248", "165%"]
    assert lines[4].startswith("4 points, 2 degrees of freedom, residual sd 0.2024846, rss 0.082")
    assert lines[5].startswith("errors: scaled by the scatter of the residuals")
    assert lines[6] == "correlation: a, c: -0.913"


# Files.


def test_files_of_every_kind_in_one_search(cli, folder) -> None:
    names = ["a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.json"]
    ended = cli("solve", *SHORT, *(part for name in names for part in ("-o", name)))
    assert ended == (SOLVED, "", 0)
    assert sorted(os.listdir(folder)) == sorted([*names, "d.csv"])
    for name in ("csv", "tsv", "jsonl"):
        expected = cli("solve", *SHORT, "--format", name).stdout
        assert (folder / f"a.{name}").read_text() == expected
    assert (folder / "a.ndjson").read_text() == (folder / "a.jsonl").read_text()
    whole = json.loads((folder / "a.json").read_text())
    again = json.loads(cli("solve", *SHORT, "--format", "json").stdout)
    assert whole | {"seconds": 0} == again | {"seconds": 0}


def test_where_nothing_is_found_no_file_is_left(cli, folder) -> None:
    (folder / "old.csv").write_text("old")
    files = ["-o", "a.json", "-o", "a.csv", "-o", "old.csv", "--save-best", "best.yaml"]
    ended = cli("solve", *NOWHERE, *files, "--expect", "best.score < 1")
    assert (ended.stdout, ended.code) == ("", 3)
    assert ended.stderr.startswith("diverged: the score is not finite at any of ")
    assert sorted(os.listdir(folder)) == ["d.csv", "old.csv"]
    assert (folder / "old.csv").read_text() == "old"


def test_a_mistake_leaves_no_file(cli, folder) -> None:
    ended = cli("solve", *WELLS, "-o", "a.csv", "--expect", "best.scor < 1")
    assert ended.code == 2
    assert os.listdir(folder) == ["d.csv"]


def test_the_best_point_is_saved_as_the_start_of_a_config(cli, folder) -> None:
    assert cli("solve", *WELLS, "-q", "--save-best", "best.yaml") == ("", "", 0)
    config = load_config("best.yaml")
    assert list(config.start) == [1, 0.5]
    assert config.file.tree is not None
    ended = cli("run", "best.yaml", "-q", "--expect", "best.score == 0", "--set", "n_iter=3")
    assert ended.code == 0
    again = cli("solve", "best.yaml", "--local", "--format", "json")
    assert json.loads(again.stdout)["best"]["x"] == {"x": 1, "y": 0.5}


def test_the_best_point_of_a_config_keeps_its_other_keys(cli, folder) -> None:
    inner = folder / "inner"
    inner.mkdir()
    text = "model: y ~ a*x + c\ndata: d.csv\nbounds: {a: [-9, 9], c: [-9, 9]}\nseed: 4\n"
    (folder / "fit.yaml").write_text(text)
    assert cli("solve", "fit.yaml", *LESS, "-q", "--save-best", "inner/best.yaml").code == 0
    best = load_config("inner/best.yaml")
    assert best.seed == 4
    assert list(best.start) == pytest.approx([1.94, 0.15])
    found = json.loads(cli("solve", "inner/best.yaml", *LESS, "--format", "json").stdout)
    assert found["fit"]["points"] == 4


CLASHES = {
    ("-o", "a.csv", "-o", "./a.csv"): "is named twice",
    ("-o", "a.csv", "--save-best", "a.csv"): "is named twice",
    ("--save-best", "d.csv"): "is a file that the config names, which would be lost",
    ("-o", "d.csv"): "is a file that the config names, which would be lost",
    ("--predict", "d.csv"): "is a file that the config names, which would be lost",
    ("--predict", "p.csv", "-o", "p.csv"): "is named twice",
    ("--predict", "p.csv", "--save-best", "p.csv"): "is named twice",
    ("--predict", "n.csv", "--at", "n.csv"): "is the file of new rows, which would be lost",
}


@pytest.mark.parametrize("arguments", CLASHES)
def test_no_file_is_lost_or_written_twice(cli, folder, arguments) -> None:
    (folder / "n.csv").write_text("x\n10\n")
    ended = cli("solve", *LINE, *arguments)
    assert (ended.stdout, ended.code) == ("", 2)
    assert CLASHES[arguments] in ended.stderr
    assert sorted(os.listdir(folder)) == ["d.csv", "n.csv"]
    assert (folder / "d.csv").read_text() == ROWS


# Predictions.


def table_of(path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_prediction_of_the_data(cli, folder) -> None:
    assert cli("solve", *LINE, "-q", "--predict", "p.csv") == ("", "", 0)
    rows = table_of("p.csv")
    assert list(rows[0]) == [
        *("x", "y", "observed", "fitted", "residual"),
        *("confidence_low", "confidence_high", "prediction_low", "prediction_high"),
    ]
    assert [row["y"] for row in rows] == [row["observed"] for row in rows]
    t, rss = 4.302652729911275, 0.082
    for row in rows:
        x, fitted = float(row["x"]), float(row["fitted"])
        assert fitted == pytest.approx(1.94 * x + 0.15)
        assert float(row["residual"]) == pytest.approx(float(row["y"]) - fitted)
        # The bands of a line: s*sqrt(1/n + (x - mean)**2/Sxx), and with the scatter of a new point.
        share = 1 / 4 + (x - 2.5) ** 2 / 5
        half = t * (rss / 2 * share) ** 0.5
        assert float(row["confidence_high"]) - fitted == pytest.approx(half)
        half = t * (rss / 2 * (1 + share)) ** 0.5
        assert fitted - float(row["prediction_low"]) == pytest.approx(half)


def test_a_prediction_of_new_rows(cli, folder) -> None:
    (folder / "n.csv").write_text("x\n10\n-1\n")
    assert cli("solve", *LINE, "-q", "--predict", "p.tsv", "--at", "n.csv") == ("", "", 0)
    rows = (folder / "p.tsv").read_text().splitlines()
    assert rows[0].split("\t")[:3] == ["x", "observed", "fitted"]
    assert [float(row.split("\t")[2]) for row in rows[1:]] == pytest.approx([19.55, -1.79])


def test_new_rows_without_a_column_are_refused(cli, folder) -> None:
    (folder / "z.csv").write_text("z\n10\n")
    ended = cli("solve", *LINE, "-q", "--predict", "p.csv", "--at", "z.csv")
    assert ended.code == 2
    assert "expected new rows with columns of one length, among x" in ended.stderr
    assert not (folder / "p.csv").exists()


# Expectations and mistakes.


def test_expectations_that_hold(cli) -> None:
    held = ["best.score == 0", "best.x.y == 0.5 and verdict == minimum", "agreement > 0.5"]
    options = [part for text in held for part in ("--expect", text)]
    assert cli("solve", *WELLS, "-q", *options) == ("", "", 0)


def test_expectations_that_do_not_hold_end_in_one(cli) -> None:
    ended = cli("solve", *WELLS, "-q", "--expect", "best.x.x < 1", "--expect", "rounds > 100")
    assert ended.code == 1
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("expected best.x.x < 1, found best.x.x = 1.0")
    assert lines[1].startswith("expected rounds > 100, found rounds = ")


def test_expectations_of_a_fit(cli) -> None:
    held = ["fit.parameters.a.stderr < 0.1", "fit.parameters.c.high > 1", "fit.dof == 2"]
    options = [part for text in held for part in ("--expect", text)]
    assert cli("solve", *LINE, "-q", *options) == ("", "", 0)
    ended = cli("solve", *LINE, "-q", "--expect", "fit.parameters.a.stderr < 0.05")
    assert ended.code == 1
    assert "found fit.parameters.a.stderr = 0.0905538" in ended.stderr
    unknown = cli("solve", *LINE, "-q", "--expect", "fit.parameters.b.stderr < 0.05")
    assert unknown.code == 2
    assert "a result has no field `fit.parameters.b.stderr`" in unknown.stderr
    assert cli("solve", *WELLS, "--expect", "fit.dof == 2").code == 2


def test_expectations_in_the_config(cli, folder) -> None:
    (folder / "c.yaml").write_text(
        "{objective: x**2, bounds: {x: [-1, 1]}, expect: ['best.score < 1e-6', 'best.x.x > 0.5']}"
    )
    ended = cli("solve", "c.yaml", "-q")
    assert (ended.code, len(ended.stderr.splitlines())) == (1, 1)


def test_expectations_in_the_config_may_name_what_only_a_search_has(cli, folder) -> None:
    (folder / "c.yaml").write_text(
        "{objective: x**2, bounds: {x: [-1, 1]}, expect: [rounds > 1, agreement > 0.5]}"
    )
    assert cli("solve", "c.yaml", "-q") == ("", "", 0)


MISTAKES = {
    ("missing.yaml",): (4, "missing.yaml: cannot be read: No such file or directory"),
    (*WELLS, "-o", "out.xlsx"): (2, "-o out.xlsx: the extension picks the format"),
    (*WELLS, "-o", "out.txt"): (2, "use one of .jsonl, .ndjson, .csv, .tsv, .json, .npz, .parquet"),
    (*WELLS, "-o", "no/such/out.csv"): (4, "no/such/out.csv: cannot be written"),
    (*WELLS, "--save-best", "no/such/out.yaml"): (4, "no/such/out.yaml: cannot be written"),
    (*WELLS, "--expect", "best.scor < 1"): (2, "did you mean `best.score`?"),
    (*WELLS, "--expect", "nit > 1"): (2, "a result has no field `nit`"),
    (*WELLS, "--format", "xml"): (2, "xml"),
    (*WELLS, "--starts", "0"): (2, "--starts"),
    (*WELLS, "--rounds", "-1"): (2, "--rounds"),
    (*WELLS, "--patience", "0"): (2, "--patience"),
    (*WELLS, "--seconds", "-1"): (2, "--seconds"),
    (*WELLS, "--set", "method=adamm"): (2, "did you mean `adam`?"),
    (*WELLS, "--resample", "rows"): (2, "--resample"),
    (*WELLS, "--predict", "p.csv"): (2, "--predict: expected a fit, but the objective is no"),
    (*WELLS, "--bootstrap", "9"): (2, "bootstrap: expected a fit, but the objective is no"),
    (*WELLS, "--profile"): (2, "profile: expected a fit, but the objective is no"),
    (*WELLS, "--at", "n.csv"): (2, "--at: needs a file to write to\n  add --predict FILE.csv"),
    (*LINE, "--predict", "p.json"): (2, "--predict p.json: the extension picks the format"),
    (*LINE, "--predict", "p.csv", "--at", "none.csv"): (4, "none.csv: No such file or directory"),
    (*WELLS, "-b", "z=-inf,1", "--set", "start.z=0"): (2, ""),
    ("-e", "x**2", "-b", "x=-inf,1", "--set", "start.x=0"): (2, "search around a start: --local"),
    ("-e", "x**2", "-b", "x=-1e200,1e200"): (2, "`x` has no finite box to search"),
    (): (2, "expected CONFIG"),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_what_is_wrong_is_said_on_standard_error(cli, arguments) -> None:
    code, message = MISTAKES[arguments]
    ended = cli("solve", *arguments)
    assert (ended.code, ended.stdout) == (code, "")
    assert message in ended.stderr
    assert os.listdir() == ["d.csv"]


def test_options_reach_the_search(cli) -> None:
    def found(*options: str) -> dict:
        return json.loads(cli("solve", *WELLS, "--format", "json", *options).stdout)

    assert found("--starts", "16", "--rounds", "0")["starts"] == 16
    assert found("--rounds", "2", "--patience", "99")["rounds"] == 3
    assert found("--patience", "5")["idle_rounds"] == 5
    assert found("--seconds", "0")["rounds"] == 1
    assert found("--target", "0.01")["best"]["score"] <= 0.01
    assert found("--target", "0.01")["message"].startswith("the target was reached")
    assert found("--set", "seed=7")["nfev"] != found()["nfev"]
    up = found("--set", "direction=maximize")
    assert up["best"]["x"] == {"x": -2, "y": -2}
    assert up["verdict"]["active_bounds"] == {"x": "lower", "y": "lower"}


def test_a_local_search_of_an_endless_box(cli) -> None:
    around = ["-e", "(x - 3)**2", "-b", "x=-inf,inf", "--set", "start.x=-1e3", "--local"]
    assert cli("solve", *around, "--format", "csv").stdout.splitlines()[1].startswith("1,0.0,3.0,")


def test_keys_that_are_not_needed_get_a_note(cli) -> None:
    keys = ["--set", "alpha=3", "--set", "beta2=0.5", "--set", "n_iter=4", "--set", "method=nadam"]
    ended = cli("solve", *WELLS, *keys, "--format", "none")
    assert ended.stderr == "note: solve does not need alpha, beta2, n_iter\n"
    assert ended.code == 0
    assert cli("solve", *WELLS, *keys, "-q").stderr == ""


def test_a_doubtful_verdict_is_told_in_a_pipe(cli, monkeypatch) -> None:
    saddle = Verdict(Code.SADDLE, "the slope is 0, but the score falls to some sides")
    monkeypatch.setattr("adamcli.search.certificate.certified", lambda *_: saddle)
    ended = cli("solve", *WELLS, "--format", "none")
    assert ended.stderr == f"{saddle}\n"
    assert ended.code == 0
    assert cli("solve", *WELLS, "-q").stderr == ""


def test_a_config_is_printed(cli) -> None:
    ended = cli("solve", *WELLS, "--set", "seed=4", "--print-config")
    assert (ended.stderr, ended.code) == ("", 0)
    assert ended.stdout == (f"objective: {VALLEYS}\nbounds:\n  x: [-2, 2]\n  y: [-2, 2]\nseed: 4\n")
    assert parse_config(ended.stdout).seed == 4


def test_standard_input_and_the_gallery(cli) -> None:
    ended = cli("solve", "-", "--format", "none", stdin="objective: x**2\nbounds: {x: [0, 1]}\n")
    assert ended.stdout == "f([0.]) = 0.000000\n"
    assert cli("solve", "branin", "-q", "--expect", "abs(best.score - 0.397887) < 1e-6").code == 0


# Python objectives.


def python_config(folder, top: str = "", line: str = "", **keys: str) -> str:
    """Return the path of a config whose objective is Python code; `line` is its first line."""
    (folder / "code.py").write_text(
        f"{top}def f(x, y):\n{line}    return (x - 1)**2 + (y - 0.5)**2\n"
    )
    text = "objective: {python: code.py:f}\nbounds: {x: [-2, 2], y: [-2, 2]}\ngradient: 2-point\n"
    (folder / "code.yaml").write_text(text + "".join(f"{k}: {v}\n" for k, v in keys.items()))
    return str(folder / "code.yaml")


def test_python_is_solved_only_with_leave(cli, folder) -> None:
    config = python_config(folder)
    ended = cli("solve", config, *LESS)
    assert (ended.code, ended.stdout) == (2, "")
    assert "--allow-python" in ended.stderr
    ended = cli("solve", config, *LESS, "--allow-python", "--format", "csv")
    score, x, y = map(float, ended.stdout.splitlines()[1].split(",")[1:4])
    assert (score, x, y) == pytest.approx((0, 1, 0.5), abs=1e-6)


def test_the_evaluations_that_python_will_cost_are_stated_before(cli, folder) -> None:
    config = python_config(folder, "import sys\n", "    print('called', file=sys.stderr)\n")
    few = ["--starts", "32", "--allow-python"]
    ended = cli("solve", config, *few, "--format", "json")
    first, second = ended.stderr.splitlines()[:2]
    stated = re.fullmatch(
        r"note: about ([\d,]+) to ([\d,]+) evaluations of the objective, 3 for each gradient; "
        r"fewer with smaller --starts or --rounds",
        first,
    )
    assert stated
    assert second == "called"
    least, most = (int(number.replace(",", "")) for number in stated.groups())
    assert least / 4 <= json.loads(ended.stdout)["nfev"] <= 2 * most
    quiet = cli("solve", config, *few, "-q").stderr
    assert not quiet.startswith("note")


def test_what_python_raises_ends_it_and_keeps_what_was_found(cli, folder) -> None:
    top = "calls = []\n"
    line = "    calls.append(x)\n    if len(calls) > 12_000: raise ValueError('no more')\n"
    config = python_config(folder, top, line)
    files = ["-o", "a.json", "--save-best", "best.yaml"]
    ended = cli("solve", config, "--starts", "32", "--allow-python", *files)
    assert ended.code == 3
    assert "failed: the objective raised ValueError: no more" in ended.stderr.replace(
        "after the search, ", ""
    )
    assert "Traceback" not in ended.stderr
    whole = json.loads((folder / "a.json").read_text())
    assert whole["status"] == "failed"
    assert whole["best"]["score"] == pytest.approx(0, abs=1e-6)
    assert list(load_config("best.yaml").start) == pytest.approx([1, 0.5], abs=1e-3)


# Signals.


@pytest.fixture
def started():
    """Return a function that starts a command, which is killed if the test leaves it running."""
    processes = []

    def start(*arguments: str) -> subprocess.Popen:
        running = subprocess.Popen(
            [sys.executable, "-m", "adamcli", "solve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=QUIET_ENVIRONMENT,
            # Under nohup it would be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        processes.append(running)
        return running

    yield start
    for running in processes:
        running.kill()
        running.communicate()


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 143, "terminated"),
    ],
)
def test_a_signal_ends_the_search_and_keeps_the_best(folder, started, number, code, status) -> None:
    top = "import os\ncalls = []\n"
    line = "    calls.append(x)\n    if len(calls) == 9000: open('late', 'w').close()\n"
    config = python_config(folder, top, line)
    endless = ["--rounds", "1000000", "--patience", "1000000", "--starts", "32"]
    files = ["-o", "a.json", "--save-best", "best.yaml"]
    running = started(config, "--allow-python", *endless, *files)
    while not (folder / "late").exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == code
    assert f"{status}: stopped in round " in errors
    assert "Traceback" not in errors
    assert "score = " in output
    whole = json.loads((folder / "a.json").read_text())
    assert whole["status"] == status
    assert whole["best"]["score"] == pytest.approx(0, abs=1e-6)
    assert list(load_config("best.yaml").start) == pytest.approx([1, 0.5], abs=1e-3)


def test_killed_at_once_leaves_no_half_file(folder, started) -> None:
    (folder / "a.csv").write_text("old")
    line = "    open('late', 'w').close()\n"
    running = started(python_config(folder, "", line), "--allow-python", "-o", "a.csv")
    while not (folder / "late").exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.communicate()
    assert (folder / "a.csv").read_text() == "old"


def test_a_pipe_closed_from_the_start_ends_it_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "adamcli", "solve", *WELLS, *LESS],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=QUIET_ENVIRONMENT,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


MATRIX = """\
model: y ~ X @ w + b
data: {X: {file: m.csv, columns: x1..x2, standardize: true}, y: m.csv:y}
bounds: {w: {low: -99, high: 99, shape: 2}, b: [-99, 99]}
"""


def test_new_rows_of_a_matrix_are_its_columns(cli, folder) -> None:
    """Standardised as the data were; or an array of its name, as the formula has it."""
    random = np.random.default_rng(5)
    data, new = random.normal([3, 90], [1, 7], (20, 2)), random.normal([9, 9], 2, (4, 2))
    y = data @ [2.0, -0.5] + random.normal(size=20)
    save = {"fmt": "%.17g", "delimiter": ",", "comments": ""}
    np.savetxt("m.csv", np.column_stack([data, y]), header="x1,x2,y", **save)
    np.savetxt("a.csv", np.column_stack([new[:, 1], new[:, 0]]), header="x2,x1", **save)
    np.savez("a.npz", X=(new - data.mean(0)) / data.std(0))
    (folder / "m.yaml").write_text(MATRIX)
    expected = (
        np.column_stack([new, np.ones(4)])
        @ np.linalg.lstsq(np.column_stack([data, np.ones(20)]), y, rcond=None)[0]
    )
    for name in ("a.csv", "a.npz"):
        assert cli("solve", "m.yaml", "-q", "--predict", "p.csv", "--at", name).code == 0
        fitted = [float(row["fitted"]) for row in table_of("p.csv")]
        assert fitted == pytest.approx(expected.tolist(), rel=1e-8)
    assert next(iter(table_of("p.csv")[0])) == "observed"
    (folder / "z.csv").write_text("x1\n10\n")
    ended = cli("solve", "m.yaml", "-q", "--predict", "p.csv", "--at", "z.csv")
    assert "z.csv has no column `x2`; it has x1" in ended.stderr
    assert ended.code == 2


MANY = ["-e", "(mass-1)**2 + speed**2 + a**2 + b**2 + temperature**2"]
MANY += [
    part for name in ("mass", "speed", "a", "b", "temperature") for part in ("-b", f"{name}=-3,3")
]


def test_points_in_one_column_are_named_by_their_variables(cli) -> None:
    header, _ = cli("solve", *MANY, "--rounds", "1").stdout.splitlines()[:2]
    assert header.split("    ")[-3].strip() == "mass, speed, ..."


def test_a_variable_named_like_a_column_has_a_column_of_its_own(cli) -> None:
    arguments = [
        "-e",
        "(verdict - 1)**2 + (score - 2)**2",
        "-b",
        "verdict=-3,3",
        "-b",
        "score=-3,3",
    ]
    header, row = cli("solve", *arguments, "--rounds", "1").stdout.splitlines()[:2]
    assert header.split() == ["score", "x.verdict", "x.score", "descents", "verdict"]
    assert (row.split()[1:3], row.split()[-1]) == (["1", "2"], "minimum")


@pytest.mark.parametrize(
    ("rounds", "end"), [("0", "the only round was"), ("1", "all 2 rounds were")]
)
def test_few_rounds_are_well_described(cli, rounds, end) -> None:
    options = ["--rounds", rounds, "--patience", "9", "--format", "json"]
    found = json.loads(cli("solve", "-e", "(x-1)**2", "-b", "x=-3,3", *options).stdout)
    assert found["message"] == f"{end} taken"
