"""Networks and durations laid out directly, by hand or at random, over calendars of six weeks."""

from dataclasses import replace
from typing import Any

import numpy as np

from simulator.engine.schedule import Durations, FirstHit, Stop, Versions, Waits
from simulator.plan.plan import NONE, Links, Network, Rows, TaskPlans, TaskRows
from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar

HOUR, DAY = 3_600_000.0, 86_400_000.0
OFFICE, NIGHT, ALWAYS = range(3)


def table(name: str, days: list[int], hours: list[tuple[float, float]]) -> WorkCalendar:
    """A week of hours over six weeks; the fourth has its Wednesday off."""
    spells = [
        (monday * WEEK + day * DAY + begin * HOUR, monday * WEEK + day * DAY + end * HOUR)
        for monday in range(-2, 4)
        for day in days
        for begin, end in hours
        if (monday, day) != (1, 2)
    ]
    return WorkCalendar.from_spells(name, 8, 40, np.array(spells), (-2 * WEEK, 4 * WEEK))


CALENDARS = (
    table("office", [0, 1, 2, 3, 4], [(9, 13), (14, 18)]),
    table("night", [0, 1, 3, 4, 5], [(22, 30)]),
    WorkCalendar.from_spells(
        "24x7", 24, 168, np.array([[-2 * WEEK, 4 * WEEK]]), (-2 * WEEK, 4 * WEEK)
    ),
)
Link = tuple[int, int, int, dict[str, float]]
NO_TASKS = TaskPlans(
    (), (), (), (), TaskRows(*[np.zeros(0, dtype=np.int32)] * 3), {}, (), (), (), ()
)


def by_hand(rows: dict[str, list[Any]], links: list[Link], **more: Any) -> Network:
    """A network of rows in order; what is not given of a row is free."""
    count = max([len(values) for values in rows.values()])
    defaults = {
        "task": 0, "round": 0, "project": 0,
        "calendar": NONE, "unit_calendar": OFFICE, "snap": NONE,
        "start_floor": -np.inf, "finish_floor": -np.inf, "start_cap": np.inf, "finish_cap": np.inf,
        "span": False,
    }  # fmt: skip
    columns = {key: np.array(rows.get(key, [free] * count)) for key, free in defaults.items()}
    links = sorted(links, key=lambda link: link[1])
    free = {"lag": 0, "variable": NONE, "share": np.nan, "drawn_share": False, "calendar": OFFICE}
    lags = {key: np.array([link[3].get(key, of) for link in links]) for key, of in free.items()}
    pred, succ, kind = (np.array([link[k] for link in links], dtype=np.int32) for k in range(3))
    return Network(
        rows=Rows(ids=tuple(str(row) for row in range(count)), **columns),
        links=Links(
            pred, succ, kind, lags["lag"].astype(float), lags["variable"].astype(np.int32),
            lags["share"], lags["drawn_share"], pred, lags["calendar"].astype(np.int32),
            np.searchsorted(succ, np.arange(count + 1)).astype(np.int32),
        ),
        tasks=NO_TASKS, projects=("p",),
        calendars=CALENDARS, program_calendar=OFFICE,
        finish_rows=np.array([count - 1], dtype=np.int32), finish_is_default=True,
        **{"spanned": {}, "settle_before": {}, "floor_variables": (), **more},
    )  # fmt: skip


def lasting(hours: list[Any], **more: Any) -> Durations:
    """Durations of so many hours of work; N is that of the longest entry."""
    work = np.array(np.broadcast_arrays(*[np.atleast_1d(each) for each in hours])) * HOUR
    defaults = {
        "exists": np.ones(work.shape, dtype=bool), "lags": np.zeros((0, work.shape[1])),
        "dates": np.zeros((0, work.shape[1])), "waits": {}, "versions": {},
        "firsts": (), "stops": (),
    }  # fmt: skip
    return Durations(work=work, **{**defaults, **more})


def random_case(rng: np.random.Generator, iterations: int) -> tuple[Network, Durations]:
    """A network of one to eight rows and durations of whole half hours."""
    count = int(rng.integers(1, 9))
    span = count > 2 and rng.random() < 0.3
    last = count - 1 if span else count
    links = [
        (int(pred), succ, int(rng.integers(4)), random_lag(rng))
        for succ in range(1, last)
        for pred in rng.choice(succ, min(succ, int(rng.integers(0, 4))), replace=False)
    ]
    thresholds = np.sort(rng.integers(0, 150, int(rng.integers(0, 3)))) * HOUR
    firsts = [
        case for _ in range(3) if (case := random_first(rng, links, last, iterations, thresholds))
    ]
    stops = [
        random_stop(rng, count, last, iterations, thresholds)
        for _ in range(int(rng.integers(0, 3)))
    ]
    rows = random_rows(rng, count)
    rows["span"] = [span and row == last for row in range(count)]
    network = by_hand(
        rows,
        links,
        settle_before=numbered([place for place, _ in firsts]),
        stop_before=numbered([place for place, _ in stops]),
        spanned={last: tuple((k, k) for k in range(0, last, 2))} if span else {},
        floor_variables=((0, False, 0), (last - 1, True, 1)),
    )
    hits = {"firsts": tuple(hit for _, hit in firsts), "stops": tuple(stop for _, stop in stops)}
    return network, random_durations(rng, count, last, iterations, hits, thresholds)


def numbered(places: list[int | None]) -> dict[int, tuple[int, ...]]:
    """What is settled before each place, by number."""
    found: dict[int, tuple[int, ...]] = {}
    for number, place in enumerate(places):
        if place is not None:
            found[place] = (*found.get(place, ()), number)
    return found


def random_durations(
    rng: np.random.Generator,
    count: int,
    last: int,
    iterations: int,
    hits: dict[str, Any],
    thresholds: Floats,
) -> Durations:
    """Work, presence, lags, dates, waits and versions, some of them negative."""
    halves = {"scale": HOUR / 2, "rng": rng, "n": iterations}
    return Durations(
        work=np.array([whole(0, 40, **halves) for _ in range(count)]),
        exists=rng.random((count, iterations)) < 0.85,
        lags=np.array([whole(-20, 40, **halves), rng.random(iterations) - 0.2]),
        dates=np.array([whole(-100, 100, **halves) for _ in range(2)]),
        waits={
            row: Waits(
                whole(0, 9, **halves) if rng.random() < 0.5 else None,
                whole(-3, 9, **halves) if rng.random() < 0.5 else None,
            )
            for row in range(last)
            if rng.random() < 0.3
        },
        versions={
            row: random_versions(halves, thresholds) for row in range(last) if rng.random() < 0.3
        },
        **hits,
    )


def whole(low: int, high: int, *, scale: float, rng: np.random.Generator, n: int) -> Floats:
    """Multiples of `scale`, the least of them more often than the others."""
    return np.maximum(rng.integers(low - 3, high, n), min(low, 0)) * scale


def random_rows(rng: np.random.Generator, count: int) -> dict[str, list[Any]]:
    """Calendars and bounds; every row has some chance of each."""

    def some(chance: float, low: float, high: float, free: float) -> list[float]:
        values = np.round(rng.uniform(low, high, count)) * HOUR
        return np.where(rng.random(count) < chance, values, free).tolist()

    return {
        "calendar": rng.choice([NONE, OFFICE, OFFICE, NIGHT], count).tolist(),
        "unit_calendar": rng.choice([OFFICE, NIGHT], count).tolist(),
        "snap": rng.choice([NONE, NONE, OFFICE, NIGHT], count).tolist(),
        "start_floor": some(0.2, -50, 300, -np.inf),
        "finish_floor": some(0.2, -50, 300, -np.inf),
        "start_cap": some(0.1, -300, 300, np.inf),
        "finish_cap": some(0.1, -300, 300, np.inf),
    }


def random_lag(rng: np.random.Generator) -> dict[str, float]:
    """No lag, a fixed or drawn one, or a fixed or drawn share of the predecessor's work."""
    lag = {
        0: {}, 1: {"lag": float(rng.integers(-40, 80)) * HOUR / 2},
        2: {"share": rng.uniform(-1, 1)}, 3: {"variable": 0},
        4: {"variable": 1, "drawn_share": True},
    }[int(rng.integers(5))]  # fmt: skip
    return {**lag, "calendar": int(rng.integers(3))}


def random_versions(halves: dict[str, Any], thresholds: Floats) -> Versions:
    """A version of a row for each time between dated mitigations."""
    count = len(thresholds) + 1
    each = (np.array([whole(0, most, **halves) for _ in range(count)]) for most in (40, 9, 9))
    return Versions(thresholds, *each)


def random_first(
    rng: np.random.Generator, links: list[Link], last: int, iterations: int, thresholds: Floats
) -> tuple[int, FirstHit] | None:
    """A hit settled at a place where all that its candidates wait for has its place before."""
    place = int(rng.integers(last))
    open_rows = [
        row for row in range(place, last) if all(p < place for p, s, _, _ in links if s == row)
    ]
    if not open_rows or rng.random() < 0.5:
        return None
    candidates = rng.choice(open_rows, min(len(open_rows), 3), replace=False)
    shape = len(thresholds) + 1, len(candidates), iterations
    amounts = (rng.integers(low, 12, shape) * HOUR / 2 for low in (-8, 0, 0))
    return place, FirstHit(candidates, thresholds, *amounts)


def random_stop(
    rng: np.random.Generator, count: int, last: int, iterations: int, thresholds: Floats
) -> tuple[int | None, Stop]:
    """A stop of some rows by a date, or by rows that are hit and the place where it is settled.

    Some have no place, and hits with windows; only a whole schedule tells of them.
    """
    rows = rng.random(count) < 0.7
    if rng.random() < 0.4:
        at = np.where(
            rng.random(iterations) < 0.7, rng.integers(-5, 200, iterations) * HOUR, np.inf
        )
        return None, Stop(rows, at=at)
    hits = rng.choice(last, int(rng.integers(1, min(last, 3) + 1)), replace=False)
    occurs = rng.random((len(thresholds) + 1, iterations)) < 0.7
    stop = Stop(rows, hit_rows=hits, occurs=occurs, thresholds=thresholds)
    if rng.random() < 0.4:
        begin = np.round(rng.uniform(-50, 200, len(hits))) * HOUR
        windows = np.array([begin, begin + np.round(rng.uniform(0, 200, len(hits))) * HOUR])
        return None, replace(stop, rerun=True, windows=windows if rng.random() < 0.6 else None)
    return int(rng.integers(hits.max() + 1, count + 1)), stop
