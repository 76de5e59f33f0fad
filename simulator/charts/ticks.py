"""Ticks of axes of dates, money and chances.

They are drawn here as plain texts and two lines: the tick objects of matplotlib take longer to
make than the rest of a chart.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.markers import TICKDOWN
from matplotlib.ticker import MaxNLocator

from simulator.charts.look import BODY, GREY, GRID, LEFT, Slide
from simulator.charts.words import MONTHS, SCALES
from simulator.plan.plan import Clock
from simulator.scenario.units import MS_PER_DAY

MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
DAY_STEPS = (1, 2, 7, 14, 28)
ROOM = 0.4
"""Kept free for the name of a vertical axis, in inches."""
MONTH_WIDTH, DAY_WIDTH = 4.7, 7.6
"""Room for a label, `Jul 2028` in two lines or `12 Jul 2028` in two, in sizes of type."""
DAYS_BELOW = 75
"""A shorter axis than this many days is marked in days."""


def date_ticks(slide: Slide, axes: Axes, clock: Clock, size: float = BODY) -> None:
    """Mark an axis of milliseconds by days, months or years, in two lines."""
    low, high = axes.get_xlim()
    months = high - low >= DAYS_BELOW * MS_PER_DAY
    wide = (MONTH_WIDTH if months else DAY_WIDTH) * size / 72
    most = max(2, int(slide.box(axes).width / wide))
    at = _months(clock, low, high, most) if months else _days(clock, low, high, most)
    labels, seen = [], ""
    for day in at:
        upper = MONTHS[day.month - 1] if months else str(day.day)
        lower = str(day.year) if months else f"{MONTHS[day.month - 1]} {day.year}"
        labels.append(f"{upper}\n{lower}" if lower != seen else upper)
        seen = lower
    _mark_below(slide, axes, [clock.ms(day) for day in at], labels, size)


def date_ticks_left(slide: Slide, axes: Axes, clock: Clock, most: int = 7) -> None:
    """Mark a vertical axis of milliseconds by days, months or years."""
    low, high = axes.get_ylim()
    months = high - low >= DAYS_BELOW * MS_PER_DAY
    at = _months(clock, low, high, most) if months else _days(clock, low, high, most)
    texts = [f"{'' if months else f'{day.day} '}{MONTHS[day.month - 1]} {day.year}" for day in at]
    _mark_left(slide, axes, [clock.ms(day) for day in at], texts)


def value_ticks(
    slide: Slide, axes: Axes, at: Sequence[float], labels: Sequence[str], size: float = BODY
) -> None:
    """Mark a horizontal axis with labels."""
    _mark_below(slide, axes, at, labels, size)


def value_ticks_left(slide: Slide, axes: Axes, at: Sequence[float], labels: Sequence[str]) -> None:
    """Mark a vertical axis with labels."""
    _mark_left(slide, axes, at, labels)


def _months(clock: Clock, low: float, high: float, most: int) -> list[datetime]:
    start, end = clock.date(low), clock.date(high)
    first, last = start.year * 12 + start.month, end.year * 12 + end.month - 1
    step = next((s for s in MONTH_STEPS if (last - first) // s + 1 <= most), MONTH_STEPS[-1])
    begin = -(-first // step) * step
    return [datetime(m // 12, m % 12 + 1, 1) for m in range(begin, last + 1, step)]


def _days(clock: Clock, low: float, high: float, most: int) -> list[datetime]:
    start, end = clock.date(low), clock.date(high)
    first = datetime(start.year, start.month, start.day) + timedelta(days=1)
    count = (end - first).days + 1
    step = next((s for s in DAY_STEPS if -(-count // s) <= most), DAY_STEPS[-1])
    return [first + timedelta(days=k) for k in range(0, count, step)]


def money_ticks(slide: Slide, axes: Axes, most: int = 7) -> None:
    """Mark a horizontal axis of money with k, m or bn."""
    at, labels = _money(*axes.get_xlim(), most)
    _mark_below(slide, axes, at, labels, BODY)


def money_ticks_left(slide: Slide, axes: Axes, most: int = 6) -> None:
    """Mark a vertical axis of money with k, m or bn."""
    at, labels = _money(*axes.get_ylim(), most)
    _mark_left(slide, axes, at, labels)


def _money(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    locator = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10])
    at = [float(value) for value in locator.tick_values(low, high) if low <= value <= high]
    largest = max((abs(value) for value in at), default=0.0)
    scale, unit = next(((s, u) for s, u in SCALES if largest >= s), (1.0, ""))
    return at, [f"{value / scale:.6g}{unit if value else ''}".replace("-", "−") for value in at]


def chance_ticks(slide: Slide, axes: Axes, percents: Sequence[int]) -> None:
    """Mark a vertical axis of chances, from 0 to 1, in percent."""
    _mark_left(slide, axes, [p / 100 for p in percents], [f"{p} %" for p in percents])


def _mark_below(
    slide: Slide, axes: Axes, at: Sequence[float], labels: Sequence[str], size: float
) -> None:
    axes.xaxis.set_visible(False)
    box, (low, high) = slide.box(axes), axes.get_xlim()
    foot = axes.get_xaxis_transform()
    axes.plot(
        at,
        np.zeros(len(at)),
        linestyle="none",
        marker=TICKDOWN,
        markersize=5,
        color=GREY,
        transform=foot,
        clip_on=False,
    )
    for value, label in zip(at, labels, strict=True):
        x = box.x0 + box.width * (value - low) / (high - low)
        # The first one must not run under the zero of the vertical axis.
        x = max(x, box.x0 - 0.05 + max(slide.width(line, size) for line in label.split("\n")) / 2)
        slide.text(x, box.y0 - 0.1, label, size, color=GREY, ha="center", va="top")


def _mark_left(slide: Slide, axes: Axes, at: Sequence[float], labels: Sequence[str]) -> None:
    axes.yaxis.set_visible(False)
    box, (low, high) = slide.box(axes), axes.get_ylim()
    side = axes.get_yaxis_transform()
    axes.hlines(at, 0, 1, color=GRID, linewidth=1, transform=side, zorder=0.5)
    widest, room = max(map(slide.width, labels), default=0.0), box.x0 - LEFT - ROOM
    size = BODY * min(1.0, room / widest) if widest else BODY
    for value, label in zip(at, labels, strict=True):
        y = box.y0 + box.height * (value - low) / (high - low)
        slide.text(box.x0 - 0.1, y, label, size, color=GREY, ha="right")
