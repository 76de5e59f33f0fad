"""What all iterations of the SimPy engine share: who waits for whom, and what is settled when."""

from bisect import bisect_right

from simulator.engine.schedule import Durations, Stop
from simulator.engine.simpy_calendar import SpellCalendar
from simulator.engine.simpy_hits import NEVER, falls_within
from simulator.engine.simpy_rules import State
from simulator.plan.plan import FS, NONE, SS, Network


class Model:
    """A network and its durations, looked at row by row.

    `done[p]` counts the stops by hit that are settled before the row at place `p`, and `hit_by`
    numbers those that hit a row: whoever looks at it after `d` of them sees it as they left it.
    `reads` are the rows that a row looks at without a link - for its conditions, for work that it
    repeats, for rates that have hits on it - each with FS for its finish or SS for its start.
    """

    def __init__(self, network: Network, durations: Durations) -> None:
        rows = range(len(network.rows))
        places = range(len(network.rows) + 1)
        self.network, self.durations = network, durations
        self.calendars = [SpellCalendar(calendar) for calendar in network.calendars]
        self.stops = [stop for place in places for stop in network.stop_before.get(place, ())]
        stop_places = [place for place in places for _ in network.stop_before.get(place, ())]
        self.done = [bisect_right(stop_places, place) for place in places]
        self.hit_by: list[list[int]] = [[] for _ in rows]
        for number, stop in enumerate(self.stops):
            for row in self.hits_of(durations.stops[stop]):
                self.hit_by[row].append(number)
        self.firsts = [
            (place, first) for place in places for first in network.settle_before.get(place, ())
        ]
        self.links = [
            [(link, int(network.links.pred[link])) for link in network.links.into(row)]
            for row in rows
        ]
        self.reads = {row: self._reads_of(row) for row in rows}

    def _reads_of(self, row: int) -> list[tuple[int, int]]:
        inside = self.durations.inside
        found = [
            read
            for each in self.network.unfolding.conditions.get(row, ())
            for read in ((each.read, FS if each.finish else SS), (each.present, SS))
        ]
        exact = inside.exact.get(row)
        if exact is not None and exact.repeats != NONE:
            found.append((exact.repeats, SS))
        rated = {inside.rates[hit.rate].row for hit in inside.hits.get(row, ())}
        return found + [(other, SS) for other in sorted(rated - {row})]

    @staticmethod
    def hits_of(stop: Stop) -> list[int]:
        """The rows by whose start a project stops, in the plan's order."""
        return [] if stop.hit_rows is None else sorted(int(row) for row in stop.hit_rows)

    def dated(self, iteration: int, ends: dict[int, float]) -> list[float]:
        """When each stop comes by its date, or by what is known of it."""
        return [
            ends.get(number, NEVER) if stop.at is None else float(stop.at[iteration])
            for number, stop in enumerate(self.durations.stops)
        ]

    def next_stop(
        self, iteration: int, states: list[State], ends: dict[int, float]
    ) -> tuple[float, int] | None:
        """The first of the stops left that an iteration made without it tells of, and when."""
        left = [
            (*begun, number)
            for number, stop in enumerate(self.durations.stops)
            if stop.rerun and number not in ends
            for begun in self._bringing(stop, iteration, states)
        ]
        return (min(left)[0], min(left)[2]) if left else None

    @staticmethod
    def _bringing(stop: Stop, iteration: int, states: list[State]) -> list[tuple[float, int]]:
        """The first start of a row that a stop by hit falls on, and the row, if it then occurs."""
        assert stop.hit_rows is not None
        assert stop.thresholds is not None
        assert stop.occurs is not None
        begun = []
        for place, row in enumerate(stop.hit_rows.tolist()):
            state = states[row]
            window = (-NEVER, NEVER) if stop.windows is None else stop.windows[:, place].tolist()
            if state.exists and falls_within(state.start, state.finish, *window):
                begun.append((state.start, row))
        if not begun:
            return []
        version = sum(at <= min(begun)[0] for at in stop.thresholds.tolist())
        return [min(begun)] if stop.occurs[version, iteration] else []

    def firsts_of(self, row: int, before: int) -> list[int]:
        """Numbers of those of the first `before` hits on one of several rows that name a row."""
        hits = self.durations.firsts
        return [
            number
            for number, (_, first) in enumerate(self.firsts[:before])
            if row in hits[first].candidates
        ]
