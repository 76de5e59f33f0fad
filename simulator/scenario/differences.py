"""What differs between two scenarios: paths as `--set` takes them, and the values of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from simulator.scenario.dumping import plain_data
from simulator.scenario.program import Scenario

ABSENT: Final = None
"""The value of what a scenario does not have, or leaves at its default."""
_ORDERED: Final = {(), ("projects",), ("pools",), ("projects", "*", "tasks")}
"""Mappings whose order decides who is served first where all else is equal."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that two scenarios do not share; `None` where one has none."""

    path: str
    a: Any
    b: Any

    def to_dict(self) -> dict[str, Any]:
        """As the contract spells it."""
        return {"path": self.path, "a": self.a, "b": self.b}


def changes(a: Scenario, b: Scenario) -> tuple[Change, ...]:
    """Every value that differs, in the order of the first scenario, then of the second.

    Values are compared as they are written out: defaults and the way a number is written do not
    count. What stands in files of samples is not compared.
    """
    return tuple(_differing(plain_data(a), plain_data(b), ()))


def _differing(a: Any, b: Any, path: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(a, dict) and isinstance(b, dict):
        yield from _mappings(a, b, path)
    elif _alike(a, b):
        for number, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from _differing(one, other, (*path, str(number)))
    elif a != b:
        yield Change(".".join(path), a, b)


def _mappings(a: dict[str, Any], b: dict[str, Any], path: tuple[str, ...]) -> Iterator[Change]:
    for key in dict.fromkeys([*a, *b]):
        if key in a and key in b:
            yield from _differing(a[key], b[key], (*path, str(key)))
        else:
            yield Change(".".join((*path, str(key))), a.get(key, ABSENT), b.get(key, ABSENT))
    pattern = (path[0], "*", *path[2:]) if len(path) > 1 else path
    both = a.keys() & b.keys()
    orders = [[key for key in each if key in both] for each in (a, b)]
    if path and pattern in _ORDERED and orders[0] != orders[1]:
        yield Change(f"{'.'.join(path)} (order)", *orders)


def _alike(a: Any, b: Any) -> bool:
    """Whether two lists hold as many entries of their own keys each."""
    both = isinstance(a, list) and isinstance(b, list) and len(a) == len(b)
    return both and all(isinstance(each, dict) for each in (*a, *b))
