"""Windows, rates and units where pools are short: dispatched in rounds, and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.engine.compiled.engine import compiled_pass
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.rounds import settled_in_rounds, tells
from simulator.engine.schedule import Durations, Inside
from simulator.engine.simpy_engine import simpy_pass
from simulator.plan.plan import NONE, Network
from tests.inside_cases import pools_case, telling
from tests.programs import compiled, day
from tests.reference import assert_as_by_hand
from tests.reference_pools import Dispatched


def case(*seed: int) -> tuple[Network, Durations]:
    """Rows of two pools, with all that unfolds."""
    network, durations = pools_case(np.random.default_rng(seed), 4)
    free = replace(network.rows, snap=np.full(len(network.rows), NONE))
    return replace(network, rows=free), durations


@pytest.mark.parametrize("seed", range(4))
def test_dispatching_by_hand_is_what_simpy_does(seed):
    """Two that know nothing of each other: instant by instant, and by processes and events."""
    for number in range(12):
        network, durations = pools_case(np.random.default_rng([seed, number]), 4)
        durations = replace(durations, inside=Inside())
        assert_as_by_hand(network, durations, simpy_pass(network, durations), Dispatched)


@pytest.mark.parametrize("seed", range(4))
def test_simpy_settles_what_a_person_settles(seed):
    """Windows judged in turns, turns given up, arrivals, units lost: by hand, bit for bit."""
    for number in range(10):
        network, durations = pools_case(np.random.default_rng([seed, number, 2]), 4)
        assert_as_by_hand(network, durations, simpy_pass(network, durations), Dispatched)


@pytest.mark.parametrize("seed", range(4))
def test_units_come_and_go_as_hits_say(seed):
    """The kernel dispatches with hits on units, as by hand."""
    for number in range(12):
        network, durations = case(seed, number)
        durations = replace(durations, inside=Inside(units=durations.inside.units))
        assert_as_by_hand(network, durations, compiled_pass(network, durations), Dispatched)


@pytest.mark.parametrize("seed", range(4))
def test_rounds_end_with_the_schedule_that_is_made_in_one_go(seed):
    """What hits do is judged in the schedule that was made with it: as by hand, bit for bit."""
    for number in range(12):
        network, durations = telling(*case(seed, number))
        assert tells(network, durations)
        found = settled_in_rounds(network, durations, compiled_pass)
        assert found is not None
        assert_as_by_hand(network, durations, found, Dispatched)


@pytest.mark.parametrize("seed", range(2))
def test_rounds_notice_where_they_do_not_tell(seed):
    """Unbroken rows and boards with arrivals: either as by hand, or left to another engine."""
    told = 0
    for number in range(24):
        network, durations = case(seed, number, 1)
        _, durations = telling(network, durations)
        found = settled_in_rounds(network, durations, compiled_pass)
        if found is not None:
            told += 1
            assert_as_by_hand(network, durations, found, Dispatched)
    assert told > 6


def test_rounds_are_not_taken_where_they_do_not_tell():
    """A wait that makes a row give up its turn shows in no schedule made with it."""
    pools = "pools: {dev: {units: 1}}\nrisks:\n  r: {chance: 1, when: {from: 2027-01-06}, hits: "
    for effect, told in (("delay: 1d", True), ("wait: 1d", False)):
        plan = compiled(
            "a: {duration: 2d, needs: {dev: 1}}\nb: {duration: 2d, needs: {dev: 1}}",
            more=f"{pools}[{{tasks: [p.b], {effect}}}]}}",
        )
        durations = durations_of(plan, draw(plan, 1, 0, 4))
        assert tells(plan.network, durations) == told
        if told:
            schedule = compiled_pass(plan.network, durations)
            assert {day(plan, at) for at in schedule.finish[1]} == {"Fri 08 Jan 17:00"}
