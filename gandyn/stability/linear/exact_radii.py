"""The spectral radius of one map, by the roots of its rational polynomial."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from gandyn.dynamics.linear import multipliers, reference_equilibrium
from gandyn.dynamics.null_spaces import null_directions
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import set_neutral_aside
from gandyn.stability.maps.exact_maps import rational_map

_LARGEST = 12
"""Numbers in (x, y, memory) up to which the polynomial's roots take milliseconds."""


def exact_radius(rule: Rule, game: Game) -> float:
    """Return the spectral radius at the first equilibrium, neutral directions aside.

    The fields are the rationals that their binary64 numbers are, and the roots of the
    characteristic polynomial are enclosed, so a defective multiplier costs no digits.
    Maps that are large or not rational are left to numpy.
    """
    point = reference_equilibrium(game)
    neutral = 0 if game.shape == ((), ()) else null_directions(game, point)
    values = multipliers(rule, game, point)
    if len(values) <= _LARGEST:
        with suppress(GandynError):  # an entry that is irrational
            values = _roots(rational_map(rule, game, point))
    return float(np.abs(set_neutral_aside(values, neutral)).max(initial=0.0))


def _roots(matrix: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of a matrix of fractions, with their multiplicities."""
    entries = [fmpq(one.numerator, one.denominator) for one in matrix.ravel()]
    polynomial = fmpq_mat(len(matrix), len(matrix), entries).charpoly().numer()
    roots: Any = polynomial.complex_roots()
    return np.array([complex(root) for root, count in roots for _ in range(count)])
