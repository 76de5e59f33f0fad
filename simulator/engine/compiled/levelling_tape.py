"""A problem of levelling packed for the kernels, its priority rules, and the call of the search."""

from dataclasses import dataclass
from math import gcd

import numpy as np

from simulator.engine.compiled.levelling import Indices, LevelTape, Profile, Times, Words
from simulator.engine.compiled.levelling_clock import clock_tape
from simulator.engine.compiled.levelling_search import Goal, Room, Way, search
from simulator.engine.compiled.warm import forget_others_once
from simulator.engine.levelling import ALWAYS_BEFORE, Effort, LevelProblem, Numbers

_WORD = 64
_SEED = 1
_PATIENCE, _ROUNDS, _SWAPS = 2_000, 5, 50
"""Children without gain before all begins anew, rounds of improvement, swaps in a thousand."""


_CLOCK = 4
"""How many schedules on one axis take as long as one by the clock."""


def best_starts(problem: LevelProblem, effort: Effort) -> Times | None:
    """The starts (T,) of the best plan that a search finds; None if a row finds no place."""
    forget_others_once()
    rows = len(problem.span)
    forward, back = _ways(problem)
    room = _room(problem, effort)
    schedules = effort.of(rows) // (1 if problem.rules is None else _CLOCK)
    search(
        forward, back, _goal(problem), _profile(forward.tape), room,
        schedules, effort.members, _PATIENCE, _ROUNDS, _SWAPS,
    )  # fmt: skip
    lost = forward.clock.trouble[0] != 0 or room.keys[-1, 0] > -ALWAYS_BEFORE // 2
    return None if lost else room.best[1::2].copy()


@dataclass(frozen=True, slots=True)
class _Packing:
    """In which word, and how far up in it, each pool stands; and how wide a field is."""

    word: Numbers
    shift: Numbers
    width: int
    words: int
    unit: Numbers
    """How many thousandths each pool is counted in."""

    def top(self, pool: int) -> int:
        """The top bit of a pool's field."""
        return 1 << int(self.shift[pool]) + self.width - 1

    def units(self, pool: int, thousandths: int) -> int:
        """So many units in a pool's field."""
        return (thousandths // int(self.unit[pool])) << int(self.shift[pool])


def _packing(problem: LevelProblem) -> _Packing:
    """Pools that the same project uses stand together, in fields that hold all they may have."""
    count = len(problem.steps)
    unit, most = np.ones(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    owner = np.zeros(count)
    for pool, (_, units) in enumerate(problem.steps):
        own = problem.need_pool == pool
        unit[pool] = gcd(*problem.need_units[own].tolist()) or 1
        wanted = int(problem.need_units[own].sum())
        most[pool] = min(int(units.max()), wanted) // unit[pool]
        users = np.unique(problem.project[problem.need_row[own]])
        owner[pool] = users[0] if len(users) == 1 else -1
    # Twice what there is must fit below the top bit: holders keep theirs when units are taken away.
    wide = int(most.max(initial=0)).bit_length() + 2
    width = next(each for each in (16, 32, _WORD) if wide <= each)
    place = np.empty(count, dtype=np.int64)
    place[np.argsort(owner, kind="stable")] = np.arange(count)
    fields = _WORD // width
    return _Packing(place // fields, place % fields * width, width, -(-count // fields), unit)


def _ways(problem: LevelProblem) -> tuple[Way, Way]:
    """The problem as it is, and with time running backwards: finish f becomes start -f.

    A link from finish to start stays one then; start to start becomes finish to finish, and the
    other way round. What must not be forgotten of falling capacity stays forward: backward, nobody
    may hold more than there is.
    """
    packing = _packing(problem)
    needs = _needs(problem, packing)
    steps = _capacity(problem, packing, back=False)
    mirrored = _capacity(problem, packing, back=True)
    falls = any(bool((np.diff(units) < 0).any()) for _, units in problem.steps)
    odd = bool((problem.offset < 0).any() | problem.from_start.any() | problem.to_finish.any())
    rules = problem.rules
    odd |= rules is not None and min(rules.start_cap.min(), rules.finish_cap.min()) < np.inf
    code = 2 * problem.pred + problem.from_start
    first, by_succ = _grouped(problem.succ, len(problem.span))
    forward = LevelTape(
        problem.span, first, code[by_succ].astype(np.uint32), problem.offset[by_succ],
        *needs, *steps, odd, falls,
    )  # fmt: skip
    # s' = -f: f'(succ) or s'(succ) plus a distance bounds s'(pred).
    lag = problem.offset + np.where(problem.to_finish, problem.span[problem.succ], 0)
    back = lag - np.where(problem.from_start, problem.span[problem.pred], 0)
    first, by_pred = _grouped(problem.pred, len(problem.span))
    code = 2 * problem.succ + problem.to_finish
    backward = LevelTape(
        problem.span, first, code[by_pred].astype(np.uint32), back[by_pred],
        *needs, *mirrored, odd, False,
    )  # fmt: skip
    clock = clock_tape(problem, by_succ, back=False)
    return Way(forward, clock), Way(backward, clock_tape(problem, by_pred, back=True))


def _grouped(rows: Numbers, count: int) -> tuple[Indices, Numbers]:
    """The first place of each row among its entries, and the order that sorts them."""
    order = np.argsort(rows, kind="stable")
    first = np.searchsorted(rows[order], np.arange(count + 1))
    return first.astype(np.uint32), order


def _needs(problem: LevelProblem, packing: _Packing) -> tuple[Indices, Indices, Words, Words]:
    """What each row needs of each word: first, word, units, top bits."""
    wanted: dict[tuple[int, int], tuple[int, int]] = {}
    for row, pool, units in zip(
        problem.need_row.tolist(), problem.need_pool.tolist(), problem.need_units.tolist(),
        strict=True,
    ):  # fmt: skip
        key = row, int(packing.word[pool])
        before = wanted.get(key, (0, 0))
        wanted[key] = (
            before[0] + packing.units(pool, units), before[1] | packing.top(pool)
        )  # fmt: skip
    keys = sorted(wanted)
    rows = np.array([row for row, _ in keys], dtype=np.int64)
    return (
        np.searchsorted(rows, np.arange(len(problem.span) + 1)).astype(np.uint32),
        np.array([word for _, word in keys], dtype=np.uint32),
        np.array([wanted[key][0] for key in keys], dtype=np.uint64),
        np.array([wanted[key][1] for key in keys], dtype=np.uint64),
    )


def _capacity(problem: LevelProblem, packing: _Packing, *, back: bool) -> tuple[Times, Words]:
    """When units change (S,), and what is there from then on in each word (S, W)."""
    times = np.unique(np.concatenate([at for at, _ in problem.steps]))
    free = [[0] * packing.words for _ in times]
    for pool, (at, units) in enumerate(problem.steps):
        own = problem.need_pool == pool
        most = int(problem.need_units[own].sum())
        for k, since in enumerate(times.tolist()):
            there = int(units[np.searchsorted(at, since, side="right") - 1])
            field = packing.units(pool, min(there, most)) + packing.top(pool)
            free[k][int(packing.word[pool])] += field
    if back:
        times = np.concatenate(([ALWAYS_BEFORE], -times[:0:-1]))
        free = free[::-1]
    return times, np.array(free, dtype=np.uint64)


def _profile(tape: LevelTape) -> Profile:
    rows, (steps, words) = len(tape.span), tape.step_free.shape
    nodes = steps + 2 * rows + 2
    return Profile(
        ends=np.zeros(2 * rows, dtype=np.int64),
        node=np.zeros(2 * rows, dtype=np.uint32),
        time=np.zeros(nodes, dtype=np.int64),
        following=np.zeros(nodes, dtype=np.uint32),
        free=np.zeros((nodes, words), dtype=np.uint64),
        begun=np.zeros((nodes, words), dtype=np.uint64),
    )


def _room(problem: LevelProblem, effort: Effort) -> Room:
    rows, places = len(problem.span), effort.members + 2

    def indices(*shape: int) -> Indices:
        return np.zeros(shape, dtype=np.uint32)

    def times(*shape: int) -> Times:
        return np.zeros(shape, dtype=np.int64)

    return Room(
        lists=indices(places, rows), keys=times(places, 2),
        marks=np.zeros(places, dtype=np.uint64), late=times(rows), waiting=indices(rows),
        ready=indices(rows), latest=times(int(problem.project.max(initial=0)) + 1),
        best=times(2 * rows), state=np.array([_SEED], dtype=np.uint64), counts=times(1),
    )  # fmt: skip


def _goal(problem: LevelProblem) -> Goal:
    """The goal, and what the priority rules and the bound follow from: the plan without pools."""
    rows, span, late = len(problem.span), problem.span, problem.late
    ends = problem.early
    first, order = _grouped(problem.pred, rows)
    behind, resources = [0] * rows, np.zeros(rows)
    most = np.array([max(int(units.max()), 1) for _, units in problem.steps])
    share = problem.need_units / most[problem.need_pool]
    np.maximum.at(resources, problem.need_row, share)
    busy = resources * span
    direct, tail = span.copy(), busy.copy()
    succ = problem.succ[order]
    for row in range(rows - 1, -1, -1):
        for other in succ[first[row] : first[row + 1]].tolist():
            behind[row] |= behind[other] | 1 << other
            direct[row] += span[other]
            tail[row] = max(tail[row], busy[row] + tail[other])
    follow = np.array([each.bit_count() for each in behind])
    latest = np.zeros(int(problem.project.max(initial=0)) + 1, dtype=np.int64)
    np.maximum.at(latest, problem.project[problem.counted], ends[problem.counted])
    ranks = [late + span, late, late - (ends - span), -follow, -direct, -np.rint(tail)]
    return Goal(
        finishes=problem.finishes.astype(np.uint32),
        counted=problem.counted.astype(np.uint32),
        project=problem.project.astype(np.uint32),
        floors=problem.floor,
        classes=problem.classes.astype(np.uint32),
        succ_first=first,
        succ=succ.astype(np.uint32),
        ranks=np.array(ranks, dtype=np.int64),
        bound=np.array([ends[problem.finishes].max(initial=0), latest.sum()], dtype=np.int64),
    )
