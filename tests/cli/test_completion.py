"""What shells complete, asked as their scripts ask it, and by the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

import adamcli.cli.shells
from adamcli.cli.app import COMMANDS
from adamcli.config.checking import checked
from adamcli.config.choices import CHOICES, words_of
from adamcli.config.keys import KEYS
from adamcli.config.load import read_config
from adamcli.config.standard import names
from adamcli.diagnostics import ConfigError
from tests.conftest import QUIET_ENVIRONMENT

CODE = "import sys; from adamcli.__main__ import main; sys.argv[0] = 'adamcli'; main()"

CONFIG = """\
objective: (α - 1)**2 + W**2
bounds: {α: [-1, 2], W: {low: 0, high: 1}}
alpha: {α: 1, W: 2}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with two configs, another file and a folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("rosetta.yaml", "other.yml"):
        (tmp_path / name).write_text(CONFIG, encoding="utf-8")
    (tmp_path / "rows.csv").touch()
    (tmp_path / "rose").mkdir()


def asked(**variables: str) -> str:
    """Return what a process of its own answers a shell."""
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        encoding="utf-8",
        env={**QUIET_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def bash(line: str, splits: bool = True) -> list[str]:
    """Return what bash is answered at the end of a line; it `splits` words at every `=`."""
    words = line.split(" ")
    if splits:
        words = [part for word in words for part in word.replace("=", " = ").split()] + (
            [""] if not words[-1] else []
        )
    last = len(words) - 1
    variables = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(last)}
    return asked(_ADAMCLI_COMPLETE="complete_bash", **variables).split()


BASH = {
    "adamcli ru": ["run"],
    "adamcli help me": ["merge"],
    "adamcli run ros": ["rosetta.yaml", "rose/", "rosenbrock", "rosenbrock_modified"],
    "adamcli plot ro": [
        *("rosetta.yaml", "rows.csv", "rose/"),
        *("rosenbrock", "rosenbrock_modified", "rotated_ellipse", "rotated_hyper_ellipsoid"),
    ],
    "adamcli functions himm": ["himmelblau"],
    "adamcli run other": [],
    "adamcli run rose/": [],
    "adamcli run rosenbrock --set alp": ["alpha="],
    "adamcli run other.yml --set alp": ["alpha=", "alpha.α=", "alpha.W="],
    "adamcli run other.yml --set start.": ["start.α=", "start.W="],
    "adamcli solve other.yml --set bounds.W.h": ["bounds.W.high="],
    "adamcli run -e α -b α=0,1 --set bounds.": ["bounds.α="],
    "adamcli run missing.yaml --set see": ["seed="],
    "adamcli run - --set see": ["seed="],
    "adamcli run other.yml --set method=am": ["amsgrad"],
    "adamcli run other.yml --set=direction=": ["minimize", "maximize"],
    "adamcli run other.yml --set=dire": ["direction="],
    "adamcli run other.yml --set bounds.W.init=h": ["he"],
    "adamcli run other.yml --set seed=": [],
    "adamcli run other.yml --set objective=himm": ["himmelblau"],
    "adamcli sweep other.yml -p see": ["seed="],
    "adamcli sweep other.yml -p exp": [],
    "adamcli sweep other.yml -p method=adam,ams": ["adam,amsgrad"],
    "adamcli sweep other.yml --param alpha.": ["alpha.α=", "alpha.W="],
    "adamcli sweep other.yml --fail-on d": ["diverged"],
    "adamcli sweep other.yml --sampler=s": ["sobol"],
    "adamcli run --format=js": ["jsonl", "json"],
    "adamcli run --fields alpha,gr": ["alpha,gradient_norm"],
    "adamcli run --every ": ["log"],
    "adamcli plot --kind he": ["heatmap"],
}


@pytest.mark.parametrize("line", BASH)
def test_bash_is_answered(line: str) -> None:
    assert sorted(bash(line)) == sorted(BASH[line])


def test_bash_that_does_not_split_words_gets_whole_ones() -> None:
    line = "adamcli run other.yml --set method=am"
    assert bash(line, splits=False) == ["method=amsgrad"]


def test_where_nothing_was_typed_all_functions_are_offered() -> None:
    assert {*names(), "rosetta.yaml", "other.yml"} <= {*bash("adamcli run ")}
    assert {*bash("adamcli ")} == {*COMMANDS}


def line_of(shell: str, line: str, **more: str) -> str:
    return asked(_ADAMCLI_COMPLETE=f"complete_{shell}", _TYPER_COMPLETE_ARGS=line, **more)


def test_zsh_is_answered_with_what_it_evaluates() -> None:
    assert line_of("zsh", "adamcli run rosenbrock --set alp") == "compadd -S '' -- alpha=\n"
    answer = line_of("zsh", "adamcli run other.yml --set method=am")
    assert answer == "_arguments '*: :((\"method=amsgrad\"))'\n"
    assert line_of("zsh", "adamcli run other") == "_files\n"


def test_fish_is_answered_line_by_line() -> None:
    get = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert line_of("fish", "adamcli run rosenbrock --set alp", **get) == "alpha=\n"
    lines = line_of("fish", "adamcli run other.yml --set method=ad", **get)
    assert lines.split() == ["method=adam", "method=adamax", "method=adagrad"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_script_of_bash_calls_the_program_and_reads_its_answer(tmp_path) -> None:
    program = tmp_path / "adamcli"
    program.write_text(f"#!{sys.executable}\n{CODE.replace('; ', chr(10))}\n", encoding="utf-8")
    program.chmod(0o755)
    script = """
        compopt() { echo compopt "$@"; }
        source <(adamcli --show-completion bash)
        COMP_WORDS=(adamcli run rosenbrock --set alp) COMP_CWORD=4
        _adamcli_completion adamcli; printf '%s\\n' "${COMPREPLY[@]}"
        COMP_WORDS=(adamcli run rosenbrock --set method = am) COMP_CWORD=6
        _adamcli_completion adamcli; printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        encoding="utf-8",
        env={**QUIET_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.split("\n") == ["compopt -o nospace", "alpha=", "amsgrad", ""]


DATA = "{X: {file: r.csv, columns: a}}"

BASES = [
    "objective: x**2\nbounds: {x: {low: 1, high: 2}}\n",
    "objective: sum(x**2)\nbounds: {x: {shape: [2, 2], init: he}}\n",
    "objective: {python: f.py:g}\nbounds: {x: [1, 2]}\n",
    f"objective: sum(X)\nbounds: {{x: [0, 1]}}\nbatches: {{rows: X}}\ndata: {DATA}\n",
    "model: y ~ x*t\nbounds: {x: [0, 9]}\ndata: {t: [1, 2], y: [2, 3]}\n",
    "sweep: {seed: [0, 1]}\nobjective: x\nbounds: {x: [0, 1]}\n",
    "n_iter: 9\n",
]


@pytest.mark.parametrize("key", CHOICES)
def test_every_word_that_is_offered_is_one_that_some_config_takes(key: str, tmp_path) -> None:
    (tmp_path / "r.csv").write_text("a,b\n1,2\n2,3\n", encoding="utf-8")
    typed = key.replace("*", {"bounds": "x", "data": "X"}.get(key.partition(".")[0], ""))
    for word in words_of(typed):
        assert any(suits(base, f"{typed}={word}") for base in BASES)
        assert not any(suits(base, f"{typed}={word}_") for base in BASES)


def suits(text: str, override: str) -> bool:
    """Return whether a config is right with a key set."""
    try:
        checked(read_config(text, "c", [override]))
    except ConfigError:
        return False
    return True


def test_only_keys_of_the_config_have_words() -> None:
    assert {key.partition(".")[0] for key in CHOICES} <= {*KEYS}


def test_the_script_of_typer_is_the_one_that_is_replaced() -> None:
    shared = adamcli.cli.shells.shared
    adamcli.cli.shells.install()
    assert shared._completion_scripts["bash"] == adamcli.cli.shells.SCRIPT
