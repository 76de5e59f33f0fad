"""Cross-checks of risks and mitigations: targets, windows, rates, units, chances."""

from collections.abc import Iterator

from simulator.scenario.findings import (
    Finding,
    Path,
    in_thousandths,
    known_name,
    listed,
    one_task,
)
from simulator.scenario.program import Scenario
from simulator.scenario.risks import Chance, Hit, Risk, Window
from simulator.scenario.selectors import NoSuchTaskError, full_id, select
from simulator.scenario.values import units_named


def check_risks(scenario: Scenario) -> Iterator[Finding]:
    for key, risk in scenario.risks.items():
        path: Path = ("risks", key)
        if isinstance(risk.chance, Chance):
            for name, _ in risk.chance.conditions:
                yield from known_name((*path, "chance", f"if {name}"), "risk", name, scenario.risks)
        if risk.stops is not None:
            yield from known_name(
                (*path, "stops"), "project", risk.stops, [*scenario.projects, "program"]
            )
        yield from _window(path, risk.when)
        if risk.during is not None:
            yield from _rate(scenario, path, risk)
        for position, hit in enumerate(risk.hits):
            yield from _hit(scenario, (*path, "hits", position), hit)
            if hit.when is not None and risk.when is not None:
                problem = "the risk and this hit both have a window"
                yield Finding((*path, "hits", position, "when"), problem, "one of them")
        yield from _alike(path, risk.hits)
    if loop := _risk_loop(scenario):
        yield Finding(
            ("risks", loop[0], "chance"),
            f"the chances depend on each other: {' -> '.join(loop)}",
            "chances that depend on risks before them only",
        )


def _hit(scenario: Scenario, path: Path, hit: Hit) -> Iterator[Finding]:
    yield from listed(scenario, (*path, "tasks"), hit.tasks)
    for position, name in enumerate(hit.projects):
        yield from known_name((*path, "projects", position), "project", name, scenario.projects)
        if name in scenario.projects and not any(
            task.is_plain for task in scenario.projects[name].tasks.values()
        ):
            yield Finding((*path, "projects", position), f"`{name}` has no work to fall on")
    yield from _window(path, hit.when)
    yield from _units(scenario, path, hit)
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


def _window(path: Path, window: Window | None) -> Iterator[Finding]:
    if window is None:
        return
    begin, end = window.from_, window.until
    if begin is None and end is None:
        yield Finding((*path, "when"), "the window has no end", "`from`, `until` or both")
    elif begin is not None and end is not None and begin.begins() > end.ends():
        problem = f"the window ends ({end}) before it begins ({begin})"
        yield Finding((*path, "when"), problem, "`until` after `from`")


def _rate(scenario: Scenario, path: Path, risk: Risk) -> Iterator[Finding]:
    """What a rate needs: arrivals to come, and a task that takes time for them to come in."""
    name = str(risk.during)
    faults = list(one_task(scenario, (*path, "during"), name))
    yield from faults
    if risk.rate is not None and risk.rate.value < 0:
        yield Finding((*path, "rate"), f"the rate is {risk.rate}", "0 or more, as in 0.3/mo")
    task = None if faults else scenario.tasks[full_id(scenario, name)]
    if task is not None and (task.milestone or task.spans):
        kind = "a milestone, which takes no time" if task.milestone else "a span"
        yield Finding((*path, "during"), f"`{name}` is {kind}", "a task with work of its own")


def _units(scenario: Scenario, path: Path, hit: Hit) -> Iterator[Finding]:
    """Hits on pools: there is something to take, and a pool that it can be short in."""
    for position, name in enumerate(hit.pools):
        where = (*path, "pools", position)
        yield from known_name(where, "pool", name, scenario.pools)
        if name in scenario.pools and scenario.pools[name].units == "unlimited":
            yield Finding(where, f"`{name}` is unlimited and never short", "a pool with `units`")
    if hit.pools and hit.units is None:
        yield Finding((*path, "pools"), "nothing happens to the pools", "`units`, such as -1")
    if hit.units is None:
        return
    if hit.units == 0 or not in_thousandths(hit.units):
        yield Finding((*path, "units"), f"{hit.units:g} units", "a multiple of 0.001 other than 0")
    measured = units_named(hit.for_) if hit.for_ is not None else set()
    if "mo" in measured and len(measured) > 1:
        problem = "the range mixes months by the calendar and working time"
        yield Finding((*path, "for"), problem, "one of them")


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


def check_mitigations(scenario: Scenario) -> Iterator[Finding]:
    for key, mitigation in scenario.mitigations.items():
        for risk in mitigation.on:
            yield from known_name(("mitigations", key, "on", risk), "risk", risk, scenario.risks)
        for pool in mitigation.units:
            yield from known_name(("mitigations", key, "units", pool), "pool", pool, scenario.pools)
