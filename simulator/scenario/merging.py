"""Put risks and mitigations into the text of a scenario; all else stays as a person wrote it.

Comments, order and spelling of the file are kept: entries are added below those of their section,
or in a section of its own at the end. Where a file is written in a way that this cannot be done in
(all of it in braces, for instance) the scenario is written anew, and that is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulator.errors import ScenarioError
from simulator.scenario.dumping import dump_entries, dump_for_editing
from simulator.scenario.loading import loads, validate
from simulator.scenario.nodes import Node
from simulator.scenario.program import Scenario
from simulator.scenario.source import Source, source_from_text

SECTIONS: Final = ("risks", "mitigations")
Entries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Merged:
    """A scenario with entries put in, its text, and whether the text had to be written anew."""

    scenario: Scenario
    text: str
    rewritten: bool


def merge(source: Source, sections: Mapping[str, Entries]) -> Merged:
    """A scenario's file with entries added to its sections; an entry replaces one of its id.

    Parameters
    ----------
    source
        The file as it was read.
    sections
        Entries by id, as a scenario writes them, for `risks` and `mitigations`.

    Raises
    ------
    ScenarioError
        What comes out is at fault; paths of faults are those of the scenario.
    """
    data = source.data()
    for name, entries in sections.items():
        if entries:
            data[name] = {**(data.get(name) or {}), **entries}
    expected = validate(data, source)
    text: str | None = source.text
    for name, entries in sections.items():
        if entries and text is not None:
            text = _inserted(text, source, name, entries)
    if text is not None and _reads_as(text, source, expected):
        return Merged(expected, text, rewritten=False)
    return Merged(expected, dump_for_editing(expected), rewritten=True)


def _reads_as(text: str, source: Source, expected: Scenario) -> bool:
    try:
        return loads(text, source.file, source.folder) == expected
    except ScenarioError:
        return False


def _inserted(text: str, source: Source, name: str, entries: Entries) -> str | None:
    """The text with entries in a section; None where it is not written in lines of its own."""
    try:
        root = source_from_text(text, source.file, source.folder).root
    except ScenarioError:
        return None
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if root.entries is None or root.column != 1 or text.lstrip().startswith("{"):
        return None
    if name not in root.entries:
        return "".join([*lines, f"\n{name}:\n", dump_entries(entries)])
    key, section = root.entries[name]
    if section.value is None and section.kind == "scalar" and not section.text:
        lines.insert(key.line, dump_entries(entries))
        return "".join(lines)
    if not section.entries or section.line <= key.line:
        return None
    return _into(lines, root, key, section, entries)


def _into(lines: list[str], root: Node, key: Node, section: Node, entries: Entries) -> str:
    """The lines with entries at the end of a section in block style, without replaced ones."""
    assert root.entries is not None
    assert section.entries is not None
    later = [other.line for other, _ in root.entries.values() if other.line > key.line]
    end = _end_of(lines, min(later) - 1 if later else len(lines), indent=0)
    indent = section.column - 1
    starts = sorted(entry.line for entry, _ in section.entries.values())
    dropped: set[int] = set()
    for own, _ in (section.entries[each] for each in entries if each in section.entries):
        after = [line for line in starts if line > own.line]
        stop = _end_of(lines, after[0] - 1, indent) if after else end
        dropped |= set(range(own.line - 1, stop))
    kept = [line for number, line in enumerate(lines[:end]) if number not in dropped]
    return "".join([*kept, dump_entries(entries, indent), *lines[end:]])


def _end_of(lines: list[str], end: int, indent: int) -> int:
    """Where a block ends that stands before line `end`: comments that lead on to what follows it
    belong to that, and so do blank lines."""
    while end > 0:
        line = lines[end - 1]
        bare = line.strip()
        leads = bare.startswith("#") and len(line) - len(line.lstrip()) <= indent
        if bare and not leads:
            break
        end -= 1
    return end
