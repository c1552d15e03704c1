"""The files of the standard test functions: what they may hold, and when they are read."""

import subprocess
import sys

import pytest

from adamcli.config import standard
from adamcli.diagnostics import ConfigError
from adamcli.errors import FileError
from adamcli.objective.standard import FOLDER

GOOD = """\
title: Slope
category: bowl
formula: |
  a = x[0]
  a + x[1]
domain: [[-1, 2], [0, 1e1]]
dim: 2
minimum: -1.0
minimisers:
  - [-1, 0]
smooth: false
source: nobody
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder that the functions are read from, with one function in it, `slope`."""
    monkeypatch.setattr(standard, "FOLDER", tmp_path)
    standard.names.cache_clear()
    standard.load.cache_clear()
    (tmp_path / "slope.yaml").write_text(GOOD)
    yield tmp_path
    standard.names.cache_clear()
    standard.load.cache_clear()


def test_a_file_is_all_that_a_function_needs(folder) -> None:
    assert standard.names() == ("slope",)
    (function,) = standard.load_all()
    assert function._asdict() == {
        "name": "slope",
        "title": "Slope",
        "category": "bowl",
        "formula": "a = x[0]\na + x[1]",
        "domain": ((-1.0, 2.0), (0.0, 10.0)),
        "dim": 2,
        "any_dim": False,
        "minimum": "-1.0",
        "minimisers": ((-1.0, 0.0),),
        "smooth": False,
        "source": "nobody",
        "min_dim": 1,
        "config": (),
        "note": "",
    }
    assert all(type(end) is float for pair in function.domain for end in pair)


def test_what_a_file_may_leave_out(folder) -> None:
    more = "min_dim: 2\nconfig: {alpha: 0.5/sqrt(t), seed: 3}\nnote: A slope ends at the border.\n"
    (folder / "slope.yaml").write_text(GOOD + more)
    function = standard.load("slope")
    assert (function.any_dim, function.min_dim) == (True, 2)
    assert function.config == (("alpha", "0.5/sqrt(t)"), ("seed", "3"))
    assert function.note == "A slope ends at the border."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Slope", "titel: Slope", "unknown key `titel`"),
        ("title: Slope", "titel: Slope", "did you mean `title`?"),
        ("title: Slope\n", "", "`title` is missing"),
        ("title: Slope", "title: [Slope]", "title: expected a text, found a list of 1"),
        ("title: Slope", "title:", "title: expected a text, found nothing"),
        (
            "bowl",
            "hill",
            "category: expected one of bowl, plate, valley, ridge, many minima",
        ),
        ("dim: 2", "dim: 2.5", "dim: expected a whole number above 0, found `2.5`"),
        ("dim: 2", "dim: 0", "dim: expected a whole number above 0, found `0`"),
        ("dim: 2", "dim: true", "dim: expected a whole number above 0, found `true`"),
        (
            "[[-1, 2], [0, 1e1]]",
            "[0, 1, 2]",
            "domain: expected a pair [low, high], or one for",
        ),
        ("[[-1, 2], [0, 1e1]]", "[[0, 1], 2]", "domain: expected a pair"),
        ("[[-1, 2], [0, 1e1]]", "[]", "domain: expected a pair"),
        ("[[-1, 2], [0, 1e1]]", "[a, b]", "domain: expected a pair"),
        ("  - [-1, 0]", "  - -1", "minimisers: expected a list of points, or a formula"),
        ("smooth: false", "smooth: no", "smooth: expected true or false, found the text `no`"),
        ("smooth: false", "smooth: 0", "smooth: expected true or false, found `0`"),
        ("source: nobody", "source: nobody\nconfig: fast", "config: expected keys of a config"),
    ],
)
def test_what_is_wrong_in_a_file_is_pointed_at(folder, old, new, message) -> None:
    (folder / "slope.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        standard.load("slope")
    assert message in str(caught.value)
    assert str(folder / "slope.yaml") in str(caught.value)


def test_everything_wrong_is_reported_together(folder) -> None:
    (folder / "slope.yaml").write_text("category: hill\ndim: two\n")
    with pytest.raises(ConfigError) as caught:
        standard.load("slope")
    assert len(caught.value.problems) == 9


def test_a_file_that_cannot_be_read_is_named(folder) -> None:
    with pytest.raises(FileError, match=r"steep\.yaml: cannot be read"):
        standard.load("steep")


WATCHED = """
import sys
opened = []
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".yaml"):
        opened.append(str(arguments[0]))
sys.addaudithook(watch)
sys.argv[0] = "adamcli"
try:
    from adamcli.__main__ import main
    main()
finally:
    sys.stderr.write("\\n".join(opened))
"""


def opened_by(*arguments: str, config: str = "") -> list[str]:
    """Return the names of the functions whose files a command line reads."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        input=config,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [line for line in done.stderr.splitlines() if str(FOLDER) in line]
    return [path.rpartition("/")[2].removesuffix(".yaml") for path in paths]


@pytest.mark.parametrize(
    ("arguments", "config", "read"),
    [
        (("run", "-"), "objective: ackley", ["ackley"]),
        (("run", "-"), "objective: ackley**2\nbounds: {ackley: [0, 1]}", []),
        (("run", "-"), "objective: z\nbounds: {z: [0, 1]}", []),
        (("sweep", "-", "-p", "seed=0..1", "-j", "1"), "objective: ackley", ["ackley"]),
        (
            ("sweep", "-", "-p", "objective=cube,matyas", "-j", "1"),
            "objective: branin",
            ["cube", "matyas"],
        ),
        (("functions", "cube"), "", ["cube"]),
        (("--version",), "", []),
        (("--help",), "", []),
    ],
)
def test_only_what_a_command_names_is_read(arguments, config, read) -> None:
    assert opened_by(*arguments, config=config) == read
