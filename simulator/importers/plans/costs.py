"""Money of a file: what pools do not bring by their rates is a task's own cost."""

from typing import Any

from simulator.importers.plans.losses import Losses
from simulator.importers.plans.resources import PEOPLE, ResourceBook, per_use
from simulator.importers.plans.source import SourceTask

_ACCRUES = {"START": "start", "END": "end"}
_CENT = 0.005
_SHARE = 0.01
_ROUNDED = 0.0005
"""Units of a need are multiples of a thousandth."""
DEARER = "its resources cost less in the file than their units at their rates over its duration"
AS_FIXED = "costs of assignments beyond rate times work are fixed costs of the task"


def cost_keys(
    book: ResourceBook, number: int, task: SourceTask, *, hours: float, name: str, losses: Losses
) -> dict[str, Any]:
    """The fixed cost of a task: its own, and of its assignments what no rate of a pool brings.

    `hours` is how long the task works: a pool is paid for its units over all of it.
    """
    fixed = task.fixed_cost or 0.0
    if not task.assignments and task.cost:
        fixed = max(fixed, task.cost)
    beyond = 0.0
    for assignment in task.assignments:
        resource = book.resource(number, assignment)
        if resource is None:
            continue
        paid = rounded = 0.0
        if resource.kind in PEOPLE:
            per_unit = hours * book.hourly(number, resource)
            paid = book.units(number, assignment, hours, name) * per_unit
            rounded = _ROUNDED * per_unit
        told = book.cost(number, assignment)
        rest = per_use(resource, assignment) if told is None else told - paid
        if abs(rest) <= max(_CENT, _SHARE * paid, rounded):
            continue
        if rest < 0:
            losses.add(DEARER, name)
            continue
        beyond += rest
        if paid and rest - per_use(resource, assignment) > _CENT:
            losses.add(AS_FIXED, name)
    total = round(fixed + beyond, 2)
    if total <= 0:
        return {}
    accrues = _ACCRUES.get(task.fixed_cost_accrual) if fixed > beyond else None
    return {"cost": total, **({"accrues": accrues} if accrues else {})}
