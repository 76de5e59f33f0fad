"""Estimates: closed forms, exact coverage, brute force, and the same bits for any blocks."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from simulator.estimates.estimate import LEVEL, UNKNOWN, Estimate
from simulator.estimates.estimator import Independent, Sample
from simulator.estimates.joint import Joint, Ranked, balanced_point, frontier
from simulator.estimates.moments import (
    CHUNK,
    chunk_moments,
    combine,
    combine_rows,
    mean_estimate,
    moments_of,
    sd_estimate,
)
from simulator.estimates.probabilities import probability_estimate, probability_estimates
from simulator.estimates.quantiles import (
    contingency,
    interval_ranks,
    quantile,
    quantile_estimate,
    rank,
)

SEED = 20270104
EPS = float(np.finfo(float).eps)
Z = 5.0  # standard errors a seeded check may be off: a false alarm below 1e-6


def assert_covers(hits: int, trials: int, chance: float) -> None:
    """Check that a simulated coverage agrees with ``chance`` within its binomial error."""
    error = math.sqrt(chance * (1 - chance) / trials)
    z = (hits / trials - chance) / error
    assert abs(z) <= Z, f"coverage {hits / trials:.4f}, expected {chance:.4f}, z = {z:.1f}"


def binomial_chances(n: int, p: Fraction) -> list[Fraction]:
    """Return the exact chances of 0 to n successes."""
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


# --- Estimate


def test_estimate_shows_what_is_not_finite_as_none() -> None:
    """Results hold no infinities: JSON has none."""
    assert Estimate(1.5, -math.inf, math.inf).to_dict() == {"value": 1.5, "low": None, "high": None}
    assert set(UNKNOWN.to_dict().values()) == {None}


# --- Quantiles


@given(percent=st.integers(1, 99), n=st.integers(1, 10**9))
def test_rank_is_the_integer_rule(percent: int, n: int) -> None:
    """The contract's integers and the exact ceiling of p n agree, for fractions too."""
    assert rank(percent, n) == (percent * n + 99) // 100
    assert rank(Fraction(percent), n) == math.ceil(Fraction(percent, 100) * n)
    assert rank(Fraction(percent, 10), n) == math.ceil(Fraction(percent, 1000) * n)


@pytest.mark.parametrize(("percent", "n"), [(0, 10), (100, 10), (50, 0)])
def test_rank_refuses_what_has_no_rank(percent: int, n: int) -> None:
    """The extremes are no quantiles, and nothing has none."""
    with pytest.raises(ValueError, match="need 0 < percent < 100"):
        rank(percent, n)


@pytest.mark.parametrize("percent", [1, 5, 50, 80, 95, 99])
@pytest.mark.parametrize("n", [50, 500, 10_000, 1_000_000])
def test_quantile_interval_covers_exactly(n: int, percent: int) -> None:
    """Coverage is at least the level, and less than one binomial chance above it."""
    low, high = interval_ranks(percent, n)
    p = percent / 100
    below = special.betainc(low, n - low + 1, p) if low else 1.0  # P(B >= low)
    above = special.betainc(high, n - high + 1, p) if high <= n else 0.0  # P(B >= high)
    coverage = below - above
    last = high - 1
    log_chance = (
        math.lgamma(n + 1) - math.lgamma(last + 1) - math.lgamma(n - last + 1)
        + last * math.log(p) + (n - last) * math.log1p(-p)
    )  # fmt: skip
    rounding = 4 * EPS * math.lgamma(n + 1)
    assert low <= rank(percent, n) <= high
    assert coverage >= LEVEL - 4 * EPS
    assert coverage - math.exp(log_chance) * (1 + rounding) < LEVEL
    if n == 10_000:
        assert coverage < LEVEL + 0.005


@given(
    n=st.integers(1, 40),
    percent=st.integers(1, 99),
    level=st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(95, 100)]),
)
def test_quantile_interval_is_the_shortest_of_those_that_cover(
    n: int, percent: int, level: Fraction
) -> None:
    """Exact fractions and brute force over all pairs of ranks."""
    chances = binomial_chances(n, Fraction(percent, 100))
    middle = rank(percent, n)

    def order(pair: tuple[int, int]) -> tuple[int, int]:
        low, high = pair
        return ((low == 0) + (high == n + 1), high - low)

    covering = [
        (low, high)
        for low in range(middle + 1)
        for high in range(middle, n + 2)
        if sum(chances[low:high]) >= level
    ]
    found = interval_ranks(percent, n, float(level))
    assert found in covering
    assert order(found) == min(map(order, covering))


def test_quantile_interval_is_symmetric_about_the_median() -> None:
    """P(100 - p) from above is P(p) from below: the ends mirror each other."""
    for n in (500, 10_000):
        for percent in (5, 20, 40):
            low, high = interval_ranks(percent, n)
            assert interval_ranks(100 - percent, n) == (n + 1 - high, n + 1 - low)


def test_quantile_interval_covers_by_simulation() -> None:
    """Uniform values hold the P80 of 0.8 as often as the binomial says."""
    runs, n = 4000, 300
    values = np.sort(np.random.default_rng(SEED).random((runs, n)), axis=1)
    low, high = interval_ranks(80, n)
    chance = float(special.bdtr(high - 1, n, 0.8) - special.bdtr(low - 1, n, 0.8))
    intervals = [quantile_estimate(row, 80) for row in values]
    assert_covers(sum(e.low <= 0.8 <= e.high for e in intervals), runs, chance)


def test_too_few_values_leave_an_end_open() -> None:
    """One value bounds nothing on one side; none is not known."""
    assert quantile_estimate(np.array([7.0]), 50) == Estimate(7.0, -math.inf, math.inf)
    assert quantile_estimate(np.arange(50.0), 99).high == math.inf
    assert math.isfinite(quantile_estimate(np.arange(50.0), 99).low)
    assert quantile_estimate(np.empty(0), 80) is UNKNOWN
    assert math.isnan(quantile(np.empty(0), 80))


def test_quantiles_sort_once_and_keep_what_never_happens_last() -> None:
    """Three of ten never finish: P70 is a date, P80 is never."""
    values = np.array([np.inf, 3, 1, 2, np.inf, 4, 5, np.inf, 7, 6])
    found = Independent().quantiles(Sample(values), (10, 70, 80))
    assert [found[p].value for p in (10, 70, 80)] == [1.0, 7.0, math.inf]
    assert all(e.low <= e.value <= e.high for e in found.values())
    assert contingency(np.sort(values), 4.5, (10, 70, 80)) == {10: -3.5, 70: 2.5, 80: math.inf}


def test_a_sample_leaves_out_what_does_not_exist() -> None:
    """Nan is no value; without any, or with one that never comes, there is no mean."""
    values = np.array([np.nan, 3.0, 1.0, np.nan, 2.0])
    sample, estimator = Sample(values), Independent()
    assert sample.ordered.tolist() == [1.0, 2.0, 3.0]
    assert sample.always
    assert estimator.mean(sample) == mean_estimate(moments_of(sample.there))
    assert estimator.sd(sample) == sd_estimate(moments_of(sample.there))
    assert estimator.probability(values <= 2, sample.which) == probability_estimate(2, 3)
    assert estimator.probability(values <= 2) == probability_estimate(2, 5)
    assert Sample(values[1:3]).which is None
    assert not Sample(values[:1]).always
    assert not Sample(np.array([1.0, np.inf])).always


def test_a_certain_cost_leaves_the_frontier_one_point() -> None:
    """What needs no look at the costs is what looking at them finds."""
    dates = np.array([4.0, 1.0, 3.0, 3.0, 2.0, np.inf])
    joint = Joint(Ranked(dates), Ranked(np.full(6, 7.0)))
    assert joint.cost.order.tolist() == list(range(6))
    assert balanced_point(joint, 50) == (3.0, 7.0)
    assert [end.tolist() for end in frontier(joint, 50)] == [[3.0], [7.0]]
    assert [len(end) for end in frontier(joint, 90)] == [0, 0]


def test_shares_of_independent_iterations_add_up_the_groups() -> None:
    """How counts are spread over groups means nothing: (groups, 3) become (3,)."""
    counts, trials = np.array([[0, 3, 10], [1, 5, 9]]), np.array([[12], [10]])
    expected = probability_estimates(counts.sum(axis=0), 22)
    for found, end in zip(Independent().shares(counts, trials), expected, strict=True):
        assert found.tolist() == end.tolist()


# --- Probabilities


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_reproduces_published_intervals(
    successes: int, trials: int, low: float, high: float
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    found = probability_estimate(successes, trials)
    half_digit = 0.5e-4 + EPS
    assert abs(found.low - low) <= half_digit
    assert abs(found.high - high) <= half_digit


@given(data=st.data(), trials=st.integers(1, 10**7))
def test_wilson_is_ordered_mirrored_and_solves_its_equation(
    data: st.DataObject, trials: int
) -> None:
    """0 <= low <= value <= high <= 1, and both ends lie z standard errors from the share."""
    successes = data.draw(st.integers(0, trials))
    found, mirror = (probability_estimate(s, trials) for s in (successes, trials - successes))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == successes / trials
    # Some ten roundings of terms no larger than 1.
    assert abs(found.low - (1 - mirror.high)) <= 10 * EPS
    z = float(special.ndtri(0.975))
    for end in (found.low, found.high):
        away, square = found.value - end, z * z * end * (1 - end) / trials
        assert abs(away * away - square) <= 10 * EPS * (2 * abs(away) + z * z / trials)


def test_wilson_at_the_edges() -> None:
    """Never and always keep a width; nothing tried is not known; too many is a mistake."""
    assert probability_estimate(0, 10).low == 0.0 < probability_estimate(0, 10).high
    assert probability_estimate(10, 10).high == 1.0 > probability_estimate(10, 10).low
    assert set(probability_estimate(0, 0).to_dict().values()) == {None}
    for successes in (-1, 3):
        with pytest.raises(ValueError, match="between 0 and trials"):
            probability_estimate(successes, 2)


def test_wilson_of_arrays_is_wilson_of_each() -> None:
    """One task a row: the same figures as one by one."""
    counts = np.array([[0, 3, 10], [1, 5, 9]])
    value, low, high = probability_estimates(counts, 10)
    for at, count in np.ndenumerate(counts):
        assert probability_estimate(int(count), 10) == Estimate(
            float(value[at]), float(low[at]), float(high[at])
        )


@pytest.mark.parametrize("n", [20, 100, 1_000, 10_000])
def test_wilson_covers_on_average(n: int) -> None:
    """Exact coverage averaged over all probabilities: never below the level.

    It is the sum over s of the chance that Beta(s + 1, n - s + 1) lies in the interval of s,
    divided by n + 1. The excess is of order 1 / n (Brown, Cai and DasGupta 2001).
    """
    s = np.arange(n + 1)
    _, low, high = probability_estimates(s, n)
    inside = special.betainc(s + 1, n - s + 1, high) - special.betainc(s + 1, n - s + 1, low)
    assert LEVEL <= inside.mean() <= LEVEL + 1 / n


def test_wilson_covers_by_simulation() -> None:
    """At one probability, as often as the binomial chances of the covering counts add up to."""
    runs, n, p = 20_000, 200, 0.07
    counts = np.arange(n + 1)
    _, low, high = probability_estimates(counts, n)
    covering = (low <= p) & (p <= high)
    chances = special.bdtr(counts.astype(float), n, p)
    chance = float(np.diff(chances, prepend=0.0)[covering].sum())
    drawn = np.random.default_rng(SEED).binomial(n, p, runs)
    assert_covers(int(covering[drawn].sum()), runs, chance)


# --- Moments


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 3 * CHUNK + 5),
    centre=st.integers(-(10**6), 10**6),
    spread=st.integers(0, 1000),
)
def test_moments_against_exact_fractions(seed: int, n: int, centre: int, spread: int) -> None:
    """Integers as values: sums of powers of deviations exactly, then the rounding bound."""
    drawn = np.random.default_rng(seed).integers(centre - spread, centre + spread, n, endpoint=True)
    values = drawn.tolist()
    total = sum(values)
    found = moments_of(drawn)
    # On the way to a result: ten halvings, some six products, some twelve operations a chunk.
    roundings = 16 + 12 * math.ceil(n / CHUNK)
    largest = max(abs(v) for v in values) + 2 * spread
    assert found.count == n
    assert abs(Fraction(found.mean) - Fraction(total, n)) <= roundings * EPS * largest
    for power, moment in ((2, found.m2), (3, found.m3), (4, found.m4)):
        exact = Fraction(sum((n * v - total) ** power for v in values), n**power)
        # A deviation, at most 2 spread, is off by the mean's error and by its own.
        size = n * (2 * spread) ** (power - 1) * largest
        assert abs(Fraction(moment) - exact) <= power * roundings * EPS * size


@given(
    data=st.data(),
    n=st.integers(1, 6 * CHUNK),
    seed=st.integers(0, 2**32 - 1),
    never=st.booleans(),
)
def test_moments_do_not_know_the_blocks(
    data: st.DataObject, n: int, seed: int, never: bool
) -> None:
    """Any cut at whole chunks, rows together or alone, any memory order: the same bits."""
    rows = np.random.default_rng(seed).lognormal(sigma=3, size=(3, n))
    if never:
        rows[1, n // 2] = np.inf
    chunks = math.ceil(n / CHUNK)
    inner = data.draw(st.sets(st.integers(1, chunks - 1))) if chunks > 1 else set()
    cuts = [0, *(CHUNK * cut for cut in sorted(inner)), n]
    blocks = [chunk_moments(np.asfortranarray(rows[:, a:b])) for a, b in itertools.pairwise(cuts)]
    whole = [repr(moments_of(row)) for row in rows]
    assert [repr(found) for found in combine_rows(blocks)] == whole


def test_moments_of_work_groups_are_the_same_bits() -> None:
    """A long row goes through several work arrays; short ones through one each."""
    values = np.random.default_rng(SEED).normal(size=300 * CHUNK + 17)
    parts = [chunk_moments(values[a : a + 7 * CHUNK]) for a in range(0, values.size, 7 * CHUNK)]
    assert combine(parts) == moments_of(values)


def test_a_short_block_in_between_is_refused() -> None:
    """It would shift all later chunks."""
    part = chunk_moments(np.ones(10))
    with pytest.raises(ValueError, match="only the last block"):
        combine([part, part])


@given(value=st.floats(-1e12, 1e12), n=st.integers(2, 2 * CHUNK + 3))
def test_a_constant_has_itself_as_mean_and_no_spread(value: float, n: int) -> None:
    """Exactly: the deterministic part of a plan must not look uncertain."""
    found = moments_of(np.full(n, value))
    assert (found.mean, found.sd) == (value, 0.0)
    assert mean_estimate(found) == Estimate(value, value, value)
    assert sd_estimate(found) == Estimate(0.0, 0.0, 0.0)
    assert Sample(np.full(n, value)).moments == found


def test_moments_with_too_little_to_say() -> None:
    """None, one, and some that never happen."""
    assert set(mean_estimate(moments_of([])).to_dict().values()) == {None}
    one = moments_of([3.0])
    assert mean_estimate(one).to_dict() == {"value": 3.0, "low": None, "high": None}
    assert set(sd_estimate(one).to_dict().values()) == {None}
    never = moments_of(np.concatenate([np.ones(2 * CHUNK), [np.inf], np.ones(CHUNK)]))
    assert mean_estimate(never).value == math.inf
    assert math.isnan(mean_estimate(never).low)
    assert math.isnan(sd_estimate(never).value)


def test_mean_interval_is_students() -> None:
    """For 1, 2, 3: 2 -+ t / sqrt(3), and t with 2 degrees has a closed form."""
    t = 0.95 * math.sqrt(2 / (1 - 0.95**2))
    found = mean_estimate(moments_of([1.0, 2.0, 3.0]))
    assert found.high == pytest.approx(2 + t / math.sqrt(3), rel=1e-12)
    assert found.low == pytest.approx(2 - t / math.sqrt(3), rel=1e-12)


def test_mean_interval_covers() -> None:
    """Exact for normal values, even few."""
    runs = 5000
    rows = np.random.default_rng(SEED).normal(size=(runs, 12))
    found = [mean_estimate(m) for m in combine_rows([chunk_moments(rows)])]
    assert_covers(sum(e.low <= 0 <= e.high for e in found), runs, LEVEL)


@pytest.mark.parametrize(("name", "sd"), [("normal", 1.0), ("random", 1 / math.sqrt(12))])
def test_sd_interval_covers(name: str, sd: float) -> None:
    """At n = 4,096 the error of the delta method, of order 1 / n, is far below the tolerance."""
    runs, n = 1500, 4 * CHUNK
    rows = getattr(np.random.default_rng(SEED), name)(size=(runs, n))
    found = [sd_estimate(m) for m in combine_rows([chunk_moments(rows)])]
    assert_covers(sum(e.low <= sd <= e.high for e in found), runs, LEVEL)


# --- Joint confidence

outcomes = st.lists(
    st.tuples(st.sampled_from([1.0, 2.0, 3.0, 5.0, math.inf]), st.integers(0, 5)),
    min_size=1,
    max_size=25,
)
percents = st.sampled_from([1, 10, 50, 70, 80, 99])


def together(finish: np.ndarray, cost: np.ndarray, date: float, budget: float) -> int:
    """Count the iterations that keep both."""
    return sum(f <= date and c <= budget for f, c in zip(finish, cost, strict=True))


def joint(finish: np.ndarray, cost: np.ndarray) -> Joint:
    """Both, ranked."""
    return Joint(Ranked(finish), Ranked(cost))


def test_ranks_keep_the_order_of_what_ties() -> None:
    """Iterations that tie stand as they came, and share the least rank."""
    ranked = Ranked(np.array([2.0, np.inf, 1.0, 2.0, 1.0, 2.0]))
    assert ranked.order.tolist() == [2, 4, 0, 3, 5, 1]
    assert ranked.first.tolist() == [0, 0, 2, 2, 2, 5]
    assert ranked.ordered.tolist() == [1.0, 1.0, 2.0, 2.0, 2.0, np.inf]


@given(pairs=outcomes, percent=percents)
def test_balanced_point_against_brute_force(pairs: list[tuple[float, int]], percent: int) -> None:
    """The least m for which enough iterations keep the m-th date and the m-th cost."""
    finish, cost = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    dates, costs = sorted(finish), sorted(cost)
    need = rank(percent, len(pairs))
    expected = next(
        (dates[m], costs[m])
        for m in range(len(pairs))
        if together(finish, cost, dates[m], costs[m]) >= need
    )
    assert balanced_point(joint(finish, cost), percent) == expected


def test_balanced_point_has_equal_marginals() -> None:
    """Without ties both targets leave the same number of iterations behind."""
    rng = np.random.default_rng(SEED)
    finish, cost = rng.normal(size=5000), rng.normal(size=5000)
    date, budget = balanced_point(joint(finish, cost), 70)
    assert np.count_nonzero(finish <= date) == np.count_nonzero(cost <= budget)
    assert together(finish, cost, date, budget) in (3500, 3501)
    assert all(map(math.isnan, balanced_point(joint(np.empty(0), np.empty(0)), 70)))


def test_balanced_point_of_a_certain_cost_is_the_quantile_of_the_finish() -> None:
    """Nothing but the date is uncertain, so joint confidence is confidence in the date."""
    finish = np.random.default_rng(SEED).normal(size=1000)
    found = balanced_point(joint(finish, np.full(1000, 7.0)), 80)
    assert found == (quantile(np.sort(finish), 80), 7.0)


@given(pairs=outcomes, percent=percents, points=st.integers(2, 30))
def test_frontier_against_brute_force(
    pairs: list[tuple[float, int]], percent: int, points: int
) -> None:
    """Each cost is the least for its date, no point beats another, and the ends are right."""
    finish, cost = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    need = rank(percent, len(pairs))
    least = {
        date: min((c for c in cost if together(finish, cost, date, c) >= need), default=math.inf)
        for date in sorted(set(finish[np.isfinite(finish)]))
    }
    feasible = {date: c for date, c in least.items() if c < math.inf}
    dates, costs = frontier(joint(finish, cost), percent, points)
    assert dates.size <= points
    assert [least[date] for date in dates] == costs.tolist()
    assert np.all(np.diff(dates) > 0)
    assert np.all(np.diff(costs) < 0)
    assert bool(dates.size) == bool(feasible)
    if feasible:
        assert dates[0] == min(feasible)
        assert costs[-1] == min(feasible.values())
    if points >= len(pairs):  # every date is looked at: the whole frontier
        assert len(costs) == len(set(feasible.values()))


def test_frontier_needs_its_two_ends() -> None:
    """One point is no frontier; nothing has none."""
    with pytest.raises(ValueError, match="two ends"):
        frontier(joint(np.ones(3), np.ones(3)), 80, points=1)
    assert frontier(joint(np.empty(0), np.empty(0)), 80)[0].size == 0
