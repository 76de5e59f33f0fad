"""YAML 1.2 text as a tree of nodes that know their place.

Built from the parser's events alone: nothing is ever constructed from a tag, an alias costs
nothing until it is looked at, and every limit is checked while reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from simulator.scenario.scalars import (
    MAX_NUMBER,
    UNPRINTABLE,
    Scalar,
    plain_scalar,
    position,
    split_lines,
)

Path = tuple[str | int, ...]

MAX_DEPTH: Final = 50
MAX_NODES: Final = 10_000_000
MAX_FAULTS: Final = 200

# What the parser says -> what to do about it; the first part found in its message wins.
_REMEDIES: Final = (
    ("tab character", "spaces: YAML allows no tab in an indentation"),
    ("scanning an alias", 'quotes around text that begins with `*`, such as "*" or "*.build"'),
    ("scanning an anchor", "quotes around text that begins with `&`"),
    ("cannot start any token", "quotes around text that begins with this character"),
    (
        "mapping values are not allowed",
        "keys of one mapping at one indentation, or quotes around text that holds `: `",
    ),
    ("could not find expected ':'", "`key: value`, with a space after the colon"),
    ("expected ',' or ']'", "a comma or `]`"),
    ("expected ',' or '}'", "a comma or `}`"),
    ("scanning a quoted scalar", "a closing quote"),
    ("'-' indicator", "every line of a list to begin with `- ` at one indentation"),
    ("expected key", "keys of one mapping at one indentation"),
)


class Node:
    """One value of the file: a scalar, a mapping or a sequence, and where it stands.

    ``entries`` is None but for a mapping, ``items`` is None but for a sequence; ``size`` and
    ``height`` count what the node would be with every alias written out.
    """

    __slots__ = ("column", "entries", "height", "items", "line", "size", "text", "value")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.text = ""
        self.value: Scalar = None
        self.entries: dict[str, tuple[Node, Node]] | None = None
        self.items: list[Node] | None = None
        self.size = 1
        self.height = 0

    @property
    def kind(self) -> str:
        """What the node is: scalar, mapping or sequence."""
        if self.entries is not None:
            return "mapping"
        return "scalar" if self.items is None else "sequence"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be read; ``hides`` says that nothing inside ``path`` is known."""

    text: str
    expected: str
    line: int
    column: int
    path: Path = ()
    hides: bool = True


class Unreadable(Exception):  # noqa: N818 - never leaves this folder
    """The text cannot be read to its end; ``problems`` holds why, and what was found before."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[-1].text)
        self.problems = problems


class _Frame:
    """A collection that is being read, and the key that waits for its value."""

    __slots__ = ("key", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key: Node | None = None


@dataclass(slots=True)
class _Reader:
    """The state of one pass over the events."""

    mapping: bool
    problems: list[Problem] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)
    root: Node | None = None

    def read(self, text: str) -> None:
        documents = 0
        for event in _events(text):
            if not self.frames and isinstance(event, yaml.NodeEvent):
                self._refuse_root(event)
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event), event.anchor)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._add(self.frames.pop().node)
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._aliased(event))
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop("a second document begins here", "one document a file", event)

    def _refuse_root(self, event: yaml.NodeEvent) -> None:
        """Stop at once where the first value is not what a file must hold."""
        if isinstance(event, yaml.ScalarEvent) and not event.value and not event.style:
            self._stop("nothing but comments", "a value", event)
        if self.mapping and not isinstance(event, yaml.MappingStartEvent):
            self._stop("not a mapping", "`key: value` lines, such as `format: 1`", event)

    def _note(self, text: str, expected: str, at: yaml.Event | Node, *, hides: bool = True) -> None:
        line, column = _place(at)
        self.problems.append(Problem(text, expected, line, column, self._path(), hides))
        if len(self.problems) >= MAX_FAULTS:
            raise Unreadable(self.problems)

    def _stop(self, text: str, expected: str, at: yaml.Event | Node) -> None:
        self._note(text, expected, at)
        raise Unreadable(self.problems)

    def _path(self) -> Path:
        """The path of the value that is being read."""
        parts: list[str | int] = []
        for frame in self.frames:
            if frame.node.items is not None:
                parts.append(len(frame.node.items))
            elif frame.key is not None:
                parts.append(frame.key.text)
        return tuple(parts)

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        node = Node(*_place(event))
        node.text = node.value = event.value
        self._refuse_tag(event)
        if event.style == '"' and UNPRINTABLE.search(event.value):
            self._note("an escape for a control character", "printable text", event)
        if event.style or self._at_key():
            return node
        try:
            node.value = plain_scalar(event.value)
        except ValueError as error:
            self._note(str(error), f"a finite number of at most {MAX_NUMBER} characters", event)
        return node

    def _at_key(self) -> bool:
        frame = self.frames[-1] if self.frames else None
        return frame is not None and frame.node.entries is not None and frame.key is None

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
            self._note(f"the YAML tag `{shown}`", "a plain value: tags are not read", event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        node = Node(*_place(event))
        if isinstance(event, yaml.MappingStartEvent):
            node.entries = {}
        else:
            node.items = []
        if len(self.frames) >= MAX_DEPTH:
            self._stop("nested too deep", f"a depth of at most {MAX_DEPTH}", event)
        self._refuse_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = None  # named, and not known before it is closed
        self.frames.append(_Frame(node))
        node.text = event.anchor or ""

    def _aliased(self, event: yaml.AliasEvent) -> Node:
        name = event.anchor or ""
        found = self.anchors.get(name)
        if found is not None:
            if len(self.frames) + found.height > MAX_DEPTH:
                self._stop("nested too deep", f"a depth of at most {MAX_DEPTH}", event)
            return found
        if name in self.anchors:
            self._note(f"the alias `*{name}` holds itself", "a value that ends", event)
        else:
            self._note(f"the alias `*{name}` has no anchor", f"`&{name}` before it", event)
        return Node(*_place(event))

    def _add(self, node: Node, anchor: str | None = None) -> None:
        """Put a finished node into what is open, as a key, a value, an item or the root."""
        if node.kind != "scalar" and node.text:
            anchor, node.text = node.text, ""
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.frames:
            self.root = node
            return
        frame = self.frames[-1]
        parent = frame.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > MAX_NODES:
            self._stop("too many values", f"at most {MAX_NODES:,} after aliases", node)
        if parent.items is not None:
            parent.items.append(node)
        elif frame.key is None:
            frame.key = node
        else:
            self._enter(frame, frame.key, node)
            frame.key = None

    def _enter(self, frame: _Frame, key: Node, value: Node) -> None:
        entries = frame.node.entries
        assert entries is not None
        if key.kind != "scalar":
            self._note(f"a {key.kind} as a key", "plain text", key)
        elif key.text == "<<":
            self._note("the merge key `<<`", "the keys themselves: YAML 1.2 merges nothing", key)
        elif not key.text:
            self._note("an empty key", "plain text before the colon", key)
        elif key.text in entries:
            first = entries[key.text][0]
            text = f"duplicate key `{key.text}`, first at line {first.line}, column {first.column}"
            self._note(text, "each key once", key, hides=False)
            _join(entries[key.text][1], value)
        else:
            entries[key.text] = key, value


def read_nodes(text: str, *, mapping: bool = True) -> tuple[Node, list[Problem]]:
    """The root of a text, which must be a mapping unless told, and what could not be read in it.

    Raises
    ------
    Unreadable
        A fault after which nothing more can be read.
    """
    if unprintable := UNPRINTABLE.search(text):
        line, column = position(text, unprintable.start())
        shown = f"the control character U+{ord(unprintable[0]):04X}"
        raise Unreadable([Problem(shown, "printable text in UTF-8", line, column)])
    reader = _Reader(mapping)
    try:
        reader.read(text)
    except yaml.YAMLError as error:
        raise Unreadable([*reader.problems, _broken(error, text)]) from None
    if reader.root is None:
        raise Unreadable([Problem("nothing but comments", "`key: value` lines", 1, 1)])
    return reader.root, reader.problems


def _join(first: Node, second: Node) -> None:
    """Keep what the second value of a key names, so that it is not missed elsewhere."""
    if first.entries is not None and second.entries is not None:
        for key, entry in second.entries.items():
            first.entries.setdefault(key, entry)


def _events(text: str) -> Iterator[yaml.Event]:
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
    return events


def _place(at: yaml.Event | Node) -> tuple[int, int]:
    if isinstance(at, Node):
        return at.line, at.column
    assert at.start_mark is not None
    return at.start_mark.line + 1, at.start_mark.column + 1


def _broken(error: yaml.YAMLError, text: str) -> Problem:
    """What the parser could not make sense of, in words that say what to do."""
    mark: yaml.Mark | None = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    begun: yaml.Mark | None = getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = split_lines(text)
    if line > len(lines):  # the end of the text: shown where its last line ends
        line, column = len(lines), len(lines[-1]) + 1
    shown = lines[line - 1]
    if "\t" in shown[: max(column, len(shown) - len(shown.lstrip()))]:
        said = f"{said} (a tab character)"
    whole = f"{said} {context}"
    expected = next((remedy for part, remedy in _REMEDIES if part in whole), "")
    if context and begun and begun.line + 1 != line:
        said = f"{said}, {context} begun at line {begun.line + 1}, column {begun.column + 1}"
    return Problem(f"cannot read this as YAML: {said}", expected, line, column)
