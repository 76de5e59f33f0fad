"""Whether everything waits for something and lets something wait: ends, leads, lags, kinds."""

import numpy as np

from simulator.analysis.health.finding import NO_MORE, SHARE, Bound, Finding, Measured, Path, Rule
from simulator.analysis.health.subject import Subject
from simulator.plan.plan import FF, FS, SF, SS, Bools
from simulator.scenario.columns import LINK_KINDS
from simulator.scenario.selectors import select
from simulator.scenario.units import MS_PER_HOUR

GROUP = "Logic"
_KINDS = tuple(LINK_KINDS)


def open_ends(subject: Subject) -> Measured:
    """Tasks that wait for nothing, or that nothing waits for.

    One beginning and one end of each project are none, nor is the program's finish, an end that
    has a deadline or that an objective needs, or a milestone that stands at a date from outside.
    """
    first = [k for k in subject.linked.tolist() if not subject.incoming[k]]
    last = [k for k in subject.linked.tolist() if not subject.outgoing[k]]
    starts = set(first) - _beginnings(subject, first)
    ends = set(last) - _endings(subject, last)
    found = []
    for task in sorted(starts | ends):
        if task in starts and task in ends:
            what = "neither predecessor nor successor"
        else:
            what = "no predecessor" if task in starts else "no successor"
        found.append(subject.finding(what, task))
    return Measured(tuple(found), len(subject.linked))


def _beginnings(subject: Subject, tasks: list[int]) -> set[int]:
    """Tasks that need no predecessor."""
    early = subject.found.early.start[subject.base, 0]
    found = {task for task in tasks if subject.started[task] or _dated(subject, task)}
    for own in _by_project(subject, set(tasks) - found):
        found.add(min(own, key=lambda k: (early[k], subject.kinds[k] != "milestone", k)))
    return found


def _dated(subject: Subject, task: int) -> bool:
    """Whether a task is a milestone that stands at a date of its own."""
    spec = subject.specs[task]
    dates = (spec.start_no_earlier_than, spec.finish_no_earlier_than, spec.must_start)
    return subject.kinds[task] == "milestone" and any(date is not None for date in dates)


def _endings(subject: Subject, tasks: list[int]) -> set[int]:
    """Tasks that need no successor."""
    early = subject.found.early.finish[subject.last, 0]
    promised = {
        task
        for objective in subject.scenario.objectives.values()
        for task in select(subject.scenario, objective.needs)
    }
    found = {
        task
        for task in tasks
        if task in subject.finish_tasks
        or subject.specs[task].deadline is not None
        or subject.tasks[task].id in promised
    }
    for own in _by_project(subject, tasks):
        found.add(max(own, key=lambda k: (early[k], subject.kinds[k] == "milestone", k)))
    return found


def _by_project(subject: Subject, tasks: set[int] | list[int]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for task in sorted(tasks):
        found.setdefault(subject.tasks[task].project, []).append(task)
    return list(found.values())


def dangling(subject: Subject) -> Measured:
    """Tasks with logic at the wrong end: nothing drives their start, or their finish nothing."""
    kinds = subject.links.kind
    found = []
    for task in subject.linked.tolist():
        if not subject.days[task] or task in subject.finish_tasks:
            continue
        into = {int(kinds[link]) for link in subject.incoming[task]}
        out = {int(kinds[link]) for link in subject.outgoing[task]}
        if into and not into & {FS, SS} and not subject.started[task]:
            what = "nothing drives its start: its predecessors hold only its finish"
            found.append(subject.finding(what, task))
        if out and not out & {FS, FF} and subject.specs[task].deadline is None:
            what = "its finish drives nothing: its successors wait only for its start"
            found.append(subject.finding(what, task))
    return Measured(tuple(found), len(subject.linked))


def leads(subject: Subject) -> Measured:
    """Links with a negative lag."""
    return _linked(subject, subject.links.lag < 0)


def lags(subject: Subject) -> Measured:
    """Links with a positive lag."""
    return _linked(subject, subject.links.lag > 0)


def hidden_work(subject: Subject) -> Measured:
    """Fixed lags as long as work, and lags after a start that outlast the task they lead from.

    Up to there a lag after a start says how far that task must have come.
    """
    links, drawn = subject.links, subject.network.links.lag_variable >= 0
    long = np.zeros(len(links.link), dtype=bool)
    for place in np.flatnonzero(links.lag > 0).tolist():
        days, task = lag_days(subject, place), int(links.pred[place])
        after_start = links.kind[place] in (SS, SF)
        limit = max(subject.limits.long_lag, subject.days[task] if after_start else 0.0)
        long[place] = days > limit - 1e-9 and not drawn[links.link[place]]
    return _linked(subject, long)


def link_types(subject: Subject) -> Measured:
    """Links other than finish-to-start."""
    return _linked(subject, subject.links.kind != FS)


def start_to_finish(subject: Subject) -> Measured:
    """Links from a start to a finish."""
    return _linked(subject, subject.links.kind == SF)


def lag_days(subject: Subject, place: int) -> float:
    """The lag of a link in days of its calendar."""
    number = subject.links.link[place]
    calendar = subject.network.calendar(int(subject.network.links.calendar[number]))
    return float(subject.links.lag[place]) / (calendar.hours_per_day * MS_PER_HOUR)


def link_finding(subject: Subject, place: int, what: str = "") -> Finding:
    """A finding of a link, at the place where its successor writes it."""
    links = subject.links
    pred, succ = int(links.pred[place]), int(links.succ[place])
    text = f"{_KINDS[int(links.kind[place])]}{_lag_text(subject, place)}"
    path: Path = ("after", *_position(subject, pred, succ))
    said = f"{text} after {subject.tasks[pred].id}"
    return subject.finding(f"{said}: {what}" if what else said, succ, pred, key=path)


def _lag_text(subject: Subject, place: int) -> str:
    days = lag_days(subject, place)
    if not days:
        return ""
    number = subject.links.link[place]
    calendar = subject.network.calendar(int(subject.network.links.calendar[number]))
    return f"{days:+.3g}{'ed' if calendar.always else 'd'}"


def _position(subject: Subject, pred: int, succ: int) -> tuple[int, ...]:
    """Which link of the successor it is; none where a wildcard means it."""
    names = {subject.tasks[pred].id}
    if subject.tasks[pred].project == subject.tasks[succ].project:
        names.add(subject.tasks[pred].id.partition(".")[2])
    for position, link in enumerate(subject.specs[succ].after):
        if link.task in names:
            return (position,)
    return ()


def _linked(subject: Subject, chosen: Bools) -> Measured:
    """Some of the links that unfinished tasks wait for."""
    ahead = ~subject.finished[subject.links.succ]
    if not ahead.any():
        return Measured.impossible("no unfinished task waits for another")
    places = np.flatnonzero(chosen & ahead).tolist()
    return Measured(tuple(link_finding(subject, place) for place in places), int(ahead.sum()))


RULES = (
    Rule(
        "open_ends", "Open ends", GROUP, "unfinished tasks", Bound(SHARE, 0.05), 3,
        "A task without predecessor starts on the first day whatever happens before it; the delay"
        " of one without successor reaches nothing, so a simulation finishes too early.",
        "Link what it really waits for and what needs its result; for a delivery from outside use"
        " a milestone with its date, for a final result give it a deadline.",
        open_ends, "DCMA 1",
    ),
    Rule(
        "dangling", "Dangling starts and finishes", GROUP, "unfinished tasks", NO_MORE, 3,
        "Where only the finish of a task is held, it can grow backwards without a trace; where only"
        " its start is waited for, it can grow for ever and delay nothing.",
        "Give each task a link that drives its start (FS or SS) and one that its finish drives (FS"
        " or FF).",
        dangling, "GAO 2",
    ),
    Rule(
        "leads", "Leads (negative lags)", GROUP, "links", NO_MORE, 2,
        "A lead starts work a fixed time before an end that nobody knows yet; in a simulation the"
        " task begins by foresight.",
        "Split the predecessor where its first part is enough, or link start to start with a lag.",
        leads, "DCMA 2",
    ),
    Rule(
        "lags", "Lags", GROUP, "links", Bound(SHARE, 0.05), 1,
        "A lag has no name, no owner, no progress, and rarely a range.",
        "Make what happens meanwhile a task; keep lags for curing, posting and notice periods.",
        lags, "DCMA 3",
    ),
    Rule(
        "hidden_work", "Lags that hide work", GROUP, "links", NO_MORE, 2,
        "A long fixed lag is somebody's work or waiting that nobody plans, tracks or doubts; the"
        " spread of the finish is too small by it.",
        "Replace it by a task with a range, or give the lag a range.",
        hidden_work, "GAO 2",
    ),
    Rule(
        "link_types", "Links other than finish-to-start", GROUP, "links", Bound(SHARE, 0.10), 1,
        "Overlaps are hard to read and to keep true when the work goes otherwise than planned.",
        "Cut tasks so that most follow each other; keep SS and FF in pairs for work that runs along"
        " with other work.",
        link_types, "DCMA 4",
    ),
    Rule(
        "start_to_finish", "Start-to-finish links", GROUP, "links", NO_MORE, 1,
        "Something later decides when something earlier may end; it is nearly always a slip of the"
        " pen.",
        "Link finish to start the other way round.",
        start_to_finish, "GAO 2",
    ),
)  # fmt: skip
"""In the order in which they are told."""
