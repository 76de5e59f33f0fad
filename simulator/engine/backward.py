"""The backward pass: how late everything may be without moving a target, in one iteration."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from simulator.engine.placing import lag_of
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.instants import InstantCalendar, instants_of
from simulator.plan.plan import FF, FS, NONE, SS, Network
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
    calendars = _Calendars(network)
    index, work = network.rows.calendar.tolist(), schedule.work[:, 0].tolist()
    lags = _lags(network, durations, schedule)
    links = network.links
    first, preds, kinds = links.first.tolist(), links.pred.tolist(), links.kind.tolist()
    plain = links.kind == FS
    plain[list(lags)] = False
    others = set(np.flatnonzero(~plain).tolist())
    led = set(links.succ[~plain].tolist())
    finish = np.minimum(target, caps).tolist()
    start = [0.0] * len(finish)
    end = len(preds)
    for row in range(len(finish) - 1, -1, -1):
        bound = finish[row]
        if index[row] == NONE:
            bound -= work[row]
        elif work[row] != 0:
            calendar = calendars.of(index[row])
            position = calendar.work_at(bound)
            finish[row] = calendar.finish_at(position)
            bound = calendar.start_at(position - work[row])
        start[row] = bound
        begin = first[row]
        # Most rows follow finishes and nothing else.
        for pred in preds[begin:end] if row not in led else ():
            if bound < finish[pred]:  # noqa: PLR1730 - a call for each link takes twice as long
                finish[pred] = bound
        for link in range(begin, end) if row in led else ():
            pred, bound = preds[link], start[row]
            if link in others:
                kind = kinds[link]
                if kind not in (FS, SS):
                    bound = finish[row]
                if link in lags:
                    bound = calendars.of(int(links.calendar[link])).shift(bound, -lags[link])
                if kind not in (FS, FF):
                    bound = _finish_from(calendars, index[pred], bound, work[pred])
            finish[pred] = min(finish[pred], bound)
        end = begin
    return LateDates(np.array(start).reshape(-1, 1), np.array(finish).reshape(-1, 1))


def links_from(network: Network) -> dict[int, list[int]]:
    """The links that lead out of each row."""
    found: dict[int, list[int]] = defaultdict(list)
    for link, pred in enumerate(network.links.pred.tolist()):
        found[pred].append(link)
    return found


class _Calendars:
    """The calendars that are asked for, each prepared once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._found: dict[int, InstantCalendar] = {}

    def of(self, index: int) -> InstantCalendar:
        """A calendar by its position."""
        if index not in self._found:
            self._found[index] = instants_of(self._network.calendar(index))
        return self._found[index]


def _lags(network: Network, durations: Durations, schedule: Schedule) -> dict[int, float]:
    """The lag of each link that has one; an absent successor is asked without it."""
    links = network.links
    lagging = (links.lag != 0) | (links.lag_variable != NONE) | ~np.isnan(links.lag_share)
    found = {}
    for link in np.flatnonzero(lagging & schedule.exists[links.succ, 0]).tolist():
        lag = lag_of(network, link, durations.lags, schedule.work[links.share_of[link]])
        found[link] = float(np.asarray(lag).reshape(-1)[0])
    return found


def _finish_from(calendars: _Calendars, index: int, start: float, work: float) -> float:
    """Where a row's start puts its finish."""
    if index == NONE:
        return start + work
    calendar = calendars.of(index)
    return calendar.finish_at(calendar.work_at(start) + work)
