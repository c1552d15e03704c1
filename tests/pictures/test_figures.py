"""Figures have all that a picture has, where it is, and can be read; files are reproducible."""

import subprocess
import sys
import zlib

import numpy as np
import pytest
from matplotlib import rc_context, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import adamcli
from adamcli.pictures.figure_marks import DRAWN
from adamcli.pictures.figures import Drawing, draw_into, figure_of, file_of, styled
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.scene import (
    Axis,
    Band,
    Bars,
    Box,
    Dots,
    Field,
    Line,
    Panel,
    Picture,
    Rule,
    Text,
)
from adamcli.pictures.style import LOOKS
from adamcli.pictures.subject import Wish
from adamcli.plotting.sources import subject_of
from tests.conftest import QUIET_ENVIRONMENT
from tests.pictures.kinds.grids import drawn as drawn_sweep
from tests.pictures.kinds.grids import grid
from tests.pictures.layout import faults, texts, words
from tests.pictures.problems import LONG, PROBLEMS, drawn

nan, inf = np.nan, np.inf
UNIT = (Axis("x", 0, 1), Axis("y", 0, 1))
RUNS = ("path", "score", "state")
WEIRD = "$x$ _1^{a} <&> αβ m̂ √v̂ \\frac"


def able(name: str, kind: str) -> bool:
    return not (name.startswith("no step") and kind != "path")


ALL = [(name, kind) for name in PROBLEMS for kind in RUNS if able(name, kind)]
SOME = [
    ("narrow valley", "path"),
    ("one variable", "path"),
    ("diverged", "path"),
    ("NaN", "path"),
    ("logarithmic, wide", "path"),
    ("narrow bounds", "path"),
    ("large offset", "path"),
    ("long names", "path"),
    ("no step", "path"),
    ("diverged", "score"),
    ("large offset", "score"),
    ("one step", "score"),
    ("long names", "state"),
    ("diverged, one variable", "state"),
    ("schedules", "state"),
]


def one(*marks, x: Axis = UNIT[0], y: Axis = UNIT[1], title: str = "t", **more) -> Picture:
    return Picture("path", title, ((Panel(x, y, marks, **more),),))


def artists_of(axes) -> list:
    return [*axes.lines, *axes.collections, *axes.patches, *axes.texts]


def xy(artist) -> np.ndarray:
    return np.array(artist.get_data(), dtype=float)


@pytest.mark.parametrize(("name", "kind"), SOME)
def test_figures_can_be_read(name: str, kind: str) -> None:
    assert faults(figure_of(drawn(PROBLEMS[name], kind))) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [pair for pair in ALL if pair not in SOME])
def test_all_figures_can_be_read(name: str, kind: str) -> None:
    assert faults(figure_of(drawn(PROBLEMS[name], kind))) == []


@pytest.mark.parametrize(("name", "kind"), SOME)
def test_figures_have_what_the_picture_has(name: str, kind: str) -> None:
    check_artists(drawn(PROBLEMS[name], kind))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [pair for pair in ALL if pair not in SOME])
def test_all_figures_have_what_the_picture_has(name: str, kind: str) -> None:
    check_artists(drawn(PROBLEMS[name], kind))


def check_artists(picture) -> None:
    """Check that the figure of a picture has its axes, its marks and their names."""
    panels = [axes for axes in figure_of(picture).axes if axes.get_label() != "<colorbar>"]
    assert len(panels) == len(picture.panels)
    for panel, axes in zip(picture.panels, panels, strict=True):
        for axis, limits in ((panel.x, axes.get_xlim()), (panel.y, axes.get_ylim())):
            assert limits == (axis.low, axis.high)
        assert axes.get_xscale() == {"symlog": "asinh"}.get(panel.x.scale, panel.x.scale)
        assert axes.get_yscale() == {"symlog": "asinh"}.get(panel.y.scale, panel.y.scale)
        shown = [xy(line) for line in axes.lines]
        for mark in panel.marks:
            if isinstance(mark, Line) or (isinstance(mark, Dots) and not mark.newest):
                both = np.array([mark.x, mark.y], dtype=float)
                assert any(np.array_equal(both, each, equal_nan=True) for each in shown)
            elif isinstance(mark, Dots):
                last = np.array([mark.x[-1:], mark.y[-1:]])
                assert any(np.array_equal(last, each, equal_nan=True) for each in shown)
            elif isinstance(mark, Field):
                (surface,) = axes.collections
                assert np.array_equal(surface.levels[1:-1], mark.levels)
        legend = axes.get_legend()
        named = [m.label for m in panel.marks if not isinstance(m, Field | Text) and m.label]
        assert [t.get_text() for t in (legend.get_texts() if legend else [])] == named


MARKS = {
    "line": Line(np.array([0.1, 0.5, nan]), np.array([0.2, nan, 0.3]), "deep", "a"),
    "dots": Dots(np.array([0.5]), np.array([0.5]), "data", "b"),
    "errors": Dots(
        np.array([0.5]), np.array([0.5]), "data", low=np.array([0.25]), high=np.array([0.75])
    ),
    "coloured": Dots(np.array([0.2, 0.4]), np.array([0.5, 0.6]), "run", colours=np.array([0, 1.0])),
    "band": Band(np.array([0, 0.5, 1]), np.array([0, nan, 0.1]), np.array([1, nan, 0.9]), "band"),
    "bars": Bars(np.array([0.5, 0.25]), "bars"),
    "box": Box(-inf, 0.5, 0.25, inf, "bounds", "c"),
    "rule": Rule(0.5, "x", "rule", "d"),
    "text": Text(0.5, 0.5, WEIRD, "value", "middle"),
    "surface": Field(
        np.array([0, 0.5, 1]), np.array([0, 1.0]), np.array([[1, 2, 3], [4, nan, 6.0]]),
        np.array([2.0, 4.0]), "s"
    ),
    "cells": Field(
        np.array([0.25, 0.75]), np.array([0.5]), np.array([[1.0, nan]]), np.array([2.0, 4.0]), "s",
        cells=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS.keys())
def test_every_mark_is_drawn_and_keeps_the_limits(mark) -> None:
    figure = figure_of(one(mark))
    axes = figure.axes[0]
    assert artists_of(axes)
    assert axes.get_xlim() == axes.get_ylim() == (0, 1)
    assert faults(figure) == []


def test_all_marks_have_a_way_to_be_drawn() -> None:
    assert {type(mark) for mark in MARKS.values()} == set(DRAWN)


def test_marks_look_as_their_role_says() -> None:
    for role, look in LOOKS.items():
        (line,) = figure_of(one(Line(np.arange(2.0), np.arange(2.0), role))).axes[0].lines
        assert line.get_color() == look.colour
        assert line.get_linewidth() == look.width
        (dots,) = figure_of(one(Dots(np.arange(2.0), np.arange(2.0), role))).axes[0].lines
        assert dots.get_color() == look.colour
        assert dots.get_markersize() == look.size


def test_an_error_bar_ends_where_it_should() -> None:
    (bars,) = figure_of(one(MARKS["errors"])).axes[0].collections
    ((low, high),) = bars.get_segments()
    assert (low.tolist(), high.tolist()) == ([0.5, 0.25], [0.5, 0.75])


def test_colours_of_a_surface_change_at_its_levels() -> None:
    for mark in (MARKS["surface"], MARKS["cells"]):
        figure = figure_of(one(mark))
        surface, bar = figure.axes[0].collections[0], figure.axes[1]
        assert len(set(map(tuple, surface.cmap(surface.norm([1.0, 2.0, 4.0]))))) == 3
        assert [t.get_text() for t in bar.get_yticklabels()] == ["2", "4"]
        assert bar.get_ylabel() == "s"
        # All colours are equally high.
        low, high = bar.get_ylim()
        np.testing.assert_allclose((bar.get_yticks() - low) / (high - low), [1 / 3, 2 / 3])


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e250])
def test_surfaces_of_any_size_look_alike(size: float) -> None:
    axis = np.linspace(0, 1, 9)
    values = size * (axis**2 + axis[:, np.newaxis] ** 2)
    field = Field(axis, axis, values, size * np.array([0.1, 0.5, 1.5]), "s")
    figure = figure_of(one(field))
    assert faults(figure) == []
    (axes, bar) = figure.axes
    heights = [each.get_window_extent().height for each in (axes, bar)]
    assert heights[0] == pytest.approx(heights[1], rel=0.01)


def test_a_box_without_ends_reaches_the_edges() -> None:
    (line,) = figure_of(one(MARKS["box"])).axes[0].lines
    x, y = xy(line)
    assert (x.min(), x.max(), y.min(), y.max()) == (0, 0.5, 0.25, 1)


def test_texts_stand_where_they_are_anchored() -> None:
    for anchor, expected in (("left", "left"), ("middle", "center"), ("right", "right")):
        (text,) = figure_of(one(Text(0.5, 0.5, "a", "value", anchor))).axes[0].texts
        assert text.get_horizontalalignment() == expected
        assert text.get_position() == (0.5, 0.5)


@pytest.mark.parametrize("text", [LONG * 4, "W" * 200, "i" * 500, "two words " * 60, WEIRD * 9])
def test_texts_of_any_length_fit(text: str) -> None:
    axes = Axis(text, 0, 1), Axis(text, 0, 1)
    lines = [Line(np.arange(2.0), np.arange(2.0), f"series{k}", f"{k} {text}") for k in range(6)]
    single = Picture(
        "path", text, ((Panel(*axes, (*lines, MARKS["surface"])),),), notes=(text,) * 2
    )
    assert faults(figure_of(single)) == []
    row = (Panel(*axes, (lines[0],), text), Panel(*axes, (lines[1],), text))
    rows = Picture("state", text, (row, row, row), (1.0, 1.0, 0.6), (text,))
    assert faults(figure_of(rows)) == []


def test_many_names_fit() -> None:
    lines = [Line(np.arange(2.0), np.arange(2.0), "deep", f"run {k}") for k in range(300)]
    figure = figure_of(one(*lines))
    assert faults(figure) == []
    names = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert names == [*(f"run {k}" for k in range(11)), "and 289 more"]


def test_names_are_not_read_as_mathematics() -> None:
    ticks = ((0.25, "$a$"), (0.75, WEIRD))
    x, y = Axis(WEIRD, 0, 1, ticks=ticks), Axis(WEIRD, 0, 1)
    mark = Line(np.arange(2.0), np.arange(2.0), "deep", WEIRD)
    figure = figure_of(Picture("path", WEIRD, ((Panel(x, y, (mark,), WEIRD),),), notes=(WEIRD,)))
    assert faults(figure) == []
    for _, text in texts(figure):
        each = text.get_texts() if hasattr(text, "get_texts") else [text]
        assert not any(t.get_parse_math() for t in each if not t.get_text()[:1].isdigit())
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["$a$", WEIRD]


RANGES = [
    (0, 1), (-1, 1), (0, 1e6), (1e9, 1e9 + 1), (-1e300, 1e300), (1.0, 1.0 + 1e-9), (0, 1e-9),
    (123456.7, 123456.9), (-0.001, 1000), (1e-250, 3e-250),
]  # fmt: skip


@pytest.mark.parametrize("ends", RANGES)
@pytest.mark.parametrize("columns", [1, 2])
def test_ticks_are_inside_and_apart(ends, columns: int) -> None:
    axis = Axis("a", *map(float, ends))
    marks = (Line(np.array(ends, dtype=float), np.array(ends, dtype=float), "deep"),)
    figure = figure_of(Picture("path", "t", ((Panel(axis, axis, marks),) * columns,)))
    assert faults(figure) == []
    for axes in figure.axes:
        for ticks in (axes.get_xticks(), axes.get_yticks()):
            assert len(ticks)
            shares = axis.shares(ticks)
            assert ((shares >= -1e-9) & (shares <= 1 + 1e-9)).all()
        assert axes.get_xlim() == (axis.low, axis.high)


@pytest.mark.parametrize("ends", [(1e-3, 1e3), (2.0, 3.0), (1e-300, 1e300), (1.0, 1.0001)])
def test_ticks_of_logarithmic_axes_are_apart(ends) -> None:
    axis = Axis("a", *ends, "log")
    marks = (Line(np.array(ends), np.array(ends), "deep"),)
    assert faults(figure_of(Picture("path", "t", ((Panel(axis, axis, marks),) * 2,)))) == []


def test_ticks_of_symmetric_logarithms_are_apart() -> None:
    axis = Axis("a", -1e5, 1e4, "symlog", unit=1e-3)
    marks = (Line(np.array([-1e5, 1e4]), np.array([-1e5, 1e4]), "deep"),)
    figure = figure_of(Picture("path", "t", ((Panel(axis, axis, marks),),)))
    assert faults(figure) == []
    # Both ways to space numbers agree.
    place = figure.axes[0].transData.transform([[-1e5, 0], [1e4, 0], [0.5, 0]])[:, 0]
    share = (place[2] - place[0]) / (place[1] - place[0])
    assert share == pytest.approx(axis.shares(np.array([0.5]))[0])


def test_a_marker_at_the_edge_is_whole_and_one_beyond_is_hidden() -> None:
    inside = Dots(np.array([0.0]), np.array([1.0]), "best")
    beyond = Dots(np.array([0.0, 2.0]), np.array([1.0, 1.0]), "best")
    (dot,) = figure_of(one(inside)).axes[0].lines
    assert not dot.get_clip_on()
    (dot,) = figure_of(one(beyond)).axes[0].lines
    assert dot.get_clip_on()


def test_a_line_of_single_points_is_seen() -> None:
    x, y = np.array([0.1, 0.5, 0.9]), np.array([0.1, nan, 0.3])
    (line,) = figure_of(one(Line(x, y, "deep"))).axes[0].lines
    assert line.get_marker() == "o"
    (line,) = figure_of(one(Line(x[::2], y[::2], "deep"))).axes[0].lines
    assert line.get_marker() == "None"


def test_moving_marks_show_what_was_reached() -> None:
    steps = np.array([-1, 0, 5, 9])
    x = np.array([0.1, 0.2, 0.3, 0.4])
    line, newest = Line(x, x, "path", "", steps), Dots(x, x, "path", "", steps, newest=True)
    still = Dots(x, x, "known")
    with styled():
        drawing = Drawing(one(line, newest, still))
    for step, count in ((-2, 0), (-1, 1), (0, 2), (4, 2), (5, 3), (100, 4)):
        moved = drawing.show(step)
        assert len(moved) == 2
        assert xy(moved[0])[0].tolist() == x[:count].tolist()
        assert xy(moved[1])[0].tolist() == x[max(0, count - 1) : count].tolist()


KINDS_OF_SWEEPS = ("heatmap", "repeats", "slices", "parallel", "importance")


@pytest.mark.parametrize("kind", KINDS_OF_SWEEPS)
@pytest.mark.parametrize("long", [False, True])
def test_figures_of_sweeps_can_be_read(kind: str, long: bool) -> None:
    keys = [f"constants.{LONG}", "bounds.$x_1$.high"] if long else ["alpha", "beta1"]
    words = [f"{LONG}_{k}" for k in range(4)] if long else ["adam", "sgd", "nadam"]
    levels = {keys[0]: np.geomspace(1e-6, 1, 12).tolist(), keys[1]: [0.1, 0.2, 0.9],
              "method": words, "seed": [1, 2, 3]}  # fmt: skip
    table = grid(levels, lambda a, b, w, s: (np.log(a) + 5) ** 2 + b + len(w) + s / 9)
    assert faults(figure_of(drawn_sweep(kind, table))) == []


def test_axes_of_the_users_get_the_first_panel() -> None:
    picture = drawn(PROBLEMS["narrow valley"], "path")
    mine = Figure(figsize=(9, 4), layout="constrained")
    left, right = mine.subplots(1, 2)
    left.plot([1, 2], [3, 4])
    before = left.get_xlim()
    assert draw_into(right, picture) is mine
    assert left.get_xlim() == before
    (panel,) = picture.panels
    assert right.get_xlim() == (panel.x.low, panel.x.high)
    assert right.get_title() == picture.title
    assert any(len(line.get_xdata()) == 301 for line in right.lines)
    assert faults(mine) == []


@pytest.mark.parametrize("kind", RUNS)
def test_plot_draws_into_axes(kind: str) -> None:
    mine = Figure(figsize=(5, 4), layout="constrained")
    axes = mine.subplots()
    assert adamcli.plot(PROBLEMS["one variable"], kind, ax=axes) is mine
    assert axes.lines
    assert faults(mine) == []


FOREIGN = {
    "lines.linewidth": 9.0,
    "axes.grid": True,
    "axes.facecolor": "black",
    "font.size": 30.0,
    "font.family": ["serif"],
    "xtick.labelsize": 25.0,
    "axes.spines.top": False,
    "image.cmap": "jet",
    "legend.loc": "center",
    "text.parse_math": True,
    "savefig.dpi": 20,
    "savefig.bbox": "tight",
    "figure.constrained_layout.w_pad": 1.0,
    "path.simplify": False,
    "svg.fonttype": "none",
    "axes.formatter.limits": (0, 0),
}


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_settings_of_the_user_neither_matter_nor_change(form: str) -> None:
    picture = drawn(PROBLEMS["one variable"], "path")
    expected = file_of(picture, form)
    with rc_context(FOREIGN):
        before = dict(rcParams)
        assert file_of(picture, form) == expected
        figure = figure_of(picture)
        assert dict(rcParams) == before
        # A figure is not drawn before its user does.
        assert faults(figure) == []
        assert {t.get_fontsize() for t in figure.axes[0].get_xticklabels()} == {8.0}


PROGRAM = """
import sys
from adamcli.pictures.figures import file_of
from adamcli.pictures.animation import animation_of
from tests.pictures.problems import PROBLEMS, drawn
from zlib import crc32
found = []
for name, kind in (("narrow valley", "path"), ("two steps", "state"), ("diverged", "score")):
    picture = drawn(PROBLEMS[name], kind)
    found += [crc32(file_of(picture, form)) for form in ("png", "svg", "pdf")]
found += [crc32(animation_of(drawn(PROBLEMS["two steps"], "path"), f)) for f in ("gif", "webp")]
print(*found)
assert "matplotlib.pyplot" not in sys.modules
"""


@pytest.mark.slow
def test_files_are_the_same_in_every_process_and_leave_pyplot_alone() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            env={**QUIET_ENVIRONMENT, "PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path),
                 "TZ": zone, "SOURCE_DATE_EPOCH": epoch},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone, epoch in (("1", "UTC", "1"), ("77", "Asia/Tokyo", "1700000000"))
    }  # fmt: skip
    assert len(found) == 1
    assert len(found.pop().split()) == 11


@pytest.mark.parametrize(
    ("form", "begin"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")]
)
def test_files_are_not_empty(form: str, begin: bytes) -> None:
    found = file_of(drawn(PROBLEMS["two steps"], "path"), form)
    assert found.startswith(begin)
    assert len(zlib.compress(found)) > 5000


def test_what_is_drawn_is_not_plain() -> None:
    canvas = FigureCanvasAgg(figure_of(drawn(PROBLEMS["narrow valley"], "path")))
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 50


def test_runs_over_each_other_can_be_read() -> None:
    wish = Wish("score")
    problem = PROBLEMS["narrow valley"]
    subjects = [
        subject_of({**problem, "alpha": alpha, "n_iter": 50}, wish)._replace(name=f"{LONG}{alpha}")
        for alpha in (0.001, 0.01, 0.1)
    ]
    figure = figure_of(KINDS["score"].draw(subjects, wish))
    assert faults(figure) == []
    assert len({line.get_color() for line in figure.axes[0].lines}) == 3


def test_letters_that_the_font_lacks_are_no_error() -> None:
    picture = drawn(PROBLEMS["two steps"], "path")._replace(title="漢字 \N{GRINNING FACE}")
    assert file_of(picture, "png").startswith(b"\x89PNG")
    assert words(figure_of(picture)._suptitle) == "漢字 \N{GRINNING FACE}"
