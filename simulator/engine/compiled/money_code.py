"""The steps by which flows of money are reckoned, each over all lanes, as lines of a table.

A step changes one *register*, a row of B lanes. It may read a row of one of the sources, and a row
of one of the masks that tells for which lanes. What is said of a lane is `d` for the register, `a`
for the source, `m` for the mask, and `f` for the fact, a number that stands beside the step.
"""

import numpy as np

from simulator.engine.compiled.lanes import EXISTS, FINISH, POSITION, START, STOPPED, WORK
from simulator.engine.compiled.money_rows import Sure, calendar_of
from simulator.plan.context import Operand
from simulator.plan.plan import NONE, Ints, Network

OP, REGISTER, SOURCE, ROW, MASK, MASK_ROW = range(6)
"""Columns of a step; those of `BOOK` are named below."""
AXIS, COSTS, COSTS_END, AT_ONCE, MONTH_AT = range(1, 6)
"""Of `BOOK`: its axis, `NONE` for money at an instant; the first of its amounts and the end of
them; whether they are spent, at `START_AT`, even if they take no time; the month of an instant
that is the same in every iteration, else `NONE`."""

(PUT, SCALE, TIMES, ADD, SUB, LEAST, MOST, RATIO, UNTIL, FINITE, ROUND, SAME, EVENLY, SINCE,
 LASTS) = range(15)  # fmt: skip
"""d = f; a f; d a; d + a; d - a; min(d, a); max(d, a); d / a, or 1 where a is not positive; d where
a is not behind the program's stop, and not f, else 0; d, or a where d is infinite; d as a whole
number; d where it equals a, else infinite; d by what lies between `FROM` and `TO`, or d where
nothing does; a from f on, by `START_AT`, else d; d where something lies between, else 0."""
WHERE, LEAST_WHERE, MOST_WHERE = range(15, 18)
"""d where m, else f; min(d, a where m, else f); max of the same. `WHERE` takes any mask, the others
flags, and rows of registers or times."""
MONTHS, WORKING, HOLD, HELD, OPEN, SPEND, BOOK = range(18, 25)
"""An instant of the clock counted in months; in working time of calendar `ROW`; from when to when a
row of a pool holds its units, by its times `ROW` and `MASK`, while it does the work `MASK_ROW`,
which is the second time too if it is said by the first; the most units held by `ROW` rows whose
units begin at `MASK_ROW`, and whose times are in the registers from `Code.holds` on; open the books
up to `LATEST`; book what rows spend at known rates; book the amounts or rates from `OWN` on."""

REGISTERS, VALUES, TIMES_OF, PLANNED, STOPS, OUTCOMES = range(6)
"""Sources: registers, drawn variables, planes of the lanes' times, planned work, when stops come,
outcomes, of which the first is the program's finish."""
FLAGS, PLANNED_EXISTS, OCCURS = range(3)
"""Masks."""
FROM, TO, START_AT, TOTAL, PRICED, STOP, LAST, ENDED, LATEST, ONE, OTHER, OWN = range(12)
"""Registers: begin and end of a flow in the time of its axis, and when it begins by the clock; the
sum of its amounts and their mean price factor; when the program is stopped, when its last task
ends, when it finishes, the latest instant of all; two for what lies between; the amounts."""


class Code:
    """Collects steps."""

    def __init__(self, network: Network, most_costs: int, sure: Sure) -> None:
        self._rows = len(network.rows)
        self.sure = sure
        self._on_clock = (calendar_of(network) == NONE).tolist()
        self.holds = OWN + most_costs
        """The first of two registers for each row of a pool."""
        self.steps: list[tuple[int, ...]] = []
        self.facts: list[float] = []
        self.starts: set[int] = set()
        self.finishes: set[int] = set()
        self.positions: set[int] = set()
        """Rows whose clock times are read."""
        self.held: set[int] = set()
        """Rows whose clock times are read where they work."""

    def add(
        self, op: int, register: int = 0, of: tuple[int, int] = (0, 0),
        where: tuple[int, int] = (0, 0), fact: float = 0.0,
    ) -> None:  # fmt: skip
        """One step."""
        self.steps.append((op, register, *of, *where))
        self.facts.append(fact)

    def book(self, axis: int, costs: tuple[int, int], at_once: bool, month: int) -> None:
        """Book what stands in the registers."""
        self.steps.append((BOOK, axis, *costs, int(at_once), month))
        self.facts.append(0.0)

    def hold(self, register: int, row: int, *, by_clock: bool) -> None:
        """From when to when a row holds units, in its own time or by the clock."""
        work = self.work(row)[1]
        begin, end = START * self._rows + row, FINISH * self._rows + row
        if not by_clock or self._on_clock[row]:
            begin, end = self.position(row)[1], work
        else:
            self.held.add(row)
        self.add(HOLD, register, (TIMES_OF, begin), (end, work))

    def load(self, register: int, of: tuple[int, int]) -> None:
        """A row as it is."""
        self.add(SCALE, register, of, fact=1.0)

    def number(self, register: int, operand: Operand) -> None:
        """A number, fixed or drawn."""
        if operand.is_fixed:
            self.add(PUT, register, fact=operand.fixed)
        else:
            self.add(SCALE, register, (VALUES, operand.variable), fact=operand.scale)

    def times(self, register: int, operand: Operand, spare: int) -> None:
        """Multiply by a number, fixed or drawn."""
        if operand.is_fixed:
            self.add(SCALE, register, (REGISTERS, register), fact=operand.fixed)
        else:
            self.number(spare, operand)
            self.add(TIMES, register, (REGISTERS, spare))

    def only_with(self, register: int, row: int) -> None:
        """Nothing where a row does not exist."""
        if not self.sure.there[row]:
            self.add(WHERE, register, where=self.exists(row))

    def first_start(self, register: int, rows: list[int]) -> bool:
        """The first start of the rows that exist, infinite where none does; whether one always
        does."""
        sure = [row for row in rows if self.sure.there[row]]
        if sure:
            self.load(register, self.start(sure[0]))
        else:
            self.add(PUT, register, fact=np.inf)
        for row in sure[1:]:
            self.add(LEAST, register, self.start(row))
        for row in rows:
            if not self.sure.there[row]:
                self.add(LEAST_WHERE, register, self.start(row), self.exists(row), np.inf)
        return bool(sure)

    def work(self, row: int) -> tuple[int, int]:
        """Where a row's work stands."""
        return TIMES_OF, WORK * self._rows + row

    def position(self, row: int) -> tuple[int, int]:
        """Where a row's position stands."""
        self.positions.add(row)
        return TIMES_OF, POSITION * self._rows + row

    def exists(self, row: int) -> tuple[int, int]:
        """The mask of a row's presence."""
        return FLAGS, EXISTS * self._rows + row

    def stopped(self, row: int) -> tuple[int, int]:
        """The mask of a row's being cut or kept away."""
        return FLAGS, STOPPED * self._rows + row

    def start(self, row: int) -> tuple[int, int]:
        """Where a row's start by the clock stands: rows on the clock have it as their position."""
        if self._on_clock[row]:
            return self.position(row)
        self.starts.add(row)
        return TIMES_OF, START * self._rows + row

    def finish(self, row: int, spare: int) -> tuple[int, int]:
        """Where a row's finish by the clock stands, a register if it must be made."""
        if not self._on_clock[row]:
            self.finishes.add(row)
            return TIMES_OF, FINISH * self._rows + row
        self.load(spare, self.position(row))
        self.add(ADD, spare, self.work(row))
        return REGISTERS, spare

    def to_axis(self, register: int, per_month: bool, calendar: int) -> None:
        """An instant of the clock in months or in working time; `NONE` leaves it as it is."""
        if per_month:
            self.add(MONTHS, register)
        elif calendar != NONE:
            self.add(WORKING, register, (0, calendar))

    def table(self) -> Ints:
        """(I, 6)."""
        return np.array(self.steps, dtype=np.int32).reshape(-1, 6)
