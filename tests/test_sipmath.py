"""SIPmath 3.0: trials as the standard's own library prints them, and outcomes as a library."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import simulator
from simulator.cli.main import cli
from simulator.scenario.distribution_kinds.sip_libraries import TRIALS, hdr, sip_values
from simulator.scenario.dumping import digest

ROOT = Path(__file__).parents[1]
LIBRARY = (Path(__file__).parent / "data/sipmath/development_time.json").read_text()
FILE = "lib.SIPmath"
TASKS = "program: {start: 2027-01-04}\nprojects: {p: {tasks: {a: {duration: %s}}}}\n"


def library(**changes: Any) -> str:
    """A library of one metalog SIP, with parts of it changed."""
    sip = {"name": "x", "ref": {"source": "rng", "name": "r"}, "function": "Metalog_1_0",
           "arguments": {"aCoefficients": [10.0, 1.0]}}  # fmt: skip
    seeds = {"entity": 1, "varId": 2, "seed3": 3, "seed4": 4, **changes.pop("seeds", {})}
    rng = {"name": "r", "function": "HDR_2_0", "arguments": {"counter": "PM_Index", **seeds}}
    return json.dumps({"sips": [sip | changes], "U01": {"rng": [rng]}})


@pytest.mark.parametrize("sip", [sip["name"] for sip in json.loads(LIBRARY)["sips"]])
def test_trials_equal_those_that_the_standard_prints(sip: str):
    """Metalogs and a table, driven by the generator and by a Gaussian copula."""
    made = sip_values(LIBRARY, sip, FILE)
    (known,) = (each["metadata"] for each in json.loads(LIBRARY)["sips"] if each["name"] == sip)
    printed = {int(k.removeprefix("Trial")): v for k, v in known.items() if k.startswith("Trial")}
    assert len(printed) >= 3
    for number, value in printed.items():
        # Twelve digits are kept; the library's coefficients have ten.
        assert made[number - 1] == pytest.approx(value, rel=1e-10)


def test_a_copula_may_be_an_array():
    """Its numbers drive the SIP as they are."""
    copula = {"name": "c", "function": "SIP_Array", "copulaLayer": ["one", "two"],
              "arguments": {"type": "array", "value": [[0.1, 0.2], [0.5, 0.9]]}}  # fmt: skip
    text = json.loads(library(ref={"source": "copula", "name": "c", "copulaLayer": "two"}))
    text["U01"]["copula"] = [copula]
    made = sip_values(json.dumps(text), "x", FILE)
    assert made == pytest.approx([10.0, 10 + np.log(9)])


def test_the_generator_is_uniform_and_exact():
    """By Python's whole numbers, far out as well; and uniform over its trials."""
    for index, seeds in ((1, (2, 1, 3, 4)), (10**8, (10**8, 10**8, 10**7, 10**7))):
        var, entity, third, fourth = seeds
        one = index * 2499997 + var * 1800451 + entity * 2000371
        one += third * 1796777 + fourth * 2299603
        two = index * 2246527 + var * 2399993 + entity * 2100869
        two += third * 1918303 + fourth * 1624729
        left = 999999999999989 % (one % 7450589 * 4658 + 7450581) * 383 % 99991 * 7440893
        right = 999999999999989 % (two % 7450987 * 7580 + 7560584) * 17669 % 7440893
        exact = ((left + right) * 1343 % 2**32 + 0.5) / 2**32
        assert hdr(np.array([index]), seeds)[0] == exact
    u = np.sort(hdr(np.arange(1, TRIALS + 1), (2, 1, 3, 4)))
    ends = np.arange(TRIALS + 1) / TRIALS
    distance = max(np.max(ends[1:] - u), np.max(u - ends[:-1]))
    assert distance < 1.95 / np.sqrt(TRIALS)  # Kolmogorov: exceeded with a chance of 0.001


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [({"lowerBound": 5}, 5, np.inf), ({"upperBound": 7}, -np.inf, 7),
     ({"lowerBound": 5, "upperBound": 7}, 5, 7)],
)  # fmt: skip
def test_bounds_are_kept(bounds: dict[str, float], low: float, high: float):
    """Log and logit transforms of Keelin (2016), table 3; the median is that of the formula."""
    made = sip_values(library(arguments={"aCoefficients": [0.2, 0.5], **bounds}), "x", FILE)
    assert low < made.min()
    assert made.max() < high
    middle = {(5, np.inf): 5 + np.exp(0.2), (-np.inf, 7): 7 - np.exp(-0.2)}.get(
        (low, high), (5 + 7 * np.exp(0.2)) / (1 + np.exp(0.2))
    )
    assert np.median(made) == pytest.approx(middle, rel=0.02)


def test_a_library_is_a_distribution(tmp_path: Path):
    """In the scenario's folder, with a unit; the trials behind it count for the digest."""
    (tmp_path / FILE).write_text(library())
    text = "format: 1\n" + TASKS % f"{{samples: '{FILE}#x', unit: d}}"
    first = simulator.loads(text, folder=tmp_path)
    results = simulator.simulate(first, iterations=500)
    trials = 8 * np.sort(sip_values(library(), "x", FILE))
    hours = results.outcomes["duration"].values / 3_600_000
    above = np.searchsorted(trials, hours).clip(1, TRIALS - 1)
    away = np.minimum(abs(trials[above] - hours), abs(trials[above - 1] - hours))
    assert away.max() < 2e-7  # half a millisecond
    (tmp_path / FILE).write_text(library(seeds={"seed4": 5}))
    assert digest(simulator.loads(text, folder=tmp_path)) != digest(first)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"), ("[]", "no SIPmath 3.0 library"), ('{"sips": [NaN]}', "is not JSON"),
        ("[" * 100_000, "is not JSON"), (library(name="xy"), "no SIP 'x' in lib.SIPmath"),
        (library(function="eval"), "the function 'eval' is not read"),
        (library(seeds={"seed3": {"type": "parameter"}}), "is for a user to enter"),
        (library(seeds={"varId": 2**70}), "expected a whole number"),
        (library(seeds={"varId": "two"}), "lib.SIPmath"),
        (library(ref={"source": "rng", "name": "s"}), "no random number generator 's'"),
        (library(ref={"source": "copula", "name": "s", "copulaLayer": "c"}), "not written as SIP"),
        (library(function="SIP_Array", arguments={"type": "csv", "url": "http://x"}), "elsewhere"),
        (library(function="SIP_Array", arguments={"value": [1, "a"]}), "no number"),
        (library(function="SIP_Array", arguments={"value": []}), "0 trials"),
        (library(arguments={"aCoefficients": [1e308, 1e308]}), "no finite numbers"),
        (library(arguments={}), "not written as SIPmath"),
    ],
)  # fmt: skip
def test_what_is_no_library_is_refused(tmp_path: Path, text: str, said: str):
    """By name, at the line of the scenario that names it."""
    (tmp_path / FILE).write_text(text)
    scenario = "format: 1\n" + TASKS % f"{{samples: '{FILE}#x', unit: d}}"
    with pytest.raises(simulator.ScenarioError) as error:
        simulator.loads(scenario, folder=tmp_path)
    assert said in str(error.value)
    assert "projects.p.tasks.a.duration" in str(error.value)


def test_outcomes_become_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Trial k is iteration k of every outcome, and the library reads back."""
    monkeypatch.chdir(tmp_path)
    text = "format: 1\n" + TASKS % "{uniform: [5d, 9d]}, cost: {uniform: [1, 2]}"
    Path("portal.yaml").write_text(text)
    runner = CliRunner()
    assert runner.invoke(cli, ["run", "portal.yaml", "-n", "200"]).exit_code == 0
    (folder,) = Path("outputs/portal").iterdir()
    call = ["export", str(folder), "-o", "portal.SIPlib.json"]
    result = runner.invoke(cli, call)
    assert result.exit_code == 0, result.output
    assert runner.invoke(cli, call).exit_code == 2
    written = Path("portal.SIPlib.json").read_text()
    results = simulator.simulate(simulator.load("portal.yaml"), iterations=200)
    assert np.allclose(
        sip_values(written, "cost", FILE), results.outcomes["cost"].values, rtol=1e-9
    )
    days = sip_values(written, "finish", FILE)
    first = results.date(results.outcomes["finish"].values[0])
    assert np.datetime64("1899-12-30") + int(days[0]) == np.datetime64(first, "D")
    assert json.loads(written)["libraryType"] == "SIPmath_3_0"
    assert runner.invoke(cli, ["export", "portal.yaml", "-o", "x.json"]).exit_code == 2
