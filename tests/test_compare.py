"""`compare`: the same futures for all, paired differences, and what differs in the files."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import simulator
from simulator.charts.comparison import CHARTS
from simulator.cli.main import cli
from simulator.estimates.estimator import Independent
from simulator.estimates.paired import chance_difference
from simulator.reports.comparison import comparison_story
from simulator.scenario.differences import changes
from tests.programs import scenario

ROOT = Path(__file__).parents[1]
N = 2_000
TEXT = """format: 1
program: {name: T, start: 2027-01-04, deadline: 2027-03-30, budget: 36_000, currency: EUR}
projects:
  p:
    tasks:
      x: {duration: {pert: [10d, 20d, 50d]}, cost_rate: 800/d}
      y: {duration: {pert: [10d, 20d, 50d]}, after: [x], cost_rate: 500/d}
      m: {milestone: true, after: [y]}
risks:
  late: {chance: 0.3, hits: [{tasks: [p.y], wait: 10ed}]}
"""
QUICK = "p.x.duration={pert: [8d, 15d, 30d]}"


def loaded(*sets: str, without: tuple[str, ...] = ()) -> simulator.Scenario:
    """The scenario of these tests, changed."""
    return simulator.loads(TEXT, overrides=sets, without=without)


@pytest.fixture(scope="module")
def found() -> simulator.Comparison:
    """Three variants: the base, a quicker one, and one without its risk."""
    return simulator.compare(
        loaded(), loaded(QUICK), loaded(without=("late",)),
        names=("base", "quick", "sure"), iterations=N,
    )  # fmt: skip


def test_every_variant_is_the_run_that_it_would_be_alone(found):
    """Bit for bit: addresses give a scenario the same numbers beside others."""
    alone = simulator.simulate(loaded(QUICK), iterations=N)
    assert np.array_equal(found.variants[1].results.joined.finish, alone.joined.finish)
    assert np.array_equal(found.variants[1].results.joined.cost, alone.joined.cost)


@pytest.mark.parametrize("scheme", ["lhs", "sobol"])
def test_variants_draw_as_the_first_does(scheme):
    """Sobol's points go to the variables that they go to in the first run."""
    both = simulator.compare(loaded(), loaded("risks.late.chance=0"), iterations=N, scheme=scheme)
    first, other = (each.results for each in both.variants)
    assert first.dimensions == other.dimensions
    kept = first.joined.finish == other.joined.finish
    share = 0.7 if scheme == "sobol" else 0.65
    assert kept.mean() >= share - 0.02


def test_differences_are_those_of_the_runs(found):
    """P80 of b less P80 of a, the mean of the differences, and shares of kept promises."""
    base, quick, _ = (each.results for each in found.variants)
    pair = next(each for each in found.differences if (each.a, each.b) == ("base", "quick"))
    day = 24 * 3_600_000
    p80 = [each.outcomes["finish"].quantiles[80].value for each in (base, quick)]
    assert pair.finish_p80_days.value == (p80[1] - p80[0]) / day
    costs = quick.joined.cost - base.joined.cost
    assert pair.cost_mean.value == pytest.approx(costs.mean())
    for key in ("on_time", "on_budget", "all"):
        more = quick.probability[key].value - base.probability[key].value
        assert getattr(pair, key).value == pytest.approx(more, abs=1e-12)
    for one in pair.figures.values():
        assert one.low <= one.value <= one.high
    assert pair.told_apart


def test_paired_intervals_are_narrower_than_those_of_the_figures(found):
    """What the scenarios share cancels."""
    pair = found.differences[0]
    p80 = found.variants[0].results.outcomes["finish"].quantiles[80]
    both = (p80.high - p80.low) / (24 * 3_600_000)
    assert pair.finish_p80_days.high - pair.finish_p80_days.low < both


def test_pairs_with_the_first_come_first_and_the_most_days_saved_first(found):
    """Base to quick saves most; the pair without the base comes last."""
    assert [(each.a, each.b) for each in found.differences] == [
        ("base", "quick"), ("base", "sure"), ("quick", "sure")
    ]  # fmt: skip


def test_the_same_scenario_cannot_be_told_apart_from_itself():
    """All differences are zero, and nothing differs in the inputs."""
    same = simulator.compare(loaded(), loaded("program.name=Other"), iterations=500)
    (pair,) = same.differences
    assert not pair.told_apart
    assert {each.value for each in pair.figures.values()} == {0.0}
    assert [each.change.path for each in same.changed] == ["program.name"]
    assert "cannot be told apart" in comparison_story(same).sentences[0]


def test_two_seeds_of_nothing_different_are_rarely_told_apart():
    """Where all figures of a pair are looked at, a false alarm stays below one in twenty."""
    renamed = TEXT.replace(" x:", " z:").replace("[x]", "[z]").replace(" y:", " w:")
    other = simulator.loads(renamed.replace("[y]", "[w]").replace("p.y]", "p.w]"))
    alarms = sum(
        simulator.compare(loaded(), other, names="ab", iterations=400, seed=seed)
        .differences[0]
        .told_apart
        for seed in range(60)
    )
    assert alarms <= 9  # P(more | 1 in 20) < 0.1 %


def test_programs_that_start_on_other_days_are_compared_by_their_dates():
    """Two weeks later is two weeks later."""
    later = simulator.compare(
        scenario("a: {duration: 5d}"),
        simulator.loads(
            "format: 1\nprogram: {start: 2027-01-18}\nprojects: {p: {tasks: {a: {duration: 5d}}}}"
        ),
        iterations=100,
    )
    assert later.differences[0].finish_p80_days.value == 14.0
    assert later.differences[0].on_time.to_dict() == {"value": None, "low": None, "high": None}


def test_what_differs_is_named_as_set_takes_it():
    """Applying the changes to the first scenario makes the second."""
    sets = (QUICK, "risks.late.hits.0.wait=3ed", "program.budget=40_000", "program.discount=0.05")
    other = loaded(*sets)
    differing = changes(loaded(), other)
    assert {each.path: (each.a, each.b) for each in differing} == {
        "projects.p.tasks.x.duration.pert": (["10d", "20d", "50d"], ["8d", "15d", "30d"]),
        "risks.late.hits.0.wait": ("10ed", "3ed"),
        "program.budget": (36_000, 40_000),
        "program.discount": (None, 0.05),
    }
    again = loaded(*(f"{each.path}={json.dumps(each.b)}" for each in differing))
    assert not changes(again, other)


def test_an_order_that_counts_is_a_difference():
    """Tasks in another order are served in another order."""
    one, other = (
        scenario("\n".join(f"{k}: {{duration: 1d}}" for k in keys)) for keys in ("ab", "ba")
    )
    (change,) = changes(one, other)
    assert change.path == "projects.p.tasks (order)"
    assert (change.a, change.b) == (["a", "b"], ["b", "a"])


def test_the_keys_of_the_contract(found):
    """Spelled as FORMAT.md spells them; more are allowed."""
    data = found.to_dict()
    assert list(data) == ["variants", "differences", "changed"]
    assert {"name", "digest", "finish_p80", "cost_p80", "probability"} <= set(data["variants"][0])
    assert {
        "a", "b", "finish_p80_days", "finish_mean_days", "cost_p80", "cost_mean", "on_time", "all",
        "told_apart",
    } <= set(data["differences"][0])  # fmt: skip
    assert {"path", "a", "b"} <= set(data["changed"][0])
    assert set(data["differences"][0]["all"]) == {"value", "low", "high"}


@pytest.mark.parametrize("rate", [0.0, 0.0008, 0.002, 0.05])
def test_intervals_of_chance_differences_cover(rate):
    """Also where few of 1,000 iterations differ, or none."""
    generator, n, covered = np.random.default_rng(3), 1000, 0
    for _ in range(1000):
        a = generator.random(n) < 0.5
        b = a | (generator.random(n) < 2 * rate)
        found = chance_difference(a, b, Independent())
        covered += found.low <= rate <= found.high
        assert found.low < found.high
    assert covered >= 915


def test_what_cannot_be_compared_is_refused():
    """One scenario, or names that do not tell them apart."""
    with pytest.raises(simulator.SettingsError, match="expected two or more"):
        simulator.compare(loaded())
    with pytest.raises(simulator.SettingsError, match="expected 2 different ones"):
        simulator.compare(loaded(), loaded(), names=("a", "a"))
    assert [v.name for v in simulator.compare(loaded(), loaded(), iterations=20).variants] == [
        "T", "T (2)"
    ]  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_curves_are_drawn_over_each_other(found, name):
    """A line a variant, and a title that says what the best one changes."""
    figure = CHARTS[name](found)
    assert len([line for line in figure.axes[0].lines if len(line.get_xdata()) > 100]) == 3
    assert any(
        "quick" in text.get_text()
        for text in figure.findobj(match=lambda a: hasattr(a, "get_text"))
    )


# ---- the command line


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.yaml").write_text(TEXT)
    (tmp_path / "u.yaml").write_text(TEXT.replace("name: T", "name: U"))


def _compare(*words: str) -> Result:
    return CliRunner().invoke(cli, ["compare", *words, "-n", "200"])


def test_changes_belong_to_the_scenario_before_them():
    """Before the first they count for all; a variant begins the first one again."""
    told = _compare(
        "--set", "program.budget=1", "t.yaml", "--set=program.discount=0.1", "u.yaml", "--without",
        "late", "--variant", "second", "--set", QUICK, "--out", "none", "--json",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    data = json.loads(told.stdout)
    first, second, third = (each["name"] for each in data["variants"])
    assert first == "t, program.budget=1, program.discount=0.1"
    assert (second, third) == ("u, program.budget=1, without late", "second")
    paths: dict[str, set[str]] = {}
    for each in data["changed"]:
        paths.setdefault(each["variant"], set()).add(each["path"])
    assert paths == {
        second: {"program.name", "program.discount", "risks.late.chance"},
        third: {"projects.p.tasks.x.duration.pert"},
    }


def test_what_is_kept_and_what_is_told():
    """A folder with the comparison and the curves, beside runs."""
    told = _compare("t.yaml", "--variant", "quick", "--set", QUICK)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("2 scenarios on the same 200 simulated futures")
    (folder,) = Path("outputs/t").iterdir()
    assert folder.name.startswith("compare-")
    assert sorted(path.name for path in folder.rglob("*.*")) == [
        "compare.json", "s_curves_cost.png", "s_curves_finish.png"
    ]  # fmt: skip
    again = _compare("t.yaml", "--variant", "quick", "--set", QUICK, "--out", "none", "--json")
    assert (folder / "compare.json").read_text() == again.stdout
    assert len(list(Path("outputs/t").iterdir())) == 1


def test_mistakes_are_told_without_a_traceback():
    """Usage is 2, a scenario at fault is 1."""
    assert _compare("t.yaml").exit_code == 2
    assert _compare("--variant", "x").exit_code == 2
    assert CliRunner().invoke(cli, ["compare", "t.yaml", "--variant"]).exit_code == 2
    assert _compare("t.yaml", "u.yaml", "--bad").exit_code == 2
    wrong = _compare("t.yaml", "u.yaml", "--set", "program.bugdet=3")
    assert wrong.exit_code == 1
    assert "budget" in wrong.stderr
    missing = _compare("t.yaml", "nobody.yaml")
    assert (missing.exit_code, missing.stdout) == (1, "")
