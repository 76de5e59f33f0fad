"""The independent engine: one iteration at a time, every row a process in a SimPy environment.

It follows the rules of `simulator.engine.schedule` by other means than the vectorized engine, so
that one checks the other bit for bit; it is slow, and meant to be read and replayed.

The clock counts whole milliseconds as floats, so that timeouts to absolute instants are exact. An
event carries the row as it is known by then, with its absolute instants. A lead, an SF link or a
hard date can put a start before the moment at which it becomes known: the instant in the schedule
is what counts, and the clock, which never goes back, just does not move.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
from simpy import AllOf, Environment, Event

from simulator.engine.schedule import Durations, FirstHit, Schedule, Stop
from simulator.engine.simpy_calendar import SpellCalendar
from simulator.plan.plan import FF, FS, NONE, SS, Network

Life = Generator[Event, object, None]
_NOTHING = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _State:
    """A row in one iteration as it is known at some point."""

    start: float
    finish: float
    exists: bool
    work: float
    asked: float
    stopped: bool = False
    version: int = 0


class _Model:
    """What all iterations share: who waits for whom, and in which order things are settled.

    `done[p]` counts the stops by hit that are settled before the row at place `p`, and `hit_by`
    numbers those that hit a row: whoever looks at it after `d` of them sees it as they left it.
    """

    def __init__(self, network: Network, durations: Durations) -> None:
        places = range(len(network.rows) + 1)
        self.network, self.durations = network, durations
        self.calendars = [SpellCalendar(calendar) for calendar in network.calendars]
        self.stops = [stop for place in places for stop in network.stop_before.get(place, ())]
        self.firsts = [
            (place, first) for place in places for first in network.settle_before.get(place, ())
        ]
        stop_places = [place for place in places for _ in network.stop_before.get(place, ())]
        self.done = [bisect_right(stop_places, place) for place in places]
        self.hit_by: list[list[int]] = [[] for _ in range(len(network.rows))]
        for number, stop in enumerate(self.stops):
            for row in self.hits_of(durations.stops[stop]):
                self.hit_by[row].append(number)
        self.links = [
            [(link, int(network.links.pred[link])) for link in network.links.into(row)]
            for row in range(len(network.rows))
        ]

    @staticmethod
    def hits_of(stop: Stop) -> list[int]:
        """The rows by whose start a project stops, in the plan's order."""
        return [] if stop.hit_rows is None else sorted(int(row) for row in stop.hit_rows)

    def firsts_of(self, row: int, before: int) -> list[int]:
        """Numbers of the first `before` hits on one of several rows that a row may take."""
        hits = self.durations.firsts
        return [
            number
            for number, (_, first) in enumerate(self.firsts[:before])
            if row in hits[first].candidates
        ]


def simpy_pass(network: Network, durations: Durations) -> Schedule:
    """Schedule every row of every iteration by living through it."""
    model = _Model(network, durations)
    shape = durations.work.shape
    start, finish, work, asked = (np.zeros(shape) for _ in range(4))
    exists, stopped = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    chosen = {row: np.zeros(shape[1], dtype=np.int32) for row in durations.versions}
    for iteration in range(shape[1]):
        for row, state in enumerate(_Future(model, iteration).lived()):
            here = row, iteration
            start[here], finish[here], asked[here] = state.start, state.finish, state.asked
            work[here], exists[here], stopped[here] = state.work, state.exists, state.stopped
            if row in chosen:
                chosen[row][iteration] = state.version
    return Schedule(
        start, finish, exists, work, asked, stopped if durations.stops else None, chosen
    )


class _Future:
    """One iteration: its environment, and the events that its rows wait for."""

    def __init__(self, model: _Model, iteration: int) -> None:
        self.model, self.iteration = model, iteration
        self.network, self.durations = model.network, model.durations
        self.env = env = Environment(0.0)
        self.started = [env.event() for _ in model.links]
        self.finished = [env.event() for _ in model.links]
        self.known = [[env.event() for _ in range(len(hits) + 1)] for hits in model.hit_by]
        """Each row as placed, and as each stop that it brings about leaves it."""
        self.stop_settled = [env.event() for _ in model.stops]
        self.first_settled = [env.event() for _ in model.firsts]

    def lived(self) -> Iterator[_State]:
        """Run the iteration to its end; the rows as they came out."""
        for row, span in enumerate(self.network.rows.span):
            self.env.process(self._span(row) if span else self._live(row))
        for number in range(len(self.model.stops)):
            self.env.process(self._settle_stop(number))
        for number in range(len(self.model.firsts)):
            self.env.process(self._settle_first(number))
        self.env.run()
        return (event.value for event in self.finished)

    # -- processes -----------------------------------------------------------------------------

    def _live(self, row: int) -> Life:
        """Wait for what a row waits for, then start it and work it off."""
        model = self.model
        done = model.done[row]
        firsts = model.firsts_of(row, sum(place <= row for place, _ in model.firsts))
        yield self._all(self._links_known(row, done), self.stop_settled[:done])
        yield self._all([self.first_settled[number] for number in firsts])
        state = self._stopped(row, self._placed(row, done, firsts), done)
        self.known[row][0].succeed(state)
        for stage, number in enumerate(model.hit_by[row], start=1):
            yield self._all(self._links_known(row, number + 1), self.stop_settled[: number + 1])
            state = self._stopped(row, state, number + 1)
            self.known[row][stage].succeed(state)
        yield from self._until(state.asked)
        yield from self._until(state.start)
        self.started[row].succeed(state)
        yield from self._until(state.finish)
        self.finished[row].succeed(state)

    def _span(self, row: int) -> Life:
        """Last from the first start to the last finish of the rows spanned that exist."""
        inner = self.network.spanned.get(row, ())
        yield self._all(
            [self.started[base] for base, _ in inner], [self.finished[last] for _, last in inner]
        )
        present = [pair for pair in inner if self.started[pair[0]].value.exists]
        state = _State(0.0, 0.0, False, 0.0, 0.0)
        if present and self.durations.exists[row, self.iteration]:
            start = min(self.started[base].value.start for base, _ in present)
            finish = max(self.finished[last].value.finish for _, last in present)
            work = self._work_between(row, start, finish)
            state = _State(start, finish, True, work, start)
        self.started[row].succeed(state)
        self.finished[row].succeed(state)

    def _settle_stop(self, number: int) -> Life:
        """Stop a project at the earliest start of the rows by which it is hit."""
        stop = self.durations.stops[self.model.stops[number]]
        hits = [self._row_known(row, number, SS) for row in self.model.hits_of(stop)]
        yield self._all(hits)
        at = float("inf")
        if stop.occurs is not None and stop.occurs[self.iteration]:
            at = min((hit.value.start for hit in hits if hit.value.exists), default=at)
        self.stop_settled[number].succeed(at)

    def _settle_first(self, number: int) -> Life:
        """Find the row that becomes ready first, and what the hit does to it."""
        place, first = self.model.firsts[number]
        hit = self.durations.firsts[first]
        done = self.model.done[place]
        earlier = {int(row): self.model.firsts_of(int(row), number) for row in hit.candidates}
        for row, firsts in earlier.items():
            yield self._all(self._links_known(row, done), [self.first_settled[n] for n in firsts])
        ready: list[tuple[float, int, float]] = []
        for candidate, row in enumerate(earlier):
            if self.durations.exists[row, self.iteration]:
                at, begins = self._judged(row, done, earlier[row])
                ready.append((at, candidate, begins))
        won = {}
        if ready:
            _, candidate, begins = min(ready)
            row = int(hit.candidates[candidate])
            won[row] = self._amounts(hit, candidate, begins)
        self.first_settled[number].succeed(won)

    def _until(self, instant: float) -> Life:
        if instant > self.env.now:
            yield self.env.timeout(instant - self.env.now)

    # -- what is known when --------------------------------------------------------------------

    def _all(self, *groups: list[Event]) -> Event:
        return AllOf(self.env, [event for group in groups for event in group])

    def _row_known(self, row: int, done: int, kind: int) -> Event:
        """The event that tells the start or the finish of a row, as `done` stops left it."""
        hits = self.model.hit_by[row]
        stage = bisect_left(hits, done)
        if stage < len(hits):
            return self.known[row][stage]
        return self.finished[row] if kind in (FS, FF) else self.started[row]

    def _links_known(self, row: int, done: int) -> list[Event]:
        kinds = self.network.links.kind
        return [self._row_known(pred, done, kinds[link]) for link, pred in self.model.links[row]]

    # -- the rules, in the order of their list -------------------------------------------------

    def _link_instants(self, row: int, done: int, *, lags: bool) -> Iterator[tuple[int, float]]:
        """Each link into a row: its kind and the instant it asks for (rule 1)."""
        links = self.network.links
        for link, pred in self.model.links[row]:
            kind = int(links.kind[link])
            state: _State = self._row_known(pred, done, kind).value
            instant = state.finish if kind in (FS, FF) else state.start
            lag = self._lag(link, state.work) if lags else 0.0
            if lag != 0:
                instant = self.model.calendars[links.calendar[link]].shift(instant, lag)
            yield kind, instant

    def _lag(self, link: int, pred_work: float) -> float:
        links = self.network.links
        fixed, share = float(links.lag[link]), float(links.lag_share[link])
        if links.lag_variable[link] != NONE:
            drawn = float(self.durations.lags[links.lag_variable[link], self.iteration])
            return float(round(drawn * pred_work)) if links.lag_drawn_share[link] else drawn
        return fixed if share != share else float(round(share * pred_work))  # noqa: PLR0124 - nan

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
        exists = bool(self.durations.exists[row, self.iteration])
        for kind, instant in self._link_instants(row, done, lags=exists):
            if kind in (FS, SS):
                start = max(start, instant)
            else:
                finish = max(finish, instant)
        if finish != -np.inf:
            start = max(start, self._latest_start(row, work, finish, start))
        if rows.finish_cap[row] != np.inf:
            cap = float(rows.finish_cap[row])
            start = min(start, self._latest_start(row, work, cap, None))
        return min(start, float(rows.start_cap[row]))

    def _latest_start(self, row: int, work: float, finish: float, start: float | None) -> float:
        """Where a row begins that works up to `finish`; never later than it must for `start`."""
        calendar = self._calendar(row)
        if calendar is None or work <= 0:
            return finish - work
        position = calendar.work_at(finish) - work
        if start is not None and calendar.work_at(start) >= position:
            return start
        return calendar.start_at(position)

    def _waited(self, row: int, instant: float, elapsed: float, working: float) -> float:
        """An instant moved by waits, first on the clock, then in working time (rule 3)."""
        calendar = self._calendar(row)
        if calendar is None:
            calendar = self.model.calendars[self.network.rows.unit_calendar[row]]
        return calendar.shift(instant + elapsed, working)

    def _common_waits(self, row: int, firsts: list[int]) -> tuple[float, float]:
        """Elapsed and working waits: a row's own, and of hits that it was the first to meet."""
        elapsed, working = 0.0, 0.0
        waits = self.durations.waits.get(row)
        if waits is not None and waits.elapsed is not None:
            elapsed += float(waits.elapsed[self.iteration])
        if waits is not None and waits.working is not None:
            working += float(waits.working[self.iteration])
        for number in firsts:
            _, more_elapsed, more_working = self.first_settled[number].value.get(row, _NOTHING)
            elapsed, working = elapsed + more_elapsed, working + more_working
        return elapsed, working

    def _judged(self, row: int, done: int, firsts: list[int]) -> tuple[float, float]:
        """When a row is ready and starts, before mitigations and hits that are not settled yet."""
        versions = self.durations.versions.get(row)
        work = float((self.durations.work[row] if versions is None else versions.work[0])[self.iteration])
        ready = self._waited(row, self._asked(row, work, done), *self._common_waits(row, firsts))
        return ready, self._begun(row, ready, work)[0]

    def _amounts(self, hit: FirstHit, candidate: int, begins: float) -> tuple[float, float, float]:
        at = bisect_right(hit.thresholds.tolist(), begins), candidate, self.iteration
        return float(hit.delay[at]), float(hit.elapsed[at]), float(hit.working[at])

    def _placed(self, row: int, done: int, firsts: list[int]) -> _State:
        """A row before any stop: rules 2 to 5, and rule 7 where it is absent."""
        work, version, more = float(self.durations.work[row, self.iteration]), 0, (0.0, 0.0)
        versions = self.durations.versions.get(row)
        if versions is not None:
            _, begins = self._judged(row, done, firsts)
            version = bisect_right(versions.thresholds.tolist(), begins)
            at = version, self.iteration
            work = float(versions.work[at])
            more = float(versions.elapsed[at]), float(versions.working[at])
        if not self.durations.exists[row, self.iteration]:
            passed = self._passed_on(row, done)
            return _State(passed, passed, False, 0.0, passed, version=version)
        for number in firsts:
            delay, _, _ = self.first_settled[number].value.get(row, _NOTHING)
            work = max(work + delay, 0.0)
        asked = self._asked(row, work, done)
        ready = self._waited(row, asked, *self._common_waits(row, firsts))
        start, finish = self._begun(row, self._waited(row, ready, *more), work)
        return _State(start, finish, True, work, asked, version=version)

    def _begun(self, row: int, ready: float, work: float) -> tuple[float, float]:
        """Start and finish of a row that waits no longer (rule 5)."""
        calendar, snap = self._calendar(row), int(self.network.rows.snap[row])
        if calendar is not None and work > 0:
            position = calendar.work_at(ready)
            return calendar.start_at(position), calendar.finish_at(position + work)
        if snap != NONE:
            instants = self.model.calendars[snap]
            ready = instants.start_at(instants.work_at(ready))
        return ready, ready + work

    def _stopped(self, row: int, state: _State, done: int) -> _State:
        """A row as it is left by the dated stops and the first `done` ones by hit (rule 6)."""
        stops = self.durations.stops
        at = [float(s.at[self.iteration]) for s in stops if s.at is not None and s.rows[row]]
        settled = zip(self.model.stops[:done], self.stop_settled, strict=False)
        at += [event.value for number, event in settled if stops[number].rows[row]]
        end = min(at, default=float("inf"))
        if not state.exists or (state.start <= end and state.finish <= end and not self._begins_at(state, end)):
            return state
        if state.start > end or self._begins_at(state, end):
            passed = self._passed_on(row, done)
            return replace(state, start=passed, finish=passed, exists=False, work=0.0, stopped=True)
        work = self._work_between(row, state.start, end)
        return replace(state, finish=end, work=work, stopped=True)

    @staticmethod
    def _begins_at(state: _State, end: float) -> bool:
        return state.work > 0 and state.start == end

    def _passed_on(self, row: int, done: int) -> float:
        """The latest instant that the links of an absent row ask for (rule 7)."""
        return max([0.0, *(at for _, at in self._link_instants(row, done, lags=False))])

    def _calendar(self, row: int) -> SpellCalendar | None:
        index = int(self.network.rows.calendar[row])
        return None if index == NONE else self.model.calendars[index]

    def _work_between(self, row: int, start: float, finish: float) -> float:
        calendar = self._calendar(row)
        if calendar is None:
            return finish - start
        return calendar.work_at(finish) - calendar.work_at(start)
