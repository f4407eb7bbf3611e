"""What a recorded window of an orbit measures, cell by cell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn._disk_cache import compiled
from gandyn.dynamics._window_kernels import (
    displacements,
    first_returns,
    mean_turning,
    nearest_returns,
    partings,
    spread_over_period,
    weighted_moments,
)
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.cells import Window, pad

_RECURRENCE = 1e-7
"""Return distance over amplitude under which an orbit may be periodic."""


class Indicators(NamedTuple):
    """What a window says of each cell.

    Averages are weighted Birkhoff averages; their errors are the differences between
    the averages of the two halves of the window.
    """

    exponent: np.ndarray
    """Leading Lyapunov exponent, per step."""
    exponent_error: np.ndarray
    total: np.ndarray
    """Sum of the two leading exponents: the growth of areas."""
    total_error: np.ndarray
    disorder: np.ndarray
    """Distance between the mean states of the two halves, over the amplitude."""
    shrinking: np.ndarray
    """Log of the amplitude of the second half over that of the first."""
    growth: np.ndarray
    """Mean growth of the leading tangent, not weighted, per step."""
    amplitude: np.ndarray
    """Root mean square distance from the mean state, of vectors that of all their
    numbers; over exactly one period where there is one."""
    period: np.ndarray
    """In steps, 0 where the orbit does not return."""
    recurrence: np.ndarray
    """Return distance at the period, over the amplitude."""
    parting: np.ndarray
    """Return distance at the nearest to returning of the period's proper divisors, over
    the amplitude; infinite where there is none."""
    centre: np.ndarray
    """The mean state, shape (2, cells)."""
    extent: np.ndarray
    """Largest modulus of a recorded number; not finite where one is not."""
    steps: int

    @property
    def drift(self) -> np.ndarray:
        """Relative change of the amplitude between the two halves."""
        return np.asarray(np.abs(np.expm1(self.shrinking)))

    @property
    def shear(self) -> float:
        """Largest exponent that a shear alone gives after this many steps."""
        return float(3 * np.log(self.steps) / self.steps)

    def of_first(self, cells: int) -> Indicators:
        """Return the indicators of the first cells only."""
        rows = [part[..., :cells] for part in self[:-1]]
        return Indicators._make([*rows, self.steps])

    @classmethod
    def joined(cls, parts: list[Indicators]) -> Indicators:
        """Return the indicators of cells that were looked at one after the other."""
        columns = list(zip(*parts, strict=True))[:-1]
        rows = [np.concatenate(column, axis=-1) for column in columns]
        return Indicators._make([*rows, parts[0].steps])


def measure(window: Window) -> Indicators:
    """Compute every indicator of a recorded window."""
    xs, ys, growth, _, spread = window
    with np.errstate(all="ignore"):
        exponent, total = _Halves(growth[0]), _Halves(growth[0] + growth[1])
        x, y = _Halves(xs), _Halves(ys)
        centre = np.array([x.mean[0], y.mean[0]])
        whole, early, late = np.sqrt(x.variance + y.variance)
        period, distance = _returns(xs, ys, _RECURRENCE * whole)
        parting = np.full_like(whole, np.inf)
        compiled(partings)(xs, ys, period, parting)
        amplitude = spread if spread.size else whole.copy()
        if not spread.size:
            compiled(spread_over_period)(xs, ys, period, amplitude)
        return Indicators(
            exponent.mean[0], exponent.error, total.mean[0], total.error,
            np.maximum(x.error, y.error) / whole, np.log(late / early),
            np.mean(growth[0], axis=0), amplitude,
            period, distance / whole, parting / whole, centre,
            np.maximum(x.largest, y.largest), len(xs),
        )  # fmt: skip


class _Halves:
    """Weighted means of all rows of a record, and of either half of them."""

    def __init__(self, values: np.ndarray) -> None:
        values = values[: len(values) // 2 * 2]
        out = np.empty((7, values.shape[1]))
        full, half = (birkhoff_weights(len(values) // k) for k in (1, 2))
        compiled(weighted_moments)(values, full, half, out)
        self._moved, self._square, self._last = out[:3], out[3:6], values[-1]
        self.mean = self._last + self._moved
        self.error = np.abs(self.mean[1] - self.mean[2])
        finite = np.isfinite(self._moved[0])
        self.largest = np.where(finite, out[6], np.nan)

    @property
    def variance(self) -> np.ndarray:
        """The three mean squared distances, each from its own mean."""
        return np.maximum(self._square - self._moved * self._moved, 0.0)


def _returns(
    xs: np.ndarray, ys: np.ndarray, tolerance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    period = np.zeros(xs.shape[1], np.int32)
    distance = np.full(xs.shape[1], np.inf)
    compiled(first_returns)(xs, ys, tolerance, period, distance)
    return period, distance


def rotation(window: Window, seen: Indicators, cells: np.ndarray) -> np.ndarray:
    """Return the turns of some cells about their mean state, per step, 0 to 1/2."""
    if not cells.size:
        return np.empty(0)
    turning = np.empty(window.xs.shape[1])
    wanted = np.zeros(turning.size, bool)
    wanted[cells] = True
    weights = birkhoff_weights(len(window.xs) - 1)
    centre, period = pad(seen.centre), pad(seen.period)
    compiled(mean_turning)(
        window.xs, window.ys, wanted, centre, period, weights, turning
    )
    return np.abs(turning[cells]) / (2 * np.pi)


def nearest_return(turns: np.ndarray, longest: int) -> np.ndarray:
    """Return how nearly some rotations return within some steps, in turns."""
    padded = pad(turns[None])
    gap = np.empty_like(padded)
    compiled(nearest_returns)(padded, longest, gap)
    return gap[0, : turns.size]


def headings(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return direction and log length of each displacement, shape (steps - 1, cells).

    NaN where a displacement is 0 or not finite.
    """
    xs, ys = pad(window.xs), pad(window.ys)
    heading, height = np.empty((2, len(xs) - 1, xs.shape[1]))
    compiled(displacements)(xs, ys, heading, height)
    width = window.xs.shape[1]
    return heading[:, :width], height[:, :width]
