"""The record of a closed invariant curve."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from gandyn._records import Record
from gandyn.stability.curves import fourier

_SAMPLES = 1024
"""A coordinate's largest value is sought among so many places at first."""
_POLISH = 4
"""So many moves of Newton's method take it from there to rounding."""


class InvariantCurve(Record):
    r"""A closed curve u that a map F takes to itself: F(u(θ)) = u(θ + ρ).

    Attributes
    ----------
    field : str
        What the parameter is called.
    value : float
        The parameter.
    rotation : float
        The rotation number ρ in turns per step, 0 to ½.
    coefficients : ndarray, shape (K + 1, S)
        c_0 to c_K of :math:`u(θ) = Σ_{|k| ≤ K} c_k e^{2πikθ}` with
        :math:`c_{-k} = \bar c_k`; θ has the period 1.
    centre : ndarray, shape (S,)
        The fixed point that amplitudes are measured from; the mean of the curve where
        Newton's method finds none from there.
    observed : int or None
        How many leading coordinates are the players'; None for all.
    residual : float
        Root mean square of F(u(θ)) - u(θ + ρ) between the places of collocation.
    tail : float
        The last quarter of the coefficients, relative to the curve's size.
    exponents : ndarray, shape (S - 1,)
        Exponents per step transversal to the curve, largest first; beside them there
        is the tangent's 0.
    """

    field: str
    value: float
    rotation: float
    coefficients: np.ndarray = dataclasses.field(repr=False)
    centre: np.ndarray = dataclasses.field(repr=False)
    observed: int | None
    residual: float
    tail: float
    exponents: np.ndarray = dataclasses.field(repr=False)

    derived = (
        "amplitude",
        "extent",
        "stable",
    )
    pairs = ("coefficients",)

    @property
    def modes(self) -> int:
        """The number K of modes."""
        return len(self.coefficients) - 1

    @property
    def stable(self) -> bool:
        """Whether the curve attracts: all transversal exponents are below 0."""
        return bool(np.all(self.exponents < 0))

    @property
    def multiplier(self) -> float:
        """The largest factor per step by which a distance from the curve grows."""
        return math.exp(float(np.max(self.exponents, initial=-math.inf)))

    @property
    def spread(self) -> np.ndarray:
        """Root mean square distance of each coordinate from the centre, shape (S,)."""
        middle = self.coefficients[0].real - self.centre
        waves = np.sum(np.abs(self.coefficients[1:]) ** 2, axis=0)
        return np.asarray(np.sqrt(middle**2 + 2 * waves))

    @property
    def amplitude(self) -> float:
        """Root mean square distance of the players from the centre.

        Means over θ are means over the steps of an orbit on the curve.
        """
        return float(np.linalg.norm(self.spread[: self.observed]))

    @property
    def extent(self) -> np.ndarray:
        """The largest modulus of each coordinate on the curve, shape (S,)."""
        first = fourier.derivative(self.coefficients)
        second = fourier.derivative(first)
        start = np.abs(self.points(_SAMPLES))
        found = start.max(axis=1)
        for i, sample in enumerate(start.argmax(axis=1)):
            place = np.array([sample / _SAMPLES])
            for _ in range(_POLISH):
                bend = fourier.evaluate(second[:, i : i + 1], place)[0]
                slope = fourier.evaluate(first[:, i : i + 1], place)[0]
                step = np.divide(slope, bend, out=0 * slope, where=bend != 0)
                place = place - np.clip(step, -1 / _SAMPLES, 1 / _SAMPLES)
            peak = abs(fourier.evaluate(self.coefficients[:, i : i + 1], place)[0, 0])
            found[i] = max(found[i], peak)
        return found

    def points(self, n: int = 200) -> np.ndarray:
        """Return n + 1 points along the curve, shape (S, n + 1), the last the first.

        Equal intervals of θ are travelled in equal numbers of steps on average.
        """
        return fourier.evaluate(self.coefficients, np.arange(n + 1) / n)

    def levels(self, coordinate: int) -> np.ndarray:
        """Return the least and the largest value of a coordinate, shape (2,)."""
        swept = self.points()[coordinate]
        return np.array([swept.min(), swept.max()])
