"""What a person calls a driver: the name in the file where it has one, else its id."""

from collections.abc import Mapping
from typing import Any

from simulator.scenario.program import Scenario


def driver_name(scenario: Scenario, name: str, kind: str) -> str:
    """The name of a risk, factor, pool, board or task; projects tell tasks of one name apart."""
    named: dict[str, Mapping[str, Any]] = {
        "risk": scenario.risks,
        "factor": scenario.risks,
        "pool": scenario.pools,
        "board": scenario.boards,
        "range": scenario.tasks,
    }
    shown = getattr(named.get(kind, {}).get(name), "name", None)
    if not shown:
        return name
    if kind == "range" and sum(task.name == shown for task in scenario.tasks.values()) > 1:
        project = scenario.project_of(name).name or name.partition(".")[0]
        return f"{shown} ({project})"
    return str(shown)
