"""Flows of money of retained pools, as steps: see `money_flows`."""

from collections.abc import Callable

import numpy as np

from simulator.engine.compiled.cost_pools import FEW
from simulator.engine.compiled.money_code import (
    FINITE,
    FROM,
    HELD,
    LEAST,
    MOST,
    ONE,
    OWN,
    PUT,
    REGISTERS,
    TO,
    Code,
)
from simulator.engine.compiled.money_rows import calendar_of, rivals
from simulator.engine.compiled.money_tables import Tables
from simulator.plan.compile import Plan
from simulator.plan.flows import RetainedPool
from simulator.plan.plan import NONE

Book = Callable[[int, list[int]], None]
_NEVER = np.inf


class Pools:
    """Collects what retained pools cost."""

    def __init__(self, plan: Plan, tables: Tables, code: Code) -> None:
        self._plan, self._money, self._network = plan, plan.money, plan.network
        self._calendar, self._tables, self._code = calendar_of(plan.network), tables, code
        self.units: list[int] = []
        self.rivals: list[int] = []

    def add(self, pool: RetainedPool, book: Book) -> None:
        """Capacity, or the most held at once, by its rate, from the first to the last need.

        Positions of its rows do if they are in the time that the pool is paid for.
        """
        code, rows = self._code, pool.rows.tolist()
        paid = pool.calendar
        if pool.per == "clock" or self._network.calendar(paid).always:
            paid = NONE
        direct = pool.per != "month" and bool((self._calendar[pool.rows] == paid).all())
        code.add(PUT, FROM, fact=_NEVER)
        code.add(PUT, TO, fact=-_NEVER)
        for place, row in enumerate(rows):
            code.hold(code.holds + 2 * place, row, by_clock=not direct)
        code.add(PUT, ONE)
        for register in (FROM, TO):
            if not code.sure.works[rows].any():
                code.add(FINITE, register, (REGISTERS, ONE))
            if not direct:
                code.to_axis(register, pool.per == "month", paid)
        if pool.capacity:
            self._capacity(pool, paid, book)
            return
        code.add(HELD, OWN, (0, len(rows)), (0, len(self.units)))
        self.units += pool.units.tolist()
        self.rivals += rivals(self._plan, rows) if len(rows) <= FEW else [0] * len(rows)
        code.times(OWN, pool.operand, ONE)
        book(self._tables.axis_of(pool.per, pool.calendar), [pool.account])

    def _capacity(self, pool: RetainedPool, paid: int, book: Book) -> None:
        """The capacity of a pool by its rate, over what lies of its need in each of its steps."""
        code = self._code
        ends = ((FROM, code.holds), (TO, code.holds + 1))
        for register, kept in ends:
            code.load(kept, (REGISTERS, register))
        for since, until, units in pool.capacity:
            for register, kept in ends:
                code.load(register, (REGISTERS, kept))
                for op, clock in ((MOST, since), (LEAST, until)):
                    code.add(PUT, ONE, fact=self._on_axis(clock, pool.per, paid))
                    code.add(op, register, (REGISTERS, ONE))
            code.add(PUT, OWN, fact=units)
            code.times(OWN, pool.operand, ONE)
            book(self._tables.axis_of(pool.per, pool.calendar), [pool.account])

    def _on_axis(self, clock: float, per: str, paid: int) -> float:
        """An instant of the clock in months or in the time that a pool is paid for."""
        at = np.array([clock])
        if per == "month" and np.isfinite(clock):
            return float(self._money.months.position(at)[0])
        if paid == NONE or not np.isfinite(clock):
            return clock
        return float(self._network.calendar(paid).work_at(at)[0])
