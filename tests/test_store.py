"""Runs at rest: whole or not at all, and nothing lost on the way to the files."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from simulator.errors import RunError
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import run, simulate
from simulator.run.store import (
    UNFINISHED,
    Origin,
    iteration_columns,
    json_text,
    prepare_root,
    result_text,
    run_name,
    save_run,
    write_parquet,
)
from simulator.scenario.loading import load, loads

ROOT = Path(__file__).parents[1]
STARTER = ROOT / "simulator/scenario/starter.yaml"
ORIGIN = Origin(Path("some/portal.yaml"), ("program.budget=1",), ("supplier_late",))
STOPPED = """\
format: 1
program: {start: 2027-01-04 09:00, calendar: de}
calendars: {de: {week: {mon-fri: [09:00-17:00]}, holidays: DE-BY}}
projects:
  p:
    tasks:
      a: {duration: {pert: [5d, 6d, 9d]}, tags: {phase: one}}
      done: {milestone: true, after: [a]}
  q: {tasks: {b: {duration: 30d}}}
risks: {end: {chance: 0.5, at: 2027-01-12, stops: q}}
"""


@pytest.fixture(scope="module")
def results() -> Results:
    """A scenario in which one project may be stopped."""
    return simulate(loads(STOPPED), iterations=300, task_iterations=100)


@pytest.fixture(scope="module")
def saved(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its run at rest."""
    return save_run(results, tmp_path_factory.mktemp("out"), ORIGIN).folder


def _rows(file: Path, what: str = "*") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {what} FROM '{file}'").fetchall()


def _left(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir())


def test_a_run_has_its_files_and_its_name(saved: Path, results: Results) -> None:
    """The folder lies below the scenario's name; its own says when, what, seed and size."""
    assert saved.parent.name == "portal"
    stamp, rest = saved.name[:15], saved.name[15:]
    assert datetime.strptime(stamp, "%Y%m%d-%H%M%S")
    assert rest == f"-{results.digest[:6]}-s1-n300"
    assert _left(saved) == [
        "iterations.parquet",
        "manifest.json",
        "result.json",
        "scenario.yaml",
        "tasks.parquet",
    ]
    assert _left(saved.parent) == [saved.name]


def test_result_json_is_the_dict_of_the_results(saved: Path, results: Results) -> None:
    """What is in the file is what Python gets, to the last bit."""
    text = (saved / "result.json").read_text(encoding="utf-8")
    assert text == result_text(results)
    assert json.loads(text) == json.loads(json.dumps(results.to_dict()))


def test_the_manifest_says_how_to_make_the_run_again(saved: Path, results: Results) -> None:
    """Digest, settings, changes, versions, and the holidays that were used."""
    found = json.loads((saved / "manifest.json").read_text(encoding="utf-8"))
    assert found["scenario"] == {
        "name": results.name,
        "digest": results.digest,
        "file": "portal.yaml",
    }
    assert found["settings"]["seed"] == 1
    assert found["settings"]["iterations"] == 300
    assert found["overrides"] == ["program.budget=1"]
    assert found["without"] == ["supplier_late"]
    assert found["versions"]["numpy"] == np.__version__
    assert found["holidays"]["DE-BY"]["2027-01-06"]
    assert datetime.fromisoformat(found["created"]).tzinfo is not None


def test_the_manifest_says_which_variables_took_points(tmp_path: Path) -> None:
    """Labels and dimensions, as the run drew them; plain draws have none."""
    found = simulate(loads(STOPPED), iterations=300, scheme="sobol")
    folder = save_run(found, tmp_path, ORIGIN).folder
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["dimensions"]
    assert told == found.dimensions == dict(found.sampling.dimensions)
    assert sorted(told.values()) == list(range(len(told)))
    assert "p.a/duration" in told
    assert simulate(loads(STOPPED), iterations=300, scheme="lhs").dimensions == {}


def test_the_copy_of_the_scenario_means_the_same(saved: Path, results: Results) -> None:
    """It reads back with the same digest, and gives the same futures."""
    again = simulate(load(saved / "scenario.yaml"), iterations=300)
    assert again.digest == results.digest
    assert np.array_equal(again.joined.finish, results.joined.finish)


def test_iterations_keep_their_order_and_values(saved: Path, results: Results) -> None:
    """A row per iteration: whole seconds rounded up, hours, money; NULL where there is nothing."""
    file = saved / "iterations.parquet"
    names = [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{file}'").fetchall()]
    assert names == ["iteration", "duration", *(k for k in results.outcomes if k != "duration")]
    assert [row[0] for row in _rows(file, "iteration")] == list(range(300))
    clock = results.plan.clock
    for key in ("finish", "finish:p.done", "finish:q"):
        expected = [
            clock.date(ms) if np.isfinite(ms) else None for ms in results.outcomes[key].values
        ]
        assert [row[0] for row in _rows(file, f'"{key}"')] == expected
    hours = np.array(_rows(file, "duration"))[:, 0]
    assert np.array_equal(hours, results.joined.duration / 3.6e6)
    costs = np.array(_rows(file, "cost"))[:, 0]
    assert np.array_equal(costs, results.joined.cost)
    stopped = _rows(file, 'count(*) FILTER ("finish:q" IS NULL)')[0][0]
    assert stopped == int(np.count_nonzero(~np.isfinite(results.outcomes["finish:q"].values)))


def test_columns_have_their_types(saved: Path) -> None:
    """Dates are TIMESTAMP without a zone, and texts stay texts where they hold nothing."""
    types = dict(
        duckdb.sql(
            f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{saved}/*.parquet')"
        ).fetchall()
    )
    assert types["finish"] == "TIMESTAMP"
    assert types["cost"] == "DOUBLE"
    tasks = dict(
        row[:2]
        for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{saved / 'tasks.parquet'}'").fetchall()
    )
    assert tasks["source_uid"] == "VARCHAR"
    assert tasks["deadline"] == "TIMESTAMP"
    assert tasks["tag:phase"] == "VARCHAR"


def test_tasks_have_a_row_each(saved: Path, results: Results) -> None:
    """Ids in order, criticality as in the results, tags in columns of their own."""
    rows = _rows(saved / "tasks.parquet", 'task, criticality, finish_p80, "tag:phase"')
    assert [row[0] for row in rows] == list(results.tasks)
    for name, criticality, finish, tag in rows:
        task = results.tasks[name]
        assert criticality == task.criticality.value
        expected = task.finish["p80"]
        assert finish == (results.plan.clock.date(expected) if np.isfinite(expected) else None)
        assert tag == task.plan.tags.get("phase")


def test_no_iterations_of_tasks_still_make_a_run(tmp_path: Path) -> None:
    """Percentiles of tasks are then NULL."""
    results = simulate(loads(STOPPED), iterations=10, task_iterations=0)
    folder = save_run(results, tmp_path, ORIGIN).folder
    assert {row[0] for row in _rows(folder / "tasks.parquet", "start_p50")} == {None}


def test_json_holds_no_infinity() -> None:
    """What is not finite is null, at any depth, and numpy's numbers are numbers."""
    data = {"a": [np.float64(1.5), float("inf")], "b": {"c": (np.int64(3), float("nan"))}}
    assert json.loads(json_text(data)) == {"a": [1.5, None], "b": {"c": [3, None]}}


def test_runs_of_the_same_second_get_names_of_their_own(results: Results, tmp_path: Path) -> None:
    """No run replaces another."""
    folders = {save_run(results, tmp_path, ORIGIN).folder for _ in range(4)}
    assert len(folders) == 4
    assert _left(tmp_path / "portal") == sorted(folder.name for folder in folders)


def test_charts_move_along(results: Results, tmp_path: Path) -> None:
    """Charts drawn into the folder are told by the paths where they end up."""

    def draw(folder: Path) -> list[Path]:
        folder.mkdir()
        (folder / "finish.png").write_bytes(b"x")
        return [folder / "finish.png"]

    run = save_run(results, tmp_path, ORIGIN, draw)
    assert run.charts == (run.folder / "charts" / "finish.png",)
    assert run.charts[0].read_bytes() == b"x"


def test_a_failure_on_the_way_leaves_nothing(results: Results, tmp_path: Path) -> None:
    """Neither a mistake in a chart nor an interruption leaves a half result."""

    def fail(_: Path) -> list[Path]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_run(results, tmp_path, ORIGIN, fail)
    assert _left(tmp_path / "portal") == []

    def full(_: Path) -> list[Path]:
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match="no space left on device; choose another folder"):
        save_run(results, tmp_path, ORIGIN, full)
    assert _left(tmp_path / "portal") == []


def test_a_file_in_the_way_is_said(results: Results, tmp_path: Path) -> None:
    """Where a folder cannot be made, the text names it."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RunError, match=r"out.*cannot be saved"):
        save_run(results, tmp_path / "out", ORIGIN)


_KILLED = """
import sys, time
from pathlib import Path
from simulator import loads, simulate
from simulator.run.store import Origin, save_run

def draw(folder):
    print("writing", flush=True)
    time.sleep(60)
    return []

results = simulate(loads(sys.stdin.read()), iterations=50)
save_run(results, Path(sys.argv[1]), Origin(Path("x.yaml")), draw)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_killed_run_leaves_no_half_result(results: Results, tmp_path: Path) -> None:
    """What a kill leaves is hidden, is no run, and is swept away once it is stale."""
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(STOPPED)
    process.stdin.close()
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    home = tmp_path / "x"
    (left,) = home.iterdir()
    assert left.name.startswith(UNFINISHED)
    assert not list(home.glob("2*"))
    origin = Origin(Path("x.yaml"))
    prepare_root(tmp_path, origin)
    assert left.exists()  # it may still be written
    old = time.time() - 4000
    for path in (*left.rglob("*"), left):
        os.utime(path, (old, old))
    run = save_run(results, tmp_path, origin)
    assert _left(home) == [run.folder.name]


def test_samples_come_along(tmp_path: Path) -> None:
    """The copy of a scenario that draws from a file reads alone, without the original folder."""
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "days.csv").write_text("took\n3d\n5d\n8d\n")
    file = tmp_path / "x.yaml"
    file.write_text(
        "format: 1\nprogram: {start: 2027-01-04}\nprojects: {p: {tasks: {a: {duration:"
        " {samples: 'history/days.csv#took'}, tags: {samples: '../secret#x'}}}}}\n"
    )
    results = simulate(load(file), iterations=50)
    folder = save_run(results, tmp_path / "out", Origin(file)).folder
    assert load(folder / "scenario.yaml") == load(file)
    assert (folder / "history" / "days.csv").is_file()


def test_names_with_quotes_are_columns(tmp_path: Path) -> None:
    """Tags may hold what SQL would trip over, and so may paths."""
    columns = {"tag:\"x'; --": np.array(["a", None], dtype=object), "n": np.array([1.0, np.nan])}
    file = tmp_path / 'it\'s "here".parquet'
    write_parquet({file: columns})
    found = duckdb.read_parquet(str(file))
    assert found.columns == list(columns)
    assert found.fetchall() == [("a", 1.0), (None, None)]


def test_many_iterations_stay_in_order(tmp_path: Path) -> None:
    """Rows beyond one block of the writer keep their places."""
    number = np.arange(400_000)
    file = tmp_path / "x.parquet"
    write_parquet({file: {"iteration": number, "value": number * 0.5}})
    found = duckdb.read_parquet(str(file)).fetchnumpy()
    assert np.array_equal(found["iteration"], number)
    assert np.array_equal(found["value"], number * 0.5)


def test_the_name_of_a_run_tells_its_settings(results: Results) -> None:
    """Seed and iterations stand in the name, so that folders can be told apart."""
    other = run(loads(STOPPED), Settings(iterations=20, seed=7))
    at = datetime(2026, 11, 22, 22, 15, 30)
    assert run_name(other, at) == f"20261122-221530-{results.digest[:6]}-s7-n20"


def test_dates_never_come_before_what_happened(results: Results) -> None:
    """A timestamp is the instant or up to a second later."""
    shifted = replace(results.joined, finish=results.joined.finish + 1.0)
    other = iteration_columns(replace(results, joined=shifted))["finish"]
    ms = (other - np.datetime64(results.plan.clock.start, "us")) / np.timedelta64(1, "ms")
    late = ms - (results.joined.finish + 1.0)
    assert np.all((late >= 0) & (late < 1000))
