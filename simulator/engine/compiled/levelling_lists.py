"""Activity lists: orders of rows in which each comes after its predecessors, made and changed.

Random words come from splitmix64 with a state of its own, so that a search goes the same way each
time. Source: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, fig. 17.
"""

import numpy as np

from simulator.engine.compiled.jit import Whole, inner
from simulator.engine.compiled.levelling import Indices, LevelTape, Times, Words

GAMMA = np.uint64(0x9E3779B97F4A7C15)


@inner
def below(state: Words, limit: Whole) -> Whole:
    """A random whole number from 0 to below a limit of at most 2^32."""
    state[0] += GAMMA
    word = state[0]
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return ((word >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32)


@inner
def sort_back(order: Indices, ends: Times) -> None:
    """Turn an order round, then sort it by falling finish; who was behind stays so among equals.

    The order is nearly sorted already, which makes insertion the quickest way.
    """
    count, one, two = np.uint64(len(order)), np.uint64(1), np.uint64(2)
    for k in range(count // two):
        order[k], order[count - one - k] = order[count - one - k], order[k]
    for k in range(one, count):
        row, at = order[k], np.uint64(k)
        key = ends[two * np.uint64(row)]
        while at > np.uint64(0) and ends[two * np.uint64(order[at - one])] < key:
            order[at] = order[at - one]
            at -= one
        order[at] = row


@inner
def sort_on(order: Indices, ends: Times) -> None:
    """Sort an order by rising start; who was behind stays so among equals."""
    count, one, two = np.uint64(len(order)), np.uint64(1), np.uint64(2)
    for k in range(one, count):
        row, at = order[k], np.uint64(k)
        key = ends[two * np.uint64(row) + one]
        while at > np.uint64(0) and ends[two * np.uint64(order[at - one]) + one] > key:
            order[at] = order[at - one]
            at -= one
        order[at] = row


@inner
def part(order: Indices, classes: Indices, spare: Indices) -> None:
    """Move those of better classes before all others; within a class the order stays."""
    last, zero = np.uint32(0), np.uint32(0)
    sorted_already = True
    for k in range(np.uint64(len(order))):
        own = classes[np.uint64(order[k])]
        sorted_already &= own >= last
        last = own
    if sorted_already:
        return
    most = zero
    for k in range(np.uint64(len(order))):
        spare[k] = order[k]
        most = max(most, classes[np.uint64(order[k])])
    at = np.uint64(0)
    for each in range(most + 1):
        for k in range(np.uint64(len(order))):
            if classes[np.uint64(spare[k])] == each:
                order[at] = spare[k]
                at += np.uint64(1)


@inner
def put_in_order(
    tape: LevelTape, order: Indices, taken: Indices, trail: Indices, spare: Indices
) -> None:
    """Move before each row those of its predecessors that still stand behind it."""
    if not tape.odd:
        return
    count, one = np.uint64(len(order)), np.uint64(1)
    for k in range(count):
        taken[k], spare[k] = 0, order[k]
    at = np.uint64(0)
    for k in range(count):
        trail[0] = spare[k]
        depth = np.uint64(0) if taken[np.uint64(spare[k])] else one
        while depth > np.uint64(0):
            row = np.uint64(trail[depth - one])
            waits = False
            for link in range(np.uint64(tape.first[row]), np.uint64(tape.first[row + one])):
                pred = np.uint64(tape.code[link]) >> one
                if not taken[pred] and not waits:
                    trail[depth] = pred
                    waits = True
            if waits:
                depth += one
            else:
                order[at], taken[row] = row, 1
                at += one
                depth -= one


@inner
def sampled(
    tape: LevelTape,
    succ_first: Indices,
    succ: Indices,
    rank: Times,
    tries: Whole,
    state: Words,
    waiting: Indices,
    ready: Indices,
    order: Indices,
) -> None:
    """A list by biased random sampling: at each place, the best ranked of a few that are ready."""
    count, one = np.uint64(len(order)), np.uint64(1)
    open_rows = np.uint64(0)
    for row in range(count):
        waiting[row] = tape.first[row + one] - tape.first[row]
        if not waiting[row]:
            ready[open_rows] = row
            open_rows += one
    for k in range(count):
        best = np.uint64(0)
        if tries:
            best = below(state, open_rows)
            for _ in range(tries - 1):
                drawn = below(state, open_rows)
                if rank[np.uint64(ready[drawn])] < rank[np.uint64(ready[best])]:
                    best = drawn
        else:
            for other in range(one, open_rows):
                if rank[np.uint64(ready[other])] < rank[np.uint64(ready[best])]:
                    best = np.uint64(other)
        chosen = np.uint64(ready[best])
        open_rows -= one
        ready[best] = ready[open_rows]
        order[k] = chosen
        for link in range(np.uint64(succ_first[chosen]), np.uint64(succ_first[chosen + one])):
            behind = np.uint64(succ[link])
            waiting[behind] -= np.uint32(1)
            if not waiting[behind]:
                ready[open_rows] = behind
                open_rows += one


@inner
def crossed(mother: Indices, father: Indices, state: Words, taken: Indices, child: Indices) -> None:
    """Two-point crossover: the mother's list, with a stretch in the middle in the father's order.

    Source: Hartmann (1998), A competitive genetic algorithm for resource-constrained scheduling.
    """
    count, one = np.uint64(len(child)), np.uint64(1)
    low, high = below(state, count + one), below(state, count + one)
    if low > high:
        low, high = high, low
    for each in range(count):
        taken[each] = 0
    for k in range(low):
        child[k] = mother[k]
        taken[np.uint64(mother[k])] = 1
    at, of = low, np.uint64(0)
    while at < high:
        row = np.uint64(father[of])
        of += one
        if not taken[row]:
            child[at] = row
            taken[row] = 1
            at += one
    of = low
    while at < count:
        row = np.uint64(mother[of])
        of += one
        if not taken[row]:
            child[at] = row
            at += one


@inner
def swapped(tape: LevelTape, order: Indices, per_mille: Whole, state: Words) -> None:
    """Swap neighbours here and there, where no link forbids it."""
    one = np.uint64(1)
    for k in range(one, np.uint64(len(order))):
        if below(state, 1000) < np.uint64(per_mille):
            before, behind = order[k - one], np.uint64(order[k])
            free = True
            for link in range(np.uint64(tape.first[behind]), np.uint64(tape.first[behind + one])):
                free &= (tape.code[link] >> np.uint32(1)) != before
            if free:
                order[k - one], order[k] = order[k], before
