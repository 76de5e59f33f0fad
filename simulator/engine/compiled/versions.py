"""Rows whose durations depend on when they start, since mitigations come into force on dates.

Each *version* of such a row, what it is in one epoch of mitigations, is filled like a row of its
own, behind all others; whether a risk occurs in an epoch is a row of occurrences of its own.
"""

from dataclasses import dataclass

import numpy as np

from simulator.engine.durations import varying_risks
from simulator.plan.compile import Plan
from simulator.plan.effects import EffectPlan
from simulator.plan.plan import NONE, Ints
from simulator.plan.targets import FACTOR


@dataclass(frozen=True, slots=True)
class Versions:
    """The V rows (of T) that have versions, and the numbers that these and their terms take.

    Version e of row v is row ``T + e V + v``; risk r occurs in epoch e where row ``e R + r`` of
    occurrences says so.
    """

    epochs: int
    total: int
    """T"""
    rows: Ints
    """(V,), ascending."""
    slots: Ints
    """(T,): where each row stands among them, `NONE` for the others."""
    changing: tuple[int, ...]
    """The effects of risks that dated mitigations change."""
    effects: int
    """How many effects there are."""

    @property
    def count(self) -> int:
        """How many versions there are of all rows."""
        return self.epochs * len(self.rows)

    @property
    def origin(self) -> Ints:
        """The row that each row and each version is of, (T + E V,)."""
        own = np.arange(self.total, dtype=np.int32)
        return np.concatenate([own, np.tile(self.rows, self.epochs)])

    def of(self, rows: Ints, epoch: int) -> Ints:
        """The versions of those rows that have any, in their order."""
        found = self.slots[rows]
        first = self.total + epoch * len(self.rows)
        return np.asarray(first + found[found != NONE], dtype=np.int32)

    def one(self, row: int, epoch: int) -> int:
        """The version of a row; itself if it has none."""
        slot = int(self.slots[row])
        return row if slot == NONE else self.total + epoch * len(self.rows) + slot

    def everywhere(self, rows: Ints) -> Ints:
        """Rows, and all versions of those that have any."""
        return np.concatenate([rows, *(self.of(rows, epoch) for epoch in range(self.epochs))])

    def term(self, effect: int, epoch: int) -> int:
        """The number of an effect's term in an epoch: those of later epochs follow all effects."""
        if epoch == 0 or effect not in self.changing:
            return effect
        later = (epoch - 1) * len(self.changing) + self.changing.index(effect)
        return self.effects + later

    @property
    def terms(self) -> int:
        """How many terms effects have in all epochs."""
        return self.effects + (self.epochs - 1) * len(self.changing)


def changing_effects(effects: EffectPlan) -> tuple[int, ...]:
    """The effects, by number, of risks that dated mitigations change."""
    varying = varying_risks(effects)
    return tuple(k for k, effect in enumerate(effects.effects) if effect.risk in varying)


def versions_of(plan: Plan) -> Versions:
    """The rows that dated mitigations change, and the rounds of rework that repeat them."""
    effects = plan.effects
    changing = changing_effects(effects)
    hit = {int(row) for k in changing for row in effects.effects[k].rows}
    own = (effects.effects[k] for k in changing)
    factored = {int(row) for effect in own if effect.kind == FACTOR for row in effect.rows}
    for rework in plan.work.rework:
        hit |= {row for rows in rework.rows for row, base in rows if base in factored}
    rows, total = np.array(sorted(hit), dtype=np.int32), len(plan.work.fixed)
    slots = np.full(total, NONE, dtype=np.int32)
    slots[rows] = np.arange(len(rows))
    return Versions(effects.epochs, total, rows, slots, changing, len(effects.effects))
