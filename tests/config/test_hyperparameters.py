"""Hyperparameters by variable, with `width`, for each method, and from Python."""

import numpy as np
import pytest

import adamcli
from adamcli.diagnostics import ConfigError
from adamcli.errors import UsageError
from adamcli.experiment import minimize, run_config
from tests.conftest import config_of, same_bits

BOX = {"x": [-4, 4], "y": [0, 0.01]}
FORMULA = "(x - 1)**2 + (300*y - 1)**2 + 0.3*sin(x + 100*y)"
START = {"x": 3.0, "y": 0.009}


def path(formula=FORMULA, bounds=BOX, start=START, **keys):
    keys = {"n_iter": 80, "eps": 0, "bounds_mode": "start", **keys}
    return [r.x for r in minimize(formula, bounds, start=start, history=True, **keys).history]


@pytest.mark.parametrize("method", ["adam", "amsgrad", "nadam", "adamax", "adagrad"])
@pytest.mark.parametrize(
    ("alpha", "base"),
    [
        ("0.01*width", "0.08"),
        ({"x": 0.08, "y": 0.0001}, "0.08"),
        ({"x": "0.8/sqrt(t)", "y": "0.1*width/sqrt(t)"}, "0.8/sqrt(t)"),
    ],
)
def test_a_step_size_by_variable_is_a_formula_that_is_rescaled(method, alpha, base) -> None:
    # The steps of these methods do not depend on the size of the gradient.
    found = path(alpha=alpha, method=method)
    scaled = "y = u/800\n" + FORMULA
    box, start = {"x": [-4, 4], "u": [0, 8]}, {"x": 3.0, "u": 7.2}
    wanted = path(scaled, box, start, alpha=base, method=method)
    for ours, plain in zip(found, wanted, strict=True):
        assert ours == pytest.approx([plain[0], plain[1] / 800], rel=1e-9, abs=1e-12)


def test_one_setting_by_variable_has_the_bits_of_the_setting() -> None:
    for one, each in ((0.05, {"x": 0.05, "y": 0.05}), ("0.1/t", {"x": "0.1/t", "y": "0.1/t"})):
        assert path(alpha=one) == path(alpha=each)
    assert path(alpha="0.02*width", bounds={"x": [0, 5], "y": [0, 5]}) == path(alpha=0.1)


def test_a_decay_of_0_keeps_the_bits() -> None:
    plain = path(alpha=0.05)
    for decay in (0, "0*t", {"x": 0, "y": "0/t"}):
        assert path(alpha=0.05, weight_decay=decay) == plain


def test_the_width_is_that_of_each_entry_and_of_logarithms() -> None:
    bounds = {
        "w": {"low": [0, 0], "high": [1, 10], "shape": 2},
        "k": {"low": 0.1, "high": 10, "scale": "log"},
    }
    log_width = float(np.log(10.0) - np.log(0.1))
    keys = {"n_iter": 1, "bounds_mode": "start", "start": {"w": [0.5, 5], "k": 1}, "eps": 0}
    found = minimize("sum(w) + k", bounds, alpha="0.01*width", **keys).last.x
    wanted = [0.49, 4.9, float(np.exp(-0.01 * log_width))]
    assert found == pytest.approx(wanted, rel=1e-14)


def test_a_setting_by_variable_goes_with_axes_of_other_settings() -> None:
    config = {"objective": FORMULA, "bounds": BOX, "n_iter": 60, "alpha": {"x": 0.1, "y": "1e-3/t"}}
    axes = {
        "alpha.x": [0.1, "0.3/t", "log(1 + t)/9"],
        "beta1": [0.0, 0.9],
        "weight_decay": [0.0, 0.1],
        "seed": range(3),
    }
    found = adamcli.sweep(config, axes, jobs=1)
    for run in range(0, 36, 5):
        alone = run_config(found.variations.config(run))
        assert same_bits(alone.last.x, [found["last.x.x"][run], found["last.x.y"][run]])
    assert len(np.unique(found["last.x.x"])) == 36


def test_set_and_save_best_take_one_variable(cli, tmp_path) -> None:
    config, best = tmp_path / "c.yaml", tmp_path / "best.yaml"
    config.write_text("objective: x**2 + y**2\nbounds: {x: [1, 2], y: [1, 2]}\nn_iter: 3\n")
    options = ("--set", "alpha={x: 0.1, y: 0.1}", "--quiet", "--format", "none")
    by_set = cli("run", str(config), *options, "--set", "alpha.x=0.02*width")
    assert by_set.code == 0
    assert by_set != cli("run", str(config), *options)
    axes = ("-p", "alpha.x=0.02,0.2", "--save-best", str(best))
    assert cli("sweep", str(config), *options, *axes).code == 0
    assert adamcli.load_config(str(best)).given["alpha"]["x"] in (0.02, 0.2)


def test_a_column_of_alpha_needs_a_single_one(cli, tmp_path) -> None:
    config, out = tmp_path / "c.yaml", tmp_path / "out.csv"
    config.write_text("objective: x**2 + y**2\nbounds: {x: [1, 2], y: [1, 2]}\nn_iter: 3\n")
    command = ("run", str(config), "--fields", "alpha", "--format", "csv", "-o", str(out), "--set")
    message = "--fields alpha: here alpha differs between variables, so a step has no single one\n"
    for alpha in ("alpha={x: 0.1, y: 0.2}", "alpha=0.1*width"):
        assert cli(*command, alpha) == ("", f"{message}  remove alpha from --fields\n", 2)
        assert not out.exists()
    assert cli(*command, "alpha=0.1/t").code == 0
    one = ("--set", "objective=x**2", "--set", "bounds={x: [1, 2]}")
    assert cli(*command, "alpha=0.1*width", *one).stdout.splitlines()[-1].endswith(",0.1")


METHOD_KEYS = "beta1: 0.5\nbeta2: 0.9\neps: 1e-4\neps_mode: inside\nalpha: 0.01\n"


def test_methods_that_are_compared_take_the_keys_that_they_use(cli, tmp_path) -> None:
    config, best = tmp_path / "c.yaml", tmp_path / "best.yaml"
    config.write_text(f"objective: x**2\nbounds: {{x: [1, 2]}}\nn_iter: 20\n{METHOD_KEYS}")
    methods = "adam,sgd,momentum,rmsprop,radam"
    command = ("sweep", str(config), "-p", f"method={methods}", "--quiet", "--format", "csv")
    done = cli(*command, "--save-best", str(best))
    assert done.code == 0
    found = adamcli.sweep(str(config), {"method": methods.split(",")}, jobs=1)
    assert found.variations.config(1).hyperparameters.beta1 == 0.9
    assert found.variations.config(2).hyperparameters.beta1 == 0.5
    saved = run_config(adamcli.load_config(str(best)))
    assert saved.best.score == found["best.score"].min()
    refused = cli(*command, "-p", "beta1=0.5,0.6")
    assert refused.stderr.startswith("-p:1:7: beta1: sgd does not use it\n")
    assert refused.stderr.endswith("  sgd uses alpha, weight_decay\n")
    assert refused.code == 2


ERRORS = {
    "method: sgd\nbeta1: 0.5": ("4:8: beta1: sgd does not use it", "sgd uses alpha, weight_decay"),
    "alpha: {x: 1}": ("3:8: alpha: nothing for `y`", "add, for example, y: 0.001"),
    "alpha: {x: 1, y: 1, z: 1}": ("3:21: alpha: unknown variable `z`", "known: x, y"),
    "alpha: {x: -1, y: 1}": (
        "3:12: alpha.x: expected a number, 0 or above, or a formula of t, found `-1`",
        "",
    ),
    "alpha: {x: 2 - t, y: 1}": (
        "3:12: alpha.x is -1.0 at t = 3, expected a number, 0 or above",
        "the steps are t = 1, 2, ..., n_iter",
    ),
    "beta1: {x: 0.5, y: 0.5}": (
        "3:8: beta1: expected one setting, the same for all variables, found a mapping",
        "",
    ),
    "beta2: 0.1*width": (
        "3:8: beta2: is the same for all variables, so it cannot use `width`",
        "",
    ),
    "alpha: 0.1*width\nbounds_mode: start": (
        "3:8: alpha: `y` has no width, as its bounds are not finite",
        "write alpha for each variable: {x: ..., y: ...}",
    ),
    "eps: {x: 1, y: width}": (
        "3:16: eps: `y` has no width, as its bounds are not finite",
        "use a number, or another formula",
    ),
}


@pytest.mark.parametrize("text", ERRORS)
def test_what_a_hyperparameter_cannot_be_is_refused(text) -> None:
    from adamcli.config.load import parse_config

    message, hint = ERRORS[text]
    bounds = "{x: [0, 1], y: {low: 0, high: .inf, draw: [0, 1]}}"
    with pytest.raises(ConfigError) as caught:
        parse_config(f"objective: x + y\nbounds: {bounds}\n{text}\n")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"<config>:{message}"
    assert lines[3:] == ([f"  {hint}"] if hint else [])


def test_functions_of_python_have_values_for_all_or_for_each_coordinate() -> None:
    keys = {"n_iter": 300, "start": [3.0, 0.009], "eps": 0, "history": True}
    by_name = minimize(FORMULA, BOX, alpha={"x": "0.1/t", "y": 0.001}, **keys)

    def each(t, n_iter):
        return np.array([0.1 / t, np.full(t.shape, 0.001)])

    assert minimize(FORMULA, BOX, alpha=each, **keys).history == by_name.history
    both = minimize(FORMULA, BOX, alpha="0.1/t", **keys)
    assert minimize(FORMULA, BOX, alpha=lambda t, n: 0.1 / t, **keys).history == both.history


@pytest.mark.parametrize(
    ("name", "function", "found"),
    [
        ("alpha", lambda t, n: np.ones((3, len(t))), r"\(3, 20\)"),
        ("alpha", lambda t, n: np.ones((len(t), 2)), r"\(20, 2\)"),
        ("alpha", lambda t, n: 0.1, r"\(\)"),
        ("beta1", lambda t, n: np.full((2, len(t)), 0.5), r"\(2, 20\)"),
    ],
)
def test_functions_of_python_with_other_shapes_are_refused(name, function, found) -> None:
    with pytest.raises(
        UsageError, match=rf"{name}: expected a value for each of 20 steps.*found .* {found}"
    ):
        minimize("x**2 + y**2", {"x": [1, 2], "y": [1, 2]}, n_iter=20, **{name: function})


def test_the_resolved_config_has_the_settings_by_variable() -> None:
    config = config_of("x + y", alpha="{x: 0.1, y: 0.1*width/t}", eps="1e-9*width")
    resolved = config.resolved()
    assert resolved["alpha"] == {"x": 0.1, "y": "0.1*width/t"}
    assert resolved["eps"] == "1e-9*width"
