"""Hyperparameters that are numbers, depend on the step, or are out of range."""

import numpy as np
import pytest

from adamcli.errors import UsageError
from adamcli.experiment import minimize
from adamcli.optimizer.adam import Adam
from adamcli.optimizer.hyperparameters import Hyperparameters, Schedule, check
from tests.conftest import config_of, same_bits


def reference(alpha, beta1, beta2, n_iter, start=0.9):
    """Return x after every step on x**2, with hyperparameters that are functions of t."""
    x, m, v, p1, p2, path = start, 0.0, 0.0, 1.0, 1.0, []
    for t in range(1, n_iter + 1):
        g = 2 * x
        m = beta1(t) * m + (1 - beta1(t)) * g
        v = beta2(t) * v + (1 - beta2(t)) * g * g
        p1, p2 = p1 * beta1(t), p2 * beta2(t)
        x -= alpha(t) * (m / (1 - p1)) / (np.sqrt(v / (1 - p2)) + 1e-8)
        path.append(x)
    return path


def path_of(n_iter, **settings):
    records = []
    minimize(
        "x**2", {"x": (-1, 1)}, start=[0.9], n_iter=n_iter, callback=records.append, **settings
    )
    return [record.x[0] for record in records]


@pytest.mark.parametrize("n_iter", [1, 5, 255, 256, 257, 600])
def test_all_hyperparameters_may_be_formulas_of_the_step(n_iter) -> None:
    found = path_of(n_iter, alpha="0.1/sqrt(t)", beta1="0.9 - 0.5/t", beta2="1 - 1/(t + 1)**0.8")
    expected = reference(
        lambda t: 0.1 / np.sqrt(t),
        lambda t: 0.9 - 0.5 / t,
        lambda t: 1 - 1 / (t + 1) ** 0.8,
        n_iter,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_formulas_can_use_n_iter() -> None:
    found = path_of(10, alpha="0.1*(1 - (t - 1)/n_iter)")
    expected = reference(lambda t: 0.1 * (1 - (t - 1) / 10), lambda t: 0.9, lambda t: 0.999, 10)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_functions_are_accepted_too() -> None:
    assert path_of(20, alpha=lambda t, n_iter: 0.1 / t) == path_of(20, alpha="0.1/t")


def test_a_formula_that_is_constant_has_the_bits_of_the_number() -> None:
    assert path_of(300, alpha="0.05", beta1="0.8", eps="1e-8") == path_of(
        300, alpha=0.05, beta1=0.8, eps=1e-8
    )


def test_powers_of_beta_are_exact_to_rounding() -> None:
    settings = Hyperparameters(1.0, 0.0, 0.999, 0.0)
    steps = [float(row.coefficients[0]) for row in Schedule(settings, 5000, Adam())]
    assert len(steps) == 5000
    for t, step in enumerate(steps, 1):
        assert step == pytest.approx(np.sqrt(-np.expm1(t * np.log(0.999))), rel=1e-12)


def test_tables_of_one_run_and_of_many_have_the_same_bits() -> None:
    values = np.array([0.9, 0.5, 0.99])
    for run, beta1 in enumerate(values):
        many = Schedule(Hyperparameters(0.1, values, 0.999, 1e-8), 700, Adam())
        one = Schedule(Hyperparameters(0.1, float(beta1), 0.999, 1e-8), 700, Adam())
        for a, b in zip(many, one, strict=True):
            (a_step, a_eps, *_), (b_step, b_eps, *_) = a.coefficients, b.coefficients
            assert same_bits(a_step[run], b_step)
            assert same_bits(np.broadcast_to(a_eps, 3)[run], b_eps)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", -1),
        ("alpha", np.nan),
        ("alpha", np.inf),
        ("beta1", 1.0),
        ("beta1", -0.1),
        ("beta2", 1.5),
        ("beta2", np.nan),
        ("eps", -1e-8),
        ("eps", np.inf),
        ("alpha", np.array([0.1, -0.1])),
    ],
)
def test_values_out_of_range_are_refused(name, value) -> None:
    with pytest.raises(UsageError, match=f"{name}: expected"):
        check(Hyperparameters()._replace(**{name: value}))


def test_a_function_that_leaves_the_range_late_ends_the_run_but_not_its_result() -> None:
    seen = []
    with pytest.raises(UsageError, match=r"^alpha is -1\.0 at t = 1000, expected") as caught:
        minimize(
            "x**2",
            {"x": (-1, 1)},
            n_iter=2000,
            alpha=lambda t, n: np.where(t == 1000, -1.0, 0.01),
            callback=seen.append,
        )
    assert len(seen) == 999
    assert caught.value.result.nit == 999
    assert caught.value.result.best.score < 1e-3


def test_alpha_may_end_at_zero() -> None:
    found = path_of(50, alpha="0.1*(1 - t/n_iter)")
    assert found[-1] == found[-2]


def test_an_unknown_place_of_eps_is_refused() -> None:
    with pytest.raises(UsageError, match="eps_mode: expected one of outside, inside, hat"):
        Adam(eps_mode="within")


def test_the_defaults_are_the_papers() -> None:
    config = config_of("x**2 + y**2")
    assert config.hyperparameters == (0.001, 0.9, 0.999, 1e-8, 0.0)
    assert config.method.chosen == {"eps_mode": "outside"}
