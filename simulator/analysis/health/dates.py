"""Dates that logic does not give, float, long work, and whether the critical path is one."""

from dataclasses import replace
from typing import NamedTuple

from simulator.analysis.health.finding import (
    INDEX,
    NO_MORE,
    SHARE,
    Bound,
    Finding,
    Measured,
    Path,
    Rule,
)
from simulator.analysis.health.subject import Subject
from simulator.engine.finishes import program_finish
from simulator.engine.network_pass import network_pass
from simulator.plan.plan import Bools
from simulator.scenario.units import MS_PER_HOUR, Moment

GROUP = "Dates"
HARD = ("must_start", "must_finish", "start_no_later_than", "finish_no_later_than")
"""Dates that hold against logic in other tools; here they are targets."""
_TEST_DAYS = 600.0
"""How much longer a critical task is made, in days. DCMA 12."""
_CARRIED = 0.9
"""How much of it must reach the finish: meetings and calendars may swallow the rest."""


def hard_constraints(subject: Subject) -> Measured:
    """Dates that other tools keep against logic."""
    found = []
    for task in subject.linked.tolist():
        spec = subject.specs[task]
        for key in HARD if spec.model_fields_set.intersection(HARD) else ():
            date = getattr(spec, key)
            if date is not None:
                found.append(subject.finding(f"{key} {date}", task, key=(key,)))
    count = len({finding.tasks for finding in found})
    return Measured(tuple(found), len(subject.linked), count=count)


def driving_dates(subject: Subject) -> Measured:
    """Fixed dates that hold a start a day or more beyond what its links ask for."""
    found, members = [], 0
    for task in subject.linked.tolist():
        if subject.started[task] or not subject.exists[task]:
            continue
        members += 1
        spec = subject.specs[task]
        key = "must_start" if spec.must_start is not None else "start_no_earlier_than"
        date = getattr(spec, key)
        if not isinstance(date, Moment):
            continue
        asked = [float(subject.asked[place]) for place in subject.incoming[task]]
        ready = max([0.0, *asked])
        held = subject.working_days(ready, subject.plan.clock.ms(date.begins()))
        if held >= 1.0 and asked:
            what = f"{key} {date} holds it {held:.0f}d after its links let it start"
            found.append(subject.finding(what, task, key=(key,)))
    return Measured(tuple(found), members)


def as_late_as_possible(subject: Subject) -> Measured:
    """Tasks that are planned to use up their float."""
    rows = subject.network.as_late_as_possible
    late = [task for task in subject.linked.tolist() if int(subject.base[task]) in rows]
    what = "is as late as possible: nothing is left when it slips"
    return Measured(subject.findings(what, late), len(subject.linked))


def high_float(subject: Subject) -> Measured:
    """Work that may slip for months without a trace."""
    return _by_float(subject, subject.float_days > subject.limits.high_float)


def negative_float(subject: Subject) -> Measured:
    """Work that is late already for a date that must be kept."""
    return _by_float(subject, subject.float_days < -1e-9)


def _by_float(subject: Subject, chosen: Bools) -> Measured:
    tasks = [task for task in subject.linked.tolist() if subject.exists[task]]
    found = sorted((task for task in tasks if chosen[task]), key=lambda k: _size(subject, k))
    return Measured(
        tuple(subject.finding(f"{subject.float_days[k]:,.0f}d of float", k) for k in found),
        len(tasks),
    )


def _size(subject: Subject, task: int) -> tuple[float, int]:
    return -abs(float(subject.float_days[task])), task


def high_duration(subject: Subject) -> Measured:
    """Work too long to be seen slipping."""
    days, limit = subject.days, subject.limits.high_duration
    long = [task for task in subject.work.tolist() if days[task] > limit]
    return Measured(
        tuple(subject.finding(f"{days[k]:,.0f}d of work in one piece", k) for k in long),
        len(subject.work),
    )


def zero_duration(subject: Subject) -> Measured:
    """Work that takes no time and is called no milestone."""
    empty = [task for task in subject.work.tolist() if not subject.days[task]]
    what = "takes no time but is no milestone"
    return Measured(subject.findings(what, empty), len(subject.work))


class _Promise(NamedTuple):
    """A date by which something is to start or finish, and the instant at which it does."""

    path: Path
    tasks: tuple[int, ...]
    key: str
    date: Moment
    instant: float


def missed_dates(subject: Subject) -> Measured:
    """Deadlines and other targets that the deterministic plan itself does not keep."""
    promises = _promises(subject)
    if not promises:
        return Measured.impossible("nothing has a deadline or another date to be kept")
    found: list[Finding] = []
    for each in promises:
        due = subject.plan.clock.ms(each.date.ends())
        late = subject.working_days(due, each.instant)
        if each.instant > due:
            what = f"planned {max(late, 0.1):,.1f}d after its {each.key.replace('_', ' ')}"
            said = f"{what}, {each.date}"
            found.append(subject.finding(said, *each.tasks, path=each.path))
    return Measured(tuple(found), len(promises))


def _promises(subject: Subject) -> list[_Promise]:
    scenario, shown = subject.scenario, subject.found.shown
    found = []
    path: Path = ("program", "deadline")
    if scenario.program.deadline is not None:
        promise = _Promise(path, (), "deadline", scenario.program.deadline, subject.found.finish)
        found.append(promise)
    for number, (key, project) in enumerate(scenario.projects.items()):
        own = [k for k, task in enumerate(subject.tasks) if task.project == number]
        own = [k for k in own if subject.exists[k] and subject.kinds[k] != "span"]
        if project.deadline is not None and own:
            last = float(shown.finish[subject.last[own], 0].max())
            path = ("projects", key, "deadline")
            found.append(_Promise(path, (), "deadline", project.deadline, last))
    for task in subject.linked.tolist():
        spec = subject.specs[task]
        for key in ("deadline", "finish_no_later_than", "must_finish", "start_no_later_than"):
            date = getattr(spec, key) if key in spec.model_fields_set else None
            if date is None or not subject.exists[task]:
                continue
            start = key.startswith("start")
            instant = shown.start[subject.base[task]] if start else shown.finish[subject.last[task]]
            found.append(_Promise((), (task,), key, date, float(instant[0])))
    return found


def critical_path_test(subject: Subject) -> Measured:
    """Make a critical task 600 days longer: the finish must follow."""
    candidates = [
        task
        for task in subject.work.tolist()
        if subject.critical[task] and subject.days[task] > 0 and not subject.started[task]
    ]
    if not candidates:
        what = "no unfinished task is critical: dates, not work, decide the finish"
        return Measured((subject.finding(what),), 1)
    early = subject.found.early
    task = min(candidates, key=lambda k: (early.start[subject.base[k], 0], k))
    row, durations = subject.base[task], subject.found.durations
    work = durations.work.copy()
    work[row] += _TEST_DAYS * subject.day_hours[task] * MS_PER_HOUR
    longer = replace(durations, work=work)
    later = network_pass(subject.network.with_pools(None), longer)
    before, after = (
        float(program_finish(subject.network, durations, each)[0]) for each in (early, later)
    )
    own = float(later.finish[subject.last[task], 0] - early.finish[subject.last[task], 0])
    if after - before >= _CARRIED * own:
        return Measured((), 1)
    share = max(after - before, 0.0) / own if own else 0.0
    what = f"made {_TEST_DAYS:.0f}d longer it moves the finish by {100 * share:.0f} % of that"
    return Measured((subject.finding(what, task),), 1)


def cpli(subject: Subject) -> Measured:
    """Critical path length index: (length + float against the deadline) / length."""
    deadline = subject.scenario.program.deadline
    if deadline is None:
        return Measured.impossible("the program has no deadline to measure the float against")
    clock, status = subject.plan.clock, subject.status
    now = clock.ms(status.date.ends()) if status and status.date else 0.0
    length = subject.working_days(now, subject.found.finish)
    if not length > 0:
        return Measured.impossible("nothing is left to do")
    room = subject.working_days(subject.found.finish, clock.ms(deadline.ends()))
    remark = f"{length:,.0f}d of work to the finish, {room:,.0f}d of float against the deadline"
    return Measured(index=(length + room) / length, remark=remark)


RULES = (
    Rule(
        "hard_constraints", "Hard constraints", GROUP, "unfinished tasks", Bound(SHARE, 0.05), 3,
        "Kept against logic, a date cuts the distribution off: the task is on time in every future"
        " however late what it waits for is. Here such dates are targets and cut nothing; another"
        " tool, or `constraints: honour`, keeps them.",
        "Let logic give the date; use a deadline for a promise.",
        hard_constraints, "DCMA 5",
    ),
    Rule(
        "driving_dates", "Dates in place of logic", GROUP, "unstarted tasks", Bound(SHARE, 0.10), 1,
        "Up to that date delays are swallowed, so early slips vanish from the finish; often the"
        " date is but an old plan.",
        "Keep dates that come from outside and name them; replace the others by links.",
        driving_dates, "GAO 2",
    ),
    Rule(
        "as_late_as_possible", "As late as possible", GROUP, "unfinished tasks", NO_MORE, 1,
        "Float is spent before anything has gone wrong. A simulation starts such a task as soon as"
        " it can, and so is kinder than the plan.",
        "Start as soon as possible, or link to what it must be just in time for.",
        as_late_as_possible, "GAO 7",
    ),
    Rule(
        "high_float", "High float", GROUP, "unfinished tasks", Bound(SHARE, 0.05), 2,
        "Float of months mostly says that a successor is missing.",
        "Link what needs its result sooner.",
        high_float, "DCMA 6",
    ),
    Rule(
        "negative_float", "Negative float", GROUP, "unfinished tasks", NO_MORE, 3,
        "The plan breaks a date that must be kept before any risk has come.",
        "Plan again until the date can be kept, or move it; simulating it only says how late.",
        negative_float, "DCMA 7",
    ),
    Rule(
        "missed_dates", "Planned after the promise", GROUP, "dates to be kept", NO_MORE, 2,
        "If all goes as planned the promise is broken; uncertainty mostly makes it worse.",
        "Re-plan or renegotiate first.",
        missed_dates, "GAO 7",
    ),
    Rule(
        "high_duration", "Long tasks", GROUP, "unfinished tasks", Bound(SHARE, 0.05), 2,
        "In one long piece nobody sees for months that it slips, and its range is a guess about a"
        " project, not about a task.",
        "Cut it where something can be handed over or shown.",
        high_duration, "DCMA 8",
    ),
    Rule(
        "zero_duration", "Work of no duration", GROUP, "unfinished tasks", NO_MORE, 1,
        "It was forgotten to be estimated, or is a milestone.",
        "Estimate it, or write `milestone: true`.",
        zero_duration, "GAO 4",
    ),
    Rule(
        "critical_path_test", "Critical path test", GROUP, "critical path", NO_MORE, 3,
        "If a long delay of a critical task does not move the finish, the network is broken on the"
        " way: a date or a missing link holds it.",
        "Follow the task's successors to where the delay ends.",
        critical_path_test, "DCMA 12",
    ),
    Rule(
        "cpli", "Critical path length index", GROUP, "index", Bound(INDEX, 0.95), 2,
        "Below 1 the critical path must be done faster than planned to keep the deadline.",
        "Shorten the critical path, or move the deadline.",
        cpli, "DCMA 13",
    ),
)  # fmt: skip
