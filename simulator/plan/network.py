"""Drafted rows put in order, and laid out as arrays."""

import heapq
from collections import defaultdict

import numpy as np

from simulator.plan.context import Compilation, read_only
from simulator.plan.gates import FIRST, Gate
from simulator.plan.plan import NONE, Links, Network, Rows, TaskPlan
from simulator.plan.rows import DraftNetwork
from simulator.scenario.selectors import full_id, select
from simulator.scenario.tasks import Task


def order_of(draft: DraftNetwork, gates: list[Gate]) -> tuple[list[str], dict[str, int]]:
    """Keys of rows in topological order, declared order where free; and each gate's place in it.

    A gate's place is the number of rows before it.

    Raises
    ------
    ValueError
        A gate cannot be put in order; the text names it. (Cycles of links are found earlier.)
    """
    nodes = [*draft.rows, *(gate.name for gate in gates)]
    number = {name: position for position, name in enumerate(nodes)}
    after: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(nodes, 0)
    edges = [(link.pred, link.succ) for link in draft.links]
    for gate in gates:
        edges += [(row, gate.name) for row in gate.before]
        edges += [(gate.name, row) for row in gate.behind]
    for pred, succ in edges:
        after[pred].append(succ)
        waiting[succ] += 1
    ready = [number[name] for name in nodes if not waiting[name]]
    heapq.heapify(ready)
    ordered: list[str] = []
    places: dict[str, int] = {}
    while ready:
        name = nodes[heapq.heappop(ready)]
        if name in draft.rows:
            ordered.append(name)
        else:
            places[name] = len(ordered)
        for succ in after[name]:
            waiting[succ] -= 1
            if not waiting[succ]:
                heapq.heappush(ready, number[succ])
    stuck = [gate.name for gate in gates if gate.name not in places]
    if stuck:
        raise ValueError(stuck[0])
    return ordered, places


def network_of(
    compilation: Compilation, draft: DraftNetwork, ordered: list[str], places: dict[str, int]
) -> tuple[Network, tuple[tuple[str, int], ...]]:
    """The network as arrays; and (`lag` or `date`, variable) of everything in it that is drawn."""
    position = {key: row for row, key in enumerate(ordered)}
    drawn: list[tuple[str, int]] = []
    links = _links(draft, position, drawn)
    rows, floors = _rows(compilation, draft, ordered, drawn)
    tasks = _tasks(compilation, draft, position)
    base = {task.id: task for task in tasks}
    scenario = compilation.scenario
    spanned = {
        base[task_id].base: tuple(
            (base[inner].base, base[inner].last)
            for inner in select(scenario, task.spans, task_id.partition(".")[0])
            if not scenario.tasks[inner].spans
        )
        for task_id, task in scenario.tasks.items()
        if task.spans
    }
    finish = scenario.program.finish
    finish_rows = (
        [base[full_id(scenario, finish)].last]
        if finish is not None
        else np.flatnonzero(~rows.span).tolist()
    )
    settle: dict[int, list[int]] = defaultdict(list)
    stops: dict[int, list[int]] = defaultdict(list)
    for name, place in places.items():
        kind, _, index = name.partition(":")
        (settle if kind == FIRST else stops)[place].append(int(index))
    network = Network(
        rows=rows,
        links=links,
        tasks=tasks,
        projects=tuple(scenario.projects),
        calendars=tuple(compilation.calendars.tables),
        program_calendar=compilation.calendars.index(scenario.program.calendar),
        finish_rows=read_only(np.array(finish_rows, dtype=np.int32)),
        finish_is_default=finish is None,
        spanned=spanned,
        settle_before={place: tuple(sorted(which)) for place, which in settle.items()},
        floor_variables=floors,
        stop_before={place: tuple(sorted(which)) for place, which in stops.items()},
    )
    return network, tuple(drawn)


def _clock_or(compilation: Compilation, calendar: int) -> int:
    """Calendars that always work are the clock itself."""
    return NONE if compilation.calendars.tables[calendar].always else calendar


def _rows(
    compilation: Compilation,
    draft: DraftNetwork,
    ordered: list[str],
    drawn: list[tuple[str, int]],
) -> tuple[Rows, tuple[tuple[int, bool, int], ...]]:
    scenario = compilation.scenario
    found = [draft.rows[key] for key in ordered]
    tasks = {task_id: number for number, task_id in enumerate(scenario.tasks)}
    projects = {name: number for number, name in enumerate(scenario.projects)}
    floors: list[tuple[int, bool, int]] = []
    fixed = np.array([row.floors for row in found]).reshape(-1, 2)
    for number, row in enumerate(found):
        for is_finish, operand in row.floor_variables:
            floors.append((number, is_finish, sum(kind == "date" for kind, _ in drawn)))
            drawn.append(("date", operand.variable))

    def ints(values: list[int]) -> np.ndarray:
        return read_only(np.array(values, dtype=np.int32))

    return Rows(
        ids=tuple(ordered),
        task=ints([tasks[row.task] for row in found]),
        round=ints([row.round for row in found]),
        project=ints([projects[row.task.partition(".")[0]] for row in found]),
        calendar=ints([_clock_or(compilation, row.calendar) for row in found]),
        unit_calendar=ints([row.unit_calendar for row in found]),
        snap=ints(
            [NONE if row.snap == NONE else _clock_or(compilation, row.snap) for row in found]
        ),
        start_floor=read_only(fixed[:, 0].copy()),
        finish_floor=read_only(fixed[:, 1].copy()),
        start_cap=read_only(np.array([row.caps[0] for row in found])),
        finish_cap=read_only(np.array([row.caps[1] for row in found])),
        span=read_only(np.array([row.span for row in found], dtype=bool)),
    ), tuple(floors)


def _links(draft: DraftNetwork, position: dict[str, int], drawn: list[tuple[str, int]]) -> Links:
    links = sorted(draft.links, key=lambda link: position[link.succ])
    lag_rows: list[int] = []
    for link in links:
        lag_rows.append(NONE if link.lag.is_fixed else sum(kind == "lag" for kind, _ in drawn))
        if not link.lag.is_fixed:
            drawn.append(("lag", link.lag.variable))
    succ = np.array([position[link.succ] for link in links], dtype=np.int32)
    first = np.searchsorted(succ, np.arange(len(position) + 1)).astype(np.int32)
    return Links(
        pred=read_only(np.array([position[link.pred] for link in links], dtype=np.int32)),
        succ=read_only(succ),
        kind=read_only(np.array([link.kind for link in links], dtype=np.int32)),
        lag=read_only(
            np.array(
                [
                    0.0 if link.share or not link.lag.is_fixed else np.rint(link.lag.fixed)
                    for link in links
                ]
            )
        ),
        lag_variable=read_only(np.array(lag_rows, dtype=np.int32)),
        lag_share=read_only(
            np.array(
                [link.lag.fixed if link.share and link.lag.is_fixed else np.nan for link in links]
            )
        ),
        lag_drawn_share=read_only(
            np.array([link.share and not link.lag.is_fixed for link in links], dtype=bool)
        ),
        share_of=read_only(np.array([position[link.share_of] for link in links], dtype=np.int32)),
        calendar=read_only(np.array([link.calendar for link in links], dtype=np.int32)),
        first=read_only(first),
    )


def _tasks(
    compilation: Compilation, draft: DraftNetwork, position: dict[str, int]
) -> tuple[TaskPlan, ...]:
    scenario = compilation.scenario
    projects = {name: number for number, name in enumerate(scenario.projects)}
    work: dict[str, list[int]] = defaultdict(list)
    for key, row in draft.rows.items():
        work[row.task].append(position[key])
    return tuple(
        TaskPlan(
            id=task_id,
            name=task.name or task_id.partition(".")[2].replace("_", " ").capitalize(),
            project=projects[task_id.partition(".")[0]],
            kind=_kind(task),
            base=position[task_id],
            last=position[draft.last[task_id]],
            rows=tuple(sorted(work[task_id])),
            deadline=compilation.instant_ms(task.deadline, ends=True) if task.deadline else None,
            tags=dict(task.tags),
            targets=_targets(compilation, task, draft.rows[task_id].unit_calendar),
            source_uid=task.source_uid,
        )
        for task_id, task in scenario.tasks.items()
    )


def _kind(task: Task) -> str:
    if task.spans:
        return "span"
    if task.milestone:
        return "milestone"
    return "margin" if task.margin else "task"


def _targets(compilation: Compilation, task: Task, calendar: int) -> dict[str, float]:
    """Dates that are reported on. A task must start on its day, or at its time once it can work."""
    found = {}
    for key in ("start_no_later_than", "finish_no_later_than", "must_start", "must_finish"):
        moment = getattr(task, key)
        if moment is not None:
            found[key] = compilation.instant_ms(moment, ends=True)
    if task.must_start is not None and task.must_start.has_time:
        table = compilation.calendars.tables[calendar]
        opens = table.start_at(table.work_at(np.array([found["must_start"]])))
        found["must_start"] = float(opens[0])
    return found
