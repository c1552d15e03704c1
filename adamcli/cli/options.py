"""The options that commands share, so that each is spelt and explained alike everywhere."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class FormatName(str, Enum):
    """What standard output shows."""

    table = "table"
    lines = "lines"
    jsonl = "jsonl"
    csv = "csv"
    tsv = "tsv"
    json = "json"
    none = "none"


ConfigPath = Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, or - for stdin.")]

Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a key of the config. Repeatable."),
]

Form = Annotated[
    FormatName | None,
    typer.Option("--format", help="What stdout shows. [default: table]", show_default=False),
]

Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Also write .csv, .tsv, .jsonl, .json or .txt. Repeatable.",
    ),
]

Every = Annotated[
    str,
    typer.Option("--every", metavar="N|log", help="Show each N-th step, or 0..9, 10, 20, ..."),
]

Fields = Annotated[
    str,
    typer.Option(
        "--fields", metavar="NAMES", help="Also show alpha, gradient_norm (comma-separated)."
    ),
]

Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect",
        metavar="COMPARISON",
        help="Exit with 1 unless this holds, e.g. 'best.score < 1e-6'. Repeatable.",
    ),
]

AllowPython = Annotated[
    bool,
    typer.Option(
        "--allow-python",
        envvar="ADAMCLI_ALLOW_PYTHON",
        help="Run the Python code that the config names.",
    ),
]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing that was not asked for.")]
