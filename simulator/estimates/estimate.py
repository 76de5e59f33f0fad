"""What every reported figure is: a value and the interval that holds the true one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
"""The confidence level of every interval, unless another one is asked for."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval, in one unit.

    ``nan`` = not known. As a value, ``inf`` = never happens. As an end, ``inf`` or ``-inf`` also
    says that the iterations are too few to bound the figure on that side.
    """

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """Return the figure as results show it; what is not finite becomes ``None``."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        return {key: end if math.isfinite(end) else None for key, end in ends.items()}


UNKNOWN = Estimate(math.nan, math.nan, math.nan)
"""The estimate made from no iterations at all."""
