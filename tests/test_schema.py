"""The JSON Schema of the scenario file accepts what the loader accepts, and no unknown keys."""

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simulator.scenario.schema import scenario_schema
from simulator.scenario.source import read_source, source_from_text
from tests.test_loading import WHOLE

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "simulator/scenario/starter.yaml", *sorted((ROOT / "scenarios").glob("*.yaml"))]
SMALL: dict[str, Any] = {
    "format": 1,
    "program": {"start": "2027-01-04"},
    "projects": {"p": {"tasks": {"a": {"duration": "5d"}}}},
}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """The schema, itself checked."""
    schema = scenario_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _faults(validator: Draft202012Validator, data: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(data)]


def _with(**task: Any) -> dict[str, Any]:
    data = copy.deepcopy(SMALL)
    data["projects"]["p"]["tasks"]["b"] = task
    return data


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario_files_fulfil_the_schema(validator: Draft202012Validator, path: Path) -> None:
    """Every scenario that comes with the project is valid."""
    assert _faults(validator, read_source(path).data()) == []


def test_every_construct_fulfils_the_schema(validator: Draft202012Validator) -> None:
    """A scenario that uses nearly every construct of the format is valid."""
    assert _faults(validator, source_from_text(WHOLE).data()) == []


@pytest.mark.parametrize(
    "task",
    [
        {"duration": "5d", "after": "a"},
        {"duration": "5d", "after": "a FS+5d"},
        {"duration": "5d", "after": {"task": "a", "link": "SS", "lag": {"pert": ["1d", 2, "3d"]}}},
        {"duration": "5d", "after": ["a ss - 2d", {"task": "a"}]},
        {"milestone": True, "after": "a"},
        {"milestone": "start"},
        {"spans": "a"},
        {"duration": 0, "tags": {"wbs": 1.1, "phase": "design"}, "source_uid": 17},
        {"duration": "5d", "rework": {"chance": 0.2, "redo": "a"}},
        {"effort": {"samples": "x.csv#effort", "unit": "pd"}, "cost": 1_000},
    ],
)
def test_short_forms_of_a_task_are_allowed(
    validator: Draft202012Validator, task: dict[str, Any]
) -> None:
    """What the loader reads as short for something else is valid as it stands."""
    assert _faults(validator, _with(**task)) == []


@pytest.mark.parametrize(
    "task",
    [
        {"duration": "5d", "color": "red"},
        {"duration": {"perd": ["1d", "2d", "3d"]}},
        {"duration": {"pert": ["1d", "2d"]}},
        {"duration": "5d", "after": 7},
        {"duration": "5d", "after": {"task": "a", "link": "XX"}},
        {"duration": "5d", "rework": {"chance": 1.5}},
        {"milestone": "middle"},
    ],
)
def test_faults_of_a_task_are_refused(
    validator: Draft202012Validator, task: dict[str, Any]
) -> None:
    """Unknown keys, kinds and words are marked while one types."""
    assert len(_faults(validator, _with(**task))) == 1


def test_classes_and_chances_have_short_forms(validator: Draft202012Validator) -> None:
    """A class is a distribution with settings beside it, and a chance may have conditions."""
    data = {
        **SMALL,
        "classes": {
            "a": {"triangular": [0.9, 1, 1.2], "shared": "project"},
            "b": {"samples": "x.csv#y", "includes_risks": True},
            "c": {"range": {"uniform": [1, 2]}},
        },
        "risks": {
            "a": {"chance": 0.5, "hits": [{"cost": 1}]},
            "b": {"chance": {"if a": 0.5, "else": 0.1}, "hits": [{"tasks": "*", "factor": 2}]},
        },
        "calendars": {"c": {"week": {"mon-fri": ["09:00-17:00"], "sat": "off"}, "holidays": "DE"}},
    }
    assert _faults(validator, data) == []
    data["risks"]["c"] = {"chance": {"when a": 0.5}, "hits": [{"cost": 1}]}
    assert [fault.partition(":")[0] for fault in _faults(validator, data)] == ["$.risks.c.chance"]


def test_keys_that_are_no_ids_are_refused(validator: Draft202012Validator) -> None:
    """The id of a task begins with a letter and holds no space."""
    data = copy.deepcopy(SMALL)
    data["projects"]["p"]["tasks"]["my task"] = {"duration": "1d"}
    assert len(_faults(validator, data)) == 1


def test_distributions_are_written_out_once() -> None:
    """The schema stays small enough for an editor to read at each keystroke."""
    assert len(str(scenario_schema())) < 40_000
