"""Which variables are expected to matter most: they take the first dimensions of Sobol's points.

A pilot of 512 iterations, drawn plainly where no run draws, is simulated. The influence of a
variable is the share of the variance that it explains of the program's finish, or of its cost where
that is more.

*The work of one task*: a day more of it is a day more of the program where the task is on the chain
that decides the finish. So the share is (chance to be on the chain x spread of the task / spread of
the finish)^2, where a spread is the mean distance from the median. A few hundred iterations know it
to some percent, for each of a thousand tasks. Source: S. E. Elmaghraby, On criticality and
sensitivity in activity networks, European Journal of Operational Research 127 (2000).

*Anything else, and all costs*: the squared correlation with the rank of the outcome. What a
variable explains is lost among what all the others do; so the eight strongest are taken out of the
outcome, each by its own regression, then the next eight, and the rest is correlated with what
remains. Source: S. Mallat and Z. Zhang, Matching Pursuits with Time-Frequency Dictionaries, IEEE
Transactions on Signal Processing 41 (1993).

Sums are of whole numbers, so that the order is the same on any machine.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import BLOCK, block_words
from simulator.engine.sampling import factor_label
from simulator.engine.sobol_numbers import DIMENSIONS
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE, Bools, Ints
from simulator.plan.work_calendar import Floats

Counts = npt.NDArray[np.int64]

PILOT = 2**33
"""The first iteration of the pilot: runs are shorter by far."""
LENGTH = 512
"""Iterations of the pilot."""
SPREAD = 256
"""The first iterations of the pilot, from which the spread of tasks is taken."""
ROUNDS, EACH = 2, 8
"""How often the strongest variables are taken out of an outcome, and how many."""
RANK_BITS = 16
"""Bits of a word that stand for its rank."""
FINE = 256.0
"""Parts of a rank: a remainder is rounded to whole ones."""
ROWS = 64
"""Addresses looked at together, for the cache's sake."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """What is known of the `LENGTH` iterations of a pilot."""

    finish: Floats
    """(N,): of the program; infinite where it never ends."""
    cost: Floats
    on_chain: Counts
    """(tasks,): in how many iterations each task is on the chain that decides the finish."""
    lasting: Floats
    """(tasks, n): from start to finish of each task; not finite where it is absent or endless."""


Simulate = Callable[[int, int], Pilot]
"""The iterations from the first number to the second, drawn plainly."""


def dimensions_of(plan: Plan, seed: int, simulate: Simulate) -> dict[str, int]:
    """The dimension of each of the 64 most influential variables, the first being the most so.

    A factor that correlated variables share has a label of `sampling.factor_label`. Equals come in
    the order of their names.
    """
    variables = plan.variables
    labels = [variable.name for variable in variables.table]
    labels += [factor_label(group.address) for group in variables.equal]
    factors = np.array([group.address for group in variables.equal], dtype=np.uint64)
    hashes = np.concatenate([variables.addresses, factors])
    tasks = np.append(task_of_variables(plan), np.full(len(factors), NONE, dtype=np.int32))
    influence = _influences(seed, hashes, tasks, simulate(PILOT, PILOT + LENGTH))
    best = dict(zip(labels, influence.tolist(), strict=True))
    chosen = sorted(best, key=lambda label: (-best[label], label))[:DIMENSIONS]
    return {label: dimension for dimension, label in enumerate(chosen)}


def task_of_variables(plan: Plan) -> Ints:
    """The task whose work alone a variable is in (V,); `NONE` where it is in others or in none."""
    work, count = plan.work, len(plan.variables)
    bases = np.array([task.base for task in plan.network.tasks], dtype=np.intp)
    found = np.full(count, NONE, dtype=np.int32)
    for column in (work.class_variable, work.variable):
        drawn = np.flatnonzero(column[bases] != NONE)
        found[column[bases[drawn]]] = drawn
    used = np.append(work.class_variable, work.variable)
    found[np.bincount(used[used != NONE], minlength=count) != 1] = NONE
    if plan.variables.dense is not None:
        found[plan.variables.dense.members] = NONE
    return found


def centred_ranks(values: Floats) -> Counts:
    """Twice the rank of each of N values less its mean; equal values share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks: Counts = (2 * below + counts - len(values))[places].astype(np.int64)
    return ranks


def _influences(seed: int, hashes: npt.NDArray[np.uint64], tasks: Ints, pilot: Pilot) -> Floats:
    """The larger share of the variance of finish or cost that each variable explains."""
    alone = np.flatnonzero(tasks != NONE)
    others = np.flatnonzero(tasks == NONE)
    costs = bool((pilot.cost != pilot.cost[0]).any())
    drawn = np.arange(len(hashes)) if costs else others
    ranks = _ranks(seed, hashes[drawn])
    found = np.zeros(len(hashes))
    found[drawn] = _explained(ranks, pilot.finish)
    found[alone] = _explained_by_chain(pilot)[tasks[alone]]
    if costs:
        np.maximum(found, _explained(ranks, pilot.cost), out=found)
    return found


def _explained_by_chain(pilot: Pilot) -> Floats:
    """The share of the variance of the finish that the work of each task explains, (tasks,)."""
    finite = np.isfinite(pilot.finish)
    whole = _spreads(np.where(finite, pilot.finish, np.nan)[np.newaxis])[0]
    found = np.zeros(len(pilot.on_chain))
    if whole > 0:
        there = np.flatnonzero(pilot.on_chain)
        share = pilot.on_chain[there] / len(pilot.finish)
        found[there] = np.square(share * _spreads(pilot.lasting[there]) / whole)
    return found


def _spreads(values: Floats) -> Floats:
    """Mean distance of the finite values of each row from their median; 0 where there are none."""
    there: Bools = np.isfinite(values)
    counts = there.sum(axis=1)
    ordered = np.sort(np.where(there, values, np.inf), axis=1)
    middle = np.where(counts > 0, ordered[np.arange(len(values)), counts // 2 * (counts > 0)], 0.0)
    off = np.abs(np.where(there, values, middle[:, np.newaxis]) - middle[:, np.newaxis])
    found: Floats = off.sum(axis=1) / np.maximum(counts, 1)
    return found


def _ranks(seed: int, hashes: npt.NDArray[np.uint64]) -> Floats:
    """The ranks of the words of V addresses in the pilot, odd whole numbers around 0, (V, N).

    A word is uniform, so that its first bits stand for its rank.
    """
    found = np.empty((len(hashes), LENGTH))
    for row in range(0, len(hashes), ROWS):
        words = block_words(seed, hashes[row : row + ROWS], PILOT // BLOCK, PILOT // BLOCK + 1)
        found[row : row + ROWS] = words[:, :LENGTH] >> np.uint32(32 - RANK_BITS)
    found *= 2.0
    found -= 2**RANK_BITS - 1
    return found


def _explained(ranks: Floats, outcome: Floats) -> Floats:
    """The share of the variance of an outcome's ranks that each variable explains, (V,)."""
    rest = centred_ranks(outcome) * FINE
    variance = float(np.square(rest).sum())
    if variance == 0.0:
        return np.zeros(len(ranks))
    # Sums of 512 products of 16 and 18 bits: float64 holds them exactly, in any order.
    covariances = ranks @ rest
    # What the squares of ranks add up to, for any variable.
    scale = LENGTH * (4.0**RANK_BITS - 1) / 3
    found, left = covariances.copy(), np.ones(len(ranks), dtype=bool)
    for _ in range(ROUNDS):
        strongest = np.argsort(np.where(left, -np.abs(covariances), 1.0), kind="stable")[:EACH]
        left[strongest] = False
        for row in strongest.tolist():
            rest -= np.rint(covariances[row] / scale * ranks[row])
        covariances = ranks @ rest
        found[left] = covariances[left]
    return np.square(found) / (scale * variance)
