"""The tiles of a store: which are finished, and how one is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gandyn.dynamics.plans import Plan
from gandyn.errors import GandynError
from gandyn.store.files import DRAFTS, sole_writer, write_files
from gandyn.store.grids import Grid, Tile, cut
from gandyn.store.layout import (
    DONE,
    ROOT,
    STATUS,
    as_json,
    configuration_of,
    encoded,
    metadata,
    refuse_other,
    stored_configuration,
)

_VERDICT = "verdict"


def keep_attributes(path: Path, attrs: Mapping[str, Any]) -> None:
    """Add attributes to a store that is finished: what was found of the whole of it.

    Parameters
    ----------
    path : Path
    attrs : mapping of str to array, number or str
        None of those by which the store is known.
    """
    with sole_writer(path):
        root = json.loads((path / ROOT).read_text("utf-8"))
        root["attributes"] |= as_json(attrs)
        write_files(path, {ROOT: json.dumps(root, indent=2).encode()})


class Store:
    """A sweep on the disk, opened for writing; made if it is not there.

    Parameters
    ----------
    path : Path
    plan : Plan
    tile : int, optional
        Cells of a tile; by default what the store has, or the plan suggests.

    overwrite : bool
        Whether another configuration's store, or another folder, may be replaced.

    Raises
    ------
    GandynError
        If the store belongs to another configuration; the key that differs is named.
    """

    def __init__(
        self, path: Path, plan: Plan, tile: int | None = None, overwrite: bool = False
    ) -> None:
        self.path, self._variables = path, plan.variables
        self.is_new = self.replaces = False
        alone = [d.structural for d in plan.dimensions]
        self.grid = cut(plan.shape, alone, plan.tile_cells if tile is None else tile)
        try:
            known = stored_configuration(path)
            if known is None:
                self.is_new = True
                return
            grid = self.grid
            if tile is None and "tile" in known:
                grid = Grid(plan.shape, tuple(known["tile"]))
            refuse_other(path, known, configuration_of(plan, grid))
            self.grid = grid
        except GandynError:
            if not overwrite:
                raise
            self.replaces = True

    def make(self, plan: Plan) -> None:
        """Write what an empty store has, the file that makes it one the last."""
        files = metadata(plan, self.grid)
        root = {ROOT: files.pop(ROOT)}
        write_files(self.path, files)
        write_files(self.path, root)

    def is_done(self, tile: Tile) -> bool:
        """Tell whether a tile is finished, every file of it there."""
        keys = [_key(STATUS, tile), *(_key(name, tile) for name in self._variables)]
        return all((self.path / key).is_file() for key in keys)

    def started(self, tile: Tile) -> Path:
        """Return the file in which a tile that takes long keeps what it has so far."""
        return self.path / DRAFTS / (".".join(map(str, tile)) + ".pt")

    def write(self, tile: Tile, found: Mapping[str, np.ndarray]) -> None:
        """Write a tile: its data, the verdict after the rest, and then its status."""
        names = sorted(self._variables, key=lambda name: name == _VERDICT)
        files = {
            _key(name, tile): encoded(found[name], self._variables[name], self.grid)
            for name in names
        }
        write_files(self.path, {**files, _key(STATUS, tile): bytes([DONE])})
        self.started(tile).unlink(missing_ok=True)


def _key(name: str, tile: Any) -> str:
    return "/".join([name, "c", *map(str, tile)])
