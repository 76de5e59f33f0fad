"""The health of a schedule as one page: self-contained HTML to read, to print and to send.

Nothing is loaded from elsewhere and no script is needed. What passed and failed is said by a word
and a mark, not by colour alone; colours are Okabe and Ito's (2008), which colour-blind people tell
apart.
"""

from html import escape

from simulator.analysis.health.finding import FAILED, NOTED, PASSED, UNKNOWN, Check, Finding, Health
from simulator.reports.health_style import STYLE
from simulator.reports.health_tables import HOW_SCORED, tally
from simulator.reports.words import Words, count
from simulator.run.deterministic import DeterministicPlan

_MOST_FINDINGS = 200
"""Of one check; the rest are counted."""
_FIRST = 5
_MARKS = {PASSED: "✓", FAILED: "✗", NOTED: "•", UNKNOWN: "–"}
_CLASSES = {PASSED: "passed", FAILED: "failed", NOTED: "noted", UNKNOWN: "unknown"}
_DCMA_POINTS = 14


def health_page(found: DeterministicPlan, health: Health, file: str) -> str:
    """The page of one scenario file."""
    plan = found.plan
    name = plan.scenario.program.name or file
    words = Words.of(plan)
    tasks = count(len(plan.network.tasks), "task")
    about = (
        f"{file}, {tasks}, {count(len(plan.network.links.pred), 'link')}; planned finish"
        f" {words.date(found.finish)}"
    )
    parts = (
        f"<h1>{escape(name)}: schedule health</h1>",
        f'<p class="file">{escape(about)}</p>',
        _score(health),
        _first_things(health),
        _dcma(health),
        _practices(health),
        _groups(health),
        _method(),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}: schedule health {health.score}</title>\n"
        f"<style>\n{STYLE}</style>\n</head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _score(health: Health) -> str:
    """The score as a figure and as a bar."""
    score = health.score
    return (
        '<section class="score">\n'
        f'<p class="figure"><strong>{score}</strong><span> of 100</span></p>\n'
        f'<svg viewBox="0 0 100 4" preserveAspectRatio="none" role="img"'
        f' aria-label="score {score} of 100"><rect fill="#e4e4e4" width="100" height="4"/>'
        f'<rect fill="#0072b2" width="{score}" height="4"/></svg>\n'
        f"<p>{escape(tally(health))}</p>\n</section>"
    )


def _first_things(health: Health) -> str:
    """What costs most, with the reason and the remedy."""
    if not health.failed:
        return "<section><h2>What to do first</h2><p>No check failed.</p></section>"
    items = "\n".join(
        f'<li><a href="#{check.rule.id}">{escape(check.rule.title)}</a>, {escape(check.figure)}'
        f" {escape(check.rule.things)}. {escape(check.rule.remedy)}</li>"
        for check in health.failed[:_FIRST]
    )
    return (
        f"<section><h2>What to do first</h2>\n<ol>\n{items}\n</ol>\n"
        "<p>In the order of the points that they cost.</p></section>"
    )


def _dcma(health: Health) -> str:
    points = {
        check.rule.standard.removeprefix("DCMA "): check
        for check in health.checks
        if check.rule.standard.startswith("DCMA ")
    }
    rows = "\n".join(_row(points[str(k)], str(k)) for k in range(1, _DCMA_POINTS + 1))
    return (
        "<section><h2>DCMA's 14 points</h2>\n"
        f"{_table(('', 'point', '', 'found', 'allowed'), rows)}</section>"
    )


def _row(check: Check, number: str) -> str:
    """A check as a line of a table."""
    figure = check.figure if check.status != UNKNOWN else check.measured.remark
    return (
        f'<tr><td class="number">{number}</td>'
        f'<td><a href="#{check.rule.id}">{escape(check.rule.title)}</a></td>'
        f"<td>{_status(check.status)}</td>"
        f'<td>{escape(figure)}</td><td class="bound">{escape(str(check.bound))}</td></tr>'
    )


def _practices(health: Health) -> str:
    rows = "\n".join(
        f'<tr><td class="number">{each.number}</td><td>{escape(each.title)}</td>'
        f"<td>{_status(each.status)}</td><td>{_measured_by(each.checks)}</td>"
        f"<td>{escape(each.beyond)}</td></tr>"
        for each in health.practices
    )
    heads = ("", "practice", "", "measured by", "not measurable in a file")
    return (
        "<section><h2>GAO's ten best practices, as far as a file shows them</h2>\n"
        f"{_table(heads, rows)}</section>"
    )


def _measured_by(checks: tuple[Check, ...]) -> str:
    return ", ".join(
        f'<a href="#{check.rule.id}">{escape(check.rule.title.lower())}</a>'
        f"{' ' + _MARKS[FAILED] if check.status == FAILED else ''}"
        for check in checks
    )


def _groups(health: Health) -> str:
    """Every check with its findings, group by group."""
    found: dict[str, list[Check]] = {}
    for check in health.checks:
        found.setdefault(check.rule.group, []).append(check)
    return "\n".join(
        f"<section><h2>{escape(group)}</h2>\n" + "\n".join(map(_check, checks)) + "</section>"
        for group, checks in found.items()
    )


def _check(check: Check) -> str:
    rule, measured = check.rule, check.measured
    standard = f" <small>{escape(rule.standard)}</small>" if rule.standard else ""
    title = f"{_status(check.status)} {escape(rule.title)}{standard}"
    head = f'<article id="{rule.id}">\n<h3>{title}</h3>\n'
    if check.status == UNKNOWN:
        return f"{head}<p>Not measurable: {escape(measured.remark)}.</p>\n</article>"
    if not (measured.findings or measured.remark):
        said = f"<small>{escape(check.figure)} {escape(rule.things)}</small>"
        return f'<article id="{rule.id}">\n<h3>{title} {said}</h3>\n</article>'
    said = f"{rule.things}; allowed: {check.bound}. {_sentence(measured.remark)}"
    figure = f"<p><b>{escape(check.figure)}</b> {escape(said.strip())}</p>\n"
    if not measured.findings:
        return f"{head}{figure}</article>"
    why = f"<p>{escape(rule.why)} <b>What to do:</b> {escape(rule.remedy)}</p>\n"
    rows = "\n".join(map(_finding, measured.findings[:_MOST_FINDINGS]))
    left = len(measured.findings) - _MOST_FINDINGS
    more = f"<p>and {left:,} more</p>\n" if left > 0 else ""
    table = _table(("task", "finding", "line"), rows)
    return f"{head}{figure}{why}{table}{more}</article>"


def _finding(finding: Finding) -> str:
    first = escape(finding.tasks[0]) if finding.tasks else ""
    line = str(finding.line) if finding.line else ""
    return (
        f"<tr><td><code>{first}</code></td><td>{escape(finding.what)}</td>"
        f'<td class="number">{line}</td></tr>'
    )


def _method() -> str:
    return f"<section><h2>How the score is made</h2><p>{escape(HOW_SCORED)}</p></section>"


def _table(heads: tuple[str, ...], rows: str) -> str:
    cells = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    return f"<table><thead><tr>{cells}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n"


def _status(status: str) -> str:
    return f'<span class="{_CLASSES[status]}">{_MARKS[status]} {status}</span>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
