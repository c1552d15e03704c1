"""Animations: few frames, few bytes, and in each frame exactly what was reached by its step."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageSequence

from adamcli.pictures import animation, style
from adamcli.pictures.animation import animation_of
from adamcli.pictures.figures import Drawing, styled
from adamcli.pictures.scene import FRAMES, Axis, Dots, Line, Panel, Picture, reached
from tests.pictures.problems import BOX, PROBLEMS, drawn

VALLEY = {**PROBLEMS["narrow valley"], "n_iter": 60}
FORMS = ["gif", "webp"]


def opened(found: bytes):
    return Image.open(BytesIO(found))


def frames_of(found: bytes) -> list:
    return [frame.convert("RGB") for frame in ImageSequence.Iterator(opened(found))]


def still(picture: Picture, step: int) -> np.ndarray:
    """Return what a picture looks like at a step, drawn at once and in all colours."""
    with styled():
        drawing = Drawing(picture)
        drawing.figure.set_dpi(style.SCREEN_DPI)
        # Moving marks are above all others, as in an animation.
        for _, artist in drawing.moving:
            artist.set_zorder(10 + artist.get_zorder())
        canvas = FigureCanvasAgg(drawing.figure)
        canvas.draw()
        drawing.figure.set_layout_engine("none")
        drawing.show(step)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["path", "state"])
def test_sixty_frames_are_small(form: str, kind: str) -> None:
    found = animation_of(drawn(VALLEY, kind), form)
    assert len(found) <= 100_000
    image = opened(found)
    assert image.format == form.upper()
    # Those that look alike are one.
    assert 40 <= image.n_frames <= 61
    assert image.info["loop"] == 0


@pytest.mark.parametrize("form", FORMS)
def test_durations(form: str) -> None:
    found = opened(animation_of(drawn(VALLEY, "path"), form))
    durations = []
    for frame in ImageSequence.Iterator(found):
        frame.load()
        durations.append(frame.info["duration"])
    *most, last = durations
    # A GIF counts hundredths of a second; frames that look alike are one, seen for longer.
    each = 1000 * min(animation.SECONDS / 61, animation.SLOWEST)
    assert min(most) == pytest.approx(each, abs=10)
    assert last >= 1000 * animation.LAST_SECONDS
    whole = 1000 * (animation.SECONDS + animation.LAST_SECONDS)
    assert sum(durations) == pytest.approx(whole, rel=0.15)


def test_a_long_run_has_no_more_frames() -> None:
    picture = drawn({**VALLEY, "n_iter": 5000}, "path")
    steps = picture.frames()
    assert len(steps) == FRAMES == 200
    assert (steps[0], steps[-1]) == (-1, 4999)
    assert np.ptp(np.diff(steps)) <= 2
    assert opened(animation_of(picture, "gif")).n_frames <= 200


def small(steps: list[int], places: list[float]) -> Picture:
    """Return a picture of a line and its newest point, which fills little of the time."""
    at, t = np.array(places), np.array(steps)
    marks = (Line(at, at, "path", "", t), Dots(at, at, "path", "", t, newest=True))
    return Picture("path", "t", ((Panel(Axis("x", 0, 1), Axis("y", 0, 1), marks),),))


@pytest.mark.parametrize("form", FORMS)
def test_a_frame_shows_what_was_reached(form: str) -> None:
    picture = small([-1, 0, 5, 9], [0.1, 0.4, 0.6, 0.9])
    frames = frames_of(animation_of(picture, form))
    assert len(frames) == 4
    for frame, step in zip(frames, picture.frames(), strict=True):
        expected = still(picture, step)
        found = np.asarray(frame).astype(int)
        # One palette for all may turn colours a little.
        assert np.abs(found - expected).max() <= 40
        assert np.abs(found - expected).mean() < 0.3


@pytest.mark.parametrize("form", FORMS)
def test_a_path_grows_over_a_background_that_stands_still(form: str) -> None:
    picture = drawn({**VALLEY, "n_iter": 6}, "path")
    frames = [np.asarray(frame).astype(int) for frame in frames_of(animation_of(picture, form))]
    assert len(frames) == 7
    for k, step in ((0, -1), (3, 2), (6, 5)):
        expected = still(picture, step)
        assert np.abs(frames[k] - expected).mean() < 6
    # The edge of the figure, with all labels, is the same in all.
    for frame in frames:
        assert np.array_equal(frame[:, :60], frames[0][:, :60])
        assert np.array_equal(frame[-40:], frames[0][-40:])
    assert len({frame.tobytes() for frame in frames}) == 7


def test_marks_appear_at_their_steps() -> None:
    picture = drawn(VALLEY, "path")
    for mark in picture.marks:
        if not isinstance(mark, Line | Dots) or mark.steps is None:
            continue
        for step in picture.frames():
            some = reached(mark, step)
            seen = mark.steps[some]
            assert (seen <= step).all()
            if isinstance(mark, Dots) and mark.newest:
                assert seen.tolist() == [step]
            else:
                assert len(seen) == (mark.steps <= step).sum()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("source", "count"),
    [
        ({"objective": "x**2 + y**2", "bounds": BOX, "n_iter": 0}, 1),
        ({"objective": "x**2 + y**2", "bounds": BOX, "n_iter": 1, "alpha": 0.5}, 2),
    ],
)
def test_short_runs(form: str, source, count: int) -> None:
    image = opened(animation_of(drawn(source, "path"), form))
    assert image.format == form.upper()
    assert getattr(image, "n_frames", 1) == count


@pytest.mark.parametrize("form", FORMS)
def test_a_step_of_one_step_is_one_frame(form: str) -> None:
    image = opened(animation_of(drawn({**VALLEY, "n_iter": 1}, "state"), form))
    assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_same_picture_gives_the_same_bytes(form: str) -> None:
    source = {**VALLEY, "n_iter": 5}
    assert animation_of(drawn(source, "path"), form) == animation_of(drawn(source, "path"), form)


@pytest.mark.parametrize("name", ["diverged", "left", "one variable", "NaN", "constant"])
def test_hard_problems_move(name: str) -> None:
    image = opened(animation_of(drawn(PROBLEMS[name], "path"), "gif"))
    assert image.n_frames > 1
