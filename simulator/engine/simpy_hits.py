"""What is settled inside one iteration: rules 16 and 17 of `simulator.engine.schedule`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.engine.rounding import LONGEST
from simulator.engine.schedule import Amounts, Inside, UnitsOfRate
from simulator.engine.simpy_calendar import SpellCalendar
from simulator.errors import RunError
from simulator.plan.plan import NONE

NEVER = float("inf")


@dataclass(slots=True)
class Fallen:
    """A row's exact work, its delays and settled waits, as far as hits have fallen on it."""

    version: int
    exact: float
    delays: float
    elapsed: float = 0.0
    working: float = 0.0
    factors: list[float] = field(default_factory=list)
    windows: list[bool] = field(default_factory=list)
    """Which of the row's windows have been judged, and whether the hit fell."""

    @property
    def work(self) -> float:
        """Whole milliseconds of work, before the delays of hits on the first of several rows."""
        exact = float(round(min(max(self.exact, 0.0), LONGEST)))
        return max(exact + self.delays, 0.0)


class Change(NamedTuple):
    """Thousandths of units that a pool has more, from one instant to another."""

    pool: int
    begin: float
    end: float
    units: int


def falls_within(start: float, finish: float, begin: float, end: float) -> bool:
    """Whether a run, or an instant, overlaps a window."""
    if finish > start:
        return start < end and finish > begin
    return begin <= start <= end


class Hits:
    """The hits of one iteration, and what has arrived in it."""

    def __init__(self, inside: Inside, iteration: int, calendars: list[SpellCalendar]) -> None:
        self.inside, self.iteration, self.calendars = inside, iteration, calendars
        self.fallen: dict[int, Fallen] = {}
        """What fell on rows that have been placed."""
        self.arrivals: list[list[float]] = [[NEVER] * len(rate.since) for rate in inside.rates]

    def rates_of(self, row: int) -> list[int]:
        """The rates whose arrivals come while a row runs."""
        return [number for number, rate in enumerate(self.inside.rates) if rate.row == row]

    def opened(self, row: int, version: int) -> Fallen | None:
        """A present row before its windows: what it repeats and what arrived elsewhere is in it."""
        exact = self.inside.exact.get(row)
        if exact is None:
            return None
        at = version, self.iteration
        found = Fallen(version, float(exact.work[at]), float(exact.delays[at]))
        if exact.repeats != NONE and exact.share is not None:
            repeated = self.fallen.get(exact.repeats)
            for factor in [] if repeated is None else repeated.factors:
                found.exact *= factor
            found.exact *= float(exact.share[self.iteration])
        for hit in self.inside.hits.get(row, ()):
            if self.inside.rates[hit.rate].row != row:
                came = [at for at in self.arrivals[hit.rate] if at < NEVER]
                self._apply(found, hit.amounts, sum(_within(at, hit.window) for at in came))
        return found

    def windows_left(self, row: int, fallen: Fallen) -> bool:
        """Whether a window of a row has not been judged yet."""
        return len(fallen.windows) < len(self.inside.windows.get(row, ()))

    def judge(self, row: int, fallen: Fallen, start: float, finish: float) -> bool:
        """Judge the next window by a row's run; whether the hit fell."""
        hit = self.inside.windows[row][len(fallen.windows)]
        overlaps = falls_within(start, finish, hit.begin, hit.end)
        fell = overlaps and bool(hit.occurs[fallen.version, self.iteration])
        fallen.windows.append(fell)
        if fell:
            self._apply(fallen, hit.amounts, 1)
        return fell

    def due(self, row: int, start: float) -> list[tuple[float, int, int]]:
        """What may arrive once a row has started: (instant, rate, k), in order."""
        return sorted(
            (self._since(rate, start, k), rate, k)
            for rate in self.rates_of(row)
            for k in range(len(self.arrivals[rate]))
        )

    def arrive(self, row: int, fallen: Fallen | None, at: tuple[float, int, int]) -> None:
        """Let something arrive, and its hits fall on the row that runs.

        Raises
        ------
        RunError
            It is the last that is drawn: there may have been more.
        """
        instant, rate, k = at
        begin, end = self.inside.rates[rate].window
        if instant > end:
            return
        if k == len(self.arrivals[rate]) - 1:
            raise RunError(
                f"risk {self.inside.rates[rate].id}: {k + 1} arrivals or more came while its task"
                " ran, three times as many as in a long run; give it a lower rate, or hits that"
                " add less"
            )
        if instant < begin:
            return
        self.arrivals[rate][k] = instant
        for hit in self.inside.hits.get(row, ()):
            if hit.rate == rate and fallen is not None and _within(instant, hit.window):
                self._apply(fallen, hit.amounts, 1)

    def keep_until(self, row: int, end: float) -> None:
        """Take away what arrives at a row at or after an instant."""
        for rate in self.rates_of(row):
            self.arrivals[rate] = [at if at < end else NEVER for at in self.arrivals[rate]]

    def changes(self) -> list[Change]:
        """The changes of units that no arrival brings (rule 18)."""
        each = self.iteration
        return [
            Change(hit.pool, float(hit.begin[each]), float(hit.end[each]), int(hit.units[each]))
            for hit in self.inside.units
            if hit.begin[each] < NEVER
        ]

    def changes_by(self, row: int) -> list[Change]:
        """The changes of units that the arrivals while a row runs bring."""
        own = self.rates_of(row)
        return [
            self._change(lost, at)
            for lost in self.inside.lost
            if lost.rate in own
            for at in self.arrivals[lost.rate]
            if at < NEVER and _within(at, lost.window)
        ]

    def _change(self, lost: UnitsOfRate, at: float) -> Change:
        lasts = float(lost.lasts[self.iteration])
        version = sum(threshold <= at for threshold in lost.thresholds.tolist())
        end = NEVER
        if lasts < NEVER:
            calendar = lost.calendar
            end = at + lasts if calendar == NONE else self.calendars[calendar].shift(at, lasts)
        return Change(lost.pool, at, end, int(lost.units[version, self.iteration]))

    def _since(self, rate: int, start: float, k: int) -> float:
        spec = self.inside.rates[rate]
        since = float(spec.since[k, self.iteration])
        if spec.calendar == NONE:
            return start + since
        return self.calendars[spec.calendar].shift(start, since)

    def _apply(self, fallen: Fallen, amounts: Amounts, times: int) -> None:
        """Let a hit fall so many times."""
        at = fallen.version, self.iteration
        if amounts.factor is not None:
            own = [float(amounts.factor[at])] * times
            fallen.factors += own
            for factor in own:
                fallen.exact *= factor
        if amounts.delay is not None:
            fallen.delays += times * float(amounts.delay[at])
        if amounts.elapsed is not None:
            fallen.elapsed += times * float(amounts.elapsed[at])
        if amounts.working is not None:
            fallen.working += times * float(amounts.working[at])


def _within(at: float, window: tuple[float, float]) -> bool:
    return window[0] <= at <= window[1]


def with_delays(work: float, delays: Sequence[float]) -> float:
    """Work with the delays of hits that found a row the first to be ready."""
    for delay in delays:
        work = max(work + delay, 0.0)
    return work
