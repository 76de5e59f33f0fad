"""What a sub-block costs: every flow spread over the months; bits as `engine.costs`.

The plan has no mitigations that come into force later.
"""

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import WORK_AT, convert_all
from simulator.engine.compiled.cost_arrays import CostArrays
from simulator.engine.compiled.cost_pools import most_held
from simulator.engine.compiled.cost_prices import fill_prices
from simulator.engine.compiled.cost_steps import hold, reckon, reckon_where
from simulator.engine.compiled.jit import Whole, frugal, inlined
from simulator.engine.compiled.ledger import (
    book_accounts,
    book_at,
    book_on,
    book_over,
    close_books,
    open_books,
    sum_up,
    to_months,
)
from simulator.engine.compiled.money_code import (
    AT_ONCE,
    AXIS,
    BOOK,
    COSTS,
    COSTS_END,
    HELD,
    HOLD,
    LASTS,
    MASK,
    MASK_ROW,
    MONTH_AT,
    MONTHS,
    MOST_WHERE,
    OCCURS,
    OP,
    OPEN,
    PLANNED,
    PLANNED_EXISTS,
    REGISTER,
    REGISTERS,
    ROW,
    SOURCE,
    SPEND,
    STOPS,
    TIMES_OF,
    VALUES,
)
from simulator.engine.compiled.money_tape import MoneyTape
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]
_ONE = np.uint64(1)


@inlined
def _source(
    source: Whole, regs: Floats, times: Floats, values: Floats, planned: Floats, stop_at: Floats,
    outcomes: Floats,
) -> Floats:  # fmt: skip
    """What a source stands for."""
    given = regs
    if source == TIMES_OF:
        given = times
    elif source == VALUES:
        given = values
    elif source == PLANNED:
        given = planned
    elif source == STOPS:
        given = stop_at
    elif source != REGISTERS:
        given = outcomes
    return given


@frugal
def fill_costs(  # noqa: PLR0912 - one branch a kind of step
    tape: MoneyTape, n: Whole, values: Floats, occurs: Bytes, planned: Floats,
    planned_exists: Bytes, times: Floats, flags: Bytes, stop_at: Floats, outcomes: Floats,
    money: CostArrays,
) -> None:  # fmt: skip
    """Cost lanes 0 to n - 1; `money.months` says how many months have cash, later ones are not
    written.

    Parameters
    ----------
    values, occurs
        What was drawn: variables (V, B), risks (R, B).
    planned, planned_exists
        Work and presence (T, B) before stops.
    times, flags
        The schedule: planes of T rows as `lanes` names them, one below the other. Clock times are
        read only where `WantedRows` says so.
    stop_at
        (S, B): when each stop comes, +inf where it does not.
    outcomes
        (K, B): the first says when the program finishes, +inf where it never does.
    """
    (
        _, discounted, _, holds, _, rising, price_of, steps, facts, booked, rates, spends, spent,
        units, rivals, discounts, nodes, thresholds, bounds, heads, cells, by_day, clock, numbers,
        places,
    ) = tape  # fmt: skip
    cash, accounts, total, value, books, strip, regs, order, needed, trouble = money
    lanes, months = np.uint64(n), np.uint64(0)
    for i in range(np.uint64(len(steps))):
        op, d, r = steps[i, OP], np.uint64(steps[i, REGISTER]), np.uint64(steps[i, ROW])
        w, source, fact = np.uint64(steps[i, MASK_ROW]), steps[i, SOURCE], facts[i]
        if op in (BOOK, SPEND):
            first, end = np.uint64(steps[i, COSTS]), np.uint64(steps[i, COSTS_END])
            amount, k = sum_up(first, end, lanes, regs), steps[i, AXIS]
            flows = np.uint64(len(spends) if op == SPEND else 0)
            if k >= 0:
                book_over(
                    spends, spent, booked, rates, times, flows, np.uint64(k), amount, lanes,
                    bounds, heads, cells, regs, strip, books, accounts,
                )  # fmt: skip
            if k < 0 and steps[i, MONTH_AT] >= 0:
                book_on(
                    min(np.uint64(steps[i, MONTH_AT]), months - _ONE), lanes, amount, regs, books
                )
            elif k < 0 or steps[i, AT_ONCE]:
                book_at(by_day, clock, lanes, months - _ONE, amount, k >= 0, regs, books)
            book_accounts(booked, first, end, lanes, regs, accounts)
        elif op <= LASTS:
            given = _source(source, regs, times, values, planned, stop_at, outcomes)
            reckon(op, regs, d, given, r, fact, lanes)
        elif op <= MOST_WHERE:
            mask, given = flags, regs if source == REGISTERS else times
            if steps[i, MASK] == OCCURS:
                mask = occurs
            elif steps[i, MASK] == PLANNED_EXISTS:
                mask = planned_exists
            reckon_where(op, regs, d, given, r, mask, w, fact, lanes)
        elif op == OPEN:
            months = open_books(by_day, clock, lanes, regs, books, accounts)
            fill_prices(rising, price_of, nodes, thresholds, values, lanes, months, regs, books)
        elif op == HELD:
            most_held(regs, np.uint64(holds), units, rivals, w, r, lanes, order)
        elif op == HOLD:
            hold(regs, d, times, r, np.uint64(steps[i, MASK]), w, lanes)
        elif op == MONTHS:
            to_months(by_day, clock, d, lanes, regs)
        else:
            convert_all(numbers, places, r, WORK_AT, regs[d], regs[d], n, trouble)
    close_books(discounts, discounted, months, lanes, books, cash, total, value)
    needed[0] = months
