"""Scenarios to measure: networks by size, calendars, risks and correlation, and a bare twin."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import simulator
from simulator.scenario.dumping import dump
from simulator.scenario.program import Scenario

Floats = NDArray[np.float64]
Data = dict[str, Any]
REACH = 50
"""Links come from at most so many tasks before."""
CORE_BANKING = Path(__file__).parent.parent / "scenarios" / "core_banking.yaml"
WEEKS = (
    {"week": {"mon-fri": ["08:00-12:00", "13:00-17:00"]}, "holidays": "DE-HE"},
    {"week": {"mon-fri": ["08:00-16:00"]}, "holidays": "PL"},
    {"week": {"sun-thu": ["09:00-17:00"]}, "freeze": ["2028-12-20..2029-01-05"]},
    {"week": {"mon-thu": ["07:00-12:00", "12:30-17:30"]}, "holidays": "FR"},
    {"week": {"mon-sat": ["09:00-12:00", "14:00-17:00"]}, "holidays": "GB"},
)
"""Five ways to work, each with a week and free days of its own."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network of T tasks: triangular or PERT days, and who waits for whom, finish to start."""

    low: Floats
    mode: Floats
    high: Floats
    before: tuple[tuple[int, ...], ...]
    """For each task, the tasks that it waits for."""

    @classmethod
    def of(cls, tasks: int, seed: int = 0) -> "Network":
        """A seeded network of about two links a task, to tasks at most `REACH` before."""
        rng = np.random.default_rng(seed)
        steps = np.round(rng.uniform(1.0, [5.0, 5.0, 9.0], (tasks, 3)), 3)
        low, mode, high = np.round(np.cumsum(steps, axis=1), 3).T
        before: list[tuple[int, ...]] = [()]
        for task in range(1, tasks):
            count = min(task, int(rng.integers(1, 4)))
            drawn = rng.integers(max(0, task - REACH), task, count)
            before.append(tuple(np.unique(drawn).tolist()))
        return cls(low, mode, high, tuple(before))

    def __len__(self) -> int:
        """How many tasks there are."""
        return len(self.low)

    @property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """For each task, the tasks that wait for it."""
        found: list[list[int]] = [[] for _ in self.before]
        for task, others in enumerate(self.before):
            for other in others:
                found[other].append(task)
        return tuple(map(tuple, found))

    def task(self, number: int, kind: str) -> Data:
        """A task as a file writes it, without its links."""
        days = (self.low[number], self.mode[number], self.high[number])
        return {"duration": {kind: [f"{day:.3f}d" for day in days]}}

    def data(self, kind: str = "triangular", calendar: str = "24x7", projects: int = 1) -> Data:
        """The scenario as a file writes it; projects are equal parts, in order."""
        tasks = [self.task(number, kind) for number in range(len(self))]
        names = [f"p{number * projects // len(self)}.t{number}" for number in range(len(self))]
        for task, others in zip(tasks, self.before, strict=True):
            if others:
                task["after"] = [names[other] for other in others]
        found: dict[str, Data] = {f"p{k}": {"tasks": {}} for k in range(projects)}
        for name, task in zip(names, tasks, strict=True):
            project, _, own = name.partition(".")
            found[project]["tasks"][own] = task
        program = {"name": "Benchmark", "start": "2027-01-04", "calendar": calendar}
        return {"format": 1, "program": program, "projects": found}


def loaded(data: Data) -> Scenario:
    """A scenario that is loaded."""
    return Scenario.model_validate(data)


def with_calendars(network: Network, kind: str) -> Data:
    """A network whose tasks follow no calendar, one, that of their project, or any of five."""
    if kind == "none":
        return network.data()
    if kind == "one":
        return network.data(calendar="weekdays")
    calendars = {f"c{number}": week for number, week in enumerate(WEEKS)}
    if kind == "five projects":
        found = network.data(calendar="c0", projects=len(WEEKS))
        for number, project in enumerate(found["projects"].values()):
            project["calendar"] = f"c{number}"
    else:
        found = network.data(calendar="c0")
        rng = np.random.default_rng(1)
        for task in found["projects"]["p0"]["tasks"].values():
            task["calendar"] = f"c{rng.integers(len(WEEKS))}"
    return {**found, "calendars": calendars}


def with_factors(network: Network, risks: int) -> Data:
    """A network with so many risks of which each multiplies the work of every task."""
    hits = [{"tasks": ["*"], "factor": {"pert": [0.98, 1.0, 1.05]}}]
    return {
        **network.data(),
        "risks": {f"r{number}": {"chance": 0.3, "hits": hits} for number in range(risks)},
    }


def with_correlation(network: Network, kind: str) -> Data:
    """A network whose durations are correlated: not, in one group, or 200 of them densely."""
    parts = max(1, len(network) // 200)
    found = network.data(projects=parts)
    group = {"between": ["p0.*"] if parts == 1 else ["*"], "rho": 0.4}
    if kind == "one group":
        return {**found, "correlations": [group]}
    if kind == "dense 200":
        # Another figure for one pair keeps the group from being a common factor.
        pair = {"between": ["p0.t0", "p0.t1"], "rho": 0.6}
        return {**found, "correlations": [{"between": ["p0.*"], "rho": 0.4}, pair]}
    return found


def bare_of(scenario: Scenario) -> Scenario:
    """The tasks, ranges and links of a scenario, and nothing else that costs time.

    Clock time all day, links without lags, efforts as that many days; boards are milestones.
    Spans, risks, costs, correlation, classes, rework, branches and dates are gone.
    """
    written: Data = yaml.safe_load(dump(scenario))
    projects: Data = {}
    spans = {name for name, task in scenario.tasks.items() if task.spans}
    for project_id, project in written["projects"].items():
        tasks: Data = {}
        for task_id, task in project["tasks"].items():
            name = f"{project_id}.{task_id}"
            if name in spans:
                continue
            range_ = task.get("duration", task.get("effort"))
            if "size" in task:
                range_ = written["sizes"][task["size"]]
            bare: Data = {"milestone": True} if range_ is None else {"duration": _as_days(range_)}
            bare["after"] = [
                {"task": link["task"], "link": link.get("link", "FS")}
                for link in task.get("after", ())
                if _full(link["task"], project_id) not in spans
            ]
            tasks[task_id] = bare
        projects[project_id] = {"tasks": tasks}
    program = written["program"]
    kept = {key: program[key] for key in ("name", "start", "finish") if key in program}
    return loaded({"format": 1, "program": {**kept, "calendar": "24x7"}, "projects": projects})


def _full(task_id: str, project_id: str) -> str:
    return task_id if "." in task_id else f"{project_id}.{task_id}"


def _as_days(value: Any) -> Any:
    """The same quantities, person-days as days."""
    if isinstance(value, dict):
        return {key: _as_days(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_days(part) for part in value]
    if isinstance(value, str):
        for unit in ("pd", "ph", "ed", "eh"):
            value = value.removesuffix(unit) + unit[1] if value.endswith(unit) else value
    return value


def core_banking() -> Scenario:
    """The realistic program with every construct."""
    return simulator.load(CORE_BANKING)
