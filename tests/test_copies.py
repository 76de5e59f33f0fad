"""Copies of the process that work beside it: what they find is what it would find itself."""

import os
import pickle
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simulator
from simulator.run import copies
from simulator.run.ahead import ahead
from simulator.run.copies import Copy
from simulator.run.settings import Settings

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="processes are copied on Linux"
)

SCENARIO = """format: 1
program: {start: 2027-01-04, finish: p.b}
pools: {dev: {units: unlimited, rate: 500/d}}
boards: {gate: {meets: first thu, approves: 0.7}}
classes: {history: {uniform: [1.0, 2.0], includes_risks: true}}
projects:
  p:
    tasks:
      a: {duration: {uniform: [5d, 9d]}, needs: {dev: 2}}
      c: {duration: {uniform: [2d, 30d]}}
      b: {duration: {pert: [5d, 6d, 20d]}, after: [a, c], board: gate, needs: {dev: 1}}
"""


@pytest.fixture(autouse=True)
def allowed(monkeypatch):
    """The processes of tests have threads that wait, and perhaps one core."""
    monkeypatch.setattr(copies, "may_copy", lambda: True)


@pytest.fixture(scope="module")
def scenario():
    """Three tasks, a board and a pool: there is a band, and a use."""
    return simulator.loads(SCENARIO)


def test_a_copy_answers_what_it_was_asked():
    """Requests arrive in their order, however large; the answer is pickled."""
    copy = Copy.doing(lambda requests: [pickle.load(requests) for _ in range(2)])
    copy.ask(np.arange(1_000_000))
    copy.ask("more")
    numbers, more = copy.answer()
    copy.end()
    assert (numbers[-1], more) == (999_999, "more")


def test_a_copy_that_fails_has_no_answer():
    """Neither what it raises nor its death is more than that, and nothing is left of it."""
    for work in (lambda _: 1 / 0, lambda _: os.kill(os.getpid(), 9), lambda _: lambda: None):
        copy = Copy.doing(work)
        copy.ask("what")
        assert copy.answer() is None
        copy.end()
        with pytest.raises(ProcessLookupError):
            os.kill(copy.process, 0)


def test_copies_of_copies_end_with_them(tmp_path):
    """Whoever interrupts a run leaves nothing behind."""

    def work(_):
        def slow(_):
            (tmp_path / "began").write_text(str(os.getpid()))
            time.sleep(60)

        return Copy.doing(slow, of_copy=True).answer()

    copy = Copy.doing(work)
    while not (tmp_path / "began").exists() or not (tmp_path / "began").read_text():
        time.sleep(0.01)
    copy.end()
    state = Path(f"/proc/{(tmp_path / 'began').read_text()}/stat")
    for _ in range(500):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.01)
    pytest.fail("it goes on")


@pytest.mark.parametrize("scheme", ["mc", "lhs"])
def test_what_is_found_ahead_is_what_results_find(scenario, scheme):
    """Band and use, to the last bit."""
    settings = Settings(1_000, scheme=scheme)
    with ahead(scenario, settings) as put:
        results = simulator.simulate(scenario, iterations=1_000, scheme=scheme)
        found, itself = replace(results, banded=True), replace(results, banded=True)
        put(found)
    assert {"use", "model_band"} <= vars(found).keys()
    assert found.model_band == itself.model_band
    assert len(found.model_band.cases) == 4
    assert found.to_dict() == itself.to_dict()
    assert found.use.pools.keys() == {"dev"}


def test_what_was_found_for_other_settings_is_left_alone(scenario):
    """Results with another seed find their own."""
    with ahead(scenario, Settings(500)) as put:
        results = simulator.simulate(scenario, iterations=500, seed=2)
        put(results)
    assert not {"use", "model_band"} & vars(results).keys()


def test_scipy_loads_without_tools_that_nobody_asked_for():
    """Whoever asks for them later gets them."""
    code = """
import sys
from simulator.cli.lean import load_special
load_special()
assert not {"numpy.f2py", "numpy.testing"} & sys.modules.keys()
import numpy as np, scipy
assert np.testing.assert_allclose and np.f2py.get_include
import numpy.testing
print(scipy.special.ndtri(0.5))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "0.0\n"


def test_a_whole_process_says_nothing_beside_its_report(tmp_path):
    """No library complains at its end; with copies where there are cores for them."""
    (tmp_path / "own.yaml").write_text(SCENARIO)
    said = subprocess.run(
        [sys.executable, "-m", "simulator.cli.main", "run", "own.yaml", "-n", "200"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(simulator.__file__).parents[1])},
    )
    assert said.stderr == ""
    assert "Charts in" in said.stdout
