"""Values that cannot be right are told before anything is simulated.

A value is refused if the scenario is at fault in every point looked at that holds it; a few points
together hold each value of a list or range, and the ends of what is drawn. What is at fault only
beside certain other values becomes a row without figures, with its fault.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from simulator.errors import Fault, ScenarioError
from simulator.run.sweep.designs import Design, Point
from simulator.run.sweep.points import Job, sets_of, told

_LOOKS: Final = 3
"""Points that are looked at before a value is refused."""
MOST_VALUES: Final = 200
"""Values that are looked at for each path; those of a longer list are met while it is swept."""


def check_values(job: Job, design: Design) -> None:
    """Refuse values that put every point at fault.

    Raises
    ------
    ScenarioError
        Some do; each with the fault of its first point.
    """
    known: dict[Point, str | None] = {}
    refused: list[tuple[str, str]] = []
    beside: dict[str, str] = {}
    for number, text in _values(design):
        points = _holding(design.points, number, text)
        looked = [_fault(job, point, known) for point in points]
        if looked[0] is None or None in looked:
            continue
        written = f"{job.paths[number]}={text}"
        alone = _fault(job, _alone(points[0], number), known)
        if alone is not None:
            refused.append((written, alone))
        else:
            beside.setdefault(looked[0], ", ".join(sets_of(job.paths, points[0])))
    # A value that is at fault alone explains the points that hold it beside others.
    explained = {fault for _, fault in refused}
    others = [(where, fault) for fault, where in beside.items() if fault not in explained]
    faults = [Fault(f"{where}: {fault}", file="--vary") for where, fault in refused + others]
    if faults:
        raise ScenarioError(faults)


def _alone(point: Point, number: int) -> Point:
    """A point with one of its values, the others as in the file."""
    return tuple(text if place == number else None for place, text in enumerate(point))


def _values(design: Design) -> Iterator[tuple[int, str]]:
    """The values to look at, with the number of their path."""
    for number, axis in enumerate(design.axes):
        texts = list(dict.fromkeys(point[number] for point in design.points))
        if len(design.units) and len(texts) > len(axis.texts or ()):
            order = np.argsort(design.units[:, number])
            texts = [design.points[order[place]][number] for place in (0, -1)]
        for text in texts[:MOST_VALUES]:
            if text is not None:
                yield number, text


def _holding(points: Sequence[Point], number: int, text: str) -> list[Point]:
    """Some points with a value, the first and others far from it."""
    places = [place for place, point in enumerate(points) if point[number] == text]
    chosen = np.linspace(0, len(places) - 1, min(_LOOKS, len(places))).astype(int)
    return [points[places[place]] for place in chosen.tolist()]


def _fault(job: Job, point: Point, known: dict[Point, str | None]) -> str | None:
    if point not in known:
        try:
            job.scenario(point)
        except ScenarioError as error:
            known[point] = told(error)
        else:
            known[point] = None
    return known[point]
