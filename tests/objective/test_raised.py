"""Whatever the code of a user raises or returns is told in a message, with exit code 3."""

import pytest

RAISED = {
    "GeneratorExit": ("GeneratorExit", "GeneratorExit: "),
    "a cancelled task": ("asyncio.CancelledError('late')", "CancelledError: late"),
    "SystemExit": ("SystemExit(0)", "SystemExit: 0"),
    "an own class": ("Own('no')", "Own: no"),
    "no text": ("Silent", "Silent: <Silent str() failed>"),
    "no text, and worse": ("Worse", "Worse: <Worse str() failed>"),
    "no text but a number": ("Number", "Number: <Number str() failed>"),
    "a bell": ("ValueError('a\\x07b')", "ValueError: a\N{REPLACEMENT CHARACTER}b"),
}

CLASSES = """
import asyncio
class Own(BaseException):
    pass
class Silent(Exception):
    def __str__(self):
        raise ValueError("nothing")
class Worse(Exception):
    def __str__(self):
        raise GeneratorExit
class Number(Exception):
    def __str__(self):
        return 1
class Odd:
    def __repr__(self):
        raise GeneratorExit
class Broken:
    def __array__(self, *_, **__):
        raise asyncio.CancelledError
class Uneven(list):
    def __iter__(self):
        raise RuntimeError("no end")
"""

COMMANDS = {
    "run": ["run", "-q"],
    "check": ["check"],
    "solve": ["solve", "-q", "--seconds", "5"],
    "sweep": ["sweep", "-q", "-j", "1", "-p", "seed=0..3"],
    "workers": ["sweep", "-q", "-j", "2", "-p", "seed=0..3"],
}


@pytest.fixture
def told(cli, tmp_path):
    """Return a function that says what a command answers to some code, and its exit code."""

    def answer(command: str, code: str, more: str = "") -> tuple[str, int]:
        (tmp_path / "f.py").write_text(CLASSES + code)
        config = f"objective: {{python: f.py:f{more}}}\nbounds: {{x: [-1, 1]}}\nn_iter: 3\n"
        (tmp_path / "c.yaml").write_text(config)
        name, *options = COMMANDS[command]
        ended = cli(name, str(tmp_path / "c.yaml"), "--allow-python", *options)
        assert "Traceback" not in ended.stderr
        return ended.stdout + ended.stderr, ended.code

    return answer


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", RAISED)
def test_what_a_function_raises_is_told(told, command, name) -> None:
    raised, shown = RAISED[name]
    text, code = told(command, f"def f(x):\n    raise {raised}\n")
    assert f"the objective raised {shown}".rstrip() in text
    assert code == 3


@pytest.mark.parametrize("command", ["run", "check", "sweep", "workers"])
@pytest.mark.parametrize("name", RAISED)
def test_what_a_file_raises_is_told(told, command, name) -> None:
    raised, shown = RAISED[name]
    text, code = told(command, f"raise {raised}\n")
    assert f"f.py: {shown}".rstrip() in text
    assert code == 3


def test_what_the_search_for_a_name_raises_is_told(told) -> None:
    text, code = told("run", "def __getattr__(name):\n    raise Own(name)\n")
    assert "f.py: Own: f" in text
    assert code == 3


RETURNED = {
    "an odd object": ("Odd()", "", "the objective returned <Odd repr() failed> (object)"),
    "an array that breaks": ("Broken()", "", "cannot be read as numbers: CancelledError"),
    "an array of words": ("[*map('{}a'.format, x)]", ", vectorized: true", "read as numbers: "),
}


@pytest.mark.parametrize("name", RETURNED)
def test_what_cannot_be_read_is_told(told, name) -> None:
    returned, more, shown = RETURNED[name]
    text, code = told("run", f"def f(x):\n    return {returned}\n", more)
    assert shown in text
    assert code == 3


@pytest.mark.parametrize("returned", ["Broken()", "[Odd()]", "Uneven([1, 2])", "Uneven([[1], 2])"])
@pytest.mark.parametrize("vectorized", ["", ", vectorized: true"])
def test_a_gradient_that_cannot_be_read_is_told(told, returned, vectorized) -> None:
    code = f"def f(x):\n    return x**2\ndef g(x):\n    return {returned}\n"
    text, exit_code = told("run", code, f"{vectorized}}}\ngradient: {{python: f.py:g")
    assert "the gradient returned " in text
    assert exit_code == 3


def test_ctrl_c_remains_what_it_is(told) -> None:
    assert told("run", "def f(x):\n    raise KeyboardInterrupt\n")[1] == 130
