"""Everything that costs, flattened to arrays that the cost kernels read.

Money that a row spends over its work is spread by *position*, the working time of the row's
calendar, over month bounds in the same time. That gives the bookings of the clock: an instant of
the clock and its position fall into the same month, except where a position lies exactly on a bound
and the clock time in a gap of the calendar at that bound. The months between the two hold no
working time of the row, so that they book a share of zero either way.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.money_flows import Flows
from simulator.engine.compiled.money_prices import PriceTape, price_tape
from simulator.engine.compiled.money_rows import calendar_of, last_rows, stop_groups
from simulator.engine.compiled.money_tables import (
    DATE,
    Axes,
    Lists,
    Tables,
    ints,
    kind_of,
)
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE, Ints
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import DAYS_PER_YEAR, MS_PER_DAY

Bytes = npt.NDArray[np.uint8]


class MoneyTape(NamedTuple):
    """All flows of a plan, in the order in which they are booked."""

    empty: bool
    """Whether nothing costs anything."""
    can_stop: bool
    discounted: bool
    latest: float
    """The latest date of the plan's money: cash reaches at least to its month."""
    flows: Ints
    """(F, 15): columns as `money_flows` names them."""
    facts: Floats
    """(F,): what mitigations leave of a risk, the day of a mitigation, the cap of a penalty."""
    variables: Ints
    """(K,): what each number is drawn as, `NONE` if it is fixed."""
    reals: Floats
    """(K, 2): fixed value and scale of each number."""
    lists: Lists
    ends: Ints
    """Rows among which the program's last finish is found."""
    groups: Ints
    """(G, 5): a stop of the whole program, begin and end of a list of rows and of one of stops."""
    on_clock: Bytes
    """(T,): rows whose positions are clock times."""
    discounts: Floats
    """(M,): what a unit of each month's cash is worth at the program's start."""
    axes: Axes
    prices: PriceTape
    shape: tuple[int, int, int]
    """How many accounts, amounts of the largest flow, and rows of the largest retained pool."""


def money_tape(plan: Plan) -> MoneyTape:
    """Flatten what costs; the plan has no mitigations that come into force later."""
    money, network = plan.money, plan.network
    empty = not money.accounts
    tables = Tables(network, money.months)
    flows = Flows(plan, tables)
    flows.add_all()
    groups = [
        (number, *tables.listed(rows), *tables.listed(reaching))
        for number, rows, reaching in ([] if empty else stop_groups(plan))
    ]
    middles = (money.months.bounds[:-1] + money.months.bounds[1:]) / 2
    years = np.maximum(middles / (DAYS_PER_YEAR * MS_PER_DAY), 0.0)
    rate = 1.0 + (money.discount or 0.0)
    return MoneyTape(
        empty=empty,
        can_stop=bool(plan.effects.stops),
        discounted=money.discount is not None,
        latest=flows.latest,
        flows=flows.table(),
        facts=np.array(flows.facts, dtype=np.float64),
        variables=ints([each.variable for each in tables.numbers]),
        reals=np.array([(n.fixed, n.scale) for n in tables.numbers]).reshape(-1, 2),
        lists=Lists(
            costs=ints(flows.costs).reshape(-1, 3),
            items=ints(tables.items),
            units=np.array(tables.units, dtype=np.float64),
            instants=ints([(kind_of(e), e.row, e.base) for e in tables.instants]).reshape(-1, 3),
            clocks=np.array([each.clock for each in tables.instants], dtype=np.float64),
        ),
        ends=ints([] if empty else last_rows(plan)),
        groups=ints(groups).reshape(-1, 5),
        on_clock=np.asarray(calendar_of(network) == NONE, dtype=np.uint8),
        discounts=np.array([float(rate**-year) for year in years]),
        axes=tables.axes(used=not empty),
        prices=price_tape(plan),
        shape=(
            len(money.accounts),
            flows.most_costs,
            max((len(pool.rows) for pool in money.retained), default=0),
        ),
    )


def wanted_clock(plan: Plan) -> tuple[Bytes, Bytes]:
    """For which rows (T,) the stage reads the clock time of the start and of the finish.

    Rows on the clock are never among them: their position is their start.
    """
    tables = Tables(plan.network, plan.money.months)
    flows = Flows(plan, tables)
    flows.add_all()
    starts, finishes = (np.zeros(len(plan.network.rows), dtype=np.uint8) for _ in range(2))
    starts[flows.starts] = 1
    finishes[flows.finishes] = 1
    for instant in tables.instants:
        if kind_of(instant) != DATE:
            (finishes if instant.finish else starts)[instant.row] = 1
    if plan.money.accounts:
        finishes[last_rows(plan)] = 1
    working = (calendar_of(plan.network) != NONE).astype(np.uint8)
    return starts * working, finishes * working
