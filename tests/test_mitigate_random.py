"""`mitigate` against editing the file for every set, on scenarios made by chance."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings

import simulator
from simulator.analysis.mitigation.bounds import LeverBounds
from simulator.analysis.mitigation.futures import LeverFutures
from simulator.analysis.mitigation.levers import levers_of
from simulator.analysis.mitigation.objectives import objective_of
from simulator.analysis.mitigation.plans import LeverPlans
from tests.sets_tried import every_set
from tests.strategies import scenarios

N = 60
OBJECTIVES = ("finish_p80", "cost_p80", "not_all")
HITS = (
    "delay: {pert: [1d, 3d, 12d]}",
    "wait: {uniform: [1ed, 15ed]}",
    "factor: {triangular: [1.0, 1.2, 1.9]}",
    "factor: {pert: [0.7, 1.0, 1.5]}",
    "delay: -2d",
    "factor: 0.6",
    "delay: 4d, cost: 7_000",
    "wait: 3d",
)


def text(number: int) -> str:
    """A scenario with 3 to 6 levers; every third has a pool that is contended for."""
    dice = random.Random(number)
    pools = number % 3 == 0
    lines = ["format: 1", "program: {name: R, start: 2027-01-04, deadline: 2027-03-20,"]
    lines.append("  budget: 60_000, escalation: {rate: 0.05, prices_of: 2027-01-01}}")
    if pools:
        paid = dice.choice(["held", "retained"])
        lines.append(f"pools: {{dev: {{units: {dice.randint(1, 2)}, rate: 90/h, paid: {paid}}}}}")
    names = [f"t{k}" for k in range(dice.randint(3, 7))]
    lines += ["projects:", "  p:", "    tasks:"]
    for k, name in enumerate(names):
        low = dice.randint(1, 6)
        task = f"duration: {{pert: [{low}d, {low + 2}d, {low + 9}d]}}, cost_rate: 400/d"
        before = dice.sample(names[:k], min(k, dice.randint(0, 2)))
        links = [f'"{each} {dice.choice(["FS", "FS", "SS+1d", "FF", "FS-1d"])}"' for each in before]
        task += f", after: [{', '.join(links)}]" if links else ""
        task += ", needs: {dev: 1}" if pools and dice.random() < 0.7 else ""
        task += ", rework: {chance: 0.3, share: 0.5}" if dice.random() < 0.2 else ""
        lines.append(f"      {name}: {{{task}}}")
    lines.append("risks:")
    risks = [f"r{k}" for k in range(dice.randint(2, 4))]
    for k, name in enumerate(risks):
        chance = dice.choice(["0.4", "0.7", "1"])
        if k and dice.random() < 0.3:
            chance = f"{{if r{k - 1}: {dice.choice(['0.9', '0.1'])}, else: 0.3}}"
        target, hit = dice.choice(names), dice.choice(HITS)
        window = ""
        if dice.random() < 0.2:
            window = ", when: {from: 2027-01-12, until: 2027-02-05}"
        lines.append(
            f"  {name}: {{chance: {chance}{window}, hits: [{{tasks: [p.{target}], {hit}}}]}}"
        )
    lines.append("mitigations:")
    for k in range(dice.randint(3, 5)):
        on = []
        for risk in dice.sample(risks, dice.randint(1, 2)):
            change = dice.choice(["chance: 0.1", "effects: 0.5", "chance: 0.2, effects: 0.7",
                                  "effects: 0", "effects: 1.5", "chance: 0.6"])  # fmt: skip
            on.append(f"{risk}: {{{change}}}")
        when = f", at: 2027-01-{dice.randint(5, 28):02}" if dice.random() < 0.35 else ""
        cost = dice.choice(["2_000", "3_000", "0", "{uniform: [1_000, 4_000]}", "5_500"])
        bought = ", bought: true" if dice.random() < 0.15 else ""
        lines.append(f"  m{k}: {{cost: {cost}{when}, on: {{{', '.join(on)}}}{bought}}}")
    if pools:
        lines.append("  crew: {cost: 3_000, at: 2027-01-11, units: {dev: 1}}")
    return "\n".join(lines) + "\n"


def check(scenario: simulator.Scenario, minimise: str, budget: float, **options) -> None:
    """The best set, its value and the frontier are those of trying every set."""
    tried = every_set(scenario, minimise, iterations=N, **options)
    found = simulator.mitigate(scenario, budget=budget, minimise=minimise, iterations=N, **options)
    assert found.best.optimal
    assert (found.best.ids, found.best.in_sample) == (
        tried.best(budget).ids,
        tried.best(budget).value,
    )
    assert [(each.ids, each.in_sample) for each in found.frontier] == tried.frontier(budget)


@pytest.mark.parametrize("number", range(50))
def test_the_best_set_of_scenarios_made_by_chance(number):
    """With pools, opportunities, several levers on a risk, dates, windows and conditions."""
    scenario = simulator.loads(text(number))
    minimise = OBJECTIVES[number // 3 % 3]
    budget = random.Random(-number).choice([4_000, 7_500, 20_000])
    check(scenario, minimise, budget)


@given(scenarios(most_tasks=5))
@settings(max_examples=15, deadline=None)
def test_the_best_set_of_any_scenario(data):
    """Whatever else a file says: calendars, constraints, stops, hits on the first of several."""
    for key, each in data.get("mitigations", {}).items():
        each["bought"] = False
        each["cost"] = 10 + len(key)
    scenario = simulator.loads(json.dumps(data))
    check(scenario, "finish_p80", 25.0, engine="numpy")


@pytest.mark.parametrize("number", range(100, 125))
def test_no_set_is_below_its_bound(number):
    """Whatever is open: a bound is a bound, for finish and for promises."""
    scenario = simulator.loads(text(number))
    levers = levers_of(scenario, scenario)
    results = simulator.simulate(scenario, iterations=N, task_iterations=0)
    for minimise in ("finish_p80", "not_all"):
        plans = LeverPlans(results, scenario, levers)
        futures = LeverFutures(plans, objective_of(minimise, results.plan))
        every = list(range(1 << len(levers)))
        values = dict(zip(every, futures.values(every), strict=True))
        bounds = LeverBounds.of(futures)
        nodes = [(own, rest) for own in every for rest in every if not own & rest]
        nodes = random.Random(number).sample(nodes, min(len(nodes), 60))
        for (own, rest), bound in zip(nodes, bounds.bounds(nodes), strict=True):
            least = min(values[each] for each in every if each & ~rest == own)
            assert bound <= least
            if rest & ~bounds.sure:
                assert bound == -np.inf
