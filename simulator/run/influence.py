"""Which variables are expected to matter most: they take the first dimensions of Sobol's points.

A pilot of 1,024 iterations, drawn plainly where no run draws, is simulated; the influence of a
variable is the larger of its squared rank correlations with the finish and with the cost of the
program. All sums are of whole numbers, so that the order is the same on any machine.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import BLOCK, block_words
from simulator.engine.sampling import factor_label
from simulator.engine.sobol_numbers import DIMENSIONS
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats

Counts = npt.NDArray[np.int64]
Outcomes = Callable[[int, int], tuple[Floats, Floats]]
"""Finish and cost of the iterations from the first number to the second, drawn plainly."""

PILOT = 2**33
"""The first iteration of the pilot: runs are shorter by far."""
RANK_BITS = 16
"""Bits of a word that stand for its rank."""
ROWS = 64
"""Addresses looked at together, for the cache's sake."""


def dimensions_of(plan: Plan, seed: int, outcomes: Outcomes) -> dict[str, int]:
    """The dimension of each of the 64 most influential variables, the first being the most so.

    A factor that correlated variables share has a label of `sampling.factor_label`. Equals come in
    the order of their names.
    """
    variables = plan.variables
    labels = [variable.name for variable in variables.table]
    labels += [factor_label(group.address) for group in variables.equal]
    factors = np.array([group.address for group in variables.equal], dtype=np.uint64)
    hashes = np.concatenate([variables.addresses, factors])
    ranks = [centred_ranks(outcome) for outcome in outcomes(PILOT, PILOT + BLOCK)]
    found = _influences(seed, hashes, ranks)
    best = dict(zip(labels, found, strict=True))
    chosen = sorted(best, key=lambda label: (-best[label], label))[:DIMENSIONS]
    return {label: dimension for dimension, label in enumerate(chosen)}


def centred_ranks(values: Floats) -> Counts:
    """Twice the rank of each of N values less its mean; equal values share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks: Counts = (2 * below + counts - len(values))[places].astype(np.int64)
    return ranks


def _influences(seed: int, hashes: npt.NDArray[np.uint64], ranks: list[Counts]) -> list[int]:
    """For each address its larger squared correlation with two outcomes, up to a common factor.

    A word is uniform, so its first bits stand for its rank, and their variance is the same for all:
    only the covariances, and the variances of the two outcomes, are left to compare.
    """
    one, other = (max(1, int(np.dot(each, each))) for each in ranks)
    # Sums of 1,024 products of 16 and 12 bits: float64 holds them exactly, in any order.
    outcomes = np.stack(ranks, axis=1).astype(np.float64)
    found = []
    for row in range(0, len(hashes), ROWS):
        words = block_words(seed, hashes[row : row + ROWS], PILOT // BLOCK, PILOT // BLOCK + 1)
        covariances = ((words >> np.uint32(32 - RANK_BITS)).astype(np.float64) @ outcomes).astype(
            np.int64
        )
        found += [max(a * a * other, b * b * one) for a, b in covariances.tolist()]
    return found
