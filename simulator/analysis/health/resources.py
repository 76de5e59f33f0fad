"""Whether somebody is there to do the work: needs, over-allocation, closed calendars."""

import numpy as np

from simulator.analysis.health.finding import NO_MORE, SHARE, Bound, Finding, Measured, Rule
from simulator.analysis.health.subject import Subject
from simulator.plan.plan import NONE, Bools, Ints
from simulator.plan.pools import THOUSANDTHS
from simulator.plan.unfolding import Pools, Units
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

GROUP = "Resources"
_MOST_NAMED = 5
_WEEK_HOURS = 168.0


def resources(subject: Subject) -> Measured:
    """Work of a day or more that needs nobody and costs nothing."""
    members = [task for task in subject.work.tolist() if subject.days[task] >= 1.0]
    bare = [task for task in members if not _carries(subject, task)]
    if len(bare) == len(members):
        why = "no task needs a pool or costs anything: the schedule is not resource-loaded"
        return Measured.impossible(why)
    what = "needs no pool and costs nothing"
    return Measured(subject.findings(what, bare), len(members))


def _carries(subject: Subject, task: int) -> bool:
    spec = subject.specs[task]
    return bool(spec.needs) or spec.cost is not None or spec.cost_rate is not None


def over_allocation(subject: Subject) -> Measured:
    """Pools that the early plan, as if units were unlimited, needs more of than there is."""
    pools = subject.network.pools
    if pools is None:
        return Measured.impossible(
            "no pool has a number of units that tasks need: all are unlimited, or none is needed"
        )
    found = [
        finding
        for number in range(len(pools.ids))
        if (finding := _over_allocated(subject, pools, number)) is not None
    ]
    remark = ""
    if found:
        later = subject.working_days(_early_finish(subject), subject.found.finish)
        remark = f"sharing what there is moves the planned finish by {later + 0.0:,.0f}d"
    return Measured(tuple(found), len(pools.ids), remark=remark)


def _early_finish(subject: Subject) -> float:
    rows = subject.network.finish_rows
    early = subject.found.early
    own = rows[early.exists[rows, 0]]
    return float(early.finish[own, 0].max()) if len(own) else subject.found.finish


def _over_allocated(subject: Subject, pools: Pools, number: int) -> Finding | None:
    chosen = pools.pool == number
    early = subject.found.early
    rows, units = pools.rows[chosen], pools.units[chosen]
    there = early.exists[rows, 0] & (early.finish[rows, 0] > early.start[rows, 0])
    rows, units = rows[there], units[there]
    start, finish = early.start[rows, 0], early.finish[rows, 0]
    at, capacity = pools.capacity(number)
    marks = np.unique(np.concatenate((start, finish, at[np.isfinite(at)])))
    if not len(marks):
        return None
    held = _held(marks, start, finish, units)
    over = held - capacity[np.searchsorted(at, marks, side="right") - 1]
    worst = int(np.argmax(over))
    if over[worst] <= 0:
        return None
    days = np.diff(marks, append=marks[-1])[over > 0].sum() / MS_PER_DAY
    tasks = _holders(subject, rows, units, (start <= marks[worst]) & (finish > marks[worst]))
    clock = subject.plan.clock
    first, peak = clock.date(float(marks[np.argmax(over > 0)])), clock.date(float(marks[worst]))
    has = (held[worst] - over[worst]) / THOUSANDTHS
    what = (
        f"{pools.ids[number]}: {held[worst] / THOUSANDTHS:g} units needed on {peak:%Y-%m-%d}, there"
        f" are {has:g}; over-allocated on {days:,.0f} days from {first:%Y-%m-%d}"
    )
    return subject.finding(what, *tasks[:_MOST_NAMED], path=("pools", pools.ids[number], "units"))


def _held(marks: Floats, start: Floats, finish: Floats, units: Units) -> Units:
    """Units that are held from each mark on; what is given back at one is free at it."""
    change = np.zeros(len(marks), dtype=np.int64)
    np.add.at(change, np.searchsorted(marks, start), units)
    np.subtract.at(change, np.searchsorted(marks, finish), units)
    return np.asarray(np.cumsum(change))


def _holders(subject: Subject, rows: Ints, units: Units, there: Bools) -> list[int]:
    """Tasks by how many units they hold."""
    chosen = np.flatnonzero(there)
    order = chosen[np.argsort(-units[chosen], kind="stable")]
    tasks = subject.network.rows.task[rows[order]]
    return list(dict.fromkeys(tasks.tolist()))


def closed_calendars(subject: Subject) -> Measured:
    """Work that takes much longer on the clock than usual, or is ready long before it may start."""
    early, rows, limits = subject.found.early, subject.network.rows, subject.limits
    boards = subject.network.unfolding.board_tasks
    found: list[Finding] = []
    members = [task for task in subject.work.tolist() if subject.exists[task]]
    for task in members:
        row = int(subject.base[task])
        if rows.calendar[row] == NONE or row in boards or subject.started[task]:
            continue
        unit = subject.network.calendar(int(rows.unit_calendar[row]))
        usual = early.work[row, 0] * _WEEK_HOURS / max(unit.hours_per_week, 1e-9)
        taken = float(early.finish[row, 0] - early.start[row, 0])
        if taken > limits.stretch * usual + 7 * MS_PER_DAY:
            days = subject.days[task]
            what = f"{days:,.3g}d of work take {taken / MS_PER_DAY:,.0f} days on the clock"
            found.append(subject.finding(what, task))
        waits = (early.start[row, 0] - early.asked[row, 0]) / MS_PER_HOUR
        if waits > 14 * 24:
            what = f"is ready {waits / 24:,.0f} days before its calendar opens"
            found.append(subject.finding(what, task))
    return Measured(tuple(found), len(members))


def unused(subject: Subject) -> Measured:
    """Pools, classes, calendars and sizes that nothing uses."""
    scenario = subject.scenario
    specs, pools = subject.specs, scenario.pools.values()
    used: dict[str, set[str | None]] = {
        "pools": {*(name for spec in specs for name in spec.needs)},
        "classes": {spec.class_ for spec in specs},
        "sizes": {spec.size for spec in specs},
        "calendars": {
            scenario.program.calendar,
            *(spec.calendar for spec in specs),
            *(project.calendar for project in scenario.projects.values()),
            *(pool.calendar for pool in pools),
            *(board.calendar for board in scenario.boards.values()),
            *(calendar.based_on for calendar in scenario.calendars.values()),
            *(link.calendar for spec in specs for link in spec.after),
        },
    }
    found, count = [], 0
    for kind, names in used.items():
        known = getattr(scenario, kind)
        count += len(known)
        for name in known:
            if name not in names:
                what = f"{kind}.{name} is used by nothing"
                found.append(subject.finding(what, path=(kind, name)))
    if not count:
        return Measured.impossible("the file defines no pools, classes, sizes or calendars")
    return Measured(tuple(found), count)


RULES = (
    Rule(
        "resources", "Work without resources", GROUP, "unfinished tasks of a day or more",
        Bound(SHARE, 0.05), 1,
        "Work that nobody is named for is done by people who are busy with something else.",
        "Give it `needs`, or a cost if it is bought.",
        resources, "DCMA 10",
    ),
    Rule(
        "over_allocation", "Over-allocated pools", GROUP, "finite pools", NO_MORE, 0,
        "Dates that follow from logic alone need people twice. A run shares pools inside every"
        " future, so it is later than such dates.",
        "Read the levelled plan (`--dates`), and what one more unit is worth (`run --drivers`).",
        over_allocation, "GAO 3",
    ),
    Rule(
        "closed_calendars", "Work that waits for its calendar", GROUP, "unfinished tasks", NO_MORE,
        1,
        "A calendar that is rarely open turns a small delay into a wait for the next opening; or it"
        " is an error.",
        "Look at the calendars of the task and of its pools, and at freezes.",
        closed_calendars, "GAO 4",
    ),
    Rule(
        "unused", "Defined and never used", GROUP, "definitions", NO_MORE, 0,
        "Something was meant to be used, perhaps under another name.",
        "Use it or remove it.",
        unused,
    ),
)  # fmt: skip
