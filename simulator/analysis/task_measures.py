"""What an analyst asks of each task: how often it decides the finish, and how much it explains.

Durations d are the task's work, T is the program's duration, both working time, in the first
iterations (`task_iterations`) in which the program finishes. Every figure has an interval from
sections of them.

criticality
    The share of iterations in which the task is on a chain of driving links to the finish.
    Source: R. M. Van Slyke (1963), Monte Carlo methods and the PERT problem, Operations Research
    11, 839-860.
cruciality
    The correlation of d with T: Pearson's of the values, Spearman's of the ranks (ties share their
    mean rank). Source: T. M. Williams (1992), Criticality in stochastic networks, J. of the
    Operational Research Society 43, 353-357.
significance
    E[d / (d + float) T] / E[T], float in working time of the task by links alone; 0 where the task
    has no work. Source: Williams (1992).
ssi
    Schedule sensitivity index: criticality times sd(d) / sd(T). Source: PMI, PMBOK; M. Vanhoucke
    (2010), Measuring Time, section 3.3.
first_order
    Var(E[T | d]) / Var(T): the share of the variance of T that would go if d were known. By bins
    of equally many iterations, less what bins explain by chance. Source: A. Saltelli et al. (2008),
    Global Sensitivity Analysis, section 1.2.7; E. Plischke, E. Borgonovo and C. L. Smith (2013),
    Global sensitivity measures from given data, European J. of Operational Research 226, 536-550;
    the correction is omega squared of an analysis of variance, W. L. Hays (1963).
total
    E[Var(T | all but d)] / Var(T): the share that would stay if all but d were known. By drawing
    d alone anew: E[(T - T')^2] / (2 Var(T)). Unknown for what is correlated with others, for which
    it has no such meaning, and for tasks that were left out. Source: M. J. W. Jansen (1999),
    Analysis of variance designs for model output, Computer Physics Communications 117, 35-43.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulator.engine.draws import draw
from simulator.engine.driving import chains, driving_links
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.engine.late import total_float
from simulator.estimates.estimate import UNKNOWN, Estimate, FloatArray
from simulator.estimates.sections import sectioned
from simulator.plan.compile import Plan
from simulator.plan.plan import NONE
from simulator.plan.work_calendar import Floats
from simulator.run.block import engine_of
from simulator.run.results import Results
from simulator.run.variants import on_same_futures

BINS = 16
_ANEW = np.uint64(0x9E3779B97F4A7C15)
"""What makes another address of an address: 2^64 divided by the golden ratio."""


@dataclass(frozen=True, slots=True)
class TaskMeasures:
    """The measures of one task, as the module defines them."""

    criticality: Estimate
    cruciality_pearson: Estimate
    cruciality_spearman: Estimate
    significance: Estimate
    ssi: Estimate
    first_order: Estimate
    total: Estimate

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """As the contract spells it."""
        return {key: getattr(self, key).to_dict() for key in self.__slots__}


def task_measures(results: Results, totals: int = 0) -> dict[str, TaskMeasures]:
    """The measures of every task; `total` of as many of the most critical ones as asked for."""
    count = min(results.settings.task_iterations, results.settings.iterations)
    tasks = results.plan.network.tasks
    if not count:
        return {}
    seen = _seen(results, count)
    columns = _columns(results, seen)
    total = _totals(results, totals)
    found = {}
    for number, task in enumerate(tasks):
        pearson, spearman, significance, ssi, first = (column[number] for column in columns)
        found[task.id] = TaskMeasures(
            results.tasks[task.id].criticality,
            pearson,
            spearman,
            significance,
            ssi,
            first,
            total.get(task.id, UNKNOWN),
        )
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the measures are made of, for each task (K, n) and each iteration (n,)."""

    work: Floats
    slack: Floats
    critical: np.ndarray
    whole: Floats


def _seen(results: Results, count: int) -> _Seen:
    """The first iterations lived through once more, with all that happens to tasks."""
    plan, settings = results.plan, results.settings
    network = plan.network
    draws = draw(plan, results.sampling, 0, count)
    durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
    schedule = engine_of(settings)(network, durations)
    finish = program_finish(network, durations, schedule)
    ends = np.isfinite(finish)
    target = np.where(ends, finish, 0.0)
    slack = total_float(network, durations, schedule, target)
    drives = driving_links(network, durations, schedule).drives
    marks = chains(network, schedule, drives, (network.finish_rows,))
    bases = [task.base for task in network.tasks]
    on_chain = [marks[list(task.rows)].any(axis=0) for task in network.tasks]
    work = np.where(schedule.exists[bases], schedule.work[bases], 0.0)
    whole = network.calendar(network.program_calendar).work_at(target)
    return _Seen(work[:, ends], slack[bases][:, ends], np.array(on_chain)[:, ends], whole[ends])


def _columns(results: Results, seen: _Seen) -> tuple[list[Estimate], ...]:
    """Pearson, Spearman, significance, SSI and first order of every task."""
    level = results.settings.level

    def of(figures: "Measure") -> list[Estimate]:
        return sectioned(lambda part: figures(seen, part), len(seen.whole), level=level)

    return of(_pearson), of(_spearman), of(_significance), of(_ssi), of(_first_order)


def _pearson(seen: _Seen, part: np.ndarray) -> FloatArray:
    return correlations(seen.work[:, part], seen.whole[part])


def _spearman(seen: _Seen, part: np.ndarray) -> FloatArray:
    ranks = np.array([mid_ranks(each) for each in seen.work[:, part]])
    return correlations(ranks, mid_ranks(seen.whole[part]))


def _significance(seen: _Seen, part: np.ndarray) -> FloatArray:
    work, slack, whole = seen.work[:, part], seen.slack[:, part], seen.whole[part]
    share = work / np.where(work > 0, work + slack, 1.0)
    return np.asarray((share * whole).sum(axis=1) / whole.sum())


def _ssi(seen: _Seen, part: np.ndarray) -> FloatArray:
    spread = seen.whole[part].std()
    if not spread > 0:
        return np.full(len(seen.work), np.nan)
    critical = seen.critical[:, part].mean(axis=1)
    return np.asarray(critical * seen.work[:, part].std(axis=1) / spread)


def _first_order(seen: _Seen, part: np.ndarray) -> FloatArray:
    return np.array([first_order(each, seen.whole[part]) for each in seen.work[:, part]])


Measure = Callable[[_Seen, np.ndarray], FloatArray]


def correlations(rows: FloatArray, values: FloatArray) -> FloatArray:
    """Pearson's correlation of each row (K, n) with values (n,); nan where one does not vary."""
    own = rows - rows.mean(axis=1, keepdims=True)
    other = values - values.mean()
    spread = np.sqrt(np.square(own).sum(axis=1) * np.square(other).sum())
    varying = (rows != rows[:, :1]).any(axis=1) & (spread > 0)
    return np.where(varying, (own * other).sum(axis=1) / np.where(varying, spread, 1.0), np.nan)


def mid_ranks(values: FloatArray) -> FloatArray:
    """The ranks of values (n,); those that tie share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    return np.asarray((below + (counts - 1) / 2)[places], dtype=np.float64)


def first_order(x: FloatArray, y: FloatArray) -> float:
    """The share of the variance of y (n,) that x (n,) explains, by bins; nan if one is constant.

    A value of x never lies in two bins, so that what takes few values is taken as it is.
    """
    order = np.argsort(x, kind="stable")
    ranked, answers = x[order], y[order]
    n = len(x)
    cuts = np.unique(np.searchsorted(ranked, ranked[np.arange(1, BINS) * n // BINS]))
    firsts = np.append(0, cuts[cuts > 0])
    whole = float(np.square(y - y.mean()).sum())
    groups = len(firsts)
    if groups < 2 or not whole > 0 or n <= groups:
        return np.nan
    sizes = np.diff(np.append(firsts, n))
    means = np.add.reduceat(answers, firsts) / sizes
    between = float((sizes * np.square(means - y.mean())).sum())
    within = max(whole - between, 0.0) / (n - groups)
    return (between - (groups - 1) * within) / (whole + within)


def _totals(results: Results, most: int) -> dict[str, Estimate]:
    """The total index of the most critical tasks that have an estimate of their own."""
    plan, base = results.plan, results.joined.duration
    table = plan.variables.table
    own = {
        task.id: int(plan.work.variable[task.base])
        for task in plan.network.tasks
        if plan.work.variable[task.base] != NONE
    }
    alone = [key for key, variable in own.items() if not table[variable].score]
    alone.sort(key=lambda key: -results.tasks[key].criticality.value)
    found = {}
    for key in alone[:most]:
        again = on_same_futures(results, _redrawn(plan, own[key])).duration
        found[key] = total_effect(base, again, results)
    return found


def total_effect(base: Floats, again: Floats, results: Results) -> Estimate:
    """E[(T - T')^2] / (2 Var(T)) where T' has one input drawn anew."""
    if not (np.isfinite(base).all() and np.isfinite(again).all() and base.std() > 0):
        return UNKNOWN

    def figures(part: np.ndarray) -> FloatArray:
        spread = base[part].var()
        change = np.square(base[part] - again[part]).mean()
        return np.array([change / (2 * spread) if spread > 0 else np.nan])

    settings = results.settings
    return sectioned(figures, len(base), settings.replicates, settings.level)[0]


def _redrawn(plan: Plan, variable: int) -> Plan:
    """The plan in which one variable has another address, so that it is drawn anew."""
    addresses = plan.variables.addresses.copy()
    addresses[variable] ^= _ANEW
    addresses.flags.writeable = False
    return replace(plan, variables=replace(plan.variables, addresses=addresses))
