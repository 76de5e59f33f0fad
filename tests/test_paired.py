"""Differences of the same futures: their intervals hold what they claim, and nothing is free."""

import math

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from simulator.estimates.estimator import Independent, Sample
from simulator.estimates.paired import mean_difference, quantile_difference
from simulator.estimates.replicates import Replicated

SEEDS = 400
MEAN, SD = (10.0, 12.0), (3.0, 4.0)


def pairs(seed, n, rho):
    """Normal pairs (2, N) of a known correlation."""
    own, other = np.random.default_rng(seed).standard_normal((2, n))
    both = np.stack([own, rho * own + math.sqrt(1 - rho * rho) * other])
    return np.array(MEAN)[:, None] + np.array(SD)[:, None] * both


def covered(found, truth):
    """Whether at least 95 of 100 intervals hold the truth, within what chance allows."""
    hits = sum(low <= truth <= high for low, high in ((e.low, e.high) for e in found))
    return binom.cdf(hits, len(found), 0.95) > 1e-4


@pytest.mark.parametrize("rho", [0.0, 0.9, 0.99])
@pytest.mark.parametrize(("percent", "n"), [(50, 1000), (80, 1000), (80, 10_000), (95, 4000)])
def test_intervals_of_quantile_differences_cover(rho, percent, n):
    """Normal pairs, whose difference of quantiles is known exactly."""
    truth = MEAN[1] - MEAN[0] + (SD[1] - SD[0]) * float(ndtri(percent / 100))
    found = [
        quantile_difference(Sample(a), Sample(b), percent, Independent())
        for a, b in (pairs(seed, n, rho) for seed in range(SEEDS))
    ]
    assert covered(found, truth)
    halves = [(e.high - e.low) / 2 for e in found]
    errors = np.std([e.value for e in found])
    assert 0.85 < np.mean(halves) / (1.96 * errors) < 1.25


def test_intervals_of_stratified_pairs_cover():
    """Replicates of strata: narrower than independent ones, and they still cover."""
    n, groups, chunk = 2560, 10, 256
    estimator, truth = Replicated(0.95, groups, chunk), 2.0 + float(ndtri(0.8))
    found, plain = [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        strata = np.concatenate([random.permutation(chunk) for _ in range(groups)])
        own = ndtri((strata + random.random(n)) / chunk)
        a = MEAN[0] + SD[0] * own
        b = MEAN[1] + SD[1] * (0.99 * own + math.sqrt(1 - 0.99**2) * random.standard_normal(n))
        found.append(quantile_difference(Sample(a), Sample(b), 80, estimator))
        plain.append(quantile_difference(Sample(a), Sample(b), 80, Independent()))
    assert covered(found, truth)
    widths = [np.mean([e.high - e.low for e in each]) for each in (found, plain)]
    assert widths[0] < widths[1]


def clock(days):
    """Working days as calendar days: two days of a weekend after every five."""
    return days + 2.0 * np.floor(days / 5)


@pytest.mark.parametrize("rho", [0.5, 0.95])
@pytest.mark.parametrize("later", [9.3, 11.8])
def test_intervals_of_dates_with_weekends_cover(rho, later):
    """Dates jump over weekends, each of a pair over others, however alike the futures are."""
    truth = clock(100 + later + 12 * ndtri(0.8)) - clock(100 + 10 * ndtri(0.8))
    found = []
    for seed in range(SEEDS):
        own, other = (pairs(seed, 1000, rho) - np.array(MEAN)[:, None]) / np.array(SD)[:, None]
        a, b = clock(100 + 10 * own), clock(100 + later + 12 * other)
        found.append(quantile_difference(Sample(a), Sample(b), 80, Independent()))
    assert covered(found, truth)


def test_pairing_is_worth_its_while():
    """The interval of a pair that is nearly the same is a fraction of that of one that is not."""
    narrow, wide = (
        quantile_difference(*map(Sample, pairs(1, 4000, rho)), 80, Independent())
        for rho in (0.999, 0.0)
    )
    assert (narrow.high - narrow.low) < 0.5 * (wide.high - wide.low)


@pytest.mark.parametrize("estimator", [Independent(), Replicated(0.95, 10, 64)])
def test_an_identical_pair_differs_by_nothing(estimator):
    """No difference, and nothing uncertain about it."""
    (a, _) = pairs(3, 1000, 0.5)
    one, other = Sample(a), Sample(a.copy())
    for found in (
        quantile_difference(one, other, 80, estimator),
        mean_difference(one, other, estimator),
    ):
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_shift_is_known_exactly():
    """Every future later by the same: so are mean and quantile."""
    (a, _) = np.round(pairs(3, 1000, 0.5) * 100)
    found = quantile_difference(Sample(a), Sample(a + 7.0), 80, Independent())
    assert (found.value, found.low, found.high) == (7.0, 7.0, 7.0)


def test_dates_that_jump_are_bounded_by_their_neighbours():
    """Where the quantile may as well be the next meeting of a board, the interval says so."""
    for share, truth in ((0.805, 30.0), (0.795, 60.0)):
        found = []
        for seed in range(200):
            random = np.random.default_rng(seed)
            a = np.where(random.random(1000) < share, 30.0, 60.0)
            found.append(quantile_difference(Sample(np.zeros(1000)), Sample(a), 80, Independent()))
        assert covered(found, truth)
    certain = np.where(np.arange(1000) < 950, 30.0, 60.0)
    sure = quantile_difference(Sample(np.zeros(1000)), Sample(certain), 80, Independent())
    assert (sure.value, sure.low, sure.high) == (30.0, 30.0, 30.0)


def test_what_never_happens_has_no_difference():
    """Unknown where a quantile is infinite; without an end where its neighbours are."""
    a = np.arange(100.0)
    never = np.where(a < 70, a, np.inf)
    nearly = np.where(a < 81, a, np.inf)
    assert math.isnan(quantile_difference(Sample(a), Sample(never), 80, Independent()).value)
    assert math.isnan(mean_difference(Sample(a), Sample(never), Independent()).value)
    found = quantile_difference(Sample(a), Sample(nearly), 80, Independent())
    assert (found.value, found.low, found.high) == (0.0, 0.0, math.inf)
