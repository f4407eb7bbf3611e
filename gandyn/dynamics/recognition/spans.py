"""Growth within the space that an orbit's own states span."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import numbers
from gandyn.dynamics.recognition.kept import orthonormal

_SAMPLES = 8
"""States, more than a state has numbers, that show what an orbit spans."""
_FLAT = 1e-10
"""Singular value, of numbers over how far they go, that is 0: where it is not, all
that this costs is time."""


def growth_within(
    engine: Engine, before: Cells, tangents: np.ndarray, steps: int
) -> np.ndarray:
    """Return the log growth, in so many steps, of a tangent that an orbit itself spans.

    Infinite where they span all that the ``tangents`` are in. An orbit that starts on a
    line which is mapped into itself stays there exactly, and may do so by a regular
    motion, however fast everything beside the line grows.
    """
    slots, width = tangents.shape[1:]
    cells = engine.take(before, np.arange(width))
    states = [numbers(engine, cells)]
    for _ in range(slots + _SAMPLES):
        engine.advance(cells, max(steps // (slots + _SAMPLES), 2))
        states.append(numbers(engine, cells))
    asked = tangents.any(axis=0)
    ways = np.where(asked, np.diff(states, axis=0), 0.0)
    far = np.abs(ways).max(axis=0)
    scaled = np.where(far > 0, ways / np.where(far > 0, far, 1.0), 0.0)
    sizes = np.linalg.svd(scaled.transpose(2, 1, 0), compute_uv=False)
    spans = (sizes > _FLAT * sizes[:, :1]).sum(axis=1)
    grown = np.full(width, np.inf)
    which = np.flatnonzero(spans < asked.sum(axis=0))
    if which.size:
        generic = np.cos(np.arange(1.0, len(ways) + 1))
        along = np.einsum("k,ksc->sc", generic, ways[..., which])
        with np.errstate(all="ignore"):  # one that hardly moves spans nothing
            along = along / np.abs(along).max(axis=0)
            pair = orthonormal(np.array([along, tangents[1][:, which]]))
        window = engine.observe(engine.take(before, which), steps, pair)
        growth = window.growth[0, :, : which.size].sum(axis=0)
        grown[which] = REORTHOGONALISE * growth
    return grown
