"""The kernel of spans: lanes are drawn, scheduled and costed, and what is kept of them is noted.

One call for many chunks, because threads wait for the interpreter's lock between calls. Its stages
are kernels of their own, called by their addresses: so each is compiled once, and by itself.
"""

from simulator.engine.compiled.calling import call_at
from simulator.engine.compiled.cost_arrays import CostArrays
from simulator.engine.compiled.dispatch_tape import Desk, PoolTape
from simulator.engine.compiled.draw_tape import DrawTape
from simulator.engine.compiled.draws import Drawn
from simulator.engine.compiled.follow import Kept
from simulator.engine.compiled.found import Found
from simulator.engine.compiled.jit import Whole, inner, outer
from simulator.engine.compiled.lanes import Lanes
from simulator.engine.compiled.laying import lay_out, settle
from simulator.engine.compiled.money_tape import MoneyTape
from simulator.engine.compiled.network_tape import NetworkTape
from simulator.engine.compiled.noting import (
    halve,
    note_costs,
    note_meetings,
    note_occurrences,
    note_outcomes,
    note_tasks,
    sum_money,
)
from simulator.engine.compiled.outcome_tape import OutcomeTape
from simulator.engine.compiled.schemes import SchemeTape
from simulator.engine.compiled.span_tape import (
    SpanTape,
    Stages,
    Stretch,
    Totals,
    Views,
    lanes_there,
)
from simulator.engine.compiled.terms import WorkArrays, WorkTape
from simulator.engine.compiled.unit_hits import HitTape, fill_hits
from simulator.engine.sums import CHUNK
from simulator.plan.plan import Ints
from simulator.plan.work_calendar import Floats

_lanes_there = inner(lanes_there)


@outer
def unfold(
    stages: Stages, stretch: Stretch, tape: SpanTape, draws: DrawTape, scheme: SchemeTape,
    work: WorkTape, network: NetworkTape, wanted: OutcomeTape, prices: MoneyTape, drawn: Drawn,
    given: WorkArrays, lanes: Lanes, kept: Kept, money: CostArrays, views: Views, totals: Totals,
    found: Found, pools: PoolTape | None, desk: Desk | None, hits: HitTape | None, drawing: bool,
) -> None:  # fmt: skip
    """Simulate a stretch of iterations; it ends early if something goes wrong (`trouble`).

    Unless `drawing`, lanes are drawn already, and of money only what each iteration costs is kept.
    """
    run = tape.run
    for k in range(-(-stretch.iterations // CHUNK)):
        place, there = stretch.place + k, stretch.iterations - k * CHUNK
        whole = place < found.task_start.shape[1]
        starts = tape.all_starts if whole else tape.starts
        ends = tape.all_ends if whole else tape.ends
        own = Kept(
            kept.out, kept.marks, kept.there, found.critical[place], found.present[place],
            found.spent[place],
        )  # fmt: skip
        if drawing:
            totals.cash[:] = 0.0
            totals.accounts[:] = 0.0
        for first in range(stretch.first, stretch.until, run):
            n = _lanes_there(min(there, CHUNK), first, run)
            if n == 0:
                break
            if drawing:
                chunk = stretch.chunk + k
                call_at(stages.draw, (draws, scheme, work, chunk, first, n, drawn, given))
            lay_out(tape, network, drawn, given, lanes)
            _schedule(
                stages.schedule, tape, network, wanted, drawn, lanes, own, starts, ends, pools,
                desk, hits, n,
            )  # fmt: skip
            settle(tape, lanes, given)
            note_outcomes(found, kept.out, place, first, run)
            note_occurrences(tape, network, found, drawn, lanes, place, n)
            note_meetings(tape, network, found, lanes, n)
            if whole:
                note_tasks(tape, found, lanes, place, first, run)
            if tape.costs:
                _cost(
                    stages.cost, prices, drawn, given, views, kept.out, money, totals, found,
                    place, first, run, n,
                )  # fmt: skip
                if drawing:
                    sum_money(money, totals, run, n)
            if lanes.trouble[0] or money.trouble[0]:
                return
        if drawing:
            halve(totals.cash, found.cash, place)
            halve(totals.accounts, found.accounts, place)


@inner
def _cost(
    stage: int, prices: MoneyTape, drawn: Drawn, given: WorkArrays, views: Views, out: Floats,
    money: CostArrays, totals: Totals, found: Found, place: Whole, first: Whole, run: Whole,
    n: Whole,
) -> None:  # fmt: skip
    """Cost lanes that are scheduled, and keep what they cost."""
    call_at(
        stage,
        (
            prices, n, drawn.values, drawn.occurs, given.work, given.exists, views.times,
            views.flags, views.stop_at, out, money,
        ),
    )  # fmt: skip
    note_costs(found, money, totals, place, first, run)


@inner
def _schedule(
    stage: int, tape: SpanTape, network: NetworkTape, wanted: OutcomeTape, drawn: Drawn,
    lanes: Lanes, kept: Kept, starts: Ints, ends: Ints, pools: PoolTape | None, desk: Desk | None,
    hits: HitTape | None, n: int,
) -> None:  # fmt: skip
    """Schedule lanes, count, and fill the clock times that costs and kept tasks want."""
    if desk is None or hits is None:
        call_at(stage, (network, wanted, lanes, kept, starts, ends, n, False))
    else:
        fill_hits(hits, network, drawn, desk, lanes, n)
        call_at(stage, (network, pools, wanted, lanes, kept, desk, n, False))
