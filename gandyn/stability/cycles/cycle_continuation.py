"""Curves of periodic orbits in state and parameter, by multiple shooting."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.continuation.tracing import ContinuationProblem, Stride
from gandyn.stability.cycles.shooting import (
    MANIFOLD_RANK,
    Shot,
    close,
    one_thread,
    shoot,
    system,
)
from gandyn.stability.maps.derivatives import parameter_derivatives
from gandyn.stability.maps.maps import SETTLED, STILL, Map

ORBIT_STRIDE = Stride(first=2e-3, longest=0.02, shortest=1e-8, points=3000)
"""In units of the interval and of the states' scale. Fifty of the longest steps cross
the interval; the first is a tenth of that, as beside a flip the tangent is known to
leading order only; the shortest is the root of rounding, to which the place of a fold
is known along the branch."""
_STRAIGHT = 0.98
"""The least cosine between neighbouring tangents, 0.2 radians."""
_NEWTON = Newton(most=12, still=STILL)
"""From a good prediction three or four moves do. After half of the moves a residual of
rounding is enough: beside a manifold, or a fold, moves stay larger than rounding."""
_UNBOUNDED = 1e4
"""Times its scale at the start, a state is on the way to infinity."""


class OrbitPoint(NamedTuple):
    """An orbit on the branch, with the direction in which it goes on."""

    shot: Shot
    singular: np.ndarray
    value: float
    tangent: np.ndarray


class OrbitCurve(ContinuationProblem[OrbitPoint]):
    """The orbits of one period in scaled coordinates (z_0, …, z_{p-1}, parameter).

    Parameters
    ----------
    map : Map
    states : ndarray, shape (p, S)
        A first orbit, which sets the scale of states.
    low, high : float
        The interval of the parameter.
    until_fold : bool
        Whether the curve is to end behind its first fold.
    """

    def __init__(
        self,
        map: Map,
        states: np.ndarray,
        low: float,
        high: float,
        until_fold: bool = False,
    ) -> None:
        self.map, self.shape = map, states.shape
        self.low, self.high, self.until_fold = low, high, until_fold
        size = (1 + np.abs(states).max()) * np.sqrt(len(states))
        self.scale = np.append(np.full(states.size, size), high - low)

    def join(self, states: np.ndarray, value: float) -> np.ndarray:
        """Return the scaled coordinates."""
        return np.asarray(np.append(states.ravel(), value) / self.scale)

    def split(self, place: np.ndarray) -> tuple[np.ndarray, float]:
        """Return states and parameter."""
        place = place * self.scale
        return place[:-1].reshape(self.shape), float(place[-1])

    def slopes(self, shot: Shot, value: float) -> np.ndarray:
        """Return the derivative of all gaps, shape (p S, p S + 1)."""
        aside = parameter_derivatives(self.map, shot.states.T, value).T
        return np.column_stack([system(shot.matrices), np.ravel(aside)]) * self.scale

    def correct(self, guess: np.ndarray, tangent: np.ndarray) -> OrbitPoint | None:
        """Return the orbit in the plane through a guess and normal to a tangent.

        None where Newton's method does not find it.
        """
        found: list[OrbitPoint] = []

        def move(place: np.ndarray, count: int) -> tuple[np.ndarray, float]:
            states, value = self.split(place)
            shot = shoot(self.map, states, value)
            right = np.append(shot.gaps.ravel(), tangent @ (place - guess))
            both = np.vstack([self.slopes(shot, value), tangent])
            with one_thread():
                step, _, rank, singular = np.linalg.lstsq(
                    both, right, rcond=MANIFOLD_RANK
                )
            size = float(np.linalg.norm(step) / (1 + np.linalg.norm(place)))
            late = count > _NEWTON.most / 2 and self._settled(shot)
            if not (late or size <= STILL):
                return place - step, size
            ahead = np.linalg.lstsq(both, np.eye(len(both))[-1], rcond=MANIFOLD_RANK)[0]
            ahead = ahead / np.linalg.norm(ahead)
            found.append(OrbitPoint(shot, singular[:rank], value, ahead))
            return place, 0.0

        iterate(move, guess, _NEWTON)
        return found[0] if found else None

    def _settled(self, shot: Shot) -> bool:
        return bool(shot.residual <= SETTLED * (1 + np.abs(shot.states).max()))

    def direction(self, shot: Shot, value: float, downwards: bool) -> np.ndarray:
        """Return the tangent at an orbit, towards larger or smaller parameters."""
        slopes = self.slopes(shot, value)
        with one_thread():
            _, singular, right = np.linalg.svd(slopes)
        null = right[int(np.sum(singular > MANIFOLD_RANK * singular[0])) :]
        along = null.T @ null[:, -1]  # of a manifold of orbits, the way off it
        tangent = along if np.linalg.norm(along) > MANIFOLD_RANK else null[-1]
        sign = math.copysign(1.0, tangent[-1]) * (-1.0 if downwards else 1.0)
        return np.asarray(sign * tangent / np.linalg.norm(tangent))

    def ahead(self, last: OrbitPoint, length: float) -> OrbitPoint | None:
        """Return the orbit that a step leads to, None if it does not count."""
        here = self.join(last.shot.states, last.value)
        found = self.correct(here + length * last.tangent, last.tangent)
        if found is None or found.tangent @ last.tangent < _STRAIGHT:
            return None
        return found if self._moved(last, found) < 2 * length else None

    def _moved(self, last: OrbitPoint, found: OrbitPoint) -> float:
        here, there = (self.join(p.shot.states, p.value) for p in (last, found))
        return float(np.linalg.norm(there - here))

    def ending(
        self, points: list[OrbitPoint], found: OrbitPoint, length: float
    ) -> tuple[str, list[OrbitPoint]]:
        """Return why the branch ends with an orbit, or "", and the orbits to add."""
        last = points[-1]
        if not self.low < found.value < self.high:
            return "interval", self._at_edge(last, found)
        if _halves(last.shot.states, found.shot.states):
            return "shrinks", []
        if np.abs(found.shot.states).max() > _UNBOUNDED * self.scale[0]:
            return "unbounded", []
        if len(points) > 9 and self._returns(points, found):
            return "closed", [found]
        turned = found.tangent[-1] * points[0].tangent[-1] < 0
        return "fold" if self.until_fold and turned else "", [found]

    def _returns(self, points: list[OrbitPoint], found: OrbitPoint) -> bool:
        """Tell whether the branch is back at its first orbit, from any state on."""
        last, start = points[-1], points[0]
        here, reach = self.join(last.shot.states, last.value), self._moved(last, found)
        way = start.tangent[:-1].reshape(self.shape)
        for shift in range(len(found.shot.states)):
            rolled = self.join(np.roll(start.shot.states, shift, axis=0), start.value)
            ahead = np.append(np.roll(way, shift, axis=0), start.tangent[-1])
            aligned = ahead @ found.tangent > _STRAIGHT
            if aligned and np.linalg.norm(rolled - here) < reach:
                return True
        return False

    def _at_edge(self, last: OrbitPoint, found: OrbitPoint) -> list[OrbitPoint]:
        """Return the orbit at the end of the interval between two, if it is there."""
        edge = self.low if found.value <= self.low else self.high
        share = (edge - last.value) / (found.value - last.value)
        between = last.shot.states + share * (found.shot.states - last.shot.states)
        try:
            shot, singular = close(self.map, between, edge)
        except GandynError:
            return []
        reach = float(np.linalg.norm(found.shot.states - last.shot.states))
        if np.linalg.norm(shot.states - between) > reach + SETTLED:
            return []
        return [OrbitPoint(shot, singular, edge, found.tangent)]


def _halves(before: np.ndarray, after: np.ndarray) -> bool:
    """Tell whether z_{k + p/2} - z_k turned its sign on the way."""
    half, odd = divmod(len(before), 2)
    if odd:
        return False
    first, second = (np.roll(z, -half, axis=0) - z for z in (before, after))
    return bool(np.sum(first * second) < 0)
