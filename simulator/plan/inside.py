"""What risks do that only the schedule can settle: hits with windows, rates, units of pools."""

from dataclasses import dataclass

import numpy as np

from simulator.plan.context import Compilation
from simulator.plan.plan import NONE, Ints, Network
from simulator.plan.rates import RateEffect, RatePlan
from simulator.plan.rows import task_path
from simulator.plan.targets import FACTOR, Terms
from simulator.plan.unit_hits import UnitsEffect


@dataclass(frozen=True, slots=True)
class WindowEffect:
    """A hit on rows whose runs overlap `begin` to `end`; +-inf where the window is open."""

    name: str
    risk: int
    begin: float
    end: float
    rows: Ints
    terms: Terms


@dataclass(frozen=True, slots=True)
class InsidePlan:
    """All of it, each in declared order."""

    windows: tuple[WindowEffect, ...] = ()
    rates: tuple[RatePlan, ...] = ()
    hits: tuple[RateEffect, ...] = ()
    units: tuple[UnitsEffect, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the schedule has nothing of the kind to settle."""
        return not (self.windows or self.rates or self.units)

    @property
    def is_dispatched(self) -> bool:
        """Whether nothing but the units of pools changes, at instants that are drawn."""
        only_units = not (self.windows or self.rates or self.hits)
        return only_units and all(each.rate == NONE and not each.judged for each in self.units)

    def rate_of(self, risk: int) -> int:
        """The number of a risk's rate, `NONE` where it has a chance instead."""
        return next((k for k, rate in enumerate(self.rates) if rate.risk == risk), NONE)

    def places_of(self, name: str) -> dict[int, int]:
        """The place that the hit of a name has among the windows of each row it falls on."""
        found: dict[int, int] = {}
        before: dict[int, int] = {}
        for each in self.windows:
            for row in each.rows.tolist():
                if each.name == name:
                    found[row] = before.get(row, 0)
                before[row] = before.get(row, 0) + 1
        return found

    @property
    def terms(self) -> list[tuple[int, Terms]]:
        """What each hit does to the rows it falls on, and its risk."""
        return [(risk, terms) for risk, _, terms in self._on_rows]

    @property
    def _on_rows(self) -> list[tuple[int, list[int], Terms]]:
        found = [(each.risk, each.rows.tolist(), each.terms) for each in self.windows]
        return found + [(each.risk, each.rows.tolist(), each.terms) for each in self.hits]

    def rows_of(self, *, factors: bool = False) -> frozenset[int]:
        """The rows that are hit; with `factors` only those whose work is multiplied."""
        return frozenset(
            row
            for _, rows, terms in self._on_rows
            if not factors or any(kind == FACTOR for kind, _ in terms)
            for row in rows
        )

    def rows_under(self, risks: frozenset[int]) -> frozenset[int]:
        """The rows that are hit by some risks."""
        return frozenset(row for risk, rows, _ in self._on_rows if risk in risks for row in rows)


NOTHING_INSIDE = InsidePlan()


def refuse_early_rounds(compilation: Compilation, network: Network, inside: InsidePlan) -> None:
    """Note rework that repeats a task's work before it is known how much that is."""
    factored = inside.rows_of(factors=True)
    rows = network.rows
    for row in np.flatnonzero(rows.round > 0).tolist() if factored else ():
        redone = network.tasks[int(rows.task[row])]
        if redone.base in factored and redone.base not in _upstream(network, row):
            reworked = rows.ids[row].partition("/")[0]
            problem = f"this version repeats the work of `{redone.id}`, which a window or a rate"
            expected = f"changes, only where `{reworked}` waits for it"
            path = (*task_path(reworked), "rework", "redo")
            compilation.faults.append((path, f"{problem} {expected}"))


def _upstream(network: Network, row: int) -> set[int]:
    """All rows that a row waits for."""
    links = network.links
    found: set[int] = set()
    stack = [row]
    while stack:
        before = {int(links.pred[link]) for link in links.into(stack.pop())}
        stack += before - found
        found |= before
    return found
