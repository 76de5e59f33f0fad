"""A scenario file as data, with the place of every value in it."""

import os
import stat
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from simulator.errors import Fault, ScenarioError
from simulator.scenario import nodes, scalars
from simulator.scenario.nodes import Node, Problem, Unreadable

MAX_BYTES: Final = 32 * 2**20
CARET_AT_MOST: Final = 61
EXCERPT_LENGTH: Final = 100


class _CutFault(Fault):
    """A fault far to the right in its line: the excerpt is cut so that the caret fits."""

    __slots__ = ()

    def __str__(self) -> str:
        """As any fault, with the caret below the cut excerpt."""
        return f"{_without_excerpt(self)}\n    {self.excerpt}\n    {' ' * (CARET_AT_MOST - 1)}^"


def _without_excerpt(fault: Fault) -> Fault:
    """The same fault without an excerpt."""
    return Fault(fault.problem, fault.expected, fault.path, fault.file, fault.line, fault.column)


@dataclass(frozen=True)
class Source:
    """A text that was read: its data, and the place of each value.

    ``problems`` are what could not be read although the rest could; ``mounts`` are the sources
    of values that were put in from elsewhere, the last one counts.
    """

    file: str
    folder: Path
    text: str
    root: Node
    problems: tuple[Problem, ...] = ()
    mounts: tuple[tuple[nodes.Path, "Source"], ...] = ()

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text."""
        return tuple(scalars.split_lines(self.text))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What could not be read, here and in what was put in."""
        mine = tuple(_fault(self.file, self.lines, problem) for problem in self.problems)
        put_in = ((at, fault) for at, mount in self.mounts for fault in mount.faults)
        return mine + tuple(replace(fault, path=(*at, *fault.path)) for at, fault in put_in)

    @property
    def unknown(self) -> tuple[tuple[nodes.Path, bool], ...]:
        """The paths of values that could not be read as meant, and whether all inside is lost."""
        mine = tuple((problem.path, problem.hides) for problem in self.problems)
        put_in = ((at, entry) for at, mount in self.mounts for entry in mount.unknown)
        return mine + tuple(((*at, *path), hides) for at, (path, hides) in put_in)

    def data(self) -> Any:
        """The values as plain dicts, lists and scalars; values of one alias are one object."""
        data = _plain(self.root, {})
        for path, mount in self.mounts:
            data = put(data, path, mount.data())
        return data

    def mounted(self, path: nodes.Path, source: "Source") -> "Source":
        """The same with the values of another source at `path`."""
        return replace(self, mounts=(*self.mounts, (path, source)))

    def locate(self, path: nodes.Path, *, at_key: bool = False) -> tuple[int, int]:
        """Line and column of the deepest value on a path, or of its key.

        Parts of the path that are not in the data are passed over.
        """
        node, key = self.root, None
        for part in path:
            if node.entries is not None and isinstance(part, str) and part in node.entries:
                key, node = node.entries[part]
            elif node.items is not None and isinstance(part, int) and part < len(node.items):
                key, node = None, node.items[part]
        place = key if at_key and key is not None else node
        return place.line, place.column

    def fault(
        self, problem: str, expected: str = "", path: nodes.Path = (), *, at_key: bool = False
    ) -> Fault:
        """A fault of the value at a path, or of its key, with the line where it stands."""
        for at, mount in reversed(self.mounts):
            if path[: len(at)] == at:
                inner = mount.fault(problem, expected, path[len(at) :], at_key=at_key)
                return replace(inner, path=path)
        line, column = self.locate(path, at_key=at_key)
        return _fault(self.file, self.lines, Problem(problem, expected, line, column, path))


def read_source(path: str | os.PathLike[str], *, strict: bool = True) -> Source:
    """Read a YAML file.

    Parameters
    ----------
    path
        The file; its folder is the one that its samples must lie in.
    strict
        Raise for every fault; else those that leave the rest readable stay in the source.

    Raises
    ------
    ScenarioError
        The file cannot be read, or not as YAML 1.2 within the limits.
    """
    file = Path(path)
    raw = _bytes(file)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line, column = scalars.position(before, len(before))
        fault = Fault("a byte that is not UTF-8", "text in UTF-8", (), str(file), line, column)
        raise ScenarioError([fault]) from None
    return source_from_text(text, str(file), file.parent, strict=strict)


def source_from_text(
    text: str,
    name: str = "<text>",
    folder: Path | None = None,
    *,
    strict: bool = True,
    mapping: bool = True,
) -> Source:
    """Read a YAML text, as `read_source` does; ``mapping=False`` lets any value be the root.

    Raises
    ------
    ScenarioError
        The text cannot be read as YAML 1.2 within the limits.
    """
    if len(text) > MAX_BYTES:
        raise ScenarioError([Fault("a text too long", f"at most {MAX_BYTES >> 20} MB", (), name)])
    try:
        root, problems = nodes.read_nodes(text, mapping=mapping)
    except Unreadable as error:
        lines = scalars.split_lines(text)
        faults = [_fault(name, lines, problem) for problem in error.problems]
        raise ScenarioError(faults) from None
    source = Source(name, folder or Path(), text, root, tuple(problems))
    if strict and problems:
        raise ScenarioError(source.faults)
    return source


def put(data: Any, path: nodes.Path, value: Any) -> Any:
    """The same data with another value at a path; nothing that was given is changed."""
    if not path:
        return value
    part, *rest = path
    if isinstance(data, dict):
        return {**data, part: put(data.get(part), tuple(rest), value)}
    if isinstance(data, list) and isinstance(part, int):
        return [*data[:part], put(data[part], tuple(rest), value), *data[part + 1 :]]
    return {part: put(None, tuple(rest), value)}


def _bytes(file: Path) -> bytes:
    """The content of a file, if it is one and small enough."""
    try:
        about = file.stat()
        if not stat.S_ISREG(about.st_mode):
            raise ScenarioError([Fault("not a file", "a scenario file", (), str(file))])
        if about.st_size > MAX_BYTES:
            size = f"a file of {about.st_size / 2**20:,.0f} MB"
            raise ScenarioError([Fault(size, f"at most {MAX_BYTES >> 20} MB", (), str(file))])
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ScenarioError([Fault(f"cannot be read: {reason}", "", (), str(file))]) from None
    except ValueError:  # a null character in the name
        raise ScenarioError([Fault("not the name of a file", "", (), repr(str(file)))]) from None


def _plain(node: Node, known: dict[int, Any]) -> Any:
    if node.entries is None and node.items is None:
        return node.value
    if id(node) not in known:
        if node.entries is not None:
            known[id(node)] = {
                key: _plain(value, known) for key, (_, value) in node.entries.items()
            }
        else:
            known[id(node)] = [_plain(item, known) for item in node.items or ()]
    return known[id(node)]


def _fault(file: str, lines: tuple[str, ...] | list[str], problem: Problem) -> Fault:
    """A problem with the line where it stands."""
    line, column = problem.line, problem.column
    shown = lines[line - 1] if line <= len(lines) else ""
    kind, start, mark = Fault, 0, ""
    if column > CARET_AT_MOST and len(shown) > EXCERPT_LENGTH:
        kind, mark = _CutFault, "... "
        start = column - CARET_AT_MOST + len(mark)
    if len(shown) > start + EXCERPT_LENGTH:
        shown = shown[: start + EXCERPT_LENGTH] + " ..."
    shown = (mark + shown[start:]).replace("\t", " ").rstrip()
    return kind(problem.text, problem.expected, problem.path, file, line, column, shown)
