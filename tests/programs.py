"""Small scenarios for tests, written as the user writes them."""

from datetime import datetime

import numpy as np

import simulator
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.network_pass import network_pass
from simulator.engine.schedule import Durations, Schedule
from simulator.plan.compile import Plan, compile_plan
from simulator.run.deterministic import DeterministicPlan, deterministic_plan

MONDAY = "2027-01-04"


def scenario(tasks: str = "", *, program: str = "", more: str = "") -> simulator.Scenario:
    """One project `p` from its tasks, one a line, starting on a Monday."""
    lines = "\n".join(f"      {line.strip()}" for line in tasks.strip().splitlines())
    return simulator.loads(
        f"format: 1\nprogram: {{start: {MONDAY}, {program}}}\n"
        f"projects:\n  p:\n    tasks:\n{lines}\n{more}"
    )


def planned(tasks: str, *, program: str = "", more: str = "") -> dict[str, tuple[str, str]]:
    """Start and finish of every task in the deterministic plan, as `Mon 04 Jan 09:00`."""
    plan = compile_plan(scenario(tasks, program=program, more=more))
    shown = deterministic_plan(plan).shown
    return {
        task.id.partition(".")[2]: (
            day(plan, shown.start[task.first, 0]),
            day(plan, shown.finish[task.last, 0]),
        )
        for task in plan.network.tasks
    }


def day(plan: Plan, ms: float) -> str:
    """An instant as `Mon 04 Jan 09:00`."""
    return plan.clock.date(float(ms)).strftime("%a %d %b %H:%M")


def compiled(tasks: str, *, program: str = "", more: str = "") -> Plan:
    """The compiled plan of a small scenario."""
    return compile_plan(scenario(tasks, program=program, more=more))


def deterministic(tasks: str, *, program: str = "", more: str = "") -> DeterministicPlan:
    """The deterministic plan of a small scenario."""
    return deterministic_plan(compiled(tasks, program=program, more=more))


def block(plan: Plan, iterations: int = 2048, seed: int = 1) -> tuple[Durations, Schedule]:
    """One block of a plan, scheduled."""
    durations = durations_of(plan, draw(plan, seed, 0, iterations))
    return durations, network_pass(plan.network, durations)


def row(plan: Plan, task: str) -> int:
    """The row of a task of project `p`."""
    return next(each.base for each in plan.network.tasks if each.id == f"p.{task}")


def hours(values: np.ndarray) -> np.ndarray:
    """Milliseconds as hours."""
    return values / 3_600_000.0


def at(plan: Plan, text: str) -> float:
    """Milliseconds from program start to a date such as 2027-01-04 09:00."""
    return plan.clock.ms(datetime.fromisoformat(text))


def without_limits(scenario: simulator.Scenario) -> simulator.Scenario:
    """A scenario whose pools all have units for everybody, whatever risks took from them."""
    pools = {
        key: pool.model_copy(update={"units": "unlimited"}) for key, pool in scenario.pools.items()
    }
    risks = {
        key: risk for key, risk in scenario.risks.items() if not any(hit.pools for hit in risk.hits)
    }
    return scenario.model_copy(update={"pools": pools, "risks": risks})
