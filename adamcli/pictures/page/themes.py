"""The style sheet of the roles: what `style.LOOKS` says, in light and dark, for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.pictures.page.svg_plot import UNIT
from adamcli.pictures.style import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable

POINT = 1.25
"""Pixels of a point: drawings are a little smaller than a page of 96 pixels to the inch."""

WIDE = 3.0
"""Lines of more points than this end where they are told to, without a round end."""

PAGE = {
    "paper": ("#ffffff", "#16181b"),
    "raised": ("#f4f5f7", "#212429"),
    "ink": ("#1b1b1b", "#e6e6e6"),
    "quiet": ("#5a6068", "#a3abb5"),
    "axis": ("#6a6f76", "#878e97"),
    "grid": ("#e8eaed", "#2a2e34"),
    "accent": ("#0b3c6f", "#7db8f0"),
}
"""The colours of the page itself, for light and for dark."""


def style_sheet(roles: Iterable[str]) -> str:
    """Return the colours of the page and of `roles` as variables, and a class for each role.

    Dark is what the reader's machine is set to, or what the attribute `data-theme` says; paper is
    always light.
    """
    names = sorted(set(roles))
    light, dark = _variables(names, dark=False), _variables(names, dark=True)
    night = f"{{color-scheme:dark;{dark}}}"
    system = f":root:not([data-theme=light]){night}"
    return "\n".join(
        [
            f":root{{color-scheme:light;{light}}}",
            f"@media screen and (prefers-color-scheme:dark){{{system}}}",
            f"@media screen{{:root[data-theme=dark]{night}}}",
            *(_rule(name) for name in names),
        ]
    )


def _variables(roles: list[str], dark: bool) -> str:
    found = {name: pair[dark] for name, pair in PAGE.items()}
    for role in roles:
        look = LOOKS[role]
        found[f"role-{role}"] = look.dark if dark else look.colour
        if look.edge:
            found[f"edge-{role}"] = look.edge
    return ";".join(f"--{name}:{colour}" for name, colour in found.items())


def _rule(role: str) -> str:
    look = LOOKS[role]
    lines = [
        f"--c:var(--role-{role})",
        f"--w:{pixels(look.width)}px",
        f"--s:{pixels(look.size)}px",
    ]
    if look.edge:
        lines.append(f"--e:var(--edge-{role})")
    if look.opacity < 1:
        lines.append(f"opacity:{look.opacity:g}")
    rule = f".r-{role}{{{';'.join(lines)}}}"
    if look.width > WIDE:
        rule += f".r-{role} .line{{stroke-linecap:butt}}"
    if look.dash:
        lengths = " ".join(f"{pixels(length * look.width)}px" for length in look.dash)
        rule += f".r-{role} .line{{stroke-dasharray:{lengths};stroke-linecap:butt}}"
    return rule


def pixels(points: float) -> int:
    """Return a length in points in the units of drawings."""
    return round(points * POINT * UNIT)
