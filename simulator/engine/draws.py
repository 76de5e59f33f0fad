"""Everything drawn for a block of iterations: values, occurrences, branches, rework rounds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.sampling import Sampling
from simulator.plan.chances import RiskPlan
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.effects import EffectPlan
from simulator.plan.laws import normal_scores
from simulator.plan.plan import Bools, Ints, Variables
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class Draws:
    """One block of draws; `E` epochs of mitigations, `R` risks, `B` branches.

    Values are not rounded: they may still be multiplied.
    """

    values: Floats
    """(V, N)"""
    occurs: Bools
    """(E, R, N)"""
    taken: npt.NDArray[np.int32]
    """(B, N): the outcome of each branch."""
    again: tuple[Bools, ...]
    """For each reworked task (K, N): whether round k would follow round k - 1."""
    deterministic: bool = False

    @property
    def iterations(self) -> int:
        """N."""
        return int(self.values.shape[1])

    def of(self, operand: Operand) -> Floats | float:
        """The value of an operand: (N,) if drawn, else a number."""
        if operand.is_fixed:
            return operand.fixed
        values: Floats = self.values[operand.variable]
        return values if operand.scale == 1.0 else values * operand.scale


def draw(plan: Plan, sampling: Sampling | int, start: int, stop: int) -> Draws:
    """Draw iterations `start` to `stop` of a plan, plainly if given a seed alone."""
    sampling = Sampling.of(sampling)
    values = sampling.uniforms(plan.variables.addresses, start, stop)
    _correlate(plan.variables, values, sampling, start, stop, plan.variables.table.score)
    for row, law in enumerate(plan.variables.table.laws):
        values[row] = law.apply(values[row])
    return Draws(
        values,
        occurrences(plan.effects, values),
        _outcomes(plan, values),
        tuple(
            np.array(
                [
                    values[u] < chance
                    for u, chance in zip(rework.occurs, rework.chances, strict=True)
                ]
            )
            for rework in plan.work.rework
        ),
    )


def under(plan: Plan, draws: Draws, iterations: npt.NDArray[np.int64]) -> Draws:
    """Some iterations of draws, with what occurs under other chances and mitigations.

    `draws` are of a plan with the same variables, branches and rework.
    """
    values = draws.values[:, iterations]
    return Draws(
        values,
        occurrences(plan.effects, values),
        draws.taken[:, iterations],
        tuple(again[:, iterations] for again in draws.again),
    )


def deterministic_draws(plan: Plan) -> Draws:
    """One iteration of central values: no risks, no rework, every branch at its likeliest."""
    values = plan.variables.table.central.reshape(-1, 1).copy()
    return Draws(
        values,
        np.zeros((plan.effects.epochs, len(plan.effects.risks), 1), dtype=bool),
        np.array([branch.likeliest for branch in plan.work.branches], dtype=np.int32).reshape(
            -1, 1
        ),
        tuple(np.zeros((len(rework.chances), 1), dtype=bool) for rework in plan.work.rework),
        deterministic=True,
    )


def correlated_scores(
    variables: Variables, sampling: Sampling | int, start: int, stop: int, wanted: Ints
) -> Floats:
    """Normal scores (K, N) of the K correlated variables that are wanted."""
    sampling = Sampling.of(sampling)
    needed = np.zeros(len(variables), dtype=bool)
    needed[wanted] = True
    if variables.dense is not None:  # each takes those before it
        needed[list(variables.dense.members)] = True
    rows = np.flatnonzero(needed)
    scores = np.zeros((len(variables), stop - start))
    scores[rows] = sampling.uniforms(variables.addresses[rows], start, stop)
    _correlate(variables, scores, sampling, start, stop, needed)
    return np.asarray(scores[wanted])


def _correlate(  # noqa: PLR0917 - whose numbers, and which
    variables: Variables,
    values: Floats,
    sampling: Sampling,
    start: int,
    stop: int,
    needed: Bools,
) -> None:
    """Turn the uniform numbers of correlated variables into correlated normal scores, in place.

    Only of those that are `needed` (V,).
    """
    normal = normal_scores()
    for row in np.flatnonzero(needed).tolist():
        values[row] = normal.apply(values[row])
    for group in variables.equal:
        address = np.array([group.address], dtype=np.uint64)
        factor = normal.apply(sampling.uniforms(address, start, stop)[0]) * group.shared
        for row in group.members:
            if needed[row]:
                values[row] = values[row] * group.own + factor
    if variables.dense is None:
        return
    # A loop in fixed order, not a matrix product: every engine must get the same bits.
    members, lower = variables.dense.members, variables.dense.lower
    scores = values[members]
    for i, row in enumerate(members):
        mixed = scores[0] * lower[i, 0]
        for j in range(1, i + 1):
            mixed = mixed + scores[j] * lower[i, j]
        values[row] = mixed


def occurrences(effects: EffectPlan, values: Floats) -> Bools:
    """Which risks occur in each epoch, (E, R, N), by the values (V, N) of all variables."""
    found = np.zeros((effects.epochs, len(effects.risks), values.shape[1]), dtype=bool)
    for epoch in range(effects.epochs):
        for number, risk in enumerate(effects.risks):
            found[epoch, number] = values[risk.variable] < _chance(risk, epoch, found[epoch])
    return found


def _chance(risk: RiskPlan, epoch: int, occurred: Bools) -> Floats | float:
    """The chance of a risk in an epoch; (N,) where it depends on others."""
    levers = risk.levers[epoch]
    if not risk.conditions:
        return replaced(risk.otherwise, levers)
    chance = np.full(occurred.shape[1], replaced(risk.otherwise, levers))
    for condition, value in reversed(risk.conditions):
        chance = np.where(occurred[condition], replaced(value, levers), chance)
    return chance


def replaced(chance: float, levers: tuple[float, ...]) -> float:
    """One lever replaces the chance; several multiply their ratios to it."""
    if not levers:
        return chance
    if len(levers) == 1 or chance == 0.0:
        return min(levers)
    replaced = chance
    for lever in levers:
        replaced *= lever / chance
    return min(1.0, replaced)


def _outcomes(plan: Plan, values: Floats) -> npt.NDArray[np.int32]:
    found = np.zeros((len(plan.work.branches), values.shape[1]), dtype=np.int32)
    for number, branch in enumerate(plan.work.branches):
        u = values[branch.variable]
        for limit in branch.upper[:-1]:
            found[number] += u >= limit
    return found
