"""Rank correlations of the scenario as groups of normal scores."""

from dataclasses import dataclass

import numpy as np

from simulator.plan.context import Compilation, read_only
from simulator.plan.correlation_matrix import (
    cholesky,
    factor_loadings,
    nearest_correlation,
    spearman_to_normal,
)
from simulator.plan.names import addresses_of
from simulator.plan.plan import DenseGroup, EqualGroup, Variables
from simulator.plan.task_estimates import estimate_of
from simulator.plan.work import class_variable_name
from simulator.scenario.distributions import Distribution
from simulator.scenario.program import Scenario
from simulator.scenario.selectors import select

MOST_DENSE = 2_000


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """Names of variables that share a rank correlation, and which ids were written out."""

    names: tuple[str, ...]
    explicit: frozenset[str]
    rho: float
    position: int


def named_groups(scenario: Scenario) -> tuple[NamedGroup, ...]:
    """The correlations by names of variables; tasks without uncertainty drop out."""
    found = []
    for position, entry in enumerate(scenario.correlations):
        kinds = ("duration", "cost") if entry.of == "both" else (entry.of,)
        named = {name for name in entry.between if not set(name) & set("*?[:")}
        names: dict[str, None] = {}
        explicit: set[str] = set()
        for task_id in select(scenario, entry.between):
            for kind in kinds:
                name = _variable_name(scenario, task_id, kind)
                if name is not None:
                    names[name] = None
                    if task_id in named:
                        explicit.add(name)
        if len(names) > 1:
            found.append(NamedGroup(tuple(names), frozenset(explicit), entry.rho, position))
    return tuple(found)


def correlated_names(groups: tuple[NamedGroup, ...]) -> frozenset[str]:
    """Every variable that takes a normal score."""
    return frozenset(name for group in groups for name in group.names)


def _variable_name(scenario: Scenario, task_id: str, kind: str) -> str | None:
    """A task stands for its own variable if it has one, else for its class."""
    task, status = scenario.tasks[task_id], scenario.progress.get(task_id)
    finished = status is not None and status.is_finished
    if kind == "cost":
        known = finished and status is not None and status.cost is not None
        return f"{task_id}/cost" if isinstance(task.cost, Distribution) and not known else None
    if finished:
        return None
    estimate = estimate_of(scenario, task)
    if status is not None and (status.remaining is not None or status.expected_finish is not None):
        estimate = status.remaining
    if isinstance(estimate, Distribution):
        return f"{task_id}/duration"
    if task.class_ is None:
        return None
    spec = scenario.classes[task.class_]
    if not isinstance(spec.range, Distribution):
        return None
    return class_variable_name(task_id, task.class_, spec.shared)


def correlate(compilation: Compilation, groups: tuple[NamedGroup, ...]) -> Variables:
    """All variables, their addresses, and the correlation of their scores."""
    table = compilation.variables.table()
    names = (*table.names, *map(factor_name, groups)) if groups else table.names
    hashes = addresses_of(names)
    factors = dict(zip(groups, hashes[len(table) :].tolist(), strict=True))
    rows: dict[str, list[int]] = {}
    for position in np.flatnonzero(table.score).tolist():
        rows.setdefault(table.names[position], []).append(position)
    equal: list[EqualGroup] = []
    rest: list[NamedGroup] = []
    for group in groups:
        shared = any(set(group.names) & set(other.names) for other in groups if other is not group)
        if shared or group.rho < 0:
            rest.append(group)
        else:
            own, factor = factor_loadings(spearman_to_normal(group.rho))
            members = [row for name in group.names for row in rows.get(name, ())]
            equal.append(EqualGroup(_ints(members), own, factor, factors[group]))
    dense, repaired = _dense(compilation, rest, rows)
    addresses = hashes[: len(table)]
    return Variables(table, addresses, tuple(equal), dense, repaired)


def factor_name(group: NamedGroup) -> str:
    """The address of the factor that a group shares: its members, so that order does not matter."""
    return f"correlations/{','.join(sorted(group.names))}/factor"


def _dense(
    compilation: Compilation,
    groups: list[NamedGroup],
    rows: dict[str, list[int]],
) -> tuple[DenseGroup | None, float]:
    names = list(dict.fromkeys(name for group in groups for name in group.names))
    if not names:
        return None, 0.0
    if len(names) > MOST_DENSE:
        problem = f"{len(names)} variables in overlapping entries; expected at most {MOST_DENSE}"
        compilation.faults.append((("correlations",), problem))
        return None, 0.0
    matrix = _matrix(compilation, groups, names)
    nearest, changed, distance = nearest_correlation(matrix)
    lower = cholesky(nearest)
    members = [rows[name][0] for name in names]
    return DenseGroup(_ints(members), read_only(lower)), distance if changed else 0.0


def _matrix(compilation: Compilation, groups: list[NamedGroup], names: list[str]) -> np.ndarray:
    place = {name: position for position, name in enumerate(names)}
    matrix = np.eye(len(names))
    strength = np.zeros(matrix.shape, dtype=np.int8)
    for group in groups:
        for one in group.names:
            for other in group.names:
                if one >= other:
                    continue
                level = 2 if {one, other} <= group.explicit else 1
                i, j = place[one], place[other]
                rho = float(spearman_to_normal(group.rho))
                if strength[i, j] == level and matrix[i, j] != rho:
                    compilation.faults.append(
                        (("correlations", group.position), _twice(one, other, group.rho))
                    )
                if level >= strength[i, j]:
                    matrix[i, j] = matrix[j, i] = rho
                    strength[i, j] = strength[j, i] = level
    return matrix


def _twice(one: str, other: str, rho: float) -> str:
    tasks = f"{one.partition('/')[0]} and {other.partition('/')[0]}"
    return f"{tasks} are correlated twice with different rho, here {rho:g}; expected one rho"


def _ints(values: list[int]) -> np.ndarray:
    return read_only(np.array(values, dtype=np.int32))
