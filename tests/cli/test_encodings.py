"""Names of files that are any bytes, and streams whose encoding lacks a character of a text."""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.conftest import QUIET_ENVIRONMENT, on_a_terminal

MODEL = "model: y ~ a*t\ndata: {}\nbounds: {{a: [0, 9]}}\nn_iter: 3\n"
ROWS = "t,y\n1,2\n2,3\n3,5\n"

ODD = "\udcff"
"""How Python holds the byte 255 of a name that is not UTF-8."""

ASCII = {"PYTHONIOENCODING": "ascii"}
LATIN = {"PYTHONIOENCODING": "latin-1"}
POSIX = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def shell(tmp_path):
    """Return a function that runs a command in a folder, and returns bytes and the exit code."""
    for name, text in {
        "m.yaml": MODEL.format("b.csv"),
        "u.yaml": MODEL.format("ü.csv"),
        "b.csv": ROWS,
        "ü.csv": ROWS,
        "two.yaml": MODEL.format("b.csv") + "sweep: {data: [ü.csv, b.csv]}\n",
        f"c{ODD}.yaml": MODEL.format("b.csv"),
        f"d{ODD}.csv": ROWS,
        f"p{ODD}.csv": "seed\n1\n2\n",
    }.items():
        (tmp_path / name).write_text(text)

    def run(*arguments: str, **env: str) -> tuple[int, bytes, str]:
        command = [sys.executable, "-m", "adamcli", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, env={**QUIET_ENVIRONMENT, **env}, timeout=60
        )
        return done.returncode, done.stdout, done.stderr.decode()

    return run


@pytest.mark.parametrize(
    "name", [f"o{ODD}{end}" for end in (".csv", ".json", ".parquet", ".db", ".svg", ".html")]
)
def test_outputs_and_configs_may_have_any_name(shell, tmp_path, name) -> None:
    code, shown, said = shell("sweep", f"c{ODD}.yaml", "-p", "seed=0,1", "-q", "-o", name)
    assert (code, shown, said) == (0, b"", "")
    assert (tmp_path / name).stat().st_size > 0
    assert not [entry for entry in os.listdir(tmp_path) if "part" in entry or "lock" in entry]


def test_stores_and_plans_may_have_any_name(shell, tmp_path) -> None:
    store, config = f"s{ODD}.db", f"c{ODD}.yaml"
    command = ("sweep", config, "--plan", f"p{ODD}.csv", "--store", store)
    saved = ("--save-plan", f"q{ODD}.csv", "--save-best", f"best{ODD}.yaml")
    assert shell(*command, *saved, "-q") == (0, b"", "")
    with closing(sqlite3.connect(os.fsencode(tmp_path / store))) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    assert (tmp_path / f"q{ODD}.csv").read_text() == "seed\n1\n2\n"
    assert shell("run", f"best{ODD}.yaml", "-q")[0] == 0
    for name in (f"r{ODD}.csv", f"r{ODD}.parquet"):
        assert shell("merge", store, "-o", name, "-q") == (0, b"", "")
        assert shell("plot", name, "-o", f"{name}.html") == (0, b"", "")


def test_data_may_have_any_name(shell, tmp_path) -> None:
    odd = shell("run", "m.yaml", "--data", f"d{ODD}.csv", "--format", "csv")
    assert odd == shell("run", "m.yaml", "--format", "csv")
    assert odd[0] == 0
    page = shell("run", "m.yaml", "--data", f"d{ODD}.csv", "-o", "p.html", "-q")
    assert page == (0, b"", "")
    assert r"d\xff.csv: YAML cannot hold this name" in (tmp_path / "p.html").read_text()


@pytest.mark.parametrize(
    ("command", "file", "code"),
    [
        ("run x{}.yaml", r"x\xff.yaml: cannot be read", 4),
        ("run m.yaml -o {}/x.csv", r"\xff/x.csv: cannot be written", 4),
        ("sweep m.yaml -p seed=0,1 --store {}/x.db", r"\xff/x.db: cannot be written", 4),
        ("run m.yaml --data x{}.csv", r"data: x\xff.csv: No such file", 2),
        ("run m.yaml --set data=d{}.csv", r"d\xff.csv", 2),
        ("sweep m.yaml -p data=d{}.csv,b.csv", r"d\xff.csv", 2),
        # What cannot be written is said before the search.
        ("solve m.yaml --data d{}.csv --save-best s.yaml", r"d\xff.csv: YAML cannot hold", 2),
        ("check m.yaml --data d{}.csv --write s.yaml", r"d\xff.csv: YAML cannot hold", 2),
        ("run m.yaml --data d{}.csv --print-config", r"d\xff.csv: YAML cannot hold", 2),
    ],
)
def test_messages_show_such_names_escaped(shell, tmp_path, command, file, code) -> None:
    ended, shown, said = shell(*command.format(ODD).split(" "))
    assert (ended, shown) == (code, b"")
    assert file in said
    assert not (tmp_path / "s.yaml").exists()


DATA = ["--format csv", "--format tsv", "--save-plan -", "-o x.csv --format csv"]


@pytest.mark.parametrize("options", DATA)
def test_data_that_an_encoding_cannot_hold_are_an_error_before_any_work(
    shell, tmp_path, options
) -> None:
    before = os.listdir(tmp_path)
    code, shown, said = shell("sweep", "two.yaml", "-q", *options.split(), **ASCII)
    assert (code, shown) == (2, b"")
    assert said.splitlines() == [
        r"the encoding ascii of standard output does not have `\xfc`",
        "  export PYTHONIOENCODING=utf-8",
    ]
    assert os.listdir(tmp_path) == before
    assert shell("sweep", "two.yaml", "-q", *options.split(), PYTHONIOENCODING="utf-8")[0] == 0


def test_data_are_written_in_the_encoding_that_can_hold_them(shell) -> None:
    code, shown, _ = shell("sweep", "two.yaml", "--format", "csv", "-q", **LATIN)
    rows = list(csv.DictReader(io.StringIO(shown.decode("latin-1"))))
    assert (code, [row["data"] for row in rows]) == (0, ["ü.csv", "b.csv"])
    code, shown, _ = shell("sweep", "two.yaml", "--format", "jsonl", "-q", **LATIN)
    found = [
        json.loads(line)["parameters"]["data"] for line in shown.decode("latin-1").split("\n")[:-1]
    ]
    assert (code, found) == (0, ["ü.csv", "b.csv"])


GREEK = """\
objective: |
  (α - 1)**2 + β**2  # 𝄞 ü
bounds: {α: [-3, 3], β: [-1, 1]}
start: {α: 0.5, β: 0.5}
n_iter: 4
"""
JSON = {
    "run g.yaml -q --format jsonl": ASCII,
    "run g.yaml -q --format json": LATIN,
    "solve g.yaml --starts 2 --rounds 1 --format jsonl": LATIN,
    "solve g.yaml --starts 2 --rounds 1 --format json": ASCII,
    "sweep g.yaml -p start.α=0,1 -j 2 --format jsonl -o x.jsonl": ASCII,
    "sweep g.yaml -p start.α=0,1 --format json": ASCII,
    "check g.yaml --no-probe --format json": ASCII,
    "predict g.yaml --show α+β --format jsonl": ASCII,
    "functions --format json": ASCII,
}


@pytest.mark.parametrize("command", JSON)
def test_json_has_escapes_for_what_an_encoding_lacks(shell, tmp_path, command) -> None:
    (tmp_path / "g.yaml").write_text(GREEK, encoding="utf-8")
    words, env = command.split(), JSON[command]
    code, wide, said = shell(*words, PYTHONIOENCODING="utf-8")
    assert code == 0, said
    found = shell(*words, **env)
    assert (found[0], found[2]) == (0, said)
    shown = found[1].decode(env["PYTHONIOENCODING"])

    def read(text: str) -> list[object]:
        lines = text.splitlines() if "jsonl" in command else [text]
        return [json.loads(re.sub(r'(seconds": |"version": ).*', r"\1 0,", line)) for line in lines]

    assert read(shown) == read(wide.decode())
    if "g.yaml" in command:
        assert "\\u03" in shown
    if "-o" in words:
        assert (tmp_path / "x.jsonl").read_bytes() == wide


def test_json_at_a_terminal_has_them_too(tmp_path) -> None:
    (tmp_path / "g.yaml").write_text(GREEK, encoding="utf-8")
    env = {**ASCII, "NO_COLOR": "1"}
    shown, code = on_a_terminal("run", str(tmp_path / "g.yaml"), "--format", "jsonl", env=env)
    assert code == 0
    assert [*json.loads(shown.splitlines()[0])["x"]] == ["α", "β"]


PEOPLE = {
    "sweep two.yaml": b"data=\\xfc.csv",
    "sweep two.yaml --dry-run": b"data: 2 values: \\xfc.csv, b.csv",
    "solve m.yaml": b"R\\xb2 0.9",
    "plot m.yaml --kind fit": b"+--",
    "check m.yaml": b"result: passed",
    "functions rastrigin": b"rastrigin",
    "functions": b"rastrigin",
    "run --help": b"Usage",
    "run m.yaml": b"f([4.93632156]) = 152.070996",
}


@pytest.mark.parametrize("command", PEOPLE)
def test_text_for_people_is_escaped(shell, command) -> None:
    code, shown, said = shell(*command.split(), **ASCII)
    assert code == 0, said
    assert PEOPLE[command] in shown
    assert shown.isascii()


@pytest.mark.parametrize("command", ["run u.yaml", "sweep two.yaml -o x.csv", "plot u.yaml"])
def test_names_that_the_system_cannot_encode_say_what_to_type(shell, tmp_path, command) -> None:
    code, shown, said = shell(*command.split(), **POSIX)
    assert (code, shown) == (2, b"")
    assert "the encoding ascii does not have `\\xfc`" in said
    assert said.endswith("  export PYTHONUTF8=1\n")
    assert not (tmp_path / "x.csv").exists()


NAMED = [
    "run g.yaml --set bounds.α=[-1,1]",
    "run g.yaml --expect best.x.β<1",
    "run g.yaml --stop score<α",
    "run -e (α-1)**2 -b α=-1,1",
    "sweep g.yaml -p start.α=0,1",
    "sweep g.yaml -p start.α=0,1 --expect best.x.β<1",
    "predict g.yaml --show α+β",
    "plot g.yaml --x α",
]


@pytest.mark.parametrize("command", NAMED)
def test_names_and_formulas_on_the_command_line_are_utf_8(shell, tmp_path, command) -> None:
    (tmp_path / "g.yaml").write_text(GREEK, encoding="utf-8")
    words = [*command.split(), *(() if command.startswith(("predict", "plot")) else ("-q",))]
    found, usual = shell(*words, **POSIX), shell(*words, PYTHONIOENCODING="ascii")
    assert found == usual
    assert (usual[0] == 0) is ("stop" not in command)


def test_names_on_the_command_line_are_found_whatever_the_locale(shell, tmp_path) -> None:
    command = ("sweep", "m.yaml", "-p", "seed=0,1", "--store", "ö.db", "-o", "ö.csv")
    assert shell(*command, "--data", "ü.csv", "-q", **POSIX) == (0, b"", "")
    assert {"ö.db", "ö.csv"} <= set(os.listdir(tmp_path))


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_terminal_gets_escapes_and_frames_in_ascii(shell, tmp_path, form) -> None:
    env = {**ASCII, "NO_COLOR": "1"}
    shown, code = on_a_terminal("sweep", str(tmp_path / "two.yaml"), "--format", form, env=env)
    assert code == 0
    assert shown.isascii()
    assert "\\xfc.csv" in shown
    framed = [line.rstrip() for line in shown.splitlines() if line.startswith(("|", "+"))]
    assert len({len(line) for line in framed}) == (1 if form == "table" else 0)
