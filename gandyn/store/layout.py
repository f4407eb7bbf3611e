"""What a store looks like: a Zarr v3 group that xarray reads at any moment."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gandyn.dynamics.plans import UNFINISHED, Plan
from gandyn.errors import GandynError
from gandyn.store.grids import Grid

STATUS = "tile_status"
"""The variable that says which tiles are finished, a file of one byte each."""
DONE = 1
_FORMAT = "gandyn store 1"
_LEVEL = 1
"""Of zstd: constant variables shrink to nothing, and others cost little time."""
ROOT = "zarr.json"
"""The file that makes a folder a store."""


def configuration_of(plan: Plan, grid: Grid) -> dict[str, Any]:
    """Return all that decides the bytes of a store, as what JSON holds."""
    own = {"format": _FORMAT, **plan.configuration, "tile": list(grid.tile)}
    return dict(json.loads(json.dumps(own)))


def metadata(plan: Plan, grid: Grid) -> dict[str, bytes]:
    """Return the files of an empty store by their keys."""
    import zarr
    from zarr.storage import MemoryStore

    text = json.dumps(configuration_of(plan, grid), indent=None, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    attrs = {**plan.attributes, "configuration": text, "fingerprint": digest}
    kept: dict[str, Any] = {}
    group = zarr.create_group(
        MemoryStore(kept), zarr_format=3, attributes=as_json(attrs)
    )
    names = [d.name for d in plan.dimensions]
    for name, variable in plan.variables.items():
        waiting = variable.waiting
        group.create_array(
            name, shape=grid.shape, chunks=grid.tile, dtype=np.dtype(variable.dtype),
            fill_value=waiting.blank, dimension_names=names, compressors=_codec(),
            attributes=as_json(waiting.described()),
        )  # fmt: skip
    for dim in plan.dimensions:
        group.create_array(
            dim.name, data=np.asarray(dim.values, dtype=float), compressors=None,
            chunks=dim.values.shape, dimension_names=[dim.name],
            attributes=as_json(dim.attrs),
        )  # fmt: skip
    group.create_array(
        STATUS, shape=grid.tiles, chunks=(1,) * len(names), dtype=np.uint8,
        fill_value=0, dimension_names=[f"tile_{name}" for name in names],
        compressors=None,
        attributes=as_json({
            "long_name": "whether the cells of a tile are decided", "units": "1",
            "flag_values": np.arange(2), "flag_meanings": f"{UNFINISHED} finished",
        }),
    )  # fmt: skip
    with warnings.catch_warnings():  # zarr says that version 3 does not ask for it
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(group.store)
    return {key: kept[key].to_bytes() for key in sorted(kept)}


def _codec() -> Any:
    from zarr.codecs import ZstdCodec

    return ZstdCodec(level=_LEVEL, checksum=True)


def as_json(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as xarray writes them: arrays and numbers as JSON's."""
    return {
        key: value.tolist() if hasattr(value, "tolist") else value
        for key, value in attrs.items()
    }


def encoded(array: np.ndarray, variable: Any, grid: Grid) -> bytes:
    """Return a tile's array as the chunk that readers decode, padded to its size."""
    from numcodecs import Zstd

    dtype = np.dtype(variable.dtype).newbyteorder("<")
    whole = np.ascontiguousarray(array, dtype)
    if array.shape != grid.tile:
        whole = np.full(grid.tile, variable.waiting.blank, dtype)
        whole[tuple(slice(0, size) for size in array.shape)] = array
    return bytes(Zstd(level=_LEVEL, checksum=True).encode(whole))


def stored_configuration(path: Path) -> dict[str, Any] | None:
    """Return the configuration that a store was made for, None if it was not yet made.

    Raises
    ------
    GandynError
        If there is something else in its place, or it is damaged.
    """
    try:
        text = (path / ROOT).read_text("utf-8")
        attrs = json.loads(text)["attributes"]
        configuration = json.loads(attrs["configuration"])
        digest = hashlib.sha256(attrs["configuration"].encode()).hexdigest()
        if digest != attrs["fingerprint"]:
            raise ValueError("damaged")
    except (FileNotFoundError, NotADirectoryError):
        if path.exists() and not _begun(path):
            raise GandynError(
                f"{path} exists and is no sweep: give another name"
            ) from None
        return None
    except OSError as error:
        raise GandynError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise GandynError(
            f"{path} is damaged, or no sweep that can go on: give another name, or "
            "delete it"
        ) from error
    return dict(configuration)


def _begun(path: Path) -> bool:
    """Tell whether a folder is a store whose root was not written when it was left."""
    return path.is_dir() and (not any(path.iterdir()) or (path / STATUS).is_dir())


def refuse_other(
    path: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> None:
    """Raise GandynError, with the first key that differs, for another configuration."""
    for key in (*ours, *theirs):
        if ours.get(key) != theirs.get(key):
            raise GandynError(
                f"{path} belongs to another run: {key} is {theirs.get(key)!r} there, "
                f"{ours.get(key)!r} here; give another name, or delete it"
            )
