"""Plain records into a file by mpxj, in the child process only."""

import re
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from simulator.importers.plans.java_values import UNITS
from simulator.importers.plans.pull_tasks import KINDS
from simulator.importers.plans.source import (
    Amount,
    Hours,
    SourceCalendar,
    SourceProject,
    SourceResource,
)
from simulator.importers.plans.target import Column, PlanToWrite, Target

_FORMATS = {Target.MSPDI: "MSPDI", Target.XER: "XER", Target.PMXML: "PMXML"}
_JAVA_UNITS = {ours: theirs for theirs, ours in UNITS.items()}
_JAVA_KINDS = {ours: theirs for theirs, ours in KINDS.items()}
_ALWAYS = datetime(1984, 1, 1), datetime(2049, 12, 31)
"""The first and the last day that MS Project knows."""


def write(path: str, plan: PlanToWrite) -> bytes:
    """The content of a file of the kind that a plan is to be written as."""
    from java.io import File  # noqa: PLC0415
    from org.mpxj import ProjectFile  # noqa: PLC0415
    from org.mpxj.writer import FileFormat, UniversalProjectWriter  # noqa: PLC0415

    project = ProjectFile()
    config = project.getProjectConfig()
    for what in ("TaskUniqueID", "TaskID", "ResourceUniqueID", "CalendarUniqueID", "WBS"):
        getattr(config, f"setAuto{what}")(False)
    push = _Push(project, plan.target)
    push.project(plan.project)
    for column in plan.columns:
        push.column(column)
    kind = FileFormat.valueOf(_FORMATS[plan.target])
    UniversalProjectWriter(kind).write(project, File(path))
    return Path(path).read_bytes()


class _Push:
    """mpxj's objects of one project by their uids, as they are made."""

    def __init__(self, project: Any, target: Target) -> None:
        self.file, self.target = project, target
        self.calendars: dict[int, Any] = {}
        self.resources: dict[int, Any] = {}
        self.tasks: dict[int, Any] = {}
        self.fields = Counter[str]()
        self.hours_per_day = 8.0

    def project(self, told: SourceProject) -> None:
        """Everything that a project has."""
        self.hours_per_day = told.minutes_per_day / 60
        for calendar in told.calendars:
            self._calendar(calendar)
        if told.calendar is not None:
            self.file.setDefaultCalendar(self.calendars[told.calendar])
        self._properties(told)
        for resource in told.resources:
            self._resource(resource)
        for number, task in enumerate(told.tasks, 1):
            self._task(number, task)
        for task in told.tasks:
            for link in task.links:
                self._link(self.tasks[task.uid], link)

    def column(self, column: Column) -> None:
        """A custom field under its title; in Primavera a user-defined one."""
        from org.mpxj import TaskField  # noqa: PLC0415

        example = next(iter(column.values.values()), "")
        kind = {str: "TEXT", datetime: "DATE", float: "NUMBER"}[type(example)]
        self.fields[kind] += 1
        number = self.fields[kind]
        field = TaskField.valueOf(f"{kind}{number}")
        self.file.getCustomFields().getOrCreate(field).setAlias(column.title)
        for uid, value in column.values.items():
            if isinstance(value, datetime):
                self.tasks[uid].set(field, _instant(value))
            else:
                self.tasks[uid].set(field, value if isinstance(value, str) else _double(value))

    def _properties(self, told: SourceProject) -> None:
        from org.mpxj import (  # noqa: PLC0415
            RelationshipLagCalendar,
            SchedulingProgressedActivities,
        )

        properties = self.file.getProjectProperties()
        properties.setUniqueID(_integer(told.uid))
        properties.setName(told.name)
        properties.setProjectTitle(told.name)
        properties.setProjectID(_code(told.name))
        properties.setStartDate(_instant(told.start))
        properties.setPlannedStart(_instant(told.start))
        properties.setFinishDate(_instant(told.finish))
        properties.setScheduledFinish(_instant(told.finish))
        properties.setMustFinishBy(_instant(told.must_finish_by))
        begun = told.status_date or (told.start if self.target.primavera else None)
        properties.setStatusDate(_instant(begun))
        properties.setMinutesPerDay(_integer(told.minutes_per_day))
        properties.setMinutesPerWeek(_integer(told.minutes_per_week))
        properties.setDaysPerMonth(_integer(int(told.days_per_month)))
        self._currency(told.currency)
        properties.setHonorConstraints(bool(told.honour_constraints))
        properties.setNewTasksAreManual(False)
        logic = SchedulingProgressedActivities.valueOf(told.logic)
        properties.setSchedulingProgressedActivities(logic)
        properties.setRelationshipLagCalendar(RelationshipLagCalendar.valueOf(told.lag_calendar))

    def _currency(self, code: str) -> None:
        from org.mpxj import Currency  # noqa: PLC0415

        self.file.getProjectProperties().setCurrencyCode(code)
        self.file.getProjectProperties().setCurrencySymbol(code)
        currencies = self.file.getCurrencies()
        builder = Currency.Builder(self.file).uniqueID(_integer(1)).currencyID(code)
        builder = builder.name(code).symbol(code).numberOfDecimalPlaces(_integer(2))
        builder = builder.decimalSymbol(".").digitGroupingSymbol(",").exchangeRate(_double(1.0))
        builder = builder.positiveCurrencyFormat("1.1 #").negativeCurrencyFormat("-1.1 #")
        currencies.add(builder.build())
        currencies.setDefaultCurrencyUniqueID(_integer(1))

    def _calendar(self, told: SourceCalendar) -> None:
        from java.time import DayOfWeek  # noqa: PLC0415
        from org.mpxj import DayType  # noqa: PLC0415

        calendar = self.file.addCalendar()
        self.calendars[told.uid] = calendar
        calendar.setUniqueID(_integer(told.uid))
        calendar.setName(told.name)
        for day, hours in zip(DayOfWeek.values(), told.week, strict=True):
            calendar.setCalendarDayType(day, DayType.WORKING if hours else DayType.NON_WORKING)
            _add(calendar.addCalendarHours(day), hours or ())
        for each in told.exceptions:
            _add(calendar.addCalendarException(_day(each.first), _day(each.last)), each.hours)
        if told.minutes_per_day and told.minutes_per_week:
            calendar.setCalendarMinutesPerDay(_integer(told.minutes_per_day))
            calendar.setCalendarMinutesPerWeek(_integer(told.minutes_per_week))
            calendar.setCalendarMinutesPerMonth(_integer(20 * told.minutes_per_day))
            calendar.setCalendarMinutesPerYear(_integer(52 * told.minutes_per_week))

    def _resource(self, told: SourceResource) -> None:
        from org.mpxj import (  # noqa: PLC0415
            Availability,
            CostRateTableEntry,
            Rate,
            ResourceType,
            TimeUnit,
        )

        resource = self.file.addResource()
        self.resources[told.uid] = resource
        resource.setUniqueID(_integer(told.uid))
        resource.setID(_integer(told.uid))
        resource.setName(told.name)
        resource.setResourceID(_code(told.name))
        resource.setType(ResourceType.WORK)
        first, last = _ALWAYS
        spells = told.availability
        table = resource.getAvailability()
        for each in spells:
            ends = _instant(each.first or first), _instant(each.last or last)
            table.add(Availability(*ends, _double(100 * each.units)))
        if not spells and told.max_units is not None:
            table.add(Availability(_instant(first), _instant(last), _double(100 * told.max_units)))
        rates = []
        if told.rate is not None:
            rates = [Rate(told.rate.value, TimeUnit.valueOf(_JAVA_UNITS[told.rate.unit]))]
        # Primavera has prices and units in one table.
        together = spells if self.target.primavera else ()
        for begin, end in [(each.first, each.last) for each in together] or [_ALWAYS]:
            ends = _instant(begin or first), _instant(end or last)
            if rates:
                entry = CostRateTableEntry(*ends, _double(0.0), rates)
                resource.getCostRateTable(0).add(entry)

    def _task(self, number: int, told: Any) -> None:
        above = self.tasks.get(told.parent)
        task = (above or self.file).addTask()
        self.tasks[told.uid] = task
        task.setUniqueID(_integer(told.uid))
        task.setID(_integer(number))
        task.setName(told.name)
        task.setWBS(told.wbs)
        for field, value in (
            ("Start", told.start), ("Finish", told.finish),
            ("PlannedStart", told.start), ("PlannedFinish", told.finish),
            ("EarlyStart", told.early_start), ("EarlyFinish", told.early_finish),
            ("RemainingEarlyStart", told.early_start), ("RemainingEarlyFinish", told.early_finish),
            ("LateStart", told.late_start), ("LateFinish", told.late_finish),
            ("ActualStart", told.actual_start), ("ActualFinish", told.actual_finish),
            ("Deadline", told.deadline), ("SuspendDate", told.suspended),
            ("ExpectedFinish", told.expected_finish),
        ):  # fmt: skip
            if value is not None:
                getattr(task, f"set{field}")(_instant(value))
        if not told.summary:
            self._work(task, told)

    def _work(self, task: Any, told: Any) -> None:
        from org.mpxj import (  # noqa: PLC0415
            AccrueType,
            ActivityType,
            ConstraintType,
            Priority,
            TaskMode,
            TaskType,
        )

        task.setActivityID(told.activity_id)
        task.setMilestone(told.milestone)
        task.setPriority(Priority.getInstance(500))
        task.setTaskMode(TaskMode.MANUALLY_SCHEDULED if told.manual else TaskMode.AUTO_SCHEDULED)
        task.setType(TaskType.valueOf(told.fixed))
        if told.kind:
            task.setActivityType(ActivityType.valueOf(told.kind))
        duration = self._amount(told.duration)
        task.setDuration(duration)
        task.setPlannedDuration(duration)
        task.setRemainingDuration(self._amount(told.remaining))
        if told.percent is not None:
            task.setPercentageComplete(_double(told.percent))
        if told.physical_percent is not None:
            task.setPhysicalPercentComplete(_double(told.physical_percent))
        if told.calendar is not None:
            task.setCalendar(self.calendars[told.calendar])
        task.setIgnoreResourceCalendar(told.ignore_resource_calendar)
        task.setConstraintType(ConstraintType.valueOf(told.constraint))
        task.setConstraintDate(_instant(told.constraint_date))
        if told.second_constraint:
            task.setSecondaryConstraintType(ConstraintType.valueOf(told.second_constraint))
            task.setSecondaryConstraintDate(_instant(told.second_constraint_date))
        if told.fixed_cost is not None:
            accrual = AccrueType.valueOf(told.fixed_cost_accrual)
            self._cost(task, told.fixed_cost, accrual)
        for each in told.assignments:
            self._assignment(task, each, told)

    def _cost(self, task: Any, cost: float, accrual: Any) -> None:
        """A fixed cost; in Primavera an expense."""
        from org.mpxj import ExpenseItem  # noqa: PLC0415

        if not self.target.primavera:
            task.setFixedCost(_double(cost))
            task.setFixedCostAccrual(accrual)
            return
        amount, one = _double(cost), _double(1.0)
        builder = ExpenseItem.Builder(task).name("Fixed cost").accrueType(accrual)
        builder = builder.plannedCost(amount).remainingCost(amount).atCompletionCost(amount)
        builder = builder.plannedUnits(one).remainingUnits(one).atCompletionUnits(one)
        task.getExpenseItems().add(builder.pricePerUnit(amount).build())

    def _assignment(self, task: Any, told: Any, of: Any) -> None:
        assignment = task.addResourceAssignment(self.resources[told.resource])
        assignment.setUnits(_double(100 * told.units))
        for field in ("Work", "PlannedWork", "RemainingWork"):
            getattr(assignment, f"set{field}")(_duration(told.work))
        for field, value in (("Start", of.start), ("Finish", of.finish)):
            for which in ("", "Planned", "RemainingEarly"):
                getattr(assignment, f"set{which}{field}")(_instant(value))

    def _link(self, task: Any, told: Any) -> None:
        from org.mpxj import Relation, RelationType  # noqa: PLC0415

        builder = Relation.Builder().predecessorTask(self.tasks[told.pred])
        builder = builder.type(RelationType.valueOf(_JAVA_KINDS[told.kind]))
        task.addPredecessor(builder.lag(self._amount(told.lag)))

    def _amount(self, told: Amount) -> Any:
        """A duration or lag: in Primavera in hours, in MS Project in days where it is working."""
        if told.unit == "h" and not self.target.primavera:
            return _duration(Amount(told.value / self.hours_per_day, "d"))
        return _duration(told)


def _add(spells: Any, hours: tuple[Hours, ...]) -> None:
    from org.mpxj import LocalTimeRange  # noqa: PLC0415

    for each in hours:
        spells.add(LocalTimeRange(_clock(each.start), _clock(each.end)))


def _instant(value: datetime | None) -> Any:
    from java.time import LocalDateTime  # noqa: PLC0415

    return None if value is None else LocalDateTime.parse(value.isoformat())


def _day(value: date) -> Any:
    from java.time import LocalDate  # noqa: PLC0415

    return LocalDate.parse(value.isoformat())


def _clock(value: time) -> Any:
    from java.time import LocalTime  # noqa: PLC0415

    return LocalTime.parse(value.isoformat())


def _duration(value: Amount) -> Any:
    from org.mpxj import Duration, TimeUnit  # noqa: PLC0415

    return Duration.getInstance(float(value.value), TimeUnit.valueOf(_JAVA_UNITS[value.unit]))


def _double(value: float) -> Any:
    from java.lang import Double  # noqa: PLC0415

    return Double.valueOf(float(value))


def _integer(value: int) -> Any:
    from java.lang import Integer  # noqa: PLC0415

    return Integer.valueOf(int(value))


def _code(name: str) -> str:
    """A short code in capitals, as Primavera wants one."""
    return re.sub(r"\W+", "-", name).strip("-").upper()[:20] or "PROGRAM"
