"""What a pool costs and what more of it is worth: figures of paired runs, ranked."""

from dataclasses import dataclass
from typing import Any

from simulator.estimates.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of a pool does: calendar days saved, money spent more; negative otherwise."""

    saves_days_p80: Estimate
    saves_days_mean: Estimate
    costs_p80: Estimate
    costs_mean: Estimate

    def to_dict(self) -> dict[str, Any]:
        """The effect as it stands in `result.json`."""
        return {
            "saves_days_p80": self.saves_days_p80.to_dict(),
            "saves_days_mean": self.saves_days_mean.to_dict(),
            "costs_p80": self.costs_p80.to_dict(),
            "costs_mean": self.costs_mean.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class PoolValue:
    """One finite pool, and what three changes of it do on the same futures."""

    id: str
    unlimited: Effect
    """Nobody ever waits for it, and it is paid as it is."""
    one_more: Effect
    """A unit more from the beginning, paid by the pool's rate."""
    one_more_at_work: Effect | None
    """The same, and every effort shared by its units is shared by one more; None without any."""

    @property
    def delay_days_p80(self) -> Estimate:
        """The days that the pool costs at P80 of the finish."""
        return self.unlimited.saves_days_p80

    def to_dict(self) -> dict[str, Any]:
        """The keys that `result.json` has beside those of the pool's use."""
        at_work = self.one_more_at_work
        return {
            "delay_days_p80": self.delay_days_p80.to_dict(),
            "delay_days_mean": self.unlimited.saves_days_mean.to_dict(),
            "delay_costs_mean": _negative(self.unlimited.costs_mean).to_dict(),
            "one_more": self.one_more.to_dict(),
            "one_more_at_work": None if at_work is None else at_work.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class PoolValues:
    """Every finite pool that some task needs: first the one that costs most days at P80."""

    pools: tuple[PoolValue, ...]

    def to_dict(self) -> dict[str, Any]:
        """By pool, in the order of their rank."""
        return {pool.id: {"rank": k, **pool.to_dict()} for k, pool in enumerate(self.pools, 1)}


def _negative(estimate: Estimate) -> Estimate:
    return Estimate(-estimate.value, -estimate.high, -estimate.low)
