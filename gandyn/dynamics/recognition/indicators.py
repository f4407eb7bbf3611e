"""What a recorded window of an orbit measures, cell by cell."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from gandyn._disk_cache import compiled
from gandyn._lane_blocks import BLOCK
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.engines.cells import Window, pad
from gandyn.dynamics.recognition._turning_kernels import nearest_returns
from gandyn.dynamics.recognition._window_kernels import (
    BESIDE,
    DISTANCE,
    GROWTH,
    LEADING,
    MEASURES,
    PARTING,
    PERIOD,
    SECOND,
    SPREAD,
    TURNS,
    UNSURE,
    X,
    Y,
    displacements,
    measure_window,
)


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
    growth_error: np.ndarray
    """Standard error of that, by the means of batches."""
    beside: np.ndarray
    """Largest log growth of the second tangent, over the leading one's, from one time
    of the window to a later one."""
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
    turns: np.ndarray
    """About the mean state, per step, 0 to 1/2: over exactly one period where there is
    one; NaN where an orbit neither returns nor is regular. Of an orbit that hardly
    turns about it, as a figure of eight, in the plane of a number and its change."""
    centre: np.ndarray
    """The mean state, shape (2, cells)."""
    extent: np.ndarray
    """Largest modulus of a recorded number; not finite where one is not."""
    steps: int

    def take(self, which: np.ndarray) -> Indicators:
        """Return what was seen of some of the cells."""
        arrays = {
            name: value[..., which]
            for name, value in self._asdict().items()
            if name != "steps"
        }
        return self._replace(**arrays)

    @property
    def drift(self) -> np.ndarray:
        """Relative change of the amplitude between the two halves."""
        return np.asarray(np.abs(np.expm1(self.shrinking)))

    @property
    def shear(self) -> float:
        """Largest exponent that a shear alone gives after this many steps."""
        return float(3 * np.log(self.steps) / self.steps)


class Measures:
    """Room for what windows measure of some cells, some of them at a time.

    Parameters
    ----------
    cells : int
    steps : int
        Of every window.
    """

    def __init__(self, cells: int, steps: int) -> None:
        self._rows = np.empty((MEASURES, cells + -cells % BLOCK))
        self._cells, self._steps = cells, steps
        self._spreads: list[np.ndarray] = []

    def add(self, window: Window, first: int) -> None:
        """Measure a window of cells that begin at ``first``, a multiple of `BLOCK`."""
        xs, ys, growth, _, spread = window
        weights = _weights(len(xs), growth.shape[1])
        rows = growth.reshape(-1, xs.shape[1])
        compiled(measure_window)(xs, ys, rows, weights, self._rows, first)
        self._spreads.append(spread)

    def indicators(self) -> Indicators:
        """Return every indicator of the cells, whose windows were all added."""
        rows = self._rows[:, : self._cells]
        x, y, leading, second = (rows[i : i + 7] for i in (X, Y, LEADING, SECOND))
        spread = np.concatenate(self._spreads)[: self._cells]
        total = leading[:3] + second[:3]
        with np.errstate(all="ignore"):
            whole, early, late = np.sqrt(x[3:6] + y[3:6])
            return Indicators(
                leading[0], _apart(leading), total[0], _apart(total),
                np.maximum(_apart(x), _apart(y)) / whole, np.log(late / early),
                rows[GROWTH], rows[UNSURE], rows[BESIDE],
                spread if spread.size else rows[SPREAD],
                rows[PERIOD].astype(np.int32), rows[DISTANCE] / whole,
                rows[PARTING] / whole, np.abs(rows[TURNS]) / (2 * np.pi),
                np.array([x[0], y[0]]), np.maximum(x[6], y[6]), self._steps,
            )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _weights(steps: int, passes: int) -> tuple[np.ndarray, ...]:
    """Return the weights that `measure_window` takes."""
    counts = (steps // 2 * 2, steps // 2, passes // 2 * 2, passes // 2, steps - 1)
    return tuple(map(birkhoff_weights, counts))


def _apart(means: np.ndarray) -> np.ndarray:
    """Return how far the means of the two halves are apart."""
    return np.asarray(np.abs(means[1] - means[2]))


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
