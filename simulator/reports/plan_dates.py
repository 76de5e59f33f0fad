"""The deterministic plan as data and as a table: dates, float, and what is critical."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from simulator.engine.schedule import Schedule
from simulator.plan.compile import Plan
from simulator.plan.plan import Clock, Network, TaskPlan
from simulator.plan.work_calendar import WorkCalendar
from simulator.reports.tables import Column, Table
from simulator.run.deterministic import DeterministicPlan
from simulator.scenario.monitoring import Status
from simulator.scenario.units import MS_PER_HOUR

_LOGIC_ALONE = (
    "Start and finish wait for free units of pools. Latest finish, float and * are of logic alone:"
    " as if pools had all that is asked of them."
)
NOTHING_KNOWN: dict[str, Any] = {"finish": None, "duration": None, "tasks": {}}
"""What there is to say of a scenario that cannot be compiled."""


@dataclass(frozen=True, slots=True)
class _Dates:
    """Times of one plan as the contract writes them."""

    clock: Clock
    calendar: WorkCalendar

    def iso(self, ms: float) -> str | None:
        return self.clock.date(ms).isoformat() if math.isfinite(ms) else None

    def hours(self, ms: float) -> float | None:
        """Working hours of the program's calendar from its start."""
        if not math.isfinite(ms):
            return None
        return float(self.calendar.work_at(np.array([ms]))[0]) / MS_PER_HOUR


def plan_dates(plan: Plan, found: DeterministicPlan) -> dict[str, Any]:
    """The deterministic plan as `check --json` prints it."""
    network = plan.network
    dates = _Dates(plan.clock, network.calendar(network.program_calendar))
    return {
        "finish": dates.iso(found.finish),
        "duration": found.duration / MS_PER_HOUR if math.isfinite(found.duration) else None,
        "tasks": {task.id: _task(task, found, dates) for task in network.tasks},
    }


def _task(task: TaskPlan, found: DeterministicPlan, dates: _Dates) -> dict[str, Any]:
    """One task; a branch that the plan does not take has no dates."""
    exists = bool(found.shown.exists[task.base, 0])

    def at(times: Any, row: int) -> float:
        return float(times[row, 0]) if exists else math.nan

    network = found.plan.network
    start, finish = at(found.shown.start, task.first), at(found.shown.finish, task.last)
    status = found.plan.scenario.status
    left = isinstance(status, Status) and status.started_shows == "remaining"
    begins, ends = early_dates(task, found.plan.network, found.early, of_what_remains=left)
    happened = task.base in network.facts
    hours = math.nan if happened else float(found.float_hours[task.base])
    return {
        "start": dates.iso(start),
        "finish": dates.iso(finish),
        "start_hours": dates.hours(start),
        "finish_hours": dates.hours(finish),
        "early_start": dates.iso(begins if exists else math.nan),
        "early_finish": dates.iso(ends if exists else math.nan),
        "late_start": dates.iso(math.nan if happened else at(found.late.start, task.base)),
        "late_finish": dates.iso(math.nan if happened else at(found.late.finish, task.last)),
        "total_float_hours": hours if exists and math.isfinite(hours) else None,
        "critical": exists and not happened and bool(found.critical[task.base]),
        "exists": exists,
        "source_uid": task.source_uid,
    }


def early_dates(
    task: TaskPlan, network: Network, early: Schedule, *, of_what_remains: bool
) -> tuple[float, float]:
    """Start and finish in a schedule of what remains of a task, as Primavera has it, or of all.

    Nothing remains of a finished task: it stands at the data date.
    """
    start, finish = early.start[:, 0], early.finish[:, 0]
    if of_what_remains:
        if task.base in network.facts and network.data_date > -math.inf:
            return network.data_date, network.data_date
        return float(start[task.base]), float(finish[task.last])
    return float(start[task.first]), float(finish[task.last])


def plan_table(plan: Plan, found: DeterministicPlan) -> Table:
    """The deterministic plan, a row a task, with exact instants."""
    clock = plan.clock
    rows = []
    for task in plan.network.tasks:
        if not found.shown.exists[task.base, 0]:
            continue
        happened = task.base in plan.network.facts
        unit = plan.network.calendar(plan.network.rows.unit_calendar[task.base])
        hours = math.nan if happened else float(found.float_hours[task.base])
        days = hours / unit.hours_per_day
        rows.append(
            (
                task.id,
                minute(clock, float(found.shown.start[task.first, 0])),
                minute(clock, float(found.shown.finish[task.last, 0])),
                "done" if happened else minute(clock, float(found.late.finish[task.last, 0])),
                f"{days + 0.0:.1f}" if math.isfinite(days) else "",
                "*" if found.critical[task.base] and not happened else "",
            )
        )
    columns = (
        Column("", figures=False),
        Column("start"),
        Column("finish"),
        Column("latest finish", optional=3),
        Column("float (days)", optional=2),
        Column("", figures=False, optional=1),
    )
    note = "* critical: a delay of the task delays the finish."
    if plan.network.pools is None:
        return Table("Deterministic plan", columns, tuple(rows), note)
    note = f"{_LOGIC_ALONE}\n* critical there: a delay of the task delays that finish."
    return Table("Deterministic plan, levelled", columns, tuple(rows), note)


def minute(clock: Clock, ms: float) -> str:
    """An instant to the minute, rounded up."""
    if not math.isfinite(ms):
        return "never"
    at = clock.date(ms)
    if at.second:
        at += timedelta(seconds=60 - at.second)
    return f"{at:%Y-%m-%d %H:%M}"
