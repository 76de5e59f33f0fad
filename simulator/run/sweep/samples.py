"""The files of samples that points of a sweep draw from."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simulator.errors import ScenarioError
from simulator.run.sweep.designs import Point
from simulator.run.sweep.points import Job
from simulator.scenario.source import source_from_text


def files_of(job: Job, points: Sequence[Point]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file that a job, or the values of its points, draw from."""
    texts = {text for point in points for text in point if text and "samples" in text}
    data = [job.source.data(), *map(_data, sorted(texts))]
    for name in sorted({*_names(data)}):
        try:
            content = (Path(job.source.folder) / name).read_bytes()
        except (OSError, ValueError):
            continue  # told of as a fault of the points that name it
        yield name, content


def _data(text: str) -> Any:
    try:
        return source_from_text(text, "--vary", mapping=False).data()
    except ScenarioError:
        return None


def _names(data: Any) -> Iterator[str]:
    """The files that plain data names."""
    if isinstance(data, dict):
        name = data.get("samples")
        if isinstance(name, str):
            yield name.partition("#")[0]
        for value in data.values():
            yield from _names(value)
    elif isinstance(data, list):
        for value in data:
            yield from _names(value)
