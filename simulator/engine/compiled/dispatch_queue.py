"""What is to happen in one iteration, soonest last; pools and calendars at an instant."""

import numpy as np

from simulator.engine.compiled.calendars import START_AT, WORK_AT, convert
from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.jit import Real, Whole, merged
from simulator.engine.compiled.lanes import Lanes
from simulator.engine.compiled.network_tape import NetworkTape

QUEUED, TODO, LOGGED = range(3)
"""Places of `Desk.counts`."""
NOTHING = 2**30
"""What happens at an instant at which only turns are taken; beyond it, a pool has other units."""


@merged
def push(desk: Desk, at: float, what: Whole) -> None:
    """Note that something happens at an instant: a row asks (its number), or ends (-1 - number)."""
    k = np.uint64(desk.counts[QUEUED])
    one = np.uint64(1)
    while k > np.uint64(0) and desk.queue_at[k - one] < at:
        desk.queue_at[k], desk.queue_what[k] = desk.queue_at[k - one], desk.queue_what[k - one]
        k -= one
    desk.queue_at[k], desk.queue_what[k] = at, what
    desk.counts[QUEUED] += 1


@merged
def take(tape: PoolTape, desk: Desk, row: Whole) -> None:
    """Take the units that a row needs."""
    for k in range(tape.first[row], tape.first[row + 1]):
        pool = np.int64(tape.pool[k])
        desk.free[pool] -= tape.units[k]
        _lower(tape, desk, pool)


@merged
def give_back(tape: PoolTape, desk: Desk, row: Whole) -> None:
    """Give the units of a row back."""
    for k in range(tape.first[row], tape.first[row + 1]):
        pool = np.int64(tape.pool[k])
        desk.free[pool] += tape.units[k]
        _raise(tape, desk, pool)


@merged
def _lower(tape: PoolTape, desk: Desk, pool: Whole) -> None:
    first, level = np.int64(tape.level_first[pool]), np.int64(desk.level[pool])
    while level > 0 and tape.level_units[first + level - 1] > desk.free[pool]:
        level -= 1
    desk.level[pool] = level


@merged
def _raise(tape: PoolTape, desk: Desk, pool: Whole) -> None:
    first, last = np.int64(tape.level_first[pool]), np.int64(tape.level_first[pool + 1])
    level = np.int64(desk.level[pool])
    while first + level < last and tape.level_units[first + level] <= desk.free[pool]:
        level += 1
    desk.level[pool] = level


@merged
def change_units(tape: PoolTape, desk: Desk, what: Whole, j: Whole) -> None:
    """Let a pool have the units of its next step, or let a hit on units begin or end."""
    pools = np.int64(len(desk.base))
    if what < pools:
        pool = what
        step = np.int64(desk.step[pool]) + 1
        desk.step[pool] = step
        _set_units(tape, desk, pool, tape.step_units[step], desk.more[pool])
        if step + 1 < tape.step_first[pool + 1]:
            push(desk, tape.step_at[step + 1], NOTHING + 1 + pool)
        return
    hit, ends = (what - pools) // 2, (what - pools) % 2
    pool = np.int64(desk.hit_pool[hit])
    units = desk.hit_units[hit, j] * (1 - 2 * ends)
    _set_units(tape, desk, pool, desk.base[pool], desk.more[pool] + units)
    if not ends and desk.hit_until[hit, j] < np.inf:
        push(desk, desk.hit_until[hit, j], NOTHING + 1 + what + 1)


@merged
def _set_units(tape: PoolTape, desk: Desk, pool: Whole, base: Whole, more: Whole) -> None:
    """Let a pool have other units; those that are held stay held."""
    before = max(desk.base[pool] + desk.more[pool], 0)
    desk.base[pool], desk.more[pool] = base, more
    desk.free[pool] += max(base + more, 0) - before
    _lower(tape, desk, pool)
    _raise(tape, desk, pool)


@merged
def fill_pools(tape: PoolTape, desk: Desk, j: Whole) -> None:
    """Let every pool have its first units, and note when they will change."""
    pools = np.int64(len(desk.free))
    for pool in range(pools):
        first = np.int64(tape.step_first[pool])
        desk.free[pool] = desk.base[pool] = tape.step_units[first]
        desk.level[pool] = desk.more[pool] = 0
        desk.step[pool] = first
        _raise(tape, desk, np.int64(pool))
        if first + 1 < tape.step_first[pool + 1]:
            push(desk, tape.step_at[first + 1], NOTHING + 1 + np.int64(pool))
    for hit in range(len(desk.hit_pool)):
        if desk.hit_from[hit, j] < np.inf and desk.hit_until[hit, j] > desk.hit_from[hit, j]:
            push(desk, desk.hit_from[hit, j], NOTHING + 1 + pools + 2 * np.int64(hit))


@merged
def opens(network: NetworkTape, lanes: Lanes, desk: Desk, c: Whole, at: float) -> Real:
    """The first instant not before one at which a calendar works."""
    if desk.opened[c] >= at and desk.wake[c] <= at:
        return desk.opened[c]
    work = convert(network.numbers, network.places, c, WORK_AT, at, lanes.trouble)
    found = convert(network.numbers, network.places, c, START_AT, work, lanes.trouble)
    desk.opened[c], desk.wake[c] = found, at
    return found


@merged
def wake_at(desk: Desk, at: float) -> None:
    """Make sure that turns are taken at an instant."""
    k = desk.counts[QUEUED] - 1
    while k >= 0 and desk.queue_at[k] < at:
        k -= 1
    if k < 0 or desk.queue_at[k] != at:
        push(desk, at, NOTHING)
