"""A row placed behind finishes in its own calendar: what most rows of a plan are."""

import numpy as np

from simulator.engine.compiled.drives import (
    RAISED,
    RAISED_BITS,
    max_of,
    min_of,
    pack_row,
    sum_row,
)
from simulator.engine.compiled.jit import Whole, inner, merged
from simulator.engine.compiled.lanes import (
    ALONE,
    ENDED,
    ENDS,
    POSITION,
    READY,
    WORK,
    Bits,
    Ints,
    Wide,
)
from simulator.engine.compiled.network_tape import (
    FIRST,
    LAST,
    LEAN,
    MODE,
    PRED,
    START_FLOOR_WORK,
)
from simulator.engine.sums import FURTHEST
from simulator.plan.work_calendar import Floats

FEW = 3
"""Links that are looked at together."""


@merged
def place_plainly(
    table: Ints,
    floors: Floats,
    links: Ints,
    times: Floats,
    drives: Bits,
    sums: Wide,
    row: Whole,
    n: Whole,
) -> None:
    """Place a row behind finishes in its own calendar, and see which of them drive it.

    Arrays are indexed and never cut: a view costs as much as a hundred lanes.
    """
    first, last = np.uint64(table[FIRST, row]), np.uint64(table[LAST, row])
    floor, ready, ended = floors[START_FLOOR_WORK, row], np.int64(0), np.int64(0)
    if first == last:
        for j in range(n):
            times[POSITION, row, j] = floor
            times[ENDS, row, j] = floor + times[WORK, row, j]
        ended = sum_row(times, np.uint64(ENDS), row, n)
    elif last - first <= np.uint64(FEW) and n % np.uint64(64) == np.uint64(0):
        words = n // np.uint64(64)
        ready, ended = _place_behind_few(links, times, drives, floor, row, first, last, words)
    else:
        for j in range(n):
            times[POSITION, row, j] = floor
        for link in range(first, last):
            one = np.uint64(links[PRED, link])
            for j in range(n):
                latest = max_of(times[ENDS, one, j], times[POSITION, row, j])
                times[POSITION, row, j] = latest
                times[ENDS, row, j] = latest + times[WORK, row, j]
        for link in range(first, last):
            pack_row(times, np.uint64(links[PRED, link]), row, drives, link)
        ready = sum_row(times, np.uint64(POSITION), row, n)
        ended = sum_row(times, np.uint64(ENDS), row, n)
    sums[ENDED, row] = ended
    if last - first > np.uint64(1):
        sums[READY, row] += ready
        for link in range(first, last):
            sums[ALONE, link] += sums[ENDED, np.uint64(links[PRED, link])]


@merged
def _place_behind_few(
    links: Ints,
    times: Floats,
    drives: Bits,
    floor: float,
    row: Whole,
    first: Whole,
    last: Whole,
    words: Whole,
) -> tuple[Whole, Whole]:
    """Place 64 lanes a word behind one to three finishes in one go; sums of positions and ends."""
    one = np.uint64(links[PRED, first])
    two = np.uint64(links[PRED, min(first + np.uint64(1), last - np.uint64(1))])
    three = np.uint64(links[PRED, last - np.uint64(1)])
    ready, ended = np.int64(0), np.int64(0)
    for word in range(words):
        by_one, by_two, by_three = np.uint64(0), np.uint64(0), np.uint64(0)
        base = word * np.uint64(64)
        for j in range(np.uint64(64)):
            a, b = times[ENDS, one, base + j], times[ENDS, two, base + j]
            c = times[ENDS, three, base + j]
            latest = max_of(max_of(a, b), max_of(c, floor))
            end = latest + times[WORK, row, base + j]
            times[POSITION, row, base + j] = latest
            times[ENDS, row, base + j] = end
            by_one |= np.uint64(a == latest) << j
            by_two |= np.uint64(b == latest) << j
            by_three |= np.uint64(c == latest) << j
            ready += np.float64(min_of(latest, FURTHEST) + RAISED).view(np.int64)
            ended += np.float64(min_of(end, FURTHEST) + RAISED).view(np.int64)
        drives[first, word] = by_one
        drives[min(first + np.uint64(1), last - np.uint64(1)), word] = by_two
        drives[last - np.uint64(1), word] = by_three
    raised = np.int64(64) * np.int64(words) * np.int64(RAISED_BITS)
    return ready - raised, ended - raised


@inner
def place_lean_rows(
    table: Ints, floors: Floats, links: Ints, times: Floats, row: Whole, words: Whole
) -> Whole:
    """Place rows from one on that are placed leanly, up to one that is not, which is returned."""
    rows = np.uint64(table.shape[1])
    while row < rows and table[MODE, row] == LEAN:
        _place_leanly(table, floors, links, times, row, words)
        row += np.uint64(1)
    return row


@merged
def _place_leanly(
    table: Ints, floors: Floats, links: Ints, times: Floats, row: Whole, words: Whole
) -> None:
    """Place such a row in 64 lanes a word, and note when it ends and nothing else: it is memory
    that takes the time."""
    first, last = np.uint64(table[FIRST, row]), np.uint64(table[LAST, row])
    floor = floors[START_FLOOR_WORK, row]
    for word in range(words):
        base = word * np.uint64(64)
        if first == last:
            for j in range(np.uint64(64)):
                times[ENDS, row, base + j] = floor + times[WORK, row, base + j]
            continue
        one = np.uint64(links[PRED, first])
        two = np.uint64(links[PRED, min(first + np.uint64(1), last - np.uint64(1))])
        three = np.uint64(links[PRED, min(first + np.uint64(2), last - np.uint64(1))])
        for j in range(np.uint64(64)):
            a, b = times[ENDS, one, base + j], times[ENDS, two, base + j]
            c = times[ENDS, three, base + j]
            latest = max_of(max_of(a, b), max_of(c, floor))
            times[ENDS, row, base + j] = latest + times[WORK, row, base + j]
        for link in range(first + np.uint64(FEW), last):
            one = np.uint64(links[PRED, link])
            for j in range(np.uint64(64)):
                end = times[ENDS, one, base + j] + times[WORK, row, base + j]
                times[ENDS, row, base + j] = max_of(end, times[ENDS, row, base + j])
