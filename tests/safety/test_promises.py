"""What a config, data, a plan or a store from a stranger brings about: what is promised, no more.

`docs/config.md` says it under "What a config can do". The commands run under an audit hook.
"""

import json
import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import adamcli
from tests.conftest import QUIET_ENVIRONMENT, ROOT

WATCHED = Path(__file__).parent / "watched.py"

TRACE = "trace"
"""The file that hostile code would leave."""

CODE = f"open({TRACE!r}, 'w').close()"

SPHERE = "objective: x**2\nbounds: {x: [-1, 1]}\nn_iter: 3\n"
MODEL = "model: y ~ a*x\nbounds: {a: [0, 9]}\nn_iter: 3\ndata: "


class Hostile:
    """An object whose pickle runs code."""

    def __reduce__(self):
        return exec, (CODE,)


CONFIGS = {
    "object.yaml": "objective: !!python/object/apply:os.system ['touch trace']\n",
    "module.yaml": "objective: !!python/module:antigravity x\nbounds: {x: [0, 1]}\n",
    "import.yaml": SPHERE.replace("x**2", "\"__import__('os').system('touch trace')\""),
    "class.yaml": SPHERE.replace("x**2", '"().__class__.__bases__[0].__subclasses__()"'),
    "lambda.yaml": SPHERE.replace("x**2", "\"(lambda: exec('raise'))()\""),
    "open.yaml": SPHERE.replace("x**2", "\"open('trace', 'w')\""),
    "format.yaml": SPHERE.replace("x**2", "\"f'{open(1)}'\""),
    "python.yaml": SPHERE.replace("x**2", "{python: evil.py:f}"),
    "outside.yaml": SPHERE.replace("x**2", "{python: ../evil.py:f}"),
    "gradient.yaml": SPHERE + "gradient: {python: evil.py:f}\n",
    "schedule.yaml": SPHERE + "alpha: \"exec('raise')\"\n",
    "expect.yaml": SPHERE + "expect: \"exec('raise') < 1\"\n",
    "stop.yaml": SPHERE + "stop: {score: \"exec('raise')\"}\n",
    "sweep.yaml": SPHERE + "sweep: {objective: [x, {python: evil.py:f}]}\n",
    "constant.yaml": SPHERE + "constants: {k: \"exec('raise')\"}\n",
    "url.yaml": MODEL + "http://127.0.0.1:9/x.csv\n",
    "device.yaml": MODEL + "/dev/random.csv\n",
    "shell.yaml": MODEL + '"|touch trace.csv"\n',
}

NAMED = {
    "url.yaml": ("http:/127.0.0.1:9/x.csv",),
    "device.yaml": ("/dev/random.csv",),
    "shell.yaml": ("|touch trace.csv",),
}
"""The files that these name, of which there are none."""

DATA = ("pickle.npz", "object.npz", "formula.csv", "extension.parquet", "broken.parquet", "far.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder of hostile files, among them modules with the names of ours."""
    place = tmp_path_factory.mktemp("hostile") / "in"
    place.mkdir()
    (place.parent / "evil.py").write_text(f"{CODE}\ndef f(x): return x\n")
    (place.parent / "outside.csv").write_text("x,y\n1,2\n2,3\n")
    for name in ("evil", "yaml", "numpy", "adamcli", "rich", "pyarrow", "sitecustomize", "csv"):
        (place / f"{name}.py").write_text(f"{CODE}\ndef f(x): return x\n")
    for name, text in CONFIGS.items():
        (place / name).write_text(text)
    make_data(place)
    (place / "good.yaml").write_text(MODEL + "good.csv\n")
    (place / "good.csv").write_text("x,y\n1,2\n2,3\n")
    (place / "far.yaml").write_text(MODEL + "../outside.csv\n")
    make_plans(place)
    make_results(place)
    return place


def make_data(place: Path) -> None:
    """Write data, and a config for each file."""
    evil = pickle.dumps(Hostile())
    (place / "pickle.npz").write_bytes(evil)
    np.savez(place / "object.npz", x=np.array([Hostile(), None], dtype=object), y=[1, 2])
    (place / "formula.csv").write_text(f'x,y\n"=cmd|calc",{CODE}\n1,2\n')
    (place / "broken.parquet").write_bytes(b"PAR1" + evil + b"PAR1")
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    extension = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": evil,
    }
    fields = [pa.field("x", pa.float64(), metadata=extension), pa.field("y", pa.float64())]
    schema = pa.schema(fields, metadata={"pandas": evil, "ARROW:schema": evil})
    table = pa.Table.from_arrays([pa.array([1.0, 2.0]), pa.array([2.0, 3.0])], schema=schema)
    pq.write_table(table, place / "extension.parquet")
    os.symlink(place.parent / "outside.csv", place / "far.csv")
    for name in DATA:
        (place / f"{name}.yaml").write_text(MODEL + name + "\n")


def make_plans(place: Path) -> None:
    (place / "code.csv").write_text('objective\n"{python: evil.py:f}"\n"exec(\'raise\')"\n')
    (place / "tags.csv").write_text("seed\n\"[!!python/name:os.system '']\"\n")
    (place / "files.csv").write_text("data\n../outside.csv\nobject.npz\n")


def make_results(place: Path) -> None:
    """Write results and stores that name what they should not."""
    config = {"objective": {"python": "evil.py:f"}, "bounds": {"x": [0, 1]}}
    for name, keys in {"code": config, "text": {"objective": "exec('raise')"}}.items():
        result = {"config": keys, "config_hash": "", "versions": {}, "config_file": "evil.py"}
        (place / f"{name}.json").write_text(json.dumps(result))
    made = place.parent / "made.db"
    adamcli.sweep(str(place / "good.yaml"), {"seed": range(4)}, store=str(made))
    for name in STORES:
        store = place / f"{name}.db"
        store.write_bytes(made.read_bytes())
        with closing(sqlite3.connect(store)) as db:
            db.executescript(STORES[name])


STORES = {
    "plain": "",
    "trigger": (
        "CREATE TRIGGER evil AFTER INSERT ON blocks BEGIN DELETE FROM runs; END;"
        "CREATE TRIGGER worse AFTER INSERT ON meta BEGIN DELETE FROM runs; END;"
    ),
    "view": (
        "ALTER TABLE meta RENAME TO m; CREATE VIEW meta AS WITH RECURSIVE n(k) AS "
        "(SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k AS key, k AS value FROM n;"
    ),
    "runs": (
        "ALTER TABLE runs RENAME TO r; CREATE VIEW runs AS "
        "SELECT r.*, load_extension('./evil') FROM r;"
    ),
    "python": "UPDATE meta SET value = replace(value, 'y ~ a*x', '{python: evil.py:f}');",
    "fts": "CREATE TABLE t(x DEFAULT (writefile('trace', 'x')));",
}


def commands(folder: Path) -> list[tuple[list[str], list[str]]]:
    """Return commands, each with the files that it may open."""
    found = []
    for config in CONFIGS:
        for verb in ("run", "check", "solve", "sweep", "plot"):
            axis = ["-p", "seed=0,1"] if verb == "sweep" else []
            found.append(([verb, config, *axis], [config, *NAMED.get(config, ())]))
    for name in DATA:
        files = [f"{name}.yaml", name]
        found += [([verb, f"{name}.yaml"], files) for verb in ("run", "solve", "plot")]
    found.append((["run", "far.yaml"], ["far.yaml", "../outside.csv"]))
    plan_files = ["../outside.csv", "object.npz"]
    for plan in ("code.csv", "tags.csv", "files.csv"):
        command = ["sweep", "good.yaml", "--plan", plan]
        found.append((command, ["good.yaml", "good.csv", plan, *plan_files]))
    found += [(["plot", name], [name]) for name in ("code.json", "text.json")]
    for name in STORES:
        store = f"{name}.db"
        sweep = ["sweep", "good.yaml", "-p", "seed=0..3", "--store", store]
        found.append((sweep, ["good.yaml", "good.csv", store]))
        found.append((["merge", store, "-o", "rows.csv"], [store, "rows.csv"]))
        found.append((["merge", store, "-o", "all.db"], [store, "all.db"]))
        found.append((["plot", store], [store]))
    return [(c, [os.path.realpath(folder / name) for name in files]) for c, files in found]


def watched(folder: Path, given: list[tuple[list[str], list[str]]]) -> list[tuple[int, list[str]]]:
    """Return the exit code of each command, and what it did that is forbidden."""
    done = subprocess.run(
        [sys.executable, str(WATCHED)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=folder,
        env=QUIET_ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_hostile_inputs_bring_about_nothing_but_what_is_promised(folder) -> None:
    given, before = commands(folder), set(os.listdir(folder))
    found = watched(folder, given)
    assert len(found) == len(given)
    for (command, _), (code, forbidden) in zip(given, found, strict=True):
        assert forbidden == [], command
        assert code in (0, 2, 3, 4), command
    assert set(os.listdir(folder)) - before <= {"rows.csv", "all.db"}
    ends = {" ".join(command): code for (command, _), (code, _) in zip(given, found, strict=True)}
    assert ends["run far.yaml"] == ends["plot plain.db"] == ends["merge plain.db -o rows.csv"] == 0
    assert ends["run object.npz.yaml"] == ends["run python.yaml"] == 2


OFFENCES = {
    "exec": "exec",
    "file": "open",
    "shell": "os.system",
    "network": "socket",
    "process": "subprocess",
    "pickle": "pickle.find_class",
    "write": "open",
}


@pytest.mark.parametrize("offence", OFFENCES)
def test_a_breach_would_be_seen(folder, tmp_path, offence) -> None:
    code = {
        "exec": "exec('1')",
        "file": f"open({str(folder / 'evil.py')!r})",
        "shell": "import os; os.system('true')",
        "network": "import socket; socket.socket().close()",
        "process": "import subprocess; subprocess.run(['true'])",
        "pickle": f"import pickle; pickle.loads({pickle.dumps(len)!r})",
        "write": f"open({str(tmp_path / 'x')!r}, 'w')",
    }[offence]
    (tmp_path / "own.py").write_text(f"def f(x):\n    {code}\n    return x\n")
    (tmp_path / "own.yaml").write_text(SPHERE.replace("x**2", "{python: own.py:f}"))
    command = ["run", "own.yaml", "--allow-python"]
    files = [str(tmp_path / name) for name in ("own.yaml", "own.py")]
    ((_, forbidden),) = watched(tmp_path, [(command, [os.path.realpath(f) for f in files])])
    assert any(event.startswith(OFFENCES[offence]) for event in forbidden)


def test_errors_show_no_more_of_a_file_than_a_word(cli, tmp_path) -> None:
    secret = "s" * 200
    texts = {
        "cell": f"x,y\n1,{secret}\n",
        "names": f"{secret},{secret}2\n1,2\n",
        "twice": f"{secret},{secret}\n1,2\n",
        "one": f"{secret}\n{secret}\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
        file = f"{tmp_path / name}.csv"
        for options in (
            ["--model", "y ~ a*x", "--data", file],
            ["-e", "sum(k)*a", "--set", f"data={{k: {file}:z}}"],
            ["-e", "sum(k)*a", "--set", f"data={{k: {{file: {file}, columns: [z, x1..x2]}}}}"],
        ):
            ended = cli("run", "-b", "a=0,1", *options)
            assert ended.code == 2
            assert "s" * 40 not in ended.stderr
