"""What the format knows and this version does not simulate yet: refused by name, never ignored."""

from collections.abc import Iterator

from simulator.plan.context import Path
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task

_ON_TASKS = {
    "backlog": "backlogs",
    "defects": "defects",
    "finds": "defects",
    "fix": "defects",
}
_KEYS = frozenset(_ON_TASKS)


def unsupported(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Where the scenario uses a construct that cannot be simulated yet."""
    special = scenario.columns.special
    for _, task_id, task in (each for each in special if each[2].model_fields_set & _KEYS):
        project, _, name = task_id.partition(".")
        yield from _task(("projects", project, "tasks", name), task)
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


def _task(path: Path, task: Task) -> Iterator[tuple[Path, str]]:
    for key, what in _ON_TASKS.items():
        if getattr(task, key):
            yield _refused((*path, key), what)


def _refused(path: Path, what: str) -> tuple[Path, str]:
    return path, f"this version does not simulate {what} yet"
