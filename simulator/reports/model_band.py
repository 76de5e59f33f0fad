"""The model band in words and as a table: how far P80 moves with what nobody knows."""

import math

from simulator.reports.tables import Column, Table, words_of
from simulator.reports.words import UNKNOWN, Words, interval
from simulator.run.assumptions import CORRELATION
from simulator.run.model_band import BandCase
from simulator.run.results import Results

_NOTE = (
    "Correlations stand in place of the file's, between the durations of all tasks. So far may the"
    " forecast be off by what the file does not know; intervals are the error of simulation alone."
)


def band_sentence(results: Results, words: Words) -> str:
    """Between which dates P80 lies for other correlations, and what reference classes say."""
    band = results.model_band
    if band is None:
        return ""
    found = []
    if band.finish_p80 is not None:
        low, high = (words.date(end) for end in band.finish_p80)
        if low != high:
            found.append(
                f"The P80 finish lies between {low} and {high} for correlations of 0 to 0.6 between"
                " durations"
            )
    for case in band.cases:
        if case.kind != CORRELATION:
            date = words.date(case.finish_p80)
            found.append(f"{'it' if found else 'The P80 finish'} is {date} by the {case.name}")
    return f"{', '.join(found)}: the model band." if found else ""


def band_table(results: Results) -> Table:
    """P80 of finish and cost under each assumption, and how far it is from that of the run."""
    words, band = words_of(results), results.model_band
    columns = (
        Column("", figures=False),
        Column("P80 finish"),
        Column("later (days)", optional=1),
        Column("95 % interval", optional=3),
        Column(f"P80 cost ({words.currency})"),
        Column(f"more ({words.currency})", optional=2),
    )
    if band is None:
        return Table("Model band", columns, ())
    finish, cost = (results.outcomes[key].quantiles[80].value for key in ("finish", "cost"))
    rows = (
        ("as in the file", words.date(finish), "", "", words.cell(cost), ""),
        *(_row(case, words) for case in band.cases),
    )
    why = [f"No P80 for {name}: {reason}." for name, reason in band.impossible.items()]
    return Table("Model band", columns, rows, " ".join([_NOTE, *why]))


def _row(case: BandCase, words: Words) -> tuple[str, ...]:
    return (
        case.name,
        words.date(case.finish_p80),
        _days(case.finish_p80_days.value),
        interval(case.finish_p80_days, _days),
        words.cell(case.cost_p80),
        words.cell(case.cost_p80_difference.value),
    )


def _days(value: float) -> str:
    return f"{round(value, 1) + 0.0:,.1f}" if math.isfinite(value) else UNKNOWN
