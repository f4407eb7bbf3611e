"""Pseudo-arclength continuation of a critical multiplier in two fields."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gandyn._parameters import DECADE
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.continuation.tracing import (
    ContinuationProblem,
    Stride,
    edge_crossing,
    trace_branch,
)
from gandyn.stability.crossings.neutral_directions import (
    Quotient,
    moved_by,
    quotient,
)
from gandyn.stability.crossings.normal_forms import eigenvectors
from gandyn.stability.maps.maps import Map, RuleMap
from gandyn.stability.maps.units import state_units

STRIDE = 0.01
"""The largest step along a curve, in units of the box."""
_SHORTEST, _POINTS = 1e-7, 100_000
"""A step below the first is the end of a curve, and so is a point beyond the second: of
strides of the usual length these are a thousand times the box."""
_STRAIGHT = math.cos(0.2)
"""The tangent may turn by 0.2 radians per step, so that the prediction is off by a
tenth of it."""
_NEWTON = Newton(most=12, still=1e-13)
"""Quasi-Newton moves back to the curve, to rounding; four or five do."""
_LEAP = 0.3
"""A multiplier that moves farther per step is another one: two of a pair that meets are
as far apart at an angle of 0.15."""
_PROBES = ((0.0, 0.0), (0.97, 0.08), (0.11, 0.93), (0.52, 0.47), (0.9, 0.88))
"""Places of the box at which neutral directions are looked for: near its corners and in
the middle, on no round share of it, where multipliers like to coincide."""
_MEETING = 0.05
"""A pair that is lost at an angle nearer to 0 or π than this has met there."""


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
        self.map = RuleMap(rule, game, fields)
        self.fields = (self.map.fields[0], self.map.fields[1])
        self.inner = _across(self)
        self.size = self.inner.basis.shape[1]

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
        return self.map.state(self.point, self.values(place.tolist()))

    def line(self, origin: np.ndarray, direction: np.ndarray) -> Map:
        """Return the map along a line, in its own parameter."""
        o, d = origin.tolist(), direction.tolist()

        def on_line(state: Any, s: Any) -> Any:
            return self.map.function(
                state, self.values([o[0] + d[0] * s, o[1] + d[1] * s])
            )

        line = Map(on_line, self.map.name)
        line.observed = self.map.observed
        return line


def _across(plane: Plane) -> Quotient:
    """Return the maps without the directions that are neutral all over the box."""
    maps, units = [], None
    for place in np.array(_PROBES):
        line, state = plane.line(place, np.zeros(2)), plane.start(place)
        with contextlib.suppress(GandynError):
            state = line.fixed_point(state, 0.0)
            maps.append(line.jacobian(state, 0.0))
            units = state_units(maps[0], state) if units is None else units
    if units is None:
        return Quotient(np.eye(plane.start(np.zeros(2)).size), 0, 0)
    return dataclasses.replace(quotient(maps, units), turning=0)


class _Trace(NamedTuple):
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


class _Node(NamedTuple):
    point: _Point
    tangent: np.ndarray
    slope: np.ndarray


class _CriticalCurve(ContinuationProblem[_Node]):
    """The test function of one critical multiplier, and the curve of its zeros."""

    def __init__(self, plane: Plane, side: int) -> None:
        self.plane, self.side, self.inner = plane, side, plane.inner

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
        q, p = self.inner.embedded(q, p)
        aside = basis.shape[0] - basis.shape[1] + int(self.side == 1)
        slopes = []
        for direction in np.eye(2):
            line = self.plane.line(point.place, direction)
            push = line.slope(point.state, 0.0)
            moved = moved_by(whole, push, aside)
            change = p @ line.bends(point.state, 0.0, q, moved)
            slopes.append(float((scale * change).real))
        return np.array(slopes)

    def first(
        self, place: np.ndarray, state: np.ndarray, multiplier: complex, way: float
    ) -> _Node:
        """Return the point to start from, one way or, with -1, the other."""
        _, point = self.test(place, _Point(place, state, multiplier, 0.0))
        slope = self.gradient(point)
        return _Node(point, way * _along(slope), slope)

    def ahead(self, last: _Node, length: float) -> _Node | None:
        """Return the point that a step leads to, None if it does not count."""
        guess = last.point.place + length * last.tangent
        system = np.stack([last.slope, last.tangent])
        found = self._correct(last.point, guess, system, length)
        if found is None:
            return None
        slope = self.gradient(found)
        tangent = _along(slope)
        tangent = tangent * np.sign(tangent @ last.tangent)
        straight = tangent @ last.tangent > _STRAIGHT
        return _Node(found, tangent, slope) if straight else None

    def ending(
        self, points: list[_Node], found: _Node, length: float
    ) -> tuple[str, list[_Node]]:
        """Return why the curve ends with a point, or "", and the points to add."""
        place, start = found.point.place, points[0].point.place
        if _left(place):
            edge = self._on_edge(points[-1].point, found)
            return ("box", [edge]) if edge else ("lost", [])
        home = np.linalg.norm(place - start) < length / 2
        return "closed" if home and len(points) > 8 else "", [found]

    def _correct(
        self, last: _Point, guess: np.ndarray, system: np.ndarray, reach: float
    ) -> _Point | None:
        """Return to the curve in the line that the system's second row is normal to."""
        system, before, moved = system.copy(), 0.0, np.zeros(2)

        def move(
            at: tuple[np.ndarray, _Point], _: int
        ) -> tuple[tuple[np.ndarray, _Point], float] | None:
            nonlocal before, moved
            value, point = self.test(at[0], last)
            paired = bool(self.side or point.multiplier.imag)
            if not paired or abs(point.multiplier - last.multiplier) > _LEAP:
                return None
            if moved.any():  # Broyden's update: the slope between the last two points
                missed = before - value - system[0] @ moved
                system[0] = system[0] + missed * moved / (moved @ moved)
            if not abs(np.linalg.det(system)) > 0:
                return None
            before, moved = value, np.linalg.solve(system, [value, 0.0])
            return (at[0] - moved, point), float(np.linalg.norm(moved))

        def near(at: tuple[np.ndarray, _Point]) -> bool:
            return bool(np.linalg.norm(at[0] - guess) <= reach)

        try:
            found = iterate(move, (guess, last), _NEWTON, near)
        except GandynError:
            return None
        return None if found is None else found.at[1]

    def _on_edge(self, inside: _Point, outside: _Node) -> _Node | None:
        """Return where the curve crosses the edge of the box, None if it does not."""
        place = outside.point.place
        axis, guess = edge_crossing(inside.place, place, np.zeros(2), np.ones(2))
        system = np.stack([outside.slope, np.eye(2)[axis]])
        found = self._correct(inside, guess, system, 1.0)
        if found is None or _left(found.place):
            return None
        return outside._replace(point=found)


def continue_boundary(
    plane: Plane,
    place: np.ndarray,
    state: np.ndarray,
    multiplier: complex,
    side: int,
    way: float,
    stride: float,
) -> _Trace:
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
    curve = _CriticalCurve(plane, side)
    start = curve.first(place, state, multiplier, way)
    trail = trace_branch(curve, start, Stride(stride, stride, _SHORTEST, _POINTS))
    points = [node.point for node in trail.points]
    columns = ([getattr(p, name) for p in points] for name in _Point._fields)
    places, _, multipliers, others = columns
    if side:  # singular to rounding: the eigenvalues of a defective matrix say less
        multipliers = [complex(side)] * len(multipliers)
    end = trail.end
    if end == "lost" and not side and _has_met(points[-1]):
        end = "resonance"
    return _Trace(np.array(places), np.array(multipliers), np.array(others), end)


def _along(slope: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(slope)
    return np.array([-slope[1], slope[0]]) / (size or 1.0)


def _left(place: np.ndarray) -> bool:
    return bool(place.min() < 0 or place.max() > 1)


def _has_met(point: _Point) -> bool:
    """Tell whether a pair is where its multipliers meet."""
    angle = abs(np.angle(point.multiplier))
    return bool(min(angle, math.pi - angle) < _MEETING)
