"""Solving: a formula, a Python function or a fit, and a box; every option, every way it can end."""

import json
import math

import numpy as np
import pytest

import adamcli
from adamcli import ConfigError, ObjectiveError, UsageError
from adamcli.config.checking import checked
from adamcli.config.load import load_config
from adamcli.experiment import prepare
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.loop import Control
from adamcli.optimizer.methods import METHODS
from adamcli.optimizer.status import Code, Status
from adamcli.solution import Solution
from adamcli.solving import SolveOptions, cost_of, solve_config, unused_keys, with_start
from tests.conftest import config_of
from tests.fit.strd import SETS, columns_of

VALLEY = "(1 - x)**2 + 100*(y - x**2)**2"
WAVES = "20 + (x - 1.37)**2 + (y + 2.3)**2 - 10*cos(2*pi*(x - 1.37)) - 10*cos(2*pi*(y + 2.3))"
BOX = {"x": [-4, 6], "y": [-5, 5]}
FREE = [-math.inf, math.inf]
FEW = {"starts": 32, "rounds": 3}


def valley(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def valley_slope(x, y):
    return [-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)]


# What is found.


def test_the_lowest_of_many_minima_is_found_to_the_last_digit() -> None:
    result = adamcli.solve(WAVES, BOX)
    assert isinstance(result, Solution)
    assert result.best.x == pytest.approx((1.37, -2.3), abs=1e-15)
    assert result.fun == pytest.approx(0, abs=1e-14)
    assert result.success
    assert result.status is Status.FINISHED
    assert result.verdict.code is Code.MINIMUM
    assert result.message == f"{result.idle_rounds} rounds in a row found nothing lower"
    scores = [minimum.score for minimum in result.minima]
    assert scores == sorted(scores)
    assert len(result.minima) == len({minimum.x for minimum in result.minima}) > 1
    assert result.minima[0].x == result.best.x
    assert result.agreement == result.minima[0].descents / result.descents
    assert sum(minimum.descents for minimum in result.minima) <= result.descents
    assert result.starts == result.rounds * 256


def test_the_result_reads_like_that_of_a_run() -> None:
    result = adamcli.solve(VALLEY, BOX, seed=3)
    assert result["x"] == pytest.approx(1)
    assert result.x.tolist() == list(result.best.x)
    assert repr(result).startswith("<Solution minimum: ")
    found = json.loads(result.to_json())
    assert found["best"]["x"] == {"x": result.best.x[0], "y": result.best.x[1]}
    assert found["minima"][0]["verdict"] == found["verdict"]["code"] == "minimum"
    assert found["config"]["seed"] == 3
    assert found["fit"] is found["bootstrap"] is found["profile"] is None


def test_the_seed_decides_all() -> None:
    one, same, other = (adamcli.solve(WAVES, BOX, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.to_dict() | {"seconds": 0} == same.to_dict() | {"seconds": 0}
    assert one != other
    assert (one.nfev, one.njev) != (other.nfev, other.njev)
    assert one.fun == pytest.approx(other.fun, abs=1e-14)


def test_a_formula_and_functions_of_python_find_the_same() -> None:
    expected = pytest.approx([1, 1], abs=1e-7)
    results = [
        adamcli.solve(VALLEY, BOX),
        adamcli.solve(valley, BOX, jac=valley_slope, **FEW),
        adamcli.solve(valley, BOX, **FEW),
        adamcli.solve(lambda x: valley(*x), [[-4, 6], [-5, 5]], jac="3-point", **FEW),
        adamcli.solve(VALLEY, BOX, jac="2-point"),
        adamcli.solve(VALLEY, BOX, jac={"x": "-2*(1 - x) - 400*x*(y - x**2)", "y": "200*(y-x**2)"}),
    ]
    for result in results:
        assert result.x == expected
        assert result.fun < 1e-13
        assert result.success
    counted = [result.nfev / result.njev for result in results]
    assert counted[2] > counted[1]


def test_the_evaluations_of_a_function_are_counted() -> None:
    calls = {"fun": 0, "jac": 0}

    def fun(x, y):
        calls["fun"] += 1
        return valley(x, y)

    def jac(x, y):
        calls["jac"] += 1
        return valley_slope(x, y)

    result = adamcli.solve(fun, BOX, jac=jac, **FEW)
    assert (result.nfev, result.njev) == (calls["fun"], calls["jac"])
    calls["fun"] = 0
    result = adamcli.solve(fun, BOX, **FEW)
    assert result.nfev == calls["fun"]


@pytest.mark.parametrize("vectorized", [False, True])
def test_a_config_of_python_is_solved_with_leave(tmp_path, vectorized) -> None:
    (tmp_path / "code.py").write_text("def f(x):\n    return ((x - 1.5)**2).sum(axis=0) + 1\n")
    keys = f"vectorized: {str(vectorized).lower()}"
    (tmp_path / "c.yaml").write_text(
        f"objective: {{python: code.py:f, {keys}}}\nbounds: [[-4, 6], [-5, 5]]\ngradient: 2-point\n"
    )
    config = load_config(str(tmp_path / "c.yaml"))
    options = SolveOptions(starts=16, rounds=1)
    with pytest.raises(UsageError, match="the objective is Python code"):
        solve_config(config, options)
    result = solve_config(config, options, allow_python=True)
    assert result.x == pytest.approx([1.5, 1.5], abs=1e-6)
    cost = cost_of(prepare(config, allow_python=True).objective, config, options)
    assert "evaluations of the objective, 3 for each gradient" in cost


def test_a_formula_costs_too_little_to_be_told() -> None:
    valley = config_of(VALLEY)
    assert cost_of(prepare(valley).objective, valley, SolveOptions()) == ""


def test_maxima() -> None:
    result = adamcli.solve(f"3 - ({WAVES})", BOX, direction="maximize")
    assert result.best.x == pytest.approx((1.37, -2.3), abs=1e-7)
    assert result.fun == pytest.approx(3)
    scores = [minimum.score for minimum in result.minima]
    assert scores == sorted(scores, reverse=True)
    assert result.verdict.code is Code.MINIMUM
    up = adamcli.solve("x + 2*y", BOX, direction="maximize")
    assert (up.best.x, up.fun) == ((6, 5), 16)
    assert dict(up.verdict.active_bounds) == {"x": "upper", "y": "upper"}


@pytest.mark.parametrize("method", METHODS)
def test_every_method(method) -> None:
    result = adamcli.solve(WAVES, BOX, method=method)
    assert result.x == pytest.approx([1.37, -2.3], abs=1e-9)
    assert result.verdict.code is Code.MINIMUM


@pytest.mark.parametrize("mode", BOUNDS_MODES)
def test_every_bounds_mode(mode) -> None:
    inside = adamcli.solve(WAVES, BOX, bounds_mode=mode)
    assert inside.x == pytest.approx([1.37, -2.3], abs=1e-9)
    # Its minimum lies 1 outside the box.
    beyond = adamcli.solve("(x - 7)**2 + (y - 1)**2", BOX, bounds_mode=mode)
    if mode == "start":
        assert beyond.x == pytest.approx([7, 1], abs=1e-9)
        assert not beyond.verdict.active_bounds
    else:
        assert beyond.x == pytest.approx([6, 1], abs=1e-9)
        assert beyond.x[0] <= 6
        assert dict(beyond.verdict.active_bounds) == {"x": "upper"}
    assert beyond.verdict.code is Code.MINIMUM


def test_logarithmic_scales() -> None:
    bounds = {name: {"low": 1e-8, "high": 1e8, "scale": "log"} for name in "ab"}
    result = adamcli.solve("log(a/3e-5)**2 + log(b/2e6)**2 + 0.1*sin(9*log(a*b))**2", bounds)
    assert result.x == pytest.approx([3e-5, 2e6], rel=0.2)
    assert result.verdict.code is Code.MINIMUM


@pytest.mark.parametrize("transform", ["1e-20*({})", "1e20*({})", "({}) - 1", "-7e8 + 1e9*({})"])
@pytest.mark.parametrize("formula", [VALLEY, WAVES])
def test_the_scale_of_the_score_does_not_matter(formula, transform) -> None:
    plain = adamcli.solve(formula, BOX)
    scaled = adamcli.solve(transform.format(formula), BOX)
    assert scaled.x == pytest.approx(plain.x, abs=1e-7)
    assert scaled.verdict.code is Code.MINIMUM


def test_a_power_of_two_changes_no_bit_of_the_way() -> None:
    # 5 coordinates take several rounds, each of which has to see that the one before gained.
    waves = "sum(10 + (x - 1.37)**2 - 10*cos(2*pi*(x - 1.37)))"
    bounds = {"x": {"low": -4, "high": 6, "shape": 5}}
    one, other = (adamcli.solve(f"{2.0**power!r}*{waves}", bounds) for power in (-20, -90))
    assert one.best.x == other.best.x
    assert one.fun == 2.0**70 * other.fun
    assert (one.rounds, one.nfev, one.descents) == (other.rounds, other.nfev, other.descents)
    assert one.rounds > 4


def test_the_scale_of_the_variables_does_not_matter() -> None:
    small = {name: [1e-12 * low, 1e-12 * high] for name, (low, high) in BOX.items()}
    result = adamcli.solve(WAVES.replace("x", "(1e12*x)").replace("y", "(1e12*y)"), small)
    assert 1e12 * result.x == pytest.approx([1.37, -2.3], abs=1e-9)
    assert result.verdict.code is Code.MINIMUM


def test_a_constant_function_is_at_its_minimum_anywhere() -> None:
    result = adamcli.solve("3 + 0*x*y", BOX)
    assert result.fun == 3
    assert result.verdict.code is Code.MINIMUM
    assert result.success


def test_one_variable() -> None:
    result = adamcli.solve("sin(x) + sin(10*x/3)", {"x": [2.7, 7.5]})
    # The minimum of "problem 02" of Hansen, Jaumard and Lu.
    assert result.x == pytest.approx([5.145735], abs=1e-6)
    assert result.fun == pytest.approx(-1.899599, abs=1e-6)


def test_fixed_coordinates_stay() -> None:
    result = adamcli.solve("(x - y)**2 + (y - 2)**2", {"x": [1.25, 1.25], "y": [-5, 5]})
    assert result.best.x == pytest.approx((1.25, 1.625), abs=1e-12)
    assert result.best.x[0] == 1.25
    assert result.verdict.code is Code.MINIMUM
    all_fixed = adamcli.solve("x + y", {"x": [1.25, 1.25], "y": [2, 2]})
    assert (all_fixed.best.x, all_fixed.fun) == ((1.25, 2), 3.25)
    assert len(all_fixed.minima) == 1


def test_variables_that_do_not_matter() -> None:
    result = adamcli.solve("(x - 1)**2", {"x": [-4, 6], "unused": [0, 1]})
    assert result["x"] == pytest.approx(1, abs=1e-12)
    assert 0 <= result["unused"] <= 1
    assert result.verdict.code is Code.MINIMUM


# Local searches.


def test_a_local_search_needs_no_box() -> None:
    start = {"x": -1.2, "y": 1}
    result = adamcli.solve(VALLEY, dict.fromkeys("xy", FREE), start=start, local=True)
    assert result.x == pytest.approx([1, 1], abs=1e-12)
    assert result.verdict.code is Code.MINIMUM


def test_a_local_search_stays_within_the_bounds_that_there_are() -> None:
    bounds = {"x": [-math.inf, 0.5], "y": [0, math.inf]}
    result = adamcli.solve("(x - 1)**2 + (y + 1)**2", bounds, start=[0, 3], local=True)
    assert result.best.x == (0.5, 0)
    assert dict(result.verdict.active_bounds) == {"x": "upper", "y": "lower"}


def test_a_local_search_of_a_huge_box_stays_around_its_start() -> None:
    bounds = {"x": [-1e200, 1e200], "y": [-5, 5]}
    result = adamcli.solve(VALLEY, bounds, start=[-1.2, 1], local=True)
    assert result.x == pytest.approx([1, 1], abs=1e-12)


def test_a_start_is_tried_in_a_global_search_as_well() -> None:
    # A hole of a part 1e-7 of the box, which no start finds by chance.
    hole = "-exp(-(1e4*(x - 3.3))**2 - (1e4*(y - 4.4))**2)"
    seen = adamcli.solve(hole, BOX, start=[3.30002, 4.40003])
    assert seen.x == pytest.approx([3.3, 4.4], abs=1e-9)
    assert seen.fun == pytest.approx(-1)


@pytest.mark.parametrize("high", [math.inf, 1e200])
def test_an_endless_box_is_refused(high) -> None:
    with pytest.raises(UsageError) as caught:
        adamcli.solve("x + y", {"x": [0, 1], "y": [0, high]}, start=[0, 0])
    assert str(caught.value) == (
        "<solve>: `y` has no finite box to search\n"
        "  give it bounds, or search around a start: --local"
    )


# How a search ends.


def test_a_target_ends_it() -> None:
    far = adamcli.solve(WAVES, BOX)
    result = adamcli.solve(WAVES, BOX, target=5)
    assert result.fun <= 5
    assert result.rounds < far.rounds
    assert result.message.startswith(f"the target was reached after {result.rounds} round")
    assert result.success
    up = adamcli.solve(f"-({WAVES})", BOX, target=-5, direction="maximize")
    assert up.fun >= -5
    assert up.rounds == result.rounds


def test_no_time_is_enough_for_one_round() -> None:
    result = adamcli.solve(VALLEY, BOX, seconds=0)
    assert result.rounds == 1
    assert result.success
    assert result.message.startswith("the time was over after 1 round")
    assert result.x == pytest.approx([1, 1], abs=1e-9)


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_rounds_are_those_after_the_first(rounds) -> None:
    result = adamcli.solve(WAVES, BOX, rounds=rounds, patience=100)
    assert result.rounds == rounds + 1
    assert result.starts == 256 * (rounds + 1)
    taken = f"all {rounds + 1} rounds were taken" if rounds else "the only round was taken"
    assert result.message == taken
    assert result.x == pytest.approx([1.37, -2.3], abs=1e-12)


@pytest.mark.parametrize("patience", [1, 5])
def test_patience_counts_the_rounds_without_gain(patience) -> None:
    result = adamcli.solve(VALLEY, BOX, patience=patience)
    assert result.idle_rounds == patience
    assert result.rounds >= patience + 1


def test_few_starts_cost_less() -> None:
    few, many = (adamcli.solve(VALLEY, BOX, starts=starts) for starts in (16, 256))
    assert few.starts == 16 * few.rounds
    assert few.njev < many.njev / 3
    assert few.x == pytest.approx([1, 1], abs=1e-9)


def test_every_round_is_observed() -> None:
    seen = []
    result = adamcli.solve(WAVES, BOX, callback=seen.append)
    assert [progress.round for progress in seen] == sorted(progress.round for progress in seen)
    assert {progress.round for progress in seen} == set(range(result.rounds))
    bests = [progress.best for progress in seen]
    assert bests == sorted(bests, reverse=True)
    assert bests[-1] >= result.fun


class Breaking:
    """A function that raises an error at one of its calls."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.calls, self._at, self._error = 0, at, error

    def __call__(self, x, y):
        self.calls += 1
        if self.calls == self._at:
            raise self._error
        return valley(x, y)


@pytest.mark.parametrize("at", [1, 50, 20_000])
def test_an_error_of_the_objective_keeps_what_was_found(at) -> None:
    with pytest.raises(ObjectiveError, match="raised ValueError: no more") as caught:
        adamcli.solve(Breaking(at, ValueError("no more")), BOX, jac=valley_slope)
    result = caught.value.result
    assert isinstance(result, Solution)
    assert result.status is Status.FAILED
    assert not result.success
    assert "no more" in result.message
    assert result.verdict.code is Code.UNKNOWN
    if at > 1000:
        assert result.fun < 1
        assert valley(*result.best.x) == result.fun
    if at == 1:
        assert result.minima == ()
        assert math.isnan(result.fun)


def test_an_error_in_the_first_runs_keeps_the_best_of_them() -> None:
    broken = Breaking(9000, ValueError("no more"))
    with pytest.raises(ObjectiveError) as caught:
        adamcli.solve(broken, BOX, jac=valley_slope)
    result = caught.value.result
    assert result.nfev >= 8900
    assert result.fun < 100
    assert valley(*result.best.x) == result.fun


@pytest.mark.parametrize("at", [50, 9000, 20_000])
def test_an_interrupt_keeps_what_was_found(at) -> None:
    result = adamcli.solve(Breaking(at, KeyboardInterrupt()), BOX, jac=valley_slope)
    assert result.status is Status.INTERRUPTED
    assert not result.success
    assert result.message.startswith("stopped in round ")
    if at > 1000:
        assert result.fun < 1
        assert valley(*result.best.x) == result.fun
    json.loads(result.to_json())


def test_who_does_not_keep_gets_the_interrupt() -> None:
    config = config_of(VALLEY, "{x: [-4, 6], y: [-5, 5]}")

    def observe(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_config(config, observe=observe, control=Control())
    assert solve_config(config, observe=observe).status is Status.INTERRUPTED


def test_a_stop_from_outside_ends_it_and_keeps_the_best() -> None:
    control = Control()

    def observe(progress):
        if progress.round == 1:
            control.stop = Status.TERMINATED

    config = config_of(WAVES, "{x: [-4, 6], y: [-5, 5]}")
    result = solve_config(config, observe=observe, control=control)
    assert result.status is Status.TERMINATED
    assert result.fun < 1
    assert result.verdict.message == "the search ended before it could be judged"


@pytest.mark.parametrize("formula", ["log(-1 - x**2 - y**2)", "1/(0*x*y)", "exp(1e9 + x + y)"])
def test_nowhere_finite_is_diverged(formula) -> None:
    result = adamcli.solve(formula, BOX)
    assert result.status is Status.DIVERGED
    assert not result.success
    assert result.minima == ()
    assert math.isnan(result.fun)
    assert np.isnan(result.x).all()
    assert result.message.startswith("the score is not finite at any of ")
    assert json.loads(result.to_json())["best"]["score"] is None


def test_a_score_that_is_finite_in_a_part_of_the_box_is_solved_there() -> None:
    result = adamcli.solve("sqrt(x - 5) + sqrt(y - 4) + (x - 5.5)**2 + (y - 4.5)**2", BOX)
    assert result.success
    assert 5 <= result.x[0] <= 6
    assert 4 <= result.x[1] <= 5
    one = np.linspace(0, 1, 100_001)
    least = (np.sqrt(one) + (one - 0.5) ** 2).min()
    assert result.fun == pytest.approx(2 * least, abs=1e-6)


# Keys and mistakes.


def test_keys_that_are_not_needed_are_named_and_have_no_effect() -> None:
    plain = config_of(WAVES, "{x: [-4, 6], y: [-5, 5]}")
    given = config_of(
        WAVES, "{x: [-4, 6], y: [-5, 5]}", alpha=7, beta1=0.1, n_iter=3, stop="['t > 2']", seed=0
    )
    assert unused_keys(plain) == []
    assert unused_keys(given) == ["alpha", "beta1", "n_iter", "stop"]
    assert solve_config(plain) == solve_config(given)


def test_a_config_that_starts_at_the_solution() -> None:
    config = config_of(VALLEY, "{x: [-4, 6], y: [-5, 5]}")
    file = with_start(config, solve_config(config).best.x)
    assert list(checked(file).start) == pytest.approx([1, 1])


MISTAKES = {
    "an unknown setting": ({"alpah": 1}, ConfigError, "alpah"),
    "no such method": ({"method": "adamm"}, ConfigError, "adamm"),
    "a bootstrap without data": ({"bootstrap": 10}, UsageError, "bootstrap: expected a fit"),
    "a profile without data": ({"profile": True}, UsageError, "profile: expected a fit"),
    "functions for a formula": ({"jac": valley_slope}, UsageError, "expected formulas"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name) -> None:
    settings, error, message = MISTAKES[name]
    with pytest.raises(error, match=message):
        adamcli.solve(VALLEY, BOX, **settings)


# Fits.

HANDFUL = ["Misra1a", "Thurber", "MGH09", "Lanczos3", "Gauss1"]


def digits(found, certified) -> float:
    """Return how many digits of the worst number are right; 11 are certified."""
    found, certified = np.array(found), np.array(certified)
    return float(-np.log10(np.maximum(np.abs(found / certified - 1), 1e-11)).min())


def solved(name: str, bounds, **settings) -> Solution:
    names = [f"b{k + 1}" for k in range(len(SETS[name].values))]
    if "start" in settings:
        settings["start"] = dict(zip(names, settings["start"], strict=True))
    ends = dict(zip(names, bounds, strict=True))
    left, _, right = SETS[name].model.partition("~")
    return adamcli.solve(f"sum(({left}- ({right}))**2)", ends, data=columns_of(name), **settings)


def assert_certified(name: str, result: Solution) -> None:
    reference, fit = SETS[name], result.fit
    assert result.success
    assert result.verdict.code is Code.MINIMUM
    assert digits(result.best.x, reference.values) >= 9
    assert digits(result.fun, reference.rss) >= 9
    errors = [estimate.stderr for estimate in fit.parameters.values()]
    assert digits(errors, reference.errors) >= 9


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", HANDFUL)
def test_local_fits_have_the_certified_digits_from_both_starts(name, start) -> None:
    reference = SETS[name]
    free = [FREE] * len(reference.values)
    result = solved(name, free, start=reference.starts[start], local=True)
    assert_certified(name, result)


BOXES = {
    "Misra1a": [[0, 1000], [0, 1]],
    "MGH09": [[0, 10], [0, 10], [0, 10], [0, 10]],
    "BoxBOD": [[1, 1000], [0, 10]],
    "Rat42": [[1, 1000], [0, 10], [0, 1]],
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", BOXES)
def test_fits_of_a_box_have_the_certified_digits(name, seed) -> None:
    assert_certified(name, solved(name, BOXES[name], seed=seed))


def test_the_maximum_of_the_share_explained_is_the_least_sum_of_squares() -> None:
    reference, data = SETS["Misra1a"], columns_of("Misra1a")
    left, _, right = reference.model.partition("~")
    formula = f"1 - sum(({left}- ({right}))**2)/sum((y - mean(y))**2)"
    ends = dict(zip(["b1", "b2"], BOXES["Misra1a"], strict=True))
    result = adamcli.solve(formula, ends, data=data, direction="maximize")
    assert result.success
    assert digits(result.best.x, reference.values) >= 9
    assert digits(result.fit.rss, reference.rss) >= 9
    assert result.fun == pytest.approx(result.fit.r_squared, rel=1e-14)
    y = np.array(data["y"])
    assert 1 - result.fun == pytest.approx(reference.rss / np.sum((y - y.mean()) ** 2), rel=1e-9)


def test_a_start_outside_of_which_labels_could_swap_keeps_their_order() -> None:
    # b1, b2 and b3, b4 and b5, b6 of Lanczos3 can change places without any change of the score.
    order = [4, 5, 0, 1, 2, 3]
    reference = SETS["Lanczos3"]
    box, start = [[0, 20]] * 6, np.array(reference.starts[0])
    plain = solved("Lanczos3", box, start=start.tolist())
    turned = solved("Lanczos3", box, start=start[order].tolist())
    values = np.array(reference.values)
    assert digits(plain.best.x, values) >= 9
    assert digits(turned.best.x, values[order]) >= 9


def test_the_peaks_of_gauss1_keep_their_order_in_a_box() -> None:
    reference = SETS["Gauss1"]
    start = np.array(reference.starts[0])
    order = [0, 1, 5, 6, 7, 2, 3, 4]
    box = [[0, 200], [0, 0.1], [0, 200], [0, 250], [1, 60], [0, 200], [0, 250], [1, 60]]
    for which in (list(range(8)), order):
        result = solved("Gauss1", box, start=start[which].tolist())
        assert digits(result.best.x, np.array(reference.values)[which]) >= 9


def test_intervals_that_are_asked_for() -> None:
    result = solved("Misra1a", BOXES["Misra1a"], bootstrap=50, profile=True)
    estimate = result.fit.parameters["b1"]
    for found in (result.bootstrap, result.profile):
        own = found.parameters["b1"]
        assert own.low < estimate.value < own.high
        assert own.high - own.low == pytest.approx(estimate.high - estimate.low, rel=0.5)
