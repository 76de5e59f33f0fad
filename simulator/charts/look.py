"""The one look of all charts: a 16:9 slide with a message, colours, type and margins.

Positions are inches from the lower left corner, so that margins are the same on every chart.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from simulator.charts.lettering import FAMILY, POINTS_PER_INCH, Lettering, advance
from simulator.charts.words import counted
from simulator.errors import SimulatorError
from simulator.plan.work_calendar import Floats
from simulator.run.results import Results

WIDTH, HEIGHT, DPI = 40 / 3, 7.5, 144
LEFT, RIGHT = 0.55, WIDTH - 0.55
BODY_TOP, BODY_BOTTOM = 6.22, 0.62
"""The room between subtitle and footer."""

TITLE, BODY, NOTE, FOOT = 24.0, 16.0, 14.0, 12.0
"""Sizes of type in points, for the back of a room."""

# Source: Okabe and Ito (2008), Color Universal Design: told apart by colour-blind readers. Lines
# differ in their dashes and areas in lightness as well, for those who print in grey.
BLUE, SKY, ORANGE, VERMILLION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
INK, GREY, PALE, GRID, PAPER = "#1A1F24", "#56616B", "#CBD3DA", "#E3E7EB", "#FFFFFF"

STYLE: dict[str, Any] = {
    "font.family": [FAMILY],
    "font.size": BODY,
    "text.color": INK,
    "text.parse_math": False,  # a name may hold dollar signs
    "axes.edgecolor": GREY,
    "axes.linewidth": 1.0,
    "axes.xmargin": 0.0,
    "axes.ymargin": 0.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.8,
    "svg.hashsalt": "simulator",  # the same drawing gives the same file
}


class ChartSkippedError(SimulatorError):
    """A chart that would show nothing; the text says why."""


def look() -> AbstractContextManager[None]:
    """The one look, until the context ends; the user's settings of matplotlib come back."""
    settings: Any = STYLE  # names of settings are a type of their own in some releases
    return mpl.rc_context(settings)


def styled(draw: Callable[[Results], Figure]) -> Callable[[Results], Figure]:
    """Draw in the one look and leave the user's settings of matplotlib as they are."""

    @wraps(draw)
    def drawn(results: Results) -> Figure:
        with look():
            return draw(results)

    return drawn


@dataclass(frozen=True, slots=True)
class Slide:
    """A figure with its title, subtitle and footer, and the means to place more on it."""

    figure: Figure

    @classmethod
    def of(
        cls, results: Results, title: str, notes: Sequence[str] = (), foot: str | None = None
    ) -> "Slide":
        """Begin a chart; `notes` follow program and iterations in the subtitle.

        `foot` is what the footer says instead of how sure figures are.
        """
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=PAPER)
        slide = cls(figure)
        slide._title(title)
        slide._subtitle(results, notes)
        iterations = counted(results.settings.iterations, "iteration")
        sure = "the band/± is simulation error, not the uncertainty of the inputs"
        said = f"Simulation of {iterations}; {sure}" if foot is None else foot
        slide.text(LEFT, 0.24, said, FOOT, color=GREY)
        origin = f"seed {results.settings.seed} · scenario {results.digest[:8]}"
        slide.text(RIGHT, 0.24, origin, FOOT, color=GREY, ha="right")
        return slide

    def _title(self, title: str) -> None:
        size = TITLE
        while size > TITLE - 4 and self.width(title, size, "bold") > RIGHT - LEFT:
            size -= 0.5
        fitted = self.fitted(title, RIGHT - LEFT, size, "bold")
        self.text(LEFT, HEIGHT - 0.47, fitted, size, weight="bold")

    def _subtitle(self, results: Results, notes: Sequence[str]) -> None:
        iterations = counted(results.settings.iterations, "iteration")
        rest = "".join(f"  ·  {note}" for note in (iterations, *notes))
        size, room = BODY, RIGHT - LEFT
        while size > NOTE and self.width(results.name + rest, size) > room:
            size -= 0.5
        name = self.fitted(results.name, max(room - self.width(rest, size), 1.5), size)
        full = self.fitted(name + rest, room, size)
        self.text(LEFT, HEIGHT - 0.92, full, size, color=GREY)

    def axes(self, left: float, bottom: float, right: float, top: float) -> Axes:
        """Axes between two corners, in inches."""
        return self.figure.add_axes(
            (left / WIDTH, bottom / HEIGHT, (right - left) / WIDTH, (top - bottom) / HEIGHT)
        )

    def box(self, axes: Axes) -> Bbox:
        """Where axes lie, in inches."""
        found = axes.get_position()
        return Bbox.from_extents(
            found.x0 * WIDTH, found.y0 * HEIGHT, found.x1 * WIDTH, found.y1 * HEIGHT
        )

    def name_axes(self, axes: Axes, below: str = "", left: str = "", y: float = 0.8) -> None:
        """Say what the axes show; `y` is where the name below stands."""
        box = self.box(axes)
        if below:
            self.text((box.x0 + box.x1) / 2, y, below, color=GREY, ha="center")
        if left:
            self.text(LEFT + 0.1, (box.y0 + box.y1) / 2, left, color=GREY, ha="center", rotation=90)

    def text(self, x: float, y: float, text: str, size: float = BODY, **style: Any) -> Text:
        """Text anywhere on the slide, in inches, centred on the line `y`."""
        style = {"va": "center", **style}
        place = self.figure.transFigure
        drawn = Lettering(x / WIDTH, y / HEIGHT, text, fontsize=size, transform=place, **style)
        self.figure.add_artist(drawn)
        return drawn

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """A line anywhere on the slide, in inches."""
        fractions = [x / WIDTH for x in xs], [y / HEIGHT for y in ys]
        self.figure.add_artist(Line2D(*fractions, **style))

    def patch(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """A rectangle anywhere on the slide, in inches from its lower left corner."""
        corner = x / WIDTH, y / HEIGHT
        self.figure.add_artist(Rectangle(corner, width / WIDTH, height / HEIGHT, **style))

    def width(self, text: str, size: float = BODY, weight: str = "normal") -> float:
        """How wide a text of one line is, in inches."""
        return advance(text, weight) * size / POINTS_PER_INCH

    def fitted(self, text: str, room: float, size: float = BODY, weight: str = "normal") -> str:
        """The text, cut where it would be wider than the room."""
        if self.width(text, size, weight) <= room:
            return text
        low, high = 0, len(text)
        while low < high - 1:
            middle = (low + high) // 2
            fits = self.width(text[:middle].rstrip() + "…", size, weight) <= room
            low, high = (middle, high) if fits else (low, middle)
        return text[:low].rstrip() + "…"

    def wrapped(
        self, text: str, room: float, lines: int, size: float = BODY, weight: str = "normal"
    ) -> str:
        """The text broken between words into at most so many lines."""
        words, found = text.split(), list[str]()
        while words and len(found) < lines - 1:
            line = [words.pop(0)]
            while words and self.width(" ".join([*line, words[0]]), size, weight) <= room:
                line.append(words.pop(0))
            found.append(self.fitted(" ".join(line), room, size, weight))
        if words:
            found.append(self.fitted(" ".join(words), room, size, weight))
        return "\n".join(found)


def draw_boxes(
    axes: Axes,
    across: tuple[Floats, Floats],
    upright: tuple[Floats, Floats],
    colour: str | Sequence[str],
    **style: Any,
) -> None:
    """Rectangles between left and right, bottom and top; one artist is faster than many."""
    (left, right), (bottom, top) = across, upright
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    shapes = np.stack([np.stack(np.broadcast_arrays(*corner), axis=-1) for corner in corners], 1)
    axes.add_collection(PolyCollection(list(shapes), facecolors=colour, **style), autolim=False)


def spread(
    centres: Sequence[float], sizes: Sequence[float], low: float, high: float
) -> list[float]:
    """Centres of labels moved as little as possible so that none overlaps, all within bounds.

    Least squares under an order. Source: Ayer et al. (1955), Annals of Mathematical Statistics
    26, 641-647 (pool adjacent violators).
    """
    order = sorted(range(len(centres)), key=lambda k: centres[k])
    before, at = [], 0.0
    for k in order:
        before.append(at + sizes[k] / 2)
        at += sizes[k]
    pools: list[tuple[float, int]] = []
    for k, offset in zip(order, before, strict=True):
        mean, count = centres[k] - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean = (mean * count + other * others) / (count + others)
            count += others
        pools.append((mean, count))
    begins = [min(max(mean, low), high - at) for mean, count in pools for _ in range(count)]
    found = [0.0] * len(centres)
    for k, offset, begin in zip(order, before, begins, strict=True):
        found[k] = begin + offset
    return found
