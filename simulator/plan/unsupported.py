"""What the format knows and this version does not simulate yet: refused by name, never ignored."""

from collections.abc import Iterator

from simulator.plan.context import Path
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import ConditionalBranch, Task

_ON_TASKS = {
    "backlog": "backlogs",
    "board": "boards",
    "unbroken": "unbroken tasks",
    "defects": "defects",
    "finds": "defects",
    "fix": "defects",
}
_KEYS = frozenset({*_ON_TASKS, "needs"})


def unsupported(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Where the scenario uses a construct that cannot be simulated yet."""
    special = scenario.columns.special
    for _, task_id, task in (each for each in special if each[2].model_fields_set & _KEYS):
        project, _, name = task_id.partition(".")
        yield from _task(scenario, ("projects", project, "tasks", name), task)
    for project, spec in scenario.projects.items():
        for key, branch in spec.branches.items():
            if isinstance(branch, ConditionalBranch):
                yield _refused(("projects", project, "branches", key), "conditional branches")
    for key, risk in scenario.risks.items():
        if risk.rate is not None:
            yield _refused(("risks", key, "rate"), "rates")
        if risk.when is not None:
            yield _refused(("risks", key, "when"), "windows (`when`)")
        for position, hit in enumerate(risk.hits):
            where = ("risks", key, "hits", position)
            if hit.when is not None:
                yield _refused((*where, "when"), "windows (`when`)")
            if hit.units is not None or hit.pools:
                yield _refused(where, "hits on the units of pools")
    for key, mitigation in scenario.mitigations.items():
        if mitigation.units and mitigation.bought:
            yield _refused(("mitigations", key, "units"), "mitigations that add units to pools")
    yield from _program(scenario)


def _program(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    if scenario.objectives:
        yield _refused(("objectives",), "objectives")
    if scenario.baseline is not None:
        yield _refused(("baseline",), "baselines")
    if scenario.status is not None:
        yield _refused(("status",), "status")
    if scenario.program.escaped_defects is not None:
        yield _refused(("program", "escaped_defects"), "defects")


def _task(scenario: Scenario, path: Path, task: Task) -> Iterator[tuple[Path, str]]:
    for key, what in _ON_TASKS.items():
        if getattr(task, key):
            yield _refused((*path, key), what)
    for pool_id in task.needs:
        pool = scenario.pools.get(pool_id)
        if pool is not None and pool.units != "unlimited":
            yield _refused(
                (*path, "needs", pool_id), f"finite pools (`{pool_id}`: use `units: unlimited`)"
            )


def _refused(path: Path, what: str) -> tuple[Path, str]:
    return path, f"this version does not simulate {what} yet"
