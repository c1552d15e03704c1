"""The entry point of `adamcli` and of `python -m adamcli`."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line and exit."""
    # What is imported lives as long as the process. Not to look for garbage among it, neither while
    # it is loaded nor at the end, saves a fifth of the start-up; `run` turns collection on again.
    gc.disable()
    from adamcli.cli.app import app

    try:
        app()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
