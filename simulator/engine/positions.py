"""Instants as working time of their row's calendar, with as few conversions as can be.

A row's *position* is the working time of its calendar at its start; its finish stands at position
plus work. Rows on the clock have the clock for a position. A link between rows of one calendar and
without a lag carries positions over as they are, which is what most links are.
"""

import numpy as np

from simulator.engine.schedule import Schedule
from simulator.plan.plan import FF, FS, NONE, SF, SS, Bools, Network
from simulator.plan.work_calendar import Floats


def direct_links(network: Network) -> Bools:
    """Whether each link (L,) is without lag between rows of one calendar."""
    links, calendar = network.links, network.rows.calendar
    plain = (links.lag == 0) & (links.lag_variable == NONE) & np.isnan(links.lag_share)
    return np.asarray(plain & (calendar[links.pred] == calendar[links.succ]))


def simple_rows(network: Network) -> Bools:
    """Whether each row (T,) is bound by direct FS and SS links and a fixed start floor alone."""
    rows, links = network.rows, network.links
    to_start = (links.kind == FS) | (links.kind == SS)
    other = np.bincount(links.succ[~(direct_links(network) & to_start)], minlength=len(rows))
    simple = (other == 0) & (rows.finish_floor == -np.inf)
    simple &= (rows.start_cap == np.inf) & (rows.finish_cap == np.inf)
    # Without work such a row moves to working time of another calendar than its own.
    simple &= (rows.snap == NONE) | (rows.calendar == NONE) | (rows.snap == rows.calendar)
    simple[[row for row, _, _ in network.floor_variables]] = False
    return np.asarray(simple)


def bounded_rows(network: Network) -> Bools:
    """Whether the instant that each row (T,) asks for depends on its work: bounds on its finish."""
    rows, links = network.rows, network.links
    found = (rows.finish_floor > -np.inf) | (rows.finish_cap < np.inf)
    found[links.succ[(links.kind == FF) | (links.kind == SF)]] = True
    found[[row for row, is_finish, _ in network.floor_variables if is_finish]] = True
    return np.asarray(found)


def working(network: Network, row: int, clock: Floats) -> Floats:
    """Instants as working time of a row's calendar."""
    index = network.rows.calendar[row]
    return clock if index == NONE else network.calendar(index).work_at(clock)


def positions_of(network: Network, schedule: Schedule) -> Floats:
    """The position of every row (T, N), converted where the engine did not keep it."""
    if schedule.position is not None:
        return schedule.position
    return np.array(
        [working(network, row, start) for row, start in enumerate(schedule.start)]
    ).reshape(schedule.start.shape)


def direct_position(network: Network, link: int, position: Floats, work: Floats) -> Floats:
    """Where a direct link puts its successor's start, or finish, in working time."""
    pred = network.links.pred[link]
    if network.links.kind[link] in (FS, FF):
        return np.asarray(position[pred] + work[pred])
    return np.asarray(position[pred])
