"""Pictures on a terminal, in what it can show: colours or none, braille or ASCII, its window."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from adamcli.pictures.kinds import kind_of, picture_of
from adamcli.pictures.subject import Wish
from adamcli.pictures.terminal import Screen, terminal_text
from adamcli.report.terminal import has_colour, shown_on, size_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.pictures.scene import Picture
    from adamcli.pictures.subject import Subject

SMALL = 18
"""The lines of a picture that stands below other text."""


def print_picture(picture: Picture, stream: TextIO, lines: int | None = None) -> None:
    """Write a picture to `stream`; on a terminal it fills the window, or so many lines of it."""
    stream.write(terminal_text(picture, screen_of(stream, lines)) + "\n")
    stream.flush()


def print_below(subjects: Sequence[Subject], stream: TextIO | None) -> None:
    """Write the fit of a subject to `stream`, or the scores if it is none, below other text.

    What cannot be drawn, or not be written, is no error: the text above has the result.
    """
    if stream is None:
        return
    kinds = [name for name in ("fit", "score") if not kind_of(name).lacks(subjects[0], Wish(name))]
    with suppress(OSError, ValueError):
        if not kinds:
            stream.write(shown_on(stream, f"{subjects[0].name}: there is nothing to draw\n"))
            return
        picture = picture_of(subjects, Wish(kinds[0]))
        # What stands beside the scores would make both too small.
        first = tuple(row[:1] for row in picture.rows)
        print_picture(picture._replace(rows=first), stream, SMALL)


def screen_of(stream: TextIO, lines: int | None = None) -> Screen:
    """Return what `stream` can show."""
    width, height = size_of(stream)
    dumb = os.environ.get("TERM") in ("dumb", "unknown")
    plain = dumb or not (stream.encoding or "").lower().startswith("utf")
    return Screen(width, min(height, lines or height), has_colour(stream) and not dumb, plain)
