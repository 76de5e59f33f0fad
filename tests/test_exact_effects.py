"""Rework, branches, risks, mitigations and money against closed forms.

Every tolerance is five standard errors, computed.
"""

import math
from datetime import datetime

import pytest

from simulator.scenario.units import DAYS_PER_YEAR
from tests.truth import (
    Check,
    assert_close,
    atoms,
    below,
    chain,
    chance,
    costs,
    days,
    mean,
    run,
    scenario,
    sd,
    share,
)

N = 200_000


# Rework, branches and risks.


def test_rework_until_it_is_right_is_geometric() -> None:
    """With chance p a round the work is X / (1 - p) on average, X and the rounds independent."""
    p, rounds = 0.3, 14
    tasks = {
        "t": {
            "duration": {"uniform": ["4d", "10d"]},
            "rework": {"chance": p, "share": 1, "at_most": rounds},
        }
    }
    results = run(scenario(tasks), N)
    # Rounds beyond `at_most` are cut off: their chance is counted exactly.
    chances = [p**k * (1 - p) for k in range(rounds)] + [p**rounds]
    first = math.fsum((k + 1) * each for k, each in enumerate(chances))
    second = math.fsum((k + 1) ** 2 * each for k, each in enumerate(chances))
    assert first == pytest.approx(1 / (1 - p), abs=1e-6)
    spread = math.sqrt((49 + 3) * second - (7 * first) ** 2)
    checks = [mean("mean", days(results), 7 * first), sd("sd", days(results), spread)]
    assert_close(checks)


def test_rework_of_a_chain_with_drawn_shares() -> None:
    """Each round repeats a drawn share of the tasks, with the chance of its place in the list."""
    chances, low, high = [0.6, 0.35, 0.1], 0.1, 0.3
    rework = {
        "chance": chances, "redo": ["build", "test"], "share": {"uniform": [low, high]},
        "at_least": 1, "at_most": 3,
    }  # fmt: skip
    tasks = {
        "build": {"duration": {"uniform": ["10d", "20d"]}},
        "test": {"duration": {"exponential": {"mean": "5d"}}, "after": ["build"], "rework": rework},
        "live": {"duration": "2d", "after": ["test"]},
    }
    results = run(scenario(tasks), N)
    shares, each = (low + high) / 2, (high - low) ** 2 / 12
    rounds = {1: 0.65, 2: 0.35 * 0.9, 3: 0.35 * 0.1}
    first = math.fsum(p * (1 + k * shares) for k, p in rounds.items())
    second = math.fsum(p * ((1 + k * shares) ** 2 + k * each) for k, p in rounds.items())
    work = 20.0
    square = work**2 + 100 / 12 + 25
    values = days(results)
    spent = results.rework_spent["p.test"].value
    assert_close(
        [
            mean("mean", values, work * first + 2),
            sd("sd", values, math.sqrt(square * second - (work * first) ** 2)),
            chance("last round needed", spent, 0.035, N),
        ]
    )


def test_probabilistic_branches_mix_their_tasks() -> None:
    """The finish is a mixture of the outcomes' finishes, with the branch's chances."""
    branches = {"platform": {"buy": 0.35, "rent": 0.25, "build": 0.4}}
    tasks = {
        "choose": {"duration": "2d"},
        **{
            key: {"duration": duration, "after": ["choose"], "on": f"platform.{key}", "cost": cost}
            for key, duration, cost in (("buy", "5d", 100), ("rent", "8d", 30), ("build", "20d", 7))
        },
        "live": {"duration": "1d", "after": ["buy", "rent", "build"]},
    }
    text = scenario(tasks, projects={"p": {"tasks": tasks, "branches": branches}})
    results = run(text, N)
    exists = {key: results.tasks[f"p.{key}"].exists.value for key in branches["platform"]}
    assert_close(
        [
            *atoms("finish", days(results), {8.0: 0.35, 11.0: 0.25, 23.0: 0.4}),
            *atoms("cost", costs(results), {100.0: 0.35, 30.0: 0.25, 7.0: 0.4}),
            *(chance(key, exists[key], p, N) for key, p in branches["platform"].items()),
        ]
    )


def test_conditional_risks_follow_the_law_of_total_probability() -> None:
    """A risk whose chance depends on others occurs, alone and with them, as often as it must."""
    risks = {
        "late": {"chance": 0.35, "hits": [{"cost": 1}]},
        "rollback": {"chance": {"if late": 0.5, "else": 0.1}, "hits": [{"cost": 10}]},
        "stop": {
            "chance": {"if rollback": 0.8, "if late": 0.3, "else": 0.05},
            "hits": [{"cost": 100}],
        },
    }
    results = run(scenario({"t": {"duration": "1d"}}, risks=risks), N)
    pmf: dict[float, float] = {}
    for late in (0, 1):
        for back in (0, 1):
            for stop in (0, 1):
                p_back, p_stop = (0.1, 0.5)[late], 0.8 if back else (0.05, 0.3)[late]
                weight = (
                    (0.65, 0.35)[late] * (1 - p_back, p_back)[back] * (1 - p_stop, p_stop)[stop]
                )
                pmf[late + 10.0 * back + 100.0 * stop] = weight
    occurred = results.risks["rollback"].occurred.value
    rollback = chance("rollback", occurred, 0.35 * 0.5 + 0.65 * 0.1, N)
    assert_close([rollback, *atoms("cost", costs(results), pmf)])


def test_a_wait_falls_on_the_first_task_to_become_ready() -> None:
    """A wait on the first of two tasks follows the earlier of two uniform predecessors."""
    law = {"uniform": ["0d", "10d"]}
    tasks = {
        "a": {"duration": law}, "b": {"duration": law},
        "c": {"duration": "1d", "after": ["a"]}, "d": {"duration": "1d", "after": ["b"]},
    }  # fmt: skip
    hit = {"tasks": ["p.c", "p.d"], "apply": "first", "wait": "30d"}
    text = scenario(tasks, risks={"late": {"chance": 0.25, "hits": [hit]}})
    values = days(run(text, N))

    def cdf(x: float) -> float:
        hit = 1 - (1 - min(max(x - 31, 0.0), 10) / 10) ** 2
        return 0.75 * (min(max(x - 1, 0.0), 10) / 10) ** 2 + 0.25 * hit

    earlier, later = 10 / 3, 20 / 3
    assert_close(
        [
            mean("mean", values, 0.75 * (later + 1) + 0.25 * (earlier + 31)),
            *below("finish", values, [4.0, 7.0, 10.0, 20.0, 32.0, 35.0, 38.0], cdf),
        ]
    )


# Mitigations.


_LATE = {
    "chance": 0.4,
    "hits": [{"tasks": ["p.t"], "delay": "20d", "cost": 1000}, {"tasks": ["p.t"], "factor": 1.4}],
}


@pytest.mark.parametrize(
    ("bought", "p", "scale", "spend"),
    [((), 0.4, 1.0, 0.0), (("a",), 0.2, 0.5, 60.0), (("a", "b"), 0.05, 0.1, 150.0)],
)
def test_mitigations_replace_the_chance_and_scale_the_effects(
    bought: tuple[str, ...], p: float, scale: float, spend: float
) -> None:
    """One replaces the chance, two multiply their ratios; a factor f becomes 1 + (f - 1) e."""
    levers = {
        "a": (60, {"chance": 0.2, "effects": 0.5}),
        "b": (90, {"chance": 0.1, "effects": 0.2}),
    }
    mitigations = {
        key: {"cost": cost, "on": {"late": lever}, "bought": key in bought}
        for key, (cost, lever) in levers.items()
    }
    text = scenario({"t": {"duration": "50d"}}, risks={"late": _LATE}, mitigations=mitigations)
    results = run(text, N)
    hit = 50 * (1 + 0.4 * scale) + 20 * scale
    assert_close(
        [
            *atoms("finish", days(results), {50.0: 1 - p, round(hit, 9): p}),
            *atoms("cost", costs(results), {spend: 1 - p, round(spend + 1000 * scale, 9): p}),
        ]
    )


def test_a_dated_mitigation_is_in_force_for_what_starts_after_it() -> None:
    """The same draw meets the old chance before the date and the new one from it on."""
    risk = {"chance": 0.5, "hits": [{"tasks": ["p.*"], "delay": "5d", "apply": "each"}]}
    text = scenario(
        chain("10d", "10d"),
        risks={"late": risk},
        mitigations={"m": {"at": "2027-01-09", "on": {"late": {"chance": 0.2}}, "bought": True}},
    )
    assert_close(atoms("finish", days(run(text, N)), {30.0: 0.2, 25.0: 0.3, 20.0: 0.5}))


# Money.


def _years(month: tuple[int, int], since: datetime) -> float:
    first = datetime(*month, 1)
    after = datetime(month[0] + month[1] // 12, month[1] % 12 + 1, 1)
    return (first + (after - first) / 2 - since).total_seconds() / 86_400 / DAYS_PER_YEAR


def _power_mean(low: float, high: float, power: float) -> float:
    """E[(1 + r)^power] for uniform r."""
    ends = [math.pow(1 + r, power + 1) for r in (low, high)]
    return (ends[1] - ends[0]) / ((high - low) * (power + 1))


def test_escalation_of_drawn_amounts_at_known_months() -> None:
    """E[A (1 + r)^t] = E[A] E[(1 + r)^t]; two months share one r, which their variance shows."""
    low, high = 0.02, 0.12
    text = scenario(
        {"t": {"duration": "1d"}},
        program={
            "escalation": {"rate": {"uniform": [low, high]}, "prices_of": "2026-07-01"},
            "costs": {
                "licences": {"amount": {"uniform": [80, 120]}, "at": "2028-09-20"},
                "support": {"amount": 100, "at": "2030-02-03"},
            },
        },
    )
    since = datetime(2026, 7, 1)
    t, s = _years((2028, 9), since), _years((2030, 2), since)
    value = costs(run(text, N))
    first = 100 * (_power_mean(low, high, t) + _power_mean(low, high, s))
    second = (100**2 + 1600 / 12) * _power_mean(low, high, 2 * t)
    second += 100**2 * (_power_mean(low, high, 2 * s) + 2 * _power_mean(low, high, t + s))
    assert_close([mean("mean", value, first), sd("sd", value, math.sqrt(second - first**2))])


@pytest.mark.parametrize("cap", [None, 3000])
def test_the_penalty_of_a_uniform_finish(cap: int | None) -> None:
    """E[min(cap, rate (finish - deadline)+)] for a uniform finish, and how often it is 0 or cap."""
    penalty = {"after": "deadline", "rate": "1_000/ed"} | ({} if cap is None else {"cap": cap})
    tasks = {"t": {"duration": {"uniform": ["8d", "16d"]}}}
    # The deadline is the end of its day: the eleventh day after the start of the first.
    text = scenario(tasks, program={"deadline": "2027-01-14", "penalty": penalty})
    results = run(text, N)
    money, late = costs(results), 16 - 11
    most = late if cap is None else cap / 1000
    known = 1000 * (late**2 - (late - most) ** 2) / 2 / 8
    square = 1e6 * (most**3 / 3 + (late - most) * most**2) / 8
    assert_close(
        [
            mean("penalty", money, known),
            sd("penalty", money, math.sqrt(square - known**2)),
            share("none", money == 0, 3 / 8),
            share("full", money >= 1000 * most * (1 - 1e-12), (late - most) / 8),
            chance("on time", results.probability["on_time"].value, 3 / 8, N),
        ]
    )


def test_joint_confidence_of_an_independent_cost() -> None:
    """Independent date and cost: the joint chance is the product, the balanced point its root.

    With u = sqrt(p), linearising the empirical copula at (u, u) gives the true chance of the
    balanced date (and of its cost) the variance (1 - u)(1 + 3 u) / (4 n).
    """
    text = scenario(
        {"t": {"duration": {"uniform": ["10d", "20d"]}}},
        program={
            "deadline": "2027-01-20", "budget": 190,
            "costs": {"licences": {"amount": {"uniform": [100, 200]}, "at": "2027-01-05"}},
        },
    )  # fmt: skip
    results = run(text, N)
    kept = results.probability
    checks = [
        chance("on time", kept["on_time"].value, 0.7, N),
        chance("on budget", kept["on_budget"].value, 0.9, N),
        chance("all", kept["all"].value, 0.63, N),
    ]
    assert results.jcl_at_targets == kept["all"]
    for percent in (50, 80):
        u, point = math.sqrt(percent / 100), results.jcl[percent]
        error = math.sqrt((1 - u) * (1 + 3 * u) / 4 / N)
        date = (point.date / 86_400_000 - 10) / 10
        checks += [
            Check(f"date P{percent}", date, u, error),
            Check(f"cost P{percent}", (point.cost - 100) / 100, u, error),
        ]
    assert_close(checks)
