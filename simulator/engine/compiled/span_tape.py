"""What the kernel of spans needs to know of a plan, besides what its stages are given."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.addresses import LANE
from simulator.engine.compiled.money_tape import WantedRows
from simulator.engine.compiled.versions import Versions
from simulator.engine.occurrences import rows_by_risk
from simulator.engine.sums import STRIP
from simulator.plan.compile import Plan
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

Bytes = npt.NDArray[np.uint8]


class Stages(NamedTuple):
    """Addresses of the kernels that draw lanes, schedule them and cost them."""

    draw: int
    schedule: int
    cost: int


class Stretch(NamedTuple):
    """Iterations that are simulated one after the other."""

    chunk: int
    """The first chunk of 1,024 iterations."""
    place: int
    """Where that chunk stands in what is found."""
    iterations: int
    first: int
    """Of each chunk only counters `first` to `until` of its quarters."""
    until: int


class SpanTape(NamedTuple):
    """T rows, V rows with versions, R risks, S stops, K rows of boards."""

    run: int
    """Lanes of a quarter of a chunk that are worked on together."""
    costs: bool
    """Whether anything costs."""
    presence_changes: bool
    """Whether schedules change which rows exist."""
    work_apart: bool
    """Whether schedules change work, so that what was drawn stands apart."""
    total: int
    """T"""
    versioned: Ints
    """(V,)"""
    stop_risk: Ints
    """(S,)"""
    stop_by_start: Bytes
    """(S,): whether the start of a row brings it about."""
    hit_first: Ints
    """(R + 1,): where the rows of each risk begin that decide in which epoch it occurs."""
    hit_rows: Ints
    meeting: Ints
    """(K,)"""
    bases: Ints
    firsts: Ints
    lasts: Ints
    """(tasks,): the row that says whether a task exists, its first and its last one."""
    starts: Ints
    ends: Ints
    """Rows whose start or finish by the clock is wanted; with those of tasks if these are kept.
    Row r as `-1 - r` where it is wanted only in lanes in which the row works."""
    all_starts: Ints
    all_ends: Ints


class Views(NamedTuple):
    """Parts of lanes as costs read them, see `fill_costs`."""

    times: Floats
    flags: Bytes
    stop_at: Floats


class Totals(NamedTuple):
    """Running sums of a chunk, see `engine.sums`."""

    cash: Floats
    """(months, 64)"""
    accounts: Floats
    """(accounts, 64)"""
    months: npt.NDArray[np.int64]
    """(1,): how many months have cash."""


def span_tape(
    plan: Plan,
    versions: Versions,
    wanted: WantedRows,
    *,
    run: int,
    costs: bool,
    presence_changes: bool,
    work_apart: bool,
) -> SpanTape:
    """Flatten it; `wanted` are the rows whose clock times costs want."""
    effects = plan.effects
    hit = rows_by_risk(effects)
    rows = [hit.get(risk, []) for risk in range(len(effects.risks))]
    firsts = np.cumsum([0, *map(len, rows)])
    judged = np.array([row for each in rows for row in each], dtype=np.int32)
    held = -1 - wanted.held
    starts, ends = np.union1d(wanted.starts, judged), wanted.finishes
    starts = np.concatenate([starts, np.setdiff1d(held, -1 - starts)]).astype(np.int32)
    ends = np.concatenate([ends, np.setdiff1d(held, -1 - ends)]).astype(np.int32)
    task_bases, task_firsts, task_lasts = plan.network.task_rows
    return SpanTape(
        run=run,
        costs=costs,
        presence_changes=presence_changes,
        work_apart=work_apart,
        total=versions.total,
        versioned=versions.rows,
        stop_risk=np.array([stop.risk for stop in effects.stops], dtype=np.int32),
        stop_by_start=np.array([stop.at is None for stop in effects.stops], dtype=np.uint8),
        hit_first=firsts.astype(np.int32),
        hit_rows=judged,
        meeting=np.array(list(plan.network.unfolding.board_tasks), dtype=np.int32),
        bases=np.asarray(task_bases, dtype=np.int32),
        firsts=np.asarray(task_firsts, dtype=np.int32),
        lasts=np.asarray(task_lasts, dtype=np.int32),
        starts=starts,
        ends=ends,
        all_starts=np.union1d(starts, task_firsts).astype(np.int32),
        all_ends=np.union1d(ends, task_lasts).astype(np.int32),
    )


def totals_for(months: int, accounts: int) -> Totals:
    """Room for sums of so many months and accounts."""
    return Totals(
        np.zeros((months, STRIP)), np.zeros((accounts, STRIP)), np.zeros(1, dtype=np.int64)
    )


def lanes_there(iterations: int, first: int, run: int) -> int:
    """How many of a sub-block's lanes are among the first iterations of a chunk: its first ones."""
    quarters, rest = iterations // LANE, iterations % LANE
    return quarters * run + min(max(rest - first, 0), run)
