"""What a plan's durations depend on besides draws, flattened to arrays that kernels read.

T rows, R risks, H hits of `apply: first`; numbers of rows, variables and risks are the plan's. It
holds for plans whose mitigations are all in force from the start (one epoch).
"""

from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.rounding import LONGEST, whole
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.effects import EffectPlan
from simulator.plan.plan import NONE, Ints
from simulator.plan.targets import DELAY, FACTOR, WAIT_ELAPSED, WAIT_WORKING
from simulator.plan.work import WorkPlan
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]
_LONGEST = float(LONGEST)
_KINDS = (DELAY, WAIT_ELAPSED, WAIT_WORKING)
OF_WORK, OF_STOPS = 0, 6
"""Groups of `Sums`; 1 and 2 are the waits, 3 to 5 `first_*` in the same order."""


class Terms(NamedTuple):
    """What risks bring about where they occur, each (E,): the effects, then `firsts`, then `stops`.

    Without a variable `fixed` is the factor, amount or instant, mitigated and rounded.
    """

    risk: Ints
    variable: Ints
    fixed: Floats
    scale: Floats
    left: Floats
    """What mitigations leave of it."""


class Lists(NamedTuple):
    """A list of numbers for each of K: `item[first[k]:first[k + 1]]`."""

    first: Ints
    item: Ints


class Estimates(NamedTuple):
    """Rows that are constant, those of one variable, and all others (G,), rework rounds last."""

    constant_row: Ints
    constant: Floats
    plain_row: Ints
    plain_variable: Ints
    plain_scale: Floats
    row: Ints
    variable: Ints
    """Of the estimate, or of a rework round's share of it."""
    scale: Floats
    """Of the variable; the estimate or share itself where there is none."""
    class_variable: Ints
    class_fixed: Floats
    repeats: Ints
    """Row of `exact` that a rework round takes its share of; else `NONE`."""
    keeps: Ints
    """Row of `exact` that keeps the work unrounded, for rework rounds; else `NONE`."""
    factors: Lists


class Sums(NamedTuple):
    """What terms are added up in (K,): rows of work, waits, `first_*` or `stop_at`."""

    group: Ints
    slot: Ints
    """The row in the array of its group."""
    low: Floats
    """What an amount is at least."""
    terms: Lists


class Presence(NamedTuple):
    """What makes rows present: branches, then rework rounds in sequence."""

    row: Ints
    branch: Ints
    outcome: Ints
    begins: Ints
    """The row whose presence begins a sequence of rounds, `NONE` for its later rounds (Q,)."""
    again: Ints
    """The row of `again` that a round depends on, `NONE` where it is certain (Q,)."""
    rows: Lists
    """What is present in each round."""
    base: Ints
    """The row that each of those repeats."""


class WorkTape(NamedTuple):
    """All that durations depend on besides draws."""

    always: Bytes
    """(T,): 1 for rows that are present in every iteration; `exists` is not written for them."""
    elapsed_slot: Ints
    working_slot: Ints
    """(T,): the row of `elapsed` or `working` that holds a row's waits; `NONE` without any."""
    first_offset: Ints
    """(H + 1,): candidates of hit h are rows `first_offset[h]` to `[h + 1]` of `first_*`."""
    terms: Terms
    estimates: Estimates
    sums: Sums
    presence: Presence
    lag_variable: Ints
    lag_share: Bytes
    date_variable: Ints
    date_share: Bytes


class WorkArrays(NamedTuple):
    """What `fill_durations` writes, in the order of its parameters, and its scratch space."""

    work: Floats
    exists: Bytes
    elapsed: Floats
    working: Floats
    lags: Floats
    dates: Floats
    first_delay: Floats
    first_elapsed: Floats
    first_working: Floats
    stop_at: Floats
    exact: Floats
    """Unrounded work of the rows that rework rounds repeat."""
    scratch: Floats


def arrays_for(tape: WorkTape, lanes: int) -> WorkArrays:
    """Arrays for as many lanes; what no kernel writes is already right in them."""
    firsts, sums = int(tape.first_offset[-1]), tape.sums.group
    counts = (
        tape.elapsed_slot.max(initial=NONE) + 1, tape.working_slot.max(initial=NONE) + 1,
        len(tape.lag_variable), len(tape.date_variable), firsts, firsts, firsts,
        np.count_nonzero(sums == OF_STOPS), tape.estimates.keeps.max(initial=NONE) + 1, 2,
    )  # fmt: skip
    others = (np.zeros((int(count), lanes)) for count in counts)
    shape = len(tape.always), lanes
    return WorkArrays(np.zeros(shape), np.ones(shape, dtype=np.uint8), *others)


# -- from plan to tape ---------------------------------------------------------------------------


def work_tape(plan: Plan, keep_margin: bool) -> WorkTape:
    """Flatten what the durations of a plan of one epoch depend on."""
    effects, count = plan.effects, len(plan.work.fixed)
    waiting = [
        _slots(np.unique(_joined([e.rows for e in effects.effects if e.kind == kind])), count)
        for kind in (WAIT_ELAPSED, WAIT_WORKING)
    ]
    presence, always = _presence(plan.work)
    links = plan.network.links
    share = np.zeros(len(plan.lag_variables), dtype=np.uint8)
    drawn = links.lag_variable != NONE
    share[links.lag_variable[drawn]] = links.lag_drawn_share[drawn]
    return WorkTape(
        always=always,
        elapsed_slot=waiting[0],
        working_slot=waiting[1],
        first_offset=_offsets([len(first.candidates) for first in effects.firsts]),
        terms=effect_terms(effects),
        estimates=_estimates(plan, keep_margin),
        sums=_sums(effects, [np.arange(count, dtype=np.int32), *waiting]),
        presence=presence,
        lag_variable=_ints(plan.lag_variables),
        lag_share=share,
        date_variable=_ints(plan.date_variables),
        date_share=np.zeros(len(plan.date_variables), dtype=np.uint8),
    )


def _estimates(plan: Plan, keep_margin: bool) -> Estimates:
    spec, count = plan.work, len(plan.work.fixed)
    repeats = [
        (row, base, share)
        for rework in spec.rework
        for rows, share in zip(rework.rows, rework.shares, strict=True)
        for row, base in rows
    ]
    repeated = _ints([row for row, _, _ in repeats])
    bases = _ints([base for _, base, _ in repeats])
    shares = [share for _, _, share in repeats]
    kept = _slots(np.unique(bases), count)
    empty = np.zeros(count, dtype=bool) if keep_margin else spec.margin
    variable = np.where(empty, NONE, spec.variable).astype(np.int32)
    classed = np.where(empty, NONE, spec.class_variable).astype(np.int32)
    scale = np.where(variable == NONE, np.where(empty, 0.0, spec.fixed), spec.scale)
    factors = [(k, e.rows) for k, e in enumerate(plan.effects.effects) if e.kind == FACTOR]
    special = (classed != NONE) | (kept != NONE)
    special |= (variable != NONE) & (spec.class_fixed != 1.0)
    special[_joined([rows for _, rows in factors])] = True
    estimated = np.ones(count, dtype=bool)
    estimated[repeated] = False
    constant = _ints(np.flatnonzero(estimated & ~special & (variable == NONE)))
    plain = _ints(np.flatnonzero(estimated & ~special & (variable != NONE)))
    row = _ints(np.flatnonzero(estimated & special))
    none = np.full(len(repeated), NONE, dtype=np.int32)
    return Estimates(
        constant,
        whole(np.maximum(scale[constant] * spec.class_fixed[constant], 0.0)),
        plain,
        variable[plain],
        scale[plain],
        np.append(row, repeated),
        np.append(variable[row], _ints([share.variable for share in shares])),
        np.append(scale[row], _floats([s.fixed if s.is_fixed else s.scale for s in shares])),
        np.append(classed[row], none),
        np.append(spec.class_fixed[row], np.ones(len(repeated))),
        np.append(np.full_like(row, NONE), kept[bases]),
        np.append(kept[row], none),
        _factors(factors, _slots(row, count), len(row) + len(repeated)),
    )


def _factors(factors: list[tuple[int, Ints]], slots: Ints, count: int) -> Lists:
    """The factors of each row in the order of effects; rework rounds take those of their base."""
    rows = _joined([rows for _, rows in factors])
    numbers = np.repeat(_ints([k for k, _ in factors]), [len(rows) for _, rows in factors])
    chosen = slots[rows] != NONE
    return _lists(slots[rows[chosen]], numbers[chosen], count)


def effect_terms(effects: EffectPlan) -> Terms:
    """The terms of all risks, under the mitigations in force in the first epoch."""
    found = [(e.kind, e.risk, e.operand) for e in effects.effects]
    for first in effects.firsts:
        found += [(kind, first.risk, o) for kind, operands in first.terms for o in operands]
    # By the start of a row that it hits: the pass puts that start where it finds -inf.
    by_start = Operand(-np.inf)
    found += [("", stop.risk, by_start if stop.at is None else stop.at) for stop in effects.stops]
    left = [float(effects.risks[risk].effects[0]) if kind else 1.0 for kind, risk, _ in found]
    return Terms(
        _ints([risk for _, risk, _ in found]),
        _ints([operand.variable for _, _, operand in found]),
        _floats([_fixed(k, o, e) for (k, _, o), e in zip(found, left, strict=True)]),
        _floats([operand.scale for _, _, operand in found]),
        _floats(left),
    )


def _fixed(kind: str, operand: Operand, left: float) -> float:
    """What a fixed operand comes to; 0 for one that is drawn."""
    value = operand.fixed
    if not operand.is_fixed:
        return 0.0
    if kind == FACTOR:
        return value if left == 1.0 else 1.0 + (value - 1.0) * left
    amount = float(whole(value * left)) if value != -np.inf else value
    return max(0.0, amount) if kind in (WAIT_ELAPSED, WAIT_WORKING) else amount


def _sums(effects: EffectPlan, slots: list[Ints]) -> Sums:
    """Sums of amounts; `slots[g]` (T,) is where a row stands in the array of group g."""
    group, slot, term = [_ints([])], [_ints([])], [_ints([])]

    def add(to: int, where: Ints, number: int | Ints) -> None:
        group.append(np.full_like(where, to))
        slot.append(where)
        term.append(np.full_like(where, number))

    for number, effect in enumerate(effects.effects):
        if effect.kind != FACTOR:
            to = _KINDS.index(effect.kind)
            add(to, slots[to][effect.rows], number)
    number, offset = len(effects.effects), 0
    for first in effects.firsts:
        places = np.arange(len(first.candidates), dtype=np.int32)
        for kind, _ in first.terms:
            add(3 + _KINDS.index(kind), places + offset, places + number)
            number += len(places)
        offset += len(places)
    stops = np.arange(len(effects.stops), dtype=np.int32)
    add(OF_STOPS, stops, stops + number)
    slots_of = _joined(slot)
    most = int(slots_of.max(initial=0)) + 1
    found, inverse = np.unique(
        _joined(group).astype(np.int64) * most + slots_of, return_inverse=True
    )
    groups, places = np.divmod(found, most)
    low = np.array([-_LONGEST, 0.0, 0.0, -_LONGEST, 0.0, 0.0, -_LONGEST])[groups]
    return Sums(_ints(groups), _ints(places), low, _lists(inverse, _joined(term), len(found)))


def _presence(spec: WorkPlan) -> tuple[Presence, Bytes]:
    """Branches and rounds, and the rows that are there whatever is drawn (T,)."""
    chosen = np.flatnonzero(spec.on[:, 0] != NONE).astype(np.int32)
    always = np.ones(len(spec.on), dtype=np.uint8)
    always[chosen] = 0
    begins: list[int] = []
    again: list[int] = []
    repeats: list[tuple[tuple[int, int], ...]] = []
    offset = 0
    for rework in spec.rework:
        active = bool(always[rework.row])
        for number, rows in enumerate(rework.rows):
            certain = number < rework.at_least
            active = active and certain
            begins.append(NONE if number else rework.row)
            again.append(NONE if certain else offset + number)
            repeats.append(rows)
            for row, base in rows:
                always[row] = active and bool(always[base])
        offset += len(rework.chances)
    pairs = [pair for rows in repeats for pair in rows]
    lists = Lists(_offsets([len(rows) for rows in repeats]), _ints([row for row, _ in pairs]))
    branch, outcome = (np.array(column) for column in spec.on[chosen].T)
    bases = _ints([base for _, base in pairs])
    return Presence(chosen, branch, outcome, _ints(begins), _ints(again), lists, bases), always


def _lists(slot: npt.NDArray[np.integer], item: Ints, count: int) -> Lists:
    """For each of `count` slots the items that belong to it, in their order."""
    order = np.argsort(slot, kind="stable")
    return Lists(_ints(np.searchsorted(slot[order], np.arange(count + 1))), item[order])


def _slots(rows: Ints, count: int) -> Ints:
    """Where each of `count` rows stands in a list of some of them, `NONE` for the others."""
    found = np.full(count, NONE, dtype=np.int32)
    found[rows] = np.arange(len(rows))
    return found


def _offsets(lengths: list[int]) -> Ints:
    return _ints(list(accumulate(lengths, initial=0)))


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([_ints([]), *parts])


def _ints(values: npt.ArrayLike) -> Ints:
    return np.array(values, dtype=np.int32)


def _floats(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)
