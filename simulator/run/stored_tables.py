"""Read the tables of a run that was saved."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.errors import RunError


def read_columns(file: Path) -> dict[str, npt.NDArray[Any]]:
    """The columns of a Parquet file by name, rows in their order; NULL is nan, or NaT.

    Raises
    ------
    RunError
        There is no such file, or it is no such table.
    """
    import duckdb  # noqa: PLC0415 - heavy, and only needed to read what was saved

    if not file.is_file():
        raise RunError(f"{file}: there is no such file; expected the folder of a run")
    try:
        with duckdb.connect(":memory:") as connection:
            found = connection.read_parquet(str(file)).fetchnumpy()
    except duckdb.Error:
        raise RunError(f"{file} cannot be read; expected the folder of a run") from None
    return {name: _filled(values) for name, values in found.items()}


def _filled(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """An array without a mask."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype.kind == "M":
        return values.filled(np.datetime64("NaT"))
    return values.filled(np.nan) if values.dtype.kind == "f" else values.filled()
