"""Animated pictures: the background is drawn once, and over it what each frame adds."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.pictures import style
from adamcli.pictures.figures import Drawing, styled

if TYPE_CHECKING:
    from adamcli.pictures.scene import Picture

SECONDS, LAST_SECONDS = 6.0, 2.0
"""How long an animation takes, and how long it stays at its end."""

SLOWEST = 0.12
"""The longest that a frame is seen, in seconds."""

COLOURS, TRANSPARENT = 128, 255
"""Colours of a GIF, one palette for all frames, and the place of what is transparent."""

SETTINGS: dict[str, dict[str, Any]] = {
    "gif": {"optimize": False, "disposal": 1, "transparency": TRANSPARENT},
    "webp": {"lossless": True, "quality": 40, "method": 1},
}
"""How Pillow writes each format."""


def animation_of(picture: Picture, form: str) -> bytes:
    """Return the picture as an animation of the format `gif` or `webp`.

    One that shows no course is a single frame.
    """
    images = _in_one_palette(_frames(picture))
    images = _changes(images) if form == "gif" else [image.convert("RGB") for image in images]
    each = round(1000 * min(SECONDS / len(images), SLOWEST))
    durations = [each] * (len(images) - 1) + [round(1000 * LAST_SECONDS)]
    buffer, (first, *rest) = BytesIO(), images
    moving: dict[str, Any] = {"duration": durations, "loop": 0} if rest else {}
    first.save(buffer, form.upper(), save_all=True, append_images=rest, **moving, **SETTINGS[form])
    return buffer.getvalue()


def _in_one_palette(images: list[Any]) -> list[Any]:
    """Return the images in the colours of the last.

    Without dithering what stands still is the same in all, and takes no room. The colour of the
    page, which is in the corner, stays what it is; others may turn a little.
    """
    from PIL import Image

    palette = images[-1].quantize(COLOURS)
    place, page = palette.getpixel((0, 0)), images[-1].getpixel((0, 0))
    colours = palette.getpalette()
    colours[3 * place : 3 * place + 3] = page
    palette.putpalette(colours)
    found = []
    for image in images:
        near = np.asarray(image.quantize(palette=palette, dither=0))
        blank = (np.asarray(image) == page).all(axis=-1)
        found.append(Image.fromarray(np.where(blank, place, near).astype(np.uint8)))
        found[-1].putpalette(colours)
    return found


def _changes(images: list[Any]) -> list[Any]:
    """Return what is new in each image; the rest is transparent."""
    from PIL import Image

    found, before = images[:1], np.asarray(images[0])
    for image in images[1:]:
        now = np.asarray(image)
        found.append(Image.fromarray(np.where(now == before, TRANSPARENT, now).astype(np.uint8)))
        found[-1].putpalette(image.getpalette())
        before = now
    return found


def _frames(picture: Picture) -> list[Any]:
    """Return an image for every frame, with one at least."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    with styled():
        drawing = Drawing(picture)
        figure = drawing.figure
        figure.set_dpi(style.SCREEN_DPI)
        canvas: Any = FigureCanvasAgg(figure)
        for _, artist in drawing.moving:
            artist.set_animated(True)
        canvas.draw()
        background = canvas.copy_from_bbox(figure.bbox)
        images = []
        for step in picture.frames() or [0]:
            canvas.restore_region(background)
            for artist in drawing.show(step):
                figure.draw_artist(artist)
            pixels = canvas.buffer_rgba()
            images.append(
                Image.frombuffer("RGBA", canvas.get_width_height(), bytes(pixels)).convert("RGB")
            )
    return images
