"""The most units held at once, lane by lane; as `engine.peaks`."""

import numpy as np

from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.ledger import put
from simulator.plan.work_calendar import Floats

FEW = 48
"""So many rows are compared each with each sooner than sorted."""


@kernel
def most_held(held: Floats, units: Floats, n: int, now: Floats, order: Floats, out: Floats) -> None:
    """The largest sum of `units` (K,) that rows hold at the same time.

    Row k holds from `held[0, k]` to `held[1, k]`, not at all if it starts at infinity. What is
    held is most when some row starts to hold.
    """
    put(0.0, n, out)
    if len(units) > FEW:
        _sorted_lanes(held, units, n, order, out)
        return
    for k in range(len(units)):
        at = held[0, k]
        put(0.0, n, now)
        for i in range(len(units)):
            begin, end, unit = held[0, i], held[1, i], units[i]
            for j in range(n):
                now[j] += unit * np.float64((begin[j] <= at[j]) & (at[j] < end[j]))
        for j in range(n):
            out[j] = max(out[j], now[j])


@kernel
def _sorted_lanes(held: Floats, units: Floats, n: int, order: Floats, out: Floats) -> None:
    """Each lane by itself: starts and finishes in order, finishes first where they are equal."""
    count = len(units)
    for j in range(n):
        for k in range(count):
            order[0, k], order[1, k] = held[0, k, j], units[k]
            order[2, k], order[3, k] = held[1, k, j], units[k]
        _sort(order[0, :count], order[1, :count])
        _sort(order[2, :count], order[3, :count])
        now, done = 0.0, 0
        while done < count and order[2, done] == -np.inf:
            done += 1
        for k in range(count):
            begin = order[0, k]
            if begin == np.inf:
                break
            while done < count and order[2, done] <= begin:
                now -= order[3, done]
                done += 1
            now += order[1, k]
            out[j] = max(out[j], now)


@kernel
def _sort(keys: Floats, others: Floats) -> None:
    """Shell's sort of keys, with what belongs to them."""
    gap = len(keys) // 2
    while gap > 0:
        for k in range(gap, len(keys)):
            key, other, i = keys[k], others[k], k
            while i >= gap and keys[i - gap] > key:
                keys[i], others[i] = keys[i - gap], others[i - gap]
                i -= gap
            keys[i], others[i] = key, other
        gap = 1 if gap == 2 else int(gap / 2.2)
