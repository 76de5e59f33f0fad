"""Loading scenarios: every fault at once, in the words of the file, and nothing but faults."""

import copy
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.scenario.loading import load, loads, validate
from simulator.scenario.nodes import MAX_FAULTS
from simulator.scenario.program import Scenario
from simulator.scenario.source import source_from_text

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
START = "format: 1\nprogram: {start: 2027-01-04}\n"
SMALL = START + "projects: {ledger: {tasks: {design: {duration: 5d}}}}\n"
WHOLE = """\
format: 1
program:
  name: Everything
  start: 2027-01-04
  finish: ledger.golive
  deadline: 2028-06-30
  budget: 9_800_000
  reserves: {contingency: 600_000}
  escaped_defects: {sev1: 0, sev2: 5}
  calendar: office
  escalation: {rate: {pert: [0.01, 0.03, 0.06]}, prices_of: 2026-07-01}
  costs:
    pmo_office: {rate: 2_400/ed}
    licences: {amount: {pert: [200_000, 240_000, 400_000]}, at: 2027-09-01}
  penalty: {after: deadline, rate: 5_000/ed, cap: 400_000}
calendars:
  office:
    week: {mon-thu: [09:00-13:00, 14:00-18:00], fri: [09:00-15:00]}
    hours_per_day: 8
    holidays: DE-BY
    exceptions: {2027-12-24..2028-01-02: off}
  cutover: {based_on: office, week: {sat-sun: [00:00-24:00]}, freeze: [2027-12-15..2028-01-07]}
pools:
  architect: {units: 3, rate: 140/h}
  test_env: {units: 1, rate: 900/d, paid: retained}
  dba: {units: [{units: 1}, {from: 2027-06-01, units: 2}], rate: 120/h, calendar: office}
  pm: {units: unlimited, rate: 95/h}
classes:
  routine: {triangular: [0.9, 1.0, 1.25]}
  novel: {metalog: {p10: 0.9, p50: 1.2, p90: 2.2}, shared: project}
sizes: {S: 5d, M: 15d, L: 40d}
boards:
  steering: {meets: first tue, at: 10:00, papers: 5d, approves: [0.8, 0.95], members: [cfo]}
stakeholders: {cfo: {name: Chief financial officer, audience: sponsor}}
projects:
  ledger:
    name: Ledger platform
    priority: 2
    costs: {hosting: {rate: 900/ed, from: build, to: golive}}
    tasks:
      requirements:
        duration: {pert: [15d, 20d, 40d]}
        needs: {architect: 1}
        tags: {phase: design, wbs: 1.1}
      design: {size: M, class: novel, after: [requirements], needs: {architect: 2}}
      build:
        effort: {pert: [60pd, 90pd, 160pd]}
        needs: {dba: 1, architect: 0.5}
        sharing: 0.9
        after: [design, {task: requirements, link: SS, lag: {pert: [3d, 5d, 15d]}, calendar: 24x7}]
        cost: {triangular: [80_000, 100_000, 160_000]}
        defects: {sev2: {poisson: 40}}
      test:
        duration: 20d
        after: [build, "design FS+5d"]
        needs: {test_env: 1}
        finds: {sev2: 0.8}
        fix: 0.5pd
        rework:
          {chance: [0.6, 0.1], redo: [build, test], share: {uniform: [0.1, 0.3]}, at_most: 3}
      approve: {board: steering, after: [test]}
      cutover:
        {duration: 30eh, calendar: cutover, unbroken: true, after: [approve], on: platform.buy}
      golive: {milestone: true, after: [cutover], deadline: 2028-05-01}
      office: {spans: [requirements, golive], needs: {pm: 1}}
    branches:
      platform: {buy: 0.4, build: 0.6}
  mobile:
    tasks:
      app:
        backlog: {points: {pert: [180, 220, 340]}, velocity: 20, sprint: 2w}
        after: [ledger.golive]
risks:
  vendor_late:
    chance: 0.35
    hits:
      - {tasks: [mobile.app, "ledger.*"], apply: first, wait: {pert: [5ed, 15ed, 40ed]}}
      - {tasks: [ledger.build], factor: {triangular: [1.0, 1.2, 1.6]}, cost: 40_000}
  attrition:
    rate: 0.3/mo
    during: ledger.build
    hits: [{pools: [dba], units: -1, for: {pert: [4w, 8w, 16w]}}]
  rollback: {chance: {if vendor_late: 0.5, else: 0.1}, hits: [{cost: 200_000, at: 2028-03-01}]}
  board_stops: {chance: 0.02, at: 2027-12-01, stops: mobile}
mitigations:
  second_source: {cost: 60_000, at: 2027-02-01, on: {vendor_late: {chance: 0.1, effects: 0.5}}}
  extra_env: {cost: 90_000, units: {test_env: 1}}
correlations:
  - {between: ["ledger.*"], of: duration, rho: 0.4}
objectives:
  save:
    weight: 3
    needs: [ledger.golive]
    by: 2028-07-01
    benefit: {per_month: 220_000, ramp: 6mo, until: 2031-12-31}
status:
  date: 2027-06-30
  tasks:
    ledger.requirements: {started: 2027-01-04, finished: 2027-02-05, cost: 31_000}
  risks: {vendor_late: open}
"""


def faults_of(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    return caught.value


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_files(path: Path) -> None:
    """Every broken file is refused in the words it expects, each fault with its place."""
    expected = re.findall(r"^# expect: (.*)$", path.read_text(), re.MULTILINE)
    assert expected
    with pytest.raises(ScenarioError) as caught:
        load(path)
    text = str(caught.value)
    assert [part for part in expected if part not in text] == [], text
    assert all(fault.line > 0 and fault.column > 0 for fault in caught.value.faults)
    assert all(fault.file == str(path) for fault in caught.value.faults)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_one_cause_is_one_fault(path: Path) -> None:
    """A broken file has as many faults as causes, one unless it says so: none follows."""
    told = re.search(r"^# faults: (\d+)$", path.read_text(), re.MULTILINE)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert len(caught.value.faults) == (int(told[1]) if told else 1), str(caught.value)


def test_the_whole_format_loads() -> None:
    """A scenario with the main constructs loads and remembers its source."""
    scenario = loads(WHOLE)
    assert list(scenario.projects) == ["ledger", "mobile"]
    assert scenario._source.locate(("projects", "mobile"), at_key=True)[0] > 1


def test_from_a_file(tmp_path: Path) -> None:
    """A file loads, and its faults name it."""
    file = tmp_path / "plan.yaml"
    file.write_text(SMALL)
    assert load(file).program.start.at.year == 2027
    file.write_text(SMALL + "pool: {}\n")
    with pytest.raises(ScenarioError, match=re.escape(f"{file}:4:1: pool: unknown key `pool`")):
        load(file)


def test_the_words_of_a_fault() -> None:
    """Place, path, problem, remedy, line and caret."""
    text = START + "projects:\n  ledger:\n    tasks:\n      design: {durration: 5d}\n"
    assert str(faults_of(text)) == (
        "1 fault in the scenario\n"
        "<text>:6:16: projects.ledger.tasks.design.durration: unknown key `durration`;"
        " did you mean `duration`?\n"
        "          design: {durration: 5d}\n"
        "                   ^"
    )


def test_a_status_of_its_own(tmp_path: Path) -> None:
    """A status file counts instead of the scenario's own, and its faults name it."""
    file, status = tmp_path / "plan.yaml", tmp_path / "june.yaml"
    file.write_text(SMALL + "status: {date: 2027-02-01}\n")
    status.write_text("date: 2027-06-30\n")
    loaded = load(file, status=status).status
    assert loaded is not None
    assert str(loaded.date) == "2027-06-30"  # type: ignore[union-attr]
    status.write_text("date: 2027-06-30\nlogic: retaned\n")
    with pytest.raises(ScenarioError, match=re.escape(f"{status}:2:8: status.logic: found")):
        load(file, status=status)


def test_names_in_what_is_at_fault_are_not_missed() -> None:
    """A fault in an entry leads to no fault where others name it."""
    text = START + (
        "pools: {dba: {unit: 3}, dev: {units: many}}\n"
        "sizes: {S: 5}\n"
        "projects:\n"
        "  ledger:\n"
        "    tasks:\n"
        "      a: {duration: 5, needs: {dba: 1, dev: 1}}\n"
        "      b: {size: S, after: [a], tags: {kind: x}, cost: {pert: [1]}}\n"
        "      c: {duration: 1d, after: ['tag:kind=x'], on: choice.yes}\n"
        "    branches: {choice: {yes: 2}}\n"
    )
    assert [fault.line for fault in faults_of(text).faults] == [3, 3, 4, 8, 9, 11]


def test_one_text_for_a_list_is_located() -> None:
    """A text that stands for a list of one is the place of its faults."""
    task = "{duration: 1d, after: {task: b}, rework: {chance: 0.5, redo: c}}"
    faults = faults_of(START + "projects: {p: {tasks: {a: " + task + "}}}").faults
    # The link is told by its key, column 42; the text of `redo` by itself, column 88.
    assert [(fault.path[-1], fault.column) for fault in faults] == [(0, 42), (0, 88)]


def test_later_checks_run_on_what_is_left() -> None:
    """Items of a list keep their numbers when one before them is at fault."""
    text = START + (
        "projects:\n"
        "  ledger:\n"
        "    tasks:\n"
        "      a: {duration: 5d}\n"
        "      b:\n"
        "        duration: 5d\n"
        "        after:\n"
        "          - {task: a, lagg: 5d}\n"
        "          - {task: a, link: XX}\n"
        "          - {task: nowhere}\n"
    )
    assert [(fault.path[-1], fault.line) for fault in faults_of(text).faults] == [
        ("lagg", 10),
        ("link", 11),
        (2, 12),
    ]


def test_a_misspelt_section_is_read_as_meant() -> None:
    """Names in a misspelt section are known, and faults elsewhere are found as well."""
    text = START + (
        "pool: {dba: {units: 1}}\n"
        "projects: {p: {tasks: {a: {duration: 5d, needs: {dba: 1}, class: none}}}}\n"
    )
    error = faults_of(text)
    assert [fault.line for fault in error.faults] == [3, 4]
    assert "there is no class `none`" in str(error)


def test_text_that_cannot_be_read_hides_nothing_else() -> None:
    """Faults of reading, of single values and between values come together."""
    text = START + (
        "projects:\n"
        "  p:\n"
        "    tasks:\n"
        "      a: {duration: !days 5, needs: {nobody: 1}}\n"
        "      a: {duration: 5d}\n"
        "      b: {duration: 5 x, after: [c]}\n"
    )
    assert [fault.line for fault in faults_of(text).faults] == [6, 6, 7, 8, 8]


def test_faults_are_limited() -> None:
    """No more faults are told than anyone reads, but how many there are."""
    tasks = "".join(f"      t{k}: {{duration: {k}}}\n" for k in range(1, 5001))
    begun = time.process_time()
    error = faults_of(START + "projects:\n  p:\n    tasks:\n" + tasks)
    assert time.process_time() - begun < 10
    assert len(error.faults) == MAX_FAULTS + 1
    assert "4,800 faults more than are shown" in str(error)


def test_shared_values_are_located_where_they_are_used() -> None:
    """A fault in a shared value is told for each key that has it."""
    text = START + (
        "projects:\n"
        "  p:\n"
        "    tasks:\n"
        "      a: {duration: &x {pert: [9d, 2d, 3d]}}\n"
        "      b: {duration: *x}\n"
    )
    assert {fault.line for fault in faults_of(text).faults} == {6, 7}


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet="ab.*:[]=/-+ 15dehpw%", max_size=8),
    st.sampled_from(
        ["5d", "1e3", "ledger.build", "ledger.*", "tag:x", "24x7", "off", "2027-01-01"]
    ),
    st.lists(st.integers(0, 3), max_size=3),
    st.dictionaries(
        st.sampled_from(["pert", "name", "if x", "when", "1", ""]), st.integers(), max_size=2
    ),
    st.recursive(st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=4),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def changed(data: Any, path: tuple[Any, ...], junk: Any, how: str) -> Any:
    data = copy.deepcopy(data)
    target = data
    for part in path[:-1]:
        target = target[part]
    if how == "drop":
        del target[path[-1]]
    elif how == "rename" and isinstance(target, dict):
        target[str(junk)[:12]] = target.pop(path[-1])
    else:
        target[path[-1]] = junk
    return data


PLAIN = source_from_text(WHOLE).data()
PLACES = [place for place in places(PLAIN) if place]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), JUNK, st.sampled_from(["put", "drop", "rename"])),
        min_size=1,
        max_size=3,
    )
)
def test_damage_is_loaded_or_refused(damage: list[tuple[tuple[Any, ...], Any, str]]) -> None:
    """Whatever is wrong with the data, the answer is a scenario or its faults."""
    data = PLAIN
    for path, junk, how in damage:
        if path in places(data):
            data = changed(data, path, junk, how)
    text = yaml.safe_dump(data, sort_keys=False)
    try:
        result: object = loads(text)
    except ScenarioError as error:
        result = error
        ok = all(fault.line > 0 and fault.problem for fault in error.faults)
    else:
        ok = isinstance(result, Scenario)
    assert ok, str(result)


def test_data_without_a_text() -> None:
    """Plain data is validated against the places of any source."""
    source = source_from_text(SMALL)
    assert list(validate(source.data(), source).tasks) == ["ledger.design"]
    with pytest.raises(ScenarioError, match="<text>:2:1: program: missing `start`"):
        validate({**source.data(), "program": {}}, source)
