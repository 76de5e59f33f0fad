"""The health of a schedule as sentences and tables: what matters first, and then everything."""

from simulator.analysis.health.finding import (
    FAILED,
    NOTED,
    PASSED,
    UNKNOWN,
    Check,
    Finding,
    Health,
)
from simulator.reports.tables import Column, Table
from simulator.reports.words import count

MOST_TOLD = 5
"""Failed checks in the summary."""
MARKS = {PASSED: "ok", FAILED: "FAILED", NOTED: "note", UNKNOWN: "-"}
HOW_SCORED = (
    "The score is the weighted geometric mean of the grades of all checks that can be measured."
    " Within its bound a check has grade 1, beyond it 1 / (1 + excess / 5 %); a share always allows"
    " one finding. Weights are 8 where dates are wrong, 3 where they mislead, 1 where they are"
    " weak, 0 for notes."
)


def headline(health: Health) -> str:
    """The score and how many checks it is of."""
    return f"Schedule health: {health.score} of 100. {tally(health)}"


def tally(health: Health) -> str:
    """How many checks passed, failed, and could not be measured."""
    unknown = len(health.of(UNKNOWN))
    parts = [f"{count(len(health.of(PASSED)), 'check')} passed", f"{len(health.failed)} failed"]
    if unknown:
        parts.append(f"{unknown} cannot be measured")
    return f"{', '.join(parts)}."


def summary_table(health: Health) -> Table:
    """The failed checks that cost most, with an example of each."""
    columns = (
        Column("What costs most", figures=False),
        Column("found"),
        Column("allowed", optional=2),
        Column("for example", figures=False, optional=1),
    )
    rows = tuple(
        (check.rule.title, check.figure, str(check.bound), _example(check))
        for check in health.failed[:MOST_TOLD]
    )
    more = len(health.failed) - len(rows)
    left = f"{count(more, 'more failed check')}. " if more > 0 else ""
    note = f"{left}--health tells everything, --page FILE.html as a page."
    return Table("", columns, rows, note)


def _example(check: Check) -> str:
    """The first finding, short enough for a line."""
    if not check.measured.findings:
        return check.measured.remark
    first = check.measured.findings[0]
    return first.tasks[0] if first.tasks else first.what.partition(":")[0]


def checks_table(health: Health) -> Table:
    """Every check, in reading order."""
    columns = (
        Column("Check", figures=False),
        Column("", figures=False),
        Column("found"),
        Column("allowed", optional=1),
        Column("name", figures=False, optional=2),
        Column("standard", figures=False, optional=3),
    )
    rows = tuple(
        (
            check.rule.title,
            MARKS[check.status],
            check.figure,
            str(check.bound),
            check.rule.id,
            check.rule.standard,
        )
        for check in health.checks
    )
    return Table("Every check", columns, rows, HOW_SCORED)


def practices_table(health: Health) -> Table:
    """GAO's ten best practices by what can be measured of them."""
    columns = (
        Column("GAO best practice", figures=False),
        Column("", figures=False),
        Column("failed checks", figures=False, optional=1),
    )
    rows = tuple(
        (
            f"{each.number}. {each.title}",
            MARKS[each.status],
            ", ".join(check.rule.id for check in each.checks if check.status == FAILED),
        )
        for each in health.practices
    )
    note = "A practice may still fail in what no file can show: the page (--page) names it."
    return Table("GAO's ten best practices, as far as they can be measured", columns, rows, note)


def told_checks(health: Health) -> tuple[Check, ...]:
    """Checks with something to tell: the failed ones first, then notes, then the rest."""
    passed = tuple(check for check in health.of(PASSED) if check.measured.findings)
    return (*health.failed, *health.of(NOTED), *passed)


def check_heading(check: Check) -> str:
    """What a check is called, found and allows."""
    standard = f", {check.rule.standard}" if check.rule.standard else ""
    return (
        f"{check.rule.title} ({check.rule.id}{standard}): {check.figure} {check.rule.things},"
        f" allowed {check.bound}"
    )


def finding_line(finding: Finding) -> str:
    """A finding with its place and its tasks."""
    place = f"line {finding.line}: " if finding.line else ""
    who = f"{finding.tasks[0]}: " if finding.tasks else ""
    return f"{place}{who}{finding.what}"
