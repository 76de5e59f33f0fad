"""Rows of which only the end is wanted, where no criticality is counted and no task is kept."""

import numpy as np

from simulator.engine.compiled.money_tape import WantedRows
from simulator.engine.compiled.network_tape import (
    FROM_FINISH,
    LEAN,
    MODE,
    PLAIN,
    PRED,
    WORKS,
    NetworkTape,
)
from simulator.plan.plan import Network


def with_lean_rows(tape: NetworkTape, network: Network, wanted: WantedRows) -> NetworkTape:
    """The tape in which such rows are placed leanly.

    They follow finishes in their own calendar and always have work; neither links nor spans nor
    conditions nor money (it reads what is `wanted`) ask when they start.
    """
    lean = (tape.rows[MODE] == PLAIN) & (tape.rows[WORKS] != 0)
    lean[wanted.starts] = lean[wanted.positions] = lean[wanted.held] = False
    lean[tape.links[PRED, tape.links[FROM_FINISH] == 0]] = False
    lean[[row for pairs in network.spanned.values() for pair in pairs for row in pair]] = False
    conditions = network.unfolding.conditions.values()
    lean[[each.read for own in conditions for each in own]] = False
    rows = tape.rows.copy()
    rows[MODE, lean] = LEAN
    return tape._replace(rows=np.ascontiguousarray(rows))
