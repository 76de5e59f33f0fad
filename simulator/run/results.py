"""What a run found: frozen, and `to_dict` is exactly `result.json`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from simulator.engine.schedule import Schedule
from simulator.estimates.estimate import Estimate
from simulator.estimates.joint import balanced_point, frontier, joint_probability
from simulator.estimates.probabilities import probability_estimate
from simulator.plan.compile import Plan
from simulator.plan.direction import directions
from simulator.plan.flows import Account
from simulator.plan.plan import TaskPlan
from simulator.plan.work_calendar import Floats
from simulator.run.block import block_finishes, critical_targets, finish_outcomes
from simulator.run.correlation import AchievedCorrelation, achieved_correlations
from simulator.run.deterministic import DeterministicPlan
from simulator.run.join import Joined
from simulator.run.outcomes import DATE, HOURS, MONEY, Outcome, percentile
from simulator.run.result_dict import result_dict
from simulator.run.settings import Settings
from simulator.scenario.dumping import digest
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

JCL_PERCENTS = (50, 70, 80, 90)
TASK_PERCENTS = (10, 50, 80, 90)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task over all iterations; dates in milliseconds, nan where there are none."""

    plan: TaskPlan
    criticality: Estimate
    criticality_to: dict[str, Estimate]
    exists: Estimate
    start: dict[str, float]
    finish: dict[str, float]
    merge_bias_days: float
    float_hours: float
    targets: dict[str, Estimate]
    """Chance to keep each no-later date."""


@dataclass(frozen=True, slots=True)
class RiskResult:
    """One risk: how often it occurred, and what it cost on average beyond its delay."""

    id: str
    name: str
    kind: str
    """`threat`, `opportunity` (shorter or cheaper on average) or `both`."""
    occurred: Estimate
    mean_cost: float


@dataclass(frozen=True, slots=True)
class JointConfidence:
    """P(finish <= date and cost <= cost) for one percent: balanced point and frontier."""

    percent: int
    date: float
    cost: float
    frontier_dates: Floats
    frontier_costs: Floats


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Money by month: means over all iterations, percentiles over the first ones."""

    months: tuple[str, ...]
    mean: Floats
    p10: Floats
    p50: Floats
    p90: Floats
    cumulative: dict[str, Floats]


@dataclass(frozen=True)
class Results:
    """Everything that a run found. Times are milliseconds from `plan.clock.start`."""

    plan: Plan
    settings: Settings
    digest: str
    outcomes: dict[str, Outcome]
    probability: dict[str, Estimate]
    jcl_at_targets: Estimate | None
    jcl: dict[int, JointConfidence]
    tasks: dict[str, TaskResult]
    risks: dict[str, RiskResult]
    tags: dict[str, Outcome]
    accounts: tuple[tuple[Account, float], ...]
    cash: CashFlow
    rework_spent: dict[str, Estimate]
    correlations: tuple[AchievedCorrelation, ...]
    deterministic: DeterministicPlan
    joined: Joined
    seconds: float

    @classmethod
    def of(
        cls,
        plan: Plan,
        settings: Settings,
        deterministic: DeterministicPlan,
        joined: Joined,
        seconds: float,
    ) -> "Results":
        """Turn what the blocks kept into estimates."""
        builder = _Estimating(plan, settings, deterministic, joined)
        outcomes = builder.outcomes()
        return cls(
            plan=plan,
            settings=settings,
            digest=digest(plan.scenario),
            outcomes=outcomes,
            probability=builder.probabilities(outcomes),
            jcl_at_targets=builder.at_targets(),
            jcl=builder.jcl(),
            tasks=builder.tasks(),
            risks=builder.risks(),
            tags=builder.tags(),
            accounts=tuple(zip(plan.money.accounts, joined.accounts.tolist(), strict=True)),
            cash=builder.cash(),
            rework_spent=builder.rework_spent(),
            correlations=achieved_correlations(plan, settings.seed, settings.iterations),
            deterministic=deterministic,
            joined=joined,
            seconds=seconds,
        )

    @property
    def name(self) -> str:
        """The program's name."""
        return self.plan.scenario.program.name or "Program"

    def date(self, ms: float) -> datetime | None:
        """The date of an instant in milliseconds from program start; None if it never comes."""
        return self.plan.clock.date(ms) if np.isfinite(ms) else None

    def to_dict(self) -> dict[str, Any]:
        """Exactly what `result.json` holds."""
        return result_dict(self)

    def __repr__(self) -> str:
        """One line: what, how many, and the P80 of finish and cost."""
        finish = self.outcomes["finish"].quantiles[80].value
        when = self.plan.clock.date(finish).date() if np.isfinite(finish) else "never"
        cost = self.outcomes["cost"].quantiles[80].value
        return (
            f"<Results of {self.name!r}: {self.settings.iterations:,} iterations,"
            f" P80 finish {when}, P80 cost {cost:,.0f} {self.plan.scenario.program.currency}>"
        )


class _Estimating:
    """Estimates from what the blocks kept."""

    def __init__(
        self, plan: Plan, settings: Settings, deterministic: DeterministicPlan, joined: Joined
    ) -> None:
        self.plan, self.settings = plan, settings
        self.deterministic, self.joined = deterministic, joined
        self.level, self.count = settings.level, settings.iterations
        program = plan.scenario.program
        self.deadline = plan.clock.ms(program.deadline.ends()) if program.deadline else None
        self.budget = program.budget

    def outcomes(self) -> dict[str, Outcome]:
        """Finish, duration and cost of the program, finishes of its projects and milestones."""
        joined, plan, det = self.joined, self.plan, self.deterministic
        found = [
            Outcome.of("finish", DATE, joined.finish, det.finish, self.level),
            Outcome.of("duration", HOURS, joined.duration, det.duration, self.level),
            Outcome.of("cost", MONEY, joined.cost, det.cost, self.level),
        ]
        if joined.present_value is not None and det.costs.present_value is not None:
            value = float(det.costs.present_value[0])
            found.append(
                Outcome.of("cost_present_value", MONEY, joined.present_value, value, self.level)
            )
        dates = block_finishes(plan, det.shown)[:, 0]
        for (key, _, _), values, date in zip(
            finish_outcomes(plan), joined.finishes, dates, strict=True
        ):
            found.append(Outcome.of(f"finish:{key}", DATE, values, float(date), self.level))
        return {outcome.id: outcome for outcome in found}

    def probabilities(self, outcomes: dict[str, Outcome]) -> dict[str, Estimate]:
        """The chance of every promise that the file makes."""
        found: dict[str, Estimate] = {}
        kept = np.ones(self.count, dtype=bool)
        if self.deadline is not None:
            found["on_time"] = outcomes["finish"].probability(self.deadline, self.level)
            kept &= self.joined.finish <= self.deadline
        for key, deadline in self._deadlines():
            found[f"on_time:{key}"] = outcomes[f"finish:{key}"].probability(deadline, self.level)
        if self.budget is not None:
            found["on_budget"] = outcomes["cost"].probability(self.budget, self.level)
            kept &= self.joined.cost <= self.budget
        if self.deadline is not None or self.budget is not None:
            found["all"] = probability_estimate(int(np.count_nonzero(kept)), self.count, self.level)
        return found

    def _deadlines(self) -> list[tuple[str, float]]:
        scenario, clock = self.plan.scenario, self.plan.clock
        projects = [
            (key, clock.ms(project.deadline.ends()))
            for key, project in scenario.projects.items()
            if project.deadline
        ]
        tasks = [(t.id, t.deadline) for t in self.plan.network.tasks if t.deadline is not None]
        return [*projects, *tasks]

    def at_targets(self) -> Estimate | None:
        """The chance to keep deadline and budget together."""
        if self.deadline is None or self.budget is None:
            return None
        return joint_probability(
            self.joined.finish, self.joined.cost, self.deadline, self.budget, self.level
        )

    def jcl(self) -> dict[int, JointConfidence]:
        """Balanced point and frontier of joint confidence."""
        finish, cost = self.joined.finish, self.joined.cost
        return {
            percent: JointConfidence(
                percent, *balanced_point(finish, cost, percent), *frontier(finish, cost, percent)
            )
            for percent in JCL_PERCENTS
        }

    def tasks(self) -> dict[str, TaskResult]:
        """Criticality, dates and merge bias of every task."""
        targets = critical_targets(self.plan)
        merging = dict(zip(self.joined.merging, self.joined.merge_bias, strict=True))
        return {
            task.id: self._task(number, task, targets, merging)
            for number, task in enumerate(self.plan.network.tasks)
        }

    def _task(
        self, number: int, task: TaskPlan, targets: Any, merging: dict[int, float]
    ) -> TaskResult:
        joined, network = self.joined, self.plan.network
        there = joined.task_present[number]
        start, finish = joined.task_start[number][there], joined.task_finish[number][there]
        shown = self.deterministic.shown
        unit = network.calendar(network.rows.unit_calendar[task.base])
        clocked = network.rows.calendar[task.base] < 0
        day = MS_PER_DAY if clocked else unit.hours_per_day * MS_PER_HOUR
        chances = [
            probability_estimate(int(count), self.count, self.level)
            for count in joined.critical[:, number]
        ]
        return TaskResult(
            plan=task,
            criticality=chances[0],
            criticality_to={
                key: chance for (key, _), chance in zip(targets[1:], chances[1:], strict=True)
            },
            exists=probability_estimate(int(joined.present[task.base]), self.count, self.level),
            start=_dates(start, planned(shown, task.base, shown.start[task.base])),
            finish=_dates(finish, planned(shown, task.base, shown.finish[task.last])),
            merge_bias_days=merging.get(task.base, 0.0) / day,
            float_hours=float(self.deterministic.float_hours[task.base]),
            targets={
                key: self._target(key, date, start, finish) for key, date in task.targets.items()
            },
        )

    def _target(self, key: str, date: float, start: Floats, finish: Floats) -> Estimate:
        values = start if key in ("start_no_later_than", "must_start") else finish
        return probability_estimate(int(np.count_nonzero(values <= date)), len(values), self.level)

    def risks(self) -> dict[str, RiskResult]:
        """How often each risk occurred and what it cost."""
        cost: dict[str, float] = {}
        for account, mean in zip(self.plan.money.accounts, self.joined.accounts, strict=True):
            if account.kind == "risk":
                cost[account.id] = cost.get(account.id, 0.0) + float(mean)
        kinds = directions(self.plan)
        found = {
            risk.id: RiskResult(
                risk.id,
                risk.name,
                kinds[number],
                probability_estimate(int(self.joined.occurred[number]), self.count, self.level),
                cost.get(risk.id, 0.0),
            )
            for number, risk in enumerate(self.plan.effects.risks)
        }
        return {key: found[key] for key in self.plan.scenario.risks}

    def tags(self) -> dict[str, Outcome]:
        """When the last task of each shared tag finishes; first iterations only."""
        members: dict[str, list[int]] = {}
        for number, task in enumerate(self.plan.network.tasks):
            for key, value in task.tags.items():
                if task.kind != "span":
                    members.setdefault(f"{key}={value}", []).append(number)
        shown, exists = self.deterministic.shown.finish, self.deterministic.shown.exists
        tasks = self.plan.network.tasks
        found = {}
        for tag, numbers in members.items():
            if len(numbers) < 2 or not self.joined.task_finish.shape[1]:
                continue
            there = self.joined.task_present[numbers]
            finish = np.where(there, self.joined.task_finish[numbers], -np.inf).max(axis=0)
            finish[~there.any(axis=0)] = np.nan
            own = [number for number in numbers if exists[tasks[number].base, 0]]
            date = float(max((shown[tasks[number].last, 0] for number in own), default=np.nan))
            found[tag] = Outcome.of(f"finish:tag:{tag}", DATE, finish, date, self.level)
        return found

    def cash(self) -> CashFlow:
        """Money by month, and how it adds up."""
        by_month = self.joined.task_cash
        labels = self.plan.money.months.labels[: len(self.joined.cash)]
        empty = np.full(len(labels), np.nan)
        rows = {10: empty, 50: empty, 90: empty}
        cumulative = dict.fromkeys(("p10", "p50", "p90"), empty)
        if by_month.shape[1]:
            rows = {p: np.array([percentile(month, p) for month in by_month]) for p in rows}
            added = np.cumsum(by_month, axis=0)
            cumulative = {
                f"p{p}": np.array([percentile(month, p) for month in added]) for p in rows
            }
        return CashFlow(labels, self.joined.cash, rows[10], rows[50], rows[90], cumulative)

    def rework_spent(self) -> dict[str, Estimate]:
        """How often each reworked task used up its last round."""
        tasks = self.plan.network.tasks
        return {
            tasks[rework.task].id: probability_estimate(int(count), self.count, self.level)
            for rework, count in zip(self.plan.work.rework, self.joined.rework_spent, strict=True)
        }


def planned(shown: Schedule, row: int, dates: Floats) -> float:
    """A date of the deterministic plan, nan for what it leaves out."""
    return float(dates[0]) if shown.exists[row, 0] else float("nan")


def _dates(values: Floats, planned: float) -> dict[str, float]:
    found = {f"p{p}": percentile(values, p) for p in TASK_PERCENTS}
    return {**found, "deterministic": planned}
