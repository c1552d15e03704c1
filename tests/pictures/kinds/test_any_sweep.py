"""Whatever a sweep holds, each kind has a picture of it or a reason why not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.subject import Wish
from tests.pictures.kinds.grids import check, subject, table

KEYS = st.sampled_from(
    ["alpha", "$β_1<&>", "constants.a_very_long_name_of_a_constant", "b", "n", "m"]
)

LEVELS = st.one_of(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    st.lists(st.integers(-5, 10**6), min_size=1, max_size=60),
    st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=60),
)

SCORES = st.one_of(
    st.floats(), st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1.7e308, -1.7e308]), st.floats(1e-9, 1e9)
)


@st.composite
def tables(draw):
    runs = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    columns = {}
    for key in draw(st.lists(KEYS, unique=True, max_size=4)):
        levels = draw(LEVELS)
        columns[key] = [levels[k] for k in random.integers(0, len(levels), runs)]
    if draw(st.booleans()):
        columns["seed"] = random.integers(0, 5, runs).tolist()
    some = draw(st.lists(SCORES, min_size=1, max_size=12))
    score = [some[k] for k in random.integers(0, len(some), runs)]
    return table(columns, score, runs + draw(st.integers(0, 1000)))


@given(tables(), st.sampled_from(Direction))
def test_any_sweep_has_pictures_or_reasons(found, direction) -> None:
    one = subject(found, direction)
    for name in ("heatmap", "repeats", "slices", "parallel", "importance"):
        kind = KINDS[name]
        assert kind.suits(one) in (True, False)
        reason = kind.lacks(one, Wish())
        if reason:
            assert reason.startswith("needs ")
            continue
        picture = kind.draw([one], Wish())
        assert picture.kind == name
        check(picture)
