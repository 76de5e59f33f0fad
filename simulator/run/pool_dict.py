"""Pools and boards as they stand in `result.json`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.run.pool_use import Load, PoolUse

if TYPE_CHECKING:
    from simulator.run.results import Results


def pools_dict(results: "Results") -> dict[str, Any]:
    """Every pool of the file; what was not looked at is None."""
    cost: dict[str, float] = {}
    for account, mean in results.accounts:
        if account.kind == "pool":
            cost[account.id] = cost.get(account.id, 0.0) + mean
    use = results.use.pools if results.use else {}
    values = results.pool_values.to_dict() if results.pool_values else {}
    return {
        key: {
            "utilisation": None,
            "waiting_hours": results.waits.pools.get(key, 0.0),
            "mean_cost": cost.get(key, 0.0),
            "over_asked": None,
            "peak": None,
            "load": None,
            "load_of_projects": None,
            **(_used(use[key]) if key in use else {}),
            **values.get(key, {}),
        }
        for key in results.plan.scenario.pools
    }


def boards_dict(results: "Results") -> dict[str, Any]:
    """Every board that a task goes to: what its dates absorb, and how often it refuses."""
    refused = results.use.refused if results.use else {}
    return {
        key: {
            "waiting_hours": hours,
            "tasks": list(results.waits.board_tasks[key]),
            "refused": refused[key].to_dict() if key in refused else None,
        }
        for key, hours in results.waits.boards.items()
    }


def holds_dict(results: "Results") -> list[dict[str, Any]]:
    """What held tasks back besides pools and boards, the longest waits first."""
    return [hold.to_dict() for hold in (results.use.holds if results.use else ())]


def _used(use: PoolUse) -> dict[str, Any]:
    capacity = [None] * len(use.months) if use.capacity is None else use.capacity.tolist()
    return {
        "utilisation": use.utilisation if np.isfinite(use.utilisation) else None,
        "over_asked": use.over_asked.to_dict(),
        "peak": use.peak,
        "load": [
            {**month, "held_p50": p50, "held_p80": p80, "capacity": units, "over_asked": waited}
            for month, p50, p80, units, waited in zip(
                _months(use.months, use.needed),
                use.held.p50.tolist(),
                use.held.p80.tolist(),
                capacity,
                use.waited.tolist(),
                strict=True,
            )
        ],
        "load_of_projects": {
            key: _months(use.months, load) for key, load in use.by_project.items()
        },
    }


def _months(months: tuple[str, ...], load: Load) -> list[dict[str, Any]]:
    columns = zip(months, load.p50.tolist(), load.p80.tolist(), strict=True)
    return [{"month": month, "p50": p50, "p80": p80} for month, p50, p80 in columns]
