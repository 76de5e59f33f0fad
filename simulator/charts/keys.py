"""What colours and lines mean, in a row or a column of samples with their names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.transforms import Bbox

from simulator.charts.look import NOTE, PAPER, Slide

SAMPLE, GAP, BETWEEN, STEP = 1.6, 0.5, 1.0, 1.5
"""In sizes of type: width of a sample, to its name, between two in a row, in a column."""
INCH = 1 / 72


@dataclass(frozen=True, slots=True)
class Key:
    """A sample and its name: an area where `area` styles it, or else a line."""

    name: str
    area: dict[str, Any] = field(default_factory=dict)
    line: dict[str, Any] = field(default_factory=dict)


def row_width(slide: Slide, keys: Sequence[Key], size: float = NOTE) -> float:
    """How much room a row takes."""
    names = sum(slide.width(key.name, size) for key in keys)
    around = len(keys) * (SAMPLE + GAP) + (len(keys) - 1) * BETWEEN
    return names + around * size * INCH


def draw_row(slide: Slide, keys: Sequence[Key], x: float, y: float, size: float = NOTE) -> None:
    """Keys side by side from `x`, on the line `y`."""
    for key in keys:
        _draw(slide, key, x, y, size)
        x += slide.width(key.name, size) + (SAMPLE + GAP + BETWEEN) * size * INCH


def draw_column(slide: Slide, keys: Sequence[Key], corner: str, box: Bbox) -> None:
    """Keys one below the other, in the `lower right` or the `upper left` corner of a box."""
    wide = max(slide.width(key.name, NOTE) for key in keys) + (SAMPLE + GAP) * NOTE * INCH
    step, inset = STEP * NOTE * INCH, 0.15
    high = step * len(keys)
    x = box.x0 + inset if corner == "upper left" else box.x1 - wide - inset
    top = box.y1 if corner == "upper left" else box.y0 + high + inset / 2
    slide.patch(x - 0.08, top - high, wide + 0.16, high, facecolor=PAPER, alpha=0.85, lw=0)
    for number, key in enumerate(keys):
        _draw(slide, key, x, top - (number + 0.5) * step, NOTE)


def _draw(slide: Slide, key: Key, x: float, y: float, size: float) -> None:
    wide = SAMPLE * size * INCH
    if key.area:
        slide.patch(x, y - 0.065, wide, 0.13, **key.area)
    else:
        # A marker stands once, in the middle.
        xs = [x + wide / 2] if key.line.get("marker") else [x, x + wide]
        slide.line(xs, [y] * len(xs), **key.line)
    slide.text(x + wide + GAP * size * INCH, y, key.name, size)
