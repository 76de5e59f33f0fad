"""Texts as words: without case, accents and punctuation."""

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "€": " eur ", "#": " no "}
)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without case, accents and punctuation."""
    plain = text.casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[a-z0-9%]+", plain))
