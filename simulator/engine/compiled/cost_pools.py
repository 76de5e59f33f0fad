"""The most units held at once, lane by lane; as `engine.peaks`.

Register `at + 2 k` says from when row k of a pool holds its units, the one after it until when; it
holds them not at all if it starts at infinity. What is held is most when some row starts to hold.
"""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import Real, Whole, inner
from simulator.engine.compiled.money_code import ONE, OWN
from simulator.plan.work_calendar import Floats

Wide = npt.NDArray[np.int64]
FEW = 48
"""So many rows are compared with one another sooner than sorted."""
_OWN, _NOW, _NEXT = np.uint64(OWN), np.uint64(ONE), np.uint64(1)


@inner
def _sorted_most(
    regs: Floats, at: Whole, units: Floats, first: Whole, count: Whole, j: Whole, order: Floats
) -> Real:
    """For lane j: what is taken and given back in order, given back first where equal."""
    events = count + count
    for k in range(count):
        begin = regs[at + k + k, j]
        unit = units[first + k] if begin < np.inf else 0.0
        order[0, k], order[1, k] = begin, unit
        order[0, count + k], order[1, count + k] = regs[at + k + k + _NEXT, j], -unit
    gap = events // np.uint64(2)
    while gap > np.uint64(0):
        for k in range(gap, events):
            time, change, i = order[0, k], order[1, k], k
            while i >= gap:
                before = order[0, i - gap]
                if before < time or (before == time and order[1, i - gap] <= change):
                    break
                order[0, i], order[1, i] = before, order[1, i - gap]
                i -= gap
            order[0, i], order[1, i] = time, change
        gap = np.uint64(1) if gap == np.uint64(2) else np.uint64(np.float64(gap) / 2.2)
    now, most = 0.0, 0.0
    for k in range(events):
        now += order[1, k]
        most = max(most, now)
    return most


@inner
def most_held(
    regs: Floats, at: Whole, units: Floats, rivals: Wide, first: Whole, count: Whole, n: Whole,
    order: Floats,
) -> None:  # fmt: skip
    """Fill register `OWN` with the most held at once, in units.

    Few rows are added up for each as it starts: itself, and of its rivals those that hold units.
    """
    if count > FEW:
        for j in range(n):
            regs[_OWN, j] = _sorted_most(regs, at, units, first, count, j, order) / 1000.0
        return
    for j in range(n):
        regs[_OWN, j] = 0.0
    for k in range(count):
        own, unit, with_it = at + k + k, units[first + k], rivals[first + k]
        for j in range(n):
            regs[_NOW, j] = unit if regs[own, j] < np.inf else 0.0
        for i in range(count):
            if not with_it >> np.int64(i) & 1:
                continue
            begin, end, unit = at + i + i, at + i + i + _NEXT, units[first + i]
            for j in range(n):
                when = regs[own, j]
                holds = (regs[begin, j] <= when) & (when < regs[end, j])
                regs[_NOW, j] += unit if holds else 0.0
        for j in range(n):
            regs[_OWN, j] = max(regs[_OWN, j], regs[_NOW, j])
    for j in range(n):
        regs[_OWN, j] = regs[_OWN, j] / 1000.0
