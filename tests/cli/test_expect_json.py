"""Every number that a result has in JSON can be expected, by its path there."""

from __future__ import annotations

import json
import re

import pytest

from adamcli.config.load import parse_config
from adamcli.diagnostics import ConfigError

DATA = "t (s),y,u\n0,1.1,1\n1,2.9,4\n2,5.2,2\n3,6.8,5\n4,9.3,3\n5,10.6,7\n"

FIT = """\
model: y ~ a*t + w[0] + w[1]*sin(u)
bounds:
  a: [-9, 9]
  w: {low: -9, high: 9, shape: 2}
data: rows.csv
n_iter: 5
"""

MATRIX = """\
objective: mean((y - X @ w)**2)
bounds: {w: {low: -9, high: 9, shape: 2}}
data:
  y: rows.csv:y
  X: {file: rows.csv, columns: ['t (s)', u], standardize: true}
n_iter: 3
constants: {k: [[1, 2], [3, 4]]}
metrics: {mae: mean(abs(y - X @ w))}
stop: score < 1e-9
"""

SIMPLE = "objective: (α - 1)**2 + β**2\nbounds: {α: [-3, 3], β: [-1, 2]}\nn_iter: 4\n"

SWEEP = """\
objective: (x - k)**2 + sum(w**2)
bounds: {x: [-3, 3], w: {low: -1, high: 1, shape: [2, 2]}}
constants: {k: 1}
n_iter: 4
"""

LARGE = """\
objective: sum(w**2)
bounds: {w: {low: -1, high: 1, shape: 10001}}
n_iter: 2
alpha: 9
"""

DIVERGING = "objective: log(x) + 0*y\nbounds: {x: [-9, 3], y: [0, 1]}\nstart: {x: 1}\nn_iter: 9\n"

WAVES = "objective: sum(sin(3*x) + x**2/9)\nbounds: {x: {low: -3, high: 3, shape: 2}}\n"

COMMANDS = {
    ("run",): SIMPLE,
    ("run", "--set", "seed=3"): FIT,
    ("run", "--quiet"): MATRIX,
    ("run", "--set", "n_iter=1"): LARGE,
    ("run", "--set", "alpha=2"): DIVERGING,
    ("solve",): SIMPLE,
    ("solve", "--bootstrap", "20", "--profile"): FIT,
    ("solve", "--rounds", "2"): WAVES,
    ("sweep", "-p", "constants.k=1,2", "-p", "seed=0..2", "-p", "alpha=0.1,0.1/t"): SWEEP,
    ("sweep", "-p", "start.α=1..3", "-p", "method=adam,sgd", "--set", "expect=runs == 6"): SIMPLE,
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Return a function that writes a config, and the data that some have."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(DATA, encoding="utf-8")

    def write(text: str) -> str:
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
        return "c.yaml"

    return write


def leaves(value, path=""):
    """Yield every number in JSON with its path, as one would write it: an own walk of its own."""
    if isinstance(value, dict):
        for key, inner in value.items():
            plain = re.fullmatch(r"[^\W\d]\w*(\[[\d,]+\])?(\.[^\W\d]\w*)*", key)
            step = f".{key}" if plain else f'["{key}"]'
            yield from leaves(inner, (path + step).removeprefix("."))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    elif isinstance(value, int | float):
        yield path, float(value)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_number_of_json_can_be_named_and_has_its_value(cli, written, command) -> None:
    name, *options = command
    words = (name, written(COMMANDS[command]), *options, "--format", "json")
    first = cli(*words)
    found = dict(leaves(json.loads(first.stdout)))
    assert len(found) > 20
    met = [f"{path} == {value!r}" for path, value in found.items() if path != "seconds"]
    ended = cli(*words, *expecting(met))
    assert [line for line in ended.stderr.splitlines() if "expected" in line] == []
    assert ended.code == first.code
    if first.code == 0:
        # None of them has another value.
        unmet = [f"{path} == {value!r} + 1" for path, value in found.items() if abs(value) < 1e15]
        ended = cli(*words, *expecting(unmet))
        assert ended.code == 1
        assert len(re.findall("^expected", ended.stderr, re.MULTILINE)) == len(unmet)


def expecting(texts: list[str]) -> list[str]:
    return [word for text in texts for word in ("--expect", text)]


HINTS = {
    ("run", "bets.score < 1"): "did you mean `best.score`?",
    ("run", "best.qqqqqqqqq < 1"): "`best` has t, x, score",
    ("run", "qqqqqqq < 1"): "fields: status, success",
    ("run", "minima[0].score < 1"): "a result has no field `minima[0].score`",
    ("run", "config.bonds.α[0] < 1"): "did you mean `config.bounds.α`?",
    ("solve", "minima[0].scor < 1"): "did you mean `minima[0].score`?",
    ("solve", "minima[0].zzzzzzzz < 1"): "`minima[0]` has x, score, descents",
    ("sweep", "top[0].zzzzzzzzzzzzz < 1"): "`top[0]` has index, ",
}


@pytest.mark.parametrize("given", HINTS, ids=" ".join)
def test_a_field_that_does_not_exist_is_told_with_those_that_do(cli, written, given) -> None:
    more = ("-p", "seed=0..1") if given[0] == "sweep" else ()
    ended = cli(given[0], written(SIMPLE), *more, "--expect", given[1])
    assert ended.code == 2
    assert HINTS[given] in ended.stderr


def test_what_a_result_does_not_have_in_the_end_is_not_met(cli, written) -> None:
    ended = cli("solve", written(SIMPLE), "-q", "--expect", "minima[7].score < 1")
    message = "expected minima[7].score < 1, but the result has no minima[7].score\n"
    assert (ended.stderr, ended.code) == (message, 1)
    ended = cli("run", written(SIMPLE), "-q", "--expect", "divergence.t > 1")
    assert ended.stderr == "expected divergence.t > 1, but the result has no divergence.t\n"


@pytest.mark.parametrize("command", ["run", "solve", "sweep"])
def test_what_is_expected_is_told_with_what_is_wrong_in_a_config(cli, written, command) -> None:
    more = ("-p", "seed=0..1") if command == "sweep" else ()
    wrong = SIMPLE.replace("n_iter: 4", "n_iter: -4")
    ended = cli(command, written(wrong), *more, "--expect", "3 >", "--expect", "best.scor < 1")
    assert ended.code == 2
    assert "n_iter: expected a whole number" in ended.stderr
    assert "--expect:1:" in ended.stderr
    assert "expected a value, found the end" in ended.stderr
    assert "a result has no field `best.scor`" in ended.stderr


def test_an_axis_that_is_wrong_is_told_together_with_what_is_expected(cli, written) -> None:
    words = ("-p", "alpha=-1", "--expect", "runz == 1", "--expect", "top[0].nit == 4")
    ended = cli("sweep", written(SIMPLE), *words)
    assert ended.code == 2
    assert "alpha: expected" in ended.stderr
    assert "a result has no field `runz`" in ended.stderr
    assert "top[0]" not in ended.stderr


def test_a_config_may_expect_what_only_a_sweep_has(cli, written) -> None:
    axes = "sweep: {seed: 0..2, method: [adam, sgd]}"
    path = written(f"{SIMPLE}{axes}\nexpect: [diverged == 0, 'groups[0].runs == 2']\n")
    ended = cli("sweep", path, "-q")
    assert ended.stderr == "expected groups[0].runs == 2, found groups[0].runs = 3, off by 1\n"
    assert cli("check", path, "--no-probe").code == 0
    assert cli("sweep", path, "--print-config").code == 0


def test_the_names_of_a_config_are_told_only_once_the_config_is_right() -> None:
    text = "objective: x\nbounds: {x: [0, 1]}\nn_iter: -1\nexpect: config.alpha < 1\n"
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    assert len(caught.value.problems) == 1


BATCHES = """\
objective: |
  z = a*x
  mean((z - y)**2)
bounds: {a: [-2, 2]}
data: {x: [0, 1, 2, 3], y: [0, 1, 2, 3]}
batches: {rows: [x, y], size: 2, validation: 1}
epochs: 3
metrics: {accuracy: mean(abs(z - y) < 0.1)}
expect: [best.accuracy > -1, best.validation < 99, last.accuracy > -1]
"""

MISTAKES = [
    *("batches.size=-1", "batches.sizze=3", "batches.rows=[x, q]", "batches.validation=9"),
    *("batches=5", "batches.rows=null", "epochs=-1", "metrics=5", "metrics=[a]"),
    *("metrics.accuracy=mean(abs(z - ", "metrics.accuracy=mean(abz(z - y))"),
    *("metrics.accuracy=mean(abs(zz - y))", "metrics.accuracy=7", "metrics.accuracy=x"),
]


@pytest.mark.parametrize("command", ["run", "sweep"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_follows_from_a_mistake_in_batches_is_not_told(cli, written, mistake, command) -> None:
    more = ("-p", "seed=0..1") if command == "sweep" else ()
    path = written(BATCHES)
    assert cli(command, path, *more, "-q").code == 0
    ended = cli(command, path, *more, "--set", mistake)
    assert ended.code == 2
    assert ended.stderr.count("--set:1:") == 1
    assert "has no field" not in ended.stderr
    # What is a mistake of its own is told.
    both = cli(command, path, *more, "--set", mistake, "--expect", "runz > 1")
    assert both.stderr.count("has no field `runz`") == 1


def test_what_follows_from_a_model_that_is_wrong_is_not_told(cli, written) -> None:
    path = written(FIT.replace("a*t", "a*t)"))
    ended = cli("solve", path, "--expect", "fit.rss < 1", "--expect", "bootstrap.fits > 1")
    assert ended.code == 2
    assert "has no field" not in ended.stderr
    ended = cli("solve", written(FIT), "--expect", "fit.rsss < 1")
    assert "did you mean `fit.rss`?" in ended.stderr
