"""What is kept and added up of lanes that are simulated, where it belongs in whole chunks.

Lane ``q r + j`` is iteration ``256 q + first + j`` of its chunk, for r lanes of each quarter.
"""

import numpy as np

from simulator.engine.compiled.cost_arrays import CostArrays
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.found import Found
from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.lanes import EXISTS, FINISH, START, STOPPED, Lanes
from simulator.engine.compiled.network_tape import AT_MEETING, NetworkTape
from simulator.engine.compiled.span_tape import SpanTape, Totals
from simulator.engine.sums import QUARTERS, STRIP
from simulator.plan.work_calendar import Floats

_QUARTERS, _STRIP = np.uint64(QUARTERS), np.uint64(STRIP)


@inner
def note_outcomes(found: Found, out: Floats, place: Whole, first: Whole, run: Whole) -> None:
    """Keep finishes and the duration, all but the last row of `out`."""
    for k in range(np.uint64(len(found.outcomes))):
        for q in range(_QUARTERS):
            to = found.outcomes[k, place, q]
            for j in range(np.uint64(run)):
                to[np.uint64(first) + j] = out[k, q * np.uint64(run) + j]


@inner
def note_tasks(
    tape: SpanTape, found: Found, lanes: Lanes, place: Whole, first: Whole, run: Whole
) -> None:
    """Keep starts, finishes and presence of tasks, of the first chunks."""
    for task in range(len(tape.bases)):
        start, finish = lanes.times[START, tape.firsts[task]], lanes.times[FINISH, tape.lasts[task]]
        exists = lanes.flags[EXISTS, tape.bases[task]]
        for q in range(QUARTERS):
            for j in range(run):
                lane, at = q * run + j, first + j
                found.task_start[task, place, q, at] = start[lane]
                found.task_finish[task, place, q, at] = finish[lane]
                found.task_present[task, place, q, at] = exists[lane] != 0


@inner
def note_occurrences(
    tape: SpanTape, network: NetworkTape, found: Found, drawn: Drawn, lanes: Lanes, place: Whole,
    n: Whole,
) -> None:  # fmt: skip
    """Add up in how many lanes risks occurred, as `engine.occurrences` has it."""
    risks, epochs = len(tape.hit_first) - 1, len(network.thresholds)
    for risk in range(risks):
        total, last = np.int64(0), drawn.occurs[epochs * risks + risk]
        begin, end = tape.hit_first[risk], tape.hit_first[risk + 1]
        for j in range(n):
            if begin == end:
                total += np.int64(last[j] != 0)
                continue
            start = np.inf
            for at in range(begin, end):
                row = tape.hit_rows[at]
                if lanes.flags[EXISTS, row, j]:
                    start = min(start, lanes.times[START, row, j])
            epoch = 0
            while epoch < epochs and network.thresholds[epoch] <= start:
                epoch += 1
            total += np.int64(drawn.occurs[epoch * risks + risk, j] != 0)
        found.occurred[place, risk] += total


@inner
def note_meetings(
    tape: SpanTape, network: NetworkTape, found: Found, lanes: Lanes, n: Whole
) -> None:
    """Add up how long rows of boards waited for their meetings."""
    at = np.int64(network.lists[AT_MEETING])
    for k in range(len(tape.meeting)):
        row, total = tape.meeting[k], np.int64(0)
        for j in range(n):
            if lanes.flags[EXISTS, row, j] and not lanes.flags[STOPPED, row, j]:
                total += np.int64(lanes.amounts[at + k, j])
        found.met[k] += total


@inner
def note_costs(
    found: Found, money: CostArrays, totals: Totals, place: Whole, first: Whole, run: Whole
) -> None:
    """Keep the cost, its present value, and cash of the first chunks."""
    months = money.months[0]
    totals.months[0] = max(totals.months[0], months)
    for q in range(QUARTERS):
        for j in range(run):
            found.cost[place, q, first + j] = money.total[q * run + j]
            found.present_value[place, q, first + j] = money.present_value[q * run + j]
    if place < found.task_cash.shape[1]:
        for month in range(months):
            for q in range(QUARTERS):
                for j in range(run):
                    found.task_cash[month, place, q, first + j] = money.cash[month, q * run + j]


@inner
def sum_money(money: CostArrays, totals: Totals, run: Whole, n: Whole) -> None:
    """Running sums of a chunk in strips of 64 lanes, in the order of `sums.chunk_sums`."""
    _sum_strips(money.cash, totals.cash, np.uint64(money.months[0]), run, n)
    _sum_strips(money.accounts, totals.accounts, np.uint64(len(money.accounts)), run, n)


@inner
def _sum_strips(lanes: Floats, totals: Floats, rows: Whole, run: Whole, n: Whole) -> None:
    for row in range(rows):
        for strip in range(0, run, STRIP):
            for quarter in range(QUARTERS):
                base = np.int64(quarter * run + strip)
                for j in range(np.uint64(min(max(n - base, 0), STRIP))):
                    totals[row, j] += lanes[row, np.uint64(base) + j]


@inner
def halve(totals: Floats, found: Floats, place: Whole) -> None:
    """The sum of each row, by adding its second half to its first; `totals` are used up."""
    for row in range(np.uint64(len(totals))):
        half = _STRIP // np.uint64(2)
        while half > 0:
            for j in range(half):
                totals[row, j] += totals[row, half + j]
            half //= np.uint64(2)
        found[row, place] = totals[row, 0]
