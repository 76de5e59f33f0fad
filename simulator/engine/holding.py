"""What held rows back besides pools and boards, all iterations of a block at once.

A row may start once links and dates let it, its waits by hits are over, and, unbroken, its work
fits. From the instant that its links ask for to there each stretch is charged to what caused it: to
its date, then to hits in the order in which waits pass (rules 3, 4 and 16 of
`simulator.engine.schedule`), then to the window. All of it is working time of the row, that of its
units of time where it runs on the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.engine.draws import Draws
from simulator.engine.durations import amount_of, varying_risks
from simulator.engine.overlap import within
from simulator.engine.placing import Placing
from simulator.engine.schedule import Amounts, Durations, Schedule
from simulator.engine.unbroken import fit
from simulator.plan.compile import Plan
from simulator.plan.effects import EffectPlan
from simulator.plan.plan import NONE, Bools, Network
from simulator.plan.targets import WAIT_ELAPSED, WAIT_WORKING, Terms
from simulator.plan.work_calendar import Floats, WorkCalendar

RISK, WINDOW, DATE = "risk", "window", "date"
_WAITS = frozenset({WAIT_ELAPSED, WAIT_WORKING})
_DATES = ("start_no_earlier_than", "must_start")


@dataclass(frozen=True, slots=True)
class Held:
    """How long (N,) a row was held back in milliseconds, and by what.

    `id` is that of a risk, the name of the calendar whose window was waited for, or the constraint
    that set the date.
    """

    row: int
    kind: str
    id: str
    time: Floats


@dataclass(slots=True)
class _Waits:
    """Waits that pass together: those on the clock first, each (risk, milliseconds (N,))."""

    elapsed: list[tuple[int, Floats]] = field(default_factory=list)
    working: list[tuple[int, Floats]] = field(default_factory=list)

    def add(self, kind: str, risk: int, time: Floats) -> None:
        (self.elapsed if kind == WAIT_ELAPSED else self.working).append((risk, time))


def may_hold(plan: Plan) -> bool:
    """Whether something in a plan may hold rows back besides pools and boards."""
    effects, inside = plan.effects, plan.effects.inside
    terms: list[Terms] = [hit.terms for hit in effects.firsts]
    terms += [hit.terms for hit in inside.windows] + [hit.terms for hit in inside.hits]
    waits = any(effect.kind in _WAITS for effect in effects.effects)
    waits |= any(kind in _WAITS for each in terms for kind, _ in each)
    return waits or bool(plan.network.unfolding.unbroken) or bool(_dated(plan))


def held_back(plan: Plan, draws: Draws, durations: Durations, schedule: Schedule) -> Iterator[Held]:
    """Everything that held rows back in a block."""
    network = plan.network
    yield from _by_dates(plan, durations, schedule)
    found = _Hits(plan.effects, draws, durations, schedule).rows
    for row in sorted({*found, *network.unfolding.unbroken}):
        left = np.where(schedule.exists[row], _not_for_pools(network, schedule, row), 0.0)
        for held in _of_row(plan, durations, schedule, row, found.get(row, {})):
            time = np.minimum(held.time, left)
            left = left - time
            yield replace(held, time=time)


def _of_row(
    plan: Plan, durations: Durations, schedule: Schedule, row: int, found: dict[int, _Waits]
) -> Iterator[Held]:
    """What held a row back after its dates, whether it then had to wait for pools or not."""
    network, risks = plan.network, plan.effects.risks
    calendar, at = _calendar(network, row), schedule.asked[row]
    for waits in found.values():
        for risk, time in waits.elapsed:
            after = at + time
            passed = calendar.work_at(after) - calendar.work_at(at)
            yield Held(row, RISK, risks[risk].id, passed)
            at = after
        for risk, time in waits.working:
            yield Held(row, RISK, risks[risk].id, time)
        together = sum((time for _, time in waits.working), np.zeros(len(at)))
        at = calendar.shift(at, together)
    if row in network.unfolding.unbroken and network.rows.calendar[row] != NONE:
        position = calendar.work_at(at)
        fits = fit(calendar, position, _own_work(network, durations, schedule, row))
        yield Held(row, WINDOW, calendar.name, fits - position)


def _not_for_pools(network: Network, schedule: Schedule, row: int) -> Floats:
    """What (N,) a row waited at most, but for its pools.

    A hit with a window falls in the row's turn: the wait that it brings may pass, or have passed,
    while pools are short.
    """
    pools, waiting = network.pools, schedule.waiting
    if pools is None or waiting is None or network.rows.calendar[row] == NONE:
        return np.full(schedule.start.shape[1], np.inf)
    calendar = _calendar(network, row)
    waited = calendar.work_at(schedule.start[row]) - calendar.work_at(schedule.asked[row])
    charged = waiting[pools.first[row] : pools.first[row + 1]].sum(axis=0)
    return np.asarray(np.maximum(waited - charged, 0.0))


def _calendar(network: Network, row: int) -> WorkCalendar:
    index = network.rows.calendar[row]
    return network.calendar(int(network.rows.unit_calendar[row] if index == NONE else index))


def _own_work(network: Network, durations: Durations, schedule: Schedule, row: int) -> Floats:
    """The work for which a window was looked for; 0 where a row is absent or was cut short."""
    work, task = schedule.work[row], network.unfolding.board_tasks.get(row)
    if task is not None:
        refusals = 0.0 if task.refusals == NONE else durations.dates[task.refusals]
        work = work - schedule.approval_waits[row] - refusals * task.again
    on = schedule.exists[row]
    if schedule.stopped is not None:
        on = on & ~schedule.stopped[row]
    return np.where(on, work, 0.0)


class _Hits:
    """The waits by hits of each row: those that always hold, those of its version, settled ones."""

    def __init__(
        self, effects: EffectPlan, draws: Draws, durations: Durations, schedule: Schedule
    ) -> None:
        self.effects, self.draws = effects, draws
        self.durations, self.schedule = durations, schedule
        self.each = np.arange(durations.iterations)
        self.rows: dict[int, dict[int, _Waits]] = {}
        varying = varying_risks(effects)
        self._drawn(0, [risk for risk in range(len(effects.risks)) if risk not in varying])
        self._firsts()
        self._drawn(1, sorted(varying))
        self._windows()
        self._rates()
        self.rows = {row: dict(sorted(each.items())) for row, each in self.rows.items()}

    def _add(self, row: int, stage: int, wait: tuple[str, int, Floats]) -> None:
        self.rows.setdefault(row, {}).setdefault(stage, _Waits()).add(*wait)

    def _version(self, row: int, values: np.ndarray) -> np.ndarray:
        """The values (N,) of the version that held."""
        if len(values) == 1:
            return np.asarray(values[0])
        return np.asarray(values[self.schedule.chosen[row], self.each])

    def _drawn(self, stage: int, risks: list[int]) -> None:
        """Hits that need no schedule, or only the version that it chose."""
        own, draws = set(risks), self.draws
        epochs = range(self.effects.epochs if stage else 1)
        for effect in self.effects.effects:
            if effect.kind not in _WAITS or effect.risk not in own:
                continue
            amounts = [
                np.where(
                    draws.occurs[epoch, effect.risk],
                    amount_of(self.effects, draws, effect.kind, effect.operand, effect.risk, epoch),
                    0.0,
                )
                for epoch in epochs
            ]
            for row in effect.rows.tolist():
                time = self._version(row, np.array(amounts))
                self._add(row, stage, (effect.kind, effect.risk, time))

    def _firsts(self) -> None:
        for first, waits in zip(self.effects.firsts, self.schedule.first_waits, strict=True):
            for row in np.unique(waits.row[waits.row != NONE]).tolist():
                won = waits.row == row
                for kind, time in ((WAIT_ELAPSED, waits.elapsed), (WAIT_WORKING, waits.working)):
                    self._add(row, 0, (kind, first.risk, np.where(won, time, 0.0)))

    def _windows(self) -> None:
        place: dict[int, int] = {}
        for window in self.effects.inside.windows:
            for row in window.rows.tolist():
                number = place[row] = place.get(row, -1) + 1
                hit = self.durations.inside.windows[row][number]
                self._settled(row, window.risk, hit.amounts, self.schedule.fell[row][number])

    def _rates(self) -> None:
        rates = self.effects.inside.rates
        for row, hits in self.durations.inside.hits.items():
            for hit in hits:
                arrivals = self.schedule.arrivals[hit.rate]
                came = np.isfinite(arrivals) & within(arrivals, hit.window)
                if rates[hit.rate].row != row:
                    self._settled(row, rates[hit.rate].risk, hit.amounts, came.sum(axis=0))

    def _settled(self, row: int, risk: int, amounts: Amounts, times: Bools | np.ndarray) -> None:
        for kind, amount in ((WAIT_ELAPSED, amounts.elapsed), (WAIT_WORKING, amounts.working)):
            if amount is not None:
                self._add(row, 2, (kind, risk, times * self._version(row, amount)))


def _dated(plan: Plan) -> dict[int, str]:
    """The rows behind links whose tasks have a date for their start, and the constraint."""
    network, tasks, drawn = plan.network, plan.scenario.tasks, plan.network.floor_variables
    floored = {row for row, is_finish, _ in drawn if not is_finish}
    found = {}
    for row in sorted({*np.flatnonzero(network.rows.start_floor > 0).tolist(), *floored}):
        later = row in floored or network.rows.start_floor[row] > network.data_date
        task = tasks[network.tasks[int(network.rows.task[row])].id]
        keys = [key for key in _DATES if getattr(task, key) is not None]
        if keys and later and row not in network.facts and network.links.into(row):
            found[row] = keys[0]
    return found


def _by_dates(plan: Plan, durations: Durations, schedule: Schedule) -> Iterator[Held]:
    """From where links and the data date would let rows start to where their dates do."""
    dated, network = _dated(plan), plan.network
    if not dated:
        return
    floor = network.rows.start_floor.copy()
    floor[list(dated)] = network.data_date
    drawn = tuple(each for each in network.floor_variables if each[1] or each[0] not in dated)
    rows = replace(network.rows, start_floor=floor)
    placing = Placing(replace(network, rows=rows, floor_variables=drawn), durations)
    for name in ("start", "finish", "exists", "work"):
        getattr(placing, name)[:] = getattr(schedule, name)
    for row, key in dated.items():
        calendar = _calendar(network, row)
        free = placing.ask(row, _own_work(network, durations, schedule, row))
        held = calendar.work_at(schedule.asked[row]) - calendar.work_at(free)
        yield Held(row, DATE, key, np.where(schedule.exists[row], np.maximum(held, 0.0), 0.0))
