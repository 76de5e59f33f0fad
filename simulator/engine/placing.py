"""Where one row of a network stands in all iterations of a block: rules 1 to 5, 7, 10 and 11."""

import numpy as np

from simulator.engine.boards import approval
from simulator.engine.overlap import within
from simulator.engine.positions import bounded_rows, direct_position, simple_rows, working
from simulator.engine.schedule import Durations, FirstWaits, Schedule, Waits, Window
from simulator.engine.unbroken import fit
from simulator.errors import RunError
from simulator.plan.plan import FF, FS, NONE, SS, Bools, Ints, Network
from simulator.plan.work_calendar import Floats, WorkCalendar


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


class Placing:
    """The arrays being filled, and where a row stands by what is in them so far."""

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
        boards = network.unfolding.board_tasks
        self.approval_waits = {row: np.zeros(shape[1]) for row in boards}
        self.first_waits = [FirstWaits.none(shape[1]) for _ in durations.firsts]
        self.extra: dict[int, list[tuple[Floats, Floats, Floats]]] = {}
        self.chosen: dict[int, Ints] = {}
        self.position = np.zeros(shape)
        self.fell: dict[int, Bools] = {}
        self.arrivals = [np.full(rate.since.shape, np.inf) for rate in durations.inside.rates]
        self.simple = simple_rows(network)
        self.bounded = bounded_rows(network)
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
            fell=self.fell,
            arrivals=tuple(self.arrivals),
            approval_waits=self.approval_waits,
        )
        """The result, whose arrays are being filled."""
        self._inside()
        self.floors: dict[int, list[tuple[bool, int]]] = {}
        for row, is_finish, variable in network.floor_variables:
            self.floors.setdefault(row, []).append((is_finish, variable))

    def _inside(self) -> None:
        """Room for what is settled inside the schedule."""
        inside, count = self.durations.inside, self.durations.iterations
        self.factors: dict[int, list[Floats]] = {}
        """What the work of each row was multiplied by, in order."""
        self.rates_of: dict[int, list[int]] = {}
        """The rates whose arrivals come while a row runs."""
        for number, rate in enumerate(inside.rates):
            self.rates_of.setdefault(rate.row, []).append(number)
        self.fell.update(
            {row: np.zeros((len(hits), count), dtype=bool) for row, hits in inside.windows.items()}
        )

    def ask_simply(self, row: int) -> tuple[Floats, Floats]:
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

    def ask(self, row: int, work: Floats) -> Floats:
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
        calendar = self.calendar(row)
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
        calendar = self.calendar(row)
        cap = np.full(work.shape, rows.finish_cap[row])
        if calendar is None:
            return np.minimum(asked, cap - work)
        latest = calendar.start_at(calendar.work_at(cap) - work)
        return np.minimum(asked, np.where(work > 0, latest, cap))

    def calendar(self, row: int) -> WorkCalendar | None:
        index = self.network.rows.calendar[row]
        return None if index == NONE else self.network.calendar(index)

    def wait(self, row: int, asked: Floats, waits: Waits | None) -> Floats:
        """The asked instant after elapsed waits, then working ones."""
        if waits is None:
            return asked
        if waits.elapsed is not None:
            asked = asked + waits.elapsed
        if waits.working is not None:
            calendar = self.calendar(row) or self.network.calendar(
                self.network.rows.unit_calendar[row]
            )
            asked = calendar.shift(asked, waits.working)
        return asked

    def begin(
        self, row: int, asked: Floats, work: Floats, position: Floats | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Start, finish and position of a row that waits no longer."""
        rows = self.network.rows
        calendar = self.calendar(row)
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

    def meet_conditions(self, row: int) -> None:
        """Make a row absent where one of its conditions is not met."""
        for condition in self.network.unfolding.conditions.get(row, ()):
            times = self.finish if condition.finish else self.start
            read = times[condition.read]
            true = read > condition.date if condition.after else read < condition.date
            true &= self.exists[condition.present]
            self.exists[row] &= true == condition.holds

    def approved(
        self, row: int, start: Floats, done: Floats, work: Floats
    ) -> tuple[Floats, Floats]:
        """The meeting that approves a row, and the working time from its start to it."""
        calendar, task = self.calendar(row), self.network.unfolding.board_tasks[row]
        dates = self.durations.dates
        meeting = approval(self.network, row, done, dates, calendar)
        lasting = meeting - start
        if calendar is not None:
            lasting = calendar.work_at(meeting) - calendar.work_at(start)
        refusals = 0.0 if task.refusals == NONE else dates[task.refusals]
        self.approval_waits[row] = lasting - work - refusals * task.again
        return meeting, lasting

    def common_waits(self, row: int) -> Waits | None:
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

    def pass_on(self, row: int) -> Floats:
        """The latest instant that the links of an absent row ask for, without their lags."""
        links = self.network.links
        latest = np.zeros(self.durations.iterations)
        for link in links.into(row):
            pred = links.pred[link]
            times = self.finish if links.kind[link] in (FS, FF) else self.start
            np.maximum(latest, times[pred], out=latest)
        return latest

    def end(self, row: int, done: Floats) -> Floats:
        """When a row whose own work is done ends: at once, or at the meeting that approves it."""
        if row not in self.network.unfolding.board_tasks:
            return done
        done = np.where(self.exists[row], done, 0.0)
        return approval(self.network, row, done, self.durations.dates, self.calendar(row))

    def done(self, row: int, start: Floats, position: Floats, work: Floats) -> Floats:
        """When the work of a row that has started is done."""
        calendar = self.calendar(row)
        if calendar is None:
            return start + work
        return np.where(work > 0, calendar.finish_at(position + work), start)

    def due(self, number: int, start: Floats) -> Floats:
        """When each arrival of a rate comes (A, N) if its row starts then."""
        rate = self.durations.inside.rates[number]
        if rate.calendar == NONE or not len(rate.since):
            return start + rate.since
        calendar = self.network.calendar(rate.calendar)
        return calendar.finish_at(calendar.work_at(start) + rate.since)

    def keep_arrivals(self, number: int, instants: Floats, more: Bools) -> None:
        """Note what arrived (A, N), and whether there may have been more, (N,).

        Raises
        ------
        RunError
            The last arrival that is drawn came in some iteration.
        """
        self.arrivals[number][:] = instants
        if more.any():
            rate = self.durations.inside.rates[number]
            raise RunError(
                f"risk {rate.id}: {len(instants)} arrivals or more came while its task ran, three"
                " times as many as in a long run; give it a lower rate, or hits that add less"
            )

    def arrived(self, number: int, window: Window) -> Ints:
        """How often a rate has arrived in a window, (N,)."""
        instants = self.arrivals[number]
        return np.asarray((np.isfinite(instants) & within(instants, window)).sum(axis=0))

    def version(self, row: int, waits: Waits | None) -> Ints | None:
        """Which dated mitigations are in force when the row starts."""
        versions = self.durations.versions.get(row)
        if versions is None:
            return None
        first = versions.work[0]
        judged, _, _ = self.begin(row, self.wait(row, self.ask(row, first), waits), first)
        chosen = np.searchsorted(versions.thresholds, judged, side="right").astype(np.int32)
        self.chosen[row] = chosen
        return chosen

    def under(self, row: int, version: Ints | None) -> tuple[Floats, Waits | None]:
        """Work and waits of a version of a row."""
        if version is None:
            return self.work[row], None
        versions, each = self.durations.versions[row], np.arange(len(version))
        return versions.work[version, each], Waits(
            versions.elapsed[version, each], versions.working[version, each]
        )

    def arrive(self, row: int) -> None:
        """Note what arrives while a row runs that it does not change."""
        there = self.exists[row]
        for rate in self.rates_of[row]:
            window, due = self.durations.inside.rates[rate].window, self.due(rate, self.start[row])
            comes = there & (due < self.finish[row])
            more = (comes & (due <= window[1]))[-1:].any(axis=0)
            self.keep_arrivals(rate, np.where(comes & within(due, window), due, np.inf), more)
