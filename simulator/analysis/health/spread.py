"""How unsure estimates are, from their compiled laws: up and down, and what varies together."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from simulator.plan.compile import Plan
from simulator.plan.gates import affected_tasks
from simulator.plan.plan import NONE, Bools
from simulator.plan.work_calendar import Floats
from simulator.scenario.distributions import Distribution
from simulator.scenario.program import Scenario

_CHANCES = np.array([0.1, 0.9])
_SCORES = np.array([-1.2815515655446004, 1.2815515655446004])
"""The normal scores of P10 and P90."""
P10_TO_P90 = 2.563103131089201
"""How many standard deviations of a normal distribution lie between P10 and P90."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Ranges of tasks (T,): estimate, class, and factors that always apply, taken together.

    `down` and `up` are how far P10 and P90 lie from the planned value, as shares of it: the roots
    of the sums of squares of all ranges that multiply. `hit` marks tasks whose work or start some
    risk changes, `shared` those that have a draw, or a correlation, in common with another task.
    """

    ranged: Bools
    hit: Bools
    shared: Bools
    down: Floats
    up: Floats

    @property
    def width(self) -> Floats:
        """From P10 to P90, as a share of the planned value."""
        return self.down + self.up


def spread_of(plan: Plan) -> Spread:
    """The ranges of every task."""
    tasks, work = plan.network.tasks, plan.work
    number = {task.id: k for k, task in enumerate(tasks)}
    count = len(tasks)
    down, up = np.zeros(count), np.zeros(count)
    ranged, hit, shared = (np.zeros(count, dtype=bool) for _ in range(3))
    correlated = _correlated(plan)
    base = [task.base for task in tasks]
    drawn = np.stack((work.variable[base], work.class_variable[base]), axis=1).tolist()
    users = Counter(variable for pair in drawn for variable in pair if variable != NONE)
    known: dict[int, tuple[float, float]] = {}
    for task, pair in enumerate(drawn):
        for variable in pair:
            if variable == NONE:
                continue
            if variable not in known:
                known[variable] = _ends(plan, variable)
            down[task] += known[variable][0] ** 2
            up[task] += known[variable][1] ** 2
            ranged[task] = True
            shared[task] |= variable in correlated or users[variable] > 1
    for names, certain, ends, together in _hits(plan.scenario):
        rows = [number[name] for name in names]
        hit[rows] = True
        if certain and ends is not None:
            down[rows] += ends[0] ** 2
            up[rows] += ends[1] ** 2
            ranged[rows] = True
        if together:
            shared[rows] = True
    return Spread(ranged, hit, shared, np.sqrt(down), np.sqrt(up))


def _ends(plan: Plan, variable: int) -> tuple[float, float]:
    """How far P10 and P90 lie below and above the central value, as shares of it."""
    each = plan.variables.table[variable]
    low, high = each.law.apply(_SCORES if each.score else _CHANCES).tolist()
    return _relative(low, each.central, high)


def _relative(low: float, central: float, high: float) -> tuple[float, float]:
    """P10 and P90 from the centre; an end on its wrong side counts negative only in its square."""
    if not central:
        return 0.0, (high - low if high > low else 0.0)
    return max(central - low, 0.0) / central, max(high - central, 0.0) / central


def _correlated(plan: Plan) -> set[int]:
    """Variables that are correlated with others."""
    groups = [group.members for group in plan.variables.equal]
    if plan.variables.dense is not None:
        groups.append(plan.variables.dense.members)
    return {int(member) for group in groups for member in group}


def _hits(
    scenario: Scenario,
) -> list[tuple[tuple[str, ...], bool, tuple[float, float] | None, bool]]:
    """For each hit on work or starts: tasks, whether it is certain, its factor, whether shared."""
    found = []
    for risk in scenario.risks.values():
        for hit in risk.hits:
            if hit.factor is None and hit.delay is None and hit.wait is None:
                continue
            tasks = affected_tasks(scenario, hit)
            ends = None
            if isinstance(hit.factor, Distribution):
                law = hit.factor.resolved(float)  # type: ignore[arg-type] # factors have no unit
                low, high = law.ppf(_CHANCES).tolist()
                ends = _relative(low, law.central(), high)
            together = len(tasks) > 1 and hit.draw == "shared"
            found.append((tasks, risk.chance == 1, ends, together))
    return found
