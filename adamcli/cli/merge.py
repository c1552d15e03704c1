"""`adamcli merge`: combines the stores of the parts of a sweep."""

from __future__ import annotations

from typing import Annotated

import typer

from adamcli.cli.guard import exit_codes, write_error
from adamcli.cli.options import Quiet


def merge(
    stores: Annotated[
        list[str], typer.Argument(metavar="STORE...", help="The stores of all parts.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE.db", help="The store to write.")
    ],
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=10_000, help="Rows of the table.")
    ] = 10,
    quiet: Quiet = False,
) -> None:
    """Combine the stores of all parts of a sweep, if no run is missing or duplicated."""
    with exit_codes():
        from adamcli.report.formats import STORE_FORMATS, format_of
        from adamcli.report.sinks import refuse_clashes, refuse_special, standard_output
        from adamcli.report.sweep_table import print_merged
        from adamcli.sweeps.merge import merge as merge_stores

        format_of(output, STORE_FORMATS)
        refuse_clashes({}, STORE=stores, **{"-o": [output]})
        refuse_special(output)
        merged = merge_stores(stores, output, top)
        for note in merged.notes:
            write_error(note)
        if not quiet:
            print_merged(merged, standard_output())
