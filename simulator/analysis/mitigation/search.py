"""The best set of levers within a budget, for any value that a set has.

Where there are few sets each is looked at, which is the proof. Where there are many, a good one is
found by steps, and branch and bound (`branching`) proves it the best or says by how much
another may be better.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice

from simulator.analysis.mitigation.branching import Bounds, branch, in_order
from simulator.analysis.mitigation.levers import NOTHING, members, set_of
from simulator.analysis.mitigation.sets import Best, Problem, affordable_sets, best_known

_BY_STEPS = 0.25
"""The share of the sets that may be looked at that steps take at most before there is a proof."""


def best_set(problem: Problem, levers: Iterable[int], most: int) -> Best:
    """The best set of some levers; looks at `most` sets and bounds, or little more."""
    own = tuple(sorted(levers))
    sets = list(islice(affordable_sets(problem, own), most + 1))
    if len(sets) <= most:
        problem.look_at(sets)
        return best_known(problem, math.inf, exact=True)
    if problem.bounds_of is None:
        _by_steps(problem, own, most)
        return best_known(problem, -math.inf, exact=False)
    _by_steps(problem, own, int(_BY_STEPS * most))
    return proven_set(problem, own, problem.bounds_of, most)


def proven_set(problem: Problem, levers: tuple[int, ...], bounds_of: Bounds, most: int) -> Best:
    """The best set with its proof, then that of each step of the frontier, as far as `most` goes.

    Going through the levers twice costs little: values and bounds are known the second time.
    """
    known, bounds = _Known(problem), dict[tuple[int, int], float]()

    def bounds_once(nodes: Sequence[tuple[int, int]]) -> list[float]:
        new = [each for each in dict.fromkeys(nodes) if each not in bounds]
        bounds.update(zip(new, bounds_of(new), strict=True))
        return [bounds[each] for each in nodes]

    def may_go_on() -> bool:
        return len(problem.values) + len(bounds) < most

    order = in_order(problem, levers, problem.sure)
    search = partial(branch, problem, order, bounds_once)
    left = search(known.best_beats, may_go_on)
    all_left = search(known.a_step_beats, may_go_on) if left == math.inf else left
    return best_known(problem, left, exact=all_left == math.inf)


class _Known:
    """What the sets that were looked at say of those that were not."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.seen = problem, 0
        self.best = (math.inf, math.inf, 0)
        self.steps: list[tuple[float, float, int]] = []
        """Spend, value and number of levers of the steps of the frontier so far."""

    def best_beats(self, least: float, chosen: int, rest: tuple[int, ...]) -> bool:
        """Whether the best set is better than all that hold `chosen` and of `rest` some."""
        self._look()
        return self.best < (least, self.problem.least_spend(chosen, rest), chosen.bit_count())

    def a_step_beats(self, least: float, chosen: int, rest: tuple[int, ...]) -> bool:
        """Whether some set that costs no more is better than all of them."""
        self._look()
        spend = self.problem.least_spend(chosen, rest)
        place = bisect_right(self.steps, (spend, math.inf, 0))
        if not place:
            return False
        paid, value, count = self.steps[place - 1]
        return (value, paid, count) < (least, spend, chosen.bit_count())

    def _look(self) -> None:
        new = list(islice(self.problem.values, self.seen, None))
        self.seen += len(new)
        for chosen in new:
            if self.problem.affordable(chosen):
                value, spend, count, _ = self.problem.key(chosen)
                self.best = min(self.best, (value, spend, count))
                self._step(spend, value, count)

    def _step(self, spend: float, value: float, count: int) -> None:
        place = bisect_right(self.steps, (spend, value, count))
        if place and self.steps[place - 1][1] <= value:
            return
        after = place
        while after < len(self.steps) and self.steps[after][1] >= value:
            after += 1
        self.steps[place:after] = [(spend, value, count)]


def _by_steps(problem: Problem, levers: tuple[int, ...], most: int) -> None:
    """Look for a good set: from nothing, and from everything cut down to the budget, levers are
    added, taken out and exchanged while the set gets better by that."""
    problem.look_at((NOTHING,))
    _improved(problem, levers, NOTHING, most)
    _improved(problem, levers, _cut_down(problem, levers, most), most)


def _improved(problem: Problem, levers: tuple[int, ...], start: int, most: int) -> None:
    """Go on to the best set near by as long as it is better."""
    at, better = start, -1
    while better != at:
        at = start if better < 0 else better
        better = at
        for near in (_flipped(at, levers), _exchanged(at, levers)):
            within = [each for each in near if problem.affordable(each)]
            problem.look_at(within[: max(0, most - len(problem.values))])
            tried = [each for each in within if each in problem.values]
            better = min([at, *tried], key=problem.key)
            if better != at:
                break


def _flipped(chosen: int, levers: tuple[int, ...]) -> list[int]:
    """The sets one lever away."""
    return [chosen ^ 1 << lever for lever in levers]


def _exchanged(chosen: int, levers: tuple[int, ...]) -> list[int]:
    """The sets in which another lever stands for one."""
    own = [lever for lever in levers if chosen >> lever & 1]
    others = [lever for lever in levers if not chosen >> lever & 1]
    return [chosen ^ 1 << one ^ 1 << other for one in own for other in others]


def _cut_down(problem: Problem, levers: tuple[int, ...], most: int) -> int:
    """All levers without those whose going costs least, until the rest is within the budget."""
    at = set_of(levers)
    while not problem.affordable(at):
        leave = [at ^ 1 << lever for lever in members(at)]
        problem.look_at(leave[: max(0, most - len(problem.values))])
        tried = [each for each in leave if each in problem.values]
        if not tried:
            return NOTHING
        at = min(tried, key=problem.key)
    return at
