"""The outcomes of a run as a SIPmath 3.0 library: an array of trials each, in one order.

Trial k of every SIP is iteration k of the run, so that relationships are kept and SIPs may be
added, multiplied and compared trial by trial, in Excel or anywhere else. Dates are serial numbers
of Excel, the days since 1899-12-30, which any cell shows as a date.

Source: ProbabilityManagement.org, SIPmath 3.0 standard (JSON, libraryType SIPmath_3_0, SIP_Array).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simulator.errors import RunError
from simulator.run.stored_tables import read_columns

Floats = npt.NDArray[np.float64]

BINS: Final = 25
"""The standard's previews show a density in as many steps."""
_DAY_ZERO: Final = np.datetime64("1899-12-30", "us")
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Library:
    """A library as JSON text, the names in it, and outcomes that could not be put in, with why."""

    text: str
    names: tuple[str, ...]
    left_out: tuple[str, ...]


def library_of(run: Path) -> Library:
    """The library of a saved run.

    Parameters
    ----------
    run
        The folder of the run.

    Raises
    ------
    RunError
        The folder holds no run.
    """
    columns = read_columns(run / "iterations.parquet")
    manifest = _manifest(run / "manifest.json")
    sips, left_out = [], []
    for name, values in columns.items():
        if name == "iteration":
            continue
        numbers, unit = _numbers(name, values)
        missing = int(np.count_nonzero(~np.isfinite(numbers)))
        if missing:
            left_out.append(
                f"{name}: it has no value in {missing:,} of {len(numbers):,} iterations"
            )
        else:
            sips.append(_sip(name, numbers, unit))
    scenario = manifest["scenario"]
    library = {
        "name": f"{scenario['name']} outcomes",
        "objectType": "sipModel",
        "libraryType": "SIPmath_3_0",
        "dateCreated": str(manifest["created"])[:10],
        "provenance": (
            f"program-simulator {manifest['versions']['simulator']}, scenario {scenario['digest']},"
            f" seed {manifest['settings']['seed']}"
        ),
        "globalVariables": [],
        "U01": {
            "rng": [{"name": "indexRng", "function": "Index", "arguments": {"counter": "PM_Index"}}]
        },
        "sips": sips,
        "version": "1",
    }
    text = json.dumps(library, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return Library(text, tuple(sip["name"] for sip in sips), tuple(left_out))


def _manifest(file: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        (manifest["scenario"]["digest"], manifest["versions"]["simulator"], manifest["created"])
        manifest["settings"]["seed"]
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(f"{file} cannot be read; expected the folder of a run") from None
    return manifest


def _numbers(name: str, values: npt.NDArray[Any]) -> tuple[Floats, str]:
    """The trials of an outcome, and what they measure."""
    if values.dtype.kind != "M":
        return values.astype(np.float64), "working hours" if name == "duration" else ""
    there = ~np.isnat(values)
    days = np.full(len(values), np.nan)
    days[there] = (values[there] - _DAY_ZERO) / np.timedelta64(1, "D")
    return days, "date, days since 1899-12-30 as in Excel"


def _sip(name: str, values: Floats, unit: str) -> dict[str, Any]:
    low, middle, high = np.percentile(values, (25, 50, 75))
    figures = {
        "mean": values.mean(), "std": values.std(), "min": values.min(),
        "P25": low, "P50": middle, "P75": high, "max": values.max(),
    }  # fmt: skip
    spread = values.max() > values.min()
    density = np.histogram(values, bins=BINS, density=True)[0] if spread else np.zeros(BINS)
    return {
        "name": name,
        "ref": {"source": "rng", "name": "indexRng"},
        "function": "SIP_Array",
        "arguments": {"type": "array", "value": [round(v, _DIGITS) for v in values.tolist()]},
        "metadata": {
            "count": len(values),
            **{key: round(float(value), _DIGITS) for key, value in figures.items()},
            **({"unit": unit} if unit else {}),
            "density": density.tolist(),
        },
    }
