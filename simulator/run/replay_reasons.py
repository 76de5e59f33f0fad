"""Why a row of a replayed future became ready when it did, was held back, hit, or is absent."""

import numpy as np

from simulator.engine.placing import link_instant
from simulator.plan.plan import FF, FS, NONE, SS
from simulator.plan.targets import WAIT_ELAPSED, WAIT_WORKING
from simulator.run.replay import Replay
from simulator.run.replay_words import Words, listed

_MOST = 3
"""Reasons told of one row; the others are counted."""


class Reasons:
    """Looks reasons up in what was replayed."""

    def __init__(self, replay: Replay) -> None:
        self._replay, self._plan = replay, replay.plan
        self._network, self._words = replay.plan.network, Words(replay.plan)
        self._floors: dict[int, list[bool]] = {}
        for row, is_finish, _ in self._network.floor_variables:
            self._floors.setdefault(row, []).append(is_finish)

    def of(self, row: int) -> str:
        """What a row waited for last: what decided the instant that it was asked for."""
        found = self._links(row)
        if len(found) > _MOST:
            found = [*found[: _MOST - 1], f"{len(found) - _MOST + 1} others too"]
        return listed(found) if found else self._date(row)

    def _links(self, row: int) -> list[str]:
        """The links that decided; behind an absent row, those that decided its instant."""
        found: list[str] = []
        for link in self._deciding(row):
            pred, kind = int(self._network.links.pred[link]), int(self._network.links.kind[link])
            there = self._replay.watch.states[pred].exists
            found += [self._said(link, row, pred, kind)] if there else self._links(pred)
        return list(dict.fromkeys(found))

    def _deciding(self, row: int) -> list[int]:
        """The links that alone would have asked a row to start when it was."""
        asked = self._replay.watch.states[row].asked
        found = []
        for link in self._network.links.into(row):
            at, placed = self._alone(link, row)
            if at == asked or placed == self._place(row, asked):
                found.append(link)
        return found

    def chain(self) -> set[int]:
        """The rows that decided when the program finished, each by what it waited for last.

        That are the links that decided, or for a row that waited for units those who gave some back
        when it started.
        """
        states, waits = self._replay.watch.states, self._replay.waits()
        rows = self._network.finish_rows.tolist()
        last = max((states[row].finish for row in rows if states[row].exists), default=np.inf)
        stack = [row for row in rows if states[row].finish == last]
        found: set[int] = set()
        while stack:
            row = stack.pop()
            if row in found:
                continue
            found.add(row)
            if row in waits:
                stack += self._releasing(row, waits[row][-1][2])
            else:
                stack += [int(self._network.links.pred[link]) for link in self._deciding(row)]
        return {row for row in found if states[row].exists}

    def _releasing(self, row: int, pool: int) -> list[int]:
        """The rows that gave units of a pool back at the start of another."""
        pools, states = self._network.pools, self._replay.watch.states
        assert pools is not None
        users = pools.rows[pools.pool == pool].tolist()
        return [each for each in users if states[each].finish == states[row].start and each != row]

    def _alone(self, link: int, row: int) -> tuple[float, float]:
        """The instant that a link alone asks a row to start at, and its working time."""
        lags, schedule = self._replay.durations.lags, self._replay.schedule
        at = float(link_instant(self._network, link, lags, schedule)[0])
        place = self._place(row, at)
        state = self._replay.watch.states[row]
        if self._network.links.kind[link] in (FS, SS) or not state.exists:
            return at, place
        work = float(self._replay.durations.work[row, 0])
        return at - work if self._network.rows.calendar[row] == NONE else np.nan, place - work

    def _place(self, row: int, at: float) -> float:
        """An instant in working time of a row."""
        index = int(self._network.rows.calendar[row])
        return (
            at if index == NONE else float(self._network.calendar(index).work_at(np.array([at]))[0])
        )

    def _said(self, link: int, row: int, pred: int, kind: int) -> str:
        links, name = self._network.links, self._words.row(pred)
        if kind not in (FS, SS):
            return f"it may not finish before {name} {'does' if kind == FF else 'starts'}"
        lagged = links.lag[link] != 0 or links.lag_variable[link] != NONE
        if not lagged and np.isnan(links.lag_share[link]):
            return f"{name} has {'finished' if kind == FS else 'started'}"
        state = self._replay.watch.states[pred]
        at, verb = (state.finish, "finish") if kind == FS else (state.start, "start")
        if self._alone(link, row)[0] < at:
            return f"{name} is to {verb} on {self._words.instant(at)}, less the lead"
        return f"{name} {verb}ed on {self._words.instant(at)}, plus the lag"

    def _date(self, row: int) -> str:
        rows, asked = self._network.rows, self._replay.watch.states[row].asked
        if asked == rows.start_floor[row] or False in self._floors.get(row, []):
            return f"it may not start before {self._words.instant(asked)}"
        if rows.finish_floor[row] > -np.inf or True in self._floors.get(row, []):
            return "it may not finish earlier than its date"
        return "the program starts" if asked == 0 else "its dates allow it"

    def hits(self, row: int) -> list[str]:
        """The risks that fell on a row; common factors, which fall on all alike, are not told."""
        found = self._occurring(row, kinds=None) | self._firsts(row) | self._inside(row)
        return [risk for risk in self._plan.scenario.risks if risk in found]

    def holding_back(self, row: int) -> list[str]:
        """The risks that make a row wait."""
        found = self._occurring(row, kinds=(WAIT_ELAPSED, WAIT_WORKING))
        found |= self._firsts(row) | self._inside(row)
        return [risk for risk in self._plan.scenario.risks if risk in found]

    def _occurring(self, row: int, kinds: tuple[str, ...] | None) -> set[str]:
        effects, version = self._plan.effects, self._replay.watch.states[row].version
        return {
            effects.risks[each.risk].id
            for each in effects.effects
            if row in each.rows
            and (kinds is None or each.kind in kinds)
            and effects.risks[each.risk].otherwise < 1
            and self._replay.draws.occurs[version, each.risk, 0]
        }

    def _firsts(self, row: int) -> set[str]:
        effects, occurs = self._plan.effects, self._replay.draws.occurs[:, :, 0]
        risks = [effects.firsts[hit].risk for hit, on in self._replay.watch.fell if on == row]
        return {effects.risks[risk].id for risk in risks if occurs[:, risk].any()}

    def _inside(self, row: int) -> set[str]:
        """The risks with windows that fell on a row, and those whose arrivals hit it."""
        effects, schedule = self._plan.effects, self._replay.schedule
        windows = [each.risk for each in effects.inside.windows if row in each.rows]
        fell = schedule.fell[row][:, 0].tolist() if row in schedule.fell else []
        found = {effects.risks[risk].id for risk, hit in zip(windows, fell, strict=True) if hit}
        inside = self._replay.durations.inside
        for hit in inside.hits.get(row, ()):
            begin, end = hit.window
            if any(begin <= at <= end for at in self.arrivals(hit.rate)):
                found.add(inside.rates[hit.rate].id)
        return found

    def arrivals(self, rate: int) -> list[float]:
        """When a rate arrived."""
        return [at for at in self._replay.schedule.arrivals[rate][:, 0].tolist() if at < np.inf]

    def absence(self, row: int) -> str:
        """Why a task does not exist."""
        conditions = self._network.unfolding.conditions.get(row, ())
        states = self._replay.watch.states
        for each in conditions:
            if not states[each.present].exists:
                return f"is not needed: {self._words.task(each.read)} is not there"
            at = states[each.read].finish if each.finish else states[each.read].start
            verb = "finishes" if each.finish else "starts"
            return f"is not needed: {self._words.task(each.read)} {verb} {self._words.instant(at)}"
        task = self._plan.scenario.tasks[self._words.task(row)]
        return f"is not on the way taken ({task.on})" if task.on else "is not needed"

    def capacity(self, pool: int, at: float) -> int:
        """Thousandths of units that there are of a pool."""
        return int(self._replay.watch.pools[0].units(pool, at))
