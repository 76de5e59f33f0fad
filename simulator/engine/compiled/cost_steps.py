"""What the steps of `money_code` do to a register, over lanes 0 to n - 1."""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import Real, Whole, inlined, inner
from simulator.engine.compiled.money_code import (
    ADD,
    EVENLY,
    FINITE,
    FROM,
    LASTS,
    LEAST,
    LEAST_WHERE,
    MOST,
    PUT,
    RATIO,
    ROUND,
    SAME,
    SCALE,
    SINCE,
    START_AT,
    STOP,
    SUB,
    TIMES,
    TO,
    UNTIL,
    WHERE,
)
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]

_FROM, _TO, _STOP, _AT = np.uint64(FROM), np.uint64(TO), np.uint64(STOP), np.uint64(START_AT)
_NEXT = np.uint64(1)


@inner
def reckon(  # noqa: PLR0912 - one branch a step
    op: Whole, regs: Floats, d: Whole, a: Floats, r: Whole, f: float, n: Whole
) -> None:
    """A step without a mask: register d, row r of the source."""
    if op == SCALE:
        for j in range(n):
            regs[d, j] = a[r, j] * f
    elif op == TIMES:
        for j in range(n):
            regs[d, j] *= a[r, j]
    elif op == PUT:
        for j in range(n):
            regs[d, j] = f
    elif op == ADD:
        for j in range(n):
            regs[d, j] += a[r, j]
    elif op == SUB:
        for j in range(n):
            regs[d, j] -= a[r, j]
    elif op == LEAST:
        for j in range(n):
            regs[d, j] = min(regs[d, j], a[r, j])
    elif op == MOST:
        for j in range(n):
            regs[d, j] = max(regs[d, j], a[r, j])
    else:
        for j in range(n):
            length = regs[_TO, j] - regs[_FROM, j]
            stop, at = regs[_STOP, j], regs[_AT, j]
            regs[d, j] = _rare(op, regs[d, j], a[r, j], stop, at, length, f)


@inlined
def _rare(  # noqa: PLR0911 - one a step
    op: Whole, d: float, a: float, stop: float, at: float, length: float, f: float
) -> Real:
    """Steps of which there are few, told apart lane by lane."""
    if op == UNTIL:
        return d if (a <= stop) & (a != f) else 0.0
    if op == RATIO:
        return d / a if a > 0.0 else 1.0
    if op == FINITE:
        return d if abs(d) < np.inf else a
    if op == ROUND:
        return np.rint(d)
    if op == SAME:
        return d if d == a else np.inf
    if op == EVENLY:
        return d / length if length > 0.0 else d
    if op == SINCE:
        return a if at >= f else d
    if op == LASTS:
        return d if length > 0.0 else 0.0
    return d


@inner
def hold(
    regs: Floats, d: Whole, times: Floats, begins: Whole, ends: Whole, works: Whole, n: Whole
) -> None:
    """A row's times into registers d and d + 1 where it works; `FROM` and `TO` of all rows."""
    for j in range(n):
        begin = times[begins, j] if times[works, j] > 0.0 else np.inf
        regs[d, j] = begin
        regs[_FROM, j] = min(regs[_FROM, j], begin)
    for j in range(n):
        work = times[works, j]
        end = times[begins, j] + work if ends == works else times[ends, j]
        end = end if work > 0.0 else -np.inf
        regs[d + _NEXT, j] = end
        regs[_TO, j] = max(regs[_TO, j], end)


@inner
def reckon_where(
    op: Whole, regs: Floats, d: Whole, a: Floats, r: Whole, mask: Bytes, w: Whole,
    f: float, n: Whole,
) -> None:  # fmt: skip
    """A step with row w of a mask."""
    if op == WHERE:
        for j in range(n):
            regs[d, j] = regs[d, j] if mask[w, j] else f
    elif op == LEAST_WHERE:
        for j in range(n):
            regs[d, j] = min(regs[d, j], a[r, j] if mask[w, j] else f)
    else:
        for j in range(n):
            regs[d, j] = max(regs[d, j], a[r, j] if mask[w, j] else f)
