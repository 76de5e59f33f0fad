"""`sweep`: each row is the run of its point, whoever makes it, however often it is interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner

import simulator
from simulator.cli import sweep_progress
from simulator.cli.main import cli
from simulator.run.sweep import processes
from simulator.run.sweep.axes import axes_of
from simulator.run.sweep.designs import design_of
from simulator.run.sweep.journal import UNFINISHED
from simulator.run.sweep.points import DATES, FIGURES, job_of
from simulator.run.sweep.processes import rows_by_processes
from simulator.run.sweep.sweeping import Watch
from tests.test_compare import TEXT

ROOT = Path(__file__).parents[1]
N = 300
VARY = {"p.x.cost_rate": ["700/d", "900/d"], "risks.late.chance": "0.1:0.5:0.2"}
FLAGS = ["--vary", "p.x.cost_rate=700/d,900/d", "--vary", "risks.late.chance=0.1:0.5:0.2"]
DAY = 24 * 3_600_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario of these tests as a file."""
    path = tmp_path_factory.mktemp("sweep") / "t.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(file: Path) -> simulator.Sweep:
    """Six points, by one process."""
    return simulator.sweep(simulator.load(file), VARY, iterations=N, processes=1)


def same(one, other):
    """Whether two tables hold the same, to the last bit."""
    assert list(one) == list(other)
    for name, values in one.items():
        equal = values == other[name]
        missing = np.array([each is not None and str(each) in ("nan", "NaT") for each in values])
        assert (equal | missing).all(), name


def rows_of(path):
    """The rows of a Parquet file."""
    return duckdb.sql(f"SELECT * FROM '{path}'").fetchall()


def test_a_row_is_the_run_of_its_point(found, file):
    """Bit for bit what `simulate` finds in the file with those `--set`s."""
    for number in range(len(found.design.points)):
        alone = simulator.simulate(simulator.load(file, found.sets(number)), iterations=N)
        outcomes = {
            key: alone.outcomes[key].to_dict(alone.plan.clock) for key in ("finish", "cost")
        }
        for percent in (50, 80):
            own = outcomes["finish"]["quantiles"][f"p{percent}"]
            for end, value in zip(("", "_low", "_high"), own.values(), strict=True):
                there = found.columns[f"finish_p{percent}{end}"][number]
                assert str(there)[:19] == value
            cost = alone.outcomes["cost"].quantiles[percent]
            assert found.columns[f"cost_p{percent}"][number] == cost.value
            assert found.columns[f"cost_p{percent}_high"][number] == cost.high
        for key in ("on_time", "on_budget", "all"):
            assert found.columns[key][number] == alone.probability[key].value
            assert found.columns[f"{key}_low"][number] == alone.probability[key].low


def test_changes_are_those_of_a_comparison(found, file):
    """What a point is more than the file, as `compare` finds it."""
    other = simulator.load(file, found.sets(5))
    pair = simulator.compare(simulator.load(file), other, names="ab", iterations=N).differences[0]
    for key, own in (
        ("finish_p80_change_days", pair.finish_p80_days),
        ("cost_p80_change", pair.cost_p80),
        ("all_change", pair.all),
    ):
        assert found.columns[key][5] == own.value
        assert found.columns[f"{key}_low"][5] == own.low
        assert found.columns[f"{key}_high"][5] == own.high


@pytest.mark.parametrize("scheme", ["lhs", "sobol"])
def test_points_draw_as_the_file_does(file, scheme):
    """As `compare` does it: Sobol's points go where they go in the file as it is."""
    given = {"iterations": 1024, "scheme": scheme}
    one = simulator.sweep(simulator.load(file), {"risks.late.chance": [0.9]}, processes=1, **given)
    other = simulator.load(file, ["risks.late.chance=0.9"])
    pair = simulator.compare(simulator.load(file), other, names="ab", **given)
    b = pair.variants[1].to_dict()
    assert str(one.columns["finish_p80"][0])[:19] == b["finish_p80"]["value"]
    assert one.columns["cost_p80_high"][0] == b["cost_p80"]["high"]
    assert one.columns["finish_p80_change_days"][0] == pair.differences[0].finish_p80_days.value


def test_a_later_start_is_a_later_date(file):
    """Dates are dates, whatever day a point begins on; nobody changes what was found."""
    one = simulator.sweep(
        simulator.load(file), {"program.start": "2027-01-04:2027-01-18:2w"}, iterations=N,
        processes=1,
    )  # fmt: skip
    assert one.columns["program.start"][1] == np.datetime64("2027-01-18")
    assert one.columns["finish_p80_change_days"].tolist() == [0.0, 14.0]
    later = one.columns["finish_p80"][1] - one.columns["finish_p80"][0]
    assert later == np.timedelta64(14, "D")
    with pytest.raises(ValueError, match="read-only"):
        one.columns["cost_p80"][0] = 0.0


def test_the_table_has_the_columns_of_the_contract(found):
    """Paths first, then figures with their ends; numbers, dates and text."""
    names = list(found.columns)
    assert names[:2] == ["p.x.cost_rate", "risks.late.chance"]
    assert names[2:5] == ["finish_p50", "finish_p50_low", "finish_p50_high"]
    order = ["finish_p50", "finish_p80", "cost_p50", "cost_p80", "on_time", "on_budget", "all"]
    assert list(FIGURES[:7]) == order
    assert all(found.columns[key].dtype.kind == "M" for key in DATES)
    assert found.columns["risks.late.chance"].tolist() == [0.1, 0.3, 0.5] * 2
    assert found.columns["p.x.cost_rate"].tolist() == ["700/d"] * 3 + ["900/d"] * 3
    said = found.to_dict()
    assert (said["points"], said["design"], said["table"]) == (6, "grid", None)
    assert [row["cost_p80"] for row in said["rows"]] == found.columns["cost_p80"].tolist()


def test_two_processes_make_the_same_table(found, file):
    """Whoever makes a row."""
    again = simulator.sweep(simulator.load(file), VARY, iterations=N, processes=2)
    same(found.columns, again.columns)


def test_what_was_not_read_from_a_file_is_swept_too(found):
    """A scenario from text, and one that was made of models."""
    read = simulator.loads(TEXT)
    made = read.model_copy()
    made._source = None
    for scenario in (read, made):
        one = simulator.sweep(scenario, {"risks.late.chance": [0.1]}, iterations=N, processes=1)
        assert one.columns["finish_p80"][0] == found.columns["finish_p80"][0]


def killing(monkeypatch, times, at=None):
    """Have processes killed while they work, at any point or one; returns what was killed."""
    killed: list[int] = []
    send = processes._answer

    def answer(process, point):
        if len(killed) < times and at in (None, point):
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        return send(process, point)

    monkeypatch.setattr(processes, "_answer", answer)
    return killed


def test_a_point_whose_process_is_killed_is_done_by_another(found, file, monkeypatch):
    """Two processes die of SIGKILL; the table is the same."""
    killed = killing(monkeypatch, 2)
    told: list[tuple[int, int]] = []
    results = simulator.simulate(simulator.load(file), iterations=N, threads=1)
    design = design_of(axes_of(VARY), "grid", None, 1)
    rows = dict(
        rows_by_processes(
            job_of(results, design), [*enumerate(design.points)], 2, lambda *lost: told.append(lost)
        )
    )
    assert len(killed) == 2
    assert sorted(process for _, process in told) == sorted(killed)
    assert [rows[k][1]["cost_p80"] for k in range(6)] == found.columns["cost_p80"].tolist()


def test_a_point_that_kills_every_process_is_told_in_the_end(file, monkeypatch):
    """The others are done first; then it is named, with what to do."""
    killing(monkeypatch, 3, at=("0.1",))
    done: list[int] = []
    results = simulator.simulate(simulator.load(file), iterations=N, threads=1)
    design = design_of(axes_of({"risks.late.chance": [0.1, 0.2]}), "grid", None, 1)
    rows = rows_by_processes(job_of(results, design), [*enumerate(design.points)], 1)
    with pytest.raises(
        simulator.RunError, match=r"point 1 \(risks.late.chance=0.1\): 3 processes died of it"
    ):
        done.extend(number for number, _ in rows)
    assert done == [1]


def command(file, out):
    """The sweep of these tests as a command."""
    return [
        sys.executable, "-m", "simulator.cli.main", "sweep", str(file), *FLAGS, "-n", str(N),
        "--processes", "1", "--out", str(out), "--no-charts",
    ]  # fmt: skip


def test_a_killed_sweep_goes_on_where_it_was(found, file, tmp_path):
    """Killed with SIGKILL after two points: the other four are made, and the table is the same."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun = subprocess.Popen(command(file, tmp_path), env=environment, cwd=ROOT)
    deadline = time.monotonic() + 60
    journal = None
    while journal is None or journal.read_bytes().count(b"\n") < 2:
        assert begun.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
        journal = next(tmp_path.glob(f"t/sweep-*{UNFINISHED}/points.jsonl"), None)
    begun.kill()
    begun.wait()
    kept = journal.read_bytes().splitlines(keepends=True)
    # As if the last line had been torn.
    journal.write_bytes(b"".join(kept[:2]) + b'{"point": 5, "row": {"fin')
    told = CliRunner().invoke(cli, command(file, tmp_path)[3:])
    assert told.exit_code == 0, told.output
    assert "2 of 6 points were done before" in told.stderr
    assert not journal.exists()
    (table,) = tmp_path.glob("t/sweep-*/sweep.parquet")
    whole = simulator.sweep(
        simulator.load(file), VARY, iterations=N, processes=2, out=tmp_path / "whole"
    )
    assert table.read_bytes() == whole.table.read_bytes()
    same(found.columns, whole.columns)


def test_finished_points_are_not_done_again(file, tmp_path, monkeypatch):
    """A sweep that is stopped by its own caller goes on with what is left, unless told not to."""

    class StoppedError(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done == 4:
            raise StoppedError

    scenario = simulator.load(file)
    given = {"iterations": N, "processes": 1, "out": tmp_path}
    with pytest.raises(StoppedError):
        simulator.sweep(scenario, VARY, **given, on_progress=stop)
    asked: list[int] = []
    rows = processes.rows_by_processes

    def counted(job, points, *others):
        asked.extend(number for number, _ in points)
        return rows(job, points, *others)

    monkeypatch.setattr("simulator.run.sweep.sweeping.rows_by_processes", counted)
    found = simulator.sweep(scenario, VARY, **given)
    assert asked == [4, 5]
    assert found.resumed == 4
    # Another seed is another sweep, and so is another value.
    assert simulator.sweep(scenario, VARY, **given | {"seed": 2}).resumed == 0
    with pytest.raises(StoppedError):
        simulator.sweep(scenario, VARY, **given, on_progress=stop)
    assert simulator.sweep(scenario, VARY, **given, fresh=True).resumed == 0


def test_two_sweeps_do_not_share_a_journal(file, tmp_path):
    """The second one is told that the first is at it."""
    scenario, said = simulator.load(file), []
    given = {"iterations": N, "processes": 1, "out": tmp_path}

    def again(done: int, _: int) -> None:
        if done == 1:
            with pytest.raises(
                simulator.RunError, match="another process works on this very sweep"
            ):
                simulator.sweep(scenario, VARY, **given)
            said.append(done)

    simulator.sweep(scenario, VARY, **given, on_progress=again)
    assert said == [1]


def test_values_at_fault_are_told_before_anything_runs(file, tmp_path):
    """All of them, with the value, and no folder is left."""
    arguments = ["sweep", str(file), "--vary", "risks.late.chance=0.1,2,x", "--out", str(tmp_path)]
    told = CliRunner().invoke(cli, [*arguments, "-n", str(N)])
    assert told.exit_code == 1
    assert "risks.late.chance=2" in told.stderr
    assert "risks.late.chance=x" in told.stderr
    assert "risks.late.chance=0.1" not in told.stderr
    assert not list(tmp_path.glob("t/*"))


def test_a_path_that_leads_nowhere_is_told(file):
    """As `--set` tells it, with the nearest name."""
    with pytest.raises(simulator.ScenarioError, match=r"there is no `lat` to set.*late"):
        simulator.sweep(simulator.load(file), {"risks.lat.chance": [0.1]}, iterations=N)


def test_points_at_fault_together_are_rows_without_figures(file, tmp_path):
    """Two values that are right alone, and no range together: told, and exit code 1."""
    arguments = [
        "sweep", str(file), "-n", str(N), "--processes", "1", "--out", str(tmp_path), "--json",
        "--vary", "p.x.duration.pert.0=5d,30d", "--vary", "p.x.duration.pert.1=20d,35d",
    ]  # fmt: skip
    told = CliRunner().invoke(cli, arguments)
    assert told.exit_code == 1
    assert "No figures for point 3" in told.stderr
    said = json.loads(told.stdout)
    (fault,) = said["faults"]
    assert fault["point"] == 2
    rows = rows_of(said["table"])
    assert [row[2] is None for row in rows] == [False, False, True, False]
    assert rows[2][-1] == fault["fault"]


def test_around_changes_one_path_at_a_time(file):
    """Ends of ranges, each value of lists; the others as in the file."""
    found = simulator.sweep(
        simulator.load(file),
        {"p.x.cost_rate": "600/d:1000/d:100/d", "risks.late.chance": [0, 0.3, 1]},
        design="around", iterations=N, processes=1,
    )  # fmt: skip
    assert [found.sets(k) for k in range(5)] == [
        ["p.x.cost_rate=600/d"], ["p.x.cost_rate=1000/d"],
        ["risks.late.chance=0"], ["risks.late.chance=0.3"], ["risks.late.chance=1"],
    ]  # fmt: skip
    assert found.columns["risks.late.chance"].tolist() == [0.3, 0.3, 0, 0.3, 1]
    assert found.columns["p.x.cost_rate"].tolist()[2:] == ["800/d"] * 3
    days = found.effects["finish_p80"][1].measures
    assert days["0.3"].value == 0
    assert days["0"].value < 0 < days["1"].value


def test_the_summary_says_what_matters(file, tmp_path):
    """Best and worst, effects, where it is saved; JSON has nothing beside it."""
    told = CliRunner().invoke(cli, [*command(file, tmp_path)[3:]])
    assert told.exit_code == 0, told.output
    assert "6 points on the same 300 simulated futures" in told.output
    assert "Effect on P80 cost" in told.output
    (folder,) = tmp_path.glob("t/sweep-*")
    assert str(folder / "sweep.parquet") in told.output
    made = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert made["sweep"]["design"] == "grid"
    assert made["sweep"]["vary"][1]["values"] == ["0.1", "0.3", "0.5"]


@pytest.mark.parametrize(
    ("vary", "given", "said"),
    [
        ({"a.b": "1:5"}, {}, "one value|there is no"),
        ({"risks.late.chance": "uniform(0, 1)"}, {}, "has no grid"),
        ({"risks.late.chance": "0.1:0.5:-0.1"}, {}, "leads away"),
        ({"risks.late.chance": "0.1:0.5:0"}, {}, "a step of nothing"),
        ({"p.x.duration": "5d:10h:1d"}, {}, "several units"),
        ({"risks.late.chance": [0.1, 0.1]}, {}, "stands twice"),
        ({"p.x": [1], "p.x.duration": [2]}, {}, "is varied too"),
        ({}, {}, "nothing to vary"),
        (["risks.late.chance"], {}, "no values"),
        ({"risks.late.chance": [0.1, 0.2]}, {"design": "magic"}, "there is no design"),
        ({"risks.late.chance": [0.1, 0.2]}, {"points": 5}, "5 points of a grid"),
        ({"risks.late.chance": [0.1]}, {"design": "morris"}, "one value"),
        ({"risks.late.chance": "unifrm(0, 1)"}, {}, "--vary|chance"),
        ({"risks.late.chance": 0.5}, {}, "is one value"),
        ({"risks.late.chance": [0.1]}, {"processes": 0}, "0 processes"),
    ],
)
def test_what_cannot_be_varied_is_refused(file, vary, given, said):
    """The message says what was given and what is expected."""
    with pytest.raises(simulator.SimulatorError, match=said):
        simulator.sweep(simulator.load(file), vary, iterations=N, **given)


def test_nobody_watches_by_default():
    """A watch that is not filled says nothing."""
    watch = Watch()
    assert watch.done(1, 2) is None


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_told_on_stderr(terminal, monkeypatch, capsys):
    """Points done, the time left, deaths and what was kept; nothing on stdout."""
    monkeypatch.setattr(sweep_progress, "on_terminal", lambda _: terminal)
    monkeypatch.setattr(sweep_progress, "_BETWEEN_LINES", 0.0)
    with sweep_progress.points_shown() as watch:
        watch.begun(2, 5)
        watch.done(3, 5)
        watch.lost(3, 4711)
        watch.done(4, 5)
    told = capsys.readouterr()
    assert not told.out
    assert "2 of 5 points were done before" in told.err
    assert "Process 4711 died at point 4" in told.err
    assert terminal or re.search(r"4 of 5 points, \d+ s left", told.err)


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.2, "3 s"), (99, "99 s"), (600, "10 min"), (12_000, "3 h 20 min")]
)
def test_time_left_is_rough(seconds, text):
    """Seconds, minutes or hours."""
    assert sweep_progress.time_text(seconds) == text
