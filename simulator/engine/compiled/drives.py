"""Driving links as bits, 64 iterations a word; what is summed where links meet; chains of links."""

import numpy as np

from simulator.engine.compiled.calendars import WORK_AT, convert
from simulator.engine.compiled.jit import Real, Whole, inlined, inner, merged
from simulator.engine.compiled.lanes import (
    ALONE,
    ASKED,
    ENDS,
    EXISTS,
    POSITION,
    READY,
    REDO,
    SPARE,
    WORK,
    Bits,
    Bytes,
    Ints,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    CALENDAR,
    FIRST,
    LAST,
    PRED,
    SNAP,
    TO_FINISH,
    NetworkTape,
)
from simulator.engine.sums import FURTHEST
from simulator.plan.work_calendar import Floats

RAISED = 6755399441055744.0
"""1.5 * 2^52: a whole number added to it stands in the low bits of the float as it is."""
RAISED_BITS = int(np.array([RAISED]).view(np.int64)[0])


@inner
def pack(one: Floats, other: Floats, drives: Bits, link: Whole) -> None:
    """A bit for each lane where two values are equal."""
    for word in range(drives.shape[1]):
        found = np.uint64(0)
        for j in range(64):
            equal = one[64 * word + j] == other[64 * word + j]
            found |= np.uint64(equal) << np.uint64(j)
        drives[link, word] = found


@inlined
def max_of(one: float, other: float) -> Real:
    """The larger of two numbers, in one instruction."""
    return one if one > other else other


@inlined
def min_of(one: float, other: float) -> Real:
    """The smaller of two numbers, in one instruction."""
    return one if one < other else other


@merged
def pack_row(times: Floats, pred: Whole, row: Whole, drives: Bits, link: Whole) -> None:
    """A bit for each lane in which a row starts where another ends."""
    for word in range(np.uint64(drives.shape[1])):
        found = np.uint64(0)
        base = word * np.uint64(64)
        for j in range(np.uint64(64)):
            equal = times[ENDS, pred, base + j] == times[POSITION, row, base + j]
            found |= np.uint64(equal) << j
        drives[link, word] = found


@merged
def sum_row(times: Floats, plane: Whole, row: Whole, n: Whole) -> Whole:
    """The exact sum of whole milliseconds of a row, held within `FURTHEST`; none is negative."""
    total = np.int64(0)
    for j in range(n):
        value = times[plane, row, j]
        total += np.float64((value if value < FURTHEST else FURTHEST) + RAISED).view(np.int64)
    return total - np.int64(n) * np.int64(RAISED_BITS)


@inlined
def held(value: float) -> Whole:
    """Whole milliseconds as they count in sums, without a branch."""
    return np.int64(max_of(min_of(value, FURTHEST), -FURTHEST))


@inner
def whole_sum(values: Floats, n: Whole) -> Whole:
    """The exact sum of whole milliseconds, held within `FURTHEST`."""
    total = np.int64(0)
    for j in range(n):
        low = values[j] if values[j] < FURTHEST else FURTHEST
        total += np.float64((low if low > -FURTHEST else -FURTHEST) + RAISED).view(np.int64)
    return total - np.int64(n) * np.int64(RAISED_BITS)


@inlined
def add_up(tape: NetworkTape, lanes: Lanes, row: Whole, redo: Whole, n: Whole) -> None:
    """Where links meet, add up what `place_quickly` noted in all lanes but those to redo."""
    first, last = np.int64(tape.rows[FIRST, row]), np.int64(tape.rows[LAST, row])
    if last - first < 2:
        return
    for link in range(first - 1, last):
        values = lanes.spare[2 if link < first else SPARE + link - first]
        total = whole_sum(values, n)
        for k in range(redo):
            total -= held(values[lanes.marked[REDO, k]])
        if link < first:
            lanes.sums[READY, row] += total
        else:
            lanes.sums[ALONE, link] += total


@merged
def drive(tape: NetworkTape, lanes: Lanes, row: Whole, j: Whole) -> None:
    """Compare every link of a row, whose clock times stand in `spare`, with what the row was asked
    for; add up where links meet."""
    first, last = np.int64(tape.rows[FIRST, row]), np.int64(tape.rows[LAST, row])
    work, at = lanes.times[WORK, row, j], SPARE + (len(lanes.spare) - SPARE) // 2
    asked = _in_row(tape, lanes, row, lanes.times[ASKED, row, j], work, j)
    ready = -np.inf
    word, bit = j // 64, np.uint64(1) << np.uint64(j % 64)
    for link in range(first, last):
        alone = _in_row(tape, lanes, row, lanes.spare[at + link - first, j], work, j)
        if tape.links[TO_FINISH, link] and lanes.flags[EXISTS, row, j]:
            alone -= work
        if alone == asked:
            lanes.drives[link, word] |= bit
        else:
            lanes.drives[link, word] &= ~bit
        ready = max(ready, alone)
        if last - first > 1:
            lanes.sums[ALONE, link] += held(alone)
    if last - first > 1:
        lanes.sums[READY, row] += held(ready)


@merged
def _in_row(
    tape: NetworkTape, lanes: Lanes, row: Whole, clock: float, work: float, j: Whole
) -> Real:
    """Working time of a row where it works; where not, and for rows on the clock, the clock."""
    c, snap = np.int64(tape.rows[CALENDAR, row]), np.int64(tape.rows[SNAP, row])
    exists = lanes.flags[EXISTS, row, j] != 0
    if c < 0:
        c = snap
    elif not work > 0.0:
        exists = False
    if c < 0 or not exists:
        return clock
    return convert(tape.numbers, tape.places, c, WORK_AT, clock, lanes.trouble)


@inlined
def ones(n: Whole, word: Whole) -> Whole:
    """Bits of the lanes below n in a word."""
    left = n - 64 * word
    some = (np.uint64(1) << np.uint64(max(left, 0) & 63)) - np.uint64(1)
    return np.uint64(0xFFFFFFFFFFFFFFFF) if left >= 64 else some


@inlined
def count_bits(word: Whole) -> Whole:
    """How many bits of a word are set."""
    pairs = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    low = np.uint64(0x3333333333333333)
    fours = (pairs & low) + ((pairs >> np.uint64(2)) & low)
    bytes_ = (fours + (fours >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bytes_ * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined
def chain(table: Ints, links: Ints, drives: Bits, marks: Bits, last: Whole) -> None:
    """Spread marks (T, words) back along driving links, from row `last` on."""
    words = np.uint64(marks.shape[1])
    for back in range(last + 1):
        row = np.uint64(last - back)
        some = np.uint64(0)
        for w in range(words):
            some |= marks[row, w]
        if some == np.uint64(0):
            continue
        for link in range(np.uint64(table[FIRST, row]), np.uint64(table[LAST, row])):
            pred = np.uint64(links[PRED, link])
            for w in range(words):
                marks[pred, w] |= marks[row, w] & drives[link, w]


@inlined
def presence(flags: Bytes, row: Whole, bits: Bits, n: Whole) -> None:
    """Presence of a row's lanes as bits; lanes from n on are 0."""
    words = np.uint64(bits.shape[1])
    for w in range(words):
        found, wide = np.uint64(0), np.uint64(flags.shape[2]) // words
        for j in range(wide):
            found |= np.uint64(flags[EXISTS, row, w * wide + j]) << j
        bits[row, w] = found & ones(n, np.int64(w))
