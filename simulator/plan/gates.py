"""What is settled between rows: hits on the first task ready, stops by the start of a task."""

from dataclasses import dataclass

from simulator.plan.context import Compilation, Path
from simulator.plan.draft import DraftLinks, DraftNetwork
from simulator.plan.plan import FS, SS
from simulator.scenario.monitoring import Status
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Hit, Risk, Window
from simulator.scenario.selectors import select

FIRST, STOP = "first", "stop"


@dataclass(frozen=True, slots=True)
class Gate:
    """Something settled after some rows and before others; `path` is where the file asks for it.

    `candidates` are the tasks that can be the first, in declared order; for a stop the tasks that
    bring it, none where one of them waits for something that may come after another, and where
    their hits have windows: then only a whole schedule tells when it comes.
    """

    kind: str
    number: int
    before: tuple[str, ...]
    behind: tuple[str, ...]
    path: Path
    candidates: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A name that no row has."""
        return f"{self.kind}:{self.number}"


def hit_tasks(scenario: Scenario, hit: Hit) -> tuple[str, ...]:
    """Full ids of the tasks a hit falls on: those listed, then those of the projects listed."""
    listed = select(scenario, hit.tasks)
    projects = tuple(f"{name}.*" for name in hit.projects)
    return tuple(dict.fromkeys((*listed, *(select(scenario, projects) if projects else ()))))


def open_tasks(scenario: Scenario, risk_id: str, hit: Hit) -> tuple[str, ...]:
    """The tasks of a hit on which it can still fall.

    What is finished is a fact, and so is what a risk that has occurred did to tasks that run.
    """
    tasks, progress = hit_tasks(scenario, hit), scenario.progress
    if not progress:
        return tasks
    occurred = risk_status(scenario, risk_id) == "occurred"
    return tuple(
        task
        for task in tasks
        if task not in progress or not (occurred or progress[task].is_finished)
    )


def risk_status(scenario: Scenario, risk_id: str) -> str:
    """What the status says of a risk: open, occurred or closed."""
    if not isinstance(scenario.status, Status):
        return "open"
    return scenario.status.risks.get(risk_id, "open")


def affected_tasks(scenario: Scenario, risk_id: str, hit: Hit) -> tuple[str, ...]:
    """The tasks whose work a hit changes, in the order in which the file declares them.

    Not those whose class already includes risks.
    """
    hits = set(open_tasks(scenario, risk_id, hit))
    return tuple(task for task in scenario.tasks if task in hits and not _immune(scenario, task))


def is_on_first(scenario: Scenario, risk_id: str, hit: Hit) -> bool:
    """Whether a hit adds something to the one of several tasks that becomes ready first."""
    return adds_to_first(hit) and len(first_tasks(scenario, risk_id, hit)) > 1


def adds_to_first(hit: Hit) -> bool:
    """Whether a hit adds a delay or a wait to one task only."""
    return hit.apply == "first" and (hit.delay is not None or hit.wait is not None)


def first_tasks(scenario: Scenario, risk_id: str, hit: Hit) -> tuple[str, ...]:
    """The affected tasks that can still become ready first: those that have not begun."""
    affected = affected_tasks(scenario, risk_id, hit)
    return tuple(task for task in affected if task not in scenario.progress)


def gates_of(compilation: Compilation, draft: DraftNetwork) -> list[Gate]:
    """Every gate, numbered by kind in declared order."""
    scenario = compilation.scenario
    if not scenario.risks:
        return []
    links = _Links(draft)
    firsts: list[Gate] = []
    stops: list[Gate] = []
    count = 0
    for risk_id, risk in scenario.risks.items():
        for position, hit in enumerate(risk.hits):
            if is_on_first(scenario, risk_id, hit):
                path: Path = ("risks", risk_id, "hits", position)
                tasks = _candidates(scenario, links, first_tasks(scenario, risk_id, hit))
                before = tuple(links.direct(tasks))
                firsts.append(Gate(FIRST, len(firsts), before, tasks, path, tasks))
        if risk.stops is None:
            continue
        hits = stopping_tasks(scenario, risk_id)
        if risk.at is None and hits:
            before = tuple(dict.fromkeys((*hits, *links.ancestors(hits))))
            alike = all(links.ancestors((hit,)) == links.ancestors(hits) for hit in hits)
            alike &= not _has_windows(risk)
            own = set(before)
            behind = tuple(key for key in draft.keys if key not in own)
            path = ("risks", risk_id, "stops")
            stops.append(Gate(STOP, count, before, behind, path, hits if alike else ()))
        count += 1
    return [*firsts, *stops]


def stopping_tasks(scenario: Scenario, risk_id: str) -> tuple[str, ...]:
    """The tasks whose start brings the stop of a risk: what has begun did not."""
    return tuple(dict.fromkeys(task for task, _ in stopping_hits(scenario, risk_id)))


def stopping_hits(scenario: Scenario, risk_id: str) -> list[tuple[str, Window | None]]:
    """The tasks whose start may bring the stop of a risk, each with the window of its hit."""
    risk = scenario.risks[risk_id]
    return [
        (task, hit.when or risk.when)
        for hit in risk.hits
        for task in hit_tasks(scenario, hit)
        if task not in scenario.progress
    ]


def _has_windows(risk: Risk) -> bool:
    """Whether some hit of a risk has a window."""
    return risk.when is not None or any(hit.when is not None for hit in risk.hits)


def may_still_run(draft: DraftNetwork, rows: tuple[str, ...]) -> bool:
    """Whether something that one of the rows waits for may still run when that row starts."""
    own = {draft.number[row] for row in rows}
    links = draft.links
    return any(
        succ in own and not (_forward(links, link) and links.kind[link] == FS)
        for link, succ in enumerate(links.succ.tolist())
    )


def _immune(scenario: Scenario, task_id: str) -> bool:
    name = scenario.tasks[task_id].class_
    return name is not None and scenario.classes[name].includes_risks


def _candidates(scenario: Scenario, links: "_Links", tasks: tuple[str, ...]) -> tuple[str, ...]:
    """The tasks that can become ready first.

    A task is out if one declared before it always exists and leads to it by links that only go
    forward in time: it is then ready no earlier, and loses ties.
    """
    stopped = {risk.stops for risk in scenario.risks.values() if risk.stops is not None}
    certain = {
        task
        for task in tasks
        if scenario.tasks[task].on is None and not stopped & {"program", task.partition(".")[0]}
    }
    left = []
    for position, task in enumerate(tasks):
        earlier = certain & set(tasks[:position])
        if not earlier or not earlier & links.ancestors((task,), forward=True):
            left.append(task)
    return tuple(left)


def _forward(links: DraftLinks, link: int) -> bool:
    """Whether a link never lets its successor become ready before its predecessor starts."""
    drawn = links.lags.get(link)
    fixed = drawn is None or (drawn.lag.is_fixed and drawn.lag.fixed >= 0)
    return links.kind[link] in (FS, SS) and fixed


class _Links:
    """The links of a draft by the row they lead to."""

    def __init__(self, draft: DraftNetwork) -> None:
        self._links, self._number, self._keys = draft.links, draft.number, draft.keys
        self._into: dict[int, list[int]] = {}
        self._pred = draft.links.pred.tolist()
        for link, succ in enumerate(draft.links.succ.tolist()):
            self._into.setdefault(succ, []).append(link)

    def direct(self, rows: tuple[str, ...]) -> dict[str, None]:
        found = (self._into.get(self._number[row], ()) for row in rows)
        return dict.fromkeys(self._keys[self._pred[link]] for into in found for link in into)

    def ancestors(self, rows: tuple[str, ...], *, forward: bool = False) -> set[str]:
        found: set[int] = set()
        stack = [self._number[row] for row in rows]
        while stack:
            for link in self._into.get(stack.pop(), ()):
                pred = self._pred[link]
                if pred not in found and (not forward or _forward(self._links, link)):
                    found.add(pred)
                    stack.append(pred)
        return {self._keys[row] for row in found}
