"""Finite pools compiled: who needs how much of what, and how much there is when."""

from dataclasses import replace

import numpy as np

from simulator.plan.context import Compilation, read_only
from simulator.plan.plan import Network
from simulator.plan.rows import task_path
from simulator.plan.unfolding import Pools
from simulator.plan.work_calendar import Floats
from simulator.scenario.program import Pool

THOUSANDTHS = 1000
_MOST = 62
"""Pools that can be told apart by the bits of a whole number of 64 bits."""


def pools_of(compilation: Compilation, network: Network) -> Pools | None:
    """The finite pools that rows need; None where there is none."""
    scenario = compilation.scenario
    finite = {key: pool for key, pool in scenario.pools.items() if pool.units != "unlimited"}
    needing = [
        (number, task_id, task)
        for number, task_id, task in compilation.plain.special
        if not finite.keys().isdisjoint(task.needs)
    ]
    used = {pool for _, _, task in needing for pool in task.needs}
    ids = tuple(pool for pool in finite if pool in used)
    if not ids:
        return None
    if len(ids) > _MOST:
        problem = f"tasks share {len(ids)} finite pools; expected at most {_MOST}"
        compilation.faults.append((("pools",), f"{problem}, the others with `units: unlimited`"))
    steps = [_steps(compilation, key, finite[key]) for key in ids]
    needs: list[tuple[int, int, int]] = []
    places = {pool: (place, int(steps[place][1][-1])) for place, pool in enumerate(ids)}
    priority = np.full(len(network.rows), np.inf)
    for number, task_id, task in needing:
        for pool_id, units in task.needs.items():
            if pool_id not in places:
                continue
            (pool, last), wanted = places[pool_id], round(THOUSANDTHS * units)
            if task.spans:
                problem = "a span shares no finite pool; expected one with `units: unlimited`"
            elif last < wanted:
                left = last / THOUSANDTHS
                problem = f"{units:g} units are never free: in the end the pool has {left:g}"
                problem += "; expected at most that many"
            else:
                open_rows = [r for r in network.tasks[number].rows if r not in network.facts]
                needs += [(row, pool, wanted) for row in open_rows]
                continue
            compilation.faults.append(((*task_path(task_id), "needs", pool_id), problem))
    projects = list(scenario.projects.values())
    for plan in network.tasks:
        own = scenario.tasks[plan.id].priority
        given = projects[plan.project].priority if own is None else own
        if given is not None:
            priority[list(plan.rows)] = given
    needs.sort()
    rows = np.array([row for row, _, _ in needs], dtype=np.int64)
    count = len(network.rows)
    return Pools(
        ids=ids,
        first=read_only(np.searchsorted(rows, np.arange(count + 1)).astype(np.int32)),
        pool=read_only(np.array([pool for _, pool, _ in needs], dtype=np.int32)),
        units=read_only(np.array([units for _, _, units in needs], dtype=np.int64)),
        step_first=read_only(np.cumsum([0, *(len(at) for at, _ in steps)]).astype(np.int32)),
        step_at=read_only(np.concatenate([at for at, _ in steps])),
        step_units=read_only(np.concatenate([units for _, units in steps]).astype(np.int64)),
        order=read_only(np.arange(count, dtype=np.int32)),
        priority=read_only(priority),
        rule=scenario.program.priority_rule,
    )


def shares_pools(compilation: Compilation) -> bool:
    """Whether some task needs units of a finite pool."""
    pools = compilation.scenario.pools
    return any(
        pools[pool].units != "unlimited"
        for _, _, task in compilation.plain.special
        for pool in task.needs
    )


def _steps(compilation: Compilation, pool_id: str, pool: Pool) -> tuple[Floats, Floats]:
    """When a pool's thousandths of units change and to how many, mitigations bought included."""
    changes = {-np.inf: 0.0}
    if isinstance(pool.units, tuple):
        for each in pool.units:
            since = (
                -np.inf if each.from_ is None else compilation.instant_ms(each.from_, ends=False)
            )
            changes[since] = THOUSANDTHS * each.units
    elif isinstance(pool.units, float):
        changes[-np.inf] = THOUSANDTHS * pool.units
    marks = sorted(changes)
    at, units = np.array(marks), np.array([changes[mark] for mark in marks])
    for mitigation in compilation.scenario.mitigations.values():
        more = mitigation.units.get(pool_id)
        if mitigation.bought and more:
            date = mitigation.at
            begin = -np.inf if date is None else compilation.instant_ms(date, ends=False)
            at, units = added(at, units, begin, np.inf, THOUSANDTHS * more)
    return at, np.maximum(np.rint(units), 0.0)


def added(
    at: Floats, units: Floats, begin: float, end: float, more: float
) -> tuple[Floats, Floats]:
    """A capacity with some more units from `begin` until `end`."""
    marks = np.unique(np.concatenate((at, [begin], [end] if end < np.inf else [])))
    held = units[np.searchsorted(at, marks, side="right") - 1]
    return marks, held + np.where((marks >= begin) & (marks < end), more, 0.0)


def with_more(pools: Pools, pool: int, more: float) -> Pools:
    """The same pools with more units in one of them; +inf for all that could ever be held."""
    units = pools.step_units.copy()
    part = slice(int(pools.step_first[pool]), int(pools.step_first[pool + 1]))
    wanted = int(pools.units[pools.pool == pool].sum()) if np.isinf(more) else 0
    units[part] = wanted if np.isinf(more) else units[part] + round(THOUSANDTHS * more)
    return replace(pools, step_units=read_only(units))


def never_served(network: Network, row: int) -> str:
    """What is wrong when a row waits for units that never come."""
    pools, task = network.unfolding.pools, network.tasks[int(network.rows.task[row])].id
    names = ""
    if pools is not None:
        needs = pools.pool[pools.first[row] : pools.first[row + 1]].tolist()
        names = ", ".join(f"`{pools.ids[pool]}`" for pool in needs)
    return (
        f"`{task}` waits for ever in some futures: {names} never has the units that it needs again;"
        " give the risks that take units an end (`for`), or the pool more units"
    )
