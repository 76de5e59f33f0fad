"""One future told: what the log says, in which words, and where the chart goes."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import simulator
from simulator.charts.replay import replay_chart
from simulator.charts.replay_rows import bars_of, loads_of
from simulator.cli.main import cli
from simulator.estimates.quantiles import rank
from simulator.run.replay import Replay, iteration_at, replay
from simulator.run.replay_log import log_of
from simulator.run.replay_words import instant_text
from simulator.run.results import Results
from tests.test_charts import assert_readable, title

N = 60
STORY = """
format: 1
program: {start: 2027-01-04, calendar: office}
calendars:
  office: {week: {mon-fri: [09:00-17:00]}}
  cutover: {week: {sat-sun: [00:00-24:00]}, freeze: [2027-04-01..2027-06-30]}
pools:
  architect: {name: Architects, units: 2}
  dba: {units: [{units: 0}, {from: 2027-03-01, units: 1}]}
boards:
  steering:
    {name: Steering, meets: first tue, at: 10:00, papers: 5d, approves: [0.5, 0.95], again: 3d}
projects:
  ledger:
    priority: 2
    tasks:
      design: {duration: {pert: [20d, 25d, 45d]}, needs: {architect: 2}}
      build: {duration: {pert: [10d, 15d, 20d]}, after: [design], needs: {dba: 1}}
      test: {duration: 10d, after: [build], rework: {chance: 0.5, share: 0.3, at_most: 1}}
      approve: {board: steering, duration: 2d, after: [test]}
      cutover: {duration: 20h, calendar: cutover, unbroken: true, after: [approve]}
      golive: {milestone: true, after: [cutover]}
      level: {spans: [design, golive]}
  iam:
    priority: 1
    tasks:
      keys: {duration: {pert: [10d, 15d, 30d]}, needs: {architect: 1}}
      tokens: {duration: {pert: [15d, 25d, 50d]}, after: [keys], needs: {architect: 1}}
      fallback: {duration: 10d, on: late.yes, after: [tokens]}
    branches:
      late: {when: "tokens finishes after 2027-03-20"}
risks:
  vendor_late: {chance: 0.5, hits: [{tasks: [iam.tokens], wait: 5ed}]}
  flu:
    chance: 0.5
    when: {from: 2027-01-04, until: 2027-02-15}
    hits: [{tasks: [ledger.design], delay: 3d}]
  leavers: {rate: 1/mo, during: ledger.build, hits: [{pools: [architect], units: -1, for: 2w}]}
  stop: {chance: 0.2, at: 2027-05-03, stops: iam}
"""
PLAIN = """
format: 1
program: {start: 2027-01-04}
projects:
  p:
    tasks:
      a: {duration: {uniform: [1d, 9d]}}
      b: {duration: 2d, after: [a FS+1d]}
      end: {milestone: true, after: [b]}
"""


@pytest.fixture(scope="module")
def results() -> Results:
    """A run of the story."""
    return simulator.simulate(simulator.loads(STORY), iterations=N, engine="simpy")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _call(text: str, *words: str) -> Result:
    Path("story.yaml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["replay", "story.yaml", "-n", str(N), *words])


def _texts(lived: Replay, event: str) -> list[str]:
    return [entry.text for entry in log_of(lived) if entry.event == event]


def _where(results: Results, event: str, words: str) -> str:
    """The first text of an event, over all futures, that has these words."""
    for iteration in range(N):
        for text in _texts(replay(results, iteration), event):
            if words in text:
                return text
    raise AssertionError(f"no future has {event}: {words}")


# -- which future ----------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [1, 50, 80, 99])
def test_a_percentile_is_a_future_that_happened(results: Results, percent: int) -> None:
    """The iteration chosen finishes at the percentile; of several it is the first."""
    finish = results.joined.finish
    chosen = iteration_at(results, percent)
    wanted = np.sort(finish)[rank(percent, N) - 1]
    assert finish[chosen] == wanted
    assert not (finish[:chosen] == wanted).any()


def test_a_future_that_is_not_in_the_run_is_a_mistake_of_use() -> None:
    """One of percentile and iteration is needed, within their ranges."""
    for words in ((), ("--percentile", "80", "--iteration", "1"), ("--percentile", "100"),
                  ("--iteration", "60"), ("--iteration", "-1")):  # fmt: skip
        found = _call(PLAIN, *words)
        assert found.exit_code == 2, words
        assert "expected" in found.output or "needs one of" in found.output
    assert not Path("outputs").exists()


# -- the log ---------------------------------------------------------------------------------------


def test_every_task_has_its_story(results: Results) -> None:
    """Whatever exists starts and finishes once a round, in time; what does not is said to."""
    network = results.plan.network
    for iteration in range(0, N, 7):
        lived = replay(results, iteration)
        log = log_of(lived)
        assert [entry.at for entry in log] == sorted(entry.at for entry in log)
        ended = Counter(e.task for e in log if e.event == "finishes")
        stopped = Counter(e.task for e in log if e.event == "stopped")
        absent = {e.task for e in log if e.event == "absent"}
        for task in network.tasks:
            if task.kind == "span":
                continue
            there = sum(lived.watch.states[row].exists for row in task.rows)
            cut = sum(lived.watch.states[row].stopped for row in task.rows)
            assert (task.id in absent) == (there == 0 and cut == 0)
            assert ended[task.id] + stopped[task.id] == max(there, cut)
        assert log[-1].task == "program" or lived.finish < np.inf


def test_waits_are_told_with_what_was_short(results: Results) -> None:
    """A wait for a pool names units and holders; one for a board or window says so."""
    told = _where(results, "waits", "Architects")
    assert told.startswith("ledger.design waits for 2 units of Architects; held by iam.")
    assert "; held by iam.keys (1)" in told or "; held by iam.tokens (1)" in told
    assert "1 unit of Dba; there are 0" in _where(results, "waits", "of Dba; there")
    assert "which it can catch on Tue" in _where(results, "waits", "Steering")
    assert "for a window of 20.0 h of work without" in _where(results, "waits", "window")
    assert "held back until" in _where(results, "waits", "by vendor_late")


def test_boards_branches_risks_and_stops_are_told(results: Results) -> None:
    """Refusals, missed meetings, branches not taken, hits and stops have their lines."""
    assert "days of work again, and then the meeting of" in _where(results, "refused", "Steering")
    assert "papers were due" in _where(results, "meets", "Steering meets without")
    assert "iam.tokens finishes" in _where(results, "absent", "iam.fallback is not needed")
    assert "iam.fallback" in _where(results, "stopped", "iam.fallback is stopped")
    assert _where(results, "starts", "; hit by flu").startswith("ledger.design")
    assert "leavers arrives while ledger.build goes on" in _where(results, "arrives", "leavers")
    assert "after waiting" in _where(results, "starts", "Architects")
    assert "(round 1 of rework)" in _where(results, "starts", "ledger.test (")


def test_waiting_in_the_log_is_waiting_in_the_schedule(results: Results) -> None:
    """Stretches of waiting by pool, in working time, are what the engine charged."""
    network, pools = results.plan.network, results.plan.network.pools
    assert pools is not None
    for iteration in range(0, N, 5):
        lived = replay(results, iteration)
        charged = lived.schedule.waiting
        assert charged is not None
        waits = lived.waits()
        for k, (row, pool) in enumerate(zip(pools.rows, pools.pool, strict=True)):
            calendar = network.calendar(int(network.rows.calendar[row]))
            own = [each[:2] for each in waits.get(int(row), []) if each[2] == pool]
            found = sum(np.diff(calendar.work_at(np.array(each))).sum() for each in own)
            assert found == charged[k, 0]


def test_json_is_the_log(results: Results) -> None:
    """`--json` prints iteration, finish and log with the keys of the contract, and nothing else."""
    found = _call(STORY, "--percentile", "80", "--engine", "simpy", "--out", "none", "--json")
    assert found.exit_code == 0, found.output
    read = json.loads(found.stdout)
    assert list(read) == ["iteration", "finish", "log"]
    assert read["iteration"] == iteration_at(results, 80)
    at = results.plan.clock.date(float(results.joined.finish[read["iteration"]]))
    assert datetime.fromisoformat(read["finish"]) == at
    for entry in read["log"]:
        assert list(entry) == ["time", "task", "event", "waiting_for", "text"]
        datetime.fromisoformat(entry["time"])
    waited = {each for entry in read["log"] for each in entry["waiting_for"]}
    assert waited <= {"architect", "dba", "steering", "cutover", "vendor_late"}
    assert not Path("outputs").exists()


# -- chart and files -------------------------------------------------------------------------------


def test_the_chart_goes_to_the_folder_of_the_run() -> None:
    """A run is saved once; another replay of it finds its folder."""
    for iteration in ("3", "4"):
        found = _call(PLAIN, "--iteration", iteration)
        assert found.exit_code == 0, found.output
        assert f"Iteration {iteration}: finishes" in found.stdout
    folders = list(Path("outputs/story").iterdir())
    assert len(folders) == 1
    charts = sorted(path.name for path in (folders[0] / "charts").iterdir())
    assert charts == ["replay-3.png", "replay-4.png"]
    assert _call(PLAIN, "--iteration", "3", "--seed", "2").exit_code == 0
    assert len(list(Path("outputs/story").iterdir())) == 2


@pytest.mark.parametrize("iteration", [0, 17])
def test_the_chart_can_be_read(results: Results, iteration: int) -> None:
    """No text covers another, and the title says when this future finishes."""
    figure = replay_chart(replay(results, iteration))
    assert_readable(figure)
    assert title(figure).startswith(f"Iteration {iteration}: finish ")


def test_a_plan_without_pools_is_told_too() -> None:
    """Links with lags and the program's start are reasons as well."""
    read = _call(PLAIN, "--iteration", "0", "--out", "none", "--json")
    log: list[dict[str, Any]] = json.loads(read.stdout)["log"]
    assert [(e["task"], e["event"]) for e in log] == [
        ("p.a", "starts"), ("p.a", "finishes"), ("p.b", "starts"), ("p.b", "finishes"),
        ("p.end", "finishes"), ("program", "finishes"),
    ]  # fmt: skip
    assert log[0]["text"] == "p.a starts: the program starts"
    assert log[2]["text"] == f"p.b starts: p.a finished on {_said(log[1])}, plus the lag"
    assert log[4]["text"] == "p.end is reached: p.b has finished"


def test_leads_and_dates_are_reasons() -> None:
    """A start before a predecessor's finish is told by it; a date by itself."""
    text = PLAIN.replace("FS+1d", "FS-1h").replace(
        "b: {", "b: {start_no_earlier_than: 2027-01-05, "
    )
    early = json.loads(_call(text, "--percentile", "99", "--out", "none", "--json").stdout)["log"]
    told = next(e for e in early if e["task"] == "p.b" and e["event"] == "starts")
    finish = next(e for e in early if e["task"] == "p.a" and e["event"] == "finishes")
    assert told["text"] == f"p.b starts: p.a is to finish on {_said(finish)}, less the lead"
    text = PLAIN.replace("2d,", "2d, start_no_earlier_than: 2027-02-01,")
    late = json.loads(_call(text, "--iteration", "0", "--out", "none", "--json").stdout)["log"]
    assert late[2]["text"] == "p.b starts: it may not start before Mon 1 Feb 2027 00:00"


def _said(entry: dict[str, Any]) -> str:
    return instant_text(datetime.fromisoformat(entry["time"]))


def test_bars_and_loads_are_those_of_the_schedule(results: Results) -> None:
    """Work of bars is what rows took by the clock; load never exceeds what a pool has."""
    lived = replay(results, iteration_at(results, 80))
    states = lived.watch.states
    bars = bars_of(lived)
    took = sum(s.finish - s.start for row, s in enumerate(states)
               if s.exists and not results.plan.network.rows.span[row])  # fmt: skip
    assert (
        sum(each.lasted for each in bars)
        + sum(end - begin for each in bars for begin, end in each.board)
        == took
    )
    for load in loads_of(lived, 0.0, lived.finish):
        assert (load.held <= load.capacity).all()
        assert (load.wanted >= load.held).all()
