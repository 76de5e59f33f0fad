"""Flows of money as lines of a table; their columns are named here."""

from simulator.engine.compiled.money_rows import (
    calendar_of,
    project_first_rows,
    project_last_rows,
)
from simulator.engine.compiled.money_tables import BY_CLOCK, Tables, ints
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.flows import (
    END,
    EVEN,
    FIXED,
    START,
    CostLinePlan,
    RetainedPool,
    RiskCost,
    RowCost,
)
from simulator.plan.plan import NONE, Ints

WAY, POOL, LINE, RISK, MITIGATION, PENALTY = range(6)
"""Kinds of flow; a way is all that a row spends over the same time, booked in one go."""
KIND, AXIS, COSTS, COSTS_END, AT_ONCE = range(5)
"""Columns of every flow: its axis, `NONE` for money at an instant; the first of its amounts and
the end of them; whether they are spent, at the start by the clock, even if they take no time."""
WAY_ROW, WAY_ACCRUES, WAY_BY_CLOCK = 5, 6, 7
POOL_DIRECT, POOL_ROWS, POOL_ROWS_END = 5, 6, 7
"""A direct pool needs only the positions of its rows, which are times of its own axis."""
LINE_KIND, LINE_BEGIN, LINE_END, LINE_WHOLE = 5, 6, 7, 8
LINE_FIRSTS, LINE_FIRSTS_END, LINE_LASTS, LINE_LASTS_END, LINE_STOPS, LINE_STOPS_END = range(9, 15)
"""Instants (`NONE`: the extent of the program, if `LINE_WHOLE`, or of the project), the rows among
which a project's extent is found, and the stops that end it."""
RISK_WHEN, RISK_NUMBER, RISK_DATE, RISK_ROWS, RISK_ROWS_END, RISK_STOPS = range(5, 11)
PENALTY_AXIS, PENALTY_AFTER = 5, 6
COLUMNS = 15

AT_START, EVENLY, AT_END = range(3)
AMOUNT, ACCRUED, PER_WORK, PER_CLOCK, PER_MONTH = range(5)
"""Mode of an amount: as it is, one that a stop may cut short, or a rate of a row's time."""
AT, OVER, RATE = range(3)
"""A line's amount at an instant, its amount over a window, its rate over a window."""
ON_DATE, BY_ROWS, AT_LAST = range(3)
"""When a risk costs."""
_ACCRUES = {START: AT_START, EVEN: EVENLY, END: AT_END}
_PER = {"work": PER_WORK, "clock": PER_CLOCK, "month": PER_MONTH}


class Flows:
    """Collects the flows of a plan in the order in which they are booked."""

    def __init__(self, plan: Plan, tables: Tables) -> None:
        self._plan, self._money, self._network = plan, plan.money, plan.network
        self._calendar, self._tables = calendar_of(plan.network), tables
        self._flows: list[list[int]] = []
        self.facts: list[float] = []
        self.costs: list[tuple[int, int, int]] = []
        self.starts: list[int] = []
        self.finishes: list[int] = []
        """Rows whose clock times are read; those of instants are not among them."""
        self.latest = 0.0
        self.most_costs = 1

    def add_all(self) -> None:
        """All flows."""
        money = self._money
        self._ways()
        for pool in money.retained:
            self._pool(pool)
        for line in money.lines:
            self._line(line)
        for risk in money.risks:
            self._risk(risk)
        for account, operand, clock in money.mitigations:
            self.latest = max(self.latest, clock)
            self._add([MITIGATION, NONE], [(account, operand, AMOUNT)], fact=clock)
        self._penalty()

    def table(self) -> Ints:
        """(F, 15)."""
        return ints([[*flow, *[0] * (COLUMNS - len(flow))] for flow in self._flows]).reshape(
            -1, COLUMNS
        )

    def _add(
        self,
        kind: list[int],
        costs: list[tuple[int, Operand, int]],
        rest: tuple[int, ...] = (),
        at_once: bool = False,
        fact: float = 0.0,
    ) -> None:
        begin = len(self.costs)
        self.costs += [(a, self._tables.number(operand), mode) for a, operand, mode in costs]
        self.most_costs = max(self.most_costs, len(costs))
        self._flows.append([*kind, begin, len(self.costs), int(at_once), *rest])
        self.facts.append(fact)

    def _ways(self) -> None:
        """Money of rows, grouped as `simulator.engine.costs` groups it."""
        ways: dict[tuple[int, str, bool], list[RowCost]] = {}
        on_clock = (self._network.rows.calendar == NONE).tolist()
        for cost in self._money.rows:
            by_clock = cost.per == "clock" and not on_clock[cost.row]
            ways.setdefault((cost.row, cost.accrues, by_clock), []).append(cost)
        calendar = self._calendar.tolist()
        for (row, accrues, by_clock), costs in ways.items():
            axis = BY_CLOCK if by_clock else self._tables.axis(calendar[row])
            at_once = any(cost.per in ("", "month") for cost in costs)
            by_time = any(cost.per in ("clock", "month") for cost in costs)
            if accrues == START or by_time or at_once:
                self.starts.append(row)
            if accrues == END or by_time:
                self.finishes.append(row)
            self._add(
                [WAY, axis if accrues == EVEN else NONE],
                [(cost.account, cost.operand, _mode(cost)) for cost in costs],
                (row, _ACCRUES[accrues], int(by_clock)),
                at_once,
            )

    def _pool(self, pool: RetainedPool) -> None:
        """The most held at once; its rows' positions suffice if they keep the pool's own time."""
        paid = pool.calendar
        if pool.per == "clock" or self._network.calendar(paid).always:
            paid = NONE
        direct = pool.per != "month" and bool((self._calendar[pool.rows] == paid).all())
        rows = pool.rows.tolist()
        if not direct:
            self.starts += rows
            self.finishes += rows
        listed = self._tables.listed(rows, pool.units.tolist())
        axis = self._tables.axis_of(pool.per, pool.calendar)
        self._add([POOL, axis], [(pool.account, pool.operand, AMOUNT)], (int(direct), *listed))

    def _line(self, line: CostLinePlan) -> None:
        """A cost line; the extent of a project is looked for only where a line needs it."""
        tables, dates = self._tables, (line.at, line.begin, line.end)
        self.latest = max([self.latest, *(i.clock for i in dates if i and i.row == NONE)])
        costs = [(line.account, line.operand, AMOUNT)]
        if line.at is not None:
            self._add([LINE, NONE], costs, (AT, tables.instant(line.at)))
            return
        firsts, lasts = [], []
        stops = enumerate(self._plan.effects.stops)
        own = self._network.rows.project == line.project
        if line.project != NONE and line.begin is None:
            firsts = project_first_rows(self._plan, line.project)
        if line.project != NONE and None in {line.begin, line.end}:
            lasts = project_last_rows(self._plan, line.project)
        self.starts += firsts
        self.finishes += lasts
        self._add(
            [LINE, tables.axis_of(line.per, line.calendar) if line.per else BY_CLOCK],
            costs,
            (
                RATE if line.per else OVER, tables.instant(line.begin), tables.instant(line.end),
                int(line.project == NONE), *tables.listed(firsts), *tables.listed(lasts),
                *tables.listed([k for k, stop in stops if stop.rows[own].any()]),
            ),
            at_once=not line.per,
        )  # fmt: skip

    def _risk(self, cost: RiskCost) -> None:
        date = NONE if cost.at is None else self._tables.number(cost.at)
        when = ON_DATE if cost.at is not None else BY_ROWS if len(cost.rows) else AT_LAST
        rows = cost.rows.tolist() if when == BY_ROWS else []
        self.starts += rows
        self._add(
            [RISK, NONE],
            [(cost.account, cost.operand, AMOUNT)],
            (when, cost.risk, date, *self._tables.listed(rows), int(cost.stops)),
            fact=float(self._plan.effects.risks[cost.risk].effects[0]),
        )

    def _penalty(self) -> None:
        penalty = self._money.penalty
        if penalty is not None:
            axis = self._tables.axis_of(penalty.per, penalty.calendar)
            self._add(
                [PENALTY, BY_CLOCK],
                [(penalty.account, penalty.operand, AMOUNT)],
                (axis, self._tables.instant(penalty.after)),
                at_once=True,
                fact=penalty.cap,
            )


def _mode(cost: RowCost) -> int:
    if cost.per:
        return _PER[cost.per]
    return ACCRUED if cost.kind == FIXED and cost.accrues != START else AMOUNT
