"""The simulation against answers known without it; every tolerance is five standard errors."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import simulator
from tests import stored_cases
from tests.truth import (
    Check,
    assert_close,
    below,
    chain,
    chance,
    correlation,
    costs,
    days,
    durations,
    finishes,
    mean,
    run,
    scenario,
    sd,
    starts,
)

N = 200_000


@pytest.mark.parametrize("name", stored_cases.cases())
def test_stored_networks_give_their_exact_answers(name: str) -> None:
    """Moments, quantiles, criticality, starts and correlations of a stored case are found."""
    case = stored_cases.case_of(f"exact/{name}")
    assert_close(stored_cases.checks_of(case, run(stored_cases.text_of(case), N)))


# Networks.


def test_the_latest_of_uniform_tasks_is_a_beta_variable() -> None:
    """The maximum of n uniforms has mean n/(n+1), variance n/((n+1)^2 (n+2)) and cdf x^n."""
    n = 6
    values = days(
        run(scenario({f"t{k}": {"duration": {"uniform": ["0d", "10d"]}} for k in range(n)}), N)
    )
    checks = [
        mean("mean", values, 10 * n / (n + 1)),
        sd("sd", values, 10 * math.sqrt(n / (n + 2)) / (n + 1)),
        *below("finish", values, [3.0, 6.0, 8.0, 9.0, 9.8], lambda x: (x / 10) ** n),
    ]
    assert_close(checks)


def test_sums_of_independent_tasks_add_their_means_and_variances() -> None:
    """A chain of six different laws has the sum of their means and of their variances."""
    laws: list[tuple[dict[str, Any], float, float]] = [
        ({"uniform": ["2d", "8d"]}, 5.0, 3.0),
        ({"triangular": ["1d", "4d", "10d"]}, 5.0, (1 + 16 + 100 - 4 - 10 - 40) / 18),
        ({"pert": ["2d", "5d", "14d"]}, 6.0, 4 * 8 / 7),
        ({"exponential": {"mean": "3d"}}, 3.0, 9.0),
        ({"gamma": {"shape": 4, "scale": "0.5d"}}, 2.0, 1.0),
        ({"weibull": {"shape": 2, "scale": "6d"}}, 3 * math.sqrt(math.pi), 36 - 9 * math.pi),
    ]
    values = days(run(scenario(chain(*(law for law, _, _ in laws))), N))
    variance = math.fsum(each for _, _, each in laws)
    assert_close(
        [
            mean("mean", values, math.fsum(each for _, each, _ in laws)),
            sd("sd", values, math.sqrt(variance)),
        ]
    )


def test_three_uniform_tasks_follow_irwin_and_hall() -> None:
    """The sum of three uniforms has the piecewise cubic distribution function."""
    values = days(run(scenario(chain(*[{"uniform": ["0d", "1d"]}] * 3)), N))

    def cdf(x: float) -> float:
        terms = ((-1) ** k * math.comb(3, k) * max(x - k, 0.0) ** 3 for k in range(4))
        return math.fsum(terms) / 6

    assert_close(below("finish", values, [0.5, 0.9, 1.2, 1.5, 2.1, 2.7], cdf))


def test_exponential_tasks_in_a_row_count_like_a_poisson_process() -> None:
    """P(k exponential tasks take more than t) is P(fewer than k Poisson events until t)."""
    values = days(run(scenario(chain(*[{"exponential": {"mean": "2d"}}] * 4)), N))
    assert_close(
        below("finish", values, [2.0, 5.0, 8.0, 12.0, 20.0], lambda x: 1 - special.pdtr(3, x / 2))
    )


def test_merge_bias_of_two_equal_paths() -> None:
    """Two equal normal paths meet sigma / sqrt(pi) later than either ends on average."""
    law = {"normal": {"mean": "50d", "sd": "5d"}}
    tasks = {
        "a": {"duration": law},
        "b": {"duration": law},
        "c": {"duration": "1d", "after": ["a", "b"]},
    }
    results = run(scenario(tasks), N)
    bias = 5 / math.sqrt(math.pi)
    ready = starts(results, "c")
    # The reported one subtracts the larger sample mean: the lesser of two figures like this one.
    reported = results.tasks["p.c"].merge_bias_days
    error = float((ready - finishes(results, "a")).std()) / math.sqrt(N)
    assert_close(
        [
            mean("start", ready, 50 + bias),
            Check("merge bias", reported, bias, error),
            chance("criticality", results.tasks["p.a"].criticality.value, 0.5, N),
        ]
    )


def test_lags_drawn_and_in_percent() -> None:
    """A lag of 50 % adds half of what the predecessor took, a drawn lag adds itself."""
    tasks = {
        "a": {"duration": {"uniform": ["10d", "20d"]}},
        "b": {"duration": "3d", "after": ["a FS+50%"]},
        "c": {"duration": "1d", "after": [{"task": "b", "lag": {"uniform": ["0d", "6d"]}}]},
    }
    values = days(run(scenario(tasks), N))
    variance = 1.5**2 * 100 / 12 + 36 / 12
    assert_close([mean("mean", values, 29.5), sd("sd", values, math.sqrt(variance))])


# Factors, classes and correlation.


def test_a_common_factor_multiplies_a_lognormal_task() -> None:
    """The product of two lognormal variables is lognormal: logs add means and variances."""
    factor = {
        "chance": 1,
        "hits": [{"tasks": ["*"], "factor": {"lognormal": {"mean": 1.1, "sd": 0.3}}}],
    }
    tasks = {"t": {"duration": {"lognormal": {"mean": "40d", "sd": "12d"}}}}
    values = days(run(scenario(tasks, risks={"market": factor}), N))
    spread = math.log1p((0.3 / 1.1) ** 2) + math.log1p((12 / 40) ** 2)
    middle = math.log(1.1 * 40) - spread / 2
    checks = below(
        "finish",
        values,
        [25.0, 35.0, 45.0, 60.0, 80.0],
        lambda x: special.ndtr((math.log(x) - middle) / math.sqrt(spread)),
    )
    known_sd = 44 * math.sqrt(math.expm1(spread))
    assert_close([mean("mean", values, 44.0), sd("sd", values, known_sd), *checks])


@pytest.mark.parametrize(("draw", "variance"), [("shared", 25.0), ("own", 5.0)])
def test_a_common_factor_is_drawn_once_unless_each_task_draws_its_own(
    draw: str, variance: float
) -> None:
    """One draw for n equal tasks gives n^2 times the variance of one, own draws n times."""
    hit = {"tasks": ["*"], "factor": {"uniform": [0.5, 1.7]}, "draw": draw}
    text = scenario(chain(*["10d"] * 5), risks={"market": {"chance": 1, "hits": [hit]}})
    values = days(run(text, N))
    spread = 12 / math.sqrt(12) * math.sqrt(variance)
    assert_close([mean("mean", values, 55.0), sd("sd", values, spread)])


@pytest.mark.parametrize(
    ("shared", "variance"), [("task", 4.0), ("project", 2 * 2.0**2), ("program", 4.0**2)]
)
def test_a_shared_class_is_one_draw_for_all(shared: str, variance: float) -> None:
    """Work and cost of n tasks vary by n draws, by one a project, or by one for the program."""
    tasks = chain("10d", "10d", **{"class": "novel", "cost_rate": "100/d"})
    later = {"t0": {**tasks["t0"], "after": ["p.t1"]}, "t1": tasks["t1"]}
    text = scenario(
        tasks,
        classes={"novel": {"triangular": [0.8, 1.0, 1.8], "shared": shared}},
        projects={"p": {"tasks": tasks}, "q": {"tasks": later}},
    )
    results = run(text, N)
    one = (0.64 + 1 + 3.24 - 0.8 - 1.44 - 1.8) / 18
    spread = 10 * math.sqrt(one * variance)
    assert_close(
        [
            mean("work", days(results), 48.0),
            sd("work", days(results), spread),
            mean("cost", costs(results), 4800.0),
            sd("cost", costs(results), 100 * spread),
        ]
    )


@pytest.mark.parametrize("rho", [-0.5, 0.4, 0.9])
def test_rank_correlation_is_the_correlation_of_uniform_tasks(rho: float) -> None:
    """Spearman's rho is Pearson's of ranks, so uniform durations have exactly it."""
    tasks = chain(*[{"uniform": ["0d", "10d"]}] * 2)
    text = scenario(tasks, correlations=[{"between": ["p.t0", "p.t1"], "rho": rho}])
    results = run(text, N)
    pair = (durations(results, "t0"), durations(results, "t1"))
    spread = 10 * math.sqrt(2 * (1 + rho) / 12)
    assert_close([correlation("pair", *pair, rho), sd("finish", days(results), spread)])


def test_equally_correlated_durations_and_costs() -> None:
    """n equally correlated uniforms have variance n v (1 + (n - 1) rho), in days and in money."""
    n = 5
    tasks = chain(*[{"uniform": ["0d", "10d"]}] * n, cost={"uniform": [0, 1200]})
    pairs = [{"between": ["p.*"], "rho": 0.4}, {"between": ["p.*"], "of": "cost", "rho": 0.7}]
    results = run(scenario(tasks, correlations=pairs), N)
    checks = [
        sd("finish", days(results), 10 * math.sqrt(n / 12 * (1 + (n - 1) * 0.4))),
        sd("cost", costs(results), 1200 * math.sqrt(n / 12 * (1 + (n - 1) * 0.7))),
        correlation("days and money", days(results), costs(results), 0.0),
    ]
    assert_close(checks)


def test_other_seeds_give_other_futures_of_the_same_law() -> None:
    """Forty seeds give forty means whose spread is what their standard error says."""
    text = simulator.loads(scenario({"t": {"duration": {"uniform": ["0d", "10d"]}}}))
    means = np.array([
        simulator.simulate(text, iterations=2000, seed=seed, task_iterations=0)
        .outcomes["finish"].mean.value
        for seed in range(40)
    ])  # fmt: skip
    error = 10 * 86_400_000 / math.sqrt(12 * 2000)
    # The sum of squares is chi-squared; two-sided at the level of five standard errors.
    square = float(np.sum((means - 5 * 86_400_000) ** 2)) / error**2
    tail = float(special.ndtr(-5))
    assert stats.chi2.ppf(tail, 40) < square < stats.chi2.isf(tail, 40)
