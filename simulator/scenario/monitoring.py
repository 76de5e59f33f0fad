"""What has happened and what it is for: status, objectives, as the file writes them."""

from typing import Annotated, Literal

from pydantic import Field

from simulator.scenario.distributions import Distribution
from simulator.scenario.tasks import Texts
from simulator.scenario.values import Date, Duration, Name, Number, Plain, Spec


class Benefit(Spec):
    """What an objective brings each month once it is met."""

    per_month: Number
    ramp: Duration | None = None
    until: Date | None = None
    for_: Duration | None = Field(default=None, alias="for")


class Objective(Spec):
    """Something that the program is for: met when all it needs has finished by its date."""

    name: Name = ""
    weight: Annotated[Plain, Field(ge=0)] = 1.0
    needs: Texts
    by: Date | None = None
    benefit: Benefit | None = None


class TaskStatus(Spec):
    """Where one task stands at the data date: not begun, begun, or finished."""

    started: Date | None = None
    finished: Date | None = None
    remaining: Duration | None = None
    percent: Annotated[Plain, Field(ge=0, le=100)] | None = None
    physical_percent: Annotated[Plain, Field(ge=0, le=100)] | None = None
    cost: Plain | None = None
    suspended: Date | None = None
    resumed: Date | None = None
    expected_finish: Date | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it is in the past for good."""
        return self.finished is not None

    @property
    def is_running(self) -> bool:
        """Whether it has begun and something is left of it."""
        return self.started is not None and self.finished is None

    @property
    def stands(self) -> bool:
        """Whether what remains is told with its uncertainty: no class and no factor falls on it."""
        return isinstance(self.remaining, Distribution)


class Status(Spec):
    """Where the program stands at a data date."""

    date: Date | None = None
    logic: Literal["retained", "override", "actual_dates"] = "retained"
    unstarted: Literal["after_date", "as_planned"] = "after_date"
    started_shows: Literal["remaining", "actual"] = "remaining"
    tasks: dict[str, TaskStatus] = Field(default_factory=dict)
    risks: dict[str, Literal["open", "occurred", "closed"]] = Field(default_factory=dict)
    cost: dict[str, Plain] = Field(default_factory=dict)
    """Actuals booked above the tasks of a project, or of the `program`."""

    @property
    def holds_unstarted(self) -> bool:
        """Whether the tool's own plan begins nothing before the date."""
        return self.date is not None and self.unstarted == "after_date"
