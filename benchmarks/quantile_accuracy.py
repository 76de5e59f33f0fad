"""How closely the quantile tables follow their distributions, and how fast they are.

Bars: mean within 2e-5 sd, P1 to P99 each within 5e-5 sd, sd within 1e-4 of itself. Run it with
``python benchmarks/quantile_accuracy.py``.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.plan.laws import Law, compile_law, normal_scores
from simulator.plan.table_nodes import (
    FURTHEST_SCORE,
    SCORE_CELLS,
    SMALLEST,
    uniform_grid,
)
from simulator.scenario.distributions import (
    Beta,
    Distribution,
    Exponential,
    Gamma,
    Lognormal,
    Metalog,
    Normal,
    Pareto,
    Pert,
    Triangular,
    Uniform,
    Weibull,
)

Floats = NDArray[np.float64]
MEAN_BAR, PERCENTILE_BAR, SD_BAR = 2e-5, 5e-5, 1e-4
PERCENTS = np.arange(1, 100) / 100.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Errors of a law in units of the distribution's sd; `sd` relative to it."""

    mean: float
    percentile: float
    sd: float
    worst: float

    def passes(self) -> bool:
        """Whether all three bars are met."""
        return self.mean <= MEAN_BAR and self.percentile <= PERCENTILE_BAR and self.sd <= SD_BAR


def cases() -> dict[str, Distribution]:
    """Distributions of all continuous kinds, from plain to extreme."""
    found: dict[str, Distribution] = {
        "uniform": Uniform(2.0, 5.0),
        "triangular": Triangular(1.0, 2.0, 7.0),
        "triangular, mode low": Triangular(1.0, 1.0, 7.0),
        "normal": Normal(0.0, 1.0),
        "exponential": Exponential(1.0),
    }
    for weight in (1.0, 4.0, 20.0):
        for mode in (0.0, 0.2, 0.5, 1.0):
            found[f"pert {mode:g} weight {weight:g}"] = Pert(0.0, mode, 1.0, weight)
    for shape in (0.2, 0.5, 1.0, 2.0, 5.0, 50.0):
        found[f"gamma {shape:g}"] = Gamma(shape=shape, scale=1.0)
    for shape in (0.5, 0.8, 1.5, 2.0, 5.0):
        found[f"weibull {shape:g}"] = Weibull(shape, 1.0)
    for alpha, beta in ((0.3, 0.3), (0.3, 3.0), (0.5, 5.0), (5.0, 0.5), (2.0, 5.0), (50.0, 80.0)):
        found[f"beta {alpha:g}, {beta:g}"] = Beta(0.0, 1.0, alpha, beta)
    for cv in (0.05, 0.3, 1.0, 2.0, 3.0):
        found[f"lognormal cv {cv:g}"] = Lognormal(1.0, cv)
    for alpha in (2.5, 3.0, 3.5, 5.0, 10.0):
        found[f"pareto {alpha:g}"] = Pareto(1.0, alpha)
    found["metalog"] = Metalog((10, 50, 90), (0.9, 1.2, 2.2))
    found["metalog from 0"] = Metalog((10, 50, 90), (1.0, 2.0, 3.5), low=0.0)
    found["metalog 0 to 1"] = Metalog((10, 50, 90), (0.2, 0.3, 0.7), low=0.0, high=1.0)
    found["metalog of 5"] = Metalog((5, 25, 50, 75, 95), (2.0, 5.0, 8.0, 13.0, 30.0))
    return found


def draw_points() -> tuple[Floats, Floats]:
    """Points `u` and weights that integrate a table and its square exactly.

    Gauss and Legendre's four points per cell in the fourth root: a line, squared, times the cube
    that `du` brings is of degree five.
    """
    below = uniform_grid().below
    middle = len(below) // 2
    root = np.sqrt(np.sqrt(below[: middle + 1]))
    points, weights = np.polynomial.legendre.leggauss(4)
    width = np.diff(root)[:, None]
    place = root[:-1, None] + width * (points + 1.0) / 2.0
    lower, mass = (place**4).ravel(), (4.0 * place**3 * width * weights / 2.0).ravel()
    ends = np.array([SMALLEST / 2.0])
    return (
        np.concatenate([ends, lower, 1.0 - lower, 1.0 - ends]),
        np.concatenate([[SMALLEST], mass, mass, [SMALLEST]]),
    )


def score_points() -> tuple[Floats, Floats]:
    """Scores and weights: four points per cell of a score table."""
    edges = np.linspace(-FURTHEST_SCORE, FURTHEST_SCORE, SCORE_CELLS + 1)
    points, weights = np.polynomial.legendre.leggauss(4)
    width = np.diff(edges)[:, None]
    place = (edges[:-1, None] + width * (points + 1.0) / 2.0).ravel()
    mass = np.exp(-0.5 * place**2) / np.sqrt(2.0 * np.pi) * (width * weights / 2.0).ravel()
    return place, mass / mass.sum()


def accuracy(distribution: Distribution, *, score: bool = False) -> Accuracy:
    """Compare a law with the distribution it stands for."""
    law = compile_law(distribution, score=score)
    points, mass = score_points() if score else draw_points()
    values = law.apply(points)
    mean = float(mass @ values)
    sd = float(np.sqrt(mass @ (values - mean) ** 2))
    tail = np.geomspace(1e-9, 0.01, 4000)
    u = np.concatenate([tail, np.linspace(0.01, 0.99, 20001), 1.0 - tail])
    unit = distribution.sd()
    at = _scores if score else _same
    return Accuracy(
        mean=abs(mean - distribution.mean()) / unit,
        percentile=float(np.max(np.abs(law.apply(at(PERCENTS)) - distribution.ppf(PERCENTS))))
        / unit,
        sd=abs(sd / unit - 1.0),
        worst=float(np.max(np.abs(law.apply(at(u)) - distribution.ppf(u)))) / unit,
    )


def _scores(u: Floats) -> Floats:
    found: Floats = special.ndtri(u)
    return found


def _same(u: Floats) -> Floats:
    return u


def seconds(call: Callable[[], object], repeats: int = 50) -> float:
    """The shortest time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def print_accuracy(title: str, *, score: bool) -> None:
    """One line a distribution, with a mark where a bar is missed."""
    print(f"\n{title:24s} {'mean':>8s} {'P1..P99':>8s} {'sd':>8s} {'worst':>8s}")
    for name, distribution in cases().items():
        found = accuracy(distribution, score=score)
        figures = " ".join(
            f"{value:8.1e}" for value in (found.mean, found.percentile, found.sd, found.worst)
        )
        print(f"{name:24s} {figures} {'' if found.passes() else 'missed'}")


def print_speed() -> None:
    """Nanoseconds a value of each law, and milliseconds a PERT table."""
    rng = np.random.default_rng(1)
    laws: dict[str, tuple[Law, bool]] = {
        "uniform": (compile_law(Uniform(2.0, 5.0)), False),
        "triangular": (compile_law(Triangular(1.0, 2.0, 7.0)), False),
        "table": (compile_law(Pert(15.0, 20.0, 40.0)), False),
        "normal scores": (normal_scores(), False),
        "score table": (compile_law(Pert(15.0, 20.0, 40.0), score=True), True),
    }
    print(f"\n{'ns a value':24s} {'block 1024':>10s} {'10,240':>10s}")
    for name, (law, score) in laws.items():
        blocks = [rng.random(size) for size in (1024, 10240)]
        inputs = [special.ndtri(block) if score else block for block in blocks]
        times = [1e9 * seconds(partial(law.apply, u)) / len(u) for u in inputs]
        print(f"{name:24s} {times[0]:10.2f} {times[1]:10.2f}")
    uniform_grid()
    perts = [Pert(0.0, float(mode), 1.0) for mode in np.linspace(0.05, 0.95, 50)]
    times = [1e3 * seconds(partial(compile_law, pert), 1) for pert in perts]
    print(f"\na new PERT table: {float(np.median(times)):.2f} ms, slowest {max(times):.2f} ms")


if __name__ == "__main__":
    print_accuracy("laws of u", score=False)
    print_accuracy("laws of a score", score=True)
    print_speed()
