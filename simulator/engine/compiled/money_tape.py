"""Everything that costs, flattened to steps and tables that the cost kernels read.

Money that a row spends over its work is spread by *position*, the working time of the row's
calendar, over month bounds in the same time. That gives the bookings of the clock: an instant of
the clock and its position fall into the same month, except where a position lies exactly on a bound
and the clock time in a gap of the calendar at that bound. The months between the two hold no
working time of the row, so that they book a share of zero either way.
"""

import functools
import operator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import calendar_tape
from simulator.engine.compiled.money_code import OWN
from simulator.engine.compiled.money_flows import Flows
from simulator.engine.compiled.money_prices import STEADY, price_tape
from simulator.engine.compiled.money_rows import Sure, nothing_sure
from simulator.engine.compiled.money_tables import Tables
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE, Ints
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import DAYS_PER_YEAR, MS_PER_DAY

Bytes = npt.NDArray[np.uint8]
Wide = npt.NDArray[np.int64]


class MoneyTape(NamedTuple):
    """All flows of a plan, in the order in which they are booked; flat, which compiles sooner."""

    empty: bool
    """Whether nothing costs anything."""
    discounted: bool
    accounts: int
    holds: int
    """The first register of what pools hold."""
    most_rows: int
    """Rows of the largest retained pool."""
    prices: int
    price_variable: int
    """How prices rise, and by which variable, as `money_prices` has it."""
    steps: Ints
    """(I, 6): columns as `money_code` names them."""
    facts: Floats
    """(I,)"""
    booked: Ints
    """(C,): the account of every amount; those of a flow stand together."""
    rates: Floats
    """(C,): what of it is a known rate."""
    spends: Ints
    """(F, 5): axis, rows of times that say when it begins and how much work it does, first amount
    and end of the amounts, of what each row spends at known rates."""
    spent: Floats
    """(F,): all rates of each."""
    units: Floats
    """Thousandths of a pool's unit that each of its rows holds, pool after pool."""
    rivals: Wide
    """Which rows of its pool may hold units with each row, as bits, where the pool is small."""
    discounts: Floats
    """(M,): what a unit of each month's cash is worth at the program's start."""
    nodes: Floats
    thresholds: Floats
    """Price factors, as `money_prices` has them."""
    bounds: Floats
    heads: Floats
    cells: Ints
    by_day: Ints
    clock: Floats
    """Axes of time, as `money_tables` has them."""
    numbers: Floats
    places: Ints
    """Calendars."""


class WantedRows(NamedTuple):
    """The rows of which the stage reads the clock time of the start, of the finish, the position.

    Rows on the clock are only among the last: their position is their start.
    """

    starts: Ints
    finishes: Ints
    positions: Ints
    held: Ints
    """Rows of which it reads start and finish by the clock where they work."""


def money_tape(plan: Plan, sure: Sure | None = None) -> tuple[MoneyTape, WantedRows]:
    """Flatten what costs, given what is sure of rows, and say what that reads of the schedule."""
    money = plan.money
    if not money.accounts:
        return _nothing(), WantedRows(*(np.zeros(0, dtype=np.int32) for _ in range(4)))
    tables = Tables(plan.network, money.months)
    flows = Flows(plan, tables, sure or nothing_sure(plan))
    flows.add_all()
    middles = (money.months.bounds[:-1] + money.months.bounds[1:]) / 2
    years = np.maximum(middles / (DAYS_PER_YEAR * MS_PER_DAY), 0.0)
    rate = 1.0 + (money.discount or 0.0)
    axes, prices = tables.axes(), price_tape(plan)
    rates = np.array(flows.rates, dtype=np.float64)
    calendars = calendar_tape(plan.network.calendars)
    tape = MoneyTape(
        empty=False,
        discounted=money.discount is not None,
        accounts=len(money.accounts),
        holds=flows.code.holds,
        most_rows=max((len(pool.rows) for pool in money.retained), default=0),
        prices=prices.kind,
        price_variable=prices.variable,
        steps=flows.code.table(),
        facts=np.array(flows.code.facts, dtype=np.float64),
        booked=np.array(flows.accounts, dtype=np.int32),
        rates=rates,
        spends=np.array(flows.spends, dtype=np.int32).reshape(-1, 5),
        spent=np.array([_sum(rates[first:end]) for *_, first, end in flows.spends]),
        units=np.array(flows.pools.units, dtype=np.float64),
        rivals=np.array(flows.pools.rivals, dtype=np.int64),
        discounts=np.array([float(rate**-year) for year in years]),
        nodes=prices.nodes,
        thresholds=prices.thresholds,
        bounds=axes.bounds,
        heads=axes.heads,
        cells=axes.cells,
        by_day=money.months.by_day.copy(),
        clock=money.months.bounds.copy(),
        numbers=calendars.numbers,
        places=calendars.places,
    )
    code = flows.code
    read = (code.starts, code.finishes, code.positions, code.held)
    return tape, WantedRows(*(np.array(sorted(rows), dtype=np.int32) for rows in read))


@functools.cache
def _nothing() -> MoneyTape:
    """The tape of a plan in which nothing costs anything."""
    ints, floats = np.zeros(0, dtype=np.int32), np.zeros(0)
    return MoneyTape(
        empty=True,
        discounted=False,
        accounts=0,
        holds=OWN + 1,
        most_rows=0,
        prices=STEADY,
        price_variable=NONE,
        steps=ints.reshape(0, 6),
        facts=floats,
        booked=ints,
        rates=floats,
        spends=ints.reshape(0, 5),
        spent=floats,
        units=floats,
        rivals=np.zeros(0, dtype=np.int64),
        discounts=floats,
        nodes=floats.reshape(0, 2),
        thresholds=floats,
        bounds=floats.reshape(0, 0),
        heads=floats.reshape(0, 3),
        cells=ints.reshape(0, 0),
        by_day=ints,
        clock=floats,
        numbers=floats,
        places=ints,
    )


def _sum(rates: Floats) -> float:
    """In order, as all lanes are added up."""
    return float(functools.reduce(operator.add, rates.tolist()))
