"""The keys `model`, `sigma` and `loss`: what is fitted to data, and how it is judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adamcli.config.document import Scalar
from adamcli.config.objectives import FormulaReader
from adamcli.objective.losses import RHO, Loss
from adamcli.objective.model import parse_model

if TYPE_CHECKING:
    from adamcli.config.bounds import Domain
    from adamcli.objective.base import Specification
    from adamcli.objective.model import Model

LOSSES = tuple(name if name == "linear" else f"{name}(d)" for name in RHO)


class ModelReader(FormulaReader):
    """Reads a model of data, whose objective is the sum of its losses."""

    def _read(self) -> None:
        keys = self._keys
        node, objective = keys.nodes["model"], keys.nodes.get("objective")
        if objective is not None:
            message = "a config has an `objective` or a `model`, found both"
            keys.problems.add(message, objective.span, "remove one of them")
        scalar = keys.text(node, "model", "what was measured and a formula: y ~ a*x + c")
        self._formula = None if scalar is None else self._model(scalar)

    def _model(self, scalar: Scalar) -> Model | None:
        sigma, loss = self._keys.nodes.get("sigma"), self._loss()
        known = None if sigma is None else self._keys.formula(sigma, "sigma", number=True)
        model = self._keys.attempt(parse_model, scalar.excerpt())
        # Where sigma or the loss is wrong, the model is checked all the same.
        return None if model is None else model._replace(sigma=known, loss=loss or Loss())

    def _loss(self) -> Loss | None:
        """Return the loss, the square unless given; a scale that is left out is 1."""
        node = self._keys.nodes.get("loss")
        if node is None:
            return Loss()
        found = _LOSS.fullmatch(node.text) if isinstance(node, Scalar) else None
        if found is None or found[1] not in RHO or (found[1] == "linear" and found[2]):
            hint = "d is the residual up to which it is the square: huber(1.5)"
            self._keys.wrong("loss", f"one of {', '.join(LOSSES)}", node, hint)
            return None
        try:
            scale = float(found[2] or 1.0)
        except ValueError:
            scale = 0.0
        if not 0.0 < scale < float("inf"):
            self._keys.wrong("loss", f"a positive number in {found[1]}(d)", node)
            return None
        return Loss(found[1], scale)

    def specification(self, domain: Domain | None, sign: float) -> Specification | None:
        """Return the compiled model with its gradient; None if something is wrong."""
        if sign < 0:
            message = "direction: a model is fitted by minimising, found maximize"
            self._keys.problems.add(message, self._keys.nodes["direction"].span)
        return super().specification(domain, sign)


_LOSS = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*")
