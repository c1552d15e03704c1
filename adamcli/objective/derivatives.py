"""Exact gradients by reverse accumulation (Linnainmaa 1970; Griewank and Walther 2008, ch. 3).

`RULES` has one line per operation: for each argument, the derivative of the result times `d`, the
derivative of the formula with respect to the result `y`. The operations in `PIECEWISE_CONSTANT`
have derivative 0 wherever they have one. Every primitive of `functions` is in exactly one of the
two, but for `digamma`, which occurs in gradients only.

At points where no derivative exists the choice is: `abs` and `relu` have 0 at 0; `minimum` and
`maximum` give each argument half at a tie, `min` and `max` equal shares to the entries that tie;
0**p has 0 at p = 0 if its base is constant. A branch that was not taken contributes exactly 0, even
if it is NaN there; one that was is NaN where 0 meets an infinite slope.
"""

from __future__ import annotations

from functools import partial, reduce
from math import inf
from operator import add
from typing import TYPE_CHECKING, TypeAlias

from adamcli.objective import arrays, products
from adamcli.objective.arrays import entry, expand, spread
from adamcli.objective.branches import through, union
from adamcli.objective.functions import OPERATIONS
from adamcli.objective.graph import agreed
from adamcli.objective.rearranging import joined_parts, reshape, scatter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.objective.arrays import Key
    from adamcli.objective.branches import Mask
    from adamcli.objective.graph import Graph, Node

    Rule: TypeAlias = Callable[..., Node]
    Terms: TypeAlias = "list[tuple[Key | None, Node]]"
    Reached: TypeAlias = "list[tuple[Key | None, Mask]]"


def _const(node: Node, value: float) -> Node:
    return node.graph.constant(value)


def _fn(name: str, *args: Node) -> Node:
    return args[0].graph.apply(name, *args)


def _sq(node: Node) -> Node:
    return _fn("square", node)


def _one(node: Node) -> Node:
    return _const(node, 1.0)


def _if(condition: Node, d: Node) -> Node:
    return _fn("where", condition, d, _const(d, 0.0))


def _chosen(is_chosen: Node, a: Node, b: Node, d: Node) -> Node:
    return _fn("where", _fn("equal", a, b), d * _const(d, 0.5), _if(is_chosen, d))


def _power_base(d: Node, y: Node, x: Node, p: Node) -> Node:
    slope = p * _fn("power", x, p - _one(p))
    if p.value is None or not p.value.all():
        # x**0 is constant even at x = 0, where the other factor is infinite.
        slope = _if(_fn("not_equal", p, _const(p, 0.0)), slope)
    return d * slope


def _power_exponent(d: Node, y: Node, x: Node, p: Node) -> Node:
    # The derivative of 0**p by p > 0 is 0, where y * log(x) would be 0 * -inf.
    at_zero = _fn("equal", x, _const(x, 0.0))
    slope = _fn("log", _fn("where", at_zero, _one(x), x))
    if x.varies:
        # At p = 0, 0**p is a step, as sign; but x**x is steep there, not constant.
        slope = _fn("where", _fn("logical_and", at_zero, y), _const(x, -inf), slope)
    return d * y * slope


LN_2 = 0.6931471805599453
LN_10 = 2.302585092994046
TWO_OVER_ROOT_PI = 1.1283791670955126


HUGE, TINY = 2.0**500, 2.0**-500
"""Beyond these, squares come near the ends of the range; scaled by `DOWN` and `UP` they do not."""

DOWN, UP = 2.0**-700, 2.0**700


def _arcsinh(d: Node, y: Node, x: Node) -> Node:
    # The root is at most abs(x) + 1, and abs(x) to the last digit where the square overflows.
    return d / _fn("minimum", _fn("sqrt", _one(x) + _sq(x)), _fn("abs", x) + _one(x))


def _arccosh(d: Node, y: Node, x: Node) -> Node:
    return d / _fn("minimum", _fn("sqrt", (x - _one(x)) * (x + _one(x))), x)


def _turn(d: Node, side: Node, a: Node, b: Node) -> Node:
    """Return `d * side / (a**2 + b**2)`, where `side` is `a` or `b`."""
    # Powers of two change no digit.
    size = _fn("maximum", _fn("abs", a), _fn("abs", b))
    is_tiny, is_huge = _fn("less", size, _const(a, TINY)), _fn("greater", size, _const(a, HUGE))
    scale = _fn("where", is_huge, _const(a, DOWN), _one(a))
    scale = _fn("where", is_tiny, _const(a, UP), scale)
    return d * (side * scale) / (_sq(a * scale) + _sq(b * scale)) * scale


def _reduced(d: Node, y: Node, x: Node) -> Node:
    """Return the derivative of a reduction, which repeats along the reduced axis."""
    return d if d.is_number else expand(spread(d, y.shape), y.operation.params[0])


def _share(d: Node, y: Node, x: Node) -> Node:
    # Entries that tie for the smallest or largest share the derivative.
    return _ties(y) * _reduced(d / arrays.reduce("sum", _ties(y), y.operation.params[0]), y, x)


def _ties(y: Node) -> Node:
    """Return which entries tie for a smallest or largest one: 1, or how many do so for each."""
    (x,) = y.args
    is_tie = _fn("equal", x, expand(y, y.operation.params[0]))
    return _if(is_tie, _tied(y.operation.name, x) or _one(x))


def _tied(name: str, x: Node) -> Node | None:
    """Return how many entries tie for each of `x`, None if these are not found by `name`.

    The largest entry of a matrix is found along one axis after the other.
    """
    if x.operation.name == name:
        return arrays.reduce("sum", _ties(x), x.operation.params[0])
    inner = _tied(name, x.args[0]) if x.operation.name == "entry" else None
    return inner and entry(inner, arrays.key_of(x))


def _reverse(x: Node, axis: int) -> Node:
    return entry(x, (slice(None),) * axis + (slice(None, None, -1),))


def _cumsum(d: Node, y: Node, x: Node) -> Node:
    axis, d = y.operation.params[0], spread(d, y.shape)
    return _reverse(arrays.cumsum(_reverse(d, axis), axis), axis)


def _scattered(d: Node, y: Node, x: Node, indices: Node) -> Node:
    return scatter(spread(d, y.shape), indices, x.shape, y.operation.params[0])


def _squeezed(d: Node, y: Node, x: Node) -> Node:
    return entry(spread(d, y.shape), (slice(None),) * y.operation.params[0] + (0,))


RULES: dict[str, tuple[Rule | None, ...]] = {
    "add": (lambda d, y, a, b: d, lambda d, y, a, b: d),
    "subtract": (lambda d, y, a, b: d, lambda d, y, a, b: -d),
    "multiply": (lambda d, y, a, b: d * b, lambda d, y, a, b: d * a),
    "divide": (lambda d, y, a, b: d / b, lambda d, y, a, b: -(d * y / b)),
    "power": (_power_base, _power_exponent),
    "negative": (lambda d, y, x: -d,),
    "square": (lambda d, y, x: d * (_const(x, 2.0) * x),),
    "sqrt": (lambda d, y, x: d * (_const(x, 0.5) / y),),
    "cbrt": (lambda d, y, x: d / (_const(x, 3.0) * _sq(y)),),
    "abs": (lambda d, y, x: d * _fn("sign", x),),
    "exp": (lambda d, y, x: d * y,),
    "expm1": (lambda d, y, x: d * _fn("exp", x),),
    "log": (lambda d, y, x: d / x,),
    "log1p": (lambda d, y, x: d / (_one(x) + x),),
    "log2": (lambda d, y, x: d / (x * _const(x, LN_2)),),
    "log10": (lambda d, y, x: d / (x * _const(x, LN_10)),),
    "sin": (lambda d, y, x: d * _fn("cos", x),),
    "cos": (lambda d, y, x: -(d * _fn("sin", x)),),
    "tan": (lambda d, y, x: d * (_one(x) + _sq(y)),),
    "arcsin": (lambda d, y, x: d / _fn("sqrt", (_one(x) - x) * (_one(x) + x)),),
    "arccos": (lambda d, y, x: -(d / _fn("sqrt", (_one(x) - x) * (_one(x) + x))),),
    "arctan": (lambda d, y, x: d / (_one(x) + _sq(x)),),
    "arctan2": (lambda d, y, a, b: _turn(d, b, a, b), lambda d, y, a, b: -_turn(d, a, a, b)),
    "sinh": (lambda d, y, x: d * _fn("cosh", x),),
    "cosh": (lambda d, y, x: d * _fn("sinh", x),),
    "tanh": (lambda d, y, x: d / _sq(_fn("cosh", x)),),
    "arcsinh": (_arcsinh,),
    "arccosh": (_arccosh,),
    "arctanh": (lambda d, y, x: d / ((_one(x) - x) * (_one(x) + x)),),
    "sigmoid": (lambda d, y, x: d * (y * _fn("sigmoid", -x)),),
    "erf": (lambda d, y, x: d * (_const(x, TWO_OVER_ROOT_PI) * _fn("exp", -_sq(x))),),
    "lgamma": (lambda d, y, x: d * _fn("digamma", x),),
    "logaddexp": (
        lambda d, y, a, b: d * _fn("sigmoid", a - b),
        lambda d, y, a, b: d * _fn("sigmoid", b - a),
    ),
    "relu": (lambda d, y, x: _if(_fn("greater", x, _const(x, 0.0)), d),),
    "minimum": (
        lambda d, y, a, b: _chosen(_fn("less", a, b), a, b, d),
        lambda d, y, a, b: _chosen(_fn("less", b, a), a, b, d),
    ),
    "maximum": (
        lambda d, y, a, b: _chosen(_fn("greater", a, b), a, b, d),
        lambda d, y, a, b: _chosen(_fn("greater", b, a), a, b, d),
    ),
    "where": (
        None,
        lambda d, y, c, a, b: _if(c, d),
        lambda d, y, c, a, b: _fn("where", c, _const(d, 0.0), d),
    ),
    "length": (lambda d, y, x: _if(_fn("not_equal", y, _const(y, 0.0)), d * (_const(x, 0.5) / y)),),
    "sum": (_reduced,),
    "prod": (lambda d, y, x: _reduced(d, y, x) * arrays.others(x, y.operation.params[0]),),
    "min": (_share,),
    "max": (_share,),
    "cumsum": (_cumsum,),
    "expand": (_squeezed,),
    "reshape": (lambda d, y, x: d if d.is_number else reshape(spread(d, y.shape), x.shape),),
    "take": (_scattered, None),
    "spread": (lambda d, y, x: d,),
    "transpose": (lambda d, y, x: arrays.transpose(spread(d, y.shape)),),
    "matmul": (partial(products.derivative, 0), partial(products.derivative, 1)),
}
"""The derivatives of `entry` and `concat` are pieces of arrays; see `_terms`."""

PIECEWISE_CONSTANT = frozenset(
    {"sign", "floor", "ceil", "less", "less_equal", "greater", "greater_equal", "equal"}
    | {"not_equal", "logical_and", "logical_or", "logical_not", "detach"}
    | {"argmax", "argmin", "onehot"}
)


def gradient(graph: Graph, value: Node, leaves: Sequence[Node], sign: float = 1.0) -> list[Node]:
    """Return the nodes of `sign` times the derivatives of `value` with respect to `leaves`.

    `value` is a single number; each derivative has the shape of its leaf.
    """
    pending = _swept(graph, value, sign)
    found = [_adjoint(leaf, pending.get(leaf.index, [])) for leaf in leaves]
    return [spread(d, leaf.shape) for d, leaf in zip(found, leaves, strict=True)]


def row_derivatives(graph: Graph, value: Node) -> dict[int, Node] | None:
    """Return the derivatives of each entry of `value` by coordinates, those that are not all 0.

    They go by the place of the coordinate and have the shape of `value`. If every entry is computed
    from single coordinates and from constants, entry by entry, an adjoint that is not summed over
    the entries to which its argument was broadcast is a column of the Jacobian; so one sweep yields
    them all. None if it is not so.
    """
    if not _is_entry_by_entry(value):
        return None
    columns: dict[int, Node] = {}
    for index, terms in _swept(graph, value, 1.0, summed=False).items():
        leaf = graph.nodes[index]
        if leaf.offset is not None:
            for key, term in terms:
                place = leaf.offset + _flat(leaf.shape, key or ())
                columns[place] = columns[place] + term if place in columns else term
    return {
        place: spread(column, value.shape)
        for place, column in columns.items()
        if column.value is None or column.value.any()
    }


def _flat(shape: tuple[int, ...], key: Key) -> int:
    """Return the place of one entry among all entries of an array."""
    place = 0
    for length, k in zip(shape, key, strict=True):
        assert isinstance(k, int)
        place = place * length + k % length
    return place


def _is_entry_by_entry(value: Node) -> bool:
    """Return whether all entries of `value` are computed from single coordinates alike."""
    seen, stack = {value}, [value]
    while stack:
        node = stack.pop()
        if node.is_constant or node.operation.name in PIECEWISE_CONSTANT:
            continue
        is_leaf = node.offset is not None or (
            node.operation.name == "entry" and node.args[0].offset is not None
        )
        if is_leaf and node.shape == ():
            continue
        if node.operation.name not in OPERATIONS:
            return False
        stack += [arg for arg in node.args if arg not in seen]
        seen.update(node.args)
    return True


def _swept(graph: Graph, value: Node, sign: float, *, summed: bool = True) -> dict[int, Terms]:
    """Return the terms of the adjoint of every node that `value` depends on, by its index.

    Unless they are `summed` over the entries to which an argument was broadcast, they have the
    shape of what was computed from it.
    """
    settled = _summed if summed else _as_it_is
    graph.gathers_factors = True
    pending: dict[int, Terms] = {value.index: [(None, _const(value, sign))]}
    reached: dict[int, Reached] = {value.index: [(None, None)]}
    for index in range(value.index, -1, -1):
        node = graph.nodes[index]
        if index not in pending or not node.args or node.operation.name in PIECEWISE_CONSTANT:
            continue
        d = _adjoint(node, pending[index])
        mask = union(node, reached[index])
        if d.value is not None and agreed(d.value.all(axis=tuple(range(len(d.shape))))):
            mask = None
        for arg, key, term, taken in _terms(d, node, mask, settled):
            pending.setdefault(arg.index, []).append((key, term))
            reached.setdefault(arg.index, []).append((key, taken))
    return pending


def _terms(
    d: Node, node: Node, mask: Mask, settled: Callable[[Node, Node, Node], Node]
) -> Iterator[tuple[Node, Key | None, Node, Mask]]:
    """Yield each argument of `node`, the key of the part concerned or None, its derivative, a mask.

    `settled(term, node, arg)` is what a term of `node` adds to the adjoint of its argument.
    """
    name = node.operation.name
    if name == "entry":
        if node.args[0].varies:
            yield node.args[0], arrays.key_of(node), d, mask
    elif name == "concat":
        for arg, key in joined_parts(node):
            if arg.varies:
                taken = mask and entry(spread(mask, node.shape), key)
                yield arg, None, entry(spread(d, node.shape), key), taken
    else:
        for place, (rule, arg) in enumerate(zip(RULES[name], node.args, strict=True)):
            if rule is not None and arg.varies:
                term = settled(_masked(rule, d, node, mask), node, arg)
                yield arg, None, term, _taken(rule, place, node, mask, settled)


def _masked(rule: Rule, d: Node, node: Node, mask: Mask) -> Node:
    """Return the term of a rule, 0 in branches not taken: 0 times an infinite slope is NaN."""
    name = node.operation.name
    if mask is not None and name == "matmul":
        # Its terms mix the entries of d, so it leaves out branches by itself.
        return rule(d, node, *node.args, mask=mask)
    term = rule(d, node, *node.args)
    # Other array operations but prod are linear: they do not turn a zero into NaN.
    if mask is None or term is d or not (name in OPERATIONS or name == "prod"):
        return term
    return _if(_reduced(mask, node, node.args[0]) if name == "prod" else mask, term)


def _taken(
    rule: Rule, place: int, node: Node, mask: Mask, settled: Callable[[Node, Node, Node], Node]
) -> Mask:
    """Return which entries of an argument were taken, where that can make a difference."""
    arg, name = node.args[place], node.operation.name
    if not arg.args:
        return None

    def linear(count: Node) -> Node:
        return settled(count if name in OPERATIONS else rule(count, node, *node.args), node, arg)

    return through(node, place, mask, linear)


def _adjoint(node: Node, terms: Sequence[tuple[Key | None, Node]]) -> Node:
    """Return the sum of all terms, a single number if it is the same for all entries of `node`."""
    pieces = [(key, term) for key, term in terms if key is not None]
    whole = [term for key, term in terms if key is None]
    if pieces:
        whole.append(arrays.assemble(node.shape, pieces))
    return reduce(add, whole) if whole else _const(node, 0.0)


def _summed(term: Node, node: Node, arg: Node) -> Node:
    """Return the sum of a term over the entries of `node` to which `arg` was broadcast."""
    if node.operation.name in OPERATIONS and arg.shape != node.shape:
        # The term may be one number for all entries, each of which adds to the argument.
        term = spread(term, node.shape)
    return _unbroadcast(term, arg.shape)


def _as_it_is(term: Node, node: Node, arg: Node) -> Node:
    return term


def _unbroadcast(term: Node, shape: tuple[int, ...]) -> Node:
    """Return `term` summed over the axes along which an argument of `shape` was repeated."""
    while len(term.shape) > len(shape):
        term = arrays.reduce("sum", term, 0)
    # If a term has fewer axes, they are the last ones.
    last = shape[len(shape) - len(term.shape) :]
    for axis, (length, wanted) in enumerate(zip(term.shape, last, strict=True)):
        if wanted == 1 and length > 1:
            term = expand(arrays.reduce("sum", term, axis), axis)
    return term
