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
    """Return everything known of a function as text, with a config that is ready to run."""
    formula = "".join(f"  {line}\n" for line in function.formula.splitlines())
    dim = f"any from {function.min_dim} on" if function.any_dim else str(function.dim)
    return (
        f"{function.name}: {function.title} ({function.category})\n\n"
        f"formula:\n{formula}"
        f"dim: {dim}\n"
        f"domain: {_domain(function)}\n"
        f"minimum: {function.minimum}\n"
        f"at: {_minimisers(function)}\n"
        f"source: {function.source}\n\n"
        f"config:\n{_indented(config_text(function))}"
    )


def config_text(function: StandardFunction) -> str:
    """Return a config for `adamcli run` that minimises the function."""
    width = max(high - low for low, high in function.domain)
    dim = f"dim: {function.dim}\n" if function.any_dim else ""
    return f"objective: {function.name}\n{dim}alpha: {width / 100:.3g}/sqrt(t)\nn_iter: 1000\n"


def as_json(functions: Iterable[StandardFunction]) -> str:
    """Return functions as a JSON array."""
    import json

    return json.dumps([_object(function) for function in functions], indent=2) + "\n"


def _object(function: StandardFunction) -> dict[str, Any]:
    return {**function._asdict(), "config": config_text(function)}


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
