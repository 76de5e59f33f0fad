"""What dispatching needs of a network with finite pools, and the desk it is done at."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.network_tape import Layout
from simulator.plan.plan import FF, FS, NONE, SF, Network
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
FREE, LEVEL, STEP, BASE, MORE = range(5)
"""Of a pool: units that are free; the row of `fits` for so many; its step; units by its steps, and
by hits on them."""
FROM, AT_END, LAGS = range(3)
"""Of a link: the row it comes from, whether from its finish, whether it has a lag."""


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
    place_of: Ints
    """(T,): its place, -1 without needs."""
    fits: Bits
    """(levels, W): the rows that may start at each level of a pool."""
    level_units: Wide
    """(levels,): the units from which on each level holds; 0 is the lowest of every pool."""
    level_first: Ints
    """(P + 1,)"""
    gate: Ints
    """(T,): the calendar at whose working instants a row asks, -1 for any instant."""
    gated: Bits
    """(C, W): the rows of each such calendar."""
    several: Bits
    """(W,): rows with several needs."""
    behind_first: Ints
    behind: Ints
    """The rows that know more once a row has started: by its links, by conditions that read it."""
    before: Ints
    """(T,): how many such a row has itself."""
    hit_of: Ints
    """The `apply: first` hit of each slot."""
    easy: Bytes
    """(T,): rows that wait for starts of links, dates and risks alone."""


class Desk(NamedTuple):
    """What is known of one iteration while it is dispatched."""

    queue_at: Floats
    queue_what: Ints
    counts: Wide
    """Entries of the queue, of the list of what to look at, of the log."""
    todo: Ints
    times: Floats
    """(T, 8), see `BEGUN` and so on."""
    marks: Ints
    """(T, 8), see `LEFT` and so on."""
    short: Wide
    """(T,): bits of the pools that kept a row from starting in its last turn."""
    driven: Bytes
    """(L,): whether a link drives."""
    clocks: Floats
    """The instants that the links of one row ask for."""
    ready: Bits
    """(W,): rows that may ask; `fresh` since this instant, `idle` without work."""
    asking: Bits
    fresh: Bits
    idle: Bits
    pools: Wide
    """(P, 5), see `FREE` and so on."""
    opened: Floats
    """(C, 3): the spell of a calendar at the last instant asked for, from when until when it works,
    and when it works again."""
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


def pool_tape(network: Network, pools: Pools, layout: Layout) -> PoolTape:
    """Flatten the pools of a network."""
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
    links = network.links
    lagged = (links.lag != 0) | (links.lag_variable != NONE) | ~np.isnan(links.lag_share)
    at_end = (links.kind == FS) | (links.kind == FF)
    nothing = np.zeros(len(at_end), dtype=np.int32)
    rows = network.rows
    gate = np.where(rows.calendar != NONE, rows.calendar, rows.snap).astype(np.int32)
    gates = range(len(network.calendars))
    several = np.diff(pools.first)[row_at] > 1
    behind_first, behind, before = _behind(network)
    return PoolTape(
        ends=np.column_stack([links.pred, at_end, lagged, nothing]).astype(np.int32).reshape(-1, 4),
        first=pools.first, pool=pools.pool, units=pools.units, step_first=pools.step_first,
        step_at=pools.step_at, step_units=pools.step_units, row_at=row_at, place_of=place_of,
        level_first=np.cumsum([0, *map(len, levels)]).astype(np.int32),
        level_units=np.concatenate(levels).astype(np.int64),
        fits=np.array(fits, dtype=np.uint64),
        gate=gate,
        gated=np.array([_bits(gate[row_at] == c, words) for c in gates], dtype=np.uint64),
        several=_bits(several, words),
        behind_first=behind_first, behind=behind, before=before,
        hit_of=np.array(
            [hit for hit, rows in enumerate(layout.firsts) for _ in rows] or [0], dtype=np.int32
        ),
        easy=_easy(network, layout),
    )  # fmt: skip


def _easy(network: Network, layout: Layout) -> Bytes:
    """Rows that are placed by the latest of their links and floors, moved by waits."""
    rows, links = network.rows, network.links
    found = (rows.finish_floor == -np.inf) & (rows.start_cap == np.inf)
    found &= (rows.finish_cap == np.inf) & (rows.snap == NONE)
    found[links.succ[(links.kind == FF) | (links.kind == SF)]] = False
    found[[row for row, _, _ in network.floor_variables]] = False
    found[[*network.unfolding.conditions, *network.unfolding.unbroken, *layout.versioned]] = False
    for candidates in layout.firsts:
        found[candidates] = False
    return np.asarray(found, dtype=np.uint8)


def _bits(flags: npt.NDArray[np.bool_], words: int) -> Bits:
    """Flags as bits of 64-bit words, the first in the lowest."""
    padded = np.zeros(words * _WORD, dtype=bool)
    padded[: len(flags)] = flags
    return np.packbits(padded, bitorder="little").view(np.uint64)


def _behind(network: Network) -> tuple[Ints, Ints, Ints]:
    """Who waits to know of whom: the first of each row, all, and how many each waits for."""
    pairs = list(zip(network.links.pred.tolist(), network.links.succ.tolist(), strict=True))
    for row, conditions in network.unfolding.conditions.items():
        pairs += [(each, row) for one in conditions for each in (one.read, one.present)]
    spans = set(network.spanned)
    pairs = [pair for pair in pairs if pair[0] not in spans and pair[1] not in spans]
    count = len(network.rows)
    pred = np.array([one for one, _ in pairs], dtype=np.int64)
    succ = np.array([other for _, other in pairs], dtype=np.int32)
    order = np.argsort(pred, kind="stable")
    first = np.searchsorted(pred[order], np.arange(count + 1)).astype(np.int32)
    return first, succ[order], np.bincount(succ, minlength=count).astype(np.int32)


def desk_for(
    network: Network, tape: PoolTape, lanes: int, targets: int, hit_pools: tuple[int, ...] = ()
) -> Desk:
    """An empty desk."""
    hits = len(hit_pools)
    most_links = int(np.diff(network.links.first).max(initial=1))
    rows, needs, pools = len(tape.gate), len(tape.pool), len(tape.step_first) - 1
    words, calendars = len(tape.several), len(tape.gated)
    most = 4 * rows + 2 * (pools + hits) + calendars + 64

    def bits(*shape: int) -> Bits:
        return np.zeros(shape, dtype=np.uint64)

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int32)

    return Desk(
        queue_at=np.zeros(most), queue_what=ints(most), counts=np.zeros(3, dtype=np.int64),
        todo=ints(rows + 1), times=np.zeros((rows, 8)), marks=ints(rows, 8),
        short=np.zeros(rows, dtype=np.int64), driven=np.zeros(len(tape.ends), dtype=np.uint8),
        clocks=np.zeros(most_links), ready=bits(words), asking=bits(words), fresh=bits(words),
        idle=bits(words), pools=np.zeros((pools, 5), dtype=np.int64),
        opened=np.zeros((calendars, 3)), candidate_at=np.zeros(rows),
        settled=np.zeros(len(tape.hit_of) + 1, dtype=np.uint8), log_row=ints(rows),
        log_at=np.zeros(rows), waited=np.zeros(needs), chains=bits(targets, rows, lanes // 64),
        sums=np.zeros((2, needs), dtype=np.int64), hit_pool=np.array(hit_pools, dtype=np.int32),
        hit_units=np.zeros((hits, lanes), dtype=np.int64), hit_from=np.zeros((hits, lanes)),
        hit_until=np.zeros((hits, lanes)), all_waited=np.zeros((needs, lanes)),
        all_short=np.zeros((rows, lanes), dtype=np.int64),
    )  # fmt: skip
