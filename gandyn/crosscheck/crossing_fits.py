"""Where growth rates, measured at values of a field, rise through zero."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gandyn.crosscheck.growth import UNKNOWN, Estimate

_SURELY = 3.0
"""Standard errors by which rates must differ to be those of two modes."""
_NEAR = 5
"""Members about the crossing that the last fit takes."""


class _Crossing(NamedTuple):
    """A zero of the growth rate: where, how steeply, and how fast it turns there."""

    value: Estimate
    slope: Estimate
    angle: Estimate


_NOWHERE = _Crossing(UNKNOWN, UNKNOWN, UNKNOWN)


def bracket(values: np.ndarray, rates: np.ndarray) -> int | None:
    """Return i if the rate first rises through 0 between values i and i + 1.

    >>> bracket(np.array([1.0, 2.0, 3.0]), np.array([-1.0, -0.1, 0.1]))
    1
    """
    rises = np.flatnonzero((rates[:-1] < 0) & (rates[1:] >= 0))
    return int(rises[0]) if rises.size else None


def rising(rates: np.ndarray, errors: np.ndarray) -> slice:
    """Return the members about the crossing whose rates rise through it.

    Where they rise away from it again, by more than their errors explain, a slower mode
    is measured: the one that crosses has died out before.

    >>> rising(np.array([-0.1, -0.2, -0.9, -0.4, 0.1, 0.5]), np.full(6, 1e-3))
    slice(2, 6, None)
    """
    i = bracket(np.arange(len(rates)), rates)
    if i is None:
        return slice(0, len(rates))
    with np.errstate(invalid="ignore"):
        sure = _SURELY * np.hypot(errors[1:], errors[:-1])
        turns = np.flatnonzero(np.diff(rates) < -sure)
    first = int(turns[turns < i].max(initial=-1)) + 1
    last = int(turns[turns > i].min(initial=len(rates) - 1))
    return slice(first, last + 1)


def crossing(
    values: np.ndarray, rates: np.ndarray, errors: np.ndarray, angles: np.ndarray
) -> _Crossing:
    r"""Return where growth rates rise through zero, with errors propagated.

    A parabola through the five members nearest to the change of sign, weighted by
    their errors, gives the zero :math:`p_0` and the slope s. The error of the zero is
    σ/s, with σ from the members' errors or the scatter about the parabola, whichever is
    more, and the distance to the zero of the chord of the two nearest members.

    Parameters
    ----------
    values, rates, errors, angles : ndarray, shape (members,)
        In increasing order of the values.

    Returns
    -------
    Crossing
        NaN with infinite errors where the rate doesn't rise through 0.

    Examples
    --------
    >>> p = np.linspace(0.9, 1.1, 9)
    >>> found = crossing(p, (p - 1) * p, np.full(9, 1e-4), 0.3 * p)
    >>> [round(one.value, 6) for one in found]
    [1.0, 1.0, 0.3]
    """
    i = bracket(values, rates)
    if i is None:
        return _NOWHERE
    middle = (values[i] + values[i + 1]) / 2
    good = np.flatnonzero(np.isfinite(rates) & np.isfinite(errors))
    near = good[np.argsort(np.abs(values[good] - middle), kind="stable")[:_NEAR]]
    near = np.sort(near)
    chord = _chord(values[i : i + 2], rates[i : i + 2])
    if len(near) < 4 or i not in near or i + 1 not in near:
        gap = float(values[i + 1] - values[i])
        slope = float(rates[i + 1] - rates[i]) / gap
        angle = float(np.interp(chord, values, angles))
        return _Crossing(
            Estimate(chord, gap), Estimate(slope, math.inf), Estimate(angle, math.inf)
        )
    scale = float(values[i + 1] - values[i])
    u = (values[near] - chord) / scale
    fit = _parabola(u, rates[near], errors[near])
    root, slope, error, slope_error = fit
    value = chord + scale * root
    off = abs(value - chord) if abs(root) < 1 else scale
    turning = _angle(u - root, angles[near])
    return _Crossing(
        Estimate(value, float(np.hypot(scale * error, 0.1 * off))),
        Estimate(slope / scale, slope_error / scale),
        turning,
    )


def _chord(values: np.ndarray, rates: np.ndarray) -> float:
    share = -rates[0] / (rates[1] - rates[0])
    return float(values[0] + share * (values[1] - values[0]))


def _parabola(
    u: np.ndarray, rates: np.ndarray, errors: np.ndarray
) -> tuple[float, float, float, float]:
    """Return zero, slope and their errors of a weighted parabola near u = 0."""
    spread = np.maximum(errors, np.median(errors))
    spread = np.maximum(spread, 1e-12 * np.abs(rates).max())
    columns = np.stack([np.ones_like(u), u, u * u], axis=1) / spread[:, None]
    inverse = np.linalg.pinv(columns.T @ columns)
    c = inverse @ columns.T @ (rates / spread)
    scatter = np.sum((columns @ c - rates / spread) ** 2) / max(len(u) - 3, 1)
    inverse = inverse * max(1.0, float(scatter))
    root = 0.0
    for _ in range(20):
        slope = c[1] + 2 * c[2] * root
        root -= (c[0] + c[1] * root + c[2] * root**2) / slope
    at = np.array([1.0, root, root**2])
    along = np.array([0.0, 1.0, 2 * root])
    slope = float(along @ c)
    error = math.sqrt(float(at @ inverse @ at)) / abs(slope)
    return float(root), slope, error, math.sqrt(float(along @ inverse @ along))


def _angle(u: np.ndarray, angles: np.ndarray) -> Estimate:
    """Return the angle at u = 0 of a line through those that are known."""
    good = np.isfinite(angles)
    if good.sum() < 3:
        return UNKNOWN
    columns = np.stack([np.ones_like(u), u], axis=1)[good]
    c, *_ = np.linalg.lstsq(columns, angles[good], rcond=None)
    left = angles[good] - columns @ c
    inverse = np.linalg.inv(columns.T @ columns)
    sigma = math.sqrt(float(left @ left) / (len(left) - 2) * inverse[0, 0])
    return Estimate(float(c[0]), sigma)
