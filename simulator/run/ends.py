"""What a plan comes to, and nothing else: no criticality, no counts, no months."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulator.engine.costs import costs_of
from simulator.engine.draws import draw
from simulator.engine.durations import durations_of
from simulator.engine.finishes import Ends, program_finish
from simulator.engine.network_pass import network_pass
from simulator.engine.sampling import Sampling
from simulator.plan.compile import Plan
from simulator.run.block import Span, block_finishes
from simulator.run.pieces import by_threads
from simulator.run.settings import Settings
from simulator.run.simulate import settled, simulate_plan, spans


def ends_of(plan: Plan, settings: Settings, sampling: Sampling) -> Ends:
    """What the iterations of a run come to under a plan, drawn as `sampling` says.

    Where NumPy computes, what a whole run would count besides is left out.
    """
    settings = settled(replace(settings, task_iterations=0), plan)
    if settings.engine_used != "numpy":
        joined = simulate_plan(plan, settings, sampling=sampling)
        return Ends(joined.finish, joined.finishes, joined.cost)
    sampling = replace(sampling, replicates=settings.replicates)

    def make(span: Span) -> Ends:
        draws = draw(plan, sampling, span.start, span.stop)
        durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
        schedule = network_pass(plan.network, durations)
        finish = program_finish(plan.network, durations, schedule)
        costs = costs_of(plan, draws, durations, schedule, finish)
        return Ends(finish, block_finishes(plan, schedule), costs.total)

    return put_together(list(by_threads(make, spans(plan, settings), settings.threads_used)))


def put_together(parts: Sequence[Ends]) -> Ends:
    """Blocks one after the other."""
    return Ends(*(np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)))
