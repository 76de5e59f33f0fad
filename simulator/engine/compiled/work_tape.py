"""A plan's estimates, effects and presence flattened to the tape that durations are filled from."""

from itertools import accumulate

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.terms import (
    OF_STOPS,
    OF_VERSIONS,
    OF_WORK,
    Bytes,
    Estimates,
    Lists,
    Presence,
    Sums,
    Terms,
    WorkTape,
)
from simulator.engine.compiled.versions import Versions, changing_effects
from simulator.engine.rounding import LONGEST, whole
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.effects import EffectPlan, StopEffect
from simulator.plan.plan import NONE, Ints
from simulator.plan.targets import DELAY, FACTOR, WAIT_ELAPSED, WAIT_WORKING
from simulator.plan.work import WorkPlan
from simulator.plan.work_calendar import Floats

_LONGEST = float(LONGEST)
_KINDS = (DELAY, WAIT_ELAPSED, WAIT_WORKING)


def work_tape(plan: Plan, versions: Versions, keep_margin: bool) -> WorkTape:
    """Flatten what the durations of a plan, whose rows have these versions, depend on."""
    effects, count = plan.effects, versions.total
    steady = [e for k, e in enumerate(effects.effects) if k not in versions.changing]
    waiting = [
        _slots(np.unique(_joined([e.rows for e in steady if e.kind == kind])), count)
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
        epochs=effects.epochs,
        versions=versions.count,
        terms=effect_terms(effects),
        estimates=_estimates(plan, keep_margin, versions),
        sums=_sums(effects, [np.arange(count, dtype=np.int32), *waiting], versions),
        presence=presence,
        lag_variable=_ints(plan.lag_variables),
        lag_share=share,
        date_variable=_ints(plan.date_variables),
        date_share=np.zeros(len(plan.date_variables), dtype=np.uint8),
    )


def _estimates(plan: Plan, keep_margin: bool, versions: Versions) -> Estimates:
    spec, origin = plan.work, versions.origin
    count = len(origin)
    repeats = _repeats(plan, versions)
    repeated = _ints([row for row, _, _ in repeats])
    bases = _ints([base for _, base, _ in repeats])
    shares = [share for _, _, share in repeats]
    kept = _slots(np.unique(bases), count)
    empty = np.zeros(versions.total, dtype=bool) if keep_margin else spec.margin
    variable = np.where(empty, NONE, spec.variable).astype(np.int32)[origin]
    classed = np.where(empty, NONE, spec.class_variable).astype(np.int32)[origin]
    fixed = np.where(empty, 0.0, spec.fixed)[origin]
    scale = np.where(variable == NONE, fixed, spec.scale[origin])
    class_fixed = spec.class_fixed[origin]
    factors = _factor_rows(plan.effects, versions)
    special = (classed != NONE) | (kept != NONE)
    special |= (variable != NONE) & (class_fixed != 1.0)
    special[_joined([rows for _, rows in factors])] = True
    special[versions.total :] = True
    estimated = np.ones(count, dtype=bool)
    estimated[repeated] = False
    constant = _ints(np.flatnonzero(estimated & ~special & (variable == NONE)))
    plain = _ints(np.flatnonzero(estimated & ~special & (variable != NONE)))
    row = _ints(np.flatnonzero(estimated & special))
    none = np.full(len(repeated), NONE, dtype=np.int32)
    return Estimates(
        constant,
        whole(np.maximum(scale[constant] * class_fixed[constant], 0.0)),
        plain,
        variable[plain],
        scale[plain],
        np.append(row, repeated),
        np.append(variable[row], _ints([share.variable for share in shares])),
        np.append(scale[row], _floats([s.fixed if s.is_fixed else s.scale for s in shares])),
        np.append(classed[row], none),
        np.append(class_fixed[row], np.ones(len(repeated))),
        np.append(np.full_like(row, NONE), kept[bases]),
        np.append(kept[row], none),
        _factors(factors, _slots(row, count), len(row) + len(repeated)),
    )


def _repeats(plan: Plan, versions: Versions) -> list[tuple[int, int, Operand]]:
    """The rounds of rework, the rows whose work they repeat, and how much of it."""
    found = [
        (row, base, share)
        for rework in plan.work.rework
        for rows, share in zip(rework.rows, rework.shares, strict=True)
        for row, base in rows
    ]
    later = [
        (versions.one(row, epoch), versions.one(base, epoch), share)
        for epoch in range(versions.epochs)
        for row, base, share in found
        if versions.slots[row] != NONE
    ]
    return [*found, *later]


def _factor_rows(effects: EffectPlan, versions: Versions) -> list[tuple[int, Ints]]:
    """The terms that are factors, with the rows and versions that they multiply, in the order in
    which they do: those that change come last."""
    factors = [(k, e.rows) for k, e in enumerate(effects.effects) if e.kind == FACTOR]
    steady = [(k, versions.everywhere(rows)) for k, rows in factors if k not in versions.changing]
    changing = [(k, rows) for k, rows in factors if k in versions.changing]
    later = [
        (versions.term(k, epoch), versions.of(rows, epoch))
        for k, rows in changing
        for epoch in range(versions.epochs)
    ]
    return [*steady, *changing, *later]


def _factors(factors: list[tuple[int, Ints]], slots: Ints, count: int) -> Lists:
    """The factors of each row in the order of effects; rework rounds take those of their base."""
    rows = _joined([rows for _, rows in factors])
    numbers = np.repeat(_ints([k for k, _ in factors]), [len(rows) for _, rows in factors])
    chosen = slots[rows] != NONE
    return _lists(slots[rows[chosen]], numbers[chosen], count)


def effect_terms(effects: EffectPlan) -> Terms:
    """The terms of all risks, under the mitigations in force in each epoch."""
    epochs = range(effects.epochs)
    changing = [effects.effects[k] for k in changing_effects(effects)]
    found = [(e.kind, e.risk, e.operand, 0) for e in effects.effects]
    found += [(e.kind, e.risk, e.operand, epoch) for epoch in epochs[1:] for e in changing]
    for epoch in epochs:
        for first in effects.firsts:
            own = [(kind, operand) for kind, operands in first.terms for operand in operands]
            found += [(kind, first.risk, operand, epoch) for kind, operand in own]
    found += [("", stop.risk, *_stop_instant(stop, effects)) for stop in effects.stops]
    each = [effects.risks[risk].effects for _, risk, _, _ in found]
    left = [
        float(scale[epoch]) if kind else 1.0
        for scale, (kind, _, _, epoch) in zip(each, found, strict=True)
    ]
    return Terms(
        _ints([epoch * len(effects.risks) + risk for _, risk, _, epoch in found]),
        _ints([operand.variable for _, _, operand, _ in found]),
        _floats([_fixed(k, o, e) for (k, _, o, _), e in zip(found, left, strict=True)]),
        _floats([operand.scale for _, _, operand, _ in found]),
        _floats(left),
    )


def _stop_instant(stop: StopEffect, effects: EffectPlan) -> tuple[Operand, int]:
    """When a stop comes, and the epoch whose mitigations may prevent it.

    By the start of a row that it hits: the pass puts that start where it finds -inf. Drawn dates
    are those of risks that are the same in every epoch.
    """
    if stop.at is None:
        return Operand(-np.inf), 0
    at = float(whole(stop.at.fixed)) if stop.at.is_fixed else -np.inf
    return stop.at, int(np.searchsorted(effects.thresholds, at, side="right"))


def _fixed(kind: str, operand: Operand, left: float) -> float:
    """What a fixed operand comes to; 0 for one that is drawn."""
    value = operand.fixed
    if not operand.is_fixed:
        return 0.0
    if kind == FACTOR:
        return value if left == 1.0 else 1.0 + (value - 1.0) * left
    amount = float(whole(value * left)) if value != -np.inf else value
    return max(0.0, amount) if kind in (WAIT_ELAPSED, WAIT_WORKING) else amount


def _sums(effects: EffectPlan, slots: list[Ints], versions: Versions) -> Sums:
    """Sums of amounts; `slots[g]` (T,) is where a row stands in the array of group g."""
    group, slot, term = [_ints([])], [_ints([])], [_ints([])]

    def add(to: int, where: Ints, number: int | Ints) -> None:
        group.append(np.full_like(where, to))
        slot.append(where)
        term.append(np.full_like(where, number))

    for number, effect in enumerate(effects.effects):
        if effect.kind == FACTOR:
            continue
        to = _KINDS.index(effect.kind)
        if number not in versions.changing:
            rows = effect.rows if to != OF_WORK else versions.everywhere(effect.rows)
            add(to, rows if to == OF_WORK else slots[to][rows], number)
            continue
        for epoch in range(versions.epochs):
            own, term_number = versions.of(effect.rows, epoch), versions.term(number, epoch)
            if to == OF_WORK:
                add(to, own, term_number)
            else:
                add(OF_VERSIONS + to, own - versions.total, term_number)
    number, offset = versions.terms, 0
    for _ in range(versions.epochs):
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
    low = np.array([-_LONGEST, 0.0, 0.0, -_LONGEST, 0.0, 0.0, -_LONGEST, 0.0, 0.0])[groups]
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
