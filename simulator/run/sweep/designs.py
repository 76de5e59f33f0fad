"""Which points a sweep looks at.

*grid*: every combination of the values of lists and ranges.

*lhs*: a Latin hypercube. Each path falls once into each of as many strata as there are points.
Source: M. D. McKay, R. J. Beckman and W. J. Conover (1979), A Comparison of Three Methods for
Selecting Values of Input Variables, Technometrics 21, 239-245.

*morris*: trajectories of k + 1 points through a grid of four levels; from one point to the next a
single path goes half of the levels up or down. Where they begin is stratified over trajectories.
Source: M. D. Morris (1991), Factorial sampling plans for preliminary computational experiments,
Technometrics 33, 161-174.

*sobol*: Saltelli's design. For each of n base points two points A and B of a sequence in 2 k
dimensions, and for each path a point that is A but for that path, which is B's: n (k + 2) points.
The n are 8 to 15 scrambled replicates of a power of two, which say how exact the indices are.
Source: A. Saltelli et al. (2010), Variance based sensitivity analysis of model output, Computer
Physics Communications 181, 259-270.

*around*: the file with one path changed at a time.

All numbers have addresses, made of the design's seed and the path: another path more, or paths in
another order, leave the values of a Latin hypercube's paths as they are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

import numpy as np

from simulator.engine.addresses import BLOCK, uniforms
from simulator.engine.sampling import FEWEST_REPLICATES, Sampling
from simulator.engine.sobol_numbers import DIMENSIONS
from simulator.errors import SettingsError
from simulator.plan.names import address
from simulator.plan.work_calendar import Floats
from simulator.run.sweep.axes import Axis

DESIGNS: Final = ("grid", "lhs", "morris", "sobol", "around")
LEVELS: Final = 4
STEP: Final = (LEVELS / 2) / (LEVELS - 1)
"""How far a path goes in one step of Morris, as a share of its range: 2/3."""
MOST_POINTS: Final = 1_000_000
FEWEST: Final = {"lhs": 2, "morris": 2, "sobol": FEWEST_REPLICATES * 4}
"""Points, trajectories, base points."""
_USUAL: Final = {"lhs": 100, "morris": 20, "sobol": 128}

Point = tuple[str | None, ...]
"""The value of each path as `--set` takes it; None where the file's own stays."""


@dataclass(frozen=True, slots=True)
class Design:
    """The points of a sweep and how they belong together.

    `units` (P, k) are the numbers from 0 to 1 that drawn values come from, empty for a grid;
    `replicates` are those of the base points of `sobol`, else 1; `asked` is how many points were
    asked for, and fewer than there are where whole parts were needed.
    """

    kind: str
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    units: Floats = field(default_factory=lambda: np.empty((0, 0)))
    replicates: int = 1
    asked: int | None = None
    seed: int = 1


def design_of(axes: Sequence[Axis], kind: str, points: int | None, seed: int) -> Design:
    """The design of a kind with at least so many points.

    Raises
    ------
    SettingsError
        There is no such design, or it cannot be made of these paths.
    """
    if kind not in DESIGNS:
        raise SettingsError(f"there is no design `{kind}`; expected {', '.join(DESIGNS)}")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**64:
        raise SettingsError(f"design seed {seed!r}; expected a whole number from 0 to 2^64 - 1")
    if kind in ("grid", "around"):
        if points is not None:
            raise SettingsError(
                f"{points} points of a {kind}; expected --design lhs, morris, sobol"
            )
        return _grid(tuple(axes)) if kind == "grid" else _around(tuple(axes))
    if points is not None and (not isinstance(points, int) or points < 1):
        raise SettingsError(f"{points!r} points; expected 1 or more")
    _check_count(points or 0)
    return {"lhs": _lhs, "morris": _morris, "sobol": _sobol}[kind](tuple(axes), points, seed)


def latin(paths: Sequence[str], count: int, seed: int) -> Floats:
    """A Latin hypercube (count, k): each path once in each of `count` strata."""
    orders = uniforms(seed, _hashes(paths, "order"), 0, count)
    places = uniforms(seed, _hashes(paths, "place"), 0, count)
    strata = np.argsort(np.argsort(orders, axis=1, kind="stable"), axis=1)
    return np.asarray((strata + places) / count).T


def trajectories(paths: Sequence[str], count: int, seed: int) -> Floats:
    """Morris' trajectories (count, k + 1, k): levels from 0 to 1, one path changed at a step."""
    starts = np.floor(LEVELS * latin(paths, count, seed)).astype(np.int64)
    turns = np.argsort(uniforms(seed, _hashes(paths, "turn"), 0, count).T, axis=1, kind="stable")
    half = LEVELS // 2
    ends = np.where(starts < half, starts + half, starts - half)
    found = np.repeat(starts[:, np.newaxis], len(paths) + 1, axis=1)
    every = np.arange(count)
    for step in range(len(paths)):
        changed = turns[:, step]
        found[every, step + 1 :, changed] = ends[every, changed][:, np.newaxis]
    return found / (LEVELS - 1)


def saltelli(paths: Sequence[str], base: int, seed: int) -> tuple[Floats, int]:
    """Saltelli's points (n, k + 2, k), A, B and A with each path of B, and the replicates of n.

    There are at least `base` of them; those of a replicate stand one after the other.
    """
    size = 1
    while size * (2 * FEWEST_REPLICATES - 1) < base:
        size *= 2
    replicates = max(FEWEST_REPLICATES, -(-base // size))
    labels = [f"sweep/{path}/{which}" for which in ("a", "b") for path in paths]
    sampling = Sampling("sobol", seed, replicates, {label: d for d, label in enumerate(labels)})
    hashes = np.array([address(label) for label in labels], dtype=np.uint64)
    chunks = -(-size // BLOCK)
    words = sampling.uniforms(hashes, 0, chunks * replicates * BLOCK)
    # Chunk c belongs to replicate c % R.
    parted = words.reshape(len(labels), chunks, replicates, BLOCK).transpose(2, 1, 3, 0)
    both = parted.reshape(replicates, chunks * BLOCK, -1)[:, :size].reshape(-1, len(labels))
    a, b = both[:, : len(paths)], both[:, len(paths) :]
    found = np.repeat(a[:, np.newaxis], len(paths) + 2, axis=1)
    found[:, 1] = b
    for number in range(len(paths)):
        found[:, number + 2, number] = b[:, number]
    return found, replicates


def _hashes(paths: Sequence[str], purpose: str) -> np.ndarray:
    return np.array([address(f"sweep/{path}/{purpose}") for path in paths], dtype=np.uint64)


def _grid(axes: tuple[Axis, ...]) -> Design:
    drawn = [axis.path for axis in axes if axis.law is not None]
    if drawn:
        raise SettingsError(
            f"vary {drawn[0]}: a distribution has no grid; expected --design lhs, morris or sobol,"
            " or a list or range of values"
        )
    _check_count(math.prod(len(axis.texts) for axis in axes))
    return Design("grid", axes, tuple(product(*(axis.texts for axis in axes))))


def _around(axes: tuple[Axis, ...]) -> Design:
    points = [
        tuple(text if other is axis else None for other in axes)
        for axis in axes
        for text in axis.around()
    ]
    return Design("around", axes, tuple(points))


def _lhs(axes: tuple[Axis, ...], points: int | None, seed: int) -> Design:
    count = points or _USUAL["lhs"]
    if count < FEWEST["lhs"]:
        raise SettingsError(f"{count} points of a Latin hypercube; expected 2 or more")
    units = latin(_paths(axes), count, seed)
    made = tuple(
        tuple(axis.drawn(u) for axis, u in zip(axes, row, strict=True)) for row in units.tolist()
    )
    return Design("lhs", axes, made, units, asked=points, seed=seed)


def _morris(axes: tuple[Axis, ...], points: int | None, seed: int) -> Design:
    _check_alternatives(axes)
    each = len(axes) + 1
    count = _USUAL["morris"] if points is None else max(FEWEST["morris"], -(-points // each))
    _check_count(count * each)
    units = trajectories(_paths(axes), count, seed).reshape(-1, len(axes))
    made = tuple(
        tuple(axis.between_ends(u) for axis, u in zip(axes, row, strict=True))
        for row in units.tolist()
    )
    return Design("morris", axes, made, units, asked=points, seed=seed)


def _sobol(axes: tuple[Axis, ...], points: int | None, seed: int) -> Design:
    _check_alternatives(axes)
    if 2 * len(axes) > DIMENSIONS:
        raise SettingsError(
            f"{len(axes)} paths; expected at most {DIMENSIONS // 2} with sobol: find those that"
            " matter with --design morris first"
        )
    each = len(axes) + 2
    base = _USUAL["sobol"] if points is None else max(FEWEST["sobol"], -(-points // each))
    found, replicates = saltelli(_paths(axes), base, seed)
    units = found.reshape(-1, len(axes))
    _check_count(len(units))
    made = tuple(
        tuple(axis.drawn(u) for axis, u in zip(axes, row, strict=True)) for row in units.tolist()
    )
    return Design("sobol", axes, made, units, replicates, points, seed)


def _check_alternatives(axes: tuple[Axis, ...]) -> None:
    for axis in axes:
        if axis.law is None and len(axis.texts) < 2:
            raise SettingsError(
                f"vary {axis.path}: one value; expected two or more to tell effects"
            )


def _check_count(count: int) -> None:
    if count > MOST_POINTS:
        raise SettingsError(f"{count:,} points; expected at most {MOST_POINTS:,}")


def _paths(axes: tuple[Axis, ...]) -> list[str]:
    return [axis.path for axis in axes]
