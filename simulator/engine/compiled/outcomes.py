"""What is kept of some scheduled lanes: finishes, and counts of what lay on chains and existed."""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import FINISH_AT, WORK_AT, convert_all
from simulator.engine.compiled.drives import chain, count_bits, max_of, ones, presence
from simulator.engine.compiled.filling import fill_clock, fill_working
from simulator.engine.compiled.jit import Whole, inlined, inner
from simulator.engine.compiled.lanes import (
    CUT,
    ENDS,
    EXISTS,
    FINISH,
    HAS_FINISH,
    ODD,
    STOPPED,
    UNEVEN,
    Bits,
    Ints,
    Lanes,
)
from simulator.engine.compiled.network_tape import (
    ALWAYS,
    AT_STOP,
    CALENDAR,
    MODE,
    SPAN,
    STOPS,
    STOPS_END,
    WORKS,
    NetworkTape,
)
from simulator.engine.compiled.outcome_tape import PROGRAM, PROJECT, TASK, OutcomeTape
from simulator.plan.work_calendar import Floats

Wide = npt.NDArray[np.int64]


@inner
def fill_outcomes(
    tape: NetworkTape, kept: OutcomeTape, lanes: Lanes, out: Floats, n: Whole
) -> None:
    """Finishes (3 + K, B): of the program, how long it took in working time, of all others.

    The last row is when the last task of the program ends, -inf where there is none.
    """
    for k in range(len(kept.kind)):
        found = out[0 if k == 0 else k + 1]
        begin = kept.first[k]
        if kept.kind[k] == PROJECT and kept.only:
            for j in range(n):
                found[j] = out[0, j]
        elif kept.kind[k] == TASK:
            _task(tape, lanes, kept.rows[begin], kept.rows[begin + 1], found, n)
        else:
            _latest(tape, kept, lanes, k, found, out[len(out) - 1], n)
    length, shown = out[1], lanes.spare[0]
    for j in range(n):
        shown[j] = out[0, j] if out[0, j] < np.inf else 0.0
    c = np.int64(kept.calendar[0])
    convert_all(tape.numbers, tape.places, c, WORK_AT, shown, length, n, lanes.trouble)
    for j in range(n):
        length[j] = length[j] if out[0, j] < np.inf else np.inf


@inlined
def steady(tape: NetworkTape, row: Whole) -> bool:
    """Whether a row exists in every iteration, whatever happens."""
    table = tape.rows
    stoppable = table[STOPS, row] < table[STOPS_END, row]
    return table[ALWAYS, row] != 0 and not stoppable and table[MODE, row] != SPAN


@inner
def finish_plane(tape: NetworkTape, lanes: Lanes, row: Whole, n: Whole) -> Whole:
    """The plane of `times` that holds a row's finishes by the clock."""
    if tape.rows[CALENDAR, row] < 0 and not lanes.known[HAS_FINISH, row]:
        return np.uint64(ENDS)
    fill_clock(tape, lanes, row, np.int64(1), n)
    return np.uint64(FINISH)


@inner
def _latest_even(
    tape: NetworkTape, kept: OutcomeTape, lanes: Lanes, k: Whole, out: Floats, n: Whole
) -> None:
    """The latest finish of rows whose ends tell it: one conversion for each calendar."""
    latest, made = lanes.spare[0], lanes.spare[1]
    for c in range(len(lanes.calendars)):
        some = False
        for place in range(kept.first[k], kept.first[k + 1]):
            row = np.int64(kept.rows[place])
            if tape.rows[CALENDAR, row] != c or not _is_even(lanes, row):
                continue
            if not some:
                for j in range(n):
                    latest[j] = -np.inf
            some = True
            _raise(tape, kept, lanes, k, row, ENDS, latest, n)
        if some:
            for j in range(n):
                made[j] = max_of(latest[j], 0.0)
            number = np.int64(c)
            convert_all(tape.numbers, tape.places, number, FINISH_AT, made, made, n, lanes.trouble)
            for j in range(n):
                later = made[j] if latest[j] > -np.inf else latest[j]
                out[j] = max_of(later, out[j])


@inlined
def _is_even(lanes: Lanes, row: Whole) -> bool:
    """Whether the finishes of a row in a calendar are still to be made, and its ends tell them."""
    return not (lanes.known[HAS_FINISH, row] or lanes.known[UNEVEN, row] or lanes.known[CUT, row])


@inner
def _raise(
    tape: NetworkTape,
    kept: OutcomeTape,
    lanes: Lanes,
    k: Whole,
    row: Whole,
    plane: Whole,
    out: Floats,
    n: Whole,
) -> None:
    """Raise the latest instants to those of a row, where it exists or its project is named."""
    named = kept.kind[k] == PROGRAM and kept.own_first[1] > 0
    given, exists = lanes.times[plane, row], lanes.flags[EXISTS, row]
    if named or steady(tape, row):
        for j in range(n):
            out[j] = max_of(given[j], out[j])
    else:
        for j in range(n):
            own = given[j] if exists[j] else -np.inf
            out[j] = max_of(own, out[j])


@inner
def _latest(
    tape: NetworkTape,
    kept: OutcomeTape,
    lanes: Lanes,
    k: Whole,
    out: Floats,
    raw: Floats,
    n: Whole,
) -> None:
    """The latest finish of the rows of the program or a project; of the program, `raw` too."""
    for j in range(n):
        out[j] = -np.inf
    _latest_even(tape, kept, lanes, k, out, n)
    for place in range(kept.first[k], kept.first[k + 1]):
        row = np.int64(kept.rows[place])
        if tape.rows[CALENDAR, row] < 0 or not _is_even(lanes, row):
            plane = finish_plane(tape, lanes, row, n)
            _raise(tape, kept, lanes, k, row, plane, out, n)
    if k == 0:
        for j in range(n):
            raw[j] = out[j]
    none = 0.0 if kept.kind[k] == PROGRAM else np.nan
    for j in range(n):
        out[j] = out[j] if out[j] > -np.inf else none
        if lanes.marked[ODD, j] and _never(tape, kept, lanes, k, j):
            out[j] = np.inf


@inner
def _never(tape: NetworkTape, kept: OutcomeTape, lanes: Lanes, k: Whole, j: Whole) -> bool:
    """Whether the program or a project does not finish, because it was stopped."""
    never = k == 0 and _program_stopped(tape, kept, lanes, j)
    for place in range(kept.own_first[k], kept.own_first[k + 1]):
        never |= lanes.flags[STOPPED, kept.own[place], j] != 0
    return never


@inner
def _program_stopped(tape: NetworkTape, kept: OutcomeTape, lanes: Lanes, j: Whole) -> bool:
    """Whether a stop of the program cut or kept away a row that no other had reached before."""
    for s in kept.whole:
        at = lanes.amounts[tape.lists[AT_STOP] + s, j]
        if at == np.inf:
            continue
        for row in range(tape.rows.shape[1]):
            if not lanes.flags[STOPPED, row, j]:
                continue
            first, ended = np.inf, False
            for k in range(tape.rows[STOPS, row], tape.rows[STOPS_END, row]):
                first = min(first, lanes.amounts[tape.lists[AT_STOP] + tape.lists[k], j])
                ended |= tape.lists[k] == s
            if ended and first == at:
                return True
    return False


@inner
def _task(tape: NetworkTape, lanes: Lanes, base: Whole, last: Whole, out: Floats, n: Whole) -> None:
    """When a task finishes: infinite where it is stopped, nan where it does not exist."""
    fill_clock(tape, lanes, np.int64(last), np.int64(1), n)
    finish, exists = lanes.times[FINISH, last], lanes.flags[EXISTS, base]
    for j in range(n):
        out[j] = finish[j] if exists[j] else np.nan
        if lanes.flags[STOPPED, base, j] or lanes.flags[STOPPED, last, j]:
            out[j] = np.inf


@inlined
def count_there(
    tape: NetworkTape,
    kept: OutcomeTape,
    lanes: Lanes,
    there: Bits,
    present: Wide,
    spent: Wide,
    n: Whole,
) -> None:
    """Add up in how many lanes rows exist, and last rounds were needed."""
    words = np.uint64(there.shape[1])
    for row in range(np.uint64(tape.rows.shape[1])):
        if steady(tape, row):
            present[row] += n
            for w in range(words):
                there[row, w] = ones(n, np.int64(w))
        else:
            presence(lanes.flags, row, there, n)
            for w in range(words):
                present[row] += count_bits(there[row, w])
    _count_rounds(kept.rework_first, kept.rework, there, spent)


@inner
def count(
    tape: NetworkTape,
    kept: OutcomeTape,
    lanes: Lanes,
    out: Floats,
    marks: Bits,
    there: Bits,
    critical: Wide,
    present: Wide,
    spent: Wide,
    n: Whole,
) -> None:
    """Add up in how many lanes tasks are critical, rows exist, and last rounds were needed.

    `out` as `fill_outcomes` left it; `critical` (targets, tasks), `present` (T,), `spent`
    (reworks,); `marks` and `there` (T, B / 64) are scratch.
    """
    table, links, drives = tape.rows, tape.links, lanes.drives
    count_there(tape, kept, lanes, there, present, spent, n)
    for target in range(len(kept.target_first) - 1):
        begin, end = kept.target_first[target], kept.target_first[target + 1]
        last = _mark(tape, lanes, kept.targets, begin, end, out[len(out) - 1], marks, there, n)
        chain(table, links, drives, marks, last)
        count_groups(kept.group_first, kept.groups, marks, there, critical, target)


@inlined
def _count_rounds(first: Ints, rows: Ints, there: Bits, spent: Wide) -> None:
    for k in range(len(first) - 1):
        for w in range(np.uint64(there.shape[1])):
            found = np.uint64(0)
            for place in range(first[k], first[k + 1]):
                found |= there[np.uint64(rows[place]), w]
            spent[k] += count_bits(found)


@inlined
def count_groups(
    first: Ints, rows: Ints, marks: Bits, there: Bits, critical: Wide, target: Whole
) -> None:
    """Add up the lanes in which some row of each group is marked and exists."""
    for task in range(np.uint64(len(first) - 1)):
        low, high = np.uint64(first[task]), np.uint64(first[task + np.uint64(1)])
        total = np.int64(0)
        for w in range(np.uint64(marks.shape[1])):
            found = np.uint64(0)
            for place in range(low, high):
                row = np.uint64(rows[place])
                found |= marks[row, w] & there[row, w]
            total += count_bits(found)
        critical[target, task] += total


@inner
def _ends_at(
    tape: NetworkTape,
    lanes: Lanes,
    targets: Ints,
    begin: Whole,
    end: Whole,
    latest: Floats,
    n: Whole,
) -> None:
    """Where rows of each calendar end that finish at the latest instant; nan where none can."""
    clock = lanes.spare[0]
    for c in range(len(lanes.calendars)):
        wanted = False
        for place in range(begin, end):
            row = targets[place]
            wanted |= tape.rows[WORKS, row] != 0 and tape.rows[CALENDAR, row] == c
        if not wanted:
            continue
        ends, number = lanes.calendars[c], np.int64(c)
        convert_all(tape.numbers, tape.places, number, WORK_AT, latest, ends, n, lanes.trouble)
        convert_all(tape.numbers, tape.places, number, FINISH_AT, ends, clock, n, lanes.trouble)
        for j in range(n):
            ends[j] = ends[j] if clock[j] == latest[j] else np.nan


@inner
def _mark(
    tape: NetworkTape,
    lanes: Lanes,
    targets: Ints,
    begin: Whole,
    end: Whole,
    latest: Floats,
    marks: Bits,
    there: Bits,
    n: Whole,
) -> Whole:
    """Mark the rows that end last, a single one whenever it may end; the last of them."""
    times, wide = lanes.times, np.uint64(lanes.times.shape[2]) // np.uint64(marks.shape[1])
    for each in range(np.uint64(marks.shape[0])):
        for w in range(np.uint64(marks.shape[1])):
            marks[each, w] = np.uint64(0)
    last = np.int64(0)
    for place in range(begin, end):
        last = max(last, np.int64(targets[place]))
    if end - begin == 1:
        for w in range(np.uint64(marks.shape[1])):
            marks[np.uint64(last), w] = ones(n, np.int64(w))
        return last
    _ends_at(tape, lanes, targets, begin, end, latest, n)
    for place in range(begin, end):
        row = np.int64(targets[place])
        c = tape.rows[CALENDAR, row]
        if tape.rows[WORKS, row] and c >= 0:
            for w in range(np.uint64(marks.shape[1])):
                found, base = np.uint64(0), wide * w
                for j in range(wide):
                    same = times[ENDS, np.uint64(row), base + j] == lanes.calendars[c, base + j]
                    found |= np.uint64(same) << j
                marks[np.uint64(row), w] |= found & ones(n, np.int64(w))
            continue
        plane = finish_plane(tape, lanes, row, n)
        for w in range(np.uint64(marks.shape[1])):
            found, base = np.uint64(0), wide * w
            for j in range(wide):
                last_of_all = times[plane, np.uint64(row), base + j] == latest[base + j]
                found |= np.uint64(last_of_all) << j
            marks[np.uint64(row), w] |= found & ones(n, np.int64(w)) & there[np.uint64(row), w]
    return last


@inner
def fill_wanted(tape: NetworkTape, lanes: Lanes, starts: Ints, finishes: Ints, n: Whole) -> None:
    """Fill the clock times of some rows, see `SpanTape`."""
    for finish in range(2):
        for row in finishes if finish else starts:
            if row < 0:
                fill_working(tape, lanes, -1 - np.int64(row), np.int64(finish), n)
            else:
                fill_clock(tape, lanes, np.int64(row), np.int64(finish), n)
