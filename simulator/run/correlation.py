"""Which rank correlation the draws have, beside the one that was asked for."""

from dataclasses import dataclass

import numpy as np

from simulator.engine.draws import correlated_scores
from simulator.engine.sampling import Sampling
from simulator.plan.compile import Plan
from simulator.plan.correlation import named_groups
from simulator.plan.work_calendar import Floats

MOST_ITERATIONS = 4096
MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class AchievedCorrelation:
    """One entry of the file: rho asked for, and the mean over its pairs that was drawn."""

    between: tuple[str, ...]
    of: str
    asked: float
    achieved: float
    pairs: int
    iterations: int


def achieved_correlations(
    plan: Plan, sampling: Sampling, iterations: int
) -> tuple[AchievedCorrelation, ...]:
    """Spearman's rho of every entry over the first iterations.

    Ranks of normal scores are ranks of the values, since quantiles never fall. Of entries with
    more than 200 members the first 200 are compared.

    Source: C. Spearman, The Proof and Measurement of Association between Two Things (1904).
    """
    groups = named_groups(plan.scenario)
    count = min(iterations, MOST_ITERATIONS)
    if not groups or count < 2:
        return ()
    compared = {name for group in groups for name in group.names[:MOST_MEMBERS]}
    variables = plan.variables
    named = ((name, row) for row, name in enumerate(variables.table.names) if name in compared)
    places: dict[str, int] = {}
    rows: list[int] = []
    for name, row in named:
        if variables.table.score[row]:
            places[name] = len(rows)
            rows.append(row)
    wanted = np.array(rows, dtype=np.int32)
    order = np.argsort(correlated_scores(variables, sampling, 0, count, wanted), axis=1)
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order, np.arange(count, dtype=np.float64)[None], axis=1)
    found = []
    for group in groups:
        members = [places[name] for name in group.names[:MOST_MEMBERS]]
        entry = plan.scenario.correlations[group.position]
        mean, pairs = _mean_pair(ranks[members])
        found.append(AchievedCorrelation(entry.between, entry.of, entry.rho, mean, pairs, count))
    return tuple(found)


def _mean_pair(ranks: Floats) -> tuple[float, int]:
    # Ranks share one variance, so the sum over pairs follows from the variance of their sum. Those
    # are sums of whole numbers, where a matrix product would depend on the machine.
    centred = 2 * ranks - (ranks.shape[1] - 1)
    own = np.sum(centred[0] ** 2)
    together = np.sum(centred.sum(axis=0) ** 2)
    count = len(ranks)
    pairs = count * (count - 1) // 2
    return float((together - count * own) / 2 / own) / pairs, pairs
