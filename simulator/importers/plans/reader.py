"""`read_plan`: a schedule file of another tool as plain records."""

import zipfile
from dataclasses import replace
from pathlib import Path

from simulator.errors import Fault, ImportFileError
from simulator.importers.plans.source import SourceFile
from simulator.importers.plans.worker import in_child
from simulator.importers.plans.xer_text import xer_text

MAX_BYTES = 256 * 2**20
"""The largest file, packed or unpacked."""


def read_plan(path: Path) -> SourceFile:
    """Read a schedule of MS Project, Primavera P6 or another tool that mpxj knows.

    What kind of file it is tells its content, not its name.

    Raises
    ------
    ImportFileError
        It cannot be read: what it is, what was expected and what to do.
    """
    size = _size(path)
    text = xer_text(path)
    if text and not text.whole:
        problem = f"the file breaks off in its table {text.last}" if text.last else "it breaks off"
        expected = "a last line %E: export the project once more"
        raise ImportFileError(Fault(problem, expected, file=str(path)))
    read: SourceFile = in_child("read", path, size)
    if not any(project.tasks for project in read.projects):
        raise ImportFileError(Fault("there is no task in it", "a schedule", file=str(path)))
    if text:
        read = replace(read, losses=(*read.losses, *text.lost_links()))
    return read


def _size(path: Path) -> int:
    """The size of a file that may be read, unpacked if it is packed, in bytes."""
    if not path.is_file():
        kind = "this is a folder" if path.is_dir() else "there is no such file"
        raise ImportFileError(Fault(kind, "a schedule file", file=str(path)))
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4)
        if head == b"PK\x03\x04":
            with zipfile.ZipFile(path) as packed:
                size = max(size, sum(each.file_size for each in packed.infolist()))
    except zipfile.BadZipFile:
        problem, expected = "the packed file is damaged", "a whole file"
        raise ImportFileError(Fault(problem, expected, file=str(path))) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problem = f"the file cannot be read: {reason}"
        raise ImportFileError(Fault(problem, "a file that you may read", file=str(path))) from None
    if not size:
        raise ImportFileError(Fault("the file is empty", "a schedule file", file=str(path)))
    if size > MAX_BYTES:
        problem = f"the file has {size / 2**20:,.0f} MB"
        expected = f"at most {MAX_BYTES >> 20} MB: export fewer projects, or without baselines"
        raise ImportFileError(Fault(problem, expected, file=str(path)))
    return size
