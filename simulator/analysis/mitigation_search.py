"""The best set of levers within a budget, for any value that a set has; pure search.

The best set has the least value; among those that tie the least spend, then the fewest levers, then
the levers that are declared first. Where there are few sets each is looked at, which is the proof.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from simulator.analysis.mitigation_levers import NOTHING, members, set_of

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

    `behind` names the lever that must be in a set that a lever is in. `bound(chosen, open)` is at
    most the value of each set that holds `chosen` and of `open` as much as it likes; None where
    nothing is known.
    """

    spends: tuple[float, ...]
    behind: tuple[int | None, ...]
    budget: float
    values_of: Callable[[Sequence[int]], Iterable[float]]
    bound_of: Callable[[int, int], float] | None = None
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


def best_set(problem: Problem, levers: Iterable[int], most: int) -> Best:
    """The best set of some levers; where there are more than `most` sets, not all are looked at."""
    own = tuple(levers)
    sets = list(islice(affordable_sets(problem, own), most + 1))
    if len(sets) <= most:
        problem.look_at(sets)
        return found(problem, optimal=True, bound=math.inf)
    return search(problem, own, most)


def found(problem: Problem, *, optimal: bool, bound: float) -> Best:
    """What the sets that were looked at come to; `bound` is that of all others."""
    keys = sorted(problem.key(chosen) for chosen in problem.values if problem.affordable(chosen))
    value, _, _, own = keys[0]
    frontier = tuple(
        Point(set_of(own), spend, value, optimal) for value, spend, _, own in _steps(keys)
    )
    least = value if optimal else min(bound, value)
    return Best(set_of(own), value, optimal, least, frontier, len(problem.values))


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


def search(problem: Problem, levers: tuple[int, ...], most: int) -> Best:
    """A good set where there are too many to look at all: improved until no step helps.

    From nothing, and from everything cut down to the budget, levers are added, taken out and
    exchanged while the set gets better by that.
    """
    for start in (NOTHING, _cut_down(problem, levers)):
        at = start
        while len(problem.values) < most:
            near = [each for each in _near(at, levers) if problem.affordable(each)]
            problem.look_at(near[: most - len(problem.values)])
            known = [each for each in near if each in problem.values]
            better = min([at, *known], key=problem.key)
            if better == at:
                break
            at = better
    bound = -math.inf
    if problem.bound_of is not None:
        bound = problem.bound_of(NOTHING, set_of(levers))
    return found(problem, optimal=False, bound=bound)


def _near(chosen: int, levers: tuple[int, ...]) -> list[int]:
    """The sets one lever, or one exchange, away."""
    own = [lever for lever in levers if chosen >> lever & 1]
    others = [lever for lever in levers if not chosen >> lever & 1]
    single = [chosen ^ 1 << lever for lever in levers]
    return single + [chosen ^ 1 << one ^ 1 << other for one in own for other in others]


def _cut_down(problem: Problem, levers: tuple[int, ...]) -> int:
    """All levers without those whose going costs least, until the rest is within the budget."""
    at = set_of(levers)
    while at and not problem.affordable(at):
        leave = [at ^ 1 << lever for lever in members(at)]
        problem.look_at(leave)
        at = min(leave, key=problem.key)
    return at
