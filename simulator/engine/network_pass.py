"""The vectorized engine: one forward pass over the rows, all iterations of a block at once."""

import numpy as np

from simulator.engine.boards import approval
from simulator.engine.positions import direct_position, simple_rows, working
from simulator.engine.schedule import Durations, FirstHit, Schedule, Versions, Waits
from simulator.engine.unbroken import fit
from simulator.plan.plan import FF, FS, NONE, SS, Ints, Network
from simulator.plan.work_calendar import Floats, WorkCalendar


def network_pass(network: Network, durations: Durations) -> Schedule:
    """Schedule every row of every iteration by the rules of `simulator.engine.schedule`."""
    return _Pass(network, durations).run()


def link_instant(network: Network, link: int, lags: Floats, schedule: Schedule) -> Floats:
    """The instant that a link asks for, (N,); without its lag where the successor is absent."""
    links = network.links
    pred = links.pred[link]
    from_finish = links.kind[link] in (FS, FF)
    instant: Floats = schedule.finish[pred] if from_finish else schedule.start[pred]
    lag = lag_of(network, link, lags, schedule.work[links.share_of[link]])
    if lag is None:
        return instant
    lag = np.where(schedule.exists[links.succ[link]], lag, 0.0)
    return network.calendar(links.calendar[link]).shift(instant, lag)


def lag_of(network: Network, link: int, lags: Floats, pred_work: Floats) -> Floats | float | None:
    """The lag of a link in milliseconds, None where there is none."""
    links = network.links
    if links.lag_variable[link] != NONE:
        drawn: Floats = lags[links.lag_variable[link]]
        return np.asarray(np.rint(drawn * pred_work)) if links.lag_drawn_share[link] else drawn
    if not np.isnan(links.lag_share[link]):
        return np.asarray(np.rint(links.lag_share[link] * pred_work))
    return float(links.lag[link]) or None


class _Pass:
    """The arrays being filled; rows are visited once, in order."""

    def __init__(self, network: Network, durations: Durations) -> None:
        shape = durations.work.shape
        self.network, self.durations = network, durations
        self.start, self.finish, self.asked = (np.zeros(shape) for _ in range(3))
        self.work, self.exists = durations.work.copy(), durations.exists.copy()
        self.stop_at = np.full((len(durations.stops), shape[1]), np.inf)
        for number, stop in enumerate(durations.stops):
            if stop.at is not None:
                self.stop_at[number] = stop.at
        self.stopped = np.zeros(shape, dtype=bool) if durations.stops else None
        self.extra: dict[int, list[tuple[Floats, Floats, Floats]]] = {}
        self.chosen: dict[int, Ints] = {}
        self.position = np.zeros(shape)
        self.simple = simple_rows(network)
        self.floor = np.maximum(network.rows.start_floor, 0.0)
        self.schedule = Schedule(
            self.start,
            self.finish,
            self.exists,
            self.work,
            self.asked,
            self.stopped,
            self.chosen,
            self.stop_at if durations.stops else None,
            self.position,
        )
        """The result, whose arrays are being filled."""
        self.floors: dict[int, list[tuple[bool, int]]] = {}
        for row, is_finish, variable in network.floor_variables:
            self.floors.setdefault(row, []).append((is_finish, variable))

    def run(self) -> Schedule:
        """Visit every row, settling what must be settled in between."""
        network = self.network
        for row in range(len(network.rows)):
            for stop in network.stop_before.get(row, ()):
                self._settle_stop(stop)
            for first in network.settle_before.get(row, ()):
                self._settle_first(self.durations.firsts[first])
            if not network.rows.span[row]:
                self._meet_conditions(row)
                self._place(row)
        for stop in network.stop_before.get(len(network.rows), ()):
            self._settle_stop(stop)
        for row, inner in network.spanned.items():
            self._meet_conditions(row)
            self._span(row, inner)
        return self.schedule

    def _ask_simply(self, row: int) -> tuple[Floats, Floats]:
        """The instant that a simple row is asked for, and its position, without conversions."""
        asked = np.full(self.durations.iterations, self.floor[row])
        place = working(self.network, row, self.floor[row : row + 1])
        position = np.repeat(place, self.durations.iterations)
        for link in self.network.links.into(row):
            instant = link_instant(self.network, link, self.durations.lags, self.schedule)
            np.maximum(asked, instant, out=asked)
            carried = direct_position(self.network, link, self.position, self.work)
            np.maximum(position, carried, out=position)
        return asked, position

    def _ask(self, row: int, work: Floats) -> Floats:
        """The instant that links and constraints ask for, before waits."""
        rows, links = self.network.rows, self.network.links
        starts = np.full(work.shape, self.floor[row])
        finishes = np.full(work.shape, rows.finish_floor[row])
        bounded = bool(rows.finish_floor[row] > -np.inf)
        for is_finish, variable in self.floors.get(row, ()):
            target = finishes if is_finish else starts
            np.maximum(target, self.durations.dates[variable], out=target)
            bounded |= is_finish
        for link in links.into(row):
            instant = link_instant(self.network, link, self.durations.lags, self.schedule)
            on_start = links.kind[link] in (FS, SS)
            target = starts if on_start else finishes
            np.maximum(target, instant, out=target)
            bounded |= not on_start
        asked = self._through_work(row, work, starts, finishes) if bounded else starts
        if rows.start_cap[row] < np.inf or rows.finish_cap[row] < np.inf:
            asked = self._capped(row, work, asked)
        return asked

    def _through_work(self, row: int, work: Floats, starts: Floats, finishes: Floats) -> Floats:
        """The later of the start bounds and of where the finish bounds put the start."""
        calendar = self._calendar(row)
        if calendar is None:
            return np.maximum(starts, finishes - work)
        at_start = calendar.work_at(starts)
        at_finish = calendar.work_at(np.maximum(finishes, calendar.begin)) - work
        through = np.where(at_start >= at_finish, starts, calendar.start_at(at_finish))
        return np.where(work > 0, through, np.maximum(starts, finishes))

    def _capped(self, row: int, work: Floats, asked: Floats) -> Floats:
        """Hard dates win over logic."""
        rows = self.network.rows
        asked = np.minimum(asked, rows.start_cap[row])
        if rows.finish_cap[row] == np.inf:
            return asked
        calendar = self._calendar(row)
        cap = np.full(work.shape, rows.finish_cap[row])
        if calendar is None:
            return np.minimum(asked, cap - work)
        latest = calendar.start_at(calendar.work_at(cap) - work)
        return np.minimum(asked, np.where(work > 0, latest, cap))

    def _calendar(self, row: int) -> WorkCalendar | None:
        index = self.network.rows.calendar[row]
        return None if index == NONE else self.network.calendar(index)

    def _wait(self, row: int, asked: Floats, waits: Waits | None) -> Floats:
        """The asked instant after elapsed waits, then working ones."""
        if waits is None:
            return asked
        if waits.elapsed is not None:
            asked = asked + waits.elapsed
        if waits.working is not None:
            calendar = self._calendar(row) or self.network.calendar(
                self.network.rows.unit_calendar[row]
            )
            asked = calendar.shift(asked, waits.working)
        return asked

    def _begin(
        self, row: int, asked: Floats, work: Floats, position: Floats | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Start, finish and position of a row that waits no longer."""
        rows = self.network.rows
        calendar = self._calendar(row)
        if rows.snap[row] != NONE:
            snap = self.network.calendar(rows.snap[row])
            snapped = snap.start_at(snap.work_at(asked))
            asked = snapped if calendar is None else np.where(work > 0, asked, snapped)
        if calendar is None:
            return asked, asked + work, asked
        if position is None:
            position = calendar.work_at(asked)
        if row in self.network.unfolding.unbroken:
            position = fit(calendar, position, work)
        start = calendar.start_at(position)
        finish = calendar.finish_at(position + work)
        if work.all():
            return start, finish, position
        return np.where(work > 0, start, asked), np.where(work > 0, finish, asked), position

    def _place(self, row: int) -> None:
        work = self.work[row]
        versions = self.durations.versions.get(row)
        waits = self._common_waits(row)
        work, versioned = self._version(row, work, waits, versions)
        for delay, _, _ in self.extra.get(row, ()):
            work = np.maximum(work + delay, 0.0)
        present = self.exists[row]
        if waits is None and versioned is None and present.all() and self.simple[row]:
            asked, position = self._ask_simply(row)
            start, finish, position = self._begin(row, asked, work, position)
        else:
            asked = self._ask(row, work)
            waited = self._wait(row, self._wait(row, asked, waits), versioned)
            start, finish, position = self._begin(row, waited, work)
        if row in self.network.unfolding.board_tasks:
            finish, work = self._approved(row, start, np.where(present, finish, 0.0), work)
        if not present.all():
            passed = self._pass_on(row)
            start, finish, asked = (
                np.where(present, own, passed) for own in (start, finish, asked)
            )
            position = np.where(present, position, working(self.network, row, passed))
            work = np.where(present, work, 0.0)
        self.start[row], self.finish[row], self.asked[row] = start, finish, asked
        self.work[row], self.position[row] = work, position
        if self.stopped is not None:
            self._stop(row)

    def _meet_conditions(self, row: int) -> None:
        """Make a row absent where one of its conditions is not met."""
        for condition in self.network.unfolding.conditions.get(row, ()):
            times = self.finish if condition.finish else self.start
            read = times[condition.read]
            true = read > condition.date if condition.after else read < condition.date
            true &= self.exists[condition.present]
            self.exists[row] &= true == condition.holds

    def _approved(
        self, row: int, start: Floats, done: Floats, work: Floats
    ) -> tuple[Floats, Floats]:
        """The meeting that approves a row, and the working time from its start to it."""
        calendar = self._calendar(row)
        meeting = approval(self.network, row, done, self.durations.dates, calendar)
        if calendar is None:
            return meeting, meeting - start
        return meeting, calendar.work_at(meeting) - calendar.work_at(start)

    def _common_waits(self, row: int) -> Waits | None:
        """The row's own waits and those of hits that it was the first to meet."""
        waits = self.durations.waits.get(row)
        extra = self.extra.get(row)
        if not extra:
            return waits
        elapsed = sum((e for _, e, _ in extra), np.zeros(self.durations.iterations))
        working = sum((w for _, _, w in extra), np.zeros(self.durations.iterations))
        if waits is not None:
            elapsed = elapsed if waits.elapsed is None else elapsed + waits.elapsed
            working = working if waits.working is None else working + waits.working
        return Waits(elapsed, working)

    def _version(
        self, row: int, work: Floats, waits: Waits | None, versions: Versions | None
    ) -> tuple[Floats, Waits | None]:
        """Work and waits under the dated mitigations in force when the row starts."""
        if versions is None:
            return work, None
        first = versions.work[0]
        judged, _, _ = self._begin(row, self._wait(row, self._ask(row, first), waits), first)
        chosen = np.searchsorted(versions.thresholds, judged, side="right")
        self.chosen[row] = chosen.astype(np.int32)
        each = np.arange(len(judged))
        return versions.work[chosen, each], Waits(
            versions.elapsed[chosen, each], versions.working[chosen, each]
        )

    def _pass_on(self, row: int) -> Floats:
        """The latest instant that the links of an absent row ask for, without their lags."""
        links = self.network.links
        latest = np.zeros(self.durations.iterations)
        for link in links.into(row):
            pred = links.pred[link]
            times = self.finish if links.kind[link] in (FS, FF) else self.start
            np.maximum(latest, times[pred], out=latest)
        return latest

    def _settle_first(self, first: FirstHit) -> None:
        """Find the candidate that becomes ready first, and give the hit to it."""
        ready, judged = [], []
        for row in first.candidates.tolist():
            self._meet_conditions(row)
            work = self.work[row]
            versions = self.durations.versions.get(row)
            work = work if versions is None else versions.work[0]
            waits = self._common_waits(row)
            asked = self._wait(row, self._ask(row, work), waits)
            ready.append(np.where(self.exists[row], asked, np.inf))
            judged.append(self._begin(row, asked, work)[0])
        winner = np.argmin(np.array(ready), axis=0)
        each = np.arange(self.durations.iterations)
        epoch = np.searchsorted(first.thresholds, np.array(judged)[winner, each], side="right")
        for number, row in enumerate(first.candidates):
            won = (winner == number) & self.exists[row]
            amounts = (
                np.where(won, amount[epoch, number, each], 0.0)
                for amount in (first.delay, first.elapsed, first.working)
            )
            self.extra.setdefault(int(row), []).append(tuple(amounts))  # type: ignore[arg-type]

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
        if absent.any():
            passed = self._pass_on(row)
            start[:] = np.where(absent, passed, start)
            self.position[row] = working(self.network, row, start)
            finish[:] = np.where(absent, passed, finish)
            self.exists[row] &= ~absent
            work[:] = np.where(absent, 0.0, work)
        if cut.any():
            finish[:] = np.where(cut, at, finish)
            calendar = self._calendar(row)
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
        calendar = self._calendar(row)
        lasting = self.finish[row] - self.start[row]
        if calendar is not None:
            lasting = calendar.work_at(self.finish[row]) - calendar.work_at(self.start[row])
        self.work[row] = np.where(exists, lasting, 0.0)
        self.position[row] = working(self.network, row, self.start[row])
