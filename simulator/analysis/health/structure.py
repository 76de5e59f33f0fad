"""How the network hangs together: links that say nothing new, work that leads nowhere, merges."""

from collections import Counter

import numpy as np

from simulator.analysis.health.finding import NO_MORE, SHARE, Bound, Measured, Rule
from simulator.analysis.health.logic import GROUP, link_finding
from simulator.analysis.health.subject import Subject
from simulator.plan.plan import FS

_MEAN_OF_LARGEST = (0.0, 0.0, 0.56, 0.85, 1.03, 1.16, 1.27, 1.35, 1.42, 1.49, 1.54)
"""Mean of the largest of n standard normal numbers, n = 0 to 10.

Source: H. A. David, Order Statistics (1981), table of expected values.
"""


def redundant_links(subject: Subject) -> Measured:
    """Plain FS links to which a chain of other FS links already leads, lags not negative."""
    links, tasks = subject.links, subject.tasks
    plain = (links.kind == FS) & (links.lag >= 0)
    behind: list[int] = [0] * len(tasks)
    found = []
    for task in np.argsort(subject.base, kind="stable").tolist():
        into = [place for place in subject.incoming[task] if plain[place]]
        through = 0
        for place in into:
            through |= behind[int(links.pred[place])]
        for place in into:
            pred = int(links.pred[place])
            if through >> pred & 1 and not links.lag[place]:
                found.append(link_finding(subject, place, "other links say so already"))
            behind[task] |= 1 << pred
        behind[task] |= through
    return Measured(tuple(found), len(links.link)) if len(links.link) else _no_links()


def duplicate_links(subject: Subject) -> Measured:
    """Links of one kind between the same two tasks, told more than once."""
    links, seen, found = subject.links, set(), []
    for place, key in enumerate(zip(links.pred, links.succ, links.kind, strict=True)):
        if key in seen:
            found.append(link_finding(subject, place, "told twice"))
        seen.add(key)
    return Measured(tuple(found), len(links.link)) if len(links.link) else _no_links()


def _no_links() -> Measured:
    return Measured.impossible("no task waits for another")


def leads_nowhere(subject: Subject) -> Measured:
    """Tasks from which no links lead to the program's finish, nor to anything that is promised."""
    if not subject.finish_tasks:
        return Measured.impossible(
            "the program names no finish: whatever ends last is it (`program.finish`)"
        )
    promised = {k for k, spec in enumerate(subject.specs) if spec.deadline is not None}
    reaching = set(subject.finish_tasks) | promised
    waiting = list(reaching)
    while waiting:
        task = waiting.pop()
        for place in subject.incoming[task]:
            pred = int(subject.links.pred[place])
            if pred not in reaching:
                reaching.add(pred)
                waiting.append(pred)
    stray = [task for task in subject.linked.tolist() if task not in reaching]
    what = "its delay never reaches the finish of the program"
    return Measured(subject.findings(what, stray), len(subject.linked))


def duplicate_names(subject: Subject) -> Measured:
    """Tasks of one project and one place in its structure that have the same name."""
    keys = [
        (task.project, task.name.casefold(), task.tags.get("wbs", ""), *_branch(task.tags))
        for task in subject.tasks
    ]
    times = Counter(keys)
    found = [
        subject.finding(f"one of {times[key]} called {subject.tasks[task].name!r}", task)
        for task, key in enumerate(keys)
        if times[key] > 1
    ]
    return Measured(tuple(found), len(keys))


def _branch(tags: dict[str, str]) -> tuple[str, ...]:
    """Tags that tell tasks of one name apart."""
    return tuple(sorted(value for key, value in tags.items() if key != "wbs"))


def merges(subject: Subject) -> Measured:
    """Tasks at which several paths end almost at once, each of which may be the latest."""
    links, limits, found = subject.links, subject.limits, []
    for task in subject.linked.tolist():
        into = [place for place in subject.incoming[task] if np.isfinite(subject.asked[place])]
        if len(into) < limits.paths or not subject.exists[task] or subject.started[task]:
            continue
        latest = max(subject.asked[place] for place in into)
        near = {
            int(links.pred[place])
            for place in into
            if subject.exists[links.pred[place]]
            and subject.working_days(subject.asked[place], latest) <= limits.near
        }
        if len(near) >= limits.paths:
            found.append((subject.critical[task], len(near), task, sorted(near)))
    found.sort(key=lambda each: (not each[0], -each[1], each[2]))
    return Measured(
        tuple(
            subject.finding(_merge_text(bool(critical), count, limits.near), task, *near)
            for critical, count, task, near in found
        ),
        len(subject.linked),
    )


def _merge_text(critical: bool, count: int, near: float) -> str:
    later = _MEAN_OF_LARGEST[min(count, len(_MEAN_OF_LARGEST) - 1)]
    more = "at least " if count >= len(_MEAN_OF_LARGEST) else ""
    return (
        f"{count} paths end within {near:g}d of each other{', on the critical path' * critical}: if"
        f" they vary alone, on average {more}{later:.2f} standard deviations of one later than each"
    )


RULES = (
    Rule(
        "leads_nowhere", "Work that leads nowhere", GROUP, "unfinished tasks", Bound(SHARE, 0.05),
        2,
        "The program is called finished without it, so neither its delay nor its risks count.",
        "Link it to what needs it, up to the program's finish, or give it a deadline of its own.",
        leads_nowhere, "GAO 5",
    ),
    Rule(
        "merges", "Merge hot spots", "Risk", "unfinished tasks", Bound(SHARE, 0.05), 1,
        "Where paths meet the latest of them counts, which is later than each is on average; a plan"
        " of single dates cannot show it, so its dates there are too early.",
        "Give the merge a margin, let paths end earlier, or part what need not wait for all; look"
        " at merge bias in a run.",
        merges, "GAO 8",
    ),
    Rule(
        "redundant_links", "Redundant links", GROUP, "links", Bound(SHARE, 0.10), 0,
        "They change no date but hide the links that matter, and stay behind when logic changes.",
        "Remove them.",
        redundant_links, "GAO 2",
    ),
    Rule(
        "duplicate_links", "Duplicate links", GROUP, "links", NO_MORE, 1,
        "Only the later of the two counts; whoever changes the other wonders why nothing happens.",
        "Keep one.",
        duplicate_links, "GAO 2",
    ),
    Rule(
        "duplicate_names", "Tasks of one name", GROUP, "tasks", Bound(SHARE, 0.05), 0,
        "In a list sorted by date nobody can tell which of them is meant.",
        "Say in each name what is done to what.",
        duplicate_names, "GAO 1",
    ),
)  # fmt: skip
