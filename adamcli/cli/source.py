"""Where a command finds its config: a file or a test function, and the keys that options write."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import typer

from adamcli.errors import UsageError
from adamcli.pipes import at_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adamcli.config.model import ConfigFile
    from adamcli.diagnostics import Source


class ConfigSource(NamedTuple):
    """The argument CONFIG, and the options that change its keys or stand in its place.

    The fields are the parameters of every command that takes a config, in the order of its help.
    """

    config: str | None
    objective: str | None
    model: str | None
    data: str | None
    bounds: list[str] | None
    dim: str | None
    overrides: list[str] | None
    stop: list[str] | None
    print_config: bool

    def open(self) -> ConfigFile:
        """Return the config before it is checked; with `--print-config` check it, show it and exit.

        Later of the file, its options and `--set` win.

        Raises `UsageError` if there is no config, `FileError` if it cannot be read, `ConfigError`
        if it or an option cannot be understood.
        """
        from adamcli.config.load import open_config

        if self.config is None and not self.says_what():
            raise UsageError(
                "expected CONFIG, a YAML file or the name of a test function, or else a formula\n"
                "  write, for example, config.yaml, or rastrigin --dim 10,\n"
                "  or -e 'x**2 + y**2' -b x=-1,1 -b y=-1,1"
            )
        # Nobody has to type what the options say.
        config = None if self.config == "-" and at_terminal() and self.says_what() else self.config
        file = open_config(config, list(self._written()), self.stop or ())
        if self.print_config:
            _show(file)
            raise typer.Exit
        return file

    def says_what(self) -> bool:
        """Return whether the options say what is minimised."""
        texts = self.overrides or ()
        keys = {text.partition("=")[0].strip().partition(".")[0] for text in texts}
        is_written = self.objective is not None or self.model is not None
        return is_written or not keys.isdisjoint({"objective", "model"})

    def _written(self) -> Iterator[str | Source]:
        """Yield what is written over the keys of the file, in order."""
        options = {"-e": self.objective, "--model": self.model, "--data": self._data()}
        texts = [(name, text) for name, text in options.items() if text is not None]
        texts += [("-b", text) for text in self.bounds or ()]
        texts += [("--dim", self.dim)] if self.dim is not None else []
        if texts:
            from adamcli.diagnostics import Source

            yield from (Source(name, text) for name, text in texts)
        yield from self.overrides or ()

    def _data(self) -> str | None:
        """Return the path that `--data` gives from the working directory as the key has it."""
        if self.data is None or self.config is None:
            return self.data
        import os
        from pathlib import Path

        from adamcli.files import folder_of

        folder = folder_of(self.config)
        if folder == Path.cwd() or Path(self.data).is_absolute():
            return self.data
        return os.path.relpath(self.data, folder)


def _show(file: ConfigFile) -> None:
    """Write a config to standard output, as YAML for the working directory.

    Raises `ConfigError` with everything wrong in it.
    """
    from pathlib import Path

    from adamcli.config.checking import checked
    from adamcli.config.write import yaml_of
    from adamcli.report.sinks import write_data

    # What else may be expected depends on the command.
    checked(file._replace(expect=()))
    write_data(yaml_of(file.whole(), file.folder, Path.cwd()))
