"""Published cases. What each file's `trust` holds to be wrong or unsure is not tested against."""

import math
from typing import Any

import numpy as np
from scipy import special, stats

from simulator.scenario.units import MS_PER_DAY
from tests import stored_cases
from tests.truth import (
    Check,
    assert_close,
    below,
    chain,
    chance,
    correlation,
    days,
    durations,
    mean,
    run,
    scenario,
    sd,
    share,
)

N = 200_000


def _quantiles(values: Any, known: dict[str, float]) -> list[Check]:
    return [share(f"P(<= {key})", values <= x, int(key[1:]) / 100) for key, x in known.items()]


def test_seven_activities_of_a_gao_house_schedule() -> None:
    """Triangles with a right angle keep their mean; the most likely total is rarely enough."""
    case = stored_cases.case_of("published/gao_schedule_house_table2")
    exact = case["exact_check_by_us"]
    laws = [
        {"triangular": [f"{a[key]}d" for key in ("min", "most_likely", "max")]}
        for a in case["inputs"]["activities"]
    ]
    results = run(scenario(chain(*laws)), N)
    finish, values = results.outcomes["finish"], days(results)
    assert finish.deterministic == exact["sum_most_likely"] * MS_PER_DAY
    confidence = finish.deterministic_confidence.value
    assert_close(
        [
            mean("mean", values, exact["mean"]),
            sd("sd", values, math.sqrt(exact["variance"])),
            chance("P(<= most likely)", confidence, exact["P_le_sum_most_likely"], N),
            *_quantiles(values, exact["quantiles"]),
        ]
    )


def _portavac(ids: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    case = stored_cases.case_of("published/pert_classical_portavac")
    keys = ("optimistic", "most_likely", "pessimistic")
    laws = {
        a["id"]: {"pert": [f"{a[key]}w" for key in keys]}
        for a in case["inputs"]["activities"]
        if a["id"] in ids
    }
    return laws, case


def test_the_critical_path_of_the_porta_vac_project() -> None:
    """The published sums of the path, optimistic to mean; the spread is that of beta-PERT.

    The classical variance (b - a)^2 / 36 is an approximation; the distribution's own is
    (m - a)(b - m) / 7 with m its mean.
    """
    laws, case = _portavac("AEHIJ")
    results = run(scenario(chain(*laws.values())), N)
    weeks, published = days(results) / 7, case["published"]
    inputs = {a["id"]: a for a in case["inputs"]["activities"]}
    variance = 0.0
    checks = []
    for k, key in enumerate(laws):
        middle, spec = case["classical_pert"]["expected"][key], inputs[key]
        variance += (middle - spec["optimistic"]) * (spec["pessimistic"] - middle) / 7
        checks.append(mean(key, durations(results, f"t{k}") / 7, middle))
    deterministic = results.outcomes["finish"].deterministic / MS_PER_DAY / 7
    assert deterministic == published["most_likely_sum"]
    assert weeks.min() > published["optimistic_sum_of_critical_path"]
    assert_close(
        [
            *checks,
            mean("path", weeks, published["pert_mean"]),
            sd("path", weeks, math.sqrt(variance)),
        ]
    )


def test_the_porta_vac_network_takes_longer_than_its_critical_path() -> None:
    """Paths that meet make the mean finish later than the PERT mean: merge bias."""
    laws, case = _portavac("ABCDEFGHIJ")
    before = case["inputs"]["predecessors_from_memory"]
    tasks = {key: {"duration": law, "after": before[key]} for key, law in laws.items()}
    results = run(scenario(tasks), N)
    weeks, known = days(results) / 7, case["published"]["pert_mean"]
    assert float(weeks.mean()) - known > 5 * float(weeks.std()) / math.sqrt(N)
    planned = results.outcomes["finish"].deterministic / MS_PER_DAY / 7
    assert planned == case["published"]["most_likely_sum"]


def _copula_correlation(first: Any, second: Any, r: float) -> float:
    """Pearson's correlation of two laws under a Gaussian copula, by a midpoint rule of scores."""
    nodes = np.linspace(-7, 7, 1401)[:-1] + 0.005
    weights = np.exp(-nodes * nodes / 2)
    weights /= weights.sum()
    # Beyond 8 the normal distribution function is 1 in double precision.
    mixed = np.clip(r * nodes[:, None] + math.sqrt(1 - r * r) * nodes, -8, 8)
    own = first.ppf(special.ndtr(nodes))
    product = float(weights @ (own[:, None] * second.ppf(special.ndtr(mixed))) @ weights)
    return float((product - first.mean() * second.mean()) / (first.std() * second.std()))


def test_correlation_leaves_the_mean_alone() -> None:
    """Three correlated tasks still sum to 30, not to the published 38.57.

    That figure comes from mixing samples that were not centred. The spread is that of the
    published matrix as the copula's parameters: correlations of durations by quadrature.
    """
    case = stored_cases.case_of("published/pra_readme_three_tasks")
    laws = [stats.norm(10, 2), stats.triang(0.5, 5, 10), stats.uniform(8, 4)]
    tasks = chain(
        {"normal": {"mean": "10d", "sd": "2d"}},
        {"triangular": ["5d", "10d", "15d"]},
        {"uniform": ["8d", "12d"]},
    )
    pairs, variance, pearson = [], sum(float(law.var()) for law in laws), {}
    for i, row in enumerate(case["inputs"]["correlation_matrix"]):
        for j, r in enumerate(row[:i]):
            rho = stored_cases.spearman(r)
            pairs.append({"between": [f"p.t{i}", f"p.t{j}"], "rho": rho})
            pearson[i, j] = _copula_correlation(laws[i], laws[j], r)
            variance += 2 * pearson[i, j] * float(laws[i].std() * laws[j].std())
    results = run(scenario(tasks, correlations=pairs), N)
    values = days(results)
    checks = [mean("mean", values, case["exact_check_by_us"]["mean"])]
    checks.append(sd("sd", values, math.sqrt(variance)))
    for (i, j), r in pearson.items():
        pair = durations(results, f"t{i}"), durations(results, f"t{j}")
        checks.append(correlation(f"{i} {j}", *pair, r))
    assert_close(checks)
    published = case["published"]["mean"]
    assert mean("published", values, published).z > 5


def test_five_serial_tasks_of_the_vortarus_page() -> None:
    """Five equal beta-PERT tasks: the exact answers, and the page's within its own error."""
    case = stored_cases.case_of("published/vortarus_5_serial_pert")
    exact, runs = case["exact_check_by_us"], case["inputs"]["iterations"]
    values = days(run(scenario(chain(*[{"pert": ["3d", "5d", "7d"]}] * 5)), N))
    half = below("finish", values, [25.0], lambda _: exact["P_le_25"])
    assert_close(
        [
            mean("mean", values, exact["mean"]),
            sd("sd", values, math.sqrt(exact["variance"])),
            *half,
            *_quantiles(values, exact["quantiles"]),
        ]
    )
    # The page's figures are estimates themselves: both errors count.
    both = math.sqrt(1 / N + 1 / runs)
    spread = float(values.std())
    assert_close(
        [
            *(Check(f"mean {x}", float(values.mean()), x, spread * both) for x in (24.99, 25.0)),
            *(Check(f"P {p}", half[0].found, p, both / 2) for p in (0.5011, 0.5004)),
        ]
    )
