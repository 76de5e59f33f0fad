"""What each of the top drivers is worth so that the parts add up to the whole.

A removal says what goes away when one thing does and all else stays; the removals of two things
that hide behind each other are too small together, those of two that need each other too large. The
Shapley value is the mean of what a thing adds over all orders in which the things can be added:

    phi_i = sum over S without i of  |S|! (m - |S| - 1)! / m!  (v(S and i) - v(S))

with v(S) the P80 of the program in which the things in S are there and the others of the m are
removed. All 2^m programs are simulated on the same futures; the parts add up to v(all) - v(none).

Source: L. S. Shapley (1953), A value for n-person games, Contributions to the Theory of Games II,
307-317; A. B. Owen (2014), Sobol' indices and Shapley value, SIAM/ASA J. of Uncertainty
Quantification 2, 245-251, for its use on uncertain inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from simulator.engine.finishes import Ends
from simulator.estimates.estimate import UNKNOWN, Estimate, FloatArray
from simulator.estimates.quantiles import rank
from simulator.estimates.sections import sectioned
from simulator.run.join import Joined
from simulator.run.removals import Removal
from simulator.run.results import Results
from simulator.run.variants import ends_on_same_futures
from simulator.scenario.units import MS_PER_DAY

MOST = 4
"""Drivers that are shared among unless somebody asks for more: 2^4 programs."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one driver, in calendar days and money at P80."""

    name: str
    kind: str
    p80_days: Estimate
    p80_cost: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As `drivers --json` prints it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "p80_days": self.p80_days.to_dict(),
            "p80_cost": self.p80_cost.to_dict(),
        }


def shapley_shares(
    results: Results, top: Sequence[Removal], place: int | None, percent: int
) -> tuple[Share, ...]:
    """The shares of some drivers in the `percent` of a finish (the program's where `place` is
    None) and of the cost; their sums are what goes away when all of them do."""
    if not top:
        return ()
    count = len(top)
    plans = []
    for there in range((1 << count) - 1):
        plan = results.plan
        for number, removal in enumerate(top):
            if not there >> number & 1:
                plan = removal.remove(plan)
        plans.append(plan)
    finish, cost = [], []
    every: tuple[Ends | Joined, ...] = (*ends_on_same_futures(results, plans), results.joined)
    for found in every:
        finish.append(found.finish if place is None else found.finishes[place])
        cost.append(found.cost)
    days = _parts(results, np.array(finish) / MS_PER_DAY, percent)
    money = _parts(results, np.array(cost), percent)
    return tuple(
        Share(each.name, each.kind, own, paid)
        for each, own, paid in zip(top, days, money, strict=True)
    )


def shapley_values(values: FloatArray) -> FloatArray:
    """The Shapley values (m,) of a game whose coalitions, as bits, are worth `values` (2^m,)."""
    count = len(values).bit_length() - 1
    found = np.zeros(count)
    for player in range(count):
        others = [each for each in range(count) if each != player]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for chosen in combinations(others, size):
                there = sum(1 << each for each in chosen)
                found[player] += weight * (values[there | 1 << player] - values[there])
    return found


def _parts(results: Results, values: FloatArray, percent: int) -> list[Estimate]:
    """The shares of the quantile of values (2^m, N)."""
    if not np.isfinite(values).all():
        return [UNKNOWN] * (len(values).bit_length() - 1)

    def figures(part: np.ndarray) -> FloatArray:
        place = rank(percent, len(part)) - 1
        return shapley_values(np.partition(values[:, part], place, axis=1)[:, place])

    settings = results.settings
    return sectioned(figures, values.shape[1], settings.replicates, settings.level)
