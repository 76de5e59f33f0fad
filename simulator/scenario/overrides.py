"""`--set PATH=VALUE` and `--without RISK`: values that count instead of the file's."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from simulator.errors import Fault, ScenarioError
from simulator.scenario.nodes import Path
from simulator.scenario.program import Scenario
from simulator.scenario.source import Source, put, source_from_text
from simulator.scenario.tasks import Project
from simulator.scenario.translation import offer, worded


def override(source: Source, sets: Sequence[str], without: Sequence[str] = ()) -> Source:
    """The source with other values, in the order given, and with risks switched off.

    Parameters
    ----------
    source
        What is read; it stays as it is.
    sets
        `PATH=VALUE`: keys from the root (or from a project: `ledger.build.duration`) joined by
        dots, numbers for places in lists, and a value as the file would have it. Every key on the
        way must exist; the last may be new.
    without
        Ids of risks that are not to occur, whatever a mitigation or the status says.

    Raises
    ------
    ScenarioError
        A path leads nowhere or a value cannot be read; all of them.
    """
    for path, value in _changes(source.data(), sets, without):
        source = source.mounted(path, value)
    return source


def apply_overrides(data: Any, sets: Sequence[str], without: Sequence[str] = ()) -> Any:
    """Plain data with other values, as `override` puts them into a source; a new object.

    Raises
    ------
    ScenarioError
        A path leads nowhere or a value cannot be read; all of them.
    """
    for path, value in _changes(data, sets, without):
        data = put(data, path, value.data())
    return data


def value_at(data: Any, where: str) -> Any:
    """The value of plain data at a path as `--set` takes it; None where only the last key is new.

    Raises
    ------
    ScenarioError
        The path leads nowhere.
    """
    for part in _reached(data, where.split("."), where):
        data = data.get(part) if isinstance(data, dict) else data[part]
    return data


def _changes(data: Any, sets: Sequence[str], without: Sequence[str]) -> list[tuple[Path, Source]]:
    """All changes, each found in the data as the ones before it leave them."""
    changes: list[tuple[Path, Source]] = []
    faults: list[Fault] = []
    for read, texts in ((_change, sets), (_without, without)):
        for text in texts:
            try:
                for path, value in read(data, text):
                    data = put(data, path, value.data())
                    changes.append((path, value))
            except ScenarioError as error:
                faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return changes


def _change(data: Any, text: str) -> Iterator[tuple[Path, Source]]:
    """The path and the value that a `PATH=VALUE` stands for."""
    where, equals, value = text.partition("=")
    if not equals or not value.strip():
        _refuse("--set", text, "no value", "PATH=VALUE, such as risks.vendor_late.chance=0.5")
    path = _reached(data, where.split("."), text)
    # The value is read where it stands, so that the columns of faults in it are those of the text.
    padding = "" if "\n" in value else " " * (len(where) + 1)
    try:
        read = source_from_text(padding + value, "--set", strict=False, mapping=False)
    except ScenarioError as error:
        faults = [replace(fault, excerpt=text if padding else value) for fault in error.faults]
        raise ScenarioError(faults) from None
    yield path, replace(read, text=text if padding else value)


def _reached(data: Any, names: list[str], text: str) -> Path:
    """The path of dotted names through the data, all but the last of which must lead somewhere."""
    path: Path = ()
    rest = names
    place = 0
    if _is_project(data, names[0]):
        path, data, rest, place = _in_project(data, names, text)
    while rest:
        key, taken = _next_key(data, rest)
        last = taken == len(rest)
        there = key is not None and (isinstance(data, list) or key in data)
        if key is None or not (there or last):
            _refuse_name(data, rest[0], text, place)
        path = (*path, key)
        data = data[key] if there else None
        place += sum(len(name) + 1 for name in rest[:taken])
        rest = rest[taken:]
    return path


def _is_project(data: Any, name: str) -> bool:
    known = name in data or name in Scenario.model_fields
    projects = data.get("projects")
    return not known and isinstance(projects, dict) and name in projects


def _in_project(data: Any, names: list[str], text: str) -> tuple[Path, Any, list[str], int]:
    """Where the short form goes on: at a task of the project, else at one of its own keys."""
    name, *rest = names
    project = data["projects"][name]
    tasks = project.get("tasks") if isinstance(project, dict) else None
    place = len(name) + 1
    if rest and isinstance(tasks, dict) and rest[0] in tasks:
        return ("projects", name, "tasks"), tasks, rest, place
    if rest and isinstance(project, dict) and rest[0] not in {*project, *Project.model_fields}:
        _refuse_name({**(tasks or {}), **project}, rest[0], text, place)
    return ("projects", name), project, rest, place


def _next_key(data: Any, names: list[str]) -> tuple[str | int | None, int]:
    """The next key and how many of the names it takes: a key may itself hold dots."""
    if isinstance(data, list):
        number = int(names[0]) if names[0].isdecimal() and len(names[0]) < 10 else len(data)
        return (number if number < len(data) else None), 1
    if not isinstance(data, dict):
        return None, 1
    for taken in range(len(names), 0, -1):
        if ".".join(names[:taken]) in data:
            return ".".join(names[:taken]), taken
    return names[0] or None, 1


def _refuse_name(data: Any, name: str, text: str, place: int) -> NoReturn:
    if isinstance(data, list):
        expected = f"a number from 0 to {len(data) - 1}" if data else "entries in the list"
    elif isinstance(data, dict):
        expected = offer(name, [str(key) for key in data])[1]
    else:
        expected = "no key here: the path already holds a value"
    _refuse("--set", text, f"there is no `{name}` to set", expected, place + 1)


def _refuse(flag: str, text: str, problem: str, expected: str, column: int = 1) -> NoReturn:
    raise ScenarioError([Fault(*worded(problem, expected), (), flag, 1, column, text)])


def _without(data: Any, risk: str) -> Iterator[tuple[Path, Source]]:
    """What switches a risk off and keeps it known to the conditions that name it."""
    risks = data.get("risks")
    known = risks if isinstance(risks, dict) else {}
    if risk not in known:
        _refuse("--without", risk, f"there is no risk `{risk}`", offer(risk, list(known))[1])
    by_rate = isinstance(known[risk], dict) and "rate" in known[risk]
    yield ("risks", risk, "rate" if by_rate else "chance"), _value("0/mo" if by_rate else "0", risk)
    mitigations = data.get("mitigations")
    for key, mitigation in mitigations.items() if isinstance(mitigations, dict) else ():
        path: Path = ("mitigations", key, "on", risk, "chance")
        if _holds({"mitigations": {key: mitigation}}, path):
            yield path, _value("0", risk)
    if _holds(data, ("status", "risks", risk)):
        yield ("status", "risks", risk), _value("closed", risk)


def _value(text: str, risk: str) -> Source:
    return replace(source_from_text(text, "--without", mapping=False), text=risk)


def _holds(data: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True
