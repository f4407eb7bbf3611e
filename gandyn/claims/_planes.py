"""Where simultaneous play leaves a plane of trace T > 0 and determinant D > 0."""

from __future__ import annotations

import math


def plane_edge(trace: float, det: float) -> float:
    r"""Return the critical learning rate of a 2 × 2 game Jacobian.

    A complex pair leaves the circle at T/D, :math:`|1 - lr\,λ|^2 = 1 - lr\,T + lr^2 D`;
    of two real eigenvalues the larger flips at 2/λ.

    Examples
    --------
    >>> plane_edge(0.5, 0.25), plane_edge(3.0, 2.0)
    (2.0, 1.0)
    """
    gap = trace**2 - 4 * det
    return trace / det if gap < 0 else (trace - math.sqrt(gap)) / det


def plane_rate(trace: float, det: float, lr: float) -> float:
    """Return the log of the spectral radius of I - lr J.

    Examples
    --------
    >>> abs(plane_rate(0.5, 0.25, 2.0)) < 1e-15
    True
    """
    gap = trace**2 - 4 * det
    if gap < 0:
        return math.log(1 - lr * trace + lr**2 * det) / 2
    ends = [(trace + sign * math.sqrt(gap)) / 2 for sign in (-1, 1)]
    return math.log(max(*(abs(1 - lr * end) for end in ends), 1e-300))
