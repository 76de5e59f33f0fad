"""A schedule as checks look at it: tasks by number, the links between them, days and progress."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simulator.analysis.health.finding import Finding, Path
from simulator.analysis.health.limits import Limits
from simulator.analysis.health.spread import Spread, spread_of
from simulator.engine.placing import lag_of, link_instant
from simulator.plan.compile import Plan
from simulator.plan.plan import FS, NONE, SS, Bools, Ints, Network, TaskPlan
from simulator.plan.rows import task_path
from simulator.plan.work_calendar import Floats, WorkCalendar
from simulator.run.deterministic import DeterministicPlan
from simulator.scenario.monitoring import Status, TaskStatus
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task
from simulator.scenario.units import MS_PER_HOUR

_ELAPSED_PER_WORKING = 7 / 5
"""Days on the clock for a working day, where a task runs on the clock."""

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TaskLinks:
    """The L links that the file writes, between tasks by number.

    `link` (L,) are their numbers in the network, `lag` (L,) what the plan takes, in milliseconds of
    the link's calendar.
    """

    pred: Numbers
    succ: Numbers
    kind: Ints
    lag: Floats
    link: Numbers


@dataclass(frozen=True)
class Subject:
    """What is checked. Arrays are by task (T,) or by link (L,), in declared order.

    Days are working days of each task's own calendar; a task that runs on the clock counts five
    for seven.
    """

    plan: Plan
    found: DeterministicPlan
    limits: Limits

    @property
    def scenario(self) -> Scenario:
        """What the user wrote."""
        return self.plan.scenario

    @property
    def network(self) -> Network:
        """The rows and links behind the tasks."""
        return self.plan.network

    @property
    def tasks(self) -> Sequence[TaskPlan]:
        """Every task, in declared order."""
        return self.plan.network.tasks

    @cached_property
    def specs(self) -> tuple[Task, ...]:
        """The tasks as written."""
        return tuple(self.scenario.tasks.values())

    @cached_property
    def base(self) -> Ints:
        """The first row of each task."""
        return self.network.task_rows.base

    @cached_property
    def last(self) -> Ints:
        """The row that each task finishes with."""
        return self.network.task_rows.last

    @cached_property
    def exists(self) -> Bools:
        """Whether the deterministic plan takes the branch that the task is on."""
        return np.asarray(self.found.early.exists[self.base, 0])

    @property
    def status(self) -> Status | None:
        """The progress that the plan has, if any."""
        found = self.scenario.status
        return found if isinstance(found, Status) else None

    @cached_property
    def progress(self) -> dict[int, TaskStatus]:
        """The progress of tasks that have some, by number."""
        status = self.status
        if status is None:
            return {}
        number = {task.id: k for k, task in enumerate(self.tasks)}
        return {number[key]: each for key, each in status.tasks.items() if key in number}

    @cached_property
    def finished(self) -> Bools:
        """Tasks that are done."""
        done = np.zeros(len(self.tasks), dtype=bool)
        for number, each in self.progress.items():
            done[number] = each.finished is not None or each.percent == 100
        return done

    @cached_property
    def started(self) -> Bools:
        """Tasks that have begun, done or not."""
        begun = self.finished.copy()
        for number, each in self.progress.items():
            begun[number] |= each.started is not None
        return begun

    @cached_property
    def kinds(self) -> npt.NDArray[np.str_]:
        """`task`, `milestone`, `margin` or `span`."""
        return np.array([task.kind for task in self.tasks])

    @cached_property
    def linked(self) -> Numbers:
        """What logic should hold together: unfinished tasks and milestones, no spans."""
        return np.flatnonzero((self.kinds != "span") & ~self.finished)

    @cached_property
    def work(self) -> Numbers:
        """Unfinished tasks that have an estimate of their own."""
        timed = [
            spec.duration is not None or spec.size is not None or spec.effort is not None
            for spec in self.specs
        ]
        return np.flatnonzero(np.array(timed) & (self.kinds == "task") & ~self.finished)

    @cached_property
    def links(self) -> TaskLinks:
        """Every link as written, wildcards told in full; rounds of rework have none."""
        owner = np.full(len(self.network.rows), NONE, dtype=np.intp)
        owner[self.last] = np.arange(len(self.tasks))
        owner[self.base] = np.arange(len(self.tasks))
        succ = np.full(len(self.network.rows), NONE, dtype=np.intp)
        succ[self.base] = np.arange(len(self.tasks))
        links = self.network.links
        kept = np.flatnonzero(succ[links.succ] != NONE)
        lags = [self._lag(int(link)) for link in kept]
        return TaskLinks(
            owner[links.pred[kept]], succ[links.succ[kept]], links.kind[kept], np.array(lags), kept
        )

    def _lag(self, link: int) -> float:
        early = self.found.early
        work = early.work[self.network.links.share_of[link]]
        lag = lag_of(self.network, link, self.found.durations.lags, work)
        return 0.0 if lag is None else float(np.asarray(lag).reshape(-1)[0])

    @cached_property
    def incoming(self) -> list[list[int]]:
        """The links that lead to each task."""
        return _grouped(self.links.succ, len(self.tasks))

    @cached_property
    def outgoing(self) -> list[list[int]]:
        """The links that lead out of each task."""
        return _grouped(self.links.pred, len(self.tasks))

    @cached_property
    def asked(self) -> Floats:
        """The start that each link asks for (L,), in milliseconds; -inf where it asks for none."""
        links, early = self.links, self.found.early
        found = np.full(len(links.link), -np.inf)
        for place in np.flatnonzero(np.isin(links.kind, (FS, SS))).tolist():
            lags = self.found.durations.lags
            found[place] = link_instant(self.network, int(links.link[place]), lags, early)[0]
        return found

    @cached_property
    def day_hours(self) -> Floats:
        """Hours of a day of each task."""
        calendars = self.network.calendars
        clocked = not self.program_calendar.always
        hours = np.array(
            [
                each.hours_per_day * (_ELAPSED_PER_WORKING if each.always and clocked else 1.0)
                for each in calendars
            ]
        )
        return hours[self.network.rows.unit_calendar[self.base]]

    @cached_property
    def days(self) -> Floats:
        """Planned work in days."""
        work = self.found.durations.work[self.base, 0]
        return np.asarray(work / (self.day_hours * MS_PER_HOUR))

    @cached_property
    def float_days(self) -> Floats:
        """Total float in days; nan for what the plan does without."""
        hours = np.where(self.exists, self.found.float_hours[self.base], np.nan)
        return np.asarray(hours / self.day_hours)

    @cached_property
    def critical(self) -> Bools:
        """Tasks on a chain of driving links to the finish."""
        return np.asarray(self.found.critical[self.base] & self.exists)

    @cached_property
    def finish_tasks(self) -> frozenset[int]:
        """The tasks that the program's finish is, where it names one."""
        if self.network.finish_is_default:
            return frozenset()
        rows = set(self.network.finish_rows.tolist())
        return frozenset(k for k, task in enumerate(self.tasks) if task.last in rows)

    @cached_property
    def spread(self) -> Spread:
        """How unsure the estimates are."""
        return spread_of(self.plan)

    @property
    def program_calendar(self) -> WorkCalendar:
        """The calendar of the program."""
        return self.network.calendar(self.network.program_calendar)

    def working_days(self, first: float, last: float) -> float:
        """Working days of the program between two instants; negative if they run backwards."""
        calendar = self.program_calendar
        worked = calendar.work_at(np.array([first, last]))
        return float(worked[1] - worked[0]) / (calendar.hours_per_day * MS_PER_HOUR)

    def finding(self, what: str, *tasks: int, key: Path = (), path: Path = ()) -> Finding:
        """A finding of tasks by number; it stands where the first is, or at a key of it."""
        ids = tuple(self.tasks[task].id for task in tasks)
        place = path or ((*task_path(ids[0]), *key) if ids else ())
        source = self.scenario._source  # noqa: SLF001 - the scenario's own note of its file
        if source is None or not place:
            return Finding(what, ids, place)
        fault = source.fault("", path=place, at_key=True)
        return Finding(what, ids, place, fault.file, fault.line)

    def findings(self, what: str, tasks: Iterable[int]) -> tuple[Finding, ...]:
        """The same finding of several tasks."""
        return tuple(self.finding(what, int(task)) for task in tasks)


def _grouped(keys: Numbers, count: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    for place, key in enumerate(keys.tolist()):
        found[key].append(place)
    return found
