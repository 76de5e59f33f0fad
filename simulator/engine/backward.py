"""The backward pass: how late everything may be without moving a target, in one iteration."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from simulator.engine.placing import lag_of
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.instants import InstantCalendar, instants_of
from simulator.plan.plan import FF, FS, NONE, SS, Ints, Network
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class LateDates:
    """Latest start and finish of every row, (T, 1)."""

    start: Floats
    finish: Floats


def late_dates(
    network: Network, durations: Durations, schedule: Schedule, target: float, caps: Floats
) -> LateDates:
    """The latest dates that keep `target` and `caps` (T,), the latest finishes allowed.

    Source: the backward pass of the critical path method, Kelley and Walker (1959), with each
    step taken in the calendar of its row or lag.
    """
    calendars, links = _Calendars(network), network.links
    worked, bounds = schedule.work[:, 0], np.minimum(target, caps)
    # Rows with work in a calendar are bound in its time, others by the clock.
    in_time = np.where(worked != 0, network.rows.calendar, NONE)
    own, work = in_time.tolist(), worked.tolist()
    latest = _in_work(network, in_time, bounds).tolist()
    finish = np.where(in_time == NONE, bounds, np.inf).tolist()
    lags = _lags(network, durations, schedule)
    first, preds = links.first.tolist(), links.pred.tolist()
    plain = links.kind == FS
    plain[list(lags)] = False
    led = set(links.succ[~plain].tolist())
    end = len(preds)
    for row in range(len(finish) - 1, -1, -1):
        c, begin, bound = own[row], first[row], finish[row]
        if c == NONE:
            position, start = np.nan, bound - work[row]
        else:
            if bound < np.inf:
                latest[row] = min(latest[row], calendars.of(c).work_at(bound))
            position, start = latest[row] - work[row], None
        # Most rows follow finishes in their own calendar and nothing else.
        for pred in preds[begin:end] if row not in led else ():
            if c != NONE and own[pred] == c:
                latest[pred] = min(latest[pred], position)
                continue
            if start is None:
                start = calendars.of(c).start_at(position)
            finish[pred] = min(finish[pred], start)
        if row in led:
            dates = (start, finish[row]) if c == NONE else calendars.dates(c, latest[row], position)
            for link in range(begin, end):
                bound = _asked(calendars, link, dates, lags.get(link), work)
                finish[preds[link]] = min(finish[preds[link]], bound)
        end = begin
    return _dates(network, in_time, np.array(latest), np.array(finish), worked)


def links_from(network: Network) -> dict[int, list[int]]:
    """The links that lead out of each row."""
    found: dict[int, list[int]] = defaultdict(list)
    for link, pred in enumerate(network.links.pred.tolist()):
        found[pred].append(link)
    return found


def _asked(
    calendars: "_Calendars",
    link: int,
    dates: tuple[float, float],
    lag: float | None,
    work: list[float],
) -> float:
    """The latest finish that a link allows the row before it, by the late dates of that behind."""
    network = calendars.network
    links, pred, kind = network.links, int(network.links.pred[link]), network.links.kind[link]
    bound = dates[0] if kind in {FS, SS} else dates[1]
    if lag is not None:
        bound = calendars.of(int(links.calendar[link])).shift(bound, -lag)
    if kind in {FS, FF}:
        return bound
    index = int(network.rows.calendar[pred])
    if index == NONE:
        return bound + work[pred]
    calendar = calendars.of(index)
    return calendar.finish_at(calendar.work_at(bound) + work[pred])


def _in_work(network: Network, in_time: Ints, bounds: Floats) -> Floats:
    """Instants (T,) in the time of each row."""
    found = bounds.copy()
    for index in set(in_time.tolist()) - {NONE}:
        rows = np.flatnonzero(in_time == index)
        found[rows] = network.calendar(index).work_at(bounds[rows])
    return found


def _dates(
    network: Network, in_time: Ints, latest: Floats, finish: Floats, work: Floats
) -> LateDates:
    """Late dates by the clock, of rows bound in their time and of rows bound by the clock."""
    start = finish - work
    for index in set(in_time.tolist()) - {NONE}:
        rows = np.flatnonzero(in_time == index)
        calendar = network.calendar(index)
        finish[rows] = calendar.finish_at(latest[rows])
        start[rows] = calendar.start_at(latest[rows] - work[rows])
    return LateDates(start.reshape(-1, 1), finish.reshape(-1, 1))


class _Calendars:
    """The calendars that are asked for, each prepared once."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._found: dict[int, InstantCalendar] = {}

    def of(self, index: int) -> InstantCalendar:
        """A calendar by its position."""
        if index not in self._found:
            self._found[index] = instants_of(self.network.calendar(index))
        return self._found[index]

    def dates(self, index: int, latest: float, begin: float) -> tuple[float, float]:
        """Start and finish by the clock of a row bound in the time of a calendar."""
        calendar = self.of(index)
        return calendar.start_at(begin), calendar.finish_at(latest)


def _lags(network: Network, durations: Durations, schedule: Schedule) -> dict[int, float]:
    """The lag of each link that has one; an absent successor is asked without it."""
    links = network.links
    lagging = (links.lag != 0) | (links.lag_variable != NONE) | ~np.isnan(links.lag_share)
    found = {}
    for link in np.flatnonzero(lagging & schedule.exists[links.succ, 0]).tolist():
        lag = lag_of(network, link, durations.lags, schedule.work[links.share_of[link]])
        found[link] = float(np.asarray(lag).reshape(-1)[0])
    return found
