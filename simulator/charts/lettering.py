"""Text drawn as one outline: the text of matplotlib takes milliseconds for each label."""

from functools import cache

import numpy as np
import numpy.typing as npt
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from simulator.plan.work_calendar import Floats

FAMILY = "DejaVu Sans"
"""Comes with matplotlib: the same look on every machine."""
EM = 100.0
"""The size at which outlines are kept."""
POINTS_PER_INCH = 72.0
PLAIN = (range(0x20, 0x300), range(0x370, 0x590), range(0x2010, 0x2028), range(0x2030, 0x2C00))
"""Letters that stand side by side; others are left to matplotlib, which knows how they join."""

Codes = npt.NDArray[np.uint8]
Outline = tuple[Floats, Codes, float]
"""Vertices and codes of a letter, and how far the next one is; in points at size `EM`."""


class Lettering(Text):
    """A text of matplotlib that draws itself in one stroke, without kerning, on pictures."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw; where the text is no plain one, as matplotlib does."""
        text, weight = self.get_text(), str(self.get_fontweight())
        plain = all(_is_plain(letter, weight) for letter in text if letter != "\n")
        if not plain or not isinstance(renderer, RendererAgg):
            super().draw(renderer)
            return
        path = _path(text.split("\n"), weight, self.get_horizontalalignment(), self._rise())
        scale = float(self.get_fontsize()) / EM * renderer.dpi / POINTS_PER_INCH
        x, y = self.get_transform().transform(self.get_position())
        place = Affine2D().scale(scale).rotate_deg(self.get_rotation()).translate(x, y)
        context = renderer.new_gc()
        context.set_linewidth(0)
        context.set_snap(False)
        colour = to_rgba(self.get_color())
        renderer.draw_path(context, path, place, colour)  # type: ignore[no-untyped-call]
        context.restore()

    def _rise(self) -> float:
        """The first baseline above the anchor, at size `EM`."""
        ascent, descent = _extent(str(self.get_fontweight()))
        below = self.get_text().count("\n") * _line_step(ascent, descent) + descent
        alignment = self.get_verticalalignment()
        if alignment == "top":
            return -ascent
        return (below - ascent) / 2 if alignment == "center" else below


def advance(text: str, weight: str = "normal") -> float:
    """How wide a text of one line is, in points at size 1; letters that are not plain at most."""
    return sum(_outline(c, weight)[2] if _is_plain(c, weight) else EM for c in text) / EM


def _path(lines: list[str], weight: str, alignment: str, rise: float) -> Path:
    """One outline of all letters around the anchor."""
    vertices, codes = [np.empty((0, 2))], [np.empty(0, dtype=np.uint8)]
    step = _line_step(*_extent(weight))
    share = {"left": 0.0, "center": 0.5}.get(alignment, 1.0)
    for number, line in enumerate(lines):
        outlines = [_outline(letter, weight) for letter in line]
        x, y = -share * sum(outline[2] for outline in outlines), rise - number * step
        for points, kinds, width in outlines:
            vertices.append(points + np.array([x, y]))
            codes.append(kinds)
            x += width
    return Path(np.concatenate(vertices), np.concatenate(codes))


def _line_step(ascent: float, descent: float) -> float:
    """From one baseline to the next, as `Text` has it."""
    return 1.2 * ascent + descent


@cache
def _font(weight: str) -> FontProperties:
    return FontProperties(family=[FAMILY], size=EM, weight=weight)


@cache
def _outline(letter: str, weight: str) -> Outline:
    font = _font(weight)
    vertices, codes = text_to_path.get_text_path(font, letter, ismath=False)
    width = text_to_path.get_text_width_height_descent(letter, font, ismath=False)[0]
    points = np.asarray(vertices, dtype=np.float64).reshape(-1, 2)
    return points, np.asarray(codes, dtype=np.uint8), float(width)


@cache
def _extent(weight: str) -> tuple[float, float]:
    """How far `l` rises above and `p` falls below the line; every line is as high as both."""
    font = _font(weight)
    _, height, descent = text_to_path.get_text_width_height_descent("lp", font, ismath=False)
    return float(height - descent), float(descent)


@cache
def _is_plain(letter: str, weight: str) -> bool:
    font = get_font(findfont(_font(weight)))
    known = font.get_char_index(ord(letter)) != 0
    return known and any(ord(letter) in part for part in PLAIN)
