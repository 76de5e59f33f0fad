"""All checks of a schedule, in reading order, and the health that they add up to."""

from simulator.analysis.health import (
    dates,
    logic,
    progress,
    ranges,
    register,
    resources,
    structure,
)
from simulator.analysis.health.finding import Bound, Check, Health, Rule
from simulator.analysis.health.limits import Limits
from simulator.analysis.health.practices import practices_of
from simulator.analysis.health.subject import Subject
from simulator.run.deterministic import DeterministicPlan

RULES: tuple[Rule, ...] = (
    *logic.RULES,
    *structure.RULES,
    *dates.RULES,
    *resources.RULES,
    *progress.RULES,
    *ranges.RULES,
    *register.RULES,
)
"""Every check: to add one, write it in the file whose question it answers."""
BOUNDS: dict[str, Bound] = {rule.id: rule.bound for rule in RULES}
"""The usual bound of each check."""


def schedule_health(found: DeterministicPlan, limits: Limits | None = None) -> Health:
    """Check the schedule behind a deterministic plan, against the usual limits or a house's own."""
    limits = limits or Limits()
    subject = Subject(found.plan, found, limits)
    checks = tuple(
        Check(rule, limits.bound(rule.id, rule.bound), rule.measure(subject)) for rule in RULES
    )
    return Health(checks, practices_of({check.rule.id: check for check in checks}))
