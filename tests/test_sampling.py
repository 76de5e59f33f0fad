"""Latin hypercubes and scrambled Sobol points: their structure, their chance, their bits."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import simulator
from simulator.engine import addresses
from simulator.engine.addresses import BLOCK, LANE, block_words, keys_of
from simulator.engine.compiled.jit import frugal
from simulator.engine.compiled.schemes import row_words_apart, scheme_tape
from simulator.engine.draws import correlated_scores, draw
from simulator.engine.sampling import (
    STRATA,
    Sampling,
    _strata,
    factor_label,
    label_address,
    reversed_bits,
    rounded,
)
from simulator.engine.sobol_numbers import directions
from simulator.plan.names import address
from tests.programs import compiled

SEED = 0xFEDCBA9876543210


def _names(count):
    return [f"ledger.t{row}/duration" for row in range(count)]


def _hashes(count):
    return np.array([address(name) for name in _names(count)], dtype=np.uint64)


def _sobol(count, replicates=8, seed=SEED):
    return Sampling("sobol", seed, replicates, {name: d for d, name in enumerate(_names(count))})


SCHEMES = {
    "mc": Sampling("mc", SEED),
    "lhs": Sampling("lhs", SEED),
    "sobol": _sobol(20, 9),
}
FROZEN = {
    "mc": ["0xe35d9e8", "0x95e464da", "0x2c6aa111", "0x7e6f5336"],
    "lhs": ["0xab038d76", "0x51e57919", "0xc9cb1aa8", "0x2d9f9bd4"],
    "sobol": ["0xde48ce08", "0x58057635", "0x5c6e05b4", "0x86668f41"],
}


def _close(found, expected, error):
    """Within five standard errors."""
    assert abs(found - expected) < 5 * error


def _even(counts, expected):
    """Chi-square of counts that are as likely as expected, cells minus one to go."""
    cells = counts.size - 1
    statistic = float(np.sum((counts - expected) ** 2 / expected))
    _close(statistic, cells, np.sqrt(2 * cells))


# The schemes as they are seen from outside.


def test_plain_draws_are_what_they_were():
    """A seed alone and the scheme mc give the numbers at the addresses, as words and as floats."""
    plain = addresses.uniforms(SEED, _hashes(5), 100, 3000)
    assert np.array_equal(Sampling.of(SEED).uniforms(_hashes(5), 100, 3000), plain)
    words = SCHEMES["mc"].words(_hashes(5), 100, 3000)
    assert words.dtype == np.uint32
    assert np.array_equal((words + 0.5) * 2.0**-32, plain)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(start=st.integers(0, 9000), length=st.integers(0, 9000), count=st.integers(0, 30))
@settings(max_examples=10, deadline=None)
def test_any_span_is_a_slice_of_the_whole(scheme, start, length, count):
    """Cutting a run anywhere, and asking for fewer variables, gives the same bits."""
    whole = SCHEMES[scheme].words(_hashes(30), 0, 18432)
    found = SCHEMES[scheme].words(_hashes(count), start, start + length)
    assert np.array_equal(found, whole[:count, start : start + length])
    numbers = SCHEMES[scheme].uniforms(_hashes(count), start, start + length)
    assert np.array_equal(numbers, (found + 0.5) * 2.0**-32)


def test_words_never_change():
    """Frozen: results already published depend on them."""
    found = {name: each.words(_hashes(2), 5000, 5002) for name, each in SCHEMES.items()}
    assert {name: [hex(word) for word in words.ravel()] for name, words in found.items()} == FROZEN


@given(st.sampled_from(["mc", "lhs", "sobol"]), st.integers(1, 10**8))
def test_iterations_are_rounded_up_to_what_a_scheme_can_do(scheme, iterations):
    """Never fewer than asked; replicates of equal size; twice as many extend the same run."""
    count, replicates = rounded(scheme, iterations)
    assert count >= iterations
    assert rounded(scheme, count) == (count, replicates)
    if scheme == "mc":
        assert (count, replicates) == (iterations, 1)
    elif scheme == "lhs":
        assert (count - iterations, count % BLOCK) < (BLOCK, 1)
        assert replicates == min(count // BLOCK, 64)
    else:
        size = count // replicates
        assert 8 <= replicates <= 15
        assert count == replicates * size
        assert size >= BLOCK
        assert size & (size - 1) == 0
        assert count <= max(1.125 * iterations + size, 8192)
        assert rounded(scheme, 2 * count) == (2 * count, replicates)


def test_rounding_of_common_numbers():
    """Ten thousand are ten replicates of a chunk each."""
    assert rounded("sobol", 10_000) == (10_240, 10)
    assert rounded("sobol", 1) == (8192, 8)
    assert rounded("sobol", 15_361) == (16_384, 8)
    assert rounded("sobol", 100_000) == (106_496, 13)
    assert rounded("lhs", 10_000) == (10_240, 10)
    assert rounded("lhs", 100_000) == (100_352, 64)


def test_what_cannot_be_drawn_is_refused():
    """Unknown schemes, no replicates, and dimensions that clash or do not exist."""
    for bad in (
        ("halton", 1, 1, {}),
        ("sobol", 1, 0, {}),
        ("sobol", 1, 8, {"a": 64}),
        ("sobol", 1, 8, {"a": 0, "b": 0}),
    ):
        with pytest.raises(ValueError, match="expected"):
            Sampling(*bad)


# Latin hypercubes.


def test_every_stratum_of_a_cube_is_met_once():
    """One iteration in each of 1,024 strata, and within it as the plain word has it."""
    words = SCHEMES["lhs"].words(_hashes(50), 0, 8 * BLOCK)
    strata = np.sort((words >> 22).reshape(50, 8, BLOCK), axis=-1)
    assert np.array_equal(strata, np.broadcast_to(np.arange(BLOCK), strata.shape))
    assert np.array_equal(words & 0x3FFFFF, block_words(SEED, _hashes(50), 0, 8) >> 10)


def _product(a, r):
    """In the field of 1,024 elements: of polynomials of bits, modulo x^10 + x^3 + 1."""
    found = 0
    for bit in range(10):
        found ^= (r >> bit & 1) * (a << bit)
    for bit in range(19, 9, -1):
        found ^= (found >> bit & 1) * (0b10000001001 << bit - 10)
    return found


def test_strata_are_the_ones_written_down():
    """A line and two multiplications from four words of key, in plain integers."""
    hashed = int(_hashes(1)[0])
    for cube in (0, 3, 2**24 - 1):
        counter = [np.array([w]) for w in (cube, 1, hashed >> 32, SEED >> 32)]
        found = addresses.philox4x32(tuple(counter), (SEED & 0xFFFFFFFF, hashed & 0xFFFFFFFF))
        key = [int(word[0]) for word in found]
        words = SCHEMES["lhs"].words(_hashes(1), cube * BLOCK, (cube + 1) * BLOCK)
        for r in (0, 1, 77, 1023):
            place = _product(key[0] % 1023 + 1, r) ^ key[1] >> 22
            place = place * (key[2] | 1) % 1024
            place = (place ^ place >> 3) * (key[3] | 1) % 1024
            assert words[0, r] >> 22 == place


def test_every_slope_is_a_permutation_and_no_two_agree():
    """So lines meet each pair of different places equally often, for any two iterations."""
    slopes = np.arange(1023, dtype=np.uint32)[:, np.newaxis]
    keys = (slopes, 0 * slopes, 0 * slopes, 0 * slopes)
    bent = _strata(keys)[:, 0].astype(np.int64)
    # With factors of 1, what bends is its own inverse but for a further shift by 6 and 9.
    lines = bent ^ bent >> 3 ^ bent >> 6 ^ bent >> 9
    assert np.array_equal(lines[0], np.arange(BLOCK))
    assert lines[500].tolist() == [_product(501, r) for r in range(BLOCK)]
    for r in (1, 2, 77, 1023):
        assert np.array_equal(np.sort(lines[:, r]), np.arange(1, BLOCK))
    r, s = np.random.default_rng(1).integers(0, BLOCK, (2, 500))
    assert np.array_equal(lines[:, r] ^ lines[:, s], lines[:, r ^ s])


@pytest.fixture(scope="module")
def permutations():
    """16,384 of them, (K, 1024)."""
    keys = keys_of(SEED, _hashes(256), np.arange(64, dtype=np.uint64), STRATA)
    return _strata(keys).reshape(-1, BLOCK)


def test_permutations_put_every_iteration_anywhere(permutations):
    """Over keys, each place is uniform."""
    count = len(permutations)
    for r in range(0, BLOCK, 31):
        _even(np.bincount(permutations[:, r], minlength=BLOCK), count / BLOCK)


@pytest.mark.parametrize("shift", [0, 5])
def test_permutations_treat_pairs_of_iterations_alike(permutations, shift):
    """Two places are like two cards drawn from 1,024: by the five upper or lower bits of each."""
    same, other = 32 * 31 / (1024 * 1023), 32 * 32 / (1024 * 1023)
    chance = np.full((32, 32), other) + np.eye(32) * (same - other)
    bits = (permutations >> shift & 31).astype(np.int64)
    for r, s in [(0, 1), (0, 32), (0, 512), (5, 6), (31, 992), (100, 612), (77, 301), (511, 1023)]:
        counts = np.bincount(bits[:, r] * 32 + bits[:, s], minlength=1024).reshape(32, 32)
        _even(counts, chance * len(permutations))


def test_covariance_of_places_is_that_of_any_permutation(permutations):
    """Exchangeable: variance (n^2 - 1) / 12, covariance -1 / (n - 1) of it between any two."""
    count = len(permutations)
    places = permutations.astype(np.float64) - 511.5
    found = places.T @ places / count / ((1024**2 - 1) / 12)
    off = found[np.triu_indices(BLOCK, 1)] + 1 / 1023
    # About 500,000 nearly independent estimates, each with an error of count^-1/2.
    _close(np.mean(off**2) * count, 1.0, np.sqrt(2 / len(off)) * 4)
    assert np.max(np.abs(off)) * np.sqrt(count) < 6.5


def test_variables_of_a_cube_are_as_unrelated_as_permutations_can_be(permutations):
    """Correlations of two variables have mean 0 and variance 1 / (n - 1)."""
    places = permutations.astype(np.float64) - 511.5
    between = np.sum(places[::2] * places[1::2], axis=1) / (1024 * (1024**2 - 1) / 12)
    count = len(between)
    _close(between.mean(), 0.0, np.sqrt(1 / 1023 / count))
    _close(between.var() * 1023, 1.0, np.sqrt(2 / count))


@pytest.mark.parametrize(
    "together",
    [
        lambda x, y: (x - 511.5) * (y - 511.5),
        lambda x, y: (x < 512) ^ (y < 512),
        lambda x, y: (x < 205) & (y < 205),
        lambda x, y: x + y >= 1638,
    ],
    ids=["product", "halves", "both low", "sum"],
)
def test_no_cube_is_much_worse_than_others(permutations, together):
    """What two variables do together errs as it does under all permutations: like the normal law.

    Straight lines would have the same variance, and fourth moments a hundred times as large.
    """
    rng, count = np.random.default_rng(4), len(permutations) // 2
    all_there_are = np.argsort(rng.random((count, BLOCK)), axis=1)
    places = permutations.astype(np.int64)
    errors = [
        together(x, y).mean(axis=1)
        for x, y in ((places[::2], places[1::2]), (all_there_are[::2], all_there_are[1::2]))
    ]
    found, expected = (each - each.mean() for each in errors)
    for power in (2, 4):
        # Relative errors of the second and fourth moments of a normal law of so many values.
        spread = np.sqrt((2.0 if power == 2 else 96.0 / 9.0) * (1 / count + 2 / count))
        ratio = np.mean(found**power) / np.mean(expected**power)
        assert abs(ratio - 1.0) < 5 * spread


def test_mean_of_an_additive_function_has_the_variance_of_theory():
    """Of u: n^-3 / 12; of u^2: 4/3 of it but for O(n^-2); sums of variables add."""
    u = SCHEMES["lhs"].uniforms(_hashes(60), 0, 64 * BLOCK).reshape(30, 2, 64, BLOCK)
    for power, ratio in ((1, 1.0), (2, 4 / 3)):
        sums = (u**power).mean(axis=-1).sum(axis=1)
        error = sums - 2 / (power + 1)
        _close(np.mean(error**2) * 12 * 1024.0**3 / 2, ratio, ratio * np.sqrt(2 / error.size))


def test_factors_of_correlations_are_drawn_by_the_scheme():
    """In a group of nearly perfect correlation the factor is all; it meets every stratum."""
    plan = compiled(
        "a: {duration: {uniform: [1d, 9d]}}\nb: {duration: {uniform: [1d, 9d]}}",
        more="correlations:\n  - {between: [p.a, p.b], rho: 0.999999999}\n",
    )
    group = plan.variables.equal[0]
    label = factor_label(group.address)
    assert label_address(label) == group.address
    for sampling in (Sampling("lhs", 3), Sampling("sobol", 3, 8, {label: 5})):
        rows = np.flatnonzero(plan.variables.table.score).astype(np.int32)
        scores = correlated_scores(plan.variables, sampling, 0, 4 * BLOCK, rows)
        factor = sampling.uniforms(np.array([group.address], dtype=np.uint64), 0, 4 * BLOCK)[0]
        strata = np.sort((factor * BLOCK).astype(int).reshape(4, BLOCK))
        assert np.array_equal(strata, np.broadcast_to(np.arange(BLOCK), strata.shape))
        assert np.max(np.abs(scores - stats.norm.ppf(factor))) < 1e-3
    plain = draw(plan, 3, 0, 2048).values
    assert np.array_equal(draw(plan, Sampling("mc", 3), 0, 2048).values, plain)
    assert not np.array_equal(draw(plan, Sampling("lhs", 3), 0, 2048).values, plain)


# Sobol's points.


def test_direction_numbers_give_the_points_of_scipy():
    """Its points come in the order of the Gray code."""
    order = np.arange(4096) ^ (np.arange(4096) >> 1)
    found = np.zeros((4096, 64), dtype=np.uint32)
    for bit in range(12):
        found ^= np.where((order >> bit & 1)[:, None], directions()[:, bit], np.uint32(0))
    expected = stats.qmc.Sobol(64, scramble=False, bits=32).random(4096) * 2.0**32
    assert np.array_equal(found, expected)


def test_reversed_bits():
    """The first bit last."""
    words = np.array([1, 0x80000000, 0xF0000001, 0x12345678], dtype=np.uint32)
    expected = [int(f"{word:032b}"[::-1], 2) for word in words.tolist()]
    assert reversed_bits(words).tolist() == expected


def test_only_variables_with_a_dimension_take_points():
    """The others keep their plain words, and labels of others do no harm."""
    sampling = Sampling("sobol", SEED, 8, {"elsewhere": 0, _names(4)[2]: 7})
    assert [each.tolist() for each in sampling.placed(_hashes(4))] == [[2], [7]]
    words, plain = sampling.words(_hashes(4), 0, 2048), block_words(SEED, _hashes(4), 0, 2)
    assert (words == plain).all(axis=1).tolist() == [True, True, False, True]
    assert Sampling("mc", SEED, 1, {_names(1)[0]: 0}).placed(_hashes(4))[0].size == 0


def _counts(x, y, a):
    """How many points each elementary interval of 2^-a by 2^-(10 - a) has, in descending order."""
    cells = (x >> np.uint32(32 - a) if a else x * 0) << np.uint32(10 - a)
    cells = cells | (y >> np.uint32(22 + a) if a < 10 else y * 0)
    return np.sort(np.bincount(cells.astype(np.int64), minlength=1024))[::-1]


def test_scrambling_keeps_the_net():
    """Elementary intervals hold as many points as before: in dimensions 0 and 1 one each."""
    words = _sobol(12).words(_hashes(12), 0, 16 * BLOCK).reshape(12, 16, BLOCK)
    plain = np.zeros((12, BLOCK), dtype=np.uint32)
    for bit in range(10):
        held = np.arange(BLOCK) >> bit & 1
        plain ^= np.where(held, directions()[:12, bit, None], np.uint32(0))
    for one, other in combinations(range(12), 2):
        for a in range(11):
            expected = _counts(plain[one], plain[other], a)
            assert (one, other) != (0, 1) or expected.max() == 1
            for chunk in (0, 5, 13):
                found = _counts(words[one, chunk], words[other, chunk], a)
                assert np.array_equal(found, expected)


def test_chunks_of_a_replicate_continue_its_net():
    """Every eighth chunk belongs to one replicate; four of them are 4,096 points, all apart."""
    words = _sobol(6).words(_hashes(6), 0, 32 * BLOCK).reshape(6, 4, 8, BLOCK)
    for replicate in range(8):
        strata = np.sort((words[:, :, replicate] >> 20).reshape(6, -1), axis=1)
        assert np.array_equal(strata, np.broadcast_to(np.arange(4096), strata.shape))
    assert len(np.unique(words[0, 0, :, 0])) == 8


def test_scrambled_points_are_uniform_and_fall_apart_as_chance_has_it():
    """Over 4,000 keys: each point uniform; bits below the first difference of two independent."""
    count = 4000
    words = _sobol(1, count).words(_hashes(1), 0, count * BLOCK).reshape(count, BLOCK)
    for point in range(0, BLOCK, 37):
        for shift in (26, 16, 0):
            _even(np.bincount(words[:, point] >> shift & 63, minlength=64), count / 64)
    for one, other in ((0, 1), (0, 2), (0, 512), (5, 13), (100, 612), (1000, 1001)):
        apart = int((one ^ other) & -(one ^ other)).bit_length()
        # Dimension 0 is van der Corput's: lower bits of the number are upper bits of the word.
        differ = words[:, one] ^ words[:, other]
        assert np.all(differ >> np.uint32(32 - apart) == 1)
        for bit in range(apart + 1, 33):
            _close(np.mean(differ >> np.uint32(32 - bit) & 1), 0.5, 0.5 / np.sqrt(count))


def test_mean_over_one_dimension_has_the_variance_of_theory():
    """In each of n intervals one point, uniform and independent: n^-3 / 12."""
    count = 1000
    u = _sobol(2, count).uniforms(_hashes(2), 0, count * BLOCK).reshape(2, count, BLOCK)
    error = u.mean(axis=-1) - 0.5
    _close(np.mean(error**2) * 12 * 1024.0**3, 1.0, np.sqrt(2 / error.size))


def test_error_falls_faster_than_that_of_plain_draws():
    """On a smooth function of five variables: variance of the mean like n^-2 or less, not 1 / n."""
    replicates = 40
    u = _sobol(5, replicates).uniforms(_hashes(5), 0, replicates * 8 * BLOCK)
    values = np.prod(0.5 + u, axis=0).reshape(8, replicates, BLOCK).mean(axis=-1)
    variances = []
    for chunks in (1, 2, 4, 8):
        error = values[:chunks].mean(axis=0) - 1.0
        variances.append(np.mean(error**2))
    slope = np.polyfit(np.log2([1, 2, 4, 8]), np.log2(variances), 1)[0]
    assert slope < -1.6
    plain = ((1 + 1 / 12) ** 5 - 1) / BLOCK
    assert variances[0] < plain / 100


# Kernels.


@frugal
def _kernel_words(tape, row, chunk, first, words):
    row_words_apart(tape, np.uint64(row), np.uint64(chunk), np.uint64(first), words)


@pytest.mark.parametrize("chunk", [0, 1, 7, 100, 2**24 - 1])
@pytest.mark.parametrize("seed", [0, 42, SEED])
@pytest.mark.parametrize("size", [64, 256, 1024])
def test_kernels_have_the_same_bits(chunk, seed, size):
    """Whatever part of a chunk they make, by any scheme."""
    hashes, run = _hashes(70), size // 4
    words = np.empty(size, dtype=np.uint32)
    for sampling in (Sampling("mc", seed), Sampling("lhs", seed), _sobol(64, 11, seed)):
        tape = scheme_tape(sampling, hashes)
        found = np.empty((len(hashes), 4, LANE), dtype=np.uint32)
        for row in range(len(hashes)):
            for first in range(0, LANE, run):
                _kernel_words(tape, row, chunk, first, words)
                found[row, :, first : first + run] = words.reshape(4, run)
        expected = sampling.words(hashes, chunk * BLOCK, (chunk + 1) * BLOCK)
        assert np.array_equal(found.reshape(expected.shape), expected)


@pytest.mark.parametrize("scheme", ["mc", "lhs", "sobol"])
def test_the_correlation_that_is_reported_is_that_of_the_run(scheme):
    """Durations rank as the scores do, whatever the scheme."""
    plan = compiled(
        "a: {duration: {uniform: [1d, 90d]}}\nb: {duration: {uniform: [1d, 90d]}}",
        more="correlations:\n  - {between: [p.a, p.b], rho: 0.5}\n",
    )
    found = simulator.simulate(plan.scenario, iterations=8192, scheme=scheme, task_iterations=4096)
    drawn = draw(plan, found.sampling, 0, 4096).values
    names = [variable.name for variable in plan.variables.table]
    rows = [names.index(name) for name in ("p.a/duration", "p.b/duration")]
    (told,) = found.correlations
    assert told.iterations == 4096
    assert told.achieved == pytest.approx(stats.spearmanr(*drawn[rows]).statistic, abs=1e-12)
