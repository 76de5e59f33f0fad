"""When boards approve, all iterations of a block at once."""

import numpy as np

from simulator.errors import RunError
from simulator.plan.plan import NONE, Bools, Network
from simulator.plan.unfolding import BoardPlan, BoardTask
from simulator.plan.work_calendar import Floats, WorkCalendar


def approval(
    network: Network, row: int, done: Floats, dates: Floats, calendar: WorkCalendar | None
) -> Floats:
    """The meeting (N,) that approves a row whose own work is done at `done` (N,).

    `dates` are `Durations.dates`, among which the refusals stand; `calendar` is the row's, None
    for the clock.
    """
    task = network.unfolding.board_tasks[row]
    board = network.unfolding.boards[task.board]
    refusals = np.zeros(len(done)) if task.refusals == NONE else dates[task.refusals]
    meeting = np.searchsorted(board.cutoffs, done, side="left")
    round_ = 0
    while True:
        _check(board, meeting)
        again: Bools = np.asarray(refusals > round_)
        if not again.any():
            return np.asarray(board.meetings[meeting])
        ready = _after_more_work(task, board.meetings[meeting], calendar)
        later = np.searchsorted(board.cutoffs, ready, side="left")
        meeting = np.where(again, np.maximum(later, meeting + 1), meeting)
        round_ += 1


def _after_more_work(task: BoardTask, meeting: Floats, calendar: WorkCalendar | None) -> Floats:
    if task.again == 0.0:
        return meeting
    if calendar is None:
        return meeting + task.again
    return calendar.finish_at(calendar.work_at(meeting) + task.again)


def _check(board: BoardPlan, meeting: np.ndarray[tuple[int], np.dtype[np.intp]]) -> None:
    if meeting.max(initial=0) >= len(board.meetings):
        raise RunError(
            f"board {board.name}: a task is ready after its last meeting; give it later meetings"
        )
