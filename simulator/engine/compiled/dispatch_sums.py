"""What links ask for where they meet, added up over lanes in which all rows have been placed."""

import numpy as np

from simulator.engine.compiled.dispatch_tape import (
    FROM,
    LATER,
    LINKS,
    LINKS_END,
    OPEN,
    TRAITS,
    PoolTape,
)
from simulator.engine.compiled.drives import max_of, whole_sum
from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.lanes import ALONE, FINISH, POSITION, READY, WORK, Lanes
from simulator.plan.work_calendar import Floats


@inner
def add_up_links(tape: PoolTape, lanes: Lanes, n: Whole) -> None:
    """Add up what the links of `LATER` rows ask for: for all lanes at once, not while each row is
    dispatched."""
    latest, spare = lanes.spare[0], lanes.spare[1]
    for row in range(len(tape.own)):
        first, last = tape.own[row, LINKS], tape.own[row, LINKS_END]
        if tape.own[row, TRAITS] & LATER == 0 or last - first < 2:
            continue
        in_calendar, links = tape.own[row, OPEN] >= 0, tape.ends[first:last]
        for k in range(len(links)):
            pred = np.int64(links[k, FROM])
            if in_calendar:
                _fill_alone(lanes.times, np.uint64(row), np.uint64(pred), spare, n)
            alone = spare if in_calendar else lanes.times[FINISH, pred]
            lanes.sums[ALONE, first + k] += whole_sum(alone, n)
            _keep_latest(latest, alone, k == 0, n)
        lanes.sums[READY, row] += whole_sum(latest, n)


@inner
def _fill_alone(times: Floats, row: Whole, pred: Whole, alone: Floats, n: Whole) -> None:
    """Where a link alone would put a row: in working time where the row works."""
    for j in range(np.uint64(n)):
        done = times[POSITION, pred, j] + times[WORK, pred, j]
        alone[j] = done if times[WORK, row, j] > 0.0 else times[FINISH, pred, j]


@inner
def _keep_latest(latest: Floats, alone: Floats, first: bool, n: Whole) -> None:
    """Keep the latest that links ask for in each lane."""
    if first:
        latest[:] = -np.inf
    for j in range(np.uint64(n)):
        latest[j] = max_of(alone[j], latest[j])
