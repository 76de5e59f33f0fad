"""What the format knows and this version does not simulate yet: refused by name, never ignored."""

from collections.abc import Iterator

from simulator.plan.context import Path
from simulator.plan.gates import is_on_first
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Chance, Hit, Risk
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
    rates = {key for key, risk in scenario.risks.items() if risk.rate is not None}
    for key, risk in scenario.risks.items():
        yield from _risk(scenario, ("risks", key), risk, rates)
    for key, mitigation in scenario.mitigations.items():
        for risk_id, lever in mitigation.on.items():
            if risk_id in rates and lever.chance is not None:
                path: Path = ("mitigations", key, "on", risk_id, "chance")
                yield _refused(path, "mitigations that change a rate, other than by `effects`,")
    yield from _program(scenario)


def _risk(
    scenario: Scenario, path: Path, risk: Risk, rates: set[str]
) -> Iterator[tuple[Path, str]]:
    if isinstance(risk.chance, Chance):
        for name, _ in risk.chance.conditions:
            if name in rates:
                yield _refused((*path, "chance"), f"chances that depend on a rate (`{name}`)")
    if risk.stops is not None and risk.rate is not None:
        yield _refused((*path, "stops"), "stops by a rate")
    if risk.rate is not None and risk.at is not None:
        yield _refused((*path, "at"), "dates (`at`) of a rate, whose costs come as it arrives,")
    for position, hit in enumerate(risk.hits):
        yield from _hit(scenario, (*path, "hits", position), risk, hit)


def _hit(scenario: Scenario, path: Path, risk: Risk, hit: Hit) -> Iterator[tuple[Path, str]]:
    window = hit.when is not None or risk.when is not None
    if window and is_on_first(scenario, str(path[1]), hit):
        yield _refused(path, "`apply: first` with a window (`when`)")
    if risk.rate is None:
        return
    if is_on_first(scenario, str(path[1]), hit):
        yield _refused(path, "`apply: first` for a rate")
    for key, what in (("at", "dates (`at`)"), ("from_", "`from`")):
        if getattr(hit, key) is not None:
            yield _refused((*path, key.rstrip("_")), f"{what} of what a rate brings")


def _program(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    if scenario.objectives:
        yield _refused(("objectives",), "objectives")
    if scenario.baseline is not None:
        yield _refused(("baseline",), "baselines")
    if scenario.program.escaped_defects is not None:
        yield _refused(("program", "escaped_defects"), "defects")


def _task(path: Path, task: Task) -> Iterator[tuple[Path, str]]:
    for key, what in _ON_TASKS.items():
        if getattr(task, key):
            yield _refused((*path, key), what)


def _refused(path: Path, what: str) -> tuple[Path, str]:
    return path, f"this version does not simulate {what} yet"
