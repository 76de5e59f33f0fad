"""Whether what has happened fits the plan: dates that cannot be, work out of sequence, misses."""

from datetime import datetime

from simulator.analysis.health.finding import INDEX, NO_MORE, SHARE, Bound, Finding, Measured, Rule
from simulator.analysis.health.logic import link_finding
from simulator.analysis.health.subject import Subject
from simulator.plan.plan import FF, FS, SS
from simulator.scenario.monitoring import TaskStatus

GROUP = "Progress"
_NO_STATUS = "the scenario has no status"
_NO_BASELINE = "no baseline to compare with"


def invalid_dates(subject: Subject) -> Measured:
    """Actual dates after the data date, ends before their start, forecasts before the data date."""
    status = subject.status
    if status is None:
        return Measured.impossible(_NO_STATUS)
    now = status.date.ends() if status.date else None
    found: list[Finding] = []
    for task, each in subject.progress.items():
        found += [subject.finding(what, task) for what in _impossible(each, now)]
    if status.date is not None:
        at = subject.plan.clock.ms(status.date.ends())
        start = subject.found.shown.start[subject.base, 0]
        for task in subject.linked.tolist():
            if subject.exists[task] and not subject.started[task] and start[task] < at:
                what = f"has not started and is planned before the data date, {status.date}"
                found.append(subject.finding(what, task))
    return Measured(tuple(found), len(subject.tasks))


def _impossible(each: TaskStatus, now: datetime | None) -> list[str]:
    """What is wrong with the actual dates of one task."""
    found = []
    if now is not None:
        if each.started is not None and each.started.begins() >= now:
            found.append(f"started {each.started}, after the data date")
        if each.finished is not None and each.finished.begins() >= now:
            found.append(f"finished {each.finished}, after the data date")
    if each.started is not None and each.finished is not None:
        if each.finished.ends() < each.started.begins():
            found.append(f"finished {each.finished}, before it started {each.started}")
    elif each.finished is not None:
        found.append(f"finished {each.finished} without a start")
    return found


def out_of_sequence(subject: Subject) -> Measured:
    """Tasks that started, or finished, before what they were to wait for had."""
    if subject.status is None:
        return Measured.impossible(_NO_STATUS)
    links, found = subject.links, []
    for place in range(len(links.link)):
        succ, pred = int(links.succ[place]), int(links.pred[place])
        if not subject.started[succ] or links.lag[place] < 0:
            continue
        own, other = subject.progress[succ], subject.progress.get(pred)
        kind = int(links.kind[place])
        does = "started" if kind in (FS, SS) else "finished"
        needs = "finished" if kind in (FS, FF) else "started"
        mine = getattr(own, does)
        theirs = getattr(other, needs) if other is not None else None
        done = theirs is not None or (
            needs == "finished" and other is not None and bool(subject.finished[pred])
        )
        if mine is None:
            continue
        early = theirs is not None and mine.at.date() < theirs.at.date()
        if not done or early:
            state = f"{needs} {theirs}" if theirs is not None else f"has not {needs}"
            what = f"{does} {mine} although that {state}"
            found.append(link_finding(subject, place, what))
    return Measured(tuple(found), max(int(subject.started.sum()), 1))


def missed_tasks(subject: Subject) -> Measured:
    """Tasks that should have finished by now, by the baseline, and did not."""
    del subject
    return Measured.impossible(_NO_BASELINE)


def bei(subject: Subject) -> Measured:
    """Baseline execution index: tasks finished / tasks that should be."""
    del subject
    return Measured.impossible(_NO_BASELINE)


RULES = (
    Rule(
        "invalid_dates", "Invalid dates", GROUP, "tasks", NO_MORE, 3,
        "Facts in the future and forecasts in the past are neither; every date behind them is"
        " wrong.",
        "Correct the actual dates, or the data date.",
        invalid_dates, "DCMA 9",
    ),
    Rule(
        "out_of_sequence", "Out-of-sequence progress", GROUP, "started tasks", Bound(SHARE, 0.05),
        2,
        "Work went otherwise than the plan says: what is left of the logic is not what will happen,"
        " and the rule for progress (`status.logic`) decides the dates instead of the plan.",
        "Change the links to what was done, and look at what still follows from them.",
        out_of_sequence, "GAO 9",
    ),
    Rule(
        "missed_tasks", "Missed tasks", GROUP, "tasks due by the baseline", Bound(SHARE, 0.05), 2,
        "Tasks that end later than promised so far say more about the next ones than any range.",
        "Find out why, and let the ranges of what is to come say so.",
        missed_tasks, "DCMA 11",
    ),
    Rule(
        "bei", "Baseline execution index", GROUP, "index", Bound(INDEX, 0.95), 2,
        "Fewer tasks are finished than the baseline says.",
        "Plan the remaining work by the pace that was kept.",
        bei, "DCMA 14",
    ),
)  # fmt: skip
