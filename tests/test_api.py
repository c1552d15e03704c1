"""The Python API: the article's functions by their names, and those of this package."""

import json
import pickle

import numpy as np
import pytest

import adamcli
from adamcli import ConfigError, UsageError, adam, line, minimize
from tests import article_code
from tests.conftest import GOLDEN, ROOT, config_of

BOUNDS = np.asarray([[-1.0, 1.0], [-1.0, 1.0]])


def test_the_articles_script_prints_the_articles_lines() -> None:
    printed = []
    np.random.seed(1)
    best, score = adam(
        article_code.objective,
        article_code.derivative,
        BOUNDS,
        60,
        0.02,
        0.8,
        0.999,
        callback=lambda record: printed.append(line(record)),
    )
    printed.append("Done!")
    printed.append(f"f({best}) = {score:f}")
    assert "\n".join(printed) + "\n" == (GOLDEN / "article.txt").read_text(encoding="utf-8")


def test_the_articles_function_draws_from_the_global_generator() -> None:
    np.random.seed(5)
    np.random.rand(2)
    after = np.random.rand()
    np.random.seed(5)
    adam(article_code.objective, article_code.derivative, BOUNDS, 1, 0.02, 0.8, 0.999, 1e-8)
    assert np.random.rand() == after


def test_the_articles_bounds_only_draw_the_start() -> None:
    x, score = adam(lambda x: -x, lambda x: [-1.0], [[0.0, 1.0]], 100, 0.1, 0.9, 0.999)
    assert x[0] > 8
    assert score == -x[0]


def test_the_articles_function_passes_on_what_the_objective_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        adam(lambda x: 1 / 0, lambda x: [1.0], [[0.0, 1.0]], 5, 0.1, 0.9, 0.999)


def test_the_articles_function_warns_when_it_diverges() -> None:
    with pytest.warns(RuntimeWarning, match="adam diverged at t = 0: v is inf"):
        adam(lambda x: 1e200 * x, lambda x: [1e200], [[0.0, 1.0]], 5, 0.1, 0.9, 0.999)


def test_the_articles_function_checks_its_hyperparameters() -> None:
    with pytest.raises(UsageError, match="beta1: expected"):
        adam(article_code.objective, article_code.derivative, BOUNDS, 1, 0.02, 1.8, 0.999)


def test_minimize_a_formula() -> None:
    result = minimize(
        "(1 - x)**2 + 100*(y - x**2)**2",
        {"x": (-2, 2), "y": (-2, 2)},
        alpha=0.05,
        n_iter=3000,
        seed=1,
    )
    assert result.success
    assert result.x == pytest.approx([1, 1], abs=1e-4)
    assert result.fun == result.best.score < 1e-8


def test_minimize_a_function_of_several_arguments_and_of_a_vector() -> None:
    by_name = minimize(
        lambda x, y: x**2 + y**2,
        {"x": (-1, 1), "y": (-1, 1)},
        jac=lambda x, y: (2 * x, 2 * y),
        seed=1,
    )
    vector = minimize(lambda x: x @ x, [(-1, 1), (-1, 1)], jac=lambda x: 2 * x, seed=1)
    formula = minimize("x**2 + y**2", {"x": (-1, 1), "y": (-1, 1)}, seed=1)
    assert by_name.best.x == vector.best.x == formula.best.x


def test_minimize_takes_arrays() -> None:
    result = minimize("x[0]**2 + x[1]**2", BOUNDS, start=np.array([0.5, np.float64(-0.5)]))
    assert result.start.x == (0.5, -0.5)


def test_minimize_takes_long_arrays() -> None:
    start = np.random.RandomState(0).uniform(-1, 1, 70_000)
    result = minimize("sum(x**2)", (-1, 1), dim=70_000, start=start, n_iter=1)
    assert result.start.x == tuple(start.tolist())


@pytest.mark.parametrize("alpha", [lambda t, n: 0.1, lambda t, n: [0.1]])
def test_a_hyperparameter_function_returns_one_value_per_step(alpha) -> None:
    with pytest.raises(UsageError, match="alpha: expected a value for each of 5 steps"):
        minimize("x**2", {"x": (0, 1)}, alpha=alpha, n_iter=5)


def test_lists_that_are_not_arrays_are_an_error_of_the_objective() -> None:
    with pytest.raises(adamcli.ObjectiveError, match="no array of numbers"):
        minimize(lambda x: [1.0, [2.0]], [(0, 1)])
    with pytest.raises(adamcli.ObjectiveError, match="no array of numbers"):
        minimize(lambda x: 1.0, [(0, 1)] * 2, jac=lambda x: [1.0, [2.0, [3.0]]])


def test_minimize_takes_arrays_with_shapes() -> None:
    result = minimize(
        lambda w: float((w**2).sum()),
        {"w": {"low": -1, "high": 1, "shape": (2, 3)}},
        jac=lambda w: 2 * w,
        n_iter=2,
    )
    assert len(result.best.x) == 6


def test_minimize_takes_the_keys_of_a_config() -> None:
    result = minimize("k*x", {"x": (0, 1)}, constants={"k": -2}, alpha="0.5/t", n_iter=10)
    assert result.x.tolist() == [1.0]


def test_minimize_refuses_what_a_config_refuses() -> None:
    with pytest.raises(ConfigError, match="unknown key `aplha`"):
        minimize("x**2", {"x": (0, 1)}, aplha=0.1)
    with pytest.raises(ConfigError, match="unknown name `z`"):
        minimize("z**2", {"x": (0, 1)})
    with pytest.raises(UsageError, match="jac: expected formulas, as fun is a formula"):
        minimize("x**2", {"x": (0, 1)}, jac=lambda x: 2 * x)
    with pytest.raises(UsageError, match="n_iter: expected a setting, found a function"):
        minimize("x**2", {"x": (0, 1)}, n_iter=lambda t, n: 3)


def test_a_config_can_be_run_from_python() -> None:
    result = adamcli.run_config(adamcli.load_config(str(ROOT / "configs" / "article.yaml")))
    assert result.best.score == 3.3482010792499375e-07
    assert result.message == "all 60 steps were taken"


def test_the_public_names_are_these() -> None:
    assert sorted(adamcli.__all__) == sorted(dir(adamcli))
    for name in adamcli.__all__:
        assert getattr(adamcli, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = adamcli.nothing


def test_the_same_config_gives_the_same_bits() -> None:
    def run():
        return adamcli.run_config(config_of("sin(x)*exp(y) + x**2", seed=9, n_iter=200))

    assert run() == run()


LAYERED = {"W": {"low": -1, "high": 1, "shape": (2, 2)}, "b": (-1, 1)}


def test_a_point_is_known_by_the_names_and_shapes_of_its_variables() -> None:
    result = minimize("sum(W**2) + b**2", LAYERED, n_iter=5, seed=3)
    assert result.x.shape == (5,)
    assert result["W"].shape == (2, 2)
    assert result["W"].tolist() == [[result.x[0], result.x[1]], [result.x[2], result.x[3]]]
    assert result["b"] == result.x["b"] == result.x[4] == result.best.x[4]
    assert type(result["b"]) is float
    assert type(result.x + 1) is np.ndarray
    assert type(result.x[1:]) is np.ndarray
    with pytest.raises(KeyError, match="'q' is not a variable; known: W, b"):
        result["q"]


def test_the_repr_of_a_result_is_short() -> None:
    result = minimize("sum(W**2) + b**2", LAYERED, n_iter=5, start={"b": 0.5}, alpha=0)
    assert repr(result).startswith("<Result finished: f(W=[[")
    assert repr(result).endswith(", 5 steps>")
    assert "b=0.5)" in repr(result)
    wide = minimize("sum(x**2)", (-1, 1), dim=100, n_iter=1)
    assert repr(wide).startswith("<Result finished: f(x=array of shape (100,)) = ")


def test_a_result_as_a_mapping_is_the_json_of_the_command(cli) -> None:
    path = str(ROOT / "configs" / "article.yaml")
    shown = json.loads(cli("run", path, "--format", "json").stdout)
    own = json.loads(adamcli.run_config(adamcli.load_config(path)).to_json())
    assert {**own, "seconds": 0} == {**shown, "seconds": 0}


def test_json_is_strict_where_numbers_are_not_finite() -> None:
    text = minimize("log(x)", {"x": (-1, 1)}, start={"x": -1.0}).to_json()
    assert json.loads(text, parse_constant=pytest.fail)["best"]["score"] is None


def test_the_history_is_every_step() -> None:
    seen = []
    result = minimize(
        "x**2 + y**2", {"x": (-1, 1), "y": (-1, 1)}, n_iter=7, history=True, callback=seen.append
    )
    assert list(result.history) == seen
    assert [record.t for record in result.history] == list(range(7))
    assert result.history[-1].x == result.last.x
    assert minimize("x**2", {"x": (0, 1)}).history is None


def test_a_record_has_only_the_requested_fields() -> None:
    (record,) = minimize("x**2", {"x": (0, 1)}, n_iter=1, history=True).history
    assert record.more == {}
    with pytest.raises(AttributeError, match="no alpha: it was not asked for"):
        _ = record.alpha
    with pytest.raises(AttributeError, match=r"no speed$"):
        _ = record.speed


@pytest.mark.parametrize("where", ["callback", "objective"])
def test_an_interrupt_keeps_what_was_reached(where) -> None:
    calls = []

    def interrupt(_) -> None:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt

    def fun(x):
        if where == "objective":
            interrupt(x)
        return float(x @ x)

    callback = interrupt if where == "callback" else None
    result = minimize(fun, [(-1, 1)] * 2, jac=lambda x: 2 * x, callback=callback, alpha=0.1)
    assert result.status is adamcli.Status.INTERRUPTED
    assert not result.success
    assert result.best.score < result.start.score
    assert result.nit == (5 if where == "callback" else 4)


def test_results_can_be_sent_to_other_processes() -> None:
    result = minimize("sum(W**2) + b**2", LAYERED, n_iter=5, history=True)
    assert pickle.loads(pickle.dumps(result)) == result
