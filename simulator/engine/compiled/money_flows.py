"""Flows of money as steps: when and how much each costs, and where it is booked."""

import numpy as np

from simulator.engine.compiled.cost_pools import FEW
from simulator.engine.compiled.money_code import (
    ADD,
    ENDED,
    EVENLY,
    FINITE,
    FROM,
    HELD,
    LAST,
    LASTS,
    LATEST,
    LEAST,
    LEAST_WHERE,
    MOST,
    MOST_WHERE,
    OCCURS,
    ONE,
    OPEN,
    OTHER,
    OUTCOMES,
    OWN,
    PLANNED,
    PLANNED_EXISTS,
    PUT,
    RATIO,
    REGISTERS,
    ROUND,
    SAME,
    SINCE,
    SPEND,
    START_AT,
    STOP,
    STOPS,
    SUB,
    TIMES,
    TO,
    UNTIL,
    WHERE,
    Code,
)
from simulator.engine.compiled.money_rows import (
    calendar_of,
    last_rows,
    project_first_rows,
    project_last_rows,
    rivals,
    stop_groups,
)
from simulator.engine.compiled.money_tables import BY_CLOCK, Tables
from simulator.engine.costs import at_known_rates, is_rate, ways_of
from simulator.plan.compile import Plan
from simulator.plan.flows import (
    END,
    EVEN,
    FIXED,
    START,
    CostLinePlan,
    Instant,
    RetainedPool,
    RiskCost,
    RowCost,
)
from simulator.plan.plan import NONE

_NEVER = np.inf


class Flows:
    """Collects the flows of a plan in the order in which they are booked."""

    def __init__(self, plan: Plan, tables: Tables) -> None:
        self._plan, self._money, self._network = plan, plan.money, plan.network
        self._calendar, self._tables = calendar_of(plan.network), tables
        self._ways = ways_of(plan)
        self.code = Code(plan.network, max([1, *(len(costs) for _, costs in self._ways)]))
        self.accounts: list[int] = []
        self.rates: list[float] = []
        """Of each account's amount where it is a known rate."""
        self.spends: list[tuple[int, ...]] = []
        self.units: list[int] = []
        self.rivals: list[int] = []

    def add_all(self) -> None:
        """All flows."""
        money = self._money
        self._open()
        if any(at_known_rates(*each) for each in self._ways):
            self.code.add(SPEND)
        for way, costs in self._ways:
            if at_known_rates(way, costs):
                self._spend(way[0], costs)
            else:
                self._way(*way, costs)
        for pool in money.retained:
            self._pool(pool)
        for line in money.lines:
            self._line(line)
        for risk in money.risks:
            self._risk(risk)
        for account, operand, clock in money.mitigations:
            self.code.number(OWN, operand)
            self.code.add(PUT, START_AT, fact=clock)
            self._until_stop()
            self._book(NONE, [account])
        self._penalty()

    def _book(self, axis: int, accounts: list[int], *, at_once: bool = False) -> None:
        begin = len(self.accounts)
        self.accounts += accounts
        self.rates += [0.0] * len(accounts)
        self.code.book(axis, (begin, len(self.accounts)), at_once)

    def _until_stop(self, but: float = np.nan) -> None:
        """Nothing at instants behind the program's stop, or at some instant."""
        self.code.add(UNTIL, OWN, (REGISTERS, START_AT), fact=but)

    def _open(self) -> None:
        """Ends and stops of the program, and the months up to the latest instant."""
        code, money = self.code, self._money
        code.add(PUT, LAST)
        for row in last_rows(self._plan):
            code.add(MOST, LAST, code.finish(row, ONE))
        code.add(PUT, STOP, fact=_NEVER)
        for stop, rows, reaching in stop_groups(self._plan):
            code.load(ONE, (STOPS, reaching[0]))
            for other in reaching[1:]:
                code.add(LEAST, ONE, (STOPS, other))
            code.add(SAME, ONE, (STOPS, stop))
            for row in rows:
                code.add(LEAST_WHERE, STOP, (REGISTERS, ONE), code.stopped(row), fact=_NEVER)
        code.load(OTHER, (REGISTERS, LAST))
        code.add(LEAST, OTHER, (REGISTERS, STOP))
        code.load(ENDED, (OUTCOMES, 0))
        code.add(FINITE, ENDED, (REGISTERS, OTHER))
        dates = [clock for _, _, clock in money.mitigations]
        for line in money.lines:
            named = (line.at, line.begin, line.end)
            dates += [each.clock for each in named if each and each.row == NONE]
        code.add(PUT, LATEST, fact=max([0.0, *dates]))
        code.add(MOST, LATEST, (REGISTERS, LAST))
        for risk in money.risks:
            if risk.at is not None:
                code.number(ONE, risk.at)
                code.add(MOST, LATEST, (REGISTERS, ONE))
        code.add(OPEN)

    def _spend(self, row: int, costs: list[RowCost]) -> None:
        """What a row spends over its work at known rates."""
        begin = len(self.accounts)
        self.accounts += [cost.account for cost in costs]
        self.rates += [cost.operand.fixed for cost in costs]
        axis = self._tables.axis(int(self._calendar[row]))
        times = self.code.position(row)[1], self.code.work(row)[1]
        self.spends.append((axis, *times, begin, len(self.accounts)))

    def _way(self, row: int, accrues: str, by_clock: bool, costs: list[RowCost]) -> None:
        """What a row spends over the same time, booked in one go."""
        code = self.code
        for place, cost in enumerate(costs):
            if is_rate(cost):
                code.number(OWN + place, cost.operand)
            else:
                self._amount(OWN + place, cost)
        axis = BY_CLOCK if by_clock else self._tables.axis(int(self._calendar[row]))
        at_once = not all(is_rate(cost) for cost in costs)
        if accrues == END:
            code.load(START_AT, code.finish(row, START_AT))
        elif by_clock or at_once or accrues == START:
            code.load(START_AT, code.start(row))
        if accrues == EVEN and by_clock:
            code.load(FROM, (REGISTERS, START_AT))
            code.load(TO, code.finish(row, TO))
        elif accrues == EVEN:
            code.load(FROM, code.position(row))
            code.load(TO, (REGISTERS, FROM))
            code.add(ADD, TO, code.work(row))
        if accrues == EVEN and at_once:
            for place, cost in enumerate(costs):
                code.add(LASTS if is_rate(cost) else EVENLY, OWN + place)
        accounts = [cost.account for cost in costs]
        self._book(axis if accrues == EVEN else NONE, accounts, at_once=at_once)

    def _amount(self, own: int, cost: RowCost) -> None:
        """What a row spends; nothing where it does not exist."""
        code, row, operand = self.code, cost.row, cost.operand
        code.number(own, operand)
        if cost.per == "work":
            code.add(TIMES, own, code.work(row))
        elif cost.per:
            code.load(ONE, code.finish(row, ONE))
            code.load(OTHER, code.start(row))
            for register in (ONE, OTHER):
                code.to_axis(register, cost.per == "month", NONE)
            code.add(SUB, ONE, (REGISTERS, OTHER))
            code.add(TIMES, own, (REGISTERS, ONE))
        elif cost.kind == FIXED and cost.accrues != START and self._plan.effects.stops:
            if cost.accrues == END:
                code.add(PUT, ONE)
            else:
                code.load(ONE, code.work(row))
                code.add(RATIO, ONE, (PLANNED, row))
                code.add(PUT, OTHER, fact=1.0)
                code.add(LEAST, ONE, (REGISTERS, OTHER))
            code.add(WHERE, ONE, where=code.stopped(row), fact=1.0)
            code.add(TIMES, own, (REGISTERS, ONE))
        code.add(WHERE, own, where=code.exists(row))

    def _pool(self, pool: RetainedPool) -> None:
        """Capacity, or the most held at once, by its rate, from the first to the last need.

        Positions of its rows do if they are in the time that the pool is paid for.
        """
        code, rows = self.code, pool.rows.tolist()
        paid = pool.calendar
        if pool.per == "clock" or self._network.calendar(paid).always:
            paid = NONE
        direct = pool.per != "month" and bool((self._calendar[pool.rows] == paid).all())
        code.add(PUT, FROM, fact=_NEVER)
        code.add(PUT, TO, fact=-_NEVER)
        for place, row in enumerate(rows):
            begin = code.holds + 2 * place
            work = code.work(row)[1]
            if direct or self._calendar[row] == NONE:
                code.hold(begin, code.position(row)[1], work, work)
            else:
                code.hold(begin, code.start(row)[1], code.finish(row, ONE)[1], work)
        code.add(PUT, ONE)
        for register in (FROM, TO):
            code.add(FINITE, register, (REGISTERS, ONE))
            if not direct:
                code.to_axis(register, pool.per == "month", paid)
        if pool.capacity:
            self._capacity(pool, paid)
            return
        code.add(HELD, OWN, (0, len(rows)), (0, len(self.units)))
        self.units += pool.units.tolist()
        self.rivals += rivals(self._plan, rows) if len(rows) <= FEW else [0] * len(rows)
        code.number(ONE, pool.operand)
        code.add(TIMES, OWN, (REGISTERS, ONE))
        self._book(self._tables.axis_of(pool.per, pool.calendar), [pool.account])

    def _capacity(self, pool: RetainedPool, paid: int) -> None:
        """The capacity of a pool by its rate, over what lies of its need in each of its steps."""
        code = self.code
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
            code.number(ONE, pool.operand)
            code.add(TIMES, OWN, (REGISTERS, ONE))
            self._book(self._tables.axis_of(pool.per, pool.calendar), [pool.account])

    def _on_axis(self, clock: float, per: str, paid: int) -> float:
        """An instant of the clock in months or in the time that a pool is paid for."""
        at = np.array([clock])
        if per == "month" and np.isfinite(clock):
            return float(self._money.months.position(at)[0])
        if paid == NONE or not np.isfinite(clock):
            return clock
        return float(self._network.calendar(paid).work_at(at)[0])

    def _instant(self, register: int, instant: Instant) -> None:
        """An instant by the clock."""
        code = self.code
        if instant.row == NONE:
            code.add(PUT, register, fact=instant.clock)
        elif instant.finish:
            code.load(register, code.finish(instant.row, register))
        else:
            code.load(register, code.start(instant.row))

    def _line(self, line: CostLinePlan) -> None:
        """An amount at an instant or over a window, or a rate over a window."""
        code = self.code
        code.number(OWN, line.operand)
        if line.at is not None:
            self._instant(START_AT, line.at)
            self._until_stop()
            if line.at.row != NONE:
                code.add(WHERE, OWN, where=code.exists(line.at.base))
            self._book(NONE, [line.account])
            return
        if None in {line.begin, line.end}:
            self._extent(line)
        for register, instant in ((FROM, line.begin), (TO, line.end)):
            if instant is not None:
                self._instant(register, instant)
        code.load(ONE, (REGISTERS, STOP))
        own = self._network.rows.project == line.project
        for number, stop in enumerate(self._plan.effects.stops):
            if stop.rows[own].any():
                code.add(LEAST, ONE, (STOPS, number))
        for register in (FROM, TO):
            code.add(LEAST, register, (REGISTERS, ONE))
        code.add(MOST, TO, (REGISTERS, FROM))
        code.load(START_AT, (REGISTERS, FROM))
        axis = BY_CLOCK
        if line.per:
            axis = self._tables.axis_of(line.per, line.calendar)
            for register in (FROM, TO):
                code.to_axis(register, line.per == "month", self._tables.calendar_of(axis))
        else:
            code.add(EVENLY, OWN)
        self._book(axis, [line.account], at_once=not line.per)

    def _extent(self, line: CostLinePlan) -> None:
        """From the program's start, or the first start of a line's project, to the last finish."""
        code, project = self.code, line.project
        if project == NONE:
            code.add(PUT, FROM)
            code.load(TO, (REGISTERS, LAST))
            return
        code.add(PUT, FROM, fact=_NEVER)
        code.add(PUT, TO)
        for row in project_last_rows(self._plan, project):
            code.add(MOST_WHERE, TO, code.finish(row, ONE), code.exists(row), fact=0.0)
        if line.begin is not None:
            return
        for row in project_first_rows(self._plan, project):
            code.add(LEAST_WHERE, FROM, code.start(row), code.exists(row), fact=_NEVER)
        code.add(LEAST, FROM, (REGISTERS, TO))

    def _risk(self, cost: RiskCost) -> None:
        """Once an occurrence: at its date, at the start of the first row hit, or at the end."""
        code = self.code
        if cost.at is not None:
            code.number(START_AT, cost.at)
            code.add(ROUND, START_AT)
        elif len(cost.rows):
            code.add(PUT, START_AT, fact=_NEVER)
            for row in cost.rows.tolist():
                if cost.stops:
                    code.load(ONE, code.start(row))
                    code.add(WHERE, ONE, where=(PLANNED_EXISTS, row), fact=_NEVER)
                    code.add(LEAST, START_AT, (REGISTERS, ONE))
                else:
                    code.add(LEAST_WHERE, START_AT, code.start(row), code.exists(row), _NEVER)
        else:
            code.load(START_AT, (REGISTERS, LAST))
        effects = self._plan.effects
        for epoch in range(effects.epochs):
            register = ONE if epoch else OWN
            code.number(register, cost.operand)
            code.add(PUT, OTHER, fact=float(effects.risks[cost.risk].effects[epoch]))
            code.add(TIMES, register, (REGISTERS, OTHER))
            code.add(WHERE, register, where=(OCCURS, epoch * len(effects.risks) + cost.risk))
            if epoch:
                code.add(SINCE, OWN, (REGISTERS, ONE), fact=float(effects.thresholds[epoch - 1]))
        self._until_stop(but=_NEVER)
        code.add(PUT, ONE)
        code.add(FINITE, START_AT, (REGISTERS, ONE))
        self._book(NONE, [cost.account])

    def _penalty(self) -> None:
        """Money per time after its date, until the finish or until its cap is reached."""
        penalty, code = self._money.penalty, self.code
        if penalty is None:
            return
        axis = self._tables.axis_of(penalty.per, penalty.calendar)
        self._instant(FROM, penalty.after)
        code.add(MOST, ENDED, (REGISTERS, FROM))
        code.load(ONE, (REGISTERS, FROM))
        code.load(OTHER, (REGISTERS, ENDED))
        for register in (ONE, OTHER):
            code.to_axis(register, penalty.per == "month", self._tables.calendar_of(axis))
        code.add(SUB, OTHER, (REGISTERS, ONE))
        code.number(ONE, penalty.operand)
        code.add(TIMES, OTHER, (REGISTERS, ONE))
        code.add(PUT, OWN, fact=penalty.cap)
        code.add(LEAST, OWN, (REGISTERS, OTHER))
        code.load(ONE, (REGISTERS, OWN))
        code.add(RATIO, ONE, (REGISTERS, OTHER))
        code.load(TO, (REGISTERS, ENDED))
        code.add(SUB, TO, (REGISTERS, FROM))
        code.add(TIMES, TO, (REGISTERS, ONE))
        code.add(ADD, TO, (REGISTERS, FROM))
        code.load(START_AT, (REGISTERS, FROM))
        code.add(EVENLY, OWN)
        self._book(BY_CLOCK, [penalty.account], at_once=True)
