"""Other ways to answer the same question: the finish of a network and how critical its tasks are.

Each takes a network of triangular or PERT days and says the finish of every iteration, in days, and
the share of iterations in which a task has no float.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import simpy
from scipy import special, stats

from benchmarks.cases import Floats, Network
from simulator.run.results import Results
from simulator.scenario.units import MS_PER_DAY

NO_FLOAT = 1e-9
"""Days; sums of floating-point days are not exact."""
BLOCK = 500
"""Iterations at a time of the tuned program: its arrays stay in the cache of a core for longer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a contestant found: finishes in days, criticality (T,) or None, iterations."""

    finish: Floats
    criticality: Floats | None = None

    @property
    def iterations(self) -> int:
        """How many iterations there were."""
        return len(self.finish)

    @classmethod
    def of(cls, results: Results) -> "Answer":
        """What our simulator found."""
        return cls(
            results.joined.finish / MS_PER_DAY,
            np.array([task.criticality.value for task in results.tasks.values()]),
        )

    def p80(self) -> tuple[float, float]:
        """P80 of the finish and its standard error, from the ranks two of them away."""
        ordered, n = np.sort(self.finish), self.iterations
        reach = max(1, round(2 * np.sqrt(0.16 * n)))
        rank = (80 * n + 99) // 100 - 1
        low, high = max(rank - reach, 0), min(rank + reach, n - 1)
        return float(ordered[rank]), float(ordered[high] - ordered[low]) / 4


Draw = Callable[[Network, int, np.random.Generator], Floats]


def triangular(network: Network, iterations: int, rng: np.random.Generator) -> Floats:
    """Days (T, N) of triangles."""
    low, mode, high = (side[:, None] for side in (network.low, network.mode, network.high))
    found: Floats = rng.triangular(low, mode, high, size=(len(network), iterations))
    return found


def pert(network: Network, iterations: int, rng: np.random.Generator) -> Floats:
    """Days (T, N) of PERT: a beta distribution stretched."""
    width = network.high - network.low
    alpha = 1 + 4 * (network.mode - network.low) / width
    beta = 1 + 4 * (network.high - network.mode) / width
    drawn = rng.beta(alpha[:, None], beta[:, None], size=(len(network), iterations))
    return network.low[:, None] + width[:, None] * drawn


def scipy_triangular(network: Network, iterations: int, rng: np.random.Generator) -> Floats:
    """Days (T, N) of triangles by `scipy.stats`, a task at a time."""
    found = np.empty((len(network), iterations))
    for task, (low, mode, high) in enumerate(
        zip(network.low, network.mode, network.high, strict=True)
    ):
        shape = (mode - low) / (high - low)
        found[task] = stats.triang.rvs(
            shape, loc=low, scale=high - low, size=iterations, random_state=rng
        )
    return found


def numpy_program(
    network: Network, iterations: int, draw: Draw = triangular, seed: int = 1
) -> Answer:
    """The obvious vectorized program: all draws, forward, back, share without float."""
    days = draw(network, iterations, np.random.default_rng(seed))
    finish = np.zeros_like(days)
    for task, before in enumerate(network.before):
        start = np.zeros(iterations)
        for other in before:
            start = np.maximum(start, finish[other])
        finish[task] = start + days[task]
    end = finish.max(axis=0)
    late = np.empty_like(days)
    after = network.after
    for task in range(len(network) - 1, -1, -1):
        latest = end
        for other in after[task]:
            latest = np.minimum(latest, late[other] - days[other])
        late[task] = latest
    return Answer(end, (late - finish <= NO_FLOAT).mean(axis=1))


def tuned_numpy_program(network: Network, iterations: int, draw: Draw = triangular) -> Answer:
    """The same in blocks of iterations, with arrays that are used again and results in place."""
    rng, after = np.random.default_rng(2), network.after
    ends, counts = [], np.zeros(len(network))
    finish, late = (np.empty((len(network), BLOCK)) for _ in range(2))
    spare = np.empty(BLOCK)
    for begin in range(0, iterations, BLOCK):
        size = min(BLOCK, iterations - begin)
        days, room = draw(network, size, rng), spare[:size]
        early, last = finish[:, :size], late[:, :size]
        for task, before in enumerate(network.before):
            row = early[task]
            row[:] = 0.0
            for other in before:
                np.maximum(row, early[other], out=row)
            row += days[task]
        end = early.max(axis=0)
        for task in range(len(network) - 1, -1, -1):
            row = last[task]
            row[:] = end
            for other in after[task]:
                np.minimum(row, np.subtract(last[other], days[other], out=room), out=row)
        counts += np.count_nonzero(last - early <= NO_FLOAT, axis=1)
        ends.append(end)
    return Answer(np.concatenate(ends), counts / iterations)


def python_program(network: Network, iterations: int) -> Answer:
    """Loops of Python over iterations and tasks."""
    rng, after, count = random.Random(1), network.after, len(network)
    sides = list(
        zip(network.low.tolist(), network.high.tolist(), network.mode.tolist(), strict=True)
    )
    ends, critical = [], [0] * count
    for _ in range(iterations):
        days = [rng.triangular(*side) for side in sides]
        finish = [0.0] * count
        for task, before in enumerate(network.before):
            finish[task] = max((finish[other] for other in before), default=0.0) + days[task]
        end = max(finish)
        late = [end] * count
        for task in range(count - 1, -1, -1):
            late[task] = min((late[other] - days[other] for other in after[task]), default=end)
            critical[task] += late[task] - finish[task] <= NO_FLOAT
        ends.append(end)
    return Answer(np.array(ends), np.array(critical) / iterations)


def simpy_program(network: Network, iterations: int) -> Answer:
    """A process a task in SimPy, one iteration at a time; no criticality."""
    rng = np.random.default_rng(3)
    days = triangular(network, iterations, rng)

    def life(
        clock: simpy.Environment, before: list[simpy.Process], length: float
    ) -> Generator[simpy.Event, object, None]:
        yield simpy.AllOf(clock, before)
        yield clock.timeout(length)

    ends = []
    for iteration in range(iterations):
        clock = simpy.Environment()
        lives: list[simpy.Process] = []
        for task, before in enumerate(network.before):
            waits = [lives[other] for other in before]
            lives.append(clock.process(life(clock, waits, float(days[task, iteration]))))
        clock.run()
        ends.append(clock.now)
    return Answer(np.array(ends))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Differences of two answers in standard errors of the difference."""

    mean: float
    p80: float
    criticality: float
    """The largest over the tasks, nan where one has none."""
    limit: float
    """The largest of so many would exceed this once in 1,000 comparisons."""

    @classmethod
    def of(cls, one: Answer, other: Answer) -> "Agreement":
        """Compare two answers from independent draws."""
        mean_error = np.hypot(
            *(answer.finish.std(ddof=1) / np.sqrt(answer.iterations) for answer in (one, other))
        )
        (first, first_error), (second, second_error) = one.p80(), other.p80()
        worst, figures = float("nan"), 2
        if one.criticality is not None and other.criticality is not None:
            scores = _share_scores(one, other)
            worst, figures = float(np.max(np.abs(scores), initial=0.0)), 2 + len(scores)
        return cls(
            abs(float(one.finish.mean() - other.finish.mean())) / float(mean_error),
            abs(first - second) / float(np.hypot(first_error, second_error)),
            worst,
            float(special.ndtri(1 - 0.0005 / figures)),
        )

    @property
    def holds(self) -> bool:
        """Whether the answers are the same up to chance."""
        return not max(self.mean, self.p80, np.nan_to_num(self.criticality)) > self.limit


def _share_scores(one: Answer, other: Answer) -> Floats:
    """Scores of the differences of criticalities that are neither rare nor nearly certain."""
    assert one.criticality is not None
    assert other.criticality is not None
    counts = np.array([one.iterations, other.iterations], dtype=np.float64)
    shares = np.stack([one.criticality, other.criticality])
    pooled = counts @ shares / counts.sum()
    known = np.minimum(pooled, 1 - pooled) * counts.min() >= 20
    shares, pooled = shares[:, known], pooled[known]
    found: Floats = (shares[0] - shares[1]) / np.sqrt(pooled * (1 - pooled) * (1 / counts).sum())
    return found
