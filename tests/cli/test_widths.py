"""Everything that is shown on a terminal fits it, whatever it says."""

import re

import pytest

from adamcli.cli.app import COMMANDS
from adamcli.config.load import parse_config
from adamcli.experiment import run_config
from adamcli.widths import columns
from tests.conftest import ROOT, on_a_terminal

CONFIGS = ROOT / "configs"

ARRAYS = """\
objective: sum((m - 3)**2) + sum((q + 1)**2) + (a - 1)**2
bounds: {m: {shape: 5, low: -5, high: 5}, q: {shape: [2, 3], low: -5, high: 5}, a: [-2, 2]}
seed: 1
n_iter: 20
alpha: 0.5
"""

LONG = """\
objective: sum((a_rather_long_name_of_a_variable - 3)**2)
bounds: {a_rather_long_name_of_a_variable: {shape: 5, low: -5, high: 5}}
seed: 1
n_iter: 5
"""

LINES = {
    "run": "run {arrays} --every 5 --fields alpha,gradient_norm",
    "epochs": "run {configs}/digits.yaml --set epochs=2 --plot",
    "article": "run {configs}/article.yaml --every 20",
    "fitted": "run {configs}/fit.yaml --every 50",
    "solve": "solve {arrays}",
    "coordinates": "solve eggholder --rounds 1",
    "fit": "solve {configs}/fit.yaml --profile",
    "check": "check {arrays}",
    "runs": "sweep {arrays} -p alpha=0.1,0.2 -p beta1=0.5,0.9 -p beta2=0.9,0.99 -p eps=1e-8,1e-6",
    "settings": "sweep {configs}/digits.yaml --set epochs=1 -p alpha=0.01,0.02 -p seed=1..2",
    "plan": "sweep {arrays} -p alpha=log(1e-4,1e-1,20) --dry-run",
    "functions": "functions",
    "function": "functions hartmann_6",
    "long names": "run {long}",
    "long minima": "solve {long} --rounds 1",
    "closing": "run {arrays} --format none",
    "plot": "plot {configs}/article.yaml",
    "caret": "run -e sum((m-3)**2)+sum((q+1)**2)+(a-1)^2+1234567890*sin(a)+cos(q) -b m=1,2",
    "option": "run --format nothing_of_the_kind",
    "command": "runn_of_a_name_that_is_far_too_long --format json",
    "keys": "run {arrays} --set epsilon_of_all=3",
}


def of_width(line: str, width: int, folder) -> str:
    """Return what a command line shows, as it is left on a terminal that is so wide."""
    (folder / "arrays.yaml").write_text(ARRAYS)
    (folder / "long.yaml").write_text(LONG)
    named = {"configs": CONFIGS, "arrays": "arrays.yaml", "long": "long.yaml"}
    arguments = line.format(**named).split()
    shown, _ = on_a_terminal(*arguments, env={"COLUMNS": str(width), "NO_COLOR": "1"})
    assert "Traceback" not in shown
    # What was drawn in place is erased from the first column on.
    lines = [line.rsplit("\r", 1)[-1] for line in shown.replace("\r\n", "\n").split("\n")]
    return "\n".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in lines)


def assert_framed(text: str) -> None:
    """Check that every frame is closed, and its lines are equally wide."""
    for frame in re.findall(r"^ *╭.*?^ *╰.*?$", text, re.DOTALL | re.MULTILINE):
        widths = {columns(line) for line in frame.split("\n")}
        assert len(widths) == 1
        assert all(re.fullmatch("╭.*╮|├.*┤|│.*│|╰.*╯", line) for line in frame.split("\n"))


SOME = [pytest.param(width, marks=pytest.mark.slow) for width in (60, 120)]


@pytest.mark.parametrize("width", [40, 66, *SOME])
@pytest.mark.parametrize("name", LINES)
def test_what_is_shown_fits(name, width, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = of_width(LINES[name], width, tmp_path)
    # What is to be typed is not folded, as it would be copied in pieces.
    lines = text.partition("\nconfig:\n")[0].split("\n")
    # Nor is one word that is too wide.
    wide = [line for line in lines if columns(line) > width and len(line.split()) > 1]
    assert not wide
    assert_framed(text)


@pytest.mark.parametrize("width", [40, 80])
def test_a_long_name_leaves_room_for_its_number(width, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = parse_config(LONG)
    summary = of_width("run long.yaml --format none", width, tmp_path).partition("status")[2]
    for number in run_config(config).best.x:
        assert re.search(rf"a_r.*\[\d\]  {re.escape(f'{number:.10g}')}\s*$", summary, re.MULTILINE)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_fits(command, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "")
    for width in (40, 51, 60):
        text = of_width(f"{command} --help", width, tmp_path)
        assert max(map(columns, text.split("\n"))) <= width
        assert "Usage: " in text
