"""A schedule as another tool stored it: plain records, which is all that its reader hands over.

Instants are naive local time. What the file does not say is None or empty; nothing here is
interpreted yet. Unique ids are those of the file, within one project: 0 is one of them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import NamedTuple


class Amount(NamedTuple):
    """A duration, a lag or an amount of work in the tool's own unit.

    `unit` is `min h d w mo y`, the same with a leading `e` where it is elapsed, `%` or `e%`.
    """

    value: float
    unit: str


class Hours(NamedTuple):
    """One spell of working time of a day; an `end` of midnight is the end of the day."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class CalendarException:
    """Days, both included, that are worked at `hours`; not at all where there are none."""

    first: date
    last: date
    hours: tuple[Hours, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """A week that holds from the first to the last day, both included; None: as `week`."""

    first: date
    last: date
    week: tuple[tuple[Hours, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class SourceCalendar:
    """A calendar: seven days from Monday, each None where the parent's day counts.

    Exceptions are told in full, recurring ones day by day.
    """

    uid: int
    name: str
    week: tuple[tuple[Hours, ...] | None, ...]
    parent: int | None = None
    kind: str = "GLOBAL"
    """GLOBAL, PROJECT or RESOURCE."""
    exceptions: tuple[CalendarException, ...] = ()
    work_weeks: tuple[WorkWeek, ...] = ()
    minutes_per_day: int | None = None
    minutes_per_week: int | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """How much of a resource there is from one instant to another; None: without end."""

    first: datetime | None
    last: datetime | None
    units: float


@dataclass(frozen=True, slots=True)
class SourceResource:
    """Somebody or something that tasks are assigned."""

    uid: int
    name: str
    kind: str = "WORK"
    """WORK, NON_LABOR, MATERIAL or COST."""
    max_units: float | None = None
    """In units: 1 is one person."""
    calendar: int | None = None
    rate: Amount | None = None
    """Money per unit of time."""
    cost_per_use: float | None = None
    active: bool = True
    availability: tuple[Availability, ...] = ()
    """Told only where the units differ over time."""


@dataclass(frozen=True, slots=True)
class SourceAssignment:
    """One resource on one task."""

    resource: int | None
    units: float | None = None
    """In units: 1 is one person full time."""
    work: Amount | None = None
    remaining_work: Amount | None = None
    cost: float | None = None
    start: datetime | None = None
    finish: datetime | None = None
    delay: Amount | None = None
    driving: bool | None = None
    """Primavera's: the dates of the assignment drive those of the task."""
    contour: str = ""
    """The curve by which the work is spread; empty where it is spread evenly."""


@dataclass(frozen=True, slots=True)
class SourceLink:
    """What a task waits for."""

    pred: int
    kind: str
    """FS, SS, FF or SF."""
    lag: Amount | None = None
    external: str = ""
    """The other file's name, or the other project's, where the predecessor is not in this one."""
    project: int | None = None
    """The uid of the other project of this file that `pred` is a task of; None: of this one."""


@dataclass(frozen=True, slots=True)
class SourceTask:
    """A task, a milestone, a level of effort or a summary."""

    uid: int
    name: str
    id: int | None = None
    activity_id: str = ""
    wbs: str = ""
    parent: int | None = None
    summary: bool = False
    milestone: bool = False
    active: bool = True
    manual: bool = False
    external: bool = False
    kind: str = ""
    """Primavera's: TASK_DEPENDENT, RESOURCE_DEPENDENT, START_MILESTONE, FINISH_MILESTONE,
    LEVEL_OF_EFFORT, WBS_SUMMARY, HAMMOCK."""
    fixed: str = ""
    """FIXED_UNITS, FIXED_DURATION, FIXED_WORK, FIXED_DURATION_AND_UNITS."""
    estimated: bool = False
    duration: Amount | None = None
    planned: Amount | None = None
    """Primavera's original duration; `duration` is that at completion."""
    remaining: Amount | None = None
    work: Amount | None = None
    percent: float | None = None
    """Of the duration, 0 to 100."""
    percent_kind: str = ""
    """Primavera's: what its users say is complete: DURATION, PHYSICAL, UNITS, SCOPE."""
    physical_percent: float | None = None
    calendar: int | None = None
    ignore_resource_calendar: bool = False
    priority: int | None = None
    constraint: str = ""
    """AS_SOON_AS_POSSIBLE, AS_LATE_AS_POSSIBLE, MUST_START_ON, MUST_FINISH_ON,
    START_NO_EARLIER_THAN, START_NO_LATER_THAN, FINISH_NO_EARLIER_THAN, FINISH_NO_LATER_THAN,
    START_ON, FINISH_ON."""
    constraint_date: datetime | None = None
    second_constraint: str = ""
    second_constraint_date: datetime | None = None
    deadline: datetime | None = None
    expected_finish: datetime | None = None
    external_early_start: datetime | None = None
    """Primavera's: set by links from projects that are not in the file."""
    external_late_finish: datetime | None = None
    start: datetime | None = None
    finish: datetime | None = None
    early_start: datetime | None = None
    early_finish: datetime | None = None
    late_start: datetime | None = None
    late_finish: datetime | None = None
    actual_start: datetime | None = None
    actual_finish: datetime | None = None
    actual_duration: Amount | None = None
    remaining_early_start: datetime | None = None
    suspended: datetime | None = None
    resumed: datetime | None = None
    stop: datetime | None = None
    """MS Project's: where the finished part of a running task ends."""
    resume: datetime | None = None
    """MS Project's: where its remaining part goes on."""
    baseline_start: datetime | None = None
    baseline_finish: datetime | None = None
    total_slack: Amount | None = None
    critical: bool = False
    leveling_delay: Amount | None = None
    splits: tuple[tuple[datetime, datetime], ...] = ()
    """The spells in which a split task is worked; empty where it is worked in one go."""
    cost: float | None = None
    fixed_cost: float | None = None
    fixed_cost_accrual: str = ""
    """START, PRORATED or END."""
    actual_cost: float | None = None
    notes: str = ""
    links: tuple[SourceLink, ...] = ()
    assignments: tuple[SourceAssignment, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceProject:
    """One project of a file."""

    uid: int
    name: str
    file_type: str
    """mpxj's: MPP, MSPDI, XER, PMXML, MPX, PLANNER, GANTTPROJECT, ..."""
    application: str = ""
    exported: bool = True
    """False where Primavera wrote a project only because tasks of others are linked to it."""
    start: datetime | None = None
    finish: datetime | None = None
    must_finish_by: datetime | None = None
    status_date: datetime | None = None
    from_finish: bool = False
    """Scheduled backwards from its finish."""
    calendar: int | None = None
    minutes_per_day: int = 480
    minutes_per_week: int = 2400
    days_per_month: float = 20.0
    currency: str = ""
    logic: str = ""
    """Primavera's rule for progress: RETAINED_LOGIC, PROGRESS_OVERRIDE, ACTUAL_DATES."""
    lag_calendar: str = ""
    """Primavera's: PREDECESSOR, SUCCESSOR, TWENTY_FOUR_HOUR, PROJECT_DEFAULT."""
    honour_constraints: bool | None = None
    """MS Project's `tasks will always honor their constraint dates`."""
    use_expected_finish: bool = False
    options: dict[str, str] = field(default_factory=dict)
    """Other scheduling options of the tool, as it names them."""
    calendars: tuple[SourceCalendar, ...] = ()
    resources: tuple[SourceResource, ...] = ()
    tasks: tuple[SourceTask, ...] = ()
    """In the order of the file, summaries before what they sum up."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Everything that one file holds."""

    projects: tuple[SourceProject, ...]
    losses: tuple[str, ...] = ()
    """What the reader could not hand over."""
