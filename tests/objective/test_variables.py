"""The names of coordinates are those of a list, but are written only when they are asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.objective.variables import Variables

SHAPES = st.lists(st.lists(st.integers(1, 4), max_size=3).map(tuple), min_size=1, max_size=5)


def listed(shapes) -> list[str]:
    return [
        f"v{n}" + (f"[{','.join(map(str, index))}]" if shape else "")
        for n, shape in enumerate(shapes)
        for index in np.ndindex(*shape)
    ]


@given(SHAPES)
def test_names_are_those_of_a_list(shapes) -> None:
    names = Variables([(f"v{n}", shape) for n, shape in enumerate(shapes)]).coordinate_names()
    expected = listed(shapes)
    assert [*names] == expected
    assert len(names) == len(expected)
    assert [names[k] for k in range(len(expected))] == expected
    assert names[-1] == expected[-1]
    assert names[1:7:2] == expected[1:7:2]
    assert names.index(expected[-1]) == len(expected) - 1
    assert names == expected
    assert names != [*expected, "more"]
    with pytest.raises(IndexError):
        names[len(expected)]


def test_millions_of_names_take_no_room_until_they_are_read() -> None:
    names = Variables([("w", (10**6, 10**6)), ("b", ())]).coordinate_names()
    assert names[123_456_789_012] == "w[123456,789012]"
    assert names[-1] == "b"
    assert len(names) == 10**12 + 1
