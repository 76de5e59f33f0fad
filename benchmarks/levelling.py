"""How good levelled plans are, on the field's own instances, and how long they take.

Bars: `best` within 0.1 % of the best known makespans on average of j30, 0.5 % of j60, 2.5 % of j90
and j120; `fast` within 3.5 % of j120; no program of several projects longer than its reference
plan, and 0.96 of it on average. At 120 tasks 0.2 s (`fast`) and 3 s (`best`), at 2,500 60 s. Every
plan is checked by code of its own. Run it with ``python -m benchmarks.levelling [SET...]``.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.timing import Bar, table
from simulator.engine.draws import deterministic_draws
from simulator.engine.durations import durations_of
from simulator.importers.instances import Instance, scenario_of
from simulator.importers.mpsplib import read_json
from simulator.importers.psplib import read_sm
from simulator.plan.compile import compile_plan
from simulator.run.levelled import levelled
from tests import rcpsp

LEVELS = ("fast", "best")
SETS = ("j30", "j60", "j90", "j120", "several projects", "2,440 jobs")
GAPS = {
    ("j30", "best"): 0.1, ("j60", "best"): 0.5, ("j90", "best"): 2.5, ("j120", "best"): 2.5,
    ("j120", "fast"): 3.5,
}  # fmt: skip
SECONDS = {
    ("j120", "fast"): 0.2, ("j120", "best"): 3.0, ("2,440 jobs", "best"): 60.0,
}  # fmt: skip
RATIO = Bar(0.96, at_least=False)
HEADINGS = ("set", "level", "files", "mean", "worst", "bar of the mean", "CPU s", "longest", "bar")


def main(wanted: Sequence[str] = SETS) -> int:
    """Print a row for each set and level; 1 if a bar is missed."""
    if rcpsp.FOLDER is None:
        print(f"the stored instances are not at {' or '.join(map(str, rcpsp.FOLDERS))}")
        return 1
    _levelled(read_sm(rcpsp.best_known()[0][1]), "fast")
    rows = [row for name in wanted for row in _rows(name)]
    print(table(HEADINGS, rows))
    return int(any("missed" in cell for row in rows for cell in row))


def _rows(name: str) -> Iterator[list[str]]:
    for level in LEVELS:
        if name == "2,440 jobs":
            instance = _large()
            starts, seconds = _levelled(instance, level)
            length = f"{rcpsp.makespan(_known(instance), starts):.0f} periods"
            yield [name, level, "1", length, "", "", *_times(name, level, [seconds])]
        elif name == "several projects":
            yield _against_references(name, level)
        else:
            yield _against_best_known(name, level)


def _against_best_known(name: str, level: str) -> list[str]:
    """Percent above the best known makespans of a set."""
    gaps, times = [], []
    for path, best in ((path, best) for each, path, best in rcpsp.best_known() if each == name):
        starts, seconds = _levelled(read_sm(path), level)
        gaps.append(100 * (rcpsp.makespan(rcpsp.sm(path), starts) / best - 1))
        times.append(seconds)
    mean, limit = float(np.mean(gaps)), GAPS.get((name, level))
    bar = "" if limit is None else Bar(limit, at_least=False).said(mean)
    shown = f"{mean:.2f} %", f"{max(gaps):.2f} %", bar
    return [name, level, str(len(gaps)), *shown, *_times(name, level, times)]


def _against_references(name: str, level: str) -> list[str]:
    """Makespans as shares of those of the reference plans."""
    shares, times = [], []
    for path, reference in rcpsp.references():
        starts, seconds = _levelled(read_json(path), level)
        shares.append(rcpsp.makespan(rcpsp.multi(path), starts) / reference)
        times.append(seconds)
    mean, longer = float(np.mean(shares)), sum(share > 1 for share in shares)
    bar = RATIO.said(mean) if not longer else f"{RATIO}, none longer: **missed** by {longer}"
    shown = f"{mean:.4f}", f"{max(shares):.4f}", bar
    return [name, level, str(len(shares)), *shown, *_times(name, level, times)]


def _times(name: str, level: str, seconds: list[float]) -> tuple[str, str, str]:
    limit = SECONDS.get((name, level))
    bar = "" if limit is None else Bar(limit, at_least=False).said(max(seconds))
    return f"{np.mean(seconds):.2f}", f"{max(seconds):.2f}", bar


def _levelled(instance: Instance, level: str) -> tuple[dict[str, float], float]:
    """Starts in periods by job, and the seconds of a processor that levelling took."""
    plan = compile_plan(scenario_of(instance))
    network, durations = plan.network, durations_of(plan, deterministic_draws(plan))
    assert network.pools is not None
    began = time.thread_time()
    shown = levelled(network, network.pools, durations, level)
    seconds = time.thread_time() - began
    work = network.calendar(network.program_calendar).work_at(shown.start[:, 0])
    uids = [str(network.tasks[task].source_uid) for task in network.rows.task]
    return dict(zip(uids, (work / 28_800_000).tolist(), strict=True)), seconds


def _large() -> Instance:
    """Twenty projects of 122 jobs that share four pools of three times their size."""
    paths: list[Path] = [path for name, path, _ in rcpsp.best_known() if name == "j120"][:20]
    parts = [read_sm(path) for path in paths]
    jobs = [
        replace(
            job,
            uid=f"{part.name}-{job.uid}",
            after=tuple(f"{part.name}-{each}" for each in job.after),
        )
        for part in parts
        for job in part.jobs
    ]
    pools = {name: 3 * units for name, units in parts[0].pools.items()}
    return Instance("large", pools, [part.name for part in parts], jobs)


def _known(instance: Instance) -> rcpsp.Known:
    """An instance as the checker of plans wants it."""
    jobs = {job.uid: job for job in instance.jobs}
    return rcpsp.Known(
        duration={uid: job.duration for uid, job in jobs.items()},
        after={uid: list(job.after) for uid, job in jobs.items()},
        needs={uid: dict(job.needs) for uid, job in jobs.items()},
        capacity=dict(instance.pools),
        release={uid: job.release for uid, job in jobs.items()},
        project={uid: job.project for uid, job in jobs.items()},
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or SETS))
