"""Spans: from the first start to the last finish of what they span."""

import numpy as np

from simulator.engine.compiled.calendars import WORK_AT, convert_all
from simulator.engine.compiled.filling import fill_clock
from simulator.engine.compiled.jit import Whole, inlined, inner
from simulator.engine.compiled.lanes import (
    ASKED,
    ENDS,
    EXISTS,
    FINISH,
    HAS_FINISH,
    HAS_START,
    POSITION,
    START,
    WORK,
    Lanes,
)
from simulator.engine.compiled.network_tape import CALENDAR, SPANS, SPANS_END, NetworkTape
from simulator.engine.compiled.unfolding import meet


@inner
def span_all(tape: NetworkTape, lanes: Lanes, n: Whole) -> None:
    """Spans last from the first start to the last finish of the rows they span."""
    k = np.int64(tape.lists[SPANS])
    while k < tape.lists[SPANS_END]:
        row, count = np.int64(tape.lists[k]), np.int64(tape.lists[k + 1])
        start, finish = lanes.times[START, row], lanes.times[FINISH, row]
        for j in range(n):
            meet(tape, lanes, row, j)
            start[j], finish[j] = np.inf, -np.inf
        for pair in range(k + 2, k + 2 + 2 * count, 2):
            base, last = np.int64(tape.lists[pair]), np.int64(tape.lists[pair + 1])
            fill_clock(tape, lanes, base, np.int64(0), n)
            fill_clock(tape, lanes, last, np.int64(1), n)
            for j in range(n):
                if lanes.flags[EXISTS, base, j]:
                    start[j] = min(start[j], lanes.times[START, base, j])
                    finish[j] = max(finish[j], lanes.times[FINISH, last, j])
        for j in range(n):
            if not lanes.flags[EXISTS, row, j] or start[j] == np.inf:
                lanes.flags[EXISTS, row, j] = 0
                start[j] = finish[j] = 0.0
            lanes.times[ASKED, row, j] = start[j]
        _measure(tape, lanes, row, n)
        k += 2 + 2 * count


@inlined
def _measure(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> None:
    """Working time of a row between its clock times."""
    c, position, ends = np.int64(tape.rows[CALENDAR, row]), lanes.spare[0], lanes.spare[1]
    start, finish = lanes.times[START, row], lanes.times[FINISH, row]
    if c >= 0:
        convert_all(tape.numbers, tape.places, c, WORK_AT, start, position, n, lanes.trouble)
        convert_all(tape.numbers, tape.places, c, WORK_AT, finish, ends, n, lanes.trouble)
    else:
        for j in range(n):
            position[j], ends[j] = start[j], finish[j]
    for j in range(n):
        lanes.times[POSITION, row, j], lanes.times[ENDS, row, j] = position[j], ends[j]
        lanes.times[WORK, row, j] = ends[j] - position[j]
    lanes.known[HAS_START, row] = lanes.known[HAS_FINISH, row] = 1
