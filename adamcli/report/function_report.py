"""The standard test functions as a table, as a page each, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from adamcli.report.terminal import console, is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.objective.standard import StandardFunction

TITLES = ("name", "category", "dim", "domain", "minimum")


def print_functions(functions: Iterable[StandardFunction], stream: TextIO) -> None:
    """Write a table of functions: framed on a terminal, in bare aligned columns elsewhere."""
    rows = [_row(function) for function in functions]
    if not is_terminal(stream):
        widths = [max(len(row[k]) for row in [TITLES, *rows]) for k in range(len(TITLES))]
        for row in [TITLES, *rows]:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            stream.write("  ".join(cells).rstrip() + "\n")
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ROUNDED, header_style="bold")
    for title in TITLES:
        table.add_column(title, overflow="fold")
    for row in rows:
        styles = ("green", "dim", "", "", "")
        table.add_row(*(Text(cell, style=s) for cell, s in zip(row, styles, strict=True)))
    console(stream).print(table)


def page(function: StandardFunction) -> str:
    """Return everything known of a function as text, and how to get a config of it."""
    name = function.name
    dim = f"any from {function.min_dim} on" if function.any_dim else str(function.dim)
    return (
        f"{name}: {function.title} ({function.category})\n\n"
        f"formula:\n{_indented(function.formula)}"
        f"dim: {dim}\n"
        f"domain: {_domain(function)}\n"
        f"minimum: {function.minimum}\n"
        f"at: {_minimisers(function)}\n"
        f"source: {function.source}\n\n"
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


def as_json(functions: Iterable[StandardFunction]) -> str:
    """Return functions as a JSON array."""
    import json

    return json.dumps([_object(function) for function in functions], indent=2) + "\n"


def _object(function: StandardFunction) -> dict[str, Any]:
    known = {**function._asdict(), "config": config_text(function)}
    del known["note"]  # it stands in the config
    return known


def _row(function: StandardFunction) -> tuple[str, ...]:
    dim = f"{function.min_dim}+" if function.any_dim else str(function.dim)
    return function.name, function.category, dim, _domain(function), function.minimum


def _domain(function: StandardFunction) -> str:
    shown = [f"[{low:g}, {high:g}]" for low, high in dict.fromkeys(function.domain)]
    return " x ".join(shown) if len(shown) > 1 else shown[0]


def _minimisers(function: StandardFunction) -> str:
    if isinstance(function.minimisers, str):
        return f"x[i-1] = {function.minimisers}, for i = 1, ..., d"
    return "\n    ".join(str(list(point)) for point in function.minimisers)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
