"""Turns about a fixed point: the angle by which an orbit goes round per step."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import eig

from gandyn.errors import GandynError
from gandyn.stability.maps.maps import Map

_PAIR = 1e-9
"""A multiplier whose imaginary part is smaller is real."""


class Turning:
    r"""The angle about a fixed point, in the plane of its leading pair of multipliers.

    With :math:`A^*p = \bar λp` the coordinate :math:`w = ⟨p, z - z^*⟩` of the linear
    map turns by exactly θ = arg λ per step, 0 < θ < π. A step of the nonlinear map is
    taken to turn w by the angle in (θ - π, θ + π]: right as long as w never comes to
    lie opposite to where the linear map would put it.

    Parameters
    ----------
    map : Map
    centre : array_like, shape (S,)
        The fixed point, or near it.
    value : float

    Attributes
    ----------
    centre : ndarray, shape (S,)
        The fixed point.
    angle : float
        θ.
    left : ndarray of complex, shape (S,)
        The conjugate of p.

    Raises
    ------
    GandynError
        If there is no fixed point, or all its multipliers are real.

    Examples
    --------
    >>> delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    >>> round(Turning(delayed, [0.5, 0.5], 2.0).angle / np.pi, 12)
    0.333333333333
    """

    def __init__(self, map: Map, centre: Any, value: float) -> None:
        with np.errstate(all="ignore"):
            self.centre = map.fixed_point(centre, value)
        values, left, _ = eig(map.jacobian(self.centre, value), left=True)
        sizes = np.where(values.imag > _PAIR, np.abs(values), -1.0)
        i = int(np.argmax(sizes))
        if sizes[i] < 0:
            raise GandynError(
                f"nothing turns about the fixed point at {map.name} = "
                f"{value:.6g}: its multipliers are real"
            )
        self.angle = float(np.angle(values[i]))
        self.left = left[:, i].conj()

    def coordinate(self, states: np.ndarray) -> np.ndarray:
        """Return w of states of shape (..., S)."""
        return np.asarray((states - self.centre) @ self.left)

    def turns(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the turns between successive w, in units of 2π, shape (N - 1,)."""
        return turns(coordinates, self.angle)

    def winding(self, states: np.ndarray) -> int:
        """Return how often a periodic orbit goes round; 0 if a state is on w = 0."""
        w = self.coordinate(np.concatenate([states, states[:1]]))
        if not np.abs(w).min() > _PAIR * np.abs(w).max():
            return 0
        return round(float(np.sum(self.turns(w))))


def turns(coordinates: np.ndarray, angle: Any) -> np.ndarray:
    """Return the turns between successive w along the first axis, as in `Turning`."""
    with np.errstate(all="ignore"):
        beside = coordinates[1:] * coordinates[:-1].conj() * np.exp(-1j * angle)
    return np.asarray((angle + np.angle(beside)) / (2 * np.pi))
