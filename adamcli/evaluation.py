"""Expressions of the lines of a config's formula, evaluated on its data or on new rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.config.document import Scalar
from adamcli.config.headers import by_name
from adamcli.config.lines import read_lines, start_weights
from adamcli.config.load import open_config, read_keys
from adamcli.config.model import Config, ConfigFile
from adamcli.config.other_rows import OtherRows, array_of, arrays_of, paths_of
from adamcli.config.weights import Weights, read_weights
from adamcli.diagnostics import Excerpt, Source
from adamcli.errors import UsageError
from adamcli.names import is_name, normal
from adamcli.objective.lines import evaluate as values_of
from adamcli.objective.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.config.lines import Lines
    from adamcli.objective.tree import Formula

_TITLED = re.compile(r"\s*([^\s=]+)\s*=(?!=)\s*")

FITTED = "fitted"
"""What the right side of a model is called."""


class Shown(NamedTuple):
    """An expression to be evaluated, and its title."""

    title: str
    formula: Formula


def parse_shown(text: str, name: str = "--show") -> Shown:
    """Return the expression that a text `EXPRESSION` or `title=EXPRESSION` has.

    `name` is shown in errors. Raises `ConfigError`, which points into the text.
    """
    found = _TITLED.match(text)
    title, start = " ".join(text.split()), len(text) - len(text.lstrip())
    if found is not None and is_name(found[1]):
        title, start = normal(found[1]), found.end()
    return Shown(title, parse(Excerpt(text[start:], Source(name, text), ((0, start),))))


def shown_of(texts: Sequence[str], lines: Lines) -> list[Shown]:
    """Return the expressions of some texts; without any the right side of a model.

    Raises `UsageError` where there is none, or if two have the same title.
    """
    found = [parse_shown(text) for text in texts]
    if not found and lines.is_model:
        return [Shown(FITTED, lines.formula._replace(assignments=()))]
    if not found:
        named = f"the lines of the formula are {', '.join(lines.names)}" if lines.names else ""
        example = lines.names[-1] if lines.names else "'a*x + b'"
        message = f"expected what to show\n  add, for example, --show {example}"
        raise UsageError(f"{message}; {named}" if named else message)
    titles = [each.title for each in found]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice is not None:
        hint = f"give one another title: --show 'other={twice}'"
        raise UsageError(f"--show: two columns are called `{twice}`\n  {hint}")
    return found


def open_lines(file: ConfigFile, weights: Weights | None, data: Sequence[str]) -> Lines:
    """Return the lines of a config, with other files in place of those of its data.

    Without weights the variables are those of its start. The texts of `data` are those of the
    option `--data`; to a config without data a file gives them. Raises as `read_lines` does.
    """
    weights = weights or start_weights(file)
    matrices = weights.matrices if weights is not None else {}
    if not data:
        return read_lines(file, OtherRows(matrices), weights)
    if file.tree.get("data") is None and len(data) == 1:
        span = Source("--data", data[0]).span(0, len(data[0]))
        file = file.with_values([("data", Scalar(data[0], data[0], span, False), span)])
    return read_lines(file, OtherRows(matrices, paths_of(file, data)), weights)


def evaluate(
    config: str | PathLike[str] | Config | ConfigFile | Mapping[str, Any],
    show: str | Iterable[str],
    *,
    weights: str | PathLike[str] | Mapping[str, Any] | None = None,
    data: str | PathLike[str] | Mapping[str, Any] | None = None,
) -> Any:
    """Return what an expression of the lines of a formula is: an array, or a float if a number.

    `config` is a path, a config or a mapping of its keys, of which only the formula, the variables
    and the data count. The variables are those of `weights`, a file that `-o weights.npz` wrote or
    a mapping by name, or else those of its start. `data` is a file in place of those of the config,
    or a mapping of their columns; an array by its name in the formula is taken as it is. Of several
    expressions a list is returned.

    Raises `ConfigError`, `UsageError` or `FileError` for what is wrong.
    """
    file = _file_of(config)
    if isinstance(weights, Mapping):
        arrays = {normal(n): array_of(value, f"weights: `{n}`") for n, value in weights.items()}
        found: Weights | None = Weights("weights", arrays, _known_matrices(config))
    else:
        found = None if weights is None else read_weights(fspath(weights))
    return evaluate_at(file, show, found, data)


def evaluate_at(
    file: ConfigFile,
    show: str | Iterable[str],
    weights: Weights | None,
    data: str | PathLike[str] | Mapping[str, Any] | None,
) -> Any:
    """Return what `evaluate` does, from weights that have been read."""
    if isinstance(data, Mapping):
        weights = weights or start_weights(file)
        columns = arrays_of(data, file)
        matrices = weights.matrices if weights is not None else {}
        rows = OtherRows(matrices, columns={**columns}, arrays=by_name(columns), title="data")
        lines = read_lines(file, rows, weights)
    else:
        lines = open_lines(file, weights, () if data is None else (fspath(data),))
    texts = [show] if isinstance(show, str) else [*show]
    formulas = [parse_shown(text, "show").formula for text in texts]
    arrays_found = values_of(lines.formula, formulas, lines.scope, lines.x)
    found: list[Any] = [a if a.shape else float(a) for a in arrays_found]
    return found[0] if isinstance(show, str) else found


def table_of(lines: Lines, shown: Sequence[Shown]) -> dict[str, FloatArray]:
    """Return the arrays of expressions by title; those of one table have a row for each row.

    Numbers make a single row. Raises `UsageError` if they do not have as many rows.
    """
    arrays = values_of(lines.formula, [each.formula for each in shown], lines.scope, lines.x)
    found = dict(zip((each.title for each in shown), arrays, strict=True))
    if not any(array.shape for array in arrays):
        return {title: array[None] for title, array in found.items()}
    rows = {f"`{title}` {_rows(array)}": array.shape[:1] for title, array in found.items()}
    if len(set(rows.values())) > 1:
        raise UsageError(f"--show: expected as many rows in each, but {', '.join(rows)}")
    return found


def _rows(array: FloatArray) -> str:
    return f"has {len(array):,}" if array.shape else "is a number"


def _file_of(config: Any) -> ConfigFile:
    if isinstance(config, Config):
        config = config.file
    if isinstance(config, ConfigFile):
        return config
    if isinstance(config, Mapping):
        return read_keys(config, "<evaluate>")
    if isinstance(config, str | PathLike):
        return open_config(fspath(config))
    raise UsageError(f"expected a config or its path, found {type(config).__name__}")


def _known_matrices(config: Any) -> dict[str, Any]:
    """Return what is known of the arrays of a config that has been checked."""
    matrices = config.matrices if isinstance(config, Config) else ()
    return {matrix.name: matrix for matrix in matrices}
