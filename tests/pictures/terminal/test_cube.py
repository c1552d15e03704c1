import numpy as np
import pytest

from adamcli.pictures.style import rgb_of
from adamcli.pictures.terminal.cube import BLACK, NONE, WHITE, nearest, oklab, shown

LEVELS = [0, 95, 135, 175, 215, 255]
CUBE = {
    16 + 36 * r + 6 * g + b: (LEVELS[r], LEVELS[g], LEVELS[b])
    for r in range(6)
    for g in range(6)
    for b in range(6)
}


def test_a_colour_of_the_cube_is_nearest_to_itself() -> None:
    assert nearest(np.array(list(CUBE.values()))).tolist() == list(CUBE)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.627955, 0.224863, 0.125846)),
        ((0, 0, 255), (0.452014, -0.032457, -0.311528)),
    ],
)
def test_oklab_has_published_values(rgb, expected) -> None:
    """From the CSS Color Module Level 4."""
    assert oklab(np.array([rgb]))[0] == pytest.approx(expected, abs=1e-3)


def test_the_colour_map_keeps_its_order() -> None:
    found = nearest(rgb_of(np.linspace(0, 1, 50)))
    lightness = oklab(np.array([CUBE[colour] for colour in found.tolist()]))[:, 0]
    assert len(set(found.tolist())) >= 10
    assert np.all(np.diff(lightness) >= 0)


@pytest.mark.parametrize(
    ("ink", "ground", "expected"),
    [
        (WHITE, NONE, NONE),  # a white line shows on a white terminal too
        (39, NONE, 39),
        (WHITE, 53, WHITE),
        (WHITE, 220, BLACK),
        (220, 220, BLACK),
        (NONE, 53, WHITE),
        (NONE, 220, BLACK),
        (220, BLACK, 220),
    ],
)
def test_what_is_drawn_shows_on_its_background(ink, ground, expected) -> None:
    assert shown(np.array([ink]), np.array([ground])).tolist() == [expected]
