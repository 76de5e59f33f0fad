"""Where each task of a file goes in the scenario: projects, and ids made of names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.importers.ids import Ids, name_beside
from simulator.importers.plans.outline import Outline

Ref = tuple[int, int]
"""A task of the file: the number of its project, and its uid there."""
Parts = list[tuple[str, int | None, list[int]]]
"""Names, summaries and tasks of what become projects."""
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project of the scenario: one of the file's, or a branch of its outline."""

    id: str
    name: str
    source: int
    """The number of the file's project."""
    branch: int | None
    """The summary whose leaves it holds; None: all that no branch holds."""
    tasks: Mapping[int, str]
    """The id of each task by its uid."""

    def beside(self) -> dict[str, str]:
        """Its name, where its id does not say it."""
        return name_beside(self.id, self.name)


@dataclass(frozen=True, slots=True)
class Places:
    """All projects of the scenario, and where each task of the file went."""

    projects: tuple[NewProject, ...]
    full: Mapping[Ref, str]
    """Ids with the project's, as `project.task`."""

    def named(self, ref: Ref, inside: str) -> str:
        """A task as the tasks of a project call it."""
        full = self.full[ref]
        project, _, own = full.partition(".")
        return own if project == inside else full


def places_of(outlines: Sequence[Outline], fallback: str) -> Places:
    """Divide the file into projects and give every task its id.

    Several projects of a file are the projects. One project becomes as many as its outline has
    branches of two or more tasks at the top, if there are two such branches; what stands beside
    them goes into a project of its own.
    """
    ids = Ids()
    projects: list[NewProject] = []
    for number, outline in enumerate(outlines):
        name = outline.project.name or fallback
        parts: Parts = [(name, None, list(outline.leaves))]
        if len(outlines) == 1:
            parts = _branches(outline, name) or parts
        for title, branch, uids in parts:
            if uids:
                own = Ids()
                tasks = {uid: own.new(outline.rows[uid].name, "task") for uid in uids}
                projects.append(NewProject(ids.new(title, "project"), title, number, branch, tasks))
    full = {
        (project.source, uid): f"{project.id}.{name}"
        for project in projects
        for uid, name in project.tasks.items()
    }
    return Places(tuple(projects), full)


def _branches(outline: Outline, name: str) -> Parts:
    """The large branches, and the rest in front of them; nothing where there are not several."""
    found: Parts = []
    for uid in outline.branches():
        leaves = list(outline.below(uid))
        if outline.is_summary(uid) and len(leaves) >= _SEVERAL:
            found.append((outline.rows[uid].name, uid, leaves))
    if len(found) < _SEVERAL:
        return []
    inside = {uid for _, _, leaves in found for uid in leaves}
    rest = [uid for uid in outline.leaves if uid not in inside]
    return [*found, (name, None, rest)] if rest else found
