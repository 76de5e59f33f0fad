"""Text of a scenario file: its lines, its printable characters, and what plain scalars mean."""

import math
import re
from typing import Final

Scalar = str | int | float | bool | None

MAX_NUMBER: Final = 40
_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_INTEGER = re.compile(rf"[+-]?{_DIGITS}")
_NUMBER = re.compile(rf"[+-]?(?:\.{_DIGITS}|{_DIGITS}(?:\.(?:{_DIGITS})?)?)(?:[eE][+-]?[0-9]+)?")
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain_scalar(text: str) -> Scalar:
    """The value of text without quotes, by the core schema of YAML 1.2 and `_` in numbers.

    Raises
    ------
    ValueError
        The number is too long, or no finite one.

    Notes
    -----
    Source: YAML 1.2.2, section 10.3.2, without octal and hexadecimal integers, infinities and
    not-a-number, which stay text.
    """
    if not text or text[0] not in "+-.0123456789":
        return _WORDS.get(text, text)
    if not _NUMBER.fullmatch(text):
        return text
    if len(text) > MAX_NUMBER:
        raise ValueError(f"a number of {len(text):,} characters")
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text}")
    return value


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    before = split_lines(text[:offset] + "|")  # a mark, so that a new line has begun
    return len(before), len(before[-1])


def split_lines(text: str) -> list[str]:
    """The lines of a text, broken where the parser breaks them."""
    return (
        UNPRINTABLE.sub("?", text).splitlines() if UNPRINTABLE.search(text) else text.splitlines()
    )
