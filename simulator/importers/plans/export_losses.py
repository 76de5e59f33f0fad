"""What no file of a scheduling tool has room for, named."""

from collections.abc import Iterable

from simulator.importers.plans.target import Target
from simulator.scenario.distribution_kinds.base import Distribution
from simulator.scenario.program import Scenario


def losses_of(scenario: Scenario, target: Target) -> list[str]:
    """Everything of a scenario that stays behind, a line a kind; each names what it means."""
    program, tasks, pools = scenario.program, scenario.tasks, scenario.pools
    said: dict[str, Iterable[str]] = {
        "risks": scenario.risks,
        "mitigations": scenario.mitigations,
        "objectives": scenario.objectives,
        "the range of the estimate of": [
            key for key, t in tasks.items() if isinstance(t.duration or t.effort, Distribution)
        ],
        "the class of": [key for key, task in tasks.items() if task.class_],
        "the rework of": [key for key, task in tasks.items() if task.rework],
        "the board of": [key for key, task in tasks.items() if task.board],
        "that it is unbroken, of": [key for key, task in tasks.items() if task.unbroken],
        "that it is a margin, of": [key for key, task in tasks.items() if task.margin],
        "the cost per unit of time of": [k for k, t in tasks.items() if t.cost_rate is not None],
        "the branches of": [key for key, each in scenario.projects.items() if each.branches],
        "that pools are paid from first to last need, of": [
            key for key, pool in pools.items() if pool.paid == "retained"
        ],
        "costs of the program": program.costs,
        "costs of": [key for key, each in scenario.projects.items() if each.costs],
    }
    if target.primavera:
        late = [key for key, each in scenario.projects.items() if each.deadline]
        said["the deadline of the projects"] = late
    else:
        said["that they span others, of"] = [key for key, task in tasks.items() if task.spans]
    found = [f"{what}: {_names(names)}" for what, names in said.items() if names]
    if scenario.correlations:
        found.append(f"correlations: {len(scenario.correlations)}")
    alone = {
        f"the currency {program.currency}": None
        if target is not Target.PMXML
        else program.currency,
        "the deadline of the program": program.deadline
        if not target.primavera and program.finish is None
        else None,
        "the budget": program.budget,
        "the penalty": program.penalty,
        "escalation": program.escalation,
        "the discount rate": program.discount,
    }
    return [*found, *(what for what, value in alone.items() if value is not None)]


def _names(names: Iterable[str]) -> str:
    """All names; commands that list them for people may shorten."""
    return ", ".join(names)
