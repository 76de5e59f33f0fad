"""Money booked by month: at an instant, or spread over working or clock time."""

from collections.abc import Sequence

import numpy as np

from simulator.plan.plan import NONE, Network
from simulator.plan.work_calendar import Floats

Booking = tuple[int, Floats]
"""An account and the amount (N,) booked for it."""


class Ledger:
    """Cash (M, N) and accounts (A, N) of a block, filled flow by flow in the plan's order.

    `bounds` (M + 1,) are the months; `prices` their price factors, numbers or (N,).
    """

    def __init__(
        self,
        network: Network,
        bounds: Floats,
        prices: Sequence[Floats | float],
        shape: tuple[int, int],
    ) -> None:
        self._network, self._bounds, self._prices = network, bounds, prices
        self._months = len(bounds) - 1
        self.accounts = np.zeros(shape)
        self.cash = np.zeros((self._months, shape[1]))
        self._plain = all(isinstance(price, float) and price == 1.0 for price in prices)

    def point(self, bookings: Sequence[Booking], at: Floats) -> None:
        """Book money at an instant (N,)."""
        amount = _sum(bookings)
        months = np.searchsorted(self._bounds[1:-1], at, side="right")
        prices = np.ones(len(at))
        for month in np.unique(months):
            here = months == month
            price = self._prices[month]
            self.cash[month] += np.where(here, amount * price, 0.0)
            prices = np.where(here, price, prices)
        for account, own in bookings:
            self.accounts[account] += own * prices

    def spread(
        self, bookings: Sequence[Booking], begin: Floats, end: Floats, calendar: int
    ) -> None:
        """Book money evenly over the working time from `begin` to `end`; at `begin` if none."""
        first, last, bounds = begin, end, self._bounds
        if calendar != NONE and not self._network.calendar(calendar).always:
            table = self._network.calendar(calendar)
            first, last = table.work_at(begin), table.work_at(end)
            bounds = table.work_at(bounds)
        length = last - first
        lasts = length > 0
        if not lasts.all():
            self.point([(account, np.where(lasts, 0.0, own)) for account, own in bookings], begin)
            bookings = [(account, np.where(lasts, own, 0.0)) for account, own in bookings]
        per_ms = np.divide(1.0, length, out=np.zeros_like(length), where=lasts)
        amount = _sum(bookings)
        priced = np.zeros_like(length)
        low = int(np.searchsorted(self._bounds, begin.min(), side="right")) - 1
        low = min(max(low, 0), self._months - 1)
        high = min(int(np.searchsorted(self._bounds, end.max(), side="left")), self._months)
        before = first
        for month in range(low, max(high, low + 1)):
            until = last
            if month < high - 1:
                until = np.minimum(last, np.maximum(first, bounds[month + 1]))
            share = (until - before) * per_ms * self._prices[month]
            self.cash[month] += share * amount
            if not self._plain:
                priced += share
            before = until
        for account, own in bookings:
            self.accounts[account] += own if self._plain else own * priced

    def window(
        self, account: int, rate: Floats | float, begin: Floats, end: Floats, calendar: int
    ) -> None:
        """Book a rate from `begin` to `end`: of a calendar's working time, of the clock if none."""
        end = np.maximum(begin, end)
        lasting = end - begin
        if calendar != NONE:
            table = self._network.calendar(calendar)
            lasting = table.work_at(end) - table.work_at(begin)
        self.spread([(account, rate * lasting)], begin, end, calendar)


def _sum(bookings: Sequence[Booking]) -> Floats:
    total = bookings[0][1]
    for _, own in bookings[1:]:
        total = total + own
    return total
