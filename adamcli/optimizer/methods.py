"""The table of methods."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adamcli.optimizer.method import Method

METHODS = {
    "adam": "adam:Adam",
    "amsgrad": "amsgrad:AMSGrad",
    "nadam": "nadam:Nadam",
    "radam": "radam:RAdam",
    "adamax": "adamax:AdaMax",
    "sgd": "momentum:GradientDescent",
    "momentum": "momentum:Momentum",
    "nesterov": "momentum:Nesterov",
    "adagrad": "adagrad:AdaGrad",
    "rmsprop": "rmsprop:RMSProp",
}
"""The methods by name, each with its module and class; the first is the default."""

OPTIONS = ("eps_mode",)
"""The keys of all methods besides hyperparameters."""


def method_of(name: str) -> type[Method]:
    """Return the method of a name; only the module that it is in is imported."""
    module, _, found = METHODS[name].partition(":")
    method: type[Method] = getattr(import_module(f"adamcli.optimizer.{module}"), found)
    return method
