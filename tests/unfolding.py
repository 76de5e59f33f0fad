"""Hypothesis strategies: scenarios with boards, conditional branches, unbroken tasks and pools."""

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from simulator.errors import ScenarioError
from simulator.plan.compile import Plan, compile_plan
from simulator.scenario.checks import cross_check
from simulator.scenario.program import Scenario
from tests.choices import Data, Maker
from tests.strategies import scenarios

_MEETS = (
    "every tue",
    "first and third tue",
    "every 2w from 2027-01-05",
    "every 3d from 2027-01-04",
)


@st.composite
def unfolding_scenarios(
    draw: DrawFn,
    *,
    most_tasks: int = 9,
    pools: bool = False,
    plenty: bool = False,
    inside: bool = False,
) -> Data:
    """A scenario with what unfolds inside an iteration; with finite pools if wanted.

    With `inside` there are risks with windows, rates, and hits on the units of pools.
    With `plenty` the pools are never short, and no link implies a start before its predecessor's.
    """
    data = draw(scenarios(most_tasks=most_tasks))
    maker = Maker(draw)
    tasks = {
        f"{project_id}.{task_id}": task
        for project_id, project in data["projects"].items()
        for task_id, task in project["tasks"].items()
    }
    if plenty:
        _only_forward(data, tasks)
    _boards(maker, data)
    _branches(maker, data, tasks)
    for task in tasks.values():
        if "duration" in task and maker.often(3):
            task["unbroken"] = True
    if pools:
        _pools(maker, data, tasks, plenty)
    if inside:
        _inside(maker, data, tasks)
    return data


def plan_of_unfolding(data: Data) -> Plan:
    """The plan of such a scenario; draws whose unbroken tasks fit no window are given up."""
    scenario = Scenario.model_validate(data)
    found = list(cross_check(scenario))
    assert not found, found
    try:
        return compile_plan(scenario)
    except ScenarioError as error:
        told = [fault.problem for fault in error.faults]
        given_up = (
            "unbroken", "same time", "arrivals may come", "repeats the work", "does not wait for",
        )  # fmt: skip
        assume(not any(words in each for each in told for words in given_up))
        raise


def _boards(maker: Maker, data: Data) -> None:
    data["boards"] = {
        f"b{number}": {
            "meets": maker.one(*_MEETS),
            **({"at": maker.one("10:00", "16:30", "22:15")} if maker.often(6) else {}),
            **({"papers": maker.one("1d", "3h", "2ed", "5d")} if maker.often(5) else {}),
            **({"except": ["2027-01-12..2027-01-20"]} if maker.often(3) else {}),
            "approves": maker.one([1.0], [0.5, 0.9], [0.3]),
            **({"again": maker.one("1d", "3d", "2h")} if maker.often(6) else {}),
        }
        for number in range(maker.upto(1) + 1)
    }
    for project in data["projects"].values():
        plain = [
            task
            for task in project["tasks"].values()
            if task.keys().isdisjoint({"milestone", "spans", "margin", "rework"})
        ]
        # Wildcards skip tasks of boards; they must find others.
        for task in plain[1:]:
            forward = all(_kind(link) in ("FS", "SS") for link in task.get("after", ()))
            if forward and maker.often(6):
                task["board"] = maker.one(*data["boards"])
    everything = [
        task for project in data["projects"].values() for task in project["tasks"].values()
    ]
    if sum(task.keys().isdisjoint({"milestone", "spans", "board"}) for task in everything) < 2:
        data.pop("correlations", None)


def _branches(maker: Maker, data: Data, tasks: dict[str, Data]) -> None:
    for project_id, project in data["projects"].items():
        inside = {f"{project_id}.{name}": task for name, task in project["tasks"].items()}
        waiting = [name for name, task in inside.items() if task.get("after") and "on" not in task]
        if not waiting or not maker.often(6):
            continue
        behind = maker.one(*waiting)
        first = _name(project_id, behind, inside[behind]["after"][0])
        if "rework" in tasks[first]:
            continue
        what = f"{maker.one('starts', 'finishes')} {maker.one('after', 'before')} {maker.date()}"
        project.setdefault("branches", {})["late"] = {"when": f"{first} {what}"}
        for name, task in inside.items():
            reads = [_name(project_id, name, link) for link in task.get("after", ())]
            if first in reads and "on" not in task:
                task["on"] = f"late.{maker.one('yes', 'no')}"


def _pools(maker: Maker, data: Data, tasks: dict[str, Data], plenty: bool) -> None:
    def units() -> object:
        if plenty:
            return 1000
        most = maker.one(2, 3, 4.5)
        steps = [{"units": maker.one(0, 1, 2)}, {"from": maker.date(), "units": most}]
        return steps if maker.often(4) else most

    finite = {f"f{number}": {"units": units()} for number in range(maker.upto(2) + 1)}
    for pool in finite.values():
        if maker.often(3):
            pool["calendar"] = maker.one("weekdays", *data["calendars"])
    data["pools"] = {**data.get("pools", {}), **finite}
    for task in tasks.values():
        if "milestone" not in task and "spans" not in task and maker.often(7):
            needs = {name: maker.one(1, 2, 0.5, 0.25) for name in maker.some(list(finite), 3)}
            task["needs"] = {**task.get("needs", {}), **needs}
        if maker.often(3):
            task["priority"] = maker.upto(2) + 1


def _inside(maker: Maker, data: Data, tasks: dict[str, Data]) -> None:
    """Risks that only the schedule can settle."""
    working = [
        name
        for name, task in tasks.items()
        if task.keys().isdisjoint({"milestone", "spans", "margin", "rework"})
    ]
    risks: Data = {}
    for number in range(maker.upto(2) + 1 if working else 0):
        window: Data = {"from": maker.date()}
        if maker.often(6):
            window = {"from": "2027-01-01", "until": maker.date()}
        hit: Data = {"tasks": maker.some(working, 3), "apply": "each"}
        for kind, units in (("delay", ("h", "d")), ("wait", ("h", "ed", "d")), ("factor", ("",))):
            if maker.often(4):
                hit[kind] = maker.amount(maker.one(*units), (1, 0.4, 1.5))
        if hit.keys() & {"delay", "wait", "factor"}:
            risks[f"w{number}"] = {"chance": maker.one(0.7, 1), "when": window, "hits": [hit]}
    finite = [name for name in data.get("pools", {}) if name.startswith("f")]
    lost: Data = {"units": maker.one(-1, -0.5, 1), "for": maker.one("1w", "3ed", "12h")}
    if working and maker.often(5):
        during = maker.one(*working)
        hits: list[Data] = [{"tasks": [during], "delay": maker.one("1h", "0.2h")}]
        if finite and maker.often(5):
            hits.append({"pools": maker.some(finite, 2), **lost})
        risks["arrives"] = {"rate": maker.one("2/mo", "5/mo"), "during": during, "hits": hits}
    if finite and maker.often(6):
        hit = {"pools": maker.some(finite, 2), "from": maker.date_value(), **lost}
        risks["taken"] = {"chance": 0.7, "hits": [hit]}
    data["risks"] = {**data.get("risks", {}), **risks}


def _only_forward(data: Data, tasks: dict[str, Data]) -> None:
    """Leave no link, date or hit that could put a start before a predecessor's."""
    data["program"].pop("constraints", None)
    for task in tasks.values():
        task["after"] = [
            link
            for link in task.get("after", ())
            if _kind(link) in ("FS", "SS") and (isinstance(link, str) or "lag" not in link)
            and (not isinstance(link, str) or "-" not in link)
        ]  # fmt: skip
        for key in ("finish_no_earlier_than", "must_finish"):
            task.pop(key, None)


def _kind(link: object) -> str:
    if isinstance(link, dict):
        return str(link.get("link", "FS"))
    return str(link).partition(" ")[2][:2] or "FS"


def _name(project: str, task: str, link: object) -> str:
    """The full id of what a link comes from."""
    del task
    written = str(link["task"]) if isinstance(link, dict) else str(link).partition(" ")[0]
    return written if "." in written else f"{project}.{written}"
