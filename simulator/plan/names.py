"""Names of variables hashed to 64-bit addresses."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from simulator.errors import RunError


@lru_cache(maxsize=1 << 16)
def address(name: str) -> int:
    """The 64-bit address of a name: BLAKE2b of its UTF-8 text, 8 bytes, little endian."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def addresses_of(names: Iterable[str]) -> dict[str, int]:
    """The address of each name.

    Raises
    ------
    RunError
        Two different names hash to the same address.
    """
    distinct = list(dict.fromkeys(names))
    found = dict(zip(distinct, map(address, distinct), strict=True))
    if len(set(found.values())) == len(found):
        return found
    owners: dict[int, str] = {}
    for name, where in found.items():
        if owners.setdefault(where, name) != name:
            raise RunError(f"{name} and {owners[where]} share a random number; rename one of them")
    return found
