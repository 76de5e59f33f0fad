"""Plain tasks are compiled by the column: the same plan as one by one, to the last bit."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from benchmarks import quantile_accuracy
from simulator.plan.compile import Plan, compile_plan
from simulator.plan.instants import InstantCalendar
from simulator.plan.law_columns import pert_laws, triangular_laws, uniform_laws
from simulator.plan.laws import ConstantLaw, Table, UniformLaw, ZTable, compile_law
from simulator.plan.pert_family import FEWEST, pert_beta, pert_nodes
from simulator.plan.table_nodes import CELLS, uniform_nodes
from simulator.plan.variables import Variable, VariableDraft, VariableTable
from simulator.plan.work_calendar import WEEK
from simulator.run.deterministic import deterministic_plan
from simulator.scenario.distributions import Pert, Triangular, Uniform
from simulator.scenario.dumping import digest
from simulator.scenario.program import Scenario
from tests.networks import CALENDARS, NIGHT, OFFICE

SHAPES = np.concatenate([np.linspace(0.0, 1.0, 801), [1e-12, 1e-5, 1.0 - 1e-5, 1.0 - 1e-12]])


def scenario(*, plainly: bool) -> Scenario:
    """Two projects of tasks of every plain kind; not plainly, each states a default."""
    random = np.random.default_rng(7)
    estimates = ("1.5d", {"uniform": ["4h", "9h"]}, {"triangular": ["1d", "2d", "5d"]},
                 {"pert": ["1w", "1.5w", "3w"]}, {"triangular": ["2d", "2d", "2d"]},
                 {"pert": ["1mo", "1mo", "1mo"]})  # fmt: skip
    projects = {}
    for name in ("first", "second"):
        tasks = {}
        for number in range(24):
            task = {"duration": estimates[number % len(estimates)], "name": f"T{number} 2031-05-01"}
            earlier = random.integers(0, max(number, 1), 2).tolist()
            links = [f"t{k} {kind}" for k, kind in zip(earlier, ("FS", "SS"), strict=True)]
            if number:
                task["after"] = links if number % 3 else [*links, f"t{number - 1} FF+1d"]
            tasks[f"t{number}"] = task if plainly else {**task, "margin": False}
        projects[name] = {"tasks": tasks}
    projects["second"] |= {"calendar": "24x7", "start": "2027-02-01"}
    projects["second"]["tasks"]["t0"]["after"] = ["first.t5"]
    program = {"name": "P", "start": "2027-01-04"}
    return Scenario.model_validate({"format": 1, "program": program, "projects": projects})


def same(one: object, other: object) -> bool:
    """Whether two parts of a plan hold the same bits."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_plain_tasks_compile_to_the_same_plan_as_others():
    """A key that says what holds anyway makes a task not plain, and changes nothing."""
    plain, other = (compile_plan(scenario(plainly=plainly)) for plainly in (True, False))
    for part in ("network", "work", "variables", "lag_variables", "clock"):
        assert same(getattr(plain, part), getattr(other, part)), part


def test_a_copy_with_other_projects_has_columns_of_its_own():
    """What was read of the tasks of one scenario never stands for another."""
    one, other = scenario(plainly=True), scenario(plainly=False)
    assert not one.columns.special
    assert digest(one) == digest(other)
    assert one.columns is one.columns
    assert one.model_copy().columns is one.columns
    assert one.model_copy(deep=True).columns.ids == one.columns.ids
    changed = one.model_copy(update={"projects": other.projects})
    assert [task for _, _, task in changed.columns.special] == list(other.tasks.values())
    fewer = one.model_copy(update={"projects": {"first": one.projects["first"]}})
    assert len(fewer.columns.ids) == len(one.columns.ids) / 2
    assert digest(fewer) != digest(one)


def test_tasks_in_short_have_the_digest_of_those_written_out():
    """The digest reads plain tasks in its own way, and finds the same."""
    assert digest(scenario(plainly=True)) == digest(scenario(plainly=False))


def test_any_engine_schedules_the_deterministic_plan():
    """The engine that is passed is the one that schedules."""
    plan: Plan = compile_plan(scenario(plainly=True))
    expected = deterministic_plan(plan)
    asked = []

    def engine(network, durations):
        asked.append(network)
        return expected.early

    found = deterministic_plan(plan, engine)
    assert asked == [plan.network]
    assert found.finish == expected.finish
    assert found.float_hours.tolist() == expected.float_hours.tolist()


@pytest.mark.parametrize("kind", [Uniform, Triangular, Pert])
def test_columns_of_laws_are_those_of_single_distributions(kind):
    """Few PERT shapes have exact tables; constants are constants."""
    random = np.random.default_rng(3)
    low, mode, high = np.sort(random.uniform(0.0, 9.0, (3, 40)), axis=0)
    low[:3] = mode[:3] = high[:3]
    mode[3], mode[4] = low[3], high[4]
    if kind is Uniform:
        found, each = uniform_laws(low, high), zip(low, high, strict=True)
    else:
        laws = triangular_laws if kind is Triangular else pert_laws
        found, each = laws(low, mode, high), zip(low, mode, high, strict=True)
    expected = [compile_law(kind(*map(float, numbers))) for numbers in each]
    assert [type(law) for law in found] == [type(law) for law in expected]
    assert all(
        same(one.nodes, other.nodes) if isinstance(one, Table) else one == other
        for one, other in zip(found, expected, strict=True)
    )


def test_tables_of_the_pert_family_follow_the_exact_ones():
    """For every mode: rising, inside, within 1e-8 of the range and 1e-4 of the way to a bound."""
    found = pert_nodes(SHAPES)[:, :-1]
    exact = np.array([uniform_nodes(pert_beta(part)) for part in SHAPES.tolist()])
    error = np.abs(found - exact)
    assert error.max() < 1e-8
    assert np.max(error[:, :CELLS] / exact[:, :CELLS]) < 1e-4
    assert np.max(error[:, CELLS:] / (1.0 - exact[:, CELLS:])) < 1e-4
    assert np.all(np.diff(found) > 0.0)
    assert found.min() > 0.0
    assert found.max() < 1.0


@pytest.mark.parametrize("part", [0.0, 0.03, 0.3, 0.5, 0.99])
def test_tables_of_the_pert_family_meet_the_bars_of_accuracy(part, monkeypatch):
    """Mean, percentiles and sd, like all tables."""
    law = Table(pert_nodes(np.array([part]))[0])
    monkeypatch.setattr(quantile_accuracy, "compile_law", lambda _, **__: law)
    assert quantile_accuracy.accuracy(pert_beta(part)).passes()


def test_many_shapes_share_the_family_and_none_depends_on_its_company():
    """A table has the same bits alone, among others, and in a plan."""
    parts = np.random.default_rng(5).random(3 * FEWEST)
    together = pert_nodes(parts)
    assert all(same(pert_nodes(parts[[k]])[0], together[k]) for k in range(0, len(parts), 7))
    low, width = np.full(len(parts), 2.0), 8.0
    laws = pert_laws(low, low + width * parts, low + width)
    shapes = pert_nodes((low + width * parts - low) / width)
    assert all(
        same(law.nodes, shape * width + 2.0) for law, shape in zip(laws, shapes, strict=True)
    )


@pytest.mark.parametrize("number", [OFFICE, NIGHT, 2])
def test_single_instants_are_those_of_arrays(number):
    """Inside the table, at its edges and far outside."""
    calendar = CALENDARS[number]
    alone = InstantCalendar(calendar)
    edges = np.concatenate([calendar.starts[:-1], calendar.starts[:-1] + calendar.lengths])
    instants = np.concatenate(
        [edges, edges + 1.0, np.random.default_rng(1).uniform(-9 * WEEK, 9 * WEEK, 400).round()]
    )
    lags = np.resize([0.0, 3.6e6, -7.2e6, 9e8, -9e8], len(instants))
    for name in ("work_at", "start_at", "finish_at"):
        expected = getattr(calendar, name)(instants)
        assert [getattr(alone, name)(each) for each in instants.tolist()] == expected.tolist(), name
    found = list(map(alone.shift, instants.tolist(), lags.tolist()))
    assert found == calendar.shift(instants, lags).tolist()


def met(*, looked: bool) -> VariableTable:
    """Six variables: two told, and two columns that take what was kept between and behind them."""
    low, high, plainly = np.array([1.0, 5.0]), np.array([2.0, 9.0]), np.zeros(2, dtype=bool)
    draft = VariableDraft()
    draft.append(Variable("a", ConstantLaw(3.0), 3.0))
    assert [*draft.keep(2)] == [1, 2]
    draft.append(Variable("d", compile_law(Pert(1.0, 2.0, 4.0), score=True), 2.0, score=True))
    assert [*draft.keep(2)] == [4, 5]
    lines = VariableTable(("b", "e"), uniform_laws(low, high), high, plainly)
    tables = VariableTable(("c", "f"), pert_laws(low, low + 0.5, high), low, plainly)
    draft.fill(np.array([1, 4]), lines)
    draft.fill(np.array([2, 5]), tables)
    if looked:
        assert [draft[place].name for place in range(len(draft))] == list("abcdef")
    return draft.table()


def test_variables_by_the_column_stand_where_they_were_met():
    """Each with its own law, and whether or not somebody has looked at one before."""
    found = met(looked=False)
    assert found.names == tuple("abcdef")
    assert same(found, met(looked=True))
    assert [each.central for each in found] == [3.0, 2.0, 1.0, 2.0, 9.0, 5.0]
    assert [each.score for each in found] == [False, False, False, True, False, False]
    assert [type(law) for law in found.laws] == [
        ConstantLaw, UniformLaw, Table, ZTable, UniformLaw, Table,
    ]  # fmt: skip
    assert found[4].law == UniformLaw(5.0, 4.0)


def test_variables_that_became_constant_are_those_that_differ():
    """Whatever their law was; a law that is made anew of the same numbers is the same."""
    table = met(looked=False)
    constant = table.with_constants({2: 7.0, 4: 8.0})
    assert table.laws.differing(constant.laws).tolist() == [2, 4]
    assert constant.laws.differing(table.laws).tolist() == [2, 4]
    assert [constant[place].law for place in (2, 4)] == [ConstantLaw(7.0), ConstantLaw(8.0)]
    assert constant[5].law is table[5].law
    assert not len(table.laws.differing(table.with_constants({0: 3.0}).laws))
