"""What moves it? A tornado of removals, and a waterfall of shares that add up."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from simulator.analysis.drivers import PROGRAM, Driver, Drivers
from simulator.analysis.names import driver_name
from simulator.analysis.shapley import Share
from simulator.charts.gallery import save_drawn
from simulator.charts.look import (
    BLUE,
    BODY_BOTTOM,
    BODY_TOP,
    GREY,
    INK,
    LEFT,
    NOTE,
    ORANGE,
    RIGHT,
    ChartSkippedError,
    Slide,
    look,
)
from simulator.charts.words import chance_text, money_text, shortened
from simulator.estimates.estimate import Estimate

MOST_BARS, FEWEST_ROWS = 14, 6
NAMES, KINDS, SAID = 4.0, 0.95, 1.6
"""Widths in inches: of names at most, of kinds, and of what stands behind the bars."""
_REMOVED = {"pool": "waiting for ", "board": "waiting for ", "range": "the range of "}
"""What is away without a driver, where it is not the thing itself."""


def save_drivers(found: Drivers, folder: Path, *, svg: bool = False) -> list[Path]:
    """Draw all charts of drivers into a folder, which is made; returns the files."""
    return save_drawn(CHARTS, found, folder, svg=svg)


def tornado_finish(found: Drivers) -> Figure:
    """The days at P80 that go away with each cause."""
    bars = [(each, each.p80_days) for each in found.finish]
    goal = "the finish" if found.target == PROGRAM else found.target
    return _tornado(found, bars, _days, f"calendar days at P80 of {goal}")


def tornado_cost(found: Drivers) -> Figure:
    """The money at P80 that goes away with each cause."""
    currency = found.results.plan.scenario.program.currency
    bars = [(each, each.p80_cost) for each in found.cost]
    return _tornado(found, bars, lambda v: money_text(v, currency), "money at P80 of the cost")


def waterfall(found: Drivers) -> Figure:
    """The days of the top drivers, one on top of the other, up to what all of them cost."""
    shares = [each for each in found.shapley if math.isfinite(each.p80_days.value)]
    if not any(each.p80_days.value for each in shares):
        raise ChartSkippedError("there are no shares, or none that moves the finish")
    with look():
        whole = sum(each.p80_days.value for each in shares)
        notes = ["Shapley shares of calendar days at P80: they add up"]
        title = f"The top {len(shares)} drivers cost {_days(whole)} at P80 together"
        slide = Slide.of(found.results, title, notes)
        names = [*(_named(found, each) for each in shares), "all of them"]
        begin = LEFT + min(NAMES, max(slide.width(name) for name in names)) + 0.3
        axes = slide.axes(begin, BODY_BOTTOM + 0.05, RIGHT - SAID, BODY_TOP - 0.1)
        ends = np.cumsum([each.p80_days.value for each in shares])
        starts = np.append(0.0, ends[:-1])
        low, high = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
        rows = max(len(names), FEWEST_ROWS)
        axes.set_xlim(low, high)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_axis_off()
        box = slide.box(axes)
        for number, name in enumerate(names):
            last = number == len(shares)
            left, wide = (0.0, whole) if last else (starts[number], ends[number] - starts[number])
            colour = GREY if last else BLUE if wide >= 0 else ORANGE
            axes.barh(number, wide, left=left, height=0.62, color=colour, zorder=2)
            if not last:
                at = ends[number]
                axes.plot([at, at], [number, number + 1], color=GREY, linewidth=1, zorder=1)
            y = box.y1 - box.height * (number + 0.5) / rows
            fitted = slide.fitted(name, begin - LEFT - 0.25)
            slide.text(LEFT, y, fitted, weight="bold" if last else "normal")
            end = box.x0 + box.width * (max(left, left + wide) - low) / max(high - low, 1e-9)
            slide.text(end + 0.12, y, _days(wide), weight="bold")
        return slide.figure


def _tornado(
    found: Drivers,
    bars: Sequence[tuple[Driver, Estimate]],
    text: Callable[[float], str],
    what: str,
) -> Figure:
    known = [bar for bar in bars if math.isfinite(bar[1].value) and bar[1].value]
    shown = known[:MOST_BARS]
    if not shown:
        raise ChartSkippedError("nothing that can be removed moves it")
    with look():
        level = chance_text(found.results.settings.level)
        notes = [what, f"whiskers: {level} interval", f"{len(shown)} largest of {len(bars)}"]
        first = shown[0]
        names = [_named(found, each) for each, _ in shown]
        without = f"{_REMOVED.get(first[0].kind, '')}{shortened(names[0])}"
        title = f"Without {without} P80 is {text(abs(first[1].value))}"
        title += _word(first[1].value, what)
        slide = Slide.of(found.results, title, notes)
        begin = LEFT + min(NAMES, max(slide.width(name) for name in names)) + 0.25 + KINDS
        axes = slide.axes(begin, BODY_BOTTOM + 0.05, RIGHT - SAID, BODY_TOP - 0.1)
        ends = [end for _, e in shown for end in (*_ends(e), 0.0)]
        low, high, rows = min(ends), max(ends), max(len(shown), FEWEST_ROWS)
        axes.set_xlim(low, high)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_axis_off()
        axes.axvline(0.0, color=INK, linewidth=1)
        box = slide.box(axes)
        for number, (each, figure) in enumerate(shown):
            colour = BLUE if figure.value >= 0 else ORANGE
            axes.barh(number, figure.value, height=0.62, color=colour, zorder=2)
            left, right = _ends(figure)
            axes.hlines(number, left, right, color=INK, linewidth=2, zorder=3)
            axes.vlines([left, right], number - 0.16, number + 0.16, color=INK, lw=2, zorder=3)
            y = box.y1 - box.height * (number + 0.5) / rows
            slide.text(LEFT, y, slide.fitted(names[number], begin - LEFT - KINDS - 0.2))
            slide.text(begin - KINDS, y, each.kind, NOTE, color=GREY)
            end = box.x0 + box.width * (max(right, 0.0) - low) / max(high - low, 1e-9)
            slide.text(end + 0.12, y, text(figure.value), weight="bold")
        return slide.figure


def _named(found: Drivers, each: Driver | Share) -> str:
    return driver_name(found.results.plan.scenario, each.name, each.kind)


def _word(value: float, what: str) -> str:
    if what.startswith("calendar"):
        return " earlier" if value > 0 else " later"
    return " lower" if value > 0 else " higher"


def _ends(figure: Estimate) -> tuple[float, float]:
    low, high = (end if math.isfinite(end) else figure.value for end in (figure.low, figure.high))
    return low, high


def _days(value: float) -> str:
    number = round(value, 0 if abs(value) >= 9.95 else 1) + 0.0
    return f"{number:g} day{'' if abs(number) == 1 else 's'}".replace("-", "−")


CHARTS = {"tornado_finish": tornado_finish, "tornado_cost": tornado_cost, "waterfall": waterfall}
