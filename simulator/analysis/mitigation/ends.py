"""Finish and cost of plans that differ in their levers only, each future simulated once.

Of every plan only the futures are simulated in which something happens that is not known yet
(`states`, `memory`); those of several plans together, where none of them has
more than one epoch, since many small schedules take longer than a large one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from simulator.analysis.mitigation.memory import Codes, Memory, Places
from simulator.analysis.mitigation.states import FutureStates
from simulator.engine.costs import costs_of
from simulator.engine.draws import Draws, under
from simulator.engine.durations import durations_of
from simulator.engine.finishes import program_finish
from simulator.plan.compile import Plan
from simulator.plan.work_calendar import Floats
from simulator.run.block import drawn_by_kernels, engine_of
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import settled
from simulator.run.variants import SameFutures

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
    """Finish and cost on the futures of a run, whose draws are `states.draws`.

    `base` is a plan that all others are changes of.
    """

    results: Results
    base: Plan
    states: FutureStates
    costed: bool
    _memory: Memory = field(default_factory=lambda: Memory(2, _REMEMBERED), repr=False)

    def of(self, asked: Sequence[Asked]) -> list[Floats]:
        """Finish and cost (2, N) of each plan, in their order; cost is 0 where it is not costed."""
        codes = [
            self.states.codes(each.plan.effects.risks, each.plan.effects.thresholds, each.kind)
            for each in asked
        ]
        looked_up = [self._memory.find(each) for each in codes]
        new = [np.flatnonzero(~known) for known, _ in looked_up]
        found = [figures for _, figures in looked_up]
        if any(len(each) for each in new):
            self._add(asked, codes, new, found)
        return found

    def _add(
        self,
        asked: Sequence[Asked],
        codes: list[Codes],
        new: list[Places],
        found: list[Floats],
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
        found = [np.empty((2, len(each))) for each in futures]
        few = list(range(len(plans)))
        if self._whole is not None and drawn_by_kernels(plans[0]):
            least = _MOSTLY * self.states.draws.iterations
            many = [number for number in few if len(futures[number]) > least]
            few = [number for number in few if len(futures[number]) <= least]
            ends = self._whole.ends([plans[number] for number in many])
            for number, end in zip(many, ends, strict=True):
                found[number][:] = np.array([end.finish, end.cost])[:, futures[number]]
        sizes = [len(futures[number]) for number in few]
        if sum(sizes):
            together = np.concatenate([futures[number] for number in few])
            owners = np.repeat(np.arange(len(few)), sizes)
            made = self._in_pieces([plans[number] for number in few], together, owners)
            for number, each in zip(
                few, np.split(made, np.cumsum(sizes)[:-1], axis=1), strict=True
            ):
                found[number][:] = each
        return np.concatenate(found, axis=1)

    @cached_property
    def _whole(self) -> SameFutures | None:
        """What simulates all futures of many plans with kernels; None where there are none."""
        settings = settled(self.results.settings, self.base)
        return SameFutures(self.results, self.base) if settings.engine_used == "compiled" else None

    def _in_pieces(self, plans: list[Plan], futures: Places, owners: Places) -> Floats:
        """Finish and cost (2, K) in some futures, each by the plan that owns it."""
        settings = settled(replace(self.results.settings, task_iterations=0), plans[0])
        size = max(_PIECE // max(len(plans[0].network.rows), 1), 256)
        pieces = [slice(at, at + size) for at in range(0, len(futures), size)]

        def make(piece: slice) -> Floats:
            return self._piece(plans, settings, futures[piece], owners[piece])

        if min(settings.threads_used, len(pieces)) <= 1:
            return np.concatenate([make(piece) for piece in pieces], axis=1)
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
