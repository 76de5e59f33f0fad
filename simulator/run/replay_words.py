"""How a replay says instants, stretches of time, units and names."""

from collections.abc import Sequence
from datetime import datetime

from simulator.plan.compile import Plan
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
THOUSANDTHS = 1000


class Words:
    """The words of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._network = plan.network

    def instant(self, ms: float) -> str:
        """An instant as `Mon 4 Jan 2027 09:00`."""
        return instant_text(self._plan.clock.date(ms))

    def row(self, row: int) -> str:
        """The id of a row's task, and which round of rework it is."""
        rows = self._network.rows
        round_ = int(rows.round[row])
        name = self.task(row)
        if not round_:
            return name
        cause = rows.ids[row].partition("/")[0]
        again = f"round {round_} of rework"
        return f"{name} ({again})" if cause == name else f"{name} ({again} of {cause})"

    def task(self, row: int) -> str:
        """The id of a row's task."""
        return self._network.tasks[int(self._network.rows.task[row])].id

    def pool(self, pool: int) -> str:
        """The name of a pool."""
        pools = self._network.pools
        assert pools is not None
        return shown(self._plan.scenario.pools[pools.ids[pool]].name, pools.ids[pool])

    def work(self, row: int, ms: float) -> str:
        """A stretch of a row's working time; of calendar time where it runs on the clock."""
        index = int(self._network.rows.calendar[row])
        if index < 0:
            return clock_time(ms)
        return stretch(ms, self._network.calendar(index).hours_per_day * MS_PER_HOUR, "of work")


def shown(name: str, key: str) -> str:
    """A name, or what an id says."""
    return name or key.replace("_", " ").capitalize()


def instant_text(at: datetime) -> str:
    """An instant as `Mon 4 Jan 2027 09:00`."""
    day = f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"
    return f"{day} {at:%H:%M}"


def clock_time(ms: float) -> str:
    """A stretch of calendar time."""
    return stretch(ms, MS_PER_DAY, "by the clock")


def stretch(ms: float, day: float, kind: str) -> str:
    """A stretch of time in days of so many milliseconds, or in hours."""
    if ms >= 2 * day:
        return f"{ms / day:.1f} days {kind}"
    return f"{ms / MS_PER_HOUR:.1f} h {kind}"


def units(thousandths: int) -> str:
    """Units of a pool, without their name."""
    return f"{thousandths / THOUSANDTHS:g}"


def counted_units(thousandths: int, pool: str) -> str:
    """Units of a pool: `2 units of Architects`."""
    return f"{units(thousandths)} unit{'' if thousandths == THOUSANDTHS else 's'} of {pool}"


def listed(names: Sequence[str]) -> str:
    """Names one after the other: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
