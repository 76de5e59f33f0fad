"""What dispatching needs of a network with finite pools, and the desk it is done at."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.memory import blank
from simulator.engine.compiled.network_tape import (
    ALWAYS,
    BOARD,
    ELAPSED,
    FIRST,
    LAST,
    LATE,
    MODE,
    SPAN,
    WORKING,
    Layout,
    NetworkTape,
)
from simulator.plan.plan import FF, FS, NONE, SF, Bools, Network
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats

Ints = npt.NDArray[np.int32]
Wide = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
_WORD = 64
BEGUN, ENDED, KNOWN, DUE, WORKED, PLACED, SINCE, WANTED = range(8)
"""Times of a row: start and finish; since when it is known; when it is to start, nan before that is
settled, and its working time then; its work; since when, in working time, it is short of a need;
what it was asked for."""
LEFT, CHARGED, HOLDS, THERE, RELEASED, RELEASED_END = range(6)
"""Marks of a row: how many of those before it are unknown; the need that its wait is charged to, -1
before; whether it holds units; whether it exists; the part of the log of rows that released what it
waited for."""
FREE, LEVEL, LEAST, NEXT, STEP, BASE, MORE = range(7)
"""Of a pool: units that are free; the row of `fits` for so many, and from how many on it and the
next row hold; its step; units by its steps, and by hits on them."""
FROM, AT_END, LAGS, SAME = range(4)
"""Of a link: the row it comes from, whether from its finish, whether it has a lag, whether the
working time at the end of that row is that of the row it leads to."""
(OPEN, LINKS, LINKS_END, BEHIND, PROMPT, BEHIND_END, NEEDS, NEEDS_END, PLACE,
 TRAITS, BEFORE) = range(11)  # fmt: skip
"""Of a row in `own`: its calendar, -1 for the clock or one that is always open; its links; the rows
that know more once it has started, and from `PROMPT` on once it has finished; its needs; its place,
-1 without needs; what it is like; and the first `CLOSE` rows before it and of those that wait for
its finish alone, the row after the last where there are fewer: how many there are is not to be
foreseen, so that loops over them would cost more than steps that do nothing."""
CLOSE = 3
AFTER = BEFORE + CLOSE
EASY, IS_PROMPT, STOPPABLE, MEETS, DIRECT, LATER = (1 << bit for bit in range(6))
"""What a row is like: it waits for starts of links, dates and risks alone; it is looked at when all
it waits for has finished; it may be stopped; it ends at meetings; its times are read while others
are dispatched; what its links ask for stands in the times of its predecessors, where it is looked
up later."""
TAPE_WIDTHS = {"ends": 4, "own": 16, "marks": 8}
DESK_WIDTHS = {"times": 8, "marks": 8, "pools": 8, "opened": 4, "by_lanes": 3}
"""How wide the last axes of arrays are, of which machine code is made: see `widths`."""
LANES = 8
"""Lanes whose times go to `lanes` together: a cache line of each row."""


class PoolTape(NamedTuple):
    """P pools, R rows with K needs in turn, W words of a bit each, C calendars."""

    ends: Ints
    """(L, 4), see `FROM` and so on."""
    first: Ints
    """(T + 1,): where the needs of each row begin."""
    pool: Ints
    units: Wide
    """(K,) thousandths."""
    step_first: Ints
    step_at: Floats
    step_units: Wide
    row_at: Ints
    """(R,): the row whose turn comes at each place."""
    fits: Bits
    """(levels, W): the rows that may start at each level of a pool."""
    level_units: Wide
    """(levels,): the units from which on each level holds; 0 is the lowest of every pool."""
    level_first: Ints
    """(P + 1,)"""
    gate: Ints
    """(T,): the calendar at whose working instants a row asks, -1 for any instant."""
    gates: Ints
    """(G,): those of them that are not always open."""
    gated: Bits
    """(G, W): the rows of each of these."""
    several: Bits
    """(W,): rows with several needs."""
    own: Ints
    """(T, 16), see `OPEN` and so on."""
    behind: Ints
    """The rows that know more once a row has started, by its links and by conditions that read it,
    and then those that wait for its finish alone."""
    marks: Ints
    """(T, 8): marks before anything happens; those of `roots` wait for nobody."""
    roots: Ints
    uncertain: Ints
    """The rows that may not exist."""
    late: Ints
    """The rows whose times go to `lanes` by and by."""
    hit_of: Ints
    """The `apply: first` hit of each slot."""


class Desk(NamedTuple):
    """What is known of one iteration while it is dispatched."""

    queue_at: Floats
    queue_what: Ints
    counts: Wide
    """Entries of the queue, of the list of what to look at, of the log, of the list of what is due;
    whether `fitting` is out of date."""
    todo: Ints
    due: Ints
    times: Floats
    """(T + 1, 8), see `BEGUN` and so on; the last row is none, and ended before all time."""
    marks: Ints
    """(T + 1, 8), see `LEFT` and so on."""
    short: Wide
    """(T,): bits of the pools that kept a row from starting in its last turn."""
    driven: Bytes
    """(L,): whether a link drives a row that is not `LATER`."""
    clocks: Floats
    """The instants that the links of one row ask for."""
    ready: Bits
    """(W,): rows that may ask; `fresh` since this instant, `idle` without work."""
    asking: Bits
    fresh: Bits
    idle: Bits
    pools: Wide
    """(P, 8), see `FREE` and so on."""
    fitting: Bits
    """(W,): the rows whose needs all fit."""
    opened: Floats
    """(C, 4): the spell of a calendar at the last instant asked for, from when until when it works,
    when it works again, and the work done before."""
    by_lanes: Floats
    """(8, T, 3): position, start and finish of rows in the last lanes."""
    works: Floats
    """(8, T): work of the same lanes."""
    candidate_at: Floats
    settled: Bytes
    log_row: Ints
    """The rows that gave units back, in order, and when."""
    log_at: Floats
    waited: Floats
    """(K,): how long each need was waited for."""
    chains: Bits
    """(targets, T, B / 64)"""
    sums: Wide
    """(2, K): milliseconds waited for each need so far, and in how many iterations."""
    hit_pool: Ints
    """(H,): the pool of each hit on units."""
    hit_units: Wide
    """(H, B): thousandths, from `hit_from` until `hit_until`, which are +inf for never."""
    hit_from: Floats
    hit_until: Floats
    all_waited: Floats
    """(K, B) and (T, B): `waited` and `short` of every lane, where they are wanted."""
    all_short: Wide


def pool_tape(network: Network, pools: Pools, layout: Layout, flat: NetworkTape) -> PoolTape:
    """Flatten the pools of a network that is flattened itself."""
    count, wanted = len(network.rows), pools.rows
    needing = np.unique(wanted)
    row_at = needing[np.argsort(pools.order[needing], kind="stable")].astype(np.int32)
    words = -(-max(len(row_at), 1) // _WORD)
    place_of = np.full(count, NONE, dtype=np.int32)
    place_of[row_at] = np.arange(len(row_at))
    levels = [np.unique(np.append(pools.units[pools.pool == p], 0)) for p in range(len(pools.ids))]
    fits = []
    for pool, level in enumerate(levels):
        need = np.zeros(count, dtype=np.int64)
        own = pools.pool == pool
        need[wanted[own]] = pools.units[own]
        fits += [_bits(need[row_at] <= most, words) for most in level.tolist()]
    gate = _gate(network)
    gates = np.unique(gate[row_at][gate[row_at] != NONE]).astype(np.int32)
    several = np.diff(pools.first)[row_at] > 1
    ends, traits = _ends(network), _traits(network, layout, flat, place_of)
    ends[:, SAME] &= (traits[ends[:, FROM]] & (EASY | STOPPABLE)) == EASY
    opening = _open(network)
    traits |= LATER * _later(network, traits, opening, ends)
    prompt = (traits & IS_PROMPT) != 0
    own = blank(count, TAPE_WIDTHS["own"], dtype=np.int32)
    own[:, OPEN], own[:, PLACE], own[:, TRAITS] = opening, place_of, traits
    own[:, LINKS], own[:, LINKS_END] = flat.rows[FIRST], flat.rows[LAST]
    own[:, NEEDS], own[:, NEEDS_END] = pools.first[:-1], pools.first[1:]
    own[:, BEHIND : BEHIND_END + 1], behind, before = _behind(network, prompt)
    own[:, BEFORE:AFTER] = _close(ends[:, FROM], own[:, LINKS], own[:, LINKS_END])
    own[:, AFTER : AFTER + CLOSE] = _close(behind, own[:, PROMPT], own[:, BEHIND_END])
    marks = blank(count, TAPE_WIDTHS["marks"], dtype=np.int32)
    marks[:, LEFT], marks[:, CHARGED], marks[:, THERE] = before, -1, 1
    spans = flat.rows[MODE] == SPAN
    return PoolTape(
        # Copies: what cannot be written is another kind of argument, and compiled once more.
        ends=ends, first=np.array(pools.first), pool=np.array(pools.pool),
        units=np.array(pools.units), step_first=np.array(pools.step_first),
        step_at=np.array(pools.step_at), step_units=np.array(pools.step_units),
        row_at=row_at,
        level_first=np.cumsum([0, *map(len, levels)]).astype(np.int32),
        level_units=np.concatenate(levels).astype(np.int64),
        fits=np.array(fits, dtype=np.uint64),
        gate=gate, gates=gates,
        gated=np.array([_bits(gate[row_at] == c, words) for c in gates], dtype=np.uint64).reshape(
            -1, words
        ),
        several=_bits(several, words),
        own=own, behind=behind, marks=marks,
        roots=np.flatnonzero((before == 0) & ~spans).astype(np.int32),
        uncertain=np.flatnonzero(flat.rows[ALWAYS] == 0).astype(np.int32),
        late=np.flatnonzero(
            ((traits & (EASY | STOPPABLE | DIRECT)) == EASY) & ~spans
        ).astype(np.int32),
        hit_of=np.array(
            [hit for hit, rows in enumerate(layout.firsts) for _ in rows] or [0], dtype=np.int32
        ),
    )  # fmt: skip


def _ends(network: Network) -> Ints:
    """What links are, see `FROM` and so on; `SAME` where both rows are in one calendar."""
    links, calendar = network.links, network.rows.calendar
    ends = blank(len(links.pred), TAPE_WIDTHS["ends"], dtype=np.int32)
    ends[:, FROM], ends[:, AT_END] = links.pred, (links.kind == FS) | (links.kind == FF)
    ends[:, LAGS] = (links.lag != 0) | (links.lag_variable != NONE) | ~np.isnan(links.lag_share)
    ends[:, SAME] = calendar[links.pred] == calendar[links.succ]
    return ends


def _open(network: Network) -> Ints:
    """The calendar of each row, `NONE` for one that is always open."""
    always = np.array([*(each.always for each in network.calendars), False])
    return np.where(always[network.rows.calendar], NONE, network.rows.calendar).astype(np.int32)


def _gate(network: Network) -> Ints:
    """The calendar at whose working instants each row asks, `NONE` for any instant."""
    rows = network.rows
    always = np.array([*(each.always for each in network.calendars), False])
    gate = np.where(rows.calendar != NONE, rows.calendar, rows.snap)
    return np.where(always[gate], NONE, gate).astype(np.int32)


def _traits(network: Network, layout: Layout, flat: NetworkTape, place_of: Ints) -> Ints:
    """What each row is like."""
    rows, links, ends = flat.rows, network.links, _ends(network)
    easy, stoppable = _easy(network, layout), rows[LATE] != 0
    prompt = easy & (place_of != NONE) & (rows[ALWAYS] != 0) & ~stoppable
    prompt &= (rows[ELAPSED] < 0) & (rows[WORKING] < 0)
    late = (ends[:, AT_END] == 0) | (ends[:, LAGS] != 0) | stoppable[links.pred]
    prompt[links.succ[late]] = False
    # The functions of the pass read what they need of other rows in `lanes`.
    read = stoppable | (rows[BOARD] != 0)
    read[links.pred[~easy[links.succ] | stoppable[links.succ]]] = True
    for own in network.unfolding.conditions.values():
        read[[each.read for each in own]] = True
    found = EASY * easy + IS_PROMPT * prompt + STOPPABLE * stoppable + MEETS * (rows[BOARD] != 0)
    return np.asarray(found + DIRECT * read, dtype=np.int32)


def _later(network: Network, traits: Ints, opening: Ints, ends: Ints) -> Bools:
    """Prompt rows on the clock, or in the calendar of all before them, whose work stays as it is
    when they ask."""
    alike = (opening != NONE) & ((traits & MEETS) == 0)
    alike[network.links.succ[ends[:, SAME] == 0]] = False
    return np.asarray(((traits & IS_PROMPT) != 0) & (alike | (opening == NONE)))


def _easy(network: Network, layout: Layout) -> Bools:
    """Rows that are placed by the latest of their links and floors, moved by waits."""
    rows, links = network.rows, network.links
    found = (rows.finish_floor == -np.inf) & (rows.start_cap == np.inf)
    found &= (rows.finish_cap == np.inf) & (rows.snap == NONE)
    found[links.succ[(links.kind == FF) | (links.kind == SF)]] = False
    found[[row for row, _, _ in network.floor_variables]] = False
    found[[*network.unfolding.conditions, *network.unfolding.unbroken, *layout.versioned]] = False
    for candidates in layout.firsts:
        found[candidates] = False
    return np.asarray(found)


def _bits(flags: npt.NDArray[np.bool_], words: int) -> Bits:
    """Flags as bits of 64-bit words, the first in the lowest."""
    padded = np.zeros(words * _WORD, dtype=bool)
    padded[: len(flags)] = flags
    return np.packbits(padded, bitorder="little").view(np.uint64)


def _behind(network: Network, prompt: Bools) -> tuple[Ints, Ints, Ints]:
    """Who waits to know of whom: where those begin that each row tells when it starts, when it
    finishes, and end (T, 3); all of them; how many each waits for."""
    pairs = list(zip(network.links.pred.tolist(), network.links.succ.tolist(), strict=True))
    for row, conditions in network.unfolding.conditions.items():
        pairs += [(each, row) for one in conditions for each in (one.read, one.present)]
    spans = set(network.spanned)
    pairs = [pair for pair in pairs if pair[0] not in spans and pair[1] not in spans]
    count = len(network.rows)
    pred = np.array([one for one, _ in pairs], dtype=np.int64)
    succ = np.array([other for _, other in pairs], dtype=np.int32)
    key = 2 * pred + prompt[succ]
    order = np.argsort(key, kind="stable")
    bounds = np.searchsorted(key[order], np.arange(2 * count + 1)).astype(np.int32)
    first = np.column_stack([bounds[:-1:2], bounds[1::2], bounds[2::2]])
    return first, succ[order], np.bincount(succ, minlength=count).astype(np.int32)


def _close(others: Ints, first: Ints, last: Ints) -> Ints:
    """The first few others of each row, the row after the last where there are fewer."""
    place = first[:, None] + np.arange(CLOSE)
    padded = np.append(others, np.zeros(CLOSE, dtype=np.int32))
    return np.where(place < last[:, None], padded[place], len(first)).astype(np.int32)


def desk_for(
    network: Network, tape: PoolTape, lanes: int, targets: int, hit_pools: tuple[int, ...] = ()
) -> Desk:
    """An empty desk."""
    hits = len(hit_pools)
    most_links = int(np.diff(network.links.first).max(initial=1))
    rows, needs, pools = len(tape.gate), len(tape.pool), len(tape.step_first) - 1
    words, calendars, wide = len(tape.several), len(network.calendars), DESK_WIDTHS
    most = 4 * rows + 2 * (pools + hits) + calendars + 64

    def bits(*shape: int) -> Bits:
        return blank(*shape, dtype=np.uint64)

    def ints(*shape: int) -> Ints:
        return blank(*shape, dtype=np.int32)

    times = blank(rows + 1, wide["times"])
    times[rows, ENDED] = times[rows, PLACED] = -np.inf
    return Desk(
        queue_at=blank(most), queue_what=ints(most), counts=blank(6, dtype=np.int64),
        todo=ints(rows + 1), due=ints(rows + 1),
        times=times, marks=ints(rows + 1, wide["marks"]),
        short=blank(rows, dtype=np.int64), driven=blank(len(tape.ends), dtype=np.uint8),
        clocks=blank(most_links), ready=bits(words), asking=bits(words), fresh=bits(words),
        idle=bits(words), pools=blank(pools, wide["pools"], dtype=np.int64),
        fitting=bits(words), opened=blank(calendars, wide["opened"]),
        by_lanes=blank(LANES, rows, wide["by_lanes"]), works=blank(LANES, rows),
        candidate_at=blank(rows),
        settled=blank(len(tape.hit_of) + 1, dtype=np.uint8), log_row=ints(rows),
        log_at=blank(rows), waited=blank(needs), chains=bits(targets, rows, lanes // 64),
        sums=blank(2, needs, dtype=np.int64), hit_pool=np.array(hit_pools, dtype=np.int32),
        hit_units=blank(hits, lanes, dtype=np.int64), hit_from=blank(hits, lanes),
        hit_until=blank(hits, lanes), all_waited=blank(needs, lanes),
        all_short=blank(rows, lanes, dtype=np.int64),
    )  # fmt: skip
