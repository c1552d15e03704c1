"""What `adamcli check` proposes: a setting that reaches a minimum, with the bits of a run."""

import json

import numpy as np
import pytest

from adamcli.config.checking import checked
from adamcli.config.load import parse_config
from adamcli.experiment import prepare, run_config, start_of
from adamcli.optimizer.loop import minimize_batch
from adamcli.optimizer.status import Code
from adamcli.optimizer.verdict import judge
from adamcli.proposal import propose, with_settings
from tests.conftest import config_of

WIDE = "{x: [-5, 5], y: [-5, 5]}"

STEP = 1e-5
"""Seconds that a step is said to take."""


def followed(config, found):
    """Return the result of a run with the proposed settings."""
    return run_config(checked(with_settings(config.file, found.best.alpha, found.best.n_iter)))


@pytest.mark.parametrize(
    "config",
    [
        config_of("(x - 3)**2 + y**2", WIDE, seed=1),
        config_of("abs(x - 0.3) + abs(y)", seed=2),
        config_of("-(x - 3)**2 - y**2", WIDE, direction="maximize"),
        config_of("(1e3*x - 1)**2 + (y - 50)**2", "{x: [0, 0.01], y: [0, 100]}"),
        config_of("(x - 3)**2 + y**2", "{x: [-.inf, .inf], y: [0, .inf]}", start="[0, 5]"),
        config_of("(x - 3)**2 + y**2", WIDE, method="rmsprop", beta2=0.9),
        config_of("(log(x) - 3)**2 + y**2", "{x: {low: 1, high: 1e6, scale: log}, y: [-1, 1]}"),
    ],
)
def test_a_proposal_that_is_followed_reaches_the_minimum_it_tells(config) -> None:
    found = propose(config, STEP)
    result = followed(config, found)
    assert found.best.reached
    assert result.verdict.code is Code.MINIMUM
    assert result.fun == found.best.score
    assert result.nit == found.best.n_iter
    assert abs(result.fun) < 1e-3


FUNCTIONS = [
    "rosenbrock",
    "beale",
    "booth",
    "rastrigin",
    "zakharov",
    "branin",
    "colville",
    "matyas",
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_reaches_a_minimum_where_one_of_31_step_sizes_does(name) -> None:
    config = parse_config(f"objective: {name}\nseed: 3\n")
    found = propose(config, STEP)
    task = prepare(config)._replace(n_iter=found.best.n_iter)
    names = config.variables.coordinate_names()
    reached = []
    for alpha in np.logspace(-5, 1, 31).tolist():
        own = task._replace(hyperparameters=task.hyperparameters._replace(alpha=alpha))
        batch = minimize_batch(own, start_of(config)[:, None])
        reached.append(judge(own, batch, names).code is Code.MINIMUM)
    assert followed(config, found).verdict.code is Code.MINIMUM or not any(reached)


def test_where_nothing_arrives_the_lowest_score_is_told_with_its_verdict() -> None:
    config = config_of("-x", "{x: [-.inf, .inf]}", start="[0]", seed=1)
    found = propose(config, STEP)
    assert not found.best.reached
    assert found.best.score == min(trial.score for trial in found.trials)
    assert (found.others, found.starts) == (0, 0)


def test_a_given_start_has_no_other_starts() -> None:
    found = propose(config_of("x**2 + y**2", start="[0.5, 0.5]"), STEP)
    assert (found.others, found.starts) == (0, 0)


def test_without_a_finite_score_there_is_nothing_to_propose() -> None:
    assert propose(config_of("log(-1 - x**2 - y**2)"), STEP) is None


def test_slow_code_is_tried_with_few_step_sizes_or_not_at_all(tmp_path) -> None:
    (tmp_path / "code.py").write_text("def f(x):\n    return (x - 1)**2\n", encoding="utf-8")
    text = "objective: {python: code.py:f}\nbounds: {x: [-2, 2]}\n"
    config = parse_config(text, folder=tmp_path)
    assert len({trial.alpha for trial in propose(config, 2e-3, allow_python=True).trials}) < 31
    assert propose(config, 1.0, allow_python=True) is None


def test_the_command_tells_and_writes_it(cli, tmp_path) -> None:
    path, target = tmp_path / "c.yaml", tmp_path / "tuned.yaml"
    path.write_text("objective: (x - 3)**2\nbounds: {x: [-5, 5]}\nbeta1: 0.8\n", encoding="utf-8")
    ended = cli("check", str(path), "--write", str(target))
    assert ended.code == 0
    line = next(line for line in ended.stdout.splitlines() if line.startswith("proposal: "))
    written = target.read_text(encoding="utf-8")
    assert written.startswith(f"# adamcli check: {line.removeprefix('proposal: ')}\n")
    assert "beta1: 0.8" in written
    result = json.loads(cli("run", str(target), "--format", "json").stdout)
    assert result["verdict"]["code"] == "minimum"
    told = json.loads(cli("check", str(path), "--format", "json").stdout)["proposal"]
    assert told["score"] == result["best"]["score"]
    assert (told["alpha"], told["n_iter"]) == (
        result["config"]["alpha"],
        result["config"]["n_iter"],
    )
    assert len(told["trials"]) == 31
    assert {"alpha", "n_iter", "score", "verdict"} == set(told["trials"][0])


def test_a_probe_can_be_left_out(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("objective: (x - 3)**2\nbounds: {x: [-5, 5]}\n", encoding="utf-8")
    ended = cli("check", str(path), "--no-probe")
    assert ended.code == 0
    assert "proposal" not in ended.stdout
    refused = cli("check", str(path), "--no-probe", "--write", str(tmp_path / "t.yaml"))
    assert refused.code == 2
    assert "remove --no-probe" in refused.stderr
    clash = cli("check", str(path), "--write", str(path))
    assert clash.code == 2
    assert "which would be lost" in clash.stderr
