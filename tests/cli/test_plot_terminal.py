"""Pictures on a terminal, below a summary, and without matplotlib; what they import."""

import os
import subprocess
import sys

import pytest

from tests.conftest import QUIET_ENVIRONMENT, ROOT, left_on_screen, on_a_terminal

FIT = str(ROOT / "configs" / "fit.yaml")
COMMAND = [sys.executable, "-m", "adamcli"]
ENDLESS = ["--set", "n_iter=1e12"]
NO_MATPLOTLIB = """
import importlib.machinery
import sys

real = importlib.machinery.PathFinder.find_spec


def find_spec(name, path=None, target=None):
    return None if name.split(".")[0] == "matplotlib" else real(name, path, target)


importlib.machinery.PathFinder.find_spec = staticmethod(find_spec)
"""


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 10), (200, 60)])
def test_the_picture_fits_the_window(article, columns, lines) -> None:
    window = {"COLUMNS": str(columns), "LINES": str(lines)}
    shown, code = on_a_terminal("plot", article, env=window)
    assert code == 0
    screen = left_on_screen(shown.replace("\r\n", "\n"))
    drawn = [line for line in screen if line]
    assert max(map(len, drawn)) <= columns
    # One line is left for the prompt.
    assert lines // 2 < len(drawn) < lines


def test_a_terminal_gets_colours_and_a_pipe_none(article, cli) -> None:
    shown, _ = on_a_terminal("plot", article)
    assert "\x1b[38;5;" in shown
    assert "\x1b" not in cli("plot", article).stdout


@pytest.mark.parametrize(
    ("env", "ascii_only"),
    [
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, True),
        ({"PYTHONIOENCODING": "ascii"}, True),
    ],
)
def test_what_a_terminal_cannot_show_is_not_sent(article, env, ascii_only) -> None:
    shown, code = on_a_terminal("plot", article, env=env)
    assert code == 0
    assert shown.isascii() == ascii_only
    if "PYTHONIOENCODING" not in env:
        assert "\x1b" not in shown


def test_below_the_summary_the_scores_are_drawn_on_standard_error(cli, article) -> None:
    plain = cli("run", article)
    for options in ([], ["-q", "--format", "lines"]):
        ended = cli("run", article, "--plot", *options)
        assert (ended.stdout, ended.code) == (plain.stdout, 0)
        assert "best so far" in ended.stderr
        assert len(ended.stderr.splitlines()) <= 18
    assert cli("run", article, "--plot", "-q").stdout == ""


@pytest.mark.parametrize("command", ["run", "solve"])
def test_below_the_result_of_a_fit_it_is_drawn(cli, command) -> None:
    ended = cli(command, FIT, "--plot", "-q", "--set", "expect=[]")
    assert "95% confidence" in ended.stderr
    assert ended.stdout == ""


def test_a_run_with_nothing_to_draw_says_so_and_ends_as_without(cli, article) -> None:
    failing = ["run", "-e", "sqrt(x - 10)", "-b", "x=-1,1", "-q"]
    plain, drawn = cli(*failing), cli(*failing, "--plot")
    assert drawn.code == plain.code == 3
    assert drawn.stderr == plain.stderr + "sqrt(x - 10): there is nothing to draw\n"
    ended = cli("run", article, "--set", "n_iter=0", "-q", "--plot")
    assert ended == ("", f"{article}: there is nothing to draw\n", 0)


def test_a_picture_that_nobody_sees_is_no_error(article) -> None:
    for closed in ("2>/dev/full", "2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, "run", article, "--plot"],
            stdout=subprocess.PIPE,
            env={**QUIET_ENVIRONMENT, "PYTHONUNBUFFERED": "1"},
            check=False,
        )
        assert done.returncode == 0
        assert done.stdout.splitlines()[-2:-1] == [b"Done!"]


# What is imported.


def without_matplotlib(*arguments: str, cwd) -> tuple[int, str, str]:
    code = f"{NO_MATPLOTLIB}\nsys.argv = ['adamcli', *{list(arguments)!r}]\n"
    code += "from adamcli.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**QUIET_ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", [["run"], ["plot"], ["solve"], ["sweep", "-p", "seed=0..3"]])
def test_without_matplotlib_the_command_that_installs_it_is_named(
    article, tmp_path, command
) -> None:
    ended = without_matplotlib(*command, article, *ENDLESS, "-o", "a.png", cwd=tmp_path)
    needs = "-o a.png: needs the package matplotlib\n  pip install 'adamcli[plot]'\n"
    assert ended == (2, "", needs)
    assert os.listdir(tmp_path) == []


def test_without_matplotlib_pages_and_terminals_are_drawn(article, tmp_path) -> None:
    code, stdout, stderr = without_matplotlib("plot", article, cwd=tmp_path)
    assert (code, stderr) == (0, "")
    assert "60 steps of adam" in stdout
    assert without_matplotlib("run", article, "-q", "-o", "a.html", cwd=tmp_path)[0] == 0
    assert (tmp_path / "a.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["run", "ARTICLE", "-q"], ("matplotlib", "adamcli.pictures", "adamcli.plotting")),
        (["plot", "--help"], ("matplotlib", "numpy", "adamcli.pictures", "adamcli.plotting")),
        (["--help"], ("matplotlib", "numpy", "adamcli.pictures", "adamcli.plotting")),
        (["plot", "ARTICLE"], ("matplotlib", "PIL", "pyarrow")),
        (["run", "ARTICLE", "-q", "--plot"], ("matplotlib", "PIL")),
        (["plot", "ARTICLE", "-o", "PAGE"], ("matplotlib", "PIL")),
    ],
)
def test_only_what_is_needed_is_imported(article, tmp_path, arguments, absent) -> None:
    paths = {"ARTICLE": article, "PAGE": str(tmp_path / "page.html")}
    words = [paths.get(word, word) for word in arguments]
    code = (
        f"import sys\nsys.argv = ['adamcli', *{words!r}]\n"
        "from adamcli.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"sys.exit(','.join(name for name in {absent!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=QUIET_ENVIRONMENT,
        check=False,
    )
    assert os.path.exists(paths["PAGE"]) == ("PAGE" in arguments)
    last = done.stderr.splitlines()[-1:] or [""]
    assert not {*last[0].split(",")} & {*absent}


@pytest.mark.parametrize("command", ["plot", "run", "solve", "sweep"])
def test_the_help_fits_eighty_columns(cli, command) -> None:
    ended = cli(command, "--help", env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert ended.code == 0
    assert max(map(len, ended.stdout.splitlines())) <= 80
    for form in ("png", "svg", "pdf", "gif", "webp", "html"):
        assert f".{form}" in ended.stdout


def test_the_help_names_every_kind(cli) -> None:
    from adamcli.pictures.kinds import KINDS

    shown = " ".join(cli("plot", "--help").stdout.split())
    assert all(kind in shown for kind in KINDS)


def test_a_shell_completes_the_kinds() -> None:
    words = "adamcli plot --kind s"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'adamcli'\nfrom adamcli.__main__ import main; main()",
        ],
        capture_output=True,
        encoding="utf-8",
        env={
            **QUIET_ENVIRONMENT,
            "_ADAMCLI_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": "3",
        },
        check=False,
    )
    assert set(done.stdout.split()) == {"score", "state", "slices"}
