"""Everything that costs, as flows: how much, over which time, booked where.

A flow's time is a row's work, a row's clock time, an instant, or a window between two references.
"""

from dataclasses import dataclass

import numpy as np

from simulator.plan.context import Operand
from simulator.plan.laws import Law
from simulator.plan.months import Months
from simulator.plan.plan import NONE, Ints

FIXED, RATE, POOL, LINE, RISK, MITIGATION, PENALTY = (
    "fixed", "rate", "pool", "line", "risk", "mitigation", "penalty",
)  # fmt: skip
START, EVEN, END = "start", "even", "end"


@dataclass(frozen=True, slots=True)
class Instant:
    """A date, or the start or the finish of a row."""

    clock: float = np.nan
    row: int = NONE
    finish: bool = False
    base: int = NONE
    """The row that tells whether it comes at all: the last round of a rework need not."""


@dataclass(frozen=True, slots=True)
class RowCost:
    """Money of one row: an amount, or a rate per millisecond of its work or of the clock."""

    kind: str
    row: int
    account: int
    operand: Operand
    accrues: str = EVEN
    per: str = ""
    """Empty for an amount; for a rate of which time: `work`, `clock` or calendar `month`."""


@dataclass(frozen=True, slots=True)
class RetainedPool:
    """A pool paid from first to last need: its capacity, or if unlimited the most held at once."""

    account: int
    rows: Ints
    units: Ints
    """Thousandths of a unit that each row holds."""
    operand: Operand
    per: str
    calendar: int
    capacity: tuple[tuple[float, float, float], ...] = ()
    """(from, until, units) by the clock; empty for an unlimited pool."""


@dataclass(frozen=True, slots=True)
class CostLinePlan:
    """An amount at an instant or spread over a window, or a rate over a window."""

    account: int
    project: int
    operand: Operand
    per: str
    calendar: int
    at: Instant | None
    begin: Instant | None
    end: Instant | None


@dataclass(frozen=True, slots=True)
class RiskCost:
    """What a risk costs beyond its delay: once, at a date or at the start of a row it hits.

    `stops`: the risk ends a project, so that the row it hits does not happen, and costs even so.
    """

    account: int
    risk: int
    operand: Operand
    rows: Ints
    at: Operand | None
    stops: bool
    stop: int = NONE
    """The number of a stop with a window, or that only a whole schedule tells of; else `NONE`."""
    rate: int = NONE
    """Its number in `EffectPlan.inside`: the cost comes with each arrival. `NONE`: no rate."""
    window: tuple[float, float] | None = None
    """Charged only where the hit fell: a row's run, or the program's, overlaps this."""
    places: tuple[int, ...] = ()
    """For each row with a window its place in `Schedule.fell`, `NONE` where the hit leaves it."""


@dataclass(frozen=True, slots=True)
class PenaltyPlan:
    """Money per time after an instant, up to a cap."""

    account: int
    after: Instant
    operand: Operand
    per: str
    calendar: int
    cap: float


@dataclass(frozen=True, slots=True)
class Account:
    """Where money is booked: a kind, and the project, pool, line, risk or mitigation it is for."""

    kind: str
    id: str
    project: int = NONE


@dataclass(frozen=True, slots=True)
class EscalationPlan:
    """How prices rise: for each month the factor as a law of the one number drawn for the rate."""

    variable: int
    laws: tuple[Law, ...]
    central: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MoneyPlan:
    """All flows, the months they are booked in, and how prices rise from month to month."""

    accounts: tuple[Account, ...]
    rows: tuple[RowCost, ...]
    retained: tuple[RetainedPool, ...]
    lines: tuple[CostLinePlan, ...]
    risks: tuple[RiskCost, ...]
    mitigations: tuple[tuple[int, Operand, float], ...]
    penalty: PenaltyPlan | None
    months: Months
    escalation: EscalationPlan | None
    discount: float | None
