"""Short ids for names of people's own making."""

import re
import unicodedata

LONGEST = 48
"""Characters of an id that is made of a name, without the number that tells two apart."""
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "þ": "th"})


class Ids:
    """The ids that one part of a scenario has given, each to one thing."""

    def __init__(self, *taken: str) -> None:
        self._ids: dict[str, str] = {}
        self._taken: set[str] = set(taken)

    def new(self, name: str, otherwise: str = "x") -> str:
        """An id that nothing else has; `otherwise` where the name has no letter of ours."""
        plain = _plain(name)
        plain = plain if plain[:1].isalpha() else f"{otherwise}_{plain}".rstrip("_")
        found, number = plain, 1
        while found in self._taken:
            number += 1
            found = f"{plain}_{number}"
        self._taken.add(found)
        self._ids.setdefault(name, found)
        return found

    def of(self, name: str) -> str:
        """The id of a name, the same each time."""
        return self._ids.get(name) or self.new(name)

    def said(self, name: str) -> dict[str, str]:
        """The name, where its id does not say it."""
        return name_beside(self.of(name), name)


def name_beside(given: str, name: str) -> dict[str, str]:
    """The name of something as its key `name`, where the id does not say it."""
    return {} if not name or given == name.lower().replace(" ", "_") else {"name": name}


def _plain(name: str) -> str:
    """A name in small letters without accents, digits and `_`, cut where a word ends."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    letters = "".join(each for each in letters if not unicodedata.combining(each))
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    if len(plain) <= LONGEST:
        return plain
    cut = plain[: LONGEST + 1]
    whole = cut.rpartition("_")[0]
    return (whole if len(whole) > LONGEST // 2 else cut[:LONGEST]).strip("_")
