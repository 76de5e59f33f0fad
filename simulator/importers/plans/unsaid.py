"""What rows of a file say and a scenario does not: listed, task by task."""

from collections.abc import Mapping

from simulator.importers.plans.losses import Losses
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import SourceTask

INACTIVE = "inactive in the file: left out"
EMPTY_SPAN = "lasts as long as tasks that it is not linked to: left out"
SUMMARY_DATE = "a constraint or deadline of a summary"
SUMMARY_COST = "a fixed cost of a summary"
EXTERNAL = "a task of another file: kept with its duration from the date that it has here"


def note_unsaid(outline: Outline, names: Mapping[int, str], losses: Losses) -> None:
    """List what a project's rows say beyond what its tasks have taken over."""
    for uid, task in outline.rows.items():
        title = task.name or f"row {uid}"
        if outline.is_summary(uid):
            _summary(outline, task, title, losses)
        elif not task.active:
            losses.add(INACTIVE, title)
        elif uid not in names:
            losses.add(EMPTY_SPAN, title)
        else:
            _task(task, names[uid], losses)


def _summary(outline: Outline, task: SourceTask, title: str, losses: Losses) -> None:
    held = task.constraint not in ("", "AS_SOON_AS_POSSIBLE")
    if held or (task.deadline is not None and task.uid not in outline.branches()):
        losses.add(SUMMARY_DATE, title)
    if task.fixed_cost and not outline.primavera:
        losses.add(SUMMARY_COST, title)


def _task(task: SourceTask, name: str, losses: Losses) -> None:
    said = (
        ("a split: work goes on in one go", len(task.splits) > 1),
        ("a leveling delay, which belongs to levelled dates",
         bool(task.leveling_delay and task.leveling_delay.value)),
        ("baseline dates", task.baseline_start is not None or task.baseline_finish is not None),
        ("notes", bool(task.notes.strip())),
        (EXTERNAL, task.external),
        ("an early start or a late finish that another project gives it",
         task.external_early_start is not None or task.external_late_finish is not None),
        ("work that is not spread evenly over an assignment",
         any(each.contour for each in task.assignments)),
        ("assignments that begin later than their task",
         any(each.delay and each.delay.value for each in task.assignments)),
    )  # fmt: skip
    for what, there in said:
        if there:
            losses.add(what, name)
