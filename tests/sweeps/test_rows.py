"""Rows: taken, joined, and as the columns of a table."""

import numpy as np
import pytest

from adamcli.optimizer.result import STATUSES, Status
from adamcli.sweeps.rows import STATUS_TEXTS, Rows, Table, joined
from adamcli.sweeps.setup import PlanWishes, make_study
from tests.conftest import same_bits

TEXT = "objective: x**2 + Y*y\nbounds: {x: [-1, 1], Y: [0, 1], y: [-1, 1]}\nn_iter: 3\n"


def rows_of(first: int, end: int, *, points: bool = True, messages=None) -> Rows:
    runs = np.arange(first, end)
    x = np.stack([runs * 1.5, -runs, runs * 0.25])
    return Rows(
        runs,
        runs * 3,
        (runs % 5).astype(np.int8),
        runs + 10,
        runs / 7,
        -runs / 7,
        x if points else None,
        x + 1 if points else None,
        messages or {},
    )


def study_of(folder, *axes: str):
    (folder / "c.yaml").write_text(TEXT)
    return make_study(str(folder / "c.yaml"), (), PlanWishes(axes))


def table_of(study, *, points: bool = True) -> Table:
    table: Table = study.table(points)
    return table


def assert_same(one: Rows, other: Rows) -> None:
    assert one.messages == other.messages
    for a, b in zip(one[:8], other[:8], strict=True):
        assert (a is None and b is None) or same_bits(a, b)


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
    assert some.seed.tolist() == [15, 0, 24]
    assert some.nit.tolist() == [15, 10, 18]
    assert some.status.tolist() == [0, 0, 3]
    assert some.best_score.tolist() == [5 / 7, 0, 8 / 7]
    assert some.last_score.tolist() == [-5 / 7, 0, -8 / 7]
    if points:
        assert some.best_x[0].tolist() == [7.5, 0, 12]
        assert some.last_x[2].tolist() == [2.25, 1, 3]
    else:
        assert some.best_x is None
        assert some.last_x is None


def test_a_status_has_the_text_of_its_place() -> None:
    assert [Status(text) for text in STATUS_TEXTS] == list(STATUSES)


def test_the_columns_of_a_table(tmp_path) -> None:
    study = study_of(tmp_path, "alpha=0.5,1", "beta1=0.5,0.9/t", "n_iter=1..3", "seed=4,5")
    table = table_of(study)
    assert table.names == [
        *("index", "alpha", "beta1", "n_iter", "seed", "status", "nit"),
        *("best.score", "best.x.x", "best.x.Y", "best.x.y"),
        *("last.score", "last.x.x", "last.x.Y", "last.x.y"),
    ]
    assert table.kinds == [
        *("integer", "real", "text", "integer", "integer", "text", "integer"),
        *["real"] * 8,
    ]
    rows = rows_of(0, 24)
    columns = dict(zip(table.names, table.columns(rows), strict=True))
    assert columns["index"] == list(range(24))
    assert columns["alpha"] == [0.5] * 12 + [1.0] * 12
    assert columns["beta1"] == ([0.5] * 6 + ["0.9/t"] * 6) * 2
    assert columns["n_iter"] == [1, 1, 2, 2, 3, 3] * 4
    assert {type(value) for value in columns["n_iter"]} == {int}
    assert columns["seed"] == rows.seed.tolist()
    assert columns["status"][:6] == [*STATUS_TEXTS, STATUS_TEXTS[0]]
    assert columns["nit"] == rows.nit.tolist()
    assert columns["best.score"] == rows.best_score.tolist()
    assert columns["best.x.Y"] == rows.best_x[1].tolist()
    assert columns["last.score"] == rows.last_score.tolist()
    assert columns["last.x.y"] == rows.last_x[2].tolist()


def test_the_columns_of_some_rows_in_any_order(tmp_path) -> None:
    study = study_of(tmp_path, "alpha=0.5,1,2", "eps_mode=hat,inside")
    rows = rows_of(0, 6).taken(np.array([4, 1]))
    table = table_of(study)
    columns = dict(zip(table.names, table.columns(rows), strict=True))
    assert columns["index"] == [4, 1]
    assert columns["alpha"] == [2.0, 0.5]
    assert columns["eps_mode"] == ["hat", "inside"]


def test_a_table_without_points(tmp_path) -> None:
    study = study_of(tmp_path, "alpha=0.5,1")
    table = table_of(study, points=False)
    assert table.names == ["index", "alpha", "seed", "status", "nit", "best.score", "last.score"]
    for rows in (rows_of(0, 2, points=False), rows_of(0, 2)):
        assert [len(column) for column in table.columns(rows)] == [2] * 7
    assert len(table.kinds) == len(table.names)


def test_names_that_sql_takes_for_the_same_are_numbered(tmp_path) -> None:
    study = study_of(tmp_path, "alpha=0.5,1")
    table = table_of(study)
    names = table.sql_names
    assert names[6:9] == ["best.x.x", "best.x.Y", "best.x.y_2"]
    assert len({name.casefold() for name in names}) == len(names)


def test_a_mapping_is_written_as_it_is_shown(tmp_path) -> None:
    study = study_of(tmp_path, "start={x: 0.5},[null, 0.25, 1]")
    columns = table_of(study, points=False).columns(rows_of(0, 2, points=False))
    assert columns[1] == ["{x: 0.5}", "[null, 0.25, 1]"]


def test_points_are_nested_by_variable_where_all_runs_have_the_same(tmp_path) -> None:
    (tmp_path / "c.yaml").write_text("objective: sum(w) + b\nbounds: [0, 1]\n")
    two = "{w: {low: 0, high: 1, shape: 2}, b: [0, 1]}"
    one = "{w: {low: 0, high: 1, shape: 1}, b: [0, 1]}"
    for axis, expected in (
        (f"bounds={two}", {"w": [1.0, 2.0], "b": 3.0}),
        (f"bounds={one},{two}", {"w[0]": 1.0, "b": 2.0, "w[1]": 3.0}),
    ):
        study = make_study(str(tmp_path / "c.yaml"), (), PlanWishes((axis,)))
        assert table_of(study).nested([1.0, 2.0, 3.0]) == expected
        assert table_of(study, points=False).nested([]) == {}
