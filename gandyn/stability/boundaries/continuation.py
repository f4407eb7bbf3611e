"""Pseudo-arclength continuation of a critical multiplier in two fields."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.neutral_directions import Quotient, quotient
from gandyn.stability.crossings.normal_forms import eigenvectors
from gandyn.stability.crossings.scan import DECADE
from gandyn.stability.maps.maps import Map, RuleMap

STRIDE = 0.01
"""The largest step along a curve, in units of the box."""
SHORTEST = 1e-7
"""A step below this is the end of a curve."""
STRAIGHT = math.cos(0.2)
"""The tangent may turn by 0.2 radians per step."""
NEWTON = 12
"""Quasi-Newton steps back to the curve; four or five do."""
ON_CURVE = 1e-13
"""A Newton step at the level of rounding."""
LEAP = 0.3
"""A multiplier that moves farther per step is another one."""
PROBES = ((0.0, 0.0), (0.97, 0.08), (0.11, 0.93), (0.52, 0.47), (0.9, 0.88))
"""Places of the box at which neutral directions are looked for."""
MEETING = 0.05
"""Angles from 0 and π at which a pair that ends has met."""


class Plane:
    """A rule on a game over a box of two fields, in coordinates of [0, 1]²."""

    def __init__(
        self,
        rule: Rule,
        game: Game,
        fields: tuple[str, str],
        box: Sequence[tuple[float, float]],
        point: tuple[Any, Any] | None,
    ) -> None:
        for field, (low, high) in zip(fields, box, strict=True):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise GandynError(f"{field}: {low} to {high} is empty or not finite")
        self.box, self.point = box, point
        self.step = RuleMap(rule, game, fields)
        self.fields = (self.step.fields[0], self.step.fields[1])
        self.size = across(self).basis.shape[1]

    def values(self, place: Any) -> tuple[Any, ...]:
        """Return the fields' values at a place, of arrays or Taylor numbers too."""
        return tuple(
            low * (high / low) ** u
            if low > 0 and high / low > DECADE
            else low + (high - low) * u
            for u, (low, high) in zip(place, self.box, strict=True)
        )

    def start(self, place: np.ndarray) -> np.ndarray:
        """Return the equilibrium at a place, with its memory."""
        return self.step.state(self.point, self.values(place.tolist()))

    def line(self, origin: np.ndarray, direction: np.ndarray) -> Map:
        """Return the map along a line, in its own parameter."""
        o, d = origin.tolist(), direction.tolist()

        def on_line(state: Any, s: Any) -> Any:
            return self.step.function(
                state, self.values([o[0] + d[0] * s, o[1] + d[1] * s])
            )

        line = Map(on_line, self.step.name)
        line.observed = self.step.observed
        return line


def across(plane: Plane) -> Quotient:
    """Return the maps without the directions that are neutral all over the box."""
    maps = []
    for place in np.array(PROBES):
        line, state = plane.line(place, np.zeros(2)), plane.start(place)
        with contextlib.suppress(GandynError):
            maps.append(line.jacobian(line.fixed_point(state, 0.0), 0.0))
    if not maps:
        return Quotient(np.eye(plane.start(np.zeros(2)).size), 0, 0)
    return dataclasses.replace(quotient(maps), turning=0)


class Trace(NamedTuple):
    """One half of a curve, from its start."""

    places: np.ndarray
    multipliers: np.ndarray
    others: np.ndarray
    end: str


class _Point(NamedTuple):
    place: np.ndarray
    state: np.ndarray
    multiplier: complex
    others: float


class _Curve:
    """The test function of one critical multiplier, and its gradient."""

    def __init__(self, plane: Plane, side: int) -> None:
        self.plane, self.side, self.inner = plane, side, across(plane)

    def test(self, place: np.ndarray, last: _Point) -> tuple[float, _Point]:
        """Return the test function, and the point with the multiplier followed."""
        line = self.plane.line(place, np.zeros(2))
        state = line.fixed_point(last.state, 0.0)
        matrix = self.inner.reduced(line.jacobian(state, 0.0))
        values = np.linalg.eigvals(matrix)
        i = int(np.argmin(np.abs(values - (self.side or last.multiplier))))
        value = complex(values[i])
        drop = [i]
        if value.imag:
            drop.append(int(np.argmin(np.abs(values - value.conjugate()))))
        others = float(np.max(np.abs(np.delete(values, drop)), initial=0.0))
        point = _Point(place, state, value, others)
        if self.side:
            shifted = matrix - self.side * np.eye(len(matrix))
            least = np.linalg.svd(shifted, compute_uv=False)[-1]
            return float(np.sign(np.linalg.det(shifted)) * least), point
        return math.log(abs(value)), point

    def gradient(self, point: _Point) -> np.ndarray:
        """Return the exact gradient of the test function on the curve."""
        here = self.plane.line(point.place, np.zeros(2))
        whole = here.jacobian(point.state, 0.0)
        matrix, basis = self.inner.reduced(whole), self.inner.basis
        if self.side:
            shifted = matrix - self.side * np.eye(len(matrix))
            left, _, right = np.linalg.svd(shifted)
            p, q, scale = left[:, -1], right[-1], float(np.sign(np.linalg.det(shifted)))
        else:
            value, q, p, _ = eigenvectors(matrix, point.multiplier)
            p, scale = p.conj() * value.conjugate() / abs(value) ** 2, 1.0
        p, q, unit = basis @ p, basis @ q, np.eye(len(whole))
        slopes = []
        for direction in np.eye(2):
            line = self.plane.line(point.place, direction)
            push = line.slope(point.state, 0.0)
            moved = np.linalg.lstsq(unit - whole, push, rcond=1e-9)[0]
            change = p @ line.bends(point.state, 0.0, q, moved)
            slopes.append(float((scale * change).real))
        return np.array(slopes)


def trace(
    plane: Plane,
    place: np.ndarray,
    state: np.ndarray,
    multiplier: complex,
    side: int,
    way: float,
    stride: float,
) -> Trace:
    """Return the curve through a place, one way, to its end.

    Parameters
    ----------
    plane : Plane
    place : ndarray, shape (2,)
        A point of the curve.
    state : ndarray, shape (S,)
    multiplier : complex
    side : int
        1 or -1 for a real multiplier there, 0 for a pair.
    way : float
        1 or -1.
    stride : float
        The largest step.
    """
    curve = _Curve(plane, side)
    _, point = curve.test(place, _Point(place, state, multiplier, 0.0))
    points, end, length = [point], "", stride
    slope = curve.gradient(point)
    tangent = way * _along(slope)
    while not end:
        found = _next(curve, point, tangent, slope, length)
        if found is not None:
            fresh = curve.gradient(found)
            ahead = _along(fresh)
            ahead = ahead * np.sign(ahead @ tangent)
        if found is None or not ahead @ tangent > STRAIGHT:
            length /= 2
            if length < SHORTEST:
                end = _reason(point, side)
            continue
        point, tangent, slope = found, ahead, fresh
        points.append(point)
        length = min(stride, 1.5 * length)
        if _left(point.place):
            edge = _on_edge(curve, points[-2], points.pop(), slope)
            end = _reason(points[-1], side) if edge is None else "box"
            points += [] if edge is None else [edge]
        elif len(points) > 9 and np.linalg.norm(point.place - place) < length / 2:
            end = "closed"
    columns = ([getattr(p, name) for p in points] for name in _Point._fields)
    places, _, multipliers, others = columns
    if side:  # singular to rounding: the eigenvalues of a defective matrix say less
        multipliers = [complex(side)] * len(multipliers)
    return Trace(np.array(places), np.array(multipliers), np.array(others), end)


def _next(
    curve: _Curve, last: _Point, tangent: np.ndarray, slope: np.ndarray, length: float
) -> _Point | None:
    """Return the point of the curve beside the predicted one, None if not found."""
    guess = last.place + length * tangent
    return _correct(curve, last, guess, np.stack([slope, tangent]), length)


def _correct(
    curve: _Curve, last: _Point, place: np.ndarray, system: np.ndarray, length: float
) -> _Point | None:
    """Return to the curve within the line that the system's second row is normal to."""
    start, system = place, system.copy()
    before, move = 0.0, np.zeros(2)
    for _ in range(NEWTON):
        try:
            value, point = curve.test(place, last)
        except GandynError:
            return None
        paired = bool(curve.side or point.multiplier.imag)
        if not paired or abs(point.multiplier - last.multiplier) > LEAP:
            return None
        if move.any():  # Broyden's update: the slope between the last two points
            missed = before - value - system[0] @ move
            system[0] = system[0] + missed * move / (move @ move)
        if not abs(np.linalg.det(system)) > 0:
            return None
        before, move = value, np.linalg.solve(system, [value, 0.0])
        if np.linalg.norm(move) <= ON_CURVE:
            return point
        place = place - move
        if np.linalg.norm(place - start) > length:
            return None
    return None


def _along(slope: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(slope)
    return np.array([-slope[1], slope[0]]) / (size or 1.0)


def _left(place: np.ndarray) -> bool:
    return bool(place.min() < 0 or place.max() > 1)


def _reason(point: _Point, side: int) -> str:
    angle = abs(np.angle(point.multiplier))
    met = not side and min(angle, math.pi - angle) < MEETING
    return "resonance" if met else "lost"


def _on_edge(
    curve: _Curve, inside: _Point, outside: _Point, slope: np.ndarray
) -> _Point | None:
    """Return where the curve crosses the edge of the box, None if it does not."""
    gap = outside.place - inside.place
    edges = np.where(outside.place > 1, 1.0, 0.0)
    beyond = (outside.place < 0) | (outside.place > 1)
    shares = np.where(beyond, (edges - inside.place) / np.where(gap == 0, 1, gap), 1.0)
    axis = int(np.argmin(shares))
    guess = inside.place + shares[axis] * gap
    guess[axis] = edges[axis]
    system = np.stack([slope, np.eye(2)[axis]])
    found = _correct(curve, inside, guess, system, 1.0)
    return None if found is None or _left(found.place) else found
