"""The keys `bounds`, `dim` and `start`: which variables there are, their box, the first point."""

from __future__ import annotations

from math import inf, isfinite, isinf, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.weights import is_weights, placed_in
from adamcli.objective.variables import Variables, natural_order
from adamcli.optimizer.bounds import BOUNDS_MODES, Bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.diagnostics import Span
    from adamcli.objective.standard import StandardFunction
    from adamcli.optimizer.initial import Initial, Rule

MAX_DIM = 10_000_000


class Domain(NamedTuple):
    """The variables, and the bounds of all coordinates of the flat vector."""

    variables: Variables
    bounds: Bounds


class _Range(NamedTuple):
    """The bounds of one variable, entry by entry.

    Starts are drawn between the two lists of `draw`, or by the rule `init`, if one is given. Steps
    are taken in the logarithm if `logarithmic`.
    """

    shape: tuple[int, ...]
    low: list[float]
    high: list[float]
    draw: tuple[list[float], list[float]] | None = None
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
        """Return the variables with their bounds, or None if something is wrong with them."""
        dim = None if self._standard is None else self._standard.dim
        if self._dim_node is not None:
            dim = self._keys.whole(self._dim_node, "dim", 1, MAX_DIM)
        if self._bounds is not None:
            ranges = self._ranges(self._bounds, dim)
        elif self._standard is not None and dim is not None:
            domain = self._standard.domain
            pairs = domain if len(domain) == dim else domain[:1] * dim
            ranges = {"x": _Range((dim,), [pair[0] for pair in pairs], [pair[1] for pair in pairs])}
        else:
            return None
        known = {name: r for name, r in ranges.items() if r is not None}
        if not known or len(known) < len(ranges) or not self._suits_standard(known):
            return None
        all_ranges = list(known.values())
        low = np.array([value for r in all_ranges for value in r.low])
        high = np.array([value for r in all_ranges for value in r.high])
        logarithmic = np.repeat(
            [r.logarithmic for r in all_ranges], [len(r.low) for r in all_ranges]
        )
        pairs_drawn = [r.draw or (r.low, r.high) for r in all_ranges]
        ends = [np.array([value for pair in pairs_drawn for value in pair[k]]) for k in (0, 1)]
        variables = Variables((name, r.shape) for name, r in known.items())
        given = ends[0], ends[1]
        bounds = BOUNDS_MODES[self._mode](low, high, logarithmic, given, _initial(variables, known))
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
            hint = f"write dim: {known.dim}"
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
                hint = "give a shape: {low: -1, high: 1, shape: 3}"
                self._keys.problems.add(message, self._dim_node.span, hint)
            if not node.entries:
                self._keys.wrong("bounds", "at least one variable", node)
            return {key.text: self._named(key, value) for key, value in node.entries}
        if isinstance(node, List) and node.items:
            if len(node.items) == 2 and all(isinstance(item, Scalar) for item in node.items):
                return self._flat_pair(node, dim)
            return self._list(node, dim)
        self._keys.wrong("bounds", "variables with their bounds, such as {x: [-1, 1]}", node)
        return {}

    def _flat_pair(self, node: List, dim: int | None) -> dict[str, _Range | None]:
        pair = self._pair(node, "bounds")
        if dim is not None:
            return {"x": pair and _Range((dim,), pair.low * dim, pair.high * dim)}
        if self._free and self._only_numbers:
            return dict.fromkeys(self._free, pair)
        if self._dim_node is None:
            message = "bounds: one pair for a vector needs its length"
            self._keys.problems.add(message, node.span, "add, for example, dim: 10")
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
        low, high = [p.low[0] for p in known], [p.high[0] for p in known]
        return {"x": _Range((len(pairs),), low, high)}

    def _named(self, key: Scalar, value: Node) -> _Range | None:
        if self._keys.name(key) is None:
            return None
        what = f"bounds.{key.text}"
        return self._mapping(value, what) if isinstance(value, Mapping) else self._pair(value, what)

    def _pair(self, node: Node, what: str) -> _Range | None:
        if not (isinstance(node, List) and len(node.items) == 2):
            self._keys.wrong(what, "a pair [low, high]", node)
            return None
        low, high = (self._keys.number(item, what, infinite=True) for item in node.items)
        if low is None or high is None or not self._ordered(low, high, what, node.span):
            return None
        return _Range((), [low], [high])

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
            self._end(given[end], f"{what}.{end}", shape) if end in given else [free] * prod(shape)
            for end, free in (("low", -inf), ("high", inf))
        )
        if low is None or high is None or not self._all_ordered(low, high, what, node.span):
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
            scale = self._keys.choice(given["scale"], f"{what}.scale", ("linear", "log")) or scale
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
        if not rule.deviation and (rule.low < max(found.low) or rule.high > min(found.high)):
            self._keys.problems.add(f"{what}.init: reaches beyond the bounds", node.span)
            return None
        return found._replace(init=rule)

    def _on_scale(self, found: _Range, scale: str, what: str, node: Node) -> _Range | None:
        if scale == "linear":
            return found
        if min(found.low) <= 0:
            message = f"{what}: a logarithmic scale needs bounds above 0"
            self._keys.problems.add(message, node.span, "raise low, or remove scale")
            return None
        return found._replace(logarithmic=True)

    def _draw(
        self, node: Node, what: str, within: _Range
    ) -> tuple[list[float], list[float]] | None:
        """Return the ends between which starts are drawn; they lie within the bounds."""
        if not (isinstance(node, List) and len(node.items) == 2):
            self._keys.wrong(what, "a finite pair [low, high] to draw from", node)
            return None
        ends = [self._end(item, what, within.shape, infinite=False) for item in node.items]
        low, high = ends
        if low is None or high is None or not self._all_ordered(low, high, what, node.span):
            return None
        if any(a < b for a, b in zip(low, within.low, strict=True)) or any(
            a > b for a, b in zip(high, within.high, strict=True)
        ):
            self._keys.problems.add(f"{what}: reaches beyond the bounds", node.span)
            return None
        return low, high

    def _all_ordered(self, low: list[float], high: list[float], what: str, span: Span) -> bool:
        return all(self._ordered(a, b, what, span) for a, b in zip(low, high, strict=True))

    def _end(
        self, node: Node, what: str, shape: tuple[int, ...], *, infinite: bool = True
    ) -> list[float] | None:
        """Return one end of the range of each entry: one number for all, or an array."""
        found = self._keys.numbers(node, what, infinite=infinite)
        if found is None:
            return None
        if found[0] == ():
            return found[1] * prod(shape)
        if found[0] != shape:
            self._keys.problems.add(f"{what}: has shape {found[0]}, expected {shape}", node.span)
            return None
        return found[1]

    def _shape(self, node: Node, what: str) -> tuple[int, ...] | None:
        items = node.items if isinstance(node, List) else (node,)
        lengths = [self._keys.whole(item, f"{what}.shape", 1, MAX_DIM) for item in items]
        shape = tuple(length for length in lengths if length is not None)
        if len(shape) < len(lengths):
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


def _initial(variables: Variables, ranges: dict[str, _Range]) -> Initial | None:
    """Return the rules that the ranges of variables have, if any."""
    inits = ((v, ranges[v.name].init) for v in variables.all)
    rules = {v.offset: (rule, v.size) for v, rule in inits if rule is not None}
    if not rules:
        return None
    from adamcli.optimizer.initial import Initial

    return Initial(rules)


def read_start(keys: KeyReader, domain: Domain | None) -> list[float | None]:
    """Return the given coordinates of the first point, None where they are to be drawn."""
    if domain is None:
        return []
    names, bounds = domain.variables.coordinate_names(), domain.bounds
    placed = {k: (value, span) for k, value, span in _placed(keys, domain)}
    undrawn = next((k for k in _undrawable(bounds) if k not in placed), None)
    if undrawn is not None:
        message = f"`{names[undrawn]}` has no finite bounds to draw a start from"
        if all(np.isfinite(end[undrawn]) for end in bounds.draws):
            within = bounds.allowed(undrawn)
            message = f"`{names[undrawn]}`: no start can be drawn within {within}"
        span = keys.nodes["bounds"].span if "bounds" in keys.nodes else None
        hint = _start_hint(names[undrawn], bounds.low[undrawn], bounds.high[undrawn])
        keys.problems.add(message, span, hint)
    given = {k: value for k, (value, _) in placed.items() if value is not None}
    places, found = np.array([*given], dtype=int), np.array([*given.values()], dtype=float)
    for k in places[~bounds.allows(places, found)].tolist():
        message = f"start: `{names[k]}` = {given[k]!r} is outside {bounds.allowed(k)}"
        keys.problems.add(message, placed[k][1])
    start: list[float | None] = [None] * domain.variables.dim
    for k, value in zip(given, bounds.inside(places, found).tolist(), strict=True):
        start[k] = value
    return start


def given_start(keys: KeyReader, domain: Domain) -> list[float | None]:
    """Return the given coordinates of the first point as they are written, None for the others."""
    start: list[float | None] = [None] * domain.variables.dim
    for k, value, _ in _placed(keys, domain):
        start[k] = value
    return start


def _undrawable(bounds: Bounds) -> list[int]:
    """Return the coordinates whose start cannot be drawn: there are no ends, or nothing between."""
    low, high = bounds.draws
    empty = np.isinf(low) | np.isinf(high)
    if bounds.box is not None:
        empty |= np.maximum(low, bounds.box[0]) > np.minimum(high, bounds.box[1])
    if bounds.initial is not None:
        empty[bounds.initial.places] = False
    return np.flatnonzero(empty).tolist()


def _start_hint(name: str, low: float, high: float) -> str:
    """Return what to write for a variable whose start cannot be drawn from its bounds."""
    first = low + 1 if isfinite(low) else high - 2 if isfinite(high) else 0.0
    if not low < first < first + 1 < high:
        return "move its bounds apart, or set another bounds_mode"
    return f"add start: {{{name}: {first:g}}}, or draw: [{first:g}, {first + 1:g}] to its bounds"


def _placed(keys: KeyReader, domain: Domain) -> Iterator[tuple[int, float | None, Span]]:
    """Yield the given coordinates by their places; None is the value of a wrong one."""
    node, variables = keys.nodes.get("start"), domain.variables
    if isinstance(node, Mapping):
        keys.refuse_others(node, "start", variables.by_name, "variable")
        for key, value in node.entries:
            if key.text in variables.by_name:
                _, shape, offset = variables.by_name[key.text]
                yield from _entries(keys, value, f"start.{key.text}", shape, offset)
    elif isinstance(node, List):
        yield from _entries(keys, node, "start", (variables.dim,), 0)
    elif isinstance(node, Scalar) and is_weights(node.value):
        yield from placed_in(keys, node, variables)
    elif node is not None:
        keys.wrong("start", "a point, such as {x: 0.5} or [0.5, 0.5], or weights.npz", node)


def _entries(
    keys: KeyReader, node: Node, what: str, shape: tuple[int, ...], offset: int
) -> Iterator[tuple[int, float | None, Span]]:
    if not shape:
        if not (isinstance(node, Scalar) and node.value is None):
            yield offset, keys.number(node, what), node.span
    elif not (isinstance(node, List) and len(node.items) == shape[0]):
        keys.wrong(what, f"a list of {shape[0]}", node)
    else:
        step = prod(shape[1:])
        for i, item in enumerate(node.items):
            yield from _entries(keys, item, f"{what}[{i}]", shape[1:], offset + i * step)
