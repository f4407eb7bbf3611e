"""The fixed point that an orbit may be ending at: where, and whether it attracts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gandyn._trees import flatten, refill
from gandyn.dynamics.cells import TINY, Cells, Engine
from gandyn.dynamics.spectra import eigenvalues

MARGIN = 1e-7
"""A leading multiplier this near to the unit circle is not told from one on it: states
that have contracted to 1e-9 have multipliers that are off by about the root of that
where two of them coincide."""
TOGETHER = 1 << 14
"""Numbers of tilted states that are stepped at once."""


class Limits(NamedTuple):
    """What the linearised step says of states that hardly move any more.

    Attributes
    ----------
    radius : ndarray, shape (cells,)
        Modulus of the leading multiplier; infinite where derivatives are not finite.
    move : ndarray, shape (slots, cells)
        From the state to the fixed point, by one step of Newton's method; NaN where
        none attracts.
    """

    radius: np.ndarray
    move: np.ndarray

    @property
    def attracts(self) -> np.ndarray:
        """Whether all multipliers are inside the unit circle."""
        return self.radius < 1 - MARGIN

    @property
    def holds(self) -> np.ndarray:
        """Whether none is outside."""
        return self.radius <= 1 + MARGIN


def limits(engine: Engine, cells: Cells) -> Limits:
    """Linearise the step at the states of some cells, and solve for the fixed point."""
    residual, maps = _linearised(engine, cells)
    size, width = residual.shape
    finite = np.isfinite(maps).all(axis=(1, 2)) & np.isfinite(residual).all(axis=0)
    radius, move = np.full(width, np.inf), np.full((size, width), np.nan)
    if finite.any():
        radius[finite] = np.abs(eigenvalues(maps[finite])).max(axis=1)
    inside = np.flatnonzero(radius < 1 - MARGIN)
    if inside.size:
        right = residual[:, inside].T[..., None]
        solved = np.linalg.solve(np.eye(size) - maps[inside], right)
        move[:, inside] = solved[..., 0].T
    return Limits(radius, move)


def _linearised(engine: Engine, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return F(z) - z, shape (slots, cells), and DF(z), shape (cells, slots, slots).

    By the complex step, on all of x, y and memory.
    """
    before = _rows(engine.unpack(cells)[2])
    size, width = before.shape
    maps = np.empty((width, size, size))
    residual = np.empty_like(before)
    together = max(1, TOGETHER // max(size * width, 1))
    for first in range(0, size, together):
        slots = np.arange(first, min(first + together, size))
        side = np.tile(np.arange(width), slots.size)
        rule, game, state = engine.unpack(engine.take(cells, side))
        shapes = [np.shape(leaf) for leaf in flatten(state)]
        tilt = np.zeros((size, slots.size, width))
        tilt[slots, np.arange(slots.size)] = TINY
        leaves = _leaves(before[:, side] + 1j * tilt.reshape(size, -1), shapes)
        tilted = refill(state, leaves)
        with np.errstate(all="ignore"):
            after = _rows(tuple(rule.step(game, *tilted)), shapes)
            columns = np.imag(after).reshape(size, slots.size, width) / TINY
            residual = np.real(after[:, :width]) - before
        maps[:, :, slots] = columns.transpose(2, 0, 1)
    return residual, maps


def _rows(state: Any, shapes: list[Any] | None = None) -> np.ndarray:
    """Return the numbers of a state as rows, a column per cell."""
    leaves = flatten(state)
    shapes = shapes or [np.shape(leaf) for leaf in leaves]
    return np.concatenate(
        [
            np.broadcast_to(leaf, shape).reshape(-1, shape[-1])
            for leaf, shape in zip(leaves, shapes, strict=True)
        ]
    )


def _leaves(rows: np.ndarray, shapes: list[Any]) -> list[np.ndarray]:
    sizes = [int(np.prod(shape[:-1])) for shape in shapes]
    parts = np.split(rows, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def field_extent(engine: Engine, cells: Cells) -> np.ndarray:
    """Return the largest modulus among the coordinates of the field, per cell."""
    _, game, (x, y, _) = engine.unpack(cells)
    width = np.shape(x)[-1]
    with np.errstate(all="ignore"):
        parts = [
            np.abs(np.broadcast_to(part, np.shape(own))).reshape(-1, width)
            for part, own in ((game.gx(x, y), x), (game.gy(x, y), y))
        ]
    return np.asarray(np.max(np.concatenate(parts), axis=0))
