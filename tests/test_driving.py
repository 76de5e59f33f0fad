"""Criticality and float against brute force, merge bias by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.draws import draw
from simulator.engine.driving import criticality, driving_links
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from tests.programs import compiled, deterministic, row


@st.composite
def networks(draw_from):
    """Up to nine tasks of one to four elapsed days, each after some of those before."""
    count = draw_from(st.integers(2, 9))
    lengths = draw_from(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    after = [
        draw_from(st.lists(st.integers(0, k - 1), max_size=3, unique=True)) if k else []
        for k in range(count)
    ]
    return lengths, after


def longest_paths(lengths, after):
    """Early start, and total float, of each task by brute force."""
    count = len(lengths)
    early = [0] * count
    for k in range(count):
        early[k] = max((early[j] + lengths[j] for j in after[k]), default=0)
    end = max(early[k] + lengths[k] for k in range(count))
    late = [end - lengths[k] for k in range(count)]
    for k in reversed(range(count)):
        for j in after[k]:
            late[j] = min(late[j], late[k] - lengths[j])
    return early, [late[k] - early[k] for k in range(count)]


@given(networks())
@settings(max_examples=60, deadline=None)
def test_on_one_calendar_critical_means_no_float(network):
    """Chains of driving links are exactly the tasks of total float zero."""
    lengths, after = network
    tasks = "\n".join(
        f"t{k}: {{duration: {length}ed, after: [{', '.join(f't{j}' for j in after[k])}]}}"
        for k, length in enumerate(lengths)
    )
    early, free = longest_paths(lengths, after)
    found = deterministic(tasks)
    rows = [row(compiled(tasks), f"t{k}") for k in range(len(lengths))]
    assert (found.early.start[rows, 0] / 86_400_000).tolist() == early
    assert (found.float_hours[rows] / 24).tolist() == free
    assert found.critical[rows].tolist() == [slack == 0 for slack in free]


def test_a_bound_drives_where_it_equals_the_start_in_the_successors_calendar():
    """Friday evening and Sunday noon are the same start to a task that works on weekdays."""
    tasks = """a: {duration: 5d}
        b: {duration: 6.5ed}
        c: {duration: 1d, after: [a, b]}
        d: {duration: 2d}
        e: {duration: 1h, after: [c, d]}"""
    found, plan = deterministic(tasks), compiled(tasks)
    critical = {each.id[2:] for each in plan.network.tasks if found.critical[each.base]}
    assert critical == {"a", "b", "c", "e"}


def test_an_elapsed_task_of_a_calendar_is_driven_by_what_it_waits_for():
    """It starts at a working time, later than it is asked for: that is its own calendar's doing."""
    tasks = """a: {duration: 1ed}
        b: {duration: 1ed, calendar: weekdays, after: a}
        c: {duration: 1ed, calendar: weekdays, after: [a, b]}"""
    plan = compiled(tasks, program="calendar: weekdays")
    found = simulator.simulate(plan.scenario, iterations=100)
    assert [task.criticality.value for task in found.tasks.values()] == [1, 1, 1]
    assert deterministic(tasks).critical.all()


def test_criticality_counts_chains_to_each_milestone():
    """What leads to one milestone is critical to it, whatever drives the program's end."""
    tasks = """a: {duration: 1d}
        b: {duration: 9d}
        first: {milestone: true, after: a}
        last: {milestone: true, after: [b, first]}"""
    results = simulator.simulate(compiled(tasks).scenario, iterations=100)
    critical = results.tasks["p.a"]
    assert critical.criticality.value == 0
    assert critical.criticality_to["p.first"].value == 1
    assert results.tasks["p.b"].criticality.value == 1


def test_a_reworked_task_is_critical_once_whatever_its_rounds():
    """Rounds of rework count as the task: its criticality never exceeds one."""
    tasks = "a: {duration: 5d, rework: {chance: 0.9, share: 0.5, at_most: 4}}"
    results = simulator.simulate(compiled(tasks).scenario, iterations=500)
    assert results.tasks["p.a"].criticality.value == 1


def test_merge_bias_is_what_merging_adds_to_the_latest_mean():
    """Two ends uniform on 0 to 1 day: the larger is 2/3 on average, either 1/2."""
    tasks = """a: {duration: {uniform: [0, 1ed]}}
        b: {duration: {uniform: [0, 1ed]}}
        c: {duration: 1ed, after: [a, b]}"""
    count = 40_960
    results = simulator.simulate(
        compiled(tasks, program="calendar: 24x7").scenario, iterations=count
    )
    bias = results.tasks["p.c"].merge_bias_days
    # Var(max - mean of one end) <= Var(max) + Var(end) = 1/18 + 1/12 a day squared.
    assert abs(bias - 1 / 6) <= 5 * np.sqrt((1 / 18 + 1 / 12) / count)


def test_absent_tasks_are_not_critical_but_the_chain_goes_through_them():
    """A branch not taken passes its bound on, and so does the chain."""
    tasks = """a: {duration: 5d}
        b: {duration: 5d, after: a, on: way.no}
        c: {duration: 5d, after: b}"""
    plan = compiled(tasks, more="    branches:\n      way: {yes: 1.0, no: 0.0}\n")
    durations = durations_of(plan, draw(plan, 1, 0, 8))
    schedule = network_pass(plan.network, durations)
    drives = driving_links(plan.network, durations, schedule).drives
    rows = tuple(task.rows for task in plan.network.tasks)
    counts = criticality(plan.network, schedule, drives, (plan.network.finish_rows,), rows)
    assert counts.tolist() == [[[8, 0, 8]]]
