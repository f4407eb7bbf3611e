"""Whether the field is zero: at a state, or somewhere beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gandyn.dynamics.engines._trials import NUDGE, image_of, spread
from gandyn.dynamics.engines.cells import TINY, Cells, Engine, generic_directions
from gandyn.dynamics.recognition.escapes import extent

LEAST_SIZE = 1e-3
"""Size of players from which rounding is counted, where they are smaller: an orbit that
has fallen to 1e-16 rests there. A gradient that has vanished is far from its zero."""
_UNDERFLOW, _ABSURD = 1e-300, 1e-60
"""A field below the first may have underflowed. Then it is below the second somewhere
on the way to players of 0, and not zero, which no power of them explains."""
_HALVINGS = 20
"""Of the players, on that way."""
_NEWTON = 4
"""Steps of Newton's method towards the zero."""
_CUT = 1e-10
"""Singular values of the field's derivative below this, relative, are directions in
which it does not change."""


def nearest_equilibrium(
    engine: Engine, cells: Cells, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return moves of all numbers to a zero of the field beside the moved players.

    And how far that is, NaN where there is none. Newton's method for the field is of
    least norm, so that it stays on a manifold of equilibria, and runs away where a
    gradient has merely vanished.
    """
    found, players = move.copy(), len(engine.players(cells))
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON):
            field, slopes = _linearised_field(engine, cells, found[:players])
            finite = np.isfinite(field).all(axis=0) & np.isfinite(slopes).all((1, 2))
            inverse = np.linalg.pinv(np.where(finite[:, None, None], slopes, 0.0), _CUT)
            found[:players] -= (inverse @ field.T[..., None])[..., 0].T
        zero = field_is_zero(engine, cells, found)
    return found, np.where(zero, extent((found - move)[:players]), np.nan)


def _linearised_field(
    engine: Engine, cells: Cells, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the field at moved players, (numbers, cells), and its derivative."""
    size, width = move.shape
    side = np.tile(np.arange(width), size)
    _, game, (x, y, _) = engine.unpack(engine.take(cells, side))
    by = np.tile(move, size) + 1j * TINY * np.repeat(np.eye(size), width, axis=1)

    def both(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return game.gx(x, y), game.gy(x, y)

    after = image_of(both, (x, y), by)
    slopes = np.imag(after).reshape(size, size, width) / TINY
    return np.real(after[:, :width]), slopes.transpose(2, 0, 1)


def field_is_zero(
    engine: Engine, cells: Cells, move: np.ndarray, least: float = 0.0
) -> np.ndarray:
    """Tell where the field is zero, at moved states, to the rounding of its arguments.

    No part of it is larger than what a small change of the players changes it by; that
    is a share of their size, or of the least size that they are taken to have. Nor has
    it underflowed.
    """
    _, game, (x, y, memory) = engine.unpack(cells)
    players = len(engine.players(cells))
    size = NUDGE * np.maximum(np.abs(engine.players(cells)).max(axis=0), least)
    width = size.size

    def field(by: np.ndarray) -> np.ndarray:
        at_x, at_y, _ = spread((x, y, memory), by)
        parts = (
            np.broadcast_to(part, np.shape(own)).reshape(-1, width)
            for part, own in ((game.gx(at_x, at_y), x), (game.gy(at_x, at_y), y))
        )
        return np.concatenate(list(parts))

    here, change = field(move), np.zeros((players, width))
    for direction in generic_directions(players):
        nudged = move.copy()
        nudged[:players] += direction[:, None] * size
        change = np.maximum(change, np.abs(field(nudged) - here))
    zero = np.asarray((np.abs(here) <= change).all(axis=0))
    doubtful = (
        zero & (np.abs(here).max(axis=0) < _UNDERFLOW) & (size > NUDGE * LEAST_SIZE)
    )
    if doubtful.any():
        zero &= ~(doubtful & _underflows(field, engine.players(cells), move))
    return zero


def _underflows(
    field: Callable[[np.ndarray], np.ndarray], players: np.ndarray, move: np.ndarray
) -> np.ndarray:
    """Tell which fields are absurdly small, but not zero, nearer to players of 0."""
    found, here = np.zeros(move.shape[1], bool), players + move[: len(players)]
    for k in range(1, 2 * _HALVINGS + 1):
        nearer = move.copy()
        nearer[: len(players)] -= (1 - 2 ** (-k / 2)) * here
        size = np.abs(field(nearer)).max(axis=0)
        found |= (size > 0) & (size < _ABSURD)
    return found
