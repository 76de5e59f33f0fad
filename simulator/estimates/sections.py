"""Intervals of any figure of many iterations: how much it differs between sections of them.

The iterations are cut into sections that know nothing of each other, the figure is worked out in
each, and its standard error is that of the mean of so many: sd / sqrt(sections), with Student's t.
The figure itself is that of all iterations. It holds for whatever is nearly linear in many
iterations: correlations, ratios, shares of variance.

Source: S. Asmussen and P. W. Glynn (2007), Stochastic Simulation, section III.5 (sectioning).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy

from simulator.estimates.estimate import LEVEL, Estimate, FloatArray
from simulator.estimates.moments import CHUNK

SECTIONS = 32
_FEWEST = 8
"""Iterations that a section needs."""

Figures = Callable[[np.ndarray], FloatArray]
"""From the numbers of iterations (n,) to K figures of them."""


def sections_of(iterations: int, replicates: int = 1) -> list[np.ndarray]:
    """The numbers of the iterations of each section; whole replicates where there are eight."""
    every = np.arange(iterations)
    chunks = -(-iterations // CHUNK)
    if replicates >= _FEWEST and chunks >= replicates:
        group = every // CHUNK % replicates
        return [every[group == each] for each in range(replicates)]
    return np.array_split(every, max(1, min(SECTIONS, iterations // _FEWEST)))


def sectioned(
    figures: Figures, iterations: int, replicates: int = 1, level: float = LEVEL
) -> list[Estimate]:
    """K figures of all iterations with their intervals; ends are nan without two sections."""
    parts = sections_of(iterations, replicates)
    values = figures(np.arange(iterations))
    if len(parts) < 2:
        return [Estimate(value, math.nan, math.nan) for value in values.tolist()]
    apart = np.array([figures(part) for part in parts])
    spread = np.sqrt(np.square(apart - apart.mean(axis=0)).sum(axis=0) / (len(parts) - 1))
    reach = float(scipy.special.stdtrit(len(parts) - 1, 0.5 + level / 2)) / math.sqrt(len(parts))
    rows = zip(values.tolist(), (spread * reach).tolist(), strict=True)
    return [Estimate(value, value - half, value + half) for value, half in rows]
