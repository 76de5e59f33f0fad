"""One row of a register as a hit: what the risk does, and to which tasks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from simulator.errors import Fault
from simulator.importers.registers.fields import EFFECTS, part
from simulator.importers.registers.ranges import is_elapsed, is_zero, negated, range_in
from simulator.importers.registers.readings import FIGURE, NotReadError, Reader, mapping_in
from simulator.importers.registers.table import KINDS, Table
from simulator.importers.registers.targets import Finder, NotFoundError, Targets, listed
from simulator.importers.registers.words import words_of
from simulator.scenario.selectors import select

_TIMED = ("delay", "wait")


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known before rows are read: a table, how its columns read, the scenario's names.

    `modes` says how plain numbers of each field are meant; `default` are the tasks of risks that
    name none.
    """

    table: Table
    reader: Reader
    finder: Finder
    modes: dict[str, str]
    default: Targets | None = None
    apply: str = "first"
    """Where a delay of several tasks falls if the row does not say: on the first, or on each."""
    faults: list[Fault] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)
    """Rows with faults."""
    assumed: set[int] = field(default_factory=set)
    """Rows that do not say where a delay of several tasks falls."""

    def mode(self, name: str) -> str:
        """How plain numbers of a field are meant."""
        return self.modes.get(name, FIGURE)

    def tried(self, row: int, name: str, read: Callable[[], Any]) -> Any:
        """What a function reads; what it refuses is noted as a fault of this cell, and None."""
        try:
            return read()
        except (NotReadError, NotFoundError) as refusal:
            self.refuse(row, name, str(refusal), refusal.expected)
        return None

    def refuse(self, row: int, name: str, problem: str, expected: str) -> None:
        """Note a fault of a cell."""
        self.faults.append(self.table.fault(row, name, problem, expected))
        self.faulty.add(row)


def sign_of(reading: Reading, row: int) -> float:
    """1 for a threat, -1 for an opportunity."""
    words = " ".join(words_of(reading.table.text(row, "type")))
    if not words or words in KINDS:
        return KINDS.get(words, 1.0)
    reading.refuse(row, "type", f"{words!r} is no kind of risk", "threat or opportunity")
    return 1.0


def hit_of(reading: Reading, row: int) -> dict[str, Any]:
    """The hit that a row describes; empty if it has no effect at all."""
    table, sign = reading.table, sign_of(reading, row)
    effects: dict[str, Any] = {}
    for effect in EFFECTS:
        value = _effect(reading, row, effect, sign)
        if value is None or (effect != "factor" and is_zero(value)):
            continue
        key = "wait" if effect == "delay" and is_elapsed(value) else effect
        if key in effects:
            problem = "a delay in calendar days beside a wait"
            reading.refuse(row, effect, problem, "one of them")
        effects[key] = value
    effects |= _on_pools(reading, row)
    if not effects:
        return {}
    found: dict[str, Any] = {}
    if name := table.text(row, "hit"):
        found["name"] = name
    targets = _targets(reading, row, timed=bool(set(effects) & {*_TIMED, "factor"}))
    found |= {"tasks": list(targets.tasks)} if targets.tasks else {}
    found |= {"projects": list(targets.projects)} if targets.projects else {}
    found |= effects
    found |= {key: text for key in ("apply", "draw") if (text := table.text(row, key).lower())}
    if set(effects) & set(_TIMED) and "apply" not in found and _several(reading, targets):
        found["apply"] = reading.apply
        reading.assumed.add(row)
    if table.text(row, "hit_at"):
        found["at"] = value_of(reading, row, "hit_at")
    return found | window_of(table, row, "hit_")


def window_of(table: Table, row: int, prefix: str = "") -> dict[str, Any]:
    """`when` of a risk or a hit, if the row gives one."""
    ends = {key: table.text(row, f"{prefix}{key}") for key in ("from", "until")}
    given = {key: text for key, text in ends.items() if text}
    return {"when": given} if given else {}


def _effect(reading: Reading, row: int, effect: str, sign: float) -> Any:
    table = reading.table
    name = next(
        (
            part(effect, end)
            for end in ("", "min", "max")
            if not table.cell(row, part(effect, end)).blank
        ),
        effect,
    )

    def read() -> Any:
        value = range_in(table, row, effect, reading.reader, reading.mode(effect))
        if sign > 0 or value is None or effect == "factor":
            return value
        if effect == "wait":
            raise NotReadError(
                "an opportunity cannot wait less than nothing", "a delay in working days"
            )
        return negated(value)

    return reading.tried(row, name, read)


def value_of(reading: Reading, row: int, name: str) -> Any:
    """A value as the scenario writes it: a text, a number, or a distribution."""
    cell = reading.table.cell(row, name)
    if cell.text.startswith("{"):
        return reading.tried(row, name, lambda: mapping_in(cell.text))
    return cell.value if isinstance(cell.value, float) else cell.text


def _on_pools(reading: Reading, row: int) -> dict[str, Any]:
    """What the row takes from pools, or gives them."""
    table, found = reading.table, dict[str, Any]()
    if pools := listed(table.text(row, "pools")):
        found["pools"] = pools
    if not table.cell(row, "units").blank:
        number = reading.reader.number(table.cell(row, "units"))
        if number is None:
            problem = f"{table.text(row, 'units')!r} is not a number"
            reading.refuse(row, "units", problem, "a number such as -1")
        else:
            found["units"] = number[0]
    for key in ("from", "for"):
        if table.text(row, f"units_{key}"):
            found[key] = value_of(reading, row, f"units_{key}")
    return found


def _targets(reading: Reading, row: int, *, timed: bool) -> Targets:
    """Tasks and projects of a row: its own, else its project where time is at stake."""
    table, finder = reading.table, reading.finder
    own, projects = Targets(), Targets()
    if text := table.text(row, "tasks"):
        own = reading.tried(row, "tasks", lambda: finder.targets(text)) or own
    for name in listed(table.text(row, "projects")):
        found = reading.tried(row, "projects", partial(finder.project, name))
        projects = Targets(projects=(*projects.projects, *(found.projects if found else ())))
    given = Targets(own.tasks, tuple(dict.fromkeys((*own.projects, *projects.projects))))
    if given.tasks or given.projects or text or not timed:
        return given
    if text := table.text(row, "project"):
        return reading.tried(row, "project", lambda: finder.project(text)) or given
    if reading.default is None:
        expected = "the tasks or the project that it hits, or --tasks for all that name none"
        reading.refuse(row, "tasks", "nothing is named to delay", expected)
    return reading.default or given


def _several(reading: Reading, targets: Targets) -> bool:
    return bool(targets.projects) or len(select(reading.finder.scenario, targets.tasks)) > 1
