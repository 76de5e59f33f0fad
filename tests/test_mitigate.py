"""`mitigate`: the best set of mitigations is the one that trying every set finds."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import simulator
from simulator.analysis.mitigation.levers import bought_in, levers_of, members
from simulator.analysis.mitigation.mitigate import fresh_seed
from simulator.cli.main import cli
from simulator.run.variants import run_variant
from tests.sets_tried import Tried, every_set

ROOT = Path(__file__).parents[1]
N = 400
TEXT = """format: 1
program: {name: T, start: 2027-01-04, deadline: 2027-05-20, budget: 120_000, currency: EUR,
          escalation: {rate: {pert: [0.01, 0.03, 0.06]}, prices_of: 2027-01-01}}
pools: {dev: {units: UNITS, rate: 100/h}}
projects:
  p:
    tasks:
      x: {duration: {pert: [10d, 20d, 50d]}, needs: {dev: 1}, cost: {uniform: [1_000, 9_000]}}
      y: {duration: {pert: [10d, 20d, 50d]}, needs: {dev: 1}, rework: {chance: 0.3, share: 0.4}}
      z: {duration: 15d, after: [x, y], cost_rate: 300/d}
      m: {milestone: true, after: [z]}
risks:
  late: {chance: 0.4, hits: [{tasks: [p.y], wait: {pert: [5ed, 15ed, 40ed]}, cost: 9_000}]}
  follows: {chance: {if late: 0.8, else: 0.1}, hits: [{tasks: [p.z], delay: {pert: [2d, 4d, 20d]}}]}
  all: {chance: 1, hits: [{tasks: ["*"], factor: {pert: [0.9, 1.0, 1.6]}}]}
  lucky: {chance: 0.5, hits: [{tasks: [p.x], factor: 0.7}]}
mitigations:
  there: {cost: 500, on: {late: {effects: 0.9}}, bought: true}
  early: {cost: 6_000, on: {late: {chance: 0.1}}}
  dated: {cost: 5_000, at: 2027-02-01, on: {late: {effects: 0.3}, follows: {chance: 0.05}}}
  calm: {cost: {triangular: [2_000, 3_000, 7_000]}, at: 2027-01-18, on: {all: {effects: 0.5}}}
  spoils: {cost: 1_000, on: {lucky: {effects: 0.5}}}
  idle: {cost: 0}
  again: {cost: 4_000, on: {late: {chance: 0.2, effects: 0.8}}}
"""


def loaded(units: str = "unlimited", **changes: tuple[str, ...]) -> simulator.Scenario:
    """A scenario with levers of every kind."""
    return simulator.loads(TEXT.replace("UNITS", units), **changes)


@pytest.fixture(scope="module")
def found() -> simulator.BestMitigations:
    """The best set of the scenario without pools."""
    return simulator.mitigate(loaded(), budget=12_000, iterations=N)


@pytest.mark.parametrize("minimise", ["finish_p80", "cost_p80", "not_all"])
@pytest.mark.parametrize("budget", [0, 4_000, 10_500, 100_000])
def test_the_best_set_is_the_one_that_trying_all_finds(minimise, budget):
    """To the last bit, with the same tie breaks; and so is every set of the frontier."""
    scenario = loaded()
    found = simulator.mitigate(scenario, budget=budget, minimise=minimise, iterations=N)
    tried = every_set(scenario, minimise, iterations=N)
    assert found.best.optimal
    assert found.best.ids == tried.best(budget).ids
    assert found.best.in_sample == found.bound == tried.best(budget).value
    assert [(each.ids, each.in_sample) for each in found.frontier] == tried.frontier(budget)


@pytest.mark.parametrize("minimise", ["finish_p80", "cost_p80"])
def test_extra_units_are_mitigations_of_the_file(minimise):
    """With pools that are contended for, and units that the file does not offer."""
    scenario = loaded("1")
    found = simulator.mitigate(
        scenario, budget=30_000, minimise=minimise, iterations=60, extra_units={"dev": (8_000, 2)}
    )
    offered = loaded("1", overrides=(
        "mitigations.extra_dev={cost: 8_000, units: {dev: 1}}",
        "mitigations.extra_dev_2={cost: 8_000, units: {dev: 1}}",
    ))  # fmt: skip
    tried = every_set(offered, minimise, iterations=60, behind={"extra_dev_2": "extra_dev"})
    assert found.best.ids == tried.best(30_000).ids
    assert found.best.in_sample == tried.best(30_000).value
    again = simulator.simulate(loaded("1", overrides=found.settings), iterations=60)
    key = minimise.partition("_")[0]
    assert again.outcomes[key].quantiles[80].value == found.best.in_sample


@pytest.mark.parametrize(
    "scenario", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda p: p.stem
)
def test_our_scenarios_against_every_set(scenario):
    """At a budget that buys about half of what there is."""
    loaded = simulator.load(scenario)
    budget = sum(lever.spend for lever in levers_of(loaded, loaded)) / 2
    found = simulator.mitigate(loaded, budget=budget, iterations=64)
    best = every_set(loaded, "finish_p80", iterations=64).best(budget)
    assert (found.best.ids, found.best.in_sample) == (best.ids, best.value)


def test_values_come_from_futures_that_had_no_say(found):
    """Another seed, hence other draws; the value is that of a run with that seed."""
    assert found.fresh.settings.seed == fresh_seed(1) != 1
    fresh = simulator.simulate(loaded(overrides=found.settings), iterations=N, seed=fresh_seed(1))
    assert fresh.outcomes["finish"].quantiles[80] == found.best.value
    assert not np.array_equal(found.fresh.joined.finish, found.results.joined.finish)


def test_the_contract_names_every_key(found):
    """Those of the contract, with values as results have them."""
    told = json.loads(json.dumps(found.to_dict()))
    assert {"budget", "minimise", "best", "frontier", "alone"} <= told.keys()
    assert {"set", "spend", "value", "optimal"} <= told["best"].keys()
    assert all({"spend", "set", "value"} <= each.keys() for each in told["frontier"])
    assert told["best"]["set"] == list(found.best.ids)
    assert told["best"]["value"]["low"] <= told["best"]["value"]["value"]
    assert [each["id"] for each in told["alone"]] == [lever.id for lever in found.levers]
    assert math.isclose(told["alone"][2]["spend"], 4_000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget": -1}, "a budget of -1"),
        ({"budget": math.nan}, "a budget of nan"),
        ({"budget": 1, "minimise": "value"}, "not simulated yet"),
        ({"budget": 1, "minimise": "p90"}, "nothing called `p90`"),
        ({"budget": 1, "extra_units": {"ops": 1.0}}, "there is no such pool; expected dev"),
        ({"budget": 1, "extra_units": {"dev": 1.0}}, "it has no limit"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes, said):
    """Before anything is chosen."""
    with pytest.raises(simulator.SettingsError, match=said):
        simulator.mitigate(loaded(), iterations=10, **changes)


def test_nobody_promised_anything():
    """`not_all` asks for a promise."""
    scenario = simulator.loads(TEXT.replace("UNITS", "unlimited").replace(
        "deadline: 2027-05-20, budget: 120_000, ", ""))  # fmt: skip
    with pytest.raises(simulator.SettingsError, match="makes no promise"):
        simulator.mitigate(scenario, budget=1, minimise="not_all", iterations=10)


def told(tmp_path: Path, *options: str, text: str = TEXT) -> Result:
    """What the command says."""
    file = tmp_path / "t.yaml"
    file.write_text(text.replace("UNITS", "unlimited"), encoding="utf-8")
    arguments = ["mitigate", str(file), "-n", "100", "--out", "none", *options]
    return CliRunner().invoke(cli, arguments)


def test_the_command_prints_the_set_and_how_to_run_it(tmp_path):
    """Tables in a pipe, JSON alone with --json."""
    said = told(tmp_path, "--budget", "12_000")
    assert said.exit_code == 0
    assert "Best set:" in said.stdout
    assert "--set mitigations." in said.stdout
    only = told(tmp_path, "--budget", "12000", "--json")
    assert json.loads(only.stdout)["best"]["optimal"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--budget", "-5"], 2, "a budget of -5"),
        (["--budget", "0"], 0, "No set within the budget"),
        (["--budget", "10", "--minimise", "value"], 2, "not simulated yet"),
        (["--budget", "10", "--extra-units", "dev"], 2, "expected POOL=COST"),
        ([], 2, "--budget"),
    ],
)
def test_exit_codes(tmp_path, options, code, said):
    """A mistake is a usage error; to buy nothing is an answer."""
    result = told(tmp_path, *options)
    assert result.exit_code == code
    assert said in result.output


def test_a_file_without_mitigations_is_told(tmp_path):
    """There is nothing to choose from."""
    result = told(tmp_path, "--budget", "10", text=TEXT.partition("mitigations:")[0])
    assert result.exit_code == 0
    assert "no mitigation that is not bought" in result.output


def test_the_folder_holds_json_and_charts(tmp_path):
    """As compare and drivers save theirs."""
    said = told(tmp_path, "--budget", "12000", "--out", str(tmp_path / "o"))
    assert said.exit_code == 0
    (folder,) = (tmp_path / "o" / "t").glob("mitigate-*")
    assert (folder / "mitigate.json").is_file()
    assert (folder / "charts" / "frontier.png").is_file()


def test_what_the_set_is_made_of(found):
    """The scenario with the best set is what `--set` gives."""
    chosen = sum(1 << k for k, lever in enumerate(found.levers) if lever.id in found.best.ids)
    assert [found.levers[k].id for k in members(chosen)] == list(found.best.ids)
    edited = bought_in(loaded(), found.levers, chosen)
    assert edited == loaded(overrides=found.settings)
    assert isinstance(every_set(loaded(), "cost_p80", iterations=8), Tried)


def test_the_luck_of_the_winner_is_not_in_its_value():
    """Levers that save nothing, but draw anew: whoever picks the best of them picks luck.

    Of each pair of risks one occurs, with a delay of the same law; a lever decides which. So no set
    has another distribution than any other. On the futures of the choice the winner seems to save
    days; on fresh ones the mean over the seeds is nothing, within five of its standard errors.
    """
    delay = "{tasks: [p.t], delay: {uniform: [0d, 20d]}}"
    pairs = [
        f"  r{k}: {{chance: 1, hits: [{delay}]}}\n"
        f"  s{k}: {{chance: {{if r{k}: 0.0, else: 1.0}}, hits: [{delay}]}}"
        for k in range(5)
    ]
    levers = [f"  m{k}: {{cost: 1, on: {{r{k}: {{chance: 0.0}}}}}}" for k in range(5)]
    scenario = simulator.loads("\n".join([
        "format: 1", "program: {name: C, start: 2027-01-04, calendar: 24x7}",
        "projects: {p: {tasks: {t: {duration: 30d}}}}", "risks:", *pairs, "mitigations:", *levers,
    ]))  # fmt: skip
    seen, fresh = [], []
    for seed in range(30):
        found = simulator.mitigate(scenario, budget=10, iterations=100, seed=seed)
        seen.append(found.frontier[0].in_sample - found.best.in_sample)
        fresh.append(found.best.saves.value)
    errors = [np.std(each, ddof=1) / np.sqrt(len(each)) for each in (seen, fresh)]
    assert np.mean(seen) > 5 * errors[0]
    assert abs(np.mean(fresh)) < 5 * errors[1]


def test_a_lever_without_effect_is_never_bought():
    """Ties go to the least spend."""
    found = simulator.mitigate(loaded(), budget=1e9, iterations=50)
    assert "idle" not in found.best.ids
    assert found.alone[[lever.id for lever in found.levers].index("idle")].saves.value == 0.0


@pytest.mark.parametrize("scheme", ["lhs", "sobol"])
def test_other_schemes_draw_as_the_run_does(scheme):
    """The value on the futures of the choice is that of a run with the set, drawn alike."""
    found = simulator.mitigate(loaded(), budget=12_000, iterations=N, scheme=scheme)
    assert found.best.ids
    post = run_variant(found.results, loaded(overrides=found.settings))
    assert post.outcomes["finish"].quantiles[80].value == found.best.in_sample
    base = simulator.simulate(loaded(), iterations=N, scheme=scheme)
    assert np.array_equal(base.joined.finish, found.results.joined.finish)


def test_units_of_a_file_without_mitigations_can_be_carried_away():
    """What `--set` takes makes the section too."""
    text = TEXT.replace("UNITS", "1").partition("mitigations:")[0]
    scenario = simulator.loads(text)
    found = simulator.mitigate(
        scenario, budget=20_000, iterations=30, extra_units={"dev": (1_234_567.5 / 100, 1)}
    )
    assert found.best.ids == ("extra_dev",)
    again = simulator.simulate(simulator.loads(text, overrides=found.settings), iterations=30)
    assert again.outcomes["finish"].quantiles[80].value == found.best.in_sample
