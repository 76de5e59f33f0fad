"""Who starts at an instant: one turn of all rows that ask, in their order; see rules 13 and 15."""

import numpy as np

from simulator.engine.compiled.calendars import START_AT, WORK_AT, convert
from simulator.engine.compiled.dispatch_queue import LOGGED, TODO, opens, take, wake_at
from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.drives import count_bits
from simulator.engine.compiled.gates import stop_at
from simulator.engine.compiled.jit import Real, Whole, merged
from simulator.engine.compiled.lanes import ODD, WORK, Lanes
from simulator.engine.compiled.network_tape import BOARD, CALENDAR, LATE, UNBROKEN, NetworkTape
from simulator.engine.compiled.unfolding import fitted


@merged
def take_turn(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float, j: Whole
) -> bool:
    """Let every row that asks have its turn; whether one started."""
    if lanes.marked[ODD, j]:
        _end_stopped(network, tape, lanes, desk, at, j)
    _let_ask(network, tape, lanes, desk, at)
    started, pools = False, len(desk.free)
    for w in range(len(desk.asking)):
        while desk.asking[w]:
            fitting = desk.asking[w]
            for pool in range(pools):
                fitting &= tape.fits[tape.level_first[pool] + pool + desk.level[pool], w]
            turns = fitting | (desk.asking[w] & (tape.several[w] | desk.fresh[w]))
            if turns == np.uint64(0):
                break
            bit = turns & (~turns + np.uint64(1))
            desk.asking[w] &= ~(bit | (bit - np.uint64(1)))
            row = np.int64(tape.row_at[64 * w + count_bits(bit - np.uint64(1))])
            if not fitting & bit:
                _fall_short(network, tape, lanes, desk, row, at, j)
            elif _fits_now(network, lanes, desk, row, at, j):
                desk.ready[w] &= ~bit
                _start(network, tape, lanes, desk, row, at, j)
                started = True
        desk.fresh[w] = np.uint64(0)
    return started


@merged
def _let_ask(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float) -> None:
    """Let the rows ask that are ready and whose calendars work now."""
    for w in range(len(desk.ready)):
        desk.asking[w] = desk.ready[w]
    for c in range(len(tape.gated)):
        some = np.uint64(0)
        for w in range(len(desk.ready)):
            some |= desk.ready[w] & tape.gated[c, w]
        if some == np.uint64(0):
            continue
        opening = opens(network, lanes, desk, np.int64(c), at)
        if opening > at:
            wake_at(desk, opening)
            for w in range(len(desk.ready)):
                desk.asking[w] &= ~tape.gated[c, w]


@merged
def _end_stopped(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float, j: Whole
) -> None:
    """Let rows that wait and whose project has been stopped be absent."""
    for w in range(len(desk.ready)):
        left = desk.ready[w]
        while left:
            bit = left & (~left + np.uint64(1))
            left &= ~bit
            row = np.int64(tape.row_at[64 * w + count_bits(bit - np.uint64(1))])
            if network.rows[LATE, row] and stop_at(network, lanes, row, j) <= at:
                desk.ready[w] &= ~bit
                desk.known[row] = at
                _begin_at(desk, row, at)


@merged
def _fits_now(
    network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> bool:
    """Whether a row need not be interrupted if it starts now; else it asks again where it fits."""
    work = lanes.times[WORK, row, j]
    if network.rows[UNBROKEN, row] == 0 or not work > 0.0:
        return True
    position = now_in_row(network, lanes, row, at)
    best = fitted(network, lanes, row, position, work)
    if best > position:
        c = np.int64(network.rows[CALENDAR, row])
        wake_at(desk, convert(network.numbers, network.places, c, START_AT, best, lanes.trouble))
    return bool(best <= position)


@merged
def now_in_row(network: NetworkTape, lanes: Lanes, row: Whole, at: float) -> Real:
    """An instant in working time of a row, by the clock for rows without a calendar."""
    c = np.int64(network.rows[CALENDAR, row])
    if c < 0:
        return at
    return convert(network.numbers, network.places, c, WORK_AT, at, lanes.trouble)


@merged
def _fall_short(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> None:
    """Note which pools are short for a row, and which of them its wait is charged to."""
    short, first, charged = 0, -1, np.int64(desk.charged[row])
    for k in range(tape.first[row], tape.first[row + 1]):
        if tape.units[k] > desk.free[tape.pool[k]]:
            short |= 1 << int(tape.pool[k])
            first = k if first < 0 else first
    desk.short[row] = short
    if charged >= 0 and short & (np.int64(1) << np.int64(tape.pool[charged])):
        return
    now = now_in_row(network, lanes, row, at)
    _charge(desk, row, now, j)
    desk.charged[row], desk.since[row] = first, now


@merged
def _charge(desk: Desk, row: Whole, now: float, j: Whole) -> None:
    """Charge the wait of a row so far to the need that it is charged to."""
    if desk.charged[row] >= 0:
        desk.waited[desk.charged[row], j] += now - desk.since[row]


@merged
def _start(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, at: float, j: Whole
) -> None:
    """Start a row now; if it had to wait, note who finished just in time for it."""
    if desk.short[row]:
        now = now_in_row(network, lanes, row, at)
        _charge(desk, row, now, j)
        last = desk.counts[LOGGED]
        first = last
        while first > 0:
            then = desk.log_at[first - 1]
            if then != at and _in_gate(network, tape, lanes, row, then) != _in_gate(
                network, tape, lanes, row, at
            ):
                break
            first -= 1
        desk.released[0, row], desk.released[1, row] = first, last
    if lanes.times[WORK, row, j] > 0.0 or network.rows[BOARD, row]:
        take(tape, desk, row)
        desk.holds[row] = 1
    _begin_at(desk, row, at)


@merged
def _begin_at(desk: Desk, row: Whole, at: float) -> None:
    """Note that a row is to be placed at an instant."""
    desk.start[row] = at
    desk.todo[desk.counts[TODO]] = row
    desk.counts[TODO] += 1


@merged
def _in_gate(network: NetworkTape, tape: PoolTape, lanes: Lanes, row: Whole, at: float) -> Real:
    """An instant in the calendar at whose working instants a row asks."""
    c = np.int64(tape.gate[row])
    if c < 0:
        return at
    return convert(network.numbers, network.places, c, WORK_AT, at, lanes.trouble)
