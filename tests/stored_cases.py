"""Stored networks as scenarios in this project's format, and every figure known of them."""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import simulator
from simulator.scenario.units import MS_PER_DAY
from tests.truth import (
    Check,
    atom_quantile,
    atoms,
    chance,
    correlation,
    days,
    durations,
    finishes,
    mean,
    scenario,
    sd,
    share,
    starts,
    third_moment,
)

DATA = Path(__file__).parent / "data"


@cache
def case_of(name: str) -> dict[str, Any]:
    """A stored case, such as `exact/clark_r0`."""
    read: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return read


def cases() -> list[str]:
    """The ids of all stored cases with exact answers."""
    return sorted(path.stem for path in (DATA / "exact").glob("*.json"))


def _ratio(text: str) -> float:
    above, _, below = text.partition("/")
    return int(above) / int(below or 1)


def distribution(activity: Mapping[str, Any]) -> dict[str, Any]:
    """A stored distribution in this project's format, in days."""
    kind = activity["dist"]
    if kind == "exponential":
        return {"exponential": {"mean": f"{activity['mean']!r}d"}}
    if kind == "erlang":
        scale = activity["mean"] / activity["k"]
        return {"gamma": {"shape": activity["k"], "scale": f"{scale!r}d"}}
    if kind == "discrete":
        weights = [_ratio(text) for text in activity["probabilities"]]
        return {
            "discrete": {f"{v!r}d": w for v, w in zip(activity["values"], weights, strict=True)}
        }
    params = activity["params"]
    if kind == "lognormal":
        # Mean and sd of exp(Z), Z normal: Johnson, Kotz and Balakrishnan (1994), chapter 14.
        middle = math.exp(params[0] + params[1] ** 2 / 2)
        spread = middle * math.sqrt(math.expm1(params[1] ** 2))
        return {"lognormal": {"mean": f"{middle!r}d", "sd": f"{spread!r}d"}}
    if kind == "normal":
        return {"normal": {"mean": f"{params[0]!r}d", "sd": f"{params[1]!r}d"}}
    name = {"betapert": "pert"}.get(kind, kind)
    return {name: [f"{value!r}d" for value in params]}


def spearman(copula: float) -> float:
    """Spearman's rho of a Gaussian copula with parameter r, (6 / pi) asin(r / 2).

    Source: Kruskal (1958), JASA 53, 814-861.
    """
    return 6 / math.pi * math.asin(copula / 2)


def _pairs(case: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    if "correlation_matrix" not in case:
        return [(a, b, r) for a, b, r in case.get("correlation", [])]
    ids = [activity["id"] for activity in case["activities"]]
    matrix = case["correlation_matrix"]
    return [(a, b, matrix[i][j]) for i, a in enumerate(ids) for j, b in enumerate(ids) if i < j]


def text_of(case: Mapping[str, Any]) -> str:
    """A stored case as a scenario."""
    if "risks" in case:
        return _register(case)
    if "capacity" in case:
        return _contended(case)
    tasks = {
        activity["id"]: {
            "duration": distribution(activity),
            "after": list(activity["predecessors"]),
        }
        for activity in case["activities"]
    }
    pairs = [{"between": [f"p.{a}", f"p.{b}"], "rho": spearman(r)} for a, b, r in _pairs(case)]
    return scenario(tasks, correlations=pairs)


def _contended(case: Mapping[str, Any]) -> str:
    """Projects that share pools, served in the order of a list."""
    by_id = {activity["id"]: activity for activity in case["activities"]}
    projects = {
        project: {
            "tasks": {
                key: {
                    "duration": distribution(by_id[key]),
                    "after": list(by_id[key]["predecessors"]),
                    "needs": by_id[key]["resources"],
                    "priority": case["priority_list"].index(key) + 1,
                }
                for key in ids
            }
        }
        for project, ids in case["projects"].items()
    }
    pools = {pool: {"units": units} for pool, units in case["capacity"].items()}
    program = {"start": "2027-01-04", "calendar": "24x7", "priority_rule": "declared"}
    return json.dumps({"format": 1, "program": program, "pools": pools, "projects": projects})


def _register(case: Mapping[str, Any]) -> str:
    base = case["base"]
    work = {
        "duration": f"{base['days']}d",
        "cost": base["cost"],
        "cost_rate": f"{base['rate_per_day']}/d",
    }
    risks = {
        risk["id"]: {
            "chance": _ratio(risk["p"]),
            "hits": [{"tasks": ["p.work"], "delay": f"{risk['days']}d", "cost": risk["cost"]}],
        }
        for risk in case["risks"]
    }
    return scenario({"work": work}, risks=risks)


def checks_of(case: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    """Every figure of a stored case that a run reports or keeps."""
    if "risks" in case:
        return _register_checks(case, results)
    if "capacity" in case:
        return _contended_checks(case, results)
    exact, values = case["exact"], days(results)
    found = [mean("mean", values, exact["mean"]), sd("sd", values, exact["sd"])]
    if "third_central_moment" in exact:
        found.append(third_moment("third moment", values, exact["third_central_moment"]))
    for name, quantile in exact.get("quantiles", {}).items():
        found.append(share(f"P(<= {name})", values <= quantile, int(name[1:]) / 100))
    for limit, p in exact.get("cdf_at", {}).items():
        found.append(share(f"P(<= {limit})", values <= float(limit), p))
    return [*found, *_discrete(exact, results), *_network(case, results)]


def _contended_checks(case: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    found = []
    for what, exact in case["exact"].items():
        key = "finish" if what == "program" else f"finish:{what}"
        values = results.outcomes[key].values / MS_PER_DAY
        found += [
            mean(f"mean {what}", values, exact["mean"]),
            sd(f"sd {what}", values, exact["sd"]),
        ]
        for name, quantile in exact["quantiles"].items():
            found.append(share(f"P({what} <= {name})", values <= quantile, int(name[1:]) / 100))
    return found


def _discrete(exact: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    if "pmf" not in exact:
        return []
    pmf = {float(value): p for value, p in exact["pmf"].items()}
    quantiles = exact["quantiles_inverse_cdf"]
    return atoms("finish", days(results), pmf) + _quantiles("finish", results, quantiles, pmf)


def _quantiles(
    outcome: str, results: simulator.Results, known: Mapping[str, Any], pmf: Mapping[float, float]
) -> list[Check]:
    found, unit = results.outcomes[outcome], MS_PER_DAY if outcome == "finish" else 1.0
    return [
        check
        for percent in (int(name[1:]) for name in known)
        for check in atom_quantile(
            outcome,
            found.values,
            found.quantiles[percent].value / unit,
            percent,
            {**known, "pmf": pmf},
        )
    ]


def _network(case: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    """Criticality of activities and paths, early starts, merge bias, correlations."""
    exact, count, finish = case["exact"], results.settings.iterations, days(results)
    took = {a["id"]: durations(results, a["id"]) for a in case["activities"]}
    critical = exact.get("criticality", exact.get("criticality_index_zero_total_float", {}))
    found = [
        chance(f"criticality {key}", results.tasks[f"p.{key}"].criticality.value, p, count)
        for key, p in critical.items()
    ]
    for path, p in exact.get("path_probability", {}).items():
        # Whole milliseconds: the chain that lasts until the finish is found by equality.
        length = np.rint(sum(took[key] for key in path.split("-")) * MS_PER_DAY)
        found.append(share(f"path {path}", length == np.rint(finish * MS_PER_DAY), p))
    for key, r in exact.get("cruciality_index_pearson", {}).items():
        found.append(correlation(f"cruciality {key}", took[key], finish, r))
    for i, row in enumerate(exact.get("pearson_of_durations", [])):
        for j, r in enumerate(row[:i]):
            a, b = (case["activities"][k]["id"] for k in (i, j))
            found.append(correlation(f"correlation {a} {b}", took[a], took[b], r))
    return [*found, *_starts(case, results)]


def _starts(case: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    known = case["exact"].get("mean_early_start", {})
    averages = {
        a["id"]: sum(v * _ratio(p) for v, p in zip(a["values"], a["probabilities"], strict=True))
        for a in case["activities"]
        if known
    }
    found = []
    for activity in case["activities"] if known else ():
        key, before = activity["id"], activity["predecessors"]
        found.append(mean(f"start {key}", starts(results, key), known[key]))
        if len(before) > 1:
            ends = {b: known[b] + averages[b] for b in before}
            latest = max(ends, key=ends.__getitem__)
            own = starts(results, key) - finishes(results, latest)
            bias = mean(f"merge bias {key}", own, known[key] - ends[latest])
            reported = results.tasks[f"p.{key}"].merge_bias_days
            found.append(Check(bias.what, reported, bias.known, bias.error))
    return found


def register_pmf(case: Mapping[str, Any]) -> dict[tuple[float, float], float]:
    """The chance of every (days, cost) of a risk register, by enumeration."""
    base = case["base"]
    pmf = {(float(base["days"]), 0.0): 1.0}
    for risk in case["risks"]:
        p = _ratio(risk["p"])
        after: dict[tuple[float, float], float] = {}
        for (time, money), weight in pmf.items():
            for hit, part in ((0, 1 - p), (1, p)):
                key = (time + hit * risk["days"], money + hit * risk["cost"])
                after[key] = after.get(key, 0.0) + weight * part
        pmf = after
    return {
        (time, base["cost"] + money + base["rate_per_day"] * time): weight
        for (time, money), weight in pmf.items()
    }


def marginal(pmf: Mapping[tuple[float, float], float], axis: int) -> dict[float, float]:
    """One of the two outcomes alone."""
    found: dict[float, float] = {}
    for key, weight in pmf.items():
        found[key[axis]] = found.get(key[axis], 0.0) + weight
    return found


def _register_checks(case: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    exact, pmf, count = case["exact"], register_pmf(case), results.settings.iterations
    time, money = days(results), results.outcomes["cost"].values
    found = [correlation("correlation", time, money, exact["correlation_cost_days"])]
    for axis, (what, outcome) in enumerate((("days", "finish"), ("cost", "cost"))):
        own, values = marginal(pmf, axis), (time, money)[axis]
        found += [mean(f"mean {what}", values, exact[f"mean_{what}"])]
        found += [sd(f"sd {what}", values, exact[f"sd_{what}"]), *atoms(what, values, own)]
        found += _quantiles(outcome, results, exact[f"{what}_quantiles_inverse_cdf"], own)
    for percent, p in zip((50, 80, 75), exact["joint_confidence"].values(), strict=True):
        limits = [exact[f"{w}_quantiles_inverse_cdf"][f"P{percent}"] for w in ("days", "cost")]
        # Half a unit above: atoms lie further apart, sums of money are not exact in the last bit.
        kept = (time <= limits[0]) & (money <= limits[1] + 0.5)
        found.append(share(f"joint P{percent}", kept, p))
    for risk in case["risks"]:
        occurred = results.risks[risk["id"]].occurred.value
        found.append(chance(f"occurred {risk['id']}", occurred, _ratio(risk["p"]), count))
    return found
