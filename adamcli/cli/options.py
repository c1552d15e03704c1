"""The options that commands share, so that each is spelt and explained alike everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence


def format_option(names: Sequence[str], *, default: str) -> Any:
    """Return the option `--format`, which takes one of `names`."""

    def parse(text: str) -> str:
        if text not in names:
            known = ", ".join(map(repr, names))
            raise typer.BadParameter(f"{text!r} is not one of {known}.")
        return text

    return typer.Option(
        "--format",
        parser=parse,
        metavar=f"[{'|'.join(names)}]",
        help=f"What stdout shows. [default: {default}]",
        show_default=False,
        autocompletion=lambda: list(names),
    )


ConfigPath = Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, or - for stdin.")]

Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a key of the config. Repeatable."),
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
