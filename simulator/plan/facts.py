"""What has happened by the data date: rows that stand where they stood, and what is left of others.

A finished task is a row that waits for nothing, begins at its actual start and takes the working
time up to its actual finish. A running task is two rows: that for what is done, and its own row
for what remains. So no engine knows of a status.
"""

from dataclasses import dataclass, field

import numpy as np

from simulator.plan.context import Compilation, Path
from simulator.plan.task_estimates import central_work, planned_work
from simulator.plan.work_calendar import WorkCalendar
from simulator.scenario.monitoring import Status, TaskStatus
from simulator.scenario.tasks import Task
from simulator.scenario.units import Moment


@dataclass(frozen=True, slots=True)
class Fact:
    """What has happened of one task, in milliseconds from program start.

    `until` ends what is done: the finish, or for a running task the end of its finished part.
    What remains of it begins at `resumes` or later; nothing remains where that is +inf.
    """

    start: float
    until: float
    resumes: float = np.inf

    @property
    def is_finished(self) -> bool:
        """Whether nothing remains."""
        return self.resumes == np.inf


@dataclass(frozen=True, slots=True)
class Facts:
    """The data date and the tasks, by number, that have begun.

    Whatever has not begun waits for `date`, but where `as_planned` in a simulation only.
    """

    date: float = -np.inf
    as_planned: bool = False
    logic: str = "retained"
    tasks: dict[int, Fact] = field(default_factory=dict)

    @property
    def floor(self) -> float:
        """Before which the tool's own plan begins nothing."""
        return -np.inf if self.as_planned else self.date


NO_FACTS = Facts()


def done_key(task_id: str) -> str:
    """The key of the row that is the finished part of a running task."""
    return f"{task_id}/done"


def status_path(task_id: str) -> Path:
    """Where the status of a task stands in the file."""
    return ("status", "tasks", task_id)


class FactReader:
    """Reads what happened of one task after the other, in the time of its calendar."""

    def __init__(self, compilation: Compilation) -> None:
        self._compilation = compilation
        status = compilation.scenario.status
        self._status = status if isinstance(status, Status) else Status()
        date = self._status.date
        self.date = -np.inf if date is None else compilation.instant_ms(date, ends=True)

    def fact(self, task_id: str, status: TaskStatus, task: Task, calendar: int, unit: int) -> Fact:
        """What happened of a task that works by a calendar and counts in the units of another."""
        own = self._compilation.calendars.tables[unit if task.milestone else calendar]
        begun = status.started if status.started is not None else status.finished
        assert begun is not None
        start = self._first_instant(own, begun)
        if start < 0:
            problem = f"it started on {begun}, before the program"
            expected = f"expected `program.start` on {begun} or earlier"
            self._compilation.faults.append(
                ((*status_path(task_id), "started"), f"{problem}; {expected}")
            )
            start = 0.0
        if task.milestone:
            at = status.finished if status.finished is not None else begun
            instant = start if task.milestone == "start" else self._last_instant(own, at)
            return Fact(instant, instant)
        if status.finished is not None:
            return Fact(start, max(start, self._last_instant(own, status.finished)))
        until = max(start, self._until(task_id, status, task, start, (own, unit)))
        resumes = until
        if status.resumed is not None:
            resumes = max(resumes, self._compilation.instant_ms(status.resumed, ends=False))
        return Fact(start, until, resumes)

    def _until(
        self,
        task_id: str,
        status: TaskStatus,
        task: Task,
        start: float,
        time: tuple[WorkCalendar, int],
    ) -> float:
        """The end of what is done: the suspension, the data date, or so much work after it began.

        Tools that leave unstarted work where it was planned leave remaining work right behind what
        is done as well.
        """
        own, unit = time
        if status.suspended is not None:
            return self._compilation.instant_ms(status.suspended, ends=False)
        if self._status.holds_unstarted:
            return self.date
        done = planned_work(self._compilation, task, unit)
        if status.remaining is not None:
            done -= central_work(self._compilation, status.remaining, unit)
        elif status.percent is not None:
            done *= status.percent / 100.0
        elif self.date > -np.inf:
            return self.date
        else:
            return start
        done = np.rint(max(done, 0.0))
        return float(own.finish_at(own.work_at(np.array([start])) + done)[0]) if done else start

    def _first_instant(self, own: WorkCalendar, moment: Moment) -> float:
        """An instant; of a day alone the first working one."""
        begin = self._compilation.clock.ms(moment.begins())
        if moment.has_time:
            return begin
        first = float(own.start_at(own.work_at(np.array([begin])))[0])
        return first if first < self._compilation.clock.ms(moment.ends()) else begin

    def _last_instant(self, own: WorkCalendar, moment: Moment) -> float:
        """An instant; of a day alone the last working one."""
        end = self._compilation.clock.ms(moment.ends())
        if moment.has_time:
            return end
        last = float(own.finish_at(own.work_at(np.array([end])))[0])
        return last if last > self._compilation.clock.ms(moment.begins()) else end


def opened(calendar: WorkCalendar, facts: list[tuple[float, float]]) -> WorkCalendar | None:
    """The calendar, open for the milliseconds in which facts (start, finish) begin and end too.

    A row that works by it then stands exactly where it stood, whenever people really worked. None
    where all facts already do.
    """
    more: list[tuple[float, float]] = []
    for start, finish in facts:
        first, last = calendar.work_at(np.array([start, finish])).tolist()
        if finish == start:
            continue
        if last == first or float(calendar.start_at(np.array([first]))[0]) != start:
            more.append((start, start + 1.0))
        if last == first or float(calendar.finish_at(np.array([last]))[0]) != finish:
            more.append((finish - 1.0, finish))
    return calendar.opened(np.array(more)) if more else None


def booked_cost(compilation: Compilation, number: int) -> float | None:
    """What a task has cost so far, where the status says so."""
    status = compilation.progress.get(number)
    return None if status is None else status.cost
