"""`adamcli merge`: combines the stores of the parts of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adamcli.cli.guard import exit_codes, write_error
from adamcli.cli.options import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.report.formats import Format
    from adamcli.sweeps.merge import Merged


def merge(
    stores: Annotated[
        list[str], typer.Argument(metavar="STORE...", help="The stores of all parts, or one.")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The store to write, or a file of its rows."
        ),
    ],
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=10_000, help="Rows of the table.")
    ] = 10,
    quiet: Quiet = False,
) -> None:
    """Combine the stores of all parts of a sweep, if no run is missing or duplicated.

    With -o FILE.csv, .tsv, .jsonl or .parquet, write their rows, or those of a single store. The
    best runs are shown as a table.
    """
    with exit_codes():
        from adamcli.report.formats import MERGED_FILES, format_of
        from adamcli.report.sinks import refuse_clashes, standard_output
        from adamcli.report.sweep_table import print_merged

        form = format_of(output, MERGED_FILES)
        refuse_clashes({}, STORE=stores, **{"-o": [output]})
        write = _merge if form.store is not None else _read_back
        merged = write(stores, output, form, top)
        if not quiet:
            print_merged(merged, standard_output())


def _merge(stores: Sequence[str], output: str, form: Format, top: int) -> Merged:
    """Write the store of all parts."""
    from adamcli.report.sinks import refuse_special
    from adamcli.sweeps.merge import merge as merge_stores

    refuse_special(output)
    merged = merge_stores(stores, output, top)
    for note in merged.notes:
        write_error(note)
    return merged


def _read_back(stores: Sequence[str], output: str, form: Format, top: int) -> Merged:
    """Write the rows of stores to a file."""
    from adamcli.report.column_files import ColumnFile
    from adamcli.sweeps.merge import read_back

    found = read_back(stores)
    for note in found.notes:
        write_error(note)
    layout = found.layout
    file = ColumnFile(output, form, layout)
    file.write_parts(found.rows, layout.values, layout.texts)
    file.close()
    if found.done < found.total:
        write_error(f"{output}: {found.done:,} of {found.total:,} runs")
    return found.summary(top)
