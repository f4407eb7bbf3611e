"""Curves of fixed points over a box, as the engine of continuation follows them."""

from __future__ import annotations

import math

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.continuation.engine import Acceptance, Curve, Point
from gandyn.stability.continuation.newton import Newton
from gandyn.stability.continuation.tracing import (
    ContinuationProblem,
    Stride,
    edge_crossing,
)
from gandyn.stability.crossings.branches import FixedPointEquations
from gandyn.stability.maps.maps import Map

EQUILIBRIUM_STRIDE = Stride(first=0.02, longest=0.02, shortest=1e-6, points=2000)
"""In units of the box. Fifty of the longest steps cross it, and as many points as are
allowed cross it forty times; a curve that bends within 1e-6 is taken for broken."""
_ACCEPTANCE = Acceptance(
    Newton(most=8, still=1e-12, at_last=1e-9),
    reach=1.0,
    turn=2 * math.sin(0.1),
    half_way=False,
)
"""The tangent may turn by 0.2 radians, so that the prediction is off by a tenth of the
step. Nothing asks whether a step has gone over to another branch where they cross: the
others are all looked for anyway."""
_RANK = 1e-9
"""Singular values below this share of the largest are of neutral directions: the points
are accurate to 1e-12, and so is the matrix up to its derivatives."""


class EquilibriumCurves(Curve, ContinuationProblem[Point]):
    """The equations F(z, p) = z in units of a box, and the curves they define.

    Parameters
    ----------
    map : Map
    box : ndarray, shape (S, 2)
    low, high : float
        The interval of the parameter.
    """

    def __init__(self, map: Map, box: np.ndarray, low: float, high: float) -> None:
        self.map = map
        self.low, self.high = np.append(box[:, 0], low), np.append(box[:, 1], high)
        equations = FixedPointEquations(map, low, high)
        super().__init__(equations, self.high - self.low, 0, _ACCEPTANCE)

    def apart(self, a: np.ndarray, b: np.ndarray) -> float:
        """Return the distance of two places in units of the box."""
        return float(np.linalg.norm((a - b) / self.unit))

    def solve(
        self, slopes: np.ndarray, normal: np.ndarray, right: np.ndarray
    ) -> np.ndarray:
        """Return the shortest solution, where curves cross and on manifolds too."""
        return np.linalg.lstsq(np.vstack([slopes, normal]), right, rcond=1e-13)[0]

    def tangent(self, place: np.ndarray, ahead: np.ndarray) -> np.ndarray | None:
        """Return the unit tangent nearest to a direction.

        Beside neutral directions, of a manifold of fixed points, it is the direction's
        projection on all that the equations allow.
        """
        try:
            basis = np.linalg.svd(self.linear(place)[1])[2][-1 - self.neutral :]
        except GandynError:
            return None
        along = basis.T @ (basis @ ahead)
        size = np.linalg.norm(along)
        return along / size if size > 1e-12 else basis[-1]

    def nullity(self, place: np.ndarray) -> int:
        """Return the dimension of the solutions' manifold beside the curve."""
        values = np.linalg.svd(self.linear(place)[1], compute_uv=False)
        return int(np.sum(values < _RANK * max(1.0, values[0])))

    def ahead(self, last: Point, length: float) -> Point | None:
        """Return the point that a step leads to, None if it does not count."""
        return self.step(last, length)

    def ending(
        self, points: list[Point], found: Point, length: float
    ) -> tuple[str, list[Point]]:
        """Return why a curve ends with a point, or "", and the points to add."""
        end = self._left(found.place)
        if end:
            edge = self._on_edge(points[-1], found)
            return end, [edge] if edge else []
        start = points[0]
        home = self.apart(found.place, start.place) < length
        if home and len(points) > 7 and found.tangent @ start.tangent > 0.9:
            return "closed", [found, start]
        return "", [found]

    def _left(self, place: np.ndarray) -> str:
        outside = (place < self.low) | (place > self.high)
        return "interval" if outside[-1] else "box" if outside.any() else ""

    def _on_edge(self, inside: Point, outside: Point) -> Point | None:
        """Return where a curve crosses the edge of the box between two points."""
        axis, guess = edge_crossing(inside.place, outside.place, self.low, self.high)
        landed = self.correct(
            guess, np.eye(len(guess))[axis], EQUILIBRIUM_STRIDE.longest
        )
        return landed and Point(landed[0], outside.tangent, landed[1])
