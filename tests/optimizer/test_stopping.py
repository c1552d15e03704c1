"""Stopping rules: when each must hold, by a plain reference; and that no run depends on others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adamcli.optimizer.moving as moving
from adamcli.config.load import parse_config
from adamcli.experiment import minimize, prepare, run_config, starts_of
from adamcli.optimizer.loop import minimize_batch
from adamcli.optimizer.status import STATUSES, Status
from tests.conftest import config_of, same_bits
from tests.optimizer.problems import PROBLEMS

# The reference.


def counts(n_iter, least, part):
    """Return after how many steps something is looked at."""
    found, steps = [], 0
    while steps <= n_iter:
        found.append(steps)
        steps += max(least, steps // part)
    return found


def valley_decrease(x, y):
    """Return 1/2 g^T H^-1 g of Rosenbrock's valley, infinite where H is not positive definite."""
    g = PROBLEMS["valley"].gradient(x, y)
    a, b, c = 2 - 400 * (y - 3 * x**2), -400 * x, 200.0
    determinant = a * c - b * b
    if a <= 0 or determinant <= 0:
        return float("inf")
    return 0.5 * (c * g[0] ** 2 - 2 * b * g[0] * g[1] + a * g[1] ** 2) / determinant


def patience(scores, steps, absolute=0.0, relative=0.0):
    """Return after how many steps the best of `scores` has not improved for some; or None."""
    bar, since = float("inf"), 0
    for n in range(0, len(scores), max(1, steps // 10)):
        best = min(scores[: n + 1])
        if best < bar:
            bar, since = best - absolute - relative * abs(best), n
        if n - since >= steps:
            return n
    return None


def first(n_iter, holds, least=1, part=10**9):
    """Return after how many steps something that is looked at holds; or None."""
    return next((n for n in counts(n_iter, least, part) if holds(n)), None)


def course(n_iter=3000, **keys):
    """Return scores and points of the valley, from the start on, and what is maximised in them."""
    problem = PROBLEMS["valley"]
    keys = {"alpha": 0.02, "bounds_mode": "start", "start": problem.start, **keys}
    whole = minimize(problem.formula, problem.bounds, n_iter=n_iter, history=True, **keys)
    points = [whole.start, *whole.history]
    assert len(points) == n_iter + 1
    return [p.score for p in points], [p.x for p in points], keys


def stopped(stop, keys, n_iter=3000):
    problem = PROBLEMS["valley"]
    return minimize(problem.formula, problem.bounds, n_iter=n_iter, stop=stop, **keys)


def assert_stops(result, wanted, n_iter, points) -> None:
    """Check where a run ended, against the course of the run that did not stop."""
    scores, places = points
    assert result.nit == (n_iter if wanted is None else wanted)
    assert result.status is (Status.FINISHED if wanted is None else Status.CONVERGED)
    assert result.success
    assert result.last.x == places[result.nit]
    assert result.best.score == min(scores[: result.nit + 1])
    assert result.best.t == scores.index(result.best.score) - 1


@pytest.mark.parametrize("goal", [1e3, 3.0, 0.5, 1e-3, 1e-9, 1e-300])
def test_a_score_is_looked_at_after_every_step(goal) -> None:
    scores, places, keys = course()
    for n_iter in (3000, 700):
        wanted = first(n_iter, lambda n: scores[n] < goal)
        for rule in (f"score < {goal!r}", f"{goal!r} > score", {"score": goal}):
            result = stopped(rule, keys, n_iter)
            assert_stops(result, wanted, n_iter, (scores, places))
            assert result.stop == (None if wanted is None else {**result.stop, "code": "score"})


def test_a_goal_may_be_reached_exactly() -> None:
    scores, _, keys = course(200)
    goal = scores[150]
    assert goal == min(scores[:151])
    assert stopped(f"score <= {goal!r}", keys, 200).nit == 150
    assert stopped(f"score < {goal!r}", keys, 200).nit == 151
    wanted = first(200, lambda n: scores[n] >= goal, 10)
    assert stopped(f"score >= {goal!r}", keys, 200).nit == wanted == 0


@pytest.mark.parametrize("bound", [1e3, 20.0, 1.0, 0.1, 1e-3, 1e-6])
def test_a_gradient_is_looked_at_every_10_steps_and_then_every_twentieth_part(bound) -> None:
    scores, places, keys = course()

    def holds(n):
        return max(map(abs, PROBLEMS["valley"].gradient(*places[n]))) < bound

    wanted = first(3000, holds, 10, 20)
    assert_stops(stopped(f"gradient < {bound!r}", keys), wanted, 3000, (scores, places))


@pytest.mark.parametrize("bound", [1.0, 0.1, 1e-3, 1e-6, 1e-12])
def test_a_decrease_is_looked_at_every_100_steps_and_then_every_tenth_part(bound) -> None:
    scores, places, keys = course()
    found = {n: valley_decrease(*places[n]) for n in counts(3000, 100, 10)}
    wanted = next((n for n, decrease in found.items() if decrease < bound), None)
    # The differences have six digits.
    assert all(abs(decrease / bound - 1) > 1e-4 for decrease in found.values())
    result = stopped(f"predicted_decrease < {bound!r}", keys)
    assert_stops(result, wanted, 3000, (scores, places))
    looks = sum(n <= result.nit for n in found)
    assert result.njev == result.nit + 1 + 2 * looks


@pytest.mark.parametrize("steps", [1, 2, 7, 15, 25, 100, 333])
@pytest.mark.parametrize(
    ("kind", "value"), [("improvement", 1e-2), ("relative", 0.3), ("improvement", 0.0)]
)
@pytest.mark.parametrize("alpha", [0.02, 0.4])
def test_patience_ends_when_the_best_has_not_improved(steps, kind, value, alpha) -> None:
    scores, places, keys = course(1500, alpha=alpha)
    given = {"absolute": value} if kind == "improvement" else {"relative": value}
    wanted = patience(scores, steps, **given)
    result = stopped({"patience": {"steps": steps, kind: value}}, keys, 1500)
    assert_stops(result, wanted, 1500, (scores, places))
    if not value:
        assert stopped({"patience": steps}, keys, 1500) == result


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("t > 57", lambda score, t: t > 57),
        ("score < 4 and t > 33", lambda score, t: score < 4 and t > 33),
        ("3.9 < score < 4.1", lambda score, t: 3.9 < score < 4.1),
        ("score < 1/(1 + abs(t))", lambda score, t: score < 1 / (1 + abs(t))),
    ],
)
def test_other_comparisons_are_looked_at_every_10_steps(rule, holds) -> None:
    scores, places, keys = course()
    wanted = first(3000, lambda n: holds(scores[n], n - 1), 10, 20)
    assert wanted
    assert_stops(stopped(rule, keys), wanted, 3000, (scores, places))


@pytest.mark.parametrize(
    "stop",
    [
        "score > -0.3",
        {"score": -0.3},
        "-0.3 < score",
        "score >= -0.3",
        {"gradient": 0.9},
        {"patience": {"steps": 40, "relative": 0.2}},
        "predicted_decrease < 1e-2",
    ],
)
def test_to_maximise_is_to_minimise_the_negative(stop) -> None:
    mirrored = {"score > -0.3": "score < 0.3", "-0.3 < score": "score < 0.3"}
    mirrored |= {"score >= -0.3": "score <= 0.3"}
    problem = PROBLEMS["valley"]
    down = {"score": 0.3} if stop == {"score": -0.3} else stop
    down = mirrored.get(down, down) if isinstance(down, str) else down
    keys = {"alpha": 0.02, "start": problem.start, "n_iter": 3000}
    one = minimize(problem.formula, problem.bounds, stop=down, **keys)
    formula = f"-({problem.formula})"
    other = minimize(formula, problem.bounds, stop=stop, direction="maximize", **keys)
    assert one.converged
    assert (other.nit, other.nfev, other.last.x) == (one.nit, one.nfev, one.last.x)
    assert other.rule.code == one.rule.code


@pytest.mark.parametrize("n_iter", [0, 50])
@pytest.mark.parametrize(
    "rule", ["score < 100", "gradient < 1e4", "t < 0", "score > 0", "predicted_decrease < 1e4"]
)
def test_a_rule_that_holds_at_the_start_ends_the_run_there(rule, n_iter) -> None:
    result = minimize("x**2 + y**2", {"x": [1, 2], "y": [1, 2]}, n_iter=n_iter, stop=rule)
    assert (result.status, result.nit, result.best.t) == (Status.CONVERGED, 0, -1)
    assert result.best == result.last == result.start
    assert result.message == f"{rule}, after 0 of {n_iter} steps"


def test_without_a_rule_that_holds_the_message_says_so() -> None:
    result = minimize("x**2", {"x": [1, 2]}, stop=["score < 0", "gradient < 0"])
    assert result.message == "all 100 steps were taken, and no stopping rule held"
    assert (result.stop, result.converged) == (None, False)


def test_a_score_that_is_nan_reaches_nothing() -> None:
    keys = {"bounds_mode": "start", "start": {"x": 0.5}, "alpha": 0.1}
    result = minimize("log(x)", {"x": [0, 1]}, stop=["score < -1e9", "score != 3"], **keys)
    assert (result.rule.code, result.nit) == ("score", 0)
    result = minimize("log(x)", {"x": [0, 1]}, stop=["score < -1e9", "gradient < 0"], **keys)
    assert result.status is Status.DIVERGED


def test_the_gradient_does_not_count_what_pushes_against_a_bound() -> None:
    for bounds in ({"x": [1, 2]}, {"x": {"low": 1, "high": 1000, "scale": "log"}}):
        for fun in ("x", "-x"):
            result = minimize(fun, bounds, stop="gradient < 1e-9", alpha=0.5, n_iter=500)
            assert result.converged, (bounds, fun)
            assert result.last.x[0] in (1, 2, 1000)
            assert list(result.active_bounds) == ["x"]


def test_many_rules_have_their_places() -> None:
    rules = [f"score < {-k}" for k in range(1, 400)]
    result = minimize("x**2", {"x": [1, 2]}, stop=[*rules, "t > 5"])
    assert result.stop == {"code": "t", "rule": "t > 5"}


# Runs among others.

OBJECTIVES = {
    "valley": "(1 - x)**2 + 100*(y - x**2)**2",
    "cliff": "log(x) + y**2",
    "waves": "sin(3*x)*exp(y) + (1 - x)**2",
}

BOUNDS = {
    "linear": "{x: [0.1, 3], y: [-2, 2]}",
    "log": "{x: {low: 0.1, high: 3, scale: log}, y: [-2, 2]}",
    "half": "{x: {low: 0.1, high: .inf, draw: [0.2, 3]}, y: [-2, 2]}",
}

RULES = [
    "score < 0.5",
    "score <= -0.2",
    "gradient < 0.4",
    "predicted_decrease < 1e-2",
    "{patience: 20}",
    "{patience: {steps: 12, relative: 0.05}}",
    "{patience: {steps: 30, improvement: 0.01}}",
    "score < 3 and t > 25",
    "gradient < 0.3*abs(score)",
    "t > 70",
]


@st.composite
def tasks(draw):
    """Draw a task with the starts of some runs, and how many are beside each."""
    method = draw(st.sampled_from(["adam", "amsgrad", "radam", "sgd", "nesterov", "adagrad"]))
    keys = {
        "bounds_mode": draw(st.sampled_from(["clip", "reflect", "transform", "start"])),
        "direction": draw(st.sampled_from(["minimize", "minimize", "maximize"])),
        "gradient": draw(st.sampled_from(["derived", "derived", "3-point"])),
        "method": method,
        "alpha": draw(st.sampled_from(["0.05", "0.3/sqrt(t)", "0.02*width", "{x: 0.1/t, y: 0.1}"])),
        "stop": f"[{', '.join(draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=3)))}]",
        "weight_decay": draw(st.sampled_from(["0", "0.05", "0.1/t"])),
        "n_iter": 90,
    }
    bounds = draw(st.sampled_from(sorted(BOUNDS)))
    if bounds == "half" and "width" in keys["alpha"]:
        keys["alpha"] = "0.1"
    config = config_of(draw(st.sampled_from(sorted(OBJECTIVES.values()))), BOUNDS[bounds], **keys)
    seeds = draw(st.lists(st.integers(0, 10**6), min_size=2, max_size=9))
    task, runs = prepare(config), len(seeds)
    numbers = {"beta1": (0, 0.95), "beta2": (0.5, 0.999), "alpha": (0.001, 0.4)}
    own = [name for name in numbers if name in config.method.hyperparameters]
    for name in draw(st.sets(st.sampled_from(own))):
        values = np.array([draw(st.floats(*numbers[name])) for _ in range(runs)])
        task = task._replace(hyperparameters=task.hyperparameters._replace(**{name: values}))
    return task, starts_of(config, np.array(seeds), {})


def assert_same_end(one, i, other, j, points=True) -> None:
    """Check that a run ended with the same bits in two batches."""
    for name in ("status", "rule", "nit", "nfev", "njev"):
        assert getattr(one, name)[i] == getattr(other, name)[j], name
    assert same_bits(one.gradient[:, i], other.gradient[:, j])
    for name in ("start", "best", "last"):
        a, b = getattr(one, name), getattr(other, name)
        assert same_bits(a.score[i], b.score[j])
        if points or name != "best":
            assert a.t[i] == b.t[j]
            assert same_bits(a.x[:, i], b.x[:, j])
    assert repr(one.divergences.get(i)) == repr(other.divergences.get(j))


def part_of(task, run):
    """Return the task of one run."""
    each = task.hyperparameters._asdict()
    own = {n: v if callable(v) or np.ndim(v) == 0 else float(v[run]) for n, v in each.items()}
    return task._replace(hyperparameters=task.hyperparameters._replace(**own))


@settings(max_examples=150)
@given(tasks(), st.booleans(), st.sampled_from([1, 40, 10**9]))
def test_a_run_stops_alone_as_it_does_among_others(drawn, points, least_gain) -> None:
    task, starts = drawn
    before, moving.LEAST_GAIN = moving.LEAST_GAIN, least_gain
    try:
        together = minimize_batch(task, starts, points=points)
    finally:
        moving.LEAST_GAIN = before
    for run in range(starts.shape[1]):
        alone = minimize_batch(part_of(task, run), starts[:, [run]])
        assert_same_end(together, run, alone, 0, points)


@pytest.mark.parametrize("runs", [7, 300, 20_000])
@pytest.mark.parametrize("form", sorted(BOUNDS))
def test_runs_leave_a_block_without_a_trace(runs, form) -> None:
    config = config_of(
        OBJECTIVES["cliff" if form == "half" else "valley"],
        BOUNDS[form],
        alpha="0.1/sqrt(t)",
        n_iter=60,
        bounds_mode="start" if form == "half" else "transform" if form == "log" else "clip",
        stop="['score < -2', 'gradient < 1', {patience: 10}, 'predicted_decrease < 1e-3']",
    )
    task = prepare(config)
    beta1 = np.linspace(0.0, 0.95, runs)
    task = task._replace(hyperparameters=task.hyperparameters._replace(beta1=beta1))
    starts = starts_of(config, np.arange(runs), {})
    together = minimize_batch(task, starts)
    assert len(set(together.nit.tolist())) > 2
    for run in {0, 1, 2, runs // 2, runs // 3, runs - 1}:
        alone = minimize_batch(part_of(task, run), starts[:, [run]])
        assert_same_end(together, run, alone, 0)
    if runs > 7:
        ends = {STATUSES[code] for code in together.status}
        assert ends >= {Status.CONVERGED, Status.DIVERGED if form == "half" else Status.CONVERGED}


@pytest.mark.parametrize("rule", RULES)
def test_the_resolved_config_stops_the_same(rule) -> None:
    from adamcli.config.write import flow

    config = config_of(OBJECTIVES["valley"], BOUNDS["log"], alpha=0.05, n_iter=300, stop=rule)
    text = "\n".join(f"{key}: {flow(value)}" for key, value in config.resolved().items())
    again = parse_config(text)
    assert again.resolved() == config.resolved()
    assert run_config(again) == run_config(config)
