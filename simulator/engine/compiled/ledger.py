"""Money booked by month, a strip of 64 lanes at a time; bits as `engine.ledger`.

What a strip spends in each month, and the month's price factors, stand together in a row of
`books` (S, 128 rows): 64 lanes of prices, then 64 of cash before prices rise. So they stay in the
first cache while flow after flow passes through the months.

What one flow needs stands in `strip`, 64 lanes of each: begin and end in the time of the flow's
axis, how far the months so far have got, what lasts times its price factor, the rate, and two of
scratch for the earliest begin and the latest end.
"""

import numpy as np

from simulator.engine.compiled.jit import Whole, inlined, inner, merged
from simulator.engine.compiled.money_code import (
    FROM,
    LATEST,
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
STRIP = np.uint64(64)
MONTH = np.uint64(128)
"""Numbers of a month in `books`."""
AHEAD = 4
"""Months that are passed through at once: so many stand behind the last."""
SCRATCH = 448
"""Numbers of `strip`."""
_END, _BEFORE, _PRICED_TIME, _RATE, _EDGE = (np.uint64(64 * k) for k in range(1, 6))
_ALL, _HALF, _EIGHT = np.uint64(64), np.uint64(32), np.uint64(8)
_ZERO, _ONE, _TWO, _THREE = (np.uint64(k) for k in range(4))


@inlined
def month_by_day(by_day: Ints, bound: float, clock: float) -> Whole:
    """The month that an instant of the clock falls in; the first month begins at `bound`."""
    day = min(max((clock - bound) * PER_DAY, 0.0), np.float64(len(by_day) - 1))
    return np.uint64(by_day[np.uint64(day)])


@merged
def pass_months(
    bounds: Floats, heads: Floats, cells: Ints, k: Whole, strip: Floats,
    books: Floats, s: Whole,
) -> None:  # fmt: skip
    """Book a flow of strip s on axis k, nothing where it takes no time.

    All lanes pass through the months from the first begin to the last end together: what lies in a
    month that is not a lane's own is zero.
    """
    for j in range(_HALF):
        begin, end = strip[j], strip[_END + j]
        other, last = strip[_HALF + j], strip[_END + _HALF + j]
        first = begin if end > begin else np.inf
        strip[_EDGE + j] = min(first, other if last > other else np.inf)
        final = end if end > begin else -np.inf
        strip[_EDGE + _ALL + j] = max(final, last if last > other else -np.inf)
    for j in range(_EIGHT):
        at = _EDGE + j
        first = min(strip[at], strip[at + _EIGHT])
        other = min(strip[at + _TWO * _EIGHT], strip[at + _THREE * _EIGHT])
        strip[at] = min(first, other)
        at += _ALL
        first = max(strip[at], strip[at + _EIGHT])
        other = max(strip[at + _TWO * _EIGHT], strip[at + _THREE * _EIGHT])
        strip[at] = max(first, other)
    low, high = np.inf, -np.inf
    for j in range(_EIGHT):
        low, high = min(low, strip[_EDGE + j]), max(high, strip[_EDGE + _ALL + j])
    if not low < high:
        return
    cell = min(max((low - heads[k, 0]) * heads[k, 1], 0.0), heads[k, 2])
    month = np.uint64(cells[k, np.uint64(cell)])
    while bounds[k, month + _ONE] <= low:
        month += _ONE
    while True:
        a, b = bounds[k, month + _ONE], bounds[k, month + _TWO]
        c, d = bounds[k, month + _THREE], bounds[k, month + _THREE + _ONE]
        at = month * MONTH
        for j in range(_ALL):
            begin, end, rate = strip[j], strip[_END + j], strip[_RATE + j]
            first = min(end, max(begin, a))
            second = min(end, max(begin, b))
            third = min(end, max(begin, c))
            fourth = min(end, max(begin, d))
            lasting = first - strip[_BEFORE + j]
            books[s, at + _ALL + j] += lasting * rate
            priced = strip[_PRICED_TIME + j] + lasting * books[s, at + j]
            lasting = second - first
            books[s, at + MONTH + _ALL + j] += lasting * rate
            priced += lasting * books[s, at + MONTH + j]
            lasting = third - second
            books[s, at + _TWO * MONTH + _ALL + j] += lasting * rate
            priced += lasting * books[s, at + _TWO * MONTH + j]
            lasting = fourth - third
            books[s, at + _THREE * MONTH + _ALL + j] += lasting * rate
            strip[_PRICED_TIME + j] = priced + lasting * books[s, at + _THREE * MONTH + j]
            strip[_BEFORE + j] = fourth
        if d >= high:
            return
        month += _TWO + _TWO


_FROM, _TO, _AT, _PRICED = np.uint64(FROM), np.uint64(TO), np.uint64(START_AT), np.uint64(PRICED)
_OWN, _TOTAL, _LATEST = np.uint64(OWN), np.uint64(TOTAL), np.uint64(LATEST)


@inner
def book_over(
    spends: Ints, spent: Floats, booked: Ints, rates: Floats, times: Floats, flows: Whole,
    k: Whole, amount: Whole, n: Whole, bounds: Floats, heads: Floats, cells: Ints, regs: Floats,
    strip: Floats, books: Floats, accounts: Floats,
) -> None:  # fmt: skip
    """Spread money over months: what rows spend over their work at known rates, flow by flow.

    If there are no `flows`, the rate in register `amount` from `FROM` to `TO` on axis k.
    """
    for s in range((n + STRIP - _ONE) // STRIP):
        lane = s * STRIP
        count = min(STRIP, n - lane)
        for j in range(len(strip)):
            strip[j] = 0.0
        for i in range(max(flows, _ONE)):
            if flows:
                begins, works, rate = np.uint64(spends[i, 1]), np.uint64(spends[i, 2]), spent[i]
                k = np.uint64(spends[i, 0])
                for j in range(count):
                    begin = times[begins, lane + j]
                    strip[j] = strip[_BEFORE + j] = begin
                    strip[_END + j] = begin + times[works, lane + j]
                    strip[_PRICED_TIME + j], strip[_RATE + j] = 0.0, rate
            else:
                for j in range(count):
                    strip[j] = strip[_BEFORE + j] = regs[_FROM, lane + j]
                    strip[_END + j], strip[_RATE + j] = regs[_TO, lane + j], regs[amount, lane + j]
            pass_months(bounds, heads, cells, k, strip, books, s)
            if not flows:
                for j in range(count):
                    regs[_PRICED, lane + j] = strip[_PRICED_TIME + j]
                continue
            for place in range(np.uint64(spends[i, 3]), np.uint64(spends[i, 4])):
                account, rate = np.uint64(booked[place]), rates[place]
                for j in range(count):
                    accounts[account, lane + j] += rate * strip[_PRICED_TIME + j]


@inner
def book_at(
    by_day: Ints, clock: Floats, n: Whole, top: Whole, amount: Whole, hollow: bool, regs: Floats,
    books: Floats,
) -> None:  # fmt: skip
    """Book register `amount` at an instant of the clock; if `hollow`, only where time is none."""
    bound = clock[0]
    for j in range(n):
        if not hollow or regs[_FROM, j] >= regs[_TO, j]:
            month = min(month_by_day(by_day, bound, regs[_AT, j]), top)
            at = month * MONTH + j % STRIP
            regs[_PRICED, j] = books[j // STRIP, at]
            books[j // STRIP, at + _ALL] += regs[amount, j]


@inner
def book_on(month: Whole, n: Whole, amount: Whole, regs: Floats, books: Floats) -> None:
    """Book register `amount` in a month that is the same for all lanes."""
    at = month * MONTH
    for s in range((n + STRIP - _ONE) // STRIP):
        lane = s * STRIP
        for j in range(min(STRIP, n - lane)):
            regs[_PRICED, lane + j] = books[s, at + j]
            books[s, at + _ALL + j] += regs[amount, lane + j]


@inner
def sum_up(first: Whole, end: Whole, n: Whole, regs: Floats) -> Whole:
    """The register with the sum of a flow's amounts."""
    if end - first <= _ONE:
        return _OWN
    for j in range(n):
        regs[_TOTAL, j] = regs[_OWN, j] + regs[_OWN + _ONE, j]
    for k in range(_TWO, end - first):
        for j in range(n):
            regs[_TOTAL, j] += regs[_OWN + k, j]
    return _TOTAL


@inner
def book_accounts(
    booked: Ints, first: Whole, end: Whole, n: Whole, regs: Floats, accounts: Floats
) -> None:
    """Book each amount or rate for its account, times what the flow came to at its prices."""
    for k in range(end - first):
        account = np.uint64(booked[first + k])
        for j in range(n):
            accounts[account, j] += regs[_OWN + k, j] * regs[_PRICED, j]


@inner
def open_books(
    by_day: Ints, clock: Floats, n: Whole, regs: Floats, books: Floats, accounts: Floats
) -> Whole:
    """Empty books up to the latest month; how many months."""
    latest = 0.0
    for j in range(n):
        latest = max(latest, regs[_LATEST, j])
    months = month_by_day(by_day, clock[0], latest) + _ONE
    for s in range((n + STRIP - _ONE) // STRIP):
        count = min(STRIP, n - s * STRIP)
        for month in range(months):
            for j in range(count):
                books[s, month * MONTH + _ALL + j] = 0.0
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
def close_books(
    discounts: Floats, discounted: bool, months: Whole, n: Whole, books: Floats, cash: Floats,
    total: Floats, value: Floats,
) -> None:  # fmt: skip
    """Cash at its prices, the total of all months in order, and its worth at program start."""
    for j in range(n):
        total[j], value[j] = 0.0, 0.0
    for month in range(months):
        worth = discounts[month] if discounted else 0.0
        for s in range((n + STRIP - _ONE) // STRIP):
            lane, at = s * STRIP, month * MONTH
            for j in range(min(STRIP, n - lane)):
                spent = books[s, at + _ALL + j] * books[s, at + j]
                cash[month, lane + j] = spent
                total[lane + j] += spent
                value[lane + j] += spent * worth
