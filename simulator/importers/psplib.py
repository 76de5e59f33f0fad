"""PSPLIB's single-mode instances, `.sm`: one project, jobs by number, resources in columns.

Source: Kolisch and Sprecher (1996), PSPLIB - a project scheduling problem library, EJOR 96.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import Fault, ImportFileError
from simulator.importers.files import text_of
from simulator.importers.instances import MOST, Instance, Job, mistake_in

_COUNT = re.compile(r"\s*-?\s*([^:]*?)\s*:\s*(\S+)")
_PRECEDENCE, _REQUESTS = "PRECEDENCE RELATIONS", "REQUESTS/DURATIONS"
_AVAILABLE, _PROJECT = "RESOURCEAVAILABILITIES", "PROJECT INFORMATION"
_HEAD = {
    "projects": (1, 1),
    "jobs": (1, MOST),
    "renewable": (0, 1_000),
    "nonrenewable": (0, 0),
    "doubly constrained": (0, 0),
}
"""What the head of a file counts, and how many of it can be read."""
_SECTIONS = {_PROJECT: 1, _PRECEDENCE: 1, _REQUESTS: 2, _AVAILABLE: 1}
"""The parts of a file, and the lines between their titles and their rows."""


def read_sm(path: Path) -> Instance:
    """Read a `.sm` file.

    Raises
    ------
    ImportFileError
        It cannot be read, or contradicts itself.
    """
    text = _Text(str(path), tuple(text_of(path).splitlines()))
    counts = _counts(text)
    jobs, resources = counts["jobs"], counts["renewable"]
    release, due, late = _project(text)
    successors = _successors(text, jobs)
    requests = _requests(text, jobs, resources)
    pools = _capacities(text, resources)
    name = path.stem
    before: dict[int, list[str]] = {number: [] for number in successors}
    for number, behind in successors.items():
        for other in behind:
            before[other].append(str(number))
    found = [
        Job(str(number), f"Job {number}", name, requests[number][0], tuple(waits),
            dict(zip(pools, requests[number][1:], strict=True)), 0 if waits else release)
        for number, waits in before.items()
    ]  # fmt: skip
    mistake = mistake_in(found, pools)
    if mistake:
        part = text.rows(_REQUESTS if mistake.key == "needs" else _PRECEDENCE)
        line = next(row.line for row in part if row.words[:1] == (mistake.uid,))
        raise text.fault(mistake.problem, mistake.expected, line)
    losses = (f"the cost of being late, {late} a period",) if late else ()
    return Instance(name, pools, (name,), found, {name: due}, losses)


@dataclass(frozen=True, slots=True)
class _Row:
    """The words of a line, counted from 1."""

    line: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """The lines of a file."""

    file: str
    lines: tuple[str, ...]

    def fault(self, problem: str, expected: str, line: int) -> ImportFileError:
        """What is wrong with a line."""
        return ImportFileError(Fault(problem, expected, file=self.file, line=line))

    def rows(self, section: str) -> list[_Row]:
        """The rows of a part of the file, up to the next line of stars."""
        for number, line in enumerate(self.lines, 1):
            if line.startswith(section):
                begin = number + _SECTIONS[section]
                break
        else:
            raise self.fault(f"the file ends without {section}", "this part", len(self.lines))
        rows = []
        for number, line in enumerate(self.lines[begin:], begin + 1):
            if line.startswith("*"):
                break
            if line.strip(" -"):
                rows.append(_Row(number, tuple(line.split())))
        if not rows:
            raise self.fault(f"{section} is empty", "its rows", min(begin + 1, len(self.lines)))
        return rows

    def numbers(self, row: _Row, count: int | None, what: str) -> list[int]:
        """The whole numbers of a row; `count` of them if given."""
        if count is not None and len(row.words) != count:
            problem = f"there are {len(row.words)} numbers here"
            raise self.fault(problem, f"{count}: {what}", row.line)
        return [self.number(word, row.line) for word in row.words]

    def number(self, word: str, line: int, least: int = 0, most: int = MOST) -> int:
        """A whole number within bounds."""
        plain = word.isascii() and word.isdigit() and len(word) < 20
        if not plain or not least <= int(word) <= most:
            expected = f"a whole number from {least} to {most:,}" if most > least else str(least)
            raise self.fault(f"{word!r} cannot be read here", expected, line)
        return int(word)


def _counts(text: _Text) -> dict[str, int]:
    """How many projects, jobs and resources the head of the file says there are."""
    found: dict[str, int] = {}
    for line, said in enumerate(text.lines, 1):
        if said.startswith(_PROJECT):
            break
        match = _COUNT.match(said)
        name = match[1].partition(" (")[0] if match else ""
        if match and name in _HEAD:
            found[name] = text.number(match[2], line, *_HEAD[name])
    for name in ("jobs", "renewable"):
        if name not in found:
            last = next((k for k, said in enumerate(text.lines, 1) if said.startswith(_PROJECT)), 0)
            problem = f"the head of the file does not say how many {name} there are"
            raise text.fault(problem, "the head of a single-mode PSPLIB file", last or 1)
    return found


def _project(text: _Text) -> tuple[int, int, int]:
    """When the project may begin and is due, in periods, and what a period late costs."""
    rows = text.rows(_PROJECT)
    if len(rows) > 1:
        raise text.fault("there is a second project", "one project", rows[1].line)
    what = "project, jobs, release date, due date, tardiness cost, MPM time"
    _, _, release, due, late, _ = text.numbers(rows[0], 6, what)
    return release, due, late


def _listed(text: _Text, section: str, jobs: int) -> dict[int, _Row]:
    """The row of each job in a part of the file, in the order of the jobs."""
    found: dict[int, _Row] = {}
    for row in text.rows(section):
        number = text.number(row.words[0], row.line, 1, jobs)
        if number in found:
            raise text.fault(f"job {number} stands here twice", "each job once", row.line)
        if len(row.words) > 1 and row.words[1] != "1":
            problem = f"job {number} has mode or number of modes {row.words[1]!r}"
            raise text.fault(problem, "1: only single-mode instances can be read", row.line)
        found[number] = row
    for number in range(1, jobs + 1):
        if number not in found:
            raise text.fault(f"job {number} is missing in {section}", f"{jobs} jobs", row.line)
    return dict(sorted(found.items()))


def _successors(text: _Text, jobs: int) -> dict[int, list[int]]:
    """The jobs that wait for each job."""
    found = {}
    for number, row in _listed(text, _PRECEDENCE, jobs).items():
        numbers = text.numbers(row, None, "")
        if len(numbers) < 3 or len(numbers) != 3 + numbers[2]:
            there = max(len(numbers) - 3, 0)
            said = numbers[2] if len(numbers) > 2 else "a number of"
            raise text.fault(f"there are {there} successors here", f"{said} of them", row.line)
        for word in row.words[3:]:
            text.number(word, row.line, 1, jobs)
        found[number] = list(dict.fromkeys(numbers[3:]))
    return found


def _requests(text: _Text, jobs: int, resources: int) -> dict[int, list[int]]:
    """The duration of each job, and how much it needs of each resource."""
    what = "job, mode, duration, and its needs of each resource"
    rows = _listed(text, _REQUESTS, jobs)
    return {number: text.numbers(row, 3 + resources, what)[2:] for number, row in rows.items()}


def _capacities(text: _Text, resources: int) -> Mapping[str, int]:
    if not resources:
        return {}
    row = text.rows(_AVAILABLE)[0]
    units = text.numbers(row, resources, "the units of each resource")
    return {f"R {k}": each for k, each in enumerate(units, 1)}
