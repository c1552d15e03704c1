"""`adamcli run` as a user meets it: what goes where, and with which exit code it ends."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import (
    GOLDEN,
    QUIET_ENVIRONMENT,
    on_a_terminal,
    signalled_until_it_ends,
)

ARTICLE = (GOLDEN / "article.txt").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-m", "adamcli", "run"]
ENDLESS = ["--set", "n_iter=1e12"]


@pytest.mark.parametrize("arguments", [[], ["--format", "table"], ["--format", "lines"]])
def test_into_a_pipe_the_rows_are_the_articles_lines(process, article, arguments) -> None:
    ended = process("run", article, *arguments)
    assert ended == (ARTICLE, "", 0)


def test_a_pipe_is_never_cut_at_a_width(process, tmp_path) -> None:
    path = tmp_path / "wide.yaml"
    path.write_text("objective: x[0]*x[39]\nbounds: [-1, 1]\ndim: 40\nn_iter: 3\n")
    ended = process("run", str(path), env={"COLUMNS": "40"})
    assert [row.split()[0] for row in ended.stdout.splitlines()[:3]] == [">0", ">1", ">2"]
    assert len(ended.stdout.splitlines()) == 5


def test_force_color_colours_the_rows_of_a_pipe_but_frames_nothing(process, article) -> None:
    ended = process("run", article, env={"FORCE_COLOR": "1"})
    assert "\x1b[32m>0 f([-0.14595599" in ended.stdout
    assert re.sub(r"\x1b\[\d+m", "", ended.stdout) == ARTICLE
    assert ended.stderr == ""


@pytest.mark.parametrize("env", [{"FORCE_COLOR": "0"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}])
def test_colours_can_be_refused(process, article, env) -> None:
    assert process("run", article, env=env).stdout == ARTICLE


def test_a_terminal_gets_frame_colour_and_summary(article) -> None:
    shown, code = on_a_terminal("run", article)
    assert code == 0
    for expected in ("╭─", "\x1b[", "0.19825", "Done!", "active bounds", "60 in "):
        assert expected in shown


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_dumb_terminal_gets_bare_lines(article, env) -> None:
    shown, _ = on_a_terminal("run", article, env=env)
    lines = shown.replace("\r\n", "\n")
    assert lines.startswith(ARTICLE)
    assert "active bounds" in lines
    assert "\x1b" not in lines


def test_an_encoding_without_box_characters_gets_ascii_frames(article) -> None:
    shown, code = on_a_terminal("run", article, env={"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"})
    assert shown.startswith("+---")
    assert code == 0


@pytest.mark.parametrize("columns", ["0", "1", "30", "1000"])
def test_odd_widths_are_no_trouble(article, columns) -> None:
    shown, code = on_a_terminal("run", article, env={"COLUMNS": columns, "NO_COLOR": "1"})
    assert code == 0
    assert "0.19825" in shown


def test_no_color_keeps_the_frame_on_a_terminal(article) -> None:
    shown, _ = on_a_terminal("run", article, env={"NO_COLOR": "1"})
    assert "╭─" in shown
    assert "\x1b[" not in shown


def test_quiet_shows_nothing_on_a_terminal(article) -> None:
    assert on_a_terminal("run", article, "--quiet") == ("", 0)


def test_standard_input(process) -> None:
    ended = process("run", "-", "--format", "none", stdin="objective: x**2\nbounds: {x: [0, 1]}\n")
    assert ended.code == 0
    assert ended.stdout.startswith("f([")


def test_formats_on_standard_output(cli, article) -> None:
    assert cli("run", article, "--format", "none").stdout == ARTICLE.splitlines()[-1] + "\n"
    rows = cli("run", article, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(row)["t"] for row in rows] == list(range(60))
    assert json.loads(cli("run", article, "--format", "json").stdout)["nit"] == 60
    assert len(list(csv.reader(cli("run", article, "--format", "csv").stdout.splitlines()))) == 61


def test_every_thins(cli, article) -> None:
    rows = cli("run", article, "--format", "csv", "--every", "25").stdout.splitlines()
    assert [row.split(",")[0] for row in rows] == ["t", "0", "25", "50", "59"]
    rows = cli("run", article, "--every", "log").stdout.splitlines()
    assert [row.split()[0] for row in rows[8:13]] == [">8", ">9", ">10", ">20", ">30"]


def rows_of(shown: str) -> list[int]:
    """Return the steps in the first column of a table."""
    cells = [line.split("│")[1].strip() for line in shown.splitlines() if line.startswith("│")]
    return [int(cell[1:].replace(",", "")) for cell in cells[1:]]


def test_a_long_table_is_thinned_at_a_terminal_and_says_so(article) -> None:
    shown, _ = on_a_terminal("run", article, "--set", "n_iter=1234", env={"NO_COLOR": "1"})
    assert shown.startswith("1 step in 20 is shown; --every 1 shows all\r\n╭")
    assert rows_of(shown) == [*range(0, 1234, 20), 1233]


@pytest.mark.parametrize(("every", "steps"), [("1", range(1234)), ("500", [0, 500, 1000, 1233])])
def test_what_is_asked_for_is_shown(article, every, steps) -> None:
    asked = ["--set", "n_iter=1234", "--every", every]
    shown, _ = on_a_terminal("run", article, *asked, env={"NO_COLOR": "1"})
    assert shown.startswith("╭")
    assert rows_of(shown) == list(steps)


def test_files_keep_every_step_of_a_table_that_is_thinned(article, tmp_path) -> None:
    files = [tmp_path / name for name in ("a.csv", "a.txt", "a.jsonl")]
    written = [part for path in files for part in ("-o", str(path))]
    shown, _ = on_a_terminal("run", article, "--set", "n_iter=1001", *written)
    assert "1 step in 20 is shown" in shown
    assert [len(path.read_text().splitlines()) for path in files] == [1002, 1003, 1001]


def test_a_pipe_gets_every_step_of_a_long_run(process, article) -> None:
    ended = process("run", article, "--set", "n_iter=1001")
    assert (len(ended.stdout.splitlines()), ended.stderr) == (1003, "")


def test_fields_are_added(cli, article) -> None:
    rows = cli("run", article, "--format", "jsonl", "--fields", "alpha,gradient_norm").stdout
    assert json.loads(rows.splitlines()[0])["alpha"] == 0.02
    assert json.loads(rows.splitlines()[-1])["gradient_norm"] == pytest.approx(0.0011572728)


def test_quiet_is_silent_and_writes_its_files(cli, article, tmp_path) -> None:
    path = tmp_path / "out.json"
    assert cli("run", article, "-q", "-o", str(path)) == ("", "", 0)
    assert json.loads(path.read_text())["success"]


def test_a_format_that_is_asked_for_is_shown_even_if_quiet(cli, article) -> None:
    assert cli("run", article, "-q", "--format", "none").stdout.startswith("f([")


def test_files_of_every_kind_in_one_run(cli, article, tmp_path) -> None:
    names = ["a.txt", "a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.json"]
    options = [part for name in names for part in ("-o", str(tmp_path / name))]
    assert cli("run", article, *options).stdout == ARTICLE
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    assert (tmp_path / "a.txt").read_text() == ARTICLE
    assert (tmp_path / "a.jsonl").read_text() == (tmp_path / "a.ndjson").read_text()
    for name in ("csv", "tsv", "jsonl"):
        assert (tmp_path / f"a.{name}").read_text() == cli("run", article, "--format", name).stdout


def test_overrides(cli, article) -> None:
    ended = cli(
        "run", article, "--set", "n_iter=1", "--set", "start=[0.5, 0.5]", "--set", "alpha=0.5"
    )
    assert ended.stdout.splitlines()[0] == ">0 f([4.99999997e-09 4.99999997e-09]) = 0.00000"


USAGE_ERRORS = {
    ("missing.yaml",): (4, "missing.yaml: cannot be read: No such file or directory"),
    ("CONFIG", "--set", "alpha=-1"): (2, "--set:1:7: alpha: expected a number, 0 or above"),
    ("CONFIG", "--every", "0"): (2, "--every: expected a whole number from 1, or log, found '0'"),
    ("CONFIG", "--every", "often"): (2, "--every: expected a whole number from 1, or log"),
    ("CONFIG", "--fields", "alpa"): (2, "--fields: unknown field `alpa`\n  did you mean `alpha`?"),
    ("CONFIG", "-o", "out.xlsx"): (2, "-o out.xlsx: the extension picks the format"),
    ("CONFIG", "-o", "out"): (2, "use one of .txt, .jsonl, .ndjson, .csv, .tsv, .json"),
    ("CONFIG", "-o", "no/such/folder/out.csv"): (4, "no/such/folder/out.csv: cannot be written"),
    ("CONFIG", "--expect", "best.scor < 1"): (2, "--expect:1:1: a result has no field `best.scor`"),
    ("CONFIG", "--format", "xml"): (2, "xml"),
    ("CONFIG", "--sett", "alpha=1"): (2, "--sett"),
    (): (2, "CONFIG"),
}


@pytest.mark.parametrize("arguments", USAGE_ERRORS)
def test_what_is_wrong_is_said_on_standard_error(process, article, arguments) -> None:
    code, message = USAGE_ERRORS[arguments]
    ended = process("run", *[article if part == "CONFIG" else part for part in arguments])
    assert ended.code == code
    assert message in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_an_output_never_overwrites_the_config(cli, tmp_path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"objective": "x**2", "bounds": {"x": [0, 1]}}')
    ended = cli("run", str(path), "-o", str(path))
    assert (ended.code, ended.stdout) == (2, "")
    assert "is the config, which would be lost" in ended.stderr
    assert json.loads(path.read_text())["objective"] == "x**2"


def test_one_file_cannot_be_two_outputs(cli, article, tmp_path) -> None:
    name = str(tmp_path / "a.csv")
    ended = cli("run", article, "-o", name, "-o", str(tmp_path / "." / "a.csv"))
    assert (ended.code, ended.stdout) == (2, "")
    assert "is named twice" in ended.stderr


def test_fields_stand_behind_the_lines_of_a_pipe(cli, article) -> None:
    rows = cli("run", article, "--fields", "alpha,gradient_norm").stdout.splitlines()
    assert rows[0] == ARTICLE.splitlines()[0] + "  alpha=0.02 gradient_norm=0.890503"
    assert rows[-1] == ARTICLE.splitlines()[-1]


def test_columns_are_told_apart_from_variables_of_their_names(cli) -> None:
    config = "objective: t**2 + score**2\nbounds: {t: [0, 1], score: [0, 1]}\nn_iter: 1\n"
    rows = cli("run", "-", "--format", "csv", "--fields", "alpha,alpha", stdin=config).stdout
    assert rows.splitlines()[0] == "t,x.t,x.score,score,alpha"


def into_a_full_device(*arguments: str) -> subprocess.CompletedProcess[str]:
    with open("/dev/full", "w") as full:
        return subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=QUIET_ENVIRONMENT,
            timeout=60,
            check=False,
        )


def test_a_lost_output_leaves_the_others(article, tmp_path) -> None:
    path = tmp_path / "a.csv"
    done = into_a_full_device(article, "-o", str(path))
    assert done.returncode == 4
    assert len(path.read_text().splitlines()) == 61


def test_a_reader_that_goes_away_leaves_the_files(article, tmp_path) -> None:
    path = tmp_path / "a.csv"
    line = f'"{sys.executable}" -m adamcli run "$1" --set n_iter=20000 -o "$2" | head -n 1; '
    line += "exit ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", line, "bash", article, str(path)],
        capture_output=True,
        text=True,
        env=QUIET_ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (141, "")
    assert done.stdout == ARTICLE.splitlines()[0] + "\n"
    assert len(path.read_text().splitlines()) == 20001


@pytest.mark.parametrize(
    "command",
    [
        "run CONFIG >&-",
        "check CONFIG >&-",
        "functions >&-",
        "functions sphere >&-",
        "run - <&-",
        "--help >/dev/full",
        "--version >/dev/full",
        "check CONFIG >/dev/full",
        "functions >/dev/full",
    ],
)
def test_closed_and_full_streams_are_errors_without_a_traceback(article, command) -> None:
    line = f'"{sys.executable}" -m adamcli {command.replace("CONFIG", article)}'
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        env=QUIET_ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert re.search("closed|cannot be written", done.stderr)


def test_expectations_that_hold(cli, article) -> None:
    held = ["--expect", "best.score < 1e-6", "--expect", "nit == 60 and abs(last.x.x) < 1e-3"]
    assert cli("run", article, "-q", *held) == ("", "", 0)


def test_expectations_that_do_not_hold_end_in_one(cli, article) -> None:
    ended = cli("run", article, "-q", "--expect", "best.score < 1e-8", "--expect", "nit > 100")
    assert ended.code == 1
    assert ended.stderr.splitlines() == [
        "expected best.score < 1e-8, found best.score = 3.3482010792499375e-07, off by 3.2482e-07",
        "expected nit > 100, found nit = 60, off by 40",
    ]


def test_expectations_in_the_config(cli, article) -> None:
    ended = cli("run", article, "-q", "--set", "expect=['best.score < 1e-6', 'nit < 10']")
    assert (ended.code, len(ended.stderr.splitlines())) == (1, 1)


def test_a_diverged_run_ends_in_three_and_shows_its_last_row(cli, article, tmp_path) -> None:
    settings = [
        "--set",
        "objective=log(x + 1.5) + y",
        "--set",
        "bounds_mode=start",
        "--set",
        "alpha=0.3",
        "-o",
        str(tmp_path / "a.json"),
        "--expect",
        "nit == 60",
    ]
    ended = cli("run", article, *settings)
    assert ended.code == 3
    assert ended.stdout.splitlines()[-1].endswith(" = nan")
    assert "diverged: f is nan at t = " in ended.stderr
    assert "best so far: f([" in ended.stderr
    assert json.loads((tmp_path / "a.json").read_text())["status"] == "diverged"


PYTHON = """
import math

def objective(x, y):
    assert isinstance(x, float)
    return x**2 + y**2

def derivative(x, y):
    return [2*x, 2*y]

def broken(x, y):
    return 1 / (x - x)

def vector(x):
    return float(x @ x)

def leaves(x, y):
    raise SystemExit(0)

def chats(x, y):
    print("hello")
    return x**2 + y**2

def real(x, y):
    return (x * y).real

def casts(x, y):
    return float(x) + y
"""


@pytest.fixture
def python_config(tmp_path):
    (tmp_path / "code.py").write_text(PYTHON)
    path = tmp_path / "c.yaml"
    path.write_text(
        "objective: {python: code.py:objective}\ngradient: {python: code.py:derivative}\n"
        "bounds: {x: [-1, 1], y: [-1, 1]}\nalpha: 0.02\nbeta1: 0.8\nbeta2: 0.999\n"
        "n_iter: 60\nseed: 1\n"
    )
    return str(path)


def test_python_runs_only_with_leave(cli, python_config) -> None:
    ended = cli("run", python_config, "--format", "csv")
    assert (ended.code, ended.stdout) == (2, "")
    assert "the objective is Python code (code.py:objective)" in ended.stderr
    assert "--allow-python" in ended.stderr
    assert cli("run", python_config, "--allow-python").stdout == ARTICLE
    assert cli("run", python_config, env={"ADAMCLI_ALLOW_PYTHON": "1"}).stdout == ARTICLE


def test_a_list_of_bounds_gives_python_a_vector(cli, python_config) -> None:
    ended = cli(
        "run",
        python_config,
        "--allow-python",
        "--set",
        "objective.python=code.py:vector",
        "--set",
        "gradient=3-point",
        "--set",
        "bounds=[[-1, 1], [-1, 1]]",
    )
    assert ended.stdout.splitlines()[0] == ARTICLE.splitlines()[0]


def test_what_python_raises_is_shown_without_our_frames(cli, python_config) -> None:
    ended = cli("run", python_config, "--allow-python", "--set", "objective.python=code.py:broken")
    assert ended.code == 3
    assert "failed: at the start, the objective raised ZeroDivisionError" in ended.stderr
    assert 'code.py", line 12, in broken' in ended.stderr
    assert "return 1 / (x - x)" in ended.stderr
    assert "callables.py" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("code.py:missing", 2, "has no function `missing`"),
        ("gone.py:f", 2, "there is no such file"),
    ],
)
def test_python_that_cannot_be_loaded(cli, python_config, name, code, message) -> None:
    ended = cli("run", python_config, "--allow-python", "--set", f"objective.python={name}")
    assert ended.code == code
    assert message in ended.stderr


def test_an_objective_that_exits_is_an_objective_that_fails(cli, python_config) -> None:
    ended = cli(
        "run",
        python_config,
        "--allow-python",
        "--set",
        "objective.python=code.py:leaves",
        "--expect",
        "best.score < 1",
    )
    assert ended.code == 3
    assert "the objective raised SystemExit: 0" in ended.stderr


def test_what_an_objective_prints_is_not_data(cli, python_config) -> None:
    ended = cli("run", python_config, "--allow-python", "--set", "objective.python=code.py:chats")
    assert ended.stdout == ARTICLE
    assert set(ended.stderr.splitlines()) == {"hello"}
    assert len(ended.stderr.splitlines()) >= 61


@pytest.mark.parametrize("name", ["real", "casts"])
def test_a_complex_step_needs_complex_numbers_to_come_through(cli, python_config, name) -> None:
    ended = cli(
        "run",
        python_config,
        "--allow-python",
        "--set",
        f"objective.python=code.py:{name}",
        "--set",
        "gradient=complex-step",
    )
    assert ended.code == 3
    assert "complex" in ended.stderr


@pytest.fixture
def started():
    """Return a function that starts a command, which is killed if the test leaves it running."""
    processes = []

    def start(*arguments: str) -> subprocess.Popen:
        running = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=QUIET_ENVIRONMENT,
            # Under nohup it would be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        processes.append(running)
        assert running.stdout.readline()
        return running

    yield start
    for running in processes:
        running.kill()


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 143, "terminated"),
    ],
)
def test_a_signal_ends_the_run_and_reports_the_best(
    article, tmp_path, number, code, status, started
) -> None:
    path = tmp_path / "out.json"
    running = started(article, *ENDLESS, "-o", str(path))
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == code
    assert f"{status}: stopped after" in errors
    assert "best so far: f([" in errors
    assert json.loads(path.read_text())["status"] == status


def test_a_second_interrupt_ends_an_objective_that_does_not_return(tmp_path, started) -> None:
    (tmp_path / "code.py").write_text(
        "import time\ncalls = []\ndef f(x):\n    calls.append(x)\n"
        "    time.sleep(1000 if len(calls) > 8 else 0)\n    return x\n"
    )
    (tmp_path / "c.yaml").write_text("objective: {python: code.py:f}\nbounds: {x: [0, 1]}\n")
    path = tmp_path / "out.json"
    running = started(str(tmp_path / "c.yaml"), "--allow-python", "-o", str(path))
    time.sleep(0.5)
    _, errors = signalled_until_it_ends(running, signal.SIGINT)
    assert running.returncode == 130
    assert "interrupted: stopped after" in errors
    assert json.loads(path.read_text())["status"] == "interrupted"


def test_killed_at_once_leaves_no_half_file(article, tmp_path, started) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    running = started(article, *ENDLESS, "-o", str(path))
    running.kill()
    running.communicate()
    assert path.read_text() == "old"


def test_a_closed_pipe_ends_it_quietly(article, started) -> None:
    running = started(article, *ENDLESS)
    running.stdout.close()
    with running.stderr:
        errors = running.stderr.read()
    assert running.wait(60) == 141
    assert errors == ""


@pytest.mark.parametrize("option", ["lines", "json", "none"])
def test_a_pipe_closed_from_the_start_ends_it_quietly(article, option) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, article, "--format", option],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=QUIET_ENVIRONMENT,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_slow_rows_are_seen_as_they_happen(tmp_path, started) -> None:
    (tmp_path / "code.py").write_text("import time\ndef f(x):\n    time.sleep(0.2)\n    return x\n")
    path = tmp_path / "c.yaml"
    path.write_text("objective: {python: code.py:f}\nbounds: {x: [0, 1]}\nn_iter: 100\n")
    running = started(str(path), "--allow-python")
    began = time.monotonic()
    assert running.stdout.readline().startswith(">1 ")
    assert time.monotonic() - began < 10
    running.kill()
    running.communicate()


def test_a_full_device_is_an_error_not_a_traceback(article) -> None:
    done = into_a_full_device(article)
    assert done.returncode == 4
    assert "standard output cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_wrong_in_expectations_and_in_the_config_is_told_together(cli) -> None:
    ended = cli(
        *("run", "-e", "x**2", "-b", "x=-1,1", "--set", "alpha=-1"),
        *("--expect", "nit <", "--expect", "nits > 1"),
    )
    assert (ended.code, ended.stdout) == (2, "")
    for message in ("--expect:1:6: ", "a result has no field `nits`", "--set:1:7: alpha: "):
        assert message in ended.stderr


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("nit == 5", "nit = 100, off by 95"),
        ("best.t < 5", "best.t = 99, off by 94"),
        ("nit/8 < 5", "nit/8 = 12.5, off by 7.5"),
        ("fit.points > 5", "fit.points = 3, off by 2"),
        ("fit.correlation.a.b > 0", "fit.correlation.a.b = -0.7"),
    ],
)
def test_counts_are_whole_numbers_and_all_of_a_fit_can_be_named(cli, expected, found) -> None:
    config = "{objective: sum((y - a*x - b)**2), data: {x: [0, 1, 2], y: [1, 3, 4]}, "
    config += "bounds: {a: [-5, 5], b: [-5, 5]}, start: [1, 1]}"
    ended = cli("run", "-", "--format", "none", "-q", "--expect", expected, stdin=config)
    assert ended.code == 1
    assert f"expected {expected}, found {found}" in ended.stderr
