"""Growth within the space that an orbit's own states span."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.recognition.kept import orthonormal

_FLAT = 1e-10
"""Singular value, of numbers over how far they go, that is 0: where it is not, all
that this costs is time."""
_SLIGHT = 1e-10
"""Part of a tangent, over the largest, that says nothing of how it grows."""


def growth_within(
    engine: Engine, before: Cells, tangents: np.ndarray, steps: int, places: np.ndarray
) -> np.ndarray:
    """Return the log growth, in so many steps, of a tangent that an orbit itself spans.

    Infinite where its `samples`, the ``places``, span all that the leading ``tangents``
    are in, before and after: what they grow by is then that of the orbit's own space.
    An orbit that starts on a line which is mapped into itself stays there exactly, and
    may do so by a regular motion, however fast everything beside the line grows.
    """
    width = tangents.shape[2]
    sizes = np.abs(tangents)
    asked = (sizes > _SLIGHT * sizes.max(axis=1, keepdims=True)).any(axis=0)
    ways = np.where(asked, np.diff(places, axis=0), 0.0)
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
