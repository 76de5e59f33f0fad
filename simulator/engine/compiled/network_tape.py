"""A network flattened to a few arrays that kernels read, and how each row may be placed.

Few arrays, because each one that a kernel takes costs compile time; fields are rows of them.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import calendar_tape
from simulator.engine.compiled.unfold_tape import unfolded
from simulator.plan.plan import FF, FS, NONE, SF, Bools, Network
from simulator.plan.work_calendar import Floats

Ints = npt.NDArray[np.int32]

LEAN, PLAIN, QUICK, SINGLY, SPAN = range(5)
"""How a row is placed: behind finishes of its own calendar, of which nothing but its end is wanted
or everything; by positions in working time; each
iteration by every rule; after all others."""

(MODE, CALENDAR, UNIT_CALENDAR, SNAP, FIRST, LAST, PASSES, LATE, SUMS, ELAPSED, WORKING, VERSION,
 FLOORS, FLOORS_END, SLOTS, SLOTS_END, GATES, GATES_END, STOPS, STOPS_END, ALWAYS, WORKS,
 INSTANTS, BOARD, UNBROKEN, CONDITIONS, CONDITIONS_END) = range(27)  # fmt: skip
"""Fields of a row. `PASSES`: without work it stands where its one link puts it. `LATE`: 1 if it may
be stopped, and 2 if its driving links are found after all stops are settled. `SUMS`: its finishes
are summed for where they meet others. `ELAPSED`, `WORKING`: its waits in the amounts, -1 without.
`WORKS`: it is there and has work in every iteration, whatever happens. `INSTANTS`: without work in
any lane it may be placed by the clock. `BOARD`, `UNBROKEN`: see `unfold_tape`, 0 where neither.
Pairs are ranges in the lists."""
(PRED, FROM_FINISH, TO_FINISH, DIRECT, LAG_DRAWN, LAG_DRAWN_SHARE, SHARE_OF, LAG_CALENDAR,
 LAGGED) = range(9)  # fmt: skip
"""Fields of a link. `DIRECT`: it runs in the one calendar of both its rows."""
START_FLOOR, START_FLOOR_WORK, FINISH_FLOOR, START_CAP, FINISH_CAP = range(5)
LAG, LAG_SHARE = range(2)
(END_GATES, END_GATES_END, HITS, STOP_HITS, SPANS, SPANS_END, FIRST_SLOTS, STOP_COUNT,
 VERSION_COUNT, AT_FIRST_DELAY, AT_FIRST_ELAPSED, AT_FIRST_WORKING, AT_VERSION_WORK,
 AT_VERSION_ELAPSED, AT_VERSION_WORKING, AT_STOP, AT_OCCURS, AT_MEETING,
 AMOUNTS) = range(19)  # fmt: skip
"""The head of the lists: ranges in them, counts, and rows of the amounts."""
STOP_GATE, FIRST_GATE = 0, 1


class NetworkTape(NamedTuple):
    """Rows (fields, T), links (fields, L) and calendars."""

    rows: Ints
    floors: Floats
    links: Ints
    lags: Floats
    lists: Ints
    thresholds: Floats
    """When dated mitigations come into force."""
    numbers: Floats
    places: Ints


class Layout(NamedTuple):
    """What the durations of a plan hold, which decides what each row of the amounts is.

    The amounts (A, B) are, in this order: elapsed waits, working waits, drawn lags, drawn dates,
    then for each epoch the delays, elapsed and working waits of hits on the first of several
    rows; for each epoch work, elapsed and working waits of rows under dated mitigations; when
    each stop comes; for each epoch whether a stop by the start of rows occurs; how long each row
    of a board waited for its meetings.
    """

    elapsed: tuple[int, ...] = ()
    """Rows with elapsed waits, in order."""
    working: tuple[int, ...] = ()
    lags: int = 0
    dates: int = 0
    firsts: tuple[Ints, ...] = ()
    """Candidates of each `apply: first` hit."""
    versioned: tuple[int, ...] = ()
    stops: tuple[tuple[Bools, Ints | None], ...] = ()
    """For each: the rows (T,) that it ends, and the rows that bring it about by their start."""
    thresholds: tuple[float, ...] = ()
    meetings: int = 0
    """How many rows end at meetings."""


class _Lists:
    """Lists of different lengths, one after the other behind a head."""

    def __init__(self) -> None:
        self.values: list[int] = [0] * (AMOUNTS + 1)

    def add(self, values: list[int]) -> tuple[int, int]:
        """Append a list; where it begins and ends."""
        begin = len(self.values)
        self.values += values
        return begin, len(self.values)

    def ranges(self, owners: list[int], values: list[int], count: int) -> tuple[Ints, Ints]:
        """Append values sorted by their owners; the range of each of `count` owners."""
        bounds = np.searchsorted(owners, np.arange(count + 1)) + len(self.values)
        self.values += values
        return bounds[:-1].astype(np.int32), bounds[1:].astype(np.int32)


def network_tape(
    network: Network, always: Bools, layout: Layout, positive: Bools | None = None
) -> NetworkTape:
    """Flatten a network.

    `always` (T,) says which rows exist in every iteration, before stops; `positive` (T,) which are
    known to have work before any delay.
    """
    lists, rows = _Lists(), network.rows
    table = np.zeros((CONDITIONS_END + 1, len(rows)), dtype=np.int32)
    table[CALENDAR], table[UNIT_CALENDAR] = rows.calendar, rows.unit_calendar
    table[SNAP], table[ALWAYS] = rows.snap, always
    table[ALWAYS, list(network.unfolding.conditions)] = 0
    table[FIRST], table[LAST] = network.links.first[:-1], network.links.first[1:]
    table[[ELAPSED, WORKING, VERSION]] = NONE
    lag_at, date_at = _amounts(table, lists, layout)
    if network.stop_before or network.settle_before or layout.firsts or layout.stops:
        _gates(table, lists, network, layout)
    if network.floor_variables:
        floors = sorted(network.floor_variables)
        table[FLOORS], table[FLOORS_END] = lists.ranges(
            [row for row, _, _ in floors],
            [2 * (date_at + variable) + int(ends) for _, ends, variable in floors],
            len(rows),
        )
    calendars = calendar_tape(network.calendars)
    more = unfolded(network, lists.add, (date_at, lists.values[AT_MEETING]), len(calendars.numbers))
    table[BOARD:] = more.columns
    links = _links(network, lag_at)
    _modes(table, network, links)
    if positive is not None:
        table[WORKS] = positive & always & (table[LATE] == 0) & (table[MODE] < SINGLY)
        table[WORKS] &= table[SLOTS] == table[SLOTS_END]
    spans = [
        [row, len(inner), *(value for pair in inner for value in pair)]
        for row, inner in network.spanned.items()
    ]
    lists.values[SPANS], lists.values[SPANS_END] = lists.add([v for one in spans for v in one])
    start = np.maximum(rows.start_floor, 0.0)
    return NetworkTape(
        rows=table,
        floors=np.array(
            [start, _in_work(network, start), rows.finish_floor, rows.start_cap, rows.finish_cap]
        ),
        links=links,
        lags=np.array([network.links.lag, network.links.lag_share]).reshape(2, -1),
        lists=np.array(lists.values, dtype=np.int32),
        thresholds=np.array(layout.thresholds, dtype=np.float64),
        # The calendars' numbers are many, and shared by all plans that use them.
        numbers=np.concatenate([calendars.numbers, more.numbers])
        if len(more.numbers)
        else calendars.numbers,
        places=calendars.places,
    )


def _amounts(table: Ints, lists: _Lists, layout: Layout) -> tuple[int, int]:
    """Lay out the amounts; where lags and dates begin."""
    epochs = len(layout.thresholds) + 1
    slots, stops = sum(map(len, layout.firsts)), len(layout.stops)
    table[ELAPSED, list(layout.elapsed)] = np.arange(len(layout.elapsed))
    table[WORKING, list(layout.working)] = len(layout.elapsed) + np.arange(len(layout.working))
    table[VERSION, list(layout.versioned)] = np.arange(len(layout.versioned))
    lag_at = len(layout.elapsed) + len(layout.working)
    date_at = lag_at + layout.lags
    at = date_at + layout.dates
    sizes = {
        AT_FIRST_DELAY: epochs * slots,
        AT_FIRST_ELAPSED: epochs * slots,
        AT_FIRST_WORKING: epochs * slots,
        AT_VERSION_WORK: epochs * len(layout.versioned),
        AT_VERSION_ELAPSED: epochs * len(layout.versioned),
        AT_VERSION_WORKING: epochs * len(layout.versioned),
        AT_STOP: stops,
        AT_OCCURS: epochs * stops,
        AT_MEETING: layout.meetings,
    }
    for head, size in sizes.items():
        lists.values[head] = at
        at += size
    lists.values[AMOUNTS] = at
    lists.values[FIRST_SLOTS], lists.values[STOP_COUNT] = slots, stops
    lists.values[VERSION_COUNT] = len(layout.versioned)
    return lag_at, date_at


def _gates(table: Ints, lists: _Lists, network: Network, layout: Layout) -> None:
    """What is settled between rows: (kind, index) in order; candidates, and who brings stops."""
    count = len(network.rows)
    events = [
        *((place, STOP_GATE, stop) for place, own in network.stop_before.items() for stop in own),
        *((place, FIRST_GATE, hit) for place, own in network.settle_before.items() for hit in own),
    ]
    events.sort()
    bounds = 2 * np.searchsorted([place for place, _, _ in events], np.arange(count + 2))
    bounds += lists.add([value for _, kind, index in events for value in (kind, index)])[0]
    table[GATES], table[GATES_END] = bounds[:count], bounds[1 : count + 1]
    lists.values[END_GATES], lists.values[END_GATES_END] = bounds[count], bounds[count + 1]
    offsets = np.cumsum([0, *map(len, layout.firsts)]).tolist()
    places = [
        lists.add([offsets[hit], *candidates.tolist()])
        for hit, candidates in enumerate(layout.firsts)
    ]
    lists.values[HITS] = lists.add([value for pair in places for value in pair])[0]
    owned = [
        (row, offsets[hit] + place)
        for _, kind, hit in events
        if kind == FIRST_GATE
        for place, row in enumerate(layout.firsts[hit].tolist())
    ]
    owned.sort(key=lambda pair: pair[0])
    table[SLOTS], table[SLOTS_END] = lists.ranges(
        [r for r, _ in owned], [s for _, s in owned], count
    )
    ended = [(int(r), s) for s, (rows, _) in enumerate(layout.stops) for r in np.flatnonzero(rows)]
    ended.sort()
    table[STOPS], table[STOPS_END] = lists.ranges(
        [r for r, _ in ended], [s for _, s in ended], count
    )
    hits = [lists.add([] if rows is None else np.unique(rows).tolist()) for _, rows in layout.stops]
    lists.values[STOP_HITS] = lists.add(
        [v for (low, high), (_, rows) in zip(hits, layout.stops, strict=True)
         for v in (low, high, int(rows is not None))]
    )[0]  # fmt: skip
    links = network.links
    starters = [row for _, rows in layout.stops if rows is not None for row in rows]
    table[LATE] = table[STOPS] < table[STOPS_END]
    late = np.zeros(count, dtype=bool)
    late[starters] = late[links.succ[np.isin(links.pred, starters)]] = True
    table[LATE] += 2 * late


def _links(network: Network, lag_at: int) -> Ints:
    links, calendar = network.links, network.rows.calendar
    always = np.array([each.always for each in network.calendars], dtype=bool)
    lagged = (links.lag != 0) | (links.lag_variable != NONE) | ~np.isnan(links.lag_share)
    lag_calendar = np.where(always[links.calendar], NONE, links.calendar)
    own, other = calendar[links.succ], calendar[links.pred]
    table = np.zeros((LAGGED + 1, len(links.pred)), dtype=np.int32)
    table[PRED] = links.pred
    table[FROM_FINISH] = (links.kind == FS) | (links.kind == FF)
    table[TO_FINISH] = (links.kind == FF) | (links.kind == SF)
    table[DIRECT] = (own == other) & (~lagged | (lag_calendar == own))
    table[LAG_DRAWN] = np.where(links.lag_variable == NONE, NONE, lag_at + links.lag_variable)
    table[LAG_DRAWN_SHARE] = links.lag_drawn_share
    table[SHARE_OF] = links.share_of
    table[LAG_CALENDAR] = lag_calendar
    table[LAGGED] = lagged
    return table


def _modes(table: Ints, network: Network, links: Ints) -> None:
    """How each row may be placed, and what it sums."""
    rows, succ, kind = network.rows, network.links.succ, network.links.kind
    count = len(rows)
    incoming = table[LAST] - table[FIRST]
    loose = (network.links.lag_variable != NONE) | ~np.isnan(network.links.lag_share)
    lag_calendar = links[LAG_CALENDAR]
    elsewhere = loose & (lag_calendar != NONE) & (lag_calendar != rows.calendar[succ])
    lagged = links[LAGGED] != 0

    def led_to(by: Bools) -> Bools:
        """The rows to which some of these links lead."""
        found = np.zeros(count, dtype=bool)
        found[succ[by]] = True
        return found

    hard, varied, to_finish = led_to(elsewhere), led_to(loose), led_to(links[TO_FINISH] != 0)
    capped = (rows.start_cap < np.inf) | (rows.finish_cap < np.inf)
    clock, floors = rows.calendar == NONE, table[FLOORS] < table[FLOORS_END]
    singly = hard | capped | (rows.finish_floor > -np.inf) | (table[VERSION] >= 0)
    singly |= (table[WORKING] >= 0) | ((rows.snap != NONE) & clock & (to_finish | floors))
    singly |= (table[ELAPSED] >= 0) & (to_finish | floors | varied)
    singly[list(network.unfolding.special)] = True
    special = to_finish | floors | (table[ELAPSED] >= 0) | ((rows.snap != NONE) & clock)
    special |= table[SLOTS] < table[SLOTS_END]
    floored = rows.start_floor > 0
    told = (links[DIRECT] == 0) | lagged | (kind != FS)
    plain = ~led_to(told) & ~(floored & (incoming > 1)) & ~special
    table[MODE] = np.where(singly, SINGLY, np.where(plain, PLAIN, QUICK))
    table[MODE, rows.span] = SPAN
    table[PASSES] = (incoming == 1) & led_to(~lagged) & ~floored & ~special & (table[MODE] <= QUICK)
    table[PASSES] &= (rows.snap == NONE) & (not capped.any())
    table[INSTANTS] = (table[MODE] == QUICK) & ~clock & (rows.snap == NONE) & (table[ALWAYS] != 0)
    table[INSTANTS] &= (table[LATE] == 0) & ~varied & ~special & (table[PASSES] == 0)
    merging = (incoming > 1) & (table[MODE] == PLAIN)
    table[SUMS, network.links.pred[merging[succ]]] = 1


def _in_work(network: Network, clock: Floats) -> Floats:
    """Instants (T,) in working time of their rows."""
    found = np.array(clock, dtype=np.float64)
    for index, calendar in enumerate(network.calendars):
        own = network.rows.calendar == index
        if own.any():
            found[own] = calendar.work_at(found[own])
    return found
