"""Hypothesis strategies: valid scenarios, as plain data in the syntax of the file.

A scenario uses every construct that this version simulates; it is kept small, so that rows meet:
short durations, few tasks, dates near the program's start.
"""

from graphlib import CycleError, TopologicalSorter
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.choices import SIZES, Data, Maker, calendars

_STARTS = ("2027-01-04", "2027-01-04 09:00", "2027-01-06 10:37", "2027-01-09")
_KINDS = ("duration", "duration", "effort", "size", "milestone", "duration", "zero", "margin")
_LINKS = ("FS", "FS", "SS", "FF", "SF")
_FIXED_LAGS = ("2d", "-1d", "5h", "-3h", "2ed", "-30eh", "+50%", "-20%", "0.37d", "-4d")


@st.composite
def scenarios(draw: DrawFn, *, most_tasks: int = 9) -> Data:
    """A whole valid scenario."""
    return _ScenarioMaker(draw, most_tasks).scenario()


def seeds() -> SearchStrategy[int]:
    """Seeds of runs."""
    return st.integers(0, 2**32)


class _ScenarioMaker(Maker):
    """The parts of one scenario; tasks come in an order in which links lead forward only."""

    def __init__(self, draw: DrawFn, most_tasks: int) -> None:
        super().__init__(draw)
        self.projects = [f"p{number}" for number in range(self.upto(2) + 1)]
        self.calendars = draw(calendars())
        self.calendar_names = ["weekdays", *self.calendars, "24x7"]
        self.pools = {f"pool{n}": self._pool() for n in range(self.upto(2))}
        self.tasks: dict[str, Data] = {}
        self.links: dict[str, list[tuple[str, bool]]] = {}
        """(predecessor, whether the link is a plain finish-to-start) of each task."""
        self.gates: list[tuple[set[str], set[str]]] = []
        self.branches = {
            name: {"way": {"yes": 0.5, "no": 0.3, "else": 0.2}}
            for name in self.projects
            if self.often(3)
        }
        for number in range(self.upto(most_tasks - 1) + 1):
            name = f"{self.one(*self.projects)}.t{number}"
            self.links[name] = []
            self.tasks[name] = self._task(name)

    def scenario(self) -> Data:
        """Everything together."""
        risks = {f"r{number}": self._risk(number) for number in range(self.upto(3))}
        found: Data = {
            "format": 1,
            "program": self._program(),
            "calendars": self.calendars,
            "pools": self.pools,
            "classes": {
                "routine": {"triangular": [0.9, 1, 1.25]},
                "novel": {"uniform": [0.8, 2], "shared": self.one("task", "project", "program")},
                "known": {"pert": [0.5, 1, 2], "includes_risks": True},
            },
            "sizes": {"S": self.amount("d"), "M": "5d"},
            "projects": self._projects(),
            "risks": risks,
            "mitigations": self._mitigations(risks),
            "correlations": self._correlations(),
        }
        return {key: value for key, value in found.items() if value}

    def _program(self) -> Data:
        program: Data = {"start": self.one(*_STARTS)}
        if self.often(5):
            program["calendar"] = self.one(*self.calendar_names)
        if self.often(5):
            program["lag_calendar"] = self.one("successor", "predecessor", "program", "24x7")
        if self.often(2):
            program["constraints"] = "honour"
        if self.often(3):
            program["finish"] = self.one(*self.tasks)
        return program

    def _projects(self) -> Data:
        found: Data = {}
        for name in self.projects:
            inside = {
                t.partition(".")[2]: task
                for t, task in self.tasks.items()
                if t.startswith(f"{name}.")
            }
            order = list(inside)[::-1] if self.often(4) else list(inside)
            project: Data = {"tasks": {task: inside[task] for task in order}}
            if self.often(5):
                project["calendar"] = self.one(*self.calendar_names)
            if self.often(2):
                project["start"] = self.date()
            if name in self.branches:
                project["branches"] = self.branches[name]
            if inside:
                names = [task for task in inside if "spans" not in inside[task]]
                if self.often(3):
                    project["tasks"]["level"] = {"spans": self.some(names, 3)}
                found[name] = project
        return found

    def _pool(self) -> Data:
        pool: Data = {"units": "unlimited"}
        if self.often(6):
            pool["calendar"] = self.one(*self.calendar_names)
        return pool

    # -- tasks ---------------------------------------------------------------------------------

    def _task(self, name: str) -> Data:
        kind = self.one(*_KINDS)
        task = self._estimate(kind)
        if self.often(3):
            task["calendar"] = self.one(*self.calendar_names)
        earlier = list(self.tasks)
        if earlier and self.often(8):
            task["after"] = [self._link(name, pred) for pred in self.some(earlier, 3)]
        project = name.partition(".")[0]
        if project in self.branches and self.often(4):
            task["on"] = f"way.{self.one('yes', 'no', 'else')}"
        if kind not in ("milestone", "margin") and self.often(2):
            task["rework"] = self._rework(name)
        self._constrain(task)
        return task

    def _estimate(self, kind: str) -> Data:
        if kind == "milestone":
            return {"milestone": self.one(True, "start", "finish")}
        if kind == "zero":
            return {"duration": 0}
        task: Data = {}
        if self.pools and self.often(4):
            task["needs"] = {name: self.one(1, 2, 0.5) for name in self.some(list(self.pools), 2)}
            if self.often(3):
                task["ignore_pool_calendars"] = True
        if kind == "size":
            return {**task, "size": "M", "class": self.one("routine", "novel", "known")}
        if kind == "effort":
            task["sharing"] = self.one(1, 0.9)
            return {**task, "effort": self.amount(self.one("pd", "ph"))}
        task["duration"] = self.amount(self.one("d", "h", "ed", "eh", "w"), SIZES[:5])
        if kind == "margin":
            task["margin"] = True
        elif isinstance(task["duration"], str) and self.often(4):
            task["class"] = self.one("routine", "novel", "known")
        return task

    def _link(self, name: str, pred: str) -> Any:
        kind, lag = self.one(*_LINKS), self._lag()
        self.links[name].append((pred, kind == "FS" and not lag))
        near = pred.partition(".")[2] if pred.partition(".")[0] == name.partition(".")[0] else pred
        if isinstance(lag, str) and self.often(4):
            return f"{near} {kind}{lag if lag.startswith(('+', '-')) else '+' + lag}"
        link: Data = {"task": near, "link": kind}
        if lag:
            link["lag"] = lag
        if self.often(2):
            link["calendar"] = self.one(*self.calendar_names)
        return link

    def _lag(self) -> Any:
        if not self.often(5):
            return None
        if self.often(6):
            return self.one(*_FIXED_LAGS)
        if self.often(4):
            return {"uniform": ["-30%", "60%"]}
        return self.amount(self.one("d", "h", "ed"), (*SIZES[:5], -0.4, -2))

    def _rework(self, name: str) -> Data:
        rework: Data = {"chance": self.one(0.5, [0.8, 0.3], 0.1)}
        plain = [t for t, task in self.tasks.items() if "duration" in task and "margin" not in task]
        if plain and self.often(5):
            rework["redo"] = [*self.some(plain, 2), name]
        rework["share"] = self.amount("", (0.3, 0.1, 1))
        rework["at_most"] = self.upto(1) + 1
        if self.often(3):
            rework["at_least"] = 1
        return rework

    def _constrain(self, task: Data) -> None:
        for key in ("start_no_earlier_than", "finish_no_earlier_than"):
            if self.often(1):
                task[key] = self.date_value()
        for key in ("must_start", "must_finish", "start_no_later_than", "finish_no_later_than"):
            if self.often(1):
                task[key] = self.date()

    # -- risks ---------------------------------------------------------------------------------

    def _risk(self, number: int) -> Data:
        chance: Any = self.one(0.5, 1, 0.3)
        if number and self.often(4):
            chance = {f"if r{self.upto(number - 1)}": 0.8, "else": 0.2}
        risk: Data = {"chance": chance}
        stops = self.one(*self.projects_used(), "program") if self.often(3) else None
        plain = [name for name in self.tasks if self._is_after_finished(name)]
        if stops and plain and self.often(5):
            hit = {"tasks": self.some(plain, 2), "name": "stop", "factor": 1.5}
            if self.often(4):
                hit["cost"] = hit.pop("factor")
                hit["when"] = {self.one("from", "until"): self.date()}
            return {**risk, "stops": stops, "hits": [hit]}
        if stops:
            risk |= {"stops": stops, "at": self.date_value()}
        risk["hits"] = [self._hit(f"h{n}") for n in range(self.upto(2) + 1)]
        return risk

    def projects_used(self) -> list[str]:
        """Projects that have tasks."""
        return list(dict.fromkeys(name.partition(".")[0] for name in self.tasks))

    def _hit(self, name: str) -> Data:
        plain = [t for t, task in self.tasks.items() if "milestone" not in task]
        hit: Data = {"name": name}
        effect = self.one("factor", "delay", "wait", "both") if plain else "wait"
        first = self.often(5)
        options = plain if effect in ("delay", "both") else list(self.tasks)
        targets = hit["tasks"] = self.some(options, 3, least=2 if first else 1)
        if first and not self._can_settle(targets):
            first = False
        elif plain and not first and self.often(2):
            hit["tasks"] = ["*"]
        elif plain and not first and self.often(1):
            del hit["tasks"]
            hit["projects"] = [plain[0].partition(".")[0]]
        if effect in ("factor", "both"):
            hit["factor"] = self.amount("", (0.5, 1.5, 1.2))
        if effect in ("delay", "both"):
            hit["delay"] = self.amount(self.one("d", "h"), (1, 0.4, 3, -0.5, -2))
        if effect in ("wait", "both"):
            hit["wait"] = self.amount(self.one("d", "ed", "h", "eh"), (1, 0.4, 3))
        hit["apply"] = "first" if first else "each"
        if not first and self.often(3):
            hit["draw"] = "own"
        return hit

    def _mitigations(self, risks: Data) -> Data:
        found: Data = {}
        for number in range(self.upto(2) if risks else 0):
            lever: Data = {"effects": self.one(0.5, 0, 2)}
            if self.often(5):
                lever["chance"] = self.one(0.1, 0.9)
            found[f"m{number}"] = {
                "cost": 10, "on": {self.one(*risks): lever}, "bought": self.one(True, True, False),
            }  # fmt: skip
            if self.often(8):
                found[f"m{number}"]["at"] = self.date()
        return found

    def _correlations(self) -> list[Data]:
        plain = [t for t, task in self.tasks.items() if "milestone" not in task]
        found = []
        if len(plain) > 1 and self.often(3):
            found.append({"between": ["*"], "rho": self.one(0.4, 0.8, 0)})
        if len(plain) > 1 and self.often(2):
            pair = self.draw(st.lists(st.sampled_from(plain), min_size=2, max_size=2, unique=True))
            found.append({"between": pair, "rho": self.one(-0.5, 0.9)})
        return found

    # -- what can be put in order --------------------------------------------------------------

    def _is_after_finished(self, target: str) -> bool:
        """Whether all that a task waits for has finished when it starts."""
        found, stack = {target}, [target]
        while stack:
            new = {pred for pred, _ in self.links[stack.pop()]} - found
            found |= new
            stack += new
        return all(plain for name in found for _, plain in self.links[name])

    def _can_settle(self, targets: list[str]) -> bool:
        """Whether `first` among these tasks can be settled; it then counts as such."""
        before = {pred for target in targets for pred, _ in self.links[target]}
        return self._orderable({f"{pred}'" for pred in before}, set(targets))

    def _orderable(self, before: set[str], behind: set[str]) -> bool:
        """Whether one more gate leaves an order; `t'` stands for the rework of `t`."""
        graph: dict[str, set[str]] = {f"{name}'": {name} for name in self.tasks}
        for name, links in self.links.items():
            graph[name] = {f"{pred}'" for pred, _ in links}
        gates = [*self.gates, (before, behind)]
        for number, (earlier, later) in enumerate(gates):
            graph[f"gate {number}"] = set(earlier)
            for name in later:
                graph[name] = {*graph[name], f"gate {number}"}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError:
            return False
        self.gates = gates
        return True
