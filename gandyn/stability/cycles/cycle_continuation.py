"""Pseudo-arclength continuation of periodic orbits, through their folds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.cycles.shooting import (
    RANK,
    SETTLED,
    Shot,
    close,
    one_thread,
    shoot,
    system,
)
from gandyn.stability.maps.derivatives import parameter_derivatives
from gandyn.stability.maps.maps import STILL, Map

STRIDE = 0.02
"""The largest step, in units of the interval and of the states' scale."""
FIRST = 2e-3
"""The first step."""
SHORTEST = 1e-8
"""A step below this is the end of a branch."""
STRAIGHT = 0.98
"""The least cosine between neighbouring tangents."""
NEWTON = 12
"""Newton's steps back to the branch; three or four do."""
POINTS = 3000
"""Orbits at most."""
UNBOUNDED = 1e4
"""Times its scale at the start, a state is on the way to infinity."""


class Found(NamedTuple):
    """An orbit on the branch, with the direction in which it goes on."""

    shot: Shot
    singular: np.ndarray
    value: float
    tangent: np.ndarray


class Curve:
    """The orbits of one period in scaled coordinates (z_0, …, z_{p-1}, parameter).

    Parameters
    ----------
    step : Map
    states : ndarray, shape (p, S)
        A first orbit, which sets the scale of states.
    width : float
        The scale of the parameter.
    """

    def __init__(self, step: Map, states: np.ndarray, width: float) -> None:
        self.step, self.shape = step, states.shape
        size = (1 + np.abs(states).max()) * np.sqrt(len(states))
        self.scale = np.append(np.full(states.size, size), width)

    def join(self, states: np.ndarray, value: float) -> np.ndarray:
        """Return the scaled coordinates."""
        return np.asarray(np.append(states.ravel(), value) / self.scale)

    def split(self, place: np.ndarray) -> tuple[np.ndarray, float]:
        """Return states and parameter."""
        place = place * self.scale
        return place[:-1].reshape(self.shape), float(place[-1])

    def slopes(self, shot: Shot, value: float) -> np.ndarray:
        """Return the derivative of all gaps, shape (p S, p S + 1)."""
        aside = parameter_derivatives(self.step, shot.states.T, value).T
        return np.column_stack([system(shot.matrices), np.ravel(aside)]) * self.scale

    def correct(self, guess: np.ndarray, tangent: np.ndarray) -> Found | None:
        """Return the orbit in the plane through a guess and normal to a tangent.

        None where Newton's method does not find it.
        """
        place = guess
        for count in range(NEWTON):
            shot = shoot(self.step, *self.split(place))
            value = self.split(place)[1]
            slopes = self.slopes(shot, value)
            right = np.append(shot.gaps.ravel(), tangent @ (place - guess))
            both = np.vstack([slopes, tangent])
            with one_thread():
                move, _, rank, singular = np.linalg.lstsq(both, right, rcond=RANK)
            small = np.linalg.norm(move) <= STILL * (1 + np.linalg.norm(place))
            if small or (count > NEWTON / 2 and self._settled(shot)):
                ahead = np.linalg.lstsq(both, np.eye(len(both))[-1], rcond=RANK)[0]
                ahead = ahead / np.linalg.norm(ahead)
                return Found(shot, singular[:rank], value, ahead)
            place = place - move
        return None

    def _settled(self, shot: Shot) -> bool:
        return bool(shot.residual <= SETTLED * (1 + np.abs(shot.states).max()))

    def direction(self, shot: Shot, value: float, way: float) -> np.ndarray:
        """Return the tangent at an orbit, towards larger parameters for way > 0."""
        slopes = self.slopes(shot, value)
        with one_thread():
            _, singular, right = np.linalg.svd(slopes)
        null = right[int(np.sum(singular > RANK * singular[0])) :]
        along = null.T @ null[:, -1]  # of a manifold of orbits, the way off it
        tangent = along if np.linalg.norm(along) > RANK else null[-1]
        sign = np.sign(way * tangent[-1]) or 1.0
        return np.asarray(sign * tangent / np.linalg.norm(tangent))


class Trail(NamedTuple):
    """A branch of orbits in the order found, and why it ends."""

    points: list[Found]
    end: str
    reason: str


def trace(
    curve: Curve, start: Found, low: float, high: float, until_fold: bool = False
) -> Trail:
    """Return the branch from an orbit in the direction of its tangent.

    It ends where the parameter leaves [low, high], where the orbit merges with one of
    half its period, closes on its start, or gets lost; with ``until_fold`` behind the
    first fold.
    """
    points, length, reason = [start], FIRST, ""
    while len(points) < POINTS:
        last = points[-1]
        try:
            found = _next(curve, last, length)
        except (GandynError, ZeroDivisionError, OverflowError) as error:
            found, reason = None, str(error)
        if found is None:
            length /= 2
            if length < SHORTEST:
                return Trail(points, "lost", reason or "Newton's method fails")
            continue
        length, reason = min(STRIDE, 1.5 * length), ""
        end = _end(curve, points, found, low, high)
        if end == "interval":
            points.extend(_at_edge(curve, last, found, low, high))
        elif end not in ("merges", "unbounded"):
            points.append(found)
        if until_fold and found.tangent[-1] * start.tangent[-1] < 0:
            end = end or "fold"
        if end:
            return Trail(points, end, "")
    return Trail(points, "points", f"{POINTS} orbits do not reach the end")


def _next(curve: Curve, last: Found, length: float) -> Found | None:
    here = curve.join(last.shot.states, last.value)
    found = curve.correct(here + length * last.tangent, last.tangent)
    if found is None or found.tangent @ last.tangent < STRAIGHT:
        return None
    moved = np.linalg.norm(curve.join(found.shot.states, found.value) - here)
    return found if moved < 2 * length else None


def _end(
    curve: Curve, points: list[Found], found: Found, low: float, high: float
) -> str:
    """Return why a branch ends with a point, or nothing."""
    last = points[-1]
    if not low < found.value < high:
        return "interval"
    if _halves(last.shot.states, found.shot.states):
        return "merges"
    if np.abs(found.shot.states).max() > UNBOUNDED * curve.scale[0]:
        return "unbounded"
    return "closes" if len(points) > 9 and _returns(curve, points, found) else ""


def _halves(before: np.ndarray, after: np.ndarray) -> bool:
    """Tell whether z_{k + p/2} - z_k turned its sign on the way."""
    half, odd = divmod(len(before), 2)
    if odd:
        return False
    first, second = (np.roll(z, -half, axis=0) - z for z in (before, after))
    return bool(np.sum(first * second) < 0)


def _returns(curve: Curve, points: list[Found], found: Found) -> bool:
    """Tell whether the branch is back at its first orbit, entered from any state."""
    last, start = points[-1], points[0]
    here = curve.join(last.shot.states, last.value)
    reach = np.linalg.norm(curve.join(found.shot.states, found.value) - here)
    way = start.tangent[:-1].reshape(curve.shape)
    for shift in range(len(found.shot.states)):
        rolled = curve.join(np.roll(start.shot.states, shift, axis=0), start.value)
        ahead = np.append(np.roll(way, shift, axis=0), start.tangent[-1])
        aligned = ahead @ found.tangent > STRAIGHT
        if aligned and np.linalg.norm(rolled - here) < reach:
            return True
    return False


def _at_edge(
    curve: Curve, last: Found, found: Found, low: float, high: float
) -> list[Found]:
    """Return the orbit at the end of the interval between two, if it is there."""
    edge = low if found.value <= low else high
    share = (edge - last.value) / (found.value - last.value)
    between = last.shot.states + share * (found.shot.states - last.shot.states)
    try:
        shot, singular = close(curve.step, between, edge)
    except GandynError:
        return []
    reach: Any = np.linalg.norm(found.shot.states - last.shot.states)
    if np.linalg.norm(shot.states - between) > reach + SETTLED:
        return []
    return [Found(shot, singular, edge, found.tangent)]
