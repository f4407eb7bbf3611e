"""Steps along a branch of invariant curves: tangents, corrections, folds, tongues."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from gandyn.errors import FieldError
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
    good,
    quality,
    record,
    refined,
)
from gandyn.stability.maps.derivatives import parameter_derivatives
from gandyn.stability.maps.maps import Map

STRIDE = 0.05
"""The first step: relative change of the curve, and share of the way."""
LONGEST = 0.2
SHORTEST = STRIDE / 32
"""Shorter steps are tried down to this before longer ones."""
LEAPS = (0.1, 0.3)
"""Lengths that are tried to get over a tongue."""
APART = 4
"""Curves between leaps: tongues that follow each other faster are the breakdown."""
BACK = (0, 3, 8)
"""Curves to go back for a leap."""
STRAIGHT = 0.2
"""The least cosine between tangents of neighbours: of a branch bent more it is lost."""
QUICK = 1.5
"""Growth of the step after a success."""
GONE = 1e-3
"""A curve this small beside the largest of its branch shrinks to a fixed point."""
ASTRAY = 4
"""How far a branch may go away from its aim, in units of the way to it."""
SAME_FOLD = 1e-6
"""Where along a step a fold is located; its parameter is known to the square."""


class Walk:
    """A branch as far as it has been followed.

    Parameters
    ----------
    step : Map
    origin, until : float
        Where it begins and ends; their distance scales the parameter.
    limit : int
        Modes at which a curve counts as none.
    side : float
        The parameter's direction at first, 1.0 or -1.0.
    first : InvariantCurve
    """

    def __init__(
        self,
        step: Map,
        origin: float,
        until: float,
        limit: int,
        side: float,
        first: InvariantCurve,
    ) -> None:
        self.step, self.origin, self.until, self.limit = step, origin, until, limit
        self.scale = abs(until - origin)
        self.stride = STRIDE
        self.curves, self.folds = [first], list[InvariantCurve]()
        self._leapt = -APART
        at = _unknowns(first)
        row = np.zeros(at.values.size + 2)
        row[-1] = side / self.scale
        self.nodes = [(at, self._tangent(at, row))]

    def advance(self) -> str:
        """Take one step; return why the branch ends, or nothing."""
        here = self.nodes[-1][0].parameter
        try:
            new, ahead = self._next()
        except NoCurve as error:
            return f"lost after {self.step.name} = {here:.8g}: {error}"
        at, toward = self.nodes[-1]
        self.nodes.append((new, ahead))
        self.curves.append(record(self.step, new, self.curves[-1].centre))
        if ahead.parameter * toward.parameter < 0:
            self._add_fold(at, new, toward)
        self.stride = min(QUICK * self.stride, LONGEST)
        return self._ending(at, new)

    def _row(self, at: Unknowns, toward: Unknowns) -> np.ndarray:
        """Return the equation's row of a direction, at the modes of a curve."""
        return _long(toward.resampled(at.modes)) * _weights(at, self.scale)

    def _tangent(self, at: Unknowns, row: np.ndarray) -> Unknowns:
        """Return the branch's direction, of length 1, with ``row`` at it positive."""
        slope = parameter_derivatives(self.step, at.values, at.parameter)
        whole = matrix(self.step, at, anchor(at), slope)
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

    def _next(self) -> tuple[Unknowns, Unknowns]:
        """Return the next curve and its tangent.

        Where no short step succeeds a tongue is ahead, in which there is no curve, and
        whose edge has bent the last ones: they are left out, and it is leapt over.
        """
        shorter = (self.stride / 4**k for k in range(1, 5))
        tries = [(0, self.stride)] + [(0, s) for s in shorter if s >= SHORTEST]
        tries += [(back, leap) for back in BACK for leap in LEAPS]
        barred = len(self.nodes) < self._leapt + APART
        seen: NoCurve | None = None
        for back, length in tries:
            if back and (barred or back >= len(self.nodes)):
                break
            at, toward = self.nodes[-1 - back]
            try:
                new = self._corrected(at, toward, length)
                row = self._row(new, toward)
                ahead = self._tangent(new, row)
            except NoCurve as error:
                seen = seen or error
                continue
            if row @ _long(ahead) < STRAIGHT:
                continue
            if back:
                self._leapt = len(self.nodes)
                del self.nodes[-back:], self.curves[-back:]
            self.stride = min(length, LONGEST)
            return new, ahead
        raise seen or NoCurve("the branch bends too sharply")

    def _corrected(self, at: Unknowns, toward: Unknowns, length: float) -> Unknowns:
        """Return the curve at a distance along the tangent, with the modes it needs."""
        guess, modes = at.moved(_long(toward), length), at.modes
        while True:
            here = at.resampled(modes)
            border = Border(self._row(here, toward), here, length)
            try:
                new = solve(self.step, guess.resampled(modes), border)
            except FieldError as error:
                raise NoCurve(str(error)) from None
            left, rest = quality(self.step, new)
            if good(new, left, rest):
                return _trimmed(new)
            if 2 * modes > self.limit:
                raise NoCurve(
                    f"at {self.step.name} = {new.parameter:.8g} a curve of {modes} "
                    f"modes has a tail of {rest:.3g} and a residual of {left:.3g}: it "
                    "is in a tongue, or breaks down"
                )
            guess, modes = new, 2 * modes

    def _add_fold(self, at: Unknowns, new: Unknowns, toward: Unknowns) -> None:
        """Locate the fold between two curves: there the tangent keeps the parameter."""
        row = self._row(at, toward)
        whole = float(row @ new.resampled(at.modes).minus(at))
        kept: list[Unknowns] = []

        def lean(share: float) -> float:
            kept.append(self._corrected(at, toward, share * whole))
            ahead = self._tangent(kept[-1], self._row(kept[-1], toward))
            return ahead.parameter / self.scale

        try:
            lean(brentq(lean, 0.0, 1.0, xtol=SAME_FOLD))
        except (NoCurve, ValueError):
            return
        self.folds.append(record(self.step, kept[-1], self.curves[-1].centre))

    def _ending(self, at: Unknowns, new: Unknowns) -> str:
        """Return why the branch ends here, or nothing."""
        until, name = self.until, self.step.name
        if (at.parameter - until) * (new.parameter - until) <= 0:
            return self._reached()
        if (new.parameter - self.origin) / (self.origin - until) > ASTRAY:
            return (
                f"went {ASTRAY} times as far the other way, to {name} = "
                f"{new.parameter:.6g}"
            )
        sizes = [fourier.size(curve.coefficients) for curve in self.curves]
        if sizes[-1] < sizes[-2] and sizes[-1] < GONE * max(sizes):
            return f"shrinks to a fixed point at {name} = {new.parameter:.8g}"
        return ""

    def _reached(self) -> str:
        """Put the last curve at the branch's end, where there is one."""
        last, before = self.curves.pop(), self.curves[-1]
        way = last.value - before.value
        share = (self.until - before.value) / way if way else 1.0
        guess = between(before, last, share)._replace(parameter=self.until)
        try:
            self.curves.append(refined(self.step, guess, before.centre, self.limit))
        except NoCurve as error:
            return f"passed {self.step.name} = {self.until:.6g}, where: {error}"
        return f"reached {self.step.name} = {self.until:.6g}"


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


def _unknowns(curve: InvariantCurve) -> Unknowns:
    values = fourier.to_values(curve.coefficients)
    return _trimmed(Unknowns(values, curve.rotation, curve.value))


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
