"""Another tool's schedule as a scenario."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from simulator.errors import Fault, ImportFileError
from simulator.importers.circles import circle
from simulator.importers.plans.calendars import CalendarBook
from simulator.importers.plans.constraints import ConstraintWriter, honours, instant
from simulator.importers.plans.lags import LagWriter
from simulator.importers.plans.links import LinkReader
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.names import NewProject, Ref, places_of
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.progress import status_of
from simulator.importers.plans.ranges import range_class
from simulator.importers.plans.records import cleaned, contradicts_itself
from simulator.importers.plans.resources import ResourceBook
from simulator.importers.plans.shapes import Shape, shape_of
from simulator.importers.plans.source import SourceFile, SourceTask
from simulator.importers.plans.starts import first_of, start_of
from simulator.importers.plans.task_calendars import TaskCalendars
from simulator.importers.plans.tasks import LAST_PRIORITY, USUAL_PRIORITY, TaskWriter
from simulator.importers.plans.unsaid import note_unsaid
from simulator.scenario.program import Scenario
from simulator.scenario.translation import complaints

CONTRADICTION = "an actual finish, although nothing is done and all remains: taken as not begun"
FROM_FINISH = "{name} is scheduled backwards from its finish; here it runs from its start on"


@dataclass(frozen=True, slots=True)
class Imported:
    """A scenario made of a file, and what became of the file's tasks."""

    scenario: Scenario
    losses: Losses
    tasks: Mapping[str, SourceTask]
    """The row of the file for each task of the scenario."""


def scenario_of(
    source: SourceFile, file: str, *, level: bool = False, ranges: str | None = None
) -> Imported:
    """Make a scenario of what a reader found in a file.

    `level` gives pools the units that the file says, so that plans are levelled. `ranges` is the
    name of a class that every unfinished task gets.

    Raises
    ------
    ImportFileError
        The file holds no task, no date, or tasks that wait for each other.
    SettingsError
        There is no class of that name.
    """
    classes = {ranges: range_class(ranges)} if ranges else {}
    return _Conversion(source, file, level=level, classes=classes).imported()


class _Conversion:
    """One file on its way to a scenario."""

    def __init__(
        self, source: SourceFile, file: str, *, level: bool, classes: Mapping[str, dict[str, Any]]
    ) -> None:
        self._file = file
        self._classes = classes
        self._losses = Losses(source.losses)
        told = [each for each in source.projects if Outline(each).leaves]
        self._outlines = [Outline(cleaned(each)) for each in told]
        self._unbelieved = [
            {task.uid for task in each.tasks if contradicts_itself(task)} for each in told
        ]
        if not self._outlines:
            fault = Fault("the file holds no task", "at least one active task", file=file)
            raise ImportFileError(fault)
        stem = file.rpartition("/")[2].rpartition(".")[0] or file
        self._places = places_of(self._outlines, stem)
        named = self._outlines[0].project.name if len(self._outlines) == 1 else ""
        self._title = named or stem
        self._calendars = CalendarBook()
        self._resources = ResourceBook(self._outlines, self._losses, level=level)
        self._starts = [start_of(outline, file) for outline in self._outlines]
        uids = [uid for outline in self._outlines for uid in outline.leaves]
        self._uids_collide = len(set(uids)) < len(uids)
        self._choosers = [
            TaskCalendars(number, outline, self._calendars, self._resources, self._losses)
            for number, outline in enumerate(self._outlines)
        ]
        self._links = LinkReader(self._outlines, self._places, self._losses).read()

    def imported(self) -> Imported:
        """The scenario, and what became of the tasks."""
        self._refuse_circles()
        shapes = {ref: self._shape(ref) for ref in self._places.full}
        first = first_of(self._starts)
        calendar = self._usual(self._places.projects, shapes)
        usual = {each.id: self._usual((each,), shapes) for each in self._places.projects}
        lags = LagWriter(
            self._outlines, self._choosers, self._calendars, self._own(shapes, usual), calendar
        )
        honoured = any(map(honours, self._outlines))
        projects: dict[str, dict[str, Any]] = {}
        for each in self._places.projects:
            writer = self._writer(each, shapes, lags, usual[each.id], honoured=honoured)
            project = self._project(each, first)
            if usual[each.id] != calendar:
                project["calendar"] = usual[each.id]
            projects[each.id] = {**project, "tasks": writer.tasks()}
        program = {**self._program(first), "calendar": calendar, "lag_calendar": lags.rule}
        if honoured:
            program["constraints"] = "honour"
        data = {
            "program": program,
            "calendars": self._calendars.specs(first.date()),
            "pools": self._resources.pools(),
            "classes": dict(self._classes),
            "projects": projects,
            **self._status(shapes),
        }
        self._note_unsaid()
        tasks = {
            full: self._outlines[number].rows[uid]
            for (number, uid), full in self._places.full.items()
        }
        return Imported(self._validated(data), self._losses, tasks)

    def _validated(self, data: dict[str, Any]) -> Scenario:
        """The scenario, or a fault that names what of it cannot be."""
        try:
            return Scenario.model_validate(data)
        except ValidationError as error:
            wrong = complaints(error, data, Scenario)
            faults = [Fault(c.problem, c.expected, c.path, self._file) for c in wrong]
            raise ImportFileError(*faults) from None

    def _own(self, shapes: Mapping[Ref, Shape], usual: Mapping[str, str]) -> dict[Ref, str]:
        """The calendar that each task has in the scenario, its own or its project's."""
        homes = {ref: full.partition(".")[0] for ref, full in self._places.full.items()}
        return {
            ref: shape.calendar.id if shape.in_calendar else usual[homes[ref]]
            for ref, shape in shapes.items()
        }

    def _status(self, shapes: Mapping[Ref, Shape]) -> dict[str, Any]:
        days = {
            ref: self._calendars.hours_of_day(shape.calendar.id) for ref, shape in shapes.items()
        }
        status = status_of(self._outlines, self._places, days, self._choosers, self._losses)
        return {"status": status} if status else {}

    def _note_unsaid(self) -> None:
        for number, outline in enumerate(self._outlines):
            names = {uid: self._places.full[number, uid] for uid in outline.leaves}
            for uid in self._unbelieved[number] & names.keys():
                self._losses.add(CONTRADICTION, names[uid])
            note_unsaid(outline, names, self._losses)

    def _shape(self, ref: Ref) -> Shape:
        number, uid = ref
        outline = self._outlines[number]
        task = outline.rows[uid]
        calendar = self._choosers[number].of(task, self._places.full[ref])
        return shape_of(outline, task, self._links.into(ref), calendar)

    def _refuse_circles(self) -> None:
        """Refuse links in a loop by the names of the tasks."""
        links: dict[str, list[str]] = {full: [] for full in self._places.full.values()}
        for ref, each in self._links.of.items():
            preds = [pred for link in each for pred in self._links.preds(link)]
            links[self._places.full[ref]] += [self._places.full[pred] for pred in preds]
        found = circle(links)
        if found:
            names = " -> ".join(found)
            fault = Fault(
                f"these tasks wait for each other: {names}",
                "an order in which they can be done",
                file=self._file,
            )
            raise ImportFileError(fault)

    def _usual(self, projects: Sequence[NewProject], shapes: Mapping[Ref, Shape]) -> str:
        """The calendar that most tasks of some projects are worked in."""
        default = self._choosers[projects[0].source].default_id
        refs = [(project.source, uid) for project in projects for uid in project.tasks]
        used = Counter(shapes[ref].calendar.id for ref in refs if shapes[ref].in_calendar)
        return max(used, key=lambda name: (used[name], name == default), default=default)

    def _program(self, first: datetime) -> dict[str, Any]:
        program: dict[str, Any] = {"name": self._title, "start": instant(first)}
        project = self._outlines[0].project
        if len(self._outlines) == 1 and project.must_finish_by is not None:
            program["deadline"] = instant(project.must_finish_by)
        if project.currency.strip():
            program["currency"] = project.currency.strip()
        for outline in self._outlines:
            if outline.project.from_finish:
                self._losses.add(FROM_FINISH.format(name=outline.project.name or self._title))
        return program

    def _project(self, project: NewProject, first: datetime) -> dict[str, Any]:
        """A project without its tasks."""
        outline, start = self._outlines[project.source], self._starts[project.source]
        found: dict[str, Any] = project.beside()
        if start.at != first and not start.has_earlier:
            found["start"] = instant(start.at)
        if any(each.priority not in (None, USUAL_PRIORITY) for each in outline.leaves.values()):
            found["priority"] = LAST_PRIORITY - USUAL_PRIORITY
        deadline = outline.project.must_finish_by if len(self._outlines) > 1 else None
        if project.branch is not None:
            deadline = outline.rows[project.branch].deadline or deadline
        if deadline is not None:
            found["deadline"] = instant(deadline)
        return found

    def _writer(
        self,
        project: NewProject,
        shapes: Mapping[Ref, Shape],
        lags: LagWriter,
        calendar: str,
        *,
        honoured: bool,
    ) -> TaskWriter:
        outline, start = self._outlines[project.source], self._starts[project.source]
        return TaskWriter(
            project=project,
            outline=outline,
            places=self._places,
            links=self._links,
            shapes=shapes,
            lags=lags,
            resources=self._resources,
            constraints=ConstraintWriter(outline, self._losses, honoured=honoured),
            calendars=self._calendars,
            own_calendar=calendar,
            uid_prefix=f"{outline.project.uid}:" if self._uids_collide else "",
            start=start if start.has_earlier else None,
            class_id=next(iter(self._classes), None),
            losses=self._losses,
        )
