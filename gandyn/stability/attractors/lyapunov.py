"""Lyapunov spectra of maps, over many parameter values at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.recognition.readings import ZERO
from gandyn.errors import FieldError, GandynError
from gandyn.stability.maps.derivatives import pushed
from gandyn.stability.maps.maps import Map

_BLOCKS = 8
"""Stretches of the orbit whose averages tell the standard error."""
_GONE = 1e-14
"""A tangent that one step shrinks to this share of the largest is rounding noise."""


class LyapunovSpectrum(Record):
    r"""Lyapunov exponents of orbits, one for each value of the parameter.

    Without an array of values the arrays lack their first axis.

    Attributes
    ----------
    field : str
        What the parameter is called.
    values : ndarray, shape (N,)
    exponents : ndarray, shape (N, S)
        Natural log growth per step, falling; -inf along directions that a step
        annihilates, NaN for an orbit that is not bounded.
    error : ndarray, shape (N, S)
        Standard error, by the spread of the averages over 8 stretches of the orbit.
    contraction : ndarray, shape (N,)
        The mean of log |det DF| along the orbit: the sum of the exponents, computed
        apart from them.
    dimension : ndarray, shape (N,)
        Kaplan and Yorke's: :math:`k + (λ_1 + ... + λ_k)/|λ_{k+1}|` with the largest k
        whose sum is not negative. An exponent within three standard errors of 0 counts
        as 0.
    steps, transient : int
    """

    field: str
    values: np.ndarray = dataclasses.field(repr=False)
    exponents: np.ndarray
    error: np.ndarray = dataclasses.field(repr=False)
    contraction: np.ndarray
    dimension: np.ndarray
    steps: int
    transient: int


@checked
def lyapunov_spectrum(
    map: Map,
    start: Any,
    values: Any,
    steps: int = 4096,
    transient: int = 1024,
) -> LyapunovSpectrum:
    r"""Return all Lyapunov exponents of a map's orbits.

    An orthonormal frame is carried along each orbit by the exact derivative and made
    orthonormal again after every step,

    .. math:: DF(z_t) Q_t = Q_{t+1} R_{t+1}, \qquad
        λ_i = \lim \frac 1T \sum_{t=1}^{T} \log R_t[i, i]

    The average is a weighted Birkhoff average: it converges faster than any power of T
    where the motion is periodic or quasi-periodic, and as :math:`1/\sqrt T` where it is
    chaotic. All values of the parameter go side by side.

    Parameters
    ----------
    map : Map
        Also a `RuleMap`, whose state is (x, y, memory).
    start : array_like, shape (S,) or (S, N)
        Where the orbits begin; one start serves all values.
    values : float or array_like, shape (N,)
        Of the map's parameter.
    steps : int
        Steps averaged over, at least 64.
    transient : int
        Steps before them; the frame turns into place in the meantime.

    Raises
    ------
    FieldError
        If the shapes do not fit, the start is not finite, or the numbers of steps are
        no whole numbers in range.
    GandynError
        If the map is not finite on any of the orbits.

    References
    ----------
    Benettin, Galgani, Giorgilli, Strelcyn, *Lyapunov Characteristic Exponents for
    Smooth Dynamical Systems*, Meccanica 15 (1980); Kaplan, Yorke, *Chaotic Behavior of
    Multidimensional Difference Equations*, Springer 1979; Das, Sander, Yorke et al.,
    *Quantitative quasiperiodicity*, Nonlinearity 30 (2017).

    Examples
    --------
    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> found = lyapunov_spectrum(henon, [0.1, 0.1], 1.4, steps=8000)
    >>> found.exponents.round(2).tolist(), round(float(found.dimension), 2)
    ([0.42, -1.62], 1.26)
    >>> round(float(found.contraction), 12)  # log 0.3
    -1.203972804326
    """
    many = np.ndim(values)
    values = np.atleast_1d(np.asarray(values, dtype=float))
    if not values.size:
        raise GandynError(f"{map.name}: give at least one value")
    states = _starts(start, many, values)
    _check_steps(steps, transient)
    swept = values if many else float(values[0])
    frame = np.repeat(np.eye(len(states))[:, :, None], states.shape[1], axis=2)
    for _ in range(int(transient)):
        states, moved = pushed(map, states, swept, frame)
        frame, _ = _orthonormal(moved)
    steps, transient = int(steps), int(transient)
    sums = _Sums(steps, states.shape)
    for t in range(steps):
        states, moved = pushed(map, states, swept, frame)
        frame, lengths = _orthonormal(moved)
        sums.add(t, lengths, _determinants(moved))
    found = sums.averages(np.isfinite(states).all(axis=0))
    own = [array if many else array[0] for array in (values, *found)]
    return LyapunovSpectrum(
        map.name, own[0], own[1], own[2], own[3], own[4], steps, transient
    )


def _starts(start: Any, many: int, values: np.ndarray) -> np.ndarray:
    states = np.asarray(start, dtype=float)
    if states.ndim not in (1, 2) or not states.size or values.ndim != 1:
        raise FieldError(
            "start must have shape (S,) or (S, N) and values (N,), got shapes "
            f"{states.shape} and {values.shape}"
        )
    if states.ndim == 2 and (not many or states.shape[1] != len(values)):
        raise FieldError(
            f"start has {states.shape[1]} columns for {len(values)} values"
        )
    if not (np.isfinite(states).all() and np.isfinite(values).all()):
        raise FieldError("start and values must be finite")
    if states.ndim == 1:
        states = np.repeat(states[:, None], len(values), axis=1)
    return states


def _check_steps(steps: int, transient: int) -> None:
    wanted = (("steps", steps, 8 * _BLOCKS), ("transient", transient, 0))
    for name, value, least in wanted:
        if value != int(value) or value < least:
            raise FieldError(
                f"{name} must be a whole number of at least {least}, got {value}"
            )


def _orthonormal(moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Q and the diagonal of R of frames (S, K, N), by Gram and Schmidt.

    A direction that was annihilated has the length 0 and is replaced by another.
    """
    frame = np.array(moved)
    lengths = np.empty(moved.shape[1:])
    with np.errstate(all="ignore"):
        noise = _GONE * np.sqrt(np.max(np.sum(moved * moved, axis=0), axis=0))
        for k in range(moved.shape[1]):
            own = frame[:, k]
            for _ in range(2 if k else 0):  # twice is enough
                for j in range(k):
                    own -= frame[:, j] * np.sum(frame[:, j] * own, axis=0)
            length = np.sqrt(np.sum(own * own, axis=0))
            lengths[k] = np.where(length <= noise, 0.0, length)
            own[:] = np.where(length <= noise, 0.0, own / length)
    flat = np.flatnonzero((lengths == 0).any(axis=0))
    if flat.size:
        frame[:, :, flat] = _completed(frame[:, :, flat])
    return frame, lengths


def _completed(frame: np.ndarray) -> np.ndarray:
    """Return frames whose columns of zeros are replaced to make them orthonormal."""
    left, _, right = np.linalg.svd(np.moveaxis(frame, -1, 0))
    return np.moveaxis(left @ right, 0, -1)


def _determinants(moved: np.ndarray) -> np.ndarray:
    if len(moved) == 2:
        (a, b), (c, d) = moved
        return np.asarray(a * d - b * c)
    with np.errstate(all="ignore"):
        return np.asarray(np.linalg.det(np.moveaxis(moved, -1, 0)))


class _Sums:
    """Weighted sums of logarithms, over the whole orbit and over stretches of it."""

    def __init__(self, steps: int, shape: tuple[int, ...]) -> None:
        self._edges = np.linspace(0, steps, _BLOCKS + 1).astype(int)
        self._whole = birkhoff_weights(steps)
        lengths = np.diff(self._edges)
        self._parts = np.concatenate([birkhoff_weights(n) for n in lengths])
        self._block = np.repeat(np.arange(_BLOCKS), lengths)
        self._mean, self._volume = np.zeros(shape), np.zeros(shape[1])
        self._blocks = np.zeros((_BLOCKS, *shape))

    def add(self, t: int, lengths: np.ndarray, determinants: np.ndarray) -> None:
        """Take in one step's growth of the frame."""
        with np.errstate(divide="ignore"):
            logs = np.log(lengths)
            self._volume += self._whole[t] * np.log(np.abs(determinants))
        self._mean += self._whole[t] * logs
        self._blocks[self._block[t]] += self._parts[t] * logs

    def averages(self, bounded: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return exponents, errors, contraction and dimension."""
        if not bounded.any():
            raise GandynError(
                "no orbit stays finite: they leave for infinity; give other starts"
            )
        with np.errstate(invalid="ignore"):
            error = np.std(self._blocks, axis=0, ddof=1) / np.sqrt(_BLOCKS)
        order = np.argsort(-self._mean, axis=0, kind="stable")
        mean = np.take_along_axis(self._mean, order, axis=0)
        error = np.take_along_axis(error, order, axis=0)
        flat = np.abs(mean) <= 3 * error + ZERO
        dimension = kaplan_yorke(np.where(flat, 0.0, mean))
        for array in (mean, error, self._volume, dimension):
            array[..., ~bounded] = np.nan
        return mean.T, error.T, self._volume, dimension


def kaplan_yorke(exponents: np.ndarray) -> np.ndarray:
    """Return the Lyapunov dimension of spectra that fall along the first axis.

    Examples
    --------
    >>> kaplan_yorke(np.array([0.4, -1.6])).item()
    1.25
    """
    exponents = np.asarray(exponents, dtype=float)
    sums = np.cumsum(exponents, axis=0)
    count = np.sum(np.logical_and.accumulate(sums >= 0, axis=0), axis=0)
    padded = np.concatenate([np.zeros((1, *sums.shape[1:])), sums])
    inside = np.take_along_axis(padded, count[None], axis=0)[0]
    last = np.minimum(count, len(exponents) - 1)
    following = np.take_along_axis(exponents, last[None], axis=0)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(count < len(exponents), inside / np.abs(following), 0.0)
    return np.asarray(count + part)
