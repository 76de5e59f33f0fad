"""Flows of money as steps: when and how much each costs, and where it is booked."""

import numpy as np

from simulator.engine.compiled.money_code import (
    ADD,
    ENDED,
    EVENLY,
    FINITE,
    FROM,
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
    SCALE,
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
from simulator.engine.compiled.money_pools import Pools
from simulator.engine.compiled.money_rows import (
    Sure,
    calendar_of,
    last_rows,
    project_first_rows,
    project_last_rows,
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
    RiskCost,
    RowCost,
)
from simulator.plan.plan import NONE

_NEVER = np.inf


class Flows:
    """Collects the flows of a plan in the order in which they are booked."""

    def __init__(self, plan: Plan, tables: Tables, sure: Sure) -> None:
        self._plan, self._money, self._network = plan, plan.money, plan.network
        self._calendar, self._tables = calendar_of(plan.network), tables
        self._ways = ways_of(plan)
        self._ends = any(stop.what == "program" for stop in plan.effects.stops)
        """Whether the program may be stopped."""
        self.code = Code(plan.network, max([1, *(len(costs) for _, costs in self._ways)]), sure)
        self.accounts: list[int] = []
        self.rates: list[float] = []
        """Of each account's amount where it is a known rate."""
        self.spends: list[tuple[int, ...]] = []
        self.pools = Pools(plan, tables, self.code)

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
            self.pools.add(pool, self._book)
        for line in money.lines:
            self._line(line)
        for risk in money.risks:
            self._risk(risk)
        for account, operand, clock in money.mitigations:
            self.code.number(OWN, operand)
            self._book_on(clock, account)
        self._penalty()

    def _book(
        self, axis: int, accounts: list[int], *, at_once: bool = False, month: int = NONE
    ) -> None:
        begin = len(self.accounts)
        self.accounts += accounts
        self.rates += [0.0] * len(accounts)
        self.code.book(axis, (begin, len(self.accounts)), at_once, month)

    def _book_on(self, clock: float, account: int) -> None:
        """Book at a date."""
        if self._ends:
            self.code.add(PUT, START_AT, fact=clock)
            self._until_stop()
        self._book(NONE, [account], month=self._money.months.of(clock))

    def _until_stop(self, but: float = np.nan) -> None:
        """Nothing at instants behind the program's stop, or at some instant."""
        if self._ends or not np.isnan(but):
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
        if self._ends:
            code.add(LEAST, OTHER, (REGISTERS, STOP))
        code.load(ENDED, (OUTCOMES, 0))
        code.add(FINITE, ENDED, (REGISTERS, OTHER))
        dates = [clock for _, _, clock in money.mitigations]
        for line in money.lines:
            named = (line.at, line.begin, line.end)
            dates += [each.clock for each in named if each and each.row == NONE]
        ats = [risk.at for risk in money.risks if risk.at is not None]
        dates += [at.fixed for at in ats if at.is_fixed]
        code.add(PUT, LATEST, fact=max([0.0, *dates]))
        code.add(MOST, LATEST, (REGISTERS, LAST))
        for at in ats:
            if not at.is_fixed:
                code.number(ONE, at)
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
        works = bool(code.sure.works[row])
        at_once = not works and not all(is_rate(cost) for cost in costs)
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
        for place, cost in enumerate(costs if accrues == EVEN else ()):
            if not is_rate(cost):
                code.add(EVENLY, OWN + place)
            elif at_once:
                code.add(LASTS, OWN + place)
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
        elif cost.kind == FIXED and cost.accrues != START and self._may_stop(row):
            if cost.accrues == END:
                code.add(PUT, ONE)
            else:
                code.load(ONE, code.work(row))
                code.add(RATIO, ONE, (PLANNED, row))
                code.add(PUT, OTHER, fact=1.0)
                code.add(LEAST, ONE, (REGISTERS, OTHER))
            code.add(WHERE, ONE, where=code.stopped(row), fact=1.0)
            code.add(TIMES, own, (REGISTERS, ONE))
        code.only_with(own, row)

    def _may_stop(self, row: int) -> bool:
        return any(bool(stop.rows[row]) for stop in self._plan.effects.stops)

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
        if line.at is not None and line.at.row == NONE:
            self._book_on(line.at.clock, line.account)
            return
        if line.at is not None:
            self._instant(START_AT, line.at)
            self._until_stop()
            code.only_with(OWN, line.at.base)
            self._book(NONE, [line.account])
            return
        if None in {line.begin, line.end}:
            self._extent(line)
        for register, instant in ((FROM, line.begin), (TO, line.end)):
            if instant is not None:
                self._instant(register, instant)
        self._stop_line(line)
        code.add(MOST, TO, (REGISTERS, FROM))
        if not line.per:
            code.load(START_AT, (REGISTERS, FROM))
        axis = BY_CLOCK
        if line.per:
            axis = self._tables.axis_of(line.per, line.calendar)
            for register in (FROM, TO):
                code.to_axis(register, line.per == "month", self._tables.calendar_of(axis))
        else:
            code.add(EVENLY, OWN)
        self._book(axis, [line.account], at_once=not line.per)

    def _stop_line(self, line: CostLinePlan) -> None:
        """A line's window ends with the program or its project."""
        code = self.code
        rows = np.flatnonzero(self._network.rows.project == line.project)
        stops = [
            (STOPS, k) for k, each in enumerate(self._plan.effects.stops) if each.rows[rows].any()
        ]
        if self._ends:
            stops.insert(0, (REGISTERS, STOP))
        for stop in stops:
            for register in (FROM, TO):
                code.add(LEAST, register, stop)

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
        comes, date = True, NONE
        if cost.at is not None:
            code.number(START_AT, cost.at)
            code.add(ROUND, START_AT)
            if cost.at.is_fixed:
                date = self._money.months.of(float(np.rint(cost.at.fixed)))
        elif len(cost.rows):
            comes = self._hit(cost)
        else:
            code.load(START_AT, (REGISTERS, LAST))
        self._charge(cost)
        self._until_stop(np.nan if comes else _NEVER)
        if not comes:
            code.add(PUT, ONE)
            code.add(FINITE, START_AT, (REGISTERS, ONE))
        self._book(NONE, [cost.account], month=date)

    def _hit(self, cost: RiskCost) -> bool:
        """The start of the first row that a risk hits, infinite where there is none; whether there
        always is one."""
        code, rows = self.code, cost.rows.tolist()
        if not cost.stops:
            return code.first_start(START_AT, rows)
        code.add(PUT, START_AT, fact=_NEVER)
        for row in rows:
            code.load(ONE, code.start(row))
            code.add(WHERE, ONE, where=(PLANNED_EXISTS, row), fact=_NEVER)
            code.add(LEAST, START_AT, (REGISTERS, ONE))
        return False

    def _charge(self, cost: RiskCost) -> None:
        """What a risk costs where it occurs, under the mitigations in force at `START_AT`."""
        code, effects = self.code, self._plan.effects
        for epoch in range(effects.epochs):
            register, left = ONE if epoch else OWN, float(effects.risks[cost.risk].effects[epoch])
            code.number(register, cost.operand)
            if left != 1.0:
                code.add(SCALE, register, (REGISTERS, register), fact=left)
            code.add(WHERE, register, where=(OCCURS, epoch * len(effects.risks) + cost.risk))
            if epoch:
                code.add(SINCE, OWN, (REGISTERS, ONE), fact=float(effects.thresholds[epoch - 1]))

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
        code.times(OTHER, penalty.operand, ONE)
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
