"""Values from the command line that count instead of the file's."""

import copy

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.loading import loads
from simulator.scenario.overrides import apply_overrides, override
from simulator.scenario.source import source_from_text

TEXT = """\
format: 1
program: {start: 2027-01-04, deadline: 2027-12-31}
projects:
  ledger:
    deadline: 2027-11-30
    tasks:
      build: {duration: 20d}
      test: &test {duration: 5d, after: [build]}
      retest: *test
      deploy: {duration: 1d, after: [test, retest]}
  risks: {tasks: {review: {duration: 2d}}}
risks:
  vendor_late: {chance: 0.3, hits: [{tasks: [ledger.build], delay: 5d}, {cost: 10}]}
  attrition: {rate: 0.3/mo, during: ledger.build, hits: [{tasks: [ledger.build], delay: 1d}]}
  rollback: {chance: {if vendor_late: 0.5, else: 0.1}, hits: [{cost: 5}]}
mitigations:
  second: {cost: 5, on: {vendor_late: {chance: 0.1, effects: 0.5}}, bought: true}
status:
  tasks: {ledger.build: {started: 2027-01-04, percent: 10}}
  risks: {vendor_late: occurred}
"""
DATA = source_from_text(TEXT).data()


def refused(*sets: str, without: tuple[str, ...] = ()) -> str:
    with pytest.raises(ScenarioError) as caught:
        loads(TEXT, overrides=sets, without=without)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("risks.vendor_late.chance=0.5", ("risks", "vendor_late", "chance"), 0.5),
        ("program.deadline=2028-01-31", ("program", "deadline"), "2028-01-31"),
        ("program.budget=9_800_000", ("program", "budget"), 9_800_000),
        ("program.name=no", ("program", "name"), "no"),
        ("risks.vendor_late.hits.0.delay=9d", ("risks", "vendor_late", "hits", 0, "delay"), "9d"),
        (
            "projects.ledger.tasks.build.duration={pert: [1d, 2d, 3d]}",
            ("projects", "ledger", "tasks", "build", "duration"),
            {"pert": ["1d", "2d", "3d"]},
        ),
        (
            "ledger.build.duration=30d",
            ("projects", "ledger", "tasks", "build", "duration"),
            "30d",
        ),
        ("ledger.deadline=2027-10-31", ("projects", "ledger", "deadline"), "2027-10-31"),
        ("ledger.priority=3", ("projects", "ledger", "priority"), 3),
        (
            "status.tasks.ledger.build.percent=50",
            ("status", "tasks", "ledger.build", "percent"),
            50,
        ),
        ("program.name=a=b", ("program", "name"), "a=b"),
        ("risks.vendor_late.name='x: y'", ("risks", "vendor_late", "name"), "x: y"),
        (
            "ledger.build={\n  duration: 3d}",
            ("projects", "ledger", "tasks", "build"),
            {"duration": "3d"},
        ),
    ],
)
def test_a_value_is_set(text: str, path: tuple[str | int, ...], value: object) -> None:
    """A path leads from the root or a project; the value is read as in the file."""
    expected = copy.deepcopy(DATA)
    target = expected
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    before = copy.deepcopy(DATA)
    assert apply_overrides(DATA, [text]) == expected
    assert before == DATA
    loads(TEXT, overrides=[text])


def test_a_root_key_counts_before_a_project() -> None:
    """A project that is named like a section is reached by its full path only."""
    changed = apply_overrides(DATA, ["projects.risks.tasks.review.duration=9d"])
    assert changed["projects"]["risks"]["tasks"]["review"] == {"duration": "9d"}
    assert "there is no `review` to set" in refused("risks.review.duration=9d")


def test_one_use_of_a_shared_value_is_set() -> None:
    """What else has the value by an alias keeps it."""
    tasks = apply_overrides(DATA, ["ledger.test.duration=9d"])["projects"]["ledger"]["tasks"]
    assert (tasks["test"]["duration"], tasks["retest"]["duration"]) == ("9d", "5d")


def test_values_are_set_in_order() -> None:
    """A later value may go into an earlier one, and the last counts."""
    sets = [
        "program.reserves={}",
        "program.reserves.contingency=5",
        "program.reserves.contingency=6",
    ]
    assert apply_overrides(DATA, sets)["program"]["reserves"] == {"contingency": 6}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "risk.vendor_late.chance=1",
            "--set:1:1: there is no `risk` to set; did you mean `risks`?",
        ),
        ("risks.vendor_lat.chance=1", "--set:1:7: there is no `vendor_lat` to set"),
        ("ledger.buidl.duration=1d", "--set:1:8: there is no `buidl` to set"),
        ("risks.vendor_late.hits.7.delay=1d", "expected a number from 0 to 1"),
        ("risks.vendor_late.hits.x.delay=1d", "--set:1:24: there is no `x` to set"),
        ("program.start.year=3", "the path already holds a value"),
        ("program..start=3", "--set:1:9: there is no `` to set"),
        ("program.start", "no value; expected PATH=VALUE"),
        ("program.start=", "no value; expected PATH=VALUE"),
        ("=3", "there is no `` to set"),
        ("program.budget=[1, 2", "--set:1:21: cannot read this as YAML"),
        ("program.budget=!x 3", "--set:1:16: program.budget: the YAML tag `!x`"),
        ("program.budget=lots", "--set:1:16: program.budget: found `lots`; expected a number"),
        (
            "program.budgte=3",
            "--set:1:16: program.budgte: unknown key `budgte`; did you mean `budget`?",
        ),
        ("ledger.build.duration={pert: [3d, 1d, 2d]}", "--set:1:23: projects.ledger.tasks.build"),
        (
            "ledger.build.after=[tset]",
            "--set:1:21: projects.ledger.tasks.build.after.0: there is no",
        ),
    ],
)
def test_a_fault_points_into_the_option(text: str, said: str) -> None:
    """A path that leads nowhere, or a value at fault, is told with the option's text."""
    answer = refused(text)
    assert said in answer
    assert f"\n    {text}\n" in answer


def test_all_faults_come_at_once() -> None:
    """Faults of several options and of the file come together."""
    with pytest.raises(ScenarioError) as caught:
        loads(TEXT + "bsaeline: x\n", overrides=["a.b=1", "c.d=2"], without=["nobody"])
    assert [fault.file for fault in caught.value.faults] == [
        "--set",
        "--set",
        "--without",
        "<text>",
    ]


def test_a_risk_is_switched_off() -> None:
    """A risk without chance stays known to what names it, and nothing switches it on again."""
    scenario = loads(TEXT, without=["vendor_late", "attrition"])
    assert scenario.risks["vendor_late"].chance == 0
    assert str(scenario.risks["attrition"].rate) == "0/mo"
    assert scenario.risks["rollback"] == loads(TEXT).risks["rollback"]
    assert scenario.mitigations["second"].on["vendor_late"].chance == 0
    assert scenario.status.risks == {"vendor_late": "closed"}  # type: ignore[union-attr]


def test_an_unknown_risk_is_refused() -> None:
    """The nearest risk is offered."""
    assert "--without:1:1: there is no risk `vendor`; did you mean `vendor_late`?" in refused(
        without=("vendor",)
    )


def test_a_source_keeps_its_values() -> None:
    """Overriding gives a new source."""
    source = source_from_text(TEXT)
    changed = override(source, ["program.budget=5"])
    assert changed.data()["program"]["budget"] == 5
    assert source.data() == DATA
