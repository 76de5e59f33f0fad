"""Which rows the cost stage reads to know where the program and its projects begin and end."""

from typing import NamedTuple

import numpy as np

from simulator.engine.compiled.network_tape import (
    ALWAYS,
    MODE,
    SPAN,
    STOPS,
    STOPS_END,
    WORKS,
    NetworkTape,
)
from simulator.plan.compile import Plan
from simulator.plan.plan import FS, NONE, SS, Bools, Ints, Network


class Sure(NamedTuple):
    """What is known of rows (T,) in every iteration, whatever happens: steps that it spares."""

    there: Bools
    works: Bools
    """It is there and has work."""


def sure_of(tape: NetworkTape) -> Sure:
    """What a network's tape knows of its rows, under variants of its plan as well."""
    table = tape.rows
    there = (table[ALWAYS] != 0) & (table[MODE] != SPAN) & (table[STOPS] == table[STOPS_END])
    return Sure(there, table[WORKS] != 0)


def nothing_sure(plan: Plan) -> Sure:
    """Of no row anything."""
    return Sure(*np.zeros((2, len(plan.network.rows)), dtype=bool))


def calendar_of(network: Network) -> Ints:
    """The calendar of each row (T,), `NONE` where it is the clock by another name."""
    always = np.array([calendar.always for calendar in network.calendars], dtype=bool)
    calendar = network.rows.calendar
    clock = always[np.maximum(calendar, 0)] | (calendar == NONE)
    return np.where(clock, NONE, calendar).astype(np.int32)


def last_rows(plan: Plan) -> list[int]:
    """Rows one of which has the program's last finish.

    A row that is followed by another finishes no later than it. Absent rows pass on what they wait
    for, so that their finishes say nothing else, and need not be told apart.
    """
    network = plan.network
    plain = ~network.rows.span
    if not plain.any():
        return list(range(len(plain)))
    links = network.links
    plain[links.pred[_forward(network, (FS,)) & plain[links.succ]]] = False
    return np.flatnonzero(plain).tolist()


def project_rows(plan: Plan, project: int) -> Bools:
    """The rows (T,) that are a project's work and milestones."""
    rows = plan.network.rows
    return np.asarray((rows.project == project) & ~rows.span)


def project_last_rows(plan: Plan, project: int) -> list[int]:
    """Rows of a project one of which finishes last, of those present."""
    own, links = project_rows(plan, project), plan.network.links
    within = own[links.pred] & own[links.succ] & _comes_with(plan, links.succ, links.pred)
    needed = own.copy()
    needed[links.pred[_forward(plan.network, (FS,)) & within]] = False
    return np.flatnonzero(needed).tolist()


def project_first_rows(plan: Plan, project: int) -> list[int]:
    """Rows of a project one of which starts first, of those present."""
    own, links = project_rows(plan, project), plan.network.links
    within = own[links.pred] & own[links.succ] & _comes_with(plan, links.pred, links.succ)
    needed = own.copy()
    needed[links.succ[_forward(plan.network, (FS, SS)) & within]] = False
    return np.flatnonzero(needed).tolist()


def _forward(network: Network, kinds: tuple[int, ...]) -> Bools:
    """Links (L,) of some kinds whose successor starts no earlier than the instant linked to."""
    links, rows = network.links, network.rows
    free = (rows.start_cap == np.inf) & (rows.finish_cap == np.inf)
    fixed = (links.lag_variable == NONE) & np.isnan(links.lag_share) & (links.lag >= 0)
    return np.asarray(fixed & np.isin(links.kind, kinds) & free[links.succ])


def _comes_with(plan: Plan, rows: Ints, others: Ints) -> Bools:
    """Whether a row is present whenever another is, pair by pair."""
    on, network = plan.work.on, plan.network
    stoppable = np.zeros(len(network.rows), dtype=bool)
    for stop in plan.effects.stops:
        stoppable |= stop.rows
    same = (on[rows, 0] == NONE) | (on[rows] == on[others]).all(axis=1)
    return np.asarray(same & (network.rows.round[rows] == 0) & ~stoppable[rows])


def rivals(plan: Plan, rows: list[int]) -> list[int]:
    """For each of at most 63 rows: which of the others may be worked on at the same time, as bits.

    One that follows another over links that wait for its finish never is, if no stop intervenes.
    """
    network = plan.network
    before = [0] * len(network.rows)
    own = {row: 1 << place for place, row in enumerate(rows)}
    stoppable = np.zeros(len(network.rows), dtype=bool)
    for stop in plan.effects.stops:
        stoppable |= stop.rows
    links = network.links
    waiting = np.flatnonzero(_forward(network, (FS,)) & ~stoppable[links.pred])
    for link in waiting[np.argsort(links.succ[waiting], kind="stable")].tolist():
        pred = int(links.pred[link])
        before[int(links.succ[link])] |= before[pred] | own.get(pred, 0)
    found = []
    for place, row in enumerate(rows):
        follows = sum(1 << k for k, other in enumerate(rows) if before[other] >> place & 1)
        found.append(((1 << len(rows)) - 1) & ~(before[row] | follows | own[row]))
    return found


def stop_groups(plan: Plan) -> list[tuple[int, list[int], list[int]]]:
    """For each stop of the whole program: groups of its rows, and all the stops that reach them.

    A stop counts if it is the first of them to come, and has cut or kept away a row of the group.
    """
    found = plan.effects.stops
    groups = []
    for number, stop in enumerate(found):
        if stop.what != "program":
            continue
        by_stops: dict[tuple[int, ...], list[int]] = {}
        for row in np.flatnonzero(stop.rows).tolist():
            reaching = tuple(k for k, each in enumerate(found) if each.rows[row])
            by_stops.setdefault(reaching, []).append(row)
        groups += [(number, rows, list(reaching)) for reaching, rows in by_stops.items()]
    return groups
