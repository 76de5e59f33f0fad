"""Compiling what the scenario says about money to flows."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from simulator.plan.accounts import Books
from simulator.plan.context import Compilation, Operand, Path, read_only
from simulator.plan.effects import EffectPlan
from simulator.plan.flows import (
    LINE,
    MITIGATION,
    PENALTY,
    POOL,
    RISK,
    CostLinePlan,
    EscalationPlan,
    Instant,
    MoneyPlan,
    PenaltyPlan,
    RetainedPool,
    RiskCost,
)
from simulator.plan.gates import hit_tasks, open_tasks, risk_status
from simulator.plan.laws import ConstantLaw, Function, Law
from simulator.plan.months import Months
from simulator.plan.plan import NONE, Ints, Network, TaskPlan
from simulator.plan.pools import THOUSANDTHS
from simulator.plan.task_money import TaskMoney
from simulator.plan.windows import bounds_of
from simulator.plan.work import WorkPlan
from simulator.scenario.monitoring import Status
from simulator.scenario.program import Pool
from simulator.scenario.risk_checks import hit_name
from simulator.scenario.risks import Hit
from simulator.scenario.selectors import full_id
from simulator.scenario.tasks import CostLine
from simulator.scenario.units import (
    parse_moment,
)
from simulator.scenario.values import Value


def money_plan(
    compilation: Compilation, network: Network, effects: EffectPlan, work: WorkPlan
) -> MoneyPlan:
    """Compile everything that costs."""
    return _Money(compilation, network, effects, work).plan()


class _Money:
    def __init__(
        self,
        compilation: Compilation,
        network: Network,
        effects: EffectPlan,
        work: WorkPlan,
    ) -> None:
        self.compilation, self.network, self.effects = compilation, network, effects
        self.work = work
        self.scenario = compilation.scenario
        self.books = Books(compilation)

    @cached_property
    def base(self) -> dict[str, TaskPlan]:
        """The plan of each task."""
        return {task.id: task for task in self.network.tasks}

    def plan(self) -> MoneyPlan:
        rows = TaskMoney(self.books, self.network, self.work).costs()
        retained, lines = self._retained(), self._lines()
        risks = self._risks() if self.scenario.risks else ()
        mitigations, penalty = self._mitigations(), self._penalty()
        months = Months.over(self.compilation.clock, self.compilation.calendars.horizon.bounds[1])
        return MoneyPlan(
            tuple(self.books.accounts), rows, retained, lines, risks, mitigations, penalty, months,
            self._escalation(months), self.scenario.program.discount,
        )  # fmt: skip

    def _retained(self) -> tuple[RetainedPool, ...]:
        found = []
        for pool_id, pool in self.scenario.pools.items():
            if pool.rate is None or pool.paid != "retained":
                continue
            rows, units = self._needing(pool_id)
            if not rows:
                continue
            calendar = self._pool_calendar(pool)
            operand, per = self.books.rate(
                pool.rate, calendar, f"pools.{pool_id}/rate", ("pools", pool_id, "rate")
            )
            account = self.books.account(POOL, pool_id)
            capacity = self._capacity(pool_id)
            found.append(
                RetainedPool(account, _ints(rows), _ints(units), operand, per, calendar, capacity)
            )
        return tuple(found)

    def _capacity(self, pool_id: str) -> tuple[tuple[float, float, float], ...]:
        """From when until when there are how many units of a finite pool, where there are any."""
        pools = self.network.pools
        if pools is None or pool_id not in pools.ids:
            return ()
        at, thousandths = (each.tolist() for each in pools.capacity(pools.ids.index(pool_id)))
        return tuple(
            (begin, end, units / THOUSANDTHS)
            for begin, end, units in zip(at, [*at[1:], np.inf], thousandths, strict=True)
            if units
        )

    def _needing(self, pool_id: str) -> tuple[list[int], list[int]]:
        pairs = [
            (row, round(1000 * task.needs[pool_id]))
            for number, _, task in self.compilation.plain.special
            if pool_id in task.needs
            for row in self.network.tasks[number].rows
        ]
        return [row for row, _ in pairs], [units for _, units in pairs]

    def _pool_calendar(self, pool: Pool) -> int:
        return self.compilation.calendars.index(pool.calendar or self.scenario.program.calendar)

    def _lines(self) -> tuple[CostLinePlan, ...]:
        program = self.scenario.program
        found = [
            self._line(key, line, NONE, "", program.calendar) for key, line in program.costs.items()
        ]
        for number, (project_id, project) in enumerate(self.scenario.projects.items()):
            calendar = project.calendar or program.calendar
            found += [
                self._line(key, line, number, project_id, calendar)
                for key, line in project.costs.items()
            ]
        return (*found, *self._actuals())

    def _actuals(self) -> list[CostLinePlan]:
        """What has been booked above the tasks, at the data date."""
        status, found = self.scenario.status, []
        at = Instant(max(self.network.data_date, 0.0))
        for key, amount in status.cost.items() if isinstance(status, Status) else ():
            project = NONE if key == "program" else list(self.scenario.projects).index(key)
            account = self.books.account(LINE, f"{key}/actuals", project)
            line = CostLinePlan(account, project, Operand(amount), "", 0, at, None, None)
            found.append(line)
        return found

    def _line(
        self, key: str, line: CostLine, project: int, project_id: str, calendar: str
    ) -> CostLinePlan:
        owner: Path = ("projects", project_id) if project_id else ("program",)
        path: Path = (*owner, "costs", key)
        name = f"{project_id or 'program'}/costs.{key}"
        index, per = self.compilation.calendars.index(calendar), ""
        if line.rate is not None:
            operand, per = self.books.rate(line.rate, index, name, path)
        else:
            operand = self.compilation.number(line.amount or 0.0, name, path)
        return CostLinePlan(
            self.books.account(LINE, name, project),
            project,
            operand,
            per,
            index,
            at=self._instant(line.at, project_id, finish=True, ends=False),
            begin=self._instant(line.from_, project_id, finish=False, ends=False),
            end=self._instant(line.to, project_id, finish=True, ends=True),
        )

    def _instant(
        self, text: str | None, project: str, *, finish: bool, ends: bool
    ) -> Instant | None:
        """A date, or the start or finish of a task; None where the file says nothing."""
        if text is None:
            return None
        if text[:1].isdigit():
            return Instant(self.compilation.instant_ms(parse_moment(text), ends=ends))
        task = self.base[full_id(self.scenario, text, project)]
        return Instant(row=task.last if finish else task.first, finish=finish, base=task.base)

    def _risks(self) -> tuple[RiskCost, ...]:
        number = {risk.id: place for place, risk in enumerate(self.effects.risks)}
        found = []
        for risk_id, risk in self.scenario.risks.items():
            for position, hit in enumerate(risk.hits):
                if hit.cost is None:
                    continue
                path = ("risks", risk_id, "hits", position, "cost")
                name = f"risks.{risk_id}/{hit_name(hit)}"
                operand = self.compilation.number(hit.cost, f"{name}/cost", path)
                open_now = open_tasks(self.scenario, risk_id, hit)
                if hit_tasks(self.scenario, hit) != open_now and not self._to_come(risk_id, hit):
                    continue
                rows = [self.base[task].base for task in open_now]
                at = None
                if hit.at is not None:
                    at = self.compilation.date(hit.at, f"{name}/at", path)
                elif risk.at is not None:
                    at = self.compilation.date(risk.at, f"risks.{risk_id}/at", path)
                cost = RiskCost(
                    self.books.account(RISK, risk_id), number[risk_id], operand, _ints(rows), at,
                    risk.stops is not None, self._stop_of(number[risk_id]),
                )  # fmt: skip
                window = hit.when or risk.when
                if window is not None:
                    cost = self._windowed(cost, name, bounds_of(self.compilation, window))
                found.append(replace(cost, rate=self.effects.inside.rate_of(cost.risk)))
        return tuple(found)

    def _stop_of(self, risk: int) -> int:
        """The stop of a risk of which the schedule tells when and whether it comes."""
        for number, stop in enumerate(self.effects.stops):
            if stop.risk == risk and (stop.rerun or stop.windows is not None):
                return number
        return NONE

    def _to_come(self, risk_id: str, hit: Hit) -> bool:
        """Whether a hit, some of whose tasks have begun, may still cost something.

        A risk that has occurred cost what it costs when it hit the first of them.
        """
        if risk_status(self.scenario, risk_id) == "occurred":
            return False
        return bool(open_tasks(self.scenario, risk_id, hit))

    def _windowed(self, cost: RiskCost, name: str, window: tuple[float, float]) -> RiskCost:
        """A cost that is charged where its hit fell."""
        fallen = self.effects.inside.places_of(name)
        places = tuple(fallen.get(row, NONE) for row in cost.rows.tolist())
        return replace(cost, window=window, places=places)

    def _mitigations(self) -> tuple[tuple[int, Operand, float], ...]:
        found = []
        for key, mitigation in self.scenario.mitigations.items():
            if not mitigation.bought:
                continue
            operand = self.compilation.number(
                mitigation.cost, f"mitigations.{key}/cost", ("mitigations", key, "cost")
            )
            at = mitigation.at
            clock = 0.0 if at is None else max(0.0, self.compilation.instant_ms(at, ends=False))
            found.append((self.books.account(MITIGATION, key), operand, clock))
        return tuple(found)

    def _penalty(self) -> PenaltyPlan | None:
        program = self.scenario.program
        spec = program.penalty
        if spec is None:
            return None
        index = self.compilation.calendars.index(program.calendar)
        operand, per = self.books.rate(
            spec.rate, index, "program/penalty", ("program", "penalty", "rate")
        )
        after = None
        if spec.after != "deadline":
            after = self._instant(spec.after, "", finish=True, ends=True)
        elif program.deadline is not None:
            after = Instant(self.compilation.instant_ms(program.deadline, ends=True))
        if after is None:
            return None
        cap = np.inf if spec.cap is None else spec.cap
        return PenaltyPlan(self.books.account(PENALTY, "program"), after, operand, per, index, cap)

    def _escalation(self, months: Months) -> EscalationPlan | None:
        spec = self.scenario.program.escalation
        if spec is None:
            return None
        path = ("program", "escalation", "rate")
        operand = self.compilation.number(spec.rate, "program/escalation", path)
        years = months.years_since(self.compilation.instant_ms(spec.prices_of, ends=False))
        if self.compilation.lowest(operand) <= -1:
            problem = "prices cannot fall by 100 % a year or more; expected a rate above -1"
            self.compilation.faults.append((path, problem))
            return None
        if operand.is_fixed:
            central = tuple(float((1.0 + operand.fixed) ** year) for year in years)
            return EscalationPlan(NONE, tuple(ConstantLaw(factor) for factor in central), central)
        rate = self.compilation.variables[operand.variable]
        return EscalationPlan(
            self.compilation.uniform("program/escalation"),
            _escalated(_Rate((spec.rate, rate.score), rate.law), tuple(map(float, years))),
            tuple(float((1.0 + rate.central) ** year) for year in years),
        )


@dataclass(frozen=True, eq=False)
class _Rate:
    """The law of a rate, known by what it is made of."""

    key: tuple[Value, bool]
    law: Law

    def __hash__(self) -> int:
        """Of the key."""
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        """By the key."""
        return isinstance(other, _Rate) and self.key == other.key


@lru_cache(maxsize=16)
def _escalated(rate: _Rate, years: tuple[float, ...]) -> tuple[Law, ...]:
    """The laws of what prices become in so many years; the same for many variants of a scenario."""
    return tuple(rate.law.map(_power(year)) for year in years)


def _power(years: float) -> Function:
    """(1 + r) to the power of the years, of many r at once."""
    return lambda rate: (1.0 + rate) ** years


def _ints(values: list[int]) -> Ints:
    return read_only(np.array(values, dtype=np.int32))
