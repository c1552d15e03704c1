"""A run of a sweep has the bits of its config run alone, whatever it shares its block with."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adamcli.optimizer.loop as loop
import adamcli.sweeps.variations as module
from adamcli.config import hyperparameters as config_hyperparameters
from adamcli.config.load import open_config
from adamcli.diagnostics import ConfigError
from adamcli.errors import UsageError
from adamcli.experiment import run_config
from adamcli.optimizer.loop import Control
from adamcli.optimizer.status import STATUSES, Status
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import ROOT, assert_same_columns, same_bits

BOUNDS = "bounds: {x: [-1, 1], y: [-1, 1]}\n"
STEPS = "n_iter: 12\nalpha: 0.1\n"
PLAIN = "objective: sin(3*x)*exp(y) + (1 - x)**2 + k*y**2\nconstants: {k: 0.5}\n" + BOUNDS + STEPS
WILD = "objective: log(x) + sqrt(y)\nbounds_mode: start\n" + BOUNDS + "n_iter: 12\nalpha: 0.3\n"
VECTOR = "objective: sum((x - 0.3)**2) + sin(x[0])\nbounds: [-2, 2]\ndim: 2\n" + STEPS


@pytest.fixture(autouse=True)
def _schedules_are_checked_late(monkeypatch) -> None:
    monkeypatch.setattr(config_hyperparameters, "CHECKED_STEPS", 3)


def variations_of(folder, text: str, *axes: str, allow_python: bool = False, **wishes):
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return vary(open_config(str(path)), SweepOptions(axes, allow_python=allow_python, **wishes))


def assert_each_is_as_alone(variations, rows) -> None:
    for place, run in enumerate(rows.runs.tolist()):
        config = variations.config(run)
        result = run_config(config, allow_python=variations.allow_python)
        assert STATUSES[rows.columns["status"][place]] is result.status
        assert (rows.columns["seed"][place], rows.columns["nit"][place]) == (
            config.seed,
            result.nit,
        )
        assert same_bits(rows.columns["best.score"][place], result.best.score)
        assert same_bits(rows.columns["last.score"][place], result.last.score)
        message = result.message if result.status is Status.FAILED else None
        assert rows.messages.get(run) == message
        if rows.has_points:
            names = config.variables.coordinate_names()
            for shown, point in (
                (rows.columns["best.x"], result.best),
                (rows.columns["last.x"], result.last),
            ):
                x = dict(zip(names, point.x, strict=True))
                assert same_bits(
                    shown[:, place], [x.get(name, np.nan) for name in variations.coordinates]
                )


def everything(variations, **options):
    return variations.compute(np.arange(variations.plan.size), **options)


def assert_same_rows(rows, other) -> None:
    assert rows.messages == other.messages
    assert_same_columns(rows, other)


STUDIES = {
    "alpha": (PLAIN, ["alpha=log(1e-3,1,7)"]),
    "beta1": (PLAIN, ["beta1=0,0.5,0.9,0.999", "seed=3,1"]),
    "beta2": (PLAIN, ["beta2=0,0.5,0.999"]),
    "eps": (PLAIN, ["eps=0,1e-8,0.1,3", "alpha=0.1,0"]),
    "all four": (PLAIN, ["alpha=0.1,0.2", "beta1=0.8,0.9", "beta2=0.9,0.99", "eps=1e-8,1"]),
    "seed": (PLAIN, ["seed=0..4,4294967295"]),
    "start": (PLAIN, ["start.x=-1..1..0.5", "seed=1,2"]),
    "the whole start": (PLAIN, ["start={x: 0.5},{y: -1},[0.25, null]", "seed=1,2"]),
    "two starts": (PLAIN, ["start.y=0.5,-0.5", "start.x=1,-1,-0.0"]),
    "a start one ulp outside": (PLAIN, ["start.x=0.5,1.0000000000000002", "seed=1,2"]),
    "bounds": (PLAIN, ["bounds.x=[-1, 1],[-3, 0.5],[0, 2]", "seed=1..3"]),
    "n_iter": (PLAIN, ["n_iter=0,1,5,300", "alpha=0.01,0.1"]),
    "eps_mode": (PLAIN, ["n_iter=3,5", "eps_mode=outside,inside,hat", "eps=0.01,0.1"]),
    "direction": (PLAIN, ["direction=minimize,maximize", "seed=0..3"]),
    "bounds_mode": (PLAIN, ["bounds_mode=clip,start", "alpha=0.5,2", "start.x=0.9,-0.9"]),
    "dim": (VECTOR, ["dim=3,1,2", "seed=0..2"]),
    "objective": (PLAIN, ["objective=x**2 + y**2,k*abs(x - y),x - y", "seed=1,2"]),
    "constants": (PLAIN, ["constants.k=0..2", "seed=1,2"]),
    "powers": (
        "objective: abs(x)**k + c*y**2 - x**c\n" + BOUNDS + STEPS + "constants: {k: 1, c: 1}\n",
        ["constants.k=-1..4,0.5", "constants.c=0,2,1,-1,2.5", "alpha=0.1,0.2"],
    ),
    "constants everywhere": (
        "objective: where(k > 1, sin(k)*x, y/k) + maximum(k, x)*exp(-k) + log(k)\n"
        + BOUNDS
        + "n_iter: 9\nconstants: {k: 1}\nalpha: k/20\nbeta1: minimum(0.9, k/t)\n",
        ["constants.k=0,1,0.5,2", "start.x=0.5,-0.5"],
    ),
    "constants of a gradient": (
        "objective: k*x**2 + y**2\ngradient: [2*k*x, k*y]\nconstants: {k: 1}\n" + BOUNDS + STEPS,
        ["constants.k=1,2,0.5,-3", "seed=1,2"],
    ),
    "constants as data": (
        "objective: sum((x - k*u)**2) + y\ndata: {u: [1, 2]}\nconstants: {k: 1}\n" + BOUNDS + STEPS,
        ["constants.k=1,0,1e200,-2", "seed=1,2"],
    ),
    "data": (
        "objective: sum((x - u)**2)\nbounds: {x: [-1, 1]}\n" + STEPS,
        ["data={u: [1]},{u: [0.5, 0.25, -1]}", "alpha=0.1,0.2"],
    ),
    "formulas of t": (PLAIN, ["alpha=0.1/t,0.2/sqrt(t),0.1*(1 - t/n_iter)", "beta1=0.5,0.9"]),
    "numbers and formulas": (PLAIN, ["alpha=0.1,0.2/t,0.3", "beta2=1 - 0.5/t,0.99", "seed=1,2"]),
    "formulas that leave their range": (PLAIN, ["alpha=0.1,abs(t - 5)*0.1 - 0.05", "seed=1..3"]),
    "gradient": (PLAIN, ["gradient=derived,2-point,3-point,complex-step", "seed=1,2"]),
    "diverging": (WILD, ["seed=0..30", "alpha=0.01,0.3"]),
    "diverging, maximised": (WILD + "direction: maximize\n", ["seed=0..20", "beta1=0.5,0.9"]),
    "variables that change": (
        VECTOR.replace("dim: 2\n", ""),
        ["bounds={x: {low: 0, high: 1, shape: 2}},{x: {low: -1, high: 1, shape: 3}}", "seed=0,1"],
    ),
    "names that change": (
        "objective: a\nbounds: [-1, 1]\n" + STEPS,
        ["objective=a**2 + b,b*c,c", "alpha=0.1,0.2"],
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_run_is_as_alone(tmp_path, name) -> None:
    variations = variations_of(tmp_path, STUDIES[name][0], *STUDIES[name][1])
    rows = everything(variations)
    assert rows.runs.tolist() == list(range(variations.plan.size))
    assert_each_is_as_alone(variations, rows)


@pytest.mark.parametrize("name", STUDIES)
def test_any_runs_in_any_order_and_pieces_have_the_same_bits(tmp_path, monkeypatch, name) -> None:
    whole = everything(variations := variations_of(tmp_path, STUDIES[name][0], *STUDIES[name][1]))
    monkeypatch.setattr(module, "KEPT_PROGRAMS", 1)
    random = np.random.RandomState(3)
    for entries in (1, 150, 180_000):
        monkeypatch.setattr(loop, "BLOCK_ENTRIES", entries)
        order = random.permutation(variations.plan.size)
        for runs in np.split(order, np.sort(random.choice(len(order), 2))):
            if len(runs):
                some = variations.compute(runs)
                assert_same_rows(some._replace(messages={}), whole.taken(runs))
                wanted = {i: m for i, m in whole.messages.items() if i in runs}
                assert some.messages == wanted


@pytest.mark.parametrize("name", ["seed", "diverging", "dim", "formulas that leave their range"])
def test_without_points_the_scores_are_the_same(tmp_path, name) -> None:
    variations = variations_of(tmp_path, STUDIES[name][0], *STUDIES[name][1])
    scores = everything(variations, points=False)
    whole = everything(variations)
    kept = {name: whole.columns[name] for name in whole.columns if not name.endswith(".x")}
    assert_same_rows(scores, whole._replace(columns=kept))


def test_these_studies_have_all_kinds_of_ends(tmp_path) -> None:
    wild = everything(variations_of(tmp_path, WILD, *STUDIES["diverging"][1]))
    assert set(wild.columns["status"].tolist()) == {0, STATUSES.index(Status.DIVERGED)}
    assert set(wild.columns["nit"].tolist()) > {0, 12}
    text, axes = STUDIES["formulas that leave their range"]
    failed = everything(variations_of(tmp_path, text, *axes))
    assert [STATUSES[code] is Status.FAILED for code in failed.columns["status"]] == [False] * 3 + [
        True
    ] * 3
    assert failed.columns["nit"].tolist() == [12, 12, 12, 4, 4, 4]
    assert sorted(failed.messages) == [3, 4, 5]
    assert "alpha is -0.05 at t = 5" in failed.messages[3]


AXES = {
    "alpha": ["0.1,0.01", "0.1/t,0.3", "log(0.01,1,3)"],
    "beta1": ["0.9,0.5,0", "1 - 1/t,0.3"],
    "beta2": ["0.99,0.5"],
    "eps": ["1e-8,1,0"],
    "seed": ["0..3", "7"],
    "start.x": ["0,1,-1", "0.25"],
    "bounds.y": ["[0, 1],[-1, 2]"],
    "n_iter": ["3,0,9"],
    "eps_mode": ["hat,inside"],
    "direction": ["maximize,minimize"],
    "bounds_mode": ["start,clip"],
    "constants.k": ["1,0.5"],
    "objective": ["k*x**2 + y,log(x) - k*y"],
}
axes_sets = st.lists(st.sampled_from(list(AXES)), min_size=1, max_size=4, unique=True)


@settings(max_examples=40)
@given(
    axes_sets.flatmap(
        lambda keys: st.tuples(*(st.tuples(st.just(k), st.sampled_from(AXES[k])) for k in keys))
    ),
    st.randoms(use_true_random=False),
)
def test_any_axes_together_in_any_runs(tmp_path_factory, axes, random) -> None:
    texts = [f"{key}={text}" for key, text in axes]
    variations = variations_of(tmp_path_factory.mktemp("variations"), PLAIN, *texts)
    runs = random.sample(range(variations.plan.size), min(8, variations.plan.size))
    assert_each_is_as_alone(variations, variations.compute(np.array(runs)))


@pytest.mark.parametrize(
    "name", ["article", "schedule", "fit", "network", "digits", "start", "maximize"]
)
def test_the_configs_of_the_gallery_are_as_alone(name) -> None:
    path = str(ROOT / "configs" / f"{name}.yaml")
    length = "epochs=2" if name in ("network", "digits") else "n_iter=7"
    variations = vary(open_config(path, [length]), SweepOptions(("seed=0..2", "beta1=0.5,0.9")))
    assert_each_is_as_alone(variations, everything(variations))


def test_axes_that_go_together_and_axes_that_are_drawn(tmp_path) -> None:
    zipped = variations_of(
        tmp_path, PLAIN, "alpha=0.1,0.2,0.3", "n_iter=3,4,2", "seed=5..7", zip=True
    )
    assert zipped.plan.size == 3
    assert_each_is_as_alone(zipped, everything(zipped))
    drawn = variations_of(tmp_path, PLAIN, "alpha=loguniform(1e-3,1)", "seed=1,2", samples=5)
    assert drawn.plan.size == 10
    assert_each_is_as_alone(drawn, everything(drawn))


def test_a_plan_from_a_file_may_repeat_values(tmp_path) -> None:
    table = tmp_path / "plan.csv"
    table.write_text("alpha,seed,n_iter\n0.1,1,3\n0.2,1,3\n0.1,1,3\n0.1/t,2,4\n0.1,1,4\n")
    variations = variations_of(tmp_path, PLAIN, plan=str(table))
    assert_each_is_as_alone(variations, everything(variations))


def test_zero_and_minus_zero_are_two_constants(tmp_path) -> None:
    table = tmp_path / "plan.csv"
    table.write_text("constants.k\n0.0\n-0.0\n")
    text = "objective: minimum(1/k, 3) + x\nbounds: {x: [0, 1]}\nconstants: {k: 1}\n"
    variations = variations_of(tmp_path, text, plan=str(table))
    assert_each_is_as_alone(variations, everything(variations))


@pytest.mark.parametrize("axis", ["constants={k: 2},{b: 2}", "data={k: 2},{b: 2}"])
def test_what_is_no_variable_may_be_one_in_another_run(tmp_path, axis) -> None:
    variations = variations_of(
        tmp_path, "objective: k*b + a\nbounds: [[0, 1], [0, 2]]\n" + STEPS, axis
    )
    assert sorted(variations.coordinates) == ["a", "b", "k"]
    assert_each_is_as_alone(variations, everything(variations))


def test_the_shape_of_a_variable_may_be_an_axis(tmp_path) -> None:
    text = "objective: sum(w**2)\nbounds: {w: {low: -1, high: 1, shape: 2}}\n" + STEPS
    variations = variations_of(tmp_path, text, "bounds.w.shape=2,3,1")
    assert variations.coordinates == ["w[0]", "w[1]", "w[2]"]
    assert_each_is_as_alone(variations, everything(variations))


def test_a_study_that_was_pickled_gives_the_same_bits(tmp_path) -> None:
    for text, axes in (STUDIES[name] for name in ("diverging", "dim", "numbers and formulas")):
        fresh = pickle.loads(pickle.dumps(variations := variations_of(tmp_path, text, *axes)))
        rows = everything(variations)
        assert_same_rows(everything(fresh), rows)
        assert_same_rows(everything(pickle.loads(pickle.dumps(variations))), rows)


BAD = {
    "alpha=0.1,-1": "-p:1:11: alpha: expected a number, 0 or above",
    "alpha=0.1,.nan": "-p:1:11: alpha",
    "beta1=0.9,1": "-p:1:11: beta1: expected a number from 0 up to, but not including, 1",
    "beta2=lin(0.5,1,3)": "-p:1:7: beta2: expected",
    "eps=1e-8,-1e-8": "-p:1:10: eps: expected",
    "seed=1.5": "-p:1:6: seed: expected a whole number",
    "seed=0,1,1.5": "-p:1:10: seed: expected a whole number",
    "seed=1,4294967296": "-p:1:8: seed: expected a whole number",
    "seed=3,-1": "-p:1:8: seed: expected a whole number",
    "start.x=0,7": "-p:1:11: start: `x` = 7.0 is outside its bounds [-1.0, 1.0]",
    "start.x=-2,0": "-p:1:9: start: `x` = -2.0 is outside",
    "start.z=1,2": "-p:1:7: start: unknown variable `z`",
    "n_iter=3,-1": "-p:1:10: n_iter: expected a whole number",
    "eps_mode=hat,coat": "-p:1:14: eps_mode: expected one of",
    "constants.k=1,a": "-p:1:15: constants.k: expected a number",
    "bounds.x=[-1, 1],[1, -1]": "-p:1:18: bounds.x: the lower bound",
    "objective=x + y,x + q": "-p:1:21: unknown name `q`",
    "alpha=0.1,1 - t": "alpha is -1.0 at t = 2",
}


@pytest.mark.parametrize("axis", BAD)
def test_values_out_of_range_are_named_before_anything_runs(tmp_path, axis) -> None:
    with pytest.raises(ConfigError) as caught:
        variations_of(tmp_path, PLAIN, axis, "gradient=derived,3-point")
    assert BAD[axis] in str(caught.value)


def test_a_start_is_checked_in_the_bounds_of_each_program(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"`x` = 0\.5 is outside its bounds"):
        variations_of(tmp_path, PLAIN, "start.x=-0.5,0.5", "bounds.x=[-1, 1],[-1, 0]")
    anywhere = variations_of(tmp_path, PLAIN, "start.x=-0.5,0.5,70", "bounds_mode=start")
    assert_each_is_as_alone(anywhere, everything(anywhere))


def test_values_of_programs_that_were_not_checked_are_told_when_they_are_met(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(module, "MOST_CHECKED", 1)
    variations = variations_of(tmp_path, PLAIN, "bounds.x=[-1, 1],[-1, 0]", "start.x=-0.5,0.5")
    assert len(variations.compute(np.array([0, 1])).runs) == 2
    with pytest.raises(ConfigError, match="outside its bounds"):
        variations.compute(np.array([2]))


def test_the_coordinates_are_those_of_all_runs(tmp_path) -> None:
    assert variations_of(tmp_path, PLAIN, "seed=1,2").coordinates == ["x", "y"]
    assert variations_of(tmp_path, VECTOR, "dim=1,3,2").coordinates == ["x[0]", "x[1]", "x[2]"]


def test_too_many_shapes_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_SHAPES", 2)
    variations = variations_of(tmp_path, VECTOR, "dim=1..3")
    with pytest.raises(UsageError, match="more than 2 combinations"):
        _ = variations.coordinates


def test_a_study_that_is_asked_to_stop_says_so_of_its_runs(tmp_path) -> None:
    control = Control()
    control.stop = Status.TERMINATED
    rows = everything(variations_of(tmp_path, PLAIN, "seed=1..3"), control=control)
    assert {STATUSES[code] for code in rows.columns["status"]} == {Status.TERMINATED}
    assert rows.columns["nit"].tolist() == [0, 0, 0]


PYTHON = "objective: {python: code.py:f}\n" + BOUNDS + "n_iter: 6\nalpha: 0.3\n"
VECTORIZED = PYTHON.replace("code.py:f}", "code.py:f, vectorized: true}")
CODE = {
    "plain": "def f(x, y):\n    return x*x + 2*y*y\n",
    "raises": """
def f(x, y):
    if x > 0.6:
        raise ValueError("too far: " + str(round(y, 3)))
    return -x*y - x
""",
    "diverges": "def f(x, y):\n    return float('inf') if x > 0.5 else -x + y\n",
}
VECTORIZED_CODE = {
    "plain": "def f(x, y):\n    return x*x + 2*y*y\n",
    "raises": """
def f(x, y):
    if (x > 0.6).any():
        raise ValueError("too far")
    return -x*y - x
""",
    "raises at once": "def f(x, y):\n    return 1/0\n",
}


def python_study(folder, text: str, code: str, *axes: str):
    (folder / "code.py").write_text(code, encoding="utf-8")
    return variations_of(folder, text, *axes, allow_python=True)


PYTHON_CASES = [
    *[(PYTHON, CODE[name]) for name in CODE],
    *[(VECTORIZED, VECTORIZED_CODE[name]) for name in VECTORIZED_CODE],
]


@pytest.mark.parametrize("case", range(len(PYTHON_CASES)))
@pytest.mark.parametrize("gradient", ["2-point", "complex-step"])
def test_python_objectives_are_as_alone_and_fail_alone(tmp_path, case, gradient) -> None:
    text, code = PYTHON_CASES[case]
    axes = ["seed=0..7", "alpha=0.3,0.01,0.1/t"]
    variations = python_study(tmp_path, text + f"gradient: {gradient}\n", code, *axes)
    rows = everything(variations)
    assert_each_is_as_alone(variations, rows)
    for runs in ([5, 1, 9], [2], range(23, -1, -1)):
        some = variations.compute(np.array(runs))
        assert_same_rows(some._replace(messages={}), rows.taken(np.array(runs)))
        assert some.messages == {i: rows.messages[i] for i in runs if i in rows.messages}
    if "raise" in code and gradient == "2-point":
        assert {STATUSES[code] for code in rows.columns["status"]} == {
            Status.FAILED,
            Status.FINISHED,
        }
        assert all("too far" in message for message in rows.messages.values())


def test_a_schedule_that_fails_does_not_hide_a_function_that_fails(tmp_path, monkeypatch) -> None:
    text = VECTORIZED + "bounds_mode: start\n"
    code = (
        "def f(x, y):\n    if (x > 0.6).any():\n        raise ValueError('far')\n    return x + y\n"
    )
    axes = ["start.x=-0.5,0.3,0.9", "start.y=0.5", "alpha=abs(t - 5)*0.1 - 0.05"]
    variations = python_study(tmp_path, text, code, *axes)
    monkeypatch.setattr(loop, "BLOCK_ENTRIES", 1)
    rows = everything(variations)
    assert_each_is_as_alone(variations, rows)
    assert "alpha is" in rows.messages[0]
    assert "far" in rows.messages[2]


def test_a_python_objective_needs_leave(tmp_path) -> None:
    (tmp_path / "code.py").write_text(CODE["plain"])
    for text, axis in ((PYTHON, "seed=1,2"), (PLAIN, "objective=x + y,{python: code.py:f}")):
        with pytest.raises(UsageError, match="the objective is Python code"):
            variations_of(tmp_path, text, axis)


def test_formulas_and_python_may_stand_side_by_side(tmp_path) -> None:
    axes = ["objective=x*x + 2*y*y,{python: code.py:f}", "seed=1,2"]
    variations = python_study(
        tmp_path, PLAIN.replace("constants: {k: 0.5}\n", ""), CODE["plain"], *axes
    )
    assert variations.runs_code
    assert variations.width == 1
    assert_each_is_as_alone(variations, everything(variations))
