"""The documentation is true: its commands give its outputs, its tables name what exists."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import adamcli
from adamcli.cli.app import COMMANDS, app
from adamcli.config.keys import KEYS
from adamcli.config.load import parse_config
from adamcli.config.sweep import OPTIONS
from adamcli.errors import ExitCode
from adamcli.objective.functions import ALIASES, ARITY
from adamcli.objective.losses import RHO
from adamcli.pictures.kinds import KINDS
from adamcli.report.prediction_report import COLUMNS
from adamcli.solving import SolveOptions
from tests.conftest import QUIET_ENVIRONMENT, ROOT, left_on_screen, on_a_terminal
from tests.pictures.gallery import scenes

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
}

ARTICLE = "configs/article.yaml"

BASE = {"objective": "x**2 + y**2", "bounds": "{x: [-1, 1], y: [-1, 1]}"}
"""What a snippet of a config stands for if it has no objective of its own."""


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the code blocks of a language, each with the page it is on."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    return [(page, code) for page, text in PAGES.items() for code in pattern.findall(text)]


def sessions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every console block: its page, and its commands with their outputs."""
    found = []
    for page, block in blocks("console"):
        parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
        found.append((page, list(zip(parts[::2], parts[1::2], strict=True))))
    return found


def first_cells(page: str, title: str) -> set[str]:
    """Return the code in the first column of the tables of a page that begin with `title`."""
    head = rf"^\| {re.escape(title)} \|.*\n\|[-| ]+\|\n"
    tables = re.findall(rf"{head}((?:\|.*\n)+)", PAGES[page], re.MULTILINE)
    cells = [row.split(" | ")[0] for table in tables for row in table.splitlines()]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def options_of(command: str) -> dict[str, list[str]]:
    """Return the long options of a command, each with the words it takes, if it takes words."""
    group = typer.main.get_command(app)
    found = {}
    for parameter in group.commands.get(command).params:
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("--"):
                words = re.findall(r"\w+", parameter.metavar or "")
                is_choice = (parameter.metavar or "").startswith("[")
                found[name] = words if is_choice else list(getattr(parameter.type, "choices", ()))
    return found


def fits(printed: str, shown: str) -> bool:
    """Return whether an output is the one that is shown, where `...` stands for anything."""
    return bool(re.fullmatch(re.escape(shown).replace(r"\.\.\.", ".*"), printed, re.DOTALL))


def run_in_shell(commands: list[str], folder: Path) -> str:
    """Return what the commands print, in a folder in which `configs` is that of the repository."""
    (folder / "configs").symlink_to(ROOT / "configs")
    python = f'python() {{ "{sys.executable}" "$@"; }}'
    script = "\n".join([python, 'adamcli() { python -m adamcli "$@"; }', *commands])
    done = subprocess.run(
        ["bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=QUIET_ENVIRONMENT,
        timeout=120,
        check=False,
    )
    return done.stdout


SESSIONS = sessions()


@pytest.mark.parametrize(
    ("page", "session"), SESSIONS, ids=[f"{page}: {session[0][0]}" for page, session in SESSIONS]
)
def test_commands_print_what_the_page_shows(page, session, tmp_path) -> None:
    commands, shown = [command for command, _ in session], "".join(text for _, text in session)
    if all(command.startswith("make ") for command in commands):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for command in commands:
            assert f"\n{command.split()[1]}:" in makefile
        return
    printed = run_in_shell(commands, tmp_path)
    if not fits(printed, shown):
        assert printed == shown


@pytest.mark.parametrize(("page", "block"), blocks("terminal"))
def test_a_terminal_shows_what_the_page_shows(page, block, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    command, shown = block.removeprefix("$ adamcli ").split("\n", 1)
    printed, code = on_a_terminal(*shlex.split(command), env={"NO_COLOR": "1"})
    # On a busy machine progress is drawn, and erased.
    lines = "".join(f"{line.rstrip()}\n" for line in left_on_screen(printed)[:-1])
    assert code == 0
    if not fits(lines, shown):
        assert lines == shown


def test_three_dots_stand_for_anything_and_all_else_for_itself() -> None:
    assert fits("a\nb\nc 12\n", "a\n...c 1...\n")
    assert not fits("a\nb\n", "a\n")
    assert not fits("axb\n", "a.b\n")
    assert not fits("a\nb\nd\n", "a\n...c\n")


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_examples_print_what_their_comments_say(page, code) -> None:
    expected = "".join(re.findall(r"^# (.*\n)", code, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=ROOT,
    )
    assert expected
    assert done.stdout == expected


def test_the_configs_shown_are_the_files() -> None:
    named = re.compile(r"`(configs/\w+\.yaml)`:\n\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    found = [pair for text in PAGES.values() for pair in named.findall(text)]
    assert {ARTICLE, "configs/fit.yaml"} <= {name for name, _ in found}
    for name, code in found:
        assert code == (ROOT / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize(("page", "code"), blocks("yaml"))
def test_every_snippet_of_a_config_is_accepted(page, code) -> None:
    keys = re.findall(r"^(\w+):", code, re.MULTILINE)
    whole = not {"objective", "model"}.isdisjoint(keys)
    missing = [name for name in BASE if not whole and name not in keys]
    lines = [f"{name}: {BASE[name]}\n" for name in missing]
    config = parse_config("".join(lines) + code, folder=ROOT / "configs")
    assert {*config.given, *(["sweep"] if config.file.sweep else [])} >= set(keys)


def test_every_key_is_in_a_table() -> None:
    assert first_cells("docs/config.md", "key") == set(KEYS)


def test_every_key_of_a_sweep_is_named() -> None:
    assert {name for name in OPTIONS if f"`{name}`" in PAGES["docs/sweeps.md"]} == set(OPTIONS)


def test_every_function_is_listed() -> None:
    for name in set(ARITY) - set(ALIASES):
        assert re.search(rf"\b{name}\b", PAGES["docs/formulas.md"]), name


def test_test_functions_are_counted(process) -> None:
    count = len(json.loads(process("functions", "--format", "json").stdout))
    told = re.findall(r"(\d+) standard test functions", "\n".join(PAGES.values()))
    assert set(told) == {str(count)}


def test_every_exit_code_is_listed() -> None:
    codes = {int(code) for code in first_cells("docs/output.md", "exit code")}
    assert codes == {int(code) for code in ExitCode}


def test_every_format_is_in_its_table() -> None:
    pages = {"run": "docs/output.md", "sweep": "docs/sweeps.md", "solve": "docs/solve.md"}
    for command, page in pages.items():
        assert first_cells(page, "format") == set(options_of(command)["--format"])


@pytest.mark.parametrize(
    ("page", "title", "command"),
    [
        ("docs/output.md", "field", ("run", ARTICLE, "--format", "json")),
        ("docs/output.md", "field of `check`", ("check", ARTICLE, "--format", "json")),
        ("docs/output.md", "field of `solve`", ("solve", ARTICLE, "--format", "json")),
        ("docs/sweeps.md", "field", ("sweep", ARTICLE, "-p", "alpha=1,2", "--format", "json")),
    ],
)
def test_every_field_of_a_json_result_is_in_its_table(process, page, title, command) -> None:
    assert first_cells(page, title) == set(json.loads(process(*command).stdout))


def test_every_column_of_a_sweep_is_in_its_table(process) -> None:
    header = process("sweep", ARTICLE, "-p", "alpha=1,2", "--format", "csv").stdout.split("\n")[0]
    names = {re.sub(r"(?<=\.x\.).*", "NAME", name) for name in header.split(",")}
    assert first_cells("docs/sweeps.md", "column") == {"KEY" if n == "alpha" else n for n in names}


def test_every_column_of_a_prediction_is_in_its_table() -> None:
    assert set(COLUMNS) <= first_cells("docs/fit.md", "column")


def test_every_kind_of_picture_is_in_its_table() -> None:
    assert first_cells("docs/pictures.md", "kind") == set(KINDS)


def test_every_picture_is_made_by_a_command_of_its_page() -> None:
    shown = re.findall(r"!\[.*?\]\((?:docs/)?pictures/(.*?)\)", "\n".join(PAGES.values()))
    made = {name for _, names in scenes() for name in names}
    assert set(shown) == made == {path.name for path in (ROOT / "docs" / "pictures").iterdir()}


def test_every_loss_is_in_its_tables() -> None:
    for page in ("docs/fit.md", "docs/config.md"):
        assert {name.split("(")[0] for name in first_cells(page, "`loss`")} == set(RHO)


def test_every_option_of_solve_is_a_field_in_python() -> None:
    assert first_cells("docs/python.md", "field of `SolveOptions`") >= set(SolveOptions._fields)


def test_every_option_is_explained_and_exists() -> None:
    known = {name for command in COMMANDS for name in options_of(command)}
    prose = re.sub(r"^```.*?^```$", "", "\n".join(PAGES.values()), flags=re.DOTALL | re.MULTILINE)
    code = "\n".join(re.findall(r"`([^`\n]+)`", prose))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", code))
    assert named == known | {"--version", "--install-completion", "--show-completion"}


def test_every_public_name_is_in_the_page_on_python() -> None:
    for name in set(adamcli.__all__) - {"__version__"}:
        assert re.search(rf"\b{name}\b", PAGES["docs/python.md"]), name


def test_every_page_is_linked_from_the_readme() -> None:
    for page in set(PAGES) - {"README.md"}:
        assert f"]({page})" in PAGES["README.md"], page


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\((?!https?:)(.*?)\)", PAGES[page]):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
            assert anchor in slugs, target


def test_the_map_of_the_house_names_every_folder_and_nothing_else() -> None:
    folders = {path.parent for path in (ROOT / "adamcli").rglob("*.py")} - {ROOT / "adamcli"}
    named = re.findall(r"`([\w.]+/[\w./]*)`", PAGES["CONTRIBUTING.md"])
    assert {f"{path.relative_to(ROOT)}/" for path in folders} <= set(named)
    for name in named:
        assert (ROOT / name).exists(), name


def test_ci_runs_on_the_versions_of_python_that_the_package_names() -> None:
    package = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', package)
    assert re.findall(r'"(3\.\d+)"', workflow) == named
    assert f'requires-python = ">={named[0]}"' in package
