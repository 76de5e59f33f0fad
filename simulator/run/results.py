"""What a run found: frozen, and `to_dict` is exactly `result.json`."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.engine.sampling import Sampling
from simulator.engine.uncollected import uncollected
from simulator.estimates.estimate import Estimate
from simulator.estimates.estimator import Estimator, Independent, Sample
from simulator.estimates.joint import Joint, Ranked, balanced_point, frontier
from simulator.estimates.quantiles import percentiles
from simulator.estimates.replicates import Replicated
from simulator.plan.compile import Plan
from simulator.plan.direction import directions
from simulator.plan.flows import Account
from simulator.plan.work_calendar import Floats
from simulator.run.block import Block, Counts, block_finishes, finish_outcomes, special_tasks
from simulator.run.correlation import AchievedCorrelation, achieved_correlations
from simulator.run.deterministic import DeterministicPlan
from simulator.run.join import Joined
from simulator.run.left_to_simpy import left_to_simpy, unsettled
from simulator.run.outcomes import DATE, HOURS, MONEY, Outcome
from simulator.run.pool_use import Use, use_of
from simulator.run.pool_values import PoolValues
from simulator.run.precision import PrecisionFound
from simulator.run.requirements import Requirement, Verdict
from simulator.run.result_dict import result_dict
from simulator.run.settings import Settings
from simulator.run.task_results import TaskColumns, TaskResult, task_columns_of
from simulator.run.waits import Waits, starving, waits_of
from simulator.scenario.dumping import digest

if TYPE_CHECKING:
    from simulator.run.model_band import ModelBand

JCL_PERCENTS = (50, 70, 80, 90)
CASH_PERCENTS = (10, 50, 90)


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
    """Everything that a run found. Times are milliseconds from `plan.clock.start`.

    What is estimated is estimated when it is first asked for.
    """

    plan: Plan
    settings: Settings
    deterministic: DeterministicPlan
    joined: Joined
    seconds: float
    dimensions: dict[str, int] = field(default_factory=dict)
    """Which variables took Sobol's points, and in which dimension; labels as in `Sampling`."""
    precision: PrecisionFound | None = None
    """How wide the intervals are that were wanted narrow."""
    pool_values: PoolValues | None = None
    """What pools cost and what more of them is worth; None unless somebody had it computed."""
    risk_values: dict[str, tuple[Estimate, Estimate]] | None = None
    """Calendar days and money at P80 that go away with each risk; None unless computed."""
    banded: bool = False
    """Whether `model_band` is wanted."""
    required: tuple[str, ...] = ()
    """What is required of the run; `verdicts` says whether it is proven."""
    blocks: tuple[Block, ...] = field(default=(), repr=False, compare=False)
    """What `joined` was joined from: with it a run can be extended."""

    @property
    def name(self) -> str:
        """The program's name."""
        return self.plan.scenario.program.name or "Program"

    @cached_property
    def digest(self) -> str:
        """Sixteen characters that tell scenarios of different meaning apart."""
        return digest(self.plan.scenario)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What was assumed, and what was slow, where the user can do something about it."""
        if not self.joined.lived:
            return self.plan.warnings
        reasons = left_to_simpy(self.plan, self.settings, self.sampling)
        return (*self.plan.warnings, *(reasons or (unsettled(self.plan),)))

    @property
    def sampling(self) -> Sampling:
        """How the iterations were drawn."""
        chosen = self.settings
        return Sampling(chosen.scheme, chosen.seed, chosen.replicates, self.dimensions)

    @cached_property
    def estimator(self) -> Estimator:
        """What every interval comes from."""
        return estimator_of(self.settings)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Finish, duration and cost of the program, finishes of its projects and milestones."""
        return self._ranked[0]

    @property
    def jcl(self) -> dict[int, JointConfidence]:
        """Balanced point and frontier of joint confidence."""
        return self._ranked[1]

    @cached_property
    def probability(self) -> dict[str, Estimate]:
        """The chance of every promise that the file makes."""
        return promises(self)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Whether the run proves what is required of it."""
        return self.require(*self.required)

    def require(self, *requirements: str) -> tuple[Verdict, ...]:
        """Whether the run proves requirements such as `p80<=2028-06-30` or `on_budget>=0.7`.

        Raises
        ------
        SettingsError
            One of them is no requirement, or the run has no such figure.
        """
        return tuple(Requirement.parse(text).of(self) for text in requirements)

    @cached_property
    def model_band(self) -> "ModelBand | None":
        """P80 under other assumptions, which takes some runs more; None unless wanted."""
        from simulator.run.model_band import model_band  # noqa: PLC0415 - it runs variants

        return model_band(self) if self.banded else None

    @cached_property
    def jcl_at_targets(self) -> Estimate | None:
        """The chance to keep deadline and budget together; None without either."""
        program = self.plan.scenario.program
        both = program.deadline is not None and program.budget is not None
        return self.probability["all"] if both else None

    @cached_property
    def task_columns(self) -> TaskColumns:
        """Criticality, dates and merge bias of the tasks, a column a figure."""
        return task_columns_of(
            self.plan, self.deterministic, self.joined, self.estimator, self.waits.tasks
        )

    @cached_property
    def tasks(self) -> dict[str, TaskResult]:
        """Criticality, dates and merge bias of every task."""
        return self.task_columns.results()

    @cached_property
    def risks(self) -> dict[str, RiskResult]:
        """How often each risk occurred and what it cost."""
        plan, joined = self.plan, self.joined
        cost: dict[str, float] = {}
        for account, mean in self.accounts:
            if account.kind == "risk":
                cost[account.id] = cost.get(account.id, 0.0) + mean
        kinds, chances = directions(plan), self._shares(joined.occurred)
        found = {
            risk.id: RiskResult(risk.id, risk.name, kind, occurred, cost.get(risk.id, 0.0))
            for risk, kind, occurred in zip(plan.effects.risks, kinds, chances, strict=True)
        }
        return {key: found[key] for key in plan.scenario.risks}

    @cached_property
    def waits(self) -> Waits:
        """How long tasks wait on average, and for which pool or board."""
        return waits_of(self.plan, self.joined)

    @cached_property
    def use(self) -> Use | None:
        """How pools and boards are used over time, in the first iterations; None without them."""
        return use_of(self.plan, self.settings, self.sampling, self.estimator)

    @property
    def work_hours(self) -> dict[str, float]:
        """How much each task works on average, rework included; empty where `use` is None."""
        if self.use is None:
            return {}
        ids = (task.id for task in self.plan.network.tasks)
        return dict(zip(ids, self.use.work_hours.tolist(), strict=True))

    @cached_property
    def starving(self) -> tuple[str, ...]:
        """The tasks that wait longer for pools than they work, on average."""
        return starving(self.waits, self.work_hours)

    @cached_property
    def tags(self) -> dict[str, Outcome]:
        """When the last task of each shared tag finishes; first iterations only."""
        return tag_outcomes(self)

    @cached_property
    def accounts(self) -> tuple[tuple[Account, float], ...]:
        """What each thing that costs money cost on average."""
        return tuple(zip(self.plan.money.accounts, self.joined.accounts.tolist(), strict=True))

    @cached_property
    def cash(self) -> CashFlow:
        """Money by month, and how it adds up."""
        by_month = self.joined.task_cash
        rows = percentiles(by_month, CASH_PERCENTS)
        added = percentiles(np.cumsum(by_month, axis=0), CASH_PERCENTS)
        return CashFlow(
            months=self.plan.money.months.labels[: len(self.joined.cash)],
            mean=self.joined.cash,
            p10=rows[10],
            p50=rows[50],
            p90=rows[90],
            cumulative={f"p{percent}": column for percent, column in added.items()},
        )

    @cached_property
    def rework_spent(self) -> dict[str, Estimate]:
        """How often each reworked task used up its last round."""
        tasks, rework = self.plan.network.tasks, self.plan.work.rework
        ids = [tasks[each.task].id for each in rework]
        return dict(zip(ids, self._shares(self.joined.rework_spent), strict=True))

    @cached_property
    def correlations(self) -> tuple[AchievedCorrelation, ...]:
        """The rank correlations that were drawn, beside those asked for."""
        return achieved_correlations(self.plan, self.sampling, self.settings.iterations)

    def date(self, ms: float) -> datetime | None:
        """The date of an instant in milliseconds from program start; None if it never comes."""
        return self.plan.clock.date(ms) if np.isfinite(ms) else None

    def to_dict(self) -> dict[str, Any]:
        """Exactly what `result.json` holds."""
        with uncollected():
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

    @cached_property
    def _ranked(self) -> tuple[dict[str, Outcome], dict[int, JointConfidence]]:
        # Together, so that finish and cost are ranked once, and their ranks are not kept.
        joint = Joint(Ranked(self.joined.finish), Ranked(self.joined.cost))
        return outcomes_of(self, joint), joint_confidence(joint)

    def _shares(self, counts: Counts) -> list[Estimate]:
        """The estimates of counts (G, n) of iterations."""
        columns = self.estimator.shares(counts, self.joined.trials[:, np.newaxis])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [Estimate(*ends) for ends in rows]


def estimator_of(settings: Settings) -> Estimator:
    """How sure figures are: by how the scheme draws."""
    if settings.scheme == "mc":
        return Independent(settings.level)
    return Replicated(settings.level, settings.replicates)


def joint_confidence(joint: Joint) -> dict[int, JointConfidence]:
    """Balanced point and frontier of each percent."""
    return {
        percent: JointConfidence(
            percent, *balanced_point(joint, percent), *frontier(joint, percent)
        )
        for percent in JCL_PERCENTS
    }


def outcomes_of(results: Results, joint: Joint) -> dict[str, Outcome]:
    """The outcomes of the program, then of its projects and milestones."""
    plan, joined, det = results.plan, results.joined, results.deterministic
    found = [
        ("finish", DATE, joined.finish, det.finish),
        ("duration", HOURS, joined.duration, det.duration),
        ("cost", MONEY, joined.cost, det.cost),
    ]
    if joined.present_value is not None and det.costs.present_value is not None:
        value = float(det.costs.present_value[0])
        found.append(("cost_present_value", MONEY, joined.present_value, value))
    dates = block_finishes(plan, det.shown)[:, 0].tolist()
    for (key, _, _), values, date in zip(
        finish_outcomes(plan), joined.finishes, dates, strict=True
    ):
        found.append((f"finish:{key}", DATE, values, date))
    ranked: dict[str, Sample] = {"finish": joint.finish, "cost": joint.cost}
    outcomes: dict[str, Outcome] = {}
    for key, unit, values, value in found:
        # Of a program of one project, or on the clock alone, several outcomes are the same.
        same = next((o for o in outcomes.values() if _equal(o.values, values)), None)
        # Samples are made one by one: each sorts a copy of its values, which fresh memory slows.
        outcomes[key] = (
            Outcome.of(key, unit, ranked.get(key) or Sample(values), value, results.estimator)
            if same is None
            else same.beside(key, unit, value, results.estimator)
        )
    return outcomes


def _equal(one: Floats, other: Floats) -> bool:
    """Whether values (N,) are the same in every iteration."""
    return bool(one[0] == other[0] and one[-1] == other[-1] and np.array_equal(one, other))


def promises(results: Results) -> dict[str, Estimate]:
    """The chance of every promise that the file makes; `all` are those of the program."""
    scenario, clock, joined = results.plan.scenario, results.plan.clock, results.joined
    program, outcomes, estimator = scenario.program, results.outcomes, results.estimator
    found: dict[str, Estimate] = {}
    kept = np.ones(len(joined.finish), dtype=bool)
    if program.deadline is not None:
        deadline = clock.ms(program.deadline.ends())
        found["on_time"] = outcomes["finish"].probability(deadline, estimator)
        kept &= joined.finish <= deadline
    dated = [(k, clock.ms(p.deadline.ends())) for k, p in scenario.projects.items() if p.deadline]
    special = special_tasks(results.plan)
    dated += [(task.id, task.deadline) for _, task in special if task.deadline is not None]
    for key, deadline in dated:
        found[f"on_time:{key}"] = outcomes[f"finish:{key}"].probability(deadline, estimator)
    if program.budget is not None:
        found["on_budget"] = outcomes["cost"].probability(program.budget, estimator)
        kept &= joined.cost <= program.budget
    if program.deadline is not None or program.budget is not None:
        found["all"] = estimator.probability(kept)
    return found


def tag_outcomes(results: Results) -> dict[str, Outcome]:
    """When the last task of each shared tag finishes; first iterations only."""
    joined, shown = results.joined, results.deterministic.shown
    tasks = results.plan.network.tasks
    members: dict[str, list[int]] = {}
    for number in compress(range(len(tasks)), tasks.tags):
        for key, value in tasks.tags[number].items():
            if tasks.kinds[number] != "span":
                members.setdefault(f"{key}={value}", []).append(number)
    found: dict[str, Outcome] = {}
    for tag, numbers in members.items():
        if len(numbers) < 2 or not joined.task_finish.shape[1]:
            continue
        there = joined.task_present[numbers]
        finish = np.where(there, joined.task_finish[numbers], -np.inf).max(axis=0)
        finish[~there.any(axis=0)] = np.nan
        own = [number for number in numbers if shown.exists[tasks[number].base, 0]]
        date = float(max((shown.finish[tasks[n].last, 0] for n in own), default=np.nan))
        name = f"finish:tag:{tag}"
        found[tag] = Outcome.of(name, DATE, Sample(finish), date, results.estimator)
    return found
