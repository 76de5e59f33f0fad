"""The command line as people and scripts meet it: texts, streams and exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator import __version__
from simulator.cli.main import cli
from simulator.cli.progress import COMPILING, settling
from simulator.plan.plan import Clock
from simulator.run.simulate import Progress, simulate
from simulator.run.store import result_text
from simulator.scenario.loading import load
from simulator.scenario.units import MS_PER_DAY

ROOT = Path(__file__).parents[1]
STARTER = ROOT / "simulator/scenario/starter.yaml"
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
PLAN_KEYS = {
    "start", "finish", "start_hours", "finish_hours", "early_start", "early_finish", "late_start",
    "late_finish", "total_float_hours", "critical", "source_uid",
}  # fmt: skip
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and limits")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def _start(*words: str | Path, **options: Any) -> "subprocess.Popen[str]":
    """The command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "simulator.cli.main", *map(str, words)],
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def _finished(*words: str | Path, **options: Any) -> tuple[int, str, str]:
    process = _start(*words, **options)
    out, err = process.communicate(timeout=30)
    return process.returncode, out or "", err or ""


def test_help_shows_every_command_with_an_example() -> None:
    """Help is short and says what to type."""
    told = _call("--help")
    assert told.exit_code == 0
    for command in ("new", "check", "run", "schema"):
        assert f"  {command} " in told.output
        one = _call(command, "--help")
        assert one.exit_code == 0
        assert f"simulator {command} " in one.output.partition("\n")[2]
    assert _call("--version").output.strip() == f"simulator {__version__}"


def test_the_command_line_itself_imports_nothing_heavy() -> None:
    """Beyond the package, the commands cost click alone: help must not wait for arrays."""
    code = (
        "import simulator, sys; before = set(sys.modules); import simulator.cli.main;"
        "heavy = {'numpy', 'scipy', 'pydantic', 'rich', 'duckdb', 'matplotlib', 'yaml'};"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.check_output([sys.executable, "-c", code], text=True, env=env)
    assert told.strip() == "[]"


def test_new_check_run_is_the_way_of_a_first_hour() -> None:
    """A new scenario has no faults, and runs."""
    made = _call("new", "portal")
    assert made.exit_code == 0
    assert Path("portal.yaml").read_bytes() == STARTER.read_bytes()
    assert "simulator check portal.yaml" in made.output
    checked = _call("check", "portal.yaml")
    assert checked.exit_code == 0
    assert checked.output.startswith("portal.yaml: no faults. 2 projects, 6 tasks, 2 milestones")
    ran = _call("run", "portal.yaml", "-n", "500", "--no-charts")
    assert ran.exit_code == 0
    assert "\n\nThe plan says 13 Aug 2027. The chance to finish by then is " in ran.stdout
    (folder,) = Path("outputs/portal").iterdir()
    assert f"Saved in {folder}" in ran.stdout


def test_new_never_overwrites() -> None:
    """What is there stays as it is, whatever the ending."""
    Path("mine.yml").write_text("precious")
    told = _call("new", "mine.yml")
    assert told.exit_code == 2
    assert "mine.yml is already there" in told.stderr
    assert Path("mine.yml").read_text() == "precious"
    assert _call("new", "no/such/folder/x").exit_code == 2
    assert _call("new", ".").exit_code == 2


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("path", BROKEN[::9], ids=lambda path: path.stem)
def test_faults_go_to_stderr(command: str, path: Path) -> None:
    """Every fault is told on stderr, nothing on stdout, and the exit code is 1."""
    told = _call(command, path)
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "in the scenario" in told.stderr
    assert path.name in told.stderr
    assert not Path("outputs", path.stem).exists() or not list(Path("outputs", path.stem).iterdir())


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("missing.yaml", None, "no such file"),
        (".", None, "not a file"),
        ("bad.yaml", b"format: 1\nname: \xff\n", "not UTF-8"),
        ("empty.yaml", b"", "in the scenario"),
        ("null.yaml", b"\0\0", "in the scenario"),
        ("portal", None, "did you mean portal.yaml?"),
    ],
)
def test_files_that_are_no_scenarios_are_said(file: str, content: bytes | None, said: str) -> None:
    """A missing, unreadable or senseless file is one clean text."""
    Path("portal.yaml").write_bytes(STARTER.read_bytes())
    if content is not None:
        Path(file).write_bytes(content)
    for command in ("check", "run"):
        told = _call(command, file)
        assert told.exit_code == 1
        assert said in told.stderr
        assert told.exception is None or isinstance(told.exception, SystemExit)


def test_check_json_prints_the_plan_by_the_contract() -> None:
    """Every task with every key, and no faults."""
    told = _call("check", STARTER, "--json")
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert set(found) == {"finish", "duration", "tasks", "health", "faults"}
    assert found["faults"] == []
    assert found["finish"] == "2027-08-13T17:00:00"
    assert found["duration"] == 960.0
    assert set(found["tasks"]) == set(load(STARTER).tasks)
    assert all(set(task) >= PLAN_KEYS for task in found["tasks"].values())


def test_check_json_has_every_key_with_faults_too() -> None:
    """Machines read the same keys, whatever the file is like; people read stderr."""
    path = next(path for path in BROKEN if path.stem == "several")
    told = _call("check", path, "--dates", "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert (found["finish"], found["duration"], found["tasks"]) == (None, None, {})
    assert len(found["faults"]) > 1
    assert all(fault["line"] > 0 and fault["problem"] for fault in found["faults"])
    assert f"{len(found['faults'])} faults in the scenario" in told.stderr


def test_check_refuses_what_is_not_simulated_yet() -> None:
    """A construct of a later version is a fault, in place."""
    Path("x.yaml").write_text(f"{STARTER.read_text()}\nbaseline: baseline.yaml\n")
    told = _call("check", "x.yaml", "--json")
    assert told.exit_code == 1
    assert "does not simulate baselines yet" in json.loads(told.stdout)["faults"][0]["problem"]


def test_check_dates_is_a_table_of_tasks() -> None:
    """A row a task with exact instants; critical ones are marked."""
    lines = _call("check", STARTER, "--dates").stdout.splitlines()
    (row,) = [line for line in lines if line.startswith("portal.test")]
    assert row.split()[1:5] == ["2027-07-19", "09:00", "2027-08-13", "17:00"]
    assert row.endswith("*")


def test_overrides_count_instead_of_the_file() -> None:
    """--set and --without change the plan, the chances and the manifest."""
    told = _call("check", STARTER, "--json", "--set", "portal.test.duration=1d")
    assert json.loads(told.stdout)["finish"] == "2027-07-19T17:00:00"
    changes = ("--set", "program.budget=1", "--without", "supplier_late")
    ran = _call("run", STARTER, "-n", "100", "--json", "--no-charts", *changes)
    found = json.loads(ran.stdout)
    assert found["probability"]["on_budget"]["value"] == 0
    assert found["risks"]["supplier_late"]["occurred"]["value"] == 0
    (folder,) = Path("outputs/starter").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["overrides"] == ["program.budget=1"]
    assert manifest["without"] == ["supplier_late"]
    told = _call("check", STARTER, "--set", "portal.tset.duration=1d", "--without", "suplier_late")
    assert told.exit_code == 1
    assert "did you mean" in told.stderr
    assert "supplier_late" in told.stderr


def test_run_json_is_result_json_and_nothing_else() -> None:
    """stdout is the file, to the last byte; with --out none there is no file."""
    told = _call("run", STARTER, "-n", "200", "--seed", "5", "--json", "--no-charts")
    (folder,) = Path("outputs/starter").iterdir()
    assert told.stdout == (folder / "result.json").read_text(encoding="utf-8")
    assert told.stdout == result_text(simulate(load(STARTER), iterations=200, seed=5))
    none = _call("run", STARTER, "-n", "200", "--seed", "5", "--json", "--out", "none")
    assert none.stdout == told.stdout
    assert not Path("none").exists()
    assert len(list(Path("outputs/starter").iterdir())) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("-n", "0"),
        ("-n", "many"),
        ("--seed", "-1"),
        ("--scheme", "magic"),
        ("--engine", "magic"),
        ("--precision", "soon"),
        ("--at-most", "many"),
        ("--threads", "0"),
        ("--task-iterations", "-1"),
        ("--colour",),
    ],
)
def test_usage_ends_with_2(words: tuple[str, ...]) -> None:
    """A setting that cannot be used is said by its name; nothing is read or made."""
    told = _call("run", "missing.yaml", *words)
    assert told.exit_code == 2
    assert words[-1] in told.stderr
    assert told.stdout == ""


def test_engines_and_threads_change_no_figure() -> None:
    """The same result.json but for the engine's name."""
    texts = []
    for words in (("--threads", "2"), ("--engine", "simpy"), ()):
        told = _call("run", STARTER, "-n", "150", "--json", "--out", "none", *words)
        texts.append(told.stdout.replace('"simpy"', '"numpy"'))
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scheme", "lhs", "-n", "2000"), "2,000 iterations rounded up to 2,048 (2 cubes of"),
        (("--scheme", "lhs", "-n", "10"), "10 iterations rounded up to 1,024 (1 cube of 1,024)"),
        (
            ("--scheme", "sobol", "-n", "9_000"),
            "9,000 iterations rounded up to 9,216 (9 replicates of 1,024)",
        ),
        (("--scheme", "lhs", "-n", "1024"), ""),
    ],
)
def test_rounded_iterations_are_told_on_stderr(words: tuple[str, ...], said: str) -> None:
    """A scheme takes whole groups; the result names what was made."""
    told = _call("run", STARTER, "--json", "--out", "none", *words)
    assert told.stderr.startswith(said)
    assert bool(told.stderr) == bool(said)
    settings = json.loads(told.stdout)["settings"]
    assert settings["scheme"] == words[1]
    assert settings["iterations"] % 1024 == 0


def test_precision_is_told_and_never_fails_a_run() -> None:
    """Reached or not, the exit code is 0, stdout the report, and stderr says how wide."""
    words = ("run", STARTER, "-n", "500", "--out", "none", "--precision", "3%", "--precision")
    reached = _call(*words, "40_000")
    assert reached.exit_code == 0
    assert re.match(
        r"Precision reached with [\d,]+ futures: chance to keep all promises [\d.]+ points wide"
        r" \(wanted: 3\), P80 cost [\d,]+ EUR wide \(wanted: 40,000\)\.\n$",
        reached.stderr,
    )
    missed = _call(*words, "2h", "--at-most", "1100", "--json")
    assert missed.exit_code == 0
    assert missed.stderr.startswith("Precision not reached with 1,000 futures: ")
    assert "1,100 (--at-most)" in missed.stderr
    found = json.loads(missed.stdout)["settings"]["precision"]
    assert found["reached"] is False
    assert found["looks"] == 2
    assert found["goals"][1]["wanted"] == pytest.approx(2 / 24)
    none = _call(*words, "1d", "--at-most", "100")
    assert none.exit_code == 2
    assert "at least the 500" in none.stderr


def test_compiling_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the compiled engine computes, and only if it has to be compiled."""
    from contextlib import contextmanager

    from simulator.engine.compiled import jit

    @contextmanager
    def told(tell: Any) -> Any:
        tell()
        yield

    monkeypatch.setattr(jit, "compiling_told", told)
    for engine, said in (("numpy", ""), ("compiled", f"{COMPILING}\n")):
        ran = _call("run", STARTER, "-n", "100", "--json", "--out", "none", "--engine", engine)
        assert ran.stderr == said
        assert json.loads(ran.stdout)["settings"]["engine"] == engine


def test_missing_charts_are_no_reason_to_lose_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the drawing library the run is saved all the same, and that is said."""
    monkeypatch.setitem(sys.modules, "simulator.charts.gallery", None)
    told = _call("run", STARTER, "-n", "50")
    assert told.exit_code == 0
    assert "No charts:" in told.stderr
    assert len(list(Path("outputs/starter").iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_said_at_once() -> None:
    """Before any time is spent on a run."""
    Path("file").write_text("")
    told = _call("run", STARTER, "-n", "100_000_000", "--out", "file")
    assert told.exit_code == 1
    assert "--out none" in told.stderr


def test_output_in_a_pipe_is_plain() -> None:
    """No colour, no boxes, one sentence a line, also where the locale knows only ASCII."""
    code, out, err = _finished(
        "run", STARTER, "-n", "100", "--out", "none", env={"PYTHONIOENCODING": "ascii"}
    )
    assert code == 0
    assert err == ""
    assert "\x1b" not in out
    assert "─" not in out
    assert out.splitlines()[2].startswith("The plan says 13 Aug 2027.")


def test_a_reader_that_goes_away_is_no_error() -> None:
    """As `| head` does."""
    process = _start("schema")
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_said() -> None:
    """One text, no traceback."""
    with Path("/dev/full").open("w") as full:
        code, _, err = _finished("schema", stdout=full)
    assert code == 1
    assert err.strip() == "Error: no space left on device"


@posix
def test_a_full_disk_leaves_no_half_result(tmp_path: Path) -> None:
    """Where a file cannot grow, nothing is left but the text that says so."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    code, out, err = _finished("run", STARTER, "-n", "3000", "--no-charts", preexec_fn=limit)
    assert code == 1
    assert out == ""
    assert "cannot be saved" in err
    assert "Traceback" not in err
    assert list((tmp_path / "outputs/starter").iterdir()) == []


@posix
def test_an_interruption_ends_with_130(tmp_path: Path) -> None:
    """Ctrl-C: a clean line, and nothing half done."""
    process = _start(
        "run", STARTER, "-n", "90_000_000", "--no-charts", "--engine", "numpy",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    home = tmp_path / "outputs/starter"
    limit = time.monotonic() + 20
    while not home.exists() and time.monotonic() < limit:
        time.sleep(0.02)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "Interrupted; nothing was saved."
    assert list(home.iterdir()) == []


def test_progress_tells_how_p80_settles() -> None:
    """Speed, date and half of its interval in days; no interval, no figure."""
    from datetime import datetime

    clock = Clock(datetime(2027, 1, 4))
    progress = Progress(5000, 10_000, 2.0, 30.5 * MS_PER_DAY, 1.25 * MS_PER_DAY)
    assert settling(clock, progress) == "2,500/s, P80 3 Feb 2027 ± 1.2 days"
    going_on = Progress(5000, 10_000, 2.0, 30.5 * MS_PER_DAY, 1.25 * MS_PER_DAY, already=4000)
    assert settling(clock, going_on).startswith("500/s, ")
    unknown = Progress(1, 10, 1.0, float("inf"), float("nan"))
    assert settling(clock, unknown) == "1/s, P80 never"


def test_schema_is_json() -> None:
    """What is printed is the schema, ready for an editor."""
    found = json.loads(_call("schema").stdout)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"program", "projects", "risks"} <= set(found["properties"])
