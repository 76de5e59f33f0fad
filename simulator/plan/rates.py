"""Rates compiled: arrivals while a task runs, as many as could ever come, and what they hit."""

from dataclasses import dataclass

import numpy as np
import scipy

from simulator.plan.calendars import hours_of
from simulator.plan.context import Compilation, Operand
from simulator.plan.gates import risk_status
from simulator.plan.plan import FS, NONE, SS, Ints, Network
from simulator.plan.targets import DELAY, FACTOR, Target, Terms
from simulator.plan.windows import bounds_of
from simulator.plan.work import WorkPlan
from simulator.scenario.distributions import Exponential
from simulator.scenario.risks import Hit, Risk
from simulator.scenario.selectors import full_id
from simulator.scenario.units import HOURS_OF_ELAPSED, MS_PER_HOUR, MS_PER_MONTH, Rate

PLAUSIBLE = 0.9999
"""The chance with which work, factors and delays stay below what counts as the longest run."""
_MARGIN = 3.0
_MISSED = 1e-9
_MOST = 2_000
_SCORE = 3.719016485455709
"""The normal score of `PLAUSIBLE`."""


@dataclass(frozen=True, slots=True)
class RatePlan:
    """Arrivals while a row runs: `gaps` are the variables of the time from one to the next.

    Time is working time of a calendar, `NONE` for the clock.
    """

    id: str
    risk: int
    row: int
    gaps: tuple[int, ...]
    calendar: int
    window: tuple[float, float]
    """What arrives outside does not happen."""


@dataclass(frozen=True, slots=True)
class RateEffect:
    """What each arrival does to rows: to the one during which it comes, or to those after it."""

    name: str
    rate: int
    risk: int
    rows: Ints
    terms: Terms
    window: tuple[float, float]
    """What arrives outside does nothing of this."""


@dataclass(frozen=True, slots=True)
class Plausible:
    """How long a row may plausibly run: estimate, class and factors each at `PLAUSIBLE`."""

    compilation: Compilation
    network: Network
    work: WorkPlan
    factors: list[tuple[Ints, Operand]]

    def of(self, operand: Operand) -> float:
        """The value that an operand stays below."""
        if operand.is_fixed:
            return operand.fixed
        variable = self.compilation.variables[operand.variable]
        u = _SCORE if variable.score else PLAUSIBLE
        return float(variable.law.apply(np.array([u]))[0]) * operand.scale

    def work_of(self, row: int) -> float:
        """Milliseconds of work."""
        work = self.work
        longest = float(work.fixed[row])
        if work.variable[row] != NONE:
            longest = self.of(Operand(np.nan, int(work.variable[row]), float(work.scale[row])))
        if work.class_variable[row] != NONE:
            longest *= self.of(Operand(np.nan, int(work.class_variable[row])))
        longest *= float(work.class_fixed[row])
        for rows, operand in self.factors:
            if row in rows:
                longest *= max(1.0, self.of(operand))
        return longest

    def run_of(self, row: int, work: float) -> float:
        """Milliseconds on the clock that so much work may take, wherever it starts."""
        index = int(self.network.rows.calendar[row])
        lasting = work
        if index != NONE:
            calendar = self.network.calendar(index)
            begins = calendar.work[:-1]
            lasting = float(np.max(calendar.finish_at(begins + work) - calendar.starts[:-1]))
        board = self.network.unfolding.board_tasks.get(row)
        if board is not None:
            meetings = self.network.unfolding.boards[board.board].meetings
            lasting += float(np.max(np.diff(meetings), initial=0.0))
        return lasting


def rate_of(
    plausible: Plausible, risk: tuple[int, str], spec: Risk, hits: list[RateEffect]
) -> RatePlan:
    """Compile a rate: a variable for each arrival that may come.

    So many that a run three times as long as the longest plausible one, with what arrives itself
    adding to it, needs more with a chance of 1e-9. `risk` is its number and id.
    """
    compilation, network = plausible.compilation, plausible.network
    number, risk_id = risk
    during = full_id(compilation.scenario, str(spec.during))
    row = next(task.base for task in network.tasks if task.id == during)
    calendar = NONE
    rate = spec.rate or Rate(0.0, "mo")
    if row in network.facts or risk_status(compilation.scenario, risk_id) == "closed":
        rate = Rate(0.0, rate.per)
    if rate.per == "mo":
        per = MS_PER_MONTH
    elif rate.per in HOURS_OF_ELAPSED:
        per = HOURS_OF_ELAPSED[rate.per] * MS_PER_HOUR
    else:
        unit = network.calendar(int(network.rows.unit_calendar[row]))
        per, calendar = hours_of(unit, rate.per) * MS_PER_HOUR, int(network.rows.calendar[row])
    count = 0
    if rate.value > 0:
        count = _most(plausible, row, (rate.value / per, calendar), hits)
    if count == 0 and rate.value > 0:
        problem = f"so many arrivals may come while `{during}` runs that it may never end"
        expected = f"expected at most {_MOST:,} in a long run: a lower rate, or hits that add less"
        compilation.faults.append((("risks", risk_id, "rate"), f"{problem}; {expected}"))
    gaps = tuple(
        compilation.variable(f"risks.{risk_id}/arrival.{k}", Exponential(per / rate.value))
        for k in range(1, count + 1)
    )
    return RatePlan(risk_id, number, row, gaps, calendar, bounds_of(compilation, spec.when))


def _own(plausible: Plausible, row: int, hit: RateEffect) -> tuple[float, float]:
    """The factor on the row itself of one arrival, and its delay."""
    place = hit.rows.tolist().index(row)
    found = {kind: plausible.of(operands[place]) for kind, operands in hit.terms}
    return max(1.0, found.get(FACTOR, 1.0)), max(0.0, found.get(DELAY, 0.0))


def _most(plausible: Plausible, row: int, rate: tuple[float, int], hits: list[RateEffect]) -> int:
    """How many arrivals may come; 0 where the longest run has no end, or they are too many.

    The longest run lasts as long as the work that it has with the arrivals of such a run. `rate`
    is arrivals per millisecond, of a calendar.
    """
    per_ms, calendar = rate
    own = [_own(plausible, row, hit) for hit in hits if row in hit.rows]
    factor = float(np.prod([each[0] for each in own]))
    delay = float(np.sum([each[1] for each in own]))
    first = plausible.work_of(row)
    work = first
    for _ in range(200):
        lasting = plausible.run_of(row, work) if calendar == NONE else work
        expected = per_ms * lasting
        if expected > _MOST or work > 100.0 * first:
            return 0
        grown = first * factor**expected + delay * expected
        if grown <= work * (1.0 + 1e-6):
            break
        work = grown
    mean = _MARGIN * expected
    counts = np.arange(1, _MOST + 1)
    enough = scipy.special.pdtrc(counts - 1, mean) <= _MISSED
    return int(counts[np.argmax(enough)]) if enough.any() else 0


@dataclass(frozen=True, slots=True)
class Behind:
    """Which tasks never start before another one's finish; `lags` are the drawn lags' variables."""

    compilation: Compilation
    network: Network
    lags: tuple[int, ...]

    def refuse_others(self, row: int, target: Target, hit: Hit) -> None:
        """Note the tasks of a rate's hit that may run before all its arrivals are known."""
        network, faults = self.network, self.compilation.faults
        during = network.tasks[int(network.rows.task[row])].id
        base = {task.id: task.base for task in network.tasks}
        for task in target.tasks:
            if task == during and hit.wait is not None:
                problem = f"`{task}` runs when the rate hits it and cannot wait"
                faults.append((target.path, f"{problem}; expected a `delay`"))
            elif task != during and not self._waits(base[task], row):
                problem = f"`{task}` may run before `{during}` and its arrivals are over"
                expected = f"`{during}` itself, or tasks after it by FS links without leads"
                faults.append((target.path, f"{problem}; expected {expected}"))

    def _waits(self, row: int, finished: int) -> bool:
        """Whether a row waits for another one's finish."""
        links = self.network.links
        stack, seen = [row], {row}
        while stack:
            for link in links.into(stack.pop()):
                pred, kind = int(links.pred[link]), links.kind[link]
                if not self._forward(link):
                    continue
                if pred == finished and kind == FS:
                    return True
                if pred not in seen:
                    seen.add(pred)
                    stack.append(pred)
        return False

    def _forward(self, link: int) -> bool:
        """Whether a link never lets its successor start before its predecessor does."""
        links, drawn = self.network.links, int(self.network.links.lag_variable[link])
        lag = links.lag[link] if np.isnan(links.lag_share[link]) else links.lag_share[link]
        if drawn != NONE:
            lag = self.compilation.lowest(Operand(np.nan, self.lags[drawn]))
        return bool(links.kind[link] in (FS, SS) and lag >= 0)
