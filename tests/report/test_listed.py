"""Outputs of many variables: summaries in JSON, rows that stay readable, what expectations read."""

import json

import numpy as np
import pytest

import adamcli
from adamcli.config.load import load_config, parse_config
from adamcli.listed import MOST_LISTED
from tests.conftest import same_bits


def test_json_has_a_summary_of_many_numbers(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = ("run", "sphere", "--dim", "10001", "--set", "n_iter=3", "--format", "json")
    ended = cli(*command)
    assert "note: the JSON has a summary of x, 10,001 numbers; -o x.npz keeps them" in ended.stderr
    found = json.loads(ended.stdout)
    result = adamcli.run_config(load_config("sphere", ["dim=10001", "n_iter=3"]))
    for path, values in (
        (found["start"]["x"], result.start.x),
        (found["best"]["x"], result.x),
        (found["gradient"], result.gradient),
    ):
        values = np.asarray(values)
        assert path["x"]["shape"] == [10001]
        assert path["x"]["min"] == values.min()
        assert path["x"]["max"] == values.max()
        assert path["x"]["mean"] == values.mean()
        assert path["x"]["norm"] == pytest.approx(np.sqrt((values**2).sum()), rel=1e-12)
    again = cli(*command, "-o", "best.npz")
    assert "summary" not in again.stderr
    assert json.loads(again.stdout)["best"]["x"]["x"].pop("file") == "best.npz"
    with np.load("best.npz") as arrays:
        assert same_bits(arrays["x"], np.asarray(result.best.x))
    assert not cli(*command, "-q").stderr
    config = parse_config(json.dumps(found["config"]))
    assert adamcli.run_config(config).to_dict()["config_hash"] == found["config_hash"]
    (tmp_path / "result.json").write_text(ended.stdout)
    assert cli("plot", "result.json").code == 0


def test_json_lists_as_many_numbers_as_before() -> None:
    result = adamcli.run_config(load_config("sphere", [f"dim={MOST_LISTED}", "n_iter=1"]))
    found = result.to_dict()
    assert found["best"]["x"]["x"] == list(result.best.x)
    assert found["config"]["bounds"]["x"] == {
        "low": [-5.12] * MOST_LISTED,
        "high": [5.12] * MOST_LISTED,
        "shape": [MOST_LISTED],
    }


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_a_row_has_no_more_columns_than_anyone_reads(form, cli) -> None:
    ended = cli("run", "sphere", "--dim", "100001", "--format", form)
    assert ended.code == 2
    assert "a row for each step would have 100,001 columns, more than 100,000" in ended.stderr
    assert "-o x.npz" in ended.stderr


def test_many_active_bounds_are_counted(cli) -> None:
    text = ("-e", "sum(x)", "-b", "x: {low: 0, high: 1, shape: 20000}")
    settings = ("--set", "alpha=2", "--set", "n_iter=1")
    ended = cli("run", *text, *settings, "--format", "json", "-q")
    found = json.loads(ended.stdout)
    assert found["active_bounds"] == {"lower": 20000, "upper": 0}
    assert found["verdict"]["active_bounds"] == {"lower": 20000, "upper": 0}
    summary = cli("run", *text, *settings, "--format", "none", "--summary").stderr
    assert "x[7] (lower), and 19992 more" in " ".join(summary.split())


def test_an_expectation_reads_only_what_it_names() -> None:
    text = "objective: sum(x**2)\nbounds: {x: {low: -1, high: 1, shape: 500}}\nn_iter: 1\n"
    config = parse_config(text + "expect: [best.score < 1e9, 'last.x.x[499] < 2']\n")
    result, (score, last) = adamcli.run_config(config), config.expect
    numbers = result.numbers(score.names)
    assert numbers["best.score"] == result.fun
    assert (len(numbers) < 50, score.fields.dim) == (True, 1)
    numbers = result.numbers(last.names)
    assert numbers["last.x.x[499]"] == result.last.x[499]
    assert "best.x.x[499]" not in numbers
    assert last.shortfalls(numbers) == []
    assert result.numbers().keys() > numbers.keys()
