"""Costs by compiled kernels against NumPy's, bit for bit."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import simulator
from simulator.engine.costs import Costs, costs_of
from simulator.engine.draws import Draws, draw
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.compile import Plan, compile_plan
from simulator.run.block import drawn_by_kernels
from simulator.scenario.program import Scenario
from tests.programs import scenario
from tests.strategies import scenarios, seeds

POOLS = """pools:
  dev: {units: unlimited, rate: 100/h}
  env: {units: unlimited, rate: 240/ed, paid: retained}
  lab: {units: unlimited, rate: 800/d, paid: retained}
  van: {units: unlimited, rate: 900/mo, paid: retained}
"""
LINES = """costs: {a: {amount: 5_000, at: p.b}, b: {rate: 100/ed}, c: {rate: 7/h, from: p.b},
  d: {amount: 900, from: 2027-01-05, to: 2027-04-20}, e: {rate: 900/mo, to: p.c},
  f: {amount: {uniform: [1, 9]}, at: 2027-03-01}, g: {amount: 800}}"""
RISKS = """risks:
  r: {chance: 0.5, hits: [{tasks: [p.b, p.c], apply: each, delay: 4d, cost: {uniform: [50, 90]}}]}
  s: {chance: 0.4, at: 2027-02-17, hits: [{tasks: [p.b], cost: 10}]}
"""
STOP = "  q: {chance: 0.4, at: 2027-02-10, stops: %s, hits: [{tasks: [p.c], cost: 77}]}\n"
TASKS = """a: {duration: {triangular: [5d, 20d, 90d]}, cost: 1_000, needs: {dev: 1.5, env: 1}}
b: {duration: {uniform: [0d, 9d]}, cost_rate: 24/ed, after: a, needs: {lab: 2, van: 1}}
c: {duration: 30d, cost: {uniform: [5, 9]}, accrues: end, after: a, needs: {env: 0.5, lab: 1}}
d: {milestone: true, cost: 500, after: c}
e: {duration: 40ed, cost_rate: 310/mo, after: b, needs: {env: 1, van: 2}}
f: {duration: 12d, cost: 70, accrues: start, cost_rate: 9/h, after: c, needs: {dev: 1, lab: 1}}"""
PENALTY = "penalty: {after: 2027-03-01, rate: %s, cap: 9_000}"


class Sliced(NamedTuple):
    """A block as NumPy has it."""

    draws: Draws
    durations: Durations
    schedule: Schedule
    finish: np.ndarray


def sliced(plan: Plan, seed: int, count: int) -> Sliced:
    """Iterations 0 to `count`, scheduled as if units were never short."""
    draws = draw(plan, seed, 0, count)
    durations = durations_of(plan, draws)
    schedule = network_pass(plan.network.with_pools(None), durations)
    return Sliced(draws, durations, schedule, program_finish(plan.network, durations, schedule))


def planned_work(durations: Durations, schedule: Schedule) -> np.ndarray:
    """The work (T, N) that was planned, of the versions that starts have chosen."""
    found = durations.work.copy()
    for row, versions in durations.versions.items():
        found[row] = versions.work[schedule.chosen[row], np.arange(durations.iterations)]
    return found


def compiled_costs(plan: Plan, block: Sliced, width: int) -> Costs:
    """What kernels of `width` lanes make of it; what it does not want is spoilt."""
    from simulator.engine.compiled.cost_arrays import cost_arrays
    from simulator.engine.compiled.costs import fill_costs
    from simulator.engine.compiled.money_tape import money_tape

    tape, wanted = money_tape(plan)
    money = cost_arrays(tape, width)
    schedule, durations, count = block.schedule, block.durations, len(block.finish)
    never = np.zeros_like(schedule.exists)
    every = np.arange(len(plan.network.rows))
    starts, finishes, positions, held = (np.isin(every, own)[:, None] for own in wanted)
    nothing = np.full_like(schedule.work, np.nan)
    position = np.where(positions, schedule.position, np.nan)
    clock = (
        np.where(starts | (held & (schedule.work > 0)), schedule.start, np.nan),
        np.where(finishes | (held & (schedule.work > 0)), schedule.finish, np.nan),
    )
    inputs = (
        block.draws.values,
        block.draws.occurs.reshape(-1, count).astype(np.uint8),
        planned_work(durations, schedule),
        durations.exists.astype(np.uint8),
        np.concatenate([schedule.work, position, nothing, *clock]),
        np.concatenate(
            [schedule.exists, never if schedule.stopped is None else schedule.stopped]
        ).astype(np.uint8),
        np.zeros((0, count)) if schedule.stop_at is None else schedule.stop_at,
        block.finish[None],
    )
    cash = np.zeros((len(plan.money.months), count))
    accounts = np.zeros((len(plan.money.accounts), count))
    total, worth = np.zeros(count), np.zeros(count)
    for begin in range(0, count, width):
        n = min(width, count - begin)
        own = [np.zeros((*each.shape[:-1], width), each.dtype) for each in inputs]
        for lanes, each in zip(own, inputs, strict=True):
            lanes[..., :n] = each[..., begin : begin + n]
        fill_costs(tape, n, *own, money)
        months = int(money.months[0])
        here = slice(begin, begin + n)
        cash[:months, here] = money.cash[:months, :n]
        accounts[:, here] = money.accounts[:, :n]
        total[here], worth[here] = money.total[:n], money.present_value[:n]
    return Costs(total, cash, accounts, worth)


def agree(plan: Plan, seed: int, count: int, width: int) -> None:
    """Both cost every iteration the same."""
    plan = plan.simulated()
    block = sliced(plan, seed, count)
    expected = costs_of(plan, block.draws, block.durations, block.schedule, block.finish)
    found = compiled_costs(plan, block, width)
    np.testing.assert_array_equal(found.cash[: len(expected.cash)], expected.cash)
    assert not found.cash[len(expected.cash) :].any()
    np.testing.assert_array_equal(found.accounts, expected.accounts)
    np.testing.assert_array_equal(found.total, expected.total)
    if expected.present_value is not None:
        np.testing.assert_array_equal(found.present_value, expected.present_value)


@pytest.mark.parametrize("name", ["core_banking", "erp_rollout"])
@pytest.mark.parametrize(("count", "width"), [(600, 256), (100, 64)])
def test_the_scenarios(name, count, width):
    """The large scenarios, in sub-blocks of which the last is short."""
    agree(compile_plan(simulator.load(f"scenarios/{name}.yaml")), 3, count, width)


@pytest.mark.parametrize("stops", ["", "p", "program"])
@pytest.mark.parametrize("rate", ["100/ed", "40/h", "3_000/mo"])
@pytest.mark.parametrize(
    "prices", ["", "escalation: {rate: 0.03}", "escalation: {rate: {uniform: [0.01, 0.06]}}"]
)
def test_every_kind_of_flow(stops, rate, prices):
    """Everything that can cost, with and without stops and rising prices."""
    text = f"{LINES}, {PENALTY % rate}, discount: 0.04"
    if prices:
        prices = prices.replace("escalation: {", "escalation: {prices_of: 2027-01-01, ")
        text += f", {prices}"
    more = POOLS + RISKS + (STOP % stops if stops else "")
    agree(compile_plan(scenario(TASKS, program=text, more=more)), 1, 150, 64)


@pytest.mark.parametrize("paid", ["240/ed", "30/h", "800/d", "900/mo"])
@pytest.mark.parametrize("calendar", ["", ", calendar: 24x7", ", calendar: early"])
@pytest.mark.parametrize("stops", ["", "p"])
def test_finite_pools_that_are_retained(paid, calendar, stops):
    """Capacity that grows, falls and ends within a month, over what lies of it in the need."""
    steps = "{units: 2}, {from: 2027-01-13, units: 3.5}, {from: 2027-02-01, units: 0}"
    last = "{from: 2027-02-09 10:30, units: 4}"
    rest = f"rate: {paid}, paid: retained{calendar}"
    pools = (
        "calendars: {early: {week: {mon-fri: ['06:00-11:00']}}}\n"
        f"pools:\n  env: {{units: [{steps}, {last}], {rest}}}\n"
        f"  lab: {{units: 3, {rest}}}\n  van: {{units: unlimited, {rest}}}\n  dev: {{units: 2}}\n"
    )
    more = pools + RISKS + (STOP % stops if stops else "")
    agree(compile_plan(scenario(TASKS, more=more)), 1, 150, 64)


def test_a_large_retained_pool_is_sorted():
    """More rows than are compared each with each."""
    tasks = "\n".join(
        f"t{k}: {{duration: {{uniform: [1d, {k + 2}d]}}, needs: {{env: 1}}}}" for k in range(60)
    )
    agree(compile_plan(scenario(tasks, more=POOLS)), 1, 70, 64)


def test_without_money_there_is_nothing_to_do():
    """No months, no cost."""
    plan = compile_plan(scenario("a: {duration: 5d}"))
    block = sliced(plan, 1, 10)
    found = compiled_costs(plan, block, 64)
    assert not found.total.any()
    assert not len(found.accounts)


def priced(data: dict[str, Any], choices: st.DataObject) -> dict[str, Any]:
    """Money on a scenario that has none."""
    one = choices.draw
    for pool in data.get("pools", {}).values():
        pool["rate"] = one(st.sampled_from(["10/h", "90/d", "50/ed", "700/mo"]))
        if one(st.booleans()):
            pool["paid"] = "retained"
    for project in data["projects"].values():
        for task in project["tasks"].values():
            if "spans" in task or not one(st.booleans()):
                continue
            task["cost"] = one(st.sampled_from([100, {"uniform": [5, 900]}]))
            task["accrues"] = one(st.sampled_from(["start", "even", "end"]))
            if "milestone" not in task and one(st.booleans()):
                task["cost_rate"] = one(st.sampled_from(["3/h", "20/d", "9/ed", "300/mo"]))
        if one(st.booleans()):
            project["costs"] = {"line": {"rate": one(st.sampled_from(["3/h", "9/ed", "50/mo"]))}}
    for risk in data.get("risks", {}).values():
        for hit in risk["hits"]:
            hit["cost"] = {"uniform": [1, 5]}
    program = data["program"]
    program["costs"] = {"whole": {"amount": 77}, "rate": {"rate": "12/ed"}}
    program["penalty"] = {"after": "2027-01-20", "rate": "50/d", "cap": 300}
    if one(st.booleans()):
        program["escalation"] = {
            "rate": {"normal": {"mean": 0.03, "sd": 0.002}},
            "prices_of": "2027-01-01",
        }
    return data


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(scenarios(), st.data(), seeds())
def test_any_scenario(data, choices, seed):
    """Any scenario with money put on it."""
    plan = compile_plan(Scenario.model_validate(priced(data, choices)))
    assume(plan.effects.epochs == 1 or drawn_by_kernels(plan))
    agree(plan, seed, 30, 64)
