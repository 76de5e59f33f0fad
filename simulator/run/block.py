"""One block of iterations, from draws to what is kept of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.engine.costs import costs_of
from simulator.engine.draws import Draws, draw
from simulator.engine.driving import criticality, driving_links
from simulator.engine.durations import durations_of, varying_risks
from simulator.engine.finishes import program_finish, project_finish, task_finish
from simulator.engine.network_pass import network_pass
from simulator.engine.occurrences import as_first_met, rows_by_risk
from simulator.engine.sampling import Sampling
from simulator.engine.schedule import Durations, Schedule
from simulator.engine.sums import chunk_sums, counts, whole_sums
from simulator.errors import SettingsError
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE, Bools, Ints, Network, TaskPlan
from simulator.plan.work_calendar import Floats
from simulator.run.influence import Pilot, dimensions_of
from simulator.run.settings import NO_DISPATCH, Settings
from simulator.run.side_by_side import Beside

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

    `finishes` (K, n) follow `finish_outcomes`; the `task_` arrays hold the first iterations only.
    Counts are (parts, ...): by chunk where a scheme has replicates, else of the whole block.
    """

    finish: Floats
    duration: Floats
    cost: Floats
    present_value: Floats | None
    finishes: Floats
    critical: Counts
    """(parts, targets, tasks)"""
    present: Counts
    """(parts, T): in how many iterations each row exists."""
    occurred: Counts
    rework_spent: Counts
    """For each reworked task: in how many iterations its last round was needed."""
    merging: tuple[int, ...]
    """The M rows where several links meet."""
    ready: Counts
    """(M,): sums of when they became ready."""
    ends: Counts
    """Sums of when each of their links alone would have made them ready, row after row."""
    ends_first: tuple[int, ...]
    """(M,): where the ends of each row begin."""
    waited: Counts
    """(2, K): sums of milliseconds that rows waited for their needs, and how many waited."""
    met: Counts
    """Sums of milliseconds that rows of boards waited for their meetings."""
    lived: int
    """How many iterations the compiled engine left to SimPy."""
    cash: Floats
    """(months, chunks): sums."""
    accounts: Floats
    task_start: Floats
    task_finish: Floats
    task_present: npt.NDArray[np.bool_]
    task_cash: Floats


@dataclass(slots=True)
class Shared:
    """The compiled engine's `CompiledBlocks` of a plan, for a pilot and the run that follows."""

    engine: Any = None


def block_maker(
    plan: Plan,
    settings: Settings,
    sampling: Sampling,
    shared: Shared | None = None,
    *,
    at_once: int = 1,
    beside: Beside | None = None,
) -> Callable[[Span], Block]:
    """The function that simulates spans of a plan; what it needs of the plan is made once.

    Memory is prepared for as many spans as are to be simulated `at_once`, and outcomes are put
    `beside` those of other spans if there is room for them.

    Plans with hits that have windows or rates are drawn and costed by NumPy even where the compiled
    engine schedules them.
    """
    if settings.engine_used == "compiled" and drawn_by_kernels(plan):
        room = beside or Beside(0, 0)
        return _compiled_blocks(plan, settings, sampling, shared or Shared(), at_once, room)
    return lambda span: _numpy_block(plan, settings, sampling, span)


def drawn_by_kernels(plan: Plan) -> bool:
    """Whether the compiled engine draws a plan and costs it, not only schedules it."""
    effects = plan.effects
    if any(stop.rerun or stop.windows is not None for stop in effects.stops):
        return False
    if effects.epochs == 1:
        return effects.inside.is_dispatched
    varying = varying_risks(effects)
    dated = (stop for stop in effects.stops if stop.at is not None and not stop.at.is_fixed)
    return effects.inside.is_empty and all(stop.risk not in varying for stop in dated)


def varied_by_kernels(plan: Plan) -> bool:
    """Whether variants of a plan can be drawn with it by the compiled engine."""
    return plan.effects.epochs == 1 and drawn_by_kernels(plan)


def simulate_block(
    plan: Plan, settings: Settings, span: Span, sampling: Sampling | None = None
) -> Block:
    """Simulate some iterations; depends on nothing but its arguments."""
    return block_maker(plan, settings, sampling or sampling_of(plan, settings))(span)


def sampling_of(plan: Plan, settings: Settings, shared: Shared | None = None) -> Sampling:
    """How a run draws; Sobol's points go to the variables that a pilot finds to matter most."""
    if settings.scheme != "sobol":
        return Sampling(settings.scheme, settings.seed, settings.replicates)
    engine = settings.engine
    if settings.engine_used == "simpy":
        engine = "numpy" if plan.network.pools is None else "compiled"
    plainly = replace(settings, scheme="mc", engine=engine, task_iterations=0)
    make = block_maker(plan, plainly, Sampling("mc", settings.seed), shared)

    def simulate(start: int, stop: int) -> Pilot:
        block = make(Span(start, stop))
        return Pilot(block.finish, block.cost, block.critical.sum(axis=0)[0])

    dimensions = dimensions_of(plan, settings.seed, simulate)
    return Sampling("sobol", settings.seed, settings.replicates, dimensions)


def engine_of(settings: Settings) -> Engine:
    """The function that schedules."""
    if settings.engine_used == "simpy":
        from simulator.engine.simpy_engine import simpy_pass  # noqa: PLC0415 - rarely asked for

        return simpy_pass
    if settings.engine_used == "compiled":
        from simulator.engine.compiled.warm import warm_up_once  # noqa: PLC0415 - slow to load

        warm_up_once()
        from simulator.engine.compiled.engine import compiled_pass  # noqa: PLC0415

        return compiled_pass
    return network_pass


def special_tasks(plan: Plan) -> list[tuple[int, TaskPlan]]:
    """The tasks that are more than an estimate, links, a name and tags, and their numbers."""
    tasks = plan.network.tasks
    return [(number, tasks[number]) for number, _, _ in plan.scenario.columns.special]


def finish_outcomes(plan: Plan) -> tuple[tuple[str, int, TaskPlan | None], ...]:
    """Which finishes are outcomes of their own: (id, number of a project, or a task)."""
    projects = [(name, number, None) for number, name in enumerate(plan.network.projects)]
    return (
        *projects,
        *(
            (task.id, NONE, task)
            for _, task in special_tasks(plan)
            if task.kind == "milestone" or task.deadline is not None
        ),
    )


def critical_targets(plan: Plan) -> tuple[tuple[str, Ints], ...]:
    """To what criticality is counted: the program's finish (id empty), and every milestone."""
    milestones = [task for _, task in special_tasks(plan) if task.kind == "milestone"]
    return (
        ("", plan.network.finish_rows),
        *((task.id, np.array([task.last], dtype=np.int32)) for task in milestones),
    )


def _compiled_blocks(  # noqa: PLR0917 - what a maker of blocks is given
    plan: Plan,
    settings: Settings,
    sampling: Sampling,
    shared: Shared,
    at_once: int,
    beside: Beside,
) -> Callable[[Span], Block]:
    from simulator.engine.compiled.warm import warm_up_once  # noqa: PLC0415 - slow to load

    warm_up_once()
    from simulator.engine.compiled.block import CompiledBlocks  # noqa: PLC0415

    if shared.engine is None:
        shared.engine = CompiledBlocks(
            plan,
            sampling,
            keep_margin=settings.keep_margin,
            finishes=tuple((project, task) for _, project, task in finish_outcomes(plan)),
            targets=tuple(rows for _, rows in critical_targets(plan)),
        )
    engine: CompiledBlocks = shared.engine.drawn(sampling)
    engine.make_rooms(at_once)
    incoming = np.diff(plan.network.links.first)
    merging = incoming > 1
    meeting = merging[plan.network.links.succ]
    rows, firsts = tuple(np.flatnonzero(merging).tolist()), _firsts(incoming[merging].tolist())
    discounted = plan.money.discount is not None

    def make(span: Span) -> Block:
        found = engine.simulate(span.start, span.stop, _kept(settings, span))

        def kept(name: str, values: Floats) -> Floats:
            return beside.put(name, values, span.start)

        return Block(
            finish=kept("finish", found.outcomes[0]),
            duration=kept("duration", found.outcomes[1]),
            cost=kept("cost", found.cost),
            present_value=kept("present value", found.present_value) if discounted else None,
            finishes=kept("finishes", found.outcomes[2:]),
            critical=_counted(found.critical, settings),
            present=_counted(found.present, settings),
            occurred=_counted(found.occurred, settings),
            rework_spent=_counted(found.spent, settings),
            merging=rows,
            ready=found.ready[merging],
            ends=found.alone[meeting],
            ends_first=firsts,
            waited=found.waited,
            met=found.met,
            lived=0,
            cash=found.cash,
            accounts=found.accounts,
            task_start=found.task_start,
            task_finish=found.task_finish,
            task_present=found.task_present,
            task_cash=found.task_cash,
        )

    return make


def _counted(by_chunk: Counts, settings: Settings) -> Counts:
    """Counts of a block; by chunk where a scheme has replicates."""
    return by_chunk if settings.replicates > 1 else by_chunk.sum(axis=0, keepdims=True)


def _firsts(lengths: Sequence[int]) -> tuple[int, ...]:
    """Where each of several lists begins, one after the other."""
    return tuple(np.cumsum([0, *lengths])[:-1].tolist())


def _kept(settings: Settings, span: Span) -> int:
    """How many iterations of a span keep their tasks."""
    return max(0, min(settings.task_iterations - span.start, span.stop - span.start))


def _numpy_block(plan: Plan, settings: Settings, sampling: Sampling, span: Span) -> Block:
    draws = draw(plan, sampling, span.start, span.stop)
    durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
    network = plan.network
    if network.pools is not None and settings.engine_used == "numpy":
        raise SettingsError(NO_DISPATCH)
    schedule = engine_of(settings)(network, durations)
    finish = program_finish(network, durations, schedule)
    costs = costs_of(plan, draws, durations, schedule, finish)
    driving = driving_links(network, durations, schedule)
    targets = tuple(rows for _, rows in critical_targets(plan))
    groups = tuple(task.rows for task in network.tasks)
    by_chunk, keep = settings.replicates > 1, _kept(settings, span)
    bases, firsts, lasts = network.task_rows
    return Block(
        finish=finish,
        duration=_working_time(network, finish),
        cost=costs.total,
        present_value=costs.present_value,
        finishes=block_finishes(plan, schedule),
        critical=criticality(network, schedule, driving.drives, targets, groups, by_chunk=by_chunk),
        present=counts(schedule.exists, by_chunk=by_chunk),
        occurred=counts(_occurrences(plan, draws, schedule), by_chunk=by_chunk),
        rework_spent=counts(_last_rounds(plan, schedule), by_chunk=by_chunk),
        merging=driving.merging,
        ready=whole_sums(driving.ready),
        ends=np.concatenate([np.zeros(0, dtype=np.int64), *map(whole_sums, driving.ends)]),
        ends_first=_firsts([len(ends) for ends in driving.ends]),
        waited=_waited(schedule),
        met=meeting_waits(schedule),
        lived=schedule.lived * durations.iterations,
        cash=chunk_sums(costs.cash),
        accounts=chunk_sums(costs.accounts),
        task_start=schedule.start[firsts, :keep],
        task_finish=schedule.finish[lasts, :keep],
        task_present=schedule.exists[bases, :keep],
        task_cash=costs.cash[:, :keep],
    )


def _waited(schedule: Schedule) -> Counts:
    """Milliseconds waited for each need, and in how many iterations, (2, K)."""
    waiting = schedule.waiting
    if waiting is None:
        return np.zeros((2, 0), dtype=np.int64)
    sums = np.rint(waiting).astype(np.int64).sum(axis=1)
    return np.array([sums, np.count_nonzero(waiting, axis=1)], dtype=np.int64)


def meeting_waits(schedule: Schedule) -> Counts:
    """Milliseconds that rows of boards waited for their meetings: not worked, not stopped."""
    found = []
    for row, waits in schedule.approval_waits.items():
        ended = schedule.exists[row]
        if schedule.stopped is not None:
            ended = ended & ~schedule.stopped[row]
        found.append(int(waits[ended].sum()))
    return np.array(found, dtype=np.int64)


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


def _occurrences(plan: Plan, draws: Draws, schedule: Schedule) -> Bools:
    """Which risks occurred (R, N); where dated mitigations change one, as its first hit met it."""
    effects = plan.effects
    hit = rows_by_risk(effects)
    found = as_first_met(draws.occurs, hit, effects.thresholds, schedule.start, schedule.exists)
    for rate, arrivals in zip(effects.inside.rates, schedule.arrivals, strict=True):
        found[rate.risk] = np.isfinite(arrivals).any(axis=0)
    return found


def _last_rounds(plan: Plan, schedule: Schedule) -> Bools:
    """Where the last round of each rework was needed (K, N); its outcome is accepted as it is."""
    found = [
        schedule.exists[[row for row, _ in rework.rows[-1]]].any(axis=0)
        for rework in plan.work.rework
    ]
    return np.array(found, dtype=bool).reshape(len(found), schedule.start.shape[1])
