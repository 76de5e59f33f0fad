"""What is drawn laid out for the schedule, and put right for costs afterwards."""

import numpy as np

from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.jit import inner
from simulator.engine.compiled.lanes import EXISTS, STOPPED, WORK, Lanes
from simulator.engine.compiled.network_tape import (
    AT_OCCURS,
    AT_STOP,
    AT_VERSION_WORK,
    NetworkTape,
)
from simulator.engine.compiled.span_tape import SpanTape
from simulator.engine.compiled.terms import WorkArrays


@inner
def lay_out(
    tape: SpanTape, network: NetworkTape, drawn: Drawn, given: WorkArrays, lanes: Lanes
) -> None:
    """Lay durations out for the schedule, where they do not stand there yet."""
    wide = np.uint64(lanes.times.shape[2])
    if tape.presence_changes:
        for row in range(np.uint64(tape.total)):
            for j in range(wide):
                lanes.flags[EXISTS, row, j] = given.exists[row, j]
    if tape.work_apart:
        for row in range(np.uint64(tape.total)):
            for j in range(wide):
                lanes.times[WORK, row, j] = given.work[row, j]
    at = np.int64(network.lists[AT_VERSION_WORK])
    for place in range(len(given.work) - tape.total):
        for j in range(wide):
            lanes.amounts[at + place, j] = given.work[tape.total + place, j]
    if len(tape.stop_risk):
        _lay_stops(tape, network, drawn, given, lanes)


@inner
def _lay_stops(
    tape: SpanTape, network: NetworkTape, drawn: Drawn, given: WorkArrays, lanes: Lanes
) -> None:
    """When each stop comes by a date, and where it would by the start of a row, epoch by epoch."""
    wide, stops = np.uint64(lanes.times.shape[2]), len(tape.stop_risk)
    at, at_occurs = np.int64(network.lists[AT_STOP]), np.int64(network.lists[AT_OCCURS])
    risks = len(tape.hit_first) - 1
    for row in range(np.uint64(tape.total)):
        for j in range(wide):
            lanes.flags[STOPPED, row, j] = 0
    for stop in range(stops):
        for j in range(wide):
            when = given.stop_at[stop, j]
            lanes.amounts[at + stop, j] = np.inf if when == -np.inf else when
        for epoch in range(len(network.thresholds) + 1):
            occurs, to = drawn.occurs[epoch * risks + tape.stop_risk[stop]], at_occurs + stop
            for j in range(wide):
                own = np.float64(occurs[j]) if tape.stop_by_start[stop] else 0.0
                lanes.amounts[to + epoch * stops, j] = own


@inner
def settle(tape: SpanTape, lanes: Lanes, given: WorkArrays) -> None:
    """Put the work of the versions that starts have chosen in place of that of their rows.

    It is what was drawn, of which costs want to know what was planned.
    """
    count = len(tape.versioned)
    for place in range(count):
        row = np.uint64(tape.versioned[place])
        for j in range(np.uint64(lanes.chosen.shape[1])):
            own = tape.total + count * lanes.chosen[place, j] + place
            given.work[row, j] = given.work[own, j]
