"""The best set where there are too many to look at all: branch and bound, best bound first.

A node is a set of levers that are in, and those that are still open; the others are out. Where the
bound of a node shows that no set below it can be better than the best that is known, nothing below
it is looked at. What is left to look at when nothing more may be says how good the best is.

Source of the method: A. H. Land and A. G. Doig (1960), An automatic method of solving discrete
programming problems, Econometrica 28, 497-520.
"""

import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from simulator.analysis.mitigation.levers import NOTHING, set_of
from simulator.analysis.mitigation.sets import Problem

Node = tuple[int, tuple[int, ...]]
"""The levers that are in, and those that are still open in the order in which they are decided."""
Bounds = Callable[[Sequence[tuple[int, int]]], Sequence[float]]
"""The bounds of several (levers in, levers open)."""
Pruned = Callable[[float, int, tuple[int, ...]], bool]
"""Whether a node need not be looked at, by its bound, the levers in it, and those still open."""
_TOGETHER = 32
"""Nodes that are looked at together, since many bounds are found sooner than one by one."""


def branch(
    problem: Problem,
    levers: tuple[int, ...],
    bounds_of: Bounds,
    pruned: Pruned,
    may_go_on: Callable[[], bool],
) -> float:
    """Look at all sets that are not pruned; returns the least bound of what was left, inf if none.

    `levers` come in the order in which they are decided.
    """
    root = _open(problem, NOTHING, levers)
    nodes = [(bounds_of([(NOTHING, set_of(root))])[0], 0, 0, NOTHING, root)]
    count = 0
    while nodes:
        if not may_go_on():
            return nodes[0][0]
        taken = [heappop(nodes) for _ in range(min(_TOGETHER, len(nodes)))]
        kept = [each for each in taken if not pruned(each[0], each[3], each[4])]
        problem.look_at([chosen for _, _, _, chosen, rest in kept if not rest])
        below = [
            (bound, *node)
            for bound, _, _, chosen, rest in kept
            if rest
            for node in _below(problem, chosen, rest)
        ]
        bounds = bounds_of([(own, set_of(left)) for _, own, left in below])
        for (above, own, left), bound in zip(below, bounds, strict=True):
            least = max(above, bound)
            if not pruned(least, own, left):
                count += 1
                heappush(nodes, (least, len(left), count, own, left))
    return math.inf


def _below(problem: Problem, chosen: int, rest: tuple[int, ...]) -> tuple[Node, Node]:
    """The nodes with and without the first open lever."""
    lever, others = rest[0], rest[1:]
    own = chosen | 1 << lever
    without = _without(problem, _open(problem, chosen, others), lever)
    return (own, _open(problem, own, others)), (chosen, without)


def _open(problem: Problem, chosen: int, levers: tuple[int, ...]) -> tuple[int, ...]:
    """The levers that may still be added within the budget."""
    room = problem.budget - problem.least_spend(chosen, levers)
    return tuple(lever for lever in levers if problem.spends[lever] <= room * (1 + 1e-12))


def _without(problem: Problem, levers: tuple[int, ...], out: int) -> tuple[int, ...]:
    """The levers that are not behind one that is out."""
    dropped = {out}
    for lever in sorted(levers):
        if problem.behind[lever] in dropped:
            dropped.add(lever)
    return tuple(lever for lever in levers if lever not in dropped)


def in_order(problem: Problem, levers: tuple[int, ...], sure: int) -> tuple[int, ...]:
    """Levers that may harm first, since there is no bound before they are decided; then those
    that save most alone. A lever comes after the one behind it."""
    alone = [lever for lever in levers if problem.behind[lever] is None]
    problem.look_at([1 << lever for lever in alone])

    def first(lever: int) -> int:
        before = problem.behind[lever]
        return lever if before is None else first(before)

    def key(lever: int) -> tuple[bool, float, int, int]:
        begin = first(lever)
        return bool(sure >> lever & 1), problem.values[1 << begin], begin, lever

    return tuple(sorted(levers, key=key))
