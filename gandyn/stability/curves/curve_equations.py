"""The collocation equations of a closed invariant curve, and Newton's method on them.

A curve is given by its values u on 2K + 1 places of the circle, with K modes. The
unknowns are these values, the rotation ρ, and the parameter p where it is free too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.continuation.newton import Newton, iterate
from gandyn.stability.curves import fourier
from gandyn.stability.maps.derivatives import jacobians, parameter_derivatives
from gandyn.stability.maps.maps import Map

_NEWTON = Newton(most=25, still=1e-10)
"""Relative moves; with a good guess five or so. After one of 1e-10, by quadratic
convergence, rounding is left."""
_FRESH = (0, 2)
"""Steps at which dF/dp, the slow part, is computed anew; it changes little."""
_FAR = 3.0
"""A move this many times as large as the guess has lost it."""
_COLLAPSED = 1e-3
"""A curve that shrinks to this share of its guess has become the fixed point."""
_UNKNOWNS = 5000
"""The largest dense system that is solved: 200 MB, and some seconds a move."""


class NoCurve(GandynError):
    """No smooth invariant curve was found; the message has what was seen."""


class Unknowns(NamedTuple):
    """Values of shape (S, 2K + 1), rotation in turns per step, and parameter."""

    values: np.ndarray
    rotation: float
    parameter: float

    @property
    def modes(self) -> int:
        """The number K of modes."""
        return self.values.shape[1] // 2

    def moved(self, move: np.ndarray, share: float = 1.0) -> Unknowns:
        """Return the unknowns after a step that is one long vector."""
        count = self.values.size
        values = self.values + share * move[:count].reshape(self.values.shape)
        free = move[count + 1] if len(move) > count + 1 else 0.0
        return Unknowns(
            values, self.rotation + share * move[count], self.parameter + share * free
        )

    def minus(self, other: Unknowns) -> np.ndarray:
        """Return the difference as one long vector, the parameter included."""
        ends = [self.rotation - other.rotation, self.parameter - other.parameter]
        return np.concatenate([(self.values - other.values).ravel(), ends])

    def resampled(self, modes: int) -> Unknowns:
        """Return the same curve with another number of modes."""
        if modes == self.modes:
            return self
        waves = fourier.to_coefficients(self.values)
        return self._replace(values=fourier.to_values(waves, modes))


class Border(NamedTuple):
    """A last equation ``row @ (unknowns - point) = length`` for a free parameter."""

    row: np.ndarray
    point: Unknowns
    length: float


def slopes(map: Map, values: np.ndarray, parameter: float) -> np.ndarray:
    """Return the Jacobians along a curve (S, N), shape (N, S, S)."""
    found = jacobians(map, values, parameter)
    if not np.isfinite(found).all():
        raise NoCurve(
            f"the derivatives are not finite along the curve at {map.name} = "
            f"{parameter:.6g}"
        )
    return found


def defect(map: Map, at: Unknowns) -> np.ndarray:
    """Return F(u(θ)) - u(θ + ρ) on the grid."""
    waves = fourier.to_coefficients(at.values)
    ahead = fourier.to_values(fourier.turned(waves, at.rotation))
    return np.asarray(map(at.values, at.parameter) - ahead)


def matrix(
    map: Map, at: Unknowns, anchor: np.ndarray, slope: np.ndarray | None
) -> np.ndarray:
    """Return the derivative of the equations.

    ``anchor`` is the row of the phase condition, du/dθ of the guess; ``slope`` is dF/dp
    where the parameter is free, and the last row is then left zero.
    """
    free = slope is not None
    count, places = at.values.shape
    total = at.values.size
    whole = np.zeros((total + 1 + free, total + 1 + free))
    inner = whole[:total, :total].reshape(count, places, count, places)
    matrices = slopes(map, at.values, at.parameter)
    turn = fourier.turn_matrix(at.modes, at.rotation)
    every = np.arange(places)
    for i in range(count):
        for j in range(count):
            inner[i, every, j, every] = matrices[:, i, j]
        inner[i, :, i, :] -= turn
    waves = fourier.derivative(fourier.to_coefficients(at.values))
    ahead = fourier.to_values(fourier.turned(waves, at.rotation))
    whole[:total, total] = -ahead.ravel()
    whole[total, :total] = anchor.ravel()
    if slope is not None:
        whole[:total, total + 1] = slope.ravel()
    return whole


def anchor(guess: Unknowns) -> np.ndarray:
    """Return du/dθ of a guess on the grid, of norm 1: the phase condition's row."""
    waves = fourier.to_coefficients(guess.values)
    along = fourier.to_values(fourier.derivative(waves))
    return np.asarray(along / (np.linalg.norm(along) or 1.0))


def solve(map: Map, guess: Unknowns, border: Border | None = None) -> Unknowns:
    """Return the curve that Newton's method finds from a guess.

    With a border the parameter is free.

    Raises
    ------
    NoCurve
        If it does not converge, or only to a fixed point.
    """
    phase, here = anchor(guess), guess
    spread = fourier.size(fourier.to_coefficients(guess.values))
    if guess.values.size > _UNKNOWNS:
        raise NoCurve(
            _failure(map, guess, f"{guess.values.size} unknowns are too many")
        )
    slope = None

    def move(at: Unknowns, count: int) -> tuple[Unknowns, float] | None:
        nonlocal slope, here
        if border is not None and count in _FRESH:
            slope = parameter_derivatives(map, at.values, at.parameter)
        gap = defect(map, at)
        if not np.isfinite(gap).all():
            raise NoCurve(_failure(map, at, "the step is not finite on the curve"))
        right = np.append(
            gap.ravel(), phase.ravel() @ (at.values - guess.values).ravel()
        )
        whole = matrix(map, at, phase, slope)
        if border is not None:
            whole[-1] = border.row
            right = np.append(
                right, border.row @ at.minus(border.point) - border.length
            )
        try:
            change = -np.linalg.solve(whole, right)
        except np.linalg.LinAlgError:
            raise NoCurve(_failure(map, at, "the equations are singular")) from None
        here = at.moved(change)
        moved = np.linalg.norm(change[: at.values.size]) / np.sqrt(at.values.shape[1])
        now = fourier.size(fourier.to_coefficients(here.values))
        if not now > _COLLAPSED * spread:
            raise NoCurve(_failure(map, here, "it shrinks to a fixed point"))
        return (here, float(moved / now)) if moved <= _FAR * spread else None

    found = iterate(move, guess, _NEWTON)
    if found is None:
        raise NoCurve(_failure(map, here, "Newton's method does not converge"))
    return found.at


def _failure(map: Map, at: Unknowns, why: str) -> str:
    gap = defect(map, at)
    left = float(np.sqrt(np.mean(gap * gap))) if np.isfinite(gap).all() else np.nan
    return (
        f"no smooth invariant curve found at {map.name} = {at.parameter:.8g}: {why} "
        f"(residual {left:.3g}, {at.modes} modes, rotation {at.rotation:.6g})"
    )
