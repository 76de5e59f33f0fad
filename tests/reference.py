"""Scheduling as a person would do it: one iteration, spell by spell, by the rules of the engines.

It knows rows, links with fixed lags, waits, versions, boards, conditions, unbroken rows, windows
and rates; no hits on the first of several rows, no stops, no hard dates, no spans.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

import numpy as np

from simulator.engine.schedule import Amounts, Durations, Schedule, WindowHit
from simulator.plan.plan import FF, FS, NONE, SF, Network
from simulator.plan.work_calendar import WEEK, WorkCalendar

Spells = list[tuple[float, float]]


def spells_of(calendar: WorkCalendar, weeks: int = 40) -> Spells:
    """The spells of a calendar with its first and last weeks repeated, joined where they touch."""
    table = [(float(begin), float(end)) for begin, end in calendar.spells]
    if calendar.always:
        return [(calendar.begin - weeks * WEEK, calendar.end + weeks * WEEK)]
    first = [s for s in table if s[0] < calendar.begin + WEEK]
    last = [s for s in table if s[0] >= calendar.end - WEEK]
    before = [(b - k * WEEK, e - k * WEEK) for k in range(weeks, 0, -1) for b, e in first]
    after = [(b + k * WEEK, e + k * WEEK) for k in range(1, weeks + 1) for b, e in last]
    return before + table + after


def start_in(spells: Spells, at: float) -> float:
    """The first working instant at or after an instant."""
    return next(max(begin, at) for begin, end in spells if end > at)


def after(spells: Spells, at: float, work: float) -> float:
    """The earliest instant by which so much work is done from an instant on."""
    for begin, end in spells:
        since = max(begin, at)
        if end > since:
            if work <= end - since:
                return since + work
            work -= end - since
    raise AssertionError("the spells end too early")


def before(spells: Spells, at: float, work: float) -> float:
    """The latest instant from which so much work fits before an instant."""
    for begin, end in reversed(spells):
        until = min(end, at)
        if until > begin:
            if work <= until - begin:
                return until - work
            work -= until - begin
    raise AssertionError("the spells begin too late")


def between(spells: Spells, begin: float, end: float) -> float:
    """The working time from one instant to another, negative backwards."""
    if end < begin:
        return -between(spells, end, begin)
    return sum(max(0.0, min(e, end) - max(b, begin)) for b, e in spells)


@dataclass
class Row:
    """A row as it came out."""

    start: float = 0.0
    finish: float = 0.0
    work: float = 0.0
    exists: bool = True
    factors: list[float] = field(default_factory=list)
    fell: list[bool] = field(default_factory=list)


@dataclass
class Doing:
    """A row while it is settled."""

    exact: float
    delays: float
    elapsed: float = 0.0
    working: float = 0.0
    factors: list[float] = field(default_factory=list)

    def take(self, amounts: Amounts, at: tuple[int, int]) -> None:
        for name in ("delay", "elapsed", "working"):
            amount = getattr(amounts, name)
            own = "delays" if name == "delay" else name
            setattr(self, own, getattr(self, own) + (0.0 if amount is None else float(amount[at])))
        if amounts.factor is not None:
            self.factors.append(float(amounts.factor[at]))
            self.exact *= self.factors[-1]

    def work(self) -> float:
        return max(float(round(max(self.exact, 0.0))) + self.delays, 0.0)


class Reference:
    """One iteration."""

    def __init__(self, network: Network, durations: Durations, iteration: int) -> None:
        self.network, self.durations, self.i = network, durations, iteration
        self.spells = [spells_of(calendar) for calendar in network.calendars]
        self.rows = [Row() for _ in range(len(network.rows))]
        self.arrivals = [[inf] * len(rate.since) for rate in durations.inside.rates]
        self._fill()

    def _fill(self) -> None:
        for row in range(len(self.rows)):
            self.rows[row] = self._row(row)

    def _row(self, row: int) -> Row:
        absent = self._absent(row)
        if absent is not None:
            return absent
        version = self._version(row)
        doing = self._doing(row, version)
        work = self._work(row, version) if doing is None else doing.work()
        ready, fell = self._ready(row, work, version, doing), []
        if doing is not None:
            for hit in self.durations.inside.windows.get(row, ()):
                start, done = self._run(row, ready, doing.work())
                fell.append(self._falls(hit, start, self._approved(row, done), version))
                if fell[-1]:
                    doing.take(hit.amounts, (version, self.i))
                    ready = max(ready, self._ready(row, doing.work(), version, doing))
            work = doing.work()
        start, done = self._run(row, ready, work)
        return self._started(row, start, done, (doing, work, version, fell))

    def _absent(self, row: int) -> Row | None:
        """A row that is not there, passing on the latest instant it is asked for."""
        if self.durations.exists[row, self.i] and self._conditions(row):
            return None
        passed = max([0.0, *(at for _, at in self._links(row, lags=False))])
        hits = self.durations.inside.windows.get(row, ())
        return Row(passed, passed, 0.0, exists=False, fell=[False] * len(hits))

    def _doing(self, row: int, version: int) -> Doing | None:
        """A row's work as rates before it left it; None if nothing is settled inside."""
        inside, at = self.durations.inside, (version, self.i)
        exact = inside.exact.get(row)
        if exact is None:
            return None
        doing = Doing(float(exact.work[at]), float(exact.delays[at]))
        if exact.repeats != NONE:
            for factor in self.rows[exact.repeats].factors:
                doing.exact *= factor
            doing.exact *= float(exact.share[self.i])
        for brought in inside.hits.get(row, ()):
            if inside.rates[brought.rate].row != row:
                begin, end = brought.window
                for _ in [a for a in self.arrivals[brought.rate] if a < inf and begin <= a <= end]:
                    doing.take(brought.amounts, at)
        return doing

    def _falls(self, hit: WindowHit, start: float, end: float, version: int) -> bool:
        inner = start < hit.end and end > hit.begin
        overlaps = inner if end > start else hit.begin <= start <= hit.end
        return bool(hit.occurs[version, self.i]) and overlaps

    def _started(
        self, row: int, start: float, done: float, left: tuple[Doing | None, float, int, list[bool]]
    ) -> Row:
        """A row from its start on, with what arrives while it runs."""
        doing, work, version, fell = left
        end = self._arrive(row, start, self._approved(row, done), doing, version)
        work = work if doing is None else doing.work()
        if row in self.network.unfolding.board_tasks:
            own = self._own(row)
            work = end - start if own is None else between(own, start, end)
        return Row(start, end, work, factors=[] if doing is None else doing.factors, fell=fell)

    def _arrive(
        self, row: int, start: float, end: float, doing: Doing | None, version: int
    ) -> float:
        """Let arrive what comes before the end; the end that the row then has."""
        inside = self.durations.inside
        coming = sorted(
            (self._due(number, k, start), number, k)
            for number, rate in enumerate(inside.rates)
            if rate.row == row
            for k in range(len(rate.since))
        )
        for at, number, k in coming:
            if at >= end:
                break
            begin, last = inside.rates[number].window
            if not begin <= at <= last:
                continue
            self.arrivals[number][k] = at
            for hit in inside.hits.get(row, ()):
                falls = hit.rate == number and hit.window[0] <= at <= hit.window[1]
                if doing is not None and falls:
                    doing.take(hit.amounts, (version, self.i))
            if doing is not None:
                own, work = self._own(row), doing.work()
                done = start + work if own is None else after(own, start, work) if work else start
                end = self._approved(row, done)
        return end

    def _due(self, number: int, k: int, start: float) -> float:
        rate = self.durations.inside.rates[number]
        since = float(rate.since[k, self.i])
        if rate.calendar == NONE:
            return start + since
        return after(self.spells[rate.calendar], start, since)

    def _own(self, row: int) -> Spells | None:
        index = int(self.network.rows.calendar[row])
        return None if index == NONE else self.spells[index]

    def _work(self, row: int, version: int) -> float:
        versions = self.durations.versions.get(row)
        source = self.durations.work[row] if versions is None else versions.work[version]
        return float(source[self.i])

    def _version(self, row: int) -> int:
        versions = self.durations.versions.get(row)
        if versions is None:
            return 0
        work = self._work(row, 0)
        start, _ = self._run(row, self._common(row, self._asked(row, work)), work)
        return sum(start >= threshold for threshold in versions.thresholds)

    def _conditions(self, row: int) -> bool:
        for each in self.network.unfolding.conditions.get(row, ()):
            read = self.rows[each.read]
            time = read.finish if each.finish else read.start
            true = time > each.date if each.after else time < each.date
            if (true and self.rows[each.present].exists) != each.holds:
                return False
        return True

    def _links(self, row: int, *, lags: bool) -> Iterator[tuple[int, float]]:
        links = self.network.links
        for link in links.into(row):
            pred, kind = self.rows[int(links.pred[link])], int(links.kind[link])
            at = pred.finish if kind in (FS, FF) else pred.start
            lag = float(links.lag[link]) if lags else 0.0
            own = self.spells[int(links.calendar[link])]
            yield kind, after(own, at, lag) if lag > 0 else before(own, at, -lag) if lag else at

    def _asked(self, row: int, work: float) -> float:
        rows = self.network.rows
        starts, finishes = [0.0, float(rows.start_floor[row])], [float(rows.finish_floor[row])]
        for kind, at in self._links(row, lags=True):
            (finishes if kind in (FF, SF) else starts).append(at)
        start, finish, own = max(starts), max(finishes), self._own(row)
        if finish == -inf:
            return start
        if own is None or work == 0:
            return max(start, finish - work)
        return start if between(own, start, finish) <= work else before(own, finish, work)

    def _waited(self, row: int, at: float, elapsed: float, working: float) -> float:
        own = self._own(row) or self.spells[int(self.network.rows.unit_calendar[row])]
        at += elapsed
        return (
            after(own, at, working) if working > 0 else before(own, at, -working) if working else at
        )

    def _common(self, row: int, at: float) -> float:
        waits = self.durations.waits.get(row)
        if waits is None:
            return at
        elapsed, working = (
            0.0 if each is None else float(each[self.i]) for each in (waits.elapsed, waits.working)
        )
        return self._waited(row, at, elapsed, working)

    def _ready(self, row: int, work: float, version: int, doing: Doing | None = None) -> float:
        at = self._common(row, self._asked(row, work))
        versions = self.durations.versions.get(row)
        if versions is not None:
            own = version, self.i
            at = self._waited(row, at, float(versions.elapsed[own]), float(versions.working[own]))
        return at if doing is None else self._waited(row, at, doing.elapsed, doing.working)

    def _run(self, row: int, ready: float, work: float) -> tuple[float, float]:
        """Start, and when the row's own work is done."""
        own, snap = self._own(row), int(self.network.rows.snap[row])
        if snap != NONE and (own is None or work == 0):
            ready = start_in(self.spells[snap], ready)
        if own is None:
            return ready, ready + work
        if work == 0:
            return ready, ready
        start = start_in(own, ready)
        if row in self.network.unfolding.unbroken:
            start = self._fitting(own, row, start, work)
        return start, after(own, start, work)

    def _fitting(self, own: Spells, row: int, start: float, work: float) -> float:
        """The first instant from which all the work fits into one spell; if none, a long one."""
        here = next(k for k, (_, end) in enumerate(own) if end > start)
        if start + work <= own[here][1]:
            return start
        table = self.network.calendars[int(self.network.rows.calendar[row])]
        plain = max(e - b for b, e in own if table.end - WEEK <= b < table.end)
        if work > max(e - b for b, e in own[here + 1 :]):
            work = plain
            if start == own[here][0] and start + work <= own[here][1]:
                return start
        return next(b for b, e in own[here + 1 :] if e - b >= work)

    def _approved(self, row: int, done: float) -> float:
        task = self.network.unfolding.board_tasks.get(row)
        if task is None:
            return done
        board = self.network.unfolding.boards[task.board]
        refused = 0 if task.refusals == NONE else int(self.durations.dates[task.refusals, self.i])
        cutoffs, meetings = board.cutoffs.tolist(), board.meetings.tolist()
        place = next(k for k, cutoff in enumerate(cutoffs) if cutoff >= done)
        for _ in range(refused):
            ready, own = meetings[place], self._own(row)
            if task.again:
                ready = ready + task.again if own is None else after(own, ready, task.again)
            place = next(k for k, c in enumerate(cutoffs) if k > place and c >= ready)
        return meetings[place]


def assert_as_by_hand(
    network: Network, durations: Durations, schedule: Schedule, kind: type[Reference] = Reference
) -> None:
    """An engine's schedule is that of the reference, bit for bit, in every iteration."""
    for i in range(durations.iterations):
        found = kind(network, durations, i)
        for name in ("start", "finish", "work", "exists"):
            own = np.array([getattr(row, name) for row in found.rows])
            assert np.array_equal(own, getattr(schedule, name)[:, i]), (name, i)
        for row, fell in schedule.fell.items():
            assert found.rows[row].fell == fell[:, i].tolist(), (row, i)
        for number, arrivals in enumerate(schedule.arrivals):
            assert found.arrivals[number] == arrivals[:, i].tolist(), (number, i)
