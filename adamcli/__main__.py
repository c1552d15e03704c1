"""The entry point of `adamcli` and of `python -m adamcli`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit."""
    # What is imported lives as long as the process. Not to look for garbage among it, neither while
    # it is loaded nor at the end, saves a fifth of the start-up; `run` turns collection on again.
    gc.disable()
    # With more threads the digits of a product by BLAS depend on their number, and the workers of a
    # sweep would be in each other's way. Who wants them sets the variable.
    for name in ("OPENBLAS", "MKL", "BLIS"):
        os.environ.setdefault(f"{name}_NUM_THREADS", "1")
    try:
        from adamcli.cli.app import app
        from adamcli.cli.guard import silence_stdout, write_error
        from adamcli.errors import ExitCode
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        app()
    except BrokenPipeError:
        # The reader of the help went away.
        silence_stdout()
        sys.exit(ExitCode.BROKEN_PIPE)
    except OSError as error:
        write_error(f"standard output cannot be written: {error.strerror}")
        silence_stdout()
        sys.exit(ExitCode.FILE)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
