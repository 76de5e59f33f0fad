"""Schedules of other tools as scenarios: tasks, links, dates, people and money."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from simulator.errors import ImportFileError, SettingsError
from simulator.importers.plans.convert import scenario_of
from simulator.importers.plans.source import (
    Amount,
    Availability,
    CalendarException,
    Hours,
    SourceCalendar,
    SourceFile,
    SourceLink,
)
from simulator.scenario.loading import loads
from tests.imported_plans import (
    OFFICE,
    START,
    assigned,
    at,
    d,
    dates,
    imported,
    primavera,
    project,
    resource,
    scenario,
    summary,
    task,
    text,
)


def lost(found) -> str:
    """Everything that is not carried over."""
    return "\n".join(found.losses.each())


# Projects and names


def test_branches_of_an_outline_become_projects() -> None:
    """Two branches of two tasks are projects, a loose milestone stands in one of its own."""
    found = imported(
        project(
            summary(0, name="Portal"),
            summary(10, parent=0, name="Build it"), task(11, parent=10), task(12, 1, 11, parent=10),
            summary(20, parent=0, name="Ship it"), task(21, 1, 12, parent=20), task(22, parent=20),
            task(30, 0, 21, parent=0, name="Done"),
        )
    )  # fmt: skip
    assert list(found.scenario.projects) == ["build_it", "ship_it", "portal"]
    assert found.scenario.projects["ship_it"].tasks["t21"].after[0].task == "build_it.t12"
    assert found.scenario.projects["portal"].tasks["done"].milestone == "finish"


def test_one_branch_or_single_tasks_stay_one_project() -> None:
    """A summary of everything, and branches of one task each, divide nothing."""
    one = scenario(summary(1), task(2, parent=1), task(3, parent=1))
    assert list(one.projects) == ["portal"]
    small = scenario(summary(1), task(2, parent=1), summary(3), task(4, parent=3))
    assert list(small.projects) == ["portal"]


def test_several_projects_share_people_and_keep_their_uids_apart() -> None:
    """The same person is one pool; uids that stand twice are told with their project's."""
    bob = resource(1, "Bob")
    one = project(task(1, assignments=(assigned(1),)), resources=(bob,))
    two = replace(one, uid=2, name="Shop", start=at(11))
    found = imported(one, two)
    assert list(found.scenario.pools) == ["bob"]
    assert [each.source_uid for each in found.scenario.tasks.values()] == ["1:1", "2:1"]
    assert dates(found) == {
        "1:1": ("2027-01-04T08:00:00", "2027-01-04T17:00:00"),
        "2:1": ("2027-01-11T08:00:00", "2027-01-11T17:00:00"),
    }


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("Design", "design", ""), ("Übergabe Straße", "ubergabe_strasse", "Übergabe Straße"),
        ("2nd floor", "task_2nd_floor", "2nd floor"), ("설계", "task", "설계"),
        ("", "task", ""),
    ],
)  # fmt: skip
def test_ids_are_made_of_names(name: str, key: str, said: str) -> None:
    """Small letters without accents; what the id does not say stays as the name."""
    tasks = scenario(task(1, name=name)).projects["portal"].tasks
    assert list(tasks) == [key]
    assert tasks[key].name == said


def test_names_that_stand_twice_get_numbers() -> None:
    """Ids are told apart, and long ones end with a word."""
    long = "Review of the functional and of the technical specification by everybody"
    tasks = scenario(task(1, name="Go"), task(2, name="Go"), task(3, name=long))
    keys = list(tasks.projects["portal"].tasks)
    assert keys[:2] == ["go", "go_2"]
    assert keys[2] == "review_of_the_functional_and_of_the_technical"


# Durations and kinds of tasks


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Amount(2, "d"), "2d"), (Amount(90, "min"), "1.5h"), (Amount(1, "w"), "5d"),
        (Amount(3, "ed"), "3ed"), (Amount(1, "mo"), "1mo"), (Amount(30, "emin"), "0.5eh"),
        (Amount(1 / 3, "d"), "2.666666667h"), (Amount(0.25, "h"), "0.25h"),
    ],
)  # fmt: skip
def test_durations_keep_their_units(amount: Amount, written: str) -> None:
    """Units of the file where they mean the same; to the millisecond always."""
    assert str(scenario(task(1, duration=amount)).tasks["portal.t1"].duration) == written


def test_a_day_of_the_file_is_a_day_of_the_calendar() -> None:
    """A day of seven hours and a half on a calendar that is open for eight."""
    found = imported(project(task(1, 2), minutes_per_day=450))
    assert found.scenario.calendars["standard"].hours_per_day == 7.5
    assert dates(found)["1"][1] == "2027-01-05T16:00:00"


def test_milestones_spans_and_what_is_left_out() -> None:
    """Kinds of Primavera's; inactive tasks and summaries without tasks are listed or dropped."""
    found = imported(
        primavera(
            task(1, 2), task(2, 0, 1, kind="FINISH_MILESTONE"),
            task(3, 0, 1, kind="START_MILESTONE"),
            task(4, 9, (1, "SS", None), kind="LEVEL_OF_EFFORT"), task(5, 1, active=False),
            task(6, 1, (2, "FF", None), kind="HAMMOCK", links=()),
        )
    )  # fmt: skip
    tasks = found.scenario.projects["portal"].tasks
    assert tasks["t2"].milestone == "finish"
    assert tasks["t3"].milestone == "start"
    assert tasks["t4"].spans == ("t1",)
    assert set(tasks) == {"t1", "t2", "t3", "t4"}
    assert "t5: inactive" in lost(found)
    assert "t6: lasts as long" in lost(found)
    assert dates(found)["2"][0] == "2027-01-05T17:00:00"
    assert dates(found)["3"][0] == "2027-01-06T08:00:00"


# Links


def test_lags_run_where_the_tool_lets_them() -> None:
    """MS Project's in the successor's calendar, Primavera's in the predecessor's."""
    short = SourceCalendar(2, "Mornings", ((Hours(time(8), time(12)),),) * 5 + ((),) * 2)
    tasks = (task(1, 1), task(2, 1, (1, "FS", Amount(8, "h")), calendar=2, fixed="FIXED_DURATION"))
    both = {"calendars": (OFFICE, short)}
    assert dates(imported(project(*tasks, **both)))["2"][0] == "2027-01-07T08:00:00"
    assert dates(imported(primavera(*tasks, **both)))["2"][0] == "2027-01-06T08:00:00"
    around = imported(primavera(*tasks, **both, lag_calendar="TWENTY_FOUR_HOUR"))
    assert dates(around)["2"][0] == "2027-01-05T08:00:00"


def test_percent_and_elapsed_lags() -> None:
    """Half of the predecessor's two days, two days of the clock."""
    found = dates(
        imported(
            project(
                task(1, 2),
                task(2, 1, (1, "SS", Amount(50, "%"))),
                task(3, 1, (1, "FS", Amount(2, "ed"))),
            )
        )
    )
    assert found["2"][0] == "2027-01-05T08:00:00"
    assert found["3"][0] == "2027-01-08T08:00:00"


def test_links_of_summaries_fall_on_their_tasks() -> None:
    """What follows a summary waits for all of it; a link into one holds what begins in it."""
    found = imported(
        project(
            summary(10), task(11, 2, parent=10), task(12, 1, 11, parent=10), task(13, 5, parent=10),
            summary(20, links=(SourceLink(10, "FS"),)),
            task(21, 1, parent=20), task(22, 1, 21, parent=20),
            task(30, 1, (10, "SS", None)),
        )
    )  # fmt: skip
    tasks = found.scenario.tasks
    assert [link.task for link in tasks["s20.t21"].after] == ["s10.t12", "s10.t13"]
    assert [link.task for link in tasks["s20.t22"].after] == ["t21"]
    assert dates(found)["21"][0] == "2027-01-11T08:00:00"
    assert "start of a summary" in lost(found)


def test_many_links_between_summaries_go_through_a_milestone() -> None:
    """Three by three links would be nine; the milestone has no uid, since the file has no such."""
    found = imported(
        project(
            summary(10, name="Build"), *(task(uid, uid - 10, parent=10) for uid in (11, 12, 13)),
            summary(20, links=(SourceLink(10, "FS", d(1)),)),
            *(task(uid, 1, parent=20) for uid in (21, 22, 23)),
        )
    )  # fmt: skip
    gate = found.scenario.tasks["build.build_done"]
    assert [link.task for link in gate.after] == ["t11", "t12", "t13"]
    assert gate.source_uid is None
    assert {dates(found)[str(uid)][0] for uid in (21, 22, 23)} == {"2027-01-08T08:00:00"}


def test_links_in_a_loop_are_refused_by_name() -> None:
    """The circle is told; so is one that goes through a summary."""
    with pytest.raises(ImportFileError, match=r"wait for each other: .*t1 -> .*t2"):
        imported(project(task(1, 1, 2), task(2, 1, 1)))
    with pytest.raises(ImportFileError, match="wait for each other"):
        imported(
            project(
                summary(1, links=(SourceLink(4, "FS"),)), task(2, parent=1), task(3, parent=1),
                task(4, 1, 2),
            )
        )  # fmt: skip


def test_links_that_lead_nowhere_are_listed() -> None:
    """To another file, to a row that is not there, to an inactive one; a loop of one is dropped."""
    found = imported(
        project(
            task(1, links=(SourceLink(9, "FS", external="other.mpp"),)), task(2, 1, 77),
            task(3, 1, 3), task(4, 1, 5), task(5, active=False),
        )
    )  # fmt: skip
    assert "t1: waits for a task of another file" in lost(found)
    assert "t2: waits for a row" in lost(found)
    assert "t4: waits for a row" in lost(found)
    assert not found.scenario.tasks["portal.t3"].after


# Dates


def test_constraints_of_ms_project_win_over_logic() -> None:
    """Must start on and no later than are honoured, unless the option is off."""
    tasks = (task(1, 5), task(2, 1, 1, constraint="MUST_START_ON", constraint_date=at(6)))
    found = imported(project(*tasks))
    assert found.scenario.program.constraints == "honour"
    assert dates(found)["2"][0] == "2027-01-06T08:00:00"
    soft = imported(project(*tasks, honour_constraints=False))
    assert soft.scenario.program.constraints == "soft"
    assert dates(soft)["2"][0] == "2027-01-11T08:00:00"
    kept = soft.scenario.tasks["portal.t2"]
    assert (str(kept.start_no_earlier_than), str(kept.start_no_later_than)) == (
        "2027-01-06 08:00",
        "2027-01-06 08:00",
    )


def test_constraints_of_primavera() -> None:
    """Mandatory dates win, others are targets; beside a mandatory one a late one is a deadline."""
    found = imported(
        primavera(
            task(1, 5),
            task(2, 1, 1, constraint="MUST_START_ON", constraint_date=at(6)),
            task(3, 1, 1, constraint="FINISH_NO_LATER_THAN", constraint_date=at(6, 17)),
            task(4, 1, constraint="START_ON", constraint_date=at(7)),
        )
    )
    assert dates(found)["2"][0] == "2027-01-06T08:00:00"
    assert dates(found)["3"][0] == "2027-01-11T08:00:00"
    assert dates(found)["4"][0] == "2027-01-07T08:00:00"
    assert str(found.scenario.tasks["portal.t3"].deadline) == "2027-01-06 17:00"
    soft = imported(
        primavera(task(3, 1, constraint="FINISH_NO_LATER_THAN", constraint_date=at(6, 17)))
    )
    assert soft.scenario.program.constraints == "soft"
    assert soft.scenario.tasks["portal.t3"].finish_no_later_than is not None


def test_typed_dates_of_manual_tasks_stand() -> None:
    """Whatever they wait for; what waits for them follows."""
    found = imported(project(task(1, 5), task(2, 2, 1, manual=True, start=at(5)), task(3, 1, 2)))
    assert dates(found)["2"] == ("2027-01-05T08:00:00", "2027-01-06T17:00:00")
    assert dates(found)["3"][0] == "2027-01-07T08:00:00"
    assert "t2: scheduled by hand" in lost(found)


def test_typed_finishes_stand_too() -> None:
    """A length that differs from the duration, and dates in the night."""
    found = imported(
        project(
            task(1, 2, manual=True, start=at(5), finish=at(8, 12)),
            task(2, 2, manual=True, start=at(5, 20), finish=at(6, 3)),
            task(3, 0, manual=True, start=at(5, 20), finish=at(5, 20)),
        )
    )
    assert dates(found) == {
        "1": ("2027-01-05T08:00:00", "2027-01-08T12:00:00"),
        "2": ("2027-01-05T20:00:00", "2027-01-06T03:00:00"),
        "3": ("2027-01-05T20:00:00", "2027-01-05T20:00:00"),
    }


def test_tasks_of_other_files_keep_their_dates() -> None:
    """What waits for them waits until then."""
    found = imported(project(task(1, 1, external=True, start=at(12)), task(2, 1, 1)))
    assert dates(found)["2"][0] == "2027-01-13T08:00:00"
    assert "t1: a task of another file" in lost(found)


def test_tasks_before_the_start_of_their_project() -> None:
    """A typed date lies before it; the others begin at the start, not there."""
    early = at(4)
    found = imported(
        project(
            task(1, 1, constraint="START_NO_EARLIER_THAN", constraint_date=early,
                 early_start=early),
            task(2, 1), task(3, 1, 1), start=at(11),
        )
    )  # fmt: skip
    starts = {uid: start for uid, (start, _) in dates(found).items()}
    assert starts == {
        "1": "2027-01-04T08:00:00", "2": "2027-01-11T08:00:00", "3": "2027-01-05T08:00:00",
    }  # fmt: skip


def test_late_tasks_and_deadlines() -> None:
    """As late as possible by total float in MS Project, by free float in Primavera."""
    tasks = (task(1, 1, constraint="AS_LATE_AS_POSSIBLE", deadline=at(8, 17)), task(2, 3))
    assert scenario(*tasks).tasks["portal.t1"].as_late_as_possible == "total"
    assert str(scenario(*tasks).tasks["portal.t1"].deadline) == "2027-01-08 17:00"
    free = imported(primavera(*tasks)).scenario.tasks["portal.t1"]
    assert free.as_late_as_possible == "free"


# People and money


def test_people_are_pools_without_limit_unless_levelled() -> None:
    """Units and rates; a rate per year is told per hour."""
    who = (
        resource(1, "Bob", max_units=2.0, rate=Amount(30, "h")),
        resource(2, "Eve", rate=Amount(20_800, "y")),
    )
    tasks = (task(1, 2, assignments=(assigned(1, 0.5), assigned(2), assigned(2, 0.25))),)
    found = scenario(*tasks, resources=who)
    assert found.tasks["portal.t1"].needs == {"bob": 0.5, "eve": 1.25}
    assert (found.pools["bob"].units, str(found.pools["bob"].rate)) == ("unlimited", "30/h")
    assert str(found.pools["eve"].rate) == "10/h"
    levelled = imported(project(*tasks, resources=who), level=True).scenario
    assert levelled.pools["bob"].units == 2.0
    spells = (Availability(None, at(8, 17), 1.0), Availability(at(11, 8), None, 2.0))
    changing = (replace(who[0], availability=spells), who[1])
    told = lost(imported(project(*tasks, resources=changing), level=True))
    assert "units of `bob` that change over time: here it has 2 all along" in told


def test_costs_add_up_to_those_of_the_file() -> None:
    """By rates where the file's costs follow them; the rest, and material, is fixed."""
    who = (
        resource(1, "Bob", rate=Amount(30, "h"), cost_per_use=100.0),
        resource(2, "Steel", kind="MATERIAL", rate=Amount(7, "h")),
    )
    steel = assigned(2, 3.0, cost=700.0)
    bob = assigned(1, 1.0, work=Amount(16, "h"), cost=580.0)
    tasks = (task(1, 2, assignments=(bob, steel), fixed_cost=50.0, fixed_cost_accrual="END"),)
    found = scenario(*tasks, resources=who)
    assert found.tasks["portal.t1"].cost == 850.0
    assert found.tasks["portal.t1"].needs == {"bob": 1.0}
    assert str(found.pools["bob"].rate) == "30/h"


def test_a_rate_that_costs_do_not_follow_is_no_rate() -> None:
    """The money of the file counts."""
    who = (resource(1, "Bob", rate=Amount(30, "h")),)
    bob = assigned(1, 1.0, work=Amount(16, "h"), cost=10.0)
    found = imported(project(task(1, 2, assignments=(bob,)), resources=who))
    assert found.scenario.pools["bob"].rate is None
    assert found.scenario.tasks["portal.t1"].cost == 10.0
    assert "`Bob` has a rate" in lost(found)


def test_who_works_on_a_part_holds_even_units() -> None:
    """Eight hours of work in two days are half a unit."""
    bob = assigned(1, 1.0, work=Amount(8, "h"))
    found = scenario(task(1, 2, assignments=(bob,), fixed="FIXED_DURATION"),
                     resources=(resource(1, "Bob"),))  # fmt: skip
    assert found.tasks["portal.t1"].needs == {"bob": 0.5}


# Calendars


def nights(uid: int) -> SourceCalendar:
    """22:00 to 06:00 from Monday evening on."""
    return SourceCalendar(uid, "Nights", ((Hours(time(22), time(6)),),) * 5 + ((),) * 2)


def test_calendars_stand_once_and_children_beside_their_parents() -> None:
    """What differs from the parent is written; what is like it is the parent."""
    off = CalendarException(date(2027, 1, 6), date(2027, 1, 7))
    calendars = (
        replace(OFFICE, exceptions=(CalendarException(date(2027, 1, 8), date(2027, 1, 8)),)),
        SourceCalendar(2, "Bob", (None,) * 7, parent=1, exceptions=(off,)),
        SourceCalendar(3, "Eve", (None,) * 7, parent=1),
        SourceCalendar(4, "Unused", (None,) * 7, parent=1, exceptions=(off, off)),
    )
    who = (resource(1, "Bob", calendar=2), resource(2, "Eve", calendar=3))
    found = imported(
        project(
            task(1, 3, assignments=(assigned(1),)), task(2, 5, assignments=(assigned(2),)),
            resources=who, calendars=calendars,
        )
    )  # fmt: skip
    specs = found.scenario.calendars
    assert set(specs) == {"standard", "bob"}
    assert specs["bob"].based_on == "standard"
    assert specs["bob"].exceptions == {"2027-01-06..2027-01-07": "off"}
    assert found.scenario.pools["bob"].calendar == "bob"
    assert found.scenario.pools["eve"].calendar is None
    assert dates(found)["1"][1] == "2027-01-11T17:00:00"
    assert dates(found)["2"][1] == "2027-01-11T17:00:00"


def test_people_work_in_their_own_calendars_unless_the_task_has_its_duration() -> None:
    """Nights by the person, days by the task that ignores them or is of fixed duration."""
    more = {"resources": (resource(1, "Bob", calendar=2),), "calendars": (OFFICE, nights(2))}
    plain = task(1, 1, assignments=(assigned(1),))
    found = imported(
        project(plain, replace(plain, uid=2, fixed="FIXED_DURATION"),
                replace(plain, uid=3, ignore_resource_calendar=True), **more)
    )  # fmt: skip
    assert dates(found)["1"] == ("2027-01-04T22:00:00", "2027-01-05T06:00:00")
    assert dates(found)["2"] == dates(found)["3"] == ("2027-01-04T08:00:00", "2027-01-04T17:00:00")


def test_primavera_asks_the_kind_of_the_activity() -> None:
    """One that depends on resources takes the calendar of its driving one."""
    more = {"resources": (resource(1, "Bob", calendar=2),), "calendars": (OFFICE, nights(2))}
    plain = task(1, 1, assignments=(assigned(1, driving=True),))
    found = imported(primavera(plain, replace(plain, uid=2, kind="RESOURCE_DEPENDENT"), **more))
    assert dates(found)["1"][0] == "2027-01-04T08:00:00"
    assert dates(found)["2"][0] == "2027-01-04T22:00:00"


def test_a_calendar_without_working_time_is_replaced_and_told() -> None:
    """It would never let its task begin."""
    never = SourceCalendar(2, "Never", ((),) * 7)
    found = imported(project(task(1, 1, calendar=2), calendars=(OFFICE, never)))
    assert dates(found)["1"][1] == "2027-01-04T17:00:00"
    assert "t1: a calendar without any working time" in lost(found)


# Progress


def test_progress_becomes_the_status() -> None:
    """Finished, running with a gap, and what contradicts itself."""
    found = imported(
        project(
            task(1, 1, actual_start=at(4), actual_finish=at(5, 12), percent=100.0),
            task(2, 4, 1, actual_start=at(5, 13), percent=25.0, remaining=d(3), stop=at(6, 12),
                 resume=at(8, 8), actual_cost=120.0),
            task(3, 2, 2),
            task(4, 1, actual_start=at(1), actual_finish=at(1), percent=0.0, remaining=d(1)),
            status_date=at(6, 17),
        )
    )  # fmt: skip
    status = found.scenario.status
    assert (str(status.date), status.unstarted, status.started_shows) == (
        "2027-01-06 17:00",
        "as_planned",
        "actual",
    )
    running = status.tasks["portal.t2"]
    assert (str(running.remaining), running.percent, running.cost) == ("3d", 25.0, 120.0)
    assert (str(running.suspended), str(running.resumed)) == (
        "2027-01-06 12:00",
        "2027-01-08 08:00",
    )
    assert set(status.tasks) == {"portal.t1", "portal.t2"}
    assert "t4: an actual finish" in lost(found)


def test_primavera_plans_from_its_data_date() -> None:
    """By the status where something has begun, by the project's start where nothing has."""
    idle = imported(primavera(task(1, 1), status_date=at(7)))
    assert idle.scenario.status is None
    assert str(idle.scenario.program.start) == "2027-01-07 08:00"
    begun = imported(
        primavera(
            task(1, 2, actual_start=at(4), remaining=d(1), suspended=at(5), resumed=at(8)),
            task(2, 1), status_date=at(7), logic="PROGRESS_OVERRIDE",
        )
    )  # fmt: skip
    status = begun.scenario.status
    assert (str(status.date), status.logic, status.unstarted) == (
        "2027-01-07 08:00",
        "override",
        "after_date",
    )
    assert str(status.tasks["portal.t1"].suspended) == "2027-01-05 08:00"


# The rest


def test_ranges_lie_on_unfinished_work_alone() -> None:
    """Not on milestones and finished tasks; an unknown name lists those that there are."""
    tasks = (
        task(1, 1, actual_start=at(4), actual_finish=at(4, 17), percent=100.0),
        task(2, 2, 1), task(3, 0, 2),
    )  # fmt: skip
    found = imported(project(*tasks), ranges="routine").scenario
    assert [each.class_ for each in found.tasks.values()] == [None, "routine", None]
    assert list(found.classes) == ["routine"]
    with pytest.raises(SettingsError, match="routine"):
        imported(project(*tasks), ranges="rotine")


def test_what_is_lost_stands_at_the_end_of_the_file() -> None:
    """As comments, with the tasks; the file loads with them."""
    found = imported(
        project(
            task(1, 1, notes="see the wiki", external_early_start=at(4, 8)),
            task(2, 1, leveling_delay=d(2)),
            from_finish=True,
        )
    )
    written = text(found)
    assert loads(written) == found.scenario
    tail = written.partition("# Not carried over:")[2]
    for said in ("notes", "portal.t1", "leveling delay", "another project", "backwards"):
        assert said in tail


def test_files_that_make_no_scenario_are_refused() -> None:
    """Nothing to do, and nothing to begin with."""
    with pytest.raises(ImportFileError, match="holds no task"):
        imported(project(summary(1), task(2, active=False, parent=1)))
    with pytest.raises(ImportFileError, match="holds no task"):
        scenario_of(SourceFile(()), "empty.mpp")
    with pytest.raises(ImportFileError, match="has no start"):
        imported(project(task(1), start=None))


def test_ganttproject_leaves_tasks_where_they_were_put() -> None:
    """Those that wait for nothing."""
    found = imported(
        project(task(1, 1, start=at(11)), task(2, 1, 1, start=at(12)), file_type="GANTTPROJECT")
    )
    assert dates(found)["1"][0] == "2027-01-11T08:00:00"
    assert dates(found)["2"][0] == "2027-01-12T08:00:00"


def test_the_start_of_the_program_is_the_earliest() -> None:
    """Of several projects, each keeps its own."""
    found = imported(
        project(task(1), start=START), project(task(2), uid=2, start=datetime(2027, 3, 1, 8))
    )
    assert str(found.scenario.program.start) == "2027-01-04 08:00"
    assert [str(each.start) for each in found.scenario.projects.values()] == [
        "None",
        "2027-03-01 08:00",
    ]
