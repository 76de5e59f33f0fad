"""The vectorized engine against the one that lives through every iteration, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine.draws import Draws, deterministic_draws, draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, FirstHit, Schedule, Stop, Versions, Waits
from simulator.engine.simpy_engine import simpy_pass
from simulator.plan.compile import Plan, compile_plan
from simulator.plan.plan import FF, FS, NONE, SF, Links, Network, Rows
from simulator.plan.work_calendar import WEEK, Floats, WorkCalendar
from simulator.scenario.checks import cross_check
from simulator.scenario.program import Scenario
from tests.strategies import scenarios, seeds

HOUR, DAY = 3_600_000.0, 86_400_000.0
ARRAYS = ("start", "finish", "exists", "work", "asked", "stopped")
UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


# -- whole scenarios -----------------------------------------------------------------------------


def plan_of(data: dict[str, Any]) -> Plan:
    """The plan of a scenario that has no faults."""
    scenario = Scenario.model_validate(data)
    assert not list(cross_check(scenario))
    return compile_plan(scenario)


def assert_equal(one: Schedule, other: Schedule) -> None:
    """Every array of two schedules is the same, bit for bit."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.chosen.keys() == other.chosen.keys()
    for row, chosen in one.chosen.items():
        np.testing.assert_array_equal(chosen, other.chosen[row], err_msg=f"chosen {row}")


def agree(data: dict[str, Any], seed: int, iterations: int) -> None:
    plan = plan_of(data)
    durations = durations_of(plan, draw(plan, seed, 0, iterations))
    assert_equal(network_pass(plan.network, durations), simpy_pass(plan.network, durations))


@settings(max_examples=60, derandomize=True, **UNHURRIED)
@given(scenarios(), seeds())
def test_engines_agree(data: dict[str, Any], seed: int) -> None:
    """Any scenario gives the same schedule in both engines."""
    agree(data, seed, 12)


@pytest.mark.slow
@settings(max_examples=400, **UNHURRIED)
@given(scenarios(most_tasks=14), seeds())
def test_engines_agree_on_many(data: dict[str, Any], seed: int) -> None:
    """Any larger scenario gives the same schedule in both engines."""
    agree(data, seed, 20)


@settings(max_examples=40, derandomize=True, **UNHURRIED)
@given(scenarios(), seeds(), st.lists(st.integers(0, 100), max_size=4))
def test_any_block_size_gives_the_same_bits(
    data: dict[str, Any], seed: int, cuts: list[int]
) -> None:
    """Iterations 0 to 100 in one block are those of any blocks put together."""
    plan = plan_of(data)
    ends = sorted({0, *cuts, 100})
    whole = scheduled(plan, draw(plan, seed, 0, 100))
    parts = [
        scheduled(plan, draw(plan, seed, begin, end))
        for begin, end in zip(ends, ends[1:], strict=False)
    ]
    for name in ARRAYS:
        each = [getattr(part, name) for part in parts]
        joined = None if each[0] is None else np.concatenate(each, axis=1)
        np.testing.assert_array_equal(getattr(whole, name), joined, err_msg=name)
    for row, chosen in whole.chosen.items():
        joined = np.concatenate([part.chosen[row] for part in parts])
        np.testing.assert_array_equal(chosen, joined)


@settings(max_examples=20, derandomize=True, **UNHURRIED)
@given(scenarios(), st.booleans())
def test_engines_agree_on_the_deterministic_plan(data: dict[str, Any], margin: bool) -> None:
    """The plan of central values is the same in both engines, with its margin or without."""
    plan = plan_of(data)
    durations = durations_of(plan, deterministic_draws(plan), keep_margin=margin)
    assert_equal(network_pass(plan.network, durations), simpy_pass(plan.network, durations))


def scheduled(plan: Plan, draws: Draws) -> Schedule:
    return network_pass(plan.network, durations_of(plan, draws))


# -- networks made by hand -----------------------------------------------------------------------

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


def by_hand(rows: dict[str, list[Any]], links: list[Link], **more: Any) -> Network:
    """A network of rows in order; what is not given of a row is free."""
    count = max([len(values) for values in rows.values()])
    defaults = {
        "task": 0, "round": 0, "project": 0, "calendar": NONE, "unit_calendar": OFFICE, "snap": NONE,
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
            lags["share"], lags["drawn_share"], lags["calendar"].astype(np.int32),
            np.searchsorted(succ, np.arange(count + 1)).astype(np.int32),
        ),
        tasks=(), projects=("p",), calendars=CALENDARS, program_calendar=OFFICE,
        finish_rows=np.array([count - 1], dtype=np.int32), finish_is_default=True,
        **{"spanned": {}, "settle_before": {}, "floor_variables": (), **more},
    )  # fmt: skip


def lasting(hours: list[Any], **more: Any) -> Durations:
    """Durations of so many hours of work; N is that of the longest entry."""
    work = np.array(np.broadcast_arrays(*[np.atleast_1d(each) for each in hours])) * HOUR
    defaults = {
        "exists": np.ones(work.shape, dtype=bool), "lags": np.zeros((0, work.shape[1])),
        "dates": np.zeros((0, work.shape[1])), "waits": {}, "versions": {}, "firsts": (), "stops": (),
    }  # fmt: skip
    return Durations(work=work, **{**defaults, **more})


def both(network: Network, durations: Durations) -> Schedule:
    """The schedule that both engines agree on."""
    schedule = simpy_pass(network, durations)
    assert_equal(network_pass(network, durations), schedule)
    return schedule


def hours(values: Floats) -> list[Any]:
    return (values / HOUR).tolist()


def test_a_stop_by_the_last_row_ends_the_project() -> None:
    """A stop is settled even where no row comes after the one that brings it about."""
    stop = Stop(np.array([True]), hit_rows=np.array([0]), occurs=np.array([True, False]))
    network = by_hand({"calendar": [OFFICE]}, [], stop_before={1: (0,)})
    schedule = both(network, lasting([[8, 8]], stops=(stop,)))
    assert schedule.exists.tolist() == [[False, True]]
    assert hours(schedule.finish) == [[0, 18]]


def test_a_row_stays_stopped() -> None:
    """A row stopped by a date is still said to be stopped after a stop by its start is settled."""
    rows = np.array([True, True])
    dated = Stop(rows, at=np.array([10.0]) * HOUR)
    by_start = Stop(rows, hit_rows=np.array([1]), occurs=np.array([True]))
    network = by_hand({"calendar": [OFFICE, OFFICE]}, [(0, 1, FS, {})], stop_before={2: (1,)})
    schedule = both(network, lasting([8, 8], stops=(dated, by_start)))
    assert schedule.stopped is not None
    assert schedule.stopped.tolist() == [[True], [True]]
    assert hours(schedule.work) == [[1], [0]]


def test_a_hard_finish_of_an_instant() -> None:
    """A row without work that must finish on a Saturday does so, though its calendar is closed."""
    network = by_hand(
        {"calendar": [OFFICE, OFFICE], "finish_cap": [np.inf, 5 * DAY]}, [(0, 1, FS, {})]
    )
    schedule = both(network, lasting([[80, 8], 0]))
    assert hours(schedule.start[1]) == [5 * 24, 18]


def test_finish_bounds_go_through_the_work() -> None:
    """A finish that is waited for puts the start where the work ends in time."""
    links: list[Link] = [(0, 1, FF, {"lag": 2 * HOUR}), (0, 2, SF, {"lag": 24 * HOUR})]
    schedule = both(by_hand({"calendar": [OFFICE] * 3}, links), lasting([16, 4, 4]))
    assert hours(schedule.start) == [[9], [24 + 16], [48 + 14]]
    assert hours(schedule.finish) == [[24 + 18], [48 + 11], [48 + 18]]


def test_the_first_ready_takes_the_hit() -> None:
    """A wait falls on the row that is ready first; of two at once, on the one declared first."""
    nothing = np.zeros((1, 2, 3))
    hit = FirstHit(np.array([2, 1]), np.zeros(0), nothing, nothing + 5 * HOUR, nothing)
    network = by_hand({"calendar": [NONE] * 3}, [(0, 1, FS, {})], settle_before={1: (0,)})
    waits = {2: Waits(elapsed=np.array([3.0, 0.0, 1.0]) * HOUR)}
    exists = np.array([[True] * 3, [True, False, True], [True] * 3])
    schedule = both(network, lasting([[1] * 3, 1, 1], waits=waits, firsts=(hit,), exists=exists))
    assert hours(schedule.start[1:]) == [[6, 1, 1], [3, 5, 6]]
    assert hours(schedule.asked[1:]) == [[1, 1, 1], [0, 0, 0]]


def test_the_start_chooses_the_version() -> None:
    """A row takes the work that the mitigations in force at its judged start leave it."""
    work = np.array([[4.0, 4.0, 4.0], [2.0, 2.0, 2.0]]) * HOUR
    waits = np.array([[0.0] * 3, [1.0] * 3]) * HOUR
    versions = Versions(np.array([10 * HOUR]), work, waits, 0 * waits)
    network = by_hand({"calendar": [NONE] * 2}, [(0, 1, FS, {})])
    schedule = both(network, lasting([[8, 10, 12], 9], versions={1: versions}))
    assert schedule.chosen[1].tolist() == [0, 1, 1]
    assert hours(schedule.start[1]) == [8, 11, 13]
    assert hours(schedule.finish[1]) == [12, 13, 15]


def test_a_stop_cuts_what_runs() -> None:
    """What runs at a stop ends there, with the working time done until then as its work."""
    stop = Stop(np.array([True, True, False]), at=np.array([24.0 + 16, np.inf, 9]) * HOUR)
    links: list[Link] = [(0, 1, FS, {}), (1, 2, FS, {})]
    network = by_hand({"calendar": [OFFICE] * 3}, links)
    schedule = both(network, lasting([[16] * 3, 8, 1], stops=(stop,)))
    assert hours(schedule.work) == [[14, 16, 0], [0, 8, 0], [1, 1, 1]]
    assert hours(schedule.start[2]) == [24 + 16, 3 * 24 + 9, 9]


# -- random networks, with what no scenario of this version makes of them -------------------------


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
    firsts = [case for _ in range(3) if (case := random_first(rng, links, last, iterations))]
    stops = [random_stop(rng, count, last, iterations) for _ in range(int(rng.integers(0, 3)))]
    places: list[dict[int, tuple[int, ...]]] = [{}, {}]
    for into, gates in zip(places, (firsts, stops), strict=True):
        for number, (place, _) in enumerate(gates):
            if place is not None:
                into[place] = (*into.get(place, ()), number)
    rows = random_rows(rng, count)
    rows["span"] = [span and row == last for row in range(count)]
    network = by_hand(
        rows,
        links,
        settle_before=places[0],
        stop_before=places[1],
        spanned={last: tuple((k, k) for k in range(0, last, 2))} if span else {},
        floor_variables=((0, False, 0), (last - 1, True, 1)),
    )
    halves = {"scale": HOUR / 2, "rng": rng, "n": iterations}
    return network, Durations(
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
        versions={row: random_versions(rng, halves) for row in range(last) if rng.random() < 0.3},
        firsts=tuple(first for _, first in firsts),
        stops=tuple(stop for _, stop in stops),
    )


def whole(low: int, high: int, *, scale: float, rng: np.random.Generator, n: int) -> Floats:
    return np.maximum(rng.integers(low - 3, high, n), min(low, 0)) * scale


def random_rows(rng: np.random.Generator, count: int) -> dict[str, list[Any]]:
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
    lag = {
        0: {}, 1: {"lag": float(rng.integers(-40, 80)) * HOUR / 2}, 2: {"share": rng.uniform(-1, 1)},
        3: {"variable": 0}, 4: {"variable": 1, "drawn_share": True},
    }[int(rng.integers(5))]  # fmt: skip
    return {**lag, "calendar": int(rng.integers(3))}


def random_versions(rng: np.random.Generator, halves: dict[str, Any]) -> Versions:
    count = int(rng.integers(1, 4))
    thresholds = np.sort(rng.integers(0, 150, count - 1)) * HOUR
    each = (np.array([whole(0, most, **halves) for _ in range(count)]) for most in (40, 9, 9))
    return Versions(thresholds, *each)


def random_first(
    rng: np.random.Generator, links: list[Link], last: int, iterations: int
) -> tuple[int, FirstHit] | None:
    """A hit settled at a place where all that its candidates wait for has its place before."""
    place = int(rng.integers(last))
    open_rows = [
        row for row in range(place, last) if all(p < place for p, s, _, _ in links if s == row)
    ]
    if not open_rows or rng.random() < 0.5:
        return None
    candidates = rng.choice(open_rows, min(len(open_rows), 3), replace=False)
    shape = 2, len(candidates), iterations
    amounts = (rng.integers(low, 12, shape) * HOUR / 2 for low in (-8, 0, 0))
    return place, FirstHit(candidates, np.array([60 * HOUR]), *amounts)


def random_stop(
    rng: np.random.Generator, count: int, last: int, iterations: int
) -> tuple[int | None, Stop]:
    rows = rng.random(count) < 0.7
    if rng.random() < 0.4:
        at = np.where(rng.random(iterations) < 0.7, rng.integers(-5, 200, iterations) * HOUR, np.inf)
        return None, Stop(rows, at=at)
    hits = rng.choice(last, int(rng.integers(1, min(last, 3) + 1)), replace=False)
    place = int(rng.integers(hits.max() + 1, count + 1))
    return place, Stop(rows, hit_rows=hits, occurs=rng.random(iterations) < 0.7)


@settings(max_examples=250, derandomize=True, **UNHURRIED)
@given(seeds())
def test_engines_agree_on_random_networks(seed: int) -> None:
    """Any network, with gates wherever they can be settled, gives one schedule."""
    both(*random_case(np.random.default_rng(seed), 6))


@pytest.mark.slow
@settings(max_examples=4000, **UNHURRIED)
@given(seeds())
def test_engines_agree_on_many_random_networks(seed: int) -> None:
    """Very many networks give one schedule each."""
    both(*random_case(np.random.default_rng(seed), 6))
