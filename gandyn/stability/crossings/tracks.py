"""Multipliers followed along a branch, as closely as it takes to see them cross."""

from __future__ import annotations

import numpy as np
import scipy

from gandyn.stability.crossings.branches import Lost
from gandyn.stability.crossings.spectra import Spectra, Spectrum

_MOVE = 0.05
"""Multipliers near the circle that move farther per interval could be confused."""
_ALONE = 4.0
"""A crossing multiplier is told from others that are this many of its moves away."""
TOGETHER = 1e-12
"""Multipliers as near as this all along are one, several times: they cross at once."""
_TURNS = 0.5
"""A multiplier that comes near the circle and turns back is looked at more closely, if
a parabola through three places has less than this part of the distance left."""
_OPPOSITE = -0.5
"""Cosine of the angle from which two places are opposite each other: 120 degrees."""
_SHARES = (0.5, 0.4, 0.65)
"""Where an interval is cut in two: elsewhere if the fixed point is lost there, as it is
within rounding of a multiplier 1."""
_FINEST = 1e-12
"""Share of the interval below which none is halved: the digits of a threshold."""
MOST = 4096
"""Places of a scan. Where a multiplier winds around the circle in more than 4096 / 125
turns, they do not tell it from others, and the answer says so."""


def followed_closely(
    spectra: Spectra, line: list[Spectrum]
) -> tuple[list[Spectrum], bool, list[tuple[float, float]]]:
    """Return spectra in the order of their multipliers, whether too many, and gaps.

    In those intervals the fixed point is lost wherever they would be cut.
    """
    lost: set[float] = set()
    while True:
        line = _followed(line)
        fresh, gaps = [], []
        for k in np.flatnonzero(_unclear(line)).tolist():
            a, b = line[k].parameter, line[k + 1].parameter
            between = [a + share * (b - a) for share in _SHARES]
            left = [place for place in between if place not in lost]
            size = max(abs(a), abs(b))
            if b - a <= _FINEST * size or not a < between[0] < b:
                continue
            if left:
                fresh.append(left[0])
            else:
                gaps.append((a, b))
        if len(line) + len(fresh) > MOST:
            return line, True, gaps
        if not fresh:
            return line, False, gaps
        new = []
        for place in fresh:
            try:
                new.append(spectra.at(place))
            except Lost:
                lost.add(place)
        line = sorted(line + new, key=lambda one: one.parameter)


def _followed(line: list[Spectrum]) -> list[Spectrum]:
    """Return spectra with each multiplier where its predecessor is.

    It is looked for where the last two lead to, if they are apart beyond rounding: of a
    short step before a long one that would be the direction.
    """
    done = line[:1]
    for spectrum in line[1:]:
        expected = done[-1].values
        if len(done) > 1:
            before, last = done[-2:]
            ahead = spectrum.parameter - last.parameter
            share = ahead / (last.parameter - before.parameter)
            moved = last.values - before.values
            seen = np.abs(moved) > last.doubt + before.doubt
            expected = expected + np.where(seen, share * moved, 0)
        done.append(spectrum.ordered(_assigned(expected, spectrum.values)))
    return done


def _assigned(expected: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return which values are nearest to those expected, each once, on the sphere."""
    sizes = [np.hypot(1, np.abs(each)) for each in (expected[:, None], values)]
    apart = np.abs(expected[:, None] - values) / sizes[0] / sizes[1]
    nearest = apart.argmin(axis=1) if apart.size else np.zeros(0, int)
    if len(set(nearest.tolist())) == len(nearest):
        return nearest
    return np.asarray(scipy.optimize.linear_sum_assignment(apart)[1])


def _unclear(line: list[Spectrum]) -> np.ndarray:
    """Return which of the intervals between spectra have to be halved."""
    values = np.array([one.values for one in line])
    if not values.size or len(line) < 2:
        return np.zeros(len(line) - 1, bool)
    side = np.array([one.side for one in line])
    doubt = np.array([one.doubt for one in line])
    away = np.abs(np.abs(values) - 1)
    moved = np.abs(np.diff(values, axis=0))
    out = (side[1:] > 0) & (side[:-1] > 0)
    inverse = 1 / np.where(side > 0, values, 1.0)  # a pole is no jump of these
    moved = np.where(out, np.abs(np.diff(inverse, axis=0)), moved)
    away = np.where(side > 0, 1 - np.abs(inverse), away)
    beside = np.minimum(away[1:], away[:-1])
    margin = np.where(side[1:] * side[:-1] > 0, beside, 0.0)
    noise = doubt[1:] + doubt[:-1]
    unclear = np.any(moved > np.maximum(np.maximum(_MOVE, margin), noise), axis=1)
    for k, i in np.argwhere(side[1:] * side[:-1] < 0).tolist():
        apart = np.abs(values[k : k + 2] - values[k : k + 2, i : i + 1])
        others = apart[apart > TOGETHER]
        unclear[k] |= np.min(others, initial=np.inf) < _ALONE * moved[k, i]
        unclear[k] |= bool(values[k, i].imag) != bool(values[k + 1, i].imag)
    unclear |= _through(values, side)
    places = np.array([one.parameter for one in line])
    sizes = np.abs(values)
    turns = _turns(places, side * away, side) | _turns(places, sizes - 1, side)
    unclear[1:] |= turns
    unclear[:-1] |= turns
    unclear[1:-1] |= _hidden_poles(side * away, doubt)
    return unclear


def _through(values: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return in which intervals a multiplier outside may go through the circle.

    It does between two places opposite each other, or has a pole there: then it grows
    towards the interval from both sides.
    """
    sizes = np.abs(values)
    ways = values / np.where(side > 0, sizes, 1.0)
    turned = np.real(ways[1:] * ways[:-1].conj())
    out = (side[1:] > 0) & (side[:-1] > 0)
    grows = np.diff(sizes, axis=0)
    pole = np.zeros_like(out)
    pole[1:-1] = (grows[:-2] > 0) & (grows[2:] < 0)
    return np.asarray(np.any(out & (turned < _OPPOSITE) & ~pole, axis=1))


def _hidden_poles(excess: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """Return in which inner intervals a multiplier moves against both beside it.

    A step that solves equations has poles: around one a multiplier may leave and come
    back within a thousandth of an interval, and what is seen of it is a zigzag.
    """
    moved = np.diff(excess, axis=0)
    way = np.sign(moved) * (np.abs(moved) > doubt[1:] + doubt[:-1])
    middle = way[1:-1]
    return np.any((way[:-2] * middle < 0) & (way[2:] * middle < 0), axis=1)


def _turns(places: np.ndarray, excess: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return at which inner places a multiplier may touch the circle beside them."""
    if len(places) < 3:
        return np.zeros(max(len(places) - 2, 0), bool)
    a, b = np.diff(places)[:-1, None], np.diff(places)[1:, None]
    before, here, after = excess[:-2], excess[1:-1], excess[2:]
    left, right = (here - before) / a, (after - here) / b
    curve = (right - left) / (a + b)
    slope = (left * b + right * a) / (a + b)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        vertex = side[1:-1] * (here - slope**2 / (4 * curve))
    alike = (side[1:-1] != 0) & (side[:-2] == side[1:-1]) & (side[2:] == side[1:-1])
    nearest = (np.abs(here) <= np.abs(before)) & (np.abs(here) <= np.abs(after))
    near = vertex < _TURNS * np.abs(here)
    return np.asarray(np.any(alike & nearest & near & (curve != 0), axis=1))
