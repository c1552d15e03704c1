"""`adamcli.plot` and the method `plot` of results: what they take, and what they return."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

import adamcli
from adamcli import UsageError
from tests.cli.test_plot_terminal import NO_MATPLOTLIB
from tests.conftest import QUIET_ENVIRONMENT, ROOT, config_of

FIT = str(ROOT / "configs" / "fit.yaml")
PYTHON = str(ROOT / "configs" / "python.yaml")
KEYS = {"objective": "(x - 1)**2 + y**2", "bounds": {"x": [-2, 2], "y": [-2, 2]}, "n_iter": 20}


@pytest.fixture(scope="module")
def run():
    return adamcli.run_config(config_of("(x - 1)**2 + y**2", n_iter=20))


@pytest.fixture(scope="module")
def solution():
    return adamcli.solve_config(config_of("(x - 1)**2 + y**2"))


@pytest.fixture(scope="module")
def swept():
    return adamcli.sweep(KEYS, {"alpha": [0.01, 0.1, 0.5], "beta1": [0.8, 0.9]})


class Counted:
    """A function that counts how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x, y) -> float:
        self.calls += 1
        return (x - 1) ** 2 + y**2


def labels(figure) -> set[str]:
    return {text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel())}


def longest(figure) -> np.ndarray:
    """Return the points (n, 2) of the line of a figure that has most of them."""
    lines = [line for axes in figure.axes for line in axes.get_lines()]
    return max((line.get_xydata() for line in lines), key=len)


@pytest.mark.parametrize(
    "source",
    [
        config_of("x**2 + y**2", n_iter=5),
        config_of("x**2 + y**2", n_iter=5).file,
        KEYS,
        str(ROOT / "configs" / "article.yaml"),
        ROOT / "configs" / "article.yaml",
    ],
    ids=["config", "file", "mapping", "text", "path"],
)
def test_every_source_gives_a_figure(source) -> None:
    figure = adamcli.plot(source)
    assert isinstance(figure, Figure)
    assert {"x", "y"} <= labels(figure)


def test_results_draw_themselves(run, solution, swept) -> None:
    assert {"x", "y"} <= labels(run.plot())
    assert {"x", "y"} <= labels(solution.plot())
    assert {"alpha", "beta1"} <= labels(swept.plot())
    assert all(isinstance(each.plot(), Figure) for each in (run, solution, swept))


def test_settings_are_those_of_the_function(run, swept) -> None:
    turned = run.plot("path", x="y", y="x").axes[0]
    assert (turned.get_xlabel(), turned.get_ylabel()) == ("y", "x")
    turned = swept.plot("heatmap", x="beta1").axes[0]
    assert (turned.get_xlabel(), turned.get_ylabel()) == ("beta1", "alpha")
    for variables in ("y", ["y"], ("y",)):
        assert len(run.plot("state", variables=variables).axes) < len(run.plot("state").axes)


def test_given_axes_are_drawn_into(run) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert run.plot("score", ax=right) is figure
    assert right.has_data()
    assert not left.has_data()


def test_several_are_compared(run) -> None:
    figure = adamcli.plot([run, KEYS, run])
    assert "3 runs" in figure.get_suptitle() or any("3 runs" in a.get_title() for a in figure.axes)
    assert isinstance(adamcli.plot((run, run)), Figure)


@pytest.mark.parametrize("source", [3, None, b"a.yaml", [None]])
def test_anything_else_is_refused(source) -> None:
    with pytest.raises(UsageError, match="expected a result, a config or a path"):
        adamcli.plot(source)


def test_no_source_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a source, found none"):
        adamcli.plot([])


def test_a_kind_that_does_not_fit_says_what_does(run, swept) -> None:
    with pytest.raises(UsageError, match=r"(?s)heatmap needs a sweep.*path"):
        run.plot("heatmap")
    with pytest.raises(UsageError, match=r"(?s)path needs .*heatmap, slices"):
        swept.plot("path")
    with pytest.raises(UsageError, match="did you mean `score`"):
        run.plot("scor")
    with pytest.raises(UsageError, match="`x` does not change it"):
        run.plot("score", x="x")


def test_a_history_is_drawn_and_nothing_is_run_again() -> None:
    function = Counted()
    result = adamcli.minimize(
        function, KEYS["bounds"], n_iter=20, history=True, jac=lambda x, y: (2 * (x - 1), 2 * y)
    )
    before = function.calls
    drawn = longest(result.plot("score"))
    assert function.calls == before
    best = np.minimum.accumulate([record.score for record in result.history])
    np.testing.assert_array_equal(drawn[-20:, 1], best)


def test_without_a_history_the_run_is_repeated_exactly() -> None:
    function = Counted()
    kept, lost = (
        adamcli.minimize(function, KEYS["bounds"], n_iter=20, history=history)
        for history in (True, False)
    )
    before = function.calls
    drawn = longest(lost.plot("score"))
    assert function.calls > before
    best = np.minimum.accumulate([record.score for record in kept.history])
    np.testing.assert_array_equal(drawn[-20:, 1], best)


def test_the_path_goes_through_the_steps() -> None:
    result = adamcli.run_config(config_of("(x - 1)**2 + y**2", n_iter=20), history=True)
    points = longest(result.plot("path"))
    steps = np.array([record.x for record in result.history])
    np.testing.assert_array_equal(points[-20:], steps)
    np.testing.assert_array_equal(points[0], result.start.x)


def test_a_pickled_result_draws_the_same(run, swept) -> None:
    again = pickle.loads(pickle.dumps(run))
    np.testing.assert_array_equal(longest(again.plot()), longest(run.plot()))
    again = pickle.loads(pickle.dumps(swept))
    one, two = (each.plot("slices") for each in (swept, again))
    np.testing.assert_array_equal(longest(one), longest(two))


def test_a_sweep_whose_rows_were_not_kept_is_drawn() -> None:
    figure = adamcli.plot({**KEYS, "sweep": {"alpha": [0.01, 0.1], "seed": [1, 2, 3]}})
    assert "alpha" in labels(figure)


def test_python_code_needs_leave_and_keeps_it() -> None:
    with pytest.raises(UsageError, match="Python code"):
        adamcli.plot(PYTHON)
    assert isinstance(adamcli.plot(PYTHON, allow_python=True), Figure)
    config = adamcli.load_config(PYTHON, ["n_iter=20"])
    result = adamcli.run_config(config, allow_python=True)
    assert isinstance(result.plot(), Figure)
    with pytest.raises(UsageError, match="Python code"):
        adamcli.plot(config)


def test_short_and_failed_results() -> None:
    for steps in (0, 1, 2):
        short = adamcli.run_config(config_of("x**2 + y**2", n_iter=steps), history=True)
        assert isinstance(short.plot(), Figure)
    diverged = adamcli.run_config(config_of("log(x) + y", start="{x: 0.01}", alpha=0.1))
    assert isinstance(diverged.plot(), Figure)
    with pytest.raises(adamcli.AdamcliError, match="no finite score to draw"):
        adamcli.run_config(config_of("sqrt(x - 10) + y")).plot()


def test_without_matplotlib_the_command_that_installs_it_is_named() -> None:
    code = f"{NO_MATPLOTLIB}\nimport adamcli\nadamcli.plot('no such file')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=QUIET_ENVIRONMENT,
        check=False,
    )
    expected = "UsageError: plot: needs the package matplotlib\n  pip install 'adamcli[plot]'\n"
    assert done.stderr.endswith(expected)


def test_no_state_of_matplotlib_is_changed(run) -> None:
    code = (
        "import matplotlib, adamcli, sys\nbefore = matplotlib.rcParams.copy()\n"
        f"adamcli.plot({KEYS!r})\nassert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=QUIET_ENVIRONMENT, check=True)
