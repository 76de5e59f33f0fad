"""The bars of the timeline: what stands in each row, and what it means."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from simulator.charts.keys import Key, draw_row
from simulator.charts.look import (
    FOOT,
    GREY,
    GRID,
    HEIGHT,
    INK,
    LEFT,
    ORANGE,
    PALE,
    PAPER,
    VERMILLION,
    Slide,
    draw_boxes,
)
from simulator.plan.work_calendar import Floats
from simulator.run.results import Results
from simulator.run.task_results import TaskResult

CLASSES = ((0.5, VERMILLION, "≥ 50 %"), (0.1, ORANGE, "10–50 %"), (-1.0, PALE, "< 10 %"))
"""From which criticality on which colour; the darker, the more often critical."""
BAR, BAND, ABOVE, BELOW = 0.54, 0.24, 0.1, 0.34
"""Heights in rows: bars and bands, how far they stand above the middle, the plan below it."""
HOLLOW = 0.7
"""Size of a planned milestone beside a simulated one."""
FRAME: dict[str, Any] = {"edgecolor": GREY, "linewidth": 0.6}
DASHED = (0, (5, 3))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a task or a milestone, and where it stands; dates in milliseconds."""

    task: TaskResult
    y: float
    plan: tuple[float, float]
    """nan where the plan takes another branch."""

    @property
    def milestone(self) -> bool:
        """Whether it is a point in time."""
        return self.task.plan.kind == "milestone"

    @property
    def colour(self) -> str:
        """By how often it is critical."""
        value = self.task.criticality.value
        return next(colour for least, colour, _ in CLASSES if value >= least)


def _dates(rows: list[Row], of: str, percent: int, end: float) -> Floats:
    """A percentile of each row; what never happens ends where the axis does."""
    values = [getattr(row.task, of)[f"p{percent}"] for row in rows]
    return np.minimum(np.array(values, dtype=np.float64), end)


def draw_tasks(axes: Axes, rows: list[Row]) -> None:
    """P10 start to P90 finish pale, P50 to P50 full, the plan as a line below."""
    y, end = np.array([row.y for row in rows]), axes.get_xlim()[1]
    colours = [row.colour for row in rows]
    planned = np.array([row.plan for row in rows]).reshape(-1, 2)
    first, last = _dates(rows, "start", 10, end), _dates(rows, "finish", 90, end)
    begin, finish = _dates(rows, "start", 50, end), _dates(rows, "finish", 50, end)
    known = np.isfinite(first)
    bars = y[known] - ABOVE
    across, upright = (first[known], last[known]), (bars - BAND / 2, bars + BAND / 2)
    draw_boxes(axes, across, upright, GRID, zorder=2, **FRAME)
    # Without percentiles of tasks the plan itself is the bar.
    begin, finish = np.where(known, begin, planned[:, 0]), np.where(known, finish, planned[:, 1])
    # A task of hours would be thinner than a line.
    finish = np.maximum(finish, begin + 0.004 * (end - axes.get_xlim()[0]))
    upright = y - ABOVE - BAR / 2, y - ABOVE + BAR / 2
    draw_boxes(axes, (begin, finish), upright, colours, zorder=3, **FRAME)
    lines = axes.hlines(y + BELOW, planned[:, 0], planned[:, 1], color=INK, linewidth=2.2, zorder=4)
    lines.set_capstyle("projecting")


def draw_milestones(axes: Axes, rows: list[Row]) -> None:
    """A diamond at P50 on a band from P10 to P90, a small hollow one at the plan."""
    if not rows:
        return
    y, end = np.array([row.y for row in rows]), axes.get_xlim()[1]
    low, high = _dates(rows, "finish", 10, end), _dates(rows, "finish", 90, end)
    draw_boxes(axes, (low, high), (y - BAND / 2, y + BAND / 2), GRID, zorder=2, **FRAME)
    middle = _dates(rows, "finish", 50, end)
    size = _marker_size(axes)
    style: dict[str, Any] = {"marker": "D", "edgecolor": INK, "clip_on": False}
    axes.scatter(
        [row.plan[1] for row in rows],
        y,
        s=(HOLLOW * size) ** 2,
        color=PAPER,
        zorder=4,
        lw=1.3,
        **style,
    )
    middle = np.where(np.isnan(middle), [row.plan[1] for row in rows], middle)
    colours = [row.colour for row in rows]
    axes.scatter(middle, y, s=size**2, c=colours, zorder=5, lw=1.2, **style)


def _marker_size(axes: Axes) -> float:
    """Points that fit into a row."""
    low, high = axes.get_ylim()
    height = axes.get_position().height * HEIGHT
    return min(12.0, 0.62 * 72 * height / abs(high - low))


def draw_deadlines(axes: Axes, results: Results, rows: list[Row]) -> None:
    """A tick across the row for its own deadline, a line through all for the program's."""
    dated = [row for row in rows if row.task.plan.deadline is not None]
    y = np.array([row.y for row in dated])
    at = np.array([row.task.plan.deadline for row in dated], dtype=np.float64)
    axes.vlines(at, y - 0.46, y + 0.46, color=INK, linewidth=3.5, zorder=6)
    deadline = results.plan.scenario.program.deadline
    if deadline is not None:
        at_all = results.plan.clock.ms(deadline.ends())
        axes.axvline(at_all, color=INK, linewidth=1.5, linestyle=DASHED, zorder=1)


def explain(slide: Slide, results: Results) -> None:
    """What colours and shapes mean, in one row."""
    diamond: dict[str, Any] = {"linestyle": "none", "marker": "D", "markersize": 9, "mec": INK}
    tick: dict[str, Any] = {"linestyle": "none", "marker": "|", "markersize": 14, "mew": 3.5}
    keys = [Key(name, area={"facecolor": colour, **FRAME}) for _, colour, name in CLASSES]
    keys[0] = Key(f"P50, critical {keys[0].name}", keys[0].area)
    keys += [
        Key("P10–P90", area={"facecolor": GRID, **FRAME}),
        Key("plan", line={"color": INK, "linewidth": 2.2}),
        Key("milestone", line={"color": ORANGE, **diamond}),
        Key("its plan", line={"color": PAPER, **diamond}),
        Key("deadline", line={"color": INK, **tick}),
    ]
    if results.plan.scenario.program.deadline is not None:
        keys.append(Key("program deadline", line={"color": INK, "lw": 1.5, "linestyle": DASHED}))
    draw_row(slide, keys, LEFT, 0.66, FOOT)
