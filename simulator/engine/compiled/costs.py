"""What a sub-block costs: every flow spread over the months; bits as `engine.costs`.

The plan has no mitigations that come into force later.
"""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.cost_arrays import (
    FINISH,
    LAST,
    SPARE,
    START_AT,
    STOP,
    CostArrays,
)
from simulator.engine.compiled.cost_flows import set_line, set_penalty, set_pool, set_risk
from simulator.engine.compiled.cost_prices import fill_prices
from simulator.engine.compiled.cost_rows import set_way
from simulator.engine.compiled.cost_times import (
    Numbers,
    RowLanes,
    fill_finish,
    fill_number,
    fill_program_stop,
)
from simulator.engine.compiled.jit import kernel
from simulator.engine.compiled.ledger import book, month_by_day, put
from simulator.engine.compiled.money_flows import (
    COSTS,
    LINE,
    ON_DATE,
    PENALTY,
    POOL,
    RISK,
    RISK_DATE,
    RISK_WHEN,
    WAY,
)
from simulator.engine.compiled.money_prices import STEADY
from simulator.engine.compiled.money_tape import MoneyTape
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]


@kernel
def fill_costs(
    tape: MoneyTape,
    n: int,
    values: Floats,
    occurs: Bytes,
    planned: Floats,
    planned_exists: Bytes,
    start: Floats,
    finish_rows: Floats,
    position: Floats,
    work: Floats,
    exists: Bytes,
    stopped: Bytes,
    stop_at: Floats,
    finish: Floats,
    money: CostArrays,
) -> int:
    """Cost lanes 0 to n - 1, and say how many months have cash; later months are not written.

    Parameters
    ----------
    values, occurs
        What was drawn: variables (V, B), risks (R, B).
    planned, planned_exists
        Work and presence (T, B) before stops.
    start, finish_rows
        Clock times (T, B), read only where `wanted_clock` says so.
    position, work, exists, stopped
        The schedule (T, B); `stopped` is read only where something can stop.
    stop_at
        (S, B): when each stop comes, +inf where it does not.
    finish
        (B,): when the program finishes, +inf where it never does.
    """
    put(0.0, n, money.total)
    put(0.0, n, money.present_value)
    if tape.empty:
        return 0
    lanes, lists, costs = money.lanes, tape.lists, tape.lists.costs
    rows = RowLanes(tape.on_clock, start, finish_rows, position, work, exists)
    numbers = Numbers(tape.variables, tape.reals, values)
    months = _prepare(tape, n, numbers, rows, stopped, stop_at, finish, money)
    rising, own = tape.prices.kind != STEADY, money.own
    flat, cash = money.prices.reshape(-1), money.cash.reshape(-1)
    for f in range(len(tape.flows)):
        flow, kind, fact = tape.flows[f], tape.flows[f, 0], tape.facts[f]
        if kind == WAY:
            stop = tape.can_stop
            set_way(tape.axes, costs, stop, flow, n, numbers, rows, planned, stopped, lanes, own)
        elif kind == POOL:
            set_pool(tape.axes, lists, flow, n, numbers, rows, money)
        elif kind == LINE:
            set_line(tape.axes, lists, flow, n, numbers, rows, stop_at, money)
        elif kind == RISK:
            set_risk(lists, flow, fact, n, numbers, rows, occurs, planned_exists, money)
        elif kind == PENALTY:
            set_penalty(tape.axes, lists, flow, fact, n, numbers, rows, money)
        else:
            fill_number(numbers, costs[flow[COSTS], 1], n, own[0])
            put(fact, n, lanes[START_AT])
            for j in range(n):
                own[0, j] = own[0, j] if fact <= lanes[STOP, j] else 0.0
        top, accounts = months - 1, money.accounts
        book(tape.axes, flow, costs, n, top, rising, lanes, own, flat, cash, accounts)
    _add_up(tape.discounts, tape.discounted, months, n, money)
    return months


@kernel
def _prepare(
    tape: MoneyTape,
    n: int,
    numbers: Numbers,
    rows: RowLanes,
    stopped: Bytes,
    stop_at: Floats,
    finish: Floats,
    money: CostArrays,
) -> int:
    """Ends and stops of the program, empty books and prices; how many months are needed."""
    lanes, last, stop = money.lanes, money.lanes[LAST], money.lanes[STOP]
    put(0.0, n, last)
    for row in tape.ends:
        fill_finish(rows, row, n, lanes[SPARE])
        for j in range(n):
            last[j] = max(last[j], lanes[SPARE, j])
    fill_program_stop(tape.groups, tape.lists.items, n, stopped, stop_at, lanes[SPARE], stop)
    for j in range(n):
        lanes[FINISH, j] = finish[j] if finish[j] < np.inf else min(last[j], stop[j])
    months = _months(tape, n, numbers, last, lanes[SPARE])
    for month in range(months):
        put(0.0, n, money.cash[month])
    for account in range(len(money.accounts)):
        put(0.0, n, money.accounts[account])
    places, spare = money.places, lanes[SPARE]
    fill_prices(tape.prices, numbers.values, n, months, places, spare, money.prices)
    return months


@kernel
def _add_up(discounts: Floats, discounted: bool, months: int, n: int, money: CostArrays) -> None:
    """The total of all months in order, and what it is worth at the program's start."""
    total, value = money.total, money.present_value
    for month in range(months):
        cash, worth = money.cash[month], discounts[month]
        for j in range(n):
            total[j] += cash[j]
        if discounted:
            for j in range(n):
                value[j] += cash[j] * worth


@kernel
def _months(tape: MoneyTape, n: int, numbers: Numbers, last: Floats, spare: Floats) -> int:
    """The months up to the latest instant at which something may be spent."""
    latest = max(tape.latest, 0.0)
    for j in range(n):
        latest = max(latest, last[j])
    for f in range(len(tape.flows)):
        if tape.flows[f, 0] == RISK and tape.flows[f, RISK_WHEN] == ON_DATE:
            fill_number(numbers, tape.flows[f, RISK_DATE], n, spare)
            for j in range(n):
                latest = max(latest, spare[j])
    return month_by_day(tape.axes.by_day, tape.axes.clock[0], latest) + 1
