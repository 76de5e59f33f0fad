"""The kernel of networks with finite pools: rows are dispatched in time, iteration by iteration.

See rules 12 to 15 of `simulator.engine.schedule`. Only rows with needs meet the queue of what is to
happen; when others start is known as soon as it is known of all that they wait for.
"""

import numpy as np

from simulator.engine.compiled.calendars import NO_UNITS
from simulator.engine.compiled.dispatch_chains import count_chains, trace
from simulator.engine.compiled.dispatch_firsts import become_ready, open_hits
from simulator.engine.compiled.dispatch_places import let_ask, look_at_known
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
from simulator.engine.compiled.jit import Whole, frugal, inner
from simulator.engine.compiled.lanes import HAS_FINISH, HAS_START, ODD, Lanes
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


@inner
def _open(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Forget the iteration before."""
    desk.counts[:] = 0
    desk.left[:] = tape.before
    desk.known[:] = -np.inf
    desk.ready[:] = 0
    desk.fresh[:] = 0
    desk.charged[:] = -1
    desk.short[:] = 0
    desk.opened[:] = -np.inf
    desk.wake[:] = np.inf
    desk.candidate_at[:] = np.inf
    open_hits(network, tape, lanes, desk, j)
    fill_pools(tape, desk)
    if lanes.marked[ODD, j]:
        for stop in range(network.lists[STOP_COUNT]):
            at = lanes.amounts[network.lists[AT_STOP] + stop, j]
            if at < np.inf:
                push(desk, at, NOTHING)
    for row in range(len(desk.left)):
        if desk.left[row] == 0 and network.rows[MODE, row] != SPAN:
            desk.todo[desk.counts[TODO]] = row
            desk.counts[TODO] += 1


@inner
def _live(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Let everything happen, instant after instant."""
    look_at_known(network, tape, lanes, desk, -np.inf, j)
    while desk.counts[QUEUED] > 0:
        at = desk.queue_at[desk.counts[QUEUED] - 1]
        while desk.counts[QUEUED] > 0 and desk.queue_at[desk.counts[QUEUED] - 1] == at:
            desk.counts[QUEUED] -= 1
            _happen(network, tape, lanes, desk, np.int64(desk.queue_what[desk.counts[QUEUED]]), j)
            look_at_known(network, tape, lanes, desk, at, j)
        some = True
        while some:
            some = take_turn(network, tape, lanes, desk, at, j)
            look_at_known(network, tape, lanes, desk, at, j)
            for w in range(len(desk.fresh)):
                some |= desk.fresh[w] != np.uint64(0)
    for w in range(len(desk.ready)):
        for k in range(64):
            if desk.ready[w] & (np.uint64(1) << np.uint64(k)) and lanes.trouble[0] == 0:
                lanes.trouble[0], lanes.trouble[1] = NO_UNITS, tape.row_at[64 * w + k]


@inner
def _happen(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, what: Whole, j: Whole
) -> None:
    """Let a row end or be ready, or a pool have other units."""
    at = desk.queue_at[desk.counts[QUEUED]]
    if what < 0:
        give_back(tape, desk, -1 - what)
        desk.log_row[desk.counts[LOGGED]] = -1 - what
        desk.log_at[desk.counts[LOGGED]] = at
        desk.counts[LOGGED] += 1
    elif what > NOTHING:
        change_units(tape, desk, what - NOTHING - 1)
    elif what < NOTHING:
        if desk.candidate_at[what] == at:
            become_ready(network, tape, lanes, desk, what, at, j)
        elif desk.candidate_at[what] == np.inf:
            let_ask(desk, np.int64(tape.place_of[what]))
