"""Retained pools, cost lines, risks, and the penalty: when and how much they cost."""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.cost_arrays import (
    FINISH,
    FROM,
    LAST,
    OTHER,
    SPARE,
    START_AT,
    STOP,
    SUM,
    TO,
    CostArrays,
)
from simulator.engine.compiled.cost_pools import most_held
from simulator.engine.compiled.cost_times import (
    Numbers,
    RowLanes,
    fill_finish,
    fill_number,
    fill_start,
    to_axis,
)
from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.ledger import copy, put
from simulator.engine.compiled.money_flows import (
    AT,
    AT_LAST,
    AXIS,
    COSTS,
    LINE_BEGIN,
    LINE_END,
    LINE_FIRSTS,
    LINE_FIRSTS_END,
    LINE_KIND,
    LINE_LASTS,
    LINE_LASTS_END,
    LINE_STOPS,
    LINE_STOPS_END,
    LINE_WHOLE,
    ON_DATE,
    PENALTY_AFTER,
    PENALTY_AXIS,
    POOL_DIRECT,
    POOL_ROWS,
    POOL_ROWS_END,
    RATE,
    RISK_DATE,
    RISK_NUMBER,
    RISK_ROWS,
    RISK_ROWS_END,
    RISK_STOPS,
    RISK_WHEN,
)
from simulator.engine.compiled.money_tables import ROW_FINISH, ROW_START, Axes, Lists
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]


@kernel
def _fill_instant(lists: Lists, rows: RowLanes, k: int, n: int, out: Floats) -> None:
    """The clock time of an instant."""
    kind, row = lists.instants[k, 0], lists.instants[k, 1]
    if kind == ROW_START:
        fill_start(rows, row, n, out)
    elif kind == ROW_FINISH:
        fill_finish(rows, row, n, out)
    else:
        put(lists.clocks[k], n, out)


@kernel
def set_pool(
    axes: Axes,
    lists: Lists,
    flow: Ints,
    n: int,
    numbers: Numbers,
    rows: RowLanes,
    money: CostArrays,
) -> None:
    """The most held at once, by its rate, from the first to the last need."""
    first, last, own = money.lanes[FROM], money.lanes[TO], money.own[0]
    put(np.inf, n, first)
    put(-np.inf, n, last)
    lo, hi = flow[POOL_ROWS], flow[POOL_ROWS_END]
    for k in range(lo, hi):
        row = lists.items[k]
        starts, finishes = money.held[0, k - lo], money.held[1, k - lo]
        if flow[POOL_DIRECT]:
            for j in range(n):
                starts[j] = rows.position[row, j]
                finishes[j] = rows.position[row, j] + rows.work[row, j]
        else:
            fill_start(rows, row, n, starts)
            fill_finish(rows, row, n, finishes)
        for j in range(n):
            busy = (rows.exists[row, j] != 0) & (rows.work[row, j] > 0.0)
            starts[j] = starts[j] if busy else np.inf
            finishes[j] = finishes[j] if busy else -np.inf
            first[j] = min(first[j], starts[j])
            last[j] = max(last[j], finishes[j])
    for j in range(n):
        first[j] = first[j] if first[j] < np.inf else 0.0
        last[j] = last[j] if last[j] > -np.inf else 0.0
    if not flow[POOL_DIRECT]:
        to_axis(axes, flow[AXIS], n, money.trouble, first, first)
        to_axis(axes, flow[AXIS], n, money.trouble, last, last)
    most, spare = money.lanes[SUM], money.lanes[SPARE]
    most_held(money.held, lists.units[lo:hi], n, spare, money.order, most)
    fill_number(numbers, lists.costs[flow[COSTS], 1], n, own)
    for j in range(n):
        own[j] = most[j] / 1000.0 * own[j] * (last[j] - first[j])


@kernel
def set_line(
    axes: Axes,
    lists: Lists,
    flow: Ints,
    n: int,
    numbers: Numbers,
    rows: RowLanes,
    stop_at: Floats,
    money: CostArrays,
) -> None:
    """An amount at an instant or over a window, or a rate over a window."""
    lanes, own = money.lanes, money.own[0]
    fill_number(numbers, lists.costs[flow[COSTS], 1], n, own)
    if flow[LINE_KIND] == AT:
        at, k = lanes[START_AT], flow[LINE_BEGIN]
        base = lists.instants[k, 2]
        _fill_instant(lists, rows, k, n, at)
        for j in range(n):
            own[j] = own[j] if at[j] <= lanes[STOP, j] else 0.0
            if base >= 0:
                own[j] = own[j] if rows.exists[base, j] else 0.0
        return
    first, last, stop = lanes[FROM], lanes[TO], lanes[SPARE]
    _set_extent(lists, flow, n, rows, first, last, stop, lanes[LAST])
    if flow[LINE_BEGIN] >= 0:
        _fill_instant(lists, rows, flow[LINE_BEGIN], n, first)
    if flow[LINE_END] >= 0:
        _fill_instant(lists, rows, flow[LINE_END], n, last)
    copy(lanes[STOP], n, stop)
    for k in lists.items[flow[LINE_STOPS] : flow[LINE_STOPS_END]]:
        for j in range(n):
            stop[j] = min(stop[j], stop_at[k, j])
    for j in range(n):
        first[j] = min(first[j], stop[j])
        last[j] = max(first[j], min(last[j], stop[j]))
    copy(first, n, lanes[START_AT])
    if flow[LINE_KIND] == RATE:
        to_axis(axes, flow[AXIS], n, money.trouble, first, first)
        to_axis(axes, flow[AXIS], n, money.trouble, last, last)
        for j in range(n):
            own[j] *= last[j] - first[j]


@kernel
def _set_extent(
    lists: Lists,
    flow: Ints,
    n: int,
    rows: RowLanes,
    first: Floats,
    last: Floats,
    spare: Floats,
    whole: Floats,
) -> None:
    """From the program's start, or the first start of a line's project, to the last finish."""
    if flow[LINE_WHOLE]:
        put(0.0, n, first)
        copy(whole, n, last)
        return
    put(np.inf, n, first)
    put(0.0, n, last)
    for row in lists.items[flow[LINE_LASTS] : flow[LINE_LASTS_END]]:
        fill_finish(rows, row, n, spare)
        for j in range(n):
            last[j] = max(last[j], spare[j] if rows.exists[row, j] else 0.0)
    for row in lists.items[flow[LINE_FIRSTS] : flow[LINE_FIRSTS_END]]:
        fill_start(rows, row, n, spare)
        for j in range(n):
            first[j] = min(first[j], spare[j] if rows.exists[row, j] else np.inf)
    for j in range(n):
        first[j] = min(first[j], last[j])


@kernel
def set_risk(
    lists: Lists,
    flow: Ints,
    effect: float,
    n: int,
    numbers: Numbers,
    rows: RowLanes,
    occurs: Bytes,
    planned_exists: Bytes,
    money: CostArrays,
) -> None:
    """Once an occurrence: at its date, at the start of the first row hit, or at the end."""
    lanes, at, own, spare = money.lanes, money.lanes[START_AT], money.own[0], money.lanes[SPARE]
    if flow[RISK_WHEN] == ON_DATE:
        fill_number(numbers, flow[RISK_DATE], n, at)
        for j in range(n):
            at[j] = np.rint(at[j])
    elif flow[RISK_WHEN] == AT_LAST:
        copy(lanes[LAST], n, at)
    else:
        exists = planned_exists if flow[RISK_STOPS] else rows.exists
        put(np.inf, n, at)
        for row in lists.items[flow[RISK_ROWS] : flow[RISK_ROWS_END]]:
            fill_start(rows, row, n, spare)
            for j in range(n):
                at[j] = min(at[j], spare[j] if exists[row, j] else np.inf)
    occurred = occurs[flow[RISK_NUMBER]]
    fill_number(numbers, lists.costs[flow[COSTS], 1], n, own)
    for j in range(n):
        counts = (occurred[j] != 0) & (at[j] <= lanes[STOP, j]) & (at[j] < np.inf)
        own[j] = own[j] * effect if counts else 0.0
        at[j] = at[j] if at[j] < np.inf else 0.0


@kernel
def set_penalty(
    axes: Axes,
    lists: Lists,
    flow: Ints,
    cap: float,
    n: int,
    numbers: Numbers,
    rows: RowLanes,
    money: CostArrays,
) -> None:
    """Money per time after its date, until the finish or until its cap is reached."""
    lanes, own, k, axis = money.lanes, money.own[0], flow[PENALTY_AFTER], flow[PENALTY_AXIS]
    first, last, late = lanes[FROM], lanes[TO], lanes[FINISH]
    begin, end = lanes[SPARE], lanes[OTHER]
    _fill_instant(lists, rows, k, n, first)
    for j in range(n):
        late[j] = max(late[j], first[j])
    to_axis(axes, axis, n, money.trouble, first, begin)
    to_axis(axes, axis, n, money.trouble, late, end)
    fill_number(numbers, lists.costs[flow[COSTS], 1], n, own)
    for j in range(n):
        owed = own[j] * (end[j] - begin[j])
        own[j] = min(owed, cap)
        reached = own[j] / owed if owed > 0.0 else 1.0
        last[j] = first[j] + (late[j] - first[j]) * reached
    copy(first, n, lanes[START_AT])
