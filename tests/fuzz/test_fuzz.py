"""Some thousand hostile inputs, always the same ones, break nothing; and a fault would be found."""

import warnings
from random import Random

import pytest

import adamcli.sweeps.validation as validation
from adamcli.errors import UsageError
from adamcli.sweeps.database import read_rows
from tests.fuzz import __main__ as fuzzer
from tests.fuzz.commands import fuzz_commands
from tests.fuzz.inputs import Maker
from tests.fuzz.stores import fuzz_stores


def test_hostile_inputs_break_nothing(monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "100MB")
    assert fuzzer.fuzz(1500, 20_000) == []


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), fuzzer.AdamcliError("\x1b[31m")])
def test_a_fault_would_be_found(monkeypatch, fault) -> None:
    def run(text, folder) -> None:
        raise fault

    monkeypatch.setattr(fuzzer, "run", run)
    found = fuzzer.fuzz(20, 1)
    assert found
    assert "a bug" in found[0] or "control characters" in found[0]


@pytest.mark.slow
def test_commands_end_as_documented_whatever_they_find(tmp_path) -> None:
    assert fuzz_commands(60, Maker(2), tmp_path) == []


def test_a_warning_in_a_command_would_be_found(monkeypatch, tmp_path) -> None:
    def read(*_, **__) -> None:
        warnings.warn("of NumPy", RuntimeWarning, stacklevel=1)
        raise UsageError("something is wrong")

    monkeypatch.setattr("adamcli.config.load.open_config", read)
    found = fuzz_commands(20, Maker(1), tmp_path)
    assert any("RuntimeWarning: of NumPy" in text for text in found)


@pytest.mark.slow
def test_hostile_stores_break_nothing_and_are_never_believed(tmp_path) -> None:
    assert fuzz_stores(200, Random(7), tmp_path) == []


def test_a_store_that_is_believed_would_be_found(monkeypatch, tmp_path) -> None:
    def unchecked(db, stored):
        for block in stored.blocks:
            yield from read_rows(db, block)

    monkeypatch.setattr(validation, "checked_blocks", unchecked)
    found = fuzz_stores(60, Random(1), tmp_path)
    assert any("believed" in text for text in found)
