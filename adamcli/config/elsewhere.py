"""Keys of other programs, and what is written here in their place, with the value that was given.

A table has an entry for each of them: a function from a value, as it was written, to the keys that
say the same here, with their values. A value that cannot be taken over is replaced by an example.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from adamcli.config.keys import KEYS
from adamcli.config.ranges import NUMBER
from adamcli.objective.base import SCHEME_NAMES
from adamcli.optimizer.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    Taken: TypeAlias = Callable[[str], str]
    Meaning: TypeAlias = Callable[[str], dict[str, str]]

LONGEST = 60
"""Characters of a value that a hint repeats."""


def meant_by(name: str, value: str = "") -> dict[str, str]:
    """Return the keys that say here what `name` says elsewhere, with their values; none if unknown.

    `name` may go on after a dot, and may be a key of ours in another spelling, as `N-Iter` is.
    """
    root, _, rest = name.partition(".")
    found = _meaning(root)
    if found is None:
        return {}
    value = value.strip()
    fits = len(value) <= LONGEST and value.isprintable()
    keys = found(value if fits else "")
    return {f"{key}.{rest}" if rest else key: text for key, text in keys.items()}


def hint_for(name: str, value: str | None, equals: str) -> str:
    """Return a hint with what to write for a key of another program; empty if it is unknown.

    What is between a key and its value is `equals`. Without a value the hint has the keys alone.
    """
    found = meant_by(name, value or "")
    written = [key if value is None else f"{key}{equals}{text}" for key, text in found.items()]
    return f"write {' and '.join(written)}" if written else ""


def _meaning(name: str) -> Meaning | None:
    spelt = _spelling(name)
    if spelt in _ELSEWHERE:
        return _ELSEWHERE[spelt]
    ours = next((key for key in KEYS if _spelling(key) == spelt), None)
    return None if ours is None or ours == name else _key(ours, "")


def _spelling(name: str) -> str:
    """Return a name as it is compared: `maxIter`, `max-iter` and `MAX_ITER` are one."""
    return re.sub(r"[-_\s]", "", name).lower()


def _same(value: str) -> str:
    return value


def _key(key: str, example: str, taken: Taken = _same) -> Meaning:
    return lambda value: {key: taken(value) or example}


def _within(text: str) -> Taken:
    """Return what puts a number in place of the `{}` of a text."""
    return lambda value: text.replace("{}", value) if re.fullmatch(NUMBER, value) else ""


def _one_of(words: dict[str, str]) -> Taken:
    return lambda value: words.get(value.lower(), "")


def _braced(value: str) -> str:
    return value if value.startswith("{") else ""


def _point(value: str) -> str:
    return value if value[:1] in ("{", "[") else _within("{x: {}}")(value)


def _method(value: str) -> str:
    names = value.lower().split(",")
    return value.lower() if all(name.strip() in METHODS for name in names) else ""


def _betas(value: str) -> dict[str, str]:
    found = re.findall(NUMBER, value)
    return dict(
        zip(("beta1", "beta2"), found if len(found) == 2 else ("0.9", "0.999"), strict=True)
    )


def _way(true: str, false: str) -> Meaning:
    return _key("direction", true, _one_of({"true": true, "false": false}))


_MEANINGS: dict[tuple[str, ...], Meaning] = {
    ("lr", "learning_rate", "step_size", "rate", "eta"): _key("alpha", "0.01"),
    (
        *("max_iter", "iterations", "iter", "steps", "nit", "num_steps", "n_steps", "max_steps"),
        *("num_iter", "num_iterations", "max_iterations", "n_iterations"),
    ): _key("n_iter", "1000"),
    ("num_epochs", "n_epochs", "max_epochs"): _key("epochs", "10"),
    ("tol", "tolerance", "ftol", "gtol", "xtol", "atol", "rtol"): _key(
        "stop", "predicted_decrease < 1e-8", _within("predicted_decrease < {}")
    ),
    ("patience", "early_stopping"): _key("stop", "{patience: 100}", _within("{patience: {}}")),
    ("function", "fun", "f", "formula", "loss_function"): _key("objective", "x**2"),
    ("x0", "init", "initial", "guess", "p0"): _key("start", "{x: 0.5}", _point),
    ("epsilon",): _key("eps", "1e-8"),
    ("random_state", "random_seed", "rng"): _key("seed", "1"),
    ("optimizer", "optimiser", "algorithm", "solver"): _key("method", "adam", _method),
    ("batch_size", "batch", "minibatch_size"): _key(
        "batches", "{rows: [X, y], size: 32}", _within("{rows: [X, y], size: {}}")
    ),
    ("params", "parameters"): _key("constants", "{k: 2}", _braced),
    ("jac",): _key("gradient", "2-point", _one_of(SCHEME_NAMES)),
    ("wd",): _key("weight_decay", "0.01"),
    ("betas",): _betas,
    ("momentum",): lambda value: {"method": "momentum", "beta1": value or "0.9"},
    ("nesterov",): lambda value: {"method": "nesterov"},
    ("amsgrad",): lambda value: {"method": "amsgrad"},
    ("maximize", "maximise"): _way("maximize", "minimize"),
    ("minimize", "minimise"): _way("minimize", "maximize"),
    ("goal", "sense"): _key(
        "direction",
        "maximize",
        _one_of({"max": "maximize", "maximize": "maximize", "min": "minimize"}),
    ),
}

_ELSEWHERE = {_spelling(name): meaning for names, meaning in _MEANINGS.items() for name in names}
