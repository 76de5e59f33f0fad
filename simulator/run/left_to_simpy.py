"""Which hits the compiled engine leaves to SimPy, hundreds of times slower, and what avoids it."""

from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.rounds import (
    BY_BOARD,
    BY_BOUNDS,
    BY_FIRST,
    BY_NO_WORK,
    BY_UNBROKEN,
    BY_WAIT,
    unclear_rows,
)
from simulator.engine.sampling import Sampling
from simulator.plan.compile import Plan
from simulator.run.settings import Settings

_LOOKED_AT = 64
"""Iterations that tell whether tasks may be without work."""
_NAMED = 3
"""Tasks and risks that are named, of many."""
_SLOW = (
    "where finite pools are shared only SimPy settles that, one future after the other, hundreds of"
    " times slower"
)
_WHY = {
    BY_WAIT: ("hits with a window make {tasks} wait", "`delay` or `factor` in place of `wait`"),
    BY_NO_WORK: ("windows may give work to {tasks}, where none was", "estimates above 0"),
    BY_UNBROKEN: ("windows or rates hit {tasks}, whose work is `unbroken`", "work that is not"),
    BY_BOUNDS: (
        "windows hit {tasks}, whose finish is bound by links or dates",
        "bounds on the start in place of those on the finish",
    ),
    BY_BOARD: (
        "rates arrive at {tasks}, where a board decides",
        "a task of its own for the approval",
    ),
    BY_FIRST: (
        "windows or rates hit {tasks}, at which another hit looks with `apply: first`",
        "`apply: each`",
    ),
}
_BESIDE_STOPS = "windows or rates, beside a risk that `stops` something"
_UNSETTLED = "what windows or rates do came out in no schedule"
_PLAINER = "hits without `when`, and chances in place of rates,"


def left_to_simpy(plan: Plan, settings: Settings, sampling: Sampling) -> tuple[str, ...]:
    """Why the compiled engine leaves a plan to SimPy, each with what avoids it; none if it may not.

    What only shows while a run goes on is told of every hit with a window or a rate.
    """
    network, inside = plan.network, plan.effects.inside
    if settings.engine_used != "compiled" or network.pools is None:
        return ()
    if not (inside.windows or inside.rates):
        return ()
    if plan.effects.stops:
        return (_told(_risks(plan, None), _BESIDE_STOPS, "a scenario without `stops`"),)
    draws = draw(plan, sampling, 0, _LOOKED_AT)
    durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
    rows: dict[str, list[int]] = {}
    for row, why in unclear_rows(network, durations).items():
        rows.setdefault(why, []).append(row)
    return tuple(
        _told(_risks(plan, where), _WHY[why][0].format(tasks=_tasks(plan, where)), _WHY[why][1])
        for why, where in rows.items()
    )


def unsettled(plan: Plan) -> str:
    """That rounds found no schedule, of which nothing told before."""
    return _told(_risks(plan, None), _UNSETTLED, _PLAINER)


def _told(risks: str, problem: str, remedy: str) -> str:
    return f"{risks}: {problem}; {_SLOW}; {remedy} would avoid that"


def _risks(plan: Plan, rows: list[int] | None) -> str:
    """The risks whose windows or rates hit rows, or all of them."""
    effects = plan.effects
    hits = [(hit.risk, hit.rows.tolist()) for hit in effects.inside.windows]
    hits += [(hit.risk, hit.rows.tolist()) for hit in effects.inside.hits]
    hits += [(rate.risk, [rate.row]) for rate in effects.inside.rates]
    own = None if rows is None else _with_repeated(plan, rows)
    found = {risk for risk, where in hits if own is None or own & set(where)}
    return _listed([effects.risks[risk].id for risk in sorted(found)])


def _with_repeated(plan: Plan, rows: list[int]) -> set[int]:
    """Rows, and those whose work they repeat."""
    repeated = {
        row: base for rework in plan.work.rework for each in rework.rows for row, base in each
    }
    return {*rows, *(repeated[row] for row in rows if row in repeated)}


def _tasks(plan: Plan, rows: list[int]) -> str:
    network = plan.network
    return _listed([network.tasks[int(network.rows.task[row])].id for row in rows])


def _listed(ids: list[str]) -> str:
    """`a`, `b`, `c` and 4 more."""
    names = [f"`{each}`" for each in dict.fromkeys(ids)]
    more = len(names) - _NAMED
    text = ", ".join(names[:_NAMED])
    return f"{text} and {more} more" if more > 0 else text
