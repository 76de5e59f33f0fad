"""Conditional branches compiled: which rows exist only if another one is late, or is not."""

import numpy as np

from simulator.plan.context import Compilation
from simulator.plan.plan import Network
from simulator.plan.rows import redone_by, reworked_tasks, round_key, rounds_of, task_path
from simulator.plan.unfolding import RowCondition
from simulator.plan.work import decided_branches
from simulator.scenario.conditions import Condition, parse_condition
from simulator.scenario.network_checks import predecessors_of
from simulator.scenario.program import Scenario
from simulator.scenario.selectors import full_id
from simulator.scenario.tasks import ConditionalBranch

_HOLDS = {"yes": True, "no": False}


def conditions_of(
    compilation: Compilation, network: Network
) -> dict[int, tuple[RowCondition, ...]]:
    """The conditions of rows that have some; a round of rework has those of both its tasks."""
    scenario = compilation.scenario
    branches = conditional_branches(scenario)
    if not branches:
        return {}
    base = {task.id: task for task in network.tasks}
    found: dict[str, RowCondition] = {}
    upstream, decided = _Upstream(scenario), decided_branches(scenario)
    for _, task_id, task in compilation.plain.special:
        if task.on is None or task_id in scenario.progress:
            continue
        branch, outcome = _split(branches, task.on, task_id.partition(".")[0])
        if branch not in branches:
            continue
        condition = branches[branch]
        read = base[full_id(scenario, condition.task, branch.partition(".")[0])]
        if read.id not in upstream.of(task_id):
            problem = f"the condition reads `{read.id}`, which `{task_id}` does not wait for"
            path = (*task_path(task_id), "on")
            compilation.faults.append(
                (path, f"{problem}; expected a link to it, or to its successors")
            )
        date = compilation.instant_ms(condition.moment, ends=condition.after)
        holds = _HOLDS[outcome]
        if branch in decided:
            if outcome == decided[branch]:
                continue
            # A task of the other outcome has begun: no date is late enough for this one.
            date, holds = np.inf if condition.after else -np.inf, True
        found[task_id] = RowCondition(
            read.last if condition.finish else read.first, read.base, condition.finish,
            condition.after, date, holds,
        )  # fmt: skip
    rows = {base[task_id].base: [condition] for task_id, condition in found.items()}
    position = {key: row for row, key in enumerate(network.rows.ids)}
    for _, task_id, task in reworked_tasks(compilation):
        _refuse_redone(compilation, network, task_id, found, upstream.of(task_id))
        for number in range(1, rounds_of(task) + 1):
            for redone in redone_by(compilation, task_id):
                own = [found[key] for key in {task_id, redone} & found.keys()]
                for part in base[redone].parts if own else ():
                    rows[position[round_key(task_id, number, network.rows.ids[part])]] = own
    return {row: tuple(own) for row, own in sorted(rows.items())}


def _refuse_redone(
    compilation: Compilation,
    network: Network,
    task_id: str,
    conditions: dict[str, RowCondition],
    upstream: frozenset[str],
) -> None:
    """Note tasks that are redone, if ever, before it is known whether they are done at all."""
    names = {task.base: task.id for task in network.tasks}
    for redone in redone_by(compilation, task_id):
        if redone not in conditions or names[conditions[redone].present] in upstream:
            continue
        read = names[conditions[redone].present]
        problem = f"the condition of `{redone}` reads `{read}`, which `{task_id}` does not wait for"
        compilation.faults.append(
            (
                (*task_path(task_id), "rework", "redo"),
                f"{problem}; expected a link to it, or to its successors, or other tasks to redo",
            )
        )


def conditional_branches(scenario: Scenario) -> dict[str, Condition]:
    """The condition of every conditional branch by its full id."""
    return {
        f"{project_id}.{key}": parse_condition(branch.when)
        for project_id, project in scenario.projects.items()
        for key, branch in project.branches.items()
        if isinstance(branch, ConditionalBranch)
    }


def _split(branches: dict[str, Condition], name: str, project: str) -> tuple[str, str]:
    """The full id of a branch, and its outcome."""
    branch, _, outcome = name.rpartition(".")
    return (branch if branch in branches else f"{project}.{branch}"), outcome


class _Upstream:
    """All that each task waits for, directly or not."""

    def __init__(self, scenario: Scenario) -> None:
        self._before = predecessors_of(scenario)

    def of(self, task_id: str) -> frozenset[str]:
        """Full ids of everything that a task waits for."""
        found: set[str] = set()
        stack = list(self._before[task_id])
        while stack:
            each = stack.pop()
            if each not in found:
                found.add(each)
                stack += self._before[each]
        return frozenset(found)
