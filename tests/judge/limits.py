"""Fixed points and cycles of a step, and their multipliers, by Newton's method."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.judge.orbits import run, sizes_of
from tests.judge.play import Play
from tests.judge.precise import DIGITS, Big, big, enlarged

CUT = 1e-8
"""Singular values of J - I below this, relative: a direction of neutral points."""
SMALL = 1e-12
"""Size of players below which 50 digits do not tell how their field changes: they are
taken for 0."""
UNIT = 1e-7
"""A multiplier within this of 1 may be a direction of a manifold of equilibria."""


def newton(
    play: Play, z: np.ndarray, sizes: np.ndarray, iterations: int = 25
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a fixed point near each column, its residual and its multipliers.

    Neutral directions are left alone: steps are of least norm.
    """
    z, size = z.copy(), z.shape[0]
    for _ in range(iterations):
        rest = play.step(z) - z
        slopes = play.jacobians(z, sizes) - np.eye(size)
        move = np.einsum("cij,jc->ic", _inverse(slopes), np.nan_to_num(rest))
        z = z - move
        if np.abs(move).max(initial=0) <= 1e-16 * np.abs(z).max(initial=0):
            break
    residual = np.abs(play.step(z) - z).max(0)
    slopes = play.jacobians(z, sizes)
    good = np.isfinite(slopes).all((1, 2))
    values = np.full((z.shape[1], size), np.nan, dtype=complex)
    values[good] = np.linalg.eigvals(slopes[good])
    return z, residual, values


def _inverse(matrices: np.ndarray) -> np.ndarray:
    good = np.isfinite(matrices).all((1, 2))
    found = np.zeros_like(matrices)
    if good.any():
        found[good] = np.linalg.pinv(matrices[good], rcond=CUT)
    return found


def is_equilibrium(rule: Any, game: Any, z: np.ndarray) -> bool:
    """Tell, in 50 digits, whether the field has a zero within 1e-6 of the players z.

    Where a gradient has merely vanished (a saturated discriminator) Newton's method
    for v = 0 runs away, however small v is; next to an equilibrium, isolated or of a
    manifold, it stays there and v falls by 20 digits or to 0.
    """
    play = Play(enlarged(rule), enlarged(game), {})
    play.layout = tuple(s[0] if s else None for s in game.shape)
    scale = max(float(np.abs(z).max()), SMALL)
    start = big(np.where(np.abs(z) < SMALL, 0.0, z)[:, None])
    point, first = start.copy(), None
    for _ in range(12):
        rest = play.players_field(point)
        size = max(abs(Big(v).v) for v in rest[:, 0])
        first = size if first is None else first
        if size == 0 or size <= first * mpmath.mpf(10) ** -20:
            return True
        move = _least_norm(play, point, rest, scale)
        if move is None:
            return False
        point = point - move
        if max(abs(float(v)) for v in (point - start)[:, 0]) > 1e-6 * scale + 1e-9:
            return False
    return False


def _least_norm(play: Play, point: Any, rest: Any, scale: float) -> Any:
    """Return Newton's step of least norm towards v = 0, in 50 digits."""
    n, h = len(point), Big(mpmath.mpf(10) ** -20 * scale)
    slopes = mpmath.matrix(n, n)
    for j in range(n):
        up, down = point.copy(), point.copy()
        up[j, 0], down[j, 0] = up[j, 0] + h, down[j, 0] - h
        column = play.players_field(up) - play.players_field(down)
        for i in range(n):
            slopes[i, j] = Big(column[i, 0] / (h + h)).v
    if not all(mpmath.isfinite(v) for v in slopes):
        return None
    u, s, v = mpmath.svd_r(slopes)
    parts = u.T * mpmath.matrix([Big(r).v for r in rest[:, 0]])
    for i in range(n):
        parts[i] = parts[i] / s[i] if s[i] > s[0] * mpmath.mpf(10) ** -12 else 0
    return np.array([[Big(m)] for m in v.T * parts], dtype=object)


def return_map(play: Play, z: np.ndarray, period: int) -> tuple[Any, Any, np.ndarray]:
    """Return F^p(z), its derivative (scaled products of slopes) and the orbit."""
    history, now = run(play, z[:, None], period, period)
    orbit = np.concatenate([z[:, None], history[:-1, :, 0].T], axis=1)
    slopes = play.jacobians(orbit, sizes_of(orbit))
    return now[:, 0], chained(slopes), orbit


def chained(slopes: np.ndarray) -> np.ndarray:
    """Return the product of matrices, the first applied first, by halves."""
    with np.errstate(all="ignore"):
        while len(slopes) > 1:
            last = slopes[len(slopes) // 2 * 2 :]
            pairs = slopes[1::2] @ slopes[: len(slopes) // 2 * 2 : 2]
            slopes = np.concatenate([pairs, last])
    return slopes[0]


def cycle(play: Play, z: np.ndarray, period: int, iterations: int = 8) -> Any:
    """Return a cycle of F near z (its orbit), its multipliers and Newton's residual."""
    z = z.copy()
    for _ in range(iterations):
        after, product, orbit = return_map(play, z, period)
        if not (np.isfinite(product).all() and np.isfinite(after).all()):
            return None
        move = np.linalg.pinv(product - np.eye(z.size), rcond=1e-10) @ (after - z)
        residual = np.abs(after - z).max()
        if np.abs(move).max() <= 1e-14 * np.abs(z).max():
            break
        z = z - move
    return orbit, np.linalg.eigvals(product), residual


mpmath.mp.dps = DIGITS
