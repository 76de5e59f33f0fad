"""Boards, conditional branches and unbroken tasks: by hand, by a reference, by their faults."""

from datetime import date

import numpy as np
import pytest

from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.errors import RunError, ScenarioError
from simulator.scenario.meetings import parse_meets, parse_skipped
from tests.inside_cases import unfolding_case
from tests.programs import block, compiled, day, planned, row
from tests.reference import assert_as_by_hand

N = 10_240


@pytest.mark.parametrize("seed", range(8))
def test_the_pass_does_what_a_person_does(seed):
    """Meetings, refusals, papers, conditions, windows that fit: spell by spell, bit for bit."""
    for case in range(12):
        rng = np.random.default_rng([seed, case, 1])
        network, durations = unfolding_case(rng, 5, inside=False)
        assert_as_by_hand(network, durations, network_pass(network, durations))


MEETS = {
    "first tue": ["01-05", "02-02", "03-02"],
    "last fri": ["01-29", "02-26", "03-26"],
    "second and fourth wed": ["01-13", "01-27", "02-10", "02-24", "03-10", "03-24"],
    "first, third mon": ["01-04", "01-18", "02-01", "02-15", "03-01", "03-15"],
    "every 4w from 2027-01-12": ["01-12", "02-09", "03-09"],
    "every 10d from 2027-02-20": ["02-20", "03-02", "03-12", "03-22"],
    "every 1mo from 2026-12-31": ["01-31", "02-28", "03-31"],
    "Every  2W from 2026-12-28": ["01-11", "01-25", "02-08", "02-22", "03-08", "03-22"],
    "every mon": [f"01-{d:02}" for d in (4, 11, 18, 25)]
    + [f"{m:02}-{d:02}" for m in (2, 3) for d in (1, 8, 15, 22)]
    + ["03-29"],
}


@pytest.mark.parametrize(("text", "expected"), MEETS.items())
def test_when_a_board_meets(text, expected):
    """The days from January to March 2027, counted on a calendar."""
    found = parse_meets(text).between(date(2027, 1, 1), date(2027, 3, 31))
    assert [each.strftime("%m-%d") for each in found] == expected


def test_a_month_a_day_or_days_are_skipped():
    """Both ends of a range are."""
    assert parse_skipped("2027-02") == (date(2027, 2, 1), date(2027, 2, 28))
    assert parse_skipped("2027-02-03") == (date(2027, 2, 3), date(2027, 2, 3))
    assert parse_skipped("2027-02 .. 2027-03-05") == (date(2027, 2, 1), date(2027, 3, 5))
    assert parse_skipped("2027-02..2028-02") == (date(2027, 2, 1), date(2028, 2, 29))


def meetings(board: str, *, calendars: str = "", program: str = "") -> list[str]:
    """The first six months of meetings of a board, with their times."""
    more = f"{calendars}\nboards: {{cab: {{{board}}}}}\n"
    plan = compiled("a: {board: cab}", program=program, more=more)
    found = plan.network.unfolding.boards[0].meetings
    return [day(plan, at) for at in found if 0 <= at < 181 * 86_400_000]


OFFICE = "calendars: {office: {week: {mon-thu: [08:30-17:00], fri: [10:00-15:00]}, %s}}"


def test_a_holiday_moves_a_meeting_to_the_next_working_day():
    """Public holidays, exceptions and freezes do; at the hour of the board, or when it opens."""
    bavarian = OFFICE % "holidays: DE-BY"
    found = meetings("meets: first thu, calendar: office, at: '10:30'", calendars=bavarian)
    assert found == [  # Ascension Day is the 6th of May, Corpus Christi the 27th
        "Thu 07 Jan 10:30", "Thu 04 Feb 10:30", "Thu 04 Mar 10:30", "Thu 01 Apr 10:30",
        "Fri 07 May 10:30", "Thu 03 Jun 10:30", "Thu 01 Jul 10:30",
    ]  # fmt: skip
    found = meetings("meets: last thu, calendar: office", calendars=bavarian)
    assert found[4] == "Fri 28 May 10:00"
    assert found[3] == "Thu 29 Apr 08:30"
    off = OFFICE % "exceptions: {2027-02-04..2027-02-08: off}, freeze: [2027-02-09..2027-02-11]"
    found = meetings("meets: first thu, calendar: office", calendars=off)
    assert found[:3] == ["Thu 07 Jan 08:30", "Fri 12 Feb 10:00", "Thu 04 Mar 08:30"]


def test_meetings_that_fall_together_are_one():
    """Two that a holiday moves to one day are one meeting; what is skipped is skipped unmoved."""
    off = OFFICE % "exceptions: {2027-02-01..2027-02-05: off}"
    board = "meets: every 2d from 2027-01-26, calendar: office, at: '09:00'"
    found = meetings(board, calendars=off)
    assert found[:5] == [
        "Tue 26 Jan 09:00", "Thu 28 Jan 09:00", "Mon 08 Feb 09:00", "Tue 09 Feb 09:00",
        "Thu 11 Feb 09:00",
    ]  # fmt: skip
    found = meetings(f"{board}, except: [2027-02-01..2027-02-08, 2027-01-26]", calendars=off)
    # The one of Saturday, 30 January, moves behind the days that are off.
    assert found[:3] == ["Thu 28 Jan 09:00", "Mon 08 Feb 09:00", "Tue 09 Feb 09:00"]


def test_meetings_by_dates():
    """Days take the hour of the board, instants have their own."""
    found = meetings("meets: [2027-03-01, 2027-02-01 16:00], at: '11:00'")
    assert found == ["Mon 01 Feb 16:00", "Mon 01 Mar 11:00"]


BOARD = "boards: {cab: {meets: every tue, at: '10:00', papers: %s, again: 2d, approves: %s}}"
"""Tuesdays from the fifth of January on."""


def test_a_task_catches_the_meeting_that_its_papers_are_in_time_for():
    """Its own work counts before, its finish is the meeting; ready at the cut-off is enough."""
    tasks = """a: {duration: 9h}
        now: {board: cab}
        on_time: {board: cab, after: a}
        late: {board: cab, duration: 1h, after: a}
        own: {duration: 1d, board: cab, after: late}
        next: {duration: 1h, after: on_time}"""
    found = planned(tasks, more=BOARD % ("4d", "1"))
    # Four days before Tuesday 10:00 is Wednesday 10:00.
    assert found["now"] == ("Mon 04 Jan 00:00", "Tue 12 Jan 10:00")
    assert found["on_time"][1] == "Tue 12 Jan 10:00"
    assert found["late"] == ("Tue 05 Jan 10:00", "Tue 12 Jan 10:00")
    assert found["own"] == ("Tue 12 Jan 10:00", "Tue 19 Jan 10:00")
    assert found["next"] == ("Tue 12 Jan 10:00", "Tue 12 Jan 11:00")
    for work, meeting in (("1h", "Tue 12 Jan 10:00"), ("61h", "Tue 26 Jan 10:00")):
        tasks = f"a: {{duration: 2d}}\nb: {{duration: {work}, after: a, board: cab}}"
        assert planned(tasks, more=BOARD % ("4d", "1"))["b"][1] == meeting


def test_refusals_follow_their_chances():
    """P(k refusals) is the product of k chances to refuse and one to approve, the last repeated."""
    plan = compiled("a: {duration: 1d, board: cab}", more=BOARD % ("0d", "[0.6, 0.8]"))
    draws = draw(plan, 1, 0, N)
    durations = durations_of(plan, draws)
    refused = durations.dates[plan.network.unfolding.board_tasks[0].refusals]
    for k, chance in enumerate((0.6, 0.4 * 0.8, 0.4 * 0.2 * 0.8, 0.4 * 0.2**2 * 0.8)):
        share = np.mean(refused == k)
        assert abs(share - chance) <= 5 * np.sqrt(chance * (1 - chance) / N)
    schedule = network_pass(plan.network, durations)
    meetings = plan.network.unfolding.boards[0].meetings
    first = np.searchsorted(meetings, schedule.start[0])
    # Two days of work after a Tuesday's meeting are done by the next one, a week later.
    assert np.array_equal(schedule.finish[0], meetings[first + refused.astype(int)])


def test_a_refused_task_does_its_work_again_first():
    """Ten days of it: the meeting after next, two weeks later."""
    more = (BOARD % ("0d", "[0.5, 1]")).replace("again: 2d", "again: 10d")
    plan = compiled("a: {board: cab}\nb: {duration: 1d, after: a}", more=more)
    _, schedule = block(plan, 256)
    found = {day(plan, at) for at in schedule.finish[0]}
    assert found == {"Tue 05 Jan 10:00", "Tue 19 Jan 10:00"}


def test_the_deterministic_plan_is_approved_at_once():
    """Refusals are off."""
    found = planned("a: {board: cab}", more=BOARD % ("0d", "0.01"))
    assert found["a"] == ("Mon 04 Jan 00:00", "Tue 05 Jan 10:00")


def test_a_board_that_meets_no_more_is_an_error():
    """It says which, and what to do."""
    more = "boards: {cab: {name: Change board, meets: [2027-01-20]}}"
    plan = compiled("a: {duration: 30d, board: cab}", more=more)
    with pytest.raises(RunError, match="board Change board: a task is ready after its last"):
        block(plan, 1)


BRANCH = """    branches:
      late: {when: "test finishes after 2027-01-13"}
      early: {when: "test starts before 2027-01-06"}
"""


def test_conditions_read_the_schedule():
    """Later than the end of a day, earlier than the begin of one; `no` is where it is not so."""
    tasks = """a: {duration: {uniform: [1d, 4d]}}
        test: {duration: 5d, after: a}
        fix: {duration: 10d, on: late.yes, after: test}
        plain: {duration: 1d, on: late.no, after: test}
        rush: {duration: 1d, on: early.yes, after: test}"""
    plan = compiled(tasks, more=BRANCH)
    _, schedule = block(plan, 512)
    test = row(plan, "test")
    late = schedule.finish[test] > 10 * 86_400_000
    early = schedule.start[test] < 2 * 86_400_000
    assert 0 < late.sum() < 512
    assert 0 < early.sum() < 512
    assert np.array_equal(schedule.exists[row(plan, "fix")], late)
    assert np.array_equal(schedule.exists[row(plan, "plain")], ~late)
    assert np.array_equal(schedule.exists[row(plan, "rush")], early)
    passed = schedule.finish[row(plan, "fix")][~late]
    assert np.array_equal(passed, schedule.finish[test][~late])


def test_a_task_that_does_not_exist_is_neither_late_nor_early():
    """Both conditions are false, so that `no` holds."""
    tasks = """way: {duration: 1d}
        test: {duration: 20d, after: way, on: go.there}
        fix: {duration: 1d, on: late.yes, after: test}
        plain: {duration: 1d, on: late.no, after: test}"""
    plan = compiled(tasks, more=BRANCH + "      go: {there: 0.5, not: 0.5}\n")
    _, schedule = block(plan, 256)
    there = schedule.exists[row(plan, "test")]
    assert np.array_equal(schedule.exists[row(plan, "fix")], there)
    assert np.array_equal(schedule.exists[row(plan, "plain")], ~there)


def test_rounds_of_rework_share_the_condition():
    """A round exists only with the task whose it is."""
    tasks = """test: {duration: {uniform: [4d, 12d]}}
        fix: {duration: 2d, on: late.yes, after: test, rework: {chance: 1, at_most: 2, share: 1}}"""
    plan = compiled(tasks, more=BRANCH)
    _, schedule = block(plan, 128)
    late = schedule.finish[row(plan, "test")] > 10 * 86_400_000
    assert 0 < late.sum() < 128
    assert np.array_equal(schedule.exists[2:], np.array([late, late]))


def test_unbroken_work_starts_where_it_fits():
    """Six hours do not fit after 13:00; a milestone and elapsed time fit everywhere."""
    tasks = """a: {duration: 4h}
        b: {duration: 6h, unbroken: true, after: a}
        c: {duration: 2h, unbroken: true, after: b}
        d: {duration: 8h, unbroken: true, after: c}
        e: {duration: 30eh, unbroken: true, after: c}"""
    found = planned(tasks)
    assert found["b"] == ("Tue 05 Jan 09:00", "Tue 05 Jan 15:00")
    assert found["c"] == ("Tue 05 Jan 15:00", "Tue 05 Jan 17:00")
    assert found["d"] == ("Wed 06 Jan 09:00", "Wed 06 Jan 17:00")
    assert found["e"] == ("Tue 05 Jan 17:00", "Wed 06 Jan 23:00")


def test_unbroken_work_longer_than_every_window_starts_with_a_long_one():
    """A weekend of cut-over that no weekend holds is interrupted, but begins on a Saturday."""
    more = "calendars: {cutover: {week: {wed: [18:00-22:00], sat-sun: [00:00-24:00]}}}"
    tasks = (
        "a: {duration: {discrete: {3h: 1, 40h: 1, 60h: 1}}, calendar: cutover, unbroken: true,"
        " start_no_earlier_than: 2027-01-09 12:00}"
    )
    plan = compiled(tasks, more=more)
    _, schedule = block(plan, 64)
    hours = schedule.work[0] / 3_600_000
    begins = {3: "Sat 09 Jan 12:00", 40: "Sat 16 Jan 00:00", 60: "Sat 16 Jan 00:00"}
    for work, begin in begins.items():
        assert {day(plan, at) for at in schedule.start[0][hours == work]} == {begin}
    assert {day(plan, at) for at in schedule.finish[0][hours == 60]} == {"Sat 23 Jan 08:00"}


FAULTS = {
    "cannot read `first tues` as when": ("a: {board: cab}", "boards: {cab: {meets: first tues}}"),
    "`every 0w from 2027-01-04` repeats without end": (
        "a: {board: cab}", "boards: {cab: {meets: every 0w from 2027-01-04}}"
    ),
    "cannot read `25:00` as a time of day": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, at: '25:00'}}"
    ),
    "`2027-13` is not a month": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, except: [2027-13]}}"
    ),
    "there is no board `cabs`": ("a: {board: cabs}", "boards: {cab: {meets: first tue}}"),
    "there is no calendar `offce`": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, calendar: offce}}"
    ),
    "there is no stakeholder `cfo`": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, members: [cfo]}}"
    ),
    "a board that never approves": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, approves: [0.5, 0]}}"
    ),
    "the board never meets": (
        "a: {board: cab}", "boards: {cab: {meets: [2027-02-01], except: [2027-02]}}"
    ),
    "work that a board asks for again is working time": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, approves: 0.5, again: 2ed}}"
    ),
    "simulate a range for `papers`": (
        "a: {board: cab}", "boards: {cab: {meets: first tue, papers: {uniform: [1d, 2d]}}}"
    ),
    "simulate FF and SF links into a task of a board": (
        "a: {duration: 1d}\nb: {duration: 1d, board: cab, after: a FF}",
        "boards: {cab: {meets: first tue}}",
    ),
    "cannot read `a is late` as a condition": (
        "a: {duration: 1d}\nb: {duration: 1d, after: a, on: late.yes}",
        "    branches: {late: {when: a is late}}",
    ),
    "2027-02-30 is not a date that exists": (
        "a: {duration: 1d}\nb: {duration: 1d, after: a, on: late.yes}",
        "    branches: {late: {when: a finishes after 2027-02-30}}",
    ),
    "there is no task `c`": (
        "a: {duration: 1d}\nb: {duration: 1d, after: a, on: late.yes}",
        "    branches: {late: {when: c finishes after 2027-02-03}}",
    ),
    "the condition reads `p.a`, which `p.b` does not wait for": (
        "a: {duration: 1d}\nb: {duration: 1d, on: late.yes}",
        "    branches: {late: {when: a finishes after 2027-02-03}}",
    ),
    "the condition of `p.b` reads `p.a`, which `p.c` does not wait for": (
        (
            "a: {duration: 1d}\nb: {duration: 1d, after: a, on: late.yes}\n"
            "c: {duration: 1d, rework: {chance: 0.5, redo: [b, c]}}"
        ),
        "    branches: {late: {when: a finishes after 2027-02-03}}",
    ),
    "there is no branch outcome `late.maybe`": (
        "a: {duration: 1d}\nb: {duration: 1d, after: a, on: late.maybe}",
        "    branches: {late: {when: a finishes after 2027-02-03}}",
    ),
    "the task is unbroken and fits no window of `weekdays`": (
        "a: {duration: {uniform: [9h, 12h]}, unbroken: true}", ""
    ),
    "3 units are never free: in the end the pool has 2": (
        "a: {duration: 1d, needs: {dev: 3}}",
        "pools: {dev: {units: [{units: 5}, {from: 2027-06-01, units: 2}]}}",
    ),
    "never work at the same time": (
        "a: {duration: 1d, needs: {dev: 1}}",
        (
            "pools: {dev: {units: 1, calendar: nights}}\n"
            "calendars: {nights: {week: {mon-fri: [20:00-24:00]}}}"
        ),
    ),
    "0.0005 units": ("a: {duration: 1d, needs: {dev: 0.0005}}", "pools: {dev: {units: 1}}"),
    "a span shares no finite pool": (
        "a: {duration: 1d}\nb: {spans: [a], needs: {dev: 1}}", "pools: {dev: {units: 1}}"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("problem", "parts"), FAULTS.items())
def test_faults_say_what_is_wrong(problem, parts):
    """Each in its own words, with its place in the file."""
    tasks, more = parts
    with pytest.raises(ScenarioError) as caught:
        compiled(tasks, more=more)
    assert problem in str(caught.value)
    assert caught.value.faults[0].line > 0
