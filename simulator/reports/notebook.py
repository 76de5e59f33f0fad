"""A run as it shows itself in a notebook."""

from html import escape

from simulator.reports.story import story
from simulator.reports.tables import (
    Table,
    contingency_table,
    criticality_table,
    milestone_table,
    percentile_table,
)
from simulator.run.results import Results

_BOX = "font-family:sans-serif;max-width:56em;line-height:1.45"
_CELL = "padding:0.15em 0.8em;border:0"
_HEAD = f"{_CELL};border-bottom:1px solid currentColor;font-weight:600"
_SMALL = "opacity:0.7;font-size:90%"


def results_html(results: Results) -> str:
    """The headline sentences and the tables that matter first, as HTML without scripts."""
    told = story(results)
    first, *others = told.sentences
    tables = (
        percentile_table(results),
        milestone_table(results),
        contingency_table(results),
        criticality_table(results),
    )
    parts = [
        f'<div style="{_BOX}">',
        f'<h3 style="margin:0.3em 0">{escape(told.title)}</h3>',
        f"<p><strong>{escape(first)}</strong></p>",
        *(f'<p style="margin:0.2em 0">{escape(sentence)}</p>' for sentence in others),
        *(_table(table) for table in tables if table.rows),
        *(f'<p style="{_SMALL}">{escape(note)}</p>' for note in told.notes),
        "</div>",
    ]
    return "\n".join(parts)


def _table(table: Table) -> str:
    """A table that folds away, the first thing under its title open."""
    aligned = ["right" if column.figures else "left" for column in table.columns]
    head = "".join(
        f'<th style="{_HEAD};text-align:{side}">{escape(column.heading)}</th>'
        for column, side in zip(table.columns, aligned, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};text-align:{side}">{escape(cell)}</td>'
            for cell, side in zip(row, aligned, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    note = f'<p style="{_SMALL}">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<details open><summary style="margin:0.6em 0 0.2em">{escape(table.title)}</summary>'
        f'<table style="border-collapse:collapse;border:0"><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table>{note}</details>"
    )
