"""Rows that have work in every iteration, as far as the least values of laws can tell."""

import numpy as np

from simulator.engine.compiled.draw_tape import DrawTape
from simulator.engine.compiled.terms import OF_WORK, Estimates, Terms, WorkTape
from simulator.plan.law_columns import SCORE_TABLE, STEPS, TABLE, TRIANGULAR
from simulator.plan.plan import NONE, Bools, Ints
from simulator.plan.work_calendar import Floats

_ENOUGH = 2.0
"""Milliseconds that are more than one whatever rounding does to a product."""


def least_values(draws: DrawTape) -> Floats:
    """The least value of every variable (V,); -inf for one of which it is not known."""
    found = np.full(len(draws.kind), -np.inf)
    given = draws.kind <= TRIANGULAR  # kinds whose first parameter is the least value
    found[given] = draws.parameters[given, 0]
    for kind, nodes in ((TABLE, draws.nodes), (SCORE_TABLE, draws.score_nodes)):
        own = draws.kind == kind
        found[own] = nodes[draws.place[own], 0]
    own = draws.kind == STEPS
    if own.any():
        firsts = draws.step_first[:-1] + np.arange(len(draws.step_first) - 1)
        found[own] = np.minimum.reduceat(draws.step_values, firsts)[draws.place[own]]
    return found


def positive_rows(least: Floats, tape: WorkTape) -> Bools:
    """The rows (T,) of a tape that have a millisecond of work at least, whatever is drawn."""
    found = np.zeros(len(tape.always) + tape.versions, dtype=bool)
    rows, sums, terms = tape.estimates, tape.sums, tape.terms
    found[rows.constant_row] = rows.constant >= 1.0
    with np.errstate(invalid="ignore"):  # 0 times what is not bounded below is not known
        found[rows.plain_row] = _scaled(least, rows.plain_variable, rows.plain_scale) >= _ENOUGH
        found[rows.row] = _least_products(least, rows, terms) >= _ENOUGH
        less = ~(_least_amounts(least, terms) >= 0.0)
    owner = np.repeat(np.arange(len(sums.slot)), np.diff(sums.terms.first))
    lowered = owner[less[sums.terms.item]]
    found[sums.slot[lowered[sums.group[lowered] == OF_WORK]]] = False
    return found[: len(tape.always)]


def _least_products(least: Floats, rows: Estimates, terms: Terms) -> Floats:
    """The least work (G,) of rows with classes or factors; 0 for rounds of rework."""
    found = np.where(rows.variable == NONE, rows.scale, _scaled(least, rows.variable, rows.scale))
    classed = rows.class_variable != NONE
    found *= np.where(
        classed, _scaled(least, rows.class_variable, np.ones(len(classed))), rows.class_fixed
    )
    drawn = 1.0 + (_scaled(least, terms.variable, terms.scale) - 1.0) * terms.left
    factor = np.where(terms.variable == NONE, terms.fixed, drawn)
    owner = np.repeat(np.arange(len(rows.row)), np.diff(rows.factors.first))
    np.multiply.at(found, owner, np.clip(factor, 0.0, 1.0)[rows.factors.item])
    found[(rows.repeats != NONE) | np.isnan(found)] = 0.0
    return np.asarray(found)


def _least_amounts(least: Floats, terms: Terms) -> Floats:
    """What each term (E,) adds at least."""
    drawn = _scaled(least, terms.variable, terms.scale) * terms.left
    return np.where(terms.variable == NONE, terms.fixed, drawn)


def _scaled(least: Floats, variables: Ints, scale: Floats) -> Floats:
    """The least values of variables times a scale; any value where there is `NONE`."""
    return np.where(scale >= 0.0, np.append(least, 1.0)[variables] * scale, -np.inf)
