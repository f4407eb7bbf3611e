"""Steps along a branch of fixed points, each to a point that is surely its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.continuation.engine import REACH, Curve, Point
from gandyn.stability.crossings.branch_points import (
    BranchPoint,
    crossing_directions,
    nearest_branch_point,
)
from gandyn.stability.crossings.folds import find_fold
from gandyn.stability.crossings.spectral_sets import Sample, crosses_one, near_one
from gandyn.stability.maps.maps import STILL, Map
from gandyn.stability.maps.units import shortest

_LONGEST = 0.5
"""The longest step, in units of the interval and of the state's way along it."""
_SHORTEST = 1e-9
"""A step below this is the end of a branch, if it is not at a corner."""
_CLOSEST = 1e-6
"""A multiplier that goes through 1 where two steps this short join smoothly does so on
one branch: another could pass by at 1e-12, the square, and is as good as met."""
_TOGETHER = 1e-3
"""Multipliers this near to 1 beside such a crossing go through it together: only then
is it no regular zero of its equations."""
_GROWTH = 2.0
"""How much longer the next step may be."""
_RESTS = 1e-9
"""A part of the tangent below which the state rests, and is fixed at the next value of
the parameter too, if one step does not move it."""
_JUMP = 1e-3
"""Derivatives that differ by this over a step at the corner's scale jump there."""


class End(NamedTuple):
    """Why a branch does not go on.

    Attributes
    ----------
    kind : str
        ``"fold"`` where it turns back; ``"crossing"`` where it does so at another
        branch, as a pitchfork's pair does; ``"corner"`` where it does as the map has a
        corner; ``"lost"`` where the next point is in doubt.
    value : float
    state : ndarray, shape (S,)
    reason : str
    tangent : ndarray, shape (S + 1,), optional
        Of the branch at its end, where that is located.
    """

    kind: str
    value: float
    state: np.ndarray
    reason: str = ""
    tangent: np.ndarray | None = None


class Walk:
    """The steps of one branch.

    Parameters
    ----------
    step : Map
        The map whose fixed points are followed.
    curve : Curve
    values : callable
        Returns the multipliers at a place.
    aside : int
        How many multipliers are at 1 all along.
    """

    def __init__(
        self, step: Map, curve: Curve, values: Callable[[np.ndarray], np.ndarray],
        aside: int,
    ) -> None:  # fmt: skip
        self.step, self.curve, self.values, self.aside = step, curve, values, aside
        self.crossed: list[BranchPoint] = []
        self.corners: list[tuple[float, float]] = []
        self.length = _LONGEST

    def on(self, last: Point, target: float) -> list[Point] | End:
        """Return the next points towards a parameter, or why there are none.

        Where another branch is crossed the crossing is one of two.
        """
        if self._rests(last, target):
            return [Point(np.append(last.place[:-1], target), last.tangent, last.noise)]
        ahead = (target - last.place[-1]) / (self.curve.unit[-1] * last.tangent[-1])
        length = longest = min(self.length, ahead)
        why = ""
        while length > _SHORTEST:
            found = self._attempt(last, target, length, length == ahead)
            if isinstance(found, str):
                why, length = found, length / 2
                continue
            reached = self.length if length == longest else 0.0
            self.length = min(_LONGEST, max(reached, _GROWTH * length))
            return found
        return self._over_corner(last, target) or End(
            "lost", float(last.place[-1]), last.place[:-1], why
        )

    def _rests(self, last: Point, target: float) -> bool:
        """Tell whether the state does not move, up to a parameter."""
        if not np.linalg.norm(last.tangent[:-1]) <= _RESTS:
            return False
        state = last.place[:-1]
        gap = self.step.value(state, target) - state
        if not gap.any():
            return True
        if not np.isfinite(gap).all():
            return False
        inner = self.step.jacobian(state, target) - np.eye(len(state))
        move = shortest(inner, gap)
        return bool(np.linalg.norm(move) <= STILL * (1 + np.linalg.norm(state)))

    def _attempt(
        self, last: Point, target: float, length: float, whole: bool
    ) -> list[Point] | End | str:
        """Return the points a step finds, or the end, or why it is too long."""
        found = self.curve.step(last, length, target if whole else None)
        if found is None:
            return "Newton's method finds no fixed point beyond that continues it"
        way = np.sign(last.tangent[-1])
        values = self.values(last.place), self.values(found.place)
        if (found.place[-1] - target) * way > 0 or near_one(values[1]) > self.aside:
            return "the fixed point beyond is critical"
        through = crosses_one(*values, self.aside)
        if found.tangent[-1] * way <= 0:
            return self._turning(last, found, through)
        if not through:
            return [found]
        near = self._crossing(last, found)
        if near is not None and near.crosses:
            self.crossed.append(near)
            return [self._at(near, last, found), found]
        together = int(np.sum(np.abs(values[1] - 1) < _TOGETHER)) - self.aside
        if near is None and length < _CLOSEST and together > 1:
            return [found]
        return "another branch passes too near to tell them apart"

    def _crossing(self, a: Point, b: Point) -> BranchPoint | None:
        """Return the point between two others where branches cross, or nearly."""
        apart = [np.min(np.abs(self.values(p.place) - 1)) for p in (a, b)]
        return self._branch_point(a, b, float(apart[0] / (apart[0] + apart[1])))

    def _branch_point(self, a: Point, b: Point, share: float) -> BranchPoint | None:
        guess = self.curve.between(a, b, share)
        try:
            near = nearest_branch_point(self.step, self._sample(guess), self.curve.unit)
        except (GandynError, ArithmeticError, np.linalg.LinAlgError):
            return None
        if near is None or not self._beside(guess, near.value, near.state, a, b):
            return None
        return near

    def _at(self, near: BranchPoint, a: Point, b: Point) -> Point:
        """Return a crossing as a point of the branch that goes from a to b."""
        place = np.append(near.state, near.value)
        ahead = (b.place - a.place) / self.curve.unit
        ahead = ahead / np.linalg.norm(ahead)
        ways = crossing_directions(self.step, near, self.curve.unit)
        ways = [one / np.linalg.norm(one) for one in ways]
        best = max(ways, key=lambda one: abs(one @ ahead), default=ahead)
        return Point(place, best * (np.sign(best @ ahead) or 1.0), 0.0)

    def _turning(self, a: Point, b: Point, fold: bool) -> End | str:
        """Return where the parameter turns back between two points, if located."""
        slow = abs(a.tangent[-1]), abs(b.tangent[-1])
        share = float(slow[0] / (slow[0] + slow[1])) if sum(slow) else 0.5
        if not fold:
            near = self._branch_point(a, b, share)
            if near is not None and near.crosses:
                self.crossed.append(near)
                tangent = self._at(near, a, b).tangent
                return End("crossing", near.value, near.state, tangent=tangent)
            return "another branch passes too near to tell them apart"
        guess = self.curve.between(a, b, share)
        try:
            turn = find_fold(self.step, self._sample(guess), self.curve.unit)
        except (GandynError, ArithmeticError, np.linalg.LinAlgError):
            turn = None
        if turn is None or not self._beside(guess, *turn, a, b):
            return "it turns back where no fold is found"
        ahead = self.curve.tangent(np.append(turn[1], turn[0]), a.tangent)
        return End("fold", *turn, tangent=ahead)

    def _beside(
        self, guess: np.ndarray, value: float, state: np.ndarray, a: Point, b: Point
    ) -> bool:
        """Tell whether a point is where the branch between two others has it."""
        unit = self.curve.unit
        size = np.linalg.norm((b.place - a.place) / unit)
        off = np.linalg.norm((np.append(state, value) - guess) / unit)
        return bool(off <= (0.5 + REACH) * size)

    def _sample(self, place: np.ndarray) -> Sample:
        matrix = self.step.jacobian(place[:-1], float(place[-1]))
        return Sample(float(place[-1]), place[:-1], matrix, np.linalg.eigvals(matrix))

    def _over_corner(self, last: Point, target: float) -> list[Point] | End | None:
        """Return the first point beyond a corner of the map, or the end at it."""
        unit, way = self.curve.unit, np.sign(last.tangent[-1])
        guess = last.place + unit * (4 * _SHORTEST / abs(last.tangent[-1])) * (
            last.tangent
        )
        value = float(guess[-1])
        if (value - target) * way > 0:
            return None
        try:
            jacobians = [
                self.step.jacobian(p[:-1], float(p[-1])) for p in (last.place, guess)
            ]
        except GandynError:
            return None
        size = 1 + np.abs(jacobians[0]).max()
        if not np.abs(jacobians[1] - jacobians[0]).max() > _JUMP * size:
            return None
        axis = np.eye(len(guess))[-1]
        landed = self.curve.correct(guess, axis, 1.0)
        ahead = None if landed is None else self.curve.tangent(landed[0], way * axis)
        if landed is None or ahead is None:
            return End("corner", float(last.place[-1]), last.place[:-1])
        self.corners.append((float(last.place[-1]), value))
        return [Point(landed[0], ahead, landed[1])]
