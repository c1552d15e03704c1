"""What the loop asks of a method: how gradients become steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class Arrays(NamedTuple):
    """What a method works on, for a block of runs.

    `x` (dim, runs) are the points. `states` (states, dim, runs) is zero at the start and the
    method's own. `samples` (1 + scratch, dim, runs) begins with the gradient of what is minimised;
    all of it may be overwritten, for it is made anew after the step.
    """

    x: FloatArray
    states: FloatArray
    samples: FloatArray


class Method:
    """A way of making steps of gradients. A subclass is a method, and an entry of `METHODS`.

    `hyperparameters` are the names of those it uses, and `options` the words it takes for others of
    its keys, the default first. `states` names the arrays in the shape of x that it keeps from step
    to step, each with what it is; the last `watched` of them may stop being finite while x and the
    gradient are. `scratch` is how many more arrays in that shape it needs within a step.
    """

    hyperparameters: ClassVar[tuple[str, ...]]
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    states: ClassVar[Mapping[str, str]] = {}
    watched: ClassVar[int] = 0
    scratch: ClassVar[int] = 0

    def __init__(self, **options: str) -> None:
        self.chosen = {name: choices[0] for name, choices in self.options.items()} | options
        for name, choices in self.options.items():
            if self.chosen[name] not in choices:
                found = f"expected one of {', '.join(choices)}, found {self.chosen[name]!r}"
                raise UsageError(f"{name}: {found}")

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the numbers that the update takes at the steps of `rates`, each in their shape."""
        raise NotImplementedError

    def bind(self, arrays: Arrays, settings: Hyperparameters) -> Callable[..., object]:
        """Return the update, in place: it is called with the coefficients of one step.

        Those are arrays without axes, or of shape (runs,).
        """
        raise NotImplementedError
