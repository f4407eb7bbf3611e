"""How near a generator's points are to the data: modes covered, sliced distance.

Only numpy is needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gandyn.errors import GandynError

DIRECTIONS = 16
"""Directions that points are projected on."""
FAIR = 0.5
"""Share of its fair share of points from which a mode counts as covered."""


def sliced_wasserstein(points: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    r"""Return the sliced Wasserstein-1 distance of samples to another sample.

    The mean over directions of the Wasserstein-1 distance of the projections: in the
    plane over `DIRECTIONS` evenly spaced ones, on the line the distance itself, in
    space over `DIRECTIONS` random ones, always the same.

    Parameters
    ----------
    points : array_like, shape (..., count, size)
        One sample, or many on the leading axes, in units of the data.
    others : array_like, shape (count, size)

    Returns
    -------
    ndarray, shape (...)
        NaN or infinite where points are not finite.

    Raises
    ------
    GandynError
        If the samples differ in size.

    References
    ----------
    Rabin, Peyré, Delon, Bernot, *Wasserstein Barycenter and Its Application to Texture
    Mixing*, SSVM 2011, Section 2.3.

    Examples
    --------
    >>> float(sliced_wasserstein([[0.0], [1.0]], [[3.0], [1.0]]))
    1.5
    """
    a, b = np.asarray(points, dtype=float), np.asarray(others, dtype=float)
    if a.shape[-2:] != b.shape:
        raise GandynError(
            f"the samples must be equally large, got {a.shape[-2:]} and {b.shape}"
        )
    along = _directions(b.shape[-1])
    with np.errstate(invalid="ignore"):
        apart = np.sort(a @ along, axis=-2) - np.sort(b @ along, axis=-2)
    return np.abs(apart).mean(axis=(-2, -1))


def mode_coverage(
    points: ArrayLike, centres: ArrayLike, radius: float
) -> NDArray[np.float64]:
    r"""Return the share of modes that samples cover.

    A mode counts as covered if at least half of its fair share of the points, one part
    in the number of modes, lies within the radius. One point alone does not count: a
    generator that knows no mode scatters some everywhere.

    Parameters
    ----------
    points : array_like, shape (..., count, size)
    centres : array_like, shape (modes, size)
    radius : float
        In units of the data; three standard deviations of a mode are usual.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> points = [[0.0, 0.1], [0.1, 0.0], [5.0, 5.0]]
    >>> float(mode_coverage(points, [[0.0, 0.0], [1.0, 0.0]], 0.3))
    0.5
    """
    a, b = np.asarray(points, dtype=float), np.asarray(centres, dtype=float)
    with np.errstate(invalid="ignore"):
        near = np.linalg.norm(a[..., None, :] - b, axis=-1) <= radius
    return np.asarray((near.mean(axis=-2) >= FAIR / len(b)).mean(axis=-1))


def _directions(size: int) -> NDArray[np.float64]:
    """Return unit vectors as columns."""
    if size == 1:
        return np.ones((1, 1))
    if size == 2:
        angles = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        return np.stack([np.cos(angles), np.sin(angles)])
    drawn = np.random.default_rng(0).normal(size=(size, DIRECTIONS))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=0))
