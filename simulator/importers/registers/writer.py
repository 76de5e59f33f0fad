"""Risks and mitigations of a scenario as a workbook, which `import` reads back as the same.

A row is a hit of a risk. Ranges stand in columns of their own, min, likely and max; what has no
such shape stands under likely in the words of the scenario. All text is written as text: what
begins like a formula is none. Columns from a run are told apart and are not read back.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulator.errors import RunError
from simulator.importers.registers.cells import MOST_ROWS
from simulator.importers.registers.fields import EFFECTS
from simulator.scenario.dumping import flow_text
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Chance, Hit, Risk, Window
from simulator.scenario.units import Amount, number_text
from simulator.scenario.values import value_yaml

LONGEST_TEXT: Final = 32_767
"""Characters of a cell of Excel."""
_FORMULA_LIKE: Final = ("=", "+", "-", "@", "\t")
_TAGS: Final = {"category": "Category", "owner": "Owner", "response": "Response",
                "description": "Description"}  # fmt: skip
_LISTED: Final = {"uniform": ("min", "max"), "pert": ("min", "", "max"),
                  "triangular": ("min", "", "max")}  # fmt: skip
_HEADS: Final = {"delay": "Delay", "wait": "Wait", "factor": "Factor", "cost": "Cost"}


def _heading(effect: str, end: str) -> str:
    """The heading of one part of a range: `Delay max (d)`."""
    unit = "(d)" if effect in ("delay", "wait") and end != "shape" else ""
    return " ".join(filter(None, (_HEADS[effect], end, unit)))


_ORDER: Final = (
    "Id", "Title", "Category", "Owner", "Probability", "Rate", "During", "Window from",
    "Window until", "At", "Stops", "Hit", "Tasks", "Projects", "Pools", "Units", "Units from",
    "Units for",
    *(_heading(effect, end) for effect in EFFECTS for end in ("min", "", "max", "shape")),
    "Apply", "Draw", "Hit at", "Hit from", "Hit until", "Response", "Description",
)  # fmt: skip
_ALWAYS: Final = ("Id", "Title", "Owner", "Probability", "Tasks")

Content = str | float
Row = dict[str, Content]


@dataclass(frozen=True, slots=True)
class FromRun:
    """What a run found of a risk: how often it occurred, and what it costs at P80, if known."""

    occurred: float | None = None
    p80_days: float | None = None
    p80_cost: float | None = None


def from_run(result: Path) -> dict[str, FromRun]:
    """What a `result.json` says of each risk.

    Raises
    ------
    RunError
        There is no such file, or it is no result of a run.
    """
    try:
        risks = json.loads(result.read_text(encoding="utf-8"))["risks"]
        return {
            key: FromRun(
                *(_value_of(risk.get(name)) for name in ("occurred", "p80_days", "p80_cost"))
            )
            for key, risk in risks.items()
        }
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RunError(f"{result}: {reason}; expected the folder of a run") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise RunError(f"{result} is no result of a run; expected the folder of a run") from None


def _value_of(estimate: Any) -> float | None:
    value = estimate.get("value") if isinstance(estimate, dict) else None
    return float(value) if isinstance(value, int | float) else None


def register_workbook(scenario: Scenario, found: Mapping[str, FromRun] | None = None) -> bytes:
    """The workbook of a scenario's risks and mitigations, with what a run found if there is one.

    Raises
    ------
    RunError
        There are more hits, or longer texts, than a sheet holds.
    """
    import xlsxwriter  # noqa: PLC0415 - heavy, and only needed to write workbooks

    currency = scenario.program.currency
    rows = [
        {**row, **_found((found or {}).get(key), currency)}
        for key, risk in scenario.risks.items()
        for row in _risk_rows(key, risk)
    ]
    levers = list(_mitigation_rows(scenario))
    if max(len(rows), len(levers)) >= MOST_ROWS:
        raise RunError(f"{len(rows):,} hits are more than a register holds ({MOST_ROWS:,} rows)")
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": f"Risk register of {scenario.program.name}"[:200]})
        _sheet(book, "Risks", rows, _ALWAYS)
        if levers:
            _sheet(book, "Mitigations", levers, ("Mitigation id", "Name"))
    return stream.getvalue()


def _risk_rows(key: str, risk: Risk) -> Iterator[Row]:
    """A row for each hit; what the risk is as a whole stands in all of them."""
    whole: Row = {"Id": key}
    if risk.name:
        whole["Title"] = risk.name
    for tag, text in risk.tags.items():
        whole[_TAGS.get(tag, f"Tag: {tag}")] = text
    if isinstance(risk.chance, Chance):
        chances = {f"if {name}": p for name, p in risk.chance.conditions}
        whole["Probability"] = flow_text({**chances, "else": risk.chance.otherwise})
    elif risk.chance is not None:
        whole["Probability"] = risk.chance
    for heading, value in (
        ("Rate", risk.rate),
        ("During", risk.during),
        ("At", risk.at),
        ("Stops", risk.stops),
    ):
        if value is not None:
            whole[heading] = _text(value)
    whole |= _window(risk.when, "Window")
    for hit in risk.hits or (None,):
        yield whole if hit is None else {**whole, **_hit(hit)}


def _hit(hit: Hit) -> Row:
    row: Row = {}
    for heading, names in (
        ("Tasks", hit.tasks),
        ("Projects", hit.projects),
        ("Pools", hit.pools),
    ):
        if names:
            row[heading] = _names(names)
    for effect in EFFECTS:
        value = getattr(hit, effect)
        if value is not None:
            row |= _range(effect, value)
    for heading, value in (
        ("Hit", hit.name),
        ("Units", hit.units),
        ("Units from", hit.from_),
        ("Units for", hit.for_),
        ("Hit at", hit.at),
        ("Apply", hit.apply),
        ("Draw", hit.draw if hit.draw != "shared" else None),
    ):
        if value is not None:
            row[heading] = value if isinstance(value, float) else _text(value)
    return row | _window(hit.when, "Hit")


def _window(window: Window | None, before: str) -> Row:
    if window is None:
        return {}
    ends = (("from", window.from_), ("until", window.until))
    return {f"{before} {name}": str(end) for name, end in ends if end is not None}


def _names(names: Sequence[str]) -> str:
    plain = not any(set(name) & set(";,\n[") or name != name.strip() for name in names)
    return "; ".join(names) if plain else flow_text(list(names))


def _range(effect: str, value: Any) -> Row:
    """A value in the columns of its effect: its ends where it has some, else its own words."""
    kind = getattr(value, "kind", "")
    ends = _LISTED.get(kind, ())
    quantities = value.quantities() if ends else (value,)
    data = value_yaml(value)
    body = data[kind] if kind else None
    plain = [_quantity(each, effect) for each in quantities]
    if (kind and not isinstance(body, list)) or None in plain or len(set(plain)) < len(ends):
        return {_heading(effect, ""): flow_text(data)}
    row: Row = {
        _heading(effect, end): each
        for end, each in zip(ends or ("",), plain, strict=True)
        if each is not None
    }
    if kind == "triangular":
        row[_heading(effect, "shape")] = kind
    return row


def _quantity(value: Any, effect: str) -> Content | None:
    """One figure: a number where the column's unit is its own, else a text; None if neither."""
    if effect in ("factor", "cost"):
        return value if isinstance(value, float) else None
    if not isinstance(value, Amount):
        return None
    whole = value.unit == "d" and _exact(value.value)
    return value.value if whole else f"{number_text(value.value)}{value.unit}"


def _text(value: Any) -> str:
    data = value_yaml(value) if hasattr(value, "kind") else value
    return flow_text(data) if isinstance(data, dict) else str(data)


def _mitigation_rows(scenario: Scenario) -> Iterator[Row]:
    for key, lever in scenario.mitigations.items():
        whole: Row = {"Mitigation id": key}
        if lever.name:
            whole["Name"] = lever.name
        if lever.cost != 0.0:
            whole |= _range("cost", lever.cost)
        if lever.at is not None:
            whole["At"] = str(lever.at)
        if lever.bought:
            whole["Bought"] = "yes"
        parts: list[Row] = []
        for risk, change in lever.on.items():
            part: Row = {"Risk id": risk}
            if change.chance is not None:
                part["New probability"] = change.chance
            if change.effects is not None:
                part["Effects"] = change.effects
            parts.append(part)
        parts += [{"Pools": pool, "Units": units} for pool, units in lever.units.items()]
        for part in parts or [{}]:
            yield {**whole, **part}


def _found(found: FromRun | None, currency: str) -> Row:
    if found is None:
        return {}
    figures = {
        "Occurred (run)": found.occurred,
        "P80 days (run)": found.p80_days,
        f"P80 {currency} (run)": found.p80_cost,
    }
    return {heading: value for heading, value in figures.items() if value is not None}


def _sheet(book: Any, name: str, rows: Sequence[Row], always: Sequence[str]) -> None:
    """Write rows under their headings; columns that hold nothing are left out."""
    filled = dict.fromkeys(heading for row in rows for heading in row)
    first = [heading for heading in _ORDER if heading in filled or heading in always]
    headings = list(dict.fromkeys(h for h in (*first, *always, *filled)))
    if name != "Risks":
        headings = list(dict.fromkeys((*always, *filled)))
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    formats = {
        "share": book.add_format({"num_format": "0.0%", "valign": "top"}),
        "figure": book.add_format({"num_format": "#,##0.###", "valign": "top"}),
        "text": book.add_format({"valign": "top", "text_wrap": True}),
        "quoted": book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True}),
    }
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
        longest = max((len(_shown(row.get(heading, ""))) for row in rows), default=0)
        sheet.set_column(column, column, min(max(len(heading) / 1.5, longest, 8) + 2, 44))
        for number, row in enumerate(rows, start=1):
            if heading in row:
                _write(sheet, (number, column), heading, row[heading], formats)
    sheet.freeze_panes(1, 2)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(headings) - 1)


def _shown(value: Content) -> str:
    return value if isinstance(value, str) else f"{value:,.4g}"


def _write(
    sheet: Any, at: tuple[int, int], heading: str, value: Content, formats: Mapping[str, Any]
) -> None:
    shares = ("Probability", "New probability", "Occurred (run)")
    if isinstance(value, float) and _exact(value):
        sheet.write_number(*at, value, formats["share" if heading in shares else "figure"])
        return
    text = value if isinstance(value, str) else repr(value)
    if len(text) > LONGEST_TEXT:
        raise RunError(f"{heading}: a text of {len(text):,} characters does not fit into a cell")
    quoted = text.startswith(_FORMULA_LIKE)
    sheet.write_string(*at, text, formats["quoted" if quoted else "text"])


def _exact(value: float) -> bool:
    """Whether a number is the same after it was written with 16 digits, as workbooks do."""
    return float(f"{value:.16G}") == value
