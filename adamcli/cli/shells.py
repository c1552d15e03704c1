"""How shells ask what a word can go on with, and what they are answered.

Typer does most of it. Where a word ends in `=`, bash and zsh would go on with a space, and bash
takes what stands before and after a `=` for words of their own.
"""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING, Any

from typer import _completion_shared as shared
from typer._click.shell_completion import CompletionItem, ShellComplete
from typer._completion_classes import (
    BashComplete,
    FishComplete,
    ZshComplete,
)

if TYPE_CHECKING:
    from typer.core import TyperGroup

SCRIPT = """
%(complete_func)s() {
    local IFS=$'\\n'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \\
                   COMP_CWORD=$COMP_CWORD \\
                   %(autocomplete_var)s=complete_bash $1 ) )
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
"""
"""What bash runs: as typer has it, but no space follows a word that ends in `=`."""


class _Shell(ShellComplete):
    """A shell whose completions see all words before the incomplete one, as the `obj` of typer."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return what the incomplete word can go on with."""
        self.ctx_args = {**self.ctx_args, "obj": args}
        return super().get_completions(args, incomplete)


class Bash(_Shell, BashComplete):
    """Answers bash, which wants of a word what stands after its last `=`, if it has split it."""

    _head = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the incomplete one, and this one, with a `=` inside of them."""
        before, last = super().get_completion_args()
        words: list[str] = []
        goes_on = False
        for word in [*before, last]:
            is_sign = bool(word) and not word.strip("=")
            if words and word and (is_sign or goes_on):
                words[-1] += word
            else:
                words.append(word)
            goes_on = is_sign
        value = words[-1].partition("=")[2] if words[-1].startswith("-") else words[-1]
        if words[-1] != last:
            self._head = value[: value.rfind("=") + 1]
        return words[:-1], words[-1]

    def complete(self) -> str:
        """Return the lines that the script of bash reads."""
        lines = super().complete().split("\n")
        return "\n".join(line.removeprefix(self._head) for line in lines)


class Fish(_Shell, FishComplete):
    """Answers fish."""


class Zsh(_Shell, ZshComplete):
    """Answers zsh, which is told to go on without a space after a `=`."""

    def complete(self) -> str:
        """Return what zsh evaluates."""
        found = self.get_completions(*self.get_completion_args())
        words = [str(item.value) for item in found]
        if words and all(word.endswith("=") for word in words):
            return f"compadd -S '' -- {' '.join(map(quote, words))}"
        return super().complete()


SHELLS: dict[str, type[Any]] = {"complete_bash": Bash, "complete_fish": Fish, "complete_zsh": Zsh}
"""What answers a shell, by what it asks; typer answers the others."""


def answer(group: TyperGroup, settings: Any, program: str) -> str | None:
    """Return what the shell is answered that runs this process; None if none of ours does."""
    variable = f"_{program}_COMPLETE".replace("-", "_").upper()
    kind = SHELLS.get(os.environ.get(variable, ""))
    return None if kind is None else str(kind(group, settings, program, variable).complete())


def install() -> None:
    """Let `--install-completion` and `--show-completion` have our script for bash."""
    shared._completion_scripts["bash"] = SCRIPT
