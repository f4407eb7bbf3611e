"""How far cells of a grid are from a predicted boundary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gandyn.stability import BoundaryCurve

FINER = 8
"""Points between two of a curve's, so that its chords are followed."""


def boundary_distances(
    first: np.ndarray, second: np.ndarray, curves: Sequence[BoundaryCurve]
) -> np.ndarray:
    r"""Return the relative distance of every cell from the stability boundary.

    .. math:: \min_c \max_i |\log(p_i / c_i)|

    over the boundary's points c: the least factor, as a logarithm, by which both
    fields have to change to reach it. A field that is not positive everywhere is
    measured in units of the box instead.

    Parameters
    ----------
    first, second : ndarray
        The values of the two fields.
    curves : sequence of BoundaryCurve

    Returns
    -------
    ndarray, shape (len(first), len(second))
        Infinite without a boundary.

    Examples
    --------
    >>> line = BoundaryCurve(
    ...     "flip", ("lr_x", "lr_y"), np.array([[1.0, 0.1], [1.0, 10.0]]),
    ...     np.array([-1, -1]), np.zeros(2), ("box", "box"))
    >>> boundary_distances(np.array([1.0, 1.1]), np.array([1.0]), [line]).round(4)
    array([[0.    ],
           [0.0953]])
    """
    places = [part for curve in curves for part in curve.stable_parts()]
    if not places:
        return np.full((len(first), len(second)), np.inf)
    known = np.concatenate([_finer(part) for part in places])
    found = []
    for axis, values in enumerate((first, second)):
        own = known[:, axis]
        if min(values.min(), own.min()) > 0:
            found.append(np.abs(np.log(values[:, None] / own)))
        else:
            found.append(np.abs(values[:, None] - own) / np.ptp(values))
    far = np.maximum(found[0][:, None, :], found[1][None, :, :])
    return np.asarray(far.min(axis=-1))


def _finer(part: np.ndarray) -> np.ndarray:
    """Return a curve with points between its own, straight in logarithms if it can."""
    own = np.arange(len(part))
    more = np.linspace(0, len(part) - 1, FINER * (len(part) - 1) + 1)
    positive = part.min() > 0
    columns = (np.log(part) if positive else part).T
    found = np.stack([np.interp(more, own, column) for column in columns], axis=1)
    return np.exp(found) if positive else found
