"""The rows of a register as risks: rows with one id are the hits of one risk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from simulator.errors import Fault
from simulator.importers.registers.hits import Reading, hit_of, sign_of, value_of, window_of
from simulator.importers.registers.names import id_of, id_of_title, one_line, status_of
from simulator.importers.registers.readings import FRACTION
from simulator.importers.registers.table import Table
from simulator.scenario.risks import Risk

_TAGS: Final = ("category", "owner", "response", "description")
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class RowOf:
    """A row of a table."""

    table: Table
    row: int

    @property
    def where(self) -> str:
        """As a person finds it."""
        return f"{self.table.sheet.name}, row {self.row + 1}"


@dataclass(slots=True)
class Draft:
    """A risk that is being put together: its rows, and the data that they give."""

    key: str
    title: str
    rows: list[RowOf]
    data: dict[str, Any]
    hits: list[tuple[RowOf, dict[str, Any]]] = field(default_factory=list)
    assumed: list[RowOf] = field(default_factory=list)
    """Rows that do not say on which of several tasks a delay falls."""
    faulty: bool = False
    """A cell of it could not be read, so nothing more is said of it."""

    def finished(self) -> dict[str, Any]:
        """The risk as a scenario writes it."""
        return self.data | ({"hits": [hit for _, hit in self.hits]} if self.hits else {})


@dataclass(slots=True)
class Drafts:
    """All risks of a register while it is read, and what was not taken as a risk."""

    found: dict[str, Draft] = field(default_factory=dict)
    """By the id in the register, or the place of a risk without one."""
    skipped: list[tuple[RowOf, str, str]] = field(default_factory=list)
    """Row, what it is called, why."""
    notes: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    """Ids that are taken."""


def add_rows(reading: Reading, drafts: Drafts) -> None:
    """Read every row of a table into the drafts; faults are noted in the reading."""
    for row in reading.table.rows():
        at = RowOf(reading.table, row)
        if reason := _reason_to_skip(reading, row):
            drafts.skipped.append((at, _called(reading.table, row), reason))
            continue
        draft = _draft(reading, drafts, at)
        if draft is None:
            continue
        _merge(reading, draft, row, _risk_level(reading, drafts, row))
        hit = hit_of(reading, row)
        if hit:
            draft.hits.append((at, hit))
        if row in reading.assumed:
            draft.assumed.append(at)
        draft.faulty = draft.faulty or row in reading.faulty


def check(drafts: Drafts, folder: object) -> Iterator[Fault]:
    """What is wrong with the risks one by one, by row."""
    for draft in drafts.found.values():
        if draft.faulty:
            continue
        table, row = draft.rows[0].table, draft.rows[0].row
        if "chance" not in draft.data and "rate" not in draft.data:
            yield table.fault(row, "probability", "the cell is empty", "a chance such as 35 %")
            continue
        if not draft.hits and "stops" not in draft.data:
            yield table.fault(row, "id", "the risk has no impact", "a delay or a cost")
            continue
        try:
            Risk.model_validate(draft.finished(), context={"folder": folder})
        except ValidationError as error:
            for each in error.errors():
                yield _located(draft, each["loc"], each["msg"])


def fault_at(draft: Draft, path: tuple[str | int, ...], problem: str, expected: str) -> Fault:
    """A fault of a risk at a path inside it, by the row that gave it."""
    at = draft.rows[0]
    names = [part for part in path if isinstance(part, str)]
    if (
        len(path) > 1
        and path[0] == "hits"
        and isinstance(path[1], int)
        and path[1] < len(draft.hits)
    ):
        at = draft.hits[path[1]][0]
        names = names[1:]
    column = {"chance": "probability", "name": "title"}.get(*(names[:1] or [""]) * 2)
    return at.table.fault(at.row, column or "", problem, expected)


def _located(draft: Draft, path: tuple[str | int, ...], message: str) -> Fault:
    problem, _, expected = message.removeprefix("Value error, ").partition("; expected ")
    return fault_at(draft, path, problem, expected)


def _reason_to_skip(reading: Reading, row: int) -> str:
    table = reading.table
    status = table.text(row, "status")
    if status_of(status) == "closed":
        return f"its status is {status}"
    named = any(table.text(row, name) for name in ("id", "title", "description"))
    above = row == table.first or any(not cell.blank for cell in table.sheet.rows[row - 1])
    if not above and not _says_more(table, row):
        return "it stands below the table and has no chance"
    if not named and not _says_more(table, row):
        return "it names no risk"
    return ""


def _says_more(table: Table, row: int) -> bool:
    return any(table.text(row, name) for name in ("probability", "rate"))


def _called(table: Table, row: int) -> str:
    names = (table.text(row, name) for name in ("id", "title", "description"))
    return one_line(" ".join(name for name in names if name))[:80]


def _draft(reading: Reading, drafts: Drafts, at: RowOf) -> Draft | None:
    """The risk that a row belongs to: the one with its id, else a new one."""
    table, row = at.table, at.row
    own, title = table.text(row, "id"), _title(table, row)
    if not own and not title:
        reading.refuse(row, "", "the risk has neither id nor title", "one of them")
        return None
    merged = not own and table.cell(row, "title").merged
    place = own.casefold() or (f"\0{title}" if merged else f"\0{title}\0{at.where}")
    if merged and place not in drafts.found:
        place = next((p for p in drafts.found if p.startswith(f"\0{title}\0")), place)
    draft = drafts.found.get(place)
    if draft is None:
        draft = Draft(_new_key(own, title, drafts), title, [at], {})
        drafts.found[place] = draft
        if draft.key in drafts.keys:
            problem = f"two risks would have the id `{draft.key}`"
            reading.refuse(row, "id", problem, "ids that differ in more than marks")
        drafts.keys.add(draft.key)
        return draft
    if title and draft.title and title != draft.title:
        first = draft.rows[0].where
        problem = f"{own!r} is another risk already ({draft.title[:60]!r}, {first})"
        reading.refuse(row, "id", problem, "an id of its own")
        return None
    draft.rows.append(at)
    return draft


def _new_key(own: str, title: str, drafts: Drafts) -> str:
    """The id of a new risk: made of its own, or of its title with a number where it is taken."""
    if own:
        return id_of(own)
    first = key = id_of_title(title)
    number = 1
    while key in drafts.keys:
        number += 1
        key = f"{first}_{number}"
    return key


def _title(table: Table, row: int) -> str:
    return table.text(row, "title") or one_line(table.text(row, "description"))[:_LONGEST_TITLE]


def _risk_level(reading: Reading, drafts: Drafts, row: int) -> dict[str, Any]:
    """What a row says of its risk as a whole."""
    table = reading.table
    found: dict[str, Any] = {}
    if title := _title(table, row):
        found["name"] = title
    if not table.cell(row, "probability").blank:
        mode = reading.modes.get("probability", FRACTION)
        chance = reading.tried(
            row, "probability", lambda: reading.reader.chance(table.cell(row, "probability"), mode)
        )
        found["chance"] = 0.0 if chance is None else chance  # the fault is noted
    status = table.text(row, "status")
    meaning = status_of(status)
    if meaning == "occurred":
        found["chance"] = 1.0
        drafts.notes.append(f"{_called(table, row)}: has occurred, so its chance is 1")
    elif status and not meaning:
        drafts.notes.append(f"{_called(table, row)}: the status {status!r} is taken as open")
    for key in ("rate", "during", "at", "stops"):
        if table.text(row, key):
            found[key] = value_of(reading, row, key)
    found |= window_of(table, row)
    tags = {name: one_line(table.text(row, name)) for name in _TAGS}
    if not table.text(row, "title"):
        tags["description"] = ""  # it is the title
    if sign_of(reading, row) < 0:
        tags["kind"] = "opportunity"
    tags |= {
        each.field.removeprefix("tag:"): table.sheet.cell(row, each.index).text
        for each in table.columns
        if each.field.startswith("tag:")
    }
    given = {key: text for key, text in tags.items() if text}
    return found | ({"tags": given} if given else {})


def _merge(reading: Reading, draft: Draft, row: int, found: dict[str, Any]) -> None:
    """Put what a row says of its risk to what others said; they must not differ."""
    for key, value in found.items():
        if draft.data.setdefault(key, value) != value and key != "tags":
            column = {"chance": "probability", "name": "title"}.get(key, key)
            problem = f"{value} here, {draft.data[key]} in {draft.rows[0].where}"
            reading.refuse(row, column, problem, "one and the same in all rows of a risk")
