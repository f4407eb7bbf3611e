"""Steps along a branch of anything: how long they are, and where they end."""

from __future__ import annotations

import math
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from gandyn.errors import GandynError

_P = TypeVar("_P")


class Stride(NamedTuple):
    """How long the steps along a branch are, in units of who takes them.

    Attributes
    ----------
    first, longest, shortest : float
        A step that would be shorter than the last of these is the end of the branch.
    points : int
        Points at most.
    growth : float
        How much longer the next step is after one that succeeded.
    shrink : float
        How much shorter after one that failed.
    """

    first: float
    longest: float
    shortest: float
    points: int
    growth: float = 1.5
    shrink: float = 2.0


class Trail(NamedTuple, Generic[_P]):
    """Points in the order of the branch, why it ends, and the first complaint."""

    points: list[_P]
    end: str
    reason: str


class ContinuationProblem(Generic[_P]):
    """What is continued: an object's equations, its domain, which steps count."""

    def ahead(self, last: _P, length: float) -> _P | None:
        """Return the point that a step leads to, None if it does not count."""
        raise NotImplementedError

    def ending(
        self, points: list[_P], found: _P, length: float
    ) -> tuple[str, list[_P]]:
        """Return why the branch ends with a point, or "", and the points to add."""
        raise NotImplementedError

    def grows(self, last: _P, found: _P) -> bool:
        """Tell whether the step after one that succeeded may be longer."""
        return True

    def leap(self, points: list[_P]) -> tuple[int, _P, float] | None:
        """Return a point beyond where no short step counts.

        With it how many of the last points are to be left out, and the step's length.
        """
        return None


def trace_branch(
    problem: ContinuationProblem[_P], start: _P, stride: Stride
) -> Trail[_P]:
    """Return a branch from a point on, one way, to its end.

    A step that does not count is tried again shorter, one that does lets the next one
    be longer. Ends that no problem has for itself are ``"lost"``, where even the
    shortest step does not count, and ``"limit"``, where there are too many points.
    """
    points, length, why = [start], stride.first, ""
    while len(points) < stride.points:
        last = points[-1]
        try:
            found = problem.ahead(last, length)
        except (GandynError, ArithmeticError) as error:
            found, why = None, why or str(error)
        if found is None:
            length /= stride.shrink
            if length >= stride.shortest:
                continue
            leapt = problem.leap(points)
            if leapt is None:
                return Trail(points, "lost", why or "the branch bends too sharply")
            back, found, length = leapt
            del points[len(points) - back :]
        longer = stride.growth if problem.grows(last, found) else 1.0
        length, why = min(stride.longest, longer * length), ""
        end, more = problem.ending(points, found, length)
        points += more
        if end:
            return Trail(points, end, "")
    return Trail(points, "limit", f"{stride.points} points do not reach the end")


def check_start(name: str, value: float, low: float, high: float) -> None:
    """Raise GandynError if an interval is empty, or a start not in it."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise GandynError(
            f"{name}: there is nothing to follow from {low} to {high}: give finite "
            "ends of which the first is smaller"
        )
    if not low <= value <= high:
        raise GandynError(
            f"{name} = {value:.6g} of the start does not lie in the interval from "
            f"{low} to {high}: widen it"
        )


def edge_crossing(
    inside: np.ndarray, outside: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[int, np.ndarray]:
    """Return by which coordinate the chord of two places leaves a box first, and where.

    Parameters
    ----------
    inside, outside : ndarray, shape (N,)
        A place in the box, and one beyond it.
    low, high : ndarray, shape (N,)
        The box.
    """
    gap = outside - inside
    edges = np.where(outside > high, high, low)
    beyond = (outside < low) | (outside > high)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(beyond, (edges - inside) / gap, np.inf)
    axis = int(np.argmin(shares))
    place = inside + shares[axis] * gap
    place[axis] = edges[axis]
    return axis, place
