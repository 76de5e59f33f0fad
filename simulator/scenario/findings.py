"""Faults before they are located, and names that stand for nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from simulator.scenario.calendars import BUILT_IN
from simulator.scenario.program import Scenario
from simulator.scenario.selectors import NoSuchTaskError, full_id, select

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault before it is located: where in the data, what, and what was expected."""

    path: Path
    problem: str
    expected: str = ""
    at_key: bool = False


def known_name(path: Path, kind: str, name: str | None, known: Iterable[str]) -> Iterator[Finding]:
    names = list(known)
    if name is None or name in names:
        return
    nearest = get_close_matches(name, names, n=1)
    hint = (
        f"did you mean `{nearest[0]}`?" if nearest else (", ".join(names[:8]) or "none is defined")
    )
    yield Finding(path, f"there is no {kind} `{name}`", hint)


def one_task(scenario: Scenario, path: Path, name: str, project: str = "") -> Iterator[Finding]:
    try:
        full_id(scenario, name, project)
    except NoSuchTaskError as error:
        yield Finding(path, str(error))


def listed(
    scenario: Scenario, path: Path, names: tuple[str, ...], project: str = ""
) -> Iterator[Finding]:
    for position, name in enumerate(names):
        try:
            select(scenario, (name,), project)
        except NoSuchTaskError as error:
            yield Finding((*path, position), str(error))


def calendar_names(scenario: Scenario) -> list[str]:
    return [*scenario.calendars, *BUILT_IN]


def in_thousandths(units: float) -> bool:
    return abs(units - round(units, 3)) <= 1e-9
