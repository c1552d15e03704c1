"""The loop: batches, blocks, best and last, counts, and runs that diverge."""

import warnings
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli.optimizer.loop as loop
from adamcli.errors import ObjectiveError
from adamcli.experiment import minimize, prepare, run_config
from adamcli.objective.callables import FunctionObjective
from adamcli.optimizer.hyperparameters import Hyperparameters
from adamcli.optimizer.loop import Control, Watch, minimize_batch
from adamcli.optimizer.status import STATUSES, Status
from tests.conftest import config_of, same_bits

FORMULAS = [
    "x**2 + y**2",
    "sin(3*x)*exp(y) + (1 - x)**2",
    "where(x > y, (x - y)**2, log(2 + x) + abs(y)) + arctan2(x, 1 + y**2)",
    "log(x) + sqrt(y)",
    "logaddexp(x, y)**1.5 - cbrt(x*y) + tanh(x/y)",
]

numbers = st.floats(-3, 3)


def batch_of(task, starts):
    return minimize_batch(task, np.array(starts, dtype=float).T)


def assert_same_run(one, i, other, j) -> None:
    assert one.status[i] == other.status[j]
    for name in ("start", "best", "last"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.t[i] == b.t[j]
        assert same_bits(a.x[:, i], b.x[:, j])
        assert same_bits(a.score[i], b.score[j])
    assert same_bits(one.gradient[:, i], other.gradient[:, j])
    assert (one.nit[i], one.nfev[i], one.njev[i]) == (other.nit[j], other.nfev[j], other.njev[j])


@given(
    st.sampled_from(FORMULAS),
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=9),
    st.sampled_from(["derived", "2-point", "3-point", "complex-step"]),
    st.sampled_from(["clip", "start"]),
    st.sampled_from(["minimize", "maximize"]),
)
def test_a_run_in_a_batch_has_the_bits_of_the_run_alone(
    formula, starts, gradient, mode, direction
) -> None:
    config = config_of(
        formula,
        "{x: [-3, 3], y: [-3, 3]}",
        gradient=gradient,
        bounds_mode=mode,
        direction=direction,
        n_iter=12,
        alpha=0.3,
    )
    task = prepare(config)
    together = batch_of(task, starts)
    for i, start in enumerate(starts):
        assert_same_run(together, i, batch_of(task, [start]), 0)


@given(st.sampled_from(FORMULAS), st.permutations(range(6)))
def test_the_order_of_the_runs_is_irrelevant(formula, order) -> None:
    task = prepare(config_of(formula, n_iter=10, alpha=0.1))
    starts = np.random.RandomState(5).uniform(-1, 1, (6, 2))
    one, other = batch_of(task, starts), batch_of(task, starts[order])
    for place, run in enumerate(order):
        assert_same_run(one, run, other, place)


@pytest.mark.parametrize("entries", [16, 40, 200])
def test_blocks_do_not_change_a_bit(monkeypatch, entries) -> None:
    task = prepare(config_of(FORMULAS[3], "{x: [-1, 1], y: [-1, 1]}", n_iter=6, alpha=0.1))
    starts = np.random.RandomState(6).uniform(-1, 1, (33, 2))
    whole = batch_of(task, starts)
    assert {Status.FINISHED, Status.DIVERGED} == {STATUSES[code] for code in whole.status}
    monkeypatch.setattr(loop, "BLOCK_ENTRIES", entries)
    cut = batch_of(task, starts)
    for i in range(len(starts)):
        assert_same_run(whole, i, cut, i)
    assert repr(whole.divergences) == repr(cut.divergences)


def test_blocks_take_their_own_hyperparameters(monkeypatch) -> None:
    task = prepare(config_of(FORMULAS[1], n_iter=10))
    alpha = np.linspace(0.001, 0.1, 50)
    task = task._replace(hyperparameters=Hyperparameters(alpha=alpha))
    starts = np.random.RandomState(2).uniform(-1, 1, (50, 2))
    whole = batch_of(task, starts)
    monkeypatch.setattr(loop, "BLOCK_ENTRIES", 200)
    cut = batch_of(task, starts)
    for i in range(50):
        assert_same_run(whole, i, cut, i)


def test_alpha_for_each_run_goes_with_a_beta_that_changes() -> None:
    config = config_of(FORMULAS[1], n_iter=8, beta1="0.9 - 0.1/t")
    alpha = np.linspace(0.01, 0.1, 700)
    task = prepare(config)
    own = task._replace(hyperparameters=task.hyperparameters._replace(alpha=alpha))
    starts = np.random.RandomState(2).uniform(-1, 1, (700, 2))
    together = batch_of(own, starts)
    for i in (0, 350, 699):
        single = task._replace(hyperparameters=task.hyperparameters._replace(alpha=float(alpha[i])))
        assert_same_run(together, i, batch_of(single, starts[[i]]), 0)


@pytest.mark.parametrize("runs", [3, 700])
@pytest.mark.parametrize("names", [("alpha",), ("beta1", "beta2"), ("alpha", "beta1", "eps")])
def test_hyperparameters_may_differ_from_run_to_run(runs, names) -> None:
    task = prepare(config_of(FORMULAS[1], n_iter=20))
    random = np.random.RandomState(8)
    ranges = {"alpha": (0.001, 0.1), "beta1": (0, 0.99), "beta2": (0.5, 0.999), "eps": (0, 1e-3)}
    own = {name: random.uniform(*ranges[name], runs) for name in names}
    starts = random.uniform(-1, 1, (runs, 2))
    task = task._replace(hyperparameters=Hyperparameters()._replace(**own))
    together = batch_of(task, starts)
    for i in {0, 1, runs // 2, runs - 1}:
        single = Hyperparameters()._replace(**{n: float(values[i]) for n, values in own.items()})
        assert_same_run(
            together, i, batch_of(task._replace(hyperparameters=single), starts[[i]]), 0
        )


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5), st.floats(0.01, 5))
def test_the_objective_is_never_called_outside_its_box(starts, alpha) -> None:
    low, high = np.array([-1.0, 0.25]), np.array([1.0, 0.5])

    def fun(x, y):
        point = np.array([x, y])
        assert (low <= point).all()
        assert (point <= high).all()
        return np.sin(5 * x) - 3 * y

    for scheme in ("2-point", "3-point"):
        for start in starts:
            inside = np.clip(start, low, high).tolist()
            result = minimize(
                fun,
                {"x": (-1, 1), "y": (0.25, 0.5)},
                jac=scheme,
                n_iter=6,
                alpha=alpha,
                start=inside,
            )
            assert result.success


def test_the_last_point_counts_for_best() -> None:
    result = minimize("x**2", {"x": (-1, 1)}, n_iter=10, start=[1.0], alpha=0.01)
    assert result.best == result.last
    assert result.best.t == 9


def test_the_start_counts_for_best() -> None:
    result = minimize("x**2", {"x": (-1, 1)}, n_iter=10, start=[0.0001], alpha=0.5)
    assert result.best.t == -1
    assert result.best == result.start


def test_best_is_the_first_of_the_lowest_scores() -> None:
    records = []
    result = minimize(
        "x**2", {"x": (-1, 1)}, n_iter=200, start=[0.9], alpha=0.3, callback=records.append
    )
    scores = [record.score for record in records]
    assert result.best.score == min(scores)
    assert result.best.t == scores.index(min(scores))
    assert result.best.x == records[result.best.t].x
    assert result.best.score < result.last.score


def test_maximising_mirrors_minimising_bit_for_bit() -> None:
    down = minimize("x**2 - y", {"x": (-1, 1), "y": (-1, 1)}, seed=3)
    up = minimize("-(x**2 - y)", {"x": (-1, 1), "y": (-1, 1)}, seed=3, direction="maximize")
    assert up.best.x == down.best.x
    assert up.best.score == -down.best.score
    assert up.gradient == tuple(-g for g in down.gradient)


@pytest.mark.parametrize("n_iter", [0, 1, 2, 300])
def test_counts_are_exact(n_iter) -> None:
    calls = {"fun": 0, "jac": 0}

    def fun(x):
        calls["fun"] += 1
        return float(x @ x)

    def jac(x):
        calls["jac"] += 1
        return 2 * x

    result = minimize(fun, [(-1, 1)] * 3, jac=jac, n_iter=n_iter)
    assert (result.nit, result.nfev, result.njev) == (n_iter, n_iter + 1, n_iter + 1)
    assert calls["fun"] == result.nfev + result.verdict.nfev
    assert calls["jac"] == result.njev + result.verdict.njev


@pytest.mark.parametrize(("scheme", "per_point"), [("2-point", 4), ("3-point", 7)])
def test_difference_evaluations_are_counted(scheme, per_point) -> None:
    calls = []
    result = minimize(
        lambda x: calls.append(1) or float(x @ x), [(-1, 1)] * 3, jac=scheme, n_iter=5
    )
    assert result.nfev == 6 * per_point
    assert len(calls) == result.nfev + result.verdict.nfev


def test_records_are_copies_and_show_the_point_after_the_update() -> None:
    records = []
    result = minimize("x**2 + y**2", {"x": (-1, 1), "y": (-1, 1)}, callback=records.append)
    assert [record.t for record in records] == list(range(100))
    assert len({record.x for record in records}) == 100
    assert records[-1].x == result.last.x
    assert all(r.score == r.x[0] ** 2 + r.x[1] ** 2 for r in records)


def test_optional_fields_of_records() -> None:
    config = config_of("x**2 + y**2", alpha="0.1/t", n_iter=5)
    records = []
    run_config(config, watch=Watch(records.append, ("alpha", "gradient_norm")))
    assert [r.alpha for r in records] == [0.1 / t for t in range(1, 6)]
    for record in records:
        assert record.gradient_norm == pytest.approx(2 * np.hypot(*record.x), rel=1e-15)


DIVERGING = [
    # formula, start, quantity, coordinate, t
    ("log(x)", 0.01, "f", None, 0),
    ("where(x < 0.7, sqrt(-1 + 0*x), x)", 0.9, "f", None, 2),
    ("1e200*x**2", 0.9, "v", 0, 0),
    ("sqrt(x)", 0.05, "gradient", 0, 0),
    ("sqrt(x - 2)", 0.9, "f", None, -1),
]


@pytest.mark.parametrize(("formula", "start", "quantity", "coordinate", "t"), DIVERGING)
def test_a_run_that_stops_being_finite_says_what_and_where(
    formula, start, quantity, coordinate, t
) -> None:
    records = []
    result = minimize(
        formula, {"x": (0, 1)}, start=[start], alpha=0.1, n_iter=20, callback=records.append
    )
    assert result.status is Status.DIVERGED
    assert not result.success
    found = result.divergence
    assert (found.quantity, found.coordinate, found.t) == (quantity, coordinate, t)
    assert not np.isfinite(found.value)
    assert found.x == result.last.x
    assert result.nit == t + 1 == len(records)
    assert np.isfinite(result.best.score) or t == -1


def test_an_infinite_v_is_not_taken_for_convergence() -> None:
    result = minimize("1e160*x", {"x": (-1, 1)}, start=[0.5], n_iter=50)
    assert result.divergence.quantity == "v"
    assert "v, the average of the squared gradient, with respect to x is inf" in result.message


def test_x_can_diverge_where_no_box_holds_it() -> None:
    result = minimize(
        "-x", {"x": (-1, 1)}, start=[0.5], alpha=1e308, n_iter=50, bounds_mode="start"
    )
    assert result.divergence.quantity == "x"


@pytest.mark.parametrize("bounds_mode", ["clip", "start"])
def test_scores_alone_are_the_scores_of_the_points(bounds_mode) -> None:
    config = config_of("x**4 - 3*x*y + 1/y", alpha=0.9, n_iter=40, bounds_mode=bounds_mode)
    starts = np.random.default_rng(0).uniform(-1, 1, (2, 500))
    starts[1, ::7] = 0.0
    whole = minimize_batch(prepare(config), starts)
    alone = minimize_batch(prepare(config), starts, points=False)
    assert same_bits(alone.best.score, whole.best.score)
    assert same_bits(alone.last.score, whole.last.score)
    assert np.array_equal(alone.status, whole.status)
    assert alone.best.x.shape == (0, 500)


def test_a_diverged_run_leaves_the_others_alone() -> None:
    task = prepare(config_of("log(x) + y**2", "{x: [-1, 1], y: [-1, 1]}", n_iter=10, alpha=0.05))
    starts = [[0.9, 0.5], [0.1, 0.5], [-0.5, 0.5], [0.8, -0.2]]
    outcome = batch_of(task, starts)
    assert [STATUSES[s].value for s in outcome.status] == [
        "finished",
        "diverged",
        "diverged",
        "finished",
    ]
    assert sorted(outcome.divergences) == [1, 2]
    assert outcome.nit.tolist()[2::-2] == [0, 10]
    for i, start in enumerate(starts):
        assert_same_run(outcome, i, batch_of(task, [start]), 0)


def test_a_python_gradient_is_negated_to_maximise() -> None:
    up = minimize(
        lambda x: -float(x @ x),
        [(-1, 1)],
        jac=lambda x: -2 * x,
        direction="maximize",
        alpha=0.1,
        n_iter=300,
        seed=3,
    )
    assert up.x == pytest.approx([0], abs=1e-3)
    assert up.gradient == pytest.approx([-2 * up.last.x[0]])


def test_the_gradient_that_diverges_keeps_the_users_sign() -> None:
    result = minimize("sqrt(x)", {"x": (0, 1)}, direction="minimize", start=[0.0], n_iter=1)
    assert result.divergence.value == float("inf")
    result = minimize("-sqrt(x)", {"x": (0, 1)}, direction="maximize", start=[0.0], n_iter=1)
    assert result.divergence.value == float("-inf")


def test_a_stop_requested_in_the_last_step_changes_nothing() -> None:
    control = Control()

    def observe(record):
        if record.t == 9:
            control.stop = Status.INTERRUPTED

    result = run_config(
        config_of("x**2", "{x: [0, 1]}", n_iter=10), watch=Watch(observe), control=control
    )
    assert result.success


@pytest.mark.parametrize("n_iter", [5, 100])
def test_an_interrupt_inside_a_step_keeps_the_result(n_iter) -> None:
    control, calls = Control(), []

    def fun(x):
        calls.append(x)
        if len(calls) == 6:
            control.stop = Status.INTERRUPTED
            raise KeyboardInterrupt
        return float(x @ x)

    task = prepare(config_of("x[0]**2", "[[-1, 1]]", n_iter=n_iter))
    task = task._replace(objective=FunctionObjective(fun, lambda x: 2 * x))
    outcome = minimize_batch(task, np.array([[0.5]]), control)
    assert [STATUSES[s] for s in outcome.status] == [Status.INTERRUPTED]
    assert np.isnan(outcome.last.score[0])
    assert outcome.best.score[0] == min(float(x @ x) for x in calls[:5])


def test_the_best_of_a_diverged_run_is_from_before() -> None:
    result = minimize("log(x)", {"x": (0, 1)}, start=[0.5], alpha=0.1, n_iter=50)
    assert result.status is Status.DIVERGED
    assert np.isfinite(result.best.score)
    assert result.best.t < result.last.t


@pytest.mark.parametrize(("formula", "start"), [("sqrt(x)", 0.002), ("arcsin(x - 1)", 0.0015)])
def test_a_point_counts_for_best_even_if_its_gradient_is_not_finite(formula, start) -> None:
    records = []
    result = minimize(formula, {"x": (0, 2)}, start=[start], n_iter=10, callback=records.append)
    assert result.divergence.quantity == "gradient"
    assert result.best.score == min(record.score for record in records)
    assert result.best.x == (0.0,)


def test_a_run_that_has_ended_is_ignored_even_if_it_recovers() -> None:
    formula, bounds = "where(abs(x - 0.5) < 0.06, log(-1 + 0*x), x)", "{x: [0, 1]}"
    task = prepare(config_of(formula, bounds, n_iter=12, alpha=0.1))
    together, alone = batch_of(task, [[0.9], [0.4]]), batch_of(task, [[0.9]])
    assert_same_run(together, 0, alone, 0)
    assert together.best.score[0] > 0.55


def test_a_request_to_stop_ends_the_run_after_its_step() -> None:
    control = Control()
    seen = []

    def observe(record):
        seen.append(record)
        if record.t == 7:
            control.stop = Status.INTERRUPTED

    result = run_config(config_of("x**2 + y**2"), watch=Watch(observe), control=control)
    assert result.status is Status.INTERRUPTED
    assert (result.nit, len(seen), result.last.t) == (8, 8, 7)
    assert result.message == "stopped after 8 of 100 steps"


def test_a_callback_can_stop_the_run() -> None:
    def stop(record):
        if record.t == 3:
            raise StopIteration

    result = minimize("x**2", {"x": (-1, 1)}, callback=stop, history=True)
    assert result.status is Status.INTERRUPTED
    assert result.nit == len(result.history) == 4
    assert run_config(config_of("x**2 + y**2"), watch=Watch(stop)).nit == 4
    assert run_config(config_of("x**2 + y**2", n_iter=4), watch=Watch(stop)).success


def test_what_an_objective_raises_comes_with_the_result_so_far() -> None:
    calls = []

    def fun(x):
        calls.append(x)
        if len(calls) > 5:
            raise ValueError("out of fuel")
        return float(x @ x)

    with pytest.raises(ObjectiveError, match="ValueError: out of fuel") as caught:
        minimize(fun, [(-1, 1)], jac=lambda x: 2 * x)
    assert isinstance(caught.value.__cause__, ValueError)
    result = caught.value.result
    assert result.status is Status.FAILED
    assert (result.nit, result.last.t, result.nfev) == (5, 4, 6)
    assert result.best.score == min(float(x @ x) for x in calls[:5])
    assert "at t = 4, the objective raised" in result.message


@pytest.mark.parametrize("value", [[1.0, 2.0], "text", None, 1j])
def test_an_objective_returns_one_number(value) -> None:
    with pytest.raises(ObjectiveError, match="expected one number"):
        minimize(lambda x: value, [(-1, 1)])


@pytest.mark.parametrize("value", [3, np.float32(3), np.array([3.0]), np.array([[3]]), True])
def test_an_objective_may_return_any_kind_of_number(value) -> None:
    assert minimize(lambda x: value, [(-1, 1)], n_iter=1).fun == float(np.squeeze(value))


def test_a_gradient_has_one_number_per_coordinate() -> None:
    with pytest.raises(ObjectiveError, match="expected 2 numbers"):
        minimize(lambda x: 1.0, [(-1, 1)] * 2, jac=lambda x: [1.0, 2.0, 3.0])


def test_no_warning_reaches_the_user() -> None:
    with warnings.catch_warnings(record=True) as caught:
        minimize("log(x)**0.5 + 1/y", {"x": (-1, 1), "y": (-1, 1)}, n_iter=20)
    assert caught == []


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_a_look_at_a_run_shows_where_it_is(direction) -> None:
    config = config_of("sin(9*x) + y**3", n_iter=50, alpha=0.2, direction=direction, seed=4)
    control, looks, scores = Control(), [], []

    def observe(record) -> None:
        scores.append(record.score)
        looks.append(control.look())

    result = run_config(config, watch=Watch(observe), control=control)
    best_of = min if direction == "minimize" else max
    assert [look.t for look in looks] == list(range(50))
    assert [look.score for look in looks] == scores
    best = list(accumulate(scores, best_of, initial=result.start.score))[1:]
    assert [look.best for look in looks] == best


def test_the_arrays_of_a_run_go_with_it_and_do_not_wait_for_garbage_collection() -> None:
    import gc

    from adamcli.optimizer.block import Block

    gc.collect()
    gc.disable()
    try:
        minimize("x**2 + y**2", {"x": (-1, 1), "y": (-1, 1)}, n_iter=3, stop="gradient < 0")
        assert not [found for found in gc.get_objects() if isinstance(found, Block)]
    finally:
        gc.enable()
