"""The model band: P80 under other assumptions, against closed forms and edited files."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.special import ndtri

import simulator
from simulator.cli.main import cli
from simulator.reports.model_band import band_sentence, band_table
from simulator.reports.tables import words_of
from simulator.run.assumptions import RHOS, by_reference_class, correlated
from simulator.run.model_band import model_band
from simulator.run.store import result_text
from simulator.scenario.units import MS_PER_DAY

TEXT = """format: 1
program: {name: B, start: 2027-01-04, calendar: 24x7, currency: EUR}
classes:
  novel: {triangular: [0.9, 1.0, 1.8]}
  history: {discrete: {1.0: 5, 1.5: 2, 2.0: 3}, shared: program, includes_risks: true}
projects:
  p:
    tasks:
      x: {duration: {pert: [10ed, 20ed, 50ed]}, cost: {uniform: [1_000, 9_000]}, cost_rate: 100/ed}
      y: {duration: {pert: [10ed, 20ed, 50ed]}, plan: 25ed, after: x, cost: 4_000,
          rework: {chance: 0.5, share: 0.5}}
      z: {duration: 15ed, class: novel, after: y}
risks: {late: {chance: 0.3, hits: [{tasks: [p.y], wait: 20ed, delay: 5d}]}}
CORRELATIONS
"""
N = 2000


def scenario(correlations: str = "") -> simulator.Scenario:
    """Three tasks in a row, with one of everything that an assumption takes away or leaves."""
    return simulator.loads(TEXT.replace("CORRELATIONS", correlations))


def entry(rho: float, of: str = "duration") -> str:
    """A correlation of all tasks, as the file writes it."""
    return f'correlations: [{{between: ["*"], of: {of}, rho: {rho}}}]'


@pytest.fixture(scope="module")
def results() -> simulator.Results:
    """A run without correlations."""
    return simulator.simulate(scenario(), iterations=N)


def test_an_assumption_is_running_the_edited_file(results):
    """To the last bit, of finish and cost, with the correlations written into the file."""
    band = model_band(results)
    assert [case.rho for case in band.cases] == [*RHOS, None]
    for case in band.cases[:3]:
        edited = simulator.simulate(
            scenario(entry(case.rho) if case.rho else ""), iterations=N
        ).outcomes
        assert case.finish_p80 == edited["finish"].quantiles[80].value
        assert case.cost_p80 == pytest.approx(edited["cost"].quantiles[80].value, rel=1e-12)
    same = band.cases[0].finish_p80_days
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    assert band.finish_p80 == (band.cases[0].finish_p80, band.cases[2].finish_p80)


def test_the_correlations_of_the_file_are_replaced_those_of_costs_stay():
    """Whatever a file says of durations; `both` is of costs then."""
    for of, kept in (("duration", []), ("cost", ["cost"]), ("both", ["cost"])):
        other = correlated(scenario(entry(0.8, of)), 0.3)
        assert [each.of for each in other.correlations] == [*kept, "duration"]
    band = model_band(scenario(entry(0.6)), iterations=N)
    days = band.cases[2].finish_p80_days
    assert (days.value, days.low, days.high) == (0.0, 0.0, 0.0)
    assert band.cases[0].finish_p80_days.high < 0


def test_p80_of_correlated_normal_tasks_is_the_exact_one():
    """The sum of two normal durations whose Spearman correlation is rho.

    Spearman's rho is a normal correlation of 2 sin(pi rho / 6) (Pearson 1907). Five standard errors
    of a quantile, sqrt(0.8 * 0.2 / N) / density.
    """
    mean, sd, n = 50.0, 5.0, 4000
    tasks = f"a: {{duration: {{normal: {{mean: {mean}ed, sd: {sd}ed}}}}}}"
    text = f"""format: 1
program: {{start: 2027-01-04, calendar: 24x7}}
projects: {{p: {{tasks: {{{tasks}, {tasks.replace("a:", "b:")[:-1]}, after: a}}}}}}}}"""
    band = model_band(simulator.loads(text), iterations=n)
    for case in band.cases:
        spread = sd * math.sqrt(2 + 4 * math.sin(math.pi * case.rho / 6))
        end = float(ndtri(0.8))
        density = math.exp(-end * end / 2) / math.sqrt(2 * math.pi) / spread
        error = math.sqrt(0.8 * 0.2 / n) / density
        known = 2 * mean + spread * end
        assert abs(case.finish_p80 / MS_PER_DAY - known) < 5 * error


def test_a_reference_class_multiplies_the_plan(results):
    """Planned days times one ratio for all tasks, without risks and rework."""
    case = model_band(results).cases[3]
    assert (case.kind, case.class_, case.name) == (
        "reference class",
        "history",
        f"{case.kind} history",
    )
    planned = (20 + 25 + 15) * MS_PER_DAY
    assert case.finish_p80 == 2.0 * planned
    text = TEXT.replace("CORRELATIONS", "").replace("1.5: 2, 2.0: 3", "1.5: 3, 2.0: 1")
    assert model_band(simulator.loads(text), iterations=N).cases[3].finish_p80 == 1.5 * planned


def test_a_reference_class_leaves_what_is_no_estimate():
    """Milestones and spans have none; a board keeps its meetings."""
    text = """format: 1
program: {start: 2027-01-04}
classes: {history: {uniform: [1, 2], includes_risks: true}}
boards: {b: {meets: mon}}
projects: {p: {tasks: {a: {effort: 5pd}, ok: {board: b, after: a}, m: {milestone: true, after: ok},
                       all: {spans: [a, m]}}}}"""
    tasks = by_reference_class(simulator.loads(text), "history").tasks
    assert [task.class_ for task in tasks.values()] == ["history", None, None, None]


def test_what_remains_of_begun_work_keeps_its_distribution():
    """A distribution of what remains stands; a number takes the ratio."""
    status = (
        """status: {date: 2027-01-10, tasks: {p.x: {started: 2027-01-04, remaining: REMAINING}}}"""
    )
    text = TEXT.replace("classes:", "classes:\n  more: {uniform: [1, 9]}", 1)
    for remaining, drawn in (("{uniform: [10ed, 90ed]}", True), ("10ed", False)):
        given = status.replace("REMAINING", remaining)
        found = model_band(simulator.loads(text.replace("CORRELATIONS", given)), iterations=N)
        latest = found.cases[-1].finish_p80 / MS_PER_DAY
        assert (latest > 7 + 2.0 * (10 + 25 + 15)) == drawn


@pytest.mark.parametrize("scheme", ["mc", "lhs", "sobol"])
def test_a_long_run_takes_its_first_iterations(scheme):
    """The same differences as those of the short run, moved to the P80 of the long one."""
    short = simulator.simulate(scenario(), iterations=4096, scheme=scheme)
    long = simulator.simulate(scenario(), iterations=2 * short.settings.iterations, scheme=scheme)
    one, other = model_band(short), model_band(long)
    base = long.outcomes["finish"].quantiles[80].value
    if scheme != "sobol" or other.iterations == one.iterations:
        assert other.iterations == short.settings.iterations
        for a, b in zip(one.cases, other.cases, strict=True):
            assert a.finish_p80_days == b.finish_p80_days
    for case in other.cases:
        assert case.finish_p80 == base + round(case.finish_p80_days.value * MS_PER_DAY)


def test_nothing_to_assume_is_no_band():
    """One range alone correlates with nothing; without any there is no band, nor a table of it."""
    text = "format: 1\nprogram: {start: 2027-01-04}\nprojects: {p: {tasks: {a: {duration: 5d}}}}"
    found = simulator.simulate(simulator.loads(text), iterations=100)
    assert model_band(found) is None
    assert not band_table(found).rows
    assert band_sentence(found, words_of(found)) == ""
    assert replace(found, banded=True).model_band is None


def test_the_command_shows_and_keeps_it(tmp_path):
    """Sentence, table and JSON; nothing of it without; exactly what the Python function finds."""
    file = tmp_path / "b.yaml"
    file.write_text(TEXT.replace("CORRELATIONS", ""), encoding="utf-8")
    command = ["run", str(file), "-n", str(N), "--no-charts", "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(cli, command)
    assert told.exit_code == 0, told.output
    assert "for correlations of 0 to 0.6 between durations" in told.output
    assert "by the reference class history: the model band." in told.output
    assert "correlation 0.3" in told.output
    (saved,) = (tmp_path / "out" / "b").glob("*/model_band.json")
    kept = json.loads(saved.read_text(encoding="utf-8"))
    band = model_band(scenario(), iterations=N)
    assert kept["iterations"] == band.iterations == N
    assert [case["name"] for case in kept["cases"]] == [case.name for case in band.cases]
    assert kept["cases"][1]["finish_p80_days"] == band.cases[1].finish_p80_days.to_dict()
    assert set(kept["finish_p80"]) == set(kept["cost_p80"]) == {"low", "high"}
    again = [*command[:-2], "--out", str(tmp_path / "other"), "--no-model-band"]
    assert "correlation 0.3" not in CliRunner().invoke(cli, again).output
    assert not list((tmp_path / "other" / "b").glob("*/model_band.json"))


def test_a_history_that_cannot_be_simulated_is_told_and_the_run_stands(tmp_path):
    """The last meeting of a board has passed for the history alone."""
    text = """format: 1
program: {start: 2027-01-04}
classes: {history: {discrete: {9: 1}, includes_risks: true}}
boards: {b: {meets: [2027-02-15], at: 10:00}}
projects: {p: {tasks: {a: {duration: 20d}, ok: {board: b, after: a}}}}"""
    file = tmp_path / "b.yaml"
    file.write_text(text, encoding="utf-8")
    command = ["run", str(file), "-n", "100", "--out", str(tmp_path / "out"), "--no-charts"]
    told = CliRunner().invoke(cli, command)
    assert told.exit_code == 0, told.output
    assert "reference class history" in told.output
    (saved,) = (tmp_path / "out" / "b").glob("*/model_band.json")
    found = json.loads(saved.read_text(encoding="utf-8"))
    assert found["cases"] == []
    assert list(found["impossible"]) == ["reference class history"]


def test_results_are_the_same_with_a_band(results):
    """`to_dict` is exactly `result.json` and simulates nothing; who does not ask has no band."""
    banded = replace(results, banded=True)
    assert json.loads(result_text(banded)) == results.to_dict()
    assert np.isfinite(banded.model_band.cost_p80).all()
    assert results.model_band is None
