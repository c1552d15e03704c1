"""Some thousand hostile inputs, always the same ones, break nothing; and a fault would be found."""

import pytest

from tests.fuzz import __main__ as fuzzer


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
