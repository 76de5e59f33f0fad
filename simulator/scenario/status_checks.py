"""Cross-checks of the status: what it names, and whether what happened can have happened."""

from collections.abc import Iterator

from simulator.scenario.findings import Finding, Path, known_name, one_task
from simulator.scenario.monitoring import Status, TaskStatus
from simulator.scenario.program import Scenario
from simulator.scenario.tasks import Task

_OF_WORK_BEGUN = ("remaining", "percent", "cost", "suspended", "resumed", "expected_finish")


def check_status(scenario: Scenario) -> Iterator[Finding]:
    """Every fault of the status, in file order."""
    status = scenario.status
    if not isinstance(status, Status):
        return
    for key, each in status.tasks.items():
        path: Path = ("status", "tasks", key)
        unknown = list(one_task(scenario, path, key))
        yield from unknown
        if not unknown:
            yield from _task(path, each, scenario.tasks[key])
    for key in status.risks:
        yield from known_name(("status", "risks", key), "risk", key, scenario.risks)
    for key in status.cost:
        path = ("status", "cost", key)
        yield from known_name(path, "project", key, [*scenario.projects, "program"])
    yield from _outcomes(scenario)


def _task(path: Path, status: TaskStatus, task: Task) -> Iterator[Finding]:
    if status.started is None:
        if status.finished is not None and not task.milestone:
            yield Finding((*path, "finished"), "the task is finished", "when it `started`, too")
        for key in _OF_WORK_BEGUN:
            if status.finished is None and getattr(status, key):
                yield Finding((*path, key), "the task has not begun", "when it `started`, too")
    yield from _in_order(path, status, "started", "finished")
    yield from _in_order(path, status, "started", "suspended")
    yield from _in_order(path, status, "suspended", "resumed")
    if status.resumed is not None and status.suspended is None:
        yield Finding((*path, "resumed"), "the task was not suspended", "when it was `suspended`")
    if status.finished is not None and status.remaining not in (None, 0.0):
        yield Finding((*path, "remaining"), "the task is finished", "no `remaining`")
    if task.spans and status.remaining is not None:
        problem = "the task spans others, which tell what remains of it"
        yield Finding((*path, "remaining"), problem, "no `remaining`")


def _in_order(path: Path, status: TaskStatus, first: str, then: str) -> Iterator[Finding]:
    one, other = getattr(status, first), getattr(status, then)
    if one is None or other is None:
        return
    late = one.begins() > other.ends() or (not other.has_time and one.begins() == other.ends())
    if late:
        yield Finding((*path, then), f"{then} {other} is before {first} {one}", "a later date")


def _outcomes(scenario: Scenario) -> Iterator[Finding]:
    """Tasks that have begun on two outcomes of one branch."""
    taken: dict[str, tuple[str, str]] = {}
    for key in scenario.progress:
        task = scenario.tasks.get(key)
        if task is None or task.on is None:
            continue
        branch, outcome = taken_outcome(key, task.on)
        before = taken.setdefault(branch, (outcome, key))
        if before[0] != outcome:
            problem = f"`{key}` and `{before[1]}` have both begun on outcomes of `{branch}`"
            yield Finding(("status", "tasks", key), problem, "one of them")


def taken_outcome(task_id: str, on: str) -> tuple[str, str]:
    """The full id of the branch that a task is on, and its outcome."""
    full = on if on.count(".") > 1 else f"{task_id.partition('.')[0]}.{on}"
    branch, _, outcome = full.rpartition(".")
    return branch, outcome
