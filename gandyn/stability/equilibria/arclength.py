"""Curves of fixed points in state and parameter, by pseudo-arclength continuation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.maps.maps import Map

LONGEST = 0.02
"""The largest step along a curve, in units of the box."""
SHORTEST = 1e-6
"""A step below this is the end of a curve."""
STRAIGHT = np.cos(0.2)
"""The tangent may turn by 0.2 radians per step."""
NEWTON = 8
"""Newton's steps back to the curve."""
ON_CURVE = 1e-12
"""A Newton step at the level of rounding."""
MOST = 2000
"""Points on one half of a curve."""
RANK = 1e-9
"""Singular values below this share of the largest are of neutral directions."""


class Point(NamedTuple):
    """A point of a curve, in units of the box."""

    place: np.ndarray
    """State and, last, the parameter."""
    tangent: np.ndarray


class Curves:
    """The equations F(z, p) = z in units of a box, and the curves they define.

    Parameters
    ----------
    step : Map
    box : ndarray, shape (S, 2)
    low, high : float
        The interval of the parameter.
    """

    def __init__(self, step: Map, box: np.ndarray, low: float, high: float) -> None:
        self.step = step
        self.origin = np.append(box[:, 0], low)
        self.unit = np.append(box[:, 1] - box[:, 0], high - low)
        self.neutral = 0

    def place(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return a point in units of the box."""
        return (np.append(state, parameter) - self.origin) / self.unit

    def state(self, place: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the state and the parameter of a place."""
        whole = self.origin + self.unit * place
        return whole[:-1], float(whole[-1])

    def linear(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the residual, shape (S,), and its Jacobian, shape (S, S + 1)."""
        state, parameter = self.state(place)
        gap = self.step.value(state, parameter) - state
        matrix = self.step.jacobian(state, parameter) - np.eye(len(state))
        slopes = np.column_stack([matrix, self.step.slope(state, parameter)])
        if not (np.isfinite(gap).all() and np.isfinite(slopes).all()):
            raise GandynError(f"the step is not finite at {parameter:.6g}")
        scale = self.unit[:-1]
        return gap / scale, slopes * self.unit / scale[:, None]

    def tangent(self, place: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Return the unit tangent nearest to a direction.

        Beside neutral directions, of a manifold of fixed points, it is the direction's
        projection on all that the equations allow.
        """
        basis = np.linalg.svd(self.linear(place)[1])[2][-1 - self.neutral :]
        along = basis.T @ (basis @ before)
        size = np.linalg.norm(along)
        return along / size if size > 1e-12 else basis[-1]

    def nullity(self, place: np.ndarray) -> int:
        """Return the dimension of the solutions' manifold beside the curve."""
        values = np.linalg.svd(self.linear(place)[1], compute_uv=False)
        return int(np.sum(values < RANK * max(1.0, values[0])))

    def corrected(
        self, place: np.ndarray, normal: np.ndarray, reach: float
    ) -> np.ndarray | None:
        """Return the point of a curve in the plane with a normal, None if not near."""
        start = place
        for _ in range(NEWTON):
            try:
                gap, slopes = self.linear(place)
            except GandynError:
                return None
            right = np.append(gap, normal @ (place - start))
            move = np.linalg.lstsq(np.vstack([slopes, normal]), right, rcond=1e-13)[0]
            place = place - move
            if np.linalg.norm(place - start) > reach:
                return None
            if np.linalg.norm(move) <= ON_CURVE:
                return place
        return place if np.linalg.norm(move) <= 1e3 * ON_CURVE else None

    def trace(self, place: np.ndarray, tangent: np.ndarray) -> tuple[list[Point], str]:
        """Return the curve from a point on, one way, and why it ends.

        The reasons are ``"range"`` (the interval of the parameter), ``"box"``,
        ``"closed"``, ``"lost"`` and ``"points"``.
        """
        points, length = [Point(place, tangent)], LONGEST
        while len(points) < MOST:
            last = points[-1]
            found = self._next(last, length)
            if found is None:
                length /= 2
                if length < SHORTEST:
                    return points, "lost"
                continue
            end = _left(found.place)
            if end:
                edge = self._on_edge(last, found)
                return points + ([edge] if edge else []), end
            points.append(found)
            length = min(LONGEST, 1.5 * length)
            home = np.linalg.norm(found.place - place) < length
            if home and len(points) > 8 and found.tangent @ tangent > 0.9:
                return [*points, points[0]], "closed"
        return points, "points"

    def _next(self, last: Point, length: float) -> Point | None:
        guess = last.place + length * last.tangent
        place = self.corrected(guess, last.tangent, length)
        if place is None:
            return None
        try:
            tangent = self.tangent(place, last.tangent)
        except GandynError:
            return None
        straight = tangent @ last.tangent > STRAIGHT
        return Point(place, tangent) if straight else None

    def _on_edge(self, inside: Point, outside: Point) -> Point | None:
        """Return where a curve crosses the edge of the box between two points."""
        gap = outside.place - inside.place
        edges = np.where(outside.place > 1, 1.0, 0.0)
        beyond = (outside.place < 0) | (outside.place > 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(beyond, (edges - inside.place) / gap, np.inf)
        axis = int(np.argmin(shares))
        guess = inside.place + shares[axis] * gap
        guess[axis] = edges[axis]
        place = self.corrected(guess, np.eye(len(gap))[axis], LONGEST)
        return None if place is None else Point(place, outside.tangent)


def _left(place: np.ndarray) -> str:
    if not 0 <= place[-1] <= 1:
        return "range"
    return "" if np.all((place >= 0) & (place <= 1)) else "box"
