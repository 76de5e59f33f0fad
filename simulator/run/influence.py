"""Which variables are expected to matter most: they take the first dimensions of Sobol's points.

A pilot of 512 iterations, drawn plainly where no run draws, is simulated. The influence of a
variable is the share of the variance that it explains of the program's finish, or of its cost where
that is more.

*The work of one task*: a day more of it is a day more of the program where the task is on the chain
that decides the finish. So the share is (chance to be on the chain x spread of the work / spread of
the finish)^2, where a spread is the mean distance from the mean. A few hundred iterations know it
to some percent, for each of a thousand tasks. Source: S. E. Elmaghraby, On criticality and
sensitivity in activity networks, European Journal of Operational Research 127 (2000).

*Anything else, and all costs*: the squared correlation with the rank of the outcome. What a
variable explains is lost among what all the others do; so the eight strongest are taken out of the
outcome, each by its own regression, then the next eight, and the rest is correlated with what
remains. Source: S. Mallat and Z. Zhang, Matching Pursuits with Time-Frequency Dictionaries, IEEE
Transactions on Signal Processing 41 (1993).

Sums are of whole numbers, so that the order is the same on any machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import BLOCK, block_words
from simulator.engine.sampling import factor_label
from simulator.engine.sobol_numbers import DIMENSIONS
from simulator.plan.compile import Plan
from simulator.plan.laws import Table, TriangularLaw, UniformLaw, ZTable, normal_scores
from simulator.plan.plan import NONE, Ints
from simulator.plan.variables import Variable
from simulator.plan.work_calendar import Floats

Counts = npt.NDArray[np.int64]

PILOT = 2**33
"""The first iteration of the pilot: runs are shorter by far."""
LENGTH = 512
"""Iterations of the pilot."""
POINTS = 16
"""Points, evenly over a law, from which its spread is taken."""
ROUNDS, EACH = 2, 8
"""How often the strongest variables are taken out of an outcome, and how many."""
RANK_BITS = 16
"""Bits of a word that stand for its rank."""
FINE = 256.0
"""Parts of a rank: a remainder is rounded to whole ones."""
WEIGHT = 2.0**-20
"""What weights of variables that are taken out are multiples of."""
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


Simulate = Callable[[int, int], Pilot]
"""The iterations from the first number to the second, drawn plainly."""


def dimensions_of(plan: Plan, seed: int, simulate: Simulate) -> dict[str, int]:
    """The dimension of each of the 64 most influential variables, the first being the most so.

    A factor that correlated variables share has a label of `sampling.factor_label`. Equals come in
    the order of their names.
    """
    variables = plan.variables
    labels = [*variables.table.names]
    labels += [factor_label(group.address) for group in variables.equal]
    factors = np.array([group.address for group in variables.equal], dtype=np.uint64)
    hashes = np.concatenate([variables.addresses, factors])
    tasks = np.append(task_of_variables(plan), np.full(len(factors), NONE, dtype=np.int32))
    influence = _influences(plan, seed, hashes, tasks, simulate(PILOT, PILOT + LENGTH))
    first = max(len(labels) - DIMENSIONS, 0)
    least = np.partition(influence, first)[first] if labels else 0.0
    best = [(-influence[row], labels[row]) for row in np.flatnonzero(influence >= least)]
    return {label: dimension for dimension, (_, label) in enumerate(sorted(best)[:DIMENSIONS])}


def task_of_variables(plan: Plan) -> Ints:
    """The task whose work alone a variable is in (V,); `NONE` where it is in others or in none."""
    work, count = plan.work, len(plan.variables)
    bases = plan.network.task_rows.base
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
    ordered = np.sort(values)
    ranks: Counts = ordered.searchsorted(values, "left") + ordered.searchsorted(values, "right")
    ranks -= len(values)
    return ranks


def _influences(
    plan: Plan, seed: int, hashes: npt.NDArray[np.uint64], tasks: Ints, pilot: Pilot
) -> Floats:
    """The larger share of the variance of finish or cost that each variable explains."""
    alone, others = tasks != NONE, np.flatnonzero(tasks == NONE)
    costs = bool((pilot.cost != pilot.cost[0]).any())
    drawn = np.arange(len(hashes)) if costs else others
    ranks = _ranks(seed, hashes[drawn])
    found = np.zeros(len(hashes))
    found[drawn] = _explained(ranks, pilot.finish)
    found[alone] = _explained_by_chain(plan, tasks, pilot)[alone]
    if costs:
        np.maximum(found, _explained(ranks, pilot.cost), out=found)
    return found


def _explained_by_chain(plan: Plan, tasks: Ints, pilot: Pilot) -> Floats:
    """The share of the variance of the finish that each variable (V,) explains by its task's work.

    Working time is as long on the clock as the task's calendar makes it until the last finish.
    """
    found = np.zeros(len(tasks))
    finishes = pilot.finish[np.isfinite(pilot.finish)]
    whole = float(_spreads(finishes[np.newaxis])[0]) if len(finishes) else 0.0
    variables = np.flatnonzero(tasks != NONE)
    variables = variables[pilot.on_chain[tasks[variables]] > 0]
    if whole == 0.0 or not len(variables):
        return found
    network, work = plan.network, plan.work
    own = tasks[variables]
    rows = network.task_rows.base[own]
    is_class = work.class_variable[rows] == variables
    times = np.where(is_class, work.fixed[rows], work.scale[rows] * work.class_fixed[rows])
    calendars, last = network.rows.calendar[rows], finishes.max(keepdims=True)
    for calendar in set(calendars.tolist()) - {NONE}:
        worked = float(network.calendar(calendar).work_at(last)[0])
        times[calendars == calendar] *= float(last[0]) / worked if worked > 0 else 1.0
    share = pilot.on_chain[own] / len(pilot.finish)
    spreads = _spreads(_even_values([plan.variables.table[row] for row in variables.tolist()]))
    found[variables] = np.square(share * times * spreads / whole)
    return found


def _even_values(variables: Sequence[Variable]) -> Floats:
    """Values of K variables that are evenly likely, (K, `POINTS`).

    Laws of a kind together, since each alone takes longer to call than to compute. Of a table the
    nearest nodes will do.
    """
    found = np.empty((len(variables), POINTS))
    evenly = (np.arange(POINTS) + 0.5) / POINTS
    kinds: dict[tuple[type[Any], bool], list[int]] = {}
    for place, variable in enumerate(variables):
        kinds.setdefault((type(variable.law), variable.score), []).append(place)
    for (kind, score), own in kinds.items():
        laws: list[Any] = [variables[place].law for place in own]
        points = normal_scores().apply(evenly) if score else evenly
        if kind in (UniformLaw, TriangularLaw):
            columns = np.array(laws).T[:, :, np.newaxis]
            found[own] = kind(*columns).apply(np.broadcast_to(points, (len(own), POINTS)))
        elif kind in (Table, ZTable):
            places = np.arange(len(laws[0].nodes), dtype=np.float64)
            nodes = np.rint(kind(places).apply(points)).astype(np.intp)
            found[own] = [law.nodes[nodes] for law in laws]
        else:
            found[own] = [law.apply(points) for law in laws]
    return found


def _spreads(values: Floats) -> Floats:
    """Mean distance of each row's values from their mean."""
    found: Floats = np.abs(values - values.mean(axis=1, keepdims=True)).mean(axis=1)
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
    if variance == 0.0 or not len(ranks):
        return np.zeros(len(ranks))
    # Sums of 512 products of 16 and 18 bits: float64 holds them exactly, in any order.
    covariances = ranks @ rest
    # What the squares of ranks add up to, for any variable.
    scale = LENGTH * (4.0**RANK_BITS - 1) / 3
    found, left = covariances.copy(), np.ones(len(ranks), dtype=bool)
    for _ in range(ROUNDS):
        strongest = np.argsort(np.where(left, -np.abs(covariances), 1.0), kind="stable")[:EACH]
        left[strongest] = False
        # Weights of so few bits that these sums are exact as well.
        weights = np.rint(covariances[strongest] / scale / WEIGHT) * WEIGHT
        rest -= np.rint(weights @ ranks[strongest])
        covariances = ranks @ rest
        found[left] = covariances[left]
    return np.square(found) / (scale * variance)
