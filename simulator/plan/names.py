"""Names of variables hashed to 64-bit addresses."""

from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from simulator.errors import RunError


@lru_cache(maxsize=1 << 16)
def address(name: str) -> int:
    """The 64-bit address of a name: BLAKE2b of its UTF-8 text, 8 bytes, little endian."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4)
def addresses_of(names: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    """The address of each name, (V,), read-only: whoever runs a scenario again asks again.

    Raises
    ------
    RunError
        Two different names hash to the same address.
    """
    found = np.fromiter(map(address, names), dtype=np.uint64, count=len(names))
    ordered = np.sort(found)
    if (ordered[1:] == ordered[:-1]).any():
        _refuse_shared(names, found.tolist())
    found.flags.writeable = False
    return found


def _refuse_shared(names: tuple[str, ...], addresses: list[int]) -> None:
    owners: dict[int, str] = {}
    for name, where in zip(names, addresses, strict=True):
        if owners.setdefault(where, name) != name:
            raise RunError(f"{name} and {owners[where]} share a random number; rename one of them")
