"""What goes into an engine and what comes out: durations and a schedule.

Shapes: `T` rows, `L` links, `N` iterations of a block; instants and times in whole milliseconds.

The rules that every engine follows, for each iteration, rows in the plan's order:

1. A link asks for an instant: its predecessor's start or finish, moved by its lag in its calendar.
   To an absent row it asks without the lag.
2. A present row asks for the latest of program start (0), its start floor, its FS and SS links and,
   through its work, of its finish floor and its FF and SF links: with work w in calendar c that
   is the position max(W(start bounds), W(finish bounds) - w), W = working time of c. The instant
   asked for is the latest start bound where that decides, else the start of that position.
   A hard cap then wins over all of it.
3. Waits move the asked instant: elapsed waits on the clock, then working waits in c.
4. `versions` (dated mitigations): the start as judged with the row's first version and without
   that version's own waits chooses the version whose work and waits hold.
5. The row starts at the first working instant at or after that and finishes at the earliest
   instant by which its work is done. A row on the clock starts where it is asked to, at the next
   working time of its `snap` calendar if it has one. Without work it is an instant.
6. A stopped row: with its start at or after the stop it is absent, and if it runs at the stop it
   ends there. An instant at the stop itself stays, unless a row it waits for was stopped. A stop
   by the start of rows it hits is settled in between, and holds for those rows too. With `rerun`
   it comes at the earliest start of such a row (with `windows`: of one whose run overlaps its
   window) in the schedule without it, and all is scheduled anew with it: of several the earliest
   first, then that of the first row, then the first in order.
7. An absent row passes on the latest instant that its links ask for.
8. A span lasts from the first start to the last finish of the rows it spans; it never drives.
9. A row under conditions exists only if each of them is met by the start or finish of the row it
   reads; a task that does not exist neither starts nor finishes, so `after` and `before` are false.
10. An unbroken row with work starts at the first position p >= its own at which the rest of the
   spell of working time holds all its work. If it is longer than every spell to come, it starts
   with the first spell that is as long as the longest of a plain week, and is interrupted.
11. A row of a board is ready when its own work is done (rule 5) and ends at the first meeting whose
   cut-off is not before that. Refused, it does `again` of work in its calendar from the meeting
   on (none: it is ready at the meeting) and ends at the next meeting, after the one before, that it
   can catch. Its work is then the working time from its start to its end. Without work of its own
   it starts at the instant asked for.

With finite pools (`Network.pools`) rows are dispatched in time, instead of in the plan's order:

12. A row is known once the rows its links come from have started, or are known to be absent, and
   those its conditions read are known as far as they are read; then rules 1 to 4, 7 and 9 give the
   instant at which it is ready, moved to the first instant at which it may start by rule 5 (and
   10). It asks at that instant, or at the instant at which it became known, if that is later; by
   the start that it would have then rule 4 chooses its version. Rows without needs start then. A
   hit on the first of several rows falls once one of them is ready, and that one starts no
   earlier, whatever its delay makes of finish bounds.
13. A row with needs asks where rule 5 lets it start: at working instants of its calendar; on the
   clock, or without work, at those of its `snap` calendar, or always if it has none. It starts at
   the first at which, in its turn, all its needs fit: needs <= units of the pool then, less those
   held. It may have to be unbroken: then it asks only where it fits. It holds its units from its
   start to its finish; a row without work starts, holds and ends at once. Units that fall take
   none away. A row with work that waits at its stop is absent from then on (rule 6); one without
   work if it does not start in its turns at the stop either.
14. At one instant: rows that finish give their units back; rows that become known, or ready, ask or
   start; rows that need nothing and have no work finish in the same instant, in cascade; then those
   that ask get their turn in `Pools.order`. All this repeats until nothing happens any more.
15. A row that could not start in its turn waits: each instant of `ready` to start is charged to one
   pool that was short in the last turn, the first in declared order, until that pool suffices in a
   turn; then to the first that is short. `waiting` is measured in working time of the row. `short`
   are the bits of the pools that were short in its last turn in vain, 0 if it started in its first.
   A row that a stop keeps from starting waited for nothing and was short of nothing.

Hits with a window, hits of rates and hits on units (`Durations.inside`) are settled inside:

16. Windows. Once a row's version is chosen (rule 4, without rules 16 and 17) and what rates bring
   it is settled (rule 17), its `windows` are judged in order, each with all before it and without
   itself: rules 2, 3, 5, 10 and 11 give the row's run. The hit falls where it occurs and the run
   overlaps [begin, end]: start < end and finish > begin if finish > start, else begin <= start <=
   end. Where it fell, the row's exact work is multiplied by `factor`, `delay` is added to its
   delays and the waits to its settled waits. Then work = max(rint(max(exact, 0)) + delays, 0), to
   which the delays of hits on the first row are added as ever, each followed by max(., 0). The
   settled waits come after those of rule 3 and those of the version: their sum on the clock, then
   their sum in working time. A hit never brings the row forward: the instant from which rule 5
   starts is at least the one by which the hit was judged. On an absent row nothing falls. A row
   that repeats another one's work has exact = (exact of that row in its own version) times each
   factor that fell on that row by rules 16 and 17, in order, times its share.
   Dispatched, a row without needs is judged when it becomes known. A row with needs is judged in
   its turn, once they fit, by the run that would start at that instant. If by what fell it may
   only start later, it gives up its turn, asks as one that becomes ready then, and the hits left
   are judged in the turn in which it fits; what has been judged stays. Nothing of the time between
   is charged to pools that were short before, and its next turn counts as its first (`short`).
17. Rates. Arrival k of a rate comes `since[k]` after the start of its row: on the clock, or as the
   earliest instant by which that much working time of its calendar has passed. The arrivals of all
   rates of a row, by instant, then rate, then k, happen one by one as long as they come before its
   finish: the row's hits of that rate are applied in order (exact *= factor, delays += delay), and
   work as in rule 16 and the finish by rules 5 and 11 follow anew from the same start, whether it
   still fits by rule 10 or not. The first that does not come before it ends that. On an absent
   row nothing arrives; a stop takes away what arrives at or after it. What comes outside the
   `window` of its rate (both ends included) does not happen, and outside that of a hit the hit does
   not fall. If the last arrival that is drawn for a rate comes, and no later than its window ends,
   the run is given up with an error. Another row on which a rate has hits waits for the finish of
   the rate's row. When it is placed (or known), for each of its hits in order, with n = arrivals
   that happened in the hit's window: exact is multiplied n times by `factor`, delays get n * delay,
   its settled waits n times the waits.
18. Units. A pool has max(0, units of its step + sum of the units of all hits for which begin <= t
   < end) at t: those of `Inside.units`, and for each arrival at `a` of the rate of each of
   `Inside.lost` in its window: begin = a, end = the instant by which `lasts` has passed in its
   calendar (+inf: never), units of version k where `thresholds[k - 1]` <= a < `thresholds[k]`.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulator.plan.plan import NONE, Bools, Ints
from simulator.plan.work_calendar import Floats


@dataclass(frozen=True, slots=True)
class Waits:
    """Time a row must wait once all it waits for has happened, each (N,); None is none."""

    elapsed: Floats | None = None
    working: Floats | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """A row under dated mitigations: version k holds for starts from `thresholds[k - 1]` on.

    `thresholds` (K - 1,), the others (K, N). The waits come on top of the row's other waits.
    """

    thresholds: Floats
    work: Floats
    elapsed: Floats
    working: Floats


@dataclass(frozen=True, slots=True)
class FirstHit:
    """A hit on the one of several rows that becomes ready first.

    Candidates (C,) in declared order; the amounts (K, C, N) hold for the winner's judged start
    like `Versions` and are 0 where the risk does not occur. `delay` adds to its work, the waits to
    its waits. Readiness is the instant asked for, with the waits of hits settled before and without
    this hit's own; ties go to the first declared.
    """

    candidates: Ints
    thresholds: Floats
    delay: Floats
    elapsed: Floats
    working: Floats


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a project: at `at` (N,), +inf where it goes on; or by the start of rows it hits.

    With `hit_rows` the stop is the earliest start of those that exist, where `occurs` (K, N) says
    so for the version, as in `Versions`, of that start; it is settled before the row that
    `Network.stop_before` names, or, with `rerun`, by scheduling once more. Then `hit_rows` may name
    a row several times, and `windows` (2, H) are when the window of each begins and ends.
    """

    rows: Bools
    at: Floats | None = None
    hit_rows: Ints | None = None
    occurs: Bools | None = None
    thresholds: Floats | None = None
    whole_program: bool = False
    rerun: bool = False
    windows: Floats | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """What one hit does to one row, each (K, N) for its K versions (1 without `Versions`).

    None is nothing; they hold whether the hit occurs or not.
    """

    factor: Floats | None = None
    delay: Floats | None = None
    elapsed: Floats | None = None
    working: Floats | None = None


Window = tuple[float, float]
"""When something may happen: from an instant to another, both included."""
ANY_TIME: Window = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class WindowHit:
    """A hit on a row whose run overlaps `begin` to `end`; `occurs` (K, N) as in `Amounts`."""

    begin: float
    end: float
    occurs: Bools
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Rate:
    """Arrivals while a row runs: `since` (A, N) its start, ascending, in time of a calendar.

    `id` is the risk's; `calendar` is `NONE` for the clock. The first comes at least a millisecond
    after the start, and each at least a millisecond after the one before.
    """

    id: str
    row: int
    since: Floats
    calendar: int
    window: Window = ANY_TIME


@dataclass(frozen=True, slots=True)
class RateHit:
    """What each arrival of a rate does to a row: to its own, or to one that waits for it.

    On its own row there are no waits.
    """

    rate: int
    amounts: Amounts
    window: Window = ANY_TIME


@dataclass(frozen=True, slots=True)
class Exact:
    """Work before rounding (K, N) of a row that rules 16 and 17 change, and its delays.

    With `repeats`, a row, it is the work of that row, in versions of the row that repeats it, and
    `share` (N,) is how much of it is repeated.
    """

    work: Floats
    delays: Floats
    repeats: int = NONE
    share: Floats | None = None


@dataclass(frozen=True, slots=True)
class UnitsHit:
    """Thousandths of a unit (N,) that a pool has more (or less) from `begin` to `end`, each (N,).

    `begin` is +inf where the risk does not occur, `end` is +inf for ever.
    """

    pool: int
    units: npt.NDArray[np.int64]
    begin: Floats
    end: Floats


@dataclass(frozen=True, slots=True)
class UnitsOfRate:
    """The same for each arrival of a rate: `units` (K, N) by version, for `lasts` (N,).

    `calendar` is `NONE` for the clock; `lasts` is +inf for ever. `thresholds` as in `Versions`.
    """

    pool: int
    rate: int
    thresholds: Floats
    units: npt.NDArray[np.int64]
    lasts: Floats
    calendar: int
    window: Window = ANY_TIME


@dataclass(frozen=True, slots=True)
class Inside:
    """What is settled inside the schedule: windows, rates, units; by row where it falls on rows."""

    exact: dict[int, Exact] = field(default_factory=dict)
    """Every row with windows or hits of rates, and every row that repeats the work of one."""
    windows: dict[int, tuple[WindowHit, ...]] = field(default_factory=dict)
    rates: tuple[Rate, ...] = ()
    hits: dict[int, tuple[RateHit, ...]] = field(default_factory=dict)
    units: tuple[UnitsHit, ...] = ()
    lost: tuple[UnitsOfRate, ...] = ()


NOTHING_INSIDE = Inside()


@dataclass(frozen=True, slots=True)
class Durations:
    """Everything that one block's schedule depends on besides the network.

    `work` (T, N) is working time of each row; rows in `versions` take theirs from there.
    """

    work: Floats
    exists: Bools
    lags: Floats
    """Drawn lags (K, N): milliseconds, or shares of the predecessor's work."""
    dates: Floats
    """Drawn floors (K, N)."""
    waits: dict[int, Waits]
    versions: dict[int, Versions]
    firsts: tuple[FirstHit, ...]
    stops: tuple[Stop, ...]
    inside: Inside = NOTHING_INSIDE

    @property
    def iterations(self) -> int:
        """N."""
        return int(self.work.shape[1])


@dataclass(frozen=True, slots=True)
class Schedule:
    """When everything happens, each (T, N)."""

    start: Floats
    finish: Floats
    exists: Bools
    """Present after branches, rework and stops."""
    work: Floats
    """Working time done; 0 for absent rows."""
    asked: Floats
    """The instant that links and constraints asked for, before waits."""
    stopped: npt.NDArray[np.bool_] | None
    """Rows that a stop made absent or cut short; None where nothing can stop."""
    chosen: dict[int, Ints]
    """For each row with versions: the version that held, (N,)."""
    stop_at: Floats | None = None
    """When each of `Durations.stops` comes, (S, N), +inf where it does not; None without any."""
    position: Floats | None = None
    """Working time of each row's calendar at its start, (T, N), where the engine keeps it."""
    waiting: Floats | None = None
    """How long rows waited for each of their needs, (K, N) as `Pools`; None without pools."""
    short: npt.NDArray[np.int64] | None = None
    """Bits of the pools that kept each row from starting in its last turn in vain, (T, N)."""
    fell: dict[int, Bools] = field(default_factory=dict)
    """For each row of `Inside.windows`: on which iterations each of its hits fell, (H, N)."""
    arrivals: tuple[Floats, ...] = ()
    """For each of `Inside.rates`: the instants of its arrivals (A, N), +inf where none happened."""
    lived: bool = False
    """Whether the compiled engine had to leave it to SimPy, one iteration after the other."""
