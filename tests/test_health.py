"""What each check of a schedule finds, on plans small enough to see that it is right."""

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator
from simulator.analysis.health.finding import (
    COUNT,
    FAILED,
    INDEX,
    NO_MORE,
    NOTED,
    PASSED,
    SHARE,
    UNKNOWN,
    Bound,
    Check,
    Finding,
    Health,
    Measured,
    Rule,
)
from simulator.analysis.health.limits import Limits, limits_of
from simulator.analysis.health.rules import BOUNDS, RULES, schedule_health
from simulator.errors import SettingsError
from simulator.plan.compile import compile_plan
from simulator.run.deterministic import deterministic_plan

Tasks = Mapping[str, Any]


def health_of(tasks: Tasks, limits: Limits | None = None, **sections: Any) -> Health:
    """The health of one project, `p`, that starts on Monday, 4 January 2027."""
    program = {"start": "2027-01-04", **sections.pop("program", {})}
    projects = {"p": {"tasks": tasks, **sections.pop("project", {})}}
    data = {"format": 1, "program": program, "projects": projects, **sections}
    plan = compile_plan(simulator.loads(json.dumps(data)))
    return schedule_health(deterministic_plan(plan), limits)


def check_of(health: Health, key: str) -> Check:
    """One check."""
    return next(check for check in health.checks if check.rule.id == key)


def found(health: Health, key: str) -> list[tuple[str, str]]:
    """What a check found: the first task without its project, and what."""
    findings = check_of(health, key).measured.findings
    return [
        (each.tasks[0].removeprefix("p.") if each.tasks else "", each.what) for each in findings
    ]


def who(health: Health, key: str) -> list[str]:
    """The tasks that a check found."""
    return [task for task, _ in found(health, key)]


CHAIN = {
    "a": {"duration": "5d"},
    "b": {"duration": "5d", "after": "a"},
    "c": {"duration": "5d", "after": "b"},
}
"""Three tasks one after the other, fifteen days."""


def test_a_chain_is_sound_but_says_nothing_of_its_uncertainty() -> None:
    """Logic passes; the lack of ranges, and of risks, fails."""
    health = health_of(CHAIN)
    assert {check.rule.id for check in health.failed} == {"no_range", "risk_register"}
    assert check_of(health, "no_range").share == 1
    # Weight 8: 1 / (1 + (1 - 0.2) / 0.05) = 1 / 17. Weight 3: one of one, 1 / (1 + 20).
    known = sum(check.weight for check in health.checks if check.status != UNKNOWN)
    lost = 8 * math.log(17) + 3 * math.log(21)
    assert health.score == math.floor(100 * math.exp(-lost / known))


def test_open_ends() -> None:
    """One beginning and one end of a project are none; further ones are."""
    tasks = {
        **CHAIN,
        "early": {"duration": "2d", "after": "a"},
        "alone": {"duration": "3d"},
        "late": {"duration": "3d", "after": "alone"},
        "goal": {"milestone": True, "after": "b", "deadline": "2027-02-01"},
        "delivery": {"milestone": True, "start_no_earlier_than": "2027-01-05"},
        "user": {"duration": "1d", "after": ["delivery", "a"]},
    }
    health = health_of(tasks)
    assert found(health, "open_ends") == [
        ("early", "no successor"),
        ("alone", "no predecessor"),
        ("late", "no successor"),
        ("user", "no successor"),
    ]
    assert check_of(health, "open_ends").measured.of == 9


def test_an_isolated_task_has_neither_predecessor_nor_successor() -> None:
    """It is one finding."""
    health = health_of({**CHAIN, "x": {"duration": "1d"}})
    assert found(health, "open_ends") == [("x", "neither predecessor nor successor")]


def test_the_finish_of_the_program_needs_no_successor_and_all_must_lead_there() -> None:
    """What never reaches it, and is promised nowhere, is told."""
    tasks = {**CHAIN, "d": {"duration": "9d", "after": "b"}, "e": {"duration": "9d", "after": "d"}}
    health = health_of(tasks, program={"finish": "p.c"})
    assert who(health, "leads_nowhere") == ["d", "e"]
    promised = {**tasks, "e": {**tasks["e"], "deadline": "2027-06-01"}}
    assert not who(health_of(promised, program={"finish": "p.c"}), "leads_nowhere")
    assert check_of(health_of(tasks), "leads_nowhere").status == UNKNOWN


def test_dangling_starts_and_finishes() -> None:
    """A task needs a link that drives its start, and one that its finish drives."""
    tasks = {
        "a": {"duration": "5d"},
        "b": {"duration": "5d", "after": "a SS"},
        "c": {"duration": "5d", "after": "b FF"},
        "d": {"duration": "1d", "after": "c"},
    }
    assert found(health_of(tasks), "dangling") == [
        ("a", "its finish drives nothing: its successors wait only for its start"),
        ("c", "nothing drives its start: its predecessors hold only its finish"),
    ]


def test_links_by_lag_and_kind() -> None:
    """Leads, lags and kinds, with what the link says and where it stands."""
    tasks = {
        "a": {"duration": "5d"},
        "b": {"duration": "5d", "after": "a FS-2d"},
        "c": {"duration": "5d", "after": ["b SS+1d", "a FF+3ed"]},
        "d": {"duration": "5d", "after": ["c", "b SF"]},
    }
    health = health_of(tasks)
    assert found(health, "leads") == [("b", "FS-2d after p.a")]
    assert found(health, "lags") == [("c", "SS+1d after p.b"), ("c", "FF+3ed after p.a")]
    assert len(who(health, "link_types")) == 3
    assert found(health, "start_to_finish") == [("d", "SF after p.b")]
    assert check_of(health, "lags").measured.of == 5
    (lead,) = check_of(health, "leads").measured.findings
    assert lead.path == ("projects", "p", "tasks", "b", "after", 0)
    assert lead.tasks == ("p.b", "p.a")


def test_lags_that_hide_work() -> None:
    """Long and fixed; after a start only if it outlasts the task that it leads from."""
    tasks = {
        "a": {"duration": "20d"},
        "b": {"duration": "5d", "after": "a FS+10d"},
        "c": {"duration": "5d", "after": "b FS+9d"},
        "d": {"duration": "5d", "after": "a SS+15d"},
        "e": {"duration": "5d", "after": "a SS+25d"},
        "f": {"duration": "5d", "after": {"task": "e", "lag": {"pert": ["10d", "12d", "30d"]}}},
    }
    assert who(health_of(tasks), "hidden_work") == ["b", "e"]
    assert who(health_of(tasks, Limits(long_lag=9.0)), "hidden_work") == ["b", "c", "e"]


def test_redundant_and_duplicate_links() -> None:
    """A link that a chain implies; not if a lead on the way, or a lag on the link, breaks it."""
    tasks = {
        **CHAIN,
        "d": {"duration": "1d", "after": ["c", "a", "b SS"]},
        "e": {"duration": "1d", "after": ["d", "c FS+3d"]},
        "f": {"duration": "1d", "after": ["e FS-1d", "d", "d"]},
    }
    health = health_of(tasks)
    assert found(health, "redundant_links") == [("d", "FS after p.a: other links say so already")]
    assert who(health, "duplicate_links") == ["f"]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_redundant_link_changes_no_date(data: st.DataObject) -> None:
    """Without any of those that are told as redundant every early date is the same."""
    count = data.draw(st.integers(3, 9))
    days = data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    tasks: dict[str, Any] = {}
    for number in range(count):
        names = data.draw(st.lists(st.sampled_from(range(number)), unique=True)) if number else []
        kinds = st.sampled_from(["", " SS", " FS+1d", " FS-1d", " FF"])
        after = [f"t{name}{data.draw(kinds)}" for name in names]
        tasks[f"t{number}"] = {"duration": f"{days[number]}d", "after": after}
    redundant = check_of(health_of(tasks), "redundant_links").measured.findings
    bare = {key: {**task, "after": list(task["after"])} for key, task in tasks.items()}
    for finding in redundant:
        task = finding.tasks[0].removeprefix("p.")
        bare[task]["after"].remove(finding.tasks[1].removeprefix("p."))
    assert _starts(bare) == _starts(tasks)


def _starts(tasks: Tasks) -> list[float]:
    text = json.dumps(
        {"format": 1, "program": {"start": "2027-01-04"}, "projects": {"p": {"tasks": tasks}}}
    )
    plan = compile_plan(simulator.loads(text))
    early = deterministic_plan(plan).early.start[:, 0]
    return [float(early[task.base]) for task in plan.network.tasks]


def test_merge_hot_spots() -> None:
    """Three paths that end within five days of each other; a fourth, early one does not count."""
    tasks = {
        "a": {"duration": "1d"},
        **{f"b{days}": {"duration": f"{days}d", "after": "a"} for days in (3, 16, 18, 20)},
        "end": {"milestone": True, "after": ["b3", "b16", "b18", "b20"]},
    }
    ((task, what),) = found(health_of(tasks), "merges")
    assert task == "end"
    assert what.startswith("3 paths end within 5d of each other, on the critical path")
    assert "0.85 standard deviations" in what
    assert not found(health_of(tasks, Limits(near=1.0)), "merges")


def test_dates_against_logic() -> None:
    """Hard constraints, dates that hold a start beyond its links, and tasks as late as possible."""
    tasks = {
        "a": {"duration": "5d", "must_start": "2027-01-04", "finish_no_later_than": "2027-02-01"},
        "b": {"duration": "5d", "after": "a", "start_no_earlier_than": "2027-01-18"},
        "c": {"duration": "5d", "after": "b", "start_no_earlier_than": "2027-01-18"},
        "d": {"duration": "1d", "after": "a", "as_late_as_possible": "free"},
        "e": {"duration": "1d", "after": ["c", "d"]},
    }
    health = health_of(tasks)
    assert [what for _, what in found(health, "hard_constraints")] == [
        "must_start 2027-01-04",
        "finish_no_later_than 2027-02-01",
    ]
    assert check_of(health, "hard_constraints").count == 1
    assert found(health, "driving_dates") == [
        ("b", "start_no_earlier_than 2027-01-18 holds it 5d after its links let it start")
    ]
    assert who(health, "as_late_as_possible") == ["d"]


def test_float_and_long_work() -> None:
    """In days of each task's calendar, elapsed ones five for seven."""
    tasks = {
        "a": {"duration": "50d"},
        "b": {"duration": "5d"},
        "c": {"duration": "62ed", "after": "b"},
        "d": {"duration": "44d", "after": "a"},
        "e": {"duration": "0d", "after": ["a", "c"]},
    }
    health = health_of(tasks)
    assert found(health, "high_duration") == [
        ("a", "50d of work in one piece"),
        ("c", "44d of work in one piece"),  # 62 * 5 / 7 = 44.3
    ]
    assert who(health, "zero_duration") == ["e"]
    # 94 days in all; b and c take 5 + 44, so float is 45 for b.
    assert ("b", "45d of float") in found(health, "high_float")
    assert who(health_of(tasks, Limits(high_float=46.0)), "high_float") == []


def test_negative_float_and_broken_promises() -> None:
    """The plan itself misses a date that must be kept, and deadlines."""
    tasks = {
        "a": {"duration": "5d"},
        "b": {"duration": "5d", "after": "a", "must_finish": "2027-01-13"},
        "c": {"duration": "5d", "after": "b", "deadline": "2027-01-22"},
    }
    program = {"deadline": "2027-01-21"}
    health = health_of(tasks, program=program, project={"deadline": "2027-03-01"})
    assert found(health, "negative_float") == [("a", "-2d of float"), ("b", "-2d of float")]
    assert found(health, "missed_dates") == [
        ("", "planned 1.0d after its deadline, 2027-01-21"),
        ("b", "planned 2.0d after its must finish, 2027-01-13"),
    ]
    assert check_of(health, "missed_dates").measured.of == 4
    # Fifteen days of path against fourteen to the deadline.
    assert check_of(health, "cpli").measured.index == pytest.approx(14 / 15)
    assert check_of(health, "cpli").status == FAILED


def test_critical_path_test() -> None:
    """The finish follows a critical task, also behind a target date that logic breaks."""
    assert check_of(health_of(CHAIN), "critical_path_test").status == PASSED
    held = {**CHAIN, "c": {**CHAIN["c"], "must_start": "2027-01-18"}}
    assert check_of(health_of(held), "critical_path_test").status == PASSED


def test_no_critical_work_is_a_broken_critical_path() -> None:
    """A milestone at a date of its own decides the finish: no work leads to it."""
    tasks = {**CHAIN, "end": {"milestone": True, "after": "c", "must_start": "2028-01-03"}}
    health = health_of(tasks)
    assert check_of(health, "critical_path_test").status == FAILED
    assert "no unfinished task is critical" in found(health, "critical_path_test")[0][1]


def test_ranges() -> None:
    """No range, narrow, symmetric, and two points for three."""
    tasks = {
        "none": {"duration": "10d"},
        "hit": {"duration": "10d", "after": "none"},
        "narrow": {"duration": {"triangular": ["9.5d", "10d", "11d"]}, "after": "hit"},
        "even": {"duration": {"pert": ["5d", "10d", "15d"]}, "after": "narrow"},
        "best": {"duration": {"pert": ["10d", "10d", "20d"]}, "after": "even"},
        "worst": {"duration": {"triangular": ["5d", "10d", "10d"]}, "after": "best"},
        "class": {"duration": "10d", "class": "novel", "after": "worst"},
        "good": {"duration": {"pert": ["8d", "10d", "20d"]}, "after": "class"},
    }
    risks = {"r": {"chance": 0.5, "hits": [{"tasks": ["p.hit"], "delay": "3d"}]}}
    classes = {"novel": {"triangular": [0.9, 1.0, 1.5]}}
    health = health_of(tasks, risks=risks, classes=classes)
    assert who(health, "no_range") == ["none"]
    assert who(health, "narrow_ranges") == ["narrow"]
    assert who(health, "symmetric_ranges") == ["even", "worst"]
    assert who(health, "mode_at_end") == ["best", "worst"]
    assert check_of(health, "narrow_ranges").measured.of == 6


def test_missing_correlation_says_what_it_does_to_the_sum() -> None:
    """Four equal ranges of sd s: 2 s alone, s sqrt(4 * 0.7 + 16 * 0.3) together."""
    tasks = {
        f"t{k}": {"duration": {"normal": {"mean": "20d", "sd": "4d"}}, "after": [f"t{k - 1}"][:k]}
        for k in range(4)
    }
    health = health_of(tasks)
    check = check_of(health, "correlation")
    assert check.status == FAILED
    together = 4 * math.sqrt(4 * 0.7 + 16 * 0.3)
    assert f"{together:.3g}d with a correlation of 0.3" in check.measured.remark
    assert "standard deviation of 8d" in check.measured.remark
    for sections in (
        {"correlations": [{"between": ["p.*"], "rho": 0.3}]},
        {"risks": {"f": {"chance": 1, "hits": [{"tasks": ["*"], "factor": {"pert": [1, 1, 2]}}]}}},
    ):
        assert check_of(health_of(tasks, **sections), "correlation").status == PASSED


def test_a_factor_on_all_makes_them_ranged_and_not_narrow() -> None:
    """A common factor is a range of every task that it falls on."""
    factor = {"pert": [0.8, 1.0, 1.6]}
    risks = {"f": {"chance": 1, "hits": [{"tasks": ["*"], "factor": factor}]}}
    health = health_of(CHAIN, risks=risks)
    assert check_of(health, "no_range").count == 0
    assert check_of(health, "narrow_ranges").status == PASSED
    assert check_of(health, "certain_risks").status == PASSED


def test_risks() -> None:
    """Certain ones, those that are off, and those without tasks."""
    risks = {
        "sure": {"chance": 1, "hits": [{"tasks": ["p.a"], "delay": "3d"}]},
        "off": {"chance": 0, "hits": [{"tasks": ["p.a"], "delay": "3d"}]},
        "money": {"chance": 0.2, "hits": [{"cost": 1000}]},
        "real": {"chance": 0.2, "hits": [{"tasks": ["p.a"], "wait": "3d"}]},
    }
    health = health_of(CHAIN, risks=risks)
    assert [what.partition(":")[0] for _, what in found(health, "certain_risks")] == ["sure", "off"]
    assert check_of(health, "risk_register").status == PASSED
    assert check_of(health, "risks_without_tasks").status == NOTED
    only = health_of(CHAIN, risks={"money": risks["money"]})
    assert found(only, "risk_register") == [("", "no risk changes any date")]


def test_resources_and_over_allocation() -> None:
    """Work without needs; the early plan needs three of two people at once."""
    pools = {"dev": {"units": 2}, "unused": {"units": 1}}
    tasks = {
        "a": {"duration": "5d", "needs": {"dev": 1}},
        "b": {"duration": "5d", "needs": {"dev": 2}},
        "c": {"duration": "5d", "after": ["a", "b"]},
        "d": {"duration": "2h", "after": "c"},
    }
    health = health_of(tasks, pools=pools)
    assert who(health, "resources") == ["c"]
    assert check_of(health, "resources").measured.of == 3
    ((task, what),) = found(health, "over_allocation")
    assert (task, what) == (
        "b",
        "dev: 3 units needed on 2027-01-04, there are 2; over-allocated on 4 days from 2027-01-04",
    )
    assert "moves the planned finish by 5d" in check_of(health, "over_allocation").measured.remark
    assert [what for _, what in found(health, "unused")] == ["pools.unused is used by nothing"]
    unlimited = {"dev": {"units": "unlimited"}}
    assert check_of(health_of(tasks, pools=unlimited), "over_allocation").status == UNKNOWN
    assert check_of(health_of(CHAIN), "resources").status == UNKNOWN


def test_units_that_change_are_compared_with_the_need_of_the_day() -> None:
    """Two are there until Wednesday, then three: the early plan never needs more."""
    steps = [{"units": 2}, {"from": "2027-01-11", "units": 3}]
    tasks = {
        "a": {"duration": "5d", "needs": {"dev": 2}},
        "b": {"duration": "5d", "needs": {"dev": 3}, "after": "a"},
    }
    assert not found(health_of(tasks, pools={"dev": {"units": steps}}), "over_allocation")


def test_work_that_waits_for_its_calendar() -> None:
    """A freeze in the middle, and a calendar that opens long after the task is ready."""
    calendars = {
        "frozen": {"based_on": "weekdays", "freeze": ["2027-01-07..2027-02-14"]},
        "closed": {"based_on": "weekdays", "freeze": ["2027-01-01..2027-03-31"]},
    }
    tasks = {
        "a": {"duration": "5d", "calendar": "frozen"},
        "b": {"duration": "5d", "calendar": "closed"},
        "c": {"duration": "5d", "after": ["a", "b"]},
    }
    assert who(health_of(tasks, calendars=calendars), "closed_calendars") == ["a", "b"]


def test_names_told_twice() -> None:
    """In one project; tags tell them apart."""
    tasks = {
        "a": {"duration": "1d", "name": "Test"},
        "b": {"duration": "1d", "name": "test", "after": "a"},
        "c": {"duration": "1d", "name": "Test", "tags": {"phase": "rollout"}, "after": "b"},
    }
    assert who(health_of(tasks), "duplicate_names") == ["a", "b"]


def test_what_needs_a_status_or_a_baseline_is_not_guessed() -> None:
    """It is not measurable, and says why."""
    health = health_of(CHAIN)
    for key in ("invalid_dates", "out_of_sequence", "missed_tasks", "bei"):
        check = check_of(health, key)
        assert check.status == UNKNOWN
        assert check.measured.remark
        assert check.to_dict()["count"] is None


def test_findings_know_their_place_in_the_file() -> None:
    """The line of the link, of the constraint, of the task."""
    text = """\
format: 1
program: {start: 2027-01-04}
projects:
  p:
    tasks:
      a: {duration: 5d}
      b:
        duration: 5d
        after:
          - a FS-1d
        must_start: 2027-01-04
      lost: {duration: 5d}
"""
    health = schedule_health(deterministic_plan(compile_plan(simulator.loads(text, "x.yaml"))))
    places = {
        key: check_of(health, key).measured.findings[0] for key in ("leads", "hard_constraints")
    }
    assert (places["leads"].file, places["leads"].line) == ("x.yaml", 10)
    assert places["hard_constraints"].line == 11
    assert check_of(health, "open_ends").measured.findings[0].line == 12


@pytest.mark.parametrize(
    ("bound", "measured", "status", "grade"),
    [
        (Bound(SHARE, 0.05), Measured((), 100, count=5), PASSED, 1.0),
        (Bound(SHARE, 0.05), Measured((), 100, count=10), FAILED, 0.5),
        (Bound(SHARE, 0.05), Measured((), 8, count=1), PASSED, 1.0),
        (NO_MORE, Measured((), 100, count=0), PASSED, 1.0),
        (NO_MORE, Measured((), 100, count=5), FAILED, 0.5),
        (Bound(COUNT, 2.0), Measured((), 100, count=2), PASSED, 1.0),
        (Bound(INDEX, 0.95), Measured(index=0.95), PASSED, 1.0),
        (Bound(INDEX, 0.95), Measured(index=0.90), FAILED, 0.5),
        (NO_MORE, Measured.impossible("why"), UNKNOWN, None),
    ],
)
def test_grades(bound: Bound, measured: Measured, status: str, grade: float | None) -> None:
    """1 within the bound, half at 5 % beyond it."""
    rule = Rule("x", "X", "G", "things", bound, 1, "why", "do", lambda _: measured)
    check = Check(rule, bound, measured)
    assert check.status == status
    assert check.to_dict()["grade"] == (None if grade is None else pytest.approx(grade))


def _health(*grades: tuple[int, int]) -> Health:
    """Checks by their weight and how many of 100 things they find, none being allowed."""
    checks = []
    for weight, count in grades:
        measured = Measured((Finding("x"),) * count, 100)
        rule = Rule("x", "X", "G", "things", NO_MORE, weight, "", "", lambda _: Measured())
        checks.append(Check(rule, NO_MORE, measured))
    return Health(tuple(checks), ())


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), min_size=1, max_size=8))
def test_the_score_falls_with_every_finding(grades: list[tuple[int, int]]) -> None:
    """It lies in 0 to 100, is 100 only without failed checks, and never rises with a finding."""
    score = _health(*grades).score
    assert 0 <= score <= 100
    assert (score == 100) == all(not weight or not count for weight, count in grades)
    worse = [(weight, min(count + 1, 100)) for weight, count in grades]
    assert _health(*worse).score <= score


def test_every_rule_is_told_in_full() -> None:
    """Ids are unique, every text is a sentence, and DCMA's points are 1 to 14."""
    assert len(BOUNDS) == len(RULES)
    for rule in RULES:
        assert rule.why.endswith(".")
        assert rule.remedy.endswith(".")
        assert rule.serious in range(4)
    points = [int(r.standard[5:]) for r in RULES if r.standard.startswith("DCMA ")]
    assert sorted(points) == list(range(1, 15))


def test_practices_cover_all_checks_that_name_them() -> None:
    """Each check that names a practice of GAO is listed under it."""
    health = health_of(CHAIN)
    assert [each.number for each in health.practices] == list(range(1, 11))
    for check in health.checks:
        if check.rule.standard.startswith("GAO "):
            practice = health.practices[int(check.rule.standard[4:]) - 1]
            assert check in practice.checks, check.rule.id


def test_limits() -> None:
    """Bounds as shares, counts and indices; measures in days."""
    limits = limits_of(["lags=10%", "leads=2", "cpli=0.9", "high_float=60"], BOUNDS)
    assert limits.bounds == {
        "lags": Bound(SHARE, 0.1),
        "leads": Bound(COUNT, 2.0),
        "cpli": Bound(INDEX, 0.9),
    }
    assert limits.high_float == 60.0
    tasks = {"a": {"duration": "5d"}, "b": {"duration": "5d", "after": "a FS-1d"}}
    assert check_of(health_of(tasks), "leads").status == FAILED
    assert check_of(health_of(tasks, limits), "leads").status == PASSED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lags", "expected for example lags=10%"),
        ("lags=many", "expected for example lags=10%"),
        ("lag=5%", "did you mean lags?"),
        ("lags=200%", "at most 100%"),
        ("cpli=95%", "is that of an index"),
        ("long_lag=0", "more than 0"),
    ],
)
def test_limits_that_are_none(text: str, said: str) -> None:
    """The text says what was expected."""
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        limits_of([text], BOUNDS)
