"""Rows: taken, joined, and as the columns of a table."""

import numpy as np
import pytest

from adamcli.config.load import open_config
from adamcli.fields import Kind
from adamcli.optimizer.status import STATUSES
from adamcli.sweeps.database import sql_names
from adamcli.sweeps.rows import RowLayout, Rows, joined
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import assert_same_columns

TEXT = "objective: x**2 + Y*y\nbounds: {x: [-1, 1], Y: [0, 1], y: [-1, 1]}\nn_iter: 3\n"


def rows_of(first: int, end: int, *, points: bool = True, messages=None) -> Rows:
    runs = np.arange(first, end)
    x = np.stack([runs * 1.5, -runs, runs * 0.25])
    columns = {"index": runs, "seed": runs * 3, "status": (runs % len(STATUSES)).astype(np.int8)}
    columns |= {"nit": runs + 10, "best.score": runs / 7, "last.score": -runs / 7}
    return Rows(columns | ({"best.x": x, "last.x": x + 1} if points else {}), messages or {})


def variations_of(folder, *axes: str):
    (folder / "c.yaml").write_text(TEXT)
    return vary(open_config(str(folder / "c.yaml")), SweepOptions(axes))


def columns_of(layout: RowLayout, rows: Rows) -> dict[str, list]:
    return {column.name: column.values(rows) for column in layout.columns}


def assert_same(one: Rows, other: Rows) -> None:
    assert one.messages == other.messages
    assert_same_columns(one, other)


@pytest.mark.parametrize("points", [True, False])
def test_parts_that_are_joined_are_the_whole(points) -> None:
    parts = [
        rows_of(0, 4, points=points),
        rows_of(4, 5, points=points),
        rows_of(5, 9, points=points),
    ]
    assert_same(joined(parts), rows_of(0, 9, points=points))
    assert joined(parts[:1]) is parts[0]


def test_messages_of_all_parts_are_kept() -> None:
    parts = [rows_of(0, 4, messages={2: "a"}), rows_of(4, 5), rows_of(5, 9, messages={5: "b"})]
    assert joined(parts).messages == {2: "a", 5: "b"}


@pytest.mark.parametrize("points", [True, False])
def test_rows_may_be_taken_in_any_order(points) -> None:
    whole = rows_of(0, 9, points=points)
    some = whole.taken(np.array([5, 0, 8]))
    assert some.runs.tolist() == [5, 0, 8]
    assert some.columns["seed"].tolist() == [15, 0, 24]
    assert some.columns["nit"].tolist() == [15, 10, 18]
    assert some.columns["status"].tolist() == [5, 0, 2]
    assert some.columns["best.score"].tolist() == [5 / 7, 0, 8 / 7]
    assert some.columns["last.score"].tolist() == [-5 / 7, 0, -8 / 7]
    if points:
        assert some.columns["best.x"][0].tolist() == [7.5, 0, 12]
        assert some.columns["last.x"][2].tolist() == [2.25, 1, 3]
    else:
        assert not some.has_points
        assert not {"best.x", "last.x"} & some.columns.keys()


def test_the_columns_of_a_table(tmp_path) -> None:
    variations = variations_of(
        tmp_path, "alpha=0.5,1", "beta1=0.5,0.9/t", "n_iter=1..3", "seed=4,5"
    )
    layout = variations.layout()
    assert layout.names == [
        *("index", "alpha", "beta1", "n_iter", "seed", "status", "nit"),
        *("best.score", "best.x.x", "best.x.Y", "best.x.y"),
        *("last.score", "last.x.x", "last.x.Y", "last.x.y"),
    ]
    kinds = [Kind.INTEGER, Kind.REAL, Kind.TEXT, Kind.INTEGER, Kind.INTEGER, Kind.TEXT]
    assert [column.kind for column in layout.columns] == [*kinds, Kind.INTEGER, *[Kind.REAL] * 8]
    rows = rows_of(0, 24)
    columns = columns_of(layout, rows)
    assert columns["index"] == list(range(24))
    assert columns["alpha"] == [0.5] * 12 + [1.0] * 12
    assert columns["beta1"] == ([0.5] * 6 + ["0.9/t"] * 6) * 2
    assert columns["n_iter"] == [1, 1, 2, 2, 3, 3] * 4
    assert {type(value) for value in columns["n_iter"]} == {int}
    assert columns["seed"] == rows.columns["seed"].tolist()
    assert columns["status"][:6] == [STATUSES[k % len(STATUSES)].value for k in range(6)]
    assert columns["nit"] == rows.columns["nit"].tolist()
    assert columns["best.score"] == rows.columns["best.score"].tolist()
    assert columns["best.x.Y"] == rows.columns["best.x"][1].tolist()
    assert columns["last.score"] == rows.columns["last.score"].tolist()
    assert columns["last.x.y"] == rows.columns["last.x"][2].tolist()


def test_the_columns_of_some_rows_in_any_order(tmp_path) -> None:
    variations = variations_of(tmp_path, "alpha=0.5,1,2", "eps_mode=hat,inside")
    rows = rows_of(0, 6).taken(np.array([4, 1]))
    layout = variations.layout()
    columns = columns_of(layout, rows)
    assert columns["index"] == [4, 1]
    assert columns["alpha"] == [2.0, 0.5]
    assert columns["eps_mode"] == ["hat", "inside"]


def test_a_table_without_points(tmp_path) -> None:
    variations = variations_of(tmp_path, "alpha=0.5,1")
    layout = variations.layout(points=False)
    assert layout.names == ["index", "alpha", "seed", "status", "nit", "best.score", "last.score"]
    for rows in (rows_of(0, 2, points=False), rows_of(0, 2)):
        assert [len(column) for column in columns_of(layout, rows).values()] == [2] * 7


def test_names_that_sql_takes_for_the_same_are_numbered(tmp_path) -> None:
    variations = variations_of(tmp_path, "alpha=0.5,1")
    layout = variations.layout()
    names = sql_names(layout.names)
    assert names[6:9] == ["best.x.x", "best.x.Y", "best.x.y_2"]
    assert len({name.casefold() for name in names}) == len(names)


def test_a_mapping_is_written_as_it_is_shown(tmp_path) -> None:
    variations = variations_of(tmp_path, "start={x: 0.5},[null, 0.25, 1]")
    columns = columns_of(variations.layout(points=False), rows_of(0, 2, points=False))
    assert columns["start"] == ["{x: 0.5}", "[null, 0.25, 1]"]


def test_points_are_nested_by_variable_where_all_runs_have_the_same(tmp_path) -> None:
    (tmp_path / "c.yaml").write_text("objective: sum(w) + b\nbounds: [0, 1]\n")
    two = "{w: {low: 0, high: 1, shape: 2}, b: [0, 1]}"
    one = "{w: {low: 0, high: 1, shape: 1}, b: [0, 1]}"
    for axis, expected in (
        (f"bounds={two}", {"w": [1.5, -1.0], "b": 0.25}),
        (f"bounds={one},{two}", {"w[0]": 1.5, "b": -1.0, "w[1]": 0.25}),
    ):
        variations = vary(open_config(str(tmp_path / "c.yaml")), SweepOptions((axis,)))
        record = variations.layout().record(rows_of(1, 2), 0)
        assert record["best"] == {"score": 1 / 7, "x": expected}
        assert variations.layout(points=False).record(rows_of(1, 2), 0)["best"] == {"score": 1 / 7}
