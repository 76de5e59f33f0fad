"""Resources of a file as pools, and which units of them each task needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.importers.ids import Ids, name_beside
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import SourceAssignment, SourceResource, SourceTask
from simulator.scenario.units import number_text

PEOPLE = frozenset({"WORK", "NON_LABOR"})
"""Kinds of resources that are held while a task works; others are only paid."""
_HOURS_PER_YEAR_WEEKS = 52
Staff = list[tuple[SourceAssignment, SourceResource]]
"""The assignments of people and machines to a task, each with whom it is about."""
ODD_RATE = "a rate per {unit}, which a scenario does not know"
FEW_UNITS = "an assignment of less than a thousandth of a unit"


class ResourceBook:
    """Gives resources their ids as pools as tasks ask for them, and writes them in the end.

    The same resource in several projects of a file, by uid and name, is one pool.
    """

    def __init__(self, outlines: Sequence[Outline], losses: Losses, *, level: bool) -> None:
        self._losses = losses
        self._level = level
        self._ids = Ids()
        self._known = [{each.uid: each for each in o.project.resources} for o in outlines]
        self._outlines = outlines
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

    def needs(
        self, number: int, task: SourceTask, name: str, calendars: Mapping[int, str]
    ) -> dict[str, float]:
        """Units of each pool that a task holds.

        `calendars` names the calendar of a resource, by its uid, where its pool is to have one.
        """
        needs: dict[str, float] = {}
        for assignment, resource in self.working(number, task):
            units = round(1.0 if assignment.units is None else assignment.units, 3)
            if units > 0:
                pool = self._pool(number, resource, calendars.get(resource.uid))
                needs[pool] = round(needs.get(pool, 0.0) + units, 3)
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
            pool["units"] = round(there, 3) if self._level and there is not None else "unlimited"
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
        if rate is None or not rate.value:
            return 0.0
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
        return dict(self._pools.values())
