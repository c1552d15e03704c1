"""`scipy.optimize.minimize(..., method=adamcli.scipy_method)`: SciPy's protocol, kept."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import (
    Bounds,
    LinearConstraint,
    OptimizeResult,
    OptimizeWarning,
    basinhopping,
    minimize,
    rosen,
    rosen_der,
)

import adamcli

ADAM = {"alpha": 0.05, "n_iter": 400}
BOTH = pytest.mark.parametrize("options", [ADAM, {}], ids=["adam", "solve"])


def bowl(x, centre=3.0, scale=1.0):
    return scale * ((x - centre) ** 2).sum()


def bowl_slope(x, centre=3.0, scale=1.0):
    return 2 * scale * (x - centre)


def through(fun, x0, **settings) -> OptimizeResult:
    """Return what SciPy gets through the door; it raises for warnings."""
    return minimize(fun, x0, method=adamcli.scipy_method, **settings)


class Counted:
    """A function that notes the points at which it is called."""

    def __init__(self, fun) -> None:
        self.fun, self.points = fun, []

    def __call__(self, x):
        self.points.append(x.copy())
        return self.fun(x)


def test_solve_goes_to_the_last_digit_as_bfgs_does_not() -> None:
    result = through(rosen, [-1.2, 1.0, 1.0], jac=rosen_der)
    reference = minimize(rosen, [-1.2, 1.0, 1.0], jac=rosen_der, method="BFGS")
    assert np.abs(result.x - 1).max() <= 1e-12 < np.abs(reference.x - 1).max()
    assert result.fun == rosen(result.x) <= reference.fun
    assert result.success
    assert result.status == 0
    assert result.verdict.code.value == "minimum"
    assert isinstance(result, OptimizeResult)


def test_with_alpha_it_is_the_run_of_minimize_bit_for_bit() -> None:
    result = through(rosen, [-1.2, 1.0], jac=rosen_der, options={**ADAM, "beta1": 0.8})
    own = adamcli.minimize(
        rosen, [(-np.inf, np.inf)] * 2, jac=rosen_der, start=[-1.2, 1.0], beta1=0.8, **ADAM
    )
    assert (result.x.tolist(), result.fun, result.nit) == (list(own.best.x), own.fun, own.nit)
    assert str(result.verdict) == str(own.verdict)
    assert result.message == f"{own.message}; {own.verdict}"


@BOTH
@pytest.mark.parametrize("slope", [bowl_slope, None], ids=["jac", "differences"])
def test_what_is_counted_is_what_is_called(options, slope) -> None:
    fun, jac = Counted(bowl), slope and Counted(slope)
    result = through(fun, [0.0, 1.0], jac=jac, options=options)
    assert result.nfev == len(fun.points)
    assert result.njev == len(jac.points) if jac else 0 < result.njev < result.nfev
    assert result.x == pytest.approx(3, abs=1e-2)
    assert result.jac == pytest.approx(bowl_slope(result.x), abs=1e-6)
    if jac:
        assert (result.jac == bowl_slope(result.x)).all()


@BOTH
@pytest.mark.parametrize("args", [(1.0, 2.0), (1.0,), 1.0])
def test_args_reach_function_and_gradient(options, args) -> None:
    result = through(bowl, [0.0, 0.5], args=args, jac=bowl_slope, options=options)
    assert result.x == pytest.approx(1, abs=1e-2)
    more = args if isinstance(args, tuple) else (args,)
    assert (result.jac == bowl_slope(result.x, *more)).all()


@BOTH
def test_one_function_may_return_value_and_gradient(options) -> None:
    result = through(lambda x: (bowl(x), bowl_slope(x)), [0.0, 1.0], jac=True, options=options)
    assert result.x == pytest.approx(3, abs=1e-2)


@BOTH
@pytest.mark.parametrize("x0", [2, 2.0, [2], np.float32(2)])
def test_the_start_may_be_a_number(options, x0) -> None:
    assert through(bowl, x0, options=options).x == pytest.approx([3], abs=1e-2)


def test_the_gradient_is_taken_as_the_option_says() -> None:
    errors = {}
    for scheme in ("2-point", "3-point", "complex-step"):
        own = {"alpha": 0.01, "n_iter": 3, "gradient": scheme}
        result = through(lambda x: np.exp(x).sum(), [0.0, 1.0], options=own)
        errors[scheme] = np.abs(result.jac - np.exp(result.x)).max()
    assert errors["complex-step"] < 1e-15 < errors["3-point"] < 1e-9 < errors["2-point"] < 1e-7


BOXES = {
    "pairs": ([(0, 1), (None, 2.0), (4, None)], [1, 2, 4]),
    "infinite": (np.array([[0, 1], [-np.inf, 2.0], [4, np.inf]]), [1, 2, 4]),
    "object": (Bounds([0, -np.inf, 4], [1, 2, np.inf]), [1, 2, 4]),
    "for all": (Bounds(0, 1), [1, 1, 1]),
    "fixed": ([(0.5, 0.5), (0, 9), (0, 9)], [0.5, 3, 3]),
}


@BOTH
@pytest.mark.parametrize("slope", [bowl_slope, None], ids=["jac", "differences"])
@pytest.mark.parametrize("box", BOXES)
def test_no_point_leaves_the_box(options, slope, box) -> None:
    bounds, expected = BOXES[box]
    fun, start = Counted(bowl), [0.5, 0.25, 4.5 if "all" not in box else 0.5]
    result = through(fun, start, jac=slope, bounds=bounds, options=options)
    assert result.x == pytest.approx(expected, abs=2e-2)
    pairs = zip(bounds.lb, bounds.ub, strict=False) if isinstance(bounds, Bounds) else bounds
    ends = [(-np.inf if a is None else a, np.inf if b is None else b) for a, b in pairs] * 3
    for point in fun.points:
        assert all(low <= x <= high for x, (low, high) in zip(point, ends, strict=False))


@BOTH
def test_a_start_outside_is_clipped_with_scipys_warning(options) -> None:
    fun = Counted(bowl)
    with pytest.warns(OptimizeWarning, match="^Initial guess is not within the specified bounds$"):
        result = through(fun, [9.0, 1.0], bounds=[(0, 5), (0, 5)], options=options)
    assert result.x == pytest.approx(3, abs=1e-2)
    assert max(point[0] for point in fun.points) == 5


def test_bounds_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the bounds of x\[1\] are 2.0 and 1.0: none is between"):
        through(bowl, [0, 0], bounds=[(0, 1), (2, 1)])
    with pytest.raises(ValueError, match="expected 2 pairs of bounds, as x0 has 2 entries"):
        through(bowl, [0, 0], bounds=[(0, 1)])
    with pytest.raises(ValueError, match=r"the bounds of x\[0\] are nan"):
        through(bowl, [0.0], bounds=[(np.nan, 1)])
    with pytest.raises(ValueError, match="'x0' must"):
        through(bowl, [])


@BOTH
def test_a_callback_gets_the_point_or_a_result(options) -> None:
    points, results = [], []
    through(bowl, [0.0, 1.0], callback=lambda xk: points.append(xk), options=options)
    named = through(
        bowl,
        [0.0, 1.0],
        callback=lambda intermediate_result: results.append(intermediate_result),
        options=options,
    )
    assert len(points) == len(results) == named.nit
    for point, result in zip(points, results, strict=True):
        assert (point == result.x).all()
        assert result.fun == bowl(result.x)
    assert min(result.fun for result in results) >= named.fun


@BOTH
def test_a_callback_may_end_the_run(options) -> None:
    def stop(xk):
        raise StopIteration

    result = through(bowl, [0.0, 1.0], callback=stop, options=options)
    assert (result.status, result.success) == (99, False)
    assert result.message == "`callback` raised `StopIteration`."
    assert result.nit == 1
    assert result.fun == bowl(result.x) < bowl(np.array([0.0, 1.0]))


@BOTH
def test_without_scipy_around_it_a_callback_is_called_alike(options) -> None:
    points, results = [], []
    adamcli.scipy_method(bowl, [0.0], callback=points.append, **options)
    adamcli.scipy_method(
        bowl,
        [0.0],
        callback=lambda intermediate_result: results.append(intermediate_result),
        **options,
    )
    assert [point.tolist() for point in points] == [result.x.tolist() for result in results]


class OwnError(Exception):
    pass


@BOTH
@pytest.mark.parametrize("kind", [OwnError, KeyboardInterrupt])
def test_what_the_function_raises_reaches_the_caller(options, kind) -> None:
    calls = []

    def fails(x):
        calls.append(x)
        if len(calls) == 7:
            raise kind("mine")
        return bowl(x)

    with pytest.raises(kind):
        through(fails, [0.0, 1.0], options=options)
    assert len(calls) == 7


@BOTH
def test_what_a_callback_raises_reaches_the_caller(options) -> None:
    def fails(xk):
        raise OwnError("mine")

    with pytest.raises(OwnError, match="mine"):
        through(bowl, [0.0], callback=fails, options=options)


@pytest.mark.parametrize(
    "constraints",
    [
        LinearConstraint([[1, 1]], 0, 1),
        [LinearConstraint([[1, 1]], 0, 1)],
        {"type": "ineq", "fun": lambda x: x[0]},
        ({"type": "ineq", "fun": lambda x: x[0]},),
    ],
)
def test_constraints_are_refused(constraints) -> None:
    with pytest.raises(ValueError, match="constraints are not supported, only bounds"):
        through(bowl, [0.0, 0.0], constraints=constraints)


@pytest.mark.parametrize("name", ["hess", "hessp"])
def test_second_derivatives_are_not_used_and_said_not_to_be(name) -> None:
    with pytest.warns(OptimizeWarning, match=f"scipy_method does not use {name}$"):
        result = through(bowl, [0.0], jac=bowl_slope, **{name: lambda *_: 1 / 0})
    assert result.success


UNKNOWN = [
    ({"alpha": 0.1, "beta_1": 0.9}, "beta_1 (did you mean `beta1`?)"),
    ({"alpha": 0.1, "rounds": 3}, "rounds (it goes with solver='solve')"),
    ({"n_iter": 50}, "n_iter (it goes with solver='adam')"),
    ({"roundz": 50, "gtol": 1e-3}, "roundz (did you mean `rounds`?), gtol ("),
]


@pytest.mark.parametrize(("options", "told"), UNKNOWN)
def test_unknown_options_warn(options, told) -> None:
    with pytest.warns(OptimizeWarning) as caught:
        result = through(bowl, [0.0], jac=bowl_slope, options=options)
    assert [str(warning.message)[: len(told) + 24] for warning in caught] == [
        f"Unknown solver options: {told}"
    ]
    assert caught[0].filename == __file__
    assert result.nit > 0


def test_a_wrong_value_of_an_option_is_an_error() -> None:
    with pytest.raises(adamcli.ConfigError, match="beta1"):
        through(bowl, [0.0], options={"alpha": 0.1, "beta1": 2})
    with pytest.raises(adamcli.UsageError, match="solver: expected one of adam, solve"):
        through(bowl, [0.0], options={"solver": "newton"})


def test_the_general_options_of_scipy(capsys) -> None:
    assert through(bowl, [0.0], options={"alpha": 0.1, "maxiter": 5}).nit == 5
    assert through(bowl, [0.0], options={"maxiter": 3}).nit == 4
    ended = through(bowl, [0.0], jac=bowl_slope, tol=1e-3, options={"alpha": 0.1, "maxiter": 9999})
    assert ended.nit < 9999
    assert ended.success
    assert abs(ended.jac[0]) < 1e-2
    rules = {"score": 1e-1, "seconds": 60}
    both = {"alpha": 0.1, "maxiter": 9999, "stop": rules}
    assert through(bowl, [0.0], jac=bowl_slope, tol=1e-9, options=both).nit < ended.nit
    assert capsys.readouterr().out == ""
    told = through(bowl, [0.0], tol=1e-9, options={"disp": True})
    assert capsys.readouterr().out == f"{told.message}\n"


def test_success_is_to_have_arrived() -> None:
    early = through(bowl, [0.0], jac=bowl_slope, options={"alpha": 1e-3, "maxiter": 10})
    assert (early.success, early.status) == (False, 1)
    assert "; limited: " in early.message
    lost = through(
        lambda x: -np.exp(x).sum(), [1.0], jac=lambda x: -np.exp(x), options={"alpha": 1e3}
    )
    assert (lost.success, lost.status) == (False, 2)


@BOTH
def test_basinhopping_hops_through_it(options) -> None:
    def waves(x):
        return float(np.cos(14.5 * x[0] - 0.3) + (x[0] + 0.2) * x[0])

    result = basinhopping(
        waves,
        [1.0],
        niter=25,
        rng=np.random.default_rng(1),
        minimizer_kwargs={
            "method": adamcli.scipy_method,
            "bounds": [(-5, 5)],
            "options": {**options, "n_iter": 100} if options else {},
        },
    )
    # SciPy's documentation of basinhopping has this function and its minimum.
    assert result.x[0] == pytest.approx(-0.195, abs=1e-3)
    assert result.fun == pytest.approx(-1.0009, abs=1e-4)
    assert result.lowest_optimization_result.success


def test_the_whole_box_is_searched_if_asked_for() -> None:
    def rastrigin(x):
        return float(10 * len(x) + (x**2 - 10 * np.cos(2 * np.pi * x)).sum())

    bounds = [(-4.1, 5.2)] * 2
    near = through(rastrigin, [3.2, 3.2], bounds=bounds)
    whole = through(rastrigin, [3.2, 3.2], bounds=bounds, options={"local": False, "starts": 64})
    assert near.fun > 10
    assert whole.fun == pytest.approx(0, abs=1e-9)
    assert whole.x == pytest.approx(0, abs=1e-6)


def test_scipy_is_imported_when_the_door_is_used() -> None:
    code = (
        "import sys, adamcli\n"
        "method = adamcli.scipy_method\n"
        "print('scipy' in sys.modules)\n"
        "print(method(lambda x: (x**2).sum(), [1.0]).success, 'scipy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue True\n"
