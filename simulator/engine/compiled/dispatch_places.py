"""A row is placed once it is due, and those that wait for it know more then. See rule 14."""

import numpy as np

from simulator.engine.compiled.calendars import (
    FINISH_AT,
    convert,
)
from simulator.engine.compiled.clocks import link_clocks
from simulator.engine.compiled.dispatch_queue import (
    LISTED,
    give_back,
    push,
)
from simulator.engine.compiled.dispatch_ready import is_easy
from simulator.engine.compiled.dispatch_tape import (
    AFTER,
    BEGUN,
    BEHIND,
    BEHIND_END,
    CLOSE,
    DIRECT,
    DUE,
    ENDED,
    HOLDS,
    KNOWN,
    LANES,
    LEFT,
    MEETS,
    OPEN,
    PLACED,
    PROMPT,
    STOPPABLE,
    THERE,
    TRAITS,
    WORKED,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.drives import drive, max_of
from simulator.engine.compiled.gates import stop_row
from simulator.engine.compiled.jit import Whole, apart, merged
from simulator.engine.compiled.lanes import (
    ENDS,
    EXISTS,
    FINISH,
    ODD,
    POSITION,
    START,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    BOARD,
    FIRST,
    LAST,
    LATE,
    NetworkTape,
)
from simulator.engine.compiled.singles import put
from simulator.engine.compiled.unfolding import end_at_meeting


@merged
def place(
    network: NetworkTape,
    tape: PoolTape,
    lanes: Lanes,
    desk: Desk,
    row: Whole,
    now: float,
    j: Whole,
) -> None:
    """Set every time of a row that is due, and let those know that wait for its start."""
    times, at = desk.times, desk.times[row, DUE]
    if is_easy(tape, lanes, row, j):
        _put_easily(network, tape, lanes, desk, row, at, j)
    else:
        _put_otherwise(network, lanes, np.int64(row), at, j)
        times[row, BEGUN], times[row, ENDED] = (
            lanes.times[START, row, j],
            lanes.times[FINISH, row, j],
        )
        times[row, WORKED] = lanes.times[WORK, row, j]
        desk.marks[row, THERE] = lanes.flags[EXISTS, row, j]
        for link in range(network.rows[FIRST, row], network.rows[LAST, row]):
            drives = lanes.drives[link, j // 64] >> np.uint64(j % 64)
            desk.driven[link] = np.uint8(drives & np.uint64(1))
    exists = desk.marks[row, THERE] != 0
    ends = times[row, ENDED]
    if desk.marks[row, HOLDS] and not (exists and ends > at):
        give_back(tape, desk, row)
        desk.marks[row, HOLDS] = 0
    behind, prompt = np.uint64(tape.own[row, BEHIND]), np.uint64(tape.own[row, PROMPT])
    if desk.marks[row, HOLDS] or (prompt < np.uint64(tape.own[row, BEHIND_END]) and ends > now):
        push(desk.queue_at, desk.queue_what, desk.counts, ends, -1 - np.int64(row))
    else:
        tell_finish(tape, desk, row)
    since = times[row, BEGUN] if exists else times[row, KNOWN]
    listed = np.uint64(desk.counts[LISTED])
    for k in range(behind, prompt):
        other = np.uint64(tape.behind[k])
        times[other, KNOWN] = max_of(times[other, KNOWN], since)
        listed = _tell(desk, other, listed)
    desk.counts[LISTED] = listed


@merged
def tell_finish(tape: PoolTape, desk: Desk, row: Whole) -> None:
    """Let those know that wait for the finish of a row."""
    listed = np.uint64(desk.counts[LISTED])
    for k in range(AFTER, AFTER + CLOSE):
        listed = _tell(desk, np.uint64(tape.own[row, k]), listed)
    place = np.int64(tape.own[row, PROMPT]) + CLOSE
    while place < tape.own[row, BEHIND_END]:
        listed = _tell(desk, np.uint64(tape.behind[np.uint64(place)]), listed)
        place += 1
    desk.counts[LISTED] = listed


@merged
def _tell(desk: Desk, row: Whole, listed: Whole) -> Whole:
    """Let a row know of one of those that it waits for; list it after the last. How many are."""
    left = desk.marks[row, LEFT] - 1
    desk.marks[row, LEFT] = left
    desk.todo[listed] = row
    return listed + np.uint64(left == 0)


@merged
def _put_easily(
    network: NetworkTape,
    tape: PoolTape,
    lanes: Lanes,
    desk: Desk,
    row: Whole,
    at: float,
    j: Whole,
) -> None:
    """Set the times of an easy row that starts at an instant at which it may."""
    c, work, traits = np.int64(tape.own[row, OPEN]), desk.times[row, WORKED], tape.own[row, TRAITS]
    position = desk.times[row, PLACED]
    ends, finish = position + work, at + work
    if c >= 0:
        finish = at
        if work > 0.0:
            finish = convert(network.numbers, network.places, c, FINISH_AT, ends, lanes.trouble)
    desk.times[row, BEGUN], desk.times[row, ENDED] = at, finish
    if traits & (DIRECT | STOPPABLE):
        lanes.times[POSITION, row, j], lanes.times[ENDS, row, j] = position, ends
        lanes.times[START, row, j], lanes.times[FINISH, row, j] = at, finish
    else:
        slot, out = np.uint64(j) % np.uint64(LANES), desk.by_lanes
        out[slot, row, 0], out[slot, row, 1], out[slot, row, 2] = position, at, finish
    if desk.marks[row, THERE]:
        if traits & MEETS:
            _let_meet(network, lanes, desk, row, j)
    else:
        lanes.times[WORK, row, j] = 0.0


@merged
def _let_meet(network: NetworkTape, lanes: Lanes, desk: Desk, row: Whole, j: Whole) -> None:
    """Let an easy row that has been placed end at a meeting."""
    lanes.times[WORK, row, j] = desk.times[row, WORKED]
    end_at_meeting(network, lanes, np.int64(row), j)
    desk.times[row, ENDED] = lanes.times[FINISH, row, j]
    desk.times[row, WORKED] = lanes.times[WORK, row, j]


@merged
def fetch(lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Fetch the work of the lanes from one on."""
    for row in range(np.uint64(desk.works.shape[1])):
        for slot in range(np.uint64(LANES)):
            desk.works[slot, row] = lanes.times[WORK, row, np.uint64(j) + slot]


@merged
def flush(tape: PoolTape, lanes: Lanes, desk: Desk, j: Whole) -> None:
    """Let the times of the last lanes up to one go to `lanes`; `ENDS` are for rules of others."""
    first = np.uint64(j) // np.uint64(LANES) * np.uint64(LANES)
    for k in range(len(tape.late)):
        row = np.uint64(tape.late[k])
        for slot in range(np.uint64(LANES)):
            lanes.times[POSITION, row, first + slot] = desk.by_lanes[slot, row, 0]
            lanes.times[START, row, first + slot] = desk.by_lanes[slot, row, 1]
            lanes.times[FINISH, row, first + slot] = desk.by_lanes[slot, row, 2]


@apart
def _put_otherwise(network: NetworkTape, lanes: Lanes, row: Whole, at: float, j: Whole) -> None:
    """Set the times of any row, and see which links drive it."""
    put(network, lanes, row, at, lanes.times[WORK, row, j], j)
    if network.rows[BOARD, row] and lanes.flags[EXISTS, row, j]:
        end_at_meeting(network, lanes, row, j)
    if network.rows[LATE, row] and lanes.marked[ODD, j]:
        stop_row(network, lanes, row, j)
    link_clocks(network, lanes, row, j)
    drive(network, lanes, row, j)
