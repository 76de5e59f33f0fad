"""A run at rest: a folder with the result, a row an iteration, a row a task, and how it was made.

The folder is filled under a hidden name and renamed once it is whole, so whoever finds a run finds
all of it.
"""

import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simulator.errors import RunError
from simulator.estimates.estimate import Estimate
from simulator.plan.plan import Clock
from simulator.plan.work_calendar import Floats
from simulator.run.outcomes import DATE, HOURS
from simulator.run.results import Results
from simulator.scenario.dumping import _samples as sampled
from simulator.scenario.dumping import dump
from simulator.scenario.program import Scenario
from simulator.scenario.units import MS_PER_HOUR

UNFINISHED: Final = ".unfinished-"
"""How the name of a folder begins that is not whole."""
_STALE_SECONDS: Final = 3600.0
_PACKAGES: Final = ("numpy", "scipy", "simpy", "duckdb", "matplotlib", "pydantic", "holidays")
_MOST_SUFFIXES: Final = 10_000

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run's scenario came from: its file and what was changed on the way."""

    file: Path
    overrides: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    status: Path | None = None

    @property
    def name(self) -> str:
        """The name of the folder that holds the runs of this file."""
        return self.file.stem or "scenario"


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run's folder and the charts in it."""

    folder: Path
    charts: tuple[Path, ...] = ()


def prepare_root(root: Path, origin: Origin) -> Path:
    """Make the folder for the runs of a scenario, before any time is spent on one.

    Raises
    ------
    RunError
        Nothing can be written there.
    """
    home = root / origin.name
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=home):
            pass
    except OSError as error:
        raise _cannot_write(home, error) from None
    _sweep(home)
    return home


def save_run(
    results: Results,
    root: Path,
    origin: Origin,
    draw: Callable[[Path], Sequence[Path]] | None = None,
) -> SavedRun:
    """Write a run below `root`, as a whole or not at all.

    Parameters
    ----------
    results
        What the run found.
    root
        The folder of all scenarios' runs.
    origin
        Where the scenario came from.
    draw
        Draws charts into the folder it is given and says which; called in a thread of its own,
        while tables are written.

    Raises
    ------
    RunError
        It cannot be written there.
    """
    home = prepare_root(root, origin)
    created = datetime.now().astimezone()
    try:
        with tempfile.TemporaryDirectory(
            prefix=UNFINISHED, dir=home, ignore_cleanup_errors=True
        ) as name:
            folder = Path(name) / "run"
            folder.mkdir()
            with ThreadPoolExecutor(1) as beside:
                drawn = beside.submit(draw, folder / "charts") if draw else None
                _write(results, origin, folder, created)
                charts = [path.relative_to(folder) for path in drawn.result()] if drawn else []
            final = _publish(folder, home / run_name(results, created))
    except OSError as error:
        raise _cannot_write(home, error) from None
    return SavedRun(final, tuple(final / chart for chart in charts))


def save_folder(
    root: Path, origin: Origin, what: str, results: Results, fill: Callable[[Path], None]
) -> Path:
    """Write what was found beside runs below `root`, as a whole or not at all.

    The folder's name begins with `what`; `fill` writes into the folder it is given.

    Raises
    ------
    RunError
        It cannot be written there.
    """
    home = prepare_root(root, origin)
    try:
        with tempfile.TemporaryDirectory(
            prefix=UNFINISHED, dir=home, ignore_cleanup_errors=True
        ) as name:
            folder = Path(name) / what
            folder.mkdir()
            fill(folder)
            created = datetime.now().astimezone()
            return _publish(folder, home / f"{what}-{run_name(results, created)}")
    except OSError as error:
        raise _cannot_write(home, error) from None


def run_name(results: Results, created: datetime) -> str:
    """The name of a run's folder: when, of what, with which seed, how many iterations."""
    settings = results.settings
    return f"{created:%Y%m%d-%H%M%S}-{results.digest[:6]}-s{settings.seed}-n{settings.iterations}"


def result_text(results: Results) -> str:
    """The text of `result.json`, which `--json` prints too."""
    return json_text(results.to_dict())


def json_text(data: Any) -> str:
    """Data as JSON without infinities; one line an entry, so that two runs can be compared."""
    return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def iteration_columns(results: Results) -> Columns:
    """A row per iteration, in order; dates are whole seconds, NaT and nan where there is none."""
    clock = results.plan.clock
    columns: Columns = {"iteration": np.arange(results.settings.iterations, dtype=np.int64)}
    keys = sorted(results.outcomes, key=lambda key: key != "duration")  # it stands first
    for key in keys:
        outcome = results.outcomes[key]
        if outcome.unit == DATE:
            columns[key] = _timestamps(outcome.values, clock)
        else:
            values = np.where(np.isfinite(outcome.values), outcome.values, np.nan)
            columns[key] = values / MS_PER_HOUR if outcome.unit == HOURS else values
    return columns


def task_columns(results: Results) -> Columns:
    """A row per task, in order of the plan."""
    tasks = list(results.tasks.values())
    plan, clock = results.plan, results.plan.clock
    projects = [plan.network.projects[task.plan.project] for task in tasks]
    columns: Columns = {
        "task": _texts([task.plan.id for task in tasks]),
        "name": _texts([task.plan.name for task in tasks]),
        "project": _texts(projects),
        "kind": _texts([task.plan.kind for task in tasks]),
        **_estimates("criticality", [task.criticality for task in tasks]),
        **_estimates("exists", [task.exists for task in tasks]),
    }
    for end in ("start", "finish"):
        for key in ("p10", "p50", "p80", "p90", "deterministic"):
            values = np.array([getattr(task, end)[key] for task in tasks])
            columns[f"{end}_{key}"] = _timestamps(values, clock)
    columns["merge_bias_days"] = np.array([task.merge_bias_days for task in tasks])
    columns["total_float_hours"] = np.array([task.float_hours for task in tasks])
    columns["deadline"] = _timestamps(
        np.array([np.nan if t.plan.deadline is None else t.plan.deadline for t in tasks]), clock
    )
    columns["source_uid"] = _texts([task.plan.source_uid for task in tasks])
    for tag in dict.fromkeys(tag for task in tasks for tag in task.plan.tags):
        columns[f"tag:{tag}"] = _texts([task.plan.tags.get(tag) for task in tasks])
    return columns


def write_parquet(tables: dict[Path, Columns]) -> None:
    """Write each table of columns to its file, rows in their order; nan and NaT become NULL.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    import duckdb  # noqa: PLC0415 - heavy, and only needed once there is something to keep

    try:
        with duckdb.connect(":memory:") as connection:
            for path, columns in tables.items():
                # A plain dict of arrays is read where it lies, without a copy.
                connection.register("found", columns)
                found = connection.table("found").project(_projection(columns))
                found.write_parquet(str(path), compression="zstd")
                connection.unregister("found")
    except duckdb.Error as error:
        raise _system_error(str(error)) from None


def _projection(columns: Columns) -> str:
    """Every column under its own name; one of texts stays one where it holds nothing."""
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in columns}
    return ", ".join(
        f"CAST({quoted[name]} AS VARCHAR) AS {quoted[name]}"
        if values.dtype == object
        else quoted[name]
        for name, values in columns.items()
    )


def manifest(results: Results, origin: Origin, created: datetime) -> dict[str, Any]:
    """How a run was made: enough to make it again."""
    return {
        "format": 1,
        "created": created.isoformat(timespec="seconds"),
        "scenario": {"name": results.name, "digest": results.digest, "file": origin.file.name},
        "settings": {**asdict(results.settings), "engine_used": results.settings.engine_used},
        "overrides": list(origin.overrides),
        "without": list(origin.without),
        "status": None if origin.status is None else origin.status.name,
        "versions": _versions(),
        "platform": platform.platform(),
        "holidays": results.plan.holidays,
        "dimensions": results.dimensions,
        "wall_seconds": round(results.seconds, 3),
    }


def _write(results: Results, origin: Origin, folder: Path, created: datetime) -> None:
    scenario = results.plan.scenario
    texts = {
        "manifest.json": json_text(manifest(results, origin, created)),
        "result.json": result_text(results),
        "scenario.yaml": dump(scenario),
    }
    if results.model_band is not None:
        band = results.model_band.to_dict(results.plan.clock)
        texts["model_band.json"] = json_text(band)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    _copy_samples(scenario, origin.file.parent, folder)
    write_parquet(
        {
            folder / "iterations.parquet": iteration_columns(results),
            folder / "tasks.parquet": task_columns(results),
        }
    )


def _copy_samples(scenario: Scenario, source: Path, folder: Path) -> None:
    """Copy the files that distributions draw from, so that the scenario's copy reads alone.

    The loader has seen to it that they lie in the scenario's folder.
    """
    for file in sorted({samples.source.partition("#")[0] for samples in sampled(scenario)}):
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, target)


def _publish(folder: Path, wanted: Path) -> Path:
    """Give a whole folder its name, or the next free one: a rename never replaces a run."""
    for number in range(1, _MOST_SUFFIXES):
        final = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if final.exists():
            continue
        try:
            folder.rename(final)
        except OSError:
            if not final.exists():
                raise
        else:
            return final
    raise OSError(f"{_MOST_SUFFIXES:,} runs have this name")


def _sweep(home: Path) -> None:
    """Remove what runs left that were killed while writing: nothing has changed in it for long."""
    for left in home.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            newest = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
            if time.time() - newest > _STALE_SECONDS:
                shutil.rmtree(left)


def _timestamps(values: Floats, clock: Clock) -> npt.NDArray[np.datetime64]:
    """Instants rounded up to whole seconds, as the contract's dates are."""
    there = np.isfinite(values)
    seconds = np.ceil(np.clip(np.where(there, values, 0.0), *clock.range) / 1000.0)
    found = np.datetime64(clock.start, "us") + (seconds * 1e6).astype("timedelta64[us]")
    found[~there] = np.datetime64("NaT", "us")
    return found


def _texts(values: Sequence[str | None]) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)


def _estimates(name: str, estimates: Sequence[Estimate]) -> Columns:
    """A figure and the ends of its interval."""
    return {
        name: np.array([estimate.value for estimate in estimates]),
        f"{name}_low": np.array([estimate.low for estimate in estimates]),
        f"{name}_high": np.array([estimate.high for estimate in estimates]),
    }


def _finite(data: Any) -> Any:
    """The same data with nothing in it that JSON does not have."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, np.generic):
        data = data.item()
    return None if isinstance(data, float) and not np.isfinite(data) else data


def _versions() -> dict[str, str]:
    from simulator import __version__  # noqa: PLC0415 - the package imports this module's folder

    found = {"simulator": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _system_error(text: str) -> OSError:
    """What the system said, of what the database says; it holds the number of the error."""
    number = re.search(r'"?errno"?:\s*"?(\d+)', text)
    if number:
        return OSError(int(number[1]), os.strerror(int(number[1])))
    return OSError(text.partition("\n")[0])


def _cannot_write(folder: Path, error: OSError) -> RunError:
    reason = (error.strerror or str(error)).lower()
    return RunError(
        f"{os.fspath(folder)}: the run cannot be saved: {reason}; choose another folder with"
        " --out DIR, or --out none to save nothing"
    )
