"""Methods unknown to the loop, one class each, with and without state."""

from typing import ClassVar

import numpy as np
import pytest

from adamcli.errors import UsageError
from adamcli.experiment import prepare
from adamcli.optimizer.adam import Adam
from adamcli.optimizer.hyperparameters import decays
from adamcli.optimizer.loop import minimize_batch
from adamcli.optimizer.method import Method
from adamcli.optimizer.methods import METHODS, OPTIONS, method_of
from adamcli.results import Result
from tests.conftest import config_of, same_bits

STARTS = np.random.RandomState(3).uniform(-1, 1, (2, 7))


class Descent(Method):
    """Gradient descent, which keeps nothing."""

    hyperparameters = ("alpha",)

    def coefficients(self, rates):
        return (rates.alpha,)

    def bind(self, x, states, samples, settings):
        (g,) = samples

        def update(alpha) -> None:
            np.multiply(g, alpha, g)
            np.subtract(x, g, x)

        return update


class HeavyBall(Method):
    """Momentum, with its last change and an array that only counts the steps."""

    hyperparameters = ("alpha", "beta1")
    options: ClassVar = {"pace": ("slow", "fast")}
    states: ClassVar = {"n": "the number of steps", "c": "the last change"}
    watched = 1

    def coefficients(self, rates):
        pace = {"slow": 1.0, "fast": 2.0}[self.chosen["pace"]]
        return pace * rates.alpha, rates.beta1

    def bind(self, x, states, samples, settings):
        (n, c), (g,) = states, samples
        decay, _, change = decays((settings.beta1,), x.shape)

        def update(alpha, beta1) -> None:
            if change is not None:
                change(beta1)
            n[:] += 1
            c[:] = decay[0] * c - alpha * g
            x[:] += c

        return update


def run(config, method, starts=STARTS, **settings):
    task = prepare(config)
    settings = task.hyperparameters._replace(**settings)
    return minimize_batch(task._replace(method=method, hyperparameters=settings), starts)


def slope(x):
    return np.array([2 * x[0] + 0.5 * x[1], 0.5 * x[0] + 4 * x[1]])


FORMULA = "x**2 + 0.5*x*y + 2*y**2"


def test_a_method_without_state() -> None:
    found = run(config_of(FORMULA, alpha="0.1/t", n_iter=300, bounds_mode="start"), Descent())
    x = STARTS.copy()
    for t in range(1, 301):
        x = x - 0.1 / t * slope(x)
    np.testing.assert_allclose(found.last.x, x, rtol=1e-12)


@pytest.mark.parametrize(("pace", "factor"), [({}, 1.0), ({"pace": "fast"}, 2.0)])
def test_a_method_with_state_and_an_option(pace, factor) -> None:
    config = config_of(FORMULA, alpha=0.05, beta1="0.9 - 0.5/t", n_iter=40, bounds_mode="start")
    found = run(config, HeavyBall(**pace))
    x, c = STARTS.copy(), np.zeros((2, 7))
    for t in range(1, 41):
        c = (0.9 - 0.5 / t) * c - factor * 0.05 * slope(x)
        x = x + c
    np.testing.assert_allclose(found.last.x, x, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", [Descent(), HeavyBall()])
def test_runs_of_one_batch_have_the_bits_of_each_alone(method) -> None:
    config, alpha = config_of(FORMULA, n_iter=12), np.linspace(0.01, 0.2, 7)
    together = run(config, method, alpha=alpha)
    for k in range(7):
        alone = run(config, method, STARTS[:, [k]], alpha=float(alpha[k]))
        assert same_bits(together.best.x[:, k], alone.best.x[:, 0])
        assert same_bits(together.last.score[k], alone.last.score[0])


def test_a_state_that_overflows_is_named() -> None:
    config = config_of("1e300*x", "{x: [-1, 1]}", n_iter=5, alpha=1e10)
    outcome = run(config, HeavyBall(), np.array([[0.5]]))
    result = Result(outcome, 0, config)
    assert result.divergence.quantity == "c"
    assert result.message.startswith("c, the last change, with respect to x is -inf at t = 0")


def test_an_option_has_a_default_and_a_set_of_words() -> None:
    assert Adam().chosen == {"eps_mode": "outside"}
    assert Adam(eps_mode="hat").chosen == {"eps_mode": "hat"}
    with pytest.raises(UsageError, match="pace: expected one of slow, fast, found 'mad'"):
        HeavyBall(pace="mad")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_complete(name) -> None:
    method = method_of(name)
    assert set(method.hyperparameters) <= {"alpha", "beta1", "beta2", "eps"}
    assert set(method.options) <= set(OPTIONS)
    assert 0 <= method.watched <= len(method.states)
    alpha = 1 if name == "adagrad" else 0.05
    task = prepare(config_of(FORMULA, alpha=alpha, n_iter=3000))
    outcome = minimize_batch(task._replace(method=method()), STARTS)
    assert (outcome.best.score < 1e-3).all()
