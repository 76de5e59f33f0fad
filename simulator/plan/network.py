"""Drafted rows put in order, and laid out as arrays."""

import heapq
from collections import defaultdict

import numpy as np
import numpy.typing as npt

from simulator.plan.context import Compilation, read_only
from simulator.plan.draft import DraftLinks, DraftNetwork
from simulator.plan.facts import Facts
from simulator.plan.gates import FIRST, Gate
from simulator.plan.plan import NONE, Ints, Links, Network, Rows, TaskPlans, TaskRows
from simulator.plan.rows import is_finished
from simulator.scenario.selectors import full_id, select
from simulator.scenario.tasks import Task

Places = npt.NDArray[np.intp]
_NO_TARGETS: dict[str, float] = {}


def order_of(draft: DraftNetwork, gates: list[Gate]) -> tuple[list[int], dict[str, int]]:
    """Rows by number in topological order, declared order where free; and each gate's place in it.

    A gate's place is the number of rows before it.

    Raises
    ------
    ValueError
        A gate cannot be put in order; the text names it. (Cycles of links are found earlier.)
    """
    count, pred, succ = len(draft.keys), draft.links.pred, draft.links.succ
    if not gates and (pred < succ).all():
        return list(range(count)), {}
    edges = list(zip(pred.tolist(), succ.tolist(), strict=True))
    for place, gate in enumerate(gates, count):
        edges += [(draft.number[row], place) for row in gate.before]
        edges += [(place, draft.number[row]) for row in gate.behind]
    after: list[list[int]] = [[] for _ in range(count + len(gates))]
    waiting = [0] * len(after)
    for before, behind in edges:
        after[before].append(behind)
        waiting[behind] += 1
    ready = [node for node, left in enumerate(waiting) if not left]
    heapq.heapify(ready)
    ordered: list[int] = []
    places: dict[str, int] = {}
    while ready:
        node = heapq.heappop(ready)
        if node < count:
            ordered.append(node)
        else:
            places[gates[node - count].name] = len(ordered)
        for behind in after[node]:
            waiting[behind] -= 1
            if not waiting[behind]:
                heapq.heappush(ready, behind)
    stuck = [gate.name for gate in gates if gate.name not in places]
    if stuck:
        raise ValueError(stuck[0])
    return ordered, places


def network_of(
    compilation: Compilation,
    draft: DraftNetwork,
    facts: Facts,
    ordered: list[int],
    places: dict[str, int],
) -> tuple[Network, tuple[tuple[str, int], ...]]:
    """The network as arrays; and (`lag` or `date`, variable) of everything in it that is drawn."""
    order = np.array(ordered, dtype=np.intp)
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    drawn: list[tuple[str, int]] = []
    links = _links(draft.links, position, drawn)
    rows, floors = _rows(compilation, draft, order, drawn)
    bases = position[: len(compilation.scenario.columns.ids)]
    ends = (bases, position[draft.firsts()], position[draft.last])
    task_rows = TaskRows(*(read_only(each.astype(np.int32)) for each in ends))
    tasks = _tasks(compilation, draft, position, task_rows)
    scenario = compilation.scenario
    spanned = {
        tasks[number].base: tuple(
            (tasks[draft.number[inner]].first, tasks[draft.number[inner]].last)
            for inner in select(scenario, task.spans, task_id.partition(".")[0])
            if not scenario.tasks[inner].spans
        )
        for number, task_id, task in compilation.plain.special
        if task.spans and not is_finished(compilation, number)
    }
    finish = scenario.program.finish
    finish_rows = (
        np.array([tasks[draft.number[full_id(scenario, finish)]].last])
        if finish is not None
        else np.flatnonzero(~rows.span)
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
        finish_rows=read_only(finish_rows.astype(np.int32)),
        finish_is_default=finish is None,
        spanned=spanned,
        settle_before={place: tuple(sorted(which)) for place, which in settle.items()},
        floor_variables=floors,
        stop_before={place: tuple(sorted(which)) for place, which in stops.items()},
        as_late_as_possible={
            tasks[number].base: task.as_late_as_possible
            for number, _, task in compilation.plain.special
            if task.as_late_as_possible is not None and number not in compilation.progress
        },
        facts={int(position[number]): work for number, work in draft.facts.items()},
        data_date=facts.date,
    )
    return network, tuple(drawn)


def _rows(
    compilation: Compilation, draft: DraftNetwork, order: Places, drawn: list[tuple[str, int]]
) -> tuple[Rows, tuple[tuple[int, bool, int], ...]]:
    scenario = compilation.scenario
    sizes = [len(project.tasks) for project in scenario.projects.values()]
    project_of = np.repeat(np.arange(len(sizes)), sizes)
    # Calendars that always work are the clock itself; the last entry stands for none.
    clocked = [NONE if c.always else k for k, c in enumerate(compilation.calendars.tables)]
    clock_or = np.array([*clocked, NONE])
    task = np.array(draft.task, dtype=np.intp)
    in_place = bool((order[1:] > order[:-1]).all())
    floors: list[tuple[int, bool, int]] = []
    if draft.floor_variables:
        for row, number in enumerate(order.tolist()):
            for is_finish, operand in draft.floor_variables.get(number, ()):
                floors.append((row, is_finish, len(floors)))
                drawn.append(("date", operand.variable))
    start_cap, finish_cap = np.full((2, len(order)), np.inf)
    for number, (start, finish) in draft.caps.items():
        start_cap[number], finish_cap[number] = start, finish
    span = np.zeros(len(order), dtype=bool)
    span[draft.spans] = True

    def ints(values: list[int] | Places) -> Ints:
        return read_only(np.array(values, dtype=np.int32)[order])

    return Rows(
        ids=tuple(draft.keys if in_place else map(draft.keys.__getitem__, order.tolist())),
        task=ints(task),
        round=ints(draft.round),
        project=ints(project_of[task]),
        calendar=ints(clock_or[draft.calendar]),
        unit_calendar=ints(draft.unit_calendar),
        snap=ints(clock_or[draft.snap]),
        start_floor=read_only(np.array(draft.start_floor)[order]),
        finish_floor=read_only(np.array(draft.finish_floor)[order]),
        start_cap=read_only(start_cap[order]),
        finish_cap=read_only(finish_cap[order]),
        span=read_only(span[order]),
    ), tuple(floors)


def _links(links: DraftLinks, position: Places, drawn: list[tuple[str, int]]) -> Links:
    unsorted = position[links.succ]
    order = np.argsort(unsorted, kind="stable")
    succ = unsorted[order].astype(np.int32)
    first = np.searchsorted(succ, np.arange(len(position) + 1)).astype(np.int32)
    lag, lag_share = np.zeros(len(order)), np.full(len(order), np.nan)
    lag_variable = np.full(len(order), NONE, dtype=np.int32)
    lag_drawn_share = np.zeros(len(order), dtype=bool)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    for where, number in sorted((int(place[number]), number) for number in links.lags):
        operand, share = links.lags[number]
        if not operand.is_fixed:
            lag_variable[where], lag_drawn_share[where] = len(drawn), share
            drawn.append(("lag", operand.variable))
        elif share:
            lag_share[where] = operand.fixed
        else:
            lag[where] = np.rint(operand.fixed)

    def rows(numbers: Places) -> Ints:
        return read_only(position[numbers][order].astype(np.int32))

    def ints(values: Places) -> Ints:
        return read_only(values[order].astype(np.int32))

    return Links(
        pred=rows(links.pred),
        succ=read_only(succ),
        kind=ints(links.kind),
        lag=read_only(lag),
        lag_variable=read_only(lag_variable),
        lag_share=read_only(lag_share),
        lag_drawn_share=read_only(lag_drawn_share),
        share_of=rows(links.share_of),
        calendar=ints(links.calendar),
        first=read_only(first),
    )


def _tasks(
    compilation: Compilation, draft: DraftNetwork, position: Places, task_rows: TaskRows
) -> TaskPlans:
    scenario, columns = compilation.scenario, compilation.scenario.columns
    count = len(columns.ids)
    repeated: dict[int, tuple[int, ...]] = {}
    for number in range(count, len(position)):
        task = draft.task[number]
        own = repeated.get(task, (int(position[task]),))
        repeated[task] = tuple(sorted((*own, int(position[number]))))
    kinds, targets = ["task"] * count, [_NO_TARGETS] * count
    deadlines: list[float | None] = [None] * count
    for number, _, special in compilation.plain.special:
        kinds[number] = _kind(special, is_finished(compilation, number))
        targets[number] = _targets(compilation, special, draft.unit_calendar[number])
        if special.deadline:
            deadlines[number] = compilation.instant_ms(special.deadline, ends=True)
    sizes = [len(project.tasks) for project in scenario.projects.values()]
    project = np.repeat(np.arange(len(sizes)), sizes).tolist()
    return TaskPlans(
        columns.ids, columns.names, tuple(project), tuple(kinds), task_rows, repeated,
        tuple(deadlines), columns.tags, tuple(targets), columns.source_uids,
    )  # fmt: skip


def _kind(task: Task, finished: bool) -> str:
    if task.spans and not finished:
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
