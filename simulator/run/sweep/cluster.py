"""Points shared among the workers of a Dask cluster that is there already.

Workers get the job once, with the files that its distributions draw from, and need no folder of
this machine. They must have the same versions of what computes, or the numbers might not be those
of this machine. Dask does a point again when a worker dies.
"""

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from simulator import __version__
from simulator.errors import RunError, SettingsError
from simulator.run.sweep.designs import Point
from simulator.run.sweep.points import Job
from simulator.run.sweep.processes import Lost, Numbered, lost_text
from simulator.run.sweep.samples import files_of
from simulator.run.sweep.worker import Answer, answered

_PATIENCE: Final = "10s"
_ALIKE: Final = ("numpy", "scipy", "numba", "holidays", "pydantic")
_AHEAD: Final = 2_000
"""Points that the scheduler holds at a time."""


@dataclass(frozen=True, eq=False)
class Shipped:
    """A job and the files it reads, by name, for workers that do not share this machine's disks.

    Two of one name are the same.
    """

    name: str
    job: Job
    files: tuple[tuple[str, bytes], ...]

    def __hash__(self) -> int:
        """By name."""
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        """By name."""
        return isinstance(other, Shipped) and other.name == self.name


def rows_by_cluster(
    job: Job, points: Sequence[Numbered], address: str, on_lost: Lost | None = None
) -> Iterator[tuple[int, Answer]]:
    """What comes of each point, as it comes.

    Raises
    ------
    SettingsError
        The extra `cluster` is not installed.
    RunError
        The cluster does not answer, is of other versions, or has lost workers to a point.
    """
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError(
            "a cluster needs Dask; install it with pip install 'program-simulator[cluster]'"
        ) from None
    with _client(distributed, address) as client:
        _check_versions(client)
        if job.settings.engine == "compiled":
            # One worker of each machine compiles; the others find it on its disk.
            hosts = {urlsplit(worker).hostname: worker for worker in client.ncores()}
            client.run(compiled_there, workers=[*hosts.values()])
        yield from _rows(distributed, client, job, points, on_lost)


def row_there(shipped: Shipped, point: Point) -> Answer:
    """What comes of a point, on a worker."""
    return answered(_unpacked(shipped), point)


def compiled_there() -> None:
    """Compile the engine for the machine of a worker, unless that is done."""
    from simulator.engine.compiled.warm import warm_up_once  # noqa: PLC0415 - slow to load

    warm_up_once()


def versions() -> dict[str, str]:
    """The versions of what computes."""
    found = {"simulator": __version__}
    for name in _ALIKE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not there"
    return found


def _kept(shipped: Shipped) -> Shipped:
    """What was sent, on a worker."""
    return shipped


@lru_cache(maxsize=4)
def _unpacked(shipped: Shipped) -> Job:
    """The job with its files in a folder of this worker, which goes when the worker does."""
    if not shipped.files:
        return shipped.job
    folder = tempfile.mkdtemp(prefix="simulator-sweep-")
    for name, content in shipped.files:
        target = Path(folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return replace(shipped.job, source=replace(shipped.job.source, folder=Path(folder)))


@contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        said = str(error).partition("\n")[0]
        raise RunError(
            f"{address}: no Dask cluster answers: {said}; expected the address of a scheduler, such"
            " as tcp://10.0.0.5:8786"
        ) from None
    try:
        yield client
    finally:
        client.close()


def _check_versions(client: Any) -> None:
    here = versions()
    try:
        there = client.run(versions)
    except Exception as error:
        raise RunError(f"the cluster cannot work on a sweep: {error}") from None
    if not there:
        raise RunError("the cluster has no workers; start some with dask worker ADDRESS")
    for worker, found in there.items():
        for name, wanted in here.items():
            if found.get(name) != wanted:
                raise RunError(
                    f"{worker} has {name} {found.get(name)}; expected {wanted}, as here: other"
                    " versions might give other numbers"
                )


def _rows(
    distributed: Any, client: Any, job: Job, points: Sequence[Numbered], on_lost: Lost | None
) -> Iterator[tuple[int, Answer]]:
    files = tuple(files_of(job, [point for _, point in points]))
    held = Shipped(uuid4().hex, job, files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a job is large
        # As a task, so that Dask makes it again where the worker that held it died.
        shipped = client.submit(_kept, held, pure=False)
    waiting = iter(points)
    numbers: dict[str, Numbered] = {}

    def submit(count: int) -> list[Any]:
        found = []
        for _, (number, point) in zip(range(count), waiting, strict=False):
            future = client.submit(row_there, shipped, point, pure=False)
            numbers[future.key] = number, point
            found.append(future)
        return found

    lost: list[Numbered] = []
    running = distributed.as_completed(submit(_AHEAD), loop=client.loop)
    for future in running:
        number, point = numbers.pop(future.key)
        if future.status != "finished":
            error = future.exception()
            if not isinstance(error, distributed.scheduler.KilledWorker):
                raise RunError(f"point {number + 1} failed on the cluster: {error!r}") from None
            if on_lost is not None:
                on_lost(number, 0)
            lost.append((number, point))
        else:
            yield number, future.result()
        for more in submit(1):
            running.add(more)
    if lost:
        raise RunError(lost_text(job, lost))
