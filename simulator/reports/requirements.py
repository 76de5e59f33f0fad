"""Whether a run proves what is required of it, in words that include the interval."""

import math

import numpy as np

from simulator.reports.words import UNKNOWN, percent, percents
from simulator.run.iso_dates import iso_dates
from simulator.run.requirements import NOT_PROVEN, Verdict
from simulator.run.results import Results
from simulator.run.settings import MOST_ITERATIONS
from simulator.scenario.units import MS_PER_HOUR, Moment

_MINUTE = 60_000.0


def verdict_text(results: Results, verdict: Verdict) -> str:
    """What is required, what was found, and what that proves.

    `Not proven with 10,000 iterations: p80<=2028-06-30. P80 of finish is 2028-06-28 17:00 (95 %
    interval: 2028-06-26 12:00 to 2028-07-03 17:00). About 60,000 iterations (-n) may settle it.`
    """
    requirement, state = verdict.requirement, verdict.state.capitalize()
    if verdict.state == NOT_PROVEN:
        state = f"{state} with {verdict.iterations:,} iterations"
    share = f"P{requirement.percent} of" if requirement.percent else "The chance"
    value, ends = _figure(results, verdict)
    level = f"{100 * results.settings.level:.0f} % interval"
    said = (
        f"{state}: {requirement.text}. {share} {requirement.figure} is {value}"
        f"{f' ({level}: {ends})' if ends else ''}."
    )
    return f"{said} {_more(verdict)}" if verdict.state == NOT_PROVEN else said


def _figure(results: Results, verdict: Verdict) -> tuple[str, str]:
    """A figure as exactly as its limit is given, and its interval."""
    requirement, found = verdict.requirement, verdict.estimate
    if requirement.percent is None:
        return percent(found.value), percents(found)
    ends, unit = np.array([found.value, found.low, found.high]), ""
    if isinstance(requirement.limit, Moment):
        # Rounded up to minutes: what is said to keep a limit keeps it.
        dates = iso_dates(results.plan.clock, np.ceil(ends / _MINUTE) * _MINUTE)
        texts = [
            date[:16].replace("T", " ") if date else _endless(end)
            for date, end in zip(dates, ends.tolist(), strict=True)
        ]
    elif requirement.figure == "duration":
        texts, unit = [_number(end / MS_PER_HOUR) for end in ends.tolist()], " working hours"
    else:
        texts = [_number(end) for end in ends.tolist()]
        unit = f" {results.plan.scenario.program.currency}"
    value, low, high = texts
    certain = math.isnan(found.value) or found.low == found.high
    return f"{value}{unit}", "" if certain else f"{low} to {high}{unit}"


def _endless(end: float) -> str:
    return "never" if end == math.inf else UNKNOWN


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else UNKNOWN


def _more(verdict: Verdict) -> str:
    """How many iterations would settle it, two digits of them."""
    needed = verdict.iterations_needed
    if needed > MOST_ITERATIONS:
        return "No more iterations than can be run would settle it."
    step = 10 ** max(0, math.floor(math.log10(needed)) - 1)
    return f"About {math.ceil(needed / step) * step:,} iterations (-n) may settle it."
