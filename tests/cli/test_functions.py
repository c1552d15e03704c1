"""`adamcli functions`: a table for people, JSON for scripts, and configs that run."""

import csv
import json
import re

import numpy as np
import pytest

from adamcli.config.load import parse_config
from adamcli.config.standard import load_all
from adamcli.objective.standard import CATEGORIES
from tests.conftest import evaluate, objective_of, on_a_terminal

STANDARD = {function.name: function for function in load_all()}


def test_the_table_has_a_row_a_function(cli) -> None:
    lines = cli("functions").stdout.splitlines()
    assert lines[0].split() == ["name", "category", "dim", "domain", "minimum"]
    assert [line.split()[0] for line in lines[1:]] == list(STANDARD)


def test_the_order_is_that_of_categories_and_names(cli) -> None:
    rows = [line.split("  ") for line in cli("functions").stdout.splitlines()[1:]]
    rows = [[cell.strip() for cell in row if cell][:2] for row in rows]
    assert list(dict.fromkeys(category for _, category in rows)) == list(CATEGORIES)
    michalewicz = [name for name, _ in rows if name.startswith("michalewicz")]
    assert michalewicz == ["michalewicz_2", "michalewicz_5", "michalewicz_10"]
    for category in CATEGORIES:
        letters = [name[0] for name, of in rows if of == category]
        assert letters == sorted(letters)


def test_json_holds_everything(cli) -> None:
    found = json.loads(cli("functions", "--format", "json").stdout)
    assert [entry["name"] for entry in found] == list(STANDARD)
    one = json.loads(cli("functions", "branin", "--format", "json").stdout)[0]
    assert one["minimum"] == STANDARD["branin"].minimum
    assert one["domain"] == [[-5, 10], [0, 15]]


def test_a_page_shows_formula_domain_minimum_and_config(cli) -> None:
    page = cli("functions", "rosenbrock").stdout
    for part in (
        "sum(100*(x[1:] - x[:-1]**2)**2",
        "dim: any from 2 on",
        "domain: [-5, 10]",
        "minimum: 0",
        "source: Surjanovic",
        "objective: rosenbrock",
    ):
        assert part in page


def test_an_unknown_function_is_named_with_the_nearest(cli) -> None:
    ended = cli("functions", "rosenbrok")
    assert (ended.code, ended.stdout) == (2, "")
    assert "did you mean `rosenbrock`?" in ended.stderr


def test_a_config_can_be_saved_and_run(process, tmp_path) -> None:
    file = tmp_path / "rosenbrock.yaml"
    saved = process("functions", "rosenbrock", "--config")
    assert (saved.code, saved.stderr) == (0, "")
    file.write_text(saved.stdout)
    ran = process("run", str(file), "--format", "none")
    assert (ran.code, ran.stderr) == (0, "")
    found = re.fullmatch(r"f\(\[.*\]\) = (.*)\n", ran.stdout)
    assert found
    assert float(found[1]) < 1e-6


def test_a_config_says_in_comments_what_it_is(cli) -> None:
    assert cli("functions", "salomon", "--config").stdout == (
        "# Salomon; minimum: 0\n"
        "# Source: Jamil and Yang 2013, no. 110; Salomon 1996\n"
        "# Adam ends in another ring of minima, f = 5.2.\n"
        "# From other starts: adamcli sweep salomon.yaml -p seed=0..99\n"
        "objective: salomon\n"
        "dim: 5\n"
        "alpha: 0.1*(1 + cos(pi*t/n_iter))/2\n"
        "beta1: 0.9\n"
        "beta2: 0.9\n"
        "n_iter: 2000\n"
    )
    lines = cli("functions", "alpine_2", "--config").stdout.splitlines()
    assert lines[0] == "# Alpine 2; minimum: -2.808131180007005**d, where d = 4"
    assert lines[-1] == "seed: 4 # the first that leads to the minimum"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config"], "--config: expected the name of a function, found none"),
        (
            ["cube", "--config", "--format", "json"],
            "--config: shows YAML\n  leave out --config or --format",
        ),
        (["cub", "--config"], "did you mean `cube`?"),
    ],
)
def test_a_config_is_of_one_function(cli, arguments, message) -> None:
    ended = cli("functions", *arguments)
    assert (ended.code, ended.stdout) == (2, "")
    assert message in ended.stderr


@pytest.mark.parametrize("name", STANDARD)
def test_every_config_is_valid_and_the_same_everywhere(cli, name) -> None:
    text = cli("functions", name, "--config").stdout
    config = parse_config(text)
    assert config.variables.dim == STANDARD[name].dim
    assert config.n_iter <= 10_000
    assert json.loads(cli("functions", name, "--format", "json").stdout)[0]["config"] == text
    settings = [line for line in text.splitlines()[2:] if not line.startswith("#")]
    page = cli("functions", name).stdout
    assert "".join(f"  {line}\n" for line in settings) in page
    assert f"adamcli functions {name} --config > {name}.yaml" in page


def minimum_of(function) -> float:
    """Return the minimum, which is a formula of the dimension d."""
    objective = objective_of(f"{function.minimum} + 0*d", "{d: [0, 99]}")
    return float(evaluate(objective, np.array([[function.dim]]))[0][0])


@pytest.mark.parametrize("name", STANDARD)
def test_adam_ends_where_the_config_says(cli, name, tmp_path) -> None:
    text, file = cli("functions", name, "--config").stdout, tmp_path / "rows.csv"
    seed = parse_config(text).seed
    cli("sweep", "-", "-p", f"seed=0..{seed}", "-q", "-j", "1", "-o", str(file), stdin=text)
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[-1]["status"] == "finished"
    scores = [float(row["last.score"] or "nan") for row in rows]
    function, minimum = STANDARD[name], minimum_of(STANDARD[name])
    reached = [abs(score - minimum) <= 1e-3 for score in scores]
    if not function.note:
        assert reached == [False] * seed + [True]
        return
    assert reached == [False]
    assert f"# {function.note}\n" in text
    ((sign, number),) = re.findall(r", f (=|<) (-?\d+(?:\.\d+)?)\.$", function.note)
    if sign == "<":
        # Where the last digits decide on the way, so does the machine.
        assert scores[0] < float(number)
    else:
        assert scores[0] == pytest.approx(float(number), rel=5e-3, abs=5e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("objective: rosenbrok", "`rosenbrok` is not one of the test functions"),
        ("objective: branin\ndim: 3", "branin has 2 variables, found 3"),
        ("objective: branin\nbounds: [[0, 1]]", "branin has 2 variables, found 1"),
        ("objective: rosenbrock\ndim: 1", "rosenbrock has at least 2 variables, found 1"),
        ("objective: branin\nbounds: {x: [0, 1], y: [0, 1]}", "branin is a function of one vector"),
    ],
)
def test_what_does_not_fit_a_function_is_named(cli, text, message) -> None:
    ended = cli("run", "-", stdin=text + "\n")
    assert ended.code == 2
    assert message in ended.stderr


@pytest.mark.parametrize(
    ("text", "dim", "low"),
    [
        ("objective: ackley", 5, -32.768),
        ("objective: ackley\ndim: 3", 3, -32.768),
        ("objective: ackley\ndim: 3\nbounds: [-1, 2]", 3, -1),
        ("objective: ackley\nbounds: [-1, 2]", 5, -1),
        ("objective: branin", 2, -5),
        ("objective: sphere\nbounds: [[-1, 2]]", 1, -1),
        ("objective: sphere\nbounds: {x: {low: -3, high: 2, shape: 4}}", 4, -3),
    ],
)
def test_bounds_and_dim_of_a_function_may_be_ones_own(text, dim, low) -> None:
    config = parse_config(text)
    assert config.variables.dim == dim
    assert config.bounds.low[0] == low


def test_a_terminal_gets_a_framed_table() -> None:
    shown, code = on_a_terminal("functions", env={"COLUMNS": "100"})
    assert code == 0
    assert "╭─" in shown
    assert "rosenbrock" in shown


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_the_table_may_be_rows(cli, form, delimiter) -> None:
    shown = cli("functions", "--format", form).stdout
    rows = list(csv.DictReader(shown.splitlines(), delimiter=delimiter))
    assert [row["name"] for row in rows] == list(STANDARD)
    objects = map(json.loads, cli("functions", "--format", "jsonl").stdout.splitlines())
    assert list(objects) == rows
