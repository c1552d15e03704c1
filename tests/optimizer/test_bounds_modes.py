"""The bounds modes against plain numbers: exact fractions, 50 digits, and formulas of the map."""

from fractions import Fraction
from math import inf, isfinite

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adamcli
from adamcli.config.load import parse_config
from adamcli.config.write import flow
from adamcli.diagnostics import ConfigError
from adamcli.experiment import minimize, run_config, start_of
from adamcli.optimizer.bounds import BOUNDS_MODES, ReflectedBounds, TransformedBounds
from tests.conftest import config_of, same_bits

CLOSED = [name for name, kind in BOUNDS_MODES.items() if kind.stays_inside and not kind.maps]
INSIDE = [name for name, kind in BOUNDS_MODES.items() if kind.stays_inside]


@st.composite
def boxes(draw, *, positive: bool = False):
    """Draw a lower and an upper bound: of all sizes, half-open, or at one place."""
    size = 10.0 ** draw(st.sampled_from([-300, -12, -3, 0, 0, 0, 3, 12, 300]))
    low = draw(st.floats(0.1, 2) if positive else st.floats(-2, 2) | st.just(-0.0)) * size
    width = draw(st.sampled_from([0.0, 1e-15, 1e-6, 1.0, 1.0, 1.0, 1e6])) * size
    low, high = float(low), float(low + width)
    kind = draw(st.sampled_from(["both", "both", "both", "below", "above", "none"]))
    if kind in ("above", "none") and not positive:
        low = -inf
    if kind in ("below", "none"):
        high = inf
    return low, high


def a_point(draw, low, high):
    if isfinite(low) and isfinite(high):
        return min(max(low + draw(st.floats(0, 1)) * (high - low), low), high)
    size = max(abs(low) if isfinite(low) else 0, abs(high) if isfinite(high) else 0, 1e-3)
    step = draw(st.floats(1e-3, 10)) * size
    return high - step if isfinite(high) else low + step if isfinite(low) else step


@settings(max_examples=60)
@given(st.data(), st.sampled_from(INSIDE), st.sampled_from(["2-point", "3-point", "own"]))
def test_the_objective_is_only_called_within_the_box(data, mode, scheme) -> None:
    (a, b), logarithmic = data.draw(boxes()), data.draw(st.booleans())
    c, d = data.draw(boxes(positive=logarithmic))
    if mode == "transform" and (0 < b - a < 1e-14 * abs(a) or 0 < d - c < 1e-14 * abs(c)):
        return
    seen, slope = [], data.draw(st.sampled_from([-1.0, 1.0]))

    def fun(x, k):
        seen.append((x, k))
        scale = max(abs(x), 1e-300)
        return float(np.sin(x / scale) * slope + np.cos(k))

    bounds = {
        "x": {"low": a, "high": b},
        "k": {"low": c, "high": d, "scale": "log" if logarithmic else "linear"},
    }
    start = {"x": a_point(data.draw, a, b), "k": a_point(data.draw, c, d)}
    keys = {"alpha": data.draw(st.sampled_from([1e-3, 1.0, 1e3])), "bounds_mode": mode}
    jac = (lambda x, k: [slope, -slope]) if scheme == "own" else scheme
    try:
        minimize(fun, bounds, jac=jac, start=start, n_iter=8, stop="gradient < 0", **keys)
    except ConfigError:
        # A mode that maps has no start on a bound.
        assert mode == "transform"
        assert a in start.values() or b in start.values() or {c, d} & {*start.values()}
        return
    points = np.array(seen)
    assert points.size
    for column, low, high in ((points[:, 0], a, b), (points[:, 1], c, d)):
        if mode == "transform" and low < high:
            assert (low < column).all()
            assert (column < high).all()
        assert (low <= column).all()
        assert (column <= high).all()


# Reflection.


def triangle(x, low, high):
    """Return where a step to x ends between two mirrors, exactly."""
    x, low, high = map(Fraction, (x, low, high))
    width = high - low
    if width == 0:
        return low
    place = (x - low) % (2 * width)
    return low + min(place, 2 * width - place)


@given(boxes(), st.floats(-1e4, 1e4), st.integers(1, 3))
def test_reflection_is_a_triangular_wave(box, where, repeats) -> None:
    low, high = box
    finite = [end for end in box if isfinite(end)]
    unit = (high - low) if len(finite) == 2 else max([abs(e) for e in finite], default=1.0)
    x = (finite[0] if finite else 0.0) + where * unit
    points = np.full((1, 600 * repeats - 599), x)
    ends = np.array([low]), np.array([high])
    with np.errstate(all="ignore"):
        ReflectedBounds(*ends).projection(points, *ends)()
    if len(finite) == 2:
        wanted = triangle(x, low, high)
    elif isfinite(low):
        wanted = Fraction(low) + abs(Fraction(x) - Fraction(low))
    elif isfinite(high):
        wanted = Fraction(high) - abs(Fraction(x) - Fraction(high))
    else:
        wanted = Fraction(x)
    error = abs(Fraction(float(points[0, 0])) - wanted)
    size = max(abs(x), *map(abs, finite), 1e-320) if finite else abs(x)
    assert error <= 4 * Fraction(2) ** -53 * Fraction(size) + Fraction(5e-324)
    assert (points == points[0, 0]).all()


def test_a_step_beyond_a_single_huge_bound_does_not_overflow() -> None:
    ends = np.array([1e308]), np.array([inf])
    x = np.array([[0.9e308]])
    with np.errstate(all="ignore"):
        ReflectedBounds(*ends).projection(x, *ends)()
    assert x[0, 0] == pytest.approx(1.1e308, rel=1e-15)


# The map.

BOXES = [(-1.0, 1.0), (0.0, 10.0), (-1e-9, 3e-9), (1e6, 1e6 + 1), (0.0, inf), (-inf, 2.5)]
BOXES += [(-inf, inf), (1e-3, 1e3), (1.0, inf), (-2e8, 5e12)]


def exact_map(z, low, high, logarithmic):
    """Return the map with 50 digits."""
    z = mpmath.mpf(z)
    if logarithmic:
        low, high = mpmath.log(low), mpmath.log(high) if isfinite(high) else inf
    if isfinite(low) and isfinite(high):
        width = mpmath.mpf(high) - mpmath.mpf(low)
        found = low + width / (1 + mpmath.exp(-4 * z / width))
    elif isfinite(low):
        found = low + mpmath.log1p(mpmath.exp(z))
    elif isfinite(high):
        found = high - mpmath.log1p(mpmath.exp(-z))
    else:
        found = z
    return mpmath.exp(found) if logarithmic else found


def mapped(bounds, z):
    """Return the points and the slopes that belong to inner values (1, runs)."""
    low, high = bounds.low[0], bounds.high[0]
    middle = (low + high) / 2 if np.isfinite([low, high]).all() else min(max(low + 1, 1), high - 1)
    start = np.full(z.shape, float(middle))
    gradient, slope = np.ones_like(z), np.empty_like(z)
    with np.errstate(all="ignore"):
        inner = bounds.inner(start, gradient, slope)
        inner.y[:] = z
        inner.place()
        inner.slope()
    return start, slope


def bounds_of(box, logarithmic=False):
    return TransformedBounds(np.array([box[0]]), np.array([box[1]]), np.array([logarithmic]))


CASES = [*((box, False) for box in BOXES), *((box, True) for box in BOXES if 0 < box[0] < 9)]


@pytest.mark.parametrize(("box", "logarithmic"), CASES)
def test_the_map_its_slope_and_its_inverse_are_those_of_50_digits(box, logarithmic) -> None:
    low, high = box
    bounds = bounds_of(box, logarithmic)
    unit = bounds.width[0] if isfinite(bounds.width[0]) else 1.0
    z = (np.linspace(-8, 8, 81) * unit / 4)[np.newaxis]
    x, slope = mapped(bounds, z)
    with mpmath.workdps(50):
        for k, inner in enumerate(z[0].tolist()):
            wanted = exact_map(inner, low, high, logarithmic)
            size = max(abs(wanted), *(abs(e) for e in box if isfinite(e)), mpmath.mpf(0))
            assert abs(x[0, k] - wanted) <= 1e-14 * size
            step = mpmath.mpf(unit) * mpmath.mpf(10) ** -15
            above = exact_map(mpmath.mpf(inner) + step, low, high, logarithmic)
            below = exact_map(mpmath.mpf(inner) - step, low, high, logarithmic)
            derivative = (above - below) / (2 * step)
            assert abs(slope[0, k] - derivative) <= 1e-12 * abs(derivative)
    inside = bounds.allows(0, x[0])
    with np.errstate(all="ignore"):
        back = bounds.inner_of(x)
    # As many digits as x has left of its distance to a bound.
    sizes = [np.abs(x), *(np.full_like(x, abs(e)) for e in box if isfinite(e))]
    room = np.spacing(np.maximum.reduce(sizes))
    assert inside.all()
    assert (np.abs(back - z) <= 16 * room / slope + 1e-13 * unit).all()


@pytest.mark.parametrize(("box", "logarithmic"), CASES)
def test_the_map_rises_and_never_leaves_the_open_box(box, logarithmic) -> None:
    bounds = bounds_of(box, logarithmic)
    parts = [sign * 10.0 ** np.linspace(-12, 308, 400) for sign in (-1, 1)]
    z = np.sort(np.concatenate([*parts, [0.0, -inf, inf, 700.0, -700.0, 745.2]]))
    x, slope = mapped(bounds, z[np.newaxis])
    assert (np.diff(x[0]) >= 0).all()
    if isfinite(box[0]) or isfinite(box[1]):
        assert np.isfinite(x[0, 1:-1]).all()
    assert (x[0, 1:-1] > box[0]).all()
    assert (x[0, 1:-1] < box[1]).all()
    assert (slope[0, 1:-1] >= 0).all()
    if isfinite(box[0]) and isfinite(box[1]) and not logarithmic:
        middle, slopes = mapped(bounds, np.zeros((1, 1)))
        assert slopes[0, 0] == 1.0
        assert middle[0, 0] == pytest.approx(sum(box) / 2, rel=1e-15)


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("box", [(1.0, 2.0), (1e-3, 1e3), (3.0, inf), (0.1, 0.3)])
def test_a_start_next_to_a_bound_is_kept_and_left(box, logarithmic) -> None:
    for end, other in (box, box[::-1]):
        if not isfinite(end):
            continue
        start = np.nextafter(end, other)
        bounds = bounds_of(box, logarithmic)
        with np.errstate(all="ignore"):
            assert np.isfinite(bounds.inner_of(np.array([[start]]))).all()
        given = {"x": {"low": box[0], "high": box[1], "scale": "log" if logarithmic else "linear"}}
        fun = "-x" if end == box[0] else "x"
        keys = {"bounds_mode": "transform", "start": {"x": start}, "eps": 0, "alpha": "width/20"}
        keys["alpha"] = keys["alpha"] if isfinite(box[1]) else 0.5
        result = minimize(fun, given, n_iter=400, **keys)
        assert result.start.x == (start,)
        assert abs(result.last.x[0] - end) > 0.05


@pytest.mark.parametrize("formula", ["(x - 1)**2 + k*x", "exp(k - x)", "sin(5*x)/k"])
def test_steps_are_taken_in_the_inner_variables(formula) -> None:
    """The same formula, with the map written into it, has the same path."""
    bounds = {"x": [-1, 3], "k": {"low": 0.5, "high": 8, "scale": "log"}}
    inner = "x = -1 + 4/(1 + exp(-z))\nw = 2.772588722239781\n"
    inner += "k = exp(-0.6931471805599453 + w/(1 + exp(-4*v/w)))\n"
    keys = {"alpha": 0.05, "n_iter": 120, "beta1": 0.8, "weight_decay": 0.1, "history": True}
    first = TransformedBounds(np.array([-1.0, 0.5]), np.array([3.0, 8.0]), np.array([False, True]))
    start = np.array([[0.2], [2.0]])
    z, v = first.inner_of(start)[:, 0].tolist()
    mapped_path = minimize(formula, bounds, bounds_mode="transform", start=start[:, 0], **keys)
    free = {"z": [-9, 9], "v": [-9, 9]}
    path = minimize(inner + formula, free, bounds_mode="start", start={"z": z, "v": v}, **keys)
    for ours, plain in zip(mapped_path.history, path.history, strict=True):
        assert ours.score == pytest.approx(plain.score, rel=1e-11, abs=1e-12)
        assert ours.x[0] == pytest.approx(-1 + 4 / (1 + np.exp(-plain.x[0])), rel=1e-11, abs=1e-12)


# Logarithmic scales.


@pytest.mark.parametrize("method", ["adam", "nadam", "momentum", "adagrad"])
def test_a_logarithmic_scale_is_the_formula_of_the_exponential(method) -> None:
    keys = {"alpha": 0.03, "n_iter": 150, "method": method, "history": True, "seed": 3}
    formula = "(log(k) - 2)**2 + (c - 3)**2 + 0.1*sin(k + c)"
    scaled = {"k": {"low": 1e-3, "high": 1e3, "scale": "log"}, "c": [0, 10]}
    low, high = np.log([1e-3, 1e3]).tolist()
    plain = {"u": [low, high], "c": [0, 10]}
    # Neither path touches a bound, so that the mode does not matter.
    for mode in ("clip", "start", "reflect"):
        ours = minimize(formula, scaled, bounds_mode=mode, **keys)
        path = minimize(f"k = exp(u)\n{formula}", plain, bounds_mode=mode, **keys)
        assert ours.start.x == pytest.approx([np.exp(path.start.x[0]), path.start.x[1]], rel=1e-14)
        for a, b in zip(ours.history, path.history, strict=True):
            assert a.x == pytest.approx([np.exp(b.x[0]), b.x[1]], rel=1e-12)


def test_a_path_along_a_bound_is_that_of_the_exponential() -> None:
    keys = {"alpha": 0.4, "n_iter": 60, "history": True, "start": [900.0]}
    scaled = {"k": {"low": 1e-3, "high": 1e3, "scale": "log"}}
    plain = {"u": np.log([1e-3, 1e3]).tolist()}
    for mode in ("clip", "reflect"):
        ours = minimize("-k + cos(k/99)", scaled, bounds_mode=mode, **keys)
        other = {**keys, "start": np.log([900.0]).tolist()}
        path = minimize("k = exp(u)\n-k + cos(k/99)", plain, bounds_mode=mode, **other)
        for a, b in zip(ours.history, path.history, strict=True):
            assert a.x[0] == pytest.approx(np.exp(b.x[0]), rel=1e-9)
        if mode == "clip":
            assert ours.last.x == (1e3,)
            assert ours.active_bounds == {"k": "upper"}


@given(st.integers(0, 2**32 - 1))
def test_draws_are_those_of_the_ends_and_others_stay_the_same(seed) -> None:
    np.random.seed(seed)
    u = np.random.rand(4)
    plain = start_of(
        config_of("a + b + c + d", "{a: [0, 1], b: [1, 5], c: [1, 2], d: [0, 1]}", seed=seed)
    )
    bounds = "{a: [0, 1], b: {low: 0.01, high: 100, scale: log},"
    bounds += " c: {low: -.inf, high: .inf, draw: [1, 2]}, d: {low: 0, high: 9, draw: [0, 1]}}"
    for mode in BOUNDS_MODES:
        found = start_of(config_of("a + b + c + d", bounds, seed=seed, bounds_mode=mode))
        assert found[[0, 2, 3]].tolist() == plain[[0, 2, 3]].tolist()
        low, high = np.log([0.01, 100.0])
        assert found[1] == pytest.approx(np.exp(low + u[1] * (high - low)), rel=1e-14)


def test_a_draw_on_a_logarithmic_scale_may_have_ends_of_its_own() -> None:
    bounds = "{x: {low: 1e-9, high: .inf, draw: [0.1, 10], scale: log}}"
    for seed in range(50):
        np.random.seed(seed)
        low, high = np.log([0.1, 10.0])
        wanted = np.exp(low + np.random.rand() * (high - low))
        found = start_of(config_of("x", bounds, seed=seed))
        assert found[0] == pytest.approx(wanted, rel=1e-14)


FORMS = [
    "{x: {low: 0.5, high: 8, scale: log}, y: {low: -.inf, high: .inf, draw: [-1, 1]}}",
    "{x: {low: [1, 2], high: [3, 4], shape: 2, scale: log, draw: [[1, 2], [2, 2.5]]}, y: [0, 1]}",
    "{x: {low: 1, high: .inf, draw: [1, 2], scale: log}, y: {low: -.inf, high: 0, draw: [-2, -1]}}",
]


@pytest.mark.parametrize("mode", BOUNDS_MODES)
@pytest.mark.parametrize("form", FORMS)
def test_the_resolved_config_has_the_same_bounds(form, mode) -> None:
    config = config_of("sum(x**2) + y**2", form, bounds_mode=mode, n_iter=20, alpha=0.1)
    resolved = "\n".join(f"{key}: {flow(value)}" for key, value in config.resolved().items())
    again = parse_config(resolved)
    assert again.resolved() == config.resolved()
    assert run_config(again) == run_config(config)


def test_sweeps_over_bounds_and_starts_save_configs_that_run_the_same(cli, tmp_path) -> None:
    config, best = tmp_path / "c.yaml", tmp_path / "best.yaml"
    text = "objective: (log(x) - 1)**2 + y**2\nbounds: {x: [1, 9], y: [-1, 1]}\nalpha: 0.1\n"
    config.write_text(text + "n_iter: 30\n")
    axes = ["bounds.x=[1,9],{low: 0.1, high: 99, scale: log},{low: 1, high: .inf, draw: [1, 4]}"]
    axes += ["bounds_mode=clip,reflect,transform,start", "start.y=-0.5,0.9", "seed=0,1"]
    given = [part for axis in axes for part in ("-p", axis)]
    options = ("--quiet", "--format", "none", "--save-best", str(best))
    assert cli("sweep", str(config), *given, *options).code == 0
    keys = dict(axis.split("=", 1) for axis in axes)
    found = adamcli.sweep(str(config), keys, jobs=1)
    assert len(found["index"]) == 3 * 4 * 2 * 2
    place = int(np.argmin(found["best.score"]))
    saved = run_config(adamcli.load_config(str(best)))
    assert saved.best.score == found["best.score"][place]
    for run in range(0, 48, 5):
        alone = run_config(found.variations.config(run))
        assert same_bits(alone.last.x, [found["last.x.x"][run], found["last.x.y"][run]])


REFUSED = {
    ("{x: {low: 0, high: 1, scale: log}}", "", "clip"): (
        "<config>:2:13: bounds.x: a logarithmic scale needs bounds above 0",
        "raise low, or remove scale",
    ),
    ("{x: {low: 0, high: 1, draw: [0.5, 2]}}", "", "clip"): (
        "<config>:2:37: bounds.x.draw: reaches beyond the bounds",
        "",
    ),
    ("{x: [0, .inf]}", "", "clip"): (
        "<config>:2:13: `x` has no finite bounds to draw a start from",
        "add start: {x: 1}, or draw: [1, 2] to its bounds",
    ),
    ("{x: {low: 3, high: .inf, scale: log}}", "", "clip"): (
        "<config>:2:13: `x` has no finite bounds to draw a start from",
        "add start: {x: 4}, or draw: [4, 5] to its bounds",
    ),
    ("{x: [-.inf, 3]}", "", "reflect"): (
        "<config>:2:13: `x` has no finite bounds to draw a start from",
        "add start: {x: 1}, or draw: [1, 2] to its bounds",
    ),
    ("{x: [0, 1]}", "{x: 0}", "transform"): (
        "<config>:3:12: start: `x` = 0.0 is outside its open bounds (0.0, 1.0)",
        "",
    ),
    ("{x: [1, 1.0000000000000002]}", "", "transform"): (
        (
            "<config>:2:13: `x`: no start can be drawn within its open bounds "
            "(1.0, 1.0000000000000002)"
        ),
        "move its bounds apart, or set another bounds_mode",
    ),
    ("{x: {low: 0, high: .inf, draw: [0, 0]}}", "", "transform"): (
        "<config>:2:13: `x`: no start can be drawn within its open bounds (0.0, inf)",
        "add start: {x: 1}, or draw: [1, 2] to its bounds",
    ),
    ("{x: {low: 1, high: 2, scale: log}}", "{x: -1}", "start"): (
        "<config>:3:12: start: `x` = -1.0 is outside the numbers with a logarithm",
        "",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_bounds_cannot_be_is_refused(case) -> None:
    bounds, start, mode = case
    message, hint = REFUSED[case]
    text = f"objective: x**2\nbounds: {bounds}\n" + (f"start: {start}\n" if start else "")
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{text}bounds_mode: {mode}\n")
    lines = str(caught.value).splitlines()
    assert lines[0] == message
    assert lines[2].strip(" ^") == ""
    assert lines[3:] == ([f"  {hint}"] if hint else [])
