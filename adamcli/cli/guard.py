"""How a command ends: here, and only here, errors become a message and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from adamcli.errors import AdamcliError, ExitCode
from adamcli.pipes import Pipes, waits
from adamcli.signals import asking, exit_code

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from adamcli.config.expectations import Expectation
    from adamcli.optimizer.loop import Control
    from adamcli.optimizer.status import Status


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn whatever a command raises into a message on standard error and an exit code."""
    try:
        with Pipes(_tell).kept():
            yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except typer.Exit:
        raise
    except AdamcliError as error:
        write_error(str(error))
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(exit_code()) from None
    except BrokenPipeError:
        silence_stdout()
        raise typer.Exit(ExitCode.BROKEN_PIPE) from None
    except MemoryError:
        write_error("error: not enough memory")
        raise typer.Exit(ExitCode.FAILED) from None
    except OSError as error:
        write_error(said_of(error))
        raise typer.Exit(ExitCode.FILE) from None
    except UnicodeEncodeError as error:
        from adamcli.diagnostics import lacking_in

        write_error("\n  ".join(lacking_in(error)))
        raise typer.Exit(ExitCode.FILE) from None
    except Exception as error:
        report_bug(error)
        raise typer.Exit(ExitCode.BUG) from None
    finally:
        # What a full device did not take is still in the buffer, and would fail again at exit.
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except OSError:
            silence_stdout()


def said_of(error: OSError) -> str:
    """Return what the system refused, and of what."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    try:
        Path.cwd()
    except OSError:
        return f"the working directory cannot be used: {reason}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"no more files can be opened: {reason}\n  raise the limit: ulimit -n 1024"
    return f"standard output cannot be written: {reason}"


def report_bug(error: Exception) -> None:
    """Say that an exception is a fault of the program; with `ADAMCLI_DEBUG=1` show where it is."""
    if os.environ.get("ADAMCLI_DEBUG", "") not in ("", "0"):
        from traceback import format_exception

        write_error("".join(format_exception(error)).rstrip())
    what = f"{type(error).__name__}: {error}".partition("\n")[0]
    hint = "please report it, with what the same command shows after export ADAMCLI_DEBUG=1"
    write_error(f"this is a bug in adamcli: {what}\n  {hint}")


def write_error(message: str) -> None:
    """Write a message to standard error."""
    from adamcli.report.folding import fitted

    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(fitted(message, sys.stderr) + "\n")
        sys.stderr.flush()


def all_met(
    expectations: Sequence[Expectation],
    numbers: Callable[[Collection[str]], Mapping[str, float]],
) -> bool:
    """Return whether all expectations are met, and report those that are not.

    `numbers` returns the numbers of a result, given what the expectations name.
    """
    names = frozenset().union(*(one.names for one in expectations))
    known = numbers(names) if expectations else {}
    unmet = [miss for one in expectations for miss in one.shortfalls(known)]
    for miss in unmet:
        write_error(str(miss))
    return not unmet


@contextmanager
def stopping(control: Control) -> Iterator[None]:
    """Let a signal end the run after the current step, and a second one in the middle of it."""

    def stop() -> bool:
        if waits():
            return False
        if control.stop is None:
            control.stop = ended_as()
            _tell("\nstopping after this step; once more to stop at once")
        elif control.breaks:
            raise KeyboardInterrupt
        else:
            return False
        return True

    with asking(stop):
        yield


def ended_as() -> Status:
    """Return how a run ends that a signal stops."""
    from adamcli.optimizer.status import Status

    return next(status for status in Status if status.exit_code == exit_code())


def _tell(text: str) -> None:
    """Tell the user at a terminal what a command waits for."""
    if sys.stderr is not None and sys.stderr.isatty():
        write_error(text)


@contextmanager
def computing(control: Control, *, allow_python: bool) -> Iterator[None]:
    """Compute something that signals may stop, with garbage collection turned on again."""
    # What has been imported stays; searching it for garbage would take ten milliseconds.
    gc.freeze()
    gc.enable()
    # What a Python objective prints must not mix with the data.
    aside = redirect_stdout(sys.stderr) if allow_python else nullcontext()
    with stopping(control), aside:
        yield


def silence_stdout() -> None:
    """Point standard output at the null device, so that the flush at exit cannot fail again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
