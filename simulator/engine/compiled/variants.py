"""Variants of a plan by the compiled engine: drawn once, changed and scheduled for each.

For each few hundred lanes the plan is drawn, then every variant in turn fills again what it
changes, is scheduled and costed, and what it wrote over is put back. No criticality is counted.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import LANE
from simulator.engine.compiled.block import CompiledBlocks, Room
from simulator.engine.compiled.changes import WorkChange, scheduled_over, work_change
from simulator.engine.compiled.dispatch_tape import pool_tape
from simulator.engine.compiled.draw_tape import chances_of
from simulator.engine.compiled.found import Found, cut
from simulator.engine.compiled.lean_rows import with_lean_rows
from simulator.engine.compiled.money_rows import sure_of
from simulator.engine.compiled.money_tape import money_tape
from simulator.engine.compiled.network_tape import WORKS
from simulator.engine.compiled.positive import least_values, positive_rows
from simulator.engine.compiled.refill import choose_again, fill_again, put_back
from simulator.engine.compiled.span_tape import Stretch, lanes_there
from simulator.engine.finishes import Ends
from simulator.engine.sampling import Sampling
from simulator.engine.sums import CHUNK
from simulator.plan.compile import Plan
from simulator.plan.plan import Bools, Ints, Network, TaskPlan
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class _Variant:
    """A plan that is drawn as another, and what it changes."""

    blocks: CompiledBlocks
    change: WorkChange
    own_desk: bool
    own_money: bool


class _Kept(NamedTuple):
    """What was drawn for some lanes, where variants write over it."""

    rows: Ints
    work: Floats
    occurs: npt.NDArray[np.uint8]
    amounts: Floats
    exact: Floats
    stop_at: Floats


class CompiledVariants:
    """A plan flattened once, and variants of it that are drawn with it."""

    def __init__(
        self,
        plan: Plan,
        sampling: Sampling,
        *,
        keep_margin: bool,
        finishes: tuple[tuple[int, TaskPlan | None], ...],
    ) -> None:
        """Flatten a plan without dated mitigations; `finishes` as in `outcome_tape`."""
        self.plan = plan
        self.base = CompiledBlocks(
            plan, sampling, keep_margin=keep_margin, finishes=finishes, targets=(), in_place=False
        )
        self.least = least_values(self.base.draws)
        self.over = scheduled_over(self.base.network.rows)
        self.works: Bools = self.base.network.rows[WORKS] != 0

    def variant(self, plan: Plan) -> _Variant | None:
        """A plan as a variant of this one; None if it must be simulated by itself."""
        base = self.base
        if not _same_but_pools(self.plan.network, plan.network):
            return None
        change = work_change(self.plan, base.draws, base.work, plan)
        if change is None or not self._still_works(change):
            return None
        blocks = copy(base)
        blocks.plan, blocks.work = plan, change.tape
        pools = plan.network.pools
        own_desk = pools is not self.plan.network.pools
        if own_desk and pools is not None:
            blocks.pools = pool_tape(plan.network, pools, base.layout(), base.network)
        own_money = plan.money is not self.plan.money or _mitigated(plan) != _mitigated(self.plan)
        if own_money:
            blocks.money, blocks.wanted = money_tape(plan, sure_of(base.network))
        blocks.network = with_lean_rows(base.network, plan.network, blocks.wanted)
        blocks.span = blocks.span_of(plan)
        return _Variant(blocks, change, own_desk, own_money)

    def simulate(self, start: int, stop: int, variants: Sequence[_Variant]) -> list[Ends]:
        """Simulate iterations from `start`, a multiple of 1,024, of every variant."""
        base = self.base
        room, run = base.take_room(), base.span.run
        rooms = [_room_of(each, room) for each in variants]
        chunks = -(-(stop - start) // CHUNK)
        found = base.nothing(chunks, 0)
        own = [_own_outcomes(found) for _ in variants]
        written = np.logical_or.reduce([self.over, *(each.change.rows for each in variants)])
        for chunk in range(chunks):
            there = min(CHUNK, stop - start - chunk * CHUNK)
            number = start // CHUNK + chunk
            for first in range(0, LANE, run):
                n = int(lanes_there(there, first, run))
                if n:
                    base.draw(room, number, first, n)
                    stretch = Stretch(number, chunk, there, first, first + run)
                    self._each(variants, rooms, own, stretch, n, written)
        base.give_room(room)
        flat = [cut(each, stop - start, 0, 1) for each in own]
        return [Ends(each.outcomes[0], each.outcomes[2:], each.cost) for each in flat]

    def kernels(self) -> tuple[Callable[[], object], ...]:
        """Calls of the kernels that only variants take, for no lane at all."""
        room, tape, chances = self.base.new_room(), self.base.work, chances_of(self.plan.effects)
        none = np.zeros(0, dtype=np.int32)
        return (
            lambda: fill_again(tape, 0, room.drawn, room.given),
            lambda: choose_again(chances, 0, room.drawn),
            lambda: put_back(none, none, room.given.work, room.given.work),
        )

    def _still_works(self, change: WorkChange) -> bool:
        """Whether rows that are known to have work keep some."""
        least = self.least.copy()
        least[change.variables] = change.values
        working = positive_rows(least, change.tape)
        return bool(working[self.works & change.rows].all())

    def _each(
        self,
        variants: Sequence[_Variant],
        rooms: Sequence[Room],
        own: Sequence[Found],
        stretch: Stretch,
        n: int,
        written: Bools,
    ) -> None:
        """Schedule and cost some lanes that were drawn, under each variant in turn."""
        kept = _keep(rooms[0], written)
        again = self.over
        for variant, room, found in zip(variants, rooms, own, strict=True):
            change, blocks = variant.change, variant.blocks
            _put_back(room, kept, again & ~change.rows)
            saved = room.drawn.values[change.variables]
            room.drawn.values[change.variables] = change.values[:, None]
            if change.chances is not None:
                choose_again(change.chances, n, room.drawn)
            if len(change.variables) or change.chances is not None or change.rows.any():
                fill_again(change.tape, n, room.drawn, room.given)
            blocks.unfold(room, found, stretch, drawing=False)
            room.drawn.values[change.variables] = saved
            again = self.over | change.rows


def _same_but_pools(a: Network, b: Network) -> bool:
    """Whether two networks share everything but what is to be had of their finite pools."""
    if a is b:
        return True
    if (a.pools is None) != (b.pools is None):
        return False
    parts = ((a, b, "unfolding"), (a.unfolding, b.unfolding, "pools"))
    return all(
        getattr(one, each.name) is getattr(other, each.name)
        for one, other, but in parts
        for each in fields(one)
        if each.name != but
    )


def _mitigated(plan: Plan) -> list[float]:
    """What mitigations leave of each risk, which decides what it costs."""
    return [float(risk.effects[0]) for risk in plan.effects.risks]


def _room_of(variant: _Variant, room: Room) -> Room:
    """The arrays of a thread, with a desk and books of its own where a variant needs them."""
    blocks = variant.blocks
    if variant.own_desk:
        room = replace(room, desk=blocks.new_desk())
    if variant.own_money:
        room = replace(room, **blocks.new_books(room.lanes))
    return room


def _own_outcomes(found: Found) -> Found:
    """Outcomes of one variant; what is counted besides is shared with the others and not read."""
    return found._replace(outcomes=np.zeros_like(found.outcomes), cost=np.zeros_like(found.cost))


def _keep(room: Room, written: Bools) -> _Kept:
    """Copy what variants or their schedules write over."""
    rows, given = np.flatnonzero(written).astype(np.int32), room.given
    return _Kept(
        rows, given.work[rows], room.drawn.occurs.copy(), room.lanes.amounts.copy(),
        given.exact.copy(), given.stop_at.copy(),
    )  # fmt: skip


def _put_back(room: Room, kept: _Kept, rows: Bools) -> None:
    """Undo what variants and schedules wrote, work only in some rows."""
    given = room.given
    places = np.flatnonzero(rows[kept.rows]).astype(np.int32)
    put_back(places, kept.rows[places], kept.work, given.work)
    room.drawn.occurs[:] = kept.occurs
    room.lanes.amounts[:] = kept.amounts
    given.exact[:], given.stop_at[:] = kept.exact, kept.stop_at
