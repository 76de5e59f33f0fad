"""The tasks of a scenario by the column: the estimates, links and names that most of them are.

Read once, by functions that run over all tasks at the speed of C; whatever is out of the ordinary
is left to be read one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, compress, repeat
from operator import attrgetter, is_, itemgetter, not_
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from simulator.scenario.distributions import Pert, Triangular, Uniform
from simulator.scenario.tasks import Link, LinkType, Project, Task
from simulator.scenario.units import WORKING, Amount

SPECIAL, FIXED, UNIFORM, TRIANGULAR, PERT = range(5)
"""What estimate a task has; `SPECIAL` are those that are compiled one by one."""
LINK_KINDS: dict[str, int] = {name: kind for kind, name in enumerate(get_args(LinkType))}
"""The number of each kind of link."""
_PLAIN = frozenset({"name", "duration", "after", "tags", "source_uid"})
_BARE = frozenset({"duration", "after"})
_CLASSICAL = 4.0
"""The weight of a PERT that has columns."""

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

_TYPES: dict[type, tuple[int, tuple[str, ...]]] = {
    Amount: (FIXED, ()),
    Uniform: (UNIFORM, ("low", "high")),
    Triangular: (TRIANGULAR, ("low", "mode_value", "high")),
    Pert: (PERT, ("low", "mode_value", "high")),
}
"""For each type of estimate with columns: its kind, and its quantities."""
_UNITS = {unit: number for number, unit in enumerate(WORKING)}
_NO_UNIT = Amount(0.0, "")


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of one kind, of working time in one unit.

    The task (K,) each belongs to, its unit (K,) as a place in `WORKING`, its numbers (K, P).
    """

    task: Ints
    unit: Ints
    numbers: Floats

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Estimates":
        """Some of them, (K,)."""
        return Estimates(self.task[chosen], self.unit[chosen], self.numbers[chosen])


class ToldLink(NamedTuple):
    """A link that has a lag or a calendar, or means no task or several."""

    place: int
    """Which of all links it is."""
    task: int
    position: int
    link: Link


@dataclass(frozen=True, slots=True)
class TaskLinks:
    """Links (L,) without lag and calendar between two tasks by number, and all others.

    `place` (L,) are their places among all links, in declared order.
    """

    pred: Ints
    succ: Ints
    kind: Ints
    place: Ints
    told: tuple[ToldLink, ...]


@dataclass(frozen=True, slots=True)
class TaskColumns:
    """T tasks in declared order.

    A plain task has but an estimate of a kind, links, a name and tags; `special` are (number, full
    id, task) of all others, and `told` are tasks with more than an estimate and links.
    """

    ids: tuple[str, ...]
    """In full."""
    names: tuple[str, ...]
    """As written, or made of the id."""
    durations: tuple[str, ...]
    """What the duration of each task is called among what is drawn."""
    tags: tuple[dict[str, str], ...]
    source_uids: tuple[str | None, ...]
    kinds: npt.NDArray[np.int8]
    """(T,)"""
    estimates: dict[int, Estimates]
    special: tuple[tuple[int, str, Task], ...]
    told: tuple[Task, ...]
    links: TaskLinks


def task_columns(projects: Mapping[str, Project], by_id: Mapping[str, Task]) -> TaskColumns:
    """The columns of the tasks of all projects, which are given by their full ids too."""
    ids, tasks = tuple(by_id), list(by_id.values())
    keys = chain.from_iterable(project.tasks for project in projects.values())
    written = list(map(attrgetter("__dict__"), tasks))  # a model's attributes are slow
    kinds, estimates = _estimates(list(map(itemgetter("duration"), written)))
    names = [
        name or key.replace("_", " ").capitalize()
        for name, key in zip(map(itemgetter("name"), written), keys, strict=True)
    ]
    given = list(map(attrgetter("__pydantic_fields_set__"), tasks))
    plain = np.fromiter(map(_PLAIN.issuperset, given), dtype=bool, count=len(given))
    return TaskColumns(
        ids=ids,
        names=tuple(names),
        durations=tuple([f"{key}/duration" for key in ids]),
        tags=tuple(map(itemgetter("tags"), written)),
        source_uids=tuple(map(itemgetter("source_uid"), written)),
        kinds=kinds,
        estimates=estimates,
        special=tuple(
            (number, ids[number], tasks[number])
            for number in np.flatnonzero((kinds == SPECIAL) | ~plain).tolist()
        ),
        told=tuple(compress(tasks, map(not_, map(_BARE.issuperset, given)))),
        links=_links(projects, ids, list(map(itemgetter("after"), written))),
    )


def _estimates(durations: list[Any]) -> tuple[npt.NDArray[np.int8], dict[int, Estimates]]:
    """The kind of every estimate (T,), and the estimates of each kind."""
    kinds = np.full(len(durations), SPECIAL, dtype=np.int8)
    found: dict[int, Estimates] = {}
    types = list(map(type, durations))
    for each in sorted(set(types) & _TYPES.keys(), key=lambda each: _TYPES[each][0]):
        kind, parts = _TYPES[each]
        own = list(map(is_, types, repeat(each)))
        at, estimates = np.flatnonzero(own), list(compress(durations, own))
        columns = [list(map(attrgetter(part), estimates)) for part in parts] or [estimates]
        units, numbers = _quantities(columns)
        usable = units >= 0
        if each is Pert:
            weights = np.array(list(map(attrgetter("weight"), estimates)))
            usable &= weights == _CLASSICAL
        kinds[at[usable]] = kind
        found[kind] = Estimates(at, units, numbers).of(usable)
    return kinds, found


def _quantities(columns: list[list[Any]]) -> tuple[Ints, Floats]:
    """The unit (K,), -1 if it is not one of working time, and numbers (K, P) of quantities."""
    try:
        units = [list(map(attrgetter("unit"), column)) for column in columns]
    except AttributeError:  # a plain 0 has no unit
        columns = [[_NO_UNIT if type(q) is not Amount else q for q in each] for each in columns]
        units = [list(map(attrgetter("unit"), column)) for column in columns]
    numbers = np.array([list(map(attrgetter("value"), column)) for column in columns]).T
    codes = np.array(list(map(_UNITS.get, units[0], repeat(-1))), dtype=np.intp)
    for other in units[1:]:
        if other != units[0]:
            same = [one == another for one, another in zip(units[0], other, strict=True)]
            codes[~np.array(same)] = -1
    return codes, np.ascontiguousarray(numbers, dtype=np.float64)


def _links(
    projects: Mapping[str, Project], ids: tuple[str, ...], after: list[tuple[Link, ...]]
) -> TaskLinks:
    """The links of all tasks, from those of each (T,)."""
    counts = list(map(len, after))
    links = list(chain.from_iterable(after))
    succ = np.repeat(np.arange(len(after)), counts)
    if not links:
        return TaskLinks(succ, succ, succ, succ, ())
    written = list(map(attrgetter("__dict__"), links))
    names, types, lags, calendars = (
        list(map(itemgetter(key), written)) for key in ("task", "link", "lag", "calendar")
    )
    pred = np.array(_numbers(projects, ids, names, counts), dtype=np.intp)
    kind = (
        np.zeros(len(links), dtype=np.intp)
        if types.count("FS") == len(types)
        else np.array(list(map(LINK_KINDS.__getitem__, types)))
    )
    told = pred < 0
    if lags.count(0.0) < len(lags):
        told |= [lag != 0.0 for lag in lags]
    if calendars.count(None) < len(calendars):
        told |= [calendar is not None for calendar in calendars]
    place = np.flatnonzero(~told & (pred != succ))
    first = np.cumsum([0, *counts])
    return TaskLinks(
        pred[place],
        succ[place],
        kind[place],
        place,
        tuple(
            ToldLink(link, task, link - int(first[task]), links[link])
            for link, task in zip(np.flatnonzero(told).tolist(), succ[told].tolist(), strict=True)
        ),
    )


def _numbers(
    projects: Mapping[str, Project], ids: tuple[str, ...], names: list[str], counts: list[int]
) -> list[int]:
    """The task that each link names by its own or its full id; -1 for none, or for several."""
    everywhere = dict(zip(ids, range(len(ids)), strict=True))
    found = list(map(everywhere.get, names, repeat(-1)))
    if min(found) >= 0:
        return found
    task = link = 0
    for project in projects.values():
        last = task + len(project.tasks)
        own = dict(zip(project.tasks, range(task, last), strict=True))
        end = link + sum(counts[task:last])
        found[link:end] = [
            own.get(name, -1) if number < 0 else number
            for name, number in zip(names[link:end], found[link:end], strict=True)
        ]
        task, link = last, end
    return found
