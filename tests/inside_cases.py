"""Random networks with all that unfolds with the schedule, laid out directly."""

from dataclasses import replace

import numpy as np

from simulator.engine.rounding import finished_work
from simulator.engine.schedule import (
    ANY_TIME,
    Amounts,
    Durations,
    Exact,
    Inside,
    Rate,
    RateHit,
    UnitsHit,
    UnitsOfRate,
    Versions,
    Waits,
    WindowHit,
)
from simulator.plan.plan import FS, NONE, SS, Network
from simulator.plan.unfolding import BoardPlan, BoardTask, Pools, RowCondition, Unfolding
from tests.networks import ALWAYS, DAY, HOUR, NIGHT, OFFICE, by_hand, lasting, random_rows

_LAST = 400.0
"""Hours up to which boards meet: far behind everything."""


def unfolding_case(
    rng: np.random.Generator, iterations: int, *, inside: bool = True
) -> tuple[Network, Durations]:
    """One to six rows with boards, conditions, unbroken rows; windows and rates if `inside`."""
    count = int(rng.integers(1, 7))
    links = [
        (int(pred), succ, int(rng.choice([FS, FS, SS, 2, 3])), random_lag(rng))
        for succ in range(1, count)
        for pred in rng.choice(succ, min(succ, int(rng.integers(0, 3))), replace=False)
    ]
    rows = random_rows(rng, count) | {"start_cap": [np.inf] * count, "finish_cap": [np.inf] * count}
    durations = random_work(rng, count, iterations)
    network = by_hand(rows, links)
    network = replace(network, unfolding=random_unfolding(rng, network))
    return network, random_inside(rng, network, durations) if inside else durations


def pools_case(rng: np.random.Generator, iterations: int) -> tuple[Network, Durations]:
    """Two to eight rows that only follow each other, and two pools that are often short."""
    count = int(rng.integers(2, 9))
    links = [
        (int(pred), succ, FS, {"lag": abs(random_lag(rng)["lag"]), "calendar": OFFICE})
        for succ in range(1, count)
        for pred in rng.choice(succ, min(succ, int(rng.integers(0, 3))), replace=False)
    ]
    free = {"start_cap": np.inf, "finish_cap": np.inf, "finish_floor": -np.inf}
    rows = random_rows(rng, count) | {key: [value] * count for key, value in free.items()}
    network = by_hand(rows, links)
    unfolding = random_unfolding(rng, network)
    conditions = {
        row: each
        for row, each in unfolding.conditions.items()
        if follows(network, row, each[0].read)
    }
    pools = random_pools(rng, count)
    network = replace(network, unfolding=replace(unfolding, conditions=conditions, pools=pools))
    durations = random_inside(rng, network, random_work(rng, count, iterations))
    return network, random_units(rng, durations)


def random_pools(rng: np.random.Generator, count: int) -> Pools:
    """One or two units of each pool, one more from some day on; needs of one or a half."""
    needs = [
        (row, pool, int(rng.choice([500, 1000])))
        for row in range(count)
        for pool in range(2)
        if rng.random() < 0.5
    ]
    rows = np.array([row for row, _, _ in needs], dtype=np.int64)
    return Pools(
        ids=("dev", "env"),
        first=np.searchsorted(rows, np.arange(count + 1)).astype(np.int32),
        pool=np.array([pool for _, pool, _ in needs], dtype=np.int32),
        units=np.array([units for _, _, units in needs], dtype=np.int64),
        step_first=np.array([0, 2, 3], dtype=np.int32),
        step_at=np.array([-np.inf, float(rng.integers(0, 200)) * HOUR, -np.inf]),
        step_units=np.array([1000, int(rng.choice([1000, 2000])), 1500], dtype=np.int64),
        order=rng.permutation(count).astype(np.int32),
        priority=np.full(count, np.inf),
        rule="declared",
    )


def random_units(rng: np.random.Generator, durations: Durations) -> Durations:
    """A hit on the units of each pool, and what the arrivals of rates take away."""
    count, inside = durations.iterations, durations.inside
    begin = rng.integers(0, 200, (2, count)) * HOUR
    units = tuple(
        UnitsHit(
            pool,
            rng.choice([-1000, -500, 1000], count).astype(np.int64),
            np.where(rng.random(count) < 0.6, begin[pool], np.inf),
            begin[pool] + rng.integers(1, 100, count) * HOUR,
        )
        for pool in range(2)
    )
    thresholds = np.array([50.0, 100.0]) * HOUR
    lost = tuple(
        UnitsOfRate(
            int(rng.integers(2)),
            rate,
            thresholds,
            rng.choice([-1000, -500], (3, count)).astype(np.int64),
            rng.integers(0, 60, count) * HOUR,
            int(rng.choice([NONE, OFFICE])),
            some_window(rng),
        )
        for rate in range(len(inside.rates))
        if rng.random() < 0.7
    )
    return replace(durations, inside=replace(inside, units=units, lost=lost))


def random_lag(rng: np.random.Generator) -> dict[str, float]:
    """Mostly none, some leads."""
    lag = float(rng.integers(-20, 40)) * HOUR / 2 if rng.random() < 0.4 else 0.0
    return {"lag": lag, "calendar": int(rng.integers(3))}


def halves(rng: np.random.Generator, low: int, high: int, count: int) -> np.ndarray:
    """Half hours, the least of them more often than the others."""
    return np.maximum(rng.integers(low - 2, high, count), low) * HOUR / 2


def random_work(rng: np.random.Generator, count: int, iterations: int) -> Durations:
    """Work, waits and versions; two dates of refusals."""
    thresholds = np.sort(rng.integers(0, 100, int(rng.integers(0, 3)))) * HOUR
    durations = lasting([halves(rng, 0, 30, iterations) / HOUR for _ in range(count)])
    waits = {
        row: Waits(
            halves(rng, 0, 9, iterations) if rng.random() < 0.5 else None,
            halves(rng, 0, 9, iterations) if rng.random() < 0.5 else None,
        )
        for row in range(count)
        if rng.random() < 0.3
    }
    versions = {
        row: Versions(
            thresholds,
            *(
                np.array([halves(rng, 0, most, iterations) for _ in range(len(thresholds) + 1)])
                for most in (30, 6, 6)
            ),
        )
        for row in range(count)
        if rng.random() < 0.3
    }
    return replace(
        durations,
        exists=rng.random((count, iterations)) < 0.9,
        waits=waits,
        versions=versions,
        dates=rng.integers(0, 3, (2, iterations)).astype(float),
    )


def random_unfolding(rng: np.random.Generator, network: Network) -> Unfolding:
    """Two boards, rows that go to them, conditions on rows before, rows that must not break."""
    count = len(network.rows)
    boards = tuple(random_board(rng, name) for name in ("cab", "steering"))
    ends = {int(s) for s, k in zip(network.links.succ, network.links.kind, strict=True) if k > SS}
    tasks = {
        row: BoardTask(
            int(rng.integers(2)), float(rng.integers(0, 12)) * HOUR, int(rng.integers(-1, 2))
        )
        for row in range(count)
        if rng.random() < 0.2 and row not in ends
    }
    conditions = {
        row: (random_condition(rng, int(rng.integers(row))),)
        for row in range(1, count)
        if rng.random() < 0.25
    }
    working = [row for row in range(count) if network.rows.calendar[row] != NONE]
    unbroken = frozenset(row for row in working[:2] if rng.random() < 0.4)
    return Unfolding(None, boards, tasks, conditions, unbroken)


def random_board(rng: np.random.Generator, name: str) -> BoardPlan:
    """Meetings every one to six days, with papers some hours before."""
    gaps = rng.integers(12, 144, 600) * HOUR
    meetings = np.cumsum(gaps) - DAY
    return BoardPlan(name, name, meetings, meetings - float(rng.integers(0, 30)) * HOUR)


def random_condition(rng: np.random.Generator, read: int) -> RowCondition:
    """Whether a row before begins or ends after, or before, a date."""
    return RowCondition(
        read, read, bool(rng.random() < 0.5), bool(rng.random() < 0.5),
        float(rng.integers(0, 120)) * HOUR, bool(rng.random() < 0.5),
    )  # fmt: skip


def random_inside(rng: np.random.Generator, network: Network, durations: Durations) -> Durations:
    """Windows and rates on some rows, and rows that repeat the work of rows before them."""
    count, iterations = durations.work.shape
    rates = tuple(
        random_rate(rng, f"r{number}", int(rng.integers(count)), iterations)
        for number in range(int(rng.integers(0, 4)))
    )
    windows: dict[int, tuple[WindowHit, ...]] = {}
    hits: dict[int, tuple[RateHit, ...]] = {}
    exact: dict[int, Exact] = {}
    for row in range(count):
        versions = durations.versions.get(row)
        shape = (1 if versions is None else len(versions.work), iterations)
        if rng.random() < 0.5:
            windows[row] = tuple(random_window(rng, shape) for _ in range(int(rng.integers(1, 4))))
        found = [
            RateHit(
                number, random_amounts(rng, shape, most=4, waits=rate.row != row), some_window(rng)
            )
            for number, rate in enumerate(rates)
            if rng.random() < 0.6 and (rate.row == row or follows(network, row, rate.row))
        ]
        if found:
            hits[row] = tuple(found)
        before = upstream(network, row)
        repeated = [each for each in exact if exact[each].repeats == NONE and each in before]
        if row in windows or row in hits:
            exact[row] = random_exact(rng, shape)
        elif repeated and rng.random() < 0.5:
            exact[row] = replace(
                random_exact(rng, shape),
                repeats=int(rng.choice(repeated)),
                share=rng.uniform(0, 1, iterations),
            )
    work, changed = durations.work.copy(), dict(durations.versions)
    for row, each in exact.items():
        own = finished_work(each.work, each.delays)
        work[row] = own[0]
        if row in changed:
            changed[row] = replace(changed[row], work=own)
    inside = Inside(exact, windows, rates, hits)
    return replace(durations, work=work, versions=changed, inside=inside)


def follows(network: Network, row: int, first: int) -> bool:
    """Whether a row waits for another one's finish by a link without a lag."""
    links = network.links
    return any(
        links.pred[link] == first and links.kind[link] == FS and links.lag[link] >= 0
        for link in links.into(row)
    )


def upstream(network: Network, row: int) -> set[int]:
    """All that a row waits for."""
    before = {int(network.links.pred[link]) for link in network.links.into(row)}
    return before.union(*(upstream(network, each) for each in before))


def random_exact(rng: np.random.Generator, shape: tuple[int, int]) -> Exact:
    """Work that is not whole, and delays of half hours, some negative."""
    delays = rng.integers(-4, 8, shape) * HOUR / 2
    return Exact(rng.uniform(-1, 20, shape) * HOUR, delays)


def random_amounts(
    rng: np.random.Generator, shape: tuple[int, int], *, most: int = 10, waits: bool = True
) -> Amounts:
    """Some effects of a hit: up to so many half hours, and twentieths of the work more."""
    times = [rng.integers(low, most, shape) * HOUR / 2 for low in (-3, 0, 0)]
    kept = [each if rng.random() < 0.5 else None for each in times]
    factor = rng.uniform(0.5, 1.0 + most / 20, shape) if rng.random() < 0.6 else None
    return Amounts(factor, kept[0], *(kept[1:] if waits else (None, None)))


def random_window(rng: np.random.Generator, shape: tuple[int, int]) -> WindowHit:
    """A window of up to four days, sometimes open at an end, sometimes an instant."""
    begin = float(rng.integers(-10, 200)) * HOUR / 2
    end = begin + float(rng.integers(0, 100)) * HOUR
    begin = -np.inf if rng.random() < 0.15 else begin
    end = np.inf if rng.random() < 0.15 else end
    return WindowHit(begin, end, rng.random(shape) < 0.8, random_amounts(rng, shape))


def some_window(rng: np.random.Generator) -> tuple[float, float]:
    """When arrivals count: mostly always."""
    begin = float(rng.integers(-10, 200)) * HOUR / 2
    return (begin, begin + float(rng.integers(0, 100)) * HOUR) if rng.random() < 0.3 else ANY_TIME


def random_rate(rng: np.random.Generator, name: str, row: int, iterations: int) -> Rate:
    """Arrivals on the clock or in working time; the last of many never happens."""
    gaps = np.maximum(np.rint(rng.exponential(20 * HOUR, (12, iterations))), 1.0)
    gaps[-1] = _LAST * DAY
    calendar = int(rng.choice([NONE, NONE, OFFICE, NIGHT, ALWAYS]))
    if calendar != NONE:
        gaps[-1] = 30 * DAY
    return Rate(name, row, np.cumsum(gaps, axis=0), calendar, some_window(rng))


def telling(network: Network, durations: Durations) -> tuple[Network, Durations]:
    """The same case without what shows in no schedule made with it: see `engine.rounds`."""
    inside, unfolding = durations.inside, network.unfolding
    rates = {rate.row for rate in inside.rates}
    boards = {row: each for row, each in unfolding.board_tasks.items() if row not in rates}
    plain = replace(
        unfolding, board_tasks=boards, unbroken=unfolding.unbroken.difference(inside.exact)
    )
    needing = set() if unfolding.pools is None else set(unfolding.pools.rows.tolist())
    windows = {
        row: tuple(replace(h, amounts=replace(h.amounts, elapsed=None, working=None)) for h in hits)
        if row in needing
        else hits
        for row, hits in inside.windows.items()
    }
    exact = {
        row: replace(each, work=np.abs(each.work) + HOUR, delays=np.abs(each.delays))
        for row, each in inside.exact.items()
    }
    return replace(network, unfolding=plain), replace(
        durations, inside=replace(inside, exact=exact, windows=windows)
    )
