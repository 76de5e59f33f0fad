"""Mitigations of a register: beside risks, as what remains of them, or on a sheet of their own."""

from functools import partial
from typing import Any

from simulator.importers.registers.hits import Reading
from simulator.importers.registers.names import id_of, one_line
from simulator.importers.registers.ranges import mean_of, range_in, units_in
from simulator.importers.registers.readings import FIGURE, FRACTION, NotReadError
from simulator.importers.registers.risks import Draft, Drafts
from simulator.importers.registers.words import words_of

Mitigations = dict[str, dict[str, Any]]

_YES = frozenset(("yes", "ja", "true", "1", "x", "y", "j", "bought"))
_NO = frozenset(("", "no", "nein", "false", "0", "n"))
_SAME = 0.01
"""Ratios that differ by less are one."""


def beside_risks(reading: Reading, drafts: Drafts) -> Mitigations:
    """A mitigation for each risk of a table that says what remains of it, and at what cost."""
    found: Mitigations = {}
    for draft in drafts.found.values():
        rows = [at.row for at in draft.rows if at.table is reading.table]
        for row in rows:
            made = _beside(reading, draft, drafts, row)
            if made:
                found.setdefault(f"mitigate_{draft.key}", made)
                break
    return found


def _beside(reading: Reading, draft: Draft, drafts: Drafts, row: int) -> dict[str, Any]:
    table = reading.table
    lever: dict[str, Any] = {}
    if not table.cell(row, "residual_probability").blank:
        chance = reading.tried(row, "residual_probability", lambda: _residual_chance(reading, row))
        if chance is not None and chance != draft.data.get("chance"):
            lever["chance"] = chance
    effects = _effects(reading, draft, drafts, row)
    if effects is not None and effects != 1.0:
        lever["effects"] = effects
    cost = _cost(reading, row)
    if not lever:
        if cost not in (None, 0.0):
            drafts.notes.append(
                f"{draft.key}: the mitigation that costs {cost} leaves the risk as it is and is not"
                " kept; expected a residual chance or impact beside it"
            )
        return {}
    name = one_line(table.text(row, "response"))[:200]
    made: dict[str, Any] = {"name": name} if name else {}
    if cost not in (None, 0.0):
        made["cost"] = cost
    return {**made, "on": {draft.key: lever}}


def _residual_chance(reading: Reading, row: int) -> Any:
    field = "residual_probability"
    # Levels and percentages stand as beside the chance itself, unless the heading says otherwise.
    mode = reading.modes.get(field, reading.modes.get("probability", FRACTION))
    return reading.reader.chance(reading.table.cell(row, field), mode, field)


def _cost(reading: Reading, row: int) -> Any:
    table, column = reading.table, reading.table.column("mitigation_cost")
    if column is None or table.cell(row, "mitigation_cost").blank:
        return None
    cell = table.cell(row, "mitigation_cost")
    return reading.tried(
        row, "mitigation_cost", lambda: reading.reader.impact(cell, column, FIGURE)
    )


def _effects(reading: Reading, draft: Draft, drafts: Drafts, row: int) -> float | None:
    """What remains of the impacts, as a share: of the delay and of the cost, the larger one."""
    ratios = []
    for effect in ("delay", "cost"):
        residual = _residual(reading, row, effect)
        own = [hit.get(effect, hit.get("wait")) for _, hit in draft.hits]
        before = next((value for value in own if value is not None), None)
        if residual is None or before is None:
            continue
        ratio = _ratio(residual, before)
        if ratio is None:
            problem = "what remains cannot be compared with the impact"
            expected = "both in one unit, as a figure or as min, likely and max"
            reading.refuse(row, f"residual_{effect}", problem, expected)
        else:
            ratios.append(ratio)
    if len(ratios) > 1 and abs(ratios[0] - ratios[1]) > _SAME:
        drafts.notes.append(
            f"{draft.key}: {ratios[0]:.0%} of the delay and {ratios[1]:.0%} of the cost remain; a"
            f" mitigation scales both alike, and {max(ratios):.0%} was taken"
        )
    return max(ratios) if ratios else None


def _residual(reading: Reading, row: int, effect: str) -> Any:
    field = f"residual_{effect}"
    column = reading.table.column(field)
    if column is None or reading.table.cell(row, field).blank:
        return None
    mode = reading.mode(field)
    cell = reading.table.cell(row, field)
    return reading.tried(row, field, lambda: reading.reader.impact(cell, column, mode))


def _ratio(residual: Any, before: Any) -> float | None:
    means, units = (mean_of(residual), mean_of(before)), units_in(residual) | units_in(before)
    if means[0] is None or not means[1] or len(units) > 1:
        return None
    return round(abs(means[0] / means[1]), 6)


def on_their_own(reading: Reading, drafts: Drafts, known: set[str]) -> Mitigations:
    """The mitigations of a sheet that lists them, a row for each risk or pool that one changes."""
    table, found = reading.table, Mitigations()
    for row in table.rows():
        name = table.text(row, "mitigation")
        if not name:
            reading.refuse(row, "mitigation", "the cell is empty", "an id")
            continue
        made = found.setdefault(id_of(name), {"name": "", "on": {}, "units": {}})
        made["name"] = made["name"] or table.text(row, "title")
        cost = reading.tried(
            row, "cost", partial(range_in, table, row, "cost", reading.reader, FIGURE)
        )
        if cost is not None:
            made["cost"] = cost
        if text := table.text(row, "at"):
            made["at"] = text
        if bought := _bought(reading, row):
            made["bought"] = bought
        _add_lever(reading, drafts, known, row, made)
    return {key: _tidy(made) for key, made in found.items()}


def _add_lever(
    reading: Reading, drafts: Drafts, known: set[str], row: int, made: dict[str, Any]
) -> None:
    table = reading.table
    if risk := table.text(row, "id"):
        draft = drafts.found.get(risk.casefold())
        key = draft.key if draft else id_of(risk)
        if draft is None and key not in known:
            skipped = {at.table.text(at.row, "id").casefold() for at, *_ in drafts.skipped}
            if risk.casefold() in skipped:
                drafts.notes.append(f"{table.sheet.name}, row {row + 1}: {risk} was not taken")
                return
            problem = f"there is no risk {risk!r}"
            reading.refuse(row, "id", problem, "a risk of the register")
        lever = {}
        if not table.cell(row, "new_probability").blank:
            mode = reading.modes.get("new_probability", FRACTION)
            cell = table.cell(row, "new_probability")
            lever["chance"] = reading.tried(
                row, "new_probability", lambda: reading.reader.chance(cell, mode)
            )
        if (effects := _number(reading, row, "effects")) is not None:
            lever["effects"] = effects
        made["on"][key] = lever
    if pool := table.text(row, "pools"):
        made["units"][pool] = _number(reading, row, "units")


def _number(reading: Reading, row: int, field: str) -> float | None:
    cell = reading.table.cell(row, field)
    if cell.blank:
        return None

    def read() -> float:
        number = reading.reader.number(cell)
        if number is None:
            raise NotReadError(f"{cell.text!r} is not a number", "a number such as 0.5")
        return number[0]

    found: float | None = reading.tried(row, field, read)
    return found


def _bought(reading: Reading, row: int) -> bool:
    text = " ".join(words_of(reading.table.text(row, "bought")))
    if text not in _YES | _NO:
        reading.refuse(row, "bought", f"{text!r} is neither yes nor no", "yes or no")
    return text in _YES


def _tidy(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if value not in ("", {}, None)}
