"""Whether estimates say how unsure they are: no range, narrow, symmetric, at an end, on its own."""

import math

import numpy as np

from simulator.analysis.health.finding import SHARE, Bound, Measured, Rule
from simulator.analysis.health.spread import P10_TO_P90
from simulator.analysis.health.subject import Subject
from simulator.plan.work import estimate_of
from simulator.scenario.distribution_kinds.base import comparable
from simulator.scenario.distributions import Pert, Triangular

GROUP = "Ranges"
RHO = 0.3
"""A correlation that is usual where none is known.

Source: GAO-09-3SP, Cost Estimating and Assessment Guide (2009), chapter 14: 0.25 where there is no
evidence; Hulett, Integrated Cost-Schedule Risk Analysis (2011), finds 0.3 and more.
"""
_SYMMETRIC = 1.1
"""Up to how many times the way down the way up still counts as symmetric."""
_AT_END = 0.01
"""How near to an end, as a share of the range, a mode is at it."""
_NO_RANGES = "no unfinished task has a range"


def no_range(subject: Subject) -> Measured:
    """Work that takes the same time in every future: no range, no class, no risk on it."""
    spread, members = subject.spread, _working(subject)
    bare = [task for task in members if not (spread.ranged[task] or spread.hit[task])]
    what = "has no range, and no risk falls on it"
    return Measured(subject.findings(what, bare), len(members))


def narrow_ranges(subject: Subject) -> Measured:
    """Ranges that say that the estimate is nearly certain."""
    members = _ranged(subject)
    if not members:
        return Measured.impossible(_NO_RANGES)
    width = subject.spread.width
    found = tuple(
        subject.finding(f"P10 to P90 is {100 * width[k]:.0f} % of the estimate", k)
        for k in members
        if width[k] < subject.limits.narrow
    )
    return Measured(found, len(members))


def symmetric_ranges(subject: Subject) -> Measured:
    """Ranges that reach as far down as up, or further."""
    members = _ranged(subject)
    if not members:
        return Measured.impossible(_NO_RANGES)
    down, up = subject.spread.down, subject.spread.up
    found = tuple(
        subject.finding(
            f"P10 is {100 * down[k]:.0f} % below the estimate, P90 {100 * up[k]:.0f} % above", k
        )
        for k in members
        if up[k] <= _SYMMETRIC * down[k]
    )
    return Measured(found, len(members))


def mode_at_end(subject: Subject) -> Measured:
    """Ranges of three points two of which are the same."""
    members, found = 0, []
    for task in subject.work.tolist():
        estimate = estimate_of(subject.scenario, subject.specs[task])
        if not isinstance(estimate, Pert | Triangular):
            continue
        values = comparable(estimate.low, estimate.mode_value, estimate.high)
        if values is None or values[2] == values[0]:
            continue
        members += 1
        low, mode, high = values
        if mode - low <= _AT_END * (high - low):
            what = "the most likely value is the lowest: it cannot go better than planned"
            found.append(subject.finding(what, task))
        elif high - mode <= _AT_END * (high - low):
            what = "the most likely value is the highest: it cannot go worse than planned"
            found.append(subject.finding(what, task))
    if not members:
        return Measured.impossible("no unfinished task has an estimate of three points")
    return Measured(tuple(found), members)


def correlation(subject: Subject) -> Measured:
    """Ranges that vary alone, and what that does to the sum along the critical path."""
    members = _ranged(subject)
    if len(members) < 2:
        return Measured.impossible("fewer than two unfinished tasks have a range")
    alone = [task for task in members if not subject.spread.shared[task]]
    what = "its range has nothing in common with any other"
    remark = _sum_of(subject, [task for task in alone if subject.critical[task]])
    return Measured(subject.findings(what, alone), len(members), remark=remark)


def _sum_of(subject: Subject, tasks: list[int]) -> str:
    """How far a sum of ranges spreads, independent and correlated.

    The variance of a sum is the sum of s_i s_j rho_ij: with s = s_1 + ... + s_n and q the sum of
    squares, q without correlation and (1 - rho) q + rho s^2 with one rho for all.
    """
    if len(tasks) < 2:
        return ""
    sd = subject.days[tasks] * subject.spread.width[tasks] / P10_TO_P90
    squares, total = float((sd**2).sum()), float(sd.sum())
    alone, together = math.sqrt(squares), math.sqrt((1 - RHO) * squares + RHO * total**2)
    return (
        f"the {len(tasks)} of them on the critical path add up to a standard deviation of"
        f" {alone:,.3g}d if they are independent, {together:,.3g}d with a correlation of {RHO}"
    )


def _working(subject: Subject) -> list[int]:
    """Unfinished tasks that take time."""
    return [task for task in subject.work.tolist() if subject.days[task] > 0]


def _ranged(subject: Subject) -> list[int]:
    ranged = subject.spread.ranged & np.isfinite(subject.spread.width)
    return [task for task in _working(subject) if ranged[task]]


RULES = (
    Rule(
        "no_range", "Tasks without range", GROUP, "unfinished tasks", Bound(SHARE, 0.20), 3,
        "They take exactly as long as planned in every future, which no work does: the finish comes"
        " out too early and too sure.",
        "Give each a range, or a `class` for its kind of work; one factor of chance 1 on all of"
        " them is a beginning.",
        no_range, "GAO 8",
    ),
    Rule(
        "narrow_ranges", "Narrow ranges", GROUP, "tasks with a range", Bound(SHARE, 0.10), 2,
        "People who are asked for a range of 90 % give one that holds six results of ten.",
        "Ask for what would surprise, low and high; compare with how past estimates turned out.",
        narrow_ranges, "GAO 8",
    ),
    Rule(
        "symmetric_ranges", "Symmetric ranges", GROUP, "tasks with a range", Bound(SHARE, 0.25), 1,
        "Work can be late by much more than it can be early; a range as wide below as above is a"
        " percentage that somebody put on, and leaves the mean where the plan is.",
        "Ask for the best and the worst case one by one.",
        symmetric_ranges, "GAO 8",
    ),
    Rule(
        "mode_at_end", "Most likely at an end", GROUP, "estimates of three points",
        Bound(SHARE, 0.05), 1,
        "Two points where three were asked for: the estimate was taken for the best case, or for"
        " the worst.",
        "Ask again for all three.",
        mode_at_end, "GAO 8",
    ),
    Rule(
        "correlation", "Ranges without correlation", GROUP, "tasks with a range",
        Bound(SHARE, 0.5), 2,
        "Independent ranges cancel out: the sum of n of them spreads by the root of n instead of by"
        " n. What people, suppliers and methods have in common makes tasks late together.",
        "Put a factor of chance 1 on tasks that share a cause, a class `shared: project`, or"
        " `correlations` of 0.3 or so.",
        correlation, "GAO 8",
    ),
)  # fmt: skip
