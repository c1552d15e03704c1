"""What is inside a method is what the paper says it is, whatever the run does around it."""

from math import exp, log, sqrt

import numpy as np
import pytest

from adamcli.config.checking import checked
from adamcli.config.load import read_keys
from adamcli.experiment import run_config
from adamcli.optimizer.loop import Watch
from adamcli.optimizer.methods import METHODS
from adamcli.pictures import course
from adamcli.pictures.inside import Replay
from adamcli.pictures.subject import Wish
from adamcli.plotting.subjects import computed

FAR = {"x": (-1e6, 1e6), "y": (-1e6, 1e6)}
START = {"x": 1.5, "y": -2.0}


def config_of(**keys):
    given = {"objective": "x**2 + 3*y**4 + x*y", "bounds": FAR, "start": START, **keys}
    return checked(read_keys(given, "<test>"))


def inside_of(config, *variables: str):
    return computed(config, Wish("state", variables=variables)).inside


def gradient(x: float, y: float) -> tuple[float, float]:
    return 2 * x + y, 12 * y**3 + x


def paper(steps: int, slope, x, *, alpha, beta1, beta2, eps=1e-8, eps_mode="outside"):
    """Return g, the corrected moments, the step and the points of Adam, (steps, dim) each.

    `alpha` and the betas are functions of t = 1, 2, …; `slope` is the gradient at a point.
    """
    m, v = [0.0] * len(x), [0.0] * len(x)
    rest1 = rest2 = 1.0
    found = []
    for t in range(1, steps + 1):
        g, b1, b2 = slope(*x), beta1(t), beta2(t)
        rest1, rest2 = rest1 * b1, rest2 * b2
        m = [b1 * a + (1 - b1) * b for a, b in zip(m, g, strict=True)]
        v = [b2 * a + (1 - b2) * b * b for a, b in zip(v, g, strict=True)]
        mhat = [a / (1 - rest1) for a in m]
        vhat = [a / (1 - rest2) for a in v]
        below = {
            "outside": lambda v, vh: sqrt(vh) + eps,
            "inside": lambda v, vh: sqrt(vh + eps),
            # The bias of v is corrected in the step size alone.
            "hat": lambda v, vh, r=rest2: (sqrt(v) + eps) / sqrt(1 - r),
        }[eps_mode]
        step = [a / below(b, c) for a, b, c in zip(mhat, v, vhat, strict=True)]
        x = [a - alpha(t) * b for a, b in zip(x, step, strict=True)]
        found.append((g, mhat, [sqrt(a) for a in vhat], step, x))
    return np.moveaxis(np.array(found), 1, 0)


def close(found, expected) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * scale)


SETTINGS = {
    "defaults": {},
    "schedules": {
        "alpha": "0.1/sqrt(t)",
        "beta1": "0.9*(1 - 0.5*exp(-t/10))",
        "beta2": "1 - 1/(t + 1)",
    },
    "large eps": {"eps": 0.5},
    "inside": {"eps": 0.01, "eps_mode": "inside"},
    "hat": {"eps": 0.01, "eps_mode": "hat"},
}
FORMULAS = {
    "0.1/sqrt(t)": lambda t: 0.1 / sqrt(t),
    "0.9*(1 - 0.5*exp(-t/10))": lambda t: 0.9 * (1 - 0.5 * exp(-t / 10)),
    "1 - 1/(t + 1)": lambda t: 1 - 1 / (t + 1),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_adam_is_that_of_the_paper(settings, direction: str) -> None:
    sign = 1.0 if direction == "minimize" else -1.0
    text = "x**2 + 3*y**4 + x*y" if sign > 0 else "-(x**2 + 3*y**4 + x*y)"
    found = inside_of(config_of(objective=text, direction=direction, n_iter=60, **settings))
    usual = {"alpha": 0.001, "beta1": 0.9, "beta2": 0.999}
    given = {
        name: FORMULAS.get(settings.get(name), lambda t, usual=value: usual)
        for name, value in usual.items()
    }
    own = {key: settings[key] for key in ("eps", "eps_mode") if key in settings}
    g, mhat, root, step, _ = paper(60, gradient, [1.5, -2.0], **given, **own)
    assert found.names == ("x", "y")
    assert tuple(found.quantities) == ("g", "m̂", "√v̂")
    assert found.t.tolist() == list(range(60))
    close(found.quantities["g"], g)
    close(found.quantities["m̂"], mhat)
    close(found.quantities["√v̂"], root)
    close(found.step, step)
    close(found.alpha, np.repeat([[given["alpha"](t)] for t in range(1, 61)], 2, axis=1))


def test_logarithmic_coordinates_step_in_logarithms() -> None:
    bounds = {"rate": {"low": 1e-6, "high": 1e3, "scale": "log"}}
    config = config_of(
        objective="(log(rate) - log(0.02))**2", bounds=bounds, start={"rate": 1}, alpha=0.05
    )
    found = inside_of(config)
    constant = {"alpha": lambda t: 0.05, "beta1": lambda t: 0.9, "beta2": lambda t: 0.999}
    slope = lambda y: (2 * (y - log(0.02)),)  # noqa: E731
    g, mhat, root, step, _ = paper(100, slope, [0.0], **constant)
    close(found.quantities["g"], g)
    close(found.quantities["m̂"], mhat)
    close(found.quantities["√v̂"], root)
    close(found.step, step)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alpha", [0.01, "0.01*(1 + 3*exp(-t/10))"])
def test_alpha_times_the_step_is_what_x_moved_by(method: str, alpha) -> None:
    objective = "x**2 + y**2/2 + x*y/2"
    config = config_of(objective=objective, method=method, alpha=alpha, n_iter=80)
    found = inside_of(config)
    result = run_config(config, history=True)
    x = np.array([result.start.x, *(record.x for record in result.history)])
    np.testing.assert_allclose(found.step * found.alpha, -np.diff(x, axis=0), rtol=1e-6, atol=1e-15)
    slopes = np.stack([2 * x[:-1, 0] + x[:-1, 1] / 2, x[:-1, 1] + x[:-1, 0] / 2], axis=1)
    close(found.quantities["g"], slopes)
    assert 1 <= len(found.quantities) <= 1 + len(config.method.states)
    assert np.isfinite(np.stack(list(found.quantities.values()))).all()


@pytest.mark.parametrize("method", METHODS)
def test_weight_decay_and_bounds_are_not_in_the_step(method: str) -> None:
    """The first step depends on the gradient at the start alone."""
    keys = {"objective": "x**2 + y**2/2", "method": method, "alpha": 0.1, "n_iter": 1}
    free = inside_of(config_of(**keys))
    held = inside_of(
        config_of(**keys, weight_decay=0.5, bounds={"x": (1.5, 1.6), "y": (-2.1, -2.0)})
    )
    assert np.array_equal(free.step, held.step)


def test_alpha_may_differ_by_variable() -> None:
    bounds = {"x": (-10, 10), "y": (-1000, 1000)}
    found = inside_of(config_of(bounds=bounds, alpha="0.01*width/t", n_iter=20))
    t = np.arange(1, 21)
    close(found.alpha, np.stack([0.2 / t, 20 / t], axis=1))


def test_some_coordinates_are_as_among_all() -> None:
    config = checked(
        read_keys(
            {"objective": "rosenbrock", "dim": 10, "alpha": "0.001*width*exp(-t/50)", "n_iter": 50},
            "<test>",
        )
    )
    replay = Replay(config, range(10))
    run_config(config, watch=replay.watching(Watch(lambda record: None)))
    whole = replay.inside()
    some = inside_of(config, "x[7]", "x[2]")
    assert some.names == ("x[7]", "x[2]")
    for symbol, values in some.quantities.items():
        assert np.array_equal(values, whole.quantities[symbol][:, [7, 2]]), symbol
    assert np.array_equal(some.step, whole.step[:, [7, 2]])
    assert np.array_equal(some.alpha, whole.alpha[:, [7, 2]])
    assert inside_of(config).names == tuple(f"x[{k}]" for k in range(6))


def test_the_step_is_at_most_1_where_the_gradient_is_constant() -> None:
    found = inside_of(config_of(objective="3*x - 1e-3*y", n_iter=300))
    close(found.step[:, 0], np.full(300, 1 / (1 + 1e-8 / 3)))
    assert (np.abs(found.step) <= 1).all()
    assert (found.step[:, 1] < -0.9999).all()


def test_the_watch_beside_it_sees_the_same_run() -> None:
    config = config_of(n_iter=5)
    seen = []
    replay = Replay(config, [0])
    watch = replay.watching(Watch(seen.append, ("gradient_norm",)))
    result = run_config(config, watch=watch, history=True)
    assert [(r.t, r.x, r.score) for r in seen] == [(r.t, r.x, r.score) for r in result.history]
    assert seen[0].gradient_norm == pytest.approx(np.hypot(*gradient(*seen[0].x)))


def test_a_long_run_is_thinned_with_its_last_step() -> None:
    config = config_of(n_iter=3 * course.MOST)
    found = inside_of(config)
    assert len(found.t) <= course.MOST + 1
    assert found.t[-1] == 3 * course.MOST - 1
    constant = {"alpha": lambda t: 0.001, "beta1": lambda t: 0.9, "beta2": lambda t: 0.999}
    *_, step, _ = paper(3 * course.MOST, gradient, [1.5, -2.0], **constant)
    np.testing.assert_allclose(found.step, step[found.t], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("keys", [{"n_iter": 0}, {"objective": "log(x - 5) + y"}])
def test_a_run_without_steps_has_nothing_inside(keys) -> None:
    found = inside_of(config_of(**keys))
    assert found.t.shape == (0,)
    assert found.step.shape == found.alpha.shape == (0, 2)
    assert found.quantities["g"].shape == (0, 2)


def test_a_run_that_diverges_is_shown_up_to_there() -> None:
    config = config_of(objective="x**4 + y**4", method="sgd", alpha=1, n_iter=50)
    config = checked(read_keys({**config.given, "bounds_mode": "start"}, "<test>"))
    found = inside_of(config)
    result = run_config(config)
    assert result.status.value == "diverged"
    assert len(found.t) == result.nit
