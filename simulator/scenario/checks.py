"""Cross-checks of a scenario whose parts are valid one by one: names, cycles, contradictions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from simulator.scenario.calendars import BUILT_IN, parse_hours
from simulator.scenario.distributions import Distribution
from simulator.scenario.holiday_codes import holiday_problem
from simulator.scenario.network_checks import cycle_of
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Chance, Hit
from simulator.scenario.selectors import NoSuchTaskError, full_id, select
from simulator.scenario.tasks import ConditionalBranch, CostLine, Task
from simulator.scenario.units import parse_moment

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault before it is located: where in the data, what, and what was expected."""

    path: Path
    problem: str
    expected: str = ""
    at_key: bool = False


def cross_check(scenario: Scenario) -> list[Finding]:
    """Every contradiction between the parts of a scenario, in file order where possible."""
    return [
        *_program(scenario),
        *_calendars(scenario),
        *_pools_and_boards(scenario),
        *_tasks(scenario),
        *_network(scenario),
        *_risks(scenario),
        *_mitigations(scenario),
        *_correlations(scenario),
        *_objectives(scenario),
    ]


def _known(path: Path, kind: str, name: str | None, known: Iterable[str]) -> Iterator[Finding]:
    names = list(known)
    if name is None or name in names:
        return
    nearest = get_close_matches(name, names, n=1)
    hint = (
        f"did you mean `{nearest[0]}`?" if nearest else (", ".join(names[:8]) or "none is defined")
    )
    yield Finding(path, f"there is no {kind} `{name}`", hint)


def _listed(
    scenario: Scenario, path: Path, names: tuple[str, ...], project: str = ""
) -> Iterator[Finding]:
    for position, name in enumerate(names):
        try:
            select(scenario, (name,), project)
        except NoSuchTaskError as error:
            yield Finding((*path, position), str(error))


def _one_task(scenario: Scenario, path: Path, name: str, project: str = "") -> Iterator[Finding]:
    try:
        full_id(scenario, name, project)
    except NoSuchTaskError as error:
        yield Finding(path, str(error))


def _calendar_names(scenario: Scenario) -> list[str]:
    return [*scenario.calendars, *BUILT_IN]


def _program(scenario: Scenario) -> Iterator[Finding]:
    program = scenario.program
    yield from _known(
        ("program", "calendar"), "calendar", program.calendar, _calendar_names(scenario)
    )
    if program.finish is not None:
        yield from _one_task(scenario, ("program", "finish"), program.finish)
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
        yield from _one_task(scenario, path, text, project)


def _cost_line(scenario: Scenario, path: Path, line: CostLine, project: str) -> Iterator[Finding]:
    for key, text in (("at", line.at), ("from", line.from_), ("to", line.to)):
        if text is not None:
            yield from _instant(scenario, (*path, key), text, project)


def _calendars(scenario: Scenario) -> Iterator[Finding]:
    for key, spec in scenario.calendars.items():
        path: Path = ("calendars", key)
        yield from _known((*path, "based_on"), "calendar", spec.based_on, _calendar_names(scenario))
        for position, code in enumerate(spec.holidays):
            if problem := holiday_problem(code):
                where = (
                    (*path, "holidays", position) if len(spec.holidays) > 1 else (*path, "holidays")
                )
                yield Finding(where, *problem)
        if problem_text := _calendar_problem(scenario, key):
            yield Finding(path, problem_text, at_key=True)


def _calendar_problem(scenario: Scenario, key: str) -> str:
    seen: list[str] = []
    days: set[int] = set()
    name: str | None = key
    exceptions = False
    while name is not None:
        if name in seen:
            return f"the calendars are based on each other: {' -> '.join([*seen, name])}"
        seen.append(name)
        if name in BUILT_IN:
            return ""
        spec = scenario.calendars.get(name)
        if spec is None:
            return ""
        exceptions = exceptions or any(parse_hours(hours) for hours in spec.exceptions.values())
        days |= {1 for hours in spec.week.values() if parse_hours(hours)}
        name = spec.based_on
    return "" if days or exceptions else "the calendar is empty: it has no working time in any week"


def _pools_and_boards(scenario: Scenario) -> Iterator[Finding]:
    for key, pool in scenario.pools.items():
        yield from _known(
            ("pools", key, "calendar"), "calendar", pool.calendar, _calendar_names(scenario)
        )
        if isinstance(pool.units, float) and not _in_thousandths(pool.units):
            yield Finding(("pools", key, "units"), f"{pool.units} units", "a multiple of 0.001")
    for key, board in scenario.boards.items():
        for position, member in enumerate(board.members):
            yield from _known(
                ("boards", key, "members", position), "stakeholder", member, scenario.stakeholders
            )


def _tasks(scenario: Scenario) -> Iterator[Finding]:
    for project_id, project in scenario.projects.items():
        root: Path = ("projects", project_id)
        if project_id == "program":
            yield Finding(root, "`program` means all projects together", "another id", at_key=True)
        yield from _known(
            (*root, "calendar"), "calendar", project.calendar, _calendar_names(scenario)
        )
        for key, line in project.costs.items():
            yield from _cost_line(scenario, (*root, "costs", key), line, project_id)
        for task_id, task in project.tasks.items():
            path: Path = (*root, "tasks", task_id)
            yield from _task_names(scenario, path, task, project_id)
            yield from _task_lists(scenario, path, task, project_id)
            yield from _task_estimate(scenario, path, task)


def _task_names(scenario: Scenario, path: Path, task: Task, project: str) -> Iterator[Finding]:
    yield from _known((*path, "size"), "size", task.size, scenario.sizes)
    yield from _known((*path, "class"), "class", task.class_, scenario.classes)
    yield from _known((*path, "calendar"), "calendar", task.calendar, _calendar_names(scenario))
    yield from _known((*path, "board"), "board", task.board, scenario.boards)
    for pool, units in task.needs.items():
        yield from _known((*path, "needs", pool), "pool", pool, scenario.pools)
        if not _in_thousandths(units):
            yield Finding((*path, "needs", pool), f"{units} units", "a multiple of 0.001")
    if task.on is not None:
        yield from _known((*path, "on"), "branch outcome", task.on, _outcomes(scenario, project))


def _in_thousandths(units: float) -> bool:
    return abs(units - round(units, 3)) <= 1e-9


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
        yield from _known(
            (*where, "calendar"), "calendar", link.calendar, _calendar_names(scenario)
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
    yield from _listed(scenario, (*path, "spans"), task.spans, project)
    for position, name in enumerate(task.spans):
        try:
            inner = select(scenario, (name,), project)
        except NoSuchTaskError:
            continue
        if any(scenario.tasks[each].spans for each in inner):
            yield Finding((*path, "spans", position), f"`{name}` is a span itself", "plain tasks")
    if task.rework:
        yield from _listed(scenario, (*path, "rework", "redo"), task.rework.redo, project)


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


def _risks(scenario: Scenario) -> Iterator[Finding]:
    for key, risk in scenario.risks.items():
        path: Path = ("risks", key)
        if isinstance(risk.chance, Chance):
            for name, _ in risk.chance.conditions:
                yield from _known((*path, "chance", f"if {name}"), "risk", name, scenario.risks)
        if risk.stops is not None:
            yield from _known(
                (*path, "stops"), "project", risk.stops, [*scenario.projects, "program"]
            )
        if risk.during is not None:
            yield from _one_task(scenario, (*path, "during"), risk.during)
        for position, hit in enumerate(risk.hits):
            yield from _hit(scenario, (*path, "hits", position), hit)
        yield from _alike(path, risk.hits)
    if loop := _risk_loop(scenario):
        yield Finding(
            ("risks", loop[0], "chance"),
            f"the chances depend on each other: {' -> '.join(loop)}",
            "chances that depend on risks before them only",
        )


def _hit(scenario: Scenario, path: Path, hit: Hit) -> Iterator[Finding]:
    yield from _listed(scenario, (*path, "tasks"), hit.tasks)
    for position, name in enumerate(hit.projects):
        yield from _known((*path, "projects", position), "project", name, scenario.projects)
        if name in scenario.projects and not any(
            task.is_plain for task in scenario.projects[name].tasks.values()
        ):
            yield Finding((*path, "projects", position), f"`{name}` has no work to fall on")
    for position, name in enumerate(hit.pools):
        yield from _known((*path, "pools", position), "pool", name, scenario.pools)
    try:
        targets = select(scenario, hit.tasks)
    except NoSuchTaskError:
        return
    several = len(targets) > 1 or bool(hit.projects)
    if hit.apply is None and several and (hit.delay is not None or hit.wait is not None):
        effect = "delay" if hit.delay is not None else "wait"
        yield Finding(
            path, f"the {effect} falls on several tasks", "`apply: each` or `apply: first`"
        )


def _alike(path: Path, hits: tuple[Hit, ...]) -> Iterator[Finding]:
    names = [hit_name(hit) for hit in hits]
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Finding(
                (*path, "hits", position),
                f"two hits are alike ({name})",
                "a `name` that tells them apart",
            )


def hit_name(hit: Hit) -> str:
    """The name of a hit in the addresses of its draws: its own, else its effects and targets."""
    if hit.name:
        return hit.name
    effects = [
        key for key in ("delay", "wait", "factor", "cost", "units") if getattr(hit, key) is not None
    ]
    targets = sorted({*hit.tasks, *hit.projects, *hit.pools})
    return f"{'+'.join(effects)}({','.join(targets)})"


def _risk_loop(scenario: Scenario) -> list[str]:
    parents = {
        key: [name for name, _ in risk.chance.conditions if name in scenario.risks]
        for key, risk in scenario.risks.items()
        if isinstance(risk.chance, Chance)
    }
    for start, first in parents.items():
        trail, frontier = [start], list(first)
        while frontier:
            name = frontier.pop()
            if name == start:
                return [*trail, start]
            if name not in trail:
                trail.append(name)
                frontier.extend(parents.get(name, ()))
    return []


def _mitigations(scenario: Scenario) -> Iterator[Finding]:
    for key, mitigation in scenario.mitigations.items():
        for risk in mitigation.on:
            yield from _known(("mitigations", key, "on", risk), "risk", risk, scenario.risks)
        for pool in mitigation.units:
            yield from _known(("mitigations", key, "units", pool), "pool", pool, scenario.pools)


def _correlations(scenario: Scenario) -> Iterator[Finding]:
    explicit: dict[tuple[frozenset[str], str], float] = {}
    for position, entry in enumerate(scenario.correlations):
        path: Path = ("correlations", position)
        faults = list(_listed(scenario, (*path, "between"), entry.between))
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
        yield from _listed(scenario, ("objectives", key, "needs"), objective.needs)
