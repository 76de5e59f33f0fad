"""One iteration with shared pools: every row a process, and a dispatcher that gives turns.

It follows rules 12 to 15 of `simulator.engine.schedule` in time. What happens at one instant
happens in the order of priorities: what SimPy schedules by itself - finishes, rows that become
known, ready or start, in cascade - comes before hits that fall on the first row to be ready, these
before the turns of the rows that ask, and the last to go are rows without work that asked in vain
at the stop of their project. What any of them brings about begins at the top again.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from simpy import AllOf, AnyOf, Environment, Event
from simpy.events import EventPriority

from simulator.engine.schedule import FirstHit
from simulator.engine.simpy_hits import NEVER, Change, Hits
from simulator.engine.simpy_model import Model
from simulator.engine.simpy_pools import PoolState
from simulator.engine.simpy_rules import Amounts, Rules, State, Wanted
from simulator.errors import RunError

Life = Generator[Event, object, None]

EVENTS, HITS, TURNS, STOPS = map(EventPriority, (1, 2, 3, 4))
"""Priorities at one instant; the first is SimPy's own."""
BEGINNING = -(2.0**50)
"""From when on rows are known that wait for nothing: hard dates may lie before program start."""


class Turn(NamedTuple):
    """A turn that a row had in vain."""

    at: float
    row: int
    short: tuple[int, ...]
    """The pools that were short."""
    charged: int
    """The one that its waiting is charged to from now on."""
    holders: tuple[tuple[int, ...], ...]
    """For each pool that was short, the rows that held units of it."""


@dataclass(slots=True)
class Ask:
    """A row that asks for units, and how long it waited for which pool."""

    row: int
    wanted: Wanted
    granted: Event
    since: float
    charged: int | None = None
    short: tuple[int, ...] = ()
    waited: dict[int, float] = field(default_factory=dict)


class Moment(Event):
    """What comes at an instant, after all of a lower priority that comes then."""

    def __init__(self, env: Environment, priority: EventPriority, at: float) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, priority, at - env.now)


class Dispatch:
    """The environment of one iteration, the events its rows wait for, and who asks.

    `ends` are the stops that are known from an earlier attempt, and when they come; `tell` hears
    of turns in vain.
    """

    def __init__(
        self,
        model: Model,
        iteration: int,
        pools: PoolState,
        ends: dict[int, float],
        tell: Callable[[Turn], None],
    ) -> None:
        self.model, self.iteration, self.pools, self.tell = model, iteration, pools, tell
        self._ends = model.dated(iteration, ends)
        self.env = env = Environment(BEGINNING)
        self.settled = [env.event() for _ in model.links]
        """Each row once it starts, or once it is known to be absent."""
        self.asking: list[Ask] = []
        self.served: dict[int, Ask] = {}
        self.bids: list[dict[int, Event]] = [{} for _ in model.firsts]
        """For each hit on one of several rows: the candidates that are ready."""
        self.won: dict[int, int] = {}
        """The candidate on which each of these hits fell."""
        self.fallen: dict[int, tuple[int, Amounts]] = {}
        """The same with what it did, where that candidate is there."""
        self.due: set[tuple[EventPriority, float]] = set()
        self.rules = Rules(
            model.network,
            model.durations,
            model.calendars,
            model.links,
            iteration,
            lambda row, kind, done: self._seen(row),
            Hits(model.durations.inside, iteration, model.calendars),
        )

    def lived(self) -> list[State]:
        """Run the iteration to its end; the rows as they came out."""
        spans = self.model.network.rows.span.tolist()
        for row, span in enumerate(spans):
            if not span:
                self.env.process(self._live(row))
        for at in self.pools.steps():
            self._plan(TURNS, at, self._give_turns)
        for change in self.rules.hits.changes():
            self._change(change)
        self.env.run()
        if self.asking:
            raise self._waits_for_ever(self.asking[0])
        return [
            self.rules.span(row, 0) if span else self._seen(row) for row, span in enumerate(spans)
        ]

    def ends(self) -> list[float]:
        """When each stop comes."""
        return self._ends

    def hit(self) -> list[tuple[int, int]]:
        """The row that each hit on one of several rows fell on, by number."""
        return list(self.won.items())

    def met(self) -> list[tuple[int, int, Amounts]]:
        """The same for rows that are there, with what each hit did."""
        return [(number, row, amounts) for number, (row, amounts) in self.fallen.items()]

    def waited(self) -> tuple[list[float], list[int]]:
        """How long rows waited for each of their needs (K,), and the bits of `short` (T,)."""
        asks = [self.served.get(row) for row in range(len(self.settled))]
        waited = [
            0.0 if ask is None else ask.waited.get(pool, 0.0)
            for ask, needs in zip(asks, self.pools.needs, strict=True)
            for pool, _ in needs
        ]
        return waited, [0 if ask is None else sum(1 << p for p in ask.short) for ask in asks]

    # -- rows ------------------------------------------------------------------------------------

    def _live(self, row: int) -> Life:
        """Wait until a row is known, ready and served; then start it and work it off."""
        before = [pred for _, pred in self.model.links[row]]
        before += [read for read, _ in self.model.reads[row]]
        yield AllOf(self.env, [self.settled[other] for other in before])
        wanted = yield from self._becoming(row)
        if wanted is None:
            return
        yield from self._until(self.rules.begun(row, wanted.ready, wanted).start)
        if self.pools.needs[row]:
            wanted = yield from self._asking_for_units(row, wanted)
        if wanted is None:
            return
        state = self._stopped(row, self.rules.begin(row, wanted))
        for change in self.rules.hits.changes_by(row):
            self._change(change)
        self.settled[row].succeed(state)
        if self.pools.needs[row]:
            yield from self._until(state.finish)
            self.pools.give_back(row)
            self._plan(TURNS, self.env.now, self._give_turns)

    def _becoming(self, row: int) -> Generator[Event, object, Wanted | None]:
        """What a row that has become known wants, once all hits that may fall on it have fallen.

        A row that will be absent is settled at once; it may still be the first that a hit finds.
        """
        known, met = self.env.now, list[Amounts]()
        if not self.rules.exists(row, 0):
            self.settled[row].succeed(self.rules.absent(row, 0, met, known))
            return None
        wanted = self._starting(row, self.rules.wanted(row, 0, met, known))
        for number in self.model.firsts_of(row, len(self.model.firsts)):
            ready, _ = self.rules.judged(row, 0, met, known)
            yield from self._until(ready)
            if number not in self.won:
                yield self._bid(number, row)
            if self.won[number] == row:
                met.append(self._amounts(number, row, met))
        if wanted is None:
            return None
        if met:
            wanted = self.rules.wanted(row, 0, met, self.env.now)
        while not self.pools.needs[row] and self.rules.has_windows(row, wanted):
            wanted = self.rules.after_window(row, 0, wanted)
        return self._starting(row, wanted)

    def _starting(self, row: int, wanted: Wanted) -> Wanted | None:
        """What a row wants; None if a stop keeps it from starting, which settles it."""
        state = self._stopped(row, self.rules.begun(row, wanted.ready, wanted))
        if state.exists:
            return wanted
        self.settled[row].succeed(state)
        return None

    def _asking_for_units(
        self, row: int, wanted: Wanted
    ) -> Generator[Event, object, Wanted | None]:
        """Ask for units until they are granted; None if the row's project stops before."""
        ask = Ask(row, wanted, self.env.event(), self.env.now)
        self.asking.append(ask)
        self._plan(TURNS, self.env.now, self._give_turns)
        end = self._end(row)
        if end < NEVER:
            stop = Moment(self.env, EVENTS if wanted.work > 0 else STOPS, end)
            yield AnyOf(self.env, [ask.granted, stop])
        else:
            yield ask.granted
        if ask.granted.triggered:
            return ask.wanted
        self.asking.remove(ask)
        state = self.rules.begun(row, self.env.now, ask.wanted)
        self.settled[row].succeed(self.rules.kept_from_starting(row, state, 0))
        return None

    # -- hits ------------------------------------------------------------------------------------

    def _bid(self, number: int, row: int) -> Event:
        """Be a candidate that is ready now; the event that tells that the hit has fallen."""
        event = self.bids[number][row] = self.env.event()
        self._plan(HITS, self.env.now, self._let_hit)
        return event

    def _let_hit(self) -> None:
        """Let the first hit that finds candidates fall on the one that is declared first."""
        open_bids = [number for number, bids in enumerate(self.bids) if bids]
        number = open_bids[0]
        bids, self.bids[number] = self.bids[number], {}
        self.won[number] = min(bids, key=self._candidates(number).index)
        for event in bids.values():
            event.succeed()
        if open_bids[1:]:
            self._plan(HITS, self.env.now, self._let_hit)

    def _amounts(self, number: int, row: int, met: list[Amounts]) -> Amounts:
        """What a hit does to the row on which it falls now."""
        _, begins = self.rules.judged(row, 0, met, self.env.now)
        candidate = self._candidates(number).index(row)
        amounts = self.rules.amounts(self._hit(number), candidate, begins)
        self.fallen[number] = row, amounts
        return amounts

    def _candidates(self, number: int) -> list[int]:
        return [int(row) for row in self._hit(number).candidates]

    def _hit(self, number: int) -> FirstHit:
        return self.model.durations.firsts[self.model.firsts[number][1]]

    # -- turns -----------------------------------------------------------------------------------

    def _give_turns(self) -> None:
        """Give a turn to each row that may start now, and go on until nothing happens any more."""
        now = self.env.now
        for ask in sorted(self.asking, key=lambda ask: self.pools.order[ask.row]):
            start = self.rules.begun(ask.row, max(now, ask.wanted.ready), ask.wanted).start
            if start > now:
                self._plan(TURNS, start, self._give_turns)
            else:
                self._turn(ask)

    def _turn(self, ask: Ask) -> None:
        """Grant a row its units, or let it wait."""
        now = self.env.now
        self._charge(ask)
        short = self.pools.short(ask.row, now)
        if short:
            self._let_wait(ask, short)
            return
        ask.wanted = replace(ask.wanted, ready=now)
        while self.rules.has_windows(ask.row, ask.wanted):
            ask.wanted = self.rules.after_window(ask.row, 0, ask.wanted)
            start = self.rules.begun(ask.row, ask.wanted.ready, ask.wanted).start
            if start > now:
                ask.charged, ask.short = None, ()
                self._plan(TURNS, start, self._give_turns)
                return
        if self.rules.begun(ask.row, now, ask.wanted).finish > now:
            self.pools.hold(ask.row)
        self.asking.remove(ask)
        self.served[ask.row] = ask
        ask.granted.succeed()
        self._plan(TURNS, now, self._give_turns)

    def _let_wait(self, ask: Ask, short: tuple[int, ...]) -> None:
        """Charge what a row waits from now on to the pool it waited for, or to the first short."""
        if ask.charged not in short:
            ask.charged = short[0]
        ask.short = short
        holders = tuple(self.pools.holders(pool) for pool in short)
        self.tell(Turn(self.env.now, ask.row, short, ask.charged, holders))

    def _change(self, change: Change) -> None:
        """Let a pool have more or fewer units for some time, and give turns when that changes."""
        self.pools.change(change)
        for at in (change.begin, change.end):
            if at < NEVER:
                self._plan(TURNS, at, self._give_turns)

    def _charge(self, ask: Ask) -> None:
        """Charge a row's waiting so far."""
        if ask.charged is not None:
            more = self.rules.work_between(ask.row, ask.since, self.env.now)
            ask.waited[ask.charged] = ask.waited.get(ask.charged, 0.0) + more
        ask.since = self.env.now

    def _waits_for_ever(self, ask: Ask) -> RunError:
        name = self.model.network.rows.ids[ask.row]
        missing = " and ".join(self.pools.ids[pool] for pool in ask.short)
        return RunError(
            f"{name} waits for ever: there are never enough units of {missing} again; expected a"
            " pool that has them in the end"
        )

    # -- time ------------------------------------------------------------------------------------

    def _until(self, instant: float) -> Life:
        if instant > self.env.now:
            yield self.env.timeout(instant - self.env.now)

    def _plan(self, priority: EventPriority, at: float, what: Callable[[], None]) -> None:
        """Do something at an instant once all of lower priority is done; once is enough."""
        if (priority, at) in self.due:
            return
        self.due.add((priority, at))

        def do(_: Event) -> None:
            self.due.remove((priority, at))
            what()

        moment = Moment(self.env, priority, at)
        assert moment.callbacks is not None
        moment.callbacks.append(do)

    def _stopped(self, row: int, state: State) -> State:
        return self.rules.stopped(row, state, self._end(row), 0)

    def _end(self, row: int) -> float:
        """When a row's project ends."""
        stops = zip(self.model.durations.stops, self._ends, strict=True)
        return min([NEVER, *(at for stop, at in stops if stop.rows[row])])

    def _seen(self, row: int) -> State:
        state = self.settled[row].value
        assert isinstance(state, State)
        return state
