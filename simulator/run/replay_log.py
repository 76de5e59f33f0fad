"""What happened in one future, told event by event: when, to which task, waiting for what."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.run.replay import Replay, window_of
from simulator.run.replay_reasons import Reasons
from simulator.run.replay_words import Words, counted_units, listed, units

EVENTS = (
    "arrives", "meets", "refused", "approved", "finishes", "stopped", "absent", "ready", "starts",
    "waits",
)  # fmt: skip
"""In the order in which they are told of one instant."""
PROGRAM = "program"
"""In place of a task: what happens to all of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; `at` in milliseconds from program start.

    `waiting_for` are ids of pools, boards, risks or calendars.
    """

    at: float
    task: str
    event: str
    waiting_for: tuple[str, ...]
    text: str


class _Line(NamedTuple):
    """An entry, and where it stands among those of its instant."""

    at: float
    rank: int
    row: int
    entry: Entry


def log_of(replay: Replay) -> list[Entry]:
    """Everything that happened, in order."""
    return _Log(replay).entries()


class _Log:
    """Collects the lines of one replay."""

    def __init__(self, replay: Replay) -> None:
        self._replay, self._network = replay, replay.plan.network
        self._words, self._reasons = Words(replay.plan), Reasons(replay)
        self._lines: list[_Line] = []

    def entries(self) -> list[Entry]:
        """The whole log; the program's own line comes last of its instant."""
        rows = self._network.rows
        for row, state in enumerate(self._replay.watch.states):
            if rows.span[row]:
                continue
            if state.exists:
                self._row(row)
            elif not rows.round[row]:
                self._absent(row)
        self._turns()
        self._arrivals()
        found = [line.entry for line in sorted(self._lines, key=lambda line: line[:3])]
        return self._ended(found)

    def _note(
        self, at: float, row: int, event: str, text: str, waiting_for: tuple[str, ...] = ()
    ) -> None:
        entry = Entry(at, self._words.task(row), event, waiting_for, text)
        self._lines.append(_Line(at, EVENTS.index(event), row, entry))

    def _ended(self, entries: list[Entry]) -> list[Entry]:
        at = self._replay.finish
        if not np.isfinite(at):
            last = max((entry.at for entry in entries), default=0.0)
            return [*entries, Entry(last, PROGRAM, "stopped", (), "the program never finishes")]
        place = next((k for k, entry in enumerate(entries) if entry.at > at), len(entries))
        done = Entry(at, PROGRAM, "finishes", (), "the program finishes")
        return [*entries[:place], done, *entries[place:]]

    # -- rows --------------------------------------------------------------------------------

    def _row(self, row: int) -> None:
        """What happened to a row that exists."""
        state, name = self._replay.watch.states[row], self._words.row(row)
        waits = (self._held_back(row), self._looked_for_window(row), self._queued(row))
        reason = self._reasons.of(row)
        how = next((said for said in reversed(waits) if said), f": {reason}")
        if any(waits):
            self._note(state.asked, row, "ready", f"{name} is ready: {reason}")
        if state.finish == state.start and not state.stopped:
            verb = "is reached" if self._is_milestone(row) else "starts and ends"
            self._note(state.finish, row, "finishes", f"{name} {verb}{how}")
            return
        hit = self._reasons.hits(row)
        hits = f"; hit by {listed(hit)}" if hit else ""
        self._note(state.start, row, "starts", f"{name} starts{how}{hits}")
        if state.stopped:
            self._note(state.finish, row, "stopped", f"{name} is stopped unfinished")
            return
        if state.meetings:
            self._before_board(row)
            return
        text = f"{name} finishes after {self._words.work(row, state.work)}"
        self._note(state.finish, row, "finishes", text)

    def _is_milestone(self, row: int) -> bool:
        tasks = self._network.tasks
        return tasks[int(self._network.rows.task[row])].kind == "milestone"

    def _absent(self, row: int) -> None:
        """Why a task is not there."""
        state, name = self._replay.watch.states[row], self._words.row(row)
        if state.stopped:
            self._note(state.start, row, "stopped", f"{name} is stopped before it starts")
        else:
            self._note(state.start, row, "absent", f"{name} {self._reasons.absence(row)}")

    # -- waits -------------------------------------------------------------------------------

    def _held_back(self, row: int) -> str:
        """How a row starts that risks held back when all else was ready; empty if none did."""
        state = self._replay.watch.states[row]
        if not state.ready > state.asked:
            return ""
        risks = tuple(self._reasons.holding_back(row))
        until = self._words.instant(state.ready)
        text = f"{self._words.row(row)} is held back until {until} by {listed(risks) or 'risks'}"
        self._note(state.asked, row, "waits", text, risks)
        return ", no longer held back"

    def _looked_for_window(self, row: int) -> str:
        """How a row starts that waited for a window of its own; empty if it did not."""
        state = self._replay.watch.states[row]
        window = window_of(self._replay, row)
        if window is None:
            return ""
        calendar, begin, end = window
        unbroken = row in self._network.unfolding.unbroken
        work = f" of {self._words.work(row, state.work)} without a break" if unbroken else ""
        until = self._words.instant(end)
        text = f"{self._words.row(row)} waits until {until} for a window{work} in {calendar}"
        self._note(begin, row, "waits", text, (calendar,))
        return " as its window opens"

    def _queued(self, row: int) -> str:
        """How a row starts that waited for units; empty if it did not."""
        pools, waiting = self._network.pools, self._replay.schedule.waiting
        if pools is None or waiting is None or row not in self._replay.waits():
            return ""
        parts = []
        for k in range(int(pools.first[row]), int(pools.first[row + 1])):
            if waiting[k, 0] > 0:
                long = self._words.work(row, float(waiting[k, 0]))
                parts.append(f"{long} for {self._words.pool(int(pools.pool[k]))}")
        return f" after waiting {listed(parts)}" if parts else ""

    def _turns(self) -> None:
        """What rows waited for in turns in vain; told again when that changes."""
        pools, told = self._network.pools, dict[int, tuple[int, ...]]()
        for turn in self._replay.watch.turns:
            if told.get(turn.row) == turn.short or pools is None:
                continue
            again = " now" if turn.row in told else ""
            told[turn.row] = turn.short
            parts = [
                self._shortage(turn.row, turn.at, pool, holders)
                for pool, holders in zip(turn.short, turn.holders, strict=True)
            ]
            text = f"{self._words.row(turn.row)}{again} waits for {' and for '.join(parts)}"
            ids = tuple(pools.ids[pool] for pool in turn.short)
            self._note(turn.at, turn.row, "waits", text, ids)

    def _arrivals(self) -> None:
        """What arrived while a task ran."""
        for number, rate in enumerate(self._replay.durations.inside.rates):
            for at in self._reasons.arrivals(number):
                text = f"{rate.id} arrives while {self._words.row(rate.row)} goes on"
                self._note(at, rate.row, "arrives", text)

    def _shortage(self, row: int, at: float, pool: int, holders: tuple[int, ...]) -> str:
        """How much a row needs of a pool, and who holds it."""
        text = counted_units(self._needed(row, pool), self._words.pool(pool))
        if holders:
            names = [
                f"{self._words.row(other)} ({units(self._needed(other, pool))})"
                for other in holders
            ]
            return f"{text}; held by {listed(names)}"
        return f"{text}; there are {units(self._reasons.capacity(pool, at))}"

    def _needed(self, row: int, pool: int) -> int:
        pools = self._network.pools
        assert pools is not None
        own = range(int(pools.first[row]), int(pools.first[row + 1]))
        return next(int(pools.units[k]) for k in own if pools.pool[k] == pool)

    # -- boards ------------------------------------------------------------------------------

    def _before_board(self, row: int) -> None:
        """How a row that is done comes before its board, until that approves."""
        state, task = self._replay.watch.states[row], self._network.unfolding.board_tasks[row]
        board, name = self._network.unfolding.boards[task.board], self._words.row(row)
        first = self._words.instant(state.meetings[0])
        text = f"{name} waits for {board.name}, which it can catch on {first}"
        self._note(state.done, row, "waits", text, (board.id,))
        for at, due in zip(board.meetings.tolist(), board.cutoffs.tolist(), strict=True):
            if state.done <= at < state.meetings[0]:
                text = f"{board.name} meets without {name}: papers were due"
                self._note(at, row, "meets", f"{text} {self._words.instant(due)}", (board.id,))
        for at, following in zip(state.meetings[:-1], state.meetings[1:], strict=True):
            again = f"{self._words.work(row, task.again)} again, and then" if task.again else "then"
            text = f"{board.name} refuses {name}: {again} the meeting of"
            text = f"{text} {self._words.instant(following)}"
            self._note(at, row, "refused", text, (board.id,))
        self._note(state.finish, row, "approved", f"{board.name} approves {name}", (board.id,))
        self._note(state.finish, row, "finishes", f"{name} finishes")
