"""The rotation number against a field, with plateaus that are verified."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.dynamics.birkhoff import birkhoff_average
from gandyn.errors import GandynError
from gandyn.stability.cycles.attracting import REST, attracting_orbit
from gandyn.stability.cycles.locking import centre_guess
from gandyn.stability.cycles.periodic import check_fits
from gandyn.stability.cycles.turning import Turning, turns
from gandyn.stability.maps.iterates import whole
from gandyn.stability.maps.maps import Map

_LONGEST = 1024
"""Steps in which a quasi-periodic orbit does not return nearer than this:"""
_RETURN = 1e-5
"""in units of its size. A curve returns to about the inverse of the steps."""
_CONVERGED = 1e-5
"""Averages of two halves that agree to this are of a regular motion."""


class RotationStaircase(Record):
    """Rotation numbers of attractors along a field.

    Attributes
    ----------
    field : str
    values : ndarray, shape (n,)
    rotation : ndarray, shape (n,)
        Turns per step about the fixed point; p/q where locked, NaN where there is no
        rotation.
    error : ndarray, shape (n,)
        The difference of the averages over two halves of the orbit; 0 where locked.
    status : ndarray of str, shape (n,)
        ``"locked"``: verified as in `mode_locking`; ``"periodic"``: verified alike, but
        p and q have a common factor, as after a period doubling; ``"quasi_periodic"``:
        averages of the turn, the state and its square have converged, and nothing
        returns as a periodic orbit would; ``"undecided"``; ``"rest"``; ``"escapes"``.
    winding, period : ndarray of int, shape (n,)
        p and q of what is locked or periodic, 0 elsewhere.
    """

    field: str
    values: np.ndarray
    rotation: np.ndarray
    error: np.ndarray
    status: np.ndarray
    winding: np.ndarray
    period: np.ndarray

    @property
    def plateaus(self) -> list[tuple[int, int, float, float]]:
        """The runs of neighbouring values locked alike: (p, q, first, last)."""
        found = []
        locked = self.status == "locked"
        rows = zip(self.winding, self.period * locked, self.values, strict=True)
        for (p, q), run in itertools.groupby(rows, key=lambda row: (row[0], row[1])):
            if q:
                at = [float(row[2]) for row in run]
                found.append((int(p), int(q), at[0], at[-1]))
        return found


@checked
def rotation_staircase(
    map: Map,
    values: Any,
    start: Any,
    centre: Any = None,
    longest: int = 32,
    steps: int = 4096,
    transient: int = 5_000,
) -> RotationStaircase:
    """Return the rotation number at each value of the field.

    All values are iterated together from one start. The mean turn per step about the
    fixed point is a weighted Birkhoff average; where returns are near, a mode locking
    is looked for and verified.

    Parameters
    ----------
    map : Map
        Its function must take an array of parameters, one for each state of a batch.
    values : array_like, shape (n,)
    start : array_like, shape (S,)
    centre : array_like, shape (S,), optional
        The fixed point, or near it, as in `mode_locking`.
    longest : int
        The longest period tried.
    steps : int
        Of the average.
    transient : int
        Before it.

    Raises
    ------
    GandynError
        If values are not finite, or the start does not fit the map.

    References
    ----------
    Das, Saiki, Sander, Yorke, *Quantitative quasiperiodicity*, Nonlinearity 30 (2017).

    Examples
    --------
    >>> delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    >>> stairs = rotation_staircase(delayed, [1.9, 2.05, 2.18, 2.2], [0.5, 0.6])
    >>> stairs.status.tolist()
    ['rest', 'quasi_periodic', 'locked', 'locked']
    >>> stairs.plateaus
    [(1, 7, 2.18, 2.2)]
    """
    longest, steps = whole(longest, "longest"), whole(steps, "steps")
    transient = whole(transient, "transient")
    places = np.atleast_1d(np.asarray(values, dtype=float))
    if places.ndim != 1 or not places.size or not np.isfinite(places).all():
        raise GandynError(f"{map.name}: values must be a list of finite numbers")
    state = check_fits(map, start, places[0])
    if not np.isfinite(state).all():
        raise GandynError(f"the start must be finite, got {state}")
    states = _run(map, np.repeat(state[:, None], len(places), 1), places, transient)
    kept = max(4 * longest, 2)
    stairs = _empty(map.name, places)
    turnings = _turnings(map, places, states, centre)
    tails, seen = _watch(map, states, places, turnings, steps, kept)
    for i, turning in enumerate(turnings):
        _fill(stairs, i, map, tails[:, :, i], turning, seen[:, i], longest)
    return stairs


def _empty(field: str, places: np.ndarray) -> RotationStaircase:
    count = len(places)
    return RotationStaircase(
        field, places, np.full(count, np.nan), np.full(count, np.nan),
        np.full(count, "undecided", dtype="<U14"), np.zeros(count, int),
        np.zeros(count, int),
    )  # fmt: skip


def _run(map: Map, states: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    for _ in range(count):
        states = map(states, places)
    return states


def _turnings(
    map: Map, places: np.ndarray, states: np.ndarray, centre: Any
) -> list[Turning | None]:
    """Return the turning about the fixed point at each value; None where none is."""
    mean, rest = np.zeros_like(states), states
    for _ in range(256):
        rest = map(rest, places)
        mean = mean + rest / 256
    found: list[Turning | None] = []
    for i, place in enumerate(places):
        try:
            guess = centre_guess(map, place, mean[None, :, i])
            found.append(Turning(map, guess if centre is None else centre, place))
        except GandynError:
            found.append(None)
    return found


def _watch(
    map: Map,
    states: np.ndarray,
    places: np.ndarray,
    turnings: list[Turning | None],
    steps: int,
    kept: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the last states, shape (kept, S, n), and what the orbits are like.

    That is the mean turn, its error, and the disorder: how far the means of w and of
    |w|² over two halves differ, over their size.
    """
    size = len(states)
    left = [np.full(size, np.nan) if one is None else one.left for one in turnings]
    centre = [np.zeros(size) if one is None else one.centre for one in turnings]
    angle = np.array([np.nan if one is None else one.angle for one in turnings])
    coordinates, tail = [], []
    for k in range(steps + kept):
        coordinates.append(np.sum((states - np.array(centre).T) * np.array(left).T, 0))
        if k >= steps:
            tail.append(states)
        states = map(states, places)
    w = np.array(coordinates)
    moved, square = turns(w, angle), np.abs(w) ** 2
    size_of = np.sqrt(birkhoff_average(square))
    disorder = [_halves(w.real) / size_of, _halves(w.imag) / size_of]
    disorder.append(_halves(square) / size_of**2)
    unrest = np.where(_repeats(w, size_of), np.inf, np.max(disorder, axis=0))
    rows = birkhoff_average(moved), _halves(moved), unrest
    return np.array(tail), np.array(rows)


def _repeats(w: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Tell which orbits look periodic, also with a period longer than is tried."""
    count = min(_LONGEST, len(w) // 2)
    recent, seen = w[-count // 4 :], np.zeros(w.shape[1], bool)
    for period in range(1, count):
        before = w[len(w) - len(recent) - period : -period]
        seen |= np.abs(recent - before).max(axis=0) <= _RETURN * size
    return seen


def _halves(rows: np.ndarray) -> np.ndarray:
    """Return by how much the averages over two halves differ."""
    half = len(rows) // 2
    first, second = birkhoff_average(rows[:half]), birkhoff_average(rows[half:])
    return np.abs(first - second)


def _fill(
    stairs: RotationStaircase,
    i: int,
    map: Map,
    tail: np.ndarray,
    turning: Turning | None,
    seen: np.ndarray,
    longest: int,
) -> None:
    """Write what is known at one value."""
    if not np.isfinite(tail).all():
        stairs.status[i] = "escapes"
        return
    if np.ptp(tail, axis=0).max() <= REST * (1 + np.abs(tail).max()):
        stairs.status[i] = "rest"
        return
    if turning is None:
        return
    orbit = attracting_orbit(map, tail, float(stairs.values[i]), longest)
    if orbit is not None:
        winding = turning.winding(orbit.states)
        whole_turns = math.gcd(winding, orbit.period) > 1
        stairs.status[i] = "periodic" if whole_turns else "locked"
        stairs.winding[i], stairs.period[i] = winding, orbit.period
        stairs.rotation[i], stairs.error[i] = winding / orbit.period, 0.0
        return
    stairs.rotation[i], stairs.error[i], disorder = seen
    if max(stairs.error[i], disorder) <= _CONVERGED:
        stairs.status[i] = "quasi_periodic"
