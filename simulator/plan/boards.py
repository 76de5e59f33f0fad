"""Boards compiled: every meeting as an instant, and until when papers must be there."""

from datetime import date, datetime, timedelta
from math import prod

import numpy as np

from simulator.plan.calendars import ALWAYS
from simulator.plan.context import Compilation, Path, read_only
from simulator.plan.plan import FF, NONE, SF, Network
from simulator.plan.rows import is_finished, task_path
from simulator.plan.unfolding import BoardPlan, BoardTask
from simulator.plan.work_calendar import WorkCalendar
from simulator.scenario.distributions import Discrete, Distribution
from simulator.scenario.meetings import parse_meets, parse_skipped, parse_time_of_day
from simulator.scenario.program import Board
from simulator.scenario.units import MS_PER_DAY, Moment
from simulator.scenario.values import units_of

_LEAST = 2.0**-33
"""The smallest chance that a draw can tell from none."""
_LONGEST_SEARCH = 366
"""Days after which a meeting that finds no working day is given up."""


def boards_of(
    compilation: Compilation, network: Network, dates: int
) -> tuple[tuple[BoardPlan, ...], dict[int, BoardTask], list[int]]:
    """Every board that a task goes to, the rows that do, and the variables of their refusals.

    `dates` is how many dates are drawn already: refusals come behind them.
    """
    boards: dict[str, int] = {}
    plans: list[BoardPlan] = []
    tasks: dict[int, BoardTask] = {}
    drawn: list[int] = []
    for number, task_id, task in compilation.plain.special:
        if task.board is None or is_finished(compilation, number):
            continue
        spec, path = compilation.scenario.boards[task.board], (*task_path(task_id), "board")
        row = network.tasks[number].base
        kinds = network.links.kind[list(network.links.into(row))]
        if np.isin(kinds, (FF, SF)).any():
            problem = "this version does not simulate FF and SF links into a task of a board yet"
            compilation.faults.append((path, problem))
        if task.board not in boards:
            boards[task.board] = len(plans)
            plans.append(_board(compilation, task.board, spec))
        refusals = _refusals(compilation, task_id, spec, ("boards", task.board, "approves"))
        again = _fixed(compilation, spec, "again", network.rows.unit_calendar[row], task.board)
        place = NONE if refusals == NONE else dates + len(drawn)
        drawn += [] if refusals == NONE else [refusals]
        tasks[row] = BoardTask(boards[task.board], float(np.rint(again)), place)
    return tuple(plans), tasks, drawn


def _fixed(compilation: Compilation, spec: Board, key: str, calendar: int, name: str) -> float:
    """A fixed time of a board in milliseconds of a calendar."""
    value, path = getattr(spec, key), ("boards", name, key)
    if isinstance(value, Distribution):
        problem = f"this version does not simulate a range for `{key}` of a board yet"
        compilation.faults.append((path, problem))
        return 0.0
    if key == "again" and "elapsed" in units_of(value):
        problem = "work that a board asks for again is working time; expected for example 3d"
        compilation.faults.append((path, problem))
    return compilation.time(value, int(calendar), f"boards.{name}/{key}", path).fixed


def _refusals(compilation: Compilation, task_id: str, spec: Board, path: Path) -> int:
    """The variable that counts refusals, by inversion; `NONE` where approval is certain.

    P(k refusals) is the product of the first k chances to refuse times the next one to approve.
    """
    approves = spec.approves
    if approves[0] == 1.0:
        return NONE
    if approves[-1] == 0.0:
        compilation.faults.append((path, "a board that never approves; expected a last chance > 0"))
        return NONE
    weights: dict[float, float] = {}
    left = 1.0
    while left > _LEAST and len(weights) < 10_000:
        chance = approves[min(len(weights), len(approves) - 1)]
        weights[float(len(weights))] = left * chance
        left = prod((left, 1.0 - chance))
    total = sum(weights.values())
    law = Discrete(tuple(weights), tuple(weight / total for weight in weights.values()))
    return compilation.variable(f"{task_id}/refusals", law, 0.0)


def _board(compilation: Compilation, board_id: str, spec: Board) -> BoardPlan:
    name = spec.calendar or compilation.scenario.program.calendar
    index = compilation.calendars.index(name)
    table = compilation.calendars.tables[index]
    meetings = np.unique(np.array(_meetings(compilation, spec, table), dtype=np.float64))
    if not len(meetings):
        compilation.faults.append((("boards", board_id, "meets"), "the board never meets"))
    papers_by = index
    if not isinstance(spec.papers, Distribution) and "elapsed" in units_of(spec.papers):
        papers_by = compilation.calendars.index(ALWAYS)
    papers = float(np.rint(_fixed(compilation, spec, "papers", papers_by, board_id)))
    calendar = compilation.calendars.tables[papers_by]
    cutoffs = calendar.shift(meetings, np.full(len(meetings), -papers)) if papers else meetings
    shown = spec.name or board_id.replace("_", " ").capitalize()
    return BoardPlan(board_id, shown, read_only(meetings), read_only(np.array(cutoffs)))


def _meetings(compilation: Compilation, spec: Board, table: WorkCalendar) -> list[float]:
    """Instants of all meetings, from a year before the program on to the end of the tables."""
    at = parse_time_of_day(spec.at) if spec.at else None
    skipped = [parse_skipped(text) for text in spec.except_]
    horizon = compilation.calendars.horizon
    if isinstance(spec.meets, str):
        last = horizon.first_day + timedelta(days=horizon.days - _LONGEST_SEARCH)
        rule = parse_meets(spec.meets)
        days = [
            Moment(_midnight(day), has_time=False) for day in rule.between(horizon.first_day, last)
        ]
    else:
        days = list(spec.meets)
    found = []
    for day in days:
        on = day.at.date()
        if any(first <= on <= last for first, last in skipped):
            continue
        if day.has_time:
            found.append(compilation.clock.ms(day.at))
        elif (instant := _on_working_day(compilation, table, on, at)) is not None:
            found.append(instant)
    return found


def _on_working_day(
    compilation: Compilation, table: WorkCalendar, day: date, at: timedelta | None
) -> float | None:
    """The instant of a meeting on a day, or on the next on which the board's calendar works.

    Without a time of day it meets when the calendar opens.
    """
    midnight = compilation.clock.ms(_midnight(day))
    opens = float(table.start_at(table.work_at(np.array([midnight])))[0])
    later = max(0.0, (opens - midnight) // MS_PER_DAY)
    if later > _LONGEST_SEARCH:
        return None
    if at is None:
        return opens
    return midnight + later * MS_PER_DAY + at / timedelta(milliseconds=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
