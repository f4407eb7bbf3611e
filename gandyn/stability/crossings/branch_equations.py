"""The equations of a branch of fixed points, for the engine of continuation."""

from __future__ import annotations

import numpy as np

from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.crossings.state_rounding import ROUNDINGS, departures
from gandyn.stability.maps.maps import SETTLED, Map

_DIFFERENCE = 1e-4
"""The part of the first step over which differences are taken where there are no
derivatives."""


class FixedPointEquations:
    """F(z, p) - z, for the engine, from a parameter on towards another."""

    def __init__(self, step: Map, start: float, target: float) -> None:
        self.step, self.start = step, start
        self.across = _DIFFERENCE * (target - start)

    def residual(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return F(z, p) - z, shape (S,)."""
        return self.step.value(state, parameter) - state

    def jacobian(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return its derivative in the state, shape (S, S)."""
        return self.step.jacobian(state, parameter) - np.eye(len(state))

    def slope(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return the derivative in the parameter, by differences at a corner.

        There it only serves to predict. A state that three values leave alone, within
        rounding, rests: what its rounding pushes is no slope.
        """
        across = self.across if parameter == self.start else -self.across
        places = (parameter + share * across for share in (0.0, 0.5, 1.0))
        if all(self._rests(state, place) for place in places):
            return np.zeros(len(state))
        try:
            return self.step.slope(state, parameter)
        except NonSmooth:
            images = [self.step.value(state, parameter + h) for h in (across, 0.0)]
            return np.asarray((images[0] - images[1]) / across)

    def _rests(self, state: np.ndarray, parameter: float) -> bool:
        """Tell whether a step moves a state by no more than its rounding."""
        gap = np.abs(self.residual(state, parameter))
        if not gap.any():
            return True
        if not np.linalg.norm(gap) <= SETTLED * (1 + np.linalg.norm(state)):
            return False
        seen = departures(self.step, state, parameter, np.abs(state))
        return bool(np.all(gap <= ROUNDINGS * np.abs(seen).max(axis=1)))
