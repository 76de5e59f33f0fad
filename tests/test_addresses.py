"""Random numbers are functions of seed, name and iteration, and of nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine import addresses
from simulator.engine.addresses import philox4x32, uniforms
from simulator.errors import RunError
from simulator.plan import names
from simulator.plan.names import address, addresses_of

KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def _words(*values: int) -> tuple[np.ndarray, ...]:
    return tuple(np.array([value], dtype=np.uint32) for value in values)


def _hashes(count: int) -> np.ndarray:
    return np.array([address(f"ledger.t{row}/duration") for row in range(count)], dtype=np.uint64)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, expected):
    """The known-answer vectors of Random123 for Philox 4x32 with ten rounds."""
    found = philox4x32(_words(*counter), key)
    assert tuple(int(word[0]) for word in found) == expected


def test_philox_agrees_with_plain_integers():
    """The array arithmetic equals the definition, word by word, for arbitrary counters."""
    rng = np.random.default_rng(5)
    counter = rng.integers(0, 2**32, (4, 50), dtype=np.uint32)
    found = philox4x32(tuple(counter), (0x12345678, 0x9ABCDEF0))
    for column in range(50):
        expected = _philox([int(word) for word in counter[:, column]], 0x12345678, 0x9ABCDEF0)
        assert [int(word[column]) for word in found] == expected


def _philox(words: list[int], key0: int, key1: int) -> list[int]:
    """Philox 4x32-10 as the paper writes it."""
    for _ in range(10):
        first, second = 0xD2511F53 * words[0], 0xCD9E8D57 * words[2]
        words = [
            (second >> 32) ^ words[1] ^ key0,
            second & 0xFFFFFFFF,
            (first >> 32) ^ words[3] ^ key1,
            first & 0xFFFFFFFF,
        ]
        key0, key1 = (key0 + 0x9E3779B9) & 0xFFFFFFFF, (key1 + 0xBB67AE85) & 0xFFFFFFFF
    return words


@pytest.mark.parametrize("iteration", [0, 255, 256, 1023, 1024, 7312, 2**34 - 1])
def test_layout_is_the_one_written_down(iteration):
    """The number of an iteration comes from the counter and the word that the docstring names."""
    seed, name = 0xFEDCBA9876543210, "ledger.build/duration"
    hashed = address(name)
    block, rest = divmod(iteration, 1024)
    counter = [256 * block + rest % 256, 0, hashed >> 32, seed >> 32]
    word = _philox(counter, seed & 0xFFFFFFFF, hashed & 0xFFFFFFFF)[rest // 256]
    hashes = np.array([hashed], dtype=np.uint64)
    found = uniforms(seed, hashes, iteration, iteration + 1)
    assert found[0, 0] == (word + 0.5) * 2.0**-32


def test_addresses_never_change():
    """Hashes and first numbers of two names, frozen: results already published depend on them."""
    assert address("ledger.build/duration") == 0x38F3D880F6760B84
    found = uniforms(42, _hashes(2), 1000, 1003)
    assert [float(value).hex() for value in found.ravel()] == [
        "0x1.82d91e2800000p-4",
        "0x1.a6fc83d800000p-4",
        "0x1.3da95cfb00000p-1",
        "0x1.8d0e80e500000p-1",
        "0x1.9c2cd19a00000p-2",
        "0x1.338f9d8000000p-8",
    ]


@given(st.integers(0, 5000), st.integers(0, 3000), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_any_span_is_a_slice_of_the_whole(start, length, count):
    """Cutting a run anywhere gives the same bits."""
    whole = uniforms(9, _hashes(count), 0, 8000)
    found = uniforms(9, _hashes(count), start, start + length)
    assert np.array_equal(found, whole[:, start : start + length])


def test_pieces_do_not_matter(monkeypatch):
    """The size of the pieces that are worked on at a time leaves no trace."""
    expected = uniforms(9, _hashes(30), 500, 9000)
    for piece in (256, 1024, 10**6):
        monkeypatch.setattr(addresses, "PIECE", piece)
        assert np.array_equal(uniforms(9, _hashes(30), 500, 9000), expected)


def test_out_is_filled_and_its_shape_is_checked():
    """Numbers go where they are asked to go, and only into an array that fits."""
    out = np.full((3, 700), np.nan)
    assert uniforms(1, _hashes(3), 100, 800, out) is out
    assert np.array_equal(out, uniforms(1, _hashes(3), 100, 800))
    with pytest.raises(ValueError, match="expected"):
        uniforms(1, _hashes(3), 100, 801, out)


def test_numbers_look_uniform_and_unrelated():
    """Mean, variance and correlations lie within five standard errors of those of chance."""
    count, draws = 40, 16384
    found = uniforms(3, _hashes(count), 0, draws)
    total = count * draws
    assert abs(found.mean() - 0.5) < 5 / np.sqrt(12 * total)
    # Var(u^2) terms: the fourth central moment of a uniform number is 1/80.
    assert abs(((found - 0.5) ** 2).mean() - 1 / 12) < 5 * np.sqrt((1 / 80 - 1 / 144) / total)
    between = np.corrcoef(found)[np.triu_indices(count, 1)]
    assert np.max(np.abs(between)) < 5 / np.sqrt(draws)
    assert found.min() > 0.0
    assert found.max() < 1.0


def test_seed_and_span_outside_the_range_are_refused():
    """What has no address is refused and not wrapped around."""
    for seed, start, stop in ((-1, 0, 1), (2**64, 0, 1), (0, -1, 1), (0, 2, 1), (0, 0, 2**34 + 1)):
        with pytest.raises(ValueError, match="outside"):
            uniforms(seed, _hashes(1), start, stop)


def test_every_bit_of_the_seed_counts():
    """Seeds that differ in one bit give other numbers."""
    first = {float(uniforms(1 << bit, _hashes(1), 0, 1)[0, 0]) for bit in range(64)}
    assert len(first) == 64


def test_names_that_collide_are_refused(monkeypatch):
    """Two names with one hash would share their draws; one name twice is one variable."""
    assert addresses_of(("a", "b", "a")).tolist() == [address(name) for name in "aba"]
    monkeypatch.setattr(names, "address", lambda name: 7)
    with pytest.raises(RunError, match="b and a share a random number"):
        addresses_of(("a", "b"))
