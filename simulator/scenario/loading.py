"""From a file to a valid scenario, or to every fault in it at once."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from simulator.errors import Fault, ScenarioError
from simulator.scenario import nodes
from simulator.scenario.beside import path_inside
from simulator.scenario.checks import cross_check
from simulator.scenario.dumping import digest
from simulator.scenario.findings import Finding
from simulator.scenario.overrides import override
from simulator.scenario.program import Scenario
from simulator.scenario.pruning import Pruning, related
from simulator.scenario.source import MAX_BYTES, Source, read_source, source_from_text
from simulator.scenario.translation import MOST_REFUSALS, Complaint, complaints, step, worded

_ROUNDS: Final = 8


def load(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    without: Sequence[str] = (),
    status: str | os.PathLike[str] | None = None,
) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path
        The file.
    overrides
        Values that count instead of the file's, as `PATH=VALUE`.
    without
        Ids of risks that are switched off.
    status
        A file with the status that counts instead of the scenario's own.

    Raises
    ------
    ScenarioError
        The scenario is at fault; all faults that could be found.
    """
    source = read_source(path, strict=False)
    if status is not None:
        source = source.mounted(("status",), _status_of(Path(status)))
    return _changed(source, overrides, without)


def loads(
    text: str,
    name: str = "<text>",
    folder: Path | None = None,
    overrides: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Scenario:
    """Read a scenario from text, as `load` does from a file.

    Raises
    ------
    ScenarioError
        The scenario is at fault; all faults that could be found.
    """
    return _changed(source_from_text(text, name, folder, strict=False), overrides, without)


def validate(data: Any, source: Source, *, digested: bool = True) -> Scenario:
    """Make a scenario of plain data whose places are those of `source`.

    One of very many, of which nobody asks the digest, need not have it worked out.

    Raises
    ------
    ScenarioError
        The scenario is at fault; all faults that could be found.
    """
    return _scenario(data, source, (), digested=digested)


def _status_of(file: Path) -> Source:
    """A status file: its keys are those of `status`, or stand under that key as in a scenario."""
    source = read_source(file, strict=False)
    entries = source.root.entries or {}
    if "status" in entries and entries.keys() <= {"format", "status"}:
        return replace(source, root=entries["status"][1])
    return source


def _with_status(source: Source) -> Source:
    """The source with the status of the file that it names, if it names one.

    Raises
    ------
    ScenarioError
        There is no such file in the scenario's folder, or it cannot be read.
    """
    data = source.data()
    name = data.get("status") if isinstance(data, dict) else None
    if not isinstance(name, str):
        return source
    try:
        file = path_inside(name, source.folder, MAX_BYTES)
    except ValueError as error:
        expected = "the name of a status file beside the scenario, or the status itself"
        raise ScenarioError([source.fault(str(error), expected, ("status",))]) from None
    return source.mounted(("status",), _status_of(file))


def _changed(source: Source, overrides: Sequence[str], without: Sequence[str]) -> Scenario:
    faults: tuple[Fault, ...] = ()
    try:
        source = override(_with_status(source), overrides, without)
    except ScenarioError as error:
        faults = error.faults
    return _scenario(source.data(), source, faults)


def _scenario(
    data: Any, source: Source, known: Iterable[Fault], *, digested: bool = True
) -> Scenario:
    faults = [*known, *source.faults]
    scenario, refused, pruning = _validated(data, source)
    faults += [_fault(source, data, each) for each in refused if not _hidden(source, each)]
    if scenario is not None:
        for finding in cross_check(scenario):
            complaint = _complaint(finding, pruning)
            if not pruning.explains(complaint.path, complaint.problem) and not _hidden(
                source, complaint
            ):
                faults.append(_fault(source, data, complaint, at_key=finding.at_key))
    if scenario is None or faults:
        raise ScenarioError(_first(faults, source))
    scenario._source = source  # noqa: SLF001 - kept for faults that show later
    if digested:
        digest(scenario)  # a loaded scenario knows its digest
    return scenario


def _validated(data: Any, source: Source) -> tuple[Scenario | None, list[Complaint], Pruning]:
    """A scenario of the data, or of what is left without what was refused.

    A model checks its parts together only once each is valid, so what was refused is left out and
    the rest looked at again: as often as that shows something new, within limits.
    """
    context = {"folder": source.folder}
    pruning = Pruning(data)
    refused: list[Complaint] = []
    for _ in range(_ROUNDS):
        try:
            pruned = pruning.pruned()
            return Scenario.model_validate(pruned, context=context), refused, pruning
        except ValidationError as error:
            found = [_original(each, pruning) for each in complaints(error, pruned, Scenario)]
            if error.error_count() > MOST_REFUSALS:
                return None, found, pruning
        refused += [each for each in found if not pruning.explains(each.subject, each.problem)]
        changed = [pruning.add(each) for each in found]
        if not all(changed):
            break
    return None, refused, pruning


def _original(complaint: Complaint, pruning: Pruning) -> Complaint:
    path = pruning.original(complaint.path)
    return Complaint(path, complaint.problem, complaint.expected, complaint.kind, complaint.nearest)


def _complaint(finding: Finding, pruning: Pruning) -> Complaint:
    # A hint may name what was left out, and be right all the same.
    problem, mark, hint = finding.problem.partition("; did you mean ")
    expected = f"did you mean {hint}" if mark else finding.expected
    return Complaint(pruning.original(finding.path), problem, expected)


def _hidden(source: Source, complaint: Complaint) -> bool:
    """Whether a fault may only follow from a value that could not be read."""
    path = complaint.subject
    for unknown, inside in source.unknown:
        if related(path, unknown) and (inside or len(path) <= len(unknown)):
            return True
    return False


def _fault(source: Source, data: Any, complaint: Complaint, *, at_key: bool = False) -> Fault:
    path: nodes.Path = complaint.subject
    value: object = data
    for part in path:
        _, value = step(value, part)
    at_key = at_key or complaint.kind != "value" or isinstance(value, dict | list)
    problem, expected = worded(complaint.problem, complaint.expected)
    return source.fault(problem, expected, path, at_key=at_key)


def _first(faults: list[Fault], source: Source) -> list[Fault]:
    """As many faults as anyone reads, each once, in file order."""
    ordered = sorted(dict.fromkeys(faults), key=lambda each: (each.file, each.line, each.column))
    left_out = len(ordered) - nodes.MAX_FAULTS
    if left_out <= 0:
        return ordered
    more = source.fault(f"{left_out:,} faults more than are shown", "these to be put right first")
    return [more, *ordered[: nodes.MAX_FAULTS]]
