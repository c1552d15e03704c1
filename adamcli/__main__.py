"""The entry point of `adamcli` and of `python -m adamcli`."""

import os
import sys


def main() -> None:
    """Run the command line and exit."""
    try:
        from adamcli.signals import handle_signals

        handle_signals()
    except KeyboardInterrupt:
        os._exit(130)
    import gc

    # Imports live as long as the process. Not collecting garbage while they load, nor among them at
    # exit, saves a fifth of the start-up time; `run` turns collection on again.
    gc.disable()
    # The digits of a product by BLAS depend on the number of threads, and threads would slow down
    # the workers of a sweep. A user who sets the variable still gets them.
    for name in ("OPENBLAS", "MKL", "BLIS"):
        os.environ.setdefault(f"{name}_NUM_THREADS", "1")
    from adamcli.cli.app import app
    from adamcli.cli.guard import report_bug, said_of, silence_stdout, write_error
    from adamcli.errors import ExitCode
    from adamcli.report.pager import behind_pager
    from adamcli.report.terminal import escape_what_is_lacking

    escape_what_is_lacking()
    with behind_pager():
        try:
            app()
        except BrokenPipeError:
            # The reader of the help text closed the pipe.
            silence_stdout()
            sys.exit(ExitCode.BROKEN_PIPE)
        except OSError as error:
            write_error(said_of(error))
            silence_stdout()
            sys.exit(ExitCode.FILE)
        except Exception as error:
            report_bug(error)
            sys.exit(ExitCode.BUG)
        finally:
            gc.freeze()


if __name__ == "__main__":
    # `python -m` looks for every import in the working directory first, where any yaml.py may lie.
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        del sys.path[0]
    main()
