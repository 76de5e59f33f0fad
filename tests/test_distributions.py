"""Distributions say what the textbooks say, and refuse what cannot be in words that help."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from simulator.scenario.distributions import (
    KINDS,
    Beta,
    Discrete,
    Exponential,
    Gamma,
    Lognormal,
    Metalog,
    Normal,
    Pareto,
    Pert,
    Poisson,
    Samples,
    Triangular,
    Trigen,
    Uniform,
    Weibull,
    is_distribution,
    json_schema,
    parse_distribution,
)
from simulator.scenario.units import Amount, Moment, Quantity, parse_quantity, unit_of

TAIL = np.geomspace(1e-9, 0.009, 60)
U = np.concatenate([TAIL, np.linspace(0.01, 0.99, 99), 1.0 - TAIL[::-1]])


def _references():
    """Distributions beside what scipy.stats has for them."""
    from scipy import stats

    sigma = math.sqrt(math.log1p(0.6**2))
    yield Uniform(2.0, 5.0), stats.uniform(2.0, 3.0)
    yield Triangular(1.0, 2.0, 7.0), stats.triang(1 / 6, 1.0, 6.0)
    yield Triangular(1.0, 7.0, 7.0), stats.triang(1.0, 1.0, 6.0)
    yield Pert(15.0, 20.0, 40.0), stats.beta(1.8, 4.2, 15.0, 25.0)
    yield Pert(15.0, 15.0, 40.0, 20.0), stats.beta(1.0, 21.0, 15.0, 25.0)
    yield Normal(10.0, 2.0), stats.norm(10.0, 2.0)
    yield Lognormal(10.0, 6.0), stats.lognorm(sigma, 0, 10.0 * math.exp(-0.5 * sigma**2))
    yield Exponential(5.0), stats.expon(0, 5.0)
    yield Gamma(10.0, 4.0), stats.gamma(6.25, 0, 1.6)
    yield Gamma(shape=0.3, scale=2.0), stats.gamma(0.3, 0, 2.0)
    yield Beta(1.0, 3.0, 2.0, 5.0), stats.beta(2.0, 5.0, 1.0, 2.0)
    yield Beta(0.0, 1.0, 0.4, 0.7), stats.beta(0.4, 0.7)
    yield Weibull(1.5, 10.0), stats.weibull_min(1.5, 0, 10.0)
    yield Weibull(0.6, 10.0), stats.weibull_min(0.6, 0, 10.0)
    yield Pareto(5.0, 3.0), stats.pareto(3.0, 0, 5.0)
    yield Poisson(3.5), stats.poisson(3.5)
    yield Poisson(5000.0), stats.poisson(5000.0)
    yield Poisson(0.01), stats.poisson(0.01)


@pytest.mark.parametrize("index", range(18))
def test_quantiles_and_moments_are_those_of_scipy(index):
    """Quantiles to 1e-9 of the sd and themselves, mean and sd to 1e-10, median and support."""
    ours, theirs = list(_references())[index]
    expected = theirs.ppf(U)
    assert np.allclose(ours.ppf(U), expected, rtol=1e-9, atol=1e-9 * theirs.std())
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-10)
    assert ours.sd() == pytest.approx(theirs.std(), rel=1e-10)
    assert ours.support() == pytest.approx(theirs.support())
    if ours.mode() is None:
        assert ours.central() == pytest.approx(theirs.median(), rel=1e-9)


def test_moments_that_do_not_exist_are_infinite():
    """Pareto without a variance, without a mean, and a metalog with a tail as heavy."""
    assert Pareto(1.0, 2.0).sd() == math.inf
    assert Pareto(1.0, 1.5).mean() == pytest.approx(3.0)
    assert Pareto(1.0, 0.9).mean() == math.inf
    heavy = Metalog((10, 50, 90), (1.0, 2.0, 20.0), low=0.0)
    assert heavy.mean() == math.inf
    assert not math.isfinite(heavy.sd())


@pytest.mark.parametrize(
    "found",
    [
        Metalog((10, 50, 90), (0.9, 1.2, 2.2)),
        Metalog((10, 50, 90), (1.0, 2.0, 3.5), low=0.0),
        Metalog((10, 50, 90), (-3.5, -2.0, -1.0), high=0.0),
        Metalog((10, 50, 90), (0.2, 0.3, 0.7), low=0.0, high=1.0),
        Metalog((5, 25, 50, 75, 95), (2.0, 5.0, 8.0, 13.0, 30.0)),
    ],
)
def test_metalogs_pass_through_their_percentiles(found):
    """The stated percentiles come back, quantiles rise, and the moments are those of quantiles."""
    percents = np.array(found.percents) / 100
    assert np.allclose(found.ppf(percents), found.values, rtol=1e-12)
    assert np.all(np.diff(found.ppf(np.sort(U))) >= -1e-12 * found.sd())
    odds = np.arange(-60.0, 60.0, 0.01)
    u = 1.0 / (1.0 + np.exp(-odds))
    inside = (u > 1e-15) & (u < 1 - 1e-15)
    mass = (u * (1.0 - u))[inside]
    values = found.ppf(u[inside])
    mean = mass @ values / mass.sum()
    assert found.mean() == pytest.approx(mean, rel=1e-6)
    assert found.sd() == pytest.approx(
        math.sqrt(mass @ (values - mean) ** 2 / mass.sum()), rel=1e-3
    )


def test_metalog_has_keelins_closed_form():
    """With three symmetric percentiles it is logistic: p + s log odds, s = range / log 81."""
    found = Metalog((10, 50, 90), (-1.0, 0.0, 1.0))
    scale = 1.0 / math.log(9.0)
    u = np.array([0.001, 0.3, 0.5, 0.99])
    assert np.allclose(found.ppf(u), scale * np.log(u / (1 - u)), rtol=1e-12, atol=1e-14)
    assert found.sd() == pytest.approx(scale * math.pi / math.sqrt(3.0), rel=1e-9)


def test_metalogs_of_many_percentiles_stay_close():
    """More than ten percentiles are fitted by least squares, not refused."""
    from scipy.special import ndtri

    percents = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99)
    values = tuple(float(value) for value in ndtri(np.array(percents) / 100))
    found = Metalog(percents, values)
    assert np.allclose(found.ppf(np.array(percents) / 100), values, atol=1e-3)


@given(
    st.integers(1, 60),
    st.integers(61, 99),
    st.floats(0.0, 10.0),
    st.floats(0.0, 10.0),
)
@settings(deadline=None)
def test_trigen_has_its_percentiles_and_its_mode(low, high, below, above):
    """The triangle found has the stated probabilities below the stated values."""
    first, last = 50.0 - below, 50.0 + above
    found = Trigen(low, first, 50.0, high, last)
    scale = 1e-9 * (1.0 + below + above)
    assert np.allclose(found.ppf(np.array([low, high]) / 100), [first, last], rtol=0, atol=scale)
    assert found.mode() == found.central() == 50.0
    start, end = found.support()
    assert start <= first + scale
    assert end >= last - scale


def test_lognormal_has_its_percentiles():
    """Two percentiles state the same distribution as mean and sd do."""
    found = Lognormal(percents=(20, 95), values=(3.0, 30.0))
    assert np.allclose(found.ppf(np.array([0.2, 0.95])), [3.0, 30.0], rtol=1e-13)
    again = Lognormal(found.mean(), found.sd())
    assert np.allclose(again.ppf(U), found.ppf(U), rtol=1e-10)


def test_steps_follow_their_weights():
    """The value is the smallest whose cumulative probability is reached; so is the median."""
    found = Discrete((20.0, 0.0, 5.0), (0.25, 0.5, 0.25))
    assert found.ppf(np.array([0.1, 0.5, 0.51, 0.75, 0.76])).tolist() == [0, 0, 5, 5, 20]
    assert found.central() == 0.0
    assert found.mean() == 6.25
    assert found.sd() == pytest.approx(math.sqrt(0.5 * 0 + 0.25 * 25 + 0.25 * 400 - 6.25**2))
    assert Samples((4.0, 1.0, 3.0, 2.0), "a#b").central() == 2.0


def test_the_plan_uses_mode_or_median():
    """Mode of triangular, PERT and trigen; the median of everything else."""
    assert {kind for kind in KINDS if KINDS[kind].example().mode() is not None} == {
        "triangular",
        "pert",
        "trigen",
    }
    assert Pert(15.0, 20.0, 40.0).central() == 20.0
    assert Exponential(5.0).central() == pytest.approx(5.0 * math.log(2.0))


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (Uniform(3.0, 3.0), 3.0),
        (Triangular(3.0, 3.0, 3.0), 3.0),
        (Pert(3.0, 3.0, 3.0), 3.0),
        (Trigen(10, 3.0, 3.0, 90, 3.0), 3.0),
        (Normal(3.0, 0.0), 3.0),
        (Lognormal(3.0, 0.0), 3.0),
        (Lognormal(percents=(10, 90), values=(3.0, 3.0)), 3.0),
        (Exponential(0.0), 0.0),
        (Gamma(3.0, 0.0), 3.0),
        (Gamma(0.0, 0.0), 0.0),
        (Gamma(shape=2.0, scale=0.0), 0.0),
        (Beta(3.0, 3.0, 2.0, 2.0), 3.0),
        (Weibull(2.0, 0.0), 0.0),
        (Pareto(0.0, 2.0), 0.0),
        (Metalog((10, 50, 90), (3.0, 3.0, 3.0)), 3.0),
        (Discrete((3.0,), (1.0,)), 3.0),
        (Poisson(0.0), 0.0),
    ],
)
def test_no_uncertainty_is_a_distribution_too(found, value):
    """A single value: everything that can be asked of it is that value, and its sd is 0."""
    assert np.allclose(found.ppf(U), value, rtol=1e-15)
    assert found.support() == pytest.approx((value, value))
    assert found.mean() == pytest.approx(value)
    assert found.sd() == 0.0
    assert found.central() == pytest.approx(value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_complete(kind):
    """Each kind has its name, an example that reads back, a schema, and rising quantiles."""
    found = KINDS[kind].example()
    assert found.kind == kind
    assert isinstance(found, KINDS[kind])
    if kind != "samples":
        assert parse_distribution(found.to_yaml(), None) == found
    assert np.all(np.diff(found.ppf(np.sort(U))) >= -1e-12 * found.sd())
    assert found.units() == {"number"}
    assert found.resolved(float) == found
    assert is_distribution(found.to_yaml())
    unit, shift, scale = found.standard()
    assert np.allclose(shift + scale * unit.ppf(U), found.ppf(U), rtol=1e-9)


def test_the_schema_names_every_kind():
    """One alternative a kind, each an object with that key required."""
    alternatives = json_schema()["oneOf"]
    assert [one["title"] for one in alternatives] == list(KINDS)
    assert all(one["required"] == [one["title"]] for one in alternatives)
    assert all(one["additionalProperties"] is False for one in alternatives)


READABLE = [
    {"uniform": ["2d", "5d"]},
    {"uniform": {"low": "2d", "high": "5d"}},
    {"triangular": ["3d", "5d", "15d"]},
    {"pert": [180, 220, 340]},
    {"pert": ["2028-02-01", "2028-02-01", "2028-04-01"]},
    {"pert": {"low": "1d", "mode": "2d", "high": "4d", "weight": 2.5}},
    {"trigen": {"p5": "1d", "mode": "2d", "p80": "4d"}},
    {"normal": {"mean": "2028-02-01", "sd": "5ed"}},
    {"lognormal": {"mean": "30eh", "sd": "5eh"}},
    {"lognormal": {"p10": "30eh", "p90": "50eh"}},
    {"exponential": {"mean": "3d"}},
    {"gamma": {"mean": 10, "sd": 3}},
    {"gamma": {"shape": 2, "scale": "3d"}},
    {"beta": {"low": "0%", "high": "100%", "alpha": 2, "beta": 3.5}},
    {"weibull": {"shape": 1.5, "scale": "3d"}},
    {"pareto": {"low": "300/d", "alpha": 3}},
    {"metalog": {"p10": 0.9, "p50": 1.2, "p90": 2.2, "low": 0.5, "high": 9}},
    {"discrete": {"5d": 3, "10d": 1}},
    {"discrete": {0: 0.1, 2.5: 0.2, 7: 0.7}},
    {"poisson": 40},
]


@pytest.mark.parametrize("raw", READABLE, ids=str)
def test_what_is_written_reads_back(raw):
    """Plain data of a parsed distribution parses to the same one, units and all."""
    found = parse_distribution(raw, None)
    assert parse_distribution(found.to_yaml(), None) == found
    assert is_distribution(raw)


@given(
    st.sampled_from(["d", "eh", "pd", "%", ""]),
    st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3).map(sorted),
    st.floats(0.01, 50.0),
    st.dictionaries(st.integers(-50, 50), st.floats(0.0, 1e6), min_size=1).filter(
        lambda found: any(found.values())
    ),
)
@settings(deadline=None)
def test_any_numbers_read_back(unit, values, weight, steps):
    """Round trips keep every bit, whatever the numbers."""
    texts = [f"{value!r}{unit}" if unit else value for value in values]
    raw = {"pert": {"low": texts[0], "mode": texts[1], "high": texts[2], "weight": weight}}
    for one in (raw, {"uniform": texts[:2]}, {"discrete": steps}):
        found = parse_distribution(one, None)
        assert parse_distribution(found.to_yaml(), None) == found


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3).map(sorted), st.floats(0.05, 30.0))
@settings(deadline=None)
def test_quantiles_rise_within_the_support(values, weight):
    """For any three values: quantiles never fall and never leave low to high."""
    low, mode, high = values
    assume(low == high or high - low > 1e-150)  # the squares of smaller ones are no normal numbers
    for found in (Triangular(low, mode, high), Pert(low, mode, high, weight), Uniform(low, high)):
        quantiles = found.ppf(np.sort(U))
        slack = 1e-12 * (abs(low) + abs(high))
        assert np.all(np.diff(quantiles) >= -slack)
        assert quantiles[0] >= low - slack
        assert quantiles[-1] <= high + slack


def test_units_are_known_and_resolved():
    """Quantities keep their unit until a calendar converts them; order is checked again then."""
    found = parse_distribution({"pert": ["1d", "12h", "1w"]}, None)
    assert found.units() == {"working"}
    hours = {"h": 1.0, "d": 8.0, "w": 40.0}
    resolved = found.resolved(lambda amount: amount.value * hours[amount.unit])
    assert resolved == Pert(8.0, 12.0, 40.0)
    with pytest.raises(ValueError, match=r"low \(30\) is above mode \(12\)"):
        found.resolved(lambda amount: 30.0 if amount.unit == "d" else 12.0)
    dated = parse_distribution({"normal": {"mean": "2028-02-01", "sd": "5d"}}, None)
    assert dated.units() == {"date", "working"}
    with pytest.raises(TypeError, match="resolved"):
        found.mean()


def test_elapsed_units_are_compared_at_once():
    """Hours, days and weeks of the clock need no calendar to be put in order."""
    with pytest.raises(ValueError, match=r"low \(2ed\) is above mode \(47eh\)"):
        parse_distribution({"pert": ["2ed", "47eh", "1ew"]}, None)


BROKEN = [
    ({"perd": [1, 2, 3]}, "unknown distribution 'perd'; did you mean 'pert'"),
    ({"pert": [1, 2, 3], "normal": {}}, "found pert and normal"),
    ({}, "found no key"),
    ("15d", "'15d' is not a distribution"),
    ({"pert": [1, 2]}, r"2 values in \[1, 2\]; expected a list of 3: \[low, mode, high\]"),
    ({"pert": "1 2 3"}, "is not a list"),
    ({"pert": ["20d", "15d", "40d"]}, r"low \(20d\) is above mode \(15d\).*low <= mode <= high"),
    ({"pert": [1, 2, "x"]}, "high: cannot read 'x'"),
    ({"pert": [1, 2, math.inf]}, "not a finite number"),
    ({"pert": [1, 2, math.nan]}, "not a finite number"),
    ({"pert": [1, 2, 1e300]}, "usable size"),
    ({"pert": [1, 2, 10**400]}, "high"),
    ({"pert": [True, 2, 3]}, "low: True is not a quantity"),
    ({"pert": {"low": 1, "mode": 2, "hihg": 3}}, "'hihg'; did you mean 'high'"),
    ({"pert": {"low": 1, "mode": 2}}, "high missing"),
    ({"pert": {"low": 1, "mode": 2, "high": 3, "weight": 0}}, "weight is 0"),
    ({"pert": {"low": 1, "mode": 2, "high": 3, "weight": "4d"}}, "without a unit"),
    ({"uniform": ["2028-03-01", "2028-02-01"]}, "above high"),
    ({"normal": {"mean": 1, "sd": -2}}, "sd is -2; expected 0 or more"),
    ({"normal": {"mean": 1, "sd": "2027-01-01"}}, "sd is a date"),
    ({"normal": [1, 2]}, "is not a mapping"),
    ({"normal": {1: 2}}, "unknown key 1"),
    ({"lognormal": {"mean": 0, "sd": 1}}, "mean is 0; expected more than 0"),
    ({"lognormal": {"mean": 1e-9, "sd": 1}}, "100,000 times"),
    ({"lognormal": {"p10": 1}}, "1 percentiles; expected two"),
    ({"lognormal": {"p10": 5, "p90": 1}}, r"p10 \(5\) is above p90 \(1\)"),
    ({"lognormal": {"p49": 1, "p51": 1e9}}, "too far apart"),
    ({"trigen": {"p10": 1, "p90": 3}}, "mode missing"),
    ({"trigen": {"p10": 1, "mode": 2}}, "1 percentiles"),
    ({"trigen": {"p10": 1, "mode": 4, "p90": 3}}, r"mode \(4\) is above p90 \(3\)"),
    ({"trigen": {"p10": 1, "mode": 2, "p100": 3}}, "no percentile 'p100'; expected p1 to p99"),
    ({"trigen": {"p10": 1, "mod": 2, "p90": 3}}, "'mod'; did you mean 'mode'"),
    ({"exponential": {"mean": -1}}, "mean is -1"),
    ({"gamma": {"shape": 0, "scale": 1}}, "shape is 0"),
    ({"gamma": {"mean": 1e9, "sd": 1}}, "thousandth"),
    ({"gamma": {"mean": 1, "scale": 1}}, "'mean'"),
    ({"beta": {"low": 0, "high": 1, "alpha": -1, "beta": 2}}, "alpha is -1"),
    ({"weibull": {"shape": 2, "scale": "-3d"}}, "scale is -3d"),
    ({"pareto": {"low": 1, "alpha": 0}}, "alpha is 0"),
    ({"metalog": {"p10": 1, "p50": 2}}, "2 percentiles; expected three or more"),
    ({"metalog": {"p10": 1, "p50": 2, "p90": 2}}, "p50 and p90 are equal"),
    ({"metalog": {"p10": 1, "p50": 1.01, "p90": 9}}, "no metalog rises through p10, p50, p90"),
    ({"metalog": {"p10": 1, "p50": 2, "p90": 3, "low": 1}}, "low and p10 are equal"),
    ({"metalog": {"p10": 1, "p50": 2, "p90": 3, "high": 2.5}}, "is above high"),
    ({"metalog": {"p0": 1, "p50": 2, "p90": 3}}, "no percentile 'p0'"),
    ({"metalog": {"p10.5": 1, "p50": 2, "p90": 3}}, "no percentile 'p10.5'"),
    ({"discrete": {}}, "the weights sum to 0"),
    ({"discrete": {"5d": -1}}, "weight -1"),
    ({"discrete": {"5d": 0}}, "sum to 0"),
    ({"discrete": {"5d": 1, "5.0d": 2}}, "5d is there twice"),
    ({"discrete": {"soon": 1}}, "value: cannot read 'soon'"),
    ({"discrete": {"5d": "often"}}, "weight of '5d'"),
    ({"discrete": [1, 2]}, "expected {value: weight}"),
    ({"poisson": -1}, "mean is -1"),
    ({"poisson": "4d"}, "without a unit"),
    ({"samples": "a.csv#b"}, "needs a folder"),
    ({"samples": "a.csv"}, "names no column"),
    ({"samples": 7}, "expected file.csv#column"),
]


@pytest.mark.parametrize(("raw", "message"), BROKEN, ids=str)
def test_faults_are_told_in_the_readers_words(raw, message):
    """Each impossible distribution is refused with its value and what was expected."""
    with pytest.raises(ValueError, match=message):
        parse_distribution(raw, None)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-5, 5),
    st.floats(),
    st.floats(-5, 5),
    st.sampled_from(["1d", "2eh", "-3pd", "40%", "300/d", "2027-06-30", "p10", "1e999", "", "9h"]),
    st.text(max_size=8),
)
KEYS = st.one_of(
    st.sampled_from([*KINDS, "p10", "p50", "p90", "low", "mode", "high", "mean", "sd", "shape"]),
    st.sampled_from(["scale", "alpha", "beta", "weight", "unit"]),
    SCALARS,
)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=12,
)


@given(
    st.one_of(st.dictionaries(st.sampled_from([*KINDS]), BODIES, min_size=1, max_size=1), BODIES)
)
@example({"discrete": {"1d": 1e308, "2d": 1e308}})
@example({"samples": "a\0b.csv#x"})
@example({"pert": {"low": -1e18, "mode": 0, "high": 1e18}})
@example({"lognormal": {"mean": 5e-324, "sd": 1e18}})
@example({"metalog": {"p10": 1e18, "p50": 1e18 + 128, "p90": 1e18 + 256, "low": 0}})
@settings(max_examples=600, deadline=None)
def test_broken_input_is_a_value_error_and_nothing_else(tmp_path_factory, raw):
    """Whatever the file holds: a distribution that can be computed, or a ValueError."""
    folder = tmp_path_factory.getbasetemp()
    is_distribution(raw)
    try:
        found = parse_distribution(raw, folder).resolved(_number)
    except ValueError:
        return
    quantiles = found.ppf(np.array([2.0**-33, 0.5, 1 - 2.0**-33]))
    assert np.all(np.isfinite(quantiles))
    assert not math.isnan(found.mean())


def _number(quantity: Quantity) -> float:
    match quantity:
        case Moment(at=at):
            return float(at.toordinal())
        case float():
            return quantity
        case _:
            return getattr(quantity, "value")  # noqa: B009 - an amount or a rate


def test_samples_come_from_a_column(tmp_path):
    """Cells are drawn as they are, with the unit that stands beside or their own."""
    history = tmp_path / "history"
    history.mkdir()
    (history / "team.csv").write_text("\ufeffname;points\na;12\n\nb;15.5\nc;3eh\n", "utf-8")
    raw = {"samples": "history/team.csv#points", "unit": "d"}
    found = parse_distribution(raw, tmp_path)
    assert found.values == (Amount(12.0, "d"), Amount(15.5, "d"), Amount(3.0, "eh"))
    assert found.units() == {"working", "elapsed"}
    assert found.to_yaml() == raw
    assert parse_distribution(found.to_yaml(), tmp_path) == found
    plain = Samples((3.0, 1.0, 2.0), "x.csv#y")
    assert plain.ppf(np.array([0.1, 0.4, 0.9])).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv#velocty", "velocity,x\n1,2\n", "did you mean 'velocity'"),
        ("a.csv#x", "x\n", "has no rows"),
        ("a.csv#x", "", "is empty"),
        ("a.csv#x", "x,y\n1,2\nmany,3\n", "a.csv row 3: cannot read 'many'"),
        ("a.csv#x", "x,y\n1,2\n,3\n", "row 3"),
        ("a.csv#x", "x\nnan\n", "row 2"),
        ("b.csv#x", "x\n1\n", "there is no file 'b.csv'"),
        ("../a.csv#x", "x\n1\n", "outside"),
        ("/etc/passwd#x", "x\n1\n", "outside"),
        ("C:\\a.csv#x", "x\n1\n", "outside"),
        ("link.csv#x", "x\n1\n", "outside"),
        (f"{'n' * 5000}.csv#x", "x\n1\n", "cannot be opened"),
    ],
)
def test_faulty_sample_files_are_refused(tmp_path, name, text, message):
    """A missing column, no numbers, or a file that is not the scenario's."""
    folder = tmp_path / "scenario"
    folder.mkdir()
    (folder / "a.csv").write_text(text)
    (tmp_path / "secret.csv").write_text("x\n1\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ValueError, match=message):
        parse_distribution({"samples": name}, folder)


def test_sample_files_have_a_limit_and_an_encoding(tmp_path):
    """Neither a huge file nor one of bytes is read as a table; nor is an unknown unit taken."""
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    (tmp_path / "bytes.csv").write_bytes(b"x\n\xff\xfe\n")
    (tmp_path / "a.csv").write_text("x\n1\n")
    for name, message in (("big.csv#x", "larger than 16 MB"), ("bytes.csv#x", "UTF-8")):
        with pytest.raises(ValueError, match=message):
            parse_distribution({"samples": name}, tmp_path)
    with pytest.raises(ValueError, match="unknown unit 'day'"):
        parse_distribution({"samples": "a.csv#x", "unit": "day"}, tmp_path)


def test_what_looks_like_a_distribution():
    """Kinds, also misspelt ones, but no other mapping of a scenario."""
    assert is_distribution({"triangluar": [1, 2, 3]})
    assert is_distribution({"samples": "a.csv#b", "unit": "d"})
    for raw in ({"if vendor_late": 0.5, "else": 0.1}, {"rate": "5/d"}, "15d", [1, 2], {}, {1: 2}):
        assert not is_distribution(raw)


def test_examples_cover_all_quantities_that_units_knows():
    """Every way to write a quantity can be a parameter where its kind allows it."""
    for text in ("5d", "5eh", "5pd", "5%", "5/d", "2027-06-30", "5"):
        found = parse_distribution({"uniform": [text, text]}, None)
        assert found.units() == {unit_of(parse_quantity(text))}
