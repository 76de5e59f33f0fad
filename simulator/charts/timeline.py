"""When? Every task from its start to its finish, as planned and as simulated."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulator.charts.drivers import project_name
from simulator.charts.look import (
    BODY,
    BODY_TOP,
    GREY,
    GRID,
    INK,
    LEFT,
    NOTE,
    ORANGE,
    PALE,
    PAPER,
    RIGHT,
    VERMILLION,
    ChartSkippedError,
    Slide,
    draw_boxes,
    styled,
)
from simulator.charts.ticks import date_ticks
from simulator.charts.words import NEVER, chance_text, counted, date_text
from simulator.plan.work_calendar import Floats
from simulator.run.results import Results, TaskResult

MOST_ROWS, FEWEST_ROWS = 24, 10
"""More rows than this cannot be read from the back of a room."""
CLASSES = ((0.5, VERMILLION, "≥ 50 %"), (0.1, ORANGE, "10–50 %"), (-1.0, PALE, "< 10 %"))
"""From which criticality on which colour; the darker, the more often critical."""
PROJECTS, NAMES, NUMBERS = 2.5, 3.2, 1.0
"""Widths of the columns, in inches: projects and tasks at most, each of the two of chances."""
TOP, BOTTOM = BODY_TOP - 0.2, 1.45
BAR, BAND, ABOVE, BELOW = 0.54, 0.24, 0.1, 0.34
"""Heights in rows: bars and bands, how far they stand above the middle, the plan below it."""
HOLLOW, PADDING = 0.7, 0.012


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


@styled
def gantt(results: Results) -> Figure:
    """Tasks by project: P50 bars in bands from P10 to P90, above the deterministic plan."""
    tasks = [t for t in results.tasks.values() if t.plan.kind != "span" and t.exists.value > 0]
    if not tasks:
        raise ChartSkippedError("the scenario has no tasks")
    shown = _chosen(tasks)
    rows = [_row(results, task, float(y)) for y, task in enumerate(shown)]
    slide = Slide.of(results, _title(results), _notes(results, tasks, shown))
    columns = _columns(slide, results, rows)
    axes = slide.axes(columns[1], BOTTOM, RIGHT - 1.85 * NUMBERS, TOP)
    axes.set_ylim(max(len(rows), FEWEST_ROWS) - 0.5, -0.5)
    axes.set_xlim(*_view(results, rows))
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    date_ticks(slide, axes, results.plan.clock, NOTE, most=9)
    _draw_tasks(axes, [row for row in rows if not row.milestone])
    _draw_milestones(axes, [row for row in rows if row.milestone])
    _draw_deadlines(axes, results, rows)
    _draw_names(slide, rows, columns)
    _draw_chances(slide, results, rows)
    _draw_projects(slide, results, rows, columns[0] - LEFT - 0.15)
    _explain(slide, results)
    return slide.figure


def _chosen(tasks: list[TaskResult]) -> list[TaskResult]:
    """All tasks if they fit, or else milestones on at most half of the rows and critical tasks."""
    if len(tasks) <= MOST_ROWS:
        return tasks
    milestones = [task for task in tasks if task.plan.kind == "milestone"]
    others = [task for task in tasks if task.plan.kind != "milestone"]
    milestones.sort(key=lambda task: (task.plan.deadline is None, -task.criticality.value))
    others.sort(key=lambda task: -task.criticality.value)
    points = milestones[: max(MOST_ROWS // 2, MOST_ROWS - len(others))]
    kept = {task.plan.id for task in [*points, *others[: MOST_ROWS - len(points)]]}
    return [task for task in tasks if task.plan.id in kept]


def _row(results: Results, task: TaskResult, y: float) -> Row:
    base, last = task.plan.base, task.plan.last
    shown = results.deterministic.shown
    there = bool(shown.exists[base, 0])
    plan = float(shown.start[base, 0]), float(shown.finish[last, 0])
    return Row(task, y, plan if there else (np.nan, np.nan))


def _title(results: Results) -> str:
    finish, clock = results.outcomes["finish"], results.plan.clock
    dates = (
        ("plan", finish.deterministic),
        ("P50", finish.quantiles[50].value),
        ("P80", finish.quantiles[80].value),
    )
    return "Finish: " + ", ".join(
        f"{name} {date_text(clock, value) if np.isfinite(value) else NEVER}" for name, value in dates
    )


def _notes(results: Results, tasks: list[TaskResult], shown: list[TaskResult]) -> list[str]:
    kept = min(results.settings.task_iterations, results.settings.iterations)
    bands = f"bands of {counted(kept, 'iteration')}" if kept else "plan only, no bands"
    if len(shown) == len(tasks):
        return [bands]
    points = sum(task.plan.kind == "milestone" for task in shown)
    every = sum(task.plan.kind == "milestone" for task in tasks)
    some = f"{counted(points, 'milestone')}{'' if points == every else f' of {every:,}'}"
    rest = f"{len(shown) - points} most critical of {len(tasks) - every:,} tasks"
    return [bands, f"{some}, {rest}"]


def _view(results: Results, rows: list[Row]) -> tuple[float, float]:
    """From the first start to the last finish that happen."""
    marks: list[float] = []
    for row in rows:
        task = row.task
        marks += [*row.plan, task.start["p10"], task.finish["p50"], task.finish["p90"]]
        marks += [] if task.plan.deadline is None else [task.plan.deadline]
    happening = [mark for mark in marks if np.isfinite(mark)] or [0.0]
    low, high = min(happening), max(happening)
    pad = max(PADDING * (high - low), 3_600_000.0)
    return low - pad, high + pad


def _dates(rows: list[Row], of: str, percent: int, end: float) -> Floats:
    """A percentile of each row; what never happens ends where the axis does."""
    values = [getattr(row.task, of)[f"p{percent}"] for row in rows]
    return np.minimum(np.array(values, dtype=np.float64), end)


def _draw_tasks(axes: Axes, rows: list[Row]) -> None:
    """P10 start to P90 finish pale, P50 to P50 full, the plan as a line below."""
    y, end = np.array([row.y for row in rows]), axes.get_xlim()[1]
    colours = [row.colour for row in rows]
    planned = np.array([row.plan for row in rows]).reshape(-1, 2)
    first, last = _dates(rows, "start", 10, end), _dates(rows, "finish", 90, end)
    begin, finish = _dates(rows, "start", 50, end), _dates(rows, "finish", 50, end)
    known = np.isfinite(first)
    frame = {"edgecolor": GREY, "linewidth": 0.6}
    bars = y[known] - ABOVE
    across, upright = (first[known], last[known]), (bars - BAND / 2, bars + BAND / 2)
    draw_boxes(axes, across, upright, GRID, zorder=2, **frame)
    own = [colour for colour, there in zip(colours, known, strict=True) if there]
    # A task of hours would be thinner than a line.
    finish = np.maximum(finish, begin + 0.004 * (end - axes.get_xlim()[0]))
    across, upright = (begin[known], finish[known]), (bars - BAR / 2, bars + BAR / 2)
    draw_boxes(axes, across, upright, own, zorder=3, **frame)
    lines = axes.hlines(y + BELOW, planned[:, 0], planned[:, 1], color=INK, linewidth=2.2, zorder=4)
    lines.set_capstyle("projecting")


def _draw_milestones(axes: Axes, rows: list[Row]) -> None:
    """A diamond at P50 on a band from P10 to P90, a small hollow one at the plan."""
    if not rows:
        return
    y, end = np.array([row.y for row in rows]), axes.get_xlim()[1]
    low, high = _dates(rows, "finish", 10, end), _dates(rows, "finish", 90, end)
    frame = {"edgecolor": GREY, "linewidth": 0.6}
    draw_boxes(axes, (low, high), (y - BAND / 2, y + BAND / 2), GRID, zorder=2, **frame)
    middle = _dates(rows, "finish", 50, end)
    size = _marker_size(axes)
    style = {"marker": "D", "edgecolor": INK, "clip_on": False}
    axes.scatter(
        [row.plan[1] for row in rows], y, s=(HOLLOW * size) ** 2, color=PAPER, zorder=4, lw=1.3, **style
    )
    colours = [row.colour for row in rows]
    axes.scatter(middle, y, s=size**2, c=colours, zorder=5, lw=1.2, **style)


def _marker_size(axes: Axes) -> float:
    """Points that fit into a row."""
    low, high = axes.get_ylim()
    return min(12.0, 0.62 * 72 * (TOP - BOTTOM) / abs(high - low))


def _draw_deadlines(axes: Axes, results: Results, rows: list[Row]) -> None:
    """A tick across the row for its own deadline, a line through all for the program's."""
    dated = [row for row in rows if row.task.plan.deadline is not None]
    y = np.array([row.y for row in dated])
    at = [row.task.plan.deadline for row in dated]
    axes.vlines(at, y - 0.46, y + 0.46, color=INK, linewidth=3.5, zorder=6)
    deadline = results.plan.scenario.program.deadline
    if deadline is not None:
        at_all = results.plan.clock.ms(deadline.ends())
        axes.axvline(at_all, color=INK, linewidth=1.5, linestyle=(0, (5, 3)), zorder=1)


def _pitch(rows: list[Row]) -> float:
    return (TOP - BOTTOM) / max(len(rows), FEWEST_ROWS)


def _size(rows: list[Row]) -> float:
    """Type that fits into a row."""
    return min(BODY, 0.86 * 72 * _pitch(rows))


def _columns(slide: Slide, results: Results, rows: list[Row]) -> tuple[float, float]:
    """Where the names of tasks and the bars begin: the columns are as wide as needed."""
    size = _size(rows)
    names = max(slide.width(_name(row), size) for row in rows)
    needed = max(_needed(slide, results, rows, run) for run in _runs(rows))
    first = LEFT + min(PROJECTS, needed + 0.3)
    return first, first + min(NAMES, names + 0.3)


def _name(row: Row) -> str:
    """A name, and in which share of the iterations the task exists."""
    task = row.task
    there = f" ({chance_text(task.exists.value)})" if task.exists.value < 1 else ""
    return f"{task.plan.name}{there}"


def _draw_names(slide: Slide, rows: list[Row], columns: tuple[float, float]) -> None:
    size, room = _size(rows), columns[1] - columns[0] - 0.15
    for row in rows:
        y = TOP - _pitch(rows) * (row.y + 0.5)
        slide.text(columns[0], y, slide.fitted(_name(row), room, size), size)


def _draw_chances(slide: Slide, results: Results, rows: list[Row]) -> None:
    """How often a task is critical, and how likely it keeps its own deadline."""
    size = _size(rows)
    critical, kept = RIGHT - NUMBERS, RIGHT
    slide.text(critical, TOP + 0.18, "critical", min(NOTE, size + 2), color=GREY, ha="right")
    slide.text(kept, TOP + 0.18, "on time", min(NOTE, size + 2), color=GREY, ha="right")
    for row in rows:
        y = TOP - _pitch(rows) * (row.y + 0.5)
        slide.text(critical, y, chance_text(row.task.criticality.value), size, ha="right")
        chance = results.probability.get(f"on_time:{row.task.plan.id}")
        if chance is not None:
            slide.text(kept, y, chance_text(chance.value), size, weight="bold", ha="right")


def _runs(rows: list[Row]) -> list[tuple[int, int]]:
    """First and last row, exclusive, of rows of one project that follow each other."""
    owners = [row.task.plan.project for row in rows]
    begins = [k for k in range(len(rows)) if k == 0 or owners[k] != owners[k - 1]]
    return list(zip(begins, [*begins[1:], len(rows)], strict=True))


def _lines(rows: list[Row], run: tuple[int, int]) -> int:
    """How many lines of a project's name fit beside its rows."""
    height = (run[1] - run[0]) * _pitch(rows) * 72
    return max(1, min(3, int(height / (min(NOTE, _size(rows)) * 1.25))))


def _needed(slide: Slide, results: Results, rows: list[Row], run: tuple[int, int]) -> float:
    """The width of a project's name, broken into the lines that fit."""
    size, name = min(NOTE, _size(rows)), project_name(results, rows[run[0]].task)
    # Lines are rarely full: a fifth more than an equal share.
    share = 1.2 / _lines(rows, run) if _lines(rows, run) > 1 else 1.0
    longest = max(slide.width(word, size, "bold") for word in name.split())
    return max(longest, share * slide.width(name, size, "bold"))


def _draw_projects(slide: Slide, results: Results, rows: list[Row], room: float) -> None:
    """A name for each run of rows of one project, and a line between projects."""
    size = min(NOTE, _size(rows))
    for run in _runs(rows):
        top = TOP - _pitch(rows) * run[0]
        name = project_name(results, rows[run[0]].task)
        text = slide.wrapped(name, room, _lines(rows, run), size, "bold")
        slide.text(LEFT, top - 0.04, text, size, weight="bold", va="top")
        slide.line([LEFT, RIGHT], [top, top], PALE, 1.0)


def _explain(slide: Slide, results: Results) -> None:
    handles: list[Line2D | Patch] = [
        Patch(facecolor=colour, edgecolor=GREY, label=label) for _, colour, label in CLASSES
    ]
    handles[0].set_label(f"P50, critical {CLASSES[0][2]}")
    diamond = {"linestyle": "none", "marker": "D", "markersize": 9, "mec": INK}
    handles += [
        Patch(facecolor=GRID, edgecolor=GREY, label="P10–P90"),
        Line2D([], [], color=INK, linewidth=2.2, label="plan"),
        Line2D([], [], color=ORANGE, label="milestone", **diamond),
        Line2D([], [], color=PAPER, label="its plan", **diamond),
        Line2D([], [], color=INK, lw=0, marker="|", markersize=14, mew=3.5, label="deadline"),
        Line2D([], [], color=INK, lw=1.5, linestyle=(0, (5, 3)), label="program deadline"),
    ]
    if results.plan.scenario.program.deadline is None:
        handles.pop()
    slide.figure.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(LEFT / slide.figure.get_figwidth(), 0.66 / slide.figure.get_figheight()),
        ncols=len(handles),
        fontsize=NOTE - 2,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.4,
        columnspacing=1.1,
        handletextpad=0.5,
    )
