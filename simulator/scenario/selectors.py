"""Lists of tasks: ids, wildcards (`ledger.*`) and tags (`tag:vendor=acme`)."""

from difflib import get_close_matches
from fnmatch import fnmatchcase

from simulator.scenario.program import Scenario


class NoSuchTaskError(ValueError):
    """A name that stands for no task; its text offers the nearest."""


def select(scenario: Scenario, names: tuple[str, ...], project: str = "") -> tuple[str, ...]:
    """Full ids of the tasks that `names` mean, each once, in the order named.

    Parameters
    ----------
    scenario
        The scenario whose tasks are meant.
    names
        Ids, wildcards (these skip milestones, spans and boards) or `tag:KEY=VALUE`.
    project
        Inside this project its prefix may be left out.

    Raises
    ------
    NoSuchTaskError
        A name means no task at all.
    """
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys(_matches(scenario, name, project)))
    return tuple(found)


def full_id(scenario: Scenario, name: str, project: str = "") -> str:
    """The full id of one task.

    Raises
    ------
    NoSuchTaskError
        There is no such task.
    """
    tasks = scenario.tasks
    if "." not in name and project and f"{project}.{name}" in tasks:
        return f"{project}.{name}"
    if name in tasks:
        return name
    shown = [*tasks, *(scenario.projects[project].tasks if project in scenario.projects else ())]
    nearest = get_close_matches(name, shown, n=1)
    hint = f"; did you mean `{nearest[0]}`?" if nearest else ""
    raise NoSuchTaskError(f"there is no task `{name}`{hint}")


def _matches(scenario: Scenario, name: str, project: str) -> list[str]:
    if name.startswith("tag:"):
        return _tagged(scenario, name)
    if not any(mark in name for mark in "*?["):
        return [full_id(scenario, name, project)]
    plain = [key for key, task in scenario.tasks.items() if task.is_plain]
    pattern = f"{project}.{name}" if project and "." not in name else name
    found = [key for key in plain if fnmatchcase(key, pattern)]
    if not found:
        raise NoSuchTaskError(f"no task matches `{name}`")
    return found


def _tagged(scenario: Scenario, name: str) -> list[str]:
    key, _, value = name[4:].partition("=")
    found = [
        task_id
        for task_id, task in scenario.tasks.items()
        if key in task.tags and (not value or fnmatchcase(task.tags[key], value))
    ]
    if not found:
        raise NoSuchTaskError(f"no task has the tag `{name[4:]}`; expected `tag:KEY=VALUE`")
    return found
