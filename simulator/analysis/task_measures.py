"""What an analyst asks of each task: how often it decides the finish, and how much it explains.

Durations d are the task's work, T is the program's duration, both working time, in the first
iterations (`task_iterations`) in which the program finishes. Every figure has an interval.

criticality
    The share of iterations in which the task is on a chain of driving links to the finish.
    Source: R. M. Van Slyke (1963), Monte Carlo methods and the PERT problem, Operations Research
    11, 839-860.
cruciality
    The correlation of d with T: Pearson's of the values, Spearman's of the ranks
    (`simulator.estimates.dependence`). Source: T. M. Williams (1992), Criticality in stochastic
    networks, J. of the Operational Research Society 43, 353-357.
significance
    E[d / (d + float) T] / E[T], float in working time of the task by links alone; 0 where the task
    has no work. A ratio of means, with its standard error (Cochran 1977, equation 2.46). Source:
    Williams (1992).
ssi
    Schedule sensitivity index: criticality C times sd(d) / sd(T). Its standard error is that of the
    influence function, in shares of the index: c / C + ((d - E d)^2 / Var d - (T - E T)^2 / Var T)
    / 2 with c whether the task is critical. Source: PMI, PMBOK; M. Vanhoucke (2010), Measuring
    Time, section 3.3.
first_order
    Var(E[T | x]) / Var(T) with x what the task's own estimate draws: the share of the variance of T
    that would go if x were known, by lines in bins (`simulator.estimates.dependence`). Unknown for
    tasks without a range.
total
    E[Var(T | all but x)] / Var(T): the share that would stay if all but x were known. By drawing
    the estimate alone anew (`simulator.analysis.indices`). Unknown for what is correlated with
    others, for which it has no such meaning, and for tasks that were left out.
slope
    dP80 / dd: by how much P80 moves with a task that takes a little longer, working time for
    working time: how often the task is critical where the program's duration is about P80
    (`simulator.estimates.slopes`). It is that of links: a pool, a board or a window that comes
    after the task may take the longer work up, or double it.
merge_bias_days
    Mean time at which the task is ready less the largest mean of its incoming ends, in its working
    days; the interval is that of the mean by which it is ready after that end. Source: K. R.
    MacCrimmon and C. A. Ryavec (1964), An analytical study of the PERT assumptions, Operations
    Research 12, 16-37.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.analysis.task_lives import TaskLives, task_lives
from simulator.estimates.columns import Columns, in_groups, normal_end
from simulator.estimates.dependence import first_order, rank_and_linear
from simulator.estimates.estimate import UNKNOWN, Estimate
from simulator.estimates.probabilities import probability_estimates
from simulator.estimates.slopes import quantile_slopes
from simulator.run.results import Results
from simulator.run.task_results import row_days

PERCENT = 80


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
    slope: Estimate
    merge_bias_days: Estimate

    def to_dict(self) -> dict[str, dict[str, float | None]]:
        """As the contract spells it."""
        return {key: getattr(self, key).to_dict() for key in self.__slots__}


def task_measures(results: Results, totals: Mapping[str, Estimate]) -> dict[str, TaskMeasures]:
    """The measures of every task; `totals` are the total indices that are known, by task."""
    count = min(results.settings.task_iterations, results.settings.iterations)
    if not count:
        return {}
    tasks, level = results.plan.network.tasks, results.settings.level
    lives = task_lives(results, count)
    bias = _merge_bias(results, lives)
    columns = [Columns.unknown(len(tasks))] * 6
    if len(lives.whole):
        correlations = rank_and_linear(lives.work, lives.whole, level)
        first = first_order(lives.drawn, lives.whole, level)
        slope = quantile_slopes(lives.critical, lives.whole, PERCENT, level)
        shares = significance(lives, level), sensitivity(lives, level)
        columns = [*correlations, *shares, first, slope]
    rows = zip(*(column.estimates() for column in (*columns, bias)), strict=True)
    found = {}
    for task, (pears, spear, signif, ssi, order, slope_, bias_) in zip(tasks, rows, strict=True):
        critical, total = results.tasks[task.id].criticality, totals.get(task.id, UNKNOWN)
        found[task.id] = TaskMeasures(
            critical, pears, spear, signif, ssi, order, total, slope_, bias_
        )
    return found


def significance(lives: TaskLives, level: float) -> Columns:
    """Williams' significance index of each task."""
    whole, end = lives.whole, normal_end(level) / len(lives.whole) ** 0.5

    def find(part: slice) -> tuple[Columns]:
        work = lives.work[part]
        share = work / np.where(work > 0, work + lives.slack[part], 1.0)
        found = (share * whole).sum(axis=1) / whole.sum()
        off = (share - found[:, np.newaxis]) * whole
        half = end * np.sqrt(np.square(off).mean(axis=1)) / whole.mean()
        return (Columns(found, np.maximum(found - half, 0.0), np.minimum(found + half, 1.0)),)

    (columns,) = in_groups(find, len(lives.work))
    return columns


def sensitivity(lives: TaskLives, level: float) -> Columns:
    """The schedule sensitivity index of each task; nan where the program does not vary."""
    whole, n = lives.whole, len(lives.whole)
    spread, end = whole.std(), normal_end(level) / n**0.5
    if not spread > 0:
        return Columns.unknown(len(lives.work))
    off = np.square(whole - whole.mean()) / (2 * spread * spread)

    def find(part: slice) -> tuple[Columns]:
        work, critical = lives.work[part], lives.critical[part]
        own = np.square(work - work.mean(axis=1, keepdims=True))
        variance = own.mean(axis=1)
        often, _, at_most = probability_estimates(critical.sum(axis=1), n, level)
        ratio = np.sqrt(variance) / spread
        scale = np.where(often > 0, often, 1.0), np.where(variance > 0, 2 * variance, 1.0)
        influence = critical / scale[0][:, np.newaxis] + own / scale[1][:, np.newaxis] - off
        found = often * ratio
        half = found * end * influence.std(axis=1)
        # What was never critical may be so as often as Wilson's interval allows.
        high = np.where(often > 0, found + half, at_most * ratio)
        return (Columns(found, np.maximum(found - half, 0.0), high),)

    (columns,) = in_groups(find, len(lives.work))
    return columns


def _merge_bias(results: Results, lives: TaskLives) -> Columns:
    network = results.plan.network
    columns = results.task_columns.merge_bias_days
    days = row_days(network, network.task_rows.base)
    return Columns.about(columns, lives.bias_reach / days)
