"""Compile everything for this machine: what every run needs, and what plans with pools need.

A run compiles what it needs itself; set-up does it before anybody waits for it.
"""

from simulator.run.simulate import simulate
from simulator.scenario.loading import loads

_POOLED = """
format: 1
program: {start: 2027-01-04, calendar: 24x7}
calendars: {late: {week: {mon-fri: ["12:00-20:00"]}}}
pools: {dev: {units: 1}}
projects:
  p:
    tasks:
      a: {duration: 1d, needs: {dev: 1}}
      b: {duration: {uniform: [1d, 2d]}, needs: {dev: 1}}
"""


def compile_all() -> None:
    """Compile the kernels of runs, of the dispatcher and of levelled plans, unless that is done."""
    from simulator.engine.compiled.warm import warm_up  # noqa: PLC0415 - takes a second to load

    warm_up()
    other = _POOLED.replace("calendar: 24x7", "calendar: weekdays").replace(
        "b: {", "b: {calendar: late, "
    )
    for text in (_POOLED, other):
        simulate(loads(text), iterations=64, engine="compiled", threads=1, task_iterations=0)


if __name__ == "__main__":
    compile_all()
