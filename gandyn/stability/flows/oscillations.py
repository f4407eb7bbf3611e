"""At which ratios of the players' rates a motion begins or ceases to oscillate."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.stability.flows.flows import game_matrix
from gandyn.stability.flows.timescales import CLOSE, RANGE, RatePencil, places_between

FEW = 6
"""The largest matrix; its discriminant has the degree 30 already."""
NOISE = 1e-13
"""A relative coefficient, or imaginary part, that rounding leaves of 0."""
REAL = 1e-3
"""A relative imaginary part that a double root's rounding leaves."""


def oscillation_timescales(
    game: Game, point: tuple[Any, Any] | None = None
) -> tuple[float, ...]:
    r"""Return the ratios of rates at which the number of real eigenvalues changes.

    There two eigenvalues of J_τ meet, and a pair begins or ceases to oscillate: a root
    of the discriminant :math:`\prod_{i<j}(λ_i - λ_j)^2`, a polynomial in the ratio τ.

    Parameters
    ----------
    game : Game
    point : pair, optional
        An equilibrium; the game's first one by default.

    Returns
    -------
    tuple of float
        Increasing, between 1e-8 and 1e8.

    Raises
    ------
    GandynError
        If the point is no equilibrium, the players have more than 6 coordinates
        together, or J_τ has a repeated eigenvalue for every τ.

    References
    ----------
    Fiez, Ratliff, *Local Convergence Analysis of Gradient Descent Ascent with Finite
    Timescale Separation*, ICLR 2021, Section 5 (the Dirac-GAN).

    Examples
    --------
    The Dirac-GAN with R1 oscillates for τ < 4 f'(0)²/γ² = 1/γ²:

    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> [round(tau, 12) for tau in oscillation_timescales(DiracGAN("minimax", R1(0.5)))]
    [4.0]
    """
    matrix = game_matrix(game, point)
    if len(matrix) > FEW:
        raise GandynError(
            f"the players have {len(matrix)} coordinates together; "
            f"oscillation_timescales takes at most {FEW}"
        )
    pencil = RatePencil(matrix, math.prod(game.shape[0]))
    places = places_between(_candidates(pencil))
    counted = [(tau, _pairs(pencil, tau)) for tau in places]
    return tuple(
        _switch(pencil, low, high)
        for (low, before), (high, after) in itertools.pairwise(counted)
        if before != after
    )


def _candidates(pencil: RatePencil) -> list[float]:
    """Return the positive roots of the discriminant, from its values on a circle."""
    size = len(pencil.a)
    count = size * (size - 1) + 1
    circle = np.exp(2j * np.pi * np.arange(count) / count)
    values = [_discriminant(pencil, tau) for tau in circle]
    series = np.fft.fft(values).real / count
    largest = np.abs(series).max()
    if largest <= NOISE:
        raise GandynError(
            "two eigenvalues coincide for every ratio of rates: give a game without "
            "repeated coordinates"
        )
    series[np.abs(series) <= NOISE * largest] = 0.0
    roots = np.roots(series[::-1])
    low, high = RANGE
    real = roots[np.abs(roots.imag) <= REAL * np.abs(roots)].real
    return sorted(float(root) for root in real if low < root < high)


def _discriminant(pencil: RatePencil, tau: Any) -> complex:
    values = pencil.values(tau)
    i, j = np.triu_indices(len(values), 1)
    return complex(np.prod((values[i] - values[j]) ** 2))


def _pairs(pencil: RatePencil, tau: float) -> int:
    """Return how many pairs of complex eigenvalues there are."""
    values = pencil.values(tau)
    return int(np.sum(values.imag > 1e-12 * np.abs(values).max(initial=0.0)))


def _switch(pencil: RatePencil, low: float, high: float) -> float:
    """Return where the number of pairs changes, between two places."""

    def test(tau: float) -> float:
        return _discriminant(pencil, tau).real

    if test(low) * test(high) < 0:
        return float(brentq(test, low, high, xtol=1e-300, rtol=CLOSE))
    before = _pairs(pencil, low)
    while high > low * (1 + CLOSE):
        middle = math.sqrt(low * high)
        low, high = (
            (middle, high) if _pairs(pencil, middle) == before else (low, middle)
        )
    return high
