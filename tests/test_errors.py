"""The errors meant for users."""

import pytest

from adamcli import errors


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/me/project/.venv", "pip install 'adamcli[plot]'"),
        ("/home/me/.local/share/pipx/venvs/adamcli", "pipx inject adamcli matplotlib"),
        ("C:\\Users\\me\\pipx\\venvs\\adamcli", "pipx inject adamcli matplotlib"),
        ("/home/me/.local/share/uv/tools/adamcli", "uv tool install --with matplotlib adamcli"),
        ("/home/me/uv/.venv", "pip install 'adamcli[plot]'"),
    ],
)
def test_an_extra_is_installed_as_the_program_was(monkeypatch, prefix, command) -> None:
    monkeypatch.setattr(errors.sys, "prefix", prefix)
    text = str(errors.needs_extra("-o a.png", "matplotlib", "plot"))
    assert text == f"-o a.png: needs the package matplotlib\n  {command}"
