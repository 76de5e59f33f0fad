"""A copy of this process that does one thing beside it, on another core.

The copy is asked once through a pipe and answers once through another. Where there is none, or
where it fails, whoever asked does the thing itself: a copy saves time and decides nothing.
"""

import os
import pickle
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn

_THREADS = Path("/proc/self/task")

Work = Callable[[IO[bytes]], object]
"""Reads pickled requests, and returns what is answered."""


def may_copy() -> bool:
    """Whether there is a second core, and no other thread whose locks a copy would inherit."""
    try:
        return len(os.sched_getaffinity(0)) > 1 and len(list(_THREADS.iterdir())) == 1
    except (AttributeError, OSError):  # no Linux
        return False


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of this process that works, and the pipes to it and from it."""

    process: int
    requests: IO[bytes]
    answers: IO[bytes]
    writer: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1))

    @classmethod
    def doing(cls, work: Work, *, of_copy: bool = False) -> "Copy | None":
        """Begin one; None where there is no core for it, or the system has no room.

        One that a copy makes of itself (`of_copy`) ends with the first.
        """
        if not may_copy():
            return None
        asked, asking = os.pipe()
        answered, answering = os.pipe()
        try:
            process = os.fork()
        except OSError:
            for end in (asked, asking, answered, answering):
                os.close(end)
            return None
        if process == 0:
            os.close(asking)
            os.close(answered)
            _do(work, asked, answering, leads=not of_copy)
        os.close(asked)
        os.close(answering)
        if not of_copy:
            with suppress(OSError):  # the copy does the same, whoever comes first
                os.setpgid(process, process)
        return cls(process, os.fdopen(asking, "wb"), os.fdopen(answered, "rb"))

    def ask(self, what: object) -> None:
        """Send a request, which is written as fast as the copy reads, after those before it."""
        message = pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
        # If the copy is gone nothing is written, and it will not answer either.
        self.writer.submit(self._write, message)

    def _write(self, message: bytes) -> None:
        self.requests.write(message)
        self.requests.flush()

    def answer(self) -> Any:
        """What it answers, once; None if it cannot."""
        try:
            return pickle.load(self.answers)
        except (OSError, EOFError, ValueError, pickle.PickleError):
            return None

    def end(self) -> None:
        """Leave no process behind: by now it has answered, or nobody wants to know."""
        # Its group, in which are the copies that it made in turn.
        with suppress(OSError):
            os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        self.writer.shutdown()
        for stream in (self.requests, self.answers):
            with suppress(OSError):
                stream.close()


def _do(work: Work, asked: int, answering: int, *, leads: bool) -> NoReturn:
    """What the copy does: work, tell, and be gone.

    Interrupts on the keyboard, and what stands in the way of output, are for the first process.
    """
    try:
        if leads:
            os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        with os.fdopen(asked, "rb") as requests, os.fdopen(answering, "wb") as answers:
            pickle.dump(work(requests), answers, protocol=pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)
