"""Points shared among processes of this machine; one that dies costs nothing but its time.

Each process has a thread here that hands it one point after the other, so that the fastest gets
most. What a process was at when it died is done again by another, as often as `TRIES` allows.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any, Final

from simulator.errors import RunError
from simulator.run.sweep.designs import Point
from simulator.run.sweep.points import Job, sets_of
from simulator.run.sweep.worker import BROKEN, Answer

TRIES: Final = 3
"""How many processes may die of one point."""
_CODE: Final = "import sys; sys.path[:] = {path!r}; from simulator.run.sweep.worker import serve"
_DIED: Final = "died"

Numbered = tuple[int, Point]
Lost = Callable[[int, int], None]
"""Told the number of a point whose process died, and the process."""


def rows_by_processes(
    job: Job, points: Sequence[Numbered], processes: int, on_lost: Lost | None = None
) -> Iterator[tuple[int, Answer]]:
    """What comes of each point, as it comes.

    Raises
    ------
    RunError
        A point has cost `TRIES` processes their lives; it is raised once all others are done.
    """
    crew = _Crew(job, deque(points), on_lost)
    threads = [Thread(target=crew.work, daemon=True) for _ in range(min(processes, len(points)))]
    for thread in threads:
        thread.start()
    try:
        yield from crew.answers(dict(points))
    finally:
        crew.end()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class _Crew:
    """Threads that share a list of points, and the answers that they bring."""

    job: Job
    points: deque[Numbered]
    on_lost: Lost | None
    found: "Queue[tuple[int, Answer]]" = field(default_factory=Queue)
    ended: Event = field(default_factory=Event)
    tried: dict[int, int] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def answers(self, points: Mapping[int, Point]) -> Iterator[tuple[int, Answer]]:
        """What comes of all points; deaths are told of, and tried again."""
        lost: list[Numbered] = []
        count = len(points)
        while count:
            number, (kind, content) = self.found.get()
            if kind == BROKEN:
                raise content
            if kind == _DIED:
                self.tried[number] = self.tried.get(number, 0) + 1
                if self.on_lost is not None:
                    self.on_lost(number, content)
                if self.tried[number] < TRIES:
                    self.points.append((number, points[number]))
                    continue
                lost.append((number, points[number]))
                count -= 1
                continue
            count -= 1
            yield number, (kind, content)
        if lost:
            raise RunError(lost_text(self.job, lost))

    def work(self) -> None:
        """Have points done by one process, and by another where it dies."""
        process: subprocess.Popen[bytes] | None = None
        try:
            while not self.ended.is_set():
                try:
                    number, point = self.points.popleft()
                except IndexError:
                    # A point whose process died may come back.
                    self.ended.wait(0.05)
                    continue
                try:
                    process = process or self._started()
                    answer = _answer(process, point)
                except (OSError, EOFError, pickle.UnpicklingError):
                    answer = _DIED, 0 if process is None else process.pid
                    self._buried(process)
                    process = None
                self.found.put((number, answer))
        except BaseException as error:  # noqa: BLE001, RUF100 - raised where answers are read
            self.found.put((-1, (BROKEN, error)))
        finally:
            self._buried(process)

    def end(self) -> None:
        """Leave no process behind."""
        self.ended.set()
        for process in list(self.running):
            process.kill()

    def _started(self) -> subprocess.Popen[bytes]:
        code = _CODE.format(path=[_package(), *sys.path]) + "; serve()"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"OPENBLAS_NUM_THREADS": "1", **os.environ},
            start_new_session=True,  # an interrupt at the terminal is for this process alone
        )
        self.running.append(process)
        assert process.stdin is not None
        pickle.dump(self.job, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        return process

    def _buried(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()
        self.running.remove(process)


def available() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _answer(process: subprocess.Popen[bytes], point: Point) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    pickle.dump(point, process.stdin)
    process.stdin.flush()
    return pickle.load(process.stdout)


def _package() -> str:
    """The folder that this package lies in."""
    return str(Path(__file__).parents[3])


def lost_text(job: Job, points: Sequence[Numbered]) -> str:
    """What is said of points that no process survives."""
    number, point = points[0]
    more = f" (and {len(points) - 1} more)" if len(points) > 1 else ""
    return (
        f"point {number + 1} ({', '.join(sets_of(job.paths, point))}){more}: {TRIES} processes died"
        " of it, killed or out of memory; try fewer --processes or iterations (-n). The other"
        " points are kept where the sweep is saved, and the same command goes on with them."
    )
