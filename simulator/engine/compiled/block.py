"""A span of iterations by the compiled engine: chunk by chunk, a few hundred lanes at a time."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import LANE
from simulator.engine.compiled.calendars import raise_trouble
from simulator.engine.compiled.cost_arrays import CostArrays, cost_arrays
from simulator.engine.compiled.costs import fill_costs
from simulator.engine.compiled.dispatch_tape import Desk, desk_for, pool_tape
from simulator.engine.compiled.draw_tape import draw_tape
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.durations import draw_work
from simulator.engine.compiled.follow import Kept, follow, kept_for
from simulator.engine.compiled.found import Found, Sizes, cut, nothing_found, spread
from simulator.engine.compiled.in_place import drawn_in_place
from simulator.engine.compiled.lanes import (
    ALONE,
    EXISTS,
    FINISH,
    READY,
    START,
    STOPPED,
    WORK,
    Lanes,
    lanes_for,
)
from simulator.engine.compiled.money_tape import money_tape
from simulator.engine.compiled.network_tape import (
    AT_MEETING,
    AT_OCCURS,
    AT_STOP,
    AT_VERSION_WORK,
    Layout,
    network_tape,
)
from simulator.engine.compiled.outcome_tape import outcome_tape
from simulator.engine.compiled.positive import least_values, positive_rows
from simulator.engine.compiled.schemes import scheme_tape
from simulator.engine.compiled.terms import WorkArrays, arrays_for
from simulator.engine.compiled.unit_hits import fill_unit_hits, hit_pools
from simulator.engine.compiled.versions import settle, versions_of
from simulator.engine.compiled.work_tape import work_tape
from simulator.engine.occurrences import as_first_met, rows_by_risk
from simulator.engine.sampling import Sampling
from simulator.engine.sums import CHUNK, QUARTERS, STRIP, halved
from simulator.plan.compile import Plan
from simulator.plan.plan import Ints, TaskPlan
from simulator.plan.work_calendar import Floats

_WIDTHS = ((160, 1024), (3000, 512))
"""Lanes worked on together, by the number of rows: what is known of them should stay in caches."""
_NARROWEST = 256


class Where(NamedTuple):
    """A sub-block: from counter `first` of a chunk on, in so many lanes."""

    chunk: int
    first: int
    lanes: int
    place: int
    """Which chunk of the span it is."""


@dataclass(frozen=True, slots=True)
class Room:
    """Arrays that one thread works in."""

    drawn: Drawn
    given: WorkArrays
    lanes: Lanes
    kept: Kept
    money: CostArrays
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
        self.hit = rows_by_risk(plan.effects)
        self.draws, self.work = drawn_in_place(plan, draws, work)
        always = self.work.always.astype(bool)
        self.can_stop = bool(plan.effects.stops)
        self.work_apart = self.can_stop or self.versions.count > 0
        self.presence_changes = self.can_stop or bool(plan.network.rows.span.any())
        self.presence_changes |= bool(plan.network.unfolding.conditions)
        positive = positive_rows(least_values(draws), work)
        if not in_place:
            self.draws, self.work = draws, work
        self.network = network_tape(plan.network, always, self.layout(), positive)
        self.kept = outcome_tape(plan, always, finishes, targets)
        self.money, wanted = money_tape(plan)
        self.starts, self.ends, self.positions = wanted
        judged = np.array([row for rows in self.hit.values() for row in rows], dtype=np.int32)
        self.starts = np.union1d(self.starts, judged).astype(np.int32)
        self.bases, self.firsts, self.lasts = plan.network.task_rows
        self.all_starts = np.union1d(self.starts, self.firsts).astype(np.int32)
        self.all_ends = np.union1d(self.ends, self.lasts).astype(np.int32)
        rows, pools = len(plan.network.rows), plan.network.pools
        self.pools = None
        if pools is not None:
            self.pools = pool_tape(plan.network, pools, self.layout(), self.network)
        self.lanes = next((w for most, w in _WIDTHS if rows <= most), _NARROWEST)
        self.run = self.lanes // QUARTERS
        self.scheme = scheme_tape(sampling, self.draws.addresses)
        self._rooms: list[Room] = []

    def drawn(self, sampling: Sampling) -> "CompiledBlocks":
        """The same plan drawn otherwise; what is made of the plan, and rooms, are shared."""
        found = copy(self)
        found.scheme = scheme_tape(sampling, self.draws.addresses)
        return found

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
        if room.desk is not None:
            room.desk.sums[:] = 0
        chunks = -(-(stop - start) // CHUNK)
        found = self.nothing(chunks, -(-keep // CHUNK))
        months = 0
        for chunk in range(chunks):
            running = np.zeros((room.money.cash.shape[0], STRIP))
            booked = np.zeros((room.money.accounts.shape[0], STRIP))
            there = min(CHUNK, stop - start - chunk * CHUNK)
            for first in range(0, LANE, self.run):
                n = lanes_there(there, first, self.run)
                if n:
                    where = Where(start // CHUNK + chunk, first, n, chunk)
                    needed = self._lanes(room, found, where)
                    months = max(months, needed)
                    self._add_money(room, running[:needed], booked, where)
            found.cash[: len(running), chunk] = halved(running)
            found.accounts[:, chunk] = halved(booked)
        found.ready[:] = room.lanes.sums[READY, : len(found.ready)]
        found.alone[:] = room.lanes.sums[ALONE, : len(found.alone)]
        if room.desk is not None:
            found.waited[:] = room.desk.sums
        self.give_room(room)
        return cut(found, stop - start, keep, max(months, 1))

    def take_room(self) -> Room:
        """Arrays that no other thread works in."""
        return self._rooms.pop() if self._rooms else self.new_room()

    def give_room(self, room: Room) -> None:
        """Let others have arrays that are done with."""
        self._rooms.append(room)

    def kernels(self) -> tuple[Callable[[], object], ...]:
        """Calls of every kernel for no lane at all, so that it is compiled or loaded."""
        room, found, where = self.new_room(), self.nothing(1, 0), Where(0, 0, 0, 0)
        return (
            lambda: self.follow(room, found, where),
            lambda: self.cost(room, found, where),
            lambda: self.draw(room, where),
        )

    def _lanes(self, room: Room, found: Found, where: Where) -> int:
        """Simulate some lanes of a chunk and keep what is to be kept; how many months they need."""
        lanes = room.lanes
        self.draw(room, where)
        self.lay_out(room)
        self.follow(room, found, where)
        settle(self.versions, lanes.chosen, room.given.work)
        part = slice(where.first, where.first + self.run)
        spread(found.outcomes, where.place, part, room.kept.out[:-1])
        found.occurred[where.place] += self._occurred(room, where.lanes)
        self._meet(lanes, found, where.lanes)
        months = self.cost(room, found, where)
        raise_trouble(lanes.trouble, self.plan.network)
        raise_trouble(room.money.trouble, self.plan.network)
        if where.place < found.task_start.shape[1]:
            spread(found.task_start, where.place, part, lanes.times[START, self.firsts])
            spread(found.task_finish, where.place, part, lanes.times[FINISH, self.lasts])
            spread(found.task_present, where.place, part, lanes.flags[EXISTS, self.bases])
        return months

    def follow(self, room: Room, found: Found, where: Where) -> None:
        """Schedule lanes, count, and fill the clock times that costs and kept tasks want."""
        chunk = where.place
        kept = room.kept._replace(
            critical=found.critical[chunk], present=found.present[chunk], spent=found.spent[chunk]
        )
        if self.pools is not None and room.desk is not None:
            from simulator.engine.compiled.dispatch import dispatch  # noqa: PLC0415 - compiles

            fill_unit_hits(self.plan, room.drawn, room.desk, where.lanes)
            dispatch(
                self.network, self.pools, self.kept, room.lanes, kept, room.desk, where.lanes, False
            )
            return
        whole = chunk < found.task_start.shape[1]
        starts, ends = (self.all_starts, self.all_ends) if whole else (self.starts, self.ends)
        follow(self.network, self.kept, room.lanes, kept, starts, ends, where.lanes, False)

    def _occurred(self, room: Room, n: int) -> npt.NDArray[np.intp]:
        """In how many lanes each risk occurred."""
        effects, lanes = self.plan.effects, room.lanes
        occurs: npt.NDArray[Any] = room.drawn.occurs[:, :n]
        if effects.epochs > 1:
            by_epoch = occurs.reshape(effects.epochs, -1, n)
            start, exists = lanes.times[START, :, :n], lanes.flags[EXISTS, :, :n]
            occurs = as_first_met(by_epoch, self.hit, effects.thresholds, start, exists)
        return np.asarray(np.count_nonzero(occurs, axis=1))

    def _meet(self, lanes: Lanes, found: Found, n: int) -> None:
        """Add up how long rows of boards waited for their meetings."""
        at = int(self.network.lists[AT_MEETING])
        for place, row in enumerate(self.plan.network.unfolding.board_tasks):
            ended = (lanes.flags[EXISTS, row, :n] != 0) & (lanes.flags[STOPPED, row, :n] == 0)
            found.met[place] += int(lanes.amounts[at + place, :n][ended].sum())

    def draw(self, room: Room, where: Where) -> None:
        """Draw some lanes and turn what is drawn into durations."""
        draw_work(
            self.draws, self.scheme, self.work, where.chunk, where.first, where.lanes,
            room.drawn, room.given,
        )  # fmt: skip

    def lay_out(self, room: Room) -> None:
        """Lay durations out for the schedule, where they do not stand there yet."""
        lanes, given = room.lanes, room.given
        if self.presence_changes:
            lanes.flags[EXISTS] = given.exists
        if self.work_apart:
            lanes.times[WORK] = given.work[: self.versions.total]
        lists = self.network.lists
        if self.versions.count:
            at = lists[AT_VERSION_WORK]
            lanes.amounts[at : at + self.versions.count] = given.work[self.versions.total :]
        if self.can_stop:
            lanes.flags[STOPPED] = 0
            stops = len(given.stop_at)
            by_start = np.isneginf(given.stop_at)
            dated = lanes.amounts[lists[AT_STOP] : lists[AT_STOP] + stops]
            np.copyto(dated, np.where(by_start, np.inf, given.stop_at))
            effects = self.plan.effects
            for number, stop in enumerate(effects.stops):
                own = room.drawn.occurs[stop.risk :: len(effects.risks)]
                at = lists[AT_OCCURS] + number
                lanes.amounts[at : at + stops * len(own) : stops] = own if stop.at is None else 0.0

    def cost(self, room: Room, found: Found, where: Where) -> int:
        """Cost some lanes that are scheduled; how many months have cash."""
        if self.money.empty:
            return 0
        lanes, money, given, n = room.lanes, room.money, room.given, where.lanes
        stops = int(self.network.lists[AT_STOP])
        months = fill_costs(
            self.money, n, room.drawn.values, room.drawn.occurs,
            given.work, given.exists,
            lanes.times.reshape(-1, self.lanes), lanes.flags.reshape(-1, self.lanes),
            lanes.amounts[stops : stops + len(self.plan.effects.stops)], room.kept.out, money,
        )  # fmt: skip
        part = slice(where.first, where.first + self.run)
        spread(found.cost, where.place, part, money.total)
        spread(found.present_value, where.place, part, money.present_value)
        if where.place < found.task_cash.shape[1]:
            spread(found.task_cash[:months], where.place, part, money.cash[:months])
        return int(months)

    def _add_money(self, room: Room, running: Floats, booked: Floats, where: Where) -> None:
        """Running sums of the chunk, in strips of 64 lanes; in the order of `sums.chunk_sums`."""
        if self.money.empty:
            return
        cash, accounts = room.money.cash[: len(running)], room.money.accounts
        cash[:, where.lanes :] = accounts[:, where.lanes :] = 0.0
        begin, wide = where.first % STRIP, min(self.run, STRIP)
        for total, lanes in ((running, cash), (booked, accounts)):
            runs = lanes.reshape(len(lanes), QUARTERS, self.run)
            for strip in range(0, self.run, wide):
                for quarter in range(QUARTERS):
                    total[:, begin : begin + wide] += runs[:, quarter, strip : strip + wide]

    def nothing(self, chunks: int, kept: int) -> Found:
        """Room for what whole chunks give, and for the tasks of the first of them."""
        return nothing_found(
            chunks,
            kept,
            Sizes(
                outcomes=len(self.kept.kind) + 1,
                targets=len(self.kept.target_first) - 1,
                tasks=len(self.bases),
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
            values=np.empty((len(plan.variables), wide)),
            occurs=np.zeros((len(self.draws.risk), wide), dtype=np.uint8),
            taken=np.zeros((len(plan.work.branches), wide), dtype=np.int32),
            again=np.zeros((rounds, wide), dtype=np.uint8),
            words=np.zeros(wide, dtype=np.uint32),
            scratch=np.zeros((4, wide)),
        )
        return Room(
            drawn=drawn,
            given=self._given(lanes),
            lanes=lanes,
            kept=kept_for(self.kept, self.network.rows.shape[1], len(self.bases), wide),
            money=cost_arrays(self.money, wide),
            desk=self.new_desk(),
        )

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


def lanes_there(iterations: int, first: int, run: int) -> int:
    """How many of a sub-block's lanes are among the first iterations of a chunk: its first ones."""
    quarters, rest = divmod(iterations, LANE)
    return quarters * run + min(max(rest - first, 0), run)
