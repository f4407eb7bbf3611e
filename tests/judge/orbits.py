"""Long plain orbits of many cells, and what one can read off them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.judge.play import Play

HUGE = 1e60
"""A state this large has left for good: no bounded game here reaches it."""
FAR = 1e-6
"""Share of its distance from 0 that an orbit's extent is taken to be at the least."""
TWIN = 1e-11
"""Relative distance of the twin's start."""


def run(play: Play, z: np.ndarray, steps: int, kept: int) -> tuple[Any, np.ndarray]:
    """Return the last ``kept`` states (time, coordinate, cell) and the last one."""
    if play.kernel is not None:
        return play.taken(play.kernel, z, steps, kept)
    for _ in range(steps - kept):
        z = play.step(z)
    history = np.empty((kept, *z.shape))
    for t in range(kept):
        z = play.step(z)
        history[t] = z
    return history, z


def twins(play: Play, x: Any, y: Any) -> np.ndarray:
    """Return starts a relative distance of `TWIN` away, as columns."""
    rng = np.random.default_rng(11)
    moved = []
    for part in (x, y):
        size = TWIN * (np.abs(part) + 1e-3 * np.abs(part).max() + 1e-300)
        moved.append(part + size * rng.uniform(-1, 1, size=np.shape(part)))
    return play.begin(*moved)


def exponents(play: Play, history: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Return the Lyapunov exponents of each cell over two halves: (2, cells, n).

    Discrete QR of central differences at every state (time, coordinate, cell), over a
    share of the usual lengths.
    """
    slopes = _slopes(play, history, share)
    half, width, n = len(slopes) // 2, *slopes.shape[1:3]
    frame = np.broadcast_to(np.eye(n), (width, n, n)).copy()
    found = np.zeros((2, width, n))
    for t, slope in enumerate(slopes):
        frame = slope @ frame
        if t % 4 == 3 or t == half - 1 or t == 2 * half - 1:
            frame, right = np.linalg.qr(frame)
            growth = np.abs(np.diagonal(right, axis1=1, axis2=2))
            found[t // half] += np.log(np.maximum(growth, 1e-300))
    return found / half


def tangent_growth(play: Play, history: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Return the log growth of one tangent of each cell over two halves: (2, cells).

    By central differences over a share of the usual lengths.
    """
    slopes = _slopes(play, history, share)
    half, (width, n) = len(slopes) // 2, slopes.shape[1:3]
    tangent, found = np.ones((width, n, 1)), np.zeros((2, width))
    for t, slope in enumerate(slopes):
        tangent = slope @ tangent
        if t % 4 == 3 or t == half - 1 or t == 2 * half - 1:
            size = np.maximum(np.sqrt((tangent**2).sum(1)), 1e-300)
            tangent = tangent / size[:, None]
            found[t // half] += np.log(size[:, 0])
    return found


def _slopes(play: Play, history: np.ndarray, share: float = 1.0) -> np.ndarray:
    """Return the step's derivative at each state: (time, cell, n, n)."""
    steps, n, width = history.shape
    slopes = np.empty((steps // 2 * 2, width, n, n))
    for cell in range(width):
        states = history[: len(slopes), :, cell].T
        sizes = share * sizes_of(states)
        slopes[:, cell] = play.only(cell).jacobians(states, sizes)
    slopes[~np.isfinite(slopes)] = 0.0
    return slopes


def sizes_of(states: np.ndarray) -> np.ndarray:
    """Return over which lengths a step may change along states (coordinate, time)."""
    extents = np.ptp(states, axis=1, keepdims=True)
    return np.maximum(extents, FAR * np.abs(states).max(1, keepdims=True))


def leaving(history: np.ndarray) -> str:
    """Return in which way a diverging orbit (time, coordinate) leaves.

    The signs of its last displacements decide: all one way, or turn about; otherwise it
    turns. Huge steps of superexponential growth may say little.
    """
    with np.errstate(all="ignore"):
        moves = np.diff(history, axis=0)
    good = np.isfinite(moves).all(1) & (np.abs(moves).max(1) > 0)
    moves = moves[good][-12:]
    if len(moves) < 4:
        return "diverges_spiral"
    leading = int(np.abs(moves[-1]).argmax())
    signs = np.sign(moves[:, leading])
    if (signs == signs[0]).all():
        return "diverges_monotone"
    if (signs[1:] == -signs[:-1]).all():
        return "diverges_flip"
    return "diverges_spiral"
