"""`--require`: what is proven, what is refuted, and what takes more iterations."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import simulator
from simulator.cli.main import cli
from simulator.estimates.quantiles import interval_ranks, rank
from simulator.reports.requirements import verdict_text
from simulator.run.requirements import FAILED, MET, NOT_PROVEN, Requirement
from tests.programs import scenario

N = 2_000
SIGNS = {"<=": np.less_equal, "<": np.less, ">=": np.greater_equal, ">": np.greater}


@pytest.fixture(scope="module")
def results() -> simulator.Results:
    """A program of two uncertain tasks with every promise."""
    return simulator.simulate(
        scenario(
            "x: {duration: {pert: [10d, 20d, 50d]}, cost_rate: 800/d}\n"
            "y: {duration: {pert: [10d, 20d, 50d]}, after: [x], cost_rate: 500/d}\n"
            "m: {milestone: true, after: [y], deadline: 2027-03-20}",
            program="deadline: 2027-03-22, budget: 36_000",
        ),
        iterations=N,
    )


def test_met_failed_or_not_proven_by_where_the_interval_lies(results):
    """The whole interval, none of it, or a part of it keeps to the limit."""
    p80 = results.outcomes["cost"].quantiles[80]
    for limit, state in (
        (p80.high, MET),
        (p80.value, NOT_PROVEN),
        ((p80.low + p80.value) / 2, NOT_PROVEN),
        (p80.low - 1e-6, FAILED),
    ):
        (verdict,) = results.require(f"p80<={limit!r}")
        assert verdict.state == state
    assert results.require(f"p80<{p80.high!r}")[0].state == NOT_PROVEN
    assert results.require(f"p80>={p80.low!r}")[0].met
    assert results.require(f"p80>{p80.high!r}")[0].state == FAILED


@given(st.integers(1, 99), st.integers(0, N - 1), st.sampled_from(sorted(SIGNS)))
def test_a_percentile_is_judged_by_the_ranks_of_its_interval(results, percent, place, sign):
    """Any percentile, reported or not, against limits that are values of iterations."""
    ordered = np.concatenate([[-np.inf], np.sort(results.joined.cost), [np.inf]])
    limit = float(ordered[place + 1])
    (verdict,) = results.require(f"p{percent}{sign}{limit!r}")
    assert verdict.estimate.value == ordered[rank(percent, N)]
    kept = [bool(SIGNS[sign](ordered[end], limit)) for end in interval_ranks(percent, N)]
    assert verdict.state == (FAILED, NOT_PROVEN, MET)[sum(kept)]


def test_a_date_without_a_time_ends_at_midnight(results):
    """A finish on that day keeps it; a time of day is taken as it is."""
    sure = simulator.simulate(scenario("a: {duration: 5d}"), iterations=20)  # Friday 17:00
    kept = {"2027-01-08": MET, "2027-01-08 17:00": MET, "2027-01-08 16:59": FAILED}
    for limit, state in (*kept.items(), ("2027-01-07", FAILED)):
        assert sure.require(f"p50 <= {limit}")[0].state == state
    assert sure.require("p50 > 2027-01-07")[0].met
    verdict = results.require("p80 finish:p.m <= 2027-03-31")[0]
    assert verdict.limit == results.plan.clock.ms(datetime(2027, 4, 1))


def test_chances_are_those_of_the_results(results):
    """By key, as a share or in percent."""
    for key in ("on_time", "on_budget", "on_time:p.m", "all"):
        found = results.probability[key]
        for limit in (f"{found.low!r}", f"{100 * (found.low - 1e-9)!r}%"):
            assert results.require(f"{key} >= {limit}")[0].met
        assert results.require(f"{key}>={found.value!r}")[0].state == NOT_PROVEN
        assert results.require(f"{key}>{found.high!r}")[0].state == FAILED


@pytest.mark.parametrize(
    ("text", "figure", "percent"),
    [
        ("p80<=2028-06-30", "finish", 80),
        ("p80<=9_500_000", "cost", 80),
        ("p5 ≥ 2028-06-30 14:30", "finish", 5),
        ("finish_p80<=2028-06-30", "finish", 80),
        ("cost_p99 < 1e6", "cost", 99),
        ("p50 finish:ledger.go_live<=2028-05-01", "finish:ledger.go_live", 50),
        ("finish:ledger.p p50<=2028-05-01", "finish:ledger.p", 50),
        ("p90 duration<=400", "duration", 90),
        ("on_time:ledger >= 70%", "on_time:ledger", None),
    ],
)
def test_spellings(text, figure, percent):
    """A percentile of an outcome, or a chance; a limit says what a bare percentile is of."""
    found = Requirement.parse(text)
    assert (found.figure, found.percent) == (figure, percent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p80", "no comparison"),
        ("p80=2028-06-30", "no comparison"),
        ("p80<=2027-02-30", "cannot read '2027-02-30'"),
        ("p80<=3d", "3d is neither date nor number"),
        ("p80<=80%", "cost is no chance"),
        ("p0<=5", "there is no p0"),
        ("cost p80 finish<=5", "names two outcomes"),
        ("p80 cost<=2027-06-01", "expected a number after <="),
        ("p80 finish<=5", "expected a date such as 2028-06-30 after <="),
        ("finish<=2027-06-01", "expected a percentile of it: p80 finish"),
        ("on_tine>=0.5", "did you mean on_time?"),
        ("on_time>=70", "expected 0 to 1, or 0% to 100%"),
        ("p80 finish:p.x<=2027-06-01", "expected a project, a milestone or a task with a deadline"),
        ("p80 benefit<=5", "expected one of finish, duration, cost, finish:p"),
    ],
)
def test_what_cannot_be_required_is_refused_by_name(results, text, said):
    """Each message shows the text, and what to write instead."""
    with pytest.raises(simulator.SettingsError) as error:
        results.require(text)
    assert said in str(error.value)
    assert repr(text) in str(error.value)


def test_a_promise_that_the_file_does_not_make_is_refused():
    """Without a budget nothing can be on budget."""
    bare = simulator.simulate(scenario("a: {duration: 5d}"), iterations=20)
    with pytest.raises(simulator.SettingsError, match="a budget of the program"):
        bare.require("on_budget>=0.5")


def test_what_never_happens_is_never_proven_to_be_in_time():
    """A stopped program has no P80; that it is late is proven."""
    stop = "risks:\n  s: {chance: 0.9, at: 2027-01-05, stops: program}\n"
    stopped = simulator.simulate(scenario("a: {duration: 5d}", more=stop), iterations=500)
    (verdict,) = stopped.require("p80<=2030-01-01")
    assert verdict.state == FAILED
    assert verdict.to_dict(stopped.plan.clock)["estimate"]["value"] is None
    assert "P80 of finish is never." in verdict_text(stopped, verdict)


def test_about_as_many_iterations_as_are_named_settle_it(results):
    """A limit a third of the way to the end of the interval takes nine times as many."""
    p80 = results.outcomes["cost"].quantiles[80]
    for end, sign in ((p80.high, "<="), (p80.low, ">=")):
        limit = p80.value + (end - p80.value) / 3
        (verdict,) = results.require(f"p80{sign}{limit!r}")
        assert verdict.state == NOT_PROVEN
        assert verdict.iterations_needed == pytest.approx(9 * N)
    assert results.require(f"p80<={p80.value!r}")[0].iterations_needed == np.inf


# ---- the command line

STARTER = """format: 1
program: {name: T, start: 2027-01-04, deadline: 2027-03-30, budget: 50_000}
projects:
  a: {tasks: {x: {duration: {pert: [10d, 20d, 50d]}, cost_rate: 800/d}}}
"""


def _run(folder: Path, *words: str) -> Result:
    file = folder / "t.yaml"
    file.write_text(STARTER)
    return CliRunner().invoke(cli, ["run", str(file), "--out", "none", "-n", "500", *words])


def test_exit_codes_and_messages(tmp_path):
    """0 if all are met; 1 if one is failed or not proven; 2 if it is no requirement."""
    met = _run(tmp_path, "--require", "p80<=2027-06-30", "--require", "on_budget>=50%")
    assert met.exit_code == 0
    assert met.stderr.count("Met: ") == 2
    failed = _run(tmp_path, "--require", "p80<=2027-06-30", "--require", "p80<=2027-01-08")
    assert failed.exit_code == 1
    assert "Failed: p80<=2027-01-08. P80 of finish is 2027-0" in failed.stderr
    assert "(95 % interval: 2027-0" in failed.stderr
    assert failed.stdout == _run(tmp_path).stdout
    wrong = _run(tmp_path, "--require", "p80<=")
    assert (wrong.exit_code, wrong.stdout) == (2, "")


def test_not_proven_says_how_many_iterations_there_were_and_how_many_it_takes(tmp_path):
    """A limit inside the interval, beside the estimate."""
    p80 = json.loads(_run(tmp_path, "--json").stdout)["outcomes"]["cost"]["quantiles"]["p80"]
    limit = p80["value"] + (p80["high"] - p80["value"]) / 4
    found = _run(tmp_path, "--json", "--require", f"p80<={limit}")
    assert found.exit_code == 1
    assert "Not proven with 500 iterations: " in found.stderr
    assert "About 8,100 iterations (-n) may settle it." in found.stderr  # 500 x 4^2, rounded up
    (told,) = json.loads(found.stdout)["requirements"]
    assert (told["state"], told["estimate"]) == (NOT_PROVEN, p80)
    assert json.loads(_run(tmp_path, "--json").stdout)["requirements"] == []
