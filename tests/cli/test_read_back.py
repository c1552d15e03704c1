"""`adamcli merge -o rows.csv` writes what `adamcli sweep -o rows.csv` would have written."""

import pytest

from tests.sweeps.test_store import left_unfinished

CONFIG = """\
objective: log(x + 0.9) + X**2 + sum(w**2)
bounds: {x: [-1, 1], X: [-1, 1], w: {low: 0, high: 1, shape: [2, 1]}}
alpha: 0.3
n_iter: 4
stop: []
"""

PLANS = {
    "numbers": ["alpha=0.1,0.2", "seed=0..7"],
    "whole numbers": ["n_iter=3,4", "start.X=-0.0,0.5"],
    "formulas and numbers": ["alpha=0.1,1e-2,0.1/t,0.3", "seed=0..2"],
    "lists": ["bounds.x=[-1,1],[-2,2]", "seed=0..2"],
    "words": ["method=adam,sgd", "stop=[score < 0.1],{patience: 2}", "seed=0..2"],
    "only seeds": ["seed=3..9"],
}


@pytest.fixture
def config(tmp_path) -> str:
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG)
    return str(path)


@pytest.mark.parametrize("extension", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("name", PLANS)
def test_a_store_is_read_back_with_the_bytes_of_its_sweep(
    cli, tmp_path, config, name, extension
) -> None:
    store, rows, back = (str(tmp_path / n) for n in ("s.db", f"a.{extension}", f"b.{extension}"))
    if extension == "parquet":
        pytest.importorskip("pyarrow")
    axes = [part for axis in PLANS[name] for part in ("-p", axis)]
    ended = cli("sweep", config, *axes, "-q", "--store", store, "-o", rows)
    assert (ended.stderr, ended.code) == ("", 0)
    assert cli("merge", store, "-o", back, "-q") == ("", "", 0)
    with open(rows, "rb") as one, open(back, "rb") as other:
        if extension != "parquet":
            assert one.read() == other.read()
            return
        import pyarrow.parquet as pq

        first, second = pq.read_table(one), pq.read_table(other)
    assert first.schema == second.schema
    assert repr(first.to_pylist()) == repr(second.to_pylist())


def test_parts_are_read_back_together(cli, tmp_path, config) -> None:
    sweep = ["sweep", config, "-p", "method=adam,sgd", "-p", "seed=0..9", "-q"]
    paths = [str(tmp_path / f"{k}.db") for k in (1, 2, 3)]
    for k, path in enumerate(paths, 1):
        assert cli(*sweep, "--shard", f"{k}/3", "--store", path).code == 0
    assert cli(*sweep, "-o", str(tmp_path / "whole.csv")).code == 0
    assert cli("merge", *paths[::-1], "-o", str(tmp_path / "all.csv")).code == 0
    assert (tmp_path / "all.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    ended = cli("merge", *paths[1:], "-o", str(tmp_path / "some.csv"))
    assert (ended.code, "runs 0 to 5: missing" in ended.stderr) == (2, True)
    assert not (tmp_path / "some.csv").exists()
    assert cli("merge", paths[1], "-o", str(tmp_path / "one.csv")).code == 0
    lines = (tmp_path / "whole.csv").read_text().splitlines()
    assert (tmp_path / "one.csv").read_text().splitlines() == [lines[0], *lines[7:14]]


def test_an_unfinished_store_is_read_back_and_says_so(cli, tmp_path, config) -> None:
    store, rows = tmp_path / "s.db", tmp_path / "rows.csv"
    sweep = ["sweep", config, "-p", "seed=0..9", "-q", "--store", str(store)]
    assert cli(*sweep, "-o", str(rows)).code == 0
    header, *lines = rows.read_text().splitlines()
    left_unfinished(store, (0, 2), (5, 6))
    ended = cli("merge", str(store), "-o", str(rows))
    assert (ended.stderr, ended.code) == (f"{rows}: 3 of 10 runs\n", 0)
    _, *shown, count = ended.stdout.splitlines()
    assert {line.split()[1] for line in shown} == {"0", "1", "5"}
    assert count == "3 runs"
    assert rows.read_text().splitlines() == [header, *lines[:2], lines[5]]


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize("top", ["1", "3", "99"])
def test_the_best_runs_are_those_of_a_merged_store(cli, tmp_path, config, direction, top) -> None:
    sweep = ["sweep", config, "-p", "method=adam,sgd", "-p", "seed=0..5", "-q"]
    paths = [str(tmp_path / f"{k}.db") for k in (1, 2)]
    for k, path in enumerate(paths, 1):
        keys = ["--set", f"direction={direction}", "--shard", f"{k}/2", "--store", path]
        assert cli(*sweep, *keys).code == 0
    store = str(tmp_path / "all.db")
    merged = cli("merge", *paths, "-o", store, "--top", top)
    assert len(merged.stdout.splitlines()) == 2 + min(int(top), 12)
    for k, given in enumerate((paths[::-1], [store])):
        assert cli("merge", *given, "-o", str(tmp_path / f"{k}.csv"), "--top", top) == merged


def test_the_extension_picks_the_format(cli, tmp_path, config) -> None:
    store = str(tmp_path / "s.db")
    cli("sweep", config, "-p", "seed=0..2", "-q", "--store", store)
    ended = cli("merge", store, "-o", str(tmp_path / "rows.json"))
    assert ended.code == 2
    assert "use one of .db, .jsonl, .ndjson, .csv, .tsv, .parquet" in ended.stderr
