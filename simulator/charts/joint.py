"""How sure of both? Finish and cost together, with the targets and the joint confidence level."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.look import (
    BLUE,
    BODY,
    BODY_TOP,
    GREY,
    INK,
    NOTE,
    PALE,
    PAPER,
    RIGHT,
    VERMILLION,
    Slide,
    spread,
    styled,
)
from simulator.charts.marks import Mark, view, with_arrow
from simulator.charts.subjects import Subject, cost_subject, finish_subject
from simulator.charts.ticks import money_ticks_left
from simulator.charts.words import chance_range, chance_text
from simulator.plan.work_calendar import Floats
from simulator.run.results import JointConfidence, Results

LEVELS = (50, 70, 80)
DASHES = {50: (0, (2, 1.5)), 70: (0, (6, 2)), 80: "-"}
POINTS = 4_000
"""More dots than this only darken the cloud."""
AXES_LEFT, AXES_RIGHT, AXES_BOTTOM, AXES_TOP = 1.75, 8.3, 1.6, BODY_TOP - 0.6
PANEL = 9.85
"""Left edge of what is said beside the cloud."""


@dataclass(frozen=True, slots=True)
class Both:
    """Finish and cost, and the part of the plane that is shown."""

    finish: Subject
    cost: Subject
    x: tuple[float, float]
    y: tuple[float, float]


@styled
def joint_confidence(results: Results) -> Figure:
    """Every future as a dot of finish and cost, with the frontiers of joint confidence."""
    finish, cost = finish_subject(results), cost_subject(results)
    points = {p: results.jcl[p] for p in LEVELS if len(results.jcl[p].frontier_dates)}
    both = Both(
        finish,
        cost,
        view(finish, _bounds(finish, [point.date for point in points.values()])),
        view(cost, _bounds(cost, [point.cost for point in points.values()])),
    )
    slide = Slide.of(results, _title(results, both), _notes(results, finish))
    axes = slide.axes(AXES_LEFT, AXES_BOTTOM, AXES_RIGHT, AXES_TOP)
    axes.set_xlim(*both.x)
    axes.set_ylim(*both.y)
    finish.ticks(slide, axes)
    money_ticks_left(slide, axes)
    slide.name_axes(axes, finish.axis, cost.axis)
    _draw_dots(axes, results, both)
    for percent, point in points.items():
        _draw_frontier(axes, both, percent, point)
    _draw_targets(slide, axes, both)
    _name_lines(slide, axes, both, points)
    bottom = _draw_quadrants(slide, results) if results.jcl_at_targets else BODY_TOP - 0.2
    _list_points(slide, both, points, bottom)
    return slide.figure


def _bounds(subject: Subject, values: Sequence[float]) -> list[Mark]:
    if subject.target is not None:
        values = [*values, subject.target]
    return [Mark(value, "", "", INK, "-") for value in values if np.isfinite(value)]


def _title(results: Results, both: Both) -> str:
    point = results.jcl[80]
    known = np.isfinite(point.date)
    sure = f"{both.finish.text(point.date)} and {both.cost.text(point.cost)}" if known else ""
    if results.jcl_at_targets is None:
        return f"80 % sure of both: {sure}" if known else "No date and no budget are 80 % sure"
    chance = chance_text(results.jcl_at_targets.value)
    ending = f"80 % at {sure}" if known else "80 % cannot be had"
    return f"{chance} chance to keep date and budget; {ending}"


def _notes(results: Results, finish: Subject) -> list[str]:
    level = chance_text(results.settings.level)
    chance = results.jcl_at_targets
    found = [f"{level} interval: chance {chance_range(chance)}"] if chance else []
    return found + finish.never_notes()


def _draw_dots(axes: Axes, results: Results, both: Both) -> None:
    """The first futures, those that keep both targets in a colour of their own."""
    dates = results.outcomes["finish"].values[:POINTS]
    costs = results.outcomes["cost"].values[:POINTS]
    date = np.inf if both.finish.target is None else both.finish.target
    cost = np.inf if both.cost.target is None else both.cost.target
    kept = (dates <= date) & (costs <= cost)
    there = np.isfinite(dates)
    for chosen, colour in ((there & ~kept, GREY), (there & kept, BLUE)):
        axes.plot(
            dates[chosen],
            costs[chosen],
            linestyle="none",
            marker="o",
            markersize=3.6,
            markeredgewidth=0,
            color=colour,
            alpha=0.35,
            rasterized=True,
            zorder=1,
        )


def _draw_frontier(axes: Axes, both: Both, percent: int, point: JointConfidence) -> None:
    """Whatever lies above and to the right of the line is kept with this chance."""
    dates, costs = _frontier(both, point)
    axes.plot(dates, costs, color=PAPER, linewidth=5, alpha=0.8, zorder=2)
    axes.plot(dates, costs, color=INK, linewidth=2.2, linestyle=DASHES[percent], zorder=3)
    if not np.isfinite(point.date):
        return
    axes.plot(
        [point.date],
        [point.cost],
        marker="D",
        markersize=11,
        color=INK,
        markeredgecolor=PAPER,
        markeredgewidth=2,
        zorder=5,
    )


def _frontier(both: Both, point: JointConfidence) -> tuple[Floats, Floats]:
    dates, costs = point.frontier_dates, point.frontier_costs
    return (
        np.concatenate([dates[:1], dates, [max(both.x[1], dates[-1])]]),
        np.concatenate([[max(both.y[1], costs[0])], costs, costs[-1:]]),
    )


def _draw_targets(slide: Slide, axes: Axes, both: Both) -> None:
    style: dict[str, Any] = {
        "color": VERMILLION,
        "linewidth": 2,
        "linestyle": (0, (5, 2)),
        "zorder": 4,
    }
    date = both.finish.target
    if date is not None:
        axes.axvline(date, **style)
        label = with_arrow(f"{both.finish.target_name} {both.finish.text(date)}", date, both.x)
        box, half = slide.box(axes), slide.width(label, BODY, "bold") / 2
        at = box.x0 + box.width * (date - both.x[0]) / (both.x[1] - both.x[0])
        at = float(np.clip(at, box.x0 + half, box.x1 - half))
        slide.text(at, box.y1 + 0.2, label, weight="bold", color=VERMILLION, ha="center")
    if both.cost.target is not None:
        axes.axhline(both.cost.target, **style)


def _name_lines(slide: Slide, axes: Axes, both: Both, points: dict[int, JointConfidence]) -> None:
    """Names at the right edge: of the budget, and of each frontier with its chance."""
    lines = [(point.frontier_costs[-1], f"{percent} %", INK) for percent, point in points.items()]
    if both.cost.target is not None:
        label = with_arrow(both.cost.target_name, both.cost.target, both.y, "↓↑")
        lines.append((both.cost.target, label, VERMILLION))
    box, (low, high) = slide.box(axes), both.y
    ends = [box.y0 + box.height * (float(v) - low) / (high - low) for v, _, _ in lines]
    ends = [min(max(end, box.y0), box.y1) for end in ends]
    centres = spread(ends, [0.3] * len(ends), box.y0, box.y1)
    for (_, label, colour), end, centre in zip(lines, ends, centres, strict=True):
        slide.line([box.x1, box.x1 + 0.15], [end, centre], color=colour, lw=1.5)
        slide.text(box.x1 + 0.2, centre, label, weight="bold", color=colour)


def _draw_quadrants(slide: Slide, results: Results) -> float:
    """How often which target is kept, as a square of four; returns where it ends."""
    kept = results.jcl_at_targets
    assert kept is not None
    both = kept.value
    time, money = results.probability["on_time"].value, results.probability["on_budget"].value
    cells = (
        (0, 1, time - both, "on time,\nover budget", PALE),
        (1, 1, 1 - time - money + both, "late and\nover budget", PALE),
        (0, 0, both, "both kept", BLUE),
        (1, 0, money - both, "late, within\nbudget", PALE),
    )
    width, height, bottom = (RIGHT - PANEL) / 2, 1.16, BODY_TOP - 0.12 - 2 * 1.16
    for column, row, chance, label, colour in cells:
        x, y = PANEL + column * width, bottom + row * height
        slide.patch(x, y, width, height, facecolor=colour, edgecolor=PAPER, lw=3)
        middle, ink = x + width / 2, PAPER if colour == BLUE else INK
        # Rounding in the subtractions may leave a zero just below zero.
        share = chance_text(max(0.0, round(chance, 12)))
        slide.text(middle, y + 0.82, share, 22, weight="bold", color=ink, ha="center")
        slide.text(middle, y + 0.37, label, NOTE - 1, color=ink, ha="center", linespacing=1.1)
    return bottom - 0.35


def _list_points(slide: Slide, both: Both, points: dict[int, JointConfidence], top: float) -> None:
    """The balanced points: date and cost that are equally sure on their own."""
    known = {percent: point for percent, point in points.items() if np.isfinite(point.date)}
    if not known:
        return
    slide.text(PANEL, top, "◆ sure of both", weight="bold")
    for number, (percent, point) in enumerate(known.items()):
        y = top - 0.42 - 0.62 * number
        slide.text(PANEL, y - 0.02, f"{percent} %", weight="bold")
        slide.text(PANEL + 0.85, y, both.finish.text(point.date), BODY)
        slide.text(PANEL + 0.85, y - 0.27, both.cost.text(point.cost), BODY, color=GREY)
