"""Whether a figure can be read: its texts, as the renderer places them."""

from __future__ import annotations

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg

SLACK = 0.5
"""Pixels by which texts may touch."""


def texts(figure) -> list:
    """Return all texts and legends that are seen, each with what it is."""
    found = [("title", figure._suptitle), ("notes", figure._supxlabel)]
    for n, axes in enumerate(figure.axes):
        for which in "xy":
            axis = getattr(axes, f"{which}axis")
            low, high = sorted(getattr(axes, f"get_{which}lim")())
            places = axis.get_majorticklocs()
            for at, text in zip(places, axis.get_majorticklabels(), strict=False):
                if low <= at <= high:
                    found.append((f"axes {n}: {which} tick", text))
            found.append((f"axes {n}: {which} label", axis.label))
        found.append((f"axes {n}: title", axes.title))
        found += [(f"axes {n}: text", text) for text in axes.texts]
        legend = axes.get_legend()
        if legend is not None:
            found.append((f"axes {n}: legend", legend))
    return [(what, t) for what, t in found if t is not None and words(t)]


def words(text) -> str:
    """Return what a text or a legend says."""
    if hasattr(text, "get_texts"):
        return ", ".join(each.get_text() for each in text.get_texts())
    return text.get_text()


def faults(figure) -> list[str]:
    """Return what is wrong with the layout: texts that overlap or are cut off, axes too small."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    width, height = figure.bbox.size
    boxes = [(f"{what} {words(t)!r}", t.get_window_extent(renderer)) for what, t in texts(figure)]
    found = [
        f"{what} is cut off"
        for what, box in boxes
        if min(box.x0, box.y0) < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK
    ]
    for (what, one), (other, two) in combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        up = min(one.y1, two.y1) - max(one.y0, two.y0)
        if across > SLACK and up > SLACK:
            found.append(f"{what} overlaps {other}")
    for n, axes in enumerate(figure.axes):
        box = axes.get_window_extent(renderer)
        if box.height < 40 or (box.width < 60 and axes.get_label() != "<colorbar>"):
            found.append(f"axes {n} are too small")
    return found
