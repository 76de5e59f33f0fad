"""Ticks of axes of dates, money and chances."""

from datetime import datetime, timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from simulator.charts.words import MONTHS, SCALES
from simulator.plan.plan import Clock
from simulator.scenario.units import MS_PER_DAY

MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
DAY_STEPS = (1, 2, 7, 14)
DAYS_BELOW = 75
"""A shorter axis than this many days is marked in days."""


def date_ticks(axes: Axes, clock: Clock, low: float, high: float, most: int = 8) -> None:
    """Mark an axis of milliseconds by days, months or years."""
    days = (high - low) / MS_PER_DAY
    at = _days(clock, low, high, most) if days < DAYS_BELOW else _months(clock, low, high, most)
    months = days >= DAYS_BELOW
    labels, seen = [], ""
    for day in at:
        upper = MONTHS[day.month - 1] if months else str(day.day)
        lower = str(day.year) if months else f"{MONTHS[day.month - 1]} {day.year}"
        labels.append(f"{upper}\n{lower}" if lower != seen else upper)
        seen = lower
    axes.xaxis.set_major_locator(FixedLocator([clock.ms(day) for day in at]))
    axes.xaxis.set_ticklabels(labels)
    axes.set_xlim(low, high)


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


def money_ticks(axis: Axis, low: float, high: float, most: int = 7) -> None:
    """Mark an axis of money with k, m or bn."""
    locator = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10])
    at = [float(value) for value in locator.tick_values(low, high) if low <= value <= high]
    largest = max((abs(value) for value in at), default=0.0)
    scale, unit = next(((s, u) for s, u in SCALES if largest >= s), (1.0, ""))
    axis.set_major_locator(FixedLocator(at))
    axis.set_ticklabels([f"{value / scale:.6g}{unit if value else ''}" for value in at])


def chance_ticks(axis: Axis, step: int = 20) -> None:
    """Mark an axis of chances, from 0 to 1, in percent."""
    axis.set_major_locator(FixedLocator([float(p) for p in np.arange(0, 101, step) / 100]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
