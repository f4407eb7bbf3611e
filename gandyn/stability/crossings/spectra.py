"""The multipliers along a branch, neutral ones taken out, with their rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import scipy

from gandyn.dynamics.spectra import ROUNDING
from gandyn.stability.crossings.neutral_directions import Quotient, quotient
from gandyn.stability.maps.units import measured, natural_units

_PROBES = 9
"""Places of a branch at which neutral directions are looked for: at the smallest
learning rates all multipliers are near 1, at the largest the slow ones drown in the
rounding of the fast."""
_MORE = 8.0
"""Of what a map misses along one direction, what it may along another."""
_CROWDED = 10.0
"""Distances from the circle within which conditioning is asked: of roots of rounding,
and of distances to the next multiplier. Rounding moves a simple multiplier that is
farther only at a condition number of millions, where another is near; and the
multipliers that it makes of a defective one are as far from it as from each other."""


class Spectrum(NamedTuple):
    """The multipliers at one place of a branch, neutral ones taken out.

    Attributes
    ----------
    parameter : float
    values : ndarray of complex, shape (M,)
    doubt : ndarray, shape (M,)
        How far rounding may have moved each.
    """

    parameter: float
    values: np.ndarray
    doubt: np.ndarray

    @property
    def excess(self) -> np.ndarray:
        """|λ| - 1."""
        return np.asarray(np.abs(self.values) - 1)

    @property
    def side(self) -> np.ndarray:
        """1 outside the circle, -1 inside, 0 where rounding decides."""
        excess = self.excess
        return np.where(np.abs(excess) <= self.doubt, 0, np.sign(excess)).astype(int)

    def ordered(self, order: np.ndarray) -> Spectrum:
        """Return the same multipliers in another order."""
        return Spectrum(self.parameter, self.values[order], self.doubt[order])


def probes(places: Sequence[float]) -> list[float]:
    """Return a few of some places, both ends among them.

    >>> probes(range(17))
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0]
    """
    chosen = np.linspace(0, len(places) - 1, min(_PROBES, len(places))).round()
    return [float(places[int(k)]) for k in chosen]


class Spectra:
    """The spectra along a branch, made when they are asked for, and kept.

    Parameters
    ----------
    at : callable
        Returns the map at a parameter, of shape (S, S).
    places : sequence of float
        Parameters at which it may be asked for neutral directions.
    push : callable, optional
        Returns the map at a parameter times a vector, by the step itself: where a step
        takes large numbers from each other, that is not what the entries add up to.
    moved : callable, optional
        Returns by how much the fixed point's own rounding may change the map at a
        parameter, of shape (K, S, S).
    """

    def __init__(
        self, at: Callable[[float], np.ndarray], places: Sequence[float],
        push: Callable[[float, np.ndarray], np.ndarray] | None = None,
        moved: Callable[[float], np.ndarray] | None = None,
    ) -> None:  # fmt: skip
        self._at, self._moved = at, moved
        maps = [at(place) for place in probes(places)]
        units = natural_units(maps[len(maps) // 2])
        self.quotient: Quotient = quotient(maps, units)
        self._known: dict[float, Spectrum] = {}
        self._rounding = 1.0
        for place, matrix in zip(probes(places), maps, strict=True):
            if push is not None:
                missed = _missed(matrix, partial(push, place), units)
                self._rounding = max(self._rounding, _MORE * missed / ROUNDING)

    @property
    def neutral(self) -> int:
        """How many multipliers stay at 1."""
        return self.quotient.count

    def at(self, parameter: Any) -> Spectrum:
        """Return the spectrum at a parameter."""
        parameter = float(parameter)
        if parameter not in self._known:
            whole, own = self._at(parameter), not self.quotient.count
            moved = None if self._moved is None else self._moved(parameter)
            changes = None if moved is None else self.quotient.changed(whole, moved)
            self._known[parameter] = spectrum(
                parameter, self.quotient.reduced(whole), own, self._rounding, changes
            )
        return self._known[parameter]

    def count(self, parameter: float) -> int:
        """Return how many multipliers are outside the circle, beyond rounding."""
        return int(np.sum(self.at(parameter).side > 0))

    def undecided(self, parameter: float) -> int:
        """Return how many multipliers are on the circle within rounding."""
        return int(np.sum(self.at(parameter).side == 0))


def _missed(
    matrix: np.ndarray, push: Callable[[np.ndarray], np.ndarray], units: np.ndarray
) -> float:
    """Return how far a map's entries miss what a step does, per norm of the map."""
    way = np.cos(1 + np.arange(len(units)))  # in no special position
    missed = (push(units * way) - matrix @ (units * way)) / units
    size = np.linalg.norm(measured(matrix, units)) * np.linalg.norm(way)
    return float(np.linalg.norm(missed) / max(size, np.linalg.norm(way)))


def spectrum(
    parameter: float, matrix: np.ndarray, own: bool = True, more: float = 1.0,
    changes: np.ndarray | None = None,
) -> Spectrum:  # fmt: skip
    """Return the eigenvalues of a map, with the rounding of those near the circle.

    It is that of the matrix's norm, times the eigenvalue's condition number; of one
    that may be defective of order k no more than the k-th root. Where the entries have
    their ``own`` rounding, players and memory may have other units; where they are sums
    of all entries of another matrix, the largest one's rounding is in each. ``more`` is
    how many times more the entries are off than by their own rounding, and ``changes``,
    of shape (K, M, M), what else the map may be off by.
    """
    if not len(matrix):
        return Spectrum(parameter, np.zeros(0, complex), np.zeros(0))
    if changes is None:
        changes = np.zeros((0, *matrix.shape))
    if not np.isfinite(changes).all():
        values = np.linalg.eigvals(matrix).astype(complex)
        return Spectrum(parameter, values, np.full(len(values), np.inf))
    if own:
        units = natural_units(matrix)
        matrix, changes = measured(matrix, units), measured(changes, units)
    values = np.linalg.eigvals(matrix).astype(complex)
    size = more * max(1.0, float(np.linalg.norm(matrix)))
    rounding = ROUNDING * size
    off = rounding + float(np.linalg.norm(changes, axis=(1, 2)).sum())
    distance = np.abs(np.abs(values) - 1)
    reach = _CROWDED * np.maximum(_gaps(values), np.sqrt(off))
    if not np.any(distance < reach):
        return Spectrum(parameter, values, np.full(len(values), off))
    return Spectrum(parameter, *conditioned(matrix, size, changes))


def conditioned(
    matrix: np.ndarray, size: float, changes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, and how far the rounding of such a size may have moved each.

    As far as its condition number says; of one that may be defective of order k no more
    than the k-th root. To it comes what ``changes`` of the matrix, (K, M, M), make of
    them.
    """
    values, left, right = scipy.linalg.eig(matrix, left=True)
    changes = np.zeros((0, *matrix.shape)) if changes is None else changes
    rounding = ROUNDING * size
    own = np.abs(np.einsum("ji,kjl,li->ki", left.conj(), changes, right)).sum(axis=0)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        condition = 1 / np.abs(np.sum(left.conj() * right, axis=0))
        doubt = (rounding + own) * condition
    off = rounding + float(np.linalg.norm(changes, axis=(1, 2)).sum())
    for i in np.flatnonzero(~(doubt < np.sqrt(off))):
        doubt[i] = min(doubt[i], _root(values, int(i), off / ROUNDING))
    return values.astype(complex), doubt


def _gaps(values: np.ndarray) -> np.ndarray:
    """Return how far the next multiplier is from each, its conjugate left out.

    A pair alone that rounding made of one multiplier is as near as the root of it.
    """
    apart = np.abs(values[:, None] - values)
    np.fill_diagonal(apart, np.inf)
    apart[values[:, None] == values.conj()] = np.inf
    nearest = apart.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(nearest), nearest, 0.0)


def _root(values: np.ndarray, i: int, size: float) -> float:
    """Return the rounding of a defective multiplier, of the order it seems to have.

    Rounding moves one of order k by its k-th root, relative to the matrix: what links
    the chain may be as large. So k are that near, and the next one is not.
    """
    apart = np.append(np.sort(np.abs(values - values[i])), np.inf)
    reach = size * ROUNDING ** (1 / np.arange(1, len(values) + 1))
    orders = np.flatnonzero((apart[:-1] <= reach) & (apart[1:] > reach))
    return float(reach[orders[orders > 0][0]]) if np.any(orders > 0) else np.inf
