"""Known answers, and how far a simulation may lie from them.

A `Check` holds what was found, what is known, and the standard error of what was found: computed
from the number of iterations, never chosen. Five standard errors happen by chance once in 1.7
million; with fixed seeds a test that passes always passes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simulator
from simulator.scenario.units import MS_PER_DAY

Floats = NDArray[np.float64]
DATA = Path(__file__).parent / "data"
ROUNDING = 1e-12
"""Relative error of sums in double precision, where an answer is exact."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against its known value."""

    what: str
    found: float
    known: float
    error: float
    """Standard error of `found`; 0 where it must be exact."""

    @property
    def z(self) -> float:
        """Distance from the known value, in standard errors."""
        distance = abs(self.found - self.known)
        if distance <= ROUNDING * abs(self.known):
            return 0.0
        return distance / self.error if self.error > 0 else math.inf

    def __str__(self) -> str:
        """The figures as a failed test should show them."""
        return f"{self.what}: {self.found:.8g}, known {self.known:.8g}, z = {self.z:.2f}"


def worst(checks: Sequence[Check]) -> Check:
    """The check that lies furthest off."""
    return max(checks, key=lambda check: check.z)


def assert_close(checks: Sequence[Check]) -> None:
    """Fail where a figure lies five standard errors or more from its known value."""
    off = [str(check) for check in checks if not check.z < 5]
    assert checks, "nothing was checked"
    assert not off, "; ".join(off)


# Standard errors of what is counted and averaged.


def mean(what: str, values: Floats, known: float) -> Check:
    """The mean; its standard error is sd / sqrt(n), with the sample's own sd."""
    return Check(what, float(values.mean()), known, float(values.std()) / math.sqrt(len(values)))


def sd(what: str, values: Floats, known: float) -> Check:
    """The standard deviation, by the delta method with the sample's fourth moment.

    Var(s) = (mu4 - sigma^4) / (4 n sigma^2); source: Mood, Graybill and Boes (1974), section VI.2.
    """
    fourth = float(np.mean((values - values.mean()) ** 4))
    error = math.sqrt(max(fourth - known**4, 0.0) / (4 * len(values))) / known
    return Check(what, float(values.std(ddof=1)), known, error)


def third_moment(what: str, values: Floats, known: float) -> Check:
    """The third central moment, by its influence function (x-m)^3 - 3 s^2 (x-m) - m3."""
    deviation = values - values.mean()
    influence = deviation**3 - 3 * values.var() * deviation
    error = float(influence.std()) / math.sqrt(len(values))
    return Check(what, float(np.mean(deviation**3)), known, error)


def share(what: str, happened: NDArray[np.bool_], known: float) -> Check:
    """A probability, by the binomial distribution."""
    return chance(what, float(happened.mean()), known, len(happened))


def chance(what: str, found: float, known: float, count: int) -> Check:
    """A probability already counted over `count` iterations."""
    return Check(what, found, known, math.sqrt(max(known * (1 - known), 0.0) / count))


def correlation(what: str, x: Floats, y: Floats, known: float) -> Check:
    """Pearson's correlation, by its influence function x y - r (x^2 + y^2) / 2 of scores."""
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    influence = x * y - known * (x * x + y * y) / 2
    error = float(influence.std()) / math.sqrt(len(x))
    return Check(what, float(np.mean(x * y)), known, error)


def atoms(what: str, values: Floats, pmf: Mapping[float, float]) -> list[Check]:
    """Every probability of a discrete outcome, single and added up; nothing may lie elsewhere.

    Left out are those expected in under 100 iterations, or in all but 100: their counts are too
    skewed for five standard errors to be as rare as they should.
    """
    places = np.array(sorted(pmf))
    nearest = places[np.abs(values[:, None] - places).argmin(axis=1)]
    elsewhere = np.abs(values - nearest) > ROUNDING * np.abs(nearest)
    found = [share(f"{what}: no other value", elsewhere, 0.0)]
    for place in places:
        found.append(share(f"P({what} = {place:g})", nearest == place, pmf[float(place)]))
        below = math.fsum(p for value, p in pmf.items() if value <= place)
        found.append(share(f"P({what} <= {place:g})", nearest <= place, below))
    enough = 100 / len(values)
    return [each for each in found if each.known == 0 or enough < each.known < 1 - enough]


def atom_quantile(
    what: str, found: float, known: float, pmf: Mapping[float, float], percent: int, count: int
) -> list[Check]:
    """A quantile of a discrete outcome: equal, unless the step is within five standard errors."""
    p = percent / 100
    reach = 5 * math.sqrt(p * (1 - p) / count)
    below = math.fsum(chance for value, chance in pmf.items() if value < known)
    if below + reach < p < below + pmf[known] - reach:
        return [Check(f"P{percent} {what}", found, known, 0.0)]
    return []


# Scenarios in this project's format.


def scenario(tasks: Mapping[str, Any], **sections: Any) -> str:
    """A scenario of one project on a clock without nights, from Monday, 4 January 2027."""
    program = {"start": "2027-01-04", "calendar": "24x7", **sections.pop("program", {})}
    # JSON is YAML; keys that are no text become one.
    data = {"format": 1, "program": program, "projects": {"p": {"tasks": tasks}}, **sections}
    return json.dumps(data)


def run(text: str, iterations: int, seed: int = 1) -> simulator.Results:
    """Simulate a scenario text, with every task's dates kept."""
    read = simulator.loads(text)
    return simulator.simulate(read, iterations=iterations, seed=seed, task_iterations=iterations)


def days(results: simulator.Results) -> Floats:
    """The finish of every iteration, in days from the program's start."""
    return results.outcomes["finish"].values / MS_PER_DAY


def starts(results: simulator.Results, task: str) -> Floats:
    """When a task starts, in days, in every iteration."""
    return results.joined.task_start[list(results.tasks).index(f"p.{task}")] / MS_PER_DAY


def finishes(results: simulator.Results, task: str) -> Floats:
    """When a task finishes, in days, in every iteration."""
    return results.joined.task_finish[list(results.tasks).index(f"p.{task}")] / MS_PER_DAY


def durations(results: simulator.Results, task: str) -> Floats:
    """How long a task took, in days, in every iteration."""
    return finishes(results, task) - starts(results, task)


# The stored networks.


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
    tasks = {
        activity["id"]: {
            "duration": distribution(activity),
            "after": list(activity["predecessors"]),
        }
        for activity in case["activities"]
    }
    pairs = [{"between": [f"p.{a}", f"p.{b}"], "rho": spearman(r)} for a, b, r in _pairs(case)]
    return scenario(tasks, correlations=pairs)


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
    exact, values = case["exact"], days(results)
    found = [mean("mean", values, exact["mean"]), sd("sd", values, exact["sd"])]
    if "third_central_moment" in exact:
        found.append(third_moment("third moment", values, exact["third_central_moment"]))
    for name, quantile in exact.get("quantiles", {}).items():
        found.append(share(f"P(<= {name})", values <= quantile, int(name[1:]) / 100))
    for limit, p in exact.get("cdf_at", {}).items():
        found.append(share(f"P(<= {limit})", values <= float(limit), p))
    return [*found, *_discrete(exact, results), *_network(case, results)]


def _discrete(exact: Mapping[str, Any], results: simulator.Results) -> list[Check]:
    if "pmf" not in exact:
        return []
    pmf = {float(value): p for value, p in exact["pmf"].items()}
    found = atoms("finish", days(results), pmf)
    for name, known in exact["quantiles_inverse_cdf"].items():
        percent = int(name[1:])
        reported = results.outcomes["finish"].quantiles[percent].value / MS_PER_DAY
        found += atom_quantile("finish", reported, known, pmf, percent, results.settings.iterations)
    return found


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
        p, after = _ratio(risk["p"]), {}
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
    for axis, (what, values) in enumerate((("days", time), ("cost", money))):
        own = marginal(pmf, axis)
        found += [mean(f"mean {what}", values, exact[f"mean_{what}"])]
        found += [sd(f"sd {what}", values, exact[f"sd_{what}"]), *atoms(what, values, own)]
        for name, known in exact[f"{what}_quantiles_inverse_cdf"].items():
            percent = int(name[1:])
            outcome = results.outcomes["cost" if axis else "finish"].quantiles[percent]
            reported = outcome.value / (1 if axis else MS_PER_DAY)
            found += atom_quantile(what, reported, known, own, percent, count)
    for percent, p in zip((50, 80, 75), exact["joint_confidence"].values(), strict=True):
        limits = [exact[f"{w}_quantiles_inverse_cdf"][f"P{percent}"] for w in ("days", "cost")]
        # Half a unit above: atoms lie further apart, sums of money are not exact in the last bit.
        kept = (time <= limits[0]) & (money <= limits[1] + 0.5)
        found.append(share(f"joint P{percent}", kept, p))
    for risk in case["risks"]:
        occurred = results.risks[risk["id"]].occurred.value
        found.append(chance(f"occurred {risk['id']}", occurred, _ratio(risk["p"]), count))
    return found
