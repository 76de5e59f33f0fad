"""A sweep at rest: its table, how it was made, and what it says, in a folder of its own."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from simulator.run.store import json_text, manifest, save_folder, write_parquet
from simulator.run.sweep.sweeping import Place, Swept
from simulator.scenario.dumping import dump

TABLE: Final = "sweep.parquet"


def save_sweep(found: Swept, place: Place, fill: Callable[[Path], dict[str, Any]]) -> Path:
    """Write the folder of a sweep, as a whole or not at all; returns its table.

    `fill` puts more into the folder, and returns what `sweep.json` says; its rows and its place are
    those of the table.

    Raises
    ------
    RunError
        It cannot be written there.
    """

    def write(folder: Path) -> None:
        said = {key: value for key, value in fill(folder).items() if key != "rows"}
        made = manifest(found.results, place.origin, datetime.now().astimezone())
        texts = {
            "manifest.json": json_text({**made, "sweep": _made(found)}),
            "sweep.json": json_text({**said, "table": TABLE}),
            "scenario.yaml": dump(found.results.plan.scenario),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        write_parquet({folder / TABLE: found.columns})

    folder = save_folder(place.root, place.origin, "sweep", found.results, write)
    return folder / TABLE


def _made(found: Swept) -> dict[str, Any]:
    """How the points were chosen and how long they took."""
    design = found.design
    return {
        "design": design.kind,
        "points": len(design.points),
        "asked": design.asked,
        "design_seed": design.seed,
        "replicates": design.replicates,
        "vary": [axis.to_dict() for axis in design.axes],
        "resumed": found.resumed,
        "wall_seconds": round(found.seconds, 3),
        "settings": asdict(found.results.settings),
    }
