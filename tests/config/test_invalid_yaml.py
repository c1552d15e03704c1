"""Mistakes of YAML are shown where they were made, whichever parser met them."""

import random
from contextlib import suppress

import pytest
import yaml

from adamcli.config.document import read_mapping
from adamcli.diagnostics import ConfigError, Problems, Source


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def loader(request, monkeypatch):
    """Run a test with both of PyYAML's parsers."""
    if request.param == "pure Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    return request.param


def problem_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_mapping(Source("c", text), Problems())
    return str(caught.value)


TOP = "objective: x**2\n"

BRACKETS = {
    TOP + "bounds: {x: [-1, 1\n\n\n\n# end\n": "c:2:13: this `[` has no closing `]`",
    TOP + "bounds: {x: [-1, 1]\nalpha: 0.1\n": "c:2:9: this `{` has no closing `}`",
    TOP + "bounds: {x: [-1, 1]\n\n": "c:2:9: this `{` has no closing `}`",
    TOP + "bounds: {x: [-1, 1]\nstart: {x: 1}\nalpha: 0.1\n": "c:2:9: this `{` has no closing",
    TOP + "bounds:\n  x: [-1, 1\n  y: [0, 1]\n": "c:3:6: this `[` has no closing `]`",
    "objective: [x**2\nbounds: {x: [-1, 1]}\n": "c:1:12: this `[` has no closing `]`",
    TOP + "bounds: {x: [-1, 1)}\n": "c:2:13: this `[` has no closing `]`",
    TOP + "bounds: {x: [-1, 1}]\n": "c:2:19: expected `,` or `]`, found `}`",
    TOP + "bounds: {x: [-1, 1]]\n": "c:2:9: this `{` has no closing `}`",
    TOP + "bounds: {x: [-1, 1]}}\n": "c:2:21: this `}` closes nothing",
    TOP + "bounds: {x: (-1, 1]}\n": "lists are in square brackets: [-1, 1]",
    "bounds: {\nx: [-1, 1]\ny: [-1, 1]\n}\n" + TOP: "c:3:1: expected `,` or `}`, found `y`",
    TOP + "bounds: {x=[-1, 1]}\n": "entries are written {name: value, name: value}",
    TOP + "constants: {a: x[1]}\n": "quote a formula that has brackets",
    TOP + "bounds: {x: [-1, 1]} y\n": "c:2:22: expected the end of the line, found `y`",
}

QUOTES = {
    'objective: "x**2\nbounds: {x: [-1, 1]}\nexpect: "a < 1"\n': "c:1:12: this text has no closing",
    "objective: 'x**2\nbounds: {x: [-1, 1]}\nexpect: 'a < 1'\n": "c:1:12: this text has no closing",
    TOP + 'start: {x: "1}\nexpect: "a < 1"\n': "c:2:12: this text has no closing quote",
    TOP + "expect: 'a < 1\n": "c:2:9: this text has no closing quote",
    "objective: 'x' + c\nalpha: 1\n": "c:1:16: expected the end of the line, found `+ c`",
}

LINES = {
    TOP + "alpha:0.1\nbounds: {x: [-1, 1]}\n": "c:2:1: expected key: value, found `alpha:0.1`",
    TOP + "alpha:0.1\n": "write alpha: 0.1",
    TOP + "alpha 0.1 # low\n": "write alpha: 0.1",
    "objective = x**2\nbounds: {x: [-1, 1]}\n": "c:1:1: expected key: value, found `objective = x",
    "objective = x**2\n\n# or\nbounds: {x: [-1, 1]}\n": "write objective: x**2",
    TOP + " alpha: 0.1\n": "c:2:2: `alpha:` begins in column 2, expected column 1",
    TOP + "alpha: 0.1\n  seed: 3\n": "c:3:3: `seed:` begins in column 3, expected column 1",
    TOP
    + "bounds:\n  x: [0, 1]\n y: [0, 1]\n": "c:4:2: `y:` begins in column 2, expected column 1 or",
    "objective: |\n  x**2\n bounds: 3\n": "c:3:2: `bounds:` begins in column 2, expected column 1",
    "  objective: x**2\nalpha: 0.1\n": "c:2:1: `alpha:` begins in column 1, expected column 3",
    TOP + "- alpha: 0.1\n": "c:2:1: expected key: value, found an entry of a list",
}


@pytest.mark.parametrize("text", [*BRACKETS, *QUOTES, *LINES], ids=lambda text: repr(text[-30:]))
def test_a_mistake_is_shown_where_it_was_made(text) -> None:
    shown = problem_of(text)
    assert (BRACKETS | QUOTES | LINES)[text] in shown
    assert "if the value is a formula" not in shown


def test_no_hint_is_a_comparison_made_a_key() -> None:
    assert "write" not in problem_of(TOP + "best.x == 2\nalpha: 1\n")


def test_a_colon_without_a_space(loader) -> None:
    if loader == "libyaml":
        shown = problem_of(TOP + "bounds: {x:[-1, 1]}\n")
        assert "c:2:11: expected a space after the colon" in shown
        assert "write : [" in shown


def test_what_is_set_on_the_command_line_has_the_same_errors(cli) -> None:
    shown = cli("run", "--set", "objective=x**2", "--set", "bounds={x: [-1, 1").stderr
    assert "--set:1:12: this `[` has no closing `]`" in shown


def test_every_text_is_read_or_refused() -> None:
    chance = random.Random(7)
    text = 'objective: |\n  (x-1)**2 # c\nbounds: {x: [0, 1]}\nexpect:\n  - "a < 1"\nalpha: 1\n'
    for _ in range(500):
        characters = list(text)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(characters))
            characters[place : place + chance.randint(0, 2)] = chance.choice(
                "[]{}'\":-#\n\t ,&*|=x"
            )
        # Nothing but a ConfigError is raised.
        with suppress(ConfigError):
            read_mapping(Source("c", "".join(characters)), Problems())
