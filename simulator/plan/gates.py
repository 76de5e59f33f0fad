"""What is settled between rows: hits on the first task ready, stops by the start of a task.

Both are known before the network is: they name tasks, not rows.
"""

from simulator.plan.context import Compilation, Path
from simulator.plan.effects import hit_tasks
from simulator.plan.network import Gate
from simulator.plan.rows import DraftNetwork
from simulator.scenario.program import Scenario


def gates_of(compilation: Compilation, draft: DraftNetwork) -> list[tuple[Gate, Path]]:
    """Every gate and where in the file it comes from, numbered as effects number them."""
    scenario = compilation.scenario
    found: list[tuple[Gate, Path]] = []
    firsts = stops = 0
    ancestors = _Ancestors(draft)
    for risk_id, risk in scenario.risks.items():
        for position, hit in enumerate(risk.hits):
            tasks = [t for t in hit_tasks(scenario, hit) if not _immune(scenario, t)]
            if (
                hit.apply == "first"
                and len(tasks) > 1
                and (hit.delay is not None or hit.wait is not None)
            ):
                gate = (f"first:{firsts}", tuple(ancestors.direct(tasks)), tuple(tasks))
                found.append((gate, ("risks", risk_id, "hits", position)))
                firsts += 1
        if risk.stops is not None:
            if risk.at is None:
                listed = dict.fromkeys(t for hit in risk.hits for t in hit_tasks(scenario, hit))
                before = [*listed, *ancestors.all(list(listed))]
                behind = [key for key in draft.rows if key not in set(before)]
                gate = (f"stop:{stops}", tuple(dict.fromkeys(before)), tuple(behind))
                found.append((gate, ("risks", risk_id, "stops")))
            stops += 1
    return found


def running_ancestors(draft: DraftNetwork, tasks: list[str]) -> bool:
    """Whether something that a task waits for may still run when it starts."""
    rows = set(_Ancestors(draft).all(tasks)) | set(tasks)
    return any(
        link.succ in rows
        and (link.kind != 0 or not link.lag.is_fixed or link.lag.fixed < 0 or link.share)
        for link in draft.links
    )


def _immune(scenario: Scenario, task_id: str) -> bool:
    name = scenario.tasks[task_id].class_
    return name is not None and scenario.classes[name].includes_risks


class _Ancestors:
    def __init__(self, draft: DraftNetwork) -> None:
        self.preds: dict[str, list[str]] = {key: [] for key in draft.rows}
        for link in draft.links:
            self.preds[link.succ].append(link.pred)

    def direct(self, tasks: list[str]) -> list[str]:
        return list(dict.fromkeys(pred for task in tasks for pred in self.preds[task]))

    def all(self, tasks: list[str]) -> list[str]:
        found: dict[str, None] = {}
        stack = [pred for task in tasks for pred in self.preds[task]]
        while stack:
            key = stack.pop()
            if key not in found:
                found[key] = None
                stack.extend(self.preds[key])
        return list(found)
