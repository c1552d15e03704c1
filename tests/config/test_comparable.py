"""What is said of names that are no fields, and of comparisons that are none."""

import pytest

from adamcli.config.load import parse_config
from adamcli.diagnostics import ConfigError
from adamcli.optimizer.stopping import Stop

HEAD = "objective: x**2\nbounds: {x: [-1, 1]}\nstart: {x: 1}\n"

HINTS = {
    "best.score = 3": "write `==` to compare",
    "3 = best.score": "write `==` to compare",
    "status = finished": "write `==` to compare",
    "not converged": "write converged == 0",
    "stop.code == 3": "`stop.code` is text",
    "stop == 3": "`stop` is text",
    "message == 3": "`message` is text",
    "config.direction == 3": "`config.direction` is text",
    "config.start.y == 3": "`config.start` has x",
    "config.alfa < 1": "did you mean `config.alpha`?",
    "best.scor < 1": "did you mean `best.score`?",
    "bst.score < 1": "did you mean `best.score`?",
    "score < 1": "did you mean `best.score`?",
    "nitt < 1": "did you mean `nit`?",
    "best.x.y < 1": "`best.x` has x",
    "best < 3": "`best` has t, x, score",
    "fit.rmse < 3": "fields: status, success",
}


@pytest.mark.parametrize("text", HINTS)
def test_a_hint_stays_in_the_part_that_was_named(text) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{HEAD}expect: {text}\n")
    assert HINTS[text] in caught.value.problems[0].hint


def test_a_start_that_is_not_given_is_no_hyperparameter() -> None:
    with pytest.raises(ConfigError, match="`config` has bounds, alpha") as caught:
        parse_config("objective: x**2\nbounds: {x: [-1, 1]}\nexpect: config.start.x == 3\n")
    assert "did you mean" not in str(caught.value)


def test_the_example_of_a_rule_is_one() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{HEAD}stop: never\n")
    example, none = caught.value.problems[0].hint.split("\n")
    rules = example.removeprefix("write, for example, ").split(" or ")
    for text in rules:
        parse_config(f"{HEAD}stop:\n  - {text}\n")
    empty = none.rpartition(" ")[2]
    assert parse_config(f"{HEAD}stop: {empty}\n").stop == Stop()
