"""Pseudo-arclength continuation: a tangent predictor, a corrector, a doubtful step."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.continuation.newton import Newton, iterate

_SLOW = 0.5
"""Newton's method is lost, or at rounding, if a move is not half of the last one: near
a regular zero each is the square of the last."""
_SETTLED = 1e-7
"""Moves that no longer shrink are of rounding if they are smaller than this: beside a
double zero, of which rounding leaves the root, they are not."""
_STILL = 1e-15
"""A move of Newton's method this small, in units, is as good as none."""
_AFAR = Newton(most=40, still=_STILL, slow=_SLOW, settled=_SETTLED)
"""Towards a point that is not yet near; quadratic convergence needs six moves or so."""
_BACK = Newton(most=12, still=_STILL, slow=_SLOW, settled=_SETTLED, contracts=True)
"""Back to a curve; from a good prediction two or three moves do."""
REACH = 0.3
"""How far from its prediction a point may be, in lengths of the step: tan 0.3."""
_BENT = 0.25
"""How far the middle of a step may be from the cubic through its ends, as a part of how
far that is from the chord; a kink, as a jump to another curve makes, misses by all."""
_STRAIGHT = 1e-5
"""The same for a step without any turn, as a part of its length."""
NOISES = 10.0
"""Roundings of a point that are within its accuracy."""


class Acceptance(NamedTuple):
    """Which steps along a curve count.

    Attributes
    ----------
    newton : Newton
        For the way back to the curve.
    reach : float
        How far from its prediction a point may be, in lengths of the step.
    turn : float
        How far apart the ends' unit tangents may be.
    half_way : bool
        Whether the curve has to be half-way where the cubic through both ends has it.
    """

    newton: Newton = _BACK
    reach: float = REACH
    turn: float = 0.3
    half_way: bool = True


def newton(
    linear: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    unknown: np.ndarray,
    unit: np.ndarray,
) -> np.ndarray | None:
    """Return the zero that Newton's method finds, None if it does not settle.

    Parameters
    ----------
    linear : callable
        Returns residual and Jacobian.
    unknown : ndarray, shape (N,)
    unit : ndarray, shape (N,)
        What counts as 1 in each.
    """

    def move(unknown: np.ndarray, _: int) -> tuple[np.ndarray, float] | None:
        residual, slopes = linear(unknown)
        if not (np.isfinite(residual).all() and np.isfinite(slopes).all()):
            return None
        slopes = slopes * unit
        rows = np.abs(slopes).max(axis=1)
        rows[rows == 0] = 1.0
        step = np.linalg.lstsq(slopes / rows[:, None], residual / rows, rcond=None)[0]
        return unknown - unit * step, float(np.linalg.norm(step))

    found = iterate(move, unknown, _AFAR)
    return None if found is None else found.at


class Equations(Protocol):
    """S equations g(z, p) = 0 for a state of S numbers and a parameter."""

    def residual(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return g, shape (S,)."""

    def jacobian(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return the derivative in the state, shape (S, S)."""

    def slope(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return the derivative in the parameter, shape (S,)."""


class Point(NamedTuple):
    """A point of a curve.

    Attributes
    ----------
    place : ndarray, shape (S + 1,)
        The state and, last, the parameter.
    tangent : ndarray, shape (S + 1,)
        Of length 1 in the curve's units.
    noise : float
        How far rounding may have moved the point, in units.
    """

    place: np.ndarray
    tangent: np.ndarray
    noise: float


class Curve:
    """The solutions of equations in state and parameter, in units of their own.

    Parameters
    ----------
    equations : Equations
    unit : ndarray, shape (S + 1,)
        What counts as 1 in each coordinate.
    neutral : int
        The dimension of the solutions' manifold at a fixed parameter: along it nothing
        is moved.
    acceptance : Acceptance
    """

    def __init__(
        self,
        equations: Equations,
        unit: np.ndarray,
        neutral: int = 0,
        acceptance: Acceptance = Acceptance(),  # noqa: B008 - a tuple of numbers
    ) -> None:
        self.equations, self.unit, self.neutral = equations, unit, neutral
        self.acceptance = acceptance

    def linear(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the residual, shape (S,), and its derivative, (S, S + 1), in units.

        Raises
        ------
        GandynError
            If they are not finite.
        """
        state, parameter = place[:-1], float(place[-1])
        gap = self.equations.residual(state, parameter)
        inner = self.equations.jacobian(state, parameter)
        push = self.equations.slope(state, parameter)
        slopes = np.column_stack([inner, push])
        if not (np.isfinite(gap).all() and np.isfinite(slopes).all()):
            raise GandynError(f"the equations are not finite at {parameter:.6g}")
        scale = self.unit[:-1]
        return gap / scale, slopes * self.unit / scale[:, None]

    def solve(
        self, slopes: np.ndarray, normal: np.ndarray, right: np.ndarray
    ) -> np.ndarray:
        """Return the solution of the bordered system, the shortest beside a manifold.

        Raises
        ------
        LinAlgError
            If it is singular: at a point where curves cross.
        """
        whole = np.vstack([slopes, normal])
        if not self.neutral:
            return np.linalg.solve(whole, right)
        u, sizes, v = np.linalg.svd(whole)
        kept = len(sizes) - self.neutral
        if not sizes[kept - 1] > 0:
            raise np.linalg.LinAlgError("singular beside a manifold")
        return np.asarray(v[:kept].T @ (u[:, :kept].T @ right / sizes[:kept]))

    def tangent(self, place: np.ndarray, ahead: np.ndarray) -> np.ndarray | None:
        """Return the unit tangent towards a direction, None where curves cross."""
        try:
            slopes = self.linear(place)[1]
            along = self.solve(slopes, ahead, np.eye(len(place))[-1])
        except (GandynError, np.linalg.LinAlgError, ArithmeticError):
            return None
        size = np.linalg.norm(along)
        return along / size if np.isfinite(size) and size > 0 else None

    def correct(
        self, guess: np.ndarray, normal: np.ndarray, reach: float
    ) -> tuple[np.ndarray, float] | None:
        """Return the point of the curve in a plane through a guess, and its rounding.

        None if Newton's method does not contract, or leaves the ball of radius
        ``reach``. In the plane of a parameter, ``normal`` the last unit vector, that is
        kept exactly.
        """
        fixed = normal[-1] == 1

        def move(place: np.ndarray, _: int) -> tuple[np.ndarray, float] | None:
            try:
                gap, slopes = self.linear(place)
                off = normal @ ((place - guess) / self.unit)
                step = self.solve(slopes, normal, np.append(gap, off))
            except (GandynError, np.linalg.LinAlgError, ArithmeticError):
                return None
            if fixed:
                step[-1] = 0.0
            return place - self.unit * step, float(np.linalg.norm(step))

        def near(place: np.ndarray) -> bool:
            return bool(np.linalg.norm((place - guess) / self.unit) <= reach)

        found = iterate(move, guess, self.acceptance.newton, near)
        if found is None:
            return None
        return found.at, max(found.size, self._least(found.at))

    def _least(self, place: np.ndarray) -> float:
        """Return the rounding of a place itself, in units."""
        return float(np.finfo(float).eps * np.linalg.norm(place / self.unit))

    def step(self, last: Point, length: float, at: float | None = None) -> Point | None:
        """Return a point ahead, or None if it is doubtful that it is the next one.

        It is where the curve meets the plane through the predicted point normal to the
        tangent, or where the parameter has a value. It counts if Newton's method
        contracts at once and lands beside the prediction, if the tangent turns little,
        and if half-way the curve is where the cubic through both points and tangents
        has it.
        """
        accepted = self.acceptance
        normal, guess = last.tangent, last.place + self.unit * (length * last.tangent)
        if at is not None:
            normal, guess[-1] = np.eye(len(guess))[-1], at
        landed = self.correct(guess, normal, accepted.reach * length)
        if landed is None:
            return None
        tangent = self.tangent(landed[0], last.tangent)
        if tangent is None:
            return None
        found = Point(landed[0], tangent, landed[1])
        if not np.linalg.norm(tangent - last.tangent) <= accepted.turn:
            return None
        joined = not accepted.half_way or self.half_way(last, found) is not None
        return found if joined else None

    def half_way(self, a: Point, b: Point) -> np.ndarray | None:
        """Return the place half-way between two points, None if it is not beside both.

        It is where the curve meets the plane through the middle of the cubic normal to
        the chord, if that is where the cubic has it.
        """
        gap = (b.place - a.place) / self.unit
        size = float(np.linalg.norm(gap))
        if not size > 0:
            return None
        guess = self.between(a, b, 0.5)
        landed = self.correct(guess, gap / size, size)
        if landed is None:
            return None
        beside = np.linalg.norm((landed[0] - guess) / self.unit)
        near = beside <= self.allowed(a, b) + NOISES * landed[1]
        return landed[0] if near else None

    def allowed(self, a: Point, b: Point) -> float:
        """Return how far off the cubic between two points the curve may be."""
        size = float(np.linalg.norm((b.place - a.place) / self.unit))
        bow = size * float(np.linalg.norm(b.tangent - a.tangent)) / 8
        return _BENT * bow + _STRAIGHT * size + NOISES * (a.noise + b.noise)

    def between(self, a: Point, b: Point, share: float) -> np.ndarray:
        """Return the place on the cubic through two points with their tangents."""
        gap = b.place - a.place
        size = np.linalg.norm(gap / self.unit)
        t, s = share, 1 - share
        bend = t * s * size * self.unit * (s * a.tangent - t * b.tangent)
        return np.asarray(a.place + t * t * (3 - 2 * t) * gap + bend)
