"""How the benchmarks measure, and how they write tables."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from simulator.errors import SettingsError
from simulator.run.settings import Settings

_STATUS = Path("/proc/self/status")
ROOT = Path(__file__).parent.parent
PACKAGES = ("numpy", "scipy", "numba", "simpy", "matplotlib", "duckdb", "pydantic")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured: all of it, or a tiny part that shows that everything runs."""

    quick: bool = False
    replicates: int = 200

    def of(self, full: int, tiny: int) -> int:
        """A size: of tasks, of iterations or of repeats."""
        return tiny if self.quick else full


@dataclass(frozen=True, slots=True)
class Bar:
    """A bound that a figure must keep."""

    limit: float
    at_least: bool = True

    def __str__(self) -> str:
        """The bound as a sign and a number."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"

    def said(self, value: float) -> str:
        """The bound, and whether a value keeps it."""
        kept = value >= self.limit if self.at_least else value <= self.limit
        return f"{self}: {'kept' if kept else '**missed**'}"


def seconds(call: Callable[[], object], repeats: int = 3, *, warm: bool = True) -> float:
    """The shortest wall time of a call; `warm` calls once before."""
    if warm:
        call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def engines() -> list[str]:
    """The engines that run many iterations, slowest first."""
    return [name for name in ("numpy", "compiled") if accepted(engine=name)]


def fastest() -> str:
    """The fastest engine there is."""
    return engines()[-1]


def accepted(**settings: str) -> bool:
    """Whether settings can be used."""
    try:
        Settings(**settings)  # type: ignore[arg-type]
    except SettingsError:
        return False
    return True


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown; columns but the first are aligned to the right."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def figure(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def peak_megabytes(code: str) -> float:
    """The peak memory of a Python process of its own that runs some code; nan without Linux.

    `ru_maxrss` of a child begins with what its parent held, `VmHWM` with nothing.
    """
    ending = f"\nprint(open({str(_STATUS)!r}).read().partition('VmHWM:')[2].split()[0])"
    if not _STATUS.exists():
        return float("nan")
    said = subprocess.run(
        [sys.executable, "-c", code + ending],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    return float(said.split()[-1]) / 1024


def circumstances() -> str:
    """Machine, versions and date, as one paragraph."""
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return (
        f"Measured on {datetime.now():%Y-%m-%d} with {_processor()}, {_cores()} cores,"
        f" {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, {versions}."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except ImportError:
        return "not installed"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    if file.exists():
        for line in file.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "an unknown processor"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
