"""The options that commands share, spelt and explained alike everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from adamcli.cli import completion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.report.formats import Format


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


ConfigPath = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]",
        help="A YAML file, - for stdin, or the name of a test function.",
        show_default=False,
        autocompletion=completion.configs,
    ),
]

Objective = Annotated[
    str | None,
    typer.Option("--objective", "-e", metavar="FORMULA", help="Minimise this; no file is needed."),
]

Model = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="Fit this to --data, e.g. 'y ~ a*exp(-b*x)'."),
]

Data = Annotated[
    str | None,
    typer.Option("--data", metavar="FILE", help="A file whose columns are names in the formula."),
]

Bounds = Annotated[
    list[str] | None,
    typer.Option(
        "--bounds",
        "-b",
        metavar="NAME=LOW,HIGH",
        help="The bounds of a variable. Repeatable; without NAME= those of all.",
    ),
]

Dim = Annotated[str | None, typer.Option("--dim", metavar="N", help="The length of the vector x.")]

PrintConfig = Annotated[
    bool, typer.Option("--print-config", help="Show the config as YAML and end.")
]

Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the config. Repeatable.",
        autocompletion=completion.settings,
    ),
]


def output_option(formats: Sequence[Format], does: str = "Also write") -> Any:
    """Return the option `-o`, whose extension picks one of `formats`; `does` says what it does."""
    known = ", ".join(form.extensions[0] for form in formats)
    return typer.Option("--output", "-o", metavar="FILE", help=f"{does} {known}. Repeatable.")


Plot = Annotated[
    bool, typer.Option("--plot", help="Draw the scores, or the fit, below the summary.")
]

Every = Annotated[
    str | None,
    typer.Option(
        "--every",
        metavar="N|log",
        help="Show every N-th step, or 0..9, 10, 20, ... [default: 1; more in a long table]",
        autocompletion=lambda: ["log"],
    ),
]

Fields = Annotated[
    str,
    typer.Option(
        "--fields",
        metavar="NAMES",
        help="Also show alpha, gradient_norm (comma-separated).",
        autocompletion=completion.fields,
    ),
]

ScoreFormat = Annotated[
    str | None,
    typer.Option(
        "--score-format",
        metavar="FORMAT",
        help="Write scores in this Python format. [default: .5f, or as suits the start]",
        show_default=False,
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

StopRules = Annotated[
    list[str] | None,
    typer.Option(
        "--stop",
        metavar="RULE",
        help="End a run when this holds, e.g. 'score < 1e-8' or 'patience: 100'. Repeatable.",
    ),
]

AllowPython = Annotated[
    bool,
    typer.Option(
        "--allow-python",
        envvar="ADAMCLI_ALLOW_PYTHON",
        help="Allow the config to run Python code.",
    ),
]

Summary = Annotated[
    bool, typer.Option("--summary", help="Write the summary to stderr, at a terminal or not.")
]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what was asked for.")]
