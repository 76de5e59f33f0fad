"""The rules of `simulator.engine.schedule` for one row in one iteration, number by number."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from simulator.engine.schedule import Durations, FirstHit
from simulator.engine.simpy_calendar import SpellCalendar
from simulator.engine.simpy_hits import Fallen, Hits, with_delays
from simulator.errors import RunError
from simulator.plan.plan import FF, FS, NONE, SS, Network
from simulator.plan.unfolding import RowCondition

Amounts = tuple[float, float, float]
"""Delay, elapsed wait and working wait."""


@dataclass(frozen=True, slots=True)
class State:
    """A row in one iteration as it is known at some point."""

    start: float
    finish: float
    exists: bool
    work: float
    asked: float
    stopped: bool = False
    version: int = 0
    ready: float = 0.0
    """When all it waits for has happened and its waits are over."""
    done: float = 0.0
    """When its own work is done."""
    meetings: tuple[float, ...] = ()
    """The meetings of its board that it goes to; the last one approves it."""
    meeting_wait: float = 0.0
    """Working time that it waits for them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a present row asks for: `asked` by links and dates, `ready` when its waits are over."""

    asked: float
    ready: float
    work: float
    version: int
    met: tuple[Amounts, ...]
    more: tuple[float, float]
    """Elapsed and working waits of its version."""
    fallen: Fallen | None
    """What has fallen on it by rules 16 and 17; None for a row that they do not change."""
    over: float
    """When its waits are over, whether or not it could start then."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One iteration of a block: its durations, and what is known of the rows that are placed.

    `seen(row, kind, done)` is a row by the event that a kind of link waits for, as the first
    `done` stops by hit left it. `met` is what hits did to a row that was the first to be ready.
    """

    network: Network
    durations: Durations
    calendars: list[SpellCalendar]
    links: list[list[tuple[int, int]]]
    """(link, predecessor) of those into each row."""
    iteration: int
    seen: Callable[[int, int, int], State]
    hits: Hits

    def placed(self, row: int, done: int, met: list[Amounts]) -> State:
        """A row before any stop: all rules but 6, with rules 7 and 9 where it is absent."""
        if not self.exists(row, done):
            return self.absent(row, done, met)
        wanted = self.wanted(row, done, met)
        while self.has_windows(row, wanted):
            wanted = self.after_window(row, done, wanted)
        return self.begin(row, wanted)

    def absent(self, row: int, done: int, met: list[Amounts], known: float = -math.inf) -> State:
        """A row that is not there passes on what its links ask for."""
        passed = self._passed_on(row, done)
        version = self._version(row, done, met, known)
        return State(passed, passed, False, 0.0, passed, version=version)

    def wanted(self, row: int, done: int, met: list[Amounts], known: float = -math.inf) -> Wanted:
        """What a row asks for and what it has to do, where it cannot start before `known`."""
        version, work, more = self._version(row, done, met, known), self._work(row), (0.0, 0.0)
        versions = self.durations.versions.get(row)
        if versions is not None:
            at = version, self.iteration
            work = float(versions.work[at])
            more = float(versions.elapsed[at]), float(versions.working[at])
        fallen = self.hits.opened(row, version)
        work = with_delays(work if fallen is None else fallen.work, [delay for delay, _, _ in met])
        found = Wanted(0.0, known, work, version, tuple(met), more, fallen, -math.inf)
        return self._asking(row, done, found)

    def _asking(self, row: int, done: int, wanted: Wanted) -> Wanted:
        """The instants that a row asks for and from which it may start, not before it was ready."""
        asked = self._asked(row, wanted.work, done)
        ready = self._waited(row, asked, *self._common_waits(row, list(wanted.met)))
        ready = self._waited(row, ready, *wanted.more)
        if wanted.fallen is not None:
            ready = self._waited(row, ready, wanted.fallen.elapsed, wanted.fallen.working)
        over = max(ready, wanted.over)
        return replace(wanted, asked=asked, ready=max(ready, wanted.ready), over=over)

    def has_windows(self, row: int, wanted: Wanted) -> bool:
        """Whether some window of a row has not been judged."""
        return wanted.fallen is not None and self.hits.windows_left(row, wanted.fallen)

    def after_window(self, row: int, done: int, wanted: Wanted) -> Wanted:
        """What a row wants after its next window, judged by the run that starts when ready."""
        fallen, run = wanted.fallen, self.begun(row, wanted.ready, wanted)
        if fallen is None or not self.hits.judge(row, fallen, run.start, run.finish):
            return wanted
        work = with_delays(fallen.work, [delay for delay, _, _ in wanted.met])
        return self._asking(row, done, replace(wanted, work=work))

    def begin(self, row: int, wanted: Wanted) -> State:
        """A row that starts, with all that arrives while it runs (rule 17)."""
        fallen, state = wanted.fallen, self.begun(row, wanted.ready, wanted)
        if fallen is not None:
            self.hits.fallen[row] = fallen
        for at in self.hits.due(row, state.start):
            if at[0] >= state.finish:
                break
            self.hits.arrive(row, fallen, at)
            if fallen is not None:
                work = with_delays(fallen.work, [delay for delay, _, _ in wanted.met])
                end = self._done(row, state.start, work)
                state = self._ending(row, state.start, end, replace(wanted, work=work))
        return state

    def begun(self, row: int, ready: float, wanted: Wanted) -> State:
        """A present row that waits no longer at `ready`: where it starts, and where it ends."""
        return self._ending(row, *self._begun(row, ready, wanted.work), wanted)

    def _ending(self, row: int, start: float, done: float, wanted: Wanted) -> State:
        """A row by its start and the end of its own work."""
        meetings = self._meetings(row, done)
        finish = meetings[-1] if meetings else done
        work, waits = wanted.work, 0.0
        if meetings:
            work = self.work_between(row, start, finish)
            again = self.network.unfolding.board_tasks[row].again
            waits = work - wanted.work - (len(meetings) - 1) * again
        return State(
            start, finish, True, work, wanted.asked, False, wanted.version, wanted.over, done,
            meetings, waits,
        )  # fmt: skip

    def _done(self, row: int, start: float, work: float) -> float:
        """When work is done that goes on from a start."""
        calendar = self._calendar(row)
        if calendar is None or work <= 0:
            return start + work
        return calendar.finish_at(calendar.work_at(start) + work)

    def _version(self, row: int, done: int, met: list[Amounts], known: float) -> int:
        """The version of the dated mitigations that are in force when a row would start."""
        versions = self.durations.versions.get(row)
        if versions is None:
            return 0
        return bisect_right(versions.thresholds.tolist(), self.judged(row, done, met, known)[1])

    def judged(
        self, row: int, done: int, met: list[Amounts], known: float = -math.inf
    ) -> tuple[float, float]:
        """When a row is ready and starts, before mitigations and hits that are not settled yet."""
        versions = self.durations.versions.get(row)
        work = self._work(row) if versions is None else float(versions.work[0, self.iteration])
        asked = self._asked(row, work, done)
        ready = max(self._waited(row, asked, *self._common_waits(row, met)), known)
        return ready, self._begun(row, ready, work)[0]

    def amounts(self, hit: FirstHit, candidate: int, begins: float) -> Amounts:
        """What a hit does to a candidate that starts then."""
        at = bisect_right(hit.thresholds.tolist(), begins), candidate, self.iteration
        return float(hit.delay[at]), float(hit.elapsed[at]), float(hit.working[at])

    def stopped(self, row: int, state: State, end: float, done: int) -> State:
        """A row as a stop leaves it (rule 6)."""
        begins_then = state.start == end and (state.work > 0 or self._halted(row, done))
        if not state.exists or (state.start <= end and state.finish <= end and not begins_then):
            return state
        if state.start > end or begins_then:
            return self.kept_from_starting(row, state, done)
        work = self.work_between(row, state.start, end)
        self.hits.keep_until(row, end)
        return replace(state, finish=end, work=work, stopped=True)

    def kept_from_starting(self, row: int, state: State, done: int) -> State:
        """A row that a stop makes absent."""
        passed = self._passed_on(row, done)
        self.hits.keep_until(row, -math.inf)
        return replace(state, start=passed, finish=passed, exists=False, work=0.0, stopped=True)

    def span(self, row: int, done: int) -> State:
        """A span: from the first start to the last finish of the rows that exist (rule 8)."""
        pairs = [
            (self.seen(base, SS, done), self.seen(last, FF, done))
            for base, last in self.network.spanned.get(row, ())
        ]
        present = [pair for pair in pairs if pair[0].exists]
        if not present or not self.exists(row, done):
            return State(0.0, 0.0, False, 0.0, 0.0)
        start = min(first.start for first, _ in present)
        finish = max(last.finish for _, last in present)
        return State(start, finish, True, self.work_between(row, start, finish), start)

    def exists(self, row: int, done: int) -> bool:
        """Whether a row is there as far as branches, rework and conditions go (rule 9)."""
        conditions = self.network.unfolding.conditions.get(row, ())
        drawn = bool(self.durations.exists[row, self.iteration])
        return drawn and all(self._met(each, done) == each.holds for each in conditions)

    def _met(self, condition: RowCondition, done: int) -> bool:
        if not self.seen(condition.present, SS, done).exists:
            return False
        read = self.seen(condition.read, FS if condition.finish else SS, done)
        instant = read.finish if condition.finish else read.start
        return instant > condition.date if condition.after else instant < condition.date

    def work_between(self, row: int, start: float, finish: float) -> float:
        """Working time of a row between two instants."""
        calendar = self._calendar(row)
        if calendar is None:
            return finish - start
        return calendar.work_at(finish) - calendar.work_at(start)

    def _work(self, row: int) -> float:
        return float(self.durations.work[row, self.iteration])

    def _calendar(self, row: int) -> SpellCalendar | None:
        index = int(self.network.rows.calendar[row])
        return None if index == NONE else self.calendars[index]

    def _link_instants(self, row: int, done: int, *, lags: bool) -> Iterator[tuple[int, float]]:
        """Each link into a row: its kind and the instant it asks for (rule 1)."""
        links = self.network.links
        for link, pred in self.links[row]:
            kind = int(links.kind[link])
            state = self.seen(pred, kind, done)
            instant = state.finish if kind in (FS, FF) else state.start
            base = int(links.share_of[link])
            whole = state if base == pred else self.seen(base, SS, done)
            lag = self._lag(link, whole.work) if lags else 0.0
            if lag != 0:
                instant = self.calendars[links.calendar[link]].shift(instant, lag)
            yield kind, instant

    def _lag(self, link: int, pred_work: float) -> float:
        links = self.network.links
        if links.lag_variable[link] != NONE:
            drawn = float(self.durations.lags[links.lag_variable[link], self.iteration])
            return float(round(drawn * pred_work)) if links.lag_drawn_share[link] else drawn
        share = float(links.lag_share[link])
        return float(links.lag[link]) if np.isnan(share) else float(round(share * pred_work))

    def _halted(self, row: int, done: int) -> bool:
        """Whether something that a row waits for was stopped."""
        kinds = self.network.links.kind
        return any(
            self.seen(pred, int(kinds[link]), done).stopped for link, pred in self.links[row]
        )

    def _passed_on(self, row: int, done: int) -> float:
        """The latest instant that the links of an absent row ask for (rule 7)."""
        return max([0.0, *(at for _, at in self._link_instants(row, done, lags=False))])

    def _asked(self, row: int, work: float, done: int) -> float:
        """The instant that links and constraints ask for (rule 2)."""
        rows = self.network.rows
        start, finish = max(0.0, float(rows.start_floor[row])), float(rows.finish_floor[row])
        for floored, is_finish, variable in self.network.floor_variables:
            date = float(self.durations.dates[variable, self.iteration])
            if floored == row and is_finish:
                finish = max(finish, date)
            elif floored == row:
                start = max(start, date)
        for kind, instant in self._link_instants(row, done, lags=self.exists(row, done)):
            if kind in (FS, SS):
                start = max(start, instant)
            else:
                finish = max(finish, instant)
        if finish != -np.inf:
            start = self._moved_by_finish(row, work, start, finish)
        if rows.finish_cap[row] != np.inf:
            start = min(start, self._latest_start(row, work, float(rows.finish_cap[row])))
        return min(start, float(rows.start_cap[row]))

    def _moved_by_finish(self, row: int, work: float, start: float, finish: float) -> float:
        """The start bound, or where the finish bound puts the start if that is more work on."""
        calendar = self._calendar(row)
        if calendar is not None and work > 0:
            done_by_start = calendar.work_at(start)
            if done_by_start >= calendar.work_at(finish) - work:
                return start
        return max(start, self._latest_start(row, work, finish))

    def _latest_start(self, row: int, work: float, finish: float) -> float:
        """Where a row begins that ends its work at `finish`."""
        calendar = self._calendar(row)
        if calendar is None or work <= 0:
            return finish - work
        return calendar.start_at(calendar.work_at(finish) - work)

    def _waited(self, row: int, instant: float, elapsed: float, working: float) -> float:
        """An instant moved by waits, first on the clock, then in working time (rule 3)."""
        calendar = self._calendar(row)
        if calendar is None:
            calendar = self.calendars[self.network.rows.unit_calendar[row]]
        return calendar.shift(instant + elapsed, working)

    def _common_waits(self, row: int, met: list[Amounts]) -> tuple[float, float]:
        """Elapsed and working waits: a row's own, and of hits that it was the first to meet."""
        elapsed, working = 0.0, 0.0
        waits = self.durations.waits.get(row)
        if waits is not None and waits.elapsed is not None:
            elapsed += float(waits.elapsed[self.iteration])
        if waits is not None and waits.working is not None:
            working += float(waits.working[self.iteration])
        for _, more_elapsed, more_working in met:
            elapsed, working = elapsed + more_elapsed, working + more_working
        return elapsed, working

    def _begun(self, row: int, ready: float, work: float) -> tuple[float, float]:
        """Start of a row that waits no longer, and when its work is done (rules 5 and 10)."""
        calendar, snap = self._calendar(row), int(self.network.rows.snap[row])
        if calendar is not None and work > 0:
            position = calendar.work_at(ready)
            if row in self.network.unfolding.unbroken:
                position = calendar.fitting(position, work)
            return calendar.start_at(position), calendar.finish_at(position + work)
        if snap != NONE:
            instants = self.calendars[snap]
            ready = instants.start_at(instants.work_at(ready))
        return ready, ready + work

    def _meetings(self, row: int, done: float) -> tuple[float, ...]:
        """The meetings that a row of a board goes to; all refuse but the last (rule 11)."""
        task = self.network.unfolding.board_tasks.get(row)
        if task is None:
            return ()
        board = self.network.unfolding.boards[task.board]
        refusals = 0.0
        if task.refusals != NONE:
            refusals = float(self.durations.dates[task.refusals, self.iteration])
        attended: list[int] = []
        ready = done
        while len(attended) <= refusals:
            later = range(attended[-1] + 1 if attended else 0, len(board.meetings))
            caught = next((k for k in later if board.cutoffs[k] >= ready), None)
            if caught is None:
                raise RunError(
                    f"board {board.name}: a task is ready after its last meeting; give it later"
                    " meetings"
                )
            attended.append(caught)
            ready = self._after_more_work(row, float(board.meetings[caught]), task.again)
        return tuple(float(board.meetings[k]) for k in attended)

    def _after_more_work(self, row: int, meeting: float, again: float) -> float:
        calendar = self._calendar(row)
        return meeting + again if calendar is None else calendar.shift(meeting, again)
