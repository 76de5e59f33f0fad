"""Values marked on a horizontal axis, each with a label above the plot that hides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from simulator.charts.look import (
    BODY,
    GREY,
    INK,
    NOTE,
    VERMILLION,
    Slide,
    spread,
)
from simulator.charts.subjects import Subject
from simulator.charts.words import chance_text

STRIP = 0.95
"""Height of the strip of labels above the axes, in inches."""
GAP = 0.3
FAR = 1.5
"""A mark further from the values than this many times their range is put at the edge."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One value on the axis: what it is and what to say of it."""

    value: float
    head: str
    note: str
    colour: str
    dashes: str | tuple[int, tuple[int, ...]]


def target_marks(subject: Subject) -> list[Mark]:
    """The plan and the promise, as far as there are any."""
    found, outcome = [], subject.outcome
    if np.isfinite(outcome.deterministic):
        note = f"{chance_text(outcome.deterministic_confidence.value)} chance"
        head = f"Plan {subject.text(outcome.deterministic)}"
        found.append(Mark(outcome.deterministic, head, note, GREY, (0, (1, 1))))
    if subject.target is not None and subject.chance is not None:
        head = f"{subject.target_name} {subject.text(subject.target)}"
        note = f"{chance_text(subject.chance.value)} chance"
        found.append(Mark(subject.target, head, note, VERMILLION, (0, (5, 2))))
    return found


def percentile_marks(subject: Subject, percents: Sequence[int]) -> list[Mark]:
    """Percentiles that happen."""
    values = {p: subject.outcome.quantiles[p].value for p in percents}
    return [
        Mark(value, f"P{p}", subject.text(value), INK, "-")
        for p, value in values.items()
        if np.isfinite(value)
    ]


def view(subject: Subject, marks: Sequence[Mark]) -> tuple[float, float]:
    """Where the axis begins and ends: all values but the last of both tails, and the marks."""
    values, count = subject.values, len(subject.values)
    low = float(values[int(0.002 * (count - 1))])
    high = float(values[int(np.ceil(0.998 * (count - 1)))])
    reach = FAR * max(high - low, subject.smallest)
    near = [mark.value for mark in marks if low - reach <= mark.value <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    # Values that differ by rounding alone are equal.
    equal = high - low < 1e-4 * subject.smallest
    pad = subject.smallest / 2 if equal else 0.04 * (high - low)
    return low - pad, high + pad


def draw_marks(slide: Slide, axes: Axes, marks: Sequence[Mark]) -> None:
    """Draw lines through the plot and labels above it, joined where a label had to move."""
    box = slide.box(axes)
    left, right, top = box.x0, box.x1, box.y1
    low, high = axes.get_xlim()
    heads = [with_arrow(mark.head, mark.value, (low, high)) for mark in marks]
    ends = [
        left + (right - left) * float(np.clip((m.value - low) / (high - low), 0, 1)) for m in marks
    ]
    widths = [
        max(slide.width(head, BODY, "bold"), slide.width(mark.note, NOTE)) + GAP
        for head, mark in zip(heads, marks, strict=True)
    ]
    centres = spread(ends, widths, left - 0.5, right + 0.35)
    for mark, head, end, centre in zip(marks, heads, ends, centres, strict=True):
        axes.axvline(
            low + (high - low) * (end - left) / (right - left),
            color=mark.colour,
            linestyle=mark.dashes,
            linewidth=2,
            zorder=2,
        )
        slide.line([end, centre], [top, top + 0.22], color=mark.colour, lw=1.5)
        slide.text(centre, top + 0.62, head, BODY, weight="bold", color=mark.colour, ha="center")
        slide.text(centre, top + 0.35, mark.note, NOTE, color=mark.colour, ha="center")


def with_arrow(text: str, value: float, limits: tuple[float, float], arrows: str = "←→") -> str:
    """A text with an arrow where the value lies beyond the axis."""
    if value < limits[0]:
        return f"{arrows[0]} {text}"
    return f"{text} {arrows[1]}" if value > limits[1] else text
