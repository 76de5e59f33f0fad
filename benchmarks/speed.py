"""Wall time and peak memory of whole processes: the command line, the 60-task scenario.

No bar: machines differ and are shared. Run it with ``python -m benchmarks.speed``.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCENARIO = str(ROOT / "scenarios" / "core_banking.yaml")
SIMULATOR = (sys.executable, "-m", "simulator.cli.main")
RUNS = {
    "simulator --help": ("--help",),
    "check, core banking": ("check", SCENARIO),
    "run, 10,000 iterations, charts and files": ("run", SCENARIO, "-n", "10000"),
    "run, 10,000 iterations, no files": ("run", SCENARIO, "-n", "10000", "--out", "none"),
    "run, 1,000,000 iterations, no files": ("run", SCENARIO, "-n", "1000000", "--out", "none"),
    "the same on two threads": (
        "run",
        SCENARIO,
        "-n",
        "1000000",
        "--out",
        "none",
        "--threads",
        "2",
    ),
}


def measure(arguments: tuple[str, ...], folder: str) -> tuple[float, float]:
    """Seconds and peak megabytes of one process, by the operating system's own account."""
    began = time.perf_counter()
    child = os.posix_spawn(
        SIMULATOR[0],
        [*SIMULATOR, *arguments],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, f"{folder}/errors", os.O_WRONLY | os.O_CREAT, 0o600),
        ],
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    if status:
        raise RuntimeError(Path(folder, "errors").read_text())
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Print a row for each run: the best of three for short ones, once for long ones."""
    print(f"{'process':<44} {'seconds':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in RUNS.items():
            options = (
                ("--out", folder) if arguments[0] == "run" and "--out" not in arguments else ()
            )
            repeats = 1 if "1000000" in arguments else 3
            found = [measure((*arguments, *options), folder) for _ in range(repeats)]
            seconds, megabytes = min(found)
            print(f"{name:<44} {seconds:>8.2f} {megabytes:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
