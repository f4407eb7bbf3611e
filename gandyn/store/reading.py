"""Saved sweeps, read as labelled data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gandyn.errors import GandynError
from gandyn.store.layout import STATUS

if TYPE_CHECKING:
    import xarray as xr

SUFFIXES = (".nc", ".zarr")
"""What a saved sweep's name ends in."""


def open_sweep(path: str | Path) -> xr.Dataset:
    """Return a saved sweep; of a store what is finished, at any moment.

    Arrays are read when they are used. In a store the cells of tiles that are not
    decided yet have the verdict ``unfinished``, and no other variable of theirs means
    anything.

    Raises
    ------
    GandynError
        If there is no such file, or it is no sweep.
    """
    import xarray as xr

    import gandyn.dynamics.accessor  # noqa: F401 - registers dataset.gandyn

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise GandynError(f"{path}: a saved sweep ends in {' or '.join(SUFFIXES)}")
    if not os.path.exists(path):  # False, not an error, where the name is too long
        raise GandynError(f"cannot read the sweep {path}: there is no such file")
    try:
        if path.suffix.lower() == ".nc":
            found = xr.open_dataset(path, engine="h5netcdf")
        else:
            found = xr.open_dataset(path, engine="zarr", chunks=None)
    except Exception as error:  # readers raise many kinds
        raise GandynError(f"cannot read the sweep {path}: {error}") from error
    if "verdict" not in found or "rule" not in found.attrs:
        raise GandynError(f"{path} is no sweep: it has no verdicts")
    found = found.drop_vars(STATUS, errors="ignore")
    rest = [name for name in found.data_vars if name != "verdict"]
    return found[["verdict", *rest]]
