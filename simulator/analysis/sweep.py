"""Many variants of a scenario on the same futures: what the outcome is where values are others."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from simulator.analysis.sweep_effects import RESPONSES, Effect, effects_of, response
from simulator.run.results import Results
from simulator.run.settings import Settings
from simulator.run.store import Columns, Origin
from simulator.run.sweep.axes import axes_of, short_paths
from simulator.run.sweep.designs import Design, design_of
from simulator.run.sweep.points import sets_of, source_of
from simulator.run.sweep.saving import save_sweep
from simulator.run.sweep.sweeping import Place, Watch, Workers, swept
from simulator.run.sweep.table import FAULT_COLUMN
from simulator.scenario.program import Scenario

_LIKELY = ("all", "on_time", "on_budget")
"""Figures of which more is better."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep found: a row a point.

    `columns` are arrays (P,) by name, points in order: the varied paths, then finish_p50,
    finish_p80, cost_p50, cost_p80, on_time, on_budget, all, and the changes from the file as it is,
    each with its _low and _high; dates are datetime64, NaT and nan where there is none. `fault`
    says why a point has no figures.
    """

    results: Results
    """The run of the file as it is."""
    design: Design
    columns: Columns
    seconds: float = field(compare=False)
    resumed: int = field(default=0, compare=False)
    """Points that were kept from a sweep that did not end."""
    table: Path | None = None
    """The Parquet file; None where nothing was saved."""

    @property
    def paths(self) -> tuple[str, ...]:
        """What was varied."""
        return tuple(axis.path for axis in self.design.axes)

    @property
    def faults(self) -> dict[int, str]:
        """Why points have no figures, by their number from 0."""
        return {k: text for k, text in enumerate(self.columns[FAULT_COLUMN]) if text is not None}

    @cached_property
    def effects(self) -> dict[str, tuple[Effect, ...]]:
        """What each path does to P80 finish (days), P80 cost and the chances of promises."""
        level = self.results.settings.level
        found = {
            figure: effects_of(self.design, self.columns, figure, level)
            for figure in RESPONSES
            if np.isfinite(response(self.columns, figure)).any()
        }
        return {figure: effects for figure, effects in found.items() if effects}

    def ranked(self, figure: str) -> tuple[Effect, ...]:
        """The effects on a figure, the largest first."""
        return tuple(
            sorted(self.effects.get(figure, ()), key=lambda each: -np.nan_to_num(each.size, nan=-1))
        )

    def values(self, figure: str) -> np.ndarray:
        """A figure of every point (P,) as numbers, dates as days; nan where there is none."""
        return response(self.columns, figure)

    def best(self, figure: str = "finish_p80") -> int | None:
        """The number of the earliest, cheapest or likeliest point; None where no point has any."""
        return self._extreme(figure, best=True)

    def worst(self, figure: str = "finish_p80") -> int | None:
        """The number of the latest, dearest or unlikeliest point."""
        return self._extreme(figure, best=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """The shortest ends of the paths that tell them apart."""
        return short_paths(self.paths)

    def sets(self, number: int) -> list[str]:
        """A point as `--set` takes it."""
        return sets_of(self.paths, self.design.points[number])

    def to_dict(self) -> dict[str, Any]:
        """As `sweep --json` prints it; rows are in it where no table was written."""
        found: dict[str, Any] = {
            "points": len(self.design.points),
            "design": self.design.kind,
            "table": None if self.table is None else os.fspath(self.table),
            "paths": list(self.paths),
            "effects": {
                figure: [each.to_dict() for each in effects]
                for figure, effects in self.effects.items()
            },
            "best": {figure: self._point(self.best(figure)) for figure in self.effects},
            "worst": {figure: self._point(self.worst(figure)) for figure in self.effects},
            "faults": [{"point": k, "fault": text} for k, text in self.faults.items()],
        }
        if self.table is None:
            found["rows"] = self.rows()
        return found

    def rows(self) -> list[dict[str, Any]]:
        """The table, a mapping a point; dates as text."""
        shown = {name: _shown(values) for name, values in self.columns.items()}
        return [dict(zip(shown, row, strict=True)) for row in zip(*shown.values(), strict=True)]

    def _extreme(self, figure: str, *, best: bool) -> int | None:
        sign = 1.0 if best else -1.0
        others = (-self.values("all"), self.values("cost_p80"), self.values("finish_p80"))
        keys = [np.nan_to_num(sign * each) for each in others]
        first = sign * self.values(figure) * (-1.0 if figure in _LIKELY else 1.0)
        if not np.isfinite(first).any():
            return None
        # Ties go by the other figures, the same way.
        return int(np.lexsort([*keys, np.where(np.isnan(first), np.inf, first)])[0])

    def _point(self, number: int | None) -> dict[str, Any] | None:
        if number is None:
            return None
        return {"point": number, "set": self.sets(number)}

    def __repr__(self) -> str:
        """One line: how many points of which design, and where the table is."""
        where = f", {self.table}" if self.table else ""
        return f"<Sweep of {len(self.design.points):,} points, {self.design.kind}{where}>"


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Any] | Sequence[str],
    *,
    design: str = "grid",
    points: int | None = None,
    iterations: int = 10_000,
    seed: int = 1,
    scheme: str = "mc",
    engine: str = "auto",
    threads: int | None = None,
    keep_margin: bool = False,
    keep_hard: bool = False,
    design_seed: int = 1,
    processes: int | None = None,
    cluster: str | None = None,
    out: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Simulate a scenario at many points, each with other values, on the same futures.

    Parameters
    ----------
    scenario
        A loaded scenario.
    vary
        Paths as `--set` takes them, each with what it takes: a list of values, a range
        `"1:5:1"` or `"10d:30d:5d"`, or a distribution such as `{"uniform": [1, 3]}` or
        `"pert(10d, 20d, 40d)"`.
    design
        `grid`: every combination; `lhs`, `morris`, `sobol`: drawn points (`designs` says how);
        `around`: one path at a time, from the file as it is.
    points
        How many, for drawn designs; rounded up to what the design needs.
    iterations, seed, scheme, engine, keep_margin, keep_hard
        As `simulate` has them: a row is what `simulate` of that point finds.
    threads
        For the run of the file as it is; points take one each.
    design_seed
        Another one, other points.
    processes
        Of this machine; as many as it has processors by default.
    cluster
        The address of a Dask scheduler whose workers are to do it instead.
    out
        The root folder to save in, as the command line has `outputs`; None for nowhere. Then points
        are kept as they are done, and the same sweep goes on where it was interrupted.
    fresh
        Begin anew all the same.
    on_progress
        Told how many points are done, of how many.

    Raises
    ------
    ScenarioError
        A path leads nowhere, or a value puts every point at fault.
    SettingsError
        A setting, a path's values or the design cannot be used.
    RunError
        Points cannot be made, or not be kept.
    """
    settings = Settings(iterations, seed, scheme, engine, threads, 0, keep_margin, keep_hard)
    chosen = design_of(axes_of(vary), design, points, design_seed)
    place = None
    if out is not None:
        file = source_of(scenario).file
        place = Place(Path(out), Origin(Path("scenario" if file.startswith("<") else file)), fresh)
    watch = Watch() if on_progress is None else Watch(done=on_progress)
    return sweep_with(scenario, chosen, settings, Workers(processes, cluster), place, watch)


def sweep_with(  # noqa: PLR0917 - the steps of a sweep, by name
    scenario: Scenario,
    design: Design,
    settings: Settings,
    workers: Workers,
    place: Place | None = None,
    watch: Watch | None = None,
    draw: Callable[[Sweep, Path], None] | None = None,
) -> Sweep:
    """Sweep with a design and settings that are already objects; `draw` fills the charts' folder.

    Raises
    ------
    ScenarioError, SettingsError, RunError
        As `sweep`.
    """
    with swept(scenario, design, settings, workers, place, watch) as done:
        found = Sweep(done.results, design, done.columns, done.seconds, done.resumed)
        if place is None:
            return found

        def fill(folder: Path) -> dict[str, Any]:
            if draw is not None:
                draw(found, folder / "charts")
            return found.to_dict()

        return _at(found, save_sweep(done, place, fill))


def _at(found: Sweep, table: Path) -> Sweep:
    return Sweep(found.results, found.design, found.columns, found.seconds, found.resumed, table)


def _shown(values: np.ndarray) -> list[Any]:
    if values.dtype.kind == "M":
        return [None if np.isnat(each) else str(each)[:19] for each in values]
    return [
        None if isinstance(each, float) and np.isnan(each) else each for each in values.tolist()
    ]
