"""The coordinates that are pushed against bounds, of which there may be millions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.arrays import BoolArray


class Pushed(Mapping[str, str]):
    """`lower` or `upper` for each coordinate that is pushed, by name; names are made when read.

    `low` and `high` (dim,) say which are pushed against these bounds.
    """

    def __init__(self, names: Sequence[str], low: BoolArray, high: BoolArray) -> None:
        self._names = names
        self._places = np.flatnonzero(low | high)
        self._low = low[self._places]

    @cached_property
    def _by_name(self) -> dict[str, str]:
        ends = ("lower" if low else "upper" for low in self._low.tolist())
        return dict(zip(self, ends, strict=True))

    def counts(self) -> dict[str, int]:
        """Return how many coordinates are pushed against each end."""
        low = int(np.count_nonzero(self._low))
        return {"lower": low, "upper": len(self) - low}

    def __getitem__(self, name: str) -> str:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return (self._names[k] for k in self._places.tolist())

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(self._by_name)
