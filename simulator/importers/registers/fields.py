"""The fields of a risk register, and which one a heading means, in English and in German.

A heading is read as words: case, accents and punctuation do not count, what stands in brackets is
its unit. Most fields are known by whole headings; impacts are put together of what they hit
(schedule, cost), which end of the range they are, and whether they remain after a mitigation.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from simulator.importers.registers.numbers import unit_named
from simulator.importers.registers.words import words_of

EFFECTS: Final = ("delay", "wait", "factor", "cost")
ENDS: Final = ("min", "", "max", "shape")
"""The parts of a range; the likely value has no suffix."""


def part(effect: str, end: str) -> str:
    """The field of one part of a range: `delay`, `delay_min`."""
    return f"{effect}_{end}" if end else effect


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WHOLE: Final[dict[str, str]] = {
    "id": "id|no|nr|number|ref|ref no|reference|key|uid|risk id|risk no|risk nr|risk number"
    "|risk ref|risk key|risiko id|risiko nr|risikonummer|risikonr|kennung|lfd nr|laufende nummer",
    "title": "title|name|risk|risk title|risk name|risk event|event|summary|headline|threat"
    "|short description|risk summary|risiko|titel|bezeichnung|risikobezeichnung|risikotitel"
    "|risikoname|kurzbeschreibung|risikoereignis|ereignis",
    "description": "description|risk description|details|risk details|risk statement|cause"
    "|beschreibung|risikobeschreibung|ursache",
    "category": "category|risk category|class|group|area|kategorie|risikokategorie|bereich",
    "type": "type|risk type|nature|threat opportunity|opportunity threat|risk opportunity|t o"
    "|threat or opportunity|art|typ|risikoart|risiko chance|chance risiko",
    "owner": "owner|risk owner|responsible|assigned to|accountable|verantwortlich"
    "|verantwortlicher|verantwortliche|eigner|risikoeigner|risikoverantwortlicher|zustaendig"
    "|risikoeigentuemer",
    "status": "status|state|risk status|zustand|risikostatus",
    "probability": "probability|prob|likelihood|chance|p|probability of occurrence"
    "|likelihood of occurrence|chance of occurrence|wahrscheinlichkeit|ew"
    "|eintrittswahrscheinlichkeit|wahrscheinlichkeit des eintritts",
    "impact": "impact|consequence|severity|overall impact|impact level|auswirkung|auswirkungen"
    "|schadensausmass|tragweite|schwere|schweregrad",
    "tasks": "task|tasks|activity|activities|wbs|wbs code|wbs element|work package"
    "|work packages|task id|task ids|activity id|activity ids|activity name|vorgang|vorgaenge"
    "|arbeitspaket|arbeitspakete|psp|psp code|psp element|aktivitaet|aktivitaeten|hits"
    "|schedule activity|schedule activities",
    "project": "project|projekt|teilprojekt|sub project|workstream",
    "projects": "projects|projekte",
    "pools": "pools|pool",
    "response": "response|mitigation|treatment|action|actions|countermeasure|countermeasures"
    "|control|controls|mitigation plan|response plan|mitigation action|mitigation actions"
    "|mitigation strategy|response strategy|risk response|risk treatment|mitigation measures"
    "|massnahme|massnahmen|gegenmassnahme|gegenmassnahmen|risikomassnahme|behandlung",
    "apply": "apply",
    "draw": "draw",
    "rate": "rate",
    "during": "during",
    "stops": "stops",
    "at": "at",
    "from": "window from",
    "until": "window until",
    "hit": "hit",
    "hit_at": "hit at",
    "hit_from": "hit from",
    "hit_until": "hit until",
    "units": "units",
    "units_from": "units from",
    "units_for": "units for",
    "mitigation": "mitigation id",
    "bought": "bought",
    "effects": "effects",
    "new_probability": "new probability|new chance",
    "residual_probability": "restwahrscheinlichkeit",
    "mitigation_cost": "massnahmenkosten|cost of mitigation",
}
"""Whole headings by field."""

FIELDS: Final = (
    *_WHOLE,
    *(part(effect, end) for effect in EFFECTS for end in ENDS),
    "residual_delay",
    "residual_cost",
    "ignore",
)
"""Every field that a column may be given with `--map`."""

_BY_HEADING: Final = {text: key for key, texts in _WHOLE.items() for text in texts.split("|")}
_RESIDUAL: Final = _set(
    "residual post target net remaining rest restrisiko netto after mitigated nach"
)
_FILLER: Final = _set(
    "the of on in a risk risiko current initial inherent gross brutto pre before estimated est"
    " geschaetzt geschaetzte aktuelle aktuell affected impacted betroffen betroffene betroffener"
    " related zugeordnete overall gesamt assessment value wert total rating level score stufe"
    " bewertung vor"
)
_SCHEDULE: Final = _set(
    "schedule time delay duration zeit termin dauer verzug verzoegerung terminauswirkung"
    " terminverzug zeitauswirkung slip slippage zeitlich zeitliche terminlich terminliche"
)
_COST: Final = _set(
    "cost costs financial finance budget money kosten finanziell finanzielle kostenauswirkung"
    " schadenshoehe monetary monetaer monetaere"
)
_WAIT: Final = frozenset(("wait", "waiting"))
_FACTOR: Final = frozenset(("factor", "faktor"))
_IMPACT: Final = _set(
    "impact impacts consequence effect severity auswirkung auswirkungen schaden folgen folge"
)
_RESPONSE: Final = _set(
    "mitigation response treatment action measure countermeasure control massnahme massnahmen"
    " gegenmassnahme massnahmenkosten"
)
_LOW: Final = _set(
    "min minimum low lowest best optimistic lower optimistisch niedrig untergrenze minimal"
)
_MODE: Final = _set(
    "likely ml mode most realistic realistisch wahrscheinlich wahrscheinlichster medium central"
    " mittel erwartet"
)
_HIGH: Final = _set(
    "max maximum high highest worst pessimistic upper pessimistisch hoch obergrenze maximal"
)
_SHAPE: Final = frozenset(("shape", "distribution", "verteilung"))
_CASE: Final = frozenset(("case", "estimate", "fall", "schaetzung", "value", "wert"))
_DERIVED: Final = _set(
    "emv exposure expected erwartungswert schadenserwartung score matrix ranking rank priority"
    " prioritaet weighted gewichtet factored p80 p50 occurred"
)
_UNIT: Final = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
_UNIT_AFTER_IN: Final = re.compile(r"\bin\s+(\S+(?:\s+\S+)?)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it stands, the field it means (empty if none), and the unit it names."""

    text: str
    field: str
    unit: str = ""


def heading_of(text: str) -> Heading:
    """What a heading means, as far as it can be guessed."""
    if text.casefold().startswith("tag:"):
        return Heading(text, f"tag:{text[4:].strip()}")
    unit = next((match.strip() for match in _UNIT.findall(text) if match.strip()), "")
    bare = _UNIT.sub(" ", text)
    after_in = _UNIT_AFTER_IN.search(bare)
    if not unit and after_in:
        unit, bare = after_in[1], bare[: after_in.start()]
    if "%" in bare:
        unit, bare = unit or "%", bare.replace("%", " ")
    field = _field(words_of(bare)) or _either(bare) or _by_unit(words_of(bare), unit)
    if not field and unit:
        # What stands in brackets may be words of the heading: Cost impact (likely).
        field, unit = _field(words_of(text)), ""
    elif field and set(words_of(unit)) <= _LOW | _MODE | _HIGH | _CASE and unit:
        field, unit = _field(words_of(text)) or field, ""
    return Heading(text, field, unit)


def field_named(name: str) -> str | None:
    """A field by the name that `--map` gives it, else None."""
    plain = "_".join(words_of(name))
    plain = plain.removesuffix("_likely")
    return plain if plain in FIELDS else None


def nearest_field(name: str) -> str:
    """`did you mean ...` for the nearest field, else all of them."""
    found = get_close_matches("_".join(words_of(name)), FIELDS, n=1)
    return f"did you mean {found[0]}?" if found else ", ".join(FIELDS)


def _field(words: tuple[str, ...]) -> str:
    if whole := _BY_HEADING.get(" ".join(words)):
        return whole
    found = set(words)
    if found & _DERIVED and not found & (_LOW | _HIGH | _SHAPE):
        return ""
    residual = bool(found & _RESIDUAL)
    if composed := _composed(found, residual=residual):
        return composed
    dropped = _FILLER | _RESIDUAL | (_RESPONSE if residual else frozenset())
    left = [word for word in words if word not in dropped]
    whole = _BY_HEADING.get(" ".join(left), "")
    if not residual:
        return whole
    return {"probability": "residual_probability", "impact": "residual_delay"}.get(whole, "")


def _by_unit(words: tuple[str, ...], unit: str) -> str:
    """The field of an end of a range of which only the unit says what it is: Worst case (days)."""
    if not words or not set(words) <= _LOW | _MODE | _HIGH | _CASE:
        return ""
    measured = unit_named(unit) if unit else None
    effect = (
        "delay" if measured and measured.time else "cost" if measured and measured.money else ""
    )
    return _composed({*words, effect}, residual=False) if effect else ""


def _either(text: str) -> str:
    """The field of a heading such as `WBS / Activity`, whose halves mean the same."""
    halves = {_field(words_of(half)) for half in text.split("/")} if "/" in text else set()
    return halves.pop() if len(halves) == 1 else ""


def _composed(found: set[str], *, residual: bool) -> str:
    """An impact or the cost of a mitigation, put together of words."""
    effect = _effect(found)
    known = (
        _SCHEDULE | _COST | _WAIT | _FACTOR | _IMPACT | _LOW | _MODE | _HIGH | _SHAPE | _CASE
        | _FILLER | _RESPONSE | _RESIDUAL
    )  # fmt: skip
    if not effect or not found <= known:
        return ""
    if found & _RESPONSE and not residual:
        return "mitigation_cost" if effect == "cost" else ""
    if residual:
        return f"residual_{effect}" if effect in ("delay", "cost") else ""
    for words, end in ((_SHAPE, "shape"), (_LOW, "min"), (_HIGH, "max")):
        if found & words:
            return part(effect, end)
    return effect


def _effect(found: set[str]) -> str:
    for words, effect in (
        (_WAIT, "wait"),
        (_FACTOR, "factor"),
        (_SCHEDULE, "delay"),
        (_COST, "cost"),
    ):
        if found & words:
            return effect
    return ""
