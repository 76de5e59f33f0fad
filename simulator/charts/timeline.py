"""When? Every task from its start to its finish, as planned and as simulated."""

import numpy as np
from matplotlib.figure import Figure

from simulator.charts.drivers import project_name
from simulator.charts.gantt_bars import (
    Row,
    draw_deadlines,
    draw_milestones,
    draw_tasks,
    explain,
)
from simulator.charts.look import (
    BODY,
    BODY_TOP,
    GREY,
    LEFT,
    NOTE,
    PALE,
    RIGHT,
    ChartSkippedError,
    Slide,
    styled,
)
from simulator.charts.ticks import date_ticks
from simulator.charts.words import NEVER, chance_text, counted, date_text
from simulator.run.results import Results
from simulator.run.task_results import TaskResult

MOST_ROWS, FEWEST_ROWS = 24, 7
"""More rows than this cannot be read from the back of a room."""
PROJECTS, NAMES, NUMBERS = 2.5, 3.2, 1.0
"""Widths of the columns, in inches: projects and tasks at most, each of the two of chances."""
TOP, BOTTOM = BODY_TOP - 0.2, 1.45
PADDING = 0.012


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
    date_ticks(slide, axes, results.plan.clock, NOTE)
    draw_tasks(axes, [row for row in rows if not row.milestone])
    draw_milestones(axes, [row for row in rows if row.milestone])
    draw_deadlines(axes, results, rows)
    _draw_names(slide, rows, columns)
    _draw_chances(slide, results, rows)
    _draw_projects(slide, results, rows, columns[0] - LEFT - 0.15)
    explain(slide, results)
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
    first, last = task.plan.first, task.plan.last
    shown = results.deterministic.shown
    there = bool(shown.exists[task.plan.base, 0])
    plan = float(shown.start[first, 0]), float(shown.finish[last, 0])
    return Row(task, y, plan if there else (np.nan, np.nan))


def _title(results: Results) -> str:
    finish, clock = results.outcomes["finish"], results.plan.clock
    dates = (
        ("plan", finish.deterministic),
        ("P50", finish.quantiles[50].value),
        ("P80", finish.quantiles[80].value),
    )
    return "Finish: " + ", ".join(
        f"{name} {date_text(clock, value) if np.isfinite(value) else NEVER}"
        for name, value in dates
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
        slide.line([LEFT, RIGHT], [top, top], color=PALE, lw=1)
