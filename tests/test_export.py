"""What is exported is read back as it was: tasks, links, dates, calendars, people and money."""

import json
from datetime import date, datetime, timedelta

import pytest
from click.testing import CliRunner

import simulator
from simulator.cli.main import cli
from simulator.errors import RunError, SettingsError
from simulator.importers.plans import worker, writer
from simulator.importers.plans.convert import scenario_of
from simulator.importers.plans.export import exported
from simulator.importers.plans.reader import read_plan
from simulator.importers.plans.source import Amount
from simulator.importers.plans.target import SUFFIXES, Target
from simulator.importers.plans.verify import verify
from simulator.importers.plans.writer import write_plan
from simulator.plan.compile import compile_plan
from simulator.run.deterministic import deterministic_plan

ROLL_OUT = """
format: 1
program:
  name: Roll-out of the portal
  start: 2027-03-01 09:00
  finish: site.live
  deadline: 2027-08-31
  budget: 500_000
  calendar: office
calendars:
  office: {week: {mon-thu: [09:00-13:00, 14:00-18:00], fri: [09:00-15:00]}, hours_per_day: 8,
           exceptions: {2027-03-29: off, 2027-05-01..2027-05-07: off, 2027-06-05: [10:00-12:00]}}
  nights: {based_on: office, week: {sat-sun: [22:00-06:00]}, freeze: [2027-07-01..2027-07-14]}
pools:
  crew: {name: Build crew, units: 1, rate: 800/d}
  writers: {units: [{units: 2}, {from: 2027-05-01, units: 3}], rate: {pert: [50/h, 60/h, 90/h]}}
  helpers: {units: unlimited, rate: 30/h}
projects:
  site:
    name: The site
    deadline: 2027-08-01
    tasks:
      plan: {duration: {pert: [5d, 10d, 20d]}, needs: {writers: 2}, source_uid: 40, tags: {wbs: 1}}
      build: {duration: 15d, after: [plan FS+2d], needs: {crew: 1, helpers: 0.5}, cost: 5_000}
      copy: {duration: 12d, after: ["plan SS+50%"], needs: {writers: 1}, cost: 900, accrues: end}
      own: {duration: 4d, after: [copy], on: way.make, source_uid: 41}
      bought: {duration: 1d, after: [copy], on: way.buy}
      dry: {duration: 36eh, after: [bought, "build FF+2ed"]}
      night: {duration: 6h, calendar: nights, after: [dry]}
      care: {spans: [plan, live]}
      live: {milestone: true, after: [night], must_start: 2027-06-10, source_uid: "40"}
    branches: {way: {make: 0.8, buy: 0.2}}
  print:
    tasks:
      flyers: {duration: 8d, needs: {crew: 1}, start_no_earlier_than: 2027-03-22,
               finish_no_later_than: 2027-04-30, start_no_later_than: 2027-04-25,
               deadline: 2027-05-12 17:00}
      post: {duration: 3d, after: [flyers, site.plan FS-1d], as_late_as_possible: free}
risks:
  late: {chance: 0.3, hits: [{tasks: [site.build], delay: 5d}]}
"""


@pytest.fixture(scope="module")
def plan():
    """The deterministic plan of the roll-out."""
    return deterministic_plan(compile_plan(simulator.loads(ROLL_OUT)))


def there_and_back(found, target, folder, result=None, *, pin=False):
    """What is written, what is lost, and what is read of the file."""
    made = exported(found, target, result, pin=pin)
    suffix = next(suffix for suffix, kind in SUFFIXES.items() if kind is target)
    path = folder / f"plan{suffix}"
    write_plan(made.written, path)
    (project,) = read_plan(path).projects
    return made, project


def hours(amount, day):
    """An amount in hours, or as the percentage that it is; elapsed ones are told apart."""
    if amount is None:
        return 0.0
    unit = amount.unit.removeprefix("e")
    elapsed = amount.unit.startswith("e")
    size = {"h": 1.0, "d": 24.0 if elapsed else day, "%": 1.0}[unit]
    return pytest.approx(amount.value * size, abs=0.006), unit == "%", elapsed


def days_of(calendar, first, last):
    """The working hours of each day."""
    told = {}
    for each in calendar.exceptions:
        day = each.first
        while day <= each.last:
            told[day] = each.hours
            day += timedelta(days=1)
    span = [first + timedelta(days=k) for k in range((last - first).days)]
    return {day: told.get(day, calendar.week[day.weekday()] or ()) for day in span}


def same(made, back, *, primavera):
    """Compare what was written with what was read, one thing after the other."""
    told = made.written.project
    day = told.minutes_per_day / 60
    rest = [task for task in back.tasks if not (task.summary and task.name == told.name)]
    if not primavera:  # which orders them by their activity ids
        assert [task.uid for task in rest] == [task.uid for task in told.tasks]
    found_by_uid = {task.uid: task for task in rest}
    assert len(rest) == len(told.tasks) == len(found_by_uid)
    for mine in told.tasks:
        theirs = found_by_uid[mine.uid]
        kept = ["uid", "name", "summary", "milestone", "manual", "start", "finish"]
        if not mine.summary:
            kept += ["constraint_date", "early_start", "early_finish", "fixed_cost", "calendar"]
            kept += ["second_constraint", "second_constraint_date", "deadline", "kind"]
            constraint = theirs.constraint or "AS_SOON_AS_POSSIBLE"
            assert constraint == mine.constraint, mine.name
            assert hours(theirs.duration, day) == hours(mine.duration, day), mine.name
        for key in kept:
            assert getattr(theirs, key) == getattr(mine, key), (mine.name, key)
        links = sorted((each.pred, each.kind, hours(each.lag, day)) for each in mine.links)
        found = sorted((each.pred, each.kind, hours(each.lag, day)) for each in theirs.links)
        assert [each[:2] for each in links] == [each[:2] for each in found], mine.name
        assert [each[2] for each in links] == [each[2] for each in found], mine.name
        work = sorted((each.resource, each.units, each.work.value) for each in mine.assignments)
        done = sorted(
            (each.resource, each.units, each.work.value)
            for each in theirs.assignments
            if each.resource is not None
        )
        assert [each[:2] for each in work] == [each[:2] for each in done], mine.name
        hard = [pytest.approx(each[2], abs=0.02) for each in work]
        assert hard == [each[2] for each in done], mine.name
    calendars = {each.uid: each for each in back.calendars}
    for mine in told.calendars:
        theirs = calendars[mine.uid]
        assert theirs.name == mine.name
        span = told.start.date() - timedelta(days=300), told.finish.date() + timedelta(days=900)
        assert days_of(theirs, *span) == days_of(mine, *span), mine.name
        if primavera:
            assert theirs.minutes_per_day == mine.minutes_per_day
    people = {each.uid: each for each in back.resources}
    for mine in told.resources:
        theirs = people[mine.uid]
        assert (theirs.name, theirs.kind, theirs.rate) == (mine.name, "WORK", mine.rate)
        if not mine.availability:
            assert theirs.max_units == mine.max_units


@pytest.mark.parametrize("target", Target)
def test_a_plan_is_read_back_as_it_was_written(plan, target, tmp_path):
    """All kinds of links, lags, constraints, calendars, people and costs."""
    made, back = there_and_back(plan, target, tmp_path)
    assert back.name == "Roll-out of the portal"
    assert back.file_type == target.name
    same(made, back, primavera=target.primavera)


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("name", ["core_banking", "erp_rollout"])
def test_the_programs_of_this_project_are_read_back_as_they_were_written(name, target, tmp_path):
    """Every task, link, calendar and pool of them."""
    found = deterministic_plan(compile_plan(simulator.load(f"scenarios/{name}.yaml")))
    made, back = there_and_back(found, target, tmp_path)
    assert len(made.written.project.tasks) > 50
    same(made, back, primavera=target.primavera)


def task_of(made, name):
    """A task that is written."""
    return next(each for each in made.written.project.tasks if each.name == name)


def test_uids_of_the_source_stay_where_each_is_one_tasks(plan):
    """The first who says 40 keeps it; others get new ones."""
    made = exported(plan, Target.MSPDI, None, pin=False)
    uids = [task.uid for task in made.written.project.tasks]
    assert len(set(uids)) == len(uids)
    assert task_of(made, "Plan").uid == 40
    assert task_of(made, "Own").uid == 41
    assert task_of(made, "Live").uid > 41


def test_a_task_that_the_plan_does_without_passes_its_links_on(plan):
    """`bought` is left out, and what waits for it waits for what it waits for."""
    made = exported(plan, Target.MSPDI, None, pin=False)
    copy, dry = task_of(made, "Copy"), task_of(made, "Dry")
    assert copy.uid in [link.pred for link in dry.links if link.kind == "FS"]
    assert "tasks of branches that the plan does not take: site.bought" in made.losses


def test_lags_that_primavera_has_not_lead_to_the_same_date(plan):
    """Elapsed ones and shares become hours of work, and it is said."""
    xer = exported(plan, Target.XER, None, pin=False)
    xml = exported(plan, Target.MSPDI, None, pin=False)
    assert task_of(xml, "Copy").links[0].lag == Amount(50, "%")
    assert task_of(xer, "Copy").links[0].lag == Amount(40, "h")
    assert task_of(xml, "Dry").links[1].lag == Amount(48, "eh")
    assert task_of(xer, "Dry").links[1].lag.unit == "h"
    assert any("site.dry: that its lag after site.build" in loss for loss in xer.losses)
    assert any("site.copy: that its lag after site.plan" in loss for loss in xer.losses)


def test_constraints_have_as_much_room_as_the_tool_gives(plan):
    """Two in Primavera, with deadlines among them; one and a deadline in MS Project."""
    xer = exported(plan, Target.XER, None, pin=False)
    xml = exported(plan, Target.MSPDI, None, pin=False)
    flyers = task_of(xml, "Flyers")
    assert flyers.constraint == "START_NO_EARLIER_THAN"
    assert flyers.deadline == datetime(2027, 5, 12, 17)
    assert "Flyers: finish no later than 2027-04-30 23:59" in xml.losses
    flyers = task_of(xer, "Flyers")
    assert flyers.second_constraint == "FINISH_NO_LATER_THAN"
    assert flyers.second_constraint_date == datetime(2027, 4, 30, 23, 59)
    assert "Flyers: finish no later than 2027-05-12 17:00" in xer.losses
    assert "the deadline of the projects: site" in xer.losses
    assert task_of(xml, "Live").deadline == datetime(2027, 8, 31, 23, 59)
    assert xer.written.project.must_finish_by == datetime(2027, 8, 31, 23, 59)


def test_what_stays_behind_is_named(plan):
    """Risks, ranges, branches, budget, pools without limit."""
    losses = exported(plan, Target.XER, None, pin=False).losses
    for loss in (
        "risks: late",
        "the range of the estimate of: site.plan",
        "the branches of: site",
        "the budget",
    ):
        assert loss in losses
    assert any("the pool helpers has no limit" in loss for loss in losses)


def test_levelled_dates_are_pinned_only_where_it_is_asked(plan):
    """The crew is one: flyers or build wait, and the file says so by a constraint."""
    free = exported(plan, Target.MSPDI, None, pin=False)
    held = exported(plan, Target.MSPDI, None, pin=True)
    later = [
        task.id
        for task in plan.plan.network.tasks
        if plan.shown.start[task.base, 0] > plan.early.start[task.base, 0]
    ]
    assert later
    changed = [
        mine.name
        for mine, other in zip(free.written.project.tasks, held.written.project.tasks, strict=True)
        if mine.constraint_date != other.constraint_date
    ]
    assert changed
    for name in changed:
        task = task_of(held, name)
        assert (task.constraint, task.constraint_date) == ("START_NO_EARLIER_THAN", task.start)


def test_calendars_hold_nights_freezes_and_odd_days(plan):
    """A night of Saturday is some hours of Saturday and some of Sunday."""
    calendars = exported(plan, Target.XER, None, pin=False).written.project.calendars
    nights = next(each for each in calendars if each.name.startswith("nights"))
    worked = days_of(nights, date(2027, 3, 1), date(2027, 8, 1))
    assert [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in worked[date(2027, 3, 7)]] == [
        ("00:00", "06:00"),
        ("22:00", "00:00"),
    ]
    assert not worked[date(2027, 7, 10)]
    office = next(each for each in calendars if each.name == "office")
    assert len(days_of(office, date(2027, 6, 1), date(2027, 7, 1))[date(2027, 6, 5)]) == 1


@pytest.fixture
def scenario(tmp_path):
    """The roll-out as a file."""
    path = tmp_path / "roll_out.yaml"
    path.write_text(ROLL_OUT)
    return path


def run(*arguments, code=0):
    """The command line, which must end with an exit code."""
    done = CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="simulator")
    assert done.exit_code == code, done.output
    return done


def test_what_a_run_found_goes_into_custom_fields(scenario, tmp_path):
    """P50 and P80 dates, criticality, ids; from a new run, from a run's folder, or from neither."""
    runs = tmp_path / "runs"
    run("run", scenario, "-n", 100, "--out", runs, "--no-charts")
    (folder,) = (runs / "roll_out").iterdir()
    result = json.loads((folder / "result.json").read_text())
    p80 = datetime.fromisoformat(result["tasks"]["site.live"]["finish"]["p80"])
    minute = f"{p80 + timedelta(minutes=bool(p80.second)):%Y-%m-%dT%H:%M}"
    texts = []
    for name, arguments in {
        "new.xml": [scenario, "-n", 100],
        "folder.xml": [folder],
        "given.xml": [scenario, "--run", folder],
    }.items():
        run("export", *arguments, "-o", tmp_path / name)
        text = (tmp_path / name).read_text()
        texts.append(text.partition("<Tasks>")[2])
        for title in ("P50 finish", "P80 finish", "Criticality %", "Simulator id"):
            assert f"<Alias>{title}</Alias>" in text
        assert f"<Value>{minute}:00</Value>" in text
        assert "<Value>site.live</Value>" in text
    assert texts[0] == texts[1] == texts[2]
    run("export", scenario, "--no-run", "-o", tmp_path / "none.xml")
    assert "P80 finish" not in (tmp_path / "none.xml").read_text()


def test_a_run_of_another_scenario_is_refused(scenario, tmp_path):
    """So that nobody carries figures to a plan that they are not of."""
    run("run", scenario, "-n", 50, "--out", tmp_path / "runs", "--no-charts")
    (folder,) = (tmp_path / "runs" / "roll_out").iterdir()
    scenario.write_text(ROLL_OUT.replace("duration: 15d", "duration: 16d"))
    done = run("export", scenario, "--run", folder, "-o", tmp_path / "a.xer", code=1)
    assert "is of another scenario" in done.output
    done = run("export", scenario, "--run", tmp_path, "-o", tmp_path / "a.xer", code=1)
    assert "holds no run" in done.output
    assert not (tmp_path / "a.xer").exists()


def test_export_says_what_it_wrote(scenario, tmp_path):
    """To people with what stays behind, to machines as JSON alone."""
    done = run("export", scenario, "--no-run", "-o", tmp_path / "a.xer")
    assert "10 tasks for Primavera XER" in done.output
    assert "Not kept: risks: late" in done.output
    done = run("export", scenario, "--no-run", "-o", tmp_path / "b.pmxml", "--json")
    told = json.loads(done.stdout)
    assert (told["kind"], told["tasks"]) == ("Primavera PMXML", 10)
    assert "risks: late" in told["losses"]


def test_a_file_that_is_there_stays_as_it_is(scenario, tmp_path):
    """Before anything is simulated."""
    target = tmp_path / "mine.xml"
    target.write_text("mine")
    done = run("export", scenario, "-o", target, code=2)
    assert "already there" in done.output
    assert target.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "a.mpp"], ".mpp cannot be written"),
        (["-o", "a"], "a file without an ending cannot be written"),
        (["-o", "a.xml", "--no-run", "-n", "5"], "--no-run simulates nothing"),
        (["-o", "a.xml", "--run", "x", "--no-run"], "--run takes what a run found"),
        (["-o", "a.xlsx", "--pin"], "takes no other options"),
    ],
)
def test_choices_that_make_no_sense_are_refused(scenario, arguments, said):
    """As usage, with what was expected."""
    assert said in run("export", scenario, *arguments, code=2).output


def test_a_file_that_cannot_be_made_is_told(plan, tmp_path, monkeypatch):
    """Nothing is left behind."""
    made = exported(plan, Target.XER, None, pin=False)
    with pytest.raises(SettingsError, match="there is no folder"):
        write_plan(made.written, tmp_path / "none" / "a.xer")
    monkeypatch.setattr(worker, "missing_packages", lambda: ["mpxj"])
    with pytest.raises(RunError, match=r"cannot be written: .* need the package mpxj"):
        write_plan(made.written, tmp_path / "a.xer")
    monkeypatch.undo()
    monkeypatch.setattr(writer, "in_child", lambda *_, **__: b"whole")
    write_plan(made.written, tmp_path / "a.xer")
    assert [each.name for each in tmp_path.iterdir()] == ["a.xer"]


UNDER_WAY = """
format: 1
program: {start: 2027-03-01}
projects:
  site:
    tasks:
      plan: {duration: 5d}
      build: {duration: 10d, after: [plan]}
      copy: {duration: 6d, after: [plan]}
      test: {duration: 5d, after: [build]}
      hall: {duration: 2d}
status:
  date: 2027-03-19
  tasks:
    site.plan: {started: 2027-03-02, finished: 2027-03-09}
    site.build: {started: 2027-03-10, remaining: 6d}
    site.copy: {started: 2027-03-15, percent: 50}
"""


@pytest.mark.parametrize("target", Target)
def test_progress_comes_back(target, tmp_path):
    """Facts, what remains and early dates by the tool's own rule, also of what the date holds."""
    plan = deterministic_plan(compile_plan(simulator.loads(UNDER_WAY)))
    file = tmp_path / f"plan{next(key for key, each in SUFFIXES.items() if each == target)}"
    write_plan(exported(plan, target, None, pin=False).written, file)
    made = scenario_of(read_plan(file), file.name)
    found = verify(made)
    assert (found.compared, found.same) == (5, 5)
    told = made.scenario.progress
    assert {key.partition(".")[2] for key in told} == {"plan", "build", "copy"}
    build = next(each for key, each in told.items() if key.endswith("build"))
    assert str(build.started) == "2027-03-10 09:00"
    assert build.finished is None
    assert str(build.remaining) in {"6d", "48h"}
