"""The vectorized engine: one forward pass over the rows, all iterations of a block at once."""

from dataclasses import replace

import numpy as np

from simulator.engine.placing import Placing
from simulator.engine.positions import working
from simulator.engine.reruns import needs_reruns, with_reruns
from simulator.engine.schedule import Durations, FirstWaits, Schedule
from simulator.engine.settling import Placed, settle
from simulator.plan.plan import Network


def network_pass(network: Network, durations: Durations) -> Schedule:
    """Schedule every row of every iteration by the rules of `simulator.engine.schedule`."""
    if needs_reruns(durations):
        return with_reruns(network, durations, network_pass)
    return _Pass(network, durations).run()


class _Pass(Placing):
    """Visits every row once, in order."""

    def run(self) -> Schedule:
        """Visit every row, settling what must be settled in between."""
        network = self.network
        for row in range(len(network.rows)):
            for stop in network.stop_before.get(row, ()):
                self._settle_stop(stop)
            for first in network.settle_before.get(row, ()):
                self._settle_first(first)
            if not network.rows.span[row]:
                self.meet_conditions(row)
                self._place(row)
        for stop in network.stop_before.get(len(network.rows), ()):
            self._settle_stop(stop)
        for row, inner in network.spanned.items():
            self.meet_conditions(row)
            self._span(row, inner)
        return replace(self.schedule, first_waits=tuple(self.first_waits))

    def _place(self, row: int) -> None:
        placed = self._placed(row)
        start, finish, asked = placed.start, placed.finish, placed.asked
        work, position, present = placed.work, placed.position, self.exists[row]
        if row in self.network.unfolding.board_tasks:
            finish, work = self.approved(row, start, np.where(present, finish, 0.0), work)
        if not present.all():
            passed = self.pass_on(row)
            start, finish, asked = (
                np.where(present, own, passed) for own in (start, finish, asked)
            )
            position = np.where(present, position, working(self.network, row, passed))
            work = np.where(present, work, 0.0)
        self.start[row], self.finish[row], self.asked[row] = start, finish, asked
        self.work[row], self.position[row] = work, position
        if row in self.rates_of and row not in self.durations.inside.exact:
            self.arrive(row)
        if self.stopped is not None:
            self._stop(row)

    def _placed(self, row: int) -> Placed:
        """Where a row stands if it is there, before any stop."""
        if row in self.durations.inside.exact:
            return settle(self, row)
        waits = self.common_waits(row)
        work, versioned = self.under(row, self.version(row, waits))
        for delay, _, _ in self.extra.get(row, ()):
            work = np.maximum(work + delay, 0.0)
        if waits is None and versioned is None and self.exists[row].all() and self.simple[row]:
            asked, position = self.ask_simply(row)
            waited = asked
            start, finish, position = self.begin(row, asked, work, position)
        else:
            asked = self.ask(row, work)
            waited = self.wait(row, self.wait(row, asked, waits), versioned)
            start, finish, position = self.begin(row, waited, work)
        return Placed(asked, waited, start, finish, position, work)

    def _settle_first(self, hit: int) -> None:
        """Find the candidate that becomes ready first, and give the hit to it."""
        first, ready, judged = self.durations.firsts[hit], [], []
        for row in first.candidates.tolist():
            self.meet_conditions(row)
            work = self.work[row]
            versions = self.durations.versions.get(row)
            work = work if versions is None else versions.work[0]
            waits = self.common_waits(row)
            asked = self.wait(row, self.ask(row, work), waits)
            ready.append(np.where(self.exists[row], asked, np.inf))
            judged.append(self.begin(row, asked, work)[0])
        winner = np.argmin(np.array(ready), axis=0)
        each = np.arange(self.durations.iterations)
        epoch = np.searchsorted(first.thresholds, np.array(judged)[winner, each], side="right")
        found = np.zeros((2, len(first.candidates), len(each)))
        for number, row in enumerate(first.candidates):
            won = (winner == number) & self.exists[row]
            delay, elapsed, working = (
                np.where(won, amount[epoch, number, each], 0.0)
                for amount in (first.delay, first.elapsed, first.working)
            )
            self.extra.setdefault(int(row), []).append((delay, elapsed, working))
            found[:, number] = elapsed, working
        self.first_waits[hit] = FirstWaits.of(first, *found)

    def _settle_stop(self, number: int) -> None:
        stop = self.durations.stops[number]
        if stop.hit_rows is None or stop.occurs is None or stop.thresholds is None:
            return
        starts = np.where(self.exists[stop.hit_rows], self.start[stop.hit_rows], np.inf)
        first = starts.min(axis=0)
        epoch = np.searchsorted(stop.thresholds, first, side="right")
        occurs = stop.occurs[epoch, np.arange(self.durations.iterations)]
        self.stop_at[number] = np.where(occurs, first, np.inf)
        for row in sorted(stop.hit_rows.tolist()):
            self._stop(row)

    def _stop(self, row: int) -> None:
        """Make absent what has not started by a stop, and cut short what runs."""
        stopped = self.stopped
        if stopped is None:
            return
        at = np.full(self.durations.iterations, np.inf)
        for stop, instant in zip(self.durations.stops, self.stop_at, strict=True):
            if stop.rows[row]:
                np.minimum(at, instant, out=at)
        start, finish, work = self.start[row], self.finish[row], self.work[row]
        halted = np.zeros(self.durations.iterations, dtype=bool)
        for link in self.network.links.into(row):
            halted |= stopped[self.network.links.pred[link]]
        absent = self.exists[row] & np.where((work > 0) | halted, start >= at, start > at)
        cut = self.exists[row] & ~absent & (finish > at)
        stopped[row] |= absent | cut
        for rate in self.rates_of.get(row, ()):
            arrivals = self.arrivals[rate]
            arrivals[absent | (cut & (arrivals >= at))] = np.inf
        if absent.any():
            passed = self.pass_on(row)
            start[:] = np.where(absent, passed, start)
            self.position[row] = working(self.network, row, start)
            finish[:] = np.where(absent, passed, finish)
            self.exists[row] &= ~absent
            work[:] = np.where(absent, 0.0, work)
        if cut.any():
            finish[:] = np.where(cut, at, finish)
            calendar = self.calendar(row)
            done = (
                at - start
                if calendar is None
                else calendar.work_at(np.where(cut, at, 0.0)) - calendar.work_at(start)
            )
            work[:] = np.where(cut, done, work)

    def _span(self, row: int, inner: tuple[tuple[int, int], ...]) -> None:
        bases, lasts = [base for base, _ in inner], [last for _, last in inner]
        present = self.exists[bases]
        starts = np.where(present, self.start[bases], np.inf).min(axis=0, initial=np.inf)
        finishes = np.where(present, self.finish[lasts], -np.inf).max(axis=0, initial=-np.inf)
        self.exists[row] &= present.any(axis=0)
        exists = self.exists[row]
        self.start[row] = self.asked[row] = np.where(exists, starts, 0.0)
        self.finish[row] = np.where(exists, finishes, 0.0)
        calendar = self.calendar(row)
        lasting = self.finish[row] - self.start[row]
        if calendar is not None:
            lasting = calendar.work_at(self.finish[row]) - calendar.work_at(self.start[row])
        self.work[row] = np.where(exists, lasting, 0.0)
        self.position[row] = working(self.network, row, self.start[row])
