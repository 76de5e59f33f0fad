"""Intervals from replicates: coverage by simulation, ties, certainty, and where groups are few."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special

from simulator.estimates.estimator import Estimator, Independent, Sample
from simulator.estimates.probabilities import probability_estimate
from simulator.estimates.replicates import Replicated

SEED = 20270104
Z = 5.0  # standard errors a seeded check may be off: a false alarm below 1e-6
PERCENTS = (5, 25, 50, 80, 95)
CHUNK = 256  # small groups, so that many runs fit into a test
RUNS = 200


def cubes(rng: np.random.Generator, runs: int, count: int, variables: int) -> np.ndarray:
    """Latin hypercubes of ``CHUNK`` iterations: (runs, count * CHUNK, variables)."""
    strata = np.argsort(rng.random((runs, count, CHUNK, variables)), axis=2)
    return ((strata + rng.random(strata.shape)) / CHUNK).reshape(runs, -1, variables)


def shifted(rng: np.random.Generator, runs: int, groups: int, variables: int) -> np.ndarray:
    """A lattice (Fibonacci's, for the first two variables) shifted at random in each group.

    Like Sobol's points it is far more even than chance in several variables at once; chunk c of
    the iterations belongs to group c % G.
    """
    generators = np.array([1, 377, 89, 233])[:variables] / 512
    points = np.arange(2 * CHUNK)[:, np.newaxis] * generators
    found = (points + rng.random((runs, groups, 1, variables))) % 1
    parts = found.reshape(runs, groups, 2, CHUNK, variables).swapaxes(1, 2)
    return np.asarray(parts.reshape(runs, -1, variables))


def later(u: np.ndarray) -> np.ndarray:
    """The later of two sums, as a network's finish is."""
    return np.asarray(np.maximum(u[..., 0] + u[..., 1], 0.6 + 0.8 * u[..., 2]))


def days(u: np.ndarray) -> np.ndarray:
    """The same in whole days: 20 values tie heavily."""
    return np.ceil(10 * later(u))


def risky(u: np.ndarray) -> np.ndarray:
    """A risk of 30 % adds a day, another one of 2 % ends it all."""
    value = u[..., 0] + (u[..., 1] < 0.3)
    return np.where(u[..., 2] < 0.02, np.inf, value)


def assert_covers(hits: float, runs: int, at_least: float) -> None:
    """Check that a simulated coverage is not below ``at_least`` by more than its own error."""
    error = math.sqrt(at_least * (1 - at_least) / runs)
    assert hits / runs >= at_least - Z * error, f"{hits / runs:.3f} of {runs}"


def truth(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Sorted values of 2^18 points, so even that their shares are exact to 1e-4 or so."""
    i = np.arange(2**18, dtype=np.float64)
    # Roberts' sequence in three variables: i g^-k (mod 1), g^4 = g + 1.
    g = 1.2207440846057596
    points = np.stack([(0.5 + i / g**k) % 1 for k in (1, 2, 3)], axis=-1)
    return np.sort(function(points))


@pytest.mark.parametrize("function", [later, days, risky])
@pytest.mark.parametrize(("draw", "groups"), [(cubes, 10), (cubes, 24), (shifted, 8)])
def test_quantiles_cover(
    draw: Callable[..., np.ndarray], groups: int, function: Callable[[np.ndarray], np.ndarray]
) -> None:
    """The true quantile lies within at least as often as promised, also where values tie."""
    rng = np.random.default_rng(SEED)
    real, estimator = truth(function), Replicated(0.95, groups, CHUNK)
    slack = 2e-4  # of the truth itself
    hits = dict.fromkeys(PERCENTS, 0)
    for _ in range(RUNS // 40):
        for values in function(draw(rng, 40, groups, 3)):
            for percent, found in estimator.quantiles(Sample(values), PERCENTS).items():
                low = np.searchsorted(real, found.low, side="left") / len(real)
                high = np.searchsorted(real, found.high, side="right") / len(real)
                hits[percent] += low - slack < percent / 100 <= high + slack
    for each in hits.values():
        assert_covers(each, RUNS, 0.95)


@pytest.mark.parametrize(("draw", "groups"), [(cubes, 10), (cubes, 24), (shifted, 8)])
def test_means_spreads_and_shares_cover(draw: Callable[..., np.ndarray], groups: int) -> None:
    """The same for a mean, a standard deviation and a probability."""
    rng = np.random.default_rng(SEED + 1)
    # Of a + b with 0 <= a, b <= 1 uniform: mean 1, variance 1/6, P(a + b <= 0.4) = 0.08.
    estimator, hits = Replicated(0.95, groups, CHUNK), np.zeros(3)
    for _ in range(RUNS // 40):
        for u in draw(rng, 40, groups, 2):
            values = u[:, 0] + u[:, 1]
            found = (
                (estimator.mean(Sample(values)), 1.0),
                (estimator.sd(Sample(values)), math.sqrt(1 / 6)),
                (estimator.probability(values <= 0.4), 0.08),
            )
            hits += [each.low <= real <= each.high for each, real in found]
    for each in hits:
        assert_covers(float(each), RUNS, 0.95)


@pytest.mark.parametrize("chance", [0.3002, 0.3, 0.001])
def test_means_of_two_values_cover(chance: float) -> None:
    """A risk of a stratified chance: each cube has so many, or one more, and many cubes agree."""
    rng, estimator, hits = np.random.default_rng(SEED + 3), Replicated(0.95, 8, CHUNK), 0
    for u in cubes(rng, RUNS, 8, 1):
        found = estimator.mean(Sample(np.where(u[:, 0] < chance, 20.0, 0.0)))
        hits += found.low <= 20 * chance <= found.high
    assert_covers(hits, RUNS, 0.95)


def test_intervals_are_narrower_than_those_of_independent_iterations() -> None:
    """What the scheme gains is seen; what it does not gain is not claimed."""
    rng = np.random.default_rng(SEED + 2)
    estimator, ratios = Replicated(0.95, 20, CHUNK), []
    for u in cubes(rng, 50, 20, 3):
        sample = Sample(u[:, 0] + u[:, 1] + u[:, 2])
        mine = estimator.quantiles(sample, (50,))[50]
        plain = Independent().quantiles(sample, (50,))[50]
        ratios.append((mine.high - mine.low) / (plain.high - plain.low))
    # P(sum <= 1.5) is nearly additive: sd 0.5 against 0.24 of what the strata leave, by t / z.
    assert np.mean(ratios) < 0.75
    plain = rng.random((50, 20 * CHUNK))
    widths = []
    for values in plain:
        found = [e.quantiles(Sample(values), (80,))[80] for e in (estimator, Independent())]
        widths.append((found[0].high - found[0].low) / (found[1].high - found[1].low))
    assert np.mean(widths) == pytest.approx(special.stdtrit(19, 0.975) / 1.96, rel=0.1)


def test_what_is_certain_has_no_width() -> None:
    """One value alone is its own interval, finite or never."""
    for value in (7.0, math.inf):
        sample = Sample(np.full(10 * CHUNK, value))
        for found in Replicated(0.95, 10, CHUNK).quantiles(sample, PERCENTS).values():
            assert (found.low, found.value, found.high) == (value, value, value)


def test_points_are_those_of_all_iterations() -> None:
    """Groups change intervals, never figures."""
    values = np.random.default_rng(SEED).random(10 * CHUNK)
    sample = Sample(values)
    several: tuple[Estimator, ...] = (Replicated(0.95, 10, CHUNK), Independent())
    mine, plain = (
        (e.quantiles(sample, PERCENTS), e.mean(sample), e.sd(sample), e.probability(values < 0.3))
        for e in several
    )
    assert {p: e.value for p, e in mine[0].items()} == {p: e.value for p, e in plain[0].items()}
    assert [each.value for each in mine[1:]] == [each.value for each in plain[1:]]


@pytest.mark.parametrize("groups", [1, 2, 7])
def test_few_groups_say_nothing(groups: int) -> None:
    """Below eight groups the intervals are those of independent iterations."""
    values = np.random.default_rng(SEED).random(groups * CHUNK)
    sample, mine = Sample(values), Replicated(0.95, groups, CHUNK)
    assert mine.quantiles(sample, PERCENTS) == Independent().quantiles(sample, PERCENTS)
    assert mine.mean(sample) == Independent().mean(sample)
    assert mine.sd(sample) == Independent().sd(sample)
    assert mine.probability(values < 0.3) == Independent().probability(values < 0.3)


def test_first_iterations_alone_have_fewer_groups() -> None:
    """Estimates of the first iterations know that the later groups are missing."""
    values = np.random.default_rng(SEED).random(4 * CHUNK)
    mine = Replicated(0.95, 40, CHUNK)
    assert mine.mean(Sample(values)) == Independent().mean(Sample(values))


def test_shares_are_probabilities_for_each_column() -> None:
    """Counts by group give what the iterations give; all and none are Wilson's."""
    rng = np.random.default_rng(SEED)
    kept = rng.random((3, 12 * CHUNK)) < np.array([[0.2], [0.0], [1.1]])
    mine = Replicated(0.95, 12, CHUNK)
    counts = kept.reshape(3, 12, CHUNK).sum(axis=2).T
    for trials in (np.full((12, 1), CHUNK), np.full((12, 3), CHUNK)):
        found = np.array(mine.shares(counts, trials))
        for column in range(3):
            one = mine.probability(kept[column])
            assert tuple(found[:, column]) == (one.value, one.low, one.high)
    assert mine.probability(kept[1]) == probability_estimate(0, 12 * CHUNK)
    assert mine.probability(kept[2]) == probability_estimate(12 * CHUNK, 12 * CHUNK)


def test_shares_stay_within_0_and_1() -> None:
    """However unequal the groups are."""
    counts = np.zeros((8, 2), dtype=np.int64)
    counts[0] = (CHUNK, 1)
    value, low, high = Replicated(0.95, 8, CHUNK).shares(counts, np.full((8, 1), CHUNK))
    assert np.all((low >= 0) & (low < value) & (value < high) & (high <= 1))
    assert high[0] > 0.45  # one group of eight: hardly anything is known


def test_what_exists_in_some_iterations() -> None:
    """Shares and quantiles are among the iterations where the outcome exists."""
    rng = np.random.default_rng(SEED + 3)
    hits = np.zeros(3)
    mine = Replicated(0.95, 10, CHUNK)
    for u in cubes(rng, RUNS, 10, 2):
        values = np.where(u[:, 0] < 0.3, u[:, 0] / 0.3 + u[:, 1], np.nan)
        sample = Sample(values)
        chance = mine.probability(values <= 0.4, sample.which)
        middle, mean = mine.quantiles(sample, (50,))[50], mine.mean(sample)
        hits += [each.low <= real <= each.high
                 for each, real in ((chance, 0.08), (middle, 1.0), (mean, 1.0))]  # fmt: skip
    for each in hits:
        assert_covers(float(each), RUNS, 0.95)


def test_what_hardly_ever_exists_is_as_if_independent() -> None:
    """A few iterations in each group do not make a share."""
    values = np.full(10 * CHUNK, np.nan)
    values[:: CHUNK // 4] = np.arange(40.0)
    sample = Sample(values)
    assert Replicated(0.95, 10, CHUNK).mean(sample) == Independent().mean(sample)
    none = Replicated(0.95, 10, CHUNK).quantiles(Sample(np.full(10 * CHUNK, np.nan)), (50,))
    assert math.isnan(none[50].value)
