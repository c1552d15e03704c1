"""The path over the objective: every point where it was, over the objective as it is."""

import math

import numpy as np
import pytest

import adamcli
from adamcli.errors import UsageError
from adamcli.optimizer.result import Direction, Point
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.kinds.path import draw, lacks, suits
from adamcli.pictures.scene import Box, Dots, Field, Line, Rule
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.sources import subject_of
from tests.pictures.problems import BOX, PROBLEMS, drawn, holes, result_of

ONE = [name for name in PROBLEMS if "one variable" in name or name == "one fixed"]
TWO = [name for name in PROBLEMS if name not in ONE]


def only(picture, kind: type, role: str = "", label: str | None = None):
    found = [
        m
        for m in picture.marks
        if isinstance(m, kind) and role in ("", getattr(m, "role", "")) and label in (None, m.label)
    ]
    assert len(found) == 1, (kind, role, found)
    return found[0]


def has(picture, kind: type, role: str) -> bool:
    return any(isinstance(m, kind) and m.role == role for m in picture.marks)


def pair_of(picture, result) -> list[int]:
    names = result.config.variables.coordinate_names()
    (panel,) = picture.panels
    return [names.index(axis.label) for axis in (panel.x, panel.y) if axis.label in names]


def way(result) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the steps, points and scores of a run, the start first, as it reports them."""
    records = [result.start, *result.history]
    steps, x, score = zip(*((r.t, r.x, r.score) for r in records), strict=True)
    return np.array(steps), np.array(x), np.array(score)


@pytest.mark.parametrize("name", TWO)
def test_the_path_is_that_of_the_run(name: str) -> None:
    picture = drawn(PROBLEMS[name], "path")
    result = result_of(PROBLEMS[name])
    i, j = pair_of(picture, result)
    steps, x, _ = way(result)
    finite = np.isfinite(x[:, [i, j]]).all(axis=1)
    if len(result.history):
        line, newest = only(picture, Line, "path"), only(picture, Dots, "path")
        assert np.array_equal(line.steps, steps)
        assert np.array_equal(line.x, np.where(finite, x[:, i], np.nan), equal_nan=True)
        assert np.array_equal(line.y, np.where(finite, x[:, j], np.nan), equal_nan=True)
        assert newest.newest
        assert np.array_equal(newest.x, line.x, equal_nan=True)
    check_ends(picture, result, lambda point: (point.x[i], point.x[j]))


@pytest.mark.parametrize("name", ONE)
def test_the_steps_are_on_the_curve(name: str) -> None:
    picture = drawn(PROBLEMS[name], "path")
    result = result_of(PROBLEMS[name])
    (k,) = pair_of(picture, result)
    steps, x, score = way(result)
    if len(result.history):
        dots = only(picture, Dots, "step")
        assert np.array_equal(dots.steps, steps)
        assert np.array_equal(dots.x, x[:, k])
        assert np.array_equal(dots.y, score, equal_nan=True)
    curve = only(picture, Line, "curve")
    (panel,) = picture.panels
    known = np.isfinite(curve.y)
    assert known.any()
    assert (panel.y.low <= curve.y[known].min()) & (curve.y[known].max() <= panel.y.high)
    assert (panel.x.low, panel.x.high) == (curve.x[0], curve.x[-1])
    check_ends(picture, result, lambda point: (point.x[k], point.score))
    bounds = result.config.bounds
    rules = [m.at for m in picture.marks if isinstance(m, Rule) and m.role == "bounds"]
    assert rules == [bounds.low[k], bounds.high[k]]


def check_ends(picture, result, place) -> None:
    """Check the marks of the start, the best and the last point."""
    expected = {"start": result.start, "best": result.best}
    if result.status.value == "diverged":
        expected["lost"] = result.last
    elif result.last.t != result.best.t:
        expected["end"] = result.last
    for role in ("start", "best", "end", "lost"):
        if role not in expected:
            assert not has(picture, Dots, role)
            continue
        mark = only(picture, Dots, role)
        np.testing.assert_array_equal((mark.x[0], mark.y[0]), place(expected[role]))
        # Without steps there is nothing to wait for.
        moves = len(result.history) > 0
        assert (mark.steps.tolist() if moves else mark.steps) == (
            [expected[role].t] if moves else None
        )
    assert picture.marks[-1].role == "best"


@pytest.mark.parametrize("name", PROBLEMS)
def test_axes_and_levels_can_be_drawn(name: str) -> None:
    picture = drawn(PROBLEMS[name], "path")
    for panel in picture.panels:
        for axis in (panel.x, panel.y):
            assert np.isfinite([axis.low, axis.high]).all()
            assert axis.low < axis.high
            assert axis.scale == "linear" or axis.low > 0
    for field in (m for m in picture.marks if isinstance(m, Field)):
        assert len(field.levels) >= 2
        assert (np.diff(field.levels) > 0).all()
        assert np.isfinite(field.levels).all()
        assert (np.diff(field.x) > 0).all()
        assert (np.diff(field.y) > 0).all()
        assert not np.isinf(field.values).any()
    if name in ONE:
        return
    field, (panel,) = only(picture, Field), picture.panels
    assert (panel.x.low, panel.x.high) == (field.x[0], field.x[-1])
    assert (panel.y.low, panel.y.high) == (field.y[0], field.y[-1])


def rastrigin(x, y):
    return 20 + sum(v**2 - 10 * np.cos(2 * np.pi * v) for v in (x, y))


SURFACES = {
    "narrow valley": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "many minima": rastrigin,
    "maximize": lambda x, y: np.exp(-((x - 1) ** 2) - (y + 2) ** 2) + 0.3 * x,
    "diverged": lambda x, y: x**4 + y**4,
    "left": lambda x, y: x - y**2 / 10 + y,
    "NaN": lambda x, y: np.sqrt(x) + np.log(y) ** 2,
    "logarithmic": lambda x, y: (np.log(x) - np.log(0.02)) ** 2 + (y / 1000 - 4) ** 2,
    "logarithmic, wide": lambda x, y: np.log(x) ** 2 + np.log(y) ** 2,
    "half infinite": lambda x, y: x**2 + y**2,
    "infinite": lambda x, y: x**2 + y**2,
    "overflow": lambda x, y: np.exp(300 * x**2 + y**2),
    "large offset": lambda x, y: 1e9 + x**2 + y**2,
}  # fmt: skip


@pytest.mark.parametrize("name", SURFACES)
def test_contours_are_those_of_the_objective(name: str) -> None:
    field = only(drawn(PROBLEMS[name], "path"), Field)
    with np.errstate(all="ignore"):
        expected = SURFACES[name](*np.meshgrid(field.x, field.y))
    expected = np.where(np.isfinite(expected), expected, np.nan)
    np.testing.assert_allclose(field.values, expected, rtol=1e-12, atol=1e-12)
    assert np.array_equal(np.isnan(field.values), np.isnan(expected))


def test_levels_show_the_floor_of_a_narrow_valley() -> None:
    field = only(drawn(PROBLEMS["narrow valley"], "path"), Field)
    assert field.levels[0] < np.quantile(field.values, 0.01)
    assert len(field.levels) >= 10
    # Evenly spaced levels would put the valley and half of the plane below the first.
    shares = np.bincount(field.bands().ravel(), minlength=len(field.levels) + 1) / field.values.size
    assert shares.max() < 0.4
    assert (shares > 0).all()


def test_levels_show_the_top_where_that_is_sought() -> None:
    field = only(drawn(PROBLEMS["maximize"], "path"), Field)
    assert field.levels[-1] > np.quantile(field.values, 0.99)


def test_many_minima_are_told_from_each_other() -> None:
    field = only(drawn(PROBLEMS["many minima"], "path"), Field)
    bands = field.bands()
    # Wherever there is a minimum or a maximum of the function, its colour differs.
    at = [[np.abs(axis - place).argmin() for place in (0.0, 0.5)] for axis in (field.y, field.x)]
    assert bands[at[0][0], at[1][0]] < bands[at[0][1], at[1][1]]


def test_the_slice_of_many_variables_is_at_the_best_point() -> None:
    problem = {**PROBLEMS["ten variables"], "n_iter": 100}
    picture = drawn(problem, "path", x="x[3]", y="x[8]")
    result = result_of(problem)
    field, (panel,) = only(picture, Field), picture.panels
    assert (panel.x.label, panel.y.label) == ("x[3]", "x[8]")
    assert picture.title.endswith("the slice through the best point along x[3] and x[8]")
    assert f"x[0] = {result.best.x[0]:.4g}" in picture.notes[-1]
    assert "2 more" in picture.notes[-1]
    for row, column in ((0, 0), (17, 90), (200, 5)):
        x = np.array(result.best.x)
        x[3], x[8] = field.x[column], field.y[row]
        expected = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
        assert field.values[row, column] == pytest.approx(expected, rel=1e-12)


def test_the_coordinates_that_moved_most_are_chosen() -> None:
    bounds = dict.fromkeys("abcd", (-10, 10))
    problem = {"objective": "0*a + (b - 3)**2 + 0*c + (d + 2)**2", "bounds": bounds, "alpha": 0.1}
    (panel,) = drawn(problem, "path").panels
    assert (panel.x.label, panel.y.label) == ("b", "d")
    (panel,) = drawn(problem, "path", x="a").panels
    assert panel.x.label == "a"
    assert panel.y.label in "bd"
    (panel,) = drawn(problem, "path", y="c").panels
    assert panel.y.label == "c"
    assert panel.x.label in "bd"
    (panel,) = drawn(problem, "path", x="d", y="b").panels
    assert (panel.x.label, panel.y.label) == ("d", "b")


@pytest.mark.parametrize(
    ("wish", "said"),
    [({"x": "z"}, "`z` is not a coordinate"), ({"x": "x", "y": "x"}, "x and y are both `x`")],
)
def test_wrong_coordinates_are_refused(wish, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        drawn(PROBLEMS["two steps"], "path", **wish)


def test_bounds_are_drawn() -> None:
    box = only(drawn(PROBLEMS["left"], "path"), Box, "bounds")
    assert box[:4] == (-1, 1, -1, 1)
    box = only(drawn(PROBLEMS["half infinite"], "path"), Box, "bounds")
    assert box[:4] == (0.5, math.inf, -math.inf, 3)
    assert not has(drawn(PROBLEMS["infinite"], "path"), Box, "bounds")


def test_a_path_that_leaves_is_said_to_leave() -> None:
    for name in ("left", "left, one variable", "diverged"):
        assert "the path leaves what is shown" in drawn(PROBLEMS[name], "path").notes
    for name in ("narrow valley", "one variable", "infinite", "huge bounds"):
        assert "the path leaves what is shown" not in drawn(PROBLEMS[name], "path").notes


def test_the_curve_is_scaled_to_what_is_shown() -> None:
    (panel,) = drawn(PROBLEMS["left, one variable"], "path").panels
    assert panel.y.low > -10


def test_the_bounds_are_in_sight_of_a_path_that_leaves_them() -> None:
    (panel,) = drawn(PROBLEMS["left"], "path").panels
    assert (panel.x.low < -1) & (panel.x.high > 1)
    assert (panel.y.low < -1) & (panel.y.high > 1)


def test_a_short_path_is_seen_from_near() -> None:
    (panel,) = drawn(PROBLEMS["huge bounds"], "path").panels
    assert 0 < panel.x.high - panel.x.low < 100
    (panel,) = drawn(PROBLEMS["narrow valley"], "path").panels
    assert (panel.x.low, panel.x.high) == (-2, 2)


def test_logarithmic_bounds_have_logarithmic_axes() -> None:
    picture = drawn(PROBLEMS["logarithmic"], "path")
    (panel,), field = picture.panels, only(picture, Field)
    assert (panel.x.scale, panel.y.scale) == ("log", "linear")
    ratios = field.x[1:] / field.x[:-1]
    np.testing.assert_allclose(ratios, ratios[0])


def test_known_minima_are_marked() -> None:
    dots = only(drawn({"objective": "branin", "n_iter": 5}, "path"), Dots, "known")
    found = sorted(zip(dots.x.tolist(), dots.y.tolist(), strict=True))
    expected = [(-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    dots = only(drawn(PROBLEMS["narrow valley"], "path"), Dots, "known")
    assert (dots.x.tolist(), dots.y.tolist()) == ([1], [1])
    assert not has(drawn({"objective": "rosenbrock", "dim": 3}, "path"), Dots, "known")


@pytest.mark.parametrize("mode", ["clip", "reflect", "transform"])
@pytest.mark.parametrize(
    "bounds",
    [
        {"x": (-1, 2), "y": (0.5, 0.75)},
        {"x": (1, 1), "y": (0, 1)},
        {"x": (0.1, math.inf), "y": (-math.inf, 3)},
        {"x": {"low": 0.01, "high": 100, "scale": "log"}, "y": (1, 1 + 1e-10)},
        {"x": (1, math.nextafter(1, 2)), "y": (-1, 1)},
        {"x": (0.3, 0.9)},
        {"x": {"low": 1e-3, "high": 0.7, "scale": "log"}},
    ],
)
def test_the_objective_is_never_called_outside_its_bounds(mode: str, bounds) -> None:
    ends = {
        name: (pair["low"], pair["high"]) if isinstance(pair, dict) else pair
        for name, pair in bounds.items()
    }
    if mode == "transform" and any(math.nextafter(a, 2) == b for a, b in ends.values()):
        pytest.skip("there is nothing between the ends")
    calls: list[tuple[float, ...]] = []

    def function(*at):
        calls.append(tuple(float(value) for value in at))
        return sum((value - 0.4) ** 2 for value in at)

    named = (lambda x: function(x)) if len(bounds) == 1 else (lambda x, y: function(x, y))

    starts = {name: min(max(0.55, low), high) for name, (low, high) in ends.items()}
    endless = any(map(math.isinf, ends["x"]))
    more = {"start": starts} if mode != "transform" or endless else {}
    result = adamcli.minimize(named, bounds, bounds_mode=mode, n_iter=10, alpha=0.05, **more)
    subject = subject_of(result, Wish("path"), allow_python=True)
    calls.clear()
    draw([subject], Wish("path"))
    assert 0 < len(calls) <= 2500
    low, high = np.array(list(ends.values())).T
    points = np.array(calls)
    assert (points >= low).all()
    assert (points <= high).all()


def test_a_variable_that_is_fixed_is_not_shown() -> None:
    picture = drawn(PROBLEMS["one fixed"], "path")
    assert picture.panels[0].x.label == "y"
    assert "fixed at the best point: x = 1" in picture.notes
    with pytest.raises(UsageError, match="`x` is fixed by its bounds"):
        drawn(PROBLEMS["one fixed"], "path", x="x")
    config = {"objective": "x + y", "bounds": {"x": (1, 1), "y": (2, 2)}, "n_iter": 3}
    wish = Wish("path")
    subject = subject_of(config, wish)
    assert KINDS["path"].lacks(subject, wish) == "needs a variable that its bounds do not fix"


def test_a_function_that_raises_in_a_part_of_the_plane() -> None:
    result = adamcli.minimize(
        holes, {"x": (-2, 2), "y": (-1, 3)}, start={"x": -1, "y": 0}, n_iter=10, alpha=0.01
    )
    field = only(drawn(result, "path"), Field)
    x, y = np.meshgrid(field.x, field.y)
    assert np.array_equal(np.isnan(field.values), x + y > 1.5)
    known = ~np.isnan(field.values)
    np.testing.assert_allclose(field.values[known], ((x - 2) ** 2 + (y - 1) ** 2)[known])


def test_an_objective_without_values_here_is_said_to_have_none() -> None:
    """It has values at the points of the path alone."""
    calls = []

    def function(x, y):
        calls.append((x, y))
        return 1.0 if len(calls) < 60 else math.nan

    result = adamcli.minimize(function, BOX, n_iter=3)
    subject = subject_of(result, Wish("path"), allow_python=True)
    calls.extend([(0, 0)] * 60)
    picture = draw([subject], Wish())
    assert "the objective has no finite score here" in picture.notes
    assert not any(isinstance(m, Field) for m in picture.marks)


def test_a_long_run_is_drawn_from_start_to_end() -> None:
    count = 100_000
    result = adamcli.minimize("(x - 1)**2 + y**2", BOX, n_iter=count, alpha=1e-5)
    picture = drawn(result, "path")
    line = only(picture, Line, "path")
    assert len(line.x) < 5000
    assert (line.x[0], line.y[0]) == result.start.x
    assert (line.x[-1], line.y[-1]) == result.last.x
    assert line.steps[-1] == count - 1
    assert len(picture.frames()) == 200


def test_searches_mark_all_their_minima() -> None:
    solution = adamcli.solve({"objective": "six_hump_camel"})
    picture = drawn(solution, "path")
    best, *rest = solution.minima
    mark = only(picture, Dots, "best")
    assert (mark.x[0], mark.y[0]) == best.x
    assert mark.steps is None
    place = only(picture, Dots, "place")
    assert list(zip(place.x.tolist(), place.y.tolist(), strict=True)) == [m.x for m in rest]
    assert not has(picture, Line, "path")
    assert picture.frames() == []


@pytest.mark.parametrize("names", [("α", "β_1"), ("$x$", "a_b^c"), ("<&>", "\\frac")])
def test_names_stand_as_they_are(names) -> None:
    subject = subject_of({"objective": "x + y", "bounds": BOX, "n_iter": 3}, Wish("path"))
    (panel,) = draw([subject._replace(names=names)], Wish()).panels
    assert (panel.x.label, panel.y.label) == names


def test_what_is_missing_is_said() -> None:
    subject = subject_of({"objective": "x + y", "bounds": BOX, "n_iter": 3}, Wish("path"))
    assert lacks(subject, Wish()) == ""
    assert lacks(subject._replace(best=None), Wish()).startswith("needs the course")
    assert lacks(subject._replace(config=None, course=None), Wish()).startswith("needs the config")
    assert lacks(subject._replace(names=()), Wish()) == "needs a variable"
    one = subject._replace(config=None, names=("x",))
    assert lacks(one, Wish()).startswith("needs two variables")
    assert suits(subject)
    assert not suits(subject._replace(names=("x", "y", "z")))


def test_a_path_without_its_objective_is_drawn() -> None:
    """As rows in a file tell it."""
    whole = subject_of(PROBLEMS["narrow valley"], Wish("path"))
    bare = Subject(
        "rows.csv",
        names=whole.names,
        course=whole.course,
        best=whole.best,
        last=whole.last,
        direction=Direction.MINIMIZE,
    )
    picture = draw([bare], Wish())
    line, (panel,) = only(picture, Line, "path"), picture.panels
    assert np.array_equal(line.x, whole.course.x[:, 0])
    assert (panel.x.low < line.x.min()) & (line.x.max() < panel.x.high)
    # One coordinate alone is shown against the scores.
    one = bare._replace(names=("x",), best=Point(0, (1.0,), 2.0), last=None)
    one = one._replace(course=whole.course._replace(x=whole.course.x[:, :1]))
    picture = draw([one], Wish(x="x"))
    assert np.array_equal(only(picture, Dots, "step").y, whole.course.score)
