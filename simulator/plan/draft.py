"""A network being laid out: rows and links by column, before their order is known."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.plan.context import Operand
from simulator.plan.plan import NONE
from simulator.scenario.columns import TaskLinks
from simulator.scenario.program import Scenario


class DraftLag(NamedTuple):
    """The lag of a link: fixed, drawn, or a share of the predecessor's work."""

    lag: Operand
    share: bool


class DraftLink(NamedTuple):
    """A link between rows by number, told in full.

    `share_of` is the row whose work a percentage is of: the first of the predecessor.
    """

    place: int
    """After which of the links as written it comes."""
    pred: int
    succ: int
    kind: int
    calendar: int
    share_of: int


_Column = npt.NDArray[np.intp]


def _no_links() -> _Column:
    return np.zeros(0, dtype=np.intp)


@dataclass(slots=True)
class DraftLinks:
    """Links (L,) by column, between rows by number; `lags` are those of links that have one."""

    told: list[DraftLink] = field(default_factory=list)
    """What `settle` will put among the links of plain tasks."""
    lags: dict[int, DraftLag] = field(default_factory=dict)
    """By the link's place in `told`, and once settled by its number."""
    pred: _Column = field(default_factory=_no_links)
    succ: _Column = field(default_factory=_no_links)
    kind: _Column = field(default_factory=_no_links)
    calendar: _Column = field(default_factory=_no_links)
    share_of: _Column = field(default_factory=_no_links)

    def settle(
        self,
        plain: TaskLinks,
        ends: tuple[list[int], list[int]],
        calendars: list[int],
        *,
        by_succ: bool,
    ) -> None:
        """Fill the columns in the order as written, from the calendar of each row.

        `ends` are the rows of each row's start and finish.
        """
        share_of, succ, kind = plain.pred, plain.succ, plain.kind
        calendar = np.array(calendars, dtype=np.intp)[succ if by_succ else share_of]
        first, last = (np.array(rows, dtype=np.intp)[share_of] for rows in ends)
        pred = np.where(kind & 1, first, last)
        share_of = np.where(kind & 1, first, share_of)
        columns = [pred, succ, kind, calendar, share_of]
        if self.told:
            place, *told = np.array(self.told, dtype=np.intp).T
            order = np.argsort(np.concatenate([plain.place, place]), kind="stable")
            columns = [np.concatenate(pair)[order] for pair in zip(columns, told, strict=True)]
            number = np.empty_like(order)
            number[order] = np.arange(len(order))
            before = len(plain.place)
            self.lags = {int(number[before + k]): lag for k, lag in self.lags.items()}
        self.pred, self.succ, self.kind, self.calendar, self.share_of = columns


@dataclass(slots=True)
class DraftNetwork:
    """Rows by column before their order is known: tasks as declared, then rounds of rework.

    `keys` name rows for ever and `number` finds them; floors and caps are those of fixed dates.
    """

    keys: list[str]
    number: dict[str, int]
    task: list[int]
    round: list[int]
    calendar: list[int]
    unit_calendar: list[int]
    snap: list[int]
    start_floor: list[float]
    finish_floor: list[float]
    caps: dict[int, tuple[float, float]] = field(default_factory=dict)
    floor_variables: dict[int, tuple[tuple[bool, Operand], ...]] = field(default_factory=dict)
    spans: list[int] = field(default_factory=list)
    links: DraftLinks = field(default_factory=DraftLinks)
    last: list[int] = field(default_factory=list)
    """The row whose finish is each task's finish."""
    done: dict[int, int] = field(default_factory=dict)
    """The row of what is done of each running task, by its number."""
    facts: dict[int, float] = field(default_factory=dict)
    """The work in milliseconds of each row that has happened."""

    @classmethod
    def of(cls, scenario: Scenario) -> "DraftNetwork":
        """A row for every task, free and without a calendar."""
        keys = list(scenario.tasks)
        count = len(keys)
        numbers = list(range(count))
        number = dict(zip(keys, numbers, strict=True))
        nowhere, free = [NONE] * count, [-np.inf] * count
        return cls(
            keys, number, numbers, [0] * count, nowhere, nowhere.copy(), nowhere.copy(), free,
            free.copy(), last=numbers.copy(),
        )  # fmt: skip

    def first(self, number: int) -> int:
        """The row whose start is a task's start."""
        return self.done.get(number, number)

    def firsts(self) -> list[int]:
        """The same of every task."""
        found = list(range(len(self.last)))
        for number, row in self.done.items():
            found[number] = row
        return found

    def parts(self, task_id: str) -> tuple[int, ...]:
        """The rows that hold a task's work: what is done of it and what remains."""
        number = self.number[task_id]
        return (self.done[number], number) if number in self.done else (number,)

    def repeat(self, key: str, row: int, round_: int) -> int:
        """One more row like another one, for a round of rework or what is done; its number."""
        number = len(self.keys)
        self.keys.append(key)
        self.number[key] = number
        self.task.append(self.task[row])
        self.round.append(round_)
        for column in (self.calendar, self.unit_calendar, self.snap):
            column.append(column[row])
        self.start_floor.append(-np.inf)
        self.finish_floor.append(-np.inf)
        return number
