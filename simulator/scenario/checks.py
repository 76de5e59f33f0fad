"""Cross-checks of a scenario whose parts are valid one by one: names, cycles, contradictions."""

from collections.abc import Iterator

from simulator.scenario.distributions import Distribution
from simulator.scenario.findings import (
    Finding,
    Path,
    calendar_names,
    in_thousandths,
    known_name,
    listed,
    one_task,
)
from simulator.scenario.network_checks import cycle_of
from simulator.scenario.program import Scenario
from simulator.scenario.risk_checks import check_mitigations, check_risks
from simulator.scenario.selectors import NoSuchTaskError, select
from simulator.scenario.shared_checks import (
    check_calendars,
    check_conditions,
    check_pools_and_boards,
)
from simulator.scenario.status_checks import check_status
from simulator.scenario.tasks import ConditionalBranch, CostLine, Task
from simulator.scenario.units import parse_moment


def cross_check(scenario: Scenario) -> list[Finding]:
    """Every contradiction between the parts of a scenario, in file order where possible."""
    return [
        *_program(scenario),
        *check_calendars(scenario),
        *check_pools_and_boards(scenario),
        *_tasks(scenario),
        *_network(scenario),
        *check_risks(scenario),
        *check_mitigations(scenario),
        *_correlations(scenario),
        *_objectives(scenario),
        *check_status(scenario),
    ]


def _program(scenario: Scenario) -> Iterator[Finding]:
    program = scenario.program
    yield from known_name(
        ("program", "calendar"), "calendar", program.calendar, calendar_names(scenario)
    )
    if program.finish is not None:
        yield from one_task(scenario, ("program", "finish"), program.finish)
    if program.penalty and program.penalty.after != "deadline":
        yield from _instant(scenario, ("program", "penalty", "after"), program.penalty.after, "")
    for key, line in program.costs.items():
        yield from _cost_line(scenario, ("program", "costs", key), line, "")


def _instant(scenario: Scenario, path: Path, text: str, project: str) -> Iterator[Finding]:
    if text[:1].isdigit():
        try:
            parse_moment(text)
        except ValueError as error:
            yield Finding(path, str(error))
    else:
        yield from one_task(scenario, path, text, project)


def _cost_line(scenario: Scenario, path: Path, line: CostLine, project: str) -> Iterator[Finding]:
    for key, text in (("at", line.at), ("from", line.from_), ("to", line.to)):
        if text is not None:
            yield from _instant(scenario, (*path, key), text, project)


def _tasks(scenario: Scenario) -> Iterator[Finding]:
    for project_id, project in scenario.projects.items():
        root: Path = ("projects", project_id)
        if project_id == "program":
            yield Finding(root, "`program` means all projects together", "another id", at_key=True)
        yield from known_name(
            (*root, "calendar"), "calendar", project.calendar, calendar_names(scenario)
        )
        yield from check_conditions(scenario, root, project_id)
        for key, line in project.costs.items():
            yield from _cost_line(scenario, (*root, "costs", key), line, project_id)
        for task_id, task in project.tasks.items():
            path: Path = (*root, "tasks", task_id)
            yield from _task_names(scenario, path, task, project_id)
            yield from _task_lists(scenario, path, task, project_id)
            yield from _task_estimate(scenario, path, task)


def _task_names(scenario: Scenario, path: Path, task: Task, project: str) -> Iterator[Finding]:
    yield from known_name((*path, "size"), "size", task.size, scenario.sizes)
    yield from known_name((*path, "class"), "class", task.class_, scenario.classes)
    yield from known_name((*path, "calendar"), "calendar", task.calendar, calendar_names(scenario))
    yield from known_name((*path, "board"), "board", task.board, scenario.boards)
    for pool, units in task.needs.items():
        yield from known_name((*path, "needs", pool), "pool", pool, scenario.pools)
        if not in_thousandths(units):
            yield Finding((*path, "needs", pool), f"{units} units", "a multiple of 0.001")
    if task.on is not None:
        yield from known_name(
            (*path, "on"), "branch outcome", task.on, _outcomes(scenario, project)
        )


def _outcomes(scenario: Scenario, project: str) -> list[str]:
    names: list[str] = []
    for project_id, owner in scenario.projects.items():
        for key, branch in owner.branches.items():
            outcomes = ("yes", "no") if isinstance(branch, ConditionalBranch) else tuple(branch)
            names += [f"{project_id}.{key}.{outcome}" for outcome in outcomes]
            if project_id == project:
                names += [f"{key}.{outcome}" for outcome in outcomes]
    return names


def _task_lists(scenario: Scenario, path: Path, task: Task, project: str) -> Iterator[Finding]:
    own = ".".join(str(part) for part in (path[1], path[3]))
    for position, link in enumerate(task.after):
        where: Path = (*path, "after", position)
        yield from known_name(
            (*where, "calendar"), "calendar", link.calendar, calendar_names(scenario)
        )
        try:
            targets = select(scenario, (link.task,), project)
        except NoSuchTaskError as error:
            yield Finding(where, str(error))
            continue
        if targets == (own,):
            yield Finding(where, f"`{own}` waits for itself", "another task")
        for target in targets:
            if scenario.tasks[target].spans:
                yield Finding(
                    where, f"`{target}` spans other tasks and never drives", "a task it spans"
                )
    yield from listed(scenario, (*path, "spans"), task.spans, project)
    for position, name in enumerate(task.spans):
        try:
            inner = select(scenario, (name,), project)
        except NoSuchTaskError:
            continue
        if any(scenario.tasks[each].spans for each in inner):
            yield Finding((*path, "spans", position), f"`{name}` is a span itself", "plain tasks")
    if task.rework:
        yield from listed(scenario, (*path, "rework", "redo"), task.rework.redo, project)


def _task_estimate(scenario: Scenario, path: Path, task: Task) -> Iterator[Finding]:
    estimate_key = next(
        (k for k in ("duration", "effort", "size") if getattr(task, k) is not None), ""
    )
    estimate = getattr(task, estimate_key) if estimate_key else None
    if estimate_key == "size":
        estimate = scenario.sizes.get(str(task.size))
    if task.class_ is not None and isinstance(estimate, Distribution):
        yield Finding(
            (*path, "class"),
            f"the task has a range (its {estimate_key}) and the class `{task.class_}`",
            "one of them: the class is the range of a fixed estimate",
        )
    if task.class_ is not None and not estimate_key:
        yield Finding(
            (*path, "class"), "a class needs an estimate to multiply", "a duration, size or effort"
        )
    if task.rework and (task.margin or task.spans or task.milestone):
        kind = "margin" if task.margin else "span" if task.spans else "milestone"
        yield Finding((*path, "rework"), f"a {kind} is not work and cannot be reworked")


def _network(scenario: Scenario) -> Iterator[Finding]:
    cycle = cycle_of(scenario)
    if cycle:
        project, _, task = cycle[0].partition(".")
        yield Finding(
            ("projects", project, "tasks", task, "after"),
            f"the tasks wait for each other: {' -> '.join(cycle)}",
            "a network without cycles (rework is the way to repeat work)",
        )


def _correlations(scenario: Scenario) -> Iterator[Finding]:
    explicit: dict[tuple[frozenset[str], str], float] = {}
    for position, entry in enumerate(scenario.correlations):
        path: Path = ("correlations", position)
        faults = list(listed(scenario, (*path, "between"), entry.between))
        yield from faults
        if faults:
            continue
        if len(select(scenario, entry.between)) < 2:
            yield Finding((*path, "between"), "the entry names one task only", "two tasks or more")
        if len(entry.between) == 2 and not any(set(name) & set("*?[:") for name in entry.between):
            for of in ("duration", "cost") if entry.of == "both" else (entry.of,):
                pair = (frozenset(entry.between), of)
                if explicit.setdefault(pair, entry.rho) != entry.rho:
                    yield Finding(
                        path,
                        f"{' and '.join(entry.between)} are correlated twice,"
                        f" {explicit[pair]} and {entry.rho}",
                        "one rho for a pair",
                    )


def _objectives(scenario: Scenario) -> Iterator[Finding]:
    for key, objective in scenario.objectives.items():
        yield from listed(scenario, ("objectives", key, "needs"), objective.needs)
