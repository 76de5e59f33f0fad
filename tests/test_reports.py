"""What people read: dates that are never early, chances that are never certain, whole reports."""

import io
import math
import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from simulator.cli import printing
from simulator.cli.printing import fitting, plain_table, wrapped
from simulator.estimates.estimate import Estimate
from simulator.plan.compile import compile_plan
from simulator.reports import words as say
from simulator.reports.notebook import results_html
from simulator.reports.plan_dates import plan_dates, plan_table
from simulator.reports.story import sentences, story
from simulator.reports.tables import (
    MOST_CRITICAL,
    Column,
    Table,
    all_tables,
    cost_table,
    criticality_table,
    milestone_table,
    opportunity_table,
    percentile_table,
    risk_table,
)
from simulator.run.deterministic import deterministic_plan
from simulator.run.results import Results
from simulator.run.simulate import simulate
from simulator.scenario.loading import load, loads
from simulator.scenario.units import MS_PER_DAY, MS_PER_HOUR

ROOT = Path(__file__).parents[1]
HEAD = "format: 1\nprogram: {start: 2027-01-04, calendar: c}\ncalendars: {c: %s}\n"
TASKS = "projects: {p: {tasks: {a: {duration: 5d}, b: {duration: 3d, after: [a]}}}}\n"
CALENDARS = {
    "office": "{week: {mon-fri: [09:00-17:00]}, holidays: DE-BY}",
    "night": "{week: {mon-thu: [22:00-06:00]}}",
    "weekend": "{week: {sat-sun: [00:00-24:00]}, freeze: [2027-12-01..2028-02-01]}",
    "all": "{week: {mon-sun: [00:00-24:00]}}",
}
WORDS = {
    name: say.Words.of(compile_plan(loads(HEAD % calendar + TASKS)))
    for name, calendar in CALENDARS.items()
}


@pytest.fixture(scope="module")
def starter() -> Results:
    """The starter scenario, simulated."""
    return simulate(load(ROOT / "simulator/scenario/starter.yaml"), iterations=2000)


@pytest.fixture(scope="module")
def banking() -> Results:
    """A scenario with everything, simulated."""
    return simulate(load(ROOT / "scenarios/core_banking.yaml"), iterations=600)


def _works(words: say.Words, day: datetime) -> bool:
    begin = words.clock.ms(day)
    at = words.calendar.work_at(np.array([begin, begin + MS_PER_DAY]))
    return bool(at[1] > at[0])


@given(st.sampled_from(sorted(WORDS)), st.integers(0, 3 * 366 * 24 * 3600 * 1000))
def test_a_date_in_words_is_the_first_working_day_by_whose_end_it_has_happened(
    name: str, ms: int
) -> None:
    """Never early: the day ends at or after the instant; never later than it must be."""
    words = WORDS[name]
    found = words.day(float(ms))
    day = datetime(found.year, found.month, found.day)
    assert words.clock.ms(day) + MS_PER_DAY >= ms
    assert _works(words, day)
    before = day - timedelta(days=1)
    while before >= words.clock.start and words.clock.ms(before) + MS_PER_DAY >= ms:
        assert not _works(words, before)
        before -= timedelta(days=1)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2027, 1, 8, 17), "8 Jan 2027"),
        (datetime(2027, 1, 9), "8 Jan 2027"),
        (datetime(2027, 1, 9, 0, 0, 1), "11 Jan 2027"),
        (datetime(2027, 1, 10, 12), "11 Jan 2027"),
        (datetime(2027, 3, 26, 12), "30 Mar 2027"),
        (datetime(2027, 1, 4), "4 Jan 2027"),
    ],
)
def test_dates_round_up_over_weekends_and_holidays(instant: datetime, expected: str) -> None:
    """Midnight belongs to the day that ends; Saturday, Good Friday and Easter Monday move on."""
    words = WORDS["office"]
    assert words.date(words.clock.ms(instant)) == expected


def test_dates_that_never_come_are_said() -> None:
    """Infinity is never, nan is unknown, and neither has an interval."""
    words = WORDS["office"]
    assert (words.date(math.inf), words.date(math.nan)) == ("never", "?")
    assert words.dates(Estimate(math.inf, 0.0, math.inf)) == ""
    assert words.dates(Estimate(0.0, -math.inf, MS_PER_DAY)) == "? – 4 Jan 2027"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((2028, 11, 13), (2028, 11, 15), "13–15 Nov 2028"),
        ((2028, 11, 30), (2028, 12, 4), "30 Nov – 4 Dec 2028"),
        ((2028, 12, 29), (2029, 1, 2), "29 Dec 2028 – 2 Jan 2029"),
        ((2028, 11, 13), (2028, 11, 13), "13 Nov 2028"),
    ],
)
def test_intervals_of_dates_leave_out_what_they_share(
    first: tuple[int, int, int], last: tuple[int, int, int], expected: str
) -> None:
    """Month and year stand once where both ends have them."""
    assert say.days_range(datetime(*first).date(), datetime(*last).date()) == expected


@pytest.mark.parametrize(
    ("chance", "expected"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0901, "9 %"),
        (0.004, "0.4 %"),
        (0.9996, "99.96 %"),
        (0.9951, "99.5 %"),
        (1e-7, "under 0.001 %"),
        (1 - 1e-7, "over 99.999 %"),
        (math.nan, "?"),
    ],
)
def test_only_what_is_certain_is_0_or_100_percent(chance: float, expected: str) -> None:
    """Rounding never turns a rare future into an impossible one."""
    assert say.percent(chance) == expected


@given(st.floats(0, 1), st.floats(0, 1))
def test_intervals_of_chances_are_rounded_outwards(low: float, high: float) -> None:
    """What is shown holds the interval."""
    low, high = sorted((low, high))
    text = say.percents(Estimate((low + high) / 2, low, high))
    if low == high:
        assert text == ""
        return
    ends = [float(end) for end in text.removesuffix(" %").split("–")]
    assert ends[0] <= 100 * low + 1e-5
    assert ends[1] >= 100 * high - 1e-5


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0.0, "0"),
        (412_345.0, "412,300"),
        (-1_234.0, "-1,234"),
        (999_960.0, "1.00 million"),
        (17_943_218.0, "17.94 million"),
        (179_432_180.0, "179.4 million"),
        (2_500_000_000.0, "2.50 billion"),
        (math.inf, "?"),
    ],
)
def test_money_has_four_digits(amount: float, expected: str) -> None:
    """Nobody can remember, or believe, more."""
    assert say.money_text(amount) == expected


def test_the_first_sentence_is_the_chance_of_the_plan(starter: Results) -> None:
    """A sponsor reads one sentence; it holds the plan's date and its chance with the interval."""
    finish = starter.outcomes["finish"]
    words = say.Words.of(starter.plan)
    first = sentences(starter)[0]
    planned = words.date(finish.deterministic)
    kept = say.chance(finish.deterministic_confidence)
    assert first.startswith(f"The plan says {planned}. The chance to finish by then is {kept}.")
    assert re.fullmatch(r"\d+ % \(\d+\.\d–\d+\.\d %\)", kept)


def test_promises_come_next_and_in_order(starter: Results) -> None:
    """On time, on budget, both; then P80, contingency and joint confidence."""
    text = "\n".join(sentences(starter))
    places = [
        text.index(part)
        for part in ("on time, by 10 Sep 2027", "within 455,000 EUR", "keep both", "(P80",
                     "contingency of", "(JCL)")
    ]  # fmt: skip
    assert places == sorted(places)


def test_a_plan_without_doubt_is_told_without_intervals() -> None:
    """Nothing uncertain: 100 %, no interval, no contingency, no sentence on promises."""
    results = simulate(loads("format: 1\nprogram: {start: 2027-01-04}\n" + TASKS), iterations=64)
    told = sentences(results)
    assert told[0].startswith("The plan says 13 Jan 2027. The chance to finish by then is 100 % (9")
    assert told[1] == (
        "Half of the futures finish by 13 Jan 2027 (P50), 80 of 100 by 13 Jan 2027 (P80)."
    )
    assert told[2].startswith("The plan needs no contingency")
    assert "on time" not in " ".join(told)


def test_a_program_that_may_never_finish_says_so() -> None:
    """Where a stop is likelier than 20 %, P80 is never, and every table still stands."""
    stop = "risks: {end: {chance: 0.5, at: 2027-01-06, stops: program}}\n"
    text = "format: 1\nprogram: {start: 2027-01-04, deadline: 2027-02-01, budget: 10}\n"
    results = simulate(loads(text + TASKS + stop), iterations=256)
    told = " ".join(sentences(results))
    never = float(np.isinf(results.joined.finish).mean())
    assert f"In {say.percent(never)} of the futures the program never finishes." in told
    assert "P80 is never reached" in told
    assert "nan" not in told
    assert "inf" not in told
    row = {row[0]: row for row in percentile_table(results).rows}["P80"]
    assert row[1:3] == ("never", "")


@pytest.mark.parametrize("which", ["starter", "banking"])
def test_tables_are_rectangular_and_hold_only_words(
    which: str, request: pytest.FixtureRequest
) -> None:
    """Each row has a cell for each column, and no cell shows what only a computer says."""
    for table in all_tables(request.getfixturevalue(which)):
        assert {len(row) for row in table.rows} == {len(table.columns)}
        for cell in (cell for row in table.rows for cell in row):
            assert not re.search(r"\b(nan|inf|None|Estimate)\b", cell), (table.title, cell)


def test_tables_say_what_was_found(banking: Results) -> None:
    """Rows are those of the results: in order of criticality, of the file, of money."""
    scenario = banking.plan.scenario
    critical = [float(row[1].split()[0]) for row in criticality_table(banking).rows]
    assert critical == sorted(critical, reverse=True)
    assert len(critical) == MOST_CRITICAL
    names = [risk.name or key for key, risk in scenario.risks.items()]
    apart = {row[0] for row in opportunity_table(banking).rows}
    assert apart == {"mapping_reuse"}
    assert [row[0] for row in risk_table(banking).rows] == [n for n in names if n not in apart]
    costs = [float(row[1].replace(",", "")) for row in cost_table(banking).rows]
    assert costs[:-1] == sorted(costs[:-1], reverse=True)
    assert costs[-1] == max(costs)
    milestones = {row[0]: row for row in milestone_table(banking).rows}
    assert milestones["Ledger platform"][4] == "12 May 2028"
    chance = banking.probability["on_time:operations.go_live"]
    assert milestones["operations.go_live"][5] == say.percent(chance.value)


def test_projects_that_may_end_early_are_marked(banking: Results) -> None:
    """A date that not every future has is said to be that of the others."""
    table = milestone_table(banking)
    marked = {row[0] for row in table.rows if row[0].endswith("*")}
    missing = {key for key, outcome in banking.outcomes.items() if np.isnan(outcome.values).any()}
    assert len(marked) == len(missing)
    assert bool(table.note) == bool(missing)


def test_dates_of_the_plan_are_those_of_the_contract() -> None:
    """Two tasks of 5 and 3 days from Monday on: dates, working hours and no float."""
    plan = compile_plan(loads("format: 1\nprogram: {start: 2027-01-04}\n" + TASKS))
    found = plan_dates(plan, deterministic_plan(plan))
    assert (found["finish"], found["duration"]) == ("2027-01-13T17:00:00", 64.0)
    assert found["tasks"]["p.b"] == {
        "start": "2027-01-11T09:00:00",
        "finish": "2027-01-13T17:00:00",
        "start_hours": 40.0,
        "finish_hours": 64.0,
        "early_start": "2027-01-11T09:00:00",
        "early_finish": "2027-01-13T17:00:00",
        "late_start": "2027-01-11T09:00:00",
        "late_finish": "2027-01-13T17:00:00",
        "total_float_hours": 0.0,
        "critical": True,
        "exists": True,
        "source_uid": None,
    }


def test_a_branch_that_is_not_taken_has_no_dates(banking: Results) -> None:
    """The plan buys, so the task that builds is absent: no dates, and no row of the table."""
    found = plan_dates(banking.plan, banking.deterministic)["tasks"]["ledger.ledger_extension"]
    assert not found["exists"]
    assert found["start"] is None
    shown = [row[0] for row in plan_table(banking.plan, banking.deterministic).rows]
    assert "ledger.ledger_extension" not in shown
    assert "ledger.product_configuration" in shown


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_terminal(
    banking: Results, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is wider than the terminal, and no first column is cut to less than it needs."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, markup=False, highlight=False)
    monkeypatch.setattr(printing, "on_terminal", lambda _: True)
    monkeypatch.setattr(printing, "_console", lambda: console)
    printing.print_story(story(banking))
    printing.print_table(plan_table(banking.plan, banking.deterministic))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    if width >= 80:
        assert any("operations.service_handover" in line and "2029" in line for line in lines)


def test_the_least_wanted_columns_go_first() -> None:
    """A short line keeps the columns in their order of worth, and the first at any width."""
    columns = (Column("", figures=False), Column("date"), Column("a", optional=1),
               Column("b", optional=2))  # fmt: skip
    table = Table("", columns, (("name", "1" * 10, "2" * 10, "3" * 10),))
    assert [fitting(table, width) for width in (120, 36, 24, 5)] == [
        [0, 1, 2, 3],
        [0, 1, 2],
        [0, 1],
        [0, 1],
    ]


def test_plain_tables_are_aligned() -> None:
    """Names to the left, figures to the right, nothing behind the last."""
    columns = (Column("", figures=False), Column("cost"))
    table = Table("Title", columns, (("a", "1,000"), ("long", "5")), "note")
    assert plain_table(table) == "Title\n       cost\na     1,000\nlong      5\nnote"


def test_lines_part_no_figure_from_its_unit() -> None:
    """A line breaks neither before a percent sign nor within a date."""
    sentence = "The chance to finish by 25 Sep 2028 is 9 % (8.6–9.7 %) and 17.94 million EUR."
    for width in range(20, 80):
        lines = wrapped(sentence, width).splitlines()
        assert not any(re.match(r"%|million|2028|Sep", line) for line in lines)
        assert " ".join(lines) == sentence


def test_a_notebook_shows_names_as_text() -> None:
    """Names from a file never become markup."""
    text = (
        "format: 1\nprogram: {start: 2027-01-04, name: '<script>alert(1)</script> & Co'}\n"
        "projects: {p: {name: '<b>x</b>', tasks: {a: {duration: {pert: [1d, 2d, 5d]}}}}}\n"
    )
    html = results_html(simulate(loads(text), iterations=64))
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in html
    assert "The plan says" in html


def test_working_days_are_those_of_the_program() -> None:
    """A working day has the hours of the program's calendar."""
    assert WORDS["office"].working_days(16 * MS_PER_HOUR) == 2.0
