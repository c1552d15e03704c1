"""A picture as a page: one HTML file that needs nothing else, no network and no server."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.page.drawing import figures
from adamcli.pictures.page.svg_plot import Draft, runs
from adamcli.pictures.page.themes import style_sheet
from adamcli.pictures.page.thinning import fair_share
from adamcli.pictures.scene import Bars, Box, Field, Rule, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.pictures.scene import Picture

LARGEST = 300_000
"""The most bytes of a page, by thinning what it shows."""

POINTS = 32_000
"""The most points of a page, of all marks together."""

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
"""What browsers let the page do: show what it holds, and load nothing."""


class About(NamedTuple):
    """What a page says beside its picture.

    `facts` are pairs of labels and texts, the result in short; `config` is YAML and `command` makes
    the page again; both may be empty. `version` is that of the program.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    config: str = ""
    command: str = ""
    version: str = ""


def page(picture: Picture, about: About) -> str:
    """Return a whole HTML document of at most `LARGEST` bytes that shows `picture`.

    The same picture gives the same page. What is too large is thinned: lines to the extremes of
    each column, dots to one at a place, surfaces to fewer pixels. Only the texts, which are given
    whole, can make a page larger.
    """
    detail = 1.0
    while True:
        found = _page(picture, about, detail)
        if len(found.encode()) <= LARGEST or detail < 0.05:
            return found
        detail *= 0.7


def _page(picture: Picture, about: About, detail: float) -> str:
    counts = [
        len(mark.x)
        for mark in picture.marks
        if not isinstance(mark, Field | Bars | Box | Rule | Text)
    ]
    draft = Draft(max(fair_share(counts, int(POINTS * detail)), 8), detail)
    panels, known = figures(picture, draft)
    frames = picture.frames()
    data = {
        "frames": runs(np.array(frames, dtype=np.int64)),
        "steps": list(draft.steps),
        "panels": known,
    }
    title = about.title or picture.title or picture.kind
    return _PAGE.format(
        policy=escape(POLICY),
        title=escape(title),
        generator=escape(f"adamcli {about.version}".strip()),
        css=_file("page.css") + style_sheet(draft.roles),
        subtitle=_paragraph(picture.title if picture.title != title else "", "subtitle"),
        controls=_CONTROLS.format(last=len(frames) - 1, step=frames[-1]) if frames else "",
        panels=panels,
        beside=' class="beside"' if max(map(len, picture.rows), default=0) == 1 else "",
        notes="".join(_paragraph(note, "note") for note in picture.notes),
        facts=_facts(about.facts),
        command=_command(about.command),
        config=_config(about.config),
        data=_json(data),
        script=_file("page.js"),
    )


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _json(data: object) -> str:
    """Return data for a script; no text in it can end the script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _paragraph(text: str, kind: str) -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if text else ""


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
        for name, text in facts
    )
    return f'<section><h2>Result</h2><table class="facts">{rows}</table></section>' if rows else ""


def _command(command: str) -> str:
    if not command:
        return ""
    return (
        '<section><h2>Run it again</h2><div class="command"><pre><code id="command">'
        f"{escape(command)}</code></pre></div></section>"
    )


def _config(config: str) -> str:
    if not config:
        return ""
    return f'<section><h2>Config</h2><pre class="config">{escape(config)}</pre></section>'


_CONTROLS = """<div class="controls" role="group" aria-label="Course of the run" hidden>
<button type="button" id="play" aria-label="Play">▶</button>
<label for="frame">Step</label>
<input type="range" id="frame" min="0" max="{last}" value="{last}" autocomplete="off">
<output id="step" for="frame">{step}</output>
</div>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{generator}">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<header>
<div><h1>{title}</h1>
{subtitle}</div>
<button type="button" id="theme" aria-label="Change between light and dark" hidden>◐</button>
</header>
<main{beside}>
<div>
{controls}<div class="picture">{panels}</div>
{notes}
</div>
<div>
{facts}
{command}
{config}
</div>
</main>
<footer>{generator}</footer>
<div id="readout" role="status" hidden></div>
<script type="application/json" id="data">{data}</script>
<script>
{script}
</script>
</body>
</html>
"""
