"""Early dates of imported schedules are those that their tools stored."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.errors import ScenarioError
from simulator.importers.plans.convert import Imported, scenario_of
from simulator.importers.plans.reader import read_plan
from simulator.importers.plans.source import Amount
from simulator.importers.plans.verify import SAME_WORKING_TIME, Verified, difference_table, verify
from simulator.scenario.loading import load
from tests import source_plans
from tests.imported_plans import at, imported, project, task

LEAST = {
    "51_mp_j120_a20_nr1.mpp": 2440, "ActualTaskProperties.mpp": 14, "Baseline.xer": 95,
    "CalculateCriticalPath.mpp": 8, "Commercial_construction_project_plan.mpp": 126,
    "ConstraintMustFinishOn.mpp": 14, "EUC-KR-encoding.mpx": 27, "Homemoveplan.mpp": 126,
    "HouseBuildingSample.gan": 13, "MultiprojectWithExternal.xer": 3, "New_Product.mpp": 36,
    "New_Product.xml": 36, "Software_Development_Plan.mpp": 74, "UP-54069-20251121.xer": 50,
    "UP-54069-20251218.xer": 49, "mpp14relations.mpp": 4, "mpxj_legacy_bug2.mpp": 7,
    "mpxj_legacy_sample.mpp": 17, "mpxj_legacy_sample.xml": 15, "mpxj_legacy_sample98.mpp": 14,
    "mspdirelations.xml": 4, "not_updated.xml": 6, "project1.planner": 28,
    "timephased-cost-rollup.mpp": 6, "wk2.xer": 193,
}  # fmt: skip
"""How many tasks of each stored schedule agree to the minute, at least."""


def verified(made: Imported) -> Verified:
    """The comparison, as far as this version simulates what the file says."""
    try:
        return verify(made)
    except ScenarioError as error:
        if "does not simulate status" not in str(error):
            raise
        pytest.skip("this version does not simulate status")


@source_plans.needs_schedules
@pytest.mark.parametrize("name", LEAST)
def test_stored_schedules_have_the_dates_of_their_tools(name: str) -> None:
    """No task that agreed once differs later; every difference has a cause to tell."""
    assert source_plans.FOLDER is not None
    found = verified(scenario_of(read_plan(source_plans.FOLDER / name), name))
    assert found.same >= LEAST[name]
    assert found.compared == found.same + len(found.differences)
    assert all(each.cause for each in found.differences)


def stored(uid: int, days: float, start: tuple[int, int], finish: tuple[int, int], *links: int):
    """A task with the early dates that its file stores: day of January and hour."""
    return task(uid, days, *links, early_start=at(*start), early_finish=at(*finish))


def test_differences_are_counted_and_explained() -> None:
    """The same working time, what follows a task that differs, and what nobody knows."""
    found = verify(
        imported(
            project(
                stored(1, 1, (4, 8), (4, 17)),
                stored(2, 1, (5, 8), (6, 8), 1),
                stored(3, 1, (8, 8), (8, 17), 1),
                stored(4, 1, (11, 8), (11, 17), 3),
                task(5, 1),
            )
        )
    )
    assert (found.compared, found.same, found.without, found.early) == (4, 1, 1, True)
    causes = {each.source_uid: each.cause for each in found.differences}
    assert causes == {
        "2": SAME_WORKING_TIME, "3": "not known", "4": "follows `portal.t3`, which differs",
    }  # fmt: skip
    table = difference_table(found, 2)
    assert len(table.rows) == 2
    assert "1 more" in table.note


def test_files_without_early_dates_or_times_of_day() -> None:
    """Planned dates for lack of early ones; days where the file knows no hours."""
    day = at(4, 0)
    planned = verify(imported(project(task(1, 2, start=day, finish=day + timedelta(days=1)))))
    assert (planned.early, planned.by_day, planned.same) == (False, True, 1)


def test_the_command_writes_compares_and_tells(tmp_path: Path) -> None:
    """Own files of Microsoft Project and Primavera: a scenario that loads, and its agreement."""
    for file in sorted(source_plans.OWN.iterdir()):
        target = tmp_path / f"{file.name}.yaml"
        arguments = ["import", str(file), "-o", str(target), "--verify", "--level", "--json"]
        told = CliRunner().invoke(cli, arguments)
        if "does not simulate status" in told.output:
            continue
        assert told.exit_code == 0, told.output
        data = json.loads(told.stdout)
        scenario = load(target)
        assert data["scenario"] == str(target)
        assert data["tasks"] <= len(scenario.tasks)
        assert data["verified"]["same"] <= data["verified"]["compared"]
        again = CliRunner().invoke(cli, arguments)
        assert again.exit_code == 2
        assert "already there" in again.output


def test_the_command_refuses_what_it_cannot_use(tmp_path: Path) -> None:
    """Nowhere to write, an unknown range, a file that is none."""
    file = str(next(iter(sorted(source_plans.OWN.iterdir()))))
    target = tmp_path / "new.yaml"
    cases = (
        (["import", file], 2, "-o SCENARIO"),
        (["import", file, "-o", str(target), "--ranges", "rotine"], 2, "routine"),
        (["import", str(tmp_path / "none.mpp"), "-o", str(target)], 1, "no such file"),
    )
    for arguments, code, said in cases:
        told = CliRunner().invoke(cli, arguments)
        assert told.exit_code == code, told.output
        assert said in told.output
        assert "Traceback" not in told.output
    assert not target.exists()


def test_amounts_of_a_file_may_be_hours_of_a_day() -> None:
    """Primavera's hours are days where that is neat."""
    found = imported(project(task(1, duration=Amount(20, "h")), file_type="XER"))
    assert str(found.scenario.tasks["portal.t1"].duration) == "2.5d"
