"""Whether a state is so near to a fixed point that the step is linear between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from gandyn.dynamics.engines._trials import flat, image_of, spread
from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import linearised
from gandyn.dynamics.recognition.escapes import extent

LINEAR = 0.1
"""What the step is off its linearisation by, over what it contracts by, up to which an
orbit is in the neighbourhood of the fixed point."""
ROUNDING = 16 * np.finfo(float).eps
"""Of a state's step, relative to the state."""
_STEEP = 1e3
"""Change of a displacement over that of the state, from which on it is a jump."""
_SMOOTH = 1e-9
"""Change of the derivative across the fixed point that is no kink for sure."""
_NEARER = 1e-3
"""Share of the way from the fixed point at which smooth steps hardly differ."""
_BENT = 1e-2
"""Difference of the multipliers there, over what they take off, that is of a kink."""
_STAYS = 1e-9
"""What is contracted by less, as along a manifold of equilibria, is not asked."""


def jumps(
    engine: Engine, cells: Cells, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tell where the step is discontinuous at the fixed point that states are moved to.

    Players as far beyond it as those of the orbit are before it, where the memory has
    come to rest, must be moved back as far. Rounding takes an orbit across a
    discontinuity that it approaches from one side only. Also tell where the step has a
    kink there: it contracts otherwise beyond than before, however near.
    """
    players = len(engine.players(cells))
    there, slopes = _beside(engine, cells, move, 1.0)
    size = extent((engine.numbers(cells) + move)[:players])
    allowed = _STEEP * extent(move[:players]) + ROUNDING * size
    torn = ~(extent(there.sum(axis=0)[:players]) <= allowed)
    bent = np.abs(slopes[1] - slopes[0]).max(axis=(1, 2)) > _SMOOTH
    bent &= np.isfinite(slopes).all(axis=(0, 2, 3))
    which = np.flatnonzero(bent)
    if which.size:
        near = _beside(engine, engine.take(cells, which), move[:, which], _NEARER)[1]
        finite = np.isfinite(near).all(axis=(0, 2, 3))
        pace = np.abs(np.linalg.eigvals(near[:, finite])).max(axis=2)
        differ = np.abs(pace[1] - pace[0]) > _BENT * (1 - pace.min(axis=0))
        bent[which] = False
        bent[which[finite]] = differ
    return np.asarray(torn), bent


def _beside(
    engine: Engine, cells: Cells, move: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return F(z) - z and DF(z) a share of the way before a fixed point and beyond."""
    players = len(engine.players(cells))
    there, slopes = [], []
    for sign in (-1.0, 1.0):
        side = move.copy()
        side[:players] *= 1.0 + sign * share
        displacement, maps = engine.linearise(cells, side)
        there.append(displacement)
        slopes.append(maps)
    return np.array(there), np.array(slopes)


def is_linear(
    engine: Engine, cells: Cells, move: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """Tell where the step is linear along each eigenvector's part of a move by itself.

    From the fixed point, which the cells' numbers that are ``free`` are moved to, back
    along one part of the move after the other. A part that is large in another unit
    must not hide that a small one belongs to a cycle.
    """
    # The residual of the complex step is not that of real arithmetic where it is tiny.
    _, maps = linearised(engine, cells, move)
    start = engine.numbers(cells)
    return is_linear_by(partial(_displacement, engine, cells), maps, start, move, free)


def is_linear_by(
    displacement: Callable[[np.ndarray], np.ndarray],
    maps: np.ndarray, start: np.ndarray, move: np.ndarray, free: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Tell the same of any map, by its displacement at moved states and its slopes."""
    maps, residual = maps[:, free][:, :, free], displacement(move)[free]
    good = np.isfinite(maps).all(axis=(1, 2)) & np.isfinite(move).all(axis=0)
    maps[~good] = 0.0
    values, vectors = np.linalg.eig(maps)
    inverse = np.linalg.pinv(vectors)
    back = np.where(good, -move[free], 0.0)
    parts = (inverse @ back.T[..., None])[..., 0]
    size = extent((start + move)[free])[:, None]
    rounding = ROUNDING * size * np.abs(inverse).sum(axis=2)
    takes = 1 - np.abs(values)
    for k in range(values.shape[1]):
        twice = 1 + (values[:, k].imag != 0)
        along = twice[:, None] * np.real(vectors[:, :, k] * parts[:, k, None])
        moved = move.copy()
        moved[free] += along.T
        left = displacement(moved)[free] - residual
        left -= (maps @ along[..., None])[..., 0].T - along.T
        errors = np.abs(inverse @ left.T[..., None])[..., 0]
        allowed = LINEAR * takes * np.abs(parts[:, k, None]) + rounding
        asked = (takes > _STAYS) & (takes[:, k, None] > _STAYS)
        good &= ((errors <= allowed) | ~asked).all(axis=1)
    return good


def _displacement(engine: Engine, cells: Cells, move: np.ndarray) -> np.ndarray:
    """Return F(z) - z at moved states."""
    rule, game, start = engine.unpack(cells)
    state = spread(start, move)
    after = image_of(partial(rule.step, game), state, 0 * move)
    return np.asarray(after - flat(state, move.shape[1]))
