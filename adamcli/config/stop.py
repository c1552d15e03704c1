"""The key `stop` and `--stop`: when a run ends before all its steps are taken.

stop:
- score < 1e-8
- gradient < 1e-6 * abs(score)
- patience: {steps: 100, improvement: 1e-9}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.comparable import Fields
from adamcli.config.document import List, Mapping, Scalar, read_node
from adamcli.config.expectations import Comparison
from adamcli.counted import counted
from adamcli.diagnostics import Source
from adamcli.optimizer.curvature import MOST
from adamcli.optimizer.stopping import MEASURES, Condition, Patience, Rule, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Mapping as Dict

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.config.document import Node
    from adamcli.config.expectations import Expectation
    from adamcli.config.values import KeyReader
    from adamcli.diagnostics import Problems

_FIELDS = Fields((name, ()) for name in MEASURES)

_EXAMPLE = "write, for example, score < 1e-8 or patience: {steps: 100}"

_NONE = "without a rule it is []"


def with_rules(tree: Mapping, texts: Iterable[str], problems: Problems) -> Mapping:
    """Return `tree` with the rules that `--stop` gives, after its own."""
    for text in texts:
        source = Source("--stop", text)
        node = read_node(source, 0, problems)
        if node is None or (isinstance(node, List) and not node.items):
            problems.add("expected a rule", source.span(0, max(1, len(text))), _EXAMPLE)
            continue
        key = Scalar("stop", "stop", node.span, True)
        rules = (*_items(tree.get("stop")), *_items(node))
        tree = tree.with_entry(key, List(rules, node.span))
    return tree


def _items(node: Node | None) -> tuple[Node, ...]:
    """Return the rules of a list, or the only one."""
    if isinstance(node, List):
        return tuple(node.items)
    return () if node is None else (node,)


def read_stop(keys: KeyReader, sign: float, dim: int) -> Stop:
    """Return the rules of a config with `dim` coordinates; `sign` is 1 to minimise."""
    node = keys.nodes.get("stop")
    if node is None:
        return Stop()
    reader = _RuleReader(keys, sign, dim)
    return Stop(tuple(rule for item in _items(node) for rule in reader.rules(item)))


class _RuleReader:
    def __init__(self, keys: KeyReader, sign: float, dim: int) -> None:
        self._keys, self._sign, self._dim = keys, sign, dim

    def rules(self, node: Node) -> list[Rule]:
        """Return the rules of one item; what is wrong is noted."""
        if isinstance(node, Mapping):
            known = (*MEASURES, "patience")
            if not node.entries:
                message = "stop: expected a rule, found an empty mapping"
                self._keys.problems.add(message, node.span, _EXAMPLE)
            self._keys.refuse_others(node, "stop", known, "rule")
            entries = [(key, value) for key, value in node.entries if key.text in known]
            found = [self._named(key, value) for key, value in entries]
            return [rule for rule in found if rule is not None]
        text = self._keys.text(node, "stop", "a rule such as score < 1e-8")
        rule = None if text is None else self._condition(text)
        return [] if rule is None else [rule]

    def _named(self, key: Scalar, value: Node) -> Rule | None:
        """Return the rule of an entry: the patience, or the number that a measure must reach."""
        if key.text == "patience":
            return self._patience(value)
        number = self._keys.number(value, f"stop.{key.text}")
        if number is None:
            return None
        rising = key.text in ("seconds", "t") or (key.text == "score" and self._sign < 0)
        text = f"{key.text} {'>' if rising else '<'} {number!r}"
        return self._condition(Scalar(text, text, value.span, True), Source("stop", text))

    def _condition(self, node: Scalar, source: Source | None = None) -> Condition | None:
        excerpt = node.excerpt() if source is None else source.whole()
        example = _EXAMPLE if node.span.source.name == "--stop" else f"{_EXAMPLE}\n{_NONE}"
        comparison = self._keys.attempt(Comparison, excerpt, example)
        if comparison is None:
            return None
        measured = self._keys.attempt(comparison.over, _FIELDS, "a stopping rule")
        if measured is None:
            return None
        needs = tuple(name for name in MEASURES if name in measured.names)
        if not needs:
            known = ", ".join(MEASURES)
            self._keys.problems.add("stop: names nothing measured", node.span, f"known: {known}")
            return None
        if "predicted_decrease" in needs and self._dim > MOST:
            message = f"stop: predicted_decrease is for at most {MOST} coordinates"
            self._keys.problems.add(message, node.span, f"this objective has {self._dim:,}")
            return None
        code = needs[0] if len(needs) == 1 else "comparison"
        test = _Test(measured)
        return Condition(code, measured.text, needs, test.bind, self._goal(measured))

    def _goal(self, measured: Expectation) -> float | None:
        """Return the score that a rule waits for, if that is all it does."""
        found = measured.threshold("score")
        if found is None:
            return None
        operator, number = found
        wanted = ("less", "less_equal") if self._sign > 0 else ("greater", "greater_equal")
        if operator == wanted[0]:
            return number
        beyond = float(np.nextafter(number, self._sign * np.inf))
        return beyond if operator == wanted[1] else None

    def _patience(self, node: Node) -> Patience | None:
        """Return the rule of `patience: 100` or `patience: {steps: 100, improvement: 1e-9}`."""
        keys = self._keys
        if not isinstance(node, Mapping):
            steps = keys.whole(node, "stop.patience", 1, 10**12)
            return None if steps is None else Patience(steps, text=_patience_text(steps))
        names = ("steps", "improvement", "relative")
        keys.refuse_others(node, "stop.patience", names)
        given = {key.text: value for key, value in node.entries}
        if "steps" not in given:
            hint = "write, for example, {steps: 100, improvement: 1e-9}"
            keys.problems.add("stop.patience: `steps` is missing", node.span, hint)
            return None
        steps = keys.whole(given["steps"], "stop.patience.steps", 1, 10**12)
        found: list[float | None] = []
        for name in names[1:]:
            entry = given.get(name)
            number = 0.0 if entry is None else keys.number(entry, f"stop.patience.{name}")
            if number is not None and number < 0:
                assert entry is not None
                keys.wrong(f"stop.patience.{name}", "a number, 0 or above", entry)
                number = None
            found.append(number)
        absolute, relative = found
        if absolute and relative:
            message = "stop.patience: either `improvement` or `relative`"
            keys.problems.add(message, node.span, "remove one of them")
            return None
        if steps is None or absolute is None or relative is None:
            return None
        share = f"{relative!r} of the score" if relative else ""
        text = _patience_text(steps, f"{absolute!r}" if absolute else share)
        return Patience(steps, relative or absolute, bool(relative), text)


def _patience_text(steps: int, least: str = "") -> str:
    return f"no improvement{' by ' * bool(least)}{least} in {counted(steps, 'step')}"


class _Test:
    """Evaluates a comparison for many runs at once, in arrays that are bound once."""

    def __init__(self, measured: Expectation) -> None:
        self._measured = measured

    def bind(self, runs: int) -> Callable[[Dict[str, FloatArray]], BoolArray]:
        """Return the test of `runs` runs."""
        fields = self._measured.fields
        x = np.zeros((fields.dim, runs))
        links: list[tuple[Any, FloatArray, FloatArray]] = []
        calls: list[Callable[[], object]] = []
        for operator, *sides in self._measured.links:
            values = [np.empty(runs) for _ in sides]
            for side, out in zip(sides, values, strict=True):
                calls += side.program.bind(x, [out])
            links.append((getattr(np, operator), values[0], values[1]))
        rows = [(field.name, x[field.offset]) for field in fields.all]

        def test(measured: Dict[str, FloatArray]) -> BoolArray:
            for name, row in rows:
                if name in measured:
                    row[:] = measured[name]
            for call in calls:
                call()
            holds: BoolArray = np.ones(runs, dtype=bool)
            for compare, left, right in links:
                holds &= compare(left, right) & ~np.isnan(left) & ~np.isnan(right)
            return holds

        return test
