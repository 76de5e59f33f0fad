"""Starts the child process in which Java runs, waits for it, and takes its answer."""

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulator.errors import Fault, ImportFileError
from simulator.importers.plans.java import INSTALL, missing_packages
from simulator.importers.plans.messages import Answer, Request
from simulator.importers.plans.sniffing import description

SECONDS = 55
"""The longest that a child may take."""
_MEGABYTES = (1024, 8192)
"""Java's memory for a small file, and the most for a large one."""
_PER_MEGABYTE = 40
"""Megabytes of memory for each of the file."""
_DONE = {"read": "read", "write": "written"}
_EXPECTED = {
    "unknown": "a file of MS Project, Primavera P6, or another scheduling tool",
    "password": "a file without a password: save it without one in the tool that made it",
    "memory": "a smaller file, such as one project of several",
    "doctype": "a file without `<!DOCTYPE`, which schedules do not need",
    "damaged": "a whole file: save or export it once more in the tool that made it",
    "write": "another kind of file, such as MS Project XML",
}


def in_child(
    task: str, path: Path, size: int, *, seconds: float = SECONDS, payload: Any = None
) -> Any:
    """What the child makes of a file; `size` in bytes sets the memory that it may take.

    `payload` is what it is to write.

    Raises
    ------
    ImportFileError
        Java or a package is missing, the file cannot be read, or the child took too long.
    """
    missing = missing_packages()
    if missing:
        problem = f"schedules of other tools need the package {' and '.join(missing)}"
        raise ImportFileError(Fault(problem, INSTALL, file=str(path)))
    least, most = _MEGABYTES
    megabytes = min(least + _PER_MEGABYTE * (size >> 20), most)
    request = Request(task, str(path.resolve()), megabytes, payload)
    with tempfile.TemporaryDirectory(prefix="simulator-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / "request").open("wb") as stream:
            pickle.dump(request, stream)
        answer = _ask(folder, request, path, seconds)
    if not answer.why:
        return answer.value
    if task == "write" and answer.why == "damaged":
        problem = f"mpxj gives up: {answer.text}"
        raise ImportFileError(Fault(problem, _EXPECTED["write"], file=str(path)))
    raise ImportFileError(_fault(answer, path, megabytes))


def _ask(folder: Path, request: Request, path: Path, seconds: float) -> Answer:
    """Run the child in a folder until it has answered."""
    command = [sys.executable, "-P", "-m", "simulator.importers.plans.child", str(folder)]
    places = [str(Path(place).resolve()) for place in sys.path if place]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONHASHSEED": "0"}
    with (folder / "errors").open("wb") as errors:
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=errors, stderr=errors, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            problem = f"it could not be {_DONE[request.task]} within {seconds:g} seconds"
            raise ImportFileError(Fault(problem, _EXPECTED["memory"], file=str(path))) from None
    if not (folder / "answer").is_file():
        lines = (folder / "errors").read_text(encoding="utf-8", errors="replace").splitlines()
        last = next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
        expected = _EXPECTED["write" if request.task == "write" else "damaged"]
        problem = f"mpxj stopped with code {done.returncode}"
        said = f"{problem}: {last}" if last else problem
        raise ImportFileError(Fault(said, expected, file=str(path)))
    with (folder / "answer").open("rb") as stream:
        answer: Answer = pickle.load(stream)
    return answer


def _fault(answer: Answer, path: Path, megabytes: int) -> Fault:
    """Why there is no value."""
    if answer.why == "java":
        problem = f"schedules of other tools need Java, and none can be used: {answer.text}"
        expected = f"Java 11 or later (JAVA_HOME), or: {INSTALL}"
        return Fault(problem, expected, file=str(path))
    problems = {
        "unknown": f"this is {description(path)}",
        "password": "the file is protected by a password",
        "memory": f"it takes more than {megabytes} MB of memory",
        "doctype": "the file declares a document type, and with it perhaps entities",
        "damaged": f"the file is damaged: {answer.text}",
    }
    return Fault(problems[answer.why], _EXPECTED[answer.why], file=str(path))
