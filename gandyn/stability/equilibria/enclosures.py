"""All zeros of a function over a box: branch and prune with Krawczyk's operator."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_mat, ctx
from scipy.sparse.csgraph import connected_components

from gandyn.stability.arithmetic.balls import box_balls, ends, entries

_BITS = 96
"""Working precision: enclosures of zeros end at the rounding of floats."""
_MARGIN = 1 / 16
"""A piece is widened by this share each way, so that a zero on its edge is inside."""
_THINNEST = 1e-10
"""Share of the box by which a piece is widened at least."""
_SHRINK = 0.7
"""An operator that leaves more than this of the width is no help: the piece is cut."""
_CUT = 0.49
"""Pieces are cut off the middle, where zeros of symmetric functions lie."""
_PROBE = 1e-7
"""Half the width, relative to the box, of the piece around a zero found otherwise."""
_TIGHTEN = 12
"""Passes of the operator on a proved zero; the width falls quadratically."""

Function = Callable[[np.ndarray], Any]


class Zero(NamedTuple):
    """A zero that is proved to exist between two points, alone in a region."""

    low: np.ndarray
    high: np.ndarray
    region: tuple[np.ndarray, np.ndarray]


class _BoxSearch(NamedTuple):
    """What a search proved: every zero is one of these, or in an unresolved piece."""

    zeros: list[Zero]
    unresolved: np.ndarray
    """Lower and upper corners of pieces that may hold zeros, shape (K, 2, S)."""
    tried: int


def enclose_zeros(
    function: Function, box: np.ndarray, budget: int, resolution: float
) -> _BoxSearch:
    r"""Return every zero of a function over a box, enclosed, and what stays open.

    On a piece X with the midpoint m, the enclosure J(X) of the Jacobian, and Y near
    the inverse of J(m),

    .. math:: K(X) = m - Y f(m) + (I - Y J(X)) (X - m)

    holds every zero of X: none where K(X) and X are apart, and exactly one where K(X)
    is inside X. Other pieces are cut in two, the widest first.

    Parameters
    ----------
    function : callable
        From an array of `Ball` of shape (S, 1) to S values.
    box : ndarray, shape (S, 2)
    budget : int
        The number of pieces to try.
    resolution : float
        Width, relative to the box, from which a piece is not cut again.

    References
    ----------
    Krawczyk, *Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken*,
    Computing 4 (1969); Neumaier, *Interval Methods for Systems of Equations*,
    Cambridge 1990, Theorem 5.1.8.
    """
    search = _Search(function, box)
    order = itertools.count()
    waiting = [(-1.0, next(order), *box.T)]
    unresolved, tried = [], 0
    with ctx.workprec(_BITS):
        while waiting and tried < budget:
            width, _, low, high = heapq.heappop(waiting)
            tried += 1
            piece = search.prune(low, high)
            if piece is None:
                continue
            if -width <= resolution:
                unresolved.append(piece)
                continue
            for part in search.cut(*piece):
                heapq.heappush(waiting, (-search.size(*part), next(order), *part))
    unresolved += [piece[2:] for piece in waiting]
    pieces = np.array(unresolved).reshape(-1, 2, len(box))
    return _BoxSearch(search.zeros, pieces, tried)


def enclose_zero(function: Function, state: np.ndarray, box: np.ndarray) -> Zero | None:
    """Return the enclosure of a simple zero that is known to rounding, None if none."""
    search = _Search(function, box)
    around = _PROBE * search.widths
    with ctx.workprec(_BITS):
        search.prune(state - around, state + around)
    return search.zeros[0] if search.zeros else None


class _Search:
    def __init__(self, function: Function, box: np.ndarray) -> None:
        self.function, self.box = function, box
        self.widths = box[:, 1] - box[:, 0]
        self.zeros: list[Zero] = []

    def size(self, low: np.ndarray, high: np.ndarray) -> float:
        return float(np.max((high - low) / self.widths))

    def cut(self, low: np.ndarray, high: np.ndarray) -> list[Any]:
        """Return the two parts of a piece, cut across its longest side."""
        axis = int(np.argmax((high - low) / self.widths))
        middle = low[axis] + _CUT * (high[axis] - low[axis])
        below, above = high.copy(), low.copy()
        below[axis] = above[axis] = middle
        return [(low, below), (above, high)]

    def prune(self, low: np.ndarray, high: np.ndarray) -> Any:
        """Return the part of a piece that may hold unknown zeros, None if none does."""
        if any(_within(low, high, *zero.region) for zero in self.zeros):
            return None
        extra = max(_MARGIN * self.size(low, high), _THINNEST) * self.widths
        wide_low, wide_high = low - extra, high + extra
        found = self._operator(wide_low, wide_high)
        if found is None:  # perhaps the widened piece leaves the domain
            wide_low, wide_high = low, high
            found = self._operator(low, high)
        if found is None:
            return low, high
        if found == "empty":
            return None
        new_low, new_high = found
        if bool(np.all(new_low > wide_low) and np.all(new_high < wide_high)):
            self._add(new_low, new_high, (wide_low, wide_high))
            return None
        new_low, new_high = np.maximum(low, new_low), np.minimum(high, new_high)
        if bool(np.any(new_low > new_high)):
            return None
        shrunk = self.size(new_low, new_high) < _SHRINK * self.size(low, high)
        return self.prune(new_low, new_high) if shrunk else (new_low, new_high)

    def _operator(self, low: np.ndarray, high: np.ndarray) -> Any:
        """Return K(X), "empty" where X has no zero, None where K is not finite."""
        size = len(low)
        try:
            values, slopes = entries(self.function(box_balls(low, high)), size)
        except ZeroDivisionError:
            return None
        if any(v.is_finite() and not v.contains(0) for v in values):
            return "empty"
        if not all(s.is_finite() for row in slopes for s in row):
            return None
        middle = low + (high - low) / 2
        rows = [[float(s.mid()) for s in row] for row in slopes]
        try:
            inverse = np.linalg.inv(np.array(rows))
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(inverse).all():
            return None
        return _krawczyk(self.function, middle, low, high, slopes, inverse)

    def _add(self, low: np.ndarray, high: np.ndarray, region: Any) -> None:
        """Keep a zero, narrowed to rounding, if it is new and in the box."""
        for _ in range(_TIGHTEN):
            again = self._operator(low, high) if np.all(low < high) else None
            if again is None or again == "empty":
                break
            new_low, new_high = np.maximum(low, again[0]), np.minimum(high, again[1])
            still = bool(np.max(new_high - new_low) > 0.9 * np.max(high - low))
            low, high = new_low, new_high
            if still:
                break
        outside = np.any(high < self.box[:, 0]) or np.any(low > self.box[:, 1])
        known = any(
            _within(low, high, *zero.region) or _within(zero.low, zero.high, *region)
            for zero in self.zeros
        )
        if not (outside or known):
            self.zeros.append(Zero(low, high, region))


def _krawczyk(
    function: Function,
    middle: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    slopes: list[list[Any]],
    inverse: np.ndarray,
) -> Any:
    size = len(low)
    here, _ = entries(function(box_balls(middle, middle)), size)
    if not all(v.is_finite() for v in here):
        return None
    Y = arb_mat(inverse.tolist())
    unit = arb_mat(np.eye(size).tolist())
    centre = arb_mat([[arb(m)] for m in middle.tolist()])
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    whole = arb_mat([[arb(a).union(arb(b))] for a, b in pairs])
    image = (
        centre
        - Y * arb_mat([[v] for v in here])
        + (unit - Y * arb_mat(slopes)) * (whole - centre)
    )
    if not all(v.is_finite() for v in image.entries()):
        return None
    bounds = np.array([ends(v) for v in image.entries()])
    return bounds[:, 0], bounds[:, 1]


def _within(low: np.ndarray, high: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(a <= low) and np.all(high <= b))


def clusters(pieces: np.ndarray) -> list[np.ndarray]:
    """Return pieces, shape (K, 2, S), in groups that touch one another."""
    if not len(pieces):
        return []
    low, high = pieces[:, 0], pieces[:, 1]
    near = 0.01 * np.min(high - low, axis=0)
    touch = np.all(
        (low[:, None] <= high[None] + near) & (low[None] <= high[:, None] + near),
        axis=2,
    )
    count, labels = connected_components(touch, directed=False)
    return [pieces[labels == label] for label in range(count)]
