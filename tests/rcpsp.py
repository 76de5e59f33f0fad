"""Stored scheduling instances read once more, by plain code, and a checker of plans for them."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
FOLDERS = (_ROOT / "shared" / "data" / "rcpsp", _ROOT.parent / "shared" / "data" / "rcpsp")
FOLDER = next((folder for folder in FOLDERS if folder.is_dir()), None)
needs_instances = pytest.mark.skipif(
    FOLDER is None, reason=f"the stored instances are not at {FOLDERS[0]} or {FOLDERS[1]}"
)


@dataclass(frozen=True)
class Known:
    """An instance in its own words; `release` and `project` by job."""

    duration: dict[str, int]
    after: dict[str, list[str]]
    needs: dict[str, dict[str, int]]
    capacity: dict[str, int]
    release: dict[str, int]
    project: dict[str, str]


def sm(path: Path) -> Known:
    """Read a `.sm` file."""
    parts = path.read_text().split("*" * 72)
    rows = [[line.split() for line in part.strip().splitlines()] for part in parts]
    successors = {row[0]: row[3:] for row in rows[4][2:]}
    requests = {row[0]: [int(word) for word in row[2:]] for row in rows[5][3:]}
    units = [int(word) for word in rows[6][2]]
    names = [str(k) for k in range(len(units))]
    return Known(
        duration={job: numbers[0] for job, numbers in requests.items()},
        after={job: [a for a, b in successors.items() if job in b] for job in requests},
        needs={job: dict(zip(names, n[1:], strict=True)) for job, n in requests.items()},
        capacity=dict(zip(names, units, strict=True)),
        release=dict.fromkeys(requests, 0),
        project=dict.fromkeys(requests, path.stem),
    )


def multi(path: Path) -> Known:
    """Read a multi-project file."""
    data = json.loads(path.read_text())
    jobs = {job["id"]: job for job in data["jobs"]}
    return Known(
        duration={key: job["duration"] for key, job in jobs.items()},
        after={key: job["predecessors"] for key, job in jobs.items()},
        needs={key: job["requirements"] for key, job in jobs.items()},
        capacity=data["resources"],
        release={key: job.get("release", 0) for key, job in jobs.items()},
        project={key: job["project"] for key, job in jobs.items()},
    )


def best_known(every: int = 1) -> list[tuple[str, Path, int]]:
    """(set, file, best known makespan) of the stored PSPLIB instances."""
    if FOLDER is None:
        return []
    with (FOLDER / "psplib_best_known.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    return [(r["set"], FOLDER / r["file"], int(r["best_upper_bound"])) for r in rows[::every]]


def references() -> list[tuple[Path, int]]:
    """(file, reference makespan) of the stored multi-project instances."""
    if FOLDER is None:
        return []
    with (FOLDER / "mpsplib_reference.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    return [
        (FOLDER / "mpsplib" / f"{r['instance']}.json", int(r["reference_makespan_TMS"]))
        for r in rows
    ]


def makespan(known: Known, starts: dict[str, float]) -> float:
    """The makespan of a plan in periods, once it is shown that the plan keeps every rule."""
    assert starts.keys() == known.duration.keys()
    finish = {job: start + known.duration[job] for job, start in starts.items()}
    for job, start in starts.items():
        assert start == int(start) >= known.release[job]
        for before in known.after[job]:
            assert finish[before] <= start, f"{job} begins before {before} ends"
    for pool, units in known.capacity.items():
        change: dict[float, int] = {}
        for job, start in starts.items():
            need = known.needs[job].get(pool, 0)
            change[start] = change.get(start, 0) + need
            change[finish[job]] = change.get(finish[job], 0) - need
        held = 0
        for at in sorted(change):
            held += change[at]
            assert held <= units, f"{held} units of {pool} at {at}, which has {units}"
    return max(finish.values())
