"""Why? What the finish hangs on."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts.look import (
    BLUE,
    BODY_BOTTOM,
    BODY_TOP,
    GREY,
    INK,
    LEFT,
    NOTE,
    RIGHT,
    ChartSkippedError,
    Slide,
    styled,
)
from simulator.charts.words import chance_text, counted
from simulator.run.results import Results
from simulator.run.task_results import TaskResult

MOST_BARS, FEWEST_ROWS = 15, 6
NAMES, PROJECTS = 4.1, 2.7
"""Widths of the columns of names, in inches, at most."""


@styled
def criticality(results: Results) -> Figure:
    """The tasks that are most often on the path that decides the finish."""
    working = [task for task in results.tasks.values() if _is_work(results, task)]
    shown = sorted(working, key=lambda task: -task.criticality.value)[:MOST_BARS]
    shown = [task for task in shown if task.criticality.value > 0]
    if not shown:
        raise ChartSkippedError("no task is critical in any iteration")
    level = chance_text(results.settings.level)
    notes = [
        f"{len(shown)} most often critical of {counted(len(working), 'task')}",
        f"whiskers: {level} interval",
    ]
    slide = Slide.of(results, _title(working), notes)
    begin = _draw_names(slide, results, shown)
    axes = slide.axes(begin, BODY_BOTTOM + 0.05, RIGHT - 0.92, BODY_TOP - 0.1)
    axes.set_xlim(0, 1)
    axes.set_ylim(max(len(shown), FEWEST_ROWS) - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    axes.yaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    _draw_bars(slide, axes, shown)
    return slide.figure


def _draw_bars(slide: Slide, axes: Axes, shown: list[TaskResult]) -> None:
    rows = np.arange(len(shown))
    chances = [task.criticality for task in shown]
    axes.barh(rows, [chance.value for chance in chances], height=0.62, color=BLUE, zorder=2)
    low, high = [chance.low for chance in chances], [chance.high for chance in chances]
    axes.hlines(rows, low, high, color=INK, linewidth=2, zorder=3)
    axes.vlines([*low, *high], [*rows - 0.16] * 2, [*rows + 0.16] * 2, color=INK, lw=2, zorder=3)
    box = slide.box(axes)
    for number, chance in enumerate(chances):
        end = box.x0 + box.width * chance.high
        slide.text(end + 0.12, _row(number, len(shown)), chance_text(chance.value), weight="bold")


def _row(number: int, count: int) -> float:
    """Where the middle of a row stands, in inches."""
    top, height = BODY_TOP - 0.1, BODY_TOP - 0.15 - BODY_BOTTOM
    return top - height / max(count, FEWEST_ROWS) * (number + 0.5)


def _draw_names(slide: Slide, results: Results, shown: list[TaskResult]) -> float:
    """Tasks and their projects in two columns as wide as needed; returns where they end."""
    projects = [project_name(results, task) for task in shown]
    widest = max(slide.width(task.plan.name) for task in shown)
    names = min(NAMES, widest) + 0.3
    owners = min(PROJECTS, max(slide.width(project, NOTE) for project in projects)) + 0.25
    for number, (task, project) in enumerate(zip(shown, projects, strict=True)):
        y = _row(number, len(shown))
        slide.text(LEFT, y, slide.fitted(task.plan.name, names - 0.25))
        fitted = slide.fitted(project, owners - 0.2, NOTE)
        slide.text(LEFT + names, y, fitted, NOTE, color=GREY)
    return LEFT + names + owners


def _is_work(results: Results, task: TaskResult) -> bool:
    """Milestones and spans have no work of their own; margins only where they are kept."""
    kind = task.plan.kind
    return kind == "task" or (kind == "margin" and results.settings.keep_margin)


def _title(working: list[TaskResult]) -> str:
    often = sum(task.criticality.value >= 0.5 for task in working)
    if often:
        verb = "is" if often == 1 else "are"
        of = f"{often:,} of {counted(len(working), 'task')}"
        return f"{of} {verb} critical in at least half of the futures"
    return f"None of {counted(len(working), 'task')} is critical in half of the futures"


def project_name(results: Results, task: TaskResult) -> str:
    """The name of a task's project."""
    key = results.plan.network.projects[task.plan.project]
    return results.plan.scenario.projects[key].name or key
