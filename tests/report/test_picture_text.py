"""Pictures as text go where they can be read: by the stream, its size, and the environment."""

import io

import pytest

import adamcli
from adamcli.pictures.kinds import picture_of
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.sources import subject_of
from adamcli.report.picture_text import SMALL, print_below, print_picture, screen_of
from adamcli.report.terminal import USUAL
from tests.conftest import ROOT, Terminal, config_of


@pytest.fixture(autouse=True)
def usual(terminal, monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.delenv("LINES", raising=False)


@pytest.fixture(scope="module")
def subject():
    return subject_of(config_of("x**2 + y**2", n_iter=30), Wish("score"))


class File(io.StringIO):
    """A file in memory."""

    encoding = "utf-8"


class Full(Terminal):
    """A terminal that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_terminal_has_colours_and_a_pipe_has_none() -> None:
    assert screen_of(Terminal()) == (*USUAL, True, False)
    assert screen_of(File()) == (*USUAL, False, False)


@pytest.mark.parametrize(
    ("env", "colours", "plain"),
    [
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, True),
        ({"TERM": "unknown"}, False, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, True),
    ],
)
def test_the_environment_says_what_can_be_shown(monkeypatch, env, colours, plain) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert screen_of(Terminal()) == (*USUAL, colours, plain)


def test_colours_can_be_forced_into_a_pipe(monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert screen_of(File()) == (*USUAL, True, False)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_encoding_without_braille_gets_ascii(subject, encoding) -> None:
    stream = Terminal(encoding)
    assert screen_of(stream)[3]
    print_below([subject], stream)
    assert stream.getvalue().isascii()
    assert stream.getvalue().count("\n") > 5


@pytest.mark.parametrize(
    ("columns", "lines", "size"),
    [("120", "50", (120, 50)), ("", "", USUAL), ("0", "x", USUAL), ("-5", "1e3", USUAL)],
)
def test_the_window_is_what_the_environment_says(monkeypatch, columns, lines, size) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", lines)
    for stream in (Terminal(), File()):
        assert screen_of(stream)[:2] == size
    assert screen_of(File(), 10)[:2] == (size[0], min(10, size[1]))


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 10), (200, 60), (20, 6)])
def test_a_picture_fits_the_window(monkeypatch, subject, columns, lines) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))
    stream = File()
    print_picture(picture_of([subject], Wish("score")), stream)
    found = stream.getvalue().splitlines()
    assert max(map(len, found)) <= columns
    assert len(found) <= lines - 1


def test_below_other_text_it_is_small(monkeypatch, subject) -> None:
    monkeypatch.setenv("LINES", "60")
    stream = File()
    print_below([subject], stream)
    lines = stream.getvalue().splitlines()
    assert SMALL // 2 < len(lines) < SMALL
    assert "best so far" in stream.getvalue()
    assert "norm" not in stream.getvalue()


def test_below_a_fit_is_the_fit() -> None:
    fit = adamcli.solve_config(adamcli.load_config(str(ROOT / "configs" / "fit.yaml")))
    stream = File()
    print_below([subject_of(fit, Wish())], stream)
    assert "fit" in stream.getvalue()
    assert "data" in stream.getvalue()


def test_a_fit_that_cannot_be_drawn_gives_its_scores(subject) -> None:
    fitted = adamcli.load_config(str(ROOT / "configs" / "fit.yaml"))
    stream = File()
    print_below([subject._replace(config=fitted, best=None)], stream)
    assert "best so far" in stream.getvalue()


def test_nothing_to_draw_is_said_and_no_error() -> None:
    stream = File()
    print_below([Subject("a.yaml")], stream)
    assert stream.getvalue() == "a.yaml: there is nothing to draw\n"


def test_a_stream_that_takes_nothing_is_no_error(subject) -> None:
    for found in (subject, Subject("a.yaml")):
        print_below([found], Full())
        print_below([found], None)
        closed = File()
        closed.close()
        print_below([found], closed)
