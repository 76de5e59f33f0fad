"""Serial schedule generation: each row at its earliest time at which its links and pools let it.

What is free over time is a list of nodes in order of time, each from its time to the next one's.
The free units of all pools stand in words, several pools a word: a field holds what is free above
half of its range, so that its top bit says whether anything is left, and one subtraction answers
for all pools of a word. A row remembers the node at which it ends: its successors look from there.

Source: Kolisch and Hartmann (1999), Heuristic algorithms for the RCPSP, section 2.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.jit import Whole, inner

Times = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.uint32]

NEVER = np.int64(1) << np.int64(61)
"""A time that no row reaches."""


class LevelTape(NamedTuple):
    """What is to be levelled, in whole milliseconds of one axis; rows (T) in topological order.

    A row asks for the latest of its floor and, for each link k of `first[i]` to `first[i + 1]`, of
    `ends[code[k]] + offset[k]`, where `ends` holds finish and start of each row in turn.
    """

    span: Times
    """How long each row lasts."""
    first: Indices
    code: Indices
    offset: Times
    need_first: Indices
    """Needs of row i are `need_first[i]` to `need_first[i + 1]`, one for each word it needs."""
    need_word: Indices
    need_units: Words
    need_top: Words
    """The top bits of the fields it needs."""
    step_time: Times
    """From when on (S) which units (S, W) are there, in the words of the nodes."""
    step_free: Words
    odd: bool
    """Whether who waits for another may start, or end, before it: leads, and links but FS."""
    falls: bool
    """Whether capacity falls anywhere, so that holders may keep more than there is."""


class Profile(NamedTuple):
    """A schedule and the units that it leaves free: nodes (M), room for S + 2 T + 1 of them."""

    ends: Times
    """Finish and start of each row in turn (2 T)."""
    node: Indices
    """A node at or before each of `ends`."""
    time: Times
    following: Indices
    free: Words
    """(M, W)."""
    begun: Words
    """(M, W): the pools of which a row takes units at that very instant."""


@inner
def cleared(tape: LevelTape, profile: Profile) -> Whole:
    """All units free; returns the number of nodes. The last node is the end of time."""
    count, words = tape.step_free.shape
    for node in range(np.uint64(count)):
        profile.time[node] = tape.step_time[node]
        profile.following[node] = node + np.uint64(1)
        for word in range(np.uint64(words)):
            profile.free[node, word] = tape.step_free[node, word]
            profile.begun[node, word] = np.uint64(0)
    profile.time[count] = NEVER
    profile.following[count] = count
    return np.uint64(count + 1)


@inner
def generate(tape: LevelTape, order: Indices, floors: Times, profile: Profile) -> Whole:
    """Place every row in the given order; whether there is a place for each of them.

    A row comes after its predecessors in `order`, and not before its floor.
    """
    used = cleared(tape, profile)
    two, one = np.uint64(2), np.uint64(1)
    for k in range(np.uint64(len(order))):
        row = np.uint64(order[k])
        asked, node = floors[row], np.uint64(0)
        for link in range(np.uint64(tape.first[row]), np.uint64(tape.first[row + one])):
            code = np.uint64(tape.code[link])
            bound = profile.ends[code] + tape.offset[link]
            if bound > asked:
                asked = bound
                if tape.offset[link] >= 0:
                    node = np.uint64(profile.node[code])
        later = np.uint64(profile.following[node])
        while profile.time[later] <= asked:
            node = later
            later = np.uint64(profile.following[node])
        if tape.need_first[row] != tape.need_first[row + one]:
            node, asked = find(tape, profile, row, node, asked)
            if asked >= NEVER:
                return False
            end = asked + tape.span[row]
            used, node, asked = hold(tape, profile, row, node, asked, end, used)
        else:
            profile.node[two * row] = node
        profile.node[two * row + one] = node
        profile.ends[two * row] = asked + tape.span[row]
        profile.ends[two * row + one] = asked
    return True


@inner
def find(tape: LevelTape, profile: Profile, row: Whole, node: Whole, start: Whole) -> Whole:
    """The first place from a start in a node on with units for the span of a row: node and start,
    `NEVER` if there is none."""
    time, following, one = profile.time, profile.following, np.uint64(1)
    need = np.uint64(tape.need_first[row])
    single = np.uint64(tape.need_first[row + one]) == need + one
    span = tape.span[row]
    end, at = start + span, node
    if single and not tape.falls:
        word, units = np.uint64(tape.need_word[need]), tape.need_units[need]
        top = tape.need_top[need]
        while time[at] < end:
            free = (profile.free[at, word] - units) & top == top
            at = np.uint64(following[at])
            if not free:
                node, start = at, time[at]
                if start >= NEVER:
                    break
                end = start + span
    else:
        while time[at] < end:
            free = fits(tape, profile, row, at, at == node)
            at = np.uint64(following[at])
            if not free:
                node, start = at, time[at]
                if start >= NEVER:
                    break
                end = start + span
    return node, start


@inner
def fits(tape: LevelTape, profile: Profile, row: Whole, at: Whole, starts: Whole) -> Whole:
    """Whether a row can have its units at a node: a holder keeps them where nobody else begins."""
    begin, behind = np.uint64(tape.need_first[row]), np.uint64(tape.need_first[row + np.uint64(1)])
    for need in range(begin, behind):
        word, top = np.uint64(tape.need_word[need]), tape.need_top[need]
        if not starts:
            top &= profile.begun[at, word] if tape.falls else top
        if (profile.free[at, word] - tape.need_units[need]) & top != top:
            return False
    return True


@inner
def hold(
    tape: LevelTape,
    profile: Profile,
    row: Whole,
    node: Whole,
    start: Whole,
    end: Whole,
    used: Whole,
) -> Whole:
    """Take the units of a row from its start, in or at a node, to its end."""
    time, following, one = profile.time, profile.following, np.uint64(1)
    if time[node] < start:
        used, node = _split(profile, node, start, used)
    begin, behind = np.uint64(tape.need_first[row]), np.uint64(tape.need_first[row + one])
    if tape.falls:
        for need in range(begin, behind):
            profile.begun[node, np.uint64(tape.need_word[need])] |= tape.need_top[need]
    at = node
    while time[at] < end:
        later = np.uint64(following[at])
        if time[later] > end:
            used, later = _split(profile, at, end, used)
        for need in range(begin, behind):
            profile.free[at, np.uint64(tape.need_word[need])] -= tape.need_units[need]
        at = later
    profile.node[np.uint64(2) * row] = at
    return used, node, start


@inner
def _split(profile: Profile, node: Whole, time: Whole, used: Whole) -> Whole:
    """A new node inside a node, with the same units free."""
    profile.time[used] = time
    profile.following[used] = profile.following[node]
    profile.following[node] = used
    for word in range(np.uint64(profile.free.shape[1])):
        profile.free[used, word] = profile.free[node, word]
        profile.begun[used, word] = np.uint64(0)
    return used + np.uint64(1), used
