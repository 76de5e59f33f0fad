"""First-order and total share of the variance of the program's duration, by driver.

A driver is all that is drawn for it: whether a risk occurs and what it does, the ranges of a task,
the draws of a class. The first iterations of a run are Saltelli's points A, the same with all drawn
anew are B, and each driver takes a run of A with what is drawn for it as in B
(`simulator.estimates.sensitivity`). What is correlated with others has no share of its own, and is
unknown; so is what is not drawn.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from simulator.estimates.estimate import UNKNOWN
from simulator.estimates.sensitivity import Indices, sobol_indices
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE
from simulator.run.beginnings import beginning
from simulator.run.removals import CLASS, FACTOR, NOT_RANGES, RANGE, RISK
from simulator.run.results import Results
from simulator.run.settings import CHUNK
from simulator.run.variants import on_same_futures

_ANEW = 0x9E3779B97F4A7C15
"""What makes another address of an address: 2^64 divided by the golden ratio."""

Key = TypeVar("Key", bound=Hashable)
Group = tuple[int, ...]


def indices_of(results: Results, groups: Mapping[Key, Group], most: int) -> dict[Key, Indices]:
    """The shares of groups of variables of a run's plan, from about `most` iterations of it."""
    plan, few = results.plan, beginning(results, most)
    table = plan.variables.table
    drawn = {group for group in groups.values() if group and not table.score[list(group)].any()}
    inputs = sorted(drawn)
    shares: dict[Group, Indices] = {}
    if inputs:
        plans = [redrawn(plan), *(redrawn(plan, group) for group in inputs)]
        base = results.joined.duration[: few.settings.iterations]
        values = [base, *(on_same_futures(few, each).duration for each in plans)]
        replicates = few.settings.replicates if few.settings.replicates > 1 else 0
        points = np.array(values).T[_by_replicate(few)]
        found = sobol_indices(points, replicates, few.settings.level)
        shares = dict(zip(inputs, found, strict=True))
    unknown = Indices(UNKNOWN, UNKNOWN)
    return {key: shares.get(group, unknown) for key, group in groups.items()}


def _by_replicate(results: Results) -> np.ndarray:
    """The numbers of the iterations, those of a replicate one after the other."""
    settings = results.settings
    replicate = np.arange(settings.iterations) // CHUNK % settings.replicates
    return np.argsort(replicate, kind="stable")


def redrawn(plan: Plan, variables: Sequence[int] | None = None) -> Plan:
    """The plan in which some variables, or all, have other addresses, so that they draw anew."""
    addresses = plan.variables.addresses.copy()
    chosen = slice(None) if variables is None else list(variables)
    addresses[chosen] ^= np.uint64(_ANEW)
    addresses.flags.writeable = False
    equal = plan.variables.equal
    if variables is None:
        equal = tuple(replace(group, address=group.address ^ _ANEW) for group in equal)
    return replace(plan, variables=replace(plan.variables, addresses=addresses, equal=equal))


def estimates_of(plan: Plan) -> dict[str, Group]:
    """The variable of each task's own estimate, by task; none where it has no range."""
    variable = {task.id: int(plan.work.variable[task.base]) for task in plan.network.tasks}
    return {key: () if v == NONE else (v,) for key, v in variable.items()}


def variables_of(plan: Plan, name: str, kind: str) -> Group:
    """What is drawn for a driver, as `drivers` names it, rising; none for pools and boards."""
    table = plan.variables.table
    if kind in (RISK, FACTOR):
        return tuple(v for v, each in enumerate(table.names) if each.startswith(f"risks.{name}/"))
    if kind == CLASS:
        work, tasks = plan.work, plan.scenario.tasks
        bases = (task.base for task in plan.network.tasks if tasks[task.id].class_ == name)
        return tuple(sorted({int(work.class_variable[base]) for base in bases} - {NONE}))
    if kind != RANGE:
        return ()
    own = name in plan.scenario.tasks
    return tuple(
        variable
        for variable, each in enumerate(table.names)
        if (_is_range(each, name) if own else each.replace("/", ".") == name)
    )


def _is_range(variable: str, task: str) -> bool:
    owner, _, what = variable.partition("/")
    return owner == task and not what.startswith(NOT_RANGES)
