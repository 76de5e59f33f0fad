"""Finish and cost of plans that differ in their levers only, each future simulated once.

Of every plan only the futures are simulated in which something happens that is not known yet
(`mitigation_states`, `mitigation_memory`); those of several plans together, where none of them has
more than one epoch, since many small schedules take longer than a large one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.analysis.mitigation_memory import Codes, Memory, Places
from simulator.analysis.mitigation_states import FutureStates
from simulator.engine.costs import costs_of
from simulator.engine.draws import Draws, under
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats
from simulator.run.block import engine_of
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import settled
from simulator.run.variants import on_same_futures

_REMEMBERED = 3_000_000
_PIECE = 2_000_000
"""Rows times futures that are simulated at a time."""
_MOSTLY = 0.1
"""The share of new futures above which kernels simulate all futures sooner than NumPy those."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan, and the kind of those that it differs from in levers only."""

    plan: Plan
    kind: str


@dataclass
class LeverEnds:
    """Finish and cost on the futures of a run, whose draws are `states.draws`."""

    results: Results
    states: FutureStates
    costed: bool
    _memory: Memory = field(default_factory=lambda: Memory(2, _REMEMBERED), repr=False)

    def of(self, asked: Sequence[Asked]) -> list[Floats]:
        """Finish and cost (2, N) of each plan, in their order; cost is 0 where it is not costed."""
        codes = [
            self.states.codes(each.plan.effects.risks, each.plan.effects.thresholds, each.kind)
            for each in asked
        ]
        known, found = zip(*(self._memory.find(each) for each in codes), strict=True)
        new = [np.flatnonzero(~each) for each in known]
        if any(len(each) for each in new):
            self._add(asked, codes, new, found)
        return list(found)

    def _add(
        self,
        asked: Sequence[Asked],
        codes: list[Codes],
        new: list[Places],
        found: tuple[Floats, ...],
    ) -> None:
        """Simulate what is not known, once for each code of a future, and fill it in."""
        futures = np.concatenate(new)
        own = np.concatenate([each[where] for each, where in zip(codes, new, strict=True)])
        mixed = own ^ futures.astype(np.uint64) * _SPREAD
        _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
        owners = np.repeat(np.arange(len(asked)), [len(each) for each in new])[first]
        figures = np.empty((2, len(first)))
        for group in _groups(asked):
            parts = [np.flatnonzero(owners == number) for number in group]
            plans = [asked[number].plan for number in group]
            at = np.concatenate(parts)
            figures[:, at] = self._simulated(plans, [futures[first[part]] for part in parts])
        self._memory.keep(own[first], futures[first], figures)
        begin = 0
        for where, each in zip(new, found, strict=True):
            each[:, where] = figures[:, inverse[begin : begin + len(where)]]
            begin += len(where)

    def _simulated(self, plans: list[Plan], futures: list[Places]) -> Floats:
        """Finish and cost (2, K) of plans in some futures each, one after the other."""
        settings = settled(replace(self.results.settings, task_iterations=0), plans[0])
        together = np.concatenate(futures)
        owners = np.repeat(np.arange(len(plans)), [len(each) for each in futures])
        plan, count = plans[0], self.states.draws.iterations
        plainly = plan.effects.epochs == 1 and plan.effects.inside.is_empty
        compiled = settings.engine_used == "compiled" and plainly
        if compiled and len(plans) == 1 and len(together) > _MOSTLY * count:
            joined = on_same_futures(self.results, plan)
            return np.array([joined.finish, joined.cost])[:, together]
        size = max(_PIECE // max(len(plan.network.rows), 1), 256)
        pieces = [slice(at, at + size) for at in range(0, len(together), size)]

        def make(piece: slice) -> Floats:
            return self._piece(plans, settings, together[piece], owners[piece])

        if min(settings.threads_used, len(pieces)) <= 1:
            return np.concatenate([np.empty((2, 0)), *map(make, pieces)], axis=1)
        with ThreadPoolExecutor(settings.threads_used) as pool:
            return np.concatenate(list(pool.map(make, pieces)), axis=1)

    def _piece(
        self, plans: list[Plan], settings: Settings, futures: Places, owners: Places
    ) -> Floats:
        """The chain of `simulator.run.block` as far as finish and cost."""
        plan, draws = self._merged(plans, futures, owners)
        durations = durations_of(plan, draws, keep_margin=settings.keep_margin)
        schedule = engine_of(settings)(plan.network, durations)
        finish = program_finish(plan.network, durations, schedule)
        if not self.costed:
            return np.array([finish, np.zeros(len(finish))])
        return np.array([finish, costs_of(plan, draws, durations, schedule, finish).total])

    def _merged(self, plans: list[Plan], futures: Places, owners: Places) -> tuple[Plan, Draws]:
        """One plan in which each future has the scales of its own, and their draws."""
        there = np.unique(owners).tolist()
        draws = under(plans[there[0]], self.states.draws, futures)
        if len(there) == 1:
            return plans[there[0]], draws
        occurs = np.empty_like(draws.occurs)
        for number in there:
            own = owners == number
            occurs[:, :, own] = under(plans[number], self.states.draws, futures[own]).occurs
        plan, scaled = plans[there[0]], []
        for number, risk in enumerate(plan.effects.risks):
            scales = np.array([each.effects.risks[number].effects[0] for each in plans])
            same = (scales == scales[there[0]]).all()
            scaled.append(risk if same else replace(risk, effects=scales[owners][np.newaxis]))
        effects = replace(plan.effects, risks=tuple(scaled))
        return replace(plan, effects=effects), replace(draws, occurs=occurs)


def _groups(asked: Sequence[Asked]) -> list[list[int]]:
    """Which plans are simulated together: of one kind, without money, and without dates."""
    found: dict[object, list[int]] = {}
    for number, each in enumerate(asked):
        effects = each.plan.effects
        plain = effects.epochs == 1 and effects.inside.is_empty and not each.plan.money.accounts
        found.setdefault(each.kind if plain else number, []).append(number)
    return list(found.values())
