"""Every key of a config: what it takes, its default, and its errors, all reported together."""

import numpy as np
import pytest

import adamcli
from adamcli.config.keys import KEYS
from adamcli.config.load import load_config, parse_config
from adamcli.diagnostics import ConfigError
from adamcli.errors import FileError, UsageError
from adamcli.experiment import run_config, start_of
from tests.conftest import GOLDEN, ROOT, config_of, evaluate

BOUNDS = "bounds: {x: [-1, 1], y: [-1, 1]}\n"
HEAD = "objective: x**2 + y**2\n" + BOUNDS


def problem_of(text: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "c.yaml", overrides)
    return str(caught.value)


def ends_of(config) -> tuple[list[float], list[float]]:
    return config.bounds.low.tolist(), config.bounds.high.tolist()


def test_the_articles_config() -> None:
    config = load_config(str(ROOT / "configs" / "article.yaml"))
    assert config.hyperparameters == (0.02, 0.8, 0.999, 1e-8, 0.0)
    assert config.method.chosen == {"eps_mode": "outside"}
    assert (config.n_iter, config.seed) == (60, 1)
    assert ends_of(config) == ([-1, -1], [1, 1])


def test_defaults() -> None:
    config = parse_config(HEAD)
    assert (config.n_iter, config.seed, config.direction.value, config.bounds.mode) == (
        100,
        0,
        "minimize",
        "clip",
    )
    assert config.objective.gradient == "derived"
    assert np.isnan(config.start).all()
    assert config.expect == ()


def test_everything_wrong_is_reported_together() -> None:
    text = (GOLDEN / "broken.yaml").read_text(encoding="utf-8")
    assert problem_of(text) + "\n" == (GOLDEN / "broken.txt").read_text(encoding="utf-8")


BAD = {
    "alpha: -1": "c.yaml:3:8: alpha: expected a number, 0 or above, or a formula of t, found `-1`",
    "alpha: .nan": "found `.nan`",
    "alpha: .inf": "a formula of t that is finite, found `.inf`",
    "alpha: true": "found `true`",
    "alpha: [1]": "found a list of 1",
    "alpha:": "alpha: expected a number, 0 or above, or a formula of t, found nothing",
    "alpha: 1,5": "found the text `1,5`\n    alpha: 1,5\n           ^^^\n  write 1.5",
    "alpha: 1, 5": "c.yaml:3:8: a formula has one value, found several",
    "alpha: 0.1/q": "c.yaml:3:12: unknown name `q`",
    "alpha: 1 - t": "alpha is -1.0 at t = 2, expected a number, 0 or above",
    "beta1: 1": "beta1: expected a number from 0 up to, but not including, 1, or a formula of t",
    "beta2: 1 - 1/t + t": "beta2 is 1.0 at t = 1",
    "eps: -1e-8": "eps: expected a number, 0 or above, or a formula of t, found `-1e-8`",
    "eps_mode: within": "eps_mode: expected one of outside, inside, hat, found the text `within`",
    "n_iter: 1.5": "n_iter: expected a whole number from 0 to 1000000000000, found `1.5`",
    "n_iter: true": "found `true`",
    "n_iter: -1": "found `-1`",
    "n_iter: '60'": "write it without quotes: 60",
    "n_iter: 1_000": "  write 1000",
    "n_iter: 1,000": "  write 1000",
    "n_iter: 1,000,000": "  write 1000000",
    "n_iter: 10'000": "  write 10000",
    "n_iter: .inf": "found `.inf`",
    "seed: 4294967296": "seed: expected a whole number from 0 to 4294967295",
    "direction: maximise": "did you mean `maximize`?",
    "bounds_mode: clamp": "expected one of clip, start, reflect, transform, found the text `clamp`",
    "gradient: 2point": "did you mean `2-point`?",
    "gradient: [2*x]": "gradient: expected 2 formulas, one per variable, found a list of 1",
    "gradient: {x: 2*x}": "gradient: no formula for `y`",
    "gradient: {x: 2*x, y: 2*y, z: 1}": "gradient: unknown variable `z`",
    "gradient: [2*x, 2*q]": "unknown name `q`",
    "constants: 3": "constants: expected names and numbers, such as {k: 2.5}, found `3`",
    "constants: {sin: 1}": "`sin` is a function of the formula language",
    "constants: {x: 1}": "`x` is a variable and a constant",
    "constants: {k: a}": "constants.k: expected a number, found the text `a`",
    "constants: {k: [1, [2]]}": "constants.k: the rows of an array must have the same length",
    "data: file.csv": "c.yaml:3:7: data: file.csv: No such file or directory",
    "data: 3": "data: expected names and numbers, such as file.csv, or {t: [0, 1, 2]}, found `3`",
    "start: 1": "start: expected a point, such as {x: 0.5} or [0.5, 0.5], or weights.npz, found",
    "start: [0]": "start: expected a list of 2, found a list of 1",
    "start: {z: 0}": "start: unknown variable `z`",
    "start: {x: 2}": "start: `x` = 2.0 is outside its bounds [-1.0, 1.0]",
    "dim: 2": "dim: goes with a list of bounds, not with names",
    "expect: best.scor < 1": "did you mean `best.score`?",
    "expect: best.score": "expected a comparison",
    "expect: 5": "expect: expected a comparison such as best.score < 1e-6, found `5`",
    "bounds_: 3": "unknown key `bounds_`",
    "n_itr: 3": "did you mean `n_iter`?",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_value_is_named_with_what_was_expected(line) -> None:
    assert BAD[line] in problem_of(HEAD + line + "\n")


BAD_BOUNDS = {
    "{x: [1, -1]}": "bounds.x: the lower bound 1.0 is above the upper one, -1.0",
    "{x: [1]}": "bounds.x: expected a pair [low, high], found a list of 1",
    "{x: 3}": "bounds.x: expected a pair [low, high], found `3`",
    "{x: [a, b]}": "bounds.x: expected a number, found the text `a`",
    "{x: [-1e308, 1e308]}": "bounds.x: the bounds are too far apart to draw from",
    "{x: [.inf, .inf]}": "bounds.x: no number lies between inf and inf",
    "{x: [-.inf, 1]}": "`x` has no finite bounds to draw a start from",
    "{x y: [0, 1]}": "`x y` is not a name that formulas can use",
    "{pi: [0, 1]}": "`pi` is a constant of the formula language",
    "{}": "bounds: expected at least one variable, found a mapping",
    "[]": "bounds: expected variables with their bounds, such as {x: [-1, 1]}, found an empty list",
    "3": "bounds: expected variables with their bounds",
    "{x: {low: 0, shape: 2}}": "bounds.x: `high` is missing",
    "{x: {low: 0, high: 1, shap: 2}}": "bounds.x: unknown key `shap`",
    "{x: {low: [0, 0], high: 1, shape: 3}}": "bounds.x.low: has shape (2,), expected (3,)",
    "{x: {low: 0, high: 1, shape: 0}}": "bounds.x.shape: expected a whole number from 1",
    "{x: {low: 0, high: 1, shape: [9000, 9000]}}": "has more than 10,000,000 entries",
}


@pytest.mark.parametrize("bounds", BAD_BOUNDS)
def test_bad_bounds_are_named(bounds) -> None:
    assert BAD_BOUNDS[bounds] in problem_of(f"objective: x**2\nbounds: {bounds}\n")


def names_of(objective: str, bounds: str, **keys) -> list[str]:
    return config_of(objective, bounds, **keys).variables.coordinate_names()


def test_bounds_by_name() -> None:
    assert names_of("b + a", "{b: [0, 1], a: [0, 1]}") == ["b", "a"]


def test_bounds_with_shapes() -> None:
    text = "{w: {low: -1, high: [[1, 2], [3, 4]], shape: [2, 2]}, k: [0, 1]}"
    config = config_of("w[0, 1] + w[-1, -1]*k", text)
    assert config.variables.coordinate_names() == ["w[0,0]", "w[0,1]", "w[1,0]", "w[1,1]", "k"]
    assert ends_of(config)[1] == [1, 2, 3, 4, 1]


def test_a_list_of_pairs_is_the_vector_x() -> None:
    assert names_of("x[0] + x[2]", "[[0, 1], [0, 1], [0, 1]]") == ["x[0]", "x[1]", "x[2]"]


def test_a_list_of_pairs_goes_to_as_many_free_names_in_natural_order() -> None:
    assert names_of("x10 + x2 + x1", "[[0, 1], [0, 2], [0, 3]]") == ["x1", "x2", "x10"]
    assert names_of("k*b + a", "[[0, 1], [0, 2]]", constants="{k: 2}") == ["a", "b"]
    assert names_of("x**2", "[[0, 1]]") == ["x"]


def test_one_pair_with_dim_is_a_vector() -> None:
    config = config_of("x[0] + x[9]", "[-5, 5]", dim=10)
    assert config.variables.dim == 10
    assert ends_of(config)[0] == [-5] * 10


def test_one_pair_without_dim_is_for_every_free_name() -> None:
    assert names_of("b + a", "[-5, 5]") == ["a", "b"]
    text = "objective: x[0]\nbounds: [0, 1]\n"
    assert "bounds: one pair for a vector needs its length" in problem_of(text)


def test_dim_must_fit_a_list_of_pairs() -> None:
    text = "objective: x[0] + x[1]\nbounds: [[0, 1], [0, 1]]\ndim: 3\n"
    assert "dim: is 3, but bounds has 2 pairs" in problem_of(text)


def test_a_start_may_be_partial_by_name_or_by_place() -> None:
    drawn = start_of(config_of("x + y", seed=2)).tolist()
    assert start_of(config_of("x + y", seed=2, start="{y: 0.5}")).tolist() == [drawn[0], 0.5]
    assert start_of(config_of("x + y", seed=2, start="[null, 0.5]")).tolist() == [drawn[0], 0.5]


def test_a_start_of_an_array() -> None:
    bounds = "{w: {low: 0, high: 1, shape: [2, 2]}}"
    start = start_of(config_of("w[0, 0]", bounds, start="{w: [[0.1, 0.2], [0.3, 0.4]]}"))
    assert start.tolist() == [0.1, 0.2, 0.3, 0.4]


def test_a_start_one_ulp_outside_is_cut_off() -> None:
    above = repr(float(np.nextafter(1.0, 2.0)))
    assert config_of("x + y", start=f"{{x: {above}}}").start[0] == 1.0


def test_outside_the_box_is_a_start_where_there_is_no_box() -> None:
    assert config_of("x + y", start="{x: 7}", bounds_mode="start").start[0] == 7.0


def test_constants_and_inline_data_are_names_in_formulas() -> None:
    config = config_of(
        "(x - k)**2 + (y - c[1])**2 + t[0, 1]",
        constants="{k: 0.25, c: [0, 0.5]}",
        data="{t: [[1, 2]]}",
        alpha="k/10",
        n_iter=2000,
    )
    result = run_config(config)
    assert result.best.score == pytest.approx(2, abs=1e-6)
    assert result.x == pytest.approx([0.25, 0.5], abs=1e-3)


def test_a_gradient_by_hand_is_honoured() -> None:
    wrong = run_config(config_of("x**2 + y**2", gradient="{x: -1, y: 0}", start="[0, 0.5]"))
    assert wrong.last.x[0] > 0
    assert wrong.last.x[1] == 0.5
    right = run_config(config_of("x**2 + y**2", gradient="[2*x, 2*y]", seed=1))
    assert right == run_config(config_of("x**2 + y**2", seed=1))


def test_a_gradient_by_hand_of_a_vector() -> None:
    config = config_of(
        "x[0]**2 + x[1]**2", "[-1, 1]", dim=2, gradient="['2*x[0]', '2*x[1]']", seed=1
    )
    derived = config_of("x[0]**2 + x[1]**2", "[-1, 1]", dim=2, seed=1)
    assert run_config(config) == run_config(derived)


@pytest.mark.parametrize("scheme", ["finite-difference", "2-point", "3-point", "complex-step"])
def test_difference_schemes_by_name(scheme) -> None:
    found = run_config(config_of("sin(x)*exp(y)", gradient=scheme, n_iter=20, alpha=0.05))
    exact = run_config(config_of("sin(x)*exp(y)", n_iter=20, alpha=0.05))
    assert found.last.x == pytest.approx(exact.last.x, abs=1e-6)
    assert found.nfev > exact.nfev


def test_overrides_follow_the_rules_of_the_file() -> None:
    overrides = ["alpha=0.5", "bounds.x=[-2, 2]", "start.y=0.25", "constants.k=3", "n_iter=1e3"]
    config = parse_config(HEAD, "c", overrides)
    assert config.hyperparameters.alpha == 0.5
    assert ends_of(config)[0] == [-2, -1]
    assert config.start[config.variables.by_name["y"].offset] == 0.25
    assert config.n_iter == 1000


def test_an_override_keeps_the_order_of_the_variables() -> None:
    config = parse_config(HEAD, "c", ["bounds.x=[-2, 2]"])
    assert config.variables.coordinate_names() == ["x", "y"]
    assert ends_of(config)[0] == [-2, -1]


def test_the_last_override_of_a_key_wins() -> None:
    assert parse_config(HEAD, "c", ["seed=1", "seed=2"]).seed == 2


def test_a_config_may_be_made_of_overrides() -> None:
    config = parse_config("n_iter: 5", "c", ["objective=x**2", "bounds.x=[0, 1]"])
    assert config.variables.coordinate_names() == ["x"]


BAD_OVERRIDES = {
    "alpha": "--set:1:1: expected key=value\n    alpha\n    ^^^^^",
    "=3": "--set:1:1: expected key=value",
    "alpha=-1": "--set:1:7: alpha: expected a number, 0 or above",
    "alpah=1": "--set:1:1: unknown key `alpah`\n    alpah=1\n    ^^^^^\n  did you mean `alpha`?",
    "bounds.z=3": "--set:1:10: bounds.z: expected a pair [low, high], found `3`",
    "n_iter.a=3": "unknown key",
    "objective.a=3": "`objective` holds the text `x**2 + y**2`, so it has no `a`",
    "alpha=[": "--set:1:",
    "alpha=*x": "--set:1:7: aliases",
    "objective=x^2": "--set:1:12: `^` is not a power",
    "alpha=": "alpha: expected a number, 0 or above, or a formula of t, found nothing",
}


@pytest.mark.parametrize("override", [k for k in BAD_OVERRIDES if k != "n_iter.a=3"])
def test_bad_overrides_point_into_what_was_typed(override) -> None:
    assert BAD_OVERRIDES[override] in problem_of(HEAD, override)


def test_a_python_objective_is_named_but_not_loaded(tmp_path) -> None:
    config = parse_config("objective: {python: code.py:f}\n" + BOUNDS, "c", folder=tmp_path)
    assert config.objective.code == "Python code (code.py:f)"
    assert config.objective.gradient == "2-point"
    with pytest.raises(UsageError, match="there is no such file"):
        config.objective.make()
    (tmp_path / "code.py").write_text("def f(x, y):\n    return x - 2 * y\n")
    assert evaluate(config.objective.make(), np.array([[3.0], [5.0]]))[0].tolist() == [-7.0]


BAD_PYTHON = {
    "{python: code.py}": "objective: expected file.py:name, found the text `code.py`",
    "{python: ../code.py:f}": "objective: the file must be in the folder of the config",
    "{python: /etc/code.py:f}": "objective: the file must be in the folder of the config",
    "{python: code.py:f, x: 1}": "objective: unknown key `x`",
    "{python: 3}": "objective: expected file.py:name, found `3`",
    "{pyton: a.py:f}": "objective: expected a formula such as x**2 + y**2, found a mapping",
}


@pytest.mark.parametrize("objective", BAD_PYTHON)
def test_bad_python_objectives_are_named(objective) -> None:
    assert BAD_PYTHON[objective] in problem_of(f"objective: {objective}\n{BOUNDS}")


def test_a_link_does_not_lead_out_of_the_folder(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "code.py").write_text("def f(x, y): return 0")
    (tmp_path / "in" / "link.py").symlink_to(tmp_path / "code.py")
    with pytest.raises(ConfigError, match="must be in the folder"):
        parse_config(f"objective: {{python: link.py:f}}\n{BOUNDS}", folder=tmp_path / "in")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_may_begin_with_a_byte_order_mark(tmp_path, encoding) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("# ümlaut\n" + HEAD, encoding=encoding)
    assert load_config(str(path)).variables.dim == 2


def test_windows_line_ends(tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes((HEAD + "alpha: -1\n").replace("\n", "\r\n").encode())
    with pytest.raises(ConfigError, match=r"c.yaml:3:8: alpha"):
        load_config(str(path))


def test_files_that_cannot_be_read(tmp_path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        load_config(str(tmp_path / "missing.yaml"))
    with pytest.raises(FileError, match="cannot be read"):
        load_config(str(tmp_path))
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff\xe9\n")
    with pytest.raises(FileError, match="is not UTF-8 text"):
        load_config(str(tmp_path / "latin.yaml"))


def test_the_resolved_config_holds_every_key_and_gives_the_same_run() -> None:
    import json

    text = HEAD + "alpha: 0.1/sqrt(t)\nconstants: {k: 2}\nstart: {x: 0.5}\nseed: 3\n"
    config = parse_config(text)
    resolved = config.resolved()
    optional = {"start", "constants", "data", "stop", "expect", "dim", "sweep"}
    optional |= {"model", "sigma", "loss", "batches", "epochs", "metrics"}
    assert set(KEYS) - optional <= set(resolved)
    again = parse_config(json.dumps(resolved))
    assert again.resolved() == resolved
    assert run_config(again) == run_config(config)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "seed: " + "9" * 350 + "\n",
        HEAD + "alpha: " + "9" * 390 + "\n",
        HEAD + "dim: " + "9" * 5000 + "\n",
        'objective: {python: "a\\0b.py:f"}\n' + BOUNDS,
        "objective: sin + 1\nbounds: [[0, 1]]\n",
        HEAD + "gradient: {x: .inf, y: 2*y}\n",
        "objective: {python: " + "a" * 300 + ".py:f}\n" + BOUNDS + "alpha: -1\n",
    ],
    ids=range(7),
)
def test_odd_values_are_errors_of_the_config(text) -> None:
    assert problem_of(text)


def test_names_may_end_in_any_number_of_digits() -> None:
    long = "x" + "1" * 5000
    assert names_of(f"{long} + x2", "[[0, 1], [0, 1]]") == ["x2", long]


def test_text_that_utf_8_cannot_hold_is_refused() -> None:
    assert "UTF-8" in problem_of(HEAD, "objective=\udcff")


def test_a_constant_called_like_the_vector_of_a_test_function_is_refused() -> None:
    message = problem_of("objective: rosenbrock\nconstants: {x: 1}\n")
    assert "c.yaml:2:13: `x` is a variable and a constant" in message


def test_of_many_problems_some_are_shown_and_the_rest_counted() -> None:
    message = problem_of("a: b\n" * 20_000 + HEAD)
    assert message.count("is given twice") == 50
    assert message.endswith("more like these")


def test_a_formula_in_a_config_cannot_run_code(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for formula in ("__import__('os').system('touch hacked')", "open('hacked', 'w')", "exec('1')"):
        with pytest.raises(adamcli.ConfigError):
            adamcli.minimize(formula, {"x": (0, 1)})
    assert not (tmp_path / "hacked").exists()
