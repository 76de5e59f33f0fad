"""The independent engine: one iteration at a time, every row a process in a SimPy environment.

It follows the rules of `simulator.engine.schedule` by other means than the vectorized engine, so
that one checks the other bit for bit; it is slow, and meant to be read and replayed.

The clock counts whole milliseconds as floats, so that timeouts to absolute instants are exact. An
event carries the row as it is known by then, with its absolute instants. A lead, an SF link or a
hard date can put a start before the moment at which it becomes known: the instant in the schedule
is what counts, and the clock, which never goes back, just does not move.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from simpy import AllOf, Environment, Event

from simulator.engine.schedule import Durations, FirstWaits, Schedule
from simulator.engine.simpy_dispatch import Dispatch, Turn
from simulator.engine.simpy_hits import Hits
from simulator.engine.simpy_model import Model
from simulator.engine.simpy_pools import PoolState
from simulator.engine.simpy_rules import Amounts, Rules, State
from simulator.plan.plan import FF, FS, SS, Network

Life = Generator[Event, object, None]


def simpy_pass(network: Network, durations: Durations) -> Schedule:
    """Schedule every row of every iteration by living through it."""
    return lived_schedule(network, durations)


@dataclass(frozen=True, slots=True)
class Watch:
    """What somebody who watches an iteration sees besides its schedule."""

    states: list[State] = field(default_factory=list)
    """Every row as it came out."""
    turns: list[Turn] = field(default_factory=list)
    """Turns that rows had in vain, as they happened."""
    fell: list[tuple[int, int]] = field(default_factory=list)
    """(number of the hit, row) for each of `Durations.firsts` that fell on a row."""
    pools: list[PoolState] = field(default_factory=list)
    """The pools at the end, which know all changes of their units; none without pools."""


def lived_schedule(network: Network, durations: Durations, watch: Watch | None = None) -> Schedule:
    """The schedule of every iteration, while somebody may watch."""
    model, pools = Model(network, durations), network.pools
    shape = durations.work.shape
    start, finish, work, asked = (np.zeros(shape) for _ in range(4))
    exists, stopped = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    chosen = {row: np.zeros(shape[1], dtype=np.int32) for row in durations.versions}
    stop_at = np.full((len(durations.stops), shape[1]), np.inf)
    inside = durations.inside
    fell = {r: np.zeros((len(w), shape[1]), dtype=bool) for r, w in inside.windows.items()}
    arrivals = tuple(np.full(rate.since.shape, np.inf) for rate in inside.rates)
    waiting = np.zeros((0 if pools is None else len(pools.pool), shape[1]))
    short = np.zeros(shape, dtype=np.int64)
    approval_waits = {row: np.zeros(shape[1]) for row in network.unfolding.board_tasks}
    first_waits = tuple(FirstWaits.none(shape[1]) for _ in durations.firsts)
    for iteration in range(shape[1]):
        future, states = _lived(model, iteration, watch)
        if watch is not None:
            watch.states[:] = states
            watch.fell[:] = [(model.firsts[number][1], row) for number, row in future.hit()]
        for row, state in enumerate(states):
            here = row, iteration
            start[here], finish[here], asked[here] = state.start, state.finish, state.asked
            work[here], exists[here], stopped[here] = state.work, state.exists, state.stopped
            if row in chosen:
                chosen[row][iteration] = state.version
        for row, waits in approval_waits.items():
            waits[iteration] = states[row].meeting_wait
        for number, row, (_, elapsed, working) in future.met():
            first_waits[model.firsts[number][1]].note(iteration, row, elapsed, working)
        stop_at[:, iteration] = future.ends()
        for row, fallen in future.rules.hits.fallen.items():
            if fallen.windows:
                fell[row][:, iteration] = fallen.windows
        for rate, came in enumerate(future.rules.hits.arrivals):
            arrivals[rate][:, iteration] = came
        if isinstance(future, Dispatch):
            if watch is not None:
                watch.pools[:] = [future.pools]
            waiting[:, iteration], short[:, iteration] = future.waited()
    return Schedule(
        start,
        finish,
        exists,
        work,
        asked,
        stopped if durations.stops else None,
        chosen,
        stop_at if durations.stops else None,
        waiting=None if pools is None else waiting,
        short=None if pools is None else short,
        fell=fell,
        arrivals=arrivals,
        approval_waits=approval_waits,
        first_waits=first_waits,
    )


def _lived(
    model: Model, iteration: int, watch: Watch | None
) -> "tuple[_Future | Dispatch, list[State]]":
    """Live through one iteration: again for each stop of which only its own future tells."""
    pools = model.network.pools
    ends: dict[int, float] = {}
    while True:
        turns: list[Turn] = []
        future = (
            _Future(model, iteration, ends)
            if pools is None
            else Dispatch(model, iteration, PoolState(pools), ends, turns.append)
        )
        states = future.lived()
        coming = model.next_stop(iteration, states, ends)
        if coming is None:
            if watch is not None:
                watch.turns[:] = turns
            return future, states
        at, stop = coming
        ends = {**ends, stop: at}


class _Future:
    """One iteration: its environment, and the events that its rows wait for.

    `ends` are the stops that are known from an earlier attempt, and when they come.
    """

    def __init__(self, model: Model, iteration: int, ends: dict[int, float]) -> None:
        self.known_ends = ends
        self.model, self.iteration, self.durations = model, iteration, model.durations
        self.env = env = Environment(0.0)
        self.started = [env.event() for _ in model.links]
        self.finished = [env.event() for _ in model.links]
        self.known = [[env.event() for _ in range(len(hits) + 1)] for hits in model.hit_by]
        """Each row as placed, and as each stop that it brings about leaves it."""
        self.stop_settled = [env.event() for _ in model.stops]
        self.first_settled = [env.event() for _ in model.firsts]
        self.rules = Rules(
            model.network,
            model.durations,
            model.calendars,
            model.links,
            iteration,
            lambda row, kind, done: _state(self._row_known(row, kind, done)),
            Hits(model.durations.inside, iteration, model.calendars),
        )

    def lived(self) -> list[State]:
        """Run the iteration to its end; the rows as they came out."""
        for row, span in enumerate(self.model.network.rows.span):
            self.env.process(self._span(row) if span else self._live(row))
        for number in range(len(self.model.stops)):
            self.env.process(self._settle_stop(number))
        for number in range(len(self.model.firsts)):
            self.env.process(self._settle_first(number))
        self.env.run()
        return [_state(event) for event in self.finished]

    def ends(self) -> list[float]:
        """When each stop comes."""
        by_hit = dict(zip(self.model.stops, self.stop_settled, strict=True))
        return [
            float(_value(by_hit[number])) if number in by_hit else at
            for number, at in enumerate(self.model.dated(self.iteration, self.known_ends))
        ]

    def hit(self) -> list[tuple[int, int]]:
        """The row that each hit on one of several rows fell on, by number."""
        return [(number, row) for number, row, _ in self.met()]

    def met(self) -> list[tuple[int, int, Amounts]]:
        """The same, with what each hit did."""
        settled: list[dict[int, Amounts]] = [_value(event) for event in self.first_settled]
        return [
            (number, row, amounts)
            for number, won in enumerate(settled)
            for row, amounts in won.items()
        ]

    def _live(self, row: int) -> Life:
        """Wait for what a row waits for, then start it and work it off."""
        model = self.model
        done = model.done[row]
        firsts = model.firsts_of(row, sum(place <= row for place, _ in model.firsts))
        yield self._all(self._before(row, done), self.stop_settled[:done])
        yield self._all([self.first_settled[number] for number in firsts])
        placed = self.rules.placed(row, done, self._met(row, firsts))
        state = self.rules.stopped(row, placed, self._end(row, done), done)
        self.known[row][0].succeed(state)
        for stage, number in enumerate(model.hit_by[row], start=1):
            done = number + 1
            yield self._all(self._before(row, done), self.stop_settled[:done])
            state = self.rules.stopped(row, state, self._end(row, done), done)
            self.known[row][stage].succeed(state)
        yield from self._until(state.asked)
        yield from self._until(state.start)
        self.started[row].succeed(state)
        yield from self._until(state.finish)
        self.finished[row].succeed(state)

    def _span(self, row: int) -> Life:
        """Last from the first start to the last finish of the rows spanned that exist (rule 8)."""
        inner, done = self.model.network.spanned.get(row, ()), len(self.model.stops)
        yield self._all(
            [self.started[base] for base, _ in inner],
            [self.finished[last] for _, last in inner],
            self._before(row, done),
        )
        state = self.rules.span(row, done)
        self.started[row].succeed(state)
        self.finished[row].succeed(state)

    def _settle_stop(self, number: int) -> Life:
        """Stop a project at the earliest start of the rows by which it is hit."""
        stop = self.durations.stops[self.model.stops[number]]
        hits = [self._row_known(row, SS, number) for row in self.model.hits_of(stop)]
        yield self._all(hits)
        starts = [state.start for state in map(_state, hits) if state.exists]
        first = min(starts, default=float("inf"))
        occurs = False
        if stop.occurs is not None and stop.thresholds is not None:
            in_force = bisect_right(stop.thresholds.tolist(), first)
            occurs = bool(stop.occurs[in_force, self.iteration])
        self.stop_settled[number].succeed(first if occurs else float("inf"))

    def _settle_first(self, number: int) -> Life:
        """Find the row that becomes ready first, and what the hit does to it."""
        place, first = self.model.firsts[number]
        hit = self.durations.firsts[first]
        done = self.model.done[place]
        earlier = {int(row): self.model.firsts_of(int(row), number) for row in hit.candidates}
        for row, firsts in earlier.items():
            yield self._all(self._before(row, done), [self.first_settled[n] for n in firsts])
        ready: list[tuple[float, int, float]] = []
        for candidate, (row, firsts) in enumerate(earlier.items()):
            if self.rules.exists(row, done):
                at, begins = self.rules.judged(row, done, self._met(row, firsts))
                ready.append((at, candidate, begins))
        won: dict[int, Amounts] = {}
        if ready:
            _, candidate, begins = min(ready)
            won[int(hit.candidates[candidate])] = self.rules.amounts(hit, candidate, begins)
        self.first_settled[number].succeed(won)

    def _until(self, instant: float) -> Life:
        if instant > self.env.now:
            yield self.env.timeout(instant - self.env.now)

    def _all(self, *groups: list[Event]) -> Event:
        return AllOf(self.env, [event for group in groups for event in group])

    def _row_known(self, row: int, kind: int, done: int) -> Event:
        """The event that tells the start or the finish of a row, as `done` stops left it."""
        hits = self.model.hit_by[row]
        stage = bisect_left(hits, done)
        if stage < len(hits):
            return self.known[row][stage]
        return self.finished[row] if kind in (FS, FF) else self.started[row]

    def _before(self, row: int, done: int) -> list[Event]:
        """What must be known before a row is: its links, and what its conditions read."""
        kinds, model = self.model.network.links.kind, self.model
        linked = [(pred, int(kinds[link])) for link, pred in model.links[row]]
        return [self._row_known(other, kind, done) for other, kind in linked + model.reads[row]]

    def _met(self, row: int, firsts: list[int]) -> list[Amounts]:
        """What those of some hits did to a row for which it was the first to be ready."""
        settled: list[dict[int, Amounts]] = [_value(self.first_settled[n]) for n in firsts]
        return [won[row] for won in settled if row in won]

    def _end(self, row: int, done: int) -> float:
        """When a row's project ends by the dated stops and the first `done` ones by hit."""
        stops = self.durations.stops
        known = self.model.dated(self.iteration, self.known_ends)
        dated = [at for stop, at in zip(stops, known, strict=True) if stop.rows[row]]
        settled = zip(self.model.stops[:done], self.stop_settled, strict=False)
        by_hit = [float(_value(event)) for stop, event in settled if stops[stop].rows[row]]
        return min([float("inf"), *dated, *by_hit])


def _state(event: Event) -> State:
    state = _value(event)
    assert isinstance(state, State)
    return state


def _value(event: Event) -> Any:
    return event.value
