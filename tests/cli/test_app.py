"""The application around the commands: version, help, start-up."""

import json
import subprocess
import sys

import pytest

import adamcli
from adamcli.cli.app import COMMANDS
from tests.conftest import QUIET_ENVIRONMENT


def modules_after(*arguments: str) -> set[str]:
    """Return the modules that are loaded when a command ends."""
    code = (
        "import sys, atexit; sys.argv = ['adamcli', *sys.argv[1:]]\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "from adamcli.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=QUIET_ENVIRONMENT,
        timeout=60,
        check=False,
    )
    return set(done.stderr.split())


def test_version(process) -> None:
    assert process("--version") == (f"adamcli {adamcli.__version__}\n", "", 0)


def test_the_version_needs_neither_numpy_nor_rich() -> None:
    loaded = modules_after("--version")
    assert "typer" in loaded
    assert not {"numpy", "rich", "yaml", "pydantic", "json"} & loaded


def test_a_run_into_a_pipe_needs_no_rich(article) -> None:
    loaded = modules_after("run", article)
    assert "numpy" in loaded
    heavy = {
        "rich",
        "rich.table",
        "pydantic",
        "numpy.random",
        "hashlib",
        "json",
        "importlib.metadata",
    }
    assert not heavy & loaded
    unused = {"csv", "zipfile", "dataclasses", "adamcli.report.summary"}
    unused |= {f"adamcli.objective.{n}" for n in ("callables", "differences", "standard")}
    unused.add("adamcli.config.standard")
    assert not unused & loaded


@pytest.mark.parametrize(
    "arguments", [(), ("--format", "csv"), ("rosenbrock",), ("rosenbrock", "--config")]
)
def test_the_test_functions_are_shown_without_numpy_and_rich(arguments) -> None:
    loaded = modules_after("functions", *arguments)
    assert "adamcli.config.standard" in loaded
    assert not {"numpy", "rich"} & loaded


def test_help_names_every_command_and_option(cli) -> None:
    assert "run" in cli("--help").stdout
    text = cli("run", "--help").stdout
    for option in (
        "--set",
        "--format",
        "--output",
        "-o",
        "--every",
        "--fields",
        "--expect",
        "--allow-python",
        "--quiet",
        "-q",
        "CONFIG",
    ):
        assert option in text


def test_without_a_command_the_help_is_shown(process) -> None:
    ended = process()
    assert "Usage" in ended.stdout + ended.stderr


@pytest.mark.parametrize("arguments", [["rum"], ["--nonsense"]])
def test_unknown_commands_and_options_end_in_two(process, arguments) -> None:
    ended = process(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.stderr


def test_help_is_a_command_too(cli) -> None:
    assert cli("help").stdout == cli("--help").stdout
    assert cli("help", "merge").stdout == cli("merge", "--help").stdout
    assert cli("help", "nothing").code == 2


def test_the_list_of_commands_has_whole_sentences(cli) -> None:
    shown = cli("--help", env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).stdout
    assert "..." not in shown.partition("Commands:")[2]
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("given", ["", "{}"])
@pytest.mark.parametrize("path", [[], ["-"]])
def test_options_alone_make_a_config(cli, given, path) -> None:
    keys = ["--set", "objective=(x - 1)**2", "--set", "bounds.x=[0, 3]", "--format", "none"]
    ended = cli("run", *path, *keys, stdin=given)
    assert ended.stdout == "f([1.54918386]) = 0.301603\n"


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_told_in_one_line(process, tmp_path, debug) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import adamcli.config.load as load\n"
        "def broken(*_, **__):\n    raise RuntimeError('what nobody foresaw\\nmore')\n"
        "load.open_config = broken\n"
    )
    env = {"PYTHONPATH": str(tmp_path), "ADAMCLI_DEBUG": debug}
    ended = process("run", "sphere", env=env)
    assert ended.code == 70
    line = "this is a bug in adamcli: RuntimeError: what nobody foresaw\n"
    assert ended.stderr.endswith(
        f"{line}  please report it, with what the same command shows after export ADAMCLI_DEBUG=1\n"
    )
    assert ("Traceback" in ended.stderr) == bool(debug)
    assert ended.stdout == ""


def test_what_the_system_refuses_has_a_name(monkeypatch, cli) -> None:
    def refuse(*_, **__):
        raise OSError(24, "Too many open files", "some.file")

    monkeypatch.setattr("adamcli.config.load.open_config", refuse)
    ended = cli("run", "sphere")
    assert (ended.stderr, ended.code) == ("some.file: Too many open files\n", 4)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_what_a_command_takes(cli, command) -> None:
    assert cli("help", command) == cli(command, "--help")


def test_help_alone_lists_the_commands_and_itself(cli) -> None:
    shown = cli("help")
    assert shown == cli("--help")
    listed = [line.split()[0] for line in shown.stdout.partition("Commands:")[2].splitlines()[1:]]
    assert [name for name in listed if name in COMMANDS] == [*COMMANDS]
    unknown = cli("help", "nosuch")
    assert (unknown.code, "No such command 'nosuch'." in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("n_iter", "message"),
    [(0, "no step was asked for"), (1, "the only step was taken"), (2, "all 2 steps were taken")],
)
def test_a_run_of_few_steps_is_well_described(cli, n_iter, message) -> None:
    run = ["run", "-e", "x**2", "-b", "x=-1,1", "--set", f"n_iter={n_iter}", "--format", "json"]
    assert json.loads(cli(*run).stdout)["message"] == message
    stopped = json.loads(cli(*run, "--stop", "score < 9").stdout)["message"]
    assert stopped == f"score < 9, after 0 of {n_iter} step{'s' * (n_iter != 1)}"
