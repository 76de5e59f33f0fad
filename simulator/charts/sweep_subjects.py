"""What charts of a sweep show: figures in the unit of an axis, and paths along another."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simulator.analysis.sweep import Sweep
from simulator.charts.look import NOTE, ChartSkippedError, Slide
from simulator.charts.ticks import (
    chance_ticks,
    date_ticks,
    date_ticks_left,
    money_ticks_left,
    value_ticks,
)
from simulator.charts.words import (
    MONTHS,
    chance_text,
    date_text,
    money_text,
    short_number,
    shortened,
)
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import Amount, Moment, Rate, parse_quantity

MOST_LABELS = 8
_LONGEST = 18


@dataclass(frozen=True, slots=True)
class Figures:
    """One figure of all points (P,): dates in milliseconds from program start, money, chances."""

    key: str
    name: str
    values: Floats
    low: Floats
    high: Floats
    text: Callable[[float], str]
    """A value in words."""
    change: Callable[[float], str]
    """A difference, of days, money or points of a chance, in words."""
    ticks_left: Callable[[Slide, Axes], None]
    better: str
    worse: str


def figures_of(found: Sweep, key: str) -> Figures:
    """A figure of a sweep.

    Raises
    ------
    ChartSkippedError
        No point has it.
    """
    clock = found.results.plan.clock
    currency = found.results.plan.scenario.program.currency
    values, low, high = (_numbers(found, f"{key}{end}") for end in ("", "_low", "_high"))
    if not np.isfinite(values).any():
        raise ChartSkippedError(f"no point has {key}")
    if key.startswith("finish"):
        return Figures(
            key, f"{key[-3:].upper()} finish", values, low, high,
            text=lambda ms: date_text(clock, ms), change=days_text,
            ticks_left=lambda slide, axes: date_ticks_left(slide, axes, clock),
            better="earlier", worse="later",
        )  # fmt: skip
    if key.startswith("cost"):
        return Figures(
            key, f"{key[-3:].upper()} cost", values, low, high,
            text=lambda value: money_text(value, currency),
            change=lambda value: money_text(value, currency),
            ticks_left=money_ticks_left, better="cheaper", worse="dearer",
        )  # fmt: skip
    names = {"on_time": "be on time", "on_budget": "stay on budget", "all": "keep all promises"}
    return Figures(
        key, f"chance to {names[key]}", values, low, high,
        text=chance_text, change=lambda value: f"{round(100 * value):,} points".replace("-", "−"),
        ticks_left=_chance_ticks,
        better="likelier", worse="less likely",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PathAxis:
    """A path along an axis: where each point (P,) stands, and what is written there.

    Values that are numbers, quantities of one unit or dates stand where they are; others in their
    order, one step apart.
    """

    label: str
    at: Floats
    texts: tuple[str, ...]
    """The value of each point."""
    unit: str
    even: bool
    """Whether values stand one step apart, in their order."""
    clock: Clock

    @property
    def levels(self) -> dict[str, float]:
        """Where each value stands, rising."""
        pairs = dict(zip(self.texts, self.at.tolist(), strict=True))
        return dict(sorted(pairs.items(), key=lambda pair: pair[1]))

    def limits(self) -> tuple[float, float]:
        """Where the axis begins and ends."""
        low, high = float(self.at.min()), float(self.at.max())
        pad = 0.5 if self.even else 0.06 * (high - low) or 0.5
        return low - pad, high + pad

    def ticks(self, slide: Slide, axes: Axes, size: float = NOTE) -> None:
        """Mark a horizontal axis."""
        levels, room = self.levels, slide.box(axes).width
        if self.unit == "date":
            date_ticks(slide, axes, self.clock, size)
            return
        if self.even or len(levels) <= MOST_LABELS:
            at, labels = list(levels.values()), [value_label(text) for text in levels]
        else:
            low, high = axes.get_xlim()
            at = [x for x in _round_values(low, high) if low <= x <= high]
            labels = [f"{_plain(x)}{self.unit}" for x in at]
        widest = max(slide.width(label, size) for label in labels) + 0.15
        step = math.ceil(len(at) * widest / room)
        value_ticks(slide, axes, at[::step], labels[::step], size)


def path_axis(found: Sweep, number: int) -> PathAxis:
    """A path of a sweep as an axis."""
    clock = found.results.plan.clock
    texts = tuple(str(point[number]) for point in found.design.points)
    quantities = {text: _quantity(text) for text in dict.fromkeys(texts)}
    units = {_unit(each) for each in quantities.values()}
    even = len(units) > 1 or None in units
    places = {
        text: float(place) if even else _number(each, clock)
        for place, (text, each) in enumerate(quantities.items())
    }
    unit = "" if even else units.pop() or ""
    at = np.array([places[text] for text in texts])
    return PathAxis(found.labels[number], at, texts, unit, even, clock)


def value_label(text: str) -> str:
    """A value as an axis says it: large numbers with k and m."""
    quantity = _quantity(text)
    if isinstance(quantity, float):
        return _plain(quantity)
    if isinstance(quantity, Moment) and not quantity.has_time:
        return f"{quantity.at.day} {MONTHS[quantity.at.month - 1]} {quantity.at.year}"
    if isinstance(quantity, Amount | Rate):
        return f"{_plain(quantity.value)}{_unit(quantity)}"
    return shortened(text.strip("{}"), _LONGEST)


def _chance_ticks(slide: Slide, axes: Axes) -> None:
    low, high = (100 * end for end in axes.get_ylim())
    step = 20 if high - low > 50 else 10 if high - low > 20 else 2
    chance_ticks(slide, axes, [p for p in range(0, 101, step) if low <= p <= high])


def days_text(value: float) -> str:
    """A number of calendar days, as `12 days`."""
    number = round(value, 0 if abs(value) >= 9.95 else 1) + 0.0
    return f"{number:g} day{'' if abs(number) == 1 else 's'}".replace("-", "−")


def _plain(value: float) -> str:
    if abs(value) >= 10_000:
        return short_number(value)
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}".replace("-", "−")


def _quantity(text: str) -> Any:
    try:
        return parse_quantity(text)
    except ValueError:
        return None


def _unit(quantity: Any) -> str | None:
    match quantity:
        case Amount(unit=unit):
            return unit
        case Rate(per=per):
            return f"/{per}"
        case Moment():
            return "date"
        case float():
            return ""
    return None


def _number(quantity: Any, clock: Clock) -> float:
    if isinstance(quantity, Moment):
        return clock.ms(quantity.at)
    return float(quantity if isinstance(quantity, float) else quantity.value)


def _numbers(found: Sweep, column: str) -> Floats:
    """A column as numbers: dates in milliseconds from program start."""
    values = found.columns[column]
    if values.dtype.kind != "M":
        return np.asarray(values, dtype=np.float64)
    start = np.datetime64(found.results.plan.clock.start, "us")
    return np.where(np.isnat(values), np.nan, (values - start) / np.timedelta64(1, "ms"))


def _round_values(low: float, high: float) -> list[float]:
    return [float(x) for x in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
