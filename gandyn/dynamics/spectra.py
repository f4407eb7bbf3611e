"""Verdicts of exact linear maps, with the rounding of their eigenvalues in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gandyn.dynamics.verdicts import Ending, Verdict

NEAR = 1e-4
"""Distance from the unit circle under which the eigenvalues' conditioning is asked."""
ROUNDING = 64 * np.finfo(float).eps
"""Rounding of an eigenvalue per unit of norm and condition number."""
DEFECTIVE = 1e7
"""Condition number of an eigenvalue from which it may be a defective one."""


_HUGE = 1e150
"""Its square is finite."""

_Doubts = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Spectrum(NamedTuple):
    """What the multipliers of many cells say."""

    rotation: np.ndarray
    """Of the multiplier of largest modulus, neutral directions set aside: 0 to 1/2."""
    radius: np.ndarray
    verdict: np.ndarray
    ended: np.ndarray


def spectra(maps: np.ndarray, neutral: int = 0) -> Spectrum:
    """Return radius, leading multiplier and verdict of stacked maps.

    ``neutral`` multipliers nearest to 1 are set aside: directions along a manifold of
    equilibria. Within rounding of the circle a cell is ``neutral`` if its multipliers
    there are well conditioned, otherwise ``undecided``.
    """
    chosen, finite = leading_multipliers(maps, neutral)

    def doubts(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        norms = np.linalg.norm(maps[near], axis=(1, 2))
        return conditions(maps[near], neutral), norms

    return decided(chosen.real, chosen.imag, np.abs(chosen), doubts, finite)


def leading_multipliers(
    maps: np.ndarray, neutral: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading multipliers, and which maps are finite: 0 of the others."""
    finite = np.all(np.isfinite(maps), axis=(1, 2))
    safe = np.where(finite[:, None, None], maps, 0.0)
    return leading(eigenvalues(safe), neutral), finite


def decided(
    real: np.ndarray,
    imag: np.ndarray,
    radius: np.ndarray,
    doubts: _Doubts,
    finite: Any = True,
) -> Spectrum:
    """Return the verdicts that leading multipliers give.

    Parameters
    ----------
    real, imag, radius : ndarray, shape (cells,)
        The leading multipliers and their moduli. Of real ones the sign does.
    doubts : callable
        Returns condition number and norm of the maps of some cells near the circle.
    finite : ndarray of bool, shape (cells,)
        Whether the map is.
    """
    imag = np.abs(imag)
    with np.errstate(divide="ignore", invalid="ignore"):
        rotation = np.arctan(imag / (real + 0.0)) / (2 * np.pi)
    rotation += (real < 0) * 0.5
    rotation[np.isnan(rotation) & (imag == 0)] = 0.0
    kind = _choice(imag > ROUNDING * radius, Verdict.DIVERGES_SPIRAL, _straight(real))
    verdict = _choice(radius < 1, Verdict.CONVERGES, kind)
    ended = np.full(radius.shape, Ending.EXACT, np.int8)
    near = np.flatnonzero((np.abs(radius - 1) < NEAR) & finite)
    if near.size:
        condition, norm = doubts(near)
        unsure = np.abs(radius[near] - 1) <= ROUNDING * condition * np.maximum(1, norm)
        simple = condition < DEFECTIVE
        verdict[near[unsure & simple]] = Verdict.NEUTRAL
        verdict[near[unsure & ~simple]] = Verdict.UNDECIDED
        ended[near[unsure & ~simple]] = Ending.ROUNDING
    if not np.all(finite):
        radius = np.where(finite, radius, np.nan)
        verdict[~finite], ended[~finite] = Verdict.UNDECIDED, Ending.OVERFLOW
    return Spectrum(rotation, radius, verdict, ended)


def conditions(maps: np.ndarray, neutral: int) -> np.ndarray:
    """Return the worst condition number among the eigenvalues near the circle."""
    if maps.shape[-1] == 2 and not neutral:
        return _conditions_of_pairs(maps)
    values, right = np.linalg.eig(maps)
    with np.errstate(all="ignore"):
        left = inverses(right)
        condition = np.linalg.norm(left, axis=2) * np.linalg.norm(right, axis=1)
    order = np.argsort(np.abs(values - 1), axis=1)[:, neutral:]
    values = np.take_along_axis(values, order, axis=1)
    condition = np.take_along_axis(condition, order, axis=1)
    on_circle = np.abs(np.abs(values) - 1) < 2 * NEAR
    condition = np.where(np.isfinite(condition), condition, np.inf)
    return np.max(np.where(on_circle, condition, 1.0), axis=1, initial=1.0)


def inverses(matrices: np.ndarray) -> np.ndarray:
    """Return inverses; infinite ones for matrices that are singular to the bit."""
    regular = np.linalg.slogdet(matrices)[1] > -np.inf
    inverses = np.full(matrices.shape, np.inf, dtype=matrices.dtype)
    inverses[regular] = np.linalg.inv(matrices[regular])
    return inverses


def _conditions_of_pairs(maps: np.ndarray) -> np.ndarray:
    r"""Return the condition number that both eigenvalues of a 2-by-2 map have.

    With N the map less the mean of its eigenvalues ±μ about it, that is
    :math:`\sqrt{(1 + ‖N‖_F^2 / (2|μ|^2)) / 2}`: 1 for a normal map.
    """
    mean = (maps[:, 0, 0] + maps[:, 1, 1]) / 2
    traceless = maps - mean[:, None, None] * np.eye(2)
    square = np.sum(np.abs(traceless) ** 2, axis=(1, 2))
    a, b, c = traceless[:, 0, 0], traceless[:, 0, 1], traceless[:, 1, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = square / (2 * np.abs(a * a + b * c))
    ratio = np.where(square == 0, 1.0, ratio)
    return np.sqrt((1 + ratio) / 2)


def eigenvalues(maps: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of stacked maps, of 2-by-2 ones by the closed form."""
    if maps.shape[-1] != 2:
        return np.linalg.eigvals(maps)
    scale = np.maximum(1.0, np.max(np.abs(maps), axis=(1, 2)))  # squares overflow
    a, b, c, d = (maps[:, i, j] / scale for i in (0, 1) for j in (0, 1))
    mean = (a + d) / 2
    root = np.sqrt(((a - d) / 2) ** 2 + b * c + 0j)
    return np.stack([mean + root, mean - root], axis=1) * scale[:, None]


def radius_beside(maps: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """Return the leading moduli of maps of all numbers but those set aside.

    Infinity where a map is not finite. What is set aside has a row per number.
    """
    finite = np.isfinite(maps).all(axis=(1, 2))
    others = np.where(aside.T[..., None] | ~finite[:, None, None], 0.0, maps)
    sizes = np.abs(eigenvalues(others)).max(axis=1)
    return np.asarray(np.where(finite, sizes, np.inf))


def bounded(entries: list[list[Any]]) -> bool:
    """Tell whether no square of an entry can overflow."""
    return all(np.max(np.abs(entry)) < _HUGE for row in entries for entry in row)


def leading_of_pairs(
    entries: list[list[Any]], shape: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return leading multipliers and moduli of real 2-by-2 maps given by their entries.

    Entries are arrays that broadcast to the shape and are `bounded`. The results have
    one axis: real parts (of real multipliers only the sign is right), imaginary parts
    and moduli.
    """
    (a, b), (c, d) = entries
    h, k = np.divide(a, 2) + 0.0, np.divide(d, 2)  # no sum is -0.0
    mean = np.broadcast_to(h + k, shape).ravel()
    square = np.square(h - k) + np.multiply(b, c)
    square = np.broadcast_to(square, shape).ravel()
    root = np.sqrt(np.abs(square))
    real = square >= 0
    radius = np.abs(mean) + root
    np.sqrt(mean * mean - square, out=radius, where=~real)
    return mean, np.where(real, 0.0, root), radius


def larger_of_pairs(entries: list[list[Any]]) -> np.ndarray:
    """Return the larger eigenvalue of complex 2-by-2 matrices, given by entries."""
    (a, b), (c, d) = entries
    mean = (a + d) * 0.5
    half = (a - d) * 0.5
    root = _square_root(half * half + b * c)
    along = mean.real * root.real + mean.imag * root.imag
    return np.asarray(mean + np.copysign(1.0, along) * root)


def _square_root(square: np.ndarray) -> np.ndarray:
    """Return one of the square roots of complex numbers, by real arithmetic."""
    x, y = square.real, square.imag
    long = np.sqrt(0.5 * (np.abs(square) + np.abs(x)))
    short = 0.5 * y / np.where(long == 0, 1.0, long)
    root = np.empty(square.shape, complex)
    forward = x >= 0
    root.real = np.where(forward, long, short)
    root.imag = np.where(forward, short, long)
    return root


def leading(values: np.ndarray, neutral: int) -> np.ndarray:
    """Return the multipliers of largest modulus, the neutral ones set aside."""
    if neutral:
        order = np.argsort(np.abs(values - 1), axis=1)
        values = np.take_along_axis(values, order[:, neutral:], axis=1)
    if not values.shape[1]:
        return np.zeros(len(values), complex)
    largest = np.argmax(np.abs(values), axis=1)
    return np.asarray(np.take_along_axis(values, largest[:, None], axis=1)[:, 0])


def _straight(real: np.ndarray) -> np.ndarray:
    return _choice(real >= 0, Verdict.DIVERGES_MONOTONE, np.int8(Verdict.DIVERGES_FLIP))


def _choice(mask: np.ndarray, kind: Verdict, other: Any) -> np.ndarray:
    """Return ``np.where`` of small whole numbers, whose arithmetic is faster."""
    return np.asarray(other + mask.view(np.int8) * (np.int8(kind) - other))
