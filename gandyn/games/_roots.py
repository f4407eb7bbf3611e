"""Points with v = 0 of a scalar game, by Newton's method from many starts at once."""

from __future__ import annotations

from typing import Any

import numpy as np

_BOX = 4.0
"""The search starts on a grid over [-BOX, BOX]²."""

_STARTS = 25
"""Grid points on a side: odd, so that the origin is one of them."""

_MAX_STEPS = 100
"""Newton steps; double roots converge by halving, and 50 halve to rounding."""

_RESIDUAL = 1e-10
"""Largest |v| of a root, relative to 1 + |z|²."""

_SAME = 1e-6
"""Roots closer than this, relative to 1 + |z|, are one."""


def find_roots(game: Any) -> list[tuple[float, float]]:
    """Return the roots of v that Newton's method finds, nearest the origin first.

    Of roots with a singular Jacobian, which may be a continuum, only the nearest.
    """
    side = np.linspace(-_BOX, _BOX, _STARTS)
    x, y = (axis.ravel() for axis in np.meshgrid(side, side))
    x, y = _newton(game, x, y)
    keep = _residual(game, x, y) <= _RESIDUAL * (1 + x * x + y * y)
    x, y = x[keep], y[keep]
    order = np.argsort(np.hypot(x, y), kind="stable")
    found: list[tuple[float, float]] = []
    singular = False
    for p, q in zip(x[order].tolist(), y[order].tolist(), strict=True):
        near = _SAME * (1 + abs(p) + abs(q))
        if any(abs(p - a) + abs(q - b) <= near for a, b in found):
            continue
        degenerate = _is_singular(game, p, q)
        if not (degenerate and singular):
            found.append((p, q))
        singular = singular or degenerate
    return found


def refined_root(game: Any, x: float, y: float) -> tuple[float, float]:
    """Return the root that Newton's method reaches from a point."""
    if game.gx(x, y) == 0 and game.gy(x, y) == 0:
        return x, y
    px, py = _newton(game, np.array([x]), np.array([y]))
    return float(px[0]), float(py[0])


def _is_singular(game: Any, x: float, y: float) -> bool:
    xx, xy, yx, yy = (float(entry) for entry in game.jacobian(x, y))
    scale = xx * xx + xy * xy + yx * yx + yy * yy
    return abs(xx * yy - xy * yx) <= _SAME * scale


def _newton(game: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take Newton steps, each kept only where it makes |v| smaller."""
    with np.errstate(all="ignore"):
        for _ in range(_MAX_STEPS):
            xx, xy, yx, yy = game.jacobian(x, y)
            gx, gy = game.gx(x, y), game.gy(x, y)
            determinant = xx * yy - xy * yx
            step_x = (yy * gx - xy * gy) / determinant
            step_y = (xx * gy - yx * gx) / determinant
            now = _residual(game, x, y)
            for damping in (1.0, 0.5, 0.125, 0.01):
                p, q = x - damping * step_x, y - damping * step_y
                better = _residual(game, p, q) < now
                x, y = np.where(better, p, x), np.where(better, q, y)
                now = np.where(better, 0.0, now)
    return x, y


def _residual(game: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.hypot(game.gx(x, y), game.gy(x, y))
