"""A span of iterations by the compiled engine: chunk by chunk, a few hundred lanes at a time."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulator.engine.addresses import LANE
from simulator.engine.compiled.calendars import raise_trouble
from simulator.engine.compiled.cost_arrays import CostArrays, cost_arrays
from simulator.engine.compiled.costs import fill_costs
from simulator.engine.compiled.dispatch_tape import Desk, desk_for, pool_tape
from simulator.engine.compiled.draw_tape import (
    SCORE_TABLE,
    TABLE,
    TRIANGULAR,
    UNIFORM,
    DrawTape,
    draw_tape,
)
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.durations import draw_work
from simulator.engine.compiled.follow import Kept, follow, kept_for
from simulator.engine.compiled.found import Found, Sizes, cut, nothing_found, spread
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
from simulator.engine.compiled.money_tape import money_tape, wanted_clock
from simulator.engine.compiled.network_tape import (
    AT_MEETING,
    AT_OCCURS,
    AT_STOP,
    Layout,
    network_tape,
)
from simulator.engine.compiled.outcome_tape import outcome_tape
from simulator.engine.compiled.schemes import scheme_tape
from simulator.engine.compiled.terms import OF_WORK, WorkArrays, WorkTape, arrays_for, work_tape
from simulator.engine.sampling import Sampling
from simulator.engine.sums import CHUNK, QUARTERS, STRIP, halved
from simulator.plan.compile import Plan
from simulator.plan.plan import Bools, Ints, TaskPlan
from simulator.plan.work_calendar import Floats

_WIDTHS = ((160, 1024), (3000, 512))
"""Lanes worked on together, by the number of rows: what is known of them should stay in caches."""
_NARROWEST = 256


class _Where(NamedTuple):
    """A sub-block: from counter `first` of a chunk on, in so many lanes."""

    chunk: int
    first: int
    lanes: int
    place: int
    """Which chunk of the span it is."""


@dataclass(frozen=True, slots=True)
class _Room:
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
    ) -> None:
        """Flatten a plan without dated mitigations; `finishes`, `targets` as in `outcome_tape`."""
        self.plan = plan
        self.draws, self.work = _drawn_work(plan, draw_tape(plan), work_tape(plan, keep_margin))
        always = self.work.always.astype(bool)
        self.can_stop = bool(plan.effects.stops)
        self.presence_changes = self.can_stop or bool(plan.network.rows.span.any())
        self.presence_changes |= bool(plan.network.unfolding.conditions)
        positive = _positive(self.draws, self.work, len(always))
        self.network = network_tape(plan.network, always, self._layout(), positive)
        self.kept = outcome_tape(plan, always, finishes, targets)
        self.money = money_tape(plan)
        starts, ends = wanted_clock(plan)
        self.starts = np.flatnonzero(starts).astype(np.int32)
        self.ends = np.flatnonzero(ends).astype(np.int32)
        tasks = plan.network.tasks
        self.bases = np.array([task.base for task in tasks], dtype=np.int32)
        self.firsts = np.array([task.first for task in tasks], dtype=np.int32)
        self.lasts = np.array([task.last for task in tasks], dtype=np.int32)
        self.all_starts = np.union1d(self.starts, self.firsts).astype(np.int32)
        self.all_ends = np.union1d(self.ends, self.lasts).astype(np.int32)
        rows, pools = len(plan.network.rows), plan.network.pools
        self.pools = None if pools is None else pool_tape(plan.network, pools, self._layout())
        self.lanes = next((w for most, w in _WIDTHS if rows <= most), _NARROWEST)
        if self.pools is not None:
            self.lanes = min(self.lanes, 512)
        self.run = self.lanes // QUARTERS
        self.scheme = scheme_tape(sampling, self.draws.addresses)
        self._rooms: list[_Room] = []

    def drawn(self, sampling: Sampling) -> "CompiledBlocks":
        """The same plan drawn otherwise; what is made of the plan, and rooms, are shared."""
        found = copy(self)
        found.scheme = scheme_tape(sampling, self.draws.addresses)
        return found

    def _layout(self) -> Layout:
        effects, tape = self.plan.effects, self.work

        def rows(slots: Ints) -> tuple[int, ...]:
            return tuple(np.flatnonzero(slots >= 0).tolist())

        return Layout(
            elapsed=rows(tape.elapsed_slot),
            working=rows(tape.working_slot),
            lags=len(self.plan.lag_variables),
            dates=len(self.plan.date_variables),
            firsts=tuple(np.asarray(first.candidates) for first in effects.firsts),
            stops=tuple(
                (stop.rows, stop.hit_rows if stop.at is None else None) for stop in effects.stops
            ),
            meetings=len(self.plan.network.unfolding.board_tasks),
        )

    def simulate(self, start: int, stop: int, keep: int) -> Found:
        """Simulate iterations from `start`, a multiple of 1,024; tasks of the first `keep`."""
        room = self._rooms.pop() if self._rooms else self._new_room()
        room.lanes.sums[:] = 0
        if room.desk is not None:
            room.desk.sums[:] = 0
        chunks = -(-(stop - start) // CHUNK)
        found = self._nothing(chunks, -(-keep // CHUNK))
        months = 0
        for chunk in range(chunks):
            running = np.zeros((room.money.cash.shape[0], STRIP))
            booked = np.zeros((room.money.accounts.shape[0], STRIP))
            there = min(CHUNK, stop - start - chunk * CHUNK)
            for first in range(0, LANE, self.run):
                n = _lanes_there(there, first, self.run)
                if n:
                    where = _Where(start // CHUNK + chunk, first, n, chunk)
                    needed = self._lanes(room, found, where)
                    months = max(months, needed)
                    self._add_money(room, running[:needed], booked, where)
            found.cash[: len(running), chunk] = halved(running)
            found.accounts[:, chunk] = halved(booked)
        found.ready[:] = room.lanes.sums[READY, : len(found.ready)]
        found.alone[:] = room.lanes.sums[ALONE, : len(found.alone)]
        if room.desk is not None:
            found.waited[:] = room.desk.sums
        self._rooms.append(room)
        return cut(found, stop - start, keep, max(months, 1))

    def kernels(self) -> tuple[Callable[[], object], ...]:
        """Calls of every kernel for no lane at all, so that it is compiled or loaded."""
        room, found, where = self._new_room(), self._nothing(1, 0), _Where(0, 0, 0, 0)
        return (
            lambda: self._follow(room, found, where),
            lambda: self._cost(room, found, where),
            lambda: self._durations(room, where),
        )

    def _lanes(self, room: _Room, found: Found, where: _Where) -> int:
        """Simulate some lanes of a chunk and keep what is to be kept; how many months they need."""
        lanes, occurs = room.lanes, room.drawn.occurs
        self._durations(room, where)
        self._follow(room, found, where)
        part = slice(where.first, where.first + self.run)
        spread(found.outcomes, where.place, part, room.kept.out[:-1])
        found.occurred[where.place] += np.count_nonzero(occurs[:, : where.lanes], axis=1)
        self._meet(lanes, found, where.lanes)
        months = self._cost(room, found, where)
        raise_trouble(lanes.trouble, self.plan.network)
        raise_trouble(room.money.trouble, self.plan.network)
        if where.place < found.task_start.shape[1]:
            spread(found.task_start, where.place, part, lanes.times[START, self.firsts])
            spread(found.task_finish, where.place, part, lanes.times[FINISH, self.lasts])
            spread(found.task_present, where.place, part, lanes.flags[EXISTS, self.bases])
        return months

    def _follow(self, room: _Room, found: Found, where: _Where) -> None:
        """Schedule lanes, count, and fill the clock times that costs and kept tasks want."""
        chunk = where.place
        kept = room.kept._replace(
            critical=found.critical[chunk], present=found.present[chunk], spent=found.spent[chunk]
        )
        if self.pools is not None and room.desk is not None:
            from simulator.engine.compiled.dispatch import dispatch  # noqa: PLC0415 - compiles

            dispatch(
                self.network, self.pools, self.kept, room.lanes, kept, room.desk, where.lanes, False
            )
            return
        whole = chunk < found.task_start.shape[1]
        starts, ends = (self.all_starts, self.all_ends) if whole else (self.starts, self.ends)
        follow(self.network, self.kept, room.lanes, kept, starts, ends, where.lanes, False)

    def _meet(self, lanes: Lanes, found: Found, n: int) -> None:
        """Add up how long rows of boards waited for their meetings."""
        at = int(self.network.lists[AT_MEETING])
        for place, row in enumerate(self.plan.network.unfolding.board_tasks):
            ended = (lanes.flags[EXISTS, row, :n] != 0) & (lanes.flags[STOPPED, row, :n] == 0)
            found.met[place] += int(lanes.amounts[at + place, :n][ended].sum())

    def _durations(self, room: _Room, where: _Where) -> None:
        """Draw some lanes and lay their durations out for the schedule."""
        lanes, given = room.lanes, room.given
        draw_work(
            self.draws, self.scheme, self.work, where.chunk, where.first, where.lanes,
            room.drawn, given,
        )  # fmt: skip
        if self.presence_changes:
            lanes.flags[EXISTS] = given.exists
        if self.can_stop:
            lanes.times[WORK] = given.work
            lanes.flags[STOPPED] = 0
            lists, stops = self.network.lists, len(given.stop_at)
            dated = lanes.amounts[lists[AT_STOP] : lists[AT_STOP] + stops]
            np.copyto(dated, np.where(np.isneginf(given.stop_at), np.inf, given.stop_at))
            occurs = lanes.amounts[lists[AT_OCCURS] : lists[AT_OCCURS] + stops]
            np.copyto(occurs, np.isneginf(given.stop_at))

    def _cost(self, room: _Room, found: Found, where: _Where) -> int:
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

    def _add_money(self, room: _Room, running: Floats, booked: Floats, where: _Where) -> None:
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

    def _nothing(self, chunks: int, kept: int) -> Found:
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

    def _new_room(self) -> _Room:
        wide, plan = self.lanes, self.plan
        lanes = lanes_for(self.network, wide)
        rounds = sum(len(rework.chances) for rework in plan.work.rework)
        drawn = Drawn(
            values=np.zeros((len(plan.variables), wide)),
            occurs=np.zeros((len(plan.effects.risks), wide), dtype=np.uint8),
            taken=np.zeros((len(plan.work.branches), wide), dtype=np.int32),
            again=np.zeros((rounds, wide), dtype=np.uint8),
            words=np.zeros(wide, dtype=np.uint32),
            scratch=np.zeros((4, wide)),
        )
        return _Room(
            drawn=drawn,
            given=self._given(lanes),
            lanes=lanes,
            kept=kept_for(self.kept, self.network.rows.shape[1], len(self.bases), wide),
            money=cost_arrays(self.money, wide),
            desk=None
            if self.pools is None
            else desk_for(plan.network, self.pools, wide, len(self.kept.target_first) - 1),
        )

    def _given(self, lanes: Lanes) -> WorkArrays:
        """Durations laid out as amounts of the lanes; work and presence too where nothing stops."""
        given = arrays_for(self.work, self.lanes)
        at = 0
        parts: dict[str, Any] = {}
        for name in (
            "elapsed", "working", "lags", "dates", "first_delay", "first_elapsed", "first_working",
        ):  # fmt: skip
            rows = len(getattr(given, name))
            parts[name] = lanes.amounts[at : at + rows]
            at += rows
        if not self.can_stop:
            parts["work"] = lanes.times[WORK]
            if not self.presence_changes:
                parts["exists"] = lanes.flags[EXISTS]
        return given._replace(**parts)


def _lanes_there(iterations: int, first: int, run: int) -> int:
    """How many of a sub-block's lanes are among the first iterations of a chunk: its first ones."""
    quarters, rest = divmod(iterations, LANE)
    return quarters * run + min(max(rest - first, 0), run)


def _drawn_work(plan: Plan, draws: DrawTape, work: WorkTape) -> tuple[DrawTape, WorkTape]:
    """Let rows whose work is one variable, which serves nothing else, be drawn where they stand."""
    rows, table = work.estimates, plan.variables.table
    variables = rows.plain_variable
    alone = np.bincount(variables, minlength=len(table))[variables] == 1
    own = alone & (draws.score[variables] == 0)
    own &= np.array([table[v].name.endswith("/duration") for v in variables.tolist()], dtype=bool)
    draws.work_row[variables[own]] = rows.plain_row[own]
    draws.work_scale[variables[own]] = rows.plain_scale[own]
    left = rows._replace(
        plain_row=rows.plain_row[~own],
        plain_variable=variables[~own],
        plain_scale=rows.plain_scale[~own],
    )
    return draws, work._replace(estimates=left)


def _positive(draws: DrawTape, work: WorkTape, rows: int) -> Bools:
    """The rows (T,) whose work is a millisecond at least, by what it is drawn from."""
    found = np.zeros(rows, dtype=bool)
    estimates = work.estimates
    found[estimates.constant_row] = estimates.constant >= 1.0
    own = np.flatnonzero(draws.work_row >= 0)
    least = draws.parameters[own, 0]
    tables = draws.kind[own] == TABLE
    least[tables] = draws.nodes[draws.place[own[tables]], 0]
    scored = np.flatnonzero(draws.kind[estimates.plain_variable] == SCORE_TABLE)
    places = draws.place[estimates.plain_variable[scored]]
    scaled = draws.score_nodes[places, 0] * estimates.plain_scale[scored]
    found[estimates.plain_row[scored]] = scaled >= 1.0
    known = (draws.kind[own] == UNIFORM) | (draws.kind[own] == TRIANGULAR) | tables
    found[draws.work_row[own]] = known & (least * draws.work_scale[own] >= 1.0)
    found[work.sums.slot[work.sums.group == OF_WORK]] = False
    return found
