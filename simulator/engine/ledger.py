"""Money booked by month: at an instant, or spread over working or clock time.

Money is spread as a rate, so much a millisecond of the time that it is spread over: each month
takes the rate times what lies in the month. Amounts are first divided by the time they take.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulator.plan.months import Months
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.work_calendar import Floats

Wide = npt.NDArray[np.int64]
BY_MONTH = -2
"""In place of a calendar: time counted in calendar months."""
Booking = tuple[int, Floats]
"""An account and the amount (N,) booked for it, or the rate (N,), before prices rise."""


class Ledger:
    """Cash (M, N) and accounts (A, N) of a block, filled flow by flow in the plan's order.

    `accounts` are escalated as they are booked, `cash` as a whole by `escalate`. `prices` are the
    price factors of the first M months, numbers or (N,).
    """

    def __init__(
        self,
        network: Network,
        months: Months,
        prices: Sequence[Floats | float],
        shape: tuple[int, int],
    ) -> None:
        self._network, self._months = network, months
        self._count, self._last = shape[1], len(prices) - 1
        self.accounts = np.zeros(shape)
        self.cash = np.zeros((len(prices), shape[1]))
        self._prices: Floats | None = None
        if not all(isinstance(price, float) and price == 1.0 for price in prices):
            self._prices = np.array([np.broadcast_to(price, shape[1]) for price in prices])
        self._each: Wide = np.arange(shape[1], dtype=np.int64)
        self._bounds: dict[int, Floats] = {NONE: months.bounds[: len(prices) + 1]}

    def point(self, bookings: Sequence[Booking], at: Floats) -> None:
        """Book money at an instant (N,)."""
        cells = self._cells(np.minimum(self._months.indices(at), self._last), self._each)
        self.cash.reshape(-1)[cells] += _sum(bookings)
        for account, own in bookings:
            priced = own if self._prices is None else own * self._prices.ravel()[cells]
            self.accounts[account] += priced

    def spread(  # noqa: PLR0917 - what is spread, and over what
        self,
        rates: Sequence[Booking],
        amounts: Sequence[Booking],
        begin: Floats,
        end: Floats,
        calendar: int,
        working: tuple[Floats, Floats] | None = None,
    ) -> None:
        """Book money evenly over the working time from `begin` to `end`.

        Amounts are booked at `begin` where that is none.

        `working` are both in working time of the calendar, where they are known already.
        """
        if calendar >= 0 and self._network.calendar(calendar).always:
            calendar, working = NONE, None
        if working is None:
            working = (self._time(begin, calendar), self._time(end, calendar))
        bookings = list(rates)
        if amounts:
            length = working[1] - working[0]
            lasts = length > 0
            if not lasts.all():
                hollow = [(account, np.where(lasts, 0.0, own)) for account, own in amounts]
                self.point(hollow, begin)
            length = np.where(lasts, length, 1.0)
            bookings += [(account, np.where(lasts, own, 0.0) / length) for account, own in amounts]
        lasting = self._month_by_month(_sum(bookings), begin, end, working, calendar)
        for account, rate in bookings:
            self.accounts[account] += rate * lasting

    def window(self, account: int, rate: Floats, begin: Floats, end: Floats, calendar: int) -> None:
        """Book a rate from `begin` to `end`, of a calendar's working time or as `_time` counts."""
        self.spread([(account, rate)], [], begin, np.maximum(begin, end), calendar)

    def escalate(self) -> None:
        """Raise the cash of every month to its prices, once all is booked."""
        if self._prices is not None:
            self.cash *= self._prices

    def _month_by_month(
        self,
        rate: Floats,
        begin: Floats,
        end: Floats,
        working: tuple[Floats, Floats],
        calendar: int,
    ) -> Floats:
        """Each iteration books its own first month, then its second, until all are done.

        Returns how long each iteration's flow lasts, every month times its price factor.
        """
        bounds = self._month_bounds(calendar)
        month = np.minimum(self._months.indices(begin), self._last)
        final = np.minimum(self._months.indices(end), self._last)
        priced = np.zeros(self._count)
        rows = self._each
        before, last = working
        while True:
            until = np.where(month == final, last, np.minimum(last, bounds[month + 1]))
            lasting = until - before
            cells = self._cells(month, rows)
            self.cash.reshape(-1)[cells] += lasting * rate
            if self._prices is not None:
                lasting = lasting * self._prices.ravel()[cells]
            priced[rows] += lasting
            going = np.flatnonzero(month < final)
            if not len(going):
                return priced
            rows = rows[going]
            month, final, before = month[going] + 1, final[going], until[going]
            last, rate = last[going], rate[going]

    def _cells(self, months: Ints, rows: Wide) -> Wide:
        """Places in the flattened cash of some iterations' months."""
        return np.asarray(months.astype(np.int64) * self._count + rows)

    def _time(self, clock: Floats, calendar: int) -> Floats:
        """Instants as time of a calendar, of the clock (`NONE`), or in months (`BY_MONTH`)."""
        if calendar == NONE:
            return clock
        if calendar == BY_MONTH:
            return self._months.position(clock)
        return self._network.calendar(calendar).work_at(clock)

    def _month_bounds(self, calendar: int) -> Floats:
        """Month bounds as time of a calendar."""
        if calendar == BY_MONTH:
            return np.arange(len(self._bounds[NONE]), dtype=np.float64)
        if calendar not in self._bounds:
            self._bounds[calendar] = self._time(self._bounds[NONE], calendar)
        return self._bounds[calendar]


def _sum(bookings: Sequence[Booking]) -> Floats:
    total = bookings[0][1]
    for _, own in bookings[1:]:
        total = total + own
    return total
