"""A list that stays short however much is added: when it is full, every other entry goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Thinned(Generic[T]):
    """Entries evenly spread over all that were added, at most `most` of them and always the last.

    Entries are made only if they are kept, which most are not. One that is dropped later is given
    to `absorb`, with the kept one before it.
    """

    def __init__(self, most: int, absorb: Callable[[T, T], object] | None = None) -> None:
        self._most, self._absorb = max(2, most), absorb
        self._kept: list[T] = []
        self._stride, self._due = 1, 0
        self._last: Callable[[], T] | None = None

    def add(self, make: Callable[[], T]) -> T:
        """Add the entry that `make` returns, and return the kept one that stands for it.

        The last entry is made when it is asked for.
        """
        if not self._due and len(self._kept) == self._most:
            self._halve()
        if self._due:
            self._last = make
        else:
            self._kept.append(make())
            self._last = None
            self._due = self._stride
        self._due -= 1
        return self._kept[-1]

    def entries(self) -> list[T]:
        """Return what is kept, in order."""
        return [*self._kept, *([] if self._last is None else [self._last()])]

    def _halve(self) -> None:
        if self._absorb is not None:
            for kept, dropped in zip(self._kept[::2], self._kept[1::2], strict=False):
                self._absorb(kept, dropped)
        odd = len(self._kept) % 2
        del self._kept[1::2]
        # After an odd number the next entry is the one to be dropped.
        self._due = self._stride if odd else 0
        self._stride *= 2
