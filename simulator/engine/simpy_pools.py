"""Shared pools in one iteration: plain counters of thousandths of units."""

from bisect import bisect_right
from itertools import pairwise

from simulator.engine.simpy_hits import NEVER, Change
from simulator.plan.unfolding import Pools

Needs = list[tuple[int, int]]
"""(pool, thousandths of units) in declared order of the pools."""


class PoolState:
    """Who holds what; how much there is follows from the instant."""

    def __init__(self, pools: Pools) -> None:
        self.ids = pools.ids
        self.order: list[int] = pools.order.tolist()
        every = list(zip(pools.pool.tolist(), pools.units.tolist(), strict=True))
        first = pools.first.tolist()
        self.needs: list[Needs] = [every[begin:end] for begin, end in pairwise(first)]
        self._steps: list[tuple[list[float], list[int]]] = []
        for pool in range(len(pools.ids)):
            at, units = pools.capacity(pool)
            self._steps.append((at.tolist(), units.tolist()))
        self._changes: list[list[Change]] = [[] for _ in pools.ids]
        self._held: list[dict[int, int]] = [{} for _ in pools.ids]

    def steps(self) -> list[float]:
        """When the units of some pool change by themselves."""
        return sorted({instant for at, _ in self._steps for instant in at[1:]})

    def change(self, change: Change) -> None:
        """Let a pool have more or fewer units for some time (rule 18)."""
        self._changes[change.pool].append(change)

    def units(self, pool: int, at: float) -> int:
        """How much there is of a pool at an instant."""
        instants, units = self._steps[pool]
        changed = [each.units for each in self._changes[pool] if each.begin <= at < each.end]
        return max(0, units[bisect_right(instants, at) - 1] + sum(changed))

    def marks(self, pool: int) -> list[float]:
        """When the units of a pool change."""
        ends = [at for each in self._changes[pool] for at in (each.begin, each.end)]
        return sorted({*self._steps[pool][0], *ends} - {float("-inf"), NEVER})

    def short(self, row: int, at: float) -> tuple[int, ...]:
        """The pools of which a row needs more than is left."""
        return tuple(
            pool
            for pool, wanted in self.needs[row]
            if wanted > self.units(pool, at) - sum(self._held[pool].values())
        )

    def hold(self, row: int) -> None:
        """Take what a row needs."""
        for pool, wanted in self.needs[row]:
            self._held[pool][row] = wanted

    def give_back(self, row: int) -> None:
        """Give back what a row holds."""
        for pool, _ in self.needs[row]:
            self._held[pool].pop(row, None)

    def holders(self, pool: int) -> tuple[int, ...]:
        """The rows that hold units of a pool."""
        return tuple(self._held[pool])
