"""Money by hand: rates on each clock, accrual, pools, lines, penalty, escalation, months."""

import numpy as np
import pytest

import simulator
from simulator.run.settings import CHUNK
from tests.programs import compiled, deterministic, scenario

POOLS = """pools:
  dev: {units: unlimited, rate: 100/h}
  env: {units: unlimited, rate: 240/ed, paid: retained}
  lab: {units: unlimited, rate: 800/d}
"""


def cost(tasks: str, *, program: str = "", more: str = "") -> float:
    """What the deterministic plan costs."""
    return deterministic(tasks, program=program, more=more).cost


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("a: {duration: 5d, cost: 1_000}", 1000),
        ("a: {duration: 5d, cost_rate: 300/d}", 1500),
        ("a: {duration: 5d, cost_rate: 10/h}", 400),
        ("a: {duration: 5d, cost_rate: 1_000/w}", 1000),
        ("a: {duration: 5d, cost_rate: 24/ed}", 24 * (4 + 8 / 24)),
        ("a: {duration: 5d, needs: {dev: 1.5}}", 40 * 1.5 * 100),
        ("a: {duration: 5d, needs: {lab: 2}}", 5 * 2 * 800),
        ("a: {milestone: true, cost: 500}", 500),
    ],
)
def test_what_a_task_costs(task, expected):
    """Fixed money, rates on working and on clock time, and pools that are paid while held."""
    assert cost(task, more=POOLS) == pytest.approx(expected, rel=1e-12)


def test_a_retained_pool_is_paid_for_the_most_held_from_first_to_last_need():
    """Two environments at once, then none, then one: two are paid from Monday 09:00 to the end."""
    tasks = """a: {duration: 2d, needs: {env: 1}}
        b: {duration: 1d, needs: {env: 1}}
        pause: {duration: 5d, after: [a, b]}
        c: {duration: 1d, after: pause, needs: {env: 1}}"""
    elapsed_days = 9 + 8 / 24
    assert cost(tasks, more=POOLS) == pytest.approx(2 * 240 * elapsed_days, rel=1e-12)


def test_a_finite_pool_that_is_retained_is_paid_by_its_capacity():
    """Three environments from Monday 09:00 to the end of the last need, however few are held."""
    tasks = """a: {duration: 2d, needs: {env: 1}}
        pause: {duration: 5d, after: a}
        c: {duration: 1d, after: pause, needs: {env: 2}}"""
    more = "pools: {env: {units: 3, rate: 240/ed, paid: retained}}\n"
    assert cost(tasks, more=more) == pytest.approx(3 * 240 * (9 + 8 / 24), rel=1e-12)


def test_capacity_in_steps_is_paid_while_it_is_there():
    """One unit for two days, then three, over working days from the first to the last need."""
    tasks = """wait: {duration: 1d}
        a: {duration: 3d, after: wait, needs: {env: 1}}
        b: {duration: 2d, after: a}
        c: {duration: 1d, after: b, needs: {env: 1}}"""
    steps = "[{units: 1}, {from: 2027-01-07, units: 3}]"
    more = f"pools: {{env: {{units: {steps}, rate: 800/d, paid: retained}}}}\n"
    # Needed from Tuesday 5th to Tuesday 12th: two days of one unit, four of three.
    assert cost(tasks, more=more) == pytest.approx(800 * (2 + 3 * 4), rel=1e-12)


def test_an_environment_given_back_is_free_for_the_next_task():
    """One after the other at the same instant hold one unit, not two."""
    tasks = "a: {duration: 1ed, needs: {env: 1}}\nb: {duration: 1ed, after: a, needs: {env: 1}}"
    assert cost(tasks, more=POOLS) == pytest.approx(2 * 240, rel=1e-12)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{amount: 5_000, at: 2027-06-01}", 5000),
        ("{amount: 5_000, at: p.a}", 5000),
        ("{rate: 100/ed}", 100 * (11 + 17 / 24)),
        ("{rate: 100/ed, from: p.b}", 100 * (4 + 8 / 24)),
        ("{rate: 100/ed, from: 2027-01-05, to: 2027-01-06}", 200),
        ("{rate: 10/h, to: p.a}", 400),
        ("{rate: 900/mo, from: 2027-01-04, to: 2027-01-07}", 900 * 4 / 31),
    ],
)
def test_cost_lines(line, expected):
    """An amount at a date or task; a rate from and to: dates end at 24:00, tasks at finish."""
    tasks = "a: {duration: 5d}\nb: {duration: 5d, after: a}"
    found = cost(tasks, program=f"costs: {{line: {line}}}")
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_penalty_grows_after_its_date_up_to_its_cap():
    """Ten working days against a deadline on the first Friday: 6 days and 17 hours late."""
    tasks = "a: {duration: 10d}"
    late = 6 + 17 / 24
    program = "deadline: 2027-01-08, penalty: {after: deadline, rate: 1_000/ed%s}"
    assert cost(tasks, program=program % "") == pytest.approx(1000 * late, rel=1e-12)
    assert cost(tasks, program=program % ", cap: 2_500") == pytest.approx(2500, rel=1e-12)


def test_escalation_counts_from_the_middle_of_each_month():
    """A cost at a date in June is dearer by the years from the price date to mid June."""
    program = (
        "escalation: {rate: 0.05, prices_of: 2026-07-01},"
        " costs: {licence: {amount: 1_000, at: 2027-06-20}}"
    )
    days = (335 + 365) / 2  # 2027-06-01 and 2027-07-01, counted from 2026-07-01
    expected = 1000 * 1.05 ** (days / 365.25)
    assert cost("a: {duration: 5d}", program=program) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("accrues", "january"), [("start", 1.0), ("even", 0.5), ("end", 0.0)])
def test_a_fixed_cost_accrues_over_the_work(accrues, january):
    """Twenty days from 18 January: ten working days lie in January, ten in February."""
    tasks = (
        f"a: {{duration: 20d, cost: 1_000, accrues: {accrues}, start_no_earlier_than: 2027-01-18}}"
    )
    cash = deterministic(tasks).costs.cash[:, 0]
    assert cash.tolist() == pytest.approx([1000 * january, 1000 * (1 - january)])


RICH = """a: {duration: {pert: [5d, 10d, 40d]}, cost: {triangular: [1, 2, 9]}, needs: {dev: 2}}
b: {duration: {pert: [5d, 10d, 40d]}, after: a, cost_rate: 30/ed, needs: {env: 1, lab: 1}}
"""
RICH_PROGRAM = """deadline: 2027-02-12, penalty: {rate: 100/ed, cap: 2_000}, discount: 0.1,
  escalation: {rate: {pert: [0.0, 0.02, 0.08]}, prices_of: 2026-01-01},
  costs: {office: {rate: 500/d}, kit: {amount: {uniform: [10, 20]}, at: p.b}}"""
RICH_MORE = (
    POOLS
    + """risks:
  r: {chance: 0.3, hits: [{tasks: [p.b], cost: {uniform: [1_000, 2_000]}}]}
mitigations:
  m: {cost: 250, at: 2027-02-01, bought: true}
"""
)


def test_the_total_is_the_sum_of_the_months_to_the_bit():
    """Every cost is a month's, every account adds up to it, and present value is below it."""
    plan = compiled(RICH, program=RICH_PROGRAM, more=RICH_MORE)
    results = simulator.simulate(plan.scenario, iterations=3 * CHUNK + 7, task_iterations=5000)
    joined = results.joined
    total = np.zeros(len(joined.cost))
    for month in joined.task_cash:
        total += month
    assert np.array_equal(total, joined.cost)
    assert sum(mean for _, mean in results.accounts) == pytest.approx(joined.cost.mean(), rel=1e-12)
    assert joined.cash.sum() == pytest.approx(joined.cost.mean(), rel=1e-12)
    assert joined.present_value is not None
    assert np.all(joined.present_value < joined.cost)


def test_blocks_and_threads_never_change_a_number():
    """Any block size and any number of threads give the same file."""
    from simulator.run.settings import Settings
    from simulator.run.simulate import run

    loaded = scenario(RICH, program=RICH_PROGRAM, more=RICH_MORE)
    settings = [
        Settings(iterations=5000, task_iterations=3000, block=block, threads=threads)
        for block, threads in ((None, 1), (CHUNK, 1), (2 * CHUNK, 2), (8 * CHUNK, None))
    ]
    found = [run(loaded, each).to_dict() for each in settings]
    assert all(each == found[0] for each in found[1:])


def test_a_longer_run_begins_with_the_shorter_one():
    """10,000 iterations extended to more repeat the first 10,000 exactly."""
    loaded = scenario(RICH, program=RICH_PROGRAM, more=RICH_MORE)
    short = simulator.simulate(loaded, iterations=1500).joined
    long = simulator.simulate(loaded, iterations=4000).joined
    assert np.array_equal(short.finish, long.finish[:1500])
    assert np.array_equal(short.cost, long.cost[:1500])
