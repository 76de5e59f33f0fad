"""Results as plain data, spelled as the contract spells them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats

if TYPE_CHECKING:
    from simulator.run.results import CashFlow, JointConfidence, Results, TaskResult


def result_dict(results: "Results") -> dict[str, Any]:
    """Exactly what `result.json` holds."""
    clock = results.plan.clock
    settings = results.settings
    return {
        "format": 1,
        "scenario": {"name": results.name, "digest": results.digest},
        "settings": {
            "iterations": settings.iterations,
            "seed": settings.seed,
            "scheme": settings.scheme,
            "engine": settings.engine_used,
            "level": settings.level,
            "task_iterations": min(settings.task_iterations, settings.iterations),
            "keep_margin": settings.keep_margin,
            "keep_hard": settings.keep_hard,
        },
        "outcomes": {key: outcome.to_dict(clock) for key, outcome in results.outcomes.items()},
        "probability": {key: chance.to_dict() for key, chance in results.probability.items()},
        "jcl": {
            **({"at_targets": results.jcl_at_targets.to_dict()} if results.jcl_at_targets else {}),
            **{f"p{percent}": _jcl(point, clock) for percent, point in results.jcl.items()},
        },
        "tasks": {key: _task(task, clock) for key, task in results.tasks.items()},
        "tags": {key: outcome.to_dict(clock) for key, outcome in results.tags.items()},
        "pools": _pools(results),
        "boards": {},
        "risks": {
            key: {
                "kind": risk.kind,
                "occurred": risk.occurred.to_dict(),
                "mean_cost": risk.mean_cost,
            }
            for key, risk in results.risks.items()
        },
        "rework": {key: {"last_round": e.to_dict()} for key, e in results.rework_spent.items()},
        "cost": [
            {
                "kind": account.kind,
                "id": account.id,
                "project": _project(results, account.project),
                "mean": mean,
            }
            for account, mean in results.accounts
        ],
        "cash": _cash(results.cash),
        "reserves": _reserves(results),
        "correlation": _correlation(results),
    }


def iso(clock: Clock, ms: float) -> str | None:
    """A date as the contract writes it, None where there is none."""
    return clock.date(ms).isoformat() if np.isfinite(ms) else None


def _jcl(point: "JointConfidence", clock: Clock) -> dict[str, Any]:
    return {
        "date": iso(clock, point.date),
        "cost": _number(point.cost) if np.isfinite(point.date) else None,
        "frontier": [
            {"date": iso(clock, date), "cost": float(cost)}
            for date, cost in zip(point.frontier_dates, point.frontier_costs, strict=True)
        ],
    }


def _task(task: "TaskResult", clock: Clock) -> dict[str, Any]:
    return {
        "name": task.plan.name,
        "criticality": task.criticality.to_dict(),
        "criticality_to": {key: chance.to_dict() for key, chance in task.criticality_to.items()},
        "exists": task.exists.to_dict(),
        "start": {key: iso(clock, value) for key, value in task.start.items()},
        "finish": {key: iso(clock, value) for key, value in task.finish.items()},
        "merge_bias_days": task.merge_bias_days,
        "total_float_hours": task.float_hours,
        "waiting_hours": {},
        "constraints": {key: chance.to_dict() for key, chance in task.targets.items()},
    }


def _pools(results: "Results") -> dict[str, Any]:
    cost: dict[str, float] = {}
    for account, mean in results.accounts:
        if account.kind == "pool":
            cost[account.id] = cost.get(account.id, 0.0) + mean
    return {
        key: {"utilisation": None, "waiting_hours": 0.0, "mean_cost": cost.get(key, 0.0)}
        for key in results.plan.scenario.pools
    }


def _project(results: "Results", number: int) -> str | None:
    return None if number < 0 else results.plan.network.projects[number]


def _cash(cash: "CashFlow") -> list[dict[str, Any]]:
    return [
        {
            "month": month,
            "mean": float(cash.mean[k]),
            "p10": _number(cash.p10[k]),
            "p50": _number(cash.p50[k]),
            "p90": _number(cash.p90[k]),
        }
        for k, month in enumerate(cash.months)
    ]


def _reserves(results: "Results") -> dict[str, Any]:
    """How far the reserves go: the chance that the plan's cost plus the reserve is enough."""
    reserves = results.plan.scenario.program.reserves
    cost = results.outcomes["cost"]
    level = results.settings.level
    found: dict[str, Any] = {}
    if reserves.contingency:
        limit = cost.deterministic + reserves.contingency
        found["contingency"] = {
            "amount": reserves.contingency,
            "enough": cost.probability(limit, level).to_dict(),
        }
    budget = results.plan.scenario.program.budget
    if reserves.management and budget is not None:
        found["management"] = {
            "amount": reserves.management,
            "enough": cost.probability(budget + reserves.management, level).to_dict(),
        }
    return found


def _correlation(results: "Results") -> dict[str, Any]:
    return {
        "repaired_by": results.plan.variables.repaired,
        "entries": [
            {
                "between": list(entry.between),
                "of": entry.of,
                "rho": entry.asked,
                "achieved": entry.achieved,
            }
            for entry in results.correlations
        ],
    }


def _number(value: float | Floats) -> float | None:
    return float(value) if np.isfinite(value) else None
