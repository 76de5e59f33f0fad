"""Sampling schemes: plain words rearranged so that a run of the same length says more.

Every scheme gives words k of 32 bits, and ``u = (k + 0.5) 2^-32`` whatever the scheme. What it
rearranges them by has addresses as well (`simulator.engine.addresses.keys_of`), so that any span
of iterations can be had alone and a run extends without repeating one.

*mc*: the word at the address.

*lhs*: a cube is 1,024 consecutive iterations, and each variable falls once into each of 1,024
strata in it: ``k' = (pi(r) << 22) | (k >> 10)`` for the iteration r of the cube. pi is a
permutation of 0 to 1023, keyed by seed, name and cube. It begins with ``x = a r + b`` in the field
of 1,024 elements, with a from all but 0 and b from all: any two iterations then meet each pair of
different places equally often over keys, exactly as under all permutations there are, and the error
of a mean has the variance that it has with those. But a line that two variables have in common
would make one cube very bad and most too good; so ``x = odd x (mod 1024)``, ``x ^= x >> 3`` and
``x = odd' x (mod 1024)`` bend it, which pairs do not notice. Doubling makes lines: what a r is for
one more bit of r is one exclusive or.
Sources: M. D. McKay, R. J. Beckman and W. J. Conover, A Comparison of Three Methods for Selecting
Values of Input Variables (Technometrics 21, 1979); for lines in a field, M. N. Wegman and
J. L. Carter, New Hash Functions and Their Use in Authentication and Set Equality (Journal of
Computer and System Sciences 22, 1981).

*sobol*: at most 64 variables take Sobol's points, scrambled anew in each of R replicates; the
others stay plain. Chunk c of 1,024 iterations belongs to replicate ``c % R`` and holds its points
``1024 (c // R)`` onwards. The scrambling is Owen's nested uniform one: whether a bit is flipped
depends on the bits above it. On words with their bits in reverse, every addition, multiplication
by an odd number and ``x ^= x * even`` is of that kind, since a carry only moves up.
Sources: A. B. Owen, Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences (1995); S. Laine and
T. Karras, Stratified Sampling for Stochastic Transparency (2011), for the hash; N. Vegdahl,
Building a Better LK Hash (2021), for its constants. It is applied twice, with four words of key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.engine import addresses
from simulator.engine.addresses import BLOCK, Floats, Wide, Words, block_words, keys_of
from simulator.engine.sobol_numbers import DIMENSIONS, directions
from simulator.plan.names import address

Ints = NDArray[np.int32]
Keys = tuple[Words, Words, Words, Words]

SCHEMES = ("mc", "lhs", "sobol")
STRATA, SCRAMBLING = 1, 2
"""Purposes of keys: they keep permutations and scrambling apart from draws."""
MOST_GROUPS = 64
FEWEST_REPLICATES = 8
"""Sobol takes 8 to 15: enough for an interval, and N is at most an eighth above what was asked."""
FACTOR = "factor:"
"""Before the address of a factor that correlated variables share, in 16 hexadecimal digits."""

LOW_BITS = BLOCK.bit_length() - 1
LOW_MASK = np.uint16(BLOCK - 1)
REDUCED = 0b1001
"""x^10 in the field of 1,024 elements, the polynomials of bits modulo x^10 + x^3 + 1."""
BEND = 3
"""How far a place is shifted between its two multiplications."""
STEPS = (np.uint32(0x3D20ADEA), np.uint32(0x05526C56), np.uint32(0x53A22864))
"""Vegdahl's multipliers."""
SWAPS = (
    (np.uint32(1), np.uint32(0x55555555)),
    (np.uint32(2), np.uint32(0x33333333)),
    (np.uint32(4), np.uint32(0x0F0F0F0F)),
    (np.uint32(8), np.uint32(0x00FF00FF)),
    (np.uint32(16), np.uint32(0x0000FFFF)),
)
"""How wide neighbours are, and where the lower ones lie: swapped in turn, they reverse a word."""
PIECE = 65536
"""Words stratified at a time, which stay in the cache."""


def rounded(scheme: str, iterations: int) -> tuple[int, int]:
    """How many iterations a scheme makes of those asked for, and its number R of replicates.

    Chunk c of 1,024 iterations belongs to replicate ``c % R``; one replicate means none.
    For Sobol, N = R 2^k with R from 8 to 15 and k >= 10: asking for twice as many keeps R, and so
    extends the run.
    """
    chunks = -(-iterations // BLOCK)
    if scheme == "mc":
        return iterations, 1
    if scheme == "lhs":
        return chunks * BLOCK, min(chunks, MOST_GROUPS)
    size = BLOCK
    while size * (2 * FEWEST_REPLICATES - 1) < iterations:
        size *= 2
    replicates = max(FEWEST_REPLICATES, -(-iterations // size))
    return replicates * size, replicates


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the words of a run are drawn.

    `dimensions` gives the name of a variable, or `factor:` and an address, its dimension of Sobol's
    points; names that a plan does not have do no harm.
    """

    scheme: str
    seed: int
    replicates: int = 1
    dimensions: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.scheme not in SCHEMES:
            raise ValueError(f"scheme {self.scheme!r}; expected one of {', '.join(SCHEMES)}")
        if self.replicates < 1:
            raise ValueError(f"{self.replicates} replicates; expected 1 or more")
        taken = self.dimensions.values()
        if len(set(taken)) < len(taken) or not all(0 <= each < DIMENSIONS for each in taken):
            raise ValueError(f"dimensions {sorted(taken)}; expected different ones from 0 to 63")

    @classmethod
    def of(cls, sampling: "Sampling | int") -> "Sampling":
        """A sampling as it is, and a seed as plain draws."""
        return sampling if isinstance(sampling, Sampling) else cls("mc", sampling)

    def uniforms(self, hashes: Wide, start: int, stop: int) -> Floats:
        """The numbers of V addresses for iterations `start` to `stop - 1`, as (V, N)."""
        if self.scheme == "mc":
            return addresses.uniforms(self.seed, hashes, start, stop)
        found = self.words(hashes, start, stop).astype(np.float64)
        found += 0.5
        found *= 2.0**-32
        return found

    def words(self, hashes: Wide, start: int, stop: int) -> Words:
        """The words of V addresses for iterations `start` to `stop - 1`, as (V, N)."""
        hashes = np.ascontiguousarray(hashes, dtype=np.uint64)
        first, last = start // BLOCK, -(-stop // BLOCK)
        found = block_words(self.seed, hashes, first, last)
        if self.scheme == "lhs":
            _stratify(found, self.seed, hashes, first, last)
        elif self.scheme == "sobol":
            rows, dimensions = self.placed(hashes)
            found[rows] = _points(self.seed, self.replicates, dimensions, first, last)
        return found[:, start - first * BLOCK : stop - first * BLOCK]

    def placed(self, hashes: Wide) -> tuple[Ints, Ints]:
        """Which of V addresses take Sobol's points, ascending, and in which dimension."""
        if self.scheme != "sobol" or not self.dimensions:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
        taken = np.array([label_address(label) for label in self.dimensions], dtype=np.uint64)
        order = taken.argsort()
        taken, numbers = taken[order], np.array(list(self.dimensions.values()), np.int32)[order]
        places = taken[:-1].searchsorted(hashes)
        rows = np.flatnonzero(taken[places] == hashes)
        return rows.astype(np.int32), numbers[places[rows]]


def label_address(label: str) -> int:
    """The address of what a label of `Sampling.dimensions` stands for."""
    if label.startswith(FACTOR):
        return int(label.removeprefix(FACTOR), 16)
    return address(label)


def factor_label(hashed: int) -> str:
    """The label of the factor with an address."""
    return f"{FACTOR}{hashed:016x}"


def _stratify(words: Words, seed: int, hashes: Wide, first: int, last: int) -> None:
    """Put whole cubes of words (V, 1024 (last - first)) into their strata, in place."""
    k0, k1, k2, k3 = keys_of(seed, hashes, np.arange(first, last, dtype=np.uint64), STRATA)
    count = max(1, PIECE // max(1, words.shape[1]))
    for row in range(0, len(words), count):
        rows = slice(row, row + count)
        strata = _strata((k0[rows], k1[rows], k2[rows], k3[rows])).astype(np.uint32)
        strata <<= np.uint32(32 - LOW_BITS)
        words[rows] >>= np.uint32(LOW_BITS)
        words[rows] |= strata.reshape(words[rows].shape)


def _strata(keys: Keys) -> NDArray[np.uint16]:
    """The stratum of every iteration of cubes, from words of key (V, C), as (V, C, 1024)."""
    slopes, places, odd, other = keys
    column = (slopes % np.uint32(BLOCK - 1) + np.uint32(1)).astype(np.uint16)
    found = np.empty((*slopes.shape, BLOCK), dtype=np.uint16)
    found[..., 0] = places >> np.uint32(32 - LOW_BITS)
    for bit in range(LOW_BITS):
        size = 1 << bit
        np.bitwise_xor(found[..., :size], column[..., None], out=found[..., size : 2 * size])
        carried = (column >> np.uint16(LOW_BITS - 1)) * np.uint16(REDUCED)
        column = (column << np.uint16(1)) & LOW_MASK ^ carried
    found *= (odd | np.uint32(1)).astype(np.uint16)[..., None]
    found &= LOW_MASK
    found ^= found >> np.uint16(BEND)
    found *= (other | np.uint32(1)).astype(np.uint16)[..., None]
    found &= LOW_MASK
    return found


def _points(seed: int, replicates: int, dimensions: Ints, first: int, last: int) -> Words:
    """Scrambled points of chunks `first` to `last - 1`, (D, 1024 (last - first))."""
    chunks = np.arange(first, last)
    numbers = reversed_directions()[dimensions]
    found = np.zeros((len(dimensions), len(chunks), BLOCK), dtype=np.uint32)
    for bit in range(numbers.shape[1] - LOW_BITS):
        held = (chunks // replicates >> bit & 1).astype(np.uint32)
        found[:, :, 0] ^= held * numbers[:, LOW_BITS + bit, None]
    for bit in range(LOW_BITS):
        size = 1 << bit
        found[:, :, size : 2 * size] = found[:, :, :size] ^ numbers[:, bit, None, None]
    which = np.arange(replicates, dtype=np.uint64)
    keys = keys_of(seed, dimensions.astype(np.uint64), which, SCRAMBLING)
    k0, k1, k2, k3 = (key[:, chunks % replicates, None] for key in keys)
    scrambled = _hashed(_hashed(found, k0, k1), k2, k3)
    return reversed_bits(scrambled).reshape(len(dimensions), len(chunks) * BLOCK)


def _hashed(words: Words, step: Words, factor: Words) -> Words:
    """Nested uniform scrambling of reversed words: no bit depends on one above it."""
    words = words ^ words * STEPS[0]
    words += step
    words *= factor | np.uint32(1)
    words ^= words * STEPS[1]
    words ^= words * STEPS[2]
    return words


@lru_cache(maxsize=1)
def reversed_directions() -> Words:
    """The direction numbers (64, 32) with their bits in reverse, as scrambling takes them."""
    found = reversed_bits(directions())
    found.flags.writeable = False
    return found


def reversed_bits(words: Words) -> Words:
    """Each word with its first bit last."""
    for width, lower in SWAPS:
        words = (words >> width & lower) | ((words & lower) << width)
    return words
