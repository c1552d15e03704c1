"""The leaders and the groups of a sweep, whatever order the results came in."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli.sweeps.scores as module
from adamcli.config.load import open_config
from adamcli.optimizer.result import Direction
from adamcli.optimizer.status import STATUSES, Status
from adamcli.sweeps.blocks import RunRange
from adamcli.sweeps.rows import Rows
from adamcli.sweeps.scores import UNKNOWN, Groups, Scoreboard, is_grouped, is_repeat
from adamcli.sweeps.statistics import holm, paired_p, welch_p
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import same_bits

FINISHED, DIVERGED, FAILED = (
    STATUSES.index(s) for s in (Status.FINISHED, Status.DIVERGED, Status.FAILED)
)


def rows_of(runs, scores, status=None, messages=None) -> Rows:
    runs, scores = np.array(runs, dtype=np.int64), np.array(scores, dtype=float)
    codes = np.zeros(len(runs)) if status is None else np.array(status)
    x = np.stack([runs * 2.0, runs * 3.0])
    codes = codes.astype(np.int8)
    columns = {"index": runs, "seed": runs + 5, "status": codes, "nit": runs + 1}
    columns |= {"best.score": scores, "best.x": x, "last.score": scores * 2, "last.x": x + 1}
    return Rows(columns, messages or {})


def added(board: Scoreboard, scores, random, status=None) -> Scoreboard:
    """Add the scores of the whole span to a board, in blocks that come in any order."""
    first, size = board.span.first, board.span.size
    cuts = sorted(random.sample(range(1, size), min(4, size - 1)))
    pieces = [list(range(a, b)) for a, b in zip([0, *cuts], [*cuts, size], strict=True) if a < b]
    random.shuffle(pieces)
    for piece in pieces:
        codes = None if status is None else np.array(status)[piece]
        board.add(rows_of(np.array(piece) + first, np.array(scores)[piece], codes))
    return board


some_scores = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, math.nan, math.inf, -math.inf, 1e-3])


@given(
    st.lists(some_scores | st.floats(-3, 3), min_size=2, max_size=30),
    st.integers(1, 12),
    st.booleans(),
    st.integers(0, 1000),
    st.randoms(use_true_random=False),
)
def test_the_leaders_are_those_of_a_stable_sort(scores, top, maximize, first, random) -> None:
    board = Scoreboard(RunRange(first, first + len(scores)), list(Direction)[maximize], top=top)
    added(board, scores, random)
    finite = [i for i, score in enumerate(scores) if math.isfinite(score)]
    expected = sorted(finite, key=lambda i: -scores[i] if maximize else scores[i])[:top]
    assert same_bits(board.score, scores)
    assert board.done == len(scores)
    if not expected:
        assert board.leaders is None
        return
    leaders = board.leaders
    assert (leaders.runs - first).tolist() == expected
    assert same_bits(leaders.columns["best.score"], np.array(scores)[expected])
    assert same_bits(leaders.columns["last.score"], np.array(scores)[expected] * 2)
    assert leaders.columns["seed"].tolist() == (leaders.runs + 5).tolist()
    assert leaders.columns["nit"].tolist() == (leaders.runs + 1).tolist()
    assert same_bits(leaders.columns["best.x"], np.stack([leaders.runs * 2.0, leaders.runs * 3.0]))


def test_ties_go_to_the_smaller_numbers_whichever_came_first() -> None:
    for pieces in ([[6, 7, 8], [0, 1, 2], [3, 4, 5]], [[8], [4, 2, 6], [0, 7], [1, 3, 5]]):
        board = Scoreboard(RunRange(0, 9), Direction.MINIMIZE, top=4)
        for piece in pieces:
            board.add(rows_of(piece, [1.0] * len(piece)))
        assert board.leaders.runs.tolist() == [0, 1, 2, 3]


def test_an_empty_board_has_no_leaders() -> None:
    board = Scoreboard(RunRange(0, 3), Direction.MINIMIZE, top=2)
    assert (board.leaders, board.done, board.count(Status.FINISHED)) == (None, 0, 0)
    assert set(board.status.tolist()) == {UNKNOWN}
    board.add(rows_of([1], [math.nan], [DIVERGED]))
    assert (board.leaders, board.done, board.count(Status.DIVERGED)) == (None, 1, 1)


def test_the_board_counts_each_status() -> None:
    board = Scoreboard(RunRange(10, 17), Direction.MINIMIZE, top=1)
    board.add(rows_of([11, 12, 15, 16], [1, 2, 3, 4], [DIVERGED, FINISHED, DIVERGED, FAILED]))
    assert [board.count(s) for s in (Status.FINISHED, Status.DIVERGED, Status.FAILED)] == [1, 2, 1]
    assert board.done == 4
    assert np.isnan(board.score[[0, 3, 4]]).all()


def test_the_board_keeps_a_hundred_messages() -> None:
    board = Scoreboard(RunRange(0, 300), Direction.MINIMIZE, top=1)
    board.add(rows_of([0], [1.0], [FAILED], {0: "first"}))
    runs = range(1, 300)
    board.add(rows_of(runs, [1.0] * 299, [FAILED] * 299, dict.fromkeys(runs, "more")))
    assert len(board.messages) == 100
    assert board.messages[0] == "first"


TEXT = "objective: x**2 + y\nbounds: {x: [-1, 1], y: [-1, 1]}\n"


@pytest.fixture(scope="module")
def plan_of(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plans")
    (folder / "c.yaml").write_text(TEXT)

    def make(*axes: str, **wishes):
        return vary(open_config(str(folder / "c.yaml")), SweepOptions(axes, **wishes)).plan

    return make


def oracle(plan, scores, status, maximize: bool) -> dict[tuple, dict]:
    """Return the numbers of each group, by what is set in it."""
    groups: dict[tuple, dict] = {}
    for run, (score, code) in enumerate(zip(scores, status, strict=True)):
        if code == UNKNOWN:
            continue
        values = plan.values(run)
        setting = tuple(v for k, v in values.items() if not is_repeat(k))
        repeat = tuple(v for k, v in values.items() if is_repeat(k))
        group = groups.setdefault(setting, {"example": run, "codes": [], "scores": {}, "n": 0})
        group["codes"].append(code)
        if math.isfinite(score):
            group["scores"].setdefault(repeat, []).append(score)
    for group in groups.values():
        flat = np.array([s for some in group["scores"].values() for s in some])
        group["n"] = len(flat)
        group["mean"] = flat.mean() if len(flat) else math.nan
        group["sd"] = flat.std(ddof=1) if len(flat) > 1 else math.nan
        extreme = max if maximize else min
        group["best"] = extreme(flat.tolist()) if len(flat) else math.nan
        group["diverged"] = group["codes"].count(DIVERGED) / len(group["codes"])
        group["flat"] = flat
    return groups


def differs(leader: dict, other: dict) -> float:
    a, b = leader["scores"], other["scores"]
    if min(leader["n"], other["n"]) > 1 and math.isclose(
        leader["mean"], other["mean"], rel_tol=0, abs_tol=1e-6 * abs(leader["mean"])
    ):
        # Means that agree in six digits do not differ.
        return 1.0
    if a.keys() == b.keys() and all(len(v) == 1 for v in [*a.values(), *b.values()]):
        keys = sorted(a)
        return paired_p(*(np.array([some[k][0] for k in keys]) for some in (a, b)))
    return welch_p(leader["flat"], other["flat"])


PLANS = {
    "seeds within": ["alpha=0.1,0.2,0.3", "seed=0..4"],
    "seeds outside": ["seed=0..4", "beta1=0.5,0.9", "alpha=0.1,0.2"],
    "seeds and starts": ["start.x=0,1", "alpha=0.1/t,0.2,0.3", "seed=1..3"],
    "a start in words": ["eps_mode=hat,inside", "start={x: 1},{x: 0},{x: 0.5}"],
}


def board_of(plan, scores, status, maximize: bool, random) -> Scoreboard:
    board = Scoreboard(RunRange(0, plan.size), list(Direction)[maximize], top=3)
    made = [run for run in range(plan.size) if status[run] != UNKNOWN]
    random.shuffle(made)
    for runs in (made[::3], made[1::3], made[2::3]):
        if runs:
            board.add(rows_of(runs, np.array(scores)[runs], np.array(status)[runs]))
    return board


@pytest.mark.parametrize("name", PLANS)
@given(data=st.data())
def test_groups_are_those_of_plain_python(plan_of, name, data) -> None:
    plan = plan_of(*PLANS[name])
    scores = data.draw(
        st.lists(st.floats(-3, 3) | some_scores, min_size=plan.size, max_size=plan.size)
    )
    codes = st.sampled_from([FINISHED] * 6 + [DIVERGED, FAILED])
    status = data.draw(st.lists(codes, min_size=plan.size, max_size=plan.size))
    maximize = data.draw(st.booleans())
    random = data.draw(st.randoms(use_true_random=False))
    expected = oracle(plan, scores, status, maximize)
    board = board_of(plan, scores, status, maximize, random)
    rows = Groups(board, plan, list(Direction)[maximize]).top(100)
    assert len(rows) == len(expected)
    by_example = {group["example"]: group for group in expected.values()}
    for row in rows:
        group = by_example[row.example]
        assert row.runs == len(group["codes"])
        assert row.mean == pytest.approx(group["mean"], rel=1e-12, abs=1e-12, nan_ok=True)
        assert row.sd == pytest.approx(group["sd"], rel=1e-9, abs=1e-12, nan_ok=True)
        assert row.best == pytest.approx(group["best"], rel=0, abs=0, nan_ok=True)
        assert row.diverged == pytest.approx(group["diverged"])
        assert row.failed == pytest.approx(group["codes"].count(FAILED) / len(group["codes"]))
    # Groups that lack a score come behind the others, those without any last.
    lacks = {row.example: by_example[row.example]["n"] < row.runs for row in rows}
    places = [
        (lacks[r.example], math.isnan(r.mean), 0.0 if math.isnan(r.mean) else r.mean * sign)
        for sign in (-1.0 if maximize else 1.0,)
        for r in rows
    ]
    assert places == sorted(places)
    assert math.isnan(rows[0].p)
    with np.errstate(all="ignore"):
        leader = by_example[rows[0].example]
        p_values = holm([differs(leader, by_example[row.example]) for row in rows[1:]])
    found = [row.p for row in rows[1:]]
    assert found == pytest.approx(p_values, rel=1e-6, abs=1e-9, nan_ok=True)
    for most in (1, 2):
        top = Groups(board, plan, list(Direction)[maximize]).top(most)
        assert [r.example for r in top] == [row.example for row in rows[:most]]


@pytest.mark.parametrize("chunk", [1, 3, 7, 65_536])
@pytest.mark.parametrize("name", PLANS)
def test_groups_have_the_same_bits_however_they_are_computed(
    plan_of, monkeypatch, name, chunk
) -> None:
    import random as randoms

    plan = plan_of(*PLANS[name])
    random = randoms.Random(4)
    scores = [random.gauss(0, 1) * 10 ** random.randint(-8, 3) for _ in range(plan.size)]
    scores[2] = math.nan
    status = [random.choice([FINISHED, DIVERGED]) for _ in range(plan.size)]
    whole = Groups(board_of(plan, scores, status, False, random), plan, Direction.MINIMIZE).top(9)
    monkeypatch.setattr(module, "CHUNK", chunk)
    for _ in range(3):
        board = board_of(plan, scores, status, False, random)
        assert repr(Groups(board, plan, Direction.MINIMIZE).top(9)) == repr(whole)


def test_groups_of_a_part_of_the_plan(plan_of) -> None:
    plan = plan_of("alpha=0.1,0.2,0.3", "seed=0..3")
    board = Scoreboard(RunRange(6, 11), Direction.MINIMIZE, top=1)
    board.add(rows_of(range(6, 11), [5.0, 6.0, 1.0, 2.0, 3.0]))
    rows = Groups(board, plan, Direction.MINIMIZE).top(5)
    assert [(row.example, row.runs, row.mean) for row in rows] == [(8, 3, 2.0), (6, 2, 5.5)]


def test_pairs_are_compared_only_where_every_repeat_is_in_both(plan_of) -> None:
    plan = plan_of("alpha=0.1,0.2", "seed=0..3")
    a, b = [1.0, 2.0, 3.0, 4.5], [1.5, 2.4, 3.6, 4.8]

    def p_of(scores) -> float:
        board = Scoreboard(RunRange(0, 8), Direction.MINIMIZE, top=1)
        board.add(rows_of(range(8), scores))
        return Groups(board, plan, Direction.MINIMIZE).top(2)[1].p

    paired, welch = paired_p(np.array(a), np.array(b)), welch_p(np.array(a), np.array(b))
    assert paired < 0.05 < welch
    assert p_of(a + b) == paired
    lost = [math.nan, *b[1:]]
    assert p_of(a + lost) == welch_p(np.array(a), np.array(b[1:]))
    # The same repeats are lost of both.
    both = p_of([math.nan, *a[1:], *lost])
    assert both == paired_p(np.array(a[1:]), np.array(b[1:]))
    # As many repeats of both, but others.
    assert p_of([*a[:3], math.nan, *lost]) == welch_p(np.array(a[:3]), np.array(b[1:]))


def test_repeats_that_come_twice_are_no_pairs(plan_of, tmp_path) -> None:
    table = tmp_path / "plan.csv"
    table.write_text("alpha,seed\n0.1,1\n0.1,1\n0.1,2\n0.2,1\n0.2,1\n0.2,2\n")
    plan = plan_of(plan=str(table))
    scores = [1.0, 1.2, 2.0, 1.1, 1.3, 2.4]
    board = Scoreboard(RunRange(0, 6), Direction.MINIMIZE, top=1)
    board.add(rows_of(range(6), scores))
    rows = Groups(board, plan, Direction.MINIMIZE).top(2)
    assert rows[1].p == welch_p(np.array(scores[:3]), np.array(scores[3:]))


def test_pairs_are_found_in_whatever_order_the_repeats_stand(plan_of, tmp_path) -> None:
    table = tmp_path / "plan.csv"
    table.write_text("alpha,seed\n0.1,1\n0.1,2\n0.1,3\n0.2,3\n0.2,1\n0.2,2\n")
    board = Scoreboard(RunRange(0, 6), Direction.MINIMIZE, top=1)
    board.add(rows_of(range(6), [1.0, 2.0, 4.0, 4.5, 1.3, 2.4]))
    rows = Groups(board, plan_of(plan=str(table)), Direction.MINIMIZE).top(2)
    assert rows[1].p == paired_p(np.array([1.0, 2.0, 4.0]), np.array([1.3, 2.4, 4.5]))


@pytest.mark.parametrize(
    ("axes", "grouped"),
    [
        (["alpha=1,2", "seed=1,2"], True),
        (["alpha=1,2", "start.x=0,1"], True),
        (["alpha=1,2", "start={x: 0},{x: 1}"], True),
        (["seed=1,2"], False),
        (["seed=1,2", "start.x=0,1"], False),
        (["alpha=1,2"], False),
    ],
)
def test_there_are_groups_where_something_is_repeated(plan_of, axes, grouped) -> None:
    plan = plan_of(*axes)
    assert is_grouped(plan) is grouped


def test_a_board_without_any_run_has_no_groups(plan_of) -> None:
    plan = plan_of("alpha=0.1,0.2", "seed=0..3")
    board = Scoreboard(RunRange(0, 8), Direction.MINIMIZE, top=1)
    assert Groups(board, plan, Direction.MINIMIZE).top(3) == []


def test_groups_that_were_made_come_before_those_that_were_not(plan_of) -> None:
    plan = plan_of("alpha=0.1,0.2,0.3", "seed=0,1")
    board = Scoreboard(RunRange(0, 6), Direction.MINIMIZE, top=1)
    board.add(rows_of([4, 5], [math.nan, math.nan], [DIVERGED, DIVERGED]))
    assert [row.example for row in Groups(board, plan, Direction.MINIMIZE).top(1)] == [4]


def test_a_group_without_scores_has_no_mean_and_no_sd(plan_of) -> None:
    plan = plan_of("alpha=0.1,0.2", "seed=0,1")
    board = Scoreboard(RunRange(0, 4), Direction.MAXIMIZE, top=1)
    board.add(rows_of(range(4), [math.nan, math.inf, 1.0, 3.0], [DIVERGED, DIVERGED, 0, 0]))
    best, none = Groups(board, plan, Direction.MAXIMIZE).top(2)
    assert (best.example, best.runs, best.mean, best.best, best.diverged) == (2, 2, 2.0, 3.0, 0.0)
    assert (none.example, none.runs, none.diverged) == (0, 2, 1.0)
    assert [math.isnan(v) for v in (none.mean, none.sd, none.best, none.p)] == [True] * 4


@pytest.mark.parametrize("scale", [1e200, 1e307])
def test_huge_scores_are_grouped_without_a_warning(plan_of, scale) -> None:
    plan = plan_of("alpha=0.1,0.2", "seed=0..3")
    board = Scoreboard(RunRange(0, 8), Direction.MINIMIZE, top=1)
    board.add(rows_of(range(8), np.array([1, 2, 3, 4, 3, 5, 4, 6.5]) * scale))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = Groups(board, plan, Direction.MINIMIZE).top(2)
    assert [row.example for row in rows] == [0, 4]
    assert rows[0].best == scale


def test_settings_that_miss_runs_come_after_all_that_are_complete(plan_of) -> None:
    plan = plan_of("alpha=0.1,0.2,0.3", "seed=0..3")
    board = Scoreboard(RunRange(0, 12), Direction.MINIMIZE, top=1)
    board.add(rows_of(range(4), [1.0, 2.0, 3.0, 4.0]))
    # One setting has its easiest run alone, and one all of its runs, with another mean.
    board.add(rows_of([5], [-9.0]))
    board.add(rows_of(range(8, 12), [0.0, math.nan, 0.0, 0.0]))
    rows = Groups(board, plan, Direction.MINIMIZE).top(3)
    assert [(row.parameters["alpha"], row.runs) for row in rows] == [(0.1, 4), (0.3, 4), (0.2, 1)]
