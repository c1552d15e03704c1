"""What the loop expects of a method, which turns gradients into steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class Method:
    """A method is a subclass and an entry of `METHODS`.

    `hyperparameters` names those it uses. `options` maps its other keys to their words, the default
    first. `states` maps the arrays it keeps between steps, each in the shape of x, to descriptions;
    the last `watched` of them may stop being finite while x and the gradient are still finite.
    `scratch` counts the further arrays of that shape it needs within a step.
    """

    hyperparameters: ClassVar[tuple[str, ...]]
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    states: ClassVar[Mapping[str, str]] = {}
    watched: ClassVar[int] = 0
    scratch: ClassVar[int] = 0

    def __init__(self, **options: str) -> None:
        self.chosen = {name: choices[0] for name, choices in self.options.items()} | options
        for name, choices in self.options.items():
            found = self.chosen[name]
            if found not in choices:
                raise UsageError(f"{name}: expected one of {', '.join(choices)}, found {found!r}")

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the arguments of the update at the steps of `rates`, each in their shape."""
        raise NotImplementedError

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., object]:
        """Return the update in place, called with the coefficients of one step: () or (runs,).

        `x` (dim, runs) holds the points. `states` (states, dim, runs) starts at zero and belongs to
        the method. `samples` (1 + scratch, dim, runs) begins with the gradient of what is
        minimised; all of it may be overwritten.
        """
        raise NotImplementedError
