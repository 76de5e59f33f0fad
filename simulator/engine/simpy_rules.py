"""The rules of `simulator.engine.schedule` for one row in one iteration, number by number."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from simulator.engine.schedule import Durations, FirstHit
from simulator.engine.simpy_calendar import SpellCalendar
from simulator.plan.plan import FF, FS, NONE, SS, Network

Amounts = tuple[float, float, float]
"""Delay, elapsed wait and working wait."""


@dataclass(frozen=True, slots=True)
class State:
    """A row in one iteration as it is known at some point."""

    start: float
    finish: float
    exists: bool
    work: float
    asked: float
    stopped: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """One iteration of a block: its durations, and what is known of the rows that are placed.

    `seen(row, kind, done)` is a row by the event that a kind of link waits for, as the first
    `done` stops by hit left it. `met` is what hits did to a row that was the first to be ready.
    """

    network: Network
    durations: Durations
    calendars: list[SpellCalendar]
    links: list[list[tuple[int, int]]]
    """(link, predecessor) of those into each row."""
    iteration: int
    seen: Callable[[int, int, int], State]

    def placed(self, row: int, done: int, met: list[Amounts]) -> State:
        """A row before any stop: rules 2 to 5, and rule 7 where it is absent."""
        work, version, more = self._work(row), 0, (0.0, 0.0)
        versions = self.durations.versions.get(row)
        if versions is not None:
            _, begins = self.judged(row, done, met)
            version = bisect_right(versions.thresholds.tolist(), begins)
            at = version, self.iteration
            work = float(versions.work[at])
            more = float(versions.elapsed[at]), float(versions.working[at])
        if not self.exists(row):
            passed = self._passed_on(row, done)
            return State(passed, passed, False, 0.0, passed, version=version)
        for delay, _, _ in met:
            work = max(work + delay, 0.0)
        asked = self._asked(row, work, done)
        ready = self._waited(row, asked, *self._common_waits(row, met))
        start, finish = self._begun(row, self._waited(row, ready, *more), work)
        return State(start, finish, True, work, asked, version=version)

    def judged(self, row: int, done: int, met: list[Amounts]) -> tuple[float, float]:
        """When a row is ready and starts, before mitigations and hits that are not settled yet."""
        versions = self.durations.versions.get(row)
        work = self._work(row) if versions is None else float(versions.work[0, self.iteration])
        asked = self._asked(row, work, done)
        ready = self._waited(row, asked, *self._common_waits(row, met))
        return ready, self._begun(row, ready, work)[0]

    def amounts(self, hit: FirstHit, candidate: int, begins: float) -> Amounts:
        """What a hit does to a candidate that starts then."""
        at = bisect_right(hit.thresholds.tolist(), begins), candidate, self.iteration
        return float(hit.delay[at]), float(hit.elapsed[at]), float(hit.working[at])

    def stopped(self, row: int, state: State, end: float, done: int) -> State:
        """A row as a stop leaves it (rule 6)."""
        begins_then = state.start == end and (state.work > 0 or self._halted(row, done))
        if not state.exists or (state.start <= end and state.finish <= end and not begins_then):
            return state
        if state.start > end or begins_then:
            passed = self._passed_on(row, done)
            return replace(state, start=passed, finish=passed, exists=False, work=0.0, stopped=True)
        work = self.work_between(row, state.start, end)
        return replace(state, finish=end, work=work, stopped=True)

    def exists(self, row: int) -> bool:
        """Whether a row is there as far as branches and rework go."""
        return bool(self.durations.exists[row, self.iteration])

    def work_between(self, row: int, start: float, finish: float) -> float:
        """Working time of a row between two instants."""
        calendar = self._calendar(row)
        if calendar is None:
            return finish - start
        return calendar.work_at(finish) - calendar.work_at(start)

    def _work(self, row: int) -> float:
        return float(self.durations.work[row, self.iteration])

    def _calendar(self, row: int) -> SpellCalendar | None:
        index = int(self.network.rows.calendar[row])
        return None if index == NONE else self.calendars[index]

    def _link_instants(self, row: int, done: int, *, lags: bool) -> Iterator[tuple[int, float]]:
        """Each link into a row: its kind and the instant it asks for (rule 1)."""
        links = self.network.links
        for link, pred in self.links[row]:
            kind = int(links.kind[link])
            state = self.seen(pred, kind, done)
            instant = state.finish if kind in (FS, FF) else state.start
            base = int(links.share_of[link])
            whole = state if base == pred else self.seen(base, SS, done)
            lag = self._lag(link, whole.work) if lags else 0.0
            if lag != 0:
                instant = self.calendars[links.calendar[link]].shift(instant, lag)
            yield kind, instant

    def _lag(self, link: int, pred_work: float) -> float:
        links = self.network.links
        if links.lag_variable[link] != NONE:
            drawn = float(self.durations.lags[links.lag_variable[link], self.iteration])
            return float(round(drawn * pred_work)) if links.lag_drawn_share[link] else drawn
        share = float(links.lag_share[link])
        return float(links.lag[link]) if np.isnan(share) else float(round(share * pred_work))

    def _halted(self, row: int, done: int) -> bool:
        """Whether something that a row waits for was stopped."""
        kinds = self.network.links.kind
        return any(
            self.seen(pred, int(kinds[link]), done).stopped for link, pred in self.links[row]
        )

    def _passed_on(self, row: int, done: int) -> float:
        """The latest instant that the links of an absent row ask for (rule 7)."""
        return max([0.0, *(at for _, at in self._link_instants(row, done, lags=False))])

    def _asked(self, row: int, work: float, done: int) -> float:
        """The instant that links and constraints ask for (rule 2)."""
        rows = self.network.rows
        start, finish = max(0.0, float(rows.start_floor[row])), float(rows.finish_floor[row])
        for floored, is_finish, variable in self.network.floor_variables:
            date = float(self.durations.dates[variable, self.iteration])
            if floored == row and is_finish:
                finish = max(finish, date)
            elif floored == row:
                start = max(start, date)
        for kind, instant in self._link_instants(row, done, lags=self.exists(row)):
            if kind in (FS, SS):
                start = max(start, instant)
            else:
                finish = max(finish, instant)
        if finish != -np.inf:
            start = self._moved_by_finish(row, work, start, finish)
        if rows.finish_cap[row] != np.inf:
            start = min(start, self._latest_start(row, work, float(rows.finish_cap[row])))
        return min(start, float(rows.start_cap[row]))

    def _moved_by_finish(self, row: int, work: float, start: float, finish: float) -> float:
        """The start bound, or where the finish bound puts the start if that is more work on."""
        calendar = self._calendar(row)
        if calendar is not None and work > 0:
            done_by_start = calendar.work_at(start)
            if done_by_start >= calendar.work_at(finish) - work:
                return start
        return max(start, self._latest_start(row, work, finish))

    def _latest_start(self, row: int, work: float, finish: float) -> float:
        """Where a row begins that ends its work at `finish`."""
        calendar = self._calendar(row)
        if calendar is None or work <= 0:
            return finish - work
        return calendar.start_at(calendar.work_at(finish) - work)

    def _waited(self, row: int, instant: float, elapsed: float, working: float) -> float:
        """An instant moved by waits, first on the clock, then in working time (rule 3)."""
        calendar = self._calendar(row)
        if calendar is None:
            calendar = self.calendars[self.network.rows.unit_calendar[row]]
        return calendar.shift(instant + elapsed, working)

    def _common_waits(self, row: int, met: list[Amounts]) -> tuple[float, float]:
        """Elapsed and working waits: a row's own, and of hits that it was the first to meet."""
        elapsed, working = 0.0, 0.0
        waits = self.durations.waits.get(row)
        if waits is not None and waits.elapsed is not None:
            elapsed += float(waits.elapsed[self.iteration])
        if waits is not None and waits.working is not None:
            working += float(waits.working[self.iteration])
        for _, more_elapsed, more_working in met:
            elapsed, working = elapsed + more_elapsed, working + more_working
        return elapsed, working

    def _begun(self, row: int, ready: float, work: float) -> tuple[float, float]:
        """Start and finish of a row that waits no longer (rule 5)."""
        calendar, snap = self._calendar(row), int(self.network.rows.snap[row])
        if calendar is not None and work > 0:
            position = calendar.work_at(ready)
            return calendar.start_at(position), calendar.finish_at(position + work)
        if snap != NONE:
            instants = self.calendars[snap]
            ready = instants.start_at(instants.work_at(ready))
        return ready, ready + work
