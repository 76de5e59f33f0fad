"""Who starts at an instant: one turn of all rows that ask, in their order; see rules 13 and 15."""

import numpy as np

from simulator.engine.compiled.calendars import WORK_AT, convert
from simulator.engine.compiled.dispatch_queue import (
    LOGGED,
    done_by,
    find_fitting,
    is_due,
    opens,
    take,
    wake_at,
)
from simulator.engine.compiled.dispatch_tape import (
    CHARGED,
    DUE,
    EASY,
    FREE,
    HOLDS,
    KNOWN,
    MEETS,
    NEEDS,
    NEEDS_END,
    OPEN,
    PLACED,
    RELEASED,
    RELEASED_END,
    SINCE,
    TRAITS,
    WORKED,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.drives import count_bits
from simulator.engine.compiled.gates import stop_at
from simulator.engine.compiled.jit import Real, Whole, apart, merged
from simulator.engine.compiled.lanes import ODD, Lanes
from simulator.engine.compiled.network_tape import (
    LATE,
    SNAP,
    UNBROKEN,
    NetworkTape,
)
from simulator.engine.compiled.singles import start_of


@merged
def take_turn(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float, j: Whole
) -> bool:
    """Let every row that asks have its turn; whether another turn could tell more.

    What is free only falls in a turn, so the next one starts nobody but rows that ask since; it
    tells those with several needs of what has become short.
    """
    started, one, left = False, np.uint64(1), np.uint64(0)
    if lanes.marked[ODD, j]:
        started = _end_stopped(network, tape, lanes, desk, at, j, False)
    find_fitting(tape, desk)
    for w in range(np.uint64(len(desk.ready))):
        asking = desk.ready[w]
        if asking == np.uint64(0):
            continue
        asking = _let_ask(network, tape, lanes, desk, w, at)
        while asking:
            fitting = asking & desk.fitting[w]
            turns = fitting | (asking & (tape.several[w] | desk.fresh[w]))
            if turns == np.uint64(0):
                break
            bit = turns & (~turns + one)
            asking &= ~(bit | (bit - one))
            row = np.uint64(tape.row_at[np.uint64(64) * w + np.uint64(count_bits(bit - one))])
            if not _asks_now(network, tape, lanes, desk, row, at):
                continue
            if fitting & bit:
                desk.ready[w] &= ~bit
                _start(network, tape, lanes, desk, row, at)
                find_fitting(tape, desk)
                started = True
            else:
                _fall_short(network, tape, lanes, desk, row, at)
        desk.fresh[w] = np.uint64(0)
        left |= desk.ready[w] & tape.several[w]
    if lanes.marked[ODD, j]:
        return started or _end_stopped(network, tape, lanes, desk, at, j, True)
    return bool(started and left != np.uint64(0))


@merged
def _let_ask(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, w: Whole, at: float
) -> Whole:
    """The rows of a word that are ready and whose calendars work now, or that have no work."""
    asking = desk.ready[w]
    for g in range(np.uint64(len(tape.gates))):
        some = asking & tape.gated[g, w] & ~desk.idle[w]
        if some != np.uint64(0):
            opening = opens(network, lanes, desk.opened, np.int64(tape.gates[g]), at)
            if opening > at:
                wake_at(desk, opening)
                asking &= ~some
    return asking


@apart
def _end_stopped(
    network: NetworkTape,
    tape: PoolTape,
    lanes: Lanes,
    desk: Desk,
    at: float,
    j: Whole,
    idle: bool,
) -> bool:
    """Let rows with work, or those without if `idle`, be absent that wait and whose project has
    been stopped; whether there were any."""
    some = False
    for w in range(len(desk.ready)):
        left = desk.ready[w]
        while left:
            bit = left & (~left + np.uint64(1))
            left &= ~bit
            row = np.int64(tape.row_at[64 * w + count_bits(bit - np.uint64(1))])
            working = desk.times[row, WORKED] > 0.0
            if not network.rows[LATE, row] or (working and idle):
                continue
            stop = stop_at(network, lanes, row, j)
            if stop < at or (stop == at and (working or idle)):
                desk.ready[w] &= ~bit
                # An instant at the stop itself would stay; this one did not come.
                due = at if working else at + 1.0
                desk.times[row, KNOWN], desk.times[row, DUE] = at, due
                desk.short[row], some = 0, True
                for k in range(tape.first[row], tape.first[row + 1]):
                    desk.waited[k] = 0.0
                is_due(desk, row)
    return some


@merged
def _asks_now(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float
) -> bool:
    """Whether a row whose calendar works may start now: it need not be interrupted, or without work
    stands in working time; else it asks again when it may."""
    if tape.own[row, TRAITS] & EASY:
        return True
    work = desk.times[row, WORKED]
    if network.rows[UNBROKEN, row] == 0 and (network.rows[SNAP, row] < 0 or work > 0.0):
        return True
    best = start_of(network, lanes, np.int64(row), at, work)
    if best > at:
        wake_at(desk, best)
    return bool(best <= at)


@merged
def _fall_short(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float
) -> None:
    """Note which pools are short for a row, and which of them its wait is charged to."""
    short, first, charged = np.int64(0), np.int64(-1), np.int64(desk.marks[row, CHARGED])
    for k in range(np.int64(tape.own[row, NEEDS]), np.int64(tape.own[row, NEEDS_END])):
        if tape.units[k] > desk.pools[np.uint64(tape.pool[k]), FREE]:
            short |= np.int64(1) << np.int64(tape.pool[k])
            first = np.int64(k) if first < 0 else first
    desk.short[row] = short
    if charged >= 0 and short & (np.int64(1) << np.int64(tape.pool[charged])):
        return
    now = done_by(network, lanes, desk.opened, np.int64(tape.own[row, OPEN]), at)
    _charge(desk, row, now)
    desk.marks[row, CHARGED], desk.times[row, SINCE] = first, now


@merged
def _charge(desk: Desk, row: Whole, now: float) -> None:
    """Charge the wait of a row so far to the need that it is charged to."""
    charged = np.int64(desk.marks[row, CHARGED])
    if charged >= 0:
        desk.waited[charged] += now - desk.times[row, SINCE]


@merged
def _start(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float
) -> None:
    """Start a row now; if it had to wait, note who finished just in time for it."""
    if desk.short[row]:
        c, gate = np.int64(tape.own[row, OPEN]), np.int64(tape.gate[row])
        now = done_by(network, lanes, desk.opened, c, at)
        desk.times[row, PLACED] = now
        _charge(desk, row, now)
        for k in range(np.uint64(tape.own[row, NEEDS]), np.uint64(tape.own[row, NEEDS_END])):
            desk.sums[0, k] += np.int64(desk.waited[k])
            desk.sums[1, k] += desk.waited[k] > 0.0
        there = now if gate == c else done_by(network, lanes, desk.opened, gate, at)
        last = np.int64(desk.counts[LOGGED])
        first = last
        while first > 0:
            then = desk.log_at[first - 1]
            if then != at and not (gate >= 0 and _position(network, lanes, gate, then) == there):
                break
            first -= 1
        desk.marks[row, RELEASED], desk.marks[row, RELEASED_END] = first, last
    if desk.times[row, WORKED] > 0.0 or tape.own[row, TRAITS] & MEETS:
        take(tape, desk, row)
        desk.marks[row, HOLDS] = 1
    desk.times[row, DUE] = at
    is_due(desk, row)


@merged
def _position(network: NetworkTape, lanes: Lanes, c: Whole, at: float) -> Real:
    """An instant in working time of a calendar."""
    return convert(network.numbers, network.places, c, WORK_AT, at, lanes.trouble)
