"""Bilinear games with given singular values, of full and of deficient rank."""

from __future__ import annotations

import numpy as np

from gandyn.bench.problem import Problem
from gandyn.games.bilinear import Bilinear

SIZE = 6
"""Coordinates of each player."""


def with_singular_values(values: np.ndarray, seed: int = 0) -> Bilinear:
    """Return the bilinear game of those singular values in random directions."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0] for _ in range(2))
    return Bilinear(left @ np.diag(values) @ right.T)


def _conditioned(exponent: int) -> Problem:
    values = np.geomspace(1.0, 10.0**-exponent, SIZE)
    name = f"bilinear-1e{exponent}" if exponent else "bilinear-1"
    return Problem(name, with_singular_values(values), "bilinear")


PROBLEMS = (
    Problem("bilinear-scalar", Bilinear(1.0), "bilinear"),
    *(_conditioned(exponent) for exponent in (0, 1, 2, 3, 4, 6)),
    Problem(
        "bilinear-deficient",
        with_singular_values(np.array([1.0, 0.5, 0.25, 0.0, 0.0, 0.0])),
        "bilinear",
    ),
)
