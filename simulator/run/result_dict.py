"""Results as plain data, spelled as the contract spells them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.run.iso_dates import iso_dates
from simulator.run.pool_dict import boards_dict, holds_dict, pools_dict

if TYPE_CHECKING:
    from simulator.run.results import CashFlow, JointConfidence, Results


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
            "precision": results.precision.to_dict() if results.precision else None,
        },
        "outcomes": {key: outcome.to_dict(clock) for key, outcome in results.outcomes.items()},
        "probability": {key: chance.to_dict() for key, chance in results.probability.items()},
        "requirements": [verdict.to_dict(clock) for verdict in results.verdicts],
        "jcl": {
            **({"at_targets": results.jcl_at_targets.to_dict()} if results.jcl_at_targets else {}),
            **{f"p{percent}": _jcl(point, clock) for percent, point in results.jcl.items()},
        },
        "tasks": results.task_columns.to_dict(clock),
        "tags": {key: outcome.to_dict(clock) for key, outcome in results.tags.items()},
        "pools": pools_dict(results),
        "boards": boards_dict(results),
        "holds": None if settings.task_iterations == 0 else holds_dict(results),
        "starving": list(results.starving),
        "risks": {
            key: {
                "kind": risk.kind,
                "occurred": risk.occurred.to_dict(),
                "mean_cost": risk.mean_cost,
                **_removed(results, key),
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
        "warnings": list(results.warnings),
    }


def numbers(values: Floats) -> list[float | None]:
    """The values (n,); None for what is not finite."""
    found: list[float | None] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        found[place] = None
    return found


def estimate_dicts(value: Floats, low: Floats, high: Floats) -> list[dict[str, float | None]]:
    """Estimates whose values and ends are (n,), as `Estimate.to_dict` has them."""
    rows = zip(numbers(value), numbers(low), numbers(high), strict=True)
    return [{"value": v, "low": a, "high": b} for v, a, b in rows]


def _removed(results: "Results", risk: str) -> dict[str, Any]:
    """What goes away with a risk at P80, where somebody had it computed."""
    if results.risk_values is None:
        return {}
    days, cost = results.risk_values[risk]
    return {"p80_days": days.to_dict(), "p80_cost": cost.to_dict()}


def _jcl(point: "JointConfidence", clock: Clock) -> dict[str, Any]:
    date, *dates = iso_dates(clock, np.append(point.date, point.frontier_dates))
    frontier = zip(dates, point.frontier_costs.tolist(), strict=True)
    return {
        "date": date,
        "cost": _number(point.cost) if date else None,
        "frontier": [{"date": date, "cost": cost} for date, cost in frontier],
    }


def _project(results: "Results", number: int) -> str | None:
    return None if number < 0 else results.plan.network.projects[number]


def _cash(cash: "CashFlow") -> list[dict[str, Any]]:
    columns = (cash.mean.tolist(), *(numbers(each) for each in (cash.p10, cash.p50, cash.p90)))
    return [
        {"month": month, "mean": mean, "p10": p10, "p50": p50, "p90": p90}
        for month, mean, p10, p50, p90 in zip(cash.months, *columns, strict=True)
    ]


def _reserves(results: "Results") -> dict[str, Any]:
    """How far the reserves go: the chance that the plan's cost plus the reserve is enough."""
    reserves = results.plan.scenario.program.reserves
    cost, estimator = results.outcomes["cost"], results.estimator
    found: dict[str, Any] = {}
    if reserves.contingency:
        limit = cost.deterministic + reserves.contingency
        found["contingency"] = {
            "amount": reserves.contingency,
            "enough": cost.probability(limit, estimator).to_dict(),
        }
    budget = results.plan.scenario.program.budget
    if reserves.management and budget is not None:
        found["management"] = {
            "amount": reserves.management,
            "enough": cost.probability(budget + reserves.management, estimator).to_dict(),
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


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
