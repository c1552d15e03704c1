"""The command line: one file a command, thin; the only place that imports typer."""
