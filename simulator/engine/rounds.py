"""Hits settled inside a schedule in which pools are short, by an engine that settles none itself.

What hits do to a row follows from when the row starts, and has its effect after that. So a schedule
made with a guess of what they do is right up to the first wrong guess, and what they do in that
schedule is a better guess. When it is the guess itself, the schedule is the right one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulator.engine.overlap import within
from simulator.engine.placing import Placing
from simulator.engine.positions import bounded_rows, positions_of
from simulator.engine.rounding import finished_work
from simulator.engine.schedule import (
    NOTHING_INSIDE,
    Durations,
    Inside,
    Schedule,
    UnitsHit,
    UnitsOfRate,
)
from simulator.engine.settling import Placed, settle
from simulator.errors import RunError
from simulator.plan.plan import NONE, Bools, Network
from simulator.plan.work_calendar import Floats

Engine = Callable[[Network, Durations], Schedule]
BY_FIRST, BY_BOARD, BY_BOUNDS = "first", "board", "bounds"
BY_UNBROKEN, BY_WAIT, BY_NO_WORK = "unbroken", "wait", "no_work"
"""Why rounds do not tell what hits do to a row: it may be the first of several that a hit falls on;
it holds units until its board approves; its finish is bound; it is unbroken; a hit with a window
makes it wait, or gives it work where it had none."""


def settled_in_rounds(network: Network, durations: Durations, engine: Engine) -> Schedule | None:
    """Schedule with hits of windows and rates; None where rounds do not tell what they do.

    The engine dispatches, with hits on units alone.
    """
    if not tells(network, durations):
        return None
    rounds = _Rounds(network, durations, engine)
    try:
        return rounds.schedule()
    except RunError:  # perhaps of a wrong guess only
        return None


def tells(network: Network, durations: Durations) -> bool:
    """Whether what hits do shows in a schedule in which they have been done.

    Not where a hit may move the start of a row that waits for pools, and where stops and hits on
    the first of several rows look at what is settled inside.
    """
    return not (durations.stops or unclear_rows(network, durations))


def unclear_rows(network: Network, durations: Durations) -> dict[int, str]:
    """The rows for which rounds do not tell what hits do, and why: one of the words above."""
    inside, unfolding, bounded = durations.inside, network.unfolding, bounded_rows(network)
    arriving = {rate.row for rate in inside.rates}
    candidates = {row for first in durations.firsts for row in first.candidates.tolist()}
    found = dict.fromkeys(sorted((inside.exact.keys() | arriving) & candidates), BY_FIRST)
    for row in sorted(inside.exact.keys() & set(_needing(network))):
        if row in unfolding.board_tasks and row in arriving:
            found[row] = BY_BOARD
        elif bool(bounded[row]) and row in inside.windows:
            found[row] = BY_BOUNDS
        elif row in unfolding.unbroken:
            found[row] = BY_UNBROKEN
        elif _waits_for(durations, row):
            found[row] = BY_WAIT
        elif _may_begin_to_work(durations, row):
            found[row] = BY_NO_WORK
    return found


def _waits_for(durations: Durations, row: int) -> bool:
    """Whether a window moves the start of a row by a wait."""
    amounts = [hit.amounts for hit in durations.inside.windows.get(row, ())]
    return any(each.elapsed is not None or each.working is not None for each in amounts)


def _may_begin_to_work(durations: Durations, row: int) -> bool:
    """Whether a window moves the start of a row by work where there was none."""
    if row not in durations.inside.windows:
        return False
    exact = durations.inside.exact[row]
    return not finished_work(exact.work, exact.delays).all()


@dataclass(frozen=True, slots=True)
class _Guess:
    """What hits do: work and ready instants of rows (R, N), and arrivals of rates (A, N) each.

    `told` is whether the schedule could be made with it: every row is ready and starts as judged.
    """

    work: Floats
    ready: Floats
    arrivals: tuple[Floats, ...]
    told: bool = True

    def same(self, other: "_Guess") -> bool:
        pairs = zip(
            (self.work, self.ready, *self.arrivals),
            (other.work, other.ready, *other.arrivals),
            strict=True,
        )
        return all(np.array_equal(one, two) for one, two in pairs)


class _Rounds:
    def __init__(self, network: Network, durations: Durations, engine: Engine) -> None:
        self.durations, self.engine, self.original = durations, engine, network
        self.rows = sorted(durations.inside.exact)
        self.needing = set(_needing(network))
        dates = len(durations.dates)
        floors = tuple((row, False, dates + k) for k, row in enumerate(self.rows))
        self.network = replace(network, floor_variables=(*network.floor_variables, *floors))
        exact = durations.inside.exact
        self.bare = replace(
            durations,
            waits={row: each for row, each in durations.waits.items() if row not in exact},
            versions={row: each for row, each in durations.versions.items() if row not in exact},
            inside=NOTHING_INSIDE,
        )

    def schedule(self) -> Schedule | None:
        """The schedule whose hits are those that it was made with; None if none is found."""
        inside, count = self.durations.inside, self.durations.iterations
        shape = (len(self.rows), count)
        arrivals = tuple(np.full(rate.since.shape, np.inf) for rate in inside.rates)
        guess = _Guess(self.durations.work[self.rows].reshape(shape), np.zeros(shape), arrivals)
        for _ in range(2 * (len(self.rows) + len(inside.rates)) + 2):
            found = self.engine(self.network, self._with(guess))
            judged, schedule = self._judged(found)
            if judged.same(guess):
                return schedule if judged.told else None
            guess = judged
        return None

    def _with(self, guess: _Guess) -> Durations:
        """The durations of a guess."""
        work = self.bare.work.copy()
        work[self.rows] = guess.work
        inside = self.durations.inside
        arriving = [
            change
            for lost in inside.lost
            for arrival in guess.arrivals[lost.rate]
            if np.isfinite(arrival).any()
            for change in (self._change(lost, arrival),)
        ]
        return replace(
            self.bare,
            work=work,
            dates=np.concatenate((self.bare.dates, guess.ready)),
            inside=Inside(units=(*inside.units, *arriving)),
        )

    def _change(self, lost: UnitsOfRate, arrival: Floats) -> UnitsHit:
        """What one arrival in each iteration does to a pool."""
        comes = np.isfinite(arrival) & within(arrival, lost.window)
        begin = np.where(comes, arrival, 0.0)
        for_ever = ~np.isfinite(lost.lasts)
        lasts = np.where(for_ever, 0.0, lost.lasts)
        end = begin + lasts
        if lost.calendar != NONE:
            end = self.network.calendar(lost.calendar).shift(begin, lasts)
        version = np.searchsorted(lost.thresholds, begin, side="right")
        units = lost.units[version, np.arange(len(begin))]
        end = np.where(for_ever, np.inf, end)
        return UnitsHit(lost.pool, units, np.where(comes, begin, np.inf), end)

    def _judged(self, found: Schedule) -> tuple[_Guess, Schedule]:
        """What hits do in a schedule, and the schedule with it."""
        placing = Placing(self.original, self.durations)
        for name in ("start", "finish", "exists", "work"):
            getattr(placing, name)[:] = getattr(found, name)
        placing.position[:] = positions_of(self.original, found)
        asked = found.asked.copy()
        shape = (len(self.rows), self.durations.iterations)
        work, ready, told = np.zeros(shape), np.zeros(shape), True
        for row in sorted({*self.rows, *placing.rates_of}):
            if row not in self.durations.inside.exact:
                placing.arrive(row)
                continue
            there, k = found.exists[row], self.rows.index(row)
            placed = settle(placing, row, found.start[row] if row in self.needing else None)
            told &= bool(np.all(self._as_judged(row, found, placed) | ~there))
            work[k] = np.where(there, placed.work, 0.0)
            ready[k] = np.where(there, placed.ready, 0.0)
            asked[row] = np.where(there, placed.asked, found.asked[row])
        arrivals = tuple(placing.arrivals)
        chosen = {
            row: (placing.chosen if row in placing.chosen else found.chosen)[row]
            for row in self.durations.versions
        }
        schedule = replace(found, asked=asked, chosen=chosen, fell=placing.fell, arrivals=arrivals)
        return _Guess(work, ready, arrivals, told), schedule

    def _as_judged(self, row: int, found: Schedule, placed: Placed) -> Bools:
        """Where a row became ready when it should have, and started from then on, or right then."""
        start = found.start[row]
        begins = start >= placed.ready if row in self.needing else start == placed.start
        if row in self.needing:
            begins = begins & ~self._asked_too_soon(row, found, placed)
        return np.asarray((found.asked[row] == placed.ready) & begins)

    def _asked_too_soon(self, row: int, found: Schedule, placed: Placed) -> Bools:
        """Where hits took all work of a row that asks where it works: without work it asks always,
        but what falls is only known in its turn."""
        exact, rows, start = self.durations.inside.exact[row], self.network.rows, found.start[row]
        worked = (finished_work(exact.work, exact.delays) > 0).any(axis=0)
        taken = worked & ~(placed.work > 0)
        index = int(rows.calendar[row] if rows.calendar[row] != NONE else rows.snap[row])
        if index == NONE or not taken.any():
            return np.zeros(len(start), dtype=bool)
        calendar = self.network.calendar(index)
        at_once = (start == placed.ready) & (calendar.start_at(calendar.work_at(start)) == start)
        return np.asarray(taken & ~at_once)


def _needing(network: Network) -> list[int]:
    """The rows that need units of a finite pool."""
    pools = network.pools
    return [] if pools is None else np.flatnonzero(np.diff(pools.first)).tolist()
