"""The links of a scenario between the rows of a draft."""

import numpy as np

from simulator.plan.calendars import ALWAYS
from simulator.plan.context import Compilation
from simulator.plan.draft import DraftLag, DraftLink, DraftNetwork
from simulator.plan.facts import Facts
from simulator.plan.rows import own_calendar, task_path
from simulator.plan.task_estimates import planned_work
from simulator.scenario.columns import LINK_KINDS, TaskLinks, ToldLink
from simulator.scenario.selectors import select
from simulator.scenario.tasks import Link
from simulator.scenario.values import units_of


def link_rows(compilation: Compilation, draft: DraftNetwork, facts: Facts) -> None:
    """Every link of every task; those without lag and calendar have been read by the column.

    What is finished waits for nothing any more, nor does what runs where the logic is `override`.
    """
    links = compilation.scenario.columns.links
    if facts.tasks:
        links = _without(links, free_tasks(facts))
    for told in links.told:
        _link(compilation, draft, told)
    calendars, by_succ = _plain_calendars(compilation, draft)
    rounds = range(len(draft.last), len(draft.keys))
    first = [*draft.firsts(), *rounds]
    draft.links.settle(links, (first, [*draft.last, *rounds]), calendars, by_succ=by_succ)


def free_tasks(facts: Facts) -> frozenset[int]:
    """The tasks, by number, that their links no longer hold."""
    override = facts.logic == "override"
    return frozenset(number for number, fact in facts.tasks.items() if override or fact.is_finished)


def _without(links: TaskLinks, free: frozenset[int]) -> TaskLinks:
    """The links but those that lead to some tasks."""
    kept = ~np.isin(links.succ, list(free))
    told = tuple(each for each in links.told if each.task not in free)
    return TaskLinks(links.pred[kept], links.succ[kept], links.kind[kept], links.place[kept], told)


def _link(compilation: Compilation, draft: DraftNetwork, told: ToldLink) -> None:
    """One link as written, which a wildcard makes several."""
    scenario, succ, link = compilation.scenario, told.task, told.link
    task_id = draft.keys[succ]
    path = (*task_path(task_id), "after", told.position)
    for pred in select(scenario, (link.task,), task_id.partition(".")[0]):
        if pred == task_id:
            continue
        kind, base = LINK_KINDS[link.link], draft.number[pred]
        calendar = _lag_calendar(compilation, pred, task_id, link)
        name = f"{task_id}/lag.{pred}.{link.link}"
        share = "percent" in units_of(link.lag)
        if not share:
            lag = compilation.time(link.lag, calendar, name, path)
        elif base in draft.done:
            # Of a running task the estimate counts: part of its work is in another row.
            whole = planned_work(compilation, scenario.tasks[pred], draft.unit_calendar[base])
            lag, share = compilation.number(link.lag, name, path, scale=0.01 * whole), False
        else:
            lag = compilation.number(link.lag, name, path, scale=0.01)
        draft.links.lags[len(draft.links.told)] = DraftLag(lag, share)
        from_row, work_of = draft.last[base], base
        if kind & 1:
            from_row = work_of = draft.first(base)
        draft.links.told.append(DraftLink(told.place, from_row, succ, kind, calendar, work_of))


def _plain_calendars(compilation: Compilation, draft: DraftNetwork) -> tuple[list[int], bool]:
    """A calendar for each row, and whether a link's successor chooses among them."""
    scenario, tables = compilation.scenario, compilation.calendars
    rule = scenario.program.lag_calendar
    if rule in ("program", "24x7"):
        index = tables.index(scenario.program.calendar if rule == "program" else ALWAYS)
        return [index] * len(draft.keys), True
    own = draft.unit_calendar.copy()
    for number, task_id, _ in compilation.plain.special:
        own[number] = tables.index(own_calendar(compilation, task_id))
    return own, rule == "successor"


def _lag_calendar(compilation: Compilation, pred: str, succ: str, link: Link) -> int:
    tables = compilation.calendars
    if "elapsed" in units_of(link.lag):
        return tables.index(ALWAYS)
    if link.calendar:
        return tables.index(link.calendar)
    match compilation.scenario.program.lag_calendar:
        case "successor":
            return tables.index(own_calendar(compilation, succ))
        case "predecessor":
            return tables.index(own_calendar(compilation, pred))
        case "program":
            return tables.index(compilation.scenario.program.calendar)
        case _:
            return tables.index(ALWAYS)
