"""`adamcli functions`: a table for people, JSON for scripts, and configs that run."""

import json

import pytest

from adamcli.config.load import parse_config
from adamcli.config.standard import load_all
from adamcli.objective.standard import CATEGORIES
from adamcli.report.function_report import config_text
from tests.conftest import on_a_terminal

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


@pytest.mark.parametrize("name", STANDARD)
def test_the_config_of_every_page_is_a_config(name) -> None:
    config = parse_config(config_text(STANDARD[name]))
    assert config.variables.dim == STANDARD[name].dim


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
