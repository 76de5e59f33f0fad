"""What every importer asks of a file: its text, or a fault that says why not."""

from pathlib import Path

from simulator.errors import Fault, ImportFileError

MAX_BYTES = 32 * 2**20


def text_of(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    ImportFileError
        There is no such file, it is empty or too large, or it is no text.
    """
    if not path.is_file():
        kind = "this is a folder" if path.is_dir() else "there is no such file"
        raise ImportFileError(Fault(kind, "a file", file=str(path)))
    if path.stat().st_size > MAX_BYTES:
        raise ImportFileError(Fault("the file is larger than 32 MB", file=str(path)))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = Fault("this is no text in UTF-8", file=str(path), line=line)
        raise ImportFileError(fault) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ImportFileError(Fault(f"the file cannot be read: {reason}", file=str(path))) from None
    if not text.strip():
        raise ImportFileError(Fault("the file is empty", file=str(path)))
    return text
