"""The points of a sweep that are done, kept as they are finished, so that none is done twice.

The folder's name holds a key of everything that decides the rows, so the same sweep finds it again
and another one does not. Lines are only ever added; the last may be torn, and is then cut off.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from simulator.errors import RunError
from simulator.run.sweep.designs import Design
from simulator.run.sweep.points import Job
from simulator.run.sweep.samples import files_of
from simulator.run.sweep.worker import FAULT, ROW, Answer

UNFINISHED: Final = ".unfinished"
_FILE: Final = "points.jsonl"
_KEPT: Final = ("iterations", "seed", "scheme", "keep_margin", "keep_hard", "level")
"""The settings that decide numbers."""


@dataclass(slots=True)
class Journal:
    """A file to which points are added; `kept` are those that were there."""

    folder: Path
    kept: dict[int, Answer]
    stream: IO[bytes]

    def keep(self, number: int, answer: Answer) -> None:
        """Add a point."""
        kind, content = answer
        line = json.dumps({"point": number, kind: content}, allow_nan=False, ensure_ascii=False)
        with _keeping(self.folder):
            self.stream.write(line.encode() + b"\n")
            self.stream.flush()

    def forget(self) -> None:
        """Remove it: the table holds everything now."""
        self.stream.close()
        with suppress(OSError):
            shutil.rmtree(self.folder)


@contextmanager
def journal_of(home: Path, key: str, fresh: bool = False) -> Iterator[Journal]:
    """The journal of a sweep, with what was kept before unless it begins anew.

    Raises
    ------
    RunError
        Another process works on the same sweep, or nothing can be written there.
    """
    folder = home / f"sweep-{key}{UNFINISHED}"
    with _opened(folder) as stream:
        _lock(stream, folder)
        with _keeping(folder):
            kept = {} if fresh else _read(stream)
            if fresh:
                stream.truncate(0)
        try:
            yield Journal(folder, kept, stream)
        finally:
            if not stream.closed and not os.fstat(stream.fileno()).st_size:
                shutil.rmtree(folder, ignore_errors=True)


def _opened(folder: Path) -> IO[bytes]:
    with _keeping(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / _FILE).open("a+b")


@contextmanager
def _keeping(folder: Path) -> Iterator[None]:
    """What the system refuses, as a user can put it right."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RunError(
            f"{folder}: points cannot be kept: {reason}; choose another folder with --out DIR, or"
            " --out none to keep nothing"
        ) from None


def key_of(job: Job, design: Design, version: str) -> str:
    """Twelve characters that the same sweep has every time: data, values, settings, version."""
    settings = [str(getattr(job.settings, name)) for name in _KEPT]
    files = [sha256(content).hexdigest() for _, content in files_of(job, design.points)]
    values = [design.kind, repr(design.points), *job.paths]
    parts = [version, repr(job.source.data()), *values, *settings, *files]
    return sha256("\0".join(parts).encode()).hexdigest()[:12]


def _read(stream: IO[bytes]) -> dict[int, Answer]:
    """The points of a journal; a torn line at its end is cut off."""
    stream.seek(0)
    found: dict[int, Answer] = {}
    whole = 0
    for line in stream:
        if not line.endswith(b"\n"):
            break
        whole += len(line)
        with suppress(ValueError, KeyError, TypeError):
            read = json.loads(line)
            kind = ROW if ROW in read else FAULT
            found[int(read["point"])] = kind, read[kind]
    stream.truncate(whole)
    return found


def _lock(stream: IO[bytes], folder: Path) -> None:
    """Keep others out until the file is closed, or this process ends however."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(
            f"{folder}: another process works on this very sweep; wait for it, or choose another"
            " folder with --out DIR"
        ) from None
