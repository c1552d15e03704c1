"""The keys `bounds` and `dim`: which variables there are, and their box."""

from __future__ import annotations

from math import inf, isinf, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.arrays import same_for_all
from adamcli.config.document import List, Mapping, Scalar, number_of
from adamcli.config.places import as_typed, is_typed, place_of
from adamcli.objective.graph import MOST_AXES
from adamcli.objective.variables import Variables, natural_order
from adamcli.optimizer.bounds import BOUNDS_MODES, Bounds

if TYPE_CHECKING:
    from adamcli.arrays import Array, BoolArray, FloatArray
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.diagnostics import Span
    from adamcli.objective.standard import StandardFunction
    from adamcli.optimizer.initial import Initial, Rule

MAX_DIM = 10_000_000

IN_PLACE = 1e300
"""The bounds that stand in place of wrong ones are this far from 0."""

SCALES = ("linear", "log")
"""How a variable can be drawn and moved."""


class Domain(NamedTuple):
    """The variables, and the bounds of all coordinates of the flat vector."""

    variables: Variables
    bounds: Bounds


class _Range(NamedTuple):
    """The bounds of one variable, entry by entry, as flat arrays.

    Starts are drawn between the two arrays of `draw`, or by the rule `init`, if one is given. Steps
    are taken in the logarithm if `logarithmic`.
    """

    shape: tuple[int, ...]
    low: FloatArray
    high: FloatArray
    draw: tuple[FloatArray, FloatArray] | None = None
    logarithmic: bool = False
    init: Rule | None = None


class BoundsReader:
    """Reads `bounds` with `dim`.

    `free` are the names an objective formula leaves open, each with whether it is indexed; None for
    a Python objective.
    """

    def __init__(
        self,
        keys: KeyReader,
        free: dict[str, bool] | None,
        standard: StandardFunction | None,
        mode: str,
    ) -> None:
        self._keys = keys
        self._bounds = keys.nodes.get("bounds")
        self._dim_node = keys.nodes.get("dim")
        self._free = sorted(free or (), key=natural_order)
        self._only_numbers = not any((free or {}).values())
        self._standard = standard
        self._mode = mode

    def read(self) -> Domain | None:
        """Return the variables with their bounds; None if it is not known which there are.

        Where only a range is wrong, which is noted, another one stands in its place.
        """
        dim = None if self._standard is None else self._standard.dim
        if self._dim_node is not None:
            dim = self._keys.whole(self._dim_node, "dim", 1, MAX_DIM)
        if self._bounds is not None:
            ranges = self._ranges(self._bounds, dim)
        elif self._standard is not None and dim is not None:
            domain = self._standard.domain
            if len(domain) == dim:
                low, high = np.array(domain).T
            else:
                low, high = (same_for_all(end, dim) for end in domain[0])
            ranges = {"x": _Range((dim,), low, high)}
        else:
            return None
        known = {name: r for name, r in ranges.items() if r is not None}
        if not known or len(known) < len(ranges) or not self._suits_standard(known):
            return None
        ranges_known = list(known.values())
        low, high = _joined([r.low for r in ranges_known]), _joined([r.high for r in ranges_known])
        kinds = [np.broadcast_to(r.logarithmic, r.low.shape) for r in ranges_known]
        draws = [r.draw or (r.low, r.high) for r in ranges_known]
        given = _joined([draw[0] for draw in draws]), _joined([draw[1] for draw in draws])
        variables = Variables((name, r.shape) for name, r in known.items())
        bounds = BOUNDS_MODES[self._mode](
            low, high, _joined(kinds), given, _initial(variables, known)
        )
        return Domain(variables, bounds)

    def _suits_standard(self, ranges: dict[str, _Range]) -> bool:
        """Return whether the ranges suit a test function, whose variable is the vector x."""
        known, node = self._standard, self._bounds or self._dim_node
        if known is None or node is None:
            return True
        x = ranges.get("x")
        if len(ranges) > 1 or x is None or len(x.shape) != 1:
            message = f"bounds: {known.name} is a function of one vector, x"
            hint = "write a pair for each coordinate, or one pair and dim"
        elif known.any_dim and x.shape[0] < known.min_dim:
            message = f"{known.name} has at least {known.min_dim} variables, found {x.shape[0]}"
            hint = f"write {as_typed('dim', str(known.dim), node.span)}"
        elif not known.any_dim and x.shape[0] != known.dim:
            message = f"{known.name} has {known.dim} variables, found {x.shape[0]}"
            hint = "remove dim" if self._dim_node is not None else ""
        else:
            return True
        self._keys.problems.add(message, node.span, hint)
        return False

    def _ranges(self, node: Node, dim: int | None) -> dict[str, _Range | None]:
        if isinstance(node, Mapping):
            if self._dim_node is not None:
                message = "dim: goes with a list of bounds, not with names"
                hint = _without_name(node, self._dim_node)
                self._keys.problems.add(message, self._dim_node.span, hint)
            if not node.entries:
                self._keys.wrong("bounds", "at least one variable", node)
            return {key.text: self._named(key, value) for key, value in node.entries}
        if isinstance(node, List) and node.items:
            if _is_pair(node):
                return self._flat_pair(node, dim)
            return self._list(node, dim)
        self._keys.wrong("bounds", "variables with their bounds, such as {x: [-1, 1]}", node)
        return {}

    def _flat_pair(self, node: List, dim: int | None) -> dict[str, _Range | None]:
        pair = self._pair(node, "bounds")
        if dim is not None:
            return {"x": pair and _repeated(pair, dim)}
        if self._free and self._only_numbers:
            return dict.fromkeys(self._free, pair)
        if self._dim_node is None:
            message = "bounds: one pair for a vector needs its length"
            hint = f"add, for example, {as_typed('dim', '10', node.span)}"
            self._keys.problems.add(message, node.span, hint)
        return {}

    def _list(self, node: List, dim: int | None) -> dict[str, _Range | None]:
        pairs = [self._pair(item, f"bounds[{i}]") for i, item in enumerate(node.items)]
        if dim is not None and dim != len(pairs) and self._dim_node is not None:
            message = f"dim: is {dim}, but bounds has {len(pairs)} pairs"
            self._keys.problems.add(message, self._dim_node.span, "remove dim")
        free = self._free if self._only_numbers else []
        if free and len(free) == len(pairs):
            return dict(zip(free, pairs, strict=True))
        if free and "x" not in free:
            message = f"bounds: has {len(pairs)} pairs, but the formula has {len(free)} variables"
            self._keys.problems.add(message, node.span, "variables: " + ", ".join(free))
            return {}
        known = [pair for pair in pairs if pair is not None]
        if len(known) < len(pairs):
            return {}
        low, high = np.array([(p.low[0], p.high[0]) for p in known]).T
        return {"x": _Range((len(pairs),), low, high)}

    def _named(self, key: Scalar, value: Node) -> _Range | None:
        if self._keys.name(key) is None:
            return None
        what = f"bounds.{key.text}"
        if isinstance(value, Mapping):
            return self._mapping(value, what) or _in_place_of(value)
        return self._pair(value, what) or _in_place_of(value)

    def _pair(self, node: Node, what: str) -> _Range | None:
        if not (isinstance(node, List) and len(node.items) == 2):
            self._keys.wrong(what, "a pair [low, high]", node)
            return None
        low, high = (self._keys.number(item, what, infinite=True) for item in node.items)
        if low is None or high is None or not self._ordered(low, high, what, node.span):
            return None
        return _Range((), np.array([low]), np.array([high]))

    def _mapping(self, node: Mapping, what: str) -> _Range | None:
        """Return the range of `{low:, high:, shape:, draw:, scale:, init:}`.

        The first two may lack if there is `init`, the others always.
        """
        given = {key.text: value for key, value in node.entries}
        self._keys.refuse_others(node, what, ("low", "high", "shape", "draw", "scale", "init"))
        missing = [key for key in ("low", "high") if key not in given]
        if missing and "init" not in given:
            hint = "write, for example, {low: -1, high: 1, shape: [3, 2]}"
            self._keys.problems.add(f"{what}: `{missing[0]}` is missing", node.span, hint)
            return None
        shape = self._shape(given["shape"], what) if "shape" in given else ()
        if shape is None:
            return None
        low, high = (
            self._end(given[end], f"{what}.{end}", shape)
            if end in given
            else same_for_all(free, prod(shape))
            for end, free in (("low", -inf), ("high", inf))
        )
        if low is None or high is None or not self._all_ordered(low, high, what, place_of(node)):
            return None
        found = _Range(shape, low, high)
        if "init" in given:
            return self._with_init(found, given, what)
        if "draw" in given:
            draw = self._draw(given["draw"], f"{what}.draw", found)
            if draw is None:
                return None
            found = found._replace(draw=draw)
        scale = "linear"
        if "scale" in given:
            scale = self._keys.choice(given["scale"], f"{what}.scale", SCALES) or scale
        return self._on_scale(found, scale, what, node)

    def _with_init(self, found: _Range, given: dict[str, Node], what: str) -> _Range | None:
        node = given["init"]
        for key in ("draw", "scale"):
            if key in given:
                message = f"{what}: init and {key} both say how starts are drawn"
                self._keys.problems.add(message, given[key].span, f"remove {key}, or init")
                return None
        from adamcli.config.initial import read_rule

        shape = found.shape if "shape" in given else None
        rule = read_rule(self._keys, node, f"{what}.init", shape)
        if rule is None:
            return None
        if not rule.deviation and (rule.low < found.low.max() or rule.high > found.high.min()):
            self._keys.problems.add(f"{what}.init: reaches beyond the bounds", node.span)
            return None
        return found._replace(init=rule)

    def _on_scale(self, found: _Range, scale: str, what: str, node: Node) -> _Range | None:
        if scale == "linear":
            return found
        if found.low.min() <= 0:
            message = f"{what}: a logarithmic scale needs bounds above 0"
            self._keys.problems.add(message, place_of(node), "raise low, or remove scale")
            return None
        return found._replace(logarithmic=True)

    def _draw(self, node: Node, what: str, within: _Range) -> tuple[FloatArray, FloatArray] | None:
        """Return the ends between which starts are drawn; they lie within the bounds."""
        if not (isinstance(node, List) and len(node.items) == 2):
            self._keys.wrong(what, "a finite pair [low, high] to draw from", node)
            return None
        ends = [self._end(item, what, within.shape, infinite=False) for item in node.items]
        low, high = ends
        if low is None or high is None or not self._all_ordered(low, high, what, node.span):
            return None
        if (low < within.low).any() or (high > within.high).any():
            self._keys.problems.add(f"{what}: reaches beyond the bounds", node.span)
            return None
        return low, high

    def _all_ordered(self, low: FloatArray, high: FloatArray, what: str, span: Span) -> bool:
        doubtful = ~_certainly_ordered(low, high)
        return all(
            self._ordered(a, b, what, span)
            for a, b in zip(low[doubtful].tolist(), high[doubtful].tolist(), strict=True)
        )

    def _end(
        self, node: Node, what: str, shape: tuple[int, ...], *, infinite: bool = True
    ) -> FloatArray | None:
        """Return one end of the range of each entry: one number for all, or an array."""
        found = self._keys.array(node, what, infinite=infinite)
        if found is None:
            return None
        if not found.shape:
            return same_for_all(float(found), prod(shape))
        if found.shape != shape:
            self._keys.problems.add(f"{what}: has shape {found.shape}, expected {shape}", node.span)
            return None
        return found.reshape(-1)

    def _shape(self, node: Node, what: str) -> tuple[int, ...] | None:
        items = node.items if isinstance(node, List) else (node,)
        lengths = [self._keys.whole(item, f"{what}.shape", 1, MAX_DIM) for item in items]
        shape = tuple(length for length in lengths if length is not None)
        if len(shape) < len(lengths):
            return None
        if len(shape) > MOST_AXES:
            message = f"{what}.shape: expected at most {MOST_AXES} axes, found {len(shape)}"
            self._keys.problems.add(message, node.span)
            return None
        if prod(shape) > MAX_DIM:
            self._keys.problems.add(f"{what}.shape: has more than {MAX_DIM:,} entries", node.span)
            return None
        return shape

    def _ordered(self, low: float, high: float, what: str, span: Span) -> bool:
        message, hint = "", ""
        if low > high:
            message = f"the lower bound {low!r} is above the upper one, {high!r}"
            hint = f"write [{high!r}, {low!r}]"
        elif low == high and isinf(low):
            message = f"no number lies between {low!r} and {high!r}"
        elif isinf(high - low) and not (isinf(low) or isinf(high)):
            message = "the bounds are too far apart to draw from"
        if message:
            self._keys.problems.add(f"{what}: {message}", span, hint)
        return not message


def _is_pair(node: Node) -> bool:
    """Return whether a node has two ends, be they right or wrong."""
    return (
        isinstance(node, List)
        and len(node.items) == 2
        and all(isinstance(item, Scalar) for item in node.items)
    )


def _in_place_of(node: Node) -> _Range | None:
    """Return a range of the shape that a wrong one has; None if it is not known."""
    if isinstance(node, Mapping):
        shape = node.get("shape")
        items = shape.items if isinstance(shape, List) else () if shape is None else (shape,)
        lengths = [number_of(item) for item in items]
        known = [int(n) for n in lengths if n is not None and n % 1 == 0 and n > 0]
        if len(known) < len(lengths) or len(known) > MOST_AXES or prod(known) > MAX_DIM:
            return None
    elif not _is_pair(node):
        return None
    else:
        known = []
    low, high = (same_for_all(end, prod(known)) for end in (-IN_PLACE, IN_PLACE))
    return _Range(tuple(known), low, high)


def _without_name(bounds: Mapping, dim: Node) -> str:
    """Return what to write for bounds with names next to `dim`."""
    pairs = [
        (name.text, *(item.text for item in pair.items if isinstance(item, Scalar)))
        for name, pair in bounds.entries
        if isinstance(pair, List)
    ]
    size = dim.text if isinstance(dim, Scalar) else "3"
    if len(bounds.entries) == 1 and [len(pair) for pair in pairs] == [3]:
        name, low, high = pairs[0]
        if name != "x":
            return f"remove dim, and let {name} be {{low: {low}, high: {high}, shape: {size}}}"
        if is_typed(dim.span):
            return f"write -b {low},{high} --dim {size}"
        return f"write bounds: [{low}, {high}]"
    return f"remove dim, and give a shape: {{low: -1, high: 1, shape: {size}}}"


def _repeated(pair: _Range, dim: int) -> _Range:
    """Return the range of a vector whose coordinates all have the same bounds."""
    return _Range((dim,), same_for_all(pair.low[0], dim), same_for_all(pair.high[0], dim))


def _certainly_ordered(low: FloatArray, high: FloatArray) -> BoolArray:
    """Return whether finite ends are in order, and finitely far apart."""
    with np.errstate(all="ignore"):
        return (low <= high) & np.isfinite(high - low)


def _joined(arrays: list[Array]) -> Array:
    """Return the arrays one after another."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _initial(variables: Variables, ranges: dict[str, _Range]) -> Initial | None:
    """Return the rules that the ranges of variables have, if any."""
    inits = ((v, ranges[v.name].init) for v in variables.all)
    rules = {v.offset: (rule, v.size) for v, rule in inits if rule is not None}
    if not rules:
        return None
    from adamcli.optimizer.initial import Initial

    return Initial(rules)
