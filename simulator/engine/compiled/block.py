"""A span of iterations by the compiled engine: chunk by chunk, a few hundred lanes at a time."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.engine.addresses import LANE
from simulator.engine.compiled.calendars import raise_trouble
from simulator.engine.compiled.calling import address_of
from simulator.engine.compiled.cost_arrays import CostArrays, cost_arrays
from simulator.engine.compiled.costs import fill_costs
from simulator.engine.compiled.dispatch_tape import Desk, desk_for, pool_tape
from simulator.engine.compiled.draw_tape import draw_tape
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.durations import draw_work
from simulator.engine.compiled.follow import Kept, follow, kept_for
from simulator.engine.compiled.found import Found, Sizes, cut, nothing_found
from simulator.engine.compiled.in_place import drawn_in_place
from simulator.engine.compiled.lanes import (
    ALONE,
    EXISTS,
    READY,
    WORK,
    Lanes,
    lanes_for,
)
from simulator.engine.compiled.memory import blank, scratch
from simulator.engine.compiled.money_rows import sure_of
from simulator.engine.compiled.money_tape import money_tape
from simulator.engine.compiled.network_tape import (
    AT_STOP,
    Layout,
    network_tape,
)
from simulator.engine.compiled.outcome_tape import outcome_tape
from simulator.engine.compiled.positive import least_values, positive_rows
from simulator.engine.compiled.schemes import scheme_tape
from simulator.engine.compiled.span import unfold
from simulator.engine.compiled.span_tape import (
    SpanTape,
    Stages,
    Stretch,
    Totals,
    Views,
    span_tape,
    totals_for,
)
from simulator.engine.compiled.terms import WorkArrays, arrays_for
from simulator.engine.compiled.unit_hits import hit_pools, hit_tape
from simulator.engine.compiled.versions import versions_of
from simulator.engine.compiled.work_tape import work_tape
from simulator.engine.sampling import Sampling
from simulator.engine.sums import CHUNK, QUARTERS
from simulator.plan.compile import Plan
from simulator.plan.plan import Ints, TaskPlan

_LANES = ((400, 512), (2_000, 256), (8_000, 128), (16_000, 64))
_LANES_OF_MORE = 256
"""Plans of at most so many rows, and how many lanes are worked on together: what is known of them
all should stay in a cache. Of more rows it would not, and fewer calls take less time."""


@dataclass(frozen=True, slots=True)
class Room:
    """Arrays that one thread works in."""

    drawn: Drawn
    given: WorkArrays
    lanes: Lanes
    kept: Kept
    money: CostArrays
    views: Views
    totals: Totals
    desk: Desk | None
    """Where rows are dispatched; None without finite pools."""


class CompiledBlocks:
    """A plan flattened once; spans of it may be simulated by several threads at a time."""

    def __init__(
        self,
        plan: Plan,
        sampling: Sampling,
        *,
        keep_margin: bool,
        finishes: tuple[tuple[int, TaskPlan | None], ...],
        targets: tuple[Ints, ...],
        in_place: bool = True,
    ) -> None:
        """Flatten a plan; `finishes`, `targets` as in `outcome_tape`.

        Unless rows may be drawn `in_place`, the value of every variable is kept while lanes last.
        """
        self.plan = plan
        self.versions = versions_of(plan)
        draws, work = draw_tape(plan), work_tape(plan, self.versions, keep_margin)
        self.draws, self.work = drawn_in_place(plan, draws, work)
        always = self.work.always.astype(bool)
        always[list(plan.network.unfolding.conditions)] = False  # the schedule decides
        stops = bool(plan.effects.stops)
        self.work_apart = stops or self.versions.count > 0
        self.presence_changes = stops or bool(plan.network.rows.span.any())
        self.presence_changes |= bool(plan.network.unfolding.conditions)
        positive = positive_rows(least_values(draws), work)
        if not in_place:
            self.draws, self.work = draws, work
        self.network = network_tape(plan.network, always, self.layout(), positive)
        self.kept = outcome_tape(plan, always, finishes, targets)
        self.money, self.wanted = money_tape(plan, sure_of(self.network))
        pools = plan.network.pools
        self.pools, self.hits = None, None
        if pools is not None:
            self.pools = pool_tape(plan.network, pools, self.layout(), self.network)
            self.hits = hit_tape(plan)
        rows = len(plan.network.rows)
        self.lanes = next((lanes for most, lanes in _LANES if rows <= most), _LANES_OF_MORE)
        self.span = self.span_of(plan)
        self.scheme = scheme_tape(sampling, self.draws.addresses)
        self._rooms: list[Room] = []

    def drawn(self, sampling: Sampling) -> "CompiledBlocks":
        """The same plan drawn otherwise; what is made of the plan, and rooms, are shared."""
        found = copy(self)
        found.scheme = scheme_tape(sampling, self.draws.addresses)
        return found

    def span_of(self, plan: Plan) -> SpanTape:
        """What spans need of a plan, this one or one that is drawn as it."""
        return span_tape(
            plan,
            self.versions,
            self.wanted,
            run=self.lanes // QUARTERS,
            work_apart=self.work_apart,
            presence_changes=self.presence_changes,
            costs=not self.money.empty,
        )

    def layout(self) -> Layout:
        """How the amounts of lanes are laid out."""
        effects, tape = self.plan.effects, self.work

        def rows(slots: Ints) -> tuple[int, ...]:
            return tuple(np.flatnonzero(slots >= 0).tolist())

        return Layout(
            elapsed=rows(tape.elapsed_slot),
            working=rows(tape.working_slot),
            lags=len(self.plan.lag_variables),
            dates=len(self.plan.date_variables),
            firsts=tuple(np.asarray(first.candidates) for first in effects.firsts),
            versioned=tuple(self.versions.rows.tolist()),
            thresholds=tuple(effects.thresholds.tolist()),
            stops=tuple(
                (stop.rows, stop.hit_rows if stop.at is None else None) for stop in effects.stops
            ),
            meetings=len(self.plan.network.unfolding.board_tasks),
        )

    def simulate(self, start: int, stop: int, keep: int) -> Found:
        """Simulate iterations from `start`, a multiple of 1,024; tasks of the first `keep`."""
        room = self.take_room()
        room.lanes.sums[:] = 0
        room.totals.months[:] = 0
        if room.desk is not None:
            room.desk.sums[:] = 0
        chunks = -(-(stop - start) // CHUNK)
        found = self.nothing(chunks, -(-keep // CHUNK))
        self.unfold(room, found, Stretch(start // CHUNK, 0, stop - start, 0, LANE))
        found.ready[:] = room.lanes.sums[READY, : len(found.ready)]
        found.alone[:] = room.lanes.sums[ALONE, : len(found.alone)]
        if room.desk is not None:
            found.waited[:] = room.desk.sums
        months = int(room.totals.months[0])
        self.give_room(room)
        return cut(found, stop - start, keep, max(months, 1))

    def unfold(self, room: Room, found: Found, stretch: Stretch, *, drawing: bool = True) -> None:
        """Simulate a stretch of iterations, as `span.unfold`.

        Raises
        ------
        RunError
            Something in the plan has no end, or no time to work.
        """
        unfold(*self._unfolding(self._stages(room), room, found, stretch, drawing))
        raise_trouble(room.lanes.trouble, self.plan.network)
        raise_trouble(room.money.trouble, self.plan.network)

    def make_rooms(self, count: int) -> None:
        """Have arrays for so many threads, before they are asked for."""
        self._rooms += [self.new_room() for _ in range(count - len(self._rooms))]

    def take_room(self) -> Room:
        """Arrays that no other thread works in."""
        return self._rooms.pop() if self._rooms else self.new_room()

    def give_room(self, room: Room) -> None:
        """Let others have arrays that are done with."""
        self._rooms.append(room)

    def kernels(self) -> tuple[Callable[[], object], ...]:
        """Calls of every kernel for no lane at all, so that it is compiled or loaded."""
        room, nothing = self.new_room(), Stages(0, 0, 0)
        return (
            lambda: address_of(*self._scheduling(room)),
            lambda: self.cost(room, 0),
            lambda: unfold(
                *self._unfolding(nothing, room, self.nothing(1, 0), Stretch(0, 0, 0, 0, 0), True)
            ),
            lambda: self.draw(room, 0, 0, 0),
        )

    def _stages(self, room: Room) -> Stages:
        """Where the kernels are that a span is made by."""
        return Stages(
            draw=address_of(draw_work, self._drawing(room, 0, 0, 0)),
            schedule=address_of(*self._scheduling(room)),
            cost=address_of(fill_costs, self._costing(room, 0)),
        )

    def _unfolding(
        self, stages: Stages, room: Room, found: Found, stretch: Stretch, drawing: bool
    ) -> tuple[Any, ...]:
        return (
            stages, stretch, self.span, self.draws, self.scheme, self.work, self.network, self.kept,
            self.money, room.drawn, room.given, room.lanes, room.kept, room.money, room.views,
            room.totals, found, self.pools, room.desk, self.hits, drawing,
        )  # fmt: skip

    def draw(self, room: Room, chunk: int, first: int, n: int) -> None:
        """Draw n lanes, from a counter of a chunk on, and turn what is drawn into durations."""
        draw_work(*self._drawing(room, chunk, first, n))

    def _drawing(self, room: Room, chunk: int, first: int, n: int) -> tuple[Any, ...]:
        return self.draws, self.scheme, self.work, chunk, first, n, room.drawn, room.given

    def _scheduling(self, room: Room) -> tuple[Any, tuple[Any, ...]]:
        """The kernel that schedules, and its arguments for no lane."""
        own = self.kept, room.lanes, room.kept
        if self.pools is None:
            return follow, (self.network, *own, self.span.starts, self.span.ends, 0, False)
        from simulator.engine.compiled.dispatch import dispatch  # noqa: PLC0415 - compiles

        return dispatch, (self.network, self.pools, *own, room.desk, 0, False)

    def cost(self, room: Room, n: int) -> None:
        """Cost n lanes that are scheduled."""
        fill_costs(*self._costing(room, n))

    def _costing(self, room: Room, n: int) -> tuple[Any, ...]:
        return (
            self.money, n, room.drawn.values, room.drawn.occurs, room.given.work,
            room.given.exists, *room.views, room.kept.out, room.money,
        )  # fmt: skip

    def nothing(self, chunks: int, kept: int) -> Found:
        """Room for what whole chunks give, and for the tasks of the first of them."""
        return nothing_found(
            chunks,
            kept,
            Sizes(
                outcomes=len(self.kept.kind) + 1,
                targets=len(self.kept.target_first) - 1,
                tasks=len(self.span.bases),
                rows=self.network.rows.shape[1],
                links=self.network.links.shape[1],
                risks=len(self.plan.effects.risks),
                reworks=len(self.plan.work.rework),
                months=max(self._months(), 1),
                accounts=len(self.plan.money.accounts),
                needs=0 if self.pools is None else len(self.pools.pool),
                meetings=len(self.plan.network.unfolding.board_tasks),
            ),
        )

    def _months(self) -> int:
        return 0 if self.money.empty else len(self.plan.money.months)

    def new_room(self) -> Room:
        """Arrays for one thread."""
        wide, plan = self.lanes, self.plan
        lanes = lanes_for(self.network, wide)
        rounds = sum(len(rework.chances) for rework in plan.work.rework)
        drawn = Drawn(
            values=scratch((len(plan.variables), wide)),
            occurs=blank(len(self.draws.risk), wide, dtype=np.uint8),
            taken=blank(len(plan.work.branches), wide, dtype=np.int32),
            again=blank(rounds, wide, dtype=np.uint8),
            words=blank(wide, dtype=np.uint32),
            scratch=blank(4, wide),
        )
        return Room(
            drawn=drawn,
            given=self._given(lanes),
            lanes=lanes,
            kept=kept_for(self.kept, self.network.rows.shape[1], len(self.span.bases), wide),
            **self.new_books(lanes),
            desk=self.new_desk(),
        )

    def new_books(self, lanes: Lanes) -> dict[str, Any]:
        """Where one thread adds up money: `money`, `views` of lanes, `totals`."""
        money, stops = cost_arrays(self.money, self.lanes), int(self.network.lists[AT_STOP])
        last = stops + len(self.plan.effects.stops)
        return {
            "money": money,
            "views": Views(
                lanes.times.reshape(-1, self.lanes),
                lanes.flags.reshape(-1, self.lanes),
                lanes.amounts[stops:last],
            ),
            "totals": totals_for(len(money.cash), len(money.accounts)),
        }

    def new_desk(self) -> Desk | None:
        """Where one thread dispatches; None without finite pools."""
        if self.pools is None:
            return None
        targets, hits = len(self.kept.target_first) - 1, hit_pools(self.plan)
        return desk_for(self.plan.network, self.pools, self.lanes, targets, hits)

    def _given(self, lanes: Lanes) -> WorkArrays:
        """Durations laid out as amounts of the lanes; work and presence too where nothing stops."""
        given = arrays_for(
            self.work,
            self.lanes,
            None if self.work_apart else lanes.times[WORK],
            None if self.presence_changes else lanes.flags[EXISTS],
        )
        at = 0
        parts: dict[str, Any] = {}
        for name in (
            "elapsed", "working", "lags", "dates", "first_delay", "first_elapsed", "first_working",
        ):  # fmt: skip
            rows = len(getattr(given, name))
            parts[name] = lanes.amounts[at : at + rows]
            at += rows
        at += self.versions.count
        for name in ("version_elapsed", "version_working"):
            parts[name] = lanes.amounts[at : at + self.versions.count]
            at += self.versions.count
        return given._replace(**parts)
