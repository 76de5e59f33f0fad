"""The root of a scenario: the program and everything that stands beside it in the file."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from simulator.scenario.calendars import BUILT_IN, CalendarSpec
from simulator.scenario.columns import TaskColumns, task_columns
from simulator.scenario.dates import latest_of
from simulator.scenario.distributions import Distribution, is_distribution
from simulator.scenario.monitoring import Objective, Status, TaskStatus
from simulator.scenario.risks import Correlation, Mitigation, Risk
from simulator.scenario.tasks import CostLine, Project, Task, Texts, tuple_of
from simulator.scenario.values import (
    Date,
    Duration,
    Factor,
    Id,
    MoneyRate,
    Name,
    Number,
    Plain,
    Probability,
    Spec,
    one_or_many,
)

_UNDATED = frozenset({"duration", "after"})
"""Keys of a task that name no date that does not stand elsewhere."""


class Escalation(Spec):
    """Prices that rise: a yearly rate, and the date whose prices the file gives."""

    rate: Number
    prices_of: Date


class Penalty(Spec):
    """Money owed for each unit of time after a date."""

    after: Name = "deadline"
    rate: MoneyRate
    cap: Annotated[Plain, Field(ge=0)] | None = None


class Reserves(Spec):
    """Money set aside: contingency inside the budget, management reserve outside it."""

    contingency: Annotated[Plain, Field(ge=0)] = 0.0
    management: Annotated[Plain, Field(ge=0)] = 0.0


class Program(Spec):
    """What the projects share: a start, a goal, money and default calendars."""

    name: Name = ""
    start: Date
    finish: Name | None = None
    deadline: Date | None = None
    budget: Annotated[Plain, Field(ge=0)] | None = None
    reserves: Reserves = Reserves()
    escaped_defects: dict[Id, Plain] | Plain | None = None
    currency: Name = "EUR"
    calendar: Name = "weekdays"
    lag_calendar: Literal["successor", "predecessor", "program", "24x7"] = "successor"
    priority_rule: Literal[
        "latest_start", "least_float", "longest_tail", "declared", "levelled"
    ] = "latest_start"
    constraints: Literal["soft", "honour"] = "soft"
    escalation: Escalation | None = None
    discount: Annotated[Plain, Field(gt=-1)] | None = None
    costs: dict[Id, CostLine] = Field(default_factory=dict)
    penalty: Penalty | None = None

    @model_validator(mode="after")
    def _penalty_has_its_date(self) -> "Program":
        if self.penalty and self.penalty.after == "deadline" and self.deadline is None:
            raise ValueError("the penalty counts from the deadline; expected `deadline`")
        return self


class UnitsFrom(Spec):
    """A capacity from a date on."""

    from_: Date | None = Field(default=None, alias="from")
    units: Annotated[Plain, Field(ge=0)]


class Pool(Spec):
    """Interchangeable units of a resource, shared by the projects."""

    name: Name = ""
    units: Literal["unlimited"] | Annotated[Plain, Field(ge=0)] | tuple[UnitsFrom, ...]
    rate: MoneyRate | None = None
    paid: Literal["held", "retained"] = "held"
    calendar: Name | None = None


class RangeClass(Spec):
    """A reusable range, as a factor on an estimate."""

    range: Factor
    shared: Literal["task", "project", "program"] = "task"
    includes_risks: bool = False


def _class(raw: object) -> object:
    if isinstance(raw, dict) and "range" not in raw:
        settings = {key: raw[key] for key in ("shared", "includes_risks") if key in raw}
        body = {key: value for key, value in raw.items() if key not in settings}
        return {"range": body, **settings}
    if isinstance(raw, Distribution) or is_distribution(raw):
        return {"range": raw}
    return raw


class Board(Spec):
    """A decision board: when it meets, what it wants beforehand, how often it approves."""

    name: Name = ""
    meets: Name | tuple[Date, ...]
    at: Name | None = None
    papers: Duration = 0.0
    except_: Annotated[tuple[Name, ...], BeforeValidator(one_or_many)] = Field(
        default=(), alias="except"
    )
    approves: Annotated[
        tuple[Probability, ...],
        BeforeValidator(tuple_of),
    ] = (1.0,)
    again: Duration = 0.0
    members: Texts = ()
    calendar: Name | None = None


class Stakeholder(Spec):
    """Somebody who is reported to."""

    name: Name = ""
    audience: Literal["sponsor", "committee", "pmo", "analyst"] | None = None


class Scenario(Spec):
    """A whole scenario file, validated; the models hold what the user wrote, not arrays."""

    format: Literal[1] = 1
    program: Program
    calendars: dict[Id, CalendarSpec] = Field(default_factory=dict)
    pools: dict[Id, Pool] = Field(default_factory=dict)
    classes: dict[Id, Annotated[RangeClass, BeforeValidator(_class)]] = Field(default_factory=dict)
    sizes: dict[Id, Duration] = Field(default_factory=dict)
    boards: dict[Id, Board] = Field(default_factory=dict)
    stakeholders: dict[Id, Stakeholder] = Field(default_factory=dict)
    projects: Annotated[dict[Id, Project], Field(min_length=1)]
    risks: dict[Id, Risk] = Field(default_factory=dict)
    mitigations: dict[Id, Mitigation] = Field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()
    objectives: dict[Id, Objective] = Field(default_factory=dict)
    baseline: Name | None = None
    status: Status | Name | None = None

    @field_validator("calendars", mode="after")
    @classmethod
    def _built_in_stay(cls, calendars: dict[str, CalendarSpec]) -> dict[str, CalendarSpec]:
        for name in set(calendars) & set(BUILT_IN):
            raise ValueError(f"`{name}` is built in; expected another name for your own calendar")
        return calendars

    _source: Any = PrivateAttr(default=None)
    """The file this was read from, with positions, so that later faults can be located."""
    _columns: TaskColumns | None = PrivateAttr(default=None)
    """What `columns` found, once somebody asked."""
    _latest: datetime | None = PrivateAttr(default=None)
    """What `latest_date` found, once somebody asked."""
    _digest: str | None = PrivateAttr(default=None)
    """What `dumping.digest` found, once somebody asked."""

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """Every task by its full id, in declared order."""
        return {
            f"{project_id}.{task_id}": task
            for project_id, project in self.projects.items()
            for task_id, task in project.tasks.items()
        }

    @property
    def columns(self) -> TaskColumns:
        """The tasks by the column."""
        if self._columns is None:
            self._columns = task_columns(self.projects, self.tasks)
        return self._columns

    @property
    def latest_date(self) -> datetime:
        """The latest date that the file names, wherever it stands; not before the program starts.

        Looked for once: it decides how far calendars are worked out.
        """
        if self._latest is None:
            parts: list[object] = [self.program, self.calendars, self.risks, self.status]
            parts += [self.mitigations, self.boards, self.pools, *self.projects]
            for project in self.projects.values():
                parts += [getattr(project, key) for key in project.model_fields_set - {"tasks"}]
            parts.append("\n".join(self.columns.ids))
            parts += [
                getattr(task, key)
                for task in self.columns.told
                for key in task.model_fields_set - _UNDATED
            ]
            self._latest = latest_of(self.program.start.begins(), parts)
        return self._latest

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> "Scenario":
        """A copy; one that differs keeps nothing that was found of this one."""
        found = super().model_copy(update=update, deep=deep)
        if update:
            found.__dict__.pop("tasks", None)
            found._columns = found._latest = found._digest = None  # noqa: SLF001 - of its own kind
        return found

    @property
    def progress(self) -> dict[str, TaskStatus]:
        """The tasks that have begun or are finished, by full id."""
        if not isinstance(self.status, Status):
            return {}
        tasks = self.status.tasks.items()
        return {key: each for key, each in tasks if each.is_running or each.is_finished}

    def project_of(self, task_id: str) -> Project:
        """The project of a task given by its full id."""
        return self.projects[task_id.partition(".")[0]]

    def __eq__(self, other: object) -> bool:
        """Whether both mean the same; where they were read from does not count."""
        if not isinstance(other, Scenario):
            return NotImplemented
        return all(getattr(self, key) == getattr(other, key) for key in Scenario.model_fields)

    __hash__ = None  # type: ignore[assignment] # holds mappings
