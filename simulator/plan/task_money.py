"""What tasks cost by what they do: fixed costs, rates, people and things held."""

import numpy as np

from simulator.plan.accounts import Books
from simulator.plan.context import Operand
from simulator.plan.facts import booked_cost
from simulator.plan.flows import EVEN, FIXED, POOL, RATE, START, RowCost
from simulator.plan.plan import NONE, Network, TaskPlan
from simulator.plan.rows import task_path
from simulator.plan.work import WorkPlan


class TaskMoney:
    """Compiles the costs of rows; the status may have booked what some have cost already."""

    def __init__(self, books: Books, network: Network, work: WorkPlan) -> None:
        self._books, self._network, self._work = books, network, work
        self._compilation = books.compilation
        self._facts = network.facts

    def costs(self) -> tuple[RowCost, ...]:
        """Everything that tasks cost, but for pools that are paid whether held or not."""
        return (*self._own(), *self._held())

    def _own(self) -> list[RowCost]:
        found = []
        for number, task_id, task in self._compilation.plain.special:
            plan, path = self._network.tasks[number], task_path(task_id)
            booked = booked_cost(self._compilation, number)
            if booked is not None or task.cost is not None:
                account = self._books.account(FIXED, task_id.partition(".")[0], plan.project)
            if booked is not None:
                found.append(RowCost(FIXED, plan.first, account, Operand(booked), EVEN))
            if task.cost is not None and not (booked is not None and plan.base in self._facts):
                operand = self._compilation.number(task.cost, f"{task_id}/cost", (*path, "cost"))
                for row, share in self._shares(plan, task.accrues, booked):
                    part = Operand(operand.fixed * share, operand.variable, operand.scale * share)
                    found.append(RowCost(FIXED, row, account, part, task.accrues))
            if task.cost_rate is not None:
                unit = int(self._network.rows.unit_calendar[plan.base])
                operand, per = self._books.rate(
                    task.cost_rate, unit, f"{task_id}/cost_rate", (*path, "cost_rate")
                )
                account = self._books.account(RATE, task_id.partition(".")[0], plan.project)
                rows = self._paid(number, plan)
                found += [RowCost(RATE, row, account, operand, EVEN, per) for row in rows]
        return found

    def _central(self, row: int) -> float:
        """The work of a row as the deterministic plan has it, in milliseconds."""
        work, variable = self._work, int(self._work.variable[row])
        if not np.isnan(work.planned[row]):
            return float(work.planned[row])
        if variable == NONE:
            return float(work.fixed[row])
        return self._compilation.variables[variable].central * float(work.scale[row])

    def _paid(self, number: int, plan: TaskPlan) -> list[int]:
        """The rows of a task that cost what they take: not those whose cost has been booked."""
        booked = booked_cost(self._compilation, number) is not None
        own = set(plan.parts) if booked else set()
        return [row for row in plan.rows if not (row in own and row in self._facts)]

    def _shares(
        self, plan: TaskPlan, accrues: str, booked: float | None
    ) -> list[tuple[int, float]]:
        """The rows on which a fixed cost falls, and the share of it on each.

        What is done of a running task has its share by working time, unless its cost is booked.
        """
        if plan.first == plan.base:
            return [(plan.base, 1.0)]
        if accrues != EVEN:
            row = plan.first if accrues == START else plan.base
            return [] if booked is not None and row in self._facts else [(row, 1.0)]
        done, left = self._facts[plan.first], self._central(plan.base)
        share = done / (done + left) if done + left > 0 else 0.0
        found = [(plan.first, share), (plan.base, 1.0 - share)]
        return found[1:] if booked is not None else found

    def _held(self) -> list[RowCost]:
        found = []
        for number, _, task in self._compilation.plain.special:
            plan = self._network.tasks[number]
            unit = int(self._network.rows.unit_calendar[plan.base])
            rows = self._paid(number, plan)
            for pool_id, units in task.needs.items():
                pool = self._compilation.scenario.pools[pool_id]
                if pool.rate is None or pool.paid == "retained":
                    continue
                operand, per = self._books.rate(
                    pool.rate, unit, f"pools.{pool_id}/rate", ("pools", pool_id, "rate"), units
                )
                account = self._books.account(POOL, pool_id, plan.project)
                found += [RowCost(POOL, row, account, operand, EVEN, per) for row in rows]
        return found
