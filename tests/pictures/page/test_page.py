"""The page: whole, safe, small, and with every number at its place."""

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from adamcli.pictures.page import LARGEST, About, page
from adamcli.pictures.scene import (
    Axis,
    Band,
    Bars,
    Box,
    Dots,
    Field,
    Line,
    Panel,
    Picture,
    Rule,
    Text,
)
from adamcli.pictures.style import LOOKS, colours
from tests.conftest import ROOT
from tests.pictures.page.test_png import shown

HOSTILE = "a<script>alert('1')</script>&amp;\"'</style>--><!--$x_1$ αβ"
VOID = {"meta", "br", "input", "link", "img", "hr"}
UNIT_AXES = (Axis("x", 0, 1), Axis("y", 0, 1))


class Reader(HTMLParser):
    """Checks that tags are closed in order, and keeps elements, texts and scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], tuple[int, ...]]] = []
        self.inside: list[int] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}

    def handle_starttag(self, tag, attrs) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute twice: {attrs}"
        self.elements.append((tag, dict(attrs), tuple(self.inside)))
        if tag not in VOID:
            self.open.append(tag)
            self.inside.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.inside)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag
        self.inside.pop()

    def handle_data(self, data) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)
        elif data.strip():
            self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes, _ in self.elements if name == tag]

    @property
    def data(self) -> dict:
        return json.loads(self.raw["script"][0])

    @property
    def paths(self) -> list[dict[str, str | None]]:
        """The paths of marks whose points a reader can point at, without those of legends."""
        keys = {i for i, (_, a, _) in enumerate(self.elements) if a.get("class") == "key"}
        return [a for _, a, inside in self.elements if "data-p" in a and not keys & set(inside)]


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def picture_of(*marks, axes=UNIT_AXES, **more) -> Picture:
    return Picture("path", "a title", ((Panel(*axes, marks),),), **more)


def shown_by(*marks, axes=UNIT_AXES) -> Reader:
    return read(page(picture_of(*marks, axes=axes), About("title")))


def hostile() -> tuple[Picture, About]:
    t = np.arange(3)
    x = np.array([0.2, 0.5, 0.9])
    marks = (
        Field(x, x, np.eye(3), np.array([0.5]), HOSTILE),
        Line(x, x, "path", HOSTILE, t),
        Dots(x, x, "end", HOSTILE, t, newest=True),
        Bars(x, "bars", HOSTILE),
        Box(-np.inf, 0.5, 0, 1, "bounds", HOSTILE),
    )
    axes = (
        Axis(HOSTILE, 0, 1, ticks=((0.5, HOSTILE),)),
        Axis(HOSTILE, 0, 1, ticks=((0.5, HOSTILE),)),
    )
    panel = Panel(*axes, marks, HOSTILE)
    about = About(HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE, HOSTILE, HOSTILE)
    return Picture(HOSTILE, HOSTILE, ((panel, panel),), notes=(HOSTILE,)), about


def test_no_text_becomes_markup() -> None:
    found = read(page(*hostile()))
    plain = "html head meta title style body header div h1 button main label input output figure"
    more = "figcaption ul li svg span p section h2 table tr th td pre code footer script"
    drawing = "g defs path use rect image clippath text tspan"
    assert {tag for tag, _, _ in found.elements} <= {*f"{plain} {more} {drawing}".split()}
    assert len(found.all("script")) == 2
    assert len(found.all("style")) == 1
    # The title, the heading, the facts, the command, the config, the note and the footer.
    assert sum(text == HOSTILE for text in found.texts) >= 7
    assert found.data["panels"][0]["x"]["label"] == HOSTILE
    assert found.data["panels"][0]["fields"][0]["label"] == HOSTILE
    assert {path["data-name"] for path in found.paths} == {HOSTILE}
    assert all(HOSTILE in str(a["aria-label"]) for a in found.all("svg") if a.get("role") == "img")
    names = {name for _, attributes, _ in found.elements for name in attributes}
    assert all(re.fullmatch("[a-z][a-z0-9-]*", name) for name in names)
    assert not set("<>&") & set(found.raw["script"][0])


def test_nothing_is_fetched_and_nothing_runs_from_attributes() -> None:
    text = page(*hostile())
    found = read(text)
    assert set(re.findall(r"https?://[^\s\"'<>]*", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|@font-face|import\(|fetch\(|XMLHttpRequest|innerHTML", text)
    assert all(place.startswith("#") for place in re.findall(r"url\((.*?)\)", text))
    for tag, attributes, _ in found.elements:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        target = attributes.get("href")
        assert target is None or target.startswith(("#", "data:image/png;base64,")), tag
    policy = next(meta["content"] for meta in found.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_what_the_page_says_beside_the_picture() -> None:
    about = About("T", (("best score", "1e-9"),), "a: 1\nb: 2", "adamcli plot a.yaml", "1.2.3")
    found = read(page(picture_of(notes=("a note",)), about))
    for text in ("T", "a title", "best score", "1e-9", "a: 1\nb: 2", "adamcli plot a.yaml"):
        assert text in found.texts
    assert {"a note", "adamcli 1.2.3"} <= set(found.texts)
    bare = read(page(picture_of(), About("T")))
    assert not {"Result", "Run it again", "Config"} & set(bare.texts)


def path_picture(steps: int) -> Picture:
    x = np.linspace(-5, 5, 201)
    t = np.arange(steps)
    turn = 60 * t / steps
    px, py = 4 * np.exp(-turn / 20) * np.cos(turn), 4 * np.exp(-turn / 20) * np.sin(turn)
    wave = x**2 - 10 * np.cos(2 * np.pi * x) + 10
    surface = Field(x, x, wave[:, None] + wave, np.linspace(1, 80, 16), "score")
    marks = (
        surface,
        Line(px, py, "path", "", t),
        Dots(px, py, "step", "", t),
        Dots(px, py, "end", "end", t, newest=True),
    )
    return picture_of(*marks, axes=(Axis("x", -5, 5), Axis("y", -5, 5)))


def state_picture(steps: int) -> Picture:
    random, t = np.random.RandomState(0), np.arange(steps)
    rows = []
    for k in range(6):
        lines = [random.normal(size=steps) * np.exp(-3 * t / steps) for _ in range(5)]
        marks = tuple(Line(t * 1.0, y, f"series{k}", f"v{k}", t) for k, y in enumerate(lines))
        rows.append((Panel(Axis("step", 0, steps - 1), Axis(f"x{k}", -3, 3), marks),))
    return Picture("state", "", tuple(rows))


@pytest.mark.parametrize("steps", [1000, 4096])
@pytest.mark.parametrize("make", [path_picture, state_picture])
def test_pages_of_runs_are_small_and_those_of_1000_steps_whole(make, steps) -> None:
    picture = make(steps)
    text = page(picture, About("run"))
    assert len(text.encode()) <= LARGEST == 300_000
    lines = [path for path in read(text).paths if "data-all" not in path and "h0M" not in path["d"]]
    assert lines
    for line in lines:
        kept = len(re.findall("[Ml]", line["d"]))
        assert kept == steps or (steps > 1000 and steps > kept > 300)


def test_a_page_of_many_points_is_small() -> None:
    random, many = np.random.RandomState(0), 100_000
    x, y = random.normal(size=(2, many))
    marks = (
        Line(np.sort(x), y, "deep", "", np.arange(many)),
        Dots(x, y, "run", low=y - 1, high=y + 1),
        Band(np.sort(x), y - 1, y + 1, "band"),
        Line(x, y, "bright"),
    )
    picture = picture_of(*marks, axes=(Axis("x", -5, 5), Axis("y", -5, 5)))
    assert len(page(picture, About("many")).encode()) <= LARGEST


def test_the_same_picture_gives_the_same_page() -> None:
    first, second = (page(path_picture(200), About("a")) for _ in range(2))
    assert first == second


def area_of(found: Reader, panel: int = 0) -> list[float]:
    return found.data["panels"][panel]["area"]


def places_of(path: str) -> list[tuple[float, float]]:
    """Return the points of path data, one for each command M or l, in the units of the drawing."""
    found: list[tuple[float, float]] = []
    for kind, numbers in re.findall(r"([Ml])([^Ml]*)", path):
        x, y = (int(number) for number in re.findall(r"-?\d+", numbers)[:2])
        found.append((x, y) if kind == "M" else (found[-1][0] + x, found[-1][1] + y))
    return found


SHARES = {
    "linear": lambda v, low, high: (v - low) / (high - low),
    "log": lambda v, low, high: np.log(v / low) / np.log(high / low),
    "symlog": lambda v, low, high: (
        (np.arcsinh(v / 0.5) - np.arcsinh(low / 0.5))
        / (np.arcsinh(high / 0.5) - np.arcsinh(low / 0.5))
    ),
}


@pytest.mark.parametrize(("scale", "low", "high"), [
    ("linear", -2.0, 6.0), ("log", 1e-3, 1e4), ("symlog", -1e3, 50.0),
])  # fmt: skip
def test_points_stand_where_their_numbers_are(scale, low, high) -> None:
    random = np.random.RandomState(3)
    x, y = random.uniform(max(low, 0.01), high, (2, 50))
    x[3], y[7] = 5 * high, 4 * high
    axes = (Axis("x", low, high, scale, unit=0.5), Axis("y", low, high, scale, unit=0.5))
    inside = (x <= high) & (y <= high)
    found = shown_by(Line(x, y, "deep"), Dots(x, y, "data"), axes=axes)
    left, top, width, height = area_of(found)
    across, up = SHARES[scale](x, low, high), SHARES[scale](y, low, high)
    expected = np.stack([left + across * width, top + (1 - up) * height], axis=1)
    for path, places in zip(found.paths, (expected, expected[inside]), strict=True):
        # Numbers in drawings are whole tenths of a pixel.
        assert np.abs(np.array(places_of(path["d"])) - places).max() <= 0.5 + 1e-6


def test_a_line_is_interrupted_where_a_coordinate_is_not_a_number() -> None:
    nan = np.nan
    x = np.array([0.1, 0.2, nan, 0.4, np.inf, 0.6, 0.7])
    y = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    found = shown_by(Line(x, y, "deep", steps=np.array([0, 2, 4, 8, 9, 10, 11])))
    (path,) = found.paths
    assert re.sub(r"[-\d ]+", "", path["d"].replace("h0", "h")) == "MlMhMl"
    assert found.data["steps"][int(path["data-t"])] == "0 2 6 2 1"


def unpacked(text: str) -> list[int]:
    first, *jumps = text.split(" ")
    found = [int(first)]
    for jump in jumps:
        step, _, times = jump.partition("x")
        for _ in range(int(times or 1)):
            found.append(found[-1] + int(step))
    return found


def test_the_slider_goes_over_the_frames_and_the_end_is_shown_first() -> None:
    t = np.array([0, 1, 2, 3, 10, 20, 30, 31])
    x = np.linspace(0.1, 0.9, 8)
    picture = picture_of(Line(x, x, "path", "", t), Dots(x, x, "end", "", t, newest=True))
    found = read(page(picture, About("a")))
    assert unpacked(found.data["frames"]) == picture.frames() == t.tolist()
    assert [unpacked(steps) for steps in found.data["steps"]] == [t.tolist()]
    (slider,) = found.all("input")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "7", "7")
    # Only a script can move it, and shows it.
    assert [a for a in found.all("div") if a.get("class") == "controls" and "hidden" in a]
    assert slider["id"] in [label["for"] for label in found.all("label")]
    line, end = found.paths
    assert len(places_of(line["d"])) == len(places_of(end["data-all"])) == 8
    assert places_of(end["d"]) == places_of(end["data-all"])[-1:] == places_of(line["d"])[-1:]


def test_without_a_course_there_is_no_slider() -> None:
    assert shown_by(Line(np.arange(2.0), np.arange(2.0), "fitted")).all("input") == []


def image_of(found: Reader) -> tuple[dict[str, str | None], list[list[str | None]]]:
    keys = {i for i, (_, a, _) in enumerate(found.elements) if a.get("class") == "key"}
    (image,) = (a for tag, a, up in found.elements if tag == "image" and not keys & set(up))
    return image, shown(base64.b64decode(image["href"].partition("base64,")[2]))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_surface_has_the_colours_of_its_bands_at_each_pixel(scale) -> None:
    low, high = (-3.0, 5.0) if scale == "linear" else (1e-2, 1e3)
    # A function that is linear on the scale of x, and so interpolated without an error.
    across, up = np.linspace(0, 1, 7), np.linspace(0, 1, 5)
    x = low + across * (high - low) if scale == "linear" else low * (high / low) ** across
    field = Field(x, up, 3 * across + 2 * up[:, None], np.array([0.7, 1.9, 3.3]), "f")
    found = shown_by(field, axes=(Axis("x", low, high, scale), Axis("y", 0, 1)))
    image, pixels = image_of(found)
    assert [float(image[k]) for k in ("x", "y", "width", "height")] == area_of(found)
    rows, columns = len(pixels), len(pixels[0])
    assert (rows, columns) == (round(area_of(found)[3] / 5), round(area_of(found)[2] / 5))
    palette = colours(4)
    for row in range(0, rows, 17):
        for column in range(0, columns, 13):
            value = 3 * (column + 0.5) / columns + 2 * (1 - (row + 0.5) / rows)
            assert pixels[row][column] == palette[sum(value >= level for level in field.levels)]


def test_a_surface_ends_where_its_samples_do_and_has_holes_where_there_are_none() -> None:
    x = np.linspace(0.25, 0.75, 6)
    values = np.ones((6, 6))
    values[2, 2] = np.nan
    _, pixels = image_of(shown_by(Field(x, x, values, np.array([0.5]), "f")))
    rows, columns = len(pixels), len(pixels[0])

    def at(across: float, up: float) -> str | None:
        return pixels[int((1 - up) * rows)][int(across * columns)]

    assert at(0.3, 0.7) == at(0.7, 0.3) == colours(2)[1]
    assert at(0.24, 0.5) is at(0.76, 0.5) is at(0.5, 0.24) is at(0.5, 0.76) is None
    assert at(0.45, 0.45) is None


def test_each_cell_of_a_heat_map_is_one_pixel_and_its_value_is_kept() -> None:
    values = np.array([[0.5, 1.5, np.nan], [2.5, np.inf, -1e300]])
    field = Field(np.arange(3.0), np.arange(2.0), values, np.array([1.0, 2.0]), "f", cells=True)
    found = shown_by(field, axes=(Axis("x", -0.5, 2.5), Axis("y", -1, 2)))
    image, pixels = image_of(found)
    palette = colours(3)
    assert pixels == [[palette[2], palette[2], palette[0]], [palette[0], palette[1], None]]
    left, top, width, height = area_of(found)
    expected = [left, top + height / 6, width, height * 2 / 3]
    assert np.allclose([float(image[k]) for k in ("x", "y", "width", "height")], expected, atol=1)
    assert image["class"] == "cells"
    assert found.data["panels"][0]["fields"][0]["values"] == "2.5,inf,-1e300,0.5,1.5,"


def test_marks_end_where_their_panel_does() -> None:
    outside = np.array([0.5, 1.2, np.inf, -3.0])
    found = shown_by(
        Line(outside, outside, "deep"),
        Dots(outside, outside, "data"),
        Box(-np.inf, 0.5, 0.2, np.inf, "bounds"),
        Rule(0.5, "x", "rule"),
        Band(outside, outside, outside, "band"),
    )
    area = [str(number) for number in area_of(found)]
    clips = {}
    for _, attributes, inside in found.elements:
        if inside and found.elements[inside[-1]][0] == "clippath":
            clips[found.elements[inside[-1]][1]["id"]] = attributes
    assert [clips["c0"][k] for k in ("x", "y", "width", "height")] == area
    groups = [a["clip-path"] for a in found.all("g") if "clip-path" in a]
    assert groups == ["url(#c0)", "url(#d0)", "url(#c0)", "url(#c0)", "url(#c0)"]
    _, dots = found.paths
    assert len(places_of(dots["d"])) == 1
    box = next(a["d"] for a in found.all("path") if re.fullmatch(r"M.*H.*V.*H.*z", a.get("d", "")))
    left, top, right, bottom = (int(number) for number in re.findall(r"-?\d+", box)[:4])
    x, y, width, height = area_of(found)
    assert left < x
    assert top < y
    assert (right, bottom) == (round(x + 0.5 * width), round(y + 0.8 * height))


def test_each_role_has_its_colours_in_light_and_in_dark() -> None:
    x = np.array([0.2, 0.8])
    for roles in (list(LOOKS), ["deep"]):
        found = shown_by(*(Line(x, x, role) for role in roles))
        (css,) = found.raw["style"]
        light = dict(re.findall(r"--([\w-]+):([^;}]+)", re.search(r":root{([^}]*)}", css)[1]))
        system, chosen = (
            dict(re.findall(r"--([\w-]+):([^;}]+)", re.search(pattern, css)[1]))
            for pattern in (
                r"@media screen and \(prefers-color-scheme:dark\){:root[^{]*light\]\){([^}]*)}}",
                r"@media screen{:root\[data-theme=dark\]{([^}]*)}}",
            )
        )
        assert system == chosen
        for role in roles:
            assert light[f"role-{role}"] == LOOKS[role].colour
            assert chosen[f"role-{role}"] == LOOKS[role].dark
            assert f".r-{role}{{--c:var(--role-{role})" in css
            assert (
                light.get(f"edge-{role}", "") == chosen.get(f"edge-{role}", "") == LOOKS[role].edge
            )
        assert {name for name in light if name.startswith("role-")} == {f"role-{r}" for r in roles}
        used = set(re.findall(r"var\(--([\w-]+)\)", css)) - {"size", "narrow", "by"}
        assert used - {"columns", "width", "c", "e", "w", "s"} <= set(light)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("theme", [":root{", ":root[data-theme=dark]{"])
def test_texts_have_enough_contrast(theme) -> None:
    (css,) = shown_by().raw["style"]
    colour = dict(re.findall(r"--([\w-]+):([^;}]+)", css.partition(theme)[2].partition("}")[0]))
    assert (luminance(colour["paper"]) > 0.9) == (theme == ":root{")
    for text in ("ink", "quiet", "accent"):
        for below in ("paper", "raised"):
            dark, light = sorted(luminance(colour[name]) for name in (text, below))
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_legend_names_what_is_drawn_once() -> None:
    x = np.array([0.2, 0.8])
    marks = (
        Line(x, x, "mean", "mean"),
        Dots(x, x, "mean", "mean"),
        Dots(x[:0], x[:0], "data", "nothing"),
        Field(x, x[:0], np.zeros((0, 2)), x, "no surface"),
        Rule(0.5, "x", "rule", "rule"),
    )
    found = shown_by(*marks)
    keys = [i for i, (_, a, _) in enumerate(found.elements) if a.get("class") == "key"]
    assert [text for text in found.texts if text in {"mean", "nothing", "no surface", "rule"}] == [
        "mean",
        "rule",
    ]
    drawn = [tag for tag, _, inside in found.elements if tag == "path" and keys[0] in inside]
    assert drawn == ["path", "path"]


def test_a_role_with_an_edge_is_drawn_above_a_wider_line() -> None:
    found = shown_by(Line(np.array([0.2, 0.8]), np.array([0.2, 0.8]), "path"))
    (path,) = found.paths
    uses = [(a["class"], a["href"]) for a in found.all("use")]
    assert uses == [("line under", f"#{path['id']}"), ("line", f"#{path['id']}")]


def test_a_line_can_have_a_colour_of_the_map_and_dots_each_their_own() -> None:
    x = np.array([0.2, 0.5, 0.8])
    found = shown_by(
        Line(x, x, "deep", colour=0.0), Dots(x, x, "run", colours=np.array([1.0, 0.0, 1.0]))
    )
    line, dark, light = found.paths
    assert line["style"] == dark["style"] == f"--c:{colours(2)[0]}"
    assert light["style"] == f"--c:{colours(2)[1]}"
    assert places_of(dark["d"]) == places_of(line["d"])[1:2]
    assert places_of(light["d"]) == places_of(line["d"])[::2]


def test_texts_stand_beside_their_place() -> None:
    anchors = ("left", "middle", "right")
    found = shown_by(*(Text(0.5, 0.25, "<b>", "value", anchor) for anchor in anchors))
    left, top, width, height = area_of(found)
    texts = [a for a in found.all("text") if "r-value" in str(a["class"])]
    assert [a["class"] for a in texts] == [f"mark {anchor} r-value" for anchor in anchors]
    away = [int(a["x"]) - round(left + width / 2) for a in texts]
    assert away[0] == -away[2] > 0 == away[1]
    assert {int(a["y"]) for a in texts} == {round(top + 0.75 * height)}
    assert found.texts.count("<b>") == 3


def test_panels_of_a_column_and_of_a_row_line_up() -> None:
    def panel(low: float, high: float, label: str, ticks=None) -> Panel:
        return Panel(Axis("x", 0, 1, ticks=ticks), Axis(label, low, high), ())

    named = tuple((k / 4, f"a rather long name {k}") for k in range(5))
    rows = (
        (panel(-0.00123, 0.00124, ""), panel(0, 1, "y")),
        (panel(20, 80, "residual"), panel(1e5, 9e5, "", named)),
    )
    found = read(page(Picture("a", "", rows, (3, 1)), About("a")))
    areas = [area_of(found, k) for k in range(4)]
    left, _, width, _ = zip(*areas, strict=True)
    assert (left[0], width[0], left[1], width[1]) == (left[2], width[2], left[3], width[3])
    heights = [int(str(a["viewbox"]).split()[3]) for a in found.all("svg")]
    bottoms = [whole - a[1] - a[3] for whole, a in zip(heights, areas, strict=True)]
    assert bottoms[0] == bottoms[1]
    assert bottoms[2] == bottoms[3] > bottoms[0]


def test_pictures_are_described_for_those_who_cannot_see_them() -> None:
    marks = (Line(np.arange(2.0), np.arange(2.0), "deep", "best so far"),)
    panel = Panel(Axis("step", 0, 1), Axis("score", 0, 1), marks, "run")
    found = read(page(Picture("score", "", ((panel,),)), About("a")))
    plots = [a for a in found.all("svg") if a.get("role") == "img"]
    assert [plot["aria-label"] for plot in plots] == ["run: score against step: best so far"]
    assert all(a.get("aria-hidden") or a.get("aria-label") for a in found.all("svg"))
    ids = [a["id"] for _, a, _ in found.elements if "id" in a]
    assert len(ids) == len(set(ids))


NOTHING = np.array([])
ONE = np.array([0.5])


@pytest.mark.parametrize("x", [NOTHING, ONE, ONE * np.nan, np.array([1e300, -1e300]), ONE * 0])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_odd_data_still_gives_a_page(x, scale) -> None:
    places = np.linspace(0.1, 1, len(x))
    grid = np.full((len(x), len(x)), np.nan)
    marks = (
        Line(x, x, "path", "line", np.arange(len(x))),
        Dots(x, x, "end", "dots", np.arange(len(x)), x, x, True, x),
        Band(x, x, x, "band", "band"),
        Bars(x, "bars", "bars"),
        Field(places, places, grid, NOTHING, "field"),
        Field(places, places, grid, ONE, "field", cells=True),
        Rule(np.nan, "x", "rule"),
        Text(np.nan, 0.5, "text", "value"),
        Box(np.nan, np.inf, -np.inf, 1e300, "spread"),
    )
    shown_by(*marks, axes=(Axis("x", 0.1, 1, scale), Axis("y", 0.1, 1, scale)))


def test_a_page_without_panels_is_still_a_page() -> None:
    assert "T" in read(page(Picture("path", "", ()), About("T"))).texts


def test_the_files_of_the_page_are_packaged() -> None:
    beside = {
        p.name for p in (ROOT / "adamcli/pictures/page").iterdir() if p.suffix in (".css", ".js")
    }
    packaged = re.search(
        r'"adamcli\.pictures\.page" = \[(.*)\]', (ROOT / "pyproject.toml").read_text()
    )
    assert packaged is not None
    assert set(re.findall(r'"(.*?)"', packaged[1])) == beside == {"page.css", "page.js"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_shows_the_step_that_is_asked_for(tmp_path) -> None:
    x, t = np.linspace(0.1, 0.9, 9), np.arange(9) * 10
    picture = picture_of(Line(x, x, "path", "", t), Dots(x, x, "end", "", t, newest=True))
    (tmp_path / "a.html").write_text(page(picture, About("a")), encoding="utf-8")
    quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    done = subprocess.run(
        ["chromium", *quiet.split(), f"--user-data-dir={tmp_path}/profile", "--dump-dom",
         f"{(tmp_path / 'a.html').as_uri()}#step=35"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found = read(done.stdout)
    assert [a for a in found.all("div") if a.get("class") == "controls" and "hidden" not in a]
    line, end = found.paths
    before, _ = read(page(picture, About("a"))).paths
    assert places_of(line["d"]) == places_of(before["d"])[:4]
    assert places_of(end["d"]) == places_of(before["d"])[3:4]
