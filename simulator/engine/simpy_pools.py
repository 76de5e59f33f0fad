"""Shared pools in one iteration: plain counters of thousandths of units."""

from bisect import bisect_right
from itertools import pairwise

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
        self._held: list[dict[int, int]] = [{} for _ in pools.ids]

    def changes(self) -> list[float]:
        """When the units of some pool change."""
        return sorted({instant for at, _ in self._steps for instant in at[1:]})

    def units(self, pool: int, at: float) -> int:
        """How much there is of a pool at an instant."""
        instants, units = self._steps[pool]
        return units[bisect_right(instants, at) - 1]

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
