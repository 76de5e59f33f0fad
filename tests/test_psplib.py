"""Scheduling instances of the literature as scenarios."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.errors import ImportFileError
from simulator.importers.instances import day_of, scenario_of
from simulator.importers.mpsplib import read_json
from simulator.importers.psplib import read_sm
from simulator.scenario.dumping import dump_for_editing
from simulator.scenario.loading import loads
from tests import rcpsp

STARS = "*" * 72
SM = f"""{STARS}
file with basedata            : tiny.bas
initial value random generator: 1
{STARS}
projects                      :  1
jobs (incl. supersource/sink ):  5
horizon                       :  9
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
{STARS}
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      3      2        9        4        5
{STARS}
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           5
   4        1          1           5
   5        1          0
{STARS}
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     3       2    0
  3      1     4       1    1
  4      1     2       0    1
  5      1     0       0    0
{STARS}
RESOURCEAVAILABILITIES:
  R 1  R 2
    2    1
{STARS}
"""
MULTI = {
    "name": "two",
    "resources": {"Test lab": 2, "R 2": 1},
    "jobs": [
        {"id": "P1-Start", "project": "P1", "duration": 0, "predecessors": [], "requirements": {}},
        {"id": "P1-Build it", "project": "P1", "duration": 2, "predecessors": ["P1-Start"],
         "requirements": {"Test lab": 2}},
        {"id": "P2-Go", "project": "P2", "duration": 3, "predecessors": ["P1-Build it"],
         "requirements": {"R 2": 1}, "release": 6},
    ],
}  # fmt: skip


def sm(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in SM
    path = folder / "tiny.sm"
    path.write_text(SM.replace(old, new, 1) if old else SM)
    return path


def multi(folder: Path, text: str = "") -> Path:
    path = folder / "two.json"
    path.write_text(text or json.dumps(MULTI, indent=1))
    return path


def test_a_single_project_becomes_a_scenario_of_working_days(tmp_path: Path) -> None:
    """Periods are working days, resources pools that stay finite, jobs keep their numbers."""
    scenario = scenario_of(read_sm(sm(tmp_path)))
    tasks = scenario.tasks
    assert list(tasks) == [f"tiny.job_{k}" for k in range(1, 6)]
    assert {key: pool.units for key, pool in scenario.pools.items()} == {"r_1": 2, "r_2": 1}
    assert [task.source_uid for task in tasks.values()] == ["1", "2", "3", "4", "5"]
    assert str(tasks["tiny.job_3"].duration) == "4d"
    assert tasks["tiny.job_3"].needs == {"r_1": 1, "r_2": 1}
    assert [link.task for link in tasks["tiny.job_5"].after] == ["job_3", "job_4"]
    assert tasks["tiny.job_1"].milestone == tasks["tiny.job_5"].milestone == "finish"
    assert "start_no_earlier_than: 2027-01-06" in dump_for_editing(scenario)


def test_several_projects_share_their_pools(tmp_path: Path) -> None:
    """Links go across projects, and a release is a date before which a job does not start."""
    instance = read_json(multi(tmp_path))
    text = dump_for_editing(scenario_of(instance), "two lines\nof heading")
    assert text == (
        "# two lines\n"
        "# of heading\n"
        "format: 1\n"
        "program:\n"
        "  name: two\n"
        "  start: 2027-01-04\n"
        "pools:\n"
        "  test_lab: {units: 2}\n"
        "  r_2: {units: 1}\n"
        "projects:\n"
        "  p1:\n"
        "    tasks:\n"
        "      start: {milestone: true, source_uid: P1-Start}\n"
        "      build_it: {duration: 2d, needs: {test_lab: 2}, after: [start],"
        " source_uid: P1-Build it}\n"
        "  p2:\n"
        "    tasks:\n"
        "      go: {duration: 3d, needs: {r_2: 1}, after: [p1.build_it],"
        " start_no_earlier_than: 2027-01-12,\n".replace(",\n", ", source_uid: P2-Go}\n")
    )
    assert loads(text) == scenario_of(instance)


def test_periods_are_working_days() -> None:
    """The sixth working day, counted from 0, is a Tuesday a week later."""
    assert [day_of(period).isoformat() for period in (0, 4, 5, 6)] == [
        "2027-01-04", "2027-01-08", "2027-01-11", "2027-01-12",
    ]  # fmt: skip


@rcpsp.needs_instances
def test_stored_instances_survive() -> None:
    """Each stored file says the same after it has become a scenario and text."""
    paths = [path for _, path, _ in rcpsp.best_known(every=16)]
    paths += [path for path, _ in rcpsp.references()[::8]]
    for path in paths:
        single = path.suffix == ".sm"
        known = rcpsp.sm(path) if single else rcpsp.multi(path)
        scenario = loads(dump_for_editing(scenario_of((read_sm if single else read_json)(path))))
        uid = {key: str(task.source_uid) for key, task in scenario.tasks.items()}
        names = dict(zip(scenario.pools, known.capacity, strict=True))
        assert set(uid.values()) == set(known.duration)
        assert [pool.units for pool in scenario.pools.values()] == list(known.capacity.values())
        for key, task in scenario.tasks.items():
            own, project = uid[key], key.partition(".")[0]
            days = 0 if task.milestone else float(str(task.duration)[:-1])
            before = [
                uid[link.task if "." in link.task else f"{project}.{link.task}"]
                for link in task.after
            ]
            needs = {pool: units for pool, units in known.needs[own].items() if units}
            assert days == known.duration[own]
            assert sorted(before) == sorted(known.after[own])
            assert {names[pool]: units for pool, units in task.needs.items()} == needs
            assert (task.start_no_earlier_than is None) == (known.release[own] == 0)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (SM, "", 0, "empty"),
        (SM, "hello\n", 1, "how many jobs"),
        (SM[SM.index("REQUESTS") :], "", 24, "REQUESTS/DURATIONS"),
        (SM[SM.index("  4      1     2") :], "", 30, "job 4 is missing"),
        (SM[SM.index("    2    1\n*") :], "", 35, "RESOURCEAVAILABILITIES is empty"),
        ("jobs (incl. supersource/sink ):  5", "jobs (incl. supersource/sink ):  6", 23, "job 6"),
        ("projects                      :  1", "projects                      :  2", 5, "'2'"),
        ("nonrenewable              :  0", "nonrenewable              :  1", 10, "'1'"),
        ("   3        1          1           5", "   3   1   1   9", 21, "'9'"),
        ("   3        1          1           5", "   3   1   2   5", 21, "1 successors"),
        ("   3        1          1           5", "   3   2   1   5", 21, "single-mode"),
        ("   3        1          1           5", "   3   1   1   1", 19, "wait for each other"),
        ("   3        1          1           5", "   2   1   1   5", 21, "twice"),
        ("  3      1     4       1    1", "  3      1     4       1", 30, "4 numbers"),
        ("  3      1     4       1    1", "  3      1    -4       1    1", 30, "'-4'"),
        ("  3      1     4       1    1", "  3      1   4.5       1    1", 30, "'4.5'"),
        ("  3      1     4       1    1", "  3      1     4       3    1", 30, "needs 3 units"),
        ("    2    1\n", "    2    x\n", 36, "'x'"),
    ],
)
def test_broken_files_are_refused_by_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    """The file, the line, what is wrong and what was expected."""
    path = sm(tmp_path, old, new)
    with pytest.raises(ImportFileError) as refused:
        read_sm(path)
    fault = refused.value.faults[0]
    assert (fault.file, fault.line) == (str(path), line), fault
    assert said in str(fault)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"jobs"', '"work"', "no multi-project file"),
        ('"duration": 2', '"duration": "2d"', "'2d'"),
        ('"duration": 2', '"duration": 1.5', "1.5"),
        ('"release": 6', '"release": -6', "-6"),
        ('"P1-Start"\n', '"P9-Start"\n', "no job P9-Start"),
        ('"P1-Start",', '"P1-Build it",', "two jobs P1-Build it"),
        ('    "R 2": 1', '    "R 9": 1', "no resource R 9"),
        ('"Test lab": 2,', '"Test lab": 1,', "needs 2 units of Test lab"),
        ('"P1-Build it"\n   ]', '"P2-Go"\n   ]', "wait for each other"),
        ('"project": "P1",', '"project": ["P1"],', "['P1']"),
        ('"project": "P1",', "", "no project"),
        ("]\n}", "", "no JSON"),
        ('"predecessors": []', '"predecessors": 3', "no list"),
        ('"requirements": {}', '"requirements": []', "no mapping"),
    ],
)
def test_broken_multi_project_files_are_refused_by_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """As for the others, with the column too."""
    text = json.dumps(MULTI, indent=1)
    assert old in text
    path = multi(tmp_path, text.replace(old, new, 1))
    with pytest.raises(ImportFileError) as refused:
        read_json(path)
    fault = refused.value.faults[0]
    assert fault.file == str(path)
    assert fault.line > 0
    assert said in str(fault)


def test_what_is_no_file_of_text_is_refused(tmp_path: Path) -> None:
    """Nothing there, a folder, bytes that are no text."""
    binary = tmp_path / "bytes.sm"
    binary.write_bytes(b"****\n\xff\xfe\x00")
    for path, said in (
        (tmp_path / "none.sm", "no such file"), (tmp_path, "folder"), (binary, "no text")
    ):  # fmt: skip
        with pytest.raises(ImportFileError, match=said):
            read_sm(path)


def test_the_command_writes_a_scenario_and_never_over_one(tmp_path: Path) -> None:
    """A scenario that loads; a second time the file stays as it is."""
    source, target = sm(tmp_path), tmp_path / "tiny.yaml"
    run = CliRunner().invoke(cli, ["import", str(source), "-o", str(target), "--json"])
    assert run.exit_code == 0, run.output
    said = json.loads(run.stdout)
    losses = ["the cost of being late, 4 a period"]
    assert said == {"scenario": str(target), "tasks": 5, "projects": 1, "losses": losses}
    text = target.read_text()
    assert loads(text).program.name == "tiny"
    again = CliRunner().invoke(cli, ["import", str(source), "-o", str(target)])
    assert again.exit_code == 2
    assert "already there" in again.output
    assert target.read_text() == text


def test_the_command_says_what_it_can_read(tmp_path: Path) -> None:
    """Nowhere to write is a wrong use, a broken file a fault; nothing is written."""
    target = tmp_path / "out.yaml"
    nowhere = CliRunner().invoke(cli, ["import", "plan.sm"])
    assert nowhere.exit_code == 2
    assert "-o SCENARIO" in nowhere.output
    broken = CliRunner().invoke(
        cli, ["import", str(sm(tmp_path, "    2    1\n", "    2\n")), "-o", str(target)]
    )
    assert broken.exit_code == 1
    assert "tiny.sm:36" in broken.output
    assert "Traceback" not in broken.output
    assert not target.exists()
