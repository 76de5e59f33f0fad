"""Which tasks of a scenario a register means: by id, name, the source's id, or code of the WBS."""

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from simulator.errors import ScenarioError
from simulator.importers.registers.words import words_of
from simulator.scenario.program import Scenario
from simulator.scenario.selectors import NoSuchTaskError, select
from simulator.scenario.source import source_from_text

_PARTS: Final = re.compile(r"[;,\n\r]+")
_ALL: Final = frozenset(
    ("all", "all tasks", "alle", "alle vorgaenge", "whole program", "program", "programm")
)
_SHOWN: Final = 4


class NotFoundError(ValueError):
    """A name that stands for no task, or for several; `expected` lists what may be meant."""

    def __init__(self, problem: str, expected: str) -> None:
        super().__init__(problem)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Targets:
    """Lists of a hit: what a scenario writes under `tasks` and under `projects`."""

    tasks: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finder:
    """The names by which the tasks of a scenario are known."""

    scenario: Scenario
    _names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _exact: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _uids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _own: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _codes: set[str] = field(default_factory=set)
    _projects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Look at every task once."""
        for key, task in self.scenario.tasks.items():
            self._own[key.partition(".")[2].casefold()].append(key)
            if task.source_uid is not None:
                self._uids[task.source_uid].append(key)
            if "wbs" in task.tags:
                self._codes.add(task.tags["wbs"])
            if task.name:
                self._exact[task.name.casefold()].append(key)
            if words := words_of(task.name or key.partition(".")[2]):
                self._names[" ".join(words)].append(key)
        for key, project in self.scenario.projects.items():
            names = {key.casefold(), " ".join(words_of(key)), " ".join(words_of(project.name))}
            for name in names - {""}:
                self._projects[name].append(key)

    def targets(self, text: str) -> Targets:
        """What a cell means that lists tasks; several are parted by commas, semicolons or lines.

        Raises
        ------
        NotFoundError
            A part of it means nothing, or several things.
        """
        parts = listed(text)
        if len(parts) < 2:
            return self._one(text.strip())
        if text.strip().casefold() in self._exact:  # a name may hold commas
            return self._only(text, self._exact[text.strip().casefold()])
        with suppress(NotFoundError):
            if text.startswith("tag:"):
                return self._one(text.strip())
        found = [self._one(part) for part in parts]
        return Targets(
            _distinct(each for one in found for each in one.tasks),
            _distinct(each for one in found for each in one.projects),
        )

    def project(self, text: str) -> Targets:
        """The project that a cell names.

        Raises
        ------
        NotFoundError
            There is no such project.
        """
        known = self._projects.get(text.strip().casefold()) or self._projects.get(_plain(text), [])
        if len(known) == 1:
            return Targets(projects=(known[0],))
        raise NotFoundError(f"there is no project {text!r}", ", ".join(self.scenario.projects))

    def _one(self, name: str) -> Targets:
        tasks = self.scenario.tasks
        if name in tasks:
            return Targets((name,))
        if self._selects(name):
            return Targets((name,))
        if _plain(name) in _ALL:
            return Targets(("*",))
        for known in (
            self._own.get(name.casefold()),
            self._uids.get(name),
            self._projects.get(name.casefold()),
        ):
            if known:
                return self._only(name, known)
        if code := self._code(name):
            return Targets((code,))
        by_name = self._names.get(_plain(name)) or self._projects.get(_plain(name))
        if by_name and "*" not in name:
            return self._only(name, by_name)
        raise NotFoundError(f"there is no task {name!r}", self._nearest(name))

    def _selects(self, name: str) -> bool:
        """Whether a name is a wildcard or a tag that tasks have."""
        if not name.startswith("tag:") and not any(mark in name for mark in "*?["):
            return False
        try:
            select(self.scenario, (name,))
        except NoSuchTaskError:
            return False
        return True

    def _only(self, name: str, known: list[str]) -> Targets:
        if len(known) > 1:
            listed = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
            raise NotFoundError(f"{name!r} may be {len(known)} tasks", f"one of {listed}")
        return Targets(projects=(known[0],)) if "." not in known[0] else Targets((known[0],))

    def _code(self, name: str) -> str:
        """The selector of a code of the work breakdown structure: its own, or all below it."""
        if name in self._codes:
            return f"tag:wbs={name}"
        if name and any(code.startswith(f"{name}.") for code in self._codes):
            return f"tag:wbs={name}.*"
        return ""

    def _nearest(self, name: str) -> str:
        """The nearest names with the ids they stand for."""
        shown = {" ".join(words_of(key)): key for key in self.scenario.tasks}
        shown |= {words: keys[0] for words, keys in self._own.items()}
        shown |= {words: keys[0] for words, keys in self._names.items()}
        near = get_close_matches(_plain(name) or name, shown, n=_SHOWN, cutoff=0.5)
        ids = _distinct(shown[each] for each in near)
        if not ids:
            some = ", ".join(list(self.scenario.tasks)[:_SHOWN])
            return f"the id, name, source_uid or tags.wbs of a task, such as {some}"
        return "one of " + ", ".join(self._said(key) for key in ids)

    def _said(self, key: str) -> str:
        name = self.scenario.tasks[key].name
        return f"{key} ({name})" if name else key


def listed(text: str) -> list[str]:
    """The names in a cell: parted by commas, semicolons or lines, or a list as `[a, b]`."""
    if text.lstrip().startswith("["):
        with suppress(ScenarioError):
            return [str(each) for each in source_from_text(text, mapping=False).data()]
    return [part.strip() for part in _PARTS.split(text) if part.strip()]


def _plain(name: str) -> str:
    return " ".join(words_of(name))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
