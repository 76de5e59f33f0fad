"""The law of what is left of a quantity that is known to exceed something."""

import numpy as np
import scipy

from simulator.plan.laws import Floats, Law, Steps, Table, ZTable, padded
from simulator.plan.table_nodes import SMALLEST, nodes_of
from simulator.scenario.distributions import Discrete, Distribution, Poisson, Samples


def conditional_law(distribution: Distribution, beyond: float, *, score: bool = False) -> Law:
    """The law of what exceeds a value, given that it is exceeded.

    With p = P(X <= beyond), its quantile is Q(p + u (1 - p)) - beyond.

    Raises
    ------
    ValueError
        The value is never exceeded.
    """
    if isinstance(distribution, Discrete | Samples | Poisson):
        values, cumulative = distribution.steps()
        first = int(np.searchsorted(values, beyond, side="right"))
        if first == len(values):
            raise ValueError("never exceeded")
        before = float(cumulative[first - 1]) if first else 0.0
        passed = np.minimum((cumulative[first:-1] - before) / (1.0 - before), 1.0)
        return Steps(scipy.special.ndtri(passed) if score else passed, values[first:] - beyond)
    passed_by = _probability_up_to(distribution, beyond)
    if passed_by >= 1.0 - SMALLEST:
        raise ValueError("never exceeded")

    def quantile(u: Floats) -> Floats:
        return np.maximum(distribution.ppf(passed_by + u * (1.0 - passed_by)) - beyond, 0.0)

    nodes = padded(nodes_of(quantile, score=score))
    return ZTable(nodes) if score else Table(nodes)


def _probability_up_to(distribution: Distribution, value: float) -> float:
    """P(X <= value), by halving what is left of its quantiles."""
    low, high = 0.0, 1.0
    if value < distribution.support()[0]:
        return 0.0
    if value >= distribution.support()[1]:
        return 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if float(distribution.ppf(np.array([middle]))[0]) <= value:
            low = middle
        else:
            high = middle
    return low
