"""What all readers of objectives have in common; there is one for each kind of objective."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.config.bounds import Domain
    from adamcli.config.data import Named
    from adamcli.config.values import KeyReader
    from adamcli.objective.base import Specification
    from adamcli.objective.standard import StandardFunction


class ObjectiveReader:
    """Reads the keys `objective` and `gradient`.

    `own_gradient` describes a gradient of the same kind. `needs_bounds` says whether the config
    must give bounds; `standard` is the test function that the objective names.
    """

    own_gradient: ClassVar[str]
    needs_bounds = True
    standard: StandardFunction | None = None

    def __init__(self, keys: KeyReader, named: Named) -> None:
        self._keys = keys
        self._named = named
        self._read()

    def free_names(self) -> dict[str, bool] | None:
        """Return the names left to the bounds, each with whether it is indexed; None if unknown."""
        return None

    def specification(self, domain: Domain | None, sign: float) -> Specification | None:
        """Return the objective with its gradient; None if something is wrong, which is noted.

        `sign` is 1 to minimise and -1 to maximise.
        """
        raise NotImplementedError

    @classmethod
    def moved(cls, key: str, value: dict[str, Any], folder: Path, target: Path) -> dict[str, Any]:
        """Return the `value` of `key`, with paths relative to `folder`, for a config in `target`.

        Raises `UsageError` for a file that a config there cannot name.
        """
        return value

    def _read(self) -> None:
        """Read the key `objective`."""
        raise NotImplementedError
