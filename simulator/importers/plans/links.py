"""Links of a file between tasks of the scenario; those of summaries fall on what they sum up.

MS Project's rules for summaries: what follows a summary waits for all its tasks, or, from its
start, for the first of them; a link into a summary holds each of its tasks. A task that waits for
another one of the same summary is held by that one already.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simulator.importers.ids import Ids
from simulator.importers.plans.durations import hours_of, is_elapsed
from simulator.importers.plans.losses import Losses
from simulator.importers.plans.names import Places, Ref
from simulator.importers.plans.outline import Outline
from simulator.importers.plans.source import Amount, SourceLink, SourceTask

_MOST_PAIRS = 6
"""Links between two groups of tasks; where there would be more, a milestone stands between."""
LOST_EXTERNAL = "waits for a task of another file, which is not there"
LOST_MISSING = "waits for a row that the file does not hold, or that is not active"
FIRST_OF_SUMMARY = "waits for the start of a summary: for the task that the file starts first in it"


@dataclass(frozen=True, slots=True)
class NewLink:
    """What a task of the scenario waits for."""

    pred: Ref | str
    """A task of the file, or the key of a milestone that is put in between."""
    kind: str
    lag: Amount | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A milestone that stands for the end of a whole summary."""

    id: str
    """With its project's."""
    name: str
    preds: tuple[Ref, ...]


@dataclass(slots=True)
class NewLinks:
    """All links of the scenario, and the milestones that stand for whole summaries, by a key."""

    of: dict[Ref, list[NewLink]] = field(default_factory=lambda: defaultdict(list))
    gates: dict[str, Gate] = field(default_factory=dict)

    def into(self, ref: Ref) -> list[NewLink]:
        """What a task waits for, each link once."""
        return list(dict.fromkeys(self.of.get(ref, ())))

    def gates_after(self, ref: Ref) -> list[Gate]:
        """The milestones that stand behind a task, the last one that they await."""
        return [gate for gate in self.gates.values() if gate.preds[-1] == ref]

    def preds(self, link: NewLink) -> tuple[Ref, ...]:
        """The tasks of the file that a link leads back to."""
        return self.gates[link.pred].preds if isinstance(link.pred, str) else (link.pred,)


class LinkReader:
    """Reads the links of all projects of a file."""

    def __init__(self, outlines: Sequence[Outline], places: Places, losses: Losses) -> None:
        self._outlines = outlines
        self._places = places
        self._losses = losses
        self._found = NewLinks()
        self._homes: dict[int, list[int]] = defaultdict(list)
        for number, outline in enumerate(outlines):
            for uid in outline.rows:
                self._homes[uid].append(number)

    def read(self) -> NewLinks:
        """All links of the scenario."""
        for number, outline in enumerate(self._outlines):
            for uid, task in outline.rows.items():
                held = list(outline.below(uid)) if outline.is_summary(uid) else [uid]
                held = [each for each in held if each in outline.leaves]
                held = [each for each in held if not outline.is_span(each)]
                if held:
                    for link in task.links:
                        self._link(number, task, held, link)
        return self._found

    def _link(self, number: int, task: SourceTask, held: list[int], link: SourceLink) -> None:
        """One link of the file, into all tasks that it holds."""
        home = self._home(number, link)
        if home is None:
            what = LOST_EXTERNAL if link.external else LOST_MISSING
            for uid in held:
                self._losses.add(what, self._places.full[number, uid])
            return
        outline = self._outlines[home]
        if outline.is_span(link.pred):
            return
        if home == number and (link.pred in outline.above(task.uid) or link.pred == task.uid):
            return
        if home == number and task.uid in outline.above(link.pred):
            return
        lag = self._lag(outline, link)
        if len(held) > 1:
            held = self._unheld(number, held) if link.kind in ("FS", "SS") else held
        preds = self._preds(home, link, [(number, uid) for uid in held])
        if not preds:
            for uid in held:
                self._losses.add(LOST_MISSING, self._places.full[number, uid])
            return
        if len(preds) > 1 and len(preds) * len(held) > _MOST_PAIRS:
            key = f"{home}.{link.pred}"
            if key not in self._found.gates:
                self._found.gates[key] = self._gate(outline.rows[link.pred].name, preds)
            for uid in held:
                self._found.of[number, uid].append(NewLink(key, link.kind, lag))
            return
        for uid in held:
            self._found.of[number, uid].extend(NewLink(pred, link.kind, lag) for pred in preds)

    def _gate(self, summary: str, preds: list[Ref]) -> Gate:
        """The milestone at the end of a summary, in the project of the last task that it awaits."""
        project = self._places.full[preds[-1]].partition(".")[0]
        inside = [e.partition(".") for e in self._places.full.values()]
        taken = [own for home, _, own in inside if home == project]
        taken += [gate.id.partition(".")[2] for gate in self._found.gates.values()]
        name = f"{summary} done"
        return Gate(f"{project}.{Ids(*taken).new(name, 'summary')}", name, tuple(preds))

    def _home(self, number: int, link: SourceLink) -> int | None:
        """The project of the file that holds a predecessor, the successor's own before others."""
        homes = self._homes.get(link.pred, [])
        if not link.external and number in homes:
            return number
        others = [each for each in homes if each != number]
        named = [each for each in others if self._outlines[each].project.name == link.external]
        likely = named or others
        return likely[0] if len(likely) == 1 else None

    def _preds(self, home: int, link: SourceLink, held: list[Ref]) -> list[Ref]:
        """The tasks that a predecessor stands for: itself, or those of a summary that count."""
        outline = self._outlines[home]
        if not outline.is_summary(link.pred):
            return [(home, link.pred)] if link.pred in outline.leaves else []
        below = [uid for uid in outline.below(link.pred) if not outline.is_span(uid)]
        if link.kind in ("SS", "SF") and below:
            for each in held:
                self._losses.add(FIRST_OF_SUMMARY, self._places.full[each])
            return [(home, min(below, key=lambda uid: _start(outline.rows[uid])))]
        return [(home, uid) for uid in self._last(outline, below)]

    def _last(self, outline: Outline, below: list[int]) -> Iterator[int]:
        """The tasks of a summary that no other one of it waits for to the end."""
        inside = set(below)
        awaited = {
            link.pred
            for uid in below
            for link in outline.rows[uid].links
            if link.pred in inside
            and link.kind in ("FS", "FF")
            and not _leads(link)
            and not _is_fixed(outline.rows[uid])
        }
        return (uid for uid in below if uid not in awaited)

    def _unheld(self, number: int, held: list[int]) -> list[int]:
        """The tasks of a summary that do not wait for another one of it anyway."""
        outline, inside = self._outlines[number], set(held)
        return [
            uid
            for uid in held
            if not any(
                link.pred in inside
                and not link.external
                and link.kind in ("FS", "SS")
                and not _leads(link)
                and not _is_fixed(outline.rows[link.pred])
                for link in outline.rows[uid].links
            )
        ]

    def _lag(self, outline: Outline, link: SourceLink) -> Amount | None:
        """A lag, without one that is nothing; shares of clock time as the clock time they are."""
        lag = link.lag
        if lag is None or not lag.value:
            return None
        pred = outline.rows[link.pred]
        whole = outline.is_summary(link.pred) or (pred.duration and is_elapsed(pred.duration))
        if lag.unit != "e%" and not (lag.unit == "%" and whole):
            return lag
        if pred.duration is None:
            return None
        hours = hours_of(pred.duration, outline.project) * lag.value / 100
        elapsed = lag.unit == "e%" or is_elapsed(pred.duration)
        return Amount(hours, "eh" if elapsed else "h")


def _leads(link: SourceLink) -> bool:
    return link.lag is not None and link.lag.value < 0


def _is_fixed(task: SourceTask) -> bool:
    """Whether dates of its own may take a task away from what its links ask for."""
    return task.manual or task.actual_start is not None or task.constraint not in (
        "", "AS_SOON_AS_POSSIBLE", "START_NO_EARLIER_THAN", "FINISH_NO_EARLIER_THAN",
    )  # fmt: skip


def _start(task: SourceTask) -> datetime:
    return task.early_start or task.start or datetime(9999, 1, 1)
