"""What a run found of every task: a column a figure, and a task at a time for those who look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Estimator
from simulator.estimates.quantiles import percentiles
from simulator.plan.compile import Plan
from simulator.plan.plan import Clock, Ints, Network, TaskPlan, TaskPlans
from simulator.plan.work_calendar import Floats
from simulator.run.block import critical_targets, special_tasks
from simulator.run.deterministic import DeterministicPlan
from simulator.run.iso_dates import iso_dates
from simulator.run.join import Joined
from simulator.run.result_dict import estimate_dicts
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

TASK_PERCENTS = (10, 50, 80, 90)
_STARTING = ("start_no_later_than", "must_start")
"""Constraints on the start of a task; the others are on its finish."""

Dates = dict[str, Floats]
"""(tasks,) by percentile, and by `deterministic`, in milliseconds."""
Shares = tuple[Floats, Floats, Floats]
"""Value, low and high."""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task over all iterations; dates in milliseconds, nan where there are none."""

    plan: TaskPlan
    criticality: Estimate
    criticality_to: dict[str, Estimate]
    exists: Estimate
    start: dict[str, float]
    finish: dict[str, float]
    merge_bias_days: float
    float_hours: float
    targets: dict[str, Estimate]
    """Chance to keep each no-later date."""
    waiting_hours: dict[str, float]
    """Mean working hours that it waits, by pool or board."""


class TaskColumns(NamedTuple):
    """The figures of all tasks, in their order."""

    tasks: TaskPlans
    towards: tuple[str, ...]
    """The milestones to which criticality is counted."""
    criticality: Shares
    """(1 + milestones, tasks): to the program's finish, then to each milestone."""
    exists: Shares
    """(tasks,)"""
    start: Dates
    finish: Dates
    merge_bias_days: Floats
    float_hours: Floats
    targets: dict[str, dict[str, Estimate]]
    """By task and constraint, for tasks that have any."""
    waiting_hours: dict[str, dict[str, float]]
    """By task and pool or board, for tasks that may wait."""

    def results(self) -> dict[str, TaskResult]:
        """A result a task, by its id."""
        critical = list(zip(*(_estimates(self.criticality, k) for k in self._targets), strict=True))
        rows = zip(
            self.tasks,
            critical,
            _estimates(self.exists),
            _by_task(self.start),
            _by_task(self.finish),
            self.merge_bias_days.tolist(),
            self.float_hours.tolist(),
            strict=True,
        )
        return {
            task.id: TaskResult(
                plan=task,
                criticality=chances[0],
                criticality_to=dict(zip(self.towards, chances[1:], strict=True)),
                exists=exists,
                start=start,
                finish=finish,
                merge_bias_days=bias,
                float_hours=slack,
                targets=self.targets.get(task.id, {}),
                waiting_hours=self.waiting_hours.get(task.id, {}),
            )
            for task, chances, exists, start, finish, bias, slack in rows
        }

    def to_dict(self, clock: Clock) -> dict[str, Any]:
        """The tasks as they stand in `result.json`."""
        critical = [estimate_dicts(*(end[k] for end in self.criticality)) for k in self._targets]
        waiting = self.waiting_hours
        rows = zip(
            self.tasks.ids,
            self.tasks.names,
            critical[0],
            _towards(self.towards, critical[1:], len(self.tasks)),
            estimate_dicts(*self.exists),
            _date_dicts(self.start, clock),
            _date_dicts(self.finish, clock),
            self.merge_bias_days.tolist(),
            self.float_hours.tolist(),
            strict=True,
        )
        found: dict[str, Any] = {
            key: {
                "name": name,
                "criticality": criticality,
                "criticality_to": towards,
                "exists": exists,
                "start": start,
                "finish": finish,
                "merge_bias_days": bias,
                "total_float_hours": slack,
                "waiting_hours": waiting.get(key, {}),
                "constraints": {},
            }
            for key, name, criticality, towards, exists, start, finish, bias, slack in rows
        }
        for key, chances in self.targets.items():
            found[key]["constraints"] = {name: e.to_dict() for name, e in chances.items()}
        return found

    @property
    def _targets(self) -> range:
        return range(1 + len(self.towards))


def task_columns_of(
    plan: Plan,
    deterministic: DeterministicPlan,
    joined: Joined,
    estimator: Estimator,
    waiting_hours: dict[str, dict[str, float]],
) -> TaskColumns:
    """Criticality, dates, merge bias and waits of every task."""
    network, shown = plan.network, deterministic.shown
    tasks = network.tasks
    bases, firsts, lasts = network.task_rows
    planned = shown.exists[bases, 0]
    bias = np.zeros(len(network.rows))
    bias[list(joined.merging)] = joined.merge_bias
    trials = joined.trials
    return TaskColumns(
        tasks=tasks,
        towards=tuple(key for key, _ in critical_targets(plan)[1:]),
        criticality=estimator.shares(joined.critical, trials[:, np.newaxis, np.newaxis]),
        exists=estimator.shares(joined.present[:, bases], trials[:, np.newaxis]),
        start={
            **task_percentiles(joined.task_start, joined.task_present),
            "deterministic": np.where(planned, shown.start[firsts, 0], np.nan),
        },
        finish={
            **task_percentiles(joined.task_finish, joined.task_present),
            "deterministic": np.where(planned, shown.finish[lasts, 0], np.nan),
        },
        merge_bias_days=bias[bases] / row_days(network, bases),
        float_hours=deterministic.float_hours[bases],
        targets={
            task.id: _kept(task, number, joined, estimator)
            for number, task in special_tasks(plan)
            if task.targets
        },
        waiting_hours=waiting_hours,
    )


def task_percentiles(values: Floats, there: npt.NDArray[np.bool_]) -> Dates:
    """The percentiles of each task (tasks, N) among the iterations in which it is there."""
    found = percentiles(values, TASK_PERCENTS)
    for number in np.flatnonzero(~there.all(axis=1)):
        own = percentiles(values[number : number + 1, there[number]], TASK_PERCENTS)
        for percent, value in own.items():
            found[percent][number] = value[0]
    return {f"p{percent}": column for percent, column in found.items()}


def row_days(network: Network, rows: Ints) -> Floats:
    """A day of each row in milliseconds: of its calendar, or of the clock."""
    hours = np.array([calendar.hours_per_day for calendar in network.calendars])
    working = hours[network.rows.unit_calendar[rows]] * MS_PER_HOUR
    return np.where(network.rows.calendar[rows] < 0, MS_PER_DAY, working)


def _kept(task: TaskPlan, number: int, joined: Joined, estimator: Estimator) -> dict[str, Estimate]:
    start, finish = joined.task_start[number], joined.task_finish[number]
    return {
        key: estimator.probability(
            (start if key in _STARTING else finish) <= date, joined.task_present[number]
        )
        for key, date in task.targets.items()
    }


def _estimates(shares: Shares, *at: int) -> list[Estimate]:
    return [Estimate(*ends) for ends in zip(*(end[at].tolist() for end in shares), strict=True)]


def _by_task(dates: Dates) -> list[dict[str, float]]:
    return _dated([column.tolist() for column in _in_order(dates)])


def _date_dicts(dates: Dates, clock: Clock) -> list[dict[str, str | None]]:
    return _dated([iso_dates(clock, column) for column in _in_order(dates)])


def _in_order(dates: Dates) -> list[Floats]:
    return [*(dates[f"p{percent}"] for percent in TASK_PERCENTS), dates["deterministic"]]


def _dated(columns: list[list[Any]]) -> list[dict[str, Any]]:
    """A mapping a task of five columns, spelled out: it is the quickest way to make one."""
    return [
        {"p10": p10, "p50": p50, "p80": p80, "p90": p90, "deterministic": planned}
        for p10, p50, p80, p90, planned in zip(*columns, strict=True)
    ]


def _towards(
    keys: tuple[str, ...], columns: Sequence[list[Any]], tasks: int
) -> list[dict[str, Any]]:
    """A mapping a task, of a column a milestone."""
    if not columns:
        return [{} for _ in range(tasks)]
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
