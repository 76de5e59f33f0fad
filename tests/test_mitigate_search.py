"""The search for the best set, on functions of sets that have nothing to do with schedules."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.analysis.mitigation.search import best_set, proven_set
from simulator.analysis.mitigation.sets import Problem, affordable_sets

VALUES = st.integers(0, 12).map(float)
SPENDS = st.integers(0, 6).map(lambda n: n / 2)


def problem_of(spends, values, budget, behind=(), **others) -> Problem:
    """A problem with a value for each set."""
    links = tuple(behind) or (None,) * len(spends)
    return Problem(
        tuple(spends), links, budget, lambda sets: [values[chosen] for chosen in sets], **others
    )


def tried(problem: Problem, count: int) -> list:
    """The keys of all sets within the budget, the best first."""
    values = problem.values_of(range(1 << count))
    problem = problem_of(problem.spends, list(values), problem.budget, problem.behind)
    return sorted(problem.key(each) for each in range(1 << count) if problem.affordable(each))


def frontier(keys: list) -> list:
    """The sets that are better than all that cost as little or less."""
    steps = [min(other for other in keys if other[1] <= key[1]) for key in keys]
    return sorted(set(steps), key=lambda key: key[1])


@st.composite
def falling(draw, most=6):
    """Spends, and values that no lever makes larger: each is a sum of minima over groups."""
    count = draw(st.integers(1, most))
    spends = draw(st.lists(SPENDS, min_size=count, max_size=count))
    parts = draw(st.lists(st.tuples(st.integers(0, 2**count - 1), VALUES), max_size=8))
    values = [
        100.0 - sum(gain for group, gain in parts if group & chosen == group)
        for chosen in range(1 << count)
    ]
    return spends, values


@given(falling(), st.integers(0, 12).map(float))
@settings(max_examples=200, deadline=None)
def test_every_set_is_looked_at_where_there_are_few(drawn, budget):
    """The best of all, and every step of the frontier."""
    spends, values = drawn
    problem = problem_of(spends, values, budget)
    found = best_set(problem, range(len(spends)), 64)
    keys = tried(problem_of(spends, values, budget), len(spends))
    assert found.optimal
    assert problem.key(found.chosen) == keys[0]
    assert [problem.key(each.chosen) for each in found.frontier] == frontier(keys)


@given(falling(), st.integers(0, 12).map(float), st.integers(0, 63))
@settings(max_examples=300, deadline=None)
def test_branch_and_bound_finds_what_trying_all_finds(drawn, budget, sure):
    """With bounds for some levers only; ties are settled the same way."""
    spends, values = drawn
    count = len(spends)

    def bounds(nodes):
        return [values[own | rest] if not rest & ~sure else -math.inf for own, rest in nodes]

    problem = problem_of(spends, values, budget, bounds_of=bounds, sure=sure)
    problem.look_at([0])
    few = sum(1 for _ in affordable_sets(problem, tuple(range(count)))) - 1
    found = best_set(problem, range(count), few)
    keys = tried(problem_of(spends, values, budget), count)
    if found.optimal:
        assert problem.key(found.chosen)[:3] == keys[0][:3]
    assert found.bound <= keys[0][0]
    for each in found.frontier:
        if each.exact and found.optimal:
            best = min(key for key in keys if key[1] <= each.spend)
            assert each.value == best[0]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_values_with_room_for_all_of_the_proof(data):
    """Values without order, bounds that are true: the best is proven where nothing stops it."""
    count = data.draw(st.integers(1, 5))
    spends = data.draw(st.lists(SPENDS, min_size=count, max_size=count))
    values = data.draw(st.lists(VALUES, min_size=1 << count, max_size=1 << count))
    budget = data.draw(st.integers(0, 8).map(float))

    def bound(chosen: int, rest: int) -> float:
        below = [values[each] for each in range(1 << count) if each & ~rest == chosen]
        return min(below) - data.draw(st.sampled_from([0.0, 1.0, math.inf]))

    def bounds(nodes):
        return [bound(*node) for node in nodes]

    problem = problem_of(spends, values, budget, bounds_of=bounds, sure=(1 << count) - 1)
    found = proven_set(problem, tuple(range(count)), bounds, 10_000)
    keys = tried(problem_of(spends, values, budget), count)
    assert found.optimal
    assert problem.key(found.chosen) == keys[0]
    assert [problem.key(each.chosen) for each in found.frontier] == frontier(keys)
    assert all(each.exact for each in found.frontier)


@given(falling(most=5), st.integers(0, 12).map(float))
@settings(max_examples=100, deadline=None)
def test_units_are_bought_one_after_the_other(drawn, budget):
    """No set holds a lever without the one behind it."""
    spends, values = drawn
    behind = [None if k % 2 == 0 else k - 1 for k in range(len(spends))]
    problem = problem_of(spends, values, budget, behind)
    found = best_set(problem, range(len(spends)), 32)
    keys = tried(problem_of(spends, values, budget, behind), len(spends))
    assert problem.key(found.chosen) == keys[0]
    assert problem.affordable(found.chosen)
