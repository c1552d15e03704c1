"""The key `stop` and `--stop`: what they mean, and errors that point at what is wrong."""

import pytest

from adamcli.config.load import load_config, parse_config
from adamcli.diagnostics import ConfigError
from adamcli.optimizer.stopping import Patience

TEXT = "objective: x**2 + y**2\nbounds: {x: [1, 2], y: [1, 2]}\n"
KNOWN = "score, gradient, predicted_decrease, seconds, t"


def rules_of(stop: str, **keys: str):
    more = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return parse_config(f"{TEXT}{more}stop: {stop}\n").stop.rules


@pytest.mark.parametrize(
    ("stop", "codes", "texts"),
    [
        ("score < 1", ["score"], ["score < 1"]),
        ("[score < 1, gradient<2]", ["score", "gradient"], ["score < 1", "gradient<2"]),
        ("{score: 1, seconds: 9}", ["score", "seconds"], ["score < 1.0", "seconds > 9.0"]),
        ("{t: 50}", ["t"], ["t > 50.0"]),
        ("gradient < 1e-6*abs(score)", ["comparison"], ["gradient < 1e-6*abs(score)"]),
        ("score < 1 and score > 0", ["score"], ["score < 1 and score > 0"]),
        ("{patience: 1e2}", ["patience"], ["no improvement in 100 steps"]),
        (
            "{patience: {steps: 10, improvement: 1e-9}}",
            ["patience"],
            ["no improvement by 1e-09 in 10 steps"],
        ),
        (
            "{patience: {steps: 10, relative: 0.1}}",
            ["patience"],
            ["no improvement by 0.1 of the score in 10 steps"],
        ),
        ("[]", [], []),
    ],
)
def test_rules_have_a_code_and_a_text(stop, codes, texts) -> None:
    rules = rules_of(stop)
    assert [rule.code for rule in rules] == codes
    assert [rule.text for rule in rules] == texts


def test_a_number_for_the_score_is_a_goal_in_the_direction() -> None:
    assert rules_of("{score: 1}", direction="maximize")[0].text == "score > 1.0"
    assert rules_of("{score: 1}")[0].goal == 1.0
    assert rules_of("score > 1", direction="maximize")[0].goal == 1.0
    assert rules_of("score > 1")[0].goal is None
    assert rules_of("2*3 > score")[0].goal == 6.0
    for text in ("score < score*(1 - score) + 5", "abs(score) < 1", "score == 1", "-score < 1"):
        assert rules_of(text)[0].goal is None


def test_options_add_to_the_rules_of_the_config(tmp_path) -> None:
    path = tmp_path / "c.yaml"
    own = {"": [], "stop: score < 1\n": ["score < 1"], "stop: [t > 1, t > 2]\n": ["t > 1", "t > 2"]}
    for text, before in own.items():
        path.write_text(TEXT + text)
        added = ["gradient < 1", "{patience: 7}", "[t > 3, t > 4]"]
        config = load_config(str(path), stop=added)
        texts = [rule.text for rule in config.stop.rules]
        assert texts == [*before, "gradient < 1", "no improvement in 7 steps", "t > 3", "t > 4"]
        assert isinstance(config.stop.rules[len(before) + 1], Patience)
        assert len(config.resolved()["stop"]) == len(texts)


ERRORS = {
    "score < ": (8, "", "expected a value, found the end", ""),
    "": (1, "", "expected a rule", "write, for example, score < 1e-8 or patience: {steps: 100}"),
    "[]": (
        1,
        "[]",
        "expected a rule",
        "write, for example, score < 1e-8 or patience: {steps: 100}",
    ),
    "{}": (
        1,
        "{}",
        "stop: expected a rule, found an empty mapping",
        "write, for example, score < 1e-8 or patience: {steps: 100}",
    ),
    "scor < 1": (1, "scor", "a stopping rule has no field `scor`", "did you mean `score`?"),
    "x < 1": (1, "x", "a stopping rule has no field `x`", f"known: {KNOWN}"),
    "score < minimum": (
        9,
        "minimum",
        "a stopping rule has no field `minimum`",
        f"known: {KNOWN}",
    ),
    "3 < 4": (1, "3 < 4", "stop: names nothing measured", f"known: {KNOWN}"),
    "score": (
        1,
        "score",
        "expected a comparison",
        "write, for example, score < 1e-8 or patience: {steps: 100}",
    ),
    "5": (1, "5", "stop: expected a rule such as score < 1e-8, found `5`", ""),
    "{scor: 1}": (2, "scor", "stop: unknown rule `scor`", "did you mean `score`?"),
    "{score: hello}": (
        9,
        "hello",
        "stop.score: expected a number, found the text `hello`",
        "",
    ),
    "{patience: 0}": (
        12,
        "0",
        "stop.patience: expected a whole number from 1 to 1000000000000, found `0`",
        "",
    ),
    "{patience: {improvement: 1}}": (
        12,
        "{improvement: 1}",
        "stop.patience: `steps` is missing",
        "write, for example, {steps: 100, improvement: 1e-9}",
    ),
    "{patience: {steps: 9, relative: -1}}": (
        33,
        "-1",
        "stop.patience.relative: expected a number, 0 or above, found `-1`",
        "",
    ),
    "{patience: {steps: 9, step: 1}}": (
        23,
        "step",
        "stop.patience: unknown key `step`",
        "did you mean `steps`?",
    ),
    "{patience: {steps: 9, relative: 1, improvement: 1}}": (
        12,
        "{steps: 9, relative: 1, improvement: 1}",
        "stop.patience: either `improvement` or `relative`",
        "remove one of them",
    ),
}


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_of_a_rule_points_at_it(cli, tmp_path, text) -> None:
    column, marked, message, hint = ERRORS[text]
    carets = "^" * max(1, len(marked))
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    lines = [f"--stop:1:{column}: {message}", f"    {text.rstrip()}".rstrip()]
    lines += ["    " + " " * (column - 1) + carets, *([f"  {hint}"] if hint else [])]
    found = cli("run", str(path), "--stop", text)
    assert [line.rstrip() for line in found.stderr.splitlines()] == lines
    assert (found.stdout, found.code) == ("", 2)
    if not text.strip() or text == "[]":
        return
    written = text.rstrip()
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{TEXT}stop: {written}\n")
    first = str(caught.value).splitlines()
    assert first[0] == f"<config>:3:{6 + min(column, len(written) + 1)}: {message}"
    assert first[1:3] == [f"    stop: {written}", " " * (9 + column) + carets]


def test_a_decrease_is_predicted_only_for_some_coordinates() -> None:
    with pytest.raises(ConfigError, match="predicted_decrease is for at most 128 coordinates"):
        parse_config("objective: sphere\ndim: 129\nstop: predicted_decrease < 1\n")
