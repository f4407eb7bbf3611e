"""Closed curves that an orbit visits in turn, as those around the points of a cycle."""

from __future__ import annotations

import numpy as np

from gandyn._lane_blocks import BLOCK
from gandyn.dynamics.engines.cells import Cells, Engine, Window
from gandyn.dynamics.recognition._window_kernels import REGULAR
from gandyn.dynamics.recognition.indicators import Indicators, Measures
from gandyn.dynamics.recognition.readings import may_be_locked

_MOST = 64
"""Curves that are looked for."""
_IN_TURN = 1e-10
"""Turns about the common mean off a rational number that rounding explains."""


def count_islands(turns: np.ndarray) -> np.ndarray:
    """Return how many curves an orbit may visit in turn, 1 where it is one alone.

    The mean of all of them is turned about by a rational number then, which says
    nothing of the turning on each.
    """
    counts = np.arange(2, _MOST + 1)
    passed = turns * counts[:, None]
    rational = np.abs(passed - np.round(passed)) <= _IN_TURN * counts[:, None]
    return np.where(rational.any(axis=0), counts[rational.argmax(axis=0)], 1)


def turns_on_islands(
    engine: Engine,
    before: Cells,
    steps: int,
    counts: np.ndarray,
    over: Window | None = None,
) -> np.ndarray:
    """Tell which orbits turn on their curves, each by itself, and are not locked.

    The cells are recorded once more, from ``before`` the window of so many steps, and
    of as many steps as there are curves only the last is looked at. It may be done
    ``over`` a window that is needed no longer.
    """
    found = np.zeros(counts.size, bool)
    for count in np.unique(counts[counts > 1]):
        which = np.flatnonzero(counts == count)
        for first in range(0, which.size, BLOCK):
            some = which[first : first + BLOCK]
            over = engine.observe(engine.take(before, some), steps, over=over)
            seen = _every(over, int(count), some.size)
            turning = np.isfinite(seen.turns) & (seen.disorder <= REGULAR)
            found[some] = turning & ~may_be_locked(seen, seen.turns, None)
    return found


def _every(window: Window, count: int, width: int) -> Indicators:
    """Return what is seen of every so many-th state of some cells."""
    xs, ys = (part[::count].copy() for part in (window.xs, window.ys))
    measures = Measures(width, len(xs))
    measures.add(window._replace(xs=xs, ys=ys, spread=np.empty(0)), 0)
    return measures.indicators()
