"""Boards, conditions and unbroken rows of a network, flattened behind its calendars and lists."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.engine.unbroken import longest_of_week
from simulator.plan.plan import NONE, Network
from simulator.plan.work_calendar import Floats

Ints = npt.NDArray[np.int32]

MEETINGS, MEETING_COUNT, REFUSALS, AGAIN, WAITED = range(5)
"""What the lists say of a row of a board: where its meetings stand in the numbers, behind them as
many cut-offs; how many; the row of the amounts that counts refusals, -1 without; where the work
after each of them stands in the numbers; the row of the amounts that holds how long it waited."""
READ, PRESENT, AT_FINISH, IF_AFTER, HOLDS, DATE, CONDITION = range(7)
"""What the lists say of a condition, its date by the place in the numbers; how many entries."""
LONGEST, PLAIN_LONGEST = range(2)
"""What the numbers say of the calendar of an unbroken row: the longest spell, that of a week."""


class Unfolded(NamedTuple):
    """Columns of rows (4, T) - board, unbroken, conditions from and to - and more numbers."""

    columns: Ints
    numbers: Floats


def unfolded(
    network: Network,
    add: Callable[[list[int]], tuple[int, int]],
    amounts: tuple[int, int],
    offset: int,
) -> Unfolded:
    """Flatten what unfolds.

    `amounts` are where drawn dates and waits for meetings begin there; numbers are told by their
    place behind `offset` others.
    """
    unfolding, columns = network.unfolding, np.zeros((4, len(network.rows)), dtype=np.int32)
    numbers: list[float] = []

    def note(values: list[float]) -> int:
        numbers.extend(values)
        return offset + len(numbers) - len(values)

    meetings = [note([*board.meetings, *board.cutoffs]) for board in unfolding.boards]
    for place, (row, task) in enumerate(unfolding.board_tasks.items()):
        refusals = NONE if task.refusals == NONE else amounts[0] + task.refusals
        count = len(unfolding.boards[task.board].meetings)
        again, waited = note([task.again]), amounts[1] + place
        columns[0, row] = add([meetings[task.board], count, refusals, again, waited])[0]
    for row in unfolding.unbroken:
        calendar = network.calendar(int(network.rows.calendar[row]))
        if not calendar.always:
            columns[1, row] = note([float(calendar.lengths.max()), longest_of_week(calendar)])
    for row, conditions in unfolding.conditions.items():
        columns[2:, row] = add(
            [
                value
                for each in conditions
                for value in (
                    each.read, each.present, int(each.finish), int(each.after), int(each.holds),
                    note([each.date]),
                )
            ]
        )  # fmt: skip
    return Unfolded(columns, np.array(numbers, dtype=np.float64))
