"""Pictures as files: of results, of runs whose steps are kept for them, and of anything plotted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamcli.diagnostics import harmless
from adamcli.errors import UsageError
from adamcli.pictures.course import Recorder
from adamcli.pictures.kinds import picture_of
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.sources import subject_of
from adamcli.plotting.subjects import of_result
from adamcli.report.step_text import StepText

if TYPE_CHECKING:
    from typing import TextIO

    from adamcli.optimizer.result import Record
    from adamcli.pictures.page import About
    from adamcli.pictures.scene import Picture
    from adamcli.report.step_text import StepLayout
    from adamcli.results import Result


def picture_file(form: str, result: Any) -> bytes:
    """Return a result as a picture, in the format of that name.

    Raises `NoScoreError` if it has no finite score.
    """
    return _drawn(form, subject_of(result, Wish()))


def _drawn(form: str, subject: Subject) -> bytes:
    return drawn(form, picture_of([subject], Wish()), subject)


def drawn(form: str, picture: Picture, subject: Subject) -> bytes:
    """Return a picture as a file; a page also says what is known of its subject."""
    if form == "html":
        from adamcli.pictures.page import page

        # Its texts come from files as well.
        return harmless(page(picture, _about(picture, subject))).encode()
    if form in ("gif", "webp"):
        from adamcli.pictures.animation import animation_of

        return animation_of(picture, form)
    from adamcli.pictures.figures import file_of

    return file_of(picture, form)


class Recording(StepText):
    """Keeps the course of a run, and writes nothing."""

    every_step = True
    fields = ("gradient_norm",)

    def __init__(self) -> None:
        self._recorder = Recorder()

    def row(self, record: Record) -> str:
        """Keep a step."""
        self._recorder.add(record)
        return ""

    def subject(self, result: Result) -> Subject:
        """Return what is known of the run once it is over."""
        return of_result(result, self._recorder.course())


class PictureSteps(Recording):
    """Draws a run when it is over."""

    def __init__(self, form: str, layout: StepLayout, stream: TextIO | None = None) -> None:
        super().__init__()
        self._form = form

    def end(self, result: Result) -> bytes:
        """Return the picture; raises `NoScoreError` if there is nothing to draw."""
        return _drawn(self._form, self.subject(result))


def _about(picture: Picture, subject: Subject) -> About:
    """Return what a page says beside its picture."""
    from pathlib import Path

    from adamcli.config.write import yaml_of
    from adamcli.pictures.page import About
    from adamcli.report.picture_facts import command_of, facts_of
    from adamcli.version import __version__

    config = subject.config
    text = ""
    if config is not None and config.file is not None:
        try:
            text = yaml_of(config.file.whole(), config.file.folder, Path.cwd())
        except UsageError as error:
            text = f"# {error}\n"
    return About(picture.title, facts_of(subject), text, command_of(subject), __version__)
