"""The kernel of networks with finite pools: rows are dispatched in time, iteration by iteration.

See rules 12 to 15 of `simulator.engine.schedule`. Only rows with needs meet the queue of what is to
happen; when others start is known as soon as it is known of all that they wait for.
"""

import numpy as np

from simulator.engine.compiled.calendars import NO_UNITS
from simulator.engine.compiled.dispatch_chains import count_chains, trace
from simulator.engine.compiled.dispatch_firsts import become_ready, open_hits
from simulator.engine.compiled.dispatch_places import (
    comes_after_stop,
    find_ready,
    let_ask,
    may_be_first,
    place,
    start_from,
)
from simulator.engine.compiled.dispatch_queue import (
    LOGGED,
    NOTHING,
    QUEUED,
    TODO,
    change_units,
    fill_pools,
    give_back,
    push,
)
from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.dispatch_turns import take_turn
from simulator.engine.compiled.follow import Kept
from simulator.engine.compiled.jit import Real, Whole, frugal, merged
from simulator.engine.compiled.lanes import EXISTS, HAS_FINISH, HAS_START, ODD, Bits, Lanes
from simulator.engine.compiled.network_tape import (
    AT_STOP,
    MODE,
    SPAN,
    STOP_COUNT,
    NetworkTape,
)
from simulator.engine.compiled.outcome_tape import OutcomeTape
from simulator.engine.compiled.outcomes import fill_outcomes
from simulator.engine.compiled.passes import begin
from simulator.engine.compiled.spans import span_all


@frugal
def dispatch(
    network: NetworkTape,
    tape: PoolTape,
    wanted: OutcomeTape,
    lanes: Lanes,
    kept: Kept,
    desk: Desk,
    n: Whole,
    asking: bool,
) -> None:
    """Schedule n lanes; then, unless `asking` for times alone, fill outcomes and counts."""
    begin(network, lanes, n)
    for row in range(network.rows.shape[1]):
        lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1
    desk.chains[:] = 0
    desk.waited[:] = 0.0
    for j in range(n):
        _open(network, tape, lanes, desk, j)
        _live(network, tape, lanes, desk, j)
        trace(network, tape, wanted, lanes, desk, j)
        for row in range(len(desk.short)):
            desk.shortages[row, j] = desk.short[row]
        for k in range(len(desk.waited)):
            desk.sums[0, k] += np.int64(desk.waited[k, j])
            desk.sums[1, k] += desk.waited[k, j] > 0.0
    span_all(network, lanes, n)
    if not asking:
        fill_outcomes(network, wanted, lanes, kept.out, n)
        count_chains(
            network, wanted, lanes, desk, kept.there, kept.critical, kept.present, kept.spent, n
        )


@merged
def _open(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Forget the iteration before."""
    desk.counts[:] = 0
    for row in range(len(desk.left)):
        desk.left[row], desk.known[row], desk.start[row] = tape.before[row], -np.inf, np.nan
        desk.short[row], desk.charged[row], desk.holds[row] = 0, -1, 0
        desk.candidate_at[row] = np.inf
    desk.ready[:] = 0
    desk.fresh[:] = 0
    desk.opened[:] = -np.inf
    desk.wake[:] = np.inf
    open_hits(network, tape, lanes, desk, j)
    fill_pools(tape, desk, j)
    if lanes.marked[ODD, j]:
        for stop in range(network.lists[STOP_COUNT]):
            at = lanes.amounts[network.lists[AT_STOP] + stop, j]
            if at < np.inf:
                push(desk, at, NOTHING)
    for row in range(len(desk.left)):
        if desk.left[row] == 0 and network.rows[MODE, row] != SPAN:
            desk.todo[desk.counts[TODO]] = row
            desk.counts[TODO] += 1


@merged
def _live(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Let everything happen, instant after instant; see rule 14."""
    at, turns = -np.inf, False
    while True:
        if desk.counts[TODO] > 0:
            desk.counts[TODO] -= 1
            row = np.int64(desk.todo[desk.counts[TODO]])
            start = desk.start[row]
            if np.isnan(start):
                start = _see(network, tape, lanes, desk, row, at, j)
            if not np.isnan(start):
                place(network, tape, lanes, desk, row, start, j)
        elif desk.counts[QUEUED] > 0 and desk.queue_at[desk.counts[QUEUED] - 1] <= at:
            desk.counts[QUEUED] -= 1
            _happen(network, tape, lanes, desk, at, j)
            turns = True
        elif turns or _some(desk.fresh):
            turns = take_turn(network, tape, lanes, desk, at, j)
        elif desk.counts[QUEUED] > 0:
            at = desk.queue_at[desk.counts[QUEUED] - 1]
        else:
            break
    for w in range(len(desk.ready)):
        for k in range(64):
            if desk.ready[w] & (np.uint64(1) << np.uint64(k)) and lanes.trouble[0] == 0:
                lanes.trouble[0], lanes.trouble[1] = NO_UNITS, tape.row_at[64 * w + k]


@merged
def _some(words: Bits) -> bool:
    found = np.uint64(0)
    for w in range(len(words)):
        found |= words[w]
    return bool(found != np.uint64(0))


@merged
def _see(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, now: float, j: Whole
) -> Real:
    """When a row starts that needs nothing, or is not there; nan for one that asks for units."""
    ready = find_ready(network, tape, lanes, desk, row, j)
    if not lanes.flags[EXISTS, row, j]:
        return ready
    if may_be_first(network, tape, desk, row):
        at = max(ready, desk.known[row])
        desk.candidate_at[row] = at
        push(desk, at, row)
        return np.nan
    at = start_from(network, tape, lanes, row, ready, j)
    if at < desk.known[row]:
        at = start_from(network, tape, lanes, row, float(desk.known[row]), j)
    row_place = np.int64(tape.place_of[row])
    if row_place < 0 or comes_after_stop(network, lanes, row, at, j):
        return at
    if at > now:
        push(desk, at, row)
    else:
        let_ask(desk, row_place)
    return np.nan


@merged
def _happen(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float, j: Whole
) -> None:
    """Let a row end or be ready, or a pool have other units."""
    what = np.int64(desk.queue_what[desk.counts[QUEUED]])
    if what < 0:
        give_back(tape, desk, -1 - what)
        desk.log_row[desk.counts[LOGGED]] = -1 - what
        desk.log_at[desk.counts[LOGGED]] = at
        desk.counts[LOGGED] += 1
    elif what > NOTHING:
        change_units(tape, desk, what - NOTHING - 1, j)
    elif what < NOTHING:
        if desk.candidate_at[what] == at:
            become_ready(network, tape, lanes, desk, what, at, j)
        elif desk.candidate_at[what] == np.inf:
            let_ask(desk, np.int64(tape.place_of[what]))
