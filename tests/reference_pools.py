"""Dispatching as a person would do it: one iteration, instant by instant, rows that only follow.

It knows what `tests.reference` knows and finite pools, whose units hits and arrivals may take; all
links are FS without leads, so that what a row waits for is over when it becomes ready.
"""

from dataclasses import dataclass, field
from math import inf

from simulator.plan.plan import NONE
from tests.reference import Doing, Reference, after


@dataclass
class Asking:
    """A row that asks for units from an instant on."""

    at: float
    ready: float
    version: int
    doing: Doing | None
    fell: list[bool] = field(default_factory=list)


class Dispatched(Reference):
    """One iteration with finite pools."""

    def _fill(self) -> None:
        pools = self.network.unfolding.pools
        assert pools is not None
        self.pools, self.left = pools, set(range(len(self.rows)))
        self.asking: dict[int, Asking] = {}
        self.held: list[tuple[float, int, int]] = []
        """(until when, pool, units)."""
        now = -inf
        while self.left:
            while self._know() or self._turns(now):
                pass
            if self.left:
                now = self._next(now)

    def _know(self) -> bool:
        """Place the rows that are known and need nothing; let the others ask."""
        links, known = self.network.links, False
        for row in sorted(self.left - self.asking.keys()):
            before = {int(links.pred[link]) for link in links.into(row)}
            reads = self.network.unfolding.conditions.get(row, ())
            if self.left & (before | {each.read for each in reads}):
                continue
            known = True
            absent = self._absent(row)
            if absent is not None or not self._needs(row):
                self.rows[row] = absent or self._row(row)
                self.left.remove(row)
                continue
            version = self._version(row)
            doing = self._doing(row, version)
            work = self._work(row, version) if doing is None else doing.work()
            ready = self._ready(row, work, version, doing)
            self.asking[row] = Asking(self._run(row, ready, work)[0], ready, version, doing)
        return known

    def _needs(self, row: int) -> list[tuple[int, int]]:
        part = range(int(self.pools.first[row]), int(self.pools.first[row + 1]))
        return [(int(self.pools.pool[k]), int(self.pools.units[k])) for k in part]

    def _turns(self, now: float) -> bool:
        """Give each row that asks its turn; whether one of them started or gave it up."""
        self.held = [each for each in self.held if each[0] > now]
        changed = False
        for row in sorted(self.asking, key=lambda each: int(self.pools.order[each])):
            asking = self.asking[row]
            free = all(self._free(pool, now) >= units for pool, units in self._needs(row))
            if asking.at <= now and self._may(row, now) == now and free:
                self._turn(row, asking, now)
                changed = True
        return changed

    def _work_of(self, row: int) -> float:
        asking = self.asking[row]
        return self._work(row, asking.version) if asking.doing is None else asking.doing.work()

    def _may(self, row: int, at: float) -> float:
        """The first instant from `at` on at which a row may start."""
        return at if at == -inf else self._run(row, at, self._work_of(row))[0]

    def _turn(self, row: int, asking: Asking, now: float) -> None:
        """Judge the hits that are left, and start the row unless one of them keeps it."""
        hits = self.durations.inside.windows.get(row, ())
        for hit in hits[len(asking.fell) :]:
            end = self._approved(row, self._done(row, now, self._work_of(row)))
            asking.fell.append(self._falls(hit, now, end, asking.version))
            if asking.fell[-1] and asking.doing is not None:
                asking.doing.take(hit.amounts, (asking.version, self.i))
                ready = self._ready(row, asking.doing.work(), asking.version, asking.doing)
                asking.ready = max(asking.ready, ready)
                asking.at = self._may(row, max(asking.ready, now))
                if asking.at > now:
                    return
        done, work = self._done(row, now, self._work_of(row)), self._work_of(row)
        left = (asking.doing, work, asking.version, asking.fell)
        self.rows[row] = made = self._started(row, now, done, left)
        self.held += [(made.finish, pool, units) for pool, units in self._needs(row)]
        self.held = [each for each in self.held if each[0] > now]
        self.left.remove(row)
        del self.asking[row]

    def _done(self, row: int, start: float, work: float) -> float:
        own = self._own(row)
        return start + work if own is None else after(own, start, work) if work else start

    def _changes(self) -> list[tuple[float, float, int, int]]:
        """(begin, end, pool, units) of every hit on units."""
        inside, found = self.durations.inside, []
        for hit in inside.units:
            begin, end = float(hit.begin[self.i]), float(hit.end[self.i])
            found.append((begin, end, hit.pool, int(hit.units[self.i])))
        for lost in inside.lost:
            lasts = float(lost.lasts[self.i])
            for at in self.arrivals[lost.rate]:
                if at == inf or not lost.window[0] <= at <= lost.window[1]:
                    continue
                clock = lost.calendar == NONE or lasts in {0.0, inf}
                end = at + lasts if clock else after(self.spells[lost.calendar], at, lasts)
                version = sum(at >= threshold for threshold in lost.thresholds)
                found.append((at, end, lost.pool, int(lost.units[version, self.i])))
        return found

    def _free(self, pool: int, now: float) -> int:
        """The units that nobody holds."""
        at, units = self.pools.capacity(pool)
        capacity = [int(u) for a, u in zip(at, units, strict=True) if a <= now][-1]
        capacity += sum(u for b, e, p, u in self._changes() if p == pool and b <= now < e)
        return max(capacity, 0) - sum(u for until, p, u in self.held if p == pool and until > now)

    def _next(self, now: float) -> float:
        """The next instant at which something may happen."""
        marks = {each for change in self._changes() for each in change[:2]}
        marks |= {float(at) for at in self.pools.step_at} | {until for until, _, _ in self.held}
        marks |= {asking.at for asking in self.asking.values()}
        marks |= {self._may(row, now) for row, asking in self.asking.items() if asking.at <= now}
        return min(mark for mark in marks if mark > now)
