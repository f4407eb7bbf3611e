"""Steps along a branch of invariant curves: tangents, corrections, folds, tongues."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from gandyn.errors import GandynError
from gandyn.stability.continuation.tracing import ContinuationProblem, Stride
from gandyn.stability.curves import fourier
from gandyn.stability.curves.curve_equations import (
    Border,
    NoCurve,
    Unknowns,
    anchor,
    matrix,
    solve,
)
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.invariant_curves import (
    MODES,
    SMOOTH,
    curve_record,
    good,
    quality,
    refined,
)
from gandyn.stability.maps.derivatives import parameter_derivatives
from gandyn.stability.maps.maps import Map

CURVE_STRIDE = Stride(
    first=0.05, longest=0.2, shortest=0.05 / 32, points=201, shrink=4.0
)
"""In relative changes of the curve, and shares of the way: five of the longest steps
are the whole way, the first is a quarter of that. Short ones are soon given up: what
stops them is a tongue, which is leapt over."""
_LEAPS = (0.1, 0.3)
"""Lengths that are tried to get over a tongue: half and one and a half times the
longest step."""
_APART = 4
"""Curves between leaps: tongues that follow each other faster are the breakdown."""
_BACK = (0, 3, 8)
"""Curves to go back for a leap, as a tongue's edge bends those beside it."""
_STRAIGHT = 0.2
"""The least cosine between tangents of neighbours: of a branch bent more it is lost. It
leaves room for a step over a sharp fold."""
_GONE = 1e-3
"""A curve this small beside the largest of its branch shrinks to a fixed point."""
_SAME_FOLD = 1e-6
"""Where along a step a fold is located; its parameter is known to the square."""


class _CurvePoint(NamedTuple):
    """A curve on a branch, by its values and as a record, with the tangent there."""

    at: Unknowns
    tangent: Unknowns
    curve: InvariantCurve


class CurveProblem(ContinuationProblem[_CurvePoint]):
    """The equations of invariant curves with the parameter free.

    Parameters
    ----------
    map : Map
    low, high : float
        The interval of the parameter.
    scale : float
        What counts as 1 in the parameter.
    limit : int
        Modes at which a curve counts as none.
    """

    def __init__(
        self, map: Map, low: float, high: float, scale: float, limit: int
    ) -> None:
        self.map, self.low, self.high = map, low, high
        self.scale, self.limit = scale, limit
        self._leapt = -_APART

    def first(self, curve: InvariantCurve, side: float) -> _CurvePoint:
        """Return the point to start from, towards larger parameters for side 1."""
        values = fourier.to_values(curve.coefficients)
        at = _trimmed(Unknowns(values, curve.rotation, curve.value))
        row = np.zeros(at.values.size + 2)
        row[-1] = side / self.scale
        return _CurvePoint(at, self._tangent(at, row), curve)

    def _row(self, at: Unknowns, toward: Unknowns) -> np.ndarray:
        """Return the equation's row of a direction, at the modes of a curve."""
        return _long(toward.resampled(at.modes)) * _weights(at, self.scale)

    def _tangent(self, at: Unknowns, row: np.ndarray) -> Unknowns:
        """Return the branch's direction, of length 1, with ``row`` at it positive."""
        slope = parameter_derivatives(self.map, at.values, at.parameter)
        whole = matrix(self.map, at, anchor(at), slope)
        whole[-1] = row
        right = np.zeros(len(whole))
        right[-1] = 1.0
        try:
            long = np.linalg.solve(whole, right)
        except np.linalg.LinAlgError:
            raise NoCurve(
                "the branch has no direction: the equations are singular"
            ) from None
        long = long / math.sqrt(float(_weights(at, self.scale) @ long**2))
        values = long[:-2].reshape(at.values.shape)
        return Unknowns(values, float(long[-2]), float(long[-1]))

    def ahead(self, last: _CurvePoint, length: float) -> _CurvePoint | None:
        """Return the curve that a step leads to, None if it does not count."""
        new = self._corrected(last, length)
        row = self._row(new, last.tangent)
        tangent = self._tangent(new, row)
        if row @ _long(tangent) < _STRAIGHT:
            return None
        return _CurvePoint(new, tangent, curve_record(self.map, new, last.curve.centre))

    def leap(self, points: list[_CurvePoint]) -> tuple[int, _CurvePoint, float] | None:
        """Return a curve beyond the tongue ahead, in which there is none.

        Its edge has bent the last ones, which are left out if need be.
        """
        barred = len(points) < self._leapt + _APART
        for back in _BACK:
            if back and (barred or back >= len(points)):
                return None
            for length in _LEAPS:
                try:
                    found = self.ahead(points[-1 - back], length)
                except GandynError:
                    continue
                if found is not None:
                    self._leapt = len(points) if back else self._leapt
                    return back, found, length
        return None

    def _corrected(self, last: _CurvePoint, length: float) -> Unknowns:
        """Return the curve at a distance along the tangent, with the modes it needs."""
        at, toward = last.at, last.tangent
        guess, modes = at.moved(_long(toward), length), at.modes
        while True:
            here = at.resampled(modes)
            border = Border(self._row(here, toward), here, length)
            new = solve(self.map, guess.resampled(modes), border)
            left, rest = quality(self.map, new)
            if good(new, left, rest):
                return _trimmed(new)
            if 2 * modes > self.limit:
                raise NoCurve(
                    f"at {self.map.name} = {new.parameter:.8g} a curve of {modes} "
                    f"modes has a tail of {rest:.3g} and a residual of {left:.3g}: it "
                    "is in a tongue, or breaks down"
                )
            guess, modes = new, 2 * modes

    def fold(self, before: _CurvePoint, after: _CurvePoint) -> InvariantCurve | None:
        """Return the fold between two curves: there the tangent keeps the parameter."""
        at, toward = before.at, before.tangent
        row = self._row(at, toward)
        whole = float(row @ after.at.resampled(at.modes).minus(at))
        kept: list[Unknowns] = []

        def lean(share: float) -> float:
            kept.append(self._corrected(before, share * whole))
            ahead = self._tangent(kept[-1], self._row(kept[-1], toward))
            return ahead.parameter / self.scale

        try:
            lean(brentq(lean, 0.0, 1.0, xtol=_SAME_FOLD))
        except (GandynError, ValueError):
            return None
        return curve_record(self.map, kept[-1], after.curve.centre)

    def ending(
        self, points: list[_CurvePoint], found: _CurvePoint, length: float
    ) -> tuple[str, list[_CurvePoint]]:
        """Return why the branch ends with a curve, or "", and the curves to add."""
        if not self.low < found.at.parameter < self.high:
            return "interval", self._at_edge(points[-1], found)
        sizes = [fourier.size(p.curve.coefficients) for p in (*points, found)]
        small = sizes[-1] < sizes[-2] and sizes[-1] < _GONE * max(sizes)
        return "shrinks" if small else "", [found]

    def _at_edge(self, last: _CurvePoint, found: _CurvePoint) -> list[_CurvePoint]:
        """Return the curve at the interval's end between two, where there is one."""
        edge = self.low if found.at.parameter <= self.low else self.high
        way = found.curve.value - last.curve.value
        share = (edge - last.curve.value) / way if way else 1.0
        guess = between(last.curve, found.curve, share)._replace(parameter=edge)
        try:
            curve = refined(self.map, guess, last.curve.centre, self.limit)
        except NoCurve:
            return []
        return [found._replace(curve=curve)]


def between(a: InvariantCurve, b: InvariantCurve, share: float) -> Unknowns:
    """Return the curve between two; their phases agree along a branch."""
    modes = max(a.modes, b.modes)
    u, v = _aligned(a, b, modes)
    mixed = (1 - share) * u + share * v
    rotation = (1 - share) * a.rotation + share * b.rotation
    return Unknowns(mixed, rotation, (1 - share) * a.value + share * b.value)


def _aligned(
    a: InvariantCurve, b: InvariantCurve, modes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of two curves, the second turned to the first's phase."""
    overlap = np.vdot(b.coefficients[1], a.coefficients[1])
    shift = float(np.angle(overlap)) / (2 * math.pi)
    other = fourier.turned(b.coefficients, shift)
    return fourier.to_values(a.coefficients, modes), fourier.to_values(other, modes)


def _weights(at: Unknowns, scale: float) -> np.ndarray:
    """Return squared weights: of change relative to the curve, of way to ``scale``."""
    spread = fourier.size(fourier.to_coefficients(at.values))
    weights = np.full(at.values.size + 2, 1 / (spread**2 * at.values.shape[1]))
    weights[-2:] = 1.0, 1 / scale**2
    return weights


def _long(toward: Unknowns) -> np.ndarray:
    """Return a direction as one long vector."""
    return np.append(toward.values.ravel(), [toward.rotation, toward.parameter])


def _trimmed(at: Unknowns) -> Unknowns:
    """Return the curve with half the modes while these are enough."""
    while at.modes >= 2 * MODES:
        half = at.resampled(at.modes // 2)
        waves = fourier.to_coefficients(at.values)
        lost = np.linalg.norm(waves[3 * at.modes // 8 :])
        if lost > 0.1 * SMOOTH * fourier.size(waves):
            break
        at = half
    return at
