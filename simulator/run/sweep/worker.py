"""A process that works on a sweep: it is sent a job, then points, and answers each with its row.

It is started as a program of its own, never as a copy: it imports no script of the user and
inherits no threads. It ends when nobody sends it points any more.
"""

import os
import pickle
import signal
import sys
from typing import IO, Any

from simulator.engine.uncollected import uncollected
from simulator.errors import RunError, ScenarioError
from simulator.run.sweep.designs import Point
from simulator.run.sweep.points import Job, told

ROW, FAULT, BROKEN = "row", "fault", "broken"
"""Answers: the row of a point, a fault of the scenario with its values, a mistake of ours."""

Answer = tuple[str, Any]


def answered(job: Job, point: Point) -> Answer:
    """What comes of a point."""
    try:
        with uncollected():
            return ROW, job.row(point)
    except (ScenarioError, RunError) as error:
        return FAULT, told(error)


def serve() -> None:
    """Answer points from stdin on stdout until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that sends the points
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not stand in answers
    asked = sys.stdin.buffer
    job = _next(asked)
    while job is not None and (point := _next(asked)) is not None:
        try:
            answer = answered(job, point)
        except Exception as error:  # noqa: BLE001, RUF100 - it is raised where points are sent
            answer = BROKEN, error
        try:
            _send(answers, answer)
        except BrokenPipeError:
            return


def _next(stream: IO[bytes]) -> Any:
    try:
        return pickle.load(stream)
    except (EOFError, pickle.UnpicklingError):
        return None


def _send(stream: IO[bytes], answer: Answer) -> None:
    try:
        text = pickle.dumps(answer)
    except Exception:  # noqa: BLE001, RUF100 - some errors cannot be sent
        text = pickle.dumps((BROKEN, RuntimeError(repr(answer[1]))))
    stream.write(text)
    stream.flush()


if __name__ == "__main__":
    serve()
