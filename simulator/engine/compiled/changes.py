"""What a variant of a plan changes of the durations that were drawn for the plan itself.

A variant draws what the plan draws, but for variables that became constant; its risks may have
other chances, and what they bring about may be mitigated. Only the rows that this reaches are
filled again.
"""

from typing import NamedTuple

import numpy as np

from simulator.engine.compiled.draw_tape import Chances, DrawTape, chances_of
from simulator.engine.compiled.network_tape import ALWAYS, BOARD, MODE, SINGLY, SLOTS, SLOTS_END
from simulator.engine.compiled.terms import (
    OF_WORK,
    Estimates,
    Lists,
    Presence,
    Sums,
    Terms,
    WorkTape,
)
from simulator.engine.compiled.work_tape import effect_terms
from simulator.plan.compile import Plan
from simulator.plan.effects import EffectPlan
from simulator.plan.law_columns import CONSTANT
from simulator.plan.plan import NONE, Bools, Ints
from simulator.plan.work_calendar import Floats


class WorkChange(NamedTuple):
    """What is filled again of a plan's durations."""

    variables: Ints
    """The variables that are constant now, (C,)."""
    values: Floats
    chances: Chances | None
    """None where risks occur as they did."""
    tape: WorkTape
    """The rows, sums, lags and dates that are reached, and nothing else."""
    rows: Bools
    """(T,): rows of work that are written."""
    amounts: bool
    """Whether anything but work is written."""


def work_change(plan: Plan, draws: DrawTape, tape: WorkTape, variant: Plan) -> WorkChange | None:
    """How a variant's durations differ from those of its plan; None if it must be drawn anew.

    `draws` and `tape` are those of `plan`, nothing drawn in place.
    """
    if not _same_but_values(plan, variant):
        return None
    laws, other = plan.variables.table.laws, variant.variables.table.laws
    changed = laws.differing(other)
    if (other.kinds[changed] != CONSTANT).any():
        return None
    fixed = {*draws.branch.tolist(), *draws.again.tolist(), *draws.risk.tolist()}
    if not fixed.isdisjoint(changed.tolist()):
        return None
    constant = np.zeros(len(laws), dtype=bool)
    constant[changed] = True
    terms = tape.terms if variant.effects is plan.effects else effect_terms(variant.effects)
    occurs = _other_occurrences(plan.effects, variant.effects)
    reached = _reached_terms(tape.terms, terms, occurs, constant)
    part, rows, amounts = _part(tape._replace(terms=terms), reached, constant)
    return WorkChange(
        variables=changed.astype(np.int32),
        values=other.parameters[changed, 0],
        chances=chances_of(variant.effects) if occurs.any() else None,
        tape=part,
        rows=rows,
        amounts=amounts,
    )


def scheduled_over(rows: Ints) -> Bools:
    """The rows (T,) of a network's tape whose work or presence scheduling may write over."""
    simple = (rows[MODE] < SINGLY) & (rows[SLOTS] == rows[SLOTS_END])
    return np.asarray(~(simple & (rows[BOARD] == 0) & (rows[ALWAYS] != 0)))


def _same_but_values(plan: Plan, variant: Plan) -> bool:
    """Whether two plans draw the same addresses for the same rows, and hit them alike."""
    a, b, drawn, others = plan.effects, variant.effects, plan.variables, variant.variables
    same = plan.work is variant.work and a.epochs == b.epochs == 1
    same &= a.effects is b.effects and a.firsts is b.firsts and a.stops is b.stops
    same &= a.inside is b.inside
    same &= [risk.variable for risk in a.risks] == [risk.variable for risk in b.risks]
    same &= drawn.addresses is others.addresses and drawn.table.names is others.table.names
    return same and drawn.equal is others.equal and drawn.dense is others.dense


def _other_occurrences(a: EffectPlan, b: EffectPlan) -> Bools:
    """Which risks (R,) may occur otherwise; conditions read risks that come before."""
    found = np.zeros(len(a.risks), dtype=bool)
    for number, (one, other) in enumerate(zip(a.risks, b.risks, strict=True)):
        if one is not other:
            found[number] = (one.conditions, one.otherwise, one.levers[0]) != (
                other.conditions, other.otherwise, other.levers[0]
            )  # fmt: skip
        found[number] |= any(found[before] for before, _ in other.conditions)
    return found


def _reached_terms(before: Terms, after: Terms, occurs: Bools, constant: Bools) -> Bools:
    """Which terms (E,) may come to something else."""
    found = occurs[before.risk] | (after.left != before.left) | (after.fixed != before.fixed)
    return np.asarray(found | _named(constant, before.variable))


def _part(tape: WorkTape, reached: Bools, constant: Bools) -> tuple[WorkTape, Bools, bool]:
    """The part of a tape that terms and constant variables reach; its rows; whether amounts."""
    rows, sums = tape.estimates, tape.sums
    own = _named(constant, rows.variable) | _named(constant, rows.class_variable)
    own |= _any(rows.factors, reached)
    exact = np.zeros(int(rows.keeps.max(initial=NONE)) + 1, dtype=bool)
    exact[rows.keeps[own & (rows.keeps != NONE)]] = True
    own |= _named(exact, rows.repeats)
    summed = _any(sums.terms, reached)
    of_work = sums.group == OF_WORK
    written = np.zeros(len(tape.always), dtype=bool)
    written[rows.row[own]] = True
    written[rows.plain_row[constant[rows.plain_variable]]] = True
    written[sums.slot[summed & of_work]] = True
    # A delay is added to the work, which is filled first.
    summed |= of_work & written[np.where(of_work, sums.slot, 0)]
    lags, dates = (
        each if constant[each].any() else each[:0]
        for each in (tape.lag_variable, tape.date_variable)
    )
    part = tape._replace(
        estimates=_chosen_estimates(rows, written),
        sums=_chosen_sums(sums, summed),
        presence=_nothing_present(tape.presence),
        lag_variable=lags,
        date_variable=dates,
    )
    amounts = bool(len(lags) or len(dates) or (summed & ~of_work).any() or exact.any())
    return part, written, amounts


def _chosen_estimates(rows: Estimates, written: Bools) -> Estimates:
    constant, plain = written[rows.constant_row], written[rows.plain_row]
    own = written[rows.row]
    return Estimates(
        rows.constant_row[constant], rows.constant[constant], rows.plain_row[plain],
        rows.plain_variable[plain], rows.plain_scale[plain], rows.row[own], rows.variable[own],
        rows.scale[own], rows.class_variable[own], rows.class_fixed[own], rows.repeats[own],
        rows.keeps[own], _chosen(rows.factors, own),
    )  # fmt: skip


def _chosen_sums(sums: Sums, own: Bools) -> Sums:
    return Sums(sums.group[own], sums.slot[own], sums.low[own], _chosen(sums.terms, own))


def _nothing_present(tape: Presence) -> Presence:
    """Presence is as it was drawn: nothing of it is filled again."""
    none = tape.row[:0]
    return Presence(none, none, none, none, none, Lists(tape.rows.first[:1], none), none)


def _chosen(lists: Lists, own: Bools) -> Lists:
    """Some of the lists, in their order."""
    lengths = np.diff(lists.first)
    first = np.zeros(np.count_nonzero(own) + 1, dtype=np.int32)
    np.cumsum(lengths[own], out=first[1:])
    return Lists(first, lists.item[np.repeat(own, lengths)])


def _any(lists: Lists, marked: Bools) -> Bools:
    """Which lists (K,) have a marked item."""
    owner = np.repeat(np.arange(len(lists.first) - 1), np.diff(lists.first))
    found = np.zeros(len(lists.first) - 1, dtype=bool)
    found[owner[marked[lists.item]]] = True
    return found


def _named(marked: Bools, numbers: Ints) -> Bools:
    """Which numbers are marked; `NONE` is not."""
    return np.append(marked, False)[numbers]  # NONE is -1
