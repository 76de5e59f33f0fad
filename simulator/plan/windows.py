"""Windows of risks and hits: from when to when they may fall."""

import numpy as np

from simulator.plan.context import Compilation
from simulator.scenario.risks import Window


def bounds_of(compilation: Compilation, window: Window | None) -> tuple[float, float]:
    """When a window begins and ends; +-inf where it is open, or there is none."""
    begin, end = (None, None) if window is None else (window.from_, window.until)
    return (
        -np.inf if begin is None else compilation.instant_ms(begin, ends=False),
        np.inf if end is None else compilation.instant_ms(end, ends=True),
    )
