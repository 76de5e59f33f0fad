"""The folder that a replayed run is kept in."""

import json
from pathlib import Path
from typing import Any

from simulator.run.results import Results
from simulator.run.store import Origin, prepare_root, save_run

_ALIKE = ("iterations", "seed", "scheme", "keep_margin", "keep_hard")
"""The settings by which two runs of a scenario differ in their futures."""


def folder_of(results: Results, root: Path, origin: Origin) -> Path:
    """The newest folder of this very run below `root`; made, without charts, if there is none.

    Raises
    ------
    RunError
        It cannot be written there.
    """
    home = prepare_root(root, origin)
    wanted = {key: getattr(results.settings, key) for key in _ALIKE}
    for path in sorted(home.glob(f"*-{results.digest[:6]}-*/manifest.json"), reverse=True):
        found = _manifest(path)
        settings = found.get("settings", {})
        same = {key: settings.get(key) for key in _ALIKE} == wanted
        if same and found.get("scenario", {}).get("digest") == results.digest:
            return path.parent
    return save_run(results, root, origin).folder


def _manifest(path: Path) -> dict[str, Any]:
    """What a folder says of its run; nothing where it cannot be read."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
