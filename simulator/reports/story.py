"""A run in the order in which people ask: shall we keep the promise, if not by how much, why."""

import math
from dataclasses import dataclass

import numpy as np

from simulator.plan.plan import Clock
from simulator.reports.model_band import band_sentence, band_table
from simulator.reports.pool_tables import pool_name, pool_tables
from simulator.reports.tables import Table, all_tables, words_of
from simulator.reports.words import (
    Words,
    calendar_days,
    chance,
    count,
    day_text,
    interval,
    money_text,
    percent,
)
from simulator.run.pool_values import PoolValue
from simulator.run.results import Results
from simulator.scenario.units import MS_PER_HOUR, Moment


@dataclass(frozen=True, slots=True)
class Story:
    """A report before anybody has chosen how it looks."""

    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def story(results: Results) -> Story:
    """Everything that is told about a run."""
    settings = results.settings
    title = f"{results.name}: {count(settings.iterations, 'simulated future')}"
    first, *others = all_tables(results)
    band = band_table(results)
    tables = (first, *((band,) if band.rows else ()), *others, *pool_tables(results))
    return Story(title, sentences(results), tables, notes(results))


def sentences(results: Results) -> tuple[str, ...]:
    """What a sponsor wants to know, in whole sentences."""
    words = words_of(results)
    found = (
        _plan(results, words),
        *_promises(results, words),
        *_percentiles(results, words),
        band_sentence(results, words),
        *_never(results),
        _contingency(results, words),
        _joint(results, words),
        _waiting(results, words),
        *_values(results, words),
    )
    return tuple(sentence for sentence in found if sentence)


def notes(results: Results) -> tuple[str, ...]:
    """What has to be known to read the figures rightly."""
    level = percent(results.settings.level)
    found = [
        f"Intervals are simulation error ({level}), not the uncertainty of the inputs.",
        "The frontier of joint confidence is no menu of trade-offs: a later date saves no money.",
    ]
    found += [f"{warning}." for warning in results.warnings]
    repaired = results.plan.variables.repaired
    if repaired:
        found.append(
            "The correlations asked for contradict each other; the nearest possible ones were used"
            f" (distance {repaired:.3g})."
        )
    return tuple(found)


def _plan(results: Results, words: Words) -> str:
    finish, cost = results.outcomes["finish"], results.outcomes["cost"]
    kept = chance(finish.deterministic_confidence)
    text = (
        f"The plan says {words.date(finish.deterministic)}. The chance to finish by then is {kept}."
    )
    if not cost.deterministic:
        return text
    return (
        f"{text} It costs {words.money(cost.deterministic)} if all goes as planned; the chance to"
        f" need no more is {chance(cost.deterministic_confidence)}."
    )


def _promises(results: Results, words: Words) -> list[str]:
    program, kept = results.plan.scenario.program, results.probability
    found = []
    if program.deadline is not None:
        date = promised(program.deadline)
        found.append(f"The chance to be on time, by {date}, is {chance(kept['on_time'])}.")
    if program.budget is not None:
        budget = words.exact_money(program.budget)
        found.append(
            f"The chance to stay on budget, within {budget}, is {chance(kept['on_budget'])}."
        )
    if results.jcl_at_targets is not None:
        found.append(f"The chance to keep both is {chance(results.jcl_at_targets)}.")
    return found


def promised(moment: Moment) -> str:
    """A date of the file as it stands there."""
    text = day_text(moment.at.date())
    return f"{text} {moment.at:%H:%M}" if moment.has_time else text


def _percentiles(results: Results, words: Words) -> list[str]:
    finish, cost = results.outcomes["finish"].quantiles, results.outcomes["cost"].quantiles
    dates = words.dates(finish[80])
    span = f", interval {dates}" if dates else ""
    half, most = words.date(finish[50].value), words.date(finish[80].value)
    found = [f"Half of the futures finish by {half} (P50), 80 of 100 by {most} (P80{span})."]
    if math.isinf(finish[80].value):
        found = [f"P50 of the finish is {half}; P80 is never reached."]
    if results.outcomes["cost"].quantiles[80].value:
        money = interval(cost[80], money_text).replace(" million–", "–").replace(" billion–", "–")
        found.append(
            f"Half of them cost at most {words.money(cost[50].value)} (P50), 80 of 100 at most"
            f" {words.money(cost[80].value)} (P80{', interval ' + money if money else ''})."
        )
    return found


def _never(results: Results) -> list[str]:
    never = float(np.isinf(results.joined.finish).mean())
    return [f"In {percent(never)} of the futures the program never finishes."] if never else []


def _contingency(results: Results, words: Words) -> str:
    days = results.outcomes["finish"].contingency[80]
    money = results.outcomes["cost"].contingency[80]
    if not math.isfinite(days):
        return (
            f"No time is enough for 80 % confidence; in money the plan lacks {words.money(money)}."
        )
    if days <= 0 and money <= 0:
        return "The plan needs no contingency: it is 80 % sure of its date and of its cost."
    working = math.ceil(words.working_days(results.outcomes["duration"].contingency[80]))
    time = (
        f"{count(calendar_days(days), 'calendar day')} ({count(working, 'working day')})"
        if days > 0
        else "no time"
    )
    cost = words.money(money) if money > 0 else "no money"
    return f"To be 80 % sure of each, the plan needs a contingency of {time} and {cost}."


def _joint(results: Results, words: Words) -> str:
    point = results.jcl[80]
    if not math.isfinite(point.date):
        return "No date and budget can be kept together with 80 % confidence."
    return (
        f"To keep a date and a budget together with 80 % confidence (JCL), promise"
        f" {words.date(point.date)} and {words.money(point.cost)}."
    )


def _waiting(results: Results, words: Words) -> str:
    """The pool for which tasks wait most."""
    waits = {key: hours for key, hours in results.waits.pools.items() if hours >= 1.0}
    if not waits:
        return ""
    most = max(waits, key=waits.__getitem__)
    days = math.ceil(words.working_days(waits[most] * MS_PER_HOUR))
    own = {key: each.get(most, 0.0) for key, each in results.waits.tasks.items()}
    task = max(own, key=own.__getitem__)
    name = results.plan.scenario.tasks[task].name or task
    return (
        f"Tasks wait most for {pool_name(results, most)}: {count(days, 'working day')} on average,"
        f" {percent(own[task] / waits[most])} of it {name}."
    )


def _values(results: Results, words: Words) -> list[str]:
    """What the pools that cost something at P80 cost, and what one more unit is worth."""
    values = results.pool_values.pools if results.pool_values else ()
    return [_value(results, each, words) for each in values if each.delay_days_p80.low > 0]


def _value(results: Results, pool: PoolValue, words: Words) -> str:
    delay, more = pool.delay_days_p80, pool.one_more
    ends = f"{delay.low:,.0f} to {delay.high:,.0f}"
    saved = round(more.saves_days_p80.value)
    text = (
        f"Waiting for {pool_name(results, pool.id)} costs {count(round(delay.value), 'day')} at P80"
        f" ({ends}); one unit more saves {count(saved, 'day') if saved else 'none'}"
    )
    money = more.costs_mean
    if money.low > 0:
        return f"{text} and costs {words.money(money.value)}."
    if money.high < 0:
        return f"{text} and {words.money(-money.value)}."
    return f"{text}."


def passing_date(clock: Clock, ms: float) -> str:
    """A date while a run goes on, when no calendar is at hand yet."""
    return day_text(clock.date(ms).date()) if math.isfinite(ms) else "never"
