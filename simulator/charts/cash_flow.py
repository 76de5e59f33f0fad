"""When is the money spent? By month, and added up."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.keys import Key, draw_column, draw_row, row_width
from simulator.charts.look import (
    BLUE,
    BODY_TOP,
    GREY,
    INK,
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
from simulator.charts.words import MONTHS, counted, money_text
from simulator.plan.work_calendar import Floats
from simulator.run.results import Results

AXES_LEFT, SPLIT, AXES_BOTTOM = 1.75, 2.75, 1.25
TAIL = 0.001
"""The last months are left out that bring less than this share of the money each."""


@styled
def cash_flow(results: Results) -> Figure:
    """Spending so far as a fan, against the budget, above the spending of each month."""
    cash = results.cash
    months = _months_with_money(results)
    bounds = results.plan.money.months.bounds[: months + 1]
    fans = {key: line[:months] for key, line in cash.cumulative.items()}
    spread_known = bool(np.isfinite(fans["p50"]).all())
    kept = min(results.settings.task_iterations, results.settings.iterations)
    note = f"P10 to P90 of {counted(kept, 'iteration')}" if spread_known else "means only"
    slide = Slide.of(results, _title(results, fans, months), [_peak(results), note])
    currency = results.plan.scenario.program.currency
    upper = slide.axes(AXES_LEFT, SPLIT + 0.25, RIGHT - 0.1, BODY_TOP - 0.05)
    lower = slide.axes(AXES_LEFT, AXES_BOTTOM, RIGHT - 0.1, SPLIT - 0.1)
    for axes in (upper, lower):
        axes.set_xlim(bounds[0], bounds[-1])
    _draw_total(slide, upper, results, fans, bounds)
    _draw_months(slide, lower, results, bounds)
    upper.xaxis.set_visible(False)
    date_ticks(slide, lower, results.plan.clock)
    slide.name_axes(upper, left=f"Spent so far, {currency}")
    slide.name_axes(lower, left="Each month")
    return slide.figure


def _months_with_money(results: Results) -> int:
    """Months up to the last that matters: rare late payments would make a long empty tail."""
    cash = results.cash
    share = np.abs(cash.mean) > TAIL * np.abs(cash.mean).sum()
    paid = np.flatnonzero(share | (np.nan_to_num(cash.p90) != 0))
    if not len(paid):
        raise ChartSkippedError("the scenario has no cost")
    return int(paid[-1]) + 1


def _title(results: Results, fans: dict[str, Floats], months: int) -> str:
    program, cash = results.plan.scenario.program, results.cash
    p50 = fans["p50"]
    total = money_text(float(cash.mean.sum()), program.currency)
    if program.budget is None or not np.isfinite(p50).all():
        return f"{total} are spent over {counted(months, 'month')} on average"
    budget = money_text(program.budget, program.currency)
    over, median = (
        np.flatnonzero(p50 > program.budget),
        results.outcomes["cost"].quantiles[50].value,
    )
    if len(over) and median > program.budget:
        when = _month(cash.months[over[0]])
        return f"Half of the futures have spent the {budget} budget by {when}"
    return f"Spending: P50 is {money_text(median, program.currency)}, the budget {budget}"


def _peak(results: Results) -> str:
    cash, currency = results.cash, results.plan.scenario.program.currency
    most = int(np.argmax(cash.mean))
    return f"peak {_month(cash.months[most])}: {money_text(float(cash.mean[most]), currency)}"


def _month(label: str) -> str:
    """2028-09 as Sep 2028."""
    year, _, month = label.partition("-")
    return f"{MONTHS[int(month) - 1]} {year}"


def _draw_total(
    slide: Slide, axes: Axes, results: Results, fans: dict[str, Floats], bounds: Floats
) -> None:
    """The fan of what is spent so far, the plan and the budget."""
    months = len(bounds) - 1
    fan = {key: _from_nothing(line) for key, line in fans.items()}
    plan = _from_nothing(np.cumsum(results.deterministic.costs.cash[:, 0]))[: months + 1]
    known = bool(np.isfinite(fan["p50"]).all())
    mean = _from_nothing(np.cumsum(results.cash.mean[:months]))
    low, middle, high = (fan["p10"], fan["p50"], fan["p90"]) if known else (mean, mean, mean)
    keys: list[Key] = []
    if known:
        axes.fill_between(bounds, low, high, color=SKY, alpha=0.45, linewidth=0)
        keys.append(Key("P10 to P90", area={"facecolor": SKY, "alpha": 0.45}))
    styles: dict[str, dict[str, Any]] = {
        "P50" if known else "mean": {"color": BLUE, "linewidth": 3},
        "plan": {"color": GREY, "linewidth": 2.5, "linestyle": (0, (1, 1))},
    }
    for (name, style), line in zip(styles.items(), (middle, plan), strict=True):
        axes.plot(bounds[: len(line)], line, **style)
        keys.append(Key(name, line=style))
    highest = float(max(high.max(), plan.max()))
    budget = results.plan.scenario.program.budget
    if budget is not None:
        keys.append(_draw_budget(axes, results, budget))
        # A budget out of sight must not flatten the fan.
        highest = max(highest, min(budget, 2 * highest))
    axes.set_ylim(min(0.0, float(plan.min()), float(low.min())), 1.08 * highest)
    money_ticks_left(slide, axes)
    # In the corner that the fan leaves free.
    corner = "lower right" if low[-1] > 0.5 * highest else "upper left"
    draw_column(slide, keys, corner, slide.box(axes))


def _from_nothing(line: Floats) -> Floats:
    """Money at the bounds of months: nothing at first, what a month brings at its end."""
    return np.concatenate([[0.0], line])


def _draw_budget(axes: Axes, results: Results, budget: float) -> Key:
    text = money_text(budget, results.plan.scenario.program.currency)
    style: dict[str, Any] = {"color": VERMILLION, "linewidth": 2, "linestyle": (0, (5, 2))}
    axes.axhline(budget, **style)
    return Key(f"budget {text}", line=style)


def _draw_months(slide: Slide, axes: Axes, results: Results, bounds: Floats) -> None:
    """Means as bars; they add up, percentiles of months do not."""
    months = len(bounds) - 1
    cash = results.cash
    middles, means = (bounds[:-1] + bounds[1:]) / 2, cash.mean[:months]
    across, upright = (bounds[:-1], bounds[1:]), (np.zeros(months), means)
    draw_boxes(axes, across, upright, BLUE, edgecolor=PAPER, linewidth=1, zorder=2)
    keys = [Key("mean", area={"facecolor": BLUE})]
    low, high = cash.p10[:months], cash.p90[:months]
    if np.isfinite(high).all():
        axes.vlines(middles, low, high, color=INK, linewidth=2, zorder=3)
        keys.append(Key("P10 to P90", line={"color": INK, "linewidth": 2}))
    box = slide.box(axes)
    draw_row(slide, keys, box.x1 - row_width(slide, keys), box.y1 - 0.05)
    tops = np.concatenate([means, high[np.isfinite(high)], [0.0]])
    lows = np.concatenate([means, low[np.isfinite(low)], [0.0]])
    axes.set_ylim(float(lows.min()) * 1.1, float(tops.max()) * 1.25)
    money_ticks_left(slide, axes, 3)
