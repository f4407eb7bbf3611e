"""States of an orbit now and then within a window."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine


def samples(engine: Engine, cells: Cells, steps: int, count: int) -> np.ndarray:
    """Return all numbers now and so many times within the steps that follow.

    Shape (count + 1, slots, cells). An odd number of steps lies between two of them
    where the window's is a power of two, so that they are not all of one band.
    """
    cells = engine.take(cells, np.arange(engine.players(cells).shape[1]))
    places = [engine.numbers(cells)]
    for _ in range(count):
        engine.advance(cells, max(steps // count - 1, 2))
        places.append(engine.numbers(cells))
    return np.array(places)
