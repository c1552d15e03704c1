"""Whole commands over changed configs and fits: whatever they find, they end as documented."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING

from adamcli.config.load import parse_config
from adamcli.errors import AdamcliError
from tests.fuzz.ended import broken_by, end_of, fault_of
from tests.fuzz.inputs import EXPECTATIONS, PARAMETERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fuzz.inputs import Maker

COMMANDS = (
    ("run", "--summary"),
    ("run", "--format", "json", "--plot"),
    ("run", "--format", "none", "--expect", EXPECTATIONS),
    ("run", "--format", "jsonl", "--fields", "gradient_norm,alpha"),
    ("solve", "--summary", "--starts", "8", "--rounds", "1", "--plot"),
    ("solve", "--starts", "8", "--rounds", "1", "--format", "json", "--bootstrap", "5"),
    ("solve", "--starts", "8", "--rounds", "1", "--profile", "--expect", EXPECTATIONS),
    ("sweep", "-p", PARAMETERS),
    ("sweep", "-p", "seed=0..2", "-p", PARAMETERS, "--format", "json"),
    ("sweep", "-p", "seed=0..2", "-p", PARAMETERS, "--format", "csv"),
    ("check",),
    ("check", "--format", "json"),
    ("plot",),
)
"""A tuple stands for one of its texts, of which some are changed."""

MOST_STEPS, MOST_VARIABLES = 50, 100
"""No run takes more steps, and none has more variables: an input may ask for many."""


class CommandTrials:
    """Makes configs, and lets commands read them; the same seed of `maker` tries the same."""

    def __init__(self, maker: Maker, folder: Path) -> None:
        self._maker, self._config = maker, folder / "c.yaml"

    def try_one(self) -> None:
        """Try one command; raises `AssertionError` if it broke something."""
        text = self._maker.one((self._maker.fit, self._maker.fit, self._maker.config))()
        if not self._is_small(text):
            return
        self._config.write_text(text)
        name, *options = self._maker.one(COMMANDS)
        command = [name, str(self._config), *map(self._word, options)]
        ended = end_of(command)
        fault = fault_of(ended)
        if not fault and ended.code == 0 and "json" in command:
            fault = _fault_of_json(ended.output)
        assert not fault, f"{command} of\n{text}\n{fault}"

    def _is_small(self, text: str) -> bool:
        try:
            config = parse_config(text, folder=self._config.parent)
        except AdamcliError:
            # What is wrong has to be told.
            return True
        return config.n_iter <= MOST_STEPS and config.variables.dim <= MOST_VARIABLES

    def _word(self, option: str | tuple[str, ...]) -> str:
        if isinstance(option, str):
            return option
        text = self._maker.one(option)
        return self._maker.one((text, text, self._maker.changed(text)))


def _fault_of_json(output: bytes) -> str:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    try:
        json.loads(output, parse_constant=refuse)
    except ValueError as error:
        return str(error)
    return ""


def fuzz_commands(count: int, maker: Maker, folder: Path) -> list[str]:
    """Try so many commands, and return what broke something."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return broken_by(CommandTrials(maker, folder).try_one, count)
