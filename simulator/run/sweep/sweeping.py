"""The chain of a sweep: a run of the file as it is, then every point that is not done yet."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from simulator import __version__
from simulator.errors import SettingsError
from simulator.plan.compile import compile_plan
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.simulate import run
from simulator.run.store import Columns, Origin, prepare_root
from simulator.run.sweep.checks import check_values
from simulator.run.sweep.designs import Design
from simulator.run.sweep.journal import Journal, journal_of, key_of
from simulator.run.sweep.points import Job, job_of, quickly, source_of
from simulator.run.sweep.processes import Numbered, available, rows_by_processes
from simulator.run.sweep.table import columns_of, own_values
from simulator.run.sweep.worker import Answer
from simulator.scenario.program import Scenario


def _nothing(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a sweep tells whoever watches."""

    compiling: Callable[[], None] = _nothing
    """The engine is compiled for this machine first."""
    begun: Callable[[int, int], None] = _nothing
    """How many points were kept from before, of how many."""
    done: Callable[[int, int], None] = _nothing
    """How many points are done, of how many."""
    lost: Callable[[int, int], None] = _nothing
    """The number of a point whose process died, and the process; it is done again."""
    slow: Callable[[str], object] = _nothing
    """Why the engine leaves the file as it is to SimPy, which takes long."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sweep is kept while it goes on, and whether it begins anew."""

    root: Path
    origin: Origin
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works: so many processes of this machine, or a Dask cluster."""

    processes: int | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.processes is not None and self.processes < 1:
            raise SettingsError(f"{self.processes} processes; expected 1 or more")

    @property
    def count(self) -> int:
        """How many processes; of a cluster, one for each thread is as good a guess as any."""
        return available() if self.processes is None else self.processes


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: a column a figure, and the run of the file as it is."""

    results: Results
    design: Design
    columns: Columns
    seconds: float
    resumed: int
    """Points that were kept from before."""


@contextmanager
def swept(  # noqa: PLR0917 - the steps of a sweep, by name
    scenario: Scenario,
    design: Design,
    settings: Settings,
    workers: Workers,
    place: Place | None = None,
    watch: Watch | None = None,
) -> Iterator[Swept]:
    """A sweep that is done; what is kept of its points goes when the block ends well.

    Raises
    ------
    ScenarioError
        The scenario is at fault, or a value puts every point at fault.
    RunError
        Points cannot be made, or not be kept.
    """
    began, watch = perf_counter(), watch or Watch()
    data = source_of(scenario).data()
    own = own_values(data, [axis.path for axis in design.axes])
    results = _base(scenario, settings, len(design.points), workers, watch)
    job = job_of(results, design)
    with _journal(job, design, place) as journal:
        found = dict(journal.kept) if journal else {}
        found = {number: each for number, each in found.items() if number < len(design.points)}
        resumed = len(found)
        if not resumed:
            check_values(job, design)
        watch.begun(resumed, len(design.points))
        left = [(k, point) for k, point in enumerate(design.points) if k not in found]
        for number, answer in _rows(job, left, workers, watch) if left else ():
            found[number] = answer
            if journal is not None:
                journal.keep(number, answer)
            watch.done(len(found), len(design.points))
        columns = columns_of(design, own, [found[k] for k in range(len(design.points))])
        yield Swept(results, design, columns, perf_counter() - began, resumed)
        if journal is not None:
            journal.forget()


def _base(
    scenario: Scenario, settings: Settings, points: int, workers: Workers, watch: Watch
) -> Results:
    """The run of the file as it is; kernels are compiled here, before many would do so at once."""
    rows = len(compile_plan(scenario).network.rows)
    chosen = quickly(replace(settings, task_iterations=0), rows, points, workers.count)
    return run(scenario, chosen, on_compiling=watch.compiling, on_slow=watch.slow)


@contextmanager
def _journal(job: Job, design: Design, place: Place | None) -> Iterator[Journal | None]:
    """Where points are kept; None where nothing is."""
    if place is None:
        yield None
        return
    key = key_of(job, design, __version__)
    home = prepare_root(place.root, place.origin)
    with journal_of(home, key, place.fresh) as journal:
        yield journal


def _rows(
    job: Job, points: Sequence[Numbered], workers: Workers, watch: Watch
) -> Iterator[tuple[int, Answer]]:
    if workers.cluster is not None:
        from simulator.run.sweep.cluster import rows_by_cluster  # noqa: PLC0415 - an extra

        return rows_by_cluster(job, points, workers.cluster, watch.lost)
    return rows_by_processes(job, points, workers.count, watch.lost)
