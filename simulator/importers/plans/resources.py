"""Resources of a file as pools, and which units of them each task needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.importers.ids import Ids, name_beside
from simulator.importers.plans.durations import hours_of
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import Amount, SourceAssignment, SourceResource, SourceTask
from simulator.scenario.units import number_text

PEOPLE = frozenset({"WORK", "NON_LABOR"})
"""Kinds of resources that are held while a task works; others are only paid."""
_HOURS_PER_YEAR_WEEKS = 52
Staff = list[tuple[SourceAssignment, SourceResource]]
"""The assignments of people and machines to a task, each with whom it is about."""
ODD_RATE = "a rate per {unit}, which a scenario does not know"
PART = "who works on a part of it: even units over all of it, for the same work"
RATE_LEFT = "`{name}` has a rate that its costs do not follow: they are fixed costs of the tasks"
_SAME = 0.01
TOO_FEW = "`{name}` has {units} units in the file, and more on one task: here it has so many"
CHANGING = "units of `{name}` that change over time: here it has {units} all along"
FEW_UNITS = "an assignment of less than a thousandth of a unit"


class ResourceBook:
    """Gives resources their ids as pools as tasks ask for them, and writes them in the end.

    The same resource in several projects of a file, by uid and name, is one pool.
    """

    def __init__(self, outlines: Sequence[Outline], losses: Losses, *, level: bool) -> None:
        self._losses = losses
        self.level = level
        self._ids = Ids()
        self._known = [{each.uid: each for each in o.project.resources} for o in outlines]
        self._outlines = outlines
        self._most: dict[str, float] = {}
        self._costed: dict[int, bool] = {}
        self._follow: dict[tuple[int, int], bool] = {}
        self._pools: dict[tuple[int, str], tuple[str, dict[str, Any]]] = {}

    def resource(self, number: int, assignment: SourceAssignment) -> SourceResource | None:
        """Whom an assignment of a project is about."""
        if assignment.resource is None:
            return None
        return self._known[number].get(assignment.resource)

    def working(self, number: int, task: SourceTask) -> Staff:
        """The assignments of a task that are held while it works."""
        found = ((each, self.resource(number, each)) for each in task.assignments)
        return [(each, one) for each, one in found if one is not None and one.kind in PEOPLE]

    def units(self, number: int, assignment: SourceAssignment, hours: float, name: str) -> float:
        """The units that an assignment holds of its pool while its task works so many hours.

        A task holds its pools from its start to its finish: who works on a part of it only counts
        with the units that make the same work of it.
        """
        units = 1.0 if assignment.units is None else assignment.units
        if assignment.work is None or not hours or not assignment.work.value:
            return units
        even = hours_of(assignment.work, self._outlines[number].project) / hours
        if abs(even - units) <= _SAME * units:
            return units
        self._losses.add(PART, name)
        return even

    def needs(
        self,
        number: int,
        task: SourceTask,
        *,
        hours: float,
        name: str,
        calendars: Mapping[int, str],
    ) -> dict[str, float]:
        """Units of each pool that a task holds while it works so many hours.

        `calendars` names the calendar of a resource, by its uid, where its pool is to have one.
        """
        needs: dict[str, float] = {}
        for assignment, resource in self.working(number, task):
            units = round(self.units(number, assignment, hours, name), 3)
            if units > 0:
                pool = self._pool(number, resource, calendars.get(resource.uid))
                needs[pool] = round(needs.get(pool, 0.0) + units, 3)
                self._most[pool] = max(self._most.get(pool, 0.0), needs[pool])
            elif assignment.units:
                self._losses.add(FEW_UNITS, name)
        return needs

    def _pool(self, number: int, resource: SourceResource, calendar: str | None) -> str:
        key = (resource.uid, resource.name)
        if key not in self._pools:
            title = resource.name or f"resource {resource.uid}"
            given = self._ids.new(title, "resource")
            pool: dict[str, Any] = name_beside(given, title)
            there = resource.max_units
            pool["units"] = round(there, 3) if self.level and there is not None else "unlimited"
            if self.level and resource.availability:
                self._losses.add(CHANGING.format(name=given, units=f"{there or 0.0:g}"))
            rate = self.hourly(number, resource)
            if rate and resource.rate is not None:
                pool["rate"] = self._rate_text(number, resource)
            if calendar:
                pool["calendar"] = calendar
            self._pools[key] = (given, pool)
        return self._pools[key][0]

    def _rate_text(self, number: int, resource: SourceResource) -> str:
        rate = resource.rate
        if rate is not None and rate.unit == "h":
            return f"{number_text(rate.value)}/h"
        return f"{number_text(round(self.hourly(number, resource), 6))}/h"

    def hourly(self, number: int, resource: SourceResource) -> float:
        """Money for an hour of one unit; days and weeks of a rate are as long as the file says."""
        rate = resource.rate
        if rate is None or not rate.value or not self._follows_rate(number, resource):
            return 0.0
        return self._hourly(number, resource, rate)

    def cost(self, number: int, assignment: SourceAssignment) -> float | None:
        """What an assignment costs by the file; None where the file tells no costs at all."""
        if number not in self._costed:
            tasks = self._outlines[number].leaves.values()
            self._costed[number] = any(each.cost for task in tasks for each in task.assignments)
        return assignment.cost if self._costed[number] else None

    def _follows_rate(self, number: int, resource: SourceResource) -> bool:
        """Whether most costs of a resource's assignments are its rate times the work."""
        key = (number, resource.uid)
        if key not in self._follow:
            votes = [
                self._costs_by_rate(number, resource, each)
                for task in self._outlines[number].leaves.values()
                for each in task.assignments
                if each.resource == resource.uid and self.cost(number, each) is not None
            ]
            self._follow[key] = not votes or 2 * sum(votes) >= len(votes)
            if not self._follow[key] and resource.kind in PEOPLE:
                self._losses.add(RATE_LEFT.format(name=resource.name or resource.uid))
        return self._follow[key]

    def _costs_by_rate(
        self, number: int, resource: SourceResource, assignment: SourceAssignment
    ) -> bool:
        rate, work, cost = resource.rate, assignment.work, self.cost(number, assignment)
        if rate is None or work is None or cost is None:
            return True
        hours = hours_of(work, self._outlines[number].project)
        paid = self._hourly(number, resource, rate) * hours + per_use(resource, assignment)
        return abs(paid - cost) <= _SAME * max(paid, cost)

    def _hourly(self, number: int, resource: SourceResource, rate: Amount) -> float:
        project = self._outlines[number].project
        day, week = project.minutes_per_day / 60, project.minutes_per_week / 60
        hours = {
            "min": 1 / 60,
            "h": 1.0,
            "d": day,
            "w": week,
            "mo": day * project.days_per_month,
            "y": week * _HOURS_PER_YEAR_WEEKS,
        }.get(rate.unit.removeprefix("e"))
        if hours is None:
            self._losses.add(ODD_RATE.format(unit=rate.unit), resource.name)
            return 0.0
        return rate.value / hours

    def pools(self) -> dict[str, dict[str, Any]]:
        """All pools that tasks asked for, as the scenario writes them."""
        pools = dict(self._pools.values())
        for name, pool in pools.items():
            if pool["units"] != "unlimited" and pool["units"] < self._most[name]:
                self._losses.add(TOO_FEW.format(name=name, units=number_text(pool["units"])))
                pool["units"] = self._most[name]
        return pools


def per_use(resource: SourceResource, assignment: SourceAssignment) -> float:
    """What using a resource costs beside its rate: so much for each unit."""
    units = 1.0 if assignment.units is None else assignment.units
    return (resource.cost_per_use or 0.0) * units
