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

    `hyperparameters` names those it uses, besides `weight_decay`, which the loop applies. `options`
    maps its other keys to their words, the default first. `states` maps the arrays it keeps between
    steps, each in the shape of x, to descriptions; the last `watched` of them may stop being finite
    while x and the gradient are still finite. `scratch` counts the further arrays of that shape it
    needs within a step.
    `paced` says whether no coordinate goes much further than alpha in a step, whatever its slope.
    """

    hyperparameters: ClassVar[tuple[str, ...]]
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    states: ClassVar[Mapping[str, str]] = {}
    watched: ClassVar[int] = 0
    scratch: ClassVar[int] = 0
    paced: ClassVar[bool] = True

    def __init__(self, **options: str) -> None:
        self.chosen = {name: choices[0] for name, choices in self.options.items()} | options
        for name, choices in self.options.items():
            found = self.chosen[name]
            if found not in choices:
                raise UsageError(f"{name}: expected one of {', '.join(choices)}, found {found!r}")

    @classmethod
    def uses(cls) -> tuple[str, ...]:
        """Return the keys of a config that it uses."""
        return (*cls.hyperparameters, "weight_decay", *cls.options)

    def decay_rates(self, t: Any, beta1: Any, beta2: Any) -> tuple[Any, Any]:
        """Return the rates at steps `t` whose products over all steps `coefficients` gets."""
        return beta1, beta2

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the arguments of the update at the steps of `rates`, each in their shape."""
        raise NotImplementedError

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return the states as people look at them, by symbol, after the step of `rates`.

        `states` is (states, dim), and each in the result (dim,).
        """
        return dict(zip(self.states, states, strict=True))

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., object]:
        """Return the update in place, called with the coefficients of one step.

        A coefficient is () or (runs,), or (dim, 1) or (dim, runs) where coordinates differ.
        `x` (dim, runs) holds the points. `states` (states, dim, runs) belongs to the method, and is
        zero before the first step. `samples` (1 + scratch, dim, runs) begins with the gradient of
        what is minimised; all of it may be overwritten.
        """
        raise NotImplementedError
