"""The operations of the formula language: each is one NumPy call that writes into a buffer.

All kernels work element by element, so that a run has the same bits alone and in a batch.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array


CONSTANTS = {"pi": float(np.pi), "π": float(np.pi), "e": float(np.e)}

_ZERO, _ONE = np.array(0.0), np.array(1.0)


def _no_kernel(*_: Array) -> None:
    raise AssertionError("an operation with `emit` or `view` has no kernel")


class Operation(NamedTuple):
    """A primitive of the language.

    An operation that works entry by entry has a `kernel`, called as `kernel(*arguments, out)`. One
    that needs several calls has `emit`, which returns them for given arguments and `out`. One that
    only rearranges its argument has a `view`. `params` distinguishes operations of one name.

    `condition` says that the result is true or false; `in_place` that `out` may be one of the
    arguments. `complex_kernel` replaces a kernel that is not analytic or takes no complex numbers;
    complex-step differences use it.
    """

    name: str
    arity: int
    kernel: Callable[..., object] = _no_kernel
    condition: bool = False
    in_place: bool = True
    complex_kernel: Callable[..., object] | None = None
    params: tuple[Any, ...] = ()
    emit: Callable[[Sequence[Array], Array], list[Callable[[], object]]] | None = None
    view: Callable[[Array], Array] | None = None

    def calls(self, args: Sequence[Array], out: Array, dtype: type) -> list[Callable[[], object]]:
        """Return the calls that compute the operation from `args` into `out`."""
        if self.emit is not None:
            return self.emit(args, out)
        kernel = self.kernel
        if dtype is np.complex128 and self.complex_kernel is not None:
            kernel = self.complex_kernel
        return [partial(kernel, *args, out)]


NO_OPERATION = Operation("", 0)
"""What variables and constants have instead of an operation."""


# NumPy deprecates `out` as a positional argument of `minimum` and `maximum`, and of these alone.
def _minimum(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)


def _maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)


def _power(a: Array, b: Array, out: Array) -> None:
    np.power(a, b, out)
    if b.ndim == 0:
        return
    # NumPy takes a shortcut for these exponents if there is only one, as in a single run.
    for exponent, exact in ((2.0, np.square), (0.5, np.sqrt), (-1.0, np.reciprocal)):
        chosen = np.equal(b, exponent)
        if chosen.any():
            exact(a, out=out, where=chosen)


def _relu(x: Array, out: Array) -> None:
    np.maximum(x, _ZERO, out=out)


_LONG = 4096
"""From so many entries on, a condition that chance decides is faster as bits than as a mask."""


def _where(condition: Array, a: Array, b: Array, out: Array) -> None:
    if out.size >= _LONG and b.ndim == 0 and out.dtype == float == a.dtype and not b.view(np.int64):
        bits = out.view(np.int64)
        np.negative(condition.view(np.int8), bits, dtype=np.int64)
        np.bitwise_and(a.view(np.int64), bits, bits)
        return
    np.copyto(out, b)
    np.copyto(out, a, where=condition)


def _sigmoid(x: Array, out: Array) -> None:
    # exp(-x) overflows to inf for x < -709, and 1 / inf is 0, as it should be.
    np.negative(x, out)
    np.exp(out, out)
    np.add(out, _ONE, out)
    np.divide(_ONE, out, out)


def _complex_sigmoid(x: Array, out: Array) -> None:
    value, rest = 1 / (1 + np.exp(-x.real)), 1 / (1 + np.exp(x.real))
    np.copyto(out, value + 1j * x.imag * value * rest)


def _complex_abs(x: Array, out: Array) -> None:
    np.copyto(out, np.where(x.real < 0, -x, x))


def _complex_cbrt(x: Array, out: Array) -> None:
    root = np.cbrt(x.real)
    np.copyto(out, root + 1j * x.imag / (3 * root * root))


def _complex_arctan2(y: Array, x: Array, out: Array) -> None:
    size = np.hypot(x.real, y.real)
    slope = (x.real / size * y.imag - y.real / size * x.imag) / size
    np.copyto(out, np.arctan2(y.real, x.real) + 1j * slope)


def _complex_logaddexp(a: Array, b: Array, out: Array) -> None:
    larger = np.where(a.real >= b.real, a, b)
    smaller = np.where(a.real >= b.real, b, a)
    np.copyto(out, larger + np.log1p(np.exp(smaller - larger)))


# Most formulas need none of the special functions, which take a millisecond to import.
def _special(name: str, x: Array, out: Array) -> None:
    from adamcli.objective import special

    np.copyto(out, getattr(special, name)(x))


def _complex_erf(x: Array, out: Array) -> None:
    from adamcli.objective.special import erf

    slope = 2 / np.sqrt(np.pi) * np.exp(-x.real * x.real)
    np.copyto(out, erf(x.real) + 1j * x.imag * slope)


def _complex_lgamma(x: Array, out: Array) -> None:
    from adamcli.objective.special import digamma, lgamma

    np.copyto(out, lgamma(x.real) + 1j * x.imag * digamma(x.real))


def _on_real_part(kernel: Callable[[Array], Array], x: Array, out: Array) -> None:
    np.copyto(out, kernel(x.real))


_UNARY = (
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
    "exp expm1 log log1p log2 log10 sqrt square negative"
)
_BINARY = "add subtract multiply divide"
_CONDITIONS = "less less_equal greater greater_equal equal not_equal logical_and logical_or"

_SPECIAL = (
    Operation("abs", 1, np.abs, complex_kernel=_complex_abs),
    Operation("sign", 1, np.sign, complex_kernel=partial(_on_real_part, np.sign)),
    Operation("floor", 1, np.floor, complex_kernel=partial(_on_real_part, np.floor)),
    Operation("ceil", 1, np.ceil, complex_kernel=partial(_on_real_part, np.ceil)),
    Operation("length", 1, np.sqrt),
    Operation("cbrt", 1, np.cbrt, complex_kernel=_complex_cbrt),
    Operation("arctan2", 2, np.arctan2, complex_kernel=_complex_arctan2),
    Operation("logaddexp", 2, np.logaddexp, complex_kernel=_complex_logaddexp),
    Operation("minimum", 2, _minimum),
    Operation("maximum", 2, _maximum),
    Operation("relu", 1, _relu),
    Operation("power", 2, _power, in_place=False, complex_kernel=np.power),
    Operation("where", 3, _where, in_place=False),
    Operation("sigmoid", 1, _sigmoid, complex_kernel=_complex_sigmoid),
    Operation("erf", 1, partial(_special, "erf"), complex_kernel=_complex_erf),
    Operation("lgamma", 1, partial(_special, "lgamma"), complex_kernel=_complex_lgamma),
    Operation("digamma", 1, partial(_special, "digamma")),
    Operation("logical_not", 1, np.logical_not, condition=True),
)

OPERATIONS: dict[str, Operation] = {
    **{name: Operation(name, 1, getattr(np, name)) for name in _UNARY.split()},
    **{name: Operation(name, 2, getattr(np, name)) for name in _BINARY.split()},
    **{name: Operation(name, 2, getattr(np, name), condition=True) for name in _CONDITIONS.split()},
    **{operation.name: operation for operation in _SPECIAL},
}
"""Every primitive by name."""

_ARC_FUNCTIONS = "sin cos tan tan2 sinh cosh tanh"
ALIASES = {f"a{name}": f"arc{name}" for name in _ARC_FUNCTIONS.split()}
"""Short names that users may type, with the primitives they stand for."""

COMPOSITES = {"softplus": 1, "clip": 3}
"""Functions that `graph` expresses by primitives, with their number of arguments."""

_REDUCTIONS = "sum prod min max mean var std norm logsumexp softmax cumsum"
WITH_AXIS = frozenset([*_REDUCTIONS.split(), "argmax", "argmin", "take", "concat", "stack"])
"""Functions of whole arrays that take `axis=`; they are in `arrays` and `rearranging`."""

WITH_TUPLE = frozenset({"reshape", "zeros", "ones", "concat", "stack"})
"""Functions of any number of arguments, which may stand in a tuple, as in NumPy."""

WHOLE: dict[str, int | tuple[int, int]] = {
    **dict.fromkeys(WITH_AXIS, 1),
    "dot": 2,
    "transpose": 1,
    "outer": 2,
    "take": 2,
    "onehot": 2,
    "reshape": (2, 9),
    "concat": (1, 1000),
    "stack": (1, 1000),
    "len": 1,
    "arange": 1,
    "zeros": (1, 8),
    "ones": (1, 8),
}
"""Functions of whole arrays, with their number of arguments."""

_NOT_CALLABLE = {"negative", "add", "subtract", "multiply", "divide", "power", "length", "digamma"}

ARITY: dict[str, int | tuple[int, int]] = {
    **{
        name: operation.arity
        for name, operation in OPERATIONS.items()
        if not operation.condition and name not in _NOT_CALLABLE
    },
    **COMPOSITES,
    **WHOLE,
    **{alias: OPERATIONS[name].arity for alias, name in ALIASES.items()},
}
"""The functions a formula may call, by the name users type, with their number of arguments."""
