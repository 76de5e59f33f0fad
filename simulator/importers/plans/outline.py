"""The outline of a file: which rows are work, and what each summary sums up."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from simulator.importers.plans.durations import is_primavera
from simulator.importers.plans.source import SourceProject, SourceTask

WHOLE = "WBS_SUMMARY"
_SPANNING = frozenset({"LEVEL_OF_EFFORT", "HAMMOCK", WHOLE})


@dataclass(frozen=True)
class Outline:
    """One project of a file; tasks by uid, in the order of the file."""

    project: SourceProject

    @cached_property
    def rows(self) -> dict[int, SourceTask]:
        """Every row; of two with the same uid the first."""
        rows: dict[int, SourceTask] = {}
        for task in self.project.tasks:
            rows.setdefault(task.uid, task)
        return rows

    @cached_property
    def parents(self) -> dict[int, int]:
        """The row directly above each row; a row that hangs below itself has none."""
        found: dict[int, int] = {}
        for task in self.rows.values():
            seen, at = {task.uid}, task.parent
            while at is not None and at in self.rows and at not in seen:
                seen.add(at)
                at = self.rows[at].parent
            if task.parent is not None and task.parent in self.rows and at not in seen:
                found[task.uid] = task.parent
        return found

    @cached_property
    def children(self) -> dict[int | None, list[int]]:
        """The rows directly below each row; those of None stand at the top."""
        found: dict[int | None, list[int]] = defaultdict(list)
        for uid in self.rows:
            found[self.parents.get(uid)].append(uid)
        return found

    def is_summary(self, uid: int) -> bool:
        """Whether a row sums up others; a summary without any below it is no work either."""
        return self.rows[uid].summary or bool(self.children.get(uid))

    @cached_property
    def leaves(self) -> dict[int, SourceTask]:
        """The rows that become tasks: neither summaries nor inactive, nor spans of nothing."""
        return {
            uid: task
            for uid, task in self.rows.items()
            if task.active
            and not self.is_summary(uid)
            and (not self.is_span(uid) or self.spanned.get(uid))
        }

    @cached_property
    def spanned(self) -> dict[int, list[int]]:
        """The tasks that each span lasts as long as: those linked to it, or beside it below."""
        found: dict[int, dict[int, None]] = {}
        for uid, task in self.rows.items():
            if self.is_span(uid):
                beside = self.children.get(self.parents.get(uid), []) if task.kind == WHOLE else []
                linked = [each.pred for each in task.links if not each.external]
                found[uid] = dict.fromkeys([*self._under(beside), *linked])
        for uid, task in self.rows.items():
            for link in task.links:
                if link.pred in found:
                    found[link.pred][uid] = None
        return {uid: [each for each in them if self._is_work(each)] for uid, them in found.items()}

    def _is_work(self, uid: int) -> bool:
        return (
            uid in self.rows
            and self.rows[uid].active
            and not self.is_summary(uid)
            and not self.is_span(uid)
        )

    def _under(self, uids: list[int]) -> Iterator[int]:
        """All rows at or below some, in the order of the file."""
        stack = list(reversed(uids))
        while stack:
            at = stack.pop()
            yield at
            stack.extend(reversed(self.children.get(at, [])))

    def below(self, uid: int | None) -> Iterator[int]:
        """The leaves below a row, in the order of the file; a leaf stands for itself."""
        tops = self.children.get(None, []) if uid is None else [uid]
        yield from (each for each in self._under(tops) if each in self.leaves)

    def above(self, uid: int) -> Iterator[int]:
        """The summaries of a row, from the nearest on."""
        at = self.parents.get(uid)
        while at is not None:
            yield at
            at = self.parents.get(at)

    def branches(self) -> list[int]:
        """The rows at the top, below the one summary that holds everything, if there is one."""
        tops = self.children.get(None, [])
        while len(tops) == 1 and self.is_summary(tops[0]) and self.children.get(tops[0]):
            below = self.children[tops[0]]
            if not any(self.is_summary(uid) for uid in below):
                break
            tops = below
        return tops

    @cached_property
    def primavera(self) -> bool:
        """Whether the rules of Primavera P6 hold, not those of MS Project."""
        return is_primavera(self.project)

    @property
    def keeps_starts(self) -> bool:
        """Whether tasks that wait for nothing stay where they were put, as in GanttProject."""
        return self.project.file_type.upper().startswith("GAN")

    def is_span(self, uid: int) -> bool:
        """Whether a task lasts as long as others do: level of effort, hammock, WBS summary."""
        return self.rows[uid].kind in _SPANNING
