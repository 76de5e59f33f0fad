"""Files that a scenario names: they lie in its folder, or are refused."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from simulator.scenario.distribution_kinds.reading import short


def path_inside(name: str, folder: Path | None, largest: int) -> Path:
    """The path of a file of at most so many bytes that a scenario in a folder names.

    Raises
    ------
    ValueError
        The scenario has no folder, or there is no such file in it.
    """
    if folder is None:
        raise ValueError(f"{short(name)} needs a folder; this scenario has none")
    plain, windows = PurePosixPath(name), PureWindowsPath(name)
    if plain.is_absolute() or windows.anchor or ".." in windows.parts:
        raise ValueError(f"{short(name)} is outside the scenario's folder")
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve())
        found, size = path.is_file(), path.stat().st_size if path.is_file() else 0
    except (OSError, RuntimeError, ValueError):
        raise ValueError(f"{short(name)} cannot be opened") from None
    if not inside:
        raise ValueError(f"{short(name)} is outside the scenario's folder")
    if not found:
        raise ValueError(f"there is no file {short(name)} in the scenario's folder")
    if size > largest:
        raise ValueError(f"{short(name)} is larger than {largest >> 20} MB")
    return path
