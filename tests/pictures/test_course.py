"""The course of a run is short however long the run, and loses no extreme score."""

import tracemalloc
from math import inf, isfinite, isnan, nan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.optimizer.result import Record
from adamcli.pictures import course
from adamcli.pictures.course import Course, Recorder

SCORES = st.one_of(st.floats(), st.sampled_from([nan, inf, -inf, 0.0, 1.7e308, -1.7e308]))


def records(scores, dim: int = 2):
    for t, score in enumerate(scores):
        yield Record(t, (float(t),) * dim, score, {"gradient_norm": 2.0 * t})


@given(st.lists(SCORES, max_size=300), st.integers(1, 80))
def test_no_extreme_score_is_lost(some, repeats: int) -> None:
    # Many steps from few scores: the wide range of lengths matters more than each of them.
    scores = (some * repeats)[:9000]
    found = Course.of(records(scores))
    finite = [score for score in scores if isfinite(score)]
    if not finite:
        assert np.isnan(found.low).all()
        assert np.isnan(found.high).all()
    else:
        assert np.nanmin(found.low) == min(finite)
        assert np.nanmax(found.high) == max(finite)
    assert (np.isnan(found.low) == np.isnan(found.high)).all()
    assert len(found.t) <= course.MOST + 1
    if scores:
        assert found.t[-1] == len(scores) - 1
        assert (np.diff(found.t) > 0).all()


@settings(max_examples=12)
@given(st.integers(1, 20_000), st.integers(0, 2**32 - 1))
def test_each_step_stands_for_those_up_to_the_next(count: int, seed: int) -> None:
    scores = np.random.default_rng(seed).standard_cauchy(count)
    found = Course.of(records(scores.tolist(), dim=1))
    assert np.array_equal(found.score, scores[found.t])
    assert np.array_equal(found.x[:, 0], found.t)
    assert np.array_equal(found.norm, 2.0 * found.t)
    for k, (first, end) in enumerate(zip(found.t, [*found.t[1:], count], strict=True)):
        own = scores[first:end]
        low, high = own.min(), own.max()
        if k == len(found.t) - 2 and (count - 1) % found.t[1]:
            # The last step is kept besides; the one before it stands for it as well.
            low, high = min(low, scores[-1]), max(high, scores[-1])
        assert found.low[k] == low
        assert found.high[k] == high


def test_many_coordinates_are_kept_for_fewer_steps() -> None:
    dim = 20_000
    x = tuple(np.zeros(dim).tolist())
    recorder = Recorder()
    for t in range(700):
        recorder.add(Record(t, x, float(t)))
    found = recorder.course("evaluation")
    assert found.x.shape == (len(found.t), dim)
    assert len(found.t) * dim <= 1.02 * course.MOST_NUMBERS
    assert found.t[-1] == 699
    assert found.unit == "evaluation"


def test_memory_does_not_grow_with_the_run() -> None:
    recorder = Recorder()
    tracemalloc.start()
    for record in records(np.arange(9000.0).tolist()):
        recorder.add(record)
    early = tracemalloc.get_traced_memory()[1]
    for t in range(9000, 50_000):
        recorder.add(Record(t, (0.0, 0.0), 0.0, {"gradient_norm": 0.0}))
    late = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert late < 1.5 * early


def test_nothing_is_known_of_no_steps() -> None:
    found = Course.of([])
    assert found.t.shape == found.score.shape == found.low.shape == found.norm.shape == (0,)
    assert found.x.shape == (0, 0)


def test_a_norm_that_was_not_asked_for_is_not_known() -> None:
    found = Course.of([Record(0, (1.0,), 2.0)])
    assert isnan(found.norm[0])
    assert (found.low[0], found.high[0]) == (2.0, 2.0)
