"""What hits with windows and hits of rates make of one row: rules 16 and 17, all iterations."""

from dataclasses import dataclass, replace

import numpy as np

from simulator.engine.overlap import overlaps, within
from simulator.engine.placing import Placing
from simulator.engine.positions import working
from simulator.engine.rounding import finished_work
from simulator.engine.schedule import Amounts, RateHit, Waits
from simulator.plan.plan import NONE, Bools, Ints
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row stands, each (N,); a row of a board is still to be approved.

    `ready` is the instant asked for, after all waits.
    """

    asked: Floats
    ready: Floats
    start: Floats
    finish: Floats
    position: Floats
    work: Floats


def settle(placing: Placing, row: int, started: Floats | None = None) -> Placed:
    """Place a row as hits fall on it, one after the other.

    With `started` (N,) that is where it stands: its hits only change how long it takes.
    """
    version = placing.version(row, placing.common_waits(row))
    versioned = placing.under(row, version)[1]
    waits = [each for each in (placing.common_waits(row), versioned) if each is not None]
    own = _Settled(placing, row, version, waits)
    for brought in placing.durations.inside.hits.get(row, ()):
        if placing.durations.inside.rates[brought.rate].row != row:
            arrived = placing.arrived(brought.rate, brought.window)
            own.apply(brought.amounts, arrived * placing.exists[row])
    own.ask()
    own.started = started
    start, finish, position = own.run()
    for number, hit in enumerate(placing.durations.inside.windows.get(row, ())):
        between = overlaps(start, placing.end(row, finish), (hit.begin, hit.end))
        fell = between & placing.exists[row] & own.pick(hit.occurs)
        placing.fell[row][number] = fell
        if fell.any():
            own.fall(hit.amounts, fell)
            start, finish, position = own.run()
    placed = Placed(own.asked, own.ready, start, finish, position, own.work)
    work = own.work
    if row in placing.rates_of:
        work, finish = _arrive(placing, own, placed)
    placing.factors[row] = own.factors
    return replace(placed, finish=finish, work=work)


class _Settled:
    """A row's exact work, its delays and its waits as far as they are settled.

    `waits` are those that hold whatever falls. `ready` is the instant after all waits.
    """

    def __init__(
        self, placing: Placing, row: int, version: Ints | None, waits: list[Waits]
    ) -> None:
        self.placing, self.row, self.version, self.waits = placing, row, version, waits
        self.each = np.arange(placing.durations.iterations)
        self.elapsed, self.working = np.zeros(len(self.each)), np.zeros(len(self.each))
        self.waiting = False
        """Whether a wait was among what fell."""
        self.factors: list[Floats] = []
        """What the work was multiplied by, in order, each (N,)."""
        exact = placing.durations.inside.exact[row]
        self.exact, self.delays = self.pick(exact.work), self.pick(exact.delays)
        if exact.repeats != NONE and exact.share is not None:
            for factor in placing.factors.get(exact.repeats, ()):
                self.exact = self.exact * factor
            self.exact = self.exact * exact.share
        self.work = self.asked = self.ready = self.each.astype(np.float64)
        self.position: Floats | None = None
        self.started: Floats | None = None

    def pick(self, values: np.ndarray) -> np.ndarray:
        """The values (N,) of the version that holds."""
        return np.asarray(values[0] if self.version is None else values[self.version, self.each])

    def apply(self, amounts: Amounts, times: Ints) -> None:
        """Let a hit fall so many times, (N,)."""
        if amounts.factor is not None:
            factor = self.pick(amounts.factor)
            for time in range(int(times.max(initial=0))):
                applied = np.where(times > time, factor, 1.0)
                self.factors.append(applied)
                self.exact = self.exact * applied
        if amounts.delay is not None:
            self.delays = self.delays + times * self.pick(amounts.delay)
        if amounts.elapsed is not None:
            self.elapsed = self.elapsed + times * self.pick(amounts.elapsed)
        if amounts.working is not None:
            self.working = self.working + times * self.pick(amounts.working)
        self.waiting |= amounts.elapsed is not None or amounts.working is not None

    def ask(self) -> None:
        """Work, the instant asked for and the instant after all waits, as far as settled."""
        placing, row = self.placing, self.row
        self.work = self.worked()
        plain = not (self.waits or self.waiting) and placing.exists[row].all()
        if plain and placing.simple[row]:
            self.asked, self.position = placing.ask_simply(row)
            self.ready = self.asked
        else:
            self.asked = placing.ask(row, self.work)
            self.ready = self._waited()

    def fall(self, amounts: Amounts, fell: Bools) -> None:
        """Let a hit fall in some iterations; nothing brings the row forward."""
        self.apply(amounts, fell.astype(np.int64))
        self.work = self.worked()
        asks_anew = self.placing.bounded[self.row]
        if asks_anew:
            self.asked = self.placing.ask(self.row, self.work)
        if asks_anew or amounts.elapsed is not None or amounts.working is not None:
            self.ready, self.position = np.maximum(self.ready, self._waited()), None

    def run(self) -> tuple[Floats, Floats, Floats]:
        """Start, finish of the row's own work, and position."""
        placing, rows = self.placing, self.placing.network.rows
        calendar = placing.calendar(self.row)
        if self.started is not None:
            position = working(placing.network, self.row, self.started)
            done = placing.done(self.row, self.started, position, self.work)
            return self.started, done, position
        if self.position is None and calendar is not None and rows.snap[self.row] == NONE:
            self.position = calendar.work_at(self.ready)
        return placing.begin(self.row, self.ready, self.work, self.position)

    def worked(self) -> Floats:
        """Whole milliseconds of work, with the delays of hits on the first row."""
        work = finished_work(self.exact, self.delays)
        for delay, _, _ in self.placing.extra.get(self.row, ()):
            work = np.maximum(work + delay, 0.0)
        return work

    def _waited(self) -> Floats:
        """The instant asked for, moved by every wait."""
        settled = [Waits(self.elapsed, self.working)] if self.waiting else []
        ready = self.asked
        for waits in (*self.waits, *settled):
            ready = self.placing.wait(self.row, ready, waits)
        return ready


def _arrive(placing: Placing, own: _Settled, placed: Placed) -> tuple[Floats, Floats]:
    """Let everything arrive that comes while a row runs; its work and finish then."""
    row, inside = own.row, placing.durations.inside
    rates = placing.rates_of[row]
    hits = [[h for h in inside.hits.get(row, ()) if h.rate == rate] for rate in rates]
    instants = [placing.due(rate, placed.start) for rate in rates]
    order = np.argsort(np.concatenate(instants), axis=0, kind="stable")
    which = np.repeat(np.arange(len(rates)), [len(each) for each in instants])
    due = np.concatenate(instants)
    last = np.cumsum([len(each) for each in instants]) - 1
    windows = np.array([inside.rates[rate].window for rate in rates])
    happened = np.full(due.shape, np.inf)
    spent = np.zeros((len(rates), len(own.each)), dtype=bool)
    work, done = placed.work, placed.finish
    alive = placing.exists[row].copy()
    for place in order:
        at = due[place, own.each]
        alive &= at < placing.end(row, done)
        if not alive.any():
            break
        number = which[place]
        begin, end = windows[number].T
        spent[number, own.each] |= alive & (place == last[number]) & (at <= end)
        comes = alive & (begin <= at) & (at <= end)
        happened[place[comes], own.each[comes]] = at[comes]
        _hit(own, hits, number, np.where(comes, at, np.inf))
        work = own.worked()
        done = placing.done(row, placed.start, placed.position, work)
    parts = np.split(happened, np.cumsum([len(each) for each in instants])[:-1])
    for rate, found, more in zip(rates, parts, spent, strict=True):
        placing.keep_arrivals(rate, found, more)
    return work, done


def _hit(own: _Settled, hits: list[list[RateHit]], which: Ints, at: Floats) -> None:
    """Apply what one arrival in each iteration does to its own row; +inf where none comes."""
    for number, brought in enumerate(hits):
        comes = np.isfinite(at) & (which == number)
        for hit in brought:
            own.apply(hit.amounts, (comes & within(at, hit.window)).astype(np.int64))
