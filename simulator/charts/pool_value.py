"""Which pool costs how many days, and what would one more unit of it bring?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.keys import Key, draw_row
from simulator.charts.look import (
    BLUE,
    BODY_BOTTOM,
    BODY_TOP,
    INK,
    LEFT,
    NOTE,
    ORANGE,
    RIGHT,
    SKY,
    ChartSkippedError,
    Slide,
    styled,
)
from simulator.charts.words import chance_text, money_text, shortened
from simulator.estimates.estimate import Estimate
from simulator.run.pool_values import Effect, PoolValue
from simulator.run.results import Results

MOST_POOLS, FEWEST_BARS = 5, 7
NAMES, SAID = 3.2, 3.6
"""Widths of the names at most, and of what stands behind the bars, in inches."""
LEAST_DAYS = 10.0
"""A shorter axis would make much of fractions of days."""
TOP, FOOT = BODY_TOP - 0.5, BODY_BOTTOM + 0.05


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar: how long, in days, in which colour, and what is said of it."""

    days: Estimate
    colour: str
    said: str
    place: float
    """Where its middle is, in bars from the top."""


@styled
def pool_value(results: Results) -> Figure:
    """The days at P80 that each pool costs, ranked, with what one more unit saves and costs."""
    values = results.pool_values.pools if results.pool_values else ()
    if not values:
        raise ChartSkippedError("nobody asked what pools cost, or there are no finite pools")
    shown = values[:MOST_POOLS]
    level = chance_text(results.settings.level)
    notes = ["calendar days at P80 of the finish", f"whiskers: {level} interval"]
    if len(shown) < len(values):
        notes.append(f"{len(shown)} of {len(values)} pools")
    slide = Slide.of(results, _title(results, shown), notes)
    keys = [
        Key("waiting for it costs", area={"facecolor": BLUE}),
        Key("one more unit saves", area={"facecolor": SKY}),
    ]
    if any(each.one_more_at_work for each in shown):
        said = "one more, at work on each effort, saves"
        keys.append(Key(said, area={"facecolor": ORANGE, "hatch": "///", "edgecolor": INK}))
    draw_row(slide, keys, LEFT, BODY_TOP - 0.12)
    names = [_name(results, each) for each in shown]
    begin = LEFT + min(NAMES, max(slide.width(name, weight="bold") for name in names)) + 0.3
    axes = slide.axes(begin, FOOT, RIGHT - SAID, TOP)
    _draw(slide, axes, results, shown, names)
    return slide.figure


def _draw(
    slide: Slide, axes: Axes, results: Results, shown: tuple[PoolValue, ...], names: list[str]
) -> None:
    """Bars in groups, a pool each, and what stands before and behind them."""
    currency = results.plan.scenario.program.currency
    groups: list[list[_Bar]] = []
    at = 0.0
    for each in shown:
        groups.append(_bars(each, at, currency))
        at += len(groups[-1]) + 0.7
    bars = [bar for group in groups for bar in group]
    count = max(at - 0.7, FEWEST_BARS)
    ends = [end for bar in bars for end in _ends(bar.days)]
    low, high = min(0.0, *ends), max(LEAST_DAYS, *ends)
    axes.set_xlim(low, high)
    axes.set_ylim(count - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    axes.yaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(low == 0.0)
    if low < 0.0:
        axes.axvline(0.0, color=INK, linewidth=1)
    for colour in (BLUE, SKY, ORANGE):
        own = [bar for bar in bars if bar.colour == colour]
        hatch: dict[str, Any] = {"hatch": "///", "edgecolor": INK} if colour == ORANGE else {}
        places = [bar.place for bar in own]
        lengths = [_finite(bar.days.value) for bar in own]
        axes.barh(places, lengths, height=0.8, color=colour, linewidth=0, zorder=2, **hatch)
    box = slide.box(axes)
    for bar in bars:
        first, last = _ends(bar.days)
        if first < last:
            axes.hlines(bar.place, first, last, color=INK, linewidth=2, zorder=3)
            caps = [bar.place - 0.18, bar.place - 0.18], [bar.place + 0.18, bar.place + 0.18]
            axes.vlines([first, last], *caps, color=INK, linewidth=2, zorder=3)
        end = max(last, _finite(bar.days.value), 0.0)
        x = box.x0 + box.width * (end - low) / (high - low) + 0.12
        bold = "bold" if bar.colour == BLUE else "normal"
        y = box.y1 - box.height * (bar.place + 0.5) / count
        room = RIGHT - x
        slide.text(x, y, slide.fitted(bar.said, room, NOTE, bold), NOTE, weight=bold)
    for name, group in zip(names, groups, strict=True):
        middle = sum(bar.place for bar in group) / len(group)
        y = box.y1 - box.height * (middle + 0.5) / count
        fitted = slide.fitted(name, box.x0 - LEFT - 0.25, weight="bold")
        slide.text(LEFT, y, fitted, weight="bold")


def _bars(value: PoolValue, at: float, currency: str) -> list[_Bar]:
    delay = value.delay_days_p80
    found = [_Bar(delay, BLUE, _days(delay), at)]
    for effect, colour in ((value.one_more, SKY), (value.one_more_at_work, ORANGE)):
        if effect is not None:
            said = f"{_days(effect.saves_days_p80)}, {_money(effect, currency)}"
            found.append(_Bar(effect.saves_days_p80, colour, said, at + len(found)))
    return found


def _days(days: Estimate) -> str:
    if math.isnan(days.value):
        return "unknown"
    number = round(days.value, 0 if abs(days.value) >= 9.95 else 1) + 0.0
    return f"{number:g} day{'' if number == 1 else 's'}".replace("-", "−")


def _money(effect: Effect, currency: str) -> str:
    costs = effect.costs_mean
    if costs.low > 0:
        return f"costs {money_text(costs.value, currency)}"
    if costs.high < 0:
        return f"saves {money_text(-costs.value, currency)}"
    return "at no cost" if costs.value == 0 else "cost hardly changed"


def _ends(days: Estimate) -> tuple[float, float]:
    """The interval as far as it can be drawn."""
    value = _finite(days.value)
    low, high = (end if math.isfinite(end) else value for end in (days.low, days.high))
    return low, high


def _finite(value: float) -> float:
    return float(np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0))


def _title(results: Results, shown: tuple[PoolValue, ...]) -> str:
    first = shown[0]
    if not first.delay_days_p80.low > 0:
        return "At P80 no shared pool delays the finish for certain"
    name = shortened(_name(results, first))
    return f"Waiting for {name} costs {_days(first.delay_days_p80)} at P80"


def _name(results: Results, value: PoolValue) -> str:
    return results.plan.scenario.pools[value.id].name or value.id
