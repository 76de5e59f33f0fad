"""Write a file that is not there yet: it appears whole, and never in place of another."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from simulator.errors import SettingsError


def check_new(path: Path) -> None:
    """Refuse a name that cannot become a new file, before any time is spent on it.

    Raises
    ------
    SettingsError
        It is there already, is a folder, or lies in none.
    """
    if path.is_dir() or not path.name:
        raise SettingsError(f"{path} is a folder; expected the name of a file to write")
    if path.exists():
        raise SettingsError(f"{path} is already there and stays as it is; expected another name")
    if not path.parent.is_dir():
        raise SettingsError(f"{path} cannot be written: there is no folder {path.parent}")


def write_new(path: Path, content: bytes) -> None:
    """Write a file under a hidden name beside it, and give it its name once it is whole.

    Raises
    ------
    SettingsError
        It is there already, or cannot be written.
    """
    check_new(path)
    hidden = ""
    try:
        with tempfile.NamedTemporaryFile(
            prefix=".unfinished-", dir=path.parent, delete=False
        ) as stream:
            hidden = stream.name
            stream.write(content)
        umask = os.umask(0)
        os.umask(umask)
        Path(hidden).chmod(0o666 & ~umask)  # as any other new file
        _named(Path(hidden), path)
    except FileExistsError:
        problem = f"{path} is already there and stays as it is; expected another name"
        raise SettingsError(problem) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(f"{path} cannot be written: {reason}") from None
    finally:
        if hidden:
            with suppress(OSError):
                Path(hidden).unlink(missing_ok=True)


def _named(hidden: Path, path: Path) -> None:
    """Give a file its name; a rename would replace what somebody wrote in the meantime."""
    try:
        path.hardlink_to(hidden)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        with path.open("xb"):
            hidden.replace(path)
