"""A new kind of objective: one entry of the table, and everything works with it."""

import numpy as np
import pytest

from adamcli.config.load import open_config, parse_config, read_config
from adamcli.config.objectives import KINDS, ObjectiveReader
from adamcli.config.write import yaml_of
from adamcli.diagnostics import ConfigError
from adamcli.errors import UsageError
from adamcli.experiment import run_config
from adamcli.inspection import inspect_config
from adamcli.objective.base import Specification
from adamcli.objective.callables import FunctionValues
from adamcli.objective.differences import DifferenceObjective
from adamcli.sweeps.variations import SweepOptions, vary

TEXT = "objective: {command: 3}\nbounds: {x: [-1, 1], y: [-1, 1]}\nn_iter: 20\nalpha: 0.1\n"


def parabola(centre: float, box: tuple[np.ndarray, np.ndarray], sign: float) -> Specification:
    """Return the sum of squares from a point, as a program might compute it point by point."""
    values = FunctionValues(lambda x: sign * float(((x - centre) ** 2).sum()))
    return Specification(
        "3-point",
        lambda: DifferenceObjective(values, len(box[0]), "3-point", box),
        code=f"a program (run.sh {centre:g})",
        files=("run.sh",),
        takes_batches=False,
    )


class CommandReader(ObjectiveReader):
    """Reads `{command: number}`."""

    own_gradient = "a scheme, as the objective is a program"

    def _read(self) -> None:
        self._centre = self._keys.number(self._keys.nodes["objective"].get("command"), "objective")

    @classmethod
    def moved(cls, key, value, folder, target):
        return {**value, "command": value["command"] + 1}

    def specification(self, domain, sign):
        return parabola(self._centre, domain.bounds.box, sign) if self._centre else None


@pytest.fixture(autouse=True)
def command(monkeypatch) -> None:
    monkeypatch.setitem(KINDS, "command", CommandReader)


def test_it_runs_if_code_is_allowed() -> None:
    config = parse_config(TEXT)
    assert config.files == ("run.sh",)
    result = run_config(config, allow_python=True)
    assert result.success
    assert result.best.x == pytest.approx((1, 1))
    assert inspect_config(config, allow_python=True).passed


def test_it_needs_consent_and_says_for_what() -> None:
    with pytest.raises(UsageError, match=r"the objective is a program \(run\.sh 3\)"):
        run_config(parse_config(TEXT))


def test_it_is_swept_one_run_at_a_time(tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    axes = ("objective={command: 3},{command: -2},x + y", "seed=0..3")
    variations = vary(open_config(str(path)), SweepOptions(axes, allow_python=True))
    assert variations.runs_code
    assert variations.width == 1
    assert variations.files == ["run.sh"]
    rows = variations.compute(np.arange(variations.plan.size))
    for run in range(variations.plan.size):
        alone = run_config(variations.config(run), allow_python=True)
        assert rows.columns["best.score"][run] == alone.best.score
    with pytest.raises(UsageError, match="a program"):
        vary(open_config(str(path)), SweepOptions(axes))


def test_a_config_in_another_folder_has_its_word(tmp_path) -> None:
    text = yaml_of(read_config(TEXT).tree, tmp_path, tmp_path / "else")
    assert "objective: {command: 4}" in text


@pytest.mark.parametrize("gradient", ["{python: a.py:f}", "{x: 1, y: 1}", "[1, 1]"])
def test_a_gradient_of_another_kind_is_refused_in_its_words(gradient) -> None:
    with pytest.raises(ConfigError, match=r"gradient: expected .* as the objective is a program"):
        parse_config(TEXT + f"gradient: {gradient}\n")


def test_formulas_refuse_its_gradient() -> None:
    text = TEXT.replace("{command: 3}", "x + y") + "gradient: {command: 3}\n"
    with pytest.raises(ConfigError, match="expected formulas, as the objective is one"):
        parse_config(text)
