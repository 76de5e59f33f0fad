"""Money booked by month, lane by lane: at an instant, or spread over time; bits as `engine.ledger`.

A flow is booked in lanes 0 to n - 1; `top` is the last month that is booked in.
"""

import numpy as np

from simulator.engine.compiled.jit import Whole, inlined, inner
from simulator.engine.compiled.money_code import (
    FROM,
    LATEST,
    OTHER,
    OWN,
    PRICED,
    START_AT,
    TO,
    TOTAL,
)
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import MS_PER_DAY

PER_DAY = 1.0 / MS_PER_DAY
_FROM, _TO, _AT, _PRICED = np.uint64(FROM), np.uint64(TO), np.uint64(START_AT), np.uint64(PRICED)
STRIP = np.uint64(64)
"""Lanes that pass through the months together."""
_OWN, _SHARE, _TOTAL = np.uint64(OWN), np.uint64(OTHER), np.uint64(TOTAL)
_LATEST = np.uint64(LATEST)
_ONE = np.uint64(1)


@inlined
def month_by_day(by_day: Ints, bound: float, clock: float) -> Whole:
    """The month that an instant of the clock falls in; the first month begins at `bound`."""
    day = min(max((clock - bound) * PER_DAY, 0.0), np.float64(len(by_day) - 1))
    return np.uint64(by_day[np.uint64(day)])


@inner
def book_at(
    by_day: Ints, clock: Floats, n: Whole, top: Whole, amount: Whole, hollow: bool, regs: Floats,
    prices: Floats, cash: Floats,
) -> None:  # fmt: skip
    """Book register `amount` at an instant of the clock; if `hollow`, only where time is none."""
    bound = clock[0]
    for j in range(n):
        if not hollow or regs[_FROM, j] >= regs[_TO, j]:
            month = min(month_by_day(by_day, bound, regs[_AT, j]), top)
            price = prices[month, j]
            regs[_PRICED, j] = price
            cash[month, j] += regs[amount, j] * price


@inner
def book_over(
    bounds: Floats, heads: Floats, marks: Ints, cells: Ints, k: Whole, n: Whole, top: Whole,
    amount: Whole, regs: Floats, prices: Floats, cash: Floats,
) -> None:  # fmt: skip
    """Book register `amount` evenly over its time on axis k, nothing where it takes none.

    The lanes of a strip pass through the months from the first begin to the last end together; a
    lane books a share of zero in months that are not its own.
    """
    origin, per_ms, most = heads[k, 0], heads[k, 1], np.float64(marks[k, 1])
    low = np.uint64(marks[k, 0])
    for lane in range(np.uint64(0), n, STRIP):
        stop, begins, ends = min(lane + STRIP, n), np.int32(marks[k, 1]), np.int32(0)
        for j in range(lane, stop):
            begin, end = regs[_FROM, j], regs[_TO, j]
            first = min(max((begin - origin) * per_ms, 0.0), most)
            last = min(max((end - origin) * per_ms, 0.0), most)
            begins = min(begins, np.int32(first if end > begin else most))
            ends = max(ends, np.int32(last if end > begin else 0.0))
            regs[_PRICED, j] = 0.0
        month = np.uint64(cells[low + np.uint64(begins)])
        final = min(np.uint64(cells[low + np.uint64(ends) + _ONE]), top)
        while month <= final:
            opens = bounds[k, month] if month > 0 else -np.inf
            closes = bounds[k, month + _ONE]
            for j in range(lane, stop):
                begin, end = regs[_FROM, j], regs[_TO, j]
                length = end - begin if end > begin else 1.0
                lasting = max(min(end, closes) - max(begin, opens), 0.0)
                regs[_SHARE, j] = lasting / length * prices[month, j]
            for j in range(lane, stop):
                regs[_PRICED, j] += regs[_SHARE, j]
                cash[month, j] += regs[_SHARE, j] * regs[amount, j]
            month += _ONE


@inner
def sum_up(first: Whole, end: Whole, n: Whole, regs: Floats) -> Whole:
    """The register with the sum of a flow's amounts."""
    if end - first == _ONE:
        return _OWN
    for j in range(n):
        regs[_TOTAL, j] = regs[_OWN, j] + regs[_OWN + _ONE, j]
    for k in range(_ONE + _ONE, end - first):
        for j in range(n):
            regs[_TOTAL, j] += regs[_OWN + k, j]
    return _TOTAL


@inner
def book_accounts(
    booked: Ints, first: Whole, end: Whole, n: Whole, rising: bool, regs: Floats, accounts: Floats
) -> None:
    """Book each amount for its account, by the mean price factor of the flow if prices rise."""
    if not rising:
        for j in range(n):
            regs[_PRICED, j] = 1.0
    for k in range(end - first):
        account = np.uint64(booked[first + k])
        for j in range(n):
            accounts[account, j] += regs[_OWN + k, j] * regs[_PRICED, j]


@inner
def open_books(
    by_day: Ints, clock: Floats, n: Whole, regs: Floats, cash: Floats, accounts: Floats
) -> Whole:
    """Empty books up to the latest month; how many months."""
    latest = 0.0
    for j in range(n):
        latest = max(latest, regs[_LATEST, j])
    months = month_by_day(by_day, clock[0], latest) + _ONE
    for month in range(months):
        for j in range(n):
            cash[month, j] = 0.0
    for account in range(np.uint64(len(accounts))):
        for j in range(n):
            accounts[account, j] = 0.0
    return months


@inner
def to_months(by_day: Ints, clock: Floats, d: Whole, n: Whole, regs: Floats) -> None:
    """Instants of the clock counted in months, each of which is 1."""
    for j in range(n):
        month = month_by_day(by_day, clock[0], regs[d, j])
        begin = clock[month]
        lasting = (regs[d, j] - begin) / (clock[month + _ONE] - begin)
        regs[d, j] = np.float64(month) + lasting


@inner
def add_up(
    discounts: Floats, discounted: bool, months: Whole, n: Whole, cash: Floats, total: Floats,
    value: Floats,
) -> None:  # fmt: skip
    """The total of all months in order, and what it is worth at the program's start."""
    for j in range(n):
        total[j], value[j] = 0.0, 0.0
    for month in range(months):
        worth = discounts[month] if discounted else 0.0
        for j in range(n):
            total[j] += cash[month, j]
            value[j] += cash[month, j] * worth
