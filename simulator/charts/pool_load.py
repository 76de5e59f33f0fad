"""When are there too few? What is needed of each pool by month, against what there is."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.keys import Key, draw_row
from simulator.charts.look import (
    BLUE,
    BODY_TOP,
    GREY,
    LEFT,
    NOTE,
    PAPER,
    RIGHT,
    SKY,
    VERMILLION,
    ChartSkippedError,
    Slide,
    draw_boxes,
    styled,
)
from simulator.charts.ticks import date_ticks, money_ticks_left
from simulator.charts.words import MONTHS, chance_text, counted, shortened
from simulator.run.pool_use import PoolUse
from simulator.run.results import Results

MOST_PANELS = 6
AXES_LEFT, AXES_BOTTOM, TOP = 1.45, 1.2, BODY_TOP - 0.5
BESIDE, BELOW, HEAD = 0.95, 0.3, 0.42
"""Between columns and rows of panels, and above each for its name, in inches."""
_CAPACITY: dict[str, Any] = {"color": VERMILLION, "linewidth": 2.5, "linestyle": (0, (5, 2))}


@styled
def pool_load(results: Results) -> Figure:
    """Units needed by month, P50 and P80, against the capacity of each pool."""
    use = results.use
    if use is None or not use.pools:
        raise ChartSkippedError("no task needs a pool, or no iterations of tasks were kept")
    pools = sorted(use.pools.values(), key=lambda pool: -_beyond(pool))
    shown = pools[:MOST_PANELS]
    months = max(_months(pool) for pool in shown)
    notes = [f"units held or waited for in each month, of {counted(use.iterations, 'iteration')}"]
    if len(shown) < len(pools):
        notes.append(f"{len(shown)} of {len(pools)} pools")
    slide = Slide.of(results, _title(results, shown[0]), notes)
    keys = [
        Key("needed, P50", area={"facecolor": BLUE}),
        Key("needed, P80", area={"facecolor": SKY}),
        Key("capacity", line=_CAPACITY),
    ]
    draw_row(slide, keys, LEFT, BODY_TOP - 0.12)
    columns = 1 if len(shown) == 1 else 2
    rows = -(-len(shown) // columns)
    wide = (RIGHT - AXES_LEFT - (columns - 1) * BESIDE) / columns
    high = (TOP - AXES_BOTTOM - (rows - 1) * BELOW) / rows
    for number, pool in enumerate(shown):
        row, column = divmod(number, columns)
        left, top = AXES_LEFT + column * (wide + BESIDE), TOP - row * (high + BELOW)
        axes = slide.axes(left, top - high, left + wide, top - HEAD)
        last = number + columns >= len(shown)
        _draw_panel(slide, axes, results, pool, months, dated=last)
    return slide.figure


def _draw_panel(
    slide: Slide, axes: Axes, results: Results, pool: PoolUse, months: int, *, dated: bool
) -> None:
    bounds = results.plan.money.months.bounds[: months + 1]
    begins, ends = bounds[:-1], bounds[1:]
    count = min(months, len(pool.months))
    p50, p80 = np.zeros(months), np.zeros(months)
    p50[:count], p80[:count] = pool.needed.p50[:count], pool.needed.p80[:count]
    nothing = np.zeros(months)
    style = {"edgecolor": PAPER, "linewidth": 1}
    draw_boxes(axes, (begins, ends), (nothing, p80), SKY, zorder=2, **style)
    draw_boxes(axes, (begins, ends), (nothing, p50), BLUE, zorder=3, **style)
    highest = float(p80.max())
    if pool.capacity is not None:
        capacity = np.append(pool.capacity[:count], [pool.capacity[-1]] * (months - count))
        steps = np.append(capacity, capacity[-1])
        # A rim of paper, so that the line stands out from the bars in grey as well.
        axes.step(bounds, steps, where="post", zorder=4, color=PAPER, linewidth=4)
        axes.step(bounds, steps, where="post", zorder=5, **_CAPACITY)
        highest = max(highest, float(capacity.max()))
    axes.set_xlim(bounds[0], bounds[-1])
    axes.set_ylim(0.0, 1.12 * max(highest, 1e-9))
    money_ticks_left(slide, axes, 3)
    axes.xaxis.set_visible(False)
    if dated:
        date_ticks(slide, axes, results.plan.clock, NOTE)
    box = slide.box(axes)
    name = slide.fitted(_name(results, pool), box.width - 1.2, weight="bold")
    room = box.width - slide.width(name, weight="bold") - 0.25
    said = next((text for text in _said(pool) if slide.width(text, NOTE) <= room), "")
    slide.text(box.x0, box.y1 + 0.18, name, weight="bold")
    slide.text(box.x1, box.y1 + 0.18, said, NOTE, color=GREY, ha="right")


def _said(pool: PoolUse) -> tuple[str, ...]:
    """How full a pool is, and how often somebody waits for it; in shorter and shorter words."""
    if not np.isfinite(pool.utilisation):
        return ("without limit",)
    used, waited = chance_text(pool.utilisation), chance_text(pool.over_asked.value)
    return (
        f"{used} used, someone waits in {waited}",
        f"{used} used, waits in {waited}",
        f"{used} used",
    )


def _beyond(pool: PoolUse) -> float:
    """By how much of its capacity a pool is over-asked at P80, in its worst month."""
    if pool.capacity is None:
        return -np.inf
    short = pool.needed.p80 - pool.capacity
    return float((short / np.maximum(pool.capacity, 1.0)).max())


def _months(pool: PoolUse) -> int:
    """Months up to the last in which P80 needs something."""
    needed = np.flatnonzero(pool.needed.p80 > 0)
    return int(needed[-1]) + 1 if len(needed) else 1


def _title(results: Results, worst: PoolUse) -> str:
    if worst.capacity is None:
        return f"What is needed of {counted(len(results.plan.scenario.pools), 'pool')} by month"
    month = int((worst.needed.p80 - worst.capacity).argmax())
    needed, there = worst.needed.p80[month], worst.capacity[month]
    if needed <= there:
        return "There is enough of every pool in 80 of 100 futures"
    year, number = worst.months[month].split("-")
    when = f"{MONTHS[int(number) - 1]} {year}"
    name = shortened(_name(results, worst))
    return f"{name}: {needed:.1f} needed in {when} (P80), {there:.3g} there"


def _name(results: Results, pool: PoolUse) -> str:
    return results.plan.scenario.pools[pool.id].name or pool.id
