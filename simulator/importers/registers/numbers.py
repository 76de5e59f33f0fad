"""Numbers as people write them in tables: decimal marks, units of time, currencies, ranges."""

import re
from dataclasses import dataclass
from typing import Final

from simulator.importers.registers.words import words_of

_TIME_WORDS: Final[dict[str, str]] = {
    word: unit
    for unit, words in {
        "h": "h|hr|hrs|hour|hours|working hours|std|stunde|stunden|arbeitsstunden",
        "d": "d|day|days|wd|workday|workdays|working day|working days|business days|bd|tag|tage"
        "|tagen|at|arbeitstag|arbeitstage|arbeitstagen|pt",
        "w": "w|wk|wks|week|weeks|working weeks|woche|wochen|arbeitswochen",
        "mo": "mo|month|months|mth|mths|monat|monate|monaten",
        "eh": "eh|elapsed hours",
        "ed": "ed|cd|calendar day|calendar days|elapsed days|kalendertag|kalendertage"
        "|kalendertagen|kt",
        "ew": "ew|calendar weeks|elapsed weeks|kalenderwochen",
    }.items()
    for word in words.split("|")
}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_THOUSANDS: Final = frozenset(("k", "t", "tsd", "thousand", "thd", "thousands", "tausend"))
_MILLIONS: Final = frozenset(("m", "mio", "mn", "mm", "mil", "million", "millions", "millionen"))
_CURRENCIES: Final = _set(
    "eur euro euros usd us dollar dollars gbp chf sek nok dkk pln czk huf jpy cad aud cny inr brl"
    " zar"
)
_SIGNS: Final = str.maketrans({"$": " usd ", "£": " gbp ", "€": " eur ", "¥": " jpy "})
_DIGITS: Final = r"[+-]?\s?(?:\d[\d.,'_\u00a0\u202f ]*(?:[eE][+-]?\d+)?|[.,]\d+)"
_NUMBER: Final = re.compile(rf"\s*({_DIGITS})\s*")
_WITH_UNIT: Final = re.compile(rf"\s*([^\d+\-.,]*?)\s*({_DIGITS})\s*([^\d]*?)\s*")
_BETWEEN: Final = re.compile(
    r"(?<=[\d%a-zA-Z.\s])(?<!\d[eE])\s*(?:\.\.|–|—|-|\bto\b|\bbis\b)\s*(?=[\d.,])"
)
_EXPONENT: Final = re.compile(r"[eE][+-]?\d+$")


@dataclass(frozen=True, slots=True)
class Scaled:
    """What a unit of a column means: of time (`d`), or money times `times`, or neither."""

    time: str = ""
    money: bool = False
    times: float = 1.0
    percent: bool = False
    level: bool = False
    share: bool = False


def unit_named(text: str) -> Scaled | None:
    """What the unit of a heading or a cell means; None for one that is not known."""
    words = words_of(text.translate(_SIGNS))
    joined = " ".join(words)
    if not words:
        return Scaled()
    if joined in _TIME_WORDS:
        return Scaled(time=_TIME_WORDS[joined])
    if words in (("%",), ("percent",), ("prozent",)):
        return Scaled(percent=True)
    if joined in ("level", "levels", "stufe", "rating", "score") or re.fullmatch(
        r"[01]\s?(?:to\s|bis\s)?[2-9]|1\s10", joined
    ):
        return Scaled(level=True)
    if joined in ("0 1", "fraction", "share"):
        return Scaled(share=True)
    return _money(words)


def _money(words: tuple[str, ...]) -> Scaled | None:
    times = 1.0
    for word in _parted(words):
        if word in _THOUSANDS:
            times *= 1e3
        elif word in _MILLIONS:
            times *= 1e6
        elif word not in _CURRENCIES:
            return None
    return Scaled(money=True, times=times)


def _parted(words: tuple[str, ...]) -> list[str]:
    """The same with `keur` as `k`, `eur`."""
    found: list[str] = []
    for word in words:
        front = next(
            (word.removesuffix(c) for c in _CURRENCIES if word.endswith(c) and word != c), ""
        )
        behind = next(
            (word.removeprefix(c) for c in _CURRENCIES if word.startswith(c) and word != c), ""
        )
        head = front if front in _THOUSANDS | _MILLIONS else behind
        found += [head, "eur"] if head in _THOUSANDS | _MILLIONS else [word]
    return found


def number_in(text: str, decimal: str) -> float:
    """The number that a text is, with this decimal mark (`,` or `.`).

    The other mark, spaces and apostrophes part thousands, and nothing else.

    Raises
    ------
    ValueError
        The text is no number, or may be two different ones.
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a number")
    return _value(match[1], decimal)


def amount_in(text: str, decimal: str) -> tuple[float, str]:
    """The number of a text and the unit before or behind it, empty if there is none.

    Raises
    ------
    ValueError
        The text is no number with at most a unit.
    """
    match = _WITH_UNIT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a number with a unit")
    unit = f"{match[1]} {match[3]}".strip()
    sign = -1.0 if match[1].endswith(("-", "−")) else 1.0
    return sign * _value(match[2], decimal), unit.strip("-− ")


def ends_of(text: str) -> tuple[str, str] | None:
    """The two ends of `5 - 10 days`, the unit with both, else None."""
    parts = _BETWEEN.split(text.strip())
    if len(parts) != 2 or not parts[0].strip():
        return None
    low, high = (part.strip() for part in parts)
    if not re.search(r"\d", low) or not re.search(r"\d", high):
        return None
    unit = re.sub(r"^[\d.,'_\s]+", "", high)
    return (low if re.search(r"[^\d.,'_\s+-]", low) else f"{low} {unit}".strip()), high


def _value(raw: str, decimal: str) -> float:
    text = re.sub(r"[\s'_\u00a0\u202f]", "", raw)
    exponent = _EXPONENT.search(text)
    tail = exponent[0] if exponent else ""
    text = text.removesuffix(tail)
    other = "." if decimal == "," else ","
    if decimal in text and other in text and text.rfind(other) > text.rfind(decimal):
        raise ValueError(f"{raw!r} has `{other}` behind `{decimal}`, which marks decimals here")
    if other in text:
        groups = text.partition(decimal)[0].lstrip("+-").split(other)
        if not all(len(group) == 3 for group in groups[1:]) or not 1 <= len(groups[0]) <= 3:
            raise ValueError(f"{raw!r} is not a number where `{decimal}` marks decimals")
        text = text.replace(other, "")
    text = text.replace(decimal, ".")
    try:
        return float(text + tail)
    except ValueError:
        raise ValueError(f"{raw!r} is not a number") from None
