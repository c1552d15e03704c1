"""What the code of the user does wrong, as errors that say it: what it raises, what it returns.

Anything may be raised, and nothing that belongs to the user is certain to have a text.
"""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.diagnostics import readable
from adamcli.errors import AdamcliError, ObjectiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adamcli.arrays import Array


def failure(error: BaseException, point: Array, name: str) -> ObjectiveError:
    """Return what the user should know of an error in a function: where, and its frames.

    Raises the error itself if it is Ctrl-C.
    """
    shown = ", ".join(map(repr, point.tolist()))
    return ObjectiveError(
        f"the {name} raised {said_of(error)}\n  at x = [{shown}]{_own_frames(error)}"
    )


def said_of(error: BaseException) -> str:
    """Return the type and the text of an error; raises the error itself if it is Ctrl-C."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    return f"{type(error).__name__}: {_text(str, error)}"


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what the result of a function raises while it is read into an `ObjectiveError`."""
    try:
        yield
    except AdamcliError:
        raise
    except BaseException as error:
        reason = f"cannot be read as numbers: {said_of(error)}"
        raise ObjectiveError(f"the {name} returned what {reason}") from error


def array_of(value: Any, name: str) -> Array:
    """Return the result of a function as an array; raises `ObjectiveError`."""
    with reading(name):
        try:
            return np.asarray(value)
        except ValueError:
            message = f"the {name} returned lists that are no array of numbers"
            raise ObjectiveError(message) from None


def unexpected(name: str, value: Array, expected: str) -> ObjectiveError:
    """Return the error that a function returned something else than was expected."""
    found = f"an array of shape {value.shape}"
    if value.size == 1:
        found = f"{_text(repr, value.reshape(-1)[0])} ({value.dtype})"
    return ObjectiveError(f"the {name} returned {found}, expected {expected}")


def _text(make: Callable[[Any], str], value: Any) -> str:
    """Return the text of something, in the words of Python if it has none."""
    try:
        return readable(make(value))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"<{type(value).__name__} {make.__name__}() failed>"


def _own_frames(error: BaseException) -> str:
    """Return the part of the traceback that lies in the user's code, indented."""
    frames = traceback.extract_tb(error.__traceback__)
    package = __file__.rsplit("objective", 1)[0]
    own = [frame for frame in frames if not frame.filename.startswith(package)]
    return "".join("\n  " + line.rstrip() for line in traceback.format_list(own))
