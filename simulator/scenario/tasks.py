"""Tasks, links, rework, branches and projects as the file writes them."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simulator.scenario.units import parse_quantity
from simulator.scenario.values import (
    Date,
    DateValue,
    Duration,
    Effort,
    Id,
    Lag,
    Money,
    MoneyRate,
    Name,
    Number,
    Plain,
    PlannedWork,
    Probability,
    Share,
    Spec,
    one_or_many,
    text_of,
)

LinkType = Literal["FS", "SS", "FF", "SF"]
Accrues = Literal["start", "even", "end"]
_LINK = re.compile(
    r"(?P<task>[^\s+]+)(?:\s+(?P<link>FS|SS|FF|SF)\b)?\s*(?P<lag>[+-].+)?", re.IGNORECASE
)

Texts = Annotated[tuple[Name, ...], BeforeValidator(one_or_many)]
"""A list of texts; one text alone stands for a list of one."""


def tuple_of(raw: object) -> object:
    """A single number where a list is expected stands for a list of one."""
    return (raw,) if isinstance(raw, int | float) else raw


class Link(Spec):
    """What a task waits for.

    Finish-to-start `start >= finish' + lag`, start-to-start `start >= start' + lag`,
    finish-to-finish `finish >= finish' + lag`, start-to-finish `finish >= start' + lag`,
    where ' marks the predecessor.
    """

    task: Name
    link: LinkType = "FS"
    lag: Lag = 0.0
    calendar: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, raw: Any) -> Any:
        if not isinstance(raw, str):
            return raw
        match = _LINK.fullmatch(raw.strip())
        if not match:
            raise ValueError(
                f"cannot read {raw!r} as a link; expected a task, then FS, SS, FF or SF and a lag,"
                " such as `iam.tokens FS+5d`"
            )
        lag = match["lag"]
        if lag is None:
            return {"task": match["task"], "link": (match["link"] or "FS").upper()}
        quantity = parse_quantity(lag.replace(" ", ""))
        return {"task": match["task"], "link": (match["link"] or "FS").upper(), "lag": quantity}


class Rework(Spec):
    """Rounds that may follow a task: with which chance, of which tasks, how much of their work."""

    chance: Annotated[tuple[Probability, ...], BeforeValidator(tuple_of), Field(min_length=1)]
    redo: Texts = ()
    share: Share = 1.0
    at_least: Annotated[int, Field(ge=0, le=50, strict=True)] = 0
    at_most: Annotated[int, Field(ge=1, le=50, strict=True)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Rework":
        if self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        if self.at_most is None and self.chance[-1] == 1:
            raise ValueError("a last chance of 1 repeats for ever; expected `at_most`")
        return self


class Backlog(Spec):
    """Points that a team burns down at its velocity."""

    points: Number
    growth: Number = 0.0
    velocity: Number
    sprint: Duration
    team: Number = 1.0


class Task(Spec):
    """A piece of work, a milestone, a span, or an approval by a board."""

    name: Name = ""
    duration: Duration | None = None
    size: Name | None = None
    effort: Effort | None = None
    backlog: Backlog | None = None
    class_: Name | None = Field(default=None, alias="class")
    sharing: Annotated[Plain, Field(gt=0, le=1)] = 1.0
    plan: PlannedWork | None = None
    needs: dict[Id, Annotated[Plain, Field(gt=0)]] = Field(default_factory=dict)
    ignore_pool_calendars: bool = False
    priority: Annotated[int, Field(strict=True)] | None = None
    calendar: Name | None = None
    after: Annotated[tuple[Link, ...], BeforeValidator(one_or_many)] = ()
    on: Name | None = None
    milestone: Literal["start", "finish"] | None = None
    spans: Texts = ()
    margin: bool = False
    board: Name | None = None
    unbroken: bool = False
    rework: Rework | None = None
    cost: Money | None = None
    accrues: Accrues = "even"
    cost_rate: MoneyRate | None = None
    defects: dict[Id, Number] = Field(default_factory=dict)
    finds: dict[Id, Share] = Field(default_factory=dict)
    fix: Effort | None = None
    deadline: Date | None = None
    start_no_earlier_than: DateValue | None = None
    finish_no_earlier_than: DateValue | None = None
    start_no_later_than: Date | None = None
    finish_no_later_than: Date | None = None
    must_start: Date | None = None
    must_finish: Date | None = None
    as_late_as_possible: Literal["free", "total"] | None = None
    ev: Literal["percent", "0/100", "50/50", "physical"] | None = None
    tags: dict[Id, Annotated[str, BeforeValidator(text_of)]] = Field(default_factory=dict)
    source_uid: Annotated[str, BeforeValidator(text_of)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_milestone(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and isinstance(raw.get("milestone"), bool):
            raw = {**raw, "milestone": "finish" if raw["milestone"] else None}
        return raw

    @model_validator(mode="after")
    def _one_estimate(self) -> "Task":
        given = [
            key
            for key in ("duration", "size", "effort", "backlog")
            if getattr(self, key) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"the task has both {' and '.join(given)}; expected one of them")
        if self.spans and (given or self.milestone or self.after):
            raise ValueError("a task that spans others has no duration and no links of its own")
        if (self.milestone or self.spans) and self.plan is not None:
            raise ValueError("a milestone or span has no planned work; drop `plan`")
        if self.milestone and given:
            raise ValueError(f"a milestone has no {given[0]}; drop one of the two")
        if not given and not (self.milestone or self.spans or self.board):
            raise ValueError(
                "the task has no duration; expected duration, size, effort, backlog, milestone,"
                " spans or board"
            )
        return self

    @property
    def is_plain(self) -> bool:
        """Whether a wildcard means this task: neither milestone nor span nor board."""
        return not (self.milestone or self.spans or self.board)


class CostLine(Spec):
    """Money that no task carries: an amount at a date, or a rate from and to."""

    name: Name = ""
    amount: Money | None = None
    rate: MoneyRate | None = None
    at: Name | None = None
    from_: Name | None = Field(default=None, alias="from")
    to: Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "CostLine":
        if (self.amount is None) == (self.rate is None):
            raise ValueError("a cost line has either an amount or a rate")
        if self.at and (self.rate is not None or self.from_ or self.to):
            raise ValueError("`at` goes with an amount alone; a rate has from and to")
        return self


class ConditionalBranch(Spec):
    """A branch that is taken when the schedule says so."""

    when: Name


def _sums_to_one(outcomes: dict[str, float]) -> dict[str, float]:
    total = sum(outcomes.values())
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the chances of the branch sum to {total:.10g}; expected 1")
    return outcomes


Outcomes = Annotated[dict[Id, Probability], AfterValidator(_sums_to_one)]


class Project(Spec):
    """One of the projects of the program."""

    name: Name = ""
    priority: Annotated[int, Field(strict=True)] | None = None
    calendar: Name | None = None
    start: Date | None = None
    deadline: Date | None = None
    costs: dict[Id, CostLine] = Field(default_factory=dict)
    tasks: Annotated[dict[Id, Task], Field(min_length=1)]
    branches: dict[Id, ConditionalBranch | Outcomes] = Field(default_factory=dict)
