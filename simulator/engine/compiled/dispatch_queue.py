"""What is to happen in one iteration, soonest last; units of pools; calendars at an instant."""

import numpy as np

from simulator.engine.compiled.calendars import START_AT, WORK_AT, convert
from simulator.engine.compiled.dispatch_tape import (
    BASE,
    FREE,
    LEAST,
    LEVEL,
    MORE,
    NEEDS,
    NEEDS_END,
    NEXT,
    STEP,
    Desk,
    PoolTape,
)
from simulator.engine.compiled.drives import min_of
from simulator.engine.compiled.jit import Real, Whole, apart, inner, merged
from simulator.engine.compiled.lanes import Ints, Lanes, Wide
from simulator.engine.compiled.network_tape import NetworkTape
from simulator.plan.work_calendar import Floats

QUEUED, LISTED, LOGGED, DUES, STALE, TURNS = range(6)
"""Places of `Desk.counts`."""
MOST = 2**62
"""More units than any pool has."""
NOTHING = 2**30
"""What happens at an instant at which only turns are taken; beyond it, a pool has other units."""


@merged
def push(queue_at: Floats, queue_what: Ints, counts: Wide, at: float, what: Whole) -> None:
    """Note that something happens at an instant: a row asks (its number), or ends (-1 - number)."""
    one = np.uint64(1)
    k = np.uint64(counts[QUEUED])
    while k > np.uint64(0) and queue_at[k - one] < at:
        queue_at[k], queue_what[k] = queue_at[k - one], queue_what[k - one]
        k -= one
    queue_at[k], queue_what[k] = at, what
    counts[QUEUED] += 1


@merged
def look_at(desk: Desk, row: Whole) -> None:
    """Note that a row is to be looked at."""
    desk.todo[np.uint64(desk.counts[LISTED])] = row
    desk.counts[LISTED] += 1


@merged
def is_due(desk: Desk, row: Whole) -> None:
    """Note that a row is to be placed."""
    desk.due[np.uint64(desk.counts[DUES])] = row
    desk.counts[DUES] += 1


@merged
def take(tape: PoolTape, desk: Desk, row: Whole) -> None:
    """Take the units that a row needs."""
    for k in range(np.uint64(tape.own[row, NEEDS]), np.uint64(tape.own[row, NEEDS_END])):
        pool = np.uint64(tape.pool[k])
        free = desk.pools[pool, FREE] - tape.units[k]
        desk.pools[pool, FREE] = free
        if free < desk.pools[pool, LEAST]:
            _find_level(tape, desk, pool)


@merged
def give_back(tape: PoolTape, desk: Desk, row: Whole) -> None:
    """Give the units of a row back."""
    for k in range(np.uint64(tape.own[row, NEEDS]), np.uint64(tape.own[row, NEEDS_END])):
        pool = np.uint64(tape.pool[k])
        free = desk.pools[pool, FREE] + tape.units[k]
        desk.pools[pool, FREE] = free
        if free >= desk.pools[pool, NEXT]:
            _find_level(tape, desk, pool)


@merged
def _find_level(tape: PoolTape, desk: Desk, pool: Whole) -> None:
    """Find the level of a pool that has more, or less; nothing needs less than nothing."""
    free, one = desk.pools[pool, FREE], np.uint64(1)
    first, last = np.uint64(tape.level_first[pool]), np.uint64(tape.level_first[pool + one])
    level = np.uint64(desk.pools[pool, LEVEL])
    while level > first and tape.level_units[level] > free:
        level -= one
    while level + one < last and tape.level_units[level + one] <= free:
        level += one
    desk.pools[pool, LEVEL], desk.counts[STALE] = level, 1
    desk.pools[pool, LEAST] = tape.level_units[level] if level > first else -MOST
    desk.pools[pool, NEXT] = tape.level_units[level + one] if level + one < last else MOST


@merged
def find_fitting(tape: PoolTape, desk: Desk) -> None:
    """See whose needs all fit, if that may have changed."""
    if desk.counts[STALE] == 0:
        return
    desk.counts[STALE] = 0
    for w in range(np.uint64(len(desk.fitting))):
        fitting = ~np.uint64(0)
        for pool in range(np.uint64(len(desk.pools))):
            fitting &= tape.fits[np.uint64(desk.pools[pool, LEVEL]), w]
        desk.fitting[w] = fitting


@apart
def change_units(tape: PoolTape, desk: Desk, what: Whole, j: Whole) -> None:
    """Let a pool have the units of its next step, or let a hit on units begin or end."""
    count = np.int64(len(desk.pools))
    if what < count:
        step = np.int64(desk.pools[what, STEP]) + 1
        desk.pools[what, STEP] = step
        _set_units(tape, desk, what, tape.step_units[step], desk.pools[what, MORE])
        if step + 1 < tape.step_first[what + 1]:
            at = tape.step_at[step + 1]
            push(desk.queue_at, desk.queue_what, desk.counts, at, NOTHING + 1 + what)
        return
    hit, ends = (what - count) // 2, (what - count) % 2
    pool = np.int64(desk.hit_pool[hit])
    units = desk.hit_units[hit, j] * (1 - 2 * ends)
    _set_units(tape, desk, pool, desk.pools[pool, BASE], desk.pools[pool, MORE] + units)
    if not ends and desk.hit_until[hit, j] < np.inf:
        at = desk.hit_until[hit, j]
        push(desk.queue_at, desk.queue_what, desk.counts, at, NOTHING + 2 + what)


@merged
def _set_units(tape: PoolTape, desk: Desk, pool: Whole, base: Whole, more: Whole) -> None:
    """Let a pool have other units; those that are held stay held."""
    pools = desk.pools
    before = max(pools[pool, BASE] + pools[pool, MORE], 0)
    pools[pool, BASE], pools[pool, MORE] = base, more
    pools[pool, FREE] += max(base + more, 0) - before
    _find_level(tape, desk, np.uint64(pool))


@apart
def fill_pools(tape: PoolTape, desk: Desk, j: Whole) -> None:
    """Let every pool have its first units, and note when they will change."""
    desk.counts[STALE] = 1
    count = np.int64(len(desk.pools))
    for pool in range(count):
        first = np.int64(tape.step_first[pool])
        desk.pools[pool, FREE] = desk.pools[pool, BASE] = tape.step_units[first]
        desk.pools[pool, LEVEL], desk.pools[pool, MORE] = tape.level_first[pool], 0
        desk.pools[pool, STEP] = first
        _find_level(tape, desk, np.uint64(pool))
        if first + 1 < tape.step_first[pool + 1]:
            at = tape.step_at[first + 1]
            push(desk.queue_at, desk.queue_what, desk.counts, at, NOTHING + 1 + np.int64(pool))
    for hit in range(len(desk.hit_pool)):
        at = desk.hit_from[hit, j]
        if at < np.inf and desk.hit_until[hit, j] > at:
            what = NOTHING + 1 + count + 2 * np.int64(hit)
            push(desk.queue_at, desk.queue_what, desk.counts, at, what)


@merged
def opens(network: NetworkTape, lanes: Lanes, opened: Floats, c: Whole, at: float) -> Real:
    """The first instant not before one at which a calendar works."""
    if not opened[c, 0] <= at < opened[c, 2]:
        _find_spell(network.numbers, network.places, opened, c, at, lanes.trouble)
    return at if at < opened[c, 1] else opened[c, 2]


@merged
def done_by(network: NetworkTape, lanes: Lanes, opened: Floats, c: Whole, at: float) -> Real:
    """An instant in working time of a calendar, by the clock if it is negative."""
    if c < 0:
        return at
    if not opened[c, 0] <= at < opened[c, 2]:
        _find_spell(network.numbers, network.places, opened, c, at, lanes.trouble)
    return opened[c, 3] + (min_of(at, opened[c, 1]) - opened[c, 0])


@inner
def _find_spell(
    numbers: Floats, places: Ints, opened: Floats, c: Whole, at: float, trouble: Wide
) -> None:
    """Note the spell of a calendar that begins last at or before an instant, and the next."""
    head = 10 * c
    if numbers[head + 9] <= at < numbers[head + 1]:
        cell = np.int64((at - numbers[head + 5]) * numbers[head + 6])
        spell = np.int64(places[6 * c + 1]) + 4 * np.int64(places[places[6 * c + 2] + cell])
        for _ in range(places[6 * c + 4]):
            spell += 4 * np.int64(at >= numbers[spell + 4])
        if numbers[spell + 4] < np.inf:
            opened[c, 0], opened[c, 1] = numbers[spell], numbers[spell + 1]
            opened[c, 2], opened[c, 3] = numbers[spell + 4], numbers[spell + 2]
            return
    work = convert(numbers, places, c, WORK_AT, at, trouble)
    again = convert(numbers, places, c, START_AT, work, trouble)
    opened[c, 0], opened[c, 3] = at, work
    opened[c, 1] = at + 1.0 if again == at else at
    opened[c, 2] = at + 1.0 if again == at else again


@merged
def wake_at(desk: Desk, at: float) -> None:
    """Make sure that turns are taken at an instant."""
    k = desk.counts[QUEUED] - 1
    while k >= 0 and desk.queue_at[k] < at:
        k -= 1
    if k < 0 or desk.queue_at[k] != at:
        push(desk.queue_at, desk.queue_what, desk.counts, at, np.int64(NOTHING))
