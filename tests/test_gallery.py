"""The configs of the gallery: each is commented, runs, and meets the expectation it states."""

import pytest

from tests.conftest import ROOT

CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def test_there_is_a_dozen() -> None:
    assert len(CONFIGS) >= 12


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_runs_and_meets_its_expectation(cli, path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.stem != "article":
        assert text.startswith("# ")
        assert "\nexpect:" in text
    command = "solve" if "\nmodel:" in text else "run"
    assert cli(command, str(path), "--quiet", "--allow-python") == ("", "", 0)
