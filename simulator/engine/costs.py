"""What a block costs: every flow spread over the months, so that the total is their sum."""

from dataclasses import dataclass

import numpy as np

from simulator.engine.draws import Draws
from simulator.engine.finishes import last_finish, program_stop, project_stop
from simulator.engine.ledger import BY_MONTH, Ledger
from simulator.engine.overlap import overlaps, within
from simulator.engine.peaks import most_held
from simulator.engine.positions import positions_of
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.compile import Plan
from simulator.plan.context import Operand
from simulator.plan.flows import (
    END,
    EVEN,
    FIXED,
    START,
    CostLinePlan,
    Instant,
    RetainedPool,
    RiskCost,
    RowCost,
)
from simulator.plan.plan import NONE, Bools
from simulator.plan.work_calendar import Floats
from simulator.scenario.units import DAYS_PER_YEAR, MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Costs:
    """Money of a block of iterations, in the scenario's currency, escalated.

    `total` (N,) is the sum of `cash` (M, N) over the months in order; `accounts` (A, N) is what
    was booked for each account of the plan.
    """

    total: Floats
    cash: Floats
    accounts: Floats
    present_value: Floats | None


def costs_of(
    plan: Plan, draws: Draws, durations: Durations, schedule: Schedule, finish: Floats
) -> Costs:
    """Cost every iteration; `finish` (N,) is infinite where the program never finishes."""
    if not plan.money.accounts:
        return _nothing(plan, draws.iterations)
    return _Flows(plan, draws, durations, schedule, finish).costs()


def _nothing(plan: Plan, count: int) -> Costs:
    """The costs of a plan without money: nothing in its first month."""
    value = None if plan.money.discount is None else np.zeros(count)
    return Costs(np.zeros(count), np.zeros((1, count)), np.zeros((0, count)), value)


class _Flows:
    """Evaluates the flows of the plan and books them."""

    def __init__(
        self,
        plan: Plan,
        draws: Draws,
        durations: Durations,
        schedule: Schedule,
        finish: Floats,
    ) -> None:
        self.plan, self.draws, self.durations, self.schedule = plan, draws, durations, schedule
        self.count = draws.iterations
        self.each = np.arange(self.count)
        self.last = last_finish(plan.network, schedule)
        self.stop = program_stop(durations, schedule)
        """Costs count up to here where the program is stopped."""
        self.finish = np.where(np.isfinite(finish), finish, np.minimum(self.last, self.stop))
        latest = max(float(np.max(schedule.finish, initial=0.0)), self._latest_date(), 0.0)
        self.months = plan.money.months.of(latest) + 1
        shape = (len(plan.money.accounts), self.count)
        self.ledger = Ledger(plan.network, plan.money.months, self._prices(), shape)
        self.position = positions_of(plan.network, schedule)

    def costs(self) -> Costs:
        """Book everything, then add up the months in order."""
        money = self.plan.money
        self._rows()
        for pool in money.retained:
            self._retain(pool)
        for line in money.lines:
            self._line(line)
        for risk in money.risks:
            self._risk(risk)
        for account, operand, clock in money.mitigations:
            at = np.full(self.count, clock)
            self.ledger.point([(account, self._until_stop(self._full(operand), at))], at)
        self._penalty()
        self.ledger.escalate()
        total = np.zeros(self.count)
        for month in self.ledger.cash:
            total += month
        return Costs(total, self.ledger.cash, self.ledger.accounts, self._present_value())

    def _full(self, operand: Operand) -> Floats:
        value = self.draws.of(operand)
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (self.count,))

    def _until_stop(self, amount: Floats, at: Floats, present: Bools | None = None) -> Floats:
        counts = at <= self.stop if present is None else (at <= self.stop) & present
        return np.where(counts, amount, 0.0)

    def _latest_date(self) -> float:
        money = self.plan.money
        dates = [clock for _, _, clock in money.mitigations]
        dates += [float(np.max(self.draws.of(r.at))) for r in money.risks if r.at is not None]
        for line in money.lines:
            dates += [at.clock for at in (line.at, line.begin, line.end) if at and at.row == NONE]
        return max(dates, default=0.0)

    def _prices(self) -> tuple[Floats | float, ...]:
        """The price factor of each month."""
        spec = self.plan.money.escalation
        if spec is None:
            return (1.0,) * self.months
        if self.draws.deterministic or spec.variable == NONE:
            return spec.central[: self.months]
        u = self.draws.values[spec.variable]
        return tuple(law.apply(u) for law in spec.laws[: self.months])

    def _present_value(self) -> Floats | None:
        """Cash discounted from the middle of each month to the program's start."""
        rate = self.plan.money.discount
        if rate is None:
            return None
        bounds = self.plan.money.months.bounds[: self.months + 1]
        middles = (bounds[:-1] + bounds[1:]) / 2 / (DAYS_PER_YEAR * MS_PER_DAY)
        value = np.zeros(self.count)
        for month, years in zip(self.ledger.cash, middles, strict=True):
            value += month * float((1.0 + rate) ** -max(years, 0.0))
        return value

    def _rows(self) -> None:
        """Money of rows; what one row spends in the same way is spread in one go."""
        calendars = self.plan.network.rows.calendar
        for (row, accrues, by_clock), costs in ways_of(self.plan):
            calendar = NONE if by_clock else int(calendars[row])
            start, finish = self.schedule.start[row], self.schedule.finish[row]
            if accrues != EVEN:
                bookings = [(cost.account, self._amount(cost)) for cost in costs]
                self.ledger.point(bookings, start if accrues == START else finish)
                continue
            first = self.position[row]
            working = None if calendar < 0 else (first, first + self.schedule.work[row])
            rates = [(cost.account, self._rate(cost)) for cost in costs if is_rate(cost)]
            amounts = [(cost.account, self._amount(cost)) for cost in costs if not is_rate(cost)]
            self.ledger.spread(rates, amounts, start, finish, calendar, working)

    def _rate(self, cost: RowCost) -> Floats:
        return np.where(self.schedule.exists[cost.row], self._full(cost.operand), 0.0)

    def _amount(self, cost: RowCost) -> Floats:
        schedule, row = self.schedule, cost.row
        amount = self._full(cost.operand)
        if cost.per == "work":
            amount = amount * schedule.work[row]
        elif cost.per == "clock":
            amount = amount * (schedule.finish[row] - schedule.start[row])
        elif cost.per == "month":
            months = self.plan.money.months
            lasting = months.position(schedule.finish[row]) - months.position(schedule.start[row])
            amount = amount * lasting
        elif cost.kind == FIXED and schedule.stopped is not None and cost.accrues != START:
            amount = amount * self._done(row, schedule.stopped[row], cost.accrues)
        return np.where(schedule.exists[row], amount, 0.0)

    def _done(self, row: int, cut: Bools, accrues: str) -> Floats:
        """The share of a fixed cost that has accrued where a stop cut its row short."""
        planned = self.durations.work[row]
        versions = self.durations.versions.get(row)
        if versions is not None:
            planned = versions.work[self.schedule.chosen[row], self.each]
        done = self.schedule.work[row]
        share = np.divide(done, planned, out=np.ones(self.count), where=planned > 0)
        return np.where(cut, 0.0 if accrues == END else np.minimum(share, 1.0), 1.0)

    def _retain(self, pool: RetainedPool) -> None:
        """Its capacity, or the most held at once, paid from the first to the last need."""
        schedule = self.schedule
        busy = schedule.exists[pool.rows] & (schedule.work[pool.rows] > 0)
        starts = np.where(busy, schedule.start[pool.rows], np.inf)
        finishes = np.where(busy, schedule.finish[pool.rows], -np.inf)
        needed = busy.any(axis=0)
        begin = np.where(needed, starts.min(axis=0), 0.0)
        end = np.where(needed, finishes.max(axis=0), 0.0)
        each, calendar = self._full(pool.operand), _clock_of(pool.per, pool.calendar)
        for since, until, units in pool.capacity:
            first, last = np.clip(begin, since, until), np.clip(end, since, until)
            self.ledger.window(pool.account, units * each, first, last, calendar)
        if not pool.capacity:
            rate = most_held(starts, finishes, pool.units) / 1000.0 * each
            self.ledger.window(pool.account, rate, begin, end, calendar)

    def _line(self, line: CostLinePlan) -> None:
        value = self._full(line.operand)
        if line.at is not None:
            at, present = self._when(line.at)
            self.ledger.point([(line.account, self._until_stop(value, at, present))], at)
            return
        first, last = self._extent(line.project)
        schedule = self.schedule
        begin = first if line.begin is None else self._when(line.begin)[0]
        end = last if line.end is None else self._when(line.end)[0]
        stop = self.stop
        if line.project != NONE:
            members = self.plan.network.rows.project == line.project
            stop = np.minimum(stop, project_stop(self.durations, schedule, members))
        begin, end = np.minimum(begin, stop), np.minimum(end, stop)
        if line.per:
            calendar = _clock_of(line.per, line.calendar)
            self.ledger.window(line.account, value, begin, end, calendar)
        else:
            end = np.maximum(begin, end)
            self.ledger.spread([], [(line.account, value)], begin, end, NONE)

    def _when(self, instant: Instant) -> tuple[Floats, Bools]:
        """The clock time of an instant, and whether it comes at all."""
        if instant.row == NONE:
            return np.full(self.count, instant.clock), np.ones(self.count, dtype=bool)
        times = self.schedule.finish if instant.finish else self.schedule.start
        return times[instant.row], self.schedule.exists[instant.base]

    def _extent(self, project: int) -> tuple[Floats, Floats]:
        """From the program's start, or a project's first start, to the end of its last task."""
        if project == NONE:
            return np.zeros(self.count), self.last
        rows = self.plan.network.rows
        own = (rows.project == project) & ~rows.span
        present = self.schedule.exists[own]
        last = np.where(present, self.schedule.finish[own], 0.0).max(axis=0)
        first = np.where(present, self.schedule.start[own], np.inf).min(axis=0)
        return np.minimum(first, last), last

    def _risk(self, cost: RiskCost) -> None:
        """Once an occurrence: at its date, at the start of the first row hit, or at the end."""
        schedule = self.schedule
        if cost.rate != NONE:
            self._arriving(cost)
            return
        at = self.last
        present: Bools = np.ones(self.count, dtype=bool)
        if cost.at is not None:
            at = np.rint(self._full(cost.at))
        if cost.window is not None and not len(cost.rows):
            present = self._overlaps_program(cost.window)
            if cost.stop != NONE and schedule.stop_at is not None:
                present = np.isfinite(schedule.stop_at[cost.stop])
        elif len(cost.rows) and (cost.at is None or cost.window is not None):
            starts = self._hit_starts(cost)
            present = np.asarray(np.isfinite(starts).any(axis=0))
            if cost.at is None:
                at = np.where(present, starts.min(axis=0), 0.0)
        self._charge(cost, at, present)

    def _overlaps_program(self, window: tuple[float, float]) -> Bools:
        return overlaps(np.zeros(self.count), self.last, window)

    def _hit_starts(self, cost: RiskCost) -> Floats:
        """When a cost's hit falls on each of its rows (K, N), +inf where it does not."""
        schedule, rows = self.schedule, cost.rows
        exists = self.durations.exists if cost.stops and cost.stop == NONE else schedule.exists
        starts = np.where(exists[rows] & self._fell(cost), schedule.start[rows], np.inf)
        if cost.stop == NONE or schedule.stopped is None or schedule.stop_at is None:
            return starts
        kept_away = schedule.stopped[rows] & ~schedule.exists[rows]
        return np.where(kept_away, schedule.stop_at[cost.stop], starts)

    def _charge(self, cost: RiskCost, at: Floats, present: Bools) -> None:
        """Book what is left of a risk's cost under the mitigations in force by then."""
        effects = self.plan.effects
        epoch = np.searchsorted(effects.thresholds, at, side="right")
        if cost.rate == NONE:
            present = present & self.draws.occurs[epoch, cost.risk, self.each]
        amount = self._full(cost.operand) * effects.risks[cost.risk].effects[epoch]
        self.ledger.point([(cost.account, self._until_stop(amount, at, present))], at)

    def _fell(self, cost: RiskCost) -> Bools:
        """On which rows of its hit a cost falls, (K, N); judged by how they ran where it is all."""
        schedule, rows = self.schedule, cost.rows.tolist()
        found = np.ones((len(rows), self.count), dtype=bool)
        if cost.window is None:
            return found
        for k, (row, place) in enumerate(zip(rows, cost.places, strict=True)):
            if place != NONE and row in schedule.fell:
                found[k] = schedule.fell[row][place]
            else:
                found[k] = overlaps(schedule.start[row], schedule.finish[row], cost.window)
        return found

    def _arriving(self, cost: RiskCost) -> None:
        """The cost of a rate's hit, once with each arrival."""
        for arrival in self.schedule.arrivals[cost.rate] if self.schedule.arrivals else ():
            comes = np.isfinite(arrival)
            if cost.window is not None:
                comes = comes & within(arrival, cost.window)
            if comes.any():
                self._charge(cost, np.where(comes, arrival, 0.0), comes)

    def _penalty(self) -> None:
        """Money per time after its date, until the finish or until its cap is reached."""
        penalty = self.plan.money.penalty
        if penalty is None:
            return
        begin, _ = self._when(penalty.after)
        late = np.maximum(self.finish, begin)
        rate = self._full(penalty.operand)
        if penalty.per == "clock":
            owed = rate * (late - begin)
        elif penalty.per == "month":
            months = self.plan.money.months
            owed = rate * (months.position(late) - months.position(begin))
        else:
            table = self.plan.network.calendar(penalty.calendar)
            owed = rate * (table.work_at(late) - table.work_at(begin))
        capped = np.minimum(owed, penalty.cap)
        reached = np.divide(capped, owed, out=np.ones(self.count), where=owed > 0)
        until = begin + (late - begin) * reached
        self.ledger.spread([], [(penalty.account, capped)], begin, until, NONE)


def is_rate(cost: RowCost) -> bool:
    """Whether a row's cost is so much a unit of the very time that it is spread over."""
    return cost.accrues == EVEN and cost.per in {"work", "clock"}


def ways_of(plan: Plan) -> list[tuple[tuple[int, str, bool], list[RowCost]]]:
    """What is booked in one go: costs of a row that accrue alike, by the clock or by its own time.

    Rates come before amounts, and first of all what is spent at known rates only.
    """
    calendars = plan.network.calendars
    own_time = [c != NONE and not calendars[c].always for c in plan.network.rows.calendar.tolist()]
    ways: dict[tuple[int, str, bool], list[RowCost]] = {}
    for cost in plan.money.rows:
        by_clock = cost.per == "clock" and own_time[cost.row]
        ways.setdefault((cost.row, cost.accrues, by_clock), []).append(cost)
    for costs in ways.values():
        costs.sort(key=lambda cost: not is_rate(cost))
    return sorted(ways.items(), key=lambda each: not at_known_rates(*each))


def at_known_rates(way: tuple[int, str, bool], costs: list[RowCost]) -> bool:
    """Whether all that a row spends in one way are rates of its own time that are not drawn."""
    return not way[2] and all(is_rate(cost) and cost.operand.is_fixed for cost in costs)


def _clock_of(per: str, calendar: int) -> int:
    """What a flow's time is counted in: the clock, months, or a calendar's working time."""
    return {"clock": NONE, "month": BY_MONTH}.get(per, calendar)
