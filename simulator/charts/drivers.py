"""Why? What the finish hangs on."""

import numpy as np
from matplotlib.figure import Figure

from simulator.charts.look import (
    BLUE,
    BODY,
    BODY_BOTTOM,
    BODY_TOP,
    GREY,
    GRID,
    INK,
    LEFT,
    NOTE,
    RIGHT,
    ChartSkippedError,
    Slide,
    styled,
)
from simulator.charts.words import chance_text, counted
from simulator.run.results import Results, TaskResult

MOST_BARS = 15
NAMES, PROJECTS = 4.1, 2.7
"""Widths of the columns of names, in inches."""


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
    axes = slide.axes(LEFT + NAMES + PROJECTS, BODY_BOTTOM + 0.05, RIGHT - 0.75, BODY_TOP - 0.1)
    axes.set_xlim(0, 1)
    axes.set_ylim(max(len(shown), 6) - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    axes.yaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.vlines([0.25, 0.5, 0.75, 1], 0, 1, color=GRID, transform=axes.get_xaxis_transform())
    values = np.array([task.criticality.value for task in shown])
    axes.barh(np.arange(len(shown)), values, height=0.62, color=BLUE, zorder=2)
    ends = [task.criticality for task in shown]
    axes.hlines(
        np.arange(len(shown)),
        [estimate.low for estimate in ends],
        [estimate.high for estimate in ends],
        color=INK,
        linewidth=3,
        zorder=3,
    )
    box = slide.box(axes)
    pitch = box.height / max(len(shown), 6)
    for number, task in enumerate(shown):
        y = box.y1 - pitch * (number + 0.5)
        _name(slide, results, task, y)
        end = box.x0 + box.width * task.criticality.high
        slide.text(end + 0.1, y, chance_text(task.criticality.value), weight="bold")
    return slide.figure


def _is_work(results: Results, task: TaskResult) -> bool:
    """Milestones and spans have no work of their own; margins only where they are kept."""
    kind = task.plan.kind
    return kind == "task" or (kind == "margin" and results.settings.keep_margin)


def _title(working: list[TaskResult]) -> str:
    often = sum(task.criticality.value >= 0.5 for task in working)
    if often:
        verb = "is" if often == 1 else "are"
        return f"{counted(often, 'task')} of {len(working):,} {verb} critical in half of the futures or more"
    return f"None of {counted(len(working), 'task')} is critical in half of the futures"


def _name(slide: Slide, results: Results, task: TaskResult, y: float) -> None:
    project = results.plan.network.projects[task.plan.project]
    name = results.plan.scenario.projects[project].name or project
    slide.text(LEFT, y, slide.fitted(task.plan.name, NAMES - 0.2, BODY), BODY)
    fitted = slide.fitted(name, PROJECTS - 0.25, NOTE)
    slide.text(LEFT + NAMES, y, fitted, NOTE, color=GREY)
