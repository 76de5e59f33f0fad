"""How a scenario is simulated."""

import os
from dataclasses import dataclass, replace

from simulator.errors import SettingsError

SCHEMES = ("mc", "lhs", "sobol")
ENGINES = ("auto", "numpy", "compiled", "simpy")
CHUNK = 1024
"""Iterations that are reduced together, in every run and for every block size."""
MOST_ITERATIONS = 100_000_000
NO_DISPATCH = "the numpy engine does not share finite pools; expected auto, compiled or simpy"
SMALL_WORK = 2_000_000
"""Rows times iterations up to which numpy is done before numba has loaded (1 to 2 s a process)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on besides the scenario; the same settings give the same bits.

    `iterations` are those asked for, rounded up to what the scheme needs: whole cubes of 1,024
    for `lhs`, 8 to 15 replicates of 2^k for `sobol`. `engine`, `threads` and `block` change the
    time a run takes, never its numbers.
    """

    iterations: int = 10_000
    seed: int = 1
    scheme: str = "mc"
    engine: str = "auto"
    threads: int | None = None
    task_iterations: int = 4096
    keep_margin: bool = False
    keep_hard: bool = False
    level: float = 0.95
    block: int | None = None
    auto_engine: str = "numpy"
    """What `auto` stands for; :meth:`resolved` sets it."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used, and round the iterations."""
        for name in ("iterations", "seed", "task_iterations"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise SettingsError(f"{name} {value!r}; expected a whole number")
        if self.iterations < 1:
            raise SettingsError(f"{self.iterations} iterations; expected 1 or more")
        if not 0 <= self.seed < 2**64:
            raise SettingsError(f"seed {self.seed}; expected a whole number from 0 to 2^64 - 1")
        _check_choice("scheme", self.scheme, SCHEMES)
        _check_choice("engine", self.engine, ENGINES)
        if self.threads is not None and self.threads < 1:
            raise SettingsError(f"{self.threads} threads; expected 1 or more")
        if self.task_iterations < 0:
            raise SettingsError(f"task_iterations {self.task_iterations}; expected 0 or more")
        if self.block is not None and (self.block < 1 or self.block % CHUNK):
            raise SettingsError(f"block {self.block}; expected a multiple of {CHUNK}")
        if not 0 < self.level < 1:
            raise SettingsError(f"level {self.level}; expected a number between 0 and 1")
        object.__setattr__(self, "iterations", self._rounded()[0])
        _check_not_too_many(self.iterations)

    @property
    def replicates(self) -> int:
        """Independent groups of iterations: chunk c belongs to group c % replicates; 1 for mc."""
        return self._rounded()[1]

    @property
    def engine_used(self) -> str:
        """The engine that computes."""
        return self.auto_engine if self.engine == "auto" else self.engine

    @property
    def threads_used(self) -> int:
        """The threads that compute: those asked for, else all for compiled and one for others."""
        if self.threads is not None:
            return self.threads
        return _available() if self.engine_used == "compiled" else 1

    def engine_for(self, work: int, *, pools: bool = False) -> str:
        """The engine for rows times iterations, the same on every machine.

        Raises
        ------
        SettingsError
            NumPy was asked for where rows share finite pools: it places rows, it does not dispatch.
        """
        if pools and self.engine == "numpy":
            raise SettingsError(NO_DISPATCH)
        if self.engine != "auto":
            return self.engine
        return "numpy" if work <= SMALL_WORK and not pools else "compiled"

    def resolved(self, rows: int, *, pools: bool = False) -> "Settings":
        """These settings for a plan of so many rows: what `auto` stands for is settled."""
        return replace(self, auto_engine=self.engine_for(rows * self.iterations, pools=pools))

    def extended(self, iterations: int) -> "Settings":
        """These settings for at least so many iterations, of which the first are these ones.

        Sobol keeps its replicates, so it goes on to twice as many until there are enough.
        """
        if self.scheme != "sobol":
            return replace(self, iterations=max(iterations, self.iterations))
        _check_not_too_many(iterations)
        count = self.iterations
        while count < iterations:
            count *= 2
        return replace(self, iterations=count)

    def _rounded(self) -> tuple[int, int]:
        if self.scheme == "mc":
            return self.iterations, 1
        from simulator.engine.sampling import rounded  # noqa: PLC0415 - a mistake is told sooner

        return rounded(self.scheme, self.iterations)


def _check_not_too_many(iterations: int) -> None:
    if iterations > MOST_ITERATIONS:
        raise SettingsError(f"{iterations} iterations; expected at most {MOST_ITERATIONS:,}")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"there is no {name} `{value}`; expected {', '.join(choices)}")


def _available() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
