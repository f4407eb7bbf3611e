"""A branch of fixed points, followed in a parameter with its multipliers."""

from __future__ import annotations

import bisect
import contextlib
from typing import Any

import numpy as np
import scipy

from gandyn.errors import GandynError
from gandyn.stability.continuation.engine import NOISES, Curve, Point
from gandyn.stability.crossings.branch_equations import FixedPointEquations
from gandyn.stability.crossings.branch_points import BranchPoint
from gandyn.stability.crossings.branch_steps import End, Walk
from gandyn.stability.crossings.neutral_directions import (
    nullity,
    rate_along,
    telling_units,
)
from gandyn.stability.crossings.spectral_sets import (
    Sample,
    crosses_one,
    matched,
    near_one,
    set_neutral_aside,
)
from gandyn.stability.maps.maps import Map, MeasuredMap, RuleMap

__all__ = [
    "Branch",
    "Lost",
    "Sample",
    "check_fixed",
    "follow",
    "matched",
    "set_neutral_aside",
    "shown",
    "start_at",
]

_GIVEN = 1e-6
"""A relative residual up to which a given point is a fixed point, to be polished."""
_NEUTRAL = 1e-9
"""A multiplier this near to 1 along the whole branch is neutral."""
_FAR = 10.0
"""No farther than this many times its size a state moves: at a start that is a fold it
is pushed, and the rate is infinite."""
_SMALLEST = 1e-6
"""The part of a state that counts as 1 where it hardly moves."""
_INTERVALS = 64.0
"""The first step is taken for this part of the interval, to estimate how far the state
moves on the whole."""
_AHEAD = 1e-4
"""The part of the first step by which a start is left to see what is neutral beside it,
and not critical just there."""
_BESIDE = 1e-3
"""From a singular point a branch is known by the tangents up to this part of the way to
the next one, where Newton's method at a fixed parameter goes to another branch."""
_ROUNDED = 64 * np.finfo(float).eps
"""A step that moves a state relatively less does so by rounding: beside a singular
point Newton's method magnifies it, and the prediction is as good a fixed point."""
_SHORT = 1e-4
"""Points nearer to each other, in units, are not halved to know the branch better."""
_TOWARDS = 4.0
"""Samples towards an end come nearer by this factor, a multiplier's move halves."""
_SAMPLES = 12
"""Of them there are so many."""


class Lost(GandynError):
    """The branch does not go on to a value of the parameter, or not to be followed."""


class Branch:
    """A fixed point as a function of the parameter, from one that is known.

    It is continued as a curve in state and parameter, through points where others cross
    it, to where it turns back in the parameter.

    Parameters
    ----------
    step : Map
    state : ndarray, shape (S,)
        A fixed point, or near one.
    parameter : float
    width : float, optional
        The length of the interval to be looked at.
    fixed : Map, optional
        The map whose fixed points are followed, if not ``step``, which then has the
        multipliers.

    Raises
    ------
    GandynError
        If there is no fixed point near the state.
    """

    def __init__(
        self, step: Map, state: Any, parameter: float, width: float | None = None,
        fixed: Map | None = None,
    ) -> None:  # fmt: skip
        self.step, self.fixed = step, step if fixed is None else fixed
        parameter = float(parameter)
        state = self.fixed.fixed_point(state, parameter)
        self._width = 1 + abs(parameter) if width is None else width
        self._samples: dict[float, Sample] = {}
        self._seen: dict[bytes, Sample] = {}
        self._places: list[float] = []
        self._points: dict[float, Point] = {}
        inner = self.fixed.jacobian(state, parameter)
        self._units = telling_units(inner)
        self._walked = MeasuredMap(self.fixed, self._units)
        self._singular: set[float] = set()
        self._walk: Walk | None = None
        self._ends: dict[int, End | None] = {1: None, -1: None}
        self.keep(state, parameter)

    def keep(self, state: np.ndarray, parameter: float) -> Sample:
        """Take a fixed point as one of the branch's, and return it."""
        if parameter not in self._places:
            bisect.insort(self._places, parameter)
        sample = self._sample(self._place(state, parameter))
        self._samples[parameter] = sample
        return sample

    def _place(self, state: np.ndarray, parameter: float) -> np.ndarray:
        """Return a state, in the units of the walk, and a parameter."""
        return np.append(state / self._units, parameter)

    def _sample(self, place: np.ndarray) -> Sample:
        """Return the sample at a place that is or may come to be of the branch."""
        key = place.tobytes()
        if key not in self._seen:
            state, parameter = place[:-1] * self._units, float(place[-1])
            matrix = self.step.jacobian(state, parameter)
            values = np.linalg.eigvals(matrix)
            self._seen[key] = Sample(parameter, state, matrix, values)
        return self._seen[key]

    @property
    def end(self) -> End | None:
        """Why the branch does not go on to larger parameters, if that was seen."""
        return self._ends[1]

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Intervals of the parameter in which the map has a corner on the branch."""
        return [] if self._walk is None else self._walk.corners

    def at(self, parameter: float) -> Sample:
        """Return the branch at a parameter.

        Raises
        ------
        Lost
            If the branch does not reach it, or a fixed point there may be another's.
        """
        parameter = float(parameter)
        if parameter not in self._samples:
            if not self._places[0] < parameter < self._places[-1]:
                self._reach(parameter)
            if parameter not in self._samples:
                self._samples[parameter] = self._sample(self._inside(parameter))
        return self._samples[parameter]

    def known(self, low: float, high: float) -> list[Sample]:
        """Return what is known of the branch on an interval, but singular points."""
        return [
            self._samples[parameter]
            for parameter in sorted(self._samples)
            if low <= parameter <= high and parameter not in self._singular
        ]

    @property
    def crossed(self) -> list[BranchPoint]:
        """Where other branches were seen to cross this one."""
        known = [] if self._walk is None else self._walk.crossed
        return [near.measured_in(self._units) for near in known]

    def rate(self, parameter: float) -> np.ndarray | None:
        """Return d state / d parameter where another branch crosses, None elsewhere.

        It is this branch's own, which the map's first derivatives there do not tell.
        """
        if parameter not in self._singular:
            return None
        tangent = self._point(parameter).tangent * self._curve.unit
        return self._units * tangent[:-1] / tangent[-1] if tangent[-1] else None

    def neutral(self) -> int:
        """Return how many multipliers are at 1 wherever the branch was visited."""
        return min(
            int(np.sum(np.abs(sample.values - 1) < _NEUTRAL))
            for sample in self._samples.values()
        )

    def _reach(self, parameter: float) -> None:
        """Continue the branch up to a parameter."""
        way = 1 if parameter > self._places[-1] else -1
        walk = self._started(parameter)
        while True:
            edge = self._places[-1 if way > 0 else 0]
            if (parameter - edge) * way <= 0:
                return
            end = self._ends[way]
            if end is not None:
                raise Lost(end.reason or f"the branch turns back at {end.value:.6g}")
            last = self._point(edge)
            found = walk.on(last._replace(tangent=way * last.tangent), parameter)
            if isinstance(found, End):
                place = np.append(found.state, found.value)
                state = found.state * self._units
                self._ends[way] = end = found._replace(state=state)
                if end.tangent is None:
                    continue
                found = [Point(place, end.tangent, 0.0)]
                self._singular.add(end.value)
            for point in found:
                self._take(point._replace(tangent=way * point.tangent))

    def _take(self, point: Point) -> None:
        """Add a point that the walk has found; its crossings are singular."""
        curve, parameter = self._curve, float(point.place[-1])
        self.keep(point.place[:-1] * self._units, parameter)
        self._points[parameter] = point
        crossed = [] if self._walk is None else self._walk.crossed
        self._singular |= {near.value for near in crossed if near.value == parameter}
        moved = self._moved()
        if moved > 2 * curve.unit[0]:
            before = curve.unit
            curve.unit = np.append(np.full(len(before) - 1, moved), before[-1])
            for key, one in self._points.items():
                tangent = one.tangent * before / curve.unit
                tangent = tangent / np.linalg.norm(tangent)
                noise = one.noise * before[0] / moved
                self._points[key] = Point(one.place, tangent, noise)

    def _moved(self) -> float:
        """Return how far the state has moved between both ends."""
        ends = (self._samples[self._places[i]].state for i in (0, -1))
        return float(np.linalg.norm(np.subtract(*ends) / self._units))

    def _started(self, target: float) -> Walk:
        """Return the walk along the branch, in units by its first steps."""
        if self._walk is None:
            start = self._samples[self._places[0]]
            place = self._place(start.state, start.parameter)[:-1]
            inner = self._walked.jacobian(place, start.parameter)
            equations = FixedPointEquations(self._walked, start.parameter, target)
            push = equations.slope(place, start.parameter)
            ahead = target - start.parameter
            scale = float(1 + np.linalg.norm(place))
            rate = rate_along(inner, push, _FAR * scale / abs(ahead))
            speed = np.linalg.norm(rate) * _INTERVALS * abs(ahead)
            size = max(_SMALLEST * scale, min(speed, scale / _SMALLEST), self._moved())
            units = np.append(np.full(len(push), size), self._width)
            nearby = np.append(place + _AHEAD * ahead * rate, start.parameter)
            nearby[-1] += _AHEAD * ahead
            beside = self._sample(nearby)
            matrices = inner, self._walked.jacobian(nearby[:-1], nearby[-1])
            neutral = min(nullity(matrix) for matrix in matrices)
            aside = min(near_one(start.values), near_one(beside.values))
            self._curve = Curve(equations, units, neutral)
            self._walk = Walk(
                self._walked, self._curve, lambda place: self._sample(place).values,
                aside,
            )  # fmt: skip
        return self._walk

    def _point(self, parameter: float) -> Point:
        """Return a point of the branch, with the tangent towards larger parameters."""
        if parameter not in self._points:
            place = self._place(self._samples[parameter].state, parameter)
            axis = np.eye(len(place))[-1]
            tangent = self._curve.tangent(place, axis)
            self._points[parameter] = Point(
                place, axis if tangent is None else tangent, 0.0
            )
        return self._points[parameter]

    def _inside(self, parameter: float) -> np.ndarray:
        """Return the place of the branch at a parameter between two known ones."""
        i = bisect.bisect(self._places, parameter)
        self._started(self._places[-1])
        a, b = (self._point(self._places[j]) for j in (i - 1, i))
        if np.array_equal(a.place[:-1], b.place[:-1]) and a.tangent[-1] == 1:
            return np.append(a.place[:-1], parameter)
        curve = self._curve
        share = scipy.optimize.brentq(
            lambda t: curve.between(a, b, t)[-1] - parameter, 0.0, 1.0, xtol=1e-15
        )
        guess = curve.between(a, b, share)
        guess[-1] = parameter
        for point, off in ((a, share), (b, 1 - share)):
            if point.place[-1] in self._singular and off < _BESIDE:
                return guess
        size = float(np.linalg.norm((b.place - a.place) / curve.unit))
        landed = curve.correct(guess, np.eye(len(guess))[-1], size)
        if landed is not None:
            off = float(np.linalg.norm((landed[0] - guess) / curve.unit))
            near = off <= curve.allowed(a, b) + NOISES * landed[1]
            if near and not self._goes_through_one(landed[0], a, b):
                return landed[0]
        moved = self._walked.residual(guess[:-1], parameter)
        if moved <= _ROUNDED * np.linalg.norm(guess[:-1]):
            return guess
        if not self._halve(a, b):
            raise Lost(
                f"what Newton's method finds at {parameter:.6g} may be another's"
            )
        return self._inside(parameter)

    def _halve(self, a: Point, b: Point) -> bool:
        """Add the point half-way between two; tell whether it is one between them.

        A step is as long as the curve lets it be across its tangent. Where the branch
        is steep, how far off it is at a fixed parameter is many times as much.
        """
        low, high = a.place[-1], b.place[-1]
        short = np.linalg.norm((b.place - a.place) / self._curve.unit) < _SHORT
        middle = None if short else self._curve.half_way(a, b)
        if middle is None or not low < middle[-1] < high:
            return False
        self.keep(middle[:-1] * self._units, float(middle[-1]))
        return True

    def _goes_through_one(self, place: np.ndarray, a: Point, b: Point) -> bool:
        """Tell whether a multiplier does at a place, but not between its neighbours."""
        aside = self._started(self._places[-1]).aside
        values = self._sample(place).values
        beside = [
            self._sample(point.place).values
            for point in (a, b)
            if point.place[-1] not in self._singular
        ]
        through = len(beside) == 2 and crosses_one(beside[0], beside[1], aside)
        if through or near_one(values) > aside:
            return False
        return any(crosses_one(one, values, aside) for one in beside)


def follow(branch: Branch, places: np.ndarray) -> tuple[list[Sample], float | None]:
    """Return the branch along rising places, and where it was lost, if it was.

    Samples are at the places, where the branch had to be looked at more closely, and
    ever nearer to a point where it turns back.
    """
    reached, lost = float(places[0]), None
    for place in places:
        try:
            reached = branch.at(place).parameter
        except Lost:
            lost = float(place)
            break
    end = branch.end
    if lost is not None and end is not None:
        last = branch.known(reached, end.value)[-1].parameter
        for k in range(1, _SAMPLES):
            with contextlib.suppress(Lost):
                branch.at(end.value - (end.value - last) / _TOWARDS**k)
        reached = end.value
    return branch.known(float(places[0]), reached), lost


def start_at(
    step: RuleMap, point: tuple[Any, Any] | None, parameter: Any
) -> np.ndarray:
    """Return the state at a point, the game's first equilibrium by default.

    Raises
    ------
    GandynError
        If the point given is no fixed point; with the residual.
    """
    state = step.state(point, parameter)
    if point is not None:
        check_fixed(step, state, parameter)
    return state


def shown(parameter: Any) -> str:
    """Return the value or values of a parameter as text."""
    values = parameter if isinstance(parameter, tuple) else (parameter,)
    return ", ".join(f"{value:.6g}" for value in values)


def check_fixed(step: Map, state: np.ndarray, parameter: Any) -> None:
    """Raise GandynError if a step moves a state."""
    left = step.residual(state, parameter)
    if not left <= _GIVEN * (1 + np.linalg.norm(state)):
        raise GandynError(
            f"the point is no fixed point at {step.name} = {shown(parameter)}: "
            f"one step moves it by {left:.3g}"
        )
