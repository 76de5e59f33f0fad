"""Rows of what has happened, and what the data date asks of all others."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from simulator.plan.context import Compilation
from simulator.plan.draft import DraftNetwork
from simulator.plan.facts import NO_FACTS, Fact, FactReader, Facts, done_key, opened
from simulator.plan.plan import NONE
from simulator.plan.work_calendar import WorkCalendar
from simulator.scenario.monitoring import Status


def lay_facts(compilation: Compilation, draft: DraftNetwork) -> Facts:
    """Turn the rows of tasks that have begun into facts, and hold all others to the data date.

    Rows of rework rounds come after a task that is held, so they need no hold of their own.
    """
    status = compilation.scenario.status
    if not isinstance(status, Status):
        return NO_FACTS
    reader, tasks = FactReader(compilation), {}
    for number, task_id, task in compilation.plain.special:
        if number in compilation.progress:
            calendar, unit = draft.calendar[number], draft.unit_calendar[number]
            told = compilation.progress[number]
            tasks[number] = reader.fact(task_id, told, task, calendar, unit)
    facts = Facts(reader.date, not status.holds_unstarted, status.logic, tasks)
    _hold(draft, facts)
    by_calendar: dict[int, list[int]] = defaultdict(list)
    for number in tasks:
        by_calendar[draft.calendar[number]].append(number)
    for calendar, numbers in by_calendar.items():
        _stand(compilation, draft, calendar, {number: tasks[number] for number in numbers})
    return facts


def _hold(draft: DraftNetwork, facts: Facts) -> None:
    """Let nothing begin before the data date, and no remaining work before it goes on."""
    if facts.floor > -np.inf:
        draft.start_floor = [max(floor, facts.floor) for floor in draft.start_floor]
    for number, fact in facts.tasks.items():
        draft.start_floor[number] = max(fact.resumes, facts.floor)


def _worked(calendar: WorkCalendar, fact: Fact) -> Fact:
    """The fact whose finished part, where something remains, ends with the last work in it."""
    if fact.is_finished:
        return fact
    last = float(calendar.finish_at(calendar.work_at(np.array([fact.until])))[0])
    return replace(fact, until=max(last, fact.start))


def _stand(
    compilation: Compilation, draft: DraftNetwork, calendar: int, facts: dict[int, Fact]
) -> None:
    """Lay out the facts of tasks of one calendar."""
    table = compilation.calendars.tables[calendar]
    facts = {number: _worked(table, fact) for number, fact in facts.items()}
    wider = opened(table, [(fact.start, fact.until) for fact in facts.values()])
    index = calendar
    if wider is not None:
        index = len(compilation.calendars.tables)
        compilation.calendars.tables.append(wider)
        table = wider
    for number, fact in facts.items():
        row = number
        if not fact.is_finished:
            row = draft.repeat(done_key(draft.keys[number]), number, 0)
            draft.done[number] = row
        draft.calendar[row], draft.snap[row] = index, NONE
        draft.start_floor[row], draft.finish_floor[row] = fact.start, -np.inf
        first, last = table.work_at(np.array([fact.start, fact.until])).tolist()
        draft.facts[row] = last - first
