"""Durations of a few hundred iterations at a time: `simulator.engine.durations`, bit for bit.

Row by row instead of effect by effect, so that a row's lanes stay in the nearest cache. Arrays are
(rows, B), of which lanes `0..n-1` count; times are working milliseconds.
"""

import numpy as np

from simulator.engine.compiled.draw_tape import DrawTape
from simulator.engine.compiled.draws import Drawn, draw_lanes
from simulator.engine.compiled.jit import frugal, inner
from simulator.engine.compiled.schemes import SchemeTape
from simulator.engine.compiled.terms import (
    OF_STOPS,
    OF_WORK,
    Bytes,
    Estimates,
    Presence,
    Sums,
    Terms,
    WorkArrays,
    WorkTape,
)
from simulator.engine.rounding import LONGEST
from simulator.plan.plan import NONE, Ints
from simulator.plan.work_calendar import Floats

_LONGEST = float(LONGEST)


@frugal
def draw_work(
    draws: DrawTape,
    scheme: SchemeTape,
    tape: WorkTape,
    chunk: int,
    first: int,
    n: int,
    drawn: Drawn,
    given: WorkArrays,
) -> None:
    """Draw n lanes, as `draw_lanes`, and turn what is drawn into durations."""
    values, occurs, taken, again, words, spare = drawn
    (
        work, exists, elapsed, working, lags, dates, first_delay, first_elapsed, first_working,
        stop_at, version_elapsed, version_working, exact, scratch,
    ) = given  # fmt: skip
    draw_lanes(draws, scheme, chunk, first, n, values, occurs, taken, again, work, words, spare)
    fill_durations(
        tape, n, values, occurs, taken, again, work, exists, elapsed, working, lags, dates,
        first_delay, first_elapsed, first_working, stop_at, version_elapsed, version_working, exact,
        scratch,
    )  # fmt: skip


@inner
def fill_durations(
    tape: WorkTape, n: int, values: Floats, occurs: Bytes, taken: Ints, again: Bytes,
    work: Floats, exists: Bytes, elapsed: Floats, working: Floats, lags: Floats, dates: Floats,
    first_delay: Floats, first_elapsed: Floats, first_working: Floats, stop_at: Floats,
    version_elapsed: Floats, version_working: Floats, exact: Floats, scratch: Floats,
) -> None:  # fmt: skip
    """Turn one sub-block of draws into durations; `WorkArrays` names what is written.

    `values` (V, B), `occurs` (R, B), `taken` (branches, B) and `again` (rounds, B) are draws, the
    rounds of all reworks in the plan's order. `stop_at` is +inf where a risk does not occur, and
    where it does its date, or -inf if a row's start stops.
    """
    _fill_plain(tape.estimates, n, values, work)
    _fill_others(tape.estimates, tape.terms, n, values, occurs, work, exact)
    sums, terms = tape.sums, tape.terms
    groups = (
        work, elapsed, working, first_delay, first_elapsed, first_working, stop_at,
        version_elapsed, version_working,
    )  # fmt: skip
    for k in range(len(sums.group)):
        group = sums.group[k]
        out = groups[group][sums.slot[k]]
        if group == OF_WORK:
            delay = scratch[0]
            _sum(delay, n, sums, k, terms, values, occurs)
            for j in range(n):
                delayed = out[j] + delay[j]
                out[j] = 0.0 if delayed <= 0.0 else delayed
            continue
        _sum(out, n, sums, k, terms, values, occurs)
        if group == OF_STOPS:
            hit = occurs[terms.risk[sums.terms.item[sums.terms.first[k]]]]
            for j in range(n):
                out[j] = out[j] if hit[j] else np.inf
    _fill_presence(tape.presence, tape.always, n, taken, again, exists, scratch)
    _fill_drawn(tape.lag_variable, tape.lag_share, n, values, lags)
    _fill_drawn(tape.date_variable, tape.date_share, n, values, dates)


@inner
def _fill_plain(rows: Estimates, n: int, values: Floats, work: Floats) -> None:
    """Work of rows that are constant or one variable."""
    for k in range(len(rows.constant_row)):
        out, constant = work[rows.constant_row[k]], rows.constant[k]
        for j in range(n):
            out[j] = constant
    for k in range(len(rows.plain_row)):
        _round(work[rows.plain_row[k]], n, values[rows.plain_variable[k]], rows.plain_scale[k], 0.0)


@inner
def _round(out: Floats, n: int, value: Floats, scale: float, low: float) -> None:
    """Whole milliseconds of a variable, not below `low`; nan stays nan."""
    for j in range(n):
        amount = value[j] * scale
        amount = low if amount <= low else amount
        out[j] = np.rint(_LONGEST if amount > _LONGEST else amount)


@inner
def _fill_others(
    rows: Estimates, terms: Terms, n: int, values: Floats, occurs: Bytes, work: Floats,
    exact: Floats,
) -> None:  # fmt: skip
    """Work of rows with classes or factors, and of those that rework rounds repeat."""
    for k in range(len(rows.row)):
        out, scale = work[rows.row[k]], rows.scale[k]
        if rows.variable[k] == NONE:
            for j in range(n):
                out[j] = scale
        else:
            value = values[rows.variable[k]]
            for j in range(n):
                out[j] = value[j] * scale
        if rows.class_variable[k] != NONE or rows.repeats[k] != NONE:
            repeated = rows.repeats[k] != NONE
            factor = exact[rows.repeats[k]] if repeated else values[rows.class_variable[k]]
            for j in range(n):
                out[j] *= factor[j]
        elif rows.class_fixed[k] != 1.0:
            for j in range(n):
                out[j] *= rows.class_fixed[k]
        for item in range(rows.factors.first[k], rows.factors.first[k + 1]):
            _multiply(out, n, terms, rows.factors.item[item], values, occurs)
        if rows.keeps[k] != NONE:
            kept = exact[rows.keeps[k]]
            for j in range(n):
                kept[j] = out[j]
        _round(out, n, out, 1.0, 0.0)


@inner
def _multiply(
    out: Floats, n: int, terms: Terms, term: int, values: Floats, occurs: Bytes
) -> None:  # fmt: skip
    """Work times a factor where its risk occurs."""
    hit, scale, left = occurs[terms.risk[term]], terms.scale[term], terms.left[term]
    if terms.variable[term] == NONE:
        fixed = terms.fixed[term]
        for j in range(n):
            out[j] *= fixed if hit[j] else 1.0
        return
    value = values[terms.variable[term]]
    if left == 1.0:
        for j in range(n):
            factor = value[j] * scale
            out[j] *= factor if hit[j] else 1.0
    else:
        for j in range(n):
            factor = 1.0 + (value[j] * scale - 1.0) * left
            out[j] *= factor if hit[j] else 1.0


@inner
def _sum(
    out: Floats, n: int, sums: Sums, k: int, terms: Terms, values: Floats, occurs: Bytes
) -> None:  # fmt: skip
    """Sum k of the whole amounts of the risks that occur."""
    low, lists = sums.low[k], sums.terms
    for j in range(n):
        out[j] = 0.0
    for item in range(lists.first[k], lists.first[k + 1]):
        term = lists.item[item]
        hit, scale, left = occurs[terms.risk[term]], terms.scale[term], terms.left[term]
        if terms.variable[term] == NONE:
            fixed = terms.fixed[term]
            for j in range(n):
                out[j] += fixed if hit[j] else 0.0
        else:
            value = values[terms.variable[term]]
            for j in range(n):
                amount = value[j] * scale * left
                amount = low if amount <= low else amount
                amount = np.rint(_LONGEST if amount > _LONGEST else amount)
                out[j] += amount if hit[j] else 0.0


@inner
def _fill_presence(
    tape: Presence, always: Bytes, n: int, taken: Ints, again: Bytes, exists: Bytes,
    scratch: Floats,
) -> None:  # fmt: skip
    """Presence by branches and rework rounds, for rows that are not always there."""
    for k in range(len(tape.row)):
        out, chosen, outcome = exists[tape.row[k]], taken[tape.branch[k]], tape.outcome[k]
        for j in range(n):
            out[j] = chosen[j] == outcome
    active = scratch[1].view(np.uint8)
    for k in range(len(tape.begins)):
        if tape.begins[k] != NONE:
            begun = exists[tape.begins[k]]
            for j in range(n):
                active[j] = begun[j]
        if tape.again[k] != NONE:
            wanted = again[tape.again[k]]
            for j in range(n):
                active[j] &= wanted[j]
        for item in range(tape.rows.first[k], tape.rows.first[k + 1]):
            if always[tape.rows.item[item]]:
                continue
            out, base = exists[tape.rows.item[item]], exists[tape.base[item]]
            for j in range(n):
                out[j] = active[j] & base[j]


@inner
def _fill_drawn(drawn: Ints, share: Bytes, n: int, values: Floats, out: Floats) -> None:
    """Drawn lags or dates; shares stay as they are."""
    for k in range(len(drawn)):
        value = values[drawn[k]]
        if share[k]:
            for j in range(n):
                out[k, j] = value[j]
        else:
            _round(out[k], n, value, 1.0, -_LONGEST)
