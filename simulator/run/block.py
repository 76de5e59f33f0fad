"""One block of iterations, from draws to what is kept of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.engine.costs import costs_of
from simulator.engine.draws import Draws, draw
from simulator.engine.driving import criticality, driving_links
from simulator.engine.durations import durations_of, varying_risks
from simulator.engine.finishes import program_finish, project_finish, task_finish
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE, Ints, Network, TaskPlan
from simulator.plan.work_calendar import Floats
from simulator.run.settings import CHUNK, Settings

Counts = npt.NDArray[np.int64]
Engine = Callable[[Network, Durations], Schedule]


@dataclass(frozen=True, slots=True)
class Span:
    """Iterations `start` to `stop`."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Block:
    """What is kept of a block: outcomes of every iteration, counts, sums by chunk of 1,024.

    `finishes` (K, n) follow `finish_rows_of`; the `task_` arrays hold the first iterations only.
    """

    finish: Floats
    duration: Floats
    cost: Floats
    present_value: Floats | None
    finishes: Floats
    critical: Counts
    """(targets, tasks)"""
    present: Counts
    """(T,): in how many iterations each row exists."""
    occurred: Counts
    rework_spent: Counts
    """For each reworked task: in how many iterations its last round was needed."""
    merging: tuple[int, ...]
    """The M rows where several links meet."""
    ready: Floats
    """(M, chunks): sums of when they became ready."""
    ends: tuple[Floats, ...]
    """For each, (links, chunks): sums of when each link alone would have made it ready."""
    cash: Floats
    """(months, chunks): sums."""
    accounts: Floats
    task_start: Floats
    task_finish: Floats
    task_present: npt.NDArray[np.bool_]
    task_cash: Floats


def engine_of(settings: Settings) -> Engine:
    """The function that schedules."""
    if settings.engine_used == "simpy":
        from simulator.engine.simpy_engine import simpy_pass  # noqa: PLC0415 - slow, rarely asked for

        return simpy_pass
    return network_pass


def finish_outcomes(plan: Plan) -> tuple[tuple[str, int, TaskPlan | None], ...]:
    """Which finishes are outcomes of their own: (id, number of a project, or a task)."""
    projects = [(name, number, None) for number, name in enumerate(plan.network.projects)]
    return (
        *projects,
        *(
            (task.id, NONE, task)
            for task in plan.network.tasks
            if task.kind == "milestone" or task.deadline is not None
        ),
    )


def critical_targets(plan: Plan) -> tuple[tuple[str, Ints], ...]:
    """To what criticality is counted: the program's finish (id empty), and every milestone."""
    milestones = [task for task in plan.network.tasks if task.kind == "milestone"]
    return (
        ("", plan.network.finish_rows),
        *((task.id, np.array([task.last], dtype=np.int32)) for task in milestones),
    )


def simulate_block(plan: Plan, settings: Settings, span: Span) -> Block:
    """Simulate some iterations; depends on nothing but its arguments."""
    draws = draw(plan, settings.seed, span.start, span.stop)
    durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
    network = plan.network
    schedule = engine_of(settings)(network, durations)
    finish = program_finish(network, durations, schedule)
    costs = costs_of(plan, draws, durations, schedule, finish)
    driving = driving_links(network, durations, schedule)
    targets = tuple(rows for _, rows in critical_targets(plan))
    keep = max(0, min(settings.task_iterations - span.start, span.stop - span.start))
    bases, lasts = [t.base for t in network.tasks], [t.last for t in network.tasks]
    return Block(
        finish=finish,
        duration=_working_time(network, finish),
        cost=costs.total,
        present_value=costs.present_value,
        finishes=block_finishes(plan, schedule),
        critical=criticality(
            network, schedule, driving.drives, targets, tuple(t.rows for t in network.tasks)
        ),
        present=np.count_nonzero(schedule.exists, axis=1),
        occurred=_occurred(plan, draws, schedule),
        rework_spent=_rework_spent(plan, schedule),
        merging=driving.merging,
        ready=chunk_sums(driving.ready),
        ends=tuple(chunk_sums(ends) for ends in driving.ends),
        cash=chunk_sums(costs.cash),
        accounts=chunk_sums(costs.accounts),
        task_start=schedule.start[bases, :keep],
        task_finish=schedule.finish[lasts, :keep],
        task_present=schedule.exists[bases, :keep],
        task_cash=costs.cash[:, :keep],
    )


def chunk_sums(values: Floats) -> Floats:
    """Sums over chunks of 1,024 iterations, (..., N) to (..., chunks).

    Blocks begin at multiples of 1,024, so the chunks, and their sums, are the same for any block.
    """
    count = values.shape[-1]
    whole = count // CHUNK * CHUNK
    chunks = values[..., :whole].reshape(*values.shape[:-1], whole // CHUNK, CHUNK)
    sums = [np.ascontiguousarray(chunks).sum(axis=-1)]
    if whole < count:
        sums.append(np.ascontiguousarray(values[..., whole:]).sum(axis=-1)[..., None])
    return np.concatenate(sums, axis=-1)


def _working_time(network: Network, finish: Floats) -> Floats:
    """Working time of the program's calendar from its start to each finish."""
    calendar = network.calendar(network.program_calendar)
    never = ~np.isfinite(finish)
    return np.where(never, np.inf, calendar.work_at(np.where(never, 0.0, finish)))


def block_finishes(plan: Plan, schedule: Schedule) -> Floats:
    """The finishes that are outcomes of their own, (K, N)."""
    found = [
        task_finish(schedule, task.base, task.last)
        if task is not None
        else project_finish(plan.network, schedule, project)
        for _, project, task in finish_outcomes(plan)
    ]
    return np.array(found).reshape(len(found), schedule.start.shape[1])


def _occurred(plan: Plan, draws: Draws, schedule: Schedule) -> Counts:
    """How often each risk occurred; where dated mitigations change it, as its first hit met it."""
    found = np.asarray(np.count_nonzero(draws.occurs[-1], axis=1), dtype=np.int64)
    thresholds = plan.effects.thresholds
    if not len(thresholds):
        return found
    each = np.arange(draws.iterations)
    for risk in varying_risks(plan):
        rows = {int(r) for e in plan.effects.effects if e.risk == risk for r in e.rows}
        rows |= {int(r) for f in plan.effects.firsts if f.risk == risk for r in f.candidates}
        if rows:
            own = sorted(rows)
            starts = np.where(schedule.exists[own], schedule.start[own], np.inf).min(axis=0)
            epoch = np.searchsorted(thresholds, starts, side="right")
            found[risk] = np.count_nonzero(draws.occurs[epoch, risk, each])
    return found


def _rework_spent(plan: Plan, schedule: Schedule) -> Counts:
    """How often the last round was needed, whose outcome is accepted as it is."""
    return np.array(
        [
            np.count_nonzero(schedule.exists[[row for row, _ in rework.rows[-1]]].any(axis=0))
            for rework in plan.work.rework
        ],
        dtype=np.int64,
    )
