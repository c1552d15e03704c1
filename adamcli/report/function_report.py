"""The standard test functions as a table, as rows, as a page each, and as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TextIO

from adamcli.fields import Column, Kind, Layout, json_text
from adamcli.report.drawing import DIGITS, draw
from adamcli.report.folding import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.objective.standard import StandardFunction
    from adamcli.report.formats import Format

_FLOAT = re.compile(r"\d*\.\d+(?:e[-+]?\d+)?")


class FunctionList(Layout):
    """Some functions, with the columns of their table."""

    def __init__(self, functions: Sequence[StandardFunction]) -> None:
        self._functions = functions
        self._cells = {
            "name": [one.name for one in functions],
            "category": [one.category for one in functions],
            "dim": [f"{f.min_dim}+" if f.any_dim else str(f.dim) for f in functions],
            "domain": [_domain(one) for one in functions],
            "minimum": [one.minimum for one in functions],
        }
        self.columns = [Column(name, (name,), Kind.TEXT) for name in self._cells]

    def draw(self, stream: TextIO) -> None:
        """Draw the table: framed on a terminal, in bare aligned columns elsewhere."""
        styles = {"name": lambda _: "green", "category": lambda _: "dim"}
        draw(self._rounded, stream, texts=True, dispensable=("category", "domain"), styles=styles)

    def _rounded(self, digits: int) -> dict[str, list[str]]:
        """Return the cells, with minima in so many digits where there is too little room."""
        if digits == DIGITS[0]:
            return dict(self._cells)
        rounded = [
            _FLOAT.sub(lambda m: f"{float(m[0]):.{digits}g}", m) for m in self._cells["minimum"]
        ]
        return {**self._cells, "minimum": rounded}

    def text(self, form: Format) -> str:
        """Return the table in a format of rows, or the functions as a JSON array."""
        if form.rows is None:
            text: str = form.text(self)
            return text
        rows = form.rows(self)
        return rows.header() + rows.lines([*map(rows.encoding.texts, self._cells.values())])

    def to_json(self) -> str:
        """Return the functions as a JSON array."""
        return json_text([*map(_described, self._functions)])


def print_page(function: StandardFunction, stream: TextIO) -> None:
    """Write everything known of a function to `stream`, and how to get a config of it."""
    # What is to be typed stays as it is: a terminal copies a line that it wraps as one.
    stream.write(fitted(_facts(function), stream) + _usage(function))


def _facts(function: StandardFunction) -> str:
    dim = f"any from {function.min_dim} on" if function.any_dim else str(function.dim)
    return (
        f"{function.name}: {function.title} ({function.category})\n\n"
        f"formula:\n{_indented(function.formula)}"
        f"dim: {dim}\n"
        f"domain: {_domain(function)}\n"
        f"minimum: {function.minimum}\n"
        f"at: {_minimisers(function)}\n"
        f"source: {function.source}\n\n"
    )


def _usage(function: StandardFunction) -> str:
    name = function.name
    return (
        f"config:\n{_indented(_settings(function))}\n"
        "run it:\n"
        f"  adamcli functions {name} --config > {name}.yaml\n"
        f"  adamcli run {name}.yaml\n"
    )


def config_text(function: StandardFunction) -> str:
    """Return a config for `adamcli run` that minimises the function, with comments."""
    where = f", where d = {function.dim}" if "d" in function.minimum else ""
    return (
        f"# {function.title}; minimum: {function.minimum}{where}\n"
        f"# Source: {function.source}\n"
        f"{_settings(function)}"
    )


def _settings(function: StandardFunction) -> str:
    """Return the keys of the config, and where Adam ends with them if not at the minimum."""
    keys = {"objective": function.name, **_usual(function), **dict(function.config)}
    if "seed" in keys:
        keys["seed"] += " # the first that leads to the minimum"
    lines = [f"{key}: {value}" for key, value in keys.items()]
    if function.note:
        lines[:0] = [
            f"# {function.note}",
            f"# From other starts: adamcli sweep {function.name}.yaml -p seed=0..99",
        ]
    return "".join(f"{line}\n" for line in lines)


def _usual(function: StandardFunction) -> dict[str, str]:
    """Return settings that suit most functions.

    The first step is a thirtieth of the domain and the last is 0; with so small a beta2 the slopes
    of steep walls are soon forgotten.
    """
    dim = {"dim": str(function.dim)} if function.any_dim else {}
    width = max(high - low for low, high in function.domain)
    return {
        **dim,
        "alpha": f"{float(f'{width / 30:.1g}'):g}*(1 + cos(pi*t/n_iter))/2",
        "beta1": "0.9",
        "beta2": "0.9",
        "n_iter": "2000",
    }


def _described(function: StandardFunction) -> dict[str, Any]:
    known = {**function._asdict(), "config": config_text(function)}
    del known["note"]  # it is in the config
    return known


def _domain(function: StandardFunction) -> str:
    shown = [f"[{low:g}, {high:g}]" for low, high in dict.fromkeys(function.domain)]
    return " x ".join(shown) if len(shown) > 1 else shown[0]


def _minimisers(function: StandardFunction) -> str:
    if isinstance(function.minimisers, str):
        return f"x[i-1] = {function.minimisers}, for i = 1, ..., d"
    return "\n    ".join(str(list(point)) for point in function.minimisers)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
