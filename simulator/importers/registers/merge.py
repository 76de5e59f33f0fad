"""A register put into a scenario: what comes out is checked as a whole, and told by row."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import Fault, ImportFileError, ScenarioError, SettingsError
from simulator.importers.registers.register import (
    ColumnTaken,
    Register,
    Tables,
    Wishes,
    columns_of,
    read_register,
    refuse,
)
from simulator.importers.registers.risks import fault_at
from simulator.plan.compile import compile_plan
from simulator.scenario.loading import loads, validate
from simulator.scenario.merging import Merged, merge
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Risk
from simulator.scenario.source import Source, read_source


@dataclass(frozen=True, slots=True)
class Imported:
    """A register, and the text of the scenario with its risks in it."""

    register: Register
    scenario: Scenario
    text: str
    replaced: int
    rewritten: bool


def import_into(
    tables: Tables,
    into: Path,
    target: Path,
    wishes: Wishes,
    *,
    replace: bool = False,
    shown: Callable[[tuple[ColumnTaken, ...]], None] | None = None,
) -> Imported:
    """Read a register and put its risks and mitigations into the text of a scenario.

    Parameters
    ----------
    tables
        The register, as `open_register` found it.
    into
        The scenario's file, which stays as it is.
    target
        The file that the text will be written to.
    wishes
        What the user says of the register.
    replace
        Whether a risk of the scenario with the same id is replaced; else it is a fault.
    shown
        Is told how columns are taken, before any row is read.

    Raises
    ------
    ImportFileError
        Rows cannot be taken, every one of them by its place.
    ScenarioError
        The scenario is at fault without the register.
    SettingsError
        The target lies in another folder than files that the scenario draws from.
    """
    source = read_source(into)
    scenario = validate(source.data(), source)
    if shown is not None:
        shown(columns_of(tables, scenario))
    register = read_register(tables, scenario, wishes)
    replaced = _known(register, scenario, replace=replace)
    merged = _merged(register, source)
    _check_plan(register, merged.scenario)
    _check_folder(merged, into, target)
    return Imported(register, merged.scenario, merged.text, replaced, merged.rewritten)


def _known(register: Register, scenario: Scenario, *, replace: bool) -> int:
    """How many risks and mitigations the scenario has already; a fault each unless they may go."""
    known = [key for key in register.risks if key in scenario.risks]
    levers = [key for key in register.mitigations if key in scenario.mitigations]
    if replace:
        return len(known) + len(levers)
    expected = "another id, or --replace"
    faults = [
        fault_at(
            register.drafts[key], ("id",), f"the scenario has a risk `{key}` already", expected
        )
        for key in known
    ]
    problem = "the scenario has a mitigation `{}` already"
    faults += [Fault(problem.format(key), expected, file="the register") for key in levers]
    refuse(faults)
    return 0


def _merged(register: Register, source: Source) -> Merged:
    sections: dict[str, dict[str, Any]] = {
        "risks": register.risks,
        "mitigations": register.mitigations,
    }
    try:
        return merge(source, sections)
    except ScenarioError as error:
        raise ImportFileError(*(_told(fault, register) for fault in error.faults)) from None


def _told(fault: Fault, register: Register) -> Fault:
    """A fault of the scenario that came out, by the row that it comes from."""
    match fault.path:
        case ("risks", str(key), *inner) if key in register.drafts:
            return fault_at(register.drafts[key], tuple(inner), fault.problem, fault.expected)
    return Fault(fault.problem, fault.expected, fault.path, fault.file)


def _check_plan(register: Register, after: Scenario) -> None:
    """Refuse delays of the first of several tasks that cannot be settled, where each could be.

    What rows say themselves, and what else is not simulated, is for `check` and `run` to tell.
    """
    several = {key: draft.assumed for key, draft in register.drafts.items() if draft.assumed}
    if not several:
        return
    try:
        compile_plan(after)
    except ScenarioError as error:
        faults = [_told(fault, register) for fault in error.faults]
    else:
        return
    changed = {key: _on_each(risk) for key, risk in after.risks.items() if key in several}
    try:
        compile_plan(after.model_copy(update={"risks": {**after.risks, **changed}}))
    except ScenarioError:
        return
    problem = "a delay of the first of several tasks, which may be what cannot be settled"
    expected = "one task, or each of them: --apply each, or a column Apply that says so"
    rows = (at for each in several.values() for at in each)
    refuse([*faults, *(at.table.fault(at.row, "tasks", problem, expected) for at in rows)])


def _on_each(risk: Risk) -> Risk:
    """The same, with every hit on each of its tasks."""
    hits = tuple(
        hit.model_copy(update={"apply": "each"}) if hit.apply == "first" else hit
        for hit in risk.hits
    )
    return risk.model_copy(update={"hits": hits})


def _check_folder(merged: Merged, into: Path, target: Path) -> None:
    """A scenario that draws from files beside it must stay beside them."""
    if into.resolve().parent == target.resolve().parent:
        return
    try:
        loads(merged.text, str(target), target.resolve().parent)
    except ScenarioError as error:
        raise SettingsError(
            f"{target} would not read there: {error.faults[0].problem}; expected a file in"
            f" {into.parent}, where the scenario's other files lie"
        ) from None
