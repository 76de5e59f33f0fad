"""Cross-checks of what projects share: calendars, pools, boards; and what branches ask."""

from collections.abc import Callable, Iterator

from simulator.scenario.calendars import BUILT_IN, parse_hours
from simulator.scenario.conditions import parse_condition
from simulator.scenario.findings import (
    Finding,
    Path,
    calendar_names,
    in_thousandths,
    known_name,
    one_task,
)
from simulator.scenario.holiday_codes import holiday_problem
from simulator.scenario.meetings import parse_meets, parse_skipped, parse_time_of_day
from simulator.scenario.program import Board, Scenario
from simulator.scenario.tasks import ConditionalBranch


def check_calendars(scenario: Scenario) -> Iterator[Finding]:
    for key, spec in scenario.calendars.items():
        path: Path = ("calendars", key)
        yield from known_name(
            (*path, "based_on"), "calendar", spec.based_on, calendar_names(scenario)
        )
        for position, code in enumerate(spec.holidays):
            if problem := holiday_problem(code):
                where = (
                    (*path, "holidays", position) if len(spec.holidays) > 1 else (*path, "holidays")
                )
                yield Finding(where, *problem)
        if problem_text := _calendar_problem(scenario, key):
            yield Finding(path, problem_text, at_key=True)


def _calendar_problem(scenario: Scenario, key: str) -> str:
    seen: list[str] = []
    days: set[int] = set()
    name: str | None = key
    exceptions = False
    while name is not None:
        if name in seen:
            return f"the calendars are based on each other: {' -> '.join([*seen, name])}"
        seen.append(name)
        if name in BUILT_IN:
            return ""
        spec = scenario.calendars.get(name)
        if spec is None:
            return ""
        exceptions = exceptions or any(parse_hours(hours) for hours in spec.exceptions.values())
        days |= {1 for hours in spec.week.values() if parse_hours(hours)}
        name = spec.based_on
    return "" if days or exceptions else "the calendar is empty: it has no working time in any week"


def check_pools_and_boards(scenario: Scenario) -> Iterator[Finding]:
    for key, pool in scenario.pools.items():
        yield from known_name(
            ("pools", key, "calendar"), "calendar", pool.calendar, calendar_names(scenario)
        )
        if isinstance(pool.units, float) and not in_thousandths(pool.units):
            yield Finding(("pools", key, "units"), f"{pool.units} units", "a multiple of 0.001")
    for key, board in scenario.boards.items():
        yield from _board(("boards", key), board)
        yield from known_name(
            ("boards", key, "calendar"), "calendar", board.calendar, calendar_names(scenario)
        )
        for position, member in enumerate(board.members):
            yield from known_name(
                ("boards", key, "members", position), "stakeholder", member, scenario.stakeholders
            )


def _board(path: Path, board: Board) -> Iterator[Finding]:
    texts: list[tuple[Path, Callable[[str], object], str]] = [
        ((*path, "except", k), parse_skipped, text) for k, text in enumerate(board.except_)
    ]
    if isinstance(board.meets, str):
        texts.append(((*path, "meets"), parse_meets, board.meets))
    if board.at is not None:
        texts.append(((*path, "at"), parse_time_of_day, board.at))
    for where, parse, text in texts:
        if problem := _unreadable(parse, text):
            yield Finding(where, problem)


def _unreadable(parse: Callable[[str], object], text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return ""


def check_conditions(scenario: Scenario, root: Path, project: str) -> Iterator[Finding]:
    for key, branch in scenario.projects[project].branches.items():
        if isinstance(branch, ConditionalBranch):
            where = (*root, "branches", key, "when")
            if problem := _unreadable(parse_condition, branch.when):
                yield Finding(where, problem)
            else:
                yield from one_task(scenario, where, parse_condition(branch.when).task, project)
