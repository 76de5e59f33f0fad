"""What is known of a few hundred iterations while they are scheduled, a lane each."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.compiled.memory import blank, scratch
from simulator.engine.compiled.network_tape import AMOUNTS, VERSION_COUNT, NetworkTape
from simulator.plan.work_calendar import Floats

Wide = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

WORK, POSITION, ENDS, START, FINISH, ASKED = range(6)
"""Planes of `times`: work; working time of the row's calendar at its start (the clock for rows
without one), and at its end; start and finish by the clock; the instant asked for."""
EXISTS, STOPPED = range(2)
HAS_START, HAS_FINISH, IDLE, UNEVEN, CUT, INSTANT = range(6)
"""Flags of a row: its clock times are filled; some lane has no work; some lane's finish is not the
earliest instant by which the working time at its end is done; the same by a stop; it is there
without work in every lane."""
READY, ENDED, ALONE = range(3)
"""Sums of a row over all lanes so far, of a row's ends in these lanes, of a link so far."""
ODD, REDO, SETTLED, STOPPING = range(4)
SPARE = 4


class Lanes(NamedTuple):
    """The schedule being made."""

    times: Floats
    """(6, T, B)"""
    flags: Bytes
    """(2, T, B)"""
    known: Bytes
    """(6, T)"""
    amounts: Floats
    """(A, B), see `network_tape.Layout`."""
    spare: Floats
    """(4 + twice the most links into a row, B): scratch; where each link alone would put a row;
    the clock times that the links of rows placed lane by lane ask for."""
    calendars: Floats
    """(calendars, B): scratch for what is worked out once a calendar."""
    drives: Bits
    """(L, B / 64): a bit a lane."""
    sums: Wide
    """(3, T or L)"""
    marked: Ints
    """(4, B or slots): whether something may stop; lanes placed anew; settled hits; the lanes in
    which something may stop, behind their count."""
    chosen: Ints
    """(versions, B)"""
    trouble: Wide


def lanes_for(tape: NetworkTape, lanes: int) -> Lanes:
    """Arrays for some lanes, nothing known yet."""
    rows, links = tape.rows.shape[1], tape.links.shape[1]
    most = int((tape.rows[5] - tape.rows[4]).max(initial=1))
    spare = blank(SPARE + 2 * most, lanes)
    flags = blank(2, rows, lanes, dtype=np.uint8)
    flags[EXISTS] = 1
    return Lanes(
        times=scratch((6, rows, lanes)),
        flags=flags,
        known=np.zeros((6, rows), dtype=np.uint8),
        amounts=blank(int(tape.lists[AMOUNTS]), lanes),
        spare=spare,
        calendars=blank(int(tape.places[1] // 10) if len(tape.places) else 0, lanes),
        drives=blank(links, lanes // 64, dtype=np.uint64),
        sums=blank(3, max(rows, links), dtype=np.int64),
        marked=blank(4, max(lanes + 1, tape.lists.size), dtype=np.int32),
        chosen=blank(int(tape.lists[VERSION_COUNT]), lanes, dtype=np.int32),
        trouble=np.zeros(2, dtype=np.int64),
    )
