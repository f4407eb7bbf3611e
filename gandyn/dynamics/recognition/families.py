"""Whether an orbit is one of a family, or on a torus that draws what is beside it."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine, generic_directions
from gandyn.dynamics.recognition.indicators import Indicators, Measures
from gandyn.dynamics.recognition.samples import samples

_NUDGE = 1e-2
"""Of every number, over how far it goes, in either of two directions: one may be along
the orbit's own curve. What does not change is a parameter, and not nudged."""
_SAMPLES = 16
"""States by which it is seen how far numbers go."""
_LATER = 4
"""Windows between the two in which an orbit and a nudged one are compared."""
_LEFT = 1e-2
"""Difference then of averages that are the same, over the nudge; and the most that they
may be uncertain by."""
_RETURNS = 0.5
"""Difference of the averages over that before, where they are becoming the same."""


def are_drawn_back(
    engine: Engine, cells: Cells, amplitude: np.ndarray, steps: int
) -> np.ndarray:
    """Tell which orbits' averages are, after a nudge, by and by what they were before.

    Those of an orbit that is one of a family of closed curves stay others. A torus of
    two rotations attracts, and has two exponents that are zero, as a family has.
    """
    places, width = samples(engine, cells, steps, _SAMPLES), amplitude.size
    far = np.ptp(places, axis=0)
    far[: len(engine.players(cells))] = amplitude
    sides = [engine.take(cells, np.arange(width))]
    size = _NUDGE * np.sqrt(len(far))
    for direction in generic_directions(len(far)):
        sides.append(engine.moved(cells, size * far * direction[:, None]))
    gaps, unsure = [], np.zeros(width)
    for wait in (0, _LATER * steps):
        seen = [_seen(engine, side, wait, steps) for side in sides]
        gaps.append(np.maximum(_apart(seen[0], seen[1]), _apart(seen[0], seen[2])))
        unsure = np.maximum.reduce([unsure, *(one.disorder for one in seen)])
    first, later = gaps
    same = later <= _LEFT * _NUDGE * amplitude
    return np.asarray((unsure <= _LEFT * _NUDGE) & (same | (later <= _RETURNS * first)))


def _seen(engine: Engine, cells: Cells, wait: int, steps: int) -> Indicators:
    """Return what is seen of cells in so many steps, after some that are not."""
    if wait:
        engine.advance(cells, wait)
    width = engine.players(cells).shape[1]
    measures = Measures(width, steps)
    measures.add(engine.observe(cells, steps), 0)
    return measures.indicators()


def _apart(one: Indicators, other: Indicators) -> np.ndarray:
    """Return the difference of the means, or of the amplitudes if it is larger."""
    means = np.abs(one.centre - other.centre).max(axis=0)
    return np.asarray(np.maximum(means, np.abs(one.amplitude - other.amplitude)))
