"""`drivers`: what goes away with each thing, and the measures of tasks against exact ones."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import simulator
from simulator.analysis.drivers import drivers, drivers_of
from simulator.analysis.shapley import shapley_values
from simulator.charts.tornado import CHARTS
from simulator.cli.main import cli
from simulator.estimates.dependence import correlations, first_order, mid_ranks
from simulator.estimates.sections import sectioned, sections_of
from simulator.run.removals import removals, without_board
from simulator.run.variants import on_same_futures
from tests import stored_cases

TEXT = """format: 1
program: {name: T, start: 2027-01-04, currency: EUR, priority_rule: declared,
          escalation: {rate: {pert: [0.01, 0.03, 0.06]}, prices_of: 2027-01-01}}
pools: {dev: {units: UNITS, rate: 100/h}}
classes: {novel: {triangular: [0.9, 1.0, 1.8]}}
boards: {b: {meets: mon, at: 10:00, approves: [0.7]}}
projects:
  p:
    tasks:
      x: {duration: {pert: [10d, 20d, 50d]}, needs: {dev: 1}, cost: {uniform: [1_000, 9_000]}}
      y: {duration: {pert: [10d, 20d, 50d]}, needs: {dev: 1}, rework: {chance: 0.3, share: 0.4}}
      z: {duration: 15d, class: novel, after: [x, y]}
      ok: {board: b, after: [z]}
      m: {milestone: true, after: [ok]}
risks:
  late: {chance: 0.3, hits: [{tasks: [p.y], wait: {pert: [5ed, 15ed, 40ed]}, cost: 5_000}]}
  follows: {chance: {if late: 0.8, else: 0.1}, hits: [{tasks: [p.z], delay: 4d}]}
  all: {chance: 1, hits: [{tasks: ["*"], factor: {pert: [0.9, 1.0, 1.4]}}]}
  leave: {rate: 0.3/mo, during: p.z, hits: [{tasks: [p.z], delay: 3d}]}
mitigations: {lever: {cost: 1_000, on: {late: {chance: 0.2}}, bought: true}}
"""
N = 400


def loaded(units: str = "unlimited", **changes: tuple[str, ...]) -> simulator.Scenario:
    """A scenario with one of everything that can be removed."""
    return simulator.loads(TEXT.replace("UNITS", units), **changes)


@pytest.fixture(scope="module")
def results() -> simulator.Results:
    """Its run."""
    return simulator.simulate(loaded(), iterations=N, engine="numpy")


def removed(results: simulator.Results, name: str):
    """The futures of a run without one thing."""
    (removal,) = (each for each in removals(results) if each.name == name)
    return on_same_futures(results, removal.remove(results.plan))


@pytest.mark.parametrize("risk", ["late", "follows", "all", "leave"])
@pytest.mark.parametrize("scheme", ["mc", "lhs"])
def test_removing_a_risk_is_running_the_file_without_it(risk, scheme):
    """To the last bit, of finish and cost, also for rates, conditions and mitigations."""
    run = simulator.simulate(loaded(), iterations=N, scheme=scheme, engine="numpy")
    edited = simulator.simulate(
        loaded(without=(risk,)), iterations=N, scheme=scheme, engine="numpy"
    )
    without = removed(run, risk)
    assert np.array_equal(without.finish, edited.joined.finish)
    assert np.array_equal(without.cost, edited.joined.cost)


@pytest.mark.parametrize(
    ("name", "sets"),
    [
        ("p.x", ("p.x.duration=20d", "p.x.cost=5_000")),
        ("p.y", ("p.y.duration=20d",)),
        ("novel", ("classes.novel.range=1",)),
        ("program.escalation", ("program.escalation.rate=0.03",)),
    ],
)
def test_removing_a_range_is_running_the_file_with_its_deterministic_value(results, name, sets):
    """Mode of a range, 1 of a class, the planned rise of prices."""
    if name == "novel":
        edited = simulator.loads(TEXT.replace("UNITS", "unlimited").replace(", class: novel", ""))
    else:
        edited = loaded(overrides=sets)
    found, run = removed(results, name), simulator.simulate(edited, iterations=N, engine="numpy")
    assert np.array_equal(found.finish, run.joined.finish)
    assert np.allclose(found.cost, run.joined.cost, rtol=1e-12)


def test_removing_a_board_is_running_without_it(results):
    """Approved at once."""
    edited = simulator.simulate(
        simulator.loads(TEXT.replace("UNITS", "unlimited").replace("board: b", "duration: 0")),
        iterations=N, engine="numpy",
    )  # fmt: skip
    assert np.array_equal(removed(results, "b").finish, edited.joined.finish)
    assert all(task.board is None for task in without_board(loaded(), "b").tasks.values())


def test_removing_a_pool_is_running_with_units_without_limit():
    """Dispatched, with one developer for two tasks."""
    run = simulator.simulate(loaded("1"), iterations=100, engine="simpy")
    free = simulator.simulate(loaded(), iterations=100, engine="simpy")
    assert np.array_equal(removed(run, "dev").finish, free.joined.finish)


def test_every_kind_is_there_once_and_ranked(results):
    """Days first, what moves most first; spread beside whatever has a range."""
    found = drivers_of(results, measures=False)
    kinds = {(each.name, each.kind) for each in found.removed}
    assert kinds == {
        ("late", "risk"), ("follows", "risk"), ("leave", "risk"), ("all", "factor"),
        ("p.x", "range"), ("p.y", "range"), ("novel", "class"), ("b", "board"),
        ("program.escalation", "range"),
    }  # fmt: skip
    sizes = [abs(each.p80_days.value) for each in found.finish]
    assert sizes == sorted(sizes, reverse=True)
    for each in found.removed:
        has_range = each.kind in ("factor", "class") or each.name in ("p.x", "p.y")
        assert (each.p80_days_spread is not None) == has_range
        assert each.mean_days.low <= each.mean_days.value <= each.mean_days.high


def test_ranges_that_are_left_out_are_counted(results):
    """The least critical ones go first."""
    found = drivers_of(results, ranges=1, measures=False)
    assert found.left_out == 1
    kept = [each.name for each in found.removed if each.name in ("p.x", "p.y")]
    critical = {key: results.tasks[key].criticality.value for key in ("p.x", "p.y")}
    assert kept == [max(critical, key=critical.__getitem__)]


def test_the_keys_of_the_contract():
    """Spelled as FORMAT.md spells them."""
    found = drivers(loaded(), to="p.m", iterations=200).to_dict()
    assert found["target"] == "p.m"
    assert {"target", "finish", "cost", "tasks", "shapley"} <= set(found)
    assert {"name", "kind", "p80_days", "mean_days"} <= set(found["finish"][0])
    assert {"name", "kind", "p80", "mean"} <= set(found["cost"][0])
    assert list(found["tasks"]["p.x"]) == [
        "criticality", "cruciality_pearson", "cruciality_spearman", "significance", "ssi",
        "first_order", "total", "slope", "merge_bias_days",
    ]  # fmt: skip
    with pytest.raises(simulator.SettingsError, match=r"expected a milestone.*p\.m"):
        drivers(loaded(), to="p.n", iterations=20)


def test_shapley_values_of_known_games():
    """Additive games give what each adds; a glove game of three is 2/3, 1/6, 1/6."""
    worth = np.array([3.0, 5.0, 7.0])
    additive = np.array([sum(w for k, w in enumerate(worth) if s >> k & 1) for s in range(8)])
    assert shapley_values(additive) == pytest.approx(worth)
    gloves = np.array([0, 0, 0, 1, 0, 1, 0, 1], dtype=float)
    assert shapley_values(gloves) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_shares_add_up():
    """To what goes away when all of them do."""
    found = drivers(loaded(), iterations=300)
    run, plan = found.results, found.results.plan
    for removal in removals(run):
        if removal.name in {each.name for each in found.shapley}:
            plan = removal.remove(plan)
    gone = run.joined.finish, on_same_futures(run, plan).finish
    p80 = [np.sort(each)[(80 * 300 + 99) // 100 - 1] for each in gone]
    total = sum(each.p80_days.value for each in found.shapley)
    assert total == pytest.approx((p80[0] - p80[1]) / 86_400_000)


# ---- measures of tasks

MEASURES = {
    "criticality_index_zero_total_float": "criticality",
    "cruciality_index_pearson": "cruciality_pearson",
    "schedule_sensitivity_index": "ssi",
    "significance_index": "significance",
}
"""The exact figures of stored cases, and the measures that they are of."""


@pytest.mark.skipif(not stored_cases.DATA.exists(), reason="the stored cases are not there")
@pytest.mark.parametrize("name", ["disc_bridge", "disc_9_g", "disc_uniform_parallel3"])
def test_measures_are_exact_within_five_standard_errors(name):
    """Criticality, cruciality, significance and SSI of networks that were enumerated."""
    case = stored_cases.case_of(f"exact/{name}")
    exact = case["exact"]
    found = drivers(
        simulator.loads(stored_cases.text_of(case)),
        iterations=16_384,
        task_iterations=16_384,
        ranges=0,
    )
    reach = 1.96  # the normal quantile at 97.5 %
    compared = 0
    for key, measure in MEASURES.items():
        for activity, truth in exact[key].items():
            got = next(m for task, m in found.tasks.items() if task.endswith(f".{activity}"))
            estimate = getattr(got, measure)
            error = max((estimate.high - estimate.low) / 2 / reach, 1e-9)
            assert abs(estimate.value - truth) <= 5 * error, (key, activity)
            compared += 1
    assert compared


def test_first_order_and_total_of_a_linear_model():
    """In a chain of independent tasks both are the share of the variance, and they add up."""
    chain = simulator.loads(
        "format: 1\nprogram: {start: 2027-01-04, calendar: 24x7}\nprojects:\n  p:\n    tasks:\n"
        "      a: {duration: {uniform: [0d, 10d]}}\n"
        "      b: {duration: {uniform: [0d, 20d]}, after: [a]}\n"
        "      c: {duration: {uniform: [0d, 5d]}, after: [b]}\n"
    )
    found = drivers(chain, iterations=8192, task_iterations=8192, ranges=0)
    for key, width in (("a", 10), ("b", 20), ("c", 5)):
        truth = width**2 / (100 + 400 + 25)
        measures = found.tasks[f"p.{key}"]
        total = measures.total
        assert abs(total.value - truth) <= 5 / 2.04 * (total.high - total.low) / 2
        first = measures.first_order
        assert abs(first.value - truth) <= 5 / 1.96 * (first.high - first.low) / 2


def test_first_order_of_ishigami():
    """0.3139, 0.4424 and 0, within five standard errors.

    Source: T. Ishigami and T. Homma (1990), An importance quantification technique in uncertainty
    analysis for computer models.
    """
    x = np.random.default_rng(5).uniform(-math.pi, math.pi, (3, 65_536))
    y = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    found = first_order(x, y)
    for value, high, truth in zip(found.value, found.high, (0.3139, 0.4424, 0.0), strict=True):
        assert abs(value - truth) < 5 / 1.96 * (high - value)


def test_correlations_and_ranks():
    """As NumPy has them; ties share their mean rank; what does not vary has none."""
    rows = np.random.default_rng(1).standard_normal((2, 50))
    own = correlations(rows, rows[0])
    assert own[0] == pytest.approx(1.0)
    assert own[1] == pytest.approx(np.corrcoef(rows)[0, 1])
    assert np.isnan(correlations(np.ones((1, 5)), np.arange(5.0))[0])
    assert mid_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0.0, 2.5, 1.0]


def test_sections_are_all_iterations_and_cover():
    """Each iteration once; 95 of 100 intervals of a mean hold it."""
    for n, replicates in ((1000, 1), (8192, 8), (40, 1), (3, 1)):
        parts = sections_of(n, replicates)
        assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    hits = 0
    for seed in range(400):
        values = np.random.default_rng(seed).exponential(size=640)
        (found,) = sectioned(lambda part, v=values: np.array([v[part].mean()]), 640)
        hits += found.low <= 1.0 <= found.high
    assert hits >= 360


# ---- the command line and charts


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_drawn(name):
    """Bars for what moves the outcome."""
    figure = CHARTS[name](drivers(loaded(), iterations=200))
    assert len(figure.axes[0].patches) >= 3


def test_the_command_keeps_and_prints(tmp_path: Path, monkeypatch):
    """A folder of its own; JSON and nothing else; a wrong milestone is usage."""
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(TEXT.replace("UNITS", "unlimited"))

    def call(*words: str):
        return CliRunner().invoke(cli, ["drivers", "t.yaml", "-n", "100", *words])

    told = call()
    assert told.exit_code == 0, told.output
    assert "What costs days" in told.stdout
    (folder,) = Path("outputs/t").iterdir()
    names = {path.name for path in folder.rglob("*.*")}
    assert names == {"drivers.json", "tornado_finish.png", "tornado_cost.png", "waterfall.png"}
    as_json = call("--json", "--out", "none")
    assert json.loads(as_json.stdout) == json.loads((folder / "drivers.json").read_text())
    assert call("--to", "p.nobody", "--out", "none").exit_code == 2
    run = ["run", "t.yaml", "-n", "100", "--out", "none", "--drivers", "--json"]
    risks = json.loads(CliRunner().invoke(cli, run).stdout)["risks"]
    assert set(risks["late"]["p80_days"]) == set(risks["late"]["p80_cost"]) == {
        "value", "low", "high"
    }  # fmt: skip
