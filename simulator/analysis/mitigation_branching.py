"""The best set where there are too many to look at all: branch and bound, best bound first.

A node is a set of levers that are in, and those that are still open; the others are out. Where the
bound of a node shows that no set below it can be better than the best that is known, nothing below
it is looked at. What is left to look at when nothing more may be says how good the best is.

Source of the method: A. H. Land and A. G. Doig (1960), An automatic method of solving discrete
programming problems, Econometrica 28, 497-520.
"""

import math
from collections.abc import Callable
from heapq import heappop, heappush

from simulator.analysis.mitigation_levers import NOTHING, set_of
from simulator.analysis.mitigation_sets import Problem

Bound = Callable[[int, int], float]
Pruned = Callable[[float, int, tuple[int, ...]], bool]
"""Whether a node need not be looked at, by its bound, the levers in it, and those still open."""


def branch(
    problem: Problem,
    levers: tuple[int, ...],
    bound_of: Bound,
    pruned: Pruned,
    may_go_on: Callable[[], bool],
) -> float:
    """Look at all sets that are not pruned; returns the least bound of what was left, inf if none.

    `levers` come in the order in which they are decided.
    """
    root = _open(problem, NOTHING, levers)
    nodes = [(bound_of(NOTHING, set_of(root)), 0, 0, NOTHING, root)]
    count = 0
    while nodes:
        bound, _, _, chosen, rest = nodes[0]
        if not may_go_on():
            return bound
        heappop(nodes)
        if pruned(bound, chosen, rest):
            continue
        if not rest:
            problem.look_at((chosen,))
            continue
        lever, others = rest[0], rest[1:]
        for own in (chosen | 1 << lever, chosen):
            left = _open(problem, own, others)
            if own == chosen:
                left = _without(problem, left, lever)
            least = max(bound, bound_of(own, set_of(left)))
            if not pruned(least, own, left):
                count += 1
                heappush(nodes, (least, len(left), count, own, left))
    return math.inf


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
