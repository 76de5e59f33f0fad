"""Whether the links of a scenario can be put in order, and if not, which tasks go round."""

from simulator.scenario.program import Scenario
from simulator.scenario.selectors import NoSuchTaskError, select


def predecessors_of(scenario: Scenario) -> dict[str, list[str]]:
    """Full ids of what each task waits for or spans; names that mean no task are left out."""
    found: dict[str, list[str]] = {}
    for task_id, task in scenario.tasks.items():
        project = task_id.partition(".")[0]
        names: dict[str, None] = {}
        for name in (*(link.task for link in task.after), *task.spans):
            try:
                names.update(dict.fromkeys(select(scenario, (name,), project)))
            except NoSuchTaskError:
                continue
        names.pop(task_id, None)
        found[task_id] = list(names)
    return found


def cycle_of(scenario: Scenario) -> list[str]:
    """One cycle as a path that ends where it begins, in the order of work; empty if none."""
    before = predecessors_of(scenario)
    done: set[str] = set()
    for start in before:
        if start in done:
            continue
        trail: dict[str, None] = {start: None}
        stack = [iter(before[start])]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
                done.add(trail.popitem()[0])
            elif following in trail:
                names = list(trail)
                return [following, *reversed(names[names.index(following) :])]
            elif following not in done:
                trail[following] = None
                stack.append(iter(before[following]))
    return []
