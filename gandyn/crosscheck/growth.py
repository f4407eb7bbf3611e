"""Growth rates and frequencies of short signals, with error bars."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_BLOCKS = 8
"""Blocks of a jackknife, each left out once."""
_LEAST = 6
"""Numbers from which a slope with an error bar is taken."""
_HARMONICS = 2
_LINEAR = 100.0
"""How far increments may have grown where a kind is told by them."""
_TURNS = 1.5
"""Turns of a wave within a window from which it is told apart from a trend."""


class Estimate(NamedTuple):
    """A number with its standard error."""

    value: float
    error: float


UNKNOWN = Estimate(math.nan, math.inf)


def growth_rate(steps: np.ndarray, sizes: np.ndarray, angle: float = 0.0) -> Estimate:
    r"""Return the rate r of sizes that grow like e^{rt}, by regression of their log.

    The size of a field that turns by ``angle`` per step swings at twice that: the waves
    cos 2kθt and sin 2kθt, k = 1, 2, are fitted with the line. The standard error is a
    jackknife over eight blocks of the window, so it counts what is left of slower
    modes and of waves, which independent errors would not.

    Parameters
    ----------
    steps : ndarray, shape (n,)
    sizes : ndarray, shape (n,)
        Positive.
    angle : float
        In radians per step.

    Returns
    -------
    Estimate
        NaN with an infinite error where there are fewer than six numbers.

    Examples
    --------
    >>> t = np.arange(200)
    >>> sizes = np.exp(-0.01 * t) * np.hypot(2 * np.cos(0.3 * t), np.sin(0.3 * t))
    >>> found = growth_rate(t, sizes, 0.3)
    >>> round(found.value, 4), found.error < 1e-4
    (-0.01, True)
    """
    steps, logs = np.asarray(steps, float), np.log(np.asarray(sizes, float))
    if len(steps) < _LEAST:
        return UNKNOWN
    columns = _columns(steps, angle)
    value = _slope(columns, logs)
    parts = np.array_split(np.arange(len(steps)), min(_BLOCKS, len(steps) // 2))
    left = []
    for part in parts:
        keep = np.ones(len(steps), bool)
        keep[part] = False
        left.append(_slope(columns[keep], logs[keep]))
    spread = np.asarray(left) - np.mean(left)
    error = math.sqrt((len(parts) - 1) / len(parts) * float(spread @ spread))
    return Estimate(value, error)


def _columns(steps: np.ndarray, angle: float) -> np.ndarray:
    """Return the line's columns and those of the waves that the window can tell."""
    span = steps - steps.mean()
    columns = [np.ones_like(span), span]
    for k in range(1, _HARMONICS + 1):
        turn = abs(math.remainder(2 * k * angle, 2 * math.pi))
        enough = turn * np.ptp(steps) > 2 * math.pi * _TURNS
        if enough and len(steps) >= _LEAST + 4 * k:
            columns += [np.cos(turn * span)]
            if math.pi - turn > 1e-9:
                columns += [np.sin(turn * span)]
    return np.stack(columns, axis=1)


def _slope(columns: np.ndarray, values: np.ndarray) -> float:
    return float(np.linalg.lstsq(columns, values, rcond=1e-9)[0][1])


def dominant_angle(path: np.ndarray, rate: float = 0.0) -> Estimate:
    r"""Return the angle per step of the strongest oscillation of a path.

    The path's increments, with the growth e^{rt} taken out, are seen through a Hann
    window. The peak of their spectrum, by zero-padding and a parabola through the
    logarithms about the largest value, is the angle; the standard error is the spread
    of its values in the first half, the second half and all of the path. Increments
    have no offset, and little of the slow drift, of the path itself.

    Parameters
    ----------
    path : ndarray, shape (n,)
        A coordinate of the path, step by step.
    rate : float
        Its growth per step.

    Returns
    -------
    Estimate
        In radians per step, 0 to π. What makes less than one turn within the path is
        0, with one turn per path as its error; NaN for fewer than 16 steps.

    Examples
    --------
    >>> t = np.arange(300)
    >>> found = dominant_angle(5 + np.exp(-0.01 * t) * np.cos(0.3 * t), -0.01)
    >>> round(found.value, 4), found.error < 1e-4
    (0.3, True)
    >>> round(dominant_angle((-1.0) ** t).value, 9) == round(math.pi, 9)
    True
    """
    n = len(path) - 1
    if n < 16 or not np.isfinite(path).all():
        return UNKNOWN
    moves = np.diff(path) * np.exp(-rate * np.arange(n))
    if not np.abs(moves).max() > 0:
        return UNKNOWN
    value = _peak(moves)
    if value < 2 * math.pi / n:
        return Estimate(0.0, 2 * math.pi / n)
    halves = [_peak(moves[: n // 2]), _peak(moves[n // 2 :])]
    # a half knows its peak less well than the whole by 2^(3/2), both together by 2
    return Estimate(value, float(np.abs(np.subtract(halves, value)).max()) / 2)


def recurrence_angle(path: np.ndarray) -> Estimate:
    r"""Return the angle per step of a path that grows too fast for a spectrum.

    The increments up to where they have grown a hundredfold, the last six of them, are
    fitted by the recurrence m'' = a m' + b m; its larger root turns by the angle, 0 or
    π where the last of them have a steady ratio. The error is infinite: it tells a
    kind, not a frequency.

    Examples
    --------
    >>> t = np.arange(8)
    >>> [round(recurrence_angle(p).value, 6) for p in ((-3.0)**t, 4.0**t)]
    [3.141593, 0.0]
    >>> round(recurrence_angle(2.0**t * np.cos(0.7 * t)).value, 6)
    0.7
    """
    moves = np.diff(path)
    with np.errstate(invalid="ignore"):
        gone = ~(np.abs(moves) <= _LINEAR * np.abs(moves[:1]))
    end = int(gone.argmax()) if gone.any() else len(moves)
    end = min(max(end, 5), len(moves))
    moves = moves[max(end - 6, 0) : end]
    if len(moves) < 4 or not np.isfinite(moves).all() or not moves.any():
        return UNKNOWN
    ratios = moves[-2:] / moves[-3:-1]
    if ratios[0] * ratios[1] > 0 and 2 / 3 < ratios[0] / ratios[1] < 3 / 2:
        return Estimate(0.0 if ratios[0] > 0 else math.pi, math.inf)
    scale = np.maximum(np.abs(moves[2:]), 1e-300)
    columns = np.stack([moves[1:-1], moves[:-2]], axis=1) / scale[:, None]
    (a, b), *_ = np.linalg.lstsq(columns, moves[2:] / scale, rcond=1e-9)
    root = max(np.roots([1.0, -a, -b]).astype(complex), key=abs)
    return Estimate(abs(float(np.angle(root))), math.inf)


def _peak(moves: np.ndarray) -> float:
    n = len(moves)
    size = 8 * 2 ** math.ceil(math.log2(n))
    power = np.abs(np.fft.fft(moves * np.hanning(n + 2)[1:-1], size))
    k = int(power[: size // 2 + 1].argmax())
    near = np.log(power[[k - 1, k, (k + 1) % size]] + 1e-300)
    bend = near[0] - 2 * near[1] + near[2]
    shift = 0.5 * (near[0] - near[2]) / bend if bend < 0 else 0.0
    return abs(math.remainder(2 * math.pi * (k + shift) / size, 2 * math.pi))
