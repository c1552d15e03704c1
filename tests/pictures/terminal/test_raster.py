import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adamcli.pictures.terminal import raster

SHAPE = (24, 40)
SHARE = st.floats(-3, 4, width=32) | st.just(np.nan) | st.just(np.inf)
EDGE = 1e-9
PLACES = st.lists(st.tuples(SHARE, SHARE), max_size=12)


def dense(x, y, shape) -> np.ndarray:
    """Return the cells that very many points between neighbours are in."""
    rows, columns = shape
    grid = np.zeros(shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(
        zip(x, y, strict=True), zip(x[1:], y[1:], strict=True), strict=False
    ):
        for share in np.linspace(0, 1, 4001):
            px, py = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            if -EDGE <= px <= 1 + EDGE and -EDGE <= py <= 1 + EDGE:
                row, column = int(max(0, py) * rows), int(max(0, px) * columns)
                grid[rows - 1 - min(rows - 1, row), min(columns - 1, column)] = True
    return grid


def near(grid: np.ndarray) -> np.ndarray:
    """Return the cells of a grid and all their neighbours."""
    padded = np.pad(grid, 1)
    found = np.zeros_like(grid)
    for down in range(3):
        for right in range(3):
            found |= padded[down : down + grid.shape[0], right : right + grid.shape[1]]
    return found


@given(st.lists(st.tuples(*[st.floats(-1, 2, width=32)] * 2), min_size=2, max_size=4))
def test_a_line_is_where_points_between_its_points_are(places) -> None:
    x, y = np.array(places).T
    found, expected = raster.line(x, y, SHAPE), dense(x, y, SHAPE)
    assert not (found & ~near(expected)).any()
    assert not (expected & ~near(found)).any()


@given(PLACES)
def test_a_line_in_parts_is_the_line(places) -> None:
    """Each pair of neighbours gives the same cells, alone or in the line."""
    x, y = np.array(places).reshape(-1, 2).T
    whole = raster.line(x, y, SHAPE)
    parts = np.zeros(SHAPE, dtype=bool)
    known = ~np.isnan(x + y)
    for k in range(len(x)):
        alone = not known[max(0, k - 1) : k].any() and not known[k + 1 : k + 2].any()
        if k + 1 < len(x) and known[k] and known[k + 1]:
            parts |= raster.line(x[k : k + 2], y[k : k + 2], SHAPE)
        elif known[k] and alone:
            parts |= raster.line(x[k : k + 1], y[k : k + 1], SHAPE)
    assert np.array_equal(whole, parts)


def test_a_point_without_neighbours_is_drawn() -> None:
    places = np.array([0.1, np.nan, 0.5, np.nan, 2.0])
    grid = raster.line(places, places, (10, 10))
    assert np.argwhere(grid).tolist() == [[4, 5], [8, 1]]


def test_chunks_do_not_change_a_line(monkeypatch) -> None:
    x, y = np.random.RandomState(0).uniform(-0.5, 1.5, (2, 300))
    for dash in ((), (3.0, 2.0)):
        expected = raster.line(x, y, SHAPE, dash)
        with monkeypatch.context() as patch:
            patch.setattr(raster, "_MOST", 50)
            assert np.array_equal(raster.line(x, y, SHAPE, dash), expected)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=30))
def test_a_rising_line_rises_without_gaps(heights) -> None:
    y = np.sort(np.array(heights))
    grid = raster.line(np.linspace(0, 1, len(y)), y, SHAPE)
    before = None
    for column in range(SHAPE[1]):
        rows = np.flatnonzero(grid[:, column])
        assert rows.size
        assert np.array_equal(rows, np.arange(rows[0], rows[-1] + 1))
        if before is not None:
            assert before[0] >= rows[-1]
            assert before[0] - rows[-1] <= 1
        before = rows


def test_what_leaves_the_grid_is_not_drawn_on_its_edge() -> None:
    x = np.linspace(0, 1, 400)
    grid = raster.line(x, 0.5 + 2 * np.sin(9 * x), SHAPE)
    inside = np.abs(2 * np.sin(9 * (np.arange(SHAPE[1]) + 0.5) / SHAPE[1])) < 0.4
    outside = np.abs(2 * np.sin(9 * (np.arange(SHAPE[1]) + 0.5) / SHAPE[1])) > 1.2
    assert grid[:, inside].any(axis=0).all()
    assert not grid[:, outside].any()
    around = 3 * np.stack([np.cos(7 * x), np.sin(7 * x)]) + 0.5
    assert not raster.line(*around, SHAPE).any()


def test_infinite_values_leave_upwards() -> None:
    grid = raster.line(np.array([0.0, 0.51, 1.0]), np.array([0.5, np.inf, np.nan]), SHAPE)
    assert grid[:12, 0].all()
    assert not grid[:, 1:].any()


def test_dashes_go_on_over_many_short_parts() -> None:
    x = np.linspace(0, 1, 1000)
    grid = raster.line(x, np.full(1000, 0.5), (1, 40), dash=(3.0, 1.0))
    assert "".join(".#"[dot] for dot in grid[0].astype(int)) == "###." * 10


@given(PLACES)
def test_points_are_in_their_cells(places) -> None:
    x, y = np.array(places).reshape(-1, 2).T
    rows, columns, which = raster.points(x, y, SHAPE)
    found = dict(
        zip(which.tolist(), zip(rows.tolist(), columns.tolist(), strict=True), strict=True)
    )
    for k, (px, py) in enumerate(places):
        if 0 <= px <= 1 and 0 <= py <= 1:
            row = SHAPE[0] - 1 - min(SHAPE[0] - 1, int(py * SHAPE[0]))
            assert found[k] == (row, min(SHAPE[1] - 1, int(px * SHAPE[1])))
        elif not (-EDGE < px < 1 + EDGE and -EDGE < py < 1 + EDGE):
            assert k not in found


def test_an_area_lies_between_its_ends() -> None:
    x = np.linspace(0, 1, 11)
    grid = raster.area(x, np.full(11, 0.25), 0.5 + 0.5 * x, SHAPE)
    heights = 1 - (np.arange(SHAPE[0]) + 0.5) / SHAPE[0]
    centres = (np.arange(SHAPE[1]) + 0.5) / SHAPE[1]
    expected = (heights[:, None] >= 0.25) & (heights[:, None] <= 0.5 + 0.5 * centres)
    assert not (grid ^ expected)[~near(expected) | ~near(~expected)].any()
    gap = np.where(np.abs(x - 0.5) < 0.15, np.nan, 0.25)
    assert not raster.area(x, gap, gap + 0.5, SHAPE)[:, 18:22].any()


def test_borders_are_where_bands_change() -> None:
    bands = np.array([[0, 0, 1], [0, 0, 1], [-1, 0, 0]])
    assert raster.borders(bands).astype(int).tolist() == [[0, 1, 0], [0, 1, 1], [0, 0, 0]]
