"""A grid cut into tiles, each a whole chunk of every variable."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gandyn.dynamics.plans import Box
from gandyn.errors import FieldError

Tile = tuple[int, ...]
"""The place of a tile along each dimension."""


class Grid(NamedTuple):
    """Cells along every dimension, of the grid and of a tile.

    Examples
    --------
    >>> grid = Grid((5, 4), (2, 4))
    >>> grid.tiles, grid.box((2, 0))
    ((3, 1), (slice(4, 5, None), slice(0, 4, None)))
    """

    shape: tuple[int, ...]
    tile: tuple[int, ...]

    @property
    def tiles(self) -> tuple[int, ...]:
        """Tiles along every dimension."""
        pairs = zip(self.shape, self.tile, strict=True)
        return tuple(math.ceil(size / own) for size, own in pairs)

    @property
    def size(self) -> int:
        """All tiles."""
        return math.prod(self.tiles)

    def __iter__(self) -> Iterator[Tile]:  # type: ignore[override]
        return itertools.product(*map(range, self.tiles))

    def box(self, tile: Tile) -> Box:
        """Return the cells of a tile; the last ones along a dimension may be fewer."""
        triples = zip(tile, self.tile, self.shape, strict=True)
        return tuple(
            slice(place * own, min((place + 1) * own, size))
            for place, own, size in triples
        )


def cut(shape: Sequence[int], structural: Sequence[bool], cells: int) -> Grid:
    """Return a grid in tiles of at most so many cells, halving the longest side.

    A tile has one value of each structural field: others need another program.

    Raises
    ------
    FieldError
        If the number of cells is not a whole one from 1 on.

    Examples
    --------
    >>> cut((100, 60), (False, False), 1000).tile
    (25, 30)
    """
    if cells != int(cells) or cells < 1:
        raise FieldError(f"tile must be a whole number of cells from 1 on, got {cells}")
    tile = [1 if alone else n for n, alone in zip(shape, structural, strict=True)]
    parts = [1] * len(tile)
    while math.prod(tile) > cells:
        longest = max(range(len(tile)), key=tile.__getitem__)
        parts[longest] *= 2
        tile[longest] = math.ceil(shape[longest] / parts[longest])
    return Grid(tuple(shape), tuple(tile))
