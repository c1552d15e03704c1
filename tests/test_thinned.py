"""A thinned list is short, even, keeps the last entry, and hands on all that it drops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.thinned import Thinned


def filled(count: int, most: int, absorb=None) -> Thinned:
    found = Thinned(most, absorb)
    for k in range(count):
        standing = found.add(lambda k=k: [k])
        if absorb is not None and standing[0] != k:
            absorb(standing, [k])
    return found


@given(st.integers(0, 3000), st.integers(2, 70))
def test_what_is_kept_is_even_and_ends_with_the_last(count: int, most: int) -> None:
    kept = [entry[0] for entry in filled(count, most).entries()]
    if count <= most:
        assert kept == list(range(count))
        return
    stride = kept[1]
    assert stride & (stride - 1) == 0, "a power of two"
    assert kept[-1] == count - 1
    assert kept[:-1] == list(range(0, count - 1, stride))[: len(kept) - 1]
    # More than half of what there is room for is used, and one more for the last.
    assert most / 2 <= len(kept) <= most + 1


@given(st.integers(1, 3000), st.integers(2, 70))
def test_an_entry_stands_for_all_up_to_the_next(count: int, most: int) -> None:
    found = filled(count, most, lambda kept, dropped: kept.extend(dropped))
    entries = found.entries()
    starts = [entry[0] for entry in entries]
    for entry, end in zip(entries[:-1], starts[1:], strict=True):
        # The last entry is also among those that the one before it stands for.
        assert sorted(set(entry)) == list(range(entry[0], max(end, max(entry) + 1)))
        assert max(entry) <= end
    assert sorted({k for entry in entries for k in entry}) == list(range(count))


@pytest.mark.parametrize("count", [10**5])
def test_memory_is_bounded(count: int) -> None:
    found: Thinned[int] = Thinned(64)
    longest = 0
    for k in range(count):
        found.add(lambda k=k: k)
        longest = max(longest, len(found.entries()))
    assert longest <= 65
