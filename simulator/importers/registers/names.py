"""Ids of risks, and what the status of a risk says."""

import re
from typing import Final

from simulator.importers.registers.words import words_of

_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
_LONGEST: Final = 40


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


CLOSED: Final = _set(
    "closed retired expired inactive avoided rejected cancelled canceled obsolete void done"
    " resolved geschlossen erledigt abgeschlossen entfallen inaktiv verworfen storniert beendet"
)
OCCURRED: Final = _set(
    "occurred issue realised realized materialised materialized impacted happened eingetreten"
    " problem"
)
OPEN: Final = _set(
    "open active new identified draft proposed monitoring monitored watch managed managing treated"
    " accepted assessed ongoing live offen aktiv neu identifiziert entwurf beobachtet laufend"
    " akzeptiert bewertet bearbeitung in progress mitigating mitigated treating"
)


def status_of(text: str) -> str:
    """`closed`, `occurred`, `open`, or empty for a status of which that is not known."""
    words = set(words_of(text))
    if words & CLOSED:
        return "closed"
    if words & OCCURRED:
        return "occurred"
    return "open" if not words or words & OPEN else ""


def id_of(text: str) -> str:
    """The id that a register's own id becomes: itself where it may, else its letters and digits."""
    if _ID.fullmatch(text):
        return text
    plain = "_".join(re.findall(r"[A-Za-z0-9\-]+", " ".join(_kept_case(text)))).strip("-_")
    return plain if plain[:1].isalpha() else f"r{plain}"


def id_of_title(title: str) -> str:
    """An id of a title: its first words, as many as are short enough to read."""
    found = ""
    for word in words_of(title.replace("%", " ")):
        if found and len(found) + len(word) >= _LONGEST:
            break
        found = f"{found}_{word}" if found else word[:_LONGEST]
    return found if found[:1].isalpha() else f"r_{found}".rstrip("_")


def one_line(text: str) -> str:
    """A text without line breaks and runs of spaces."""
    return " ".join(text.split())


def _kept_case(text: str) -> list[str]:
    """The words of a text in ASCII, upper case kept."""
    words = re.findall(r"[\w\-]+", text.replace("_", " "))
    return [word if word.isascii() else "".join(words_of(word)) for word in words]
