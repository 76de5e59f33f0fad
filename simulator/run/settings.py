"""How a scenario is simulated."""

from dataclasses import dataclass

from simulator.errors import SettingsError

SCHEMES = ("mc",)
ENGINES = ("auto", "numpy", "simpy")
CHUNK = 1024
"""Iterations that are reduced together, in every run and for every block size."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on besides the scenario; the same settings give the same bits.

    `threads` and `block` change the time a run takes, never its numbers.
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

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        for name in ("iterations", "seed", "task_iterations"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise SettingsError(f"{name} {value!r}; expected a whole number")
        if self.iterations < 1:
            raise SettingsError(f"{self.iterations} iterations; expected 1 or more")
        if self.iterations > 100_000_000:
            raise SettingsError(f"{self.iterations} iterations; expected at most 100,000,000")
        if not 0 <= self.seed < 2**64:
            raise SettingsError(f"seed {self.seed}; expected a whole number from 0 to 2^64 - 1")
        if self.scheme not in SCHEMES:
            raise SettingsError(f"this version does not draw by `{self.scheme}` yet; expected mc")
        if self.engine not in ENGINES:
            expected = ", ".join(ENGINES)
            raise SettingsError(
                f"this version has no engine `{self.engine}` yet; expected {expected}"
            )
        if self.threads is not None and self.threads < 1:
            raise SettingsError(f"{self.threads} threads; expected 1 or more")
        if self.task_iterations < 0:
            raise SettingsError(f"task_iterations {self.task_iterations}; expected 0 or more")
        if self.block is not None and (self.block < 1 or self.block % CHUNK):
            raise SettingsError(f"block {self.block}; expected a multiple of {CHUNK}")
        if not 0 < self.level < 1:
            raise SettingsError(f"level {self.level}; expected a number between 0 and 1")

    @property
    def engine_used(self) -> str:
        """The engine that `auto` stands for."""
        return "numpy" if self.engine == "auto" else self.engine
