"""A sweep of 1,000 points x 5,000 iterations of the core banking migration, and what may befall it.

One process, two, a local Dask cluster of two workers; a process killed in the middle; the whole
sweep killed in the middle and begun again. Bar: the same table each time, byte for byte. Beside the
time stands that of the processors, which does not depend on what else the machine does; processes
whose parent was killed are not in it. Run it with ``python -m benchmarks.sweep [POINTS
ITERATIONS]``; it takes about a quarter of an hour.
"""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
POINTS, ITERATIONS = 1_000, 5_000
VARY = (
    "ledger.product_build.effort=uniform(400pd, 700pd)",
    "program.deadline=2028-09-01:2029-02-01:1mo",
    "pools.engineers.rate=uniform(780/d, 960/d)",
    "risks.data_quality.chance=uniform(0.1, 0.8)",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A table, how long it took, and what was said of it."""

    name: str
    seconds: float
    table: bytes
    said: str


def command(points: int, iterations: int, out: Path, *others: str) -> list[str]:
    """The sweep as a command."""
    vary = [word for text in VARY for word in ("--vary", text)]
    return [
        sys.executable, "-m", "simulator.cli.main", "sweep", "scenarios/core_banking.yaml",
        "--design", "lhs", "--points", str(points), "-n", str(iterations), *vary,
        "--out", str(out), "--no-charts", *others,
    ]  # fmt: skip


def begun(given: list[str]) -> subprocess.Popen[str]:
    """The command, running."""
    return subprocess.Popen(
        given, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def ended(name: str, process: subprocess.Popen[str], out: Path, since: float) -> Made:
    """What a command made."""
    _, said = process.communicate()
    seconds = time.perf_counter() - since
    (table,) = out.glob("core_banking/sweep-*/sweep.parquet")
    return Made(name, seconds, table.read_bytes(), said.strip())


def kept(out: Path) -> int:
    """How many points a sweep that goes on has kept."""
    files = out.glob("core_banking/sweep-*.unfinished/points.jsonl")
    return sum(file.read_bytes().count(b"\n") for file in files)


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def waited(process: subprocess.Popen[str], out: Path, points: int) -> None:
    """Wait until so many points are kept."""
    while process.poll() is None and kept(out) < points:
        time.sleep(0.05)


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a local cluster of two workers."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made.scheduler_address


def with_processes(count: int) -> Callable[[int, int, Path], Made]:
    """Undisturbed, by so many processes."""

    def made(points: int, iterations: int, out: Path) -> Made:
        since = time.perf_counter()
        process = begun(command(points, iterations, out, "--processes", str(count)))
        return ended(f"{count} processes" if count > 1 else "1 process", process, out, since)

    return made


def on_cluster(points: int, iterations: int, out: Path) -> Made:
    """By a local Dask cluster."""
    with cluster() as address:
        since = time.perf_counter()
        process = begun(command(points, iterations, out, "--cluster", address))
        return ended("Dask, 2 workers", process, out, since)


def with_a_process_killed(points: int, iterations: int, out: Path) -> Made:
    """By two processes, one of which is killed in the middle."""
    since = time.perf_counter()
    process = begun(command(points, iterations, out, "--processes", "2"))
    waited(process, out, points // 2)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    return ended("2 processes, one killed", process, out, since)


def with_the_sweep_killed(points: int, iterations: int, out: Path) -> Made:
    """By two processes; all is killed in the middle, and the command given again."""
    since = time.perf_counter()
    given = command(points, iterations, out, "--processes", "2")
    process = begun(given)
    waited(process, out, points // 2)
    process.kill()
    process.communicate()
    return ended("2 processes, sweep killed, resumed", begun(given), out, since)


def processors() -> float:
    """Seconds that processes which have ended have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


WAYS: tuple[Callable[[int, int, Path], Made], ...] = (
    with_processes(1),
    with_processes(2),
    on_cluster,
    with_a_process_killed,
    with_the_sweep_killed,
)


def main(points: int = POINTS, iterations: int = ITERATIONS) -> int:
    """Print a table; 1 if two ways make different tables."""
    print(f"{points:,} points x {iterations:,} iterations of the core banking migration")
    first: Made | None = None
    differ = False
    for way in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            before = processors()
            found = way(points, iterations, Path(folder))
            used = processors() - before
        first = first or found
        same = found.table == first.table
        differ |= not same
        print(
            f"{found.name:<36} {found.seconds:7.1f} s, processors {used:7.1f} s,"
            f" {1000 * used / points:6.1f} ms a point, same table: {same}"
        )
        for line in found.said.splitlines():
            print(f"    {line}")
    return int(differ)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
