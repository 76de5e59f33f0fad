"""The process in which Java runs: ``python -P -m simulator.importers.plans.child FOLDER``.

A Java machine starts once a process, does not survive a fork and takes its memory along when it
goes, so that it lives in a process of its own. What is asked stands in the file `request` of a
folder, and the answer is put there, both pickled by this program: nothing out of the schedule is
ever run.
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.importers.plans.java import NoJavaError, start
from simulator.importers.plans.messages import Answer, Request
from simulator.importers.plans.pull import UnreadableFileError, read
from simulator.importers.plans.push import write

TASKS: dict[str, Callable[[Request, Path], Any]] = {
    "read": lambda request, _: read(request.path),
    "write": lambda request, folder: write(str(folder / "written"), request.payload),
}


def main(folder: Path) -> None:
    """Do what the request in a folder asks, and put the answer beside it."""
    with (folder / "request").open("rb") as stream:
        request: Request = pickle.load(stream)
    answer = _answered(request, folder)
    with (folder / "part").open("wb") as stream:
        pickle.dump(answer, stream, protocol=pickle.HIGHEST_PROTOCOL)
    (folder / "part").rename(folder / "answer")


def _answered(request: Request, folder: Path) -> Answer:
    try:
        start(folder, request.megabytes)
    except NoJavaError as error:
        return Answer(why="java", text=str(error))
    from java.lang import (  # noqa: PLC0415 - Java has to run
        OutOfMemoryError,
        Throwable,
    )

    try:
        return Answer(TASKS[request.task](request, folder))
    except UnreadableFileError as error:
        return Answer(why="unknown", text=str(error))
    except Throwable as error:
        chain = _chain(error)
        if any(isinstance(each, OutOfMemoryError) for each in chain):
            return Answer(why="memory")
        told = _told(chain)
        whys = {"password": "password", "doctype": "doctype"}
        why = next((why for word, why in whys.items() if word in told.lower()), "damaged")
        return Answer(why=why, text=told)


def _chain(error: Any) -> list[Any]:
    """An error and those behind it."""
    found: list[Any] = []
    while error is not None and len(found) < 8:
        found.append(error)
        error = error.getCause()
    return found


def _told(chain: list[Any]) -> str:
    """What errors say, each once."""
    said: list[str] = []
    for error in chain:
        message = str(error.getMessage() or error.getClass().getSimpleName()).splitlines()[0][:300]
        if not any(message in other for other in said):
            said.append(message)
    return ": ".join(said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
