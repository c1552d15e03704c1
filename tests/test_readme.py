"""The README is true: its commands give its outputs, its tables name what exists."""

import re
import subprocess
import sys

import pytest

from adamcli.config.load import KEYS
from adamcli.errors import ExitCode
from adamcli.objective.functions import ALIASES, ARITY
from tests.conftest import QUIET_ENVIRONMENT, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKS = ("make run", "make test")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def sessions() -> list[list[tuple[str, str]]]:
    """Return, for every console block, its commands with their outputs."""
    found = []
    for block in blocks("console"):
        parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
        found.append(list(zip(parts[::2], parts[1::2], strict=True)))
    return found


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session[0][0])
def test_commands_print_what_the_readme_says(session, tmp_path) -> None:
    commands = [command for command, _ in session]
    if set(commands) <= set(CHECKS):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for command in commands:
            assert f"\n{command.removeprefix('make ')}:" in makefile
        return
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    script = f'adamcli() {{ "{sys.executable}" -m adamcli "$@"; }}\n' + "\n".join(commands)
    done = subprocess.run(
        ["bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=QUIET_ENVIRONMENT,
        timeout=120,
        check=False,
    )
    assert done.stdout == "".join(output for _, output in session)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_print_what_their_comments_say(code) -> None:
    expected = "".join(re.findall(r"^# (.*\n)", code, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == expected


def test_the_configs_shown_are_the_files() -> None:
    assert blocks("yaml")[0] == (ROOT / "configs" / "article.yaml").read_text(encoding="utf-8")


def test_every_key_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", README, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(KEYS) == named - {"true"}


def test_every_function_is_listed() -> None:
    section = README.split("## The formula language")[1].split("## Output")[0]
    for name in set(ARITY) - set(ALIASES):
        assert re.search(rf"\b{name}\b", section), name


def test_every_exit_code_is_listed() -> None:
    section = README.split("| exit code | means |")[1].split("\n\n")[0]
    codes = {int(code) for code in re.findall(r"\b\d+\b", section)}
    assert codes == {int(code) for code in ExitCode}
