"""A scenario without what is at fault in it, so that the rest can be checked in the same go.

What is left out must not seem to be missing: an entry that others name is replaced by a stand-in
of its kind, a misspelt key is read as the one that was meant, and a fault that may follow from
what was left out is not reported (`Pruning.explains`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, Final, Literal

from simulator.scenario.nodes import Path
from simulator.scenario.translation import Complaint, step

_TASKS: Final = {"_": {"duration": 0}}
_STAND_INS: Final[dict[tuple[str, ...], Any]] = {
    ("format",): 1,
    ("program",): {"start": "2000-01-03"},
    ("program", "start"): "2000-01-03",
    ("calendars", "*"): {"week": {"mon-fri": ["09:00-17:00"]}},
    ("pools", "*"): {"units": "unlimited"},
    ("classes", "*"): {"range": 1},
    ("sizes", "*"): "1d",
    ("boards", "*"): {"meets": "mon"},
    ("stakeholders", "*"): {},
    ("projects",): {"_": {"tasks": _TASKS}},
    ("projects", "*"): {"tasks": _TASKS},
    ("projects", "*", "tasks"): _TASKS,
    ("projects", "*", "tasks", "*"): {"duration": 0},
    ("projects", "*", "branches", "*"): {"yes": 1},
    ("risks", "*"): {"chance": 0, "hits": [{"cost": 0}]},
    ("mitigations", "*"): {},
    ("objectives", "*"): {"needs": []},
}
_NAME = re.compile("`([^`]+)`")


@dataclass(frozen=True, slots=True)
class _Edit:
    """What happens to one value, and with what: the stand-in, or the other key."""

    how: Literal["drop", "fill", "replace", "rename"]
    value: Any = None


@dataclass(slots=True)
class _Branch:
    """The edit of one value, if any, and the edits inside it."""

    edit: _Edit | None = None
    inner: dict[str | int, "_Branch"] = field(default_factory=dict)


@dataclass(slots=True)
class Pruning:
    """Edits of one scenario's data, by path; grows while the models still refuse."""

    data: Any
    edits: dict[Path, _Edit] = field(default_factory=dict)
    above: set[Path] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    dropped: dict[Path, set[int]] = field(default_factory=lambda: defaultdict(set))
    renamed: dict[Path, Path] = field(default_factory=dict)

    def add(self, complaint: Complaint) -> bool:
        """Leave out what a complaint is about, or more if that was done before.

        Returns
        -------
        Whether anything could be left out.
        """
        path = complaint.subject
        if complaint.kind == "missing" and (stand_in := _stand_in(complaint.path)) is not None:
            path, edit = complaint.path, _Edit("replace", stand_in)
        else:
            while path in self.edits and self.edits[path].how == "drop":
                path = path[:-1]
            if not path:
                return False
            edit = self._next_edit(path, complaint)
        self.edits[path] = edit
        self.above.update(path[:depth] for depth in range(len(path)))
        if edit.how == "rename":
            self.renamed[(*path[:-1], edit.value)] = path
        elif edit.how == "drop" and isinstance(path[-1], int):
            self.dropped[path[:-1]].add(path[-1])
        return True

    def _next_edit(self, path: Path, complaint: Complaint) -> _Edit:
        """The mildest edit that answers a complaint and was not tried before."""
        tried = self.edits[path].how if path in self.edits else ""
        if complaint.nearest and not tried and complaint.nearest not in self._at(path[:-1]):
            return _Edit("rename", complaint.nearest)
        stand_in = _stand_in(path)
        if stand_in is not None and complaint.kind in ("value", "missing"):
            if not tried:
                return _Edit("fill", stand_in)
            self.lost.update(_names(self._at(path)))
            if tried == "fill":
                return _Edit("replace", stand_in)
        self.lost.update(_names(self._at(path)))
        self.lost.update(_names(path[-1]))
        return _Edit("drop")

    def pruned(self) -> Any:
        """The data with the edits made; what was given is not changed."""
        root = _Branch()
        for path, edit in self.edits.items():
            branch = root
            for part in path:
                branch = branch.inner.setdefault(part, _Branch())
            branch.edit = edit
        return _edited(self.data, root.inner)

    def original(self, path: Path) -> Path:
        """The path in the data as given of what has a path in the pruned data."""
        found: Path = ()
        for part in path:
            if isinstance(part, int) and found in self.dropped:
                gone = self.dropped[found]
                kept = (place for place in count() if place not in gone)
                found = (*found, next(islice(kept, part, None)))
            else:
                found = self.renamed.get((*found, part), (*found, part))
        return found

    def explains(self, path: Path, problem: str) -> bool:
        """Whether a later fault may only follow from what was left out."""
        if path in self.above or path in self.edits:
            return True
        for depth, part in enumerate(path):
            edit = self.edits.get(path[:depth])
            if edit is not None and (edit.how != "fill" or part in edit.value):
                return True
        words = {word for name in _NAME.findall(problem) for word in _words(name)}
        return bool(words & self.lost)

    def _at(self, path: Path) -> Any:
        data = self.data
        for part in path:
            data = step(data, part)[1]
        return data


def related(one: Path, other: Path) -> bool:
    """Whether one path is the other, leads to it, or lies inside it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _stand_in(path: Path) -> Any:
    """What may stand for the entry at a path, None where nothing may."""
    for pattern, value in _STAND_INS.items():
        if len(pattern) == len(path) and all(
            expected in ("*", part) for expected, part in zip(pattern, path, strict=True)
        ):
            return value
    return None


def _names(value: Any, depth: int = 4) -> Iterator[str]:
    """The names in a value: its keys, and the words of its texts."""
    if isinstance(value, str):
        yield from _words(value)
    elif isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield from _words(key)
            yield from _names(inner, depth - 1)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _names(item, depth - 1)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[.=*\s]", text) if word]


def _edited(data: Any, edits: dict[str | int, _Branch]) -> Any:
    if isinstance(data, list):
        pairs = [_pair(place, item, edits.get(place)) for place, item in enumerate(data)]
        return [item for pair in pairs for _, item in pair]
    if not isinstance(data, dict):
        return data
    pairs = [_pair(key, value, edits.get(key)) for key, value in data.items()]
    added = {
        key: branch.edit.value
        for key, branch in edits.items()
        if key not in data and branch.edit and branch.edit.how == "replace"
    }
    return dict(entry for pair in pairs for entry in pair) | added


def _pair(key: Any, value: Any, branch: _Branch | None) -> list[tuple[Any, Any]]:
    """An entry after its edits: itself, changed, under another key, or nothing."""
    if branch is None:
        return [(key, value)]
    edit = branch.edit
    if edit is not None and edit.how == "drop":
        return []
    if edit is not None and edit.how == "replace":
        return [(key, edit.value)]
    value = _edited(value, branch.inner)
    if edit is not None and edit.how == "fill" and isinstance(value, dict):
        value = {**edit.value, **value} if isinstance(edit.value, dict) else edit.value
    return [(edit.value if edit is not None and edit.how == "rename" else key, value)]
