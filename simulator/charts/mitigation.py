"""What do mitigations buy? The efficient frontier, and the curves before and after."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.comparison import Comparison
from simulator.analysis.mitigation.objectives import COST, FINISH
from simulator.analysis.mitigation.result import BestMitigations, Choice
from simulator.charts import comparison
from simulator.charts.gallery import save_drawn
from simulator.charts.look import (
    BLUE,
    BODY_TOP,
    FOOT,
    GREY,
    INK,
    NOTE,
    RIGHT,
    ChartSkippedError,
    Slide,
    look,
    spread,
)
from simulator.charts.ticks import money_ticks, money_ticks_left
from simulator.charts.words import chance_text, money_text
from simulator.estimates.estimate import Estimate

LEFT, BOTTOM, LIST = 1.75, 1.6, 4.6
"""Where the axes begin, and how wide the list of sets beside them is, in inches."""
MOST_LISTED = 10
_OF = {FINISH: "days saved at P80 of the finish", COST: "money saved at P80 of the cost"}


def save_mitigation(found: BestMitigations, folder: Path, *, svg: bool = False) -> list[Path]:
    """Draw all charts of mitigations into a folder, which is made; returns the files."""
    return save_drawn(CHARTS, found, folder, svg=svg)


def frontier(found: BestMitigations) -> Figure:
    """What the best set for each budget saves, with error bars, and which set that is."""
    points = [each for each in found.frontier if math.isfinite(each.saves.value)]
    if len(points) < 2:
        raise ChartSkippedError("no set of mitigations within the budget saves anything")
    with look():
        level = chance_text(found.results.settings.level)
        notes = ["on fresh futures", f"whiskers: {level} interval"]
        slide = Slide.of(found.results, _title(found), notes)
        axes = slide.axes(LEFT, BOTTOM, RIGHT - LIST, BODY_TOP - 0.1)
        scale = 100.0 if found.objective.saved == "chance" else 1.0
        _place(axes, points, found, scale)
        money_ticks(slide, axes)
        money_ticks_left(slide, axes)
        currency = found.results.plan.scenario.program.currency
        what = _OF.get(found.objective.key, "points of the chance saved")
        slide.name_axes(axes, f"Spend, {currency}", what)
        _draw(slide, axes, points, scale)
        _list(slide, points, found)
        return slide.figure


def _place(axes: Axes, points: list[Choice], found: BestMitigations, scale: float) -> None:
    ends = [scale * end for each in points for end in (*_ends(each.saves), 0.0)]
    low, high = min(ends), max(ends)
    pad = 0.06 * (high - low or 1.0)
    axes.set_ylim(low - pad, high + pad)
    last = max(found.budget if math.isfinite(found.budget) else 0.0, points[-1].spend)
    wide = max(points[-1].spend, min(last, 1.25 * points[-1].spend))
    axes.set_xlim(-0.04 * wide, 1.06 * wide)
    axes.spines[["top", "right"]].set_visible(False)


def _draw(slide: Slide, axes: Axes, points: list[Choice], scale: float) -> None:
    """Steps from set to set, a whisker and a number for each."""
    spends = [each.spend for each in points]
    saved = [scale * each.saves.value for each in points]
    end = axes.get_xlim()[1]
    axes.plot(
        [*spends, end], [*saved, saved[-1]], drawstyle="steps-post", color=BLUE, lw=2, zorder=2
    )
    axes.axhline(0.0, color=GREY, linewidth=1, zorder=1)
    for number, each in enumerate(points):
        below, above = (scale * side for side in _ends(each.saves))
        axes.vlines(spends[number], below, above, color=INK, linewidth=1.5, zorder=3)
    axes.plot(spends, saved, marker="o", markersize=9, color=BLUE, linestyle="none", zorder=4)
    box, (low, high), (foot, top) = slide.box(axes), axes.get_xlim(), axes.get_ylim()
    beside = [box.x0 + box.width * (x - low) / (high - low) - 0.16 for x in spends]
    places = spread(beside, [0.24] * len(beside), box.x0 - 0.2, box.x1)
    for number, (x, y) in enumerate(zip(places, saved, strict=True)):
        up = box.y0 + box.height * (y - foot) / (top - foot) + 0.17
        slide.text(x, up, str(number), NOTE, color=BLUE, ha="center", weight="bold")


def _list(slide: Slide, points: list[Choice], found: BestMitigations) -> None:
    """The sets by their numbers."""
    currency = found.results.plan.scenario.program.currency
    begin, room = RIGHT - LIST + 0.35, LIST - 0.75
    y = BODY_TOP - 0.25
    shown = points[:MOST_LISTED]
    step = min(0.62, (y - 0.8) / len(shown))
    for number, each in enumerate(shown):
        slide.text(begin, y, str(number), NOTE, weight="bold", color=BLUE)
        paid = money_text(each.spend, currency) if each.ids else "nothing"
        slide.text(begin + 0.35, y, paid, NOTE, weight="bold")
        fitted = slide.fitted(", ".join(each.ids), room, FOOT)
        slide.text(begin + 0.35, y - 0.22, fitted, FOOT, color=GREY)
        y -= step
    if len(points) > len(shown):
        slide.text(begin, y, f"and {len(points) - len(shown)} more", NOTE, color=GREY)


def _title(found: BestMitigations) -> str:
    currency = found.results.plan.scenario.program.currency
    best = found.best
    if not best.ids:
        return "No mitigation within the budget helps"
    paid = money_text(best.spend, currency)
    if not best.saves.low > 0:
        return f"The best set, for {paid}, cannot be told from doing nothing"
    return f"The best set, for {paid}, saves {_saved(found, best.saves)}"


def _saved(found: BestMitigations, saves: Estimate) -> str:
    currency = found.results.plan.scenario.program.currency
    if found.objective.saved == "money":
        return money_text(saves.value, currency)
    value = saves.value * (100 if found.objective.saved == "chance" else 1)
    number = round(value, 0 if value >= 9.95 else 1)
    unit = "point" if found.objective.saved == "chance" else "day"
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


def _ends(figure: Estimate) -> tuple[float, float]:
    low, high = (end if np.isfinite(end) else figure.value for end in (figure.low, figure.high))
    return low, high


def s_curves_finish(found: BestMitigations) -> Figure:
    """The chance to finish by each date, as it is and with the best set."""
    return _both(found, comparison.s_curves_finish)


def s_curves_cost(found: BestMitigations) -> Figure:
    """The chance to stay within each amount, as it is and with the best set."""
    return _both(found, comparison.s_curves_cost)


def _both(found: BestMitigations, draw: Callable[[Comparison], Figure]) -> Figure:
    if not found.best.ids:
        raise ChartSkippedError("the best set is to buy nothing")
    return draw(found.comparison)


CHARTS = {
    "frontier": frontier,
    "s_curves_finish": s_curves_finish,
    "s_curves_cost": s_curves_cost,
}
