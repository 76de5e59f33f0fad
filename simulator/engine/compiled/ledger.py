"""Money booked by month, lane by lane: at an instant, or spread over time; bits as `engine.ledger`.

A flow is booked in lanes 0 to n - 1. Cash and prices, (M, B), are reached as flat arrays; `top` is
the last month that is booked in.
"""

import numpy as np

from simulator.engine.compiled.cost_arrays import FROM, PRICED, START_AT, SUM, TO
from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.money_flows import AXIS, COSTS, COSTS_END
from simulator.engine.compiled.money_tables import Axes
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import MS_PER_DAY

PER_DAY = 1.0 / MS_PER_DAY


@kernel
def put(value: float, n: int, out: Floats) -> None:
    """One value in every lane."""
    for j in range(n):
        out[j] = value


@kernel
def copy(values: Floats, n: int, out: Floats) -> None:
    """Other lanes' values."""
    for j in range(n):
        out[j] = values[j]


@kernel
def month_by_day(by_day: Ints, bound: float, clock: float) -> int:
    """The month that an instant of the clock falls in; the first month begins at `bound`."""
    day = max((clock - bound) * PER_DAY, 0.0)
    return int(by_day[np.uint32(np.int32(min(day, np.float64(len(by_day) - 1))))])


@kernel
def book_at(axes: Axes, n: int, top: int, lanes: Floats, prices: Floats, cash: Floats) -> None:
    """Book a flow's sum at an instant of the clock."""
    at, amount, priced = lanes[START_AT], lanes[SUM], lanes[PRICED]
    bound, stride = axes.clock[0], np.uintp(lanes.shape[1])
    for j in range(n):
        month = min(month_by_day(axes.by_day, bound, at[j]), top)
        cell = np.uintp(month) * stride + np.uintp(j)
        priced[j] = prices[cell]
        cash[cell] += amount[j] * prices[cell]


@kernel
def book_over(
    axes: Axes, k: int, n: int, top: int, lanes: Floats, prices: Floats, cash: Floats
) -> None:
    """Book a flow's sum evenly over its time on axis k; without time, at its start by the clock.

    All lanes pass through the months from the first begin to the last end together; a lane books a
    share of zero in months that are not its own.
    """
    at, amount, priced = lanes[START_AT], lanes[SUM], lanes[PRICED]
    first, last, bounds = lanes[FROM], lanes[TO], axes.bounds[k]
    width, earliest, latest, hollow = lanes.shape[1], np.inf, -np.inf, False
    for j in range(n):
        priced[j] = 0.0
        earliest, latest = min(earliest, first[j]), max(latest, last[j])
        hollow |= first[j] >= last[j]
    month = 0
    while month < top and bounds[month + 1] <= earliest:
        month += 1
    while month <= top:
        opens = bounds[month] if month > 0 else -np.inf
        closes, spent = bounds[month + 1], cash[month * width : (month + 1) * width]
        price = prices[month * width : (month + 1) * width]
        for j in range(n):
            begin, end = first[j], last[j]
            length = end - begin if end > begin else 1.0
            lasting = min(end, closes) - max(begin, opens)
            share = max(lasting, 0.0) / length * price[j]
            priced[j] += share
            spent[j] += share * amount[j]
        month += 1
        if closes >= latest:
            break
    if hollow:
        for j in range(n):
            if first[j] >= last[j]:
                place = min(month_by_day(axes.by_day, axes.clock[0], at[j]), top)
                cell = np.uintp(place) * np.uintp(width) + np.uintp(j)
                priced[j] = prices[cell]
                cash[cell] += amount[j] * prices[cell]


@kernel
def book(
    axes: Axes,
    flow: Ints,
    costs: Ints,
    n: int,
    top: int,
    rising: bool,
    lanes: Floats,
    own: Floats,
    prices: Floats,
    cash: Floats,
    accounts: Floats,
) -> None:
    """Book a flow's amounts `own` (K, B) in cash, as one sum, and for their accounts."""
    begin, count = flow[COSTS], flow[COSTS_END] - flow[COSTS]
    amount, priced = lanes[SUM], lanes[PRICED]
    copy(own[0], n, amount)
    for k in range(1, count):
        each = own[k]
        for j in range(n):
            amount[j] += each[j]
    if flow[AXIS] < 0:
        book_at(axes, n, top, lanes, prices, cash)
    else:
        book_over(axes, flow[AXIS], n, top, lanes, prices, cash)
    for k in range(count):
        account, each = accounts[costs[begin + k, 0]], own[k]
        if rising:
            for j in range(n):
                account[j] += each[j] * priced[j]
        else:
            for j in range(n):
                account[j] += each[j]
