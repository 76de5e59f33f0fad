"""A resource-constrained scheduling instance as a scenario: what both kinds of files hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from simulator.importers.circles import circle
from simulator.importers.ids import Ids
from simulator.scenario.program import Scenario

FIRST_DAY = date(2027, 1, 4)
"""A Monday: the files know periods, not dates."""
_DAYS_A_WEEK = 5
MOST = 100_000
"""No duration, release or number of units is larger: 400 years of working days."""


@dataclass(frozen=True, slots=True)
class Job:
    """One activity; times in periods, and units of each pool by its name."""

    uid: str
    name: str
    project: str
    duration: int
    after: tuple[str, ...]
    needs: Mapping[str, int]
    release: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """Jobs of one or several projects, and the units of the pools that they share."""

    name: str
    pools: Mapping[str, int]
    projects: Sequence[str]
    jobs: Sequence[Job]
    due: Mapping[str, int] = field(default_factory=dict)
    """The period at whose end a project is due."""
    losses: Sequence[str] = ()
    """What the file says and a scenario cannot."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one entry of a job."""

    uid: str
    key: str
    problem: str
    expected: str


def mistake_in(jobs: Sequence[Job], pools: Mapping[str, int]) -> Mistake | None:
    """The first job that waits for nobody's job or for itself, or that never gets its units."""
    known = {job.uid for job in jobs}
    for job in jobs:
        for before in job.after:
            if before not in known:
                return Mistake(job.uid, "after", f"there is no job {before}", "a job of this file")
        for pool, units in job.needs.items():
            there = pools.get(pool)
            if there is None:
                expected = f"one of {', '.join(pools)}" if pools else "no needs"
                return Mistake(job.uid, "needs", f"there is no resource {pool}", expected)
            if units > there:
                problem = f"job {job.uid} needs {units} units of {pool}, which has {there}"
                return Mistake(job.uid, "needs", problem, "at most that many")
    waiting = circle({job.uid: job.after for job in jobs})
    if waiting:
        problem = f"these jobs wait for each other: {' -> '.join(waiting)}"
        return Mistake(waiting[0], "after", problem, "an order in which they can be done")
    return None


def scenario_of(instance: Instance) -> Scenario:
    """The instance with a working day of `weekdays` for each period, and capacities kept."""
    pools, projects = Ids(), Ids()
    tasks: dict[str, dict[str, Any]] = {name: {} for name in instance.projects}
    ids: dict[str, tuple[str, str]] = {}
    own = {name: Ids() for name in instance.projects}
    for job in instance.jobs:
        ids[job.uid] = (job.project, own[job.project].new(job.name))
    for job in instance.jobs:
        after = [_named(ids[before], job.project, projects) for before in job.after]
        tasks[job.project][ids[job.uid][1]] = _task(job, after, own[job.project], pools)
    data = {
        "program": {"name": instance.name, "start": FIRST_DAY.isoformat()},
        "pools": {pools.of(name): {**pools.said(name), "units": units}
                  for name, units in instance.pools.items()},
        "projects": {
            projects.of(name): {**projects.said(name), **_due(instance, name), "tasks": each}
            for name, each in tasks.items()
        },
    }  # fmt: skip
    return Scenario.model_validate(data)


def _named(task: tuple[str, str], project: str, projects: Ids) -> str:
    """A task as the tasks of a project call it."""
    return task[1] if task[0] == project else f"{projects.of(task[0])}.{task[1]}"


def _task(job: Job, after: list[str], names: Ids, pools: Ids) -> dict[str, Any]:
    task: dict[str, Any] = names.said(job.name)
    needs = {pools.of(pool): units for pool, units in job.needs.items() if units}
    if job.duration or needs:
        task["duration"] = f"{job.duration}d"
    else:
        task["milestone"] = True
    if after:
        task["after"] = after
    if needs:
        task["needs"] = needs
    if job.release:
        task["start_no_earlier_than"] = day_of(job.release).isoformat()
    return {**task, "source_uid": job.uid}


def _due(instance: Instance, project: str) -> dict[str, str]:
    due = instance.due.get(project, 0)
    return {"deadline": day_of(due - 1).isoformat()} if due else {}


def day_of(period: int) -> date:
    """The working day on which a period, counted from 0, takes place."""
    weeks, days = divmod(period, _DAYS_A_WEEK)
    return FIRST_DAY + timedelta(weeks=weeks, days=days)
