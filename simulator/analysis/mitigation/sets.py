"""Sets of levers with a spend and a value: which are within the budget, which is the best.

The best set has the least value; among those that tie the least spend, then the fewest levers, then
the levers that are declared first.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from simulator.analysis.mitigation.levers import NOTHING, members, set_of

Key = tuple[float, float, int, tuple[int, ...]]
"""What makes one set better than another: value, spend, how many levers, which."""


@dataclass(frozen=True, slots=True)
class Point:
    """A set and its value; `exact`: no set that costs as little or less is better."""

    chosen: int
    spend: float
    value: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Best:
    """The best set found, and for growing spend the sets that are better than all cheaper ones.

    `bound` is a value below which no set within the budget can be: that of the best where it is
    `optimal`, -inf where nothing is known.
    """

    chosen: int
    value: float
    optimal: bool
    bound: float
    frontier: tuple[Point, ...]
    evaluated: int


@dataclass
class Problem:
    """Levers with what they cost, and the value of every set of them.

    `behind` names the lever that must be in a set that a lever is in. `bounds_of` tells for several
    (chosen, open) a value that no set is below that holds `chosen` and of `open` what it likes;
    None where nothing is known. `sure` are the levers that may be open there.
    """

    spends: tuple[float, ...]
    behind: tuple[int | None, ...]
    budget: float
    values_of: Callable[[Sequence[int]], Iterable[float]]
    bounds_of: Callable[[Sequence[tuple[int, int]]], Sequence[float]] | None = None
    sure: int = NOTHING
    exact: Callable[[int], float] | None = None
    """The value of a set to the last bit, where `values_of` is only near it; None where it is."""
    near: float = 0.0
    """By which share of it a value may be off."""
    values: dict[int, float] = field(default_factory=dict)
    """The values of the sets that were looked at."""

    def look_at(self, sets: Iterable[int]) -> None:
        """Find the values of sets, each once, together."""
        new = [chosen for chosen in dict.fromkeys(sets) if chosen not in self.values]
        if new:
            self.values.update(zip(new, self.values_of(new), strict=True))

    def value(self, chosen: int) -> float:
        """The value of a set."""
        self.look_at((chosen,))
        return self.values[chosen]

    def spend(self, chosen: int) -> float:
        """What a set costs: the sum rounded once, whatever the order."""
        return math.fsum(self.spends[lever] for lever in members(chosen))

    def least_spend(self, chosen: int, rest: tuple[int, ...]) -> float:
        """What a set costs at least with more of some levers: costs may be negative."""
        back = math.fsum(min(0.0, self.spends[lever]) for lever in rest)
        return self.spend(chosen) + back

    def affordable(self, chosen: int) -> bool:
        """Whether a set is within the budget, and holds no lever without the one behind it."""
        whole = all(
            before is None or chosen >> before & 1
            for before in (self.behind[lever] for lever in members(chosen))
        )
        return whole and self.spend(chosen) <= self.budget

    def key(self, chosen: int) -> Key:
        """By what sets are compared; the least is the best."""
        order = tuple(members(chosen))
        return self.value(chosen), self.spend(chosen), len(order), order


def best_known(problem: Problem, bound: float, *, exact: bool) -> Best:
    """The best of the sets that were looked at, where no other has a value below `bound`.

    It is the best of all where `bound` is inf: nothing is left. `exact`: so is each step of the
    frontier.
    """
    keys = sorted(problem.key(chosen) for chosen in problem.values if problem.affordable(chosen))
    if problem.exact is not None:
        keys = _settled(problem, keys, problem.exact)
    value, _, _, own = keys[0]
    optimal = bound == math.inf
    frontier = tuple(
        Point(set_of(each), spend, least, exact or (optimal and each == own))
        for least, spend, _, each in _steps(keys)
    )
    return Best(set_of(own), value, optimal, min(bound, value), frontier, len(problem.values))


def _settled(problem: Problem, keys: list[Key], exact: Callable[[int], float]) -> list[Key]:
    """The keys of all sets that may be a step of the frontier, with exact values, sorted."""
    found: list[Key] = []
    least = math.inf
    for value, spend, count, own in sorted(keys, key=lambda key: (key[1], key[0], key[2:])):
        if value <= least + 4 * problem.near * abs(least) or not found:
            found.append((exact(set_of(own)), spend, count, own))
        least = min(least, value)
    return sorted(found)


def _steps(keys: list[Key]) -> list[Key]:
    """Of sorted keys those that nothing as cheap is better than, by growing spend."""
    steps: list[Key] = []
    for key in sorted(keys, key=lambda key: (key[1], key[0], key[2:])):
        if not steps or key[0] < steps[-1][0]:
            steps.append(key)
    return steps


def affordable_sets(problem: Problem, levers: tuple[int, ...]) -> Iterator[int]:
    """Every set of some levers within the budget, the empty one first."""
    # What the levers from a place on can bring back at most: costs may be negative.
    back = [0.0]
    for lever in reversed(levers):
        back.append(back[-1] + min(0.0, problem.spends[lever]))
    back.reverse()

    def below(place: int, chosen: int) -> Iterator[int]:
        if problem.spend(chosen) + back[place] > problem.budget:
            return
        if place == len(levers):
            if problem.affordable(chosen):
                yield chosen
            return
        yield from below(place + 1, chosen)
        lever = levers[place]
        before = problem.behind[lever]
        if before is None or chosen >> before & 1:
            yield from below(place + 1, chosen | 1 << lever)

    return below(0, NOTHING)
