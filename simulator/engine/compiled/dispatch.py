"""The kernel of networks with finite pools: rows are dispatched in time, iteration by iteration.

See rules 12 to 15 of `simulator.engine.schedule`. Only rows with needs meet the queue of what is to
happen; when others start is known as soon as it is known of all that they wait for.
"""

import numpy as np

from simulator.engine.compiled.calendars import NO_UNITS
from simulator.engine.compiled.dispatch_chains import count_chains, trace
from simulator.engine.compiled.dispatch_firsts import become_ready, may_be_first, open_hits
from simulator.engine.compiled.dispatch_places import fetch, flush, place, tell_finish
from simulator.engine.compiled.dispatch_queue import (
    DUES,
    LISTED,
    LOGGED,
    NOTHING,
    QUEUED,
    TURNS,
    change_units,
    fill_pools,
    give_back,
    is_due,
    push,
)
from simulator.engine.compiled.dispatch_ready import (
    comes_after_stop,
    is_easy,
    let_ask,
    ready_easily,
    ready_otherwise,
    ready_promptly,
    start_easily,
    start_otherwise,
)
from simulator.engine.compiled.dispatch_sums import add_up_links
from simulator.engine.compiled.dispatch_tape import (
    DESK_WIDTHS,
    DUE,
    HOLDS,
    IS_PROMPT,
    KNOWN,
    LANES,
    LEFT,
    PLACE,
    TAPE_WIDTHS,
    THERE,
    TRAITS,
    WANTED,
    WORKED,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.dispatch_turns import take_turn
from simulator.engine.compiled.drives import max_of
from simulator.engine.compiled.follow import Kept
from simulator.engine.compiled.jit import Whole, frugal, merged
from simulator.engine.compiled.lanes import (
    ASKED,
    EXISTS,
    HAS_FINISH,
    HAS_START,
    ODD,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import AT_STOP, FIRST_SLOTS, STOP_COUNT, NetworkTape
from simulator.engine.compiled.outcome_tape import OutcomeTape
from simulator.engine.compiled.outcomes import fill_outcomes
from simulator.engine.compiled.passes import begin
from simulator.engine.compiled.spans import span_all
from simulator.engine.compiled.widths import known_widths

_tape_of_known_widths = known_widths(TAPE_WIDTHS)
_desk_of_known_widths = known_widths(DESK_WIDTHS)


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
    """Schedule n lanes; then fill every wait if `asking`, else outcomes and counts."""
    tape, desk = _tape_of_known_widths(tape), _desk_of_known_widths(desk)
    begin(network, lanes, n)
    for row in range(network.rows.shape[1]):
        lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1
    desk.chains[:] = 0
    for j in range(n):
        if j % LANES == 0:
            fetch(lanes, desk, j)
        _open(network, tape, lanes, desk, j)
        _live(network, tape, lanes, desk, j)
        trace(tape, wanted, desk, j)
        if asking:
            for k in range(len(desk.waited)):
                desk.all_waited[k, j] = desk.waited[k]
            for row in range(len(desk.short)):
                desk.all_short[row, j] = desk.short[row]
                if is_easy(tape, lanes, row, j):
                    lanes.times[ASKED, row, j] = desk.times[row, WANTED]
        if j % LANES == LANES - 1 or j == n - 1:
            flush(tape, lanes, desk, j)
    add_up_links(tape, lanes, n)
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
    desk.ready[:] = 0
    desk.fresh[:] = 0
    desk.idle[:] = 0
    desk.waited[:] = 0.0
    desk.candidate_at[:] = np.inf
    desk.short[:] = 0
    if network.lists[FIRST_SLOTS] > 0:
        open_hits(network, tape, lanes, desk, j)
    fill_pools(tape, desk, j)
    if lanes.marked[ODD, j]:
        for stop in range(network.lists[STOP_COUNT]):
            at = lanes.amounts[network.lists[AT_STOP] + stop, j]
            if at < np.inf:
                push(desk.queue_at, desk.queue_what, desk.counts, at, np.int64(NOTHING))
    desk.marks[len(tape.own), LEFT] = 0
    for row in range(np.uint64(len(tape.own))):
        desk.times[row, KNOWN] = -np.inf
        desk.times[row, WORKED] = desk.works[np.uint64(j) % np.uint64(LANES), row]
        for mark in range(np.uint64(desk.marks.shape[1])):
            desk.marks[row, mark] = tape.marks[row, mark]
    for k in range(np.uint64(len(tape.uncertain))):
        other = np.uint64(tape.uncertain[k])
        desk.marks[other, THERE] = lanes.flags[EXISTS, other, j]
    for k in range(np.uint64(len(tape.roots))):
        desk.todo[k] = tape.roots[k]
    desk.counts[LISTED] = len(tape.roots)


@merged
def _live(network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Let everything happen, instant after instant; see rule 14."""
    at = -np.inf
    while True:
        _look(network, tape, lanes, desk, at, j)
        if desk.counts[LISTED] > 0:
            continue
        left = np.uint64(desk.counts[QUEUED])
        next_at = desk.queue_at[left - np.uint64(1)] if left > np.uint64(0) else np.inf
        if next_at > at and desk.counts[TURNS]:
            desk.counts[TURNS] = 0
            desk.counts[TURNS] = take_turn(network, tape, lanes, desk, at, j)
        elif left > np.uint64(0):
            at = max_of(at, next_at)
            desk.counts[QUEUED] = left - np.uint64(1)
            _happen(network, tape, lanes, desk, at, j)
        else:
            break
    for w in range(len(desk.ready)):
        for k in range(64):
            if desk.ready[w] & (np.uint64(1) << np.uint64(k)) and lanes.trouble[0] == 0:
                lanes.trouble[0], lanes.trouble[1] = NO_UNITS, tape.row_at[64 * w + k]


@merged
def _look(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float, j: Whole
) -> None:
    """See when listed rows are due, and place those that are."""
    while desk.counts[LISTED] > 0:
        desk.counts[LISTED] -= 1
        row = np.uint64(desk.todo[np.uint64(desk.counts[LISTED])])
        if tape.own[row, TRAITS] & IS_PROMPT:
            _see_promptly(network, tape, lanes, desk, row, at)
        else:
            _see(network, tape, lanes, desk, row, at, j)
    while desk.counts[DUES] > 0:
        desk.counts[DUES] -= 1
        row = np.uint64(desk.due[np.uint64(desk.counts[DUES])])
        place(network, tape, lanes, desk, row, at, j)


@merged
def _see_promptly(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, now: float
) -> None:
    """Let a prompt row, all of whose predecessors have finished, ask for its units."""
    at = ready_promptly(network, tape, lanes, desk, row)
    if at > now:
        push(desk.queue_at, desk.queue_what, desk.counts, at, np.int64(row))
    else:
        let_ask(desk, np.int64(tape.own[row, PLACE]), desk.times[row, WORKED])


@merged
def _see(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, row: Whole, now: float, j: Whole
) -> None:
    """See when a row is due that needs nothing, or is not there; let others ask for units."""
    easy, known = is_easy(tape, lanes, row, j), desk.times[row, KNOWN]
    if easy:
        ready = ready_easily(network, tape, lanes, desk, row, j)
        exists = desk.marks[row, THERE] != 0
    else:
        ready = ready_otherwise(network, lanes, np.int64(row), known, j)
        exists = lanes.flags[EXISTS, row, j] != 0
        desk.times[row, WORKED] = lanes.times[WORK, row, j]
    if exists and may_be_first(network, tape, desk, row):
        at = ready if ready > known else known
        desk.candidate_at[row] = at
        push(desk.queue_at, desk.queue_what, desk.counts, at, np.int64(row))
        return
    if easy:
        at = start_easily(network, tape, lanes, desk, row, ready)
        if exists and at < known:
            at = start_easily(network, tape, lanes, desk, row, known)
    elif exists:
        at = start_otherwise(network, lanes, np.int64(row), ready, known, j)
    else:
        at = ready
    where = np.int64(tape.own[row, PLACE])
    if where < 0 or not exists or comes_after_stop(network, lanes, desk, row, at, j):
        desk.times[row, DUE] = at
        is_due(desk, row)
    elif at > now:
        push(desk.queue_at, desk.queue_what, desk.counts, at, np.int64(row))
    else:
        let_ask(desk, where, desk.times[row, WORKED])


@merged
def _happen(
    network: NetworkTape, tape: PoolTape, lanes: Lanes, desk: Desk, at: float, j: Whole
) -> None:
    """Let a row end or be ready, or a pool have other units."""
    what = np.int64(desk.queue_what[desk.counts[QUEUED]])
    if what < 0:
        row = np.uint64(-1 - what)
        if desk.marks[row, HOLDS]:
            desk.counts[TURNS] = 1
            give_back(tape, desk, row)
            desk.log_row[desk.counts[LOGGED]], desk.log_at[desk.counts[LOGGED]] = row, at
            desk.counts[LOGGED] += 1
        tell_finish(tape, desk, row)
        return
    desk.counts[TURNS] = 1
    if what > NOTHING:
        change_units(tape, desk, what - NOTHING - 1, j)
    elif what < NOTHING:
        if desk.candidate_at[what] == at:
            become_ready(network, tape, lanes, desk, what, at, j)
        elif desk.candidate_at[what] == np.inf:
            let_ask(desk, np.int64(tape.own[what, PLACE]), desk.times[what, WORKED])
