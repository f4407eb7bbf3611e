"""Exponents of periodic orbits: what one period makes of two tangents."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import Cells, Engine

_INVARIANT = 1e-4
"""Share of its length by which a tangent may leave what is taken to be invariant."""


def cycle_exponents(
    engine: Engine, cells: Cells, tangents: np.ndarray, period: np.ndarray
) -> np.ndarray:
    """Return the leading exponent of periodic orbits, per step; NaN if it is not seen.

    An average over a window that is no whole number of periods is off by what growth
    differs within one. Tangents that have aligned span the plane of the two leading
    multipliers, and its map over a period has them, complex ones too. Where those
    behind the first are a pair the plane turns, and only the first tangent has aligned.
    """
    ends, logs = np.empty_like(tangents), np.empty((2, period.size))
    for steps in np.unique(period):
        which = np.flatnonzero(period == steps)
        twice = engine.take(cells, np.concatenate([which, which]))
        some = tangents[..., which]
        pairs = np.concatenate([some, some[::-1]], axis=-1)
        window = engine.observe(twice, int(steps), pairs)
        grown = REORTHOGONALISE * np.sum(window.growth[0], axis=0)
        logs[:, which] = grown[: 2 * which.size].reshape(2, -1)
        ended = window.tangents[0, :, : 2 * which.size].reshape(-1, 2, which.size)
        ends[..., which] = ended.swapaxes(0, 1)
    return _leading(tangents, ends, logs) / period


def _leading(pair: np.ndarray, ends: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Return the log modulus of the leading multiplier, NaN if nothing is invariant.

    The tangents of a ``pair`` become ``ends`` times exponentials of ``logs``.
    """
    q, r = pair
    with np.errstate(all="ignore"):
        scale = np.max(logs, axis=0)
        shrunk = np.where(np.isfinite(scale), logs - scale, 0.0)
        u, v = (end * factor for end, factor in zip(ends, np.exp(shrunk), strict=True))
        a, b, c, d = _dot(q, u), _dot(q, v), _dot(r, u), _dot(r, v)
        beside = _size(u - a * q)
        outside = np.maximum(_size(u - a * q - c * r), _size(v - b * q - d * r))
        half, product = (a + d) / 2, a * d - b * c
        apart = half * half - product
        real = np.abs(half) + np.sqrt(np.maximum(apart, 0.0))
        radius = np.where(apart < 0, np.sqrt(product), real)
        found = [part <= _INVARIANT * _size(u) for part in (outside, beside)]
        return scale + np.log(np.select(found, [radius, np.abs(a)], np.nan))


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.sum(one * other, axis=0))


def _size(vector: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(_dot(vector, vector)))
