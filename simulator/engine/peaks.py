"""The most units held at once."""

import numpy as np

from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats


def most_held(starts: Floats, finishes: Floats, units: Ints) -> Floats:
    """The largest sum of `units` (K,) over rows that hold at the same time, for each iteration.

    Row k holds from `starts[k]` to `finishes[k]` (K, N); with an infinite start not at all. What
    is given back at an instant is free for what begins at it.
    """
    count = len(units)
    times = np.concatenate((finishes, starts))
    change = np.concatenate((-units, units)).astype(np.float64)
    never = ~np.isfinite(starts)
    changes = np.broadcast_to(change[:, None], times.shape).copy()
    changes[np.concatenate((never, never))] = 0.0
    # Finishes stand before starts, and a stable sort keeps them there at ties.
    order = np.argsort(times, axis=0, kind="stable")
    held = np.cumsum(np.take_along_axis(changes, order, axis=0), axis=0)
    return np.asarray(held.max(axis=0, initial=0.0)) if count else np.zeros(times.shape[1])
