"""Shared pools: our dispatcher against a plain one in SimPy on the same networks."""

import json
import random
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import simpy

import simulator
from benchmarks.cases import Data
from benchmarks.timing import Bar, Extent, table
from simulator.scenario.loading import loads
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_DAY

POOLS, BARRED = 4, 120
HEADINGS = (
    "tasks", "plan", "threads", "ns a task and iteration", "SimPy", "times faster", "bar",
    "mean finish apart (standard errors)",
)  # fmt: skip
_SETTING = (
    "Networks of triangular tasks with about two links each that share four pools; one task in five"
    " needs two of them. Ours is `simulate(...).to_dict()` of 10,000 iterations with driving links,"
    " waits by task and pool, and the levelled deterministic plan. The other is a plain dispatcher"
    " in SimPy, a process a task, on the clock without calendars and boards, without criticality."
)
_ROUNDS = 5
_OFFICE = (
    "calendars: {office: {week: {mon-thu: ['09:00-13:00', '14:00-18:00'], fri: ['09:00-15:00']},"
    " hours_per_day: 8, holidays: DE-BY}}"
)


@dataclass(frozen=True, slots=True)
class Shop:
    """Tasks in order: mode of each triangular duration in days, predecessors, needs by pool."""

    modes: tuple[int, ...]
    before: tuple[tuple[int, ...], ...]
    needs: tuple[dict[int, int], ...]
    units: int

    @classmethod
    def of(cls, tasks: int, seed: int = 1) -> "Shop":
        """A network of links to tasks at most 15 before, each in need of one pool or of two."""
        chance = random.Random(seed)
        modes, before, needs = [], [], []
        for task in range(tasks):
            choices = range(max(0, task - 15), task)
            count = min(chance.choice([1, 2, 2, 3]), len(choices))
            before.append(tuple(sorted(chance.sample(choices, count))))
            modes.append(chance.randint(4, 8))
            own = {chance.randrange(POOLS): 1}
            needs.append(own if chance.random() < 0.8 else {0: 1, 1: 1})
        return cls(tuple(modes), tuple(before), tuple(needs), max(3, tasks // 40))

    def scenario(self, *, rich: bool, risks: Data | None = None) -> Scenario:
        """The scenario; `rich` with calendars, boards and a capacity that changes."""
        calendar = "office" if rich else "24x7"
        lines = [
            "format: 1",
            f"program: {{start: 2027-01-04, calendar: {calendar}, priority_rule: declared}}",
            _OFFICE,
            f"pools: {{{', '.join(self._pool(pool, rich=rich) for pool in range(POOLS))}}}",
            "boards: {steering: {meets: first tue, at: 10:00, papers: 2d}}",
            "projects: {p: {tasks: {",
        ]
        for task, mode in enumerate(self.modes):
            after = ", ".join(f"t{other}" for other in self.before[task])
            needs = ", ".join(f"p{pool}: {units}" for pool, units in self.needs[task].items())
            board = "board: steering, " if rich and task % 40 == 39 else ""
            lines.append(
                f"t{task}: {{duration: {{triangular: [{mode - 2}d, {mode}d, {mode + 6}d]}}, {board}"
                f"needs: {{{needs}}}, after: [{after}]}},"
            )
        return loads("\n".join([*lines, "}}}", f"risks: {json.dumps(risks or {})}"]))

    def _pool(self, pool: int, *, rich: bool) -> str:
        if rich and pool == 0:
            units = f"[{{units: {self.units}}}, {{from: 2027-06-01, units: {self.units + 1}}}]"
            return f"p{pool}: {{units: {units}}}"
        return f"p{pool}: {{units: {self.units}}}"


def simpy_dispatcher(shop: Shop, days: np.ndarray) -> float:
    """One iteration: a process a task, and a list of those that ask, served in declared order."""
    clock = simpy.Environment()
    free = [shop.units] * POOLS
    asking: list[int] = []
    granted = [clock.event() for _ in shop.modes]
    waited = [0.0] * len(shop.modes)

    def serve() -> None:
        for task in sorted(asking):
            if all(free[pool] >= units for pool, units in shop.needs[task].items()):
                for pool, units in shop.needs[task].items():
                    free[pool] -= units
                asking.remove(task)
                granted[task].succeed()

    def life(task: int, lives: list[simpy.Process]) -> Generator[simpy.Event, object, None]:
        yield simpy.AllOf(clock, [lives[other] for other in shop.before[task]])
        asked = clock.now
        asking.append(task)
        serve()
        yield granted[task]
        waited[task] = clock.now - asked
        yield clock.timeout(float(days[task]))
        for pool, units in shop.needs[task].items():
            free[pool] += units
        serve()

    lives: list[simpy.Process] = []
    for task in range(len(shop.modes)):
        lives.append(clock.process(life(task, lives)))
    clock.run()
    return float(clock.now)


def measured(
    tasks: int, iterations: int, simpy_iterations: int, *, rich: bool
) -> Iterator[list[str]]:
    """Rows of the table, for one thread and for two; theirs and ours in turns."""
    shop = Shop.of(tasks)
    scenario, generator = shop.scenario(rich=rich), np.random.default_rng(1)
    modes = np.array(shop.modes, dtype=np.float64)[:, None]
    ends: list[float] = []
    for threads in (1, 2):
        run = {"iterations": iterations, "engine": "compiled", "threads": threads}
        results = simulator.simulate(scenario, task_iterations=0, **run)
        ours, theirs = np.inf, np.inf
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            simulator.simulate(scenario, task_iterations=0, **run).to_dict()
            ours = min(ours, time.perf_counter() - began)
            days = generator.triangular(modes - 2, modes, modes + 6, (tasks, simpy_iterations))
            began = time.perf_counter()
            ends += [simpy_dispatcher(shop, days[:, k]) for k in range(simpy_iterations)]
            theirs = min(theirs, time.perf_counter() - began)
        own, other = ours / tasks / iterations * 1e9, theirs / tasks / simpy_iterations * 1e9
        bar = Bar((50 if rich else 100) if threads == 1 else (90 if rich else 180))
        finish = results.joined.finish / MS_PER_DAY
        score = (finish.mean() - np.mean(ends)) / np.hypot(
            finish.std() / np.sqrt(len(finish)), np.std(ends) / np.sqrt(len(ends))
        )
        yield [
            f"{tasks:,}", "calendar, boards, changing units" if rich else "on the clock",
            f"{threads}", f"{own:.0f}", f"{other:,.0f}", f"{other / own:.0f}",
            bar.said(other / own) if tasks == BARRED else "", "" if rich else f"{score:.1f}",
        ]  # fmt: skip


def pools(extent: Extent) -> str:
    """The section of the report."""
    iterations, slow = extent.of(10_000, 256), extent.of(30, 3)
    rows = [
        row
        for tasks in (BARRED, extent.of(1_000, BARRED))
        for rich in (False, True)
        for row in measured(tasks, iterations, slow, rich=rich)
    ]
    return f"{_SETTING}\n\n{table(HEADINGS, rows)}"


if __name__ == "__main__":
    print(pools(Extent()))
