"""What an analyst asks of tasks and drivers, against closed forms; intervals that cover."""

import math

import numpy as np
import pytest
from scipy import stats

import simulator
from simulator.analysis.drivers import drivers, drivers_of
from simulator.analysis.indices import redrawn, variables_of
from simulator.analysis.names import driver_name
from simulator.analysis.task_lives import task_lives
from simulator.analysis.task_measures import sensitivity, significance, task_measures
from simulator.estimates.columns import normal_end
from simulator.estimates.dependence import first_order, rank_and_linear
from simulator.estimates.sensitivity import sobol_indices
from simulator.estimates.slopes import quantile_slopes, weights_about
from simulator.run.removals import removals
from simulator.run.variants import on_same_futures

END = normal_end(0.95)


def off(estimate, truth: float) -> float:
    """How many standard errors an estimate lies from the truth."""
    return abs(estimate.value - truth) / ((estimate.high - estimate.low) / 2 / END)


# ---- slopes of a quantile

PARALLEL = """format: 1
program: {start: 2027-01-04, calendar: 24x7, finish: p.end}
projects:
  p:
    tasks:
      a: {duration: {normal: {mean: 50ed, sd: 5ed}}}
      b: {duration: {normal: {mean: 48ed, sd: 9ed}}}
      c: {duration: 30ed}
      last: {duration: 10ed, after: [a, b, c]}
      end: {milestone: true, after: last}
"""


def exact_slope(rank: float) -> float:
    """P(a is critical | the longer of the two is its quantile): f_a F_b / (f_a F_b + F_a f_b)."""
    a, b = stats.norm(50, 5), stats.norm(48, 9)
    low, high = 0.0, 120.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if a.cdf(middle) * b.cdf(middle) > rank else (middle, high)
    one, other = a.pdf(low) * b.cdf(low), a.cdf(low) * b.pdf(low)
    return float(one / (one + other))


def test_slopes_of_two_branches_are_exact():
    """Within five standard errors of what the weights see, and that within 0.01 of the truth."""
    n = 8192
    results = simulator.simulate(simulator.loads(PARALLEL), iterations=n, task_iterations=n)
    found = task_measures(results, {})
    weights = weights_about(np.arange(float(n)), 80)
    ranks = np.flatnonzero(weights)[::40]
    seen = np.average([exact_slope((k + 0.5) / n) for k in ranks], weights=weights[ranks])
    assert abs(seen - exact_slope(0.8)) < 0.01
    assert off(found["p.a"].slope, float(seen)) < 5
    assert off(found["p.b"].slope, float(1 - seen)) < 5
    assert found["p.last"].slope.value == 1.0
    assert found["p.c"].slope.value == 0.0
    assert found["p.c"].slope.high > 0.0


def test_slopes_are_what_a_longer_task_does_to_p80():
    """P80 of a program whose task takes a day more, on the same futures."""
    n = 8192
    longer = PARALLEL.replace("mean: 50ed", "mean: 51ed")
    base, moved = (
        simulator.simulate(simulator.loads(text), iterations=n, task_iterations=n)
        for text in (PARALLEL, longer)
    )
    p80 = [each.outcomes["finish"].quantiles[80].value for each in (base, moved)]
    slopes = [task_measures(each, {})["p.a"].slope for each in (base, moved)]
    # Between the slopes at both ends of the day, but for what chance does to each.
    low, high = min(each.low for each in slopes), max(each.high for each in slopes)
    assert low - 0.02 < (p80[1] - p80[0]) / 86_400_000 < high + 0.02


def test_intervals_of_slopes_cover():
    """95 of 100 hold what the weights see."""
    n, seeds = 2000, 300
    weights = weights_about(np.arange(float(n)), 80)
    ranks = np.flatnonzero(weights)[::20]
    seen = np.average([exact_slope((k + 0.5) / n) for k in ranks], weights=weights[ranks])
    hits = 0
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        a, b = random.normal(50, 5, n), random.normal(48, 9, n)
        found = quantile_slopes((a >= b)[np.newaxis], np.maximum(a, b), 80)
        hits += bool(found.low[0] <= seen <= found.high[0])
    assert stats.binom.cdf(hits, seeds, 0.95) > 1e-4


# ---- merge bias


def test_merge_bias_of_two_like_normal_branches():
    """E max = mean + sd / sqrt(pi) of two alike; within five standard errors, in working days."""
    text = PARALLEL.replace("mean: 48ed, sd: 9ed", "mean: 50ed, sd: 5ed")
    found = task_measures(simulator.simulate(simulator.loads(text), iterations=4096), {})
    bias = found["p.last"].merge_bias_days
    # The larger of two means of n is larger than the mean by about sd / sqrt(pi n).
    assert abs(bias.value - 5 / math.sqrt(math.pi)) < 5 * (bias.high - bias.low) / 2 / END + 0.05
    assert bias.low < bias.value < bias.high
    assert (found["p.a"].merge_bias_days.value, found["p.a"].merge_bias_days.high) == (0.0, 0.0)


# ---- indices of SSI and significance, with intervals


def test_intervals_of_significance_and_ssi_cover():
    """95 of 100 hold the figure of very many iterations."""
    whole = simulator.loads(PARALLEL)
    many = simulator.simulate(whole, iterations=200_000, engine="numpy")
    lives = task_lives(many, 200_000)
    truth = [measure(lives, 0.95).value for measure in (significance, sensitivity)]
    hits, seeds = np.zeros((2, 3)), 150
    for seed in range(2, 2 + seeds):
        few = task_lives(simulator.simulate(whole, iterations=1000, seed=seed), 1000)
        for row, measure in enumerate((significance, sensitivity)):
            found = measure(few, 0.95)
            inside = (found.low <= truth[row]) & (truth[row] <= found.high)
            hits[row] += inside[[0, 1, 3]]
    assert (stats.binom.cdf(hits[0], seeds, 0.95) > 1e-4).all(), hits
    assert (stats.binom.cdf(hits[1, :2], seeds, 0.95) > 1e-4).all(), hits


def test_float_of_a_finish_that_waits_for_another_calendar():
    """What b must outlast may end on Sunday: b has worked as much on Friday at 17:00."""
    text = """format: 1
program: {start: 2027-01-04}
projects:
  p:
    tasks:
      a: {duration: 2ed}
      b: {duration: 5d, after: {task: a, link: FF}}
      c: {duration: 1d, after: b}
"""
    lives = task_lives(simulator.simulate(simulator.loads(text), iterations=2), 2)
    # From Wednesday at 0:00, when a ends, to Monday at 9:00; none for b and c.
    assert (lives.slack[:, 0] / 3_600_000).tolist() == [5 * 24.0 + 9.0, 0.0, 0.0]


def test_nothing_is_said_of_a_program_that_never_finishes():
    """A risk that stops it for certain."""
    text = PARALLEL + "risks: {stop: {chance: 1, at: 2027-01-10, stops: program}}\n"
    found = task_measures(simulator.simulate(simulator.loads(text), iterations=50), {})
    assert math.isnan(found["p.a"].slope.value)
    assert math.isnan(found["p.a"].ssi.value)


# ---- shares of variance

ADDITIVE = """format: 1
program: {start: 2027-01-04, calendar: 24x7}
classes: {novel: {uniform: [0.5, 2.5]}}
projects:
  p:
    tasks:
      a: {duration: {uniform: [0ed, 12ed]}}
      b: {duration: 10ed, class: novel, after: a}
      c: {duration: 20ed, after: b}
      d: {duration: {uniform: [0ed, 8ed]}, after: c}
      e: {duration: {uniform: [0ed, 8ed]}, after: d}
correlations: [{between: [p.d, p.e], rho: RHO}]
risks:
  late: {chance: 0.3, hits: [{tasks: [p.c], wait: 10ed}]}
  all: {chance: 1, hits: [{tasks: [p.c], factor: {uniform: [0.8, 1.2]}}]}
"""


@pytest.mark.parametrize("scheme", ["mc", "lhs", "sobol"])
def test_shares_of_an_additive_program_are_exact(scheme):
    """A range, a class, a factor and a risk that only add: both shares are those of variances."""
    text = ADDITIVE.replace("RHO", "0.5")
    parts = {
        ("p.a", "range"): 12**2 / 12,
        ("novel", "class"): 20**2 / 12,
        ("all", "factor"): 8**2 / 12,
        ("late", "risk"): 0.3 * 0.7 * 10**2,
    }
    # Two uniform variables of 8 days with Spearman's correlation 0.5: that is Pearson's of these.
    whole = sum(parts.values()) + 2 * 8**2 / 12 * 1.5
    found = drivers(simulator.loads(text), iterations=8192, scheme=scheme, ranges=9)
    by_name = {(each.name, each.kind): each for each in found.removed}
    for key, variance in parts.items():
        assert off(by_name[key].first_order, variance / whole) < 5, key
        assert off(by_name[key].total, variance / whole) < 5, key
    for correlated in ("p.d", "p.e"):
        assert math.isnan(by_name[correlated, "range"].total.value)
    assert off(found.tasks["p.a"].total, 12 / whole) < 5
    assert off(found.tasks["p.a"].first_order, 12 / whole) < 5
    shown = next(e for e in found.to_dict()["finish"] if e["name"] == "p.d")
    assert shown["total"] == {"value": None, "low": None, "high": None}


def test_first_order_of_a_task_is_of_its_estimate_alone():
    """What risks add to its work is theirs: it is not above the total share."""
    risks = "risks: {grow: {chance: 0.5, hits: [{tasks: [p.a], delay: 40d}]}}\n"
    found = drivers(simulator.loads(PARALLEL + risks), iterations=4096, ranges=0).tasks["p.a"]
    assert found.first_order.low < found.total.high
    assert found.first_order.high < 0.5 * found.cruciality_pearson.value**2


def test_pick_freeze_of_ishigami():
    """The estimator behind the shares: 0.3139, 0.4424, 0 alone; 0.5576, 0.4424, 0.2437 with others.

    Source: T. Ishigami and T. Homma (1990), An importance quantification technique in uncertainty
    analysis for computer models.
    """

    def ishigami(x):
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    a, b = np.random.default_rng(7).uniform(-math.pi, math.pi, (2, 3, 20_000))
    mixed = [ishigami(np.where(np.arange(3)[:, None] == k, b, a)) for k in range(3)]
    found = sobol_indices(np.array([ishigami(a), ishigami(b), *mixed]).T)
    for each, alone, total in zip(
        found, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437), strict=True
    ):
        assert off(each.first_order, alone) < 5
        assert off(each.total, total) < 5


def test_everything_drawn_belongs_to_one_driver():
    """Each variable of the additive program, once; pools and boards have none."""
    results = simulator.simulate(simulator.loads(ADDITIVE.replace("RHO", "0.5")), iterations=50)
    plan = results.plan
    own = [v for each in removals(results) for v in variables_of(plan, each.name, each.kind)]
    assert sorted(own) == list(range(len(plan.variables)))
    assert variables_of(plan, "p", "pool") == ()


def test_redrawing_all_is_another_independent_run():
    """Factors of correlations too: nothing of the one is in the other."""
    results = simulator.simulate(simulator.loads(ADDITIVE.replace("RHO", "0.9")), iterations=4096)
    again = on_same_futures(results, redrawn(results.plan)).duration
    rho = np.corrcoef(results.joined.duration, again)[0, 1]
    assert abs(rho) < 5 / math.sqrt(4096)


def test_shares_are_not_sought_unasked():
    """`--quick` leaves them out."""
    results = simulator.simulate(simulator.loads(ADDITIVE.replace("RHO", "0.5")), iterations=50)
    assert all(each.total is None for each in drivers_of(results, measures=False).removed)


@pytest.mark.parametrize("kind", ["lines", "ties", "nothing"])
def test_intervals_of_dependence_cover(kind):
    """Pearson, Spearman and first order of what rises, of what takes few values, of nothing."""
    n, seeds = 1000, 300

    def pair(seed, size):
        random = np.random.default_rng(seed)
        x = random.integers(0, 3, size) * 1.0 if kind == "ties" else random.gamma(4.0, size=size)
        other = random.gamma(4.0, size=size)
        return x, other if kind == "nothing" else np.maximum(x, other) + random.exponential(
            size=size
        )

    def dependence(x, y):
        return *rank_and_linear(x, y), first_order(x, y)

    x, y = pair(10_000, 1_000_000)
    truth = [column.value[0] for column in dependence(x[np.newaxis], y)]
    hits = np.zeros(3)
    for seed in range(seeds):
        x, y = pair(seed, n)
        for k, column in enumerate(dependence(x[np.newaxis], y)):
            hits[k] += column.low[0] <= truth[k] <= column.high[0]
    assert (stats.binom.cdf(hits, seeds, 0.95) > 1e-4).all(), hits


# ---- names


def test_names_are_those_of_the_file():
    """A name where there is one; with its project where two tasks share it."""
    text = """format: 1
program: {start: 2027-01-04}
pools: {dev: {name: Developers, units: 1}}
projects:
  one: {name: First, tasks: {t: {name: Test, duration: 5d, needs: {dev: 1}}}}
  two: {tasks: {t: {name: Test, duration: 5d}, u: {name: Use, duration: 1d}, v: {duration: 1d}}}
risks: {late: {name: Vendor is late, chance: 0.3, hits: [{tasks: [one.t], wait: 5ed}]}}
"""
    scenario = simulator.loads(text)
    names = [("one.t", "range"), ("two.t", "range"), ("two.u", "range"), ("two.v", "range")]
    assert [driver_name(scenario, *each) for each in names] == [
        "Test (First)", "Test (two)", "Use", "two.v",
    ]  # fmt: skip
    assert driver_name(scenario, "late", "risk") == "Vendor is late"
    assert driver_name(scenario, "dev", "pool") == "Developers"
    assert driver_name(scenario, "program.escalation", "range") == "program.escalation"
