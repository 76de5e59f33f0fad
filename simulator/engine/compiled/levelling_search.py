"""The search for a good levelled plan: samples, forward-backward improvement, genetic search.

Sources: Hartmann (1998) for the genetic search on activity lists; Tormos and Lova (2001) and Valls,
Ballestin and Quintanilla (2005), Justification and RCPSP, for forward-backward improvement.
"""

from typing import NamedTuple

import numpy as np

from simulator.engine.compiled.jit import Whole, frugal, inner
from simulator.engine.compiled.levelling import (
    NEVER,
    Indices,
    LevelTape,
    Profile,
    Times,
    Words,
    generate,
)
from simulator.engine.compiled.levelling_clock import ClockTape, generate_by_clock
from simulator.engine.compiled.levelling_lists import (
    below,
    crossed,
    part,
    put_in_order,
    sampled,
    sort_back,
    sort_on,
    swapped,
)


class Way(NamedTuple):
    """What is to be levelled, forward or with time turned round."""

    tape: LevelTape
    clock: ClockTape


class Goal(NamedTuple):
    """What is wanted: the earliest finish of the program, then early finishes of projects."""

    finishes: Indices
    """Whether the program's finish is the latest of this row and others (T)."""
    counted: Indices
    """Whether a row's finish counts for its project (T)."""
    project: Indices
    """The project of each row (T)."""
    floors: Times
    classes: Indices
    """(T,) 0 for those who come first by priority, then 1 and so on."""
    succ_first: Indices
    succ: Indices
    ranks: Times
    """(R, T) the lower the earlier, for each priority rule."""
    bound: Times
    """(2,) no plan is better than this."""


class Room(NamedTuple):
    """Where a search works: memory that it neither takes nor gives back."""

    lists: Indices
    """(K + 2, T) members, a child, and room for one more."""
    keys: Times
    """(K + 2, 2) finish, and sum of projects' finishes, of each and at last of the best."""
    marks: Words
    """(K + 2,) a mark of the starts of each, so that twins are told."""
    late: Times
    """(T,) floors of the backward pass."""
    waiting: Indices
    ready: Indices
    latest: Times
    """(P,) the latest finish of each project."""
    best: Times
    """(2 T,) finishes and starts of the best plan."""
    state: Words
    counts: Times
    """(1,) schedules made."""


@inner
def _schedule(way: Way, order: Indices, floors: Times, profile: Profile) -> Whole:
    """Place every row in the given order; whether there is a place for each of them."""
    if way.clock.used:
        return generate_by_clock(way.tape, way.clock, order, floors, profile)
    return generate(way.tape, order, floors, profile)


@inner
def _judge(goal: Goal, profile: Profile, room: Room, into: Whole) -> None:
    """The keys of the schedule in a profile: its finish, and the sum of projects' finishes."""
    room.latest[:] = np.int64(0)
    finish = np.int64(0)
    mark = np.uint64(0)
    for row in range(np.uint64(len(goal.project))):
        end = profile.ends[np.uint64(2) * row]
        project = np.uint64(goal.project[row])
        if goal.counted[row] and end > room.latest[project]:
            room.latest[project] = end
        if goal.finishes[row] and end > finish:
            finish = end
        mark = (mark ^ np.uint64(end)) * np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(29)
    total = np.int64(0)
    for k in range(len(room.latest)):
        total += room.latest[k]
    room.keys[into, 0], room.keys[into, 1], room.marks[into] = finish, total, mark


@inner
def _better(keys: Times, one: Whole, other: Whole) -> Whole:
    if keys[one, 0] != keys[other, 0]:
        return keys[one, 0] < keys[other, 0]
    return keys[one, 1] < keys[other, 1]


@inner
def _improve(
    forward: Way,
    back: Way,
    goal: Goal,
    profile: Profile,
    room: Room,
    into: Whole,
    most: Whole,
) -> None:
    """Schedule a list, push everything late and then early again as long as that gains."""
    order = room.lists[into]
    two = np.uint64(2)
    rows = np.uint64(len(order))
    part(order, goal.classes, room.ready)
    room.keys[into, 0] = room.keys[into, 1] = NEVER
    room.counts[0] += 1
    if not _schedule(forward, order, goal.floors, profile):
        return
    _judge(goal, profile, room, into)
    _keep(profile, room, into)
    for _ in range(most):
        last = np.int64(0)
        for row in range(rows):
            last = max(last, profile.ends[two * row])
        for row in range(rows):
            room.late[row] = -room.keys[into, 0] if goal.finishes[row] else -last
        sort_back(order, profile.ends)
        put_in_order(back.tape, order, room.ready, room.waiting, room.lists[-1])
        done = _schedule(back, order, room.late, profile)
        for row in range(np.uint64(0) if forward.clock.used else rows):
            done &= -profile.ends[two * row] >= goal.floors[row]
        sort_back(order, profile.ends)
        put_in_order(forward.tape, order, room.ready, room.waiting, room.lists[-1])
        if not done:
            return
        part(order, goal.classes, room.ready)
        _schedule(forward, order, goal.floors, profile)
        room.counts[0] += 2
        finish, total = room.keys[into, 0], room.keys[into, 1]
        _judge(goal, profile, room, into)
        _keep(profile, room, into)
        if room.keys[into, 0] > finish or (
            room.keys[into, 0] == finish and room.keys[into, 1] >= total
        ):
            break
    sort_on(order, profile.ends)
    put_in_order(forward.tape, order, room.ready, room.waiting, room.lists[-1])


@inner
def _keep(profile: Profile, room: Room, into: Whole) -> None:
    """Remember the best plan of all."""
    best = len(room.keys) - 1
    if _better(room.keys, into, best):
        room.keys[best, 0], room.keys[best, 1] = room.keys[into, 0], room.keys[into, 1]
        for k in range(np.uint64(len(room.best))):
            room.best[k] = profile.ends[k]


@inner
def _good_enough(goal: Goal, room: Room) -> Whole:
    best = len(room.keys) - 1
    return room.keys[best, 0] <= goal.bound[0] and room.keys[best, 1] <= goal.bound[1]


@inner
def _populate(
    forward: Way,
    back: Way,
    goal: Goal,
    profile: Profile,
    room: Room,
    members: Whole,
    budget: Whole,
    first: Whole,
    most: Whole,
) -> Whole:
    """New members by priority rules, then by samples biased by them; the number there is."""
    rules = len(goal.ranks)
    for member in range(members):
        if room.counts[0] >= budget or _good_enough(goal, room):
            return member
        tries = 0 if first and member < rules else 2 + member // rules % 2
        sampled(
            forward.tape, goal.succ_first, goal.succ, goal.ranks[member % rules], tries,
            room.state, room.waiting, room.ready, room.lists[member],
        )  # fmt: skip
        _improve(forward, back, goal, profile, room, member, most)
    return members


@inner
def _parent(room: Room, members: Whole) -> Whole:
    one, other = below(room.state, members), below(room.state, members)
    return one if _better(room.keys, one, other) else other


@frugal
def search(
    forward: Way,
    back: Way,
    goal: Goal,
    profile: Profile,
    room: Room,
    budget: Whole,
    members: Whole,
    patience: Whole,
    most: Whole,
    per_mille: Whole,
) -> None:
    """Look for the best plan until a number of schedules has been made."""
    best = len(room.keys) - 1
    room.keys[best, 0] = room.keys[best, 1] = NEVER
    first = True
    while room.counts[0] < budget and not _good_enough(goal, room):
        there = _populate(forward, back, goal, profile, room, members, budget, first, most)
        first = False
        stalled, child = np.int64(0), members
        if there < 3:
            return
        while room.counts[0] < budget and not _good_enough(goal, room) and stalled < patience:
            mother, father = _parent(room, there), _parent(room, there)
            if mother == father:
                father = (father + np.uint64(1)) % np.uint64(there)
            crossed(
                room.lists[mother], room.lists[father], room.state, room.ready, room.lists[child]
            )
            swapped(forward.tape, room.lists[child], per_mille, room.state)
            _improve(forward, back, goal, profile, room, child, most)
            stalled += 1
            worst, twin = np.uint64(0), False
            for member in range(np.uint64(there)):
                twin |= room.marks[member] == room.marks[child]
                if not _better(room.keys, member, worst):
                    worst = np.uint64(member)
            if twin or _better(room.keys, worst, child):
                continue
            if _better(room.keys, child, worst):
                stalled = np.int64(0)
            for k in range(np.uint64(len(room.late))):
                room.lists[worst, k] = room.lists[child, k]
            room.keys[worst, 0], room.keys[worst, 1] = room.keys[child, 0], room.keys[child, 1]
            room.marks[worst] = room.marks[child]
