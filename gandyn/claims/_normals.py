"""Normal densities on a line, and integrals over one normal beside two."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_REACH = 16.0
"""Half the range of integrals, in standard deviations: beyond it nothing is left."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)

Integrand = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def density(t: np.ndarray, mean: float, std: float = 1.0) -> np.ndarray:
    """Return the density of N(mean, std²) at some places.

    Examples
    --------
    >>> density(np.zeros(1), 0.0, 0.5).round(6).tolist()
    [0.797885]
    """
    return np.exp(-(((t - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))


def beside_two_modes(integrand: Integrand, a: float, x: float, s: float = 1.0) -> float:
    """Return ∫ integrand(t, q, p) dt, q = N(x, s²) and p = ½N(-a, s²) + ½N(a, s²).

    By Gauss–Legendre rules of 12 nodes on panels of s/2.

    Examples
    --------
    >>> round(beside_two_modes(lambda t, q, p: p, 2.0, 0.0), 12)
    1.0
    """
    edges = s * np.arange(-_REACH, _REACH, 0.5)[:, None]
    t = (edges + s * (_NODES + 1) / 4).ravel()
    p = (density(t, -a, s) + density(t, a, s)) / 2
    values = integrand(t, density(t, x, s), p)
    return float(np.tile(_WEIGHTS * s / 4, len(edges)) @ values)
