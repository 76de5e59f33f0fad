"""A span of iterations by the compiled engine: chunk by chunk, a few hundred lanes at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.calendars import raise_trouble
from simulator.engine.compiled.cost_arrays import CostArrays, cost_arrays
from simulator.engine.compiled.costs import fill_costs
from simulator.engine.compiled.draw_tape import TABLE, TRIANGULAR, UNIFORM, DrawTape, draw_tape
from simulator.engine.compiled.draws import draw_lanes, fill_words
from simulator.engine.compiled.durations import fill_durations
from simulator.engine.compiled.lanes import (
    ALONE,
    EXISTS,
    FINISH,
    READY,
    START,
    STOPPED,
    WORK,
    Bits,
    Lanes,
    lanes_for,
)
from simulator.engine.compiled.money_tape import money_tape, wanted_clock
from simulator.engine.compiled.network_tape import (
    AT_OCCURS,
    AT_STOP,
    Layout,
    network_tape,
)
from simulator.engine.compiled.outcome_tape import outcome_tape
from simulator.engine.compiled.outcomes import count, fill_outcomes, fill_wanted
from simulator.engine.compiled.passes import schedule
from simulator.engine.compiled.schemes import lhs_words, sobol_words
from simulator.engine.compiled.terms import OF_WORK, WorkArrays, WorkTape, arrays_for, work_tape
from simulator.engine.sampling import Sampling
from simulator.engine.sobol_numbers import directions
from simulator.engine.sums import CHUNK, STRIP, halved
from simulator.plan.compile import Plan
from simulator.plan.plan import Bools, Ints, TaskPlan
from simulator.plan.work_calendar import Floats

Counts = npt.NDArray[np.int64]

_WIDTHS = ((160, 1024), (1500, 512), (5000, 256))
"""Lanes worked on together, by the number of rows: so that they stay in the second cache."""
_NARROWEST = 128


class Found(NamedTuple):
    """What a span of N iterations gave; counts and sums are by chunk of 1,024."""

    outcomes: Floats
    """(2 + K, N): finish and duration of the program, other finishes."""
    cost: Floats
    present_value: Floats
    critical: Counts
    """(chunks, targets, tasks)"""
    present: Counts
    occurred: Counts
    spent: Counts
    ready: Counts
    """(T,): sums over the span of when rows became ready; (L,) of when each link made them so."""
    alone: Counts
    cash: Floats
    """(months, chunks)"""
    accounts: Floats
    task_start: Floats
    task_finish: Floats
    task_present: npt.NDArray[np.bool_]
    task_cash: Floats


@dataclass(frozen=True, slots=True)
class _Room:
    """Arrays that one thread works in."""

    words: npt.NDArray[np.uint32]
    values: Floats
    occurs: npt.NDArray[np.uint8]
    taken: Ints
    again: npt.NDArray[np.uint8]
    scratch: Floats
    given: WorkArrays
    lanes: Lanes
    money: CostArrays
    out: Floats
    marks: Bits
    there: Bits


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
        self.plan, self.sampling = plan, sampling
        self.draws, self.work = _drawn_work(plan, draw_tape(plan), work_tape(plan, keep_margin))
        always = self.work.always.astype(bool)
        self.can_stop = bool(plan.effects.stops)
        self.presence_changes = self.can_stop or bool(plan.network.rows.span.any())
        positive = _positive(self.draws, self.work, len(always))
        self.network = network_tape(plan.network, always, self._layout(), positive)
        self.kept = outcome_tape(plan, always, finishes, targets)
        self.money = money_tape(plan)
        starts, ends = wanted_clock(plan)
        self.starts = np.flatnonzero(starts).astype(np.int32)
        self.ends = np.flatnonzero(ends).astype(np.int32)
        tasks = plan.network.tasks
        self.bases = np.array([task.base for task in tasks], dtype=np.int32)
        self.lasts = np.array([task.last for task in tasks], dtype=np.int32)
        rows = len(plan.network.rows)
        self.lanes = next((w for most, w in _WIDTHS if rows <= most), _NARROWEST)
        self.placed = sampling.placed(self.draws.addresses)
        self._rooms: list[_Room] = []

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
        )

    def simulate(self, start: int, stop: int, keep: int) -> Found:
        """Simulate iterations from `start`, a multiple of 1,024; tasks of the first `keep`."""
        room = self._rooms.pop() if self._rooms else self._new_room()
        room.lanes.sums[:] = 0
        chunks = -(-(stop - start) // CHUNK)
        found = self._nothing(stop - start, chunks, keep)
        months = 0
        for chunk in range(chunks):
            self._draw_words(room, start // CHUNK + chunk)
            running = np.zeros((room.money.cash.shape[0], STRIP))
            booked = np.zeros((room.money.accounts.shape[0], STRIP))
            first = chunk * CHUNK
            for lane in range(0, min(CHUNK, stop - start - first), self.lanes):
                n = min(self.lanes, stop - start - first - lane)
                months = max(months, self._lanes(room, found, chunk, lane, n))
                self._add_money(room, running, booked, n)
            found.cash[: len(running), chunk] = halved(running)
            found.accounts[:, chunk] = halved(booked)
        found.ready[:] = room.lanes.sums[READY, : len(found.ready)]
        found.alone[:] = room.lanes.sums[ALONE, : len(found.alone)]
        self._rooms.append(room)
        months = max(months, 1)
        return found._replace(cash=found.cash[:months], task_cash=found.task_cash[:months])

    def kernels(self) -> tuple[Callable[[], object], ...]:
        """Calls of every kernel for no lane at all, so that it is compiled or loaded."""
        room, found = self._new_room(), self._nothing(0, 1, 0)
        lanes = room.lanes
        return (
            lambda: schedule(self.network, lanes, 0),
            lambda: fill_outcomes(self.network, self.kept, lanes, room.out, 0),
            lambda: count(
                self.network, self.kept, lanes, room.out, room.marks, room.there,
                found.critical[0], found.present[0], found.spent[0], 0,
            ),
            lambda: fill_wanted(self.network, lanes, self.starts, self.ends, 0),
            lambda: self._draw_words(room, 0),
            lambda: self._durations(room, 0, 0),
            lambda: self._cost(room, found, slice(0, 0), 0),
        )  # fmt: skip

    def _draw_words(self, room: _Room, chunk: int) -> None:
        seed = np.uint64(self.sampling.seed)
        fill_words(self.draws, seed, np.int64(chunk), room.words)
        if self.sampling.scheme == "lhs":
            lhs_words(self.draws.addresses, seed, chunk, room.words)
        elif self.sampling.scheme == "sobol":
            rows, dimensions = self.placed
            sobol_words(
                rows, dimensions, directions(), seed, self.sampling.replicates, chunk, room.words
            )

    def _lanes(self, room: _Room, found: Found, chunk: int, lane: int, n: int) -> int:
        """Simulate some lanes of a chunk and keep what is to be kept; how many months they need."""
        self._durations(room, lane, n)
        lanes = room.lanes
        schedule(self.network, lanes, n)
        fill_outcomes(self.network, self.kept, lanes, room.out, n)
        at = chunk * CHUNK + lane
        part = slice(at, at + n)
        found.outcomes[:, part] = room.out[:-1, :n]
        count(
            self.network, self.kept, lanes, room.out, room.marks, room.there,
            found.critical[chunk], found.present[chunk], found.spent[chunk], n,
        )  # fmt: skip
        found.occurred[chunk] += np.count_nonzero(room.occurs[:, :n], axis=1)
        months = self._cost(room, found, part, n)
        raise_trouble(lanes.trouble, self.plan.network.calendars)
        raise_trouble(room.money.trouble, self.plan.network.calendars)
        kept = min(n, found.task_start.shape[1] - at)
        if kept > 0:
            self._keep_tasks(room, found, slice(at, at + kept), n)
        return months

    def _durations(self, room: _Room, lane: int, n: int) -> None:
        """Draw some lanes and lay their durations out for the schedule."""
        lanes, given = room.lanes, room.given
        draw_lanes(
            self.draws, room.words[lane // self.lanes], 0, n,
            room.values, room.occurs, room.taken, room.again, given.work, room.scratch,
        )  # fmt: skip
        fill_durations(self.work, n, room.values, room.occurs, room.taken, room.again, *given)
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

    def _cost(self, room: _Room, found: Found, part: slice, n: int) -> int:
        if self.money.empty:
            return 0
        lanes, money, given = room.lanes, room.money, room.given
        fill_wanted(self.network, lanes, self.starts, self.ends, n)
        stops = int(self.network.lists[AT_STOP])
        months = fill_costs(
            self.money, n, room.values, room.occurs,
            given.work, given.exists,
            lanes.times.reshape(-1, self.lanes), lanes.flags.reshape(-1, self.lanes),
            lanes.amounts[stops : stops + len(self.plan.effects.stops)], room.out, money,
        )  # fmt: skip
        found.cost[part] = money.total[:n]
        found.present_value[part] = money.present_value[:n]
        kept = min(n, found.task_cash.shape[1] - part.start)
        if kept > 0:
            found.task_cash[:months, part.start : part.start + kept] = money.cash[:months, :kept]
        money.cash[months:, :n] = 0.0
        return int(months)

    def _add_money(self, room: _Room, running: Floats, booked: Floats, n: int) -> None:
        """Running sums of the chunk, in strips of 64 lanes."""
        if self.money.empty:
            return
        room.money.cash[:, n:] = 0.0
        room.money.accounts[:, n:] = 0.0
        for strip in range(0, n, STRIP):
            running += room.money.cash[:, strip : strip + STRIP]
            booked += room.money.accounts[:, strip : strip + STRIP]

    def _keep_tasks(self, room: _Room, found: Found, part: slice, n: int) -> None:
        lanes, kept = room.lanes, part.stop - part.start
        fill_wanted(self.network, lanes, self.bases, self.lasts, n)
        found.task_start[:, part] = lanes.times[START, self.bases, :kept]
        found.task_finish[:, part] = lanes.times[FINISH, self.lasts, :kept]
        found.task_present[:, part] = lanes.flags[EXISTS, self.bases, :kept]

    def _nothing(self, iterations: int, chunks: int, keep: int) -> Found:
        tasks, rows = len(self.bases), self.network.rows.shape[1]
        months = max(self._months(), 1)

        def counts(*shape: int) -> Counts:
            return np.zeros((chunks, *shape), dtype=np.int64)

        return Found(
            outcomes=np.zeros((len(self.kept.kind) + 1, iterations)),
            cost=np.zeros(iterations),
            present_value=np.zeros(iterations),
            critical=counts(len(self.kept.target_first) - 1, tasks),
            present=counts(rows),
            occurred=counts(len(self.plan.effects.risks)),
            spent=counts(len(self.plan.work.rework)),
            ready=np.zeros(rows, dtype=np.int64),
            alone=np.zeros(self.network.links.shape[1], dtype=np.int64),
            cash=np.zeros((months, chunks)),
            accounts=np.zeros((len(self.plan.money.accounts), chunks)),
            task_start=np.zeros((tasks, keep)),
            task_finish=np.zeros((tasks, keep)),
            task_present=np.zeros((tasks, keep), dtype=bool),
            task_cash=np.zeros((months, keep)),
        )

    def _months(self) -> int:
        return 0 if self.money.empty else len(self.plan.money.months)

    def _new_room(self) -> _Room:
        wide, plan = self.lanes, self.plan
        lanes = lanes_for(self.network, wide)
        rounds = sum(len(rework.chances) for rework in plan.work.rework)
        words = wide // 64
        rows = self.network.rows.shape[1]
        return _Room(
            words=np.zeros((CHUNK // wide, len(self.draws.addresses), wide), dtype=np.uint32),
            values=np.zeros((len(plan.variables), wide)),
            occurs=np.zeros((len(plan.effects.risks), wide), dtype=np.uint8),
            taken=np.zeros((len(plan.work.branches), wide), dtype=np.int32),
            again=np.zeros((rounds, wide), dtype=np.uint8),
            scratch=np.zeros((4, wide)),
            given=self._given(lanes),
            lanes=lanes,
            money=cost_arrays(self.money, wide),
            out=np.zeros((len(self.kept.kind) + 2, wide)),
            marks=np.zeros((rows, words), dtype=np.uint64),
            there=np.zeros((rows, words), dtype=np.uint64),
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
    constants = work.estimates
    found[constants.constant_row] = constants.constant >= 1.0
    own = np.flatnonzero(draws.work_row >= 0)
    least = draws.parameters[own, 0]
    tables = draws.kind[own] == TABLE
    least[tables] = draws.nodes[draws.place[own[tables]], 0]
    known = (draws.kind[own] == UNIFORM) | (draws.kind[own] == TRIANGULAR) | tables
    found[draws.work_row[own]] = known & (least * draws.work_scale[own] >= 1.0)
    found[work.sums.slot[work.sums.group == OF_WORK]] = False
    return found
