"""`adamcli predict` as a user meets it: new rows, files, formats, and what it says of mistakes."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.conftest import same_bits

TRAIN = np.random.default_rng(3).normal([5, 50], [2, 10], (30, 2))
NEW = np.array([[4.0, 60.0], [7.0, 30.0], [5.5, 41.0]])
W = np.array([[1.0, -1.0], [0.5, 2.0]])
Z = NEW @ W + 0.25

CONFIG = """\
objective: |
  z = X @ W + b
  p = sigmoid(z)
  mean((y[:, None] - p)**2)
data: {X: {file: train.csv, columns: [x1, x2]}, y: labels.csv:y}
bounds: {W: {low: -9, high: 9, shape: [2, 2]}, b: [-9, 9]}
n_iter: 3
sweep: {alpha: [0.1, 0.2]}
"""


def table(path, names: str, rows: np.ndarray) -> None:
    np.savetxt(path, rows, "%.17g", ",", header=names, comments="")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG)
    table("train.csv", "x1,x2", TRAIN)
    table("labels.csv", "y", np.ones((30, 1)))
    table("new.csv", "x1,x2", NEW)
    np.savez("w.npz", W=W, b=np.array(0.25))
    return tmp_path


NEW_ROWS = ("predict", "c.yaml", "--weights", "w.npz", "--data", "new.csv")


def test_the_table_has_a_row_for_each_row(cli) -> None:
    ended = cli(*NEW_ROWS, "--show", "z")
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert (ended.stderr, ended.code) == ("", 0)
    assert lines[0] == ["z[0]", "z[1]"]
    np.testing.assert_allclose(np.array(lines[1:], dtype=float), Z, rtol=1e-9)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_files_have_all_digits(cli, suffix) -> None:
    path = f"o.{suffix}"
    arguments = ("--show", "z", "--show", "first = p[:, 0]", "--show", "z > 0", "-o", path, "-q")
    assert cli(*NEW_ROWS, *arguments) == ("", "", 0)
    names = ["z[0]", "z[1]", "first", "z > 0[0]", "z > 0[1]"]
    if suffix == "parquet":
        found = pq.read_table(path).to_pydict()
        assert list(found) == names
        rows = np.array(list(found.values())).T
    elif suffix == "jsonl":
        read = [json.loads(line) for line in open_lines(path)]
        assert list(read[0]) == ["z", "first", "z > 0"]
        rows = np.array([[*row["z"], row["first"], *row["z > 0"]] for row in read])
    else:
        head, *lines = [line.split("," if suffix == "csv" else "\t") for line in open_lines(path)]
        assert head == names
        rows = np.array(lines, dtype=float)
    expected = np.column_stack([Z, 1 / (1 + np.exp(-Z[:, 0])), Z > 0])
    np.testing.assert_allclose(rows, expected, rtol=1e-12)


def open_lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


@pytest.mark.parametrize("name", ["csv", "tsv", "jsonl"])
def test_stdout_has_what_the_file_has(cli, folder, name) -> None:
    ended = cli(*NEW_ROWS, "--show", "z", "--format", name, "-o", f"o.{name}")
    assert ended.stdout == (folder / f"o.{name}").read_text()
    assert cli(*NEW_ROWS, "--show", "z", "--format", "none") == ("", "", 0)


def test_long_tables_show_their_ends(cli) -> None:
    ended = cli("predict", "c.yaml", "--weights", "w.npz", "--show", "z")
    lines = ended.stdout.splitlines()
    assert len(lines) == 1 + 10 + 1 + 10 + 1
    z = TRAIN @ W + 0.25
    assert float(lines[1].split()[0]) == pytest.approx(z[0, 0])
    assert float(lines[-2].split()[1]) == pytest.approx(z[-1, 1])
    assert lines[-1] == "30 rows; -o FILE.csv writes them all"


def test_many_rows_are_all_written(cli, monkeypatch) -> None:
    monkeypatch.setattr("adamcli.report.column_files.ROWS", 7)
    cli("predict", "c.yaml", "--weights", "w.npz", "--show", "z", "-q", "-o", "o.csv")
    found = np.loadtxt("o.csv", delimiter=",", skiprows=1)
    assert same_bits(found, TRAIN @ W + 0.25) or np.allclose(found, TRAIN @ W + 0.25, rtol=1e-13)
    cli("predict", "c.yaml", "--weights", "w.npz", "--show", "z", "-q", "-o", "o.parquet")
    assert pq.read_table("o.parquet").num_rows == 30


@pytest.mark.parametrize("suffix", ["npz", "parquet", "tsv"])
def test_new_rows_may_be_in_other_formats(cli, suffix) -> None:
    import pyarrow as pa

    path, columns = f"n.{suffix}", {"x2": NEW[:, 1], "x1": NEW[:, 0]}
    if suffix == "npz":
        np.savez(path, **columns)
    elif suffix == "parquet":
        pq.write_table(pa.table(columns), path)
    else:
        np.savetxt(path, NEW[:, ::-1], "%.17g", "\t", header="x2\tx1", comments="")
    mine = cli(*NEW_ROWS[:-1], path, "--show", "z", "--format", "csv")
    assert mine == cli(*NEW_ROWS, "--show", "z", "--format", "csv")


def test_each_file_may_have_another_in_its_place(cli, folder) -> None:
    table("l.csv", "y", np.array([[1.0], [2.0], [3.0]]))
    named = ("--data", "labels.csv=l.csv", "--data", "train.csv=new.csv", "--format", "csv")
    ended = cli(*NEW_ROWS[:-2], *named, "--show", "z[:, 0] - y")
    found = np.array(ended.stdout.split()[-3:], dtype=float)
    np.testing.assert_allclose(found, Z[:, 0] - [1, 2, 3], rtol=1e-12)
    # By its path from here as well; and a name may have an equals sign of its own.
    (folder / "inner").mkdir()
    for name in ("c.yaml", "train.csv", "labels.csv"):
        (folder / name).rename(folder / "inner" / name)
    (folder / "lr=0.1.csv").write_text((folder / "new.csv").read_text())
    start = ("predict", "inner/c.yaml", "--weights", "w.npz", "--show", "z")
    for text in ("inner/train.csv=lr=0.1.csv", "train.csv=new.csv", "lr=0.1.csv"):
        ended = cli(*start, "--format", "csv", "--data", text)
        assert ended == cli(*start, "--format", "csv", "--data", "new.csv")
        assert ended.code == 0


def test_without_new_rows_those_of_the_config_are_evaluated(cli) -> None:
    ended = cli(*NEW_ROWS[:4], "--show", "sum(z)", "--show", "b", "--format", "csv")
    head, row = ended.stdout.splitlines()
    assert head == "sum(z),b"
    np.testing.assert_allclose(float(row.split(",")[0]), (TRAIN @ W + 0.25).sum(), rtol=1e-12)


def test_a_model_shows_its_fit(cli) -> None:
    table("t.csv", "x,y", np.array([[1, 3.1], [2, 4.9], [3, 7.2], [4, 8.8]]))
    table("n.csv", "x", np.array([[10.0], [0.0]]))
    model = ("--model", "k = 2*a\ny ~ k*x/2 + c", "-b", "-20,20")
    assert cli("solve", *model, "--data", "t.csv", "-q", "-o", "f.npz").code == 0
    ended = cli("predict", *model, "--weights", "f.npz", "--data", "n.csv", "--format", "csv")
    a, c = np.polyfit([1, 2, 3, 4], [3.1, 4.9, 7.2, 8.8], 1)
    head, *rows = ended.stdout.splitlines()
    assert head == "fitted"
    np.testing.assert_allclose(np.array(rows, dtype=float), [10 * a + c, c], rtol=1e-9)
    solved = cli("solve", *model, "--data", "t.csv", "-q", "--predict", "p.csv", "--at", "n.csv")
    assert solved.code == 0
    fitted = [line.split(",")[2] for line in open_lines("p.csv")[1:]]
    np.testing.assert_allclose(np.array(fitted, dtype=float), np.array(rows, dtype=float), 1e-12)


def test_a_start_stands_for_weights_and_says_so(cli) -> None:
    ended = cli("predict", "c.yaml", "--set", "start=w.npz", "--data", "new.csv", "--show", "z")
    assert ended.stdout == cli(*NEW_ROWS, "--show", "z").stdout
    assert ended.stderr == (
        "note: without --weights the variables are those of the config's start\n"
    )
    ended = cli("predict", "c.yaml", "--show", "z")
    assert ended.code == 2
    assert "expected weights, as `start` does not give `W[0,0]`" in ended.stderr


def test_numbers_that_are_not_finite_are_written_as_in_other_rows(cli, folder) -> None:
    arguments = (*NEW_ROWS, "--show", "a=log(-z[:, 0]*0)", "--format")
    assert cli(*arguments, "csv").stdout == "a\n-inf\n-inf\n-inf\n"
    assert cli(*arguments, "jsonl").stdout == '{"a": null}\n' * 3


def test_a_sweep_of_the_config_is_ignored(cli) -> None:
    assert cli(*NEW_ROWS, "--show", "z").code == 0


PROBLEMS = {
    (*NEW_ROWS, "--show", "zz"): (
        2,
        "--show:1:1: unknown name `zz`\n    zz\n    ^^\n  did you mean",
    ),
    (*NEW_ROWS, "--show", "a= z + "): (2, "--show:1:"),
    (*NEW_ROWS, "--show", "y"): (2, "--show:1:1: new.csv has no column `y`; it has x1, x2"),
    (*NEW_ROWS, "--show", "a=1+y"): (2, "    a=1+y\n        ^\n"),
    NEW_ROWS: (2, "expected what to show\n  add, for example, --show p; the lines of the formula"),
    (*NEW_ROWS, "--show", "z", "--show", "b"): (2, "rows in each, but `z` has 3, `b` is a number"),
    (*NEW_ROWS, "--show", "z", "--show", "W"): (2, "rows in each, but `z` has 3, `W` has 2"),
    (*NEW_ROWS, "--show", "z", "--show", "z=p"): (2, "--show: two columns are called `z`"),
    (*NEW_ROWS, "--show", "z", "-o", "new.csv"): (2, "is a file of new rows, which would be lost"),
    (*NEW_ROWS, "--show", "z", "-o", "train.csv"): (2, "is a file that the config names"),
    (*NEW_ROWS, "--show", "z", "-o", "o.json"): (2, "the extension picks the format"),
    (*NEW_ROWS, "--data", "new.csv", "--show", "z"): (2, "has another file in its place already"),
    (*NEW_ROWS[:-1], "trian.csv=new.csv", "--show", "z"): (
        2,
        "the config names no file trian.csv\n  the files of the config are train.csv, labels.csv",
    ),
    (*NEW_ROWS[:-1], "none.csv", "--show", "z"): (4, "none.csv: No such file"),
    (*NEW_ROWS[:-1], "labels.csv", "--show", "z"): (2, "labels.csv has no column `x1`; it has y"),
    ("predict", "c.yaml", "--weights", "none.npz", "--show", "z"): (4, "none.npz: No such file"),
    ("predict", "c.yaml", "--weights", "new.csv", "--show", "z"): (2, "expected a file .npz"),
    (*NEW_ROWS, "--set", "bounds.W.shape=[3, 2]", "--show", "z"): (
        2,
        "w.npz: `W` has the shape (2, 2), expected (3, 2)",
    ),
    (*NEW_ROWS, "--set", "bounds.c=[0, 1]", "--show", "z"): (2, "there is no variable `c`"),
    (*NEW_ROWS, "--set", "alfa=1", "--show", "z"): (2, "unknown key `alfa`"),
    ("predict", "--show", "z"): (2, "expected CONFIG"),
}


@pytest.mark.parametrize("arguments", PROBLEMS, ids=lambda a: " ".join(a[1:]))
def test_mistakes_are_told(cli, folder, arguments) -> None:
    code, message = PROBLEMS[arguments]
    ended = cli(*arguments)
    assert message in ended.stderr
    assert (ended.stdout, ended.code) == ("", code)
    assert {path.name for path in folder.iterdir()} == {
        *("c.yaml", "train.csv", "labels.csv", "new.csv", "w.npz")
    }


def test_text_in_a_new_column_is_told_where_it_is(cli, folder) -> None:
    (folder / "new.csv").write_text("x1,x2,id\n1,2,a\n3,b,b\n")
    ended = cli(*NEW_ROWS, "--show", "z")
    assert "new.csv:3: column `x2`: expected a number, found `b`" in ended.stderr
    (folder / "new.csv").write_text("x1,x2,id\n1,2,a\n3,4,b\n")
    assert cli(*NEW_ROWS, "--show", "z").code == 0


def test_it_needs_neither_the_optimizer_nor_rich() -> None:
    from tests.cli.test_app import modules_after

    loaded = modules_after(*NEW_ROWS, "--show", "z", "--format", "csv")
    assert "adamcli.objective.lines" in loaded
    unused = {"rich", "scipy", "adamcli.optimizer.loop", "adamcli.fit", "pyarrow"}
    assert not unused & loaded
