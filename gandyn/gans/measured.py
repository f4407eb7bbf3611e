"""Verdicts, growth rates and rotations from what was seen of members."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.dynamics.birkhoff import birkhoff_average
from gandyn.dynamics.cells import Window
from gandyn.dynamics.escapes import divergence
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.gans.watching import Limits

SIGNIFICANT = 4.0
"""Standard errors from zero at which a trend counts as seen."""
TREND = np.log(2.0)
"""Change of log |v| over the second half of a run that counts as seen."""
KINDS = {"verdict": np.int8, "ended": np.int8, "steps": np.int32}
NAMES = ("verdict", "ended", "rate", "rate_error", "rotation", "norm", "steps")


def blank(cells: int) -> dict[str, np.ndarray]:
    """Return arrays of cells of which nothing is known."""
    return {
        n: np.zeros(cells, KINDS[n]) if n in KINDS else np.full(cells, np.nan)
        for n in NAMES
    }


def judge(seen: dict[str, Any], limits: Limits, width: int) -> dict[str, np.ndarray]:
    """Return the verdicts and measurements of the first members of a chunk.

    Parameters
    ----------
    seen : dict
        What `Watch.found` gives.
    limits : Limits
    width : int

    Returns
    -------
    dict of str to ndarray
        By `NAMES`; ``norm`` is |v| at the last look that counts, over the first one.
    """
    xs, ys, size = seen["path"]
    empty = np.empty((2, 0, xs.shape[1]))
    kinds, _ = divergence(Window(xs, ys, empty, empty))
    turning = rotation(xs, ys)
    rows = []
    for i in range(width):
        own = {k: seen[k][i] for k in ("closed", "settled", "escaped", "broken")}
        norms = seen["norms"][:, i]
        row = _decide(np.array(seen["times"]), norms, own, limits)
        if row["ended"] == Ending.NOT_A_NUMBER:
            row |= _breaking(size[:, i], limits, kinds[i])
        if row["verdict"] == Verdict.DIVERGES_SPIRAL:
            row["verdict"] = Verdict(kinds[i])
        rows.append({**row, "rotation": turning[i]})
    return {n: np.array([r[n] for r in rows], KINDS.get(n, float)) for n in NAMES}


def _decide(
    times: np.ndarray, norms: np.ndarray, own: dict[str, int], limits: Limits
) -> dict[str, Any]:
    """Return what one member's norms say; a divergence as a spiral's for now."""
    events = {k: own[k] for k in ("settled", "escaped", "broken") if own[k] >= 0}
    first = min(events, key=lambda k: events[k], default="")
    last = events.get(first, limits.steps)
    closed = own["closed"] if own["closed"] >= 0 else last
    chosen = (times <= closed) & (times >= closed / 3) & (norms > 0)
    rate, error = slope(times[chosen], np.log(norms[chosen]))
    verdict, ended = {
        "settled": (Verdict.CONVERGES, Ending.SETTLED),
        "escaped": (Verdict.DIVERGES_SPIRAL, Ending.LEFT_BOX),
        "broken": (Verdict.UNDECIDED, Ending.NOT_A_NUMBER),
    }.get(first, (Verdict.UNDECIDED, Ending.BUDGET))
    if not first and norms.max() <= limits.linear * norms[0]:
        verdict = _trend(times, norms, limits)
    at = np.searchsorted(times, last, side="right") - 1
    return {
        "verdict": verdict, "ended": ended, "rate": rate, "rate_error": error,
        "norm": norms[at] / norms[0] if norms[0] else np.nan, "steps": last,
    }  # fmt: skip


def _trend(times: np.ndarray, norms: np.ndarray, limits: Limits) -> Verdict:
    """Return whether |v| falls or grows steadily at the end of the budget."""
    late = (times >= limits.steps / 2) & (norms > 0)
    rate, error = slope(times[late], np.log(norms[late]))
    change = rate * limits.steps / 2
    if not (abs(rate) > SIGNIFICANT * error and abs(change) > TREND):
        return Verdict.UNDECIDED
    return Verdict.CONVERGES if rate < 0 else Verdict.DIVERGES_SPIRAL


def _breaking(size: np.ndarray, limits: Limits, kind: int) -> dict[str, Any]:
    """Tell numbers that grew too large from a NaN out of a clear sky."""
    known = size[~np.isnan(size)]
    if np.isinf(known).any():
        return {"verdict": Verdict(kind), "ended": Ending.OVERFLOW}
    if known.size and known[-1] > limits.escape * max(1.0, known[0]):
        return {"verdict": Verdict(kind), "ended": Ending.LEFT_BOX}
    return {"verdict": Verdict.UNDECIDED, "ended": Ending.NOT_A_NUMBER}


def slope(times: np.ndarray, heights: np.ndarray) -> tuple[float, float]:
    r"""Return the least-squares slope of heights over times, with its standard error.

    The error is that of independent residuals times :math:`\sqrt{\max(1, τ)}`, where τ
    is the residuals' integrated autocorrelation time, summed up to the first negative
    autocorrelation: neighbours that err alike count as fewer.

    Examples
    --------
    >>> t = np.arange(6.0)
    >>> slope(t, 3 * t + np.array([0, 1, 0, -1, 0, 1])) # doctest: +ELLIPSIS
    (3.02857..., 0.20426...)
    """
    good = np.isfinite(heights)
    t, h = times[good].astype(float), heights[good]
    if t.size < 2:
        return np.nan, np.nan
    t = t - t.mean()
    rate = float(t @ h / (t @ t))
    if t.size < 3:
        return rate, np.nan
    rest = h - h.mean() - rate * t
    power = float(rest @ rest)
    error = np.sqrt(power / (t.size - 2) / (t @ t))
    if power == 0:
        return rate, float(error)
    spectrum = np.abs(np.fft.rfft(rest, 2 * t.size)) ** 2
    lags = np.fft.irfft(spectrum)[1 : t.size] / power
    below = np.flatnonzero(lags < 0)
    lags = lags[: below[0]] if below.size else lags
    return rate, float(error * np.sqrt(1 + 2 * lags.sum()))


def rotation(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Return the mean turning of each column's displacements, in turns per step.

    0 is none, ½ a flip; the direction depends on the plane of projection and is left
    out. Weighted Birkhoff averages make the mean of a whole number of turns and of any
    other as good.

    Parameters
    ----------
    xs, ys : ndarray, shape (steps, members)
        A projection of each player, NaN before the start.

    Examples
    --------
    >>> angle = 2 * np.pi * 0.07 * np.arange(200)[:, None]
    >>> rotation(0.5 * np.cos(angle), np.sin(angle)).round(9)
    array([0.07])
    """
    with np.errstate(invalid="ignore", over="ignore"):
        dx, dy = np.diff(xs, axis=0), np.diff(ys, axis=0)
        heading = np.where((dx == 0) & (dy == 0), np.nan, np.arctan2(dy, dx))
        turning = np.diff(heading, axis=0)
    found = np.full(xs.shape[1], np.nan)
    for i, own in enumerate(turning.T):
        known = own[np.isfinite(own)]
        if known.size > 1:
            middle = np.angle(np.exp(1j * known).mean())
            spread = (known - middle + np.pi) % (2 * np.pi) - np.pi
            mean = middle + birkhoff_average(spread[:, None])[0]
            turns = abs(mean) / (2 * np.pi) % 1
            found[i] = min(turns, 1 - turns)
    return found
