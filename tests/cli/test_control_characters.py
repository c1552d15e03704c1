"""What stands in a file never controls the terminal: neither in a message nor in a table."""

import sqlite3
from contextlib import closing

import pytest

from tests.conftest import on_a_terminal

RED, CSI = "\x1b[31m", "\x9b31m"
"""Two ways to turn a terminal red: by ESC, and by a single character of C1."""

FILES = {
    "c.yaml": 'objective: x\nbounds: {x: [0, 1]}\nconstants: {"c\\e[31m": 1}\n"k\\e[2J": 3\n',
    "e.yaml": 'objective: x\nbounds: {x: [0, 1]}\nexpect: "best.score < \\e[31m"\n',
    "x.yaml": f"objective: x{RED}\nbounds: {{x: [0, 1]}}\n",
    "p.csv": f"seed,al{RED}pha\n1,2\n",
    "q.csv": f"seed,alpha\n1,{RED}z\n",
    "quoted.csv": f'seed,alpha\n1,"[{RED}"\n',
    "d.csv": f"x,y{CSI}\n1,2\n",
    "e.csv": f"x,y\n1,{RED}2\n",
    "f.csv": f"x{RED},x{RED}\n1,2\n",
    "g.csv": f"x,y,z{RED}\n1,2,{CSI}\n2,3,4\n",
    "rows.csv": f"index,seed,{RED},best.score\n0,1,{RED},2\n",
    "rows.jsonl": f'{{"index": 0, "{CSI}": 1}}\n',
    "sphere.yaml": "objective: x**2\nbounds: {x: [-1, 1]}\n",
    "m.yaml": "model: y ~ a*x\ndata: good.csv\nbounds: {a: [0, 1]}\n",
    "good.csv": "x,y\n1,2\n2,3\n",
    f"{RED}.csv": "x,y\n1,2\n2,3\n",
    f"{RED}.yaml": "objective: x**2\nbounds: {x: [-1, 1]}\n",
    f"{RED}{CSI}.db": "no store",
}

MODEL = ["--model", "y ~ a*x", "-b", "a=0,1"]
TWO = ["-p", 'data="\\e[31m.csv",good.csv']

COMMANDS = [
    ["run", "c.yaml"],
    ["check", "c.yaml"],
    ["run", "e.yaml"],
    ["run", "x.yaml"],
    ["sweep", "sphere.yaml", "--plan", "p.csv"],
    ["sweep", "sphere.yaml", "--plan", "q.csv"],
    ["sweep", "sphere.yaml", "--plan", "quoted.csv"],
    *(["run", *MODEL, "--data", name] for name in ("d.csv", "e.csv", "f.csv", "g.csv")),
    ["run", f"no{RED}.yaml"],
    ["run", "sphere.yaml", "-o", f"{RED}/x.csv"],
    ["run", "sphere.yaml", "--set", f"{RED}=3"],
    ["run", "sphere.yaml", "--data", f"{CSI}.csv"],
    ["functions", RED],
    ["merge", f"{RED}{CSI}.db", "-o", "x.db"],
    ["plot", f"{RED}{CSI}.db"],
    ["plot", "rows.csv", "--kind", "slices"],
    ["plot", "rows.jsonl"],
    ["plot", f"{RED}.yaml"],
    ["solve", "m.yaml", "--predict", "x.csv", "--at", "d.csv"],
    ["sweep", "m.yaml", *TWO],
    ["sweep", "m.yaml", *TWO, "--dry-run"],
    ["sweep", "m.yaml", *TWO, "-p", "seed=0,1"],
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: ascii(" ".join(command)))
def test_control_characters_of_files_never_reach_the_terminal(folder, cli, command) -> None:
    ended = cli(*command)
    assert ended.code in (0, 2, 4)
    assert ended.stdout + ended.stderr
    assert controls(ended.stdout + ended.stderr) == []


def test_the_columns_of_a_store_are_shown_without_them(folder, cli) -> None:
    made = cli("sweep", "m.yaml", *TWO, "-p", "constants.k=1,2", "--store", "s.db", "-q")
    assert made.code == 0, made.stderr
    merged = cli("merge", "s.db", "-o", "all.db")
    assert merged.code == 0
    assert "[31m.csv" in merged.stdout
    assert controls(merged.stdout) == []
    with closing(sqlite3.connect("s.db")) as db:
        db.execute(f'ALTER TABLE runs RENAME COLUMN "best.score" TO "{RED}"')
        db.commit()
    refused = cli("merge", "s.db", "-o", "other.db")
    assert refused.code == 4
    assert controls(refused.stdout + refused.stderr) == []


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "jsonl"])
def test_a_terminal_shows_data_without_them(folder, form) -> None:
    shown, code = on_a_terminal("sweep", "m.yaml", *TWO, "--format", form, env={"NO_COLOR": "1"})
    assert code == 0
    assert "[31m.csv" in shown
    lines = [line for line in shown.splitlines() if "[31m.csv" in line]
    assert lines
    assert controls("\n".join(lines).replace("\t", "")) == []


def controls(text: str) -> list[str]:
    """Return the characters that could control a terminal; a new line cannot."""
    return [c for c in text if c != "\n" and not c.isprintable()]
